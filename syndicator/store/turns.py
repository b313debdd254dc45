"""Threads that write take turns, in the order in which they ask."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """One thread at a time. A plain lock would let some wait for ever while others come and go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False
        self._ended = 0

    def take(self, patience: float) -> bool:
        """Wait for one's turn; False where one and the same thread kept it for so many seconds.

        However many wait: as long as turns end, everybody's comes.
        """
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            place = threading.Lock()
            place.acquire()
            self._waiting.append(place)
            ended = self._ended
        while not place.acquire(timeout=patience):
            with self._lock:
                if place not in self._waiting:  # it came while the wait ended
                    return True
                if self._ended == ended:
                    self._waiting.remove(place)
                    return False
                ended = self._ended
        return True

    def end(self) -> None:
        """Let the next one have it."""
        with self._lock:
            self._ended += 1
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
