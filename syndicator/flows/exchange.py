"""Sources from and for other programs."""

from __future__ import annotations

from collections.abc import Iterable

from syndicator.core.identity import url_key
from syndicator.core.lists import read_list
from syndicator.core.lists.opml import write
from syndicator.core.urls import without_credentials
from syndicator.flows.sources import name
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
    taken: set[str] = set()
    known = 0
    all_sources = ports.store.sources(removed=True)
    every = {url_key(url): source for source in all_sources for url in (*source.aliases, source.url)}
    for one in wanted:
        there = every.get(url_key(one.url))
        if url_key(one.url) in new or (there is not None and not there.removed):
            known += 1
            continue
        id = there.id if there else name(ports, one.url, one.title, taken)
        taken.add(id)
        new[url_key(one.url)] = Source(
            id=id, url=one.url, title=one.title, tags=one.tags, paused=one.paused, language=one.language
        )
    return list(new.values()), known


def as_opml(ports: Ports) -> tuple[bytes, list[str]]:
    """The sources as OPML 2.0, and what was left out and why: addresses with credentials in them are nobody's."""
    every = subscriptions(ports)
    shown = [one for one in every if without_credentials(one.url) == one.url]
    left = [
        f"{without_credentials(one.url)}: left out, since it has credentials in it" for one in every if one not in shown
    ]
    return write(shown, title=ports.site.title, created=ports.now()), left
