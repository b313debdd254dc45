"""How it stands with a source apart from a poll: given up, resumed, forgiven, put right after a wrong clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from syndicator.core.polling import plain, schedule
from syndicator.core.polling.attempts import Attempt, Outcome, counted, remembered
from syndicator.model import Condition, HostState, PollState, Result


def abandoned(state: PollState) -> bool:
    """Whether a source that was just claimed lost its lease three times in a row: `quarantined`, not fetched."""
    return state.attempts > schedule.LIVES


def quarantined(attempt: Attempt) -> Outcome:
    """For a source that was `abandoned`: not polled until a person resumes it."""
    poll = attempt.poll(Result.FAILED, None, plain.LOST)
    state = remembered(counted(attempt.state, attempt.now), poll)
    return Outcome(state=state, host=attempt.host, poll=poll).stopped(Condition.QUARANTINED, plain.LOST)


def resumed(state: PollState, now: datetime) -> PollState:
    """The state of a source that a person resumes: whatever stopped it is forgotten, and it is due now."""
    return replace(
        state,
        condition=Condition.WELL if state.fetched_at else Condition.NEW,
        next_check=now,
        failures=0,
        failing_since=None,
        gone=(),
        deaths=0,
        attempts=0,
        why="it was resumed",
    )


def forgiven(state: PollState, now: datetime, random: schedule.Random) -> PollState:
    """A source whose last failure turned out to be our outage (`Outage.blamed`): what was counted is taken back.

    Unchanged where its last poll did not fail without an answer.
    """
    last = state.polls[0] if state.polls else None
    if last is None or last.result is not Result.FAILED or last.status is not None or state.next_check is None:
        return state
    left = max(state.failures - 1, 0)
    before = Condition.WELL if state.fetched_at else Condition.NEW
    decision = schedule.after_outage(state.interval, now, random)
    return replace(
        state,
        failures=left,
        failing_since=state.failing_since if left else None,
        condition=state.condition if left else before,
        next_check=min(state.next_check, decision.next_check),
        why=decision.why,
        polls=(replace(last, result=Result.OUTAGE, reason=plain.OFFLINE), *state.polls[1:]),
    )


def repaired(state: PollState, now: datetime, random: schedule.Random) -> PollState:
    """A state that a clock which was wrong has left, put right: to be asked of all at start.

    A next check more than `schedule.CLOCK_MAX` ahead comes within `schedule.MIN`; what is past cannot lie ahead.
    Unchanged where nothing is wrong.
    """
    right = replace(
        state,
        times=tuple(min(time, now) for time in state.times),
        failing_since=_past(state.failing_since, now),
        gone=tuple(at for at in state.gone if at <= now),
        unconditional_at=_past(state.unconditional_at, now),
        fetched_at=_past(state.fetched_at, now),
        new_at=_past(state.new_at, now),
    )
    if state.redirection is not None:
        right = replace(right, redirection=replace(state.redirection, since=min(state.redirection.since, now)))
    if state.next_check is not None and state.next_check > now + schedule.CLOCK_MAX:
        right = replace(right, next_check=now + schedule.MIN * random(), why="the clock was wrong when it was decided")
    return right


def repaired_host(host: HostState, now: datetime) -> HostState:
    """The same for a host: it never rests for longer than `schedule.RETRY_MAX`."""
    wrong = host.paused_until is not None and host.paused_until > now + schedule.RETRY_MAX
    return replace(
        host,
        paused_until=None if wrong else host.paused_until,
        failures=tuple(failure for failure in host.failures if failure[0] <= now),
        troubled_at=_past(host.troubled_at, now),
    )


def _past(at: datetime | None, now: datetime) -> datetime | None:
    """A moment that is over; one ahead by more than a day is a wrong clock's, a smaller step is waited out."""
    return at if at is None or at <= now + timedelta(days=1) else now
