"""An Atom entry of ours read back by the plainest reader that keeps to RFC 4287 and its extensions.

It knows nothing of how the entry was written: what it takes to tell two things apart must be in the bytes.
"""

from __future__ import annotations

import html
from datetime import datetime
from typing import Any

from lxml import etree

from syndicator.core import html as clean
from syndicator.model import (
    Article,
    Category,
    Enclosure,
    Episode,
    Image,
    InReplyTo,
    Link,
    Person,
    Place,
    Replies,
    Upstream,
)

A = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
GEORSS = "{http://www.georss.org/georss}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
MEDIA = "{http://search.yahoo.com/mrss/}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
SLASH = "{http://purl.org/rss/1.0/modules/slash/}"
THR = "{http://purl.org/syndication/thread/1.0}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_KNOWN = (A, GEORSS, ITUNES, MEDIA, PODCAST, THR, f"{SLASH}comments", f"{DC}relation")
_OWN_PLACE = ("alternate", "related", "via", "license", "enclosure", "replies")


def read(document: bytes) -> Article:
    """The first entry of an Atom document as an article, which has been decided about."""
    feed = etree.fromstring(document)
    entry = feed.find(f"{A}entry")
    licence = _rel(entry, "license")[:1]
    rights = _text(entry.find(f"{A}rights"))
    content = entry.findtext(f"{A}content")
    language = entry.get(LANG, feed.get(LANG))
    pages = [link for link in _rel(entry, "replies") if link.type == "text/html"]
    return Article(
        source="again",
        id=entry.findtext(f"{A}id"),
        slug="again",
        title=_text(entry.find(f"{A}title")),
        summary=_text(entry.find(f"{A}summary")),
        body=clean.clean(content, "https://news.example.org/") if content else "",
        published=_moment(entry.findtext(f"{A}published")),
        updated=_moment(entry.findtext(f"{A}updated")),
        language=None if language == "und" else language,
        url=_rel(entry, "alternate")[0].href,
        authors=_people(entry, "author"),
        contributors=_people(entry, "contributor"),
        tags=tuple(dict.fromkeys(e.get("label") or e.get("term") for e in entry.iterfind(f"{A}category"))),
        categories=tuple(one for one in map(_category, entry.iterfind(f"{A}category")) if one.scheme or one.label),
        image=_image(entry),
        enclosures=tuple(_enclosure(entry, link) for link in entry.iterfind(f"{A}link[@rel='enclosure']")),
        related=(
            *(_plain(link) for link in _rel(entry, "related")),
            *(Link(title=title.text) for title in entry.iterfind(f"{DC}relation")),
        ),
        via=next(map(_plain, _rel(entry, "via")), None),
        links=tuple(link for link in _links(entry) if link.rel not in _OWN_PLACE or _other_form(link)),
        licence=licence[0].href if licence else None,
        rights="" if licence and rights == licence[0].href else rights,
        upstream=_upstream(entry.find(f"{A}source")),
        comments=pages[0].href if pages else None,
        replies=_replies(entry),
        in_reply_to=tuple(InReplyTo(**e.attrib) for e in entry.iterfind(f"{THR}in-reply-to")),
        place=_place(entry),
        episode=_episode(entry),
        extra=tuple((e.tag, e.text) for e in entry if not e.tag.startswith(_KNOWN)),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _text(element: Any) -> str:
    if element is None:
        return ""
    return html.unescape(element.text) if element.get("type") == "html" else element.text


def _links(entry: Any) -> list[Link]:
    return [
        Link(href=e.get("href"), rel=e.get("rel"), **{key: e.get(key) for key in ("title", "type", "hreflang")})
        for e in entry.iterfind(f"{A}link")
    ]


def _rel(entry: Any, rel: str) -> list[Link]:
    return [link for link in _links(entry) if link.rel == rel]


def _plain(link: Link) -> Link:
    return Link(href=link.href, title=link.title, type=link.type, hreflang=link.hreflang)


def _other_form(link: Link) -> bool:
    return link.rel == "alternate" and link.type != "text/html"


def _people(holder: Any, name: str) -> tuple[Person, ...]:
    return tuple(
        Person(name=e.findtext(f"{A}name"), email=e.findtext(f"{A}email"), uri=e.findtext(f"{A}uri"))
        for e in holder.iterfind(f"{A}{name}")
    )


def _category(element: Any) -> Category:
    return Category(term=element.get("term"), scheme=element.get("scheme"), label=element.get("label"))


def _numbers(element: Any, **names: str) -> dict[str, int | None]:
    return {ours: int(element.get(name)) if element.get(name) else None for ours, name in names.items()}


def _content(entry: Any, url: str) -> Any:
    return next(e for e in entry.iterfind(f"{MEDIA}content") if e.get("url") == url)


def _image(entry: Any) -> Image | None:
    thumbnail = entry.find(f"{MEDIA}thumbnail")
    if thumbnail is None:
        return None
    content = _content(entry, thumbnail.get("url"))
    numbers = _numbers(content, length="fileSize", width="width", height="height")
    return Image(url=thumbnail.get("url"), type=content.get("type"), **numbers)


def _enclosure(entry: Any, link: Any) -> Enclosure:
    content = _content(entry, link.get("href"))
    return Enclosure(
        url=link.get("href"),
        type=link.get("type"),
        title=link.get("title"),
        medium=content.get("medium"),
        **_numbers(link, length="length"),
        **_numbers(content, duration="duration", width="width", height="height"),
    )


def _upstream(source: Any) -> Upstream | None:
    if source is None:
        return None
    return Upstream(
        id=source.findtext(f"{A}id"),
        title=_text(source.find(f"{A}title")),
        url=next((link.href for link in _rel(source, "alternate")), None),
        feed_url=next((link.href for link in _rel(source, "self")), None),
        updated=_moment(source.findtext(f"{A}updated")),
        rights=_text(source.find(f"{A}rights")),
        language=source.get(LANG),
    )


def _replies(entry: Any) -> Replies | None:
    total = entry.findtext(f"{THR}total")
    links = entry.findall(f"{A}link[@rel='replies']")
    feed = next((link for link in links if link.get("type") != "text/html"), None)
    updated = next((link.get(f"{THR}updated") for link in links if link.get(f"{THR}updated")), None)
    if feed is None and total is None and updated is None:
        return None
    return Replies(
        href=None if feed is None else feed.get("href"),
        type=None if feed is None else feed.get("type"),
        count=int(total) if total else None,
        updated=_moment(updated) if updated else None,
    )


def _place(entry: Any) -> Place | None:
    point = entry.findtext(f"{GEORSS}point")
    if point is None:
        return None
    latitude, longitude = map(float, point.split())
    return Place(latitude=latitude, longitude=longitude, name=entry.findtext(f"{GEORSS}featureName"))


def _episode(entry: Any) -> Episode | None:
    def either(name: str) -> str | None:
        return entry.findtext(f"{ITUNES}{name}") or entry.findtext(f"{PODCAST}{name}")

    explicit, image = entry.findtext(f"{ITUNES}explicit"), entry.find(f"{ITUNES}image")
    season = either("season")
    transcripts = tuple(map(_podcast_link, entry.iterfind(f"{PODCAST}transcript")))
    found = Episode(
        season=int(season) if season else None,
        number=either("episode"),
        kind=entry.findtext(f"{ITUNES}episodeType"),
        explicit=None if explicit is None else explicit == "true",
        subtitle=entry.findtext(f"{ITUNES}subtitle") or "",
        image=None if image is None else image.get("href"),
        transcripts=transcripts,
        chapters=next(map(_podcast_link, entry.iterfind(f"{PODCAST}chapters")), None),
    )
    return found if found != Episode() else None


def _podcast_link(element: Any) -> Link:
    return Link(
        href=element.get("url"), type=element.get("type"), hreflang=element.get("language"), rel=element.get("rel")
    )
