"""The first transaction: articles, revisions, claims, observations, and which feeds are dirty."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from syndicator.errors import LeaseLost, StoreError
from syndicator.model import Article, SeenFile, Status
from syndicator.ports import Ingest, Polled, Saved
from syndicator.store import rows
from syndicator.store.engine import Database
from syndicator.store.erasing import erase
from syndicator.store.finishing import finish
from syndicator.store.revising import Revising
from syndicator.store.tables import articles, claims, files, key, sealed, sources, upstreams

_OPEN = (
    select(
        exists().where(upstreams.c.source == sources.c.id),
        exists().where(articles.c.source == sources.c.id).correlate(sources),
    )
    .where(sources.c.id == bindparam("source"))
    .with_for_update(of=sources)
)


@contextmanager
def ingesting(database: Database, source: str, now: Callable[[], datetime]) -> Iterator[Ingest]:
    """Open the transaction. No other one of the same source is open at the same time."""
    with database.write() as connection:
        connection.execute(database.insert(sources).values(id=source).on_conflict_do_nothing())
        own, filled = connection.execute(_OPEN, {"source": source}).one()
        own_feed = f"sources/{source}" if own else None
        transaction = Transaction(database, connection, source, now(), own_feed, empty=not filled)
        yield transaction
        transaction.conclude()


class Transaction:
    """What may be asked and stored while it is open; see `ports.Ingest`.

    `own_feed` is the source's own, if any; `empty`: no article of it is stored, so that nothing need be asked.
    """

    def __init__(
        self,
        database: Database,
        connection: Connection,
        source: str,
        now: datetime,
        own_feed: str | None,
        *,
        empty: bool = False,
    ) -> None:
        self._database = database
        self._connection = connection
        self._source = source
        self._revising = Revising(database, connection, source, now, own_feed)
        self._empty = empty
        self._broken = False

    def files(self, paths: Collection[str] | None = None) -> dict[str, SeenFile]:
        """The observations of these paths, or of all."""
        return rows.observations(self._connection, self._source, paths)

    def files_of(self, article_ids: Collection[str]) -> dict[str, SeenFile]:
        """The observation that holds each article, by article id; the present one where there are two."""
        ours = rows.SEEN_FILES.where(files.c.source == self._source)
        ours = ours.order_by(files.c.missing_since.is_not(None), files.c.path_key)
        found: dict[str, SeenFile] = {}
        for portion in rows.portions({key(id_) for id_ in article_ids}):
            held = ours.where(articles.c.id_key.in_(portion), articles.c.source == self._source)
            for seen in map(rows.seen, self._connection.execute(held)):
                found.setdefault(str(seen.article_id), seen)
        return found

    def missing(self) -> list[SeenFile]:
        """Files that are gone and still hold an article that is not withdrawn, by path."""
        gone = rows.SEEN_FILES.where(
            files.c.source == self._source,
            files.c.missing_since.is_not(None),
            articles.c.status != Status.WITHDRAWN.value,
        )
        return [rows.seen(row) for row in self._connection.execute(gone.order_by(files.c.path_key))]

    def claimants(self, claims_: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Which article made each of these claims first, by id."""
        if self._empty:
            return {}
        asked: dict[str, dict[str, tuple[str, str]]] = {}
        sealing = self._sealing({kind for kind, _ in claims_})
        for kind, value in claims_:
            asked.setdefault(kind, {})[key(value)] = (kind, value)
            if kind in sealing:
                asked[kind][sealed(value)] = (kind, value)
        found = {}
        for kind, by_key in asked.items():
            for portion in rows.portions(by_key):
                first = (
                    select(claims.c.value, articles.c.id)
                    .join(articles, articles.c.pk == claims.c.article_pk)
                    .where(claims.c.source == self._source, claims.c.kind == kind, claims.c.value.in_(portion))
                )
                for value, id_ in self._connection.execute(first):
                    found[by_key[value]] = id_
        return found

    def _sealing(self, kinds: Collection[str]) -> set[str]:
        """Those of these kinds of which some claims are stored as hashes, or look so."""
        found = set()
        for kind in kinds:
            some = exists().where(claims.c.source == self._source, claims.c.kind == kind)
            if self._connection.execute(select(some.where(claims.c.value >= "#", claims.c.value < "$"))).scalar():
                found.add(kind)
        return found

    def taken(self, ids: Collection[str], slugs: Collection[str]) -> tuple[set[str], set[str]]:
        """Which of these ids (in this source) and slugs (in the whole store) belong to an article already."""
        taken_ids: set[str] = set()
        for portion in rows.portions(set() if self._empty else {key(id_) for id_ in ids}):
            ours = select(articles.c.id).where(articles.c.source == self._source, articles.c.id_key.in_(portion))
            taken_ids.update(self._connection.execute(ours).scalars())
        taken_slugs: set[str] = set()
        for portion in rows.portions(set(slugs)):
            used = select(articles.c.slug).where(articles.c.slug.in_(portion))
            taken_slugs.update(self._connection.execute(used).scalars())
        return taken_ids, taken_slugs

    def articles(self, ids: Collection[str]) -> dict[str, Article]:
        """The current state of these articles, by id."""
        return rows.by_id(self._connection, ids, self._source)

    def save(self, articles: Iterable[Saved], files: Iterable[SeenFile], forget: Collection[str] = ()) -> None:
        """Store states and observations, drop the observations of the paths in `forget`, mark feeds dirty.

        Raises StoreError where a state does not follow the stored one.
        """
        with self._whole():
            states = list(articles)
            self._revising.save(states, empty=self._empty)
            self._empty = False
            self._erase(states)
            self._forget(forget)
            self._observe(list(files))

    def first_time(self) -> bool:
        """Whether this source was never completely read before."""
        read = select(sources.c.first_time_done).where(sources.c.id == self._source)
        return self._connection.execute(read).scalar() is None

    def finish_first_time(self, at: datetime) -> None:
        """Remember that the source was completely read."""
        self._connection.execute(update(sources).where(sources.c.id == self._source).values(first_time_done=at))

    def finish(self, polled: Polled) -> None:
        """Store what a poll observed and give its lease back. Raises LeaseLost where it is not ours any more."""
        lost = f"source {self._source}: somebody else polls it, or changed it, since; nothing of this poll was stored"
        with self._whole():
            if finish(self._database, self._connection, [polled]):
                raise LeaseLost(lost)

    def conclude(self) -> None:
        """Write what was kept for the end of the transaction. Raises StoreError where a `save` had failed."""
        if self._broken:
            raise StoreError(f"source {self._source}: what it gave was not stored, because a part of it could not be")
        self._revising.finish()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """What is done inside is stored whole, or the transaction cannot be committed any more."""
        try:
            yield
        except BaseException:
            self._broken = True
            raise

    def _erase(self, states: list[Saved]) -> None:
        """Forget the text of what was killed, in the same transaction: nobody can stop us between the two."""
        killed = {one.article.id for one in states if one.kind is not None and one.article.status is Status.KILLED}
        for pk in sorted(self._revising.pks(killed).values()) if killed else ():
            self._revising.soil(erase(self._database, self._connection, pk))

    def _forget(self, paths: Collection[str]) -> None:
        for portion in rows.portions({key(path) for path in paths}):
            self._connection.execute(delete(files).where(files.c.source == self._source, files.c.path_key.in_(portion)))

    def _observe(self, observed: list[SeenFile]) -> None:
        if not observed:
            return
        pks = self._revising.pks({seen.article_id for seen in observed if seen.article_id is not None})
        columns = tuple(files.c.keys())
        observations = [
            (
                self._source,
                key(seen.path),
                seen.path,
                seen.size,
                seen.mtime_ns,
                None if seen.article_id is None else pks[seen.article_id],
                seen.missing_since,
                seen.problem is not None,
                rows.SEEN.dump(seen),
            )
            for seen in observed
        ]
        self._database.fill(self._connection, files, columns, observations, there="replace")
