"""What was measured, as one table of medians and ratios, for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison. `ours` and `theirs` are seconds, `theirs` None where the peer is absent.

    `ratio` is how many times faster we are; `wanted` the least that it should be, where there is a target.
    """

    work: str
    ours: float
    against: str
    theirs: float | None
    wanted: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.theirs / self.ours if self.theirs is not None else None

    @property
    def verdict(self) -> str:
        """Whether the target is met, in a word."""
        if self.ratio is None:
            return "not compared"
        if self.wanted is None:
            return ""
        return "met" if self.ratio >= self.wanted else "MISSED"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a `share` (0.0 to 1.0) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def middle(values: Sequence[float] | None) -> float | None:
    """The median, or None where nothing was measured."""
    return median(values) if values else None


def seconds(value: float | None) -> str:
    """A duration for people, with three digits that mean something."""
    if value is None:
        return "absent"
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"


def as_text(rows: Sequence[Row], heading: Sequence[str]) -> str:
    """The table in plain text under the lines of `heading`, and what each side did below it."""
    cells = [("work", "syndicator", "against", "theirs", "ratio", "wanted", "")]
    for row in rows:
        ratio = f"{row.ratio:.3g} ×" if row.ratio is not None else "-"
        wanted = f"≥ {row.wanted:.3g} ×" if row.wanted is not None else "-"
        cells.append((row.work, seconds(row.ours), row.against, seconds(row.theirs), ratio, wanted, row.verdict))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = dict.fromkeys(f"{row.work}, against {row.against}: {row.note}" for row in rows if row.note)
    return "\n".join([*heading, "", *lines, "", *notes])


def as_json(rows: Sequence[Row], heading: Sequence[str]) -> str:
    """The same as JSON."""
    found = [{**asdict(row), "ratio": row.ratio, "verdict": row.verdict} for row in rows]
    return json.dumps({"heading": list(heading), "rows": found}, ensure_ascii=False, indent=1)
