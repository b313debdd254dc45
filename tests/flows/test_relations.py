"""What is stored beside the bytes of documents: how long they are good for, and what they are related to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syndicator.core.render import Chain, relations
from syndicator.core.upstream import read
from syndicator.flows.named import feed_named
from syndicator.flows.publish import compress, publish, renew
from syndicator.model import Feed, Format, Incoming, Rendered
from tests.flows.world import World, story

WEEKLY = [f"2024-{month:02}-{day:02}" for month in range(1, 4) for day in (1, 8, 15, 22)]
BASE = "https://news.example"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, items=15)
    for number, date in enumerate(WEEKLY):
        world.write(f"politics/{number}.md", story(number, date=date))
    world.ports.store.save_feed(Feed(name="wire", title="Wire", limit=3, archives=True))
    world.ports.store.save_feed(Feed(name="private/board", title="Board", private=True))
    world.build()
    yield world
    world.close()


def documents(world: World) -> dict[str, Rendered]:
    paths = [path for path, _, gone in world.ports.store.documents() if not gone]
    return {path: found for path in paths if (found := world.ports.store.document(path)) is not None}


def ages(world: World) -> dict[str, int | None]:
    return {path: one.max_age for path, one in documents(world).items()}


def links(world: World, path: str) -> str:
    return documents(world)[path].links


def decide(world: World, **policy: Any) -> None:
    """Another configuration, and what a start makes of it."""
    world.ports = replace(world.ports, policy=replace(world.ports.policy, **policy))
    renew(world.ports)
    publish(world.ports)


def is_current(path: str) -> bool:
    return path.rpartition("/")[2] in set(Format) and "archives/" not in path


def test_every_current_document_has_the_rhythm_of_its_feed_and_nothing_else_has_one(world: World) -> None:
    found = ages(world)
    assert {path for path, age in found.items() if age is not None} == {path for path in found if is_current(path)}
    assert {age for path, age in found.items() if is_current(path)} == {3 * 3600}
    assert len([path for path in found if "archives/" in path]) == 9
    assert {".well-known/feeds", "sitemap.xml"} <= found.keys()


def test_a_reader_of_our_feed_takes_its_rhythm_from_it(world: World) -> None:
    decide(world, max_age_limit=timedelta(days=1))
    hints = read(Incoming(body=world.file("rss.xml"), url=f"{BASE}/rss.xml")).hints
    assert (hints.invited, ages(world)["rss.xml"]) == (12 * 3600, 12 * 3600)


def test_the_clock_does_not_move_the_rhythm_but_articles_do(world: World) -> None:
    before = world.snapshot()
    world.wait(days=400)
    world.reopen()
    world.build()
    assert (world.snapshot(), ages(world)["feed.xml"]) == (before, 3 * 3600)
    for number in range(100, 115):
        world.wait(minutes=10)
        world.write(f"{number}.md", story(number, date=None))
        world.event(f"{number}.md")
    assert ages(world)["feed.xml"] == 5 * 60


@pytest.mark.parametrize(
    ("policy", "age", "remembers"),
    [
        ({"max_age_limit": timedelta(hours=1)}, 3600, True),
        ({"max_age_limit": timedelta(minutes=1)}, 300, True),
        ({"max_age": timedelta(hours=5)}, 5 * 3600, True),
        ({"history": timedelta(0)}, 3 * 3600, False),
        ({"history": timedelta(days=3)}, 3 * 3600, True),
    ],
    ids=["another limit", "limit below the least", "another least", "no history", "another history"],
)
def test_other_settings_reach_every_current_document(
    world: World, policy: dict[str, Any], age: int, remembers: bool
) -> None:
    decide(world, **policy)
    for path, one in documents(world).items():
        public = is_current(path) and not path.startswith("private/")
        assert one.max_age == (age if is_current(path) else None), path
        assert ('rel="timemap"' in one.links) is (remembers and public), path
        assert ('rel="timegate"' in one.links) is (remembers and public), path


def test_every_document_is_related_to_what_there_is(world: World) -> None:
    found = documents(world)
    there = {f"{BASE}/{path}" for path in found}
    pages = {f"{BASE}/{page}" for page in ("", "wire", "tags/politics")}
    pasts = {f"{BASE}/timemaps/{path}" for path in found}
    for path, one in found.items():
        said = [value.partition(">") for value in one.links.removeprefix("<").split(", <")]
        assert said[0][0] == f"{BASE}/{path}"
        assert {address for address, _, _ in said} <= there | pages | pasts, path
    assert links(world, "sitemap.xml") == f'<{BASE}/sitemap.xml>; rel="self"'
    assert links(world, "private/board/rss.xml") == f'<{BASE}/private/board/rss.xml>; rel="self"'


def expected(world: World, path: str) -> str:
    """What an archive of `wire` should be related to."""
    feed = feed_named(world.ports, "wire")
    assert feed is not None
    number, format = int(path.split("/")[2]), Format(path.split("/")[3])
    return relations.of_feed(feed, format, world.ports.site, Chain(number=number, previous=number - 1))


@pytest.mark.parametrize("change", ["more formats", "less formats", "another address", "from before"])
def test_archives_are_related_to_what_is_there_now_and_keep_their_bytes(world: World, change: str) -> None:
    before = documents(world)
    if change == "from before":
        old = [(path, one.etag, "") for path, one in before.items()]
        world.ports.store.save_links(old)
        assert links(world, "wire/archives/1/feed.xml") == ""
        world.ports.store.remember("recipe", "an earlier program")
    elif change == "another address":
        world.move_to("https://elsewhere.example")
    else:
        formats = tuple(Format) if change == "more formats" else (Format.ATOM, Format.JSON)
        world.ports.store.save_feed(Feed(name="wire", title="Wire", limit=3, archives=True, formats=formats))
    renew(world.ports)
    publish(world.ports)
    after = {path: one for path, one in documents(world).items() if path.startswith("wire/archives/")}
    assert {path: one.links for path, one in after.items()} == {path: expected(world, path) for path in after}
    assert len(after) == {"more formats": 15, "less formats": 6}.get(change, 9)
    kept = after.keys() & before.keys()
    assert {path: (after[path].body, after[path].changed) for path in kept} == {
        path: (before[path].body, before[path].changed) for path in kept
    }


def test_a_document_that_has_changed_since_keeps_its_relations(world: World) -> None:
    before = documents(world)["feed.xml"]
    world.ports.store.save_links([("feed.xml", "another", "<x>"), ("no.xml", before.etag, "<x>")])
    compress(world.ports)
    assert documents(world)["feed.xml"] == before
