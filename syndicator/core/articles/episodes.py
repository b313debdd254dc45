"""Front matter that makes an article an episode of a podcast: season, number, kind, transcripts, chapters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields as dataclass_fields
from dataclasses import replace

from syndicator.core.articles import fields
from syndicator.core.articles.metadata import Value
from syndicator.core.text import one_line
from syndicator.model import Episode, Link

KEYS = ("season", "episode", "episode_type", "explicit", "transcripts", "chapters")
"""Meanings of the keys that stand at the top; `episode` may also be a map of all of them."""

_INNER = {
    "season": "season",
    "number": "number",
    "episode": "number",
    "type": "episode_type",
    "kind": "episode_type",
    "episode_type": "episode_type",
    "explicit": "explicit",
    "subtitle": "subtitle",
    "image": "image",
    "cover": "image",
    "transcript": "transcripts",
    "transcripts": "transcripts",
    "chapters": "chapters",
}
_KINDS = frozenset({"full", "trailer", "bonus"})
_WHOLE = re.compile(r"[0-9]{1,6}")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_EXPLICIT = {"explicit": True, "clean": False}
_CHAPTERS = "application/json+chapters"


def episode(meaning: str, value: Value) -> Episode | None:
    """What the value of a key with that meaning (one of `KEYS`) says of the episode; None where it cannot be read."""
    if meaning != "episode":
        return _READERS[meaning](value)
    if not isinstance(value, dict):
        return _number(value)
    parts = [
        (_INNER.get(key.lower().replace("-", "_")), part) for key, part in value.items() if part not in ("", [], {})
    ]
    found = Episode()
    for inner, part in parts:
        read = _READERS[inner](part) if inner else None
        if read is None:
            return None
        found = joined(found, read)
    return found if parts else None


def joined(first: Episode | None, second: Episode) -> Episode:
    """Both; where both say something, the first does."""
    base = Episode()
    if first is None:
        return second
    said = {
        field.name: getattr(second, field.name)
        for field in dataclass_fields(Episode)
        if getattr(first, field.name) == getattr(base, field.name)
    }
    return replace(first, **said)


def addresses(found: Episode | None) -> Iterator[str]:
    """The addresses in an episode: its picture, transcripts and chapters."""
    if found is None:
        return
    links = (*found.transcripts, *filter(None, [found.chapters]))
    yield from filter(None, [found.image, *(link.href for link in links)])


def settled(found: Episode, resolved: Callable[[str | None], str | None]) -> Episode:
    """The episode with its addresses replaced; what leads nowhere is left out."""

    def linked(link: Link) -> Link | None:
        href = resolved(link.href)
        return replace(link, href=href) if href else None

    return replace(
        found,
        image=resolved(found.image),
        transcripts=tuple(filter(None, map(linked, found.transcripts))),
        chapters=linked(found.chapters) if found.chapters else None,
    )


def _season(value: Value) -> Episode | None:
    return Episode(season=int(value)) if isinstance(value, str) and _WHOLE.fullmatch(value.strip()) else None


def _number(value: Value) -> Episode | None:
    number = value.strip() if isinstance(value, str) else ""
    return Episode(number=number) if _NUMBER.fullmatch(number) else None


def _kind(value: Value) -> Episode | None:
    kind = value.strip().lower() if isinstance(value, str) else ""
    return Episode(kind=kind) if kind in _KINDS else None


def _explicit(value: Value) -> Episode | None:
    word = value.strip().lower() if isinstance(value, str) else ""
    explicit = _EXPLICIT.get(word, fields.truth(value))
    return None if explicit is None else Episode(explicit=explicit)


def _subtitle(value: Value) -> Episode | None:
    subtitle = fields.prose(value)
    return Episode(subtitle=subtitle) if subtitle else None


def _image(value: Value) -> Episode | None:
    image = fields.image(value)
    return Episode(image=image.url) if image and image.url else None


def _transcripts(value: Value) -> Episode | None:
    parts = value if isinstance(value, list) else [value]
    found = tuple(filter(None, map(_link, parts)))
    return Episode(transcripts=found) if found and len(found) == len(parts) else None


def _chapters(value: Value) -> Episode | None:
    link = _link(value)
    if link is None:
        return None
    return Episode(chapters=replace(link, type=_CHAPTERS) if link.type in (None, "application/json") else link)


def _link(value: Value) -> Link | None:
    """A file or an address, or a map of it with its type, language and, of captions, relation."""
    given = {key.lower(): part for key, part in value.items()} if isinstance(value, dict) else {"url": value}
    files = fields.enclosures({key: part for key, part in given.items() if isinstance(part, str)})
    if not files:
        return None
    type = None if files[0].type == "application/octet-stream" else files[0].type
    rel = one_line(str(given.get("rel", ""))).lower() or None
    return Link(href=files[0].url, type=type, hreflang=fields.language(given.get("language", "")), rel=rel)


_READERS: dict[str, Callable[[Value], Episode | None]] = {
    "season": _season,
    "number": _number,
    "episode_type": _kind,
    "explicit": _explicit,
    "subtitle": _subtitle,
    "image": _image,
    "transcripts": _transcripts,
    "chapters": _chapters,
}
