"""What is not needed any more goes, without anybody asking for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicator.daemon import PRUNE_AFTER, Daemon
from syndicator.errors import StoreBusy
from syndicator.ports import Task
from tests.flows.world import World, story


class Idle:
    """A queue that does nothing."""

    def __init__(self, handle: Callable[[Task], None], order: Sequence[str], rests: Mapping[str, float]) -> None:
        pass

    def put(self, task: Task) -> None:
        pass

    def start(self) -> None:
        pass

    def close(self, timeout: float) -> bool:
        return timeout > 0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_past_states_are_forgotten_soon_after_the_start_and_once_an_hour(world: World) -> None:
    for number in (1, 2, 3):
        world.write(f"{number}.md", story(number))
        world.build()
        world.wait(days=20)
    assert len(world.ports.store.past("feed.xml")) == 3
    daemon = Daemon(world.ports, Idle, timedelta(hours=1), 1)
    daemon.start()
    try:
        job = daemon._scheduler.get_job("prune")
        job.func()
        assert len(world.ports.store.past("feed.xml")) == 2
        world.wait(days=20)
        job.func()
        assert len(world.ports.store.past("feed.xml")) == 1
    finally:
        daemon.stop()
    assert job.trigger.interval == timedelta(hours=1)
    assert job.next_run_time <= datetime.now(UTC) + PRUNE_AFTER


def test_what_is_not_to_be_kept_any_more_is_forgotten_as_soon_as_that_is_said(world: World) -> None:
    world.write("1.md", story(1))
    world.build()
    daemon = Daemon(world.ports, Idle, timedelta(hours=1), 1)
    daemon.start()
    try:
        policy = replace(world.ports.policy, history=timedelta(0))
        daemon.reload(replace(world.ports, policy=policy), timedelta(hours=1))
        until = time.monotonic() + 30
        while world.ports.store.past("feed.xml") and time.monotonic() < until:
            time.sleep(0.01)
        assert world.ports.store.past("feed.xml") == []
    finally:
        daemon.stop()


def test_a_store_that_is_busy_is_asked_again_later(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def busy(*_: object) -> None:
        raise StoreBusy("store: held by another process")

    monkeypatch.setattr(type(world.ports.store), "forget_states", busy)
    Daemon(world.ports, Idle, timedelta(hours=1), 1)._prune()
    assert caplog.messages == ["store: held by another process; what is too old is forgotten in an hour"]
