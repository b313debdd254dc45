"""Readers that walk a feed back through its archives (RFC 5005 section 4), as one who missed everything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from lxml import etree

from tests.flows.world import World

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "fh": "http://purl.org/syndication/history/1.0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One document as it is read: `entries` are id, updated and title; `gone` are id and moment."""

    path: str
    entries: list[tuple[str, str, str]]
    gone: list[tuple[str, str]]
    previous: str | None
    current: str | None
    archive: bool


@dataclass(slots=True)
class Walked:
    """What a reader has in the end, by id: `updated` and title; and every document that it read."""

    entries: dict[str, tuple[str, str]] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)


def walk(world: World, path: str) -> Walked:
    """Read the document at `path` and all before it: the newest `updated` wins, and what is gone later than that goes.

    Of two alike the one nearer to the current document wins.
    """
    walked = Walked(pages=list(_pages(world, path)))
    gone: dict[str, str] = {}
    for page in walked.pages:
        for id, updated, title in page.entries:
            if id not in walked.entries or updated > walked.entries[id][0]:
                walked.entries[id] = (updated, title)
        for id, when in page.gone:
            gone[id] = max(when, gone.get(id, ""))
    for id, when in gone.items():
        if id in walked.entries and walked.entries[id][0] <= when:
            del walked.entries[id]
    return walked


def _pages(world: World, path: str) -> Iterator[Page]:
    base, seen = f"{world.ports.site.base_url}/", set[str]()
    following: str | None = base + path
    while following is not None:
        assert following not in seen, f"{following} is met twice"
        seen.add(following)
        page = read(world.file(following.removeprefix(base)), following.removeprefix(base))
        yield page
        following = page.previous


def read(body: bytes, path: str) -> Page:
    """A document in Atom, RSS or JSON Feed."""
    if path.endswith(".json"):
        return _json(json.loads(body), path)
    root = etree.fromstring(body)
    return _atom(root, path) if path.endswith("feed.xml") else _rss(root[0], path)


def _links(parent: etree._Element) -> dict[str, str]:
    return {link.get("rel", ""): link.get("href", "") for link in parent.iterfind("a:link", NS)}


def _atom(feed: etree._Element, path: str) -> Page:
    links = _links(feed)
    return Page(
        path=path,
        entries=[
            (one.findtext("a:id", "", NS), one.findtext("a:updated", "", NS), one.findtext("a:title", "", NS))
            for one in feed.iterfind("a:entry", NS)
        ],
        gone=[(one.get("ref", ""), one.get("when", "")) for one in feed.iterfind("at:deleted-entry", NS)],
        previous=links.get("prev-archive"),
        current=links.get("current"),
        archive=feed.find("fh:archive", NS) is not None,
    )


def _rss(channel: etree._Element, path: str) -> Page:
    links = _links(channel)

    def updated(item: etree._Element) -> str:
        published = parsedate_to_datetime(item.findtext("pubDate", ""))
        return item.findtext("a:updated", None, NS) or f"{published:%Y-%m-%dT%H:%M:%SZ}"

    return Page(
        path=path,
        entries=[(i.findtext("guid", ""), updated(i), i.findtext("title", "")) for i in channel.iterfind("item")],
        gone=[],
        previous=links.get("prev-archive"),
        current=links.get("current"),
        archive=channel.find("fh:archive", NS) is not None,
    )


def _json(feed: dict[str, object], path: str) -> Page:
    ours: dict[str, object] = feed["_syndicator"]  # type: ignore[assignment]
    items: list[dict[str, str]] = feed["items"]  # type: ignore[assignment]
    deleted: list[dict[str, str]] = ours.get("deleted", [])  # type: ignore[assignment]
    return Page(
        path=path,
        entries=[(item["id"], item["date_modified"], item["title"]) for item in items],
        gone=[(one["id"], one["when"]) for one in deleted],
        previous=feed.get("next_url"),  # type: ignore[arg-type]
        current=ours.get("current"),  # type: ignore[arg-type]
        archive=bool(ours.get("archive")),
    )
