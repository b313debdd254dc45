"""Ids and slugs for new articles: those that nobody has."""

from __future__ import annotations

from collections.abc import Iterable

from syndicator.core import decide
from syndicator.core.identity import Claims, mint
from syndicator.model import Article
from syndicator.ports import Ingest


class Names:
    """Gives each name once. Asks the store about the names of many articles at once where they are `expect`ed."""

    def __init__(self, tx: Ingest, source: str, namespace: str) -> None:
        self._tx, self._source, self._namespace = tx, source, namespace
        self._free_ids: set[str] = set()
        self._taken_ids: set[str] = set()
        self._free_slugs: set[str] = set()
        self._taken_slugs: set[str] = set()

    def expect(self, articles: Iterable[tuple[Claims, Article]]) -> None:
        """Ask for the first choice of each of these articles, most of which will need names."""
        choices = [(mint(claims, self._source, self._namespace), article) for claims, article in articles]
        self._ask({id for id, _ in choices}, {decide.slugs_for(article, id)[0] for id, article in choices})

    def id(self, claims: Claims) -> str:
        """An id for a new article."""
        while True:
            id = mint(claims, self._source, self._namespace, self._taken_ids)
            if id not in self._free_ids:
                self._ask({id}, set())
            if id in self._free_ids:
                self._free_ids.discard(id)
                self._taken_ids.add(id)
                return id

    def slug(self, article: Article, id: str) -> str:
        """A slug for a new article with that id."""
        possible = decide.slugs_for(article, id)
        if not self._free_slugs.issuperset(possible[:1]):
            self._ask(set(), set(possible) - self._free_slugs - self._taken_slugs)
        slug = next((slug for slug in possible if slug not in self._taken_slugs), possible[-1])
        self._free_slugs.discard(slug)
        self._taken_slugs.add(slug)
        return slug

    def _ask(self, ids: set[str], slugs: set[str]) -> None:
        taken_ids, taken_slugs = self._tx.taken(ids, slugs)
        self._taken_ids |= taken_ids
        self._free_ids |= ids - taken_ids
        self._taken_slugs |= taken_slugs
        self._free_slugs |= slugs - taken_slugs
