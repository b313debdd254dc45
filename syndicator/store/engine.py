"""Connections, transactions, and what a database's complaints mean."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from syndicator.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from syndicator.store.turns import Turns

_READ_FAULTS = {
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
}
_POSTGRESQL_FAULTS: dict[str, type[StoreError]] = {
    "53100": StoreFull,  # disk_full
    "55P03": StoreBusy,  # lock_not_available
    "40P01": StoreBusy,  # deadlock_detected
    "40001": StoreBusy,  # serialization_failure
    "53300": StoreBusy,  # too_many_connections
    "57P03": StoreBusy,  # cannot_connect_now
    "XX001": StoreDamaged,  # data_corrupted
    "XX002": StoreDamaged,  # index_corrupted
}
_ADVICE: dict[type[StoreError], str] = {
    StoreBusy: "another process holds it and did not let go in time; try again",
    StoreFull: "the disk has no room; nothing was lost, make room and it goes on by itself",
    StoreDamaged: "this is not a whole database; stop syndicator, move it aside and restore a backup in its place",
}
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "wal_autocheckpoint=4000",
    "journal_size_limit=33554432",
    "cache_size=-16384",
    "temp_store=MEMORY",
    "secure_delete=ON",  # what is deleted must not be read in free pages
)


class Database:
    """One database: how to read it, how to write it, and what to call it in a message.

    Safe for several threads. A process that was forked opens its own.
    """

    def __init__(self, url: URL, busy: float) -> None:
        embedded = url.get_backend_name() == "sqlite"
        self.name = f"store {url.database if embedded else url.set(query={}).render_as_string()}"
        self.busy = busy
        self.embedded = embedded
        self.engine = _sqlite(url, busy) if embedded else _postgresql(url, busy)
        self._reader = self.engine if embedded else self.engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = self.engine.execution_options(syndicator_writes=True)
        self._writing = Turns() if embedded else None
        self._statements: dict[tuple[str, str], str] = {}

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view. Never waits for a writer on SQLite. Raises StoreError."""
        with self.explained(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed when the block ends without an exception. Raises StoreError.

        On SQLite the write lock is taken at once, and threads of this process take turns without polling for it.
        """
        with self._turn(), self.explained(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what the database library raises into StoreError."""
        try:
            yield
        except SQLAlchemyError as error:
            raise self.explain(error) from error

    def explain(self, error: SQLAlchemyError) -> StoreError:
        """What an exception of the database library means."""
        kind = _kind(error)
        cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        advice = _ADVICE.get(kind)
        if kind is StoreError and _unwritable(error):
            advice = "its file cannot be opened for writing; this user must be able to write it and its folder"
        return kind(f"{self.name}: {advice} ({cause})" if advice else f"{self.name}: {cause}")

    def present(self) -> bool:
        """Whether the database's file is still in its place; always, for one that a server keeps."""
        return not self.embedded or os.path.exists(str(self.engine.url.database))

    def room(self) -> int | None:
        """Bytes that an ordinary user can still write where the file lies; None for a server's database."""
        if not self.embedded:
            return None
        try:
            return shutil.disk_usage(os.path.dirname(str(self.engine.url.database))).free
        except OSError as error:
            raise StoreError(f"{self.name}: {error.strerror}; its folder must be there") from error

    def checkpoint(self) -> None:
        """Bring what SQLite's journal holds into the file, and cut the journal; not while somebody reads it."""
        if not self.embedded:
            return
        with self.explained():
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            finally:
                connection.close()

    def close(self) -> None:
        """Close the connections that nobody uses; SQLite tidies its journal with the last one."""
        self.engine.dispose()

    def insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT."""
        return sqlite.insert(table) if self.embedded else postgresql.insert(table)

    def fill(
        self,
        connection: Connection,
        table: Table,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        there: Literal["fail", "keep", "replace"] = "fail",
    ) -> None:
        """Insert many rows of values; `there` says what happens to one whose primary key is there already.

        Does less for each row than the library's own way, which costs more than the database itself.
        """
        if not rows:
            return
        statement = self._statements.get((table.name, there))
        if statement is None:
            statement = self._statements[table.name, there] = self._compiled(table, columns, there)
        converted = [
            values if way is None else map(way, values)
            for way, values in zip(self._ways(table, columns), zip(*rows, strict=True), strict=True)
        ]
        connection.exec_driver_sql(statement, list(zip(*converted, strict=True)))

    def _ways(self, table: Table, columns: Sequence[str]) -> list[Callable[[Any], Any] | None]:
        """What makes a value of each column one that the driver takes; None where it does as it is."""
        dialect = self.engine.dialect
        return [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]

    def _compiled(self, table: Table, columns: Sequence[str], there: str) -> str:
        insert = self.insert(table)
        if there == "keep":
            insert = insert.on_conflict_do_nothing()
        if there == "replace":
            rest = {column.name: insert.excluded[column.name] for column in table.c if not column.primary_key}
            insert = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=rest)
        compiled = insert.compile(dialect=self.engine.dialect, column_keys=list(columns))
        if list(compiled.positiontup or ()) != list(columns):
            raise AssertionError(f"{table.name}: columns must be given in the order of the table")
        return str(compiled)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._writing is None:
            yield
            return
        if not self._writing.take(self.busy):
            raise StoreBusy(f"{self.name}: another thread is writing and did not finish in time; try again")
        try:
            yield
        finally:
            self._writing.end()


def _unwritable(error: SQLAlchemyError) -> bool:
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None) or 0
    return code & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)


def _kind(error: SQLAlchemyError) -> type[StoreError]:
    if isinstance(error, PoolTimeout):
        return StoreBusy
    if not isinstance(error, DBAPIError):
        return StoreError
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _sqlite_kind(getattr(cause, "sqlite_errorcode", 0) or 0)
    if isinstance(error, IntegrityError):
        # Seen only when another transaction stored the same slug meanwhile: ours was free when we looked.
        return StoreBusy
    return _POSTGRESQL_FAULTS.get(getattr(cause, "sqlstate", None) or "", StoreError)


def _sqlite_kind(code: int) -> type[StoreError]:
    primary = code & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL):
        return StoreBusy
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or code in _READ_FAULTS:
        return StoreDamaged
    if primary in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return StoreFull
    return StoreError


def _sqlite(url: URL, busy: float) -> Engine:
    # mode=rw: a file that vanished must not come back empty.
    address = f"file:{quote(str(url.database))}?mode=rw"

    def connect() -> sqlite3.Connection:
        # No isolation level, or the driver would begin transactions of its own.
        connection = sqlite3.connect(address, uri=True, timeout=busy, isolation_level=None, check_same_thread=False)
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}").close()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine(url, creator=connect, pool_size=5, max_overflow=-1)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("syndicator_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL, busy: float) -> Engine:
    asked = url.query.get("options", "")
    return create_engine(
        url,
        paramstyle="format",
        connect_args={"connect_timeout": 10, "options": f"{asked} -c lock_timeout={int(busy * 1000)}".strip()},
        pool_size=5,
        max_overflow=20,
        pool_timeout=busy,
        pool_pre_ping=True,
    )
