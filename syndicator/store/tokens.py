"""Who may read private feeds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select, update

from syndicator.ports import Token
from syndicator.store.engine import Database
from syndicator.store.tables import tokens

_TOKENS: Select[Any] = select(tokens)


class PrivateTokens:
    """See `ports.Tokens`."""

    database: Database

    def save_token(self, token: Token) -> None:
        """Add or change a token."""
        row = {name: getattr(token, name) for name in Token.__slots__}
        new = self.database.insert(tokens).values(row)
        changing = {name: new.excluded[name] for name in row if name != "id"}
        with self.database.write() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=[tokens.c.id], set_=changing))

    def tokens(self, feed: str | None = None) -> list[Token]:
        """Every token, or those of a feed, by when it was made."""
        wanted = _TOKENS.order_by(tokens.c.made, tokens.c.id)
        return self._found(wanted if feed is None else wanted.where(tokens.c.feed == feed))

    def token(self, id: str) -> Token | None:
        """One token by its id."""
        return next(iter(self._found(_TOKENS.where(tokens.c.id == id))), None)

    def token_by_hash(self, hash: str) -> Token | None:
        """One token by the hash of its secret."""
        return next(iter(self._found(_TOKENS.where(tokens.c.hash == hash))), None)

    def used_tokens(self, used: Mapping[str, datetime]) -> None:
        """Remember when tokens (by id) were last used."""
        if used:
            seen = update(tokens).where(tokens.c.id == bindparam("token")).values(used=bindparam("at"))
            with self.database.write() as connection:
                connection.execute(seen, [{"token": id, "at": at} for id, at in used.items()])

    def _found(self, wanted: Select[Any]) -> list[Token]:
        with self.database.read() as connection:
            return [Token(**row._mapping) for row in connection.execute(wanted)]
