"""Where things are: paths of ours under the configured base URL, never under what a request says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from syndicator.core.feeds import RESERVED_NAMES, archive_of
from syndicator.model import Format, Site

_DOCUMENT = re.compile(r"(?:\.well-known/)?(?:[a-z0-9][A-Za-z0-9._-]*/)*[a-z0-9][A-Za-z0-9._-]*\Z")
_NAME = re.compile(r"[a-z0-9-]{1,200}\Z")
_GUESS = re.compile(r"((?:(?:tags|authors|sources)/)?[a-z0-9-]+/)?([a-z.]+)\Z")
_GUESSES = {
    "feed": Format.ATOM,
    "atom": Format.ATOM,
    "atom.xml": Format.ATOM,
    "index.xml": Format.ATOM,
    "index.atom": Format.ATOM,
    "feed.atom": Format.ATOM,
    "rss": Format.RSS,
    "index.rss": Format.RSS,
    "feed.rss": Format.RSS,
    "index.json": Format.JSON,
    "index.rdf": Format.RDF,
}
_LABELS = {
    Format.ATOM: "Atom",
    Format.RSS: "RSS",
    Format.JSON: "JSON Feed",
    Format.RDF: "RSS 1.0",
    Format.NINJS: "ninjs",
}
_FEED_SUFFIXES = (".xml", ".json", ".atom", ".rss", ".rdf", ".opml", "/.well-known/feeds")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAddress:
    """What the path of a feed's document says: the feed's name, the format, the archive's number or 0 for none."""

    name: str
    format: Format
    archive: int = 0


def prefix(site: Site) -> str:
    """The path of the base URL, without a trailing slash: empty unless the site lives below another one."""
    return urlsplit(site.base_url).path.rstrip("/")


def host(site: Site) -> str:
    """Host and port of the base URL."""
    return urlsplit(site.base_url).netloc


def is_document(path: str) -> bool:
    """Whether a published document may lie at this path (without leading slash)."""
    return len(path) <= 500 and _DOCUMENT.match(path) is not None


def is_feedlike(path: str) -> bool:
    """Whether a reader may ask for this path expecting a feed: then it never gets HTML, not even in an error."""
    return f"/{path}".endswith(_FEED_SUFFIXES) or guessed(path) is not None


def is_private(path: str) -> bool:
    """Whether what lies at this path is for those with a token only."""
    return path == "private" or path.startswith("private/")


def is_feed_name(name: str) -> bool:
    """Whether a composed feed that everybody may read can have this name, and a page at this path."""
    return _NAME.match(name) is not None and name not in RESERVED_NAMES


def guessed(path: str) -> str | None:
    """The document that a usual guess (`feed`, `rss/`, `tags/x/index.xml`) means; None where it is none."""
    found = _GUESS.match(path.removesuffix("/"))
    format = _GUESSES.get(found[2]) if found else None
    if found is None or format is None or (found[1] and found[1].removesuffix("/") in RESERVED_NAMES):
        return None
    return f"{found[1] or ''}{format}"


def split(path: str) -> FeedAddress | None:
    """What the path of a feed's document says; None for any other document."""
    name, _, last = path.rpartition("/")
    if last not in set(Format):
        return None
    feed, number = archive_of(name) or (name, 0)
    return FeedAddress(name=feed, format=Format(last), archive=number)


def label(format: Format) -> str:
    """What people call a format."""
    return _LABELS[format]


def feed_path(name: str, document: str) -> str:
    """The path of a feed's document, without leading slash."""
    return f"{name}/{document}" if name else str(document)
