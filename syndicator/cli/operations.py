"""Commands of operation: configuration, health, version."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from syndicator import __version__
from syndicator.cli.group import main, print_json, settings_of


@main.group(name="config")
def config_() -> None:
    """The configuration."""


@config_.command()
@click.pass_obj
def check(root: Path) -> None:
    """Print the configuration in force as JSON, without secrets; 2 where it is wrong."""
    from syndicator import declared
    from syndicator.flows.feeds import checked

    settings = settings_of(root)
    checked(declared.feeds(settings))
    print_json(settings.public())


@main.command()
@click.pass_obj
def healthcheck(root: Path) -> None:
    """Ask the running server whether it is well. 0 yes, 1 no."""
    from syndicator import serving, wiring

    settings = settings_of(root)
    with wiring.connect(settings) as ports:
        settings = settings.served_at(ports.store.recall(wiring.SERVED_AT))
    answer = serving.health(settings)
    click.echo(answer)
    sys.exit(0 if answer == "ok" else 1)


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(__version__)
