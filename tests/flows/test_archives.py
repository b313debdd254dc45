"""Archives (RFC 5005): cut once, the same for ever but for a kill; whoever walks them gets everything once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from syndicator.core import decide
from syndicator.errors import StoreFull
from syndicator.flows import archiving, joining, rulings
from syndicator.flows.naming import saved
from syndicator.flows.publish import publish, renew
from syndicator.model import Doubles, Feed, Format, Query, RevisionKind
from syndicator.ports import Policy
from tests.flows.walk import Large
from tests.flows.walking import read, walk
from tests.flows.world import World
from tests.flows.writers import article, ids, members, put, subscribed, text, withdraw, written

ATOM = "all/feed.xml"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.build()
    subscribed(world, "a", "b")
    yield world
    world.close()


def define(world: World, expression: str = "", **decided: Any) -> None:
    decided = {"limit": 3, "archives": True} | decided
    query = Query(expression=expression)
    world.ports.store.save_feed(Feed(name="all", title="All", query=query, **decided))


def stored(world: World, *numbers: int, **fields: Any) -> None:
    """One article after the other, a minute apart, and publish them."""
    for number in numbers:
        world.wait(minutes=1)
        put(world, written("a", number, **fields))
    publish(world.ports)


def archives(world: World) -> dict[str, bytes]:
    return {path: body for path, body in world.snapshot().items() if "archives/" in path and path.endswith(("l", "n"))}


def shown(world: World, path: str = ATOM) -> list[str]:
    return [id for id, _, _ in read(world.file(path), path).entries]


def test_an_archive_is_cut_when_two_are_full_and_the_newest_stay(world: World) -> None:
    define(world)
    stored(world, *range(5))
    assert archives(world) == {}
    stored(world, 5)
    assert shown(world) == ids("a", (5, 4, 3))
    assert shown(world, "all/archives/1/feed.xml") == ids("a", (2, 1, 0))
    before = archives(world)
    stored(world, *range(6, 14))
    assert shown(world) == ids("a", (13, 12, 11, 10, 9))
    assert {path: archives(world)[path] for path in before} == before
    assert [page.path for page in walk(world, ATOM).pages] == [
        *(ATOM, "all/archives/3/feed.xml", "all/archives/2/feed.xml", "all/archives/1/feed.xml"),
    ]


def test_what_is_there_at_first_is_cut_by_its_dates(world: World) -> None:
    define(world)
    put(world, *(written("a", n) for n in range(20)), backfill=True)
    publish(world.ports)
    walked = walk(world, ATOM)
    assert [len(page.entries) for page in walked.pages] == [5, 3, 3, 3, 3, 3]
    assert sorted(walked.entries) == sorted(ids("a", range(20)))


def test_a_correction_brings_an_archived_article_into_the_current_document_and_no_archive_changes(
    world: World,
) -> None:
    define(world)
    stored(world, *range(8))
    before = archives(world)
    world.wait(minutes=1)
    stored(world, 0, title="Corrected")
    assert shown(world) == ids("a", (7, 6, 0))
    assert {path: archives(world)[path] for path in before} == before
    assert walk(world, ATOM).entries["urn:a:0"][1] == "Corrected"


@pytest.mark.parametrize("leaves", ["withdrawn", "filtered"])
def test_an_archived_article_that_leaves_is_told_of_once_it_is_gone(world: World, leaves: str) -> None:
    define(world, "not tag:out")
    stored(world, *range(8))
    before = archives(world)
    world.wait(minutes=1)
    if leaves == "withdrawn":
        withdraw(world, "a", 0)
    else:
        put(world, written("a", 0, tags=("out",), title="Changed"))
    publish(world.ports)
    assert [id for id, _ in read(world.file(ATOM), ATOM).gone] == ["urn:a:0"]
    assert {path: archives(world)[path] for path in before} == before
    stored(world, *range(10, 30))
    assert [id for id, _ in read(world.file(ATOM), ATOM).gone] == []
    walked = walk(world, ATOM)
    assert sorted(walked.entries) == sorted(ids("a", [*range(1, 8), *range(10, 30)]))
    world.wait(minutes=1)
    stored(world, 0, title="Back again")
    assert walk(world, ATOM).entries["urn:a:0"][1] == "Back again"


def test_a_kill_takes_an_article_out_of_every_archive_that_holds_it_and_out_of_no_other(world: World) -> None:
    define(world)
    stored(world, *range(8))
    stored(world, 0, title="Corrected")
    stored(world, *range(20, 30))
    key = world.ports.store.number_of(article(world, "a", 0))
    assert key is not None
    holding = {f"all/archives/{number}" for _, number in world.ports.store.archived_in(key)}
    assert len(holding) == 2
    before = archives(world)
    rulings.kill(world.ports, article(world, "a", 0))
    after = archives(world)
    assert {path.rpartition("/")[0] for path in before if before[path] != after[path]} == holding
    assert not [path for path, body in world.snapshot().items() if b"w0x1 " in body]
    walked = walk(world, ATOM)
    assert sorted(walked.entries) == sorted(ids("a", [*range(1, 8), *range(20, 30)]))
    assert [id for page in walked.pages for id, _ in page.gone] == ["urn:a:0"]


def test_what_is_the_same_as_a_killed_article_is_killed_before_it_is_published(world: World) -> None:
    define(world, doubles=Doubles.LIST)
    body = "".join(text(number) for number in range(500, 520))
    put(world, written("a", 1, body=body, title="To be killed"))
    publish(world.ports)
    rulings.kill(world.ports, article(world, "a", 1))
    world.wait(minutes=1)
    put(world, written("b", 1, body=body, title="To be killed"))
    publish(world.ports)
    assert str(article(world, "b", 1).status) == "killed"
    assert not [path for path, found in world.snapshot().items() if b"w500x1 " in found]


def test_neither_program_nor_settings_change_an_archive(world: World) -> None:
    define(world)
    stored(world, *range(9))
    before = archives(world)
    world.move_to("https://elsewhere.example")
    renew(world.ports)
    publish(world.ports)
    assert b"https://elsewhere.example/all/archives/2/feed.xml" in world.file(ATOM)
    assert archives(world) == before


def test_a_format_that_comes_later_has_its_archives_too_and_one_that_goes_takes_them_along(world: World) -> None:
    define(world, formats=(Format.ATOM,))
    stored(world, *range(11))
    before = archives(world)
    define(world, formats=(Format.ATOM, Format.JSON))
    publish(world.ports)
    walked = walk(world, "all/feed.json")
    assert sorted(walked.entries) == sorted(ids("a", range(11)))
    assert {path: archives(world)[path] for path in before} == before
    define(world, formats=(Format.JSON,))
    publish(world.ports)
    assert {path.rpartition("/")[2] for path in archives(world)} == {"feed.json"}


def test_what_happens_while_archives_are_off_is_told_when_they_are_on_again(world: World) -> None:
    define(world, "not tag:out")
    stored(world, *range(10))
    before = archives(world)
    define(world, "not tag:out", archives=False, limit=8)
    publish(world.ports)
    assert shown(world) == ids("a", range(9, 1, -1))
    stored(world, 0, title="Corrected")
    withdraw(world, "a", 1)
    stored(world, 2, tags=("out",))
    define(world, "not tag:out")
    publish(world.ports)
    walked = walk(world, ATOM)
    assert sorted(walked.entries) == sorted(ids("a", (0, *range(3, 10))))
    assert walked.entries["urn:a:0"][1] == "Corrected"
    assert {path: archives(world)[path] for path in before} == before


def test_a_corrected_article_that_a_new_definition_leaves_out_does_not_come_back_as_it_was(world: World) -> None:
    define(world)
    stored(world, *range(10))
    stored(world, 0, title="Corrected")
    define(world, "not title~/Corrected/")
    publish(world.ports)
    assert sorted(walk(world, ATOM).entries) == sorted(ids("a", range(1, 10)))


def test_of_two_articles_of_one_id_the_other_is_told_when_the_first_has_gone(world: World) -> None:
    define(world)
    put(world, written("a", 1))
    publish(world.ports)
    with world.ports.store.ingest("b") as tx:
        seen = written("b", 1, title="Another story", body=text(99))
        other = decide.first_state(seen, id="urn:a:1", slug="other", now=world.time, backfill=False)
        tx.save([saved(other, RevisionKind.NEW, world.time, (("id", "urn:a:1"),))], [])
    stored(world, *range(10, 20))
    assert walk(world, ATOM).entries["urn:a:1"][1] == "Story 1"
    world.wait(minutes=1)
    withdraw(world, "a", 1)
    stored(world, *range(20, 30))
    assert walk(world, ATOM).entries["urn:a:1"][1] == "Another story"


def test_no_archive_keeps_the_title_of_a_killed_article_that_was_listed_and_split_off(world: World) -> None:
    define(world, doubles=Doubles.LIST)
    body = "".join(text(number) for number in range(500, 520))
    put(world, written("a", 1, body=body, title="The same"), written("b", 1, body=body, title="The same, marked"))
    publish(world.ports)
    stored(world, *range(10, 20))
    assert b"The same, marked" in world.file("all/archives/1/feed.xml")
    joining.split(world.ports, article(world, "b", 1))
    publish(world.ports)
    rulings.kill(world.ports, article(world, "b", 1))
    publish(world.ports)
    assert not [path for path, found in world.snapshot().items() if b"The same, marked" in found]


def test_a_renamed_feed_takes_its_archives_along(world: World) -> None:
    define(world)
    stored(world, *range(11))
    world.ports.store.rename_feed("all", "new")
    publish(world.ports)
    assert not any(path.startswith("all/") for path in world.snapshot())
    assert sorted(walk(world, "new/feed.xml").entries) == sorted(ids("a", range(11)))


def test_another_definition_leaves_the_archives_and_shapes_what_is_current(world: World) -> None:
    define(world)
    stored(world, *range(8))
    before = archives(world)
    define(world, "tag:new")
    stored(world, 8, tags=("new",))
    assert shown(world) == ["urn:a:8"]
    assert archives(world) == before


def test_the_default_feed_may_have_archives(tmp_path: Path) -> None:
    world = World(tmp_path, items=3, default_archives=True)
    put(world, *(written("seeds", n) for n in range(10)), backfill=True)
    world.build()
    assert sorted(walk(world, "feed.xml").entries) == sorted(ids("seeds", range(10)))
    assert sorted(path for path in world.snapshot() if path.endswith("rss.xml")) == [
        *("archives/1/rss.xml", "archives/2/rss.xml", "rss.xml"),
    ]
    world.close()


def test_the_default_feed_misses_nothing_while_it_has_no_archives(tmp_path: Path) -> None:
    world = World(tmp_path, items=3, default_archives=True)
    put(world, *(written("seeds", n) for n in range(10)), backfill=True)
    world.build()
    world.policy = Policy(items=3)
    world.reopen()
    world.build()
    world.wait(minutes=1)
    put(world, written("seeds", 0, title="Corrected"), written("seeds", 10))
    withdraw(world, "seeds", 1, 9)
    publish(world.ports)
    assert len(world.ids()) == 3
    world.policy = Policy(items=3, default_archives=True)
    world.reopen()
    world.build()
    walked = walk(world, "feed.xml")
    assert sorted(walked.entries) == sorted(ids("seeds", (0, *range(2, 9), 10)))
    assert walked.entries["urn:seeds:0"][1] == "Corrected"
    world.close()


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_crash_within_a_long_first_cut_loses_nothing(world: World, after: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(archiving, "AT_ONCE", 10)
    define(world, limit=5)
    put(world, *(written("a", n) for n in range(32)), backfill=True)
    real, left = world.ports.store.publish, [after]

    def some(done: Any, *rest: Any, **more: Any) -> Any:
        if any(one.name == "all" for one in done):
            if not left[0]:
                raise StoreFull("the disk is full")
            left[0] -= 1
        return real(done, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(world.ports.store, "publish", some)
        with pytest.raises(StoreFull):
            publish(world.ports)
    world.reopen()
    publish(world.ports)
    walked = walk(world, ATOM)
    assert sorted(walked.entries) == sorted(ids("a", range(32)))
    assert [len(page.entries) for page in walked.pages] == [7, 5, 5, 5, 5, 5]


def test_whoever_is_late_with_a_cut_leaves_it_to_who_is_newer(world: World, monkeypatch: Any) -> None:
    define(world)
    put(world, *(written("a", n) for n in range(9)), backfill=True)
    real = world.ports.store.oldest

    def meanwhile(feed: str, limit: int) -> Any:
        found = real(feed, limit)
        world.ports.store.soil(["all"])
        return found

    with monkeypatch.context() as patched:
        patched.setattr(world.ports.store, "oldest", meanwhile)
        publish(world.ports)
    assert world.ports.store.archives("all") == 0
    publish(world.ports)
    assert world.ports.store.archives("all") == 2
    assert sorted(walk(world, ATOM).entries) == sorted(ids("a", range(9)))


@pytest.mark.parametrize("cuts", [1, 2, 9])
def test_two_that_cut_the_same_archives_at_once_cut_each_once(world: World, cuts: int, monkeypatch: Any) -> None:
    """The second does all of its work, or dies within it, after the first has prepared its first archives."""
    monkeypatch.setattr(archiving, "AT_ONCE", 6)
    define(world)
    put(world, *(written("a", n) for n in range(20)), backfill=True)
    real, begun = world.ports.store.publish, []

    def meanwhile(done: Any, *rest: Any, **more: Any) -> Any:
        if more.get("cuts"):
            begun.append(done)
            if len(begun) == 1:
                with suppress(StoreFull):
                    publish(world.ports)
            elif len(begun) == cuts + 2:
                raise StoreFull("the disk is full")
        return real(done, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(world.ports.store, "publish", meanwhile)
        publish(world.ports)
    publish(world.ports)
    walked = walk(world, ATOM)
    assert [len(page.entries) for page in walked.pages] == [5, 3, 3, 3, 3, 3]
    assert sorted(walked.entries) == sorted(ids("a", range(20)))


def test_a_change_since_the_cut_was_prepared_is_told_in_the_current_document(world: World) -> None:
    define(world)
    stored(world, *range(12))
    world.wait(minutes=1)
    withdraw(world, "a", 0)
    put(world, written("a", 1, title="Corrected"))
    publish(world.ports)
    assert [(one.shown, one.archive) for one in members(world, "a", 0)] == [(False, 0)]
    assert [(one.shown, one.archive) for one in members(world, "a", 1)] == [(True, 0)]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_walk_after_random_changes_gives_exactly_what_should_be_there(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path)
    large = Large(world, 400, limit=10, seed=seed)
    large.fill()
    large.change(60, rounds=6)
    told = large.check()
    world.close()
    assert told.wrong == []
    assert told.archives > 38


def test_bursts_of_changes_of_few_articles_end_right(world: World) -> None:
    """Everything that can happen to an article happens to each of ten, again and again, over many archives."""
    define(world, "not tag:out")
    chance = random.Random(3)
    stored(world, *range(10))
    there = dict.fromkeys(range(10), "")
    for step in range(60):
        world.wait(minutes=1)
        number = chance.randrange(10)
        if chance.random() < 0.3 and there[number] is not None:
            withdraw(world, "a", number)
            there.pop(number)
        else:
            out = chance.random() < 0.3
            put(world, written("a", number, title=f"Step {step}", tags=("out",) if out else ()))
            there[number] = f"Step {step}"
            if out:
                there.pop(number)
        there.setdefault(number, None)  # type: ignore[arg-type]
        if chance.random() < 0.7:
            publish(world.ports)
    publish(world.ports)
    expected = {f"urn:a:{number}": title for number, title in there.items() if title is not None}
    found = {id: title for id, (_, title) in walk(world, ATOM).entries.items()}
    assert found == {id: title or f"Story {id.rpartition(':')[2]}" for id, title in expected.items()}
