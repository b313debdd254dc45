"""How entries and feeds are written in XML, with lxml: what Atom, RSS and their extensions have in common.

feedgen's Atom has no namespace but an attribute called `xmlns`, so Atom's own elements have plain names in Atom
and full names in RSS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from html.entities import name2codepoint
from typing import Any

from lxml import etree

from syndicator.core.render.entry import Attachment, Entry, Head, escape, told
from syndicator.core.rhythm import update_rhythm
from syndicator.model import Image, Link

ATOM = "{http://www.w3.org/2005/Atom}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
CC = "{http://backend.userland.com/creativeCommonsRssModule}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
FH = "{http://purl.org/syndication/history/1.0}"
MEDIA = "{http://search.yahoo.com/mrss/}"
SY = "{http://purl.org/rss/1.0/modules/syndication/}"
WFW = "{http://wellformedweb.org/CommentAPI/}"
XHTML = "{http://www.w3.org/1999/xhtml}"
XML = "{http://www.w3.org/XML/1998/namespace}"

_XHTML_DEFAULT: Any = {None: XHTML[1:-1]}
_MARKUP = re.compile(r"<[A-Za-z/!?]")
_REFERENCE = re.compile(r"&(#|\w+)")
_PLAIN_TEXT = re.compile(
    rb'<(?:title|description|name|category(?: domain="[^"]*")?|source url="[^"]*"|dc:rights|copyright)>[^<]*<'
    rb'| title="[^"]*"'
)


def serialised(made: etree._Element, namespaces: Mapping[str, str]) -> bytes:
    """`made` as it stands in a document whose root declares `namespaces`."""
    root = etree.Element("r", nsmap=dict(namespaces))
    root.append(made)
    text: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False, pretty_print=True)
    inner = text[text.index(b">") + 1 : text.rindex(b"</r>")].strip(b"\n") + b"\n"
    start, mark, content = inner.partition(b"<content")
    return _hexadecimal(start) + mark + content


def joined(document: bytes, end: bytes, pieces: Sequence[bytes]) -> bytes:
    """An empty `document` with `pieces` put before the tags that end it, which become `end`."""
    at = document.rindex(end.strip().split(b"\n")[0])
    return b"".join((_hexadecimal(document[:at].rstrip(b" ")), *pieces, end, b"\n"))


def _hexadecimal(markup: bytes) -> bytes:
    """`&` and `<` in plain texts as RSS readers that take them for HTML understand best (RSS Profile, title)."""
    return _PLAIN_TEXT.sub(_spelled, markup)


def _spelled(found: re.Match[bytes]) -> bytes:
    tag, end, text = found[0].rpartition(b">")
    return tag + end + text.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def text_construct(text: str) -> tuple[str, str]:
    """The type and the value of a text construct (RFC 4287 3.1) that nobody can read as something else.

    Plain where HTML would mean the same, otherwise HTML that means the text.
    """
    if "<" not in text and "&" not in text and "\ufffd" not in text:
        return "text", text
    names = _REFERENCE.findall(text)
    looks_like_html = (
        _MARKUP.search(text)
        or "\ufffd" in text
        or unescape(text) != text
        or any(not name.isalpha() or name in name2codepoint or name == "apos" for name in names)
    )
    return ("html", escape(text)) if looks_like_html else ("text", text)


def retype(parent: etree._Element, name: str, text: str) -> None:
    """Make the child called `name` the text construct that says `text`."""
    kind, value = text_construct(text)
    element = parent.find(name)
    if element is None:
        element = etree.SubElement(parent, name)
    element.text = value
    element.set("type", kind)
    if kind == "text" and name != "summary":
        del element.attrib["type"]


def put(parent: etree._Element, name: str, text: str) -> None:
    """Replace the text of a child that is there."""
    element = parent.find(name)
    assert element is not None
    element.text = text


def add(parent: etree._Element, name: str, text: str) -> None:
    """Append a child with a text."""
    etree.SubElement(parent, name).text = text


def links(parent: etree._Element, name: str, entry: Entry, *, licence: bool = True) -> None:
    """Related articles (those without an address by their title), the place it was found at, the licence, others."""
    for related in entry.related:
        link(parent, name, "related", related)
    for title in entry.mentioned:
        add(parent, f"{DC}relation", title)
    if entry.via:
        link(parent, name, "via", entry.via)
    if licence and entry.licence_url:
        link(parent, name, "license", Link(href=entry.licence_url))
    for other in entry.links:
        link(parent, name, other.rel or "related", other)


def enclosure(parent: etree._Element, file: Attachment) -> None:
    """A link to a file of an Atom entry."""
    link(parent, "link", "enclosure", Link(href=file.url, type=file.type, title=file.title), file.length)


def link(parent: etree._Element, name: str, rel: str, to: Link, length: int | None = None) -> etree._Element:
    """A link element called `name` (RFC 4287 4.2.7)."""
    element = etree.SubElement(parent, name, rel=rel, href=to.href or "")
    known = (("type", to.type), ("hreflang", to.hreflang), ("length", length and str(length)), ("title", to.title))
    for attribute, value in known:
        if value:
            element.set(attribute, value)
    return element


def history(parent: etree._Element, name: str, head: Head, type: str) -> None:
    """Where a document stands in the history of its feed (RFC 5005 section 4).

    There is no `next-archive`: when an archive document is made, the one after it is not there.
    """
    if head.current:
        etree.SubElement(parent, f"{FH}archive")
        link(parent, name, "current", Link(href=head.current, type=type))
    if head.previous:
        link(parent, name, "prev-archive", Link(href=head.previous, type=type))


def rhythm_namespace(head: Head) -> dict[Any, str]:
    """The prefix of what `rhythm` adds: declared only where it is used."""
    return {} if head.max_age is None else {"sy": SY[1:-1]}


def rhythm(parent: etree._Element, head: Head) -> None:
    """How often the feed changes (RSS 1.0 module for syndication)."""
    if head.max_age is not None:
        period, frequency = update_rhythm(head.max_age)
        add(parent, f"{SY}updatePeriod", period)
        add(parent, f"{SY}updateFrequency", str(frequency))


def media(parent: etree._Element, entry: Entry) -> None:
    """Every file as its own `media:content`: a group would say that they are the same thing.

    The image has a thumbnail beside its content. One that is among the files is not told of twice.
    """
    for file in entry.attachments:
        element = etree.SubElement(parent, f"{MEDIA}content", url=file.url, type=file.type)
        if medium := file.medium or told(file.type):
            element.set("medium", medium)
        _numbers(element, fileSize=file.length, duration=file.duration, width=file.width, height=file.height)
    if entry.image and entry.image.url and all(file.url != entry.image.url for file in entry.attachments):
        _picture(parent, entry.image, entry.image.url)


def _picture(parent: etree._Element, image: Image, url: str) -> None:
    # Without media:description: feedparser takes one for the entry's content. The caption is in the figure.
    element = etree.SubElement(parent, f"{MEDIA}content", url=url, medium="image")
    if image.type:
        element.set("type", image.type)
    _numbers(element, fileSize=image.length, width=image.width, height=image.height)
    thumbnail = etree.SubElement(parent, f"{MEDIA}thumbnail", url=url)
    _numbers(thumbnail, width=image.width, height=image.height)


def _numbers(element: etree._Element, **values: int | None) -> None:
    for name, value in values.items():
        if value:
            element.set(name, str(value))


def style(root: etree._Element, head: Head) -> None:
    """Name the style sheet that a browser shows the feed with."""
    root.addprevious(etree.ProcessingInstruction("xml-stylesheet", f'type="text/css" href="{head.style}"'))


def subtitle(parent: etree._Element, head: Head) -> None:
    """For the person who opens the feed in a browser: what this is, and a link that can be followed."""
    div = etree.SubElement(etree.SubElement(parent, "subtitle", type="xhtml"), f"{XHTML}div", nsmap=_XHTML_DEFAULT)
    if head.description:
        add(div, f"{XHTML}p", head.description)
    hint = etree.SubElement(div, f"{XHTML}p")
    hint.text = "This is a web feed: copy the address of this page into a feed reader to follow it, or "
    there = etree.SubElement(hint, f"{XHTML}a", href=head.page)
    there.text, there.tail = "read the articles on the web", "."
