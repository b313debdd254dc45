"""One item of a JSON Feed as an Article."""

from __future__ import annotations

import html as _html
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from syndicator.core import html
from syndicator.core.articles import dates, fields
from syndicator.core.text import clean_text, one_line
from syndicator.core.upstream.jsontext import Json
from syndicator.core.urls import is_web, safe_url
from syndicator.model import Article, Enclosure, Image, Link, Person

Object = dict[str, Json]

_KNOWN = frozenset(
    """id url external_url title content_html content_text summary image banner_image date_published date_modified
    author authors tags language attachments _syndicator""".split()
)
_MAX_EXTRA = 64
_MAX_VALUE = 4096
_MAX_NUMBER = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """What an item takes over from its feed: the address that relative ones are resolved against, and more."""

    base: str
    authors: tuple[Person, ...] = ()
    language: str | None = None


def article(item: Object, inherited: Inherited) -> Article:
    """The article of an item; `source` is empty. What cannot be read is left out. Never raises."""
    url = web(item.get("url"), inherited.base)
    base = url or inherited.base
    summary = line(item.get("summary"))
    image, banner = (web(item.get(key), base) for key in ("image", "banner_image"))
    shown = image or banner
    external = web(item.get("external_url"), base)
    extra = list(_extra(item))
    if banner and banner != shown:
        extra.append(("banner_image", banner))
    return Article(
        source="",
        title=line(item.get("title")),
        body=_body(item, summary, base),
        summary=summary,
        authors=people(item, base) or inherited.authors,
        tags=tags(item.get("tags")),
        language=language(item.get("language")) or inherited.language,
        url=url,
        image=Image(url=shown, type=fields.media_type(shown)) if shown else None,
        enclosures=_enclosures(item.get("attachments"), base),
        via=Link(href=external) if external and external != url else None,
        published=moment(item.get("date_published")),
        updated=moment(item.get("date_modified")),
        explicit_id=identifier(item),
        extra=tuple(extra[:_MAX_EXTRA]),
    )


def identifier(item: Object) -> str | None:
    """The id of an item as text, trimmed, a number as it is written. None where it has none."""
    value = item.get("id")
    return (clean_text(value).strip() if isinstance(value, str) else line(value)) or None


def extension(holder: Object) -> Object:
    """What our own extension says of an item or feed."""
    ours = holder.get("_syndicator")
    return ours if isinstance(ours, dict) else {}


def line(value: Json) -> str:
    """Text or a number as one line; empty for anything else."""
    if isinstance(value, str):
        return one_line(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def web(value: Json, base: str) -> str | None:
    """An http(s) address, made absolute."""
    url = safe_url(value, base) if isinstance(value, str) and value.strip() else None
    return url if is_web(url) else None


def moment(value: Json) -> datetime | None:
    """A date as RFC 3339 or as people write it; without a zone it is UTC."""
    return dates.written(value, "UTC") if isinstance(value, str) else None


def language(value: Json) -> str | None:
    """A BCP 47 tag."""
    return fields.language(value) if isinstance(value, str) else None


def tags(value: Json) -> tuple[str, ...]:
    """The tags of a list; of a string those between its commas."""
    parts: list[Json] = [*value.split(",")] if isinstance(value, str) else value if isinstance(value, list) else []
    return fields.unique(filter(None, map(line, parts)))


def people(holder: Object, base: str) -> tuple[Person, ...]:
    """The `authors` (1.1) of an item or feed, else its `author` (1.0)."""
    authors = holder.get("authors")
    several = _people(authors if isinstance(authors, list) else [authors], base)
    return several or _people([holder.get("author")], base)


def _people(values: Iterable[Json], base: str) -> tuple[Person, ...]:
    return tuple(dict.fromkeys(filter(None, (_person(value, base) for value in values))))


def _person(value: Json, base: str) -> Person | None:
    if isinstance(value, str):
        return fields.person(value)
    if not isinstance(value, dict):
        return None
    url = value.get("url")
    uri = safe_url(url, base) if isinstance(url, str) and url.strip() else None
    email = uri.removeprefix("mailto:") if uri and uri.startswith("mailto:") else None
    shown = email or (uri or "").partition("://")[2].rstrip("/")
    name = line(value.get("name")) or one_line(shown)
    return Person(name=name, email=email, uri=None if email else uri) if name else None


def _body(item: Object, summary: str, base: str) -> str:
    content = item.get("content_html")
    if isinstance(content, str) and content.strip():
        return html.clean(content, base).strip()
    text = item.get("content_text")
    if not isinstance(text, str) or text.strip() == summary:
        # What the summary says already is no content: it would come out twice.
        return ""
    return paragraphs(text)


def paragraphs(text: str) -> str:
    """Plain text as clean HTML: empty lines part paragraphs, other line ends are kept."""
    blocks: list[list[str]] = [[]]
    for part in clean_text(text).split("\n"):
        if part.strip():
            blocks[-1].append(_html.escape(part.strip(), quote=False))
        elif blocks[-1]:
            blocks.append([])
    return html.clean("\n".join(f"<p>{'<br>'.join(block)}</p>" for block in blocks if block))


def _enclosures(value: Json, base: str) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for part in value if isinstance(value, list) else [value]:
        url = web(part.get("url"), base) if isinstance(part, dict) else None
        if url is None or not isinstance(part, dict) or url in found:
            continue
        given = line(part.get("mime_type")).lower()
        found[url] = Enclosure(
            url=url,
            type=given if "/" in given else fields.media_type(url) or "application/octet-stream",
            length=_whole(part.get("size_in_bytes")),
            title=line(part.get("title")) or None,
            duration=_whole(part.get("duration_in_seconds")),
        )
    return tuple(found.values())


def _whole(value: Json) -> int | None:
    """A number that is not negative, rounded; also one that was written as text."""
    if isinstance(value, str) and len(value) < 32:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value) if math.isfinite(value) and 0 <= value <= _MAX_NUMBER else None


def _extra(item: Object) -> Iterator[tuple[str, str]]:
    """Keys that we do not know with simple values; those of an extension's object with its name before them."""
    for key, value in item.items():
        if key in _KNOWN:
            continue
        inside = value.items() if isinstance(value, dict) else ()
        for name, one in [(key, value)] if not isinstance(value, dict) else [(f"{key}.{name}", v) for name, v in inside]:
            written = _simple(one)
            if written and len(written) <= _MAX_VALUE:
                yield one_line(name)[:200], written


def _simple(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(part, str | int | float) for part in value):
        return clean_text(json.dumps(value, ensure_ascii=False)) if value else ""
    return clean_text(value).strip() if isinstance(value, str) else line(value)
