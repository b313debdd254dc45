"""Documents that are no feed at all, and the sentence that tells a person what they are."""

from __future__ import annotations

import re

from syndicator.core.upstream.prolog import Prolog
from syndicator.errors import BadFeed

_KINDS = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a sound"),
    (b"ID3", "a sound"),
    (b"OggS", "a sound"),
    (b"\x00\x00\x01\x00", "a picture"),
    (b"PK\x03\x04", "an archive"),
    (b"\x1f\x8b", "an archive (gzip)"),
    (b"BZh", "an archive"),
    (b"\x7fELF", "a program"),
)
_PAGES = frozenset({"html", "head", "body", "xhtml:html", "meta", "title", "frameset"})
_LISTS = {
    "opml": "a list of feeds (OPML): `syndicator import` reads it",
    "urlset": "a sitemap, not a feed",
    "sitemapindex": "a sitemap, not a feed",
    "svg": "a picture (SVG), not a feed",
    "error": "an error message, not a feed",
    "soap:envelope": "an answer of a service, not a feed",
}
_FEED = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:rss|feed|rdf|channel|item|entry)[\s/>]", re.IGNORECASE)
_ANY_TAG = re.compile(rb"<[A-Za-z!?]")
_JSON = re.compile(rb"[\t\n\r ]*+[{\[]")
_SEARCHED = 262_144
_HTML = re.compile(rb"<(?:!doctype\s{1,99}html|html|head|body|script|meta|div|p|a|h1)[\s/>]", re.IGNORECASE)


def refuse_bytes(body: bytes) -> None:
    """Raises BadFeed for what is empty, or something else by its first bytes."""
    if not body.strip(b"\xef\xbb\xbf\x00\t\n\r\f\v "):
        raise BadFeed("empty", "the document is empty: the publisher's server sent nothing")
    for mark, kind in _KINDS:
        if body.startswith(mark):
            raise BadFeed("not_a_feed", f"the document is {kind}, not a feed: check the address")


def refuse_document(prolog: Prolog) -> None:
    """Raises BadFeed for a web page, a list, JSON or plain text; for what may be a feed it does not."""
    root = prolog.root.lower()
    if root in _PAGES or (b"html" in prolog.doctype[:40].lower() and not _FEED.search(prolog.data, 0, _SEARCHED)):
        raise _web_page()
    if root in _LISTS:
        raise BadFeed("not_a_feed", f"the document is {_LISTS[root]}")
    if _FEED.search(prolog.data, 0, _SEARCHED):
        return
    if _JSON.match(prolog.data):
        raise BadFeed("not_a_feed", "the document is JSON, but no JSON Feed: check the address")
    if _HTML.search(prolog.data, 0, _SEARCHED):
        raise _web_page()
    if not _ANY_TAG.search(prolog.data):
        raise BadFeed("not_a_feed", "the document is plain text, not a feed: check the address")


def nothing_found(root: str) -> BadFeed:
    """The error for XML in which no feed was found."""
    name = f" (its root is <{root[:60]}>)" if root else ""
    return BadFeed("not_a_feed", f"the document is XML{name}, but neither RSS nor Atom: check the address")


def _web_page() -> BadFeed:
    return BadFeed(
        "not_a_feed",
        "the document is a web page, not a feed: `syndicator add` with its address finds the feed that it names; "
        "if it was a feed before, somebody's login or notice page may stand in between",
    )
