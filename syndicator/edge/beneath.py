"""Opening things beneath a folder by descriptors, so that no link ever leads out of it.

Every step is one `openat` of one name with O_NOFOLLOW: whoever swaps a folder for a link while we walk gets a
refusal, not our bytes (security.md S38, S39).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Linked(OSError):
    """A symbolic link stands where a folder or file was to be opened."""

    def __init__(self, name: str) -> None:
        super().__init__(errno.ELOOP, "it is a symbolic link, which is never followed", name)


def open_top(path: str | os.PathLike[str]) -> int:
    """The folder everything else lies beneath. It may itself be reached through a link: its owner named it."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def open_at(folder: int, name: str, flags: int) -> int:
    """Open one name in a folder. Raises Linked for a symbolic link, else OSError as the system says it."""
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(folder, name):
            raise Linked(name) from error
        raise


@contextmanager
def folder(top: int, parts: Sequence[str], *, create: bool = False) -> Iterator[int]:
    """A descriptor of the folder `parts` beneath `top`, open while the block runs.

    `create` makes folders that are missing, readable for everybody (0755) whatever the umask. Raises Linked
    where a symbolic link stands in the path, FileNotFoundError, NotADirectoryError and other OSErrors.
    """
    here = os.dup(top)
    try:
        for part in parts:
            made = create and _make(here, part)
            above, here = here, open_at(here, part, FOLDER)
            os.close(above)
            if made:
                os.fchmod(here, 0o755)
        yield here
    finally:
        os.close(here)


def look(folder: int, name: str) -> os.stat_result:
    """What lies at a name, a link itself rather than its target."""
    return os.stat(name, dir_fd=folder, follow_symlinks=False)


def _make(folder: int, name: str) -> bool:
    try:
        os.mkdir(name, 0o755, dir_fd=folder)
    except FileExistsError:
        return False
    return True


def _is_link(folder: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(look(folder, name).st_mode)
    except OSError:
        return False
