"""Article files and what is remembered of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syndicator.model.articles import Article
from syndicator.model.times import Timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something odd in a file that did not keep it from being published."""

    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What parsing one article file gave.

    `references` are the relative addresses in it (images, links, enclosures) as written; those that name a
    file beside it are published with it.
    """

    article: Article
    notices: tuple[Notice, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStat:
    """What the folder says of a file without reading it. `path` is relative to the folder, with `/`."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a file is not published as it is. One line for a person; `line` is 1-based."""

    path: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file published beside articles: at `/media/<name>`, where name is its content hash and suffix."""

    path: str
    """The URL path, beginning with `/media/`."""
    origin: str
    """Where it lies, relative to the watched folder."""
    type: str
    length: int
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile(Timed):
    """What we remember of an article file: the observation, not the article.

    `content_hash` is sha256 of the bytes last read, in hex; `sketch` is the body's fingerprint for
    recognising it again (`core.identity.sketch`). `article_id` is the article it holds, None while it never
    parsed or is held back as a duplicate. `problem` stays until the file is read well; `missing_since` is set
    while the file is gone.
    """

    path: str
    size: int = 0
    mtime_ns: int = 0
    content_hash: str = ""
    sketch: bytes = b""
    article_id: str | None = None
    problem: str | None = None
    problem_line: int | None = None
    problem_since: datetime | None = None
    notices: tuple[Notice, ...] = ()
    missing_since: datetime | None = None
    media: tuple[Media, ...] = ()
