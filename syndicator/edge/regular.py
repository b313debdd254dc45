"""Regular files beneath the watched folder: what is refused, and reading one whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import stat

from syndicator.edge import beneath
from syndicator.errors import BadArticle, FolderError

LARGEST_ARTICLE = 4 << 20
LARGEST_MEDIA = 256 << 20
CHANGED = "it changed while it was read; it will be read again"

_PORTION = 1 << 20
_NOT_ITS_FAULT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def refusal(found: os.stat_result, largest: int = LARGEST_ARTICLE) -> str | None:
    """Why what was found is not read, or None where it is: a regular file with one name, not over `largest` bytes."""
    mode = found.st_mode
    if stat.S_ISREG(mode):
        if found.st_nlink > 1:
            return "it has another hard link, which may lie outside; put a copy here"
        if found.st_size > largest:
            return f"it is larger than {largest >> 20} MiB; make it smaller or split it"
        return None
    if stat.S_ISLNK(mode):
        return "it is a symbolic link, which is never followed; put the file itself here"
    if stat.S_ISDIR(mode):
        return "it is a folder with the name of an article; rename it"
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
    return f"it is {kind}, not a file; remove it"


def unreadable(error: OSError) -> BadArticle | FolderError:
    """What to raise for a file that the system does not let us read."""
    if error.errno in _NOT_ITS_FAULT:
        return FolderError(f"the folder cannot be read now: {error.strerror}; raise the limit (ulimit -n)")
    if isinstance(error, beneath.Linked):
        return BadArticle(f"the folder {error.filename} or the file is a symbolic link, which is never followed")
    return BadArticle(f"it cannot be read: {error.strerror}; see to its permissions")


def read(folder: int, name: str, largest: int = LARGEST_ARTICLE) -> tuple[os.stat_result, bytes]:
    """The bytes of a file and the stat they belong to.

    Raises BadArticle where it is refused, or not the same after reading as before; OSError as the system says it.
    """
    found, data, _ = _read(folder, name, largest, keep=True)
    return found, data


def digest(folder: int, name: str, largest: int = LARGEST_MEDIA) -> tuple[str, int, bytes]:
    """The sha256 of a file in hex, its length, and its first mebibyte. Raises like `read`."""
    found, head, digest = _read(folder, name, largest, keep=False)
    return digest, found.st_size, head


def _read(folder: int, name: str, largest: int, *, keep: bool) -> tuple[os.stat_result, bytes, str]:
    _admit(beneath.look(folder, name), largest)  # before opening it: to open a pipe or a device is to use it
    with open(beneath.open_at(folder, name, beneath.FILE), "rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        _admit(before, largest)
        # One more than there should be, so that a file that grew is noticed and one that grows for ever is left.
        left = before.st_size + 1
        head = file.read(left if keep else min(_PORTION, left)) or b""
        left -= len(head)
        hashed = hashlib.sha256(b"" if keep else head)
        rest: list[bytes] = []
        while left and (portion := file.read(min(_PORTION, left))):
            left -= len(portion)
            if keep:
                rest.append(portion)
            else:
                hashed.update(portion)
    if left != 1 or _state(beneath.look(folder, name)) != _state(before):
        raise BadArticle(CHANGED)
    return before, b"".join((head, *rest)) if rest else head, hashed.hexdigest()


def _admit(found: os.stat_result, largest: int) -> None:
    reason = refusal(found, largest)
    if reason:
        raise BadArticle(reason)


def _state(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
