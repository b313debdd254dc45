"""What is worked out once of an article, however many queries are asked about it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from types import MappingProxyType

from syndicator.core.decide import terms_of
from syndicator.core.html import text as plain_text
from syndicator.core.html import words as bare_words
from syndicator.model import Article

_SEARCHED = 1_000_000
"""In how many characters of one text words are looked for."""
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]")
"""Ideographs and kana: written without spaces, so each one counts."""
_ACCENT = re.compile("[\u0300-\u036f]")


def words(article: Article) -> int:
    """The number of words of the body: what white space or a tag separates, and each ideograph or kana.

    It is what a store keeps in its column.
    """
    text = bare_words(article.body)
    if not text.isascii() and _UNSPACED.search(text):
        text = _UNSPACED.sub(" \\g<0> ", text)
    return len(text.split())


def folded(text: str) -> str:
    """A text as it is searched: neither case nor accents matter (`Élan` is `elan`), white space is single spaces."""
    text = " ".join(text.split())
    if text.isascii():
        return text.lower()
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return unicodedata.normalize("NFC", _ACCENT.sub("", bare))


class Facts:
    """An article and what queries ask of it; each fact is worked out when it is first asked for."""

    def __init__(self, article: Article) -> None:
        self.article = article
        terms = terms_of(article)
        self.tags = frozenset(term.slug for term in terms if term.kind == "tags")
        self.authors = frozenset(term.slug for term in terms if term.kind == "authors")
        self._folded: dict[str, str] = {}
        self._encoded: dict[str, tuple[bytes, ...]] = {}

    @cached_property
    def words(self) -> int:
        """The number of words of the body."""
        return words(self.article)

    @cached_property
    def body(self) -> str:
        """The body as plain text, each block a line."""
        return plain_text(self.article.body)

    def folded(self, field: str) -> str:
        """What is written in a field as it is searched for words: one line for each text."""
        if field not in self._folded:
            self._folded[field] = "\n".join(folded(text[:_SEARCHED]) for text in self._texts(field))
        return self._folded[field]

    def encoded(self, field: str) -> tuple[bytes, ...]:
        """What is written in a field as patterns are looked for in it: each text in UTF-8."""
        if field not in self._encoded:
            self._encoded[field] = tuple(text.encode("utf-8", "replace") for text in self._texts(field))
        return self._encoded[field]

    def _texts(self, field: str) -> Iterable[str]:
        if field == "text":
            return (self.article.title, self.article.summary, self.body)
        return _WRITTEN[field](self.article)


_WRITTEN: Mapping[str, Callable[[Article], Iterable[str]]] = MappingProxyType(
    {
        "title": lambda article: (article.title,),
        "url": lambda article: (article.url,) if article.url else (),
        "author": lambda article: (person.name for person in article.authors),
        "tag": lambda article: article.tags,
    }
)


def facts(article: Article) -> Facts:
    """What queries ask of an article. One is made for each article, and used for every query."""
    return Facts(article)
