"""Rules that hold for whatever is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syndicator.core.queries import facts, matches
from syndicator.model import (
    Article,
    Enclosure,
    Image,
    Link,
    Media,
    Notice,
    Person,
    Query,
    RevisionKind,
    SeenFile,
    Status,
    utc,
)
from syndicator.ports import Saved, Store
from syndicator.store import SqlStore
from syndicator.store.rows import ARTICLE, SEEN
from tests.core.queries import making
from tests.core.queries.agreement import disagreements, fill
from tests.store.conftest import empty
from tests.store.making import article, next_state, save, saved

TEXT = st.text(st.characters(), max_size=30)
WORD = st.text("abcdefghij0123456789-", min_size=1, max_size=8)
MAYBE_TEXT = st.none() | TEXT
NUMBER = st.none() | st.integers(0, 2**40)
TIME = st.datetimes(timezones=st.just(UTC))
MAYBE_TIME = st.none() | TIME
LINK = st.builds(Link, href=MAYBE_TEXT, title=MAYBE_TEXT)


KEPT = [status for status in Status if status is not Status.KILLED]
"""What is killed does not come out as it went in."""


def some(each: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(each, max_size=3).map(tuple)


ARTICLES = st.builds(
    Article,
    source=st.just("seeds"),
    title=TEXT,
    body=TEXT,
    summary=TEXT,
    authors=some(st.builds(Person, name=TEXT, email=MAYBE_TEXT, uri=MAYBE_TEXT)),
    tags=some(TEXT),
    language=MAYBE_TEXT,
    url=MAYBE_TEXT,
    image=st.none()
    | st.builds(
        Image, url=MAYBE_TEXT, caption=TEXT, alt=TEXT, type=MAYBE_TEXT, length=NUMBER, width=NUMBER, height=NUMBER
    ),
    enclosures=some(st.builds(Enclosure, url=TEXT, type=TEXT, length=NUMBER, title=MAYBE_TEXT, duration=NUMBER)),
    related=some(LINK),
    via=st.none() | LINK,
    licence=MAYBE_TEXT,
    status=st.sampled_from(KEPT),
    published=MAYBE_TIME,
    updated=MAYBE_TIME,
    publish_at=MAYBE_TIME,
    expire_at=MAYBE_TIME,
    explicit_id=MAYBE_TEXT,
    explicit_slug=MAYBE_TEXT,
    extra=some(st.tuples(TEXT, TEXT)),
    id=TEXT,
    slug=WORD,
    first_seen=MAYBE_TIME,
    changed=TIME,
    sort_key=st.text("0123456789abcdef", max_size=24),
    revision=st.just(1),
)
SEEN_FILES = st.builds(
    SeenFile,
    path=TEXT,
    size=st.integers(0, 2**62),
    mtime_ns=st.integers(-(2**63), 2**63 - 1),
    content_hash=TEXT,
    sketch=st.binary(max_size=40),
    problem=MAYBE_TEXT,
    problem_line=NUMBER,
    problem_since=MAYBE_TIME,
    notices=some(st.builds(Notice, text=TEXT, line=NUMBER)),
    missing_since=MAYBE_TIME,
    media=some(
        st.builds(Media, path=TEXT, origin=TEXT, type=TEXT, length=st.integers(0, 2**40), width=NUMBER, height=NUMBER)
    ),
)
EMOJI = article(title="🦊👩‍👩‍👧‍👦 \U0010ffff", body="e\u0301 ﷽", slug="emoji")
RIGHT_TO_LEFT = article(title="\u202eمرحبا\u202c שלום", authors=(Person(name="נתן"),), tags=("عربي",), language="ar")
OLDEST_AND_NEWEST = article(
    published=utc(1, 1, 1), changed=utc(1, 1, 1, 0, 0, 0, 1), expire_at=datetime.max.replace(tzinfo=UTC)
)
UNSTORABLE = article(title="\0\ud800\\", id="urn:\0\udfff\\0000", tags=("\ud83e\udd8a",))


@given(ARTICLES)
@settings(deadline=None)
def test_any_article_survives_its_written_form(state: Article) -> None:
    assert ARTICLE.load(ARTICLE.dump(state)) == state


@given(SEEN_FILES)
@settings(deadline=None)
def test_any_observation_survives_its_written_form(seen: SeenFile) -> None:
    elsewhere = {name: getattr(seen, name) for name in ("path", "size", "mtime_ns", "article_id", "missing_since")}

    assert SEEN.load(SEEN.dump(seen), **elsewhere) == seen


@pytest.fixture
def emptied(store: SqlStore) -> Callable[[], SqlStore]:
    """Gives the store, empty again."""

    def again() -> SqlStore:
        empty(store.database.engine)
        return store

    return again


in_a_store = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(ARTICLES.filter(lambda state: state.status is not Status.KILLED))
@example(EMOJI)
@example(RIGHT_TO_LEFT)
@example(OLDEST_AND_NEWEST)
@example(UNSTORABLE)
@in_a_store
def test_any_article_that_is_not_killed_comes_out_as_it_went_in(emptied: Callable[[], Store], state: Article) -> None:
    store = emptied()
    save(store, Saved(article=state, kind=RevisionKind.NEW, due=state.publish_at))

    assert store.article(state.id) == state
    assert store.articles("seeds", [state.id]) == {state.id: state}
    assert [stored for *_, stored in store.revisions(state.id)] == [state]
    assert store.next_due() == state.publish_at
    assert store.select(Query(), 5) == ([state] if state.status.is_shown else [])
    assert [(place.id, place.changed) for place in store.shown(Query(), 5)] == (
        [(state.id, state.changed)] if state.status.is_shown else []
    )


@given(st.lists(SEEN_FILES, max_size=5, unique_by=lambda seen: seen.path))
@in_a_store
def test_any_observation_comes_out_as_it_went_in(emptied: Callable[[], Store], seen: list[SeenFile]) -> None:
    store = emptied()
    save(store, files=seen)

    assert {found.path: found for found in store.files("seeds")} == {each.path: each for each in seen}
    assert set(store.stats("seeds")) == {each.path for each in seen if each.missing_since is None}


@dataclass(frozen=True)
class Carrier:
    """An article of the population with the slugs it is found under; `first` is what it was stored as at first."""

    state: Article
    tags: frozenset[str]
    authors: frozenset[str]
    first: Status

    @property
    def places(self) -> Iterator[str]:
        yield from (f"tags/{slug}" for slug in sorted(self.tags))
        yield from (f"authors/{slug}" for slug in sorted(self.authors))

    def stands(self, *, shown: bool) -> bool:
        """Whether it is shown, or else whether it was."""
        if shown:
            return self.state.status.is_shown
        return not self.state.status.is_shown and self.first is Status.PUBLISHED


SLUGS = st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=2)
LANGUAGE = st.sampled_from(["en", "uk", None])
SOURCE = st.sampled_from(["seeds", "theirs"])


@st.composite
def populations(draw: st.DrawFn) -> list[Carrier]:
    """In the order in which they are stored; two sources may have one id."""
    order = draw(st.permutations(range(draw(st.integers(0, 12)))))
    named = {(draw(SOURCE), draw(st.integers(1, 8))) for _ in order}
    carried = [(draw(SLUGS), draw(SLUGS)) for _ in named]
    return [
        Carrier(
            state=article(
                number,
                tags=tuple(sorted(tags)),
                authors=tuple(Person(name=name) for name in sorted(authors)),
                id=f"urn:example:{id}",
                source=source,
                language=draw(LANGUAGE),
                sort_key=f"{place:04x}",
                status=draw(
                    st.sampled_from([Status.PUBLISHED, Status.RETRACTED, Status.WITHDRAWN, Status.KILLED, Status.DRAFT])
                ),
            ),
            tags=tags,
            authors=authors,
            first=draw(st.sampled_from([Status.PUBLISHED, Status.DRAFT])),
        )
        for number, (place, (source, id), (tags, authors)) in enumerate(
            zip(order, sorted(named), carried, strict=False), start=1
        )
    ]


def one_of_each(meant: list[Carrier]) -> tuple[list[Carrier], list[Carrier]]:
    """Of what a query means, in the order of storing, what is shown and what is gone: of each id one, newest first."""
    shown = list({c.state.id: c for c in reversed(meant) if c.stands(shown=True)}.values())
    there = {c.state.id for c in shown}
    by_place = sorted(meant, key=lambda carrier: carrier.state.sort_key)
    gone = {c.state.id: c for c in by_place if c.stands(shown=False) and c.state.id not in there}
    for carriers in (shown, found := list(gone.values())):
        carriers.sort(key=lambda carrier: carrier.state.sort_key, reverse=True)
    return shown, found


QUERIES = st.builds(
    Query,
    sources=st.frozensets(SOURCE, max_size=2),
    tags=SLUGS,
    authors=SLUGS,
    languages=st.frozensets(st.sampled_from(["en", "uk", "de"]), max_size=2),
)


def keep(store: Store, population: list[Carrier]) -> None:
    """Store each article as what it was at first, then as what it is."""
    for source in ("seeds", "theirs"):
        ours = [carrier for carrier in population if carrier.state.source == source]
        first = [replace(c.state, status=c.first) for c in ours]
        save(store, *(saved(s, *c.places) for s, c in zip(first, ours, strict=True)), source=source)
        save(
            store,
            *(saved(next_state(c.state), *c.places, kind=RevisionKind.CORRECTION) for c in ours),
            source=source,
        )


@given(populations(), st.lists(QUERIES, min_size=1, max_size=6), st.integers(1, 13))
@in_a_store
def test_what_a_store_selects_is_what_the_query_means(
    emptied: Callable[[], Store], population: list[Carrier], queries: list[Query], limit: int
) -> None:
    store = emptied()
    keep(store, population)

    for query in queries:
        meant = [c for c in population if matches(query, facts(c.state))]
        shown, gone = one_of_each(meant)
        slugs, stones = [c.state.slug for c in shown], [(c.state.id, c.state.changed) for c in gone]
        places = store.shown(query, limit)
        states = store.states([place.key for place in places])
        assert [state.slug for state in store.select(query, limit)] == slugs[:limit]
        assert [states[place.key].slug for place in places] == slugs[:limit]
        assert [(stone.id, stone.when) for stone in store.tombstones(query, limit)] == stones[:limit]
        assert [s.slug for s in store.select(query, limit, before="0006")] == [
            c.state.slug for c in shown if c.state.sort_key < "0006"
        ][:limit]
        assert [stone.id for stone in store.tombstones(query, limit, since="0006")] == [
            c.state.id for c in gone if c.state.sort_key >= "0006"
        ][:limit]


@given(st.integers(0, 2**32))
@in_a_store
def test_a_filter_means_the_same_in_memory_and_in_sql(emptied: Callable[[], SqlStore], seed: int) -> None:
    random, store = Random(seed), emptied()
    stored = making.population(random, 12)
    fill(store, stored)

    for _ in range(3):
        asked, holds = making.query(random)
        assert list(disagreements(store, stored, asked, holds, limit=random.choice((1, 3, 100)))) == []


@given(populations())
@in_a_store
def test_the_counts_of_terms_are_what_counting_gives(emptied: Callable[[], Store], population: list[Carrier]) -> None:
    store = emptied()
    keep(store, population)

    ever = [c for c in population if c.stands(shown=True) or c.stands(shown=False)]
    counted = {
        (kind, slug): sum(1 for c in ever if slug in getattr(c, kind) and c.stands(shown=True))
        for kind in ("tags", "authors")
        for slug in "abc"
        if any(slug in getattr(c, kind) for c in ever)
    }
    assert {(term.kind, term.slug): shown for term, shown in store.terms()} == counted
