"""Licence and usage terms travel with the article, in each format's own way."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from syndicator.model import Article, Format
from tests.core.render.carrying import CARRYING
from tests.core.render.samples import SITE, article, document

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "cc": "http://web.resource.org/cc/",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "rss": "http://purl.org/rss/1.0/",
}
RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
BY = "https://creativecommons.org/licenses/by/4.0/"
Terms = tuple[str | None, str | None]
"""The wording that a person reads, and the address of the licence that a program follows."""


def _atom(holder: etree._Element) -> Terms:
    link = holder.find("a:link[@rel='license']", NS)
    return holder.findtext("a:rights", None, NS), None if link is None else link.get("href")


def atom(one: Article) -> Terms:
    return _atom(etree.fromstring(document(Format.ATOM, [one])).find("a:entry", NS))


def rss(one: Article) -> Terms:
    item = etree.fromstring(document(Format.RSS, [one])).find("channel/item")
    return item.findtext("dc:rights", None, NS), item.findtext("creativeCommons:license", None, NS)


def rdf(one: Article) -> Terms:
    item = etree.fromstring(document(Format.RDF, [one])).find("rss:item", NS)
    licence = item.find("cc:license", NS)
    return item.findtext("dc:rights", None, NS), None if licence is None else licence.get(RESOURCE)


def feed_json(one: Article) -> Terms:
    said = json.loads(document(Format.JSON, [one]))["items"][0]["_syndicator"]
    licence = said.get("licence")
    return said.get("rights", licence), licence if licence and licence.startswith("https://") else None


def ninjs(one: Article) -> Terms:
    said = json.loads(document(Format.NINJS, [one]))["associations"][0]
    wording = said.get("copyrightNotice", said.get("usageTerms"))
    return wording, said.get("rightsInfo", {}).get("linkedRights")


FORMATS: dict[Format, Callable[[Article], Terms]] = {
    Format.ATOM: atom,
    Format.RSS: rss,
    Format.JSON: feed_json,
    Format.RDF: rdf,
    Format.NINJS: ninjs,
}


@pytest.mark.parametrize("format", FORMATS, ids=str)
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"licence": BY}, (BY, BY)),
        ({"licence": BY, "rights": "© Ann & Co, quote freely"}, ("© Ann & Co, quote freely", BY)),
        ({"licence": "CC-BY-4.0"}, ("CC-BY-4.0", None)),
        ({"rights": "© Ann"}, ("© Ann", SITE.licence)),
        ({}, (SITE.licence, SITE.licence)),
    ],
    ids=["address", "address and wording", "name", "wording and the site's", "the site's"],
)
def test_terms_of_what_was_written_for_the_site(format: Format, fields: dict[str, str], expected: Terms) -> None:
    assert FORMATS[format](article(**fields)) == expected


@pytest.mark.parametrize("format", FORMATS, ids=str)
@pytest.mark.parametrize(
    ("fields", "of_feed", "expected"),
    [
        ({"licence": BY, "rights": ""}, "© The Mill", ("© The Mill", BY)),
        ({"licence": None, "rights": ""}, "© The Mill", ("© The Mill", None)),
        ({"licence": None, "rights": "© Ann"}, "© The Mill", ("© Ann", None)),
        ({"licence": None, "rights": ""}, "", (None, None)),
    ],
    ids=["licence and the feed's wording", "the feed's wording", "its own wording", "nothing"],
)
def test_terms_of_what_was_taken_from_elsewhere(
    format: Format, fields: dict[str, Any], of_feed: str, expected: Terms
) -> None:
    upstream = dataclasses.replace(CARRYING.upstream, rights=of_feed)
    assert FORMATS[format](dataclasses.replace(CARRYING, links=(), upstream=upstream, **fields)) == expected


def test_the_feeds_own_terms_are_in_its_head() -> None:
    found = etree.fromstring(document(Format.RDF, [])).find("rss:channel", NS)
    composite = json.loads(document(Format.NINJS, []))
    assert [
        etree.fromstring(document(Format.ATOM, [])).findtext("a:rights", None, NS),
        etree.fromstring(document(Format.RSS, [])).findtext("channel/copyright"),
        json.loads(document(Format.JSON, []))["_syndicator"]["licence"],
        found.findtext("dc:rights", None, NS),
        found.find("cc:license", NS).get(RESOURCE),
        composite["usageTerms"],
        composite["rightsInfo"]["linkedRights"],
    ] == [SITE.licence] * 7
