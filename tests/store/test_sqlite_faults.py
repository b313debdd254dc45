"""What a store on SQLite lives through: damage, a full disk, another writer, a kill, a migration that dies."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import event

from syndicator.errors import StoreBusy, StoreDamaged, StoreError, StoreFull, StoreNewer
from syndicator.model import Query, SeenFile
from syndicator.ports import Store
from syndicator.store import SqlStore, open_store
from tests.store.making import Clock, article, publish, rendered, run_python, save, saved, start_python

BIG = "<p>" + "many words " * 2000 + "</p>"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "syndicator.db"


@pytest.fixture
def start(path: Path) -> Iterator[Callable[[], SqlStore]]:
    """Opens the store at `path`."""
    opened: list[SqlStore] = []

    def again() -> SqlStore:
        store = open_store(f"sqlite:///{path}", Clock(), busy=0.2)
        assert isinstance(store, SqlStore)
        opened.append(store)
        return store

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def filled(start: Callable[[], SqlStore], path: Path) -> Path:
    """The file of a store with 300 articles, closed."""
    store = start()
    save(store, *(saved(article(number, body=BIG[:3000]), "tags/war") for number in range(1, 301)))
    store.close()
    return path


def integrity(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return [*connection.execute("PRAGMA integrity_check"), *connection.execute("PRAGMA foreign_key_check")]


WHOLE = [("ok",)]


class TestOpening:
    def test_the_folder_is_made(self, start: Callable[[], Store], path: Path) -> None:
        start()

        assert path.is_file()

    def test_nothing_but_the_mark_is_left_beside_the_database(self, start: Callable[[], Store], path: Path) -> None:
        start().close()

        assert {entry.name for entry in path.parent.iterdir()} == {path.name, f"{path.name}-published"}

    def test_what_a_kill_left_of_its_making_is_tidied(self, start: Callable[[], Store], path: Path) -> None:
        path.parent.mkdir()
        old, fresh = (path.with_name(f".syndicator.db.{name}.new") for name in ("old", "fresh"))
        for left in (old, fresh):
            left.touch()
        os.utime(old, (0, 0))

        start().close()

        left = {path.name, f"{path.name}-published", fresh.name}
        assert {entry.name for entry in path.parent.iterdir()} == left

    def test_a_name_with_odd_characters_is_a_name(self, tmp_path: Path) -> None:
        path = tmp_path / "a b%20#ü?" / "x;y.db"
        store = open_store(f"sqlite:///{quote(str(path))}", Clock())
        store.ping()
        store.close()

        assert path.is_file()

    def test_the_settings_that_keep_it_whole_are_on(self, start: Callable[[], SqlStore]) -> None:
        store = start()
        with store.database.read() as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "busy_timeout")
            }

        assert found == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "trusted_schema": 0,
            "busy_timeout": 200,
        }

    def test_an_empty_file_is_damage(self, start: Callable[[], Store], path: Path) -> None:
        path.parent.mkdir()
        path.touch()

        with pytest.raises(StoreDamaged, match=r"store .*syndicator\.db: the file is empty; restore a backup"):
            start()
        assert path.stat().st_size == 0

    @pytest.mark.parametrize("content", [b"hello", b"hello\n" * 5000], ids=["short", "long"])
    def test_something_else_is_damage(self, start: Callable[[], Store], path: Path, content: bytes) -> None:
        path.parent.mkdir()
        path.write_bytes(content)

        with pytest.raises(StoreDamaged, match=r"not a whole database; .* restore a backup"):
            start()
        assert path.read_bytes() == content

    def test_somebody_elses_database_is_damage(self, start: Callable[[], Store], path: Path) -> None:
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE recipes (name)")

        with pytest.raises(StoreDamaged, match="not one of syndicator's"):
            start()

    @pytest.mark.parametrize("pages", [1, 3, 50, -1], ids=["one-page", "three-pages", "half", "all-but-one"])
    def test_a_truncated_file_is_damage(self, start: Callable[[], Store], filled: Path, pages: int) -> None:
        size = 4096 * pages if pages > 0 else filled.stat().st_size - 4096
        os.truncate(filled, size)

        with pytest.raises(StoreDamaged, match=r"not a whole database; .* restore a backup"):
            start()
        assert filled.stat().st_size == size

    def test_damaged_pages_are_damage(self, start: Callable[[], Store], filled: Path) -> None:
        with filled.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (filled.stat().st_size - 4096))

        with pytest.raises(StoreDamaged, match=r"not a whole database; .* restore a backup"):
            start()

    def test_one_damaged_page_in_the_middle_is_damage(self, start: Callable[[], Store], filled: Path) -> None:
        with filled.open("r+b") as file:
            file.seek(filled.stat().st_size // 2 // 4096 * 4096)
            file.write(b"\xff" * 4096)

        with pytest.raises(StoreDamaged, match=r"not a whole database; .* restore a backup"):
            start()

    def test_damage_that_comes_while_it_is_open_is_told_when_it_is_met(
        self, start: Callable[[], Store], filled: Path
    ) -> None:
        store = start()
        store.close()  # what it read before is forgotten; it goes on with new connections
        with filled.open("r+b") as file:
            file.seek(4096 * 2)
            file.write(b"\xff" * (filled.stat().st_size - 4096 * 2))

        with pytest.raises(StoreDamaged, match=r"not a whole database; .* restore a backup"):
            store.select(Query(), 50)

    def test_a_journal_without_its_database_is_damage(self, start: Callable[[], Store], path: Path) -> None:
        path.parent.mkdir()
        path.with_name("syndicator.db-wal").write_bytes(b"x")

        with pytest.raises(StoreDamaged, match=r"the file is missing but syndicator\.db-wal is there"):
            start()
        assert not path.exists()

    def test_a_newer_schema_is_refused(self, start: Callable[[], Store], filled: Path) -> None:
        with closing(sqlite3.connect(filled)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
            connection.commit()

        with pytest.raises(StoreNewer, match=r"written by a newer syndicator \(schema 9999, this one knows \d{4}\)"):
            start()

    @pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "nonsense", "sqlite:///"])
    def test_an_address_that_cannot_be_says_so(self, url: str) -> None:
        with pytest.raises(StoreError, match=r"^store"):
            open_store(url, Clock())

    def test_a_file_where_the_folder_should_be_says_so(self, start: Callable[[], Store], path: Path) -> None:
        path.parent.touch()

        with pytest.raises(StoreError, match=r"store .*syndicator\.db: cannot be made or opened \(.*\)$"):
            start()

    def test_a_folder_where_the_file_should_be_says_so(self, start: Callable[[], Store], path: Path) -> None:
        path.mkdir(parents=True)

        with pytest.raises(StoreError, match="is not a file that can be read and written"):
            start()

    @pytest.mark.parametrize("made", [True, False], ids=["there", "not-there"])
    def test_an_unwritable_folder_says_so(self, made: bool) -> None:
        """In a process of its own, which gives up root where the tests run as root."""
        said = run_python(
            f"""
            import os, tempfile
            from pathlib import Path
            from syndicator.store import open_store
            from tests.store.making import Clock
            folder = Path(tempfile.mkdtemp())
            if {made}:
                open_store(f"sqlite:///{{folder}}/syndicator.db", Clock()).close()
                (folder / "syndicator.db").chmod(0o666)
            folder.chmod(0o555)
            if os.geteuid() == 0:
                os.setuid(65534)
            try:
                open_store(f"sqlite:///{{folder}}/syndicator.db", Clock())
            except Exception as error:
                print(type(error).__name__, error)
            """
        )

        assert said.startswith("StoreError store ")
        assert said.count("\n") == 1
        assert "its folder cannot be written" in said or "Permission denied" in said

    def test_a_backup_taken_while_writing_is_a_store(self, start: Callable[[], SqlStore], path: Path) -> None:
        store = start()
        save(store, saved(article(1)))
        with store.ingest("seeds") as ingest:
            ingest.save([saved(article(2))], [])
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("VACUUM INTO ?", (str(path.with_name("backup.db")),))
        store.close()
        path.with_name("backup.db").replace(path)

        assert start().select(Query(), 5) == [article(1)]


class TestRunning:
    def test_another_process_that_writes_is_waited_for_and_reads_go_on(
        self, start: Callable[[], SqlStore], path: Path
    ) -> None:
        store = start()
        save(store, saved(article(1)))
        with another_writer(path):
            for write in (lambda: store.soil(["x"]), lambda: publish(store), lambda: save(store, saved(article(2)))):
                with pytest.raises(StoreBusy, match="another process holds it and did not let go in time; try again"):
                    write()
            assert store.select(Query(), 5) == [article(1)]
            store.ping()

        save(store, saved(article(2)))
        assert store.select(Query(), 5) == [article(2), article(1)]

    def test_a_full_disk_loses_nothing_and_recovers_alone(self, start: Callable[[], SqlStore], path: Path) -> None:
        store = start()
        save(store, saved(article(1), "tags/war"))
        publish(store, rendered("feed.xml", b"good"))
        with full_disk(store):
            with pytest.raises(StoreFull, match="the disk has no room; nothing was lost"):
                save(
                    store,
                    *(saved(article(number, body=BIG), "tags/peace") for number in range(2, 100)),
                    files=[SeenFile(path="a.md", article_id="urn:example:1")],
                )
            with pytest.raises(StoreFull):
                publish(store, rendered("feed.xml", BIG.encode() * 20))
            document = store.document("feed.xml")
            assert document is not None
            assert document.body == b"good"
            assert store.select(Query(), 50) == [article(1)]
            assert store.stats("seeds") == {}
            assert [term.slug for term, _ in store.terms()] == ["war"]

        save(store, *(saved(article(number, body=BIG), "tags/peace") for number in range(2, 100)))
        assert len(store.select(Query(), 200)) == 99
        store.close()
        assert integrity(path) == WHOLE

    def test_a_limit_on_the_size_of_files_is_a_full_disk(self, path: Path) -> None:
        said = run_python(
            f"""
            import resource, signal
            from syndicator.errors import StoreFull
            from syndicator.model import Query
            from syndicator.store import open_store
            from tests.store.making import Clock, article, save, saved
            store = open_store("sqlite:///{path}", Clock())
            save(store, saved(article(1)))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
            try:
                save(store, *(saved(article(n, body="word " * 4000)) for n in range(2, 200)))
            except StoreFull:
                print("full", len(store.select(Query(), 300)))
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            save(store, *(saved(article(n, body="word " * 4000)) for n in range(2, 200)))
            print("again", len(store.select(Query(), 300)))
            """
        )

        assert said == "full 1\nagain 199\n"
        assert integrity(path) == WHOLE

    def test_a_kill_in_the_middle_leaves_nothing_half_done(self, start: Callable[[], SqlStore], path: Path) -> None:
        store = start()
        save(store, saved(article(1), "tags/war"))
        process = start_python(
            f"""
            import sys, time
            from syndicator.model import SeenFile
            from syndicator.store import open_store
            from tests.store.making import Clock, article, saved
            store = open_store("sqlite:///{path}", Clock())
            with store.ingest("seeds") as ingest:
                ingest.save(
                    [saved(article(n, body="word " * 4000), "tags/peace") for n in range(2, 1500)],
                    [SeenFile(path=f"{{n}}.md", article_id=f"urn:example:{{n}}") for n in range(2, 1500)],
                )
                print("saved", flush=True)
                sys.stdin.read()
            """
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "saved\n"
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)

        save(store, saved(article(2000), "tags/war"))
        assert store.select(Query(), 50) == [article(2000), article(1)]
        assert store.stats("seeds") == {}
        assert [term.slug for term, _ in store.terms()] == ["war"]
        store.close()
        assert integrity(path) == WHOLE

    def test_two_processes_that_ingest_at_once_double_nothing(self, path: Path) -> None:
        """Both want the same forty articles; each is stored by whoever comes first."""
        code = f"""
            from syndicator.store import open_store
            from tests.store.making import Clock, article, saved
            store = open_store("sqlite:///{path}", Clock(), busy=30)
            stored = 0
            for number in range(1, 41):
                with store.ingest("seeds") as ingest:
                    if not ingest.claimants([("id", f"urn:example:{{number}}")]):
                        ingest.save([saved(article(number), "tags/war")], [])
                        stored += 1
            print(stored)
        """
        processes = [start_python(code) for _ in range(2)]
        stored = [int(process.communicate(timeout=60)[0]) for process in processes]

        store = open_store(f"sqlite:///{path}", Clock())
        assert sum(stored) == 40
        assert dict(store.count()) | {"published": 40, "revisions": 40} == dict(store.count())
        assert [shown for _, shown in store.terms()] == [40]
        store.close()
        assert integrity(path) == WHOLE

    def test_a_database_that_vanished_is_not_made_again(self, start: Callable[[], SqlStore], path: Path) -> None:
        store = start()
        store.close()
        shutil.rmtree(path.parent)
        path.parent.mkdir()

        with pytest.raises(StoreError):
            store.ping()
        assert list(path.parent.iterdir()) == []

    def test_a_database_that_vanished_while_it_is_open_is_told(self, start: Callable[[], SqlStore], path: Path) -> None:
        store = start()
        path.unlink()

        with pytest.raises(StoreError, match="it is not there any more"):
            store.ping()

    def test_waiting_threads_of_one_process_time_out_too(self, start: Callable[[], SqlStore]) -> None:
        store = start()
        with store.ingest("seeds"), pytest.raises(StoreBusy, match="another thread is writing"):
            store.soil(["x"])


@contextmanager
def another_writer(path: Path) -> Iterator[None]:
    """Another process that holds the write lock."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
            "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield
    finally:
        process.communicate(timeout=60)


@contextmanager
def full_disk(store: SqlStore) -> Iterator[None]:
    """A database that may not grow by more than a few pages, on every connection."""
    engine = store.database.engine
    with store.database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages + 5}").close()

    event.listen(engine, "checkout", limit)
    try:
        yield
    finally:
        event.remove(engine, "checkout", limit)
        engine.dispose()
