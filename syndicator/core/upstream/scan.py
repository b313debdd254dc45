"""One pass of expat over a document: where its entries stand, what is beside them, and that it keeps to the limits.

An entry may be read without the others only where feedparser carries nothing from one entry to the next. What would be
carried makes the document odd: it is then read as a whole. The rules that say so stand in `Scan`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn
from xml.parsers import expat

from syndicator.core.upstream.feedparsing import is_handled
from syndicator.core.upstream.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_NODES, MAX_TEXT, guarded, too_complex
from syndicator.core.upstream.naming import Naming


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


INHERITED = _words(
    """author managingeditor webmaster dc_creator dc_author dc_publisher itunes_author itunes_owner itunes_explicit
    rights copyright dc_rights dcterms_rights dcterms_license cc_license creativecommons_license media_license language
    dc_language link"""
)
"""Elements of the feed that its entries inherit, as feedparser names them; of the links those to the page and licence.
What changes with every document (dates, generator, ttl) is none."""

_ENTRIES = frozenset({"item", "entry"})
_CONTAINERS = frozenset({"rss", "rdf_rdf", "feed", "channel"})
_VERSIONED = frozenset({"rss", "feed"})
_BELONGS_OUTSIDE = _ENTRIES | _CONTAINERS | {"textinput"}
_XHTML = frozenset({"body", "xhtml_body"})
_CONTENT = _XHTML | _words(
    """title subtitle tagline rights copyright description abstract info feedburner_browserfriendly summary content
    content_encoded fullitem dc_description dc_rights dc_title media_title media_description itunes_subtitle
    itunes_summary"""
)
_INHERITED_LINKS = frozenset({"", "alternate", "license"})
_XHTML_TYPES = frozenset({"xhtml", "application/xhtml+xml"})

_PLAIN, _HANDLED, _TEXT, _XHTML_TEXT, _MISPLACED = range(5)

_NAME = re.compile(rb"<([^\s/>]+)")
_START_TAG = re.compile(rb"<(?:[^>\"']+|\"[^\"]*\"|'[^']*')*+>")
_AFTER_NAME = (b">", b" ", b"\t", b"\r", b"\n")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An element of the feed that is no entry: its name as feedparser's, where it stands, and whether it is
    inherited."""

    name: str
    span: Span
    inherited: bool = False


class _Names(dict[str, tuple[str, int]]):
    """feedparser's name of an element and what it is within a unit, by expat's name."""

    def __init__(self, naming: Naming) -> None:
        self._naming = naming

    def __missing__(self, name: str) -> tuple[str, int]:
        known = self._naming.name(name)
        if known in _BELONGS_OUTSIDE:
            kind = _MISPLACED
        elif known in _CONTENT:
            kind = _XHTML_TEXT if known in _XHTML else _TEXT
        else:
            kind = _HANDLED if is_handled(known) else _PLAIN
        self[name] = known, kind
        return known, kind


class Scan:
    """One pass. Outside there are containers (feed, channel); an element in one of them is a unit, or an entry.

    `_outside_*` handle what stands in containers, `_inside_*` what stands in a unit: most events, so little is done.
    """

    def __init__(self, data: bytes) -> None:
        self.odd: str | None = None
        self.naming = Naming()
        self.entries: list[Span] = []
        self.units: list[Unit] = []
        self.tags: list[Span] = []
        self.long_text = False
        self._data = data
        self._names = _Names(self.naming)
        self._depth = 0
        self._containers: list[int] = []
        self._unit_depth = 0
        self._unit_start = 0
        self._unit_name = ""
        self._unit_inherited = False
        self._in_entry = False
        self._content_depth = 0
        self._inline = False
        self._interrupted = False
        self._home = 0
        self._parser = guarded()
        self._parser.StartNamespaceDeclHandler = self.naming.declared
        self._outside: tuple[Any, Any] = (self._outside_start, self._outside_end)
        self._inside: tuple[Any, Any] = (self._inside_start, self._inside_end)

    def run(self) -> tuple[str | None, int | None]:
        """Returns what is not well-formed, and its line."""
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._outside
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            return expat.ErrorString(error.code), error.lineno
        finally:
            # The parser and its handlers hold each other.
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._parser.StartNamespaceDeclHandler = None
            self._outside = self._inside = (None, None)
        return None, None

    def closing(self) -> bytes:
        """The end tags of the containers that are open."""
        return b"".join(b"</" + self._written(start) + b">" for start in reversed(self._containers))

    def _outside_start(self, name: str, attributes: list[str]) -> None:
        self._depth = depth = self._depth + 1
        if depth > MAX_DEPTH or len(attributes) > 2 * MAX_ATTRIBUTES:
            self._refuse()
        known, kind = self._names[name]
        if known in _CONTAINERS and depth == len(self._containers) + 1:
            self._enter_container(known)
            return
        self._unit_depth, self._unit_start, self._unit_name = depth, self._parser.CurrentByteIndex, known
        self._in_entry = known in _ENTRIES and bool(self._containers)
        self._content_depth = 0
        if self._in_entry:
            self._enter_entry()
        else:
            self._enter_other(known, kind, attributes)
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._inside

    def _outside_end(self, _: str) -> None:
        self._depth -= 1
        self._containers.pop()

    def _inside_start(self, name: str, attributes: list[str]) -> None:
        self._depth = depth = self._depth + 1
        if depth > MAX_DEPTH or len(attributes) > 2 * MAX_ATTRIBUTES:
            self._refuse()
        kind = self._names[name][1]
        if self._content_depth:
            # feedparser ends what it has a handler for, though it did not start it, and forgets a `div` it left.
            if kind or not self._inline:
                self.odd = self.odd or "markup stands in a text of another type"
        elif kind > _HANDLED:
            if kind == _MISPLACED:
                self.odd = self.odd or "an entry or a feed stands within another element"
            self._content_depth = depth
            self._inline = _is_xhtml(kind, attributes) if attributes else kind == _XHTML_TEXT

    def _inside_end(self, _: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if depth == self._content_depth:
            self._content_depth = 0
        if depth == self._unit_depth:
            self._leave_unit()

    def _enter_container(self, known: str) -> None:
        self.naming.enter(False)
        self.naming.leave()
        self.naming.versioned = self.naming.versioned or known in _VERSIONED
        self._interrupted = self._interrupted or bool(self.entries)
        index = self._parser.CurrentByteIndex
        self._containers.append(index)
        tag = _START_TAG.match(self._data, index)
        self.tags.append((index, tag.end() if tag else index))

    def _enter_entry(self) -> None:
        self.naming.enter(True)
        if not self.entries:
            self._home = self._containers[-1]
        elif self._interrupted:
            self.odd = self.odd or "something else stands between the entries"
        elif self._home != self._containers[-1]:
            self.odd = self.odd or "its entries stand in several places"

    def _enter_other(self, known: str, kind: int, attributes: list[str]) -> None:
        self.naming.enter(False)
        if self.entries:
            self._interrupted = True
        if self._depth == 1:
            self.odd = self.odd or "its root is none of a feed"
        self._unit_inherited = known in INHERITED and (known != "link" or _rel(attributes) in _INHERITED_LINKS)
        if kind in (_TEXT, _XHTML_TEXT):
            self._content_depth = self._depth
            self._inline = _is_xhtml(kind, attributes)

    def _leave_unit(self) -> None:
        index = self._parser.CurrentByteIndex
        # After an empty element expat is past it already: it has no end tag.
        end = index if self._is_empty(index) else self._data.index(b">", index) + 1
        self.naming.leave()
        if self._in_entry:
            self.entries.append((self._unit_start, end))
            self._in_entry = False
        else:
            span = (self._unit_start, end)
            self.units.append(Unit(name=self._unit_name, span=span, inherited=self._unit_inherited))
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._outside

    def _is_empty(self, index: int) -> bool:
        """Whether the unit that ends is one tag: no end tag of its name follows here."""
        if self._data[index - 2 : index] != b"/>":
            return False
        end_tag = b"</" + self._written(self._unit_start)
        after = index + len(end_tag)
        return not self._data.startswith(end_tag, index) or self._data[after : after + 1] not in _AFTER_NAME

    def _written(self, start: int) -> bytes:
        match = _NAME.match(self._data, start)
        return match[1] if match else b""

    def _refuse(self) -> NoReturn:
        line = self._parser.CurrentLineNumber
        if self._depth > MAX_DEPTH:
            raise too_complex(f"more than {MAX_DEPTH} elements within each other", line)
        raise too_complex(f"an element with more than {MAX_ATTRIBUTES} attributes", line)


class Watchful(Scan):
    """The same for a document that is large enough to go beyond the other bounds: nodes and text."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._nodes = 0
        self._last = 0
        self._outside = (self._counted(self._outside_start), self._measured(self._outside_end))
        self._inside = (self._counted(self._inside_start), self._measured(self._inside_end))

    def _counted(self, handler: Any) -> Any:
        def start(name: str, attributes: list[str]) -> None:
            self._nodes += 1
            if self._nodes > MAX_NODES:
                raise too_complex(f"more than {MAX_NODES:,} elements", self._parser.CurrentLineNumber)
            self._measure()
            handler(name, attributes)

        return start

    def _measured(self, handler: Any) -> Any:
        def end(name: str) -> None:
            self._measure()
            handler(name)

        return end

    def _measure(self) -> None:
        index = self._parser.CurrentByteIndex
        if index - self._last > MAX_TEXT:
            self.long_text = True
            if not self._in_entry:
                raise too_complex(f"a text of more than {MAX_TEXT >> 20} MiB", self._parser.CurrentLineNumber)
        self._last = index


def _is_xhtml(kind: int, attributes: list[str]) -> bool:
    """Whether a text is XHTML for feedparser, which takes an attribute of any unknown namespace for one without."""
    names = [name.lower() for name in attributes[::2]]
    if any(name.endswith(" type") for name in names) or names.count("type") > 1:
        return False
    return attributes[2 * names.index("type") + 1].lower() in _XHTML_TYPES if "type" in names else kind == _XHTML_TEXT


def _rel(attributes: list[str]) -> str:
    names = attributes[::2]
    # A relation may be written as an address, whose last part is its name (RFC 4287 section 4.2.7.2).
    return attributes[2 * names.index("rel") + 1].lower().rpartition("/")[2] if "rel" in names else ""
