"""The transaction between the first and the second: changed articles find their places in composed feeds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, func, select, update

from syndicator.errors import FeedError
from syndicator.model import Article, Member
from syndicator.ports import Changed, Composing
from syndicator.store import marks, rows
from syndicator.store.engine import Database
from syndicator.store.schema import CREATED
from syndicator.store.tables import Standing, articles, changes, feeds, members, meta, revisions, waits
from syndicator.store.works import JoiningPart

_CHANGED = (
    select(changes.c.article_pk, revisions.c.payload, changes.c.token)
    .join(articles, articles.c.pk == changes.c.article_pk)
    .join(revisions, and_(revisions.c.article_pk == articles.c.pk, revisions.c.number == articles.c.revision))
    .order_by(changes.c.number)
)


def hold(connection: Connection) -> None:
    """Wait until nobody else composes, or changes what is composed, and keep it so until the transaction ends.

    On SQLite whoever writes is alone anyway. Taken before anything else, so that two never wait for each other.
    """
    connection.execute(select(meta.c.key).where(meta.c.key == CREATED).with_for_update())


@contextmanager
def composing(database: Database) -> Iterator[Composing]:
    """Open the transaction. It commits when the block ends without an exception."""
    with database.write() as connection:
        hold(connection)
        transaction = Transaction(database, connection)
        yield transaction
        transaction.conclude()


class Transaction(JoiningPart):
    """What may be asked and stored while it is open; see `ports.Composing` and `ports.Joining`.

    Marks are written by `conclude`, sorted: other transactions touch them too, and none must wait for another in turn.
    """

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection
        self._stale: set[str] = set()
        self._numbers: dict[str, int] = {}

    def changed(self, limit: int) -> list[Changed]:
        """Articles whose change was not looked at yet, the longest waiting first, each in its current state."""
        found = self._connection.execute(_CHANGED.limit(limit)).all()
        return [Changed(key=pk, article=rows.ARTICLE.load(payload), token=token) for pk, payload, token in found]

    def done(self, changed: Iterable[Changed]) -> None:
        """Remember that these changes were looked at; one that was changed again since stays."""
        for portion in rows.portions({one.key: one.token for one in changed}.items()):
            tokens = dict(portion)
            # What somebody else holds is being changed again, and stays. To wait for it could be for ever.
            held = select(changes.c.article_pk, changes.c.token).where(changes.c.article_pk.in_(tokens))
            held = held.with_for_update(skip_locked=True)
            looked_at = [pk for pk, token in self._connection.execute(held).all() if tokens[pk] == token]
            self._connection.execute(delete(changes).where(changes.c.article_pk.in_(looked_at)))

    def states(self, keys: Collection[int]) -> dict[int, Article]:
        """The current state of the articles with these numbers, by number."""
        return rows.by_key(self._connection, keys)

    def members(self, keys: Collection[int]) -> dict[int, list[Member]]:
        """The places of these articles in composed feeds, by the article's number; those without any are left out."""
        found: dict[int, list[Member]] = {}
        for portion in rows.portions(set(keys)):
            there = rows.MEMBERS.where(members.c.article_pk.in_(portion))
            for member in map(rows.member, self._connection.execute(there)):
                found.setdefault(member.key, []).append(member)
        return found

    def counted(self, feed: str, source: str, since: str, before: str) -> int:
        """How many articles of a source have a place in a feed not below `since` and below `before`, shown or not."""
        there = select(func.count()).select_from(members.join(articles, articles.c.pk == members.c.article_pk))
        there = there.where(
            members.c.feed == self._row(feed),
            members.c.place >= since,
            members.c.place < before,
            articles.c.source == source,
        )
        return self._connection.execute(there).scalar_one()

    def save(self, members: Iterable[Member], removed: Iterable[tuple[str, int]] = ()) -> None:
        """Store places, take those of (feed, key) away, and mark the feeds as dirty."""
        for gone in rows.portions(removed):
            self._take_away(gone)
        for portion in rows.portions(members):
            self._put(portion)

    def wait(self, waits: Iterable[tuple[str, int, datetime]]) -> None:
        """Let `due` give (feed, key) once the moment has come; an earlier wait of the two is replaced."""
        self._wait(list(waits))

    def due(self, now: datetime, limit: int = 500) -> list[tuple[str, int]]:
        """What waited until now, the longest first. It is forgotten when the transaction commits."""
        waited = select(waits.c.feed, waits.c.article_pk).where(waits.c.due <= now)
        waited = waited.order_by(waits.c.due, waits.c.feed, waits.c.article_pk).limit(limit)
        found = [(feed, pk) for feed, pk in self._connection.execute(waited)]
        if found:
            over = delete(waits).where(waits.c.feed == bindparam("of"), waits.c.article_pk == bindparam("pk"))
            self._connection.execute(over, [{"of": feed, "pk": pk} for feed, pk in found])
        return found

    def soil(self, names: Iterable[str]) -> None:
        """Mark feeds, or other documents, as dirty."""
        self._stale.update(names)

    def after(self, key: int, limit: int, sources: Collection[str] = ()) -> list[tuple[int, Article]]:
        """Shown articles above that number, by number, of these sources or of all: for the first look of a new feed."""
        # Not the columns themselves: along their indexes, all articles would have to be sorted for each page.
        later = select(articles.c.pk).where(articles.c.pk > key, articles.c.standing + 0 == int(Standing.SHOWN))
        if sources:
            later = later.where(articles.c.source.concat("").in_(sorted(sources)))
        later = later.order_by(articles.c.pk).limit(limit)
        pks = list(self._connection.execute(later).scalars())
        states = rows.by_key(self._connection, pks)
        return [(pk, states[pk]) for pk in pks]

    def composed(self, feed: str, recipe: str) -> None:
        """Remember that the places of a feed are what `recipe` makes them."""
        number = self._row(feed)
        self._connection.execute(update(feeds).where(feeds.c.number == number).values(recipe=recipe))

    def conclude(self) -> None:
        """Write what was kept for the end of the transaction."""
        marks.mark(self._database, self._connection, self._stale)

    def _put(self, places: list[Member]) -> None:
        columns = ("feed", "article_pk", "place", "entered", "shown", "archive")
        written = [(self._row(m.feed), m.key, m.place, m.entered, m.shown, m.archive) for m in places]
        self._database.fill(self._connection, members, columns, written, there="replace")
        self._stale.update(m.feed for m in places)

    def _take_away(self, gone: list[tuple[str, int]]) -> None:
        place = delete(members).where(members.c.feed == bindparam("of"), members.c.article_pk == bindparam("pk"))
        self._connection.execute(place, [{"of": self._row(feed), "pk": key} for feed, key in gone])
        self._stale.update(feed for feed, _ in gone)

    def _wait(self, waiting: list[tuple[str, int, datetime]]) -> None:
        columns = ("feed", "article_pk", "due")
        self._database.fill(self._connection, waits, columns, waiting, there="replace")

    def _row(self, feed: str) -> int:
        """The number of a feed. That of everything has a row once it is asked for."""
        if feed not in self._numbers:
            if not feed:
                everything = self._database.insert(feeds).values(name="", recipe="", archives=0, payload="")
                self._connection.execute(everything.on_conflict_do_nothing())
            self._numbers.update(self._connection.execute(select(feeds.c.name, feeds.c.number)).all())
        if feed not in self._numbers:
            raise FeedError(f"feed {feed!r}: there is no such feed; save it first")
        return self._numbers[feed]
