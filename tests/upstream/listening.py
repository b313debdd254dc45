"""A server on loopback: a thread accepts, a thread per connection reads requests and hands them on."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

LONGEST_HEAD = 256 * 1024


class Stopped(Exception):
    """The server is being stopped, or its client has gone: whoever writes or waits is to end."""


@dataclass(kw_only=True)
class Received:
    """A request as it came in. `headers` have lower-case names; `fields` are all of them as sent, in order.

    `at` is seconds on the server's clock, `connection` counts connections from 1. `status` is what was answered.
    """

    method: str
    target: str
    headers: dict[str, str]
    fields: list[tuple[str, str]]
    at: float
    connection: int
    status: int | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(eq=False)
class Wire:
    """One connection, from the server's end."""

    socket: socket.socket
    number: int
    stopping: threading.Event
    unread: bytes = b""
    closed: bool = False
    pace: float = 0.05

    def send(self, data: bytes) -> None:
        """Write all of it. Raises Stopped where the other end has gone."""
        try:
            self.socket.sendall(data)
        except (OSError, ValueError) as error:
            raise Stopped from error

    def drip(self, data: bytes, pause: float) -> None:
        """Write one byte at a time, with a pause after each."""
        for byte in data:
            self.send(bytes([byte]))
            self.pause(pause)

    def pause(self, seconds: float) -> None:
        """Wait. Raises Stopped when the server is stopped meanwhile."""
        if self.stopping.wait(seconds):
            raise Stopped

    def hang(self) -> None:
        """Neither read, write nor close until the server is stopped."""
        self.stopping.wait()
        raise Stopped

    def reset(self) -> None:
        """Close the connection with a reset instead of an end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def head(self) -> bytes | None:
        """The next request up to its empty line; None where the connection ends before."""
        while b"\r\n\r\n" not in self.unread:
            try:
                data = self.socket.recv(65536)
            except (OSError, ValueError):
                return None
            if not data or len(self.unread) > LONGEST_HEAD:
                return None
            self.unread += data
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        return head

    def close(self) -> None:
        self.closed = True
        with suppress(OSError):
            self.socket.close()


class Listener(ABC):
    """Listens on `port` of loopback, on a free one where it is 0, between `with` and its end.

    `tls` makes it speak TLS. `requests` are all that were received, `connections` how many were accepted, `at` says
    what time it is for them.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        address: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = address
        self.tls = tls
        self.requests: list[Received] = []
        self.connections = 0
        self.port = port
        self._clock = clock
        self._stopping = threading.Event()
        self._wires: set[Wire] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((self.address, self.port))
        self._socket.listen(512)
        self.port = self._socket.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, end every connection, wait for every script to end."""
        self._stopping.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._socket.close()
        self.hang_up()
        for thread in self._threads:
            thread.join()

    def hang_up(self) -> None:
        """End every open connection."""
        with self._lock:
            wires = list(self._wires)
        for wire in wires:
            with suppress(OSError):
                wire.socket.shutdown(socket.SHUT_RDWR)

    def url(self, path: str = "/", *, host: str | None = None, credentials: str = "") -> str:
        """The address of a path; `host` is a name instead of the number, `credentials` are `user:password`."""
        host = host or (f"[{self.address}]" if ":" in self.address else self.address)
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{credentials}{'@' if credentials else ''}{host}:{self.port}{path}"

    def requests_to(self, path: str) -> list[Received]:
        """The requests to one path, whatever the query."""
        return [received for received in list(self.requests) if received.path == path]

    def forget(self) -> None:
        """Begin a new record."""
        self.requests.clear()
        self.connections = 0

    @abstractmethod
    def answer(self, wire: Wire, received: Received) -> bool:
        """Answer a request; whether the connection may carry another one."""

    def greet(self, wire: Wire) -> bool:
        """Whether to go on after a connection was accepted, before anything is read of it."""
        return True

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire = Wire(accepted, self.connections, self._stopping)
            thread = threading.Thread(target=self._serve, args=(wire,), daemon=True)
            with self._lock:
                self._wires.add(wire)
                self._threads = [known for known in self._threads if known.is_alive()] + [thread]
                thread.start()

    def _serve(self, wire: Wire) -> None:
        try:
            if self.greet(wire):
                if self.tls:
                    wire.socket = self.tls.wrap_socket(wire.socket, server_side=True)
                while (received := self._next(wire)) and self.answer(wire, received):
                    pass
        except (Stopped, OSError):
            pass
        finally:
            wire.close()
            with self._lock:
                self._wires.discard(wire)

    def _next(self, wire: Wire) -> Received | None:
        head = wire.head()
        if head is None:
            return None
        line, *lines = head.decode("latin-1").split("\r\n")
        method, target, *_ = [*line.split(" "), "", ""]
        fields = [(name, value.strip(" \t")) for name, _, value in (text.partition(":") for text in lines)]
        received = Received(
            method=method,
            target=target,
            headers={name.lower(): value for name, value in fields},
            fields=fields,
            at=self._clock(),
            connection=wire.number,
        )
        self.requests.append(received)
        return received
