"""Documents of others are read in processes that can be killed, each within limits."""

from __future__ import annotations

import io
import os
import pickle
import signal
import socket
import threading
from collections import deque
from datetime import datetime, timedelta, timezone
from queue import SimpleQueue
from time import monotonic
from typing import Any

from syndicator import model
from syndicator.errors import BadFeed
from syndicator.jobs.forks import context
from syndicator.jobs.parsing import OUT_OF_MEMORY, Limits, Message, receive, send, work
from syndicator.model import Incoming, Parsed

IDLE = 30.0
"""Seconds without a document after which a process ends."""
READ = "syndicator.core.upstream:read"
_MOST = 256 * 1024 * 1024
"""Bytes of an answer beyond which it is none: a feed of 16 MiB gives less than a fourth of it."""
_LOST = 255
"""The exit code where nobody was left to tell: the fork server died, too."""
_GRACE = 5.0


class ParserProcesses:
    """A Parser over as many processes as there are cores, at least two; they are started when they are needed.

    `read` names the function that reads (`module:function`). Any number of threads may call; who came first is
    served first. A process that dies takes one document along and is replaced.

    What comes back is unpickled, and a process may be in the hands of whoever wrote the document: nothing but our own
    nouns and moments is made of it, and never a function called.
    """

    def __init__(
        self, processes: int = 0, *, read: str = READ, limits: Limits | None = None, idle: float = IDLE
    ) -> None:
        count = processes or max(2, os.cpu_count() or 1)
        self._workers = [_Worker(read, limits or Limits()) for _ in range(count)]
        self._idle = idle
        self._free = list(self._workers)
        self._waiting: deque[SimpleQueue[_Worker | None]] = deque()
        self._timer: threading.Timer | None = None
        self._closed = False
        self._turn = threading.Lock()

    def read(self, incoming: Incoming) -> Parsed:
        """The document as a feed. Raises BadFeed, of kind `killed` where it took the process along.

        Raises RuntimeError where the parser is closed, or was while the document was read; OSError where no process
        can be started. Neither is the document's fault.
        """
        message = pickle.dumps(incoming, pickle.HIGHEST_PROTOCOL)
        try:
            return self._read(message)
        except _Stopped:  # a stop of the whole machine reaches the processes as well: that says nothing of the document
            pass
        try:
            return self._read(message)
        except _Stopped as stopped:
            raise BadFeed("killed", "the document was being read when the parser was stopped, twice") from stopped

    def close(self) -> None:
        """End the processes, also in the midst of a document. May be called again."""
        with self._turn:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()
            waiting, free = list(self._waiting), list(self._free)
            self._waiting.clear()
            self._free.clear()
        for place in waiting:
            place.put(None)
        for worker in self._workers:
            worker.kill()
        for worker in free:
            worker.end()

    def _read(self, message: bytes) -> Parsed:
        worker = self._take()
        try:
            return worker.read(message)
        except (BadFeed, _Stopped):
            if self._closed:
                raise _closed() from None
            raise
        finally:
            self._give(worker)

    def _take(self) -> _Worker:
        with self._turn:
            if self._closed:
                raise _closed()
            if self._free:
                return self._free.pop()  # the one that was used last: the others may end
            place: SimpleQueue[_Worker | None] = SimpleQueue()
            self._waiting.append(place)
        worker = place.get()
        if worker is None:
            raise _closed()
        return worker

    def _give(self, worker: _Worker) -> None:
        with self._turn:
            if self._closed:
                worker.end()
            elif self._waiting:
                self._waiting.popleft().put(worker)
            else:
                worker.used = monotonic()
                self._free.append(worker)
                if self._timer is None and worker.running:
                    self._look_later()

    def _look_later(self) -> None:
        self._timer = threading.Timer(self._idle, self._end_idle)
        self._timer.daemon = True
        self._timer.start()

    def _end_idle(self) -> None:
        with self._turn:
            self._timer = None
            if self._closed:
                return
            for worker in self._free:
                if worker.running and monotonic() - worker.used >= self._idle:
                    worker.end()
            if any(worker.running for worker in self._free):
                self._look_later()


class _Stopped(Exception):
    """The process was told to end, which says nothing of what it read."""


class _Worker:
    """One process, or the place for one. Used by one thread at a time; only `kill` may come from another."""

    def __init__(self, read: str, limits: Limits) -> None:
        self._read = read
        self._limits = limits
        self._process: Any = None
        self._channel: socket.socket | None = None
        self._killed = False
        self._turn = threading.Lock()
        self.used = 0.0

    @property
    def running(self) -> bool:
        """Whether there is a process, as far as we know."""
        return self._channel is not None

    def read(self, message: bytes) -> Parsed:
        """What the process makes of a pickled Incoming. Raises BadFeed and _Stopped."""
        channel = self._ready()
        deadline = monotonic() + self._limits.wall
        try:
            send(channel, Message(content=message), deadline)
            answer = receive(channel, _MOST, deadline)
            found = _Unpickler(io.BytesIO(answer.content)).load()
            good = isinstance(found, Parsed) if answer.well else _is_complaint(found)
        except TimeoutError:
            self.end(by_force=True)
            raise self._death(f"takes longer than {self._limits.wall:g} s to read") from None
        except (OSError, EOFError):
            raise self._ended(self.end()) from None
        except Exception:  # noqa: BLE001 - whatever an attacker makes it send instead of an answer
            good = False
        if not good:
            self.end(by_force=True)
            raise self._death("makes the parser answer nonsense")
        if answer.last:
            self.end()
        if answer.well:
            return found  # type: ignore[no-any-return]
        raise BadFeed(*found)

    def kill(self) -> None:
        """End the process for good, whatever it does; whoever uses it sees it gone."""
        with self._turn:
            self._killed = True
            if self._process is not None and self._process.exitcode is None:
                self._process.kill()

    def end(self, *, by_force: bool = False) -> int:
        """End the process: by itself where it waits or has ended, else by force. Its exit code."""
        process, channel = self._process, self._channel
        if process is None or channel is None:
            return 0
        channel.close()
        if by_force:
            process.kill()
        process.join(_GRACE)
        if process.exitcode is None:
            process.kill()
            process.join()
        with self._turn:
            self._process = self._channel = None
            code = int(process.exitcode)
            process.close()
        return code

    def _ready(self) -> socket.socket:
        """The channel to a process that waits. One that ended while it had nothing to do is replaced."""
        if self._channel is not None and not _is_quiet(self._channel):
            self.end(by_force=True)
        with self._turn:
            if self._killed:
                raise _Stopped
            if self._channel is None:
                self._process, self._channel = self._started()
            return self._channel

    def _started(self) -> tuple[Any, socket.socket]:
        ours, theirs = socket.socketpair()
        process = context().Process(  # type: ignore[attr-defined]
            target=work, args=(theirs, self._read, self._limits), name="parser", daemon=True
        )
        try:
            process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return process, ours

    def _ended(self, code: int) -> Exception:
        if code in (-signal.SIGTERM, _LOST):
            return _Stopped()
        if code == -signal.SIGPROF:
            return self._death(f"takes more than {self._limits.cpu:g} s of CPU to read")
        if code == OUT_OF_MEMORY:
            return self._death(f"takes more than {self._limits.memory >> 20} MiB of memory to read")
        return self._death(f"makes the parser end ({signal.Signals(-code).name if code < 0 else f'exit code {code}'})")

    def _death(self, what: str) -> BadFeed:
        return BadFeed("killed", f"the document {what}; tell its publisher, or remove the source")


def _closed() -> RuntimeError:
    return RuntimeError("the parser is closed: nothing is read any more")


def _is_quiet(channel: socket.socket) -> bool:
    """Whether the other end is there and has said nothing unasked."""
    channel.setblocking(False)
    try:
        channel.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _is_complaint(found: object) -> bool:
    match found:
        case (str(), str(), int() | None):
            return True
    return False


class _Unpickler(pickle.Unpickler):
    """Makes only what a reading can consist of."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _NOUNS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of an answer") from None


_NOUNS = {
    (noun.__module__, noun.__qualname__): noun
    for noun in (*(getattr(model, name) for name in model.__all__), datetime, timedelta, timezone)
    if isinstance(noun, type)
}
