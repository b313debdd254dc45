"""The elements of an XML document with their lines: a bounded pass of expat, which opens and expands nothing.

Prefixes are resolved here and not by expat, so that one that nobody declared is a finding and not the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NoReturn
from xml.parsers import expat

from syndicator.core.upstream.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_NAMESPACES, MAX_NODES

ATOM = "http://www.w3.org/2005/Atom"
ATOM03 = "http://purl.org/atom/ns#"
RSS10 = "http://purl.org/rss/1.0/"
RSS090 = "http://my.netscape.com/rdf/simple/0.9/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
SY = "http://purl.org/rss/1.0/modules/syndication/"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
MEDIA = "http://search.yahoo.com/mrss/"
XHTML = "http://www.w3.org/1999/xhtml"
XML = "http://www.w3.org/XML/1998/namespace"
DCTERMS = "http://purl.org/dc/terms/"

MAX_KEPT = 200_000
"""Elements that are kept; the rest are read past."""
MAX_TEXT = 4 * 1024 * 1024
"""Characters of one text that are kept."""
MAX_ENTRIES = 5000
"""Entries that are kept; those after them are counted."""
_ENTRIES = frozenset({"item", "entry"})


@dataclass(slots=True)
class Node:
    """An element: namespace and name as written, the attributes by `{namespace}name`, its own text, its children.

    `line` is 1-based. `base` tells whether an xml:base holds in it.
    """

    namespace: str
    name: str
    line: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    based: bool = False

    @property
    def text(self) -> str:
        """The characters directly in it."""
        return "".join(self.pieces)

    def get(self, name: str) -> str:
        """An attribute's value, trimmed; empty where it is absent."""
        return self.attributes.get(name, "").strip()

    def all(self, name: str, *namespaces: str) -> list[Node]:
        """The children of this name in one of these namespaces."""
        return [child for child in self.children if child.name == name and child.namespace in namespaces]

    def whole(self) -> str:
        """All characters within it, however deep, but no more than `MAX_TEXT`."""
        return "".join(islice((piece for node in self.walk() for piece in node.pieces), MAX_KEPT))[:MAX_TEXT]

    def walk(self) -> Iterator[Node]:
        """Itself and what is in it, in order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class Break:
    """Where expat gave up: its code, 1-based line, 0-based column; or `bound`, the bound that was broken."""

    code: int
    line: int
    column: int
    bound: str = ""


@dataclass(slots=True)
class Outline:
    """What one pass saw. `broken` is where it had to stop, None for a whole document.

    `undeclared` are prefixes without a declaration, `entities` references by a name that XML does not know, each with
    its first line; `declared` the namespaces by prefix, with their lines.
    """

    root: Node | None = None
    broken: Break | None = None
    undeclared: dict[str, int] = field(default_factory=dict)
    entities: dict[str, int] = field(default_factory=dict)
    declared: dict[tuple[str, str], int] = field(default_factory=dict)
    entries: int = 0
    cut: bool = False


class _Bound(Exception):
    pass


def outline(data: bytes) -> Outline:
    """The elements of a document in UTF-8 whose declarations were blanked out (`prolog`). Never raises."""
    return _Reader().read(data)


class _Reader:
    def __init__(self) -> None:
        self.found = Outline()
        self._open: list[Node | None] = []
        self._scopes: list[dict[str, str]] = [{"": "", "xml": XML}]
        self._kept = self._nodes = self._length = 0
        self._within = 0
        self._parser = expat.ParserCreate("utf-8")

    def read(self, data: bytes) -> Outline:
        parser = self._parser
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        # With it a reference to an entity that nobody declared is told of and skipped, and nothing is asked for.
        parser.UseForeignDTD(True)
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.ExternalEntityRefHandler = _nothing
        parser.SkippedEntityHandler = self._skipped
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            self.found.broken = Break(error.code, error.lineno, error.offset)
        except _Bound as bound:
            line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber
            self.found.broken = Break(0, line, column, str(bound))
        if self.found.broken is not None:
            self._leave_out_the_open_entry()
        return self.found

    def _leave_out_the_open_entry(self) -> None:
        """What breaks off in its middle is not judged: what it lacks may have followed."""
        for outer, node in zip(self._open, self._open[1:], strict=False):
            if outer is not None and node is not None and node.name in _ENTRIES:
                outer.children.remove(node)
                self.found.entries -= 1
                return

    def _start(self, written: str, listed: list[str]) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _Bound(f"more than {MAX_NODES:,} elements")
        if len(self._open) >= MAX_DEPTH:
            raise _Bound(f"elements nested more than {MAX_DEPTH} deep")
        if len(listed) > 2 * MAX_ATTRIBUTES:
            raise _Bound(f"an element with more than {MAX_ATTRIBUTES} attributes")
        line = self._parser.CurrentLineNumber
        pairs = list(zip(listed[::2], listed[1::2], strict=True))
        scope = self._scope(pairs, line)
        self._scopes.append(scope)
        outer = self._open[-1] if self._open else None
        node = self._node(written, pairs, scope, line, outer)
        self._open.append(node)
        if node is not None and outer is not None:
            outer.children.append(node)
        elif node is not None and self.found.root is None:
            self.found.root = node
        self._length = 0

    def _scope(self, pairs: list[tuple[str, str]], line: int) -> dict[str, str]:
        declared = {name.partition(":")[2]: value for name, value in pairs if name.split(":")[0] == "xmlns"}
        for prefix, namespace in declared.items():
            if len(self.found.declared) < MAX_ATTRIBUTES:
                self.found.declared.setdefault((prefix, namespace), line)
        if not declared:
            return self._scopes[-1]
        scope = {**self._scopes[-1], **declared}
        if len(scope) > MAX_NAMESPACES:
            raise _Bound(f"more than {MAX_NAMESPACES:,} namespaces")
        return scope

    def _node(
        self, written: str, pairs: list[tuple[str, str]], scope: dict[str, str], line: int, outer: Node | None
    ) -> Node | None:
        namespace, name = self._resolved(written, scope, line, attribute=False)
        attributes = {}
        for key, value in pairs:
            if key.split(":")[0] != "xmlns":
                where, local = self._resolved(key, scope, line, attribute=True)
                attributes[f"{{{where}}}{local}" if where else local] = value
        if name in _ENTRIES and (outer is None or outer.name not in _ENTRIES):
            self.found.entries += 1
        if self._kept >= MAX_KEPT or (name in _ENTRIES and self.found.entries > MAX_ENTRIES):
            self.found.cut = True
            return None
        if self._open and outer is None:
            return None
        self._kept += 1
        based = bool(outer and outer.based) or f"{{{XML}}}base" in attributes
        return Node(namespace, name, line, attributes, based=based)

    def _resolved(self, written: str, scope: dict[str, str], line: int, *, attribute: bool) -> tuple[str, str]:
        prefix, colon, name = written.partition(":")
        if not colon:
            return ("" if attribute else scope[""]), written
        if prefix not in scope:
            self.found.undeclared.setdefault(prefix, line)
            return f"?{prefix}", name
        return scope[prefix], name

    def _end(self, _: str) -> None:
        self._open.pop()
        self._scopes.pop()
        self._length = 0

    def _text(self, text: str) -> None:
        node = self._open[-1] if self._open else None
        if node is not None and self._length < MAX_TEXT:
            self._length += len(text)
            node.pieces.append(text)

    def _skipped(self, name: str, is_parameter: bool) -> None:
        if not is_parameter and len(self.found.entities) < MAX_ATTRIBUTES:
            self.found.entities.setdefault(name, self._parser.CurrentLineNumber)
            self._text(f"&{name};")


def _refuse(*_: object) -> NoReturn:
    raise _Bound("a document type inside of it")


def _nothing(*_: object) -> int:
    return 1
