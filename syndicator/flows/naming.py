"""Ids and slugs for new articles: those that nobody has."""

from __future__ import annotations

from collections.abc import Iterable

from syndicator.core import decide
from syndicator.core.identity import Claims, mint
from syndicator.model import Article
from syndicator.ports import Ingest


class Slugs:
    """Gives each slug once. Asks the store about many at once where they are `expect`ed."""

    def __init__(self, tx: Ingest) -> None:
        self._tx = tx
        self._free: set[str] = set()
        self._taken: set[str] = set()

    def expect(self, slugs: set[str]) -> None:
        """Ask for these, most of which will be wanted."""
        _, taken = self._tx.taken((), slugs)
        self._taken |= taken
        self._free |= slugs - taken

    def slug(self, article: Article, id: str) -> str:
        """A slug for a new article with that id."""
        possible = decide.slugs_for(article, id)
        if not self._free.issuperset(possible[:1]):
            self.expect(set(possible) - self._free - self._taken)
        slug = next((slug for slug in possible if slug not in self._taken), possible[-1])
        self._free.discard(slug)
        self._taken.add(slug)
        return slug


class Names:
    """Gives each name of an article file once. Asks the store about many at once where they are `expect`ed."""

    def __init__(self, tx: Ingest, source: str, namespace: str) -> None:
        self._tx, self._source, self._namespace = tx, source, namespace
        self._slugs = Slugs(tx)
        self._free_ids: set[str] = set()
        self._taken_ids: set[str] = set()

    def expect(self, articles: Iterable[tuple[Claims, Article]]) -> None:
        """Ask for the first choice of each of these articles, most of which will need names."""
        choices = [(mint(claims, self._source, self._namespace), article) for claims, article in articles]
        self._ask({id for id, _ in choices})
        self._slugs.expect({decide.slugs_for(article, id)[0] for id, article in choices})

    def id(self, claims: Claims) -> str:
        """An id for a new article."""
        while True:
            id = mint(claims, self._source, self._namespace, self._taken_ids)
            if id not in self._free_ids:
                self._ask({id})
            if id in self._free_ids:
                self._free_ids.discard(id)
                self._taken_ids.add(id)
                return id

    def slug(self, article: Article, id: str) -> str:
        """A slug for a new article with that id."""
        return self._slugs.slug(article, id)

    def _ask(self, ids: set[str]) -> None:
        taken, _ = self._tx.taken(ids, ())
        self._taken_ids |= taken
        self._free_ids |= ids - taken
