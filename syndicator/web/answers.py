"""Finished bytes as answers: coding, validators, 304. The same for documents, pages and static files, and on both
roads: through Flask, and from memory before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

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
DOCUMENT = "syndicator.document"
"""Where a WSGI environment names the document, by its path, that was answered with."""
CLIENT = "syndicator.client"
"""Where it has the address of who asks."""
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


TRIES = 10
"""How often it is decided again what to send, while what is there changes each time."""


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


WITHOUT_DELTAS = ("feedparser/", "rss2email/")
"""How programs introduce themselves that ask for deltas only because feedparser always does, and may take the answer
for an error, as rss2email does."""


class Asked(NamedTuple):
    """What of a request decides about its answer: the method and the text of header fields, None where absent."""

    method: str
    accept_encoding: str | None = None
    none_match: str | None = None
    modified_since: str | None = None
    match: str | None = None
    unmodified_since: str | None = None
    delta: str | None = None
    destination: str | None = None


FIELDS = (
    "HTTP_ACCEPT_ENCODING",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_A_IM",
    "HTTP_SEC_FETCH_DEST",
)
"""Where a WSGI environment has these fields, in their order."""


def asked(environ: WSGIEnvironment) -> Asked:
    """What a request says that decides about its answer."""
    said = Asked(environ["REQUEST_METHOD"], *map(environ.get, FIELDS))
    return said if said.delta is None else said._replace(delta=delta_asked(environ))


def delta_asked(environ: WSGIEnvironment) -> str | None:
    """What a request says in A-IM, None where whoever asks takes a delta for an error: a 200 is a right answer, too."""
    agent = environ.get("HTTP_USER_AGENT", "")
    return None if agent.startswith(WITHOUT_DELTAS) else environ.get("HTTP_A_IM")


class Reply(NamedTuple):
    """An answer. `fresh`: for how many seconds it may be reused, from which `Expires` is made when it is sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    fresh: int | None = None


def reply(asked: Asked, what: Finished, headers: Mapping[str, str], now: datetime, *, status: int = 200) -> Reply:
    """`status` with the bytes in the best coding, or 304 where the client has them (RFC 9110 13.2.2).

    `headers` are sent with both. `Vary: Accept-Encoding` is added. Raises NotAcceptable where the client
    refuses every coding there is, PreconditionFailed where If-Match or If-Unmodified-Since does not hold, and Outdated
    where the bytes have changed meanwhile.
    """
    selected = negotiation.coding(asked.accept_encoding, what.lengths)
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
    check_match(asked, what.etag, selected, changed)
    current = _current(asked, what.etag, selected, changed, now) if status == 200 else None
    if current is not None:
        return Reply(304, list({**sent, "ETag": f'"{current}"'}.items()), b"")
    if selected != "identity":
        sent["Content-Encoding"] = selected
    length = what.lengths[selected]
    if asked.method == "HEAD" and length is not None:
        body = b""
    else:
        found = what.read(selected)
        if found is None:
            raise Outdated
        body, length = b"" if asked.method == "HEAD" else found, len(found)
    sent |= {"Content-Type": what.media_type, "Content-Length": str(length)}
    return Reply(status, list(sent.items()), body)


def answer(request: Request, what: Finished, headers: Mapping[str, str], now: datetime) -> Response:
    """Finished bytes as a response of Flask's. Raises as `reply` does."""
    return response(reply(asked(request.environ), what, headers, now), now)


def response(reply: Reply, now: datetime) -> Response:
    """A reply as a response of Flask's."""
    made = Answer([reply.body], status=reply.status, headers=reply.headers)
    if not any(name == "Content-Type" for name, _ in reply.headers):
        made.headers.pop("Content-Type", None)  # Flask's own idea
    if reply.fresh is not None:
        made.headers["Expires"] = negotiation.format_http_date(now + timedelta(seconds=reply.fresh))
    return made


def check_match(asked: Asked, etag: str, selected: str, changed: datetime | None = None) -> None:
    """Raise PreconditionFailed where If-Match names another state (RFC 9110 13.1.1), or where there is no such field
    and If-Unmodified-Since an earlier one (13.1.4)."""
    if asked.match is not None:
        accepted = negotiation.acceptable(asked.accept_encoding)
        if not negotiation.holds(asked.match, etag, selected, accepted):
            raise PreconditionFailed
    elif asked.unmodified_since is not None and changed is not None:
        since = negotiation.http_date(asked.unmodified_since)
        if since is not None and changed.replace(microsecond=0) > since:
            raise PreconditionFailed


def _current(asked: Asked, etag: str, selected: str, changed: datetime | None, now: datetime) -> str | None:
    """The entity tag of the copy that the client has and may keep, or None."""
    if asked.none_match is not None:
        accepted = negotiation.acceptable(asked.accept_encoding)
        return negotiation.matched(asked.none_match, etag, selected, accepted)
    since = asked.modified_since
    same = since is not None and changed is not None and negotiation.unmodified_since(since, changed, now)
    return etag + negotiation.SUFFIXES[selected] if same else None
