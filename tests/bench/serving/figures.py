"""Comparisons of two servers, measured in turn, as one Markdown table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One comparison. `ours` and `theirs` are medians in `unit`, `ratio` the median of each round's own ratio.

    `least` or `most` is what the ratio should be at least or at most, where there is a target.
    """

    work: str
    unit: str
    ours: float
    against: str
    theirs: float
    ratio: float
    least: float | None = None
    most: float | None = None

    @property
    def wanted(self) -> str:
        if self.least is not None:
            return f"≥ {self.least:.2f}" if self.least < 1 else f"≥ {self.least:g}"
        return f"≤ {self.most:g}" if self.most is not None else ""

    @property
    def verdict(self) -> str:
        """Whether the target is met, in a word."""
        if self.least is None and self.most is None:
            return ""
        met = self.ratio >= self.least if self.least is not None else self.ratio <= (self.most or 0)
        return "met" if met else "MISSED"


def compared(
    work: str,
    unit: str,
    ours: Sequence[float],
    against: str,
    theirs: Sequence[float],
    *,
    upside_down: bool = False,
    least: float | None = None,
    most: float | None = None,
) -> Figure:
    """A figure from the rounds of both sides. `upside_down`: the ratio is theirs by ours, as for what costs."""
    pairs = [(b, a) if upside_down else (a, b) for a, b in zip(ours, theirs, strict=True)]
    ratio = median(above / below if below else float("inf") for above, below in pairs)
    return Figure(
        work=work,
        unit=unit,
        ours=median(ours),
        against=against,
        theirs=median(theirs),
        ratio=ratio,
        least=least,
        most=most,
    )


def as_markdown(figures: Sequence[Figure], heading: Sequence[str], notes: Sequence[str] = ()) -> str:
    """The table under the lines of `heading`, and `notes` below it."""
    lines = ["| what | syndicator | beside | theirs | ratio | wanted | |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {row.work} | {number(row.ours)} {row.unit} | {row.against} | {number(row.theirs)} {row.unit} "
        f"| {number(row.ratio)} | {row.wanted} | {row.verdict} |"
        for row in figures
    ]
    return "\n".join([*heading, "", *lines, *(["", *(f"- {note}" for note in notes)] if notes else [])])


def as_json(figures: Sequence[Figure], heading: Sequence[str], notes: Sequence[str] = ()) -> str:
    """The same as JSON."""
    rows = [{**asdict(row), "verdict": row.verdict} for row in figures]
    return json.dumps({"heading": list(heading), "figures": rows, "notes": list(notes)}, ensure_ascii=False, indent=1)


def number(value: float) -> str:
    """A number for people: three digits that mean something, thousands set apart."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
