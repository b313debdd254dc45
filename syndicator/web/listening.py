"""Addresses to listen on, had or refused with one clear line."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from syndicator.errors import BindError

BACKLOG = 1024
SOCKET_MODE = 0o660
"""Whoever may write to a Unix socket may ask: its owner and its group, to which the proxy's user is added."""

Place = tuple[str, int] | Path
"""Where to listen: host and port, or the path of a Unix socket."""


@contextmanager
def listening(place: Place) -> Iterator[socket.socket]:
    """A listening socket that is closed at the end; a Unix socket's file is removed. Raises BindError."""
    if not isinstance(place, Path):
        with listen(*place) as listener:
            yield listener
        return
    with _listen_unix(place) as listener:
        made = _which(place)
        try:
            yield listener
        finally:
            with suppress(OSError):
                if _which(place) == made:
                    place.unlink()


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket, alone on its address: without SO_REUSEPORT nobody can share it, nor we with them.

    `host` is a name or an address, IPv6 without brackets; `port` 1–65535, or 0 for any. Raises BindError.
    """
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if not 0 <= port <= 65535:
        raise BindError(f"{address} has no port that exists: choose one of 1 to 65535 with --bind HOST:PORT")
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise BindError(f"{address} is no address of this machine: give --bind HOST:PORT one that is") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(where)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise BindError(_reason(address, error)) from error
    return listener


def check(host: str, port: int) -> None:
    """Raise BindError unless the address can be had just now."""
    listen(host, port).close()


def start_admin(app: Flask, host: str, port: int) -> Callable[[], None]:
    """Answer with `app` on an address of the operator's, in threads of this process, until the function returned
    is called. Raises BindError.
    """
    with listen(host, port) as listener:
        listener.setblocking(True)
        where = listener.getsockname()
        # It takes a duplicate of the socket. The address is the resolved one, from which it guesses the family.
        server = make_server(where[0], where[1], app, threaded=True, request_handler=_Quiet, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="admin", daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        with suppress(OSError):
            server.server_close()
        thread.join(5)

    return stop


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def log(self, type: str, message: str, *args: object) -> None:
        """Requests of the operator's own tools are not worth a line."""

    def version_string(self) -> str:
        return "syndicator"


def _listen_unix(path: Path) -> socket.socket:
    """A listening Unix socket at `path`, in place of one to which nobody listens any more. Raises BindError."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            # Two that start at the same time would each take the other's new socket for a dead one.
            fcntl.flock(folder, fcntl.LOCK_EX)
            _clear(path)
            # Before it is bound, so that it is at no moment open to more people than it should be.
            os.fchmod(listener.fileno(), SOCKET_MODE)
            listener.bind(str(path))
            path.chmod(SOCKET_MODE)
            listener.listen(BACKLOG)
        finally:
            os.close(folder)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        why = str(error.strerror or error)
        raise BindError(f"{path} cannot be listened on ({why}): choose another with --bind unix:PATH") from error
    except BindError:
        listener.close()
        raise
    return listener


def _which(path: Path) -> tuple[int, int]:
    """What tells a file from another one that is made later in its place, perhaps with its number."""
    found = os.lstat(path)
    return found.st_ino, found.st_ctime_ns


def _clear(path: Path) -> None:
    """Remove what a server left behind that is dead. Raises BindError where one listens, or it is no socket."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise BindError(f"{path} is no socket: move it away, or choose another with --bind unix:PATH")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except BlockingIOError:
            pass  # its queue is full: somebody listens
    raise BindError(f"{path} is in use: stop what listens there, or choose another with --bind unix:PATH")


def _reason(address: str, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"{address} is in use: stop what listens there, or choose another port with --bind HOST:PORT"
        case errno.EACCES | errno.EPERM:
            return f"{address} may not be used by this user: choose a port above 1023 with --bind HOST:PORT"
        case errno.EADDRNOTAVAIL:
            return f"{address} is no address of this machine: choose another with --bind HOST:PORT"
    return f"{address} cannot be listened on ({error}): choose another with --bind HOST:PORT"
