"""Asking a server of our own over its Unix socket, which leads nowhere else: there is no address to guard."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from pathlib import Path

import httpcore2

from syndicator.edge.http.backend import GuardedStream
from syndicator.edge.http.connections import Connection
from syndicator.edge.http.limits import Limits, Trouble
from syndicator.edge.http.targets import target
from syndicator.errors import FetchError
from syndicator.model import Request, Response


class LocalClient:
    """`ports.Fetcher` for what listens on one Unix socket. It follows no redirect and sends no header but Host."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits

    def fetch(self, request: Request) -> Response:
        """Ask, and read what may be read of the answer, in its own coding. Raises FetchError."""
        began = time.monotonic()
        until = began + self._limits.total
        try:
            with closing(Connection(target(request.url).origin, self._connected())) as connection:
                connection.wire.begin(until)
                with connection.stream("GET", request.url) as answer:
                    connection.wire.begin_body(until, self._limits.page)
                    body = answer.read()
        except Trouble as trouble:
            raise FetchError(trouble.kind, request.url, trouble.reason) from trouble
        except httpcore2.ProtocolError as error:
            raise FetchError("protocol", request.url, "what answers there does not keep to HTTP") from error
        return Response(
            url=request.url,
            status=answer.status,
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers},
            body=body,
            received=len(body),
            seconds=time.monotonic() - began,
        )

    def close(self) -> None:
        """Nothing is kept open."""

    def _connected(self) -> GuardedStream:
        connected = socket.socket(socket.AF_UNIX)
        try:
            connected.settimeout(self._limits.connect)
            connected.connect(str(self._path))
        except OSError as error:
            connected.close()
            raise Trouble("connect", error.strerror or str(error)) from error
        return GuardedStream(connected, self._limits, time.monotonic)
