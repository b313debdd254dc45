"""Bytes in any encoding, or in none, become UTF-8 (S20)."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.upstream.charset import to_utf8
from syndicator.core.upstream.dicts import xml_entries
from syndicator.model import Incoming

CYRILLIC = "Съешь ещё этих мягких"


def feed(text: str, declared: str | None = None) -> str:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    item = f"<item><title>{text}</title></item>"
    return f"{declaration}<rss version='2.0'><channel><title>{text}</title>{item}</channel></rss>"


@pytest.mark.parametrize(
    ("body", "content_type", "text", "encoding"),
    [
        pytest.param(feed("é").encode(), None, "é", "utf-8", id="utf-8"),
        pytest.param(codecs.BOM_UTF8 + feed("é", "latin1").encode(), "a/b; charset=koi8-r", "é", "utf-8", id="mark"),
        pytest.param(feed("é", "utf-16").encode("utf-16"), None, "é", "utf-16-le", id="utf-16"),
        pytest.param(feed("é", "utf-16").encode("utf-16-be"), None, "é", "utf-16-be", id="utf-16 without a mark"),
        pytest.param(feed("é").encode("utf-16-le"), None, "é", "utf-16-le", id="utf-16 that nothing declares"),
        pytest.param(feed("é", "utf-32").encode("utf-32"), None, "é", "utf-32-le", id="utf-32"),
        pytest.param(feed(CYRILLIC, "windows-1251").encode("cp1251"), None, CYRILLIC, "windows-1251", id="declared"),
        pytest.param(
            feed(CYRILLIC).encode("koi8-r"), "application/rss+xml; charset=KOI8-R", CYRILLIC, "koi8-r", id="header"
        ),
        pytest.param(
            feed(CYRILLIC, "cp1251").encode("koi8-r"), "a/b;charset='koi8-r'", CYRILLIC, "koi8-r", id="header first"
        ),
        pytest.param(feed(CYRILLIC, "latin1").encode(), "text/xml; charset=latin1", CYRILLIC, "utf-8", id="wrong"),
        pytest.param(feed("漢字", "Shift_JIS").encode("cp932"), None, "漢字", "shift_jis", id="Shift JIS"),
        pytest.param(feed("漢字", "iso-2022-jp").encode("iso2022_jp"), None, "漢字", "iso2022_jp", id="ISO-2022-JP"),
        pytest.param(feed("联通", "gb2312").encode("gbk"), None, "联通", "gb18030", id="GB 2312 that could be UTF-8"),
        pytest.param(feed("“é”", "iso-8859-1").encode("cp1252"), None, "“é”", "windows-1252", id="no ISO 8859-1"),
        pytest.param(feed("é").encode("cp1252"), "text/xml", "é", "windows-1252", id="nothing is UTF-8"),
        pytest.param(feed("é+AGE-", "utf-7").encode(), None, "é+AGE-", "utf-8", id="utf-7 is none"),
        pytest.param(feed("é", "rot13").encode(), "text/xml; charset=base64", "é", "utf-8", id="no encodings"),
        pytest.param(feed("é", "utf-16").encode(), None, "é", "utf-8", id="a label of utf-16 on utf-8"),
        pytest.param(feed("é").encode() + b"<!-- \xff -->", None, "é", "utf-8", id="utf-8 but for a byte"),
    ],
)  # fmt: skip
def test_a_feed_is_read_in_the_encoding_that_it_is_in(
    body: bytes, content_type: str | None, text: str, encoding: str
) -> None:
    found = xml_entries(Incoming(body=body, url="https://x.example/", content_type=content_type))
    assert (found.entries[0][1]["title"], found.encoding) == (text, encoding)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b"\x00", id="zero"),
        pytest.param(bytes(range(1, 9)) + b"\x0b\x0c" + bytes(range(14, 32)), id="control characters"),
        pytest.param(b"\xef\xbf\xbe\xef\xbf\xbf", id="noncharacters"),
        pytest.param(b"\xed\xa0\x80\xed\xbf\xbf", id="lone surrogates"),
        pytest.param(b"\xc0\xaf\xe0\x80\xaf", id="overlong"),
        pytest.param(b"\xf4\x90\x80\x80", id="beyond Unicode"),
        pytest.param(b"\xe2\x82", id="cut off"),
        pytest.param(b"&#0;&#xD800;&#xFFFF;&#x110000;", id="references"),
    ],
)
@pytest.mark.parametrize("ending", [b"</channel></rss>", b"</channel></rss><x>"], ids=["well-formed", "not"])
def test_what_is_no_character_is_in_no_text(odd: bytes, ending: bytes) -> None:
    body = b"<rss><channel><title>t</title><item><title>a" + odd + "ééééééééé</title></item>".encode() + ending
    found = xml_entries(Incoming(body=body, url="https://x.example/"))
    title = found.entries[0][1]["title"]
    assert (title[0], title[-1]) == ("a", "é")
    title.encode("utf-8")
    controls = [c for c in title if ord(c) < 32 or ord(c) in (0xFFFE, 0xFFFF) or 0xD800 <= ord(c) < 0xE000]
    assert controls == []


@given(st.binary(max_size=200), st.sampled_from([None, "text/xml", "text/xml; charset=utf-16", "a;charset=big5"]))
@settings(max_examples=100, deadline=None)
def test_any_bytes_become_utf_8(body: bytes, content_type: str | None) -> None:
    to_utf8(body, content_type).data.decode("utf-8")


def test_bytes_that_are_not_what_they_claim_are_told() -> None:
    found = xml_entries(Incoming(body=feed("é" * 9).encode() + b"<!--\xff-->", url="https://x.example/"))
    assert found.notices == ("the text is damaged: 1 byte is not UTF-8",)
