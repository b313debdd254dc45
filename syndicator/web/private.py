"""Private feeds: for whoever has a token, and the same refusal for everybody else."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed, ServiceUnavailable

from syndicator.core.tokens import is_secret
from syndicator.errors import StoreError
from syndicator.flows import tokens
from syndicator.ports import Ports, Token
from syndicator.web import addresses, refusals
from syndicator.web.answers import ALWAYS, DOCUMENT, FEED_POLICY, TRIES, Answer, Outdated, asked, response
from syndicator.web.documents import Documents
from syndicator.web.options import WebOptions

_REFUSAL = (
    "401 Unauthorized. What is here needs a token: in the address, as the password of Basic authentication, or as a "
    "Bearer token.\n"
)
_CHALLENGE = 'Basic realm="private feeds", charset="UTF-8", Bearer realm="private feeds"'

log = logging.getLogger("syndicator.web")


def private(ports: Ports, options: WebOptions, documents: Documents) -> Blueprint:
    """`/private/<slug>/<document>` with a token in the Authorization header, `/private/<token>/<slug>/<document>`.

    Without a token that is good for the feed everything here is answered by one and the same 401, whatever the
    method, and whether the feed exists or not. With one, a name that the feed had before leads to its present one.
    """
    blueprint = Blueprint("private", __name__)
    # A shared cache keeps nothing of it (RFC 9111 5.2.2.7).
    cache = f"private, max-age={options.max_age}"
    root = addresses.prefix(ports.site)

    @blueprint.before_app_request
    def closed() -> Response | None:
        # Before routing, whose own refusals (of a method, of a strange path) would not be the same.
        path = request.path.removeprefix("/")
        if not addresses.is_private(path):
            return None
        path, secret, way = _asked(path)
        name, document = _parted(path)
        token = tokens.opens(ports, secret, name)
        if token is None:
            return _refusal()
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(["GET", "HEAD"])
        if not tokens.is_noted(ports, token):
            _note(ports, token)
        if not addresses.is_document(path):
            return refusals.plain(404, {"Cache-Control": "no-store"})
        if token.feed != name:
            return _moved(f"{root}/{way}{token.feed.removeprefix('private/')}/{document}", cache)
        return _document(ports, documents, path)

    return blueprint


def _asked(path: str) -> tuple[str, str, str]:
    """The path of the document, the secret that came along, and what stands in the address before the feed's slug."""
    first, _, rest = path.removeprefix("private/").partition("/")
    # After a feed whose name looks like a secret, "archives" is no feed.
    if is_secret(first) and "/" in rest and not rest.startswith("archives/"):
        return f"private/{rest}", first, f"private/{first}/"
    given = request.authorization
    secret = (given.token if given.type == "bearer" else given.password) if given else None
    return path, secret if isinstance(secret, str) else "", "private/"


def _parted(path: str) -> tuple[str, str]:
    """The name of the feed, and its document's path below that."""
    slug, _, document = path.removeprefix("private/").partition("/")
    return f"private/{slug}", document


def _refusal() -> Response:
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "WWW-Authenticate": _CHALLENGE,
        "Content-Security-Policy": FEED_POLICY,
        **ALWAYS,
    }
    return Answer(_REFUSAL, status=401, headers=headers)


def _moved(location: str, cache: str) -> Response:
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Location": location,
        "Cache-Control": cache,
        "Vary": "Authorization",
        **ALWAYS,
    }
    return Answer("The feed has another name now.\n", status=308, headers=headers)


def _document(ports: Ports, documents: Documents, path: str) -> Response:
    for _ in range(TRIES):
        found = ports.store.document_head(path)
        if found is None or found.gone:
            return refusals.plain(404, {"Cache-Control": "no-store"})
        request.environ[DOCUMENT] = path
        with suppress(Outdated):
            now = ports.now()
            return response(documents.reply(found, documents.read(found), asked(request.environ), now), now)
    raise ServiceUnavailable(retry_after=refusals.RETRY_AFTER)


def _note(ports: Ports, token: Token) -> None:
    """Remember the use, aside: a reader never waits for another one who writes."""

    def noted() -> None:
        try:
            tokens.used(ports, token)
        except StoreError as error:
            log.debug("token %s: its use was not noted: %s", token.id, error)

    threading.Thread(target=noted, name="token", daemon=True).start()
