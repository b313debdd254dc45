"""Files of an entry: enclosures, Media RSS, and the picture that stands for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from syndicator.core.articles import fields
from syndicator.core.text import one_line
from syndicator.core.upstream.elements import Own
from syndicator.core.upstream.texts import MAX_TITLE, Cuts
from syndicator.core.urls import is_web, safe_url
from syndicator.model import Enclosure, Image

MAX_ENCLOSURES = 100
UNKNOWN = "application/octet-stream"

_MEDIA = frozenset({"image", "audio", "video", "document", "executable"})
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_WHOLE = re.compile(r"\s*([0-9]{1,15})(?:\.[0-9]{1,9})?\s*")
_DURATION = re.compile(r"(?:(?:([0-9]{1,4}):)?([0-9]{1,4}):)?([0-9]{1,7})(?:\.[0-9]{1,9})?")


def web(url: object, base: str | None) -> str | None:
    """An http(s) address, made absolute; None for anything else."""
    found = safe_url(url, base) if isinstance(url, str) and url.strip() else None
    return found if is_web(found) else None


def whole(value: object) -> int | None:
    """A positive number as written in an attribute; None for anything else, and for zero, which says nothing."""
    match = _WHOLE.fullmatch(value) if isinstance(value, str) else None
    return (int(match[1]) or None) if match else None


def seconds(value: object) -> int | None:
    """A duration: seconds, `MM:SS` or `HH:MM:SS`."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest or None


def media_type(value: object, url: str) -> str | None:
    """A media type as given, else as the suffix of the address tells it."""
    given = one_line(value).lower().partition(";")[0].strip() if isinstance(value, str) else ""
    return given if _TYPE.fullmatch(given) else fields.media_type(url)


def files(values: Mapping[str, Any], own: Own, base: str, cuts: Cuts) -> tuple[tuple[Enclosure, ...], Image | None]:
    """The enclosures, each once, and the picture.

    First what was attached (`enclosure`, `rel="enclosure"`), then what Media RSS has beyond it and is no picture. The
    picture is a thumbnail, else the largest picture of Media RSS, else that of iTunes; an attached one stays a file.
    """
    found: dict[str, Enclosure] = {}
    for file in _attached(values, own, base, cuts):
        found[file.url] = _together(found.get(file.url), file)
    pictures: list[Image] = []
    for part in _dicts(values.get("media_content")):
        media = _media(part, base)
        if media is None:
            continue
        if media.url not in found and _is_picture(media):
            pictures.append(_picture(media))
        else:
            found[media.url] = _together(found.get(media.url), media)
    enclosures = _timed(tuple(found.values()), seconds(own.first("itunes:duration") or values.get("itunes_duration")))
    image = _image(values, pictures, base)
    return cuts.few(enclosures, MAX_ENCLOSURES, "enclosures"), None if image and image.url in found else image


def cover(values: Mapping[str, Any], own: Own, base: str) -> str | None:
    """The picture that iTunes names for an entry or a feed."""
    for element in own.all("itunes:image"):
        if url := web(element.get("href") or element.get("url") or element.text, element.base):
            return url
    image = values.get("image")
    return web(image.get("href"), base) if isinstance(image, dict) and not own.paired else None


def _dicts(value: object) -> Iterator[Mapping[str, Any]]:
    return (part for part in value if isinstance(part, dict)) if isinstance(value, list) else iter(())


def _attached(values: Mapping[str, Any], own: Own, base: str, cuts: Cuts) -> Iterator[Enclosure]:
    links = [link for link in _dicts(values.get("links")) if link.get("rel") == "enclosure"]
    elements = [
        element
        for element in own.elements
        if element.kind == "rss:enclosure"
        or (element.kind == "atom:link" and element.get("rel").lower() == "enclosure")
    ]
    bases = [element.base for element in elements] if len(elements) == len(links) else [base] * len(links)
    for link, inner in zip(links, bases, strict=True):
        url = web(link.get("href"), inner)
        if url:
            title = link.get("title")
            yield Enclosure(
                url=url,
                type=media_type(link.get("type"), url) or UNKNOWN,
                length=whole(link.get("length")),
                title=cuts.line(title, MAX_TITLE, "titles of files") or None if isinstance(title, str) else None,
            )


def _media(values: Mapping[str, Any], base: str) -> Enclosure | None:
    url = web(values.get("url"), base)
    if url is None:
        return None
    medium = str(values.get("medium") or "").strip().lower()
    type = media_type(values.get("type"), url) or UNKNOWN
    return Enclosure(
        url=url,
        type=type,
        length=whole(values.get("filesize")),
        duration=seconds(values.get("duration")),
        medium=medium if medium in _MEDIA and not type.startswith(f"{medium}/") else None,
        width=whole(values.get("width")),
        height=whole(values.get("height")),
    )


def _together(one: Enclosure | None, other: Enclosure) -> Enclosure:
    """What two mentions of a file say of it, the first one counting more."""
    if one is None:
        return other
    return Enclosure(
        url=one.url,
        type=other.type if one.type == UNKNOWN else one.type,
        **{
            name: getattr(one, name) if getattr(one, name) is not None else getattr(other, name)
            for name in ("length", "title", "duration", "medium", "width", "height")
        },
    )


def _timed(files: tuple[Enclosure, ...], duration: int | None) -> tuple[Enclosure, ...]:
    """The duration of an episode belongs to the first file that can be played, where that has none of its own."""
    for index, file in enumerate(files):
        if file.medium in ("audio", "video") or file.type.startswith(("audio/", "video/")):
            if duration and file.duration is None:
                return (*files[:index], replace(file, duration=duration), *files[index + 1 :])
            break
    return files


def _is_picture(file: Enclosure) -> bool:
    return file.medium == "image" or (file.medium is None and file.type.startswith("image/"))


def _picture(file: Enclosure) -> Image:
    type = file.type if file.type.startswith("image/") else None
    return Image(url=file.url, type=type, length=file.length, width=file.width, height=file.height)


def _image(values: Mapping[str, Any], pictures: list[Image], base: str) -> Image | None:
    thumbnails = [
        Image(url=url, width=whole(part.get("width")), height=whole(part.get("height")))
        for part in _dicts(values.get("media_thumbnail"))
        if (url := web(part.get("url"), base))
    ]
    largest = _largest(thumbnails)
    if largest is None:
        return _largest(pictures)
    told = next((picture for picture in pictures if picture.url == largest.url), None)
    return told or replace(largest, type=fields.media_type(largest.url or ""))


def _largest(pictures: Iterable[Image]) -> Image | None:
    return max(pictures, key=lambda picture: picture.width or 0, default=None)
