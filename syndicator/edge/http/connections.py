"""Connections as the HTTP library makes them, and those that are kept open for the next request to the same origin."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpcore2

from syndicator.edge.http.backend import GuardedStream
from syndicator.edge.http.limits import Limits

Origin = tuple[str, str, int]


class Connection(httpcore2.HTTP11Connection):
    """One connection, of HTTP/1.1."""

    MAX_INCOMPLETE_EVENT_SIZE = 64 * 1024

    def __init__(self, origin: Origin, stream: GuardedStream) -> None:
        scheme, host, port = origin
        super().__init__(httpcore2.Origin(scheme.encode(), host.encode(), port), stream)
        self.key = origin
        self.wire = stream

    def surplus(self) -> bytes:
        """What has come after the end of the last answer."""
        return bytes(self._h11_state.trailing_data[0])


class Kept:
    """Open connections that nobody uses: few, for a short time. What is taken out was looked up and checked before."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: list[tuple[Connection, float]] = []
        self._closed = False

    def take(self, origin: Origin) -> Connection | None:
        """One to this origin that its server has not ended, or None."""
        while True:
            with self._lock:
                place = next((i for i in reversed(range(len(self._kept))) if self._kept[i][0].key == origin), None)
                if place is None:
                    return None
                connection, until = self._kept.pop(place)
            if self._clock() < until and not connection.has_expired():
                return connection
            connection.close()

    def put(self, connection: Connection, seconds: float) -> None:
        """Keep one for so long, the newest in the place of the oldest."""
        now = self._clock()
        with self._lock:
            old = [one for one in self._kept if one[1] <= now]
            fresh = [one for one in self._kept if one[1] > now]
            fresh.append((connection, now + min(seconds, self._limits.keep)))
            most = 0 if self._closed else self._limits.kept
            cut = max(len(fresh) - most, 0)
            self._kept = fresh[cut:]
        for one, _ in old + fresh[:cut]:
            one.close()

    def drop(self) -> bool:
        """Close all of them; whether there were any."""
        with self._lock:
            dropped, self._kept = self._kept, []
        for connection, _ in dropped:
            connection.close()
        return bool(dropped)

    def close(self) -> None:
        """Close all of them, and keep none any more."""
        self._closed = True
        self.drop()
