"""Commands that exchange sources with other programs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from syndicator.cli.group import as_json, main, print_json, progress, settings_of
from syndicator.errors import BadList


@main.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Show what would be taken over, and store nothing.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing.")
@as_json
@click.pass_obj
def import_(root: Path, file: Path, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take over sources: OPML, planet.ini of Planet, Venus and Pluto, osmosfeed.yaml, newsboat's urls."""
    from syndicator import wiring
    from syndicator.flows import sources
    from syndicator.flows.exchange import read_list, take_over

    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        found = read_list(data, file.name)
    except OSError as error:
        raise BadList(f"{file}: {error.strerror}") from error
    with wiring.connect(settings_of(root), progress()) as ports:
        new, known = take_over(ports, found.subscriptions)
        if not as_json:
            click.echo(f"{file}: {found.format}, {len(new)} new sources, {known} known already")
            for source in new[:10]:
                click.echo(f"  {source.title or source.id}  {source.url}  {', '.join(source.tags)}".rstrip())
            if len(new) > 10:
                click.echo(f"  and {len(new) - 10} more")
            for notice in found.notices:
                click.echo(f"  note: {notice}")
        taken = not dry_run and (yes or not sys.stdin.isatty() or click.confirm("Take these over?", default=True))
        if taken and new:
            sources.add(ports, new)
    if as_json:
        print_json(
            {"format": found.format, "new": new if taken or dry_run else [], "known": known, "notices": found.notices}
        )
    elif taken:
        click.echo(f"{len(new)} sources added; the daemon polls them, or `syndicator poll`")


@main.group()
def export() -> None:
    """Give what we have to other programs."""


@export.command()
@click.option("--output", "-o", type=click.Path(path_type=Path), help="A file, instead of standard output.")
@click.pass_obj
def opml(root: Path, output: Path | None) -> None:
    """The sources as OPML 2.0, without credentials."""
    from syndicator import wiring
    from syndicator.flows.exchange import as_opml

    with wiring.connect(settings_of(root)) as ports:
        data = as_opml(ports)
    if output is None:
        click.echo(data, nl=False)
    else:
        output.write_bytes(data)
        click.echo(f"{output}: written")
