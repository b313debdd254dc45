"""Published documents, as the very bytes that lie under `feeds/`, and the ways that lead to them."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.exceptions import Gone, NotFound

from syndicator.model import Format, Site
from syndicator.ports import DocumentHead, Ports
from syndicator.web import addresses
from syndicator.web.answers import ALWAYS, FEED_POLICY, Answer, Finished, Outdated, answer
from syndicator.web.options import WebOptions


def feeds(ports: Ports, options: WebOptions) -> Blueprint:
    """Documents at the path of their URL, 308 from the usual guesses, 410 for what was removed."""
    blueprint = Blueprint("feeds", __name__)
    cache = f"public, max-age={options.max_age}"

    @blueprint.get("/<path:path>")
    def document(path: str) -> Response:
        target = addresses.guessed(path) or path.removesuffix("/")
        if not addresses.is_document(target):
            raise NotFound
        while True:
            found = ports.store.document_head(target)
            if found is None:
                raise NotFound
            if found.gone:
                raise Gone
            if target != path:
                return _moved(f"{addresses.prefix(ports.site)}/{target}", cache)
            with suppress(Outdated):
                return _answer(found, ports, options, cache)

    return blueprint


def _answer(found: DocumentHead, ports: Ports, options: WebOptions, cache: str) -> Response:
    media_type, vary = _media_type(found.media_type, options.content_type)
    headers = {"Cache-Control": cache, "Content-Security-Policy": FEED_POLICY}
    if vary:
        headers["Vary"] = vary
    links = _links(found.path, ports.site)
    if links:
        headers["Link"] = ", ".join(links)
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


def _links(path: str, site: Site) -> list[str]:
    """The relations that the document itself also carries, for clients that look at the header first."""
    feed = addresses.split(path)
    links = [f'<{site.base_url}/{path}>; rel="self"']
    if feed is not None:
        name, format = feed
        links[0] += f'; type="{addresses.bare_type(format)}"'
        links.append(f'<{site.base_url}/{name}>; rel="alternate"; type="text/html"')
        links += addresses.alternates(site, name, [other for other in Format if other is not format])
    return links


def _moved(location: str, cache: str) -> Response:
    headers = {"Location": location, "Cache-Control": cache, "Content-Type": "text/plain; charset=utf-8", **ALWAYS}
    return Answer(f"The feed is at {location}\n", status=308, headers=headers)
