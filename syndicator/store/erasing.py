"""Making articles forget their text."""

from __future__ import annotations

from syndicator.store.engine import Database


class Erasing:
    """See `ports.Store.erase`."""

    def __init__(self, database: Database) -> None:
        self.database = database
