"""From an address that a person gives to a source: look what is there, show it, take it in. One request a document."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from syndicator.core.polling import outcome
from syndicator.core.polling.plain import of_error, of_status
from syndicator.core.polling.schedule import LEASE, MIN
from syndicator.core.upstream.discovery import Offer, guesses, offers
from syndicator.errors import BadFeed, FetchError, SourceError
from syndicator.flows.poll import Done, incoming, poll, request_for, resting, settle
from syndicator.flows.publish import compress, publish
from syndicator.flows.sources import add, at, name
from syndicator.model import Article, Parsed, Response, Source
from syndicator.ports import Ports

LOOK_AGAIN = 0.1
"""Seconds until a host that is busy is looked at again."""


__all__ = ["Found", "Offer", "guess", "look", "subscribe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed as it was fetched and read, not stored yet."""

    url: str
    response: Response
    parsed: Parsed

    @property
    def title(self) -> str:
        """What the feed calls itself, else its address."""
        return self.parsed.upstream.title or self.url

    def newest(self, most: int) -> list[Article]:
        """What would be published first."""
        articles = [entry.article for entry in self.parsed.entries]
        return sorted(articles, key=lambda article: article.published or article.updated or _NEVER, reverse=True)[:most]


_NEVER = datetime.min.replace(tzinfo=UTC)


def look(ports: Ports, source: Source) -> Found | tuple[Offer, ...]:
    """The feed at the address of `source` (which need not be stored), or the feeds that the page there offers.

    Raises FetchError, and SourceError where there is neither.
    """
    if rest := resting(ports, source):
        raise SourceError(f"{source.url}: {rest}")
    response = ports.fetcher.fetch(request_for(ports, source))
    if response.status not in outcome.READABLE:
        raise SourceError(f"{source.url}: {of_status(response.status)}")
    try:
        return Found(url=source.url, response=response, parsed=ports.parser.read(incoming(response)))
    except BadFeed as error:
        offered = tuple(offers(response))
        if not offered and error.kind != "not_a_feed":
            raise SourceError(f"{source.url}: {of_error(error)}") from error
        return offered


def guess(ports: Ports, source: Source) -> Found | None:
    """The first of the usual addresses of a site's feed that is one: only for a person who waits."""
    for url in guesses(source.url):
        try:
            found = look(ports, replace(source, url=url))
        except (FetchError, SourceError):
            continue
        if isinstance(found, Found):
            return found
    return None


def subscribe(ports: Ports, source: Source, found: Found) -> Done:
    """Store a source and what was fetched of it, and publish that. Raises SourceError where it is known already."""
    there = at(ports, found.url)
    if there is not None and not there.removed:
        raise SourceError(f"source {there.id}: it has that address already; `syndicator show {there.id}` tells more")
    id = there.id if there else source.id or name(ports, found.url, source.title or found.parsed.upstream.title)
    if there is None and (id == ports.policy.source or ports.store.source(id) is not None):
        raise SourceError(f"source {id}: there is one of that name already; choose another --slug")
    wanted = replace(source, id=id, url=found.url)
    # Nobody else may ask for what we have already.
    add(ports, [wanted], due=ports.now() + MIN)
    while (claim := ports.store.claim(id, ports.now(), LEASE)) is None:
        if rest := resting(ports, wanted):
            raise SourceError(f"source {id}: it was added, and is polled later: {rest}")
        ports.sleep(LOOK_AGAIN)
    done = poll(ports, claim, response=found.response)
    settle(ports, [done])
    publish(ports)
    compress(ports)
    return done
