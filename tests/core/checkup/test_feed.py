"""One thing wrong in a good feed gives one finding, with the line it stands in; a good feed gives none."""

from __future__ import annotations

import json

import pytest

from syndicator.core.checkup import (
    Findings,
    Severity,
    addresses,
    atom,
    feed,
    http,
    identity,
    jsonrules,
    markup,
    moments,
    robots,
    rss,
    syntax,
    validators,
)
from syndicator.core.checkup.feed import Origin
from syndicator.core.checkup.findings import Rule
from syndicator.model import Parsed, Upstream, utc
from tests.core.checkup.documents import ATOM, JSON, NOW, RDF, RSS, URL, broken, check, told

A = "https://mill.example/"
GUID_1 = "<guid>https://mill.example/1</guid>"
DATE_1 = "<pubDate>Tue, 08 Oct 2024 08:00:00 GMT</pubDate>"
TITLE_1 = "<title>Water</title>"
TEXT_1 = "<description>The water &amp;amp; the weir.</description>"
ENCLOSURE = '<enclosure url="https://mill.example/w.mp3" length="123" type="audio/mpeg"/>'
ATOM_UPDATED_1 = "<updated>2024-10-08T08:00:00Z</updated>"
XHTML = '<div xmlns="http://www.w3.org/1999/xhtml"><p>The <b>water</b>.</p></div>'
ONE_DATE = [("Tue, 08 Oct 2024 08:00:00 GMT", "Wed, 09 Oct 2024 10:00:00 +0200")]


def date(written: str) -> list[tuple[str, str]]:
    return [(DATE_1, f"<pubDate>{written}</pubDate>")]


def items(count: int, made: str) -> list[tuple[str, str]]:
    """So many more items at the end; `{n}` is their number from 3."""
    return [("</channel>", "".join(made.replace("{n}", str(n)) for n in range(3, 3 + count)) + "</channel>")]


MORE = (
    "<item><title>More {n}</title><link>https://mill.example/{n}</link>"
    '<guid isPermaLink="false">m{n}</guid><pubDate>DATE</pubDate><description>More.</description></item>'
)


@pytest.mark.parametrize("document", [RSS, ATOM, JSON, RDF], ids=["RSS 2.0", "Atom", "JSON Feed", "RDF"])
def test_a_good_feed_has_nothing_wrong_in_it(document: str) -> None:
    assert check(document) == []


RSS_CASES = {
    # the head
    "no version": ([(' version="2.0"', "")], "version-missing", "the feed", 2),
    "an old version": ([('version="2.0"', 'version="0.92"')], "version-old", "the feed", 2),
    "no channel": ([("<channel>", "<chanel>"), ("</channel>", "</chanel>")], "channels", "the feed", 2),
    "two channels": ([("</channel>", "</channel><channel/>")], "channels", "the feed", 2),
    "an item beside the channel": (
        [("</channel>\n", "</channel>\n" + MORE.replace("{n}", "3").replace("DATE", "Mon, 07 Oct 2024 08:00:00 GMT"))],
        "item-outside-channel",
        "item 3",
        36,
    ),
    "no title": ([("<title>The Mill</title>\n<link>", "<link>")], "channel-element-missing", "the channel", 3),
    "an empty description": (
        [("<description>Flour and what is made of it.</description>", "<description/>")],
        "channel-element-missing",
        "the channel",
        3,
    ),
    "no language": ([("<language>en-GB</language>", "")], "language-missing", "the channel", 3),
    "a language that is none": ([("en-GB", "en_GB")], "language-unreadable", "the channel", 7),
    "a ttl in words": ([("<ttl>60", "<ttl>an hour")], "timing-unreadable", "the channel", 9),
    "hour 25": ([("<hour>3", "<hour>25")], "timing-unreadable", "the channel", 10),
    "a day in German": ([("<day>Sunday", "<day>Sonntag")], "timing-unreadable", "the channel", 11),
    "a period in capitals": ([(">daily<", ">Daily<")], "timing-unreadable", "the channel", 12),
    "no times a day": ([(">2</sy", ">0</sy")], "timing-unreadable", "the channel", 13),
    "sy:UpdatePeriod": (
        [("<sy:updatePeriod>", "<sy:UpdatePeriod>"), ("</sy:updatePeriod>", "</sy:UpdatePeriod>")],
        "element-case",
        "the channel",
        12,
    ),
    "an image without link": (
        [("<link>https://mill.example/</link></image>", "</image>")],
        "image-incomplete",
        "the channel's image",
        14,
    ),
    "explicit in German": ([("<itunes:explicit>false", "<itunes:explicit>nein")], "itunes-explicit", "the channel", 15),
    # itself
    "no self": (
        [('<atom:link rel="self" type="application/rss+xml" href="https://mill.example/feed.xml"/>', "")],
        "self-missing",
        "the feed",
        None,
    ),
    "a relative self": (
        [('href="https://mill.example/feed.xml"', 'href="/feed.xml"')],
        "self-relative",
        "the feed",
        None,
    ),
    "another self": (
        [('href="https://mill.example/feed.xml"', 'href="http://mill.example/feed.xml"')],
        "self-differs",
        "the feed",
        None,
    ),
    "two selves": (
        [("<item>", '<atom:link rel="self" href="https://mill.example/feed.xml#2"/><item>')],
        "self-several",
        "the feed",
        None,
    ),
    "a hub alone": (
        [
            (
                'rel="self" type="application/rss+xml" href="https://mill.example/feed.xml"',
                'rel="hub" href="https://hub.example/"',
            )
        ],
        "hub-without-self",
        "the feed",
        None,
    ),
    "its page is the feed": (
        [("<link>https://mill.example/</link>", f"<link>{URL}</link>")],
        "link-is-feed",
        "the channel",
        3,
    ),
    # what an item is known by
    "no guid": ([(GUID_1, "")], "id-missing", "item 2", 27),
    "neither guid nor link": (
        [(GUID_1, ""), ("<link>https://mill.example/1</link>", "<comments>https://mill.example/1</comments>")],
        ["link-missing", "entry-unknowable"],
        "item 2",
        27,
    ),
    "a guid that two share": (
        [(GUID_1, '<guid isPermaLink="false">tag:mill.example,2024:2</guid>')],
        "id-shared",
        "item 2",
        27,
    ),
    "an item twice": (
        [("</channel>", RSS[RSS.rindex("<item>") : RSS.index("</channel>")] + "</channel>")],
        "entry-twice",
        "item 3",
        35,
    ),
    "two items with one link": (
        [("<link>https://mill.example/1</link>", "<link>https://mill.example/2</link>")],
        "link-shared",
        "item 2",
        27,
    ),
    "a guid that is no address": ([(GUID_1, "<guid>water-1</guid>")], "guid-not-url", "item 2", 30),
    "isPermaLink in capitals": ([('isPermaLink="false"', 'isPermaLink="False"')], "guid-ispermalink", "item 1", 20),
    "ispermalink": ([('isPermaLink="false"', 'ispermalink="false"')], "guid-ispermalink", "item 1", 20),
    "a guid with a campaign": (
        [(GUID_1, "<guid>https://mill.example/1?utm_source=rss</guid>")],
        "id-unsteady",
        "item 2",
        27,
    ),
    "a guid with a session": (
        [(GUID_1, "<guid>https://mill.example/1;jsessionid=AB12</guid>")],
        "id-unsteady",
        "item 2",
        27,
    ),
    "its title is its guid": ([(GUID_1, '<guid isPermaLink="false">water</guid>')], "id-is-title", "item 2", 27),
    "white space in a guid": ([(GUID_1, "<guid> https://mill.example/1\n</guid>")], "id-blanks", "item 2", 27),
    # what is in it
    "neither title nor description": (
        [(TITLE_1, ""), (TEXT_1, "")],
        ["item-without-title-and-description", "title-missing"],
        "item 2",
        27,
    ),
    "no title in an item": ([(TITLE_1, "")], "title-missing", "item 2", 27),
    "two links": (
        [
            (
                "<link>https://mill.example/1</link>",
                "<link>https://mill.example/1</link><link>https://mill.example/x</link>",
            )
        ],
        "item-element-double",
        "item 2",
        27,
    ),
    "pubdate": ([(DATE_1, f"{DATE_1}<pubdate>x</pubdate>")], "element-case", "item 2", 31),
    "an element that RSS does not know": (
        [(TITLE_1, f"{TITLE_1}<updated>2024-10-08</updated>")],
        "element-unknown",
        "item 2",
        28,
    ),
    "ttl in an item": ([(TITLE_1, f"{TITLE_1}<ttl>5</ttl>")], "element-misplaced", "item 2", 28),
    "text in the open": ([(TITLE_1, f"{TITLE_1}Warning: foo in bar.php")], "text-stray", "item 2", 27),
    "HTML as elements": ([("The water &amp;amp; the weir.", "The <b>water</b>.")], "html-unescaped", "item 2", 33),
    "an author without e-mail": ([(TITLE_1, f"{TITLE_1}<author>Ann Other</author>")], "author-no-email", "item 2", 28),
    "nobody": (
        [("<dc:creator>Ann Other</dc:creator>\n", ""), ("<dc:creator>Ann Other</dc:creator>\n", "")],
        "author-missing",
        "the channel",
        3,
    ),
    # titles and texts
    "tags in a title": ([(TITLE_1, "<title>&lt;b&gt;Water&lt;/b&gt;</title>")], "html-in-title", "item 2", 28),
    "a title escaped twice": ([(TITLE_1, "<title>Water &amp;amp; weir</title>")], "title-escaped-twice", "item 2", 28),
    "a title with numbers escaped twice": (
        [(TITLE_1, "<title>It&amp;#8217;s</title>")],
        "title-escaped-twice",
        "item 2",
        28,
    ),
    "a text escaped twice": (
        [(TEXT_1, "<description>&amp;lt;p&amp;gt;Water&amp;lt;/p&amp;gt;</description>")],
        "text-escaped-twice",
        "item 2",
        33,
    ),
    "an entity escaped twice": (
        [(TEXT_1, "<description>Water&amp;amp;nbsp;here</description>")],
        "text-escaped-twice",
        "item 2",
        33,
    ),
    "a CDATA mark escaped": (
        [(TEXT_1, "<description>&lt;![CDATA[Water]]&gt;</description>")],
        "cdata-shown",
        "item 2",
        33,
    ),
    "garbled letters": (
        [(TITLE_1, "<title>It\u00e2\u20ac\u2122s M\u00c3\u00bcller</title>")],
        "letters-garbled",
        "item 2",
        28,
    ),
    "lost letters": ([(TITLE_1, "<title>M\ufffdller</title>")], "letters-garbled", "item 2", 28),
    "an empty text": ([(TEXT_1, f"{TEXT_1}<content:encoded> </content:encoded>")], "text-empty", "item 2", 33),
    "a relative picture": ([("https://mill.example/w.png", "/w.png")], "relative-in-text", "item 1", 24),
    "a relative link": ([('href="https://mill.example/w"', 'href="../w"')], "relative-in-text", "item 1", 24),
    "a picture for scripts": (
        [('src="https://mill.example/w.png"', 'data-src="https://mill.example/w.png"')],
        "image-lazy",
        "item 1",
        24,
    ),
    "a script": ([("<p>The wheel", "<script>x()</script><p>The wheel")], "script-in-text", "item 1", 24),
    "a frame": (
        [("<p>The wheel", '<iframe src="https://video.example/1"></iframe><p>The wheel')],
        "frame-in-text",
        "item 1",
        24,
    ),
    # addresses and files
    "a relative link of an item": (
        [("<link>https://mill.example/1</link>", "<link>/1</link>")],
        "address-relative",
        "item 2",
        29,
    ),
    "a link with a space": (
        [("<link>https://mill.example/1</link>", "<link>https://mill.example/a b</link>")],
        "address-illegal",
        "item 2",
        29,
    ),
    "a link to this machine": (
        [("<link>https://mill.example/1</link>", "<link>http://localhost:4000/1</link>")],
        "address-local",
        "item 2",
        29,
    ),
    "a link to a private network": (
        [("<link>https://mill.example/1</link>", "<link>http://192.168.1.2/1</link>")],
        "address-local",
        "item 2",
        29,
    ),
    "an empty link": (
        [("<link>https://mill.example/1</link>", "<link/>"), (GUID_1, '<guid isPermaLink="false">w1</guid>')],
        ["link-missing", "address-empty"],
        "item 2",
        None,
    ),
    "an enclosure without url": (
        [('<enclosure url="https://mill.example/w.mp3" ', "<enclosure ")],
        "enclosure-without-url",
        "item 1",
        25,
    ),
    "an enclosure without type": ([(' type="audio/mpeg"/>', "/>")], "enclosure-without-type", "item 1", 25),
    "an enclosure without length": ([(' length="123"', "")], "enclosure-length", "item 1", 25),
    "an enclosure with a length in words": ([('length="123"', 'length="1.5 MB"')], "enclosure-length", "item 1", 25),
    "two enclosures": ([(ENCLOSURE, ENCLOSURE + ENCLOSURE)], "enclosures-several", "item 1", 17),
    # dates
    "no date": ([(DATE_1, "")], "date-missing", "item 2", 27),
    "a date in words": (date("yesterday"), "date-unreadable", "item 2", 31),
    "an empty date": (date(""), "date-unreadable", "item 2", 31),
    "the 31st of February": (date("Sat, 31 Feb 2024 08:00:00 GMT"), "date-unreadable", "item 2", 31),
    "a date of another format": (date("2024-10-08T08:00:00Z"), "date-form", "item 2", 31),
    "a date in German": (date("Di, 08 Oct 2024 08:00:00 +0000"), "date-form", "item 2", 31),
    "the wrong weekday": (date("Mon, 08 Oct 2024 08:00:00 GMT"), "date-weekday", "item 2", 31),
    "the wrong weekday by the zone": (date("Tue, 08 Oct 2024 23:00:00 -0200"), None, "", None),
    "a year of two digits": (date("Tue, 08 Oct 24 08:00:00 GMT"), "date-short-year", "item 2", 31),
    "a zone that readers do not know": (date("Tue, 08 Oct 2024 08:00:00 CEST"), "date-zone", "item 2", 31),
    "a zone of America": (date("Tue, 08 Oct 2024 08:00:00 PST"), None, "", None),
    "a date ahead": (date("Fri, 11 Oct 2024 08:00:00 GMT"), ["date-future"], "item 2", 31),
    "a date at the epoch": (date("Thu, 01 Jan 1970 00:00:00 GMT"), "date-ancient", "item 2", 31),
    "all dates the same": (
        [*ONE_DATE, *items(3, MORE.replace("DATE", "Wed, 09 Oct 2024 10:00:00 +0200"))],
        "dates-all-same",
        "the feed",
        None,
    ),
    "the oldest first": (
        [
            *items(2, MORE.replace("DATE", "Thu, 10 Oct 2024 0{n}:00:00 GMT")),
            ("Wed, 09 Oct 2024 10", "Mon, 07 Oct 2024 10"),
        ],
        "oldest-first",
        "the feed",
        None,
    ),
    "a build date in words": ([("Wed, 09 Oct 2024 08:00:00 GMT", "just now")], "date-unreadable", "the feed", 8),
}


@pytest.mark.parametrize(("changes", "names", "subject", "line"), RSS_CASES.values(), ids=RSS_CASES.keys())
def test_what_is_wrong_with_rss_is_found(
    changes: list[tuple[str, str]], names: str | list[str] | None, subject: str, line: int | None
) -> None:
    found = check(broken(RSS, *changes))
    wanted = [names] if isinstance(names, str) else names or []
    assert sorted(one.name for one in found) == sorted(wanted)
    assert {one.subject for one in found} == ({subject} if wanted else set())
    if line is not None:
        assert {one.line for one in found} == {line}


ATOM_CASES = {
    "Atom 0.3": ([("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")], "atom-03", "the feed"),
    "no id of the feed": ([("<id>tag:mill.example,2024:feed</id>", "")], "element-missing", "the feed"),
    "an empty id": ([("<id>tag:mill.example,2024:1</id>", "<id/>")], "element-missing", "entry 2"),
    "no updated": ([(ATOM_UPDATED_1, "")], "element-missing", "entry 2"),
    "two titles": ([("<title>Wheel", "<title>x</title><title>Wheel")], "element-double", "entry 1"),
    "two contents": (
        [('<content type="xhtml">', '<content type="text">x</content><content type="xhtml">')],
        "element-double",
        "entry 2",
    ),
    "no author": ([("<author><name>Ann Other</name></author>", "")], "entry-author-missing", "entry 1"),
    "an author without name": (
        [("<name>Ann Other</name>", "<email>a@mill.example</email>")],
        "author-without-name",
        "the feed",
    ),
    "neither content nor link": (
        [('<link href="https://mill.example/1"/>\n<content type="xhtml">' + XHTML + "</content>", "")],
        "entry-without-content",
        "entry 2",
    ),
    "two alternates": (
        [
            (
                '<link href="https://mill.example/1"/>',
                '<link href="https://mill.example/1"/><link href="https://mill.example/x"/>',
            )
        ],
        "alternate-double",
        "entry 2",
    ),
    "an id that is no IRI": ([("<id>tag:mill.example,2024:1</id>", "<id>42</id>")], "id-not-iri", "entry 2"),
    "an id twice": ([("<id>tag:mill.example,2024:1</id>", "<id>tag:mill.example,2024:2</id>")], "id-shared", "entry 2"),
    "a link without href": (
        [('<link href="https://mill.example/1"/>', '<link href="https://mill.example/1"/><link rel="via"/>')],
        "link-without-href",
        "entry 2",
    ),
    "an enclosure without type": ([('type="audio/mpeg" ', "")], "enclosure-without-type", "entry 1"),
    "a type in capitals": ([('<title type="html">', '<title type="HTML">')], "text-type", "entry 2"),
    "xhtml without div": ([(XHTML, "The water.")], "xhtml-without-div", "entry 2"),
    "xhtml with a div of no namespace": (
        [(' xmlns="http://www.w3.org/1999/xhtml"', "")],
        "xhtml-without-div",
        "entry 2",
    ),
    "html with elements": ([('<content type="xhtml">', '<content type="html">')], "html-unescaped", "entry 2"),
    "html called text": ([('<content type="html">', "<content>")], "html-called-text", "entry 1"),
    "html in a title": ([("Wheel and stone", "Wheel &lt;i&gt;and&lt;/i&gt; stone")], "html-in-title", "entry 1"),
    "content of its own and elsewhere": (
        [('<content type="html">', '<content type="html" src="https://mill.example/c">')],
        "content-src-not-empty",
        "entry 1",
    ),
    "pubDate": ([(ATOM_UPDATED_1, ATOM_UPDATED_1 + "<pubDate>x</pubDate>")], "element-unknown", "entry 2"),
    "item": ([("</feed>", "<item/></feed>")], "entries-misnamed", "the feed"),
    "no page": ([('<link href="https://mill.example/"/>', "")], "page-missing", "the feed"),
    "no language": ([(' xml:lang="en"', "")], "language-missing", "the feed"),
    "a date with a small t": ([("2024-10-08T08:00:00Z", "2024-10-08t08:00:00z")], "date-form", "entry 2"),
    "a date without zone": ([("2024-10-08T08:00:00Z", "2024-10-08T08:00:00")], "date-form", "entry 2"),
    "a date as in RSS": ([("2024-10-08T08:00:00Z", "Tue, 08 Oct 2024 08:00:00 GMT")], "date-form", "entry 2"),
    "no date at all": ([("2024-10-08T08:00:00Z", "0000-00-00T00:00:00Z")], "date-unreadable", "entry 2"),
    "updated before published": (
        [("2024-10-09T07:00:00+02:00", "2024-10-09T12:00:00+02:00")],
        "updated-before-published",
        "entry 1",
    ),
    "a wrong namespace": (
        [('xml:lang="en">', 'xml:lang="en" xmlns:media="http://search.yahoo.com/mrss">')],
        "namespace-misspelt",
        "a namespace",
    ),
    "a relative picture": ([("<p>The <b>", '<p><img src="a.png"/>The <b>')], "relative-in-text", "entry 2"),
    "a relative picture with a base": (
        [
            ("<p>The <b>", '<p><img src="a.png"/>The <b>'),
            ('<content type="xhtml">', '<content type="xhtml" xml:base="https://mill.example/">'),
        ],
        None,
        "",
    ),
    "a relative link, which Atom allows": ([('<link href="https://mill.example/1"/>', '<link href="/1"/>')], None, ""),
}


@pytest.mark.parametrize(("changes", "names", "subject"), ATOM_CASES.values(), ids=ATOM_CASES.keys())
def test_what_is_wrong_with_atom_is_found(
    changes: list[tuple[str, str]], names: str | list[str] | None, subject: str
) -> None:
    found = check(broken(ATOM, *changes))
    wanted = [names] if isinstance(names, str) else names or []
    assert sorted(one.name for one in found) == sorted(wanted)
    assert {one.subject for one in found} == ({subject} if wanted else set())


JSON_CASES = {
    "no JSON": ([("{", "{,")], "not-well-formed", "the document"),
    "another version": ([("https://jsonfeed.org/version/1.1", "1.1")], "json-version", "the feed"),
    "no title": ([('"title": "The Mill",', "")], "element-missing", "the feed"),
    "no id": ([('"id": "tag:mill.example,2024:1", ', "")], "element-missing", "item 2"),
    "a number as id": ([('"id": "tag:mill.example,2024:1"', '"id": 1')], "json-kind", "item 2"),
    "an id twice": ([("tag:mill.example,2024:1", "tag:mill.example,2024:2")], "id-shared", "item 2"),
    "no text": ([('"content_text": "The water.", ', "")], "entry-without-content", "item 2"),
    "null": (
        [('"content_text": "The water.", ', '"content_text": "The water.", "summary": null, ')],
        "json-null",
        "item 2",
    ),
    "a title that is no text": (
        [('"title": "Water"', '"title": "Water", "url": ["x"]')],
        ["json-kind", "json-odd"],
        None,
    ),
    "an item that is none": ([('"items": [', '"items": ["x",')], "json-kind", "item 1"),
    "authors that are none": (
        [('"authors": [{"name": "Ann Other"}]', '"authors": "Ann Other"')],
        "json-kind",
        "the feed",
    ),
    "author alone": (
        [('"authors": [{"name": "Ann Other"}]', '"author": {"name": "Ann Other"}')],
        "author-old",
        "the feed",
    ),
    "an attachment without url": ([('"url": "https://mill.example/w.mp3", ', "")], "enclosure-without-url", "item 1"),
    "an attachment without type": ([(', "mime_type": "audio/mpeg"', "")], "enclosure-without-type", "item 1"),
    "next is itself": (
        [('"language"', '"next_url": "https://mill.example/feed.xml", "language"')],
        "next-is-self",
        "the feed",
    ),
    "another self": (
        [('"feed_url": "https://mill.example/feed.xml"', '"feed_url": "https://mill.example/x"')],
        "self-differs",
        "the feed",
    ),
    "no self": ([('"feed_url": "https://mill.example/feed.xml",', "")], "self-missing", "the feed"),
    "a date without zone": ([("2024-10-08T08:00:00+02:00", "2024-10-08T08:00:00")], "date-form", "item 2"),
    "no date": ([(', "date_published": "2024-10-08T08:00:00+02:00"', "")], "date-missing", "item 2"),
    "a relative address": ([('"url": "https://mill.example/1"', '"url": "/1"')], "address-relative", "item 2"),
    "tags in plain text": ([("The water.", "<p>The water.</p>")], "html-called-text", "item 2"),
    "a key twice": ([('"title": "The Mill",', '"title": "x", "title": "The Mill",')], "json-odd", "the document"),
    "a byte order mark": ([("{", "\ufeff{")], "json-bom", "the document"),
}


@pytest.mark.parametrize(("changes", "names", "subject"), JSON_CASES.values(), ids=JSON_CASES.keys())
def test_what_is_wrong_with_a_json_feed_is_found(
    changes: list[tuple[str, str]], names: str | list[str], subject: str | None
) -> None:
    found = check(broken(JSON, *changes))
    assert sorted(one.name for one in found) == sorted([names] if isinstance(names, str) else names)
    assert subject is None or {one.subject for one in found} == {subject}


def test_an_item_of_rss_1_0_needs_title_and_link() -> None:
    found = check(broken(RDF, ("<title>Water</title>", ""), ("<link>https://mill.example/1</link>", "")))
    assert [(one.name, one.line, one.count) for one in found if one.severity == "error"] == [
        ("rdf-item-incomplete", 11, 2)
    ]


def test_what_is_wrong_in_many_entries_is_one_finding_with_the_first_of_them() -> None:
    (found,) = check(
        broken(
            RSS,
            *items(3, MORE.replace("<guid isPermaLink", "<guid x").replace("DATE", "Wed, 02 Oct 2024 0{n}:00:00 GMT")),
        )
    )[:1]
    assert (found.name, found.subject, found.count) == ("guid-not-url", "item 3", 3)


@pytest.mark.parametrize(
    ("served", "names"),
    [(utc(2024, 10, 9, 8, 0, 30), ["feed-date-is-now"]), (utc(2024, 10, 9, 9), []), (None, [])],
    ids=["the time of the request", "an hour before it", "not fetched, or proved to be steady"],
)
def test_a_feed_date_that_is_the_clock(served: object, names: list[str]) -> None:
    old = broken(RSS, ("Wed, 09 Oct 2024 10:00:00 +0200", "Wed, 02 Oct 2024 10:00:00 +0200"), ("Tue, 08", "Tue, 01"))
    origin = Origin(url=URL, asked=URL, served=served)  # type: ignore[arg-type]
    assert [one.name for one in check(old, origin)] == names


def test_a_feed_that_has_just_changed_may_be_dated_now() -> None:
    assert check(RSS, Origin(url=URL, asked=URL, served=utc(2024, 10, 9, 8, 0, 10))) == []


def test_the_link_header_may_say_what_the_document_does_not() -> None:
    silent = broken(
        RSS, ('<atom:link rel="self" type="application/rss+xml" href="https://mill.example/feed.xml"/>', "")
    )
    origin = Origin(url=URL, asked=URL, link=f'<https://hub.example/>; rel="hub", <{URL}>; rel="self"')
    assert check(silent, origin) == []


def test_the_link_header_and_the_document_must_agree() -> None:
    origin = Origin(url=URL, asked=URL, link='<https://mill.example/other>; rel="self"')
    assert told(check(RSS, origin)) == [("self-differs", "the feed", None)]


def test_a_redirect_leaves_either_address_right() -> None:
    assert check(RSS, Origin(url="https://cdn.example/f", asked=URL)) == []


def test_a_file_with_addresses_of_this_machine_gets_a_hint() -> None:
    found = check(RSS.replace("https://mill.example", "http://127.0.0.1:8080"), Origin())
    assert {(one.name, one.severity) for one in found} == {("address-local-in-file", Severity.HINT)}


def test_other_xml_is_told_by_its_root() -> None:
    assert told(check("<opml><body/></opml>")) == [("format-unknown", "the document", 1)]


def test_every_finding_says_what_to_do_and_is_one_line() -> None:
    for cases, document in ((RSS_CASES, RSS), (ATOM_CASES, ATOM), (JSON_CASES, JSON)):
        for changes, *_ in cases.values():  # type: ignore[attr-defined]
            for one in check(broken(document, *changes)):
                assert one.text.isprintable()
                assert one.text.endswith((".", "…"))
                assert "{" not in one.text.replace('{"', "")


def test_the_newest_five_thousand_entries_are_enough() -> None:
    many = {**json.loads(JSON), "items": [{"id": str(n), "content_text": "x"} for n in range(5003)]}
    (found,) = [one for one in check(json.dumps(many)) if one.name == "date-missing"]
    assert found.count == feed.MAX_ENTRIES


@pytest.mark.parametrize(("total", "names"), [(0, ["entries-none"]), (20, []), (5001, ["entries-too-many"])])
def test_how_many_entries_there_are(total: int, names: list[str]) -> None:
    found = Findings()
    parsed = Parsed(format="rss20", upstream=Upstream(), total=total)
    feed.check(RSS.encode(), Origin(url=URL, asked=URL), NOW, found, parsed)
    assert [one.name for one in found] == names


def test_a_name_means_one_severity() -> None:
    rules = [
        rule
        for module in (
            addresses,
            atom,
            feed,
            http,
            identity,
            jsonrules,
            markup,
            moments,
            robots,
            rss,
            syntax,
            validators,
        )
        for rule in vars(module).values()
        if isinstance(rule, Rule)
    ]
    assert len(rules) > 100
    severities: dict[str, set[Severity]] = {}
    for rule in rules:
        severities.setdefault(rule.name, set()).add(rule.severity)
    assert {name for name, found in severities.items() if len(found) > 1} == set()


@pytest.mark.parametrize(
    "document",
    [
        broken(RSS, ("<language>en-GB</language>", ""), (TITLE_1, f"{TITLE_1}<dc:language>en</dc:language>")),
        broken(ATOM, (' xml:lang="en"', ""), ("<entry>", '<entry xml:lang="en">')),
        broken(JSON, ('"language": "en",', ""), ('"title": "Water"', '"title": "Water", "language": "en"')),
    ],
    ids=["RSS", "Atom", "JSON Feed"],
)
def test_a_language_of_an_entry_is_one(document: str) -> None:
    assert check(document) == []
