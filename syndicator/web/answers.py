"""Finished bytes as responses: coding, validators, 304. The same for documents, pages and static files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotAcceptable, PreconditionFailed

from syndicator.core import coding
from syndicator.web import negotiation

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src * data:; media-src *; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FEED_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https: data:; media-src https:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox allow-top-navigation-by-user-activation allow-popups"
)
MEDIA_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
)
_WORTH = 1000
"""Bytes below which compression saves no packet."""
ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A representation ready to be sent. `etag` is opaque, without quotes; `changed` None: no Last-Modified.

    `lengths` has every coding there is, with the number of bytes where that is known without reading them. `read`
    returns the bytes in one of them, or None where they have become others since.
    """

    media_type: str
    etag: str
    lengths: Mapping[str, int | None]
    read: Callable[[str], bytes | None]
    changed: datetime | None = None


class Outdated(Exception):
    """The bytes changed between the decision to send them and reading them: decide again."""


class Answer(Response):
    """A response that keeps what RFC 9110 15.4.5 asks of a 304, Last-Modified included."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = super().get_wsgi_headers(environ)
        if self.status_code == 304 and "Last-Modified" in self.headers:
            headers["Last-Modified"] = self.headers["Last-Modified"]
        return headers


def finished(body: bytes, media_type: str, packed: bytes | None = None) -> Finished:
    """Bytes with an entity tag made from them. `packed` is their gzip form, made when it is needed where absent."""

    def read(name: str) -> bytes:
        return body if name == "identity" else packed or coding.gzipped(body)

    lengths = (
        {"identity": len(body)}
        if len(body) < _WORTH
        else {"identity": len(body), "gzip": len(packed) if packed else None}
    )
    return Finished(media_type=media_type, etag=coding.etag(body), lengths=lengths, read=read)


def answer(request: Request, what: Finished, headers: Mapping[str, str], now: datetime) -> Response:
    """200 with the bytes in the best coding, or 304 where the client has them (RFC 9110 13.2.2).

    `headers` are sent with both. `Vary: Accept-Encoding` is added. Raises NotAcceptable where the client
    refuses every coding there is, PreconditionFailed where If-Match does not hold, and Outdated where the bytes have
    changed meanwhile.
    """
    selected = negotiation.coding(request.headers.get("Accept-Encoding"), what.lengths)
    if selected is None:
        raise NotAcceptable
    sent = {
        "ETag": f'"{what.etag}{negotiation.SUFFIXES[selected]}"',
        **ALWAYS,
        **headers,
        "Vary": ", ".join(filter(None, ("Accept-Encoding", headers.get("Vary")))),
    }
    changed = what.changed if what.changed is not None and what.changed <= now else None
    if changed is not None:
        sent["Last-Modified"] = negotiation.format_http_date(changed)
    check_match(request, what.etag, selected)
    current = _current(request, what.etag, selected, changed, now)
    if current is not None:
        return _without_type(Answer(status=304, headers={**sent, "ETag": f'"{current}"'}))
    if selected != "identity":
        sent["Content-Encoding"] = selected
    length = what.lengths[selected]
    if request.method == "HEAD" and length is not None:
        body = b""
    else:
        found = what.read(selected)
        if found is None:
            raise Outdated
        body, length = found, len(found)
    return Answer([body], headers={**sent, "Content-Type": what.media_type, "Content-Length": str(length)})


def check_match(request: Request, etag: str, selected: str) -> None:
    """Raise PreconditionFailed where If-Match names another state (RFC 9110 13.1.1)."""
    match = request.headers.get("If-Match")
    accepted = negotiation.acceptable(request.headers.get("Accept-Encoding"))
    if match is not None and not negotiation.holds(match, etag, selected, accepted):
        raise PreconditionFailed


def _current(request: Request, etag: str, selected: str, changed: datetime | None, now: datetime) -> str | None:
    """The entity tag of the copy that the client has and may keep, or None."""
    none_match = request.headers.get("If-None-Match")
    if none_match is not None:
        accepted = negotiation.acceptable(request.headers.get("Accept-Encoding"))
        return negotiation.matched(none_match, etag, selected, accepted)
    since = request.headers.get("If-Modified-Since")
    same = since is not None and changed is not None and negotiation.unmodified_since(since, changed, now)
    return etag + negotiation.SUFFIXES[selected] if same else None


def _without_type(response: Response) -> Response:
    response.headers.pop("Content-Type", None)
    response.headers.pop("Content-Length", None)
    return response
