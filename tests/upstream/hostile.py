"""An upstream that does what it should not: every path is a script that writes raw bytes."""

from __future__ import annotations

import functools
import gzip
import ssl
import zlib
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import brotli

from tests.upstream.listening import Listener, Received, Stopped, Wire

Script = Callable[[Wire, Received], None]

FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><title>One</title></item></channel></rss>'
)
"""What a script means when it sends a whole document."""

KILOBYTE = b"x" * 1024
MEGABYTE = KILOBYTE * 1024


class HostileServer(Listener):
    """Serves SCRIPTS, and those given, by path: `with HostileServer() as server: server.url("/trickle")`.

    A script writes what it likes to the Wire; its connection is closed when it returns. `on_connect` is run instead
    when a connection is accepted, before anything is read or said in TLS. `pace` is the seconds between the bytes of
    those that drip.
    """

    def __init__(
        self,
        scripts: Mapping[str, Script] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        address: str = "127.0.0.1",
        port: int = 0,
        on_connect: Callable[[Wire], None] | None = None,
        pace: float = 0.05,
    ) -> None:
        super().__init__(tls=tls, address=address, port=port)
        self.scripts: dict[str, Script] = {**SCRIPTS, **(scripts or {})}
        self.pace = pace
        self._on_connect = on_connect

    def script(self, path: str, script: Script) -> None:
        """Let a script answer for a path."""
        self.scripts[path] = script

    def raw(self, path: str, data: bytes) -> None:
        """Let a path answer with exactly these bytes, and then close."""
        self.scripts[path] = lambda wire, _: wire.send(data)

    def greet(self, wire: Wire) -> bool:
        if self._on_connect:
            self._on_connect(wire)
        return self._on_connect is None

    def answer(self, wire: Wire, received: Received) -> bool:
        wire.pace = self.pace
        self.scripts.get(received.path, _missing)(wire, received)
        return False


def ok(body: bytes = b"", *headers: bytes, length: int | None = None, status: bytes = b"200 OK") -> bytes:
    """An answer with a Content-Length, right or wrong, and these header lines."""
    lines = [b"HTTP/1.1 " + status, b"Content-Type: application/rss+xml", *headers]
    return b"\r\n".join([*lines, b"Content-Length: %d" % (len(body) if length is None else length), b"", body])


def opened(*headers: bytes, status: bytes = b"200 OK") -> bytes:
    """The head of an answer whose body has no length."""
    return b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Type: application/rss+xml", *headers, b"", b""])


def chunk(data: bytes) -> bytes:
    """One chunk (RFC 9112 section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


@functools.cache
def gzip_bomb(size: int = 64 * 1024 * 1024) -> bytes:
    """Gzip of so many zeros: a thousandth of them in bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1024 * 1024)
    return b"".join(packer.compress(zeros) for _ in range(size // len(zeros))) + packer.flush()


@functools.cache
def brotli_bomb(size: int = 64 * 1024 * 1024) -> bytes:
    """Brotli of so many zeros: a few hundred bytes."""
    packed: bytes = brotli.compress(bytes(size), quality=5)
    return packed


def _missing(wire: Wire, received: Received) -> None:
    wire.send(ok(b"no such script", status=b"404 Not Found"))


def _feed(wire: Wire, received: Received) -> None:
    wire.send(ok(FEED))


def _slow_headers(wire: Wire, received: Received) -> None:
    wire.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: y\r\n" * 10_000, wire.pace)


def _trickle(wire: Wire, received: Received) -> None:
    wire.send(ok(length=10_000_000))
    wire.drip(b"<" * 1_000_000, wire.pace)


def _trickle_chunks(wire: Wire, received: Received) -> None:
    wire.send(opened(b"Transfer-Encoding: chunked"))
    for _ in range(1_000_000):
        wire.send(chunk(b"<"))
        wire.pause(wire.pace)


def _stall(wire: Wire, received: Received) -> None:
    wire.send(ok(FEED)[: -len(FEED) // 10])
    wire.hang()


def _silence(wire: Wire, received: Received) -> None:
    wire.hang()


def _endless(wire: Wire, received: Received) -> None:
    wire.send(opened(b"Connection: close"))
    while True:
        wire.send(MEGABYTE)


def _ten_gigabytes(wire: Wire, received: Received) -> None:
    wire.send(ok(length=10 * 1024**3))
    while True:
        wire.send(MEGABYTE)


def _endless_chunks(wire: Wire, received: Received) -> None:
    wire.send(opened(b"Transfer-Encoding: chunked"))
    while True:
        wire.send(chunk(MEGABYTE))


def _tiny_chunks(wire: Wire, received: Received) -> None:
    wire.send(opened(b"Transfer-Encoding: chunked"))
    while True:
        wire.send(chunk(b"x") * 10_000)


def _endless_gzip(wire: Wire, received: Received) -> None:
    wire.send(opened(b"Content-Encoding: gzip", b"Transfer-Encoding: chunked"))
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    while True:
        wire.send(chunk(packer.compress(bytes(len(MEGABYTE))) + packer.flush(zlib.Z_SYNC_FLUSH)))


def _gzip_bomb(wire: Wire, received: Received) -> None:
    wire.send(ok(gzip_bomb(), b"Content-Encoding: gzip"))


def _brotli_bomb(wire: Wire, received: Received) -> None:
    wire.send(ok(brotli_bomb(), b"Content-Encoding: br"))


def _bomb_redirect(wire: Wire, received: Received) -> None:
    wire.send(ok(gzip_bomb(), b"Content-Encoding: gzip", b"Location: /feed", status=b"302 Found"))


def _endless_redirect(wire: Wire, received: Received) -> None:
    wire.send(opened(b"Location: /feed", b"Transfer-Encoding: chunked", status=b"302 Found"))
    while True:
        wire.send(chunk(MEGABYTE))


def _bomb_error(wire: Wire, received: Received) -> None:
    wire.send(ok(gzip_bomb(), b"Content-Encoding: gzip", status=b"503 Service Unavailable"))


def _endless_error(wire: Wire, received: Received) -> None:
    wire.send(opened(b"Connection: close", status=b"500 Internal Server Error"))
    while True:
        wire.send(MEGABYTE)


def _many_headers(wire: Wire, received: Received) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\n" + b"a:\r\n" * 10_000 + b"Content-Length: 0\r\n\r\n")


def _huge_headers(wire: Wire, received: Received) -> None:
    wire.send(ok(FEED, b"X-Long: " + b"y" * 70_000))


def _endless_headers(wire: Wire, received: Received) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        wire.send(b"X-More: yes\r\n" * 1000)


def _endless_status(wire: Wire, received: Received) -> None:
    wire.send(b"HTTP/1.1 200 ")
    while True:
        wire.send(KILOBYTE)


def _endless_continue(wire: Wire, received: Received) -> None:
    while True:
        wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")


def _loop(wire: Wire, received: Received) -> None:
    other = {"/loop": "/loop-back"}.get(received.path, "/loop")
    wire.send(ok(b"", f"Location: {other}".encode(), status=b"302 Found"))


def _for_ever(wire: Wire, received: Received) -> None:
    count = int(received.query or 0) + 1
    wire.send(ok(b"", b"Location: /for-ever?%d" % count, status=b"302 Found"))


def _redirect(wire: Wire, received: Received) -> None:
    """`/redirect?<status>&<where to, quoted>`."""
    status, _, to = received.query.partition("&")
    wire.send(ok(b"", b"Location: " + unquote(to).encode(), status=status.encode() + b" Moved"))


def _nowhere(wire: Wire, received: Received) -> None:
    wire.send(ok(b"", status=b"302 Found"))


def _reset(wire: Wire, received: Received) -> None:
    wire.send(ok(FEED, length=len(FEED) * 2))
    wire.pause(0.02)
    wire.reset()


def _not_modified(wire: Wire, received: Received) -> None:
    wire.send(b'HTTP/1.1 304 Not Modified\r\nETag: "s"\r\n\r\n')


def _raise_stopped(wire: Wire, received: Received) -> None:
    raise Stopped


def _sending(data: Callable[[], bytes]) -> Script:
    return lambda wire, _: wire.send(data())


SCRIPTS: dict[str, Script] = {
    "/feed": _feed,
    "/slow-headers": _slow_headers,
    "/trickle": _trickle,
    "/trickle-chunks": _trickle_chunks,
    "/stall": _stall,
    "/silence": _silence,
    "/endless": _endless,
    "/ten-gigabytes": _ten_gigabytes,
    "/endless-chunks": _endless_chunks,
    "/tiny-chunks": _tiny_chunks,
    "/endless-gzip": _endless_gzip,
    "/gzip-bomb": _gzip_bomb,
    "/brotli-bomb": _brotli_bomb,
    "/bomb-redirect": _bomb_redirect,
    "/endless-redirect": _endless_redirect,
    "/bomb-error": _bomb_error,
    "/endless-error": _endless_error,
    "/many-headers": _many_headers,
    "/huge-headers": _huge_headers,
    "/endless-headers": _endless_headers,
    "/endless-status": _endless_status,
    "/endless-continue": _endless_continue,
    "/loop": _loop,
    "/loop-back": _loop,
    "/for-ever": _for_ever,
    "/redirect": _redirect,
    "/nowhere": _nowhere,
    "/reset": _reset,
    "/hang-up": _raise_stopped,
    "/not-modified": _not_modified,
    "/too-long": _sending(lambda: ok(FEED, length=len(FEED) * 2)),
    "/too-short": _sending(lambda: ok(FEED, length=len(FEED) // 2)),
    "/cut-chunks": _sending(lambda: opened(b"Transfer-Encoding: chunked") + chunk(FEED)),
    "/cut-in-chunk": _sending(lambda: opened(b"Transfer-Encoding: chunked") + chunk(FEED)[:-40]),
    "/bad-chunk": _sending(lambda: opened(b"Transfer-Encoding: chunked") + b"zz\r\n" + FEED),
    "/cut-gzip": _sending(lambda: ok(gzip.compress(FEED)[:-12], b"Content-Encoding: gzip")),
    "/cut-brotli": _sending(lambda: ok(brotli.compress(FEED)[:-6], b"Content-Encoding: br")),
    "/broken-gzip": _sending(
        lambda: ok(b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"no gzip at all", b"Content-Encoding: gzip")
    ),
    "/not-gzip": _sending(lambda: ok(FEED, b"Content-Encoding: gzip")),
    "/two-codings": _sending(lambda: ok(gzip.compress(gzip.compress(FEED)), b"Content-Encoding: gzip, gzip")),
    "/two-coding-lines": _sending(
        lambda: ok(gzip.compress(gzip.compress(FEED)), b"Content-Encoding: gzip", b"Content-Encoding: gzip")
    ),
    "/unknown-coding": _sending(lambda: ok(FEED, b"Content-Encoding: aes128gcm")),
    "/deflate": _sending(lambda: ok(zlib.compress(FEED), b"Content-Encoding: deflate")),
    "/zstd": _sending(lambda: ok(b"\x28\xb5\x2f\xfd" + FEED, b"Content-Encoding: zstd")),
    "/not-http": _sending(lambda: b"220 mail.example ESMTP\r\n"),
    "/two-lengths": _sending(lambda: ok(FEED, b"Content-Length: 3")),
}
"""What each path does. The paths are named for it."""
