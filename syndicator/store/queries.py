"""What a Query is in SQL. `core.queries.matches` is the meaning; property tests hold the two together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    func,
    null,
    or_,
    select,
    union,
)

from syndicator.core.queries import OWN_SOURCES, Expression, facts, matches, parse
from syndicator.model import Query
from syndicator.store.expressions import Heads, carries, required, selecting, told, within
from syndicator.store.rows import by_key, portions
from syndicator.store.tables import Standing, article_terms, articles

_MOST_BRANCHES = 200
_MOST_FILTERED = 20
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

    @property
    def most(self) -> int:
        """How many walks along an index may be asked for at once: each repeats the whole filter."""
        return _MOST_BRANCHES if self.expression is None else _MOST_FILTERED

    def values(self, field: str, named: frozenset[str]) -> frozenset[str]:
        """What a walk along an index may be narrowed to: what the query names, else what its filter demands."""
        if named or self.expression is None:
            return named
        return required(self.expression, field)


def _asked(query: Query) -> _Asked:
    expression = parse(query.expression) if query.expression else None
    return _Asked(query, expression, expression is None or told(expression))


def conditions(query: Query, heads: Heads = articles) -> list[ColumnElement[bool]]:
    """What holds for the row in `articles` of every article that the query means and that was ever shown.

    It also holds for others where the filter asks for what no column tells; `matches` decides. Raises BadExpression.
    """
    filters = [*_heads(_asked(query), heads), *_carried(query, heads.c.pk)]
    return filters if query.sources else [*filters, ~_is_own(heads)]


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


_OTHER = articles.alias("other")
_AMONG = articles.c.pk.in_(bindparam("pks", expanding=True))
_OF_ONE_ID = (
    select(
        *(articles.c[name] for name in ("pk", "sort_key", "source", "work")),
        *(_OTHER.c[name].label(f"other_{name}") for name in ("pk", "sort_key", "standing")),
    )
    .select_from(articles.outerjoin(_OTHER, (_OTHER.c.id_key == articles.c.id_key) & (_OTHER.c.pk != articles.c.pk)))
    .where(_AMONG)
)
_OF_ONE_WORK = (
    select(articles.c.pk, _OTHER.c.pk, _OTHER.c.standing)
    .select_from(articles.join(_OTHER, (_OTHER.c.work == articles.c.work) & (_OTHER.c.pk < articles.c.pk)))
    .where(_AMONG)
)


def _behind_another(connection: Connection, asked: _Asked, standing: Standing, pks: list[int]) -> set[int]:
    """Those of these articles in whose stead the query means another one, or which it does not mean by their source.

    Who could stand in for whom is looked up first, by keys alone and for any query alike: mostly there is nobody.
    """
    if len(asked.query.sources) == 1:
        return set()  # ids are unique within a source
    own: set[int] = set()
    pairs: set[tuple[int, int]] = set()
    for portion in portions(pks):
        works = []
        for row in connection.execute(_OF_ONE_ID, {"pks": portion}):
            if not asked.query.sources and row.source.startswith(OWN_SOURCES):
                own.add(row.pk)
            if row.work is not None:
                works.append(row.pk)
            if row.other_pk is not None and _goes_before(row, standing):
                pairs.add((row.pk, row.other_pk))
        if works and standing is Standing.SHOWN:
            # Only of what is shown: what was shown before it was joined leaves a tombstone of its own id.
            found = connection.execute(_OF_ONE_WORK, {"pks": works})
            pairs.update((pk, other) for pk, other, stands in found if stands == Standing.SHOWN)
    meant = _meant_of(connection, asked, {other for _, other in pairs})
    return own | {pk for pk, other in pairs if other in meant}


def _goes_before(row: Any, standing: Standing) -> bool:
    """Whether the other article of one id is the one to be seen, if the query means it."""
    if standing is Standing.SHOWN:
        return bool(row.other_standing == Standing.SHOWN and row.other_pk < row.pk)
    newer = (row.other_sort_key, row.other_pk) > (row.sort_key, row.pk)
    return bool(row.other_standing == Standing.SHOWN or (row.other_standing == Standing.GONE and newer))


def _meant_of(connection: Connection, asked: _Asked, pks: set[int]) -> set[int]:
    """Those of any articles that the query means."""
    filters = conditions(asked.query, _unindexed(articles)) if pks else []
    selected: list[int] = []
    for portion in portions(sorted(pks)):
        among = select(articles.c.pk).where(articles.c.pk.in_(portion), *filters)
        selected += connection.execute(among).scalars()
    return set(_meant(connection, asked, selected))


def _is_own(heads: Heads) -> ColumnElement[bool]:
    """That an article was put together here."""
    return and_(heads.c.source >= OWN_SOURCES, heads.c.source < _AFTER_OWN)


def _unindexed(heads: FromClause) -> Heads:
    """The columns as something that no index is looked up by: for rows that were found already.

    Without statistics a database takes every index for equally good, and might walk along all articles of a source.
    """
    names = ("source", "language", "words", "published")
    plain = {"pk": heads.c.pk, **{name: func.coalesce(heads.c[name], null()) for name in names}}
    return SimpleNamespace(c=SimpleNamespace(**plain))


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
        if 0 < len(slugs) <= asked.most:
            rest = _carried(others, article_terms.c.article_pk)
            return [_term(kind, slug, standing, rest, filters) for slug in sorted(slugs)]
    walk = select(articles.c.pk, articles.c.sort_key)
    walk = walk.where(articles.c.standing == standing, *filters, *_carried(query, articles.c.pk))
    for column, values in (
        (articles.c.source, asked.values("source", query.sources)),
        (articles.c.language, query.languages),
    ):
        if 0 < len(values) <= asked.most:
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
