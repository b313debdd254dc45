"""The configuration of planets: Planet's and Planet Venus's `config.ini`, Pluto's `planet.ini`.

A section named by an address is a feed (Planet, Venus), and so is one with a key `feed` (Pluto). What a planet did
to its feeds beside naming them is not taken over, and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from syndicator.core.lists.gather import Gathered, feed_url, shown
from syndicator.core.text import clean_text
from syndicator.errors import BadList
from syndicator.model import SubscriptionList

_SECTION = re.compile(r"\[([^\n]*)\]\s*(?:[;#][^\n]*)?")
_KEY = re.compile(r"([A-Za-z_][\w. -]{0,60}?)[ \t]*[=:]")
_NESTED_KEY = re.compile(r"[A-Za-z_][\w-]{0,60}[ \t]*=")
_COMMENT = re.compile(r"[#;]|rem[ \t]", re.IGNORECASE)
_INLINE = re.compile(r"\s;[^\n]*")
_OF_A_FEED = frozenset({"name", "title", "link", "feed", "lang", "language", "content_type", "tags", "category"})
_LISTS = frozenset({"opml", "foaf", "csv", "config", "tmpl"})


@dataclass(slots=True)
class Section:
    """A section of an INI file: its name, the line it begins on, and its keys in lower case with their values."""

    name: str
    line: int
    values: dict[str, str] = field(default_factory=dict)


def sections(text: str) -> Iterator[Section]:
    """The sections of an INI file in order, what stands before the first as one without a name.

    Nothing is interpolated. Keys may be indented, as in Pluto's files; other indented lines go on with the value.
    Raises BadList for a line that is neither.
    """
    section, key = Section("", 1), ""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped or _COMMENT.match(stripped):
            continue
        indented = line[0] in " \t"
        header = _SECTION.fullmatch(stripped) if not indented or not key else None
        found = _KEY.match(stripped) if not indented or _NESTED_KEY.match(stripped) or not key else None
        if header is not None:
            yield section
            section, key = Section(header[1].strip(), number), ""
        elif found is not None:
            key = found[1].strip().lower()
            section.values[key] = _INLINE.sub("", stripped[found.end() :]).strip()
        elif indented and key:
            section.values[key] = f"{section.values[key]}\n{_INLINE.sub('', stripped)}".strip()
        else:
            raise BadList(f"{shown(stripped)} is neither a [section] nor `key = value`: correct it", number)
    yield section


def read(text: str) -> SubscriptionList:
    """The subscriptions of a planet's configuration. Raises BadList with the line that cannot be read."""
    gathered = Gathered()
    title, pluto, planet = "", False, False
    defaults: dict[str, str] = {}
    for section in sections(clean_text(text)):
        name, values = section.name, section.values
        if name.lower() in ("", "planet"):
            title = values.get("name") or values.get("title") or title
            planet = planet or bool(name)
            _note_facts(gathered, section)
        elif name == "DEFAULT":
            defaults = values
            _note_keys(gathered, section, "[DEFAULT]", frozenset({"lang", "language", "tags"}))
        elif url := feed_url(name):
            planet = True
            _feed(gathered, section, url, defaults)
        elif "feed" in values:
            pluto = True
            _feed(gathered, section, values["feed"], defaults)
        else:
            gathered.note(f"the section [{shown(name)[1:-1]}] names no feed and is not taken over", section.line)
    return gathered.finish("pluto" if pluto and not planet else "planet", title)


def _feed(gathered: Gathered, section: Section, url: str, defaults: dict[str, str]) -> None:
    values = section.values
    kind = values.get("content_type", "").lower()
    if kind in _LISTS or kind.partition("/")[2] in _LISTS:
        advice = "import it by itself"
        gathered.note(f"{shown(url)} is a list of feeds ({kind}), which is not followed: {advice}", section.line)
        return
    gathered.add(
        url,
        title=values.get("name") or values.get("title", ""),
        page=values.get("link"),
        tags=(values.get("tags") or values.get("category") or defaults.get("tags", "")).replace("\n", ",").split(","),
        language=values.get("lang") or values.get("language") or defaults.get("lang") or defaults.get("language"),
        line=section.line,
    )
    _note_keys(gathered, section, shown(url), _OF_A_FEED)


def _note_facts(gathered: Gathered, section: Section) -> None:
    where = "[Planet]" if section.name else "at the head"
    _note_keys(gathered, section, where, frozenset({"name", "title", "link"}))


def _note_keys(gathered: Gathered, section: Section, where: str, taken: frozenset[str]) -> None:
    others = [key for key in section.values if key not in taken]
    if others:
        named = ", ".join(f"`{key}`" for key in others[:12]) + (" and more" if len(others) > 12 else "")
        gathered.note(f"{where}: not taken over: {named}", section.line)
