"""From changed articles to places in composed feeds: between storing the articles and publishing them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from syndicator.core import queries
from syndicator.core.composing import Candidate, Settled, alike, day, recipe, settle
from syndicator.core.feeds import FIXED, archive_name, default_feed
from syndicator.core.profiles import lacks
from syndicator.core.queries import Facts, facts
from syndicator.core.render.listings import NEWS_FOR, is_ours
from syndicator.errors import BadExpression, FeedError
from syndicator.flows import digests
from syndicator.flows.joining import Joined, feeds_of, join
from syndicator.flows.killing import kill_same
from syndicator.flows.listings import NEWS, part_of
from syndicator.flows.named import composed_feeds, feed_named, is_composed
from syndicator.model import Article, Feed, Member, Query, Status
from syndicator.ports import Changed, Composing, DirtyFeed, Ports

PORTION = 500
"""Articles in a transaction."""
_SEVERAL = "several sources"
"""The fact that tells that articles came from more than one source."""


def compose(ports: Ports) -> list[DirtyFeed]:
    """Let every changed article, and every one that waited until now, find its places in the composed feeds.

    The same article of several sources becomes one work on the way, and what is the same as a killed article is
    killed. A feed whose definition has changed is looked at from the start. Gives the feeds that are dirty then: in
    each of them is what should be.
    """
    while True:
        _drain(ports)
        dirty = ports.store.dirty()
        stale = [feed for name in _composable(dirty) if (feed := feed_named(ports, name)) and _is_stale(ports, feed)]
        if not stale:
            return dirty
        _look_anew(ports, stale)


def _composable(dirty: Iterable[DirtyFeed]) -> list[str]:
    return [one.name for one in dirty if not one.name.startswith("@") and one.name.partition("/")[0] not in FIXED]


def _is_stale(ports: Ports, feed: Feed) -> bool:
    return is_composed(feed) and ports.store.composed_by(feed.name) != recipe(feed)


def _drain(ports: Ports) -> None:
    more = ports.store.waiting(ports.now())
    several = more and _several_sources(ports)
    parted: set[str] = set()
    while more:
        doubles = several or ports.store.signed()
        with ports.store.composing() as tx:
            changed = tx.changed(PORTION)
            killed = {one.article.id for one in changed if one.article.status is Status.KILLED} - parted
            more, same = (True, {}) if killed else _look_at(ports, tx, changed, several=several, doubles=doubles)
        if killed:
            digests.without(ports, killed)  # before they count as looked at, so that no crash can come between
            parted |= killed
        if same:
            kill_same(ports, same)


def _look_at(
    ports: Ports, tx: Composing, changed: Sequence[Changed], *, several: bool, doubles: bool
) -> tuple[bool, Mapping[int, int]]:
    """Whether there is more to look at, and what is to be killed first (`Joined.killed`)."""
    now = ports.now()
    waited = tx.due(now, PORTION)
    joined = join(tx, changed, now, several=several) if doubles else Joined()
    look = _Look(ports=ports, tx=tx, now=now, feeds=_kept_feeds(ports), several=doubles)
    look.at(changed, waited, joined)
    return bool(joined.more or joined.killed) or PORTION in (len(changed), len(waited)), joined.killed


def _kept_feeds(ports: Ports) -> list[Feed]:
    """The composed feeds, and that of everything where it had archives once: it may have them again."""
    feeds = composed_feeds(ports)
    if not ports.policy.default_archives and ports.store.composed_by(""):
        feeds.append(default_feed(ports.site, ports.policy.items, archives=True))
    return feeds


def _several_sources(ports: Ports) -> bool:
    """Whether there can be doubles at all. Once there were several sources there are for ever."""
    if ports.store.recall(_SEVERAL):
        return True
    upstream = len(ports.store.sources(removed=True))
    own = upstream == 1 and (
        ports.store.signed() or ports.store.select(Query(sources=frozenset({ports.policy.source})), 1)
    )
    if upstream > 1 or own:
        ports.store.remember(_SEVERAL, "yes")
    return upstream > 1 or bool(own)


def _look_anew(ports: Ports, feeds: Sequence[Feed]) -> None:
    """Compare what is in these feeds with what should be, over all articles, in portions."""
    several, total = _several_sources(ports) or ports.store.signed(), ports.store.highest()
    new = all(feed.query.sources and not ports.store.composed_by(feed.name) for feed in feeds)
    sources = frozenset[str]().union(*(feed.query.sources for feed in feeds)) if new else frozenset[str]()
    counts: dict[tuple[str, str, str], int] = {}
    seen: set[int] = set()
    key: int | None = 0
    while key is not None:
        with ports.store.composing() as tx:
            found = tx.after(key, PORTION, sources)
            look = _Look(ports=ports, tx=tx, now=ports.now(), feeds=feeds, several=several, anew=True, counts=counts)
            look.over(found, seen)
            key = found[-1][0] if len(found) == PORTION else None
            if key is None:
                for feed in feeds:
                    tx.composed(feed.name, recipe(feed))
        ports.progress("composed", min(key or total, total), total)


@dataclass(slots=True, kw_only=True)
class _Look:
    """One transaction's worth of articles, and what comes of them.

    `counts` are the places that a source has on a day, by feed, source and the day's beginning: as stored when they
    were first asked for, and what was added since. `anew`: counted from nothing.
    """

    ports: Ports
    tx: Composing
    now: datetime
    feeds: Sequence[Feed]
    several: bool
    anew: bool = False
    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    articles: dict[int, Article] = field(default_factory=dict)
    members: dict[int, dict[str, Member]] = field(default_factory=dict)
    known: dict[int, Facts] = field(default_factory=dict)
    archived: dict[str, bool] = field(default_factory=dict)
    changed: frozenset[int] = frozenset()
    waited: frozenset[tuple[str, int]] = frozenset()
    saved: dict[tuple[str, int], Member] = field(default_factory=dict)
    removed: list[tuple[str, int]] = field(default_factory=list)
    waits: list[tuple[str, int, datetime]] = field(default_factory=list)
    stale: set[str] = field(default_factory=set)

    def at(self, changed: Sequence[Changed], waited: Sequence[tuple[str, int]], joined: Joined) -> None:
        """Find the places of changed articles, of those that waited, and of those that became one with others.

        What is in a work with something that is to be killed first is left for the next look.
        """
        self.changed, self.waited = frozenset(one.key for one in changed), frozenset(waited)
        self.articles = {one.key: one.article for one in changed}
        works = self._works([*self.articles, *sorted(joined.touched), *(key for _, key in waited)])
        settled = [work for work in works if joined.killed.keys().isdisjoint(work)]
        for work in settled:
            whole = not joined.touched.isdisjoint(work) or not self.changed.isdisjoint(work)
            for feed in self.feeds:
                if whole or any((feed.name, key) in self.waited for key in work):
                    self._settle(feed, work)
        there = {key for work in settled for key in work}
        for one in changed:
            if one.key in there:
                self.stale |= self._documents(one)
        self.stale |= {name for key in joined.touched & there for name in feeds_of(self.articles[key])}
        self.stale |= {feed for feed, _ in self.waited if feed == NEWS}
        self._store()
        self.tx.done([one for one in changed if one.key in there])

    def over(self, found: Iterable[tuple[int, Article]], seen: set[int]) -> None:
        """Find the places of articles as if they were new. `seen` are works, by their first article, that were met."""
        self.articles = dict(found)
        for work in self._works(list(self.articles)):
            if len(work) > 1 and work[0] in seen:
                continue
            if len(work) > 1:
                seen.add(work[0])
            for feed in self.feeds:
                self._settle(feed, work)
        self._store()

    def _works(self, keys: Collection[int]) -> list[tuple[int, ...]]:
        """The works of these articles in the order given, with all that must be known of them."""
        found = self._together(keys) if self.several else {key: (key,) for key in keys}
        works = list(dict.fromkeys(found[key] for key in keys))
        every = {key for work in works for key in work}
        self.articles.update(self.tx.states(every - self.articles.keys()))
        if self.feeds:
            there = self.tx.members(every)
            self.members = {key: {one.feed: one for one in members} for key, members in there.items()}
        return works

    def _together(self, keys: Collection[int]) -> dict[int, tuple[int, ...]]:
        """Works, and with each what has an id of it in other sources: no reader can tell those of one id apart."""
        found = self.tx.works(keys)
        namesakes = self.tx.namesakes({key for work in found.values() for key in work})
        if not namesakes:
            return found
        named = self.tx.works({key for same in namesakes.values() for key in same})
        for key, work in found.items():
            beside = {one for mate in work for same in namesakes.get(mate, ()) for one in named[same]}
            found[key] = tuple(sorted({*work, *beside}))
        return found

    def _settle(self, feed: Feed, work: Sequence[int]) -> None:
        try:
            candidates = [one for key in work if (one := self._candidate(feed, key))]
        except (BadExpression, FeedError):
            return  # what it means nobody knows: it stays as it is
        if not feed.archives and self._has_archives(feed, candidates):
            feed = replace(feed, archives=True)  # they may be wanted again: until then, what would be told is kept
        for group in alike(feed, candidates):
            settled = settle(feed, group, self.now, partial(self._full, feed), anew=self.anew)
            if feed.caps:
                self._count(feed, group, settled)
            self.saved.update(((feed.name, one.key), one) for one in settled.members)
            self.removed += ((feed.name, key) for key in settled.removed)
            if settled.wait:
                self.waits.append((feed.name, *settled.wait))
            if settled.touched:
                self.stale.add(feed.name)

    def _candidate(self, feed: Feed, key: int) -> Candidate | None:
        member = self.members.get(key, {}).get(feed.name)
        fits = self._fits(feed, key)
        if not fits and member is None:
            return None
        return Candidate(
            key=key,
            article=self.articles[key],
            fits=fits,
            member=member,
            changed=key in self.changed,
            waited=(feed.name, key) in self.waited,
            told=self.anew and member is not None and not member.archive and self._told(feed, key),
        )

    def _has_archives(self, feed: Feed, candidates: Iterable[Candidate]) -> bool:
        """Whether archives were cut from a feed that has places of these, as far as it matters."""
        if all(one.member is None for one in candidates):
            return False
        if feed.name not in self.archived:
            self.archived[feed.name] = self.ports.store.archives(feed.name) > 0
        return self.archived[feed.name]

    def _told(self, feed: Feed, key: int) -> bool:
        return any(name == feed.name for name, _ in self.ports.store.archived_in(key))

    def _fits(self, feed: Feed, key: int) -> bool:
        article = self.articles[key]
        if not article.status.is_shown:
            return False
        if key not in self.known:
            self.known[key] = facts(article)
        return queries.matches(feed.query, self.known[key]) and not lacks(article, feed, self.ports.site)

    def _full(self, feed: Feed, source: str, place: str) -> bool:
        """Whether a cap of the feed leaves no room for one more article of the source on the day of that place."""
        caps = [cap.most for cap in feed.caps if cap.source in (None, source)]
        return bool(caps) and self._counted(feed, source, place) >= min(caps)

    def _counted(self, feed: Feed, source: str, place: str) -> int:
        since, before = day(place, ZoneInfo(self.ports.policy.timezone))
        if (known := (feed.name, source, since)) not in self.counts:
            self.counts[known] = 0 if self.anew else self.tx.counted(feed.name, source, since, before)
        return self.counts[known]

    def _count(self, feed: Feed, group: Iterable[Candidate], settled: Settled) -> None:
        """Keep count of the places that came and went, which the store does not know of yet."""
        after = {one.key: one for one in settled.members}
        for one in group:
            was = None if self.anew else one.member
            now = None if one.key in settled.removed else after.get(one.key, one.member)
            for member, more in ((was, -1), (now, 1)):
                if member is not None:
                    self._counted(feed, one.article.source, member.place)
                    since, _ = day(member.place, ZoneInfo(self.ports.policy.timezone))
                    self.counts[feed.name, one.article.source, since] += more

    def _documents(self, one: Changed) -> set[str]:
        """Documents beside the composed feeds that a change makes stale."""
        article, stale = one.article, set[str]()
        if article.status is Status.KILLED:
            # What it was one work with may be archived with a link to it that has its title.
            for key in (one.key, *self.tx.apart(one.key)):
                stale |= {archive_name(feed, number) for feed, number in self.ports.store.archived_in(key)}
        # One that has an address elsewhere from the first was never listed.
        if article.sort_key and is_ours(article) and (article.url is None or article.revision > 1):
            stale.add(part_of(one.key))
            if article.published and article.published + NEWS_FOR > self.now:
                stale.add(NEWS)
                self.waits.append((NEWS, one.key, article.published + NEWS_FOR))
        return stale

    def _store(self) -> None:
        self.tx.save(self.saved.values(), self.removed)
        self.tx.wait(self.waits)
        self.tx.soil(self.stale)
