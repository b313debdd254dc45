"""Hosts as lanes: who holds one, and from when on its next source can be claimed.

Everything about polling a source is written by whoever holds the row of its host. Rows of hosts are always taken in
the order of their names, after those of sources and before any other, so that two transactions never wait for each
other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Update,
    bindparam,
    case,
    func,
    or_,
    select,
    type_coerce,
    update,
)

from syndicator.core.polling.schedule import CLOCK_MAX, HOST_GAP
from syndicator.model import HostState
from syndicator.store import rows
from syndicator.store.engine import Database
from syndicator.store.tables import hosts, polls

_GAP = HOST_GAP // timedelta(microseconds=1)
_DAY = timedelta(days=1)
_NEVER = -(2**62)
"""Before every instant."""


@dataclass(slots=True)
class Lane:
    """The row of a host, held until the transaction ends; what is set here is written by `keep`."""

    host: str
    token: int | None
    lease_until: datetime | None
    started_at: datetime | None
    paused_until: datetime | None
    payload: str

    def free(self, now: datetime) -> bool:
        """Whether a source of it can be claimed now."""
        leased = self.token is not None and self.lease_until is not None and self.lease_until > now
        rests = self.paused_until is not None and self.paused_until > now
        return not (leased or rests or (self.started_at is not None and self.started_at + HOST_GAP > now))

    def lend(self, token: int, now: datetime, until: datetime) -> None:
        """Give it to whoever has this token."""
        self.token, self.started_at, self.lease_until = token, now, until

    def observe(self, state: HostState, token: int) -> None:
        """Take over what a poll observed; from one that lost it to another poll meanwhile, only that it is to rest."""
        if self.token in (None, token):
            self.paused_until, self.payload = state.paused_until, rows.HOST.dump(state)
        elif state.paused_until is not None:
            self.paused_until = max(state.paused_until, self.paused_until or state.paused_until)

    def take_back(self, token: int, *, unused: bool = False) -> None:
        """End the lease, if it is still that of this token; `unused`: nothing was asked of the host."""
        if self.token == token:
            self.token = self.lease_until = None
            self.started_at = None if unused else self.started_at

    def set_right(self, now: datetime) -> bool:
        """Forget what only a clock that was wrong can have set; whether there was something."""
        lease = self.lease_until is not None and self.lease_until > now + _DAY
        start = self.started_at is not None and self.started_at > now + _DAY
        rest = self.paused_until is not None and self.paused_until > now + CLOCK_MAX
        self.token, self.lease_until = (None, None) if lease else (self.token, self.lease_until)
        self.started_at = None if start else self.started_at
        self.paused_until = None if rest else self.paused_until
        return lease or start or rest

    def observed(self) -> HostState:
        """What was observed of it."""
        return rows.host_state(self.host, self.paused_until, self.payload)


_COLUMNS = tuple(hosts.c[name] for name in Lane.__slots__)
_READY = (
    select(*_COLUMNS)
    .where(hosts.c.ready_at <= bindparam("now"))
    .order_by(hosts.c.ready_at, hosts.c.host)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_NAMES: BindParameter[Any] = bindparam("names", expanding=True)
_HELD = select(*_COLUMNS).where(hosts.c.host.in_(_NAMES)).order_by(hosts.c.host).with_for_update()
_KEEP = update(hosts).where(hosts.c.host == bindparam("of"))
_KEEP = _KEEP.values({name: bindparam(name) for name in Lane.__slots__ if name != "host"})


def of(connection: Connection, source: str) -> Lane | None:
    """The host of a source as it is now, not held; None where there is no such source."""
    row = connection.execute(
        select(*_COLUMNS).join(polls, polls.c.host == hosts.c.host).where(polls.c.source == source)
    )
    found = row.one_or_none()
    return None if found is None else Lane(*found)


def hold(database: Database, connection: Connection, names: Collection[str]) -> dict[str, Lane]:
    """The rows of these hosts, made where there are none, and held until the transaction ends."""
    found = _held(connection, names)
    missing = sorted(set(names) - set(found))
    if missing:
        fresh = [(name, None, None, None, None, None, rows.HOST.dump(HostState(host=name))) for name in missing]
        database.fill(connection, hosts, tuple(hosts.c.keys()), fresh, there="keep")
        found.update(_held(connection, missing))
    return found


def _held(connection: Connection, names: Collection[str]) -> dict[str, Lane]:
    held: dict[str, Lane] = {}
    for portion in rows.portions(sorted(set(names))):
        held.update((row[0], Lane(*row)) for row in connection.execute(_HELD, {"names": portion}))
    return held


def ready(connection: Connection, now: datetime, limit: int) -> dict[str, Lane]:
    """Hosts that have a source which can be claimed now, the longest ready first; held. Never waits for a host."""
    return {row.host: Lane(*row) for row in connection.execute(_READY, {"now": now, "limit": limit})}


def ahead(connection: Connection, now: datetime) -> set[str]:
    """Hosts with something that only a clock that was wrong can have set."""
    wrong = or_(
        hosts.c.lease_until > now + _DAY, hosts.c.started_at > now + _DAY, hosts.c.paused_until > now + CLOCK_MAX
    )
    return set(connection.execute(select(hosts.c.host).where(wrong)).scalars())


def keep(connection: Connection, lanes: Collection[Lane]) -> None:
    """Write what was set in these lanes."""
    if lanes:
        written = [{name: getattr(lane, name) for name in Lane.__slots__ if name != "host"} for lane in lanes]
        connection.execute(_KEEP, [{"of": lane.host, **row} for lane, row in zip(lanes, written, strict=True)])


def settle(database: Database, connection: Connection, names: Collection[str]) -> None:
    """Work out anew when the next source of each of these hosts can be claimed; never, where none is due ever."""
    for portion in rows.portions(sorted(set(names))):
        connection.execute(_SETTLE[database.embedded], {"names": portion})


def _settling(latest: Callable[..., Any]) -> Update:
    """`latest` is what the database calls the greatest of several values."""
    due = select(type_coerce(polls.c.due, BigInteger)).where(polls.c.host == hosts.c.host, polls.c.due.is_not(None))
    earliest = due.order_by(polls.c.due).limit(1).correlate(hosts).scalar_subquery()
    bounds = [
        func.coalesce(type_coerce(hosts.c.started_at, BigInteger) + _GAP, _NEVER),
        func.coalesce(type_coerce(hosts.c.lease_until, BigInteger), _NEVER),
        func.coalesce(type_coerce(hosts.c.paused_until, BigInteger), _NEVER),
    ]
    ready = case((earliest.is_(None), None), else_=latest(earliest, *bounds))
    return update(hosts).where(hosts.c.host.in_(_NAMES)).values(ready_at=ready)


_SETTLE = {True: _settling(func.max), False: _settling(func.greatest)}
"""By whether the database is SQLite."""
