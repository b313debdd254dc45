"""What a rendered article and a feed's head say, the same in every format.

Everything is worked out once here (absolute addresses, the figure, the fallbacks), so that the formats only
differ in how they write it down.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from syndicator.core.html import absolute
from syndicator.core.text import clean_text, one_line
from syndicator.core.urls import is_web, safe_url
from syndicator.model import Article, Feed, Format, Image, Link, Person, Site, Tombstone

GENERATOR = "syndicator"

_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+./=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.+-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of an entry: `url` absolute, `length` in bytes, `duration` in seconds."""

    url: str
    type: str
    length: int | None = None
    title: str | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article as every format shows it. `content` is HTML, empty where only the summary is to be shown.

    `licence_url` is the licence where it is an address.
    `related` are links with an address, `mentioned` the titles of related articles without one. `image.url` is
    absolute where it is not None. No text holds a character that XML forbids.
    """

    id: str
    title: str
    url: str
    published: datetime
    updated: datetime
    summary: str
    content: str
    language: str | None
    authors: tuple[Person, ...]
    tags: tuple[str, ...]
    licence: str | None
    licence_url: str | None
    image: Image | None
    attachments: tuple[Attachment, ...]
    related: tuple[Link, ...]
    mentioned: tuple[str, ...]
    via: Link | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands before a feed's entries.

    `self_url` is the document's own address, `page` the HTML page's, `style` the style sheet's path on the host.
    """

    id: str
    title: str
    description: str
    self_url: str
    page: str
    style: str
    updated: datetime
    author: str
    language: str | None
    licence: str | None
    tombstones: tuple[Tombstone, ...]


def rfc3339(value: datetime) -> str:
    """A moment in UTC, to the second (RFC 3339 5.6)."""
    return value.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def escape(text: str) -> str:
    """Plain text as HTML that needs no more than ASCII to stay what it is."""
    return html.escape(text, quote=False).replace("\ufffd", "&#xfffd;")


def entry(article: Article, site: Site) -> Entry:
    """What `article` shows on `site`. Raises ValueError for one that `core.decide` has not seen (no id, no dates)."""
    published = article.published or article.first_seen
    if not article.id or published is None:
        raise ValueError(f"article {article.title!r} has no id or no dates: decide about it before rendering it")
    page = f"{site.base_url}/articles/{article.slug}"
    licence = one_line(article.licence or site.licence or "")
    summary = one_line(article.summary)
    title = one_line(article.title) or summary[:100] or article.slug or article.id
    image = _image(article.image, site)
    linked = [_link(link, site) for link in article.related]
    via = _link(article.via, site) if article.via else None
    return Entry(
        id=clean_text(article.id),
        title=title,
        url=_web(article.url) or page,
        published=published,
        updated=article.updated or published,
        summary=summary or title,
        content=_content(article, image, site, page) if site.full_content else "",
        language=_language(article.language),
        authors=tuple(filter(None, map(_person, article.authors))),
        tags=tuple(dict.fromkeys(filter(None, map(one_line, article.tags)))),
        licence=licence or None,
        licence_url=_web(licence),
        image=image,
        attachments=_attachments(article, site),
        related=tuple(link for link in linked if link.href),
        mentioned=tuple(link.title for link in linked if link.title and not link.href),
        via=via if via and via.href else None,
    )


def head(feed: Feed, format: Format, site: Site, updated: datetime, tombstones: Sequence[Tombstone] = ()) -> Head:
    """What the document of `feed` in `format` says of itself.

    Its id is made from the site's id and the feed's name (UUIDv5), so that neither title nor domain changes it.
    """
    site_title = one_line(site.title) or GENERATOR
    return Head(
        id=f"urn:uuid:{uuid5(UUID(site.id), feed.name)}",
        title=one_line(feed.title) or site_title,
        description=one_line(feed.description or site.description),
        self_url=f"{site.base_url}/{feed.path(format)}",
        page=f"{site.base_url}/{feed.name}",
        style=f"{urlsplit(site.base_url).path}/feed.css",
        updated=updated,
        author=one_line(site.author or "") or site_title,
        language=_language(site.language),
        licence=one_line(site.licence or "") or None,
        tombstones=tuple(tombstones),
    )


def _web(url: str | None) -> str | None:
    safe = safe_url(url) if url else None
    return safe if is_web(safe) else None


def _resolve(url: str | None, site: Site) -> str | None:
    return _web(site.base_url + url if url and url.startswith("/") and not url.startswith("//") else url)


def _language(tag: str | None) -> str | None:
    return tag if tag and _LANGUAGE.fullmatch(tag) else None


def _person(person: Person) -> Person | None:
    name = one_line(person.name)
    if not name:
        return None
    email = one_line(person.email or "")
    return Person(
        name=name,
        email=email if _EMAIL.fullmatch(email) else None,
        uri=safe_url(person.uri) if person.uri else None,
    )


def _link(link: Link, site: Site) -> Link:
    return Link(href=_resolve(link.href, site), title=one_line(link.title or "") or None)


def _attachments(article: Article, site: Site) -> tuple[Attachment, ...]:
    found: dict[str, Attachment] = {}
    for enclosure in article.enclosures:
        url = _resolve(enclosure.url, site)
        if url and url not in found:
            found[url] = Attachment(
                url=url,
                type=_media_type(enclosure.type) or "application/octet-stream",
                length=enclosure.length,
                title=one_line(enclosure.title or "") or None,
                duration=enclosure.duration,
            )
    return tuple(found.values())


def _image(image: Image | None, site: Site) -> Image | None:
    if image is None:
        return None
    return replace(
        image,
        url=_resolve(image.url, site),
        caption=absolute(clean_text(image.caption).strip(), site.base_url),
        alt=one_line(image.alt),
        type=_media_type(image.type),
    )


def _media_type(written: str | None) -> str | None:
    return written if written and _MEDIA_TYPE.fullmatch(written) else None


def _content(article: Article, image: Image | None, site: Site, page: str) -> str:
    body = article.body.strip()
    # The same as cleaning always, and ten times cheaper for a body that is clean already, as it should be.
    if not body.replace("\n", "").isprintable():
        body = clean_text(body)
    body = absolute(body, site.base_url, page)
    return _figure(image, body) + body


def _figure(image: Image | None, body: str) -> str:
    """The image with its caption, to stand before the body unless that shows the image already."""
    if image is None or not (image.url or image.caption):
        return ""
    picture = ""
    if image.url:
        source = f' src="{html.escape(image.url, quote=False)}"'
        if source in body:
            return ""
        sizes = "".join(f' {key}="{size}"' for key, size in (("width", image.width), ("height", image.height)) if size)
        picture = f'<img{source} alt="{html.escape(image.alt)}"{sizes}>'
    caption = f"<figcaption>{image.caption}</figcaption>" if image.caption else ""
    return f"<figure>{picture}{caption}</figure>\n"
