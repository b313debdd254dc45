"""Values of a JSON Feed read as what their keys mean. What is not what it should be is nothing; nothing is raised."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from syndicator.core.articles import fields
from syndicator.core.text import clean_text, one_line, shorten
from syndicator.core.upstream import texts
from syndicator.core.upstream.articles import MAX_ID
from syndicator.core.upstream.extras import MAX_TAGS
from syndicator.core.upstream.jsontext import Json
from syndicator.core.upstream.media import media_type, web
from syndicator.core.upstream.moments import text_moment
from syndicator.core.upstream.people import MAX_PEOPLE
from syndicator.core.upstream.texts import Cuts
from syndicator.core.urls import safe_url
from syndicator.model import Link, Person

Object = dict[str, Json]

_MAX_NUMBER = 2**53


def extension(holder: Object) -> Object:
    """What our own extension says of an object."""
    return an_object(holder.get("_syndicator"))


def an_object(value: Json) -> Object:
    """An object, empty where there is none."""
    return value if isinstance(value, dict) else {}


def objects(value: Json, most: int = 1000) -> list[Object]:
    """The objects of a list, or a single one, at most so many."""
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, dict)][:most]


def line(value: Json) -> str:
    """Text or a number as one line; empty for anything else."""
    if isinstance(value, str):
        return one_line(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def name(value: Json) -> str | None:
    """A short line."""
    return shorten(line(value), texts.MAX_NAME) or None


def identifier(holder: Object, key: str = "id") -> str | None:
    """An id as text, trimmed, a number as it is written. None where there is none."""
    value = holder.get(key)
    return (clean_text(value).strip() if isinstance(value, str) else line(value))[:MAX_ID] or None


def moment(value: Json) -> datetime | None:
    """A date as RFC 3339 or as people write it; without a zone it is UTC."""
    return text_moment(value) if isinstance(value, str) else None


def language(value: Json) -> str | None:
    """A BCP 47 tag; `und` says that it is not known."""
    tag = fields.language(value) if isinstance(value, str) else None
    return None if tag == "und" else tag


def whole(value: Json) -> int | None:
    """A number that is not negative, rounded; also one that was written as text."""
    if isinstance(value, str) and len(value) < 32:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value) if math.isfinite(value) and 0 <= value <= _MAX_NUMBER else None


def tags(value: Json, cuts: Cuts) -> tuple[str, ...]:
    """The tags of a list; of a string those between its commas."""
    parts: list[Json] = [*value.split(",")] if isinstance(value, str) else value if isinstance(value, list) else []
    names = (cuts.line(line(part), texts.MAX_NAME, "names") for part in parts)
    return cuts.few(tuple(dict.fromkeys(filter(None, names))), MAX_TAGS, "tags")


def people(values: Iterable[Json], base: str, cuts: Cuts) -> tuple[Person, ...]:
    """Authors: objects, or names as text."""
    found = dict.fromkeys(filter(None, (_person(value, base, cuts) for value in values)))
    return cuts.few(tuple(found), MAX_PEOPLE, "authors")


def authors(holder: Object, base: str, cuts: Cuts) -> tuple[Person, ...]:
    """The `authors` (1.1) of an item or feed, else its `author` (1.0)."""
    several = holder.get("authors")
    found = people(several if isinstance(several, list) else [several], base, cuts)
    return found or people([holder.get("author")], base, cuts)


def _person(value: Json, base: str, cuts: Cuts) -> Person | None:
    if isinstance(value, str):
        return fields.person(value[: texts.MAX_NAME])
    if not isinstance(value, dict):
        return None
    url = value.get("url")
    uri = safe_url(url, base) if isinstance(url, str) and url.strip() else None
    email = line(extension(value).get("email")) or None
    if email is None and uri and uri.startswith("mailto:"):
        email, uri = uri.removeprefix("mailto:").partition("?")[0], None
    shown = email or (uri or "").partition("://")[2].rstrip("/")
    found = cuts.line(line(value.get("name")) or shown, texts.MAX_NAME, "names")
    return Person(name=found, email=email, uri=uri) if found else None


def link(value: Json, base: str) -> Link | None:
    """A link as our extension writes it: an address or a title, and more."""
    said = an_object(value)
    href, title = web(said.get("url"), base), line(said.get("title"))[: texts.MAX_TITLE]
    if not href and not title:
        return None
    return Link(
        href=href,
        title=title or None,
        rel=name(said.get("rel")),
        type=(media_type(said["type"], "") if said.get("type") else None),
        hreflang=language(said.get("language")),
    )
