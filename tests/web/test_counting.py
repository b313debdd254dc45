"""Requests are counted beside their way, and nothing of it is lost but by a kill."""

from __future__ import annotations

import importlib.util
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import cast

import pytest

from syndicator.core.counting import estimate
from syndicator.errors import StoreBusy
from syndicator.ports import Store, Tally
from syndicator.store import open_store
from syndicator.web import counting
from syndicator.web.counting import Collector, Note
from tests.conftest import needs
from tests.web.running import DEADLINE, ROOT, eventually, free_port, workers

DAY = date(2024, 5, 6)
NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like FeedFetcher-Google)"


@dataclass
class Kept:
    """A store of visits in memory that can be busy, or slow."""

    written: list[tuple[date, dict[str, Tally]]] = field(default_factory=list)
    keys: dict[date, bytes] = field(default_factory=dict)
    busy: bool = False
    hold: threading.Event | None = None
    now: datetime = NOON

    def reader_key(self, day: date, fresh: bytes) -> bytes:
        self._answer()
        return self.keys.setdefault(day, fresh)

    def add_visits(self, day: date, tallies: dict[str, Tally]) -> None:
        self._answer()
        self.written.append((day, dict(tallies)))

    def _answer(self) -> None:
        if self.hold is not None:
            self.hold.wait(DEADLINE)
        if self.busy:
            raise StoreBusy("the store is busy")

    def requests(self) -> int:
        return sum(tally.requests for _, tallies in self.written for tally in tallies.values())


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def collector(kept: Kept) -> Iterator[Collector]:
    made = Collector(cast(Store, kept), lambda: kept.now, every=0.0)
    yield made
    kept.busy, kept.hold = False, None
    made.stop()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second to wait for the next look."""
    monkeypatch.setattr(counting, "LOOK", 0.01)


def seen(
    path: str = "feed.xml", status: int = 200, size: int = 100, address: str = "192.0.2.1", agent: str = "a"
) -> Note:
    return path, status, size, address, agent


def test_notes_become_a_tally_of_each_document(collector: Collector, kept: Kept) -> None:
    for noted in (
        *[seen(agent=FIREFOX)] * 3,
        seen(status=304, size=0, agent=FIREFOX),
        seen(status=226, size=10, address="192.0.2.2", agent=FIREFOX),
        seen(status=304, size=0, agent=FEEDLY),
        seen(agent=FEEDLY.replace("16", "12"), address="192.0.2.9"),
        seen("rss.xml", agent="Feedbin feed-id:9 - 4 subscribers"),
        seen("rss.xml", status=404, agent="nobody reads what is not there"),
        seen("rss.xml", status=503, agent="Feedbin feed-id:9 - 8 subscribers"),
        seen("", 200, 5000),
        seen("", 404, 50),
    ):
        collector.note(noted)
    collector.stop()
    ((day, tallies),) = kept.written
    told = {path: (t.requests, t.not_modified, t.deltas, t.sent, dict(t.announced)) for path, t in tallies.items()}
    assert (day, told) == (
        DAY,
        {
            "feed.xml": (7, 2, 1, 410, {"feedly": 16}),
            "rss.xml": (3, 0, 0, 300, {"feedbin 9": 4}),
            "": (2, 0, 0, 5050, {}),
        },
    )
    assert {path: estimate(tally.sketch) for path, tally in tallies.items()} == {"feed.xml": 2, "rss.xml": 0, "": 0}


@pytest.mark.usefixtures("hasty")
def test_it_counts_while_it_is_asked_and_writes_by_itself(collector: Collector, kept: Kept) -> None:
    collector.start()
    for number in range(3000):
        collector.note(seen(address=f"192.0.2.{number % 100}"))
    eventually(lambda: kept.requests() == 3000, "all requests are written")
    assert {day for day, _ in kept.written} == {DAY}


@pytest.mark.usefixtures("hasty")
def test_what_a_busy_store_does_not_take_is_tried_again(
    collector: Collector, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    collector.note(seen())
    collector.start()
    eventually(lambda: kept.requests() == 1, "the first request is written")
    kept.busy = True
    for _ in range(5):
        collector.note(seen())
        eventually(lambda: not collector._waiting, "the note is counted")
    eventually(lambda: "counts of requests wait" in caplog.text, "it is told")
    kept.busy = False
    eventually(lambda: kept.requests() == 6, "the others are written")
    assert caplog.text.count("counts of requests wait") == 1


@pytest.mark.usefixtures("hasty")
def test_a_store_that_hangs_does_not_keep_notes_from_being_counted(collector: Collector, kept: Kept) -> None:
    collector.note(seen())
    collector.start()
    eventually(lambda: kept.requests() == 1, "the first request is written")
    kept.hold = threading.Event()
    collector.note(seen())
    eventually(lambda: bool(collector._written), "the writer hangs")
    for _ in range(2000):
        collector.note(seen())
    eventually(lambda: not collector._waiting, "the notes are counted")
    kept.hold.set()
    eventually(lambda: kept.requests() == 2002, "everything is written")


@pytest.mark.usefixtures("hasty")
def test_readers_are_hashed_by_another_key_every_day(collector: Collector, kept: Kept) -> None:
    collector.start()
    for day in range(2):
        kept.now = NOON + timedelta(days=day)
        collector.note(seen(agent=FIREFOX))
        eventually(lambda day=day: kept.requests() == day + 1, "the request is written")
    (first, today), (second, tomorrow) = kept.written
    assert (first, second, len(set(kept.keys.values()))) == (DAY, DAY + timedelta(days=1), 2)
    assert today["feed.xml"].sketch != tomorrow["feed.xml"].sketch
    # Nobody asks on the third day, and the key of the second is forgotten all the same.
    kept.now += timedelta(days=1)
    eventually(lambda: collector._key is None, "the key is forgotten")


def test_without_a_key_notes_wait_until_they_are_many(
    collector: Collector, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_WAITING", 1000)
    kept.busy = True
    for _ in range(499):
        collector.note(seen())
    collector._renew()
    collector._drain(0)
    assert len(collector._waiting) == 499
    collector.note(seen())
    collector._drain(0)
    kept.busy = False
    collector._flush()
    ((_, tallies),) = kept.written
    # Who asked cannot be told any more; how often can.
    assert (tallies["feed.xml"].requests, tallies["feed.xml"].sketch) == (500, b"")


def test_what_is_too_much_is_given_up_and_said_so(
    collector: Collector, kept: Kept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(counting, "MOST_WAITING", 1000)
    monkeypatch.setattr(counting, "MOST_HELD", 10)
    for number in range(1500):
        collector.note(seen(f"tags/{number % 20}/feed.xml"))
    collector.stop()
    assert kept.requests() == 500
    assert [record.getMessage() for record in caplog.records] == [
        "1000 requests are not in the statistics: there were too many to count"
    ]


def test_made_up_aggregators_do_not_fill_the_memory(collector: Collector, kept: Kept) -> None:
    for number in range(1000):
        collector.note(seen(agent=f"made-up-{number} (1 subscriber)"))
    collector.stop()
    ((_, tallies),) = kept.written
    assert len(tallies["feed.xml"].announced) == 100


def test_s43_nothing_of_a_reader_is_written_or_logged(
    collector: Collector, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store = open_store(f"sqlite:///{tmp_path}/syndicator.db", lambda: NOON)
    collector = Collector(store, lambda: NOON)
    for number in range(700):
        collector.note(seen(address=f"203.0.113.{number % 250}", agent=f"PeculiarReader/{number}"))
    collector.note(seen(address="203.0.113.7", agent="Peculiar (203.0.113.7; 5 subscribers)"))
    collector.stop()
    (found,) = store.visits(DAY, DAY)
    store.close()
    assert (found.requests, found.announced) == (701, {"peculiar": 5})
    assert abs(found.readers - 700) < 100
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert (b"203.0.113" in files, b"PeculiarReader" in files, "203.0.113" in caplog.text) == (False, False, False)


@contextmanager
def serving(command: list[str], port: int, store: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server of `tests.web.counted` that answers."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "COUNTED_STORE": store, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        eventually(lambda: get(port, "/pid") == 200, "the first answer")
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(DEADLINE)


def get(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


SERVERS = {
    "granian": ["-m", "tests.web.counted", "PORT", "2", str(os.getpid())],
    "gunicorn": ["-m", "gunicorn", "-w", "2", "--threads", "4", "-b", "127.0.0.1:PORT", "tests.web.counted:app"],
    "gunicorn that forks a loaded app": [
        *("-m", "gunicorn", "--preload", "-w", "2", "--threads", "4"),
        *("-b", "127.0.0.1:PORT", "tests.web.counted:app"),
    ],
}


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_stops_writes_what_its_workers_counted(server: str, tmp_path: Path) -> None:
    needs("gunicorn" not in server or importlib.util.find_spec("gunicorn"), "gunicorn is not installed")
    url, port = f"sqlite:///{tmp_path}/syndicator.db", free_port()
    open_store(url, lambda: NOON).close()
    command = [sys.executable, *(part.replace("PORT", str(port)) for part in SERVERS[server])]
    before = datetime.now(UTC).date()
    with serving(command, port, url) as process:
        assert [get(port, f"/feed.xml?reader-{number % 10}") for number in range(60)] == [200] * 60
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE)
    store = open_store(url, lambda: NOON)
    found = store.visits(before, before + timedelta(days=1))
    store.close()
    assert sum(one.requests for one in found) == 60
    assert max(one.readers for one in found) == 10


def test_a_reload_loses_no_count(tmp_path: Path) -> None:
    url, port = f"sqlite:///{tmp_path}/syndicator.db", free_port()
    open_store(url, lambda: NOON).close()
    command = [sys.executable, "-m", "tests.web.counted", str(port), "1", str(os.getpid())]
    before = datetime.now(UTC).date()
    with serving(command, port, url) as process:
        first = workers(process.pid)
        assert [get(port, "/feed.xml") for _ in range(20)] == [200] * 20
        process.send_signal(signal.SIGHUP)
        eventually(lambda: bool(workers(process.pid)) and not workers(process.pid) & first, "the worker is replaced")
        assert [get(port, "/feed.xml") for _ in range(20)] == [200] * 20
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE)
    store = open_store(url, lambda: NOON)
    found = store.visits(before, before + timedelta(days=1))
    store.close()
    assert sum(one.requests for one in found) == 40
