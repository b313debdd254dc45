"""The first transaction: articles, revisions, claims, observations."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syndicator.model import Article, RevisionKind, SeenFile, Term
from syndicator.ports.sources import Polled


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
