"""Digests: editions at a local time, each with an id for ever, and without what was killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syndicator.flows import digests, feeds
from syndicator.flows.refresh import advance
from syndicator.flows.rulings import kill
from syndicator.model import Digest, Feed, Query, utc
from tests.flows.world import World, story


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """All articles in one feed, and what came each day at 18:00 in Kyiv (15:00 UTC in summer) in another."""
    world = World(tmp_path)
    world.build()
    feeds.define(world.ports, Feed(name="all", title="All"))
    feeds.define(world.ports, Feed(name="daily", title="The Day", digest=Digest(of="all", hour=18, zone="Europe/Kyiv")))
    advance(world.ports)
    yield world
    world.close()


def tell(world: World, *numbers: int) -> None:
    for number in numbers:
        world.write(f"{number}.md", story(number, date=None))
    world.event(*(f"{number}.md" for number in numbers))


def end(world: World, id: str) -> None:
    article = world.ports.store.article(id)
    assert article is not None
    kill(world.ports, article, "By order.")


def editions(world: World) -> list[tuple[str, list[str]]]:
    """Title and titles of what is in each edition, newest first."""
    found = []
    for entry in world.feed("daily/feed.xml").entries:
        names = [part.partition("</a>")[0] for part in entry.content[0].value.split('">')[1:]]
        found.append((entry.title, names))
    return found


def test_an_edition_is_made_at_its_time_of_what_came_since(world: World) -> None:
    tell(world, 1)
    world.wait(minutes=1)
    tell(world, 2)
    assert editions(world) == []
    world.time = utc(2026, 5, 1, 14, 59, 59)
    advance(world.ports)
    assert editions(world) == []
    world.wait(seconds=1)
    advance(world.ports)
    assert editions(world) == [("The Day, 2026-05-01", ["Story 2", "Story 1"])]
    tell(world, 3)
    world.wait(days=1)
    advance(world.ports)
    assert editions(world) == [("The Day, 2026-05-02", ["Story 3"]), ("The Day, 2026-05-01", ["Story 2", "Story 1"])]
    before = world.file("daily/feed.xml")
    world.wait(days=1)
    advance(world.ports)
    assert world.file("daily/feed.xml") == before, "a day without articles has no edition"


def test_editions_are_in_their_digest_alone(world: World) -> None:
    tell(world, 1)
    world.wait(days=1)
    advance(world.ports)
    assert world.titles("daily/feed.xml") == ["The Day, 2026-05-01"]
    assert world.titles("all/feed.xml") == world.titles() == ["Story 1"]


def test_what_was_missed_while_we_were_off_is_made_up_for(world: World) -> None:
    tell(world, 1)
    world.wait(days=1)
    world.write("2.md", story(2, date=None))
    world.time = utc(2026, 5, 2, 14, 0, 0)
    world.event("2.md")
    world.reopen()
    world.time = utc(2026, 5, 4, 9, 0, 0)
    advance(world.ports)
    assert editions(world) == [("The Day, 2026-05-02", ["Story 2"]), ("The Day, 2026-05-01", ["Story 1"])]
    ids = world.ids("daily/feed.xml")
    world.reopen()
    advance(world.ports)
    assert world.ids("daily/feed.xml") == ids


def test_an_article_is_in_one_edition_though_it_came_at_the_very_moment(world: World) -> None:
    world.time = utc(2026, 5, 1, 15, 0, 0)
    tell(world, 1)
    for _ in range(3):
        advance(world.ports)
        world.wait(days=1)
    assert [names for _, names in editions(world)] == [["Story 1"]]


def test_a_renamed_digest_keeps_its_editions_and_their_ids(world: World) -> None:
    tell(world, 1)
    world.wait(days=1)
    advance(world.ports)
    before = world.ids("daily/feed.xml")
    feeds.rename(world.ports, feeds.find(world.ports, "daily"), "evening")
    feeds.rename(world.ports, feeds.find(world.ports, "all"), "everything")
    advance(world.ports)
    tell(world, 2)
    world.wait(days=1)
    advance(world.ports)
    assert world.ids("evening/feed.xml")[1:] == before
    assert world.titles("evening/feed.xml") == ["The Day, 2026-05-02", "The Day, 2026-05-01"]


def test_an_edition_is_made_again_without_what_was_killed(world: World) -> None:
    tell(world, 1, 2, 3)
    world.wait(days=1)
    advance(world.ports)
    (id,) = world.ids("daily/feed.xml")
    victim = next(entry.id for entry in world.feed("all/feed.xml").entries if entry.title == "Story 2")
    end(world, victim)
    assert editions(world) == [("The Day, 2026-05-01", ["Story 3", "Story 1"])]
    assert world.ids("daily/feed.xml") == [id]
    data = b"".join(world.snapshot().values())
    assert b"w2x5" not in data
    assert [s for _, _, _, s in world.ports.store.revisions(id) if "Story 2" in s.body + s.summary] == []


def test_an_edition_of_killed_articles_alone_is_withdrawn(world: World) -> None:
    tell(world, 1)
    world.wait(days=1)
    advance(world.ports)
    end(world, world.ids("all/feed.xml")[0])
    assert editions(world) == []


def test_a_weekly_digest_of_a_filtered_feed(world: World) -> None:
    feeds.define(world.ports, Feed(name="threes", title="Threes", query=Query(expression="title:3")))
    feeds.define(world.ports, Feed(name="weekly", title="The Week", digest=Digest(of="threes", hour=6, weekday=0)))
    tell(world, 1, 3)
    world.wait(days=2)
    tell(world, 13)
    world.time = utc(2026, 5, 4, 6, 0, 0)
    advance(world.ports)
    (entry,) = world.feed("weekly/feed.xml").entries
    assert entry.title == "The Week, 2026-05-04"
    assert ("Story 13" in entry.content[0].value, "Story 3" in entry.content[0].value) == (True, True)
    assert "Story 1<" not in entry.content[0].value


def test_editions_of_a_digest_that_ended_forget_what_was_killed_too(world: World) -> None:
    tell(world, 1, 2)
    world.wait(days=1)
    advance(world.ports)
    (edition,) = world.ids("daily/feed.xml")
    feeds.remove(world.ports, feeds.find(world.ports, "daily"))
    advance(world.ports)
    victim = next(entry.id for entry in world.feed("all/feed.xml").entries if entry.title == "Story 2")
    end(world, victim)
    states = [state for _, _, _, state in world.ports.store.revisions(edition)]
    assert ["Story 2" in state.title + state.body + state.summary for state in states] == [False, False]
    assert "Story 1" in states[-1].body


def test_an_edition_that_was_being_made_during_a_kill_does_not_have_what_was_killed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(world, 1, 2)
    world.wait(days=1)
    store, victim = world.ports.store, world.ids("all/feed.xml")[0]
    since = store.since

    def killed_meanwhile(*asked: Any) -> Any:
        found = since(*asked)
        states = store.states([one.key for one in found])
        monkeypatch.setattr(store, "since", since)
        end(world, victim)
        monkeypatch.setattr(store, "states", lambda keys: states)
        return found

    with monkeypatch.context():
        monkeypatch.setattr(store, "since", killed_meanwhile)
        digests.editions(world.ports)
    monkeypatch.undo()
    advance(world.ports)
    ((_, titles),) = editions(world)
    assert len(titles) == 1
    (id,) = world.ids("daily/feed.xml")
    assert [bool(state.body) for _, _, _, state in store.revisions(id)] == [False, True]
