"""Who may read a private feed: granting it, taking it back, and letting somebody in."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from syndicator.core.tokens import hashed, is_good, is_secret
from syndicator.errors import FeedError
from syndicator.ports import Ports, Token

NOTED = timedelta(hours=1)
"""The last use of a token is told to about that."""


def grant(ports: Ports, feed: str, label: str, expires: datetime | None = None) -> tuple[Token, str]:
    """A new token for the private feed of that name, and its secret, which nobody can find out later.

    `expires` is when it stops to open the feed. Raises FeedError where there is no such private feed.
    """
    found = ports.store.feed(feed) or ports.store.feed(f"private/{feed}")
    if found is None or not found.private:
        raise FeedError(f"feed {feed}: no private feed has this name; `syndicator feed list` shows all")
    now = ports.now()
    if expires is not None and expires <= now:
        raise FeedError(
            f"feed {feed}: a token that ends on {expires.isoformat()} would open nothing: choose a later end"
        )
    secret = secrets.token_urlsafe(32)
    token = Token(id=secrets.token_hex(4), feed=found.name, hash=hashed(secret), label=label, made=now, expires=expires)
    ports.store.save_token(token)
    return token, secret


def revoke(ports: Ports, id: str) -> Token:
    """Let a token open nothing any more, for good. Raises FeedError where there is no such token."""
    token = ports.store.token(id)
    if token is None:
        raise FeedError(f"token {id}: there is none; `syndicator token list` shows all")
    if token.revoked is None:
        token = replace(token, revoked=ports.now())
        ports.store.save_token(token)
    return token


def opens(ports: Ports, secret: str, feed: str) -> Token | None:
    """The token that opens a feed with this secret, or None. `feed` is its name, or one that it had before."""
    token = ports.store.token_by_hash(hashed(secret)) if is_secret(secret) else None
    if token is None or not is_good(token.expires, token.revoked, ports.now()):
        return None
    return token if token.feed in (feed, ports.store.former(feed)) else None


def is_noted(ports: Ports, token: Token) -> bool:
    """Whether a use now is noted already."""
    return token.used is not None and ports.now() - token.used < NOTED


def used(ports: Ports, token: Token) -> None:
    """Remember that a token is used now, unless that is noted already."""
    if not is_noted(ports, token):
        ports.store.used_tokens({token.id: ports.now()})
