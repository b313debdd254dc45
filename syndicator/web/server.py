"""The public web server: granian, its workers, its socket. The only importer of granian."""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.mp import MPServer

from syndicator.bell import Bell
from syndicator.errors import SyndicatorError
from syndicator.lifeline import die_with_parent
from syndicator.web.files import STREAMS
from syndicator.web.listening import listen, start_admin
from syndicator.web.wakeup import wake_for_signals

__all__ = ["serve", "start_admin"]

THREADS = 8 + STREAMS
"""Requests that one worker answers at the same time; more wait in line, without a thread. Eight are never taken by
clients that read a large file slowly."""
BACKLOG = 1024
CONNECTIONS = 1000
IDLE_TIMEOUT = 20
"""Seconds for a request's header to arrive, the first one or the next one on the same connection."""
HEADER_BYTES = 16 * 1024
STOP_TIMEOUT = 6
"""Seconds that a worker has to finish what it is answering before it is killed."""
RELOAD_OVERLAP = 1.0
"""Seconds for which a new worker runs beside the one it replaces."""


def serve(
    target: str,
    bind: tuple[str, int],
    workers: int,
    on_reload: Callable[[], None],
    log_level: str = "error",
) -> None:
    """Answer HTTP on `bind` until SIGTERM or SIGINT, then return once the workers have finished what they do.

    `target` is `module:function`: called without arguments in every worker, it returns the WSGI app. SIGHUP calls
    `on_reload` here and then replaces the workers one by one, without refusing a connection; where `on_reload`
    raises SyndicatorError the workers stay as they are. A worker that dies is replaced; one that dies again within
    seconds ends the server. Workers end with this process, however it ends. `log_level` is granian's own.

    Raises BindError where the address cannot be had, SystemExit(1) where the workers cannot be kept alive.

    Limits (S45): a header may take 20 s to arrive and an idle connection as long; it may have 16 KiB (431), the
    target 8 KiB (414, in `gate`); 1,000 connections per worker, 1,024 waiting. granian has no knob for: the time a
    body may take (nothing here reads one), the time a client may take to read an answer, the number of headers,
    refusing a second Host field (`gate` does).
    """
    server = _Server(target, listen(*bind), bind, workers, on_reload, LogLevels(log_level))
    # Never fork: SQLite must not be used in the child of a process that has a database open, and ours may.
    multiprocessing.set_start_method("spawn", force=True)
    wake_for_signals()
    try:
        server.serve(spawn_target=_worker, target_loader=partial(_load, os.getpid()))
    except SystemExit:
        # A signal to the whole group also ends the workers, which granian takes for their failure.
        if not server.interrupt_signal:
            raise
    finally:
        server.listener.close()


def _load(parent: int, target: str) -> Callable[..., Any]:
    """In a worker: the app that `target` makes. Not granian's loader, which puts the working directory on sys.path."""
    die_with_parent(parent)
    module, _, factory = target.partition(":")
    app: Callable[..., Any] = getattr(importlib.import_module(module), factory)()
    return app


def _worker(worker_id: int, process_name: str | None, loader: Callable[[], Any], sock: Any, *rest: Any) -> None:
    """In a worker: granian's own one, on the socket that was handed over."""
    wake_for_signals()
    _, listener = sock
    holder = SocketHolder(listener.detach(), False, BACKLOG)  # type: ignore[call-arg]
    MPServer._spawn_wsgi_worker(worker_id, process_name, loader, ((None, holder), None), *rest)


class _Server(MPServer):
    """granian with one listening socket for all workers, made by us and without SO_REUSEPORT.

    With a socket per worker, which is granian's way on Linux, a second server could share the port unnoticed, and
    connections waiting at a worker that is replaced would be reset.
    """

    def __init__(
        self,
        target: str,
        listener: socket.socket,
        bind: tuple[str, int],
        workers: int,
        on_reload: Callable[[], None],
        log_level: LogLevels,
    ) -> None:
        super().__init__(
            target,
            address=bind[0],
            port=bind[1],
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=THREADS,
            # The longest there is: idle threads that end are where granian's open issue 527 begins.
            blocking_threads_idle_timeout=600,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=IDLE_TIMEOUT * 1000, max_buffer_size=HEADER_BYTES),
            websockets=False,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            respawn_failed_workers=True,
            respawn_interval=RELOAD_OVERLAP,
            workers_kill_timeout=STOP_TIMEOUT,
            log_level=log_level,
            log_dictconfig=_logging(),
        )
        # Set by signal handlers, like ours; see there.
        self.main_loop_interrupt = Bell()  # type: ignore[assignment]
        self.listener = listener
        self._prepare = on_reload

    def _init_shared_socket(self) -> None:
        self._ssp = self._shd = None
        self._sso = self.listener

    def _drop_shared_socket(self) -> None:
        self.listener.close()

    def _reload(self, spawn_target: Any, target_loader: Any) -> None:
        try:
            self._prepare()
        except SyndicatorError as error:
            self.reload_signal = False
            self.main_loop_interrupt.clear()
            logging.getLogger("syndicator.web").error("nothing was reloaded: %s", error)
            return
        super()._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]


def _logging() -> dict[str, Any]:
    """What granian has to say goes to standard error, as one line each."""
    return {
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s web server: %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {"_granian": {"handlers": ["stderr"], "propagate": False}},
    }
