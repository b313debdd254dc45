"""The queue in this process: order, merging, ending."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from syndicator.jobs import inprocess
from syndicator.jobs.inprocess import InProcessQueue
from syndicator.ports import Task

DEADLINE = 30.0


class Worked:
    """A queue whose handler notes its tasks and waits where it is told to."""

    def __init__(self) -> None:
        self.done: list[Task] = []
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.queue = InProcessQueue(self.handle, ("read", "scan", "compress"))

    def handle(self, task: Task) -> None:
        self.entered.set()
        assert self.go_on.wait(DEADLINE)
        self.done.append(task)


@pytest.fixture
def worked() -> Iterator[Worked]:
    worked = Worked()
    worked.queue.start()
    yield worked
    worked.go_on.set()
    assert worked.queue.close(DEADLINE)


def read(*paths: str) -> Task:
    return Task(kind="read", paths=frozenset(paths))


def test_what_a_reader_waits_for_comes_first_and_equal_tasks_are_merged(worked: Worked) -> None:
    worked.queue.put(Task(kind="scan"))
    assert worked.entered.wait(DEADLINE)
    for task in (Task(kind="compress"), read("a"), Task(kind="scan"), read("b", "a"), Task(kind="scan")):
        worked.queue.put(task)
    worked.go_on.set()
    assert worked.queue.join(DEADLINE)
    assert worked.done == [Task(kind="scan"), read("a", "b"), Task(kind="scan"), Task(kind="compress")]


def test_what_comes_all_the_time_is_done_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inprocess, "LONGEST", 3.0)
    done: list[Task] = []
    first = threading.Event()

    def handle(task: Task) -> None:
        done.append(task)
        first.set()

    queue = InProcessQueue(handle, ("read", "scan"), {"read": 1e9})
    queue.start()
    queue.put(read("a"))
    assert first.wait(DEADLINE)
    for task in (read("b"), Task(kind="scan"), read("c")):
        queue.put(task)
    assert queue.join(DEADLINE)
    assert done == [read("a"), Task(kind="scan"), read("b", "c")]
    assert queue.close(DEADLINE)


def test_what_is_put_while_its_like_is_being_done_is_done_again(worked: Worked) -> None:
    worked.queue.put(read("a"))
    assert worked.entered.wait(DEADLINE)
    worked.queue.put(read("a"))
    worked.go_on.set()
    assert worked.queue.join(DEADLINE)
    assert worked.done == [read("a"), read("a")]


def test_closing_finishes_the_task_at_hand_and_drops_the_rest(worked: Worked) -> None:
    worked.queue.put(read("a"))
    assert worked.entered.wait(DEADLINE)
    worked.queue.put(Task(kind="scan"))
    assert not worked.queue.close(0.01)
    worked.go_on.set()
    assert worked.queue.close(DEADLINE)
    worked.queue.put(Task(kind="compress"))
    assert worked.done == [read("a")]


def test_a_queue_that_never_started_can_be_closed() -> None:
    assert InProcessQueue(lambda task: None, ("read",)).close(DEADLINE)
