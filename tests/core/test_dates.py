"""Dates as people write them, and lines that only look like dates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.articles import dates
from syndicator.core.articles.dates import Dated

DAY = datetime(2024, 1, 23, tzinfo=UTC)
MORNING = datetime(2024, 1, 23, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-23",
        "2024/01/23",
        "2024.01.23",
        "2024-1-23",
        "20240123",
        "January 23, 2024",
        "JANUARY 23, 2024",
        "23 January 2024",
        "January 23rd, 2024",
        "the 23rd of January, 2024",
        "Jan 23, 2024",
        "Jan. 23, 2024",
        "Tuesday, January 23, 2024",
        "Tue, 23 Jan 2024",
        "23-Jan-2024",
        "23.01.2024",
        "23. 1. 2024",
        "23/01/2024",
        "01/23/2024",
        "23-01-2024",
        "23.01.24",
        "23 января 2024",
        "23 января 2024 г.",
        "вторник, 23 января 2024 года",
        "23 січня 2024 року",
        "23 студзеня 2024",
        "23. Januar 2024",
        "Dienstag, den 23. Januar 2024",
        "23 janvier 2024",
        "mardi 23 janvier 2024",
        "23 de enero de 2024",
        "23 de janeiro de 2024",
        "23 stycznia 2024 r.",
        "23 gennaio 2024",
        "23 januari 2024",
        "23. ledna 2024",
        "23. januára 2024",
        "2024. január 23.",
        "23 ianuarie 2024",
        "23 Ocak 2024",
        "23. tammikuuta 2024",
        "23 Ιανουαρίου 2024",
        "2024年1月23日",
        "2024년 1월 23일",
        pytest.param("23 يناير 2024", id="arabic, by dateparser"),
        pytest.param("23 იანვარი 2024", id="georgian, by dateparser"),
    ],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert dates.parse(text, "UTC") == DAY


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-23T10:15:00Z",
        "2024-01-23T10:15Z",
        "2024-01-23T10:15:00.000Z",
        "2024-01-23T12:15:00+02:00",
        "2024-01-23 12:15 +0200",
        "2024-01-23 10:15",
        "20240123T101500Z",
        "Tue, 23 Jan 2024 10:15:00 GMT",
        "Tue, 23 Jan 2024 05:15:00 -0500",
        "23 Jan 24 10:15 UTC",
        "Tue Jan 23 2024 05:15:00 GMT-0500 (Eastern Standard Time)",
        "Jan. 23, 2024, 5:15 a.m. EST",
        "January 23, 2024 at 5:15 AM ET",
        "January 23, 2024 | 10:15",
        "10:15, 23.01.2024",
        "January 23, 2024, 1:15 PM UTC+3",
        "23 января 2024 г., 13:15 МСК",
        "23 січня 2024 о 10:15",
        "23. Januar 2024, 10:15 Uhr",
        "23. Januar 2024 um 10.15 Uhr",
        "23 janvier 2024 à 10h15",
        "23 gennaio 2024 ore 10.15",
        "23.01.2024 11:15 CET",
    ],
)
def test_a_time_and_its_zone_are_read(text: str) -> None:
    assert dates.parse(text, "UTC") == MORNING


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("January 23, 2024", "Europe/Kyiv", datetime(2024, 1, 22, 22, tzinfo=UTC)),
        ("July 23, 2024 12:00", "Europe/Kyiv", datetime(2024, 7, 23, 9, tzinfo=UTC)),
        ("January 23, 2024 12:00 UTC", "Europe/Kyiv", datetime(2024, 1, 23, 12, tzinfo=UTC)),
        ("July 4, 2024 12:00 ET", "Asia/Tokyo", datetime(2024, 7, 4, 16, tzinfo=UTC)),
        ("23 يناير 2024", "Asia/Tokyo", datetime(2024, 1, 22, 15, tzinfo=UTC)),
    ],
)
def test_a_date_without_a_zone_is_in_the_configured_one(text: str, zone: str, expected: datetime) -> None:
    assert dates.parse(text, zone) == expected


@pytest.mark.parametrize(
    ("text", "day_first", "month", "day"),
    [
        ("03/04/2024", False, 3, 4),
        ("03/04/2024", True, 4, 3),
        ("03.04.2024", False, 4, 3),
        ("03-04-2024", False, 4, 3),
        ("13/04/2024", False, 4, 13),
        ("04/13/2024", True, 4, 13),
    ],
)
def test_which_number_is_the_day(text: str, day_first: bool, month: int, day: int) -> None:
    assert dates.parse(text, "UTC", day_first) == datetime(2024, month, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.1.69", datetime(1969, 1, 1, tzinfo=UTC)),
        ("1.1.68", datetime(2068, 1, 1, tzinfo=UTC)),
        ("2024-01-23T10:15:60Z", datetime(2024, 1, 23, 10, 15, 59, tzinfo=UTC)),
        ("2024-01-23T24:00:00Z", datetime(2024, 1, 24, tzinfo=UTC)),
        ("29 Feb 2024", datetime(2024, 2, 29, tzinfo=UTC)),
        ("9999-12-31", datetime(9999, 12, 31, tzinfo=UTC)),
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
        ("29 Feb 2023", None),
        ("0000-01-01", None),
        ("10000-01-01", None),
        ("9999-12-31T23:59:59-05:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2024-01-23T25:00:00Z", None),
        ("2024-01-23T24:00:01Z", None),
        ("2024-01-23T10:61:00Z", None),
        ("2024-01-23T10:15:61Z", None),
        ("2024-01-23T10:15:00+9999", None),
        ("January 32, 2024", None),
        ("2024-13-01", None),
        ("13 p.m. January 23, 2024", None),
    ],
)
def test_the_edges_of_the_calendar(text: str, expected: datetime | None) -> None:
    assert dates.parse(text, "UTC") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "January 2024",
        "January 23",
        "2024",
        "10:15",
        "yesterday",
        "2 hours ago",
        "today 23.01.2024",
        "On January 23, 2024, the war began",
        "January 23, 2024 was a Tuesday like any other",
        "Kyiv, January 23, 2024",
        "Section 23 of 2024 May",
        "23 xyzember 2024",
        "January 23, 2024 January 23, 2024",
        "2024-01-23 2024",
        "23 24 January 2024",
        "1/2/3",
        "10.15.2024.3",
        "version 1.2.2024 of 3",
        "January 23, 2024" + " " * 200,
        "1" * 200,
        "1-" * 100,
    ],
)
def test_what_is_not_a_whole_date_and_nothing_else_is_none(text: str) -> None:
    assert dates.parse(text, "UTC") is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("January 23, 2024", Dated(published=DAY)),
        ("Published: January 23, 2024", Dated(published=DAY)),
        ("Published on 23 January 2024", Dated(published=DAY)),
        ("Posted on 2024-01-23", Dated(published=DAY)),
        ("Date: 23.01.2024", Dated(published=DAY)),
        ("Дата: 23.01.2024", Dated(published=DAY)),
        ("Опубликовано 23 января 2024", Dated(published=DAY)),
        ("Veröffentlicht am 23. Januar 2024", Dated(published=DAY)),
        ("Publié le 23 janvier 2024", Dated(published=DAY)),
        ("Updated: January 23, 2024", Dated(updated=DAY)),
        ("Last updated on January 23, 2024", Dated(updated=DAY)),
        ("Обновлено: 23.01.2024", Dated(updated=DAY)),
        ("Stand: 23.01.2024", Dated(updated=DAY)),
        ("Published: January 23, 2024 | Updated: 23 January 2024, 10:15", Dated(published=DAY, updated=MORNING)),
        ("Updated 23 January 2024 10:15 Published 23 January 2024", Dated(published=DAY, updated=MORNING)),
        ("January 23, 2024 (updated January 23, 2024 10:15)", Dated(published=DAY, updated=MORNING)),
        ("Published: January 23, 2024 Published: January 24, 2024", None),
        ("Published: soon", None),
        ("Published: January 23, 2024 in print", None),
        ("Updated", None),
        ("The date is January 23, 2024", None),
    ],
)
def test_labels_say_which_date_it_is(line: str, expected: Dated | None) -> None:
    assert dates.read_line(line, "UTC") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [("Published:", "published"), ("Updated", "updated"), ("Дата:", "published"), ("Title:", None), ("", None)],
)
def test_a_label_alone_announces_a_date(line: str, expected: str | None) -> None:
    assert dates.label(line) == expected


MOMENTS = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2068, 12, 30)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@settings(max_examples=100, deadline=None)
@given(MOMENTS, st.integers(min_value=-14 * 60, max_value=14 * 60))
def test_what_programs_write_is_read_to_the_second(moment: datetime, offset: int) -> None:
    local = moment.astimezone(timezone(timedelta(minutes=offset)))

    assert dates.parse(local.isoformat(), "UTC") == moment
    assert dates.parse(format_datetime(local), "UTC") == moment
    assert dates.parse(f"{local:%B %d, %Y %I:%M:%S %p %z}", "UTC") == moment


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=220) | st.text(alphabet="0123456789 -/.:+TZapm,JanuarMay|年月日", max_size=60))
def test_any_text_is_a_date_in_utc_or_none(text: str) -> None:
    for moment in (dates.parse(text, "Europe/Kyiv"), dates.parse(text, "UTC", True)):
        assert moment is None or moment.utcoffset() == timedelta(0)
    dates.read_line(text, "Europe/Kyiv")


PROGRAM = """
import json, sys
from syndicator.core.articles import dates
print(json.dumps({text: str(dates.parse(text, "UTC")) for text in json.loads(sys.argv[1])}))
"""


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_machine_and_what_was_read_before_change_nothing(zone: str) -> None:
    texts = ["23 يناير 2024", "January 23, 2024", "03/04/2024", "2024년 1월 23일", "23 იანვარი 2024"]
    here = {text: str(dates.parse(text, "UTC")) for text in texts}

    for order in (texts, texts[::-1]):
        command = [sys.executable, "-c", PROGRAM, json.dumps(order)]
        there = subprocess.run(command, env={**os.environ, "TZ": zone}, capture_output=True, check=True)

        assert json.loads(there.stdout) == here
