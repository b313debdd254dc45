"""Commands about composed feeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syndicator import declared
from syndicator.cli.group import as_json, main, print_json, settings_of
from syndicator.config import feed_section
from syndicator.config.feeds import DigestSection, FeedSection
from syndicator.errors import ConfigError

if TYPE_CHECKING:
    from syndicator.flows.describing import Tried
    from syndicator.model import Feed
    from syndicator.ports import Ports

_MEANT = [
    click.option("--source", "sources", multiple=True, help="Only articles of this source; may be repeated."),
    click.option("--tag", "tags", multiple=True, help="Only articles with this tag; may be repeated."),
    click.option("--author", "authors", multiple=True, help="Only articles by this author; may be repeated."),
    click.option(
        "--in", "languages", multiple=True, metavar="LANGUAGE", help="Only in this language; may be repeated."
    ),
    click.option("--words-from", help="Only articles of so many words at least."),
    click.option("--words-to", help="Only articles of so many words at most."),
    click.option("--since", metavar="DATE", help="Only articles published then or later."),
    click.option("--before", metavar="DATE", help="Only articles published earlier."),
]
_DECIDED = [
    click.option("--title", help="What it is called; made of the site's title and its name unless given."),
    click.option("--description", help="What it is about."),
    *_MEANT,
    click.option("--filter", metavar="EXPRESSION", help="Only what this filter keeps; `feed try` shows what that is."),
    click.option("--order", help="By when articles were found (that is usual), published or updated."),
    click.option("--limit", help="How many articles it shows, 1 to 1000."),
    click.option("--format", "formats", multiple=True, help="atom, rss, json, rss1 or ninjs; may be repeated."),
    click.option("--full/--summary", default=None, help="Whole articles, or their summaries alone."),
    click.option("--per-day", help="At most so many articles a day from each source."),
    click.option("--per-day-of", multiple=True, metavar="SOURCE=N", help="At most so many a day from this one."),
    click.option("--delay", metavar="DURATION", help='Show an article so long after it was first seen, like "2h".'),
    click.option("--doubles", help="The same article from several sources: first, prefer, list or keep."),
    click.option("--prefer", multiple=True, metavar="SOURCE", help="Whose double to prefer, the best first."),
    click.option("--archives/--no-archives", default=None, help="Whether older articles stay in archive documents."),
    click.option("--image", metavar="ADDRESS", help="Its picture."),
    click.option("--language", help="The language it is in."),
    click.option("--licence", help="Its licence."),
    click.option("--profile", help="Whose requirements its articles are held to."),
    click.option("--digest-of", metavar="FEED", help="Roll up that feed: an edition a day, or a week."),
    click.option("--digest-at", metavar="HH:MM", help="When an edition is made."),
    click.option("--digest-weekday", help="On which day a week, instead of daily."),
    click.option("--digest-zone", help="The time zone of that; the site's unless given."),
    click.option(
        "--podcast", multiple=True, metavar="KEY=VALUE", help="Facts for podcast directories; may be repeated."
    ),
]


_Command = TypeVar("_Command", bound=Callable[..., Any])


def _options(options: list[Any]) -> Callable[[_Command], _Command]:
    def with_options(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


def _section(options: dict[str, Any], subject: str, name: str = "feed") -> FeedSection:
    """What the options say, as a table of the file; only those given. An empty text takes a decision back.

    Raises ConfigError that begins with the subject.
    """
    found: dict[str, Any] = {}
    digest: dict[str, Any] = {}
    for key, value in options.items():
        if value is None or value == ():
            continue
        if key.startswith("digest_"):
            part = key.removeprefix("digest_")
            digest[part] = value or DigestSection.model_fields[part].get_default()
        elif value == "" or (isinstance(value, tuple) and not any(value)):
            found[key] = FeedSection.model_fields[key].get_default(call_default_factory=True)
        elif key in ("per_day_of", "podcast"):
            found[key] = _pairs(subject, key, value)
        else:
            found[key] = value
    if digest:
        found["digest"] = None if digest.get("of") == "" else digest
    podcast = found.get("podcast")
    if podcast and "categories" in podcast:
        podcast["categories"] = [podcast["categories"]]
    return feed_section(subject, {"name": name, **found})


def _pairs(subject: str, key: str, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values if value]
    if any(not separator for _, separator, _ in pairs):
        raise ConfigError(f"{subject}: {key}: give a name and a value, like wire=3")
    return {one.strip(): value.strip() for one, _, value in pairs}


@main.group()
def feed() -> None:
    """Composed feeds: merged, filtered, named."""


@feed.command()
@click.argument("name")
@_options(_DECIDED)
@click.option("--private", is_flag=True, help="Only who has a token may read it; `syndicator token add` makes one.")
@as_json
@click.pass_obj
def add(root: Path, /, name: str, private: bool, as_json: bool, **options: Any) -> None:
    """Compose a feed: its address is /NAME/feed.xml."""
    from syndicator.flows import feeds

    section = _section(options | ({"private": True} if private else {}), f"feed {name}", name)
    settings = settings_of(root)
    _publishing(root, lambda ports: feeds.define(ports, declared.feed_of(settings, section)), as_json)


@feed.command()
@click.argument("name")
@_options(_DECIDED)
@as_json
@click.pass_obj
def edit(root: Path, /, name: str, as_json: bool, **options: Any) -> None:
    """Change what was decided about a feed. An empty text takes a decision back."""
    from syndicator.flows import feeds

    section = _section(options, f"feed {name}")
    if section.model_fields_set == {"name"}:
        raise click.UsageError("nothing to change; `syndicator feed edit --help` shows what can be")
    settings = settings_of(root)

    def changed(ports: Ports) -> Feed:
        before = feeds.find(ports, name)
        named = section.model_copy(update={"name": before.name.removeprefix(feeds.PRIVATE)})
        return feeds.change(ports, before, declared.feed_of(settings, named, before))

    _publishing(root, changed, as_json)


@feed.command()
@click.argument("old")
@click.argument("new")
@as_json
@click.pass_obj
def rename(root: Path, old: str, new: str, as_json: bool) -> None:
    """Give a feed another name. Its old addresses lead to the new ones for ever."""
    from syndicator.flows import feeds

    _publishing(root, lambda ports: feeds.rename(ports, feeds.find(ports, old), new), as_json)


@feed.command()
@click.argument("name")
@click.pass_obj
def remove(root: Path, name: str) -> None:
    """End a feed: its addresses answer 410 from now on. Its articles stay where else they are."""
    from syndicator import wiring
    from syndicator.flows import feeds
    from syndicator.flows.publish import compress, publish

    with wiring.connect(settings_of(root)) as ports:
        found = feeds.find(ports, name)
        feeds.remove(ports, found)
        publish(ports)
        compress(ports)
    click.echo(f"{found.name}: removed; {'its tokens open nothing' if found.private else 'its addresses answer 410'}")


def _publishing(root: Path, change: Any, as_json: bool) -> None:
    """Change a feed, publish what came of it, and say where it is."""
    from syndicator import wiring
    from syndicator.flows.publish import compress, publish

    with wiring.connect(settings_of(root)) as ports:
        done = change(ports)
        publish(ports)
        compress(ports)
        told = _told(ports, done)
    if as_json:
        print_json(told)
    else:
        for notice in told["notices"]:
            click.echo(notice, err=True)
        click.echo(f"{done.name}: {told['articles']} articles; it is {told['addresses'][0]}")


@feed.command(name="list")
@as_json
@click.pass_obj
def list_feeds(root: Path, as_json: bool) -> None:
    """List the composed feeds."""
    from syndicator import wiring
    from syndicator.flows import describing

    with wiring.connect(settings_of(root)) as ports:
        found = ports.store.feeds()
        notices = describing.notices(ports)
    if as_json:
        print_json([{"feed": one.name, "declared": one.declared, **declared.table_of(one)} for one in found])
        return
    for one in found:
        click.echo(f"{'declared' if one.declared else 'added':8}  {one.name}  {one.title}")
    for notice in notices:
        click.echo(notice, err=True)


@feed.command()
@click.argument("name")
@as_json
@click.pass_obj
def show(root: Path, name: str, as_json: bool) -> None:
    """Show a feed: what it is made of, where it is, how much is in it."""
    from syndicator import wiring
    from syndicator.flows import feeds

    with wiring.connect(settings_of(root)) as ports:
        found = feeds.find(ports, name)
        told = _told(ports, found)
    if as_json:
        print_json(told)
        return
    definition = told.pop("definition")
    del told["feed"]  # its name stands in the definition, and its addresses
    for key, value in {**definition, **told}.items():
        for line in value if key in ("addresses", "notices") else [value]:
            click.echo(f"{key}: {_plain(line)}")


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(one)}" for key, one in value.items())
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _told(ports: Ports, feed: Feed) -> dict[str, Any]:
    """All there is to say of a feed."""
    from syndicator.flows import describing

    found = describing.described(ports, feed)
    return {
        "feed": feed.name,
        "declared": feed.declared,
        "definition": declared.table_of(feed),
        **dataclasses.asdict(found),
    }


@feed.command(name="try")
@click.argument("expression")
@click.option("--last", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many articles.")
@_options(_MEANT)
@as_json
@click.pass_obj
def try_(root: Path, /, expression: str, last: int, as_json: bool, **options: Any) -> None:
    """Show which of the last articles a filter keeps and drops, with the rule that decided. Nothing is saved."""
    from syndicator import wiring
    from syndicator.flows import describing

    settings = settings_of(root)
    wanted = declared.feed_of(settings, _section({**options, "filter": expression}, "feed try", "try"))
    with wiring.connect(settings) as ports:
        found = describing.tried(ports, wanted, last)
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(_line(one))
    click.echo(f"{sum(one.kept for one in found)} of {len(found)} kept")


def _line(one: Tried) -> str:
    return f"{'kept' if one.kept else 'dropped':7}  {one.slug}  {one.title}\n         {one.why}"
