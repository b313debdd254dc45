"""A real server in a process of its own, and plain sockets to talk to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEADLINE = 20.0
APP = "tests.web.served:create"


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(holds: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
    """Wait until something holds; fail when it does not before the deadline."""
    end = time.monotonic() + deadline
    while not holds():
        assert time.monotonic() < end, f"{what} did not happen within {deadline} s"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """The processes that a process started, and those that they did."""
    try:
        own = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []
    return own + [grandchild for child in own for grandchild in children(child)]


def workers(pid: int) -> set[int]:
    """Those of them that answer requests."""
    found = set()
    for child in children(pid):
        with suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes() and alive(child):
                found.add(child)
    return found


@dataclass
class Running:
    """A server process, its port, and which of COMMANDS it is."""

    process: subprocess.Popen[bytes]
    port: int
    kind: str = "granian"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of one request."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def raw(self, request: bytes) -> bytes:
        """What comes back for these very bytes, until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
            return received

    def worker(self) -> int:
        """The pid of the worker that answers."""
        return int(self.get("/pid")[2])

    def answers(self) -> bool:
        try:
            return self.get("/pid")[0] == 200
        except (OSError, HTTPException):
            return False

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)


COMMANDS = {
    "granian": ["-m", "tests.web.served", "{place}", "{workers}", "{parent}"],
    "gunicorn": ["-m", "gunicorn", "-b", "127.0.0.1:{place}", "-k", "gthread", "--threads", "8", APP + "()"],
    "waitress": ["-m", "waitress", "--host", "127.0.0.1", "--port", "{place}", "--threads", "8", "--call", APP],
}
"""Servers for `tests.web.served`, ours first."""


def start(
    edition: Path, workers: int, place: int | Path, kind: str = "granian", **environ: str
) -> subprocess.Popen[bytes]:
    """A process that is to serve `tests.web.served` at a port or a Unix socket, in a group of its own."""
    words = {"place": place, "workers": workers, "parent": os.getpid()}
    return subprocess.Popen(
        [sys.executable, *(word.format_map(words) for word in COMMANDS[kind])],
        cwd=ROOT,
        env={**os.environ, "EDITION_FILE": str(edition), "PYTHONPATH": str(ROOT), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@contextmanager
def running(edition: Path, workers: int = 1, kind: str = "granian", **environ: str) -> Iterator[Running]:
    """A server that answers; it is gone afterwards."""
    port = free_port()
    process = start(edition, workers, port, kind, **environ)
    server = Running(process, port, kind)
    try:
        eventually(lambda: process.poll() is not None or server.answers(), "the first answer")
        assert process.poll() is None, process.stdout and process.stdout.read().decode()
        yield server
    finally:
        # Workers of other servers outlive it for a moment.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(DEADLINE)
        if process.stdout is not None:
            process.stdout.close()
