"""Regular expressions in time linear in the text (RE2), and over no more text than that takes a moment."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from syndicator.core.text import one_line, shorten
from syndicator.errors import BadExpression

LONGEST = 500
"""How many characters a pattern may have."""
_LARGEST = 600
_LARGEST_LIST = 4_000
_MOST_BYTES = 1_000_000
_STEPS = 4_000_000
_MEMORY = 1 << 19
"""Bytes that RE2 may keep in mind for a pattern."""
_TOO_LARGE = "a pattern is too large: split it with or, or repeat less in it"
_LIST = re.compile(
    r"(?:\\b)?(?P<group>\((?:\?:)?)?(?:[\w\s',’-]|\\[^\w\s])+(?:\|(?:[\w\s',’-]|\\[^\w\s])+)*(?(group)\))(?:\\b)?"
)
"""Words to choose from and nothing else: one step at each byte, however many there are."""


class Pattern:
    """A pattern that is looked for without regard to case.

    RE2 takes at most one step for each of its instructions at each byte, so a large pattern looks at less of a text.
    """

    def __init__(self, compiled: Any, reach: int) -> None:
        self._search = compiled.search
        self.reach = reach
        """How many bytes of a text in UTF-8 it looks at."""

    def fits(self, text: bytes) -> bool:
        """Whether it is found in a text in UTF-8."""
        return self._search(text, 0, self.reach) is not None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Pattern:
    """A pattern, ready. Raises BadExpression where it is none, or too large."""
    if not pattern:
        raise BadExpression("a pattern is empty")
    if len(pattern) > LONGEST:
        raise BadExpression(f"a pattern has {len(pattern)} characters; {LONGEST} are the most: split it with or")
    import re2

    is_list = _LIST.fullmatch(pattern) is not None
    options = re2.Options()
    options.max_mem = _MEMORY * (2 if is_list else 1)
    options.log_errors = False
    options.case_sensitive = False
    options.never_capture = True
    try:
        found = re2.compile(pattern.encode(), options)
    except re2.error as error:
        said = _said(error)
        raise BadExpression(_TOO_LARGE if "too large" in said else f"a pattern cannot be read: {said}") from None
    if found.programsize > (_LARGEST_LIST if is_list else _LARGEST):
        raise BadExpression(_TOO_LARGE)
    reach = _MOST_BYTES if is_list else min(_MOST_BYTES, _STEPS // max(found.programsize, 1))
    return Pattern(found, reach)


def _said(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return shorten(one_line(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)), 100)
