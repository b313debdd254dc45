"""What can be asked of an article in a filter, and what the values mean."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

from syndicator.core.queries.about import folded
from syndicator.core.queries.patterns import compiled
from syndicator.core.text import one_line, shorten
from syndicator.errors import BadExpression

T = TypeVar("T", int, datetime)
THINGS = ("image", "enclosure", "audio", "video", "place")
VERDICTS = ("corrected", "retracted")
COMPARISONS = (">", ">=", "<", "<=", "=")

_RANGE = re.compile(r"\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_NUMBER = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9-]{10}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?")
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Which operators a field takes, and what makes a value of it good; that raises BadExpression."""

    operators: tuple[str, ...]
    usage: str
    check: Callable[[str], str]


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean x?` where one of the known words is near, else `; there are …`, as the end of a sentence."""
    known = list(known)
    found = difflib.get_close_matches(word, known, 1, 0.6) if len(word) <= 40 else []
    return f"; did you mean {found[0]}?" if found else f"; there are {', '.join(known)}."


def check(field: str, operator: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """The values as they are kept. Raises BadExpression where one cannot be meant."""
    if operator == "~":
        for value in values:
            compiled(value)
        return values
    return tuple(map(FIELDS[field].check, values))


def plain_language(tag: str | None) -> str:
    """A language tag for comparing: ASCII letters in lower case, empty where there is none."""
    return (tag or "").translate(_LOWER)


def numbers(operator: str, value: str) -> tuple[int | None, int | None]:
    """From which number (inclusive) to which (exclusive) a comparison holds; None: no bound."""
    number = int(value)
    return _bounds(operator, number, number + 1)


def moments(operator: str, value: str) -> tuple[datetime | None, datetime | None]:
    """From which moment (inclusive) to which (exclusive) a comparison holds; None: no bound. A date is a whole day."""
    start = _moment(value)
    return _bounds(operator, start, start + (_DAY if _DATE.fullmatch(value) else _MICROSECOND))


def _bounds(operator: str, start: T, end: T) -> tuple[T | None, T | None]:
    first = {">": end, ">=": start, "=": start}.get(operator)
    before = {"<": start, "<=": end, "=": end}.get(operator)
    return first, before


def _moment(value: str) -> datetime:
    told = datetime.fromisoformat(value.upper())
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)


def _any(value: str) -> str:
    if not value.strip():
        raise BadExpression("a value is empty")
    return value


def _text(value: str) -> str:
    if not folded(value):
        raise BadExpression("a value is empty")
    return value


def _language(value: str) -> str:
    if not _RANGE.fullmatch(value):
        raise BadExpression("a language is a tag such as en or en-GB, or * for any")
    return value


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise BadExpression("a number of words is written in digits, such as words>200")
    return value


def _time(value: str) -> str:
    try:
        if not (_DATE.fullmatch(value) or _INSTANT.fullmatch(value)):
            raise ValueError
        moment = _moment(value)
        if not 1 < moment.year < 9999:
            raise ValueError
    except (ValueError, OverflowError):
        raise BadExpression("a time is written 2026-01-31 or 2026-01-31T12:00:00Z") from None
    return value


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value.lower() not in known:
            raise BadExpression(f"{shorten(one_line(value), 40)} is not known{nearest(value.lower(), known)}")
        return value.lower()

    return check


_COMPARED = ", ".join(COMPARISONS[:-1]) + " or ="
FIELDS = MappingProxyType(
    {
        "tag": Field(operators=(":", "~"), usage="tag:name or tag~/pattern/", check=_any),
        "author": Field(operators=(":", "~"), usage='author:"name" or author~/pattern/', check=_any),
        "source": Field(operators=(":",), usage="source:name", check=_any),
        "language": Field(operators=(":",), usage="language:en", check=_language),
        "title": Field(operators=(":", "~"), usage='title:"words" or title~/pattern/', check=_text),
        "text": Field(operators=(":", "~"), usage='text:"words" or text~/pattern/', check=_text),
        "url": Field(operators=(":", "~"), usage="url:part or url~/pattern/", check=_text),
        "words": Field(operators=COMPARISONS, usage=f"{_COMPARED}, such as words>200", check=_number),
        "published": Field(operators=COMPARISONS, usage=f"{_COMPARED}, such as published>=2026-01-31", check=_time),
        "seen": Field(operators=COMPARISONS, usage=f"{_COMPARED}, such as seen>=2026-01-31", check=_time),
        "has": Field(operators=(":",), usage=" or ".join(f"has:{thing}" for thing in THINGS), check=_one_of(THINGS)),
        "is": Field(operators=(":",), usage="is:corrected or is:retracted", check=_one_of(VERDICTS)),
    }
)
"""The fields by name."""
