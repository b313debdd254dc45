"""The same article of several sources: found, joined, taken apart, killed together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.rulings import forgotten
from syndicator.errors import ArticleError
from syndicator.flows import joining, naming
from syndicator.flows.joining import Joined
from syndicator.model import Article, RevisionKind, Status, Upstream
from syndicator.ports import Store
from tests.flows.world import World
from tests.store.making import START, correct, save, saved, subscribe
from tests.store.making import article as stored

LONG = " ".join(f"word{number}" for number in range(150))


def article(source: int, number: int = 1, **fields: object) -> Article:
    """The article of that number as a source has it: under its own address and id, with a text of its own."""
    host = f"source-{source}.example"
    return stored(
        source * 1000 + number,
        **{
            "source": f"source-{source}",
            "title": f"Story {'abcdefghijklmnopqrstuvwxyz'[number]}",
            "url": f"https://{host}/{number}",
            "explicit_id": f"tag:{host},2026:{number}",
            "upstream": Upstream(id=host, url=f"https://{host}/"),
            "body": f"<p>A short text {source} {number}.</p>",
            **fields,
        },
    )


def like(one: Article, source: int, number: int = 1, **fields: object) -> Article:
    """That article at the same address in another source."""
    return article(source, number, url=f"{one.url}?utm_source=feed", title=one.title, body=one.body, **fields)


def compose(store: Store) -> Joined:
    """Look at all that changed."""
    touched: set[int] = set()
    killed: dict[int, int] = {}
    while True:
        with store.composing() as tx:
            changed = tx.changed(100)
            found = joining.join(tx, changed, START)
            tx.done(changed)
        touched |= found.touched
        killed.update(found.killed)
        if not (changed or found.more):
            return Joined(touched=frozenset(touched), killed=killed)


def put(store: Store, *articles: Article) -> Joined:
    for one in articles:
        save(store, saved(one), source=one.source)
    return compose(store)


def number(store: Store, one: Article) -> int:
    key = store.number_of(one)
    assert key is not None
    return key


def together(store: Store, one: Article) -> set[str]:
    """The ids of the work of an article."""
    return {state.id for state in store.states(store.work_of(number(store, one))).values()}


@pytest.fixture
def store(world: World) -> Store:
    subscribe(world.ports.store, 1, 2, 3, 4)
    return world.ports.store


def test_an_article_at_the_same_address_is_the_same(store: Store) -> None:
    one = article(1)
    assert put(store, one) == Joined()
    two = like(one, 2)
    found = put(store, two)
    assert found.touched == {number(store, one), number(store, two)}
    assert found.killed == {}
    assert [(join.by, join.why) for join in store.joins_of([number(store, two)])] == [
        ("url", "the same address, the same title")
    ]


def test_the_same_text_is_the_same_article(store: Store) -> None:
    one, two = article(1, body=f"<p>{LONG}</p>"), article(2, title="Printed", body=f"<div>{LONG}</div>")
    put(store, one, two)
    assert together(store, one) == {one.id, two.id}
    assert [join.by for join in store.joins_of([number(store, one)])] == ["content"]


def test_nothing_is_joined_within_a_source(store: Store) -> None:
    one = article(1, body=f"<p>{LONG}</p>")
    put(store, one, like(one, 1, 2), article(1, 3, body=one.body))
    assert store.doubles(10) == []


def test_a_work_has_no_two_articles_of_a_source(store: Store) -> None:
    one = article(1, url="https://a.example/story")
    two = article(2, url="https://a.example/story", title=one.title, explicit_id="https://b.example/id")
    put(store, one, two)
    again = article(1, 2, url=None, explicit_id="https://b.example/id", title=one.title)
    assert put(store, again).touched == frozenset()
    assert together(store, again) == {again.id}


def test_what_was_there_before_the_second_source_is_found(store: Store) -> None:
    first = [article(1, n) for n in range(1, 6)]
    for one in first:
        save(store, saved(one), source=one.source)
    with store.composing() as tx:
        tx.done(tx.changed(100))
    put(store, like(first[2], 2))
    assert together(store, first[2]) == {first[2].id, article(2).id}


def test_an_edit_upstream_does_not_take_apart(store: Store) -> None:
    one = article(1)
    two = like(one, 2)
    put(store, one, two)
    correct(store, two, url="https://source-2.example/elsewhere", title="Something else")
    assert compose(store).touched == frozenset()
    assert together(store, one) == {one.id, two.id}


def test_an_edit_may_show_that_two_are_one(store: Store) -> None:
    one, two = article(1), article(2)
    put(store, one, two)
    assert store.doubles(10) == []
    correct(store, two, url=one.url, title=one.title)
    assert compose(store).touched == {number(store, one), number(store, two)}


def test_editions_of_digests_are_the_same_as_nothing(store: Store) -> None:
    one = article(1, body=f"<p>{LONG}</p>")
    put(store, one, replace(like(one, 2), source="digest:daily"))
    assert store.doubles(10) == []


def test_a_copy_of_what_is_withdrawn_stays(store: Store) -> None:
    one = article(1)
    two = like(one, 2)
    put(store, one, two)
    correct(store, one, status=Status.WITHDRAWN)
    assert compose(store) == Joined()


def test_a_copy_of_what_is_killed_is_to_be_killed(store: Store) -> None:
    one = article(1)
    two, three = like(one, 2), like(one, 3)
    put(store, one, two, three)
    killed = number(store, one)
    correct(store, one, status=Status.KILLED)
    assert compose(store).killed == {number(store, two): killed, number(store, three): killed}


@pytest.mark.parametrize("by", ["url", "text"])
def test_a_copy_that_comes_after_the_kill_is_known_without_the_text(store: Store, by: str) -> None:
    one = article(1, body=f"<p>{LONG}</p>")
    put(store, one)
    killed = number(store, one)
    emptied = forgotten(replace(one, status=Status.KILLED, revision=2))
    save(store, saved(emptied, kind=None), saved(emptied), source=one.source)
    assert compose(store).killed == {}
    two = like(one, 2) if by == "url" else article(2, title="Printed", body=one.body)
    assert put(store, two).killed == {number(store, two): killed}


def test_what_was_killed_while_there_was_one_source_is_known(world: World) -> None:
    store = world.ports.store
    subscribe(store, 1, 2)
    one = article(1)
    save(store, saved(one), source=one.source)
    killed = number(store, one)
    emptied = forgotten(replace(one, status=Status.KILLED, revision=2))
    save(store, naming.saved(emptied, RevisionKind.KILL, START, text=one), source=one.source)
    two = like(one, 2)
    assert put(store, two).killed == {number(store, two): killed}


def test_what_is_split_is_never_joined_again(world: World, store: Store) -> None:
    one = article(1)
    two, three = like(one, 2), like(one, 3)
    put(store, one, two, three)
    assert {mate.id for mate in joining.split(world.ports, two)} == {one.id, three.id}
    correct(store, two, summary="Changed since")
    assert number(store, two) not in compose(store).touched
    assert together(store, two) == {two.id}
    assert together(store, one) == {one.id, three.id}


def test_a_newcomer_does_not_bring_together_what_is_split(world: World, store: Store) -> None:
    one = article(1)
    two = like(one, 2)
    put(store, one, two)
    joining.split(world.ports, two)
    compose(store)
    three = like(one, 3)
    put(store, three)
    assert together(store, three) in ({one.id, three.id}, {two.id, three.id})
    assert together(store, one) != together(store, two)


def test_what_is_split_is_looked_at_and_published_again(world: World, store: Store) -> None:
    one = article(1)
    put(store, one, like(one, 2))
    store.publish(store.dirty(), [], [], [], START)
    joining.split(world.ports, one)
    assert store.waiting()
    assert {dirty.name for dirty in store.dirty()} == {"", "sources/source-1", "sources/source-2"}


def test_a_person_joins_what_no_rule_finds(world: World, store: Store) -> None:
    one, two = article(1), article(2)
    put(store, one, two)
    assert [state.id for state in joining.unite(world.ports, one, two)] == [one.id, two.id]
    (work,) = joining.doubles(world.ports, 10)
    assert [state.id for state in work.articles] == [one.id, two.id]
    assert [(a.id, b.id, join.by) for a, b, join in work.reasons] == [(two.id, one.id, "person")]
    compose(store)
    assert together(store, one) == {one.id, two.id}


def test_a_person_may_take_back_that_two_are_apart(world: World, store: Store) -> None:
    one = article(1)
    two = like(one, 2)
    put(store, one, two)
    joining.split(world.ports, two)
    joining.unite(world.ports, one, two)
    compose(store)
    assert together(store, one) == {one.id, two.id}


def test_what_cannot_be_split_or_joined_is_said(world: World, store: Store) -> None:
    one, other = article(1), article(1, 2)
    two = like(one, 2)
    hidden = article(3, status=Status.DRAFT)
    put(store, one, other, two, hidden)
    with pytest.raises(ArticleError, match="joined with none"):
        joining.split(world.ports, other)
    with pytest.raises(ArticleError, match="already"):
        joining.unite(world.ports, one, two)
    with pytest.raises(ArticleError, match="it is itself"):
        joining.unite(world.ports, one, one)
    with pytest.raises(ArticleError, match="one source would have two"):
        joining.unite(world.ports, two, other)
    with pytest.raises(ArticleError, match="not shown"):
        joining.unite(world.ports, other, hidden)
    with pytest.raises(ArticleError, match="not stored"):
        joining.unite(world.ports, article(4, 9), one)


@dataclass(frozen=True)
class Carried:
    """A story as one source carries it: at the address it has there, with its id, its text, or none of them."""

    source: int
    story: int
    address: bool
    id: bool
    text: bool

    def article(self) -> Article:
        words = " ".join(f"story{self.story}word{n}" for n in range(90))
        found = article(self.source, self.story, title=f"Story {'abcd'[self.story]}")
        return replace(
            found,
            url=f"https://site.example/{self.story}" if self.address else found.url,
            explicit_id=f"urn:story:{self.story}" if self.id else found.explicit_id,
            body=f"<p>{words}</p>" if self.text else "",
            published=START + timedelta(hours=self.source),
        )


@st.composite
def carried(draw: st.DrawFn) -> list[Carried]:
    """Stories in sources that carry each of them once at most, in any order of arrival."""
    places = draw(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), unique=True, min_size=2, max_size=7))
    return [Carried(*place, *draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))) for place in places]


def partition(order: Sequence[Carried], portion: int) -> set[frozenset[tuple[int, int]]]:
    """The works that come of these, arriving so many at a time."""
    with TemporaryDirectory() as folder, closing(World(Path(folder))) as world:
        store = world.ports.store
        subscribe(store, 1, 2, 3, 4)
        keys = {}
        for some in _portions(order, portion):
            put(store, *(one.article() for one in some))
        for one in order:
            keys[number(store, one.article())] = (one.source, one.story)
        return {frozenset(keys[mate] for mate in store.work_of(key)) for key in keys}


def _portions(order: Sequence[Carried], size: int) -> Iterator[Sequence[Carried]]:
    return (order[start : start + size] for start in range(0, len(order), size))


@given(carried(), st.randoms(use_true_random=False), st.integers(1, 7))
@settings(max_examples=8, deadline=None)
def test_the_order_of_arrival_does_not_change_the_works(order: list[Carried], chance: object, portion: int) -> None:
    found = partition(order, len(order))
    shuffled = list(order)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert partition(shuffled, portion) == found
    for work in found:
        assert len({story for _, story in work}) == 1


def test_every_order_of_a_chain_makes_one_work() -> None:
    chain = [
        Carried(1, 0, address=True, id=False, text=False),
        Carried(2, 0, address=True, id=True, text=False),
        Carried(3, 0, address=False, id=True, text=True),
        Carried(4, 0, address=False, id=False, text=True),
    ]
    whole = {frozenset((source, 0) for source in range(1, 5))}
    for order in itertools.islice(itertools.permutations(chain), 0, 24, 4):
        assert partition(order, 1) == whole
