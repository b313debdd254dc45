"""Names in the watched folder: which are passed over, which cannot be, and how one is shown on a line.

Passed over in silence are hidden files and folders (a leading dot), and what editors, browsers and copy
programs leave while they work: `x~`, `#x#`, `~$x`, `4913`, `.swp`, `.tmp`, `.part`, `.crdownload` and their like.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from fnmatch import translate

LONGEST = 255  # bytes of one name

_BEGINNINGS = (".", "~$", "~syncthing~")
_ENDINGS = (
    *("~", ".tmp", ".temp", ".swp", ".swo", ".swn", ".swx", "___jb_tmp___", "___jb_old___"),
    *(".part", ".partial", ".filepart", ".crdownload", ".download", ".opdownload"),
)


def matcher(patterns: Sequence[str]) -> Callable[[str], object]:
    """A test whether a name matches one of these patterns (`*`, `?`, `[…]`), large and small letters alike."""
    lowered = [pattern.lower() for pattern in patterns]
    if all(re.fullmatch(r"\*[^*?\[]*", pattern) for pattern in lowered):
        endings = tuple(pattern[1:] for pattern in lowered)
        return lambda name: name.lower().endswith(endings)
    return re.compile("|".join(map(translate, lowered)), re.IGNORECASE).match


def passed_over(name: str) -> bool:
    """Whether a file or folder of this name is none of our business."""
    return (
        name.startswith(_BEGINNINGS)
        or name.lower().endswith(_ENDINGS)
        or name == "4913"
        or (name.startswith("#") and name.endswith("#"))
    )


def fault(name: str) -> str | None:
    """Why a file or folder of this name cannot be published, or None where it can."""
    if name.isascii() and name.isprintable() and len(name) <= LONGEST:
        return None
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "the name is not UTF-8; rename it"
    if any(_unshowable(character) for character in name):
        return "the name holds a line break or control character; rename it"
    return f"the name is longer than {LONGEST} bytes; shorten it" if length > LONGEST else None


def shown(path: str) -> str:
    """A path on one line: line breaks, control characters and bytes that are not UTF-8 as `\\x0a`, `\\xff`."""
    return path if path.isprintable() else "".join(_escaped(c) if _unshowable(c) else c for c in path)


def _unshowable(character: str) -> bool:
    return not character.isprintable() and unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python carries a byte that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
