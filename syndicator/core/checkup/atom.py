"""Atom: what RFC 4287 says must be there, once, and of which kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from syndicator.core.checkup import outline as xml
from syndicator.core.checkup.entries import ATOMS
from syndicator.core.checkup.findings import Findings, Words, error, warning
from syndicator.core.checkup.outline import Node

OLD = warning(
    "atom-03",
    "this is Atom 0.3, a draft of 2003 that some readers no longer know. Write Atom 1.0.",
    "RFC 4287 1.2",
)
MISSING = error(
    "element-missing",
    "has no `{name}`, which it must have. Strict readers refuse it, or know it again by something that changes.",
    "RFC 4287 4.1.1, 4.1.2",
)
DOUBLE = error(
    "element-double",
    "has `{name}` {count} times, where one may be. Readers take the first or the last.",
    "RFC 4287 4.1.1, 4.1.2",
)
AUTHOR = warning(
    "entry-author-missing",
    "has no author, and neither its source nor the feed names one. Readers show nobody. Name one for the feed at "
    "least.",
    "RFC 4287 4.1.1, 4.1.2",
)
NAMELESS = warning("author-without-name", "has an author without a `name`.", "RFC 4287 3.2.1")
NO_WAY = error(
    "entry-without-content",
    "has neither content nor a link rel=alternate, so there is nothing to read and nowhere to go.",
    "RFC 4287 4.1.2",
)
ALTERNATES = warning(
    "alternate-double",
    "has more than one link rel=alternate of the same type and language: {url}. Readers take any of them.",
    "RFC 4287 4.1.1, 4.1.2",
)
NOT_IRI = error(
    "id-not-iri",
    "has an id that is no IRI: {id}. Strict readers refuse it. Begin it with tag:, urn:uuid: or https://.",
    "RFC 4287 4.2.6",
)
HREF = error("link-without-href", "has a link without `href`; it leads nowhere.", "RFC 4287 4.2.7.1")
TYPE = error(
    "text-type",
    '`{name}` says type="{type}"; it is "text", "html" or "xhtml", in small letters. Readers show tags, or nothing.',
    "RFC 4287 3.1.1",
)
DIV = error(
    "xhtml-without-div",
    "has `{name}` of type xhtml that is not exactly one `<div>` of XHTML ({inside}). Readers show nothing. Put all of "
    "it into one.",
    "RFC 4287 3.1.1.3",
)
ELEMENTS = error(
    "html-unescaped",
    'has `{name}` of type="{type}" with elements in it (`<{tag}>`). Escape them, or say type="xhtml" and wrap them '
    "in a `<div>` of XHTML. Most readers lose the text.",
    "RFC 4287 3.1.1",
)
SOURCE_TEXT = error(
    "content-src-not-empty",
    "has content with a `src` and a text of its own; the text must go.",
    "RFC 4287 4.1.3.2",
)
UNKNOWN = warning(
    "element-unknown",
    "`<{name}>` is no element of Atom, so readers pass over it{idea}.",
    "RFC 4287 6",
)
RSS_ENTRIES = error(
    "entries-misnamed",
    "`<item>` is an element of RSS; an entry of Atom is called `<entry>`, and readers see no other.",
    "RFC 4287 4.1.1",
)

_FEED = frozenset(
    [
        "author",
        "category",
        "contributor",
        "generator",
        "icon",
        "id",
        "link",
        "logo",
        "rights",
        "subtitle",
        "title",
        "updated",
        "entry",
    ]
)
_ENTRY = frozenset(
    [
        "author",
        "category",
        "content",
        "contributor",
        "id",
        "link",
        "published",
        "rights",
        "source",
        "summary",
        "title",
        "updated",
    ]
)
_TEXTS = ("title", "subtitle", "summary", "rights", "content")
_IDEAS = {
    "pubDate": ": it is called published",
    "description": ": it is called summary, or content",
    "guid": ": it is called id",
    "modified": ": it is called updated",
    "issued": ": it is called published",
    "tagline": ": it is called subtitle",
    "copyright": ": it is called rights",
}
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x1f]+")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;.*)?")


def entries(root: Node) -> list[Node]:
    """The entries of a feed; a document may be a single one."""
    return [root] if root.name == "entry" else root.all("entry", *ATOMS)


def check(root: Node, found: Findings) -> None:
    """Note what is wrong with the structure of an Atom document."""
    if root.namespace == xml.ATOM03:
        found.add(OLD, "the feed", root.line)
        return
    feed_has_author = bool(root.all("author", xml.ATOM))
    if root.name == "feed":
        _holder(root, "the feed", _FEED, found)
        if root.all("item", xml.ATOM, ""):
            found.add(RSS_ENTRIES, "the feed", root.all("item", xml.ATOM, "")[0].line)
    for number, entry in enumerate(entries(root), 1):
        subject = f"entry {number:,}"
        _holder(entry, subject, _ENTRY, found)
        sources = entry.all("source", xml.ATOM)
        sourced = any(source.all("author", xml.ATOM) for source in sources)
        if not (feed_has_author or sourced or entry.all("author", xml.ATOM)):
            found.add(AUTHOR, subject, entry.line)
        _content(entry, subject, found)


def _holder(holder: Node, subject: str, known: frozenset[str], found: Findings) -> None:
    """What holds for the feed as for an entry."""
    for name in ("id", "title", "updated"):
        nodes = holder.all(name, xml.ATOM)
        if not nodes or (name != "title" and not nodes[0].text.strip()):
            found.add(MISSING, subject, holder.line, name=name)
        elif len(nodes) > 1:
            found.add(DOUBLE, subject, nodes[1].line, name=name, count=len(nodes))
    for id in holder.all("id", xml.ATOM):
        if id.text.strip() and not _IRI.fullmatch(id.text.strip()):
            found.add(NOT_IRI, subject, id.line, id=id.text)
    for person in (*holder.all("author", xml.ATOM), *holder.all("contributor", xml.ATOM)):
        if not any(name.text.strip() for name in person.all("name", xml.ATOM)):
            found.add(NAMELESS, subject, person.line)
    _links(holder, subject, found)
    for name in _TEXTS:
        for node in holder.all(name, xml.ATOM):
            _text(node, subject, found)
    for node in holder.children:
        if node.namespace == xml.ATOM and node.name not in known and node.name != "item":
            found.add(UNKNOWN, subject, node.line, name=node.name, idea=Words(_IDEAS.get(node.name, "")))


def _links(holder: Node, subject: str, found: Findings) -> None:
    seen: set[tuple[str, str]] = set()
    for link in holder.all("link", xml.ATOM):
        if "href" not in link.attributes:
            found.add(HREF, subject, link.line)
        elif (link.get("rel") or "alternate") == "alternate":
            key = (link.get("type").lower(), link.get("hreflang").lower())
            if key in seen:
                found.add(ALTERNATES, subject, link.line, url=link.get("href"))
            seen.add(key)


def _content(entry: Node, subject: str, found: Findings) -> None:
    contents = entry.all("content", xml.ATOM)
    alternate = any((link.get("rel") or "alternate") == "alternate" for link in entry.all("link", xml.ATOM))
    if not contents and not alternate:
        found.add(NO_WAY, subject, entry.line)
    for content in contents[1:2]:
        found.add(DOUBLE, subject, content.line, name="content", count=len(contents))
    for content in contents:
        if "src" in content.attributes and (content.text.strip() or content.children):
            found.add(SOURCE_TEXT, subject, content.line)


def _text(node: Node, subject: str, found: Findings) -> None:
    type = node.attributes.get("type", "text")
    if type == "xhtml":
        divs = [child for child in node.children if child.name == "div" and child.namespace == xml.XHTML]
        if len(divs) != 1 or len(node.children) != 1 or node.text.strip():
            found.add(DIV, subject, node.line, name=node.name, inside=_inside(node))
    elif type in ("text", "html"):
        if node.children:
            found.add(ELEMENTS, subject, node.line, name=node.name, type=type, tag=node.children[0].name)
    elif node.name != "content" or not _MEDIA_TYPE.fullmatch(type):
        found.add(TYPE, subject, node.line, name=node.name, type=type)


def _inside(node: Node) -> str:
    names = list(_names(node))
    return f"there is {', '.join(names)}" if names else "there is nothing"


def _names(node: Node) -> Iterator[str]:
    if node.text.strip():
        yield "text beside elements" if node.children else "text alone"
    for child in node.children[:3]:
        space = "" if child.namespace == xml.XHTML else " that is not of XHTML's namespace"
        yield f"`<{child.name}>`{space}"
