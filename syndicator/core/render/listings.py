"""Documents about the site: sitemaps (sitemaps.org 0.9, with Google's news), and lists of feeds (OPML 2.0).

Every date in them comes from what they list, never from the clock; the lists of sources and feeds have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape

from syndicator.core import digests
from syndicator.core.lists import opml
from syndicator.core.render import checked
from syndicator.core.render.entry import GENERATOR, rfc3339
from syndicator.core.rulings import as_shown
from syndicator.core.text import is_blank, one_line
from syndicator.model import Article, Feed, Format, Site, Source, Status, Subscription

OPML_TYPE = "text/x-opml; charset=utf-8"
"""What OPML calls itself; of the types that a list at `.well-known/feeds` may have, the one that readers open."""
SITEMAP_TYPE = "application/xml; charset=utf-8"

PART = 200
"""Articles that one part of the sitemap has room for, by their numbers."""
NEWS_FOR = timedelta(days=2)
"""How long after it was published an article is news to search engines."""
MOST_NEWS = 1000

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_LANGUAGE = re.compile(r"[a-z]{2,3}(?=-|\Z)")
_CHINESE = (("zh-hant", "zh-tw"), ("zh-tw", "zh-tw"), ("zh-hk", "zh-tw"), ("zh-mo", "zh-tw"), ("zh", "zh-cn"))
_SOURCES = "Sources"


def is_listed(article: Article) -> bool:
    """Whether a sitemap names the article: it is shown, and was written here, so that our page is the canonical one.

    Editions of digests are left out: all that is in them has a page of its own.
    """
    return article.status.is_shown and is_ours(article) and article.url is None


def is_ours(article: Article) -> bool:
    """Whether an article was written for this site, wherever else it may be."""
    return article.upstream is None and not article.source.startswith(digests.SOURCE)


def news_until(article: Article) -> datetime | None:
    """When the article leaves the news sitemap, which may be long ago; None where it never is in it."""
    published = article.published
    if published is None or article.status is not Status.PUBLISHED or not is_listed(article):
        return None
    return published + NEWS_FOR


def sitemap(articles: Iterable[Article], site: Site) -> bytes:
    """A sitemap of those of the articles that are listed, in the order given; empty where there is none.

    Each is dated by its last correction, or else by when it was published.
    """
    listed = [article for article in articles if is_listed(article)]
    return _urls([_dated(article, site) for article in listed]) if listed else b""


def sitemap_index(paths: Sequence[str], site: Site) -> bytes:
    """The list of the sitemaps at these paths of ours; empty where there are none."""
    if not paths:
        return b""
    lines = [f"<sitemap><loc>{escape(f'{site.base_url}/{path}')}</loc></sitemap>" for path in paths]
    return _document("sitemapindex", f'xmlns="{_SITEMAP}"', lines)


def news_sitemap(articles: Iterable[Article], site: Site, now: datetime) -> bytes:
    """Google's news sitemap of those of the articles that are news at `now`, the first 1,000 of them; or empty."""
    news = [article for article in articles if (until := news_until(article)) is not None and until > now]
    return _urls([_told(article, site) for article in news[:MOST_NEWS]], f' xmlns:news="{_NEWS}"') if news else b""


def source_list(sources: Iterable[tuple[Source, str, str | None]], site: Site) -> bytes:
    """The sources that we read, each with its title and page, as OPML without anybody's secrets (S44).

    Empty where there are none: OPML wants at least one.
    """
    subscriptions = [
        Subscription(
            url=url,
            title=one_line(title) or url,
            page=checked.public(page),
            tags=source.tags,
            paused=source.paused,
            language=source.language,
        )
        for source, title, page in sources
        if (url := checked.public(source.url))
    ]
    if not subscriptions:
        return b""
    return opml.write(subscriptions, title=f"{_name(site)}: what we read")


def feed_list(feeds: Iterable[Feed], site: Site) -> bytes:
    """Our own feeds as OPML, each in the first of its formats that readers know; those of sources in a folder."""
    subscriptions = [
        Subscription(
            url=f"{site.base_url}/{feed.path(formats[0])}",
            title=one_line(feed.title) or _name(site),
            page=f"{site.base_url}/{feed.name}",
            tags=(_SOURCES,) if feed.name.startswith("sources/") else (),
            language=feed.language or site.language,
        )
        for feed in feeds
        if not feed.private and (formats := [one for one in Format if one in feed.formats and one is not Format.NINJS])
    ]
    return opml.write(subscriptions, title=f"{_name(site)}: feeds", owner=site.author)


def _urls(lines: Sequence[str], more: str = "") -> bytes:
    return _document("urlset", f'xmlns="{_SITEMAP}"{more}', lines)


def _document(root: str, attributes: str, lines: Sequence[str]) -> bytes:
    start = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {attributes}>'
    return "\n".join([start, *lines, f"</{root}>", ""]).encode("utf-8")


def _page(article: Article, site: Site) -> str:
    return escape(f"{site.base_url}/articles/{article.slug}")


def _dated(article: Article, site: Site) -> str:
    moment = article.updated or article.published
    dated = f"<lastmod>{rfc3339(moment)}</lastmod>" if moment else ""
    return f"<url><loc>{_page(article, site)}</loc>{dated}</url>"


def _told(article: Article, site: Site) -> str:
    article = as_shown(article)
    assert article.published is not None
    titles = (one_line(article.title), one_line(article.summary)[:100].rstrip(), article.slug)
    title = next(title for title in titles if not is_blank(title))
    return (
        f"<url><loc>{_page(article, site)}</loc><news:news><news:publication>"
        f"<news:name>{escape(_name(site), quote=False)}</news:name>"
        f"<news:language>{_language(article.language or site.language)}</news:language></news:publication>"
        f"<news:publication_date>{rfc3339(article.published)}</news:publication_date>"
        f"<news:title>{escape(title, quote=False)}</news:title></news:news></url>"
    )


def _name(site: Site) -> str:
    return one_line(site.title) or GENERATOR


def _language(tag: str | None) -> str:
    """A language as Google names it: ISO 639, and two kinds of Chinese."""
    lower = (tag or "").lower()
    chinese = next((name for start, name in _CHINESE if lower == start or lower.startswith(f"{start}-")), None)
    found = _LANGUAGE.match(lower)
    return chinese or (found[0] if found else "und")
