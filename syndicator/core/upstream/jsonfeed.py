"""JSON Feed 1.0 and 1.1: what a document says of itself, and those of its articles that are new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from syndicator.core.entries import record
from syndicator.core.upstream import jsonitem, jsontext
from syndicator.core.upstream.jsonitem import Inherited, Object
from syndicator.core.upstream.jsontext import Json
from syndicator.errors import BadFeed
from syndicator.model import Entry, Incoming, Link, Parsed, Tombstone, Upstream

_VERSION = "jsonfeed.org/version/"
_RECORD = 24
_DIGEST = 8


def read_json(incoming: Incoming) -> Parsed:
    """Read a JSON Feed (https://www.jsonfeed.org/version/1.1/).

    Items that `incoming.entries` knows are counted in `seen` and left out of `entries`; `seen` holds those alone
    that were read, now or before. Raises BadFeed of kind `empty`, `parse`, `not_a_feed` or `too_complex`.
    """
    document = jsontext.read(incoming.body, incoming.content_type)
    feed, format = _feed(document.value)
    notices = document.notices
    items = _items(feed, notices)
    base = _base(feed, incoming)
    inherited = Inherited(
        base=base,
        authors=jsonitem.people(feed, base),
        language=jsonitem.language(feed.get("language")) or jsonitem.language(incoming.content_language),
    )
    entries, seen = _entries(items[: incoming.most], inherited, incoming.entries)
    dropped = len(items) - min(len(items), incoming.most)
    if dropped:
        notices.append(f"the document holds {len(items):,} items: those after the first {incoming.most:,} are left out")
    if feed.get("expired") is True:
        notices.append("the feed says that it has ended (`expired`) and will not change any more")
    return Parsed(
        format=format,
        upstream=_upstream(feed, inherited, base),
        entries=entries,
        seen=seen,
        total=len(items),
        dropped=dropped,
        links=tuple(_links(feed, incoming.url)),
        deleted=tuple(_deleted(feed)),
        notices=tuple(notices),
    )


def _feed(value: Json) -> tuple[Object, str]:
    """The feed's object and its format."""
    if not isinstance(value, dict):
        raise BadFeed("not_a_feed", "the document is JSON, but no feed: a JSON Feed is an object with `version`")
    version = value.get("version")
    if not isinstance(version, str) or _VERSION not in version:
        raise BadFeed(
            "not_a_feed", "the document is JSON, but no feed: its `version` is not https://jsonfeed.org/version/1.1"
        )
    number = version.partition(_VERSION)[2].strip(" /")
    return value, "json10" if number in ("1", "1.0") else "json11"


def _items(feed: Object, notices: list[str]) -> list[Object]:
    items = feed.get("items")
    if not isinstance(items, list):
        notices.append("`items` is no list, so the feed has no articles")
        return []
    objects = [item for item in items if isinstance(item, dict)]
    if len(objects) < len(items):
        notices.append(f"{len(items) - len(objects):,} of the items are no objects and were left out")
    nameless = sum(1 for item in objects if jsonitem.identifier(item) is None)
    if nameless:
        notices.append(f"{nameless:,} of the items have no `id`: it is by its id that an article is known again")
    return objects


def _base(feed: Object, incoming: Incoming) -> str:
    page = jsonitem.web(feed.get("home_page_url"), incoming.url)
    return page or jsonitem.web(feed.get("feed_url"), incoming.url) or incoming.url


def _entries(items: list[Object], inherited: Inherited, known: bytes) -> tuple[tuple[Entry, ...], bytes]:
    remembered = {known[i : i + _DIGEST]: known[i : i + _RECORD] for i in range(0, len(known), _RECORD)}
    passed_on = hashlib.sha256(repr(inherited).encode("utf-8", "surrogatepass")).digest()
    entries, seen = [], []
    for item in items:
        digest = _digest(item, passed_on)
        if digest in remembered:
            seen.append(remembered[digest])
            continue
        entry = Entry(article=jsonitem.article(item, inherited), digest=digest)
        entries.append(entry)
        seen.append(record(digest, entry.article))
    return tuple(entries), b"".join(seen)


def _digest(item: Object, inherited: bytes) -> bytes:
    canonical = json.dumps(item, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(inherited + canonical.encode("ascii")).digest()[:_DIGEST]


def _upstream(feed: Object, inherited: Inherited, base: str) -> Upstream:
    feed_url = jsonitem.web(feed.get("feed_url"), base)
    ours = jsonitem.extension(feed)
    return Upstream(
        id=jsonitem.identifier(ours) or feed_url or "",
        title=jsonitem.line(feed.get("title")),
        url=jsonitem.web(feed.get("home_page_url"), base),
        feed_url=feed_url,
        updated=jsonitem.moment(ours.get("updated")),
        rights=jsonitem.line(ours.get("rights")) or jsonitem.line(ours.get("licence")),
        language=inherited.language,
    )


def _links(feed: Object, url: str) -> Iterator[Link]:
    for key, rel in (("feed_url", "self"), ("home_page_url", "alternate"), ("next_url", "next")):
        if href := jsonitem.web(feed.get(key), url):
            yield Link(href=href, rel=rel)
    hubs = feed.get("hubs")
    for hub in hubs if isinstance(hubs, list) else []:
        kind = jsonitem.line(hub.get("type")).lower() if isinstance(hub, dict) else ""
        if isinstance(hub, dict) and kind == "websub" and (href := jsonitem.web(hub.get("url"), url)):
            yield Link(href=href, rel="hub")


def _deleted(feed: Object) -> Iterator[Tombstone]:
    deleted = jsonitem.extension(feed).get("deleted")
    for gone in deleted if isinstance(deleted, list) else []:
        id = jsonitem.identifier(gone) if isinstance(gone, dict) else None
        when = jsonitem.moment(gone.get("when")) if isinstance(gone, dict) else None
        if id and when:
            yield Tombstone(id=id, when=when)
