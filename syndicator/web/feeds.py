"""Published documents, as the very bytes that lie under `feeds/`, and the ways that lead to them."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.exceptions import Gone, NotFound

from syndicator.model import USUAL
from syndicator.ports import DocumentHead, Ports
from syndicator.web import addresses
from syndicator.web.addresses import FeedAddress, bare_type, feed_path, link
from syndicator.web.answers import ALWAYS, FEED_POLICY, Answer, Finished, Outdated, answer
from syndicator.web.options import WebOptions
from syndicator.web.rivers import River

_ARCHIVE = "public, max-age=86400, immutable"
"""An archive document is never cut anew (RFC 5005 4), but for what must go from it: that is gone within a day."""
_OPEN = {"Access-Control-Allow-Origin": "*"}
"""Everybody may read them: so may programs in anybody's browser."""


def feeds(ports: Ports, options: WebOptions, river: River) -> Blueprint:
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
        while True:
            found = ports.store.document_head(target)
            if found is None or found.gone:
                return _elsewhere(target, path, found)
            if target != path:
                return _moved(f"{root}/{target}", cache)
            with suppress(Outdated):
                return _answer(found, ports, options, cache)

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


def _answer(found: DocumentHead, ports: Ports, options: WebOptions, cache: str) -> Response:
    media_type, vary = _media_type(found.media_type, options.content_type)
    address = addresses.split(found.path)
    archived = address is not None and address.archive > 0
    headers = {
        "Cache-Control": _ARCHIVE if archived else cache,
        "Content-Security-Policy": FEED_POLICY,
        "Link": ", ".join(_links(found.path, address, ports)),
        **_OPEN,
    }
    if vary:
        headers["Vary"] = vary
    what = Finished(
        media_type=media_type,
        etag=found.etag,
        lengths=found.lengths,
        read=partial(ports.store.document_body, found.path, found.etag),
        changed=found.changed,
    )
    return answer(request, what, headers, ports.now())


def _media_type(registered: str, choice: str) -> tuple[str, str]:
    """The type to send and what it varies by. Only XML ever changes: browsers show it, with its style sheet."""
    bare, separator, parameters = registered.partition(";")
    if choice == "registered" or not bare.strip().endswith("+xml"):
        return registered, ""
    as_xml = f"application/xml{separator}{parameters}"
    if choice == "xml":
        return as_xml, ""
    navigated = request.headers.get("Sec-Fetch-Dest") == "document"
    return (as_xml if navigated else registered), "Sec-Fetch-Dest"


def _links(path: str, address: FeedAddress | None, ports: Ports) -> list[str]:
    """The relations that the document itself also carries, for clients that look at the header first."""
    site = ports.site
    if address is None:
        return [f'<{site.base_url}/{path}>; rel="self"']
    name, format = address.name, address.format
    feed = ports.store.feed(name) if addresses.is_feed_name(name) else None
    formats = feed.formats if feed else USUAL
    folder = path.rpartition("/")[0]
    return [
        link(site, path, "self", bare_type(format)),
        link(site, name, "alternate", "text/html"),
        *addresses.alternates(site, folder, [other for other in formats if other is not format]),
        *_chain(ports, address, archives=feed.archives if feed else not name and ports.policy.default_archives),
    ]


def _chain(ports: Ports, address: FeedAddress, *, archives: bool) -> list[str]:
    """The way through the archives (RFC 5005 4)."""
    name, format, number = address.name, address.format, address.archive
    before = number - 1 if number else ports.store.archives(name) if archives else 0
    links = []
    if before:
        path = addresses.archive_path(name, before, format)
        links.append(link(ports.site, path, "prev-archive", bare_type(format)))
    if number:
        links.append(link(ports.site, feed_path(name, format), "current", bare_type(format)))
    return links


def _moved(location: str, cache: str) -> Response:
    headers = {
        "Location": location,
        "Cache-Control": cache,
        "Content-Type": "text/plain; charset=utf-8",
        **_OPEN,
        **ALWAYS,
    }
    return Answer(f"The feed is at {location}\n", status=308, headers=headers)
