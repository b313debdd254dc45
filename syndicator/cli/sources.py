"""Commands about upstream sources."""

from __future__ import annotations

import dataclasses
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicator.cli.group import as_json, main, print_json, progress, settings_of
from syndicator.config.sections import SourceSection, duration
from syndicator.errors import SourceError

if TYPE_CHECKING:
    from syndicator.flows.subscribing import Found, Offer
    from syndicator.model import Source
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
def add(root: Path, /, url: str, slug: str | None, yes: bool, as_json: bool, **options: Any) -> None:
    """Subscribe to a feed, or to the feed of a site: look what is there, show it, take it in."""
    from syndicator import wiring
    from syndicator.flows.explaining import public
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
    if as_json:
        print_json({"source": public(done.source), "new": done.poll.new})
    else:
        id = done.source.id
        click.echo(f"{id}: {done.poll.new} articles; its own feed is /sources/{id}/feed.xml")


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
        dated = article.published or article.updated
        date = dated.date().isoformat() if dated else "no date   "
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
        found = sources.find(ports, source, removed=withdraw)
        report = sources.remove(ports, found, withdraw=withdraw)
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
def edit(root: Path, /, source: str, url: str | None, **options: Any) -> None:
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


def list_sources(ports: Ports, as_json: bool) -> None:
    """Print every source with how it stands."""
    from syndicator.flows.explaining import observed, public

    states = ports.store.poll_states()
    found = ports.store.sources()
    if as_json:
        print_json([{**(public(s)), "state": observed(states.get(s.id))} for s in found])
        return
    for source in found:
        state = states.get(source.id)
        stands = "paused" if source.paused else str(state.condition) if state else "new"
        due = f"{state.next_check:%Y-%m-%d %H:%M}" if state and state.next_check and not source.paused else ""
        click.echo(
            f"{stands:12} {due:17} {source.id}  {source.title or (state.upstream.title if state else '')}".rstrip()
        )


def show_source(ports: Ports, source: Source, as_json: bool) -> None:
    """Print all that is known of a source, without secrets."""
    from syndicator.flows.explaining import explained, observed, public

    lines, state = explained(ports, source)
    if as_json:
        print_json({"source": public(source), "state": observed(state)})
        return
    for name, value in public(source).items():
        if value not in (None, "", (), [], {}, False):
            click.echo(f"{name}: {', '.join(map(str, value)) if isinstance(value, list | tuple | dict) else value}")
    for line in lines:
        click.echo(line)
