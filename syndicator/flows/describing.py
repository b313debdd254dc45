"""What there is to say of composed feeds: where they are, what they name, what a filter would do."""

from __future__ import annotations

from dataclasses import dataclass

from syndicator.core import digests
from syndicator.core.queries import explain, facts
from syndicator.flows import profiling
from syndicator.flows.feeds import left, nearest, settled, slug_of
from syndicator.flows.named import feed_named
from syndicator.model import Feed, Query
from syndicator.ports import Ports

_EVERY = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a filter makes of one article, and the rule that decided."""

    slug: str
    title: str
    source: str
    kept: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What became of a feed's definition: where it is, and how many articles and archive documents there are."""

    addresses: tuple[str, ...]
    articles: int
    archive_documents: int
    notices: tuple[str, ...]


def described(ports: Ports, feed: Feed) -> Described:
    """What there is to say of a feed beside its definition."""
    return Described(
        addresses=tuple(f"{ports.site.base_url}/{feed.path(format)}" for format in feed.formats),
        articles=len(ports.store.since(feed, "", _EVERY)),
        archive_documents=ports.store.archives(feed.name),
        notices=(*doubts(ports, feed), *profiling.told(ports, feed)),
    )


def tried(ports: Ports, feed: Feed, last: int) -> list[Tried]:
    """What the query of a feed that is not kept would do with the last articles, newest first. Raises FeedError."""
    query = settled(ports, feed).query
    found = []
    for article in ports.store.select(Query(), last):
        decided = explain(query, facts(article))
        found.append(
            Tried(slug=article.slug, title=article.title, source=article.source, kept=decided.kept, why=decided.rule)
        )
    return found


def notices(ports: Ports) -> tuple[str, ...]:
    """What a person should know of the composed feeds: those that left the file, names that nothing has, articles that
    a profile leaves out.
    """
    gone = left(ports)
    told = []
    for feed in ports.store.feeds():
        slug = slug_of(feed.name)
        if feed.name in gone and not feed.declared:
            told.append(
                f"feed {feed.name}: it stands in syndicator.toml no more, and stays as it is: `syndicator feed remove "
                f'{slug}` ends it; where it got another name, write formerly = ["{slug}"] there'
            )
        told += [*doubts(ports, feed), *profiling.told(ports, feed)]
    return tuple(told)


def doubts(ports: Ports, feed: Feed) -> list[str]:
    """What in a feed's definition names nothing that is there, though it may come."""
    used = {*feed.query.sources, *feed.prefer, *(cap.source for cap in feed.caps if cap.source)}
    known = [source.id for source in ports.store.sources(removed=True)]
    unknown = sorted(name for name in used - {*known, ports.policy.source} if not name.startswith(digests.SOURCE))
    told = [
        f"feed {feed.name}: there is no source “{name}” yet{nearest(name, [*known, ports.policy.source])}"
        for name in unknown
    ]
    if feed.digest and feed_named(ports, feed.digest.of) is None:
        there = [slug_of(one.name) for one in ports.store.feeds()]
        told.append(
            f"feed {feed.name}: there is no feed “{feed.digest.of}” to roll up yet{nearest(feed.digest.of, there)}"
        )
    return told
