"""Looking up names, in threads of its own: a lookup cannot be ended, only no longer be waited for.

A name that hangs holds one thread, however many ask for it, and those who ask for others do not wait behind it until
all threads are held.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from syndicator.edge.http.limits import Trouble

GetAddrInfo = Callable[..., Sequence[tuple[Any, Any, Any, Any, Any]]]

_UNKNOWN = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class _Lookup:
    def __init__(self, host: str) -> None:
        self.host = host
        self.done = threading.Event()
        self.until = 0.0
        self.found: tuple[str, ...] = ()
        self.error: Exception | None = None


class Resolver:
    """Addresses of names by `getaddrinfo`, with a deadline, `most` names at a time."""

    def __init__(self, getaddrinfo: GetAddrInfo, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._getaddrinfo = getaddrinfo
        self._most = most
        self._clock = clock
        self._changed = threading.Condition()
        self._running: dict[str, _Lookup] = {}
        self._waiting: deque[_Lookup] = deque()
        self._threads = 0
        self._idle = 0
        self._closed = False

    def addresses(self, host: str, until: float) -> tuple[str, ...]:
        """What the name stands for, in the resolver's order. Raises Trouble of the kind `dns`.

        Whoever asks for a name that is being looked up waits for the same answer.
        """
        with self._changed:
            if self._closed:
                raise Trouble("dns", "its name is not looked up; what asks for it is being closed")
            lookup = self._running.get(host)
            if lookup is None:
                lookup = self._running[host] = _Lookup(host)
                self._begin(lookup)
            lookup.until = max(lookup.until, until)
        if not lookup.done.wait(max(until - self._clock(), 0)):
            raise Trouble("dns", "its name could not be looked up in time; is the name server well?")
        if lookup.error is not None:
            raise _trouble(lookup.error)
        return lookup.found

    def close(self) -> None:
        """Let the threads end; those that hang end when their lookup does, and do not keep the process."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _begin(self, lookup: _Lookup) -> None:
        self._waiting.append(lookup)
        if self._idle < len(self._waiting) and self._threads < self._most:
            self._threads += 1
            threading.Thread(target=self._work, name="syndicator-names", daemon=True).start()
        else:
            self._changed.notify()

    def _work(self) -> None:
        while (lookup := self._next()) is not None:
            try:
                found = self._getaddrinfo(lookup.host, None, type=socket.SOCK_STREAM)
                lookup.found = tuple(dict.fromkeys(str(row[4][0]) for row in found))
            except (OSError, ValueError) as error:
                lookup.error = error
            self._end(lookup)

    def _next(self) -> _Lookup | None:
        with self._changed:
            while True:
                self._idle += 1
                while not self._waiting and not self._closed:
                    self._changed.wait()
                self._idle -= 1
                if self._closed:
                    self._threads -= 1
                    return None
                lookup = self._waiting.popleft()
                if lookup.until > self._clock():
                    return lookup
                self._running.pop(lookup.host, None)

    def _end(self, lookup: _Lookup) -> None:
        with self._changed:
            self._running.pop(lookup.host, None)
        lookup.done.set()


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, socket.gaierror) and error.errno in _UNKNOWN:
        return Trouble("dns", "there is no such host name; check the address")
    if isinstance(error, UnicodeError):
        return Trouble("bad_url", "its host name cannot be")
    return Trouble("dns", "its name cannot be looked up at present; is the name server well?")
