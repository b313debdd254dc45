"""The schedule kept in order: at start, when we turn out to be offline, when we stop."""

from __future__ import annotations

from collections.abc import Collection

from syndicator.core.polling.schedule import AT_ONCE, spread_over
from syndicator.core.polling.standing import forgiven, repaired
from syndicator.errors import ConfigError, SourceError
from syndicator.flows import feeds
from syndicator.flows.describing import notices
from syndicator.flows.sources import declare
from syndicator.model import PollState, Source
from syndicator.ports import Ports


def prepare(ports: Ports) -> tuple[str, ...]:
    """What must be so before anything is polled: what is declared, and what a clock that was wrong has left put right.

    Gives what a person should know of the feeds. Raises SourceError or ConfigError, when all else is done, where
    something cannot be as it is declared.
    """
    wrong: SourceError | ConfigError | None = None
    try:
        declare(ports, ports.policy.declared)
    except SourceError as error:
        wrong = error
    try:
        feeds.declare(ports)
    except ConfigError as error:
        wrong = wrong or error
    repair(ports)
    if wrong is not None:
        raise wrong
    return notices(ports)


def waken(ports: Ports) -> None:
    """After we were away, stopped or asleep: up to 100 overdue sources are polled at once, more are spread."""
    now = ports.now()
    overdue = ports.store.overdue(now)
    if overdue > AT_ONCE:
        ports.store.spread(now, spread_over(overdue))


def repair(ports: Ports) -> int:
    """Put right what a clock that was wrong has left; how many sources."""
    now = ports.now()
    wrong = [
        (state, mended)
        for state in ports.store.poll_states().values()
        if (mended := repaired(state, now, ports.random)) != state
    ]
    _save(ports, {state.source: mended for state, mended in wrong})
    return len(wrong)


def forgive(ports: Ports, ids: Collection[str]) -> None:
    """Take back what was counted against sources before we noticed that it is us who are offline."""
    now = ports.now()
    states = ports.store.poll_states(ids) if ids else {}
    _save(ports, {id: forgiven(state, now, ports.random) for id, state in states.items()})


def _save(ports: Ports, states: dict[str, PollState]) -> None:
    changed: list[tuple[Source, PollState | None]] = []
    for id, state in states.items():
        source = ports.store.source(id)
        if source is not None:
            changed.append((source, state))
    if changed:
        ports.store.save_sources(changed)
