"""What a person decides about upstream sources: adding, changing, pausing, removing them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, count
from typing import Any
from urllib.parse import urlsplit

from syndicator.core import decide
from syndicator.core.feeds import FEEDS, OPML
from syndicator.core.identity import url_key
from syndicator.core.polling.hosts import lane
from syndicator.core.polling.schedule import AT_ONCE, began, first_check
from syndicator.core.polling.standing import resumed
from syndicator.core.text import slug as slugify
from syndicator.core.urls import credentials
from syndicator.errors import SourceError
from syndicator.flows.naming import saved
from syndicator.model import Article, Query, Report, Source
from syndicator.ports import Ports

_EVERY = 10_000_000
PORTION = 500
"""Articles or sources changed in one transaction, so that others get their turn."""


_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def find(ports: Ports, text: str, *, removed: bool = False) -> Source:
    """The source of that id or address; with `removed` also one that was removed, by its id. Raises SourceError."""
    source = ports.store.source(text)
    if source is None or (source.removed and not removed):
        source = ports.store.source_at(text) if "://" in text else None
    if source is None:
        raise SourceError(f"source {text}: there is none; `syndicator list` shows all")
    return source


def name(ports: Ports, url: str, title: str = "", taken: Callable[[str], bool] | None = None) -> str:
    """An id for a new source that no other one has or had: a slug of its title, else of its host, else with its path.

    `taken` says which ids are; the store is asked unless it is given.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    base, longer = slugify(title or host)[:70], slugify(f"{title or host} {parts.path}")[:70]
    used = taken or (lambda id: ports.store.source(id) is not None)
    choices = chain((base, longer), (f"{longer}-{number}" for number in count(2)))
    return next(id for id in choices if id != ports.policy.source and not used(id))


def at(ports: Ports, url: str) -> Source | None:
    """The source that has or had this address, also a removed one; one that is not removed comes first."""
    there = ports.store.source_at(url)
    if there is not None:
        return there
    key = url_key(url)
    former = [s for s in ports.store.sources(removed=True) if key in map(url_key, (s.url, *s.aliases))]
    return former[0] if former else None


def sound(source: Source) -> Source:
    """The source with credentials in their place where they stood in its address."""
    url, username, password = credentials(source.url)
    if url == source.url:
        return source
    return replace(source, url=url, username=source.username or username, password=source.password or password)


def add(ports: Ports, sources: Sequence[Source], *, due: datetime | None = None) -> None:
    """Store new sources, or removed ones that come back, to be polled first at `due`.

    Unless that is given, up to 100 are due at once, and more are spread over time.
    """
    now = ports.now()
    total = len(sources)
    for source in sources:
        if source.id == ports.policy.source or len(source.id) > 80 or not _NAME.fullmatch(source.id):
            raise SourceError(
                f"source {source.id}: a name has letters a to z, digits and hyphens, and is not the folder's"
            )
    back = [source for source in sources if (there := ports.store.source(source.id)) is not None and there.removed]
    for start in range(0, total, PORTION):
        portion = sources[start : start + PORTION]
        ports.store.save_sources(
            (
                replace(sound(source), removed=False, added=source.added or now),
                began(source.id, lane(source.url), due or first_check(now, number, total, at_once=AT_ONCE)),
            )
            for number, source in enumerate(portion, start)
        )
        ports.progress("added", start + len(portion), total)
    for source in back:
        _restore(ports, source)
    ports.store.soil([OPML, FEEDS, *map(feed_name, back)])


def change(ports: Ports, source: Source, **changes: Any) -> Source:
    """Change what a person decided about a source. Raises SourceError for one that is declared in syndicator.toml."""
    if source.declared:
        raise SourceError(f"source {source.id}: it is declared in syndicator.toml; change it there")
    after = sound(replace(source, **changes))
    there = ports.store.source_at(after.url)
    if there is not None and there.id != source.id:
        raise SourceError(f"source {source.id}: source {there.id} has that address already")
    return _changed(ports, source, after)


def resume(ports: Ports, source: Source) -> Source:
    """Poll a source again, whatever had stopped it. Raises SourceError where syndicator.toml has paused it."""
    if source.declared and source.paused:
        raise SourceError(f"source {source.id}: it is paused in syndicator.toml (`enabled`); change it there")
    state = ports.store.poll_state(source.id)
    woken = resumed(state, ports.now()) if state is not None and state.next_check is None else state
    after = replace(source, paused=False)
    ports.store.save_sources([(after, woken)])
    ports.store.soil([OPML])
    return after


def due(ports: Ports) -> list[Source]:
    """The sources that are due."""
    now = ports.now()
    states = ports.store.poll_states()
    waiting = {id for id, state in states.items() if state.next_check is not None and state.next_check <= now}
    return [source for source in ports.store.sources() if source.id in waiting and not source.paused]


def remove(ports: Ports, source: Source, *, withdraw: bool = False) -> Report:
    """Poll a source no more and end its own feed (410). Its articles stay where they are unless `withdraw`."""
    if source.declared:
        raise SourceError(f"source {source.id}: it is declared in syndicator.toml; take it out there")
    return _removed(ports, source, withdraw=withdraw)


def feed_name(source: Source) -> str:
    """The name of a source's own feed."""
    return f"sources/{source.id}"


def declare(ports: Ports, declared: Sequence[Source]) -> None:
    """Make the declared sources what syndicator.toml says; those that stand there no more are removed.

    `declared` have an id only where the file gives a slug. A source keeps the id that it has. Raises SourceError, when
    all else is done, where a slug is the name of a source that was added by command.
    """
    new: list[Source] = []
    kept: set[str] = set()
    wrong = ""

    def used(id: str) -> bool:
        return id in kept or ports.store.source(id) is not None

    once: dict[str, Source] = {}
    for one in declared:
        once.setdefault(url_key(one.url), sound(one))
    for source in once.values():
        there = at(ports, source.url)
        if there is None and source.id and (same := ports.store.source(source.id)) is not None:
            if not (same.declared or same.removed):
                wrong = wrong or f"source {same.id}: there is one of that name already; give [[source]] another slug"
                continue
            there = same
        if there is not None and there.id in kept:
            continue
        if there is None:
            id = source.id or name(ports, source.url, source.title, used)
            new.append(replace(source, id=id))
            kept.add(id)
            continue
        kept.add(there.id)
        settled = replace(source, id=there.id, aliases=there.aliases, added=there.added)
        if url_key(source.url) in map(url_key, there.aliases):
            # A redirect proved stable: what the file says is the old address.
            settled = replace(settled, url=there.url)
        if there.removed:
            new.append(settled)
        elif settled != there:
            _changed(ports, there, settled)
    if new:
        add(ports, new)
    for source in ports.store.sources():
        if source.declared and source.id not in kept:
            _removed(ports, source)
    if wrong:
        raise SourceError(wrong)


def _changed(ports: Ports, before: Source, after: Source) -> Source:
    """Store a changed source: a new address is asked at once, a new interval counts from the last poll."""
    now = ports.now()
    state = None
    if after.url != before.url or after.interval != before.interval:
        state = ports.store.poll_state(before.id) or began(after.id, lane(after.url), now)
    if state is not None and after.url != before.url:
        after = replace(after, aliases=tuple(dict.fromkeys((*before.aliases, before.url))))
        state = replace(resumed(state, now), host=lane(after.url), redirection=None, body_hash="")
    elif state is not None and state.next_check is not None:
        last = state.fetched_at or now - (after.interval or state.interval)
        state = replace(state, next_check=max(now, last + (after.interval or state.interval)))
    ports.store.save_sources([(after, state)])
    if after.tags != before.tags:
        _retag(ports, before, after)
    ports.store.soil([OPML, FEEDS, feed_name(after)])
    return after


def _removed(ports: Ports, source: Source, *, withdraw: bool = False) -> Report:
    ports.store.save_sources([(replace(source, removed=True, declared=False), None)])
    withdrawn = 0
    if withdraw:
        if not ports.store.recall(_withdrawn_at(source)):
            ports.store.remember(_withdrawn_at(source), ports.now().replace(microsecond=0).isoformat())
        for articles in _portions(ports, source):
            now = ports.now()
            _save(ports, source, [decide.withdrawn(article, now) for article in articles])
            withdrawn += len(articles)
    ports.store.soil([OPML, FEEDS, feed_name(source)])
    return Report(withdrawn=withdrawn)


def _restore(ports: Ports, source: Source) -> None:
    """Bring back the articles that were withdrawn with a source, but not those that upstream had withdrawn itself."""
    since = ports.store.recall(_withdrawn_at(source))
    if not since:
        return
    gone = ports.store.tombstones(Query(sources=frozenset({source.id})), _EVERY)
    ids = [tombstone.id for tombstone in gone if tombstone.when >= datetime.fromisoformat(since)]
    for start in range(0, len(ids), PORTION):
        articles = ports.store.articles(source.id, ids[start : start + PORTION])
        _save(ports, source, [decide.restored(article, ports.now()) for article in articles.values()])
    ports.store.remember(_withdrawn_at(source), "")


def _withdrawn_at(source: Source) -> str:
    """The fact since when a source's articles are withdrawn with it."""
    return f"withdrawn with {source.id}"


def _retag(ports: Ports, before: Source, after: Source) -> None:
    """Give a source's articles its new tags instead of the old ones; no reader sees that as a correction."""
    gone = set(before.tags) - set(after.tags)
    for articles in _portions(ports, after):
        changed = []
        for article in articles:
            tags = dict.fromkeys((*(tag for tag in article.tags if tag not in gone), *after.tags))
            seen = replace(article, tags=tuple(tags))
            changed.append(decide.next_state(article, seen, ports.now(), by_author=False))
        _save(ports, after, changed)


def _portions(ports: Ports, source: Source) -> Iterable[list[Article]]:
    """The shown articles of a source, newest first, some at a time."""
    before = None
    while articles := ports.store.select(Query(sources=frozenset({source.id})), PORTION, before):
        before = articles[-1].sort_key
        yield articles


def _save(ports: Ports, source: Source, decided: Iterable[tuple[Article, Any]]) -> None:
    now = ports.now()
    states = [saved(article, kind, now) for article, kind in decided if kind is not None]
    with ports.store.ingest(source.id) as tx:
        tx.save(states, [])
