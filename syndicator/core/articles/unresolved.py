"""Relative addresses in an article that name no file beside it: told to its author, as readers will not find them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import unquote, urljoin

from syndicator.core import html
from syndicator.core.articles import episodes, fields
from syndicator.core.text import one_line, shorten
from syndicator.model import Article, Notice

_MOST = 10
_LOOKED_UP = 100
_FILE = re.compile(r"[^/]+\.[A-Za-z0-9]{1,5}")
_NEVER = frozenset({"image/svg+xml"})
_ADVICE = "put it there, or write its whole address"
_KIND = "is of a kind that is never published (it may hold scripts): use PNG, or write its whole address"


def notices(
    article: Article, references: Collection[str], articles: Collection[str], source: bytes
) -> Iterator[tuple[str, Notice]]:
    """What to tell of each of the article's relative addresses, should it name no file that is published with it.

    `articles` are those of them that name an article file. `source` are the file's bytes, in which the line is
    looked up. Nothing is to be told of links that need not mean a file, and of what an article from elsewhere (one
    with an address of its own) shows or links by paths of its site.
    """
    shown = _shown(article)
    for number, address in enumerate(references):
        if address in shown:
            text = _unshown(address, article.url)
        elif article.url or not _FILE.fullmatch(_path(address).rpartition("/")[2]) or address.startswith("/"):
            continue
        elif address in articles:
            text = "is an article file, which has no address of its own: link to the address of its page"
        else:
            text = _absent(address)
        if text:
            line = _line(source, address) if number < _LOOKED_UP else None
            yield address, Notice(text=f"{shorten(one_line(unquote(address)), 200)} {text}", line=line)


def some(told: Sequence[Notice]) -> tuple[Notice, ...]:
    """So many of the notices as a person may read, and how many more there are."""
    if len(told) <= _MOST:
        return tuple(told)
    rest = Notice(text=f"{len(told) - _MOST:,} more addresses name no file beside the article: see to them too")
    return (*told[:_MOST], rest)


def _unshown(address: str, site: str | None) -> str | None:
    if site:
        there = None if address.startswith("/") else urljoin(site, address)
        return there and f"is not beside the article, so it is taken to lie at {there}: put it there if it does not"
    kind = fields.media_type(address)
    if kind is None:
        return f"names no file of a kind that is published: {_ADVICE}"
    return _KIND if kind in _NEVER else _absent(address)


def _absent(address: str) -> str:
    where = "in the folder of articles" if address.startswith("/") else "beside the article"
    return f"is not {where}: {_ADVICE}"


def _shown(article: Article) -> set[str]:
    image = article.image
    urls = {image.url or "", *html.references(image.caption, embedded=True)} if image else set()
    urls |= {*episodes.addresses(article.episode)}
    return urls | {enclosure.url for enclosure in article.enclosures} | {*html.references(article.body, embedded=True)}


def _path(address: str) -> str:
    return address.partition("#")[0].partition("?")[0]


def _line(source: bytes, address: str) -> int | None:
    at = next((at for text in (address, unquote(address)) if (at := source.find(text.encode())) >= 0), None)
    return None if at is None else source.count(b"\n", 0, at) + 1
