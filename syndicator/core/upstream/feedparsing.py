"""The only user of feedparser: bytes that are safe and bounded to its dicts.

Its parsers are driven here and not through `feedparser.parse`, which would open what a body names (standards.md). What
in them takes the square of its input, raises on odd values or keeps too much is overridden: the result is the same.
"""

from __future__ import annotations

import re
import xml.sax
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType
from typing import Any
from xml.sax import expatreader

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.urls import make_safe_absolute_uri

from syndicator.core.upstream.mending import is_character

MOST_ELEMENTS = 300_000
"""Elements that are read of a document; the rest is left."""

_MISHAPS = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RuntimeError, AssertionError)
_LONGEST = {
    "published": 256,
    "updated": 256,
    "created": 256,
    "expired": 256,
    "validity": 512,
    "geometry": 65_536,
    "pos": 65_536,
    "tags": 16_384,
    "itunes_keywords": 16_384,
    "media_keywords": 16_384,
}
_LONGEST_BASE = 2048
_MOST_TAGS = 10_000
_MANY_PIECES = 64
_LONGEST_AUTHOR = 512
_LOCAL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-"
_DOMAIN = re.compile(
    r"(?:\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.|(?:[a-zA-Z0-9-]{1,255}\.){1,99})(?:[a-zA-Z]{2,4}|[0-9]{1,3})\]?"
    r"(?:\?subject=\S+)?"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a parser found. `complete` is False where it stopped at the bound of elements."""

    feed: dict[str, Any]
    entries: list[dict[str, Any]]
    version: str
    complete: bool = True


class NotWellFormed(Exception):
    """The document is not well-formed XML."""


def strict(data: bytes, base: str, language: str | None, *, later: bool = False) -> Reading:
    """A well-formed document in UTF-8 without declarations. Raises NotWellFormed.

    `base` is what relative addresses are resolved against, `language` what the document is in unless it says so.
    `later`: entries stood before the first one, and were taken out.
    """
    handler = _Strict(base, language)
    handler.later = later
    reader = expatreader.create_parser(namespaceHandling=1)
    reader.setContentHandler(handler)
    reader.setErrorHandler(handler)
    try:
        reader.feed(data)
        reader.close()
    except _Enough:
        return _reading(handler, complete=False)
    except xml.sax.SAXException as error:
        raise NotWellFormed(str(error)) from None
    return _reading(handler)


def loose(data: bytes, base: str, language: str | None) -> Reading:
    """A document that is not well-formed, in UTF-8, as far as it can be read."""
    handler = _Loose(base, language)
    complete = True
    try:
        handler.feed(_CONTROLS.sub("", data.decode("utf-8", "replace")))
    except _Enough:
        complete = False
    except _MISHAPS:
        pass
    return _reading(handler, complete=complete)


@lru_cache(maxsize=1)
def namespaces() -> Mapping[str, str]:
    """The prefixes that feedparser gives to the namespaces it knows, by their names in lower case."""
    return {uri.lower(): prefix.lower() for uri, prefix in StrictFeedParser.namespaces.items()}


def is_handled(name: str) -> bool:
    """Whether feedparser treats an element (`title`, `media_title`) in a way of its own."""
    return hasattr(StrictFeedParser, f"_start_{name}") or hasattr(StrictFeedParser, f"_end_{name}")


def _reading(handler: Any, complete: bool = True) -> Reading:
    return Reading(
        feed=_plain(handler.feeddata),
        entries=[_plain(entry) for entry in handler.entries],
        version=handler.version,
        complete=complete,
    )


def _plain(value: Any) -> Any:
    """The same without feedparser's dicts, which answer for keys that they do not hold. They nest a few levels only."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _rebound(function: Any, **names: Any) -> Callable[..., Any]:
    """A function of feedparser's that finds something else under some names of its module, which stays as it is."""
    return FunctionType(function.__code__, {**function.__globals__, **names}, function.__name__, function.__defaults__)


class _Flat:
    """What `pop` copies is a dict of texts: `copy.deepcopy` is not needed, and takes longer than all the rest."""

    deepcopy = staticmethod(dict.copy)


# Called for every element, always with the same few addresses.
_unknown_starttag = _rebound(
    StrictFeedParser.unknown_starttag, make_safe_absolute_uri=lru_cache(make_safe_absolute_uri)
)
_pop = _rebound(StrictFeedParser.pop, copy=_Flat)
_push_content = _rebound(StrictFeedParser.push_content, FeedParserDict=dict)


class _Enough(Exception):
    """The bound of elements was reached."""


class _Guarded:
    """What both parsers do otherwise than feedparser's."""

    depth: int
    basestack: list[str]
    langstack: list[str | None]
    elementstack: list[list[Any]]
    contentparams: dict[str, Any]
    hasContent: int
    resolve_relative_uris = False
    sanitize_html = False
    later = False
    left = MOST_ELEMENTS
    _told: dict[int, tuple[list[Any], set[tuple[Any, ...]]]]

    _get_context: Callable[[], Any]
    push_content = _push_content

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Enough
        if attrs:
            attrs = [pair for pair in attrs if len(pair[1]) <= _LONGEST_BASE or not pair[0].lower().endswith("base")]
        try:
            _unknown_starttag(self, tag, attrs)
        except _MISHAPS:
            return

    def unknown_endtag(self, tag: str) -> None:
        bases = len(self.basestack)
        try:
            super().unknown_endtag(tag)  # type: ignore[misc]
        except _MISHAPS:
            if len(self.basestack) == bases:
                self._leave()

    def _leave(self) -> None:
        """What feedparser does when an element has ended, where it did not come to that."""
        for stack in (self.basestack, self.langstack):
            if stack:
                stack.pop()
        if self.basestack and self.basestack[-1]:
            self.baseuri = self.basestack[-1]
        if self.langstack:
            self.lang = self.langstack[-1]
        self.depth -= 1

    def pop(self, element: str, strip_whitespace: int = 1) -> Any:
        top = self.elementstack[-1] if self.elementstack else None
        # A date or link of CDF's attributes stands there as one text.
        if top is not None and top[0] == element and isinstance(top[2], list):
            if len(top[2]) > _MANY_PIECES:
                self._shorten(top[2])
            if element in _LONGEST:
                top[2][:] = [_text(top[2])[: _LONGEST[element]]]
        return _pop(self, element, strip_whitespace)

    def _shorten(self, pieces: list[Any]) -> None:
        """Drop blank pieces at the start at once: one by one they take the square of their number."""
        if self.contentparams.get("type") != "application/xhtml+xml":
            pieces[:] = [_text(pieces)]
            return
        blank = 0
        while blank < len(pieces) - 1 and not pieces[blank].strip():
            blank += 1
        if blank > 1:
            pieces[: blank - 1] = []

    def _start_item(self, attrs_d: dict[str, str]) -> None:
        if self.later:
            self.hasContent = 0
        super()._start_item(attrs_d)  # type: ignore[misc]

    _start_entry = _start_item

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        """Each tag once, without comparing it with all others. The text of an element comes to the last one late."""
        context = self._get_context()
        tags = context.setdefault("tags", [])
        # The list is held beside its set, so that no other list can come to stand at its address.
        told: set[tuple[Any, ...]] = self._told.setdefault(id(tags), (tags, set()))[1]
        if tags:
            told.add(tuple(tags[-1].values()))
        tag = (term, scheme, label)
        if any(tag) and tag not in told and len(tags) < _MOST_TAGS:
            tags.append(type(context)(term=term, scheme=scheme, label=label))

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()
        details = context.get(f"{key}s")
        if details and details[-1]:
            super()._sync_author_detail(key)  # type: ignore[misc]
            return
        author = context.get(key)
        if not author:
            return
        detail = details[-1] if details else type(context)()
        name, email = _name_and_email(author)
        context.setdefault(f"{key}_detail", detail)
        if name:
            detail["name"] = name
        if email:
            detail["email"] = email


def _text(pieces: list[Any]) -> str:
    return "".join(piece.decode("utf-8") if isinstance(piece, bytes) else piece for piece in pieces)


def _name_and_email(author: str) -> tuple[str, str | None]:
    """A line such as `mail@host (A Name)` in its parts; the first e-mail is one whatever stands around it."""
    email = _email(author) if len(author) <= _LONGEST_AUTHOR else None
    if email is None:
        return author, None
    name = author.replace(email, "")
    for brackets in ("()", "<>", "&lt;&gt;"):
        name = name.replace(brackets, "")
    return name.strip().removeprefix("(").removesuffix(")").strip(), email


def _email(line: str) -> str | None:
    at = line.find("@")
    while at >= 0:
        before = line[:at]
        local = before[len(before.rstrip(_LOCAL)) :]
        domain = _DOMAIN.match(line, at + 1) if local else None
        if domain:
            return f"{local}@{domain[0]}"
        at = line.find("@", at + 1)
    return None


class _Strict(_Guarded, StrictFeedParser):  # type: ignore[misc]
    def __init__(self, base: str, language: str | None) -> None:
        super().__init__(make_safe_absolute_uri(base) or "", language, "utf-8")
        self._told = {}


class _Loose(_Guarded, LooseFeedParser):  # type: ignore[misc]
    def __init__(self, base: str, language: str | None) -> None:
        super().__init__(make_safe_absolute_uri(base) or "", language, "utf-8", {})
        self._told = {}

    def handle_charref(self, ref: str) -> None:
        try:
            code = int(ref[1:], 16) if ref[:1] in "xX" else int(ref)
        except ValueError:
            return
        if is_character(code):
            super().handle_charref(ref)
