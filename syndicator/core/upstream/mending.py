"""The commonest reasons why a feed is not well-formed, put right, so that a strict parser can read it."""

from __future__ import annotations

import re
from html.entities import name2codepoint

_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32)])
_NONCHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")
_TOKEN = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"
    rb"|&(?:#([0-9]{1,8})|#[xX]([0-9a-fA-F]{1,8})|([A-Za-z][A-Za-z0-9]{0,31}))?(;?)",
    re.DOTALL,
)
_OF_XML = frozenset({b"lt", b"gt", b"amp", b"quot", b"apos"})
_NAMED = {name.encode(): b"&#%d;" % code for name, code in name2codepoint.items() if name.encode() not in _OF_XML}


def mended(data: bytes) -> bytes:
    """The document in UTF-8 without what XML has no characters for, and with every `&` that is one.

    References by HTML's names (`&nbsp;`) become numbers; names that HTML does not know stay as they are written, as
    text. CDATA sections, comments and instructions keep theirs. Linear in the length.
    """
    data = _NONCHARACTERS.sub(b"", data.translate(None, _CONTROLS))
    return _TOKEN.sub(_mended, data) if b"&" in data else data


def _mended(match: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name, end = match.groups()
    if end is None:
        return match[0]
    if end and (decimal or hexadecimal):
        return match[0] if is_character(int(decimal) if decimal else int(hexadecimal, 16)) else b""
    if end and name in _OF_XML:
        return match[0]
    return (_NAMED.get(name) if end and name else None) or b"&amp;" + match[0][1:]


def is_character(code: int) -> bool:
    """Whether XML 1.0 knows the character (section 2.2)."""
    if code < 32:
        return code in (9, 10, 13)
    return code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
