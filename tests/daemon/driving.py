"""The dispatcher on a clock that the test moves: its real threads, over a real store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from syndicator.core.polling.hosts import lane
from syndicator.core.polling.schedule import began
from syndicator.daemon.dispatch import Dispatcher
from syndicator.model import PollState, Report, Request, Response, Source
from syndicator.ports import Ports
from tests.flows.world import World
from tests.running import DEADLINE

FEED = b'{"version": "https://jsonfeed.org/version/1.1", "title": "Up", "items": [{"id": "1", "content_text": "One"}]}'


def good(request: Request) -> Response:
    """A feed of one article, and 304 for who has it."""
    if request.etag == '"1"':
        return Response(url=request.url, status=304, headers={"etag": '"1"'})
    return Response(url=request.url, status=200, headers={"etag": '"1"', "content-type": "application/json"}, body=FEED)


class Answering:
    """A Fetcher that does what `answer` does, and remembers when it was asked for what."""

    def __init__(self, world: World, answer: Callable[[Request], Response] = good) -> None:
        self.answer = answer
        self.asked: list[tuple[datetime, str]] = []
        self._world = world
        self._turn = threading.Lock()

    def fetch(self, request: Request) -> Response:
        with self._turn:
            self.asked.append((self._world.time, request.url))
        return self.answer(request)

    def since(self, moment: datetime) -> list[tuple[datetime, str]]:
        """What was asked at that moment or later."""
        return [one for one in self.asked if one[0] >= moment]

    def close(self) -> None:
        pass


class Driven:
    """A dispatcher whose every look is a `tick` of the test."""

    def __init__(self, world: World, answer: Callable[[Request], Response] = good, connections: int = 32) -> None:
        self.world = world
        self.fetcher = Answering(world, answer)
        self.ports: Ports = replace(world.ports, fetcher=self.fetcher)
        self.reports: list[Report] = []
        self.dispatcher = Dispatcher(self.ports, connections, self.reports.append)

    def tick(self, after: timedelta = timedelta()) -> None:
        """Move the clock, look once, and wait until what was begun is stored, and what was begun thereupon."""
        self.world.time += after
        dispatcher = self.dispatcher
        while True:
            dispatcher.dispatch()
            with dispatcher._turn:  # whoever looks at the same time has begun what it found
                if not dispatcher._flying:
                    return
            with dispatcher._changed:
                over = dispatcher._changed.wait_for(lambda: not dispatcher._flying, DEADLINE)
            assert over, "the polls that were begun are not over"

    def run(self, over: timedelta, step: timedelta) -> None:
        """Look as often as that, for so long."""
        end = self.world.time + over
        while self.world.time < end:
            self.tick(step)

    def states(self) -> dict[str, PollState]:
        return self.ports.store.poll_states()

    def stop(self) -> None:
        self.dispatcher.stop(30)


def subscribe(ports: Ports, urls: Iterable[str], due: Callable[[int], datetime], **decided: object) -> None:
    """Store a source for each address, named by its place; `due` says when each is polled first."""
    ports.store.save_sources(
        (
            Source(id=f"s{number}", url=url, **decided),  # type: ignore[arg-type]
            began(f"s{number}", lane(url), due(number)),
        )
        for number, url in enumerate(urls)
    )
