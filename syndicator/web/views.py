"""What the templates show, made from articles: days of entries, and one article in full."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from urllib.parse import urlsplit

from markupsafe import Markup

from syndicator.core.html import absolute
from syndicator.core.rulings import as_shown, correction
from syndicator.core.text import slug
from syndicator.model import Article, Enclosure, Image, Link, Person, Site, Status
from syndicator.web import addresses

_TOP_HEADING = re.compile(r"(</?)h1(?=[\s>])")
_UNSAFE_IN_SCRIPT = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A tag or author of an article, and its page."""

    name: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article in a list."""

    title: str
    href: str
    when: datetime
    summary: str
    language: str | None
    authors: tuple[Named, ...]
    tags: tuple[Named, ...]
    origin: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """An article on its own page. `image` is what stands above the body, None where the body shows it already.

    `correction` is the note of one, else empty; `indexed` says whether this is the page that search engines want.
    """

    entry: Entry
    url: str | None
    canonical: str
    updated: datetime | None
    body: Markup
    image: Image | None
    caption: Markup
    enclosures: tuple[Enclosure, ...]
    related: tuple[Link, ...]
    via: Link | None
    licence: str | None
    licence_href: str | None
    data: Markup
    correction: str
    indexed: bool


def days(articles: Iterable[Article], site: Site, day: Callable[[datetime], str]) -> list[tuple[str, list[Entry]]]:
    """Entries under the day they were published, in the order given."""
    entries = [entry(article, site) for article in articles]
    return [(name, list(group)) for name, group in groupby(entries, key=lambda shown: day(shown.when))]


def entry(article: Article, site: Site) -> Entry:
    """An article as a list shows it."""
    article = as_shown(article)
    root = addresses.prefix(site)
    return Entry(
        title=article.title or article.slug,
        href=f"{root}/articles/{article.slug}",
        when=_published(article),
        summary=article.summary,
        language=article.language,
        authors=_named(root, "authors", [author.name for author in article.authors]),
        tags=_named(root, "tags", article.tags),
        origin=urlsplit(article.url).hostname if article.url else None,
    )


def whole(article: Article, site: Site) -> Whole:
    """An article as its own page shows it."""
    shown = entry(article, site)
    article = as_shown(article)
    page = f"{site.base_url}/articles/{article.slug}"
    root = addresses.prefix(site)
    body = _TOP_HEADING.sub(r"\1h2", absolute(article.body, root) if root else article.body)
    published = _published(article)
    return Whole(
        entry=shown,
        url=article.url,
        canonical=article.url or page,
        updated=article.updated if article.updated is not None and article.updated > published else None,
        # The store's bodies and captions passed the sanitiser before they were stored.
        body=Markup(body),
        image=_lead(article),
        caption=Markup(article.image.caption if article.image else ""),
        enclosures=article.enclosures,
        related=article.related,
        via=article.via,
        licence=article.licence,
        licence_href=article.licence if (article.licence or "").startswith(("http://", "https://")) else None,
        data=linked_data(article, site, page),
        correction=correction(article),
        indexed=article.url is None and article.status is Status.PUBLISHED,
    )


def _lead(article: Article) -> Image | None:
    image = article.image
    if image is None or not (image.url or image.caption):
        return None
    return None if image.url and f'src="{escape(image.url)}"' in article.body else image


def linked_data(article: Article, site: Site, page: str) -> Markup:
    """The article as schema.org NewsArticle in JSON that cannot end the `<script>` it stands in."""
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "url": page,
        "mainEntityOfPage": article.url or page,
        "datePublished": _published(article).isoformat(),
        "dateModified": (article.updated or _published(article)).isoformat(),
        "author": [_person(author) for author in article.authors],
        "publisher": {"@type": "Organization", "name": site.title, "url": f"{site.base_url}/"},
        "description": article.summary,
        "keywords": list(article.tags),
        "inLanguage": article.language or site.language,
        "license": article.licence or site.licence,
        "isBasedOn": article.url,
        "image": _absolute(article.image.url, site) if article.image and article.image.url else None,
    }
    text = json.dumps({key: value for key, value in data.items() if value}, ensure_ascii=False)
    return Markup(text.translate(_UNSAFE_IN_SCRIPT))


def _person(author: Person) -> dict[str, str]:
    person = {"@type": "Person", "name": author.name}
    return {**person, "url": author.uri} if author.uri and author.uri.startswith("http") else person


def _published(article: Article) -> datetime:
    moment = article.published or article.first_seen or article.changed
    assert moment is not None, f"article {article.id} was stored without a date"
    return moment


def _named(root: str, kind: str, names: Sequence[str]) -> tuple[Named, ...]:
    return tuple(Named(name=name, href=f"{root}/{kind}/{slug(name)}") for name in dict.fromkeys(names))


def _absolute(url: str, site: Site) -> str:
    return site.base_url + url if url.startswith("/") else url
