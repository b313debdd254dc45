"""An event that a signal handler may set, and that no signal passes by.

`threading.Event` is neither: its lock is not reentrant, so that a second signal stops the process for good, and a
signal that arrives just before the main thread begins to wait wakes nobody. A byte in a socket does both.
"""

from __future__ import annotations

import select
import signal
import socket
from contextlib import suppress


class Bell:
    """Set from anywhere, waited for by one thread."""

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)

    def ring_for_signals(self) -> None:
        """Be set by every signal that has a handler, before that runs. From the main thread."""
        signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)

    def set(self) -> None:
        """Let `wait` return."""
        with suppress(BlockingIOError):  # full: it is set
            self._sender.send(b"\0")

    def clear(self) -> None:
        """Forget what was set so far."""
        with suppress(BlockingIOError):
            while self._receiver.recv(4096):
                pass

    def is_set(self) -> bool:
        """Whether `wait` would return at once."""
        return bool(select.select([self._receiver], [], [], 0)[0])

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it is set, or so many seconds; it stays set until `clear`."""
        select.select([self._receiver], [], [], seconds)
