"""Articles that go: files removed for good, and what time alone ends or begins."""

from __future__ import annotations

from datetime import datetime

from syndicator.core import decide
from syndicator.flows.naming import saved
from syndicator.flows.showing import show
from syndicator.model import Article, Report, RevisionKind, SeenFile, Status
from syndicator.ports import Ingest, Ports

ENOUGH_TO_DOUBT = 5
"""From so many files on, losing more than half at once is taken for an accident."""
HELD = "removals_held"
"""The fact that a person must confirm removals; kept until that, or until nothing is gone any more."""


def sweep(ports: Ports, *, confirmed: bool = False) -> Report:
    """Withdraw the articles whose files are gone for longer than the grace period; all that are gone if `confirmed`.

    Where more than half of five or more files are gone at once, nothing is withdrawn until a person confirms or all
    of them are back.
    """
    now = ports.now()
    withdrawn = 0
    with ports.store.ingest(ports.policy.source) as tx:
        missing = _withdrawable(tx, tx.missing())
        held = bool(missing) and not confirmed and removals_held(ports, len(missing))
        if missing and not held:
            grace = ports.policy.removal_grace
            over = [f for f in missing if confirmed or now - (f.missing_since or now) >= grace]
            withdrawn = _withdraw(tx, over, now)
    if held != (ports.store.recall(HELD) == "yes"):
        ports.store.remember(HELD, "yes" if held else "")
    return Report(withdrawn=withdrawn)


def removals_held(ports: Ports, missing: int) -> bool:
    """Whether so many files are gone at once, or were and are not all back, that a person must confirm it."""
    if not missing:
        return False
    total = len(ports.store.stats(ports.policy.source)) + missing
    return ports.store.recall(HELD) == "yes" or (total >= ENOUGH_TO_DOUBT and missing > total / 2)


def transition(ports: Ports) -> Report:
    """Store what time alone has changed: embargoes that ended, articles that expired."""
    now = ports.now()
    shown = gone = 0
    while due := ports.store.due(now):
        with ports.store.ingest(ports.policy.source) as tx:
            ids = {article.id for article in due}
            files = tx.files_of(ids)
            absent = {id for id, file in files.items() if file.missing_since}
            states = [saved(*_passed(article, article.id in absent, now), now) for article in tx.articles(ids).values()]
            tx.save(states, [])
        show(
            ports,
            [files[s.article.id] for s in states if s.article.status is Status.PUBLISHED and s.article.id in files],
        )
        shown += sum(s.kind in (RevisionKind.NEW, RevisionKind.RETURN) for s in states)
        gone += sum(s.kind is RevisionKind.WITHDRAWAL for s in states)
    return Report(published=shown, withdrawn=gone)


def _passed(article: Article, absent: bool, now: datetime) -> tuple[Article, RevisionKind | None]:
    """What time made of an article; one that waits while its file is gone will not be shown."""
    if absent and article.status is Status.SCHEDULED:
        return decide.withdrawn(article, now)
    return decide.at(article, now)


def _withdrawable(tx: Ingest, files: list[SeenFile]) -> list[SeenFile]:
    """The files whose article is not gone anyway, since it was killed."""
    articles = tx.articles({f.article_id for f in files if f.article_id})
    killed = {id for id, article in articles.items() if article.status is Status.KILLED}
    return [f for f in files if f.article_id not in killed]


def _withdraw(tx: Ingest, files: list[SeenFile], now: datetime) -> int:
    articles = tx.articles({f.article_id for f in files if f.article_id})
    states = [saved(*decide.withdrawn(article, now), now) for article in articles.values()]
    tx.save(states, [])
    return len(states)
