"""The schema is what the migrations make of nothing, and a migration happens whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, make_url, select, text

from syndicator.model import Article, Format, Query, SeenFile, Status
from syndicator.store import SqlStore, open_store, rows, schema
from syndicator.store.engine import Database
from syndicator.store.tables import (
    Standing,
    article_terms,
    articles,
    changes,
    files,
    metadata,
    micros,
    pieces,
    revisions,
    sources,
)
from tests.store.making import (
    LEASE,
    START,
    Clock,
    article,
    correct,
    ids,
    publish,
    rendered,
    run_python,
    save,
    saved,
    start_python,
    subscribe,
)

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


def older(nowhere: str, scripts: Path, head: str) -> Database:
    """A database with the schema of an older version."""
    for script in (scripts / "versions").glob("0*.py"):
        if script.name[:4] > head:
            script.unlink()
    address = make_url(nowhere)
    if address.get_backend_name() == "sqlite":
        path = Path(str(address.database))
        path.parent.mkdir()
        path.touch()
    old = Database(address, 1)
    schema.upgrade(old, Clock(), head, scripts)
    return old


def put(connection: Connection, state: Article, standing: Standing) -> None:
    """Store an article as the first versions did."""
    columns = ("source", "id", "slug", "status", "sort_key", "changed", "language", "revision")
    head = {name: getattr(state, name) for name in columns} | {"id_key": state.id, "standing": int(standing)}
    pk = connection.execute(articles.insert().values(head).returning(articles.c.pk)).scalar_one()
    payload = rows.ARTICLE.dump(state)
    recorded = {"article_pk": pk, "number": state.revision, "kind": "new", "recorded_at": START, "payload": payload}
    connection.execute(revisions.insert().values(recorded))
    place = {"kind": "tags", "slug": "war", "standing": int(standing), "sort_key": state.sort_key, "article_pk": pk}
    connection.execute(article_terms.insert().values(place))
    seen = SeenFile(path=f"{pk}.md", article_id=state.id)
    file = {"source": "seeds", "path_key": seen.path, "path": seen.path, "size": 0, "mtime_ns": 0}
    connection.execute(
        files.insert().values(file | {"article_pk": pk, "troubled": False, "payload": rows.SEEN.dump(seen)})
    )


@pytest.mark.parametrize("head", ["0001", "0002"])
def test_a_store_of_an_older_schema_goes_on_with_what_it_holds(nowhere: str, scripts: Path, head: str) -> None:
    shown = article(1, body="<p>Three small words</p>", title="\ud800")
    gone = article(2, status=Status.WITHDRAWN, published=None)
    hidden = article(3, status=Status.DRAFT, body="two words")
    old = older(nowhere, scripts, head)
    with old.write() as connection:
        connection.execute(sources.insert().values(id="seeds", first_time_done=START))
        put(connection, gone, Standing.GONE)
        put(connection, hidden, Standing.HIDDEN)
        put(connection, shown, Standing.SHOWN)
        kept = {"article_pk": 1, "format": str(Format.ATOM), "revision": 1, "recipe": "r", "body": b"<entry/>"}
        connection.execute(pieces.insert().values(kept))
    old.close()

    store = open_store(nowhere, Clock())
    assert isinstance(store, SqlStore)
    assert schema.version(store.database) == schema.HEAD
    assert store.select(Query(tags=frozenset({"war"})), 5) == [shown]
    assert list(store.files("seeds")) == [
        SeenFile(path=f"{number}.md", article_id=state.id) for number, state in enumerate((gone, hidden, shown), 1)
    ]
    with store.database.read() as connection:
        columns = select(articles.c.words, articles.c.published, articles.c.work).order_by(articles.c.pk)
        assert connection.execute(columns).all() == [(1, None, None), (2, START, None), (3, START, None)]
    with store.composing() as composing:
        assert [(one.key, one.article) for one in composing.changed(5)] == [(1, gone), (3, shown)]
    assert store.pieces(store.shown(Query(), 5), Format.ATOM, "r") == {}
    correct(store, shown, "tags/war", title="It goes on")
    subscribe(store, 1)
    assert ids(store.claim_due(START, 5, LEASE)) == ["source-1"]
    store.close()


@pytest.mark.parametrize("head", ["0001", "0002", "0003"])
def test_documents_of_an_older_schema_are_what_they_were_and_compressed_once_more(
    nowhere: str, scripts: Path, head: str
) -> None:
    rows = [
        {"path": "feed.xml", "etag": "e", "gone": False, "coded": True, "body": b"<feed/>", "gzip": b"gz"},
        {"path": "gone.xml", "etag": "", "gone": True, "coded": True, "body": b"", "gzip": None},
        {"path": "new.xml", "etag": "e", "gone": False, "coded": False, "body": b"<new/>", "gzip": None},
    ]
    old = older(nowhere, scripts, head)
    columns = ("path", "etag", "gone", "coded", "changed", "media_type", "body", "gzip", "brotli")
    places = ", ".join(f":{name}" for name in columns)
    with old.write() as connection:
        beside = {"changed": micros(START), "media_type": "text/xml", "brotli": None}
        into = text(f"INSERT INTO documents ({', '.join(columns)}) VALUES ({places})")
        connection.execute(into, [row | beside for row in rows])
    old.close()

    store = open_store(nowhere, Clock())
    whole = rendered("feed.xml", etag="e")
    assert store.document("feed.xml") == replace(whole, gzip=b"gz")
    assert store.document("gone.xml") == replace(rendered("gone.xml"), body=b"", etag="", gone=True)
    assert store.uncompressed() == ["feed.xml", "new.xml"]
    assert store.published_since(0) == (0, [])
    assert store.past("feed.xml") == []

    publish(store, replace(whole, links='</hub>; rel="hub"', max_age=300))
    store.save_codings("feed.xml", "e", b"gz", b"br", b"zs")
    coded = {"gzip": b"gz", "brotli": b"br", "zstd": b"zs"}
    assert store.document("feed.xml") == replace(whole, links='</hub>; rel="hub"', max_age=300, **coded)
    assert store.published_since(0) == (2, ["feed.xml"])
    store.close()


def test_articles_beyond_one_batch_are_all_counted_and_looked_at(nowhere: str, scripts: Path) -> None:
    many = 1201
    old = older(nowhere, scripts, "0002")
    with old.write() as connection:
        connection.execute(sources.insert().values(id="seeds", first_time_done=START))
        payloads = [rows.ARTICLE.dump(article(number)) for number in range(1, many + 1)]
        heads = {"source": "seeds", "status": "published", "standing": 1, "sort_key": "0", "revision": 1}
        numbered = [{"id": f"urn:{n}", "id_key": f"urn:{n}", "slug": f"s-{n}"} for n in range(1, many + 1)]
        connection.execute(articles.insert(), [heads | one for one in numbered])
        stored = {"number": 1, "kind": "new", "recorded_at": START}
        connection.execute(
            revisions.insert(), [stored | {"article_pk": n, "payload": one} for n, one in enumerate(payloads, 1)]
        )
    old.close()

    store = open_store(nowhere, Clock())
    assert isinstance(store, SqlStore)
    with store.database.read() as connection:
        assert connection.execute(select(func.count()).where(articles.c.words == 1)).scalar_one() == many
        tokens = connection.execute(select(changes.c.token).order_by(changes.c.number)).scalars().all()
    with store.composing() as composing:
        assert [one.key for one in composing.changed(many + 1)] == list(range(1, many + 1))
    assert len(set(tokens)) == many
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
