"""A month of polling on a clock that jumps: the real journey over a real store, and publishers that judge it.

`python -m tests.manners.month` prints what it came to.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from syndicator.core import upstream
from syndicator.core.polling.schedule import LEASE
from syndicator.edge.files import FeedFiles
from syndicator.edge.seeds import Folder
from syndicator.flows import sources
from syndicator.flows.poll import poll, settle
from syndicator.flows.upkeep import prepare
from syndicator.model import Incoming, Parsed, Site, Source
from syndicator.ports import Policy, Ports
from syndicator.store import open_store
from tests.manners.judge import Judge, Scenario
from tests.manners.pollers import Clock
from tests.manners.rules import DAY
from tests.manners.scenarios import DAYS, START, scenarios

AGENT = "syndicator/0 (+https://news.example; 1 subscriber)"
CONNECTIONS = 32
SECOND = timedelta(seconds=1)


class Here:
    """A Parser in this process: what the publishers of the scenarios send does no harm."""

    def read(self, incoming: Incoming) -> Parsed:
        return upstream.read(incoming)

    def close(self) -> None:
        """Nothing is held."""


class Month:
    """Polls the feeds of all scenarios for so many days; the poller is started anew once a day."""

    def __init__(self, root: Path, judged: Sequence[Scenario], start: datetime = START) -> None:
        self.root = root
        self.clock = Clock(start)
        self.judge = Judge(judged, self.clock)
        self.random = Random(20260501).random
        self.ports = self._open()
        subscribed = [
            Source(id=f"{scenario.name}-{number}", url=url)
            for scenario in judged
            for number, url in enumerate(scenario.urls)
        ]
        self.source_of = {source.url: source.id for source in subscribed}
        sources.add(self.ports, subscribed)

    def run(self, days: float = DAYS) -> Judge:
        """Poll for so long. The judge."""
        end, restart = self.clock.at + DAY * days, self.clock.at + DAY * 0.9
        while (ready := self.ports.store.ready_at()) is not None and ready < end:
            self.clock.at = max(self.clock.at, ready)
            if self.clock.at >= restart:
                self._restart()
                restart += DAY * 1.03
            if not self._poll_what_is_due():
                self.clock.at += SECOND
        self.clock.at = end
        return self.judge

    def stored(self, scenario: Scenario) -> set[str]:
        """Ids of the articles of a scenario that are in the store, of those that were handed out."""
        given = self.judge.seen(scenario)
        return {id for url in scenario.urls for id in self.ports.store.articles(self.source_of[url], given)}

    def close(self) -> None:
        self.ports.store.close()

    def _poll_what_is_due(self) -> int:
        """Poll side by side, as the threads of the daemon do: all begin now. How many."""
        now = self.clock.at
        done, ends = [], []
        for claim in self.ports.store.claim_due(now, CONNECTIONS, LEASE):
            self.clock.at = now
            done.append(poll(self.ports, claim))
            ends.append(self.clock.at)
        self.clock.at = max(ends, default=now)
        assert not settle(self.ports, done)
        return len(done)

    def _restart(self) -> None:
        self.close()
        self.ports = self._open()
        prepare(self.ports)

    def _open(self) -> Ports:
        store = open_store(f"sqlite:///{self.root}/syndicator.db", self.clock)
        return Ports(
            store=store,
            seeds=Folder(self.root / "seeds"),
            publication=FeedFiles(self.root / "feeds"),
            fetcher=self.judge,
            parser=Here(),
            site=Site(
                id="urn:uuid:9b1f1d7e-6a52-5f0e-9d5b-5b5f3f1a8c21",
                base_url="https://news.example",
                title="News",
                created=store.created(),
            ),
            now=self.clock,
            random=self.random,
            sleep=self._sleep,
            policy=Policy(user_agent=AGENT),
        )

    def _sleep(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)


def table(judge: Judge, days: float) -> str:
    """Requests, what they were answered, and delays, for each scenario."""
    lines = [
        "| scenario | feeds | requests | a feed and day | 200 | 304 | other | delay p50 | p95 | most | faults |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    faults = Counter(fault.split(" ")[1] for fault in judge.faults())
    total = 0
    for scenario in judge.scenarios:
        visits = judge.visits(scenario)
        total += len(visits)
        every = [visit for visit in judge.requests if visit.scenario == scenario.name]
        statuses = Counter(visit.status if visit.status in (200, 304) else 0 for visit in every)
        a_day = len(visits) / len(scenario.urls) / days
        delays = sorted(judge.delays(scenario))
        shown = [_minutes(delays, share) for share in (0.5, 0.95, 1.0)]
        counts = (
            f"{len(scenario.urls)} | {len(visits)} | {a_day:.1f} | {statuses[200]} | {statuses[304]} | {statuses[0]}"
        )
        lines.append(f"| {scenario.name} | {counts} | {' | '.join(shown)} | {faults[scenario.name]} |")
    feeds = sum(len(scenario.urls) for scenario in judge.scenarios)
    lines.append(f"| all | {feeds} | {total} | {total / feeds / days:.1f} | | | | | | | {len(judge.faults())} |")
    return "\n".join(lines)


def _minutes(delays: Sequence[timedelta], share: float) -> str:
    if not delays:
        return "–"
    return f"{delays[min(int(len(delays) * share), len(delays) - 1)] / timedelta(minutes=1):.0f} min"


def main() -> int:
    """Run the month and print the table and the faults. 1 where there are any."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        month = Month(Path(folder), scenarios())
        judge = month.run()
        month.close()
    print(table(judge, DAYS))
    print(f"\n{len(judge.requests)} requests in {time.monotonic() - began:.0f} s")
    for fault in judge.faults():
        print(fault)
    return 1 if judge.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
