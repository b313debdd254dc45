"""The network as the HTTP library sees it: a name is looked up once, checked, and what was checked is connected to."""

from __future__ import annotations

import errno
import selectors
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, zip_longest
from typing import Any

import httpcore2

from syndicator.edge.http.addresses import Address, Guard, parsed
from syndicator.edge.http.limits import Limits, Trouble
from syndicator.edge.http.resolve import Resolver

HEAD_START = 0.25
"""Seconds that an address has before the next is tried beside it (RFC 8305 section 8)."""

MOST_ADDRESSES = 6
"""Addresses of one name that are tried."""

_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""What costs least for one socket."""

_CERTIFICATE = {
    10: "its certificate has expired; its publisher must renew it",
    9: "its certificate is not valid yet; is the clock right?",
    18: "its certificate is signed by itself; its publisher must get one that is trusted",
    19: "its certificate is signed by an authority that is not trusted here",
    20: "its certificate is signed by an authority that is not trusted here, or it leaves out the one between",
    62: "its certificate is for another host name",
    64: "its certificate is for another address",
}


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens connections to what the guard allows, and to nothing else."""

    def __init__(self, guard: Guard, resolver: Resolver, limits: Limits, clock: Callable[[], float]) -> None:
        self._guard = guard
        self._resolver = resolver
        self._limits = limits
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> GuardedStream:
        """Connect within so many seconds, looking up the name included. Raises Trouble."""
        del local_address, socket_options  # nobody sets them; the library passes them on
        until = self._clock() + (self._limits.connect if timeout is None else timeout)
        if not self._guard.allows_port(port):
            raise Trouble(
                "blocked_port", f"port {port} is not fetched from; an operator can add it to {self._key('allow_ports')}"
            )
        allowed = self._allowed(host, until)
        try:
            connected = _first_connected([(address, port) for address in allowed], until, self._clock)
        except OSError as error:
            raise _unconnected(error) from error
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return GuardedStream(connected, self._limits, self._clock)

    def _allowed(self, host: str, until: float) -> list[Address]:
        literal = parsed(host)
        found = [literal] if literal else [parsed(text) for text in self._resolver.addresses(host, until)]
        allowed = [address for address in found if address is not None and self._guard.allows(address)]
        if not allowed:
            raise Trouble(
                "blocked_address",
                f"it is not on the public internet; an operator can add its network to {self._key('allow_networks')}",
            )
        return allowed

    def _key(self, name: str) -> str:
        return f"[{self._guard.section}] {name}"


class GuardedStream(httpcore2.NetworkStream):
    """A connection that ends in time. `begin` sets the bounds of each exchange; every read and write keeps them."""

    def __init__(self, connected: socket.socket, limits: Limits, clock: Callable[[], float]) -> None:
        self._socket = connected
        self._limits = limits
        self._clock = clock
        self._until = 0.0
        self._left = 0
        self.silent = True
        self._ended = False
        self._too_much = ""

    @property
    def stale(self) -> bool:
        """Whether the other end closed it before it answered anything to what was sent last."""
        return self.silent and self._ended

    def begin(self, until: float) -> None:
        """A request goes out: its answer may take until then, and its head so many bytes."""
        self._until = until
        self.silent = True
        self._ended = False
        self._left = self._limits.head
        self._too_much = f"its headers are longer than {self._limits.head // 1024} KiB"

    def begin_body(self, until: float, most: int) -> None:
        """The head has come: the body may take until then, and so many bytes."""
        self._until = until
        self._left += most
        self._too_much = f"it sends more than {most / 1024 / 1024:.3g} MiB, which is more than we read"

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes, none at the end. Raises Trouble."""
        if self._left <= 0:
            raise Trouble("too_large", self._too_much)
        wait = self._patience(timeout)
        try:
            self._socket.settimeout(wait)
            data = self._socket.recv(min(max_bytes, self._left))
        except TimeoutError as error:
            raise self._too_slow() from error
        except OSError as error:
            self._ended = True
            raise Trouble("protocol", "the connection broke before the answer was whole") from error
        self._ended = not data
        self._left -= len(data)
        self.silent = self.silent and not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it. What fails is left to reading: a server may answer before it has read everything."""
        if not buffer:
            return
        wait = self._patience(timeout)
        try:
            self._socket.settimeout(wait)
            self._socket.sendall(buffer)
        except TimeoutError as error:
            raise self._too_slow() from error
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> GuardedStream:
        """The same connection with TLS. An end that was not announced is no end (RFC 9112 section 9.8)."""
        try:
            self._socket.settimeout(self._limits.tls if timeout is None else timeout)
            self._socket = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, suppress_ragged_eofs=False
            )
        except (OSError, ValueError) as error:
            self.close()
            raise _untrusted(error) from error
        return self

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        """`is_readable` alone: whether there is something to read, or the end."""
        return self.more() if info == "is_readable" else None

    def more(self) -> bool:
        """Whether something, or the end, can be read at once."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        with _Selector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            return bool(selector.select(0))

    def surplus(self) -> bool:
        """Whether bytes are there that nobody has read, as far as can be seen without reading."""
        if isinstance(self._socket, ssl.SSLSocket):
            return self._socket.pending() > 0
        try:
            return self.more() and bool(self._socket.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def _patience(self, timeout: float | None) -> float:
        left = self._until - self._clock()
        if left <= 0:
            raise self._too_slow()
        return min(left, self._limits.idle if timeout is None else timeout)

    def _too_slow(self) -> Trouble:
        if self._clock() >= self._until:
            return Trouble("timeout", "it took too long to answer in full")
        return Trouble("timeout", f"nothing came from it for {self._limits.idle:g} s")


def _first_connected(
    addresses: Sequence[tuple[Address, int]], until: float, clock: Callable[[], float]
) -> socket.socket:
    """The first connection that stands, trying both families in turn; the next beside one that is slow (RFC 8305)."""
    waiting = deque(_alternating(addresses)[:MOST_ADDRESSES])
    failure: OSError = TimeoutError()
    begin = clock()
    with _Selector() as selector:
        try:
            while waiting or selector.get_map():
                now = clock()
                if now >= until:
                    raise TimeoutError
                if waiting and (now >= begin or not selector.get_map()):
                    begin = now + HEAD_START
                    try:
                        selector.register(_begun(*waiting.popleft()), selectors.EVENT_WRITE)
                    except OSError as error:
                        failure, begin = error, now
                    continue
                for key, _ in selector.select(max(0.0, (min(begin, until) if waiting else until) - now)):
                    trying = selector.unregister(key.fileobj).fileobj
                    assert isinstance(trying, socket.socket)
                    error_number = trying.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if not error_number:
                        return trying
                    trying.close()
                    failure, begin = OSError(error_number, ""), now
            raise failure
        finally:
            for key in list(selector.get_map().values()):
                key.fileobj.close()


def _alternating(addresses: Sequence[tuple[Address, int]]) -> list[tuple[Address, int]]:
    first = [pair for pair in addresses if pair[0].version == addresses[0][0].version]
    second = [pair for pair in addresses if pair[0].version != addresses[0][0].version]
    return [pair for pair in chain.from_iterable(zip_longest(first, second)) if pair is not None]


def _begun(address: Address, port: int) -> socket.socket:
    trying = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        trying.setblocking(False)
        failed = trying.connect_ex((str(address), port))
        if failed not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            raise OSError(failed, "")
    except OSError:
        trying.close()
        raise
    return trying


def _unconnected(error: OSError) -> Trouble:
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return Trouble("connect", "we have no files left to open; raise the limit of open files", starved=True)
    if isinstance(error, TimeoutError):
        return Trouble("connect", "no connection came about in time; is the server up?")
    if error.errno == errno.ECONNREFUSED:
        return Trouble("connect", "it refuses connections; is the server up?")
    return Trouble("connect", "it cannot be reached from here; is the network up?")


def _untrusted(error: OSError | ValueError) -> Trouble:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = _CERTIFICATE.get(error.verify_code, "its certificate cannot be trusted")
        return Trouble("tls", f"{reason}; nothing was fetched")
    if isinstance(error, TimeoutError):
        return Trouble("tls", "no secure connection came about in time")
    return Trouble("tls", "no secure connection came about; does it speak TLS, of a version that is still in use?")
