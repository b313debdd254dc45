"""The command: parse, connect, run a flow, print."""

from __future__ import annotations

from syndicator.cli import (
    checks,
    doubles,
    feeds,
    folder,
    lists,
    operations,
    polls,
    processes,
    rulings,
    sources,
    stats,
    tokens,
)
from syndicator.cli.group import main

__all__ = [
    "checks",
    "doubles",
    "feeds",
    "folder",
    "lists",
    "main",
    "operations",
    "polls",
    "processes",
    "rulings",
    "sources",
    "stats",
    "tokens",
]
