"""The tags of HTML or XML one after the other, whatever state the document is in.

One linear pass without a tree: nothing is nested, no entity but HTML's own characters means anything, and what never
ends takes the rest with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import NamedTuple

_TAG = re.compile(
    r"<(/?)([A-Za-z_][^\s/>]*+)"
    r"((?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+))?+)*+)>"
)
_ATTRIBUTE = re.compile(r"([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"'][^\s>]*+)))?+")
_CHARACTER = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SUBSET = re.compile(r"[>\[]")
_RAW = frozenset({"iframe", "noembed", "noframes", "plaintext", "script", "style", "textarea", "title", "xmp"})
_MAX_ATTRIBUTES = 256


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: its local name in lower case, whether it closes or is closed at once, and what is written in it."""

    name: str
    closes: bool
    written: str

    @property
    def empty(self) -> bool:
        """Whether it ends with `/`, as XML closes an element without content."""
        return self.written.endswith("/")

    def attributes(self) -> dict[str, str]:
        """Values by local name in lower case, the first of each, of at most 256."""
        found: dict[str, str] = {}
        for count, match in enumerate(_ATTRIBUTE.finditer(self.written)):
            if count >= _MAX_ATTRIBUTES:
                break
            value = match[2] if match[2] is not None else match[3] if match[3] is not None else match[4]
            found.setdefault(_local(match[1]), plain(value or ""))
        return found


class Text(NamedTuple):
    """What stands between two tags, as characters."""

    shown: str


def plain(written: str) -> str:
    """Text with references to characters resolved. Only those with a semicolon: addresses hold `&copy=1`."""
    return _CHARACTER.sub(lambda match: unescape(match[0]), written) if "&" in written else written


def tokens(text: str, *, html: bool) -> Iterator[Tag | Text]:
    """Tags and texts in order; comments, declarations and, in HTML, scripts and the like left out."""
    position, end = 0, len(text)
    while position < end:
        start = text.find("<", position)
        start = end if start < 0 else start
        if start > position:
            yield Text(plain(text[position:start]))
        if start == end:
            return
        if text.startswith("<![CDATA[", start) and not html:
            close = text.find("]]>", start)
            position = end if close < 0 else close + 3
            yield Text(text[start + 9 : end if close < 0 else close])
            continue
        match = _TAG.match(text, start)
        if match is None:
            position = _after_oddity(text, start)
            continue
        position = match.end()
        tag = Tag(_local(match[2]), match[1] == "/", match[3])
        yield tag
        if html and tag.name in _RAW and not tag.closes:
            position = _after_raw(text, position, tag.name)


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _after_oddity(text: str, start: int) -> int:
    """Where to go on after a `<` that begins no tag; the end of the text where it begins what never ends."""
    following = text[start + 1 : start + 4]
    if following == "!--":
        return _behind(text, "-->", start + 4)
    if following.startswith("!"):
        opened = _SUBSET.search(text, start)
        if opened is None:
            return len(text)
        return _behind(text, ">", _behind(text, "]", opened.end()) if opened[0] == "[" else opened.start())
    if following.startswith("?"):
        return _behind(text, ">", start)
    if following[:1].isalpha() or following.startswith("/"):
        return _behind(text, ">", start) if following.startswith("/") else len(text)
    return start + 1


def _behind(text: str, mark: str, start: int) -> int:
    found = text.find(mark, start)
    return len(text) if found < 0 else found + len(mark)


def _after_raw(text: str, position: int, name: str) -> int:
    match = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, position)
    return match.start() if match else len(text)
