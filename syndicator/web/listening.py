"""Addresses to listen on, had or refused with one clear line."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from syndicator.errors import BindError

BACKLOG = 1024


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


def _reason(address: str, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"{address} is in use: stop what listens there, or choose another port with --bind HOST:PORT"
        case errno.EACCES | errno.EPERM:
            return f"{address} may not be used by this user: choose a port above 1023 with --bind HOST:PORT"
        case errno.EADDRNOTAVAIL:
            return f"{address} is no address of this machine: choose another with --bind HOST:PORT"
    return f"{address} cannot be listened on ({error}): choose another with --bind HOST:PORT"
