"""Titles and texts: that people see what was meant, and neither tags nor escapes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from syndicator.core.checkup.entries import EITHER, HTML, TEXT, XHTML, Item, Text
from syndicator.core.checkup.findings import Findings, hint, warning
from syndicator.core.upstream.tags import Tag, tokens
from syndicator.core.urls import is_absolute

TITLE_TAGS = warning(
    "html-in-title",
    "has HTML in its title: {title}. Many readers show the tags as they stand. Write plain text.",
    "RSS Best Practices, title; RFC 4287 3.1.1",
)
TITLE_ESCAPED = warning(
    "title-escaped-twice",
    "has a title that was escaped twice: {title}. Many readers show the escapes. Escape once, and write & as &#x26;.",
    "RSS Best Practices, title",
)
TITLE_MISSING = hint(
    "title-missing",
    "has no title. Readers show its first words, its address or nothing in their lists.",
)
ESCAPED = warning(
    "text-escaped-twice",
    "was escaped twice: readers show its tags or escapes instead of obeying them: {excerpt}. Escape once.",
    "RSS Best Practices, description; RFC 4287 3.1.1.2",
)
TYPE_TEXT = warning(
    "html-called-text",
    'has HTML in `{name}` that says (or, saying nothing, means) type="text", so readers show the tags: {excerpt}. '
    'Say type="html".',
    "RFC 4287 3.1.1",
)
CDATA = warning(
    "cdata-shown",
    "shows a CDATA mark to people: {excerpt}. It was escaped, or wrapped twice. Escape or wrap, once.",
    "XML 1.0 2.7",
)
GARBLED = warning(
    "letters-garbled",
    "has garbled letters: {excerpt}. UTF-8 was read as another encoding, or letters were lost, before the feed was "
    "written. Look for the place where it is read.",
)
EMPTY = warning(
    "text-empty", "has `{name}` with nothing in it, so readers show an empty page. Fill it, or leave it out."
)
RELATIVE = warning(
    "relative-in-text",
    "has a relative address in its text: {url}. Readers cannot tell what it is relative to, so that pictures and links "
    "break. Write whole addresses.",
    "RSS Best Practices, description",
)
LAZY = warning(
    "image-lazy",
    "has a picture that a script is to load ({attribute}). Readers run none, so that people see nothing. Put the "
    "address into src.",
)
SCRIPT = hint("script-in-text", "has a script, style or form in its text: {tag}. Every reader drops it.")
FRAME = hint(
    "frame-in-text",
    "shows something in a frame: {tag} {url}. Many readers drop it. Add a link to what is in it.",
)

_MOST = 200_000
"""Characters of one text that are looked at; and of all texts together `_MOST_OF_ALL`."""
_MOST_OF_ALL = 4_000_000
_TAG = r"(?:a|abbr|b|blockquote|br|code|div|em|figure|font|h[1-6]|i|img|li|ol|p|small|span|strong|sub|sup|table|u|ul)"
_PAIR = re.compile(
    rf"<({_TAG})(?:\s[^<>]{{0,300}})?>[^<]{{0,500}}</\1>|<(?:br|img|p|div)(?:\s[^<>]{{0,300}})?/?>", re.IGNORECASE
)
_ANY = re.compile(rf"</?{_TAG}(?:\s[^<>]{{0,1000}})?/?>", re.IGNORECASE)
_ESCAPED_TAG = re.compile(rf"&(?:amp;)?lt;/?{_TAG}(?:\s[^&<>]{{0,300}})?(?:/?&(?:amp;)?gt;|&quot;|=)", re.IGNORECASE)
_ENTITY = re.compile(
    r"&(?:amp|lt|gt|quot|apos|nbsp|hellip|[lr][sd]quo|[mn]dash|#\d{2,5}|#x[0-9a-f]{2,5});", re.IGNORECASE
)
_ESCAPED_ENTITY = re.compile(
    r"&amp;(?:amp|lt|gt|quot|apos|nbsp|hellip|[lr][sd]quo|[mn]dash|#\d{2,5}|#x[0-9a-f]{2,5});", re.IGNORECASE
)
_ANGLE = re.compile(r"&[lg]t;")
_CODE = re.compile(r"<(?:pre|code|kbd|samp|textarea|xmp)\b", re.IGNORECASE)
_GARBLED = re.compile("â€[\x80-\xbf™œžš¦˜¢“”]|Ã[\xa0-\xbf¤¶¼Ÿ„–œ][^A-Z]|Ã©|\ufffd{1,3}")
_DROPPED = frozenset({"script", "style", "form", "object", "embed", "applet", "link", "meta", "noscript"})
_ADDRESSES = {"a": "href", "img": "src", "source": "src", "video": "src", "audio": "src", "iframe": "src"}
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-srcset")


def check(items: Sequence[Item], found: Findings) -> None:
    """Note what is wrong with the titles and texts of entries. Linear in what is looked at."""
    left = _MOST_OF_ALL
    for item in items:
        _title(item, found)
        for text in item.texts:
            value = text.value[: min(_MOST, left)]
            left -= len(value)
            _text(text, value, item, found)


def _title(item: Item, found: Findings) -> None:
    title = item.title
    if title is None or not title.value.strip():
        found.add(TITLE_MISSING, item.subject, item.line)
        return
    value = title.value[:2000]
    _letters(value, item.subject, title.line, found)
    if title.kind not in (TEXT, EITHER):
        return
    # In RSS `&lt;` may be meant: it is how a title says < to the readers that take it for HTML.
    meant = title.kind == EITHER and _ANGLE.search(value)
    if _PAIR.search(value):
        found.add(TITLE_TAGS, item.subject, title.line, title=value)
    elif _ENTITY.search(value) and not meant:
        found.add(TITLE_ESCAPED, item.subject, title.line, title=value)


def _text(text: Text, value: str, item: Item, found: Findings) -> None:
    subject, line = item.subject, text.line or item.line
    if not value.strip():
        if text.whole and not text.value.strip():
            found.add(EMPTY, subject, line, name=text.name)
        return
    _letters(value, subject, line, found)
    if text.kind == TEXT and (tag := _PAIR.search(value)):
        found.add(TYPE_TEXT, subject, line, name=text.name, excerpt=_around(value, tag))
    if text.kind not in (HTML, XHTML):
        return
    if text.kind == HTML:
        _escapes(value, subject, line, found)
    for element in _tags(value):
        _tag(element, text, subject, line, found)


def _letters(value: str, subject: str, line: int | None, found: Findings) -> None:
    if match := _GARBLED.search(value):
        found.add(GARBLED, subject, line, excerpt=_around(value, match))
    if (start := value.find("<![CDATA[")) >= 0 and not _CODE.search(value):
        found.add(CDATA, subject, line, excerpt=value[start : start + 60])


def _escapes(value: str, subject: str, line: int | None, found: Findings) -> None:
    """Code samples hold escapes that are meant, so a text that has any is left alone."""
    if _CODE.search(value):
        return
    match = _ESCAPED_ENTITY.search(value) or (None if _ANY.search(value) else _ESCAPED_TAG.search(value))
    if match:
        found.add(ESCAPED, subject, line, excerpt=_around(value, match))


def _tags(value: str) -> Iterator[Tag]:
    if "<" in value:
        yield from (token for token in tokens(value, html=True) if isinstance(token, Tag) and not token.closes)


def _tag(tag: Tag, text: Text, subject: str, line: int | None, found: Findings) -> None:
    if tag.name in _DROPPED:
        found.add(SCRIPT, subject, line, tag=f"<{tag.name}>")
        return
    address = _ADDRESSES.get(tag.name)
    if address is None:
        return
    said = tag.attributes()
    url = said.get(address, "").strip()
    if tag.name == "iframe":
        found.add(FRAME, subject, line, tag="<iframe>", url=_without_query(url))
    lazy = next((name for name in _LAZY if said.get(name)), None)
    if tag.name == "img" and lazy and (not url or url.startswith("data:")):
        found.add(LAZY, subject, line, attribute=lazy)
    elif url and not is_absolute(url) and not url.startswith(("#", "//")) and not text.based:
        found.add(RELATIVE, subject, line, url=url)


def _without_query(url: str) -> str:
    try:
        return urlsplit(url)._replace(query="", fragment="").geturl()
    except ValueError:
        return url


def _around(value: str, match: re.Match[str]) -> str:
    return value[max(0, match.start() - 10) : match.start() + 70]
