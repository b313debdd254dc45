"""What the dispatcher does when time leaps, when nothing can be reached, when hosts hang: its threads, our clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from syndicator.core.polling.outage import PROBE_EVERY
from syndicator.core.polling.schedule import HOST_GAP, LONGEST
from syndicator.edge.http import Client, Limits
from syndicator.errors import FetchError
from syndicator.model import Condition, Request, Response, Result
from tests.daemon.driving import FEED, Driven, good, subscribe
from tests.flows.world import START, World
from tests.running import eventually
from tests.upstream import HostileServer, Names, Upstream

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def driven(tmp_path: Path) -> Iterator[Driven]:
    world = World(tmp_path)
    driven = Driven(world)
    yield driven
    driven.stop()
    world.close()


def hosts(number: int) -> list[str]:
    return [f"https://host-{n}.example/feed.json" for n in range(number)]


def most_at_once(driven: Driven, since: datetime) -> int:
    """How many were asked within one minute at most."""
    return max(Counter(at.replace(second=0) for at, _ in driven.fetcher.since(since)).values())


# --- T22: nothing can be looked up


def test_t22_after_a_day_without_names_nobody_has_failed_and_all_are_polled_within_an_interval_and_spread(
    driven: Driven,
) -> None:
    def offline(request: Request) -> Response:
        raise FetchError("dns", request.url, "its name cannot be looked up at present")

    number = 1800
    subscribe(driven.ports, hosts(number), lambda n: START + HOUR * n / number, interval=HOUR)
    driven.fetcher.answer = offline
    driven.dispatcher.start()
    driven.run(DAY, MINUTE)
    assert len(driven.fetcher.asked) < DAY / PROBE_EVERY + 200
    assert {(state.failures, state.condition) for state in driven.states().values()} == {(0, Condition.NEW)}

    back = driven.world.time
    driven.fetcher.answer = good
    driven.run(HOUR * 1.2, MINUTE)
    asked = [url for _, url in driven.fetcher.since(back)]
    assert set(asked) == set(hosts(number))
    assert {state.condition for state in driven.states().values()} == {Condition.WELL}
    assert most_at_once(driven, back) < number / 10


# --- T9, T19: time makes a leap


@pytest.mark.parametrize("away", [timedelta(minutes=61), timedelta(hours=10), timedelta(days=40)])
def test_t9_after_a_sleep_what_is_overdue_is_spread(driven: Driven, away: timedelta) -> None:
    number = 300
    subscribe(driven.ports, hosts(number), lambda n: START + HOUR * n / number, interval=DAY * 2)
    driven.dispatcher.start()
    driven.tick()
    asleep = driven.world.time + timedelta(seconds=1)
    driven.tick(away)
    driven.run(HOUR * 1.1, MINUTE)
    assert {url for _, url in driven.fetcher.asked} == set(hosts(number))
    assert most_at_once(driven, asleep) < number / 10


def test_t9_a_few_that_are_overdue_are_polled_at_once(driven: Driven) -> None:
    subscribe(driven.ports, hosts(20), lambda n: START + HOUR)
    driven.dispatcher.start()
    driven.tick(DAY)
    assert {url for _, url in driven.fetcher.asked} == set(hosts(20))


@pytest.mark.parametrize("kind", ["timeout", "connect", "dns", "tls", "protocol"])
def test_t9_what_fails_since_we_were_stopped_is_not_counted(driven: Driven, kind: str) -> None:
    """The deadlines of a fetch are over when it goes on, and whoever was asked has long closed the connection."""

    def stopped(request: Request) -> Response:
        driven.world.time += timedelta(minutes=10)
        raise FetchError(kind, request.url, "it took too long")

    subscribe(driven.ports, hosts(1), lambda n: START, interval=HOUR)
    driven.fetcher.answer = stopped
    driven.dispatcher.start()
    driven.tick()
    [state] = driven.states().values()
    assert (state.failures, state.condition, state.polls[0].result) == (0, Condition.NEW, Result.OUTAGE)
    assert state.next_check is not None
    assert state.next_check <= driven.world.time + timedelta(minutes=10)


@pytest.mark.parametrize("seconds", [0, 59])
def test_what_fails_in_its_time_is_counted(driven: Driven, seconds: int) -> None:
    def slow(request: Request) -> Response:
        driven.world.time += timedelta(seconds=seconds)
        raise FetchError("timeout", request.url, "it took too long")

    subscribe(driven.ports, hosts(1), lambda n: START)
    driven.fetcher.answer = slow
    driven.dispatcher.start()
    driven.tick()
    [state] = driven.states().values()
    assert (state.failures, state.condition) == (1, Condition.TROUBLED)


def test_t19_a_clock_ten_years_ahead_and_back_leaves_nobody_unpolled(driven: Driven) -> None:
    def answer(request: Request) -> Response:
        if "host-0" in request.url:
            return Response(url=request.url, status=429, headers={"retry-after": str(10**12)})
        return good(request)

    subscribe(driven.ports, hosts(5), lambda n: START)
    driven.fetcher.answer = answer
    driven.dispatcher.start()
    driven.tick()
    driven.tick(timedelta(days=3650))
    assert len(driven.fetcher.asked) == 10
    driven.world.time = START + 2 * HOUR
    driven.tick()
    checks = [state.next_check for state in driven.states().values()]
    assert all(check is not None and check <= driven.world.time + LONGEST for check in checks)
    back = driven.world.time
    driven.run(LONGEST * 1.2, HOUR)
    assert {url for _, url in driven.fetcher.since(back)} == set(hosts(5))


@pytest.mark.parametrize("back", [HOUR, DAY])
def test_t19_a_clock_that_is_put_back_delays_nobody_for_longer_than_usual(driven: Driven, back: timedelta) -> None:
    subscribe(driven.ports, hosts(5), lambda n: START, interval=HOUR)
    driven.dispatcher.start()
    driven.tick()
    driven.world.time -= back
    put_back = driven.world.time
    driven.run(back + HOUR * 1.5, timedelta(minutes=5))
    assert {url for _, url in driven.fetcher.since(put_back)} == set(hosts(5))


# --- T24: all connections hang


def test_t24_sources_that_drip_hold_all_connections_for_no_longer_than_their_time(tmp_path: Path) -> None:
    """32 that drip take every connection; when their time is over the others are asked."""
    world = World(tmp_path)
    names = Names(default=["127.0.0.1"])
    quick = Limits(connect=5, idle=5, total=0.5)
    with HostileServer() as hostile, Upstream() as upstream:
        upstream.set("/feed.json", FEED, content_type="application/json")
        client = Client(
            user_agent="syndicator/test",
            allow_networks=["127.0.0.0/8"],
            allow_ports=["1024-65535"],
            resolver=names,
            limits=quick,
        )
        driven = Driven(world, client.fetch)
        paths = ["/slow-headers", "/trickle", "/trickle-chunks", "/silence"]
        slow = [hostile.url(paths[n % 4], host=f"slow-{n}.example") for n in range(32)]
        well = [upstream.url("/feed.json", host=f"well-{n}.example") for n in range(10)]
        subscribe(driven.ports, slow + well, lambda n: START - HOUR + n * MINUTE)
        driven.dispatcher.start()
        eventually(lambda: len(upstream.requests) == len(well), "those that are well are asked")
        driven.tick()
        states = driven.states()
        assert [states[f"s{n}"].failures for n in range(32)] == [1] * 32
        assert {states[f"s{n}"].condition for n in range(32, 42)} == {Condition.WELL}
        driven.stop()
        client.close()
    world.close()


# --- T40, T23: one host of many feeds


def test_t40_the_feeds_of_one_host_are_asked_one_by_one_and_hold_nobody_up(driven: Driven) -> None:
    """500 of one host are due at once, and longer than those of others, which do not wait for them."""
    driven.dispatcher.start()
    crowd = [f"https://crowd.example/{n}.json" for n in range(500)]
    subscribe(driven.ports, crowd + hosts(50), lambda n: START - DAY if n < 500 else START)
    driven.tick()
    assert sum("crowd" in url for _, url in driven.fetcher.asked) == 1
    assert set(hosts(50)) <= {url for _, url in driven.fetcher.asked}
    driven.run(timedelta(seconds=20), timedelta(seconds=0.25))
    starts = [at for at, url in driven.fetcher.asked if "crowd" in url]
    assert len(starts) == 21
    assert all(later - sooner >= HOST_GAP for sooner, later in pairwise(starts))
