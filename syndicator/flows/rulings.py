"""What a person decides about a published article: it is stored, then published at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from syndicator.core import decide
from syndicator.core.rulings import ruling
from syndicator.errors import ArticleError
from syndicator.flows.ingest import ingest
from syndicator.flows.killing import kill_in, kill_same
from syndicator.flows.naming import saved
from syndicator.flows.publish import compress, publish, repair
from syndicator.flows.showing import tidy
from syndicator.model import Article, Status, Verdict
from syndicator.ports import Ports

__all__ = ["Ruled", "correct", "kill", "kill_same", "restore", "retract"]

_READ_AGAIN = "read again"
"""A hash that no document has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """An article after it was ruled about, and the paths of the documents whose bytes changed with it."""

    article: Article
    documents: tuple[str, ...]


def correct(ports: Ports, article: Article, note: str) -> Ruled:
    """Show a note of correction with an article. Raises ArticleError where it is not shown, or is retracted."""
    if not note.strip():
        raise ArticleError(f"article {article.slug}: a correction says what was wrong; give a note")
    return _shown(ports, article, Verdict.CORRECTED, note)


def retract(ports: Ports, article: Article, note: str = "") -> Ruled:
    """Show a note instead of an article, under its title. Raises ArticleError where it is not shown."""
    return _shown(ports, article, Verdict.RETRACTED, note)


def kill(ports: Ports, article: Article, note: str = "") -> Ruled:
    """Show nothing of an article ever again, and keep nothing of its text.

    What is the same in other sources goes with it, and so does its part in editions of digests. May be repeated, as
    after a crash or on a full disk: what was not done yet is done then.
    """
    again = article.status is Status.KILLED
    with ports.store.ingest(article.source) as tx:
        before = tx.articles({article.id})[article.id]
        kept = before.ruling.note if before.status is Status.KILLED and before.ruling is not None else ""
        kill_in(ports, tx, [before], ruling(Verdict.KILLED, note or kept, by_command=True))
    tidy(ports)
    mended = repair(ports).documents if again else ()
    documents = _published(ports)
    key = ports.store.number_of(article)
    assert key is not None
    ports.store.erase(key)
    return _now(ports, article, (*mended, *documents))


def restore(ports: Ports, article: Article) -> Ruled:
    """Take back what a person decided about an article by command.

    One that was killed comes back when its file or its entry is read again, a file at once; with it comes what was
    killed because it is the same. Raises ArticleError where nothing was decided by command.
    """
    lifted = _work(ports, article) if article.status is Status.KILLED else [article]
    for one in lifted:
        _liftable(ports, one)
    paths = {path for one in lifted for path in _lift(ports, one)}
    if paths:
        ingest(ports, paths)
    documents = _published(ports)
    return _now(ports, article, documents)


def _shown(ports: Ports, article: Article, verdict: Verdict, note: str) -> Ruled:
    """Rule about an article that readers see."""
    now = ports.now()
    with ports.store.ingest(article.source) as tx:
        before = tx.articles({article.id})[article.id]
        if not before.status.is_shown:
            raise ArticleError(f"article {before.slug}: it is {before.status}; only what readers see {_CAN[verdict]}")
        if verdict is Verdict.CORRECTED and before.status is Status.RETRACTED:
            raise ArticleError(f"article {before.slug}: it is retracted; restore it before you correct it")
        after, kind = decide.ruled(before, ruling(verdict, note, by_command=True), now)
        pictured = any(file.media for file in tx.files_of({before.id}).values())
        tx.save([saved(after, kind, now)], [])
    documents = _published(ports)
    if pictured and verdict is Verdict.RETRACTED:
        tidy(ports)
    return Ruled(article=after, documents=documents)


_CAN = {Verdict.CORRECTED: "can be corrected", Verdict.RETRACTED: "can be retracted; `syndicator kill` forgets any"}


def _work(ports: Ports, article: Article) -> list[Article]:
    """An article with the killed ones that are the same: while one of them is, none can come back."""
    key = ports.store.number_of(article)
    assert key is not None
    states = ports.store.states(ports.store.work_of(key))
    return [state for state in states.values() if state.status is Status.KILLED]


def _liftable(ports: Ports, article: Article) -> None:
    if article.ruling is None:
        waits = "; it comes back when it is read again" if article.status is Status.WITHDRAWN else ""
        raise ArticleError(f"article {article.slug}: nothing is decided about it that could be taken back{waits}")
    if not article.ruling.by_command:
        with ports.store.ingest(article.source) as tx:
            paths = [file.path for file in tx.files_of({article.id}).values()]
        where = f"its file {paths[0]} says" if paths else "its file said"
        raise ArticleError(f"article {article.slug}: {where} that it is {article.ruling.verdict}; change that there")


def _lift(ports: Ports, article: Article) -> Iterable[str]:
    """Take a ruling back, and forget that what the article is made of was read; the paths of its files."""
    now = ports.now()
    with ports.store.ingest(article.source) as tx:
        before = tx.articles({article.id})[article.id]
        after, kind = decide.lifted(before, now)
        files = tx.files_of({article.id}).values()
        unread = [replace(file, content_hash="", mtime_ns=-1, notices=()) for file in files]
        tx.save([saved(after, kind, now)], unread)
    source, state = ports.store.source(article.source), ports.store.poll_state(article.source)
    if before.status is Status.KILLED and source is not None and state is not None:
        # Neither may the server answer 304, nor may its entries be taken for known.
        unread_state = replace(
            state, body_hash=_READ_AGAIN, etag=None, last_modified=None, validated_url=None, entries=b""
        )
        ports.store.save_sources([(source, unread_state)])
    return [file.path for file in files if not file.missing_since]


def _published(ports: Ports) -> tuple[str, ...]:
    documents = publish(ports).documents
    compress(ports)
    return documents


def _now(ports: Ports, article: Article, documents: tuple[str, ...]) -> Ruled:
    return Ruled(article=ports.store.articles(article.source, {article.id})[article.id], documents=documents)
