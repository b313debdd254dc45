"""Whatever is saved, composed, cut and renamed in whatever order, a store says what a simple model says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syndicator.model import Article, Feed, Member, RevisionKind, Status
from syndicator.ports import Changed, Cut, Store
from syndicator.store import SqlStore
from tests.store.conftest import empty
from tests.store.making import START, article, next_state, save, saved

STATUS = st.sampled_from([Status.PUBLISHED, Status.PUBLISHED, Status.RETRACTED, Status.WITHDRAWN, Status.DRAFT])
STEP = st.one_of(
    st.tuples(st.just("save"), st.integers(1, 5), STATUS),
    st.tuples(st.just("look"), st.integers(1, 6)),
    st.tuples(st.just("compose")),
    st.tuples(st.just("cut"), st.integers(1, 3)),
    st.tuples(st.just("cut_too_late"), st.integers(1, 3)),
    st.tuples(st.just("fail")),
    st.tuples(st.just("rename")),
)


@dataclass
class Model:
    """What a store should say; every step is taken on both."""

    store: Store
    name: str = "war-0"
    states: dict[int, Article] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    """Of articles, by the store's number of them."""
    waiting: list[int] = field(default_factory=list)
    looked_at: list[Changed] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)
    archives: list[tuple[tuple[int, int], ...]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    moment: int = 0

    def save(self, number: int, status: Status) -> None:
        before = self.states.get(number)
        state = replace(next_state(before) if before else article(number), status=status)
        save(self.store, saved(state, kind=RevisionKind.CORRECTION if before else RevisionKind.NEW))
        self.states[number] = state
        key = self.store.number_of(state)
        assert key is not None
        self.numbers[key] = number
        self.waiting = [one for one in self.waiting if one != number] + [number]

    def look(self, limit: int) -> None:
        """See what is waiting, to be composed later, when some of it may have changed again."""
        with self.store.composing() as composing:
            self.looked_at = composing.changed(limit)
        assert [self.numbers[one.key] for one in self.looked_at] == self.waiting[:limit]

    def compose(self) -> None:
        with self.store.composing() as composing:
            composing.save(self.placed())
            composing.done(self.looked_at)
        self.members.update((one.key, one) for one in self.placed())
        done = {self.numbers[one.key] for one in self.looked_at if one.article == self.states[self.numbers[one.key]]}
        self.waiting = [number for number in self.waiting if number not in done]
        self.looked_at, self.moment = [], self.moment + 1

    def fail(self) -> None:
        def fail() -> None:
            with self.store.composing() as composing:
                composing.save(self.placed())
                composing.done(composing.changed(9))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

    def placed(self) -> list[Member]:
        """The places of what was looked at: who was there and is not shown any more stays as gone."""
        return [
            Member(
                feed=self.name,
                key=one.key,
                place=one.article.sort_key,
                entered=f"{self.moment:04x}",
                shown=one.article.status.is_shown,
            )
            for one in self.looked_at
            if one.article.status.is_shown or one.key in self.members
        ]

    def to_cut(self, limit: int) -> Cut:
        oldest = sorted((one for one in self.members.values() if not one.archive), key=lambda m: (m.entered, m.key))
        holds = tuple((one.key, self.states[self.numbers[one.key]].revision) for one in oldest[:limit])
        return Cut(feed=self.name, number=len(self.archives) + 1, holds=holds)

    def cut(self, limit: int) -> None:
        self.store.soil([self.name])
        cut = self.to_cut(limit)
        self.store.publish(self.store.dirty(), [], [], [], START, cuts=[cut])
        self.archives.append(cut.holds)
        for key, _ in cut.holds:
            self.members[key] = replace(self.members[key], archive=cut.number)

    def cut_too_late(self, limit: int) -> None:
        self.store.soil([self.name])
        stale = self.store.dirty()
        self.store.soil([self.name])
        self.store.publish(stale, [], [], [], START, cuts=[self.to_cut(limit)])

    def rename(self) -> None:
        self.names.append(self.name)
        self.name = f"war-{len(self.names)}"
        self.store.rename_feed(self.names[-1], self.name)
        self.members = {key: replace(one, feed=self.name) for key, one in self.members.items()}

    def check(self) -> None:
        current = [one for one in self.members.values() if not one.archive]
        by_place = sorted(current, key=lambda one: one.place, reverse=True)
        is_shown = {key: self.states[number].status.is_shown for key, number in self.numbers.items()}
        shown = [one.key for one in by_place if one.shown and is_shown[one.key]]
        gone = [self.states[self.numbers[one.key]].id for one in by_place if not one.shown]
        assert [place.key for place in self.store.places(self.name)] == shown
        assert [stone.id for stone in self.store.gone_from(self.name, 9)] == gone
        assert self.store.oldest(self.name, 9) == sorted(current, key=lambda one: (one.entered, one.key))
        assert self.store.archives(self.name) == len(self.archives)
        for number, holds in enumerate(self.archives, 1):
            assert self.store.held(self.name, number) == list(holds)
        for key in self.numbers:
            holding = [n for n, holds in enumerate(self.archives, 1) if key in dict(holds)]
            assert self.store.archived_in(key) == [(self.name, number) for number in holding]
            assert self.store.members_of(key) == [one for one in self.members.values() if one.key == key]
        with self.store.composing() as composing:
            assert [one.article for one in composing.changed(9)] == [self.states[number] for number in self.waiting]
        assert [self.store.former(name) for name in self.names] == [self.name] * len(self.names)


@pytest.fixture
def emptied(store: SqlStore) -> Callable[[], Store]:
    """Gives the store, empty again."""

    def again() -> Store:
        empty(store.database.engine)
        return store

    return again


@given(st.lists(STEP, min_size=5, max_size=25))
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_store_composes_as_the_model_does(
    emptied: Callable[[], Store], steps: list[tuple[str, *tuple[object, ...]]]
) -> None:
    model = Model(store=emptied())
    model.store.save_feed(Feed(name=model.name, title="War"))

    for step, *given_ in steps:
        getattr(model, step)(*given_)
    model.check()
