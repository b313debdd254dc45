"""What becomes of an article's place in a composed feed: who enters, who stays, who leaves, who waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from syndicator.core.decide import moment_of, sort_key
from syndicator.core.duplicates import canonical
from syndicator.core.profiles import REQUIREMENTS
from syndicator.model import Article, Doubles, Feed, Link, Member, Order, Site, utc

COMPOSER = 1
"""Raised by one whenever the same feed and the same articles give other places: all of them are looked at anew."""

_FIRST = utc(1, 1, 1)
_MICROSECOND = timedelta(microseconds=1)

Full = Callable[[str, str], bool]
"""Whether a source (by id) has all the places of the day that a place (`Member.place`) falls on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article as one feed sees it: it `fits` where it is shown and the feed's query means it.

    `member` is its present place in the feed. `changed`: its state is one that the feed has not seen yet; `waited`:
    its time has come; `told`: an archive of the feed holds an earlier state of it.
    """

    key: int
    article: Article
    fits: bool
    member: Member | None = None
    changed: bool = False
    waited: bool = False
    told: bool = False

    @property
    def is_there(self) -> bool:
        """Whether the feed shows it now."""
        return self.member is not None and self.member.shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What came of it: places to store, articles whose place is taken away, and one that waits until a moment.

    `touched`: what the feed shows has changed, though no place need have.
    """

    members: tuple[Member, ...] = ()
    removed: tuple[int, ...] = ()
    wait: tuple[int, datetime] | None = None
    touched: bool = False


def recipe(feed: Feed) -> str:
    """A short hash (16 hex digits) of everything in a feed's definition on which depends what is in it, and where."""
    query = {
        name: sorted(value) if isinstance(value, frozenset) else value for name, value in asdict(feed.query).items()
    }
    caps = [asdict(cap) for cap in feed.caps]
    parts = [COMPOSER, query, feed.order, feed.delay.total_seconds(), caps, feed.doubles, feed.prefer]
    if feed.profile:
        parts += [REQUIREMENTS, feed.profile, feed.full]
    return blake2b(json.dumps(parts, default=str).encode(), digest_size=8).hexdigest()


def alike(feed: Feed, work: Iterable[Candidate]) -> list[list[Candidate]]:
    """The articles of one work in groups of which a feed shows no more than one: all of them, or those of one id."""
    groups: dict[str, list[Candidate]] = {}
    for one in work:
        groups.setdefault(one.article.id if feed.doubles is Doubles.KEEP else "", []).append(one)
    return list(groups.values())


def settle(feed: Feed, group: Sequence[Candidate], now: datetime, full: Full, *, anew: bool = False) -> Settled:
    """What becomes of the places of a group of articles of which the feed shows no more than one.

    Whichever is shown stays while it fits. `anew`: the definition of the feed has changed, not the articles: what is
    in its archives stays there, and nothing of it is news.
    """
    fitting = [one for one in group if one.fits]
    chosen = _elected(feed, [one for one in fitting if one.is_there]) or _elected(feed, fitting)
    after, wait = _chosen(feed, chosen, fitting, now, full, anew=anew) if chosen else (None, None)
    members = [after] if chosen and after and after != chosen.member else []
    removed = []
    for one in group:
        if one.member is None or (one is chosen and after):
            continue
        if after and chosen and one.article.id == chosen.article.id:
            removed.append(one.key)  # its id is shown: nothing may say that it is gone
        elif one.is_there and not (anew and one.member.archive and one.article.status.is_shown):
            if (feed.archives and (one.told or not anew)) or not one.article.status.is_shown:
                entered = sort_key(now, one.article.id)
                members.append(replace(one.member, shown=False, archive=0, entered=entered))
            else:
                removed.append(one.key)
    touched = any(one.changed and one.member for one in group)
    if feed.doubles is Doubles.LIST and after and not after.archive:
        touched = touched or len(group) > 1
    return Settled(members=tuple(members), removed=tuple(removed), wait=wait, touched=touched)


def _chosen(
    feed: Feed, chosen: Candidate, fitting: Sequence[Candidate], now: datetime, full: Full, *, anew: bool
) -> tuple[Member | None, tuple[int, datetime] | None]:
    """The place of the one article that may be shown, and until when it waits for it."""
    if chosen.member and chosen.member.shown:
        return _stays(feed, chosen, chosen.member, now, full, anew=anew), None
    if (due := _due(feed, fitting)) > now:
        return None, (chosen.key, due)
    if chosen.member is None and full(chosen.article.source, place(feed, chosen.article)):
        return None, None
    late = not (anew or chosen.waited or (chosen.changed and chosen.article.revision == 1))
    entered = sort_key(now, chosen.article.id) if late or chosen.member else _delayed(feed, chosen.article)
    return Member(feed=feed.name, key=chosen.key, place=place(feed, chosen.article), entered=entered), None


def place(feed: Feed, article: Article) -> str:
    """Where an article stands in a feed, like `Article.sort_key`."""
    found = article.first_seen or article.published
    if feed.order is Order.PUBLISHED and (moment := article.published or found):
        return sort_key(moment, article.id)
    if feed.order is Order.UPDATED and (moment := article.updated or found):
        return sort_key(moment, article.id)
    return _delayed(feed, article)


def day(place: str, zone: ZoneInfo) -> tuple[str, str]:
    """The first place on the day on which a place falls in that zone, and the first on the day after."""
    local = moment_of(place).astimezone(zone)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    following = start + timedelta(days=1)
    since, before = (f"{(moment.astimezone(UTC) - _FIRST) // _MICROSECOND:016x}" for moment in (start, following))
    return since, before


def with_others(article: Article, others: Sequence[Article], site: Site) -> Article:
    """The article with links to the same one elsewhere: all as `related`, the first as `via` where it has none."""
    links = [
        Link(href=other.url or f"{site.base_url}/articles/{other.slug}", title=other.title, hreflang=other.language)
        for other in others
    ]
    known = {canonical(href) for href in (article.url, *(link.href for link in article.related)) if href}
    new = tuple(link for link in links if canonical(link.href or "") not in known)
    if not new:
        return article
    return replace(article, related=(*article.related, *new), via=article.via or new[0])


def _delayed(feed: Feed, article: Article) -> str:
    """The sort key, later by the delay: but where an embargo ended later than that, as it is."""
    if not feed.delay or article.first_seen is None:
        return article.sort_key
    shifted = int(article.sort_key[:16], 16) + feed.delay // _MICROSECOND
    shown_at = sort_key(article.first_seen.replace(microsecond=999_999) + feed.delay, article.id)
    return min(f"{shifted:016x}{article.sort_key[16:]}", max(article.sort_key, shown_at))


def _due(feed: Feed, fitting: Sequence[Candidate]) -> datetime:
    """When the delay is over: that of whichever of the articles was seen first."""
    seen = (one.article.first_seen or one.article.published for one in fitting)
    return min(moment for moment in seen if moment) + feed.delay


def _elected(feed: Feed, fitting: Sequence[Candidate]) -> Candidate | None:
    """Which of them enters: the first stored, or where the feed prefers a source that one's."""
    ranks = {source: rank for rank, source in enumerate(feed.prefer)} if feed.doubles is Doubles.PREFER else {}
    return min(fitting, key=lambda one: (ranks.get(one.article.source, len(ranks)), one.key), default=None)


def _stays(feed: Feed, chosen: Candidate, before: Member, now: datetime, full: Full, *, anew: bool) -> Member | None:
    """The place of an article that is in the feed already, or None where there is no room for it any more."""
    if anew and before.archive:
        return before
    there = place(feed, chosen.article)
    if anew:
        return None if full(chosen.article.source, there) else replace(before, place=there)
    if not chosen.changed:
        return before
    if feed.archives:
        return replace(before, place=there, archive=0, entered=sort_key(now, chosen.article.id))
    return replace(before, place=there)
