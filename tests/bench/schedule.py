"""The schedule of many sources: finding what is due, claiming it, giving it back, as one table of times and limits.

    python -m tests.bench.schedule [--sources 100000] [--hosts 20000] [--json]

In a temporary folder, on SQLite; with `--store` in an empty database at that address. Nothing is fetched. Times of
claims and polls that end are the CPU time of one of a batch of 32, each batch one transaction.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

from syndicator.core.polling.hosts import lane
from syndicator.model import Claim, Condition, Hints, Poll, PollState, Result, Source, Upstream, utc
from syndicator.ports import Polled, Store
from syndicator.store import open_store
from tests.bench import table
from tests.bench.table import Row, middle, percentile

START = utc(2024, 5, 6, 7, 8, 9)
LEASE = timedelta(seconds=180)
BATCH = 32
SECOND = timedelta(seconds=1)
T = TypeVar("T")


def source(number: int, hosts: int) -> Source:
    """The source of that number, one of several of its host."""
    return Source(id=f"source-{number:06}", url=f"https://host-{number % hosts}.example/feed/{number}", title="A feed")


def state(number: int, hosts: int, next_check: datetime) -> PollState:
    """What is known of a source that has been polled for a while."""
    polls = [Poll(at=START - n * timedelta(hours=1), result=Result.NOT_MODIFIED, status=304) for n in range(10)]
    return PollState(
        source=f"source-{number:06}",
        host=lane(source(number, hosts).url),
        condition=Condition.WELL,
        next_check=next_check,
        etag='W/"0123456789abcdef"',
        last_modified="Mon, 06 May 2024 07:08:09 GMT",
        validated_url=source(number, hosts).url,
        unconditional_at=START - timedelta(days=2),
        body_hash="ab" * 32,
        entries=bytes(24) * 50,
        times=tuple(START - n * timedelta(hours=7) for n in range(9)),
        why="9 articles in two days: every hour to 72 minutes",
        hints=Hints(fresh=300),
        polls=tuple(polls),
        fetched_at=START - timedelta(hours=1),
        upstream=Upstream(id="urn:example:feed", title="A feed", url="https://host.example/"),
    )


def ended(claim: Claim, next_check: datetime, poll: Poll) -> Polled:
    """That poll as it ended, without news."""
    polls = (poll, *claim.state.polls)[:10]
    return Polled(claim=claim, state=replace(claim.state, next_check=next_check, polls=polls), host=claim.host)


class Bench:
    """The measurements, each of which adds rows."""

    def __init__(self, store: Store, options: argparse.Namespace) -> None:
        self._store = store
        self._options = options
        self.rows: list[Row] = []

    def run(self) -> None:
        """All of them, in an order in which none spoils the next."""
        self._fill()
        self._nothing_due()
        self._few_due()
        self._all_due()
        self._spread()

    def _fill(self) -> None:
        """Everything is due in the second hour, spread evenly; the clock is moved to where it is wanted."""
        many, hosts = self._options.sources, self._options.hosts
        self._say(f"adding {many:,} sources on {hosts:,} hosts")
        step = timedelta(hours=1) / many
        began = perf_counter()
        self._store.save_sources(
            (source(n, hosts), state(n, hosts, START + timedelta(hours=1) + n * step)) for n in range(many)
        )
        self._row("add a source, in one transaction with all others", [(perf_counter() - began) / many])

    def _nothing_due(self) -> None:
        self._say("nothing due")
        times = [self._timed(lambda: self._store.claim_due(START, BATCH, LEASE))[0] for _ in range(200)]
        self._row("look for what is due while nothing is, wall clock", times, 0.005)

    def _few_due(self) -> None:
        """As a daemon finds them that looks a few times a second."""
        self._say("a few due")
        step = timedelta(hours=1) / self._options.sources
        now = START + timedelta(hours=1)
        for due, limit in ((1, 0.005), (10, None)):
            found, busy, number = [], [], 0
            for _ in range(100):
                now += due * step
                cpu = process_time()
                wall, given = self._timed(lambda now=now: self._store.claim_due(now, BATCH, LEASE))
                busy.append(process_time() - cpu)
                found.append(wall)
                number += len(given)
                self._finish(given, now, timedelta(hours=3))
            assert number >= 90 * due, number
            work = f"find and claim what is due, {due} of {self._options.sources:,}"
            self._row(f"{work}, wall clock: p50", found, limit)
            self._row(f"{work}, wall clock: p95", [percentile(found, 0.95)], limit)
            self._row(f"{work}, CPU: p50", busy, 0.005)

    def _all_due(self) -> None:
        """Everything is overdue, as after a week without power."""
        self._say("all due")
        now = START + timedelta(hours=2)
        self._row("count what is overdue when all are", [self._timed(lambda: self._store.overdue(now))[0]])
        found, claiming, finishing = [], [], []
        for round in range(self._options.rounds):
            at = now + round * SECOND
            cpu = process_time()
            wall, claims = self._timed(lambda at=at: self._store.claim_due(at, BATCH, LEASE))
            claiming.append((process_time() - cpu) / BATCH)
            found.append(wall)
            assert len(claims) == BATCH
            cpu = process_time()
            self._finish(claims, at, timedelta(hours=9))
            finishing.append((process_time() - cpu) / BATCH)
        self._row("find and claim 32 of all that are overdue, wall clock: p50", found)
        self._row("claim one of 32, CPU", claiming, 0.0005)
        self._row("end a poll, one of 32, CPU", finishing, 0.0005)

    def _spread(self) -> None:
        self._say("spreading")
        now = START + timedelta(hours=3)
        wall, moved = self._timed(lambda: self._store.spread(now, timedelta(hours=6)))
        self._row(f"spread {moved:,} that are overdue", [wall])

    def _finish(self, claims: list[Claim], now: datetime, later: timedelta) -> None:
        """As after 304: another next check and another poll among the last ten."""
        poll = Poll(at=now, result=Result.NOT_MODIFIED, status=304, seconds=0.1, received=300)
        assert self._store.finish([ended(claim, now + later, poll) for claim in claims]) == []

    def _timed(self, work: Callable[[], T]) -> tuple[float, T]:
        began = perf_counter()
        result = work()
        return perf_counter() - began, result

    def _row(self, work: str, ours: list[float], limit: float | None = None) -> None:
        taken = middle(ours)
        assert taken is not None
        against = "no limit" if limit is None else f"the limit of {table.seconds(limit)}"
        self.rows.append(Row(work=work, ours=taken, against=against, theirs=limit, wanted=None if limit is None else 1))

    def _say(self, what: str) -> None:
        print(f"{what} …", file=sys.stderr, flush=True)


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="syndicator-bench-", dir=options.folder) as folder:
        store = open_store(options.store or f"sqlite:///{Path(folder)}/syndicator.db", lambda: START)
        try:
            bench = Bench(store, options)
            bench.run()
        finally:
            store.close()
    heading = [
        f"{options.sources:,} sources on {options.hosts:,} hosts; medians; {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    ]
    print((table.as_json if options.json else table.as_text)(bench.rows, heading))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.schedule", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--sources", type=int, default=100_000)
    parser.add_argument("--hosts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=30, help="batches that are claimed and given back")
    parser.add_argument("--store", help="the address of an empty database, instead of a file on SQLite")
    parser.add_argument("--folder", type=Path, help="where to make the temporary folder")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
