"""Requests at a held rate over connections that stay open, each answer looked at whole. Linux, one thread."""

from __future__ import annotations

import heapq
import itertools
import random
import selectors
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.bench.serving.judging import Answered, Asked

PATIENCE = 10.0
"""Seconds within which an answer must be whole."""
_PIECE = 256 * 1024
_RETRY = 0.05
_REQUESTS = (50, 500)
"""Requests on one connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked, and the bytes that ask it."""

    asked: Asked
    wire: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A connection that ended, when, and whether an answer was awaited on it or had begun."""

    when: float
    why: str
    awaited: bool


@dataclass(slots=True, eq=False)
class _Line:
    """One connection, None while there is none."""

    socket: socket.socket | None = None
    request: Request | None = None
    sent: float = 0.0
    got: bytearray = field(default_factory=bytearray)
    retry: float = 0.0
    left: int = 0


class Loader:
    """Asks a server on loopback `rate` times a second; `request` makes the next request, `seen` is told every answer.

    Moments are those of `time.monotonic`. `broken` are the connections that the server ended, `late` the requests for
    which no connection was free when their time came: they are not asked, so that the rate is what the server bears.
    A connection is given up after some hundred requests, as `chance` has it: all processes of the server get some.
    """

    def __init__(
        self,
        port: int,
        rate: float,
        request: Callable[[], Request],
        seen: Callable[[Asked, Answered], None],
        chance: random.Random,
        connections: int = 32,
    ) -> None:
        self.broken: list[Broken] = []
        self.answered = self.late = 0
        self._port = port
        self._pause = 1 / rate
        self._request = request
        self._seen = seen
        self._chance = chance
        self._selector = selectors.DefaultSelector()
        self._lines = [_Line() for _ in range(connections)]
        self._idle = list(self._lines)
        self._room = memoryview(bytearray(_PIECE))
        self._chores: list[tuple[float, int, Callable[[], float | None]]] = []
        self._number = itertools.count()

    def every(self, chore: Callable[[], float | None], first: float) -> None:
        """Do something between requests, `first` seconds from now; it returns the seconds to its next time, or None."""
        heapq.heappush(self._chores, (time.monotonic() + first, next(self._number), chore))

    def run(self, seconds: float) -> None:
        """Load for so long, then wait for what is still awaited."""
        end = time.monotonic() + seconds
        turn = time.monotonic()
        looked = turn
        while (now := time.monotonic()) < end:
            self._do_chores(now)
            while turn <= now:
                turn += self._pause
                self._ask(now)
            if now - looked > 1.0:
                looked = now
                self._look_for_hanging(now)
            soon = min(turn, self._chores[0][0] if self._chores else turn)
            self._receive(max(0.0, soon - time.monotonic()))
        while self._awaited() and time.monotonic() < end + PATIENCE:
            self._receive(0.1)
        self._look_for_hanging(time.monotonic() + PATIENCE)

    def close(self) -> None:
        """Hang up."""
        for line in self._lines:
            self._hang_up(line)
        self._selector.close()

    def _awaited(self) -> bool:
        return any(line.request is not None for line in self._lines)

    def _do_chores(self, now: float) -> None:
        while self._chores and self._chores[0][0] <= now:
            _, _, chore = heapq.heappop(self._chores)
            pause = chore()
            if pause is not None:
                heapq.heappush(self._chores, (time.monotonic() + pause, next(self._number), chore))

    def _ask(self, now: float) -> None:
        line = next((line for line in self._idle if line.retry <= now), None)
        if line is None:
            self.late += 1
            return
        self._idle.remove(line)
        request = self._request()
        try:
            if line.socket is None:
                line.socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
                line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._selector.register(line.socket, selectors.EVENT_READ, line)
                line.left = self._chance.randint(*_REQUESTS)
            line.request, line.sent = request, time.monotonic()
            line.socket.sendall(request.wire)
        except OSError as error:
            self._break(line, str(error))

    def _receive(self, patience: float) -> None:
        for key, _ in self._selector.select(patience):
            line: _Line = key.data
            assert line.socket is not None
            try:
                size = line.socket.recv_into(self._room)
            except OSError as error:
                self._break(line, str(error))
                continue
            if size == 0:
                self._break(line, "closed")
                continue
            line.got += self._room[:size]
            self._read(line)

    def _read(self, line: _Line) -> None:
        head = line.got.find(b"\r\n\r\n")
        if head < 0:
            return
        status, headers = fields(bytes(line.got[:head]))
        length = 0 if status in (204, 304) else int(headers.get("content-length", -1))
        if length >= 0 and len(line.got) < head + 4 + length:
            return
        if line.request is None or length < 0 or len(line.got) > head + 4 + length:
            self._break(line, "an answer without a length, or more than one")
            return
        answered = Answered(
            status=status, headers=headers, body=bytes(line.got[head + 4 :]), sent=line.sent, came=time.monotonic()
        )
        asked = line.request.asked
        line.request = None
        line.got.clear()
        self._idle.append(line)
        line.left -= 1
        if line.left <= 0 or headers.get("connection", "") == "close":
            self._hang_up(line)
        self.answered += 1
        self._seen(asked, answered)

    def _look_for_hanging(self, now: float) -> None:
        for line in self._lines:
            if line.request is not None and now - line.sent > PATIENCE:
                self._break(line, f"no answer within {PATIENCE:.0f} s to {line.request.asked.path}")

    def _break(self, line: _Line, why: str) -> None:
        self.broken.append(Broken(when=time.monotonic(), why=why, awaited=line.request is not None))
        self._hang_up(line)
        line.retry = time.monotonic() + _RETRY
        if line not in self._idle:
            self._idle.append(line)

    def _hang_up(self, line: _Line) -> None:
        if line.socket is not None:
            if line.socket.fileno() >= 0:
                self._selector.unregister(line.socket)
            line.socket.close()
        line.socket, line.request = None, None
        line.got.clear()


def fields(head: bytes) -> tuple[int, Mapping[str, str]]:
    """Status and header fields, their names in small letters, of the head of an answer."""
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split(" ", 2)[1]), {name.lower(): value.strip() for name, _, value in pairs}


def wire(path: str, headers: Mapping[str, str]) -> bytes:
    """A GET as bytes."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
