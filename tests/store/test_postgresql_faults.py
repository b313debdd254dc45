"""What a store on PostgreSQL makes of a server's complaints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from syndicator.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from syndicator.ports import Store
from syndicator.store import SqlStore, open_store
from tests.store.making import Clock, article, save, saved

pytestmark = pytest.mark.parametrize("backend", ["postgresql"])


@pytest.mark.parametrize(
    ("state", "expected", "said"),
    [
        ("53100", StoreFull, "the disk has no room; nothing was lost"),
        ("55P03", StoreBusy, "another process holds it"),
        ("40P01", StoreBusy, "another process holds it"),
        ("40001", StoreBusy, "another process holds it"),
        ("XX001", StoreDamaged, "restore a backup"),
        ("42501", StoreError, "by the test"),
    ],
    ids=["disk-full", "lock", "deadlock", "serialization", "corrupt", "other"],
)
def test_what_the_server_says_becomes_ours(
    backend: str, store: SqlStore, state: str, expected: type[StoreError], said: str
) -> None:
    fail = f"DO $$ BEGIN RAISE EXCEPTION 'by the test' USING ERRCODE = '{state}'; END $$"

    with pytest.raises(StoreError, match=said) as raised, store.database.write() as connection:
        connection.exec_driver_sql(fail)

    assert type(raised.value) is expected
    assert "\n" not in str(raised.value)
    store.ping()


def test_a_server_that_is_not_there_is_one_clear_line(backend: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^store postgresql\+psycopg://me:\*\*\*@/syndicator: ") as raised:
        open_store(f"postgresql+psycopg://me:secret@/syndicator?host={tmp_path}", Clock())

    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_connections_that_the_server_closed_are_made_anew(backend: str, store: Store, url: str) -> None:
    save(store, saved(article()))
    engine = create_engine(url)
    with engine.connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        connection.execute(text(f"{others} AND backend_type = 'client backend'")).all()
    engine.dispose()

    assert store.article("urn:example:1") == article()


def test_a_slug_that_another_transaction_takes_meanwhile_is_tried_again(
    backend: str, store: Store, reopen: Callable[[], Store]
) -> None:
    """Both saw that it was free."""
    other = reopen()

    def race() -> None:
        with store.ingest("ours") as ours:
            assert ours.taken([], ["article-1"]) == (set(), set())
            save(other, saved(article(source="theirs")), source="theirs")
            ours.save([saved(article(source="ours"))], [])

    with pytest.raises(StoreBusy):
        race()

    assert store.count()["published"] == 1
