"""Whether a document is XML at all: well-formed, in the encoding that it says, with the namespaces that were meant."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from syndicator.core.checkup import outline as xml
from syndicator.core.checkup.findings import Findings, Words, error, hint, warning
from syndicator.core.checkup.outline import Break, Outline
from syndicator.core.upstream.charset import to_utf8
from syndicator.core.upstream.mending import mended
from syndicator.core.upstream.prolog import Prolog, without_declarations

_XML = "XML 1.0 2.1"
LATE = error(
    "xml-declaration-late",
    "stands behind {what}. It must be the very first thing: strict readers stop here. Remove what is before it (often "
    "an empty line in a template, or a message of a script).",
    "XML 1.0 2.8",
)
NOT_WELL_FORMED = error(
    "not-well-formed",
    "column {column}: {what}. Strict readers show nothing of the feed; others stop here. The text there: {excerpt}",
    _XML,
)
CONTROL = error(
    "control-character",
    "column {column}: the character {code} may not stand in XML; strict readers show nothing of the feed. Remove "
    "control characters from the texts before they are written.",
    "XML 1.0 2.2",
)
ENTITY = error(
    "entity-undefined",
    "XML does not know {name}, only HTML does; strict readers show nothing of the feed. Write the character itself, or "
    "its number.",
    "XML 1.0 4.1",
)
PREFIX = error(
    "prefix-undeclared",
    "the prefix {prefix}: is used and nowhere declared; strict readers show nothing of the feed. Declare it on the "
    'first element: xmlns:{prefix}="…".',
    "Namespaces in XML 1.0 5",
)
TRUNCATED = error(
    "truncated",
    "the document ends before its last element is closed, so that entries may be missing. Look for a time limit or an "
    "error in what makes the feed.",
    _XML,
)
TOO_COMPLEX = error("too-complex", "there is {what}; readers refuse such a document, to protect themselves.")
SUBSET = warning(
    "doctype-declares",
    "the document type declares things of its own. Many readers refuse such a document, to protect themselves. Leave "
    "the whole <!DOCTYPE …> away.",
)
DOCTYPE = hint(
    "doctype", "a feed needs no <!DOCTYPE …>, and some readers refuse every document that has one. Leave it away."
)
NOT_ENCODED = error(
    "encoding-wrong",
    "the document says that it is {said}, but there are bytes in it that are none of it. Strict readers show nothing "
    "of the feed, others show wrong letters. Write it as UTF-8, and say so.",
    "XML 1.0 4.3.3",
)
ENCODING_UNKNOWN = error(
    "encoding-unknown",
    "the encoding {said} is none that is known. Write the feed as UTF-8, and say so.",
    "XML 1.0 4.3.3",
)
ENCODING_RARE = hint(
    "encoding-rare",
    "the document is in {said}. Readers need only know UTF-8 and UTF-16; write it as UTF-8.",
    "XML 1.0 4.3.3",
)
NAMESPACE = warning(
    "namespace-misspelt",
    "{found} is not the namespace that was meant: it is {right}, to the letter. Readers pass over everything in it.",
    "Namespaces in XML 1.0 2.3",
)

_WORDS = {
    2: "this is no markup",
    4: "here is a character that cannot stand here, often a bare & or < (write &amp; and &lt;)",
    5: "a tag, comment or instruction begins and does not end",
    6: "a character breaks off in its middle",
    7: "an element is closed that was not opened last; one before it was not closed, or HTML was put in unescaped",
    8: "an attribute is given twice",
    9: "something follows after the end of the feed",
    14: "a numbered character (&#…;) is none that may stand in XML",
    17: "an XML declaration stands in the middle",
    20: "a CDATA section begins and does not end with ]]>",
}
_ENDS = frozenset({3, 5, 6, 20})
"""Codes that say, at the end of a document, that it has none."""
_INVALID_TOKEN = 4
_DECLARED = re.compile(rb"\s{0,999}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']\s{0,9}([\w.:-]{1,40})")
_START = re.compile(rb"<(?:\?xml\s|rss[\s>]|feed[\s>]|rdf:RDF[\s>])")
_FIRST = re.compile(rb"\s*(?:<\?|<!--|<!DOCTYPE|<[a-z]{1,20}:feed\b|<html\b)", re.IGNORECASE)
"""How a document begins whose first element is still to come, or that is no feed."""
_SEARCHED = 4096
_MENDABLE = 500_000
"""References up to which a document is mended: each costs some 200 bytes of memory."""
_LINE_END = re.compile(rb"\r\n?|\n")
_KNOWN = re.compile(r"ascii|utf-8|iso8859|cp\d|koi8|mac[-_]|gb|big5|shift_jis|euc_|tis-620|johab|hz")
"""Encodings that a document is decoded from; decoding some others takes the square of the length."""
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_NAMESPACES = (
    *(xml.ATOM, xml.RSS10, xml.RDF, xml.CONTENT, xml.DC, xml.DCTERMS, xml.SY, xml.ITUNES, xml.MEDIA, xml.XHTML),
    "http://purl.org/syndication/history/1.0",
    "http://purl.org/syndication/thread/1.0",
    "http://purl.org/rss/1.0/modules/slash/",
    "http://wellformedweb.org/CommentAPI/",
    "http://www.georss.org/georss",
    "https://podcastindex.org/namespace/1.0",
)
_SCHEME = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)


def _loosely(namespace: str) -> str:
    """A namespace without what people get wrong in it."""
    scheme = _SCHEME.match(namespace)
    return namespace[scheme.end() if scheme else 0 :].rstrip("/").lower()


_RIGHT = {_loosely(namespace): namespace for namespace in _NAMESPACES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as it could be read: its elements, and its text in UTF-8 with the declarations blanked out."""

    outline: Outline
    prolog: Prolog


def check(body: bytes, content_type: str | None, found: Findings) -> Document:
    """Note what is wrong with the XML, and give what can be read of it: after mending where that gives more."""
    _encoding(body, content_type, found)
    data, before = _from_its_start(to_utf8(body, content_type).data)
    prolog = without_declarations(data)
    if before:
        found.add(LATE, "the first element", 1, what=f"other text: {before.decode('utf-8', 'replace')}")
    elif prolog.late:
        found.add(LATE, "the XML declaration", 1, what="an empty line, a space or a comment")
    if prolog.doctype:
        found.add(SUBSET if prolog.subset else DOCTYPE, "the document type")
    outline = xml.outline(prolog.data)
    whole = outline
    if outline.broken is not None:
        _broken(prolog.data, outline.broken, found)
        whole = _mended(prolog.data, outline)
    for prefix, line in whole.undeclared.items():
        found.add(PREFIX, f"the prefix {prefix}:", line, prefix=prefix)
    for name, line in whole.entities.items():
        found.add(ENTITY, f"&{name};", line, name=f"&{name};")
    for (_, namespace), line in whole.declared.items():
        right = _RIGHT.get(_loosely(namespace))
        if right is not None and right != namespace and not _is_other(namespace):
            found.add(NAMESPACE, "a namespace", line, found=namespace, right=right)
    return Document(outline=whole, prolog=prolog)


def _from_its_start(data: bytes) -> tuple[bytes, bytes]:
    """The document with what stands before a feed, and is none, blanked out; and that."""
    start = _START.search(data, 0, _SEARCHED)
    before = data[: start.start()] if start else b""
    if not before.strip() or _FIRST.match(before):
        return data, b""
    return bytes(byte if byte in b"\r\n" else 32 for byte in before) + data[len(before) :], before.strip()


def _mended(data: bytes, outline: Outline) -> Outline:
    """The outline of the document after mending, where that reads further."""
    if (outline.broken is not None and outline.broken.bound) or data.count(b"&") > _MENDABLE:
        return outline
    again = xml.outline(mended(data))
    return again if _further(again, outline) else outline


def _further(one: Outline, other: Outline) -> bool:
    """Whether one reading got further into the document than the other."""
    places = [(outline.broken.line, outline.broken.column) if outline.broken else None for outline in (one, other)]
    return places[1] is not None and (places[0] is None or places[0] > places[1])


def _is_other(namespace: str) -> bool:
    """Whether it is a namespace of its own right that only looks like another one."""
    return namespace in ("https://www.w3.org/1999/xhtml",)


def _broken(data: bytes, broken: Break, found: Findings) -> None:
    if broken.bound:
        found.add(TOO_COMPLEX, "the document", broken.line, what=broken.bound)
        return
    lines = _LINE_END.split(data)
    text = lines[broken.line - 1] if 0 < broken.line <= len(lines) else b""
    control = _CONTROLS.search(text)
    if control is not None and broken.code == _INVALID_TOKEN and control.start() <= broken.column * 4:
        code = f"U+{ord(control[0].decode('utf-8', 'replace')[0]):04X}"
        found.add(CONTROL, f"line {broken.line:,}", broken.line, column=broken.column + 1, code=code)
        return
    at_end = broken.line >= len(lines) - (not lines[-1]) and not text.decode("utf-8", "replace")[broken.column + 1 :]
    if broken.code in _ENDS and (broken.code == 3 or at_end):
        found.add(TRUNCATED, "the document", broken.line)
        return
    line = text.decode("utf-8", "replace")
    excerpt = line[max(0, broken.column - 30) : broken.column + 30].strip() or "(none)"
    what = _WORDS.get(broken.code) or expat_words(broken.code)
    found.add(
        NOT_WELL_FORMED,
        f"line {broken.line:,}",
        broken.line,
        column=broken.column + 1,
        what=Words(what),
        excerpt=excerpt,
    )


def expat_words(code: int) -> str:
    """What expat itself says of an error."""
    from xml.parsers import expat

    return expat.ErrorString(code) or "this is not XML"


def _encoding(body: bytes, content_type: str | None, found: Findings) -> None:
    """Whether the bytes are what the document says that they are."""
    label = _DECLARED.match(body.removeprefix(codecs.BOM_UTF8))
    if label is None:
        decoded = to_utf8(body, content_type)
        if decoded.oddity:
            found.add(NOT_ENCODED, "the document", _first_wrong(body, "utf-8"), said="UTF-8 (as it says nothing)")
        return
    said = label[1].decode("latin-1")
    try:
        name = codecs.lookup(said).name
    except LookupError:
        found.add(ENCODING_UNKNOWN, "the XML declaration", 1, said=said)
        return
    if name.startswith(("utf-16", "utf-32")):
        # That the declaration could be read as ASCII says that it is not so.
        found.add(NOT_ENCODED, "the document", 1, said=said)
        return
    if not _KNOWN.match(name):
        found.add(ENCODING_RARE, "the document", 1, said=said)
        return
    wrong = _first_wrong(body, name)
    if wrong is not None:
        found.add(NOT_ENCODED, "the document", wrong, said=said)
    elif name not in ("utf-8", "ascii"):
        found.add(ENCODING_RARE, "the document", 1, said=said)


def _first_wrong(body: bytes, encoding: str) -> int | None:
    try:
        body.decode(encoding)
    except UnicodeDecodeError as wrong:
        return body.count(b"\n", 0, wrong.start) + 1
    except (LookupError, ValueError):
        return 1
    return None
