"""What stands before the first element, brought to nothing: declarations can neither be expanded nor opened.

The XML declaration and the document type with all that it declares (security.md S16) become white space of the same
length, so that places and lines stay what they were.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLANK = bytes(byte if byte in b"\r\n" else 32 for byte in range(256))
_PIECE = re.compile(rb"[\t\n\r ]+|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_DOCTYPE = re.compile(rb"<!DOCTYPE(?=[\s>\[])", re.IGNORECASE)
_DECLARATION = re.compile(rb"<\?xml\s", re.IGNORECASE)
# In a document type: quoted text, a comment, an instruction, a bracket, or what is none of these. What does not end
# goes to the end of the document, so that nothing is searched for twice.
_TOKEN = re.compile(rb"[^\"'<>\[\]]+|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|.", re.DOTALL)
_NAME = re.compile(rb"<([^\s/>!?<]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prolog:
    """A document without declarations, as long as it was.

    `doctype` is what was its document type; `subset`: that declared something of its own. `late`: the XML declaration
    did not stand first. `root` is the name of the first element as it is written, empty where there is none.
    """

    data: bytes
    doctype: bytes = b""
    subset: bool = False
    late: bool = False
    root: str = ""


def without_declarations(data: bytes) -> Prolog:
    """The same document with its XML declaration and document type blanked out. Linear in their length."""
    blanks: list[tuple[int, int]] = []
    doctype, subset, late = b"", False, False
    position = 0
    while True:
        if match := _PIECE.match(data, position):
            if _DECLARATION.match(data, position):
                late = late or position > 0
                blanks.append(match.span())
            position = match.end()
        elif _DOCTYPE.match(data, position):
            end, declares = _end_of_doctype(data, position)
            doctype, subset = doctype or data[position:end], subset or declares
            blanks.append((position, end))
            position = end
        else:
            break
    root = _NAME.match(data, position)
    return Prolog(
        data=_blanked(data, blanks) if blanks else data,
        doctype=doctype,
        subset=subset,
        late=late,
        root=root[1].decode("utf-8", "replace") if root else "",
    )


def _end_of_doctype(data: bytes, start: int) -> tuple[int, bool]:
    """Where the document type ends, and whether it has declarations of its own."""
    depth, inside, subset = 0, False, False
    for match in _TOKEN.finditer(data, start):
        token = match[0]
        if token == b"[":
            inside = subset = True
        elif token == b"]":
            inside = False
        elif token == b"<":
            depth += 1
        elif token == b">":
            depth -= 1
            if depth <= 0 and not inside:
                return match.end(), subset
    return len(data), True


def _blanked(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    pieces, position = [], 0
    for start, end in spans:
        pieces += [data[position:start], data[start:end].translate(_BLANK)]
        position = end
    return b"".join([*pieces, data[position:]])
