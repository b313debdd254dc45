"""Editions of digests: made when they are due, made again without what was killed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from syndicator.core import decide, digests
from syndicator.core.digests import Edition
from syndicator.flows.named import feed_named
from syndicator.flows.naming import Slugs, saved
from syndicator.model import Article, Digest, Feed, Query, Report, RevisionKind, Status
from syndicator.ports import Ports

NEXT = "next_edition"
"""The fact that tells when the next edition of any digest is due; empty where there is none, absent where unknown."""
_KNOWN = 40
"""Editions that are remembered as holding an article already."""


def editions(ports: Ports) -> Report:
    """Make the editions that are due. Costs nothing while none is.

    A digest that is new makes its first edition at the next moment it names; one that nobody could make in time, as
    while we were off, is made late and holds what it would have held. An edition without articles is not made.
    """
    now = ports.now()
    told = ports.store.recall(NEXT)
    if told is not None and (not told or now < datetime.fromisoformat(told)):
        return Report()
    made = 0
    feeds = [(feed, feed.digest) for feed in ports.store.feeds() if feed.digest]
    for feed, digest in feeds:
        for edition in digests.due(digest, _last(ports, feed, now), now):
            made += _make(ports, feed, digest, edition)
            ports.store.remember(_fact(feed), edition.at.isoformat())
    coming = [digests.next_after(digest, now) for _, digest in feeds]
    ports.store.remember(NEXT, min(coming).isoformat() if coming else "")
    return Report(published=made)


def reschedule(ports: Ports) -> None:
    """Feeds were defined or changed: look anew when the next edition is due."""
    now = ports.now()
    for feed in ports.store.feeds():
        if feed.digest:
            _last(ports, feed, now)
    ports.store.remember(NEXT, now.isoformat())


def without(ports: Ports, ids: Collection[str]) -> None:
    """Make every edition that holds one of these articles again without them. To be published then.

    One that holds nothing else is withdrawn. Their former states forget their text. May be repeated.
    """
    gone = set(ids)
    for key, edition in ports.store.editions_of(ids).items():
        if not edition.status.is_shown:
            ports.store.erase(key)
        elif not gone.isdisjoint(edition.parts):
            _again(ports, edition, gone)
        if edition.status.is_shown:
            ports.store.forget_before(key, edition.revision + (not gone.isdisjoint(edition.parts)))


def _fact(feed: Feed) -> str:
    return f"edition {feed.first_name or feed.name}"


def _last(ports: Ports, feed: Feed, now: datetime) -> datetime:
    """When the last edition was made, or would have been where none was yet."""
    known = ports.store.recall(_fact(feed))
    if known is None:
        known = now.isoformat()
        ports.store.remember(_fact(feed), known)
    return datetime.fromisoformat(known)


def _make(ports: Ports, feed: Feed, digest: Digest, edition: Edition) -> bool:
    """Make one edition. False where it would hold nothing, or is there already."""
    id = digests.edition_id(ports.site, feed, edition.day)
    source = digests.source_of(feed)
    before = _editions(ports, feed)
    held = {part for one in before for part in one.parts}
    # Twice the time, for what came late; the first edition has nobody to have left it to.
    since = edition.at - digests.period(digest) * (2 if before else 1)
    articles = [one for one in _between(ports, digest.of, since, edition.at) if one.id not in held]
    if not articles:
        return False
    now = ports.now()
    with ports.store.ingest(source) as tx:
        if tx.articles({id}):
            return False
        seen = digests.edition(feed, ports.site, edition.day, edition.at, articles)
        claims = (("id", id), *(("part", part) for part in seen.parts))
        slug = Slugs(tx).slug(seen, id)
        state = decide.first_state(seen, id=id, slug=slug, now=now, backfill=False)
        tx.save([saved(state, RevisionKind.NEW, now, claims)], [])
    # What another process killed meanwhile did not find this edition yet.
    there = (ports.store.article(one.id) for one in articles)
    if killed := {one.id for one in there if one is not None and one.status is Status.KILLED}:
        without(ports, killed)
    return True


def _between(ports: Ports, name: str, since: datetime, until: datetime) -> list[Article]:
    """What came into a feed between two moments and is still shown there, newest first."""
    feed = feed_named(ports, name)
    if feed is None:
        return []
    first, last = (decide.sort_key(moment, "")[:16] for moment in (since, until))
    shown = [one for one in ports.store.since(feed, first, digests.MOST) if one.sort_key[:16] <= last]
    states = ports.store.states([one.key for one in shown])
    return [states[one.key] for one in shown if one.key in states and states[one.key].status is Status.PUBLISHED]


def _editions(ports: Ports, feed: Feed) -> list[Article]:
    return ports.store.select(Query(sources=frozenset({digests.source_of(feed)})), _KNOWN)


def _again(ports: Ports, edition: Article, gone: set[str]) -> None:
    found = (ports.store.article(part) for part in edition.parts if part not in gone)
    left = [article for article in found if article is not None and article.status is Status.PUBLISHED]
    now = ports.now()
    with ports.store.ingest(edition.source) as tx:
        before = tx.articles({edition.id})[edition.id]
        if left:
            after, kind = decide.next_state(before, digests.without(before, left, ports.site), now)
        else:
            after, kind = decide.withdrawn(replace(before, title="", body="", summary="", parts=()), now)
        if kind is not None:
            tx.save([saved(after, kind, now)], [])
