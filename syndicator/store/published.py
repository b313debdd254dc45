"""The version of what is published, and the mark that tells every process of this machine of a new one.

The mark is a file of 8 bytes beside SQLite's database, mapped into memory: a machine word with the version. It is a
hint and never the truth, so it is never synced; whoever opens the store puts it right.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import cast

from sqlalchemy import Connection, select, update

from syndicator.store import rows
from syndicator.store.engine import Database
from syndicator.store.tables import documents, published

_ONLY = 1
_SIZE = 8
_SUFFIX = "-published"
_PATIENCE = 0.2
"""Seconds; whoever has the mark needs a thousandth."""


class Published:
    """Which documents another answer became due for; see `ports.Store`."""

    database: Database

    def published_mark(self) -> Callable[[], int] | None:
        """What tells the version with a look into memory; None on PostgreSQL and where no file can be made."""
        place = _place(self.database)
        if place is None:
            return None
        try:
            with _held(place, self.database) as mark:
                # Of no dimension, so that it is the number itself and no list: the quickest way to it.
                return cast("Callable[[], int]", mark.tolist)
        except OSError:
            return None

    def published_since(self, version: int) -> tuple[int, list[str] | None]:
        """The version now, and the paths that came after that one, in the order in which they came, then by path."""
        with self.database.read() as connection:
            now = _version(connection)
            if not 0 <= version <= now:
                return now, None
            if version == now:
                return now, []
            later = select(documents.c.path).where(documents.c.version > version)
            return now, list(connection.execute(later.order_by(documents.c.version, documents.c.path)).scalars())


def raise_version(database: Database, connection: Connection, paths: Collection[str]) -> int:
    """Give these documents a new version, the number of which is returned; 0 where there are none.

    From here on no other transaction can give one until this one ends: versions become visible in their order.
    """
    if not paths:
        return 0
    first = database.insert(published).values(only=_ONLY, version=1)
    raised = first.on_conflict_do_update(
        index_elements=[published.c.only], set_={"version": published.c.version + 1}
    ).returning(published.c.version)
    number: int = connection.execute(raised).scalar_one()
    for portion in rows.portions(sorted(paths)):
        connection.execute(update(documents).where(documents.c.path.in_(portion)).values(version=number))
    return number


def tell(database: Database, version: int) -> None:
    """Let the mark tell a version that was committed (0 for none)."""
    place = _place(database)
    if place and version:
        with suppress(OSError), _held(place, database) as mark:
            mark[()] = max(mark[()], version)


def correct_mark(database: Database) -> None:
    """Make the mark tell the true version: another database may have been here before, or a crash come between."""
    place = _place(database)
    if place is None:
        return
    # Whoever commits meanwhile raises the mark after us: it waits until we let go.
    with suppress(OSError), _held(place, database) as mark, database.read() as connection:
        true = _version(connection)
        if mark[()] != true:
            mark[()] = true


def _version(connection: Connection) -> int:
    return connection.execute(select(published.c.version).where(published.c.only == _ONLY)).scalar() or 0


def _place(database: Database) -> str | None:
    return f"{os.path.realpath(_file(database))}{_SUFFIX}" if database.embedded else None


def _file(database: Database) -> str:
    return str(database.engine.url.database)


@contextmanager
def _held(place: str, database: Database) -> Iterator[memoryview]:
    """The mark, made where it is missing, which nobody else changes while the block runs. Raises OSError.

    The memory stays as long as somebody has it.
    """
    like = os.stat(_file(database))
    handle = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, like.st_mode & 0o666)
    try:
        _lock(handle)
        try:
            if os.fstat(handle).st_size < _SIZE:
                _fill(handle, like)
            yield memoryview(mmap.mmap(handle, _SIZE)).cast("Q", shape=[])
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)  # closing is not enough: the memory has a handle of its own
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    """Wait for who has it, but not for long: a hint must not hold anybody up, not even behind a stopped process."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.001)


def _fill(handle: int, like: os.stat_result) -> None:
    """Give a new mark its bytes. Whoever may write the database may write it."""
    os.pwrite(handle, bytes(_SIZE), 0)  # not a hole: writing into one on a full disk would end the process
    with suppress(PermissionError):
        os.fchmod(handle, like.st_mode & 0o666)
        os.fchown(handle, like.st_uid, like.st_gid)
