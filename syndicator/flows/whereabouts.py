"""Why an article is in a feed, or is not: told by the rules that put it there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from syndicator.core.composing import Candidate, Settled, alike, day, recipe, settle
from syndicator.core.profiles import lacks
from syndicator.core.queries import explain, facts, matches
from syndicator.flows.named import composed_feeds
from syndicator.model import Article, Feed, Member
from syndicator.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a feed shows an article now, in its current document or an archive, and why or why not."""

    feed: str
    title: str
    shown: bool
    why: str


Members = Mapping[int, Mapping[str, Member]]
"""Places by the article's number and the feed's name."""


def standings(ports: Ports, feeds: Iterable[Feed], key: int, work: Mapping[int, Article]) -> Iterator[Standing]:
    """How one article of a work stands in each of these feeds. `work` has all of it, by the store's numbers."""
    composed = {feed.name for feed in composed_feeds(ports)}
    members = {number: {one.feed: one for one in ports.store.members_of(number)} for number in work}
    for feed in feeds:
        if feed.name in composed:
            shown, why = _composed(ports, feed, key, work, members)
        else:
            shown, why = _walked(ports, feed, key, work)
        yield Standing(feed=feed.name or "default", title=feed.title, shown=shown, why=why)


def _walked(ports: Ports, feed: Feed, key: int, work: Mapping[int, Article]) -> tuple[bool, str]:
    """In a feed of which nothing is stored: it shows the newest that it means."""
    article = work[key]
    if (reason := _left_out(ports, feed, article, None)) is not None:
        return False, reason
    shown = ports.store.shown(feed.query, feed.limit)
    if any(one.key == key for one in shown):
        return True, explain(feed.query, facts(article)).rule
    before = [one for number, one in sorted(work.items()) if number < key and _fits(ports, feed, one)]
    if before:
        return False, f"a double of {_named(before[0])}, which came first"
    if any(one.id == article.id for one in shown):
        return False, "another source has an article of the same id, which came first"
    return False, f"older than the newest {feed.limit}, which are all that it shows"


def _composed(ports: Ports, feed: Feed, key: int, work: Mapping[int, Article], members: Members) -> tuple[bool, str]:
    """In a feed whose places are stored: as the rules of composing have it."""
    article, member = work[key], members[key].get(feed.name)
    if member is None or not member.shown:
        if (reason := _left_out(ports, feed, article, member)) is not None:
            return False, reason
        return False, _kept_out(ports, feed, key, work, members)
    rule = explain(feed.query, facts(article))
    if not article.status.is_shown or (not rule.kept and not member.archive):
        return False, f"{_left_out(ports, feed, article, member)}; it goes when the feed is published next"
    if member.archive:
        since = "" if rule.kept else ", where it stays though the feed's rules have changed since"
        return True, f"{rule.rule}; in archive {member.archive}{since}"
    if not feed.archives and all(one.key != key for one in ports.store.places(feed.name, feed.limit)):
        return False, f"{rule.rule}; older than the newest {feed.limit}, which are all that it shows"
    return True, rule.rule


def _left_out(ports: Ports, feed: Feed, article: Article, member: Member | None) -> str | None:
    """Why the article by itself is not in the feed; None where it could be."""
    if not article.status.is_shown:
        tombstone = "; the feed tells that it is gone" if member is not None else ""
        return f"it is {article.status}{tombstone}"
    rule = explain(feed.query, facts(article))
    if not rule.kept:
        return rule.rule
    return "; ".join(one.reason for one in lacks(article, feed, ports.site)) or None


def _kept_out(ports: Ports, feed: Feed, key: int, work: Mapping[int, Article], members: Members) -> str:
    """What keeps an article out that the feed means: its double, its delay, a cap, or that nobody has looked yet."""
    candidates = [
        Candidate(key=number, article=one, fits=_fits(ports, feed, one), member=members[number].get(feed.name))
        for number, one in sorted(work.items())
    ]
    group = next(group for group in alike(feed, candidates) if any(one.key == key for one in group))
    there = next((one for one in group if one.is_there), None)
    if there is not None:
        return f"a double of {_named(there.article)}, which the feed shows"
    if ports.store.waiting() or ports.store.composed_by(feed.name) != recipe(feed):
        return "it was not looked at yet: it is when the feed is published next"
    capped: list[str] = []

    def full(source: str, where: str) -> bool:
        told = _cap(ports, feed, source, where)
        capped.extend(told)
        return bool(told)

    settled = settle(feed, group, ports.now(), full)
    if capped:
        return capped[0]
    return _outcome(settled, key, work)


def _outcome(settled: Settled, key: int, work: Mapping[int, Article]) -> str:
    if settled.wait is not None:
        number, due = settled.wait
        double = "" if number == key else f": then its double {_named(work[number])} comes in"
        return f"delayed until {due:%Y-%m-%d %H:%M:%S} UTC{double}"
    entering = next((work[one.key] for one in settled.members if one.shown), None)
    if entering is not None and entering != work[key]:
        return f"a double of {_named(entering)}, which comes in when the feed is published next"
    return "it comes in when the feed is published next"


def _cap(ports: Ports, feed: Feed, source: str, where: str) -> list[str]:
    """The cap that leaves no room on the day of a place, told in a line; none where there is room."""
    caps = [cap for cap in feed.caps if cap.source in (None, source)]
    if not caps:
        return []
    least = min(caps, key=lambda cap: cap.most)
    since, before = day(where, ZoneInfo(ports.policy.timezone))
    with ports.store.composing() as tx:
        counted = tx.counted(feed.name, source, since, before)
    if counted < least.most:
        return []
    each = f"from {source}" if least.source else f"from each source, and {source} has them"
    return [f"at most {least.most} a day {each}: there were {counted} already when it came"]


def _fits(ports: Ports, feed: Feed, article: Article) -> bool:
    return article.status.is_shown and matches(feed.query, facts(article)) and not lacks(article, feed, ports.site)


def _named(article: Article) -> str:
    return f"{article.slug} (from {article.source})"
