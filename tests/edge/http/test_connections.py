"""Connections are kept for a short time, and what is wrong with one never reaches the next request."""

from __future__ import annotations

import errno
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from syndicator.edge.http import Client, Limits
from syndicator.edge.http import backend as backends
from syndicator.edge.http.addresses import Address
from syndicator.edge.http.connections import Connection
from syndicator.errors import FetchError
from syndicator.model import Request
from tests.edge.http.conftest import Make, refusal
from tests.upstream import HostileServer, Received, Upstream, Wire
from tests.upstream.hostile import FEED, ok


def speaking(server: HostileServer, *answers: bytes) -> None:
    """Let `/talk` answer with these, one after another, on one connection or on several."""
    left = list(answers)

    def talk(wire: Wire, received: Received) -> None:
        wire.send(left.pop(0))
        while left and wire.head() is not None:
            server.requests.append(received)
            wire.send(left.pop(0))

    server.script("/talk", talk)


def test_a_connection_is_kept(client: Client, upstream: Upstream) -> None:
    for _ in range(5):
        client.fetch(Request(url=upstream.url("/feed.xml"), etag='"1"'))
        client.fetch(Request(url=upstream.url("/nothing")))
    assert upstream.connections == 1


def test_a_redirect_within_a_host_needs_no_other(client: Client, upstream: Upstream) -> None:
    upstream.redirect("/old", "/feed.xml")
    client.fetch(Request(url=upstream.url("/old")))
    assert upstream.connections == 1


def test_one_that_was_ended_is_not_used(client: Client, upstream: Upstream) -> None:
    for _ in range(5):
        assert client.fetch(Request(url=upstream.url("/feed.xml"))).status == 200
        upstream.hang_up()
    assert len(upstream.requests) == 5


def test_one_that_is_idle_too_long_is_not_used(make: Make, upstream: Upstream) -> None:
    clock = count(0.0, 16.0)
    client = make(clock=lambda: next(clock), limits=Limits(keep=10, total=10_000, connect=10_000))
    for _ in range(2):
        client.fetch(Request(url=upstream.url("/feed.xml")))
    assert upstream.connections == 2


@pytest.mark.parametrize(("header", "connections"), [("timeout=60", 1), ("max=5", 1), ("timeout=1, max=9", 2)])
def test_a_server_says_how_long(client: Client, upstream: Upstream, header: str, connections: int) -> None:
    upstream.set("/feed.xml", "<feed/>", headers={"Keep-Alive": header})
    for _ in range(2):
        client.fetch(Request(url=upstream.url("/feed.xml")))
    assert upstream.connections == connections


def test_few_are_kept(make: Make, upstream: Upstream) -> None:
    client = make(limits=Limits(kept=2))
    with Upstream() as second, Upstream() as third:
        servers = [upstream, second, third]
        for server in servers:
            server.set("/feed.xml", "<feed/>")
        for server in [*servers, third, second, upstream]:
            client.fetch(Request(url=server.url("/feed.xml")))
        assert [server.connections for server in servers] == [2, 1, 1]


def test_t35_a_304_with_a_body_leaves_nothing_behind(client: Client, server: HostileServer) -> None:
    speaking(
        server, b'HTTP/1.1 304 Not Modified\r\nETag: "s"\r\nContent-Length: %d\r\n\r\n' % len(FEED) + FEED, ok(FEED)
    )
    assert client.fetch(Request(url=server.url("/talk"), etag='"s"')).status == 304
    response = client.fetch(Request(url=server.url("/talk"), etag='"s"'))
    assert (response.status, response.body, server.connections) == (200, FEED, 2)


def test_t35_a_body_that_comes_after_its_304_is_not_taken_for_an_answer(client: Client, server: HostileServer) -> None:
    asked, sent = threading.Event(), threading.Event()

    def late(wire: Wire, received: Received) -> None:
        wire.send(b'HTTP/1.1 304 Not Modified\r\nETag: "s"\r\n\r\n')
        asked.wait(10)
        wire.send(FEED)
        sent.set()
        wire.head()

    server.script("/late", late)
    assert client.fetch(Request(url=server.url("/late"), etag='"s"')).status == 304
    asked.set()
    assert sent.wait(10)
    assert client.fetch(Request(url=server.url("/feed"))).body == FEED


def test_an_answer_before_its_question_is_not_taken(client: Client, server: HostileServer) -> None:
    smuggled = ok(b"smuggled")
    speaking(server, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" + smuggled, ok(FEED))
    assert client.fetch(Request(url=server.url("/talk"))).body == b"x"
    assert client.fetch(Request(url=server.url("/talk"))).body == FEED


def test_what_fails_is_asked_once(client: Client, server: HostileServer) -> None:
    for path in ("/hang-up", "/reset", "/cut-chunks", "/not-http", "/two-codings"):
        refusal(client, server.url(path))
        assert len(server.requests_to(path)) == 1


def test_a_server_that_ends_a_kept_connection_unseen_is_asked_on_a_new_one(
    client: Client, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaking(server, ok(FEED))
    assert client.fetch(Request(url=server.url("/talk"))).body == FEED
    server.hang_up()
    monkeypatch.setattr(Connection, "has_expired", lambda self: False)
    assert client.fetch(Request(url=server.url("/feed"))).body == FEED
    assert (len(server.requests_to("/feed")), server.connections) == (1, 2)


def test_an_answer_that_begins_and_breaks_is_not_asked_for_again(client: Client, server: HostileServer) -> None:
    speaking(server, ok(FEED), b"HTTP/1.1 2")
    assert client.fetch(Request(url=server.url("/talk"))).body == FEED
    assert refusal(client, server.url("/talk")).kind == "protocol"
    assert server.connections == 1


def test_many_threads_share_a_client(client: Client, upstream: Upstream) -> None:
    upstream.set("/large", FEED * 1000, etag='"l"')

    def fetch(number: int) -> int:
        path, etag = [("/feed.xml", None), ("/large", None), ("/large", '"l"'), ("/nothing", None)][number % 4]
        return client.fetch(Request(url=upstream.url(path), etag=etag)).status

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(fetch, range(400))) == [200, 200, 304, 404] * 100
    assert upstream.connections <= 200


def test_t16_without_files_to_open_the_kept_ones_are_let_go(
    client: Client, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, starved = backends._begun, [False]

    def starving(address: Address, port: int) -> socket.socket:
        if starved.pop(0):
            raise OSError(errno.EMFILE, "Too many open files")
        return begun(address, port)

    monkeypatch.setattr(backends, "_begun", starving)
    with Upstream() as other:
        other.set("/feed.xml", "<feed/>")
        client.fetch(Request(url=upstream.url("/feed.xml")))
        starved += [True, False]
        assert client.fetch(Request(url=other.url("/feed.xml"))).status == 200
        starved += [True, True]
        error = refusal(client, upstream.url("/feed.xml"))
        assert (error.kind, error.reason.split(";")[0]) == ("connect", "we have no files left to open")
    assert upstream.connections == 1


def test_what_we_use_of_the_library_is_there() -> None:
    """`_h11_state` is not public: without it a body that is longer than it says could not be told (T27)."""
    ours, theirs = socket.socketpair()
    with theirs:
        stream = backends.GuardedStream(ours, Limits(), lambda: 0.0)
        connection = Connection(("http", "e.example", 80), stream)
        assert connection.surplus() == b""
        connection._h11_state.receive_data(b"more")
        assert connection.surplus() == b"more"
        connection.close()


def test_nothing_is_left_open(make: Make, upstream: Upstream) -> None:
    client = make()
    client.fetch(Request(url=upstream.url("/feed.xml")))
    client.close()
    client.close()
    with pytest.raises(FetchError, match="being closed"):
        client.fetch(Request(url="http://blog.example/"))
