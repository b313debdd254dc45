"""RSS 1.0: what it says, that it is RDF, and that every item is in the sequence."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from syndicator.core import render
from syndicator.model import Article, Feed, Format, Site
from tests.core.render.carrying import ARTICLES, CARRYING, HOSTILE
from tests.core.render.samples import ALL, FEED, FULL, NASTY, PLAIN, SITE, UPDATED, article, document

NS = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rss": "http://purl.org/rss/1.0/",
    "cc": "http://web.resource.org/cc/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "georss": "http://www.georss.org/georss",
    "l": "http://purl.org/rss/1.0/modules/link/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
}
RDF, LINK = "{" + NS["rdf"] + "}", "{" + NS["l"] + "}"
IANA = "http://www.iana.org/assignments/relation/"


def parsed(*articles: Article, feed: Feed = FEED, site: Site = SITE) -> etree._Element:
    return etree.fromstring(document(Format.RDF, articles, feed=feed, site=site))


def item(one: Article = FULL) -> etree._Element:
    return parsed(one).find("rss:item", NS)


def texts(element: etree._Element, *names: str) -> list[str | None]:
    return [element.findtext(name, None, NS) for name in names]


def links(element: etree._Element) -> list[tuple[str, str]]:
    found = [(link.get(f"{LINK}rel"), link.get(f"{RDF}resource")) for link in element.iterfind("l:link", NS)]
    return [(rel.removeprefix(IANA), href) for rel, href in found]


class TestItem:
    def test_it_carries_what_rss_1_has_a_place_for(self) -> None:
        names = ("rss:title", "rss:link", "rss:description", "dc:date", "dcterms:modified", "dc:language", "dc:rights")
        assert (item().get(f"{RDF}about"), texts(item(), *names)) == (
            FULL.id,
            [
                "Flour & water",
                FULL.url,
                "The mill opened.",
                "2024-01-23T08:30:01Z",
                "2024-01-24T05:06:07Z",
                "de",
                FULL.licence,
            ],
        )
        assert [creator.text for creator in item().iterfind("dc:creator", NS)] == ["Ann Other", "Böb"]
        assert [subject.text for subject in item().iterfind("dc:subject", NS)] == ["press", "AT&T", "brot & salz"]
        assert (
            item()
            .findtext("content:encoded", None, NS)
            .endswith('src="https://news.example.org/media/b.png" alt=""></p>')
        )

    def test_links_are_of_the_link_module_with_relations_as_uris(self) -> None:
        assert links(item()) == [
            ("related", "https://elsewhere.example/salt"),
            ("via", "https://via.example/1"),
            ("enclosure", "https://news.example.org/media/talk.mp3"),
            ("enclosure", "https://elsewhere.example/clip.mp4"),
            ("enclosure", "https://news.example.org/media/mill.jpg"),
        ]
        assert item().findtext("dc:relation", None, NS) == "Yeast, no address"

    def test_what_came_from_elsewhere_names_its_feed_place_and_replies(self) -> None:
        found = item(CARRYING)
        names = ("dc:publisher", "dc:source", "georss:point", "slash:comments")
        assert texts(found, *names) == [
            CARRYING.upstream.title,
            CARRYING.upstream.feed_url,
            "52.51627 -13.377722",
            "3",
        ]
        assert ("replies", CARRYING.comments) in links(found)

    def test_an_article_that_was_not_changed_has_one_date(self) -> None:
        assert texts(item(article()), "dc:date", "dcterms:modified") == ["2024-01-23T08:30:01Z", None]

    def test_content_that_would_end_its_section_is_escaped(self) -> None:
        assert (
            item(article(body='<p title="]]>">x</p>')).findtext("content:encoded", None, NS) == '<p title="]]>">x</p>'
        )


class TestDocument:
    @pytest.mark.parametrize("articles", [(), (FULL,), PLAIN, NASTY, ALL, HOSTILE], ids=len)
    def test_the_sequence_lists_every_item_in_order(self, articles: tuple[Article, ...]) -> None:
        root = parsed(*articles)
        listed = [one.get(f"{RDF}resource") for one in root.iterfind("rss:channel/rss:items/rdf:Seq/rdf:li", NS)]
        assert (
            listed == [one.get(f"{RDF}about") for one in root.iterfind("rss:item", NS)] == [one.id for one in articles]
        )

    def test_an_id_with_signs_of_xml_is_listed_as_it_is(self) -> None:
        id = "https://mill.example/?a=1&b='2'&amp;c=%22"
        assert parsed(article(id=id)).find("rss:channel/rss:items/rdf:Seq/rdf:li", NS).get(f"{RDF}resource") == id

    def test_the_channel_says_what_the_feed_is(self) -> None:
        channel = parsed().find("rss:channel", NS)
        names = ("rss:title", "rss:link", "rss:description", "dc:creator", "dc:date", "dc:language", "dc:rights")
        assert (channel.get(f"{RDF}about"), texts(channel, *names)) == (
            "https://news.example.org/feed.rdf",
            [
                "Example News",
                "https://news.example.org/",
                "Everything we publish.",
                "The Desk",
                "2024-05-01T12:00:00Z",
                "en",
                SITE.licence,
            ],
        )
        assert links(channel) == [("self", "https://news.example.org/feed.rdf")]
        assert channel.find("rss:image", NS) is None

    def test_an_image_is_named_in_the_channel_and_described_beside_it(self) -> None:
        root = parsed(feed=dataclasses.replace(FEED, image="https://news.example.org/logo.png"))
        image = root.find("rss:image", NS)
        assert root.find("rss:channel/rss:image", NS).get(f"{RDF}resource") == image.get(f"{RDF}about")
        assert texts(image, "rss:title", "rss:url", "rss:link") == [
            "Example News",
            "https://news.example.org/logo.png",
            "https://news.example.org/",
        ]

    def test_an_archive_leads_to_the_one_before_it_and_to_the_current_document(self) -> None:
        feed = Feed(name="bread", title="Bread", archives=True)
        body = render.document(feed, Format.RDF, SITE, [], UPDATED, chain=render.Chain(number=2, previous=1))
        assert links(etree.fromstring(body).find("rss:channel", NS)) == [
            ("self", "https://news.example.org/bread/archives/2/feed.rdf"),
            ("current", "https://news.example.org/bread/feed.rdf"),
            ("prev-archive", "https://news.example.org/bread/archives/1/feed.rdf"),
        ]


def _is_rdf(root: etree._Element) -> list[Any]:
    """What RDF/XML does not allow of properties and nodes (RDF 1.1 XML Syntax 6.1.4 and 7.2)."""
    wrong: list[Any] = []
    for element in root.iter(etree.Element):
        plain = [name for name in element.attrib if not name.startswith("{")]
        resource, children = element.get(f"{RDF}resource"), len(element)
        mixed = children and (element.text or "").strip()
        wrong += [(element.tag, plain)] if plain else []
        wrong += [(element.tag, "resource and content")] if resource is not None and (children or element.text) else []
        wrong += [(element.tag, "mixed content")] if mixed else []
    return wrong


@pytest.mark.parametrize(
    "articles", [PLAIN, NASTY, HOSTILE, (CARRYING,)], ids=["plain", "nasty", "hostile", "carrying"]
)
def test_every_element_is_a_property_that_rdf_allows(articles: tuple[Article, ...]) -> None:
    assert _is_rdf(parsed(*articles)) == []


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(one=ARTICLES)
def test_any_article_has_what_rss_1_demands(one: Article) -> None:
    root = parsed(one)
    assert _is_rdf(root) == []
    assert all(texts(root.find("rss:item", NS), "rss:title", "rss:link"))
    once = ("dc:date", "dc:language", "dc:rights", "dc:source", "content:encoded", "dc:type", "dc:format")
    assert [name for name in once if len(root.findall(f"rss:item/{name}", NS)) > 1] == []
