"""Time and the folder's events become tasks, tasks become flows. The only user of APScheduler."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.schedulers.background import BackgroundScheduler

from syndicator.core.articles import warm
from syndicator.daemon.dispatch import Dispatcher
from syndicator.errors import ConfigError, FolderError, PublicationError, SourceError, StoreError, SyndicatorError
from syndicator.flows import stats
from syndicator.flows.past import forget
from syndicator.flows.publish import compress, repair
from syndicator.flows.refresh import advance, begin, refresh
from syndicator.flows.upkeep import prepare
from syndicator.model import Report
from syndicator.ports import Ports, Queue, Task

ORDER = ("read", "transition", "start", "repair", "recheck", "scan", "compress")
"""Kinds of tasks, most urgent first: what a reader waits for before what nobody waits for."""
RESTS = {"read": 4.0}
"""Files that come one after the other take a fifth of the time, so that who reads the feeds has the rest."""
COMPRESSED_AT_ONCE = 3
"""Documents, some 10 ms each: a file that is dropped meanwhile waits no longer than that."""
RETRY = timedelta(seconds=5)
PRUNE_AFTER = timedelta(minutes=1)
"""After a start what is too old is forgotten for the first time, and then each hour."""
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
    """Keeps feeds up to date with the folder and the upstream feeds until `stop`.

    `make_queue` is given the function that handles a task, the order of kinds and how long some of them rest, and
    gives a queue with `start`, `put` and `close`.
    """

    def __init__(
        self, ports: Ports, make_queue: Callable[..., RunningQueue], scan_interval: timedelta, connections: int
    ) -> None:
        self._ports = ports
        self._dispatcher = Dispatcher(ports, connections, self._polled)
        self._queue = make_queue(self._handle, ORDER, RESTS)
        self._scan_interval = scan_interval
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._unwatch: Callable[[], None] = lambda: None
        self._troubles: dict[str, str] = {}
        self._waiting: dict[str, frozenset[str]] = {}

    def start(self) -> None:
        """Watch the folder, read it once, then live by events and the clock."""
        self._watch()
        self._queue.put(Task(kind="start"))
        self._queue.start()
        self._every(self._scan_interval, "scan")
        self._every(timedelta(seconds=1), "transition")
        soon = datetime.now(UTC) + PRUNE_AFTER
        self._scheduler.add_job(self._prune, "interval", hours=1, id="prune", next_run_time=soon)
        self._scheduler.add_job(self._dispatcher.dispatch, "interval", seconds=1, id="dispatch")
        self._scheduler.start()

    def reload(self, ports: Ports, scan_interval: timedelta) -> None:
        """Go on with other ports: the settings have changed."""
        self._unwatch()
        self._ports = ports
        self._dispatcher.reload(ports)
        self._scan_interval = scan_interval
        self._watch()
        self._scheduler.reschedule_job("scan", trigger="interval", seconds=scan_interval.total_seconds())
        # What is not to be kept any more goes now, before it may be kept again.
        self._scheduler.modify_job("prune", next_run_time=datetime.now(UTC))
        self._queue.put(Task(kind="start"))

    def stop(self) -> bool:
        """End: no new tasks, the one at hand is finished. Whether it was within ten seconds."""
        self._unwatch()
        self._scheduler.shutdown(wait=False)
        self._dispatcher.stop(DRAIN)
        return self._queue.close(DRAIN)

    def _every(self, interval: timedelta, kind: str) -> None:
        self._scheduler.add_job(
            self._queue.put, "interval", seconds=interval.total_seconds(), args=[Task(kind=kind)], id=kind
        )

    def _later(self, after: timedelta, task: Task) -> None:
        """Do a task after a while; one of its kind that waits already is united with it."""
        self._waiting[task.kind] = self._waiting.get(task.kind, frozenset()) | task.paths
        when = datetime.now(UTC) + after
        self._scheduler.add_job(
            self._again, "date", run_date=when, args=[task.kind], id=f"again {task.kind}", replace_existing=True
        )

    def _again(self, kind: str) -> None:
        self._queue.put(Task(kind=kind, paths=self._waiting.pop(kind, frozenset())))

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
        self._remember_trouble()

    def _run(self, task: Task) -> Report:
        ports = self._ports
        match task.kind:
            case "start":
                return self._start()
            case "repair":
                return repair(ports)
            case "scan":
                return refresh(ports, settled=False)
            case "read":
                # Every second a transition publishes what is left.
                return refresh(ports, task.paths, site=False)
            case "recheck":
                return refresh(ports, task.paths, settled=False)
            case "transition":
                return advance(ports)
            case _:
                return compress(ports, COMPRESSED_AT_ONCE)

    def _prune(self) -> None:
        """Forget what is too old. Beside the queue: it may take long, and nobody is to wait for it."""
        try:
            forget(self._ports)
            stats.prune(self._ports)
        except SyndicatorError as error:
            log.warning("%s; what is too old is forgotten in an hour", error)

    def _start(self) -> Report:
        # First, since a large folder takes its time, and one that is not there keeps nobody from polling.
        try:
            for told in prepare(self._ports):
                log.warning("%s", told)
            self._troubles.pop("declared", None)
        except (SourceError, ConfigError) as error:
            log.error("%s", error)
            self._troubles["declared"] = str(error)
        self._dispatcher.start()
        report = begin(self._ports)
        # A file that is dropped meanwhile must not wait for what it may not need.
        threading.Thread(target=warm, name="warm", daemon=True).start()
        # Whoever ended before the last documents were compressed left that to us.
        self._queue.put(Task(kind="compress"))
        return report

    def _polled(self, _: Report) -> None:
        """A poll brought news, and it is stored: publish it."""
        self._queue.put(Task(kind="transition"))

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
        if task.kind not in ("scan", "transition"):
            self._later(RETRY, task)

    def _out_of_trouble(self, task: Task) -> None:
        # A start or a scan does all that a failed reading of some files would do again.
        over = {task.kind} | ({"start", "scan", "read", "recheck"} if task.kind in ("start", "scan") else set())
        for kind in over & self._troubles.keys():
            del self._troubles[kind]
            log.info("%s: works again", kind)

    def _remember_trouble(self) -> None:
        """Keep what is wrong where `status` finds it, also when an earlier process could not take it back."""
        told = "; ".join(dict.fromkeys(self._troubles.values()))
        try:
            if (self._ports.store.recall("trouble") or "") != told:
                self._ports.store.remember("trouble", told)
        except StoreError as error:
            log.debug("%s", error)
