"""What can go wrong, as a tree. A message begins with its subject and says what to do.

SyndicatorError
├── ConfigError        syndicator.toml or the environment says something we cannot do
├── StoreError         the store cannot be used as it is
│   ├── StoreBusy      another process holds it and did not let go in time
│   ├── StoreFull      the disk has no room; nothing was lost, the last good state stays
│   ├── StoreNewer     it was written by a newer syndicator
│   └── StoreDamaged   it is not a database, or not whole
├── AlreadyRunning     a second daemon on the same data
├── BindError          the address to listen on cannot be had
├── PublicationError   a file under feeds/ cannot be written
├── FolderError        the watched folder as a whole cannot be read
├── BadArticle         one article file cannot be read; carries line and reason
├── FetchError         a request got no answer that can be used; carries its kind
├── BadFeed            a document cannot be read as a feed; carries its kind
├── LeaseLost          somebody else has taken over the poll that was to be stored
├── SourceError        there is no such source, or it cannot be changed like that
├── BadList            a list of sources (OPML, planet.ini, …) cannot be read
├── FeedError          there is no such feed, or it cannot be changed like that
├── ArticleError       there is no such article, or that cannot be decided about it
└── BadExpression      a filter cannot be read; carries the column
"""

from __future__ import annotations


class SyndicatorError(Exception):
    """Base of everything that syndicator raises on purpose. `str()` is one line for a person."""

    exit_code = 1


class ConfigError(SyndicatorError):
    """The configuration cannot be used; the message names the key and the nearest known one."""

    exit_code = 2


class StoreError(SyndicatorError):
    """The store cannot be used as it is."""


class StoreBusy(StoreError):
    """Another process held the store longer than we wait (5 s)."""


class StoreFull(StoreError):
    """No room on the disk of the store. The transaction was rolled back."""


class StoreNewer(StoreError):
    """The store's schema is newer than this program's."""


class StoreDamaged(StoreError):
    """The store's file is not a whole database. It is never recreated silently."""


class AlreadyRunning(SyndicatorError):
    """Another daemon works on the same data."""

    exit_code = 3


class BindError(SyndicatorError):
    """The address to listen on is in use or not ours."""

    exit_code = 4


class PublicationError(SyndicatorError):
    """A document could not be written under `feeds/`."""


class FolderError(SyndicatorError):
    """The watched folder as a whole cannot be read: it is missing, or not a folder."""


class BadArticle(SyndicatorError):
    """One article file cannot be read.

    `reason` says what is wrong and what to do; `line` is 1-based, or None where no line is to blame.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.reason = reason
        self.line = line

    def __reduce__(self) -> tuple[type[BadArticle], tuple[str, int | None]]:
        return (type(self), (self.reason, self.line))


class FetchError(SyndicatorError):
    """A request that got no answer which can be used.

    `kind` is one of `blocked_address`, `blocked_port`, `bad_url`, `dns`, `connect`, `tls`, `timeout`, `too_large`,
    `redirect`, `coding`, `protocol`; `reason` is for a person and shows nothing of a blocked target. `url` is the
    address of the hop at fault, without credentials; `hops` the redirects before it.
    """

    def __init__(self, kind: str, url: str, reason: str, hops: tuple[object, ...] = ()) -> None:
        super().__init__(f"{url}: {reason}")
        self.kind = kind
        self.url = url
        self.reason = reason
        self.hops = hops

    def __reduce__(self) -> tuple[type[FetchError], tuple[str, str, str, tuple[object, ...]]]:
        return (type(self), (self.kind, self.url, self.reason, self.hops))


class BadFeed(SyndicatorError):
    """A document that cannot be read as a feed.

    `kind` is one of `empty`, `not_a_feed`, `parse`, `too_complex` (beyond a bound), `killed` (it took its parser's
    process along); `reason` is for a person; `line` is 1-based where one is to blame.
    """

    def __init__(self, kind: str, reason: str, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.kind = kind
        self.reason = reason
        self.line = line

    def __reduce__(self) -> tuple[type[BadFeed], tuple[str, str, int | None]]:
        return (type(self), (self.kind, self.reason, self.line))


class LeaseLost(SyndicatorError):
    """The lease of a poll ran out and somebody else has the source now. Nothing of the poll was stored."""


class SourceError(SyndicatorError):
    """There is no such source, there is one already, or it is declared in syndicator.toml and changed there."""


class BadList(SyndicatorError):
    """A list of sources that cannot be read; `reason` says what is wrong, `line` (1-based) where."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.reason = reason
        self.line = line


class FeedError(SyndicatorError):
    """There is no such feed, there is one already, or it is declared in syndicator.toml and changed there."""


class ArticleError(SyndicatorError):
    """There is no such article, or it does not stand where that could be decided about it."""


class BadExpression(SyndicatorError):
    """A filter expression that cannot be read; `reason` says what is wrong and `column` (1-based) where."""

    def __init__(self, reason: str, column: int | None = None) -> None:
        super().__init__(reason if column is None else f"column {column}: {reason}")
        self.reason = reason
        self.column = column

    def __reduce__(self) -> tuple[type[BadExpression], tuple[str, int | None]]:
        return (type(self), (self.reason, self.column))
