"""When a source is polled next."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.polling import schedule
from syndicator.core.polling.schedule import Limits
from syndicator.model import Condition, Hints, utc
from tests.core.polling.making import DAY, HOUR, MINUTE, NOW, chance, every, state

PLAIN = Limits()


def after(random: float = 0.0, **fields: object) -> timedelta:
    """How long after a success a source is polled again."""
    return schedule.after_success(state(**fields), NOW, chance(random), PLAIN).next_check - NOW


@pytest.mark.parametrize(
    ("times", "gap"),
    [
        ((), None),
        ((NOW,), None),
        (every(2 * HOUR, 2), 2 * HOUR),
        ((NOW, NOW - HOUR, NOW - 4 * HOUR), 2 * HOUR),
        ((NOW - 4 * HOUR, NOW, NOW - HOUR), 2 * HOUR),
        ((*every(HOUR, 9), NOW - 1000 * DAY), HOUR),
        (every(HOUR, 9, NOW - 10 * DAY), 5 * DAY),
        ((NOW, NOW, NOW), timedelta()),
        ((NOW + DAY, NOW - HOUR), HOUR),
    ],
    ids=[
        "none known",
        "one known",
        "two",
        "the mean",
        "in any order",
        "the last eight gaps",
        "half of the silence where that is longer",
        "all at once",
        "one ahead of the clock counts as now",
    ],
)
def test_the_gap_between_articles(times: tuple[datetime, ...], gap: timedelta | None) -> None:
    assert schedule.gap(times, NOW) == gap


@pytest.mark.parametrize(
    ("times", "interval"),
    [
        (every(HOUR), HOUR),
        (every(8 * HOUR), HOUR),
        (every(24 * HOUR), 3 * HOUR),
        (every(48 * HOUR), 6 * HOUR),
        (every(30 * DAY), 6 * HOUR),
        (every(30 * DAY, newest=NOW - 90 * DAY), 6 * HOUR),
        (every(30 * DAY, newest=NOW - 91 * DAY), 24 * HOUR),
        ((), 6 * HOUR),
        ((NOW - 400 * DAY,), 6 * HOUR),
    ],
    ids=[
        "hourly: no sooner than the floor",
        "an eighth of the gap",
        "daily",
        "every other day",
        "monthly: no later than the ceiling",
        "silent for 90 days",
        "silent for longer: dormant",
        "nothing known",
        "one article is no rhythm",
    ],
)
def test_the_interval_follows_how_often_a_source_publishes(times: tuple[datetime, ...], interval: timedelta) -> None:
    assert after(times=times) == interval


@pytest.mark.parametrize(
    ("hints", "interval"),
    [
        (Hints(invited=900), 15 * MINUTE),
        (Hints(invited=60), 7.5 * MINUTE),
        (Hints(invited=3600), 60 * MINUTE),
        (Hints(invited=3 * 3600), 3 * HOUR),
        (Hints(invited=10**12), 24 * HOUR),
        (Hints(invited=0), 60 * MINUTE),
        (Hints(invited=-900), 60 * MINUTE),
        (Hints(fresh=300), 60 * MINUTE),
        (Hints(fresh=7200), 2 * HOUR),
        (Hints(fresh=10**9), 24 * HOUR),
        (Hints(fresh=-1), 60 * MINUTE),
        (Hints(invited=900, fresh=7200), 2 * HOUR),
        (Hints(invited=7200, fresh=900), 2 * HOUR),
    ],
    ids=[
        "a feed invites below an hour",
        "the rhythm asks for less than it invites to",
        "an hour",
        "a feed asks for more",
        "no hint counts for more than a day",
        "a ttl of nothing says nothing",
        "a negative ttl says nothing",
        "a CDN's max-age is no invitation",
        "but respected",
        "for a day at most",
        "what is stale says nothing",
        "the longer: max-age",
        "the longer: ttl",
    ],
)
def test_what_a_publisher_says_of_polling(hints: Hints, interval: timedelta) -> None:
    assert after(times=every(HOUR), hints=hints) == interval


def test_nobody_can_invite_us_below_five_minutes() -> None:
    assert after(times=every(MINUTE), hints=Hints(invited=60)) == 5 * MINUTE


def test_a_hint_never_makes_polling_more_frequent_than_the_rhythm_asks() -> None:
    assert after(times=every(DAY), hints=Hints(invited=900, fresh=600)) == 3 * HOUR


@pytest.mark.parametrize(("random", "stretched"), [(0.0, 60), (0.5, 66), (0.999999, 72)])
def test_an_interval_is_stretched_by_up_to_a_fifth(random: float, stretched: int) -> None:
    assert after(random, times=every(HOUR)) / MINUTE == pytest.approx(stretched, abs=0.001)


@pytest.mark.parametrize(
    ("limits", "own", "hints", "interval"),
    [
        (Limits(min_interval=30 * MINUTE), None, Hints(), 30 * MINUTE),
        (Limits(min_interval=timedelta(seconds=10)), None, Hints(), 7.5 * MINUTE),
        (Limits(min_interval=30 * MINUTE), None, Hints(fresh=7200), 2 * HOUR),
        (Limits(min_interval=2 * HOUR), None, Hints(invited=900), 2 * HOUR),
        (Limits(max_interval=30 * MINUTE), None, Hints(), 30 * MINUTE),
        (PLAIN, 15 * MINUTE, Hints(), 15 * MINUTE),
        (PLAIN, timedelta(seconds=30), Hints(), timedelta(seconds=30)),
        (PLAIN, timedelta(seconds=30), Hints(invited=7200, fresh=7200), timedelta(seconds=30)),
        (Limits(min_interval=2 * HOUR), 15 * MINUTE, Hints(), 15 * MINUTE),
        (PLAIN, timedelta(), Hints(), timedelta(seconds=1)),
        (PLAIN, 365 * DAY, Hints(), 7 * DAY),
    ],
    ids=[
        "a floor below the hour",
        "a floor below five minutes: the rhythm decides",
        "a floor does not take away a server's wish",
        "an invitation does not go below an operator's floor",
        "a ceiling below the hour",
        "one source's own",
        "also below a minute",
        "whatever its publisher says",
        "and whatever holds for all",
        "nothing is a second",
        "a week at most",
    ],
)
def test_what_an_operator_says(limits: Limits, own: timedelta | None, hints: Hints, interval: timedelta) -> None:
    known = state(times=every(HOUR), hints=hints)
    assert schedule.after_success(known, NOW, chance(), limits, interval=own).next_check == NOW + interval


@pytest.mark.parametrize(("ceiling", "interval"), [(2 * HOUR, 2 * HOUR), (6 * HOUR, 24 * HOUR), (36 * HOUR, 36 * HOUR)])
def test_a_ceiling_that_an_operator_lowers_holds_for_dormant_sources(ceiling: timedelta, interval: timedelta) -> None:
    known = state(times=every(400 * DAY, newest=NOW - 400 * DAY))
    decision = schedule.after_success(known, NOW, chance(), Limits(max_interval=ceiling))
    assert decision.next_check == NOW + interval


@pytest.mark.parametrize(
    ("times", "interval"),
    [(every(HOUR), 4 * HOUR), (every(2 * DAY), 24 * HOUR), (every(DAY, newest=NOW - 200 * DAY), 24 * HOUR)],
    ids=["four times as long", "a day at most", "the same for a dormant one"],
)
def test_what_is_pushed_is_polled_less_often_but_never_stops(times: tuple[datetime, ...], interval: timedelta) -> None:
    decision = schedule.after_success(state(times=times), NOW, chance(), PLAIN, pushed=True)
    assert decision.next_check == NOW + interval


NOON = utc(2026, 11, 18, 12, 34, 56)
"""A Wednesday."""


@pytest.mark.parametrize(
    ("hints", "permitted"),
    [
        (Hints(), NOON),
        (Hints(skip_hours=(11, 13)), NOON),
        (Hints(skip_hours=(12, 13)), NOON + 2 * HOUR),
        (Hints(skip_hours=tuple(range(12, 24))), utc(2026, 11, 19, 0, 34, 56)),
        (Hints(skip_days=(2,)), utc(2026, 11, 19, 0, 34, 56)),
        (Hints(skip_days=(2, 3), skip_hours=(0, 1)), utc(2026, 11, 20, 2, 34, 56)),
        (Hints(skip_hours=tuple(range(24))), NOON),
        (Hints(skip_days=tuple(range(7))), NOON),
        (Hints(skip_hours=(24,)), NOON),
        (Hints(skip_hours=(36,), skip_days=(9, -5)), NOON + 12 * HOUR),
    ],
    ids=[
        "nothing said",
        "another hour",
        "the next permitted hour, at the same minute",
        "on the next day",
        "a day",
        "days and hours",
        "every hour forbidden",
        "every day forbidden",
        "24 is midnight",
        "nonsense is folded",
    ],
)
def test_hours_and_days_to_be_skipped(hints: Hints, permitted: datetime) -> None:
    assert schedule.permitted(NOON, hints, NOON + 7 * DAY) == permitted


def test_an_hour_that_is_permitted_only_after_the_longest_time_is_not_waited_for() -> None:
    once_a_week = Hints(skip_days=(0, 1, 3, 4, 5, 6), skip_hours=(*range(12), *range(13, 24)))
    late = NOON + HOUR
    assert schedule.permitted(late, once_a_week, late + 7 * DAY) == NOON + 7 * DAY
    assert schedule.permitted(late, once_a_week, late + 5 * DAY) == late


def test_skipped_hours_move_what_was_decided_and_say_so() -> None:
    decision = schedule.after_success(state(times=every(HOUR), hints=Hints(skip_hours=(13,))), NOW, chance(), PLAIN)
    assert decision.next_check == NOW + 2 * HOUR
    assert "moved out of the hours" in decision.why


@pytest.mark.parametrize(("failures", "hours"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 24), (7, 24), (1000, 24)])
def test_failures_in_a_row_double_the_delay_up_to_a_day(failures: int, hours: int) -> None:
    known = state(times=every(HOUR), failures=failures, condition=Condition.TROUBLED)
    for random, stretch in ((0.0, 1.0), (0.5, 1.15)):
        decision = schedule.after_failure(known, NOW, chance(random), PLAIN)
        assert decision.next_check == NOW + hours * HOUR * stretch
        assert decision.interval == hours * HOUR


@pytest.mark.parametrize(
    ("limits", "interval", "hints", "delay"),
    [
        (PLAIN, None, Hints(invited=300), HOUR),
        (PLAIN, MINUTE, Hints(), MINUTE),
        (Limits(min_interval=10 * MINUTE), None, Hints(), 10 * MINUTE),
        (Limits(min_interval=3 * HOUR), None, Hints(), 3 * HOUR),
        (PLAIN, 3 * DAY, Hints(), 3 * DAY),
    ],
    ids=[
        "an invitation is for those who are well",
        "an operator's own source",
        "an operator's floor",
        "a higher floor",
        "an interval longer than the longest delay",
    ],
)
def test_the_first_failure_waits_an_hour_or_as_an_operator_says(
    limits: Limits, interval: timedelta | None, hints: Hints, delay: timedelta
) -> None:
    known = state(times=every(HOUR), hints=hints, failures=1, condition=Condition.TROUBLED)
    assert schedule.after_failure(known, NOW, chance(), limits, interval=interval).next_check == NOW + delay


@pytest.mark.parametrize(("times", "delay"), [(every(HOUR), HOUR), ((), 2 * HOUR)], ids=["its interval", "two hours"])
def test_trouble_of_the_host_is_nobodys_fault(times: tuple[datetime, ...], delay: timedelta) -> None:
    known = state(times=times, failures=9, condition=Condition.TROUBLED)
    assert schedule.after_failure(known, NOW, chance(), PLAIN, trouble=True).next_check == NOW + delay


@pytest.mark.parametrize(
    ("own", "trouble", "delay"),
    [(None, False, 3 * HOUR), (None, True, HOUR), (HOUR, False, HOUR)],
    ids=["kept", "not while the host has trouble", "not where an operator decides"],
)
def test_skipped_hours_are_kept_after_a_failure_too(own: timedelta | None, trouble: bool, delay: timedelta) -> None:
    known = state(times=every(HOUR), failures=1, hints=Hints(skip_hours=(13, 14)))
    decision = schedule.after_failure(known, NOW, chance(), PLAIN, interval=own, trouble=trouble)
    assert decision.next_check == NOW + delay


@pytest.mark.parametrize("trouble", [False, True])
def test_what_fails_for_a_month_is_asked_once_a_week(trouble: bool) -> None:
    known = state(failures=40, condition=Condition.FAILING)
    assert schedule.after_failure(known, NOW, chance(), PLAIN, trouble=trouble).next_check == NOW + 7 * DAY


@pytest.mark.parametrize(
    ("pauses", "asked", "random", "pause"),
    [
        (0, None, 0.0, HOUR),
        (0, None, 0.5, 1.5 * HOUR),
        (1, None, 0.0, 2 * HOUR),
        (4, None, 0.0, 16 * HOUR),
        (5, None, 0.0, 24 * HOUR),
        (1000, None, 0.9, 24 * HOUR),
        (0, 120 * timedelta(seconds=1), 0.0, HOUR),
        (0, 3 * DAY, 0.0, 3 * DAY),
        (0, 3650 * DAY, 0.9, 7 * DAY),
    ],
    ids=[
        "first",
        "by chance",
        "second",
        "fifth",
        "a day",
        "for ever",
        "asked for less",
        "for more",
        "for far too much",
    ],
)
def test_how_long_a_host_rests(pauses: int, asked: timedelta | None, random: float, pause: timedelta) -> None:
    assert schedule.host_pause(pauses, asked, chance(random)) == pause


@pytest.mark.parametrize(
    ("count", "over"), [(1, HOUR), (18_000, HOUR), (18_001, 3600.2 * timedelta(seconds=1)), (90_000, 5 * HOUR)]
)
def test_what_is_due_at_once_is_spread(count: int, over: timedelta) -> None:
    assert schedule.spread_over(count) == over


def test_first_polls_after_an_import_are_spread_and_few_declared_sources_are_not() -> None:
    assert [schedule.first_check(NOW, n, 4) - NOW for n in range(4)] == [timedelta(), HOUR / 4, HOUR / 2, HOUR * 3 / 4]
    assert {schedule.first_check(NOW, n, 100, at_once=schedule.AT_ONCE) for n in range(100)} == {NOW}
    assert schedule.first_check(NOW, 100, 101, at_once=schedule.AT_ONCE) > NOW


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"times": every(8 * HOUR)}, "about 3 articles a day: every 60 to 72 minutes"),
        ({"times": every(20 * MINUTE)}, "about 3 articles an hour: every 60 to 72 minutes"),
        ({"times": every(2 * DAY)}, "about 4 articles a week: every 6 to 7.2 hours"),
        ({}, "fewer than two articles are known of it: every 6 to 7.2 hours"),
        ({"times": every(HOUR, newest=NOW - 100 * DAY)}, "nothing new for 100 days: every 24 to 28.8 hours"),
        (
            {"times": every(DAY, newest=NOW - 4 * DAY)},
            "usually about 1 article a day, but nothing new for 4 days: every 6 to 7.2 hours",
        ),
        (
            {"times": every(8 * HOUR), "hints": Hints(fresh=7200)},
            "about 3 articles a day, and its server says that an answer is good for 2 hours: every 2 to 2.4 hours",
        ),
        (
            {"times": every(8 * HOUR), "hints": Hints(invited=7200)},
            "about 3 articles a day, and the feed itself asks to be left for 2 hours: every 2 to 2.4 hours",
        ),
        (
            {"times": every(HOUR), "hints": Hints(invited=900)},
            "about 24 articles a day, and the feed itself invites us every 15 minutes: every 15 to 18 minutes",
        ),
    ],
)
def test_the_reason_is_told(fields: dict[str, object], why: str) -> None:
    assert schedule.after_success(state(**fields), NOW, chance(), PLAIN).why == why


def test_the_reason_of_an_operator_and_of_a_failure_is_told() -> None:
    decision = schedule.after_success(state(), NOW, chance(), PLAIN, interval=15 * MINUTE)
    assert decision.why == "an operator set 15 minutes: every 15 to 18 minutes"
    troubled = state(times=every(HOUR), failures=3, condition=Condition.TROUBLED)
    why = "it failed 3 times in a row: tried again after 4 to 5.2 hours"
    assert schedule.after_failure(troubled, NOW, chance(), PLAIN).why == why


wishes = st.one_of(st.none(), st.integers(-(10**13), 10**13))
hints_of_all_kinds = st.builds(
    Hints,
    invited=wishes,
    fresh=wishes,
    skip_hours=st.lists(st.integers(-30, 30), max_size=30).map(tuple),
    skip_days=st.lists(st.integers(-8, 8), max_size=8).map(tuple),
)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(utc(2026, 1, 1).tzinfo))
randoms = st.floats(0, 1, exclude_max=True)
BOUNDED = settings(max_examples=100, deadline=None)


@BOUNDED
@given(st.lists(moments, max_size=12), moments, hints_of_all_kinds, randoms, st.booleans())
def test_a_source_that_is_well_is_always_polled_between_five_minutes_and_a_week(
    times: list[datetime], now: datetime, hints: Hints, random: float, pushed: bool
) -> None:
    known = state(times=tuple(times), hints=hints)
    decision = schedule.after_success(known, now, chance(random), PLAIN, pushed=pushed)
    assert now + 5 * MINUTE <= decision.next_check <= now + 7 * DAY
    assert decision.next_check >= now + decision.interval
    if not hints.invited or hints.invited <= 0:
        assert decision.next_check >= now + HOUR


@BOUNDED
@given(
    st.lists(moments, max_size=12),
    moments,
    hints_of_all_kinds,
    randoms,
    st.one_of(st.none(), st.timedeltas()),
    st.timedeltas(timedelta(seconds=1), 30 * DAY),
    st.one_of(st.none(), st.timedeltas(timedelta(), 1000 * DAY)),
)
def test_whatever_an_operator_says_the_next_poll_is_ahead_and_within_a_week(
    times: list[datetime],
    now: datetime,
    hints: Hints,
    random: float,
    lowest: timedelta | None,
    highest: timedelta,
    own: timedelta | None,
) -> None:
    limits = Limits(min_interval=lowest, max_interval=highest)
    decision = schedule.after_success(state(times=tuple(times), hints=hints), now, chance(random), limits, interval=own)
    assert now < decision.next_check <= now + 7 * DAY


@BOUNDED
@given(
    st.lists(moments, max_size=12),
    moments,
    hints_of_all_kinds,
    randoms,
    st.integers(1, 200),
    st.sampled_from(Condition),
)
def test_a_failure_is_always_followed_by_another_try(
    times: list[datetime], now: datetime, hints: Hints, random: float, failures: int, condition: Condition
) -> None:
    known = state(times=tuple(times), hints=hints, failures=failures, condition=condition)
    for trouble in (False, True):
        decision = schedule.after_failure(known, now, chance(random), PLAIN, trouble=trouble)
        assert now + 5 * MINUTE <= decision.next_check <= now + 7 * DAY * 1.3


@BOUNDED
@given(st.lists(moments, max_size=12), moments, randoms)
def test_backoff_never_shrinks(times: list[datetime], now: datetime, random: float) -> None:
    delays = [
        schedule.after_failure(state(times=tuple(times), failures=n), now, chance(random), PLAIN).next_check
        for n in range(1, 12)
    ]
    assert delays == sorted(delays)
    assert delays[-1] - now <= 24 * HOUR * 1.3


@BOUNDED
@given(st.integers(0, 50), st.one_of(st.none(), st.timedeltas(-DAY, 4000 * DAY)), randoms)
def test_a_host_is_never_asked_before_it_permits_nor_left_for_more_than_a_week(
    pauses: int, asked: timedelta | None, random: float
) -> None:
    pause = schedule.host_pause(pauses, asked, chance(random))
    at = schedule.after_pause(NOW + pause, NOW, chance(random))
    assert HOUR <= pause <= at - NOW <= 7 * DAY
    assert pause >= min(asked or HOUR, 7 * DAY)
