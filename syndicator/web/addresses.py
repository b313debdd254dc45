"""Where things are: paths of ours under the configured base URL, never under what a request says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from syndicator.model import Format, Site

_DOCUMENT = re.compile(r"(?:[a-z0-9][A-Za-z0-9._-]*/)*[a-z0-9][A-Za-z0-9._-]*\Z")
_GUESS = re.compile(r"((?:tags|authors|sources)/[a-z0-9-]+/)?([a-z.]+)\Z")
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
}
_LABELS = {Format.ATOM: "Atom", Format.RSS: "RSS", Format.JSON: "JSON Feed"}
_FEED_SUFFIXES = (".xml", ".json", ".atom", ".rss")


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
    return path.endswith(_FEED_SUFFIXES) or guessed(path) is not None


def guessed(path: str) -> str | None:
    """The document that a usual guess (`feed`, `rss/`, `tags/x/index.xml`) means; None where it is none."""
    found = _GUESS.match(path.removesuffix("/"))
    format = _GUESSES.get(found[2]) if found else None
    return f"{found[1] or ''}{format}" if found and format else None


def split(path: str) -> tuple[str, Format] | None:
    """Feed name and format of a feed document's path; None for any other document."""
    name, _, last = path.rpartition("/")
    return (name, Format(last)) if last in set(Format) else None


def label(format: Format) -> str:
    """What people call a format."""
    return _LABELS[format]


def bare_type(format: Format) -> str:
    """Its media type without parameters, as links carry it."""
    return format.media_type.partition(";")[0]


def feed_path(name: str, format: Format) -> str:
    """The path of a feed's document, without leading slash."""
    return f"{name}/{format}" if name else str(format)


def alternates(site: Site, name: str, formats: Sequence[Format] = tuple(Format)) -> list[str]:
    """`Link` values (RFC 8288) that lead to a feed in each of its formats."""
    return [
        f'<{site.base_url}/{feed_path(name, format)}>; rel="alternate"; type="{bare_type(format)}"'
        for format in formats
    ]
