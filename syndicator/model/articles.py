"""Articles and what belongs to them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from syndicator.model.times import Timed


class Status(enum.StrEnum):
    """Where an article stands. PUBLISHED and RETRACTED are shown; what was and is not any more leaves a tombstone."""

    PUBLISHED = "published"
    DRAFT = "draft"
    SCHEDULED = "scheduled"  # publish_at lies ahead
    EXPIRED = "expired"  # expire_at has passed
    WITHDRAWN = "withdrawn"  # its file was removed, or it became a draft again
    RETRACTED = "retracted"  # its title is marked, and a note stands in the place of its content
    KILLED = "killed"  # by law: nothing of it is shown, and its text is not kept

    @property
    def is_shown(self) -> bool:
        """Whether readers see the article, or what is left of it."""
        return self in (Status.PUBLISHED, Status.RETRACTED)


class RevisionKind(enum.StrEnum):
    """Why a state of an article was stored."""

    NEW = "new"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    RETURN = "return"
    RETRACTION = "retraction"
    KILL = "kill"
    RESTORATION = "restoration"


class Verdict(enum.StrEnum):
    """What can be decided about an article after it was published."""

    CORRECTED = "corrected"
    RETRACTED = "retracted"
    KILLED = "killed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An author. `name` is never empty; `uri` is http(s) or mailto."""

    name: str
    email: str | None = None
    uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to another resource. `href` None: known by its title only (a related article without a target).

    `rel` is an IANA relation name or a URI, where the place of the link does not say it; `type` a media type;
    `hreflang` a language tag.
    """

    href: str | None = None
    title: str | None = None
    rel: str | None = None
    type: str | None = None
    hreflang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A tag with more than a name (RFC 4287 4.2.2): its `scheme`, and its `term` where people read a `label`.

    The tag itself, by which an article is found, is the label or else the term.
    """

    term: str
    scheme: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream(Timed):
    """The feed that an article came from, as it described itself then (RFC 4287 4.2.11).

    `url` is its page, `feed_url` its own address.
    """

    id: str = ""
    title: str = ""
    url: str | None = None
    feed_url: str | None = None
    updated: datetime | None = None
    rights: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies(Timed):
    """What was written about an article (RFC 4685): a feed of replies at `href`, of which there are `count`."""

    href: str | None = None
    type: str | None = None
    count: int | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InReplyTo:
    """What an article answers (RFC 4685): `ref` is its id, `href` its address."""

    ref: str
    href: str | None = None
    type: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an article belongs (GeoRSS): degrees, latitude -90 to 90, longitude -180 to 180."""

    latitude: float
    longitude: float
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What makes an article an episode of a podcast.

    `kind` is `full`, `trailer` or `bonus`; `number` is a decimal as written; `image` an address; `transcripts` and
    `chapters` are links with a type.
    """

    season: int | None = None
    number: str | None = None
    kind: str | None = None
    explicit: bool | None = None
    subtitle: str = ""
    image: str | None = None
    transcripts: tuple[Link, ...] = ()
    chapters: Link | None = None


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
    """A file that belongs to an article. `length` in bytes, None when unknown; `duration` in seconds.

    `medium` is `image`, `audio`, `video`, `document` or `executable` (Media RSS); `width`, `height` in pixels.
    """

    url: str
    type: str = "application/octet-stream"
    length: int | None = None
    title: str | None = None
    duration: int | None = None
    medium: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling(Timed):
    """What was decided about an article after it was published. `note` is plain text for readers.

    `by_command`: a person said so here, and neither its file nor its upstream changes it; otherwise its file says so.
    `at` is when it was first known.
    """

    verdict: Verdict
    note: str = ""
    at: datetime | None = None
    by_command: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(Timed):
    """One thing to read.

    From the parser: everything the author wrote. `body` is sanitised HTML in which our own files are
    root-relative (`/media/…`) and everything else absolute; `summary` and `title` are plain text; `url` is the
    canonical address elsewhere, None when our own page is the canonical one; `language` is a BCP 47 tag.
    `explicit_id` is the id that the author or the upstream feed gave, whatever it looks like. `upstream` is the feed
    it came from, `links` are those with a relation of their own, `comments` is a page, `rights` plain text.
    `extra` keeps keys that we do not know, in the order given; those of XML are `{namespace}name`. `ruling` is what was
    decided about it since; `parts` are the ids of the articles that it is put together from (an edition of a digest).

    From `core.decide`: `id` (an IRI, never changes), `slug`, `first_seen`, `published`, `updated`, `changed`
    (the newest change of any kind, which dates the feeds), `sort_key`, `revision` (1-based), `announced`, the newest
    `updated` that upstream gave, and `unannounced`, the number of changes that it made without saying so.
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
    contributors: tuple[Person, ...] = ()
    categories: tuple[Category, ...] = ()
    links: tuple[Link, ...] = ()
    upstream: Upstream | None = None
    comments: str | None = None
    replies: Replies | None = None
    in_reply_to: tuple[InReplyTo, ...] = ()
    rights: str = ""
    place: Place | None = None
    episode: Episode | None = None
    extra: tuple[tuple[str, str], ...] = ()
    ruling: Ruling | None = None
    parts: tuple[str, ...] = ()

    id: str = ""
    slug: str = ""
    first_seen: datetime | None = None
    changed: datetime | None = None
    sort_key: str = ""
    revision: int = 0
    announced: datetime | None = None
    unannounced: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A tag or an author as feeds know it: `kind` is `tags` or `authors`, `name` how it was first written."""

    kind: str
    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone(Timed):
    """An article that was published and is not any more (RFC 6721).

    `key` is the store's own number of the article and `revision` the state that says so; 0 for one of a document that
    we read.
    """

    id: str
    when: datetime
    key: int = field(default=0, compare=False)
    revision: int = field(default=0, compare=False)
