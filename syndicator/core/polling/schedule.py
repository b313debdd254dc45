"""When a source is polled next: every number of it, and the arithmetic. Pure: `now` and `random` are handed in.

`random` is a function that gives numbers in [0, 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicator.core.polling.words import pace, rate, span
from syndicator.model import Condition, Hints, PollState

Random = Callable[[], float]

MIN = timedelta(minutes=60)
"""The shortest interval that we choose ourselves."""
INVITED_MIN = timedelta(minutes=5)
"""The shortest interval to which a publisher can invite us."""
MAX = timedelta(hours=6)
"""The longest interval for a source that is alive."""
DORMANT = timedelta(hours=24)
"""The longest interval for one that has been silent for `SILENT`."""
SILENT = timedelta(days=90)
HINT_MAX = timedelta(hours=24)
"""A publisher's wish not to be polled counts up to here."""
RETRY_MAX = timedelta(days=7)
"""Retry-After counts up to here."""
ERR_MAX = timedelta(hours=24)
"""The longest that a failure alone delays the next attempt."""
DEAD = timedelta(days=7)
"""The interval of what has failed for `FAILING_AFTER`."""
FAILING_AFTER = timedelta(days=30)
LONGEST = timedelta(days=7)
"""No source that is well is left alone for longer, whoever wishes it."""
CLOCK_MAX = timedelta(days=31)
"""A next check further ahead was decided by a clock that was wrong."""

GAPS = 8
"""So many of the last gaps between articles tell how often a source publishes; `gap / PER_GAP` is the interval."""
PER_GAP = 8
JITTER = 0.2
"""An interval is stretched by up to so much, and a delay after a failure by up to `FAILURE_JITTER`."""
FAILURE_JITTER = 0.3
DOUBLINGS = 6
"""A failure doubles the delay at most so many times."""
PUSHED = 4
"""A source that is pushed to us is polled so many times less often, but once within `PUSHED_MAX`."""
PUSHED_MAX = timedelta(hours=24)

TROUBLE_MAX = timedelta(hours=2)
"""The longest delay while the host as a whole has trouble."""
PAUSE = timedelta(minutes=60)
"""A host rests this long × U(1, 2) after a 429, doubled with each in a row, up to `PAUSE_MAX`; or as it asks."""
PAUSE_MAX = timedelta(hours=24)
GONE_AFTER = timedelta(hours=72)
"""A 410 is believed when `GONE_COUNT` of them lie this far apart."""
GONE_COUNT = 3

PER_SECOND = 5
"""What is due all at once is spread so that so many polls begin in a second, and over no less than `MIN`."""
AT_ONCE = 100
"""New or overdue sources up to this number are polled at once; more are spread."""
REFRESH = timedelta(days=7)
"""After so long the whole document is asked for once, whatever validators we hold: an escape from a stuck one."""
LIVES = 3
"""Leases that may expire, and parser processes that may die, in a row before a source is quarantined."""
KEPT_POLLS = 10

LEASE = timedelta(seconds=180)
"""A poll may take 60 s to fetch and 30 s to read, for some documents in a row."""
HOST_GAP = timedelta(seconds=1)
"""From the start of one fetch to the start of the next on the same host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an operator wants for all sources: a floor other than `MIN` (None: `MIN`), and a ceiling."""

    min_interval: timedelta | None = None
    max_interval: timedelta = MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """When a source is polled next, the interval behind it before it was stretched, and why, for a person."""

    next_check: datetime
    interval: timedelta
    why: str


_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)


def gap(times: Sequence[datetime], now: datetime) -> timedelta | None:
    """How far apart a source's articles are: the mean of the last gaps, or half of the silence since, if longer.

    `times` are when its newest articles appeared, in any order; those ahead of `now` count as now. None for less
    than two.
    """
    known = sorted((min(time, now) for time in times), reverse=True)[: GAPS + 1]
    if len(known) < 2:
        return None
    return max((known[0] - known[-1]) / (len(known) - 1), (now - known[0]) / 2)


def silence(times: Sequence[datetime], now: datetime) -> timedelta:
    """How long ago the newest of `times` is; nothing where there are none."""
    return max(now - max(times), timedelta()) if times else timedelta()


def floor(hints: Hints, limits: Limits) -> timedelta:
    """The shortest adaptive interval: an operator's, or `MIN`, or less where the document itself invites to less."""
    if limits.min_interval is not None:
        return max(limits.min_interval, _SECOND)
    invited = _seconds(hints.invited or 0, MIN)
    lowest = max(invited, INVITED_MIN) if invited else MIN
    return max(min(lowest, limits.max_interval), _SECOND)


def ceiling(times: Sequence[datetime], now: datetime, limits: Limits) -> timedelta:
    """The longest adaptive interval. A ceiling that an operator has lowered holds for dormant sources too."""
    dormant = silence(times, now) > SILENT and limits.max_interval >= MAX
    return max(DORMANT, limits.max_interval) if dormant else limits.max_interval


def base(times: Sequence[datetime], now: datetime, hints: Hints, limits: Limits) -> timedelta:
    """The adaptive interval, before a publisher's wish to be asked less often."""
    lowest, apart = floor(hints, limits), gap(times, now)
    if apart is None:
        return min(max(limits.max_interval, lowest), LONGEST)
    return min(max(min(apart / PER_GAP, ceiling(times, now, limits)), lowest), LONGEST)


def hint(hints: Hints) -> timedelta:
    """For how long the publisher asks not to be polled: the longest of its wishes, 0 to `HINT_MAX`."""
    return max(_seconds(hints.invited or 0, HINT_MAX), _seconds(hints.fresh or 0, HINT_MAX))


def after_success(
    state: PollState,
    now: datetime,
    random: Random,
    limits: Limits,
    *,
    interval: timedelta | None = None,
    pushed: bool = False,
) -> Decision:
    """When a source is polled next that answered: with a document, the same one, or 304.

    `state` holds its `times` and `hints` as they are now. `interval` is what an operator wants for this source: it
    stands instead of everything that the publisher says. `pushed`: what is new is pushed to us and that is verified.
    The next check is after `now`, and within `LONGEST`.
    """
    if interval is not None:
        chosen, reason = _bounded(interval), f"an operator set {span(interval)}"
    else:
        chosen, reason = _adaptive(state, now, limits, pushed)
    latest = now + LONGEST
    at = min(now + chosen * (1 + JITTER * random()), latest)
    moved = permitted(at, state.hints, latest) if interval is None else at
    also = ", moved out of the hours and days in which it asks not to be polled" if moved != at else ""
    return Decision(next_check=moved, interval=chosen, why=f"{reason}: every {pace(chosen, JITTER)}{also}")


def _adaptive(state: PollState, now: datetime, limits: Limits, pushed: bool) -> tuple[timedelta, str]:
    chosen, reason = base(state.times, now, state.hints, limits), _rhythm(state.times, now)
    if pushed:
        chosen = max(chosen, min(chosen * PUSHED, PUSHED_MAX))
        reason += ", and what is new is pushed to us"
    asked = hint(state.hints)
    if asked > chosen:
        fresh = _seconds(state.hints.fresh or 0, HINT_MAX) == asked
        who = "its server says that an answer is good for" if fresh else "the feed itself asks to be left for"
        return asked, f"{reason}, and {who} {span(asked)}"
    if limits.min_interval is None and chosen < min(MIN, limits.max_interval):
        reason += f", and the feed itself invites us every {span(_seconds(state.hints.invited or 0, MIN))}"
    return chosen, reason


def _rhythm(times: Sequence[datetime], now: datetime) -> str:
    apart, silent = gap(times, now), silence(times, now)
    if apart is None:
        return "fewer than two articles are known of it"
    if silent > SILENT:
        return f"nothing new for {span(silent)}"
    if apart == silent / 2:
        return f"usually {rate(gap(times, max(times)) or apart)}, but nothing new for {span(silent)}"
    return rate(apart)


def after_failure(
    state: PollState,
    now: datetime,
    random: Random,
    limits: Limits,
    *,
    interval: timedelta | None = None,
    trouble: bool = False,
) -> Decision:
    """When a source is polled next that failed.

    `state` counts this failure already (`failures` ≥ 1, `condition`). `trouble`: many sources of its host fail
    alike. A source that failed for `FAILING_AFTER` is tried once in `DEAD`, trouble or not.
    """
    usual = base(state.times, now, state.hints, limits) if interval is None else _bounded(interval)
    if state.condition is Condition.FAILING:
        delay, reason = DEAD, f"it has failed for more than {span(FAILING_AFTER)}"
    elif trouble:
        delay, reason = min(usual, TROUBLE_MAX), "many sources of its host fail alike"
    else:
        delay = backoff(max(usual, _retry_floor(limits, interval)), state.failures)
        times = "time" if state.failures == 1 else "times in a row"
        reason = f"it failed {state.failures} {times}"
    at = now + delay * (1 + FAILURE_JITTER * random())
    if interval is None and not trouble:
        at = permitted(at, state.hints, max(at, now + LONGEST))
    return Decision(next_check=at, interval=delay, why=f"{reason}: tried again after {pace(delay, FAILURE_JITTER)}")


def backoff(first: timedelta, failures: int) -> timedelta:
    """The delay after so many failures in a row (≥ 1): `first`, doubled with each, up to `ERR_MAX` (or `first`)."""
    doubled: timedelta = first * 2 ** min(max(failures, 1) - 1, DOUBLINGS)
    return min(max(first, min(ERR_MAX, doubled)), LONGEST)


def _retry_floor(limits: Limits, interval: timedelta | None) -> timedelta:
    """The delay after a first failure is no shorter: `MIN`, or less where an operator polls his own more often."""
    wanted = interval if interval is not None else limits.min_interval
    return MIN if wanted is None else max(_SECOND, min(MIN, wanted))


def host_pause(pauses: int, asked: timedelta | None, random: Random) -> timedelta:
    """How long a host rests that sent a 429 after so many in a row (0: the first); `asked` is its Retry-After."""
    doubled: timedelta = PAUSE * (1 + random()) * 2 ** min(pauses, DOUBLINGS)
    ours = min(doubled, PAUSE_MAX)
    return max(ours, min(asked or timedelta(), RETRY_MAX))


def after_gone(now: datetime, random: Random) -> Decision:
    """When a source is asked again that answered 410: so that the last of `GONE_COUNT` is `GONE_AFTER` the first."""
    delay = GONE_AFTER / (GONE_COUNT - 1)
    why = f"it said that it is gone for good: asked again to be sure, after {pace(delay, FAILURE_JITTER)}"
    return Decision(next_check=now + delay * (1 + FAILURE_JITTER * random()), interval=delay, why=why)


def after_outage(interval: timedelta, now: datetime, random: Random) -> Decision:
    """When a source is tried again that could not be reached since we are offline; `interval` is the usual one."""
    delay = min(interval, INVITED_MIN)
    why = "we seemed to be offline: tried again when a connection is back"
    return Decision(next_check=now + delay * (1 + FAILURE_JITTER * random()), interval=interval, why=why)


def after_pause(until: datetime, now: datetime, random: Random) -> datetime:
    """When a source is polled next whose host rests `until` then: not before, and not all of them at once."""
    return max(until, min(now + (until - now) * (1 + JITTER * random()), now + LONGEST))


def permitted(moment: datetime, hints: Hints, latest: datetime) -> datetime:
    """`moment`, or the same minute of the next hour in which the publisher permits polling (skipHours, skipDays).

    Where that is after `latest`, and where every hour is forbidden, it stays as it is: a source is never lost.
    """
    hours = {hour % 24 for hour in hints.skip_hours}
    days = {day % 7 for day in hints.skip_days}
    at = moment
    while at <= latest and (at.hour in hours or at.weekday() in days):
        at += _HOUR
    return at if at <= latest else moment


def spread_over(count: int) -> timedelta:
    """Over how long so many sources that are due all at once (after an import, or a rest) are spread."""
    return max(MIN, timedelta(seconds=count / PER_SECOND))


def first_check(now: datetime, position: int, total: int, *, at_once: int = 0) -> datetime:
    """When the source at `position` (0 is the first) of `total` new ones is polled first.

    Up to `at_once` of them: now; more are spread evenly.
    """
    return now if total <= at_once else now + spread_over(total) * position / total


def began(source: str, host: str, at: datetime) -> PollState:
    """What is known of a source that nobody has polled, to be polled `at`; `host` is its lane (`hosts.lane`)."""
    return PollState(source=source, host=host, next_check=at, why="it was never polled")


def _bounded(interval: timedelta) -> timedelta:
    return min(max(interval, _SECOND), LONGEST)


def _seconds(wish: int, most: timedelta) -> timedelta:
    return timedelta(seconds=min(max(wish, 0), int(most.total_seconds())))
