"""What documents were before: each state once, found by etag and by moment, forgotten in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from syndicator.model import Rendered
from syndicator.ports import Past, State, Store
from syndicator.store import SqlStore
from syndicator.store.tables import past, states
from tests.store.conftest import empty
from tests.store.making import START, publish, rendered

DAY = timedelta(days=1)
NEVER = START - 365 * DAY


def day(number: int) -> datetime:
    return START + number * DAY


def state(*keys: int, feed: str = "", **fields: object) -> State:
    return replace(State(feed=feed, holds=tuple((key, 1) for key in keys)), **fields)  # type: ignore[arg-type]


def keep(store: Store, when: datetime, documents: Iterable[Rendered], *shown: State) -> tuple[str, ...]:
    return store.publish(store.dirty(), list(documents), [], [], when, states=shown)


def etags(store: Store, path: str) -> list[str]:
    return [one.etag for one in store.past(path)]


def kept(store: SqlStore) -> tuple[int, int]:
    """How many states there are, and how many documents' pasts."""
    with store.database.read() as connection:
        counted = (connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (states, past))
        return next(counted), next(counted)


class TestKeeping:
    @pytest.mark.parametrize(
        "shown",
        [
            State(feed="", holds=()),
            State(feed="", holds=((9, 1),)),
            State(feed="", holds=((9, 3), (11, -2), (1, 1)), previous=7, max_age=900),
            State(feed="", holds=((2**62, 2**31), (-(2**62), -1))),
        ],
        ids=["empty", "one", "several", "large"],
    )
    def test_a_state_comes_back_whole(self, store: Store, shown: State) -> None:
        keep(store, START, [rendered("feed.xml", b"one")], shown)

        assert store.states_of("feed.xml", [b"one".hex()]) == shown
        assert store.state_at("feed.xml", START) == shown

    def test_a_state_of_fifty_articles_takes_little_room(self, store: SqlStore) -> None:
        holds = tuple((100_000 - number * 7 % 301, 1 + number % 3) for number in range(50))
        keep(store, START, [rendered("feed.xml")], State(feed="", holds=holds))

        with store.database.read() as connection:
            assert connection.execute(select(func.length(states.c.payload))).scalar_one() <= 200

    def test_documents_that_came_together_share_one(self, store: SqlStore) -> None:
        keep(store, START, [rendered("feed.xml"), rendered("rss.xml"), rendered("opml.xml")], state(1))

        assert kept(store) == (1, 2)
        assert store.past("rss.xml") == [Past(path="rss.xml", changed=START, etag=b"<feed/>".hex())]

    def test_each_feed_has_its_own(self, store: SqlStore) -> None:
        documents = [rendered("feed.xml"), rendered("tags/war/feed.xml")]
        keep(store, START, documents, state(1), state(2, feed="tags/war"))

        assert store.state_at("feed.xml", START) == state(1)
        assert store.state_at("tags/war/feed.xml", START) == state(2, feed="tags/war")

    def test_one_whose_documents_are_the_same_is_not_kept(self, store: SqlStore) -> None:
        keep(store, day(0), [rendered("feed.xml"), rendered("rss.xml")], state(1))
        keep(store, day(1), [rendered("feed.xml"), rendered("rss.xml")], state(2))
        keep(store, day(1), [rendered("rss.xml", b"<rss/>"), rendered("feed.xml")], state(3))

        assert kept(store) == (2, 3)
        assert store.state_at("feed.xml", day(1)) == state(1)
        assert store.state_at("rss.xml", day(1)) == state(3)

    def test_one_of_documents_that_were_there_before_any_state_is_kept(self, store: SqlStore) -> None:
        keep(store, day(0), [rendered("feed.xml"), rendered("rss.xml")])
        version, _ = store.published_since(-1)

        for number in (1, 2):
            keep(store, day(1), [rendered("feed.xml"), rendered("rss.xml")], state(number))

        assert kept(store) == (1, 2)
        assert store.state_at("feed.xml", day(0)) == state(1)
        assert store.past("rss.xml") == [Past(path="rss.xml", changed=day(0), etag=b"<feed/>".hex())]
        assert store.published_since(version) == (version + 1, ["feed.xml", "rss.xml"])

    def test_nothing_is_kept_of_a_feed_that_somebody_else_has(self, store: SqlStore) -> None:
        store.soil(["", "tags/war"])
        seen = store.dirty()
        store.soil([""])
        documents = [rendered("feed.xml"), rendered("tags/war/feed.xml")]
        store.publish(seen, documents, [], [], START, states=[state(1), state(2, feed="tags/war")])

        assert store.past("feed.xml") == []
        assert kept(store) == (1, 1)

    def test_a_document_that_goes_is_in_no_state(self, store: SqlStore) -> None:
        keep(store, START, [rendered("feed.xml"), rendered("rss.xml")], state(1))
        store.publish([], [], ["rss.xml"], [], day(1), states=[state(2)])

        assert kept(store) == (1, 2)

    def test_it_is_dated_as_the_document_is(self, store: Store) -> None:
        keep(store, START, [rendered("feed.xml", b"one")], state(1))
        keep(store, START, [rendered("feed.xml", b"two")], state(2))
        head = store.document_head("feed.xml")

        assert head is not None
        assert [one.changed for one in store.past("feed.xml")] == [START, head.changed]
        assert head.changed == START + timedelta(seconds=1)


class TestAsking:
    @pytest.fixture
    def store(self, store: Store) -> Store:
        """Three days: one, two, and one again."""
        for number, body in enumerate((b"one", b"two", b"one")):
            keep(store, day(number), [rendered("feed.xml", body)], state(number))
        return store

    @pytest.mark.parametrize(
        ("bodies", "expected"),
        [
            ([b"one"], 2),
            ([b"two"], 1),
            ([b"two", b"other"], 1),
            ([b"one", b"two"], 2),
            ([b"two", *(b"%d" % number for number in range(1200))], 1),
            ([b"other"], None),
            ([], None),
        ],
        ids=["newest", "two", "one-unknown", "both", "very-many", "unknown", "none"],
    )
    def test_the_newest_state_of_these_etags(self, store: Store, bodies: list[bytes], expected: int | None) -> None:
        found = store.states_of("feed.xml", {body.hex() for body in bodies})
        assert found == (None if expected is None else state(expected))

    @pytest.mark.parametrize(
        ("moment", "expected"),
        [
            (NEVER, 0),
            (day(0), 0),
            (day(1) - timedelta(microseconds=1), 0),
            (day(1), 1),
            (day(1) + timedelta(hours=3), 1),
            (day(900), 2),
        ],
        ids=["before-all", "first", "just-before", "second", "after-it", "future"],
    )
    def test_the_state_at_a_moment(self, store: Store, moment: datetime, expected: int) -> None:
        assert store.state_at("feed.xml", moment) == state(expected)

    def test_all_of_them_oldest_first(self, store: Store) -> None:
        bodies = (b"one", b"two", b"one")
        assert store.past("feed.xml") == [
            Past(path="feed.xml", changed=day(number), etag=body.hex()) for number, body in enumerate(bodies)
        ]

    def test_another_document_has_none(self, store: Store) -> None:
        assert store.state_at("rss.xml", day(1)) is None
        assert store.states_of("rss.xml", [b"one".hex()]) is None
        assert store.past("rss.xml") == []


class TestForgetting:
    def fill(self, store: Store, *bodies: bytes, path: str = "feed.xml") -> None:
        for number, body in enumerate(bodies):
            keep(store, day(number), [rendered(path, body)], state(number))

    @pytest.mark.parametrize(
        ("before", "most", "expected"),
        [
            (NEVER, 9, ["a", "b", "c"]),
            (day(1), 9, ["a", "b", "c"]),
            (day(1) + timedelta(seconds=1), 9, ["b", "c"]),
            (day(900), 9, ["c"]),
            (NEVER, 2, ["b", "c"]),
            (NEVER, 1, ["c"]),
            (day(2), 1, ["c"]),
        ],
        ids=["nothing", "just-ended", "ended", "all-that-ended", "two", "one", "both"],
    )
    def test_what_ended_or_is_too_much_is_forgotten(
        self, store: SqlStore, before: datetime, most: int, expected: list[str]
    ) -> None:
        self.fill(store, b"a", b"b", b"c")
        store.forget_states(before, most)

        assert [bytes.fromhex(etag).decode() for etag in etags(store, "feed.xml")] == expected
        assert kept(store) == (len(expected), len(expected))

    def test_a_state_stays_while_a_document_is_in_it(self, store: SqlStore) -> None:
        keep(store, day(0), [rendered("feed.xml", b"a"), rendered("rss.xml", b"a")], state(1))
        keep(store, day(1), [rendered("rss.xml", b"b")], state(2))
        store.forget_states(day(9), 9)

        assert store.state_at("feed.xml", day(9)) == state(1)
        assert store.state_at("rss.xml", day(0)) == state(2)
        assert kept(store) == (2, 2)

    def test_a_document_that_went_is_forgotten_in_time(self, store: SqlStore) -> None:
        self.fill(store, b"a", b"b")
        publish(store, gone=["feed.xml"], now=day(5))

        store.forget_states(day(5), 9)
        assert kept(store) == (1, 1)
        store.forget_states(day(6), 9)
        assert kept(store) == (0, 0)

    def test_a_document_that_came_back_keeps_what_it_is(self, store: SqlStore) -> None:
        self.fill(store, b"a")
        publish(store, gone=["feed.xml"], now=day(1))
        keep(store, day(2), [rendered("feed.xml", b"a")], state(7))
        store.forget_states(day(9), 9)

        assert store.past("feed.xml") == [Past(path="feed.xml", changed=day(2), etag=b"a".hex())]
        assert store.state_at("feed.xml", day(9)) == state(7)

    def test_of_each_document_on_its_own(self, store: SqlStore) -> None:
        self.fill(store, b"a", b"b", b"c")
        for number in range(5):
            keep(store, day(number), [rendered("x/rss.xml", b"%d" % number)], state(number, feed="x"))
        store.forget_states(NEVER, 3)

        assert [len(store.past(path)) for path in ("feed.xml", "x/rss.xml")] == [3, 3]


@given(
    st.lists(st.tuples(st.sampled_from(["feed.xml", "rss.xml"]), st.sampled_from([b"a", b"b", None])), max_size=12),
    st.integers(0, 14),
    st.integers(0, 5),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_kept_is_what_was(
    store: SqlStore, changes: list[tuple[str, bytes | None]], before: int, most: int
) -> None:
    """Against a list of the states of each document, where each ends with the next one or with the document."""
    empty(store.database.engine)
    was: dict[str, list[tuple[datetime, State]]] = {"feed.xml": [], "rss.xml": []}
    went: dict[str, datetime] = {}
    for number, (path, body) in enumerate(changes):
        if body is not None and keep(store, day(number), [rendered(path, body)], state(number)):
            was[path].append((day(number), state(number)))
            went.pop(path, None)
        elif body is None and publish(store, gone=[path], now=day(number)):
            went[path] = day(number)
    store.forget_states(day(before), most)

    left = 0
    for path, history in was.items():
        ends = [*(when for when, _ in history[1:]), went.get(path, START + 99 * DAY)]
        young = [one for one, end in zip(history, ends, strict=False) if end >= day(before)]
        expected = [one for one in young if one in history[max(0, len(history) - most) :]]
        assert [one.changed for one in store.past(path)] == [when for when, _ in expected]
        assert [store.state_at(path, when) for when, _ in expected] == [shown for _, shown in expected]
        left += len(expected)
    assert kept(store) == (left, left)
