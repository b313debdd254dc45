"""feedparser, driven by us, gives what it gives by itself; and what is not well-formed is read all the same."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.upstream.dicts import Dicts, xml_entries
from syndicator.core.upstream.feedparsing import _Strict
from syndicator.core.upstream.mending import mended
from syndicator.errors import BadFeed
from syndicator.model import Incoming
from tests.conftest import shared
from tests.core.upstream.adversaries import broken, entry, item

URL = "https://feeds.example.org/all/feed.xml"
HEADERS = {"content-type": "application/xml", "content-location": URL}
FOLDERS = ("illformed", "encoding", "entities")
DIFFERENT = {
    "shiftjis.xml": "nothing tells its encoding: Windows-1252 is as wrong as ISO 8859-2",
    "bozo_invalid-bytes-with-bom.xml": "what is UTF-8 stays UTF-8 where other bytes are not",
    "bozo_linenoise.xml": "bytes of no encoding",
    "rss_empty_document.xml": "there is nothing in it",
}
KEYS = ("id", "link", "links", "title", "summary", "content", "author", "published", "updated", "tags")


def read(body: bytes) -> Dicts:
    return xml_entries(Incoming(body=body, url=URL, content_type="application/xml"))


def by_itself(body: bytes) -> Any:
    return feedparser.parse(
        io.BytesIO(body), response_headers=HEADERS, sanitize_html=False, resolve_relative_uris=False
    )


def told(entries: list[Any]) -> list[list[Any]]:
    return [[dict.get(values, key) for key in KEYS] for values in entries]


@pytest.mark.parametrize("folder", FOLDERS)
def test_odd_documents_are_read_as_feedparser_reads_them(folder: str) -> None:
    different = set()
    for path in sorted(shared("corpus", "feedparser", folder).rglob("*.xml")):
        body = path.read_bytes()
        try:
            found = [values for _, values in read(body).entries]
            title = read(body).feed.get("title")
        except BadFeed:
            found, title = [], None
        expected = by_itself(body)
        if told(found) != told(expected.entries) or (title or "") != expected.feed.get("title", ""):
            different.add(path.name)
    assert different <= DIFFERENT.keys()


def test_the_feed_is_read_as_feedparser_reads_it() -> None:
    different = []
    for path in sorted(shared("corpus", "feedparser", "wellformed").rglob("*.xml"))[::7]:
        expected = by_itself(path.read_bytes())
        if not expected.bozo and path.name != "entity_in_doctype.xml":
            found = read(path.read_bytes())
            different += (
                [path.name] if found.feed != expected.feed or found.version not in (expected.version, "cdf") else []
            )
    assert different == []


# --- what stands in the way of a strict parser


@pytest.mark.parametrize(
    ("body", "title", "bozo"),
    [
        pytest.param(item(b""), "a", None, id="nothing"),
        pytest.param(b"\n\t" + b'<?xml version="1.0"?>' + item(b""), "a", "line 1: white", id="white space first"),
        pytest.param(item(b"").replace(b">a<", b">a\x00\x08\xef\xbf\xbf<"), "a", "line 1: ", id="control characters"),
        pytest.param(item(b"").replace(b">a<", b">a&#0;&#x1f;&#xd800;<"), "a", "line 1: ", id="references to them"),
        pytest.param(item(b"").replace(b">a<", b">AT&T &nope; &<"), "AT&T &nope; &", "line 1: ", id="bare ampersands"),
        pytest.param(item(b"").replace(b">a<", b">&eacute;&rarr;<"), "é→", "line 1: undef", id="names of HTML"),
        pytest.param(
            item(b"").replace(b"a<", b"<![CDATA[a&b &amp;]]><!--&-->&nbsp;c<"), "a&b &amp;\u00a0c", "line 1", id="CDATA"
        ),
    ],
)  # fmt: skip
def test_what_can_be_mended_is_mended_and_told(body: bytes, title: str, bozo: str | None) -> None:
    found = read(body)
    assert (found.entries[0][1]["title"], found.whole) == (title, False)
    assert (found.bozo or "")[: len(bozo or "")] == (bozo or "")
    assert (found.bozo is None) == (bozo is None)


@given(
    st.lists(st.sampled_from([b"&", b"&amp;", b"&#", b"1", b";", b"x", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"nbsp"]))
)
@settings(max_examples=100, deadline=None)
def test_mending_twice_changes_nothing_more(pieces: list[bytes]) -> None:
    once = mended(b"".join(pieces))
    assert mended(once) == once


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(broken(b""), id="a tag that is not closed"),
        pytest.param(item(b"")[:-20], id="cut off"),
        pytest.param(item(b"") + b"<p>", id="something behind it"),
        pytest.param(b"<br />\n<b>Warning</b>: in line 5" + item(b""), id="something before it"),
        pytest.param(item(b"<description><![CDATA[a</description>"), id="CDATA that does not end"),
        pytest.param(item(b"<x:y>a</x:y>"), id="a prefix that nothing declares"),
    ],
)
def test_what_cannot_be_mended_is_read_as_far_as_it_goes(body: bytes) -> None:
    found = read(body)
    assert ([values["title"] for _, values in found.entries], found.whole) == (["a"], True)
    assert re.match(r"line \d+: ", found.bozo or "")


# --- what feedparser does with odd values


@pytest.mark.parametrize(
    "inside",
    [
        b'<g:pos xmlns:g="http://www.opengis.net/gml">1 2</g:pos>',
        b'<p:chapters xmlns:p="http://podlove.org/simple-chapters"><p:chapter/></p:chapters>',
        b"<textinput><name>a</name></textinput>",
        b'<g:Point srsName="EPSG:x" xmlns:g="http://www.opengis.net/gml"><g:pos>1 2</g:pos></g:Point>',
        b'<m:keywords a="b" xmlns:m="http://search.yahoo.com/mrss/"/>',
        b'<link href="http://[/"/>',
    ],
)
@pytest.mark.parametrize("body", [item, entry, broken])
def test_an_odd_value_takes_nothing_else_along(body: Any, inside: bytes) -> None:
    found = read(body(inside + b"</item><item>" if body is not entry else inside + b"</entry><entry>"))
    assert ([values.get("title") for _, values in found.entries], found.feed["title"]) == (["a", None], "t")


def test_nothing_stands_in_for_what_an_entry_does_not_have() -> None:
    values = read(item(b"<pubDate>Mon, 06 May 2024 07:08:09 GMT</pubDate>")).entries[0][1]
    assert (type(values), values.get("updated"), "description" in values) == (dict, None, False)


WORDS = st.lists(
    st.sampled_from(["a", "B.c", "@", "b.org", "(", ")", "<", ">", " ", "[1.2.3.", "4]", "?subject=", "x-1"])
)


@given(WORDS.map("".join))
@settings(max_examples=100, deadline=None)
def test_an_author_is_taken_apart_as_feedparser_does(line: str) -> None:
    found = []
    for kind in (_Strict, feedparser.api.StrictFeedParser):
        parser = kind(URL, None) if kind is _Strict else kind(URL, None, "utf-8")
        parser.feeddata["author"] = line
        parser._sync_author_detail()
        found.append(dict(parser.feeddata))
    assert found[0] == found[1]


# --- what is no feed


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        pytest.param(b"", "empty", "sent nothing", id="nothing"),
        pytest.param(b"\xef\xbb\xbf \r\n\x00", "empty", "sent nothing", id="white space"),
        pytest.param(
            b"<!doctype html><html><title>Log in</title>", "not_a_feed", "web page.*syndicator add", id="a page"
        ),
        pytest.param(b"<html><body><form action='/login'>", "not_a_feed", "web page.*login", id="a captive portal"),
        pytest.param(b"<!-- a --><HTML><pre>&lt;rss></pre><rss>", "not_a_feed", "web page", id="a page about feeds"),
        pytest.param(b"<div>Not found</div>", "not_a_feed", "web page", id="a part of a page"),
        pytest.param(b'{"items": "<p>"}', "not_a_feed", "JSON", id="json"),
        pytest.param(b"Not found", "not_a_feed", "plain text", id="text"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "not_a_feed", "picture", id="a picture"),
        pytest.param(b"\x1f\x8b\x08", "not_a_feed", "archive", id="gzip"),
        pytest.param(b"<opml version='2.0'><body/></opml>", "not_a_feed", "syndicator import", id="a list of feeds"),
        pytest.param(b"<urlset/>", "not_a_feed", "sitemap", id="a sitemap"),
        pytest.param(b"<?xml version='1.0'?><foo><bar/></foo>", "not_a_feed", "neither RSS nor Atom", id="xml"),
    ],
)
def test_what_is_no_feed_is_refused_in_words(body: bytes, kind: str, words: str) -> None:
    with pytest.raises(BadFeed, match=words) as raised:
        read(body)
    assert raised.value.kind == kind


@pytest.mark.parametrize("body", [b"<rss version='2.0'><channel/></rss>", b"<feed/>", b"<rss/>"])
def test_a_feed_of_nothing_is_a_feed(body: bytes) -> None:
    assert (read(body).entries, read(body).total) == ((), 0)


def test_a_body_that_is_a_path_opens_no_file(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(item(b""))
    with pytest.raises(BadFeed, match="plain text"):
        read(str(path).encode())
