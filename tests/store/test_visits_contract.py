"""What every store keeps of visits: sums, readers, announcements, and what it forgets."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from syndicator.core.counting import empty, note, packed
from syndicator.ports import Store, Tally, Visited

DAY = date(2024, 5, 6)
NEXT = DAY + timedelta(days=1)
KEYS = [bytes([number]) * 16 for number in range(3)]


def sketch(*readers: int) -> bytes:
    registers = empty()
    for reader in readers:
        note(registers, random.Random(reader).getrandbits(64))
    return packed(registers)


def test_what_is_counted_adds_up_by_document_and_day(store: Store) -> None:
    tally = Tally(requests=3, not_modified=2, deltas=1, sent=70_000_000_000)
    store.add_visits(DAY, {"feed.xml": tally, "": Tally(requests=1, sent=5)})
    store.add_visits(DAY, {"feed.xml": tally})
    store.add_visits(NEXT, {"feed.xml": tally})
    store.add_visits(NEXT, {})
    twice = Visited(day=DAY, path="feed.xml", requests=6, not_modified=4, deltas=2, sent=140_000_000_000)
    other = Visited(day=DAY, path="", requests=1, sent=5)
    later = Visited(day=NEXT, path="feed.xml", requests=3, not_modified=2, deltas=1, sent=70_000_000_000)
    assert store.visits(DAY, NEXT) == [other, twice, later]
    assert store.visits(NEXT, NEXT) == [later]


@pytest.mark.parametrize(
    ("asked", "paths"),
    [
        ({}, ["", "archives/1/feed.xml", "coast/feed.xml", "coast/rss.xml", "coastal/feed.xml", "feed.xml"]),
        ({"under": "coast/"}, ["coast/feed.xml", "coast/rss.xml"]),
        ({"paths": ("feed.xml", "coast/rss.xml", "no.xml")}, ["coast/rss.xml", "feed.xml"]),
        ({"under": "archives/", "paths": ("feed.xml",)}, ["archives/1/feed.xml", "feed.xml"]),
        ({"under": "no/"}, []),
    ],
    ids=["all", "below", "some", "both", "none"],
)
def test_visits_are_told_of_all_documents_or_of_some(store: Store, asked: dict[str, str], paths: list[str]) -> None:
    there = ["feed.xml", "coast/feed.xml", "coast/rss.xml", "coastal/feed.xml", "archives/1/feed.xml", ""]
    for day in (DAY, NEXT):
        announced = {"feedly": 3}
        store.add_visits(day, {path: Tally(requests=1, announced=announced) for path in there})
    found = store.visits(DAY, NEXT, **asked)  # type: ignore[arg-type]
    assert [(one.day, one.path, one.announced) for one in found] == [
        (day, path, {"feedly": 3}) for day in (DAY, NEXT) for path in paths
    ]


def test_readers_are_different_ones_whoever_counted_them(store: Store) -> None:
    store.add_visits(DAY, {"feed.xml": Tally(requests=3, sketch=sketch(1, 2, 3))})
    store.add_visits(DAY, {"feed.xml": Tally(requests=2, sketch=sketch(3, 4)), "rss.xml": Tally(sketch=sketch(1))})
    store.add_visits(DAY, {"feed.xml": Tally(requests=1)})
    store.add_visits(NEXT, {"feed.xml": Tally(sketch=sketch(1, 9))})
    assert [(one.path, one.day, one.readers) for one in store.visits(DAY, NEXT)] == [
        ("feed.xml", DAY, 4),
        ("rss.xml", DAY, 1),
        ("feed.xml", NEXT, 2),
    ]


def test_a_day_that_is_over_keeps_its_number_and_not_how_it_was_found(store: Store) -> None:
    paths = [f"tags/{number}/feed.xml" for number in range(700)]
    for portion in (paths[:400], paths[400:]):
        store.add_visits(DAY, {path: Tally(requests=1, sketch=sketch(1, 2)) for path in portion})
    store.add_visits(NEXT, {"feed.xml": Tally(sketch=sketch(5))})
    store.close_days(NEXT)
    # What comes now could be of readers that were counted, so that the higher number stands.
    late = {"tags/0/feed.xml": Tally(requests=1, sketch=sketch(1)), "tags/1/feed.xml": Tally(sketch=sketch(1, 2, 3))}
    store.add_visits(DAY, late)
    store.add_visits(NEXT, {"feed.xml": Tally(sketch=sketch(6))})
    store.close_days(NEXT)
    found = {one.path: (one.requests, one.readers) for one in store.visits(DAY, DAY)}
    assert found == dict.fromkeys(paths, (1, 2)) | {"tags/0/feed.xml": (2, 2), "tags/1/feed.xml": (1, 3)}
    assert [one.readers for one in store.visits(NEXT, NEXT)] == [2]


def test_of_an_announcement_the_highest_number_of_the_day_is_kept(store: Store) -> None:
    for announced in ({"feedly": 5, "feedbin 1": 3}, {"feedly": 9, "feedbin 2": 13}, {"feedly": 7, "feedbin 1": 2}):
        store.add_visits(DAY, {"feed.xml": Tally(announced=announced)})
    store.add_visits(NEXT, {"feed.xml": Tally(announced={"feedly": 4})})
    assert [one.announced for one in store.visits(DAY, NEXT)] == [{"feedbin": 16, "feedly": 9}, {"feedly": 4}]


def test_made_up_aggregators_do_not_fill_the_store(store: Store) -> None:
    for first in (0, 60, 120):
        announced = {f"made-up-{number}": 1 for number in range(first, first + 60)}
        store.add_visits(DAY, {"feed.xml": Tally(announced=announced), "rss.xml": Tally(announced={"feedly": 2})})
    store.add_visits(DAY, {"feed.xml": Tally(announced={"made-up-0": 5, "new": 5})})
    found = {one.path: one.announced for one in store.visits(DAY, DAY)}
    assert (len(found["feed.xml"]), found["feed.xml"]["made-up-0"], found["rss.xml"]) == (100, 5, {"feedly": 2})


def test_the_most_visited_are_told_by_all_days_asked_for(store: Store) -> None:
    store.add_visits(DAY - timedelta(days=1), {"old.xml": Tally(requests=99)})
    store.add_visits(DAY, {"a.xml": Tally(requests=5), "b.xml": Tally(requests=4), "c.xml": Tally(requests=5)})
    store.add_visits(NEXT, {"b.xml": Tally(requests=4)})
    assert store.most_visited(DAY, NEXT, 3) == ["b.xml", "a.xml", "c.xml"]
    assert store.most_visited(DAY, NEXT, 1) == ["b.xml"]


def test_the_key_of_readers_is_one_for_all_and_another_every_day(store: Store, reopen: Callable[[], Store]) -> None:
    other = reopen()
    assert [store.reader_key(DAY, KEYS[0]), other.reader_key(DAY, KEYS[1])] == [KEYS[0], KEYS[0]]
    assert [other.reader_key(NEXT, KEYS[1]), store.reader_key(NEXT, KEYS[2])] == [KEYS[1], KEYS[1]]
    # The key of the day before is nowhere any more: whoever is late gets the new one.
    assert store.reader_key(DAY, KEYS[2]) == KEYS[1]


def test_the_key_of_a_day_that_is_over_is_forgotten_also_when_nobody_asks(store: Store) -> None:
    assert store.reader_key(DAY, KEYS[0]) == KEYS[0]
    store.close_days(DAY)
    assert store.reader_key(DAY, KEYS[1]) == KEYS[0]
    store.close_days(NEXT)
    assert store.reader_key(DAY, KEYS[1]) == KEYS[1]


def test_what_is_too_old_is_forgotten(store: Store) -> None:
    for day in (DAY, NEXT):
        store.add_visits(day, {"feed.xml": Tally(requests=1, sketch=sketch(1), announced={"feedly": 1})})
    store.forget_visits(NEXT)
    assert [(one.day, one.announced) for one in store.visits(DAY, NEXT)] == [(NEXT, {"feedly": 1})]
    store.add_visits(DAY, {"feed.xml": Tally(requests=1)})
    assert [one.announced for one in store.visits(DAY, DAY)] == [{}]


def test_workers_that_write_the_same_rows_at_once_lose_nothing(store: Store, reopen: Callable[[], Store]) -> None:
    workers = [store, reopen(), reopen()]
    paths = [f"tags/{number}/feed.xml" for number in range(20)]
    keys, failures = set(), []

    def work(number: int, own: Store) -> None:
        shuffled = random.Random(number).sample(paths, len(paths))
        try:
            keys.add(own.reader_key(DAY, KEYS[number]))
            for turn in range(10):
                readers = sketch(number * 100 + turn, 7)
                announced = {"feedly": number * 10 + turn}
                own.add_visits(DAY, {p: Tally(requests=1, sketch=readers, announced=announced) for p in shuffled})
        except Exception as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everybody = sketch(7, *(number * 100 + turn for number in range(3) for turn in range(10)))
    store.add_visits(NEXT, {"": Tally(sketch=everybody)})
    (expected,) = store.visits(NEXT, NEXT)
    found = {(one.requests, one.readers, one.announced["feedly"]) for one in store.visits(DAY, DAY)}
    assert (failures, len(keys), found) == ([], 1, {(30, expected.readers, 29)})
