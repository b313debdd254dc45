"""Article files: three shapes of bytes, one Article."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from syndicator.core import html
from syndicator.core.articles import episodes
from syndicator.core.articles.decode import decode
from syndicator.core.articles.rules import Rules
from syndicator.core.text import (
    clean_text,
    detect_language,
    first_sentence,
    is_blank,
    one_line,
    shorten,
    slug,
    summarise,
)
from syndicator.core.urls import is_web, safe_url
from syndicator.errors import BadArticle
from syndicator.model import Article, Enclosure, Image, Link, Media, Notice, Reading

__all__ = ["MAX_BYTES", "MAX_LINES", "PARSER", "READER", "Rules", "read", "settle", "warm"]

_SPECIMEN = "---\ntitle: A specimen\n---\n\nLong enough for its language to be told, and of *no* other use.\n"

PARSER = 2
"""Raised by one whenever the same bytes are read in another way."""
READER = f"{PARSER}.{html.SANITIZER}"
"""The version of all that reads article files: when it changes, every file is read once more (S25)."""

MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 200_000
MAX_TAGS = 200_000
"""Tags of a page: an article has far fewer, and each costs time."""
_MAX_MADE_TITLE = 120
_MAX_TITLE = 500
_BEGINNINGS = (2000, 6000)
"""Characters of HTML in which to look for prose; further only where the first ones hold little of it."""
_ENOUGH_PROSE = 1000
_HTML_SUFFIXES = (".html", ".htm", ".xhtml")
_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[^>]{0,500}-->\s*)?<(?:!doctype\s+html|html[\s>])", re.IGNORECASE
)
_CLOSED = re.compile(r"</[a-zA-Z]")
_NO_PROSE = re.compile(r"<(h[1-6]|figure|pre|table|aside)\b.*?(?:</\1>|\Z)", re.DOTALL)


def read(data: bytes, path: str, rules: Rules) -> Reading:
    """The article in the bytes of one file.

    `path` is relative to the watched folder, with `/`: its suffix helps to tell the shape, its folders are tags. The
    article's body is sanitised, its relative addresses are still as written (see `settle`). Raises BadArticle.
    """
    text, notices = _text(data)
    reading = _shaped(text, path, rules)
    article = _cleaned(reading.article)
    prose = _prose(article.body)
    article = _titled(article, prose, path, notices)
    article = replace(
        article,
        tags=_tags(article.tags, path if rules.folder_tags else ""),
        language=article.language or rules.language or detect_language(prose),
        summary=article.summary or summarise(prose),
    )
    return replace(reading, article=article, notices=(*notices, *reading.notices))


def _prose(body: str) -> str:
    """The plain text at the beginning of a body, without headings, tables and the like where there is any other."""
    prose = ""
    for size in _BEGINNINGS:
        prose = html.text(_NO_PROSE.sub("", body[:size]))
        if len(prose) >= _ENOUGH_PROSE or len(body) <= size:
            break
    return prose or html.text(body[:size])


def _text(data: bytes) -> tuple[str, list[Notice]]:
    if len(data) > MAX_BYTES:
        raise BadArticle(f"the file has {len(data):,} bytes, more than {MAX_BYTES:,}: split it, or link to it")
    text, odd = decode(data)
    if is_blank(text):
        raise BadArticle("the file is empty: write an article into it, or remove it")
    lines = text.count("\n") + 1
    if lines > MAX_LINES:
        raise BadArticle(f"the file has {lines:,} lines, more than {MAX_LINES:,}: split it, or remove it")
    return text, [Notice(text=f"encoding: {odd}")] if odd else []


def _shaped(text: str, path: str, rules: Rules) -> Reading:
    if path.lower().endswith(_HTML_SUFFIXES) or _HTML_START.match(text):
        from syndicator.core.articles import page

        if text.count("<") > MAX_TAGS:
            raise BadArticle(f"page: it has more than {MAX_TAGS:,} tags: split it, or remove it")
        return page.read(text, rules)
    from syndicator.core.articles import frontmatter, scraped, withheld

    if frontmatter.begins(text) or frontmatter.looks_like_pelican(text):
        reading = frontmatter.read(text, rules, path)
    else:
        reading = scraped.read(text, rules)
    return replace(reading, notices=(*reading.notices, *withheld.notices(text)))


def _titled(article: Article, prose: str, path: str, notices: list[Notice]) -> Article:
    """The article with a title: its own, shortened where it is a text, or its first sentence, or its file's name."""
    title = "" if is_blank(article.title) else article.title
    if not title and not prose and not article.body:
        raise BadArticle("the file has neither a title nor text: write an article into it, or remove it")
    if not title and prose:
        title = shorten(first_sentence(prose), _MAX_MADE_TITLE)
        notices.append(
            Notice(text="there is no title; it was made from the first sentence: write one if it should be another")
        )
    elif not title:
        title = one_line(path.rpartition("/")[2].partition(".")[0].replace("_", " ").replace("-", " ")) or "Untitled"
        notices.append(
            Notice(text="there is neither a title nor text; the title was made from the file's name: write both")
        )
    elif len(title) > _MAX_TITLE:
        title = shorten(title, _MAX_TITLE)
        notices.append(
            Notice(text=f"the title is longer than {_MAX_TITLE} characters; it was shortened: shorten it yourself")
        )
    if not article.body:
        notices.append(Notice(text="there is only a title; the article is published without text: write some"))
    return replace(article, title=title)


def _tags(own: tuple[str, ...], path: str) -> tuple[str, ...]:
    """The article's tags and then its folders', the first of those that have the same slug.

    A folder whose name begins with `_`, as `_posts`, is there for a program and no tag.
    """
    found: dict[str, str] = {}
    folders = [folder for folder in path.split("/")[:-1] if not folder.startswith("_")]
    for tag in (*own, *folders):
        if name := _plain(tag):
            found.setdefault(slug(name), name)
    return tuple(found.values())


def _cleaned(article: Article) -> Article:
    """The article without a character in any field that a feed or a store would refuse."""
    people = (replace(person, name=_plain(person.name) or "", email=_line(person.email)) for person in article.authors)
    image = article.image
    return replace(
        article,
        title=one_line(article.title),
        body=clean_text(article.body).strip(),
        summary=one_line(article.summary),
        authors=tuple(person for person in people if person.name),
        language=_line(article.language),
        image=image and replace(image, caption=clean_text(image.caption), alt=one_line(image.alt)),
        enclosures=tuple(replace(enclosure, title=_plain(enclosure.title)) for enclosure in article.enclosures),
        related=tuple(replace(link, title=_plain(link.title)) for link in article.related),
        via=article.via and replace(article.via, title=_plain(article.via.title)),
        licence=_plain(article.licence),
        explicit_id=_line(article.explicit_id),
        explicit_slug=_line(article.explicit_slug),
        extra=tuple((one_line(key), clean_text(value)) for key, value in article.extra),
    )


def _line(text: str | None) -> str | None:
    return (one_line(text) or None) if text is not None else None


def _plain(text: str | None) -> str | None:
    """One line of a field that is text in every feed: without the tags, where somebody wrote HTML into it."""
    return _line(html.text(text) if text and _CLOSED.search(text) else text)


def warm() -> None:
    """Load what the first article would wait for: the language model and the Markdown parser, about a second."""
    read(_SPECIMEN.encode(), "specimen.md", Rules(source=""))


def settle(article: Article, media: Mapping[str, Media], base: str | None = None) -> Article:
    """The article with every relative address replaced.

    One that is a key of `media` (as it was written) becomes that file's `/media/…` path, and tells its type, length
    and size where it is the image or an enclosure. The others are resolved against the article's own address, else
    against `base`, else against `/`, so that whoever renders can put the site's address before them.
    """
    root = article.url or base

    def resolved(url: str) -> str | None:
        if url in media:
            return media[url].path
        return safe_url(url, root) if root else _rooted(url)

    return replace(
        article,
        body=html.rewrite(article.body, resolved),
        image=article.image and _settled_image(article.image, media, resolved),
        enclosures=tuple(_settled_enclosure(enclosure, media, resolved) for enclosure in article.enclosures),
        related=tuple(_settled_link(link, resolved) for link in article.related),
        via=article.via and _settled_link(article.via, resolved),
        episode=article.episode and episodes.settled(article.episode, lambda url: _settled(url, resolved)),
    )


_Resolve = Callable[[str], str | None]
_ROOT = "https://root.invalid"


def _rooted(url: str) -> str | None:
    absolute = safe_url(url, f"{_ROOT}/")
    if absolute is None or not absolute.startswith(f"{_ROOT}/"):
        return absolute
    return f"/{absolute.removeprefix(_ROOT).lstrip('/')}"


def _settled_image(image: Image, media: Mapping[str, Media], resolved: _Resolve) -> Image:
    image = replace(image, caption=html.rewrite(image.caption, resolved))
    file = media.get(image.url or "")
    if file is not None:
        width, height = file.width or image.width, file.height or image.height
        return replace(image, url=file.path, type=file.type, length=file.length, width=width, height=height)
    return replace(image, url=_settled(image.url, resolved))


def _settled_enclosure(enclosure: Enclosure, media: Mapping[str, Media], resolved: _Resolve) -> Enclosure:
    file = media.get(enclosure.url)
    if file is not None:
        title = enclosure.title or one_line(file.origin.rpartition("/")[2]) or None
        return replace(enclosure, url=file.path, type=file.type, length=file.length, title=title)
    return replace(enclosure, url=_settled(enclosure.url, resolved) or enclosure.url)


def _settled_link(link: Link, resolved: _Resolve) -> Link:
    return replace(link, href=_settled(link.href, resolved))


def _settled(url: str | None, resolved: _Resolve) -> str | None:
    return url if url is None or is_web(url) or url.startswith("mailto:") else resolved(url)
