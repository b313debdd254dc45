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
└── BadArticle         one article file cannot be read; carries line and reason
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
