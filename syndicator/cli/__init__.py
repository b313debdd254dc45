"""The command: parse, connect, run a flow, print."""

from __future__ import annotations

from syndicator.cli import folder, operations, processes, sources
from syndicator.cli.group import main

__all__ = ["folder", "main", "operations", "processes", "sources"]
