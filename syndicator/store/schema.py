"""Making the store's database, recognising it again, and bringing an older one up to date."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import time

from sqlalchemy import URL, Connection, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from syndicator.errors import StoreDamaged, StoreError, StoreNewer
from syndicator.store.engine import Database
from syndicator.store.published import correct_mark
from syndicator.store.tables import meta, micros

HEAD = "0004"
"""The newest migration. A constant, so that Alembic is imported only when there is something to migrate."""

SCRIPTS = Path(__file__).with_name("migrations")
CREATED = "store:created"
_CHECKED_SIZE = 64 * 1024 * 1024
_HOUR = 3600
_COMPANIONS = ("-wal", "-shm", "-journal")


def open_database(url: str, now: Callable[[], datetime], busy: float) -> Database:
    """The database at `url`, made when there is none, with the newest schema. Raises StoreError and its children."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(f"store {url!r} is not an address such as sqlite:////var/lib/syndicator.db") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        _prepare_file(parsed, now, busy)
    elif backend != "postgresql":
        raise StoreError(f"store {parsed!r}: {backend} is not supported; use sqlite or postgresql")
    database = Database(parsed, busy)
    try:
        if version(database) is None and database.embedded:
            raise StoreDamaged(
                f"{database.name}: this is a database, but not one of syndicator's; "
                "move it aside and restore a backup in its place"
            )
        if database.embedded:
            _check(database)
        upgrade(database, now)
        correct_mark(database)
    except BaseException:
        database.close()
        raise
    return database


def _check(database: Database) -> None:
    """Look at every page of a file that is small enough for that to take a blink; a larger one's faults show later."""
    with database.read() as connection:
        size = os.path.getsize(str(database.engine.url.database))
        if size > _CHECKED_SIZE:
            return
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise StoreDamaged(
            f"{database.name}: this is not a whole database; stop syndicator, move it aside and "
            f"restore a backup in its place ({found})"
        )


def version(database: Database) -> str | None:
    """The schema's version as it stands in the database, None where there is no schema yet."""
    with database.read() as connection:
        return _version(connection)


def upgrade(database: Database, now: Callable[[], datetime], head: str = HEAD, scripts: Path = SCRIPTS) -> None:
    """Bring the schema to `head` in one transaction. Raises StoreNewer when it is beyond."""
    if _up_to_date(database, version(database), head):
        return
    try:
        with database.write() as connection:
            if _up_to_date(database, _version(connection), head):
                return
            _migrate(connection, scripts)
            created = database.insert(meta).values(key=CREATED, value=str(micros(now())))
            connection.execute(created.on_conflict_do_nothing())
    except StoreError:
        # On PostgreSQL two processes may make the tables at once: the second fails, and finds them made.
        if version(database) != head:
            raise


def _up_to_date(database: Database, found: str | None, head: str) -> bool:
    if found is None or found == head:
        return found == head
    if not found.isdigit():
        raise StoreDamaged(f"{database.name}: its schema version {found!r} is not one of ours; restore a backup")
    if int(found) > int(head):
        raise StoreNewer(
            f"{database.name}: it was written by a newer syndicator (schema {found}, this one knows {head}); "
            "install that version, or restore a backup made before the upgrade"
        )
    return False


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection, scripts: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(f"store: its schema cannot be upgraded: {error}") from error


def _prepare_file(url: URL, now: Callable[[], datetime], busy: float) -> None:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreError("store: SQLite needs a file, such as sqlite:////var/lib/syndicator.db")
    path = Path(url.database)
    try:
        size = path.stat().st_size if path.exists() else None
        if size is None:
            _create(path, url, now, busy)
        elif not (path.is_file() and os.access(path, os.R_OK | os.W_OK)):
            raise StoreError(f"store {path}: this is not a file that can be read and written by this user")
        elif size == 0:
            raise StoreDamaged(f"store {path}: the file is empty; restore a backup, or remove it to begin anew")
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise StoreError(f"store {path}: its folder cannot be written by this user; correct its permissions")
    except OSError as error:
        raise StoreError(f"store {path}: cannot be made or opened ({error.strerror or error})") from error


def _create(path: Path, url: URL, now: Callable[[], datetime], busy: float) -> None:
    """Make the database beside its place and put it there whole, so that nobody ever sees half of it."""
    for companion in _COMPANIONS:
        if path.with_name(path.name + companion).exists():
            raise StoreDamaged(
                f"store {path}: the file is missing but {path.name}{companion} is there; "
                "restore a backup, or remove that too to begin anew"
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    _tidy(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    os.close(handle)
    try:
        database = Database(url.set(database=name), busy)
        try:
            upgrade(database, now)
        finally:
            database.close()
        _put(name, path)
    finally:
        for left in ("", *_COMPANIONS):
            Path(name + left).unlink(missing_ok=True)


def _tidy(path: Path) -> None:
    """Remove what a kill left of an earlier making; what is younger may belong to somebody who is at it now."""
    for left in path.parent.iterdir():
        if left.name.startswith(f".{path.name}.") and ".new" in left.suffix:
            with suppress(FileNotFoundError):  # another process has just put its database in place
                if left.stat().st_mtime < time() - _HOUR:
                    left.unlink()


def _put(name: str, path: Path) -> None:
    with suppress(FileExistsError):  # another process was quicker: its database is as good
        try:
            os.link(name, path)
        except PermissionError:
            if path.exists():
                return
            os.rename(name, path)  # a file system without hard links
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
