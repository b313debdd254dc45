"""How much is read: sums of what was counted of documents, by feed and day."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

from syndicator.core.feeds import archive_of, document_paths
from syndicator.flows.feeds import find
from syndicator.flows.named import feed_named
from syndicator.model import Format
from syndicator.ports import Ports, Visited

KEPT = timedelta(days=400)
"""For how long daily numbers are kept."""
ARCHIVES = "archives"
"""Stands for the formats of a feed's archives."""
_LATE = timedelta(hours=1)
"""After the end of a day, what workers counted of it may still come."""
OTHERS = "others"
"""Stands for everything that is no feed: pages, lists, pictures."""
_FORMATS = frozenset(map(str, Format))

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What was counted of something.

    `requests` of any status, `not_modified` answered with 304, `deltas` with 226; `sent` bytes of bodies. `readers`
    is about how many different ones asked that announce no subscribers, `subscribers` what aggregators announced.
    Of several documents readers are added up; of several days the highest numbers count.
    """

    requests: int = 0
    sent: int = 0
    not_modified: int = 0
    deltas: int = 0
    readers: int = 0
    subscribers: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """The part of the requests that was answered with 304: 0 to 1."""
        return self.not_modified / self.requests if self.requests else 0.0

    @property
    def everybody(self) -> int:
        """Readers and subscribers."""
        return self.readers + sum(self.subscribers.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What was read from one day to another, both included.

    `feed` is the name of the feed that was asked for, None for the whole site. `days` has every day on which
    something was counted, newest first. `parts` are the feed's formats, or of the site the feeds and what is none.
    """

    feed: str | None
    since: date
    until: date
    total: Numbers
    days: Mapping[date, Numbers]
    parts: Mapping[str, Numbers]


def stats(ports: Ports, feed: str | None = None, days: int = 30) -> Stats:
    """What was read of a feed, or of everything, today and on the days before, `days` (1 or more) in all.

    The feed is named by its name, a former one, or the path of one of its documents (the feed of everything has no
    other name). Raises FeedError where there is none, StoreError.
    """
    until = ports.now().date()
    since = until - timedelta(days=days - 1)
    name = None if feed is None else _named(ports, feed)
    found = ports.store.visits(since, until, **({} if name is None else _documents(name)))
    by_day = {day: _added(group) for day, group in _grouped((one.day, one) for one in found).items()}
    parts = _grouped((_part(one.path, name), one) for one in found)
    return Stats(
        feed=name,
        since=since,
        until=until,
        total=_united(by_day.values(), max),
        days=dict(sorted(by_day.items(), reverse=True)),
        parts={part: _of_days(group) for part, group in sorted(parts.items())},
    )


def readers(ports: Ports, feed: str) -> int:
    """About how many read a feed, by its name: different readers and announced subscribers of yesterday (UTC).

    Somebody who reads two formats counts twice; readers of archives do not count. 0 where nothing was counted.
    """
    day = ports.now().date() - timedelta(days=1)
    return _added(ports.store.visits(day, day, paths=document_paths(feed))).everybody


def prune(ports: Ports) -> None:
    """Close the days that are over, and forget those that are kept no longer. Raises StoreError."""
    now = ports.now()
    ports.store.close_days((now - _LATE).date())
    ports.store.forget_visits((now - KEPT).date())


def part_of(path: str) -> tuple[str | None, str]:
    """The name of the feed that a document belongs to (None for none), and its format or ARCHIVES."""
    folder, _, document = path.rpartition("/")
    if document not in _FORMATS:
        return None, document
    archive = archive_of(folder)
    return (folder, document) if archive is None else (archive[0], ARCHIVES)


def _named(ports: Ports, text: str) -> str:
    name = text.strip("/")
    folder, _, document = name.rpartition("/")
    if document in _FORMATS:
        name = folder
    if name or document in _FORMATS:
        feed = feed_named(ports, name)
        if feed is not None:
            return feed.name
    return find(ports, name or text).name


def _documents(name: str) -> dict[str, Any]:
    """Where the documents of a feed lie, as `Visits.visits` takes it."""
    return {"under": f"{name}/"} if name else {"under": "archives/", "paths": document_paths(name)}


def _grouped(things: Iterable[tuple[K, Visited]]) -> dict[K, list[Visited]]:
    groups: dict[K, list[Visited]] = {}
    for key, one in things:
        groups.setdefault(key, []).append(one)
    return groups


def _part(path: str, name: str | None) -> str:
    """What a document is a part of: of the site, or of the feed of that name."""
    feed, part = part_of(path)
    if name is not None:
        return part
    return OTHERS if feed is None else feed


def _of_days(documents: Iterable[Visited]) -> Numbers:
    days = _grouped((one.day, one) for one in documents).values()
    return _united(map(_added, days), max)


def _added(documents: Iterable[Visited]) -> Numbers:
    """Several documents on one day."""
    return _united(map(_numbers, documents), operator.add)


def _numbers(one: Visited) -> Numbers:
    feed, part = part_of(one.path)
    # Whoever reads back in an archive is a reader of the feed already.
    read = feed is not None and part != ARCHIVES
    return Numbers(
        requests=one.requests,
        sent=one.sent,
        not_modified=one.not_modified,
        deltas=one.deltas,
        readers=one.readers if read else 0,
        subscribers=one.announced if read else {},
    )


def _united(several: Iterable[Numbers], people: Callable[[int, int], int]) -> Numbers:
    """All requests added up, and people by that rule."""
    requests = sent = not_modified = deltas = readers = 0
    subscribers: dict[str, int] = {}
    for one in several:
        requests += one.requests
        sent += one.sent
        not_modified += one.not_modified
        deltas += one.deltas
        readers = people(readers, one.readers)
        for name, number in one.subscribers.items():
            subscribers[name] = people(subscribers.get(name, 0), number)
    return Numbers(
        requests=requests,
        sent=sent,
        not_modified=not_modified,
        deltas=deltas,
        readers=readers,
        subscribers=dict(sorted(subscribers.items())),
    )
