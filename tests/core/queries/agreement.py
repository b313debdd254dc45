"""Do the parser and `matches`, SQL, and the plain meaning agree? Compares them on random articles and queries.

python -m tests.core.queries.agreement 10000 --seed 1
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from random import Random

from sqlalchemy import delete, select, update

from syndicator.core.decide import terms_of
from syndicator.core.queries import explain, facts, matches
from syndicator.model import Article, Query, RevisionKind, Status
from syndicator.ports import Saved
from syndicator.store import SqlStore, open_store
from syndicator.store.queries import conditions
from syndicator.store.tables import articles, metadata
from tests.core.queries.making import Holds, Stored, population, query
from tests.store.making import Clock, next_state, save

_QUERIES_OF_ONE = 50
_MOST = 30


def fill(store: SqlStore, stored: list[Stored]) -> None:
    """Store each article as what it was at first, then as what it is."""
    for source, group in groupby(stored, key=lambda one: one.article.source):
        ours = list(group)
        first = [replace(one.article, status=one.first) for one in ours]
        save(store, *(_saved(state, RevisionKind.NEW) for state in first), source=source)
        second = [next_state(one.article) for one in ours]
        save(store, *(_saved(state, RevisionKind.CORRECTION) for state in second), source=source)
    with store.database.write() as connection:
        for one in stored:
            here = (articles.c.source == one.article.source) & (articles.c.id == one.article.id)
            connection.execute(update(articles).where(here).values(work=one.work))


def _saved(article: Article, kind: RevisionKind) -> Saved:
    return Saved(article=article, kind=kind, terms=terms_of(article))


def disagreements(store: SqlStore, stored: list[Stored], asked: Query, holds: Holds, limit: int) -> Iterator[str]:
    """What of the answers is not what it should be."""
    meant = [one for one in stored if holds(one.article)]
    known = {one.article.slug: facts(one.article) for one in stored}
    told = {slug for slug, each in known.items() if matches(asked, each)}
    right = {one.article.slug for one in meant}
    yield from _differing("in memory", told, right)
    yield from _differing("explained", {slug for slug, each in known.items() if explain(asked, each).kept}, right)
    shown, gone = _shown(asked, meant), _gone(asked, meant)
    slugs = [one.article.slug for one in shown]
    yield from _differing("selected", [state.slug for state in store.select(asked, limit)], slugs[:limit])
    some = [one.article.slug for one in shown if one.article.sort_key < "000200"]
    found = [state.slug for state in store.select(asked, limit, before="000200")]
    yield from _differing("selected below", found, some[:limit])
    places = store.shown(asked, limit)
    states = store.states([place.key for place in places])
    yield from _differing("shown", [states[place.key].slug for place in places], slugs[:limit])
    ids = [one.article.id for one in gone]
    yield from _differing("gone", [stone.id for stone in store.tombstones(asked, limit)], ids[:limit])
    with store.database.read() as connection:
        selected = set(connection.execute(select(articles.c.slug).where(*conditions(asked))).scalars())
    # Terms are kept of what was shown only.
    there = {one.article.slug for one in meant if _stands(one) != "hidden"}
    yield from _differing("left out by SQL", there - selected, set())


def _differing(what: str, found: object, expected: object) -> Iterator[str]:
    if found != expected:
        yield f"{what}: {found}, expected {expected}"


def _stands(one: Stored) -> str:
    if one.article.status.is_shown:
        return "shown"
    return "gone" if one.first is Status.PUBLISHED else "hidden"


def _shown(asked: Query, meant: list[Stored]) -> list[Stored]:
    """Of each id and work the first, newest first."""
    kept: list[Stored] = []
    met: list[Stored] = []
    for one in meant:
        if _stands(one) == "shown":
            if len(asked.sources) == 1 or not any(_alike(one, other) for other in met):
                kept.append(one)
            met.append(one)
    return sorted(kept, key=lambda one: one.article.sort_key, reverse=True)


def _alike(one: Stored, other: Stored) -> bool:
    return one.article.id == other.article.id or (one.work is not None and one.work == other.work)


def _gone(asked: Query, meant: list[Stored]) -> list[Stored]:
    """Of each id of which none is shown the newest, newest first."""
    there = {one.article.id for one in meant if _stands(one) == "shown"}
    gone = sorted((one for one in meant if _stands(one) == "gone"), key=lambda one: one.article.sort_key)
    kept = {one.article.id: one for one in gone if one.article.id not in there}
    return sorted(kept.values(), key=lambda one: one.article.sort_key, reverse=True)


def _emptied(store: SqlStore) -> None:
    with store.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "meta":
                connection.execute(delete(table))


def run(cases: int, seed: int, say: Callable[[str], object]) -> int:
    """Compare so many cases on a store of its own; how many disagree."""
    random, wrong = Random(seed), 0
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/agreement.db", Clock())
        assert isinstance(store, SqlStore)
        stored: list[Stored] = []
        for number in range(cases):
            if number % _QUERIES_OF_ONE == 0:
                _emptied(store)
                stored = population(random, random.randrange(_MOST))
                fill(store, stored)
            asked, holds = query(random)
            for what in disagreements(store, stored, asked, holds, random.choice((1, 3, 100))):
                wrong += 1
                say(f"case {number}: {asked}\n  {what}")
        store.close()
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = run(given.cases, given.seed, print)
    print(f"{given.cases:,} cases, {found} disagreements (seed {given.seed})")
    sys.exit(1 if found else 0)
