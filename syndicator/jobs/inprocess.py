"""The queue in this process: one worker thread, the most urgent task first, equal tasks merged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from syndicator.ports import Task

LONGEST = 0.5
"""Seconds that a kind of tasks rests at most."""


class InProcessQueue:
    """Runs `handle(task)` for each task put, in one thread of its own.

    `order` are the kinds of tasks, most urgent first. A task that waits is merged with another one of its kind:
    their paths are united. `handle` must not raise.

    After a task of a kind in `rests` the next of that kind waits so many times as long as that one took, at most
    LONGEST: what comes all the time is done in portions and takes its part of the time, what comes once at once.
    """

    def __init__(
        self, handle: Callable[[Task], None], order: Sequence[str], rests: Mapping[str, float] | None = None
    ) -> None:
        self._handle = handle
        self._order = tuple(order)
        self._rests = rests or {}
        self._resting: dict[str, float] = {}
        self._waiting: dict[str, Task] = {}
        self._changed = threading.Condition()
        self._busy = False
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def put(self, task: Task) -> None:
        """Add a task. After `close` it is dropped: whoever put it will find it again at the next start."""
        with self._changed:
            if self._closed:
                return
            waiting = self._waiting.get(task.kind)
            self._waiting[task.kind] = replace(task, paths=task.paths | waiting.paths) if waiting else task
            self._changed.notify_all()

    def join(self, timeout: float) -> bool:
        """Wait until nothing is left to do, at most `timeout` seconds; whether that came."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout)

    def close(self, timeout: float) -> bool:
        """Finish the task at hand, drop the waiting ones, end the thread within `timeout` seconds; whether it ended."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (task := self._next()) is not None:
            began = time.monotonic()
            self._handle(task)
            ended = time.monotonic()
            with self._changed:
                self._busy = False
                self._resting[task.kind] = ended + min(LONGEST, (ended - began) * self._rests.get(task.kind, 0.0))
                self._changed.notify_all()

    def _next(self) -> Task | None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                left = {kind: self._resting.get(kind, now) - now for kind in self._waiting}
                ready = [kind for kind in left if left[kind] <= 0]
                if ready:
                    self._busy = True
                    return self._waiting.pop(min(ready, key=self._order.index))
                self._changed.wait(min(left.values(), default=None))
            return None
