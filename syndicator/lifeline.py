"""A child process that does not outlive its parent, however the parent ends.

Standard library only, and nothing of ours is imported: it is called first thing in a new process.
"""

from __future__ import annotations

import os
import select
import threading
import time

INTERVAL = 0.2
"""Seconds between two looks at the parent where the kernel cannot tell us."""

EXIT_CODE = 70


def die_with_parent(parent: int) -> None:
    """End this process, without any clean-up, within half a second of the end of its parent.

    `parent` is the pid of the process that started this one, told by that process: `os.getppid()` here may
    already name another one. Returns at once; a daemon thread keeps watch. Call it again after a fork: threads
    do not survive one. A parent that is already gone ends this process immediately.

    On Linux the thread sleeps on a pidfd. PR_SET_PDEATHSIG is not used: it fires when the *thread* that
    started us ends, not the process, and is cleared by a fork.
    """
    fd = _pidfd(parent)
    # The parent is looked at after the pidfd was opened, so the pid cannot have been given to somebody else.
    if os.getppid() != parent:
        os._exit(EXIT_CODE)
    threading.Thread(target=_watch, args=(parent, fd), name="lifeline", daemon=True).start()


def _pidfd(pid: int) -> int | None:
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def _watch(parent: int, fd: int | None) -> None:
    if fd is not None and hasattr(select, "poll"):
        poller = select.poll()
        poller.register(fd, select.POLLIN)
        while os.getppid() == parent:
            poller.poll()
    while os.getppid() == parent:
        time.sleep(INTERVAL)
    os._exit(EXIT_CODE)
