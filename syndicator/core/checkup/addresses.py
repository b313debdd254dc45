"""Addresses of entries and their enclosures: whole, public, and with what readers need to fetch a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from syndicator.core.checkup.entries import Address, Enclosure, Item
from syndicator.core.checkup.findings import Findings, error, hint, warning
from syndicator.core.urls import is_absolute

EMPTY = warning(
    "address-empty", "has `{name}` with nothing in it. Fill it, or leave it out.", "RSS 2.0; RFC 4287 4.2.7.1"
)
RELATIVE = warning(
    "address-relative",
    "has a relative address in `{name}`: {url}. Readers disagree on what it is relative to. Write the whole address.",
    "RSS 2.0, Elements of <item>",
)
ILLEGAL = warning(
    "address-illegal",
    'has an address in `{name}` that cannot be one: {url}. White space and < > " ` must be percent-encoded, and it '
    "must begin with https:// or another scheme.",
    "RFC 3986 2",
)
LOCAL = warning(
    "address-local",
    "has an address in `{name}` that works on one machine or network alone: {url}. Set the public address of the site "
    "where the feed is made.",
)
LOCAL_FILE = hint("address-local-in-file", LOCAL.text)
LINK_MISSING = warning(
    "link-missing",
    "has no link, so that people cannot get to it from their reader. Give it one, or a guid that is its address.",
    "RSS 2.0, link",
)
URL_MISSING = error(
    "enclosure-without-url", "has an enclosure without an address; no reader can fetch it.", "RSS 2.0, enclosure"
)
TYPE_MISSING = warning(
    "enclosure-without-type",
    "has an enclosure that does not say its type, so that readers do not know whether they can play it: {url}.",
    "RSS 2.0, enclosure",
)
LENGTH = warning(
    "enclosure-length",
    "has an enclosure whose length is no number of bytes ({length}): {url}. Podcast readers refuse it, or show a wrong "
    "size. Say the bytes, or 0 where you cannot know.",
    "RSS 2.0, enclosure",
)
SEVERAL = warning(
    "enclosures-several",
    "has {count} enclosures. Readers of RSS take the first or the last and never see the others. Keep one, and offer "
    "the others as media:content.",
    "RSS Best Practices, enclosure",
)

_ILLEGAL = re.compile(r"[\s<>\"`{}|\\^\x00-\x1f]")
_LOCAL = re.compile(
    r"localhost|.*\.(?:localhost|local|internal|lan|test)|127\.\d+\.\d+\.\d+|0\.0\.0\.0|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+"
    r"|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+|::1",
    re.IGNORECASE,
)


def is_local(url: str) -> bool:
    """Whether an address names a host that only works on one machine or in one network."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return bool(_LOCAL.fullmatch(host))


def check(items: Sequence[Item], url: str, found: Findings, *, rss: bool) -> None:
    """Note what is wrong with the addresses of entries. `url` is where the feed came from, empty for a file."""
    for item in items:
        if rss and item.link is None and not item.enclosures and not _is_permalink(item):
            found.add(LINK_MISSING, item.subject, item.line)
        for address in item.addresses:
            one(address, item.subject, url, found)
        for enclosure in item.enclosures:
            _enclosure(enclosure, item.subject, url, found, rss=rss)
        if rss and len(item.enclosures) > 1:
            found.add(SEVERAL, item.subject, item.line, count=len(item.enclosures))


def one(address: Address, subject: str, url: str, found: Findings) -> None:
    """Note what is wrong with one address; `url` is where the document came from, empty for a file."""
    written, line = address.written.strip(), address.line
    if not written:
        # Where a relative address is certain, none at all names the document itself (RFC 3986 section 4.4).
        if not address.based:
            found.add(EMPTY, subject, line, name=address.name)
    elif _ILLEGAL.search(written):
        found.add(ILLEGAL, subject, line, name=address.name, url=written)
    elif not is_absolute(written):
        if not address.based:
            found.add(RELATIVE, subject, line, name=address.name, url=written)
    elif is_local(written) and not is_local(url):
        found.add(LOCAL if url else LOCAL_FILE, subject, line, name=address.name, url=written)


def _is_permalink(item: Item) -> bool:
    return (item.id or "").strip().startswith(("http://", "https://"))


def _enclosure(enclosure: Enclosure, subject: str, url: str, found: Findings, *, rss: bool) -> None:
    file, line = (enclosure.url or "").strip(), enclosure.line
    if not file:
        found.add(URL_MISSING, subject, line)
        return
    if rss:
        one(Address("enclosure", file, line), subject, url, found)
    if not (enclosure.type or "").strip():
        found.add(TYPE_MISSING, subject, line, url=file)
    length = enclosure.length
    if (rss and length is None) or (length is not None and not (length.strip().isascii() and length.strip().isdigit())):
        found.add(LENGTH, subject, line, length=length if length else "not said", url=file)
