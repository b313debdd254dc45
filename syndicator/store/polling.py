"""When and by whom each source is polled: claims, and what becomes of them. See `ports.Sources`."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select, update

from syndicator.core.polling.plain import LOST
from syndicator.core.polling.schedule import CLOCK_MAX, KEPT_POLLS, LIVES
from syndicator.errors import SourceError
from syndicator.model import Claim, Condition, Poll, Result
from syndicator.ports import Polled
from syndicator.store import lanes, rows
from syndicator.store.engine import Database
from syndicator.store.finishing import finish, leases, observe
from syndicator.store.lanes import Lane
from syndicator.store.tables import hosts, poll_entries, polls, upstreams

_CLAIMED: Select[Any] = (
    rows.POLL_STATES.add_columns(
        *(polls.c[name] for name in ("paused", "removed")),
        poll_entries.c.entries,
        upstreams.c.payload.label("declared"),
    )
    .join(upstreams, upstreams.c.source == polls.c.source)
    .outerjoin(poll_entries, poll_entries.c.source == polls.c.source)
)
_DUE = _CLAIMED.where(polls.c.source.in_(bindparam("sources", expanding=True)), polls.c.due <= bindparam("now"))
_FIRST = select(
    select(polls.c.source)
    .where(polls.c.host == hosts.c.host, polls.c.due.is_not(None))
    .order_by(polls.c.due, polls.c.source)
    .limit(1)
    .correlate(hosts)
    .scalar_subquery()
).where(hosts.c.host.in_(bindparam("names", expanding=True)))
"""Of each host the source that is due first."""
_LEASE = update(polls).where(polls.c.source == bindparam("of"))
_LEASE = _LEASE.values({name: bindparam(name) for name in ("next_check", "due", "former", "attempts", "token")})
_STOP = update(polls).where(polls.c.source == bindparam("of"))
_STOP = _STOP.values(condition=Condition.QUARANTINED.value, next_check=None, due=None, attempts=0, token=None)
_MOVE = update(polls).where(polls.c.source == bindparam("of"))
_MOVE = _MOVE.values(next_check=bindparam("next_check"), due=bindparam("next_check"))
_READY_AT = select(hosts.c.ready_at).where(hosts.c.ready_at.is_not(None)).order_by(hosts.c.ready_at).limit(1)


class Schedule:
    """Claiming sources and giving them back."""

    database: Database

    def claim_due(self, now: datetime, limit: int, lease: timedelta) -> list[Claim]:
        """Claim up to `limit` sources that are due, one of each host that is free, the longest due first."""
        ready = self.ready_at() if limit > 0 else None
        if ready is None or ready > now:
            return []  # without asking to write: most of the time nothing is due
        claims: list[tuple[datetime, Claim]] = []
        with self.database.write() as connection:
            while (wanted := limit - len(claims)) > 0:
                held = lanes.ready(connection, now, wanted)
                claims += _give_longest_due(self.database, connection, held, now, lease)
                if len(held) < wanted:
                    break
        return [claim for _, claim in sorted(claims, key=lambda given: (given[0], given[1].source.id))]

    def claim(self, id: str, now: datetime, lease: timedelta) -> Claim | None:
        """Claim one source whether it is due or not; None while its host is busy, rests, or began a poll just now.

        Raises SourceError where there is no such source.
        """
        with self.database.read() as connection:
            lane = lanes.of(connection, id)
        if lane is None:
            raise SourceError(f"source {id}: there is none of that name")
        if not lane.free(now):
            return None  # without asking to write: whoever waits for a host asks again and again
        with self.database.write() as connection:
            held = lanes.hold(self.database, connection, [lane.host])
            row = connection.execute(_CLAIMED.where(polls.c.source == id)).one()
            if row.host != lane.host or not held[row.host].free(now):
                return None
            [claim] = _give(connection, [row], held, now, lease)
            lanes.settle(self.database, connection, held)
        return claim

    def finish(self, polls: Iterable[Polled]) -> list[Claim]:
        """Store what polls without articles observed, in one transaction; the claims whose lease was lost."""
        polled = list(polls)
        if not polled:
            return []
        with self.database.write() as connection:
            return finish(self.database, connection, polled)

    def release(self, claims: Iterable[Claim]) -> None:
        """Give leases back untouched: the sources are due again as they were."""
        given = list(claims)
        if not given:
            return
        with self.database.write() as connection:
            held = lanes.hold(self.database, connection, {claim.host.host for claim in given})
            ours = leases(connection, given)
            back = [(claim, ours[claim.token]) for claim in given if claim.token in ours]
            _write_leases(connection, [_as_before(row) for _, row in back])
            for claim, row in back:
                held[row.host].take_back(claim.token, unused=True)
            lanes.keep(connection, [held[row.host] for _, row in back])
            lanes.settle(self.database, connection, {row.host for _, row in back})

    def ready_at(self) -> datetime | None:
        """When the next source can be claimed; None where none is polled ever."""
        with self.database.read() as connection:
            return connection.execute(_READY_AT).scalar()

    def overdue(self, now: datetime) -> int:
        """How many sources are due."""
        with self.database.read() as connection:
            return connection.execute(select(func.count()).where(polls.c.due <= now)).scalar_one()

    def spread(self, now: datetime, over: timedelta) -> int:
        """Spread all sources that are due evenly from `now` over so long, the longest due first; how many.

        Those whose next check lies so far ahead that a wrong clock must have set it count as due, after the others,
        and what a wrong clock left of leases and rests of hosts is forgotten.
        """
        late = or_(polls.c.due <= now, polls.c.due > now + CLOCK_MAX)
        with self.database.write() as connection:
            names = set(connection.execute(select(polls.c.host).where(late).distinct()).scalars())
            held = lanes.hold(self.database, connection, names | lanes.ahead(connection, now))
            lanes.keep(connection, [lane for lane in held.values() if lane.set_right(now)])
            found = connection.execute(select(polls.c.source, polls.c.host, polls.c.due).where(late))
            waiting = [row for row in found if row.host in held]
            waiting.sort(key=lambda row: (row.due > now, row.due, row.source))
            step = over / max(len(waiting), 1)
            moved = [{"of": row.source, "next_check": now + step * number} for number, row in enumerate(waiting)]
            if moved:
                connection.execute(_MOVE, moved)
            lanes.settle(self.database, connection, held)
        return len(moved)


def _give_longest_due(
    database: Database, connection: Connection, held: Mapping[str, Lane], now: datetime, lease: timedelta
) -> list[tuple[datetime, Claim]]:
    """Claim of each of these hosts the source that is due longest; one that lost its lease too often is stopped.

    With each when it was due.
    """
    given: list[Row[Any]] = []
    asking = list(held)
    while asking:
        found = _longest_due(connection, asking, now)
        lost = [row for row in found if row.attempts >= LIVES]
        _stop(database, connection, lost, now)
        given += [row for row in found if row.attempts < LIVES]
        asking = [row.host for row in lost]
    claims = _give(connection, given, held, now, lease)
    lanes.settle(database, connection, held)
    return [(row.next_check, claim) for row, claim in zip(given, claims, strict=True)]


def _longest_due(connection: Connection, names: Collection[str], now: datetime) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for portion in rows.portions(names):
        sources = connection.execute(_FIRST, {"names": portion}).scalars()
        named = [source for source in sources if source is not None]
        found += connection.execute(_DUE, {"sources": named, "now": now})
    return found


def _stop(database: Database, connection: Connection, abandoned: Sequence[Row[Any]], now: datetime) -> None:
    """Quarantine sources whose lease ran out three times in a row."""
    if not abandoned:
        return
    states = {}
    for row in abandoned:
        state = rows.poll_state(row)
        lost = Poll(at=now, result=Result.FAILED, reason=LOST)
        states[row.source] = replace(state, why=LOST, polls=(lost, *state.polls)[:KEPT_POLLS])
    connection.execute(_STOP, [{"of": row.source} for row in abandoned])
    observe(database, connection, states)


def _give(
    connection: Connection, given: Sequence[Row[Any]], held: Mapping[str, Lane], now: datetime, lease: timedelta
) -> list[Claim]:
    """Lend these sources and their hosts. What is due moves forward before anything is fetched."""
    claims, leased = [], []
    for row in given:
        token, lane = secrets.randbits(63), held[row.host]
        state = rows.poll_state(row, row.entries, more=1)
        if state.next_check is not None:
            state = replace(state, next_check=max(state.next_check, now + state.interval))
        leased.append(_leased(row, token, state.next_check, state.attempts))
        lane.lend(token, now, now + lease)
        source = rows.SOURCE.load(row.declared)
        claims.append(Claim(source=source, state=state, host=lane.observed(), token=token, until=now + lease))
    _write_leases(connection, leased)
    lanes.keep(connection, [held[row.host] for row in given])
    return claims


def _leased(row: Row[Any], token: int, next_check: datetime | None, attempts: int) -> dict[str, Any]:
    schedule = {"next_check": next_check, "due": rows.due(row, row.condition, next_check), "former": row.next_check}
    return {"of": row.source, "token": token, "attempts": attempts, **schedule}


def _as_before(row: Row[Any]) -> dict[str, Any]:
    schedule = {"next_check": row.former, "due": rows.due(row, row.condition, row.former), "former": None}
    return {"of": row.source, "token": None, "attempts": max(row.attempts - 1, 0), **schedule}


def _write_leases(connection: Connection, leased: Sequence[dict[str, Any]]) -> None:
    if leased:
        connection.execute(_LEASE, leased)
