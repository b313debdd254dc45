"""Commands that decide about published articles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicator.cli.group import as_json, main, print_json, settings_of

if TYPE_CHECKING:
    from syndicator.flows.rulings import Ruled
    from syndicator.model import Article
    from syndicator.ports import Ports

_article = click.argument("article", metavar="ARTICLE")
_note = click.option("--note", default="", help="What readers are told, in plain text.")


@main.command()
@_article
@click.option("--note", required=True, help="What was wrong, in plain text: shown before the article.")
@as_json
@click.pass_obj
def correct(root: Path, article: str, note: str, as_json: bool) -> None:
    """Show a correction before ARTICLE: an id, slug, address, or file under seeds/."""
    from syndicator.flows import rulings

    _rule(root, article, as_json, lambda ports, found: rulings.correct(ports, found, note))


@main.command()
@_article
@_note
@as_json
@click.pass_obj
def retract(root: Path, article: str, note: str, as_json: bool) -> None:
    """Mark the title of ARTICLE as retracted and show a note instead of what it said."""
    from syndicator.flows import rulings

    _rule(root, article, as_json, lambda ports, found: rulings.retract(ports, found, note))


@main.command()
@_article
@_note
@as_json
@click.pass_obj
def kill(root: Path, article: str, note: str, as_json: bool) -> None:
    """Take ARTICLE out of everything that is published, and forget its text. May be repeated."""
    from syndicator.flows import rulings

    _rule(root, article, as_json, lambda ports, found: rulings.kill(ports, found, note))


@main.command()
@_article
@click.option("--note", expose_value=False, help="Taken as the other commands take it; a restored article shows none.")
@as_json
@click.pass_obj
def restore(root: Path, article: str, as_json: bool) -> None:
    """Take back what was decided about ARTICLE by command."""
    from syndicator.flows import rulings

    _rule(root, article, as_json, rulings.restore)


def _rule(root: Path, text: str, as_json: bool, decide: Callable[[Ports, Article], Ruled]) -> None:
    """Find the article, decide, and say how it stands then."""
    from syndicator import wiring
    from syndicator.flows.accounting import find

    with wiring.connect(settings_of(root)) as ports:
        done = decide(ports, find(ports, text))
    article, ruling = done.article, done.article.ruling
    if as_json:
        told: dict[str, Any] = {"id": article.id, "slug": article.slug, "status": article.status}
        told |= {"verdict": ruling.verdict if ruling else None, "note": ruling.note if ruling else ""}
        print_json({**told, "revision": article.revision, "documents": done.documents})
        return
    stands = str(ruling.verdict) if ruling else str(article.status)
    click.echo(f"{article.slug}: {stands}; {len(done.documents)} documents changed")
    if ruling is None and not article.status.is_shown:
        click.echo("it comes back when its file or its entry is read again")
