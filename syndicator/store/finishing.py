"""The end of polls: what they observed is stored and their leases are given back, inside an open transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from syndicator.model import Claim, PollState
from syndicator.ports import Polled
from syndicator.store import lanes, rows
from syndicator.store.engine import Database
from syndicator.store.lanes import Lane
from syndicator.store.tables import poll_entries, poll_states, polls

_OBSERVED = ("host", "condition", "next_check", "due")
_LEASED = ("source", "host", "token", "attempts", "former", "condition", "paused", "removed")
_LEASES = select(*(polls.c[name] for name in _LEASED))
_LEASES = _LEASES.where(polls.c.source.in_(bindparam("names", expanding=True)))
_FINISH = update(polls).where(polls.c.source == bindparam("of"))
_FINISH = _FINISH.values({name: bindparam(name) for name in _OBSERVED} | {"token": None, "attempts": 0})


def finish(database: Database, connection: Connection, polled: Sequence[Polled]) -> list[Claim]:
    """Store what these polls observed; the claims whose lease was lost, of which nothing is stored.

    A lease that ran out is lost only when somebody else has claimed the source since, or a person has changed it.
    """
    held = lanes.hold(database, connection, {name for poll in polled for name in _hosts(poll)})
    leased = leases(connection, [poll.claim for poll in polled])
    ours, lost = [], []
    for poll in polled:
        row = leased.pop(poll.claim.token, None)
        if row is None:
            lost.append(poll.claim)
        else:
            ours.append((poll, row))
    _write_schedule(connection, ours)
    won = [poll for poll, _ in ours]
    observe(database, connection, {poll.claim.source.id: poll.state for poll in won})
    changed = {p.claim.source.id: p.state for p in won if p.state.entries != p.claim.state.entries}
    remember(database, connection, changed)
    _give_back(connection, held, won)
    lanes.settle(database, connection, {name for poll in won for name in _hosts(poll)})
    return lost


def leases(connection: Connection, claims: Collection[Claim]) -> dict[int, Row[Any]]:
    """The rows of those sources that are still leased by these claims, by token. Their hosts are held already."""
    given = {(claim.source.id, claim.token) for claim in claims}
    found: dict[int, Row[Any]] = {}
    for portion in rows.portions({source for source, _ in given}):
        for row in connection.execute(_LEASES, {"names": portion}):
            if (row.source, row.token) in given:
                found[row.token] = row
    return found


def observe(database: Database, connection: Connection, states: Mapping[str, PollState]) -> None:
    """Store what was observed of these sources, apart from the schedule and from `entries`."""
    kept = [(id, rows.POLL.dump(state)) for id, state in states.items()]
    database.fill(connection, poll_states, ("source", "payload"), kept, there="replace")


def remember(database: Database, connection: Connection, states: Mapping[str, PollState]) -> None:
    """Store what is remembered of the entries of these sources' documents."""
    kept = [(id, state.entries) for id, state in states.items()]
    database.fill(connection, poll_entries, ("source", "entries"), kept, there="replace")


def _hosts(poll: Polled) -> tuple[str, str, str]:
    return poll.claim.host.host, poll.host.host, poll.state.host


def _write_schedule(connection: Connection, ours: Sequence[tuple[Polled, Row[Any]]]) -> None:
    written = [
        {
            "of": row.source,
            "host": poll.state.host,
            "condition": str(poll.state.condition),
            "next_check": poll.state.next_check,
            "due": rows.due(row, poll.state.condition, poll.state.next_check),
        }
        for poll, row in ours
    ]
    if written:
        connection.execute(_FINISH, written)


def _give_back(connection: Connection, held: Mapping[str, Lane], won: Sequence[Polled]) -> None:
    changed: dict[str, Lane] = {}
    for poll in won:
        for name in (poll.host.host, poll.claim.host.host):
            changed[name] = held[name]
        held[poll.host.host].observe(poll.host, poll.claim.token)
        held[poll.claim.host.host].take_back(poll.claim.token)
    lanes.keep(connection, changed.values())
