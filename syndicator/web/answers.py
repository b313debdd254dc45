"""Finished bytes as responses: coding, validators, 304. The same for documents, pages and static files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotAcceptable

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
ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Bytes ready to be sent. `etag` is opaque, without quotes; `changed` None means no Last-Modified."""

    body: bytes
    media_type: str
    etag: str
    changed: datetime | None = None
    gzip: bytes | None = None
    brotli: bytes | None = None


class Answer(Response):
    """A response that keeps what RFC 9110 15.4.5 asks of a 304, Last-Modified included."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = super().get_wsgi_headers(environ)
        if self.status_code == 304 and "Last-Modified" in self.headers:
            headers["Last-Modified"] = self.headers["Last-Modified"]
        return headers


def finished(body: bytes, media_type: str) -> Finished:
    """Bytes with an entity tag made from them."""
    return Finished(body=body, media_type=media_type, etag=hashlib.sha256(body).hexdigest()[:32])


def answer(request: Request, what: Finished, headers: Mapping[str, str], now: datetime) -> Response:
    """200 with the bytes in the best coding, or 304 where the client has them (RFC 9110 13.2.2).

    `headers` are sent with both. `Vary: Accept-Encoding` is added. Raises NotAcceptable where the client
    refuses every coding there is.
    """
    bodies = {"identity": what.body, "gzip": what.gzip, "br": what.brotli}
    available = {name for name, body in bodies.items() if body is not None and name != "identity"}
    selected = negotiation.coding(request.headers.get("Accept-Encoding"), available)
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
    if _current(request, what.etag, selected, changed, now):
        return _without_type(Answer(status=304, headers=sent))
    if selected != "identity":
        sent["Content-Encoding"] = selected
    body = bodies[selected] or b""
    return Answer(body, headers={**sent, "Content-Type": what.media_type, "Content-Length": str(len(body))})


def _current(request: Request, etag: str, selected: str, changed: datetime | None, now: datetime) -> bool:
    none_match = request.headers.get("If-None-Match")
    if none_match is not None:
        return negotiation.matches(none_match, etag, selected)
    since = request.headers.get("If-Modified-Since")
    return since is not None and changed is not None and negotiation.unmodified_since(since, changed, now)


def _without_type(response: Response) -> Response:
    response.headers.pop("Content-Type", None)
    response.headers.pop("Content-Length", None)
    return response
