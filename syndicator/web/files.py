"""Files that are not documents: what articles carry with them, our own style sheets, robots.txt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from importlib import resources
from threading import Semaphore

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound, PreconditionFailed, RequestedRangeNotSatisfiable, ServiceUnavailable
from werkzeug.wsgi import FileWrapper

from syndicator.core.coding import gzipped
from syndicator.ports import OpenMedia, Ports
from syndicator.web import negotiation
from syndicator.web.answers import (
    ALWAYS,
    MEDIA_POLICY,
    PAGE_POLICY,
    Answer,
    Asked,
    Finished,
    Reply,
    answer,
    asked,
    check_match,
    finished,
    reply,
    response,
)
from syndicator.web.options import WebOptions

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}\Z")
_RANGE = re.compile(r"bytes=(?:\d{1,18}-\d{0,18}|-\d{1,18})\Z")
STREAMS = 24
"""Large files that one worker sends at the same time: each holds a thread for as long as its client reads."""
_CHUNK = 64 * 1024
_AT_ONCE = 4 * _CHUNK
"""Bytes up to which a file, or the part asked for, is handed over in one piece and holds nothing."""
_TYPES = {
    "site.css": "text/css; charset=utf-8",
    "feed.css": "text/css; charset=utf-8",
    "favicon.svg": "image/svg+xml",
    "favicon.ico": "image/x-icon",
}
_ROBOTS = "User-agent: *\nAllow: /\n"
_SITEMAPS = ("sitemap.xml", "sitemap-news.xml")

Ready = Callable[[Asked, datetime], Reply]
"""Answers what a request says with something finished, at a moment. Raises as `answers.reply` does."""


def load_static() -> Mapping[str, Finished]:
    """The static files that come with the program, by name, with their gzip bytes."""
    folder = resources.files("syndicator.web").joinpath("static")
    found = {}
    for name, media_type in _TYPES.items():
        file = folder.joinpath(name)
        if file.is_file():
            data = file.read_bytes()
            found[name] = finished(data, media_type, gzipped(data))
    return found


def ready(static: Mapping[str, Finished], options: WebOptions) -> Mapping[str, Ready]:
    """How the static files are answered, by name."""
    headers = _headers(options)
    return {
        name: lambda asked, now, what=file: reply(asked, what, headers, now)  # type: ignore[misc]
        for name, file in static.items()
    }


def files(ports: Ports, options: WebOptions, static: Mapping[str, Ready]) -> Blueprint:
    """`/media/<name>`, `/site.css`, `/feed.css`, `/favicon.*`, `/robots.txt`."""
    blueprint = Blueprint("files", __name__)
    slots = Semaphore(STREAMS)
    headers = _headers(options)

    def serve(name: str) -> Response:
        now = ports.now()
        return response(static[name](asked(request.environ), now), now)

    for name in static:
        blueprint.add_url_rule(f"/{name}", name.replace(".", "_"), partial(serve, name))

    @blueprint.get("/robots.txt")
    def robots() -> Response:
        heads = map(ports.store.document_head, _SITEMAPS)
        there = [head.path for head in heads if head is not None and not head.gone]
        lines = (f"Sitemap: {ports.site.base_url}/{path}\n" for path in there)
        text = "\n".join(filter(None, (_ROBOTS, "".join(lines))))
        return answer(request, finished(text.encode(), "text/plain; charset=utf-8"), headers, ports.now())

    @blueprint.get("/media/<name>")
    def media(name: str) -> Response:
        found = ports.publication.media_file(name) if _NAME.match(name) else None
        if found is None:
            raise NotFound
        return _media(name, found, slots)

    return blueprint


def _headers(options: WebOptions) -> Mapping[str, str]:
    return {"Cache-Control": f"public, max-age={options.max_age}", "Content-Security-Policy": PAGE_POLICY}


def _media(name: str, found: OpenMedia, slots: Semaphore) -> Response:
    """A file whose name is the hash of its bytes: it never changes, and parts of it may be asked for.

    Only what is sent is read, a chunk at a time; the file is closed with the response.
    """
    response = Answer(
        FileWrapper(found.file, _CHUNK),
        direct_passthrough=True,
        headers={
            "Content-Type": found.media_type,
            "Content-Length": str(found.length),
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": MEDIA_POLICY,
            "ETag": f'"{name}"',
            **ALWAYS,
        },
    )
    try:
        check_match(asked(request.environ), name, "identity")
    except PreconditionFailed:
        response.close()
        raise
    none_match = request.headers.get("If-None-Match")
    if none_match is not None and negotiation.matched(none_match, name, "identity"):
        response.status_code = 304
        return response
    environ = dict(request.environ)
    environ.pop("HTTP_IF_MATCH", None)  # it held
    # RFC 9110 14.2: other methods and units are no range requests; several parts are more than anybody needs.
    if request.method != "GET" or not _RANGE.match(environ.get("HTTP_RANGE", "")):
        environ.pop("HTTP_RANGE", None)
    try:
        response.make_conditional(environ, accept_ranges=True, complete_length=found.length)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    if request.method == "GET":
        _send(response, slots)
    return response


def _send(response: Response, slots: Semaphore) -> None:
    """Let a small body go at once; give a large one a slot. Raises ServiceUnavailable where all are taken."""
    if (response.content_length or 0) <= _AT_ONCE:
        body = b"".join(response.response)  # type: ignore[arg-type]
        response.close()
        response.direct_passthrough = False
        response.set_data(body)
    elif slots.acquire(blocking=False):
        response.response = _Held(response.response, slots.release)  # type: ignore[arg-type]
    else:
        response.close()
        raise ServiceUnavailable


class _Held:
    """The chunks of a file, which has a slot until it is closed."""

    def __init__(self, chunks: Iterable[bytes], let_go: Callable[[], None]) -> None:
        self._chunks = chunks
        self._let_go: Callable[[], None] | None = let_go

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        """Close the file; what follows the first time does nothing."""
        let_go, self._let_go = self._let_go, None
        if let_go is not None:
            self._chunks.close()  # type: ignore[attr-defined]
            let_go()
