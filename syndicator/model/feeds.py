"""Feeds, and the documents made from them."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from syndicator.model.articles import Article
from syndicator.model.files import Notice, Problem
from syndicator.model.times import Timed


class Format(enum.StrEnum):
    """The formats a feed is published in; the value is the name of its document."""

    ATOM = "feed.xml"
    RSS = "rss.xml"
    JSON = "feed.json"

    @property
    def media_type(self) -> str:
        """The registered media type, with charset where the format has one."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.ATOM: "application/atom+xml; charset=utf-8",
    Format.RSS: "application/rss+xml; charset=utf-8",
    Format.JSON: "application/feed+json; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Timed):
    """An article's place in a feed, without the article: enough to find its rendered piece and date the feed.

    `key` is the store's own number of the article: two sources may use one id.
    """

    key: int
    id: str
    revision: int
    changed: datetime
    sort_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which articles. Empty means no restriction; several values of one kind mean any of them.

    `tags` and `authors` are slugs (`core.text.slug`). `matches` is the meaning; a store's SQL agrees with it.
    """

    sources: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    def matches(self, article: Article, *, tags: Iterable[str], authors: Iterable[str]) -> bool:
        """Whether the article is meant. `tags` and `authors` are the article's slugs."""
        return (
            (not self.sources or article.source in self.sources)
            and (not self.tags or not self.tags.isdisjoint(tags))
            and (not self.authors or not self.authors.isdisjoint(authors))
            and (not self.languages or article.language in self.languages)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A Query with a name, published in several formats at URLs that never change.

    `name` is the path under which its documents lie: empty for the default feed, `tags/<slug>`,
    `authors/<slug>`. `limit` is the number of articles shown.
    """

    name: str
    title: str
    description: str = ""
    query: Query = Query()
    limit: int = 50
    formats: tuple[Format, ...] = (Format.ATOM, Format.RSS, Format.JSON)

    def path(self, format: Format) -> str:
        """The document's path under `feeds/`, which is its URL path without the leading slash."""
        return f"{self.name}/{format}" if self.name else str(format)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Timed):
    """Who publishes: what a renderer needs to know beside feed and articles.

    `base_url` has no trailing slash; `id` is a `urn:uuid:` from which the feeds' ids are made and which
    survives a change of domain; `created` dates feeds that show nothing yet.
    """

    id: str
    base_url: str
    title: str
    created: datetime
    description: str = ""
    language: str | None = None
    author: str | None = None
    licence: str | None = None
    full_content: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered(Timed):
    """One document as bytes, with what a file, a response and a push all carry.

    `path` is the URL path without its leading slash. `etag` is the opaque part of the strong entity tag of
    `body`, without quotes. `changed` is the stored instant at which the bytes last changed, to the second.
    `gzip` and `brotli` are None until they were made. `gone` says that the document was removed (410).
    """

    path: str
    body: bytes
    media_type: str
    etag: str
    changed: datetime
    gzip: bytes | None = None
    brotli: bytes | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a flow did and what should follow. `read` counts files or polls, `failed` polls that got nothing."""

    read: int = 0
    failed: int = 0
    published: int = 0
    corrected: int = 0
    withdrawn: int = 0
    problems: tuple[Problem, ...] = ()
    notices: tuple[tuple[str, Notice], ...] = ()
    documents: tuple[str, ...] = ()
    """Paths of documents whose bytes changed."""
    recheck: frozenset[str] = field(default_factory=frozenset)
    """Files too fresh to be read: look again in two seconds."""
