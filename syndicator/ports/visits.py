"""The part of the store that knows how often each document was asked for, and by how many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was counted of a document and is not stored yet; a day's tallies add up.

    The numbers are those of Visited. `sketch` holds its readers (`core.counting`), without those that announce
    subscribers; `announced` has the subscribers by `core.counting.Announcement.key`.
    """

    requests: int = 0
    not_modified: int = 0
    deltas: int = 0
    sent: int = 0
    sketch: bytes = b""
    announced: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A document on a day (UTC). `path` is empty for all that is no document.

    `requests` of any status, `not_modified` those answered with 304, `deltas` with 226; `sent` bytes of bodies;
    `readers` about how many different ones asked that announced no subscribers; `announced` subscribers by
    aggregator, the highest number of the day.
    """

    day: date
    path: str
    requests: int = 0
    not_modified: int = 0
    deltas: int = 0
    sent: int = 0
    readers: int = 0
    announced: Mapping[str, int] = field(default_factory=dict)


class Visits(Protocol):
    """What readers asked for, by document and day. Nothing here tells one reader from another for longer than a day."""

    def reader_key(self, day: date, fresh: bytes) -> bytes:
        """The key with which readers are hashed on a day: `fresh` where there was none yet.

        That of an earlier day is forgotten, so that nobody can compute its hashes again. Where a later day has begun,
        the key is the later one's.
        """

    def add_visits(self, day: date, tallies: Mapping[str, Tally]) -> None:
        """Add what was counted of documents on a day, by path. To be given some hundred paths at a time.

        Of a document and day at most 100 announcements are kept: anybody can make up names.
        """

    def visits(self, since: date, until: date, *, under: str = "", paths: Collection[str] = ()) -> list[Visited]:
        """What was asked for from one day to another, both included, by day and path.

        Of documents below `under` (a folder and `/`) and of these `paths`; of everything where neither is given.
        """

    def most_visited(self, since: date, until: date, limit: int) -> list[str]:
        """The paths that were asked for most on these days, both included, the most asked first."""

    def close_days(self, before: date) -> None:
        """For days before that one: keep the number of readers and forget how it was found, and the key."""

    def forget_visits(self, before: date) -> None:
        """Forget all that was counted before that day."""
