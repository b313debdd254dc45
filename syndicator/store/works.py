"""Which articles are the same one from several sources."""

from __future__ import annotations

from syndicator.store.engine import Database


class SameWorks:
    """See `ports.Works`."""

    def __init__(self, database: Database) -> None:
        self.database = database
