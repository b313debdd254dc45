"""The same input gives the same bytes: under any zone, locale, folder, hash seed and clock."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import feedgen.entry
import feedgen.feed
import pytest

from syndicator.core import render
from syndicator.core.coding import etag
from syndicator.model import Format, Person
from tests.conftest import ROOT
from tests.core.render.samples import ALL, FEED, SITE, TOMBSTONES, article, document

PROGRAM = """
import contextlib, locale, sys, time
with contextlib.suppress(locale.Error):
    locale.setlocale(locale.LC_ALL, "")
time.tzset()
from syndicator.core.coding import etag
from syndicator.model import Format
from tests.core.render.samples import TOMBSTONES, document
print(*(etag(document(format, tombstones=TOMBSTONES)) for format in Format))
"""


@pytest.mark.parametrize(
    "surroundings",
    [
        {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4242"},
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "0"},
    ],
    ids=lambda surroundings: surroundings["TZ"],
)
def test_surroundings_change_no_byte(surroundings: dict[str, str], tmp_path: Path) -> None:
    env = {**os.environ, **surroundings, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env=env, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == [etag(document(format, tombstones=TOMBSTONES)) for format in Format]


class _Datetime(type(datetime)):  # type: ignore[misc]
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


class _Later(datetime, metaclass=_Datetime):
    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(days=4000)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", list(Format))
def test_the_clock_changes_no_byte(format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    before = document(format)
    monkeypatch.setattr(feedgen.feed, "datetime", _Later)
    monkeypatch.setattr(feedgen.entry, "datetime", _Later)
    assert document(format) == before


@pytest.mark.parametrize("format", list(Format))
def test_a_piece_is_in_the_document_as_it_is(format: Format) -> None:
    pieces = [render.piece(one, format, SITE) for one in ALL]
    body = render.document(FEED, format, SITE, pieces, SITE.created)
    assert all(body.count(piece) == 1 for piece in pieces)


ENTRY = """\
  <entry xml:lang="en">
    <id>urn:uuid:00000000-0000-4000-8000-000000000001</id>
    <title>Bread</title>
    <updated>2024-01-23T08:30:01Z</updated>
    <author>
      <name>Ann</name>
    </author>
    <link href="https://news.example.org/articles/article-1" rel="alternate" type="text/html"/>
    <summary type="text">It rose.</summary>
    <category term="press"/>
    <published>2024-01-23T08:30:01Z</published>
    <rights>CC0</rights>
    <content type="html">&lt;p&gt;It rose.&lt;/p&gt;</content>
  </entry>
"""
ITEM = """\
  <item>
    <title>Bread</title>
    <link>https://news.example.org/articles/article-1</link>
    <description>It rose.</description>
    <guid isPermaLink="false">urn:uuid:00000000-0000-4000-8000-000000000001</guid>
    <category>press</category>
    <pubDate>Tue, 23 Jan 2024 08:30:01 GMT</pubDate>
    <dc:creator>Ann</dc:creator>
    <dc:language>en</dc:language>
    <dc:rights>CC0</dc:rights>
    <content:encoded><![CDATA[<p>It rose.</p>]]></content:encoded>
  </item>
"""
OBJECT = (
    '{"id": "urn:uuid:00000000-0000-4000-8000-000000000001", "url": "https://news.example.org/articles/article-1", '
    '"title": "Bread", "content_html": "<p>It rose.</p>", "summary": "It rose.", '
    '"date_published": "2024-01-23T08:30:01Z", "date_modified": "2024-01-23T08:30:01Z", '
    '"authors": [{"name": "Ann"}], "tags": ["press"], "language": "en", "_syndicator": {"licence": "CC0"}}'
)


DESCRIPTION = """\
  <item rdf:about="urn:uuid:00000000-0000-4000-8000-000000000001">
    <title>Bread</title>
    <link>https://news.example.org/articles/article-1</link>
    <description>It rose.</description>
    <dc:creator>Ann</dc:creator>
    <dc:date>2024-01-23T08:30:01Z</dc:date>
    <dc:language>en</dc:language>
    <dc:subject>press</dc:subject>
    <dc:rights>CC0</dc:rights>
    <content:encoded><![CDATA[<p>It rose.</p>]]></content:encoded>
  </item>
"""
ASSOCIATION = (
    '{"name": "Bread", "uri": "urn:uuid:00000000-0000-4000-8000-000000000001", "type": "text", '
    '"representationType": "full", "version": "1", "firstCreated": "2024-01-23T08:30:01Z", '
    '"versionCreated": "2024-01-23T08:30:01Z", "contentCreated": "2024-01-23T08:30:01Z", "pubStatus": "usable", '
    '"language": "en", "headlines": [{"role": "main", "value": "Bread"}], '
    '"descriptions": [{"role": "summary", "contentType": "text/plain", "value": "It rose."}], '
    '"bodies": [{"role": "main", "contentType": "text/html", "value": "<p>It rose.</p>"}], "by": "Ann", '
    '"people": [{"name": "Ann", "rel": "author"}], "usageTerms": "CC0", "subjects": [{"name": "press"}], '
    '"renditions": [{"name": "web", "href": "https://news.example.org/articles/article-1", '
    '"contentType": "text/html"}]}'
)


@pytest.mark.parametrize(
    ("format", "expected"),
    list(zip(Format, (ENTRY, ITEM, OBJECT, DESCRIPTION, ASSOCIATION), strict=True)),
    ids=list(Format),
)
def test_pieces_of_renderer_4_are_these_bytes(format: Format, expected: str) -> None:
    one = article(
        title="Bread",
        body="<p>It rose.</p>",
        summary="It rose.",
        authors=(Person(name="Ann"),),
        tags=("press",),
        language="en",
        licence="CC0",
    )
    assert (render.RENDERER, render.piece(one, format, SITE).decode()) == (4, expected)
