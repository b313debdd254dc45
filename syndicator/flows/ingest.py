"""From the watched folder to the store: look, read, decide, save."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from syndicator.core.identity import UNRELATED, similarity
from syndicator.core.recognition import Vanished
from syndicator.flows.looking import Look, elsewhere, look_at, look_at_all, reading_rules, widened
from syndicator.flows.reading import Read, read_files
from syndicator.flows.recognising import Batch, Outcome
from syndicator.flows.showing import show, tidy
from syndicator.model import Problem, Report, SeenFile, Status
from syndicator.ports import Ports

BATCH = 500
"""Files in a transaction: few enough to let others in, many enough to be cheap."""


def ingest(ports: Ports, paths: Collection[str] | None = None, *, settled: bool = True) -> Report:
    """Read what changed in the folder, all of it or only `paths`, and save what came of it.

    With `settled` False, files that were written less than two seconds ago are left for later
    (`Report.recheck`), since their writer may not be done. Raises FolderError where there is no folder.
    """
    if paths is None:
        look = look_at_all(ports, settled)
        return _ingest(ports, look, _read(ports, look))
    look = widened(ports, look_at(ports, paths, settled))
    batches = list(_read(ports, look))
    if any(_doubtful(file) for files in batches for file in files):
        look = look_at_all(ports, False, told=paths)
        return _ingest(ports, look, _read(ports, look))
    return _ingest(ports, look, batches)


def _read(ports: Ports, look: Look) -> Iterator[list[Read]]:
    stats = [look.present[path] for path in look.changed]
    batches = [stats[start : start + BATCH] for start in range(0, len(stats), BATCH)]
    return read_files(ports, batches, look.forced)


def _ingest(ports: Ports, look: Look, batches: Iterable[list[Read]]) -> Report:
    moved = elsewhere(ports, look)
    vanished, refused = _note_absent(ports, look)
    report = Report(recheck=look.recheck, problems=refused)
    total = len(look.changed)
    for number, files in enumerate(batches, 1):
        with ports.store.ingest(ports.policy.source) as tx:
            outcome = Batch(ports, tx, look, moved, vanished, files).decide()
            tx.save(outcome.saved, outcome.files, outcome.forget)
        if outcome.killed:
            tidy(ports)
        published = {saved.article.id for saved in outcome.saved if saved.article.status is Status.PUBLISHED}
        show(ports, [file for file in outcome.files if file.media and file.article_id in published])
        report = _and(report, outcome, files)
        ports.progress("read", min(number * BATCH, total), total)
    if look.whole:
        _whole_folder_was_read(ports)
    return report


def _doubtful(file: Read) -> bool:
    """Whether a known path holds a text that has nothing to do with what it held: it may be a move half seen."""
    if file.reading is None or file.known is None or not file.known.sketch:
        return False
    return similarity(file.sketch, file.known.sketch) < UNRELATED


def _note_absent(ports: Ports, look: Look) -> tuple[Vanished, tuple[Problem, ...]]:
    """Remember since when files are gone, and which are refused; gives what is gone, and what is newly refused."""
    now = ports.now()
    with ports.store.ingest(ports.policy.source) as tx:
        seen = tx.files({*look.vanished, *(problem.path for problem in look.refused)})
        gone = [_gone(seen[p], now) for p in look.vanished if p in seen and seen[p].article_id]
        empty = [path for path in look.vanished if path in seen and not seen[path].article_id]
        refused = [_refused(ports, seen.get(problem.path), problem) for problem in look.refused]
        if gone or empty or refused:
            tx.save([], [*gone, *refused], empty)
        news = tuple(p for p in look.refused if p.path not in seen or seen[p.path].problem != p.reason)
        return Vanished(tx.missing() if look.changed else ()), news


def _gone(before: SeenFile, now: datetime) -> SeenFile:
    return replace(before, missing_since=now, problem=None, problem_line=None, problem_since=None)


def _refused(ports: Ports, before: SeenFile | None, problem: Problem) -> SeenFile:
    """The observation of a refused file. Its hash is forgotten, so that it is parsed again when it can be read."""
    before = before or SeenFile(path=problem.path)
    return replace(
        before,
        mtime_ns=-1,
        content_hash="",
        problem=problem.reason,
        problem_line=problem.line,
        problem_since=before.problem_since or ports.now(),
        notices=(),
    )


def _whole_folder_was_read(ports: Ports) -> None:
    with ports.store.ingest(ports.policy.source) as tx:
        if tx.first_time():
            tx.finish_first_time(ports.now())
    ports.store.remember("scanned_at", ports.now().isoformat())
    ports.store.remember("rules", reading_rules(ports))


def _and(report: Report, outcome: Outcome, files: list[Read]) -> Report:
    """The report with what is new: a problem or notice that was known before is not told again."""
    known = {f.stat.path: f.known for f in files if f.known}
    seen = [(f, known.get(f.path, SeenFile(path=f.path))) for f in outcome.files]
    bad = [
        Problem(path=f.path, reason=f.problem, line=f.problem_line)
        for f, before in seen
        if f.problem and f.problem != before.problem
    ]
    told = [(f.path, notice) for f, before in seen for notice in f.notices if notice not in before.notices]
    return replace(
        report,
        recheck=report.recheck | outcome.recheck,
        read=report.read + len(files),
        published=report.published + outcome.published,
        corrected=report.corrected + outcome.corrected,
        problems=(*report.problems, *bad),
        notices=(*report.notices, *told),
    )
