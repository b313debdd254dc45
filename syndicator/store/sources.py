"""Upstream sources as a person decided them, and what was observed of them. See `ports.Sources`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from syndicator.core.identity import url_key
from syndicator.core.polling.hosts import lane
from syndicator.errors import SourceError
from syndicator.model import Condition, HostState, PollState, Source
from syndicator.store import lanes, rows
from syndicator.store.engine import Database
from syndicator.store.finishing import observe, remember
from syndicator.store.tables import addresses, hosts, key, poll_entries, poll_states, polls, sources, upstreams

_TROUBLE = frozenset({Condition.TROUBLED, Condition.FAILING})


class Upstreams:
    """Sources and their states, read and written by whoever decides."""

    database: Database
    _now: Callable[[], datetime]

    def sources(self, *, removed: bool = False) -> list[Source]:
        """Every source by id; with `removed` also those that were removed."""
        with self.database.read() as connection:
            stored = connection.execute(select(upstreams.c.payload).order_by(upstreams.c.source)).scalars().all()
        return [source for source in map(rows.SOURCE.load, stored) if removed or not source.removed]

    def source(self, id: str) -> Source | None:
        """One source, also a removed one."""
        with self.database.read() as connection:
            found = connection.execute(select(upstreams.c.payload).where(upstreams.c.source == id)).scalar()
        return None if found is None else rows.SOURCE.load(found)

    def source_at(self, url: str) -> Source | None:
        """The source that has, or else the one that had, this address; not a removed one."""
        known = select(upstreams.c.payload).join(addresses, addresses.c.source == upstreams.c.source)
        known = known.where(addresses.c.address == _address(url))
        known = known.order_by(addresses.c.present.desc(), addresses.c.source)
        with self.database.read() as connection:
            found = [rows.SOURCE.load(payload) for payload in connection.execute(known).scalars()]
        return next((source for source in found if not source.removed), None)

    def poll_states(self, ids: Collection[str] | None = None) -> dict[str, PollState]:
        """What was observed of these sources, or of all that are not removed, without `entries`."""
        found: list[Row[Any]] = []
        with self.database.read() as connection:
            if ids is None:
                every = rows.POLL_STATES.where(polls.c.removed.is_(False)).order_by(polls.c.source)
                found += connection.execute(every)
            else:
                for portion in rows.portions(sorted(set(ids))):
                    found += connection.execute(rows.POLL_STATES.where(polls.c.source.in_(portion)))
        return {row.source: rows.poll_state(row) for row in found}

    def poll_state(self, id: str) -> PollState | None:
        """What was observed of one source, whole."""
        whole = rows.POLL_STATES.add_columns(poll_entries.c.entries)
        whole = whole.outerjoin(poll_entries, poll_entries.c.source == polls.c.source).where(polls.c.source == id)
        with self.database.read() as connection:
            found = connection.execute(whole).one_or_none()
        return None if found is None else rows.poll_state(found, found.entries)

    def host_state(self, host: str) -> HostState:
        """What was observed of a host; an empty one where nothing was."""
        known = select(hosts.c.host, hosts.c.paused_until, hosts.c.payload).where(hosts.c.host == host)
        with self.database.read() as connection:
            found = connection.execute(known).one_or_none()
        return HostState(host=host) if found is None else rows.host_state(*found)

    def save_sources(self, sources: Iterable[tuple[Source, PollState | None]]) -> None:
        """Add or change sources in one transaction. A state of None keeps the stored one; a new source needs one.

        A poll that is under way has lost its lease where the source is removed, gets a state or another host: it was
        made for what is not so any more. A state without `entries`, as `poll_states` gives it, leaves the stored ones
        while it is of the same document. Raises SourceError for a new source without a state.
        """
        given = {source.id: (source, state) for source, state in sources}
        if given:
            with self.database.write() as connection:
                _Saving(self.database, connection, self._now()).save(given)


_Given = Mapping[str, tuple[Source, PollState | None]]


class _Saving:
    """Writes sources in an open transaction: first what was decided, then, holding their hosts, their polls."""

    def __init__(self, database: Database, connection: Connection, now: datetime) -> None:
        self._database = database
        self._connection = connection
        self._now = now

    def save(self, given: _Given) -> None:
        before = self._decided(given)
        changed = {id: pair for id, pair in given.items() if pair != (before.get(id), None)}
        self._decide([source for source, _ in changed.values()], before)
        stored = self._polls(changed)
        names = {*_hosts(changed, before, stored).values(), *(row.host for row in stored.values())}
        lanes.hold(self._database, self._connection, names)
        stored = self._polls(changed, held=True)  # as they are now that nobody else changes them
        places = _hosts(changed, before, stored)
        names |= {*places.values(), *(row.host for row in stored.values())}
        held = lanes.hold(self._database, self._connection, names)
        lanes.keep(self._connection, [lane for lane in held.values() if lane.set_right(self._now)])
        written = [_row(*changed[id], places[id], before.get(id), stored.get(id)) for id in changed]
        self._database.fill(self._connection, polls, tuple(polls.c.keys()), written, there="replace")
        states = {id: state for id, (_, state) in changed.items() if state is not None}
        observe(self._database, self._connection, states)
        whole = {id: state for id, state in states.items() if not _without_entries(state, stored.get(id))}
        remember(self._database, self._connection, whole)
        lanes.settle(self._database, self._connection, names)

    def _decided(self, given: _Given) -> dict[str, Source]:
        """What was decided of these sources before, held. Raises SourceError for a new one without a state."""
        found: dict[str, Source] = {}
        for portion in rows.portions(sorted(given)):
            known = select(upstreams.c.payload).where(upstreams.c.source.in_(portion)).order_by(upstreams.c.source)
            stored = map(rows.SOURCE.load, self._connection.execute(known.with_for_update()).scalars())
            found.update((source.id, source) for source in stored)
        for id, (_, state) in given.items():
            if id not in found and state is None:
                raise SourceError(f"source {id}: it is new, so give the state that it begins with")
        return found

    def _decide(self, changed: list[Source], before: Mapping[str, Source]) -> None:
        fill, connection = self._database.fill, self._connection
        changed = sorted(changed, key=lambda source: source.id)
        fill(connection, sources, ("id", "first_time_done"), [(source.id, None) for source in changed], there="keep")
        decided = [(source.id, rows.SOURCE.dump(source)) for source in changed]
        fill(connection, upstreams, ("source", "payload"), decided, there="replace")
        moved = [s for s in changed if s.id not in before or _addresses(s) != _addresses(before[s.id])]
        for portion in rows.portions(source.id for source in moved):
            connection.execute(delete(addresses).where(addresses.c.source.in_(portion)))
        known = [(address, source.id, now) for source in moved for address, now in _addresses(source).items()]
        fill(connection, addresses, ("address", "source", "present"), known)

    def _polls(self, ids: Iterable[str], *, held: bool = False) -> dict[str, Row[Any]]:
        found: dict[str, Row[Any]] = {}
        for portion in rows.portions(sorted(ids)):
            stored = select(polls, poll_states.c.payload).join(poll_states, poll_states.c.source == polls.c.source)
            stored = stored.where(polls.c.source.in_(portion)).order_by(polls.c.source)
            stored = stored.with_for_update(of=polls) if held else stored
            found.update((row.source, row) for row in self._connection.execute(stored))
        return found


def _address(url: str) -> str:
    try:
        return key(url_key(url))
    except ValueError:
        return key(url.strip())  # what nobody can ask for is told apart by its letters


def _addresses(source: Source) -> dict[str, bool]:
    """The addresses that it had, and has (True)."""
    return {**{_address(alias): False for alias in source.aliases}, _address(source.url): True}


def _hosts(given: _Given, before: Mapping[str, Source], stored: Mapping[str, Row[Any]]) -> dict[str, str]:
    """The host under which each of these is to be polled."""
    found = {}
    for id, (source, state) in given.items():
        if state is not None:
            found[id] = state.host
        elif lane(source.url) != lane(before[id].url):
            found[id] = lane(source.url)
        else:
            found[id] = stored[id].host
    return found


def _row(
    source: Source, state: PollState | None, host: str, before: Source | None, stored: Row[Any] | None
) -> tuple[object, ...]:
    """What is written of a source's polls."""
    if state is not None:
        condition, next_check, attempts = str(state.condition), state.next_check, state.attempts
        token = former = None
    else:
        assert before is not None
        assert stored is not None
        condition, next_check, former = stored.condition, _sooner(source, before, stored), stored.former
        lost = stored.token is not None and (source.removed > stored.removed or host != stored.host)
        token, attempts = (None, max(stored.attempts - 1, 0)) if lost else (stored.token, stored.attempts)
    due = rows.due(source, condition, next_check)
    return source.id, host, source.paused, source.removed, condition, next_check, due, former, token, attempts


def _without_entries(state: PollState, stored: Row[Any] | None) -> bool:
    """Whether this state leaves out what is stored of the same document's entries."""
    return not state.entries and stored is not None and rows.poll_state(stored).body_hash == state.body_hash


def _sooner(source: Source, before: Source, stored: Row[Any]) -> datetime | None:
    """The stored next check; where an operator wants another interval now, no later than that after the last fetch."""
    next_check: datetime | None = stored.next_check
    if next_check is None or source.interval is None or source.interval == before.interval:
        return next_check
    fetched = rows.poll_state(stored).fetched_at
    return next_check if fetched is None else min(next_check, fetched + source.interval)


def troubles(connection: Connection) -> dict[str, int]:
    """Numbers of sources, and of those that are `troubled`, `gone`, `quarantined`, `paused`."""
    counts = dict.fromkeys(("sources", "troubled", "gone", "quarantined", "paused"), 0)
    grouped = select(polls.c.condition, polls.c.paused, func.count()).where(polls.c.removed.is_(False))
    for condition, paused, number in connection.execute(grouped.group_by(polls.c.condition, polls.c.paused)):
        counts["sources"] += number
        if paused:
            counts["paused"] += number
        elif condition in _TROUBLE:
            counts["troubled"] += number
        elif condition in counts:
            counts[condition] += number
    return counts
