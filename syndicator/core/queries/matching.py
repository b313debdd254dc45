"""What a Query means, and why an article is what it means or is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from syndicator.core import digests
from syndicator.core.queries.about import Facts, folded
from syndicator.core.queries.expressions import And, Clause, Expression, Not, Or, parse, written
from syndicator.core.queries.fields import moments, numbers, plain_language
from syndicator.core.queries.patterns import compiled
from syndicator.core.text import shorten
from syndicator.core.text import slug as slugify
from syndicator.model import Article, Query, Status, Verdict

T = TypeVar("T", int, datetime)
Test: TypeAlias = Callable[[Facts], bool]
_MOST_SHOWN = 300

OWN_SOURCES = digests.SOURCE
"""How the sources begin of what is put together here: a query means it only where it names its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a query means an article, and one line for a person on the rule that decided."""

    kept: bool
    rule: str


def matches(query: Query, facts: Facts) -> bool:
    """Whether the query means the article: the meaning of every Query.

    What has no language is in none, what has no date is neither before nor after one. Raises BadExpression where the
    filter cannot be read.
    """
    return all(test(facts) for _, test in _rules(query))


def explain(query: Query, facts: Facts) -> Decision:
    """`matches`, and by which rule: the first that the article fails, or all that it passed.

    Of alternatives the one that held is named. Raises BadExpression where the filter cannot be read.
    """
    passed = []
    for rule, test in _rules(query):
        if not test(facts):
            return Decision(kept=False, rule=shorten(f"dropped by: {_culprit(rule, facts)}", _MOST_SHOWN))
        passed += [_witness(rule, facts)] if rule is not _NO_EDITION else []
    return Decision(kept=True, rule=shorten(f"kept: {' and '.join(passed) or 'every article'}", _MOST_SHOWN))


_NO_EDITION = Not(part=Clause(field="source", operator=":", values=(OWN_SOURCES,)))


@lru_cache(maxsize=1024)
def _rules(query: Query) -> tuple[tuple[Expression, Test], ...]:
    """What the query demands, one after the other, cheap things first; each written as a filter."""
    rules: list[tuple[Expression, Test]] = []

    def demand(test: Test, field: str, operator: str, values: Iterable[str]) -> None:
        rules.append((Clause(field=field, operator=operator, values=tuple(sorted(values))), test))

    if query.sources:
        demand(lambda facts: facts.article.source in query.sources, "source", ":", query.sources)
    else:
        rules.append((_NO_EDITION, lambda facts: not facts.article.source.startswith(OWN_SOURCES)))
    if query.tags:
        demand(lambda facts: not query.tags.isdisjoint(facts.tags), "tag", ":", query.tags)
    if query.authors:
        demand(lambda facts: not query.authors.isdisjoint(facts.authors), "author", ":", query.authors)
    if query.languages:
        demand(lambda facts: facts.article.language in query.languages, "language", ":", query.languages)
    if (since := query.since) is not None:
        demand(lambda facts: _within(facts.article.published, since, None), "published", ">=", [_instant(since)])
    if (before := query.before) is not None:
        demand(lambda facts: _within(facts.article.published, None, before), "published", "<", [_instant(before)])
    if (least := query.words_from) is not None:
        demand(lambda facts: facts.words >= least, "words", ">=", [str(least)])
    if (most := query.words_to) is not None:
        demand(lambda facts: facts.words <= most, "words", "<=", [str(most)])
    if query.expression:
        expression = parse(query.expression)
        rules.append((expression, _test(expression)))
    return tuple(rules)


def _test(expression: Expression) -> Test:
    if isinstance(expression, Clause):
        return _TESTS[expression.field](expression)
    if isinstance(expression, Not):
        part = _test(expression.part)
        return lambda facts: not part(facts)
    parts = tuple(map(_test, expression.parts))
    if isinstance(expression, And):
        return lambda facts: all(part(facts) for part in parts)
    return lambda facts: any(part(facts) for part in parts)


def _tag(clause: Clause) -> Test:
    slugs = frozenset(map(slugify, clause.values))
    return lambda facts: not slugs.isdisjoint(facts.tags)


def _author(clause: Clause) -> Test:
    slugs = frozenset(map(slugify, clause.values))
    return lambda facts: not slugs.isdisjoint(facts.authors)


def _source(clause: Clause) -> Test:
    names = frozenset(clause.values)
    return lambda facts: facts.article.source in names


def _language(clause: Clause) -> Test:
    """Basic filtering of RFC 4647 section 3.3.1: the tag itself, or any that goes on after it with a hyphen."""
    ranges = tuple(map(plain_language, clause.values))
    beginnings = tuple(f"{each}-" for each in ranges)

    def test(facts: Facts) -> bool:
        tag = plain_language(facts.article.language)
        return tag != "" and (tag in ranges or "*" in ranges or tag.startswith(beginnings))

    return test


def _written(clause: Clause) -> Test:
    """Words, or a pattern, in what is written in a field."""
    field = clause.field
    if clause.operator == "~":
        pattern = compiled(clause.values[0])
        return lambda facts: any(map(pattern.fits, facts.encoded(field)))
    needles = tuple(map(folded, clause.values))
    return lambda facts: any(needle in facts.folded(field) for needle in needles)


def _words(clause: Clause) -> Test:
    first, before = numbers(clause.operator, clause.values[0])
    return lambda facts: _within(facts.words, first, before)


def _published(clause: Clause) -> Test:
    first, before = moments(clause.operator, clause.values[0])
    return lambda facts: _within(facts.article.published, first, before)


def _seen(clause: Clause) -> Test:
    first, before = moments(clause.operator, clause.values[0])
    return lambda facts: _within(facts.article.first_seen, first, before)


def _has(clause: Clause) -> Test:
    return lambda facts: any(_carries(facts.article, thing) for thing in clause.values)


def _is(clause: Clause) -> Test:
    return lambda facts: any(_stands(facts.article, verdict) for verdict in clause.values)


_TESTS: Mapping[str, Callable[[Clause], Test]] = MappingProxyType(
    {
        "tag": lambda clause: _tag(clause) if clause.operator == ":" else _written(clause),
        "author": lambda clause: _author(clause) if clause.operator == ":" else _written(clause),
        "source": _source,
        "language": _language,
        "title": _written,
        "text": _written,
        "url": _written,
        "words": _words,
        "published": _published,
        "seen": _seen,
        "has": _has,
        "is": _is,
    }
)


def _within(value: T | None, first: T | None, before: T | None) -> bool:
    return value is not None and (first is None or value >= first) and (before is None or value < before)


def _carries(article: Article, thing: str) -> bool:
    if thing == "place":
        return article.place is not None
    if thing == "enclosure":
        return bool(article.enclosures)
    if thing == "image" and article.image is not None and article.image.url is not None:
        return True
    return any(
        enclosure.medium == thing or enclosure.type.lower().startswith(f"{thing}/") for enclosure in article.enclosures
    )


def _stands(article: Article, verdict: str) -> bool:
    if verdict == "retracted" and article.status is Status.RETRACTED:
        return True
    return article.ruling is not None and article.ruling.verdict == Verdict(verdict)


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _culprit(rule: Expression, facts: Facts) -> str:
    """What of a rule the article fails."""
    if rule is _NO_EDITION:
        return "it is an edition of a digest, and no source is asked for"
    if isinstance(rule, And):
        return _culprit(next(part for part in rule.parts if not _test(part)(facts)), facts)
    return written(rule) + (_instead(rule.field, facts) if isinstance(rule, Clause) else "")


def _witness(rule: Expression, facts: Facts) -> str:
    """What of a rule the article passed: of alternatives the first."""
    if isinstance(rule, And):
        return " and ".join(_witness(part, facts) for part in rule.parts)
    if isinstance(rule, Or):
        return _witness(next(part for part in rule.parts if _test(part)(facts)), facts)
    if isinstance(rule, Clause):
        each = (replace(rule, values=(value,)) for value in rule.values)
        return written(next((clause for clause in each if _test(clause)(facts)), rule))
    return written(rule)


def _instead(field: str, facts: Facts) -> str:
    """What an article has instead of what it should have, where that is short."""
    article = facts.article
    has = {
        "source": lambda: article.source,
        "language": lambda: article.language or "none",
        "words": lambda: str(facts.words),
        "published": lambda: _instant(article.published) if article.published else "never",
        "seen": lambda: _instant(article.first_seen) if article.first_seen else "never",
        "tag": lambda: ", ".join(sorted(facts.tags)) or "none",
        "author": lambda: ", ".join(sorted(facts.authors)) or "none",
    }.get(field)
    return f" (it has {has()})" if has else ""
