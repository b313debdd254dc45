"""One item of a JSON Feed as an Article."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from syndicator.core import html
from syndicator.core.articles import fields
from syndicator.core.text import clean_text, one_line, summarise
from syndicator.core.upstream import jsonours, texts
from syndicator.core.upstream import jsonvalues as values
from syndicator.core.upstream.extras import MAX_EXTRA, MAX_VALUE
from syndicator.core.upstream.jsontext import Json
from syndicator.core.upstream.jsonvalues import Object
from syndicator.core.upstream.media import media_type, web
from syndicator.core.upstream.plain import paragraphs
from syndicator.core.upstream.texts import Cuts
from syndicator.core.urls import is_absolute
from syndicator.model import Article, Enclosure, Image, Link, Person, Upstream

MAX_FILES = 100

_IMG = re.compile(r"<img((?: [^<>]*)?)>")
_ATTRIBUTE = re.compile(r' (alt|height|src|width)="([^"]*)"')
_KEYS = """
    id url external_url title content_html content_text summary image banner_image date_published date_modified author
    authors tags language attachments _syndicator
"""
_KNOWN = frozenset(_KEYS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """What an item takes over from its feed where it has nothing of its own.

    `base` is the address that relative ones are resolved against. An item that was taken from another feed takes over
    neither authors nor language nor licence: they are not that feed's.
    """

    base: str
    upstream: Upstream
    authors: tuple[Person, ...] = ()
    language: str | None = None
    licence: str | None = None


def article(item: Object, feed: Inherited, cuts: Cuts) -> Article:
    """The article of an item; `source` is empty. What cannot be read is left out. Never raises."""
    id = values.identifier(item)
    url = web(item.get("url"), feed.base) or (web(id, None) if id and is_absolute(id) else None)
    base = url or feed.base
    ours = jsonours.facts(values.extension(item), base, cuts)
    told = values.language(item.get("language"))
    if "upstream" not in ours:
        ours = {"upstream": feed.upstream, "rights": feed.upstream.rights, "licence": feed.licence, **ours}
        told = told or (None if item.get("language") == "und" else feed.language)
        inherited = feed.authors
    else:
        ours = {"rights": ours["upstream"].rights, **ours}
        inherited = ()
    body, summary = _texts(item, base, cuts)
    return Article(
        source="",
        title=cuts.line(values.line(item.get("title")), texts.MAX_TITLE, "titles"),
        body=body,
        summary=summary,
        authors=values.authors(item, base, cuts) or inherited,
        tags=values.tags(item.get("tags"), cuts),
        language=told,
        url=url,
        enclosures=_enclosures(item.get("attachments"), base, cuts),
        published=values.moment(item.get("date_published")),
        updated=values.moment(item.get("date_modified")),
        explicit_id=id,
        **_pictures_and_links(item, url, base, body, ours),
    )


def _texts(item: Object, base: str, cuts: Cuts) -> tuple[str, str]:
    """The body and the summary. Plain text that the summary says already is no body: it would come out twice."""
    summary = cuts.line(values.line(item.get("summary")), texts.MAX_SUMMARY, "summaries")
    content, text = item.get("content_html"), item.get("content_text")
    if isinstance(content, str) and content.strip():
        body = html.clean(cuts.start(content, texts.MAX_BODY, "texts"), base).strip()
    elif isinstance(text, str) and text.strip() != summary:
        body = paragraphs(cuts.start(text, texts.MAX_BODY, "texts"))
    else:
        body = ""
    return body, summary or summarise(html.text(body))


def _pictures_and_links(item: Object, url: str | None, base: str, body: str, ours: dict[str, Any]) -> dict[str, Any]:
    """The picture, and where else the item points to; what has no place of its own is among `extra`."""
    picture, banner, external = (web(item.get(key), base) for key in ("image", "banner_image", "external_url"))
    shown = picture or banner
    extra = list(_extra(item))
    if banner and banner != shown:
        extra.append(("banner_image", banner))
    found = {**ours, "image": _image(shown, body) if shown else None}
    if external and external != url and "via" not in ours:
        found["via"] = Link(href=external)
    return {**found, "extra": (*ours.get("extra", ()), *extra)[:MAX_EXTRA]}


def _image(url: str, body: str) -> Image:
    """The picture, with what the body says of it where that shows it."""
    for match in _IMG.finditer(body):
        said = {key: unescape(value) for key, value in _ATTRIBUTE.findall(match[1])}
        if said.get("src") == url:
            width, height = (values.whole(said.get(key)) or None for key in ("width", "height"))
            alt = one_line(said.get("alt", ""))
            return Image(url=url, type=fields.media_type(url), alt=alt, width=width, height=height)
    return Image(url=url, type=fields.media_type(url))


def _enclosures(value: Json, base: str, cuts: Cuts) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for part in values.objects(value):
        url = web(part.get("url"), base)
        if url is None or url in found:
            continue
        ours = values.extension(part)
        found[url] = Enclosure(
            url=url,
            type=media_type(part.get("mime_type"), url) or "application/octet-stream",
            length=values.whole(part.get("size_in_bytes")) or None,
            title=cuts.line(values.line(part.get("title")), texts.MAX_TITLE, "titles") or None,
            duration=values.whole(part.get("duration_in_seconds")) or None,
            medium=values.name(ours.get("medium")),
            width=values.whole(ours.get("width")),
            height=values.whole(ours.get("height")),
        )
    return cuts.few(tuple(found.values()), MAX_FILES, "files")


def _extra(item: Object) -> Iterator[tuple[str, str]]:
    """Keys that we do not know with simple values; those of an extension's object with its name before them."""
    for key, value in item.items():
        if key in _KNOWN:
            continue
        inside = [(f"{key}.{name}", one) for name, one in value.items()] if isinstance(value, dict) else [(key, value)]
        for name, one in inside:
            written = _simple(one)
            if written and len(written) <= MAX_VALUE and len(name) <= MAX_VALUE:
                yield one_line(name), written


def _simple(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and value and all(isinstance(part, str | int | float) for part in value):
        return clean_text(json.dumps(value, ensure_ascii=False))
    return clean_text(value).strip() if isinstance(value, str) else values.line(value)
