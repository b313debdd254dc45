"""Files that are not documents: what articles carry with them, our own style sheets, robots.txt."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib import resources

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from syndicator.ports import Ports
from syndicator.web import negotiation
from syndicator.web.answers import ALWAYS, MEDIA_POLICY, PAGE_POLICY, Answer, Finished, answer, finished
from syndicator.web.options import WebOptions

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}\Z")
_RANGE = re.compile(r"bytes=(?:\d{1,18}-\d{0,18}|-\d{1,18})\Z")
_TYPES = {
    "site.css": "text/css; charset=utf-8",
    "feed.css": "text/css; charset=utf-8",
    "favicon.svg": "image/svg+xml",
    "favicon.ico": "image/x-icon",
}
_ROBOTS = finished(b"User-agent: *\nAllow: /\n", "text/plain; charset=utf-8")


def load_static() -> Mapping[str, Finished]:
    """The static files that come with the program, by name, with their gzip bytes."""
    folder = resources.files("syndicator.web").joinpath("static")
    found = {}
    for name, media_type in _TYPES.items():
        file = folder.joinpath(name)
        if file.is_file():
            data = file.read_bytes()
            found[name] = replace(finished(data, media_type), gzip=gzip.compress(data, 6, mtime=0))
    return found


def files(ports: Ports, options: WebOptions, static: Mapping[str, Finished]) -> Blueprint:
    """`/media/<name>`, `/site.css`, `/feed.css`, `/favicon.*`, `/robots.txt`."""
    blueprint = Blueprint("files", __name__)
    headers = {"Cache-Control": f"public, max-age={options.max_age}", "Content-Security-Policy": PAGE_POLICY}

    def serve(name: str) -> Response:
        return answer(request, static[name], headers, ports.now())

    for name in static:
        blueprint.add_url_rule(f"/{name}", name.replace(".", "_"), partial(serve, name))

    @blueprint.get("/robots.txt")
    def robots() -> Response:
        return answer(request, _ROBOTS, headers, ports.now())

    @blueprint.get("/media/<name>")
    def media(name: str) -> Response:
        found = ports.publication.media_file(name) if _NAME.match(name) else None
        if found is None:
            raise NotFound
        return _media(name, *found)

    return blueprint


def _media(name: str, data: bytes, media_type: str) -> Response:
    """A file whose name is the hash of its bytes: it never changes, and parts of it may be asked for."""
    response = Answer(
        data,
        headers={
            "Content-Type": media_type,
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": MEDIA_POLICY,
            "ETag": f'"{name}"',
            **ALWAYS,
        },
    )
    none_match = request.headers.get("If-None-Match")
    if none_match is not None and negotiation.matches(none_match, name, "identity"):
        response.status_code = 304
        response.set_data(b"")
        return response
    environ = dict(request.environ)
    # RFC 9110 14.2: other methods and units are no range requests; several parts are more than anybody needs.
    if request.method != "GET" or not _RANGE.match(environ.get("HTTP_RANGE", "")):
        environ.pop("HTTP_RANGE", None)
    response.make_conditional(environ, accept_ranges=True, complete_length=len(data))
    return response
