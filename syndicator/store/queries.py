"""What a Query is in SQL. `Query.matches` is the meaning; a property test holds the two together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, exists, select, tuple_, union

from syndicator.model import Query
from syndicator.store.rows import portions
from syndicator.store.tables import Standing, article_terms, articles

_MOST_BRANCHES = 200


def places(
    connection: Connection,
    query: Query,
    standing: Standing,
    limit: int,
    *,
    before: str | None = None,
    since: str | None = None,
) -> list[int]:
    """Keys of the articles of this standing that the query means, by sort key, newest first, one of each id.

    Of the shown articles of one id that is the one that was stored first; an id of which one is shown is not gone,
    and of several that are gone it is the newest. `before` and `since` bound the sort key: below the one, not below
    the other.
    """
    walked = max(limit, 0)
    while walked:
        found = _walk(connection, query, standing, walked, before, since)
        hidden = _behind_another(connection, query, standing, found)
        kept = [pk for pk in found if pk not in hidden]
        if len(kept) >= limit or len(found) < walked:
            return kept[:limit]
        walked += max(limit - len(kept), walked // 2)
    return []


def _behind_another(connection: Connection, query: Query, standing: Standing, pks: list[int]) -> set[int]:
    """Those of these articles in whose stead the query means another one of the same id."""
    if len(query.sources) == 1:
        return set()  # ids are unique within a source
    other = articles.alias("other")
    before = other.c.pk < articles.c.pk
    if standing is Standing.GONE:
        newer = tuple_(other.c.sort_key, other.c.pk) > tuple_(articles.c.sort_key, articles.c.pk)
        before = (other.c.standing == Standing.SHOWN) | newer
    ranks = (Standing.SHOWN,) if standing is Standing.SHOWN else (Standing.SHOWN, Standing.GONE)
    hidden = select(articles.c.pk).join(other, (other.c.id_key == articles.c.id_key) & before)
    hidden = hidden.where(
        other.c.standing.in_(ranks),
        *_heads(query, other),
        *_having("tags", query.tags, other.c.pk),
        *_having("authors", query.authors, other.c.pk),
    )
    found: set[int] = set()
    for portion in portions(pks):
        found.update(connection.execute(hidden.where(articles.c.pk.in_(portion))).scalars())
    return found


def _walk(
    connection: Connection, query: Query, standing: Standing, limit: int, before: str | None, since: str | None
) -> list[int]:
    branches = [_bounded(branch, before, since).limit(limit) for branch in _branches(query, standing)]
    if len(branches) == 1:
        return list(connection.execute(branches[0]).scalars())
    merged = union(*(select(branch.subquery()) for branch in branches)).subquery()
    newest = select(merged.c.pk).order_by(merged.c.sort_key.desc(), merged.c.pk.desc()).limit(limit)
    return list(connection.execute(newest).scalars())


def _branches(query: Query, standing: Standing) -> list[Select[Any]]:
    """One walk along an index for each value of the most telling kind; the other kinds filter on the way.

    With too many values for that, one walk along all articles, newest first.
    """
    for kind, slugs, rest in (
        ("tags", query.tags, _having("authors", query.authors, article_terms.c.article_pk)),
        ("authors", query.authors, []),
    ):
        if 0 < len(slugs) <= _MOST_BRANCHES:
            return [_term(query, kind, slug, standing, rest) for slug in sorted(slugs)]
    filters = [
        *_heads(query),
        *_having("tags", query.tags, articles.c.pk),
        *_having("authors", query.authors, articles.c.pk),
    ]
    walk = select(articles.c.pk, articles.c.sort_key).where(articles.c.standing == standing, *filters)
    for column, values in ((articles.c.source, query.sources), (articles.c.language, query.languages)):
        if 0 < len(values) <= _MOST_BRANCHES:
            return [walk.where(column == value) for value in sorted(values)]
    return [walk]


def _term(query: Query, kind: str, slug: str, standing: Standing, rest: list[ColumnElement[bool]]) -> Select[Any]:
    terms = article_terms.c
    walk = select(terms.article_pk.label("pk"), terms.sort_key).where(
        terms.kind == kind, terms.slug == slug, terms.standing == standing, *rest
    )
    heads = _heads(query)
    return walk.where(exists().where(articles.c.pk == terms.article_pk, *heads)) if heads else walk


def _heads(query: Query, heads: FromClause = articles) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if query.sources:
        filters.append(heads.c.source.in_(sorted(query.sources)))
    if query.languages:
        filters.append(heads.c.language.in_(sorted(query.languages)))
    return filters


def _having(kind: str, slugs: Iterable[str], pk: ColumnElement[int]) -> list[ColumnElement[bool]]:
    if not slugs:
        return []
    other = article_terms.alias()
    carries = exists().where(other.c.article_pk == pk, other.c.kind == kind, other.c.slug.in_(sorted(slugs)))
    return [carries]


def _bounded(walk: Select[Any], before: str | None, since: str | None) -> Select[Any]:
    pk, sort_key = walk.selected_columns
    if before is not None:
        walk = walk.where(sort_key < before)
    if since is not None:
        walk = walk.where(sort_key >= since)
    return walk.order_by(sort_key.desc(), pk.desc())
