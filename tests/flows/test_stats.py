"""Sums of what was counted, by feed and day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syndicator.core.counting import empty, note, packed
from syndicator.errors import FeedError
from syndicator.flows.feeds import define, find, rename
from syndicator.flows.stats import Numbers, prune, readers, stats
from syndicator.model import Feed
from syndicator.ports import Tally
from tests.flows.world import START, World

TODAY = START.date()
DAY = timedelta(days=1)


def tally(requests: int, number: int = 0, **announced: int) -> Tally:
    """So many requests, a tenth of them answered with 304, of so many readers."""
    registers = empty()
    for reader in range(number):
        note(registers, reader << 20 | reader * 7)
    return Tally(
        requests=requests,
        not_modified=requests // 10,
        sent=requests * 100,
        deltas=1,
        sketch=packed(registers),
        announced=announced,
    )


def visit(world: World, days_ago: int, **documents: Tally) -> None:
    there = {path.replace("_", "/").replace("0", "."): one for path, one in documents.items()}
    world.ports.store.add_visits(TODAY - days_ago * DAY, there)


@pytest.fixture
def visited(world: World) -> World:
    define(world.ports, Feed(name="coast", title="Coast"))
    visit(world, 0, coast_feed0xml=tally(10, 2, feedly=5), coast_rss0xml=tally(20, 3, feedly=1, feedbin=7))
    visit(world, 0, feed0xml=tally(100, 4), archives_2_feed0xml=tally(30, 5, feedly=9), opml0xml=tally(40, 6))
    visit(world, 1, coast_feed0xml=tally(30, 6, feedly=4), coast_archives_1_rss0xml=tally(10, 9))
    visit(world, 5, coast_feed0xml=tally(50, 1))
    return world


def test_of_a_feed_its_formats_are_united_by_day_and_told_apart_in_all(visited: World) -> None:
    found = stats(visited.ports, "coast", 3)
    today = Numbers(
        requests=30, sent=3000, not_modified=3, deltas=2, readers=5, subscribers={"feedbin": 7, "feedly": 6}
    )
    # Whoever reads back in an archive is a reader of the feed already.
    yesterday = Numbers(requests=40, sent=4000, not_modified=4, deltas=2, readers=6, subscribers={"feedly": 4})
    assert (found.feed, found.since, found.until) == ("coast", TODAY - 2 * DAY, TODAY)
    assert list(found.days.items()) == [(TODAY, today), (TODAY - DAY, yesterday)]
    assert found.total == Numbers(
        requests=70, sent=7000, not_modified=7, deltas=4, readers=6, subscribers={"feedbin": 7, "feedly": 6}
    )
    assert {part: (one.requests, one.readers) for part, one in found.parts.items()} == {
        "archives": (10, 0),
        "feed.xml": (40, 6),
        "rss.xml": (20, 3),
    }


def test_of_the_site_the_feeds_are_told_and_what_is_none(visited: World) -> None:
    found = stats(visited.ports, None, 2)
    assert {part: (one.requests, one.readers) for part, one in found.parts.items()} == {
        "": (130, 4),
        "coast": (70, 6),
        "others": (40, 0),
    }
    assert (found.total.requests, found.days[TODAY].readers, found.total.share) == (240, 9, 0.1)


@pytest.mark.parametrize("name", ["feed.xml", "/rss.xml"])
def test_the_feed_of_everything_is_named_by_a_document(visited: World, name: str) -> None:
    found = stats(visited.ports, name, 2)
    assert (found.feed, {part: one.requests for part, one in found.parts.items()}) == (
        "",
        {"archives": 30, "feed.xml": 100},
    )


@pytest.mark.parametrize("name", ["coast", "/coast/", "coast/feed.json"])
def test_a_feed_is_named_by_its_name_or_a_document(visited: World, name: str) -> None:
    assert stats(visited.ports, name, 1).total.requests == 30


def test_a_feed_is_found_by_what_it_was_called(visited: World) -> None:
    rename(visited.ports, find(visited.ports, "coast"), "shore")
    visit(visited, 0, shore_feed0xml=tally(3))
    found = stats(visited.ports, "coast", 1)
    assert (found.feed, found.total.requests) == ("shore", 3)


@pytest.mark.parametrize("name", ["nothing", "nothing/feed.xml", "tags/nothing", ""])
def test_a_feed_that_is_not_there_is_an_error(visited: World, name: str) -> None:
    with pytest.raises(FeedError, match="there is none"):
        stats(visited.ports, name)


def test_the_readers_of_a_feed_are_those_of_the_last_full_day(visited: World) -> None:
    assert [readers(visited.ports, name) for name in ("coast", "", "nothing")] == [10, 0, 0]
    visited.wait(days=1)
    assert [readers(visited.ports, name) for name in ("coast", "")] == [5 + 6 + 7, 4]


def test_days_are_closed_an_hour_after_their_end_and_forgotten_after_400(visited: World) -> None:
    store = visited.ports.store
    key = store.reader_key(TODAY, b"k" * 16)
    visited.wait(hours=12, minutes=59)
    prune(visited.ports)
    assert store.reader_key(TODAY, b"l" * 16) == key
    visited.wait(minutes=2)
    prune(visited.ports)
    assert store.reader_key(TODAY, b"l" * 16) == b"l" * 16
    before = store.visits(TODAY - 9 * DAY, TODAY)
    visited.wait(days=398, hours=22)
    prune(visited.ports)
    assert store.visits(TODAY - 9 * DAY, TODAY) == [one for one in before if one.day >= TODAY - DAY]
