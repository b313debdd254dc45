"""Commands about polling."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicator.cli.group import as_json, main, print_json, progress, settings_of

if TYPE_CHECKING:
    from syndicator.flows.poll import Done
    from syndicator.model import Source
    from syndicator.ports import Ports


@main.command()
@click.argument("source", required=False)
@click.option("--due", is_flag=True, help="What is due, which is what happens without SOURCE.")
@click.option("--all", "everything", is_flag=True, help="Every source, due or not.")
@click.option("--dry-run", is_flag=True, help="Say what would come, and store nothing.")
@as_json
@click.pass_obj
def poll(root: Path, source: str | None, due: bool, everything: bool, dry_run: bool, as_json: bool) -> None:
    """Poll now: what is due, every source, or one. What it finds is published when it returns. 1 where one failed."""
    from syndicator import wiring
    from syndicator.flows import rounds, sources
    from syndicator.flows.upkeep import prepare

    if due + everything + (source is not None) > 1:
        raise click.UsageError("give SOURCE, --due or --all")
    settings = settings_of(root)
    seen: list[dict[str, Any]] = []

    def told(done: Done) -> None:
        seen.append({"source": done.source.id, **dataclasses.asdict(done.poll)})
        if not as_json:
            found = f"{done.poll.new} new, {done.poll.changed} changed" if not done.poll.reason else done.poll.reason
            click.echo(f"{done.source.id}: {done.poll.result}: {found}")

    def refused(one: Source, reason: str) -> None:
        seen.append({"source": one.id, "result": "paused", "reason": reason})
        if not as_json:
            click.echo(f"{one.id}: not polled: {reason}", err=True)

    with wiring.connect(settings, progress()) as ports:
        prepare(ports)
        wanted = [sources.find(ports, source)] if source else [s for s in ports.store.sources() if not s.paused]
        if dry_run:
            _glance(ports, wanted if source or everything else sources.due(ports), as_json)
            return
        if source or everything:
            report = rounds.poll_these(ports, wanted, told, refused, settings.polling.connections)
        else:
            report = rounds.poll_due(ports, told, settings.polling.connections)
    if as_json:
        print_json({"polls": seen, "new": report.published, "changed": report.corrected, "failed": report.failed})
    else:
        click.echo(
            f"{report.read} polled, {report.failed} failed, {report.published} new, {report.corrected} changed, "
            f"{len(report.documents)} documents written"
        )
    sys.exit(1 if report.failed else 0)


def _glance(ports: Ports, wanted: list[Source], as_json: bool) -> None:
    from syndicator.flows.rounds import glance

    seen = []
    for one in glance(ports, wanted):
        titles = [entry.article.title for entry in one.parsed.entries] if one.parsed else []
        seen.append({"source": one.source.id, "said": one.said, "new": titles})
        if not as_json:
            click.echo(f"{one.source.id}: {one.said}")
            for title in titles[:20]:
                click.echo(f"  {title}")
    if as_json:
        print_json(seen)


@main.group()
def why() -> None:
    """Why things are as they are."""


@why.command(name="source")
@click.argument("source")
@as_json
@click.pass_obj
def why_source(root: Path, source: str, as_json: bool) -> None:
    """Say when a source is polled next and why, how its last polls went, and what to do about an error."""
    from syndicator import wiring
    from syndicator.flows import sources
    from syndicator.flows.explaining import explained, observed, public

    with wiring.connect(settings_of(root)) as ports:
        found = sources.find(ports, source)
        lines, state = explained(ports, found)
    if as_json:
        print_json({"source": public(found), "why": lines, "state": observed(state)})
        return
    click.echo(f"{found.id}: {found.title or (state.upstream.title if state else '') or found.url}")
    for line in lines:
        click.echo(line)


@why.command(name="article")
@click.argument("article")
@click.argument("feed", required=False)
@as_json
@click.pass_obj
def why_article(root: Path, article: str, feed: str | None, as_json: bool) -> None:
    """Say in which feeds an article is and why, why not in others, what it was merged with, and its history.

    ARTICLE is an id, a slug, an address, or a file under seeds/; FEED is any feed by its name: rights, tags/news.
    """
    from syndicator import wiring
    from syndicator.flows.accounting import account, find

    with wiring.connect(settings_of(root)) as ports:
        found = account(ports, find(ports, article), feed)
    if as_json:
        print_json(found)
        return
    for line in found.lines():
        click.echo(line)
