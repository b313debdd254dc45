"""How often documents were asked for, by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, bindparam, delete, func, select, update

from syndicator.core.counting import by_aggregator, estimate, merged
from syndicator.ports.visits import Tally, Visited
from syndicator.store.engine import Database
from syndicator.store.rows import PORTION
from syndicator.store.tables import announced, meta, visits

MOST_ANNOUNCED = 100
"""Announcements kept for a document and day."""
_EPOCH = date(1970, 1, 1)
_KEY = "readers' key"
_COUNTED = {"requests": "requests", "not_modified": "not_modified", "deltas": "deltas", "sent": "bytes"}
"""The numbers of a Tally, and their columns."""


class DailyVisits:
    """See `ports.Visits`."""

    database: Database

    def reader_key(self, day: date, fresh: bytes) -> bytes:
        """The key with which readers are hashed on a day."""
        with self.database.read() as connection:
            known = _key(connection)
        if known is not None and known[0] >= _number(day):
            return known[1]
        new = self.database.insert(meta).values(key=_KEY, value=_told(_number(day), fresh))
        with self.database.write() as connection:
            connection.execute(new.on_conflict_do_nothing())
            known = _key(connection)
            assert known is not None, "the key was stored and is not there"
            if known[0] >= _number(day):
                return known[1]
            connection.execute(update(meta).where(meta.c.key == _KEY).values(value=_told(_number(day), fresh)))
        return fresh

    def add_visits(self, day: date, tallies: Mapping[str, Tally]) -> None:
        """Add what was counted of documents on a day."""
        if not tallies:
            return
        # In one order everywhere, so that no two processes wait for each other.
        counted = dict(sorted(tallies.items()))
        number = _number(day)
        new = self.database.insert(visits)
        adding = new.on_conflict_do_update(
            index_elements=[visits.c.day, visits.c.path],
            set_={name: visits.c[name] + new.excluded[name] for name in _COUNTED.values()},
        )
        values = [
            {"day": number, "path": path, "readers": 0, "sketch": one.sketch}
            | {column: getattr(one, name) for name, column in _COUNTED.items()}
            for path, one in counted.items()
        ]
        with self.database.write() as connection:
            connection.execute(adding, values)
            self._sketch(connection, number, {path: one.sketch for path, one in counted.items() if one.sketch})
            self._announce(connection, number, {path: one.announced for path, one in counted.items() if one.announced})

    def visits(self, since: date, until: date, *, under: str = "", paths: Collection[str] = ()) -> list[Visited]:
        """What was asked for from one day to another."""
        said: defaultdict[tuple[int, str], dict[str, int]] = defaultdict(dict)
        with self.database.read() as connection:
            for day, path, aggregator, subscribers in connection.execute(_asked(announced, since, until, under, paths)):
                said[day, path][aggregator] = subscribers
            asked = connection.execute(_asked(visits, since, until, under, paths).order_by(visits.c.day, visits.c.path))
            return [_visited(row, said.get((row.day, row.path), {})) for row in asked]

    def most_visited(self, since: date, until: date, limit: int) -> list[str]:
        """The paths that were asked for most on these days."""
        most = (
            select(visits.c.path)
            .where(visits.c.day.between(_number(since), _number(until)))
            .group_by(visits.c.path)
            .order_by(func.sum(visits.c.requests).desc(), visits.c.path)
            .limit(limit)
        )
        with self.database.read() as connection:
            return list(connection.execute(most).scalars())

    def close_days(self, before: date) -> None:
        """Keep the number of readers of days that are over, and forget how it was found."""
        open_ = select(visits.c.day, visits.c.path, visits.c.readers, visits.c.sketch).where(
            visits.c.day < _number(before), visits.c.sketch.is_not(None)
        )
        with self.database.read() as connection:
            known = _key(connection)
        if known is not None and known[0] < _number(before):
            with self.database.write() as connection:
                connection.execute(delete(meta).where(meta.c.key == _KEY, meta.c.value == _told(*known)))
        locked = open_.order_by(visits.c.day, visits.c.path).limit(PORTION).with_for_update()
        while True:
            # So many at a time: others want to write meanwhile.
            with self.database.write() as connection:
                found = connection.execute(locked).all()
                if found:
                    over = [
                        {"on": day, "of": path, "number": max(readers, estimate(sketch))}
                        for day, path, readers, sketch in found
                    ]
                    connection.execute(_CLOSING, over)
            if len(found) < PORTION:
                return

    def forget_visits(self, before: date) -> None:
        """Forget all that was counted before a day."""
        with self.database.write() as connection:
            for table in (announced, visits):
                connection.execute(delete(table).where(table.c.day < _number(before)))

    def _sketch(self, connection: Connection, day: int, sketches: Mapping[str, bytes]) -> None:
        """Unite sketches with those that lie there; our own rows, held since they were added to."""
        there = select(visits.c.path, visits.c.sketch, visits.c.readers).where(
            visits.c.day == day, visits.c.path.in_(sketches)
        )
        changed, late = [], []
        for path, sketch, readers in connection.execute(there).all():
            if sketch is None:
                # The day was closed: what came late cannot be told from what is known.
                late.append({"on": day, "of": path, "number": max(readers, estimate(sketches[path]))})
            elif (both := merged(sketch, sketches[path])) != sketch:
                changed.append({"on": day, "of": path, "united": both})
        if changed:
            connection.execute(_SKETCHING, changed)
        if late:
            connection.execute(_CLOSING, late)

    def _announce(self, connection: Connection, day: int, said: Mapping[str, Mapping[str, int]]) -> None:
        there = select(announced.c.path, announced.c.aggregator).where(
            announced.c.day == day, announced.c.path.in_(said)
        )
        known: defaultdict[str, set[str]] = defaultdict(set)
        for path, aggregator in connection.execute(there):
            known[path].add(aggregator)
        values = []
        for path, subscribers in said.items():
            for aggregator, number in sorted(subscribers.items()):
                if aggregator in known[path] or len(known[path]) < MOST_ANNOUNCED:
                    known[path].add(aggregator)
                    values.append({"day": day, "path": path, "aggregator": aggregator, "subscribers": number})
        new = self.database.insert(announced)
        if values:
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=list(announced.primary_key),
                    set_={"subscribers": new.excluded.subscribers},
                    where=new.excluded.subscribers > announced.c.subscribers,
                ),
                values,
            )


_ROW = (visits.c.day == bindparam("on")) & (visits.c.path == bindparam("of"))
_SKETCHING = update(visits).where(_ROW).values(sketch=bindparam("united"))
_CLOSING = update(visits).where(_ROW).values(readers=bindparam("number"), sketch=None)


def _number(day: date) -> int:
    return (day - _EPOCH).days


def _told(day: int, key: bytes) -> str:
    return f"{day} {key.hex()}"


def _key(connection: Connection) -> tuple[int, bytes] | None:
    """The stored key of readers, with its day; held until the end of a transaction that writes."""
    writes = connection.get_execution_options().get("syndicator_writes", False)
    stored = select(meta.c.value).where(meta.c.key == _KEY)
    value = connection.execute(stored.with_for_update() if writes else stored).scalar()
    if value is None:
        return None
    day, _, key = value.partition(" ")
    return int(day), bytes.fromhex(key)


def _asked(table: Table, since: date, until: date, under: str, paths: Collection[str]) -> Select[Any]:
    asked = select(table)
    if not (under or paths):
        return asked.where(table.c.day.between(_number(since), _number(until)))
    # Each day by itself: paths follow the day in the key.
    asked = asked.where(table.c.day.in_(range(_number(since), _number(until) + 1)))
    below = (table.c.path > under) & (table.c.path < f"{under[:-1]}0")  # "0" follows "/"
    exact = table.c.path.in_(paths)
    return asked.where(below | exact if under and paths else below if under else exact)


def _visited(row: Row[Any], said: Mapping[str, int]) -> Visited:
    return Visited(
        day=_EPOCH + timedelta(days=row.day),
        path=row.path,
        readers=row.readers if row.sketch is None else max(row.readers, estimate(row.sketch)),
        announced=by_aggregator(said),
        **{name: row._mapping[column] for name, column in _COUNTED.items()},
    )
