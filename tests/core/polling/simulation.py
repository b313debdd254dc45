"""How often we ask, and how late we are: feeds that publish by chance, polled by the real rules on a clock of our own.

`python -m tests.core.polling.simulation` prints the table for 1,000 feeds over 60 days.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from syndicator.core.polling import hosts, outcome, schedule
from syndicator.model import HostState, Parsed, PollState, Response, Source, Upstream, utc

START = utc(2026, 3, 1)
HISTORY = timedelta(days=400)
ENTRIES = 15
"""A feed shows so many of its newest articles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Feeds of a kind: their share, and between how many and how many articles a day one of them publishes."""

    name: str
    share: float
    fewest: float
    most: float


KINDS = (
    Kind(name="daily", share=0.1, fewest=2, most=24),
    Kind(name="slower", share=0.4, fewest=1 / 7, most=1),
    Kind(name="dormant", share=0.5, fewest=1 / 60, most=1 / 15),
)
"""A mix like a planet's: few feeds publish most of what there is. Within a kind the rates spread evenly by order."""

STATED = {"daily": (31, 64), "slower": (162, 333), "dormant": (152, 339)}
"""What the design's own simulation of the same rules gave (another mix): delay p50 and p95 in minutes."""
STATED_REQUESTS = 5.4


@dataclass(slots=True)
class Tally:
    """What came of the feeds of one kind: requests, articles' delays, gaps between two requests."""

    feeds: int = 0
    requests: int = 0
    full: int = 0
    delays: list[timedelta] = field(default_factory=list)
    shortest: timedelta = timedelta.max
    longest: timedelta = timedelta()

    def percentile(self, share: float) -> float:
        """Minutes of delay within which this share of the articles was found."""
        ordered = sorted(self.delays)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] / timedelta(minutes=1) if ordered else 0.0


def published(rate: float, until: datetime, chance: Random) -> list[datetime]:
    """Moments of a Poisson process of `rate` a day, from `HISTORY` before the start until `until`."""
    moments, at = [], START - HISTORY
    while True:
        at += timedelta(days=chance.expovariate(rate))
        if at >= until:
            return moments
        moments.append(at)


def polls(moments: list[datetime], until: datetime, chance: Callable[[], float]) -> Iterator[tuple[datetime, int, int]]:
    """Poll one feed until then: when, up to which article (count), and the status, each time."""
    source = Source(id="feed", url="https://feed.test/feed.xml")
    at = START + schedule.MIN * chance()
    state = schedule.began("feed", hosts.lane(source.url), at)
    known = 0
    while at < until:
        there = bisect_right(moments, at)
        response, state = _poll(source, state, at, moments, known, there, chance)
        yield at, there, response.status
        known = there
        assert state.next_check is not None
        at = state.next_check


def _poll(
    source: Source,
    state: PollState,
    at: datetime,
    moments: list[datetime],
    known: int,
    there: int,
    chance: Callable[[], float],
) -> tuple[Response, PollState]:
    etag, last_modified = outcome.validators(state, at)
    tag = f'"{there}"'
    attempt = outcome.Attempt(
        source=source,
        state=state,
        host=HostState(host=state.host),
        now=at,
        random=chance,
        conditional=etag is not None or last_modified is not None,
    )
    if etag == tag:
        response = Response(url=source.url, status=304, headers={"etag": tag})
        return response, outcome.not_modified(attempt, response).state
    response = Response(url=source.url, status=200, headers={"etag": tag})
    new = moments[max(known, there - ENTRIES) : there]
    parsed = Parsed(format="atom10", upstream=Upstream()) if new else None
    done = outcome.succeeded(attempt, response, parsed, body_hash=tag, new=len(new), times=new)
    return response, done.state


def simulate(feeds: int, days: int, seed: int = 1) -> dict[str, Tally]:
    """So many feeds over so many days, by kind."""
    chance, until = Random(seed), START + timedelta(days=days)
    tallies = {}
    for kind in KINDS:
        tally = tallies[kind.name] = Tally(feeds=round(feeds * kind.share))
        for number in range(tally.feeds):
            rate = kind.fewest * (kind.most / kind.fewest) ** ((number + 0.5) / tally.feeds)
            _one(tally, published(rate, until, chance), until, chance)
    return tallies


def _one(tally: Tally, moments: list[datetime], until: datetime, chance: Random) -> None:
    known, before = None, None
    for at, there, status in polls(moments, until, chance.random):
        tally.requests += 1
        tally.full += status == 200
        if known is not None and before is not None:
            tally.delays += [at - moment for moment in moments[known:there]]
            tally.shortest, tally.longest = min(tally.shortest, at - before), max(tally.longest, at - before)
        known, before = there, at


def table(tallies: dict[str, Tally], days: int) -> str:
    """The result as a table, beside what was stated."""
    lines = [
        "| feeds | number | requests a feed and day | full | apart, in h | articles | delay p50/p95 in min | stated |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, tally in tallies.items():
        apart = f"{tally.shortest / timedelta(hours=1):.1f} to {tally.longest / timedelta(hours=1):.1f}"
        delays = f"{tally.percentile(0.5):.0f}/{tally.percentile(0.95):.0f}"
        asked, full = tally.requests / tally.feeds / days, tally.full / tally.feeds / days
        row = (name, tally.feeds, f"{asked:.1f}", f"{full:.2f}", apart, len(tally.delays), delays)
        lines.append(f"| {' | '.join(map(str, row))} | {'/'.join(map(str, STATED[name]))} |")
    feeds, requests = sum(t.feeds for t in tallies.values()), sum(t.requests for t in tallies.values())
    articles = sum(len(t.delays) for t in tallies.values())
    lines.append(f"| all | {feeds} | {requests / feeds / days:.1f} | | | {articles} | | {STATED_REQUESTS} requests |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(simulate(1000, 60), 60))
