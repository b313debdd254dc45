"""What a person wants to know of a running syndicator: what is published, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from syndicator.flows.describing import notices
from syndicator.flows.removals import removals_held
from syndicator.model import Condition, Notice, PollState, Problem
from syndicator.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`ok` is False where something keeps articles from being published; `advice` says what to do.

    `sources` are those that are not well, with what is wrong: one that fails is asked again by itself, and only
    quarantine needs a person.
    """

    ok: bool
    base_url: str
    public_base: bool
    counts: Mapping[str, int]
    problems: tuple[Problem, ...]
    notices: tuple[tuple[str, Notice], ...]
    sources: tuple[Problem, ...]
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
    states = store.poll_states()
    unwell = tuple(Problem(path=s.source, reason=_said(s)) for s in states.values() if s.condition in _UNWELL)
    quarantined = sum(state.condition is Condition.QUARANTINED for state in states.values())
    return Status(
        ok=not problems and not held and not trouble and not quarantined,
        base_url=ports.site.base_url,
        public_base=ports.policy.public_base,
        counts=counts,
        problems=problems,
        notices=tuple((f.path, notice) for f in files if not f.missing_since for notice in f.notices),
        sources=unwell,
        missing=missing,
        removals_held=held,
        dirty_feeds=tuple(sorted(one.name for one in store.dirty())),
        scanned_at=store.recall("scanned_at"),
        trouble=trouble,
        next_due=due.isoformat() if due else None,
        advice=(
            *_advice(ports, len(problems), missing, held, trouble),
            *_about_sources(ports, quarantined),
            *notices(ports),
        ),
    )


_UNWELL = (Condition.TROUBLED, Condition.FAILING, Condition.GONE, Condition.DUPLICATE, Condition.QUARANTINED)
_HASTE = timedelta(seconds=60)


def _said(state: PollState) -> str:
    reason = state.polls[0].reason if state.polls else ""
    return f"{state.condition}: {reason or state.why}"


def _about_sources(ports: Ports, quarantined: int) -> list[str]:
    advice = []
    if quarantined:
        advice.append(f"{quarantined} sources are in quarantine: `syndicator why source SOURCE` tells why")
    hasty = [s.id for s in ports.store.sources() if s.interval is not None and s.interval < _HASTE]
    if ports.policy.min_interval is not None and ports.policy.min_interval < _HASTE:
        hasty.insert(0, "[polling] min_interval")
    if hasty:
        advice.append(f"polled more than once a minute, which few publishers like: {', '.join(hasty[:10])}")
    return advice


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
