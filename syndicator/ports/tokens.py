"""The part of the store that knows who may read private feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syndicator.model.times import Timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Token(Timed):
    """One subscriber's key to a private feed. `hash` is sha256 of the secret, in hex; the secret itself is not kept.

    `id` is short and names the token to people; `label` is who has it. `used` is when it was last used, to about
    an hour.
    """

    id: str
    feed: str
    hash: str
    label: str
    made: datetime
    expires: datetime | None = None
    revoked: datetime | None = None
    used: datetime | None = None


class Tokens(Protocol):
    """Tokens of private feeds."""

    def save_token(self, token: Token) -> None:
        """Add or change a token."""

    def tokens(self, feed: str | None = None) -> list[Token]:
        """Every token, or those of a feed, by when it was made."""

    def token(self, id: str) -> Token | None:
        """One token by its id."""

    def token_by_hash(self, hash: str) -> Token | None:
        """One token by the hash of its secret."""

    def used_tokens(self, used: Mapping[str, datetime]) -> None:
        """Remember when tokens (by id) were last used."""
