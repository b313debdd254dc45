"""Asking a server of our own over its Unix socket, which leads nowhere else: there is no address to guard."""

from __future__ import annotations

import time
from pathlib import Path

import httpcore2

from syndicator.edge.http.limits import Limits
from syndicator.errors import FetchError
from syndicator.model import Request, Response


class LocalClient:
    """`ports.Fetcher` for what listens on one Unix socket. It follows no redirect and sends no header but Host."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._pool = httpcore2.ConnectionPool(uds=str(path), max_connections=1)
        self._limits = limits

    def fetch(self, request: Request) -> Response:
        """Ask, and read what may be read of the answer. Raises FetchError."""
        began = time.monotonic()
        waits = dict.fromkeys(("connect", "read", "write", "pool"), self._limits.total)
        body = b""
        try:
            with self._pool.stream("GET", request.url, extensions={"timeout": waits}) as answer:
                for chunk in answer.iter_stream():
                    body += chunk
                    if len(body) > self._limits.page or time.monotonic() - began > self._limits.total:
                        break
        except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise FetchError("connect", request.url, str(error) or "it took too long to answer") from error
        return Response(
            url=request.url,
            status=answer.status,
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers},
            body=body[: self._limits.page],
            received=len(body),
            seconds=time.monotonic() - began,
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._pool.close()
