"""Rows into model objects and back, for every part of the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, select

from syndicator.model import Article, Condition, Feed, HostState, Member, PollState, SeenFile, Source
from syndicator.store.codec import Codec
from syndicator.store.tables import articles, feeds, files, key, members, poll_states, polls, revisions

T = TypeVar("T")

PORTION = 500
"""How many values go into one IN."""

ARTICLE = Codec(Article)
SEEN = Codec(SeenFile, without=frozenset({"path", "size", "mtime_ns", "article_id", "missing_since"}))
FEED = Codec(Feed, without=frozenset({"name"}))
SOURCE = Codec(Source)
POLL = Codec(PollState, without=frozenset({"source", "host", "condition", "next_check", "attempts", "entries"}))
HOST = Codec(HostState, without=frozenset({"host", "paused_until"}))


def portions(values: Iterable[T], size: int = PORTION) -> Iterator[list[T]]:
    """The values, so many at a time."""
    rest = iter(values)
    while portion := list(islice(rest, size)):
        yield portion


STATES: Select[Any] = select(articles.c.pk, revisions.c.payload).join(
    revisions, (revisions.c.article_pk == articles.c.pk) & (revisions.c.number == articles.c.revision)
)


def current(connection: Connection, pks: Collection[int]) -> list[Article]:
    """The current state of these articles, in the order asked."""
    found = by_key(connection, pks)
    return [found[pk] for pk in pks]


def by_key(connection: Connection, pks: Collection[int]) -> dict[int, Article]:
    """The current state of those of these articles that there are, by key."""
    found: dict[int, Article] = {}
    for portion in portions(pks):
        there = connection.execute(STATES.where(articles.c.pk.in_(portion)))
        found.update((pk, ARTICLE.load(payload)) for pk, payload in there)
    return found


def by_id(connection: Connection, ids: Collection[str], source: str | None = None) -> dict[str, Article]:
    """The current state of the articles with these ids, by id; of the first where sources share one."""
    keys = {key(id_) for id_ in ids}
    pks: dict[str, int] = {}
    for portion in portions(keys):
        heads = select(articles.c.id_key, articles.c.pk).where(articles.c.id_key.in_(portion))
        if source is not None:
            heads = heads.where(articles.c.source == source)
        for id_key, pk in connection.execute(heads.order_by(articles.c.pk)):
            pks.setdefault(id_key, pk)
    return {article.id: article for article in current(connection, list(pks.values()))}


SEEN_FILES: Select[Any] = select(
    files.c.path,
    files.c.size,
    files.c.mtime_ns,
    articles.c.id.label("article_id"),
    files.c.missing_since,
    files.c.payload,
    files.c.path_key,
).outerjoin(articles, articles.c.pk == files.c.article_pk)


def observations(connection: Connection, source: str, paths: Collection[str] | None) -> dict[str, SeenFile]:
    """The observations of these paths of a source, or of all, by path."""
    ours = SEEN_FILES.where(files.c.source == source)
    if paths is None:
        return {found.path: found for found in map(seen, connection.execute(ours))}
    some: dict[str, SeenFile] = {}
    for portion in portions({key(path) for path in paths}):
        for found in map(seen, connection.execute(ours.where(files.c.path_key.in_(portion)))):
            some[found.path] = found
    return some


def seen(row: Any) -> SeenFile:
    """The observation in a row of SEEN_FILES."""
    path, size, mtime_ns, article_id, missing_since, payload, _key = row
    return SEEN.load(
        payload, path=path, size=size, mtime_ns=mtime_ns, article_id=article_id, missing_since=missing_since
    )


POLL_STATES: Select[Any] = select(
    *(polls.c[name] for name in ("source", "host", "condition", "next_check", "attempts")), poll_states.c.payload
).join(poll_states, poll_states.c.source == polls.c.source)
_STOPPED = frozenset({Condition.GONE, Condition.QUARANTINED})


def poll_state(row: Any, entries: bytes | None = None, *, more: int = 0) -> PollState:
    """What was observed of a source, from a row that has the columns of POLL_STATES, with so many `more` attempts."""
    return POLL.load(
        row.payload,
        source=row.source,
        host=row.host,
        condition=Condition(row.condition),
        next_check=row.next_check,
        attempts=row.attempts + more,
        entries=entries or b"",
    )


def due(row: Any, condition: str, next_check: datetime | None) -> datetime | None:
    """When a source is to be polled, by the flags in its row, its condition and its next check; None: not at all."""
    return None if row.paused or row.removed or condition in _STOPPED else next_check


def host_state(host: str, paused_until: datetime | None, payload: str) -> HostState:
    """What was observed of a host, from its row."""
    return HOST.load(payload, host=host, paused_until=paused_until)


MEMBERS: Select[Any] = (
    select(feeds.c.name, *(members.c[name] for name in ("article_pk", "place", "entered", "shown", "archive")))
    .join(feeds, feeds.c.number == members.c.feed)
    .order_by(feeds.c.name)
)


def member(row: Any) -> Member:
    """The place in a row of MEMBERS."""
    feed, pk, place, entered, shown, archive = row
    return Member(feed=feed, key=pk, place=place, entered=entered, shown=shown, archive=archive)


def composed(connection: Connection, names: Collection[str] | None = None) -> list[Feed]:
    """The composed feeds of these names, or all, by name. That of everything is not one of them."""
    stored = select(feeds.c.payload, feeds.c.name).where(feeds.c.name != "").order_by(feeds.c.name)
    if names is not None:
        stored = stored.where(feeds.c.name.in_(names))
    return [FEED.load(payload, name=name) for payload, name in connection.execute(stored)]
