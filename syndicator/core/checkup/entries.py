"""Entries of any format in one shape, so that what holds for all of them is said once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import islice

from syndicator.core.checkup import outline as xml
from syndicator.core.checkup.outline import Node

RSS = ("", xml.RSS10, xml.RSS090, "http://backend.userland.com/rss2", "http://purl.org/net/rss1.1#")
ATOMS = (xml.ATOM, xml.ATOM03)

_MOST_TAGS = 20_000

TEXT, HTML, XHTML, EITHER = "text", "html", "xhtml", "either"


@dataclass(frozen=True, slots=True)
class Text:
    """A text and what it is: `text`, `html` (tags in it mean something), `xhtml` (whose tags are elements), or
    `either` of the first two, as nobody said what a title of RSS is.

    `based`: relative addresses in it can be resolved. `whole`: its place is for the whole article, not for a summary.
    """

    name: str
    value: str
    kind: str = HTML
    line: int | None = None
    based: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Date:
    """A date as written, and how it should be: `rfc822`, `rfc3339` or `w3cdtf`."""

    name: str
    written: str
    form: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """An address as written. `based`: it may be relative, as what it is relative to is certain."""

    name: str
    written: str
    line: int | None = None
    based: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """An enclosure as written; None for what is not said."""

    url: str | None
    type: str | None
    length: str | None
    line: int | None = None


@dataclass(slots=True, kw_only=True)
class Item:
    """An entry. `subject` names it for a person; `id_name` is what its id is called in its format."""

    subject: str
    line: int | None = None
    id: str | None = None
    id_name: str = "id"
    link: str | None = None
    title: Text | None = None
    texts: list[Text] = field(default_factory=list)
    dates: list[Date] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    enclosures: list[Enclosure] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    language: str = ""


def of_rss(nodes: Sequence[Node]) -> Iterator[Item]:
    """The items of RSS and RDF."""
    for number, node in enumerate(nodes, 1):
        item = Item(subject=f"item {number:,}", line=node.line, id_name="guid")
        guid = _first(node, "guid", *RSS)
        item.id = guid.text if guid else node.attributes.get(f"{{{xml.RDF}}}about")
        item.id_name = "guid" if guid or item.id is None else "rdf:about"
        link = _first(node, "link", *RSS)
        item.link = link.text.strip() if link and link.text.strip() else None
        title = _first(node, "title", *RSS)
        item.title = _text(title, EITHER) if title else None
        for name, namespace in (("description", RSS), ("encoded", (xml.CONTENT,))):
            item.texts += [_text(one, HTML, whole=name == "encoded") for one in node.all(name, *namespace)]
        item.dates = [Date("pubDate", one.text, "rfc822", one.line) for one in node.all("pubDate", *RSS)]
        item.dates += [Date("dc:date", one.text, "w3cdtf", one.line) for one in node.all("date", xml.DC)]
        item.dates += [Date("atom:updated", one.text, "rfc3339", one.line) for one in node.all("updated", xml.ATOM)]
        item.addresses = [_address(one, one.text) for name in ("link", "comments") for one in node.all(name, *RSS)]
        item.enclosures = [_enclosure(one, "url") for one in node.all("enclosure", *RSS)]
        item.authors = [
            one.whole().strip()
            for one in (*node.all("author", "", xml.ATOM, xml.ITUNES), *node.all("creator", xml.DC))
            if one.whole().strip()
        ]
        item.language = "".join(one.text.strip() for one in node.all("language", xml.DC)[:1])
        yield item


def of_atom(nodes: Sequence[Node]) -> Iterator[Item]:
    """The entries of Atom."""
    for number, node in enumerate(nodes, 1):
        item = Item(subject=f"entry {number:,}", line=node.line)
        id = _first(node, "id", *ATOMS)
        item.id = id.text if id else None
        title = _first(node, "title", *ATOMS)
        item.title = _typed(title) if title else None
        for name in ("summary", "content"):
            item.texts += [_typed(one, whole=name == "content") for one in node.all(name, *ATOMS)]
        for name in ("updated", "published", "modified", "issued", "created"):
            item.dates += [Date(name, one.text, "rfc3339", one.line) for one in node.all(name, *ATOMS)]
        for link in node.all("link", *ATOMS):
            relation = link.get("rel") or "alternate"
            item.addresses.append(Address(f"link rel={relation}", link.attributes.get("href", ""), link.line, True))
            if relation == "alternate" and item.link is None:
                item.link = link.get("href") or None
            if relation == "enclosure":
                item.enclosures.append(_enclosure(link, "href"))
        item.authors = [name.text.strip() for one in node.all("author", *ATOMS) for name in one.all("name", *ATOMS)]
        yield item


def _first(node: Node, name: str, *namespaces: str) -> Node | None:
    return next(iter(node.all(name, *namespaces)), None)


def _text(node: Node, kind: str, *, whole: bool = False) -> Text:
    return Text(node.name, node.whole() if node.children else node.text, kind, node.line, node.based, whole)


def _typed(node: Node, *, whole: bool = False) -> Text:
    """A text construct of Atom (RFC 4287 3.1); `mode` is that of Atom 0.3."""
    type = node.get("type").lower() or TEXT
    if node.children and type in (TEXT, HTML, XHTML, "application/xhtml+xml"):
        return Text(node.name, _markup(node), XHTML, node.line, node.based, whole)
    if "html" in type:
        type = HTML
    elif type in ("text/plain", TEXT):
        type = TEXT
    else:
        type = "other"
    return _text(node, type, whole=whole)


def _address(node: Node, written: str) -> Address:
    return Address(node.name, written, node.line, node.based)


def _enclosure(node: Node, address: str) -> Enclosure:
    said = node.attributes
    return Enclosure(url=said.get(address), type=said.get("type"), length=said.get("length"), line=node.line)


def _markup(node: Node) -> str:
    """The elements in a text as HTML: their tags with attributes and their texts, in about that order."""
    pieces = []
    for part in islice(node.walk(), 1, _MOST_TAGS):
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in part.attributes.items() if name[0] != "{")
        pieces.append(f"<{part.name}{attributes}>{escape(part.text)}")
    return escape(node.text) + "".join(pieces)
