"""What lies outside beside the store: the folder, the published files, the network, the queue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeVar

from syndicator.model import FileStat, Incoming, Media, Parsed, Problem, Rendered, Request, Response

T = TypeVar("T")
R = TypeVar("R")


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
