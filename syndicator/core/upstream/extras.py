"""Where an entry belongs, its tags, and the values of namespaces that we do not know."""

from __future__ import annotations

import html as _html
import math
from collections.abc import Iterator, Mapping
from typing import Any

from syndicator.core.text import clean_text, one_line
from syndicator.core.upstream.elements import Own
from syndicator.core.upstream.texts import MAX_NAME, Cuts
from syndicator.core.urls import safe_url
from syndicator.model import Category, Place

MAX_TAGS = 100
MAX_EXTRA = 50
MAX_VALUE = 1000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INVENTED = frozenset({"http://www.itunes.com/", "http://search.yahoo.com/mrss/category_schema"})
"""Schemes that feedparser puts in where none was given."""
_READ = frozenset(("atom", "rss", "content", "media", "thr", "cc", "georss", "gml", "geo", "at", "fh", "xhtml", "rdf"))
"""Prefixes whose elements are read in full elsewhere."""
_READ_NAMES = _words(
    """dc:title dc:creator dc:author dc:date dc:subject dc:description dc:language dc:rights dc:contributor dc:relation
    dcterms:license dcterms:issued dcterms:modified itunes:author itunes:title itunes:season itunes:episode
    itunes:episodetype itunes:explicit itunes:subtitle itunes:image itunes:duration itunes:summary itunes:keywords
    itunes:category podcast:season podcast:episode podcast:transcript podcast:chapters podcast:person slash:comments
    wfw:commentrss"""
)


def extra(own: Own) -> tuple[tuple[str, str], ...]:
    """The texts of elements in namespaces that we do not know: `{namespace}name` and the text."""
    found: dict[tuple[str, str], None] = {}
    for element in own.elements:
        if not element.simple or not element.text or not element.name.startswith("{"):
            continue
        if element.kind in _READ_NAMES or element.kind.partition(":")[0] in _READ:
            continue
        text = clean_text(element.text)
        if text and len(text) <= MAX_VALUE and len(element.name) <= MAX_VALUE:
            found[clean_text(element.name), text] = None
            if len(found) >= MAX_EXTRA:
                break
    return tuple(found)


def tags(values: Mapping[str, Any], cuts: Cuts, *, atom: bool) -> tuple[tuple[str, ...], tuple[Category, ...]]:
    """The tags by name, and those that have a scheme, or a term beside their label."""
    categories = dict.fromkeys(_categories(values, cuts, atom=atom))
    names = tuple(dict.fromkeys(category.label or category.term for category in categories))
    kept = tuple(one for one in categories if one.scheme or (one.label and one.label != one.term))
    return cuts.few(names, MAX_TAGS, "tags"), cuts.few(kept, MAX_TAGS, "categories")


def _categories(values: Mapping[str, Any], cuts: Cuts, *, atom: bool) -> Iterator[Category]:
    found = values.get("tags")
    for tag in found if isinstance(found, list) else []:
        term, label = (_name(tag.get(key), cuts, atom=atom) for key in ("term", "label"))
        scheme = one_line(tag.get("scheme") or "")
        if term or label:
            yield Category(
                term=term or label,
                scheme=_scheme(scheme) if scheme not in _INVENTED else None,
                label=label or None,
            )


def _name(value: object, cuts: Cuts, *, atom: bool) -> str:
    text = value if isinstance(value, str) else ""
    # RSS does not say whether a category is HTML, and many write it as such.
    return cuts.line(_html.unescape(text) if "&" in text and not atom else text, MAX_NAME, "names")


def _scheme(written: str) -> str | None:
    """A scheme is an IRI, in RSS any text: as it is, unless it is an address that may not be published."""
    if not written or len(written) > MAX_VALUE:
        return None
    return (
        None if ":" in written and safe_url(written) is None and written.partition(":")[0].lower() in _BAD else written
    )


_BAD = frozenset({"javascript", "data", "vbscript", "blob", "file"})


def place(values: Mapping[str, Any], own: Own) -> Place | None:
    """The point of GeoRSS, GML or geo:lat and geo:long, None where there is none on this earth."""
    where = values.get("where")
    pair: tuple[object, object] = (None, None)
    if isinstance(where, dict) and where.get("type") == "Point":
        coordinates = where.get("coordinates")
        if isinstance(coordinates, tuple | list) and len(coordinates) >= 2:
            pair = coordinates[1], coordinates[0]
    if pair == (None, None):
        pair = values.get("geo_lat"), values.get("geo_long") or values.get("geo_lon")
    latitude, longitude = _degrees(pair[0], 90), _degrees(pair[1], 180)
    if latitude is None or longitude is None:
        return None
    name = own.first("georss:featurename") or str(values.get("georss_featurename") or "")
    return Place(latitude=latitude, longitude=longitude, name=one_line(name)[:MAX_NAME] or None)


def _degrees(value: object, most: int) -> float | None:
    try:
        degrees = float(value) if isinstance(value, str | float | int) else math.nan
    except ValueError:
        return None
    return degrees if abs(degrees) <= most else None
