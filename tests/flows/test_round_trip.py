"""Our own feed, taken in by another syndicator, and what that one publishes, taken in by us again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syndicator.flows import rounds, sources
from syndicator.model import Query, Source
from tests.conftest import ROOT, shared
from tests.flows.world import World

OTHER = "https://other.example"


def world_at(root: Path, base_url: str, title: str, number: int) -> World:
    root.mkdir()
    world = World(root)
    id = f"urn:uuid:9b1f1d7e-6a52-5f0e-9d5b-{number:012d}"
    world.ports = replace(world.ports, site=replace(world.ports.site, base_url=base_url, id=id, title=title))
    return world


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[World, World]]:
    first = world_at(tmp_path / "first", "https://news.example", "News", 1)
    second = world_at(tmp_path / "second", OTHER, "Other", 2)
    yield first, second
    first.close()
    second.close()


def take(world: World, body: bytes, address: str, source: str) -> None:
    world.upstreams.put(address, body, headers={"content-type": "application/atom+xml"})
    if world.ports.store.source(source) is None:
        sources.add(world.ports, [Source(id=source, url=address)])
    else:
        world.time = world.ports.store.poll_state(source).next_check  # type: ignore[union-attr,assignment]
    rounds.poll_due(world.ports, lambda _: None)


def facts(entry: Any) -> dict[str, Any]:
    """What a reader sees of an entry, but for where it was found."""
    return {
        "id": entry.id,
        "title": entry.title,
        "link": entry.link,
        "published": entry.get("published"),
        "updated": entry.get("updated"),
        "authors": [dict(author) for author in entry.get("authors", [])],
        "contributors": [dict(one) for one in entry.get("contributors", [])],
        "tags": [(tag.term, tag.scheme, tag.label) for tag in entry.get("tags", [])],
        "summary": entry.get("summary"),
        "content": [(content.type, content.value) for content in entry.get("content", [])],
        "enclosures": [dict(link) for link in entry.links if link.rel == "enclosure"],
        "related": [dict(link) for link in entry.links if link.rel not in ("enclosure", "alternate", "self")],
        "language": (entry.get("content") or [{}])[0].get("language"),
    }


def test_ids_dates_authors_content_and_source_survive_and_coming_back_changes_nothing(two: tuple[World, World]) -> None:
    first, second = two
    for file in sorted((ROOT / "seeds").iterdir()):
        shutil.copy(file, first.seeds / file.name) if file.is_file() else shutil.copytree(file, first.seeds / file.name)
    shutil.copy(next(iter(sorted(shared("seeds").glob("*.txt")))), first.seeds)
    feeds = sorted(shared("corpus", "real").glob("NetNewsWire*"))[:12]
    for number, feed in enumerate(feeds):
        take(first, feed.read_bytes(), f"https://up{number}.example/feed", f"up{number}")
    first.build()
    second.build()
    take(second, first.file(), "https://news.example/feed.xml", "news")
    ours, theirs = first.feed(), second.feed()
    expected = {entry.id: facts(entry) for entry in ours.entries}
    actual = {entry.id: facts(entry) for entry in theirs.entries}
    assert len(expected) == 50
    assert actual == expected
    assert second.ids() == first.ids()
    for entry in ours.entries:
        there = next(one for one in theirs.entries if one.id == entry.id)
        source = entry.get("source") or {"id": ours.feed.id, "title": "News"}
        assert (there.source.id, there.source.title) == (source["id"], source["title"])
    lists = (".well-known/feeds", "opml.xml")  # they have one source more
    before = {path: data for path, data in first.snapshot().items() if not path.startswith(lists)}
    take(first, second.file(), f"{OTHER}/feed.xml", "other")
    after = first.snapshot()
    assert {path: after[path] for path in before} == before
    brought = first.ports.store.select(Query(sources=frozenset({"other"})), 1000)
    assert {article.id for article in brought} <= {entry.id for entry in ours.entries}
