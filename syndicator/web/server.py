"""The public web server: granian, its workers, its socket. The only importer of granian."""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any

import granian.server.mp
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.mp import MPServer

from syndicator.bell import Bell
from syndicator.errors import SyndicatorError
from syndicator.lifeline import die_with_parent
from syndicator.web.files import STREAMS
from syndicator.web.listening import Place, listening, start_admin
from syndicator.web.wakeup import wake_for_signals

__all__ = ["serve", "start_admin"]

THREADS = 8 + STREAMS
"""Requests that are not answered from memory and that one worker answers at the same time; more wait in line, without a
thread. Eight are never taken by clients that read a large file slowly."""
SWITCH_INTERVAL = 0.0005
"""Seconds for which a thread may keep Python to itself while others wait. With Python's own 5 ms a finished document
waits that long for each page that is being made: measured with four pages in the making all the time, documents come
out two to three times as fast, and pages half as many again. Alone, neither is slower."""
BACKLOG = 1024
CONNECTIONS = 1000
IDLE_TIMEOUT = 20
"""Seconds for a request's header to arrive, the first one or the next one on the same connection."""
STALL_TIMEOUT = 30
"""Seconds after which a client that takes nothing more of its answer is cut off."""
HEADER_BYTES = 16 * 1024
STOP_TIMEOUT = 6
"""Seconds that a worker has to finish what it is answering before it is killed."""
RELOAD_OVERLAP = 1.0
"""Seconds for which a new worker runs beside the one it replaces."""
SETTLED = 5.0
"""Seconds after which a worker counts as one that works."""
PAUSES = (0.0, 0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0, 5.0)
"""Seconds to wait before a worker is replaced, by how many in a row died before they settled; then we give up."""


def serve(
    target: str,
    bind: Place,
    workers: int,
    on_reload: Callable[[], None],
    log_level: str = "error",
) -> None:
    """Answer HTTP on `bind` until SIGTERM or SIGINT, then return once the workers have finished what they do.

    `target` is `module:function`: called without arguments in every worker, it returns the WSGI app. SIGHUP calls
    `on_reload` here and then replaces the workers one by one, without refusing a connection; where `on_reload`
    raises SyndicatorError the workers stay as they are. A worker that dies is replaced, at once unless those before
    it died young too; the server ends where a worker twice cannot even start, or ten in a row were killed within
    seconds. Workers end with this process, however it ends. `log_level` is granian's own.

    Raises BindError where the address cannot be had, SystemExit(1) where the workers cannot be kept alive.

    Limits (S45): a header may take 20 s to arrive and an idle connection as long; it may have 16 KiB and a hundred
    fields (431), the target 8 KiB (414, in `gate`); 1,000 connections per worker, 1,024 waiting. A client that takes
    nothing more of an answer for 30 s is cut off, on TCP. granian has no knob for: the time a body may take (nothing
    here reads one; the connection is closed after the answer), a client that reads an answer a byte at a time,
    refusing a second Host field (`gate` does).
    """
    with listening(bind) as listener:
        _cut_off_stalled(listener)
        server = _Server(target, listener, workers, on_reload, LogLevels(log_level))
        # Never fork: SQLite must not be used in the child of a process that has a database open, and ours may.
        multiprocessing.set_start_method("spawn", force=True)
        wake_for_signals()
        try:
            server.serve(spawn_target=_worker, target_loader=partial(_load, os.getpid()))
        except SystemExit:
            # A signal to the whole group also ends the workers, which granian takes for their failure.
            if not server.interrupt_signal:
                raise


def _cut_off_stalled(listener: socket.socket) -> None:
    """Connections inherit it. Over a Unix socket a proxy reads, which has such a limit of its own."""
    if listener.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALL_TIMEOUT * 1000)


def _load(parent: int, target: str) -> Callable[..., Any]:
    """In a worker: the app that `target` makes. Not granian's loader, which puts the working directory on sys.path."""
    die_with_parent(parent)
    module, _, factory = target.partition(":")
    app: Callable[..., Any] = getattr(importlib.import_module(module), factory)()
    return app


def _worker(worker_id: int, process_name: str | None, loader: Callable[[], Any], sock: Any, *rest: Any) -> None:
    """In a worker: granian's own one, on the socket that was handed over."""
    wake_for_signals()
    sys.setswitchinterval(SWITCH_INTERVAL)
    granian.server.mp._wsgi_call_wrap = _calling  # type: ignore[attr-defined, assignment]
    _, listener = sock
    on_path = listener.family == socket.AF_UNIX
    holder = SocketHolder(listener.detach(), on_path, BACKLOG)  # type: ignore[call-arg]
    MPServer._spawn_wsgi_worker(worker_id, process_name, loader, ((None, holder), None), *rest)


def _calling(app: Callable[..., Any], *_: object) -> Callable[[Any, dict[str, Any]], None]:
    """What granian calls for each request, instead of its own: that copies our whole environment, with what is
    secret in it, into every request's.

    What the app has ready (`at_once`, see `web.front.Front`) is answered in granian's one thread, in which nothing may
    wait: threads that take turns cost more than the answer. Everything else is for threads of ours.
    """
    always = {
        "SCRIPT_NAME": "",
        "SERVER_SOFTWARE": "syndicator",
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multiprocess": True,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.version": (1, 0),
    }

    at_once = getattr(app, "at_once", _nothing)
    others: SimpleQueue[tuple[Any, dict[str, Any]]] = SimpleQueue()
    for _thread in range(THREADS):
        # At the end nobody waits for them: who still wants an answer has it by then.
        threading.Thread(target=_answering, args=(app, others), name="answer", daemon=True).start()

    def call(protocol: Any, environ: dict[str, Any]) -> None:
        answered = at_once(environ)
        if answered is None:
            environ.update(always)
            others.put((protocol, environ))
        else:
            protocol.response_bytes(*answered)

    return call


def _nothing(_: dict[str, Any]) -> None:
    """The answer kept ready of an app that keeps none."""


def _answering(app: Callable[..., Any], requests: SimpleQueue[tuple[Any, dict[str, Any]]]) -> None:
    while True:
        _answer(app, *requests.get())


def _answer(app: Callable[..., Any], protocol: Any, environ: dict[str, Any]) -> None:
    """Answer a request in a thread of our own, for as long as it takes."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        started[:] = int(status[:3]), headers

    try:
        body = app(environ, start_response)
        if isinstance(body, list):
            protocol.response_bytes(*started, b"".join(body))
        else:
            protocol.response_iter(*started, _Chunks(body))
    except BaseException:  # the thread is to answer others
        logging.getLogger("syndicator.web").exception("a request was not answered")
        protocol.response_bytes(500, [("Content-Type", "text/plain; charset=utf-8")], b"500 Internal error.\n")


class _Chunks:
    """A body of unknown length as granian takes it."""

    __slots__ = ("__next__", "_body")

    def __init__(self, body: Any) -> None:
        self._body = body
        self.__next__ = iter(body).__next__

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


class _Server(MPServer):
    """granian with one listening socket for all workers, made by us and without SO_REUSEPORT.

    With a socket per worker, which is granian's way on Linux, a second server could share the port unnoticed, and
    connections waiting at a worker that is replaced would be reset.
    """

    def __init__(
        self,
        target: str,
        listener: socket.socket,
        workers: int,
        on_reload: Callable[[], None],
        log_level: LogLevels,
    ) -> None:
        super().__init__(
            target,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=1,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=IDLE_TIMEOUT * 1000, max_buffer_size=HEADER_BYTES),
            websockets=False,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            respawn_interval=RELOAD_OVERLAP,
            workers_kill_timeout=STOP_TIMEOUT,
            log_level=log_level,
            log_dictconfig=_logging(),
        )
        # Set by signal handlers, like ours; see there.
        self.main_loop_interrupt = Bell()  # type: ignore[assignment]
        self.listener = listener
        self._prepare = on_reload
        self._died_young = 0
        self._could_not_start = 0

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
            logging.getLogger("syndicator.web").error("%s; the configuration stays as it was", error)
            return
        super()._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        """granian's own gives up when a worker dies twice within 5.5 s, and may miss one of two deaths at a time."""
        while not self.interrupt_signal:
            self.main_loop_interrupt.wait()
            # Before anything is looked at: what comes later rings again.
            self.main_loop_interrupt.clear()
            while self.interrupt_children and not self.interrupt_signal:
                dead = self.interrupt_children.pop()
                if self.wrks[dead].inner.is_alive():
                    continue  # a reload has replaced it
                if not self._patient(self.wrks[dead]):
                    self.interrupt_children.append(dead)
                    return
                self._respawn_workers([dead], spawn_target, target_loader)
            if self.reload_signal and not self.interrupt_signal:
                self._reload(spawn_target, target_loader)

    def _patient(self, worker: Any) -> bool:
        """Wait before a dead worker is replaced. False where there is no use in another one."""
        now = time.monotonic()
        if now - worker.birth >= SETTLED:
            self._died_young = self._could_not_start = 0
            return True
        self._died_young += 1
        self._could_not_start += (worker.inner.exitcode or 0) > 0
        others_work = any(one.inner.is_alive() and now - one.birth >= SETTLED for one in self.wrks)
        if not others_work and (self._could_not_start > 1 or self._died_young > len(PAUSES)):
            logging.getLogger("syndicator.web").error("workers die as soon as they start; giving up")
            return False
        until = now + PAUSES[min(self._died_young, len(PAUSES)) - 1]
        while (left := until - time.monotonic()) > 0 and not self.interrupt_signal:
            self.main_loop_interrupt.wait(left)
            self.main_loop_interrupt.clear()
        return True


def _logging() -> dict[str, Any]:
    """What granian has to say goes to standard error, as one line each."""
    return {
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s web server: %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {"_granian": {"handlers": ["stderr"], "propagate": False}},
    }
