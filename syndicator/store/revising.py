"""Storing states of articles: the head, the revision, where it stands, and what that makes stale."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from syndicator.core.queries import words
from syndicator.errors import StoreError
from syndicator.model import Article, Status
from syndicator.ports import Saved
from syndicator.store import rows
from syndicator.store.engine import Database
from syndicator.store.marks import mark
from syndicator.store.tables import (
    Standing,
    article_terms,
    articles,
    changes,
    claims,
    key,
    pieces,
    revisions,
    sealed,
    terms,
)
from syndicator.store.works import sign

_Place = tuple[str, str]
"""Kind and slug of a term."""


@dataclass(slots=True)
class _Head:
    """What is stored of an article, and what it becomes. `pk` is None while it is new."""

    pk: int | None
    standing: Standing
    revision: int
    before: set[_Place] = field(default_factory=set)
    was: Standing = Standing.HIDDEN
    latest: Saved | None = None
    states: list[Saved] = field(default_factory=list)


class Revising:
    """Stores states of one source's articles in an open transaction, portion by portion.

    Marks and counts that other transactions touch too are written by `finish`, sorted: so they are held
    briefly, and two transactions never wait for each other.
    """

    def __init__(
        self, database: Database, connection: Connection, source: str, now: datetime, own_feed: str | None = None
    ) -> None:
        self._database = database
        self._connection = connection
        self._source = source
        self._now = now
        self._pks: dict[str, int] = {}
        self._stale: set[str] = set()
        self._feeds = {"", own_feed or ""}
        self._shown: Counter[_Place] = Counter()
        self._carried: Counter[_Place] = Counter()
        self._names: dict[_Place, str] = {}

    def save(self, states: list[Saved], *, empty: bool = False) -> None:
        """Store these states in their order. Raises StoreError where one does not follow what is stored.

        `empty`: no article of the source is stored.
        """
        heads = {} if empty else self._heads({saved.article.id for saved in states})
        for saved in states:
            self._advance(heads, saved)
        moved = {id_: head for id_, head in heads.items() if head.latest}
        signed = [head for head in moved.values() if head.latest and head.latest.sketch]
        known = [head for head in signed if head.pk is not None]
        self._sign(known)  # before their rows are held: whoever composes signs first, too
        self._write_heads(moved)
        self._sign([head for head in signed if head not in known])
        self._write_revisions(moved)
        self._write_terms(moved)
        self._write_changes(moved)
        self._write_claims(heads, states)

    def soil(self, names: Collection[str]) -> None:
        """Let `finish` mark these feeds too."""
        self._stale.update(names)

    def finish(self) -> None:
        """Mark the feeds that became stale and bring the counts of terms up to date."""
        mark(self._database, self._connection, self._stale)
        new, shown, carried = self._database.insert(terms), self._shown, self._carried
        counted = [
            {"kind": kind, "slug": slug, "name": name, "shown": shown[kind, slug], "carried": carried[kind, slug]}
            for (kind, slug), name in sorted(self._names.items())
        ]
        if counted:
            self._connection.execute(
                new.on_conflict_do_update(
                    index_elements=[terms.c.kind, terms.c.slug],
                    set_={
                        "shown": terms.c.shown + new.excluded.shown,
                        "carried": terms.c.carried + new.excluded.carried,
                    },
                ),
                counted,
            )

    def pks(self, ids: Collection[str]) -> dict[str, int]:
        """The keys of these articles by id. Raises StoreError where one is not stored."""
        for portion in rows.portions({key(id_) for id_ in ids if id_ not in self._pks}):
            heads = select(articles.c.id, articles.c.pk)
            heads = heads.where(articles.c.source == self._source, articles.c.id_key.in_(portion))
            self._pks.update(self._connection.execute(heads).all())
        for id_ in ids:
            if id_ not in self._pks:
                raise StoreError(f"article {id_}: it is not stored in source {self._source}; save it first")
        return {id_: self._pks[id_] for id_ in ids}

    def _heads(self, ids: Collection[str]) -> dict[str, _Head]:
        heads: dict[str, _Head] = {}
        by_pk: dict[int, _Head] = {}
        for portion in rows.portions({key(id_) for id_ in ids}):
            stored = select(articles.c.id, articles.c.pk, articles.c.standing, articles.c.revision)
            stored = stored.where(articles.c.source == self._source, articles.c.id_key.in_(portion))
            for id_, pk, standing, revision in self._connection.execute(stored):
                now = Standing(standing)
                self._pks[id_] = pk
                heads[id_] = by_pk[pk] = _Head(pk=pk, standing=now, was=now, revision=revision)
        for some in rows.portions(by_pk):
            carried = select(article_terms.c.article_pk, article_terms.c.kind, article_terms.c.slug)
            for pk, kind, slug in self._connection.execute(carried.where(article_terms.c.article_pk.in_(some))):
                by_pk[pk].before.add((kind, slug))
        return heads

    def _advance(self, heads: dict[str, _Head], saved: Saved) -> None:
        article = saved.article
        head = heads.get(article.id)
        if saved.kind is None:
            if head is None:
                raise StoreError(f"article {article.id}: it is not stored, so nothing can be claimed for it")
            return
        if head is None:
            head = heads[article.id] = _Head(pk=None, standing=Standing.HIDDEN, revision=0)
        if article.revision != head.revision + 1:
            raise StoreError(
                f"article {article.id}: revision {article.revision} does not follow {head.revision}; read it again"
            )
        head.revision = article.revision
        head.standing = _standing(article, head.standing)
        head.latest = saved
        head.states.append(saved)

    def _write_heads(self, moved: dict[str, _Head]) -> None:
        new = [{"source": self._source, **_row(head)} for head in moved.values() if head.pk is None]
        old = [{"head_pk": head.pk, **_row(head)} for head in moved.values() if head.pk is not None]
        old.sort(key=itemgetter("head_pk"))  # in one order, so that two transactions hardly ever wait for each other
        if old:
            changing = set(old[0]) - {"head_pk", "id", "id_key"}
            head = update(articles).where(articles.c.pk == bindparam("head_pk"))
            self._connection.execute(head.values({name: bindparam(name) for name in changing}), old)
            stale = delete(pieces).where(pieces.c.article_pk == bindparam("head_pk"))
            self._connection.execute(stale, [{"head_pk": row["head_pk"]} for row in old])
        if new:
            self._database.fill(self._connection, articles, tuple(new[0]), [tuple(row.values()) for row in new])
            pks = self.pks([id_ for id_, head in moved.items() if head.pk is None])
            for id_, pk in pks.items():
                moved[id_].pk = pk

    def _sign(self, heads: Collection[_Head]) -> None:
        for head in heads:
            assert head.pk is not None
            assert head.latest is not None
            sign(self._database, self._connection, head.pk, head.latest.signs, head.latest.sketch)

    def _write_revisions(self, moved: dict[str, _Head]) -> None:
        columns = ("article_pk", "number", "kind", "recorded_at", "payload")
        stored = [
            (head.pk, saved.article.revision, str(saved.kind), self._now, rows.ARTICLE.dump(saved.article))
            for head in moved.values()
            for saved in head.states
        ]
        self._database.fill(self._connection, revisions, columns, stored)

    def _write_changes(self, moved: dict[str, _Head]) -> None:
        """Whoever looked at an earlier state must look again: under a new number, at the end of the queue."""
        for some in rows.portions(head.pk for head in moved.values() if len(head.states) < head.revision):
            self._connection.execute(delete(changes).where(changes.c.article_pk.in_(some)))
        changed = [(head.pk, secrets.randbits(63)) for head in moved.values()]
        self._database.fill(self._connection, changes, ("article_pk", "token"), changed)

    def _write_terms(self, moved: dict[str, _Head]) -> None:
        columns = ("kind", "slug", "standing", "sort_key", "article_pk")
        carried: list[tuple[object, ...]] = []
        bare: list[int | None] = []
        for head in moved.values():
            if head.standing is Standing.HIDDEN or head.latest is None:
                continue
            given = head.latest.terms
            now = dict.fromkeys(head.before, "") if given is None else {(t.kind, t.slug): t.name for t in given}
            if head.before:
                bare.append(head.pk)
            sort_key = head.latest.article.sort_key
            carried += [(kind, slug, int(head.standing), sort_key, head.pk) for kind, slug in now]
            self._note(head, now)
        for some in rows.portions(bare):
            self._connection.execute(delete(article_terms).where(article_terms.c.article_pk.in_(some)))
        self._database.fill(self._connection, article_terms, columns, carried)

    def _note(self, head: _Head, now: dict[_Place, str]) -> None:
        """Keep in mind which feeds became stale and how the counts of terms moved."""
        self._stale |= self._feeds
        for place in head.before:
            self._stale.add("/".join(place))
            self._names.setdefault(place, "")
            self._carried[place] -= 1
            self._shown[place] -= head.was is Standing.SHOWN
        for place, name in now.items():
            self._stale.add("/".join(place))
            self._names[place] = self._names.get(place) or name
            self._carried[place] += 1
            self._shown[place] += head.standing is Standing.SHOWN

    def _write_claims(self, heads: dict[str, _Head], states: list[Saved]) -> None:
        claimed = [
            (self._source, kind, _claimed(saved.article, value), heads[saved.article.id].pk)
            for saved in states
            for kind, value in saved.claims
        ]
        self._database.fill(self._connection, claims, ("source", "kind", "value", "article_pk"), claimed, there="keep")


def _claimed(article: Article, value: str) -> str:
    """What is stored of a claim; one of a killed article may hold its headline, and must not be read any more."""
    return sealed(value) if article.status is Status.KILLED else key(value)


def _standing(article: Article, before: Standing) -> Standing:
    if article.status.is_shown:
        return Standing.SHOWN
    return Standing.HIDDEN if before is Standing.HIDDEN else Standing.GONE


def _row(head: _Head) -> dict[str, Any]:
    assert head.latest is not None
    article = head.latest.article
    return {
        "id": article.id,
        "id_key": key(article.id),
        "slug": article.slug,
        "status": str(article.status),
        "standing": int(head.standing),
        "sort_key": article.sort_key,
        "changed": article.changed,
        "due": head.latest.due,
        "language": article.language,
        "revision": article.revision,
        "words": words(article),
        "published": article.published,
    }
