"""Which article each file holds, and what is to be saved of it. One batch of files, inside the first transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from syndicator.core import decide
from syndicator.core.identity import Claims, Recognition, Vanished, recognise
from syndicator.flows.looking import Look
from syndicator.flows.naming import Names
from syndicator.flows.reading import Read
from syndicator.model import Article, Notice, RevisionKind, SeenFile, Status
from syndicator.ports import Ingest, Ports, Saved


@dataclass(slots=True)
class Outcome:
    """What a batch came to."""

    saved: list[Saved] = field(default_factory=list)
    files: list[SeenFile] = field(default_factory=list)
    forget: set[str] = field(default_factory=set)
    published: int = 0
    corrected: int = 0


class Batch:
    """Decides file by file, in the order of their paths, so that the same folder always gives the same ids."""

    def __init__(self, ports: Ports, tx: Ingest, look: Look, vanished: Vanished, files: list[Read]) -> None:
        self._ports, self._tx, self._look, self._vanished, self._reads = ports, tx, look, vanished, files
        self._now = ports.now()
        self._backfill = tx.first_time()
        self._claims = {file.stat.path: file.claims for file in files if file.reading}
        pairs = {pair for claims in self._claims.values() for pair in claims.pairs()}
        self._claimants = dict(tx.claimants(pairs))
        ids = set(self._claimants.values()) | {f.known.article_id for f in files if f.known and f.known.article_id}
        self._holders = dict(tx.files_of(ids))
        self._articles = dict(tx.articles(ids))
        self._still_holds = {id for id, holder in self._holders.items() if self._holds(id, holder)}
        self._given: set[str] = set()
        self._names = Names(tx, ports.policy.source, ports.policy.namespace)
        self._outcome = Outcome()

    def decide(self) -> Outcome:
        """What to save of all the files."""
        self._names.expect(self._strangers())
        for file in self._reads:
            if file.error is not None:
                self._outcome.files.append(self._failed(file, file.error.reason, file.error.line))
            elif file.reading is None:
                self._touched(file)
            else:
                self._seen(file)
        self._remember_displaced()
        return self._outcome

    def _strangers(self) -> Iterator[tuple[Claims, Article]]:
        """What nobody has claimed anything of before: nearly all of it will need a name."""
        for file in self._reads:
            if file.reading and self._claimants.keys().isdisjoint(self._claims[file.stat.path].pairs()):
                yield self._claims[file.stat.path], file.reading.article

    def _holds(self, id: str, holder: SeenFile) -> bool:
        """Whether the file that held an article still does: it is there, and was not filled with another one."""
        if holder.missing_since or not self._look.exists(self._ports, holder.path):
            return False
        now = self._claims.get(holder.path)
        if now is None:
            return True
        strong = {self._claimants.get(pair) for pair in now.pairs() if pair[0] != "path"} - {None}
        return not strong or id in strong

    def _touched(self, file: Read) -> None:
        """The bytes are known: only size and time have changed."""
        assert file.known is not None
        seen = replace(file.known, size=file.stat.size, mtime_ns=file.stat.mtime_ns)
        self._outcome.files.append(seen)

    def _seen(self, file: Read) -> None:
        found = self._recognise(file)
        if found.copy_of is not None:
            what = "has the id of" if found.by == "id" else "is a copy of"
            advice = "give it an id of its own" if found.by == "id" else "remove one of them"
            self._outcome.files.append(self._failed(file, f"{what} {found.copy_of}, which stays; {advice}"))
            return
        before = self._articles.get(found.id) if found.id else None
        article, kind = self._next(file, before)
        self._save(file, article, kind)
        if before is not None and (holder := self._holders.get(article.id)) and holder.path != file.stat.path:
            self._outcome.forget.add(holder.path)
        self._holders[article.id] = self._outcome.files[-1]
        self._articles[article.id] = article
        self._still_holds.add(article.id)
        self._given.add(article.id)
        self._vanished.forget(article.id)

    def _recognise(self, file: Read) -> Recognition:
        known = file.known
        at_path = self._articles.get(known.article_id) if known and known.article_id else None
        if at_path is not None and at_path.id in self._given:
            known = at_path = None
        found = recognise(
            self._claims[file.stat.path],
            file.sketch,
            claimants=self._claimants,
            holders=self._holders,
            still_holds=self._still_holds,
            at_path=known,
            at_path_article=at_path,
        )
        if found.id is None and found.copy_of is None and (gone := self._vanished.take(file.sketch)):
            assert gone.article_id is not None
            self._articles.update(self._tx.articles({gone.article_id}))
            self._holders[gone.article_id] = gone
            return Recognition(gone.article_id, by="body")
        return found

    def _next(self, file: Read, before: Article | None) -> tuple[Article, RevisionKind | None]:
        assert file.reading is not None
        seen = file.reading.article
        if before is not None:
            return decide.next_state(before, seen, self._now)
        id = self._names.id(self._claims[file.stat.path])
        slug = self._names.slug(seen, id)
        state = decide.first_state(seen, id=id, slug=slug, now=self._now, backfill=self._backfill)
        return state, RevisionKind.NEW

    def _save(self, file: Read, article: Article, kind: RevisionKind | None) -> None:
        assert file.reading is not None
        claims = self._claims[file.stat.path].pairs()
        self._outcome.saved.append(
            Saved(
                article=article,
                kind=kind,
                claims=claims,
                terms=decide.terms_of(article),
                due=decide.due_at(article, self._now),
            )
        )
        for pair in claims:
            self._claimants.setdefault(pair, article.id)
        shown = article.status is Status.PUBLISHED
        self._outcome.published += shown and kind is RevisionKind.NEW
        self._outcome.corrected += kind is not None and kind is not RevisionKind.NEW
        self._outcome.files.append(
            SeenFile(
                path=file.stat.path,
                size=file.stat.size,
                mtime_ns=file.stat.mtime_ns,
                content_hash=file.hash,
                sketch=file.sketch,
                article_id=article.id,
                notices=file.reading.notices + self._dated(file),
                media=file.media,
            )
        )

    def _dated(self, file: Read) -> tuple[Notice, ...]:
        assert file.reading is not None
        return decide.date_notices(file.reading.article, self._now)

    def _failed(self, file: Read, reason: str, line: int | None = None) -> SeenFile:
        """The observation of a bad file: what it held before stays as it is."""
        before = file.known or SeenFile(path=file.stat.path)
        return replace(
            before,
            size=file.stat.size,
            mtime_ns=-1 if file.unread else file.stat.mtime_ns,
            content_hash=file.hash,
            problem=reason,
            problem_line=line,
            problem_since=before.problem_since or self._now,
            notices=(),
            missing_since=None,
        )

    def _remember_displaced(self) -> None:
        """An article whose path now holds another one, and that is nowhere else, is missing from now on.

        It is remembered under its old path and its id, since the path is taken.
        """
        now_held = {file.path: file.article_id for file in self._outcome.files}
        for file in self._reads:
            known = file.known
            if known is None or known.article_id in (None, now_held.get(file.stat.path)):
                continue
            if known.article_id in self._given:
                continue
            gone = replace(known, path=f"{known.path}#{known.article_id}", missing_since=self._now)
            self._outcome.files.append(gone)
