"""The web server beside nginx serving the same files, and beside Flask, as one Markdown table of ratios.

    python -m tests.bench.serve [--only nginx] [--rounds 5] [--seconds 5] [--json]

It needs nginx and wrk (`apt-get install nginx wrk`), and Linux. All is on loopback: one worker each, one thread of wrk
with 32 connections, nothing but what is compared, which takes turns (A B A B …), on folders that were really built and
with the configuration that is there when nobody writes one. A ratio is the median of each round's own.

What is compared: `nginx`, answers with and without gzip and 304, their p99 and what each costs of the processors, of
the whole process tree; `flask`, which builds the feed with feedgen or has its bytes; `many`, feeds asked at random;
`arriving`, articles that come meanwhile, with a reader that checks each document against its entity tag.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.cpu import used
from tests.bench.serving import servers, sites
from tests.bench.serving.family import part
from tests.bench.serving.figures import Figure, as_json, as_markdown, compared, number
from tests.bench.serving.judging import Judge
from tests.bench.serving.servers import Ours, Server
from tests.bench.serving.watch import Arrivals, Reader
from tests.bench.serving.wrk import CONNECTIONS, Load, Question, load
from tests.running import Site, eventually

PARTS = ("nginx", "flask", "many", "arriving")
MODERATE = 2000
"""Requests a second at which p99 is compared, beside that of as many as each can answer."""
PER_MINUTE = 500
LITTLE = 16
"""MiB of memory for documents that are far too few for all of them."""
FEED = "/feed.xml"
_US, _MS, _RATE = "µs", "ms", "/s"


@dataclass(slots=True)
class Series:
    """What several runs against one server found."""

    loads: list[Load] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        return [found.rate for found in self.loads]

    @property
    def tails(self) -> list[float]:
        return [1000 * found.p99 for found in self.loads]


class Bench:
    """The measurements, each of which adds figures."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._folder = folder
        self._options = options
        self.figures: list[Figure] = []
        self.notes: list[str] = []
        self.failed = False

    def run(self) -> None:
        """Those that are wanted."""
        wanted: dict[str, Callable[[], None]] = {
            "nginx": self._nginx,
            "flask": self._flask,
            "many": self._many,
            "arriving": self._arriving,
        }
        for name in self._options.only or PARTS:
            wanted[name]()

    def _nginx(self) -> None:
        with self._paper(300) as site, closing(Ours(site, "serve", "--workers", "1")) as ours:
            feeds = site.root / "feeds"
            size = (feeds / "feed.xml").stat().st_size
            self.notes.append(f"The document has {size:,} bytes, {(feeds / 'feed.xml.gz').stat().st_size:,} with gzip.")
            with closing(servers.nginx(feeds, self._folder / "nginx", FEED)) as nginx:
                plain = self._beside("200", ours, nginx, {}, 200)
                packed = self._beside("200 gzip", ours, nginx, {"Accept-Encoding": "gzip"}, 200)
                same = self._beside("304", ours, nginx, {"If-None-Match": "?"}, 304)
                moderate = self._beside(f"200 at {MODERATE}/s", ours, nginx, {}, 200, MODERATE)
        kinds = (("200", plain, 0.40, 0.40), ("200 gzip", packed, 0.40, 0.40), ("304", same, 0.40, 0.33))
        for what, (a, b), least, _ in kinds:
            self._add(f"{what}, answers a second", _RATE, a.rates, b.rates, least=least)
        for what, (a, b), _, cost in kinds:
            self._add(f"{what}, processor time of one", _US, a.costs, b.costs, upside_down=True, least=cost)
        self._add("200, p99 at as many as it answers", _MS, plain[0].tails, plain[1].tails, most=3)
        self._add(f"200, p99 at {MODERATE:,} a second", _MS, moderate[0].tails, moderate[1].tails, most=3)

    def _flask(self) -> None:
        with ExitStack() as stack:
            site = stack.enter_context(self._paper(300))
            document = site.root / "feeds" / "feed.xml"
            three = [
                stack.enter_context(closing(server))
                for server in (
                    servers.flask("built", document),
                    servers.flask("cached", document),
                    Ours(site, "serve", "--workers", "1"),
                )
            ]
            found = self._in_turn("flask", [(server, [Question(path=FEED)]) for server in three])
        built, cached, ours = (series.rates for series in found)
        self._add("200, answers a second", _RATE, ours, built, "Flask and feedgen, per request", least=30)
        self._add("200, answers a second", _RATE, ours, cached, "Flask, cached bytes", least=4)
        self.notes.append("Flask runs on granian, as ours does, with one thread; its document is the same feed.")

    def _many(self) -> None:
        feeds = self._options.feeds
        _say(f"building {feeds:,} feeds")
        with closing(sites.library(self._folder / "library", feeds, self._options.size)) as site:
            paths = [f"/tags/t{index:05}/feed.xml" for index in range(feeds)]
            sizes = sorted((site.root / "feeds" / path[1:]).stat().st_size for path in paths)
            # As many lines either way: what wrk does for a request must not differ.
            one, all_ = [Question(path=paths[0])] * feeds, [Question(path=path) for path in paths]
            with closing(Ours(site, "serve", "--workers", "1", path=paths[0])) as ours:
                self._ask_all(ours, paths)
                found = self._in_turn("many", [(ours, all_), (ours, one)])
            with closing(servers.nginx(site.root / "feeds", self._folder / "nginx-many", paths[0])) as nginx:
                self._ask_all(nginx, paths)
                theirs = self._in_turn("many from nginx", [(nginx, all_), (nginx, one)])
            (site.root / "syndicator.toml").write_text(f"[web]\nmemory = {LITTLE}\n", "utf-8")
            with closing(Ours(site, "serve", "--workers", "1", path=paths[0])) as ours:
                little = self._in_turn("many with little memory", [(ours, all_), (ours, one)])
        what = f"{feeds:,} feeds at random"
        self._add(what, _RATE, found[0].rates, found[1].rates, "one feed", least=0.80)
        self._add(f"{what}, processor time of one", _US, found[0].costs, found[1].costs, "one feed", upside_down=True)
        self._add(f"{what}, {LITTLE} MiB of memory", _RATE, little[0].rates, little[1].rates, "one feed")
        nginx_ratio = compared("", "", theirs[0].rates, "", theirs[1].rates).ratio
        self.notes.append(
            f"The {feeds:,} feeds have {sizes[0]:,} to {sizes[-1]:,} bytes, {sum(sizes) / 2**20:.0f} MiB in all; each "
            f"was asked for once before. For nginx the same ratio is {number(nginx_ratio)}."
        )

    def _arriving(self) -> None:
        with self._paper(1000) as site, closing(Ours(site, "run", "--workers", "1")) as ours:
            quiet, busy, judge, states, faults, came = Series(), Series(), Judge(), set[str](), list[str](), 0
            busy_daemon, serving = 0.0, part(ours.pid, "serve")
            self._settle(site, ours)
            for turn in range(self._options.rounds):
                _say(f"arriving, round {turn + 1}")
                with Reader(ours.port, FEED, judge) as reader:
                    self._measure(quiet, ours, [Question(path=FEED)], pid=serving)
                faults += reader.faults
                before = used(part(ours.pid, "daemon"))
                with Reader(ours.port, FEED, judge) as reader, Arrivals(site.seeds, PER_MINUTE, 10**5 + came) as coming:
                    self._measure(busy, ours, [Question(path=FEED)], pid=serving)
                busy_daemon += used(part(ours.pid, "daemon")) - before
                states |= reader.states
                faults += reader.faults
                came += coming.number
                self._settle(site, ours, coming.newest)
        self._add(
            f"200 while {PER_MINUTE} articles a minute arrive", _RATE, busy.rates, quiet.rates, "quiet", least=0.8
        )
        self._add(
            "the same, the server's processor time of one", _US, busy.costs, quiet.costs, "quiet", upside_down=True
        )
        self._add("the same, p99", _MS, busy.tails, quiet.tails, "quiet")
        errors = sum(sum(found.errors.values()) for found in (*quiet.loads, *busy.loads))
        took = sum(found.seconds for found in busy.loads)
        self.notes.append(
            f"{came:,} articles arrived; errors under load: {errors}; {judge.judged:,} documents checked, "
            f"{len(states):,} states of the feed, wrong: {len(faults)}. The daemon took {busy_daemon / took:.0%} of a "
            f"processor meanwhile, of {os.cpu_count()} that wrk, the server and it share."
        )
        self.notes += faults[:10]
        self.failed = bool(errors or faults)

    def _beside(
        self, what: str, ours: Server, theirs: Server, headers: dict[str, str], status: int, rate: float | None = None
    ) -> tuple[Series, Series]:
        """Both servers asked the same, in turn; `?` in a field stands for the entity tag that the server gave."""
        asked: list[tuple[Server, Sequence[Question]]] = []
        for server in (ours, theirs):
            own = {name: self._tag(server) if value == "?" else value for name, value in headers.items()}
            got, fields, _ = servers.ask(server.port, FEED, own)
            assert got == status, f"{server.name} answers {what} with {got}"
            assert fields.get("content-encoding") == own.get("Accept-Encoding"), f"{server.name}: {fields}"
            asked.append((server, [Question(path=FEED, headers=tuple(own.items()))]))
        first, second = self._in_turn(what, asked, rate)
        return first, second

    def _tag(self, server: Server) -> str:
        return servers.ask(server.port, FEED, {})[1]["etag"]

    def _in_turn(
        self, what: str, asked: Sequence[tuple[Server, Sequence[Question]]], rate: float | None = None
    ) -> list[Series]:
        """Rounds in which each is asked, one after the other. Raises AssertionError where one gave an error."""
        found = [Series() for _ in asked]
        for server, questions in asked:
            self._load(server, questions[:1], 1.0)
        for turn in range(self._options.rounds):
            _say(f"{what}, round {turn + 1}")
            for (server, questions), series in zip(asked, found, strict=True):
                self._measure(series, server, questions, rate)
        for (server, _), series in zip(asked, found, strict=True):
            wrong = [one.errors for one in series.loads if one.errors]
            assert not wrong, f"{server.name} gave errors at {what}: {wrong}"
        return found

    def _measure(
        self,
        series: Series,
        server: Server,
        questions: Sequence[Question],
        rate: float | None = None,
        pid: int | None = None,
    ) -> None:
        before = used(pid or server.pid)
        series.loads.append(self._load(server, questions, self._options.seconds, rate))
        series.costs.append(1e6 * (used(pid or server.pid) - before) / series.loads[-1].requests)

    def _load(self, server: Server, questions: Sequence[Question], seconds: float, rate: float | None = None) -> Load:
        return load(server.port, questions, seconds, self._folder, rate=rate)

    def _ask_all(self, server: Server, paths: Sequence[str]) -> None:
        for path in paths:
            status, _, _ = servers.ask(server.port, path, {})
            assert status == 200, f"{server.name} answers {path} with {status}"

    def _settle(self, site: Site, ours: Ours, title: str = "") -> None:
        """Wait until the feed has an article and the daemon has nothing to do."""
        if title:
            there = lambda: title.encode() in servers.ask(ours.port, FEED, {})[2]  # noqa: E731
            eventually(there, lambda: f"{title} is in the feed\n{site.said()}", 120)
        daemon = part(ours.pid, "daemon")
        idle = 0
        while idle < 3:
            before = used(daemon)
            time.sleep(0.5)
            idle = idle + 1 if used(daemon) - before < 0.05 else 0

    @contextmanager
    def _paper(self, articles: int) -> Iterator[Site]:
        _say(f"building a feed of {articles:,} articles")
        site = sites.paper(Path(tempfile.mkdtemp(dir=self._folder)) / "paper", articles)
        with closing(site):
            yield site

    def _add(
        self,
        work: str,
        unit: str,
        ours: Sequence[float],
        theirs: Sequence[float],
        against: str = "nginx",
        *,
        upside_down: bool = False,
        least: float | None = None,
        most: float | None = None,
    ) -> None:
        self.figures.append(
            compared(work, unit, ours, against, theirs, upside_down=upside_down, least=least, most=most)
        )


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="syndicator-bench-", dir=options.folder) as folder:
        bench = Bench(Path(folder), options)
        bench.run()
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr.strip()
    heading = [
        f"Medians of {options.rounds} rounds of {options.seconds:g} s; one worker each, wrk with one thread and "
        f"{CONNECTIONS} connections on loopback; {said.rpartition(': ')[2]}; {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}."
    ]
    print((as_json if options.json else as_markdown)(bench.figures, heading, bench.notes))
    sys.exit(1 if bench.failed else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.serve", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=PARTS, help="a part; may be given several times")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--feeds", type=int, default=10_000, help="feeds of the part `many`")
    parser.add_argument("--size", type=float, default=10, help="KB of each of them, about")
    parser.add_argument("--folder", type=Path, help="where to make the temporary folder")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
