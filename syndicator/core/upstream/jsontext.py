"""JSON that others wrote, read within bounds (security.md S21).

Nothing here recurses over it, integers never lose a digit, and what was odd is told.
"""

from __future__ import annotations

import codecs
import itertools
import json
import math
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from syndicator.errors import BadFeed

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_DEPTH = 64
MAX_NODES = 1_000_000
MAX_INTEGER = 2**53
"""Integers beyond it are not the same in every reader, so they come out as the text they were written as."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = {"0001": "utf-32-be", "1000": "utf-32-le", "0101": "utf-16-be", "1010": "utf-16-le"}
"""By which of the first four bytes are not null, where text begins with two ASCII characters (RFC 4627 section 3)."""
_CHARSET = re.compile(r";\s{0,8}charset\s{0,8}=\s{0,8}\"?([\w.:-]{1,40})", re.IGNORECASE)
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{\]},]|-?Infinity|NaN', re.DOTALL)
_BLANK = "\ufeff\x00 \t\r\n"
_CHARSETS = re.compile(r"iso8859|cp125|cp932|koi8|gb|big5|shift_jis|euc_|mac_")
"""Charsets that a header is believed about; decoding some others takes the square of the length."""
_NOTED_KEYS = 5


@dataclass(slots=True)
class Document:
    """What was read, and what was odd about it in words for a person."""

    value: Json
    notices: list[str] = field(default_factory=list)


class _NoNumber(ValueError):
    pass


def read(body: bytes, content_type: str | None = None) -> Document:
    """The value of a JSON document (RFC 8259).

    Of a key that is given twice the last value counts. Control characters within strings, a wrong charset and what
    stands behind the value are read over and noticed. Raises BadFeed: `empty`, `parse`, or `too_complex` for a depth
    of more than 64 or more than a million values.
    """
    notices: list[str] = []
    text = _decode(body, content_type, notices)
    if not text.strip(_BLANK):
        raise BadFeed("empty", "the document is empty: its server sends nothing where a feed should be")
    _check_nodes(text)
    repeated: dict[str, None] = {}
    try:
        value, end = _load(text, repeated, notices)
    except json.JSONDecodeError as error:
        reason = f"the document is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise BadFeed("parse", reason, error.lineno) from None
    except _NoNumber as error:
        reason = f"the document is not valid JSON: {error} is no number in it"
        raise BadFeed("parse", reason, _line_of(text, str(error))) from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth(value)
    if repeated:
        names = ", ".join(f"`{name[:40]}`" for name in list(repeated)[:_NOTED_KEYS])
        notices.append(f"keys are given twice in one object, the last value of each counts: {names}")
    if text[end:].strip(_BLANK):
        line = text.count("\n", 0, end) + 1
        notices.append(f"line {line}: something stands behind the end of the JSON and was not read")
    return Document(value, notices)


def _load(text: str, repeated: dict[str, None], notices: list[str]) -> tuple[Json, int]:
    def pairs(found: list[tuple[str, Json]]) -> dict[str, Json]:
        whole = dict(found)
        if len(whole) < len(found):
            seen: set[str] = set()
            for key, _ in found:
                if key in seen:
                    repeated[key] = None
                seen.add(key)
        return whole

    def decoder(*, strict: bool) -> json.JSONDecoder:
        return json.JSONDecoder(
            object_pairs_hook=pairs, parse_int=_integer, parse_float=_float, parse_constant=_refuse, strict=strict
        )

    start = len(text) - len(text.lstrip(_BLANK))
    try:
        return decoder(strict=True).raw_decode(text, start)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Invalid control character"):
            raise
        line = error.lineno
    loaded = decoder(strict=False).raw_decode(text, start)
    notices.append(f"line {line}: a control character stands unescaped in a string")
    return loaded


def _integer(written: str) -> int | str:
    # Sixteen characters first: making a number of millions of digits would take the square of their count.
    if len(written) <= 17 and abs(number := int(written)) <= MAX_INTEGER:
        return number
    return written


def _float(written: str) -> float | str:
    number = float(written)
    return number if math.isfinite(number) else written


def _refuse(name: str) -> Json:
    raise _NoNumber(name)


def _line_of(text: str, name: str) -> int | None:
    found = next((token for token in _TOKEN.finditer(text) if token[0] == name), None)
    return text.count("\n", 0, found.start()) + 1 if found else None


def _too_deep() -> BadFeed:
    return BadFeed("too_complex", f"the document nests values deeper than {MAX_DEPTH}: no feed needs that")


def _check_nodes(text: str) -> None:
    """Refuse a document of too many values before anything is built of it."""
    if sum(map(text.count, ",[{")) < MAX_NODES:
        return
    # Most of them stand in texts, where they cost nothing.
    marks = (token for token in _TOKEN.finditer(text) if token[0] in ("[", "{", ","))
    if next(itertools.islice(marks, MAX_NODES, None), None) is not None:
        raise BadFeed("too_complex", f"the document holds more than {MAX_NODES:,} values: no feed needs that")


def _check_depth(value: Json) -> None:
    level: list[Json] = [value]
    depth = 0
    while level:
        containers = [one for one in level if isinstance(one, list | dict)]
        depth += bool(containers)
        if depth > MAX_DEPTH:
            raise _too_deep()
        level = [inner for one in containers for inner in (one.values() if isinstance(one, dict) else one)]


def _decode(body: bytes, content_type: str | None, notices: list[str]) -> str:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return _decoded(body[len(mark) :], encoding, notices)
    wide = _WIDE.get("".join("1" if byte else "0" for byte in body[:4]))
    if wide:
        notices.append(f"the document is {wide[:6].upper()} without a byte order mark; JSON should be UTF-8")
        return _decoded(body, wide, notices)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        name = _declared(content_type)
    try:
        text = body.decode(name)
    except UnicodeDecodeError:
        return _decoded(body, "utf-8", notices)
    notices.append(f"the document is not UTF-8, as JSON should be, but {name}, as its header says")
    return text


def _declared(content_type: str | None) -> str:
    declared = _CHARSET.search((content_type or "")[:512])
    try:
        name = codecs.lookup(declared[1]).name if declared else ""
    except LookupError:
        return "utf-8"
    return name if _CHARSETS.match(name) else "utf-8"


def _decoded(body: bytes, encoding: str, notices: list[str]) -> str:
    try:
        return body.decode(encoding, "surrogatepass")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        notices.append(f"line {line}: bytes that are no characters in {encoding.upper()} were replaced")
        return body.decode(encoding, "replace")
