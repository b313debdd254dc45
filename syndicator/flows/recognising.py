"""Which article each file of a batch holds, and what is to be saved of it. Inside the first transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from syndicator.core import decide
from syndicator.core.identity import Claims, Recognition
from syndicator.core.recognition import Found, Knowledge, Vanished, recognise
from syndicator.flows.looking import Look
from syndicator.flows.naming import Names, saved
from syndicator.flows.reading import Read
from syndicator.model import Article, Notice, RevisionKind, SeenFile, Status
from syndicator.ports import Ingest, Ports, Saved


def killed_notices(article: Article) -> tuple[Notice, ...]:
    """What to tell of a file that holds a killed article, unless it says so itself."""
    if article.ruling is None or not article.ruling.by_command:
        return ()
    text = f"it holds an article that was killed, so nothing of it is published: remove it, or restore {article.slug}"
    return (Notice(text=text),)


@dataclass(slots=True)
class Outcome:
    """What a batch came to. `recheck` are files that somebody else read again while we did.

    `killed`: something was killed here.
    """

    saved: list[Saved] = field(default_factory=list)
    files: list[SeenFile] = field(default_factory=list)
    forget: set[str] = field(default_factory=set)
    recheck: set[str] = field(default_factory=set)
    killed: bool = False
    published: int = 0
    corrected: int = 0


class Batch:
    """Decides file by file, in the order of their paths, so that the same folder always gives the same ids.

    `elsewhere` are articles whose very bytes lie in another file now (`looking.elsewhere`); `vanished` are files
    that are gone, and gets those that lose their place here.
    """

    def __init__(
        self,
        ports: Ports,
        tx: Ingest,
        look: Look,
        elsewhere: Collection[str],
        vanished: Vanished,
        files: list[Read],
    ) -> None:
        self._ports, self._tx, self._look, self._elsewhere, self._vanished = ports, tx, look, elsewhere, vanished
        self._now = ports.now()
        self._backfill = tx.first_time()
        self._outcome = Outcome()
        self._reads = self._current(files)
        self._claims = {file.stat.path: file.claims for file in self._reads if file.reading}
        self._claimants = tx.claimants({pair for claims in self._claims.values() for pair in claims.pairs()})
        ids = set(self._claimants.values()) | {
            f.known.article_id for f in self._reads if f.known and f.known.article_id
        }
        self._holders = dict(tx.files_of(ids))
        self._articles: dict[str, Article | None] = dict(tx.articles(ids))
        self._names = Names(tx, ports.policy.source, ports.policy.namespace)
        self._given: set[str] = set()

    def decide(self) -> Outcome:
        """What to save of all the files."""
        self._names.expect(self._strangers())
        recognised = self._recognised()
        self._given = {found.id for found in recognised.values() if found.id}
        for file in self._reads:
            path = file.stat.path
            if file.error is not None:
                self._failed(file, file.error.reason, file.error.line)
            elif file.reading is None:
                self._touched(file)
            elif recognised[path].copy_of is not None:
                self._copy(file, recognised[path])
            else:
                self._seen(file, recognised[path].id)
        self._remember_displaced()
        return self._outcome

    def _current(self, files: list[Read]) -> list[Read]:
        """The files with what the store knows of them now; what somebody else read later is left to them."""
        now = self._tx.files([file.stat.path for file in files])
        kept = []
        for file in files:
            known = now.get(file.stat.path)
            if known is not None and known != file.known:
                if (known.size, known.mtime_ns) != (file.stat.size, file.stat.mtime_ns):
                    self._outcome.recheck.add(file.stat.path)
                    continue
                if known.content_hash == file.hash and not known.missing_since:
                    file = replace(file, reading=None, error=None)
            if file.reading is None and file.error is None and known is None:
                self._outcome.recheck.add(file.stat.path)
                continue
            kept.append(replace(file, known=known))
        return kept

    def _strangers(self) -> Iterator[tuple[Claims, Article]]:
        """What nobody has claimed anything of before: nearly all of it will need a name."""
        for file in self._reads:
            if file.reading and self._claimants.keys().isdisjoint(self._claims[file.stat.path].pairs()):
                yield self._claims[file.stat.path], file.reading.article

    def _recognised(self) -> dict[str, Recognition]:
        found = [
            Found(claims=self._claims[file.stat.path], sketch=file.sketch, before=file.known)
            for file in self._reads
            if file.reading
        ]
        knowledge = Knowledge(
            claimants=self._claimants,
            holders=self._holders,
            article=self._article,
            elsewhere=self._elsewhere,
            exists=lambda path: self._look.exists(self._ports, path),
        )
        return recognise(found, knowledge, self._vanished)

    def _article(self, id: str) -> Article | None:
        if id not in self._articles:
            self._articles[id] = self._tx.articles({id}).get(id)
        return self._articles[id]

    def _holder(self, id: str) -> SeenFile | None:
        if id not in self._holders:
            self._holders.update(self._tx.files_of({id}))
        return self._holders.get(id)

    def _touched(self, file: Read) -> None:
        """The bytes are known: only size and time have changed."""
        assert file.known is not None
        seen = replace(file.known, size=file.stat.size, mtime_ns=file.stat.mtime_ns)
        self._outcome.files.append(seen)

    def _copy(self, file: Read, found: Recognition) -> None:
        what = "has the id of" if found.by == "id" else "is a copy of"
        advice = "give it an id of its own" if found.by == "id" else "remove one of them"
        self._failed(file, f"{what} {found.copy_of}, which stays; {advice}")

    def _seen(self, file: Read, id: str | None) -> None:
        assert file.reading is not None
        before = self._article(id) if id else None
        if before is not None:
            by_author = file.known is None or file.known.content_hash != file.hash
            article, kind = decide.next_state(before, file.reading.article, self._now, by_author=by_author)
            holder = self._holder(before.id)
            if holder is not None and holder.path != file.stat.path:
                self._outcome.forget.add(holder.path)
        else:
            article, kind = self._first(file, file.reading.article), RevisionKind.NEW
        self._given.add(article.id)
        self._save(file, article, kind)

    def _first(self, file: Read, seen: Article) -> Article:
        id = self._names.id(self._claims[file.stat.path])
        slug = self._names.slug(seen, id)
        return decide.first_state(seen, id=id, slug=slug, now=self._ports.now(), backfill=self._backfill)

    def _save(self, file: Read, article: Article, kind: RevisionKind | None) -> None:
        assert file.reading is not None
        killed = article.status is Status.KILLED
        claims, text = (*self._claims[file.stat.path].pairs(), ("id", article.id)), None
        if killed and kind is not None:
            before = self._article(article.id)
            # The file may say nothing any more but that it is killed.
            text = before or replace(file.reading.article, id=article.id, published=article.published)
            self._outcome.killed = True
        self._outcome.saved.append(saved(article, kind, self._now, claims, text))
        self._outcome.published += article.status.is_shown and kind is RevisionKind.NEW
        self._outcome.corrected += kind is not None and kind is not RevisionKind.NEW
        self._outcome.files.append(
            SeenFile(
                path=file.stat.path,
                size=file.stat.size,
                mtime_ns=file.stat.mtime_ns,
                content_hash=file.hash,
                sketch=file.sketch,
                article_id=article.id,
                notices=killed_notices(article) if killed else file.reading.notices + self._dated(file),
                media=() if killed else file.media,
            )
        )

    def _dated(self, file: Read) -> tuple[Notice, ...]:
        assert file.reading is not None
        return decide.date_notices(file.reading.article, self._now)

    def _failed(self, file: Read, reason: str, line: int | None = None) -> None:
        """Remember a bad file. The article it held before, here or under another name, stays as it is."""
        before = file.known or self._renamed(file) or SeenFile(path=file.stat.path)
        lost = before.article_id in self._given or before.article_id in self._elsewhere
        self._outcome.files.append(
            replace(
                before,
                path=file.stat.path,
                size=file.stat.size,
                mtime_ns=-1 if file.unread else file.stat.mtime_ns,
                content_hash=file.hash,
                article_id=None if lost else before.article_id,
                problem=reason,
                problem_line=line,
                problem_since=before.problem_since or self._now,
                missing_since=None,
            )
        )

    def _renamed(self, file: Read) -> SeenFile | None:
        """The bad file that is gone and had these bytes: it was renamed, and still holds its article."""
        gone = self._vanished.with_bytes(file.hash) if file.hash else None
        if gone is not None:
            self._outcome.forget.add(gone.path)
        return gone

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
            gone = replace(known, path=f"{known.path}#{known.article_id}", problem=None, missing_since=self._now)
            self._outcome.files.append(gone)
            self._vanished.add(gone)
