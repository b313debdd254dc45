"""What every store keeps of works: signs, sketches, joins, and what comes of taking them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from syndicator.model import Status
from syndicator.ports import Join, Store
from tests.store.making import START, article, correct, save, saved, subscribe

SIGNS = [("url", "1a"), ("guid", "2b"), ("band", "03c")]


def fill(store: Store, count: int) -> list[int]:
    """So many articles, each of another source; their numbers."""
    subscribe(store, *range(1, count + 1))
    states = [article(number, source=f"source-{number}") for number in range(1, count + 1)]
    for state in states:
        save(store, saved(state), source=state.source)
    found = [store.number_of(state) for state in states]
    assert None not in found
    return [key for key in found if key is not None]


def joined(one: int, other: int, by: str = "url") -> Join:
    return Join(key=one, other=other, by=by, why=f"{one} is {other}", at=START)


def unite(store: Store, *pairs: tuple[int, int]) -> None:
    with store.composing() as tx:
        tx.join([joined(one, other) for one, other in pairs])


def works(store: Store, keys: Sequence[int]) -> set[tuple[int, ...]]:
    return {store.work_of(key) for key in keys}


def test_an_article_is_its_own_work_at_first(store: Store) -> None:
    (key,) = fill(store, 1)
    assert store.work_of(key) == (key,)
    assert store.others_of([key]) == {}
    assert store.joins_of([key]) == []
    assert store.doubles(10) == []


def test_an_article_bears_the_signs_it_was_last_given(store: Store) -> None:
    a, b = fill(store, 2)
    with store.composing() as tx:
        tx.sign(a, SIGNS, b"sketch")
        tx.sign(b, SIGNS[:2], b"")
        tx.sign(a, [SIGNS[0], ("url", "other")], b"\x00new")
    with store.composing() as tx:
        assert tx.bearers([*SIGNS, ("url", "other"), ("url", "none"), ("guid", "1a")]) == {
            SIGNS[0]: [a, b],
            SIGNS[1]: [b],
            ("url", "other"): [a],
        }
        assert tx.sketches([a, b, 99]) == {a: b"\x00new", b: b""}
        assert tx.bearers([]) == {}


def test_of_very_many_bearers_the_first_fifty_are_told(store: Store) -> None:
    keys = fill(store, 60)
    with store.composing() as tx:
        for key in reversed(keys):
            tx.sign(key, [("band", "common"), ("url", str(key))], b"")
        signs = [("band", "common"), *(("url", str(key)) for key in keys)]
        assert tx.bearers(signs) == {("band", "common"): keys[:50], **{("url", str(key)): [key] for key in keys}}


def test_many_signs_are_looked_up_at_once(store: Store) -> None:
    (key,) = fill(store, 1)
    signs = [("url", f"{number:x}") for number in range(1200)]
    with store.composing() as tx:
        tx.sign(key, signs, b"")
        assert tx.bearers(signs) == {sign: [key] for sign in signs}


def test_what_has_the_same_id_in_several_sources_is_found_whatever_it_is_joined_with(store: Store) -> None:
    a, b = fill(store, 2)
    twin = article(1, source="source-2", slug="twin")
    save(store, saved(twin), source=twin.source)
    c = store.number_of(twin)
    with store.composing() as tx:
        assert tx.namesakes([a, b, c or 0]) == {a: (a, c), c: (a, c)}
        assert tx.namesakes([]) == {}


def test_works_grow_together(store: Store) -> None:
    a, b, c, d = keys = fill(store, 4)
    unite(store, (b, a), (d, c))
    assert works(store, keys) == {(a, b), (c, d)}
    unite(store, (c, b))
    assert works(store, keys) == {(a, b, c, d)}
    assert store.others_of([a, c]) == {a: (b, c, d), c: (a, b, d)}
    assert store.doubles(10) == [(a, b, c, d)]


def test_the_work_of_the_newest_article_is_listed_first(store: Store) -> None:
    a, b, c, d = fill(store, 4)
    unite(store, (b, c), (a, d))
    assert store.doubles(10) == [(a, d), (b, c)]
    assert store.doubles(1) == [(a, d)]


def test_why_two_are_one_is_told(store: Store) -> None:
    a, b, c = fill(store, 3)
    with store.composing() as tx:
        tx.join([joined(a, b), joined(c, a, "content")])
    assert store.joins_of([c]) == [joined(c, a, "content")]
    assert [(j.key, j.other, j.by) for j in store.joins_of([a, b])] == [(b, a, "url"), (c, a, "content")]


def test_a_join_told_twice_is_one(store: Store) -> None:
    a, b = fill(store, 2)
    with store.composing() as tx:
        tx.join([joined(b, a), joined(a, b, "person"), joined(a, a)])
    assert [(j.key, j.other, j.by) for j in store.joins_of([a])] == [(b, a, "person")]


def test_the_end_of_a_chain_leaves_the_rest_together(store: Store) -> None:
    a, b, c = keys = fill(store, 3)
    unite(store, (b, a), (c, b))
    with store.composing() as tx:
        tx.split(c, START)
        assert tx.works(keys) == {a: (a, b), b: (a, b), c: (c,)}
        assert tx.apart(c) == {a, b}
        assert tx.apart(a) == {c}
    assert store.joins_of([c]) == []


def test_what_held_a_work_together_leaves_it_in_parts(store: Store) -> None:
    a, b, c, d = keys = fill(store, 4)
    unite(store, (b, a), (c, b), (d, c))
    with store.composing() as tx:
        tx.split(b, START)
    assert works(store, keys) == {(a,), (b,), (c, d)}
    with store.composing() as tx:
        assert tx.apart(b) == {a, c, d}


def test_a_person_may_join_what_was_taken_apart(store: Store) -> None:
    a, b = fill(store, 2)
    unite(store, (b, a))
    with store.composing() as tx:
        tx.split(b, START)
        tx.join([joined(b, a, "person")])
        assert tx.apart(b) == frozenset()
    assert store.work_of(b) == (a, b)


def test_to_split_what_is_alone_changes_nothing(store: Store) -> None:
    (a,) = fill(store, 1)
    with store.composing() as tx:
        tx.split(a, START)
        assert tx.apart(a) == frozenset()
    assert store.work_of(a) == (a,)


def test_nothing_stays_of_what_failed(store: Store) -> None:
    a, b = fill(store, 2)
    try:
        with store.composing() as tx:
            tx.sign(a, SIGNS, b"x")
            tx.join([joined(b, a)])
            raise KeyError
    except KeyError:
        pass
    with store.composing() as tx:
        assert tx.bearers(SIGNS) == {}
        assert tx.works([a]) == {a: (a,)}


def test_articles_without_signs_are_given_once(store: Store) -> None:
    keys = fill(store, 5)
    with store.composing() as tx:
        tx.sign(keys[1], [], b"")
        assert [key for key, _ in tx.unsigned(2)] == [keys[0], keys[2]]
    with store.composing() as tx:
        assert [key for key, _ in tx.unsigned(2)] == [keys[3], keys[4]]
        assert tx.unsigned(2) == []
        assert tx.unsigned(2) == []


def test_only_shown_articles_without_signs_are_given(store: Store) -> None:
    subscribe(store, 1)
    state = article(1, source="source-1", status=Status.DRAFT)
    save(store, saved(state), source="source-1")
    with store.composing() as tx:
        assert tx.unsigned(10) == []
    new = article(2, source="source-1")
    save(store, saved(new), source="source-1")
    with store.composing() as tx:
        assert [found.id for _, found in tx.unsigned(10)] == [new.id]


def test_an_article_is_looked_at_again(store: Store) -> None:
    a, b = fill(store, 2)
    with store.composing() as tx:
        tx.done(tx.changed(10))
    assert not store.waiting()
    with store.composing() as tx:
        tx.again([b, b])
        tx.again([])
    with store.composing() as tx:
        seen = tx.changed(10)
        assert [one.key for one in seen] == [b]
        tx.again([b])
        tx.done(seen)
    assert store.waiting()
    with store.composing() as tx:
        tx.done(tx.changed(10))
    assert not store.waiting()
    assert a != b


def test_a_join_keeps_its_moment(store: Store) -> None:
    a, b = fill(store, 2)
    at = START + timedelta(microseconds=7)
    with store.composing() as tx:
        tx.join([Join(key=b, other=a, by="content", why="", at=at)])
    assert [join.at for join in store.joins_of([a])] == [at]


def test_works_outlast_a_change_of_their_articles(store: Store) -> None:
    a, b = fill(store, 2)
    unite(store, (b, a))
    correct(store, article(1, source="source-1"), title="Corrected")
    assert store.work_of(a) == (a, b)


def test_what_is_killed_bears_the_signs_it_is_saved_with(store: Store) -> None:
    assert store.signed() is False
    a, b = fill(store, 2)
    one = article(1, source="source-1", status=Status.KILLED, revision=2)
    save(store, replace(saved(one), signs=tuple(SIGNS), sketch=b"sketch"), source=one.source)
    assert store.signed() is True
    with store.composing() as tx:
        assert tx.killed([a, b, 99]) == {a}
        assert (tx.bearers(SIGNS), tx.sketches([a, b])) == ({sign: [a] for sign in SIGNS}, {a: b"sketch"})
