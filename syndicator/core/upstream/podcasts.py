"""What makes an entry an episode of a podcast: Apple's namespace and Podcasting 2.0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from syndicator.core.articles import fields
from syndicator.core.upstream.elements import Element, Own
from syndicator.core.upstream.media import cover, media_type, web
from syndicator.core.upstream.texts import MAX_SUMMARY, Cuts
from syndicator.model import Episode, Link

MAX_TRANSCRIPTS = 20

_KINDS = frozenset({"full", "trailer", "bonus"})
_SEASON = re.compile(r"[0-9]{1,6}")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_EXPLICIT = {"yes": True, "true": True, "explicit": True, "no": False, "false": False, "clean": False}


def episode(values: Mapping[str, Any], own: Own, base: str, cuts: Cuts) -> Episode | None:
    """The episode, None where nothing makes the entry one."""
    season = own.first("itunes:season", "podcast:season")
    number = own.first("itunes:episode", "podcast:episode")
    kind = own.first("itunes:episodetype").lower()
    subtitle = values.get("subtitle")
    transcripts = tuple(filter(None, map(_linked, own.all("podcast:transcript"))))
    found = Episode(
        season=int(season) if _SEASON.fullmatch(season) else None,
        number=number if _NUMBER.fullmatch(number) else None,
        kind=kind if kind in _KINDS else None,
        explicit=_explicit(values, own),
        subtitle=cuts.line(subtitle, MAX_SUMMARY, "subtitles") if isinstance(subtitle, str) else "",
        image=cover(values, own, base),
        transcripts=cuts.few(tuple(dict.fromkeys(transcripts)), MAX_TRANSCRIPTS, "transcripts"),
        chapters=next(filter(None, map(_linked, own.all("podcast:chapters"))), None),
    )
    return found if found != Episode() else None


def _explicit(values: Mapping[str, Any], own: Own) -> bool | None:
    written = own.first("itunes:explicit").lower()
    if written or own.paired:
        return _EXPLICIT.get(written)
    told = values.get("itunes_explicit")
    return told if isinstance(told, bool) else None


def _linked(element: Element) -> Link | None:
    url = web(element.get("url"), element.base)
    if url is None:
        return None
    return Link(
        href=url,
        rel=element.get("rel").lower() or None,
        type=media_type(element.get("type"), url),
        hreflang=fields.language(element.get("language")),
    )
