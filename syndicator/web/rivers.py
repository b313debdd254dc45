"""Lists of articles for people: the newest, those of a tag, an author or a source, those of a composed feed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Response, request
from werkzeug.exceptions import BadRequest, NotFound

from syndicator.core.render import relations
from syndicator.model import Article, Feed
from syndicator.ports import Ports
from syndicator.web import addresses, layout, views
from syndicator.web.answers import PAGE_POLICY, answer, finished
from syndicator.web.layout import Render
from syndicator.web.options import WebOptions

KINDS = ("tags", "authors")
_PLACE = re.compile(r"[\x21-\x7e]{1,300}\Z")
_NUMBER = re.compile(r"[1-9]\d{0,8}\Z")
_TERMS_SHOWN = 24

Page = Callable[[str, Sequence[Feed]], Response]
"""Answers with a page, given its HTML and the feeds that its `Link` header leads to, its own first."""
River = Callable[[Feed, str, str | None], Response]
"""Answers with a page of a feed's articles, given what kind of feed it is (empty for the default one) and what it is
called where that is not its title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Some articles of a feed, newest first, and the query that leads to those after them; None: there are none."""

    articles: list[Article]
    older: str | None


def paging(ports: Ports, options: WebOptions) -> Page:
    """How pages are sent."""
    cache = f"public, max-age={options.page_max_age}"

    def page(html: str, feeds: Sequence[Feed]) -> Response:
        named = {feed.name: feed for feed in feeds}.values()
        links = [link for feed in named for link in relations.alternates(ports.site, feed.name, feed.formats)]
        headers = {"Cache-Control": cache, "Content-Security-Policy": PAGE_POLICY, "Link": ", ".join(links)}
        return answer(request, finished(html.encode(), "text/html; charset=utf-8"), headers, ports.now())

    return page


def rivers(ports: Ports, options: WebOptions, render: Render, page: Page, main: Feed) -> River:
    """Pages of feeds; `main` is the default feed, to which all of them lead too."""
    site = ports.site
    root = addresses.prefix(site)
    zone = ZoneInfo(ports.policy.timezone)

    def river(feed: Feed, kind: str, name: str | None) -> Response:
        first = "before" not in request.args and "archive" not in request.args
        found = _composed(ports, feed, options.page_size) if kind == "feed" else _asked(ports, feed, options.page_size)
        here = f"{root}/{feed.name}"
        html = render(
            "river.html",
            feed=feed,
            kind=kind,
            name=name or feed.title,
            days=views.days(found.articles, site, lambda moment: layout.day(moment, zone)),
            feeds=layout.feed_links(site, feed.name, feed.title, feed.formats),
            here=here,
            canonical=f"{site.base_url}/{feed.name}" if first else None,
            newest=None if first else here,
            older=f"{here}?{found.older}" if found.older else None,
            **_terms(ports, root),
        )
        return page(html, [feed, main])

    return river


def older_than(place: str) -> str:
    """The query of a page that begins below a place."""
    return f"before={quote(place)}"


def _asked(ports: Ports, feed: Feed, size: int) -> _Stretch:
    found = ports.store.select(feed.query, size + 1, _before())
    shown = found[:size]
    return _Stretch(articles=shown, older=older_than(shown[-1].sort_key) if len(found) > size else None)


def _composed(ports: Ports, feed: Feed, size: int) -> _Stretch:
    """What is in the current document page by page, then an archive on each page, the newest first."""
    newest = ports.store.archives(feed.name)
    asked = request.args.get("archive")
    if asked is not None:
        number = int(asked) if _NUMBER.match(asked) else 0
        if not number:
            raise BadRequest
        if number > newest:
            raise NotFound
        return _Stretch(articles=_archived(ports, feed, number), older=_archive(number - 1))
    places = ports.store.places(feed.name, size + 1, _before())
    found = ports.store.states([place.key for place in places[:size]])
    articles = [found[place.key] for place in places[:size] if place.key in found]
    older = older_than(places[size - 1].sort_key) if len(places) > size else _archive(newest)
    return _Stretch(articles=articles, older=older)


def _archive(number: int) -> str | None:
    return f"archive={number}" if number else None


def _archived(ports: Ports, feed: Feed, number: int) -> list[Article]:
    """What an archive holds as it is now, but for what is in the current document again."""
    held = [key for key, revision in ports.store.held(feed.name, number) if revision > 0]
    again = {place.key for place in ports.store.places(feed.name)}
    found = ports.store.states([key for key in held if key not in again])
    return [found[key] for key in held if key in found and found[key].status.is_shown]


def _before() -> str | None:
    before = request.args.get("before")
    if before is not None and not _PLACE.match(before):
        raise BadRequest
    return before


def _terms(ports: Ports, root: str) -> dict[str, object]:
    found = {kind: ports.store.terms(kind, limit=_TERMS_SHOWN + 1) for kind in KINDS}
    return {
        "terms": [
            (kind, [(term, count, f"{root}/{kind}/{term.slug}") for term, count in terms[:_TERMS_SHOWN]])
            for kind, terms in found.items()
        ],
        "more_terms": any(len(terms) > _TERMS_SHOWN for terms in found.values()),
    }
