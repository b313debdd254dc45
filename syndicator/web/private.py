"""Private feeds: for whoever has a token, and the same refusal for everybody else."""

from __future__ import annotations

import logging
import threading
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from syndicator.core.tokens import is_secret
from syndicator.errors import StoreError
from syndicator.flows import tokens
from syndicator.ports import Ports, Token
from syndicator.web import addresses, refusals
from syndicator.web.answers import ALWAYS, FEED_POLICY, Answer, Finished, Outdated, answer
from syndicator.web.options import WebOptions

_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_REFUSAL = (
    "401 Unauthorized. What is here needs a token: in the address, as the password of Basic authentication, or as a "
    "Bearer token.\n"
)
_CHALLENGE = 'Basic realm="private feeds", charset="UTF-8", Bearer realm="private feeds"'

log = logging.getLogger("syndicator.web")


def private(ports: Ports, options: WebOptions) -> Blueprint:
    """`/private/<slug>/<document>` with a token in the Authorization header, `/private/<token>/<slug>/<document>`.

    Without a token that is good for the feed everything here is answered by one and the same 401, whatever the
    method, and whether the feed exists or not.
    """
    blueprint = Blueprint("private", __name__)
    # A shared cache keeps nothing of it (RFC 9111 5.2.2.7).
    cache = f"private, max-age={options.max_age}"

    def closed(rest: str = "") -> Response:
        name, document, secret = _asked(rest)
        token = tokens.opens(ports, secret, name) if secret else None
        if token is None:
            return _refusal()
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(["GET", "HEAD"])
        _note(ports, token)
        return _document(ports, f"{name}/{document}", cache)

    for rule in ("/private", "/private/", "/private/<path:rest>"):
        blueprint.add_url_rule(rule, rule, closed, methods=_METHODS, provide_automatic_options=False)
    return blueprint


def _asked(rest: str) -> tuple[str, str, str]:
    """The name of the feed, its document, and the secret that came along."""
    parts = rest.split("/")
    if len(parts) == 3 and is_secret(parts[0]):
        return f"private/{parts[1]}", parts[2], parts[0]
    given = request.authorization
    secret = (given.token if given.type == "bearer" else given.password) if given else None
    if len(parts) != 2 or not isinstance(secret, str):
        return "", "", ""
    return f"private/{parts[0]}", parts[1], secret


def _refusal() -> Response:
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "WWW-Authenticate": _CHALLENGE,
        "Content-Security-Policy": FEED_POLICY,
        **ALWAYS,
    }
    return Answer(_REFUSAL, status=401, headers=headers)


def _document(ports: Ports, path: str, cache: str) -> Response:
    while True:
        found = ports.store.document_head(path) if addresses.is_document(path) else None
        if found is None or found.gone:
            return refusals.plain(404, {"Cache-Control": "no-store"})
        what = Finished(
            media_type=found.media_type,
            etag=found.etag,
            lengths=found.lengths,
            read=partial(ports.store.document_body, found.path, found.etag),
            changed=found.changed,
        )
        headers = {
            "Cache-Control": cache,
            "Content-Security-Policy": FEED_POLICY,
            "Link": f'<{ports.site.base_url}/{path}>; rel="self"',
            "Vary": "Authorization",
            "X-Robots-Tag": "noindex",
        }
        try:
            return answer(request, what, headers, ports.now())
        except Outdated:
            continue


def _note(ports: Ports, token: Token) -> None:
    """Remember the use, aside: a reader never waits for another one who writes."""

    def noted() -> None:
        try:
            tokens.used(ports, token)
        except StoreError as error:
            log.debug("token %s: its use was not noted: %s", token.id, error)

    threading.Thread(target=noted, name="token", daemon=True).start()
