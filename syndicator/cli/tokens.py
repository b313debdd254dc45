"""Commands about who may read private feeds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicator.cli.group import as_json, main, print_json, settings_of
from syndicator.cli.sources import Duration

if TYPE_CHECKING:
    from syndicator.ports import Token


@main.group()
def token() -> None:
    """Who may read private feeds."""


@token.command(name="add")
@click.argument("feed")
@click.option("--for", "label", required=True, metavar="NAME", help="Who gets it; shown in lists.")
@click.option(
    "--expires", type=Duration(), metavar="DURATION", help='After how long it ends, like "90d"; never unless given.'
)
@as_json
@click.pass_obj
def add_token(root: Path, feed: str, label: str, expires: timedelta | None, as_json: bool) -> None:
    """Make a token for one subscriber of a private feed. It is shown now and never again."""
    from syndicator import wiring
    from syndicator.flows import tokens

    with wiring.connect(settings_of(root)) as ports:
        made, secret = tokens.grant(ports, feed, label, ports.now() + expires if expires else None)
        found = ports.store.feed(made.feed)
        paths = [found.path(format) for format in found.formats] if found else []
        base = ports.site.base_url
    addresses = [f"{base}/private/{secret}/{path.removeprefix('private/')}" for path in paths]
    if as_json:
        print_json({**_told(made), "token": secret, "addresses": addresses})
        return
    click.echo(f"token {made.id} for {made.label}: {secret}")
    click.echo("Addresses that hold it, for readers that know nothing else:")
    for address in addresses:
        click.echo(f"  {address}")
    click.echo("Addresses for those that can be given a password, with any name, or send it as a Bearer token:")
    for path in paths:
        click.echo(f"  {base}/{path}")


@token.command(name="list")
@click.argument("feed", required=False)
@as_json
@click.pass_obj
def list_tokens(root: Path, feed: str | None, as_json: bool) -> None:
    """List the tokens of all private feeds, or of one, with when each was last used."""
    from syndicator import wiring
    from syndicator.flows import feeds

    with wiring.connect(settings_of(root)) as ports:
        found, now = ports.store.tokens(feeds.find(ports, feed).name if feed else None), ports.now()
    if as_json:
        print_json([_told(one) for one in found])
        return
    for one in found:
        ended = "revoked" if one.revoked else "expired" if one.expires and one.expires <= now else ""
        until = f"until {one.expires.date()}" if one.expires else "without end"
        used = f"last used {one.used.date()}" if one.used else "never used"
        click.echo(f"{one.id}  {one.feed}  {one.label}  made {one.made.date()}, {ended or until}, {used}")


@token.command(name="revoke")
@click.argument("id")
@as_json
@click.pass_obj
def revoke_token(root: Path, id: str, as_json: bool) -> None:
    """Let a token open nothing any more."""
    from syndicator import wiring
    from syndicator.flows import tokens

    with wiring.connect(settings_of(root)) as ports:
        revoked = tokens.revoke(ports, id)
    if as_json:
        print_json(_told(revoked))
    else:
        click.echo(f"token {revoked.id} of {revoked.label} opens nothing any more")


def _told(token: Token) -> dict[str, Any]:
    """A token as it is shown: without the hash."""
    names = ("id", "feed", "label", "made", "expires", "revoked", "used")
    return {name: getattr(token, name) for name in names}
