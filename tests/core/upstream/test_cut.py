"""Documents cut into their entries: where the cuts are, what a digest notices, and what makes a document odd."""

from __future__ import annotations

import pytest

from syndicator.core.upstream.cut import cut
from syndicator.core.upstream.dicts import Dicts, xml_entries
from syndicator.core.upstream.memory import NOTHING, Record, by_digest, known_digests, pack, unpack
from syndicator.core.upstream.scan import INHERITED
from syndicator.model import Incoming

URL = "https://feeds.example.org/feed.xml"
RSS = b"""<?xml version="1.0"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xml:base="https://a.example/"><channel><title>F</title>
<link>https://a.example/</link><copyright>all</copyright><lastBuildDate>Mon, 06 May 2024 07:08:09 GMT</lastBuildDate>
<item><title>one</title><guid>1</guid></item>
<item><title>two</title><guid>2</guid></item>
<item><title>three</title><guid>3</guid></item>
</channel></rss>
"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><id>f</id><title>F</title>
<author><name>Ada</name></author>
<link href="https://a.example/"/><link rel="self" href="https://a.example/f?1"/><updated>2024-05-06T07:08:09Z</updated>
<entry><id>1</id><title>one</title></entry><entry><id>2</id><title>two</title></entry>
<rights>all</rights></feed>
"""


def read(body: bytes, known: bytes = b"", url: str = URL, language: str | None = None) -> Dicts:
    return xml_entries(Incoming(body=body, url=url, entries=known, content_language=language))


def titles(found: Dicts) -> list[object]:
    return [values.get("title") for _, values in found.entries]


def remembered(body: bytes, url: str = URL) -> bytes:
    return pack(Record(digest=digest) for digest, _ in read(body, url=url).order)


# --- where the cuts are


@pytest.mark.parametrize(
    ("body", "entries"),
    [
        pytest.param(
            b"<rss><channel><item>a</item> <item >b</item ></channel></rss>",
            ["<item>a</item>", "<item >b</item >"],
            id="rss",
        ),
        pytest.param(b"<rss><channel><item/><item a='/>'/></channel></rss>", ["<item/>", "<item a='/>'/>"], id="empty"),
        pytest.param(b"<rss><channel><item>/></item></channel></rss>", ["<item>/></item>"], id="text like an end"),
        pytest.param(b"<rss><channel><item><a/></item></channel></rss>", ["<item><a/></item>"], id="an empty one last"),
        pytest.param(b"<rss><channel><item/></channel ></rss>", ["<item/>"], id="an empty one before the end"),
        pytest.param(
            b"<rss><channel><item><![CDATA[</item>]]><!-- </item> --></item></channel></rss>",
            ["<item><![CDATA[</item>]]><!-- </item> --></item>"],
            id="hidden ends",
        ),
        pytest.param(
            b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
            b"<channel/><item>a</item></r:RDF>",
            ["<item>a</item>"],
            id="beside the channel",
        ),
        pytest.param(
            b'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry>1</a:entry></a:feed>',
            ["<a:entry>1</a:entry>"],
            id="a prefix",
        ),
        pytest.param(b"<CHANNEL><ITEM HREF='a'>1</ITEM></CHANNEL>", ["<ITEM HREF='a'>1</ITEM>"], id="cdf"),
        pytest.param(
            b'<rss><channel><x:item xmlns:x="y">a</x:item><item>b</item></channel></rss>',
            ["<item>b</item>"],
            id="foreign",
        ),
        pytest.param(
            "<rss><channel><title>é</title><item>ö</item></channel></rss>".encode(), ["<item>ö</item>"], id="utf-8"
        ),
    ],
)
def test_the_entries_of_a_document_are_found(body: bytes, entries: list[str]) -> None:
    found = cut(body)
    assert [body[start:end].decode() for start, end in found.entries] == entries
    assert (found.odd, found.error) == (None, None)


def test_only_what_is_not_known_is_read_and_the_order_is_kept() -> None:
    order = read(RSS).order
    known = pack(Record(digest=digest) for digest, _ in (order[0], order[2]))
    found = read(RSS, known)
    assert (titles(found), found.feed["title"], found.total, found.whole) == (["two"], "F", 3, False)
    assert found.order == ((order[0][0], True), (order[1][0], False), (order[2][0], True))
    assert found.documents[0].count(b"<item>") == 1


def test_what_a_head_leaves_behind_meets_the_first_entry_alone() -> None:
    # feedparser takes a description after a summary for the content, unless it has seen a content before.
    both = b"<summary>short</summary><description>long</description>"
    body = RSS.replace(b"<copyright>", both + b"<copyright>").replace(b"</guid>", b"</guid>" + both)
    entries = {values["title"]: values for _, values in read(body).entries}
    assert ["content" in entries[title] for title in ("one", "two", "three")] == [False, True, True]
    known = pack(Record(digest=digest) for digest, _ in read(body).order[:2])
    assert [values for _, values in read(body, known).entries] == [entries["three"]]


def test_a_document_of_which_all_is_known_gives_its_head() -> None:
    found = read(ATOM, remembered(ATOM))
    assert (found.entries, found.feed["title"], found.feed["rights"]) == ((), "F", "all")


# --- what a digest notices


@pytest.mark.parametrize(
    ("body", "old", "new", "changed"),
    [
        pytest.param(RSS, b"<title>two", b"<title>2", ["2"], id="an entry is edited"),
        pytest.param(RSS, b"<guid>2<", b"<guid>two<", ["two"], id="an id changes"),
        pytest.param(RSS, b'xml:base="https://a', b'xml:base="https://b', ["one", "two", "three"], id="xml:base"),
        pytest.param(
            RSS, b"purl.org/dc/elements", b"x.example/dc", ["one", "two", "three"], id="a namespace at the root"
        ),
        pytest.param(
            RSS, b"<channel>", b'<channel xml:lang="de">', ["one", "two", "three"], id="xml:lang of the channel"
        ),
        pytest.param(RSS, b'version="2.0"', b'version="0.91"', ["one", "two", "three"], id="the version"),
        pytest.param(RSS, b"<copyright>all", b"<copyright>none", ["one", "two", "three"], id="the rights"),
        pytest.param(RSS, b"<link>https://a", b"<link>https://b", ["one", "two", "three"], id="the page"),
        pytest.param(
            RSS, b"<copyright>", b"<dc:creator>Ada</dc:creator><copyright>", ["one", "two", "three"], id="an author"
        ),
        pytest.param(ATOM, b"Ada", b"Bob", ["one", "two"], id="the author of an Atom feed"),
        pytest.param(ATOM, b"<rights>all", b"<rights>none", ["one", "two"], id="rights behind the entries"),
        pytest.param(ATOM, b'xml:lang="en"', b'xml:lang="de"', ["one", "two"], id="the language"),
        pytest.param(RSS, b"07:08:09", b"08:08:09", [], id="the date of the document"),
        pytest.param(ATOM, b"07:08:09", b"08:08:09", [], id="the date of an Atom feed"),
        pytest.param(ATOM, b"f?1", b"f?2", [], id="a link to itself"),
        pytest.param(
            RSS, b"<title>F", b"<ttl>60</ttl><generator>g</generator><title>G", [], id="what else is in the head"
        ),
        pytest.param(RSS, b"</item>\n<item>", b"</item>  <item>", [], id="white space between entries"),
        pytest.param(
            RSS, b'<?xml version="1.0"?>', b'<?xml version="1.0" encoding="utf-8"?> <!-- 2 -->', [], id="a comment"
        ),
    ],
)
def test_what_changes_an_entry_is_noticed_and_nothing_else(
    body: bytes, old: bytes, new: bytes, changed: list[str]
) -> None:
    assert old in body
    found = read(body.replace(old, new), remembered(body))
    named = [values.get("id") if values.get("id") == "two" else values["title"] for _, values in found.entries]
    assert (named, found.whole) == (changed, False)


@pytest.mark.parametrize(
    ("url", "language", "changed"),
    [
        (URL, None, False),
        (URL + "?session=1#a", None, False),
        ("https://feeds.example.org/other/feed.xml", None, True),
        (URL, "de", True),
    ],
)
def test_entries_inherit_from_the_address_and_the_headers(url: str, language: str | None, changed: bool) -> None:
    assert bool(read(ATOM, remembered(ATOM), url, language).entries) == changed


def test_an_entry_is_known_wherever_it_stands() -> None:
    first, second = b"<item><title>one</title><guid>1</guid></item>", b"<item><title>two</title><guid>2</guid></item>"
    moved = RSS.replace(first, b"-").replace(second, first).replace(b"\n-\n", b"\n" + second + b"\n")
    new = RSS.replace(first, b"<item><title>new</title></item>" + first)
    assert (titles(read(moved, remembered(RSS))), titles(read(new, remembered(RSS)))) == ([], ["new"])


def test_what_is_inherited_changes_seldom() -> None:
    assert {"lastbuilddate", "pubdate", "updated", "ttl", "generator", "dc_date", "title", "image"} & INHERITED == set()


# --- what makes a document odd

UNKNOWN = b'<x:a xmlns:x="%s">1</x:a>'


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        pytest.param(b"</item>\n<item>", b"</item><ttl>5</ttl><item>", "between the entries", id="head among entries"),
        pytest.param(b"<guid>2</guid>", b"<item/>", "within another element", id="an entry in an entry"),
        pytest.param(b"<guid>2</guid>", b"<channel/>", "within another element", id="a channel in an entry"),
        pytest.param(b"<guid>2</guid>", b"<description><p>a</p></description>", "another type", id="bare markup"),
        pytest.param(
            b"<guid>2</guid>", b'<content type="xhtml"><title>a</title></content>', "another type", id="handled"
        ),
        pytest.param(b"<item><title>two</title><guid>2<", b"<item><title>one</title><guid>1<", "same", id="twice"),
        pytest.param(b"</channel>", b"</channel><channel><item/></channel>", "between", id="two channels"),
        pytest.param(b'<?xml version="1.0"?>', b"<!DOCTYPE rss [<!ENTITY a 'b'>]>", "document type", id="doctype"),
        pytest.param(b"<title>two", UNKNOWN % b"u" + b"<title>two", None, id="one foreign namespace"),
        pytest.param(b"</guid></item>", b"</guid>" + UNKNOWN % b"u" + b"</item>", None, id="the same in each"),
        pytest.param(b"<guid>2</guid>", UNKNOWN % b"u" + UNKNOWN % b"v", "several things", id="two meanings"),
        pytest.param(
            b"<guid>2</guid>", UNKNOWN % b"u" + b'<y:a xmlns:y="u">1</y:a>', "several things", id="two prefixes"
        ),
    ],
)  # fmt: skip
def test_what_entries_leave_to_others_makes_a_document_odd(old: bytes, new: bytes, why: str | None) -> None:
    assert old in RSS
    found = read(RSS.replace(old, new))
    assert found.whole == (why is not None)
    assert (why or "") in (found.odd or "")
    assert found.total >= 3


def test_without_an_address_what_elements_say_of_it_is_odd() -> None:
    assert ("its elements say" in (read(RSS, url="").odd or ""), read(ATOM, url="").odd) == (True, None)


def test_what_was_read_as_a_whole_is_known_the_next_time() -> None:
    odd = RSS.replace(b"</item>\n<item>", b"</item><ttl>5</ttl><item>")
    changed = odd.replace(b"<title>two", b"<title>2")
    assert titles(read(odd, remembered(odd))) == []
    assert titles(read(changed, remembered(odd))) == ["2"]
    assert titles(read(odd.replace(b">all<", b">none<"), remembered(odd))) == ["one", "two", "three"]


# --- what is remembered


def test_records_are_read_as_they_were_written() -> None:
    records = [Record(digest=b"12345678", id=b"the id -", link=b"the link"), Record(digest=b"abcdefgh")]
    data = pack(records)
    assert (len(data), list(unpack(data)), known_digests(data)) == (48, records, {b"12345678", b"abcdefgh"})
    assert by_digest(data)[b"abcdefgh"] == Record(digest=b"abcdefgh", id=NOTHING, link=NOTHING)


@pytest.mark.parametrize("data", [b"", b"1", bytes(23), bytes(25)])
def test_what_is_no_record_is_nothing(data: bytes) -> None:
    assert (list(unpack(data)), known_digests(data)) == ([], frozenset())
