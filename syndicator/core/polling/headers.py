"""What a response's headers say about asking again: validators, freshness, Retry-After. Rubbish counts as absent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from syndicator.core.polling.schedule import HINT_MAX, RETRY_MAX
from syndicator.model import Response

VALIDATOR_MAX = 8192
"""Bytes of a validator that is kept; a longer one is dropped."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "(?P<month>[A-Za-z]{3})"
_YEAR = r"(?P<year>\d{4}|\d\d)"
_ZONE = r"(?:\s+(?:GMT|UTC|[+-]0000))?"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)"
_HTTP_DATES = (
    re.compile(rf"(?:[A-Za-z]+,?\s+)?(?P<day>\d{{1,2}})[ -]{_MONTH}[ -]{_YEAR}\s+{_TIME}{_ZONE}", re.ASCII),
    re.compile(rf"[A-Za-z]+\s+{_MONTH}\s+(?P<day>\d{{1,2}})\s+{_TIME}\s+{_YEAR}", re.ASCII),
)
"""IMF-fixdate and RFC 850; asctime (RFC 9110 section 5.6.7)."""
_LIST_OF_SECONDS = re.compile(r"\s*\d+(?:\.\d+)?(?:\s*,\s*\d+(?:\.\d+)?)*\s*", re.ASCII)
_DIRECTIVE = re.compile(r"""([A-Za-z0-9_-]+)\s*(?:=\s*("[^"]*"|[^\s,;"]*))?""", re.ASCII)
_UNSENDABLE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_PIVOT = 70


def validators(response: Response) -> tuple[str | None, str | None]:
    """ETag and Last-Modified of a response, as they stand there; None for one that is absent or cannot be sent back.

    They are opaque: quotes, `W/` and nonsense stay. Dropped are those with control characters (RFC 9110 section
    5.5), or longer than `VALIDATOR_MAX`.
    """
    return _sendable(response.headers.get("etag")), _sendable(response.headers.get("last-modified"))


def _sendable(value: str | None) -> str | None:
    if value is None or not value.strip() or len(value) > VALIDATOR_MAX or _UNSENDABLE.search(value):
        return None
    return value


def fresh(headers: Mapping[str, str]) -> int | None:
    """For how many seconds more the response is fresh, 1 to `HINT_MAX`; None where it says nothing of use.

    That is the longer of max-age less Age, and Expires less Date (RFC 9111 section 4.2). `no-cache` and `no-store`
    take both away; `s-maxage` is for shared caches and not for us.
    """
    directives = cache_control(headers)
    if "no-cache" in directives or "no-store" in directives:
        return None
    lifetimes = [_delta(directives.get("max-age")), _expires(headers)]
    longest = max((lifetime for lifetime in lifetimes if lifetime is not None), default=0)
    left = longest - (_delta(headers.get("age")) or 0)
    return min(left, int(HINT_MAX.total_seconds())) if left > 0 else None


def says_freshness(headers: Mapping[str, str]) -> bool:
    """Whether a response speaks of freshness at all: a 304 that does not leaves the former word standing."""
    return "cache-control" in headers or "expires" in headers


def cache_control(headers: Mapping[str, str]) -> dict[str, str]:
    """The directives of Cache-Control in lower case, without quotes; of one named twice the first counts."""
    directives: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(headers.get("cache-control", "")):
        directives.setdefault(match[1].lower(), (match[2] or "").strip('"'))
    return directives


def _expires(headers: Mapping[str, str]) -> int | None:
    """Expires less Date. Without a Date there is nothing to compare with: our own clock proves nothing."""
    expires, date = http_date(headers.get("expires")), http_date(headers.get("date"))
    return None if expires is None or date is None else int((expires - date).total_seconds())


def _delta(text: str | None) -> int | None:
    """Delta-seconds (RFC 9111 section 1.2.2), None for anything else; large ones are bounded."""
    if text is None or not re.fullmatch(r"\s*\d+\s*", text, re.ASCII):
        return None
    return int(text.strip()[:10]) if len(text.strip()) <= 10 else 2**31


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long to wait from `now`, more than 0 and up to `RETRY_MAX`; None where nothing sensible is said.

    Seconds, or a date (RFC 9110 section 10.2.3), which is judged by the response's own Date where it has one: our
    clock may be wrong.
    """
    text = headers.get("retry-after", "")
    if _LIST_OF_SECONDS.fullmatch(text):
        wait = max(_bounded(part) for part in text.split(","))
    else:
        until = http_date(text)
        if until is None:
            return None
        wait = until - (http_date(headers.get("date")) or now)
    return min(wait, RETRY_MAX) if wait > timedelta() else None


def _bounded(seconds: str) -> timedelta:
    most = RETRY_MAX.total_seconds()
    return timedelta(seconds=min(float(seconds), most)) if len(seconds) < 300 else RETRY_MAX


def http_date(text: str | None) -> datetime | None:
    """A date of HTTP in any of its three forms, in UTC; None for anything else. Second 60 counts as 59."""
    for form in _HTTP_DATES if text and len(text) < 100 else ():
        match = form.fullmatch(text.strip()) if text else None
        month = match["month"].lower() if match else ""
        if match and month in _MONTHS:
            year = int(match["year"])
            year += (1900 if year >= _PIVOT else 2000) if len(match["year"]) == 2 else 0
            clock = (
                int(match["hour"]),
                int(match["minute"]),
                min(int(match["second"]), 59 + (int(match["second"]) > 60)),
            )
            try:
                return datetime(year, _MONTHS.index(month) + 1, int(match["day"]), *clock, tzinfo=UTC)
            except ValueError:
                return None
    return None
