"""Looking up names: with a deadline, apart from everything else (T21)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from syndicator.edge.http import Limits
from syndicator.edge.http.limits import Trouble
from syndicator.edge.http.resolve import Resolver
from syndicator.model import Request
from tests.conftest import needs
from tests.edge.http.conftest import QUICK, Make, refusal
from tests.upstream import HostileServer, Names, Upstream


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What a name server that hangs waits for."""
    event = threading.Event()
    yield event
    event.set()


def hanging(event: threading.Event) -> Names:
    def forever() -> list[str]:
        event.wait()
        return ["127.0.0.1"]

    return Names({"good.example": ["127.0.0.1"]}, default=forever)


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no"), "dns", "there is no such host name; check the address"),
        (socket.gaierror(socket.EAI_AGAIN, "no"), "dns", "its name cannot be looked up at present; is the name server"),
        (socket.gaierror(socket.EAI_FAIL, "no"), "dns", "its name cannot be looked up at present; is the name server"),
        (OSError(24, "no files"), "dns", "its name cannot be looked up at present; is the name server"),
        (UnicodeError("label too long"), "bad_url", "its host name cannot be"),
    ],
)
def test_t21_a_name_that_cannot_be_looked_up(make: Make, error: Exception, kind: str, said: str) -> None:
    found = refusal(make(resolver=Names(default=error)), "http://blog.example/feed")
    assert (found.kind, found.url) == (kind, "http://blog.example/feed")
    assert found.reason.startswith(said)


def test_t21_a_lookup_that_hangs_is_left(make: Make, stuck: threading.Event) -> None:
    names = hanging(stuck)
    client = make(resolver=names, limits=QUICK)
    for _ in range(2):
        error = refusal(client, "http://slow.example/feed")
        assert (error.kind, error.reason) == (
            "dns",
            "its name could not be looked up in time; is the name server well?",
        )
    assert names.asked == ["slow.example"]


def test_t21_a_lookup_within_a_longer_request_ends_with_it(make: Make, stuck: threading.Event) -> None:
    error = refusal(make(resolver=hanging(stuck), limits=replace(QUICK, connect=9)), "http://slow.example/feed")
    assert error.kind == "timeout"


def test_t21_others_are_looked_up_while_names_hang(make: Make, upstream: Upstream, stuck: threading.Event) -> None:
    names = hanging(stuck)
    client = make(resolver=names, limits=Limits(connect=30, lookups=40))
    with ThreadPoolExecutor(35) as threads:
        urls = [upstream.url("/feed.xml", host=f"slow{n}.example") for n in range(35)]
        slow = [threads.submit(client.fetch, Request(url=url)) for url in urls]
        eventually(lambda: len(names.asked) == 35)
        for _ in range(10):
            assert client.fetch(Request(url=upstream.url("/feed.xml", host="good.example"))).status == 200
            upstream.hang_up()
        assert not any(future.done() for future in slow)
        stuck.set()
        assert {future.result().status for future in slow} == {200}


def test_t21_when_every_thread_hangs_it_is_said_and_passes(make: Make, stuck: threading.Event) -> None:
    names = hanging(stuck)
    resolver = Resolver(names, 2)
    for name in ("slow1.example", "slow2.example", "good.example"):
        with pytest.raises(Trouble, match="could not be looked up in time"):
            resolver.addresses(name, time.monotonic() + 0.05)
    assert names.asked == ["slow1.example", "slow2.example"]
    stuck.set()
    assert resolver.addresses("good.example", time.monotonic() + 10) == ("127.0.0.1",)
    resolver.close()


def test_those_who_ask_for_one_name_get_one_answer() -> None:
    go = threading.Event()

    def later() -> list[str]:
        go.wait()
        return ["192.0.2.1", "192.0.2.1", "192.0.2.2"]

    names = Names({"blog.example": later})
    resolver = Resolver(names, 5)
    with ThreadPoolExecutor(10) as threads:
        asking = [threads.submit(resolver.addresses, "blog.example", time.monotonic() + 10) for _ in range(10)]
        eventually(lambda: bool(names.asked) and all(future.running() for future in asking))
        go.set()
        assert {future.result() for future in asking} == {("192.0.2.1", "192.0.2.2")}
    resolver.close()


def test_its_threads_end_with_it() -> None:
    resolver = Resolver(Names(default=["192.0.2.1"]), 5)
    before = {thread for thread in threading.enumerate() if thread.name != "syndicator-names"}
    resolver.addresses("blog.example", time.monotonic() + 10)
    resolver.close()
    for thread in set(threading.enumerate()) - before:
        if thread.name == "syndicator-names":
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def sixth() -> Iterator[HostileServer]:
    """A server that has an IPv6 address alone."""
    try:
        with HostileServer(address="::1") as server:
            yield server
    except OSError:
        needs(False, "there is no IPv6 on loopback")


def test_t21_a_name_with_an_ipv6_address_alone(make: Make, sixth: HostileServer) -> None:
    client = make(resolver=Names({"blog.example": ["::1"]}))
    assert client.fetch(Request(url=sixth.url("/feed", host="blog.example"))).status == 200


@pytest.mark.parametrize("addresses", [["127.0.0.1", "::1"], ["::1", "127.0.0.1"], ["127.0.0.1", "127.0.0.2", "::1"]])
def test_an_address_that_refuses_is_passed_by(make: Make, sixth: HostileServer, addresses: list[str]) -> None:
    client = make(resolver=Names({"blog.example": addresses}))
    assert client.fetch(Request(url=sixth.url("/feed", host="blog.example"))).status == 200


def test_an_address_that_says_nothing_is_passed_by(make: Make, server: HostileServer) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.2", server.port))
        full.listen(0)
        waiting = []
        try:
            for _ in range(4):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(("127.0.0.2", server.port))
            client = make(resolver=Names({"blog.example": ["127.0.0.2", "127.0.0.1"]}))
            assert client.fetch(Request(url=server.url("/feed", host="blog.example"))).status == 200
            silent = make(resolver=Names({"blog.example": ["127.0.0.2"]}), limits=QUICK)
            error = refusal(silent, server.url("/feed", host="blog.example"))
            assert (error.kind, error.reason) == ("connect", "no connection came about in time; is the server up?")
        finally:
            for one in waiting:
                one.close()


def test_what_refuses_is_said(make: Make, server: HostileServer) -> None:
    url = server.url("/feed")
    server.close()
    error = refusal(make(), url)
    assert (error.kind, error.reason) == ("connect", "it refuses connections; is the server up?")
