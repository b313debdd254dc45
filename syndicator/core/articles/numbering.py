"""Numbers that begin lines of a text and that Markdown takes for its own to count: dates, years, gaps in a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syndicator.core.articles.datewords import MONTHS

if TYPE_CHECKING:
    from markdown_it.token import Token

_FIRST_WORDS = re.compile(r"\W*([^\W\d_]{3,})\.?(?:\s+([0-9]{4})(?![0-9]))?")
_YEARS = range(1000, 2200)
_UNMISTAKABLE = 4
_TEXT = "paragraph_open"


@dataclass(slots=True)
class _List:
    """An ordered list: where it begins, and where each of its items and their ends stand among the tokens."""

    start: int
    items: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


def keep(tokens: list[Token]) -> list[Token]:
    """The tokens of a Markdown text with every ordered list numbered as it was written.

    Lines that begin with a date or a year become paragraphs. Items that do not follow one another get their own
    `value`; but those that all have the same number are counted, as Markdown does.
    """
    gone: set[int] = set()
    open_lists: list[_List | None] = []
    for index, token in enumerate(tokens):
        if token.type in ("ordered_list_open", "bullet_list_open"):
            open_lists.append(_List(index) if token.type == "ordered_list_open" else None)
        elif token.type == "list_item_open" and (inside := open_lists[-1]):
            inside.items.append(index)
        elif token.type == "list_item_close" and (inside := open_lists[-1]):
            inside.ends.append(index)
        elif token.type in ("ordered_list_close", "bullet_list_close") and (whole := open_lists.pop()):
            numbers = [int(tokens[item].info) for item in whole.items]
            if _is_text(tokens, whole.items, numbers):
                _write_out(tokens, whole, index)
                gone.update((whole.start, index, *whole.items, *whole.ends))
            elif not _is_counted(numbers):
                for item, number in zip(whole.items, numbers, strict=True):
                    tokens[item].attrs["value"] = number
    return [token for index, token in enumerate(tokens) if index not in gone] if gone else tokens


def _is_counted(numbers: Sequence[int]) -> bool:
    return len(set(numbers)) == 1 or all(number == numbers[0] + index for index, number in enumerate(numbers))


def _is_text(tokens: Sequence[Token], items: Sequence[int], numbers: Sequence[int]) -> bool:
    """Whether the numbers are days or years, so that each line is text."""
    if any(tokens[item + 1].type != _TEXT or not tokens[item + 2].content for item in items):
        return False
    if any(number in _YEARS for number in numbers) and (len(numbers) == 1 or not _is_counted(numbers)):
        return True
    begun = [_FIRST_WORDS.match(tokens[item + 2].content) for item in items]
    months = [found if found and found[1].casefold() in MONTHS else None for found in begun]
    if not all(1 <= number <= 31 for number in numbers):
        return False
    certain = numbers[0] != 1 and all(found and len(found[1]) >= _UNMISTAKABLE for found in months)
    return certain or any(found and found[2] for found in months)


def _write_out(tokens: list[Token], whole: _List, end: int) -> None:
    level = tokens[whole.start].level + 2
    for token in tokens[whole.start : end]:
        if token.type in (_TEXT, "paragraph_close") and token.level == level:
            token.hidden = False
    for item in whole.items:
        inline = tokens[item + 2]
        number = f"{tokens[item].info}{tokens[item].markup} "
        inline.content = number + inline.content
        children = inline.children or []
        text = inline.copy()
        text.type, text.children, text.content, text.level = "text", None, number, 0
        inline.children = [text, *children]
