"""Documents in memory: found there, forgotten when they change, and never more of them than there is room for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from syndicator.errors import StoreBusy
from syndicator.model import utc
from syndicator.ports import DocumentHead
from syndicator.web.answers import Asked, Reply
from syndicator.web.shelf import LOOK, LOOK_OFTEN, MOST_REPLIES, REPLY, WEIGHT, Shelf

BODY = b"a" * 10_000
ROOM = 10 * (WEIGHT + len(BODY))


@dataclass
class Documents:
    """As much of a store as a shelf sees. `told` False: publishing moves no number, as when a writer is killed."""

    marked: bool = True
    told: bool = True
    failing: bool = False
    asked: Callable[[], object] | None = None
    version: int = 1
    mark: int = 1
    etags: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None

    def publish(self, path: str, etag: str) -> None:
        self.version += 1
        self.etags[path], self.versions[path] = etag, self.version
        if self.told:
            self.mark = self.version

    def published_mark(self) -> Callable[[], int] | None:
        return (lambda: self.mark) if self.marked else None

    def published_since(self, version: int) -> tuple[int, list[str] | None]:
        if self.asked:
            self.asked()
        if self.failing:
            raise StoreBusy("the store is held by another process")
        if not 0 <= version <= self.version:
            return self.version, None
        return self.version, sorted(path for path, since in self.versions.items() if since > version)

    def document_head(self, path: str) -> DocumentHead | None:
        if self.failing:
            raise StoreBusy("the store is held by another process")
        self.heads.append(path)
        etag = self.etags.get(path)
        if self.meanwhile:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        if etag is None:
            return None
        lengths = {} if etag == "gone" else {"identity": len(BODY), "gzip": 10}
        changed = utc(2024, 1, 1)
        return DocumentHead(
            path=path, media_type="text/xml", etag=etag, changed=changed, lengths=lengths, gone=etag == "gone"
        )

    def document_body(self, path: str, etag: str, coding: str) -> bytes | None:
        self.bodies.append(f"{path} {coding}")
        return BODY if self.etags.get(path) == etag else None


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> Documents:
    made = Documents()
    made.publish("feed.xml", "one")
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf(store: Documents, clock: Clock) -> Shelf:
    return Shelf(store, ROOM, clock)  # type: ignore[arg-type]


def etag(shelf: Shelf, path: str = "feed.xml") -> str | None:
    found = shelf.find(path)
    return found.head.etag if found else None


def test_the_store_is_asked_once(store: Documents, shelf: Shelf) -> None:
    for _ in range(3):
        found = shelf.find("feed.xml")
        assert found is not None
        assert found.read("gzip") == BODY
    assert (store.heads, store.bodies) == (["feed.xml"], ["feed.xml gzip"])


def test_a_change_is_seen_by_the_next_request(store: Documents, shelf: Shelf) -> None:
    assert etag(shelf) == "one"
    store.publish("feed.xml", "two")
    assert etag(shelf) == "two"


def test_only_what_changed_is_read_again(store: Documents, shelf: Shelf) -> None:
    store.publish("rss.xml", "one")
    assert (etag(shelf), etag(shelf, "rss.xml")) == ("one", "one")
    store.publish("rss.xml", "two")
    assert (etag(shelf), etag(shelf, "rss.xml")) == ("one", "two")
    assert store.heads == ["feed.xml", "rss.xml", "rss.xml"]


@pytest.mark.parametrize("state", [None, "gone"])
def test_what_is_not_there_is_not_found(store: Documents, shelf: Shelf, state: str | None) -> None:
    if state:
        store.publish("old.xml", state)
    assert shelf.find("old.xml") is None
    store.publish("old.xml", "new")
    assert etag(shelf, "old.xml") == "new"


@pytest.mark.parametrize(("marked", "wait"), [(True, LOOK), (False, LOOK_OFTEN)], ids=["untold", "without a number"])
def test_a_change_that_nobody_told_is_seen_soon(clock: Clock, marked: bool, wait: float) -> None:
    store = Documents(marked=marked, told=False)
    store.publish("feed.xml", "one")
    shelf = Shelf(store, ROOM, clock)  # type: ignore[arg-type]
    assert etag(shelf) == "one"
    store.publish("feed.xml", "two")
    clock.now += wait * 0.9
    assert etag(shelf) == "one"
    clock.now += wait * 0.2
    assert etag(shelf) == "two"


def test_what_changes_while_it_is_read_is_not_kept(store: Documents, shelf: Shelf) -> None:
    def happens() -> None:
        store.publish("feed.xml", "two")
        assert etag(shelf) == "two"

    assert shelf.find("other.xml") is None
    store.meanwhile = happens
    late = shelf.find("feed.xml")
    assert late is not None
    assert (late.head.etag, etag(shelf)) == ("one", "two")


def test_bytes_that_are_not_the_ones_announced_are_not_given(store: Documents, shelf: Shelf) -> None:
    found = shelf.find("feed.xml")
    assert found is not None
    store.publish("feed.xml", "two")
    assert found.read("identity") is None
    shelf.drop(found)
    assert etag(shelf) == "two"


def test_another_database_in_its_place_is_read_anew(store: Documents, shelf: Shelf) -> None:
    for number in range(5):
        store.publish("feed.xml", str(number))
        assert etag(shelf) == str(number)
    store.version, store.mark, store.etags, store.versions = 2, 2, {"feed.xml": "backup"}, {"feed.xml": 2}
    assert etag(shelf) == "backup"


def test_what_is_in_memory_stays_while_the_store_does_not_answer(store: Documents, shelf: Shelf, clock: Clock) -> None:
    assert etag(shelf) == "one"
    store.failing = True
    store.publish("feed.xml", "two")
    assert etag(shelf) == "one"
    store.failing = False
    clock.now += LOOK
    assert etag(shelf) == "two"


def test_what_is_in_memory_stays_however_long_the_store_takes_not_to_answer(
    store: Documents, shelf: Shelf, clock: Clock
) -> None:
    def wait() -> None:
        clock.now += 2 * LOOK

    assert etag(shelf) == "one"
    store.failing, store.asked = True, wait
    store.publish("feed.xml", "two")
    assert etag(shelf) == "one"
    assert shelf.at_hand("feed.xml") is not None


def test_those_asked_for_least_recently_go_first(store: Documents, shelf: Shelf) -> None:
    for number in range(10):
        store.publish(f"{number}.xml", "one")
        found = shelf.find(f"{number}.xml")
        assert found is not None
        found.read("identity")
    assert shelf.held == ROOM
    shelf.find("0.xml")
    store.heads.clear()
    assert etag(shelf) == "one"
    for path in ("0.xml", "9.xml", "1.xml"):
        shelf.find(path)
    assert store.heads == ["feed.xml", "1.xml"]
    assert shelf.held <= ROOM


def test_a_document_larger_than_the_memory_is_answered_and_not_kept(store: Documents) -> None:
    shelf = Shelf(store, len(BODY))  # type: ignore[arg-type]
    for _ in range(2):
        found = shelf.find("feed.xml")
        assert found is not None
        assert found.read("identity") == BODY
    assert (shelf.held, len(store.heads)) == (0, 2)


def test_answers_that_are_kept_ready_are_weighed_and_bounded(store: Documents, shelf: Shelf) -> None:
    found = shelf.find("feed.xml")
    assert found is not None
    for number in range(MOST_REPLIES):
        found.keep(Asked("GET", none_match=str(number)), Reply(304, [], b""))
    found.keep(Asked("GET", none_match="delta"), Reply(226, [], BODY))
    assert (len(found.replies), shelf.held) == (1, WEIGHT + REPLY + len(BODY))


def test_the_weight_goes_with_the_document(store: Documents, shelf: Shelf) -> None:
    found = shelf.find("feed.xml")
    assert found is not None
    found.read("identity")
    store.publish("feed.xml", "gone")
    assert shelf.find("feed.xml") is None
    found.keep(Asked("GET"), Reply(226, [], BODY))
    assert shelf.held == 0


def test_threads_that_keep_answers_at_the_same_time_weigh_them_once(store: Documents, shelf: Shelf) -> None:
    found = shelf.find("feed.xml")
    assert found is not None

    def keep(first: int) -> None:
        for number in range(first, first + 4000):
            found.keep(Asked("GET", none_match=str(number)), Reply(304, [], b""))

    # All keep the same ones, and often come together to the moment at which there are too many.
    threads = [threading.Thread(target=keep, args=(number % 2,)) for number in range(8)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert shelf.held == found.weight == WEIGHT + REPLY * len(found.replies)
