"""What an article says comes back from every format as it was."""

from __future__ import annotations

import html
import io
import json
from typing import Any

import feedparser
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from syndicator.core.text import clean_text, one_line
from syndicator.model import Article, Format, Person
from tests.core.render.samples import NASTY_TEXTS, article, document

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
}
Fields = dict[str, Any]

TEXT = st.lists(
    st.one_of(st.text(st.characters(exclude_categories=()), max_size=20), st.sampled_from(NASTY_TEXTS[:-1])), max_size=4
).map("".join)
LINE = TEXT.filter(one_line)


def from_atom(body: bytes) -> Fields:
    entry = etree.fromstring(body).find("a:entry", NS)
    return {
        "title": _construct(entry.find("a:title", NS)),
        "summary": _construct(entry.find("a:summary", NS)),
        "author": entry.findtext("a:author/a:name", None, NS),
        "tags": [category.get("term") for category in entry.iterfind("a:category", NS)],
        "content": entry.findtext("a:content", None, NS),
    }


def _construct(element: etree._Element) -> str:
    return html.unescape(element.text) if element.get("type") == "html" else element.text


def from_rss(body: bytes) -> Fields:
    item = etree.fromstring(body).find("channel/item")
    return {
        "title": html.unescape(item.findtext("title")),
        "summary": html.unescape(item.findtext("description")),
        "author": item.findtext("dc:creator", None, NS),
        "tags": [category.text for category in item.iterfind("category")],
        "content": item.findtext("content:encoded", None, NS),
    }


def from_json(body: bytes) -> Fields:
    item = json.loads(body)["items"][0]
    return {
        "title": item["title"],
        "summary": item["summary"],
        "author": item["authors"][0]["name"],
        "tags": item["tags"],
        "content": item.get("content_html"),
    }


def from_feedparser(body: bytes) -> Fields:
    entry = parsed(body).entries[0]
    return {
        "title": _detail(entry.title_detail),
        "summary": _detail(entry.summary_detail),
        "author": entry.authors[0]["name"],
        "tags": [tag["term"] for tag in entry.tags],
        "content": entry.content[0]["value"],
    }


def _detail(detail: Any) -> str:
    return html.unescape(detail["value"]) if detail["type"] == "text/html" else detail["value"]


def parsed(body: bytes) -> Any:
    headers = {"content-type": "application/xml; charset=utf-8"}
    feed = feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    assert not feed.bozo
    return feed


READERS = {Format.ATOM: from_atom, Format.RSS: from_rss, Format.JSON: from_json}


def written(title: str, summary: str, name: str, tag: str, text: str) -> tuple[Article, Fields]:
    body = f"<p>{html.escape(text, quote=False)}</p>"
    expected = {
        "title": one_line(title),
        "summary": one_line(summary),
        "author": one_line(name),
        "tags": [one_line(tag)],
        "content": clean_text(body),
    }
    return article(title=title, summary=summary, authors=(Person(name=name),), tags=(tag,), body=body), expected


def spelled(fields: Fields) -> Fields:
    return fields | {"content": fields["content"].replace("&#xfffd;", "\ufffd")}


@settings(max_examples=100, deadline=None)
@given(title=LINE, summary=LINE, name=LINE, tag=LINE, text=TEXT)
@example(title="&#38", summary="&notit;", name="&amp;", tag="]]>", text="\u2028]]>")
def test_any_text_comes_back_from_every_format(title: str, summary: str, name: str, tag: str, text: str) -> None:
    one, expected = written(title, summary, name, tag, text)
    for format, read in READERS.items():
        assert expected == spelled(read(document(format, [one]))), format


@pytest.mark.parametrize("text", [text for text in NASTY_TEXTS if one_line(text)], ids=range(len(NASTY_TEXTS)))
@pytest.mark.parametrize("format", [Format.ATOM, Format.RSS])
def test_feedparser_reads_nasty_texts_as_they_were(format: Format, text: str) -> None:
    one, expected = written(text, text, text, text, text)
    body = document(format, [one])
    assert expected == spelled(from_feedparser(body))


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize(
    "character", ["\x00", "\x01", "\x0b", "\x1f", "\x7f", "\x85", "\x9f", "\ud800", "\ufffe", "\uffff"]
)
def test_one_bad_character_in_a_title_breaks_no_feed(format: Format, character: str) -> None:
    one = article(title=f"Bro{character}ken", body=f"<p>{character}</p>", summary=character, tags=(character,))
    two = article(2, title="Whole")
    body = document(format, [one, two])
    names = {Format.JSON: "items", Format.NINJS: "associations"}
    items = json.loads(body)[names[format]] if format in names else parsed(body).entries
    assert [one_line(f"Bro{character}ken"), "Whole"] == [item.get("title") or item["name"] for item in items]
