"""Deciding: from what we knew and what we saw to what to save. Where the rules of time and status live."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from syndicator.core import rulings
from syndicator.core.text import slug as slugify
from syndicator.model import Article, Notice, RevisionKind, Ruling, Status, Term, utc

RESERVED_SLUGS = frozenset(
    {"admin", "api", "articles", "authors", "events", "feeds", "hub"}
    | {"search", "sources", "status", "subscribe", "tags"}
)
EARLIEST = utc(1970, 1, 1)
_FIRST = utc(1, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
FUTURE_TOLERANCE = timedelta(hours=1)
"""How far ahead of the clock a date may lie and still be believed."""
FAR_AHEAD = timedelta(days=3653)
"""How far ahead an embargo may end before a person is asked whether that is meant."""

UNANNOUNCED_MOST = 24
"""Changes of one entry that are stored though upstream did not date them."""
UNANNOUNCED_APART = timedelta(minutes=10)

_FOLLOWED = ("title", "url", "body", "summary", "authors", "enclosures", "tags", "image")
_OURS = ("id", "slug", "first_seen", "published", "updated", "changed", "sort_key", "revision", "status")
_QUIET = (
    *(*_OURS, "tags", "language", "related", "explicit_id", "explicit_slug", "extra", "publish_at", "expire_at"),
    *("upstream", "replies", "announced", "unannounced", "categories", "links", "comments"),
)
"""Fields whose change is stored, but is no correction that a reader must see again."""


def believable(moment: datetime | None, now: datetime) -> datetime | None:
    """The moment to the second, or None where no article can have been written then."""
    if moment is None or not EARLIEST <= moment <= now + FUTURE_TOLERANCE:
        return None
    return moment.replace(microsecond=0)


def date_notices(seen: Article, now: datetime) -> tuple[Notice, ...]:
    """What to tell a person of dates that are missing, not believed, or surely not meant."""
    told = []
    if seen.published is None and seen.publish_at is None and seen.status.is_shown:
        told.append(f"there is no date that can be read, so {_UNDATED}: write one")
    if (where := _unbelievable(seen.published, now)) is not None:
        hint = "; `publish_at` is what holds an article back" if where.endswith("future") else ""
        told.append(f"date: {where}, so {_UNDATED}: correct it{hint}")
    if (where := _unbelievable(seen.updated, now)) is not None:
        told.append(f"updated: {where}, so it is left out: correct it")
    if seen.publish_at is not None and seen.publish_at - now > FAR_AHEAD:
        told.append(
            f"publish_at: {seen.publish_at.isoformat()} lies more than ten years ahead: correct it if that is not meant"
        )
    return tuple(Notice(text=text) for text in told)


_UNDATED = "the article is dated by when it was first seen"


def _unbelievable(moment: datetime | None, now: datetime) -> str | None:
    if moment is None or believable(moment, now) is not None:
        return None
    return f"{moment.isoformat()} lies {'before 1970' if moment < EARLIEST else 'in the future'}"


def status_at(article: Article, now: datetime) -> Status:
    """Where an article that a person wants published, or not yet, stands at `now`.

    One that is killed is killed whatever else is said of it; one that is retracted comes and goes in its time as any.
    """
    if rulings.is_killed(article.ruling):
        return Status.KILLED
    if article.status in (Status.DRAFT, Status.WITHDRAWN):
        return article.status
    if article.expire_at is not None and article.expire_at <= now:
        return Status.EXPIRED
    if article.publish_at is not None and article.publish_at > now:
        return Status.SCHEDULED
    return rulings.status_of(article.ruling)


def due_at(article: Article, now: datetime) -> datetime | None:
    """When the status of an article changes by itself next, or None."""
    if article.status is Status.SCHEDULED:
        return article.publish_at
    if article.status.is_shown and article.expire_at is not None and article.expire_at > now:
        return article.expire_at
    return None


def first_state(seen: Article, *, id: str, slug: str, now: datetime, backfill: bool) -> Article:
    """The first stored state of an article.

    Where its author does not say when it was published, its `updated` says so, else that it was found now.

    `backfill`: it was there before we began, so its own date orders it and dates the feeds; what is found later is
    a change of now.
    """
    found, now = now, now.replace(microsecond=0)
    told = believable(seen.published, now) or _embargo(seen) or believable(seen.updated, now)
    published = told or now
    updated = max(published, believable(seen.updated, now) or published)
    status, key = status_at(seen, now), ""
    if status.is_shown:
        key = sort_key(min(told or found, found) if backfill else found, id)
    state = replace(
        seen,
        id=id,
        slug=slug,
        first_seen=now,
        published=published,
        updated=updated,
        changed=updated if backfill else max(updated, now),
        status=status,
        sort_key=key,
        revision=1,
        ruling=rulings.effective(None, seen.ruling, now),
    )
    return rulings.forgotten(state) if status is Status.KILLED else state


def next_state(
    before: Article, seen: Article, now: datetime, *, by_author: bool = True
) -> tuple[Article, RevisionKind | None]:
    """The state after a file was read again, and why it is stored; None: nothing that is kept has changed.

    `by_author` False: the file's bytes are the same, only we read them differently; that is no correction.
    """
    found, now = now, now.replace(microsecond=0)
    seen = replace(seen, ruling=rulings.effective(before.ruling, seen.ruling, now))
    status = status_at(seen, now)
    if status is Status.KILLED and seen.ruling is not None:
        return _killed(before, seen.ruling, now)
    unwritten = before.published
    if not before.sort_key:
        unwritten = _embargo(seen) or (now if status.is_shown else before.published)
    kept = {name: getattr(before, name) for name in _OURS}
    content = replace(seen, **{**kept, "published": believable(seen.published, now) or unwritten, "status": status})
    if content == before and not _updated_by_author(before, seen, now):
        return before, None
    return _stored(before, content, seen, found, by_author), _why(before, content)


def next_from_upstream(before: Article, seen: Article, now: datetime) -> tuple[Article, RevisionKind | None, bool]:
    """The state after an entry was seen again: as `next_state`, and whether the entry must be looked at next time too.

    A change that upstream does not date itself is stored at most once in ten minutes and 24 times in all, so that an
    entry with the time of day in it is no news for ever. Counts and facts of the feed alone are no change. Of one that
    was killed and restored, anything is taken.
    """
    if before.status is Status.KILLED:
        return before, None, False
    told = believable(seen.updated, now)
    if told is not None and before.announced is not None and told < before.announced:
        return before, None, False  # an old copy, as from a cache
    announced = max(filter(None, (told, before.announced)), default=None)
    last = before.announced or before.updated
    dated = rulings.is_forgotten(before) or (told is not None and (last is None or told > last))
    if before.status is Status.WITHDRAWN and not dated:
        return before, None, False
    if not dated and _same_to_readers(before, seen, now):
        return before, None, False
    if not dated and before.unannounced >= UNANNOUNCED_MOST:
        return before, None, False
    if not dated and before.changed is not None and timedelta(0) <= now - before.changed < UNANNOUNCED_APART:
        return before, None, True
    told_apart = replace(seen, announced=announced, unannounced=before.unannounced + (not dated))
    after, kind = next_state(before, told_apart, now)
    return after, kind, False


def _same_to_readers(before: Article, seen: Article, now: datetime) -> bool:
    """Whether all that upstream can change without dating it is as it was."""
    if any(getattr(before, name) != getattr(seen, name) for name in _FOLLOWED):
        return False
    published = believable(seen.published, now)
    return published is None or published == before.published


def restored(before: Article, now: datetime) -> tuple[Article, RevisionKind | None]:
    """The state after an article that was withdrawn with its source came back with it."""
    if rulings.is_forgotten(before):
        return before, None
    return next_state(before, replace(before, status=Status.PUBLISHED), now, by_author=False)


def at(before: Article, now: datetime) -> tuple[Article, RevisionKind | None]:
    """The state after time alone has passed: an embargo ended, an article expired."""
    waits = before.status is Status.SCHEDULED or before.status.is_shown
    status = status_at(before, now) if waits else before.status
    if status is before.status:
        return before, None
    moment = (before.expire_at if status is Status.EXPIRED else before.publish_at) or now
    after = replace(before, status=status, changed=_forward(moment, before.changed), revision=before.revision + 1)
    if status.is_shown:
        after = replace(after, sort_key=before.sort_key or sort_key(moment, before.id))
    return after, _why(before, after)


def withdrawn(before: Article, now: datetime) -> tuple[Article, RevisionKind | None]:
    """The state after an article's file was removed for good."""
    if before.status in (Status.WITHDRAWN, Status.KILLED):
        return before, None
    moment = _forward(now, before.changed)
    return replace(
        before, status=Status.WITHDRAWN, changed=moment, revision=before.revision + 1
    ), RevisionKind.WITHDRAWAL


def ruled(before: Article, ruling: Ruling, now: datetime) -> tuple[Article, RevisionKind | None]:
    """The state after a person decided about an article that is shown; to kill it, also about any other."""
    ruling = rulings.stamped(before.ruling, ruling, now)
    if rulings.is_killed(ruling):
        return _killed(before, ruling, now)
    return _with_ruling(before, ruling, now)


def lifted(before: Article, now: datetime) -> tuple[Article, RevisionKind | None]:
    """The state after a person took a ruling back: the article as if nothing had been decided.

    One that was killed has no text any more: it stays gone until it is read again.
    """
    if before.status is not Status.KILLED:
        return _with_ruling(before, None, now)
    changed = _forward(now, before.changed)
    after = replace(before, status=Status.WITHDRAWN, ruling=None, changed=changed, revision=before.revision + 1)
    return after, RevisionKind.RESTORATION


def _with_ruling(before: Article, ruling: Ruling | None, now: datetime) -> tuple[Article, RevisionKind | None]:
    if before.ruling == ruling:
        return before, None
    after = replace(before, ruling=ruling, changed=_forward(now, before.changed), revision=before.revision + 1)
    after = replace(after, status=status_at(after, now), updated=_forward(now, before.updated))
    return after, _why(before, after)


def sort_key(moment: datetime, id: str) -> str:
    """The one stored key by which articles are ordered: microseconds, then a tie-breaker made of the id.

    24 lower-case hex digits, so that every database sorts it alike.
    """
    return f"{(moment - _FIRST) // _MICROSECOND:016x}{hashlib.sha256(id.encode()).hexdigest()[:8]}"


def moment_of(key: str) -> datetime:
    """The moment that `sort_key` made a key of."""
    return _FIRST + int(key[:16], 16) * _MICROSECOND


def slugs_for(article: Article, id: str) -> tuple[str, ...]:
    """Slugs that an article may get, best first; the last is made of its source and id and so never another's."""
    base = slugify(article.explicit_slug or article.title)
    numbered = [f"{base[:74]}-{n}" for n in range(2, 6)]
    plain = [] if base in RESERVED_SLUGS else [base]
    own = hashlib.sha256(f"{article.source}\n{id}".encode()).hexdigest()[:12]
    return (*plain, *numbered, f"{base[:60]}-{own}")


def terms_of(article: Article) -> tuple[Term, ...]:
    """The tags and authors under which an article is found, each slug once."""
    names = [("tags", tag) for tag in article.tags] + [("authors", person.name) for person in article.authors]
    found = {(kind, slugify(name)): name for kind, name in reversed(names)}
    return tuple(Term(kind=kind, slug=slug, name=name) for (kind, slug), name in sorted(found.items()))


def _stored(before: Article, content: Article, seen: Article, found: datetime, by_author: bool) -> Article:
    now = found.replace(microsecond=0)
    published, updated = content.published or now, before.updated or now
    if told := _updated_by_author(before, seen, now):
        updated = told
    elif any(getattr(before, f) != getattr(content, f) for f in Article.__slots__ if f not in _QUIET):
        updated = (max(now, updated) if by_author else updated) if before.sort_key else published
    changed = _forward(now, before.changed) if before.sort_key else max(published, updated)
    after = replace(content, updated=max(updated, published), changed=changed, revision=before.revision + 1)
    if after.status.is_shown and not before.sort_key:
        after = replace(after, sort_key=sort_key(found, before.id))
    return after


def _updated_by_author(before: Article, seen: Article, now: datetime) -> datetime | None:
    """The author's own `updated`, where it moved forward."""
    told = believable(seen.updated, now)
    return told if told and before.updated and told > before.updated else None


def _killed(before: Article, ruling: Ruling, now: datetime) -> tuple[Article, RevisionKind | None]:
    if before.status is Status.KILLED and before.ruling == ruling:
        return before, None
    changed = _forward(now, before.changed)
    after = replace(before, status=Status.KILLED, ruling=ruling, changed=changed, revision=before.revision + 1)
    return rulings.forgotten(after), RevisionKind.KILL


def _why(before: Article, after: Article) -> RevisionKind:
    if before.status.is_shown and not after.status.is_shown:
        return RevisionKind.WITHDRAWAL
    if after.status.is_shown and not before.status.is_shown:
        return RevisionKind.RETURN if before.sort_key else RevisionKind.NEW
    if after.status is Status.RETRACTED and before.status is not Status.RETRACTED:
        return RevisionKind.RETRACTION
    if before.ruling is not None and after.ruling is None:
        return RevisionKind.RESTORATION
    return RevisionKind.CORRECTION


def _forward(now: datetime, before: datetime | None) -> datetime:
    now = now.replace(microsecond=0)
    return max(now, before) if before else now


def _embargo(seen: Article) -> datetime | None:
    """An article without a date is dated by the end of its embargo, where it has one."""
    return seen.publish_at.replace(microsecond=0) if seen.publish_at and seen.publish_at >= EARLIEST else None
