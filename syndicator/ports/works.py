"""The part of the store that knows which articles are the same one from several sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syndicator.model import Article
from syndicator.model.times import Timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Timed):
    """Why an article was taken for the same as another one: `by` is `url`, `guid`, `content` or `person`.

    `key` and `other` are the store's numbers of the two; `why` is one line for a person.
    """

    key: int
    other: int
    by: str
    why: str
    at: datetime


class Joining(Protocol):
    """What may be asked and stored of works while `Feeds.composing` is open. A work is what several articles are alike.

    It is known by the number of the article in it that was stored first; an article that is alone is its own work.
    """

    def bearers(self, signs: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
        """The articles that bear each of these signs (kind, value), the first stored first; at most 50 of each."""

    def sketches(self, keys: Collection[int]) -> dict[int, bytes]:
        """The sketches of these articles' contents, by number."""

    def sign(self, key: int, signs: Collection[tuple[str, str]], sketch: bytes) -> None:
        """Let an article bear these signs, and no others, from now on."""

    def killed(self, keys: Collection[int]) -> frozenset[int]:
        """Those of these articles that are killed."""

    def unsigned(self, limit: int) -> list[tuple[int, Article]]:
        """Shown articles that never had signs, by number; each is given once. Fewer than `limit`: these are all."""

    def works(self, keys: Collection[int]) -> dict[int, tuple[int, ...]]:
        """All articles of the work that each of these belongs to, itself included, the first stored first."""

    def namesakes(self, keys: Collection[int]) -> dict[int, tuple[int, ...]]:
        """All articles, of whatever source, that have the id of each of these, by number; those alone are left out."""

    def join(self, joins: Iterable[Join]) -> None:
        """Make the works of the two one, and remember why."""

    def split(self, key: int, at: datetime) -> None:
        """Take an article out of its work, for ever: it is never joined with what it was joined with again."""

    def apart(self, key: int) -> frozenset[int]:
        """The articles that a person said this one is not the same as."""

    def again(self, keys: Iterable[int]) -> None:
        """Let the composed feeds look at these articles as if they had changed."""


class Works(Protocol):
    """What may be asked of works at any time."""

    def signed(self) -> bool:
        """Whether any article bears signs: there were several sources once, or something was killed."""

    def work_of(self, key: int) -> tuple[int, ...]:
        """All articles of the work that this one belongs to, itself included, the first stored first."""

    def others_of(self, keys: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """The other articles of the works of these, by number; those that are alone are left out."""

    def joins_of(self, keys: Collection[int]) -> list[Join]:
        """Why these articles are in one work."""

    def doubles(self, limit: int) -> list[tuple[int, ...]]:
        """The works of more than one article, that of the article stored last first, so many of them."""
