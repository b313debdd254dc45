"""Documents made to take long: what made feed parsers hang, and what takes the square of its length in them."""

from __future__ import annotations

from collections.abc import Callable


def item(inside: bytes) -> bytes:
    """RSS with one entry that holds this."""
    return b'<rss version="2.0"><channel><title>t</title><item><title>a</title>' + inside + b"</item></channel></rss>"


def entry(inside: bytes) -> bytes:
    """Atom with one entry that holds this."""
    head = b'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><title>a</title>'
    return head + inside + b"</entry></feed>"


def broken(inside: bytes) -> bytes:
    """The same as `item`, but not well-formed."""
    return item(inside + b" <x>")


def numbered(pattern: bytes, size: int) -> bytes:
    """A pattern with a number in it, again and again."""
    return b"".join(pattern % number for number in range(size // len(pattern)))


ADVERSARIES: dict[str, Callable[[int], bytes]] = {
    "<": lambda n: broken(b"<" * n),
    "&": lambda n: broken(b"&" * n),
    "&#": lambda n: broken(b"&#" * (n // 2)),
    "&a": lambda n: broken(b"&a" * (n // 2)),
    "a long reference": lambda n: broken(b"&" + b"a" * n),
    "a large character reference": lambda n: broken(b"&#" + b"9" * n + b";"),
    "CDATA that does not end": lambda n: broken(b"<![CDATA[" * (n // 9)),
    "comments that do not end": lambda n: broken(b"<!--" * (n // 4)),
    "instructions that do not end": lambda n: broken(b"<?" * (n // 2)),
    "<!": lambda n: broken(b"<!" * (n // 2)),
    "tags that do not end": lambda n: broken(b"<a " * (n // 3)),
    "quotes that do not end": lambda n: broken(b'<a b="' * (n // 6)),
    "quotes of both kinds": lambda n: broken(b"<a b='\" " * (n // 8)),
    "tags with slashes": lambda n: broken(b"<a/" * (n // 3)),
    "</": lambda n: broken(b"</" * (n // 2)),
    "end tags": lambda n: broken(b"</a>" * (n // 4)),
    "spaces in a tag": lambda n: broken(b"<a" + b" " * n),
    "spaces in an author": lambda n: broken(b"<author>" + b" " * n + b"</author>"),
    "an author": lambda n: item(b"<author>" + b"a" * n + b"</author>"),
    "an author of @": lambda n: item(b"<author>" + b"a@" * (n // 2) + b"</author>"),
    "an author of dots": lambda n: item(b"<author>a@" + b"a." * (n // 2) + b"</author>"),
    "an author in a broken feed": lambda n: broken(b"<author>" + b"a" * n + b"</author>"),
    "an author again and again": lambda n: item(
        b"<author>" + b"a" * n + b"@</author>" + b"<x><author/></x>" * (n // 64)
    ),
    "tags": lambda n: item(numbered(b"<category>%d</category>", n)),
    "keywords": lambda n: item(b"<tags>" + numbered(b"%d,", n) + b"</tags>"),
    "instructions in XHTML": lambda n: entry(b'<content type="xhtml">' + b" <?a?>" * (n // 6) + b"<b/></content>"),
    "namespaces": lambda n: item(
        b"".join(b'<a%d:b xmlns:a%d="u%d"/>' % (i, i, i) for i in range(900)) + b'<z:q xmlns:z="z"/>' * (n // 30)
    ),
    "a long base": lambda n: item(b'<a xml:base="http://x/' + b"a" * (n // 2) + b'">' + b"<b/>" * (n // 16) + b"</a>"),
    "a date": lambda n: item(b"<pubDate>" + b"1 t" * (n // 3) + b"</pubDate>"),
    "places": lambda n: item(b'<g:line xmlns:g="http://www.georss.org/georss">' + b"1 " * (n // 2) + b"</g:line>"),
    "a link upwards": lambda n: item(b"<link>http://x/" + b"../" * (n // 3) + b"</link>"),
    "a title of tags": lambda n: item(b"<title>" + b"&lt;/a" * (n // 6) + b"</title>"),
    "entries of nothing": lambda n: item(b"</item>" + b"<item/>" * (n // 7) + b"<item>"),
    "a document type": lambda n: b"<!DOCTYPE x [" + b'<!ENTITY a "b">' * (n // 16) + b"]>" + item(b""),
    "document types": lambda n: b"<!DOCTYPE x " * (n // 12) + item(b""),
    "a document type of quotes": lambda n: b"<!DOCTYPE x " + b"\"'<!--" * (n // 6) + item(b""),
    "comments before it": lambda n: b"<!-- -->" * (n // 8) + item(b""),
    "half comments before it": lambda n: b"<!-" * (n // 3) + item(b""),
    "attributes": lambda n: b"<feed " + b"a " * (n // 2),
    "zeros": lambda n: item(b"\0" * n),
    "no encoding": lambda n: item(bytes(range(128, 256)) * (n // 128)),
}
"""A name, and the document of about so many bytes."""

SIZES = {"tags": 1 << 20, "instructions in XHTML": 3 << 20}
"""Bytes from which on the square shows, where 64 KiB are too few."""
