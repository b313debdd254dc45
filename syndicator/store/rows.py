"""Rows into model objects and back, for every part of the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, select

from syndicator.model import Article, SeenFile
from syndicator.store.codec import Codec
from syndicator.store.tables import articles, files, key, revisions

T = TypeVar("T")

PORTION = 500
"""How many values go into one IN."""

ARTICLE = Codec(Article)
SEEN = Codec(SeenFile, without=frozenset({"path", "size", "mtime_ns", "article_id", "missing_since"}))


def portions(values: Iterable[T], size: int = PORTION) -> Iterator[list[T]]:
    """The values, so many at a time."""
    rest = iter(values)
    while portion := list(islice(rest, size)):
        yield portion


def current(connection: Connection, pks: Collection[int]) -> list[Article]:
    """The current state of these articles, in the order asked."""
    states = select(articles.c.pk, revisions.c.payload).join(
        revisions, (revisions.c.article_pk == articles.c.pk) & (revisions.c.number == articles.c.revision)
    )
    found: dict[int, str] = {}
    for portion in portions(pks):
        found.update(connection.execute(states.where(articles.c.pk.in_(portion))).all())
    return [ARTICLE.load(found[pk]) for pk in pks]


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
