"""Due sources become polls: claimed as there is room, fetched side by side, stored together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from syndicator.core.polling.outage import Outage
from syndicator.core.polling.schedule import LEASE
from syndicator.errors import LeaseLost, StoreError
from syndicator.flows.poll import Done, given_up, poll, settle
from syndicator.flows.rounds import GATHER
from syndicator.flows.upkeep import forgive, repair, waken
from syndicator.model import Claim, Report, Result
from syndicator.ports import Fetcher, Ports

LEAP = timedelta(seconds=60)
"""Between two looks at what is due lies a second. So much more, either way, is a leap of time."""
PATIENCE = timedelta(seconds=90)
"""A fetch takes 60 s at most. One that took so long was stopped on the way: we were, or the machine was asleep."""
RETRY = 2.0
"""Seconds until what could not be stored is tried again."""

log = logging.getLogger("syndicator.polls")


class Dispatcher:
    """Polls what is due, with so many `connections` at once, until `stop`.

    `told` gets the report of every poll that brought news, when that is stored.
    """

    def __init__(self, ports: Ports, connections: int, told: Callable[[Report], None]) -> None:
        self._ports = ports
        self._connections = connections
        self._told = told
        self._pool = ThreadPoolExecutor(connections, thread_name_prefix="poll")
        self._changed = threading.Condition()
        self._turn = threading.Lock()
        self._flying: dict[int, Claim] = {}
        self._done: list[Done] = []
        self._outage = Outage()
        self._former: list[Fetcher] = []
        self._at = ports.now()
        self._landed = False
        self._stopping = False
        self._started = False
        self._writer = threading.Thread(target=self._write, name="settle", daemon=True)

    def start(self) -> None:
        """Begin to poll what is due."""
        if not self._started:
            waken(self._ports)
            self._at = self._ports.now()
            self._started = True
            self._writer.start()
        self.dispatch()

    def reload(self, ports: Ports) -> None:
        """Go on with other ports: polls that are under way end with the old ones, whose client is closed then."""
        with self._changed:
            self._former.append(self._ports.fetcher)
            self._ports = ports

    def dispatch(self) -> None:
        """Claim and begin as many polls as there is room for. Called every second, and whenever a poll is over."""
        if not self._started or not self._turn.acquire(blocking=False):
            return
        try:
            self._let_go()
            self._notice_time()
            self._claim()
        except StoreError as error:
            log.warning("%s; polls wait", error)
        finally:
            self._turn.release()

    def stop(self, timeout: float) -> None:
        """Claim nothing more, let polls end for so many seconds, and give back what did not."""
        with self._changed:
            self._stopping = True
            self._changed.wait_for(lambda: not self._flying and not self._done, timeout)
            left = list(self._flying.values())
            self._changed.notify_all()
        self._pool.shutdown(wait=False, cancel_futures=True)
        if left:
            # What was asked is not asked again sooner than usual, and is no fault of the source.
            try:
                self._ports.store.finish(given_up(claim) for claim in left)
            except StoreError as error:
                log.warning("%s; %d polls are given back when their lease runs out", error, len(left))

    def _let_go(self) -> None:
        """Close the clients of former settings, once no poll is under way that may use them."""
        with self._changed:
            former, self._former = ([], self._former) if self._flying else (self._former, [])
        for fetcher in former:
            fetcher.close()

    def _notice_time(self) -> None:
        """Where time made a leap, we were stopped or asleep, or the clock was put right."""
        before, self._at = self._at, self._ports.now()
        leap = self._at - before
        if leap < -LEAP:
            log.warning("the clock went back by %s: the schedule is put right", -leap)
            repair(self._ports)
        elif leap > LEAP:
            log.info("nothing was polled for %s", leap)
            waken(self._ports)

    def _claim(self) -> None:
        ports = self._ports
        now = ports.now()
        with self._changed:
            room = self._connections - len(self._flying)
            if self._stopping or room <= 0 or not self._outage.may_try(now):
                return
            room = 1 if self._outage.offline else room
        claims = ports.store.claim_due(now, room, LEASE)
        for claim in claims:
            with self._changed:
                self._flying[claim.token] = claim
                self._outage = self._outage.probed(now)
            self._pool.submit(self._poll, ports, claim)

    def _poll(self, ports: Ports, claim: Claim) -> None:
        began = ports.now()

        def offline(kind: str) -> bool:
            return ports.now() - began > PATIENCE or self._attempted(claim, kind)

        try:
            done = poll(ports, claim, offline=offline)
            if done.error is None:
                self._attempted(claim, None)
        except LeaseLost:
            log.warning("source %s: its poll took longer than its lease; it is polled again", claim.source.id)
        except StoreError as error:
            log.error("source %s: what it brought was not stored: %s", claim.source.id, error)
        except Exception:
            log.exception("source %s: its poll failed; it is polled again", claim.source.id)
        else:
            self._over(claim, done)
            return
        self._land(claim)

    def _attempted(self, claim: Claim, kind: str | None) -> bool:
        """Note an attempt; whether it is us who are offline."""
        with self._changed:
            was = self._outage.offline
            self._outage = self._outage.record(self._ports.now(), claim.state.host, kind, claim.source.id)
            outage = self._outage
        if outage.offline and not was:
            log.warning(
                "no way out to %d sources in a row: we seem to be offline, nothing is counted", len(outage.blamed())
            )
            forgive(self._ports, outage.blamed() - {claim.source.id})
        if was and not outage.offline:
            log.info("there is a way out again")
            waken(self._ports)
        return outage.blames(kind)

    def _over(self, claim: Claim, done: Done) -> None:
        self._tell(done)
        if done.polled is None:
            self._land(claim)
            self._told(done.report)
            return
        with self._changed:
            self._done.append(done)
            self._changed.notify_all()

    def _land(self, claim: Claim) -> None:
        with self._changed:
            self._flying.pop(claim.token, None)
            self._landed = True
            self._changed.notify_all()

    def _write(self) -> None:
        """Store what polls observed, and claim others in their place: all that are over by then, together."""
        while (done := self._over_by_now()) is not None:
            try:
                for lost in settle(self._ports, done):
                    log.warning("source %s: its poll took longer than its lease", lost.source.id)
            except StoreError as error:
                # What was observed must not be lost: no room is made for other polls until it is stored.
                log.error("%d polls wait to be stored: %s", len(done), error)
                with self._changed:
                    if self._changed.wait_for(lambda: self._stopping, RETRY):
                        return
                continue
            with self._changed:
                del self._done[: len(done)]
                for one in done:
                    if one.polled is not None:
                        self._flying.pop(one.polled.claim.token, None)
                self._changed.notify_all()
            self.dispatch()

    def _over_by_now(self) -> list[Done] | None:
        """Wait for polls that are over; those whose observations are to be stored, None when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._done or self._landed or (self._stopping and not self._flying))
            self._changed.wait_for(lambda: self._stopping, GATHER)
            if not self._done and self._stopping and not self._flying:
                return None
            self._landed = False
            return list(self._done)

    def _tell(self, done: Done) -> None:
        result, name = done.poll.result, done.source.id
        if result in (Result.FAILED, Result.GONE, Result.PAUSED):
            log.warning("source %s: %s", name, done.poll.reason)
        elif result is Result.NEW:
            log.info("source %s: %d new, %d changed", name, done.poll.new, done.poll.changed)
        elif result is Result.MOVED:
            log.info("source %s: it has moved to %s", name, done.moved_to)
        else:
            log.debug("source %s: %s", name, result)
