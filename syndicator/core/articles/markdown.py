"""Markdown to HTML: CommonMark with tables, strikethrough and footnotes.

What comes out is not sanitised: raw HTML passes through, because everything goes through `core.html.clean`.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


def to_html(text: str) -> str:
    """The HTML of a Markdown text, not sanitised.

    Footnotes carry ids made from the text, so that those of two articles in one feed never meet.
    """
    return render(tokens(text))


def tokens(text: str) -> list[Token]:
    """The block tokens of a Markdown text; each knows its lines (`map`), an `inline` one its children.

    To be changed at will and given to `render`.
    """
    found = _parser().parse(text, {})
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
    """The HTML of one line of Markdown, without a paragraph around it, not sanitised."""
    return str(_parser().renderInline(text, {}))


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
        if token.children:
            _settle(token.children, digest)


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
