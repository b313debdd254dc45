"""Commands about upstream sources."""

from __future__ import annotations

import dataclasses
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicator.cli.group import as_json, main, print_json, progress, settings_of
from syndicator.config.sections import SourceSection, duration
from syndicator.errors import BadList, FetchError, SourceError

if TYPE_CHECKING:
    from syndicator.core.upstream.discovery import Offer
    from syndicator.flows.poll import Done
    from syndicator.flows.subscribing import Found
    from syndicator.model import PollState, Source
    from syndicator.ports import Ports


class Duration(click.ParamType[timedelta]):
    """A duration as in the configuration."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """`90s`, `15m`, `2h` as a timedelta; `auto` as none at all."""
        if value == "auto":
            return timedelta(0)
        try:
            found = duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not isinstance(found, timedelta) or found < timedelta(seconds=1):
            self.fail("give a second at least", param, ctx)
        return found


_OPTIONS = [
    click.option("--title", help="What it is called here; its own title unless given."),
    click.option("--tag", "tags", multiple=True, help="A tag for all its articles; may be repeated."),
    click.option("--interval", type=Duration(), help='How often to poll, like "30m"; "auto" follows its rhythm.'),
    click.option("--user", metavar="NAME:PASSWORD", help="Credentials for Basic authentication."),
    click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="A header to send; may be repeated."),
    click.option("--user-agent", help="What to call ourselves there."),
    click.option("--language", help="Its language where it names none."),
    click.option("--licence", help="Its licence where it names none."),
    click.option("--trust/--no-trust", default=None, help="Whether what it pushes is believed without a fetch."),
]


def _decided(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _decisions(url: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the options say, as fields of a Source; only those given. Raises SourceError."""
    found: dict[str, Any] = {k: options[k] for k in ("title", "user_agent", "language", "licence") if options.get(k)}
    if options.get("tags"):
        found["tags"] = tuple(tag for tag in options["tags"] if tag)
    if options.get("interval") is not None:
        found["interval"] = options["interval"] or None
    if options.get("trust") is not None:
        found["trust"] = options["trust"]
    if options.get("user") is not None:
        name, _, password = options["user"].partition(":")
        found |= {"username": name or None, "password": password or None}
    if options.get("headers"):
        pairs = [header.partition(":") for header in options["headers"]]
        found["headers"] = tuple((name.strip(), value.strip()) for name, _, value in pairs if name.strip())
    try:
        SourceSection(url=url, headers=dict(found.get("headers", ())))
    except ValueError as error:
        message = error.errors()[0]["msg"] if hasattr(error, "errors") else str(error)
        raise SourceError(f"source {url}: {message.removeprefix('Value error, ')}") from error
    return found


@main.command()
@click.argument("url")
@click.option("--slug", help="Its name in addresses: its feed is /sources/SLUG/feed.xml.")
@_decided
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take the first feed, and publish it.")
@as_json
@click.pass_obj
def add(root: Path, url: str, slug: str | None, yes: bool, as_json: bool, **options: Any) -> None:
    """Subscribe to a feed, or to the feed of a site: look what is there, show it, take it in."""
    from syndicator import wiring
    from syndicator.flows.subscribing import subscribe
    from syndicator.model import Source

    url = url if "://" in url else f"https://{url}"
    decided = _decisions(url, options)
    asks = sys.stdin.isatty() and not yes
    with wiring.connect(settings_of(root), progress()) as ports:
        wanted = Source(id=slug or "", url=url, **decided)
        found = _found(ports, wanted, asks=asks, first=yes)
        if not as_json:
            _preview(found)
        if asks and not click.confirm("Publish this?", default=True):
            sys.exit(1)
        done = subscribe(ports, wanted, found)
        source = ports.store.source(done.polled.claim.source.id if done.polled else done.source.id)
    if as_json:
        print_json({"source": _public(source), "new": done.poll.new})
    elif source is not None:
        click.echo(f"{source.id}: {done.poll.new} articles; its own feed is /sources/{source.id}/feed.xml")


def _found(ports: Ports, wanted: Source, *, asks: bool, first: bool) -> Found:
    """The feed at an address, or the one that a person chooses of those offered there. Raises SourceError."""
    from syndicator.flows.subscribing import Found, guess, look

    found = look(ports, wanted)
    tried = {wanted.url}
    while not isinstance(found, Found):
        if not found:
            guessed = guess(ports, wanted) if asks else None
            if guessed is None:
                raise SourceError(f"{wanted.url}: there is no feed, and none is named there")
            return guessed
        chosen = found[0] if first or len(found) == 1 else _chosen(wanted.url, found, asks=asks)
        if chosen.url in tried:
            raise SourceError(f"{chosen.url}: it is named as a feed and is none")
        tried.add(chosen.url)
        found = look(ports, dataclasses.replace(wanted, url=chosen.url))
    return found


def _chosen(url: str, offers: tuple[Offer, ...], *, asks: bool) -> Offer:
    lines = [
        f"{number:3}  {offer.title or offer.type or 'feed'}  {offer.url}" for number, offer in enumerate(offers, 1)
    ]
    if not asks:
        listed = "\n".join(lines)
        raise SourceError(f"{url}: it offers {len(offers)} feeds; add one of them, or the first with --yes:\n{listed}")
    click.echo("\n".join(lines))
    number = click.prompt("Which one", type=click.IntRange(1, len(offers)), default=1)
    return offers[number - 1]


def _preview(found: Found) -> None:
    click.echo(f"{found.title}: {found.parsed.total} entries ({found.parsed.format})")
    for article in found.newest(5):
        date = article.published.date().isoformat() if article.published else "no date   "
        click.echo(f"  {date}  {article.title or article.summary[:80] or article.url}")
    for notice in found.parsed.notices:
        click.echo(f"  note: {notice}")


@main.command()
@click.argument("source")
@click.option("--withdraw", is_flag=True, help="Withdraw its articles too; they stay published otherwise.")
@click.pass_obj
def remove(root: Path, source: str, withdraw: bool) -> None:
    """Poll a source no more. Its own feed ends (410); its articles stay unless --withdraw."""
    from syndicator import wiring
    from syndicator.flows import sources
    from syndicator.flows.publish import compress, publish

    with wiring.connect(settings_of(root)) as ports:
        report = sources.remove(ports, sources.find(ports, source), withdraw=withdraw)
        publish(ports)
        compress(ports)
    click.echo(f"removed; {report.withdrawn} articles withdrawn" if withdraw else "removed; its articles stay")


@main.command()
@click.argument("source")
@click.pass_obj
def pause(root: Path, source: str) -> None:
    """Poll a source no more until it is resumed."""
    _change(root, source, paused=True)


@main.command()
@click.argument("source")
@click.pass_obj
def resume(root: Path, source: str) -> None:
    """Poll a source again that was paused, is gone, or is in quarantine."""
    from syndicator import wiring
    from syndicator.flows import sources

    with wiring.connect(settings_of(root)) as ports:
        sources.resume(ports, sources.find(ports, source))
    click.echo(f"{source}: resumed")


@main.command()
@click.argument("source")
@click.option("--url", help="Where it is now; what was known of the old address stays.")
@_decided
@click.pass_obj
def edit(root: Path, source: str, url: str | None, **options: Any) -> None:
    """Change what was decided about a source. An empty text takes a decision back."""
    changes = _decisions(url or "https://unchanged.example/", options)
    cleared = {"title": "", "user_agent": None, "language": None, "licence": None}
    changes |= {key: empty for key, empty in cleared.items() if options.get(key) == ""}
    changes |= {"tags": ()} if options["tags"] == ("",) else {}
    changes |= {"headers": ()} if options["headers"] == ("",) else {}
    changes |= {"url": url} if url else {}
    if not changes:
        raise click.UsageError("nothing to change; `syndicator edit --help` shows what can be")
    _change(root, source, **changes)


def _change(root: Path, text: str, **changes: Any) -> None:
    from syndicator import wiring
    from syndicator.flows import sources
    from syndicator.flows.publish import compress, publish

    with wiring.connect(settings_of(root)) as ports:
        sources.change(ports, sources.find(ports, text), **changes)
        publish(ports)
        compress(ports)
    click.echo(f"{text}: changed")


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
    from syndicator.flows.explaining import explained

    with wiring.connect(settings_of(root)) as ports:
        found = sources.find(ports, source)
        lines, state = explained(ports, found)
    if as_json:
        print_json({"source": _public(found), "why": lines, "state": _observed(state)})
        return
    click.echo(f"{found.id}: {found.title or (state.upstream.title if state else '') or found.url}")
    for line in lines:
        click.echo(line)


@main.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Show what would be taken over, and store nothing.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing.")
@as_json
@click.pass_obj
def import_(root: Path, file: Path, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take over sources: OPML, planet.ini of Planet, Venus and Pluto, osmosfeed.yaml, newsboat's urls."""
    from syndicator import wiring
    from syndicator.core.lists import read_list
    from syndicator.flows import sources

    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        found = read_list(data, file.name)
    except OSError as error:
        raise BadList(f"{file}: {error.strerror}") from error
    with wiring.connect(settings_of(root), progress()) as ports:
        new, known = sources.take_over(ports, found.subscriptions)
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
    """The sources as OPML 2.0. Addresses with credentials in them are left out, saying so."""
    from syndicator import wiring
    from syndicator.core.lists.opml import write
    from syndicator.flows import sources

    with wiring.connect(settings_of(root)) as ports:
        found = sources.subscriptions(ports)
        data = write(found, title=ports.site.title, created=ports.now())
    if output is None:
        click.echo(data, nl=False)
    else:
        output.write_bytes(data)
        click.echo(f"{output}: {len(found)} sources")


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
            found = check_url(fetcher, parser, target, wiring.user_agent(settings))
        else:
            try:
                found = check_file(parser, Path(target).read_bytes(), target)
            except OSError as error:
                raise FetchError("bad_url", target, f"{error.strerror}; give an address or a file") from error
    if as_json:
        print_json(found)
    else:
        for line in found.lines():
            click.echo(line)
    sys.exit(0 if found.ok else 1)


def list_sources(ports: Ports, as_json: bool) -> None:
    """Print every source with how it stands."""
    states = ports.store.poll_states()
    found = ports.store.sources()
    if as_json:
        print_json([{**(_public(s) or {}), "state": _observed(states.get(s.id))} for s in found])
        return
    for source in found:
        state = states.get(source.id)
        stands = "paused" if source.paused else str(state.condition) if state else "new"
        due = _minute(state.next_check) if state and not source.paused else ""
        click.echo(
            f"{stands:12} {due:17} {source.id}  {source.title or (state.upstream.title if state else '')}".rstrip()
        )


def show_source(ports: Ports, source: Source, as_json: bool) -> None:
    """Print all that is known of a source, without secrets."""
    state = ports.store.poll_state(source.id)
    if as_json:
        print_json({"source": _public(source), "state": _observed(state)})
        return
    for name, value in {**(_public(source) or {}), **(_observed(state) or {})}.items():
        if value not in (None, "", (), [], {}, False):
            click.echo(f"{name}: {value}")


def _minute(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else ""


def _public(source: Source | None) -> dict[str, Any] | None:
    """A source without its secrets."""
    if source is None:
        return None
    from syndicator.core.urls import without_credentials

    data = dataclasses.asdict(source)
    data["url"] = without_credentials(source.url)
    data["aliases"] = [without_credentials(url) for url in source.aliases]
    data["password"] = "…" if source.password else None
    data["headers"] = {name: "…" for name, _ in source.headers}
    data["interval"] = source.interval.total_seconds() if source.interval else None
    return data


def _observed(state: PollState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    data = dataclasses.asdict(state)
    data.pop("entries")
    data["interval"] = state.interval.total_seconds()
    return data
