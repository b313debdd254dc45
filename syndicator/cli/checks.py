"""The command that looks at a feed as a reader does."""

from __future__ import annotations

import sys
from pathlib import Path
from time import sleep

import click

from syndicator.cli.group import as_json, main, print_json, settings_of
from syndicator.errors import FetchError


@main.command()
@click.argument("target", metavar="URL|FILE")
@as_json
@click.pass_obj
def check(root: Path, target: str, as_json: bool) -> None:
    """Say what a reader would see of a feed, and what is wrong with it and its HTTP. 1 where something is."""
    from syndicator import wiring
    from syndicator.flows.checking import check_file, check_url

    settings = settings_of(root)
    with wiring.fetching(settings) as (fetcher, parser):
        if "://" in target:
            found = check_url(fetcher, parser, target, wiring.user_agent(settings), now=wiring.now(), sleep=sleep)
        else:
            try:
                found = check_file(parser, Path(target).read_bytes(), target, now=wiring.now())
            except OSError as error:
                raise FetchError("bad_url", target, f"{error.strerror}; give an address or a file") from error
    if as_json:
        print_json(found)
    else:
        for line in found.lines():
            click.echo(line)
    sys.exit(0 if found.ok else 1)
