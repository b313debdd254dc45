"""Commands about articles that several sources have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicator.cli.group import as_json, main, print_json, settings_of

if TYPE_CHECKING:
    from syndicator.flows.joining import Work
    from syndicator.model import Article


@main.command()
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many, the newest first.")
@as_json
@click.pass_obj
def doubles(root: Path, limit: int, as_json: bool) -> None:
    """List the articles that were taken for one, and why."""
    from syndicator import wiring
    from syndicator.flows import joining

    with wiring.connect(settings_of(root)) as ports:
        found = joining.doubles(ports, limit)
    if as_json:
        print_json([_plain(work) for work in found])
        return
    for work in found:
        click.echo(work.articles[0].title or work.articles[0].slug)
        for article in work.articles:
            click.echo(f"  {article.source}  {article.slug}  {article.status}  {article.url or ''}".rstrip())
        for one, other, join in work.reasons:
            click.echo(f"  {one.slug} is {other.slug}: {join.why} ({join.by}, {join.at:%Y-%m-%d %H:%M})")


def _plain(work: Work) -> dict[str, Any]:
    return {
        "articles": [
            {"id": a.id, "slug": a.slug, "source": a.source, "title": a.title, "url": a.url, "status": a.status}
            for a in work.articles
        ],
        "reasons": [
            {"article": one.slug, "same_as": other.slug, "by": join.by, "why": join.why, "at": join.at}
            for one, other, join in work.reasons
        ],
    }


@main.command()
@click.argument("article")
@click.pass_obj
def split(root: Path, article: str) -> None:
    """Take an article (slug, id, address or file) out of those that it was taken for the same as, for ever."""
    from syndicator import wiring
    from syndicator.flows import joining
    from syndicator.flows.accounting import find
    from syndicator.flows.publish import compress, publish

    with wiring.connect(settings_of(root)) as ports:
        found = find(ports, article)
        mates = joining.split(ports, found)
        publish(ports)
        compress(ports)
    click.echo(f"{found.slug}: apart from {_named(mates)}")


@main.command()
@click.argument("article")
@click.argument("other")
@click.pass_obj
def join(root: Path, article: str, other: str) -> None:
    """Let two articles of different sources be one."""
    from syndicator import wiring
    from syndicator.flows import joining
    from syndicator.flows.accounting import find
    from syndicator.flows.publish import compress, publish

    with wiring.connect(settings_of(root)) as ports:
        united = joining.unite(ports, find(ports, article), find(ports, other))
        publish(ports)
        compress(ports)
    click.echo(f"one article now: {_named(united)}")


def _named(articles: tuple[Article, ...]) -> str:
    return ", ".join(f"{article.slug} ({article.source})" for article in articles)
