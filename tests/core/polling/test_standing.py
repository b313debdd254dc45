"""Given up, resumed, forgiven, put right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.polling import outcome, standing
from syndicator.errors import FetchError
from syndicator.model import Condition, HostState, PollState, Redirection, Result
from tests.core.polling.making import DAY, HOUR, LANE, MINUTE, NOW, URL, answer, attempt, chance, every, state

WELL = state(condition=Condition.WELL, fetched_at=NOW - DAY, times=every(HOUR), next_check=NOW + HOUR)


@pytest.mark.parametrize(("attempts", "abandoned"), [(1, False), (3, False), (4, True)])
def test_a_lease_may_run_out_three_times(attempts: int, abandoned: bool) -> None:
    assert standing.abandoned(replace(WELL, attempts=attempts)) == abandoned


def test_a_source_whose_leases_run_out_is_quarantined_until_it_is_resumed() -> None:
    done = standing.quarantined(attempt(replace(WELL, attempts=4)))
    assert (done.state.condition, done.state.next_check) == (Condition.QUARANTINED, None)
    assert done.state.polls == (done.poll,)
    again = standing.resumed(done.state, NOW + DAY)
    assert (again.condition, again.next_check, again.attempts) == (Condition.WELL, NOW + DAY, 0)
    assert not standing.abandoned(again)


def test_a_source_that_was_gone_begins_anew_when_it_is_resumed() -> None:
    gone = state(
        condition=Condition.GONE, gone=every(DAY, 4), failures=4, failing_since=NOW - 4 * DAY, deaths=2, why="gone"
    )
    assert standing.resumed(gone, NOW) == state(next_check=NOW, why="it was resumed")


def test_what_our_own_outage_was_blamed_for_is_taken_back() -> None:
    failed = outcome.failed(attempt(WELL), FetchError("dns", URL, "no answer")).state
    forgiven = standing.forgiven(failed, NOW + MINUTE, chance())
    assert (forgiven.condition, forgiven.failures, forgiven.failing_since) == (Condition.WELL, 0, None)
    assert [poll.result for poll in forgiven.polls] == [Result.OUTAGE]
    assert forgiven.next_check == NOW + 6 * MINUTE


def test_what_failed_before_the_outage_stays_counted() -> None:
    twice = WELL
    for day in range(2):
        twice = outcome.failed(attempt(twice, now=NOW + day * DAY), FetchError("dns", URL, "no answer")).state
    forgiven = standing.forgiven(twice, NOW + DAY, chance())
    assert (forgiven.condition, forgiven.failures, forgiven.failing_since) == (Condition.TROUBLED, 1, NOW)


def test_what_somebody_answered_is_not_forgiven() -> None:
    failed = outcome.failed(attempt(WELL), response=answer(404)).state
    assert standing.forgiven(failed, NOW, chance()) == failed
    assert standing.forgiven(WELL, NOW, chance()) == WELL


@pytest.mark.parametrize(
    ("ahead", "repaired"),
    [(31 * DAY, 31 * DAY), (31 * DAY + MINUTE, HOUR / 2), (3650 * DAY, HOUR / 2), (-DAY, -DAY), (None, None)],
    ids=["a month", "more than a month", "ten years", "overdue", "not polled"],
)
def test_a_next_check_of_a_wrong_clock_is_put_right(ahead: timedelta | None, repaired: timedelta | None) -> None:
    known = replace(WELL, next_check=None if ahead is None else NOW + ahead)
    mended = standing.repaired(known, NOW, chance(0.5))
    assert mended.next_check == (None if repaired is None else NOW + repaired)


def test_what_a_clock_ten_years_ahead_wrote_is_put_right_and_what_is_right_is_left_alone() -> None:
    ahead = NOW + 3650 * DAY
    wrong = replace(
        WELL,
        times=(ahead, NOW - HOUR),
        failing_since=ahead,
        gone=(NOW - DAY, ahead),
        unconditional_at=ahead,
        fetched_at=ahead,
        new_at=ahead,
        redirection=Redirection(target=URL, since=ahead),
    )
    assert standing.repaired(wrong, NOW, chance()) == replace(
        WELL,
        times=(NOW, NOW - HOUR),
        failing_since=NOW,
        gone=(NOW - DAY,),
        unconditional_at=NOW,
        fetched_at=NOW,
        new_at=NOW,
        redirection=Redirection(target=URL, since=NOW),
    )
    assert standing.repaired(WELL, NOW, chance()) == WELL


def test_a_host_never_rests_for_ten_years() -> None:
    ahead = NOW + 3650 * DAY
    wrong = HostState(host=LANE, paused_until=ahead, failures=((ahead, "feed", "404"),), troubled_at=ahead)
    assert standing.repaired_host(wrong, NOW) == HostState(host=LANE, troubled_at=NOW)
    resting = HostState(host=LANE, paused_until=NOW + 7 * DAY, failures=((NOW, "feed", "404"),))
    assert standing.repaired_host(resting, NOW) == resting


@settings(max_examples=60, deadline=None)
@given(st.timedeltas(timedelta(days=-400), timedelta(days=4000)), st.integers(0, 3), st.floats(0, 1, exclude_max=True))
def test_after_any_jump_of_the_clock_a_repaired_source_is_polled_within_a_month(
    jump: timedelta, failures: int, random: float
) -> None:
    known: PollState = WELL
    for _ in range(failures):
        known = outcome.failed(attempt(known, now=NOW + jump), response=answer(500)).state
    known = outcome.succeeded(attempt(known, now=NOW + jump), answer(), body_hash="x", times=(NOW + jump,)).state
    mended = standing.repaired(known, NOW, chance(random))
    assert mended.next_check is not None
    assert mended.next_check <= NOW + 31 * DAY
    again = outcome.succeeded(attempt(mended, random=random), answer(), body_hash="x").state
    assert again.next_check is not None
    assert NOW < again.next_check <= NOW + 7 * DAY
