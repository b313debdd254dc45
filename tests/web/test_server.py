"""The real server on loopback: bytes on the wire, signals, ports, deaths."""

from __future__ import annotations

import os
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from syndicator.edge.http import Limits
from syndicator.edge.http.local import LocalClient
from syndicator.errors import BindError, FetchError
from syndicator.model import Request
from syndicator.web.app import create_admin
from syndicator.web.files import STREAMS
from syndicator.web.listening import check, listen, listening, start_admin
from tests.web.fakes import World, newspaper
from tests.web.running import Running, alive, children, eventually, free_port, running, start, workers


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("server") / "edition") as server:
        yield server


@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_wire_carries_the_very_bytes(server: Running, method: str, coding: str) -> None:
    document = newspaper().store.rendered["feed.xml"]
    body = {"identity": document.body, "gzip": document.gzip, "br": document.brotli}[coding] or b""
    status, headers, received = server.get("/feed.xml", method, **{"Accept-Encoding": coding})
    assert (status, headers["content-length"]) == (200, str(len(body)))
    assert received == (body if method == "GET" else b"")
    assert "transfer-encoding" not in headers


def test_304_on_the_wire_has_no_length_and_no_type(server: Running) -> None:
    etag = server.get("/feed.xml")[1]["etag"]
    request = f"GET /feed.xml HTTP/1.1\r\nHost: a\r\nIf-None-Match: {etag}\r\nConnection: close\r\n\r\n"
    head, _, body = server.raw(request.encode()).partition(b"\r\n\r\n")
    names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    assert (head.split(b"\r\n")[0].split()[1], body) == (b"304", b"")
    assert {b"content-length", b"content-type", b"transfer-encoding"}.isdisjoint(names)
    assert {b"etag", b"cache-control", b"vary", b"last-modified", b"date"} <= names


def test_an_absolute_target_is_answered_like_a_relative_one(server: Running) -> None:
    relative = server.raw(b"GET /feed HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    absolute = server.raw(b"GET http://evil.test/feed HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"evil" not in absolute
    without_date = [[line for line in r.split(b"\r\n") if not line.startswith(b"date:")] for r in (relative, absolute)]
    assert without_date[0] == without_date[1]


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /feed.xml HTTP/1.1\r\nHost: a\r\nHost: b\r\n", b"400"),
        (b"GET /feed.xml HTTP/1.1\r\nHost: good:1@evil\r\n", b"400"),
        (b"GET /feed.xml HTTP/1.1\r\n", b"400"),
        (b"GET /feed.xml HTTP/1.0\r\n", b"200"),
        (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n", b"204"),
        (b"GET /%0d%0aSet-Cookie:a=b HTTP/1.1\r\nHost: a\r\n", b"404"),
        (b"GET /" + b"a" * 8300 + b" HTTP/1.1\r\nHost: a\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20000 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n", b"400"),
        (b"POST /feed.xml HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n", b"405"),
    ],
)
def test_s45_what_no_server_should_pass_on_is_refused(server: Running, request_head: bytes, status: bytes) -> None:
    response = server.raw(request_head + b"Connection: close\r\n\r\n")
    assert response.split(b"\r\n")[0].split()[1] == status
    assert b"set-cookie" not in response.lower().partition(b"\r\n\r\n")[0]


def test_several_threads_answer_at_the_same_time(server: Running) -> None:
    found: list[int] = []

    def ask() -> None:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        for path in ("/", "/feed.xml", "/articles/the-ferry-that-came-back", "/nothing") * 5:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            found.append(response.status)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found) == sorted([200, 200, 200, 404] * 5 * 8)


def test_s45_clients_that_do_not_read_a_large_file_hold_up_nobody_and_no_memory(tmp_path: Path) -> None:
    film = tmp_path / "3c4d.mp4"
    film.touch()
    os.truncate(film, 256 << 20)
    request = b"GET /media/3c4d.mp4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with running(tmp_path / "edition") as server, ExitStack() as slow:
        memory = Path(f"/proc/{server.worker()}/statm")
        before = int(memory.read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        statuses = []
        for _ in range(STREAMS + 4):
            connection = slow.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            connection.sendall(request)
            statuses.append(connection.recv(12))
        assert (statuses.count(b"HTTP/1.1 200"), statuses.count(b"HTTP/1.1 503")) == (STREAMS, 4)
        assert server.get("/feed.xml")[0] == 200
        assert server.get("/media/3c4d.mp4", Range="bytes=0-0")[0::2] == (206, b"\0")
        assert server.get("/media/3c4d.mp4")[1]["retry-after"] == "5"
        assert int(memory.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") - before < 64 << 20
        slow.close()
        eventually(lambda: server.get("/media/3c4d.mp4", Range="bytes=-1000000")[0] == 206, "a slot that is free again")


def test_a_port_in_use_is_one_clear_line(server: Running, tmp_path: Path) -> None:
    with pytest.raises(BindError) as caught:
        check("127.0.0.1", server.port)
    address = f"127.0.0.1:{server.port}"
    assert str(caught.value) == (
        f"{address} is in use: stop what listens there, or choose another port with --bind HOST:PORT"
    )
    for host in ("localhost", "0.0.0.0"):
        with pytest.raises(BindError):
            check(host, server.port)
    with start(tmp_path / "edition", 1, server.port) as second:
        assert second.wait(20) != 0
        assert second.stdout is not None
        assert f"BindError: {address} is in use".encode() in second.stdout.read()


def test_a_server_that_shares_ports_is_noticed_too() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(BindError):
            check("127.0.0.1", other.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("192.0.2.1", 8080, "192.0.2.1:8080 is no address of this machine"),
        ("no.such.host.invalid", 8080, "no.such.host.invalid:8080 is no address of this machine"),
        ("127.0.0.1", 99999, "127.0.0.1:99999 has no port that exists"),
        ("x" * 80, 80, "x" * 80 + ":80 is no address of this machine"),
    ],
)
def test_an_address_that_cannot_be_had_is_one_clear_line(host: str, port: int, message: str) -> None:
    with pytest.raises(BindError) as caught:
        listen(host, port)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_term_lets_the_server_end_well_and_hup_renews_its_workers(tmp_path: Path) -> None:
    edition = tmp_path / "edition"
    with running(edition, workers=2) as server:
        before = workers(server.process.pid)
        assert (len(before), server.worker() in before) == (2, True)
        refused: list[Exception] = []
        done = threading.Event()

        def keep_asking() -> None:
            while not done.is_set():
                try:
                    server.get("/feed.xml")
                except Exception as error:  # noqa: BLE001
                    refused.append(error)

        asking = threading.Thread(target=keep_asking)
        asking.start()
        edition.write_text("second")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: not any(alive(pid) for pid in before), "the end of the old workers")
        done.set()
        asking.join(20)
        assert (server.get("/pid")[1]["x-edition"], refused) == ("second", [])

        after = workers(server.process.pid)
        edition.write_text("broken")
        server.process.send_signal(signal.SIGHUP)
        assert server.process.stdout is not None
        assert b"write something else; the configuration stays as it was\n" in server.process.stdout.readline()
        assert (workers(server.process.pid), server.get("/pid")[1]["x-edition"]) == (after, "second")

        assert server.stop() == 0
        eventually(lambda: not any(alive(pid) for pid in after), "the end of the workers")
        assert server.process.stdout.read() == b""


def test_a_signal_to_the_whole_group_is_no_failure(tmp_path: Path) -> None:
    with running(tmp_path / "edition") as server:
        os.killpg(server.process.pid, signal.SIGTERM)
        assert server.process.wait(10) == 0


def test_a_worker_that_dies_is_replaced_and_all_die_with_the_server(tmp_path: Path) -> None:
    with running(tmp_path / "edition") as server:
        first = server.worker()
        os.kill(first, signal.SIGKILL)
        eventually(lambda: server.answers() and server.worker() != first, "a new worker")
        family = children(server.process.pid)
        assert server.worker() in family
        server.process.kill()
        eventually(lambda: not any(alive(pid) for pid in family), "the end of the whole family", deadline=5)
        with pytest.raises(OSError, match="refused"):
            server.get("/")


def test_a_worker_that_is_killed_takes_only_its_own_open_requests_along(tmp_path: Path) -> None:
    with running(tmp_path / "edition", workers=2) as server:
        before = workers(server.process.pid)
        found: list[list[object]] = [[] for _ in range(4)]
        done = threading.Event()

        def keep_asking(into: list[object]) -> None:
            while not done.is_set():
                try:
                    into.append(server.get("/feed.xml")[0])
                except (OSError, HTTPException) as error:
                    into.append(error)

        asking = [threading.Thread(target=keep_asking, args=(one,)) for one in found]
        for thread in asking:
            thread.start()
        for number in range(1, 3):
            victim = min(workers(server.process.pid))
            os.kill(victim, signal.SIGKILL)
            eventually(
                lambda gone=victim: gone not in (now := workers(server.process.pid)) and len(now) == 2, "a new one"
            )
            eventually(lambda: len({server.worker() for _ in range(10)}) == 2, "both answer")
            # Each thread has one request open at a time.
            assert all(sum(one != 200 for one in answers) <= number for answers in found)
        done.set()
        for thread in asking:
            thread.join(20)
        assert all(answers[-1] == 200 for answers in found)
        assert len(workers(server.process.pid) - before) >= 1


def test_workers_that_are_killed_again_and_again_do_not_end_the_server(tmp_path: Path) -> None:
    with running(tmp_path / "edition") as server:
        for _ in range(5):
            first = server.worker()
            os.kill(first, signal.SIGKILL)
            eventually(lambda gone=first: server.answers() and server.worker() != gone, "a new worker")
        assert server.stop() == 0


def test_a_worker_that_cannot_start_ends_the_server_but_not_one_that_serves(tmp_path: Path) -> None:
    with start(tmp_path / "edition", 1, free_port(), EDITION="never") as server:
        assert server.wait(20) == 1
        assert server.stdout is not None
        assert b"this edition cannot be served" in server.stdout.read()


@pytest.fixture
def web_socket(tmp_path: Path) -> Path:
    return tmp_path / "web.sock"


def ask(path: Path, target: str = "/healthz") -> str:
    """What a server answers over its Unix socket."""
    client = LocalClient(path, Limits(total=5))
    try:
        return client.fetch(Request(url=f"http://localhost{target}")).body.decode()
    except FetchError as error:
        return error.kind
    finally:
        client.close()


def test_a_unix_socket_is_for_its_group_and_gone_at_the_end(tmp_path: Path, web_socket: Path) -> None:
    for number in (signal.SIGKILL, signal.SIGTERM):
        # The second one finds what the first one left behind.
        with start(tmp_path / "edition", 2, web_socket) as server:
            eventually(lambda: ask(web_socket) == "ok\n", "an answer over the socket")
            found = web_socket.lstat()
            assert (stat.S_ISSOCK(found.st_mode), stat.S_IMODE(found.st_mode)) == (True, 0o660)
            family = children(server.pid)
            server.send_signal(number)
            server.wait(20)
            eventually(lambda those=family: not any(alive(pid) for pid in those), "the end of the whole family")
        assert web_socket.exists() == (number == signal.SIGKILL)
    assert ask(web_socket) == "connect"


def test_a_unix_socket_in_use_is_one_clear_line(tmp_path: Path, web_socket: Path) -> None:
    with listening(web_socket), pytest.raises(BindError) as caught, listening(web_socket):
        pass
    assert str(caught.value) == (
        f"{web_socket} is in use: stop what listens there, or choose another with --bind unix:PATH"
    )
    assert not web_socket.exists()


def test_another_servers_socket_is_not_removed_at_the_end(web_socket: Path) -> None:
    with listening(web_socket) as first:
        first.close()
        with listening(web_socket):
            pass
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(web_socket))
    assert web_socket.exists()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("file", "is no socket: move it away"),
        ("link", "is no socket: move it away"),
        ("missing/web.sock", "cannot be listened on (No such file or directory)"),
        ("a" * 200, "cannot be listened on (AF_UNIX path too long)"),
    ],
)
def test_a_path_that_cannot_be_a_socket_is_one_clear_line(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(BindError) as caught, listening(tmp_path / name):
        pass
    assert str(caught.value).startswith(f"{tmp_path / name} {reason}")
    assert (tmp_path / "file").read_text() == "kept"


def test_the_operators_listener_answers_beside_everything_else(world: World) -> None:
    port = free_port()
    stop = start_admin(create_admin(world.ports), "127.0.0.1", port)
    try:
        with pytest.raises(BindError):
            start_admin(create_admin(world.ports), "localhost", port)
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        for _ in range(2):
            connection.request("GET", "/healthz")
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, b"ok\n")
        connection.close()
    finally:
        stop()
    check("127.0.0.1", port)
