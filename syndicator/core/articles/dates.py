"""Dates as people write them. Nothing here depends on the current day, the machine's time zone or what was read before.

A small grammar reads the written forms of some twenty languages in microseconds; dateparser is asked, strictly, for
the rest. Both take a date only when it is whole (day, month and year) and nothing else stands beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from syndicator.core.articles.datewords import LABELS, MONTHS, WITHOUT_MEANING, ZONES

if TYPE_CHECKING:
    from dateparser.date import DateDataParser

MAX_LENGTH = 200
"""Characters; a longer text is no date."""

_TOKEN = re.compile(
    r"""
      (?P<ymd>(?P<y>\d{4})(?P<dash>[-/.])\s?(?P<m>\d{1,2})(?P=dash)\s?(?P<d>\d{1,2})(?!\d)\.?(?:t(?=\d))?)
    | (?P<cjk>(?P<cy>\d{4})\s?[年년]\s?(?P<cm>\d{1,2})\s?[月월]\s?(?P<cd>\d{1,2})\s?[日号일]?)
    | (?P<dmy>(?P<a>\d{1,2})(?P<sep>[./-])\s?(?P<b>\d{1,2})(?P=sep)\s?(?P<c>\d{4}|\d{2})(?!\d))
    | (?P<time>(?P<hour>\d{1,2})(?:[:.]|\s?h\s?|\s?[时時点시]\s?)(?P<minute>\d{2})
        (?:\s?[分분]|[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?
        (?!\d)(?:\s?(?P<half>[ap])\.?\s?m(?![^\W\d_])\.?)?)
    | (?P<clock>(?P<chour>\d{1,2})\s?(?P<chalf>[ap])\.?\s?m(?![^\W\d_])\.?)
    | (?P<offset>\s?(?P<sign>[+−-])(?P<oh>\d{1,2})(?::?(?P<om>\d{2}))?(?!\d))
    | (?P<number>(?P<n>\d{1,4})(?:st|nd|rd|th|er|o|a|°|г|\.)?(?![^\W_]))
    | (?P<word>(?P<w>[^\W\d_]+(?:['’-][^\W\d_]+)*)\.?)
    | (?P<skip>[\s,;|·•()/–—-])
    """,
    re.VERBOSE,
)
_PLAUSIBLE = re.compile(r"\d{4}|\d[./-]\s?\d{1,2}[./-]\s?\d{2}|\d\s[^\W\d_]{1,20}\.?\s\d{2}")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[t ]?(\d\d)(\d\d)(\d\d)?\s?(z|[+-]\d\d:?\d\d)?)?")
_ZONE_IN_WORDS = re.compile(r"(?<=\d)\s?\([a-z ]{2,40}\)$")
_PIVOT = 69


@dataclass(slots=True)
class _Parts:
    """What was found so far; `follows_time` while a zone may come."""

    date: tuple[int, int, int] | None = None
    month: int | None = None
    numbers: tuple[str, ...] = ()
    time: tuple[int, int, int, int] | None = None
    zone: tzinfo | None = None
    follows_time: bool = False


def parse(text: str, timezone: str, day_first: bool = False) -> datetime | None:
    """The moment that a text names, in UTC, or None when it is not a date and nothing but a date.

    `timezone` (IANA name) holds where the text names no zone; a day without a time begins at midnight there.
    `day_first` decides `03/04/2024`; with dots the day is always first. Two-digit years are 1969 to 2068. At most
    200 characters are a date. Takes linear time; raises ZoneInfoNotFoundError for an unknown `timezone`, else nothing.
    """
    moment = written(text, timezone, day_first)
    if moment is None and _worth_asking(text):
        moment = _ask(unicodedata.normalize("NFKC", text).strip(), timezone, day_first)
    return moment


def written(text: str, timezone: str, day_first: bool = False) -> datetime | None:
    """Like `parse`, but only what the grammar knows: quick enough to try where in a line a date begins."""
    zone = ZoneInfo(timezone)
    if len(text) > MAX_LENGTH or not _PLAUSIBLE.search(text):
        return None
    text = _ZONE_IN_WORDS.sub("", unicodedata.normalize("NFKC", text).strip().casefold())
    compact = _COMPACT.fullmatch(text)
    parts = _compact(compact) if compact else _scan(text, day_first)
    return _moment(parts, zone) if parts is not None else None


def _compact(match: re.Match[str]) -> _Parts | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    if not 1900 <= year < 2100:
        return None
    zone = _offset(match[7][0], match[7][1:3], match[7][-2:]) if match[7] and match[7] != "z" else None
    return _Parts(date=(year, month, day), time=(hour, minute, second, 0), zone=zone or (UTC if match[7] else None))


def _scan(text: str, day_first: bool) -> _Parts | None:
    parts, position = _Parts(), 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return None
        position = token.end()
        if token.lastgroup == "offset" and not parts.follows_time:
            position = token.end("sign")
        elif not _take(token, parts, day_first):
            return None
    return _with_numbers(parts)


def _take(token: re.Match[str], parts: _Parts, day_first: bool) -> bool:
    """Note what a token says; False when it cannot stand in a date, or says again what was said."""
    kind = token.lastgroup
    if kind == "skip":
        return True
    if kind == "word":
        return _take_word(token["w"], parts)
    if kind in ("time", "clock"):
        return _take_time(token, parts)
    if kind == "offset":
        known, parts.zone = parts.zone, _offset(token["sign"], token["oh"], token["om"] or "00")
        parts.follows_time = False
        return parts.zone is not None and known in (None, UTC)
    parts.follows_time = False
    if kind == "number":
        parts.numbers += (token["n"],)
        return len(parts.numbers) <= 2
    fresh = parts.date is None
    if kind == "dmy":
        parts.date = _ordered(int(token["a"]), int(token["b"]), token["c"], day_first or token["sep"] != "/")
    else:
        parts.date = (int(token["y"] or token["cy"]), int(token["m"] or token["cm"]), int(token["d"] or token["cd"]))
    return fresh


def _take_word(word: str, parts: _Parts) -> bool:
    if word in MONTHS and parts.month is None:
        parts.month = MONTHS[word]
        parts.follows_time = False
        return True
    if word in ZONES and parts.follows_time and parts.zone is None:
        zone = ZONES[word]
        parts.zone = ZoneInfo(zone) if isinstance(zone, str) else fixed_zone(timedelta(minutes=zone))
        return True
    return word in WITHOUT_MEANING


def _take_time(token: re.Match[str], parts: _Parts) -> bool:
    fresh = parts.time is None
    hour, half = int(token["hour"] or token["chour"]), token["half"] or token["chalf"]
    if half:
        if not 1 <= hour <= 12:
            return False
        hour = hour % 12 + (12 if half == "p" else 0)
    microsecond = int((token["part"] or "0").ljust(6, "0")[:6])
    parts.time = (hour, int(token["minute"] or 0), int(token["second"] or 0), microsecond)
    parts.follows_time = True
    return fresh


def _ordered(a: int, b: int, year: str, day_first: bool) -> tuple[int, int, int]:
    if a > 12 or (day_first and b <= 12):
        a, b = b, a
    return _full_year(year), a, b


def _full_year(year: str) -> int:
    number = int(year)
    return number if len(year) == 4 else number + (1900 if number >= _PIVOT else 2000)


def _with_numbers(parts: _Parts) -> _Parts | None:
    """The parts, with day and year taken from the numbers that stand around a month's name."""
    if parts.date is not None:
        return parts if parts.month is None and not parts.numbers else None
    if parts.month is None or len(parts.numbers) != 2:
        return None
    day, year = sorted(parts.numbers, key=lambda number: len(number) == 4)
    if len(day) > 2 or len(year) not in (2, 4):
        return None
    parts.date = (_full_year(year), parts.month, int(day))
    return parts


def _offset(sign: str, hours: str, minutes: str) -> tzinfo | None:
    east = int(hours) * 60 + int(minutes)
    if east > 15 * 60 or int(minutes) > 59:
        return None
    return fixed_zone(timedelta(minutes=east if sign == "+" else -east))


def _moment(parts: _Parts, zone: tzinfo) -> datetime | None:
    hour, minute, second, microsecond = parts.time or (0, 0, 0, 0)
    midnight = (hour, minute, second) == (24, 0, 0)
    try:
        moment = datetime(*(parts.date or (0, 0, 0)), tzinfo=parts.zone or zone).replace(
            hour=0 if midnight else hour, minute=minute, second=min(second, 59) if second <= 60 else second
        )
        return (moment.replace(microsecond=microsecond) + timedelta(days=midnight)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_WORDS = re.compile(r"[^\W\d_]{2,}")
_NUMBERS = re.compile(r"\d+")
_MAX_ASKED = 60
_MAX_WORDS = 5


def _worth_asking(text: str) -> bool:
    """Whether dateparser, which is slow, could know better: a year, a day, a few words, no month known."""
    if len(text) > _MAX_ASKED or any(mark in text for mark in '\n!?[]{}<>"“”'):
        return False
    numbers, words = _NUMBERS.findall(text), _WORDS.findall(text.casefold())
    if not 2 <= len(numbers) <= 7 or not any(len(number) == 4 for number in numbers):
        return False
    if not any(len(number) <= 2 for number in numbers) or not 1 <= len(words) <= _MAX_WORDS:
        return False
    return not any(word in MONTHS for word in words)


def _ask(text: str, timezone: str, day_first: bool) -> datetime | None:
    """dateparser's answer, unless it made up a part: every number of its date must stand in the text."""
    try:
        found = _parser(timezone, day_first).get_date_data(text).date_obj
        if found is None:
            return None
        numbers = [int(number) for number in _NUMBERS.findall(text)]
        moment: datetime = found.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None
    return moment if found.year in numbers and found.day in numbers else None


@cache
def _parser(timezone: str, day_first: bool) -> DateDataParser:
    from dateparser.date import DateDataParser

    return DateDataParser(
        settings={
            "STRICT_PARSING": True,
            "PARSERS": ["absolute-time"],
            "RELATIVE_BASE": datetime(2000, 1, 1),
            "TIMEZONE": timezone,
            "RETURN_AS_TIMEZONE_AWARE": True,
            "DATE_ORDER": "DMY" if day_first else "MDY",
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """The dates of a line that holds nothing else. One without a label, or with an unknown one, is `published`."""

    published: datetime | None = None
    updated: datetime | None = None


_LABEL = re.compile(
    r"(?<![^\W_])(" + "|".join(map(re.escape, sorted(LABELS, key=len, reverse=True))) + r")(?![^\W\d_])", re.IGNORECASE
)
_AROUND = " \t\xa0:;,|·•–—-()/"


def read_line(line: str, timezone: str, day_first: bool = False) -> Dated | None:
    """The dates of a line such as `Published: 23 January 2024 | Updated: 24 January 2024, 10:15 CET`, or None.

    None when anything but dates and their labels stands in the line, or one date twice. Only `updated` is filled in
    for a lone `Updated: …`.
    """
    if len(line) > MAX_LENGTH or not _PLAUSIBLE.search(line):
        return None
    if (moment := written(line.strip(_AROUND), timezone, day_first)) is not None:
        return Dated(published=moment)
    return _labelled(line, timezone, day_first, parse)


def read_written(line: str, timezone: str, day_first: bool = False) -> Dated | None:
    """Like `read_line`, but only what the grammar knows: quick enough to try at every gap of a line."""
    return _labelled(line, timezone, day_first, written)


def _labelled(
    line: str, timezone: str, day_first: bool, read: Callable[[str, str, bool], datetime | None]
) -> Dated | None:
    found: dict[str, datetime] = {}
    for meaning, text in _pieces(line):
        moment = read(text, timezone, day_first)
        if moment is None or meaning in found:
            return None
        found[meaning] = moment
    return Dated(**found) if found else None


def _pieces(line: str) -> list[tuple[str, str]]:
    """The line cut before each label: what the label means, and the text after it."""
    labels = list(_LABEL.finditer(line))
    pieces = []
    head = line[: labels[0].start()] if labels else line
    if head.strip(_AROUND):
        pieces.append(("published", head.strip(_AROUND)))
    ends = [*(label.start() for label in labels[1:]), len(line)]
    for label, end in zip(labels, ends, strict=False):
        text = line[label.end() : end].strip(_AROUND)
        pieces.append((LABELS.get(label[1].casefold(), "published"), text))
    return pieces


def label(line: str) -> str | None:
    """What a line that is only a date's label announces: `published` or `updated`."""
    return LABELS.get(line.strip(_AROUND).casefold()) if len(line) <= _MAX_ASKED else None
