"""What a process and all that it started have used of the processors, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USED = 1, slice(11, 15)
"""Places after the name in /proc/PID/stat: the parent, and user and system time of itself and of ended children."""


def used(process: int) -> float:
    """Seconds of processor time, user and system, of a process, its children and theirs, ended ones included."""
    stats = {int(path.name): _stat(path) for path in Path("/proc").iterdir() if path.name.isdecimal()}
    family = {process}
    grown = True
    while grown:
        children = {id for id, stat in stats.items() if stat and int(stat[_PARENT]) in family}
        grown = not children <= family
        family |= children
    return sum(sum(map(int, stat[_USED])) for id in family if (stat := stats.get(id))) / _TICKS


def _stat(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []  # it has ended meanwhile
