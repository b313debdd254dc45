"""What a response's headers say about asking again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.polling import headers
from syndicator.model import utc
from tests.core.polling.making import DAY, HOUR, NOW, answer

SECOND = timedelta(seconds=1)
DATE = "Wed, 18 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    "value",
    [
        '"abc"',
        'W/"abc"',
        "abc",
        "W/abc",
        '"a" "b"',
        '"a", "b"',
        " ",
        '"\x80\xff"',
        "yesterday, or so",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "2026-11-18T12:00:00Z",
        "x" * 8192,
        "\tx",
    ],
)
def test_validators_are_kept_as_they_stand(value: str) -> None:
    kept = value if value.strip() else None
    assert headers.validators(answer(etag=value)) == (kept, None)
    assert headers.validators(answer(last_modified=value)) == (None, kept)


@pytest.mark.parametrize(
    "value",
    ['"a\r\nX-Evil: 1"', '"a\nb"', '"a\rb"', '"a\x00b"', '"\x7f"', '"☃"', "\ud800", "x" * 8193, ""],
    ids=["CRLF", "LF", "CR", "NUL", "DEL", "beyond Latin-1", "half a character", "too long", "empty"],
)
def test_a_validator_that_cannot_be_sent_back_is_dropped(value: str) -> None:
    assert headers.validators(answer(etag=value, last_modified=value)) == (None, None)


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({}, None),
        ({"cache_control": "max-age=600"}, 600),
        ({"cache_control": "public, MAX-AGE=600, must-revalidate"}, 600),
        ({"cache_control": 'max-age="600"'}, 600),
        ({"cache_control": "max-age = 600"}, 600),
        ({"cache_control": "max-age=600, max-age=1200"}, 600),
        ({"cache_control": "s-maxage=600"}, None),
        ({"cache_control": "max-age=0"}, None),
        ({"cache_control": "max-age=-5"}, None),
        ({"cache_control": "max-age=1e9"}, None),
        ({"cache_control": "max-age=" + "9" * 5000}, 86400),
        ({"cache_control": "max-age=soon"}, None),
        ({"cache_control": "max-age"}, None),
        ({"cache_control": "max-age=600, no-cache"}, None),
        ({"cache_control": "no-store, max-age=600"}, None),
        ({"cache_control": 'no-cache="set-cookie", max-age=600'}, None),
        ({"cache_control": "max-age=600", "age": "100"}, 500),
        ({"cache_control": "max-age=600", "age": "600"}, None),
        ({"cache_control": "max-age=600", "age": "-100"}, 600),
        ({"cache_control": "max-age=600", "age": "old"}, 600),
        ({"expires": "Wed, 18 Nov 2026 13:00:00 GMT", "date": DATE}, 3600),
        ({"expires": "Wed, 18 Nov 2026 11:00:00 GMT", "date": DATE}, None),
        ({"expires": "Wed, 18 Nov 2026 13:00:00 GMT"}, None),
        ({"expires": "Fri, 18 Nov 2036 13:00:00 GMT", "date": "Fri, 18 Nov 2036 12:00:00 GMT"}, 3600),
        ({"expires": "Fri, 18 Nov 2036 13:00:00 GMT", "date": DATE}, 86400),
        ({"expires": "0", "date": DATE}, None),
        ({"expires": "-1", "date": DATE}, None),
        ({"expires": "Wed, 18 Nov 2026 13:00:00 GMT", "date": DATE, "cache_control": "max-age=60"}, 3600),
        ({"expires": "Wed, 18 Nov 2026 13:00:00 GMT", "date": DATE, "cache_control": "no-cache"}, None),
        ({"cache_control": '\x00,,;=,="', "expires": "\ud800", "date": "☃", "age": "٣"}, None),
    ],
)
def test_for_how_long_a_response_is_fresh(fields: dict[str, str], seconds: int | None) -> None:
    assert headers.fresh(answer(**fields).headers) == seconds


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", 120 * SECOND),
        (" 120 ", 120 * SECOND),
        ("120.5", 120.5 * SECOND),
        ("120, 300", 300 * SECOND),
        ("0", None),
        ("-5", None),
        ("1000000000000", 7 * DAY),
        ("9" * 5000, 7 * DAY),
        ("soon", None),
        ("", None),
        ("١٢٠", None),
        ("Wed, 18 Nov 2026 14:00:00 GMT", 2 * HOUR),
        ("Wednesday, 18-Nov-26 14:00:00 GMT", 2 * HOUR),
        ("Wed Nov 18 14:00:00 2026", 2 * HOUR),
        ("Wed, 18 Nov 2026 11:00:00 GMT", None),
        ("Fri, 18 Nov 2036 12:00:00 GMT", 7 * DAY),
        ("Wed, 31 Feb 2026 12:00:00 GMT", None),
    ],
)
def test_how_long_to_wait_is_bounded(value: str, wait: timedelta | None) -> None:
    assert headers.retry_after({"retry-after": value}, NOW) == wait
    assert headers.retry_after({"retry-after": value, "date": DATE}, NOW) == wait


@pytest.mark.parametrize("ours", [NOW, NOW - 3650 * DAY, NOW + 3650 * DAY], ids=["right", "slow", "fast"])
def test_a_date_to_wait_for_is_judged_by_the_clock_that_wrote_it(ours: datetime) -> None:
    said = {"retry-after": "Wed, 18 Nov 2026 12:30:00 GMT", "date": DATE}
    assert headers.retry_after(said, ours) == HOUR / 2


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", utc(1994, 11, 6, 8, 49, 37)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", utc(1994, 11, 6, 8, 49, 37)),
        ("Sun Nov  6 08:49:37 1994", utc(1994, 11, 6, 8, 49, 37)),
        ("06 Nov 1994 08:49:37 GMT", utc(1994, 11, 6, 8, 49, 37)),
        ("Sun, 06 Nov 1994 08:49:37", utc(1994, 11, 6, 8, 49, 37)),
        ("Sat, 31 Dec 2016 23:59:60 GMT", utc(2016, 12, 31, 23, 59, 59)),
        ("Sat, 31 Dec 2016 23:59:61 GMT", None),
        ("Thu, 29 Feb 2024 00:00:00 GMT", utc(2024, 2, 29)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", utc(9999, 12, 31, 23, 59, 59)),
        ("Mon, 01 Jan 0001 00:00:00 GMT", utc(1, 1, 1)),
        ("Mon, 01 Jan 0000 00:00:00 GMT", None),
        ("Tue, 19 Jan 2038 03:14:08 GMT", utc(2038, 1, 19, 3, 14, 8)),
        ("Sun, 06 Nov 1994 08:49:37 +0200", None),
        ("Sun, 06 Nix 1994 08:49:37 GMT", None),
        ("1994-11-06", None),
        ("", None),
        (None, None),
        ("Sun, " + " " * 200_000, None),
    ],
)
def test_a_date_of_http(text: str | None, moment: datetime | None) -> None:
    assert headers.http_date(text) == moment


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["cache-control", "expires", "date", "age", "retry-after", "etag"]), st.text()))
def test_rubbish_never_raises_and_never_leaves_the_bounds(said: dict[str, str]) -> None:
    fresh, wait = headers.fresh(said), headers.retry_after(said, NOW)
    assert fresh is None or 0 < fresh <= 86400
    assert wait is None or timedelta() < wait <= 7 * DAY
    etag, _ = headers.validators(answer(etag=said.get("etag", "")))
    assert etag in (None, said.get("etag"))
