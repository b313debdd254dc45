"""Threads that write take turns: everybody's comes, and nobody waits for one that does not end."""

from __future__ import annotations

import threading
import time

from syndicator.store.turns import Turns

PATIENCE = 0.2


def test_turns_are_taken_in_the_order_of_asking() -> None:
    turns, order = Turns(), []
    assert turns.take(PATIENCE)
    threads = [threading.Thread(target=_one, args=(turns, number, order)) for number in range(5)]
    for thread in threads:
        waiting = len(turns._waiting)
        thread.start()
        while len(turns._waiting) == waiting:
            time.sleep(0.001)
    turns.end()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert turns.take(PATIENCE)


def test_who_waits_longer_than_the_patience_gets_its_turn_where_turns_end() -> None:
    turns, order = Turns(), []
    assert turns.take(PATIENCE)
    threads = [threading.Thread(target=_one, args=(turns, n, order, PATIENCE / 2)) for n in range(6)]
    for thread in threads:
        thread.start()
    turns.end()
    for thread in threads:
        thread.join()
    assert sorted(order) == list(range(6))


def test_nobody_waits_for_a_turn_that_does_not_end() -> None:
    turns = Turns()
    assert turns.take(PATIENCE)
    assert not turns.take(PATIENCE)
    turns.end()
    assert turns.take(PATIENCE)


def _one(turns: Turns, number: int, order: list[int], lasts: float = 0.0) -> None:
    if turns.take(PATIENCE):
        order.append(number)
        time.sleep(lasts)
        turns.end()
