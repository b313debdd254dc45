"""Walking the watched folder: every article file with its size and mtime, and one Problem for what is refused."""

from __future__ import annotations

import os
from collections.abc import Callable

from syndicator.edge import beneath, names, regular
from syndicator.model import FileStat, Problem

DEEPEST = 16
MOST_FILES = 100_000
MOST_ENTRIES = 1_000_000

TOO_DEEP = f"folders are read {DEEPEST} levels deep; move it up"
TOO_MANY = (
    f"it holds more than {MOST_FILES:,} article files (or {MOST_ENTRIES:,} files of any kind); "
    "the rest is not read: split it into several folders with a syndicator each"
)


class _Full(Exception):
    """The walk ends here."""


class Scan:
    """One walk. `matches` says whether a name is an article's; `depth` is how many levels of folders are entered."""

    def __init__(self, matches: Callable[[str], object], depth: int) -> None:
        self._matches = matches
        self._depth = depth
        self._files: list[FileStat] = []
        self._problems: list[Problem] = []
        self._entries = 0

    def run(self, top: int) -> tuple[list[FileStat], list[Problem]]:
        """Files and problems beneath the open folder `top`, each by path."""
        try:
            self._walk(top, "", 0)
        except _Full:
            self._problems.append(Problem(path=".", reason=TOO_MANY))
        self._files.sort(key=lambda file: file.path)
        self._problems.sort(key=lambda problem: problem.path)
        return self._files, self._problems

    def _walk(self, folder: int, prefix: str, level: int) -> None:
        below: list[str] = []
        matches, passed_over, depth = self._matches, names.passed_over, self._depth
        with os.scandir(folder) as entries:
            for entry in entries:
                self._entries += 1
                if self._entries > MOST_ENTRIES:
                    raise _Full
                name = entry.name
                if passed_over(name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if depth:
                        below.append(name)
                elif matches(name) or not entry.is_file(follow_symlinks=False):
                    self._judge(entry, prefix + name)
        for name in below:
            self._enter(folder, name, prefix + name, level + 1)

    def _judge(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            found = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        except OSError as error:
            self._refuse(path, str(regular.unreadable(error)))
            return
        reason = names.fault(entry.name) or regular.refusal(found)
        if reason:
            self._refuse(path, reason)
            return
        self._count()
        self._files.append(FileStat(path=path, size=found.st_size, mtime_ns=found.st_mtime_ns))

    def _enter(self, folder: int, name: str, path: str, level: int) -> None:
        reason = names.fault(name) or (TOO_DEEP if level > self._depth else None)
        if reason:
            self._refuse(path, reason)
            return
        try:
            with beneath.folder(folder, (name,)) as inner:
                self._walk(inner, f"{path}/", level)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self._refuse(path, str(regular.unreadable(error)))

    def _refuse(self, path: str, reason: str) -> None:
        self._count()
        self._problems.append(Problem(path=names.shown(path), reason=reason))

    def _count(self) -> None:
        if len(self._files) + len(self._problems) >= MOST_FILES:
            raise _Full
