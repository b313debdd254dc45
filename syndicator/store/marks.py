"""Marks on feeds whose documents may be stale.

Each marking gives a new random token, so that whoever rendered an older state cannot clear a newer mark.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from syndicator.ports import DirtyFeed
from syndicator.store.engine import Database
from syndicator.store.rows import portions
from syndicator.store.tables import dirty


def mark(database: Database, connection: Connection, names: Collection[str]) -> None:
    """Mark feeds as dirty; always in the order of their names, so that two transactions never wait for each other."""
    if not names:
        return
    insert = database.insert(dirty)
    insert = insert.on_conflict_do_update(index_elements=[dirty.c.name], set_={"token": insert.excluded.token})
    connection.execute(insert, [{"name": name, "token": secrets.randbits(63)} for name in sorted(names)])


def standing_marks(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """The tokens of those of these feeds that are dirty, held until the transaction ends."""
    found: dict[str, int] = {}
    for portion in portions(sorted(names)):
        held = select(dirty.c.name, dirty.c.token).where(dirty.c.name.in_(portion)).order_by(dirty.c.name)
        found.update(connection.execute(held.with_for_update()).all())
    return found


def clear(connection: Connection, names: Collection[str]) -> None:
    """Take the marks away."""
    for portion in portions(sorted(names)):
        connection.execute(delete(dirty).where(dirty.c.name.in_(portion)))


def all_marks(connection: Connection) -> list[DirtyFeed]:
    """Every mark, by name."""
    marks = select(dirty.c.name, dirty.c.token).order_by(dirty.c.name)
    return [DirtyFeed(name=name, token=token) for name, token in connection.execute(marks)]
