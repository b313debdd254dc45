"""A poll that is over, and what comes of it: what every outcome starts from and ends in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from syndicator.core.polling.schedule import FAILING_AFTER, KEPT_POLLS, Decision, Limits, Random
from syndicator.model import Claim, Condition, HostState, Poll, PollState, Response, Result, Source

STOPPED = frozenset({Condition.GONE, Condition.DUPLICATE, Condition.QUARANTINED})
"""Not polled until a person resumes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One poll that is over: what was known before, and `now`, when it ended.

    `host` is what is known of the host that answered: where a redirect led to another lane (`hosts.lane`), that
    one's. `conditional`: the request carried the validators of `state`. `pushed`: what is new is pushed to us, and
    that is verified.
    """

    source: Source
    state: PollState
    host: HostState
    now: datetime
    random: Random
    limits: Limits = field(default_factory=Limits)
    conditional: bool = False
    pushed: bool = False

    @classmethod
    def of(
        cls,
        claim: Claim,
        now: datetime,
        random: Random,
        limits: Limits,
        *,
        conditional: bool = False,
        pushed: bool = False,
    ) -> Attempt:
        """The attempt that was made under a claim."""
        return cls(
            source=claim.source,
            state=claim.state,
            host=claim.host,
            now=now,
            random=random,
            limits=limits,
            conditional=conditional,
            pushed=pushed,
        )

    def poll(
        self, result: Result, response: Response | None, reason: str = "", *, new: int = 0, changed: int = 0
    ) -> Poll:
        """It as it is remembered."""
        return Poll(
            at=self.now,
            result=result,
            status=response.status if response else None,
            reason=reason,
            new=new,
            changed=changed,
            seconds=response.seconds if response else 0.0,
            received=response.received if response else 0,
        )

    def closed(self, state: PollState, decision: Decision, poll: Poll) -> PollState:
        """The state after an answer or a failure, with the decision and the poll in it.

        What was stopped stays stopped, though a person may poll it by hand, until it is well.
        """
        closed = replace(
            remembered(state, poll),
            interval=decision.interval,
            why=decision.why,
            next_check=decision.next_check,
            unconditional_at=state.unconditional_at if self.conditional else self.now,
        )
        if self.state.condition in STOPPED and state.condition is not Condition.WELL:
            return replace(closed, condition=self.state.condition, next_check=None, why=self.state.why)
        return closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is to be stored, the poll as remembered (`state.polls[0]`), and a new address that has proved stable."""

    state: PollState
    host: HostState
    poll: Poll
    moved_to: str | None = None

    def stopped(self, condition: Condition, why: str) -> Outcome:
        """The same, but the source is not polled any more until a person resumes it."""
        return replace(self, state=replace(self.state, condition=condition, next_check=None, why=why))


def remembered(state: PollState, poll: Poll) -> PollState:
    """The state with one more poll in its memory, and no lease that may have been lost."""
    return replace(state, attempts=0, polls=(poll, *state.polls)[:KEPT_POLLS])


def counted(state: PollState, now: datetime, *, trouble: bool = False) -> PollState:
    """The state with one more failure. What is its host's trouble does not lengthen its own delays."""
    since = min(state.failing_since or now, now)
    return replace(
        state,
        failures=max(state.failures, 1) if trouble else state.failures + 1,
        failing_since=since,
        condition=Condition.FAILING if now - since > FAILING_AFTER else Condition.TROUBLED,
    )
