"""Sitemaps and lists of feeds: valid, dated by what they list, and without what is nobody's business."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from syndicator.core.lists import read_list
from syndicator.core.render import listings
from syndicator.model import Article, Feed, Format, Site, Source, Status, Subscription, utc
from tests.conftest import shared

NOW = utc(2026, 5, 1, 12)
SITE = Site(
    id="urn:uuid:6f1c2c0e-4b7d-4a55-9a43-0d3d5b1b3c11",
    base_url="https://news.example",
    title="Ships & <Harbours>",
    created=utc(2023, 12, 1),
    language="en-GB",
)
NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}
NEWS_SCHEMA = """<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"
  targetNamespace="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns="http://www.google.com/schemas/sitemap-news/0.9">
<xsd:simpleType name="words"><xsd:restriction base="xsd:string"><xsd:pattern value="\\S(.*\\S)?"/></xsd:restriction>
</xsd:simpleType>
<xsd:element name="news"><xsd:complexType><xsd:sequence>
  <xsd:element name="publication"><xsd:complexType><xsd:sequence>
    <xsd:element name="name" type="words"/>
    <xsd:element name="language"><xsd:simpleType><xsd:restriction base="xsd:string">
      <xsd:pattern value="[a-z]{2,3}|zh-cn|zh-tw"/></xsd:restriction></xsd:simpleType></xsd:element>
  </xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="publication_date" type="xsd:dateTime"/>
  <xsd:element name="title" type="words"/>
</xsd:sequence></xsd:complexType></xsd:element>
</xsd:schema>"""


def article(title: str = "A ferry & a <lake>", published: datetime = NOW, /, **given: object) -> Article:
    made = Article(
        source="seeds",
        title=title,
        id=f"urn:test:{title}",
        slug="a-ferry",
        language="en",
        published=published,
        updated=published,
        first_seen=published,
        changed=published,
        revision=1,
    )
    return replace(made, **given)  # type: ignore[arg-type]


@cache
def schema() -> etree.XMLSchema:
    """The sitemaps' own schema, strict about what the news add to it."""
    ours = shared("schemas", "sitemap.xsd")

    class Local(etree.Resolver):
        def resolve(self, url: str, _public: str, context: object) -> object:
            text = NEWS_SCHEMA if url.endswith("news.xsd") else Path(ours).read_text()
            return self.resolve_string(text, context)  # type: ignore[attr-defined]

    parser = etree.XMLParser()
    parser.resolvers.add(Local())
    both = "".join(
        f'<xsd:import namespace="{space}" schemaLocation="{name}"/>'
        for space, name in ((NS["s"], "sitemap.xsd"), (NS["n"], "news.xsd"))
    )
    return etree.XMLSchema(
        etree.fromstring(f'<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema">{both}</xsd:schema>', parser)
    )


def checked(body: bytes) -> etree._Element:
    root = etree.fromstring(body)
    schema().assertValid(root)
    return root


def found(root: etree._Element, path: str) -> list[str]:
    return [element.text or "" for element in root.findall(path, NS)]


def test_a_sitemap_names_our_pages_and_when_they_were_last_corrected() -> None:
    articles = [
        article(slug="one"),
        article(published=utc(2024, 2, 29), updated=utc(2025, 1, 2, 3, 4, 5), slug="two"),
        article(slug="three", status=Status.RETRACTED),
    ]
    root = checked(listings.sitemap(articles, SITE))
    assert found(root, "s:url/s:loc") == [f"https://news.example/articles/{slug}" for slug in ("one", "two", "three")]
    dates = ["2026-05-01T12:00:00Z", "2025-01-02T03:04:05Z", "2026-05-01T12:00:00Z"]
    assert found(root, "s:url/s:lastmod") == dates


UNLISTED = [
    {"url": "https://elsewhere.example/a"},
    {"status": Status.DRAFT},
    {"status": Status.SCHEDULED},
    {"status": Status.EXPIRED},
    {"status": Status.WITHDRAWN},
    {"status": Status.KILLED},
    {"source": "digest:weekly"},
    {"source": "digest:private/board"},
]


@pytest.mark.parametrize("given", UNLISTED, ids=str)
def test_what_is_not_shown_or_is_at_home_elsewhere_is_in_no_sitemap(given: dict[str, object]) -> None:
    one = article(**given)
    assert (listings.sitemap([one], SITE), listings.news_sitemap([one], SITE, NOW)) == (b"", b"")
    assert listings.news_until(one) is None
    kept = found(checked(listings.sitemap([one, article(slug="kept")], SITE)), "s:url/s:loc")
    assert kept == ["https://news.example/articles/kept"]


def test_a_full_part_and_a_base_url_with_an_ampersand_are_valid() -> None:
    site = replace(SITE, base_url="https://news.example/a&b'c")
    root = checked(listings.sitemap([article(slug=f"n-{number}") for number in range(listings.PART)], site))
    assert len(root) == listings.PART
    assert found(root, "s:url/s:loc")[-1] == "https://news.example/a&b'c/articles/n-199"


def test_the_index_names_the_parts() -> None:
    root = etree.fromstring(listings.sitemap_index(["sitemaps/0.xml", "sitemaps/12.xml"], SITE))
    assert root.tag == f"{{{NS['s']}}}sitemapindex"
    assert [child.tag for child in root] == [f"{{{NS['s']}}}sitemap"] * 2
    expected = [f"https://news.example/sitemaps/{number}.xml" for number in (0, 12)]
    assert found(root, "s:sitemap/s:loc") == expected
    assert listings.sitemap_index([], SITE) == b""


def test_news_tell_publication_language_date_and_title() -> None:
    root = checked(listings.news_sitemap([article()], SITE, NOW))
    assert found(root, "s:url/s:loc") == ["https://news.example/articles/a-ferry"]
    news = root.find("s:url/n:news", NS)
    assert news is not None
    texts = [(etree.QName(element).localname, element.text) for element in news.iter() if element.text]
    assert texts == [
        ("name", "Ships & <Harbours>"),
        ("language", "en"),
        ("publication_date", "2026-05-01T12:00:00Z"),
        ("title", "A ferry & a <lake>"),
    ]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "en"),
        ("de-AT", "de"),
        ("zh", "zh-cn"),
        ("zh-Hans-CN", "zh-cn"),
        ("zh-Hant", "zh-tw"),
        ("zh-TW", "zh-tw"),
        ("fil", "fil"),
        (None, "en"),
        ("x-klingon", "und"),
        ("<b>", "und"),
    ],
)
def test_a_language_is_written_as_the_news_want_it(language: str | None, expected: str) -> None:
    root = checked(listings.news_sitemap([article(language=language)], SITE, NOW))
    assert found(root, ".//n:language") == [expected]


@pytest.mark.parametrize(
    ("published", "listed"),
    [
        (NOW, True),
        (NOW - timedelta(days=2) + timedelta(seconds=1), True),
        (NOW - timedelta(days=2), False),
        (NOW - timedelta(days=400), False),
        (NOW + timedelta(minutes=30), True),
    ],
)
def test_news_are_news_for_two_days(published: datetime, listed: bool) -> None:
    one = article("Title", published)
    assert bool(listings.news_sitemap([one], SITE, NOW)) is listed
    assert listings.news_until(one) == published + timedelta(days=2)


def test_a_retracted_article_is_no_news_and_a_thousand_are_the_most() -> None:
    assert listings.news_sitemap([article(status=Status.RETRACTED)], SITE, NOW) == b""
    many = [article(slug=f"n-{number}") for number in range(1001)]
    locations = found(checked(listings.news_sitemap(many, SITE, NOW)), "s:url/s:loc")
    assert (len(locations), locations[-1]) == (1000, "https://news.example/articles/n-999")


@pytest.mark.parametrize("title", ["", " \n ", "\u200b"])
@pytest.mark.parametrize(("summary", "expected"), [("What happened.", "What happened."), ("", "a-ferry")])
def test_news_without_a_title_have_one_all_the_same(title: str, summary: str, expected: str) -> None:
    body = listings.news_sitemap([article(title, summary=summary)], SITE, NOW)
    assert found(checked(body), ".//n:title") == [expected]


def test_the_list_of_sources_is_read_back_by_our_own_reader_without_secrets() -> None:
    sources = [
        (Source(id="a", url="https://ann:secret@a.example/feed?token=secret&page=1", tags=("Boats",)), "", None),
        (Source(id="b", url="https://b.example/rss", paused=True, language="pl"), 'Be "&" <b>', "https://b.example/"),
    ]
    body = listings.source_list(sources, SITE)
    assert b"secret" not in body
    found = read_list(body, "opml.xml")
    assert (found.format, found.title, found.notices) == ("opml", "Ships & <Harbours>: what we read", ())
    assert found.subscriptions == (
        Subscription(url="https://a.example/feed?page=1", tags=("Boats",)),
        Subscription(
            url="https://b.example/rss", title='Be "&" <b>', page="https://b.example/", paused=True, language="pl"
        ),
    )
    assert listings.source_list([], SITE) == b""


def test_the_list_of_our_feeds_names_each_in_its_best_format_and_no_private_one() -> None:
    feeds = [
        Feed(name="", title="Everything"),
        Feed(name="boats", title="Boats & ships", formats=(Format.NINJS, Format.JSON, Format.RSS), language="pl"),
        Feed(name="partners", title="Partners", formats=(Format.NINJS,)),
        Feed(name="private/board", title="Board", private=True),
        Feed(name="sources/lake", title="The Lake"),
    ]
    found = read_list(listings.feed_list(feeds, SITE), "feeds")
    assert found.notices == ()
    assert found.subscriptions == (
        Subscription(
            url="https://news.example/feed.xml", title="Everything", page="https://news.example/", language="en-GB"
        ),
        Subscription(
            url="https://news.example/boats/rss.xml",
            title="Boats & ships",
            page="https://news.example/boats",
            language="pl",
        ),
        Subscription(
            url="https://news.example/sources/lake/feed.xml",
            title="The Lake",
            page="https://news.example/sources/lake",
            tags=("Sources",),
            language="en-GB",
        ),
    )


def test_a_list_has_no_date_so_that_another_store_gives_the_same_bytes() -> None:
    source = Source(id="a", url="https://a.example/feed")
    lists = [
        listings.source_list([(source, "A", None)], replace(SITE, created=created))
        for created in (SITE.created, utc(2026, 1, 1))
    ]
    assert lists[0] == lists[1]
    assert b"date" not in lists[0]
