"""Kill the daemon again and again while it polls feeds on loopback: nothing is lost, doubled or asked twice.

`python -m tests.kills 200` does so 200 times. Each kill is a SIGKILL at a moment of chance: when so many requests have
come in since the daemon was started, and some milliseconds more.
"""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

from syndicator.model import Condition, Query
from syndicator.store import open_store
from tests.running import Site, alive, eventually
from tests.upstream import Resource, Upstream
from tests.upstream.listening import Received

A_ROUND = 20
"""Kills of one site. What is being polled when a kill comes rests until its lease has run out, which is no fault."""
CONNECTIONS = 4
BUSY = A_ROUND * CONNECTIONS
"""Feeds that are polled every second, each on an address of its own: so that some are left after the last kill."""
PATIENT = 10
"""Feeds that are polled every hour."""
INTERVAL = timedelta(seconds=1)
LONGEST = timedelta(days=7)
REQUESTS, DELAY = 10, 0.2
"""A kill comes after up to so many requests, and up to so many seconds more."""


class Stream:
    """A feed that shows two entries and has two others a moment later: what was missed never comes again."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self.version = 0
        self.served: set[int] = set()
        self.acknowledged: set[int] = set()
        self._chance = chance
        self._turn = threading.Lock()

    def __call__(self, received: Received) -> Resource:
        """What is there now; a version whose validator comes back was stored, the reader says."""
        with self._turn:
            known = received.headers.get("if-none-match")
            if known is not None:
                self.acknowledged.add(int(known.strip('"')))
            if self._chance.random() < 0.7:
                self.version += 1
            self.served.add(self.version)
            return Resource(
                body=self.document(self.version).encode(),
                etag=f'"{self.version}"',
                headers={"Content-Type": "application/rss+xml"},
            )

    def ids(self, version: int) -> list[str]:
        """The entries of one state of the document."""
        return [f"urn:{self.name}:{version}:{letter}" for letter in "ab"]

    def document(self, version: int) -> str:
        items = "".join(
            f'<item><guid isPermaLink="false">{id}</guid><title>{id}</title><description>Text.</description></item>'
            for id in self.ids(version)
        )
        return (
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>{self.name}</title>'
            f"<link>https://{self.name}.example/</link><description>All.</description>{items}</channel></rss>"
        )


class Round:
    """One site, its upstream, and what was seen after each kill."""

    def __init__(self, root: Path, upstream: Upstream, chance: random.Random) -> None:
        self.site = Site(root)
        self.upstream = upstream
        self.chance = chance
        self.streams = {f"busy-{n}": Stream(f"busy-{n}", chance) for n in range(BUSY)}
        self.streams |= {f"patient-{n}": Stream(f"patient-{n}", chance) for n in range(PATIENT)}
        self.first_seen: dict[str, datetime | None] = {}
        self._configure()

    def _configure(self) -> None:
        sections = [
            f'[polling]\nallow_networks = ["127.0.0.0/8"]\nallow_ports = [{self.upstream.port}]\n'
            f"connections = {CONNECTIONS}\n"
        ]
        for number, (name, stream) in enumerate(self.streams.items()):
            self.upstream.on(f"/{name}", stream)
            url = self.upstream.url(f"/{name}", host=f"127.0.7.{number + 1}")
            interval = "1s" if name.startswith("busy") else "1h"
            sections.append(f'[[source]]\nurl = "{url}"\nslug = "{name}"\ninterval = "{interval}"\n')
        (self.site.root / "syndicator.toml").write_text("\n".join(sections), "utf-8")

    def run(self, kills: int) -> None:
        """Kill the daemon so many times, look after each, and then let it come to an end by itself."""
        for _ in range(kills):
            with self._daemon(signal.SIGKILL):
                self._await_requests(self.chance.randint(1, REQUESTS))
                time.sleep(self.chance.random() * DELAY)
            self.check()
        with self._daemon(signal.SIGTERM):
            self._await_requests(1)
        self.check()

    def check(self) -> None:
        """The invariants: the database is whole, nothing is lost, doubled or changed, every document is complete."""
        database = self.site.root / "var" / "syndicator.db"
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        store = open_store(f"sqlite:///{database}", lambda: datetime.now(UTC))
        try:
            for name, stream in self.streams.items():
                articles = store.select(Query(sources=frozenset({name})), 100_000)
                found = [article.id for article in articles]
                assert len(found) == len(set(found))
                assert set(found) <= {id for version in stream.served for id in stream.ids(version)}
                told = {id for version in stream.acknowledged for id in stream.ids(version)}
                assert told <= set(found), f"{name} lost {sorted(told - set(found))}"
                seen = {article.id: article.first_seen for article in articles}
                before = {id: self.first_seen[id] for id in seen if id in self.first_seen}
                assert before == {id: seen[id] for id in before}
                self.first_seen |= seen
            assert set(self.first_seen) == {a.id for a in store.select(Query(), 100_000)}
            now = datetime.now(UTC)
            for state in store.poll_states().values():
                assert state.next_check is not None, f"{state.source} is not polled any more: {state.why}"
                assert state.next_check <= now + LONGEST
                assert state.failures == 0, f"{state.source}: {state.why}"
                assert state.condition in (Condition.NEW, Condition.WELL)
        finally:
            store.close()
        self._check_documents()
        for name in self.streams:
            asked = self.upstream.requests_to(f"/{name}")
            assert len(asked) <= 1 or name.startswith("busy"), (
                f"{name} was asked {len(asked)} times within its interval"
            )

    def _check_documents(self) -> None:
        """No document that a reader can see is cut off."""
        for path in (self.site.root / "feeds").rglob("*"):
            if path.suffix == ".xml":
                ElementTree.parse(path)
            elif path.suffix == ".json":
                json.loads(path.read_bytes())

    def _await_requests(self, more: int) -> None:
        wanted = len(self.upstream.requests) + more
        eventually(lambda: len(self.upstream.requests) >= wanted, lambda: f"{more} more requests\n{self.site.said()}")

    @contextmanager
    def _daemon(self, end: signal.Signals) -> Iterator[None]:
        """The daemon, until it is ended like this."""
        process = self.site.start("daemon")
        try:
            yield
        finally:
            tree = self.site.tree(process.pid)
            if end is signal.SIGKILL:
                self.site.kill(process.pid)
            else:
                process.send_signal(end)
            process.wait(60)
            eventually(lambda: not any(map(alive, tree)), "all of them ended")


def kill(times: int, root: Path, seed: int) -> tuple[int, int]:
    """Kill so many times, in rounds. How many requests there were, and how many articles came of them."""
    chance = random.Random(seed)
    requests = articles = 0
    for number in range(-(-times // A_ROUND)):
        with Upstream(address="0.0.0.0") as upstream:
            round = Round(root / str(number), upstream, chance)
            try:
                round.run(min(A_ROUND, times - number * A_ROUND))
            finally:
                round.site.close()
            requests += len(upstream.requests)
            articles += len(round.first_seen)
    return requests, articles


def main() -> int:
    """Kill as often as the command line says, and tell what was seen."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else A_ROUND
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32)
    print(f"{times} kills, seed {seed}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        requests, articles = kill(times, Path(folder), seed)
    print(f"{requests} requests, {articles} articles, nothing lost or doubled, in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
