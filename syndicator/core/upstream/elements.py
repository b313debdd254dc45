"""The elements of a feed that feedparser folds together, drops or cannot tell apart, read beside it.

feedparser keeps one value of each name, forgets the attributes or the text of elements that it does not know, makes
names lower-case, and resolves some addresses and not others. So the document is read a second time, by lxml, and its
entries are paired with feedparser's in order. Where the two do not agree on the entries, what feedparser kept of them
is used instead: `of_values` makes the same shape of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from syndicator.core.urls import is_web

_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_PREFIXES = {
    "http://www.w3.org/2005/atom": "atom",
    "http://purl.org/atom/ns#": "atom",
    "http://purl.org/rss/1.0": "rss",
    "http://my.netscape.com/rdf/simple/0.9": "rss",
    "http://purl.org/rss/1.0/modules/rss091#": "rss",
    "http://blogs.law.harvard.edu/tech/rss": "rss",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "https://podcastindex.org/namespace/1.0": "podcast",
    "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    "http://www.georss.org/georss": "georss",
    "http://www.georss.org/georss/10": "georss",
    "http://www.opengis.net/gml": "gml",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://purl.org/rss/1.0/modules/slash": "slash",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://wellformedweb.org/commentapi": "wfw",
    "http://backend.userland.com/creativecommonsrssmodule": "cc",
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "cc",
    "http://creativecommons.org/ns#": "cc",
    "http://creativecommons.org/ns#license": "cc",
    "http://web.resource.org/cc": "cc",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://purl.org/atompub/tombstones/1.0": "at",
    "http://purl.org/rss/1.0/modules/syndication": "sy",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://podlove.org/simple-chapters": "psc",
}
"""Namespaces in lower case, without a slash at the end, by the prefix that they have here."""
_USERLAND = "backend.userland.com/rss"
_OURS = frozenset(_PREFIXES.values())
_ENTRIES = frozenset({"rss:item", "rss:entry", "atom:entry", "atom:item"})
_DEPTHS = {"atom:source": 2, "atom:content": 0}
_MOST = 500
_WITHIN = 100
_DECLARATION = re.compile(rb"<!DOCTYPE[^>\[]*\[")


@dataclass(frozen=True, slots=True)
class Element:
    """An element of an entry or a feed's head.

    `kind` is `prefix:name` in lower case with the prefix of `_PREFIXES`, or `name` alone beyond these; `name` is
    `{namespace}name` as written. `attributes` have lower-case local names. `text` is trimmed; `simple` says that no
    other element is in it. `base` is what its relative addresses are resolved against.
    """

    kind: str
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    simple: bool = True
    base: str | None = None
    children: tuple[Element, ...] = ()

    def get(self, name: str) -> str:
        """An attribute, trimmed; empty where it is absent."""
        return self.attributes.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class Own:
    """What stands in an entry or in the head of a feed.

    `about` is its rdf:about, `language` its own xml:lang. `paired`: the elements are those of the document, not what
    feedparser kept of them.
    """

    elements: tuple[Element, ...] = ()
    language: str | None = None
    base: str | None = None
    about: str = ""
    paired: bool = False

    def all(self, *kinds: str) -> list[Element]:
        """The elements of these kinds, in order."""
        return [element for element in self.elements if element.kind in kinds]

    def first(self, *kinds: str) -> str:
        """The text of the first of them that has one; empty where there is none."""
        return next((element.text for element in self.elements if element.kind in kinds and element.text), "")


@dataclass(frozen=True, slots=True)
class Tree:
    """A document as lxml reads it: the kind of its root, the head of the feed, its entries in order.

    `well_formed`: nothing was left out and nothing guessed.
    """

    root: str
    head: Own
    entries: tuple[Own, ...]
    well_formed: bool = True


def read(documents: Sequence[bytes], base: str) -> Tree | None:
    """The elements of documents in XML that make one feed, whose head stands in the first. None: not to be read.

    Nothing is expanded, nothing is fetched, and of what is not well-formed that is kept which could be read. `base`
    is the address that the outermost relative addresses are resolved against.
    """
    head: Own | None = None
    kind, well_formed = "", True
    entries: list[Own] = []
    for document in documents:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True, remove_pis=True
        )
        root = _root(document, parser, base)
        if root is None:
            return None
        well_formed = well_formed and not parser.error_log
        kind = kind or _kind(str(root.tag))
        head = head or _head([root, *root.iterchildren("{*}channel")], base)
        found = (element for element in root.iter("{*}item", "{*}entry") if _kind(str(element.tag)) in _ENTRIES)
        entries.extend(_own(element, base) for element in found)
    return Tree(kind, head, tuple(entries), well_formed) if head else None


def _root(document: bytes, parser: etree.XMLParser, base: str) -> etree._Element | None:
    if _DECLARATION.search(document[:4096]):
        return None
    try:
        return etree.fromstring(document, parser, base_url=base)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None


def of_values(values: Mapping[str, Any]) -> Own:
    """What feedparser kept of the elements of an entry or a head: of each name the last one, its text or attributes."""
    found: list[Element] = []
    for key, value in values.items():
        prefix, _, name = key.partition("_")
        if not name or prefix not in _OURS:
            continue
        kind = f"{prefix}:{name}"
        if isinstance(value, str):
            found.append(Element(kind, kind, text=value.strip()))
        elif isinstance(value, dict):
            attributes = {_after_colon(k): v for k, v in value.items() if isinstance(v, str)}
            found.append(Element(kind, kind, attributes))
    return Own(tuple(found))


def _after_colon(name: str) -> str:
    return name.rpartition(":")[2]


def _head(holders: list[etree._Element], base: str) -> Own:
    elements: list[Element] = []
    language: str | None = None
    inner = base
    for holder in holders:
        inner = _base_of(holder, inner)
        language = holder.get(_XML_LANG) or language
        for child in holder.iterchildren(etree.Element):
            kind = _kind(str(child.tag))
            if kind not in _ENTRIES and kind != "rss:channel":
                elements.append(_element(child, kind, inner))
    return Own(tuple(elements), language, inner, paired=True)


def _own(entry: etree._Element, base: str) -> Own:
    inner = entry.base or base
    inner = inner if is_web(inner) else base
    elements: list[Element] = []
    for child in islice(entry.iterchildren(etree.Element), _MOST):
        kind = _kind(str(child.tag))
        if kind == "media:group":
            parts = islice(child.iterchildren(etree.Element), _WITHIN)
            elements.extend(_element(part, _kind(str(part.tag)), inner) for part in parts)
        else:
            elements.append(_element(child, kind, inner, deep=_DEPTHS.get(kind, 1)))
    return Own(tuple(elements), entry.get(_XML_LANG), inner, (entry.get(_RDF_ABOUT) or "").strip(), paired=True)


def _element(element: etree._Element, kind: str, base: str, *, deep: int = 1) -> Element:
    """An element, with those within it down to `deep`."""
    inner = _base_of(element, base)
    simple = len(element) == 0
    children: tuple[Element, ...] = ()
    if deep and not simple:
        parts = islice(element.iterchildren(etree.Element), _WITHIN)
        children = tuple(_element(part, _kind(str(part.tag)), inner, deep=deep - 1) for part in parts)
    attributes = {str(name).rpartition("}")[2].lower(): str(value) for name, value in element.attrib.items()}
    return Element(kind, str(element.tag), attributes, (element.text or "").strip(), simple, inner, children)


def _base_of(element: etree._Element, outer: str) -> str:
    own = element.get(_XML_BASE)
    if not own:
        return outer
    try:
        inner = urljoin(outer, own.strip())
    except ValueError:
        return outer
    return inner if is_web(inner) else outer


@lru_cache(maxsize=4096)
def _kind(tag: str) -> str:
    namespace, _, name = tag.rpartition("}")
    namespace = namespace[1:].lower().rstrip("/")
    prefix = _PREFIXES.get(namespace)
    if prefix is None and (not namespace or _USERLAND in namespace):
        prefix = "rss"
    return f"{prefix}:{name.lower()}" if prefix else name.lower()
