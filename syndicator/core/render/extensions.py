"""What Atom and RSS have no elements of their own for, in the vocabularies that readers know.

Both take the same elements (lxml); `atom` below is the prefix of the names of Atom's own, empty in Atom itself.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from syndicator.core.render import carried, checked
from syndicator.core.render.entry import Entry, rfc3339, told
from syndicator.core.render.markup import DC, add, link, retype
from syndicator.core.text import shorten
from syndicator.model import Category, Episode, Link, Upstream

GEORSS = "{http://www.georss.org/georss}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
SLASH = "{http://purl.org/rss/1.0/modules/slash/}"
THR = "{http://purl.org/syndication/thread/1.0}"

# Declared at the root of every document beside those of `markup`. The podcast namespace is not: validators remark on
# a document that names it, so only an element that needs it does.
NAMESPACES = {"georss": GEORSS[1:-1], "itunes": ITUNES[1:-1], "slash": SLASH[1:-1]} | {"thr": THR[1:-1]}
_PODCAST: Any = {"podcast": PODCAST[1:-1]}

_SUBTITLE = 255
_NAME = re.compile(r"\{([^{}]+)\}([A-Za-z_][A-Za-z0-9._-]*)")
_TAKEN = re.compile(
    r"""https?://(?:
        purl\.org/(?:rss|dc|atom|net/rss|syndication|echo|pie) | www\.microsoft\.com/schemas | github\.com/podcastindex
        | prismstandard\.org/namespaces/1\.2
        | (?: a9\.com | backend\.userland\.com | base\.google\.com | blogs\.law\.harvard\.edu
            | conversationsnetwork\.org | creativecommons\.org | cyber\.law\.harvard\.edu | earth\.google\.com
            | example\.com | feedsync\.org | freshmeat\.net | geourl\.org | hacks\.benhammersley\.com
            | madskills\.com | media\.tangent\.org | my\.netscape\.com | my\.theinfo\.org | openid\.net
            | podcastindex\.org | podlove\.org | postneo\.com | rssnamespace\.org | schemas\.pocketsoap\.com
            | schemas\.xmlsoap\.org | search\.yahoo\.com | web\.resource\.org | webns\.net | wellformedweb\.org
            | www\.bloglines\.com | www\.georss\.org | www\.itunes\.com | www\.mozilla\.org | www\.opengis\.net
            | www\.opml\.org | www\.usemod\.com | www\.w3\.org | xmlns\.com )(?![a-z0-9.-])
    ) | urn:atom-extension: | xri:""",
    re.IGNORECASE | re.VERBOSE,
)
"""Namespaces with rules of their own, that readers take for elements of the feed, or that browsers act upon."""
_FREE = frozenset(
    [f"{DC}{name}" for name in ("coverage", "format", "identifier", "type")]
    + [f"{SLASH}{name}" for name in ("department", "section")]
)
"""Elements of known vocabularies that hold any text, and that nothing else of an article is written as."""
_ONCE = frozenset({f"{DC}format", f"{DC}type"})


def categories(entry: Entry) -> tuple[Category, ...]:
    """The tags for Atom, in which a scheme must be a URI (RFC 4287 4.2.2.2)."""
    details = [Category(term=one.term, scheme=checked.uri(one.scheme), label=one.label) for one in entry.categories]
    return carried.categories(details, entry.tags)


def source(parent: etree._Element, entry: Entry) -> None:
    """The feed that an Atom entry was taken from (RFC 4287 4.2.11).

    Where nobody signed the entry, that feed did (4.2.1): else the feed that it stands in would be taken for its author.
    """
    if entry.source is None:
        return
    made = etree.SubElement(parent, "source")
    if entry.source.language:
        made.set("{http://www.w3.org/XML/1998/namespace}lang", entry.source.language)
    add(made, "id", entry.source.id)
    retype(made, "title", entry.source.title)
    if entry.source.updated:
        add(made, "updated", rfc3339(entry.source.updated))
    if not entry.authors:
        add(etree.SubElement(made, "author"), "name", entry.source.title)
    if entry.source.url:
        link(made, "link", "alternate", Link(href=entry.source.url))
    if entry.source.feed_url:
        link(made, "link", "self", Link(href=entry.source.feed_url))
    if entry.source.rights:
        retype(made, "rights", entry.source.rights)


def rss_source(parent: etree._Element, source: Upstream) -> None:
    """The feed that an RSS item was taken from, where it has an address."""
    if url := source.feed_url or checked.web(source.id):
        etree.SubElement(parent, "source", url=url).text = source.title


def conversation(parent: etree._Element, entry: Entry, atom: str = "") -> None:
    """What the article answers and what answers it (RFC 4685): the page of comments, the feed of replies."""
    for one in entry.in_reply_to:
        if checked.uri(one.ref):
            made = etree.SubElement(parent, f"{THR}in-reply-to", ref=one.ref)
            for name, value in (("href", one.href), ("type", one.type), ("source", one.source)):
                if value:
                    made.set(name, value)
    replies = entry.replies
    if entry.comments and not atom:
        made = link(parent, "link", "replies", Link(href=entry.comments, type="text/html"))
        if replies and not replies.href:
            _told(made, replies.count, rfc3339(replies.updated) if replies.updated else None)
    if replies and replies.href:
        made = link(parent, f"{atom}link", "replies", Link(href=replies.href, type=replies.type))
        _told(made, replies.count, rfc3339(replies.updated) if replies.updated else None)
    if replies and replies.count is not None:
        add(parent, f"{THR}total", str(replies.count))
        add(parent, f"{SLASH}comments", str(replies.count))


def _told(made: etree._Element, count: int | None, updated: str | None) -> None:
    if count is not None:
        made.set(f"{THR}count", str(count))
    if updated is not None:
        made.set(f"{THR}updated", updated)


def place(parent: etree._Element, entry: Entry) -> None:
    """Where it belongs (GeoRSS)."""
    if entry.place is None:
        return
    latitude, longitude, name = entry.place
    add(parent, f"{GEORSS}point", f"{latitude} {longitude}")
    if name:
        add(parent, f"{GEORSS}featureName", name)


def episode(parent: etree._Element, entry: Entry) -> None:
    """What podcast players want to know of an episode."""
    if entry.episode is None:
        return
    known = entry.episode
    for name, value in (
        ("season", str(known.season) if known.season else None),
        ("episode", known.number if _whole(known.number) else None),
        ("episodeType", known.kind),
        ("explicit", None if known.explicit is None else str(known.explicit).lower()),
        ("subtitle", shorten(known.subtitle, _SUBTITLE)),
        ("duration", _duration(entry)),
    ):
        if value:
            add(parent, f"{ITUNES}{name}", value)
    if known.image:
        etree.SubElement(parent, f"{ITUNES}image", href=known.image)
    _podcast(parent, known)


def _duration(entry: Entry) -> str | None:
    """The duration of the first file that can be played."""
    kinds = ("audio", "video")
    playable = (file for file in entry.attachments if file.medium in kinds or told(file.type) in kinds)
    first = next(playable, None)
    return str(first.duration) if first and first.duration else None


def _podcast(parent: etree._Element, known: Episode) -> None:
    if known.season == 0:
        podcast_element(parent, "season").text = "0"
    if known.number and not _whole(known.number):
        podcast_element(parent, "episode").text = known.number
    for one in known.transcripts:
        made = _linked(parent, "transcript", one)
        for name, value in (("language", one.hreflang), ("rel", one.rel)):
            if value:
                made.set(name, value)
    if known.chapters:
        _linked(parent, "chapters", known.chapters)


def _whole(number: str | None) -> bool:
    return number is not None and number.isdecimal() and int(number) > 0


def podcast_element(parent: etree._Element, name: str) -> etree._Element:
    """A new child in the namespace of Podcasting 2.0."""
    return etree.SubElement(parent, f"{PODCAST}{name}", nsmap=_PODCAST)


def _linked(parent: etree._Element, name: str, to: Link) -> etree._Element:
    made = podcast_element(parent, name)
    made.set("url", to.href or "")
    made.set("type", to.type or "")
    return made


def extra(parent: etree._Element, entry: Entry) -> None:
    """Elements that we do not know, where the vocabulary is nobody's whose rules we would have to keep.

    Each declares its namespace itself, so that it is the same bytes in every document.
    """
    once = set()
    for key, value in entry.extra:
        name = _NAME.fullmatch(key)
        if name is None or key in once:
            continue
        if key in _FREE:
            once |= {key} & _ONCE
            add(parent, key, value)
        elif checked.uri(name[1]) and not _TAKEN.match(name[1]):
            nsmap: Any = {"x": name[1]}
            etree.SubElement(parent, key, nsmap=nsmap).text = value
