"""Errors, spans and rates in a person's words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syndicator.core.polling import plain, words
from syndicator.errors import BadFeed, FetchError
from syndicator.model import Condition, Poll, Result
from tests.core.polling.making import DAY, HOUR, MINUTE, NOW, URL, state

FETCH_KINDS = (
    "blocked_address",
    "blocked_port",
    "bad_url",
    "dns",
    "connect",
    "tls",
    "timeout",
    "too_large",
    "redirect",
    "coding",
    "protocol",
)
FEED_KINDS = ("empty", "not_a_feed", "parse", "too_complex", "killed")


@pytest.mark.parametrize("status", [*range(100, 600), 0, 999])
def test_every_status_has_a_meaning_and_an_advice(status: int) -> None:
    text = plain.of_status(status)
    assert text.startswith(f"The site answered {status}: ")
    assert text.count(". ") >= 1
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("status", "part"),
    [
        (401, "a name and a password"),
        (403, "Ask its owner to allow syndicator"),
        (404, "tried again by itself"),
        (410, "twice more over three days"),
        (429, "too often"),
        (304, "although we did not ask that"),
        (None, "gave no answer"),
    ],
)
def test_what_a_status_means(status: int | None, part: str) -> None:
    assert part in plain.of_status(status)


def test_every_kind_of_error_has_its_own_words() -> None:
    fetching = [plain.of_error(FetchError(kind, URL, "what happened.")) for kind in FETCH_KINDS]
    reading = [plain.of_error(BadFeed(kind, "what  happened\n")) for kind in FEED_KINDS]
    assert len(set(fetching + reading)) == len(FETCH_KINDS) + len(FEED_KINDS)
    for text in fetching + reading:
        meaning, advice = text.split(" (what happened). ")
        assert meaning[0].isupper()
        assert advice.endswith(".")


def test_an_error_names_its_line_and_an_unknown_kind_is_no_riddle() -> None:
    assert "(line 7: mismatched tag)" in plain.of_error(BadFeed("parse", "mismatched tag", 7))
    assert plain.of_error(FetchError("flood", URL, "")) == "It could not be fetched. It is tried again by itself."


def test_words_of_an_error_show_no_address() -> None:
    assert "secret" not in plain.of_error(FetchError("dns", "https://host.test/?key=secret", "no such name"))


FAILED = Poll(at=NOW, result=Result.FAILED, status=404, reason=plain.of_status(404))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, ""),
        ({"condition": Condition.WELL, "polls": (Poll(at=NOW, result=Result.SAME), FAILED)}, ""),
        ({"condition": Condition.TROUBLED, "polls": (FAILED,)}, plain.of_status(404)),
        ({"condition": Condition.GONE, "polls": (FAILED,)}, plain.GONE),
        ({"condition": Condition.QUARANTINED, "deaths": 3}, plain.DEADLY),
        ({"condition": Condition.QUARANTINED}, plain.LOST),
    ],
    ids=["new", "well again", "failed", "gone", "deadly", "lost"],
)
def test_a_state_tells_what_is_wrong(fields: dict[str, object], text: str) -> None:
    assert plain.explain(state(**fields)) == text
    assert plain.explain(FAILED) == plain.of_status(404)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "0 seconds"),
        (timedelta(seconds=-5), "0 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=89), "89 seconds"),
        (timedelta(seconds=90), "2 minutes"),
        (HOUR, "60 minutes"),
        (1.5 * HOUR, "1.5 hours"),
        (35 * HOUR, "35 hours"),
        (DAY, "24 hours"),
        (36 * HOUR, "1.5 days"),
        (7 * DAY, "7 days"),
        (10_000 * DAY, "10000 days"),
        (1_234_567 * DAY, "1234567 days"),
        (timedelta.max, "1000000000 days"),
    ],
)
def test_a_span_in_words(length: timedelta, text: str) -> None:
    assert words.span(length) == text


@pytest.mark.parametrize(
    ("interval", "stretch", "text"),
    [
        (HOUR, 0.2, "60 to 72 minutes"),
        (6 * HOUR, 0.2, "6 to 7.2 hours"),
        (24 * HOUR, 0.3, "24 to 31.2 hours"),
        (7 * DAY, 0.3, "7 to 9.1 days"),
        (timedelta(seconds=1), 0.2, "1 second"),
        (75 * MINUTE, 0.2, "1.2 to 1.5 hours"),
    ],
)
def test_a_pace_in_words(interval: timedelta, stretch: float, text: str) -> None:
    assert words.pace(interval, stretch) == text


@pytest.mark.parametrize(
    ("gap", "text"),
    [
        (timedelta(), "more than 100 articles an hour"),
        (timedelta(seconds=1), "more than 100 articles an hour"),
        (10 * MINUTE, "about 6 articles an hour"),
        (HOUR, "about 24 articles a day"),
        (8 * HOUR, "about 3 articles a day"),
        (DAY, "about 1 article a day"),
        (4 * DAY, "about 2 articles a week"),
        (7 * DAY, "about 1 article a week"),
        (25 * DAY, "about 1 article a month"),
        (90 * DAY, "less than an article a month"),
    ],
)
def test_a_rate_in_words(gap: timedelta, text: str) -> None:
    assert words.rate(gap) == text
