"""The article in a page. trafilatura says which text it is; the markup of that text is taken from the page itself,
because trafilatura's own loses captions, code, ordered lists and the rest of the meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from syndicator.core import html
from syndicator.core.text import one_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
    }
    | {
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
    }
    | {"nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
_NEVER = frozenset({"script", "style", "noscript", "template", "nav", "iframe", "form", "button", "select", "svg"})
_WHOLE = frozenset({"figure", "table", "pre", "audio", "video", "picture"})
_SHORT = 25
_ENOUGH = 0.7
_SEARCHED = 200_000


def body_of(text: str, root: HtmlElement, base: str | None, title: str, beside: list[str]) -> str:
    """The clean HTML of the article in the page `text`, whose tree is `root`; the tree is used up.

    Addresses are resolved against `base`. A first heading that repeats `title` is left out. May be empty. Lines that
    stood loose beside its blocks and do not belong to it, as a byline, are put into `beside`.
    """
    chosen = _chosen(text)
    found = html.clean(_serialised(_marked_up(root, chosen, beside)), base) if chosen else ""
    wanted = len(_folded(" ".join(chosen)))
    if wanted and len(_folded(html.text(found))) < _ENOUGH * wanted:
        found = html.clean(_extract(text) or "", base)
    if not html.text(found):
        found = html.clean(_serialised(_container(root)), base)
    return _without_title(found, title).strip()


def _extract(text: str) -> str | None:
    import trafilatura

    try:
        return trafilatura.extract(
            text,
            output_format="html",
            include_comments=False,
            include_formatting=True,
            include_images=True,
            include_links=True,
            include_tables=True,
            with_metadata=False,
        )
    except Exception:  # noqa: BLE001 - whatever a page does to it, the page's own markup is still there
        return None


def _chosen(text: str) -> list[str]:
    """The blocks of text that belong to the article."""
    return html.text(_extract(text) or "").splitlines()


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _marked_up(root: HtmlElement, chosen: Iterable[str], beside: list[str]) -> HtmlElement | None:
    """The smallest element that holds all blocks of the chosen text, others taken out of it."""
    lines = {_folded(line) for line in chosen}
    whole = "".join(map(_folded, chosen))
    leaves = [element for element in root.iter() if _is_leaf(element)]
    kept = [element for element in leaves if _is_chosen(element, lines, whole)]
    if not kept:
        return None
    container = _common(kept)
    stay = set(kept)
    for leaf in leaves:
        if (
            leaf not in stay
            and leaf is not container
            and container in leaf.iterancestors()
            and not _stays(leaf, container)
        ):
            leaf.drop_tree()
    for element in [e for e in container.iter() if e.tag in _BLOCKS and any(inner.tag in _BLOCKS for inner in e)]:
        _drop_loose(element, lines, whole, beside)
    for element in [e for e in container.iter("ul", "ol", "dl") if e is not container]:
        if not one_line(element.text_content()) and not _pictured(element) and element.getparent() is not None:
            element.drop_tree()
    for element in [e for e in container.iter() if e.tag in _NEVER and e is not container]:
        if element.getparent() is not None:
            element.drop_tree()
    return container


def _drop_loose(parent: HtmlElement, lines: set[str], whole: str, beside: list[str]) -> None:
    """Take out text and inline elements that stand between the blocks of a block and were not chosen."""
    runs: list[list[HtmlElement]] = [[]]
    texts = [parent.text or ""]
    for child in parent:
        if child.tag in _BLOCKS:
            runs.append([])
            texts.append(child.tail or "")
        else:
            runs[-1].append(child)
            texts[-1] += _content(child) + (child.tail or "")
    heads = [None, *(child for child in parent if child.tag in _BLOCKS)]
    for head, run, text in zip(heads, runs, texts, strict=True):
        folded = _folded(text)
        if not folded or _is_meant(folded, lines, whole) or any(map(_pictured, run)):
            continue
        beside += [one_line(part) for part in (*map(_content, run), text) if one_line(part)]
        for element in run:
            parent.remove(element)
        if head is None:
            parent.text = None
        else:
            head.tail = None


def _content(element: HtmlElement) -> str:
    return str(element.text_content()) if isinstance(element.tag, str) else ""


def _pictured(element: HtmlElement) -> bool:
    return any(inner.tag in ("img", "picture", "video", "audio") for inner in element.iter())


def _is_leaf(element: HtmlElement) -> bool:
    """A block without blocks in it."""
    return element.tag in _BLOCKS and not any(inner.tag in _BLOCKS for inner in element.iterdescendants())


def _is_chosen(element: HtmlElement, lines: set[str], whole: str) -> bool:
    folded = _folded(element.text_content())
    return bool(folded) and _is_meant(folded, lines, whole)


def _is_meant(folded: str, lines: set[str], whole: str) -> bool:
    return folded in lines or (len(folded) >= _SHORT and folded in whole[:_SEARCHED])


def _stays(leaf: HtmlElement, container: HtmlElement) -> bool:
    """Captions, cells and pictures stay with what they belong to, chosen or not."""
    for element in (leaf, *leaf.iterancestors()):
        if element is container:
            break
        if element.tag in _WHOLE:
            return True
    picture = any(inner.tag in ("img", "picture", "video", "audio") for inner in leaf.iterdescendants())
    return picture and not one_line(leaf.text_content())


def _common(elements: list[HtmlElement]) -> HtmlElement:
    paths = [[*reversed(list(element.iterancestors())), element] for element in (elements[0], elements[-1])]
    common = paths[0][0]
    for first, last in zip(*paths, strict=False):
        if first is not last:
            break
        common = first
    return common


def _container(root: HtmlElement) -> HtmlElement | None:
    for path in (".//article", ".//main", ".//*[@role='main']", ".//body"):
        element = root.find(path)
        if element is not None:
            for unwanted in [e for e in element.iter() if e.tag in _NEVER]:
                if unwanted.getparent() is not None and unwanted is not element:
                    unwanted.drop_tree()
            return element
    return None


def _serialised(element: HtmlElement | None) -> str:
    from lxml import html as lxml_html

    return lxml_html.tostring(element, encoding="unicode", with_tail=False) if element is not None else ""


def _without_title(body: str, title: str) -> str:
    match = re.match(r"(?:\s|<(?:div|section|aside)[^<>]*>)*<h([12])[^<>]*>(.*?)</h\1>\s*", body, re.S)
    if match is None or _folded(html.text(match[2])) != _folded(title):
        return body
    heading = re.compile(r"<h([12])[^<>]*>.*?</h\1>\s*", re.S)
    return heading.sub("", body, count=1)
