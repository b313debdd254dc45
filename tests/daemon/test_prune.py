"""What is not needed any more goes, without anybody asking for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator.daemon import Daemon
from syndicator.ports import Task
from tests.flows.world import World, story


class Handed:
    """A queue that does nothing by itself: `do` does what was put."""

    def __init__(self, handle: Callable[[Task], None], order: Sequence[str]) -> None:
        self.handle, self.order = handle, order
        self.tasks: list[Task] = []

    def put(self, task: Task) -> None:
        self.tasks.append(task)

    def start(self) -> None:
        pass

    def close(self, timeout: float) -> bool:
        return timeout > 0

    def do(self, kind: str) -> None:
        """Do what waits, the most urgent first, until something of that kind was done."""
        for task in sorted(self.tasks, key=lambda task: self.order.index(task.kind)):
            self.tasks.remove(task)
            self.handle(task)
            if task.kind == kind:
                return
        pytest.fail(f"{kind} was not asked for")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_past_states_are_forgotten_when_the_daemon_starts_and_once_an_hour(world: World) -> None:
    queues: list[Handed] = []

    def queue(handle: Callable[[Task], None], order: Sequence[str]) -> Handed:
        queues.append(Handed(handle, order))
        return queues[0]

    for number in (1, 2, 3):
        world.write(f"{number}.md", story(number))
        world.build()
        world.wait(days=20)
    assert len(world.ports.store.past("feed.xml")) == 3
    daemon = Daemon(world.ports, queue, timedelta(hours=1), 1)
    daemon.start()
    try:
        hourly = daemon._scheduler.get_job("prune")
        queues[0].do("start")
        queues[0].do("prune")
        assert len(world.ports.store.past("feed.xml")) == 2
        world.wait(days=20)
        hourly.func(*hourly.args)
        queues[0].do("prune")
        assert len(world.ports.store.past("feed.xml")) == 1
    finally:
        daemon.stop()
    assert hourly.trigger.interval == timedelta(hours=1)
