"""From the watched folder to the store: look, read, decide, save."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from syndicator.core.identity import Vanished
from syndicator.flows.looking import Look, look_at, look_at_all
from syndicator.flows.reading import Read, read_files
from syndicator.flows.recognising import Batch, Outcome
from syndicator.model import Problem, Report, SeenFile
from syndicator.ports import Ports

BATCH = 500
"""Files in a transaction: few enough to let others in, many enough to be cheap."""


def ingest(ports: Ports, paths: Collection[str] | None = None, *, settled: bool = True) -> Report:
    """Read what changed in the folder, all of it or only `paths`, and save what came of it.

    With `settled` False, files that were written less than two seconds ago are left for later
    (`Report.recheck`), since their writer may not be done. Raises FolderError where there is no folder.
    """
    look = look_at_all(ports, settled) if paths is None else look_at(ports, paths, settled)
    vanished, refused = _note_absent(ports, look)
    report = Report(recheck=look.recheck, problems=refused)
    stats = [look.present[path] for path in look.changed]
    batches = [stats[start : start + BATCH] for start in range(0, len(stats), BATCH)]
    for number, files in enumerate(read_files(ports, batches, look.forced)):
        with ports.store.ingest(ports.policy.source) as tx:
            outcome = Batch(ports, tx, look, vanished, files).decide()
            tx.save(outcome.saved, outcome.files, outcome.forget)
        report = _and(report, outcome, files)
        ports.progress("read", min((number + 1) * BATCH, len(stats)), len(stats))
    if look.whole:
        _whole_folder_was_read(ports)
    return report


def _note_absent(ports: Ports, look: Look) -> tuple[Vanished, tuple[Problem, ...]]:
    """Remember since when files are gone, and which are refused; gives what is gone, and what is newly refused."""
    now = ports.now()
    with ports.store.ingest(ports.policy.source) as tx:
        seen = tx.files({*look.vanished, *(problem.path for problem in look.refused)})
        gone = [replace(seen[p], missing_since=now) for p in look.vanished if p in seen and seen[p].article_id]
        empty = [path for path in look.vanished if path in seen and not seen[path].article_id]
        refused = [_refused(ports, seen.get(problem.path), problem) for problem in look.refused]
        if gone or empty or refused:
            tx.save([], [*gone, *refused], empty)
        news = tuple(p for p in look.refused if p.path not in seen or seen[p.path].problem != p.reason)
        return Vanished(tx.missing() if look.changed else ()), news


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
        read=report.read + len(files),
        published=report.published + outcome.published,
        corrected=report.corrected + outcome.corrected,
        problems=(*report.problems, *bad),
        notices=(*report.notices, *told),
    )
