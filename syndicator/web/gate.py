"""What stands before Flask: requests that no server should pass on, and headers nobody here may believe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response
from werkzeug.wsgi import ClosingIterator

from syndicator.web import refusals
from syndicator.web.answers import ALWAYS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_TARGET = 8192
"""Bytes of path and query together."""

_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]+)(?::\d{0,5})?\Z")
_HOSTLESS = ("HTTP/1.0", "HTTP/1")
"""Protocols that know no Host field; the second is what granian calls the first."""
_DISBELIEVED = ("HTTP_FORWARDED", "HTTP_X_ORIGINAL_URL", "HTTP_X_REWRITE_URL", "HTTP_X_HTTP_METHOD_OVERRIDE")


def gate(app: WSGIApplication, host: str, accepts: Callable[[str], bool] | None = None) -> WSGIApplication:
    """Refuse malformed requests; let `app` see `host` as the host, whatever the request said (S32).

    400: no Host or a Host that is none (RFC 9112 3.2; two fields arrive joined by a comma). 405: a method in small
    letters. 414: a target over 8 KiB. 421: a Host that `accepts` refuses. Forwarding headers are dropped.
    `OPTIONS *` is answered here.
    """

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        refusal = _refusal(environ, accepts)
        if refusal is not None:
            return _whole(refusal, environ, start_response)
        environ["HTTP_HOST"] = host
        for name in [name for name in environ if name.startswith("HTTP_X_FORWARDED") or name in _DISBELIEVED]:
            del environ[name]
        return _whole(app, environ, start_response)

    return guarded


def is_host(name: str) -> bool:
    """Whether a text is host and port as a Host field gives them."""
    return _HOST.match(name) is not None


def _refusal(environ: WSGIEnvironment, accepts: Callable[[str], bool] | None) -> Response | None:
    name = environ.get("HTTP_HOST", "")
    if not is_host(name) and (name or environ.get("SERVER_PROTOCOL") not in _HOSTLESS):
        return refusals.plain(400)
    if len(environ.get("PATH_INFO", "")) + len(environ.get("QUERY_STRING", "")) > MAX_TARGET:
        return refusals.plain(414)
    # RFC 9110 9.1: methods are case-sensitive, which Flask does not know.
    if not environ["REQUEST_METHOD"].isupper():
        return refusals.plain(405, {"Allow": "GET, HEAD, OPTIONS"})
    if name and accepts is not None and not accepts(name):
        return refusals.plain(421)
    if environ.get("PATH_INFO") == "*":
        asked = environ.get("REQUEST_METHOD") == "OPTIONS"
        return Response(status=204, headers={"Allow": "GET, HEAD, OPTIONS", **ALWAYS}) if asked else refusals.plain(400)
    return None


def _whole(app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The body as one list, which the server sends in one piece instead of chunk by chunk; an open file as it is.

    Werkzeug wraps every body in a ClosingIterator but those that pass straight through: they may be of any size,
    and the server closes them.
    """
    chunks = app(environ, start_response)
    if not isinstance(chunks, ClosingIterator):
        return chunks
    try:
        return [b"".join(chunks)]
    finally:
        chunks.close()
