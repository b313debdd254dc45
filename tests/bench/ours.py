"""syndicator as real processes on loopback: built, started, and told of changes by files alone."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syndicator.store import open_store
from tests.bench.making import article, make_folder, name
from tests.bench.peers import PATIENCE, timed
from tests.bench.watching import Watcher, ended
from tests.running import Site

PACES = (0.1, 0.5)
"""Seconds between two changes, at least and at most: as files come when people and programs write them."""


class Ours:
    """A site of our own. `serial` gives every change a mark that nothing else holds."""

    def __init__(self, root: Path, number: int) -> None:
        make_folder(root / "seeds", number)
        self.site = Site(root)
        self.number = number
        self.watcher: Watcher | None = None
        self._serial = itertools.count(1)
        self._chance = random.Random(number)
        self._newest = datetime.now(UTC) - timedelta(days=2)

    def build(self) -> float:
        """Seconds of a build from nothing."""
        for folder in ("var", "feeds"):
            shutil.rmtree(self.site.root / folder, ignore_errors=True)
        taken = timed(self._command("build"), self.site.root)
        assert (self.site.root / "feeds" / "feed.xml").stat().st_size > 1000, "build made no feed"
        return taken

    def start(self) -> tuple[float, float]:
        """Start `run`; seconds to the first feed answered, and to the end of the scan at start."""
        before = self._scanned_at()
        started = time.perf_counter()
        process = self.site.start("run")
        self.watcher = Watcher(self.site.port, "/feed.xml")
        self.watcher.until_answered(process, PATIENCE)
        answered = time.perf_counter() - started
        while self._scanned_at() == before:
            time.sleep(0.02)
        return answered, time.perf_counter() - started

    def stop(self) -> None:
        """End what `start` started."""
        if self.watcher is not None:
            self.watcher.close()
        for process in self.site.processes:
            if process.poll() is None:
                ended(process)
        self.watcher = None

    def dropped(self, *, renamed: bool) -> float:
        """Seconds from the moment a new file is there to its article being answered."""
        serial, text, mark = self._fresh()
        path = self.site.seeds / f"dropped-{serial:06}.md"
        temporary = self.site.root / f"dropped-{serial:06}.tmp"
        if renamed:
            temporary.write_text(text, "utf-8")
        since = time.perf_counter()
        if renamed:
            os.rename(temporary, path)
        else:
            path.write_text(text, "utf-8")
        return self._until(mark, since)

    def changed(self) -> float:
        """Seconds from the writing of the newest file to its new text being answered."""
        text, mark = self.change()
        path = self.site.seeds / name(self.number - 1)
        since = time.perf_counter()
        path.write_text(text, "utf-8")
        return self._until(mark, since)

    def change(self) -> tuple[str, bytes]:
        """The newest article with another title, and what tells it from the one before."""
        title = f"Change {next(self._serial):06} arrives"
        return article(self.number - 1, title), title.encode()

    def close(self) -> None:
        """End everything."""
        self.stop()
        self.site.close()

    def _until(self, mark: bytes, since: float) -> float:
        assert self.watcher is not None
        taken = self.watcher.until(mark, since)
        pause = time.perf_counter() + self._chance.uniform(*PACES)
        while time.perf_counter() < pause:
            time.sleep(0.01)
        return taken

    def _fresh(self) -> tuple[int, str, bytes]:
        """A number, an article newer than all, and what tells it from them."""
        serial = next(self._serial)
        title = f"Change {serial:06} arrives"
        return serial, article(self.number + serial, title, self._newest + timedelta(minutes=serial)), title.encode()

    def _scanned_at(self) -> str | None:
        store = open_store(f"sqlite:///{self.site.root}/var/syndicator.db", lambda: datetime.now(UTC))
        try:
            return store.recall("scanned_at")
        finally:
            store.close()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "syndicator", "--root", str(self.site.root), *arguments]
