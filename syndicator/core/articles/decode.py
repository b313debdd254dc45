"""Bytes of an article file to text. What was odd is told; no character is ever replaced in silence."""

from __future__ import annotations

import codecs
import re

from syndicator.core.text import clean_text, detect_language
from syndicator.errors import BadArticle

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_KINDS = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "an archive or office document (ZIP)"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
)

_REMEDY = "save it as plain text in UTF-8"
_DECLARED = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s{0,8}=\s{0,8}[\"']?([\w.:-]{1,40})"
    rb"|<meta[^>]{1,300}?charset\s{0,8}=\s{0,8}[\"']?([\w.:-]{1,40})",
    re.IGNORECASE,
)
_SURROGATES = re.compile(rb"(?:\xed[\xa0-\xbf][\x80-\xbf])+")
_UNDECODED = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_HIGH_BYTES = bytes(range(9))
_EAST_ASIAN = re.compile("[\t\n\r -~\u2010-\u2026\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7af\uff00-\uffef]")
_CONTROL_BYTES = bytes([*range(9), *range(14, 32), 127])
_BELOW_A0 = re.compile(rb"[\x80-\x9f]")
_SAMPLE = 65_536
_ENOUGH = 8

# The labels of https://encoding.spec.whatwg.org/ as Python names them; UTF-16 and UTF-7 are no answer to bytes
# that were just read as ASCII.
_LABELS = """
    cp866 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14
    iso8859-15 iso8859-16 koi8-r koi8-u mac-roman mac-cyrillic cp874 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255
    cp1256 cp1257 cp1258 gbk gb18030 big5 euc_jp iso2022_jp cp932 euc_kr cp949
"""
_DECLARABLE = frozenset(_LABELS.split())
_WIDER = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "shift_jis": "cp932"}

# The encodings of Latin scripts beside Windows-1252, and the languages that were written in them.
_BY_LANGUAGE = {
    "cp1250": frozenset(("pl", "cs", "sk", "hu", "hr", "bs", "sl", "ro", "sq")),
    "cp1254": frozenset(("tr", "az")),
    "cp1257": frozenset(("lt", "lv", "et")),
    "cp1258": frozenset(("vi",)),
}
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_JAPANESE = ["cp932", "shift_jis", "shift_jis_2004", "shift_jisx0213", "euc_jp", "euc_jis_2004", "euc_jisx0213"]


def decode(data: bytes) -> tuple[str, str | None]:
    """The text of a file, and what was odd about it in words for a person (None: all in order).

    Tried in this order: a byte order mark, UTF-16 without one, UTF-8, the charset that the file declares as XML
    or HTML, UTF-8 with a few wrong bytes, the encoding that the bytes look like, Windows-1252. Lines end in
    `\\n`; control characters, noncharacters and lone surrogates are removed. Raises BadArticle when it is no text.
    """
    for magic, kind in _KINDS:
        if data.startswith(magic):
            raise BadArticle(f"the file is {kind}, not text: {_REMEDY}")
    text, odd = _decode(data)
    text = text.removeprefix("\ufeff")
    notes = [odd] if odd else []
    if not text.replace("\n", "").isprintable() and (first := _CONTROLS.search(text)):
        count = len(_CONTROLS.findall(text))
        line = clean_text(text[: first.start()]).count("\n") + 1
        notes.append(f"{_count(count, 'control character')} removed, the first U+{ord(first[0]):04X} in line {line}")
    return clean_text(text), "; ".join(notes) or None


def _decode(data: bytes) -> tuple[str, str | None]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            data = data[len(mark) :]
            if encoding != "utf-8":
                return _marked(data, encoding)
            break
    if (encoding := _wide(data) or "") != "":
        return data.decode(encoding, "surrogatepass"), f"read as {_name(encoding)}, which nothing in it declares"
    _refuse_binary(data)
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError as error:
        first = error.start
    return _declared(data) or _nearly_utf8(data, first) or _legacy(data)


def _refuse_binary(data: bytes) -> None:
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROL_BYTES))
    if controls > 8 and controls * 20 > len(sample):
        raise BadArticle(f"the file is binary, not text: {_REMEDY}")


def _marked(data: bytes, encoding: str) -> tuple[str, str | None]:
    unit = 4 if encoding.startswith("utf-32") else 2
    rest = len(data) % unit
    try:
        text = data[: len(data) - rest].decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        raise BadArticle(f"the file begins as {_name(encoding)} but does not go on so: {_REMEDY}") from None
    return text, f"{_count(rest, 'byte')} at the end left out, no whole character" if rest else None


def _wide(data: bytes) -> str | None:
    """UTF-16 without a byte order mark: of each pair of bytes the same one is tiny, or most pairs are East Asian."""
    sample = data[:_SAMPLE]
    if len(data) % 2 or b"\x00" not in sample:
        return None
    halves = {"utf-16-le": (sample[1::2], sample[::2]), "utf-16-be": (sample[::2], sample[1::2])}
    for encoding, (high, low) in halves.items():
        tiny = len(high) - len(high.translate(None, _HIGH_BYTES))
        if tiny >= len(high) * 0.9 and low.count(0) * 50 <= len(low):
            return encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        for encoding in halves:
            text = data.decode(encoding, "surrogatepass")
            if len(_EAST_ASIAN.findall(text)) >= len(text) * 0.9:
                return encoding
    return None


def _declared(data: bytes) -> tuple[str, str] | None:
    match = _DECLARED.search(data[:2048])
    if match is None:
        return None
    try:
        encoding = codecs.lookup((match[1] or match[2]).decode("ascii", "ignore")).name
        encoding = _WIDER.get(encoding, encoding)
        if encoding not in _DECLARABLE:
            return None
        return data.decode(encoding), f"read as {_name(encoding)}, as it declares"
    except (LookupError, UnicodeDecodeError):
        return None


def _nearly_utf8(data: bytes, first: int) -> tuple[str, str] | None:
    """UTF-8 in which some bytes are wrong: surrogates written as UTF-8, or bytes of Windows-1252 among it."""
    notes = []
    mended, surrogates = _SURROGATES.subn(_pair_up, data)
    if surrogates:
        notes.append("surrogates joined to characters or removed")
    text = mended.decode("utf-8", "surrogateescape")
    wrong = len(_UNDECODED.findall(text))
    if wrong > len(_BEYOND_ASCII.findall(text)):
        return None
    if wrong:
        text = _UNDECODED.sub(lambda byte: _windows(bytes([ord(byte[0]) - 0xDC00])), text)
        notes.append(f"{_count(wrong, 'byte')} read as Windows-1252")
    line = data.count(b"\n", 0, first) + 1
    return text, f"not quite UTF-8: {', '.join(notes)}, the first in line {line}"


def _pair_up(surrogates: re.Match[bytes]) -> bytes:
    units = surrogates[0].decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "ignore").encode("utf-8")


def _legacy(data: bytes) -> tuple[str, str]:
    encoding = _looks_like(data)
    if encoding is not None:
        try:
            return data.decode(encoding), f"read as {_name(encoding)}, which it looks like; save it as UTF-8"
        except UnicodeDecodeError:
            pass
    text = _windows(data)
    lost = len(data) - len(text)
    without = f", without {_count(lost, 'byte')} that means nothing in it" if lost else ""
    return text, f"read as Windows-1252, which it looks like{without}; save it as UTF-8"


def _looks_like(data: bytes) -> str | None:
    """The encoding of legacy text: by its letters where they are not Latin, otherwise by its language, else None."""
    from charset_normalizer import from_bytes

    sample = data[:_SAMPLE]
    sample = sample[: sample.rfind(b"\n") + 1 or len(sample)]
    best = from_bytes(sample).best()
    if best is not None and len(_HALF_WIDTH.findall(str(best))) * 4 > len(str(best)):
        # Bytes of KOI8 are half-width katakana to Shift JIS, which nobody writes articles in.
        best = from_bytes(sample, cp_exclusion=_JAPANESE).best()
    if best is not None and not best.encoding.startswith("utf") and _is_foreign(str(best)):
        return best.encoding
    for encoding, languages in _BY_LANGUAGE.items():
        if detect_language(sample.decode(encoding, "ignore")) in languages:
            # Windows-1250 and ISO 8859-2 differ in where some letters stand: only the former has any below 0xA0.
            return "iso8859-2" if encoding == "cp1250" and not _BELOW_A0.search(sample) else encoding
    return None


def _is_foreign(text: str) -> bool:
    """Whether most letters beyond ASCII, and a good share of all, are of no Latin script."""
    letters = [letter for letter in text if letter.isalpha()]
    beyond = [letter for letter in letters if letter > "\x7f"]
    foreign = sum(letter > "\u02ff" for letter in beyond)
    return foreign >= _ENOUGH and foreign * 2 > len(beyond) and foreign * 4 > len(letters)


def _windows(data: bytes) -> str:
    return data.decode("cp1252", "ignore")


def _name(encoding: str) -> str:
    if encoding.startswith("cp125"):
        return f"Windows-{encoding[2:]}"
    return encoding.replace("_", "-").replace("iso8859", "iso-8859").upper()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
