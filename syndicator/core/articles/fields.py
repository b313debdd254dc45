"""Values of front matter read as what their keys mean: people, addresses, pictures, files, truth.

Each function gives None, or leaves an element out, where a value is not what it should be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from syndicator.core import html
from syndicator.core.articles import markdown
from syndicator.core.articles.metadata import Value
from syndicator.core.text import one_line
from syndicator.core.urls import is_absolute, is_web, reference, safe_url
from syndicator.model import Enclosure, Image, Link, Person

_HTML = re.compile(
    r"</?(?:[abipqsu]|em|strong|br|code|span|div|h[1-6]|li|ol|ul|img|sub|sup|cite|abbr|mark|small|blockquote|figure|hr"
    r"|script|style|font|tt|del|ins|kbd|pre|table|t[dhr]|time|section|article)(?:\s+[a-z-]+(?:\s*=[^<>]*)?)?\s*/?>"
    r"|<!--|&(?:#x?[0-9a-f]{1,6}|[a-z]{2,31}[0-9]{0,2});",
    re.IGNORECASE,
)
"""What only HTML holds; `a<b and c>d` is text."""
_TRUE = frozenset({"true", "yes", "on", "1", "y"})
_FALSE = frozenset({"false", "no", "off", "0", "n"})
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+){1,8}")
_NAME_AND_EMAIL = re.compile(r"([^<>()]*)[<(]([^<>()]*)[>)]\s*")
_DURATION = re.compile(r"(?:(?:([0-9]{1,4}):)?([0-9]{1,4}):)?([0-9]{1,7})(?:\.[0-9]{1,9})?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el
    en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu
    ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na
    nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn
    so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_TWO_LETTERS = frozenset(_CODES.split())
"""ISO 639-1: so that a country (`jp`, `cz`, `dk`) is not taken for a language."""
_RENAMED = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro"}
_TYPES = {
    "aac": "audio/aac",
    "avif": "image/avif",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "srt": "application/x-subrip",
    "svg": "image/svg+xml",
    "torrent": "application/x-bittorrent",
    "txt": "text/plain",
    "vtt": "text/vtt",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "zip": "application/zip",
}
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def media_type(url: str) -> str | None:
    """The media type that the suffix of an address tells, None when it tells none."""
    name = url.partition("#")[0].partition("?")[0].rpartition("/")[2]
    return _TYPES.get(name.rpartition(".")[2].lower()) if "." in name else None


def truth(value: Value) -> bool | None:
    """true, yes, on, 1 and their opposites."""
    word = value.strip().lower() if isinstance(value, str) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def line(value: Value) -> str | None:
    """One line of text; None for lists, maps and nothing."""
    return (one_line(value) or None) if isinstance(value, str) else None


def prose(value: Value) -> str | None:
    """Plain text from text that may hold HTML."""
    if not isinstance(value, str):
        return None
    return one_line(html.text(value) if _HTML.search(value) else value) or None


def language(value: Value) -> str | None:
    """A BCP 47 tag; `en_GB` and `en_GB.UTF-8` are taken as `en-GB`, old codes as those that replaced them."""
    tag = value.strip().partition(".")[0].replace("_", "-") if isinstance(value, str) else ""
    if not _LANGUAGE.fullmatch(tag):
        return None
    first, *rest = tag.split("-")
    first = _RENAMED.get(first.lower(), first.lower())
    if len(first) == 2 and first not in _TWO_LETTERS:
        return None
    return "-".join([first, *(_subtag(part) for part in rest)])


def _subtag(part: str) -> str:
    return part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower()


def strings(value: Value, separators: str) -> list[str] | None:
    """The strings of a list, or those between any of the separators of a string. None where a map is among them."""
    parts = re.split(f"[{separators}]", value) if isinstance(value, str) and separators else value
    if isinstance(parts, str):
        parts = [parts]
    if isinstance(parts, dict) or not all(isinstance(part, str) for part in parts):
        return None
    lines = (one_line(part) for part in parts if isinstance(part, str))
    return list(dict.fromkeys(part for part in lines if part))


def unique(words: Iterable[str]) -> tuple[str, ...]:
    """The words in order, each once whatever its case, as it was first written."""
    found: dict[str, str] = {}
    for word in words:
        found.setdefault(word.casefold(), word)
    return tuple(found.values())


def people(value: Value, separators: str = ";") -> tuple[Person, ...] | None:
    """Authors: a string, a map with a name, or a list of either."""
    if isinstance(value, str):
        parts: list[Value] = list(re.split(f"[{separators}]", value))
    else:
        parts = value if isinstance(value, list) else [value]
    found: list[Person] = []
    for part in parts:
        if isinstance(part, str) and not part.strip():
            continue
        person = _person(part)
        if person is None:
            return None
        found.append(person)
    return tuple(found)


def _person(value: Value) -> Person | None:
    if isinstance(value, str):
        return person(value)
    if not isinstance(value, dict):
        return None
    name = _first(value, "name", "display_name", "displayname", "title")
    email = _first(value, "email", "mail")
    email = email if email and _EMAIL.fullmatch(email) else None
    uri = safe_url(_first(value, "url", "uri", "website", "web", "homepage", "link", "href") or "")
    name = prose(name or email or "")
    return Person(name=name, email=email, uri=uri) if name else None


def person(text: str) -> Person | None:
    """An author from one line: `Jane Doe`, `Jane Doe <jane@example.org>` or with a web address in the brackets."""
    text = one_line(text)
    match = _NAME_AND_EMAIL.fullmatch(text) if len(text) < 500 else None
    if match is not None:
        name, inner = match[1].strip(" \"'"), match[2].strip()
        if _EMAIL.fullmatch(inner):
            return Person(name=name or inner, email=inner)
        if is_web(uri := safe_url(inner)) and name:
            return Person(name=name, uri=uri)
    if _EMAIL.fullmatch(text):
        return Person(name=text, email=text)
    name = prose(text)
    return Person(name=name) if name else None


def image(value: Value) -> Image | None:
    """A picture: its address, or a map; of a list the first one. The address may be relative."""
    if isinstance(value, list):
        return next((found for found in map(image, value) if found is not None), None)
    if isinstance(value, str):
        url = _file(value)
        return Image(url=url, type=media_type(url)) if url else None
    url = _file(_first(value, "url", "src", "image", "path", "file", "href", "source", "feature") or "")
    caption = " ".join(part for key in ("caption", "credit") if (part := _first(value, key)))
    if not url and not caption:
        return None
    return Image(
        url=url,
        caption=html.clean(markdown.inline(caption)).strip() if caption else "",
        alt=one_line(_first(value, "alt", "alttext", "alt_text") or ""),
        type=media_type(url) if url else None,
        width=_whole(_first(value, "width")),
        height=_whole(_first(value, "height")),
    )


def enclosures(value: Value) -> tuple[Enclosure, ...] | None:
    """Files that belong to an article: an address, a map, or a list of either. Addresses may be relative."""
    parts = value if isinstance(value, list) else [value]
    found = [_enclosure(part) for part in parts if part != ""]
    whole = tuple(part for part in found if part is not None)
    return whole if len(whole) == len(found) else None


def _enclosure(value: Value) -> Enclosure | None:
    if isinstance(value, list):
        return None
    fields: dict[str, Value] = {"url": value} if isinstance(value, str) else value
    url = _file(_first(fields, "url", "href", "src", "file", "path") or "")
    if not url:
        return None
    given = (_first(fields, "type", "mime_type", "mimetype", "mime", "media_type") or "").lower()
    title = _first(fields, "title", "name")
    return Enclosure(
        url=url,
        type=given if _TYPE.fullmatch(given) else media_type(url) or "application/octet-stream",
        length=_whole(_first(fields, "length", "size", "bytes", "size_in_bytes")),
        title=one_line(title) or None if title else None,
        duration=_duration(_first(fields, "duration", "duration_in_seconds")),
    )


def links(value: Value) -> tuple[Link, ...] | None:
    """Links: an address or a title, a map of both, or a list of either."""
    parts = value if isinstance(value, list) else [value]
    found = [_link(part) for part in parts if part != ""]
    whole = tuple(part for part in found if part is not None)
    return whole if len(whole) == len(found) else None


def _link(value: Value) -> Link | None:
    if isinstance(value, list):
        return None
    if isinstance(value, dict):
        href = safe_url(_first(value, "url", "href", "link", "uri") or "")
        title = _first(value, "title", "name")
    else:
        href = safe_url(value) if is_absolute(value) else None
        title = None if href else value
    title = one_line(title) if title else None
    if title and is_absolute(title) and not re.search(r"\s", title):
        title = None
    return Link(href=href if is_web(href) else None, title=title or None) if is_web(href) or title else None


def _file(url: str) -> str | None:
    found = reference(url)
    return found if found and not found.startswith(("mailto:", "#")) and "\x00" not in unquote(found) else None


def _first(fields: dict[str, Value], *keys: str) -> str | None:
    folded = {key.lower(): value for key, value in fields.items()}
    values: Iterator[Value | None] = (folded.get(key) for key in keys)
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), None)


def _whole(value: str | None) -> int | None:
    return int(value) if value is not None and re.fullmatch(r"[0-9]{1,15}", value) else None


def _duration(value: str | None) -> int | None:
    match = _DURATION.fullmatch(value or "")
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
