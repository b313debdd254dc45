"""What the `Link` field of a document says, compared with what the document says itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from lxml import etree

from syndicator.core import render
from syndicator.core.render import Chain, relations
from syndicator.model import Feed, Format
from tests.core.render.samples import FULL, SITE, UPDATED

A, L = "{http://www.w3.org/2005/Atom}", "{http://purl.org/rss/1.0/modules/link/}"
RDF, RSS = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}", "{http://purl.org/rss/1.0/}"
BASE = SITE.base_url
FEEDS = {
    "default": Feed(name="", title="All"),
    "tag": Feed(name="tags/press", title="Press"),
    "composed": Feed(name="wire", title="Wire", formats=tuple(Format), archives=True),
    "private": Feed(name="private/board", title="Board", private=True, archives=True),
}
CHAINS = {
    "alone": Chain(),
    "current": Chain(previous=4),
    "archive": Chain(number=3, previous=2),
    "oldest": Chain(number=1),
}
Links = list[tuple[str, str, str]]
"""Relation, address and type, empty where none is told."""


def said(feed: Feed, format: Format, chain: Chain, *, remembered: bool = False) -> Links:
    value = relations.of_feed(feed, format, SITE, chain, remembered=remembered)
    found = re.findall(r'<([^<>]*)>; rel="([a-z-]+)"(?:; type="([^"]*)")?(?:, |\Z)', value)
    assert value == ", ".join(f'<{to}>; rel="{rel}"' + (f'; type="{type}"' if type else "") for to, rel, type in found)
    return [(rel, to, type) for to, rel, type in found]


def written(feed: Feed, format: Format, chain: Chain) -> Links:
    """The same of the document, as far as its format has words for it."""
    body = render.document(feed, format, SITE, [render.piece(FULL, format, SITE)], UPDATED, (), chain, 3600)
    if format is Format.JSON:
        return _json(json.loads(body))
    if format is Format.NINJS:
        found = [(one["name"], one["href"], one["contentType"]) for one in json.loads(body)["renditions"]]
        return [("alternate" if rel == "web" else rel, to, type) for rel, to, type in found]
    root = etree.fromstring(body)
    if format is Format.ATOM:
        return [(one.get("rel"), one.get("href"), one.get("type")) for one in root.iterfind(f"{A}link")]
    if format is Format.RSS:
        links = [(one.get("rel"), one.get("href"), one.get("type")) for one in root[0].iterfind(f"{A}link")]
        return [*links, ("alternate", root[0].findtext("link"), "text/html")]
    links = [
        (one.get(f"{L}rel").rpartition("/")[2], one.get(f"{RDF}resource"), one.get(f"{L}type"))
        for one in root[0].iterfind(f"{L}link")
    ]
    return [*links, ("alternate", root[0].findtext(f"{RSS}link"), "text/html")]


def _json(feed: dict[str, object]) -> Links:
    ours = feed["_syndicator"]
    assert isinstance(ours, dict)
    told = {"self": feed["feed_url"], "prev-archive": feed.get("next_url"), "current": ours.get("current")}
    links = [(rel, str(to), "application/feed+json") for rel, to in told.items() if to]
    return [*links, ("alternate", str(feed["home_page_url"]), "text/html")]


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
@pytest.mark.parametrize("name", ["default", "tag", "composed"])
def test_the_field_says_what_the_document_says_and_where_the_other_formats_are(
    name: str, chain: Chain, format: Format
) -> None:
    feed = FEEDS[name]
    folder = "/".join(part for part in (BASE, feed.archive(chain.number) if chain.number else feed.name) if part)
    others = [
        ("alternate", f"{folder}/{other}", relations.bare_type(other)) for other in feed.formats if other is not format
    ]
    # ninjs calls itself what it is, and its types are JSON's.
    assert sorted(said(feed, format, chain)) == sorted([*written(feed, format, chain), *others])


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_of_a_private_feed_it_says_nothing_but_where_the_document_is(chain: Chain, format: Format) -> None:
    feed = FEEDS["private"]
    own = next(to for rel, to, _ in written(feed, format, chain) if rel == "self")
    assert said(feed, format, chain, remembered=True) == [("self", own, "")]


@pytest.mark.parametrize("name", ["default", "tag", "composed"])
@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_only_a_current_document_has_a_past(name: str, chain: Chain) -> None:
    feed = FEEDS[name]
    plain, path = said(feed, Format.RSS, chain), feed.path(Format.RSS)
    past = [("timegate", f"{BASE}/{path}", ""), ("timemap", f"{BASE}/timemaps/{path}", "application/link-format")]
    assert said(feed, Format.RSS, chain, remembered=True) == plain + ([] if chain.number else past)


def test_a_document_about_the_site_says_where_it_is() -> None:
    below = replace(SITE, base_url="https://example.org/news")
    assert relations.of_document(below, ".well-known/feeds") == (
        '<https://example.org/news/.well-known/feeds>; rel="self"'
    )
