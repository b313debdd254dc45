"""Texts of a feed as what we keep: titles and summaries in plain text, bodies as clean HTML, all within bounds."""

from __future__ import annotations

import html as _html
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urljoin

from syndicator.core import html
from syndicator.core.text import one_line, shorten
from syndicator.core.upstream.plain import paragraphs

MAX_TITLE = 1000
MAX_SUMMARY = 2000
MAX_NAME = 200
MAX_BODY = 4_000_000
"""Characters that are kept of a title, a summary, any other name, and the HTML of a body."""

_MARKUP = frozenset({"text/html", "application/xhtml+xml", "html", "xhtml"})
_VOID = "br|hr|img|wbr|col|source|track|area|embed|input|link|meta|param"
_VOID_ENDS = re.compile(rf"</(?:{_VOID})>")
_VOID_NAMES = frozenset(_VOID.split("|"))
_TAG = re.compile(r"<(/?)([^\s<>/]+)((?:[^<>\"]|\"[^\"<]*+\")*+)>")
_ADDRESS = re.compile(r' (href|src|cite|poster)="([^"]*)"')
_XML_BASE = re.compile(r' xml:base="([^"]*)"')

_Found = TypeVar("_Found")


class Cuts:
    """Brings what is too long or too many within bounds, and counts it, so that a person can be told."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def line(self, text: str, most: int, what: str) -> str:
        """One line of at most `most` characters."""
        line = one_line(text)
        if len(line) <= most:
            return line
        self._counts[f"{what} of more than {most:,} characters"] += 1
        return shorten(line, most)

    def start(self, text: str, most: int, what: str) -> str:
        """The first `most` characters."""
        if len(text) <= most:
            return text
        self._counts[f"{what} of more than {most:,} characters"] += 1
        return text[:most]

    def few(self, found: tuple[_Found, ...], most: int, what: str) -> tuple[_Found, ...]:
        """The first `most` of them."""
        if len(found) <= most:
            return found
        self._counts[f"more than {most:,} {what} in one entry"] += 1
        return found[:most]

    def notices(self) -> tuple[str, ...]:
        """A sentence for each kind of thing that did not fit."""
        return tuple(f"{count:,} × {what}: the rest was left out" for what, count in self._counts.items())


def is_markup(detail: Mapping[str, Any]) -> bool:
    """Whether a text of feedparser's is HTML."""
    return str(detail.get("type") or "").lower() in _MARKUP


def plain(value: object, detail: object = None) -> str:
    """A text construct as one line of plain text; `detail` says what it is, without it it is plain."""
    text = value if isinstance(value, str) else ""
    if isinstance(detail, dict) and is_markup(detail) and ("<" in text or "&" in text):
        text = html.text(text)
    return one_line(text)


def body(value: str, type: str, base: str) -> str:
    """A text as clean HTML with absolute addresses; empty for what is no text."""
    kind = type.lower()
    if kind not in _MARKUP:
        return paragraphs(value) if kind.startswith("text/") or kind == "text" else ""
    if kind in ("application/xhtml+xml", "xhtml"):
        # Written back from XML, where every element has an end; an end of `br` alone is a second one to a browser.
        value = _VOID_ENDS.sub("", value)
        if "xml:base=" in value:
            value = _rebased(value, base)
    return html.clean(value, base).strip()


def shown(cleaned: str) -> str:
    """Clean HTML that holds no element as the text that it is, otherwise empty."""
    return "" if "<" in cleaned else _html.unescape(cleaned)


def _rebased(xhtml: str, base: str) -> str:
    """XHTML with what is relative to an inner xml:base made absolute (XML Base section 4)."""
    bases = [base]

    def tag(match: re.Match[str]) -> str:
        closing, name, attributes = match.groups()
        if closing:
            if len(bases) > 1:
                bases.pop()
            return match[0]
        own = _XML_BASE.search(attributes)
        inner = _joined(bases[-1], _html.unescape(own[1])) if own else bases[-1]
        if not attributes.endswith("/") and name not in _VOID_NAMES:
            bases.append(inner)
        if inner == base:
            return match[0]
        return f"<{name}{_ADDRESS.sub(lambda found: _absolute(found, inner), attributes)}>"

    return _TAG.sub(tag, xhtml)


def _absolute(found: re.Match[str], base: str) -> str:
    return f' {found[1]}="{_html.escape(_joined(base, _html.unescape(found[2])))}"'


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return address
