"""Documents about the site: lists of sources and of feeds, sitemaps. Each has a dirty name that begins with `@`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from syndicator.core.coding import etag
from syndicator.core.decide import FUTURE_TOLERANCE, sort_key
from syndicator.core.feeds import FEEDS, OPML, default_feed, source_feed
from syndicator.core.render import listings, relations
from syndicator.core.render.listings import PART
from syndicator.model import Article, Feed, Query, Rendered, Source
from syndicator.ports import Ports

SITEMAP = "@sitemap"
NEWS = "@news"

_PATHS = {OPML: "opml.xml", FEEDS: ".well-known/feeds", SITEMAP: "sitemap.xml", NEWS: "sitemap-news.xml"}
_PART = re.compile(r"@sitemap/(0|[1-9]\d{0,15})\Z")
_AT_ONCE = 200


def path(name: str) -> str | None:
    """The path of the document that a dirty name means; None for a name that means none of these."""
    part = _PART.match(name)
    return f"sitemaps/{part[1]}.xml" if part else _PATHS.get(name)


def part_of(key: int) -> str:
    """The dirty name of the part of the sitemap in which an article has its place, by the store's number of it."""
    return f"{SITEMAP}/{key // PART}"


def every(ports: Ports) -> list[str]:
    """The dirty names of all documents about the site that there may be."""
    return [OPML, FEEDS, NEWS, *(f"{SITEMAP}/{number}" for number in _numbers(ports)), SITEMAP]


def documents(ports: Ports, name: str) -> list[Rendered]:
    """The document that a dirty name means; none where it would be empty, and then what lay at `path(name)` is gone.

    The index of the sitemap (`@sitemap`) names the parts that are stored, and of those that are dirty the ones that
    will be.
    """
    where = path(name)
    body, media_type = _body(ports, name) if where else (b"", "")
    if where is None or not body:
        return []
    changed = ports.site.created.replace(microsecond=0)
    links = relations.of_document(ports.site, where)
    return [Rendered(path=where, body=body, media_type=media_type, etag=etag(body), changed=changed, links=links)]


def own_feeds(ports: Ports) -> list[Feed]:
    """The feeds that everybody may know of: the default one, the composed ones, those of the sources."""
    site, items = ports.site, ports.policy.items
    composed = [feed for feed in ports.store.feeds() if feed.name and not feed.private]
    sources = [source_feed(site, replace(source, title=title), items) for source, title, _ in _sources(ports)]
    return [default_feed(site, items), *composed, *sources]


def _body(ports: Ports, name: str) -> tuple[bytes, str]:
    if name == OPML:
        return listings.source_list(_sources(ports), ports.site), listings.OPML_TYPE
    if name == FEEDS:
        return listings.feed_list(own_feeds(ports), ports.site), listings.OPML_TYPE
    if name == NEWS:
        now = ports.now()
        return listings.news_sitemap(_recent(ports, now), ports.site, now), listings.SITEMAP_TYPE
    if name == SITEMAP:
        return listings.sitemap_index(_parts(ports), ports.site), listings.SITEMAP_TYPE
    return listings.sitemap(_numbered(ports, _number(name)), ports.site), listings.SITEMAP_TYPE


def _sources(ports: Ports) -> list[tuple[Source, str, str | None]]:
    """Every source with its title, or else what it calls itself, and its page."""
    states = ports.store.poll_states()
    found = []
    for source in ports.store.sources():
        upstream = states[source.id].upstream if source.id in states else None
        found.append((source, source.title or (upstream.title if upstream else ""), upstream.url if upstream else None))
    return found


def _numbers(ports: Ports) -> range:
    """The numbers of all parts that the sitemap can have."""
    return range(ports.store.highest() // PART + 1)


def _parts(ports: Ports) -> list[str]:
    """The paths of the parts of the sitemap, by number."""
    dirty = {one.name for one in ports.store.dirty()}
    stored = (found for found, _, gone in ports.store.documents("sitemaps/") if not gone)
    names = {f"{SITEMAP}/{found.rpartition('/')[2].removesuffix('.xml')}" for found in stored} - dirty
    for name in dirty:
        if _PART.match(name) and any(map(listings.is_listed, _numbered(ports, _number(name)))):
            names.add(name)
    return [f"sitemaps/{number}.xml" for number in sorted(map(_number, names))]


def _number(name: str) -> int:
    return int(name.rpartition("/")[2])


def _numbered(ports: Ports, number: int) -> list[Article]:
    """The articles of one part of the sitemap, by number."""
    found = ports.store.states(range(number * PART, (number + 1) * PART))
    return [found[key] for key in sorted(found)]


def _recent(ports: Ports, now: datetime) -> Iterator[Article]:
    """Articles among which is all that is news, newest first."""
    # What has a date of its own is found within an hour before it at the earliest.
    oldest = sort_key(now - listings.NEWS_FOR - FUTURE_TOLERANCE, "")
    before = None
    own = Query(sources=frozenset({ports.policy.source}))
    while found := ports.store.select(own, _AT_ONCE, before):
        yield from (article for article in found if article.sort_key >= oldest)
        before = found[-1].sort_key
        if before < oldest:
            return
