"""Commands about the folder and what is published."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import click

from syndicator.cli.group import as_json, main, print_done, print_json, print_problems, progress, settings_of
from syndicator.cli.sources import list_sources, show_source
from syndicator.errors import SyndicatorError

SHOWN = 20
"""Sources that are not well which `status` names."""


@main.command()
@as_json
@click.pass_obj
def build(root: Path, as_json: bool) -> None:
    """Read seeds/ once, publish, and exit. 1 where a file could not be published."""
    from syndicator import wiring
    from syndicator.flows import feeds
    from syndicator.flows.past import forget
    from syndicator.flows.publish import compress
    from syndicator.flows.refresh import begin
    from syndicator.flows.status import status as state

    with wiring.connect(settings_of(root), progress()) as ports:
        wiring.make_folder(ports)
        feeds.declare(ports)
        report = begin(ports)
        compress(ports)
        forget(ports)
        found = state(ports)
    print_done(report, found, as_json)


@main.command()
@click.option("--confirm-removals", is_flag=True, help="Withdraw every article whose file is gone, now.")
@as_json
@click.pass_obj
def scan(root: Path, confirm_removals: bool, as_json: bool) -> None:
    """Look at all of seeds/ now, and publish what changed."""
    from syndicator import wiring
    from syndicator.flows.publish import compress
    from syndicator.flows.refresh import refresh
    from syndicator.flows.status import status as state

    with wiring.connect(settings_of(root), progress()) as ports:
        report = refresh(ports, confirmed=confirm_removals)
        compress(ports)
        found = state(ports)
    print_done(report, found, as_json)


@main.command(name="list")
@click.option("--articles", is_flag=True, help="List published articles instead, newest first.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many articles.")
@as_json
@click.pass_obj
def list_(root: Path, articles: bool, limit: int, as_json: bool) -> None:
    """List the upstream sources and how they stand, or the published articles."""
    from syndicator import wiring
    from syndicator.model import Query

    with wiring.connect(settings_of(root)) as ports:
        if not articles:
            list_sources(ports, as_json)
            return
        found = ports.store.select(Query(), limit)
    if as_json:
        print_json([{"id": a.id, "slug": a.slug, "title": a.title, "published": a.published} for a in found])
        return
    for article in found:
        date = article.published.date().isoformat() if article.published else ""
        click.echo(f"{date}  {article.slug}  {article.title}")


@main.command()
@click.argument("name", metavar="SOURCE|ARTICLE")
@as_json
@click.pass_obj
def show(root: Path, name: str, as_json: bool) -> None:
    """Show a source, by name or address, or an article, by id, slug, or its file under seeds/."""
    from syndicator import wiring

    with wiring.connect(settings_of(root)) as ports:
        source = ports.store.source(name) or (ports.store.source_at(name) if "://" in name else None)
        if source is not None and not source.removed:
            show_source(ports, source, as_json)
            return
        id = next((f.article_id for f in ports.store.files(ports.policy.source, {name})), None) or name
        found = ports.store.article(id)
        history = ports.store.revisions(found.id) if found else []
    if found is None:
        raise SyndicatorError(f"{name}: no source has this name or address, and no article this id, slug or file")
    data = dataclasses.asdict(found)
    data["revisions"] = [{"number": n, "kind": k, "recorded_at": at} for n, k, at, _ in history]
    if as_json:
        print_json(data)
        return
    for key, value in data.items():
        if value not in (None, "", (), []):
            click.echo(
                f"{key}: {value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)}"
            )


@main.command()
@as_json
@click.pass_obj
def status(root: Path, as_json: bool) -> None:
    """Say what is published, what is wrong and what to do. 1 where something is wrong."""
    from syndicator import wiring
    from syndicator.flows.status import status as state

    with wiring.connect(settings_of(root)) as ports:
        found = state(ports)
    if as_json:
        print_json(dataclasses.asdict(found))
    else:
        counts = ", ".join(f"{number} {name}" for name, number in found.counts.items() if number)
        click.echo(f"{'ok' if found.ok else 'not well'}: {counts or 'nothing published yet'}")
        click.echo(f"feeds begin with {found.base_url}; last scan {found.scanned_at or 'never'}")
        print_problems(found.problems, found.notices)
        for unwell in found.sources[:SHOWN]:
            click.echo(f"source {unwell.path}: {unwell.reason}")
        if len(found.sources) > SHOWN:
            click.echo(f"and {len(found.sources) - SHOWN} more sources: `syndicator list` shows them")
        for line in found.advice:
            click.echo(f"- {line}")
    sys.exit(0 if found.ok else 1)
