"""Pages for people: the newest articles, one article, a tag or an author, every feed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, Gone, NotFound

from syndicator.core.feeds import default_feed, term_feed
from syndicator.flows.publish import feed_named
from syndicator.model import Feed, Status, Term
from syndicator.ports import Ports
from syndicator.web import addresses, layout, views
from syndicator.web.answers import PAGE_POLICY, answer, finished
from syndicator.web.layout import Render
from syndicator.web.options import WebOptions

_SLUG = re.compile(r"[a-z0-9-]{1,200}\Z")
_SORT_KEY = re.compile(r"[\x21-\x7e]{1,300}\Z")
_NUMBER = re.compile(r"[1-9]\d{0,4}\Z")
_KINDS = ("tags", "authors")
_TERMS_SHOWN = 24
FEEDS_ON_A_PAGE = 200
"""Tags, or authors, whose feeds `/feeds` lists at a time."""
_UNSEEN = (Status.DRAFT, Status.SCHEDULED)


def pages(ports: Ports, options: WebOptions, render: Render) -> Blueprint:
    """`/`, `/articles/<slug>`, `/tags/<slug>`, `/authors/<slug>`, `/sources/<slug>`, `/feeds`."""
    blueprint = Blueprint("pages", __name__)
    site, store = ports.site, ports.store
    root = addresses.prefix(site)
    zone = ZoneInfo(ports.policy.timezone)
    cache = f"public, max-age={options.page_max_age}"

    def page(html: str, names: Sequence[str]) -> Response:
        links = [link for name in dict.fromkeys(names) for link in addresses.alternates(site, name)]
        headers = {"Cache-Control": cache, "Content-Security-Policy": PAGE_POLICY, "Link": ", ".join(links)}
        return answer(request, finished(html.encode(), "text/html; charset=utf-8"), headers, ports.now())

    def river(feed: Feed, term: Term | None) -> Response:
        before = request.args.get("before")
        if before is not None and not _SORT_KEY.match(before):
            raise BadRequest
        found = store.select(feed.query, options.page_size + 1, before)
        shown = found[: options.page_size]
        here = f"{root}/{feed.name}"
        older = f"{here}?before={quote(shown[-1].sort_key)}" if len(found) > len(shown) else None
        html = render(
            "river.html",
            feed=feed,
            term=term,
            days=views.days(shown, site, lambda moment: layout.day(moment, zone)),
            feeds=layout.feed_links(site, feed.name, feed.title),
            here=here,
            canonical=None if before else f"{site.base_url}/{feed.name}",
            newest=here if before else None,
            older=older,
            **_terms(ports, root),
        )
        return page(html, [feed.name, ""])

    def term_page(kind: str, slug: str) -> Response:
        term = store.term(kind, slug) if _SLUG.match(slug) else None
        if term is None:
            raise NotFound
        return river(term_feed(site, term, ports.policy.items), term)

    @blueprint.get("/")
    def front() -> Response:
        return river(default_feed(site, ports.policy.items), None)

    @blueprint.get("/tags/<slug>")
    def tag(slug: str) -> Response:
        return term_page("tags", slug)

    @blueprint.get("/authors/<slug>")
    def author(slug: str) -> Response:
        return term_page("authors", slug)

    @blueprint.get("/sources/<slug>")
    def source(slug: str) -> Response:
        feed = feed_named(ports, f"sources/{slug}") if _SLUG.match(slug) else None
        if feed is None:
            raise NotFound
        return river(feed, None)

    @blueprint.get("/articles/<slug>")
    def article(slug: str) -> Response:
        found = store.article(slug) if _SLUG.match(slug) else None
        if found is None or found.slug != slug or found.status in _UNSEEN:
            raise NotFound
        if found.status is not Status.PUBLISHED:
            raise Gone
        return page(render("article.html", article=views.whole(found, site), feeds=[]), [""])

    @blueprint.get("/feeds")
    def every_feed() -> Response:
        asked = [kind for kind in _KINDS if kind in request.args]
        pages = {kind: _page_number(request.args.get(kind)) for kind in asked[:1] or _KINDS}
        found = [_term_feeds(ports, kind, number) for kind, number in pages.items()]
        if asked and not found[0].terms:
            raise NotFound
        canonical = None if asked else f"{site.base_url}/feeds"
        return page(render("feeds.html", kinds=found, feeds=[], canonical=canonical, first=not asked), [""])

    return blueprint


@dataclass(frozen=True, slots=True, kw_only=True)
class _TermFeeds:
    """A page of the feeds of tags or authors; `before` and `after` number those beside it, None: there is none."""

    kind: str
    terms: list[tuple[Term, int, list[layout.FeedLink]]]
    before: int | None
    after: int | None


def _term_feeds(ports: Ports, kind: str, number: int) -> _TermFeeds:
    found = ports.store.terms(kind, limit=FEEDS_ON_A_PAGE + 1, offset=(number - 1) * FEEDS_ON_A_PAGE)
    return _TermFeeds(
        kind=kind,
        terms=[
            (term, count, layout.feed_links(ports.site, f"{kind}/{term.slug}", term.name))
            for term, count in found[:FEEDS_ON_A_PAGE]
        ],
        before=number - 1 if number > 1 else None,
        after=number + 1 if len(found) > FEEDS_ON_A_PAGE else None,
    )


def _page_number(text: str | None) -> int:
    if text is not None and not _NUMBER.match(text):
        raise BadRequest
    return int(text or 1)


def _terms(ports: Ports, root: str) -> dict[str, object]:
    found = {kind: ports.store.terms(kind, limit=_TERMS_SHOWN + 1) for kind in _KINDS}
    return {
        "terms": [
            (kind, [(term, count, f"{root}/{kind}/{term.slug}") for term, count in terms[:_TERMS_SHOWN]])
            for kind, terms in found.items()
        ],
        "more_terms": any(len(terms) > _TERMS_SHOWN for terms in found.values()),
    }
