"""What current documents of feeds were before: which articles each of their states showed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, exists, func, or_, over, select

from syndicator.core.feeds import document_paths
from syndicator.ports import Past, State
from syndicator.store import rows
from syndicator.store.engine import Database
from syndicator.store.tables import documents, instant, micros, past, states

_PORTION = 5000
"""States forgotten in one transaction."""
_FOUND = select(past.c.changed, states.c.feed, states.c.payload).join(
    states, (states.c.feed == past.c.feed) & (states.c.number == past.c.number)
)


class PastStates:
    """See `ports.Store`."""

    database: Database

    def states_of(self, path: str, etags: Collection[str]) -> State | None:
        """The newest kept state in which a document had one of these etags."""
        same = past.alias()
        found: list[Any] = []
        with self.database.read() as connection:
            for portion in rows.portions(sorted(set(etags))):
                newest = select(func.max(same.c.changed)).where(same.c.path == path, same.c.etag.in_(portion))
                wanted = _FOUND.where(past.c.path == path, past.c.changed == newest.scalar_subquery())
                found += connection.execute(wanted).all()
        return _state(max(found, key=lambda row: row.changed, default=None))

    def state_at(self, path: str, moment: datetime) -> State | None:
        """The state in which a document was at a moment; the first kept one where that is later, None without any."""
        kept = _FOUND.where(past.c.path == path).limit(1)
        with self.database.read() as connection:
            before = kept.where(past.c.changed <= moment).order_by(past.c.changed.desc())
            found = connection.execute(before).one_or_none()
            return _state(found or connection.execute(kept.order_by(past.c.changed)).one_or_none())

    def past(self, path: str) -> list[Past]:
        """What a document was in each kept state, oldest first."""
        kept = select(past.c.changed, past.c.etag).where(past.c.path == path).order_by(past.c.changed)
        with self.database.read() as connection:
            return [Past(path=path, changed=changed, etag=etag) for changed, etag in connection.execute(kept)]

    def forget_states(self, before: datetime, most: int) -> None:
        """Forget states that ended before that moment, and of each document all but the newest `most` (0: all)."""
        with self.database.read() as connection:
            found = connection.execute(_forgotten(before, most)).all()
        one = delete(past).where(past.c.path == bindparam("of"), past.c.changed == bindparam("at"))
        same = (past.c.feed == states.c.feed) & (past.c.number == states.c.number)
        unused = delete(states).where(
            states.c.feed == bindparam("of"), states.c.number == bindparam("which"), ~exists().where(same)
        )
        for portion in rows.portions(found, _PORTION):
            with self.database.write() as connection:
                connection.execute(one, [{"of": row.path, "at": row.changed} for row in portion])
                named = sorted({(row.feed, row.number) for row in portion})
                connection.execute(unused, [{"of": feed, "which": number} for feed, number in named])


def unkept(
    connection: Connection, shown: Collection[State], stayed: Mapping[str, tuple[datetime, str]]
) -> dict[str, tuple[datetime, str]]:
    """Those of `stayed` (`changed` and etag by path) of whose feeds states are to be kept, and this one is not yet."""
    paths = {path for state in shown for path in document_paths(state.feed)} & stayed.keys()
    kept: set[tuple[str, datetime]] = set()
    for portion in rows.portions(sorted(paths)):
        newest = select(past.c.path, func.max(past.c.changed)).where(past.c.path.in_(portion)).group_by(past.c.path)
        kept.update((path, changed) for path, changed in connection.execute(newest))
    return {path: stayed[path] for path in paths if (path, stayed[path][0]) not in kept}


def keep_states(
    database: Database,
    connection: Connection,
    number: int,
    shown: Collection[State],
    came: Mapping[str, tuple[datetime, str]],
) -> None:
    """Keep, under the number of a version, those states whose documents came with it: `changed` and etag by path."""
    held: list[tuple[str, int, bytes]] = []
    documented: list[tuple[str, datetime, str, str, int]] = []
    for state in shown:
        paths = [path for path in document_paths(state.feed) if path in came]
        documented += [(path, *came[path], state.feed, number) for path in paths]
        if paths:
            held.append((state.feed, number, _packed(state)))
    database.fill(connection, states, ("feed", "number", "payload"), held)
    database.fill(connection, past, ("path", "changed", "etag", "feed", "number"), documented)


def _forgotten(before: datetime, most: int) -> Select[Any]:
    """What ended before a moment, because something else followed or the document went, and what is too much."""
    forward = partial(over, partition_by=past.c.path, order_by=past.c.changed)
    gone = and_(documents.c.path == past.c.path, documents.c.gone)
    went = select(documents.c.changed).where(gone, documents.c.changed > past.c.changed).scalar_subquery()
    ended = func.coalesce(forward(func.lead(past.c.changed)), went)
    pushed = forward(func.lead(past.c.changed, most))  # there are so many newer ones
    kept = select(*past.c, ended.label("ended"), pushed.label("pushed")).subquery()
    forgotten = or_(kept.c.ended < before, kept.c.pushed.is_not(None))
    return select(kept.c.path, kept.c.changed, kept.c.feed, kept.c.number).where(forgotten)


def _packed(state: State) -> bytes:
    """Numbers of articles are close to each other: as differences they take hardly any room."""
    keys = [key for key, _ in state.holds]
    steps = [key - before for before, key in pairwise((0, *keys))]
    revisions = [revision for _, revision in state.holds]
    updated = None if state.updated is None else micros(state.updated)
    plain = [steps, revisions, state.previous, state.max_age, updated, state.recipe, state.listed]
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), 9)


def _state(row: Any) -> State | None:
    if row is None:
        return None
    steps, revisions, previous, max_age, updated, recipe, listed = json.loads(zlib.decompress(row.payload))
    return State(
        feed=row.feed,
        holds=tuple(zip(accumulate(steps), revisions, strict=True)),
        previous=previous,
        max_age=max_age,
        updated=None if updated is None else instant(updated),
        recipe=recipe,
        listed=tuple(listed),
    )
