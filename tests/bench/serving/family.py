"""The processes under a `syndicator run`: which is which and how much memory each has."""

from __future__ import annotations

import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def part(pid: int, name: str) -> int:
    """The process that `syndicator run` of that pid started for its part `serve` or `daemon`.

    Raises AssertionError where there is none.
    """
    found = next((child for child in children(pid) if name.encode() in _command(child)), None)
    assert found is not None, f"{pid} has no {name}"
    return found


def workers(pid: int) -> list[int]:
    """The processes that answer, of a `syndicator run`: those that its server spawned and that live."""
    return [child for child in children(part(pid, "serve")) if _spawned(child) and memory(child)]


def parts(pid: int) -> dict[str, list[int]]:
    """All of them by what they do."""
    server, daemon = part(pid, "serve"), part(pid, "daemon")
    return {
        "the supervisor": [pid],
        "the server": [server],
        "a worker": workers(pid),
        "the daemon": [daemon],
    }


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    try:
        lists = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []
    return [int(child) for found in lists for child in found.split()]


def memory(pid: int) -> int:
    """Bytes of memory that a process has (RSS); 0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


def _spawned(pid: int) -> bool:
    return any(b"spawn_main" in word for word in _command(pid))


def _command(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
