"""Digests: when an edition is due, and what it says."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from syndicator.core.identity import site_feed_id
from syndicator.core.text import one_line
from syndicator.model import Article, Digest, Feed, Site

SOURCE = "digest:"
"""What the sources of editions begin with; queries that name no source never mean them."""
MOST = 500
"""Articles in an edition."""
_DAY = timedelta(days=1)


def source_of(feed: Feed) -> str:
    """The source of a digest's editions."""
    return f"{SOURCE}{feed.first_name or feed.name}"


def is_private(article: Article) -> bool:
    """Whether it is an edition of a private digest, which has no page: everybody could read that."""
    return article.source.startswith(f"{SOURCE}private/")


def period(digest: Digest) -> timedelta:
    """From one edition to the next, about: a day or a week."""
    return _DAY if digest.weekday is None else 7 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition that is due: `day` names it for ever, `at` is when it is made."""

    day: date
    at: datetime


def due(digest: Digest, since: datetime, now: datetime) -> Iterator[Edition]:
    """The editions due after `since` and not after `now`, the oldest first.

    The time is local to the digest's zone: where a clock change skips it the edition comes after the gap, and where
    it comes twice at the first.
    """
    zone = ZoneInfo(digest.zone)
    day = since.astimezone(zone).date() - _DAY
    while (edition := _on(digest, day, zone)).at <= now:
        if edition.at > since and digest.weekday in (None, day.weekday()):
            yield edition
        day += _DAY


def next_after(digest: Digest, now: datetime) -> datetime:
    """When the first edition after `now` is due."""
    editions = due(digest, now, now + 2 * period(digest) + _DAY)
    return next(editions).at


def _on(digest: Digest, day: date, zone: ZoneInfo) -> Edition:
    local = datetime(day.year, day.month, day.day, digest.hour, digest.minute, tzinfo=zone)
    return Edition(day=day, at=local.astimezone(UTC))


def edition_id(site: Site, feed: Feed, day: date) -> str:
    """The id of an edition: made of the site, the digest's first name and the day alone."""
    return site_feed_id(site.id, f"{feed.first_name or feed.name}\n{day.isoformat()}")


def edition(feed: Feed, site: Site, day: date, at: datetime, articles: Sequence[Article]) -> Article:
    """An edition as an author would have written it: a list of `articles` in their order, with links."""
    return Article(
        source=source_of(feed),
        title=f"{one_line(feed.title) or site.title}, {day.isoformat()}",
        language=feed.language or site.language,
        published=at,
        **_contents(articles, site),
    )


def without(edition: Article, articles: Sequence[Article], site: Site) -> Article:
    """An edition made again of what is left of its articles."""
    return replace(edition, **_contents(articles, site))


def _contents(articles: Sequence[Article], site: Site) -> dict[str, Any]:
    titles = [one_line(article.title) for article in articles]
    return {
        "body": "<ul>\n" + "\n".join(_item(article, site) for article in articles) + "\n</ul>",
        "summary": "; ".join(titles)[:400],
        "parts": tuple(article.id for article in articles),
    }


def _item(article: Article, site: Site) -> str:
    address = article.url or f"{site.base_url}/articles/{article.slug}"
    title = html.escape(one_line(article.title) or article.slug, quote=False)
    origin = article.upstream.title if article.upstream else ""
    names = ", ".join(filter(None, (*(person.name for person in article.authors), origin)))
    by = f" ({html.escape(one_line(names), quote=False)})" if names else ""
    summary = html.escape(one_line(article.summary), quote=False)
    told = f"<br>{summary}" if summary and summary != title else ""
    return f'<li><a href="{html.escape(address)}">{title}</a>{by}{told}</li>'
