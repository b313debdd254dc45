"""Composed feeds: definitions, names, places, archives."""

from __future__ import annotations

from syndicator.store.engine import Database


class ComposedFeeds:
    """See `ports.Feeds`."""

    def __init__(self, database: Database) -> None:
        self.database = database
