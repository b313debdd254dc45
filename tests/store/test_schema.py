"""The schema is what the migrations make of nothing, and a migration happens whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, make_url

from syndicator.model import Format, Query, SeenFile
from syndicator.store import SqlStore, open_store, schema
from syndicator.store.engine import Database
from syndicator.store.ingest import Transaction
from syndicator.store.tables import metadata, pieces, sources
from tests.store.making import LEASE, START, Clock, article, ids, run_python, save, saved, start_python, subscribe

LATER = """
import os
import sqlalchemy as sa
from alembic import op
revision = "9000"
down_revision = "{head}"

def upgrade():
    op.create_table("later", sa.Column("name", sa.Text))
    op.add_column("articles", sa.Column("mood", sa.Text))
    op.execute("UPDATE articles SET mood = 'calm'")
    {end}
"""


@pytest.fixture
def opened(nowhere: str) -> Iterator[SqlStore]:
    """A store that holds an article."""
    store = open_store(nowhere, Clock())
    assert isinstance(store, SqlStore)
    save(store, saved(article()))
    yield store
    store.close()


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A copy of the migrations, to which a test adds its own."""
    return Path(shutil.copytree(schema.SCRIPTS, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__")))


def add(scripts: Path, end: str) -> None:
    (scripts / "versions" / "9000_later.py").write_text(LATER.format(head=schema.HEAD, end=end))


def shape(store: SqlStore) -> tuple[set[str], set[str]]:
    """The names of the tables, and of the articles' columns."""
    with store.database.read() as connection:
        found = inspect(connection)
        return set(found.get_table_names()), {column["name"] for column in found.get_columns("articles")}


def test_the_newest_migration_is_the_one_we_know() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.SCRIPTS))
    config.set_main_option("path_separator", "os")

    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_the_migrations_make_the_tables_that_the_code_uses(nowhere: str) -> None:
    store = open_store(nowhere, Clock())
    assert isinstance(store, SqlStore)
    with store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    store.close()

    assert differences == []


def test_processes_that_make_a_store_at_once_all_have_it(nowhere: str) -> None:
    code = f"""
        import sys
        from syndicator.store import open_store
        from tests.store.making import Clock
        print("ready", flush=True)
        sys.stdin.readline()
        store = open_store({nowhere!r}, Clock())
        store.ping()
        print(store.created())
    """
    processes = [start_python(code) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    assert [process.communicate(timeout=60)[0] for process in processes] == ["2024-05-06 07:08:09+00:00\n"] * 3


def test_a_store_of_the_first_schema_goes_on_with_what_it_holds(backend: str, nowhere: str, scripts: Path) -> None:
    for script in (scripts / "versions").glob("000[2-9]*.py"):
        script.unlink()
    address = make_url(nowhere)
    if backend == "sqlite":
        path = Path(str(address.database))
        path.parent.mkdir()
        path.touch()
    old = Database(address, 1)
    schema.upgrade(old, Clock(), "0001", scripts)
    with old.write() as connection:
        connection.execute(sources.insert().values(id="seeds", first_time_done=START))
        first = Transaction(old, connection, "seeds", START, None)
        first.save([saved(article(1), "tags/war")], [SeenFile(path="a.md", article_id="urn:example:1")])
        first.conclude()
        kept = {"article_pk": 1, "format": str(Format.ATOM), "revision": 1, "recipe": "r", "body": b"<entry/>"}
        connection.execute(pieces.insert().values(kept))
    old.close()

    store = open_store(nowhere, Clock())
    assert isinstance(store, SqlStore)
    assert schema.version(store.database) == schema.HEAD
    assert store.select(Query(tags=frozenset({"war"})), 5) == [article(1)]
    assert list(store.files("seeds")) == [SeenFile(path="a.md", article_id="urn:example:1")]
    [place] = store.shown(Query(), 5)
    assert store.pieces([place], Format.ATOM, "r") == {place.key: b"<entry/>"}
    subscribe(store, 1)
    assert ids(store.claim_due(START, 5, LEASE)) == ["source-1"]
    store.close()


def test_an_older_schema_is_upgraded_with_what_it_holds(opened: SqlStore, scripts: Path) -> None:
    add(scripts, "")

    schema.upgrade(opened.database, Clock(), "9000", scripts)

    assert schema.version(opened.database) == "9000"
    assert "later" in shape(opened)[0]
    assert "mood" in shape(opened)[1]
    assert opened.select(Query(), 5) == [article()]


def test_a_migration_that_fails_half_way_leaves_the_old_schema(opened: SqlStore, scripts: Path) -> None:
    before = shape(opened)
    add(scripts, "raise ZeroDivisionError")

    with pytest.raises(ZeroDivisionError):
        schema.upgrade(opened.database, Clock(), "9000", scripts)

    assert schema.version(opened.database) == schema.HEAD
    assert shape(opened) == before
    assert opened.select(Query(), 5) == [article()]


def test_a_process_that_dies_in_a_migration_leaves_the_old_schema(
    opened: SqlStore, nowhere: str, scripts: Path
) -> None:
    before = shape(opened)
    add(scripts, "print('half way', flush=True); os._exit(9)")
    process = start_python(
        f"""
        from pathlib import Path
        from syndicator.store import open_store, schema
        from tests.store.making import Clock
        schema.upgrade(open_store({nowhere!r}, Clock()).database, Clock(), "9000", Path({os.fspath(scripts)!r}))
        """
    )

    assert process.communicate(timeout=60)[0] == "half way\n"
    assert process.returncode == 9
    assert schema.version(opened.database) == schema.HEAD
    assert shape(opened) == before
    assert opened.select(Query(), 5) == [article()]


def test_a_store_that_is_up_to_date_opens_without_alembic(opened: SqlStore, nowhere: str) -> None:
    said = run_python(
        f"""
        import sys
        from syndicator.store import open_store
        from tests.store.making import Clock
        open_store({nowhere!r}, Clock()).close()
        print([name for name in sys.modules if name.partition(".")[0] in ("alembic", "mako")])
        """
    )
    opened.ping()

    assert said == "[]\n"
