"""What an article brought along from elsewhere: where each format says it, and that it comes back as it was."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import feedparser.mixin
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from syndicator.core import render
from syndicator.core.feeds import source_feed
from syndicator.core.text import one_line
from syndicator.model import (
    Article,
    Category,
    Enclosure,
    Episode,
    Feed,
    Format,
    Image,
    Link,
    Person,
    Query,
    Replies,
    Source,
    Upstream,
    utc,
)
from tests.conftest import shared
from tests.core.render.carrying import ARTICLES, CARRYING, EXTRA, HOSTILE, UPSTREAM
from tests.core.render.reading import A, read
from tests.core.render.samples import SITE, article, document

NS = {
    "a": A[1:-1],
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "x": EXTRA[1:].partition("}")[0],
}
CHANGED = ("source", "slug", "revision", "enclosures", "extra", "explicit_id")
"""What does not come back from Atom as it was, or not all of it."""


@pytest.fixture(scope="module")
def atom_grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(shared("schemas", "atom.rng")))


@pytest.fixture(scope="module")
def json_schema() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(shared("schemas", "schema-v1.1.json").read_text()))


def carrying(**fields: Any) -> Article:
    return dataclasses.replace(CARRYING, **fields)


RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def atom(one: Article = CARRYING) -> etree._Element:
    return etree.fromstring(document(Format.ATOM, [one])).find("a:entry", NS)


def rss(one: Article = CARRYING) -> etree._Element:
    return etree.fromstring(document(Format.RSS, [one])).find("channel/item")


def item(one: Article = CARRYING) -> dict[str, Any]:
    return json.loads(document(Format.JSON, [one]))["items"][0]


def said(element: etree._Element, *names: str) -> list[Any]:
    """The text of each of these elements, or its attributes where it has no text."""
    found = [element.find(name, NS) for name in names]
    return [None if one is None else one.text or dict(one.attrib) for one in found]


def rels(element: etree._Element) -> list[tuple[str | None, str | None]]:
    return [(link.get("rel"), link.get("href")) for link in element.iterfind("a:link", NS)]


class TestSource:
    def test_atom_names_the_feed_that_an_entry_was_taken_from(self) -> None:
        source = atom().find("a:source", NS)
        assert said(source, "a:id", "a:title", "a:updated", "a:rights", "a:author") == [
            "tag:mill.example,2019:feed",
            "The Mill & Sons",
            "2024-02-03T04:05:06Z",
            "© The Mill",
            None,
        ]
        assert rels(source) == [("alternate", "https://mill.example/"), ("self", "https://mill.example/feed.xml")]

    def test_rss_and_json_name_it_too(self) -> None:
        source = rss().find("source")
        assert (source.get("url"), source.text) == ("https://mill.example/feed.xml", "The Mill & Sons")
        assert item()["_syndicator"]["source"] == {
            "id": "tag:mill.example,2019:feed",
            "title": "The Mill & Sons",
            "url": "https://mill.example/",
            "feed_url": "https://mill.example/feed.xml",
            "updated": "2024-02-03T04:05:06Z",
            "rights": "© The Mill",
            "language": "fr",
        }

    @pytest.mark.parametrize(
        ("upstream", "expected"),
        [
            (Upstream(feed_url="https://m.example/f"), ("https://m.example/f", "m.example", "2024-01-24T05:06:07Z")),
            (Upstream(url="https://m.example/"), ("https://m.example/", "m.example", "2024-01-24T05:06:07Z")),
            (
                Upstream(id="no address", title="T", feed_url="https://m.example/f"),
                ("https://m.example/f", "T", "2024-01-24T05:06:07Z"),
            ),
            (
                Upstream(id="yt:channel:UC_x", updated=utc(2020, 1, 1)),
                ("yt:channel:UC_x", "yt:channel:UC_x", "2020-01-01T00:00:00Z"),
            ),
            (
                Upstream(title="T"),
                ("urn:uuid:3bf94066-ab21-5fc2-87b2-0bec04cf14b6", "T", "2024-01-24T05:06:07Z"),
            ),
        ],
        ids=["only an address", "only a page", "an id that is none", "any scheme", "only a title"],
    )
    def test_it_always_has_an_id_a_title_and_a_date(self, upstream: Upstream, expected: tuple[str, ...]) -> None:
        source = atom(carrying(upstream=upstream)).find("a:source", NS)
        assert tuple(said(source, "a:id", "a:title", "a:updated")) == expected

    def test_a_feed_of_which_nothing_is_known_is_not_named(self) -> None:
        one = carrying(upstream=Upstream(rights="x", language="de"))
        assert (atom(one).find("a:source", NS), rss(one).find("source")) == (None, None)
        assert "source" not in item(one)["_syndicator"]

    @pytest.mark.parametrize(
        ("authors", "expected"),
        [((Person(name="Ann"),), ["Ann", None]), ((), [None, "The Mill & Sons"])],
        ids=["signed", "unsigned"],
    )
    def test_what_nobody_signed_is_not_ours(self, authors: tuple[Person, ...], expected: list[str | None]) -> None:
        entry = atom(carrying(authors=authors))
        assert [entry.findtext(path, None, NS) for path in ("a:author/a:name", "a:source/a:author/a:name")] == expected

    @pytest.mark.parametrize(
        ("secret", "shown"),
        [
            ("https://user:word@mill.example/feed.xml", "https://mill.example/feed.xml"),
            ("https://mill.example/feed?a=1&token=word&b=2#c", "https://mill.example/feed?a=1&b=2#c"),
            ("https://mill.example/feed?Access_Token=word", "https://mill.example/feed"),
        ],
        ids=["user and password", "token", "token alone"],
    )
    @pytest.mark.parametrize("format", list(Format))
    def test_what_only_a_subscriber_may_know_is_not_told(self, format: Format, secret: str, shown: str) -> None:
        body = document(format, [carrying(upstream=Upstream(id=secret, title="T", url=secret, feed_url=secret))])
        assert (b"word" in body, shown.replace("&", "&amp;").encode() in body or shown.encode() in body) == (
            False,
            True,
        )

    def test_our_licence_is_not_given_for_the_work_of_others(self) -> None:
        one = carrying(licence=None, rights="", upstream=dataclasses.replace(UPSTREAM, rights=""))
        assert said(atom(one), "a:rights") == said(rss(one), "dc:rights") == [None]
        assert SITE.licence not in [href for _, href in rels(atom(one))]

    @pytest.mark.parametrize(
        ("licence", "rights", "expected"),
        [
            ("https://cc.example/by", "", ("© The Mill", "https://cc.example/by")),
            ("https://cc.example/by", "© Ann", ("© Ann", "https://cc.example/by")),
            ("CC BY", "", ("CC BY", None)),
            ("CC BY", "© Ann", ("© Ann CC BY", None)),
            (None, "", ("© The Mill", None)),
        ],
    )
    def test_rights_are_words_and_a_licence_is_an_address(
        self, licence: str | None, rights: str, expected: tuple[str, str | None]
    ) -> None:
        entry = atom(carrying(licence=licence, rights=rights))
        links = dict(rels(entry))
        assert (entry.findtext("a:rights", None, NS), links.get("license")) == expected

    def test_a_language_that_is_not_known_is_not_that_of_our_feed(self) -> None:
        one = carrying(language=None)
        assert atom(one).get("{http://www.w3.org/XML/1998/namespace}lang") == "und"
        assert (said(rss(one), "dc:language"), item(one)["language"]) == (["und"], "und")

    def test_content_is_passed_on_without_a_figure_of_ours(self) -> None:
        assert item()["content_html"] == CARRYING.body

    def test_its_own_feed_lies_under_its_name(self) -> None:
        source = Source(id="mill", url="https://mill.example/feed.xml", title="The  Mill")
        assert source_feed(SITE, source, 20) == Feed(
            name="sources/mill",
            title="Example News: The Mill",
            description="Articles from The Mill.",
            query=Query(sources=frozenset({"mill"})),
            limit=20,
        )
        assert source_feed(SITE, dataclasses.replace(source, title=""), 20).title == "Example News: mill"


class TestAtom:
    def test_links_have_their_relation_and_what_is_known_of_them(self) -> None:
        found = [dict(link.attrib) for link in atom().iterfind("a:link", NS)]
        assert [link for link in found if link["rel"] in ("related", "via", "up", "alternate")] == [
            {"rel": "alternate", "type": "text/html", "href": CARRYING.url},
            {
                "rel": "related",
                "href": "https://salt.example/",
                "type": "text/html",
                "hreflang": "en",
                "title": "Salt",
            },
            {"rel": "via", "href": "https://via.example/1", "type": "text/html", "title": "Via"},
            {"rel": "alternate", "href": "https://mill.example/1.pdf", "type": "application/pdf"},
            {"rel": "up", "href": "https://mill.example/0", "title": "Above"},
        ]
        assert ("https://mill.example/rel#x", "https://mill.example/x") in rels(atom())

    def test_contributors_and_categories(self) -> None:
        entry = atom()
        assert [said(one, "a:name", "a:email", "a:uri") for one in entry.iterfind("a:contributor", NS)] == [
            ["Böb", None, None],
            ["Carl", "carl@mill.example", "https://carl.example/"],
        ]
        assert [dict(one.attrib) for one in entry.iterfind("a:category", NS)] == [
            {"term": "bread", "scheme": "https://mill.example/tags", "label": "Bread"},
            {"term": "plain"},
            {"term": "Salt & pepper", "scheme": "tag:mill.example,2019:topics"},
            {"term": "brot", "scheme": "https://mill.example/de", "label": "Bread"},
            {"term": "last"},
        ]

    def test_the_conversation(self) -> None:
        entry = atom()
        replies = [dict(link.attrib) for link in entry.iterfind("a:link[@rel='replies']", NS)]
        assert replies == [
            {"rel": "replies", "href": CARRYING.comments, "type": "text/html"},
            {
                "rel": "replies",
                "href": "https://mill.example/posts/1/feed",
                "type": "application/rss+xml",
                f"{{{NS['thr']}}}count": "3",
                f"{{{NS['thr']}}}updated": "2024-02-03T04:00:00Z",
            },
        ]
        assert said(entry, "thr:total", "slash:comments") == ["3", "3"]
        assert [dict(one.attrib) for one in entry.iterfind("thr:in-reply-to", NS)] == [
            {
                "ref": "tag:salt.example,2020:9",
                "href": "https://salt.example/9",
                "type": "text/html",
                "source": "https://salt.example/feed",
            },
            {"ref": "https://pepper.example/1"},
        ]

    @pytest.mark.parametrize(
        ("comments", "replies", "expected"),
        [
            (None, Replies(href="https://m.example/c", type="text/html"), [("https://m.example/c", "text/html")]),
            (None, Replies(href="https://m.example/f"), [("https://m.example/f", "application/atom+xml")]),
            (
                "https://m.example/c",
                Replies(href="https://m.example/d", type="text/html"),
                [("https://m.example/c", "text/html")],
            ),
        ],
        ids=["a page", "no type", "two pages"],
    )
    def test_a_page_of_comments_is_html_and_a_feed_of_replies_is_not(
        self, comments: str | None, replies: Replies, expected: list[tuple[str, str]]
    ) -> None:
        entry = atom(carrying(comments=comments, replies=replies))
        links = entry.iterfind("a:link[@rel='replies']", NS)
        assert [(link.get("href"), link.get("type")) for link in links] == expected


@pytest.mark.parametrize("read", [atom, rss])
class TestBoth:
    def test_the_place(self, read: Any) -> None:
        assert said(read(), "georss:point", "georss:featureName") == ["52.51627 -13.377722", "Berlin & around"]

    def test_the_episode(self, read: Any) -> None:
        names = ("season", "episode", "episodeType", "explicit", "subtitle", "duration", "image")
        assert said(read(), *(f"itunes:{name}" for name in names)) == [
            *("2", "7", "bonus", "false", "On flour", "61"),
            {"href": "https://mill.example/cover.jpg"},
        ]
        assert said(read(), "podcast:transcript", "podcast:chapters") == [
            {"url": "https://mill.example/1.vtt", "type": "text/vtt", "language": "de", "rel": "captions"},
            {"url": "https://mill.example/1.json", "type": "application/json+chapters"},
        ]

    def test_numbers_that_itunes_does_not_allow_are_those_of_podcasting_2(self, read: Any) -> None:
        found = read(carrying(episode=Episode(season=0, number="1.5")))
        assert said(found, "itunes:season", "itunes:episode") == [None, None]
        assert said(found, "podcast:season", "podcast:episode") == ["0", "1.5"]

    def test_files_with_what_is_known_of_them(self, read: Any) -> None:
        assert [dict(one.attrib) for one in read().iterfind("media:content", NS)][1] == {
            "url": "https://mill.example/clip.mp4",
            "type": "video/mp4",
            "medium": "document",
            "width": "1920",
            "height": "1080",
        }

    def test_unknown_vocabularies(self, read: Any) -> None:
        assert said(read(), "x:mood", "dc:coverage") == ["cheerful & <calm>", "Berlin"]

    @pytest.mark.parametrize(
        "key",
        [
            "{http://www.w3.org/1999/xhtml}script",
            "{http://www.w3.org/2000/svg}script",
            "{http://www.w3.org/2005/Atom}id",
            "{http://search.yahoo.com/mrss/}title",
            "{http://purl.org/dc/elements/1.1/}date",
            "{http://purl.org/rss/1.0/modules/event/}unheard",
            "{no uri}name",
            "{javascript:alert}name",
            "{https://v.example/}two words",
            "{https://v.example/}<name",
            "{}name",
            "name",
        ],
    )
    def test_vocabularies_with_rules_of_their_own_are_left_out(self, read: Any, key: str) -> None:
        without = [child.tag for child in read(carrying(extra=()))]
        assert [child.tag for child in read(carrying(extra=((key, "x"),)))] == without


def test_no_namespace_that_feedparser_acts_upon_is_taken_for_unknown() -> None:
    known = {uri for uri in feedparser.mixin._FeedParserMixin.namespaces if uri}
    extra = tuple((f"{{{uri}}}title", "stolen") for uri in sorted(known))
    assert len(extra) > 40
    assert b"stolen" not in render.piece(carrying(extra=extra), Format.ATOM, SITE)


class TestRss:
    def test_carries_what_rss_has_words_for(self) -> None:
        found = rss()
        assert [one.text for one in found.iterfind("dc:contributor", NS)] == ["Böb", "Carl"]
        assert [(one.get("domain"), one.text) for one in found.iterfind("category")] == [
            ("https://mill.example/tags", "Bread"),
            (None, "plain"),
            ("tag:mill.example,2019:topics", "Salt & pepper"),
            ("https://mill.example/de", "Bread"),
            (None, "last"),
        ]
        assert said(found, "comments", "wfw:commentRss", "slash:comments", "dc:rights") == [
            CARRYING.comments,
            "https://mill.example/posts/1/feed",
            "3",
            "© Ann Other",
        ]
        assert ("replies", "https://mill.example/posts/1/feed") in rels(found)

    @pytest.mark.parametrize(
        ("id", "url", "expected"),
        [
            ("https://mill.example/1", "https://mill.example/1", "true"),
            ("https://mill.example/1", "https://mill.example/2", "false"),
            ("https://mill.example/1", None, "false"),
            ("tag:mill.example,2019:1", "https://mill.example/1", "false"),
            ("yt:video:abc_-1", "https://mill.example/1", "false"),
            ("urn:x-Mill:ONE", "https://mill.example/1", "false"),
        ],
    )
    def test_an_id_is_a_permalink_only_where_it_is_the_link(self, id: str, url: str | None, expected: str) -> None:
        one = carrying(id=id, url=url)
        guid = rss(one).find("guid")
        assert (guid.text, guid.get("isPermaLink")) == (id, expected)
        assert (atom(one).findtext("a:id", None, NS), item(one)["id"]) == (id, id)


class TestJson:
    def test_the_extension_has_what_the_format_has_no_place_for(self) -> None:
        extension = item(carrying(explicit_id="1"))["_syndicator"]
        assert {key: value for key, value in extension.items() if key not in ("source", "via", "related")} == {
            "licence": CARRYING.licence,
            "original_id": "1",
            "contributors": [
                {"name": "Böb"},
                {"name": "Carl", "url": "https://carl.example/", "_syndicator": {"email": "carl@mill.example"}},
            ],
            "categories": [
                {"term": "bread", "scheme": "https://mill.example/tags", "label": "Bread"},
                {"term": "Salt & pepper", "scheme": "tag:mill.example,2019:topics"},
                {"term": "brot", "scheme": "https://mill.example/de", "label": "Bread"},
            ],
            "rights": "© Ann Other",
            "links": [
                {"url": "https://mill.example/1.pdf", "rel": "alternate", "type": "application/pdf"},
                {"url": "https://mill.example/0", "rel": "up", "title": "Above"},
                {"url": "https://mill.example/x", "rel": "https://mill.example/rel#x"},
            ],
            "comments": CARRYING.comments,
            "replies": {
                "url": "https://mill.example/posts/1/feed",
                "type": "application/rss+xml",
                "count": 3,
                "updated": "2024-02-03T04:00:00Z",
            },
            "in_reply_to": [
                {
                    "ref": "tag:salt.example,2020:9",
                    "url": "https://salt.example/9",
                    "type": "text/html",
                    "source": "https://salt.example/feed",
                },
                {"ref": "https://pepper.example/1"},
            ],
            "place": {"latitude": 52.51627, "longitude": -13.377722, "name": "Berlin & around"},
            "episode": {
                "season": 2,
                "number": "7",
                "kind": "bonus",
                "explicit": False,
                "subtitle": "On flour",
                "image": "https://mill.example/cover.jpg",
                "transcripts": [
                    {"url": "https://mill.example/1.vtt", "rel": "captions", "type": "text/vtt", "language": "de"}
                ],
                "chapters": {"url": "https://mill.example/1.json", "type": "application/json+chapters"},
            },
            "extra": [list(pair) for pair in CARRYING.extra],
        }
        assert item()["attachments"][1] == {
            "url": "https://mill.example/clip.mp4",
            "mime_type": "video/mp4",
            "_syndicator": {"medium": "document", "width": 1920, "height": 1080},
        }

    def test_what_an_author_noted_in_a_file_of_ours_is_not_published(self) -> None:
        one = article(extra=(("note", "secret"), (EXTRA, "mood")), explicit_id="mine")
        assert item(one)["_syndicator"] == {"licence": SITE.licence, "extra": [[EXTRA, "mood"]]}


class TestBack:
    def test_all_of_it_comes_back(self) -> None:
        back = read(document(Format.ATOM, [CARRYING]))
        changed = [name for name in Article.__slots__ if getattr(back, name) != getattr(CARRYING, name)]
        assert sorted(changed) == sorted(CHANGED)
        assert back.enclosures == (
            dataclasses.replace(CARRYING.enclosures[0], medium="audio"),
            CARRYING.enclosures[1],
        )
        assert back.extra == CARRYING.extra[:2]

    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(one=ARTICLES)
    def test_what_was_read_back_is_rendered_as_the_same_piece(self, one: Article) -> None:
        # What was ours is someone else's for who reads it: from then on it stays as it is.
        taken = one if _named(one.upstream) else dataclasses.replace(_again(one), upstream=UPSTREAM)
        again = _again(taken)
        assert _piece(again) == _piece(taken)
        assert _again(again) == again

    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(one=ARTICLES)
    def test_what_it_says_comes_back_whole(self, one: Article) -> None:
        back = _again(one)
        assert (back.id, back.title, back.summary) == (one.id, one.title, one.summary)
        assert (back.published, back.updated) == (one.published, one.updated or one.published)
        assert (back.authors, back.contributors) == (one.authors, one.contributors)
        assert set(one.tags) <= set(back.tags)
        assert back.url == one.url or one.url is None
        assert [link for link in one.related if link.href] == list(
            back.related[: sum(bool(r.href) for r in one.related)]
        )
        assert back.via == one.via or one.via is None
        assert [(p.latitude, p.longitude) for p in [one.place] if p] == [
            (p.latitude, p.longitude) for p in [back.place] if p
        ]
        assert list(dict.fromkeys(file.url for file in one.enclosures)) == [file.url for file in back.enclosures]
        if _named(one.upstream):
            assert (back.body, back.language) == (one.body, one.language)

    def test_an_image_among_the_files_is_told_of_once(self) -> None:
        url = "https://mill.example/a.png"
        one = carrying(enclosures=(Enclosure(url=url, type="image/png"),), image=Image(url=url), episode=None)
        assert len(atom(one).findall("media:content", NS)) == 1
        assert _piece(_again(one)) == _piece(one)


def _named(upstream: Upstream | None) -> bool:
    return upstream is not None and bool(upstream.id or upstream.title or upstream.url or upstream.feed_url)


def _piece(one: Article) -> str:
    return render.piece(one, Format.ATOM, SITE).decode()


def _again(one: Article) -> Article:
    return dataclasses.replace(read(document(Format.ATOM, [one])), slug=one.slug)


class TestHostile:
    @pytest.mark.parametrize("format", list(Format))
    def test_no_address_is_published_that_must_not_be(self, format: Format) -> None:
        without = [dataclasses.replace(one, extra=(), title="T") for one in HOSTILE]
        extracted = _addresses(format, document(format, without))
        assert extracted
        assert [one for one in extracted if not re.fullmatch(r"https?://[!-~]{1,2040}", one)] == []

    def test_every_document_is_well_formed_and_valid(
        self, atom_grammar: etree.RelaxNG, json_schema: jsonschema.Draft7Validator
    ) -> None:
        for one in HOSTILE:
            atom_grammar.assertValid(etree.fromstring(document(Format.ATOM, [one])))
            assert etree.fromstring(document(Format.RSS, [one])).tag == "rss"
            parsed = json.loads(document(Format.JSON, [one]))
            assert [error.message for error in json_schema.iter_errors(parsed)] == []

    @pytest.mark.parametrize("one", HOSTILE, ids=range(len(HOSTILE)))
    def test_a_text_comes_back_as_it_was_in_every_field(self, one: Article) -> None:
        text = one_line(one.rights)
        back = read(document(Format.ATOM, [one]))
        extension = item(one)["_syndicator"]
        assert (back.rights, extension.get("rights", "")) == (text or one_line(one.upstream.rights), text)
        assert [person.name for person in back.contributors] == ([text] if text else [])
        assert [category.label for category in back.categories if category.label] == []
        assert (back.upstream.title if text and back.upstream else text) == text
        assert [value for key, value in back.extra if key == EXTRA] == _kept(one)

    def test_an_entry_says_nothing_for_the_feed(self) -> None:
        for one in HOSTILE:
            links = [rel for rel, _ in rels(atom(one))]
            assert {"self", "hub", "next", "edit"}.isdisjoint(links)
            assert links.count("alternate") == 1
            assert [element.tag for element in atom(one).iterfind("a:id", NS)] == [f"{A}id"]

    @pytest.mark.parametrize("format", [Format.ATOM, Format.RSS])
    def test_no_element_that_a_browser_acts_upon(self, format: Format) -> None:
        root = etree.fromstring(document(format, HOSTILE))
        items = root.iterfind("a:entry", NS) if format is Format.ATOM else root.iterfind("channel/item")
        tags = {str(element.tag) for one in items for element in one.iter()}
        assert [tag for tag in tags if "w3.org/1999" in tag or "w3.org/2000" in tag] == []


def _kept(one: Article) -> list[str]:
    value = dict(one.extra)[EXTRA]
    cleaned = render.carried.extra(((EXTRA, value),), everything=True)
    return [text for _, text in cleaned]


_ITEMS = {Format.ATOM: "a:entry", Format.RSS: "channel/item", Format.RDF: "{http://purl.org/rss/1.0/}item"}


def _addresses(format: Format, body: bytes) -> list[str]:
    if format in (Format.JSON, Format.NINJS):
        found: list[str] = []

        def note(pairs: list[tuple[str, Any]]) -> None:
            keys = ("url", "feed_url", "image", "comments", "licence", "chapters", "href", "linkedRights")
            found.extend(value for key, value in pairs if key in keys and isinstance(value, str))

        for one in json.loads(body)["items" if format is Format.JSON else "associations"]:
            json.loads(json.dumps(one), object_pairs_hook=note)
        return found
    root = etree.fromstring(body)
    items = root.iterfind(_ITEMS[format], NS)
    elements = [element for one in items for element in one.iter()]
    attributes = [element.get(name) for element in elements for name in ("href", "url", f"{RDF}resource")]
    texts = [
        element.text
        for element in elements
        if etree.QName(element).localname in ("uri", "link", "comments", "commentRss", "license")
    ]
    return [one for one in (*attributes, *texts) if one]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(one=ARTICLES)
def test_any_article_holds_to_the_grammars(
    atom_grammar: etree.RelaxNG, json_schema: jsonschema.Draft7Validator, one: Article
) -> None:
    atom_grammar.assertValid(etree.fromstring(document(Format.ATOM, [one])))
    assert list(json_schema.iter_errors(json.loads(document(Format.JSON, [one])))) == []
    found = rss(one)
    assert all(set(enclosure.keys()) == {"url", "length", "type"} for enclosure in found.iterfind("enclosure"))
    assert len(found.findall("enclosure")) <= 1
    assert found.findtext("guid") == one.id


@pytest.mark.parametrize("format", [Format.ATOM, Format.RSS])
def test_a_piece_of_what_is_unknown_declares_what_it_names(format: Format) -> None:
    bodies = [render.piece(one, format, SITE) for one in (CARRYING, carrying(extra=(*CARRYING.extra, *CARRYING.extra)))]
    assert all(b'<x:mood xmlns:x="https://vocabulary.example/ns#">' in body for body in bodies)
    assert re.findall(rb"xmlns:(\w+)=", document(format, [article()])).count(b"podcast") == 0


@pytest.mark.parametrize(
    ("tags", "categories", "expected"),
    [
        (("a", "b"), (), ["a", "b"]),
        (("a", "x", "b"), (("1", "a"), ("2", "b"), ("3", "a")), ["1", "x", "2", "3"]),
        (("b", "a"), (("1", "a"), ("2", "b")), ["1", "2"]),
        (("a",), (("1", "new"),), ["1", "a"]),
        ((), (("1", None),), ["1"]),
    ],
)
def test_tags_and_categories_keep_the_order_of_both(
    tags: tuple[str, ...], categories: tuple[tuple[str, str | None], ...], expected: list[str]
) -> None:
    details = tuple(Category(term=term, label=label) for term, label in categories)
    found = atom(carrying(tags=tags, categories=details)).iterfind("a:category", NS)
    assert [one.get("term") for one in found] == expected


def test_links_that_have_a_place_of_their_own_are_put_there() -> None:
    links = tuple(
        Link(href=f"https://mill.example/{name}", rel=rel, type=type)
        for name, rel, type in (
            ("v", "via", None),
            ("r", "related", None),
            ("l", "http://www.iana.org/assignments/relation/License", None),
            ("p", "replies", "text/html"),
            ("f", "replies", "application/rss+xml"),
            ("u", "UP", None),
            ("s", "shortlink", None),
        )
    )
    one = carrying(links=links, related=(), via=None, licence=None, comments=None, replies=None)
    assert rels(atom(one))[1:-2] == [
        ("related", "https://mill.example/r"),
        ("via", "https://mill.example/v"),
        ("license", "https://mill.example/l"),
        ("up", "https://mill.example/u"),
        *[("enclosure", file.url) for file in CARRYING.enclosures],
    ]
    assert rels(atom(one))[-2:] == [("replies", "https://mill.example/p"), ("replies", "https://mill.example/f")]
