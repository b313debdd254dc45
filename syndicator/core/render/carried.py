"""What an article brought along from elsewhere, fit to be published: where it came from, its links, what answers it.

Each thing is said in one place only, so that who reads a rendered article back finds it where it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from syndicator.core.render import checked
from syndicator.core.text import is_blank, one_line
from syndicator.model import Article, Category, Episode, InReplyTo, Link, Place, Replies, Site, Upstream

KINDS = frozenset({"full", "trailer", "bonus"})
"""What an episode can be (itunes:episodeType)."""

_PLACED = frozenset({"related", "via", "license", "replies"})
"""Relations that have a place of their own; but for `related` there is room for one."""
_REPLIES = "application/atom+xml"
"""What a feed of replies is taken to be where it does not say (RFC 4685 4)."""
_LAST_SEASON = 999_999
_HTML = ("text/html", "application/xhtml+xml")
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The links of an article, each under its relation. `licence` is the one among `Article.links`, if any."""

    related: tuple[Link, ...]
    mentioned: tuple[str, ...]
    via: Link | None
    licence: str | None
    comments: str | None
    replies: Replies | None
    links: tuple[Link, ...]


def linked(article: Article, site: Site) -> Linked:
    """What the links of `article` are, made absolute; those that lead nowhere or steer the feed are left out."""
    others = list(dict.fromkeys(_others(article.links, site)))
    related = [_plain(checked.link(one, site)) for one in article.related]
    via = _plain(checked.link(article.via, site)) if article.via else None
    if via is None or not via.href:
        via = next((_plain(one) for one in _taken(others, "via")), None)
    licence = None if checked.web(article.licence) else next((one.href for one in _taken(others, "license")), None)
    comments, replies = _replies(article, others)
    return Linked(
        related=(*(one for one in related if one.href), *(_plain(one) for one in others if one.rel == "related")),
        mentioned=tuple(one.title for one in related if one.title and not one.href),
        via=via,
        licence=licence,
        comments=comments,
        replies=replies,
        links=tuple(one for one in others if one.rel not in _PLACED),
    )


def _plain(link: Link) -> Link:
    return replace(link, rel=None)


def _others(links: Iterable[Link], site: Site) -> Iterator[Link]:
    """Links with a relation of their own. An alternate is one in another format: a page would pass for the article."""
    formats = set()
    for one in links:
        link = checked.link(one, site)
        if not link.href or not link.rel:
            continue
        if link.rel == "alternate":
            format = (link.type, link.hreflang)
            if link.type is None or link.type in _HTML or format in formats:
                continue
            formats.add(format)
        yield link


def _taken(others: list[Link], rel: str, *, page: bool | None = None) -> list[Link]:
    """The first link of a relation, taken out of `others`; `page` tells whether it must be HTML or must not."""
    for one in others:
        if one.rel == rel and (page is None or (one.type in _HTML) is page):
            others.remove(one)
            return [one]
    return []


def _replies(article: Article, others: list[Link]) -> tuple[str | None, Replies | None]:
    """The page of comments and the feed of replies: a reader tells them by the type, which must be HTML or not."""
    given = article.replies or Replies()
    href, type = checked.web(given.href), checked.media_type(given.type)
    comments = checked.web(article.comments)
    if href and type in _HTML:
        comments, href = comments or href, None
    for one in () if comments else _taken(others, "replies", page=True):
        comments = one.href
    for one in () if href else _taken(others, "replies", page=False):
        href, type = one.href, one.type
    count = checked.counted(given.count)
    updated = given.updated if href or comments else None
    if not href and count is None and updated is None:
        return comments, None
    return comments, Replies(href=href, type=type or _REPLIES if href else None, count=count, updated=updated)


def source(upstream: Upstream | None, updated: datetime) -> Upstream | None:
    """The feed that an article was taken from, as far as it is known; with id, title and `updated` (RFC 4287 4.2.11).

    `updated` stands in where the feed was not dated. None for a feed of which neither id, address nor title is known.
    """
    if upstream is None:
        return None
    feed_url, url = checked.public(upstream.feed_url), checked.public(upstream.url)
    title = one_line(upstream.title)
    id = checked.public_id(one_line(upstream.id)) or feed_url or url
    if id is None and not title:
        return None
    return Upstream(
        id=id or uuid5(NAMESPACE_URL, title).urn,
        title=title or urlsplit(feed_url or url or "").hostname or id or "",
        url=url,
        feed_url=feed_url,
        updated=upstream.updated or updated,
        rights=one_line(upstream.rights),
        language=checked.language(upstream.language),
    )


def categories(details: Iterable[Category], tags: Iterable[str]) -> tuple[Category, ...]:
    """All `tags`, with the `details` of those that have any, in an order that keeps the order of both."""
    cleaned = [one for one in map(_category, details) if one is not None]
    described = [one for one in cleaned if one.scheme or one.label]
    names = {_tag(one) for one in described}
    pending = list(dict.fromkeys((*tags, *(one.term for one in cleaned if one not in described))))
    found: list[Category] = []
    for one in described:
        if _tag(one) in pending:
            at = pending.index(_tag(one))
            found += [Category(term=tag) for tag in pending[:at] if tag not in names]
            pending = [tag for tag in pending[:at] if tag in names] + pending[at + 1 :]
        found.append(one)
    found += [Category(term=tag) for tag in pending if tag not in names]
    return tuple(dict.fromkeys(found))


def _category(given: Category) -> Category | None:
    term, label = checked.line(given.term), checked.line(given.label)
    if term is None and label is None:
        return None
    scheme = checked.line(given.scheme)
    return Category(
        term=term or label or "", scheme=scheme, label=label if term and (scheme or label != term) else None
    )


def _tag(category: Category) -> str:
    return category.label or category.term


def in_reply_to(given: Iterable[InReplyTo]) -> tuple[InReplyTo, ...]:
    """What an article answers (RFC 4685 3)."""
    found: dict[str, InReplyTo] = {}
    for one in given:
        if ref := checked.line(one.ref):
            found.setdefault(
                ref,
                InReplyTo(
                    ref=ref,
                    href=checked.web(one.href),
                    type=checked.media_type(one.type),
                    source=checked.public(one.source),
                ),
            )
    return tuple(found.values())


def place(given: Place | None) -> tuple[str, str, str | None] | None:
    """Latitude, longitude, and a name."""
    if given is None:
        return None
    latitude, longitude = checked.degrees(given.latitude, 90), checked.degrees(given.longitude, 180)
    return (latitude, longitude, checked.line(given.name)) if latitude and longitude else None


def episode(given: Episode | None, site: Site) -> Episode | None:
    """What makes an article an episode; None where nothing of it can be said."""
    if given is None:
        return None
    number = one_line(given.number or "")
    chapters = _typed(given.chapters, "application/json+chapters", site) if given.chapters else None
    cleaned = Episode(
        season=checked.counted(given.season, _LAST_SEASON),
        number=number if _DECIMAL.fullmatch(number) else None,
        kind=given.kind if given.kind in KINDS else None,
        explicit=given.explicit,
        subtitle=one_line(given.subtitle),
        image=checked.resolved(given.image, site),
        transcripts=tuple(filter(None, (_typed(one, "text/plain", site) for one in given.transcripts))),
        chapters=chapters,
    )
    return cleaned if cleaned != Episode() else None


def _typed(given: Link, usual: str, site: Site) -> Link | None:
    href = checked.resolved(given.href, site)
    type = checked.media_type(given.type) or usual
    rel = "captions" if given.rel == "captions" else None
    return Link(href=href, rel=rel, type=type, hreflang=checked.language(given.hreflang)) if href else None


def extra(pairs: Iterable[tuple[str, str]], *, everything: bool) -> tuple[tuple[str, str], ...]:
    """What we do not know. `everything` False: without what its author noted in a file of ours, `{namespace}` apart."""
    named = ((one_line(key), checked.text(value)) for key, value in pairs)
    return tuple((key, value) for key, value in named if key and not is_blank(value) and (everything or key[0] == "{"))
