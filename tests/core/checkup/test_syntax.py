"""Documents that are not well-formed, or not in the encoding that they claim: said in plain words, with the place."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syndicator.core.checkup import Findings, feed
from syndicator.core.checkup.feed import Origin
from tests.core.checkup.documents import ATOM, JSON, NOW, RSS, URL, broken, check, told

WATER = "<title>Water</title>"
LATIN = RSS.replace('encoding="UTF-8"', 'encoding="{said}"').replace("Water", "Wässer")


def errors(document: str | bytes) -> list[tuple[str, str, int | None]]:
    return told([one for one in check(document) if one.severity == "error"])


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("\n" + RSS, ("xml-declaration-late", "the XML declaration", 1)),
        ("<b>Notice: foo in bar.php</b>" + RSS, ("xml-declaration-late", "the first element", 1)),
        (broken(RSS, (WATER, "<title>Salt & water</title>")), ("not-well-formed", "line 28", 28)),
        (broken(RSS, (WATER, "<title>1 < 2</title>")), ("not-well-formed", "line 28", 28)),
        (broken(RSS, (WATER, "<title>Water</titel>")), ("not-well-formed", "line 28", 28)),
        (broken(RSS, (WATER, "<title>Wa<br>ter</title>")), ("not-well-formed", "line 28", 28)),
        (broken(RSS, (WATER, "<title>Water&#1;</title>")), ("not-well-formed", "line 28", 28)),
        (broken(RSS, (WATER, "<title a='1' a='2'>Water</title>")), ("not-well-formed", "line 28", 28)),
        (RSS + "<p>Page made in 0.2 s</p>", ("not-well-formed", "line 37", 37)),
        (broken(RSS, (WATER, "<title>Wa\x0bter</title>")), ("control-character", "line 28", 28)),
        (broken(RSS, (WATER, "<title>Wa\x00ter</title>")), ("control-character", "line 28", 28)),
        (broken(RSS, (WATER, "<title>Wa\uffffter</title>")), ("control-character", "line 28", 28)),
        (broken(RSS, (WATER, "<title>Water&nbsp;mill</title>")), ("entity-undefined", "&nbsp;", 28)),
        (
            broken(RSS, (WATER, f"{WATER}<media:rating>x</media:rating>")),
            ("prefix-undeclared", "the prefix media:", 28),
        ),
        (broken(RSS, (WATER, "<title media:x='1'>Water</title>")), ("prefix-undeclared", "the prefix media:", 28)),
        (RSS[: RSS.index("</channel>")], ("truncated", "the document", 35)),
        (RSS[: RSS.index("</description>\n<content")], ("truncated", "the document", 23)),
        (RSS[: RSS.index("again</a>")], ("truncated", "the document", 24)),
        (RSS.encode("latin-1").replace(b"Water", b"W\xe4sser"), ("encoding-wrong", "the document", 28)),
        (LATIN.format(said="UTF-16").encode(), ("encoding-wrong", "the document", 1)),
        (LATIN.format(said="ASCII").encode(), ("encoding-wrong", "the document", 28)),
        (LATIN.format(said="utf8mb4").encode(), ("encoding-unknown", "the XML declaration", 1)),
        (
            RSS.partition("?>")[2].encode("latin-1").replace(b"Water", b"W\xe4sser"),
            ("encoding-wrong", "the document", 28),
        ),
        ("<rss>" + "<a>" * 300 + "</a>" * 300 + "</rss>", ("too-complex", "the document", 1)),
    ],
)
def test_the_error_and_its_line(document: str | bytes, expected: tuple[str, str, int | None]) -> None:
    found = errors(document)
    assert expected[:2] in [one[:2] for one in found]
    assert expected[2] is None or expected in found


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Salt & water", "a bare & or <"),
        ("Wa<br>ter", "HTML was put in unescaped"),
        ("Water&#1;", "a numbered character"),
    ],
)
def test_the_message_is_for_a_person(title: str, words: str) -> None:
    (found,) = [one for one in check(broken(RSS, (WATER, f"<title>{title}</title>"))) if one.severity == "error"]
    assert words in found.text
    assert title[:4] in found.text


def test_the_column_counts_characters_from_one() -> None:
    (found,) = [one for one in check(broken(RSS, (WATER, "<title>Wässer & x</title>"))) if one.severity == "error"]
    assert found.text.startswith("column 16:")


def test_what_stands_before_and_after_a_break_is_judged_too() -> None:
    found = check(broken(RSS, ("<ttl>60", "<ttl>& an hour"), ("<guid>https://mill.example/1</guid>", "")))
    assert [one.name for one in found] == ["not-well-formed", "timing-unreadable", "id-missing"]


@pytest.mark.parametrize(
    ("said", "encoding"), [("ISO-8859-1", "latin-1"), ("windows-1252", "cp1252"), ("Shift_JIS", "shift_jis")]
)
def test_another_encoding_is_a_hint(said: str, encoding: str) -> None:
    document = LATIN.format(said=said).replace("ä", "ab").encode(encoding)
    assert told(check(document)) == [("encoding-rare", "the document", 1)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_fault(encoding: str) -> None:
    said = RSS.replace("UTF-8", encoding.removesuffix("-sig"))
    assert check(said.encode(encoding)) == []


@pytest.mark.parametrize(
    ("doctype", "name"),
    [
        ('<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x.example/rss.dtd">', "doctype"),
        ('<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', "doctype-declares"),
    ],
)
def test_a_document_type_is_told_and_never_obeyed(doctype: str, name: str) -> None:
    document = broken(RSS, ("<rss", f"{doctype}\n<rss"))
    assert told(check(document)) == [(name, "the document type", None)]


def test_nothing_is_expanded() -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>'
    document = broken(RSS, ("<rss", f"{bomb}\n<rss"), (WATER, "<title>&b;</title>"))
    assert ("entity-undefined", "&b;", 29) in told(check(document))


def test_a_namespace_within_an_entry_holds_there() -> None:
    inner = '<m:rating xmlns:m="http://search.yahoo.com/mrss/">x</m:rating>'
    assert check(broken(RSS, (WATER, f"{WATER}{inner}"))) == []


@settings(max_examples=100, deadline=None)
@given(data=st.data())
@example(data=None)
def test_no_damage_makes_it_fail(data: st.DataObject | None) -> None:
    body = bytearray(RSS.encode())
    if data is not None:
        body = bytearray(data.draw(st.sampled_from([RSS, ATOM, JSON])).encode())
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(body)))
            body[at : at + data.draw(st.integers(0, 40))] = data.draw(
                st.sampled_from([b"<", b"&", b"\x00", b"\xff\xfe", b"]]>", b"<!DOCTYPE", b'"', b"</rss>", b"&x;", b"{"])
            )
    found = Findings()
    feed.check(bytes(body), Origin(url=URL, asked=URL), NOW, found)
    assert all(one.text.isprintable() for one in found)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_nor_does_garbage(body: bytes) -> None:
    found = Findings()
    feed.check(body, Origin(), NOW, found)
    assert all(one.text.isprintable() for one in found)
