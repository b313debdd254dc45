"""JSON Feed 1.0 and 1.1: what must be there, and of which kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from syndicator.core.checkup.addresses import one
from syndicator.core.checkup.entries import HTML, TEXT, Address, Date, Enclosure, Item, Text
from syndicator.core.checkup.findings import Findings, error, hint, warning
from syndicator.core.upstream.jsontext import Json

Object: TypeAlias = "dict[str, Json]"

_SPEC = "JSON Feed 1.1"
NOT_JSON = error("not-well-formed", "{what}. No reader shows anything of the feed.", "RFC 8259")
NOTICE = warning("json-odd", "{what}.", "RFC 8259")
MARK = warning(
    "json-bom", "it begins with a byte order mark, at which some readers stop. Leave it out.", "RFC 8259 8.1"
)
VERSION = error(
    "json-version",
    "`version` is {value}; it must be https://jsonfeed.org/version/1.1, by which readers know the format.",
    _SPEC,
)
MISSING = error("element-missing", "has no `{name}`, which it must have.", _SPEC)
KIND = warning("json-kind", "has `{name}` that is {kind}; it must be {right}. Readers pass over it, or stop.", _SPEC)
NULL = hint("json-null", "has `{name}` that is null. Leave out what there is not.", _SPEC)
NO_TEXT = error(
    "entry-without-content",
    "has neither content_html nor content_text; one of them must be there.",
    f"{_SPEC}, items",
)
TAGS_AS_TEXT = warning(
    "html-called-text",
    "has HTML in content_text, so readers show the tags: {excerpt}. Call it content_html.",
    f"{_SPEC}, items",
)
SELF_NEXT = error(
    "next-is-self", "`next_url` is the feed's own address: readers that follow it never end.", f"{_SPEC}, next_url"
)
OLD_AUTHOR = hint("author-old", "has `author`, which 1.1 calls `authors` (a list). Write both.", f"{_SPEC}, authors")

_STRINGS = ("title", "home_page_url", "feed_url", "description", "next_url", "icon", "favicon", "language")
_ITEM_STRINGS = (
    *("url", "external_url", "title", "content_html", "content_text", "summary", "image", "banner_image"),
    *("date_published", "date_modified", "language"),
)
_ADDRESSES = ("home_page_url", "feed_url", "next_url", "icon", "favicon")
_ITEM_ADDRESSES = ("url", "external_url", "image", "banner_image")
_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}


def head(feed: Object, url: str, found: Findings) -> None:
    """Note what is wrong with a feed apart from its items. `url` is where it came from, empty for a file."""
    version = feed.get("version")
    if not isinstance(version, str) or not version.startswith(
        ("https://jsonfeed.org/version/1", "http://jsonfeed.org")
    ):
        found.add(VERSION, "the feed", value=f'"{version}"' if isinstance(version, str) else "not there")
    if not text(feed, "title"):
        found.add(MISSING, "the feed", name="title")
    if not isinstance(feed.get("items"), list):
        found.add(MISSING, "the feed", name="items")
    _strings(feed, _STRINGS, "the feed", found)
    for name in _ADDRESSES:
        if text(feed, name):
            one(Address(name, text(feed, name)), "the feed", url, found)
    following = text(feed, "next_url")
    if following and following in (text(feed, "feed_url"), url):
        found.add(SELF_NEXT, "the feed")
    _people(feed, "the feed", found)


def items(feed: Object, found: Findings) -> list[Item]:
    """The items in the shape of all formats; notes what is wrong with them as JSON."""
    listed = feed.get("items")
    return [
        _item(value, f"item {number:,}", found)
        for number, value in enumerate(listed if isinstance(listed, list) else [], 1)
        if _is_object(value, f"item {number:,}", found)
    ]


def _is_object(value: Json, subject: str, found: Findings) -> bool:
    if not isinstance(value, dict):
        found.add(KIND, subject, name="items", kind=kind(value), right="a list of objects")
    return isinstance(value, dict)


def _item(value: Json, subject: str, found: Findings) -> Item:
    given = value if isinstance(value, dict) else {}
    id = given.get("id")
    if id is None or id == "":
        found.add(MISSING, subject, name="id")
    elif not isinstance(id, str):
        found.add(KIND, subject, name="id", kind=kind(id), right="text")
    _strings(given, _ITEM_STRINGS, subject, found)
    texts = [
        Text(name, text(given, name), HTML if name == "content_html" else TEXT, whole=True)
        for name in ("content_html", "content_text")
        if isinstance(given.get(name), str)
    ]
    if not texts:
        found.add(NO_TEXT, subject)
    _people(given, subject, found)
    return Item(
        subject=subject,
        id=str(id) if isinstance(id, str | int | float) and not isinstance(id, bool) else None,
        link=text(given, "url") or None,
        title=Text("title", text(given, "title"), TEXT) if text(given, "title") else None,
        texts=texts,
        dates=[
            Date(name, text(given, name), "rfc3339") for name in ("date_published", "date_modified") if given.get(name)
        ],
        addresses=[Address(name, text(given, name)) for name in _ITEM_ADDRESSES if text(given, name)],
        enclosures=list(_attachments(given)),
        authors=_names(given),
        language=text(given, "language"),
    )


def _strings(given: Object, names: tuple[str, ...], subject: str, found: Findings) -> None:
    for name in names:
        value = given.get(name)
        if name in given and value is None:
            found.add(NULL, subject, name=name)
        elif value is not None and not isinstance(value, str):
            found.add(KIND, subject, name=name, kind=kind(value), right="text")


def _people(given: Object, subject: str, found: Findings) -> None:
    authors = given.get("authors")
    if authors is not None and not (isinstance(authors, list) and all(isinstance(one, dict) for one in authors)):
        found.add(KIND, subject, name="authors", kind=kind(authors), right="a list of objects")
    if "author" in given and "authors" not in given:
        found.add(OLD_AUTHOR, subject)


def _names(given: Object) -> list[str]:
    authors = given.get("authors")
    listed = authors if isinstance(authors, list) else [given.get("author")]
    return [text(one, "name") for one in listed if isinstance(one, dict) and text(one, "name")]


def _attachments(given: Object) -> Iterator[Enclosure]:
    listed = given.get("attachments")
    for one_of_them in listed if isinstance(listed, list) else []:
        if isinstance(one_of_them, dict):
            yield Enclosure(
                url=text(one_of_them, "url") or None,
                type=text(one_of_them, "mime_type") or None,
                length=None,
            )


def text(given: Object, name: str) -> str:
    """A value that is text, else nothing."""
    value = given.get(name)
    return value if isinstance(value, str) else ""


def kind(value: Json) -> str:
    """What a value is, for a person."""
    return "null" if value is None else _KINDS[type(value)]
