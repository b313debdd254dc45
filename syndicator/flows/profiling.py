"""What the articles of feeds lack for the profiles that those are held to: told before anybody misses them."""

from __future__ import annotations

from dataclasses import dataclass

from syndicator.core import profiles
from syndicator.core.queries import facts, matches
from syndicator.errors import BadExpression, FeedError
from syndicator.model import Article, Feed
from syndicator.ports import Ports

LOOKED_AT = 200
"""How many of the newest articles that a feed means are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """An article that lacks something: by its slug, title and source."""

    slug: str
    title: str
    source: str
    missing: tuple[profiles.Missing, ...]


def unfit(ports: Ports, feed: Feed, last: int = LOOKED_AT) -> list[Unfit]:
    """Which of the newest articles that a feed means lack something for its profile, newest first.

    Those that lack what is required are not in the feed. Raises FeedError for an unknown profile.
    """
    if feed.profile is None:
        return []
    found = ((article, profiles.check(article, feed, ports.site)) for article in _meant(ports, feed, last))
    return [
        Unfit(slug=article.slug, title=article.title, source=article.source, missing=missing)
        for article, missing in found
        if missing
    ]


def told(ports: Ports, feed: Feed, most: int = 10) -> list[str]:
    """The articles that are kept out of a feed by its profile, each in a line with its fields and what to do."""
    try:
        found = unfit(ports, feed)
    except (BadExpression, FeedError) as error:
        return [f"feed {feed.name}: {error}"]
    lines = [
        f"feed {feed.name}: {one.slug} (from {one.source}) is left out: {'; '.join(required)}"
        for one in found
        if (required := [missing.reason for missing in one.missing if missing.required])
    ]
    rest = [f"feed {feed.name}: its profile leaves {len(lines) - most:,} more articles out"] if lines[most:] else []
    return lines[:most] + rest


def _meant(ports: Ports, feed: Feed, last: int) -> list[Article]:
    """SQL may select more than the query means."""
    return [one for one in ports.store.select(feed.query, last) if matches(feed.query, facts(one))]
