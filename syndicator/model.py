"""The nouns, frozen. Every datetime is aware and in UTC; anything else is refused.

An Article is one type from parse to feed: a parser fills in what the author wrote, `core.decide`
adds identity and times, the store keeps it, a renderer reads it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def _require_utc(owner: object) -> None:
    for name in type(owner).__slots__:  # type: ignore[attr-defined]
        value = getattr(owner, name)
        if isinstance(value, datetime) and value.utcoffset() != timedelta(0):
            raise ValueError(f"{type(owner).__name__}.{name} must be an aware datetime in UTC, got {value!r}")


class _Timed:
    """Mixin: refuses datetimes that are naive or not in UTC."""

    __slots__ = ()

    def __post_init__(self) -> None:
        _require_utc(self)


class Status(enum.StrEnum):
    """Where an article stands. Only PUBLISHED is shown; what was shown and is not any more leaves a tombstone."""

    PUBLISHED = "published"
    DRAFT = "draft"
    SCHEDULED = "scheduled"  # publish_at lies ahead
    EXPIRED = "expired"  # expire_at has passed
    WITHDRAWN = "withdrawn"  # its file was removed, or it became a draft again


class RevisionKind(enum.StrEnum):
    """Why a state of an article was stored."""

    NEW = "new"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    RETURN = "return"


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
class Person:
    """An author. `name` is never empty; `uri` is http(s) or mailto."""

    name: str
    email: str | None = None
    uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to another resource. `href` None: known by its title only (a related article without a target)."""

    href: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The picture of an article.

    `url` is absolute, or a path of ours beginning with `/media/`, or None when only a caption was given.
    `caption` is clean inline HTML (it may hold a link to the credit); `width`, `height` in pixels,
    `length` in bytes, where known.
    """

    url: str | None = None
    caption: str = ""
    alt: str = ""
    type: str | None = None
    length: int | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an article. `length` in bytes, None when unknown; `duration` in seconds."""

    url: str
    type: str = "application/octet-stream"
    length: int | None = None
    title: str | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(_Timed):
    """One thing to read.

    From the parser: everything the author wrote. `body` is sanitised HTML in which our own files are
    root-relative (`/media/…`) and everything else absolute; `summary` and `title` are plain text; `url` is the
    canonical address elsewhere, None when our own page is the canonical one; `language` is a BCP 47 tag.
    `extra` keeps keys that we do not know, in the order given.

    From `core.decide`: `id` (an IRI, never changes), `slug`, `first_seen`, `published`, `updated`, `changed`
    (the newest change of any kind, which dates the feeds), `sort_key` and `revision` (1-based).
    """

    source: str
    title: str
    body: str = ""
    summary: str = ""
    authors: tuple[Person, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    url: str | None = None
    image: Image | None = None
    enclosures: tuple[Enclosure, ...] = ()
    related: tuple[Link, ...] = ()
    via: Link | None = None
    licence: str | None = None
    status: Status = Status.PUBLISHED
    published: datetime | None = None
    updated: datetime | None = None
    publish_at: datetime | None = None
    expire_at: datetime | None = None
    explicit_id: str | None = None
    explicit_slug: str | None = None
    extra: tuple[tuple[str, str], ...] = ()

    id: str = ""
    slug: str = ""
    first_seen: datetime | None = None
    changed: datetime | None = None
    sort_key: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A tag or an author as feeds know it: `kind` is `tags` or `authors`, `name` how it was first written."""

    kind: str
    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone(_Timed):
    """An article that was published and is not any more (RFC 6721)."""

    id: str
    when: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(_Timed):
    """An article's place in a feed, without the article: enough to find its rendered piece and date the feed."""

    id: str
    revision: int
    changed: datetime
    sort_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something odd in a file that did not keep it from being published."""

    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What parsing one article file gave.

    `references` are the relative addresses in it (images, links, enclosures) as written; those that name a
    file beside it are published with it.
    """

    article: Article
    notices: tuple[Notice, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStat:
    """What the folder says of a file without reading it. `path` is relative to the folder, with `/`."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a file is not published as it is. One line for a person; `line` is 1-based."""

    path: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file published beside articles: at `/media/<name>`, where name is its content hash and suffix."""

    path: str
    """The URL path, beginning with `/media/`."""
    origin: str
    """Where it lies, relative to the watched folder."""
    type: str
    length: int
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile(_Timed):
    """What we remember of an article file: the observation, not the article.

    `content_hash` is sha256 of the bytes last read, in hex; `sketch` is the body's fingerprint for
    recognising it again (`core.identity.sketch`). `article_id` is the article it holds, None while it never
    parsed or is held back as a duplicate. `problem` stays until the file is read well; `missing_since` is set
    while the file is gone.
    """

    path: str
    size: int = 0
    mtime_ns: int = 0
    content_hash: str = ""
    sketch: bytes = b""
    article_id: str | None = None
    problem: str | None = None
    problem_line: int | None = None
    problem_since: datetime | None = None
    notices: tuple[Notice, ...] = ()
    missing_since: datetime | None = None
    media: tuple[Media, ...] = ()


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
class Site(_Timed):
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
class Rendered(_Timed):
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
    """What a flow did and what should follow."""

    read: int = 0
    published: int = 0
    corrected: int = 0
    withdrawn: int = 0
    problems: tuple[Problem, ...] = ()
    notices: tuple[tuple[str, Notice], ...] = ()
    documents: tuple[str, ...] = ()
    """Paths of documents whose bytes changed."""
    recheck: frozenset[str] = field(default_factory=frozenset)
    """Files too fresh to be read: look again in two seconds."""


def utc(*args: int) -> datetime:
    """`datetime(*args)` in UTC."""
    return datetime(*args, tzinfo=UTC)  # type: ignore[misc,arg-type]
