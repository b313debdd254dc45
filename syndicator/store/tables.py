"""The tables, and how values look in them. Rows stay inside this package."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNSTORABLE = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\([0-9a-f]{4})")
_LONGEST_KEY = 400


def micros(value: datetime) -> int:
    """Microseconds from 1970 to an aware datetime; negative before."""
    return (value - _EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """The datetime in UTC at so many microseconds from 1970."""
    return _EPOCH + timedelta(microseconds=value)


class Instant(TypeDecorator[datetime]):
    """An aware datetime as integer microseconds: exact from year 1 to 9999 on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else instant(value)


class Words(TypeDecorator[str]):
    """Any text, compared and sorted by code point. What no database stores (NUL, lone surrogates) is escaped."""

    impl = Text().with_variant(Text(collation="C"), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None or not _UNSTORABLE.search(value):
            return value
        return _UNSTORABLE.sub(lambda found: f"\\{ord(found[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None or "\\" not in value:
            return value
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)


def key(text: str) -> str:
    """The text itself, or when it is too long for every database's indexes its beginning and sha256.

    A shortened key is longer than any text that stands for itself, so the two are never equal.
    """
    if len(text) <= _LONGEST_KEY:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[: _LONGEST_KEY - len(digest)]}#{digest}"


def sealed(text: str) -> str:
    """What stands for a text that must not be stored itself: it can be found again and not be read."""
    return f"#{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def sealed_key(stored: str) -> str:
    """`sealed` of the text of which this is the `key`."""
    return f"#{stored.rpartition('#')[2]}" if len(stored) > _LONGEST_KEY else sealed(stored)


class Standing(IntEnum):
    """What readers see of an article."""

    HIDDEN = 0  # never shown
    SHOWN = 1
    GONE = 2  # was shown, leaves a tombstone


_BIG = BigInteger().with_variant(Integer, "sqlite")
_BYTES = LargeBinary()

metadata = MetaData()

meta = Table("meta", metadata, Column("key", Words, primary_key=True), Column("value", Words, nullable=False))

sources = Table("sources", metadata, Column("id", Words, primary_key=True), Column("first_time_done", Instant))

articles = Table(
    "articles",
    metadata,
    Column("pk", _BIG, primary_key=True),
    Column("source", Words, ForeignKey("sources.id"), nullable=False),
    Column("id", Words, nullable=False),
    Column("id_key", Words, nullable=False),
    Column("slug", Words, nullable=False, unique=True),
    Column("status", Words, nullable=False),
    Column("standing", SmallInteger, nullable=False),
    Column("sort_key", Words, nullable=False),
    Column("changed", Instant),
    Column("due", Instant),
    Column("language", Words),
    Column("revision", Integer, nullable=False),
    Column("words", Integer, nullable=False, server_default="0"),
    Column("published", Instant),
    Column("work", BigInteger),
    UniqueConstraint("id_key", "source", name="articles_identity"),
)
"""`work` is the number of the first article of the work that it belongs to, None while it is alone."""
Index("articles_by_place", articles.c.standing, articles.c.sort_key)
Index("articles_by_source", articles.c.source, articles.c.standing, articles.c.sort_key)
Index("articles_by_language", articles.c.language, articles.c.standing, articles.c.sort_key)
Index("articles_by_status", articles.c.status)
Index(
    "articles_by_work",
    articles.c.work,
    sqlite_where=articles.c.work.is_not(None),
    postgresql_where=articles.c.work.is_not(None),
)
Index(
    "articles_by_due",
    articles.c.due,
    sqlite_where=articles.c.due.is_not(None),
    postgresql_where=articles.c.due.is_not(None),
)

revisions = Table(
    "revisions",
    metadata,
    Column("article_pk", _BIG, ForeignKey("articles.pk"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Words, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("payload", Text, nullable=False),
    PrimaryKeyConstraint("article_pk", "number"),
)

claims = Table(
    "claims",
    metadata,
    Column("source", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("value", Words, nullable=False),
    Column("article_pk", _BIG, ForeignKey("articles.pk"), nullable=False),
    PrimaryKeyConstraint("source", "kind", "value"),
    sqlite_with_rowid=False,
)

terms = Table(
    "terms",
    metadata,
    Column("kind", Words, nullable=False),
    Column("slug", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("carried", Integer, nullable=False),
    PrimaryKeyConstraint("kind", "slug"),
    sqlite_with_rowid=False,
)

article_terms = Table(
    "article_terms",
    metadata,
    Column("kind", Words, nullable=False),
    Column("slug", Words, nullable=False),
    Column("standing", SmallInteger, nullable=False),
    Column("sort_key", Words, nullable=False),
    Column("article_pk", _BIG, ForeignKey("articles.pk"), nullable=False),
    PrimaryKeyConstraint("kind", "slug", "standing", "sort_key", "article_pk"),
    sqlite_with_rowid=False,
)
Index("article_terms_by_article", article_terms.c.article_pk)

files = Table(
    "files",
    metadata,
    Column("source", Words, ForeignKey("sources.id"), nullable=False),
    Column("path_key", Words, nullable=False),
    Column("path", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("article_pk", _BIG, ForeignKey("articles.pk")),
    Column("missing_since", Instant),
    Column("troubled", Boolean, nullable=False),
    Column("payload", Text, nullable=False),
    PrimaryKeyConstraint("source", "path_key"),
)
Index("files_by_article", files.c.article_pk)

pieces = Table(
    "pieces",
    metadata,
    Column("article_pk", _BIG, ForeignKey("articles.pk"), nullable=False),
    Column("format", Words, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("recipe", Words, nullable=False),
    Column("body", _BYTES, nullable=False),
    PrimaryKeyConstraint("article_pk", "format", "recipe"),
)

documents = Table(
    "documents",
    metadata,
    Column("path", Words, primary_key=True),
    Column("etag", Words, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("coded", Boolean, nullable=False),
    Column("changed", Instant, nullable=False),
    Column("media_type", Words, nullable=False),
    Column("body", _BYTES, nullable=False),
    Column("gzip", _BYTES),
    Column("brotli", _BYTES),
    Column("zstd", _BYTES),
    Column("links", Words, nullable=False, server_default=""),
    Column("max_age", Integer),
    Column("version", BigInteger, nullable=False, server_default="0"),
)
Index("documents_listed", documents.c.path, documents.c.etag, documents.c.gone)
Index("documents_uncoded", documents.c.coded, documents.c.path)
Index("documents_by_version", documents.c.version, documents.c.path)

published = Table(
    "published",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),
)
"""One row: the highest `documents.version`. Whoever raises it holds it until the end of the transaction."""

states = Table(
    "states",
    metadata,
    Column("feed", Words, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("payload", _BYTES, nullable=False),
    PrimaryKeyConstraint("feed", "number"),
    sqlite_with_rowid=False,
)
"""What current documents of feeds showed; `number` is the version with which the documents came."""

past = Table(
    "past",
    metadata,
    Column("path", Words, nullable=False),
    Column("changed", Instant, nullable=False),
    Column("etag", Words, nullable=False),
    Column("feed", Words, nullable=False),
    Column("number", BigInteger, nullable=False),
    PrimaryKeyConstraint("path", "changed"),
    sqlite_with_rowid=False,
)
Index("past_by_etag", past.c.path, past.c.etag)
Index("past_by_state", past.c.feed, past.c.number)

visits = Table(
    "visits",
    metadata,
    Column("day", Integer, nullable=False),
    Column("path", Words, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("not_modified", BigInteger, nullable=False),
    Column("deltas", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("readers", BigInteger, nullable=False),
    Column("sketch", _BYTES),
    PrimaryKeyConstraint("day", "path"),
    sqlite_with_rowid=False,
)
"""What was asked of a document on a day (days from 1970, UTC); `sketch` estimates `readers` until the day is over."""

Index(
    "visits_open",
    visits.c.day,
    visits.c.path,
    sqlite_where=visits.c.sketch.is_not(None),
    postgresql_where=visits.c.sketch.is_not(None),
)

announced = Table(
    "announced",
    metadata,
    Column("day", Integer, nullable=False),
    Column("path", Words, nullable=False),
    Column("aggregator", Words, nullable=False),
    Column("subscribers", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "path", "aggregator"),
    sqlite_with_rowid=False,
)
"""For how many people an aggregator said on that day that it asks."""

dirty = Table(
    "dirty",
    metadata,
    Column("name", Words, primary_key=True),
    Column("token", BigInteger, nullable=False),
)

upstreams = Table(
    "upstreams",
    metadata,
    Column("source", Words, ForeignKey("sources.id"), primary_key=True),
    Column("payload", Text, nullable=False),
)

addresses = Table(
    "addresses",
    metadata,
    Column("address", Words, nullable=False),
    Column("source", Words, ForeignKey("upstreams.source"), nullable=False),
    Column("present", Boolean, nullable=False),
    PrimaryKeyConstraint("address", "source"),
    sqlite_with_rowid=False,
)
Index("addresses_by_source", addresses.c.source)

hosts = Table(
    "hosts",
    metadata,
    Column("host", Words, primary_key=True),
    Column("ready_at", Instant),
    Column("token", BigInteger),
    Column("lease_until", Instant),
    Column("started_at", Instant),
    Column("paused_until", Instant),
    Column("payload", Text, nullable=False),
)
Index(
    "hosts_by_ready",
    hosts.c.ready_at,
    hosts.c.host,
    sqlite_where=hosts.c.ready_at.is_not(None),
    postgresql_where=hosts.c.ready_at.is_not(None),
)

polls = Table(
    "polls",
    metadata,
    Column("source", Words, ForeignKey("upstreams.source"), primary_key=True),
    Column("host", Words, ForeignKey("hosts.host"), nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("condition", Words, nullable=False),
    Column("next_check", Instant),
    Column("due", Instant),
    Column("former", Instant),
    Column("token", BigInteger),
    Column("attempts", Integer, nullable=False),
)
"""`due` is `next_check` where the source is polled at all, `former` what `next_check` was before the last claim.

All of a row is written by whoever holds the row of its host. What is large lies apart: a claim writes only this.
"""
Index(
    "polls_by_host",
    polls.c.host,
    polls.c.due,
    polls.c.source,
    sqlite_where=polls.c.due.is_not(None),
    postgresql_where=polls.c.due.is_not(None),
)
Index(
    "polls_by_due",
    polls.c.due,
    polls.c.source,
    sqlite_where=polls.c.due.is_not(None),
    postgresql_where=polls.c.due.is_not(None),
)
Index("polls_by_condition", polls.c.removed, polls.c.condition, polls.c.paused)

poll_states = Table(
    "poll_states",
    metadata,
    Column("source", Words, ForeignKey("polls.source"), primary_key=True),
    Column("payload", Text, nullable=False),
)

poll_entries = Table(
    "poll_entries",
    metadata,
    Column("source", Words, ForeignKey("polls.source"), primary_key=True),
    Column("entries", _BYTES, nullable=False),
)

feeds = Table(
    "feeds",
    metadata,
    Column("number", _BIG, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    Column("recipe", Words, nullable=False),
    Column("archives", Integer, nullable=False),
    Column("payload", Text, nullable=False),
)
"""`recipe` is what its places were last made completely by, `archives` the number of its newest archive.

The default feed has a row here, of the name "" and without a payload, once it has archives.
"""

former_names = Table(
    "former_names", metadata, Column("name", Words, primary_key=True), Column("feed", Words, nullable=False)
)
"""Where a name leads that no feed has any more; to "" where the feed was removed."""

changes = Table(
    "changes",
    metadata,
    Column("number", _BIG, primary_key=True),
    Column("article_pk", _BIG, ForeignKey("articles.pk"), nullable=False, unique=True),
    Column("token", BigInteger, nullable=False),
)
"""Articles with a state that the composed feeds do not know yet."""

members = Table(
    "members",
    metadata,
    Column("feed", _BIG, ForeignKey("feeds.number"), nullable=False),
    Column("article_pk", _BIG, ForeignKey("articles.pk"), nullable=False),
    Column("place", Words, nullable=False),
    Column("entered", Words, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("archive", Integer, nullable=False),
    PrimaryKeyConstraint("feed", "article_pk"),
    sqlite_with_rowid=False,
)
Index("members_by_place", members.c.feed, members.c.archive, members.c.shown, members.c.place)
Index("members_in_order", members.c.feed, members.c.place)
Index("members_by_entry", members.c.feed, members.c.archive, members.c.entered)
Index("members_by_article", members.c.article_pk)

archived = Table(
    "archived",
    metadata,
    Column("feed", _BIG, ForeignKey("feeds.number"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("article_pk", _BIG, ForeignKey("articles.pk"), nullable=False),
    Column("revision", Integer, nullable=False),
    PrimaryKeyConstraint("feed", "number", "position"),
    sqlite_with_rowid=False,
)
Index("archived_by_article", archived.c.article_pk)

waits = Table(
    "waits",
    metadata,
    Column("feed", Words, nullable=False),
    Column("article_pk", _BIG, ForeignKey("articles.pk"), nullable=False),
    Column("due", Instant, nullable=False),
    PrimaryKeyConstraint("feed", "article_pk"),
    sqlite_with_rowid=False,
)
Index("waits_by_due", waits.c.due)

signs = Table(
    "signs",
    metadata,
    Column("kind", Words, nullable=False),
    Column("value", Words, nullable=False),
    Column("article_pk", _BIG, ForeignKey("articles.pk"), nullable=False),
    PrimaryKeyConstraint("kind", "value", "article_pk"),
    sqlite_with_rowid=False,
)
Index("signs_by_article", signs.c.article_pk)

sketches = Table(
    "sketches",
    metadata,
    Column("article_pk", _BIG, ForeignKey("articles.pk"), primary_key=True),
    Column("sketch", _BYTES, nullable=False),
)

joins = Table(
    "joins",
    metadata,
    Column("article_pk", _BIG, ForeignKey("articles.pk"), nullable=False),
    Column("other_pk", _BIG, ForeignKey("articles.pk"), nullable=False),
    Column("by", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("undone", Boolean, nullable=False),
    PrimaryKeyConstraint("article_pk", "other_pk"),
    sqlite_with_rowid=False,
)
Index("joins_by_other", joins.c.other_pk)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Words, primary_key=True),
    Column("feed", Words, nullable=False),
    Column("hash", Words, nullable=False, unique=True),
    Column("label", Words, nullable=False),
    Column("made", Instant, nullable=False),
    Column("expires", Instant),
    Column("revoked", Instant),
    Column("used", Instant),
)
Index("tokens_by_feed", tokens.c.feed)
