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
from typing import BinaryIO, Protocol, TypeVar

from syndicator.model import (
    Article,
    Claim,
    Feed,
    FileStat,
    Format,
    HostState,
    Incoming,
    Media,
    Parsed,
    PollState,
    Problem,
    Query,
    Rendered,
    Request,
    Response,
    RevisionKind,
    SeenFile,
    Shown,
    Site,
    Source,
    Term,
    Tombstone,
)
from syndicator.ports.feeds import Changed, Composing, Cut, Feeds
from syndicator.ports.tokens import Token, Tokens
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
    "Policy",
    "Polled",
    "Ports",
    "Publication",
    "Queue",
    "Saved",
    "SeedFolder",
    "Sources",
    "Spread",
    "Store",
    "Task",
    "Token",
    "Tokens",
    "Works",
]

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One article as it is to be stored: its new state, why, and what it claims.

    `kind` None keeps the stored revision and only adds `claims`. `claims` are pairs of kind (`id`, `url`,
    `hash`, `path`) and value by which it is recognised later; they are only ever added, and of a killed article
    only their hashes are kept. `terms` are the tags and authors under which it is found, None: those it had. `due` is
    when its status changes by itself, if ever. `signs` and `sketch` are by what copies of it are recognised
    (`Joining.sign`), where `article` has no text any more from which that could be told; else empty.
    """

    article: Article
    kind: RevisionKind | None
    claims: tuple[tuple[str, str], ...] = ()
    terms: tuple[Term, ...] | None = ()
    due: datetime | None = None
    signs: tuple[tuple[str, str], ...] = ()
    sketch: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How a poll ended: the claim it was made under, and what is to be stored of the source and its host."""

    claim: Claim
    state: PollState
    host: HostState


class Ingest(Protocol):
    """The first transaction, open: articles, revisions, claims, observations, and which feeds are dirty.

    While it is open no other process ingests the same source. It commits when the block ends without an
    exception and otherwise leaves nothing behind.
    """

    def files(self, paths: Collection[str] | None = None) -> dict[str, SeenFile]:
        """The observations of these paths, or of all."""

    def files_of(self, article_ids: Collection[str]) -> dict[str, SeenFile]:
        """The observation that holds each article, by article id; the present one where there are two."""

    def missing(self) -> list[SeenFile]:
        """Files that are gone and still hold an article that is not withdrawn."""

    def claimants(self, claims: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Which article made each of these claims first, by id; claims nobody made are left out."""

    def taken(self, ids: Collection[str], slugs: Collection[str]) -> tuple[set[str], set[str]]:
        """Which of these ids (in this source) and slugs (in the whole store) belong to an article already."""

    def articles(self, ids: Collection[str]) -> dict[str, Article]:
        """The current state of these articles, by id."""

    def save(self, articles: Iterable[Saved], files: Iterable[SeenFile], forget: Collection[str] = ()) -> None:
        """Store states and observations, drop the observations of the paths in `forget`, mark feeds dirty.

        The feeds made dirty are the default one, those of the terms an article had or has, and for an upstream
        source its own (`sources/<id>`). An article whose new state is killed is forgotten as by `Store.erase`.
        """

    def finish(self, polled: Polled) -> None:
        """Store what a poll observed and give its lease back. Raises LeaseLost where it is not ours any more."""

    def first_time(self) -> bool:
        """Whether this source was never completely read before: what it holds now is backfill, not news."""

    def finish_first_time(self, at: datetime) -> None:
        """Remember that the source was completely read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirtyFeed:
    """A feed whose documents may be stale. `token` tells this staleness from a later one."""

    name: str
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentHead:
    """A Rendered without its bytes. `lengths` has the number of bytes in each coding that was made."""

    path: str
    media_type: str
    etag: str
    changed: datetime
    lengths: Mapping[str, int]
    gone: bool = False


class Sources(Protocol):
    """The part of the store that knows the upstream sources, and when and by whom each is polled.

    A host is a lane: one source of it is polled at a time, and its next no sooner than a second after that began.
    """

    def sources(self, *, removed: bool = False) -> list[Source]:
        """Every source by id; with `removed` also those that were removed."""

    def source(self, id: str) -> Source | None:
        """One source, also a removed one."""

    def source_at(self, url: str) -> Source | None:
        """The source that has, or had, this address (`core.identity.url_key` folds it); not a removed one."""

    def poll_states(self, ids: Collection[str] | None = None) -> dict[str, PollState]:
        """What was observed of these sources, or of all that are not removed, without `entries`."""

    def poll_state(self, id: str) -> PollState | None:
        """What was observed of one source, whole."""

    def host_state(self, host: str) -> HostState:
        """What was observed of a host; an empty one where nothing was."""

    def save_sources(self, sources: Iterable[tuple[Source, PollState | None]]) -> None:
        """Add or change sources in one transaction. A state of None keeps the stored one; a new source needs one.

        A source that is paused or removed, and one whose `next_check` is None, is not polled. A poll that is under
        way has lost its lease where the source is removed, gets a state, or moves to another host. A state without
        `entries` leaves the stored ones while its `body_hash` is the stored one. The default feed is not made dirty:
        that is for whoever changes articles. Raises SourceError for a new source without a state.
        """

    def claim_due(self, now: datetime, limit: int, lease: timedelta) -> list[Claim]:
        """Claim up to `limit` sources that are due, one of each host that is free, the longest due first.

        Each one's `next_check` moves forward by its `interval` and `attempts` goes up by one, before anything is
        fetched; the claim has the state after that. A source that lost its lease three times in a row is quarantined
        instead. The cost follows `limit`, not the number of sources.
        """

    def claim(self, id: str, now: datetime, lease: timedelta) -> Claim | None:
        """Claim one source whether it is due or not; None while its host is busy, rests, or began a poll just now.

        A source that is paused, removed, gone or quarantined can be claimed like this, but not one that is polled.
        Raises SourceError where there is no such source.
        """

    def finish(self, polls: Iterable[Polled]) -> list[Claim]:
        """`Ingest.finish` for polls that brought no articles, in one transaction; the claims whose lease was lost."""

    def release(self, claims: Iterable[Claim]) -> None:
        """Give leases back untouched: the sources are due again as they were. For a stop before the request."""

    def ready_at(self) -> datetime | None:
        """When the next source can be claimed."""

    def overdue(self, now: datetime) -> int:
        """How many sources are due."""

    def spread(self, now: datetime, over: timedelta) -> int:
        """Spread all sources that are due evenly from `now` over so long, the longest due first; how many.

        Also those whose next check only a wrong clock can have set: more than 31 days ahead.
        """


class Store(Sources, Feeds, Works, Tokens, Protocol):
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

    def erase(self, key: int, now: datetime) -> None:
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
    ) -> tuple[str, ...]:
        """The second transaction: documents rendered, feeds done, pieces kept (key, revision, format, recipe, bytes).

        `cuts` are archives that were cut; their documents are among `documents`, and nothing of a cut is stored where
        its feed's token is not the stored one. `names` says for paths of documents by which name in `done` they go,
        where that is not the path's folder. `unfinished` are names in `done` that stay dirty under the same token.

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
        """A document's bytes in one coding (`identity`, `gzip`, `br`), None where there are none under this etag."""

    def documents(self, under: str = "") -> Iterator[tuple[str, str, bool]]:
        """Path, etag and `gone` of every document below `under` (a folder and `/`, or empty for all), by path."""

    def document_paths(self, name: str) -> list[str]:
        """The paths of the documents of a feed and its archives that are there, by path; `name` as in `Feed.name`."""

    def uncompressed(self) -> list[str]:
        """Paths of documents that have no gzip or brotli bytes yet."""

    def save_codings(self, path: str, etag: str, gzip: bytes, brotli: bytes) -> None:
        """Keep the compressed bytes of a document, unless it has changed since (another etag)."""

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


class Fetcher(Protocol):
    """The guarded HTTP client: the only way in which a request leaves us."""

    def fetch(self, request: Request) -> Response:
        """Ask, following at most five redirects, within 60 s in all. Raises FetchError."""

    def close(self) -> None:
        """Let go of connections."""


class Parser(Protocol):
    """Reads documents of others where they can do no harm."""

    def read(self, incoming: Incoming) -> Parsed:
        """The document as a feed. Raises BadFeed, of kind `killed` where it took the process along."""

    def close(self) -> None:
        """End the processes."""


class SeedFolder(Protocol):
    """The watched folder. Nothing outside it is ever read."""

    def make(self) -> None:
        """Make the folder where there is none. Raises FolderError."""

    def scan(self) -> tuple[list[FileStat], list[Problem]]:
        """Every article file by path, and what was refused (links, pipes, names that cannot be).

        Raises FolderError where there is no folder. Bounded: 100,000 files, 16 levels; beyond is a Problem.
        """

    def stat(self, path: str) -> FileStat | None:
        """One article file, or None where it is gone or not an article file; BadArticle where it is refused."""

    def read(self, path: str) -> tuple[FileStat, bytes]:
        """The bytes of a file and the stat they belong to.

        Raises BadArticle where it is refused, larger than 4 MiB, or changed while it was read;
        FileNotFoundError where it is gone.
        """

    def media(self, path: str, reference: str) -> Media | None:
        """The file that a relative address in the article at `path` names, or None if there is none inside."""

    def open_media(self, media: Media) -> bytes:
        """Its bytes."""

    def is_article(self, path: str) -> bool:
        """Whether a path would be read as an article, by its name alone."""

    def watch(self, changed: Callable[[str], None], rescan: Callable[[], None]) -> Callable[[], None]:
        """Tell of changes until the function returned is called.

        `changed(path)`: that file was closed by its writer, renamed in, or is gone. `rescan()`: something
        happened that only a scan can tell (a folder came or went, events were lost).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMedia:
    """A published media file: open for reading at its beginning, seekable, `length` bytes long."""

    file: BinaryIO
    length: int
    media_type: str


class Publication(Protocol):
    """The files under `feeds/`: a cache of the store's documents at the path of their URL."""

    def write(self, paths: Collection[str], document: Callable[[str], Rendered | None]) -> None:
        """Make these files what the store says, atomically; stale compressed siblings go first.

        Raises PublicationError, after it has tried every path.
        """

    def write_media(self, media: Media, data: Callable[[Media], bytes]) -> None:
        """Publish a media file unless it is there."""

    def repair(
        self, documents: Iterable[tuple[str, str, bool]], document: Callable[[str], Rendered | None]
    ) -> tuple[str, ...]:
        """Make every file what the store says, remove what it does not know, and what a crash left. Paths mended."""

    def keep_media(self, paths: Collection[str]) -> None:
        """Remove published media files that are not among these `/media/…` paths. Raises PublicationError."""

    def media_file(self, name: str) -> OpenMedia | None:
        """A published media file, open, by name; whoever asks closes it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to do: a kind that the daemon knows, and the files it is about where it is about files."""

    kind: str
    paths: frozenset[str] = frozenset()


class Queue(Protocol):
    """Where tasks wait for a worker."""

    def put(self, task: Task) -> None:
        """Add a task; it may be merged with an equal one that waits."""


class Spread(Protocol):
    """Runs a pure function over many things, on all cores where that pays."""

    def __call__(self, function: Callable[[T], R], things: Sequence[T]) -> Iterator[R]:
        """The results in the order of `things`. `function` and all values can be pickled."""


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
