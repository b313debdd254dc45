"""Spans of time, rates and moments in a person's words."""

from __future__ import annotations

from datetime import datetime, timedelta

_DAY = timedelta(days=1)
_UNITS = (
    ("second", timedelta(seconds=1), timedelta(seconds=90)),
    ("minute", timedelta(minutes=1), timedelta(minutes=90)),
    ("hour", timedelta(hours=1), timedelta(hours=36)),
    ("day", _DAY, timedelta.max),
)
"""Name, length, and from which span on the next one is used."""


def span(length: timedelta) -> str:
    """A length of time: `45 seconds`, `60 minutes`, `7.2 hours`, `3 days`. Negative counts as nothing."""
    name, unit = _unit(length)
    return _counted(_number(length, unit), name)


def pace(interval: timedelta, stretch: float) -> str:
    """An interval that is stretched by up to `stretch` (0.2 for a fifth): `60 to 72 minutes`."""
    longest = interval * (1 + stretch)
    name, unit = _unit(longest)
    low, high = _number(interval, unit), _number(longest, unit)
    return _counted(high, name) if low == high else f"{low} to {_counted(high, name)}"


def rate(gap: timedelta) -> str:
    """How often something happens that happens once in `gap`: `about 3 articles a day`."""
    for name, length in (("hour", _DAY / 24), ("day", _DAY), ("week", _DAY * 7), ("month", _DAY * 30)):
        count = length / gap if gap else float("inf")
        if count >= 100:
            return "more than 100 articles an hour"
        if round(count) >= (2 if name == "hour" else 1):
            return f"about {_counted(str(round(count)), 'article')} {'an' if name == 'hour' else 'a'} {name}"
    return "less than an article a month"


def moment(at: datetime) -> str:
    """A moment to the minute: `2026-11-22 10:14 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _unit(length: timedelta) -> tuple[str, timedelta]:
    return next((name, unit) for name, unit, below in _UNITS if length < below or name == "day")


def _number(length: timedelta, unit: timedelta) -> str:
    """How many units, with one decimal from hours on, where it is not 0."""
    count = max(length / unit, 0)
    return f"{count:.1f}".removesuffix(".0") if unit >= timedelta(hours=1) else f"{count:.0f}"


def _counted(number: str, name: str) -> str:
    return f"{number} {name}" if number == "1" else f"{number} {name}s"
