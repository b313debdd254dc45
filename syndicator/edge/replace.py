"""Putting a whole file in the place of another at one stroke."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress

TEMP = re.compile(r"\.tmp-[0-9a-f]{16}")
"""What a file is called until it is whole. One that a crash left behind may be removed by whoever holds the lock."""


def replace(folder: int, name: str, data: bytes, *, when: int | None = None, sync: bool = False) -> None:
    """Make `data` the file `name` in an open folder: readable for all (0644), modified at `when` (ns; None: now).

    Whoever opens the name gets the old bytes or the new ones, whole, and so does a crash. What stood there (a
    file, a link, an empty folder) is replaced and never written through. `sync`: on disk when it returns.
    Raises OSError; then the old file is untouched and no temp file is left, unless removing it failed too.
    """
    temp = f".tmp-{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temp, flags, 0o600, dir_fd=folder)
    try:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fchmod(descriptor, 0o644)
            if when is not None:
                os.utime(descriptor, ns=(when, when))
            if sync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.replace(temp, name, src_dir_fd=folder, dst_dir_fd=folder)
        except IsADirectoryError:
            os.rmdir(name, dir_fd=folder)
            os.replace(temp, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temp, dir_fd=folder)
        raise
