"""The watched folder: what lies in it, and its bytes. Nothing outside it is ever read (security.md S38, S40).

What is read is a regular file with one name, reached from the root by folders only. Refused with a sentence
each: symbolic links (of files and of folders), pipes, sockets, devices, files with a second hard link (it may
be a name for something outside), names that are not UTF-8 or hold control characters, files over 4 MiB, folders
more than 16 levels down. Hidden and temporary names are passed over (`edge.names`). The root itself may be a
link: whoever configured it named it.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from syndicator.edge import beneath, names, pictures, regular
from syndicator.edge.media import media_type, suffix
from syndicator.edge.scan import DEEPEST, TOO_DEEP, Scan
from syndicator.errors import BadArticle, FolderError
from syndicator.model import FileStat, Media, Problem

PATTERNS = ("*.md", "*.markdown", "*.mdown", "*.txt", "*.html", "*.htm", "*.xhtml")


class Folder:
    """A SeedFolder on disk.

    `patterns` are matched against file names, large and small letters alike. Not `recursive`: sub-folders
    are left out, except for media that an article names.
    """

    def __init__(self, root: Path, patterns: Sequence[str] = PATTERNS, recursive: bool = True) -> None:
        self._root = Path(root)
        self._patterns = tuple(patterns)
        self._depth = DEEPEST if recursive else 0
        self._matches = names.matcher(self._patterns)
        self._checks: list[Callable[[tuple[int, int]], None]] = []

    def __reduce__(self) -> tuple[type[Folder], tuple[Path, tuple[str, ...], bool]]:
        return type(self), (self._root, self._patterns, self._depth > 0)

    def make(self) -> None:
        """Make the folder where there is none. Raises FolderError."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(f"{self._root} cannot be made: {error.strerror}; make it, or name another one") from error

    def scan(self) -> tuple[list[FileStat], list[Problem]]:
        """Every article file by path, and what was refused.

        A Problem may name a folder (refused, or one that cannot be read), or `.`, the whole folder (more than
        100,000 files): that a file at or beneath that path is not listed does not mean that it is gone.
        Raises FolderError where there is no folder. Arms the watches again when it is another folder than before.
        """
        with self._top() as top:
            found = os.fstat(top)
            for check in tuple(self._checks):
                check((found.st_dev, found.st_ino))
            return Scan(self._matches, self._depth).run(top)

    def stat(self, path: str) -> FileStat | None:
        """One article file, or None where it is gone or not an article file.

        Raises BadArticle where it is refused, FolderError where the whole folder is gone.
        """
        parts = self._article(path)
        if parts is None:
            return None
        with self._top() as top:
            try:
                with beneath.folder(top, parts[:-1]) as folder:
                    found = beneath.look(folder, parts[-1])
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError as error:
                raise regular.unreadable(error) from error
        reason = regular.refusal(found)
        if reason:
            raise BadArticle(reason)
        return FileStat(path=path, size=found.st_size, mtime_ns=found.st_mtime_ns)

    def read(self, path: str) -> tuple[FileStat, bytes]:
        """The bytes of a file and the stat they belong to.

        Raises BadArticle where it is refused or changed while it was read, FileNotFoundError where it is gone,
        FolderError where the whole folder is.
        """
        parts = self._article(path)
        if parts is None:
            raise BadArticle("it is not an article file by its name; rename it")
        with self._top() as top:
            try:
                with beneath.folder(top, parts[:-1]) as folder:
                    found, data = regular.read(folder, parts[-1])
            except (FileNotFoundError, NotADirectoryError) as error:
                raise FileNotFoundError(path) from error
            except OSError as error:
                raise regular.unreadable(error) from error
        return FileStat(path=path, size=found.st_size, mtime_ns=found.st_mtime_ns), data

    def media(self, path: str, reference: str) -> Media | None:
        """The file that a relative address in the article at `path` names, as it will be published.

        The address is resolved against the article's folder, one that begins with `/` against the root; query
        and fragment are cut. None for an absolute address, an article file, a hidden or refused file, one
        over 256 MiB, one that is not there or is being written, and a kind that is not published (`edge.media`).
        """
        target = _resolve(path, reference)
        if target is None or self.is_article(target) or not _is_published(target):
            return None
        parts = target.split("/")
        with self._top() as top:
            try:
                with beneath.folder(top, parts[:-1]) as folder:
                    digest, length, head = regular.digest(folder, parts[-1])
            except BadArticle:
                return None
            except OSError as error:
                reason = regular.unreadable(error)
                if isinstance(reason, FolderError):
                    raise reason from error
                return None
        width, height = pictures.dimensions(head) or (None, None)
        return Media(
            path=f"/media/{digest[:32]}.{suffix(target)}",
            origin=target,
            type=media_type(target) or "",
            length=length,
            width=width,
            height=height,
        )

    def open_media(self, media: Media) -> bytes:
        """Its bytes. Raises BadArticle where the file is refused, gone, or not the one it was any more."""
        parts = media.origin.split("/")
        where = names.shown(media.origin)
        if not all(_is_plain(part) for part in parts) or not _is_published(media.origin):
            raise BadArticle(f"{where} is not a file that is published beside articles")
        with self._top() as top:
            try:
                with beneath.folder(top, parts[:-1]) as folder:
                    _, data = regular.read(folder, parts[-1], regular.LARGEST_MEDIA)
            except OSError as error:
                raise BadArticle(f"{where} cannot be read: {error.strerror}; put it back") from error
            except BadArticle as error:
                raise BadArticle(f"{where}: {error.reason}") from error
        if not media.path.startswith(f"/media/{hashlib.sha256(data).hexdigest()[:32]}."):
            raise BadArticle(f"{where} changed since the article was read; it will be read again")
        return data

    def is_article(self, path: str) -> bool:
        """Whether a path would be read as an article, by its name alone."""
        parts = path.split("/")
        return (
            len(parts) <= self._depth + 1
            and bool(self._matches(parts[-1]))
            and all(_is_plain(part) and not names.passed_over(part) and names.fault(part) is None for part in parts)
        )

    def watch(self, changed: Callable[[str], None], rescan: Callable[[], None]) -> Callable[[], None]:
        """Tell of changes until the function returned is called; both callbacks come from watchdog's thread.

        `changed(path)` is told of article files and of files that may be published beside them (`is_article`
        tells them apart): closed by their writer, renamed in or out, deleted, or made as a link or pipe, which
        is refused. A file that somebody still writes is not told of. `rescan()`: a folder came, went or was
        renamed, events were lost, or the root itself came or went; the watch arms itself again, at the latest in
        `scan()`. Raises FolderError where the system cannot watch or its limits do not allow it.
        """
        from syndicator.edge.watch import Watch

        watch = Watch(self._root, self._depth, self._is_told_of, changed, rescan)
        watch.start()
        check = watch.check
        self._checks.append(check)

        def stop() -> None:
            if check in self._checks:
                self._checks.remove(check)
            watch.stop()

        return stop

    def _is_told_of(self, path: str) -> bool:
        return self.is_article(path) or _is_published(path)

    @contextmanager
    def _top(self) -> Iterator[int]:
        try:
            top = beneath.open_top(self._root)
        except FileNotFoundError as error:
            raise FolderError(f"{self._root} is missing; create it, or name the right folder") from error
        except NotADirectoryError as error:
            raise FolderError(f"{self._root} is not a folder; name the right one") from error
        except OSError as error:
            raise FolderError(f"{self._root} cannot be read: {error.strerror}; see to its permissions") from error
        try:
            yield top
        finally:
            os.close(top)

    def _article(self, path: str) -> list[str] | None:
        """The parts of an article's path; None where its name is not one. Raises BadArticle where it cannot be."""
        parts = path.split("/")
        if not all(_is_plain(part) for part in parts):
            raise BadArticle("it does not lie in the folder; name it by its path in the folder")
        if any(names.passed_over(part) for part in parts):
            return None
        reason = next(filter(None, map(names.fault, parts)), None)
        if reason or len(parts) > DEEPEST + 1:
            raise BadArticle(reason or TOO_DEEP)
        return parts if self.is_article(path) else None


def _is_plain(part: str) -> bool:
    return part not in ("", ".", "..") and "\0" not in part


def _is_published(path: str) -> bool:
    """Whether a path may be published beside articles, by its name alone."""
    hidden = any(names.passed_over(part) or names.fault(part) for part in path.split("/"))
    return media_type(path) is not None and not hidden


def _resolve(path: str, reference: str) -> str | None:
    """The path beneath the root that a relative address in the article at `path` means (RFC 3986 5.2), or None."""
    try:
        address = urlsplit(reference.strip())
        written = unquote(address.path, errors="strict")
    except ValueError:
        return None
    if address.scheme or address.netloc or not written or written.endswith("/"):
        return None
    base = "" if written.startswith("/") else posixpath.dirname(path)
    target = posixpath.normpath(posixpath.join(base, written.lstrip("/")))
    return target if all(_is_plain(part) for part in target.split("/")) else None
