"""A poll that breaks off anywhere leaves the store as it was: articles, validators, next check and lease together."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select

from syndicator.errors import StoreBusy, StoreFull
from syndicator.model import Claim, Query
from syndicator.ports import Store
from syndicator.store import SqlStore
from syndicator.store.tables import metadata
from tests.store.making import (
    HOUR,
    LEASE,
    START,
    article,
    host,
    ids,
    poll_state,
    polled,
    saved,
    start_python,
    subscribe,
    upstream,
)
from tests.store.test_sqlite_faults import WHOLE, another_writer, full_disk, integrity

LATER = START + timedelta(seconds=20)


class BreakDown(Exception):
    """What a statement meets that cannot be carried out."""


@contextmanager
def breaking(engine: Engine, number: int) -> Iterator[None]:
    """The statement of that number, counted from 1, is not carried out."""
    counted = count(1)

    def listen(*_: object) -> None:
        if next(counted) == number:
            raise BreakDown

    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def everything(store: SqlStore) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    with store.database.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def end_with_news(store: Store, claim: Claim) -> None:
    with store.ingest(claim.source.id) as ingest:
        ingest.save([saved(article(source=claim.source.id), "tags/war")], [])
        ingest.finish_first_time(LATER)
        ingest.finish(polled(claim, START + HOUR, etag="1", entries=b"seen"))


STEPS: dict[str, Callable[[Store, list[Claim]], object]] = {
    "claim": lambda store, claims: store.claim_due(LATER, 9, LEASE),
    "claim-one": lambda store, claims: store.claim("source-3", LATER, LEASE),
    "finish": lambda store, claims: store.finish([polled(claim, START + HOUR, entries=b"x") for claim in claims]),
    "finish-with-articles": lambda store, claims: end_with_news(store, claims[0]),
    "release": lambda store, claims: store.release(claims),
    "save": lambda store, claims: store.save_sources(
        [(upstream(1, url="https://host-9.example/"), None), (upstream(8), poll_state(8, host=host(7), entries=b"x"))]
    ),
    "spread": lambda store, claims: store.spread(LATER, HOUR),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_statement_that_fails_leaves_everything_as_it_was(
    store: SqlStore, step: Callable[[Store, list[Claim]], object]
) -> None:
    """The first fails, then the second, and so on until there are no more."""
    subscribe(store, 1, 2)
    claims = store.claim_due(START, 2, LEASE)
    subscribe(store, 3, 4, next_check=START)
    subscribe(store, 5, attempts=3)
    before = everything(store)
    for number in count(1):
        with breaking(store.database.engine, number):
            try:
                step(store, claims)
            except BreakDown:
                assert everything(store) == before
                continue
        break

    assert number > 3
    assert everything(store) != before


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store lies, if it is a file."""
    return tmp_path / "var" / "syndicator.db"


on_sqlite = pytest.mark.parametrize("backend", ["sqlite"])


@on_sqlite
def test_a_kill_between_articles_and_commit_loses_nothing(backend: str, store: Store, path: Path) -> None:
    """The source is polled again with the validators of before, when the lease has run out."""
    subscribe(store, 1, 2, etag="0", interval=timedelta(seconds=60))
    process = start_python(
        f"""
        import sys
        from syndicator.store import open_store
        from tests.store.making import LEASE, START, Clock, article, polled, saved
        store = open_store("sqlite:///{path}", Clock())
        claim, other = store.claim_due(START, 2, LEASE)
        with store.ingest("source-1") as ingest:
            ingest.save([saved(article(n, source="source-1", body="word " * 4000)) for n in range(1, 400)], [])
            ingest.finish(polled(claim, START, etag="1"))
            print("stored", flush=True)
            sys.stdin.read()
        """
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "stored\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)

    assert store.select(Query(), 5) == []
    assert store.claim_due(LATER, 9, LEASE) == []
    again = store.claim_due(START + LEASE, 9, LEASE)
    assert [(claim.source.id, claim.state.etag, claim.state.attempts) for claim in again] == [
        ("source-1", "0", 2),
        ("source-2", "0", 2),
    ]
    end_with_news(store, again[0])
    assert len(store.select(Query(), 5)) == 1
    assert integrity(path) == WHOLE


@on_sqlite
def test_a_full_disk_keeps_validators_back_with_their_articles(backend: str, store: SqlStore, path: Path) -> None:
    subscribe(store, 1, 2, etag="0")
    [claim, other] = store.claim_due(START, 9, LEASE)
    before = everything(store)

    def with_articles() -> None:
        with store.ingest("source-1") as ingest:
            ingest.finish(polled(claim, START + HOUR, etag="1"))
            ingest.save([saved(article(n, source="source-1", body="word " * 9000)) for n in range(1, 50)], [])

    with full_disk(store):
        for step in (
            with_articles,
            lambda: store.finish([polled(other, START + HOUR, etag="1", entries=b"x" * 500_000)]),
            lambda: store.save_sources([(upstream(3), poll_state(3, entries=b"x" * 500_000))]),
            lambda: subscribe(store, *range(10, 900)),
        ):
            with pytest.raises(StoreFull, match="nothing was lost"):
                step()
        assert everything(store) == before

    with_articles()
    assert len(store.select(Query(), 99)) == 49
    assert integrity(path) == WHOLE


@on_sqlite
def test_a_writer_that_does_not_let_go_is_told_and_what_is_due_stays_due(
    backend: str, store: Store, path: Path
) -> None:
    subscribe(store, 1, 2)
    [claim] = store.claim_due(START, 1, LEASE)
    with another_writer(path):
        for step in (
            lambda: store.claim_due(START, 9, LEASE),
            lambda: store.finish([polled(claim, START)]),
            lambda: store.save_sources([(upstream(3), poll_state(3))]),
            lambda: end_with_news(store, claim),
        ):
            with pytest.raises(StoreBusy, match="another process holds it"):
                step()
        assert store.claim_due(START - HOUR, 9, LEASE) == []
        assert (store.overdue(START), store.ready_at()) == (1, START)

    assert ids(store.claim_due(START, 9, LEASE)) == ["source-2"]
    assert store.finish([polled(claim, START)]) == []


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_host_that_another_dispatcher_holds_is_passed_by(
    backend: str, store: SqlStore, reopen: Callable[[], Store]
) -> None:
    """Who stores news of one source holds its host; others go on with other hosts and wait for nobody."""
    subscribe(store, 1, 2, interval=timedelta(seconds=60))
    [claim] = store.claim_due(START, 1, LEASE)
    with store.ingest("source-1") as ingest:
        ingest.finish(polled(claim, START))
        assert ids(reopen().claim_due(START + LEASE, 9, LEASE)) == ["source-2"]

    assert ids(store.claim_due(START + LEASE, 9, LEASE)) == ["source-1"]
