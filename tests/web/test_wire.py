"""Bad input on real sockets, for every server that may run the app: the right status, no leak, nobody else harmed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.web.fakes import newspaper
from tests.web.running import ROOT, Running, eventually, running

FEED = b"GET /feed.xml HTTP/1.1\r\nHost: a\r\n"
MP3 = b"GET /media/2b1c.mp3 HTTP/1.1\r\nHost: a\r\nRange: "
MANY = b"bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(0, 2000, 2))


class Bad(NamedTuple):
    """What is sent, and the statuses that our own server answers with, in this order."""

    sent: bytes
    statuses: tuple[int, ...]


def one(head: bytes, status: int) -> Bad:
    return Bad(head + b"Connection: close\r\n\r\n", (status,))


CASES = {
    "a target of 8 KiB": one(b"GET /" + b"a" * 8100 + b" HTTP/1.1\r\nHost: a\r\n", 404),
    "a longer one": one(b"GET /" + b"a" * 8300 + b" HTTP/1.1\r\nHost: a\r\n", 414),
    "a longer query": one(b"GET /feed.xml?" + b"a" * 8300 + b" HTTP/1.1\r\nHost: a\r\n", 414),
    "a target without end": one(b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n", 431),
    "ninety fields": one(FEED + b"".join(b"X-%d: a\r\n" % n for n in range(90)), 200),
    "a hundred and one fields": one(FEED + b"".join(b"X-%d: a\r\n" % n for n in range(100)), 431),
    "five thousand fields": one(FEED + b"".join(b"X-%d: a\r\n" % n for n in range(5000)), 431),
    "a field of 20 KB": one(FEED + b"X: " + b"a" * 20_000 + b"\r\n", 431),
    "a host in the target": one(b"GET http://evil.test/feed.xml HTTP/1.1\r\nHost: a\r\n", 200),
    "a host in the target of a page": one(b"GET http://evil.test/feed HTTP/1.1\r\nHost: a\r\n", 308),
    "a target that is only half absolute": one(b"GET http:// HTTP/1.1\r\nHost: a\r\n", 400),
    "a tunnel": one(b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n", 404),
    "two hosts": one(FEED + b"Host: evil.test\r\n", 400),
    "the same host twice": one(FEED + b"Host: a\r\n", 400),
    "no host": one(b"GET /feed.xml HTTP/1.1\r\n", 400),
    "a host with a user": one(b"GET /feed.xml HTTP/1.1\r\nHost: good:1@evil.test\r\n", 400),
    "HTTP/1.0": one(b"GET /feed.xml HTTP/1.0\r\n", 200),
    "HTTP/2.0": one(b"GET /feed.xml HTTP/2.0\r\nHost: a\r\n", 400),
    "the preface of HTTP/2": Bad(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ()),
    "no version": Bad(b"GET /feed.xml\r\n\r\n", (400,)),
    "up from the root": one(b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n", 404),
    "up in code": one(b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n", 404),
    "up from media": one(b"GET /media/..%2f..%2fsyndicator.toml HTTP/1.1\r\nHost: a\r\n", 404),
    "up in code of code": one(b"GET /media/%252e%252e%252fx HTTP/1.1\r\nHost: a\r\n", 404),
    "a backslash": one(b"GET /media/..%5c..%5csyndicator.toml HTTP/1.1\r\nHost: a\r\n", 404),
    "a NUL": one(b"GET /%00 HTTP/1.1\r\nHost: a\r\n", 404),
    "a NUL after a document": one(b"GET /feed.xml%00.html HTTP/1.1\r\nHost: a\r\n", 404),
    "a NUL after a file": one(b"GET /media/2b1c.mp3%00 HTTP/1.1\r\nHost: a\r\n", 404),
    "a NUL for an article": one(b"GET /articles/%00 HTTP/1.1\r\nHost: a\r\n", 404),
    "a NUL not in code": one(b"GET /\x00 HTTP/1.1\r\nHost: a\r\n", 400),
    "a NUL in a field": one(FEED + b"X: a\x00b\r\n", 400),
    "a path that is no UTF-8": one(b"GET /%ff%fe HTTP/1.1\r\nHost: a\r\n", 404),
    "an article that is no UTF-8": one(b"GET /articles/%ff%fe HTTP/1.1\r\nHost: a\r\n", 404),
    "no UTF-8 and no code": one(b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n", 400),
    "a query that is no UTF-8": one(b"GET /?before=%ff%00 HTTP/1.1\r\nHost: a\r\n", 400),
    "a new line in code": one(b"GET /%0d%0aSet-Cookie:a=b HTTP/1.1\r\nHost: a\r\n", 404),
    "an agent that is no UTF-8": one(FEED + b"User-Agent: \xff\xfe\r\n", 200),
    "an entity tag that is no UTF-8": one(FEED + b"If-None-Match: \xff\xfe\r\n", 200),
    "a coding that is no UTF-8": one(FEED + b"Accept-Encoding: \xff\r\n", 200),
    "a date that is no UTF-8": one(FEED + b"If-Modified-Since: \xff\r\n", 200),
    "a field without a colon": one(FEED + b"nonsense\r\n", 400),
    "a space before the colon": one(FEED + b"X : a\r\n", 400),
    "a folded field": one(FEED + b"X: a\r\n b\r\n", 400),
    "an invented method": one(b"FROB /feed.xml HTTP/1.1\r\nHost: a\r\n", 405),
    "a method in small letters": one(b"get /feed.xml HTTP/1.1\r\nHost: a\r\n", 405),
    "a method that says who is there": one(b"TRACE /feed.xml HTTP/1.1\r\nHost: a\r\nCookie: secret\r\n", 405),
    "a method of 300 letters": one(b"G" * 300 + b" /feed.xml HTTP/1.1\r\nHost: a\r\n", 405),
    "a method that is none": one(b"G@T{} /feed.xml HTTP/1.1\r\nHost: a\r\n", 400),
    "a method for pages": one(b"PROPFIND / HTTP/1.1\r\nHost: a\r\n", 405),
    "what only a parser knows": one(FEED + b"Expect: 200-maybe\r\n", 200),
    "a GET with a body in chunks": Bad(
        FEED + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + FEED + b"Connection: close\r\n\r\n",
        (200, 200),
    ),
    "a GET with a body": Bad(
        FEED + b"Content-Length: 5\r\n\r\nhello" + FEED + b"Connection: close\r\n\r\n", (200, 200)
    ),
    "chunks that are none": Bad(FEED + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n" + FEED, (200,)),
    "a body that never comes": Bad(FEED + b"Content-Length: 500000\r\n\r\nhello", (200,)),
    "a chunk that never ends": Bad(FEED + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe", (200,)),
    "two ways to tell the length": Bad(
        FEED + b"Content-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + FEED + b"\r\n", (200,)
    ),
    "two lengths": one(FEED + b"Content-Length: 5\r\nContent-Length: 6\r\n", 400),
    "a negative length": one(FEED + b"Content-Length: -5\r\n", 400),
    "a length of 23 digits": one(FEED + b"Content-Length: 99999999999999999999999\r\n", 400),
    "a coding of the transfer": one(FEED + b"Transfer-Encoding: gzip\r\n", 400),
    "a large POST": one(b"POST /feed.xml HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n", 405),
    "one range": one(MP3 + b"bytes=0-9\r\n", 206),
    "many ranges": one(MP3 + MANY + b"\r\n", 200),
    "ranges that overlap": one(MP3 + b"bytes=0-,0-,0-,0-,0-,0-\r\n", 200),
    "a range beyond the end": one(MP3 + b"bytes=99999999999999999-\r\n", 416),
    "a range of the last nothing": one(MP3 + b"bytes=-0\r\n", 416),
    "a range backwards": one(MP3 + b"bytes=9-3\r\n", 416),
    "a range of lines": one(MP3 + b"lines=1-2\r\n", 200),
    "a range with 5,000 digits": one(MP3 + b"bytes=" + b"9" * 5000 + b"-\r\n", 200),
    "a range of a document": one(FEED + b"Range: bytes=0-9\r\n", 200),
    "twenty at once": Bad(
        (FEED + b"\r\n") * 18 + b"GET /nothing.xml HTTP/1.1\r\nHost: a\r\n\r\n" + FEED + b"Connection: close\r\n\r\n",
        (200,) * 18 + (404, 200),
    ),
    "a word in TLS": Bad(bytes.fromhex("16030100050100000100"), (400,)),
}

LEAKS = re.compile(
    rb"Traceback|File \"|\.py\b|root:|Set-Cookie|evil\.test|secret|" + re.escape(str(ROOT).encode()), re.I
)


@pytest.fixture(scope="module", params=["granian", "granian with memory", "gunicorn", "waitress"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """What it printed is looked at when all cases are through."""
    kind, _, memory = request.param.partition(" with ")
    with running(tmp_path_factory.mktemp("wire") / "edition", kind=kind, MEMORY="8000000" if memory else "0") as server:
        yield server
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
        assert server.process.stdout is not None
        assert b"Traceback" not in server.process.stdout.read()


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_answered_and_tells_nothing(server: Running, case: str) -> None:
    sent, statuses = CASES[case]
    received = _received(server, sent)
    found = tuple(int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received))
    if server.kind == "granian":
        assert found == statuses
    else:
        # Each reads a request in its own way; what they hand on is answered by the same code.
        assert set(found) <= {200, 206, 308, 400, 404, 405, 413, 414, 416, 417, 431, 501, 505}
    assert LEAKS.findall(received) == []
    assert server.get("/feed.xml")[2] == newspaper().store.rendered["feed.xml"].body


def _received(server: Running, sent: bytes) -> bytes:
    """What comes back until the server closes; other servers wait for what never comes, so we do not."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10 if server.kind == "granian" else 0.3) as there:
        try:
            there.sendall(sent)
            while chunk := there.recv(65536):
                received += chunk
        except ConnectionError:
            pass  # it may answer and close before it has read everything
        except TimeoutError:
            if server.kind == "granian":
                raise
    return received


def test_slowloris_with_500_sockets_harms_nobody_and_is_cut_off(tmp_path: Path) -> None:
    limits = json.dumps({"IDLE_TIMEOUT": 4})
    with running(tmp_path / "edition", LIMITS=limits) as server, ExitStack() as slow:
        sockets = [
            slow.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10)) for _ in range(500)
        ]
        for one in sockets:
            one.sendall(FEED + b"X-Slow: ")
        taken = []
        for number in range(200):
            for one in sockets[number::20]:
                one.sendall(b"a")
            began = time.perf_counter()
            assert server.get("/feed.xml" if number % 2 else "/")[0] == 200
            taken.append(time.perf_counter() - began)
        assert statistics.quantiles(taken, n=20)[-1] < 0.2
        assert [_ended(one) for one in sockets] == [True] * 500


def _ended(connection: socket.socket) -> bool:
    """Whether the server ended it without an answer that is worth anything."""
    try:
        return not connection.recv(65536).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return True


def test_an_idle_connection_is_closed(tmp_path: Path) -> None:
    with (
        running(tmp_path / "edition", LIMITS=json.dumps({"IDLE_TIMEOUT": 1})) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as silent,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as asked,
    ):
        asked.sendall(b"HEAD /feed.xml HTTP/1.1\r\nHost: a\r\n\r\n")
        assert asked.recv(65536).startswith(b"HTTP/1.1 200")
        assert (asked.recv(1), silent.recv(1)) == (b"", b"")


def test_connections_above_the_limit_wait_and_are_answered(tmp_path: Path) -> None:
    limits = json.dumps({"IDLE_TIMEOUT": 2, "CONNECTIONS": 20})
    with running(tmp_path / "edition", LIMITS=limits) as server, ExitStack() as idle:
        for _ in range(20):
            idle.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        began = time.monotonic()
        assert server.get("/feed.xml")[0] == 200
        assert time.monotonic() - began > 0.5


def test_a_client_that_stops_reading_is_cut_off(tmp_path: Path) -> None:
    film = tmp_path / "3c4d.mp4"
    film.touch()
    os.truncate(film, 64 << 20)
    with (
        running(tmp_path / "edition", LIMITS=json.dumps({"STALL_TIMEOUT": 1})) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as stalled,
    ):
        ours = stalled.getsockname()[1]

        def is_held() -> bool:
            """Whether the server's end of the connection is there."""
            ends = (line.split()[1:3] for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
            return (server.port, ours) in {(int(one[-4:], 16), int(other[-4:], 16)) for one, other in ends}

        stalled.sendall(b"GET /media/3c4d.mp4 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert stalled.recv(12) == b"HTTP/1.1 200"
        assert is_held()
        eventually(lambda: not is_held(), "the end of the connection on the server's side")
