"""Rendering: articles to pieces, pieces to documents. Pure, and the same bytes for the same input for ever.

A piece is one article in one format. It is made once per revision and kept; a document is a head, the pieces as
they are, and a tail.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from syndicator.core.render import jsonfeed, ninjs, rdf, xml
from syndicator.core.render.entry import Chain, Entry, entry, head
from syndicator.model import Article, Feed, Format, Site, Tombstone

__all__ = ["RENDERER", "Chain", "document", "piece", "pieces", "recipe"]

RENDERER = 4
"""Raised by one whenever `piece` or `document` gives other bytes for the same input: what was kept is made anew."""


def recipe(site: Site) -> str:
    """A short hash (16 hex digits) of everything beside an article's revision that its pieces depend on."""
    parts = json.dumps([RENDERER, site.base_url, site.full_content, site.licence])
    return blake2b(parts.encode(), digest_size=8).hexdigest()


def piece(article: Article, format: Format, site: Site) -> bytes:
    """One article as an Atom `entry`, an RSS `item` or a JSON object, to be joined by `document`.

    Raises ValueError for an article without id or dates (one that `core.decide` has not seen).
    """
    return pieces(article, (format,), site)[0]


def pieces(article: Article, formats: Sequence[Format], site: Site) -> list[bytes]:
    """The same in each of these formats. Raises ValueError as `piece` does."""
    shown = entry(article, site)
    return [_piece(shown, format) for format in formats]


def _piece(shown: Entry, format: Format) -> bytes:
    if format is Format.ATOM:
        return xml.atom_entry(shown)
    if format is Format.RSS:
        return xml.rss_item(shown)
    if format is Format.RDF:
        return rdf.item(shown)
    if format is Format.NINJS:
        return ninjs.item(shown)
    return jsonfeed.item(shown)


def document(
    feed: Feed,
    format: Format,
    site: Site,
    pieces: Sequence[bytes],
    updated: datetime,
    tombstones: Sequence[Tombstone] = (),
    chain: Chain | None = None,
    max_age: int | None = None,
) -> bytes:
    """A whole document in UTF-8: head, `pieces` in the order given, tail. The pieces must be of this format.

    `updated` dates the feed (RFC 4287 4.2.15): the newest change among what it shows, never the clock.
    `tombstones` appear in Atom (RFC 6721) and JSON; RSS has no place for them. `chain` says which archive document
    (RFC 5005) it is, and which lies before it. `max_age` is for how many seconds a current document may be reused: RSS
    and RSS 1.0 have words for it.
    """
    start = head(feed, format, site, updated, tombstones, chain, max_age)
    if format is Format.ATOM:
        return xml.atom_document(start, pieces)
    if format is Format.RSS:
        return xml.rss_document(start, pieces)
    if format is Format.RDF:
        return rdf.document(start, pieces)
    if format is Format.NINJS:
        return ninjs.document(start, pieces)
    return jsonfeed.document(start, pieces)
