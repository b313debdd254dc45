"""For how long a feed's documents may be reused, told from when its articles arrived."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.decide import moment_of, sort_key
from syndicator.core.rhythm import STEPS, max_age, ttl, update_rhythm
from syndicator.model import utc

START = utc(2024, 1, 1)
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7)
LEAST, MOST = 5 * MINUTE, DAY


def each(gap: timedelta, count: int, after: timedelta = timedelta(0)) -> list[datetime]:
    return [START + after + number * gap for number in range(count)]


def bursts(gap: timedelta, count: int, size: int, within: timedelta) -> list[datetime]:
    """So many bursts, each of so many articles with that time between them."""
    return [moment for number in range(count) for moment in each(within, size, number * gap)]


WORKDAYS = [day * DAY + 9 * HOUR for day in range(60) if day % 7 < 5]


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        (each(MINUTE, 50), 5 * MINUTE),
        (each(49 * MINUTE, 50), 5 * MINUTE),
        (each(HOUR, 50), 5 * MINUTE),
        (each(3 * HOUR, 50), 15 * MINUTE),
        (each(DAY, 50), 2 * HOUR),
        (each(DAY, 3), 2 * HOUR),
        (each(WEEK, 10), 12 * HOUR),
        (each(30 * DAY, 10), DAY),
        (each(365 * DAY, 10), DAY),
        (bursts(WEEK, 5, 10, timedelta(0)), 12 * HOUR),
        (bursts(WEEK, 5, 10, timedelta(microseconds=1)), 12 * HOUR),
        (bursts(WEEK, 5, 10, 5 * MINUTE), 12 * HOUR),
        (bursts(WEEK, 5, 10, 50 * MINUTE), 12 * HOUR),
        (bursts(DAY, 5, 10, MINUTE), 2 * HOUR),
        (bursts(DAY, 2, 25, MINUTE), 5 * MINUTE),
        ([*each(WEEK, 10), *each(timedelta(0), 40, 68 * DAY)], 12 * HOUR),
        ([*each(WEEK, 10), *each(MINUTE, 40, 68 * DAY)], 12 * HOUR),
        ([*each(timedelta(0), 500), *each(WEEK, 4, WEEK)], 12 * HOUR),
        ([moment for at in WORKDAYS for moment in each(HOUR, 8, at)], 15 * MINUTE),
        ([moment for at in WORKDAYS for moment in each(10 * MINUTE, 48, at)], 5 * MINUTE),
        ([*(moment for at in WORKDAYS[:5] for moment in each(10 * MINUTE, 48, at)), START + WEEK], 5 * MINUTE),
        ([*each(DAY, 30), *each(DAY, 10, 400 * DAY)], 2 * HOUR),
        ([*each(WEEK, 40), *each(HOUR, 50, 300 * DAY)], 5 * MINUTE),
        ([], LEAST),
        (each(WEEK, 2), LEAST),
        (each(timedelta(0), 50), LEAST),
        ([*each(timedelta(0), 49), START + WEEK], LEAST),
    ],
    ids=[
        *("each minute", "each 49 minutes", "hourly", "each three hours", "daily", "three in three days", "weekly"),
        *("monthly", "yearly"),
        *("ten at once each week", "all but at once", "ten in an hour each week", "ten in a day each week"),
        *("ten in a few minutes each day", "two bursts, that may be one pause"),
        *("weekly, then many at once", "weekly, then many one by one", "many at once, then weekly"),
        *("hourly at work", "each ten minutes at work", "the first on Monday"),
        *("daily with a year's pause", "weekly once, hourly now"),
        *("none", "two", "all at once", "all at once but one"),
    ],
)
def test_a_tenth_of_the_usual_time_between_arrivals(moments: list[datetime], expected: timedelta) -> None:
    assert timedelta(seconds=max_age(moments, LEAST, MOST)) == expected


@pytest.mark.parametrize(
    ("least", "most", "expected"),
    [
        (5 * MINUTE, 3 * HOUR, 2 * HOUR),
        (5 * MINUTE, 90 * MINUTE, 90 * MINUTE),
        (4 * HOUR, 24 * HOUR, 4 * HOUR),
        (4 * HOUR, HOUR, 4 * HOUR),
        (timedelta(0), timedelta(0), timedelta(0)),
    ],
    ids=["between", "most", "least", "least above most", "never"],
)
def test_the_bounds_are_kept(least: timedelta, most: timedelta, expected: timedelta) -> None:
    assert timedelta(seconds=max_age(each(DAY, 50), least, most)) == expected


GAPS = st.lists(
    st.one_of(
        st.just(timedelta(0)),
        st.timedeltas(timedelta(0), 5 * MINUTE),
        st.timedeltas(timedelta(0), 3 * HOUR),
        st.timedeltas(timedelta(0), 40 * DAY),
        st.sampled_from((HOUR, DAY, WEEK)),
    ),
    max_size=70,
)


def after(gaps: Iterable[timedelta]) -> list[datetime]:
    moments = [START]
    for gap in gaps:
        moments.append(moments[-1] + gap)
    return moments


@settings(max_examples=100, deadline=None)
@given(GAPS, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(gaps: list[timedelta], random: object) -> None:
    moments = after(gaps)
    shuffled = moments + moments[::3]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert max_age(shuffled, LEAST, MOST) == max_age(moments, LEAST, MOST)


@settings(max_examples=100, deadline=None)
@given(GAPS, st.integers(1, 50))
def test_what_is_slower_in_everything_is_never_asked_more_often(gaps: list[timedelta], times: int) -> None:
    faster, slower = (after(gap * by for gap in gaps) for by in (1, times))
    assert max_age(faster, LEAST, MOST) <= max_age(slower, LEAST, MOST)


@settings(max_examples=100, deadline=None)
@given(GAPS, st.timedeltas(timedelta(0), DAY), st.timedeltas(timedelta(0), 3 * DAY))
def test_it_is_a_step_or_a_bound_and_moves_with_the_articles(
    gaps: list[timedelta], least: timedelta, most: timedelta
) -> None:
    moments = after(gaps)
    found = max_age(moments, least, most)
    bounds = {int(least.total_seconds()), int(most.total_seconds())}
    assert found in bounds | {int(step.total_seconds()) for step in STEPS}
    assert int(least.total_seconds()) <= found <= int(max(least, most).total_seconds())
    assert found == max_age([moment + 1000 * DAY for moment in moments], least, most)


@settings(max_examples=100, deadline=None)
@given(st.timedeltas(50 * MINUTE, 10 * DAY), st.integers(3, 50))
def test_a_steady_feed_is_asked_ten_times_in_a_gap_and_never_twice_as_often_again(gap: timedelta, count: int) -> None:
    found = timedelta(seconds=max_age(each(gap, count), LEAST, MOST))
    assert found * 10 <= gap
    assert [step for step in STEPS if step * 10 <= gap][-1] == found


@pytest.mark.parametrize(
    ("seconds", "expected", "minutes"),
    [
        (0, ("hourly", 3600), 1),
        (59, ("hourly", 61), 1),
        (300, ("hourly", 12), 5),
        (900, ("hourly", 4), 15),
        (1800, ("hourly", 2), 30),
        (3000, ("daily", 29), 50),
        (3600, ("hourly", 1), 60),
        (5400, ("daily", 16), 90),
        (7200, ("daily", 12), 120),
        (10800, ("daily", 8), 180),
        (21600, ("daily", 4), 360),
        (43200, ("daily", 2), 720),
        (86400, ("daily", 1), 1440),
        (4 * 86400, ("weekly", 2), 5760),
        (30 * 86400, ("weekly", 1), 43200),
    ],
)
def test_it_is_told_in_the_words_of_rss(seconds: int, expected: tuple[str, int], minutes: int) -> None:
    assert (update_rhythm(seconds), ttl(seconds)) == (expected, minutes)


@given(st.datetimes(), st.text())
@settings(max_examples=50, deadline=None)
def test_a_key_tells_the_moment_that_it_was_made_of(moment: datetime, id: str) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert moment_of(sort_key(aware, id)) == aware
