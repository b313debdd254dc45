"""What a poll's outcome makes of a source's state and its host's. Pure functions; each gives an Outcome.

Which one: `by_status` decides where the status alone does; a document that was read is `succeeded`; FetchError,
BadFeed and any other status are `failed`; what happens while we are offline is `outage`.

Validators are replaced after every 200 and 304, never kept from a document that could not be read, and only for the
address that gave them. A feed that gives none can only be asked for the whole of it: it is polled at the same pace
as others. That a reader without validators comes once a day is for readers that ignore those they were given: we do
so once in `schedule.REFRESH`, as a way out of a validator that is stuck.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from syndicator.core.polling import headers, hosts, plain, redirects, schedule, words
from syndicator.core.polling.attempts import STOPPED, Attempt, Outcome, counted, remembered
from syndicator.errors import BadFeed, FetchError
from syndicator.model import Condition, HostState, Parsed, PollState, Response, Result

__all__ = [
    "READABLE",
    "Attempt",
    "Outcome",
    "by_status",
    "failed",
    "gone",
    "not_modified",
    "outage",
    "paused",
    "succeeded",
    "validators",
]

READABLE = frozenset({200, 203})
"""Statuses whose body is the document."""


def validators(state: PollState, now: datetime) -> tuple[str | None, str | None]:
    """ETag and Last-Modified to send, as they came, and to `state.validated_url` alone.

    None for one we do not have; both None when it is time to ask for all of it once (`schedule.REFRESH`).
    """
    asked = state.unconditional_at
    refresh = asked is None or not -schedule.REFRESH < now - asked < schedule.REFRESH
    return (None, None) if refresh or state.validated_url is None else (state.etag, state.last_modified)


def by_status(attempt: Attempt, response: Response) -> Outcome | None:
    """The outcome where the status alone decides it; None where the body is to be read."""
    if response.status in READABLE:
        return None
    if response.status == 304:
        return not_modified(attempt, response)
    if response.status == 410:
        return gone(attempt, response)
    asked = headers.retry_after(response.headers, attempt.now)
    if response.status == 429 or (response.status == 503 and asked is not None):
        return paused(attempt, response)
    return failed(attempt, response=response)


def succeeded(
    attempt: Attempt,
    response: Response,
    parsed: Parsed | None = None,
    *,
    body_hash: str,
    new: int = 0,
    changed: int = 0,
    times: Iterable[datetime] = (),
    whole: bool = True,
) -> Outcome:
    """After a document that was read, or (`parsed` None) whose `body_hash` was the one we had.

    `new` and `changed` count articles; `times` are when the new ones appeared: min(published, first seen). Where it
    could not be read to its end (not `whole`), validators and hash stay as they were, so that it is read again.
    The caller adds to the state what reading left behind (`entries`, `identity`).
    """
    state = _read(attempt, response, parsed, tuple(times))
    if whole:
        etag, last_modified = headers.validators(response)
        address = response.url if etag or last_modified else None
        state = replace(state, etag=etag, last_modified=last_modified, validated_url=address, body_hash=body_hash)
    if new or changed:
        state = replace(state, new_at=attempt.now)
    conditional = attempt.conditional and attempt.state.validated_url == response.url
    result = Result.NEW if new or changed else Result.SAME
    return _well(replace(attempt, conditional=conditional), response, state, result, new, changed)


def _read(attempt: Attempt, response: Response, parsed: Parsed | None, times: tuple[datetime, ...]) -> PollState:
    """The state with what a document says."""
    state = attempt.state
    known = sorted((min(time, attempt.now) for time in (*state.times, *times)), reverse=True)
    hints = state.hints if parsed is None else parsed.hints
    state = replace(
        state,
        hints=replace(hints, fresh=headers.fresh(response.headers)),
        times=tuple(known[: schedule.GAPS + 1]),
        fetched_at=attempt.now,
    )
    if parsed is None:
        return state
    links = {link.rel: link.href for link in reversed(parsed.links)}
    return replace(
        state,
        upstream=parsed.upstream,
        notice="; ".join(parsed.notices),
        hub=links.get("hub"),
        self_url=links.get("self"),
    )


def not_modified(attempt: Attempt, response: Response) -> Outcome:
    """After a 304. What it carries of validators replaces ours, the others stay (RFC 9111 section 4.3.4).

    A 304 that we did not ask for, or from another address than the one that gave us the validators, is an error, and
    the next request asks for all of it.
    """
    state = attempt.state
    if not attempt.conditional or state.validated_url != response.url:
        forgotten = replace(state, etag=None, last_modified=None, validated_url=None)
        return failed(replace(attempt, state=forgotten), response=response)
    etag, last_modified = headers.validators(response)
    hints = state.hints
    if headers.says_freshness(response.headers):
        hints = replace(hints, fresh=headers.fresh(response.headers))
    state = replace(
        state,
        etag=etag or state.etag,
        last_modified=last_modified or state.last_modified,
        hints=hints,
        fetched_at=attempt.now,
    )
    return _well(attempt, response, state, Result.NOT_MODIFIED)


def _well(
    attempt: Attempt, response: Response, state: PollState, result: Result, new: int = 0, changed: int = 0
) -> Outcome:
    """Success clears what was wrong, and decides when to come back."""
    now = attempt.now
    redirection, target = redirects.watched(state.redirection, attempt.source, response, now)
    state = replace(
        state,
        host=hosts.lane(response.url),
        condition=Condition.WELL,
        failures=0,
        failing_since=None,
        gone=(),
        deaths=0,
        redirection=redirection,
    )
    decision = schedule.after_success(
        state, now, attempt.random, attempt.limits, interval=attempt.source.interval, pushed=attempt.pushed
    )
    poll = attempt.poll(Result.MOVED if target else result, response, new=new, changed=changed)
    host = hosts.succeeded(attempt.host, state.source, now)
    return Outcome(state=attempt.closed(state, decision, poll), host=host, poll=poll, moved_to=target)


def failed(attempt: Attempt, error: FetchError | BadFeed | None = None, *, response: Response | None = None) -> Outcome:
    """After a failure: an `error`, or (None) a `response` whose status is no success. All count alike.

    With a BadFeed the response that it came with may be given too. A document that could not be read leaves
    validators and hash as they were; one that took its parser's process along counts towards quarantine. A
    Retry-After is kept to, whatever the status. Raises ValueError where neither is given.
    """
    now = attempt.now
    kind = error.kind if error is not None else _status(response)
    host, trouble = attempt.host, False
    if kind != "killed":
        host, trouble = hosts.failed(host, attempt.source.id, kind, now)
    state = counted(attempt.state, now, trouble=trouble)
    if isinstance(error, BadFeed):
        state = replace(state, deaths=state.deaths + 1 if kind == "killed" else 0)
    decision = schedule.after_failure(
        state, now, attempt.random, attempt.limits, interval=attempt.source.interval, trouble=trouble
    )
    asked = headers.retry_after(response.headers, now) if response is not None else None
    if asked is not None and now + asked > decision.next_check:
        why = f"{decision.why}, but its server asked for {words.span(asked)}"
        decision = replace(decision, next_check=now + asked, why=why)
    reason = plain.of_error(error) if error is not None else plain.of_status(int(kind))
    poll = attempt.poll(Result.FAILED, response, reason)
    outcome = Outcome(state=attempt.closed(state, decision, poll), host=host, poll=poll)
    deadly = state.deaths >= schedule.LIVES
    return outcome.stopped(Condition.QUARANTINED, plain.DEADLY) if deadly else outcome


def _status(response: Response | None) -> str:
    if response is None:
        raise ValueError("a failure needs an error or a response")
    return str(response.status)


def paused(attempt: Attempt, response: Response) -> Outcome:
    """After 429, or 503 with Retry-After: the whole host rests, and nothing is counted against the source."""
    now, lane = attempt.now, hosts.lane(response.url)
    host = attempt.host if attempt.host.host == lane else HostState(host=lane)
    wait = schedule.host_pause(host.pauses, headers.retry_after(response.headers, now), attempt.random)
    until = max(now + wait, min(host.paused_until or now, now + schedule.RETRY_MAX))
    decision = schedule.Decision(
        next_check=schedule.after_pause(until, now, attempt.random),
        interval=attempt.state.interval,
        why=f"its host asked us to rest until {words.moment(until)}",
    )
    poll = attempt.poll(Result.PAUSED, response, plain.of_status(response.status))
    state = attempt.closed(replace(attempt.state, host=lane), decision, poll)
    return Outcome(state=state, host=replace(host, paused_until=until, pauses=host.pauses + 1), poll=poll)


def gone(attempt: Attempt, response: Response) -> Outcome:
    """After a 410: believed when the third comes `schedule.GONE_AFTER` after the first; asked for at that pace."""
    now = attempt.now
    seen = (*(at for at in attempt.state.gone if at <= now), now)
    confirmed = len(seen) >= schedule.GONE_COUNT and now - seen[0] >= schedule.GONE_AFTER
    state = replace(counted(attempt.state, now), gone=seen[:1] + seen[1:][-schedule.GONE_COUNT :])
    decision = schedule.after_gone(now, attempt.random)
    poll = attempt.poll(Result.GONE, response, plain.of_status(410))
    outcome = Outcome(state=attempt.closed(state, decision, poll), host=attempt.host, poll=poll)
    return outcome.stopped(Condition.GONE, plain.GONE) if confirmed else outcome


def outage(attempt: Attempt, error: FetchError | None = None) -> Outcome:
    """While we are offline: nothing is counted, and the source is due again soon."""
    reason = plain.OFFLINE if error is None else f"{plain.OFFLINE} ({error.reason})"
    poll = attempt.poll(Result.OUTAGE, None, reason)
    state = remembered(attempt.state, poll)
    if state.condition not in STOPPED:
        decision = schedule.after_outage(state.interval, attempt.now, attempt.random)
        state = replace(state, next_check=decision.next_check, why=decision.why)
    return Outcome(state=state, host=attempt.host, poll=poll)
