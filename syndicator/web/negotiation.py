"""Content codings, validators and dates of HTTP: header text in, decisions out. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_ENTITY_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_QUALITY = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$")
_PREFERENCE = ("br", "zstd", "gzip", "identity")
SUFFIXES: Mapping[str, str] = {"identity": "", "gzip": "-gz", "br": "-br", "zstd": "-zst"}
"""What is added to a document's entity tag for each coding (RFC 9110 8.8.3: strong tags differ per coding)."""
_SUFFIX = re.compile("(?:-gz|-br|-zst)\\Z")


def coding(header: str | None, available: Collection[str]) -> str | None:
    """The coding to answer with (RFC 9110 12.5.3), of those `available` (`gzip`, `br`, `zstd`) and `identity`.

    `header` is the Accept-Encoding field, None where it is absent. The highest weight wins; among equals the
    smallest result does. None means that nothing we have is acceptable (406). A client that refuses `identity`
    and names nothing else gets a coding it did not refuse, rather than an error.
    """
    if header is None:
        return "identity"
    weights = _weights(header)
    candidates = [name for name in _PREFERENCE if name == "identity" or name in available]
    best = max(candidates, key=lambda name: (_weight(weights, name), -_PREFERENCE.index(name)))
    if _weight(weights, best) > 0:
        return best
    spare = [
        name for name in ("gzip", "br", "zstd") if name in available and name not in weights and "*" not in weights
    ]
    return spare[0] if spare else None


def _weights(header: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for element in header.lower().split(","):
        name, *parameters = (part.strip() for part in element.split(";"))
        name = {"x-gzip": "gzip"}.get(name, name)
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                weight = float(value.strip()) if _QUALITY.match(value.strip()) else 0.0
        if name:
            weights[name] = weight
    return weights


def _weight(weights: Mapping[str, float], name: str) -> float:
    if name in weights:
        return weights[name]
    if "*" in weights:
        return weights["*"]
    # Not mentioned: identity is always acceptable, but after anything that was asked for.
    return 0.0001 if name == "identity" else 0.0


def acceptable(header: str | None) -> list[str]:
    """The codings that Accept-Encoding does not refuse, as `coding` would prefer them; `identity` where it is absent.

    Without the field anything may be sent (RFC 9110 12.5.3), but what is in hand may be a shared cache asking about
    all that it holds (RFC 9111 4.3.1) for a client that cannot read it: then only `identity` is safe.
    """
    if header is None:
        return ["identity"]
    weights = _weights(header)
    return [name for name in _PREFERENCE if _weight(weights, name) > 0]


def matched(header: str, etag: str, selected: str, accepted: Collection[str] = ()) -> str | None:
    """The entity tag, without quotes, by which If-None-Match names what we would send (RFC 9110 13.1.2); or None.

    `etag` is the opaque tag of the document, `selected` the coding chosen for this answer, `accepted` the codings
    that the client can read: a copy in any of them is one that we would still choose for it, before the others are
    made or after. The comparison is weak. A tag that somebody on the way made weak (`W/`) speaks of the content,
    not of the bytes: then every coding's tag counts.
    """
    own = etag + SUFFIXES[selected]
    if header.strip() == "*":
        return own
    readable = [own, *(etag + SUFFIXES[name] for name in accepted)]
    any_coding = {etag + suffix for suffix in SUFFIXES.values()}
    found = _ENTITY_TAG.findall(header)
    named = {tag for _, tag in found}
    softened = own if any(weak and tag in any_coding for weak, tag in found) else None
    return next((tag for tag in readable if tag in named), softened)


def holds(header: str, etag: str, selected: str, accepted: Collection[str] = ()) -> bool:
    """Whether If-Match lets the request through (RFC 9110 13.1.1): strong comparison, else 412."""
    ours = {etag + SUFFIXES[name] for name in (selected, *accepted)}
    return header.strip() == "*" or any(not weak and tag in ours for weak, tag in _ENTITY_TAG.findall(header))


def named(header: str) -> dict[str, str]:
    """The tags, without quotes, that If-None-Match names, by the same without the suffix of their coding."""
    return {_SUFFIX.sub("", tag): tag for _, tag in _ENTITY_TAG.findall(header)}


def wants_delta(header: str | None) -> bool:
    """Whether A-IM (RFC 3229 10.5.3) accepts `feed`: a document of what is new only."""
    if header is None:
        return False
    return _weights(header).get("feed", 0.0) > 0


def unmodified_since(header: str, changed: datetime, now: datetime) -> bool:
    """Whether If-Modified-Since says that the client's copy is current (RFC 9110 13.1.3).

    A field that is no date, or a date later than `now`, counts as absent.
    """
    since = http_date(header)
    return since is not None and since <= now and changed.replace(microsecond=0) <= since


def http_date(text: str) -> datetime | None:
    """The moment an HTTP date names (RFC 9110 5.6.7), in UTC; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def format_http_date(moment: datetime) -> str:
    """A UTC moment as an IMF-fixdate, to the second."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)
