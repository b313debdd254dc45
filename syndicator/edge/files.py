"""The files under `feeds/`: what the store says, at the path of its URL, so that any static server can serve it.

Written only beneath the root, through a temp name in the same folder, 0644; a link at the place of a file is
replaced, one at the place of a folder is refused, neither is followed (security.md S39). A file is whole at
every moment, and a compressed sibling (`.gz`, `.br`, `.zst`) is never older than the file it stands beside.

Nothing is synced to disk but media: the files are a cache, and `repair` compares every byte at the next start.

What `repair` may remove: documents of ours that the store does not know. Ours is a document of a feed (and siblings)
in the root or in `tags/*/`, `authors/*/`, `sources/*/` and `archives/<number>/`, and temp files. Anything else is
somebody's (`CNAME`, `index.html`, `.gitkeep`) and stays, as do all files in `media/`.

Documents under `private/` are never written here: a static server would show them to everybody. What lies there all
the same is removed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syndicator.core.coding import etag
from syndicator.edge import beneath
from syndicator.edge.media import is_published_name, media_type
from syndicator.edge.replace import TEMP, replace
from syndicator.errors import PublicationError
from syndicator.model import Format, Media, Rendered
from syndicator.ports import OpenMedia

CODINGS = (".gz", ".br", ".zst")
LOCK = ".lock"
PATIENCE = 30.0
"""Seconds to wait for another process that writes here."""

_KINDS = frozenset(("tags", "authors", "sources"))
_ARCHIVES = "archives"
_PRIVATE = "private"
_WELL_KNOWN = ".well-known"
_OURS = {f"{format}{coding}": str(format) for format in Format for coding in ("", *CODINGS)}
_MEDIA = "media"
_DEEPEST = 16

Document = Callable[[str], Rendered | None]
_Stamp = tuple[int, int, int, int, int]
_Failures = list[tuple[str, OSError]]


class FeedFiles:
    """A Publication on disk, beneath `root`, which is made where it is missing."""

    def __init__(self, root: Path) -> None:
        self._root = Path(root)
        self._known: dict[str, tuple[_Stamp, str]] = {}

    def write(self, paths: Collection[str], document: Document) -> None:
        """Make these files what the store says. `document` is asked under the lock: the last writer has the newest.

        None and documents that are gone: file, siblings and folders left empty are removed. Only files whose
        bytes differ are touched. Raises PublicationError, after it has tried every path; a file that could not
        be written stays whole as it was.
        """
        failures: _Failures = []
        with self._locked() as top:
            for path in paths:
                try:
                    self._settle(top, path, document(path))
                except OSError as error:
                    failures.append((path, error))
        self._raise(failures)

    def write_media(self, media: Media, data: Callable[[Media], bytes]) -> None:
        """Publish a media file unless it is there. Raises PublicationError, and what `data` raises."""
        name = media.path.removeprefix(f"/{_MEDIA}/")
        path = f"{_MEDIA}/{name}"
        if not is_published_name(name):
            raise PublicationError(f"{self._root}/{path} cannot be written: it is no name of a media file")
        try:
            with self._locked() as top, beneath.folder(top, (_MEDIA,), create=True) as folder:
                found = _look(folder, name)
            if found and found.st_size == media.length:
                return
        except OSError as error:
            self._raise([(path, error)])
        content = data(media)
        try:
            with self._locked() as top, beneath.folder(top, (_MEDIA,), create=True) as folder:
                replace(folder, name, content, sync=True)
        except OSError as error:
            self._raise([(path, error)])

    def keep_media(self, paths: Collection[str]) -> None:
        """Remove published media files that are not among these paths; a file of somebody else's stays."""
        names = {path.removeprefix(f"/{_MEDIA}/") for path in paths}
        try:
            with self._locked() as top, beneath.folder(top, (_MEDIA,)) as folder:
                for name in os.listdir(folder):
                    if is_published_name(name) and name not in names:
                        os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            return
        except OSError as error:
            self._raise([(_MEDIA, error)])

    def repair(self, documents: Iterable[tuple[str, str, bool]], document: Document) -> tuple[str, ...]:
        """Make every file what the store says; remove documents of ours that it does not know, and temp files.

        `documents`: path, etag and `gone` of every one. A file whose bytes have the etag, with all siblings beside
        it, is not asked for.
        Returns the paths of documents that were mended or removed. Raises PublicationError like `write`.
        """
        failures: _Failures = []
        mended: list[str] = []
        alive: set[str] = set()
        with self._locked() as top:
            for path, wanted, gone in documents:
                try:
                    there = not gone and not _is_private(path)
                    if there:
                        alive.add(path)
                        if self._is_whole(top, path, wanted):
                            continue
                    if self._settle(top, path, document(path) if there else None):
                        mended.append(path)
                except OSError as error:
                    failures.append((path, error))
            self._sweep(top, (), alive, mended, failures)
        self._raise(failures)
        return tuple(mended)

    def media_file(self, name: str) -> OpenMedia | None:
        """A published media file, open, by name; None for any other name. Whoever asks closes it."""
        kind = media_type(name)
        if kind is None or not is_published_name(name):
            return None
        try:
            top = beneath.open_top(self._root)
            try:
                with beneath.folder(top, (_MEDIA,)) as folder:
                    if not stat.S_ISREG(beneath.look(folder, name).st_mode):
                        return None
                    file = open(beneath.open_at(folder, name, beneath.FILE), "rb", buffering=0)  # noqa: SIM115
                    return OpenMedia(file=file, length=os.fstat(file.fileno()).st_size, media_type=kind)
            finally:
                os.close(top)
        except (FileNotFoundError, NotADirectoryError, beneath.Linked):
            return None
        except OSError as error:
            raise PublicationError(f"{self._root}/{_MEDIA}/{name} cannot be read: {error.strerror}") from error

    # One document. All of it under the lock.

    def _settle(self, top: int, path: str, document: Rendered | None) -> bool:
        """Make one document's files what it says; a private one has none. Whether anything was touched."""
        parts = path.split("/")
        hidden = (part.startswith(".") for part in parts[parts[0] == _WELL_KNOWN :])
        if not all(parts) or "\0" in path or any(hidden):
            raise OSError(errno.EINVAL, "it is no path beneath the folder")
        if document is None or document.gone or _is_private(path):
            return self._remove(top, parts)
        when = int(document.changed.timestamp()) * 10**9
        with beneath.folder(top, parts[:-1], create=True) as folder:
            touched = False
            if not self._holds(folder, path, document.body, when):
                for coding in CODINGS:
                    touched |= self._unlink(folder, path + coding)
                self._put(folder, path, document.body, when)
                touched = True
            for coding, data in zip(CODINGS, (document.gzip, document.brotli, document.zstd), strict=True):
                if data is None:
                    if _dated(folder, parts[-1] + coding) not in (None, when):
                        touched |= self._unlink(folder, path + coding)
                elif not self._holds(folder, path + coding, data, when):
                    self._put(folder, path + coding, data, when)
                    touched = True
        return touched

    def _put(self, folder: int, path: str, data: bytes, when: int) -> None:
        name = path.rpartition("/")[2]
        self._known.pop(path, None)
        replace(folder, name, data, when=when)
        found = _look(folder, name)
        if found:
            self._known[path] = (_stamp(found), etag(data))

    def _holds(self, folder: int, path: str, data: bytes, when: int) -> bool:
        """Whether the file has these bytes, is readable for all, and is dated so; it is dated anew if only that."""
        name = path.rpartition("/")[2]
        found = _look(folder, name)
        if found is None or found.st_size != len(data) or self._content(folder, path, found) != etag(data):
            return False
        if stat.S_IMODE(found.st_mode) != 0o644:
            return False
        if found.st_mtime_ns != when:
            try:
                os.utime(name, ns=(when, when), dir_fd=folder, follow_symlinks=False)
            except PermissionError:  # somebody else's file: ours takes its place
                return False
            self._known[path] = (_stamp(beneath.look(folder, name)), etag(data))
        return True

    def _content(self, folder: int, path: str, found: os.stat_result) -> str:
        """The etag of the bytes of a file, read only if it is not the file that it was when we last knew."""
        known = self._known.get(path)
        if known is not None and known[0] == _stamp(found):
            return known[1]
        with open(beneath.open_at(folder, path.rpartition("/")[2], beneath.FILE), "rb", buffering=0) as file:
            read = etag(file.readall())
        self._known[path] = (_stamp(found), read)
        return read

    def _is_whole(self, top: int, path: str, wanted: str) -> bool:
        """Whether the file on disk has this etag, and all siblings, as old as it is."""
        parts = path.split("/")
        try:
            with beneath.folder(top, parts[:-1]) as folder:
                found = _look(folder, parts[-1])
                if found is None or stat.S_IMODE(found.st_mode) != 0o644:
                    return False
                if self._content(folder, path, found) != wanted:
                    return False
                return all(_dated(folder, parts[-1] + coding) == found.st_mtime_ns for coding in CODINGS)
        except FileNotFoundError:
            return False

    def _unlink(self, folder: int, path: str) -> bool:
        self._known.pop(path, None)
        try:
            os.unlink(path.rpartition("/")[2], dir_fd=folder)
        except (FileNotFoundError, IsADirectoryError):
            return False
        return True

    def _remove(self, top: int, parts: list[str]) -> bool:
        """Remove a document, its siblings first: a server that prefers them must not answer with one alone."""
        path = "/".join(parts)
        try:
            with beneath.folder(top, parts[:-1]) as folder:
                removed = [self._unlink(folder, path + coding) for coding in (*CODINGS, "")]
        except (FileNotFoundError, NotADirectoryError):
            return False
        for depth in range(len(parts) - 1, 0, -1):
            with beneath.folder(top, parts[: depth - 1]) as above:
                try:
                    os.rmdir(parts[depth - 1], dir_fd=above)
                except OSError:
                    break
        return any(removed)

    # What nobody knows.

    def _sweep(self, top: int, parts: tuple[str, ...], alive: set[str], mended: list[str], failures: _Failures) -> None:
        """Remove temp files from here down, and documents of ours that are not alive where ours may lie."""
        here = "/".join(parts)
        try:
            with beneath.folder(top, parts) as folder:
                below, strays = self._survey(folder, parts if _is_ours(parts) else None)
        except OSError as error:
            failures.append((here or ".", error))
            return
        for path in sorted(strays - alive):
            try:
                self._remove(top, path.split("/"))
                mended.append(path)
            except OSError as error:
                failures.append((path, error))
        for name in below:
            if not name.startswith(".") and len(parts) < _DEEPEST:
                self._sweep(top, (*parts, name), alive, mended, failures)
        if parts and parts[0] in (*_KINDS, _ARCHIVES, _PRIVATE):
            with suppress(OSError), beneath.folder(top, parts[:-1]) as above:
                os.rmdir(parts[-1], dir_fd=above)

    def _survey(self, folder: int, parts: tuple[str, ...] | None) -> tuple[list[str], set[str]]:
        """Folders in a folder, and paths of documents of ours where `parts` is given; temp files are removed."""
        below: list[str] = []
        strays: set[str] = set()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.name)
                elif TEMP.fullmatch(entry.name):
                    os.unlink(entry.name, dir_fd=folder)
                elif parts is not None and entry.name in _OURS:
                    strays.add("/".join((*parts, _OURS[entry.name])))
        return below, strays

    # The lock, and what to say.

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The root, made where it is missing, with nobody else writing in it while the block runs."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            top = beneath.open_top(self._root)
        except OSError as error:
            raise PublicationError(f"{self._root} cannot be written to: {_words(error)}") from error
        try:
            try:
                lock = _open_lock(top)
            except OSError as error:
                raise PublicationError(f"{self._root}/{LOCK} cannot be made: {_words(error)}") from error
            try:
                self._wait(lock)
                yield top
            finally:
                os.close(lock)
        finally:
            os.close(top)

    def _wait(self, lock: int) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    raise PublicationError(
                        f"{self._root}/{LOCK} is held by another process for {PATIENCE:.0f} s; see what hangs there"
                    ) from None
                time.sleep(0.005)
            except OSError as error:
                raise PublicationError(f"{self._root}/{LOCK} cannot be locked: {_words(error)}") from error

    def _raise(self, failures: _Failures) -> None:
        if failures:
            path, error = failures[0]
            more = f" ({len(failures) - 1} more failed too)" if len(failures) > 1 else ""
            raise PublicationError(f"{self._root}/{path} cannot be written: {_words(error)}{more}") from error


def _is_private(path: str) -> bool:
    return path.partition("/")[0] == _PRIVATE


def _is_ours(folder: tuple[str, ...]) -> bool:
    """Whether documents of feeds in a folder can only be ours."""
    if len(folder) == 2 and (folder[0] in _KINDS or (folder[0] == _ARCHIVES and folder[1].isdecimal())):
        return True
    return not folder or folder[0] == _PRIVATE


def _open_lock(top: int) -> int:
    flags = os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(LOCK, os.O_RDWR | flags, 0o644, dir_fd=top)
    except PermissionError:  # made by another user, who let us read it: that is enough to lock it
        return os.open(LOCK, os.O_RDONLY | flags, 0o644, dir_fd=top)


def _words(error: OSError) -> str:
    said = error.strerror or str(error)
    if isinstance(error, beneath.Linked):
        return f"{error.filename} is a symbolic link, which is never followed; remove it"
    if error.errno in _REMEDIES:
        return f"{said}; {_REMEDIES[error.errno]}"
    return f"{said}; the file stays as it was until that is put right"


_REMEDIES = {
    errno.ENOSPC: "free some room on that disk, the files stay as they were",
    errno.EDQUOT: "free some room or raise the quota, the files stay as they were",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f), the file stays as it was",
    errno.EROFS: "mount it writable",
    errno.EACCES: "give this user the right to write there",
    errno.EPERM: "give this user the right to write there",
    errno.EISDIR: "move the folder that stands in its place away",
    errno.ENOTEMPTY: "move the folder that stands in its place away",
    errno.ENOTDIR: "move the file that stands where a folder is needed away",
    errno.EEXIST: "move the file that stands where a folder is needed away",
}


def _look(folder: int, name: str) -> os.stat_result | None:
    """What lies there if it is a regular file."""
    try:
        found = beneath.look(folder, name)
    except FileNotFoundError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _dated(folder: int, name: str) -> int | None:
    """When the file was modified, in ns; -1 for what is no file, None where there is nothing."""
    try:
        found = beneath.look(folder, name)
    except FileNotFoundError:
        return None
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else -1


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
