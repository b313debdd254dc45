"""What the store knows of articles, terms and files. Nothing here waits for a writer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, Row, func, select

from syndicator.model import Article, FileStat, Query, RevisionKind, SeenFile, Shown, Status, Term, Tombstone
from syndicator.store import rows
from syndicator.store.engine import Database
from syndicator.store.queries import places
from syndicator.store.sources import troubles
from syndicator.store.tables import Standing, articles, documents, files, key, revisions, terms

_PAGE = 1000


class Questions:
    """The questions one may ask; see `ports.Store`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def stats(self, source: str) -> dict[str, FileStat]:
        """Size and mtime of every file seen of a source and not missing, by path."""
        present = select(files.c.path, files.c.size, files.c.mtime_ns).where(
            files.c.source == source, files.c.missing_since.is_(None)
        )
        with self.database.read() as connection:
            found = connection.execute(present).all()
        return {path: FileStat(path=path, size=size, mtime_ns=mtime_ns) for path, size, mtime_ns in found}

    def files(self, source: str, paths: Collection[str] | None = None, *, troubled: bool = False) -> Iterator[SeenFile]:
        """The observations of these paths of a source, or of all, by path; with `troubled` those with a problem."""
        if paths is None:
            return self._every_file(source, troubled)
        with self.database.read() as connection:
            found = rows.observations(connection, source, paths)
        return iter([found[path] for path in sorted(found) if found[path].problem or not troubled])

    def _every_file(self, source: str, troubled: bool) -> Iterator[SeenFile]:
        """In pages, so that no view is held open between them."""
        page = rows.SEEN_FILES.where(files.c.source == source).order_by(files.c.path_key).limit(_PAGE)
        if troubled:
            page = page.where(files.c.troubled)
        last: str | None = None
        while True:
            with self.database.read() as connection:
                found = connection.execute(page if last is None else page.where(files.c.path_key > last)).all()
            yield from map(rows.seen, found)
            if len(found) < _PAGE:
                return
            last = found[-1].path_key

    def select(self, query: Query, limit: int, before: str | None = None) -> list[Article]:
        """Published articles that the query means, by sort key, newest first, beginning below `before`."""
        with self.database.read() as connection:
            return rows.current(connection, places(connection, query, Standing.SHOWN, limit, before=before))

    def shown(self, query: Query, limit: int) -> list[Shown]:
        """Like `select`, but only the places. Of the articles of one id, the one that was stored first."""
        wanted = select(*(articles.c[name] for name in ("pk", "id", "revision", "changed", "sort_key")))
        with self.database.read() as connection:
            pks = places(connection, query, Standing.SHOWN, limit)
            found = {}
            for portion in rows.portions(pks):
                for row in connection.execute(wanted.where(articles.c.pk.in_(portion))):
                    pk, id_, revision, changed, sort_key = row
                    found[pk] = Shown(key=pk, id=id_, revision=revision, changed=changed, sort_key=sort_key)
        return [found[pk] for pk in pks]

    def tombstones(self, query: Query, limit: int, since: str | None = None) -> list[Tombstone]:
        """Articles that were published and are not any more, newest sort key first, none below `since`."""
        wanted = select(*(articles.c[name] for name in ("pk", "id", "changed", "revision")))
        with self.database.read() as connection:
            pks = places(connection, query, Standing.GONE, limit, since=since)
            found = {}
            for portion in rows.portions(pks):
                for pk, id_, changed, revision in connection.execute(wanted.where(articles.c.pk.in_(portion))):
                    found[pk] = Tombstone(id=id_, when=changed, key=pk, revision=revision)
        return [found[pk] for pk in pks]

    def article(self, id_or_slug: str) -> Article | None:
        """One article in its current state, whatever its status, by id or slug."""
        with self.database.read() as connection:
            found = rows.by_id(connection, [id_or_slug])
            if found:
                return found[id_or_slug]
            pk = connection.execute(select(articles.c.pk).where(articles.c.slug == id_or_slug)).scalar()
            return None if pk is None else rows.current(connection, [pk])[0]

    def articles(self, source: str, ids: Collection[str]) -> dict[str, Article]:
        """The current state of these articles of a source, by id."""
        with self.database.read() as connection:
            return rows.by_id(connection, ids, source)

    def states(self, keys: Collection[int]) -> dict[int, Article]:
        """The current state of the articles with these numbers, by number."""
        with self.database.read() as connection:
            return rows.by_key(connection, keys)

    def states_at(self, revisions: Collection[tuple[int, int]]) -> dict[tuple[int, int], Article]:
        """These stored states of articles, by (article's number, revision)."""
        by_number: dict[int, list[int]] = {}
        for pk, number in set(revisions):
            by_number.setdefault(number, []).append(pk)
        with self.database.read() as connection:
            return {
                (pk, number): rows.ARTICLE.load(payload)
                for number, pks in by_number.items()
                for pk, payload in _numbered(connection, number, pks)
            }

    def highest(self) -> int:
        """The highest number of an article; 0 where there is none."""
        with self.database.read() as connection:
            return connection.execute(select(func.max(articles.c.pk))).scalar() or 0

    def number_of(self, article: Article) -> int | None:
        """The store's number of an article."""
        known = select(articles.c.pk).where(articles.c.id_key == key(article.id), articles.c.source == article.source)
        with self.database.read() as connection:
            return connection.execute(known).scalar()

    def revisions(self, id_or_slug: str) -> list[tuple[int, RevisionKind, datetime, Article]]:
        """Every stored state of an article, oldest first: number, kind, when recorded, state."""
        of_id = select(func.min(articles.c.pk)).where(articles.c.id_key == key(id_or_slug)).scalar_subquery()
        of_slug = select(articles.c.pk).where(articles.c.slug == id_or_slug).scalar_subquery()
        first = func.coalesce(of_id, of_slug)
        stored = (
            select(revisions.c.number, revisions.c.kind, revisions.c.recorded_at, revisions.c.payload)
            .where(revisions.c.article_pk == first)
            .order_by(revisions.c.number)
        )
        with self.database.read() as connection:
            found = connection.execute(stored).all()
        return [(number, RevisionKind(kind), at, rows.ARTICLE.load(payload)) for number, kind, at, payload in found]

    def due(self, now: datetime, limit: int = 500) -> list[Article]:
        """Articles whose status changes by itself at or before `now`, the earliest first."""
        waiting = select(articles.c.pk).where(articles.c.due <= now).order_by(articles.c.due, articles.c.pk)
        with self.database.read() as connection:
            return rows.current(connection, list(connection.execute(waiting.limit(limit)).scalars()))

    def next_due(self) -> datetime | None:
        """When the next article changes its status by itself."""
        waiting = select(articles.c.due).where(articles.c.due.is_not(None)).order_by(articles.c.due).limit(1)
        with self.database.read() as connection:
            return connection.execute(waiting).scalar()

    def terms(self, kind: str | None = None, limit: int | None = None, offset: int = 0) -> list[tuple[Term, int]]:
        """Every tag and author that a shown or withdrawn article has, with the number of shown ones.

        By kind and slug. With `limit` only so many of those that a shown article has, of one `kind` where it is
        given, after the first `offset` of them: those with the most shown articles first, among equals by slug.
        """
        wanted = select(terms.c.kind, terms.c.slug, terms.c.name, terms.c.shown)
        if kind is not None:
            wanted = wanted.where(terms.c.kind == kind)
        if limit is None:
            wanted = wanted.where(terms.c.carried > 0).order_by(terms.c.kind, terms.c.slug)
        else:
            wanted = wanted.where(terms.c.shown > 0).order_by(terms.c.shown.desc(), terms.c.slug, terms.c.kind)
            wanted = wanted.limit(limit).offset(offset)
        with self.database.read() as connection:
            found = connection.execute(wanted).all()
        return [(Term(kind=kind, slug=slug, name=name), shown) for kind, slug, name, shown in found]

    def term(self, kind: str, slug: str) -> Term | None:
        """One of them."""
        wanted = select(terms.c.name).where(terms.c.kind == kind, terms.c.slug == slug, terms.c.carried > 0)
        with self.database.read() as connection:
            name = connection.execute(wanted).scalar()
        return None if name is None else Term(kind=kind, slug=slug, name=name)

    def count(self) -> Mapping[str, int]:
        """Numbers of articles by status, and of `files`, `problems`, `missing`, `revisions`, `documents`.

        `files` and `problems` are those of files that are there; `missing` are files that are gone while their
        article is not withdrawn. Of upstream sources the numbers of `sources`, and of those that are `paused` or else
        `troubled`, `gone` or `quarantined`.
        """
        there = files.c.missing_since.is_(None)
        waiting = files.c.missing_since.is_not(None) & articles.c.status.not_in(
            [Status.WITHDRAWN.value, Status.KILLED.value]
        )
        seen = select(
            func.count().filter(there), func.count().filter(there & files.c.troubled), func.count().filter(waiting)
        ).select_from(files.outerjoin(articles, articles.c.pk == files.c.article_pk))
        with self.database.read() as connection:
            by_status = select(articles.c.status, func.count()).group_by(articles.c.status)
            counts = dict.fromkeys((str(status) for status in Status), 0)
            counts.update(connection.execute(by_status).all())
            counts["files"], counts["problems"], counts["missing"] = connection.execute(seen).one()
            counts["revisions"] = connection.execute(select(func.count()).select_from(revisions)).scalar_one()
            present = select(func.count()).where(documents.c.gone.is_(False))
            counts["documents"] = connection.execute(present).scalar_one()
            counts.update(troubles(connection))
        return counts


def _numbered(connection: Connection, number: int, pks: Collection[int]) -> Iterator[Row[int, str]]:
    """The payloads of the states of this number of these articles, by key."""
    stored = select(revisions.c.article_pk, revisions.c.payload).where(revisions.c.number == number)
    for portion in rows.portions(pks):
        yield from connection.execute(stored.where(revisions.c.article_pk.in_(portion)))
