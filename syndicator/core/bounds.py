"""Large or crowded HTML brought to bounds before a parser builds a tree of it (security.md S17).

Browsers' parsing rules cost the square of the depth, of the attributes in one tag, and of formatting left open. Here
tags are written anew in one linear pass: closed in order, nested no deeper than MAX_DEPTH, with listed attributes only.
It is no sanitiser: what comes out is still to be parsed and cleaned.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping

MAX_DEPTH = 512
"""Elements within elements that are kept; text deeper down stays, in the innermost of them."""

_CROWDED = 256
_LARGE = 32_768

_TAG = re.compile(
    r"<(/?)([a-zA-Z][^\s/>]*+)"
    r"((?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+))?+)*+)>"
)
_ATTRIBUTE = re.compile(r"([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"'][^\s>]*+)))?+")
_COMMENT = re.compile(r"<!--(?:-?>|.*?--!?>)", re.S)
_BOGUS = re.compile(r"<(?:[!?]|/[^a-zA-Z])[^>]*+>|</>")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VOID = _words("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")
_RAW = _words("iframe noembed noframes noscript plaintext script style textarea title xmp")
_CLOSES_P = _words(
    """address aside blockquote details dl dt dd div figure figcaption h1 h2 h3 h4 h5 h6 hr li ol p pre section summary
    table ul"""
)
_CLOSES = {
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "td": {"td", "th"},
    "th": {"td", "th"},
    "tr": {"td", "th", "tr"},
    "tbody": {"td", "th", "tr", "thead", "tbody", "tfoot", "caption", "colgroup"},
    "tfoot": {"td", "th", "tr", "thead", "tbody", "tfoot"},
    "thead": {"td", "th", "tr", "caption", "colgroup"},
    "rt": {"rt", "rp"},
    "rp": {"rt", "rp"},
}


def is_outsize(html: str) -> bool:
    """Whether the text is large or crowded enough that a parser could take long over it."""
    return len(html) > _LARGE or html.count("<") > _CROWDED


def bound(html: str, keep: Collection[str], drop: Collection[str], attributes: Mapping[str, Collection[str]]) -> str:
    """The same HTML with the tags of `keep` only, well nested, `drop` removed with what it holds.

    `attributes` are those kept, by tag, `*` for all. Takes time in proportion to the length.
    """
    writer = _Writer(keep, attributes)
    position, end = 0, len(html)
    dropped, depth = "", 0
    while position < end:
        start = html.find("<", position)
        if start < 0:
            start = end
        if not dropped:
            writer.out.append(html[position:start])
        if start == end:
            break
        match = _TAG.match(html, start)
        if match is None:
            position = _after_oddity(html, start)
            if position == start + 1 and not dropped:
                writer.out.append("&lt;")
            continue
        position = match.end()
        name = match[2].lower()
        if dropped:
            depth += 0 if name != dropped else -1 if match[1] else 1
            dropped = dropped if depth else ""
        elif match[1]:
            writer.close(name)
        elif name in _RAW:
            position = _after_raw(html, position, name)
        elif name in drop:
            dropped, depth = ("", 0) if name in _VOID else (name, 1)
        elif name in keep:
            writer.open(name, match[3])
    return writer.finish()


def _after_oddity(html: str, start: int) -> int:
    """Where to go on after a `<` that begins no tag: behind a comment, or one further when it is only text."""
    if html.startswith("<!--", start):
        match = _COMMENT.match(html, start)
        return match.end() if match else len(html)
    match = _BOGUS.match(html, start)
    if match:
        return match.end()
    following = html[start + 1 : start + 3]
    # A tag or declaration that never ends takes the rest with it, as in a browser.
    opens = following[:1].isalpha() and following[:1].isascii()
    opens = opens or following[:1] in ("!", "?", "/")
    return len(html) if opens and len(following) > 1 else start + 1


def _after_raw(html: str, position: int, name: str) -> int:
    match = re.compile(rf"</{name}(?=[\s/>])[^>]*+>", re.I).search(html, position)
    return match.end() if match else len(html)


class _Writer:
    """Tags written in order, with the elements that are open."""

    def __init__(self, keep: Collection[str], attributes: Mapping[str, Collection[str]]) -> None:
        self.out: list[str] = []
        self._keep = keep
        self._attributes = attributes
        self._stack: list[str] = []
        self._open: Counter[str] = Counter()

    def open(self, name: str, written: str) -> None:
        stack = self._stack
        if name in _CLOSES_P and stack and stack[-1] == "p":
            self._pop()
        implied = _CLOSES.get(name)
        while implied and stack and stack[-1] in implied:
            self._pop()
        if name not in _VOID:
            if len(stack) >= MAX_DEPTH:
                return
            stack.append(name)
            self._open[name] += 1
        self.out.append(f"<{name}{self._written(name, written)}>")

    def close(self, name: str) -> None:
        if self._open[name] <= 0:
            return
        while self._pop() != name:
            pass

    def finish(self) -> str:
        while self._stack:
            self._pop()
        return "".join(self.out)

    def _pop(self) -> str:
        name = self._stack.pop()
        self._open[name] -= 1
        self.out.append(f"</{name}>")
        return name

    def _written(self, name: str, written: str) -> str:
        if not written or written.isspace():
            return ""
        kept: dict[str, str] = {}
        own, common = self._attributes.get(name, ()), self._attributes["*"]
        for match in _ATTRIBUTE.finditer(written):
            key = match[1].lower()
            if key not in kept and (key in own or key in common):
                kept[key] = match[2] or match[3] or match[4] or ""
        return "".join(f' {key}="{_quoted(value)}"' for key, value in kept.items())


def _quoted(value: str) -> str:
    return value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
