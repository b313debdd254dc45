"""Pure work spread over all cores."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

WORTH_IT = 100
"""Things below which starting processes costs more than it saves."""
CHUNK = 16
_PRELOAD = ["syndicator.core.articles", "syndicator.core.render", "markdown_it", "nh3", "py3langid"]


class Processes:
    """A Spread over processes, started when there is much to do for the first time and kept until `close`.

    They are forked from a clean server process, since the caller has threads.
    """

    def __init__(self, processes: int = 0) -> None:
        self._count = processes or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def __call__(self, function: Callable[[T], R], things: Sequence[T]) -> Iterator[R]:
        """The results in the order of `things`."""
        if len(things) < WORTH_IT or self._count < 2:
            return map(function, things)
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._count, mp_context=_context())
        return self._pool.map(function, things, chunksize=CHUNK)

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _context() -> multiprocessing.context.BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    return context
