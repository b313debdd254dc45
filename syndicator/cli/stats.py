"""The command that tells how much is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicator.cli.group import as_json, main, print_json, settings_of

if TYPE_CHECKING:
    from syndicator.flows.stats import Numbers, Stats

MOST_PARTS = 20
"""Feeds and aggregators that are shown; JSON has all."""
_HEAD = ("requests", "sent", "304", "deltas", "readers", "subscribers")


@main.command()
@click.argument("feed", required=False)
@click.option(
    "--days", type=click.IntRange(1, 400), default=30, show_default=True, help="How many days, today included."
)
@as_json
@click.pass_obj
def stats(root: Path, feed: str | None, days: int, as_json: bool) -> None:
    """Show how often FEED, or the whole site, was asked for on each day (UTC), and by how many readers.

    FEED is a feed's name, or the path of one of its documents: feed.xml is the feed of everything.
    """
    from syndicator import wiring
    from syndicator.flows.stats import stats

    with wiring.connect(settings_of(root)) as ports:
        found = stats(ports, feed, days)
    if as_json:
        print_json(_told(found))
    else:
        _print(found)


def _told(found: Stats) -> dict[str, Any]:
    days = [{"day": str(day), **_numbers(numbers)} for day, numbers in found.days.items()]
    parts = {part: _numbers(numbers) for part, numbers in found.parts.items()}
    return {
        "feed": found.feed,
        "since": str(found.since),
        "until": str(found.until),
        "total": _numbers(found.total),
        "days": days,
        "feeds" if found.feed is None else "formats": parts,
    }


def _numbers(numbers: Numbers) -> dict[str, Any]:
    return {**asdict(numbers), "share_not_modified": round(numbers.share, 4), "everybody": numbers.everybody}


def _print(found: Stats) -> None:
    if not found.days:
        click.echo(f"nothing was counted from {found.since} to {found.until}")
        return
    _print_table("day", [*((str(day), one) for day, one in found.days.items()), ("all days", found.total)])
    parts = sorted(found.parts.items(), key=lambda part: (-part[1].requests, part[0]))
    click.echo()
    _print_table(
        "feed" if found.feed is None else "format", [(name or "feed.xml", one) for name, one in parts[:MOST_PARTS]]
    )
    if len(parts) > MOST_PARTS:
        click.echo(f"and {len(parts) - MOST_PARTS} more, which --json shows")
    if found.total.subscribers:
        click.echo()
        told = sorted(found.total.subscribers.items(), key=lambda one: (-one[1], one[0]))[:MOST_PARTS]
        click.echo("announced by " + ", ".join(f"{name} {number}" for name, number in told))


def _print_table(of: str, lines: Iterable[tuple[str, Numbers]]) -> None:
    rows = [(of, *_HEAD), *((name, *_cells(numbers)) for name, numbers in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        told = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        click.echo(f"{name.ljust(widths[0])}  {told}")


def _cells(numbers: Numbers) -> tuple[str, ...]:
    return (
        str(numbers.requests),
        _size(numbers.sent),
        f"{numbers.share:.0%}",
        str(numbers.deltas),
        str(numbers.readers),
        str(sum(numbers.subscribers.values())),
    )


def _size(count: int) -> str:
    """Bytes for a person: "870 B", "1.2 MB"."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 999.5 or unit == "TB":
            return f"{size:.0f} {unit}" if unit == "B" or size >= 99.95 else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("unreachable")
