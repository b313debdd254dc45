"""Feeds, and the documents made from them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from syndicator.model.files import Notice, Problem
from syndicator.model.times import Timed


class Format(enum.StrEnum):
    """The formats a feed can be published in; the value is the name of its document."""

    ATOM = "feed.xml"
    RSS = "rss.xml"
    JSON = "feed.json"
    RDF = "feed.rdf"  # RSS 1.0
    NINJS = "ninjs.json"  # ninjs 3, for newsrooms

    @property
    def media_type(self) -> str:
        """The registered media type, with charset where the format has one."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.ATOM: "application/atom+xml; charset=utf-8",
    Format.RSS: "application/rss+xml; charset=utf-8",
    Format.JSON: "application/feed+json; charset=utf-8",
    Format.RDF: "application/rdf+xml; charset=utf-8",
    Format.NINJS: "application/json; charset=utf-8",
}

USUAL = (Format.ATOM, Format.RSS, Format.JSON)
"""The formats of a feed for which nobody chose others."""


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
class Query(Timed):
    """Which articles. Empty means no restriction; several values of one kind mean any of them.

    `tags` and `authors` are slugs (`core.text.slug`), `languages` whole tags. `words_from` and `words_to` bound the
    number of words of the body, both inclusive; `since` and `before` bound `published`, the latter exclusive.
    `expression` is a filter (`core.queries`). `core.queries.matches` is the meaning; a store's SQL agrees with it.
    """

    sources: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    words_from: int | None = None
    words_to: int | None = None
    since: datetime | None = None
    before: datetime | None = None
    expression: str = ""


class Order(enum.StrEnum):
    """By what a feed is ordered, newest first."""

    FOUND = "found"  # as the store orders: backfill by its dates, everything else by when it was found
    PUBLISHED = "published"
    UPDATED = "updated"


class Doubles(enum.StrEnum):
    """What becomes of the same article from several sources. Whichever was shown first stays: it keeps its id."""

    FIRST = "first"  # the first to arrive
    PREFER = "prefer"  # where several arrive together, that of the source named first
    LIST = "list"  # the first to arrive, with the others as `related` and `via`
    KEEP = "keep"  # all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most so many articles a day (of the site's time zone), from one source, or from each where None."""

    most: int
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A roll-up of another feed: an edition a day or, with `weekday` (0 Monday to 6 Sunday), a week.

    `of` is the name of that feed; `hour`, `minute` and `zone` (an IANA name) say when an edition is made.
    """

    of: str
    hour: int = 7
    minute: int = 0
    weekday: int | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Podcast:
    """What the directories of podcasts want to know of a show.

    `kind` is `episodic` or `serial`; `categories` are of Apple's list, a part of one after ` > `; `locked`: nobody
    else may import it. `guid` is what directories know it by, where it had one before it came here.
    """

    author: str = ""
    owner: str = ""
    email: str | None = None
    kind: str = "episodic"
    explicit: bool = False
    categories: tuple[str, ...] = ()
    locked: bool = False
    funding: str | None = None
    guid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A Query with a name, published in several formats at URLs that never change.

    `name` is the path under which its documents lie: empty for the default feed, `tags/<slug>`, `authors/<slug>`,
    `sources/<id>`; a slug for a composed one, after `private/` where it is private. `first_name` is the one it had at
    first, of which its id is made. `limit` is the number of articles shown; with `archives`, older ones stay in
    archive documents (RFC 5005) of so many articles each, and up to twice as many are shown before one is cut.
    `full` None: as the site. `delay` is how long after it was first seen an article is shown. `prefer` are sources,
    the best first. `image` is an address. `profile` names the requirements its articles are held to. `declared`: it
    stands in `syndicator.toml` and is changed there only.
    """

    name: str
    title: str
    description: str = ""
    query: Query = Query()
    limit: int = 50
    formats: tuple[Format, ...] = USUAL
    first_name: str = ""
    order: Order = Order.FOUND
    full: bool | None = None
    caps: tuple[Cap, ...] = ()
    delay: timedelta = timedelta(0)
    doubles: Doubles = Doubles.FIRST
    prefer: tuple[str, ...] = ()
    archives: bool = False
    image: str | None = None
    language: str | None = None
    licence: str | None = None
    profile: str | None = None
    digest: Digest | None = None
    podcast: Podcast | None = None
    private: bool = False
    declared: bool = False

    def path(self, format: Format) -> str:
        """The document's path under `feeds/`, which is its URL path without the leading slash."""
        return f"{self.name}/{format}" if self.name else str(format)

    def archive(self, number: int) -> str:
        """The name under which the documents of its archive of that number (1, 2, …, the oldest first) lie."""
        return f"{self.name}/archives/{number}" if self.name else f"archives/{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An article's place in a composed feed.

    `feed` is the feed's name, `key` the store's number of the article. `place` orders the feed; `entered` tells which
    goes into an archive first: it is the place at first, and later the moment of the change that brought the article
    back into the current document (both like `Article.sort_key`). `shown` False: it was there and is not any more.
    `archive` is the number of the archive document that holds its present state, 0 for the current document.
    """

    feed: str
    key: int
    place: str
    entered: str
    shown: bool = True
    archive: int = 0


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
    `gzip`, `brotli` and `zstd` are None until they were made. `gone` says that the document was removed (410).
    `links` is the value of its `Link` field (RFC 8288), the relations that it carries itself; `max_age` for how many
    seconds it may be reused without asking, by the rhythm of its feed, None where it is no feed's current document.
    """

    path: str
    body: bytes
    media_type: str
    etag: str
    changed: datetime
    gzip: bytes | None = None
    brotli: bytes | None = None
    zstd: bytes | None = None
    gone: bool = False
    links: str = ""
    max_age: int | None = None


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
