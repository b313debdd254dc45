"""Work spread over all cores."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from syndicator.jobs.forks import context, live_with_user

T = TypeVar("T")
R = TypeVar("R")

WORTH_IT = 100
"""Things below which starting processes costs more than it saves."""
CHUNK = 16
IDLE = 30.0
"""Seconds without work after which the processes end: they hold as much memory as we do."""


class Processes:
    """A Spread over processes, started when there is much to do and ended when there was nothing for a while.

    They are forked from a clean server process, since the caller has threads, and die with the caller.
    """

    def __init__(self, processes: int = 0, idle: float = IDLE) -> None:
        self._count = processes or os.cpu_count() or 1
        self._idle = idle
        self._pool: ProcessPoolExecutor | None = None
        self._unfinished = 0
        self._timer: threading.Timer | None = None
        self._turn = threading.RLock()

    def __call__(self, function: Callable[[T], R], things: Sequence[T]) -> Iterator[R]:
        """The results in the order of `things`. The work is begun at once, also that of several callers."""
        if len(things) < WORTH_IT or self._count < 2:
            return map(function, things)
        chunks = [things[start : start + CHUNK] for start in range(0, len(things), CHUNK)]
        with self._turn:
            pool = self._started()
            futures = [pool.submit(_each, function, chunk) for chunk in chunks]
            self._unfinished += len(futures)
            for future in futures:
                future.add_done_callback(self._note_done)
        return self._results(pool, futures)

    def close(self) -> None:
        """End the processes, once the work at hand is done."""
        with self._turn:
            self._stop_timer()
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        self._stop_timer()
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._count, mp_context=context(), initializer=live_with_user)
        return self._pool

    def _results(self, pool: ProcessPoolExecutor, futures: Sequence[Future[list[R]]]) -> Iterator[R]:
        try:
            for future in futures:
                yield from future.result()
        except BrokenProcessPool:  # a process was killed: the next call gets new ones
            with self._turn:
                self._pool = None if self._pool is pool else self._pool
            raise

    def _note_done(self, _: object) -> None:
        with self._turn:
            self._unfinished -= 1
            if not self._unfinished:
                self._stop_timer()
                self._timer = threading.Timer(self._idle, self._end_if_idle)
                self._timer.daemon = True
                self._timer.start()

    def _end_if_idle(self) -> None:
        with self._turn:
            if not self._unfinished:
                self.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _each(function: Callable[[T], R], things: Sequence[T]) -> list[R]:
    return [function(thing) for thing in things]
