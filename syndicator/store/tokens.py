"""Who may read private feeds."""

from __future__ import annotations

from syndicator.store.engine import Database


class PrivateTokens:
    """See `ports.Tokens`."""

    def __init__(self, database: Database) -> None:
        self.database = database
