"""Composed feeds: definitions, names, archives. See `ports.Feeds`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from itertools import count

from sqlalchemy import Connection, delete, exists, select, update

from syndicator.core.feeds import FEEDS
from syndicator.errors import FeedError
from syndicator.model import Feed
from syndicator.ports import Composing
from syndicator.store import marks, rows
from syndicator.store.composing import composing, hold
from syndicator.store.engine import Database
from syndicator.store.tables import archived, changes, feeds, former_names, members, tokens, waits

_BY_NAME = {"waits": waits, "tokens": tokens}
"""What knows a feed by its present name."""


class ComposedFeeds:
    """Definitions and names; whoever changes them composes nothing meanwhile."""

    database: Database

    def feeds(self) -> list[Feed]:
        """Every composed feed by name."""
        with self.database.read() as connection:
            return rows.composed(connection)

    def feed(self, name: str) -> Feed | None:
        """One of them by its present name."""
        with self.database.read() as connection:
            return _feed(connection, name)

    def save_feed(self, feed: Feed) -> None:
        """Add or change a feed and mark it as dirty, and the list of feeds.

        A name that was removed or renamed before is its own again.
        A new feed's `first_name` is its name, or one made of it where the id of another feed is made of that name.
        """
        if not feed.name:
            raise FeedError("feed: it has no name; give it one")
        if feed.limit < 1:
            raise FeedError(f"feed {feed.name!r}: its limit is {feed.limit}; give it one of 1 or more")
        with self.database.write() as connection:
            hold(connection)
            before = _feed(connection, feed.name)
            first = feed.first_name or (before.first_name if before else _unused(connection, feed.name))
            row = {"name": feed.name, "payload": rows.FEED.dump(replace(feed, first_name=first))}
            if before is None:
                connection.execute(feeds.insert().values(**row, recipe="", archives=0))
                connection.execute(delete(former_names).where(former_names.c.name == feed.name))
            else:
                connection.execute(update(feeds).where(feeds.c.name == feed.name).values(row))
            marks.mark(self.database, connection, {feed.name, FEEDS})

    def rename_feed(self, name: str, to: str) -> None:
        """Give a feed another name. Its archives are marked as dirty too: they lie elsewhere now.

        Raises FeedError where there is no such feed, or another one has the name.
        """
        with self.database.write() as connection:
            hold(connection)
            feed = _there(connection, name)
            if to == name:
                return
            if not to or _feed(connection, to) is not None:
                raise FeedError(f"feed {to!r}: there is one of that name already; choose another")
            connection.execute(update(feeds).where(feeds.c.name == name).values(name=to))
            for table in _BY_NAME.values():
                connection.execute(update(table).where(table.c.feed == name).values(feed=to))
            connection.execute(delete(former_names).where(former_names.c.name == to))
            self._lead(connection, name, to)
            newest = connection.execute(select(feeds.c.archives).where(feeds.c.name == to)).scalar_one()
            moved = {replace(feed, name=to).archive(number) for number in range(1, newest + 1)}
            marks.mark(self.database, connection, {name, to, *moved, FEEDS})

    def remove_feed(self, name: str) -> None:
        """Remove a feed with its places, archives and tokens; its names, former ones too, are gone for ever.

        It is marked as dirty, so that publication removes its documents. Raises FeedError where there is no such feed.
        """
        with self.database.write() as connection:
            hold(connection)
            _there(connection, name)
            number = connection.execute(select(feeds.c.number).where(feeds.c.name == name)).scalar_one()
            for table in (members, archived):
                connection.execute(delete(table).where(table.c.feed == number))
            for table in _BY_NAME.values():
                connection.execute(delete(table).where(table.c.feed == name))
            connection.execute(delete(feeds).where(feeds.c.number == number))
            self._lead(connection, name, "")
            marks.mark(self.database, connection, {name, FEEDS})

    def former(self, name: str) -> str | None:
        """Where a name that no feed has any more leads: a present name, "" where that was removed, None if nowhere."""
        with self.database.read() as connection:
            return connection.execute(select(former_names.c.feed).where(former_names.c.name == name)).scalar()

    def composed_by(self, feed: str) -> str:
        """The recipe by which the places of a feed were last made completely; empty where they never were."""
        with self.database.read() as connection:
            return connection.execute(select(feeds.c.recipe).where(feeds.c.name == feed)).scalar() or ""

    def composing(self) -> AbstractContextManager[Composing]:
        """Open the transaction in which changed articles find their places."""
        return composing(self.database)

    def waiting(self, now: datetime | None = None) -> bool:
        """Whether there is anything to compose: changed articles, and with `now` what waited until then."""
        found = exists().select_from(changes)
        with self.database.read() as connection:
            if connection.execute(select(found)).scalar():
                return True
            if now is None:
                return False
            return bool(connection.execute(select(exists().where(waits.c.due <= now))).scalar())

    def archives(self, feed: str) -> int:
        """The number of the newest archive of a feed; 0 where there is none."""
        with self.database.read() as connection:
            return connection.execute(select(feeds.c.archives).where(feeds.c.name == feed)).scalar() or 0

    def _lead(self, connection: Connection, name: str, to: str) -> None:
        """Let a name, and all that lead to it, lead to another one."""
        connection.execute(update(former_names).where(former_names.c.feed == name).values(feed=to))
        connection.execute(former_names.insert().values(name=name, feed=to))


def _feed(connection: Connection, name: str) -> Feed | None:
    found = rows.composed(connection, [name])
    return found[0] if found else None


def _there(connection: Connection, name: str) -> Feed:
    feed = _feed(connection, name)
    if feed is None:
        raise FeedError(f"feed {name!r}: there is no such feed; `syndicator feed list` shows which there are")
    return feed


def _unused(connection: Connection, name: str) -> str:
    """A first name that no other feed has: the name itself unless a feed that had it goes by another one now."""
    taken = {feed.first_name for feed in rows.composed(connection)}
    names: Iterable[str] = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(first for first in names if first not in taken)
