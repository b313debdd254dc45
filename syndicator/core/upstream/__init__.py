"""Feeds of others: bytes in, articles and facts about the feed out. Pure: nothing is fetched, no clock is asked."""

from __future__ import annotations

from syndicator.model import Incoming, Parsed

__all__ = ["read"]

_BLANK = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"


def read(incoming: Incoming) -> Parsed:
    """A document as a feed: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, CDF, or JSON Feed 1.0 and 1.1.

    What is not well-formed is read as far as it can be, and `notices` say so. Raises BadFeed where it is no feed at
    all, is empty, or goes beyond a bound. The same bytes give the same result everywhere and at any time.
    """
    if is_json(incoming):
        from syndicator.core.upstream.jsonfeed import read_json

        return read_json(incoming)
    from syndicator.core.upstream.xmlfeed import read_xml

    return read_xml(incoming)


def is_json(incoming: Incoming) -> bool:
    """Whether the document is JSON rather than XML: by its first character, else by its media type."""
    first = incoming.body.lstrip(_BLANK)[:1]
    if first in (b"{", b"["):
        return True
    return first not in (b"<", b"") and "json" in (incoming.content_type or "").partition(";")[0].lower()
