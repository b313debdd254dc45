"""Reading a feed of which little is new: syndicator beside feedparser, as one table of medians of CPU time and ratios.

    python -m tests.bench.parse [--rounds 15] [--json]

The feeds are real ones of about 50 entries in ../shared, and one of 1,000 that is made here. Each row is measured in
turns: once ours, once `feedparser.parse` with its defaults, on the same bytes. "dicts" is what takes the place of
feedparser's parse, "articles" is all of it: parsed, cleaned, made articles.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import feedparser

from syndicator.core.upstream import read
from syndicator.core.upstream.dicts import xml_entries
from syndicator.model import Incoming
from tests.bench import table
from tests.bench.table import Row, middle

SHARED = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "real"
URL = "https://feeds.example.org/feed.xml"
FEEDS = {
    "RSS, full HTML, 169 KB": "NetNewsWire__Modules_RSParser_Tests_RSParserTests_Resources_DaringFireball.rss",
    "RSS, full HTML, 140 KB": "feedjira__Juniordeveloper.xml",
    "Atom, full HTML, 375 KB": "feed-rs__atom_example_7.xml",
    "Atom, full HTML, 106 KB": "feedjira__SignalvsNoise.xml",
    "RSS, summaries, 77 KB": "v2__internal_reader_parser_testdata_encoding_ISO-8859-1.xml",
    "RSS, full HTML, 74 KB": "NetNewsWire__Modules_RSParser_Tests_RSParserTests_Resources_scriptingNews.rss",
    "RSS, headlines, 38 KB": "FeedReader__FeedReader.Tests_Feeds_Rss20MassaNews.xml",
}
_ITEM = """<item><title>Article {n}: what happened &amp; why</title><link>https://news.example.org/2024/{n}</link>
<guid isPermaLink="false">tag:news.example.org,2024:{n}</guid><pubDate>Mon, 06 May 2024 07:{m:02}:09 GMT</pubDate>
<dc:creator>Ada Writer</dc:creator><category>News</category><category>Town</category>
<description>&lt;p&gt;The council met on the {n}th and decided.&lt;/p&gt;</description>
<content:encoded><![CDATA[{body}]]></content:encoded></item>
"""
_PARAGRAPH = '<p>It was <em>late</em> when <a href="/people/{n}">the mayor</a> rose, and the room fell still.</p>\n'


def made(entries: int) -> bytes:
    """A feed of so many entries, with about 1.5 KB of HTML in each."""
    head = (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>'
        "<link>https://news.example.org/</link><description>All of it</description>"
    )
    items = (_ITEM.format(n=n, m=n % 60, body=_PARAGRAPH.format(n=n) * 14) for n in range(entries))
    return f"{head}{''.join(items)}</channel></rss>".encode()


def feeds() -> Iterator[tuple[str, bytes, float]]:
    """Names, bodies, and how many times faster it should be with one entry new."""
    for name, file in FEEDS.items():
        if (path := SHARED / file).exists():
            yield name, path.read_bytes(), 20
    yield "RSS, made here", made(50), 20
    yield "RSS, made here", made(1000), 50


def without_newest(body: bytes) -> tuple[bytes, int]:
    """What is remembered of all entries but the first, and how many entries there are."""
    seen = read(Incoming(body=body, url=URL)).seen
    return seen[24:], len(seen) // 24


def cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU time."""
    start = process_time()
    work()
    return process_time() - start


class Bench:
    """The measurements, each of which adds a row."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self.rows: list[Row] = []

    def run(self) -> None:
        """All of them."""
        for name, body, wanted in feeds():
            print(f"{name} …", file=sys.stderr, flush=True)
            known, entries = without_newest(body)
            feed = f"{name}, {entries:,} entries"
            new = Incoming(body=body, url=URL, entries=known)
            whole = Incoming(body=body, url=URL)
            self._compare(f"{feed}: 1 new, dicts", lambda new=new: xml_entries(new), body, wanted)
            self._compare(f"{feed}: 1 new, articles", lambda new=new: read(new), body, wanted)
            self._compare(f"{feed}: all new, articles", lambda whole=whole: read(whole), body)
            self._compare(f"{feed}: same body", lambda body=body: hashlib.sha256(body).digest(), body, 400)

    def _compare(self, work: str, ours: Callable[[], object], body: bytes, wanted: float | None = None) -> None:
        # The first time pays for what is loaded and compiled.
        ours()
        mine, theirs = [], []
        rounds = max(3, min(self._rounds, 1_000_000 * self._rounds // len(body) // 4))
        for _ in range(rounds):
            mine += [cpu(ours) for _ in range(3)]
            theirs.append(cpu(lambda: feedparser.parse(io.BytesIO(body))))
        times = middle(mine)
        assert times is not None
        self.rows.append(Row(work=work, ours=times, against="feedparser", theirs=middle(theirs), wanted=wanted))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.parse", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    bench = Bench(options.rounds)
    bench.run()
    heading = [
        f"CPU time, medians of up to {options.rounds} rounds in turns; feedparser {feedparser.__version__}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    ]
    print((table.as_json if options.json else table.as_text)(bench.rows, heading))


if __name__ == "__main__":
    main()
