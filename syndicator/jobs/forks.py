"""Processes forked from a clean server process that has loaded what they need: our own process has threads."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.context import BaseContext

_PRELOAD = [
    *("syndicator.core.articles.frontmatter", "syndicator.core.articles.scraped", "syndicator.core.render"),
    *("mdit_py_plugins.footnote", "yaml", "anyascii"),
    *("syndicator.jobs.parsing", "syndicator.core.upstream.xmlfeed", "syndicator.core.upstream.jsonfeed"),
    "syndicator.cli",
]
"""What nearly every article and every feed needs, loaded once, before the processes are forked.

The command is among it because every process first runs the script of its user, which imports the command: forked
with it, that costs a millisecond, not 100.
"""


def context() -> BaseContext:
    """How processes are started here. All that use it share one server process."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    return context


def live_with_user() -> None:
    """In a worker: end with the process that uses it, however that ends and whatever we do then.

    The fork server, which is our parent, stays for as long as a worker lives. Our user holds the other end of a pipe:
    Linux sends SIGIO when it closes, which ends us also where a thread would never get the interpreter's lock.
    """
    user = multiprocessing.parent_process()
    if user is None:
        return
    if sys.platform != "linux":
        threading.Thread(target=_end_after, args=(user,), name="lifeline", daemon=True).start()
        return
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(user.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(user.sentinel, fcntl.F_SETFL, fcntl.fcntl(user.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if not user.is_alive():  # it ended before we asked to be told
        os._exit(1)


def _end_after(user: multiprocessing.process.BaseProcess) -> None:
    user.join()
    os._exit(1)
