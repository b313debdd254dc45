"""Text as it was scraped, and plain Markdown: a title, a header that may say who and when, a body.

The header is what stands between the title and the body: byline, date and caption in any order, each optional. What is
not recognised as header stays in the body; nothing is lost.
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
from syndicator.core.text import detect_language, first_sentence, shorten
from syndicator.core.urls import reference
from syndicator.model import Article, Image, Link, Notice, Person, Reading

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_TITLE = 120
"""Characters of a title that was made from the text."""


@dataclass(slots=True)
class _Draft:
    """What was found so far."""

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

    def note(self, text: str, block: Block) -> None:
        self.notices.append(Notice(text=text, line=block.number))


def read(text: str, rules: Rules) -> Reading:
    """The article of a scraped or plain Markdown text. Title and body may come out empty; raises nothing.

    Relative addresses stay as they were written and are listed in `references`.
    """
    found = blocks.read(text)
    language = rules.language or detect_language(" ".join(block.plain for block in found[:40] if len(block.plain) > 80))
    draft = _Draft(rules=rules, language=language, day_first=language is not None and not language.startswith("en"))
    _take_original(found, draft)
    _take_related(found, draft)
    _take_header(found, _take_title(found, draft), draft)
    _notice_second_title(found, draft)
    body = html.clean(blocks.render(found)).strip()
    return _reading(draft, body)


def _reading(draft: _Draft, body: str) -> Reading:
    image = draft.image
    references = dict.fromkeys(html.references(body))
    if image is not None:
        shown = (image.url,) if image.url and not image.url.startswith(("http:", "https:")) else ()
        references.update(dict.fromkeys((*shown, *html.references(image.caption))))
    article = Article(
        source=draft.rules.source,
        title=draft.title,
        body=body,
        language=draft.language,
        authors=tuple(draft.authors),
        url=draft.url,
        image=image,
        related=tuple(dict.fromkeys(draft.related)),
        published=draft.published or draft.updated,
        updated=draft.updated,
    )
    return Reading(article=article, notices=tuple(draft.notices), references=tuple(references))


def _take_original(found: list[Block], draft: _Draft) -> None:
    for index, block in enumerate(found):
        for position, line in enumerate(block.lines):
            if line.taken or furniture.is_original_label(line) is None:
                continue
            line.taken = True
            url = furniture.address(line)
            if url is None:
                following = _following(found, index, position)
                if following is not None and furniture.is_address(following):
                    following.taken = True
                    url = furniture.address(following)
            if url is None:
                draft.note("the original address is none that can be linked to; it was left out", block)
            draft.url = draft.url or url


def _following(found: list[Block], index: int, position: int) -> Line | None:
    lines = found[index].lines[position + 1 :]
    if lines:
        return lines[0]
    return found[index + 1].lines[0] if len(found) > index + 1 and len(found[index + 1].lines) == 1 else None


def _take_related(found: list[Block], draft: _Draft) -> None:
    announced = False
    for block, following in zip(found, [*found[1:], None], strict=True):
        if announced and (links := furniture.only_links(block)):
            draft.related += links
            block.taken = True
            announced = following is not None and block.kind == "paragraph_open"
            continue
        announced = False
        for line, links in furniture.related(block):
            draft.related += links
            if line is None:
                block.taken = True
            else:
                line.taken = True
        if block.left and following and furniture.is_related_label(block) and furniture.only_links(following):
            announced = block.taken = True


def _take_title(found: list[Block], draft: _Draft) -> Block | None:
    """Take the title; the block that was it, None when it had to be made from the text."""
    left = [block for block in found if not block.gone]
    for block in left:
        if block.level == 1 and block.plain:
            break
        if block.level and block.plain and all(_may_precede(before, draft) for before in left[: left.index(block)]):
            break
    else:
        _make_title(left, draft)
        return None
    draft.title = block.plain
    block.taken = True
    return block


def _may_precede(block: Block, draft: _Draft) -> bool:
    if block.kind == "hr":
        return True
    return bool(block.lines) and all(
        not line.plain or line.is_picture or _recognised(line, draft) is not None for line in block.left
    )


def _make_title(left: list[Block], draft: _Draft) -> None:
    """A title from the first line of a text without a heading: taken out of the body when it reads like one."""
    texts = [block for block in left if block.plain and not _may_precede(block, draft)]
    if not texts:
        return
    first = texts[0]
    line = first.left[0]
    draft.note("the text has no heading; its title was taken from the first line", first)
    alone = len(first.left) == 1 or _recognised(first.left[1], draft) is not None
    if alone and line.plain and len(line.plain) <= MAX_TITLE and not line.plain.endswith((".", ":", ",", ";", "。")):
        draft.title = line.plain
        line.taken = True
    else:
        draft.title = shorten(first_sentence(first.plain), MAX_TITLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a line of a header says."""

    authors: tuple[Person, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    rest: str = ""
    """What else stood between bars: it stays in the body."""


_SEGMENTS = re.compile(r"\s*[|·•\t]\s*|\s+(?:[–—]|-{1,2}|/{1,2})\s+|;\s+")
_GAP = re.compile(r"[\s,]+")
_READING_TIME = re.compile(
    r"(?:reading time:? ?)?\d{1,3} ?(?:-? ?minutes?|mins?\.?|min)(?: read(?:ing)?(?: time)?)?", re.IGNORECASE
)
_MAX_GAPS = 40
_MAX_REST = 60


def _recognised(line: Line, draft: _Draft) -> _Said | None:
    text = line.plain
    if not text or len(text) > bylines.MAX_LENGTH:
        return None
    if (said := _date(text, draft)) is not None:
        return said
    if (people := bylines.parse(line.raw)) is not None:
        return _Said(authors=people)
    if len(text) > dates.MAX_LENGTH or not any(map(str.isdigit, text)):
        return None
    return _segments(line.raw, draft) or _cut(line.raw, draft)


def _date(text: str, draft: _Draft) -> _Said | None:
    dated = dates.read_line(text, draft.rules.timezone, draft.day_first)
    return _Said(published=dated.published, updated=dated.updated) if dated else None


def _segments(raw: str, draft: _Draft) -> _Said | None:
    """A byline and dates between bars, dashes or dots; a role or place behind the byline belongs to it."""
    said: _Said | None = None
    others: list[str] = []
    for segment in _SEGMENTS.split(raw):
        text = bylines.plain(segment)
        dated = _date(text, draft) if text else None
        if dated is None:
            if text and not _READING_TIME.fullmatch(text):
                others.append(segment)
        elif (said := _joined(said, dated) if said else dated) is None:
            return None
    if said is None or not others:
        return said
    if (people := bylines.parse(" | ".join(others))) is not None:
        return replace(said, authors=people)
    rest = " | ".join(map(bylines.plain, others))
    barred = "|" in raw or "·" in raw or "•" in raw
    return replace(said, rest=rest) if barred and len(rest) <= _MAX_REST and rest[-1] not in ".!?:" else None


def _joined(one: _Said, other: _Said) -> _Said | None:
    if (one.published and other.published) or (one.updated and other.updated):
        return None
    return _Said(published=one.published or other.published, updated=one.updated or other.updated)


def _cut(raw: str, draft: _Draft) -> _Said | None:
    """A byline and a date with nothing but a space or comma between them, in either order."""
    begins = bylines.opens(raw)
    for gap in list(_GAP.finditer(raw))[:_MAX_GAPS]:
        names, date = raw[: gap.start()], raw[gap.end() :]
        if not begins:
            names, date = date, names
            if not bylines.opens(names):
                continue
        dated = dates.read_written(bylines.plain(date), draft.rules.timezone, draft.day_first)
        if dated is not None and (people := bylines.parse(names)) is not None:
            return _Said(authors=people, published=dated.published, updated=dated.updated)
    return None


def _say(said: _Said, draft: _Draft) -> bool:
    """Take over what a line says; False when it says another date than the one known, and so belongs to the body."""
    for known, new in ((draft.published, said.published), (draft.updated, said.updated)):
        if known and new and abs(known - new) > timedelta(days=1):
            return False
    draft.published = draft.published or said.published
    draft.updated = draft.updated or said.updated
    draft.authors += [person for person in said.authors if person not in draft.authors]
    draft.begun = True
    return True


def _take_header(found: list[Block], title: Block | None, draft: _Draft) -> None:
    before = found[: found.index(title)] if title else []
    for block in before:
        for line in block.left:
            if (said := _recognised(line, draft)) is not None and _say(said, draft):
                line.taken = True
    units: list[_Unit] = []
    for block in found[len(before) :]:
        if not block.gone:
            units += [(block, line) for line in block.left] or [(block, None)]
    _Header(units, draft).take()


_Unit = tuple[Block, Line | None]


class _Header:
    """The walk from the title down to the first line that is body."""

    def __init__(self, units: list[_Unit], draft: _Draft) -> None:
        self._units = units
        self._draft = draft
        self._rules: list[Block] = []
        self._pictures: list[tuple[Line | None, Token]] = []

    def take(self) -> None:
        """Take what is header out of the blocks."""
        for index, (block, line) in enumerate(self._units):
            if line is None:
                if block.kind != "hr":
                    return
                self._rules.append(block)
            elif line.taken or self._take_said(index, line):
                self._drop_rules()
            elif line.is_picture:
                self._pictures += [(line, picture) for picture in line.images]
            elif not (self._take_caption(index, block, line) or self._is_deck(index, block, line)):
                return

    def _drop_rules(self) -> None:
        for rule in self._rules:
            rule.taken = True
        self._rules.clear()

    def _said(self, index: int) -> _Said | None:
        if index >= len(self._units):
            return None
        line = self._units[index][1]
        return _recognised(line, self._draft) if line is not None else None

    def _take_said(self, index: int, line: Line) -> bool:
        """Take a byline or date, a label with the date in the next line, or the title said again."""
        said = _recognised(line, self._draft)
        label = dates.label(line.plain) if said is None else None
        following = self._said(index + 1) if label else None
        if following is not None and following.published and not following.updated:
            said = _Said(updated=following.published) if label == "updated" else following
            line.taken = _say(said, self._draft)
            if line.taken and (second := self._units[index + 1][1]) is not None:
                second.taken = True
            return line.taken
        if said is None:
            line.taken = bool(line.plain) and _folded(line.plain) == _folded(self._draft.title)
            return line.taken
        if not _say(said, self._draft):
            return False
        if said.rest:
            line.show(said.rest)
        line.taken = not said.rest
        return True

    def _is_deck(self, index: int, block: Block, line: Line) -> bool:
        """A subtitle that stands between title and byline; it stays in the body."""
        emphasised = line.raw.startswith(("*", "_")) and line.raw.endswith(("*", "_"))
        said = self._said(index + 1) if block.level or emphasised else None
        return said is not None and bool(said.authors)

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
        if not furniture.is_caption(text, tokens):
            return False
        pictured = bool(self._pictures) or any(token.type == "image" for token in tokens)
        if furniture.is_certain(text) or pictured:
            return True
        if not blocks.outside_links(tokens).strip(" .,:;()[]"):
            return False
        return self._said(after) is not None or (self._draft.begun and after < len(self._units))


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


def _notice_second_title(found: list[Block], draft: _Draft) -> None:
    for block in found:
        if block.level == 1 and not block.gone and block.plain:
            draft.note("the text has a second title; it became part of the body", block)
            return
