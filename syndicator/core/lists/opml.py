"""OPML 1.0, 1.1 and 2.0 (http://opml.org/spec2.opml): read as far as it can be, and written.

Outlines are read tag by tag, so that a document that is not well-formed is read like any other, and no entity that
it declares means anything (security.md S41). An XML parser only says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from itertools import groupby
from xml.parsers import expat

from syndicator.core.lists.gather import Gathered, shown
from syndicator.core.text import clean_text, one_line
from syndicator.core.upstream.tags import Tag, tokens
from syndicator.errors import BadList
from syndicator.model import Subscription, SubscriptionList

MAX_DEPTH = 32
MAX_OUTLINES = 10_000

_LISTS = frozenset({"include", "link"})
_FEEDS = frozenset({"atom", "feed", "json", "pie", "rss", "rss1", "rss2"})
_DIVIDING = re.compile("[,/]")


def read(text: str) -> SubscriptionList:
    """The subscriptions of an OPML document. Outlines around a feed and its categories are its tags.

    A feed with `isComment` is paused. At most 10,000 outlines no deeper than 32 are read. What is not well-formed is
    read as far as possible and noticed. Raises BadList where there is neither an outline nor an `opml`.
    """
    text = clean_text(text)
    reader = _Reader()
    _check(text, reader.gathered)
    for token in tokens(text, html=False):
        if not isinstance(token, Tag):
            reader.text(token.shown)
        elif token.closes:
            reader.end(token.name)
        else:
            reader.start(token)
    if not (reader.is_opml or reader.outlines):
        raise BadList("it is XML, but no OPML: there is no outline in it; export a list of feeds as OPML")
    return reader.finish()


class _Entities(Exception):
    pass


def _check(text: str, gathered: Gathered) -> None:
    """Say what is wrong with the document as XML."""

    def refuse(*_: object) -> None:
        raise _Entities

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text, True)
    except _Entities:
        gathered.note("it declares entities, which are not expanded", parser.CurrentLineNumber)
    except expat.ExpatError as error:
        problem = expat.ErrorString(error.code)
        gathered.note(f"not well-formed XML ({problem}), read as far as possible", error.lineno)


class _Reader:
    """Takes outlines as they are met; no tree is built."""

    def __init__(self) -> None:
        self.gathered = Gathered()
        self.is_opml = False
        self.outlines = 0
        self._title: list[str] = []
        self._folders: list[str] = []
        self._deep = 0
        self._in_title = False

    def start(self, tag: Tag) -> None:
        """Take a tag that opens an element."""
        self._in_title = tag.name == "title" and not self._folders
        self.is_opml = self.is_opml or tag.name == "opml"
        if tag.name != "outline":
            return
        self.outlines += 1
        self._folders.append("")
        if len(self._folders) > MAX_DEPTH:
            self._deep += 1
        elif self.outlines <= MAX_OUTLINES:
            self._outline(tag.attributes())
        if tag.empty:
            self._folders.pop()

    def end(self, name: str) -> None:
        """Take a tag that closes one."""
        self._in_title = False
        if name == "outline" and self._folders:
            self._folders.pop()

    def text(self, text: str) -> None:
        """Take what stands between two tags."""
        if self._in_title:
            self._title.append(text)

    def finish(self) -> SubscriptionList:
        if self.outlines > MAX_OUTLINES:
            left = self.outlines - MAX_OUTLINES
            self.gathered.note(f"the first {MAX_OUTLINES:,} outlines are read, {left:,} were left out")
        if self._deep:
            self.gathered.note(f"{self._deep:,} outlines nested deeper than {MAX_DEPTH} were left out")
        return self.gathered.finish("opml", "".join(self._title))

    def _outline(self, said: Mapping[str, str]) -> None:
        kind = said.get("type", "").strip().lower()
        title = one_line(said.get("text", "")) or one_line(said.get("title", ""))
        url = (said.get("xmlurl", "") or (said.get("url", "") if kind in _FEEDS else "")).strip()
        name = shown(title or said.get("url", "") or said.get("htmlurl", ""))
        if kind == "source" and url:
            self.gathered.note(f"{name} is a list of feeds at {shown(url)}, which is not followed: import it by itself")
        elif url:
            self.gathered.add(
                url,
                title="" if title == url else title,
                page=said.get("htmlurl"),
                tags=[*self._folders[:-1], *_categories(said.get("category", ""))],
                paused=said.get("iscomment", "").strip().lower() == "true",
                language=said.get("language"),
            )
        elif kind in _LISTS:
            target = said.get("url", "").strip()
            what = f"points to {shown(target)}" if target else "points to nothing"
            self.gathered.note(f"the {kind} {name} {what}, which is not followed: import it by itself")
        elif said.get("htmlurl", "").strip():
            page = shown(said["htmlurl"])
            self.gathered.note(f"{name} has no feed, only the page {page}: add the page to look for its feed")
        elif "xmlurl" in said or kind in _FEEDS:
            self.gathered.note(f"{name} has no address and was left out")
        else:
            self._folders[-1] = title


def _categories(written: str) -> list[str]:
    """Tags from comma-separated, slash-delimited categories: each part of a path is a tag."""
    return [part for part in map(one_line, _DIVIDING.split(written)) if part]


def write(
    subscriptions: Iterable[Subscription], *, title: str, created: datetime | None = None, owner: str | None = None
) -> bytes:
    """An OPML 2.0 document in which `read` finds the same subscriptions in the same order.

    Neighbours with the same first tag share a folder, as most readers know no categories; the other tags are
    categories, or folders within it as far as one holds a comma or slash. `created` is aware; without it the document
    has no date.
    """
    head = [("title", title)]
    head += [("dateCreated", format_datetime(created.astimezone(UTC), usegmt=True))] if created else []
    head += [("ownerName", owner)] if owner else []
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "  <head>"]
    lines += [f"    <{name}>{escape(one_line(value), quote=False)}</{name}>" for name, value in head]
    lines += ["  </head>", "  <body>"]
    for folders, group in groupby(subscriptions, _folders):
        lines += [f"{_indent(depth)}<outline{_attributes(text=tag)}>" for depth, tag in enumerate(folders)]
        lines += [f"{_indent(len(folders))}<outline{_said(one, len(folders))}/>" for one in group]
        lines += [f"{_indent(depth)}</outline>" for depth in reversed(range(len(folders)))]
    return "\n".join([*lines, "  </body>", "</opml>", ""]).encode("utf-8")


def _folders(one: Subscription) -> tuple[str, ...]:
    last = max((index for index, tag in enumerate(one.tags) if _DIVIDING.search(tag)), default=0)
    return one.tags[: min(last + 1, MAX_DEPTH - 1)]


def _said(one: Subscription, folders: int) -> str:
    return _attributes(
        type="rss",
        text=one_line(one.title) or one.url,
        title=one_line(one.title),
        xmlUrl=one.url,
        htmlUrl=one.page,
        language=one.language,
        category=",".join(one.tags[folders:]),
        isComment="true" if one.paused else None,
    )


def _attributes(**said: str | None) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in said.items() if value)


def _indent(depth: int) -> str:
    return "  " * (depth + 2)
