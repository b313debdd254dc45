"""Composed feeds: what is in them, in which order, from when, and what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syndicator.errors import StoreFull
from syndicator.flows.composing import compose
from syndicator.flows.publish import publish, renew
from syndicator.model import Cap, Doubles, Feed, Format, Link, Order, Person, Query, utc
from tests.flows.world import World, story
from tests.flows.writers import article, ids, members, put, subscribed, text, withdraw, written

SAME = "".join(text(number) for number in range(700, 720))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.build()
    subscribed(world, "a", "b", "c")
    yield world
    world.close()


def define(world: World, name: str, expression: str = "", **decided: Any) -> None:
    query = decided.pop("query", Query(expression=expression))
    world.ports.store.save_feed(Feed(name=name, title=name.title(), query=query, **decided))


def shown(world: World, name: str) -> list[str]:
    publish(world.ports)
    return world.ids(f"{name}/feed.xml")


def test_two_feeds_of_three_sources_hold_what_their_filters_mean(world: World) -> None:
    define(world, "rights", 'tag:belarus and not author:"AFP" and title~/rights|detain/ and words>20')
    define(world, "wire", query=Query(sources=frozenset({"a", "b"})))
    put(
        world,
        written("a", 1, title="24 detained", tags=("Belarus",)),
        written("b", 2, title="A right turn", tags=("Belarus",)),
        written("b", 3, title="Of rights", tags=("Belarus",), authors=(Person(name="AFP"),)),
        written("c", 4, title="More rights", tags=("belarus", "press")),
        written("c", 5, title="More rights", tags=("belarus",), body="<p>Few words.</p>"),
    )
    assert sorted(shown(world, "rights")) == ["urn:a:1", "urn:c:4"]
    assert sorted(shown(world, "wire")) == ["urn:a:1", "urn:b:2", "urn:b:3"]


def test_a_feed_made_later_holds_what_was_there_before(world: World) -> None:
    put(world, *(written("a", n, tags=("even",) if n % 2 == 0 else ()) for n in range(523)), backfill=True)
    publish(world.ports)
    define(world, "even", "tag:even", limit=2000)
    assert len(shown(world, "even")) == 262
    define(world, "even", "not tag:even", limit=2000)
    assert len(shown(world, "even")) == 261


def test_an_edit_makes_an_article_leave_and_come_back_where_it_was(world: World) -> None:
    define(world, "war", "tag:war")
    put(world, *(written("a", n, tags=("war",)) for n in (1, 2, 3)))
    before = shown(world, "war")
    world.wait(hours=1)
    put(world, written("a", 2))
    assert shown(world, "war") == [id for id in before if id != "urn:a:2"]
    assert b"deleted-entry" not in world.file("war/feed.xml")
    world.wait(hours=1)
    put(world, written("a", 2, tags=("war",)))
    assert shown(world, "war") == before


def test_a_withdrawn_article_leaves_a_tombstone_and_its_return_takes_it_away(world: World) -> None:
    define(world, "war", "tag:war")
    put(world, written("a", 1, tags=("war",)), written("a", 2))
    assert shown(world, "war") == ["urn:a:1"]
    withdraw(world, "a", 1, 2)
    assert shown(world, "war") == []
    assert world.file("war/feed.xml").count(b"deleted-entry") == 1
    put(world, written("a", 1, tags=("war",), title="Again"))
    assert shown(world, "war") == ["urn:a:1"]
    assert b"deleted-entry" not in world.file("war/feed.xml")


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.FOUND, ["urn:a:2", "urn:a:1", "urn:a:3"]),
        (Order.PUBLISHED, ["urn:a:3", "urn:a:1", "urn:a:2"]),
        (Order.UPDATED, ["urn:a:1", "urn:a:3", "urn:a:2"]),
    ],
)
def test_order(world: World, order: Order, expected: list[str]) -> None:
    define(world, "all", order=order)
    for number, day in ((3, 30), (1, 20), (2, 10)):
        put(world, written("a", number, published=utc(2026, 4, day)))
        world.wait(minutes=1)
    put(world, written("a", 1, published=utc(2026, 4, 20), title="Corrected"))
    assert shown(world, "all") == expected


def test_a_limit_shows_the_newest_and_formats_are_those_asked_for(world: World) -> None:
    define(world, "few", limit=2, formats=(Format.RSS, Format.NINJS, Format.RDF))
    for number in range(4):
        put(world, written("a", number))
        world.wait(minutes=1)
    publish(world.ports)
    assert {path for path in world.snapshot() if path.startswith("few/")} == {
        *("few/rss.xml", "few/ninjs.json", "few/feed.rdf"),
    }
    assert world.ids("few/rss.xml") == ["urn:a:3", "urn:a:2"]
    define(world, "few", limit=3, formats=(Format.ATOM,))
    assert shown(world, "few") == ["urn:a:3", "urn:a:2", "urn:a:1"]
    assert {path for path in world.snapshot() if path.startswith("few/")} == {"few/feed.xml"}


def test_a_feed_may_be_of_summaries_in_another_language_with_licence_and_image(world: World) -> None:
    licence = "https://creativecommons.org/licenses/by/4.0/"
    define(world, "short", full=False, language="be", licence=licence, image="/media/logo.png")
    put(world, written("a", 1, summary="In short."))
    publish(world.ports)
    whole, short = (json.loads(world.file(path)) for path in ("feed.json", "short/feed.json"))
    assert ["content_html" in document["items"][0] for document in (whole, short)] == [True, False]
    assert (short["language"], short["icon"]) == ("be", "https://news.example/media/logo.png")
    assert short["_syndicator"]["licence"] == licence
    head = world.feed("short/feed.xml").feed
    assert (head.language, head.rights, head.logo) == ("be", licence, "https://news.example/media/logo.png")
    assert world.feed("short/rss.xml").feed.image.href == "https://news.example/media/logo.png"


# --- caps


def test_at_most_so_many_a_day_from_a_source_and_those_that_come_first_stay(world: World) -> None:
    define(world, "calm", caps=(Cap(most=2, source="a"),))
    for number in range(4):
        put(world, written("a", number), written("b", number + 10))
        publish(world.ports)
        world.wait(minutes=10)
    kept = [*ids("a", (0, 1)), *ids("b", range(10, 14))]
    assert sorted(shown(world, "calm")) == kept
    put(world, written("a", 3, title="A correction is no way in"))
    assert sorted(shown(world, "calm")) == kept
    world.wait(days=1)
    put(world, written("a", 4))
    assert sorted(shown(world, "calm")) == sorted([*kept, "urn:a:4"])


def test_a_day_is_one_of_the_sites_time_zone(tmp_path: Path) -> None:
    world = World(tmp_path, timezone="Asia/Kathmandu")
    subscribed(world, "a")
    define(world, "calm", caps=(Cap(most=1),))
    for number, hour in enumerate((12, 18, 19)):  # midnight in Kathmandu is 18:15 here
        world.time = utc(2026, 5, 1, hour)
        put(world, written("a", number))
        publish(world.ports)
    assert shown(world, "calm") == ["urn:a:2", "urn:a:0"]
    world.close()


def test_a_cap_counts_within_one_look_and_is_counted_anew_when_it_changes(world: World) -> None:
    define(world, "calm", caps=(Cap(most=3),))
    put(world, *(written("a", n) for n in range(8)), *(written("b", n) for n in range(2)))
    assert len(shown(world, "calm")) == 5
    define(world, "calm", caps=(Cap(most=1),))
    assert sorted(shown(world, "calm")) == ["urn:a:0", "urn:b:0"]
    define(world, "calm", caps=(Cap(most=5), Cap(most=4, source="a")))
    assert len(shown(world, "calm")) == 6


# --- delay


def test_a_delay_holds_back_and_then_the_article_is_at_the_place_of_that_moment(world: World) -> None:
    define(world, "late", delay=timedelta(hours=2))
    put(world, written("a", 1))
    assert shown(world, "late") == []
    world.wait(hours=1)
    put(world, written("a", 2), written("a", 1, title="Corrected meanwhile"), written("a", 3))
    withdraw(world, "a", 3)
    assert shown(world, "late") == []
    world.wait(minutes=59)
    assert shown(world, "late") == []
    world.wait(minutes=1)
    assert shown(world, "late") == ["urn:a:1"]
    assert world.titles("late/feed.xml") == ["Corrected meanwhile"]
    world.wait(days=1)
    assert shown(world, "late") == ["urn:a:2", "urn:a:1"]
    assert b"deleted-entry" not in world.file("late/feed.xml")
    assert members(world, "a", 1)[0].place < members(world, "a", 2)[0].place


def test_a_delay_keeps_the_order_of_what_was_there_before(world: World) -> None:
    define(world, "late", delay=timedelta(hours=1))
    days = {1: 3, 2: 9, 3: 6}
    put(world, *(written("a", n, published=utc(2026, 4, day)) for n, day in days.items()), backfill=True)
    assert shown(world, "late") == []
    world.wait(hours=1)
    assert shown(world, "late") == ["urn:a:2", "urn:a:3", "urn:a:1"]


# --- doubles


def double(source: str, number: int = 7, **more: Any) -> Any:
    return written(source, number, title="The same story in the papers", body=SAME, **more)


@pytest.mark.parametrize(
    ("doubles", "prefer", "expected"),
    [
        (Doubles.FIRST, (), ["urn:a:7"]),
        (Doubles.PREFER, ("c", "b"), ["urn:c:7"]),
        (Doubles.LIST, (), ["urn:a:7"]),
        (Doubles.KEEP, (), ["urn:a:7", "urn:b:7", "urn:c:7"]),
    ],
)
def test_doubles(world: World, doubles: Doubles, prefer: tuple[str, ...], expected: list[str]) -> None:
    define(world, "one", doubles=doubles, prefer=prefer)
    put(world, double("a"), double("b"), double("c"))
    assert sorted(shown(world, "one")) == expected
    world.wait(hours=1)
    put(world, double("a", tags=("news",)), double("c", tags=("news",)))
    assert sorted(shown(world, "one")) == expected


def test_whichever_is_shown_stays_also_where_a_better_source_brings_it_later(world: World) -> None:
    define(world, "one", doubles=Doubles.PREFER, prefer=("c",))
    define(world, "patient", doubles=Doubles.PREFER, prefer=("c",), delay=timedelta(hours=1))
    put(world, double("a"))
    assert shown(world, "one") == ["urn:a:7"]
    world.wait(minutes=30)
    put(world, double("c"))
    assert (shown(world, "one"), shown(world, "patient")) == (["urn:a:7"], [])
    world.wait(minutes=30)
    assert (shown(world, "one"), shown(world, "patient")) == (["urn:a:7"], ["urn:c:7"])


def test_where_the_shown_one_goes_the_next_takes_its_place(world: World) -> None:
    define(world, "one")
    put(world, double("a"), double("b"))
    assert shown(world, "one") == ["urn:a:7"]
    withdraw(world, "a", 7)
    assert shown(world, "one") == ["urn:b:7"]
    put(world, double("a", tags=("back",)))
    assert shown(world, "one") == ["urn:b:7"]


def test_a_filter_that_means_one_of_two_shows_that_one(world: World) -> None:
    define(world, "tagged", "tag:press")
    put(world, double("a"), double("b", tags=("press",)))
    assert shown(world, "tagged") == ["urn:b:7"]


def test_others_are_listed_as_related_and_via(world: World) -> None:
    define(world, "list", doubles=Doubles.LIST)
    own = Link(href="https://own.example/", title="Own")
    put(world, double("a", related=(own,)), written("a", 1))
    publish(world.ports)
    world.wait(minutes=1)
    put(world, double("b"), double("c", url="https://c.example/its-own"))
    assert sorted(shown(world, "list")) == ["urn:a:1", "urn:a:7"]
    item = next(one for one in json.loads(world.file("list/feed.json"))["items"] if one["id"] == "urn:a:7")
    assert [link["url"] for link in item["_syndicator"]["related"]] == [
        *("https://own.example/", "https://b.example/7", "https://c.example/its-own"),
    ]
    assert item["_syndicator"]["via"]["url"] == "https://b.example/7"
    assert b"b.example/7" not in world.file("feed.xml")
    withdraw(world, "b", 7)
    publish(world.ports)
    assert b"b.example/7" not in world.file("list/feed.xml")


# --- what a person changes


def test_a_renamed_feed_keeps_its_id_and_what_is_in_it(world: World) -> None:
    define(world, "old")
    put(world, written("a", 1))
    assert shown(world, "old") == ["urn:a:1"]
    id = world.feed("old/feed.xml").feed.id
    world.ports.store.rename_feed("old", "new")
    assert shown(world, "new") == ["urn:a:1"]
    assert world.feed("new/feed.xml").feed.id == id
    assert not any(path.startswith("old/") for path in world.snapshot())


def test_a_removed_feed_takes_its_documents_along(world: World) -> None:
    define(world, "gone", limit=1, archives=True)
    put(world, *(written("a", n) for n in range(5)))
    publish(world.ports)
    assert any(path.startswith("gone/archives/") for path in world.snapshot())
    world.ports.store.remove_feed("gone")
    publish(world.ports)
    assert not any(path.startswith("gone/") for path in world.snapshot())
    document = world.ports.store.document("gone/archives/1/feed.xml")
    assert document is not None
    assert document.gone


def test_a_private_feed_is_never_a_file(world: World) -> None:
    define(world, "private/partners", private=True)
    put(world, written("a", 1))
    publish(world.ports)
    world.build()
    assert not any(path.startswith("private") for path in world.snapshot())
    document = world.ports.store.document("private/partners/feed.xml")
    assert document is not None
    assert b"urn:a:1" in document.body


def test_a_filter_that_cannot_be_read_stops_nothing_else(world: World) -> None:
    define(world, "broken", "tag:(")
    define(world, "whole")
    put(world, written("a", 1))
    assert shown(world, "whole") == ["urn:a:1"]


def test_a_feed_of_articles_of_the_folder_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    define(world, "all", "words>10")
    for number in range(3):
        world.write(f"{number}.md", story(number))
    world.build()
    assert world.titles("all/feed.xml") == ["Story 2", "Story 1", "Story 0"]
    world.write("1.md", story(1, title="Corrected"))
    world.wait(minutes=1)
    world.event("1.md")
    assert world.titles("all/feed.xml") == ["Story 2", "Corrected", "Story 0"]
    world.close()


# --- crashes


@pytest.mark.parametrize("at", ["composing", "publish", "soil"])
def test_what_breaks_between_the_transactions_loses_nothing(world: World, at: str, monkeypatch: Any) -> None:
    define(world, "war", "tag:war")
    define(world, "calm", caps=(Cap(most=2),), delay=timedelta(minutes=1))
    put(world, *(written("a", n, tags=("war",)) for n in range(3)))

    def full(*_: object, **__: object) -> None:
        raise StoreFull("the disk is full")

    with monkeypatch.context() as patched:
        if at == "soil":
            real = world.ports.store.composing

            def composing() -> Any:
                raise_at_end = real()
                tx = raise_at_end.__enter__()
                tx.soil = full  # type: ignore[method-assign]
                raise_at_end.__enter__ = lambda: tx  # type: ignore[method-assign]
                return _Entered(raise_at_end, tx)

            patched.setattr(world.ports.store, "composing", composing)
        else:
            patched.setattr(world.ports.store, at, full)
        with pytest.raises(StoreFull):
            publish(world.ports)
    world.wait(minutes=1)
    world.reopen()
    assert sorted(shown(world, "war")) == ids("a", (0, 1, 2))
    assert sorted(shown(world, "calm")) == ids("a", (0, 1))


class _Entered:
    """A transaction that is open already."""

    def __init__(self, manager: Any, tx: Any) -> None:
        self._manager, self._tx = manager, tx

    def __enter__(self) -> Any:
        return self._tx

    def __exit__(self, *error: Any) -> Any:
        return self._manager.__exit__(*error)


def test_composing_twice_changes_nothing(world: World) -> None:
    define(world, "all", archives=True, limit=2)
    put(world, *(written("a", n) for n in range(9)))
    publish(world.ports)
    before, places = world.snapshot(), members(world, "a", 3)
    assert compose(world.ports) == []
    renew(world.ports)
    publish(world.ports)
    assert (world.snapshot(), members(world, "a", 3)) == (before, places)
    assert article(world, "a", 3).revision == 1
