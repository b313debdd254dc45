"""Tokens of private feeds: what is kept of a secret, and when it opens a feed."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}\Z")
"""256 bits in the alphabet of URLs (RFC 4648 5), without padding."""


def is_secret(text: str) -> bool:
    """Whether a text can be the secret of a token."""
    return _SECRET.match(text) is not None


def hashed(secret: str) -> str:
    """What is kept of a secret: sha256 in hex. It is random and long, so that it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_good(expires: datetime | None, revoked: datetime | None, now: datetime) -> bool:
    """Whether a token that may have an end still opens its feed."""
    return revoked is None and (expires is None or now < expires)
