"""The version of what is published: whoever follows it knows every document, and the mark says when to look."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syndicator.ports import DocumentHead, Store
from syndicator.store import SqlStore, open_store, publishing
from syndicator.store.published import tell
from tests.store.conftest import empty
from tests.store.making import START, Clock, article, publish, rendered, run_python, save, saved, start_python

PATHS = ("feed.xml", "rss.xml", "tags/war/feed.xml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "syndicator.db"


@pytest.fixture
def opened(file: Path) -> Iterator[SqlStore]:
    """A store on SQLite with one document, of version 1."""
    store = open_store(f"sqlite:///{file}", Clock())
    assert isinstance(store, SqlStore)
    publish(store, rendered("feed.xml"))
    yield store
    store.close()


def mark_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-published")


def told(store: Store) -> int:
    mark = store.published_mark()
    assert mark is not None
    return mark()


@dataclass
class Reader:
    """Somebody who keeps what is known of documents, and looks again at those that it is told of."""

    store: Store
    version: int = -1
    known: dict[str, DocumentHead] = field(default_factory=dict)

    def follow(self) -> None:
        self.version, paths = self.store.published_since(self.version)
        if paths is None:
            self.known.clear()
            paths = [path for path, _, _ in self.store.documents()]
        for path in paths:
            if (head := self.store.document_head(path)) is not None:
                self.known[path] = head


def everything(store: Store) -> dict[str, DocumentHead | None]:
    return {path: store.document_head(path) for path, _, _ in store.documents()}


class TestVersions:
    def test_a_new_store_has_published_nothing(self, store: Store) -> None:
        assert store.published_since(0) == (0, [])

    @pytest.mark.parametrize("version", [-1, 2, 2**63])
    def test_of_a_version_that_never_was_everything_may_have_changed(self, store: Store, version: int) -> None:
        publish(store, rendered("feed.xml"))

        assert store.published_since(version) == (1, None)

    def test_documents_come_in_the_order_of_their_versions(self, store: Store) -> None:
        publish(store, rendered("rss.xml"), rendered("feed.xml"))
        publish(store, rendered("a.xml"))
        publish(store, rendered("feed.xml", b"<other/>"))

        assert store.published_since(0) == (3, ["rss.xml", "a.xml", "feed.xml"])
        assert store.published_since(1) == (3, ["a.xml", "feed.xml"])
        assert store.published_since(3) == (3, [])

    @pytest.mark.parametrize(
        "change",
        [
            lambda store: publish(store, rendered("feed.xml", b"<other/>")),
            lambda store: publish(store, gone=["feed.xml"]),
            lambda store: publish(store, replace(rendered("feed.xml"), media_type="application/xml")),
            lambda store: publish(store, replace(rendered("feed.xml"), links='</hub>; rel="hub"')),
            lambda store: publish(store, replace(rendered("feed.xml"), max_age=900)),
            lambda store: publish(store, replace(rendered("feed.xml"), gzip=b"gz")),
            lambda store: store.save_codings("feed.xml", b"<feed/>".hex(), b"gz", b"br", b"zs"),
        ],
        ids=["bytes", "gone", "media-type", "links", "max-age", "one-coding", "codings"],
    )
    def test_whatever_changes_an_answer_is_told(self, store: Store, change: Callable[[Store], object]) -> None:
        publish(store, rendered("feed.xml"), rendered("rss.xml"))
        change(store)

        assert store.published_since(1) == (2, ["feed.xml"])

    @pytest.mark.parametrize(
        "change",
        [
            lambda store: publish(store, rendered("feed.xml")),
            lambda store: publish(store, gone=["rss.xml", "never.xml"]),
            lambda store: store.save_codings("feed.xml", "other", b"gz", b"br", b"zs"),
            lambda store: store.save_codings("coded.xml", b"<feed/>".hex(), b"gz", b"br", b"zs"),
            lambda store: store.save_codings("rss.xml", "", b"gz", b"br", b"zs"),
            lambda store: store.publish([], [], [], [], START),
            lambda store: save(store, saved(article(), "tags/war")),
        ],
        ids=["same-bytes", "was-gone", "older-bytes", "coded-already", "codings-of-nothing", "nothing", "an-article"],
    )
    def test_what_changes_no_answer_is_not_told(self, store: Store, change: Callable[[Store], object]) -> None:
        whole = {"gzip": b"gz", "brotli": b"br", "zstd": b"zs"}
        publish(store, rendered("feed.xml"), rendered("rss.xml"), replace(rendered("coded.xml"), **whole))
        publish(store, gone=["rss.xml"])
        change(store)

        assert store.published_since(2) == (2, [])

    def test_a_transaction_that_fails_leaves_the_version(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(publishing, "keep_states", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                publish(store, rendered("feed.xml"))

        mark = store.published_mark()
        assert store.published_since(0) == (0, [])
        assert store.document("feed.xml") is None
        assert mark is None or mark() == 0

    def test_many_documents_are_one_version(self, store: Store) -> None:
        paths = [f"tags/{number:04}/feed.xml" for number in range(700)]
        publish(store, *(rendered(path) for path in paths))

        assert store.published_since(0) == (1, paths)

    def test_who_follows_while_others_publish_knows_every_document(
        self, store: Store, reopen: Callable[[], Store]
    ) -> None:
        reader, ended = Reader(store), threading.Event()

        def work(number: int) -> None:
            ours = reopen()
            for turn in range(12):
                path = PATHS[(number + turn) % len(PATHS)]
                publish(ours, rendered(path, b"%d of %d" % (turn, number)))

        def follow() -> None:
            while not ended.is_set():
                reader.follow()

        with ThreadPoolExecutor(4) as pool:
            following = pool.submit(follow)
            try:
                for done in [pool.submit(work, number) for number in range(3)]:
                    done.result()
            finally:
                ended.set()
            following.result()
        reader.follow()

        assert reader.known == everything(store)
        assert reader.version == 36


CHANGES = st.one_of(
    st.tuples(
        st.just("publish"),
        st.lists(
            st.builds(
                lambda path, body, links, max_age: replace(rendered(path, body), links=links, max_age=max_age),
                st.sampled_from(PATHS),
                st.sampled_from([b"one", b"two"]),
                st.sampled_from(["", "<https://hub.example/>"]),
                st.sampled_from([None, 300]),
            ),
            max_size=3,
            unique_by=lambda document: document.path,
        ),
    ),
    st.tuples(st.just("end"), st.lists(st.sampled_from(PATHS), max_size=2, unique=True)),
    st.tuples(st.just("compress"), st.sampled_from(PATHS), st.sampled_from([b"one", b"two"])),
    st.tuples(st.just("follow"), st.integers(0, 1)),
)


def do(store: Store, readers: list[Reader], change: tuple[Any, ...]) -> None:
    match change:
        case "publish", documents:
            publish(store, *documents)
        case "end", paths:
            publish(store, gone=paths)
        case "compress", path, body:
            store.save_codings(path, body.hex(), b"gz" + body, b"br", b"zs")
        case "follow", number:
            readers[number].follow()


@given(st.lists(CHANGES, max_size=14))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_who_follows_the_versions_knows_every_document(store: SqlStore, changes: list[tuple[Any, ...]]) -> None:
    empty(store.database.engine)
    readers, before = [Reader(store), Reader(store), Reader(store)], everything(store)
    for change in changes:
        version = store.published_since(0)[0]
        do(store, readers, change)
        after = everything(store)
        assert store.published_since(0)[0] == version + (after != before)
        readers[2].follow()
        assert readers[2].known == after
        before = after
    for reader in readers:
        reader.follow()

    assert [reader.known for reader in readers] == [before] * 3


class TestTheMark:
    def test_a_server_has_none(self, postgresql_store: SqlStore) -> None:
        assert postgresql_store.published_mark() is None

    def test_it_tells_the_version_of_every_change(self, opened: SqlStore) -> None:
        mark = opened.published_mark()
        assert mark is not None
        assert mark() == 1
        publish(opened, rendered("feed.xml", b"<other/>"))
        assert mark() == 2
        opened.save_codings("feed.xml", b"<other/>".hex(), b"gz", b"br", b"zs")
        assert mark() == opened.published_since(0)[0] == 3
        publish(opened, rendered("feed.xml", b"<other/>"))
        assert mark() == 3

    def test_it_is_the_same_for_every_store_of_a_file_and_outlives_them(self, opened: SqlStore, file: Path) -> None:
        mark = opened.published_mark()
        assert mark is not None
        opened.close()
        other = open_store(f"sqlite:///{file}", Clock())
        publish(other, rendered("rss.xml"))
        other.close()

        assert mark() == 2

    def test_it_is_the_same_under_every_name_of_the_file(self, opened: SqlStore, file: Path, tmp_path: Path) -> None:
        link = tmp_path / "link" / "other.db"
        link.parent.mkdir()
        link.symlink_to(file)
        other = open_store(f"sqlite:///{link}", Clock())
        publish(other, rendered("rss.xml"))
        other.close()

        assert told(opened) == 2
        assert [entry.name for entry in link.parent.iterdir()] == ["other.db"]

    def test_another_process_sees_it_at_once(self, opened: SqlStore, file: Path) -> None:
        process = start_python(
            f"""
            import sys
            from syndicator.store import open_store
            from tests.store.making import Clock
            mark = open_store("sqlite:///{file}", Clock()).published_mark()
            for _ in sys.stdin:
                print(mark(), flush=True)
            """
        )
        assert process.stdin is not None
        assert process.stdout is not None
        for version in (2, 3):
            publish(opened, rendered("feed.xml", b"%d" % version))
            process.stdin.write("now\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"{version}\n"
        process.communicate(timeout=60)

    def test_processes_that_publish_at_once_leave_the_highest(self, opened: SqlStore, file: Path) -> None:
        code = f"""
            from syndicator.store import open_store
            from tests.store.making import Clock, publish, rendered
            store = open_store("sqlite:///{file}", Clock(), busy=30)
            for number in range(20):
                publish(store, rendered("%d.xml", b"%d" % number))
        """
        processes = [start_python(code.replace("%d.xml", f"{number}.xml")) for number in range(3)]
        assert [process.wait(60) for process in processes] == [0, 0, 0]
        for process in processes:
            process.communicate()

        assert told(opened) == opened.published_since(0)[0] == 61

    def test_who_tells_late_does_not_lower_it(self, opened: SqlStore) -> None:
        publish(opened, rendered("rss.xml"))
        tell(opened.database, 1)

        assert told(opened) == 2

    def test_after_a_crash_before_it_was_raised_the_version_tells_and_the_next_start_corrects_it(
        self, opened: SqlStore, file: Path
    ) -> None:
        run_python(
            f"""
            import os
            from syndicator.store import open_store, publishing
            from tests.store.making import Clock, publish, rendered
            publishing.tell = lambda *_: os._exit(0)
            publish(open_store("sqlite:///{file}", Clock()), rendered("rss.xml"))
            """
        )

        assert told(opened) == 1
        assert opened.published_since(1) == (2, ["rss.xml"])
        open_store(f"sqlite:///{file}", Clock()).close()
        assert told(opened) == 2

    def test_a_restored_backup_tells_its_own_version(self, opened: SqlStore, file: Path, tmp_path: Path) -> None:
        opened.close()
        shutil.copy(file, tmp_path / "backup.db")
        again = open_store(f"sqlite:///{file}", Clock())
        publish(again, rendered("rss.xml"))
        again.close()
        shutil.copy(tmp_path / "backup.db", file)

        restored = open_store(f"sqlite:///{file}", Clock())
        assert told(restored) == 1
        assert restored.published_since(2) == (1, None)
        restored.close()

    @pytest.mark.parametrize("left", [b"", b"xyz", b"\xff" * 8, b"much longer than a number is"])
    def test_what_lies_in_its_place_is_put_right(self, opened: SqlStore, file: Path, left: bytes) -> None:
        opened.close()
        mark_of(file).unlink()
        mark_of(file).write_bytes(left)

        again = open_store(f"sqlite:///{file}", Clock())
        assert told(again) == 1
        again.close()

    def test_who_may_write_the_database_may_write_it(self, opened: SqlStore, file: Path) -> None:
        opened.close()
        mark_of(file).unlink()
        file.chmod(0o660)
        before = os.umask(0o077)
        try:
            open_store(f"sqlite:///{file}", Clock()).close()
        finally:
            os.umask(before)

        assert mark_of(file).stat().st_mode == 0o100660

    @pytest.mark.parametrize("what", ["a-folder", "a-link", "a-full-disk"])
    def test_without_a_file_there_is_none_and_all_else_goes_on(
        self, opened: SqlStore, file: Path, what: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened.close()
        mark_of(file).unlink()
        with without_a_file(mark_of(file), what, monkeypatch):
            store = open_store(f"sqlite:///{file}", Clock())
            assert store.published_mark() is None
            publish(store, rendered("rss.xml"))
            assert store.published_since(1) == (2, ["rss.xml"])
            store.close()

    def test_it_is_made_again_where_somebody_removed_it(self, opened: SqlStore, file: Path) -> None:
        mark_of(file).unlink()
        publish(opened, rendered("rss.xml"))

        assert told(opened) == 2

    def test_who_holds_it_for_long_holds_nobody_up(self, opened: SqlStore, file: Path) -> None:
        with mark_of(file).open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            publish(opened, rendered("rss.xml"))
            assert opened.published_mark() is None

        assert opened.published_since(1) == (2, ["rss.xml"])
        publish(opened, rendered("feed.json"))
        assert told(opened) == 3

    def test_nothing_stays_open_behind_it(self, opened: SqlStore) -> None:
        mark = opened.published_mark()
        before = len(os.listdir("/proc/self/fd"))
        for number in range(20):
            publish(opened, rendered("feed.xml", b"%d" % number))
        assert len(os.listdir("/proc/self/fd")) == before
        del mark


@contextmanager
def without_a_file(mark: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        if what == "a-folder":
            mark.mkdir()
        elif what == "a-link":
            mark.symlink_to("/etc/passwd")
        else:
            patched.setattr(os, "pwrite", full)
        yield


def test_other_relations_are_told_of_and_change_nothing_else(store: Store) -> None:
    publish(store, rendered("feed.xml"), rendered("rss.xml"))
    before, (version, _) = store.document("feed.xml"), store.published_since(0)
    assert before is not None
    store.save_links([("feed.xml", before.etag, "<a>"), ("rss.xml", "another", "<b>"), ("no.xml", before.etag, "<c>")])
    assert store.document("feed.xml") == replace(before, links="<a>")
    assert store.published_since(version) == (version + 1, ["feed.xml"])
