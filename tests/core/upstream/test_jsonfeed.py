"""JSON Feed, read: what it says comes back, what is wrong with it is told, what is hostile is refused."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.render.entry import entry
from syndicator.core.upstream import jsontext
from syndicator.core.upstream.jsonfeed import read_json
from syndicator.errors import BadFeed
from syndicator.model import (
    Article,
    Enclosure,
    Format,
    Image,
    Incoming,
    Link,
    Parsed,
    Person,
    Upstream,
    utc,
)
from tests.conftest import shared
from tests.core.render.carrying import ARTICLES, CARRYING, HOSTILE
from tests.core.render.samples import NASTY, PLAIN, SITE, TOMBSTONES, document

URL = "https://mill.example/feed.json"
PAGE = "https://mill.example/"
ITEM: dict[str, Any] = {"id": "1", "url": "https://mill.example/1", "content_html": "<p>Flour.</p>"}


def feed(*items: object, **head: object) -> bytes:
    known: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Mill",
        "home_page_url": PAGE,
        "feed_url": URL,
        "items": list(items),
    }
    return json.dumps(known | head).encode()


def read(body: bytes, **more: Any) -> Parsed:
    return read_json(Incoming(body=body, url=URL, **more))


def one(item: dict[str, object], **head: object) -> Article:
    (found,) = read(feed({**ITEM, **item}, **head)).entries
    return found.article


# What an item says


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"id": " a b "}, {"explicit_id": "a b"}),
        ({"id": 17}, {"explicit_id": "17"}),
        ({"id": 2**53 + 1}, {"explicit_id": "9007199254740993"}),
        ({"id": None}, {"explicit_id": None}),
        ({"title": " Salt\n& <b> "}, {"title": "Salt & <b>"}),
        ({"title": ["no", "text"]}, {"title": ""}),
        ({"url": "/x"}, {"url": "https://mill.example/x"}),
        ({"url": "javascript:alert(1)"}, {"url": None}),
        ({"url": None, "id": "https://mill.example/2"}, {"url": "https://mill.example/2"}),
        (
            {"content_html": '<p onclick=x>a<script>b</script> <a href="/c">c</a></p>'},
            {"body": '<p>a <a href="https://mill.example/c">c</a></p>'},
        ),
        ({"content_html": '<img src="pic.png">'}, {"body": '<img src="https://mill.example/pic.png">'}),
        (
            {"content_html": None, "content_text": "a < b\nc\n\nd"},
            {"body": "<p>a &lt; b<br>c</p>\n<p>d</p>", "summary": "a < b c d"},
        ),
        ({"content_html": None, "content_text": "Flour.", "summary": "Flour."}, {"body": "", "summary": "Flour."}),
        ({"summary": "In short."}, {"summary": "In short."}),
        ({}, {"summary": "Flour."}),
        ({"image": "a.png"}, {"image": Image(url="https://mill.example/a.png", type="image/png")}),
        ({"banner_image": "b.png"}, {"image": Image(url="https://mill.example/b.png", type="image/png")}),
        ({"image": "a.png", "banner_image": "b.png"}, {"extra": (("banner_image", "https://mill.example/b.png"),)}),
        (
            {"image": "https://mill.example/a.png", "content_html": '<img src="/a.png" alt="A" width="640">'},
            {"image": Image(url="https://mill.example/a.png", type="image/png", alt="A", width=640)},
        ),
        ({"date_published": "2024-01-23T10:30:00+01:00"}, {"published": utc(2024, 1, 23, 9, 30)}),
        ({"date_published": "2024-01-23 10:30"}, {"published": utc(2024, 1, 23, 10, 30)}),
        ({"date_published": "Tue, 23 Jan 2024 10:30:00 GMT"}, {"published": utc(2024, 1, 23, 10, 30)}),
        ({"date_published": "2016-12-31T23:59:60Z"}, {"published": utc(2016, 12, 31, 23, 59, 59)}),
        ({"date_published": "9999-12-31T23:59:59-05:00"}, {"published": None}),
        ({"date_published": 1706002200}, {"published": None}),
        ({"date_modified": "2024-01-24T00:00:00Z"}, {"updated": utc(2024, 1, 24)}),
        (
            {"author": {"name": "Ann", "url": "/ann"}},
            {"authors": (Person(name="Ann", uri="https://mill.example/ann"),)},
        ),
        (
            {"authors": [{"name": "Ann"}, {"name": "Bob", "url": "mailto:b@mill.example"}]},
            {"authors": (Person(name="Ann"), Person(name="Bob", email="b@mill.example"))},
        ),
        (
            {"authors": [{"url": "https://ann.example/"}]},
            {"authors": (Person(name="ann.example", uri="https://ann.example/"),)},
        ),
        ({"authors": [{"avatar": "https://ann.example/a.png"}, 7, None]}, {"authors": ()}),
        ({"author": "Ann Other"}, {"authors": (Person(name="Ann Other"),)}),
        ({"tags": ["a", " b ", "", 3, "a"]}, {"tags": ("a", "b", "3")}),
        ({"tags": "a, b"}, {"tags": ("a", "b")}),
        ({"language": "pt_br"}, {"language": "pt-BR"}),
        ({"external_url": "https://salt.example/"}, {"via": Link(href="https://salt.example/")}),
        ({"external_url": "https://mill.example/1"}, {"via": None}),
        (
            {"_mood": {"of": "day", "n": 3, "on": True, "deep": {"x": 1}}},
            {"extra": (("_mood.of", "day"), ("_mood.n", "3"), ("_mood.on", "true"))},
        ),
        ({"slug": "one", "words": [1, "two"]}, {"extra": (("slug", "one"), ("words", '[1, "two"]'))}),
    ],
)
def test_an_item_is_read(item: dict[str, object], expected: dict[str, object]) -> None:
    found = one(item)
    assert expected == {name: getattr(found, name) for name in expected}


def test_every_attachment_is_an_enclosure_with_its_size_and_duration() -> None:
    attachments = [
        {"url": "a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 4321, "duration_in_seconds": 61.4, "title": "A"},
        {"url": "/b.m4a", "size_in_bytes": "12", "duration_in_seconds": None},
        {"url": "/b.m4a", "mime_type": "audio/mp4"},
        {"url": "file:///etc/passwd"},
        "https://mill.example/c.mp3",
        {"url": "/d", "mime_type": "no type", "size_in_bytes": -5},
    ]
    assert (
        Enclosure(url="https://mill.example/a.mp3", type="audio/mpeg", length=4321, title="A", duration=61),
        Enclosure(url="https://mill.example/b.m4a", type="audio/mp4", length=12),
        Enclosure(url="https://mill.example/d"),
    ) == one({"attachments": attachments}).enclosures


def test_an_item_takes_over_authors_and_language_of_its_feed() -> None:
    head = {"authors": [{"name": "The Mill"}], "language": "fr"}
    assert tuple(
        (entry.article.language, entry.article.authors[0].name)
        for entry in read(
            feed(ITEM, {**ITEM, "id": "2", "language": "de", "authors": [{"name": "Ann"}]}, **head)
        ).entries
    ) == (("fr", "The Mill"), ("de", "Ann"))


def test_an_item_from_another_feed_takes_over_nothing() -> None:
    source = {"_syndicator": {"source": {"id": "tag:salt.example,2020:feed", "title": "Salt"}}}
    found = one(source, authors=[{"name": "The Mill"}], language="fr", _syndicator={"licence": "https://l.example/"})
    assert (found.authors, found.language, found.licence) == ((), None, None)
    assert Upstream(id="tag:salt.example,2020:feed", title="Salt") == found.upstream


# What a feed says


def test_what_a_feed_says_of_itself() -> None:
    head = {
        "language": "de",
        "next_url": "/feed-2.json",
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}, {"type": "rssCloud", "url": "https://no.example/"}],
        "expired": True,
    }
    found = read(feed(ITEM, **head))
    assert Upstream(id=URL, title="The Mill", url=PAGE, feed_url=URL, language="de") == found.upstream
    assert (
        Link(href=URL, rel="self"),
        Link(href=PAGE, rel="alternate"),
        Link(href="https://mill.example/feed-2.json", rel="next"),
        Link(href="https://hub.example/", rel="hub"),
    ) == found.links
    assert (found.format, found.total, found.dropped) == ("json11", 1, 0)
    assert any("ended" in notice for notice in found.notices)


@pytest.mark.parametrize(
    ("version", "format"),
    [
        ("https://jsonfeed.org/version/1", "json10"),
        ("https://jsonfeed.org/version/1.1", "json11"),
        ("http://www.jsonfeed.org/version/1/", "json10"),
        ("https://jsonfeed.org/version/2", "json11"),
    ],
)
def test_the_version_is_told(version: str, format: str) -> None:
    assert format == read(feed(version=version)).format


def test_tombstones_come_back() -> None:
    assert read(document(Format.JSON, [], tombstones=TOMBSTONES)).deleted == TOMBSTONES


def test_more_items_than_may_be_read_are_counted_and_not_remembered() -> None:
    found = read(feed(*({**ITEM, "id": str(number)} for number in range(10))), most=4)
    assert (found.total, found.dropped, len(found.entries), len(found.seen)) == (10, 6, 4, 4 * 24)
    assert any("10 items" in notice for notice in found.notices)


# What is known already

NUMBERED = [{**ITEM, "id": str(number), "title": f"Item {number}"} for number in range(6)]


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 5)), st.permutations(range(6)))
def test_known_items_are_left_out_and_remembered(known: set[int], order: list[int]) -> None:
    before = read(feed(*(NUMBERED[number] for number in sorted(known)))).seen
    whole, found = read(feed(*(NUMBERED[n] for n in order))), read(feed(*(NUMBERED[n] for n in order)), entries=before)
    assert [entry for entry in whole.entries if int(entry.article.explicit_id or "") not in known] == list(
        found.entries
    )
    assert (whole.seen, whole.total) == (found.seen, found.total)


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ({}, True),
        ({"description": "new", "icon": "x", "_syndicator": {"updated": "2024-01-01T00:00:00Z"}}, True),
        ({"authors": [{"name": "Ann"}]}, False),
        ({"language": "de"}, False),
        ({"home_page_url": "https://new.example/"}, False),
    ],
    ids=["same", "nothing that is inherited", "authors", "language", "base"],
)
def test_what_items_inherit_makes_them_new(head: dict[str, object], known: bool) -> None:
    before = read(feed(ITEM, _syndicator={"updated": "2023-01-01T00:00:00Z"})).seen
    assert known == (read(feed(ITEM, **head), entries=before).entries == ())


@pytest.mark.parametrize("entries", [b"x", bytes(23), bytes(25)])
def test_memories_that_are_not_ours_mean_nothing(entries: bytes) -> None:
    assert len(read(feed(ITEM), entries=entries).entries) == 1


def test_the_order_of_keys_makes_no_item_new() -> None:
    turned = dict(reversed(ITEM.items()))
    assert read(feed(turned), entries=read(feed(ITEM)).seen).entries == ()


# What comes back from our own


def _back(article: Article) -> Article:
    (found,) = read_json(
        Incoming(body=document(Format.JSON, [article]), url="https://news.example.org/feed.json")
    ).entries
    return found.article


def _again(article: Article, slug: str) -> Article:
    """The article as a second syndicator has it stored."""
    return replace(article, source="other", id=article.explicit_id or "", slug=slug, revision=1)


@settings(max_examples=100, deadline=None)
@given(ARTICLES)
def test_what_was_rendered_comes_back(article: Article) -> None:
    told = entry(article, SITE)
    if told.source is None:
        return
    found = entry(_again(_back(article), article.slug), SITE)
    differing = {one.name for one in fields(told) if getattr(told, one.name) != getattr(found, one.name)}
    # Of a picture only what the text shows comes back; the id that the first one knew it by is noted.
    assert differing <= {"image", "original_id", "extra"}
    assert (told.image and told.image.url) == (found.image and found.image.url)
    assert set(told.extra) <= set(found.extra)


@settings(max_examples=100, deadline=None)
@given(ARTICLES)
def test_feeding_back_what_came_back_changes_nothing(article: Article) -> None:
    first = _back(article)
    assert first == _back(_again(first, article.slug))


@pytest.mark.parametrize("article", [CARRYING, *PLAIN, *NASTY, *HOSTILE], ids=lambda one: one.slug)
def test_nothing_of_an_article_grows_or_changes_on_its_way_round(article: Article) -> None:
    first = _back(article)
    assert first == _back(_again(first, article.slug))


def test_everything_that_an_article_carries_comes_back() -> None:
    found = _back(CARRYING)
    image = replace(CARRYING.image or Image(), length=None, width=None, height=None)
    expected = replace(CARRYING, source="", id="", slug="", revision=0, image=image)
    assert expected == found


# Bad input


@pytest.mark.parametrize(
    ("body", "kind", "line"),
    [
        (b"", "empty", None),
        (b"\xef\xbb\xbf \n\x00", "empty", None),
        (b"[1, 2]", "not_a_feed", None),
        (b'"text"', "not_a_feed", None),
        (b'{"items": []}', "not_a_feed", None),
        (b'{"version": 1.1, "items": []}', "not_a_feed", None),
        (b'{"version": "1.1", "items": []}', "not_a_feed", None),
        (b'{"version": "x",\n "items": [}', "parse", 2),
        (b'{"version": "x",\n\n "items": [1', "parse", 3),
        (b"<!DOCTYPE html><p>Log in", "parse", 1),
        (b'{"a": "NaN",\n"b": NaN}', "parse", 2),
        (b'{"a": 1,\n"b":\n-Infinity}', "parse", 3),
        (b"[" * 100_000, "too_complex", None),
        (b"[" * 65 + b"]" * 65, "too_complex", None),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "too_complex", None),
        (b"[" + b"[]," * 1_000_000 + b"[]]", "too_complex", None),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, bytes) else None,
)
def test_what_is_no_feed_says_so(body: bytes, kind: str, line: int | None) -> None:
    with pytest.raises(BadFeed) as caught:
        read(body)
    assert (kind, line) == (caught.value.kind, caught.value.line)


def test_a_depth_of_64_is_read() -> None:
    depth = 64 - 2
    assert "_deep" not in dict(one({"_deep": json.loads("[" * (depth - 1) + "]" * (depth - 1))}).extra)


@pytest.mark.parametrize("number", ["9" * 4301, "-" + "9" * 1_000_000], ids=["4301 digits", "a million digits"])
def test_a_number_of_any_length_is_its_text(number: str) -> None:
    assert [number] == jsontext.read(f"[{number}]".encode()).value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("9007199254740992", 2**53),
        ("9007199254740993", "9007199254740993"),
        ("-9007199254740993", "-9007199254740993"),
        ("1e999", "1e999"),
        ("1.5", 1.5),
    ],
)
def test_numbers_that_others_would_read_otherwise_are_text(written: str, value: object) -> None:
    assert value == jsontext.read(written.encode()).value


def test_of_a_key_given_twice_the_last_counts_and_it_is_noticed() -> None:
    body = feed(ITEM).replace(b'"id": "1"', b'"id": "0", "id": "1"')
    found = read(body)
    assert found.entries[0].article.explicit_id == "1"
    assert any("`id`" in notice for notice in found.notices)


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_any_encoding_of_unicode_is_read(encoding: str) -> None:
    body = json.dumps(json.loads(feed({**ITEM, "title": "Müller 👩 中"})), ensure_ascii=False)
    assert read(body.encode(encoding)).entries[0].article.title == "Müller 👩 中"


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        ("Müller".encode("cp1252"), "application/json; charset=iso-8859-1", "Müller"),
        ("Müller".encode("cp1252"), 'application/json; charset="windows-1252"', "Müller"),
        ("Müller".encode("cp1252"), "application/json; charset=punycode", "M\ufffdller"),
        ("Müller".encode("cp1252"), None, "M\ufffdller"),
        (b"a\x00b\x1bc", None, "abc"),
        (b"\\ud83d\\ude00 \\ud800", None, "😀"),
    ],
    ids=["charset", "quoted charset", "charset that is none", "no charset", "controls", "surrogates"],
)
def test_odd_characters_are_read_over_and_clean(body: bytes, content_type: str | None, title: str) -> None:
    found = read(feed({**ITEM, "title": "HERE"}).replace(b"HERE", body), content_type=content_type)
    assert title == found.entries[0].article.title
    assert (body.isascii() and b"\x00" not in body) or found.notices


def test_what_stands_behind_the_end_is_noticed() -> None:
    found = read(feed(ITEM) + b"\n<!-- cached -->")
    assert (len(found.entries), len(found.notices)) == (1, 1)


@pytest.mark.parametrize("items", [None, "x", {"1": 2}], ids=repr)
def test_a_feed_without_a_list_of_items_is_empty_and_noticed(items: object) -> None:
    found = read(feed(items=items))
    assert (found.entries, found.total, len(found.notices)) == ((), 0, 1)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "id",
                "url",
                "external_url",
                "title",
                "content_html",
                "content_text",
                "summary",
                "image",
                "date_published",
                "authors",
                "author",
                "tags",
                "language",
                "attachments",
                "_syndicator",
                "x",
            ]
        ),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["url", "name", "source", "links", "extra", "episode", "place"]), inner, max_size=3
                )
            ),
            max_leaves=8,
        ),
    )
)
def test_no_value_of_any_kind_raises(item: dict[str, Any]) -> None:
    assert read(feed(item, authors=item, hubs=item, _syndicator=item)).total == 1


# Feeds of others


def test_feeds_of_others_hold_what_other_parsers_find() -> None:
    consensus = json.loads(shared("corpus", "real", "CONSENSUS.json").read_text("utf-8"))
    names = [name for name in consensus if name.endswith(".json")]
    assert len(names) >= 5
    for name in names:
        found, expected = read(shared("corpus", "real", name).read_bytes()), consensus[name]
        assert expected["items"] == found.total == len(found.entries), name
        ids = [entry.article.explicit_id or "" for entry in found.entries]
        assert [id[:length] for id, length in zip(ids, map(len, expected["ids"]), strict=False)] == expected["ids"], (
            name
        )
        assert all(entry.article.body and entry.article.published and entry.article.title for entry in found.entries)
        assert found.notices == (), name


def test_feedparsers_own_case_is_read() -> None:
    found = read(shared("corpus", "feedparser", "json", "example.json").read_bytes())
    assert (
        found.upstream.title,
        [entry.article.explicit_id for entry in found.entries],
        [tuple(person.name for person in entry.article.authors) for entry in found.entries],
    ) == ("My Example Feed", ["2", "1"], [("me",), ("you",)])
    assert found.entries[1].article.body == "<p>Hello, world!</p>"


def test_our_fixture_is_what_the_schema_says() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(shared("schemas", "schema-v1.1.json").read_text("utf-8"))
    jsonschema.validate(json.loads(feed(ITEM)), schema)
