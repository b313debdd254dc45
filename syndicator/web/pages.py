"""Pages for people: the newest articles, one article, a tag or an author, every feed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, Gone, NotFound

from syndicator.core import digests
from syndicator.core.feeds import term_feed
from syndicator.flows.named import feed_named
from syndicator.model import Feed, Status, Term
from syndicator.ports import Ports
from syndicator.web import addresses, layout, views
from syndicator.web.layout import Render
from syndicator.web.rivers import KINDS, Page, River

_SLUG = re.compile(r"[a-z0-9-]{1,200}\Z")
_NUMBER = re.compile(r"[1-9]\d{0,4}\Z")
FEEDS_ON_A_PAGE = 200
"""Tags, or authors, whose feeds `/feeds` lists at a time."""
_UNSEEN = (Status.DRAFT, Status.SCHEDULED)


def pages(ports: Ports, render: Render, page: Page, river: River, main: Feed) -> Blueprint:
    """`/`, `/articles/<slug>`, `/tags/<slug>`, `/authors/<slug>`, `/sources/<slug>`, `/feeds`.

    `main` is the default feed.
    """
    blueprint = Blueprint("pages", __name__)
    site, store = ports.site, ports.store

    def term_page(kind: str, slug: str) -> Response:
        term = store.term(kind, slug) if _SLUG.match(slug) else None
        if term is None:
            raise NotFound
        return river(term_feed(site, term, ports.policy.items), "tag" if kind == "tags" else "author", term.name)

    @blueprint.get("/")
    def front() -> Response:
        return river(main, "", None)

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
        return river(feed, "", None)

    @blueprint.get("/articles/<slug>")
    def article(slug: str) -> Response:
        found = store.article(slug) if _SLUG.match(slug) else None
        if found is None or found.slug != slug or found.status in _UNSEEN or digests.is_private(found):
            raise NotFound
        if not found.status.is_shown:
            # Of what nobody ever saw, nobody need know that it was.
            raise Gone if found.sort_key or found.status is not Status.KILLED else NotFound
        return page(render("article.html", article=views.whole(found, site), feeds=[]), [main])

    @blueprint.get("/feeds")
    def every_feed() -> Response:
        asked = [kind for kind in KINDS if kind in request.args]
        pages = {kind: _page_number(request.args.get(kind)) for kind in asked[:1] or KINDS}
        found = [_term_feeds(ports, kind, number) for kind, number in pages.items()]
        if asked and not found[0].terms:
            raise NotFound
        canonical = None if asked else f"{site.base_url}/feeds"
        composed = [] if asked else _composed_feeds(ports)
        html = render(
            "feeds.html",
            kinds=found,
            feeds=[],
            canonical=canonical,
            first=not asked,
            composed=composed,
            opml=store.document_head("opml.xml") is not None,
        )
        return page(html, [main])

    return blueprint


@dataclass(frozen=True, slots=True, kw_only=True)
class _Composed:
    """A composed feed as the list of feeds shows it; `archived`: all that ever was in it can be had."""

    title: str
    description: str
    language: str | None
    href: str
    links: list[layout.FeedLink]
    archived: bool


def _composed_feeds(ports: Ports) -> list[_Composed]:
    return [
        _Composed(
            title=feed.title or feed.name,
            description=feed.description,
            language=feed.language,
            href=f"{addresses.prefix(ports.site)}/{feed.name}",
            links=layout.feed_links(ports.site, feed.name, feed.title or feed.name, feed.formats),
            archived=feed.archives,
        )
        for feed in ports.store.feeds()
        if feed.name and not feed.private
    ]


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
