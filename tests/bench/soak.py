"""Half an hour of mixed load while articles come, change and go and workers are killed: is every answer right?

    python -m tests.bench.soak [--minutes 30] [--share 0.5] [--seed 1]

`syndicator run` with two workers, on loopback and Linux. wrk finds the rate at which it answers the mixture at most;
then a loader that holds its rate asks for half of that: feeds, pages and other documents, in every coding, with and
without entity tags, with `A-IM: feed`. Meanwhile files are written, corrected and removed, and every 10 to 40 seconds
a worker gets SIGKILL. Wrong is: a body that does not fit its entity tag or its coding, a 304 or a delta that does not
fit what was asked, an older state more than a second after a newer one, any 5xx, no answer within 10 s, a connection
that ends when no worker was killed, a worker that is not replaced, memory that grows. The exit code is 1 then.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL
from statistics import median

from tests.bench.serving import sites
from tests.bench.serving.family import memory, parts, workers
from tests.bench.serving.judging import Answered, Asked, Judge
from tests.bench.serving.load import Broken, Loader, Request, wire
from tests.bench.serving.servers import Ours
from tests.bench.serving.watch import Beside
from tests.bench.serving.wrk import Question, load
from tests.running import Site

WORKERS = 2
ARTICLES = 500
FEEDS = (
    *("/feed.xml", "/rss.xml", "/feed.json", "/tags/harbour/feed.xml", "/tags/harbour/rss.xml"),
    *("/tags/market/feed.json", "/authors/ada-brook/feed.xml", "/authors/ben-castle/rss.xml"),
)
OTHERS = ("/sitemap.xml", "/.well-known/feeds", "/feed.css", "/", "/feeds")
CODINGS = ("", "gzip", "gzip, deflate, br", "zstd, gzip", "br;q=0.5, gzip;q=1.0", "gzip, deflate, br, zstd")
UNCONDITIONAL, CONDITIONAL = 0.36, 0.60
"""Shares of requests; the rest have an older entity tag and accept a delta."""
CLIENTS = 5000
KILLS = (10.0, 40.0)
CHANGES = (0.7, 2.5)
SAMPLE = 5.0
WINDOW = 2.0
"""Seconds after a kill in which connections may end."""
REPLACED = 10.0
"""Seconds within which a killed worker must have a successor."""
GROWTH, SLACK = 1.10, 8.0
"""What the last third of the samples may be of the first, and MiB above that, for memory to be flat."""
TOP_SECONDS = 10.0
LEARNING = 15.0
"""Seconds of a light load before, in which readers get what they ask about later."""


class Mixture:
    """What readers ask, by chance. Entity tags are those that were answered before, the newest or an older one."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._tags: dict[str, list[str]] = defaultdict(list)

    def request(self) -> Request:
        """The next one."""
        asked = self._asked()
        return Request(asked=asked, wire=wire(asked.path, self._fields(asked)))

    def questions(self, number: int) -> list[Question]:
        """So many of them for wrk."""
        return [
            Question(path=asked.path, headers=tuple(self._fields(asked).items()))
            for asked in (self._asked() for _ in range(number))
        ]

    def learn(self, asked: Asked, answered: Answered) -> None:
        """Remember the tag of an answer."""
        tag = answered.headers.get("etag", "").strip('"')
        tags = self._tags[asked.path]
        if answered.status == 200 and tag and tag not in tags[-6:]:
            tags.append(tag)
            del tags[:-60]

    def _asked(self) -> Asked:
        chance = self._chance
        path = chance.choice(OTHERS) if chance.random() < 0.03 else chance.choice(FEEDS)
        codings = chance.choice(CODINGS)
        tags, kind = self._tags[path], chance.random()
        if not tags or kind < UNCONDITIONAL:
            return Asked(path=path, codings=codings)
        if kind < UNCONDITIONAL + CONDITIONAL:
            return Asked(path=path, codings=codings, tags=tuple(tags[-6:]))
        return Asked(path=path, codings=codings, tags=(chance.choice(tags[-8:]),), delta=True)

    def _fields(self, asked: Asked) -> dict[str, str]:
        address = self._chance.randrange(CLIENTS)
        found = {"X-Forwarded-For": f"10.1.{address // 250}.{address % 250 + 1}", "User-Agent": "soak/1"}
        if asked.codings:
            found["Accept-Encoding"] = asked.codings
        if asked.tags:
            found["If-None-Match"] = ", ".join(f'"{tag}"' for tag in asked.tags)
        if asked.delta:
            found["A-IM"] = "feed"
        return found


class Editors:
    """Files that are written, corrected and removed. Nothing comes back to a state that it had."""

    def __init__(self, seeds: Path, chance: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self._seeds = seeds
        self._chance = chance
        self._written: list[Path] = []

    def change(self) -> float:
        """One change; seconds to the next."""
        kind = self._chance.random()
        if kind < 0.6 or len(self._written) < 5:
            self._write()
        elif kind < 0.9:
            path = self._chance.choice(self._written[-30:])
            path.write_text(path.read_text("utf-8") + f"\nCorrected for the {self.done.total()}th time.\n", "utf-8")
            self.done["corrected"] += 1
        else:
            self._written.pop(self._chance.randrange(len(self._written))).unlink()
            self.done["removed"] += 1
        return self._chance.uniform(*CHANGES)

    def _write(self) -> None:
        number = self.done["written"]
        path = self._seeds / f"soak-{number:06}.md"
        tag = self._chance.choice(["harbour", "market"])
        path.write_text(sites.article(100 * number % 1000, datetime.now(UTC), [tag], f"Soak {number:06}"), "utf-8")
        self._written.append(path)
        self.done["written"] += 1


class Changing(Beside):
    """The editors at work while nothing else runs in this thread."""

    def __init__(self, editors: Editors) -> None:
        super().__init__()
        self.do = editors.change  # type: ignore[method-assign]


@dataclass(slots=True)
class Findings:
    """What was seen."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    memory: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    slowest: float = 0.0


class Soak:
    """The server, what is done to it, and what is seen."""

    def __init__(self, folder: Path, site: Site, server: Ours, chance: random.Random) -> None:
        self.findings = Findings()
        self.editors = Editors(site.seeds, chance)
        self.mixture = Mixture(chance)
        self.judge = Judge()
        self._folder = folder
        self._chance = chance
        self._server = server

    def top(self) -> float:
        """Answers a second that the server gives at most, while things change, to readers that had earlier states."""
        loader = Loader(self._server.port, 200, self.mixture.request, self._see, self._chance)
        with closing(loader):
            loader.every(self.editors.change, 0.0)
            loader.run(LEARNING)
        with Changing(self.editors):
            return load(self._server.port, self.mixture.questions(5000), TOP_SECONDS, self._folder).rate

    def run(self, rate: float, seconds: float) -> Loader:
        """Everything at once, for so long."""
        loader = Loader(self._server.port, rate, self.mixture.request, self._see, self._chance)
        with closing(loader):
            loader.every(self.editors.change, 0.0)
            loader.every(self._kill, self._chance.uniform(*KILLS))
            loader.every(self._sample, 0.0)
            loader.run(seconds)
        return loader

    def _see(self, asked: Asked, answered: Answered) -> None:
        self.findings.statuses[answered.status] += 1
        self.findings.slowest = max(self.findings.slowest, answered.came - answered.sent)
        self.findings.faults += self.judge.faults(asked, answered)
        self.mixture.learn(asked, answered)

    def _kill(self) -> float:
        alive = workers(self._server.pid)
        if self.findings.kills and len(alive) < WORKERS and time.monotonic() - self.findings.kills[-1] > REPLACED:
            self.findings.faults.append(f"{len(alive)} workers {REPLACED:.0f} s after one was killed")
        if alive:
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(alive), SIGKILL)
                self.findings.kills.append(time.monotonic())
        return self._chance.uniform(*KILLS)

    def _sample(self) -> float:
        for name, pids in parts(self._server.pid).items():
            if pids:
                self.findings.memory[name].append(max(map(memory, pids)) / 2**20)
        return SAMPLE


def unexplained(broken: Sequence[Broken], kills: Sequence[float]) -> list[Broken]:
    """Connections that ended while no worker had been killed."""
    return [one for one in broken if not any(0 <= one.when - kill <= WINDOW for kill in kills)]


def grown(samples: Sequence[float]) -> tuple[float, float, bool]:
    """MiB in the first and in the last third of the samples, after a tenth to warm up; and whether that is growth."""
    settled = samples[len(samples) // 10 :]
    third = max(1, len(settled) // 3)
    first, last = median(settled[:third]), median(settled[-third:])
    return first, last, last > first * GROWTH + SLACK


def report(soak: Soak, loader: Loader, rate: float, top: float, seconds: float) -> tuple[list[str], bool]:
    """What to print, and whether all was right."""
    found = soak.findings
    odd = unexplained(loader.broken, found.kills)
    awaited = sum(one.awaited for one in loader.broken)
    lines = [
        f"{seconds / 60:.1f} minutes at {loader.answered / seconds:,.0f} answers a second (wanted {rate:,.0f}, half of "
        f"{top:,.0f}; {loader.late:,} not asked for want of a free connection)",
        f"answers: {', '.join(f'{number:,} × {status}' for status, number in sorted(found.statuses.items()))}; "
        f"the slowest took {found.slowest:.2f} s",
        f"articles: {', '.join(f'{number:,} {what}' for what, number in soak.editors.done.items())}",
        f"workers killed: {len(found.kills)}; connections that ended with them: {len(loader.broken) - len(odd)}; "
        f"answers awaited on a connection that ended: {awaited}; ended without a kill: {len(odd)}",
        f"answers judged: {soak.judge.judged:,}; wrong: {len(found.faults)}",
    ]
    lines += [f"  {fault}" for fault in found.faults[:20]]
    lines += [f"  ended without a kill: {one.why}" for one in odd[:20]]
    flat = True
    for name, samples in found.memory.items():
        first, last, more = grown(samples)
        flat = flat and not more
        lines.append(
            f"memory of {name}: {first:.0f} MiB in the first third, {last:.0f} MiB in the last, {max(samples):.0f} MiB "
            f"at most: {'GROWN' if more else 'flat'}"
        )
    return lines, not found.faults and not odd and flat and loader.answered > 0


def main() -> None:
    """Load, and tell."""
    options = _options()
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    with tempfile.TemporaryDirectory(prefix="syndicator-soak-", dir=options.folder) as name:
        folder = Path(name)
        print("building …", file=sys.stderr, flush=True)
        with closing(sites.paper(folder / "paper", ARTICLES)) as site:
            (site.root / "syndicator.toml").write_text('[web]\nproxies = ["127.0.0.0/8"]\n', "utf-8")
            with closing(Ours(site, "run", "--workers", str(WORKERS))) as server:
                soak = Soak(folder, site, server, random.Random(seed))
                top = soak.top()
                rate, seconds = options.share * top, options.minutes * 60
                print(f"{rate:,.0f} a second of {top:,.0f} …", file=sys.stderr, flush=True)
                began = time.monotonic()
                loader = soak.run(rate, seconds)
                lines, right = report(soak, loader, rate, top, time.monotonic() - began)
                if not right:
                    lines += ["what the server said:", site.said()[-4000:]]
    print("\n".join([f"seed {seed}", *lines, "all right" if right else "NOT RIGHT"]))
    sys.exit(0 if right else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--share", type=float, default=0.5, help="of the rate that is possible")
    parser.add_argument("--seed", type=int, help="of the chance; printed with what came of it")
    parser.add_argument("--folder", type=Path, help="where to make the temporary folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
