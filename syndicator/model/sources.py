"""Sources of articles as a person decided them, what was observed of them, and what came back from them.

A poll never writes a Source: what it learns is PollState.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from syndicator.model.articles import Article, Link, Tombstone, Upstream
from syndicator.model.times import Timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Timed):
    """An upstream feed that is polled.

    `id` is its slug, under which its own feed lies (`/sources/<id>/feed.xml`); it never changes. `tags` are given to
    all its articles beside their own. `interval` is what an operator wants instead of the adaptive one. `username`
    and `password` are sent by Basic authentication, `headers` as they are, both to the origin of `url` alone.
    `licence` and `language` stand in where the feed names none. `trust`: what it pushes is believed without a fetch.
    `declared`: it stands in `syndicator.toml` and is changed there only. `aliases` are addresses it had before.
    """

    id: str
    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    interval: timedelta | None = None
    paused: bool = False
    username: str | None = None
    password: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    user_agent: str | None = None
    language: str | None = None
    licence: str | None = None
    trust: bool = False
    declared: bool = False
    removed: bool = False
    aliases: tuple[str, ...] = ()
    added: datetime | None = None


class Condition(enum.StrEnum):
    """How it stands with polling a source."""

    NEW = "new"  # never fetched
    WELL = "well"
    TROUBLED = "troubled"  # the last poll failed
    FAILING = "failing"  # failed for more than 30 days: polled once a week
    GONE = "gone"  # 410, confirmed: not polled
    DUPLICATE = "duplicate"  # it moved to the address of another source, which is polled instead
    QUARANTINED = "quarantined"  # it killed its parser or lost its lease three times: not polled


class Result(enum.StrEnum):
    """What came of a poll."""

    NEW = "new"  # articles are new or changed
    SAME = "same"  # 200, and nothing in it is new
    NOT_MODIFIED = "not modified"  # 304
    MOVED = "moved"  # the address was changed after a redirect had proved stable
    FAILED = "failed"
    PAUSED = "paused"  # 429 or 503 with Retry-After: the whole host rests
    OUTAGE = "outage"  # we seem to be offline: nothing was counted
    GONE = "gone"  # 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll(Timed):
    """One poll as it is remembered. `status` is the HTTP status; `reason` is for a person, empty where all is well."""

    at: datetime
    result: Result
    status: int | None = None
    reason: str = ""
    new: int = 0
    changed: int = 0
    seconds: float = 0.0
    received: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirection(Timed):
    """A permanent redirect that is being watched: `target` since when, and how many times in a row."""

    target: str
    since: datetime
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a publisher says about polling it, in seconds; None where it says nothing.

    `invited` is from the document (`ttl`, `sy:update*`), `fresh` from the headers (max-age, Expires). `skip_hours`
    (0 to 23, GMT) and `skip_days` (0 Monday to 6 Sunday) are hours and days in which it asks not to be polled.
    """

    invited: int | None = None
    fresh: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState(Timed):
    """What we observed of a source.

    `etag` and `last_modified` are opaque, as received with the last 200 or 304 from `validated_url`, and sent back
    there alone. `body_hash` is sha256 of the last body read, in hex. `entries` remembers the entries of the last
    document for `core.upstream` (opaque). `times` are when the newest articles appeared, newest first, at most nine.
    `interval` is what the last decision was based on. `failures` counts in a row, `failing_since` is the first of
    them; `gone` are the 410s in a row. `polls` are the last ten, newest first. `upstream` is what the feed says of
    itself. `identity` is the sticky policy by which its entries are told apart (`id`, `id+link`, `link`). `notice`
    is what is wrong with the document though it could be read; `partial_hash` is that of a body that ended before its
    end: when the same comes again, that is all there is. `deaths` are parser processes that it took along.
    `hub` and `self_url` are what it offers for push; `unconditional_at` is the last request without validators.
    """

    source: str
    host: str
    condition: Condition = Condition.NEW
    next_check: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    validated_url: str | None = None
    unconditional_at: datetime | None = None
    body_hash: str = ""
    partial_hash: str = ""
    entries: bytes = b""
    times: tuple[datetime, ...] = ()
    interval: timedelta = timedelta(hours=1)
    why: str = ""
    hints: Hints = field(default_factory=Hints)
    failures: int = 0
    failing_since: datetime | None = None
    gone: tuple[datetime, ...] = ()
    polls: tuple[Poll, ...] = ()
    fetched_at: datetime | None = None
    new_at: datetime | None = None
    upstream: Upstream = field(default_factory=Upstream)
    identity: str = "id"
    notice: str = ""
    deaths: int = 0
    attempts: int = 0
    redirection: Redirection | None = None
    hub: str | None = None
    self_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState(Timed):
    """What we observed of a host (scheme, name and port): why it rests, and until when.

    `pauses` counts the 429s in a row. `failures` are the last failures of its sources within an hour: when, which
    source, and the kind of failure. `trouble` is the kind that many of its sources met alike, last at `troubled_at`.
    """

    host: str
    paused_until: datetime | None = None
    pauses: int = 0
    failures: tuple[tuple[datetime, str, str], ...] = ()
    trouble: str = ""
    troubled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Timed):
    """A source that is ours to poll until `until`, by `token`; nobody else polls it or another one of its host."""

    source: Source
    state: PollState
    host: HostState
    token: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask for: an http(s) URL, the validators to send there, and headers for its origin alone.

    The validators go to `validated_url` alone, which may be behind redirects; None: to `url`. `user_agent` is sent
    on every hop. `accept` is the Accept header.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    validated_url: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    user_agent: str = ""
    accept: str = "*/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One redirect on the way: `url` answered `status` and pointed to `target`."""

    url: str
    status: int
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back, whatever its status: `url` is where from after `hops`, `headers` have lower-case names.

    Several headers of one name are joined by `, `. `body` is decoded and within bounds; `received` is its length
    before that, in bytes; `seconds` the time from start to end.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hops: tuple[Hop, ...] = ()
    received: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A document to be read as a feed.

    `url` is where it came from, `content_type` and `content_location` its headers. `entries` is what a former reading
    gave back: those entries are left out of `Parsed.entries`. `most` bounds the entries that are read.
    """

    body: bytes
    url: str
    content_type: str | None = None
    content_location: str | None = None
    content_language: str | None = None
    entries: bytes = b""
    most: int = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a document: the article as upstream wrote it (`source` is empty), and what it is known by.

    `digest` is 8 bytes, of the entry's bytes and all that it inherits; `article.explicit_id` is its trimmed id.
    """

    article: Article
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed(Timed):
    """What reading a feed gave: in the order of the document, only what `Incoming.entries` did not know.

    `seen` is a record of 24 bytes for every entry of the document: its digest, and 8 bytes of sha256 of its id and of
    its link (zeros where it has none): see `core.upstream.memory`. `format` is `rss20`, `atom10`, `json11` and so on.
    `links` are the feed's own (`self`, `hub`, `prev-archive`, `current`, …) with absolute addresses. `notices` say
    what is wrong with the document, for a person. `total` counts the entries of the document, `dropped` those beyond
    the bound. `archive`: it is an archive document; `complete`: what is absent is gone (RFC 5005). `truncated`: it ends
    before its end, so that entries may be missing.
    """

    format: str
    upstream: Upstream
    entries: tuple[Entry, ...] = ()
    seen: bytes = b""
    total: int = 0
    dropped: int = 0
    links: tuple[Link, ...] = ()
    deleted: tuple[Tombstone, ...] = ()
    hints: Hints = field(default_factory=Hints)
    archive: bool = False
    complete: bool = False
    truncated: bool = False
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A source as a list of sources names it: OPML, a planet's configuration, and the like."""

    url: str
    title: str = ""
    page: str | None = None
    tags: tuple[str, ...] = ()
    paused: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionList:
    """What a list gave: its sources without doubles, in its order, and what could not be taken over and why."""

    format: str
    title: str = ""
    subscriptions: tuple[Subscription, ...] = ()
    notices: tuple[str, ...] = ()
