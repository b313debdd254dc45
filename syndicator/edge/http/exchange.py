"""One request and its answer, on a new connection or one that was kept."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpcore2

from syndicator.edge.http import bodies
from syndicator.edge.http.addresses import Guard
from syndicator.edge.http.backend import GuardedBackend
from syndicator.edge.http.connections import Connection, Kept
from syndicator.edge.http.limits import Limits, Trouble
from syndicator.edge.http.outgoing import Lines
from syndicator.edge.http.resolve import Resolver
from syndicator.edge.http.targets import Target

_KEEP_ALIVE = re.compile(r"timeout\s*=\s*(\d{1,6})", re.IGNORECASE | re.ASCII)

REDIRECTS = frozenset({301, 302, 303, 307, 308})

SMALL = 16 * 1024
"""Bytes of a redirect's body that are read past."""

PATIENCE = 2.0
"""Seconds that it may take."""

_SILENT = "it hung up without an answer; perhaps it answers at the next try"
_STRANGE = "what answers there does not keep to HTTP; is it a web server?"
_BROKEN = "its answer breaks off before it is whole; perhaps it is whole at the next try"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one hop answered. `locations` are all of its Location headers."""

    status: int
    headers: dict[str, str]
    locations: Sequence[str]
    body: bytes
    received: int

    @property
    def redirects(self) -> bool:
        return self.status in REDIRECTS


class Exchanges:
    """Asks one hop at a time, from any thread."""

    def __init__(
        self,
        guard: Guard,
        resolver: Resolver,
        limits: Limits,
        clock: Callable[[], float],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._backend = GuardedBackend(guard, resolver, limits, clock)
        self._kept = Kept(limits, clock)
        self._tls = tls
        self._lock = threading.Lock()

    def ask(self, target: Target, lines: Lines, until: float) -> Answer:
        """Ask, and read the answer whole. Raises Trouble.

        Nothing is asked twice; only where a connection that was kept turns out to have been ended by its server, with
        not one byte of an answer, a new one is opened (RFC 9112 section 9.3.1).
        """
        kept = self._kept.take(target.origin)
        if kept is not None:
            try:
                return self._asked(kept, target, lines, until)
            except Trouble:
                if not kept.wire.stale:
                    raise
        return self._asked(self._connect(target, until), target, lines, until)

    def _asked(self, connection: Connection, target: Target, lines: Lines, until: float) -> Answer:
        try:
            answer = self._exchange(connection, target, lines, until)
        except BaseException:
            connection.close()
            raise
        if connection.is_idle() and not connection.surplus():
            self._kept.put(connection, _patience(answer.headers, self._limits.keep))
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Let go of the connections."""
        self._kept.close()

    def _connect(self, target: Target, until: float) -> Connection:
        try:
            try:
                return self._connected(target, until)
            except Trouble as trouble:
                if not trouble.starved or not self._kept.drop():
                    raise
                return self._connected(target, until)
        except Trouble as trouble:
            if trouble.kind in ("dns", "connect", "tls") and self._clock() >= until:
                raise Trouble("timeout", "it took too long with all its redirects") from trouble
            raise

    def _connected(self, target: Target, until: float) -> Connection:
        wait = min(self._limits.connect, until - self._clock())
        stream = self._backend.connect_tcp(target.host, target.port, wait)
        if target.scheme == "https":
            wait = min(self._limits.tls, until - self._clock())
            stream.start_tls(self._context(), target.host.rstrip("."), max(wait, 0))
        return Connection(target.origin, stream)

    def _context(self) -> ssl.SSLContext:
        """One for all: making one costs more than all else of a request together."""
        with self._lock:
            if self._tls is None:
                self._tls = httpcore2.default_ssl_context()
                self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls

    def _exchange(self, connection: Connection, target: Target, lines: Lines, until: float) -> Answer:
        connection.wire.begin(until)
        try:
            response = connection.handle_request(_request(target, lines))
        except httpcore2.RemoteProtocolError as error:
            raise Trouble("protocol", _SILENT if connection.wire.silent else _STRANGE) from error
        except httpcore2.LocalProtocolError as error:
            raise Trouble("bad_url", "it cannot be asked for as it is written; check the address") from error
        if len(response.headers) > self._limits.lines:
            raise Trouble("too_large", f"it sends more than {self._limits.lines} header lines")
        headers, locations = _read_headers(response.headers)
        _check(response.status, lines)
        if response.status in REDIRECTS:
            body, received = self._drained(connection, response, headers, until), 0
        elif 200 <= response.status < 300:
            body, received = self._body(connection, response, headers, until)
        else:
            body, received = self._page(connection, response, headers, until)
        response.close()
        return Answer(status=response.status, headers=headers, locations=locations, body=body, received=received)

    def _body(
        self, connection: Connection, response: httpcore2.Response, headers: dict[str, str], until: float
    ) -> tuple[bytes, int]:
        coding = bodies.coding(headers.get("content-encoding", ""))
        connection.wire.begin_body(until, self._limits.wire)
        try:
            found = bodies.read(_chunks(response), coding, self._limits.wire, self._limits.body)
        except httpcore2.RemoteProtocolError as error:
            raise Trouble("protocol", _BROKEN) from error
        announced = "content-length" in headers and "transfer-encoding" not in headers
        if announced and (connection.surplus().strip() or connection.wire.surplus()):
            raise Trouble("protocol", "it sends more than it announces, so that half of it may be missing")
        return found

    def _page(
        self, connection: Connection, response: httpcore2.Response, headers: dict[str, str], until: float
    ) -> tuple[bytes, int]:
        """The body of an answer whose status is what counts: none where anything is wrong with it."""
        most = self._limits.page
        try:
            coding = bodies.coding(headers.get("content-encoding", ""))
            connection.wire.begin_body(min(until, self._clock() + self._limits.idle), most)
            return bodies.read(_chunks(response), coding, most, most)
        except (Trouble, httpcore2.RemoteProtocolError):
            connection.close()
            return b"", 0

    def _drained(
        self, connection: Connection, response: httpcore2.Response, headers: dict[str, str], until: float
    ) -> bytes:
        """Read past the body of a redirect where it is so small that its connection is worth it. No bytes."""
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) <= SMALL:
            connection.wire.begin_body(min(until, self._clock() + PATIENCE), SMALL)
            with suppress(Trouble, httpcore2.RemoteProtocolError):
                for _ in _chunks(response):
                    pass
        return b""


def _request(target: Target, lines: Lines) -> httpcore2.Request:
    url = httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    return httpcore2.Request(b"GET", url, headers=lines)


def _chunks(response: httpcore2.Response) -> Iterable[bytes]:
    return response.stream  # type: ignore[return-value]


def _read_headers(raw: Iterable[tuple[bytes, bytes]]) -> tuple[dict[str, str], list[str]]:
    headers: dict[str, str] = {}
    locations = []
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if name == "location":
            locations.append(value)
    return headers, locations


def _check(status: int, lines: Lines) -> None:
    if status < 200:
        raise Trouble("protocol", "it wants to speak another protocol than HTTP")
    if status == 206:
        raise Trouble("protocol", "it sends a part though the whole was asked for")
    if status == 304 and not any(name.startswith(b"If-") for name, _ in lines):
        raise Trouble("protocol", "it says that nothing has changed though it was not asked that")


def _patience(headers: dict[str, str], seconds: float) -> float:
    """How long to keep the connection: a second less than its server says (RFC 2068 section 19.7.1)."""
    match = _KEEP_ALIVE.search(headers.get("keep-alive", ""))
    return min(seconds, int(match[1]) - 1) if match else seconds
