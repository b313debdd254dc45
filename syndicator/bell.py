"""An event that a signal handler may set.

`threading.Event` cannot be: its lock is not reentrant, and a handler runs in the main thread, which may hold that
lock in its `wait`. Two signals close together then stop the process for good. `queue.SimpleQueue.put` is
documented to be reentrant.
"""

from __future__ import annotations

import queue


class Bell:
    """Set from anywhere, waited for by one thread."""

    def __init__(self) -> None:
        self._rung: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """Let `wait` return."""
        self._rung.put(None)

    def clear(self) -> None:
        """Forget what was set so far."""
        while not self._rung.empty():
            self._rung.get()

    def is_set(self) -> bool:
        """Whether `wait` would return at once."""
        return not self._rung.empty()

    def wait(self) -> None:
        """Wait until it is set; it stays set until `clear`."""
        self._rung.get()
        self._rung.put(None)
