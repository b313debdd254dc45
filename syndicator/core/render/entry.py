"""What a rendered article and a feed's head say, the same in every format.

Everything is worked out once here (absolute addresses, the figure, the fallbacks), so that the formats only
differ in how they write it down.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from syndicator.core import digests, rulings
from syndicator.core.articles.fields import media_type
from syndicator.core.html import absolute, clean
from syndicator.core.identity import podcast_guid, site_feed_id
from syndicator.core.render import carried, checked
from syndicator.core.text import clean_text, one_line
from syndicator.model import (
    Article,
    Category,
    Episode,
    Feed,
    Format,
    Image,
    InReplyTo,
    Link,
    Person,
    Podcast,
    Replies,
    Ruling,
    Site,
    Tombstone,
    Upstream,
)

GENERATOR = "syndicator"
UNKNOWN_LANGUAGE = "und"
"""What says that a language is not known (ISO 639-2), where otherwise the feed's would be taken for it."""


MEDIUMS = frozenset({"image", "audio", "video", "document", "executable"})
"""What a file can be shown as (Media RSS)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of an entry: `url` absolute, `length` in bytes, `duration` in seconds, `width`, `height` in pixels.

    `medium` is what it is shown as where its type does not tell.
    """

    url: str
    type: str
    length: int | None = None
    title: str | None = None
    duration: int | None = None
    medium: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article as every format shows it. `content` is HTML, empty where only the summary is to be shown.

    `licence_url` is the licence where it is an address. `rights` is the publisher's own wording beside it.
    `related` are links with an address, `mentioned` the titles of related articles without one; `links` are those
    with another relation. `image.url` is absolute where it is not None. `categories` are all tags, with what is
    known of each. `place` is latitude and longitude as decimals, and a name. `source` is the feed that it was taken
    from; `original_id` is what that called it, where that is not its id. `ruling` is what was decided about it since,
    with the note as readers are told it. No text holds a character that XML forbids.
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
    contributors: tuple[Person, ...]
    tags: tuple[str, ...]
    categories: tuple[Category, ...]
    licence: str | None
    licence_url: str | None
    rights: str | None
    image: Image | None
    attachments: tuple[Attachment, ...]
    related: tuple[Link, ...]
    mentioned: tuple[str, ...]
    via: Link | None
    links: tuple[Link, ...]
    comments: str | None
    replies: Replies | None
    in_reply_to: tuple[InReplyTo, ...]
    place: tuple[str, str, str | None] | None
    episode: Episode | None
    source: Upstream | None
    original_id: str | None
    extra: tuple[tuple[str, str], ...]
    revision: int
    ruling: Ruling | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands before a feed's entries.

    `self_url` is the document's own address, `page` that of the HTML page (the site's for a private feed, which has
    none), `style` the style sheet's path on the host. `podcast` has its `guid` where the feed is one. `previous` is the
    address of the archive document before this one (RFC 5005 section 4); `current`, in an archive document, that of the
    feed's current one. `max_age` is for how many seconds the document may be reused, None where nothing is told.
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
    image: str | None
    podcast: Podcast | None
    previous: str | None
    current: str | None
    max_age: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Where a document stands among those of a feed with archives: 0 for the current one, and for no previous one."""

    number: int = 0
    previous: int = 0

    def path(self, feed: Feed, format: Format) -> str:
        """The document's path under `feeds/`."""
        return f"{feed.archive(self.number)}/{format}" if self.number else feed.path(format)


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
    page = f"{site.base_url}/" + ("" if digests.is_private(article) else f"articles/{article.slug}")
    article = rulings.as_shown(article)
    summary = one_line(article.summary)
    title = one_line(article.title) or summary[:100].rstrip() or article.slug or article.id
    attachments = _attachments(article, site)
    episode = carried.episode(article.episode, site)
    image = _image(article.image, site)
    if image is None or _attached(image.url, attachments):
        image = _image(_cover(episode, attachments), site) or image
    source = carried.source(article.upstream, article.updated or published)
    ours = article.upstream is None
    categories = carried.categories(article.categories, filter(None, map(one_line, article.tags)))
    linked = carried.linked(article, site)
    licence, rights = _terms(article, site, linked.licence)
    return Entry(
        id=clean_text(article.id),
        title=title,
        url=checked.web(article.url) or page,
        published=published,
        updated=article.updated or published,
        summary=_summary(article, summary or title, site),
        content=_content(article, image, site, page) if site.full_content else "",
        language=checked.language(article.language) or (None if ours else UNKNOWN_LANGUAGE),
        authors=_people(article.authors),
        contributors=_people(article.contributors),
        tags=tuple(dict.fromkeys(one.label or one.term for one in categories)),
        categories=categories,
        licence=licence,
        licence_url=checked.web(licence),
        rights=rights,
        image=image,
        attachments=attachments,
        related=linked.related,
        mentioned=linked.mentioned,
        via=linked.via,
        links=linked.links,
        comments=linked.comments,
        replies=linked.replies,
        in_reply_to=carried.in_reply_to(article.in_reply_to),
        place=carried.place(article.place),
        episode=episode,
        source=source,
        original_id=None if ours else _original_id(article),
        extra=carried.extra(article.extra, everything=not ours),
        revision=max(article.revision, 1),
        ruling=replace(article.ruling, note=clean_text(rulings.note_of(article))) if article.ruling else None,
    )


def head(
    feed: Feed,
    format: Format,
    site: Site,
    updated: datetime,
    tombstones: Sequence[Tombstone] = (),
    chain: Chain | None = None,
    max_age: int | None = None,
) -> Head:
    """What the document of `feed` in `format` says of itself.

    Its id is made from the site's id and the name that the feed had at first (UUIDv5), so that neither title, domain
    nor name changes it.
    """
    chain = chain or Chain()
    site_title = one_line(site.title) or GENERATOR
    own, current = (f"{site.base_url}/{path}" for path in (chain.path(feed, format), feed.path(format)))
    return Head(
        id=site_feed_id(site.id, feed.first_name or feed.name),
        title=one_line(feed.title) or site_title,
        description=one_line(feed.description or site.description),
        self_url=own,
        page=page(feed, site),
        style=f"{urlsplit(site.base_url).path}/feed.css",
        updated=updated,
        author=one_line(site.author or "") or site_title,
        language=checked.language(feed.language) or checked.language(site.language),
        licence=one_line(feed.licence or "") or one_line(site.licence or "") or None,
        tombstones=tuple(tombstones),
        image=checked.resolved(feed.image, site),
        podcast=_podcast(feed, site),
        previous=f"{site.base_url}/{feed.archive(chain.previous)}/{format}" if chain.previous else None,
        current=current if chain.number else None,
        max_age=None if chain.number else max_age,
    )


def page(feed: Feed, site: Site) -> str:
    """The address of a feed's HTML page: the site's for a private feed, which has none."""
    return f"{site.base_url}/{'' if feed.private else feed.name}"


def _podcast(feed: Feed, site: Site) -> Podcast | None:
    """The show; what directories know it by is made of the address that its RSS document had at first."""
    if feed.podcast is None:
        return None
    first = replace(feed, name=feed.first_name or feed.name)
    return replace(feed.podcast, guid=feed.podcast.guid or podcast_guid(f"{site.base_url}/{first.path(Format.RSS)}"))


def _people(people: Sequence[Person]) -> tuple[Person, ...]:
    return tuple(filter(None, map(checked.person, people)))


def _terms(article: Article, site: Site, linked: str | None) -> tuple[str | None, str | None]:
    """The licence and the wording of the rights; `linked` is the licence among the links.

    A site licenses what is written for it. What it passes on keeps the words of where it was taken from, and a licence
    of it that is no address is one more of these words.
    """
    licence, rights = checked.line(article.licence), checked.line(article.rights)
    if article.upstream is None:
        licence = licence or checked.line(site.licence) or linked
    elif checked.web(licence):
        rights = rights or checked.line(article.upstream.rights)
    else:
        rights = rights or (None if licence else checked.line(article.upstream.rights))
        if licence and licence not in (rights or ""):
            rights = f"{rights} {licence}" if rights else licence
        licence = linked
    return licence, rights if rights != licence else None


def _original_id(article: Article) -> str | None:
    id = clean_text(article.explicit_id or "")
    return id if id and id != article.id else None


def _attachments(article: Article, site: Site) -> tuple[Attachment, ...]:
    found: dict[str, Attachment] = {}
    for enclosure in article.enclosures:
        url = checked.resolved(enclosure.url, site)
        if url and url not in found:
            type = checked.media_type(enclosure.type) or "application/octet-stream"
            found[url] = Attachment(
                url=url,
                type=type,
                length=checked.positive(enclosure.length),
                title=checked.line(enclosure.title),
                duration=checked.positive(enclosure.duration),
                medium=enclosure.medium if enclosure.medium in MEDIUMS and enclosure.medium != told(type) else None,
                width=checked.positive(enclosure.width),
                height=checked.positive(enclosure.height),
            )
    return tuple(found.values())


def told(type: str) -> str | None:
    """What a media type alone says a file is shown as."""
    medium = type.partition("/")[0]
    return medium if medium in ("image", "audio", "video") else None


def _cover(episode: Episode | None, attachments: Sequence[Attachment]) -> Image | None:
    """The picture of an episode, unless it is one of its files."""
    url = episode.image if episode else None
    return Image(url=url) if url and not _attached(url, attachments) else None


def _attached(url: str | None, attachments: Sequence[Attachment]) -> bool:
    return any(file.url == url for file in attachments)


def _image(image: Image | None, site: Site) -> Image | None:
    if image is None:
        return None
    url = checked.resolved(image.url, site)
    type = checked.media_type(image.type) or (media_type(url) if url else None)
    return replace(
        image,
        url=url,
        caption=absolute(clean_text(image.caption).strip(), site.base_url),
        alt=one_line(image.alt),
        type=type if type and type.startswith("image/") else None,
        length=checked.positive(image.length),
        width=checked.positive(image.width),
        height=checked.positive(image.height),
    )


def _summary(article: Article, summary: str, site: Site) -> str:
    """The summary; where it stands alone, with the note of a correction before it."""
    note = "" if site.full_content else rulings.correction(article)
    return one_line(f"Correction: {note} {summary}") if note else summary


def _content(article: Article, image: Image | None, site: Site, page: str) -> str:
    body = article.body.strip()
    # The same as cleaning always, and ten times cheaper for a body that is clean already, as it should be.
    if not body.replace("\n", "").isprintable():
        body = clean_text(body)
    body = absolute(body, site.base_url, page)
    if not article.upstream:  # what was written elsewhere is passed on as it was; its picture is told of beside it
        body = f"{_figure(image, body)}\n{body}".strip()
    return f"{_note(article)}\n{body}".strip() if article.ruling else body


def _note(article: Article) -> str:
    """What stands first in a corrected article, cleaned as a reader cleans it."""
    note = rulings.correction(article)
    text = html.escape(clean_text(note), quote=False)
    return clean(f"<p><strong>Correction:</strong> {text}</p>").strip() if note else ""


def _figure(image: Image | None, body: str) -> str:
    """The image with its caption, to stand before the body unless that shows the image already.

    It is cleaned as a reader cleans it: who reads it back and renders it again gives the same bytes.
    """
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
    figure = clean(f"<figure>{picture}{caption}</figure>")
    return figure if caption or "<img" in figure else ""
