"""Many sources that fail do not delay the few that are well: a day's crowd on a clock of our own."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

import pytest

from syndicator.core.polling.hosts import lane
from syndicator.core.polling.schedule import LEASE, began
from syndicator.errors import FetchError
from syndicator.flows.poll import Done, poll, settle
from syndicator.model import Request, Response, Source
from syndicator.ports import Ports
from tests.flows.world import START, World

GOOD, BAD = 500, 5000
CONNECTIONS = 32
FEED = (
    b'{"version": "https://jsonfeed.org/version/1.1", "title": "Good", "items": [{"id": "1", "content_text": "One"}]}'
)


class Crowd:
    """Good upstreams that answer in half a second, and bad ones that refuse, answer 500, or hang."""

    def __init__(self) -> None:
        self.took = timedelta(0)

    def fetch(self, request: Request) -> Response:
        kind, _, number = request.url.partition("//")[2].partition(".")[0].partition("-")
        if kind == "good":
            self.took = timedelta(seconds=0.5)
            if request.etag:
                return Response(url=request.url, status=304, headers={"etag": request.etag})
            return Response(url=request.url, status=200, headers={"etag": '"1"'}, body=FEED)
        match int(number) % 4:
            case 0:
                self.took = timedelta(seconds=0.1)
                raise FetchError("connect", request.url, "it refused the connection")
            case 1:
                self.took = timedelta(seconds=1)
                return Response(url=request.url, status=500)
            case 2:
                self.took = timedelta(seconds=10)
                raise FetchError("connect", request.url, "it did not answer within 10 s")
            case _:
                self.took = timedelta(seconds=20)
                raise FetchError("timeout", request.url, "its first byte did not come within 20 s")

    def close(self) -> None:
        pass


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def lateness(ports: Ports, world: World, crowd: Crowd, due: dict[str, datetime], until: datetime) -> list[timedelta]:
    """Poll as the daemon does, so many at a time, each for as long as its server takes; how late those of `due` are."""
    late: list[timedelta] = []
    flying: list[tuple[datetime, int, Done]] = []
    number = count()
    while world.time < until:
        over: list[Done] = []
        while flying and flying[0][0] <= world.time:
            over.append(heapq.heappop(flying)[2])
        settle(ports, over)
        for claim in ports.store.claim_due(world.time, CONNECTIONS - len(flying), LEASE):
            if claim.source.id in due:
                late.append(world.time - due[claim.source.id])
            done = poll(ports, claim)
            if claim.source.id in due:
                due[claim.source.id] = done.next_check or until
            heapq.heappush(flying, (world.time + crowd.took, next(number), done))
        ends = flying[0][0] if flying else until
        ready = until if len(flying) >= CONNECTIONS else ports.store.ready_at() or until
        world.time = max(world.time + timedelta(milliseconds=1), min(ends, ready))
    return late


def test_five_hundred_good_sources_among_five_thousand_failing_ones_are_on_time(world: World) -> None:
    random = Random(1)
    crowd = Crowd()
    ports = replace(world.ports, fetcher=crowd, random=random.random)
    names = [f"good-{number}" for number in range(GOOD)] + [f"bad-{number}" for number in range(BAD)]
    due = {name: START + timedelta(hours=1) * random.random() for name in names}
    sources = [Source(id=name, url=f"https://{name}.example/feed.json") for name in names]
    ports.store.save_sources((source, began(source.id, lane(source.url), due[source.id])) for source in sources)
    good = {name: at for name, at in due.items() if name.startswith("good")}
    late = lateness(ports, world, crowd, good, START + timedelta(minutes=90))
    assert len(late) >= GOOD
    assert max(late) <= timedelta(minutes=1)
