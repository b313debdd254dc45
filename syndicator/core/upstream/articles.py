"""An entry as feedparser reads it, and its elements, to an Article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syndicator.core import html
from syndicator.core.articles import fields
from syndicator.core.text import clean_text, summarise
from syndicator.core.upstream import extras, media, people, podcasts, relations, texts
from syndicator.core.upstream.elements import Element, Own
from syndicator.core.upstream.moments import moment
from syndicator.core.upstream.plain import paragraphs
from syndicator.core.upstream.texts import Cuts
from syndicator.core.urls import is_absolute
from syndicator.model import Article, Image, Link, Person, Upstream

MAX_ID = 4000

_CONTENT = ("content:encoded", "atom:content", "xhtml:body", "rss:body", "rss:fullitem", "rss:content")
_IDS = ("rss:guid", "rss:id", "atom:id")
_MUCH_MORE = 2
_BEGINNING = 20_000
_UNDETERMINED = "und"

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """What an entry takes over from its feed where it has nothing of its own.

    `base` is the address of the document; `page` that of the feed's page. `atom`: it is Atom, whose texts say what
    they are and whose addresses are relative to the document alone.
    """

    base: str
    atom: bool
    upstream: Upstream
    page: str | None = None
    authors: tuple[Person, ...] = ()
    language: str | None = None
    licence: str | None = None


def article(values: Values, own: Own, feed: Inherited, cuts: Cuts) -> Article:
    """The article of an entry; `source` is empty. What cannot be read is left out. Never raises.

    `own` are the elements of the entry, `cuts` learns what did not fit.
    """
    base = own.base or feed.base
    id = _id(values, own, cuts)
    links = relations.all_links(values, own, base)
    url = _url(values, own, links, id, base)
    body, summary = _texts(values, own, feed, url, cuts)
    enclosures, image = media.files(values, own, base, cuts)
    episode = podcasts.episode(values, own, base, cuts)
    if image is None and episode and episode.image and all(file.url != episode.image for file in enclosures):
        image = Image(url=episode.image, type=fields.media_type(episode.image))
    names, categories = extras.tags(values, cuts, atom=feed.atom)
    mentioned = tuple(Link(title=title) for element in own.all("dc:relation") if (title := _line(element, cuts)))
    origin = _origin(values.get("source"), own, feed, base, cuts)
    rights, licence = relations.terms(
        _rights(values, cuts) or origin.upstream.rights, relations.licence(links, own, base) or origin.licence
    )
    return Article(
        source="",
        title=_title(values, own, cuts),
        body=body,
        summary=summary,
        authors=people.authors(values, own, base, cuts) or people.not_called(origin.upstream.title, origin.authors),
        contributors=people.contributors(values, own, base, cuts),
        tags=names,
        categories=categories,
        language=_language(values, own, feed.language),
        url=url,
        image=image,
        enclosures=enclosures,
        related=(*relations.of_relation(links, "related"), *mentioned)[: relations.MAX_LINKS],
        via=next(iter(relations.of_relation(links, "via")), None),
        links=relations.with_relations(links, url, cuts),
        licence=licence,
        rights=rights,
        published=moment(values, "published"),
        updated=moment(values, "updated"),
        explicit_id=id,
        upstream=origin.upstream,
        comments=relations.comments(values, links, base),
        replies=relations.replies(links, own, base),
        in_reply_to=relations.in_reply_to(own),
        place=extras.place(values, own),
        episode=episode,
        extra=extras.extra(own),
    )


def raw_id(own: Own) -> str:
    """The id as it stands in the document: feedparser resolves it as an address. Empty where it is not known."""
    found = [element.text for element in own.all(*_IDS)]
    return (found[-1] if found else "") or own.about


def _id(values: Values, own: Own, cuts: Cuts) -> str | None:
    given = values.get("id")
    id = raw_id(own) or (given if isinstance(given, str) else "")
    return cuts.start(clean_text(id).strip(), MAX_ID, "ids") or None


def _title(values: Values, own: Own, cuts: Cuts) -> str:
    title = texts.plain(values.get("title"), values.get("title_detail"))
    return cuts.line(title or own.first("itunes:title"), texts.MAX_TITLE, "titles")


def _line(element: Element, cuts: Cuts) -> str:
    return cuts.line(element.text, texts.MAX_TITLE, "titles of links") if element.simple else ""


def _url(values: Values, own: Own, links: list[tuple[Element, Link]], id: str | None, base: str) -> str | None:
    """The address of the article: its link, else an id that is one."""
    alternates = [link for _, link in links if link.rel == "alternate"]
    pages = [link.href for link in alternates if not link.hreflang and link.type in relations.PAGES]
    url = media.web(values.get("link"), base)
    if pages and any(link.href == url and link.hreflang for link in alternates):
        return pages[-1]
    if url or alternates:
        return url or alternates[0].href
    no_permalink = any(element.get("ispermalink").lower() == "false" for element in own.all("rss:guid"))
    return media.web(id, None) if id and not no_permalink and is_absolute(id) else None


def _language(values: Values, own: Own, inherited: str | None) -> str | None:
    """The language: of the entry, of its texts, or of the feed. `und` says that it is none of these (ISO 639-2)."""
    content = values.get("content")
    details = [
        *(content if isinstance(content, list) else []),
        values.get("title_detail"),
        values.get("summary_detail"),
    ]
    given = [own.language, values.get("language"), *(one.get("language") for one in details if isinstance(one, dict))]
    tags = (fields.language(one) for one in given if isinstance(one, str))
    tag = next(filter(None, tags), inherited)
    return tag if tag != _UNDETERMINED else None


def _texts(values: Values, own: Own, feed: Inherited, url: str | None, cuts: Cuts) -> tuple[str, str]:
    """The body, and the summary in plain text.

    A text that nothing stands beside is the body where it holds markup or is long, otherwise the summary alone.
    """
    summary, detail = values.get("summary"), values.get("summary_detail")
    summary = summary if isinstance(summary, str) and isinstance(detail, dict) else ""
    chosen = _content(values, own, summary)
    if chosen is not None:
        body = _body(chosen, feed, url, cuts)
        said = cuts.line(texts.plain(summary, detail), texts.MAX_SUMMARY, "summaries")
        return body, said or _summarised(body)
    if not summary or not isinstance(detail, dict):
        return "", ""
    if not texts.is_markup(detail):
        return _of_plain(summary)
    body = _body({**detail, "value": summary}, feed, url, cuts)
    if text := texts.shown(body):
        return _of_plain(text)
    return body, _summarised(body)


def _of_plain(text: str) -> tuple[str, str]:
    """Plain text as a summary alone, where it is short enough, else as a body with a summary."""
    line = texts.plain(text)
    return ("", line) if len(line) <= texts.MAX_SUMMARY else (paragraphs(text[: texts.MAX_BODY]), summarise(line))


def _summarised(body: str) -> str:
    """The first sentences of clean HTML."""
    end = body.rfind("<", 0, _BEGINNING) if len(body) > _BEGINNING else -1
    return summarise(html.text(body[:end] if end > 0 else body))


def _content(values: Values, own: Own, summary: str) -> Values | None:
    """The text that is the content; None where the summary is all there is.

    feedparser also takes a second description for content, be it one of iTunes or Media RSS: then the longer counts.
    """
    contents = values.get("content")
    found = [one for one in contents if isinstance(one, dict)] if isinstance(contents, list) else []
    found = [one for one in found if isinstance(one.get("value"), str) and one["value"].strip()]
    found = [one for one in found if texts.is_markup(one) or str(one.get("type") or "text/").startswith("text/")]
    best = max(found, key=lambda one: (texts.is_markup(one), len(one["value"])), default=None)
    if best is None or not summary or not own.paired or own.all(*_CONTENT):
        return best
    return best if len(best["value"]) > _MUCH_MORE * len(summary) else None


def _body(detail: Values, feed: Inherited, url: str | None, cuts: Cuts) -> str:
    value = cuts.start(detail["value"], texts.MAX_BODY, "texts")
    base = detail.get("base") or feed.base
    if base == feed.base and not feed.atom:
        # RSS does not say what an address is relative to; its writers mean the page.
        base = url or feed.page or base
    return texts.body(value, str(detail.get("type") or "text/html"), base)


def _rights(values: Values, cuts: Cuts) -> str:
    return cuts.line(texts.plain(values.get("rights"), values.get("rights_detail")), texts.MAX_SUMMARY, "rights")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    """The feed that an entry comes from, and what the entry inherits from it."""

    upstream: Upstream
    authors: tuple[Person, ...] = ()
    licence: str | None = None


def _origin(source: object, own: Own, feed: Inherited, base: str, cuts: Cuts) -> _Origin:
    """The feed that an entry names as its own (RFC 4287 4.2.11; `source` of RSS), else the one it stands in."""
    here = _Origin(upstream=feed.upstream, authors=feed.authors, licence=feed.licence)
    if not isinstance(source, dict):
        return here
    elements = own.all("atom:source", "rss:source")
    inner = Own(
        tuple(child for element in elements for child in element.children),
        paired=own.paired and any(element.children for element in elements),
    )
    links = relations.all_links(source, inner, base)
    feed_url = next((link.href for _, link in links if link.rel == "self"), None) or media.web(source.get("href"), base)
    id = inner.first("atom:id") or str(source.get("id") or "")
    upstream = Upstream(
        id=cuts.start(clean_text(id).strip(), MAX_ID, "ids") or feed_url or "",
        title=cuts.line(texts.plain(source.get("title"), source.get("title_detail")), texts.MAX_TITLE, "titles"),
        url=media.web(source.get("link"), base),
        feed_url=feed_url,
        updated=moment(source, "updated"),
        rights=_rights(source, cuts),
        language=next((tag for element in elements if (tag := fields.language(element.get("lang")))), None),
    )
    if not (upstream.id or upstream.title or upstream.url):
        return here
    authors = people.authors(source, inner, base, cuts) or feed.authors
    return _Origin(upstream=upstream, authors=authors, licence=relations.licence(links, inner, base))
