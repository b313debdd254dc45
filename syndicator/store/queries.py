"""What a Query is in SQL. `core.queries.matches` is the meaning; property tests hold the two together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, FromClause, Select, exists, func, null, or_, select, tuple_, union, union_all

from syndicator.core.queries import OWN_SOURCES, Expression, facts, matches, parse
from syndicator.model import Query
from syndicator.store.expressions import carries, required, selecting, told, within
from syndicator.store.rows import by_key, portions
from syndicator.store.tables import Standing, article_terms, articles

Heads: TypeAlias = Any
"""Whatever has the columns of `articles` as `c`."""

_MOST_BRANCHES = 200
_STEP = 50
_LONGEST_STEP = 500
_STATES = 50
"""How many articles are read into memory at once."""
_AFTER_OWN = OWN_SOURCES[:-1] + chr(ord(OWN_SOURCES[-1]) + 1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query with its filter read. `exact`: SQL alone tells what it means."""

    query: Query
    expression: Expression | None
    exact: bool

    def values(self, field: str, named: frozenset[str]) -> frozenset[str]:
        """What a walk along an index may be narrowed to: what the query names, else what its filter demands."""
        if named or self.expression is None:
            return named
        return required(self.expression, field)


def _asked(query: Query) -> _Asked:
    expression = parse(query.expression) if query.expression else None
    return _Asked(query, expression, expression is None or told(expression))


def conditions(query: Query) -> list[ColumnElement[bool]]:
    """What holds for the row in `articles` of every article that the query means.

    It also holds for others where the filter asks for what no column tells; `matches` decides. Raises BadExpression.
    """
    asked = _asked(query)
    filters = [*_heads(asked), *_carried(query, articles.c.pk)]
    return filters if query.sources else [*filters, ~_is_own(articles)]


def places(
    connection: Connection,
    query: Query,
    standing: Standing,
    limit: int,
    *,
    before: str | None = None,
    since: str | None = None,
) -> list[int]:
    """Keys of the articles of this standing that the query means, by sort key, newest first, one of each id and work.

    Of the shown articles of one id or work that is the one that was stored first; an id of which one is shown is not
    gone, and of several that are gone it is the newest. `before` and `since` bound the sort key: below the one, not
    below the other. Where SQL alone cannot tell, states are read some at a time. Raises BadExpression.
    """
    asked = _asked(query)
    kept: list[int] = []
    below: tuple[str, int] | None = None
    step = limit if asked.exact else min(max(limit, _STEP), _LONGEST_STEP)
    while len(kept) < limit:
        walked = _walk(connection, asked, standing, step, _Bounds(before, since, below))
        meant = _meant(connection, asked, [pk for pk, _ in walked])
        hidden = _behind_another(connection, asked, standing, meant)
        kept += [pk for pk in meant if pk not in hidden]
        if len(walked) < step:
            break
        below = walked[-1][1], walked[-1][0]
        step = min(max(step, _STEP), limit) if asked.exact else min(step * 2, _LONGEST_STEP)
    return kept[: max(limit, 0)]


def _meant(connection: Connection, asked: _Asked, pks: Iterable[int]) -> list[int]:
    """Those of the articles that SQL selected that the query means."""
    if asked.exact:
        return list(pks)
    meant: list[int] = []
    for portion in portions(pks, _STATES):
        states = by_key(connection, portion)
        meant += [pk for pk in portion if pk in states and matches(asked.query, facts(states[pk]))]
    return meant


def _behind_another(connection: Connection, asked: _Asked, standing: Standing, pks: list[int]) -> set[int]:
    """Those of these articles in whose stead the query means another one, or which it does not mean by their source."""
    if len(asked.query.sources) == 1:
        return set()  # ids are unique within a source
    other = articles.alias("other")
    aside = _unindexed(other)
    pairs = [_same_id(standing, other, aside)]
    if standing is Standing.SHOWN:
        pairs.append(_same_work(other, aside))
    also = [*_heads(asked, aside), *_carried(asked.query, other.c.pk)]
    queries = [pair.where(*also) for pair in pairs]
    if not asked.query.sources:
        queries = [query.where(~_is_own(aside)) for query in queries]
        queries.append(select(articles.c.pk, null()).where(_is_own(_unindexed(articles))))
    found: set[tuple[int, int | None]] = set()
    for portion in portions(pks):
        among = [query.where(articles.c.pk.in_(portion)) for query in queries]
        found.update((pk, behind) for pk, behind in connection.execute(union_all(*among)))
    meant = set(_meant(connection, asked, sorted({behind for _, behind in found if behind is not None})))
    return {pk for pk, behind in found if behind is None or behind in meant}


def _same_id(standing: Standing, other: FromClause, aside: Heads) -> Select[Any]:
    before = other.c.pk < articles.c.pk
    if standing is Standing.GONE:
        newer = tuple_(other.c.sort_key, other.c.pk) > tuple_(articles.c.sort_key, articles.c.pk)
        before = (aside.c.standing == Standing.SHOWN) | newer
    ranks = (Standing.SHOWN,) if standing is Standing.SHOWN else (Standing.SHOWN, Standing.GONE)
    joined = articles.join(other, (other.c.id_key == articles.c.id_key) & before)
    return select(articles.c.pk, other.c.pk).select_from(joined).where(aside.c.standing.in_(ranks))


def _same_work(other: FromClause, aside: Heads) -> Select[Any]:
    """Only of what is shown: whatever was shown before it was joined leaves a tombstone of its own id."""
    joined = articles.join(other, (other.c.work == articles.c.work) & (other.c.pk < articles.c.pk))
    return select(articles.c.pk, other.c.pk).select_from(joined).where(aside.c.standing == Standing.SHOWN)


def _unindexed(heads: FromClause) -> Heads:
    """The columns as something that no index is looked up by: for rows that were found already.

    Without statistics a database takes every index for equally good, and might walk along all shown articles.
    """
    names = ("source", "language", "words", "published", "standing")
    plain = {"pk": heads.c.pk, **{name: func.coalesce(heads.c[name], null()) for name in names}}
    return SimpleNamespace(c=SimpleNamespace(**plain))


def _is_own(heads: Heads) -> ColumnElement[bool]:
    """That an article was put together here."""
    return (heads.c.source >= OWN_SOURCES) & (heads.c.source < _AFTER_OWN)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Of a walk: `before` and `since` of the sort key, and the sort key and pk `below` which it goes on."""

    before: str | None
    since: str | None
    below: tuple[str, int] | None

    def order(self, walk: Select[Any]) -> Select[Any]:
        pk, sort_key = walk.selected_columns
        if self.before is not None:
            walk = walk.where(sort_key < self.before)
        if self.since is not None:
            walk = walk.where(sort_key >= self.since)
        if self.below is not None:
            last, last_pk = self.below
            walk = walk.where(sort_key <= last, or_(sort_key < last, pk < last_pk))
        return walk.order_by(sort_key.desc(), pk.desc())


def _walk(
    connection: Connection, asked: _Asked, standing: Standing, limit: int, bounds: _Bounds
) -> list[tuple[int, str]]:
    branches = [bounds.order(branch).limit(limit) for branch in _branches(asked, standing)]
    if len(branches) == 1:
        return [(pk, sort_key) for pk, sort_key in connection.execute(branches[0])]
    merged = union(*(select(branch.subquery()) for branch in branches)).subquery()
    newest = select(merged.c.pk, merged.c.sort_key).order_by(merged.c.sort_key.desc(), merged.c.pk.desc()).limit(limit)
    return [(pk, sort_key) for pk, sort_key in connection.execute(newest)]


def _branches(asked: _Asked, standing: Standing) -> list[Select[Any]]:
    """One walk along an index for each value of the most telling kind; the other kinds filter on the way.

    With too many values for that, one walk along all articles, newest first.
    """
    query, filters = asked.query, _heads(asked)
    for kind, field, named, others in (
        ("tags", "tag", query.tags, Query(authors=query.authors)),
        ("authors", "author", query.authors, Query(tags=query.tags)),
    ):
        slugs = asked.values(field, named)
        if 0 < len(slugs) <= _MOST_BRANCHES:
            rest = _carried(others, article_terms.c.article_pk)
            return [_term(kind, slug, standing, rest, filters) for slug in sorted(slugs)]
    walk = select(articles.c.pk, articles.c.sort_key)
    walk = walk.where(articles.c.standing == standing, *filters, *_carried(query, articles.c.pk))
    for column, values in (
        (articles.c.source, asked.values("source", query.sources)),
        (articles.c.language, query.languages),
    ):
        if 0 < len(values) <= _MOST_BRANCHES:
            return [walk.where(column == value) for value in sorted(values)]
    return [walk]


def _term(
    kind: str, slug: str, standing: Standing, rest: list[ColumnElement[bool]], heads: list[ColumnElement[bool]]
) -> Select[Any]:
    terms = article_terms.c
    walk = select(terms.article_pk.label("pk"), terms.sort_key).where(
        terms.kind == kind, terms.slug == slug, terms.standing == standing, *rest
    )
    return walk.where(exists().where(articles.c.pk == terms.article_pk, *heads)) if heads else walk


def _heads(asked: _Asked, heads: Heads = articles) -> list[ColumnElement[bool]]:
    """What the row of an article must have, tags and authors of the query apart."""
    query = asked.query
    filters: list[ColumnElement[bool]] = []
    if query.sources:
        filters.append(heads.c.source.in_(sorted(query.sources)))
    if query.languages:
        filters.append(heads.c.language.in_(sorted(query.languages)))
    if query.since is not None or query.before is not None:
        filters.append(within(heads.c.published, query.since, query.before))
    if query.words_from is not None:
        filters.append(heads.c.words >= query.words_from)
    if query.words_to is not None:
        filters.append(heads.c.words <= query.words_to)
    if asked.expression is not None:
        filters.append(selecting(asked.expression, heads))
    return filters


def _carried(query: Query, pk: ColumnElement[int]) -> list[ColumnElement[bool]]:
    """The tags and authors that the query names."""
    named = (("tags", query.tags), ("authors", query.authors))
    return [carries(kind, slugs, pk) for kind, slugs in named if slugs]
