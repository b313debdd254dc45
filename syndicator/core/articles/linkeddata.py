"""What a page says of its article in JSON-LD (schema.org): read with patience, because half of it is odd."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from syndicator.core import html
from syndicator.core.articles import fields
from syndicator.core.text import one_line
from syndicator.core.urls import safe_url
from syndicator.model import Image, Person

_ARTICLES = re.compile(r"(?:https?://schema\.org/)?(?:\w*Article|BlogPosting|LiveBlogPosting|Report|Recipe|Review)")
_MAX_DEPTH = 12
_MAX_NODES = 5_000
_MAX_SIZE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleData:
    """What was found, as strings where the page must still make sense of it."""

    title: str | None = None
    summary: str | None = None
    authors: tuple[Person, ...] = ()
    published: str | None = None
    updated: str | None = None
    url: str | None = None
    image: Image | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    licence: str | None = None


def article_data(scripts: Iterable[str], canonical: str | None) -> ArticleData:
    """The article among the JSON-LD of a page: the one that is at `canonical`, else the first. Never raises."""
    found: list[dict[str, Any]] = []
    known: dict[str, dict[str, Any]] = {}
    for script in scripts:
        for node in _objects(_load(script)):
            identifier = node.get("@id")
            if isinstance(identifier, str) and len(node) > 1:
                known.setdefault(identifier, node)
            if any(_ARTICLES.fullmatch(kind) for kind in _strings(node.get("@type"))):
                found.append(node)
    if not found:
        return ArticleData()
    own = next((node for node in found if canonical and canonical in (safe_url(url) for url in _addresses(node))), None)
    return _read(own or found[0], known)


def _load(script: str) -> Any:
    text = re.sub(r"^\s*(?:<!--|(?://)?\s*<!\[CDATA\[)|(?:-->|(?://)?\s*\]\]>)\s*$", "", script)
    try:
        return json.loads(text, strict=False) if len(text) <= _MAX_SIZE else None
    except (ValueError, RecursionError):
        return None


def _objects(data: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, outer ones first, as deep and as many as a page has reason to hold."""
    level, count = [data], 0
    for _ in range(_MAX_DEPTH):
        below: list[Any] = []
        for node in level:
            count += 1
            if count > _MAX_NODES:
                return
            if isinstance(node, dict):
                yield node
                below += [inner for inner in node.values() if isinstance(inner, dict | list)]
            elif isinstance(node, list):
                below += [inner for inner in node if isinstance(inner, dict | list)]
        level = below


def _read(node: dict[str, Any], known: dict[str, dict[str, Any]]) -> ArticleData:
    return ArticleData(
        title=fields.prose(_text(node, "headline", "name") or ""),
        summary=_text(node, "description"),
        authors=_people(node.get("author") or node.get("creator"), known),
        published=_text(node, "datePublished", "dateCreated"),
        updated=_text(node, "dateModified"),
        url=next(iter(_addresses(node)), None),
        image=_image(node.get("image") or node.get("thumbnailUrl"), known),
        language=_language(node.get("inLanguage")),
        tags=tuple(_tags(node.get("keywords"))),
        licence=_text(node, "license") or next(iter(_addresses({"url": node.get("license")})), None),
    )


def _strings(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [part.strip() for part in values[:200] if isinstance(part, str) and part.strip()]


def _text(node: dict[str, Any], *keys: str) -> str | None:
    return next((one_line(found[0]) for key in keys if (found := _strings(node.get(key)))), None)


def _addresses(node: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for value in (node.get("url"), node.get("mainEntityOfPage"), node.get("@id")):
        found += _strings(value)
        if isinstance(value, dict):
            found += _strings(value.get("@id")) + _strings(value.get("url"))
    return [url for url in found if url.startswith(("http://", "https://"))]


def _resolved(value: Any, known: dict[str, dict[str, Any]]) -> list[Any]:
    values = value[:100] if isinstance(value, list) else [value]
    return [
        known.get(part.get("@id", ""), part) if isinstance(part, dict) and len(part) <= 2 and _is_id(part) else part
        for part in values
    ]


def _is_id(part: dict[str, Any]) -> bool:
    return isinstance(part.get("@id"), str) and "name" not in part


def _people(value: Any, known: dict[str, dict[str, Any]]) -> tuple[Person, ...]:
    found: list[Person] = []
    for part in _resolved(value, known):
        if isinstance(part, dict):
            name, email = _text(part, "name", "legalName", "alternateName"), _text(part, "email")
            uri = next(
                (url for url in map(safe_url, _strings(part.get("url")) + _strings(part.get("sameAs"))) if url), None
            )
            people = fields.people([{"name": name or "", "email": email or "", "url": uri or ""}])
        else:
            people = fields.people(_strings(part)[0]) if _strings(part) else None
        found += [person for person in people or () if "://" not in person.name]
    return tuple(dict.fromkeys(found))


def _image(value: Any, known: dict[str, dict[str, Any]]) -> Image | None:
    for part in _resolved(value, known):
        if not isinstance(part, dict):
            url = next(iter(_strings(part)), None)
            if url:
                return Image(url=url)
            continue
        url = _text(part, "url", "contentUrl", "@id")
        if url:
            caption = " ".join(filter(None, (_text(part, "caption", "description"), _text(part, "creditText"))))
            return Image(
                url=url, caption=html.clean(caption), width=_whole(part.get("width")), height=_whole(part.get("height"))
            )
    return None


def _whole(value: Any) -> int | None:
    match = (
        re.fullmatch(r"([0-9]{1,5})(?:\.0)?(?:\s*px)?", str(value)) if isinstance(value, str | int | float) else None
    )
    return int(match[1]) if match else None


def _language(value: Any) -> str | None:
    if isinstance(value, dict):
        return _text(value, "alternateName", "name")
    return next(iter(_strings(value)), None)


def _tags(value: Any) -> list[str]:
    if isinstance(value, str):
        return fields.strings(value, ",;") or []
    parts = value[:200] if isinstance(value, list) else [value]
    names = (_text(part, "name") if isinstance(part, dict) else part for part in parts)
    return [one_line(name) for name in names if isinstance(name, str) and one_line(name)]
