"""Dates: written as the format wants them, and saying what can be true."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from syndicator.core.checkup.entries import Date, Item
from syndicator.core.checkup.findings import Findings, error, hint, warning
from syndicator.core.upstream.moments import text_moment

UNREADABLE = error(
    "date-unreadable",
    "`{name}` is no date that readers know: {written}. They take the time at which they first saw it, or none. "
    "Write it as {example}.",
    "RFC 822 5; RFC 3339 5.6",
)
MISSING = warning(
    "date-missing",
    "has no date. Readers take the time at which they first saw it, each its own. Give each entry the date at which it "
    "was published.",
    "RSS Best Practices, pubDate",
)
FORM = warning(
    "date-form",
    "`{name}` is a date, but not as it should be written: {written}. Some readers cannot read it. Write it as "
    "{example}.",
    "RFC 822 5; RFC 3339 5.6",
)
WEEKDAY = warning(
    "date-weekday",
    "`{name}` names the wrong day of the week: {written} was a {right}. Some readers refuse the date.",
    "RFC 822 5",
)
SHORT_YEAR = warning(
    "date-short-year",
    "`{name}` has a year of two digits: {written}. Readers guess the century. Write all four.",
    "RSS 2.0, pubDate",
)
ZONE = warning(
    "date-zone",
    "`{name}` names a time zone that readers do not know: {written}. They take it for GMT, so that the time is off by "
    "hours. Write the zone as a number, like +0100.",
    "RFC 822 5",
)
FUTURE = warning(
    "date-future",
    "`{name}` lies ahead: {written}. Readers hide the entry until then, or pin it to the top. If it is a mistake of "
    "hours, the time zone is wrong.",
)
ANCIENT = warning(
    "date-ancient",
    "`{name}` is older than any feed: {written}. It is probably a zero where a date was missing. Leave out what is not "
    "known.",
)
ALL_SAME = warning(
    "dates-all-same",
    "all {count} entries have the same `{name}`: {written}. That looks like the time at which the feed was made. "
    "Readers cannot order them, and show all of them as changed when the feed is made again. Give each entry its own.",
    "RFC 4287 4.2.15",
)
CLOCK = warning(
    "feed-date-is-now",
    "`{name}` is the time of this very request: {written}. The document differs at every request, so that no reader "
    "is ever told that nothing has changed. Let it be the time of the newest change.",
    "RSS 2.0, lastBuildDate; RFC 4287 4.2.15",
)
BEFORE = hint("updated-before-published", "was `updated` before it was `published`: {written}.", "RFC 4287 4.2.15")
OLDEST_FIRST = hint(
    "oldest-first",
    "the oldest entry stands first. Readers that take only the first ones of a feed never see the new ones. Put the "
    "newest first.",
)

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_RFC822 = re.compile(
    r"(?:(?P<day>mon|tue|wed|thu|fri|sat|sun),\s*)?\d{1,2}\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\s+"
    r"(?P<year>\d{4}|\d{2})\s+\d{1,2}:\d\d(?::\d\d)?\s+(?P<zone>[a-z]{1,5}|[+-]\d{4})",
    re.IGNORECASE,
)
_ZONES = frozenset(["ut", "utc", "gmt", "z", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt"])
_TIME = r"T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_W3CDTF = re.compile(rf"\d{{4}}(?:-\d\d(?:-\d\d(?:{_TIME})?)?)?")
_EXAMPLES = {
    "rfc822": "Wed, 02 Oct 2024 13:00:00 GMT",
    "rfc3339": "2024-10-02T13:00:00Z",
    "w3cdtf": "2024-10-02T13:00:00Z",
}
_ANCIENT = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(hours=1)
"""So far a date may lie ahead: clocks differ."""
_LEAST = 4
"""So many entries must agree before that is suspicious."""
_NOW = timedelta(seconds=60)


def check(items: Sequence[Item], feed: Sequence[Date], now: datetime, found: Findings, *, needed: bool) -> None:
    """Note what is wrong with the dates of a feed and its entries. `needed`: an entry must have one of its own here."""
    for date in feed:
        read(date, "the feed", now, found)
    values: list[datetime | None] = []
    for item in items:
        known = [(date, read(date, item.subject, now, found)) for date in item.dates]
        if not item.dates and needed:
            found.add(MISSING, item.subject, item.line)
        by_name = {date.name: value for date, value in reversed(known) if value}
        updated, published = by_name.get("updated"), by_name.get("published")
        if updated and published and updated < published:
            found.add(BEFORE, item.subject, item.line, written=f"{updated:%Y-%m-%d %H:%M}")
        values.append(published or updated or next((value for _, value in known if value), None))
    _together(items, values, found)


def _together(items: Sequence[Item], values: Sequence[datetime | None], found: Findings) -> None:
    firsts = [next((date for date in item.dates if date.name in ("pubDate", "updated")), None) for item in items]
    told = [date for date in firsts if date is not None]
    if len(items) >= _LEAST and len(told) == len(items) and len({date.written.strip() for date in told}) == 1:
        found.add(ALL_SAME, "the feed", count=len(items), name=told[0].name, written=told[0].written)
    known = [value for value in values if value is not None]
    if len(known) >= _LEAST and known[0] < known[-1] and known == sorted(known) and len(set(known)) > 2:
        found.add(OLDEST_FIRST, "the feed")


def at_the_clock(dates: Sequence[Date], items: Sequence[Item], served: datetime, found: Findings) -> None:
    """Note a date of the feed that is when it was `served`, though nothing in it is as new."""
    newest = max((value for item in items for date in item.dates if (value := text_moment(date.written))), default=None)
    if newest is None or served - newest < _AHEAD:
        return
    for date in dates:
        value = text_moment(date.written)
        if value is not None and abs(served - value) <= _NOW:
            found.add(CLOCK, "the feed", date.line, name=date.name, written=date.written)
            return


def read(date: Date, subject: str, now: datetime, found: Findings) -> datetime | None:
    """The moment that a date names, None where it names none; notes what is wrong with it."""
    written = date.written.strip()
    value = text_moment(written)
    details = {"name": date.name, "written": written or "(nothing)", "example": _EXAMPLES[date.form]}
    if date.form == "rfc822":
        _rfc822(written, value, subject, date.line, details, found)
    elif not (_RFC3339 if date.form == "rfc3339" else _W3CDTF).fullmatch(written):
        found.add(FORM if value else UNREADABLE, subject, date.line, **details)
    elif value is None and len(written) > 7:
        found.add(UNREADABLE, subject, date.line, **details)
    if value is not None and value > now + _AHEAD:
        found.add(FUTURE, subject, date.line, **details)
    if value is not None and value < _ANCIENT:
        found.add(ANCIENT, subject, date.line, **details)
    return value


def _rfc822(
    written: str,
    value: datetime | None,
    subject: str,
    line: int | None,
    details: dict[str, str],
    found: Findings,
) -> None:
    match = _RFC822.fullmatch(written)
    if match is None or value is None:
        zone = match["zone"] if match else ""
        known = zone.lower() in _ZONES or not zone.isalpha()
        rule = UNREADABLE if value is None and known else ZONE if not known else FORM
        found.add(rule, subject, line, **details)
        return
    if len(match["year"]) == 2:
        found.add(SHORT_YEAR, subject, line, **details)
    if match["zone"].isalpha() and match["zone"].lower() not in _ZONES:
        found.add(ZONE, subject, line, **details)
    elif match["day"] and match["zone"][0] in "+-":
        sign = -1 if match["zone"][0] == "-" else 1
        offset = timedelta(hours=int(match["zone"][1:3]), minutes=int(match["zone"][3:]))
        _weekday(match["day"], value + sign * offset, subject, line, details, found)
    elif match["day"] and match["zone"].lower() in ("gmt", "ut", "utc", "z"):
        _weekday(match["day"], value, subject, line, details, found)


def _weekday(
    said: str, local: datetime, subject: str, line: int | None, details: dict[str, str], found: Findings
) -> None:
    right = _DAYS[local.weekday()]
    if not right.startswith(said.lower()):
        found.add(WEEKDAY, subject, line, **details, right=right.capitalize())
