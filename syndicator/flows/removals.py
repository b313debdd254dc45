"""Articles that go: files removed for good, and what time alone ends or begins."""

from __future__ import annotations

from datetime import datetime

from syndicator.core import decide
from syndicator.model import Article, Report, RevisionKind
from syndicator.ports import Ports, Saved

ENOUGH_TO_DOUBT = 5
"""From so many files on, losing more than half at once is taken for an accident."""


def sweep(ports: Ports, *, confirmed: bool = False) -> Report:
    """Withdraw the articles whose files are gone for longer than the grace period; all that are gone if `confirmed`.

    Where more than half of five or more files are gone at once, nothing is withdrawn until a person confirms.
    """
    now = ports.now()
    with ports.store.ingest(ports.policy.source) as tx:
        missing = tx.missing()
        if not missing or (not confirmed and removals_held(len(ports.store.stats(ports.policy.source)), len(missing))):
            return Report()
        over = [f for f in missing if confirmed or now - (f.missing_since or now) >= ports.policy.removal_grace]
        articles = tx.articles({f.article_id for f in over if f.article_id})
        saved = [_saved(decide.withdrawn(article, now), now) for article in articles.values()]
        tx.save(saved, [])
    return Report(withdrawn=len(saved))


def removals_held(present: int, missing: int) -> bool:
    """Whether so many files are gone at once that a person must confirm it."""
    return present + missing >= ENOUGH_TO_DOUBT and missing > (present + missing) / 2


def transition(ports: Ports) -> Report:
    """Store what time alone has changed: embargoes that ended, articles that expired."""
    now = ports.now()
    due = ports.store.due(now)
    if not due:
        return Report()
    with ports.store.ingest(ports.policy.source) as tx:
        articles = tx.articles({article.id for article in due})
        saved = [_saved(decide.at(article, now), now) for article in articles.values()]
        tx.save(saved, [])
    shown = sum(s.kind in (RevisionKind.NEW, RevisionKind.RETURN) for s in saved)
    return Report(published=shown, withdrawn=sum(s.kind is RevisionKind.WITHDRAWAL for s in saved))


def _saved(decided: tuple[Article, RevisionKind | None], now: datetime) -> Saved:
    article, kind = decided
    return Saved(article=article, kind=kind, terms=decide.terms_of(article), due=decide.due_at(article, now))
