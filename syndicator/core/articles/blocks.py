"""The blocks and lines of a Markdown text, from which a header can be taken line by line without losing the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syndicator.core.articles import markdown
from syndicator.core.text import one_line

if TYPE_CHECKING:
    from markdown_it.token import Token


_AROUND = " \t\n\u200b\u200e\u200f\u2060\ufeff"
"""What may stand around a line and is not seen."""
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Line:
    """A line of a paragraph or heading: `raw` as it was written, `tokens` what it means. `taken` leaves the body."""

    raw: str
    tokens: list[Token]
    taken: bool = False
    changed: bool = False
    _plain: str | None = None

    @property
    def plain(self) -> str:
        """What a reader sees of it, pictures left out, as one line."""
        if self._plain is None:
            self._plain = plain(self.tokens).strip(_AROUND)
        return self._plain

    @property
    def images(self) -> list[Token]:
        """Its pictures."""
        return [token for token in self.tokens if token.type == "image"]

    def show(self, text: str) -> None:
        """Make it say something else, as plain text."""
        token = self.tokens[0].copy()
        token.type, token.tag, token.nesting, token.content, token.children = "text", "", 0, text, None
        self.raw, self.tokens, self._plain, self.changed = text, [token], None, True

    @property
    def is_picture(self) -> bool:
        """Whether it shows a picture and nothing else."""
        return bool(self.images) and not self.plain


@dataclass(slots=True, eq=False)
class Block:
    """A block at the top of a text: its tokens, and its lines where it is a paragraph, heading or numbered line."""

    tokens: list[Token]
    lines: list[Line]
    breaks: list[Token]
    taken: bool = False

    @property
    def kind(self) -> str:
        """The type of its first token."""
        return self.tokens[0].type

    @property
    def level(self) -> int:
        """1 to 6 for a heading, otherwise 0."""
        return int(self.tokens[0].tag[1]) if self.kind == "heading_open" else 0

    @property
    def number(self) -> int:
        """The number of its first line in the file, 1-based."""
        return (self.tokens[0].map or [0])[0] + 1

    @property
    def left(self) -> list[Line]:
        """The lines that nothing has taken."""
        return [line for line in self.lines if not line.taken]

    @property
    def gone(self) -> bool:
        """Whether nothing of it is left."""
        return self.taken or (bool(self.lines) and not self.left)

    @property
    def plain(self) -> str:
        """What a reader sees of what is left of a paragraph or heading."""
        return " ".join(filter(None, (line.plain for line in self.left)))


def read(text: str) -> list[Block]:
    """The blocks of a Markdown text, in order."""
    found: list[Block] = []
    group: list[Token] = []
    depth = 0
    for token in markdown.tokens(text):
        group.append(token)
        depth += token.nesting
        if depth == 0:
            found.append(_block(group))
            group = []
    return found


def render(blocks: Sequence[Block]) -> str:
    """The HTML of what is left of the blocks, not sanitised."""
    tokens: list[Token] = []
    for block in blocks:
        if block.gone:
            continue
        if any(line.taken or line.changed for line in block.lines):
            _inline(block.tokens).children = joined(block)
        tokens += block.tokens
    return markdown.render(tokens)


def render_inline(tokens: Sequence[Token], like: Block) -> str:
    """The HTML of inline tokens of a paragraph or heading, without the block around them, not sanitised."""
    inline = _inline(like.tokens).copy()
    inline.children = list(tokens)
    return markdown.render([inline])


def inlines(block: Block) -> Iterator[Token]:
    """The inline tokens of any block."""
    return (token for token in block.tokens if token.type == "inline")


def plain(tokens: Sequence[Token]) -> str:
    """What a reader sees of inline tokens, pictures left out, as one line."""
    return one_line("".join(_shown(token) for token in tokens))


def links(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """The links among inline tokens: what they show, and where they lead as written."""
    found: list[tuple[str, str]] = []
    start = None
    for index, token in enumerate(tokens):
        if token.type == "link_open":
            start = index
        elif token.type == "link_close" and start is not None:
            found.append((plain(tokens[start:index]), str(tokens[start].attrs.get("href", ""))))
            start = None
    return found


def written(line: Line) -> str:
    """A line of Markdown as it was written, but every link in the one form `[text](<address>)`."""
    if not any(token.type == "link_open" for token in line.tokens):
        return line.raw
    shown: list[str] = []
    href = ""
    for token in line.tokens:
        if token.type == "link_open":
            href = str(token.attrs.get("href", ""))
            shown.append("[")
        elif token.type == "link_close":
            shown.append(f"](<{href}>)")
        else:
            shown.append(_shown(token).replace("[", "(").replace("]", ")"))
    return "".join(shown).strip(_AROUND)


def outside_links(tokens: Sequence[Token]) -> str:
    """What a reader sees of inline tokens that is no link, as one line."""
    shown, depth = [], 0
    for token in tokens:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        if depth == 0:
            shown.append(_shown(token))
    return one_line("".join(shown))


def _shown(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content if token.type in ("text", "code_inline", "text_special") else ""


def _block(tokens: list[Token]) -> Block:
    if tokens[0].type not in ("paragraph_open", "heading_open"):
        return Block(tokens=list(tokens), lines=_numbered_line(tokens), breaks=[])
    lines, breaks = split_lines(_inline(tokens))
    return Block(tokens=list(tokens), lines=lines, breaks=breaks)


def split_lines(inline: Token) -> tuple[list[Line], list[Token]]:
    """The lines of an inline token, `<br>` taken for a line's end too, and what stands between them."""
    parts: list[list[Token]] = [[]]
    breaks: list[Token] = []
    depth = 0
    for token in inline.children or []:
        depth += token.nesting
        if depth == 0 and (token.type in ("softbreak", "hardbreak") or _is_break(token)):
            breaks.append(token)
            parts.append([])
        else:
            parts[-1].append(token)
    raws = inline.content.split("\n")
    if len(raws) != len(parts) or any(map(_is_break, breaks)):
        raws = [plain(part) for part in parts]
    return [Line(raw.strip(_AROUND), part) for raw, part in zip(raws, parts, strict=True)], breaks


def _is_break(token: Token) -> bool:
    return token.type == "html_inline" and _BREAK.fullmatch(token.content) is not None


def _numbered_line(tokens: list[Token]) -> list[Line]:
    """The line of a list that is one numbered line: `23. Januar 2024` is such a list to Markdown."""
    items = [token for token in tokens if token.type == "list_item_open"]
    inline = [token for token in tokens if token.type == "inline"]
    if tokens[0].type != "ordered_list_open" or len(items) != 1 or len(inline) != 1 or "\n" in inline[0].content:
        return []
    number = f"{items[0].info}{items[0].markup} "
    children = inline[0].children or []
    return [Line(number + inline[0].content, children, _plain=number + plain(children))]


def _inline(tokens: Sequence[Token]) -> Token:
    return next(token for token in tokens if token.type == "inline")


def joined(block: Block) -> list[Token]:
    """The inline tokens of what is left of a paragraph or heading."""
    children: list[Token] = []
    for index, line in enumerate(block.lines):
        if line.taken:
            continue
        if children:
            children.append(block.breaks[index - 1])
        children += line.tokens
    return children
