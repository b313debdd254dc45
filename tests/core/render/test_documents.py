"""What each format says of a feed and of an article, and where."""

from __future__ import annotations

import dataclasses
import io
import json
import locale
import re
import uuid
from typing import Any

import feedparser
import pytest
from lxml import etree

from syndicator.core import render
from syndicator.model import (
    Article,
    Enclosure,
    Feed,
    Format,
    Image,
    Link,
    Person,
    Ruling,
    Site,
    Status,
    Verdict,
    utc,
)
from tests.core.render.samples import ALL, FEED, FULL, SITE, TAG_FEED, TOMBSTONES, UPDATED, article, document

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "cc": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
FIGURE = (
    '<figure><img src="https://news.example.org/media/mill.jpg" alt="A &quot;mill&quot;" width="640" height="480">'
    '<figcaption>The mill. <a href="https://photo.example/">P. Hoto</a></figcaption></figure>\n'
)
CONTENT = (
    f'{FIGURE}<p>The mill <a href="https://mill.example/">opened</a>.</p>\n'
    '<p><img src="https://news.example.org/media/b.png" alt=""></p>'
)


def atom(one: Article = FULL, site: Site = SITE) -> etree._Element:
    return etree.fromstring(document(Format.ATOM, [one], site=site)).find("a:entry", NS)


def rss(one: Article = FULL, site: Site = SITE) -> etree._Element:
    return etree.fromstring(document(Format.RSS, [one], site=site)).find("channel/item")


def item(one: Article = FULL, site: Site = SITE) -> dict[str, Any]:
    return json.loads(document(Format.JSON, [one], site=site))["items"][0]


def links(element: etree._Element) -> list[dict[str, str]]:
    return [dict(link.attrib) for link in element.iterfind("a:link", NS)]


def texts(element: etree._Element, *names: str) -> list[str | None]:
    return [element.findtext(name, None, NS) for name in names]


class TestEntry:
    def test_atom_carries_it_all(self) -> None:
        entry = atom()
        assert texts(entry, "a:id", "a:title", "a:published", "a:updated", "a:summary", "a:content", "a:rights") == [
            FULL.id,
            "Flour & water",
            "2024-01-23T08:30:01Z",
            "2024-01-24T05:06:07Z",
            "The mill opened.",
            CONTENT,
            FULL.licence,
        ]
        assert entry.get(LANG) == "de"
        assert entry.find("a:content", NS).get("type") == "html"
        assert [texts(author, "a:name", "a:email", "a:uri") for author in entry.iterfind("a:author", NS)] == [
            ["Ann Other", "ann@example.org", "https://example.org/ann"],
            ["Böb", None, None],
        ]
        assert [tag.get("term") for tag in entry.iterfind("a:category", NS)] == ["press", "AT&T", "brot & salz"]

    def test_atom_links_keep_relation_type_length_and_title(self) -> None:
        assert links(atom()) == [
            {"rel": "alternate", "type": "text/html", "href": "https://elsewhere.example/2024/flour?a=1&b=2"},
            {"rel": "related", "href": "https://elsewhere.example/salt", "title": "Salt & bread"},
            {"rel": "via", "href": "https://via.example/1", "title": "Via"},
            {"rel": "license", "href": "https://creativecommons.org/licenses/by-sa/4.0/"},
            {
                "rel": "enclosure",
                "href": "https://news.example.org/media/talk.mp3",
                "type": "audio/mpeg",
                "length": "4321",
                "title": "The talk",
            },
            {"rel": "enclosure", "href": "https://elsewhere.example/clip.mp4", "type": "video/mp4"},
        ]

    def test_rss_carries_it_all(self) -> None:
        found = rss()
        names = ("guid", "title", "link", "description", "content:encoded", "pubDate", "a:updated", "dc:language")
        assert texts(found, *names, "dc:rights", "cc:license") == [
            FULL.id,
            "Flour & water",
            FULL.url,
            "The mill opened.",
            CONTENT,
            "Tue, 23 Jan 2024 08:30:01 GMT",
            "2024-01-24T05:06:07Z",
            "de",
            FULL.licence,
            FULL.licence,
        ]
        assert [creator.text for creator in found.iterfind("dc:creator", NS)] == ["Ann Other", "Böb"]
        assert [category.text for category in found.iterfind("category")] == ["press", "AT&T", "brot & salz"]
        assert links(found) == [
            {"rel": "related", "href": "https://elsewhere.example/salt", "title": "Salt & bread"},
            {"rel": "via", "href": "https://via.example/1", "title": "Via"},
        ]
        assert [dict(enclosure.attrib) for enclosure in found.iterfind("enclosure")] == [
            {"url": "https://news.example.org/media/talk.mp3", "length": "4321", "type": "audio/mpeg"}
        ]

    def test_json_carries_it_all_and_nothing_empty(self) -> None:
        assert item() == {
            "id": FULL.id,
            "url": FULL.url,
            "title": "Flour & water",
            "content_html": CONTENT,
            "summary": "The mill opened.",
            "image": "https://news.example.org/media/mill.jpg",
            "date_published": "2024-01-23T08:30:01Z",
            "date_modified": "2024-01-24T05:06:07Z",
            "authors": [
                {
                    "name": "Ann Other",
                    "url": "https://example.org/ann",
                    "_syndicator": {"email": "ann@example.org"},
                },
                {"name": "Böb"},
            ],
            "tags": ["press", "AT&T", "brot & salz"],
            "language": "de",
            "attachments": [
                {
                    "url": "https://news.example.org/media/talk.mp3",
                    "mime_type": "audio/mpeg",
                    "title": "The talk",
                    "size_in_bytes": 4321,
                    "duration_in_seconds": 61,
                },
                {"url": "https://elsewhere.example/clip.mp4", "mime_type": "video/mp4"},
            ],
            "_syndicator": {
                "licence": FULL.licence,
                "via": {"url": "https://via.example/1", "title": "Via"},
                "related": [
                    {"url": "https://elsewhere.example/salt", "title": "Salt & bread"},
                    {"title": "Yeast, no address"},
                ],
            },
        }

    @pytest.mark.parametrize("read", [atom, rss])
    def test_media_are_single_contents_beside_the_image(self, read: Any) -> None:
        found = read()
        assert found.find("media:group", NS) is None
        assert [dict(content.attrib) for content in found.iterfind("media:content", NS)] == [
            {
                "url": "https://news.example.org/media/talk.mp3",
                "type": "audio/mpeg",
                "medium": "audio",
                "fileSize": "4321",
                "duration": "61",
            },
            {"url": "https://elsewhere.example/clip.mp4", "type": "video/mp4", "medium": "video"},
            {
                "url": "https://news.example.org/media/mill.jpg",
                "type": "image/jpeg",
                "medium": "image",
                "fileSize": "1234",
                "width": "640",
                "height": "480",
            },
        ]
        assert [dict(found.attrib) for found in found.iterfind("media:thumbnail", NS)] == [
            {"url": "https://news.example.org/media/mill.jpg", "width": "640", "height": "480"}
        ]

    @pytest.mark.parametrize("read", [atom, rss])
    def test_a_related_article_without_an_address_is_named(self, read: Any) -> None:
        assert [relation.text for relation in read().iterfind("dc:relation", NS)] == ["Yeast, no address"]

    def test_our_own_page_is_the_alternate_where_there_is_no_other(self) -> None:
        one, page = article(slug="x-y", url=None), "https://news.example.org/articles/x-y"
        assert [atom(one).find("a:link", NS).get("href"), rss(one).findtext("link"), item(one)["url"]] == [page] * 3

    def test_an_unsafe_address_is_never_a_link(self) -> None:
        one = article(
            url="javascript:alert(1)",
            related=(Link(href="javascript:alert(1)", title="R"),),
            via=Link(href="data:text/html,x"),
            image=Image(url="javascript:alert(1)"),
            enclosures=(Enclosure(url="file:///etc/passwd"),),
            authors=(Person(name="A", uri="javascript:alert(1)"),),
        )
        assert not [body for format in Format if re.search(rb"script:|data:|file:", body := document(format, [one]))]

    def test_an_address_is_given_in_ascii(self) -> None:
        one = article(url="https://bücher.example/straße?q=ü&r=1#ß")
        assert item(one)["url"] == "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%BC&r=1#%C3%9F"
        assert atom(one).find("a:link", NS).get("href") == item(one)["url"] == rss(one).findtext("link")

    def test_an_uncorrected_article_has_one_date(self) -> None:
        one = article(updated=None)
        assert texts(atom(one), "a:published", "a:updated") == ["2024-01-23T08:30:01Z"] * 2
        assert rss(one).find("a:updated", NS) is None

    def test_first_seen_stands_in_for_a_missing_date(self) -> None:
        one = article(published=None, updated=None, first_seen=utc(2024, 3, 1))
        assert item(one)["date_published"] == "2024-03-01T00:00:00Z"

    @pytest.mark.parametrize("fields", [{"id": ""}, {"published": None, "updated": None}], ids=["id", "dates"])
    def test_an_undecided_article_is_refused(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="article 'Article 1' has no id or no dates"):
            render.piece(article(**fields), Format.ATOM, SITE)

    def test_the_licence_of_the_site_is_that_of_an_article_without_one(self) -> None:
        assert atom(article()).findtext("a:rights", None, NS) == SITE.licence
        assert rss(article()).findtext("cc:license", None, NS) == SITE.licence
        assert item(article())["_syndicator"] == {"licence": SITE.licence}

    def test_a_licence_that_is_no_address_is_no_link(self) -> None:
        one = article(licence="© Example & Co")
        assert "license" not in [link["rel"] for link in links(atom(one))]
        assert texts(rss(one), "dc:rights", "cc:license") == ["© Example & Co", None]

    def test_only_the_summary_where_the_site_does_not_give_the_content(self) -> None:
        site = dataclasses.replace(SITE, full_content=False)
        assert texts(atom(site=site), "a:content", "a:summary") == [None, "The mill opened."]
        assert texts(rss(site=site), "content:encoded", "description") == [None, "The mill opened."]
        assert (item(site=site).get("content_html"), item(site=site)["content_text"]) == (None, "The mill opened.")

    @pytest.mark.parametrize(
        ("image", "body", "expected"),
        [
            (
                Image(url="/media/a.png"),
                "<p>x</p>",
                f'<figure><img src="{SITE.base_url}/media/a.png" alt=""></figure>\n<p>x</p>',
            ),
            (Image(caption="C <em>d</em>"), "", "<figure><figcaption>C <em>d</em></figcaption></figure>"),
            (Image(url="/media/a.png"), '<img src="/media/a.png">', f'<img src="{SITE.base_url}/media/a.png">'),
            (
                Image(url="https://x.example/a?b=1&c=2", caption="C"),
                '<p><img alt="" src="https://x.example/a?b=1&amp;c=2"></p>',
                '<p><img alt="" src="https://x.example/a?b=1&amp;c=2"></p>',
            ),
            (Image(), "<p>x</p>", "<p>x</p>"),
        ],
        ids=["image", "caption only", "shown, ours", "shown, elsewhere", "nothing"],
    )
    def test_the_image_stands_first_unless_the_body_shows_it(self, image: Image, body: str, expected: str) -> None:
        assert item(article(image=image, body=body))["content_html"] == expected

    def test_a_footnote_leads_to_our_page_from_anywhere(self) -> None:
        one = article(slug="notes", body='<p>x<sup><a href="#fn-0123abcd-1">1</a></sup></p>')
        expected = '<a href="https://news.example.org/articles/notes#fn-0123abcd-1">'
        assert expected in item(one)["content_html"]

    @pytest.mark.parametrize(
        ("title", "kind", "value", "raw"),
        [
            ("AT&T < IBM", None, "AT&T < IBM", b"<title>AT&#x26;T &#x3C; IBM</title>"),
            ("Use </b>", "html", "Use &lt;/b&gt;", b"<title>Use &#x26;lt;/b&#x26;gt;</title>"),
            ("Say &amp;", "html", "Say &amp;amp;", b"<title>Say &#x26;amp;amp;</title>"),
        ],
    )
    def test_a_title_means_the_same_read_as_text_or_as_html(
        self, title: str, kind: str | None, value: str, raw: bytes
    ) -> None:
        found = atom(article(title=title)).find("a:title", NS)
        assert (found.get("type"), found.text) == (kind, value)
        assert raw in document(Format.RSS, [article(title=title)])

    def test_a_cdata_section_cannot_be_left(self) -> None:
        one = article(body='<p title="]]>">]]&gt;</p>')
        assert rss(one).findtext("content:encoded", None, NS) == '<p title="]]>">]]&gt;</p>'

    def test_what_is_the_same_is_said_once(self) -> None:
        one = article(tags=("a", "a ", " ", "b"), enclosures=(Enclosure(url="/media/x"), Enclosure(url="/media/x")))
        assert item(one)["tags"] == ["a", "b"]
        assert len(item(one)["attachments"]) == 1

    def test_rss_gives_zero_for_an_unknown_length_and_json_gives_none(self) -> None:
        one = article(enclosures=(Enclosure(url="/media/x.ogg", type="audio/ogg"),))
        assert rss(one).find("enclosure").get("length") == "0"
        assert item(one)["attachments"] == [{"url": f"{SITE.base_url}/media/x.ogg", "mime_type": "audio/ogg"}]


class TestFeed:
    @pytest.mark.parametrize(
        ("feed", "page", "self_url"),
        [
            (FEED, "https://news.example.org/", "https://news.example.org/"),
            (TAG_FEED, "https://news.example.org/tags/press", "https://news.example.org/tags/press/"),
        ],
        ids=["default", "tag"],
    )
    def test_says_where_it_is_and_where_the_page_is(self, feed: Feed, page: str, self_url: str) -> None:
        root = etree.fromstring(document(Format.ATOM, (), feed=feed))
        channel = etree.fromstring(document(Format.RSS, (), feed=feed))[0]
        top = json.loads(document(Format.JSON, (), feed=feed))
        assert links(root) == [
            {"rel": "self", "type": "application/atom+xml", "href": f"{self_url}feed.xml"},
            {"rel": "alternate", "type": "text/html", "href": page},
        ]
        assert channel.findtext("link") == page
        assert links(channel) == [{"rel": "self", "type": "application/rss+xml", "href": f"{self_url}rss.xml"}]
        assert (top["home_page_url"], top["feed_url"]) == (page, f"{self_url}feed.json")

    def test_atom_says_who_and_when(self) -> None:
        root = etree.fromstring(document(Format.ATOM, ()))
        names = ("a:title", "a:updated", "a:author/a:name", "a:generator", "a:rights")
        assert texts(root, *names) == ["Example News", "2024-05-01T12:00:00Z", "The Desk", "syndicator", SITE.licence]
        assert root.get(LANG) == "en"
        assert root.find("a:generator", NS).attrib == {}

    def test_rss_says_who_and_when(self) -> None:
        channel = etree.fromstring(document(Format.RSS, ()))[0]
        names = ("title", "description", "language", "lastBuildDate", "generator", "copyright", "dc:creator")
        assert texts(channel, *names) == [
            "Example News",
            "Everything we publish.",
            "en",
            "Wed, 01 May 2024 12:00:00 GMT",
            "syndicator",
            SITE.licence,
            "The Desk",
        ]

    def test_json_says_who_and_when(self) -> None:
        top = json.loads(document(Format.JSON, (), tombstones=TOMBSTONES))
        assert {key: top[key] for key in ("version", "title", "description", "authors", "language", "items")} == {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Example News",
            "description": "Everything we publish.",
            "authors": [{"name": "The Desk"}],
            "language": "en",
            "items": [],
        }
        assert top["_syndicator"] == {
            "id": etree.fromstring(document(Format.ATOM, ())).findtext("a:id", None, NS),
            "updated": "2024-05-01T12:00:00Z",
            "licence": SITE.licence,
            "deleted": [{"id": TOMBSTONES[0].id, "when": "2024-04-30T23:59:59Z"}],
        }

    def test_its_id_outlives_title_and_domain(self) -> None:
        moved = dataclasses.replace(SITE, base_url="https://new.example", title="New")
        renamed = dataclasses.replace(FEED, title="New", description="New")
        ids = {
            etree.fromstring(document(Format.ATOM, (), site=site, feed=feed)).findtext("a:id", None, NS)
            for site in (SITE, moved)
            for feed in (FEED, renamed)
        }
        assert ids == {f"urn:uuid:{uuid.uuid5(uuid.UUID(SITE.id), '')}"}

    def test_two_feeds_of_a_site_have_two_ids(self) -> None:
        bodies = [document(Format.ATOM, (), feed=feed) for feed in (FEED, TAG_FEED)]
        assert len({etree.fromstring(body).findtext("a:id", None, NS) for body in bodies}) == 2

    def test_the_site_is_the_author_where_nobody_is_named(self) -> None:
        site = dataclasses.replace(SITE, author=None)
        assert (
            etree.fromstring(document(Format.ATOM, (), site=site)).findtext("a:author/a:name", None, NS) == SITE.title
        )

    def test_a_person_finds_the_page_from_atom(self) -> None:
        subtitle = etree.fromstring(document(Format.ATOM, (), feed=TAG_FEED)).find("a:subtitle", NS)
        (div,) = subtitle
        link = div.find(".//xhtml:a", NS)
        assert (subtitle.get("type"), div.tag) == ("xhtml", "{http://www.w3.org/1999/xhtml}div")
        assert (link.get("href"), link.text) == ("https://news.example.org/tags/press", "read the articles on the web")
        assert div.findtext("xhtml:p", None, NS) == SITE.description

    @pytest.mark.parametrize("format", [Format.ATOM, Format.RSS])
    def test_names_its_style_before_the_root(self, format: Format) -> None:
        style = etree.fromstring(document(format, ())).getprevious()
        assert (style.target, style.attrib) == ("xml-stylesheet", {"type": "text/css", "href": "/feed.css"})

    @pytest.mark.parametrize("format", [Format.ATOM, Format.RSS])
    def test_its_style_lies_where_the_site_does(self, format: Format) -> None:
        site = dataclasses.replace(SITE, base_url="https://example.org/news")
        assert etree.fromstring(document(format, (), site=site)).getprevious().get("href") == "/news/feed.css"

    @pytest.mark.parametrize("format", [Format.ATOM, Format.RSS])
    def test_declares_namespaces_once(self, format: Format) -> None:
        body = document(format)
        root_end = body.index(b">", body.index(b"<rss" if format is Format.RSS else b"<feed"))
        after = [name for name in re.findall(rb"<(\w+)[^<>]*\sxmlns", body[root_end:]) if name != b"div"]
        assert after == []

    def test_tombstones_stand_before_the_entries(self) -> None:
        root = etree.fromstring(document(Format.ATOM, [FULL], tombstones=TOMBSTONES))
        (gone,) = root.iterfind("at:deleted-entry", NS)
        assert dict(gone.attrib) == {"ref": TOMBSTONES[0].id, "when": "2024-04-30T23:59:59Z"}
        assert root.index(gone) < root.index(root.find("a:entry", NS))

    def test_without_tombstones_their_namespace_is_not_named(self) -> None:
        assert b"tombstones" not in document(Format.ATOM, [FULL])

    @pytest.mark.parametrize("format", list(Format))
    def test_keeps_the_order_of_its_pieces(self, format: Format) -> None:
        body = document(format, ALL)
        positions = [body.index(one.id.encode()) for one in ALL]
        assert positions == sorted(positions)


@pytest.mark.parametrize("format", [Format.ATOM, Format.RSS])
def test_feedparser_reads_the_same_from_atom_and_rss(format: Format) -> None:
    headers = {"content-type": format.media_type}
    feed = feedparser.parse(io.BytesIO(document(format, [FULL])), response_headers=headers)
    (entry,) = feed.entries
    assert not feed.bozo
    assert (feed.feed.title, feed.feed.updated_parsed[:6]) == ("Example News", (2024, 5, 1, 12, 0, 0))
    assert {link.rel: link.href for link in feed.feed.links} == {
        "self": f"https://news.example.org/{format}",
        "alternate": "https://news.example.org/",
    }
    assert (entry.id, entry.title, entry.link, entry.summary) == (FULL.id, FULL.title, FULL.url, FULL.summary)
    assert (entry.published_parsed[:6], entry.updated_parsed[:6]) == ((2024, 1, 23, 8, 30, 1), (2024, 1, 24, 5, 6, 7))
    assert [author["name"] for author in entry.authors] == ["Ann Other", "Böb"]
    assert [tag.term for tag in entry.tags] == ["press", "AT&T", "brot & salz"]
    assert "<figcaption>" in entry.content[0].value
    assert [enclosure.href for enclosure in entry.enclosures][:1] == ["https://news.example.org/media/talk.mp3"]
    assert FULL.licence in [link.href for link in entry.links if link.rel == "license"]
    assert [link.title for link in entry.links if link.rel == "related"] == ["Salt & bread"]
    assert entry.media_thumbnail[0]["url"] == "https://news.example.org/media/mill.jpg"


class TestBytes:
    def test_nothing_touches_the_locale_of_the_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*args: object) -> str:
            raise AssertionError("setlocale is not safe between threads")

        monkeypatch.setattr(locale, "setlocale", refuse)
        assert [len(document(format)) > 1000 for format in Format] == [True] * len(Format)

    def test_the_recipe_changes_with_what_pieces_depend_on_and_nothing_else(self) -> None:
        same = dataclasses.replace(SITE, title="T", author="A", description="D", language="fr", created=utc(2020, 1, 1))
        others = ({"base_url": "https://x.example"}, {"full_content": False}, {"licence": "L"})
        assert render.recipe(same) == render.recipe(SITE)
        assert [render.piece(FULL, f, same) for f in Format] == [render.piece(FULL, f, SITE) for f in Format]
        assert len({render.recipe(dataclasses.replace(SITE, **other)) for other in ({}, *others)}) == 4

    def test_updated_dates_the_feed_and_nothing_else(self) -> None:
        later = utc(2031, 7, 8, 9, 10, 11)
        for format in Format:
            one, two = document(format, [FULL]), document(format, [FULL], updated=later)
            stamps = {b"2024-05-01T12:00:00Z": b"2031-07-08T09:10:11Z", b"Wed, 01 May 2024 12": b"Tue, 08 Jul 2031 09"}
            for old, new in stamps.items():
                one = one.replace(old, new)
            assert one.replace(b"09:00:00", b"09:10:11") == two
        assert later != UPDATED


@pytest.mark.parametrize(
    ("verdict", "status", "note", "told"),
    [
        (Verdict.CORRECTED, Status.PUBLISHED, "It was\x00 two.", "It was two."),
        (Verdict.RETRACTED, Status.RETRACTED, "", "This article was retracted after it was published."),
    ],
    ids=str,
)
def test_json_says_what_was_decided_since(verdict: Verdict, status: Status, note: str, told: str) -> None:
    ruling = Ruling(verdict=verdict, note=note, at=utc(2026, 2, 3, 4, 5, 6), by_command=True)
    found = item(dataclasses.replace(FULL, status=status, ruling=ruling))["_syndicator"]
    assert found["ruling"] == {"kind": str(verdict), "note": told, "at": "2026-02-03T04:05:06Z"}
    assert "ruling" not in item()["_syndicator"]
