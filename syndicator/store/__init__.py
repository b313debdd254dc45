"""The article store: SQLAlchemy Core on SQLite and PostgreSQL, migrations by Alembic. Rows stop here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import select

from syndicator.errors import StoreDamaged, StoreError
from syndicator.ports import Ingest, Store
from syndicator.store.engine import Database
from syndicator.store.erasing import Erasing
from syndicator.store.feeds import ComposedFeeds
from syndicator.store.ingest import ingesting
from syndicator.store.past import PastStates
from syndicator.store.places import FeedPlaces
from syndicator.store.polling import Schedule
from syndicator.store.published import Published
from syndicator.store.publishing import Publishing
from syndicator.store.reading import Questions
from syndicator.store.schema import CREATED, open_database
from syndicator.store.sources import Upstreams
from syndicator.store.tables import instant, meta
from syndicator.store.tokens import PrivateTokens
from syndicator.store.visits import DailyVisits
from syndicator.store.works import SameWorks

__all__ = ["SqlStore", "open_store"]


def open_store(url: str, now: Callable[[], datetime], *, busy: float = 5.0) -> Store:
    """The store at `url` (`sqlite:////folder/file.db` or `postgresql+psycopg://…`), made when there is none.

    `now` tells the time (aware, UTC); `busy` is how many seconds to wait for another writer. An older schema is
    upgraded in one transaction. Raises StoreNewer for a newer one, StoreDamaged when the file is not a whole
    database of ours (it is never recreated silently), StoreBusy, StoreFull, and StoreError for the rest.
    """
    return SqlStore(open_database(url, now, busy), now)


class SqlStore(
    Questions,
    Publishing,
    Published,
    PastStates,
    Upstreams,
    Schedule,
    ComposedFeeds,
    FeedPlaces,
    SameWorks,
    PrivateTokens,
    Erasing,
    DailyVisits,
):
    """The parts together: see `ports.Store`."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        super().__init__(database)
        self._now = now
        created = self._recall(CREATED)
        if created is None:
            database.close()
            raise StoreDamaged(f"{database.name}: it does not say when it was made; restore a backup")
        self._created = instant(int(created))

    def created(self) -> datetime:
        """When the store was made."""
        return self._created

    def ingest(self, source: str) -> AbstractContextManager[Ingest]:
        """Open the first transaction for a source."""
        return ingesting(self.database, source, self._now)

    def remember(self, key: str, value: str) -> None:
        """Keep a small fact."""
        fact = self.database.insert(meta).values(key=f"fact:{key}", value=value)
        with self.database.write() as connection:
            connection.execute(
                fact.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": fact.excluded.value})
            )

    def recall(self, key: str) -> str | None:
        """A small fact kept earlier."""
        return self._recall(f"fact:{key}")

    def ping(self) -> None:
        """Raise StoreError unless the store answers."""
        if self._recall(CREATED) is None or not self.database.present():
            raise StoreError(f"{self.database.name}: it is not there any more; restore a backup and start again")

    def room(self) -> int | None:
        """Bytes that can still be written where the store lies; None for a database server."""
        return self.database.room()

    def close(self) -> None:
        """Let go of connections."""
        self.database.close()

    def _recall(self, key: str) -> str | None:
        with self.database.read() as connection:
            return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
