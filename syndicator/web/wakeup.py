"""Signals that Python would otherwise sleep through."""

from __future__ import annotations

import signal
import socket
import threading
import time

_NUDGES = (0.02, 0.1, 0.5)
"""Seconds after a signal at which the main thread is woken."""


def wake_for_signals() -> None:
    """See to it that a signal's handler runs soon, also while the main thread waits for a lock or an event.

    Python runs handlers in the main thread, but the system may hand a signal to any thread, or to the main one
    just before it begins to wait: then nobody wakes it and the handler runs when something else does. Here a daemon
    thread is told of every signal by the wakeup file descriptor and interrupts the main thread's wait with
    SIGWINCH, which does nothing else. To be called from the main thread; replaces the handler of SIGWINCH.
    """
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    signal.signal(signal.SIGWINCH, _nothing)
    signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    main = threading.main_thread().ident
    assert main is not None

    def nudge(sender: socket.socket) -> None:
        while sender.fileno() >= 0:
            if set(receiver.recv(64)) - {int(signal.SIGWINCH)}:
                for pause in _NUDGES:
                    time.sleep(pause)
                    signal.pthread_kill(main, signal.SIGWINCH)

    threading.Thread(target=nudge, args=(sender,), name="wakeup", daemon=True).start()


def _nothing(*_: object) -> None:
    return None
