"""A walk through the archives of a large feed after changes all over it: `python -m tests.flows.walk 100000`.

Stores that many small articles, publishes a feed of all of them with archives, corrects, retracts, withdraws and kills
articles spread over it, and reads the feed back from its current document in every format.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from syndicator.core.identity import content_hash
from syndicator.flows import rulings
from syndicator.flows.publish import publish
from syndicator.model import Article, Feed, Query, Status, utc
from tests.flows.walking import Page, walk
from tests.flows.world import World
from tests.flows.writers import article, put, withdraw, written

SOURCE = "wire"
FORMATS = ("feed.xml", "rss.xml", "feed.json")
_STORED = 2000
"""Articles stored in a transaction."""


@dataclass(slots=True)
class Told:
    """What became of the walk: `wrong` are sentences, none where all is as it should be."""

    articles: int = 0
    archives: int = 0
    recut: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


class Large:
    """A feed of `count` articles in archives of `limit`, and what is done to it; the seed decides what."""

    def __init__(self, world: World, count: int, limit: int, seed: int = 1) -> None:
        self.world, self.random, self.count = world, random.Random(seed), count
        self.told = Told(articles=count)
        self.first: dict[str, str] = {}
        self.killed: set[int] = set()
        self.excused: set[str] = set()
        query = Query(expression="not tag:never")
        world.ports.store.save_feed(Feed(name="all", title="All", query=query, limit=limit, archives=True))

    def fill(self) -> None:
        """Store all articles, and publish them."""
        for start in range(0, self.count, _STORED):
            numbers = range(start, min(start + _STORED, self.count))
            put(self.world, *(self._article(number) for number in numbers), backfill=True)
        publish(self.world.ports)
        self._note()

    def change(self, changes: int, rounds: int) -> None:
        """Correct, retract, withdraw and kill so many articles, and publish after each of the rounds."""
        numbers = self.random.sample(range(self.count), changes)
        for number in range(rounds):
            self.world.wait(minutes=7)
            for chosen in numbers[number::rounds]:
                self._change(chosen)
            publish(self.world.ports)
            self._note()

    def check(self) -> Told:
        """Walk, and compare with what should be there."""
        expected = {state.id: (f"{state.updated:%Y-%m-%dT%H:%M:%SZ}", _title(state)) for state in self._states()}
        for format in FORMATS:
            walked = walk(self.world, f"all/{format}")
            found = walked.entries
            if format == "rss.xml":  # RSS cannot say what is gone
                found = {id: entry for id, entry in found.items() if id in expected}
            self._compare(format, found, expected)
            self.told.archives = len(walked.pages) - 1
            self._chain(format, walked.pages)
        for number in sorted(self.killed):
            marker = f"w{number}x0 ".encode()
            self.told.wrong += [f"{path} holds the text of {number}" for path in self._holding(marker)]
        return self.told

    def _article(self, number: int, title: str = "") -> Article:
        moment = utc(2000, 1, 1).replace(year=2000 + number % 26, month=number % 12 + 1, day=number % 28 + 1)
        words = " ".join(f"w{number}x{n}" for n in range(8))
        return written(SOURCE, number, title=title or f"Story {number}", body=f"<p>{words} </p>", published=moment)

    def _change(self, number: int) -> None:
        kind = self.random.choice(("correct", "retract", "withdraw", "kill", "return"))
        self.told.changes[kind] = self.told.changes.get(kind, 0) + 1
        before = article(self.world, SOURCE, number)
        if kind == "correct":
            put(self.world, self._article(number, f"Story {number}, corrected"))
        elif kind == "retract":
            rulings.retract(self.world.ports, before, "It was not so.")
        elif kind == "kill":
            self.killed.add(number)
            key = self.world.ports.store.number_of(before)
            assert key is not None
            self.excused |= {f"{feed}/archives/{n}" for feed, n in self.world.ports.store.archived_in(key)}
            rulings.kill(self.world.ports, before)
        else:
            withdraw(self.world, SOURCE, number)
            if kind == "return":
                self.world.wait(minutes=1)
                publish(self.world.ports)
                put(self.world, self._article(number, f"Story {number} is back"))

    def _note(self) -> None:
        """Every archive is what it was when it was cut, but where a kill demands another."""
        for path in self._archives():
            found = content_hash(self.world.file(path))
            before = self.first.setdefault(path, found)
            if found != before:
                self.told.recut += 1
                if path.rpartition("/")[0] not in self.excused:
                    self.told.wrong.append(f"{path} has changed since it was cut")
                self.first[path] = found

    def _archives(self) -> Iterator[str]:
        folder = self.world.root / "feeds"
        for format in FORMATS:
            yield from (path.relative_to(folder).as_posix() for path in folder.glob(f"all/archives/*/{format}"))

    def _states(self) -> Iterator[Article]:
        for start in range(1, self.world.ports.store.highest() + 1, 1000):
            for state in self.world.ports.store.states(range(start, start + 1000)).values():
                if state.status.is_shown:
                    yield state

    def _holding(self, marker: bytes) -> list[str]:
        folder = self.world.root / "feeds"
        return [str(path) for path in folder.glob("all/**/*") if path.is_file() and marker in path.read_bytes()]

    def _compare(self, format: str, found: dict[str, tuple[str, str]], expected: dict[str, tuple[str, str]]) -> None:
        for id in sorted(found.keys() | expected.keys()):
            if found.get(id) != expected.get(id):
                self.told.wrong.append(f"{format}: {id} is {found.get(id)} and should be {expected.get(id)}")

    def _chain(self, format: str, pages: list[Page]) -> None:
        """The current document and its archives say what they are, and none holds an article twice."""
        current = f"{self.world.ports.site.base_url}/all/{format}"
        for position, page in enumerate(pages):
            if len({id for id, _, _ in page.entries}) < len(page.entries):
                self.told.wrong.append(f"{page.path} holds an article twice")
            if (page.archive, page.current) != ((True, current) if position else (False, None)):
                self.told.wrong.append(f"{page.path} does not say what it is")


def _title(state: Article) -> str:
    return f"Retracted: {state.title}" if state.status is Status.RETRACTED else state.title


def main(count: int, changes: int = 1000, limit: int = 50) -> int:
    """Walk through a feed of `count` articles, and print what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.ports = replace(world.ports, progress=_progress)
        start = time.perf_counter()
        large = Large(world, count, limit)
        large.fill()
        _say(f"{count} articles published", start)
        start = time.perf_counter()
        large.change(min(changes, count // 2), rounds=20)
        _say(f"{changes} changes published", start)
        start = time.perf_counter()
        told = large.check()
        _say("walked in three formats", start)
        world.close()
    print(f"archives {told.archives}, made anew for a kill {told.recut}, changes {told.changes}")
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
    for sentence in told.wrong[:50]:
        print(sentence)
    print("every article exactly as it should be" if not told.wrong else f"{len(told.wrong)} are wrong")
    return bool(told.wrong)


def _progress(what: str, done: int, total: int) -> None:
    if done % 5000 == 0 or done == total > 1000:
        print(f"  {what}: {done} of {total}", file=sys.stderr)


def _say(what: str, start: float) -> None:
    print(f"{what} in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
