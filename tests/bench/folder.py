"""A folder of articles: syndicator beside Pelican and Hugo, as one table of medians and ratios.

    python -m tests.bench.folder [--articles 10000] [--json]

Everything runs in a temporary folder and on loopback. What is compared with runs in turn with syndicator, never at
the same time. Peers are the `pelican` and `hugo` on the path, or those named; `--install-pelican` gets one with pip.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import table
from tests.bench.making import name
from tests.bench.ours import Ours
from tests.bench.peers import Hugo, Pelican, found, installed_pelican
from tests.bench.table import Row, middle, percentile

Times = list[float]


class Bench:
    """The measurements, each of which adds rows."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._options = options
        self.rows: list[Row] = []
        self.ours = Ours(folder / "ours", options.articles)
        pelican = installed_pelican(folder / "venv") if options.install_pelican else found(options.pelican, "pelican")
        hugo = found(options.hugo, "hugo")
        self._pelican = Pelican(pelican, folder / "pelican", self.ours.site.seeds) if pelican else None
        content = folder / "content"
        shutil.copytree(self.ours.site.seeds, content)
        self._content = content
        self._hugo = Hugo(hugo, folder / "hugo", content) if hugo else None

    def run(self) -> None:
        """All of them, in an order in which none spoils the next."""
        self._first_build()
        self._start()
        self._change()
        self._drop()

    def close(self) -> None:
        """End every process that was started."""
        self.ours.close()
        if self._hugo:
            self._hugo.stop()

    def _first_build(self) -> None:
        ours, theirs, builds = Times(), Times(), Times()
        for _ in self._rounds("first build"):
            theirs += [self._pelican.build()] if self._pelican else []
            builds += [self._hugo.build()] if self._hugo else []
            ours.append(self.ours.build())
        work = f"first build of {self._options.articles:,} files"
        self._row(work, ours, Pelican.name, theirs, 3, Pelican.note)
        self._row(work, ours, "hugo, feeds only", builds, None, Hugo.note)

    def _start(self) -> None:
        answered, scanned, theirs = Times(), Times(), Times()
        for _ in self._rounds("start"):
            if self._hugo:
                theirs.append(self._hugo.serve())
                self._hugo.stop()
            first, whole = self.ours.start()
            self.ours.stop()
            answered.append(first)
            scanned.append(whole)
        files = f"{self._options.articles:,} unchanged files"
        self._row(f"start with {files} to the first feed answered", answered, "the limit of 2 s", [2.0], 1)
        self._row(f"start with {files} to the first feed answered", answered, "hugo server", theirs)
        self._row(f"start with {files} to the end of the first scan", scanned, "hugo server", theirs)

    def _change(self) -> None:
        served, built = Times(), Times()
        if self._hugo:
            self._hugo.serve()
            served = self._several("hugo server", self._options.changes // 3, self._hugo_change)
            self._hugo.stop()
            for _ in self._rounds("hugo build after a change"):
                (self._content / name(self._options.articles - 1)).write_bytes(self.ours.change()[0].encode())
                built.append(self._hugo.build())
        self.ours.start()
        ours = self._several("change", self._options.changes, self.ours.changed)
        work = f"one file changed among {self._options.articles:,}, to bytes answered"
        self._row(work, ours, "hugo server", served, 20, Hugo.note)
        self._row(work, ours, "hugo, one-shot build", built, 20)

    def _drop(self) -> None:
        """Goes on with the server that `_change` started."""
        number = self._options.drops
        renamed = self._several("drop by rename", number, lambda: self.ours.dropped(renamed=True))
        written = self._several("drop by write", number, lambda: self.ours.dropped(renamed=False))
        for how, times in (("renamed in", renamed), ("written", written)):
            work = f"file {how} among {self._options.articles:,}, to bytes answered"
            self._row(f"{work}: p50", [percentile(times, 0.5)], "the limit of 100 ms", [0.1])
            self._row(f"{work}: p95", [percentile(times, 0.95)], "the limit of 100 ms", [0.1], 1)
        self.ours.stop()

    def _hugo_change(self) -> float:
        assert self._hugo is not None
        return self._hugo.changed(self._content / name(self._options.articles - 1), *self.ours.change())

    def _rounds(self, what: str) -> range:
        _say(what)
        return range(self._options.rounds)

    def _several(self, what: str, number: int, measure: Callable[[], float]) -> Times:
        """So many measurements, after one that warms up."""
        _say(what)
        measure()
        return [measure() for _ in range(number)]

    def _row(
        self, work: str, ours: Times, against: str, theirs: Times, wanted: float | None = None, note: str = ""
    ) -> None:
        ours_, theirs_ = middle(ours), middle(theirs)
        assert ours_ is not None
        self.rows.append(Row(work=work, ours=ours_, against=against, theirs=theirs_, wanted=wanted, note=note))


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="syndicator-bench-", dir=options.folder) as folder:
        bench = Bench(Path(folder), options)
        try:
            bench.run()
        finally:
            bench.close()
    heading = [
        f"{options.articles:,} articles; medians of {options.rounds} rounds, {options.changes} changes, "
        f"{options.drops} drops; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}"
    ]
    print((table.as_json if options.json else table.as_text)(bench.rows, heading))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.folder", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="times that builds and starts are repeated")
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--drops", type=int, default=50)
    parser.add_argument("--pelican", help="the program, where it is not on the path")
    parser.add_argument("--install-pelican", action="store_true", help="get one with pip, for this run")
    parser.add_argument("--hugo", help="the program, where it is not on the path")
    parser.add_argument("--folder", type=Path, help="where to make the temporary folder")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
