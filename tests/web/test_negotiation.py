"""Header text in, decisions out."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.model import utc
from syndicator.web import negotiation

BOTH = {"gzip", "br"}


@pytest.mark.parametrize(
    ("header", "available", "expected"),
    [
        (None, BOTH, "identity"),
        ("", BOTH, "identity"),
        ("gzip", BOTH, "gzip"),
        ("x-gzip", BOTH, "gzip"),
        ("GZIP", BOTH, "gzip"),
        ("gzip, deflate, br, zstd", BOTH, "br"),
        ("gzip, deflate, br, zstd", {"gzip"}, "gzip"),
        ("gzip, deflate, br, zstd", set(), "identity"),
        ("br;q=0.5, gzip;q=0.8", BOTH, "gzip"),
        ("br ; q=0.5 , gzip ; q=0.8", BOTH, "gzip"),
        ("gzip;q=0.5, identity;q=1", BOTH, "identity"),
        ("gzip;q=0.001", BOTH, "gzip"),
        ("gzip;q=0", BOTH, "identity"),
        ("*", BOTH, "br"),
        ("*;q=0.5, gzip", BOTH, "gzip"),
        ("br;q=0, *", BOTH, "gzip"),
        ("deflate, zstd", BOTH, "identity"),
        ("gzip, identity;q=0", BOTH, "gzip"),
        ("identity;q=0", BOTH, "gzip"),
        ("identity;q=0, gzip;q=0", BOTH, "br"),
        ("identity;q=0", set(), None),
        ("*;q=0", BOTH, None),
        ("identity;q=0, gzip;q=0, br;q=0", BOTH, None),
        ("gzip;q=high, br;q=0.1", BOTH, "br"),
        ("gzip;q=2", BOTH, "identity"),
        (",,;;q=,", BOTH, "identity"),
    ],
)
def test_the_coding_with_the_highest_weight_that_we_have_is_chosen(
    header: str | None, available: set[str], expected: str | None
) -> None:
    assert negotiation.coding(header, available) == expected


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.sampled_from([set(), {"gzip"}, BOTH]))
def test_whatever_is_asked_for_the_answer_is_one_we_have(header: str, available: set[str]) -> None:
    assert negotiation.coding(header, available) in {*available, "identity", None}


@pytest.mark.parametrize(
    ("header", "selected", "expected"),
    [
        ('"abc"', "identity", True),
        ('W/"abc"', "identity", True),
        ('"abc-gz"', "gzip", True),
        ('"x", W/"y",  "abc-gz"', "gzip", True),
        ("*", "gzip", True),
        (" * ", "identity", True),
        ('W/"abc-br"', "gzip", True),
        ('"abc-br"', "gzip", False),
        ('"abc"', "gzip", False),
        ('"abcd"', "identity", False),
        ("abc", "identity", False),
        ('"abc', "identity", False),
        ("", "identity", False),
        ('"*"', "identity", False),
        ('w/"nothing", "a,b", "abc"', "identity", True),
    ],
)
def test_entity_tags_are_compared_weakly(header: str, selected: str, expected: bool) -> None:
    own = "abc" + negotiation.SUFFIXES[selected]
    assert negotiation.matched(header, "abc", selected) == (own if expected else None)


@pytest.mark.parametrize(
    ("accept", "header", "selected", "expected"),
    [
        ("gzip", '"abc"', "gzip", "abc"),
        ("gzip, br", '"abc-gz"', "br", "abc-gz"),
        ("gzip, br", '"x", "abc", "abc-gz"', "br", "abc-gz"),
        ("gzip, br", '"abc", "abc-br"', "br", "abc-br"),
        ("gzip", 'W/"abc"', "gzip", "abc"),
        ("gzip", 'W/"abc-br"', "gzip", "abc-gz"),
        ("gzip", '"abc-br"', "gzip", None),
        ("gzip;q=0, br", '"abc-gz"', "br", None),
        ("gzip, identity;q=0", '"abc"', "gzip", None),
        ("gzip, *;q=0", '"abc"', "gzip", None),
        ("*", '"abc-gz"', "br", "abc-gz"),
        ("", '"abc-gz"', "identity", None),
        (None, '"abc-gz"', "identity", None),
        (None, '"abc"', "identity", "abc"),
        ("gzip", "*", "gzip", "abc-gz"),
        ("gzip", '"other"', "gzip", None),
    ],
)
def test_a_copy_in_any_coding_that_the_client_can_read_is_still_good(
    accept: str | None, header: str, selected: str, expected: str | None
) -> None:
    assert negotiation.matched(header, "abc", selected, negotiation.acceptable(accept)) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Tue, 23 Jan 2024 09:30:00 GMT", utc(2024, 1, 23, 9, 30)),
        ("Tuesday, 23-Jan-24 09:30:00 GMT", utc(2024, 1, 23, 9, 30)),
        ("Tue Jan 23 09:30:00 2024", utc(2024, 1, 23, 9, 30)),
        ("yesterday", None),
        ("", None),
        ("Tue, 23 Jan 99999 09:30:00 GMT", None),
        ("Tue, 23 Jan 2024 09:30:60 GMT", None),
        ("Tue, 23 Jan 2024 25:30:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
    ],
)
def test_dates_are_read_in_the_three_forms_of_http(header: str, expected: datetime | None) -> None:
    assert negotiation.http_date(header) == expected


@settings(max_examples=100, deadline=None)
@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9999, 1, 1)))
def test_a_date_that_was_written_reads_as_itself(naive: datetime) -> None:
    moment = utc(naive.year, naive.month, naive.day, naive.hour, naive.minute, naive.second)
    assert negotiation.http_date(negotiation.format_http_date(moment)) == moment


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_no_text_upsets_the_reading_of_dates(text: str) -> None:
    found = negotiation.http_date(text)
    assert found is None or found.utcoffset() is not None
