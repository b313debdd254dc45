"""The second transaction, the documents it made, and the pieces they were made from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from syndicator.core.feeds import document_paths
from syndicator.model import Format, Rendered, Shown
from syndicator.ports import Cut, DirtyFeed, DocumentHead, State
from syndicator.store import marks, rows
from syndicator.store.composing import hold
from syndicator.store.engine import Database
from syndicator.store.past import keep_states, unkept
from syndicator.store.published import raise_version, tell
from syndicator.store.tables import archived, articles, documents, feeds, members, pieces

_Piece = tuple[int, int, Format, str, bytes]
_SECOND = timedelta(seconds=1)
_PORTION = 50
_CODINGS = {
    "identity": documents.c.body,
    "gzip": documents.c.gzip,
    "br": documents.c.brotli,
    "zstd": documents.c.zstd,
}
_COMPRESSED = ("gzip", "brotli", "zstd")
_BESIDE = ("media_type", "links", "max_age")
"""What goes with the bytes of a document, and may change without them."""
_HEAD = select(
    *(documents.c[name] for name in ("path", "etag", "changed", "gone", *_BESIDE)),
    *(func.length(body).label(coding) for coding, body in _CODINGS.items()),
).where(documents.c.path == bindparam("at"))
_EMPTY = {"etag": "", "gone": True, "coded": True, "body": b"", "links": "", "max_age": None}


class Publishing:
    """Dirty feeds, documents and pieces; see `ports.Store`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def dirty(self) -> list[DirtyFeed]:
        """Feeds whose documents may be stale, by name."""
        with self.database.read() as connection:
            return marks.all_marks(connection)

    def soil(self, names: Iterable[str]) -> None:
        """Mark feeds as dirty."""
        with self.database.write() as connection:
            marks.mark(self.database, connection, set(names))

    def pieces(self, shown: Sequence[Shown], format: Format, recipe: str) -> dict[int, bytes]:
        """Rendered articles that are still good, by `Shown.key`: of this revision, format and recipe."""
        wanted = {place.key: place.revision for place in shown}
        kept = select(pieces.c.article_pk, pieces.c.revision, pieces.c.body)
        kept = kept.where(pieces.c.format == str(format), pieces.c.recipe == recipe)
        found: list[tuple[int, int, bytes]] = []
        with self.database.read() as connection:
            for portion in rows.portions(wanted):
                found += connection.execute(kept.where(pieces.c.article_pk.in_(portion))).all()
        return {pk: body for pk, revision, body in found if wanted[pk] == revision}

    def forget_pieces(self, recipes: Collection[str]) -> None:
        """Forget the rendered articles that are of none of these recipes."""
        with self.database.write() as connection:
            connection.execute(delete(pieces).where(pieces.c.recipe.not_in(sorted(recipes))))

    def publish(
        self,
        done: Collection[DirtyFeed],
        documents: Collection[Rendered],
        gone: Collection[str],
        pieces: Collection[_Piece],
        now: datetime,
        *,
        cuts: Collection[Cut] = (),
        names: Mapping[str, str] | None = None,
        unfinished: Collection[str] = (),
        states: Collection[State] = (),
    ) -> tuple[str, ...]:
        """The second transaction. Returns the paths whose bytes changed or that went, in the order given."""
        of = names or {}
        with self.database.write() as connection:
            if cuts:
                hold(connection)
            tokens = marks.standing_marks(connection, {feed.name for feed in done})
            ours = {feed.name for feed in done if tokens.get(feed.name) == feed.token} - _overtaken(connection, cuts)
            late = {feed.name for feed in done} - ours
            keep = Keeping(self.database, connection, now)
            moved = keep.documents([one for one in documents if of.get(one.path, _feed(one.path)) not in late])
            moved += keep.gone([path for path in gone if of.get(path, _feed(path)) not in late])
            keep.pieces(pieces)
            for cut in cuts:
                if cut.feed in ours:
                    keep.cut(cut)
            marks.clear(connection, ours.difference(unfinished))
            version = keep.end([state for state in states if state.feed not in late])
        tell(self.database, version)
        return tuple(moved)

    def document_paths(self, name: str) -> list[str]:
        """The paths of the documents of a feed and its archives that are there, by path; `name` as in `Feed.name`."""
        archives = f"{name}/archives" if name else "archives"
        behind = (documents.c.path > f"{archives}/") & (documents.c.path < f"{archives}0")  # "0" follows "/"
        there = select(documents.c.path).where(or_(documents.c.path.in_(document_paths(name)), behind))
        with self.database.read() as connection:
            present = there.where(documents.c.gone.is_(False)).order_by(documents.c.path)
            return list(connection.execute(present).scalars())

    def document(self, path: str) -> Rendered | None:
        """One published document with its bytes, or what remains of a removed one (`gone`)."""
        names = [field for field in Rendered.__slots__ if field in documents.c]
        wanted = select(*(documents.c[name] for name in names)).where(documents.c.path == path)
        with self.database.read() as connection:
            found = connection.execute(wanted).one_or_none()
        return None if found is None else Rendered(**found._mapping)

    def document_head(self, path: str) -> DocumentHead | None:
        """What is known of a published or removed document, without reading its bytes."""
        with self.database.read() as connection:
            found = connection.execute(_HEAD, {"at": path}).mappings().one_or_none()
        if found is None:
            return None
        lengths = {} if found["gone"] else {coding: found[coding] for coding in _CODINGS if found[coding] is not None}
        return DocumentHead(**{name: found[name] for name in found if name not in _CODINGS}, lengths=lengths)

    def document_body(self, path: str, etag: str, coding: str) -> bytes | None:
        """A document's bytes in one coding, None where there are none under this etag."""
        wanted = select(_CODINGS[coding]).where(
            documents.c.path == path, documents.c.etag == etag, documents.c.gone.is_(False)
        )
        with self.database.read() as connection:
            body: bytes | None = connection.execute(wanted).scalar()
        return body

    def documents(self, under: str = "") -> Iterator[tuple[str, str, bool]]:
        """Path, etag and `gone` of every document, or of those in a folder (named with its `/`), by path."""
        listed = select(documents.c.path, documents.c.etag, documents.c.gone).order_by(documents.c.path)
        if under:
            listed = listed.where(documents.c.path > under, documents.c.path < f"{under[:-1]}0")  # "0" follows "/"
        with self.database.read() as connection:
            found = connection.execute(listed).all()
        return iter([(path, etag, gone) for path, etag, gone in found])

    def uncompressed(self) -> list[str]:
        """Paths of documents that have no compressed bytes yet, by path."""
        bare = select(documents.c.path).where(documents.c.coded.is_(False)).order_by(documents.c.path)
        with self.database.read() as connection:
            return list(connection.execute(bare).scalars())

    def save_codings(self, path: str, etag: str, gzip: bytes, brotli: bytes, zstd: bytes) -> None:
        """Keep the compressed bytes of a document, unless it has changed since (another etag)."""
        bare = (documents.c.path == path) & documents.c.gone.is_(False) & documents.c.coded.is_(False)
        new = update(documents).where(bare, documents.c.etag == etag).values(gzip=gzip, brotli=brotli, zstd=zstd)
        with self.database.write() as connection:
            kept = connection.execute(new.values(coded=True)).rowcount
            version = raise_version(self.database, connection, [path] if kept else [])
        tell(self.database, version)

    def save_links(self, links: Collection[tuple[str, str, str]]) -> None:
        """Keep other relations of documents (path, etag, `Rendered.links`), but of none that has changed since."""
        touched = set()
        with self.database.write() as connection:
            for path, etag, value in sorted(links):
                same = (documents.c.path == path) & (documents.c.etag == etag) & documents.c.gone.is_(False)
                if connection.execute(update(documents).where(same).values(links=value)).rowcount:
                    touched.add(path)
            version = raise_version(self.database, connection, touched)
        tell(self.database, version)


class Keeping:
    """Writes documents, pieces and archives in an open transaction; `end` comes last."""

    def __init__(self, database: Database, connection: Connection, now: datetime) -> None:
        self.database = database
        self._connection = connection
        self._now = now.replace(microsecond=0)
        self._came: dict[str, tuple[datetime, str]] = {}
        self._stayed: dict[str, tuple[datetime, str]] = {}
        self._touched: set[str] = set()

    def documents(self, rendered: Collection[Rendered]) -> list[str]:
        """Store documents; the paths of those whose bytes changed."""
        moved = []
        for portion in rows.portions(rendered, _PORTION):
            stored = self._stored([document.path for document in portion])
            written = []
            for document in portion:
                before = stored.get(document.path)
                if before and not before["gone"] and before["etag"] == document.etag:
                    self._same(document, before)
                    self._stayed[document.path] = before["changed"], document.etag
                    continue
                changed = self._now if before is None else self._after(before)
                written.append(_row(document, changed))
                moved.append(document.path)
                self._came[document.path] = changed, document.etag
            self._write(written)
        return moved

    def gone(self, paths: Collection[str]) -> list[str]:
        """Mark documents as removed; the paths of those that were there."""
        moved = []
        for portion in rows.portions(paths):
            stored = self._stored(portion)
            there = [path for path in portion if path in stored and not stored[path]["gone"]]
            moved += there
            emptied = _EMPTY | dict.fromkeys(_COMPRESSED)
            self._write([{**stored[path], **emptied, "changed": self._after(stored[path])} for path in there])
        return moved

    def pieces(self, rendered: Collection[_Piece]) -> None:
        """Keep rendered articles, each of its current revision; an older one is of no use any more."""
        new = self.database.insert(pieces)
        keep = new.on_conflict_do_update(
            index_elements=list(pieces.primary_key),
            set_={name: new.excluded[name] for name in ("revision", "body")},
        )
        for portion in rows.portions(rendered):
            heads = select(articles.c.pk, articles.c.revision).where(articles.c.pk.in_({piece[0] for piece in portion}))
            current = dict(self._connection.execute(heads).all())
            kept = [
                {"article_pk": pk, "format": str(kind), "revision": revision, "recipe": recipe, "body": body}
                for pk, revision, kind, recipe, body in portion
                if current.get(pk) == revision
            ]
            if kept:
                self._connection.execute(keep, kept)

    def cut(self, cut: Cut) -> None:
        """Remember what an archive holds. An article that was changed since stays out of it, in its present state."""
        feed = self._connection.execute(select(feeds.c.number).where(feeds.c.name == cut.feed)).scalar()
        if feed is None:
            return
        columns = ("feed", "number", "position", "article_pk", "revision")
        held = [(feed, cut.number, position, pk, revision) for position, (pk, revision) in enumerate(cut.holds)]
        self.database.fill(self._connection, archived, columns, held)
        self._connection.execute(update(feeds).where(feeds.c.number == feed).values(archives=cut.number))
        for portion in rows.portions(cut.holds):
            heads = select(articles.c.pk, articles.c.revision).where(articles.c.pk.in_([pk for pk, _ in portion]))
            present = dict(self._connection.execute(heads).all())
            same = [pk for pk, revision in portion if present.get(pk) == abs(revision)]
            place = update(members).where(members.c.feed == feed, members.c.article_pk.in_(same))
            self._connection.execute(place.values(archive=cut.number))

    def end(self, shown: Collection[State]) -> int:
        """Give what was touched a new version and keep what came documents show; the version, 0 where nothing was.

        Documents that stayed as they are count as come where it was never kept what they show. The last thing to do:
        other publishers wait for it.
        """
        lacking = unkept(self._connection, shown, self._stayed)
        self._came |= lacking
        self._touched.update(lacking)
        version = raise_version(self.database, self._connection, self._touched)
        keep_states(self.database, self._connection, version, shown, self._came)
        return version

    def _stored(self, paths: Collection[str]) -> dict[str, dict[str, Any]]:
        # Without the bytes, of which the etag tells enough: there may be megabytes of them.
        held = select(*(documents.c[name] for name in ("path", "etag", "gone", "coded", "changed", *_BESIDE)))
        held = held.where(documents.c.path.in_(paths)).order_by(documents.c.path).with_for_update()
        return {row.path: dict(row._mapping) for row in self._connection.execute(held)}

    def _same(self, document: Rendered, stored: dict[str, Any]) -> None:
        """Bring what goes with the bytes of a document up to date; its compressed bytes may be known only now."""
        new = {name: new for name in _BESIDE if (new := getattr(document, name)) != stored[name]}
        if not stored["coded"]:
            coded = {name: data for name in _COMPRESSED if (data := getattr(document, name)) is not None}
            new |= coded | {"coded": len(coded) == len(_COMPRESSED)} if coded else {}
        if new:
            self._connection.execute(update(documents).where(documents.c.path == document.path).values(new))
            self._touched.add(document.path)

    def _after(self, stored: dict[str, Any]) -> datetime:
        changed: datetime = stored["changed"]
        return max(self._now, changed + _SECOND)

    def _write(self, written: list[dict[str, Any]]) -> None:
        if not written:
            return
        self._touched.update(row["path"] for row in written)
        new = self.database.insert(documents)
        changing = set(written[0]) - {"path"}
        self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[documents.c.path], set_={name: new.excluded[name] for name in changing}
            ),
            written,
        )


def _row(document: Rendered, changed: datetime) -> dict[str, Any]:
    row = {name: getattr(document, name) for name in ("path", "etag", "body", *_BESIDE, *_COMPRESSED)}
    coded = all(row[name] is not None for name in _COMPRESSED)
    return {**row, "gone": False, "coded": coded, "changed": changed}


def _overtaken(connection: Connection, cuts: Collection[Cut]) -> set[str]:
    """The feeds of which somebody else has cut these archives meanwhile, or that are not there any more."""
    first: dict[str, int] = {}
    for cut in cuts:
        first[cut.feed] = min(cut.number, first.get(cut.feed, cut.number))
    newest = select(feeds.c.name, feeds.c.archives).where(feeds.c.name.in_(sorted(first)))
    reached = dict(connection.execute(newest).all()) if first else {}
    return {feed for feed, number in first.items() if reached.get(feed) != number - 1}


def _feed(path: str) -> str:
    """The name of the feed that a document belongs to."""
    return path.rpartition("/")[0]
