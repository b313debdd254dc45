"""A whole syndicator in a folder of its own, with a clock that the test moves."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser

from syndicator.edge.files import FeedFiles
from syndicator.edge.seeds import Folder
from syndicator.flows.publish import compress
from syndicator.flows.refresh import begin, refresh
from syndicator.model import Report, Site, utc
from syndicator.ports import Policy, Ports
from syndicator.store import open_store
from tests.flows.upstreams import InlineParser, Upstreams

START = utc(2026, 5, 1, 12, 0, 0)


class World:
    """Real folder, real SQLite, real files; only the time is ours."""

    def __init__(self, root: Path, **policy: Any) -> None:
        self.root = root
        self.time = START
        self.seeds = root / "seeds"
        self.seeds.mkdir(exist_ok=True)
        self.policy = Policy(**policy)
        self.upstreams = Upstreams()
        self.ports = self._open()

    def _open(self) -> Ports:
        store = open_store(f"sqlite:///{self.root}/var/syndicator.db", self.now)
        site = Site(
            id="urn:uuid:9b1f1d7e-6a52-5f0e-9d5b-5b5f3f1a8c21",
            base_url="https://news.example",
            title="News",
            created=store.created(),
        )
        return Ports(
            store=store,
            seeds=Folder(self.seeds),
            publication=FeedFiles(self.root / "feeds"),
            fetcher=self.upstreams,
            parser=InlineParser(),
            site=site,
            policy=self.policy,
            now=self.now,
            random=lambda: 0.5,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self.time

    def wait(self, **duration: float) -> None:
        """Move the clock."""
        self.time += timedelta(**duration)

    def reopen(self) -> None:
        """As after a restart."""
        self.close()
        self.ports = self._open()

    def move_to(self, base_url: str) -> None:
        """Change the public address."""
        self.ports = replace(self.ports, site=replace(self.ports.site, base_url=base_url))

    def close(self) -> None:
        self.ports.store.close()

    def write(self, path: str, text: str | bytes) -> None:
        """Put a file into seeds/."""
        file = self.seeds / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)

    def remove(self, path: str) -> None:
        (self.seeds / path).unlink()

    def build(self) -> Report:
        """All of `syndicator build`, with the report of reading the folder."""
        report = begin(self.ports)
        compress(self.ports)
        return report

    def event(self, *paths: str) -> Report:
        """What the daemon does when the folder tells of these paths."""
        return refresh(self.ports, paths)

    def file(self, path: str = "feed.xml") -> bytes:
        """A published file."""
        return (self.root / "feeds" / path).read_bytes()

    def feed(self, path: str = "feed.xml") -> Any:
        """A published feed as a reader sees it."""
        parsed = feedparser.parse(io.BytesIO(self.file(path)))
        assert not parsed.bozo, parsed.get("bozo_exception")
        return parsed

    def ids(self, path: str = "feed.xml") -> list[str]:
        return [entry.id for entry in self.feed(path).entries]

    def titles(self, path: str = "feed.xml") -> list[str]:
        return [entry.title for entry in self.feed(path).entries]

    def snapshot(self) -> dict[str, bytes]:
        """Every published file."""
        feeds = self.root / "feeds"
        return {
            p.relative_to(feeds).as_posix(): p.read_bytes()
            for p in sorted(feeds.rglob("*"))
            if p.is_file() and not p.name.startswith(".")
        }


def story(number: int, title: str | None = None, date: str | None = "2024-01-{day:02}") -> str:
    """A Markdown article with a body of its own."""
    words = " ".join(f"w{number}x{n}" for n in range(60))
    when = f"date: {date.format(day=number % 28 + 1)}\n" if date else ""
    return f"---\ntitle: {title or f'Story {number}'}\n{when}---\n\nThe story of number {number}: {words}.\n"
