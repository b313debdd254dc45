"""Being told of changes in the watched folder: inotify, through watchdog's descriptor and its thread.

watchdog's own observer is not used, because it holds everything back for half a second when a file is moved out,
keeps quiet about lost events, and passes over folders that the system's limit does not let it watch. Its
`InotifyFD` reads the events and says all of that; which folders are watched and what it means is decided here.
"""

from __future__ import annotations

import itertools
import logging
import os
import stat
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from syndicator.edge import beneath, names
from syndicator.errors import FolderError

if TYPE_CHECKING:
    from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchDescriptor

_log = logging.getLogger(__name__)

_ROOT_CHANGED = "/"  # no path relative to the root
_PARENT: CallbackId = 0  # type: ignore[assignment]
_MODIFIED_LATELY = 5.0
"""Seconds. A scan trusts an older file at once; a younger one in a folder that was renamed in is told of by name."""


class Watch:
    """One watched folder. `wanted` says which files are told of, by their path beneath the root.

    `changed` and `rescan` are called from watchdog's thread, one at a time. The watch survives the folder's
    removal: it is armed again when the folder comes back under its name, and `check` arms it where that
    could not be seen (another file system mounted over it, a parent folder that came back).
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        depth: int,
        wanted: Callable[[str], bool],
        changed: Callable[[str], None],
        rescan: Callable[[], None],
    ) -> None:
        self._root = os.path.abspath(root)
        self._depth = depth
        self._wanted, self._changed, self._rescan = wanted, changed, rescan
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._folders: dict[WatchDescriptor, tuple[str, CallbackId]] = {}
        self._identity: tuple[int, int] | None = None
        self._root_wd: WatchDescriptor | None = None
        self._parent_wd: WatchDescriptor | None = None
        self._name = b""
        self._stopped = False
        self._inotify: InotifyFD
        self._mask: Mask
        self._parent_mask: Mask

    def start(self) -> None:
        """Begin to watch. Raises FolderError where the system cannot or will not: live on scans then."""
        if not sys.platform.startswith("linux"):
            raise FolderError(f"{self._root} cannot be watched on this system; changes are found by the regular scan")
        from watchdog.observers.inotify_c import InotifyConstants as On
        from watchdog.observers.inotify_c import InotifyFD

        mask = On.IN_CLOSE_WRITE | On.IN_MOVE | On.IN_CREATE | On.IN_DELETE
        self._mask = mask | On.IN_DELETE_SELF | On.IN_MOVE_SELF | On.IN_ONLYDIR  # type: ignore[assignment]
        self._parent_mask = On.IN_CREATE | On.IN_MOVED_TO | On.IN_ONLYDIR  # type: ignore[assignment]
        try:
            self._inotify = InotifyFD()
        except OSError as error:
            raise FolderError(
                f"{self._root} cannot be watched: {error.strerror}; raise fs.inotify.max_user_instances with sysctl, "
                "or leave it: changes are found by the regular scan"
            ) from error
        self._inotify.start()
        try:
            self._arm()
        except OSError as error:
            self.stop()
            raise FolderError(
                f"{self._root} cannot be watched: {error.strerror}; raise fs.inotify.max_user_watches with sysctl "
                "(one is needed for each folder), or leave it: changes are found by the regular scan"
            ) from error

    def stop(self) -> None:
        """Stop for good. No callback begins after it returns, unless it is called from one."""
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
        self._inotify.stop()
        if threading.current_thread() is not self._inotify:
            self._inotify.join(timeout=10)

    def check(self, identity: tuple[int, int]) -> None:
        """Arm again unless the folder watched is the one with this device and inode."""
        with self._lock:
            if self._stopped or identity == self._identity:
                return
            self._rearm()

    # What watchdog calls, from its thread.

    def on_event(self, event: InotifyEvent) -> None:
        """One event of a folder we watch."""
        with self._lock:
            if self._stopped:
                return
            where = self._where(event)
        if where is None:
            return
        if where is _ROOT_CHANGED:
            self._call(self._rescan)
            return
        name = os.fsdecode(event.name)
        path = f"{where}/{name}" if where else name
        if event.is_directory:
            self._folder_event(event, path, name)
        else:
            self._file_event(event, path, name)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """A folder we watched is no more."""
        with self._lock:
            if wd == self._parent_wd:
                self._parent_wd = None
            self._folders.pop(wd, None)
            lost = wd == self._root_wd and not self._stopped
            if lost:
                self._disarm()
        if lost:
            self._call(self._rescan)

    def on_queue_overflow(self) -> None:
        """Events were lost: which folders there are is looked up anew."""
        with self._lock:
            if self._stopped:
                return
            self._rearm()
        self._call(self._rescan)

    def _where(self, event: InotifyEvent) -> str | None:
        """The folder the event tells of, _ROOT_CHANGED where the root came or went, None where it says nothing."""
        if event.wd == self._parent_wd:
            came_back = event.name == self._name and self._rearm()
            return _ROOT_CHANGED if came_back else None
        if event.wd == self._root_wd and event.is_move_self:
            self._disarm()
            return _ROOT_CHANGED
        if event.wd not in self._folders or not event.name:
            return None
        return self._folders[event.wd][0]

    def _file_event(self, event: InotifyEvent, path: str, name: str) -> None:
        if names.fault(name):
            if not event.is_create and not names.passed_over(name):
                self._call(self._rescan)
            return
        if self._wanted(path) and (not event.is_create or self._never_closes(path)):
            self._call(self._changed, path)

    def _never_closes(self, path: str) -> bool:
        """Whether something that was just made there is no file that a writer will close: a link or a pipe."""
        try:
            found = os.stat(os.path.join(self._root, path), follow_symlinks=False)
        except OSError:
            return False
        return not stat.S_ISREG(found.st_mode) or found.st_nlink > 1

    def _folder_event(self, event: InotifyEvent, path: str, name: str) -> None:
        if not self._enters(path, name):
            return
        young: list[str] = []
        with self._lock:
            if self._stopped:
                return
            if event.is_moved_from:
                self._forget(path)
            elif event.is_moved_to or event.is_create:
                young = self._add_below(path)
        self._call(self._rescan)
        if event.is_moved_to:
            for file in young:
                self._call(self._changed, file)

    def _call(self, callback: Callable[..., None], *arguments: str) -> None:
        try:
            callback(*arguments)
        except Exception:  # noqa: BLE001 - a callback that fails must not end watchdog's thread
            _log.exception("%s: a change could not be handled", self._root)

    # Which folders are watched. All of it under the lock.

    def _arm(self) -> None:
        """Watch the root as it is now, everything beneath it, and the place where it would come back."""
        self._disarm()
        real = os.path.realpath(self._root)
        above, name = os.path.split(real)
        self._name = os.fsencode(name)
        if self._parent_wd is not None:
            self._inotify.remove_callbacks([(self._parent_wd, _PARENT)])
            self._parent_wd = None
        try:
            self._parent_wd = self._inotify.add_callback(os.fsencode(above), self._parent_mask, self, _PARENT)
            top = beneath.open_top(real)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return
        try:
            found = os.fstat(top)
            self._root_wd = self._add(top, "")
            self._identity = (found.st_dev, found.st_ino)
            self._descend(top, "", None)
        finally:
            os.close(top)

    def _disarm(self) -> None:
        self._root_wd = self._identity = None
        self._remove(list(self._folders))

    def _remove(self, wds: list[WatchDescriptor]) -> None:
        self._inotify.remove_callbacks([(wd, self._folders.pop(wd)[1]) for wd in wds])

    def _forget(self, path: str) -> None:
        self._remove([wd for wd, (other, _) in self._folders.items() if f"{other}/".startswith(f"{path}/")])

    def _add(self, folder: int, path: str) -> WatchDescriptor:
        callback: CallbackId = next(self._ids)  # type: ignore[assignment]
        # By descriptor, so that it is this folder that is watched whatever its name means by now.
        wd = self._inotify.add_callback(b"/proc/self/fd/%d" % folder, self._mask, self, callback)
        before = self._folders.get(wd)
        if before is not None:
            self._inotify.remove_callbacks([(wd, before[1])])
        self._folders[wd] = (path, callback)
        return wd

    def _add_below(self, path: str) -> list[str]:
        """Watch a folder and those beneath it. Returns the files in them that were modified lately."""
        young: list[str] = []
        try:
            top = beneath.open_top(self._root)
        except OSError:
            return young
        try:
            with beneath.folder(top, path.split("/")) as folder:
                self._add(folder, path)
                self._descend(folder, path, young)
        except (FileNotFoundError, NotADirectoryError, PermissionError, beneath.Linked):
            pass  # it went, or is refused: the scan that follows says so
        except OSError as error:
            self._incomplete(error)
        finally:
            os.close(top)
        return young

    def _descend(self, folder: int, path: str, young: list[str] | None) -> None:
        since = time.time() - _MODIFIED_LATELY
        below: list[tuple[str, str]] = []
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                where = f"{path}/{name}" if path else name
                if entry.is_dir(follow_symlinks=False):
                    if self._enters(where, name):
                        below.append((name, where))
                elif young is not None and self._wanted(where) and _mtime(entry) > since:
                    young.append(where)
        for name, where in below:
            try:
                with beneath.folder(folder, (name,)) as inner:
                    self._add(inner, where)
                    self._descend(inner, where, young)
            except (FileNotFoundError, NotADirectoryError, PermissionError, beneath.Linked):
                continue

    def _enters(self, path: str, name: str) -> bool:
        return path.count("/") < self._depth and not names.passed_over(name) and names.fault(name) is None

    def _rearm(self) -> bool:
        """Arm, saying in the log where it could not be done for every folder. Whether the root is there."""
        try:
            self._arm()
        except OSError as error:
            self._incomplete(error)
        return self._root_wd is not None

    def _incomplete(self, error: OSError) -> None:
        _log.warning(
            "%s: not every folder can be watched: %s; changes there are found by the regular scan "
            "(sysctl fs.inotify.max_user_watches raises the limit)",
            self._root,
            error.strerror,
        )


def _mtime(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except OSError:
        return 0.0
