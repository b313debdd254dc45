"""Bytes in whatever encoding to UTF-8, so that everything after works on one form.

A byte order mark comes first (RFC 7303 section 3), then UTF-16 and UTF-32 by their zeros, then what is declared in the
header and in the document, as far as the bytes agree; bytes that are UTF-8 are read as such whatever was said of them.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ZEROS = (
    (re.compile(rb"<\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00\x00\x00<"), "utf-32-be"),
    (re.compile(rb"(?:[\t\n\r ]\x00){0,99}<\x00[^\x00]\x00"), "utf-16-le"),
    (re.compile(rb"(?:\x00[\t\n\r ]){0,99}\x00<\x00[^\x00]"), "utf-16-be"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)
_DECLARED = re.compile(rb"\s{0,999}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']\s{0,9}([\w.:-]{1,40})")
_CHARSET = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})", re.IGNORECASE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Python's names of what a feed may be written in. UTF-7 and Python's own transformations are none; a label of UTF-16 on
# bytes that are not was not meant.
_SINGLE = _words(
    """iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14 iso8859-15
    iso8859-16 cp437 cp850 cp852 cp866 cp874 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 koi8-r
    koi8-u mac-roman mac-cyrillic"""
)
_MULTIPLE = _words("gbk gb18030 hz big5 big5hkscs euc_jp iso2022_jp cp932 cp949 johab")
_WIDER = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_NAMES = {f"cp{number}": f"windows-{number}" for number in range(1250, 1259)} | {
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "cp874": "windows-874",
}
_UNDECODED = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A document as UTF-8 without a byte order mark, the encoding it was in, and what was odd about that."""

    data: bytes
    encoding: str = "utf-8"
    oddity: str | None = None


def to_utf8(body: bytes, content_type: str | None = None) -> Decoded:
    """The document as valid UTF-8. Never raises: what no encoding explains is read as Windows-1252."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            rest = body[len(mark) :]
            return _utf8(rest) if encoding == "utf-8" else _wide(rest, encoding)
    for pattern, encoding in _ZEROS:
        if pattern.match(body):
            return _wide(body, encoding)
    labels = _labels(body, content_type)
    if body.isascii() and not any(label in _MULTIPLE for label in labels):
        return Decoded(data=body)
    for label in labels:
        if label in _MULTIPLE and (text := _strict(body, label)) is not None:
            return Decoded(data=_bytes(text), encoding=_NAMES.get(label, label))
    if _strict(body, "utf-8") is not None:
        return Decoded(data=body)
    for label in labels:
        if label in _SINGLE and (text := _strict(body, label)) is not None:
            return Decoded(data=_bytes(text), encoding=_NAMES.get(label, label))
    return _utf8(body)


def _labels(body: bytes, content_type: str | None) -> list[str]:
    """What the header and the document say, as Python's names; only what can be believed."""
    header = _CHARSET.search(content_type[:1000]) if content_type else None
    document = _DECLARED.match(body)
    said = ([header[1]] if header else []) + ([document[1].decode("latin-1")] if document else [])
    names = []
    for label in said:
        try:
            name = codecs.lookup(label).name
        except LookupError:
            continue
        names.append(_WIDER.get(name, name))
    return names


def _strict(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        # Windows-1252 leaves five bytes undefined, and browsers do not.
        return _windows(body) if encoding == "cp1252" else None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _windows(body: bytes) -> str:
    return "".join(part.decode("latin-1" if odd else "cp1252") for odd, part in _parts(body))


def _parts(body: bytes) -> list[tuple[int, bytes]]:
    return [(number % 2, part) for number, part in enumerate(re.split(rb"([\x81\x8d\x8f\x90\x9d]+)", body))]


def _wide(body: bytes, encoding: str) -> Decoded:
    text = body.decode(encoding, "replace").removeprefix("\ufeff")
    oddity = f"it is not all {encoding[:6]}" if "\ufffd" in text else None
    return Decoded(data=_bytes(text), encoding=encoding, oddity=oddity)


def _utf8(body: bytes) -> Decoded:
    """UTF-8 with a few wrong bytes, which are read as Windows-1252; all of it where there are more wrong than right."""
    text = body.decode("utf-8", "surrogateescape")
    wrong = len(_UNDECODED.findall(text))
    if not wrong:
        return Decoded(data=body)
    if wrong > len(_BEYOND_ASCII.findall(text)):
        return Decoded(
            data=_bytes(_windows(body)), encoding="windows-1252", oddity="it declares UTF-8 or nothing and is not UTF-8"
        )
    text = _UNDECODED.sub(lambda match: _windows(bytes([ord(match[0]) - 0xDC00])), text)
    counted = "1 byte is" if wrong == 1 else f"{wrong:,} bytes are"
    return Decoded(data=_bytes(text), oddity=f"{counted} not UTF-8")
