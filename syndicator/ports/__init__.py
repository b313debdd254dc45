"""Everything outside, as Protocols, and Ports, which holds one of each.

Flows and doors see these and never an adapter. Adapters meet here and are strangers to each other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import random
from time import sleep
from typing import Protocol, TypeVar

from syndicator.model import (
    Article,
    Feed,
    FileStat,
    Format,
    Query,
    Rendered,
    RevisionKind,
    SeenFile,
    Shown,
    Site,
    Source,
    Term,
    Tombstone,
)
from syndicator.ports.articles import Ingest, Saved
from syndicator.ports.documents import DirtyFeed, DocumentHead, Past, State
from syndicator.ports.feeds import Changed, Composing, Cut, Feeds
from syndicator.ports.outside import Fetcher, OpenMedia, Parser, Publication, Queue, SeedFolder, Spread, Task
from syndicator.ports.sources import Polled, Sources
from syndicator.ports.tokens import Token, Tokens
from syndicator.ports.visits import Tally, Visited, Visits
from syndicator.ports.works import Join, Joining, Works

__all__ = [
    "Changed",
    "Composing",
    "Cut",
    "DirtyFeed",
    "DocumentHead",
    "Feeds",
    "Fetcher",
    "Ingest",
    "Join",
    "Joining",
    "OpenMedia",
    "Parser",
    "Past",
    "Policy",
    "Polled",
    "Ports",
    "Publication",
    "Queue",
    "Saved",
    "SeedFolder",
    "Sources",
    "Spread",
    "State",
    "Store",
    "Tally",
    "Task",
    "Token",
    "Tokens",
    "Visited",
    "Visits",
    "Works",
]

T = TypeVar("T")
R = TypeVar("R")


class Store(Sources, Feeds, Works, Tokens, Visits, Protocol):
    """The one store: articles under identities that never change, and the documents made from them.

    Every method is safe to call from several threads and processes. All raise StoreError: StoreBusy when
    another process does not let go within 5 s, StoreFull when the disk has no room.
    """

    def created(self) -> datetime:
        """When the store was made; dates feeds that are still empty."""

    def ingest(self, source: str) -> AbstractContextManager[Ingest]:
        """Open the first transaction for a source."""

    def stats(self, source: str) -> dict[str, FileStat]:
        """Size and mtime of every file seen of a source and not missing, by path."""

    def files(self, source: str, paths: Collection[str] | None = None, *, troubled: bool = False) -> Iterator[SeenFile]:
        """The observations of these paths of a source, or of all, by path; with `troubled` those with a problem."""

    def select(self, query: Query, limit: int, before: str | None = None) -> list[Article]:
        """Published articles that the query means, by sort key, newest first, beginning below `before`."""

    def shown(self, query: Query, limit: int) -> list[Shown]:
        """Like `select`, but only the places: what a feed is put together from.

        Where several sources have an article of one id that the query means, only the one that was stored first;
        the same holds for `select`.
        """

    def tombstones(self, query: Query, limit: int, since: str | None = None) -> list[Tombstone]:
        """Articles that were published, are not any more, and that the query means; newest sort key first.

        `since`: only those whose sort key is not below it. None of an id of which the query means a published one.
        """

    def article(self, id_or_slug: str) -> Article | None:
        """One article in its current state, whatever its status, by id or slug."""

    def articles(self, source: str, ids: Collection[str]) -> dict[str, Article]:
        """The current state of these articles of a source, by id."""

    def states(self, keys: Collection[int]) -> dict[int, Article]:
        """The current state of the articles with these numbers (`Shown.key`), by number."""

    def revisions(self, id_or_slug: str) -> list[tuple[int, RevisionKind, datetime, Article]]:
        """Every stored state of an article, by id or slug, oldest first: number, kind, when recorded, state."""

    def due(self, now: datetime, limit: int = 500) -> list[Article]:
        """Articles whose status changes by itself at or before `now`."""

    def next_due(self) -> datetime | None:
        """When the next article changes its status by itself."""

    def terms(self, kind: str | None = None, limit: int | None = None, offset: int = 0) -> list[tuple[Term, int]]:
        """Every tag and author that a shown or withdrawn article has, with the number of shown ones.

        By kind and slug. With `limit` only so many of those that a shown article has, of one `kind` where it is
        given, after the first `offset` of them: those with the most shown articles first, among equals by slug.
        """

    def term(self, kind: str, slug: str) -> Term | None:
        """One of them."""

    def count(self) -> Mapping[str, int]:
        """Numbers of articles by status, and of `files`, `problems`, `missing`, `revisions`, `documents`.

        `files` and `problems` are those of files that are there; `missing` are files that are gone while their
        article is not withdrawn. Of upstream sources the numbers of `sources`, and of those that are `paused`, or
        else `troubled` (also those failing for long), `gone` or `quarantined`.
        """

    def dirty(self) -> list[DirtyFeed]:
        """Feeds whose documents may be stale."""

    def soil(self, names: Iterable[str]) -> None:
        """Mark feeds as dirty."""

    def pieces(self, shown: Sequence[Shown], format: Format, recipe: str) -> dict[int, bytes]:
        """Rendered articles that are still good, by `Shown.key`: of this revision, format and recipe."""

    def forget_pieces(self, recipes: Collection[str]) -> None:
        """Forget the rendered articles that are of none of these recipes."""

    def erase(self, key: int) -> None:
        """Make an article's every stored state forget its text, and everything that quotes it; may be repeated.

        What remains (`core.rulings.forgotten`): id, slug, source, dates, status, ruling; and hashes of the claims by
        which it is recognised again. Its pieces go, and archives that hold it are marked as dirty, each by its name.
        """

    def forget_before(self, key: int, revision: int) -> None:
        """Make an article's states before that revision forget their text."""

    def publish(
        self,
        done: Collection[DirtyFeed],
        documents: Collection[Rendered],
        gone: Collection[str],
        pieces: Collection[tuple[int, int, Format, str, bytes]],
        now: datetime,
        *,
        cuts: Collection[Cut] = (),
        names: Mapping[str, str] | None = None,
        unfinished: Collection[str] = (),
        states: Collection[State] = (),
    ) -> tuple[str, ...]:
        """The second transaction: documents rendered, feeds done, pieces kept (key, revision, format, recipe, bytes).

        `cuts` are archives that were cut; their documents are among `documents`, and nothing of a cut is stored where
        its feed's token is not the stored one. `names` says for paths of documents by which name in `done` they go,
        where that is not the path's folder. `unfinished` are names in `done` that stay dirty under the same token.
        `states` are what current documents of feeds among `documents` show: kept for each of these whose bytes changed
        or whose present state was never kept.

        Nothing is stored for a feed in `done` whose token is not the stored one any more: somebody newer has
        it. A document whose bytes are the stored ones keeps its `changed`; another one's `changed` becomes
        `now` to the second, or one second after the stored one, whichever is later. Documents under the paths
        in `gone` are marked as removed. Returns the paths whose bytes changed or that went.
        """

    def document(self, path: str) -> Rendered | None:
        """One published document with its bytes, or what remains of a removed one (`gone`)."""

    def document_head(self, path: str) -> DocumentHead | None:
        """What is known of a published or removed document, without reading its bytes."""

    def document_body(self, path: str, etag: str, coding: str) -> bytes | None:
        """A document's bytes in a coding (`identity`, `gzip`, `br`, `zstd`), None where this etag has none."""

    def documents(self, under: str = "") -> Iterator[tuple[str, str, bool]]:
        """Path, etag and `gone` of every document below `under` (a folder and `/`, or empty for all), by path."""

    def document_paths(self, name: str) -> list[str]:
        """The paths of the documents of a feed and its archives that are there, by path; `name` as in `Feed.name`."""

    def uncompressed(self) -> list[str]:
        """Paths of documents that have no compressed bytes yet."""

    def save_codings(self, path: str, etag: str, gzip: bytes, brotli: bytes, zstd: bytes) -> None:
        """Keep the compressed bytes of a document, unless it has changed since (another etag)."""

    def save_links(self, links: Collection[tuple[str, str, str]]) -> None:
        """Keep other relations of documents (path, etag, `Rendered.links`), but of none that has changed since."""

    def published_mark(self) -> Callable[[], int] | None:
        """What tells at the cost of a look into memory that `published_since` has something new: another number.

        It may tell late, by less than a second, what a process did that was killed in the act. None where the
        database has no such thing: then ask `published_since` from time to time.
        """

    def published_since(self, version: int) -> tuple[int, list[str] | None]:
        """The version that documents have now, and the paths of those that another answer became due for since.

        Each transaction that changes a document, its compressed bytes or what goes with them raises the version by
        one. The paths are None where all may have changed (a version that never was: another database).
        """

    def states_of(self, path: str, etags: Collection[str]) -> State | None:
        """The newest kept state in which a document had one of these etags."""

    def state_at(self, path: str, moment: datetime) -> State | None:
        """The state in which a document was at a moment; the first kept one where that is later, None without any."""

    def past(self, path: str) -> list[Past]:
        """What a document was in each kept state, oldest first."""

    def forget_states(self, before: datetime, most: int) -> None:
        """Forget states that ended before that moment, and of each document all but the newest `most` (0: all).

        The one in which a document is now is kept but for that.
        """

    def remember(self, key: str, value: str) -> None:
        """Keep a small fact (the last scan, the recipe of what is published)."""

    def recall(self, key: str) -> str | None:
        """A small fact kept earlier."""

    def ping(self) -> None:
        """Raise StoreError unless the store answers."""

    def room(self) -> int | None:
        """Bytes that can still be written where the store lies; None where that cannot be told from here."""

    def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a person decided about reading and publishing, apart from the Site."""

    source: str = "seeds"
    namespace: str = ""
    """What tells this site's ids from another's; empty where nobody set it."""
    items: int = 50
    timezone: str = "UTC"
    folder_tags: bool = True
    removal_grace: timedelta = timedelta(seconds=60)
    settle: timedelta = timedelta(seconds=2)
    public_base: bool = False
    """Whether a public base URL is configured."""
    min_interval: timedelta | None = None
    """What an operator wants instead of the floor of an hour."""
    max_interval: timedelta = timedelta(hours=6)
    archives: int = 10
    """How many archive documents (RFC 5005) are read back at most."""
    user_agent: str = "syndicator"
    """How we introduce ourselves to upstream servers."""
    declared: tuple[Source, ...] = ()
    """The sources that the configuration names; `id` is empty where it names no slug."""
    feeds: tuple[Feed, ...] = ()
    """The composed feeds that the configuration names."""
    former_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What these feeds were called before, by their names."""
    default_archives: bool = False
    """Whether the default feed has archives."""
    max_age: timedelta = timedelta(minutes=5)
    """For how long a document may be reused without asking at least."""
    max_age_limit: timedelta = timedelta(hours=3)
    """And at most, however rarely its feed changes."""
    history: timedelta = timedelta(days=30)
    """For how long past states of feeds are kept; zero keeps none."""


def _plainly(function: Callable[[T], R], things: Sequence[T]) -> Iterator[R]:
    return map(function, things)


def _silently(*_: object) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """One of each, and the time. Flows and doors are functions of this.

    `progress` is told how far long work is: what, done, total.
    """

    store: Store
    seeds: SeedFolder
    publication: Publication
    fetcher: Fetcher
    parser: Parser
    site: Site
    now: Callable[[], datetime]
    random: Callable[[], float] = random
    sleep: Callable[[float], None] = sleep
    policy: Policy = field(default_factory=Policy)
    spread: Spread = _plainly
    progress: Callable[[str, int, int], None] = _silently
