"""Links of an entry or a feed by their relation, and what hangs on them: licence, replies, what is answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from syndicator.core.articles import fields
from syndicator.core.text import clean_text
from syndicator.core.upstream.elements import Element, Own
from syndicator.core.upstream.media import media_type, web
from syndicator.core.upstream.moments import text_moment
from syndicator.core.upstream.texts import MAX_TITLE, Cuts
from syndicator.core.urls import is_absolute
from syndicator.model import InReplyTo, Link, Replies

MAX_LINKS = 50
MAX_REPLIED_TO = 20


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RELATION = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")
_HELD_ELSEWHERE = frozenset({"enclosure", "license", "replies", "related", "via"})
_OF_THE_FEED = _words(
    """self edit edit-media hub service first last next previous prev current prev-archive next-archive
    http://schemas.google.com/g/2005#feed http://schemas.google.com/g/2005#post"""
)
PAGES = frozenset({None, "text/html", "application/xhtml+xml"})
"""Types of links to pages, also where none is given."""


def all_links(values: Mapping[str, Any], own: Own, base: str) -> list[tuple[Element, Link]]:
    """Every link element with a web address: as it stands, and as a Link whose `rel` is `alternate` where none is."""
    if own.paired:
        found: Iterable[Element] = (element for element in own.all("atom:link", "rss:link") if element.get("href"))
    else:
        found = _of_values(values.get("links"), base)
    return [(element, link) for element in found if (link := _link(element)) is not None]


def _of_values(links: object, base: str) -> Iterator[Element]:
    for one in links if isinstance(links, list) else []:
        if isinstance(one, dict):
            attributes = {key.rpartition(":")[2]: value for key, value in one.items() if isinstance(value, str)}
            yield Element("atom:link", "atom:link", attributes, base=base)


def _link(element: Element) -> Link | None:
    href = web(element.get("href"), element.base)
    rel = element.get("rel").lower() or "alternate"
    rel = rel.removeprefix("http://www.iana.org/assignments/relation/")
    if href is None or not (_RELATION.fullmatch(rel) or (is_absolute(rel) and len(rel) <= 200 and " " not in rel)):
        return None
    return Link(
        href=href,
        title=clean_text(" ".join(element.get("title").split()))[:MAX_TITLE] or None,
        rel=rel,
        type=media_type(element.get("type"), "") if element.get("type") else None,
        hreflang=fields.language(element.get("hreflang")) if element.get("hreflang") else None,
    )


def with_relations(links: list[tuple[Element, Link]], url: str | None, cuts: Cuts) -> tuple[Link, ...]:
    """The links of an entry that have a relation of their own; its other languages and forms are among them."""
    found = {
        link: None
        for _, link in links
        if link.rel not in _HELD_ELSEWHERE
        and link.rel not in _OF_THE_FEED
        and (link.rel != "alternate" or (link.href != url and (link.hreflang or link.type not in PAGES)))
    }
    return cuts.few(tuple(found), MAX_LINKS, "links")


def of_relation(links: list[tuple[Element, Link]], rel: str) -> tuple[Link, ...]:
    """The links of one relation, which their place will say: without it."""
    found = (link for _, link in links if link.rel == rel)
    return tuple(
        dict.fromkeys(Link(href=one.href, title=one.title, type=one.type, hreflang=one.hreflang) for one in found)
    )


def licence(links: list[tuple[Element, Link]], own: Own, base: str) -> str | None:
    """The address of the licence, as a link, by Creative Commons, Dublin Core or Media RSS."""
    for _, link in links:
        if link.rel == "license":
            return link.href
    for element in own.all("cc:license", "dcterms:license", "media:license"):
        for written in (element.get("resource"), element.get("href"), element.text):
            if url := web(written, element.base or base):
                return url
    return None


def terms(rights: str, licence: str | None) -> tuple[str, str | None]:
    """The wording of the rights, and the licence: where the former is only an address, it is the latter."""
    url = web(rights, None) if is_absolute(rights) and " " not in rights else None
    return ("", licence or url) if url else (rights, licence)


def comments(values: Mapping[str, Any], links: list[tuple[Element, Link]], base: str) -> str | None:
    """The page of the comments."""
    if url := web(values.get("comments"), base):
        return url
    return next((link.href for _, link in links if link.rel == "replies" and link.type in PAGES), None)


def replies(links: list[tuple[Element, Link]], own: Own, base: str) -> Replies | None:
    """The feed of replies and how many there are (RFC 4685, slash, wfw)."""
    feeds = [(e, link) for e, link in links if link.rel == "replies" and link.type not in PAGES]
    told = [element for element, link in (*feeds, *links) if link.rel == "replies"]
    count = next(
        (
            int(text)
            for text in (own.first("thr:total"), own.first("slash:comments"), *(e.get("count") for e in told))
            if text.isdecimal() and len(text) < 10
        ),
        None,
    )
    updated = next(filter(None, (text_moment(e.get("updated")) for e in told if e.get("updated"))), None)
    href, type = (feeds[0][1].href, feeds[0][1].type) if feeds else (None, None)
    if href is None and (found := web(own.first("wfw:commentrss"), base)):
        href, type = found, "application/rss+xml"
    found_any = href is not None or count is not None or updated is not None
    return Replies(href=href, type=type, count=count, updated=updated) if found_any else None


def in_reply_to(own: Own) -> tuple[InReplyTo, ...]:
    """What an entry answers (RFC 4685 section 3)."""
    found = []
    for element in own.all("thr:in-reply-to")[:MAX_REPLIED_TO]:
        ref, href = clean_text(element.get("ref")), web(element.get("href"), element.base)
        if ref or href:
            type = media_type(element.get("type"), "") if element.get("type") else None
            found.append(
                InReplyTo(ref=ref or href or "", href=href, type=type, source=web(element.get("source"), element.base))
            )
    return tuple(dict.fromkeys(found))
