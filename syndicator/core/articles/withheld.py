"""What of a Markdown text is written and not published: told to its author, since the sanitiser is silent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from syndicator.core import html
from syndicator.core.articles import markdown
from syndicator.core.text import shorten
from syndicator.model import Notice

if TYPE_CHECKING:
    from markdown_it.token import Token

_SUSPECT = re.compile(
    rf"<(?:{'|'.join(sorted(html.REMOVED))})\b|\bon[a-z]{{3,30}}\s*=|\b[a-z]*script\s*:|\bdata:", re.I
)
_HEAD = re.compile(r"(---|\+\+\+)[ \t]*\n.*?^\1[ \t]*$", re.S | re.M)
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)((?:[\s/][^<>]*)?)>")
_HANDLER = re.compile(r"[\s\"'/](on[a-z]{3,30})\s*=", re.I)
_ADDRESS = re.compile(r"[\s\"'/](?:href|src)\s*=\s*[\"']?([^\"'\s>]*)", re.I)
_SCHEME = re.compile(r"\s*((?:java|vb|live)script|data)\s*:", re.I)
_WHY = {
    "<{}>": "not published, nor what stands in it: take it out",
    "{}=": "an attribute that is not published: take it out",
    "{}:": "not published in links and pictures: write an address that begins with https://",
}


def notices(text: str) -> tuple[Notice, ...]:
    """What to tell of elements, attributes and addresses in `text` that go: one notice a kind, at its first line.

    Code is text and not meant. Front matter, which counts for the lines, is passed over.
    """
    small = text.lower()
    if ("<" not in text and "script" not in small and "data:" not in small) or not _SUSPECT.search(text):
        return ()
    found: dict[str, dict[str, int]] = {"<{}>": {}, "{}=": {}, "{}:": {}}
    for written, first in _pieces(markdown.tokens(_HEAD.sub(_blank, text, count=1))):
        for shape, name, at in _withheld(written):
            if name not in found[shape]:
                found[shape][name] = first + written.count("\n", 0, at)
    return tuple(_told(shape, names) for shape, names in found.items() if names)


def _withheld(written: str) -> Iterator[tuple[str, str, int]]:
    """What goes of raw HTML or an address: its shape and name, and where it stands."""
    if scheme := _SCHEME.match(written):
        yield "{}:", scheme[1].lower(), 0
    for tag in _TAG.finditer(written):
        if (name := tag[1].lower()) in html.REMOVED:
            yield "<{}>", name, tag.start()
        for handler in _HANDLER.finditer(tag[2]):
            yield "{}=", handler[1].lower(), tag.start()
        for address in _ADDRESS.finditer(tag[2]):
            if scheme := _SCHEME.match(address[1]):
                yield "{}:", scheme[1].lower(), tag.start()


def _blank(head: re.Match[str]) -> str:
    return "\n" * head[0].count("\n")


def _told(shape: str, found: dict[str, int]) -> Notice:
    names = ", ".join(f"`{shape.format(name)}`" for name in found)
    return Notice(text=f"{shorten(names, 200)}: {_WHY[shape]}", line=min(found.values()))


def _pieces(tokens: list[Token]) -> Iterator[tuple[str, int]]:
    """Raw HTML and addresses, each with the line it begins on."""
    for token in tokens:
        line = (token.map[0] if token.map else 0) + 1
        if token.type == "html_block":
            yield token.content, line
        for child in token.children or ():
            if child.type == "html_inline":
                yield child.content, line
                line += child.content.count("\n")
            elif child.type in ("softbreak", "hardbreak"):
                line += 1
            elif address := child.attrs.get("href") or child.attrs.get("src"):
                yield str(address), line
