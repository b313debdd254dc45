"""JSON Feed 1.0 and 1.1: what a document says of itself, and those of its articles that are new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

from syndicator.core.entries import record
from syndicator.core.text import shorten
from syndicator.core.upstream import jsontext, memory, texts
from syndicator.core.upstream import jsonvalues as values
from syndicator.core.upstream.feed import MAX_DELETED, MAX_LINKS
from syndicator.core.upstream.jsonitem import Inherited, article
from syndicator.core.upstream.jsontext import Json
from syndicator.core.upstream.jsonvalues import Object
from syndicator.core.upstream.media import web
from syndicator.core.upstream.texts import Cuts
from syndicator.errors import BadFeed
from syndicator.model import Entry, Incoming, Link, Parsed, Tombstone, Upstream

_VERSION = "jsonfeed.org/version/"


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
    cuts = Cuts()
    upstream = _upstream(feed, incoming, base)
    inherited = Inherited(
        base=base,
        upstream=upstream,
        authors=values.authors(feed, base, cuts),
        language=upstream.language,
        licence=web(values.extension(feed).get("licence"), None),
    )
    entries, seen = _entries(items[: incoming.most], inherited, incoming.entries, cuts)
    dropped = len(items) - min(len(items), incoming.most)
    if dropped:
        notices.append(f"the document holds {len(items):,} items: those after the first {incoming.most:,} are left out")
    if feed.get("expired") is True:
        notices.append("the feed says that it has ended (`expired`) and will not change any more")
    return Parsed(
        format=format,
        upstream=upstream,
        entries=entries,
        seen=seen,
        total=len(items),
        dropped=dropped,
        links=tuple(_links(feed, incoming.url)),
        deleted=tuple(_deleted(feed)),
        notices=(*notices, *cuts.notices()),
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
    nameless = sum(1 for item in objects if values.identifier(item) is None)
    if nameless:
        notices.append(f"{nameless:,} of the items have no `id`: it is by its id that an article is known again")
    return objects


def _base(feed: Object, incoming: Incoming) -> str:
    page = web(feed.get("home_page_url"), incoming.url)
    return page or web(feed.get("feed_url"), incoming.url) or incoming.url


def _entries(items: list[Object], inherited: Inherited, known: bytes, cuts: Cuts) -> tuple[tuple[Entry, ...], bytes]:
    """The items that are new or changed, and the records of all."""
    remembered = memory.by_digest(known)
    passed_on = _digest_of_head(inherited)
    entries, seen = [], []
    for item in items:
        digest = _digest(item, passed_on)
        if digest in remembered:
            seen.append(memory.pack((remembered[digest],)))
            continue
        entry = Entry(article=article(item, inherited, cuts), digest=digest)
        entries.append(entry)
        seen.append(record(digest, entry.article))
    return tuple(entries), b"".join(seen)


def _digest_of_head(inherited: Inherited) -> bytes:
    """A hash of what items inherit. When the feed was updated, they do not: else nothing would ever be known."""
    undated = replace(inherited, upstream=replace(inherited.upstream, updated=None))
    return hashlib.sha256(repr(undated).encode("utf-8", "surrogatepass")).digest()


def _digest(item: Object, inherited: bytes) -> bytes:
    canonical = json.dumps(item, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(inherited + canonical.encode("ascii")).digest()[: memory.DIGEST]


def _upstream(feed: Object, incoming: Incoming, base: str) -> Upstream:
    ours = values.extension(feed)
    feed_url = web(feed.get("feed_url"), base) or web(incoming.url, None)
    rights = values.line(ours.get("rights"))
    return Upstream(
        id=values.identifier(ours) or feed_url or "",
        title=shorten(values.line(feed.get("title")), texts.MAX_TITLE),
        url=web(feed.get("home_page_url"), base),
        feed_url=feed_url,
        updated=values.moment(ours.get("updated")),
        rights=shorten(rights, texts.MAX_SUMMARY),
        language=values.language(feed.get("language")) or values.language(incoming.content_language),
    )


def _links(feed: Object, url: str) -> Iterator[Link]:
    for key, rel in (("feed_url", "self"), ("home_page_url", "alternate"), ("next_url", "next")):
        if href := web(feed.get(key), url):
            yield Link(href=href, rel=rel)
    for hub in values.objects(feed.get("hubs"), MAX_LINKS):
        if values.line(hub.get("type")).lower() == "websub" and (href := web(hub.get("url"), url)):
            yield Link(href=href, rel="hub")


def _deleted(feed: Object) -> Iterator[Tombstone]:
    for gone in values.objects(values.extension(feed).get("deleted"), MAX_DELETED):
        id, when = values.identifier(gone), values.moment(gone.get("when"))
        if id and when:
            yield Tombstone(id=id, when=when)
