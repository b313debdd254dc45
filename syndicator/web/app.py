"""The two web apps: the public one, and the operator's. Both are functions of the ports."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, request

from syndicator.core.feeds import default_feed
from syndicator.ports import Ports
from syndicator.web import addresses, limits, refusals
from syndicator.web.answers import ALWAYS
from syndicator.web.clients import clients
from syndicator.web.counting import Note
from syndicator.web.documents import Documents
from syndicator.web.feeds import feeds
from syndicator.web.files import files, load_static, ready
from syndicator.web.front import Front
from syndicator.web.gate import gate
from syndicator.web.layout import renderer
from syndicator.web.mementos import mementos
from syndicator.web.ops import ops
from syndicator.web.options import WebOptions
from syndicator.web.pages import pages
from syndicator.web.private import private
from syndicator.web.rivers import paging, rivers
from syndicator.web.shelf import Shelf


def create_app(ports: Ports, options: WebOptions | None = None, note: Callable[[Note], object] | None = None) -> Flask:
    """The public app: documents, pages, media, `/healthz`. It only reads, and answers GET, HEAD and OPTIONS.

    With `options.memory` finished documents are answered from memory, before Flask. `note` is told what every
    request came to.
    """
    options = options or WebOptions()
    static = load_static()
    fixed = ready(static, options)
    documents = Documents(ports, options)
    render = renderer(ports, static)
    main = default_feed(ports.site, ports.policy.items)
    page = paging(ports, options)
    river = rivers(ports, options, render, page, main)
    app = _empty()
    for blueprint in (
        pages(ports, render, page, river, main),
        files(ports, options, fixed),
        ops(ports),
        private(ports, options, documents),
        mementos(ports, options),
        feeds(ports, options, documents, river),
    ):
        app.register_blueprint(blueprint)
    refusals.install(app, render)
    limits.install(app, options)
    app.wsgi_app = Front(  # type: ignore[method-assign]
        gate(app.wsgi_app, addresses.host(ports.site)),
        documents=documents,
        shelf=Shelf(ports.store, options.memory) if options.memory else None,
        ready=fixed,
        now=ports.now,
        client=clients(options.proxies),
        note=note or _forgotten,
    )
    return app


def _forgotten(_: Note) -> None:
    """Nobody wants to know."""


def create_admin(ports: Ports, options: WebOptions | None = None) -> Flask:
    """The operator's app, for a listener on loopback: `/healthz?detail` tells everything.

    It answers only to plain addresses, `localhost` and `options.admin_hosts`, so that a page in the operator's
    browser cannot read it under a name of its own (DNS rebinding).
    """
    names = (options or WebOptions()).admin_hosts | {"localhost"}
    app = _empty()
    app.register_blueprint(ops(ports, detailed=True))
    refusals.install(app, None)
    app.wsgi_app = gate(app.wsgi_app, "localhost", lambda host: _is_ours(host, names))  # type: ignore[method-assign, assignment]
    return app


def _empty() -> Flask:
    """Flask without anything that would look at the request's host or at the disk."""
    app = Flask("syndicator.web", static_folder=None, template_folder=None)
    # Werkzeug would redirect to addresses made from the Host header.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    app.after_request(_alike)
    return app


def _alike(response: Response) -> Response:
    """Flask answers OPTIONS by itself, as HTML, and names methods in an order that each process has for itself."""
    if request.method == "OPTIONS":
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
        response.headers.update(ALWAYS)
    if "Allow" in response.headers:
        response.headers["Allow"] = ", ".join(sorted(response.allow))
    return response


def _is_ours(host: str, names: frozenset[str]) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in names
    return True
