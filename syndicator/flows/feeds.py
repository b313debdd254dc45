"""What a person decides about composed feeds: defining, changing, renaming, removing them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from syndicator.core import digests
from syndicator.core.feeds import RESERVED_NAMES
from syndicator.core.profiles import profile
from syndicator.core.queries import parse
from syndicator.core.render import podcast
from syndicator.core.text import slug as slugify
from syndicator.errors import BadExpression, ConfigError, FeedError
from syndicator.flows.digests import reschedule
from syndicator.model import Doubles, Feed, Query
from syndicator.ports import Ports

PRIVATE = "private/"
"""What the names of private feeds begin with."""
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LEFT = "feeds that left the file"
"""The fact which declared feeds stand in syndicator.toml no more, each with those that came when it went."""


def find(ports: Ports, text: str) -> Feed:
    """The composed feed of that name, also a former one; `private/` may be left out. Raises FeedError."""
    store = ports.store
    name = text.strip("/")
    for choice in (name, PRIVATE + name, store.former(name), store.former(PRIVATE + name)):
        if choice and (feed := store.feed(choice)) is not None:
            return feed
    meant = nearest(slug_of(name), [slug_of(feed.name) for feed in store.feeds()])
    raise FeedError(f"feed {text}: there is none{meant or '; `syndicator feed list` shows all'}")


def define(ports: Ports, feed: Feed) -> Feed:
    """Keep a new feed. Raises FeedError where it cannot be as it is, or the name is taken."""
    wanted = settled(ports, feed)
    for name in (wanted.name, _counterpart(wanted.name)):
        if ports.store.feed(name) is not None:
            raise FeedError(f"feed {name}: there is one already; `syndicator feed edit` changes it")
    return _kept(ports, wanted)


def change(ports: Ports, before: Feed, after: Feed) -> Feed:
    """Keep what was changed of a feed, but for its name. Raises FeedError for one that syndicator.toml declares."""
    _refuse_declared(before, "change it there")
    return _kept(ports, settled(ports, replace(after, name=before.name, first_name=before.first_name)))


def rename(ports: Ports, feed: Feed, to: str) -> Feed:
    """Give a feed another name: its old addresses lead to the new ones for ever. Raises FeedError."""
    _refuse_declared(feed, f'change its name there, and write formerly = ["{slug_of(feed.name)}"] below it')
    name = f"{PRIVATE}{to.removeprefix(PRIVATE)}" if feed.private else to
    if name.startswith(PRIVATE) and not feed.private:
        raise FeedError(f"feed {feed.name}: it is public, and a private one is another feed: add that")
    _refuse_name(name)
    _refuse_taken(ports, name, feed.name)
    for other in {name, _counterpart(name)} - {feed.name}:
        if ports.store.feed(other) is not None:
            raise FeedError(f"feed {other}: there is one already; choose another name")
    return _renamed(ports, feed.name, name)


def remove(ports: Ports, feed: Feed) -> None:
    """End a feed: its addresses, also former ones, answer 410 from then on. Raises FeedError for a declared one."""
    _refuse_declared(feed, "take it out there, then `syndicator feed remove` ends it")
    ports.store.remove_feed(feed.name)
    _forget(ports, feed.name)


def declare(ports: Ports) -> None:
    """Make the declared feeds what syndicator.toml says.

    One that stands there no more stays as it is, for `feed remove` to end or `formerly` to rename: a slip in a file
    must not end addresses that people have subscribed to. Where it turned private or public it is another feed, and
    what it was ends. Raises ConfigError, when all else is done, for the feeds that cannot be as they are declared.
    """
    declared = {feed.name: feed for feed in ports.policy.feeds}
    wrong = list(_follow_names(ports))
    there = {feed.name: feed for feed in ports.store.feeds()}
    new = [name for name in declared if name not in there]
    # Digests come last: what one may be depends on the feed that it rolls up.
    for name, feed in sorted(declared.items(), key=lambda one: one[1].digest is not None):
        before = there.get(name)
        try:
            _end_counterpart(ports, name, there)
            wanted = settled(ports, replace(feed, first_name=before.first_name if before else ""))
        except FeedError as error:
            wrong.append(str(error))
            continue
        if wanted != before:
            _kept(ports, wanted)
    for feed in ports.store.feeds():
        if feed.declared and feed.name not in declared:
            ports.store.save_feed(replace(feed, declared=False))
            _remember(ports, left(ports) | {feed.name: new})
    if wrong:
        raise ConfigError(f"syndicator.toml: {'; '.join(wrong)}")


def checked(feeds: Iterable[Feed]) -> None:
    """Raise ConfigError for the declared feeds that cannot be as they are, whatever else there is."""
    wrong = []
    for feed in feeds:
        try:
            _refuse_unsound(feed)
        except FeedError as error:
            wrong.append(str(error))
    if wrong:
        raise ConfigError(f"syndicator.toml: {'; '.join(wrong)}")


def settled(ports: Ports, feed: Feed) -> Feed:
    """The feed as it is kept: tags and authors as slugs. Raises FeedError where it cannot be as it is."""
    _refuse_unsound(feed)
    _refuse_taken(ports, feed.name)
    if feed.digest is not None:
        return _digest(ports, feed)
    tags, authors = frozenset(map(slugify, feed.query.tags)), frozenset(map(slugify, feed.query.authors))
    return replace(feed, query=replace(feed.query, tags=tags, authors=authors))


def _refuse_unsound(feed: Feed) -> None:
    _refuse_name(feed.name)
    query = feed.query
    try:
        if query.expression:
            parse(query.expression)
    except BadExpression as error:
        raise FeedError(f"feed {feed.name}: filter: {error}") from error
    try:
        if feed.profile is not None:
            profile(feed.profile)
        for category in feed.podcast.categories if feed.podcast else ():
            podcast.category(category)
    except FeedError as error:
        raise FeedError(f"feed {feed.name}: {error}") from error
    if query.words_from is not None and query.words_to is not None and query.words_from > query.words_to:
        raise FeedError(f"feed {feed.name}: words_from is above words_to, so that no article could be in it")
    if query.since is not None and query.before is not None and query.since >= query.before:
        raise FeedError(f"feed {feed.name}: since is not earlier than before, so that no article could be in it")
    if (feed.doubles is Doubles.PREFER) != bool(feed.prefer):
        raise FeedError(f'feed {feed.name}: doubles = "prefer" and the sources to prefer go together: give both')
    if feed.digest is not None and replace(query, sources=frozenset()) != Query():
        raise FeedError(f"feed {feed.name}: a digest rolls up all of another feed: give the filter to that one")
    if feed.digest is not None and slug_of(feed.digest.of) in ("", slug_of(feed.name)):
        raise FeedError(f"feed {feed.name}: digest: of which feed? Give the name of another one")


def _digest(ports: Ports, feed: Feed) -> Feed:
    """A digest as it is kept: it names the other feed as it is called now, and means its own editions."""
    assert feed.digest is not None
    try:
        of = find(ports, feed.digest.of).name
    except FeedError:
        of = feed.digest.of
    if of.startswith(PRIVATE) and not feed.private:
        raise FeedError(f"feed {feed.name}: it would show everybody what is in {of}: make the digest private too")
    editions = Query(sources=frozenset({digests.source_of(feed)}))
    return replace(feed, digest=replace(feed.digest, of=of), query=editions)


def _kept(ports: Ports, feed: Feed) -> Feed:
    ports.store.save_feed(feed)
    _forget(ports, feed.name)
    kept = ports.store.feed(feed.name)
    assert kept is not None, f"feed {feed.name} was saved and is not there"
    if kept.digest is None:
        return kept
    # Its editions are named by what it was called first, which the store alone can tell.
    kept = _digest(ports, kept)
    ports.store.save_feed(kept)
    reschedule(ports)
    return kept


def _follow_names(ports: Ports) -> Iterable[str]:
    """Rename the feeds that syndicator.toml says were called otherwise; what cannot be is told."""
    for name, formers in ports.policy.former_names.items():
        for former in formers:
            if ports.store.feed(former) is None:
                continue
            if ports.store.feed(name) is not None and name in left(ports).get(former, ()):
                # It got its new name before the file told what it was called, and so a feed of its own.
                ports.store.remove_feed(name)
            if ports.store.feed(name) is not None:
                yield f"feed {name}: formerly: there is a feed {former} beside it: `syndicator feed remove` ends that"
                continue
            _renamed(ports, former, name)


def _renamed(ports: Ports, name: str, to: str) -> Feed:
    ports.store.rename_feed(name, to)
    _forget(ports, name)
    for feed in ports.store.feeds():
        if feed.digest and feed.digest.of == name:
            ports.store.save_feed(replace(feed, digest=replace(feed.digest, of=to)))
    return find(ports, to)


def _end_counterpart(ports: Ports, name: str, there: dict[str, Feed]) -> None:
    """A declared feed has turned private, or public: what it was ends."""
    other = there.get(_counterpart(name))
    if other is None:
        return
    if not (other.declared or other.name in left(ports)):
        raise FeedError(f"feed {name}: there is a feed {other.name}, added by command: choose another name")
    ports.store.remove_feed(other.name)
    _forget(ports, other.name)


def _refuse_name(name: str) -> None:
    slug = slug_of(name)
    if not _NAME.fullmatch(slug) or len(slug) > 80:
        raise FeedError(f"feed {name}: a name has letters a to z, digits and hyphens, at most 80")
    if slug in RESERVED_NAMES:
        raise FeedError(f"feed {name}: that name means something else in addresses; choose another")


def _refuse_taken(ports: Ports, name: str, own: str = "") -> None:
    """`own` is what the feed is called now: it may take a name back that it had."""
    if (lead := ports.store.former(name)) and lead != own:
        raise FeedError(f"feed {name}: feed {lead} was called that, and the name leads there: choose another")


def _refuse_declared(feed: Feed, advice: str) -> None:
    if feed.declared:
        raise FeedError(f"feed {feed.name}: it is declared in syndicator.toml; {advice}")


def slug_of(name: str) -> str:
    """What a feed is called where everybody knows whether it is private."""
    return name.removeprefix(PRIVATE)


def _counterpart(name: str) -> str:
    """The name of a feed that is called alike and is private where this one is public, or the other way round."""
    return slug_of(name) if name.startswith(PRIVATE) else PRIVATE + name


def left(ports: Ports) -> dict[str, list[str]]:
    """The declared feeds that stand in syndicator.toml no more, each with those that came when it went."""
    found: dict[str, list[str]] = json.loads(ports.store.recall(_LEFT) or "{}")
    return found


def _remember(ports: Ports, left: dict[str, list[str]]) -> None:
    ports.store.remember(_LEFT, json.dumps(left))


def _forget(ports: Ports, name: str) -> None:
    known = left(ports)
    if known.pop(name, None) is not None:
        _remember(ports, known)


def nearest(name: str, known: Iterable[str]) -> str:
    """A question that names the likeliest of the known names; empty where none is like it."""
    close = get_close_matches(name, list(known), 1, 0.5)
    return f"; did you mean “{close[0]}”?" if close else ""
