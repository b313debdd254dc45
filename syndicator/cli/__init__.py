"""The command: parse, connect, run a flow, print."""

from __future__ import annotations

from syndicator.cli import checks, folder, lists, operations, polls, processes, sources
from syndicator.cli.group import main

__all__ = ["checks", "folder", "lists", "main", "operations", "polls", "processes", "sources"]
