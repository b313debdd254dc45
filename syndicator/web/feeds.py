"""Published documents, as the very bytes that lie under `feeds/`, and the ways that lead to them."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, Response, request
from werkzeug.exceptions import Gone, NotFound, ServiceUnavailable

from syndicator.ports import DocumentHead, Ports
from syndicator.web import addresses
from syndicator.web.answers import ALWAYS, DOCUMENT, TRIES, Answer, Outdated, asked, response
from syndicator.web.documents import OPEN, Documents
from syndicator.web.mementos import timegate
from syndicator.web.options import WebOptions
from syndicator.web.refusals import RETRY_AFTER
from syndicator.web.rivers import River


def feeds(ports: Ports, options: WebOptions, documents: Documents, river: River) -> Blueprint:
    """Documents at the path of their URL, the page of each composed feed, 308 from the usual guesses and from names
    that a feed had before, 410 for what was removed."""
    blueprint = Blueprint("feeds", __name__)
    root = addresses.prefix(ports.site)
    cache = f"public, max-age={options.max_age}"

    @blueprint.get("/<path:path>")
    def document(path: str) -> Response:
        target = addresses.guessed(path) or path.removesuffix("/")
        if not addresses.is_document(target) or addresses.is_private(target):
            raise NotFound
        for _ in range(TRIES):
            found = ports.store.document_head(target)
            if found is None or found.gone:
                return _elsewhere(target, path, found)
            if target != path:
                return _moved(f"{root}/{target}", cache)
            request.environ[DOCUMENT] = path
            moment = request.headers.get("Accept-Datetime")
            if moment is not None and documents.remembers(found) and (led := timegate(ports, path, moment)):
                return led
            with suppress(Outdated):
                now = ports.now()
                return response(documents.reply(found, documents.read(found), asked(request.environ), now), now)
        raise ServiceUnavailable(retry_after=RETRY_AFTER)

    def _elsewhere(target: str, path: str, found: DocumentHead | None) -> Response:
        """What there is where no document is: a feed's page, another address, nothing any more or nothing at all."""
        name, slash, rest = target.partition("/")
        if not addresses.is_feed_name(name):
            raise Gone if found else NotFound
        feed = ports.store.feed(name)
        if feed is not None and target == path == name:
            return river(feed, "feed", None)
        if feed is not None and target == name:
            return _moved(f"{root}/{name}", cache)
        if feed is None and (not rest or addresses.split(target)):
            present = ports.store.former(name)
            # What became private is nobody's business.
            if present == "" or (present and not addresses.is_feed_name(present)):
                raise Gone
            if present:
                return _moved(f"{root}/{present}{slash}{rest}", cache)
        raise Gone if found else NotFound

    return blueprint


def _moved(location: str, cache: str) -> Response:
    headers = {
        "Location": location,
        "Cache-Control": cache,
        "Content-Type": "text/plain; charset=utf-8",
        **OPEN,
        **ALWAYS,
    }
    return Answer(f"The feed is at {location}\n", status=308, headers=headers)
