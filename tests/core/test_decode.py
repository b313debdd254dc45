"""Bytes of article files to text: encodings, marks, line ends, and what is no text."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.articles.decode import decode
from syndicator.core.text import clean_text
from syndicator.errors import BadArticle

ENGLISH = "# A Title – with a dash\n\nBy Zoë Müller\n\nThe café was closed on “Tuesday”, she said.\n"
GERMAN = "# Über Öl\n\nDie Größe der Straße war für die Fußgänger in München überraschend, sagte er am Dienstag.\n"
FRENCH = (
    "# L’été\n\nAu Bélarus, d’anciens prisonniers ont été arrêtés mardi, a déclaré la défense à Genève, où ça va.\n"
)
POLISH = "# Żółw\n\nW Białorusi we wtorek zatrzymano niedawno zwolnionych więźniów, podała grupa obrońców praw.\n"
RUSSIAN = "# Заголовок\n\nПолиция задержала во вторник не менее двадцати человек, сообщила группа защиты прав.\n"
UKRAINIAN = "# Заголовок\n\nПоліція затримала у вівторок щонайменше двадцять людей, повідомила її речниця.\n"
GREEK = "# Τίτλος\n\nΗ αστυνομία συνέλαβε την Τρίτη τουλάχιστον είκοσι άτομα, ανακοίνωσε η ομάδα.\n"
TURKISH = "# Başlık\n\nPolis salı günü en az yirmi kişiyi gözaltına aldı, dedi bir grup. Işık ığdır için çok güçlü.\n"
JAPANESE = "# 題名\n\n警察は火曜日、少なくとも二十人を拘束したと人権団体が発表した。\n"
CHINESE = "# 标题\n\n警方周二拘留了至少二十人，其中包括最近获释的政治犯，人权组织表示。\n"


@pytest.mark.parametrize(
    ("data", "odd"),
    [
        pytest.param(ENGLISH.encode(), None, id="utf-8"),
        pytest.param(codecs.BOM_UTF8 + ENGLISH.encode(), None, id="utf-8 with a mark"),
        pytest.param(ENGLISH.replace("\n", "\r\n").encode(), None, id="windows line ends"),
        pytest.param(ENGLISH.replace("\n", "\r").encode(), None, id="old macintosh line ends"),
        pytest.param(codecs.BOM_UTF16_LE + ENGLISH.encode("utf-16-le"), None, id="utf-16 le with a mark"),
        pytest.param(codecs.BOM_UTF16_BE + ENGLISH.encode("utf-16-be"), None, id="utf-16 be with a mark"),
        pytest.param(ENGLISH.encode("utf-32"), None, id="utf-32 with a mark"),
        pytest.param(
            ENGLISH.replace("\n", "\r\n").encode("utf-16-le"),
            "read as UTF-16-LE, which nothing in it declares",
            id="utf-16 le without a mark",
        ),
        pytest.param(
            ENGLISH.encode("utf-16-be"),
            "read as UTF-16-BE, which nothing in it declares",
            id="utf-16 be without a mark",
        ),
        pytest.param(
            ENGLISH.encode("cp1252"),
            "read as Windows-1252, which it looks like; save it as UTF-8",
            id="windows-1252",
        ),
    ],
)
def test_the_same_text_comes_out_of_every_encoding(data: bytes, odd: str | None) -> None:
    assert (ENGLISH, odd) == decode(data)


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (GERMAN, "cp1252", "Windows-1252"),
        (FRENCH, "cp1252", "Windows-1252"),
        (POLISH, "cp1250", "Windows-1250"),
        (POLISH, "iso8859-2", "ISO-8859-2"),
        (TURKISH, "cp1254", "Windows-1254"),
        (RUSSIAN, "cp1251", "Windows-1251"),
        (RUSSIAN, "koi8-r", "KOI8-R"),
        (UKRAINIAN, "cp1251", "Windows-1251"),
        (GREEK, "cp1253", "Windows-1253"),
        (JAPANESE, "shift_jis", "CP932"),
        (CHINESE, "gb18030", "GB18030"),
    ],
)
def test_legacy_text_is_recognised_by_its_letters_or_its_language(text: str, encoding: str, name: str) -> None:
    assert (text, f"read as {name}, which it looks like; save it as UTF-8") == decode(text.encode(encoding))


@pytest.mark.parametrize(
    ("head", "encoding", "name"),
    [
        ('<?xml version="1.0" encoding="koi8-r"?>\n', "koi8-r", "KOI8-R"),
        ('<html><head><meta charset="windows-1251"><title>', "cp1251", "Windows-1251"),
        ("<meta http-equiv=Content-Type content='text/html; charset=iso-8859-5'>", "iso8859-5", "ISO-8859-5"),
        ('<meta charset="ISO-8859-1">', "cp1252", "Windows-1252"),
    ],
)
def test_a_declared_charset_is_believed_where_the_bytes_are_not_utf8(head: str, encoding: str, name: str) -> None:
    text = head + (GERMAN if encoding == "cp1252" else "Привет")

    assert (text, f"read as {name}, as it declares") == decode(text.encode(encoding))


@pytest.mark.parametrize("text", [GERMAN, POLISH, RUSSIAN, GREEK, TURKISH, JAPANESE * 3, CHINESE * 3])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_recognised_in_any_script(text: str, encoding: str) -> None:
    assert text == decode(text.encode(encoding))[0]


@pytest.mark.parametrize("declared", ["utf-16", "utf-7", "hex", "rot13", "unicode_escape", "no-such-thing", "idna"])
def test_a_charset_that_cannot_be_is_not_believed(declared: str) -> None:
    text = f'<meta charset="{declared}">caf\xe9'

    assert text == decode(text.encode("cp1252"))[0]


@pytest.mark.parametrize(
    ("data", "text", "odd"),
    [
        pytest.param(
            b"# T\x07itle\n\nBo\x00dy",
            "# Title\n\nBody",
            "2 control characters removed, the first U+0007 in line 1",
            id="controls",
        ),
        pytest.param(
            "Привет\n\nмир ".encode() + b"\x93a\x94",
            "Привет\n\nмир “a”",
            "not quite UTF-8: 2 bytes read as Windows-1252, the first in line 3",
            id="a few bytes of another encoding",
        ),
        pytest.param(
            b"x \xed\xa0\xbd\xed\xb8\x80 y",
            "x \U0001f600 y",
            "not quite UTF-8: surrogates joined to characters or removed, the first in line 1",
            id="a pair of surrogates in UTF-8",
        ),
        pytest.param(
            b"x\n\xed\xa0\x80 y",
            "x\n y",
            "not quite UTF-8: surrogates joined to characters or removed, the first in line 2",
            id="a lone surrogate in UTF-8",
        ),
        pytest.param(
            codecs.BOM_UTF16_LE + "ab".encode("utf-16-le") + b"c",
            "ab",
            "1 byte at the end left out, no whole character",
            id="half a character at the end",
        ),
        pytest.param(
            codecs.BOM_UTF16_LE + b"a\x00\x00\xd8b\x00",
            "ab",
            None,
            id="a lone surrogate in UTF-16",
        ),
        pytest.param(
            b"caf\xe9 \x81",
            "café ",
            "read as Windows-1252, which it looks like, without 1 byte that means nothing in it; save it as UTF-8",
            id="a byte that means nothing",
        ),
        pytest.param(b"", "", None, id="nothing"),
    ],
)
def test_what_is_odd_is_told(data: bytes, text: str, odd: str | None) -> None:
    assert (text, odd) == decode(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7\n%", "the file is a PDF document, not text: save it as plain text in UTF-8"),
        (
            b"PK\x03\x04" + bytes(20),
            "the file is an archive or office document (ZIP), not text: save it as plain text in UTF-8",
        ),
        (b"\x89PNG\r\n\x1a\n", "the file is a PNG picture, not text: save it as plain text in UTF-8"),
        (b"{\\rtf1 Hello", "the file is an RTF document, not text: save it as plain text in UTF-8"),
        (bytes(range(256)) * 20, "the file is binary, not text: save it as plain text in UTF-8"),
        (bytes(4096), "the file is binary, not text: save it as plain text in UTF-8"),
        (
            codecs.BOM_UTF32_LE + b"\xff\xff\xff\xff",
            "the file begins as UTF-32-LE but does not go on so: save it as plain text in UTF-8",
        ),
    ],
)
def test_what_is_no_text_is_refused_with_a_remedy(data: bytes, reason: str) -> None:
    with pytest.raises(BadArticle) as refused:
        decode(data)
    assert reason == str(refused.value)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_every_unicode_text_survives(text: str, encoding: str) -> None:
    text = "Article: " + text

    assert clean_text(text) == decode(text.encode(encoding))[0]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        text, _ = decode(data)
    except BadArticle:
        return
    assert text == clean_text(text)
    assert "\ufffd" not in text or b"\xef\xbf\xbd" in data or b"\xfd\xff" in data or b"\xff\xfd" in data
