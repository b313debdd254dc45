"""What stands in a scraped text beside its words: picture credits, related articles, the original address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from syndicator.core.articles.blocks import Block, Line, inlines, links, outside_links, plain, split_lines
from syndicator.core.articles.bylines import AGENCIES
from syndicator.core.urls import reference, safe_url
from syndicator.model import Link

if TYPE_CHECKING:
    from markdown_it.token import Token

_MAX_CAPTION = 300
_TAIL = 150
_PICTURE = (
    "photographs?|photos?|images?|pictures?|pics?|illustrations?|graphics?|credits?|courtesy|(?:photo|image) credits?"
    "|фото|фота|світлина|снимок|иллюстрация|ілюстрація|fotos?|fotografía|fot|bild|bilder|crédits?|crédit photo|crédito"
    "|photo crédit|zdjęcie|zdj|valokuva|kuva|kép|fotoğraf|φωτογραφία|写真|图|사진"
)
_CREDIT = re.compile(
    rf"(?:^|[\s(\[/|.,;–—-])(?:(?:{_PICTURE}|quelle|source|źródło|источник|джерело|bron|källa)\.?\s?[:：/©]\s?\S"
    r"|©\s?\S|\(c\)\s?\S|copyright\s\S)",
    re.IGNORECASE,
)
_CREDIT_IN_WORDS = re.compile(
    rf"(?:^|[.!?)(\[/|,;”\"–—-]\s?)(?:{_PICTURE})\s(?:by|courtesy of|courtesy|credit|von|par|por|de)\s[^\W\d_]",
    re.IGNORECASE,
)
_STRONG = re.compile(rf"(?:^|[\s(\[/|.,;–—-])(?:(?:{_PICTURE})\.?\s?[:：/©]|©)", re.IGNORECASE)
_SEPARATORS = re.compile(r"[/|(–—]|[.,]\s|\s-\s|\svia\s", re.IGNORECASE)
_SITE = r"(?:https?://)?(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}[a-z]{2,12}(?:/\S*)?"
_DOMAIN = re.compile(_SITE, re.IGNORECASE)
_ENDS_IN_DOMAIN = re.compile(rf"(?:[.,;:!?(/|–—-]\s?|\bvia\s){_SITE}[)\]]?$", re.IGNORECASE)


def is_caption(text: str, tokens: Sequence[Token]) -> bool:
    """Whether a text is a picture's caption: short, and ending in a link or a credit."""
    return 0 < len(text) < _MAX_CAPTION and (_ends_in_link(tokens) or has_credit(text))


def has_credit(text: str) -> bool:
    """Whether a text ends in a credit: `Photo: X`, `(X / AFP)`, `© X`, a picture agency, the name of a site."""
    tail = text[-_TAIL:]
    for credit in (_CREDIT, _CREDIT_IN_WORDS):
        found = list(credit.finditer(tail))
        if found and not _goes_on(tail[found[-1].end() :]):
            return True
    last = _SEPARATORS.split(tail)[-1].strip(" )]")
    if last.casefold() in AGENCIES and (len(last) < len(tail.strip())):
        return True
    return bool(_ENDS_IN_DOMAIN.search(tail)) and len(tail.split()) > 1


def is_certain(text: str, tokens: Sequence[Token]) -> bool:
    """Whether a caption names its picture or source so plainly that it is one without a byline or date before it."""
    if _STRONG.search(text[-_TAIL:]) and has_credit(text):
        return True
    found = links(tokens)
    if not found or not _ends_in_link(tokens):
        return False
    shown, href = found[-1]
    source = href in ("", "#") or shown.casefold() in AGENCIES or _DOMAIN.fullmatch(shown) is not None
    before = text.rstrip(" )]")[: -len(shown)].rstrip()
    return source and before.endswith((".", "!", "?", "(", "/", "|", "—", "–", "-", ":", "”", '"'))


def _goes_on(rest: str) -> bool:
    """Whether a sentence follows what looked like the beginning of a credit."""
    return len(rest) > 100 or bool(re.search(r"[.!?]\s+\S+\s+\S+\s+\S", rest)) or len(rest.split()) > 12


def _ends_in_link(tokens: Sequence[Token]) -> bool:
    for token in reversed(tokens):
        if token.type == "link_close":
            return True
        if token.type in ("em_close", "strong_close") or (token.type == "text" and token.content.strip(" )]") == ""):
            continue
        return False
    return False


_RELATED_NOUN = r"related (?:articles?|stor(?:y|ies)|posts?|news|content|coverage|reading|links?|topics?)"
_RELATED_CALL = """
related | read also | also read | also see | read more | read next | read on | see also | more on this
| more on this story | more on this topic | further reading | you may also like | recommended reading | watch also
| читайте также | читайте ещё | читайте еще | читать также | смотрите также | по теме | материалы по теме | еще по теме
| читайте також | дивіться також | за темою | чытайце таксама | чытайце яшчэ | глядзіце таксама
| lesen sie auch | lesen sie mehr | lesen sie dazu | mehr zum thema | auch interessant | siehe auch | mehr dazu
| lire aussi | à lire aussi | a lire aussi | lire également | à lire également | voir aussi | lea también | lee también
| lea además | te puede interesar | ver también | leia também | leia mais | veja também | leggi anche
| czytaj także | czytaj też | czytaj również | zobacz także | zobacz też | zobacz również | przeczytaj także
| lees ook | zie ook | läs också | läs även | læs også | les også | lue myös | čtěte také | čítajte aj
| olvassa el | citește și | ayrıca okuyun | ilgili haber | ilgili haberler | διαβάστε επίσης
| 関連記事 | 相关阅读 | 延伸阅读 | 관련기사
"""
_RELATED = re.compile(
    rf"(?:(?P<noun>{_RELATED_NOUN})|(?P<call>"
    + "|".join(sorted((re.escape(call.strip()) for call in _RELATED_CALL.split("|")), key=len, reverse=True))
    + r"))(?![^\W_])\s?(?P<colon>[:：])?\s*",
    re.IGNORECASE,
)
_FILLING = " .,;:|·•–—-«»\"'“”()[]>→›"
_MAX_TITLE = 300


def related(block: Block) -> list[tuple[Line | None, list[Link]]]:
    """The lines of a block that only point to related articles; None for the line of a list of such lines."""
    if block.lines:
        found = ((line, _pointers(line.tokens)) for line in block.left)
        return [(line, pointers) for line, pointers in found if pointers]
    if block.kind in ("bullet_list_open", "ordered_list_open", "blockquote_open"):
        pointers = [_pointers(inline.children or []) for inline in inlines(block)]
        if pointers and all(pointers):
            return [(None, [link for group in pointers for link in group])]
    return []


def is_related_label(block: Block) -> bool:
    """Whether a block announces related articles and says nothing else: `## Related articles`."""
    text = block.plain
    match = _RELATED.match(text) if len(text) < 60 else None
    return match is not None and not text[match.end() :].strip(_FILLING) and not links(block.left[0].tokens)


def only_links(block: Block) -> list[Link]:
    """The links of a list or paragraph that holds nothing but links; empty where there is more."""
    lines = [line.tokens for line in block.left] or [inline.children or [] for inline in inlines(block)]
    if block.level or any(outside_links(tokens).strip(_FILLING) for tokens in lines):
        return []
    return [link(title, href) for tokens in lines for title, href in links(tokens) if title]


def link(title: str, href: str) -> Link:
    """A link as it was written; one to `#`, or to no address of the web, has no target."""
    found = reference(href) if href.strip() not in ("", "#") else None
    return Link(href=found if found and not found.startswith(("mailto:", "#")) else None, title=title or None)


def _pointers(tokens: Sequence[Token]) -> list[Link]:
    shown = plain(tokens)
    match = _RELATED.match(shown) if len(shown) < _MAX_TITLE * 2 else None
    if match is None:
        return []
    certain = bool(match["noun"] or match["colon"])
    found = links(tokens)
    if found:
        outside = outside_links(tokens)
        label = _RELATED.match(outside)
        if not certain or (outside[label.end() :] if label else outside).strip(_FILLING):
            return []
        titled = [(title[match.end() :] if not label and title == shown else title, href) for title, href in found]
        return [link(title.strip(), href) for title, href in titled if title.strip()]
    title = shown[match.end() :].strip()
    bold = tokens[0].type == "strong_open" or (len(tokens) > 1 and tokens[1].type == "strong_open")
    named = match["noun"] is not None or (bold and tokens[-1].content == "")
    return [Link(title=title)] if match["colon"] and named and 0 < len(title) < _MAX_TITLE else []


_ORIGINAL = re.compile(
    r"[(\[]?(?:(?P<certain>(?:the )?original[ -]url|url d['’]origine|url originale?|oryginalny (?:url|adres|link)"
    r"|оригинальный url|url оригинала|оригінальний url|арыгінальны url"
    r"|ursprüngliche url|originele url|原文链接|原文連結)"
    r"|(?:the )?(?:original (?:link|address|article|source|post|story)(?: url)?|source (?:url|link)|canonical url"
    r"|article url|permalink|ссылка на оригинал|enlace original|lien original|原文地址|元記事))"
    r"(?![^\W_])(?P<colon>\s?[:：])?\s*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s<>]+|(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}/[^\s<>]*", re.IGNORECASE)
_LIKE_ADDRESS = re.compile(r"<?(?:[a-z][a-z0-9+.-]{1,20}:|/|#|www\.)\S*>?", re.IGNORECASE)
_QUOTES = ("bullet_list_open", "ordered_list_open", "blockquote_open")


def original_label(line: Line) -> bool | None:
    """Whether a line that says `Original url:` says it so plainly that it goes even when no address is to be found.

    None when the line does not say it. False when an address and nothing else must follow: `Permalink: …`.
    """
    text = line.plain
    match = _ORIGINAL.match(text) if len(text) < 4096 else None
    if match is None:
        return None
    rest = text[match.end() :].strip(_FILLING)
    if match["certain"]:
        return True if match["colon"] or not rest or address(line) is not None else None
    if not rest:
        return False
    alone = " " not in rest or not outside_links(line.tokens)[match.end() :].strip(_FILLING)
    return False if alone and address(line) is not None else None


def address(line: Line) -> str | None:
    """The web address of a line whose last word, or only link, is one."""
    for _, href in links(line.tokens):
        if (url := safe_url(href)) is not None and url.startswith("http"):
            return url
    words = line.plain.replace("：", "： ").split()
    word = _bare(words[-1]) if words else ""
    if not _ADDRESS.fullmatch(word):
        return None
    return safe_url(word if "://" in word else f"https://{word}")


def _bare(word: str) -> str:
    """A word without the brackets around it and the stop behind it; brackets that belong to an address stay."""
    word = word.lstrip("(<‹«[").rstrip(".,;>›»]")
    while word.endswith(")") and word.count(")") > word.count("("):
        word = word[:-1].rstrip(".,;>›»]")
    return word


def is_address(line: Line) -> bool:
    """Whether a line is an address, fit or unfit, and nothing else."""
    if links(line.tokens):
        return not outside_links(line.tokens).strip(_FILLING + "‹")
    return _ADDRESS.fullmatch(_bare(line.plain)) is not None or _LIKE_ADDRESS.fullmatch(line.plain) is not None


def wrapped_lines(block: Block) -> list[Line]:
    """The lines of a list, quotation or code block of one or two lines, none of any other block."""
    if block.kind in ("fence", "code_block"):
        text = block.tokens[0].copy()
        text.type, text.content = "text", text.content.strip()
        return [Line(text.content, [text])] if text.content and "\n" not in text.content else []
    if block.lines or block.kind not in _QUOTES:
        return []
    parts = [part for inline in inlines(block) for part in split_lines(inline)[0]]
    return parts if len(parts) <= 2 else []
