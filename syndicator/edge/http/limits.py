"""What one request may cost, and what went wrong with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one request; times in seconds, sizes in bytes.

    `connect` is for looking up the name and connecting together, `idle` for the first byte of an answer and for every
    pause in it, `total` for everything with all redirects. `head` bounds an answer up to its body, `lines` its header
    lines, `wire` its body as it comes, `body` its body decoded, `page` the body of an answer that is no success.
    Connections are kept open for `keep` seconds, at most `kept` of them. `lookups` bounds names looked up at a time.
    """

    connect: float = 10
    tls: float = 10
    idle: float = 20
    total: float = 60
    hops: int = 5
    head: int = 64 * 1024
    lines: int = 500
    wire: int = 8 * 1024 * 1024
    body: int = 16 * 1024 * 1024
    page: int = 64 * 1024
    keep: float = 30
    kept: int = 32
    lookups: int = 128


class Trouble(Exception):
    """A request ends here. `kind` and `reason` are those of a FetchError; `starved`: we have no files left to open."""

    def __init__(self, kind: str, reason: str, *, starved: bool = False) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.starved = starved
