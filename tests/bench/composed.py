"""Composed feeds: one new article, from the store to the files, beside building the feed anew with feedgen.

    python -m tests.bench.composed [--articles 100000] [--feeds 300] [--rounds 15] [--json]

The first part takes feeds of 20, 100 and 1,000 articles and compares processor time, compression aside. Like is
compared with like: the bytes of Atom and RSS, for which we render the new article and join it with what is kept, and
feedgen builds all of it. Below that stands what the whole way costs, which feedgen does not go: composing, reading
what is kept, storing documents in three formats and writing their files. The second part has many feeds, each with a
filter, over many articles, and tells how long one new article takes until the files of the feeds that want it are on
the disk, and how much memory that took.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

from feedgen.feed import FeedGenerator

from syndicator.core import decide, render
from syndicator.flows.composing import compose
from syndicator.flows.naming import saved
from syndicator.flows.publish import publish, publish_feeds
from syndicator.model import Article, Feed, Format, Person, Query, RevisionKind
from tests.bench import table
from tests.bench.table import Row, middle, percentile
from tests.flows.world import START, World

SIZES = {20: 10.0, 100: 30.0, 1000: 80.0}
"""Articles in a feed, and how many times less than feedgen one new one should cost."""
REPEATED = 20
"""Times that what takes less than a millisecond is done for one measurement."""
WORDS = 400
SOURCES = 50


def article(number: int) -> Article:
    """An article of some 3 KB with a tag or two."""
    words = " ".join(f"w{(number * 7 + n) % 9973}" for n in range(WORDS))
    tags = (f"tag-{number % 300}", "even" if number % 2 == 0 else "odd")
    return Article(
        source=f"source-{number % SOURCES}",
        title=f"Story {number} of the harbour",
        body=f"<p>{words}</p>",
        summary=words[:200],
        authors=(Person(name=f"Author {number % 97}"),),
        tags=tags,
        language="en",
        url=f"https://example.org/story/{number}",
        published=START - timedelta(minutes=number),
    )


def store(world: World, articles: Iterable[Article], *, backfill: bool) -> None:
    """Put articles where a poll would put them."""
    by_source: dict[str, list[Article]] = {}
    for one in articles:
        by_source.setdefault(one.source, []).append(one)
    for source, some in by_source.items():
        with world.ports.store.ingest(source) as tx:
            states = []
            for one in some:
                id = f"urn:example:{one.url}"
                state = decide.first_state(
                    one,
                    id=id,
                    slug=str(one.url)[-40:].replace("/", "-").replace(".", "-"),
                    now=world.now(),
                    backfill=backfill,
                )
                states.append(saved(state, RevisionKind.NEW, world.now(), (("id", id),)))
            tx.save(states, [])


def with_feedgen(articles: list[Article]) -> tuple[bytes, bytes]:
    """The same feed as its users build it."""
    feed = FeedGenerator()
    feed.id("urn:example:feed")
    feed.title("News")
    feed.link(href="https://news.example/feed.xml", rel="self")
    feed.link(href="https://news.example/", rel="alternate")
    feed.description("News")
    feed.updated(START)
    for one in articles:
        entry = feed.add_entry(order="append")
        entry.id(f"urn:example:{one.url}")
        entry.title(one.title)
        entry.link(href=one.url)
        entry.summary(one.summary)
        entry.content(one.body, type="html")
        entry.author(name=one.authors[0].name)
        entry.published(one.published)
        entry.updated(one.published)
        for tag in one.tags:
            entry.category(term=tag)
    return feed.atom_str(), feed.rss_str()


def sizes(folder: Path, rounds: int) -> list[Row]:
    """One new article in feeds of several sizes."""
    built, stored = [], []
    for size, wanted in SIZES.items():
        root = folder / str(size)
        root.mkdir()
        world = World(root)
        articles = [article(number) for number in range(2 * size)]
        store(world, articles, backfill=True)
        feed = Feed(name="all", title="All", limit=size, query=Query(expression="words>10"))
        world.ports.store.save_feed(feed)
        publish(world.ports)
        bytes_of, whole, theirs = [], [], []
        build = _builder(world, feed)
        for number in range(rounds):
            world.wait(minutes=1)
            # What else there is (the default feed, tags, authors) is published too, aside: it is not what is measured.
            store(world, [article(10_000_000 + number * 300)], backfill=False)
            whole.append(_measured(partial(_only, world, "all")))
            publish(world.ports)
            bytes_of.append(_measured(build, REPEATED) / REPEATED)
            theirs.append(_measured(partial(with_feedgen, articles[:size])))
        world.close()
        row = partial(Row, against="feedgen", theirs=middle(theirs))
        note = f"CPU, medians of {rounds}; Atom and RSS"
        built.append(
            row(
                work=f"one new article in a feed of {size}, bytes",
                ours=middle(bytes_of) or 0.0,
                wanted=wanted,
                note=note,
            )
        )
        note = f"CPU, medians of {rounds}; ours in three formats with composing, storing and writing"
        stored.append(row(work=f"one new article in a feed of {size}, to disk", ours=middle(whole) or 0.0, note=note))
    return [*built, *stored]


def _builder(world: World, feed: Feed) -> Callable[[], object]:
    """What makes Atom and RSS of a feed with one article that is new, from what is kept of the others."""
    ports, formats = world.ports, (Format.ATOM, Format.RSS)
    shown = ports.store.places(feed.name, feed.limit)
    pieces = {format: ports.store.pieces(shown, format, render.recipe(ports.site)) for format in formats}
    kept = {format: [pieces[format][one.key] for one in shown[1:]] for format in formats}
    new = ports.store.states([shown[0].key])[shown[0].key]

    def build() -> object:
        made = zip(formats, render.pieces(new, formats, ports.site), strict=True)
        return [
            render.document(feed, format, ports.site, [piece, *kept[format]], world.now()) for format, piece in made
        ]

    return build


def _only(world: World, name: str) -> None:
    """Compose and publish one feed alone: the others are left dirty."""
    compose(world.ports)
    publish_feeds(world.ports, [one for one in world.ports.store.dirty() if one.name == name])


def _measured(work: Callable[[], object], times: int = 1) -> float:
    start = process_time()
    for _ in range(times):
        work()
    return process_time() - start


def many(folder: Path, articles: int, feeds: int, rounds: int) -> tuple[list[Row], list[str]]:
    """Many feeds over many articles."""
    world = World(folder)
    for start in range(0, articles, 5000):
        store(world, (article(n) for n in range(start, min(start + 5000, articles))), backfill=True)
    for number in range(feeds):
        expression = (
            f"tag:tag-{number} and words>100"
            if number % 3
            else f"title~/story .*{number % 10} of/ and tag:tag-{number}"
        )
        world.ports.store.save_feed(
            Feed(name=f"feed-{number}", title=f"Feed {number}", query=Query(expression=expression))
        )
    begun = perf_counter()
    publish(world.ports)
    first = perf_counter() - begun
    times, documents = [], []
    for number in range(rounds):
        world.wait(minutes=1)
        new = article(10_000_000 + number)
        begun = perf_counter()
        store(world, [new], backfill=False)
        documents.append(len(publish(world.ports).documents))
        times.append(perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    world.close()
    lines = [
        f"{feeds} feeds over {articles} articles: first look and publication {first:.0f} s; peak memory {peak:.0f} MiB",
        f"one new article: p50 {middle(times) or 0.0:.3f} s, p95 {percentile(times, 0.95):.3f} s, "
        f"{min(documents)} to {max(documents)} documents written, of {3 * feeds} and those of tags and authors",
    ]
    row = Row(
        work=f"one new article among {articles}, {feeds} feeds, to disk",
        ours=middle(times) or 0.0,
        against="100 ms",
        theirs=0.1,
        wanted=1.0,
    )
    return [row], lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = sizes(Path(folder), options.rounds)
        (Path(folder) / "many").mkdir()
        more, heading = many(Path(folder) / "many", options.articles, options.feeds, options.rounds)
    show = table.as_json if options.json else table.as_text
    print(show([*rows, *more], heading))


if __name__ == "__main__":
    main()
