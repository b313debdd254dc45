"""One cycle over a thousand upstream feeds: syndicator beside reader, as one table of medians and ratios.

    python -m tests.bench.polls [--feeds 1000] [--install-reader] [--json]

Everything runs in a temporary folder and on loopback, on Linux. Both programs poll the same feeds in turn, never at
the same time, with the same number of workers; what their processes use of the processors is divided by the number of
feeds. The upstream servers run in a process that does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import table
from tests.bench.cpu import used
from tests.bench.table import Row, middle
from tests.bench.upstreams import ENTRIES, SECURE, WITH, WITHOUT, Upstreams
from tests.bench.watching import ended

NEWS = 10
"""Feeds of a cycle that have one new entry."""
PEER = "reader"
_PUBLISHED = (
    "syndicator has also written Atom, RSS and JSON, with gzip and brotli beside them, for all, each source, each tag "
    "and each author; reader publishes nothing"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one cycle took, in seconds: processor time and wall clock until all is stored, and with publishing."""

    polling: float
    wall: float
    published: float


@dataclass(slots=True)
class Times:
    """Several rounds of the same cycle."""

    ours: list[Taken] = field(default_factory=list)
    theirs: list[Taken] = field(default_factory=list)


class Program:
    """A program that polls all its sources once whenever it is told to, with all that it knows in a folder."""

    def __init__(self, command: Sequence[str], folder: Path, upstreams: Upstreams, kind: str, trusted: Path) -> None:
        folder.mkdir(parents=True)
        self._feeds = upstreams.number
        self._process = subprocess.Popen(
            [str(folder) if word == "FOLDER" else word for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "SSL_CERT_FILE": str(trusted)},
        )
        self._tell(*upstreams.urls(kind), "")
        self._hear("ready")

    def cycle(self, articles: int) -> Taken:
        """Poll all. Raises AssertionError where not all were polled, or other than so many new articles came."""
        began, before = time.perf_counter(), used(self._process.pid)
        self._tell("go")
        polled, new, faults = json.loads(self._hear("polled"))
        wall, polling = time.perf_counter() - began, used(self._process.pid) - before
        self._hear("published")
        assert (polled, faults, new % max(articles, 1)) == (self._feeds, 0, 0), (polled, new, faults)
        assert new >= articles, f"{new} new articles, {articles} expected"
        return Taken(polling=polling, wall=wall, published=used(self._process.pid) - before)

    def close(self) -> None:
        """End it."""
        ended(self._process)

    def _tell(self, *lines: str) -> None:
        assert self._process.stdin is not None
        print(*lines, sep="\n", file=self._process.stdin, flush=True)

    def _hear(self, word: str) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith(word):
            raise AssertionError(f"{self._process.args!r} said {line!r}, not {word!r}")
        return line.removeprefix(word)


class Bench:
    """The measurements, each of which adds rows."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._folder = folder
        self._options = options
        self.rows: list[Row] = []
        python = installed_reader(folder / "venv") if options.install_reader else options.reader
        self._theirs = [python, str(Path(__file__).with_name("reading.py")), "FOLDER"] if python else None
        # Not with -m: every parser process would import that module first, as none does of what `syndicator` starts.
        self._ours = [sys.executable, "-c", "from tests.bench.cycle import main; main()", "FOLDER"]
        self._more = ["--daemon"] if options.daemon else []
        self._open: list[Program] = []
        _say("making feeds")
        self._upstreams = Upstreams(folder / "upstreams", options.feeds)
        self._trusted = self._trust(python)

    def run(self) -> None:
        """All of them: the first cycle of several stores, then the later cycles of those that are kept."""
        first, same, secure, without, news = Times(), Times(), Times(), Times(), Times()
        kept = self._first(first)
        others = {kind: self._pair(kind, kind) for kind in (SECURE, WITHOUT)}
        _say("first cycles of what is kept")
        for pair in others.values():
            self._cycle(pair, Times(), ENTRIES * self._options.feeds)
        for number in range(self._options.rounds):
            _say(f"round {number + 1}: unchanged")
            self._cycle(kept, same, 0)
            self._cycle(others[SECURE], secure, 0)
            self._cycle(others[WITHOUT], without, 0)
            self._upstreams.grow(NEWS)
            self._cycle(kept, news, NEWS)
        feeds = f"{self._options.feeds:,}"
        self._rows(f"first cycle over {feeds} feeds", first, 2, publishing=True)
        self._rows("all 304, over HTTP", same, 2)
        self._rows("all 304, over verified HTTPS", secure, 10)
        self._rows("all unchanged, without validators", without, 20)
        self._rows(f"{NEWS} of {feeds} have one new entry, the rest 304", news, 3, publishing=True)

    def close(self) -> None:
        """End every process that was started."""
        for program in self._open:
            program.close()
        self._upstreams.close()

    def _first(self, times: Times) -> list[Program]:
        """Rounds of a first cycle, each in stores of its own; the programs of the last."""
        pair: list[Program] = []
        for number in range(self._options.rounds):
            _say(f"round {number + 1}: first")
            for program in pair:
                program.close()
                self._open.remove(program)
            pair = self._pair(f"first-{number}", WITH)
            self._cycle(pair, times, ENTRIES * self._options.feeds)
        return pair

    def _pair(self, name: str, kind: str) -> list[Program]:
        """Both programs, or ours where the other is absent, each with a store of its own."""
        workers, pair = str(self._options.workers), []
        for side, command in (("ours", [*self._ours, workers, *self._more]), ("theirs", self._theirs)):
            if command is not None:
                command = command if side == "ours" else [*command, workers]
                folder = self._folder / name / side
                pair.append(Program(command, folder, self._upstreams, kind, self._trusted))
                self._open.append(pair[-1])
        return pair

    def _cycle(self, pair: list[Program], times: Times, articles: int) -> None:
        for program, taken in zip(pair, (times.ours, times.theirs), strict=False):
            taken.append(program.cycle(articles))

    def _rows(self, work: str, times: Times, wanted: float, *, publishing: bool = False) -> None:
        self._row(f"{work}: CPU per feed", times, "polling", wanted)
        if publishing:
            self._row(f"{work}: CPU per feed, published too", times, "published", None, _PUBLISHED)
        self._row(f"{work}: wall clock per feed", times, "wall", None)

    def _row(self, work: str, times: Times, what: str, wanted: float | None, note: str = "") -> None:
        ours, theirs = (
            [getattr(taken, what) / self._options.feeds for taken in side] for side in (times.ours, times.theirs)
        )
        middle_ = middle(ours)
        assert middle_ is not None
        self.rows.append(Row(work=work, ours=middle_, against=PEER, theirs=middle(theirs), wanted=wanted, note=note))

    def _trust(self, python: str | None) -> Path:
        """The authorities that both trust: those of the peer, as many as anybody has, and that of the upstreams."""
        asked = [python or sys.executable, "-c", "import certifi; print(certifi.where())"]
        usual = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
        trusted = self._folder / "trusted.pem"
        trusted.write_bytes(usual.read_bytes() + b"\n" + self._upstreams.authority.read_bytes())
        return trusted


def installed_reader(folder: Path) -> str:
    """The Python of an environment of its own in a folder, with reader installed by pip."""
    venv.create(folder, with_pip=True)
    # The feedparser inside it imports sgmllib3k, which feedparser itself brings no longer.
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "reader", "sgmllib3k"], check=True)
    return str(folder / "bin" / "python")


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
        f"{options.feeds:,} feeds of {ENTRIES} entries, {options.workers} workers"
        f"{' of a daemon' if options.daemon else ''}; medians of {options.rounds} rounds; "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    ]
    print((table.as_json if options.json else table.as_text)(bench.rows, heading))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.polls", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=32, help="feeds that are fetched at once, by either program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--daemon", action="store_true", help="poll as `run` does, not as `poll` does")
    parser.add_argument("--reader", type=shutil.which, help="the Python of an environment that has reader")
    parser.add_argument("--install-reader", action="store_true", help="get one with pip, for this run")
    parser.add_argument("--folder", type=Path, help="where to make the temporary folder")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
