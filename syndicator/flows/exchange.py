"""Sources from and for other programs."""

from __future__ import annotations

from collections.abc import Iterable

from syndicator.core.identity import url_key
from syndicator.core.lists import read_list
from syndicator.core.lists.opml import write
from syndicator.flows.sources import name, sound
from syndicator.model import Source, Subscription
from syndicator.ports import Ports

__all__ = ["as_opml", "read_list", "subscriptions", "take_over"]


def subscriptions(ports: Ports) -> list[Subscription]:
    """Every source as other programs take it."""
    states = ports.store.poll_states()
    return [
        Subscription(
            url=source.url,
            title=source.title or (states[source.id].upstream.title if source.id in states else "") or source.url,
            page=states[source.id].upstream.url if source.id in states else None,
            tags=source.tags,
            paused=source.paused,
            language=source.language,
        )
        for source in ports.store.sources()
    ]


def take_over(ports: Ports, wanted: Iterable[Subscription]) -> tuple[list[Source], int]:
    """Sources for the subscriptions that are not known yet, and how many are known."""
    new: dict[str, Source] = {}
    known = 0
    all_sources = ports.store.sources(removed=True)
    every = {url_key(url): source for source in all_sources for url in (*source.aliases, source.url)}
    ids = {source.id for source in all_sources}
    for one in wanted:
        there = every.get(url_key(one.url))
        if url_key(one.url) in new or (there is not None and not there.removed):
            known += 1
            continue
        id = there.id if there else name(ports, one.url, one.title, ids.__contains__)
        ids.add(id)
        source = Source(id=id, url=one.url, title=one.title, tags=one.tags, paused=one.paused, language=one.language)
        new[url_key(one.url)] = sound(source)
    return list(new.values()), known


def as_opml(ports: Ports) -> bytes:
    """The sources as OPML 2.0, without credentials."""
    return write(subscriptions(ports), title=ports.site.title, created=ports.now())
