"""What a feed says of itself."""

from __future__ import annotations

import pytest

from syndicator.core.upstream import is_json, read
from syndicator.errors import BadFeed
from syndicator.model import Hints, Incoming, Link, Parsed, Tombstone, Upstream, utc

URL = "https://there.example/feed.xml"
NAMESPACES = """
    xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
    xmlns:fh="http://purl.org/syndication/history/1.0" xmlns:at="http://purl.org/atompub/tombstones/1.0"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:history="http://purl.org/syndication/history/1.0"
"""
ITEM = "<item><guid>1</guid><title>One</title></item>"


def rss(channel: str, version: str = "2.0") -> Parsed:
    body = f'<rss version="{version}"{NAMESPACES}><channel><title>There</title>{channel}{ITEM}</channel></rss>'
    return read(Incoming(body=body.encode(), url=URL))


def atom(feed: str, attributes: str = "") -> Parsed:
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"{NAMESPACES}{attributes}>{feed}<entry><id>1</id></entry></feed>'
    return read(Incoming(body=body.encode(), url=URL))


def test_a_feed_of_atom_describes_itself() -> None:
    parsed = atom(
        '<id>tag:there.example,2024:X</id><title type="html">A &amp;amp; &lt;b>B&lt;/b></title>'
        '<updated>2024-05-06T07:08:09Z</updated><link href="/"/><link rel="self" href="/own.xml"/><rights>© A</rights>',
        ' xml:lang="de-at"',
    )
    assert parsed.upstream == Upstream(
        id="tag:there.example,2024:X",
        title="A & B",
        url="https://there.example/",
        feed_url="https://there.example/own.xml",
        updated=utc(2024, 5, 6, 7, 8, 9),
        rights="© A",
        language="de-AT",
    )


def test_a_feed_of_rss_describes_itself() -> None:
    parsed = rss(
        "<link>/home</link><language>en-us</language><copyright>© A</copyright>"
        "<lastBuildDate>Mon, 06 May 2024 07:08:09 GMT</lastBuildDate>"
    )
    assert parsed.upstream == Upstream(
        id=URL,
        title="There",
        url="https://there.example/home",
        feed_url=URL,
        updated=utc(2024, 5, 6, 7, 8, 9),
        rights="© A",
        language="en-US",
    )


@pytest.mark.parametrize(
    ("body", "format"),
    [
        ('<rss version="0.91"><channel><title>x</title><item><title>y</title></item></channel></rss>', "rss091u"),
        ('<rss version="0.92"><channel><title>x</title><item><title>y</title></item></channel></rss>', "rss092"),
        ('<rss version="2.0"><channel><title>x</title><item><title>y</title></item></channel></rss>', "rss20"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><title>y</title></entry></feed>', "atom10"),
        (
            '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>x</title><entry><title>y</title></entry></feed>',
            "atom03",
        ),
        ('<CHANNEL HREF="http://a.example/"><ITEM HREF="http://a.example/1"><TITLE>y</TITLE></ITEM></CHANNEL>', "cdf"),
        (
            '{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [{"id": "1", "title": "y"}]}',
            "json11",
        ),
    ],
    ids=lambda value: value if len(value) < 10 else "",
)
def test_formats(body: str, format: str) -> None:
    parsed = read(Incoming(body=body.encode(), url=URL))
    assert (parsed.format, [entry.article.title for entry in parsed.entries]) == (format, ["y"])


@pytest.mark.parametrize(
    ("body", "type", "answer"),
    [
        (b'\xef\xbb\xbf {"version": 1}', "text/plain", True),
        ('{"version": 1}'.encode("utf-16"), None, True),
        (b"[1]", None, True),
        (b"<rss/>", "application/feed+json", False),
        (b"nothing", "application/json; charset=utf-8", True),
        (b"nothing", "text/html", False),
        (b"", None, False),
    ],
)
def test_json_is_told_by_what_it_begins_with(body: bytes, type: str | None, answer: bool) -> None:
    assert is_json(Incoming(body=body, url=URL, content_type=type)) is answer


def test_links_of_a_feed_are_absolute_and_lead_to_the_web() -> None:
    parsed = rss(
        "<link>/home</link><atom:link rel='self' href='feed.xml' type='application/rss+xml'/>"
        "<atom:link rel='hub' href='https://hub.example/'/><atom:link rel='hub' href='javascript:x'/>"
        "<atom:link rel='prev-archive' href='/2023.xml'/><atom:link rel='current' href='/feed.xml'/>"
    )
    assert parsed.links == (
        Link(rel="self", href=URL, type="application/rss+xml"),
        Link(rel="hub", href="https://hub.example/"),
        Link(rel="prev-archive", href="https://there.example/2023.xml"),
        Link(rel="current", href=URL),
        Link(rel="alternate", href="https://there.example/home"),
    )


SY = "<sy:updatePeriod>{}</sy:updatePeriod><sy:updateFrequency>{}</sy:updateFrequency>"


@pytest.mark.parametrize(
    ("channel", "hints"),
    [
        ("", Hints()),
        ("<ttl>90</ttl>", Hints(invited=5400)),
        ("<ttl> 15 </ttl>", Hints(invited=900)),
        ("<ttl>0</ttl>", Hints()),
        ("<ttl>-5</ttl>", Hints()),
        ("<ttl>often</ttl>", Hints()),
        (SY.format(" hourly ", 2), Hints(invited=1800)),
        (SY.format("Daily", "0"), Hints(invited=86400)),
        (SY.format("never", 1), Hints()),
        ("<ttl>60</ttl>" + SY.format("daily", 1), Hints(invited=86400)),
        (
            "<skipHours><hour>24</hour><hour>7</hour><hour> 23 </hour><hour>25</hour><hour>x</hour></skipHours>",
            Hints(skip_hours=(0, 7, 23)),
        ),
        ("<skipDays><day>Sunday</day><day>monday</day><day>Someday</day></skipDays>", Hints(skip_days=(0, 6))),
    ],
)
def test_hints(channel: str, hints: Hints) -> None:
    assert rss(channel).hints == hints


@pytest.mark.parametrize(
    ("feed", "archive", "complete"),
    [("", False, False), ("<fh:archive/>", True, False), ("<history:complete/>", False, True)],
)
def test_archives_and_complete_feeds(feed: str, archive: bool, complete: bool) -> None:
    for parsed in (atom(feed), rss(feed)):
        assert (parsed.archive, parsed.complete) == (archive, complete)


def test_tombstones() -> None:
    parsed = atom(
        '<at:deleted-entry ref="tag:a,2024:1" when="2024-05-06T00:00:00Z"><at:comment>x</at:comment></at:deleted-entry>'
        '<at:deleted-entry ref="tag:a,2024:2" when="2024-05-07T02:00:00+02:00"/>'
        '<at:deleted-entry ref="tag:a,2024:3" when="once"/><at:deleted-entry when="2024-05-06T00:00:00Z"/>'
    )
    assert parsed.deleted == (
        Tombstone(id="tag:a,2024:1", when=utc(2024, 5, 6)),
        Tombstone(id="tag:a,2024:2", when=utc(2024, 5, 7)),
    )


def test_a_tombstone_after_the_entries_counts_when_all_of_them_are_known() -> None:
    body = (
        f'<feed xmlns="http://www.w3.org/2005/Atom"{NAMESPACES}><title>x</title><entry><id>1</id></entry>'
        '<at:deleted-entry ref="2" when="2024-05-06T00:00:00Z"/></feed>'
    ).encode()
    first = read(Incoming(body=body, url=URL))
    again = read(Incoming(body=body, url=URL, entries=first.seen))
    assert (again.entries, again.deleted) == ((), (Tombstone(id="2", when=utc(2024, 5, 6)),))


def test_what_is_beyond_the_bound_is_told() -> None:
    items = "".join(f"<item><guid>{n}</guid><title>{n}</title></item>" for n in range(30))
    body = f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
    parsed = read(Incoming(body=body.encode(), url=URL, most=20))
    assert (len(parsed.entries), parsed.total, parsed.dropped) == (20, 30, 10)
    assert parsed.notices == ("the document holds 30 entries: 10 of them are left out",)


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", "empty"), (b"<html><body>Sign in</body></html>", "not_a_feed"), (b"Sign in", "not_a_feed")],
)
def test_what_is_no_feed_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(BadFeed) as refused:
        read(Incoming(body=body, url=URL, content_type="text/html"))
    assert refused.value.kind == kind


def test_no_header_makes_another_host_the_base() -> None:
    body = b'<rss version="2.0"><channel><title>x</title><item><link>/1</link></item></channel></rss>'
    for location, url in (
        ("/en/feed", "https://there.example/1"),
        ("https://evil.example/", "https://there.example/1"),
    ):
        parsed = read(Incoming(body=body, url=URL, content_location=location))
        assert parsed.entries[0].article.url == url
