"""The part of the store that knows the composed feeds, and which articles are in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syndicator.model import Article, Feed, Member, Tombstone
from syndicator.model import Shown as Place
from syndicator.ports.works import Joining


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An article of which a state was stored that the composed feeds do not know yet.

    `key` is the store's number of it; `token` tells this change from a later one.
    """

    key: int
    article: Article
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """An archive document that is cut from a feed: what it holds, as (`Member.key`, revision), newest place first.

    The revision is negative where the archive only tells that the article has left the feed.
    """

    feed: str
    number: int
    holds: tuple[tuple[int, int], ...]


class Composing(Joining, Protocol):
    """The transaction between the first and the second, open: changed articles find their places in composed feeds.

    While it is open no other process composes. It commits when the block ends without an exception and otherwise
    leaves nothing behind.
    """

    def changed(self, limit: int) -> list[Changed]:
        """Articles whose change was not looked at yet, the longest waiting first, each in its current state."""

    def done(self, changed: Iterable[Changed]) -> None:
        """Remember that these changes were looked at; one that was changed again since stays."""

    def states(self, keys: Collection[int]) -> dict[int, Article]:
        """The current state of the articles with these numbers, by number."""

    def members(self, keys: Collection[int]) -> dict[int, list[Member]]:
        """The places of these articles in composed feeds, by the article's number; those without any are left out."""

    def counted(self, feed: str, source: str, since: str, before: str) -> int:
        """How many articles of a source have a place in a feed not below `since` and below `before`, shown or not."""

    def save(self, members: Iterable[Member], removed: Iterable[tuple[str, int]] = ()) -> None:
        """Store places, take those of (feed, key) away, and mark the feeds as dirty."""

    def wait(self, waits: Iterable[tuple[str, int, datetime]]) -> None:
        """Let `due` give (feed, key) once the moment has come; an earlier wait of the two is replaced."""

    def due(self, now: datetime, limit: int = 500) -> list[tuple[str, int]]:
        """What waited until now, the longest first. It is forgotten when the transaction commits."""

    def soil(self, names: Iterable[str]) -> None:
        """Mark feeds, or other documents, as dirty."""

    def after(self, key: int, limit: int, sources: Collection[str] = ()) -> list[tuple[int, Article]]:
        """Shown articles above that number, by number, of these sources or of all: for the first look of a new feed."""

    def composed(self, feed: str, recipe: str) -> None:
        """Remember that the places of a feed are what `recipe` makes them."""


class Feeds(Protocol):
    """Composed feeds as a person decided them, their names for ever, their places and archives."""

    def feeds(self) -> list[Feed]:
        """Every composed feed by name."""

    def feed(self, name: str) -> Feed | None:
        """One of them by its present name."""

    def save_feed(self, feed: Feed) -> None:
        """Add or change a feed and mark it as dirty. A name that was removed or renamed before is its own again."""

    def rename_feed(self, name: str, to: str) -> None:
        """Give a feed another name: its places and archives go with it, the documents under the old name are gone,
        and the old name leads to the new one from now on, also through later renamings.

        Raises FeedError where there is no such feed, or another one has the name.
        """

    def remove_feed(self, name: str) -> None:
        """Remove a feed with its places, archives and documents; its names, former ones too, are gone for ever."""

    def former(self, name: str) -> str | None:
        """Where a name that no feed has any more leads: a feed's present name, "" where that was removed, None where no
        feed ever had it."""

    def composed_by(self, feed: str) -> str:
        """The recipe by which the places of a feed were last made completely; empty where they never were."""

    def composing(self) -> AbstractContextManager[Composing]:
        """Open the transaction in which changed articles find their places."""

    def waiting(self, now: datetime | None = None) -> bool:
        """Whether there is anything to compose: changed articles, and with `now` what waited until then."""

    def places(self, feed: str, limit: int | None = None, before: str | None = None) -> list[Place]:
        """What the current document of a composed feed shows, by place, newest first: all that is in no archive.

        `before`: only what is placed below it.
        """

    def since(self, feed: Feed, place: str, limit: int) -> list[Place]:
        """What a feed of any kind shows whose place is not below that, archived or not, newest place first."""

    def gone_from(self, feed: str, limit: int, since: str | None = None) -> list[Tombstone]:
        """What was in a composed feed and is not any more, as far as no archive tells of it, newest place first.

        `since`: only those whose place is not below it.
        """

    def oldest(self, feed: str, limit: int) -> list[Member]:
        """What is in the current document of a feed, shown or gone, by `entered`, the first to be archived first."""

    def archives(self, feed: str) -> int:
        """The number of the newest archive of a feed; 0 where there is none."""

    def held(self, feed: str, number: int) -> list[tuple[int, int]]:
        """What an archive holds, as (article's number, revision), in the order of the document; see `Cut.holds`."""

    def archived_in(self, key: int) -> list[tuple[str, int]]:
        """The archives that hold an article in any of its states, as (feed, number)."""

    def states_at(self, revisions: Collection[tuple[int, int]]) -> dict[tuple[int, int], Article]:
        """These stored states of articles, by (article's number, revision)."""

    def highest(self) -> int:
        """The highest number that the store gave an article; 0 where there is none."""

    def editions_of(self, ids: Collection[str]) -> dict[int, Article]:
        """Editions of digests, whatever their status, that were put together from one of these articles, by number.

        They are known by claims of the kind `part`.
        """

    def number_of(self, article: Article) -> int | None:
        """The store's number of an article."""

    def members_of(self, key: int) -> list[Member]:
        """The places of an article in composed feeds, by the feed's name."""
