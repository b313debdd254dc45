"""Ids and slugs for new articles: those that nobody has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from syndicator.core import decide
from syndicator.core.duplicates import portray
from syndicator.core.identity import Claims, mint
from syndicator.core.rulings import is_forgotten
from syndicator.model import Article, RevisionKind
from syndicator.ports import Ingest, Saved


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


class Ids:
    """Gives each id of a source once. Asks the store about many at once where they are `expect`ed."""

    def __init__(self, tx: Ingest) -> None:
        self._tx = tx
        self._free: set[str] = set()
        self._taken: set[str] = set()

    def expect(self, ids: set[str]) -> None:
        """Ask for these, most of which will be wanted."""
        taken, _ = self._tx.taken(ids, ())
        self._taken |= taken
        self._free |= ids - taken

    def id(self, mint: Callable[[Collection[str]], str]) -> str:
        """What `mint` makes when it is told which ids it must not."""
        while (id := mint(self._taken)) not in self._free:
            self.expect({id})
        self._free.discard(id)
        self._taken.add(id)
        return id


class Names:
    """Gives each name of an article file once. Asks the store about many at once where they are `expect`ed."""

    def __init__(self, tx: Ingest, source: str, namespace: str) -> None:
        self._source, self._namespace = source, namespace
        self._ids, self._slugs = Ids(tx), Slugs(tx)

    def expect(self, articles: Iterable[tuple[Claims, Article]]) -> None:
        """Ask for the first choice of each of these articles, most of which will need names."""
        choices = [(mint(claims, self._source, self._namespace), article) for claims, article in articles]
        self._ids.expect({id for id, _ in choices})
        self._slugs.expect({decide.slugs_for(article, id)[0] for id, article in choices})

    def id(self, claims: Claims) -> str:
        """An id for a new article."""
        return self._ids.id(lambda taken: mint(claims, self._source, self._namespace, taken))

    def slug(self, article: Article, id: str) -> str:
        """A slug for a new article with that id."""
        return self._slugs.slug(article, id)


def saved(
    article: Article,
    kind: RevisionKind | None,
    now: datetime,
    claims: tuple[tuple[str, str], ...] = (),
    text: Article | None = None,
) -> Saved:
    """A state that was decided as it is stored: found under its terms, and due when time alone changes it.

    One whose text was forgotten stays under the terms that it had, so that its tombstone is in their feeds. `text` is
    what it was before it was killed: by that its copies are recognised, and what is kept of it is hashes.
    """
    terms = None if is_forgotten(article) else decide.terms_of(article)
    due = decide.due_at(article, now)
    stored = Saved(article=article, kind=kind, claims=claims, terms=terms, due=due)
    if text is None or is_forgotten(text):
        return stored
    seen = portray(text)
    return replace(stored, signs=seen.every_sign, sketch=seen.pack())
