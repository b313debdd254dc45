"""What a filter is in SQL, as far as the columns can tell. `core.queries.matches` is the meaning."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, true

from syndicator.core.queries import And, Clause, Expression, Not, clauses
from syndicator.core.queries.fields import moments, numbers, plain_language
from syndicator.core.text import slug as slugify
from syndicator.store.tables import article_terms, articles

Heads: TypeAlias = Any
"""Whatever has the columns of `articles` as `c`."""

_TERMS = {"tag": "tags", "author": "authors"}


def told(expression: Expression) -> bool:
    """Whether SQL tells exactly which articles the expression means."""
    return all(_is_told(clause) for clause in clauses(expression))


def selecting(expression: Expression, heads: Heads = articles) -> ColumnElement[bool]:
    """What holds for every row of articles that the expression means; where it is `told`, for no other."""
    return _bound(expression, heads, upper=True)


def required(expression: Expression, field: str) -> frozenset[str]:
    """Values of which whatever the expression means has one in this field, tags and authors as slugs.

    Empty where it demands none.
    """
    parts = expression.parts if isinstance(expression, And) else (expression,)
    for part in parts:
        if isinstance(part, Clause) and part.field == field and part.operator == ":":
            return frozenset(map(slugify, part.values) if field in _TERMS else part.values)
    return frozenset()


def carries(kind: str, slugs: frozenset[str], pk: ColumnElement[int]) -> ColumnElement[bool]:
    """That the article has one of these tags or authors."""
    other = article_terms.alias()
    return exists().where(other.c.article_pk == pk, other.c.kind == kind, other.c.slug.in_(sorted(slugs)))


def within(
    column: ColumnElement[Any], first: int | datetime | None, before: int | datetime | None
) -> ColumnElement[bool]:
    """That a column holds something from `first` to below `before`; never NULL."""
    bounds: list[ColumnElement[bool]] = [column.is_not(None)]
    if first is not None:
        bounds.append(column >= first)
    if before is not None:
        bounds.append(column < before)
    return and_(*bounds)


def _is_told(clause: Clause) -> bool:
    return clause.operator != "~" and clause.field in (*_TERMS, "source", "language", "words", "published")


def _bound(expression: Expression, heads: Heads, *, upper: bool) -> ColumnElement[bool]:
    """An upper bound holds wherever the expression does, a lower one nowhere else: `not` makes one of the other."""
    if isinstance(expression, Clause):
        if _is_told(expression):
            return _clause(expression, heads)
        return true() if upper else false()
    if isinstance(expression, Not):
        return not_(_bound(expression.part, heads, upper=not upper))
    parts = [_bound(part, heads, upper=upper) for part in expression.parts]
    return and_(*parts) if isinstance(expression, And) else or_(*parts)


def _clause(clause: Clause, heads: Heads) -> ColumnElement[bool]:
    if clause.field in _TERMS:
        return carries(_TERMS[clause.field], frozenset(map(slugify, clause.values)), heads.c.pk)
    if clause.field == "source":
        among: ColumnElement[bool] = heads.c.source.in_(sorted(clause.values))
        return among
    if clause.field == "language":
        return or_(*(_language(plain_language(value), heads.c.language) for value in clause.values))
    if clause.field == "words":
        return within(heads.c.words, *numbers(clause.operator, clause.values[0]))
    return within(heads.c.published, *moments(clause.operator, clause.values[0]))


def _language(wanted: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Of a column whose text is compared by code point, `lower` changes ASCII letters only."""
    plain: ColumnElement[str] = func.lower(func.coalesce(column, ""))
    if wanted == "*":
        return plain != ""
    return or_(plain == wanted, func.substr(plain, 1, len(wanted) + 1) == f"{wanted}-")
