"""A site, its feeds and articles from plain to nasty, for every test of rendering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from syndicator.core import render
from syndicator.model import Article, Enclosure, Feed, Format, Image, Link, Person, Site, Tombstone, utc

SITE = Site(
    id="urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6",
    base_url="https://news.example.org",
    title="Example News",
    created=utc(2024, 1, 1),
    description="What happened, and why.",
    language="en",
    author="The Desk",
    licence="https://creativecommons.org/licenses/by/4.0/",
)
FEED = Feed(name="", title="Example News", description="Everything we publish.")
TAG_FEED = Feed(name="tags/press", title="Example News: Press & <more>")
UPDATED = utc(2024, 5, 1, 12)
TOMBSTONES = (Tombstone(id="urn:uuid:00000000-0000-4000-8000-000000000099", when=utc(2024, 4, 30, 23, 59, 59)),)


def article(number: int = 1, **fields: object) -> Article:
    """A decided article; `fields` replace what it has."""
    known: dict[str, object] = {
        "source": "seeds",
        "title": f"Article {number}",
        "id": f"urn:uuid:00000000-0000-4000-8000-{number:012}",
        "slug": f"article-{number}",
        "published": utc(2024, 1, 23, 8, 30, number % 60),
        "updated": utc(2024, 1, 23, 8, 30, number % 60),
        "revision": 1,
    }
    return Article(**(known | fields))  # type: ignore[arg-type]


FULL = article(
    1,
    title="Flour & water",
    body='<p>The mill <a href="https://mill.example/">opened</a>.</p>\n<p><img src="/media/b.png" alt=""></p>',
    summary="The mill opened.",
    authors=(
        Person(name="Ann Other", email="ann@example.org", uri="https://example.org/ann"),
        Person(name="Böb"),
    ),
    tags=("press", "AT&T", "brot & salz"),
    language="de",
    url="https://elsewhere.example/2024/flour?a=1&b=2",
    image=Image(
        url="/media/mill.jpg",
        caption='The mill. <a href="https://photo.example/">P. Hoto</a>',
        alt='A "mill"',
        type="image/jpeg",
        length=1234,
        width=640,
        height=480,
    ),
    enclosures=(
        Enclosure(url="/media/talk.mp3", type="audio/mpeg", length=4321, title="The talk", duration=61),
        Enclosure(url="https://elsewhere.example/clip.mp4", type="video/mp4"),
    ),
    related=(Link(href="https://elsewhere.example/salt", title="Salt & bread"), Link(title="Yeast, no address")),
    via=Link(href="https://via.example/1", title="Via"),
    licence="https://creativecommons.org/licenses/by-sa/4.0/",
    updated=utc(2024, 1, 24, 5, 6, 7, 890123),
)

NASTY_TEXTS = (
    "]]>",
    "a ]]> b <![CDATA[ c",
    "-- <!-- x --> --",
    "<?xml version='1.0'?>",
    "AT&T, R&D and R&D2",
    "&amp; &lt; &#38; &#x26; &nbsp; &copy",
    "1 < 2 > 0",
    "How to close a </b> or a <br/>",
    "</script><script>alert(1)</script>",
    "\"double\" and 'single'",
    "\u202eright to left\u202c",
    "line\u2028separator and\u2029paragraph",
    "emoji 👩‍👩‍👧 and \U0010ffff",
    "e\u0301 is not é",
    "control \x00\x01\x08\x0b\x0c\x1b\x7f\x80\x9f characters",
    "lone \ud800 surrogate \udfff",
    "replacement \ufffd character",
    "\ufeffbyte order mark \ufffe \uffff \ufdd0",
    "%s %(title)s {title} {0} \\n \\u0000",
    "Ünïcödé عربى 中文 русский",
    "x" * 5000,
)

PLAIN = (
    FULL,
    article(2, title="Only a title"),
    article(3, title="Only a caption", image=Image(caption="A mill. <em>Credit</em>")),
    article(4, title="Only an image", image=Image(url="https://elsewhere.example/a.png?x=1&y=2")),
    article(5, title="", summary="No title but a summary"),
    article(6, title="", summary="", slug="no-title-at-all"),
    article(7, title="Old", body="<p>Old.</p>", published=utc(1999, 12, 31, 23, 59, 59), updated=None),
    article(8, title="Terms", body="<p>x</p>", licence="All rights reserved & <kept>"),
    article(9, title="IRI", url="https://bücher.example/straße?q=ü#ß"),
)
NASTY = tuple(
    article(
        100 + index,
        title=text,
        summary=text,
        body=f"<p>{text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</p>",
        image=Image(url="/media/x.png", alt=text),
        enclosures=(Enclosure(url=f"/media/{index}.bin", type=text, title="A file"),),
        published=utc(2024, 2, 1, 0, index // 60, index % 60),
        updated=utc(2024, 2, 2, 0, index // 60, index % 60),
    )
    for index, text in enumerate(NASTY_TEXTS)
)
ALL = (*PLAIN, *NASTY)


def document(
    format: Format,
    articles: Sequence[Article] = ALL,
    *,
    feed: Feed = FEED,
    site: Site = SITE,
    updated: datetime = UPDATED,
    tombstones: Sequence[Tombstone] = (),
    max_age: int | None = 3600,
) -> bytes:
    """A whole document of these articles."""
    pieces = [render.piece(one, format, site) for one in articles]
    return render.document(feed, format, site, pieces, updated, tombstones, max_age=max_age)
