"""What is known of documents without their bytes, and of what they were before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


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
    links: str = ""
    max_age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the current document of a feed showed at a time: enough to render it again.

    `holds` are articles in the order of the document, each by its number (`Shown.key`) and revision, the revision
    negative for one of which the document has a tombstone. `previous` is the newest archive there was (0: none),
    `max_age` as in Rendered. `updated` dates the document; `recipe` tells what its articles were rendered by from
    anything else. `listed` are those that were shown with the others of their works: how these look, their revision
    does not tell.
    """

    feed: str
    holds: tuple[tuple[int, int], ...]
    previous: int = 0
    max_age: int | None = None
    updated: datetime | None = None
    recipe: str = ""
    listed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A document as it was from `changed` on (to the second), until the next one of its path."""

    path: str
    changed: datetime
    etag: str
