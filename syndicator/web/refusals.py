"""Answers that are not what was asked for: short, clear, escaped, and never HTML where a feed was meant."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from syndicator.errors import StoreError
from syndicator.web import addresses
from syndicator.web.answers import ALWAYS, PAGE_POLICY, Answer
from syndicator.web.layout import Render

RETRY_AFTER = 5
"""Seconds after which a client may try again what could not be answered."""

_TEXTS: Mapping[int, tuple[str, str]] = {
    400: ("Bad request", "This request cannot be understood as it is."),
    404: ("Not found", "There is nothing at this address, and there may never have been."),
    405: ("Method not allowed", "Everything here is only for reading: use GET or HEAD."),
    406: ("Not acceptable", "Every content coding that we have is refused by the request's Accept-Encoding."),
    410: ("Gone", "What was at this address has been withdrawn by its publisher and will not come back here."),
    412: ("Precondition failed", "What is at this address is not what the request's If-Match names."),
    414: ("Address too long", "The address in the request is longer than 8 KiB."),
    416: ("Range not satisfiable", "The file has no such part."),
    421: ("Misdirected request", "This service does not answer under that name. Use its address or localhost."),
    429: (
        "Too many requests",
        "You have asked for more pages than one client gets in a minute: wait for the seconds that Retry-After names. "
        "Feeds have no such limit.",
    ),
    500: ("Internal error", "Something failed on our side. It has been noted in the log."),
    503: ("Try again soon", "This cannot be answered just now. Nothing is lost; try again in a few seconds."),
}
_KEPT = ("Allow", "Content-Range", "Retry-After")


def texts(status: int) -> tuple[str, str]:
    """Title and sentence for a status."""
    return _TEXTS.get(status, (f"Error {status}", "This request cannot be answered."))


def plain(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal as text."""
    title, sentence = texts(status)
    return Answer(
        f"{status} {title}. {sentence}\n",
        status=status,
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "Cache-Control": _cache(status),
            "Content-Security-Policy": PAGE_POLICY,
            **ALWAYS,
            **({"Retry-After": str(RETRY_AFTER)} if status == 503 else {}),
            **(headers or {}),
        },
    )


def install(app: Flask, render: Render | None) -> None:
    """Make the app refuse in these ways. Without `render` every refusal is text."""
    log = logging.getLogger("syndicator.web")

    def refuse(status: int, headers: Mapping[str, str]) -> Response:
        response = plain(status, headers)
        if render is not None and not addresses.is_feedlike(request.path.lstrip("/")):
            title, sentence = texts(status)
            response.set_data(render("refusal.html", status=status, title=title, sentence=sentence, feeds=[]))
            response.headers["Content-Type"] = "text/html; charset=utf-8"
        return response

    def expected(error: HTTPException) -> Response:
        kept = {name: value for name, value in error.get_response().headers.items() if name in _KEPT}
        return refuse(error.code or 500, kept)

    def store_failed(error: StoreError) -> Response:
        log.error("%s %r was not answered: %s", request.method, _loggable(request.path), error)
        return refuse(503, {})

    def unexpected(error: Exception) -> Response:
        log.error("%s %r failed", request.method, _loggable(request.path), exc_info=error)
        return refuse(500, {})

    handlers: list[tuple[type[Exception], Callable[..., Response]]] = [
        (HTTPException, expected),
        (StoreError, store_failed),
        (Exception, unexpected),
    ]
    for kind, handler in handlers:
        app.register_error_handler(kind, handler)


def _cache(status: int) -> str:
    return {404: "public, max-age=30", 410: "public, max-age=300"}.get(status, "no-store")


def _loggable(path: str) -> str:
    """A path without what only a subscriber may know."""
    return "/private/…" if path.startswith("/private/") else path
