"""Saved HTML pages: what they say of themselves, and the article in them.

Metadata is believed in this order: JSON-LD, OpenGraph and `article:*`, `<meta>`, `<link>` and `<time>`, the markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from syndicator.core import html
from syndicator.core.articles import bylines, dates, fields
from syndicator.core.articles.linkeddata import article_data
from syndicator.core.articles.pagebody import body_of
from syndicator.core.articles.rules import Rules
from syndicator.core.text import clean_text, one_line, shorten
from syndicator.core.urls import is_web, reference, safe_url
from syndicator.errors import BadArticle
from syndicator.model import Article, Image, Notice, Person, Reading

if TYPE_CHECKING:
    from datetime import datetime

    from lxml.html import HtmlElement

_SEPARATORS = r"\s*(?:[|·•»«–—:/]|-)\s*"
_MONSTROUS = re.compile(r"(<[a-zA-Z][^\s<>/]{0,40})[\s/][^<>]{32768,}")
"""Tags whose attributes go: parsers take the square of their number, and what fills as much is data, no address."""
_AUTHOR = ("author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "citation_author", "byl")
_PUBLISHED = (
    "datepublished",
    "date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.date",
    "dcterms.created",
    "citation_publication_date",
)
_UPDATED = ("datemodified", "last-modified", "lastmod", "dcterms.modified", "dc.date.modified", "revised")


def read(text: str, rules: Rules) -> Reading:
    """The article of an HTML page; its title is empty where the page has text and no title.

    Relative addresses are resolved against the canonical one (and `<base>`); without one they stay relative and are
    among `references`. Raises BadArticle when the page has neither a title nor text.
    """
    text = _MONSTROUS.sub(r"\1", clean_text(text))
    root = parse(text)
    if root is None:
        raise BadArticle("page: there is no HTML in it; write `<title>` and the text")
    page = _Page(root)
    notices: list[Notice] = []
    article = _article(page, rules, notices)
    beside: list[str] = []
    body = body_of(text, root, page.base, article.title, beside)
    if not article.authors:
        article = replace(article, authors=next((found for line in beside if (found := bylines.parse(line))), ()))
    if not article.title and not html.text(body):
        raise BadArticle("page: neither a title nor text is to be found in it; write `<title>` and the text")
    url = article.image.url if article.image is not None else None
    relative = [url] if url and not is_web(url) else []
    references = tuple(dict.fromkeys([*relative, *html.references(body)]))
    return Reading(article=replace(article, body=body), notices=tuple(notices), references=references)


def parse(text: str) -> HtmlElement | None:
    """The page as a tree of at most 256 levels; None when there is nothing in it."""
    from lxml import etree
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=False, no_network=True, remove_pis=True)
    try:
        return lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


class _Page:
    """What the head of a page says, by name."""

    def __init__(self, root: HtmlElement) -> None:
        self.root = root
        self.meta: dict[str, list[str]] = {}
        for element in root.iter("meta"):
            name = (
                element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
            )
            content = one_line(element.get("content") or "")
            if name and content:
                self.meta.setdefault(name.strip().lower(), []).append(content)
        own = next((safe_url(found) for e in root.iter("base") if (found := e.get("href"))), None)
        self.canonical = self._canonical(own)
        self.base = self._base(own)
        self.data = article_data(self._scripts(), self.canonical)
        if self.canonical is None:
            self.canonical = _web(self.data.url, own)
            self.base = self.base or self.canonical

    def first(self, *names: str) -> str | None:
        """The first value that one of the names has."""
        return next((self.meta[name][0] for name in names if name in self.meta), None)

    def links(self, rel: str) -> Iterable[str]:
        """Where links with the relation lead."""
        for element in self.root.iter("link", "a"):
            if rel in (element.get("rel") or "").lower().split() and element.get("href"):
                yield element.get("href")

    def _scripts(self) -> Iterable[str]:
        for element in self.root.iter("script"):
            if (element.get("type") or "").partition(";")[0].strip().lower() == "application/ld+json":
                yield element.text or ""

    def _canonical(self, base: str | None) -> str | None:
        written = [e.get("href") for e in self.root.iter("link") if "canonical" in (e.get("rel") or "").lower().split()]
        candidates = [*written, *self.meta.get("og:url", ())]
        return next((url for found in candidates if found and (url := _web(found, base))), None)

    def _base(self, own: str | None) -> str | None:
        if own is not None:
            return own
        written = next((e.get("href") for e in self.root.iter("base") if e.get("href")), None)
        return (safe_url(written, self.canonical) if written else None) or self.canonical


def _web(url: str | None, base: str | None = None) -> str | None:
    found = safe_url(url, base) if url else None
    return found if is_web(found) else None


def _article(page: _Page, rules: Rules, notices: list[Notice]) -> Article:
    data = page.data
    return Article(
        source=rules.source,
        title=_title(page),
        summary=_summary(page),
        authors=_authors(page),
        tags=_tags(page),
        language=_language(page),
        url=page.canonical,
        image=_image(page),
        licence=_licence(page),
        published=_date(
            [
                data.published,
                page.first("article:published_time", "og:published_time", *_PUBLISHED),
                *_times(page, "datepublished"),
            ],
            rules,
            notices,
        ),
        updated=_date(
            [
                data.updated,
                page.first("article:modified_time", "og:updated_time", *_UPDATED),
                *_times(page, "datemodified"),
            ],
            rules,
            notices,
        ),
    )


def _title(page: _Page) -> str:
    site = page.first("og:site_name", "application-name")
    element = page.root.find(".//title")
    headings = [one_line(heading.text_content()) for heading in page.root.iter("h1")]
    own = one_line(element.text_content()) if element is not None else ""
    candidates = (page.data.title, page.first("og:title"), own, page.first("dc.title", "dcterms.title"), *headings)
    title = next((found for found in candidates if found), "")
    return _without_site(title, site) if site else title


def _without_site(title: str, site: str) -> str:
    name = re.escape(one_line(site))
    for pattern in (rf"(.+?)\s{_SEPARATORS.removeprefix(chr(92) + 's*')}{name}", rf"{name}{_SEPARATORS}(.+)"):
        match = re.fullmatch(pattern, title, re.IGNORECASE)
        if match is not None:
            return match[1].strip()
    return title


def _summary(page: _Page) -> str:
    found = page.first("og:description", "description", "dc.description", "twitter:description")
    return fields.prose(page.data.summary or found or "") or ""


def _authors(page: _Page) -> tuple[Person, ...]:
    if page.data.authors:
        return page.data.authors
    for name in ("article:author", "og:article:author", *_AUTHOR):
        named = (found for found in page.meta.get(name, ()) if "://" not in found)
        people = [_without_by(person) for found in named for person in fields.people(found) or ()]
        if people:
            return tuple(dict.fromkeys(people))
    marked = [
        e
        for e in page.root.iter("a", "span", "address")
        if "author" in (e.get("rel") or e.get("itemprop") or "").split()
    ]
    names = [one_line(element.text_content()) for element in marked]
    return tuple(dict.fromkeys(_without_by(p) for name in names if 0 < len(name) < 100 and (p := fields.person(name))))


def _without_by(person: Person) -> Person:
    name = re.sub(r"(?i)^by[\s:]+(?=\S)", "", person.name)
    return Person(name=name, email=person.email, uri=person.uri)


def _tags(page: _Page) -> tuple[str, ...]:
    for found in (page.data.tags, page.meta.get("article:tag", ()), _keywords(page)):
        tags = fields.unique(tag for tag in found if tag and len(tag) <= 100)
        if tags:
            return tags
    return ()


def _keywords(page: _Page) -> list[str]:
    return fields.strings(page.first("news_keywords", "keywords", "parsely-tags", "sailthru.tags") or "", ",;") or []


def _language(page: _Page) -> str | None:
    marked = page.root.get("lang") or page.root.get("xml:lang")
    found = (page.data.language, marked, page.first("og:locale", "content-language", "dc.language", "language"))
    return next((tag for text in found if text and (tag := fields.language(text))), None)


def _image(page: _Page) -> Image | None:
    data = page.data.image
    url = _picture(data.url, page.base) if data is not None else None
    if data is not None and url:
        return Image(
            url=url,
            caption=data.caption,
            alt=data.alt,
            type=fields.media_type(url),
            width=data.width,
            height=data.height,
        )
    found = page.first(
        "og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src", "thumbnail"
    )
    url = _picture(found, page.base)
    if url is None:
        return None
    sizes = [int(size) if size and re.fullmatch("[0-9]{1,5}", size) else None for size in map(page.first, _IMAGE_SIZES)]
    alt = page.first("og:image:alt", "twitter:image:alt") or ""
    return Image(url=url, alt=alt, type=fields.media_type(url), width=sizes[0], height=sizes[1])


_IMAGE_SIZES = ("og:image:width", "og:image:height")


def _picture(url: str | None, base: str | None) -> str | None:
    """The address of a picture; relative where there is no base."""
    if not url:
        return None
    found = safe_url(url, base)
    if found is None and base is None:
        found = reference(url)
    return found if found and not found.startswith(("mailto:", "#")) else None


def _licence(page: _Page) -> str | None:
    linked = next((url for href in page.links("license") if (url := _web(href, page.base))), None)
    return page.data.licence or linked or page.first("dcterms.license", "dc.rights", "dcterms.rights", "copyright")


def _times(page: _Page, itemprop: str) -> list[str | None]:
    """What `<time>` elements say, those marked for it first; others stand for publication when inside the article."""
    marked, other = [], []
    for element in page.root.iter("time"):
        found = element.get("datetime") or one_line(element.text_content())
        if (element.get("itemprop") or "").lower() == itemprop:
            marked.append(found)
        elif itemprop == "datepublished" and not element.get("itemprop"):
            inside = any(parent.tag in ("article", "main") for parent in element.iterancestors())
            if element.get("pubdate") is not None or (inside and element.get("datetime")):
                other.append(found)
    return [*marked, *other]


def _date(candidates: Iterable[str | None], rules: Rules, notices: list[Notice]) -> datetime | None:
    for found in candidates:
        if not found:
            continue
        moment = dates.parse(found, rules.timezone)
        if moment is not None:
            return moment
        notices.append(
            Notice(text=f"date: `{shorten(one_line(found), 60)}` cannot be read; write it as 2024-01-23T10:30:00+01:00")
        )
    return None
