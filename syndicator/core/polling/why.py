"""When a source is polled next, why, how it went, and what to do: for a person, line by line."""

from __future__ import annotations

from datetime import datetime

from syndicator.core.polling import redirects
from syndicator.core.polling.plain import explain
from syndicator.core.polling.words import moment, span
from syndicator.model import Condition, HostState, Poll, PollState, Result, Source

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def why(source: Source, state: PollState, host: HostState, now: datetime) -> list[str]:
    """Lines for a person: when `source` is polled next and why, what is wrong and what to do, its last polls."""
    lines = [_next(source, state, host, now)]
    if _polled(source, state) and state.why:
        lines.append(f"Why then: {state.why}.")
    if host.paused_until is not None and host.paused_until > now:
        lines.append(
            f"Its host {host.host} asked us to rest: nothing is asked of it before {moment(host.paused_until)}."
        )
    lines += _trouble(state, now)
    if host.trouble and state.failures:
        lines.append(f"Many sources of {host.host} fail alike: it is the host's trouble, and soon tried again.")
    if state.notice:
        lines.append(f"It could be read, but: {state.notice}.")
    lines += _wishes(state)
    lines += _address(source, state, now)
    if state.polls:
        lines.append("Its last polls:" if len(state.polls) > 1 else "Its only poll so far:")
        lines += [f"  {told(poll)}" for poll in state.polls]
    return lines


def told(poll: Poll) -> str:
    """A poll in one line: when, what came of it, how long it took and how much came."""
    what = str(poll.result)
    if poll.result in (Result.NEW, Result.MOVED):
        what += f" ({poll.new} new, {poll.changed} changed)"
    parts = [f"{moment(poll.at)}  {what}"]
    if poll.status is not None:
        parts.append(f"HTTP {poll.status}")
    if poll.seconds:
        parts.append(f"{poll.seconds:.1f} s")
    if poll.received:
        parts.append(f"{poll.received:,} bytes")
    return ", ".join(parts) + (f": {poll.reason}" if poll.reason else "")


def _polled(source: Source, state: PollState) -> bool:
    return not (source.paused or source.removed or state.next_check is None)


def _next(source: Source, state: PollState, host: HostState, now: datetime) -> str:
    if source.removed:
        return "Not polled: it was removed."
    if source.paused:
        return f"Not polled: it is paused. `syndicator resume {source.id}` goes on with it."
    if state.next_check is None:
        return f"Not polled: {_STOPPED.get(state.condition, 'it has no next time')}."
    at = max(state.next_check, host.paused_until or state.next_check)
    if at <= now:
        return f"Due now, since {moment(at)}: it is polled as soon as its host and a worker are free."
    return f"Polled next at {moment(at)}, in {span(at - now)}."


_STOPPED = {
    Condition.GONE: "the site says that it is gone for good",
    Condition.QUARANTINED: "it is in quarantine",
    Condition.DUPLICATE: "it moved to an address that another source has, which is polled instead",
}


def _trouble(state: PollState, now: datetime) -> list[str]:
    reason = explain(state)
    if not reason:
        return []
    if state.failures > 1 and state.failing_since is not None and state.failing_since <= now:
        return [f"It has failed {state.failures} times in a row, for {span(now - state.failing_since)}. {reason}"]
    return [reason]


def _wishes(state: PollState) -> list[str]:
    hours, days = state.hints.skip_hours, state.hints.skip_days
    lines = []
    if hours:
        lines.append(
            f"It asks not to be polled at these hours (GMT): {', '.join(f'{hour % 24:02}' for hour in hours)}."
        )
    if days:
        lines.append(f"It asks not to be polled on {', '.join(_DAYS[day % 7] for day in days)}.")
    return lines


def _address(source: Source, state: PollState, now: datetime) -> list[str]:
    seen = state.redirection
    if seen is None:
        return []
    moving = f"It sends us on to {seen.target}, for good as it says, since {moment(seen.since)}"
    if source.declared and redirects.stable(seen, now):
        return [f"{moving}: change `url` of this source in syndicator.toml."]
    left = redirects.STABLE_FOR - (now - seen.since)
    count = redirects.STABLE_COUNT - seen.count
    if left.total_seconds() > 0 or count > 0:
        return [f"{moving}. The new address is taken over once it has stayed the same for a week."]
    return [f"{moving}."]
