"""Which articles a Query means. The language of its filters, and what decides."""

from __future__ import annotations

from syndicator.core.queries.about import Facts, facts, words
from syndicator.core.queries.expressions import And, Clause, Expression, Not, Or, clauses, parse, written
from syndicator.core.queries.matching import OWN_SOURCES, Decision, explain, matches

__all__ = [
    "OWN_SOURCES",
    "And",
    "Clause",
    "Decision",
    "Expression",
    "Facts",
    "Not",
    "Or",
    "clauses",
    "explain",
    "facts",
    "matches",
    "parse",
    "words",
    "written",
]
