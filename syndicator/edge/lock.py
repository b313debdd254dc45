"""One daemon on one data folder: a lock held for life, which the system lets go when the process ends, however."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syndicator.errors import AlreadyRunning, StoreError


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs; its content is the holder's process id.

    Not the file but the lock on it counts: one left by a process that was killed does not stand in the way.
    Children do not inherit it, so that one which outlives us does not keep it. Does not wait: raises
    AlreadyRunning when another process holds it, StoreError when the file cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}; see to the permissions of its folder") from error
    held = [descriptor]
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(_who(descriptor, path)) from error
        except OSError as error:
            raise StoreError(f"{path} cannot be locked: {error.strerror}; keep it on a local disk") from error
        # A forked child would keep the lock as long as it has the descriptor; closing it there does not unlock it here.
        os.register_at_fork(after_in_child=lambda: _close(held))
        with suppress(OSError):  # a full disk keeps the number out, but nobody from starting
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        if held:  # not in a forked child, which would let go of what we still hold
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        _close(held)


def _who(descriptor: int, path: Path) -> str:
    pid = os.pread(descriptor, 32, 0).strip()
    who = f"process {int(pid)}" if pid.isdigit() else "another process"
    return f"{path.parent} is in use by {who}; stop it first, or work on another folder with --root"


def _close(held: list[int]) -> None:
    while held:
        os.close(held.pop())
