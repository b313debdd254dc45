"""What readers' polling sends in a week, with each way to send less switched on after the other, as a Markdown table.

    python -m tests.bench.bandwidth [--readers 100] [--days 7]

The real app in this process, with a real store and folder and a clock that we move; nothing sleeps. A site of 50-entry
feeds with whole articles gets 10 new ones and 2 corrections a day. Readers ask every hour, each at its own minute: a
third unconditionally, a third with the entity tag they have, a third with that and `A-IM: feed` (RFC 3229). Two feeds
are asked for: that of the whole site, and that of a tag with three articles a week. Counted is what is sent: status
line, header fields (also those that the server adds) and body.
"""

from __future__ import annotations

import argparse
import heapq
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from werkzeug.test import create_environ

from syndicator.flows.publish import compress
from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.bench.serving import figures
from tests.bench.serving.sites import article
from tests.flows.world import START, World

A_DAY, CORRECTED, WORDY = 10, 2, 12
RARE = 23
"""Every so manieth article has the rare tag: three a week."""
DAYS_BEFORE = 120
BEGIN = START.replace(hour=0) + timedelta(days=1)
FEEDS = {"the site's feed, 10 articles a day": "/feed.xml", "a tag's feed, 3 articles a week": "/tags/rare/feed.xml"}
STEPS = (
    "nothing: identity, unconditional",
    "gzip for all",
    "brotli or zstd for two thirds",
    "`If-None-Match` from two thirds",
    "`A-IM: feed` from one third",
    "those two thirds wait for `max-age` to pass",
)
UNCONDITIONAL, CONDITIONAL, DELTA = range(3)
_CODINGS = ("gzip", "gzip, deflate, br", "gzip, zstd")
_ADDED = len("Server: granian\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n")
"""Bytes that the web server adds to every answer."""
_MAX_AGE = re.compile(r"max-age=(\d+)")


@dataclass(slots=True)
class Reader:
    """One reader of one feed, at one step: what it can and what it knows."""

    path: str
    step: int
    kind: int
    codings: str
    minute: int
    etag: str = ""
    fresh: datetime = BEGIN

    def headers(self) -> dict[str, str]:
        """What it sends, as a WSGI environment has it."""
        found = {}
        if self.step >= 1:
            found["HTTP_ACCEPT_ENCODING"] = self.codings if self.step >= 2 else "gzip"
        if self.step >= 3 and self.kind != UNCONDITIONAL and self.etag:
            found["HTTP_IF_NONE_MATCH"] = self.etag
            if self.step >= 4 and self.kind == DELTA:
                found["HTTP_A_IM"] = "feed"
        return found

    def waits(self, now: datetime) -> bool:
        """Whether it need not ask yet."""
        return self.step >= 5 and self.kind != UNCONDITIONAL and now < self.fresh


@dataclass(slots=True)
class Sent:
    """What was sent at one step to the readers of one feed."""

    bytes: int = 0
    statuses: Counter[int] = field(default_factory=Counter)


class Week:
    """The site, its readers and the time that passes."""

    def __init__(self, folder: Path, readers: int, days: int) -> None:
        self.sent = {(path, step): Sent() for path in FEEDS.values() for step in range(len(STEPS))}
        self._days = days
        self._chance = random.Random(1)
        self._world = World(folder)
        self._number = A_DAY * DAYS_BEFORE
        for index in range(self._number):
            self._write(index, BEGIN - timedelta(days=DAYS_BEFORE) * (1 - index / self._number))
        self._world.time = BEGIN
        self._world.build()
        options = WebOptions(memory=256 * 1024 * 1024)
        self._app = create_app(self._world.ports, options)
        self._readers = [
            Reader(path, step, number % 3, _CODINGS[number // 3 % 3], number * 37 % 60)
            for path, step in self.sent
            for number in range(readers)
        ]

    def run(self) -> None:
        """All that happens, in its order."""
        happens = [*self._changes(), *self._polls()]
        heapq.heapify(happens)
        while happens:
            when, _, what = heapq.heappop(happens)
            self._world.time = when
            what()

    def close(self) -> None:
        """Let go of the store."""
        self._world.close()

    def _changes(self) -> Iterator[tuple[datetime, int, Callable[[], None]]]:
        """New articles and corrections, between 7 and 22 o'clock."""
        a_day = [self._new] * A_DAY + [self._correct] * CORRECTED
        for order, (day, what) in enumerate(product(range(self._days), a_day)):
            yield BEGIN + timedelta(days=day, hours=self._chance.uniform(7, 22)), order, what

    def _polls(self) -> Iterator[tuple[datetime, int, Callable[[], None]]]:
        for hour in range(self._days * 24):
            for minute in range(60):
                asking = [reader for reader in self._readers if reader.minute == minute]
                if asking:
                    when = BEGIN + timedelta(hours=hour, minutes=minute)
                    yield when, -1 - minute, partial(self._poll, asking)

    def _poll(self, asking: list[Reader]) -> None:
        for reader in asking:
            if not reader.waits(self._world.time):
                self._ask(reader)

    def _ask(self, reader: Reader) -> None:
        said: list[Any] = []
        environ = {**create_environ(reader.path, "https://news.example"), **reader.headers()}
        chunks = self._app(environ, lambda status, headers, *_: said.extend((status, headers)) or (lambda _: None))  # type: ignore[func-returns-value]
        body = b"".join(chunks)
        status, fields = said[0], {name.lower(): value for name, value in said[1]}
        head = len(f"HTTP/1.1 {status}\r\n") + sum(len(f"{name}: {value}\r\n") for name, value in said[1]) + 2
        count = self.sent[reader.path, reader.step]
        count.bytes += head + _ADDED + len(body)
        count.statuses[int(status[:3])] += 1
        assert status[:3] in ("200", "226", "304"), (reader, status)
        reader.etag = fields["etag"]
        if found := _MAX_AGE.search(fields.get("cache-control", "")):
            reader.fresh = self._world.time + timedelta(seconds=int(found[1]))

    def _new(self) -> None:
        self._write(self._number, self._world.time)
        self._publish(self._number)
        self._number += 1

    def _correct(self) -> None:
        """One of the newest twenty has another word in its title."""
        index = self._number - 1 - self._chance.randrange(20)
        path = self._world.seeds / _name(index)
        path.write_text(path.read_text("utf-8").replace("\ntitle: ", "\ntitle: Corrected: ", 1), "utf-8")
        self._publish(index)

    def _publish(self, index: int) -> None:
        self._world.event(_name(index))
        compress(self._world.ports)

    def _write(self, index: int, when: datetime) -> None:
        tags = ["news", "rare"] if index % RARE == 0 else ["news"]
        self._world.write(_name(index), article(index, when, tags, paragraphs=WORDY))


def _name(index: int) -> str:
    return f"{index:06}.md"


def as_markdown(sent: dict[tuple[str, int], Sent], heading: str) -> str:
    """A row for each step, with the bytes for each feed, what share that is of the first step, and the statuses."""
    lines = [heading, ""]
    lines.append("| switched on | " + " | ".join(f"{name} | of the first | 304, 226" for name in FEEDS) + " |")
    lines.append("|---|" + "---|---|---|" * len(FEEDS))
    for step, name in enumerate(STEPS):
        cells = [("+ " if step else "") + name]
        for path in FEEDS.values():
            one, first = sent[path, step], sent[path, 0]
            asked = one.statuses.total()
            cells += [
                f"{figures.number(one.bytes / 1e6)} MB",
                f"{one.bytes / first.bytes:.1%}",
                f"{one.statuses[304] / asked:.0%}, {one.statuses[226] / asked:.1%} of {asked:,}",
            ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.bandwidth", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--readers", type=int, default=100, help="of each feed")
    parser.add_argument("--days", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="syndicator-bench-") as folder:
        print("making the site …", file=sys.stderr, flush=True)
        week = Week(Path(folder), options.readers, options.days)
        try:
            print("a week …", file=sys.stderr, flush=True)
            week.run()
        finally:
            week.close()
    print(as_markdown(week.sent, f"{options.days} days, {options.readers} readers of each feed, hourly; bytes sent."))


if __name__ == "__main__":
    main()
