"""What a person wants to know of a running syndicator: what is published, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syndicator.flows.removals import removals_held
from syndicator.model import Notice, Problem
from syndicator.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`ok` is False where something keeps articles from being published; `advice` says what to do."""

    ok: bool
    base_url: str
    public_base: bool
    counts: Mapping[str, int]
    problems: tuple[Problem, ...]
    notices: tuple[tuple[str, Notice], ...]
    missing: int
    removals_held: bool
    dirty_feeds: tuple[str, ...]
    scanned_at: str | None
    trouble: str | None
    next_due: str | None
    advice: tuple[str, ...]


def status(ports: Ports) -> Status:
    """The state of things, from the store alone. Raises StoreError."""
    store, source = ports.store, ports.policy.source
    files = [f for f in store.files(source) if f.problem or f.notices or f.missing_since]
    bad = [f for f in files if f.problem and not f.missing_since]
    problems = tuple(Problem(path=f.path, reason=str(f.problem), line=f.problem_line) for f in bad)
    counts = store.count()
    missing = counts.get("missing", 0)
    held = removals_held(ports, missing)
    trouble = store.recall("trouble") or None
    due = store.next_due()
    return Status(
        ok=not problems and not held and not trouble,
        base_url=ports.site.base_url,
        public_base=ports.policy.public_base,
        counts=counts,
        problems=problems,
        notices=tuple((f.path, notice) for f in files if not f.missing_since for notice in f.notices),
        missing=missing,
        removals_held=held,
        dirty_feeds=tuple(sorted(one.name for one in store.dirty())),
        scanned_at=store.recall("scanned_at"),
        trouble=trouble,
        next_due=due.isoformat() if due else None,
        advice=tuple(_advice(ports, len(problems), missing, held, trouble)),
    )


def _advice(ports: Ports, problems: int, missing: int, held: bool, trouble: str | None) -> list[str]:
    advice = []
    if trouble:
        advice.append(trouble)
    if held:
        advice.append(
            f"{missing} article files are gone at once, so nothing was withdrawn: bring them back, "
            "or run `syndicator scan --confirm-removals`"
        )
    if problems:
        advice.append(
            f"{problems} files are not published as they are: mend them; they are read again when they change"
        )
    if not ports.policy.public_base:
        advice.append(
            f"addresses in feeds begin with {ports.site.base_url}, which others cannot reach: "
            "set [web] base_url in syndicator.toml to the public address"
        )
    return advice
