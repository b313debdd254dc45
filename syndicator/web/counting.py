"""Counting requests beside their way: one append for each, the rest in threads of this process."""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from weakref import WeakMethod

from syndicator.core.counting import announcement, empty, hashing, note, packed
from syndicator.errors import StoreError
from syndicator.ports import Tally, Visits

Note = tuple[str, int, int, str, str]
"""Path (empty for what is no document), status, bytes of the body sent, client's address, User-Agent."""

EVERY = 10.0
"""Seconds between two writes to the store."""
LOOK = 1.0
"""Seconds between two looks at the notes: so long an address is in memory."""
PORTION = 500
"""Notes counted, or documents written, at a time: requests wait for us no longer than that."""
PAUSE = 0.001
"""Seconds between two portions."""
PATIENCE = 3.0
"""Seconds that a thread of ours gets to end."""
SHARE = 20
"""One part in so many of the time is spent on writing at most."""
MOST_WAITING = 200_000
"""Notes; with more we are so far behind that the oldest are given up."""
MOST_HELD = 20_000
"""Documents and days that can wait for the store."""
MOST_ANNOUNCED = 100
"""Announcements that are held for a document and day."""


log = logging.getLogger("syndicator.web")


@dataclass(slots=True)
class _Held:
    """What was counted of a document on a day since it was last written."""

    requests: int = 0
    not_modified: int = 0
    deltas: int = 0
    sent: int = 0
    registers: bytearray = field(default_factory=empty)
    announced: dict[str, int] = field(default_factory=dict)

    def announce(self, key: str, subscribers: int) -> None:
        if key in self.announced or len(self.announced) < MOST_ANNOUNCED:
            self.announced[key] = max(subscribers, self.announced.get(key, 0))

    def tally(self) -> Tally:
        return Tally(
            requests=self.requests,
            not_modified=self.not_modified,
            deltas=self.deltas,
            sent=self.sent,
            sketch=packed(self.registers),
            announced=self.announced,
        )


class Collector:
    """Counts what `note` is told, and writes it to the store every `every` seconds and at the end of the process.

    `note` takes a Note and is the append of a deque: nothing else happens on a request's way. A thread looks at the
    notes every second and keeps numbers of them, without addresses; another one writes, so that a store that is busy
    or full holds up neither. What could not be written is kept, of at most MOST_HELD documents, and tried again; what
    there is no room for is lost, and its number logged. A process that is killed loses what it had not written.
    """

    def __init__(self, store: Visits, now: Callable[[], datetime], *, every: float = EVERY) -> None:
        self._store = store
        self._now = now
        self._every = every
        self._waiting: deque[Note] = deque()
        self.note: Callable[[Note], None] = self._waiting.append
        self._key: tuple[date, Callable[[str, str], int]] | None = None
        self._lost = 0
        self._reset()

    def start(self) -> None:
        """Begin to count; once. A process that is forked later counts for itself."""
        atexit.register(self.stop)
        again = WeakMethod(self._again)

        def forked() -> None:
            if (method := again()) is not None:
                method()

        os.register_at_fork(after_in_child=forked)
        self._begin()

    def stop(self) -> None:
        """Count and write what there is, and end."""
        atexit.unregister(self.stop)
        self._stopping.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        if any(thread.is_alive() for thread in self._threads):
            log.warning("the last requests are not in the statistics: the store does not answer")
            return
        if self._waiting:
            self._renew()
        self._drain(pause=0)
        self._flush()
        if left := sum(one.requests for _, documents in self._written for one in documents.values()):
            log.warning("%d requests are not in the statistics: the store did not take them", left)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._held: dict[date, dict[str, _Held]] = {}
        self._written: list[tuple[date, dict[str, _Held]]] = []
        self._failing = False

    def _again(self) -> None:
        """In a child after a fork: what the parent has counted is the parent's, and our threads are gone."""
        self._waiting.clear()
        self._lost = 0
        self._reset()
        self._begin()

    def _begin(self) -> None:
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in (("count", self._counting), ("write counts", self._writing))
        ]
        for thread in self._threads:
            thread.start()

    def _counting(self) -> None:
        while not self._stopping.wait(LOOK):
            try:
                self._drain(PAUSE)
            except Exception:
                log.exception("requests could not be counted")

    def _writing(self) -> None:
        due = time.monotonic() + self._every
        while not self._stopping.wait(LOOK):
            try:
                if self._key is not None and self._key[0] != self._now().date():
                    self._key = None
                if self._key is None and self._waiting:
                    self._renew()
                if (began := time.monotonic()) >= due:
                    self._flush()
                    # Many documents take long to write: what readers wait for comes first.
                    due = began + max(self._every, SHARE * (time.monotonic() - began))
            except Exception:
                log.exception("counts could not be written, and are given up")
                del self._written[:1]

    def _renew(self) -> None:
        """Get the key of today, which all workers share."""
        today = self._now().date()
        try:
            self._key = today, hashing(self._store.reader_key(today, secrets.token_bytes(16)))
        except StoreError as error:
            self._tell(error)

    def _drain(self, pause: float) -> None:
        """Count the notes that are there now. Without today's key they wait, unless they are too many."""
        today = self._now().date()
        key = self._key
        hashed = key[1] if key is not None and key[0] == today else None
        left = len(self._waiting)
        if hashed is None and left < MOST_WAITING // 2 and not self._stopping.is_set():
            return
        take = self._waiting.popleft
        while left > MOST_WAITING:
            take()
            left -= 1
            self._lost += 1
        while left > 0:
            portion = [take() for _ in range(min(left, PORTION))]
            left -= len(portion)
            with self._lock:
                self._count(today, hashed, Counter(portion))
            # Whoever wants to answer a request gets its turn, which it would not by waiting for us to give it up.
            time.sleep(pause)

    def _count(self, today: date, hashed: Callable[[str, str], int] | None, notes: Counter[Note]) -> None:
        documents = self._held.setdefault(today, {})
        room = MOST_HELD - sum(map(len, self._held.values()))
        for (path, status, size, address, agent), times in notes.items():
            held = documents.get(path)
            if held is None:
                if room <= 0:
                    self._lost += times
                    continue
                room -= 1
                held = documents[path] = _Held()
            held.requests += times
            held.sent += size * times
            if status == 304:
                held.not_modified += times
            elif status == 226:
                held.deltas += times
            elif status != 200:
                continue
            if path:
                said = announcement(agent)
                if said is not None:
                    held.announce(said.key, said.subscribers)
                elif hashed is not None:
                    note(held.registers, hashed(address, agent))

    def _flush(self) -> None:
        """Write what was counted; what the store does not take stays for the next time."""
        self._write()
        if self._written:
            return
        with self._lock:
            held, self._held = self._held, {}
        self._written = [(day, part) for day, documents in held.items() for part in _portions(documents)]
        self._write()
        if lost := self._lost:
            self._lost -= lost
            log.warning("%d requests are not in the statistics: there were too many to count", lost)

    def _write(self) -> None:
        while self._written:
            day, documents = self._written[0]
            try:
                self._store.add_visits(day, {path: one.tally() for path, one in documents.items()})
            except StoreError as error:
                self._tell(error)
                return
            del self._written[0]
            self._failing = False
            time.sleep(PAUSE)

    def _tell(self, error: StoreError) -> None:
        if not self._failing:
            log.warning("%s; counts of requests wait", error)
        self._failing = True


def _portions(documents: dict[str, _Held]) -> Iterator[dict[str, _Held]]:
    rest = iter(documents.items())
    while portion := dict(islice(rest, PORTION)):
        yield portion
