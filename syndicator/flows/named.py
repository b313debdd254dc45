"""Which feeds there are, by their names."""

from __future__ import annotations

from dataclasses import replace

from syndicator.core.feeds import FIXED, KINDS, default_feed, source_feed, term_feed
from syndicator.model import Feed
from syndicator.ports import Ports


def feed_named(ports: Ports, name: str) -> Feed | None:
    """The feed of that name, or None where there is none now."""
    if not name:
        return default_feed(ports.site, ports.policy.items, archives=ports.policy.default_archives)
    kind, _, slug = name.partition("/")
    if kind == "sources":
        return _source_feed(ports, slug)
    if kind in KINDS:
        term = ports.store.term(kind, slug)
        return term_feed(ports.site, term, ports.policy.items) if term else None
    return ports.store.feed(name)


def composed_feeds(ports: Ports) -> list[Feed]:
    """Every feed of which the store keeps what is in it: the composed ones, and that of everything with archives."""
    everything = [default_feed(ports.site, ports.policy.items, archives=True)] if ports.policy.default_archives else []
    return [*everything, *ports.store.feeds()]


def is_composed(feed: Feed) -> bool:
    """Whether the store keeps what is in a feed."""
    return feed.archives or (feed.name != "" and feed.name.partition("/")[0] not in FIXED)


def _source_feed(ports: Ports, id: str) -> Feed | None:
    source = ports.store.source(id)
    if source is None or source.removed:
        return None
    if not source.title:
        states = ports.store.poll_states([id])
        source = replace(source, title=states[id].upstream.title if id in states else "")
    return source_feed(ports.site, source, ports.policy.items)
