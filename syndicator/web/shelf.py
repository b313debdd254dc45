"""Documents in memory: those asked for last, each as long as it is what the store has."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from syndicator.errors import StoreError
from syndicator.ports import DocumentHead, Store
from syndicator.web.answers import Asked, Reply

LOOK = 1.0
"""Seconds after which the store is asked for changes that nothing told us of: a writer may have been killed."""
LOOK_OFTEN = 0.25
"""The same where nothing ever tells us, because the database is elsewhere."""
WEIGHT = 4096
"""Bytes that a document takes beside its bodies, about."""
REPLY = 2048
"""Bytes that an answer takes which is kept ready, about, without its body."""
MOST_REPLIES = 64
"""Answers that are kept ready for one document: clients of one kind ask alike."""

log = logging.getLogger("syndicator.web")


class Kept:
    """A document with the bodies and answers that were asked for."""

    __slots__ = ("_bodies", "_ready", "_shelf", "early", "head", "replies", "weight")

    def __init__(self, shelf: Shelf, head: DocumentHead) -> None:
        self.head = head
        self.replies: dict[tuple[str | None, ...], Reply] = {}
        # Of a document that changes several times a second `changed` is yet to come, and is not told until then.
        self.early: dict[tuple[str | None, ...], Reply] = {}
        self.weight = WEIGHT
        self._shelf = shelf
        self._bodies: dict[str, bytes] = {}
        self._ready = 0

    def read(self, coding: str) -> bytes | None:
        """The bytes in one coding, None where they have become others."""
        body = self._bodies.get(coding)
        if body is None and (found := self._shelf.body(self.head, coding)) is not None:
            with self._shelf.lock:
                body = self._bodies.setdefault(coding, found)
                if body is found:
                    self._shelf.grew(self, len(body))
        return body

    def ready(self, now: datetime) -> dict[tuple[str | None, ...], Reply]:
        """The answers that are kept ready, by what was asked, as they are to be at a moment."""
        return self.replies if self.head.changed <= now else self.early

    def keep(self, asked: Asked, reply: Reply, *, early: bool = False) -> None:
        """Keep an answer ready for the next who asks alike; `early`: while `changed` is yet to come."""
        # Only a delta has a body of its own.
        weight = REPLY + (len(reply.body) if reply.status == 226 else 0)
        with self._shelf.lock:
            if len(self.replies) + len(self.early) >= MOST_REPLIES:
                self.replies, self.early = {}, {}
                self._shelf.grew(self, -self._ready)
                self._ready = 0
            replies = self.early if early else self.replies
            if asked not in replies:  # another thread may have been faster
                replies[asked] = reply
                self._ready += weight
                self._shelf.grew(self, weight)


class Shelf:
    """Up to `memory` bytes of documents of a store. Safe for several threads; each process has its own.

    `find` never gives a document that was another one already when it was called: a change is noticed by comparing a
    number in memory that whoever publishes moves. Where the database has none, a change is seen within 0.25 s.
    """

    def __init__(self, store: Store, memory: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._memory = memory
        self._clock = clock
        mark = store.published_mark()
        self._mark: Callable[[], int] = mark or int
        self._interval = LOOK if mark else LOOK_OFTEN
        self._seen = -1
        self._version = -1
        self._again = float("-inf")
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._held = 0
        self.lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes that are kept, about."""
        return self._held

    def find(self, path: str) -> Kept | None:
        """The document at a path, None where there is none or it was removed. Raises StoreError."""
        if self._mark() != self._seen or self._clock() >= self._again:
            self._catch_up()
        # However long that took: while the store does not answer, what is in memory stays published.
        return self._taken(path) or self._load(path)

    def at_hand(self, path: str) -> Kept | None:
        """The same where that can be told without asking the store, else None."""
        if self._mark() != self._seen or self._clock() >= self._again:
            return None
        return self._taken(path)

    def drop(self, kept: Kept) -> None:
        """Forget a document of which the store has another state."""
        with self.lock:
            self._let_go(kept)

    def body(self, head: DocumentHead, coding: str) -> bytes | None:
        """The bytes of a document from the store. Raises StoreError."""
        return self._store.document_body(head.path, head.etag, coding)

    def grew(self, kept: Kept, size: int) -> None:
        """A document takes so many bytes more. Those asked for least recently go where there is no room.

        To be called with the lock held.
        """
        kept.weight += size
        if self._kept.get(kept.head.path) is kept:
            self._held += size
            self._make_room()

    def _taken(self, path: str) -> Kept | None:
        kept = self._kept.get(path)
        if kept is not None:
            with suppress(KeyError):  # another thread may have let go of it
                self._kept.move_to_end(path)
        return kept

    def _load(self, path: str) -> Kept | None:
        version = self._version
        head = self._store.document_head(path)
        if head is None or head.gone:
            return None
        kept = Kept(self, head)
        with self.lock:
            # What changed meanwhile was dropped before we came: this may be what it was.
            if self._version == version and path not in self._kept:
                self._kept[path] = kept
                self._held += kept.weight
                self._make_room()
        return kept

    def _catch_up(self) -> None:
        """Let go of what has changed in the store since we looked the last time."""
        with self.lock:
            mark, now = self._mark(), self._clock()
            if mark == self._seen and now < self._again:
                return  # another thread was faster
            self._again = now + self._interval
            try:
                version, paths = self._store.published_since(self._version)
            except StoreError as error:
                # What is in memory stays published.
                log.error("the store does not tell what has changed, and is asked again in a moment: %s", error)
                # It may have taken long to say no: those that wait for us are not to wait for that again.
                self._seen, self._again = mark, self._clock() + self._interval
                return
            if paths is None:
                self._kept.clear()
                self._held = 0
            for path in paths or ():
                if kept := self._kept.get(path):
                    self._let_go(kept)
            self._version, self._seen = version, mark

    def _let_go(self, kept: Kept) -> None:
        if self._kept.get(kept.head.path) is kept:
            del self._kept[kept.head.path]
            self._held -= kept.weight

    def _make_room(self) -> None:
        while self._held > self._memory and self._kept:
            _, kept = self._kept.popitem(last=False)
            self._held -= kept.weight
