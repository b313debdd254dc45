"""Markdown to HTML: CommonMark with tables, strikethrough and footnotes.

What comes out is not sanitised: raw HTML passes through, because everything goes through `core.html.clean`.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from syndicator.core import html
from syndicator.core.articles import numbering
from syndicator.core.text import one_line
from syndicator.errors import BadArticle

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_MARKS = 100_000
"""What is marked up in one text: its characters that mean something, paragraphs, headings and items double."""

MAX_NOTES = 5_000
"""Footnotes and references to them in one text; each reference is written twice."""

_MARKS = "[]!|*_~<`&\\"
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_RAW_TITLE = re.compile(r"\s*<h1(?:\s[^<>]*)?>(.*?)</h1>\s*", re.I | re.S)
_HOLDING = html.REMOVED - {"embed", "frame", "input", "link", "meta", "param"}
"""Elements that are removed with what they hold, unless they hold nothing."""
_HEADS = re.compile(r"^[ \t>]*(?:#{1,6}|[-+*]|-{3,}|[0-9]{1,9}[.)])(?=[ \t\n])", re.M)


def to_html(text: str) -> str:
    """The HTML of a Markdown text, not sanitised.

    Footnotes carry ids made from the text, so that those of two articles in one feed never meet.
    """
    return render(tokens(text))


def tokens(text: str) -> list[Token]:
    """The block tokens of a Markdown text; each knows its lines (`map`), an `inline` one its children.

    To be changed at will and given to `render`. Raises BadArticle for more than MAX_MARKS or MAX_NOTES.
    """
    _check(text)
    found = numbering.keep(_parser().parse(text, {}))
    digest = ""
    if any(token.type == "footnote_block_open" for token in found):
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:10]
    _settle(found, digest)
    return found


def render(tokens: Sequence[Token]) -> str:
    """The HTML of tokens as `tokens` gives them."""
    parser = _parser()
    return str(parser.renderer.render(tokens, parser.options, {}))


def inline(text: str) -> str:
    """The HTML of one line of Markdown, without a paragraph around it, not sanitised. Raises as `tokens` does."""
    _check(text)
    return str(_parser().renderInline(text, {}))


def take_raw_title(token: Token) -> str:
    """The text of the `<h1>` that a block of raw HTML begins with, which is taken out; empty where it has none."""
    heading = _RAW_TITLE.match(token.content) if token.type == "html_block" and token.level == 0 else None
    title = one_line(html.text(heading[1])) if heading is not None and "<img" not in heading[1].lower() else ""
    if heading is not None and title:
        token.content = token.content[heading.end() :]
    return title


def _check(text: str) -> None:
    """Refuse what the parser, and whatever reads its tokens, would take minutes and gigabytes over."""
    if len(text) <= MAX_NOTES:
        return
    notes = text.count("[^") + text.count("^[")
    if notes > MAX_NOTES:
        raise BadArticle(f"text: {notes:,} footnotes and references to them, more than {MAX_NOTES:,}: split the file")
    marks = sum(map(text.count, _MARKS)) + 2 * text.count("\n\n")
    if marks <= MAX_MARKS:
        marks += 2 * sum(1 for _ in _HEADS.finditer(text))
    if marks > MAX_MARKS:
        raise BadArticle(
            f"text: more than {MAX_MARKS:,} links, tables' bars, paragraphs, list items and other marks "
            "are no article: split the file"
        )


@functools.cache
def _parser() -> MarkdownIt:
    """The one parser. Its state per text lives in the parse call, so threads may share it once it is built."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    class Parser(MarkdownIt):
        def validateLink(self, url: str) -> bool:  # noqa: ARG002
            # Otherwise `[x](javascript:y)` would stand in the text as it is written; the sanitiser leaves `x`.
            return True

    parser = Parser("commonmark").enable(["table", "strikethrough"])
    footnote_plugin(parser)
    return parser


def _settle(found: Sequence[Token], digest: str) -> None:
    """Write footnotes with names of our own, and the alignment of cells as an attribute, since styles are not kept."""
    for token in found:
        if token.type.startswith("footnote_"):
            token.content = _footnote(token, digest)
            token.type = "html_block" if token.block else "html_inline"
        elif token.attrs and token.type in ("th_open", "td_open"):
            side = str(token.attrs.get("style", "")).partition("text-align:")[2]
            token.attrs = {"align": side} if side else {}
        elif token.type == "html_block":
            token.content = _mentioned(token.content)
        if token.children:
            _mention(token.children)
            _settle(token.children, digest)


def _mention(children: Sequence[Token]) -> None:
    """Make text of tags that would take the rest of the article with them: `the <title> tag`."""
    closed: set[str] = set()
    for token in reversed(children):
        tag = _TAG.match(token.content) if token.type == "html_inline" else None
        if tag is None or (name := tag[2].lower()) not in _HOLDING:
            continue
        if tag[1]:
            closed.add(name)
        elif name not in closed:
            token.type = "text"


def _mentioned(block: str) -> str:
    """The same for a block of raw HTML; scripts and styles, which are never words, go to their end or the text's."""
    tag = _TAG.match(block.lstrip())
    if tag is None or tag[1] or (name := tag[2].lower()) not in _HOLDING - {"script", "style"}:
        return block
    closed = re.search(rf"</{name}[\s>]", block, re.I)
    return block if closed else block.replace("<", "&lt;", 1)


def _footnote(token: Token, digest: str) -> str:
    number = token.meta.get("id", 0) + 1
    note = f"{digest}-{number}"
    place = f"{note}-{token.meta['subId'] + 1}" if token.meta.get("subId") else note
    # The selector behind the arrow keeps it from becoming a picture.
    written = {
        "footnote_ref": f'<sup class="footnote-ref"><a id="fnref-{place}" href="#fn-{note}">[{number}]</a></sup>',
        "footnote_block_open": '<section class="footnotes">\n<hr>\n<ol>\n',
        "footnote_block_close": "</ol>\n</section>\n",
        "footnote_open": f'<li id="fn-{note}">',
        "footnote_close": "</li>\n",
        "footnote_anchor": f' <a class="footnote-backref" href="#fnref-{place}">\u21a9\ufe0e</a>',
    }
    return written.get(token.type, "")
