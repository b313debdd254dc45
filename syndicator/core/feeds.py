"""Which feeds there are, and where their documents lie."""

from __future__ import annotations

import re

from syndicator.core.decide import RESERVED_SLUGS
from syndicator.core.text import one_line
from syndicator.model import Feed, Format, Query, Site, Source, Term

KINDS = ("tags", "authors")
"""What a store's terms can be; each has feeds under its name."""
FIXED = ("sources", *KINDS)
"""What the names of feeds begin with, before a slash, that nobody composes."""
RESERVED_NAMES = RESERVED_SLUGS | {
    *("archives", "atom", "feed", "healthz", "index", "media", "mementos", "private", "readyz", "rss", "sitemaps"),
    *("static", "timemaps"),
}
"""Names that no composed feed can have: they mean something else in addresses."""
OPML = "@opml"
"""The dirty name of the list of sources."""
FEEDS = "@feeds"
"""The dirty name of the list of feeds."""

_ARCHIVE = re.compile(r"(?:(.+)/)?archives/([1-9][0-9]*)")


def default_feed(site: Site, items: int, *, archives: bool = False) -> Feed:
    """The feed of everything, `items` articles long."""
    return Feed(name="", title=site.title, description=site.description, limit=items, archives=archives)


def term_feed(site: Site, term: Term, items: int) -> Feed:
    """The feed of one tag or author."""
    query = Query(tags=frozenset({term.slug})) if term.kind == "tags" else Query(authors=frozenset({term.slug}))
    about = "tagged" if term.kind == "tags" else "by"
    return Feed(
        name=f"{term.kind}/{term.slug}",
        title=f"{site.title}: {term.name}",
        description=f"Articles {about} {term.name}.",
        query=query,
        limit=items,
    )


def source_feed(site: Site, source: Source, items: int) -> Feed:
    """The feed of what one source brought, `items` articles long."""
    title = one_line(source.title) or source.id
    return Feed(
        name=f"sources/{source.id}",
        title=f"{site.title}: {title}",
        description=f"Articles from {title}.",
        query=Query(sources=frozenset({source.id})),
        limit=items,
    )


def document_paths(name: str) -> tuple[str, ...]:
    """The paths of a feed's documents, by the feed's name."""
    return tuple(f"{name}/{format}" if name else str(format) for format in Format)


def archive_name(feed: str, number: int) -> str:
    """The name under which the documents of an archive lie, by its feed's name; see `Feed.archive`."""
    return f"{feed}/archives/{number}" if feed else f"archives/{number}"


def archive_of(name: str) -> tuple[str, int] | None:
    """The feed and the number of the archive whose documents lie under a name, None where it is none of an archive."""
    found = _ARCHIVE.fullmatch(name)
    return (found[1] or "", int(found[2])) if found else None
