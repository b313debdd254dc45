"""syndicator, polling all its sources once for each line of its input.

    python -m tests.bench.cycle FOLDER WORKERS [--daemon] < addresses, an empty line, then a line for each cycle

With the ports of `wiring`: SQLite on the disk, the guarded client, the parser processes, published files. Before each
cycle the clock leaps so far that every source is due. It writes `ready`, and for each cycle `polled`, with the
numbers of polls, of articles and of faults, when all is stored, then `published`.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlsplit

from syndicator import config, wiring
from syndicator.core.polling.hosts import lane
from syndicator.core.polling.schedule import MAX, began
from syndicator.daemon.dispatch import Dispatcher
from syndicator.flows.poll import Done
from syndicator.flows.publish import compress, publish
from syndicator.flows.rounds import poll_due
from syndicator.jobs.parallel import Processes
from syndicator.model import Report, Source
from syndicator.ports import Ports
from syndicator.store import open_store

LEAP = MAX * 1.3
"""Longer than any interval that is chosen here, jitter included."""


class Clock:
    """The time, and whatever it is ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Cycle:
    """All sources polled once."""

    def __init__(self, ports: Ports, workers: int, number: int) -> None:
        self._ports = ports
        self._workers = workers
        self._number = number
        self._polled = self._articles = self._faults = 0
        self._turn = threading.Lock()

    def on_demand(self) -> None:
        """As `syndicator poll` does."""
        poll_due(self._ports, self._count, self._workers)

    def as_daemon(self) -> None:
        """As `syndicator run` does, and published once at the end."""
        dispatcher = Dispatcher(self._ports, self._workers, self._sum)
        dispatcher.start()
        while self._ports.store.overdue(self._ports.now()):
            time.sleep(0.2)
            dispatcher.dispatch()
        dispatcher.stop(600)
        self._say(self._number)
        publish(self._ports)
        compress(self._ports)

    def _count(self, done: Done) -> None:
        self._polled += 1
        self._sum(done.report)
        if self._polled == self._number:
            self._say(self._polled)

    def _sum(self, report: Report) -> None:
        with self._turn:
            self._articles += report.published
            self._faults += report.failed

    def _say(self, polled: int) -> None:
        print("polled", json.dumps([polled, self._articles, self._faults]), flush=True)


def add(ports: Ports, urls: Iterable[str]) -> int:
    """Add these sources, due at once; how many."""
    sources = [Source(id=f"feed-{number}", url=url, title=f"Feed {number}") for number, url in enumerate(urls)]
    ports.store.save_sources((source, began(source.id, lane(source.url), ports.now())) for source in sources)
    return len(sources)


def main() -> None:
    """Until the input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cycle")
    parser.add_argument("folder", type=Path)
    parser.add_argument("workers", type=int)
    parser.add_argument("--daemon", action="store_true")
    options = parser.parse_args()
    urls = list(takewhile(bool, map(str.strip, sys.stdin)))
    ports = sorted({str(urlsplit(url).port) for url in urls})
    polling = {"allow_networks": ["127.0.0.0/8"], "allow_ports": ports, "connections": options.workers}
    settings = config.load(options.folder, {}, polling=polling)
    clock = Clock()
    store = open_store(settings.database_url, clock.now)
    held = replace(wiring.ports_of(settings, store, spread=Processes()), now=clock.now)
    number = add(held, urls)
    print("ready", flush=True)
    for _ in sys.stdin:
        cycle = Cycle(held, options.workers, number)
        (cycle.as_daemon if options.daemon else cycle.on_demand)()
        print("published", flush=True)
        clock.ahead += LEAP
    held.fetcher.close()
    held.parser.close()
    store.close()


if __name__ == "__main__":
    main()
