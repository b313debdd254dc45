"""Time and the folder's events become tasks, tasks become flows. The only user of APScheduler."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.schedulers.background import BackgroundScheduler

from syndicator.core.articles import warm
from syndicator.errors import FolderError, PublicationError, StoreError, SyndicatorError
from syndicator.flows.ingest import ingest
from syndicator.flows.publish import compress, publish, renew, repair
from syndicator.flows.removals import sweep, transition
from syndicator.model import Report
from syndicator.ports import Ports, Queue, Task

ORDER = ("read", "transition", "start", "repair", "recheck", "scan", "compress")
"""Kinds of tasks, most urgent first: what a reader waits for before what nobody waits for."""
COMPRESSED_AT_ONCE = 3
"""Documents, some 10 ms each: a file that is dropped meanwhile waits no longer than that."""
RETRY = timedelta(seconds=5)
DRAIN = 10.0
"""Seconds that the task at hand gets to end when we are told to stop."""

log = logging.getLogger("syndicator.daemon")


class RunningQueue(Queue, Protocol):
    """What the daemon needs of a queue beside `put`."""

    def start(self) -> None:
        """Begin to work."""

    def close(self, timeout: float) -> bool:
        """Finish the task at hand, drop the rest; whether it ended within `timeout` seconds."""


class Daemon:
    """Keeps feeds up to date with the folder until `stop`.

    `make_queue` is given the function that handles a task and the order of kinds, and gives a queue with
    `start`, `put` and `close`.
    """

    def __init__(self, ports: Ports, make_queue: Callable[..., RunningQueue], scan_interval: timedelta) -> None:
        self._ports = ports
        self._queue = make_queue(self._handle, ORDER)
        self._scan_interval = scan_interval
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._unwatch: Callable[[], None] = lambda: None
        self._troubles: dict[str, str] = {}

    def start(self) -> None:
        """Watch the folder, read it once, then live by events and the clock."""
        self._queue.start()
        self._queue.put(Task(kind="start"))
        self._watch()
        self._every(self._scan_interval, "scan")
        self._every(timedelta(seconds=1), "transition")
        self._scheduler.start()

    def reload(self, ports: Ports) -> None:
        """Go on with other ports: the settings have changed."""
        self._unwatch()
        self._ports = ports
        self._watch()
        self._queue.put(Task(kind="start"))

    def stop(self) -> bool:
        """End: no new tasks, the one at hand is finished. Whether it was within ten seconds."""
        self._unwatch()
        self._scheduler.shutdown(wait=False)
        return self._queue.close(DRAIN)

    def _every(self, interval: timedelta, kind: str) -> None:
        self._scheduler.add_job(
            self._queue.put, "interval", seconds=interval.total_seconds(), args=[Task(kind=kind)], id=kind
        )

    def _later(self, after: timedelta, task: Task) -> None:
        when = datetime.now(UTC) + after
        self._scheduler.add_job(self._queue.put, "date", run_date=when, args=[task])

    def _watch(self) -> None:
        try:
            self._unwatch = self._ports.seeds.watch(
                lambda path: self._queue.put(Task(kind="read", paths=frozenset({path}))),
                lambda: self._queue.put(Task(kind="scan")),
            )
        except FolderError as error:
            self._unwatch = lambda: None
            log.warning("%s; the folder is scanned every %d s instead", error, self._scan_interval.total_seconds())

    def _handle(self, task: Task) -> None:
        try:
            report = self._run(task)
            self._tell(report)
            self._follow(report)
        except PublicationError as error:
            self._in_trouble(Task(kind="repair"), str(error))
        except SyndicatorError as error:
            self._in_trouble(task, str(error))
        except Exception as error:
            log.exception("%s: failed; it is tried again", task.kind)
            self._in_trouble(task, f"{task.kind} failed: {error!r}")
        else:
            self._out_of_trouble(task)

    def _run(self, task: Task) -> Report:
        ports = self._ports
        match task.kind:
            case "start":
                return self._start()
            case "repair":
                return repair(ports)
            case "scan":
                report = ingest(ports, settled=False)
                sweep(ports)
            case "read":
                report = ingest(ports, task.paths)
            case "recheck":
                report = ingest(ports, task.paths, settled=False)
            case "transition":
                report = transition(ports)
                if not report.published and not report.withdrawn:
                    return report
            case _:
                return compress(ports, COMPRESSED_AT_ONCE)
        return replace(report, documents=publish(ports).documents)

    def _start(self) -> Report:
        ports = self._ports
        renew(ports)
        try:
            report = ingest(ports)
            sweep(ports)
        except FolderError:
            publish(ports)
            raise
        report = replace(report, documents=publish(ports).documents)
        repair(ports)
        # A file that is dropped meanwhile must not wait for what it may not need.
        threading.Thread(target=warm, name="warm", daemon=True).start()
        return report

    def _follow(self, report: Report) -> None:
        if report.documents:
            self._queue.put(Task(kind="compress"))
        if report.recheck:
            self._later(self._ports.policy.settle, Task(kind="recheck", paths=report.recheck))

    def _tell(self, report: Report) -> None:
        for problem in report.problems:
            where = f"{problem.path}:{problem.line}" if problem.line else problem.path
            log.warning("%s: %s", where, problem.reason)
        for path, notice in report.notices:
            log.info("%s: %s", f"{path}:{notice.line}" if notice.line else path, notice.text)
        if report.published or report.corrected or report.withdrawn:
            log.info(
                "%d new, %d corrected, %d withdrawn, %d documents written",
                report.published,
                report.corrected,
                report.withdrawn,
                len(report.documents),
            )

    def _in_trouble(self, task: Task, message: str) -> None:
        if self._troubles.get(task.kind) != message:
            log.error("%s", message)
        self._troubles[task.kind] = message
        self._remember_trouble()
        if task.kind not in ("scan", "transition"):
            self._later(RETRY, task)

    def _out_of_trouble(self, task: Task) -> None:
        if self._troubles.pop(task.kind, None) is not None:
            log.info("%s: works again", task.kind)
            self._remember_trouble()

    def _remember_trouble(self) -> None:
        try:
            self._ports.store.remember("trouble", "; ".join(dict.fromkeys(self._troubles.values())))
        except StoreError as error:
            log.debug("%s", error)
