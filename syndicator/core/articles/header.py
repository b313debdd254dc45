"""The header of a scraped text: what stands between its title and its body.

Byline, dates, a picture with its caption, in any order and each optional; the first line that is none of these begins
the body.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from syndicator.core import html
from syndicator.core.articles import blocks, bylines, dates, furniture
from syndicator.core.articles.blocks import Block, Line
from syndicator.core.articles.rules import Rules
from syndicator.core.urls import reference
from syndicator.model import Image, Link, Notice, Person

if TYPE_CHECKING:
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a line of a header says."""

    authors: tuple[Person, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    rest: str = ""
    """What else stood between bars: it stays in the body."""


@dataclass(slots=True)
class Draft:
    """What was found in a text so far."""

    rules: Rules
    language: str | None = None
    day_first: bool = False
    title: str = ""
    authors: list[Person] = field(default_factory=list)
    published: datetime | None = None
    updated: datetime | None = None
    url: str | None = None
    image: Image | None = None
    related: list[Link] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    begun: bool = False
    repeated: bool = False
    said: dict[Line, Said | None] = field(default_factory=dict)

    def note(self, text: str, block: Block) -> None:
        self.notices.append(Notice(text=text, line=block.number))


_SEGMENTS = re.compile(r"\s*[|·•\t]\s*|\s+(?:[–—]|-{1,2}|/{1,2})\s+|;\s+")
_GAP = re.compile(r"[\s,]+")
_READING_TIME = re.compile(
    r"(?:reading time:? ?)?\d{1,3} ?(?:-? ?minutes?|mins?\.?|min)(?: read(?:ing)?(?: time)?)?", re.IGNORECASE
)
_PLACE_BEHIND = re.compile(r"(?<=[0-9]),\s?[^\W\d_]{2,30}(?:[ -][^\W\d_]{2,30})?$")
_MAX_GAPS = 40
_MAX_DECK = 120
_MAX_REST = 60


def recognised(line: Line, draft: Draft) -> Said | None:
    """What a line says about who and when, None when it says anything else."""
    if line not in draft.said:
        draft.said[line] = _recognise(line, draft)
    return draft.said[line]


def _recognise(line: Line, draft: Draft) -> Said | None:
    text = line.plain
    if not text or len(text) > bylines.MAX_LENGTH:
        return None
    if (said := _date(text, draft)) is not None:
        return said
    raw = blocks.written(line)
    if (people := bylines.parse(raw)) is not None:
        return Said(authors=people)
    if len(text) > dates.MAX_LENGTH or not any(map(str.isdigit, text)):
        return None
    return _segments(raw, draft) or _cut(raw, draft)


def _date(text: str, draft: Draft) -> Said | None:
    dated = dates.read_line(text, draft.rules.timezone, draft.day_first)
    return Said(published=dated.published, updated=dated.updated) if dated else None


def _segments(raw: str, draft: Draft) -> Said | None:
    """A byline and dates between bars, dashes or dots; a role or place behind the byline belongs to it."""
    said: Said | None = None
    others: list[str] = []
    timed = False
    for segment in _SEGMENTS.split(raw):
        text = bylines.plain(segment)
        dated = _date(text, draft) if text else None
        if dated is None:
            if text and _READING_TIME.fullmatch(text):
                timed = True
            elif text:
                others.append(segment)
        elif (said := _joined(said, dated) if said else dated) is None:
            return None
    if said is None:
        people = bylines.parse(" | ".join(others)) if timed else None
        return Said(authors=people) if people else None
    if not others:
        return said
    if (people := bylines.parse(" | ".join(others))) is not None:
        return replace(said, authors=people)
    rest = " | ".join(map(bylines.plain, others))
    barred = "|" in raw or "·" in raw or "•" in raw
    return replace(said, rest=rest) if barred and len(rest) <= _MAX_REST and rest[-1] not in ".!?:" else None


def _joined(one: Said, other: Said) -> Said | None:
    if (one.published and other.published) or (one.updated and other.updated):
        return None
    return Said(published=one.published or other.published, updated=one.updated or other.updated)


def _cut(raw: str, draft: Draft) -> Said | None:
    """A byline and a date with nothing but a space or comma between them, in either order."""
    begins = bylines.opens(raw)
    raw = _PLACE_BEHIND.sub("", raw) if begins else raw
    for gap in list(_GAP.finditer(raw))[:_MAX_GAPS]:
        names, date = raw[: gap.start()], raw[gap.end() :]
        if not begins:
            names, date = date, names
            if not bylines.opens(names):
                continue
        dated = dates.read_written(bylines.plain(date), draft.rules.timezone, draft.day_first)
        if dated is not None and (people := bylines.parse(names)) is not None:
            return Said(authors=people, published=dated.published, updated=dated.updated)
    return None


def _say(said: Said, draft: Draft) -> bool:
    """Take over what a line says; False when it says another date than the one known, and so belongs to the body."""
    for known, new in ((draft.published, said.published), (draft.updated, said.updated)):
        if known and new and abs(known - new) > timedelta(days=1):
            return False
    draft.published = draft.published or said.published
    draft.updated = draft.updated or said.updated
    draft.authors += [person for person in said.authors if person not in draft.authors]
    draft.begun = True
    return True


def take(found: list[Block], title: Block | None, draft: Draft) -> None:
    before = found[: found.index(title)] if title else []
    for block in before:
        for line in block.left:
            if (said := recognised(line, draft)) is not None and _say(said, draft):
                line.taken = True
    units: list[_Unit] = []
    for block in found[len(before) :]:
        if not block.gone:
            units += [(block, line) for line in block.left] or [(block, None)]
    _Header(units, draft).take()


_Unit = tuple[Block, Line | None]


class _Header:
    """The walk from the title down to the first line that is body."""

    def __init__(self, units: list[_Unit], draft: Draft) -> None:
        self._units = units
        self._draft = draft
        self._rules: list[Block] = []
        self._decked = False
        self._pictures: list[tuple[Line | None, Token]] = []

    def take(self) -> None:
        """Take what is header out of the blocks."""
        for index, (block, line) in enumerate(self._units):
            if line is None:
                if block.kind != "hr":
                    return
                self._rules.append(block)
            elif self._begins_diary(index, block, line):
                return
            elif line.taken or self._take_said(index, line):
                self._drop_rules()
            elif line.is_picture:
                self._pictures += [(line, picture) for picture in line.images]
            elif not (self._take_caption(index, block, line) or self._is_deck(index, block, line)):
                return

    def _begins_diary(self, index: int, block: Block, line: Line) -> bool:
        """Whether a heading is the first of several that are dates, and so heads a day and not the article."""
        if not block.level or line.taken or (said := recognised(line, self._draft)) is None or not said.published:
            return False
        later = (other for entry, other in self._units[index + 1 :] if entry.level == block.level and other is not None)
        days = ((found := recognised(other, self._draft)) and found.published for other in later)
        return any(day and day != said.published for day in days)

    def _drop_rules(self) -> None:
        for rule in self._rules:
            rule.taken = True
        self._rules.clear()

    def _said(self, index: int) -> Said | None:
        if index >= len(self._units):
            return None
        line = self._units[index][1]
        return recognised(line, self._draft) if line is not None else None

    def _take_said(self, index: int, line: Line) -> bool:
        """Take a byline or date, a label with the date in the next line, or the title said again."""
        said = recognised(line, self._draft)
        label = dates.label(line.plain) if said is None else None
        following = self._said(index + 1) if label else None
        if following is not None and following.published and not following.updated:
            said = Said(updated=following.published) if label == "updated" else following
            line.taken = _say(said, self._draft)
            if line.taken and (second := self._units[index + 1][1]) is not None:
                second.taken = True
            return line.taken
        if said is None:
            line.taken = self._draft.repeated = not self._draft.repeated and self._repeats_title(line)
            return line.taken
        if not _say(said, self._draft):
            return False
        if said.rest:
            line.show(said.rest)
        line.taken = not said.rest
        return True

    def _repeats_title(self, line: Line) -> bool:
        return _folded(line.plain) == _folded(self._draft.title) != ""

    def _is_deck(self, index: int, block: Block, line: Line) -> bool:
        """A subtitle that stands between title and byline; it stays in the body."""
        emphasised = line.raw.startswith(("*", "_")) and line.raw.endswith(("*", "_"))
        said = self._said(index + 1)
        if said is None or not said.authors:
            return False
        if block.level or emphasised:
            return True
        following = self._units[index + 1][1]
        first, self._decked = not self._decked, True
        plain = len(line.plain) <= _MAX_DECK and line.plain[-1:] not in (*".!?:;,…。", "")
        return first and plain and len(block.left) == 1 and following is not None and bylines.opens(following.raw)

    def _take_caption(self, index: int, block: Block, line: Line) -> bool:
        if self._draft.image is not None or block.level:
            return False
        left = block.left
        whole = blocks.joined(block)
        if len(left) > 1 and furniture.has_credit(line.plain) and self._is_caption(index + 1, line.plain, line.tokens):
            taken, tokens = [line], line.tokens
        elif line is left[0] and self._is_caption(index + len(left), block.plain, whole):
            taken, tokens = left, whole
        else:
            return False
        inside: list[tuple[Line | None, Token]] = [(None, token) for token in tokens if token.type == "image"]
        pictures = inside or self._pictures[-1:]
        caption = blocks.render_inline([token for token in tokens if token.type != "image"], block)
        self._draft.image = _image(pictures[0][1] if pictures else None, html.clean(caption).strip())
        for gone in (*taken, *(picture for picture, _ in pictures if picture is not None)):
            gone.taken = True
        self._draft.begun = True
        return True

    def _is_caption(self, after: int, text: str, tokens: Sequence[Token]) -> bool:
        if bylines.opens(text) or not furniture.is_caption(text, tokens) or not self._goes_on(after):
            return False
        pictured = bool(self._pictures) or any(token.type == "image" for token in tokens)
        if furniture.is_certain(text, tokens) or pictured:
            return True
        if not blocks.outside_links(tokens).strip(" .,:;()[]"):
            return False
        return self._said(after) is not None or self._draft.begun

    def _goes_on(self, after: int) -> bool:
        """Whether there is body behind what may be a caption; it is the body itself where there is none."""
        return any(
            block.kind != "hr"
            if line is None
            else bool(line.plain) and not line.taken and recognised(line, self._draft) is None
            for block, line in self._units[after:]
        )


def _image(picture: Token | None, caption: str) -> Image:
    if picture is None:
        return Image(caption=caption)
    url = reference(str(picture.attrs.get("src", "")))
    return Image(
        url=url if url and not url.startswith(("#", "mailto:")) else None, caption=caption, alt=picture.content
    )


_NOT_FOLDED = re.compile(r"[\W_]+")


def _folded(text: str) -> str:
    return _NOT_FOLDED.sub("", text.casefold())
