"""Whether it is us who are offline, told from the last attempts: then nothing is anybody's fault."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

WINDOW = timedelta(seconds=60)
ATTEMPTS = 20
HOSTS = 5
SHARE = 0.9
"""Offline: of at least `ATTEMPTS` attempts on at least `HOSTS` hosts within `WINDOW`, this share found no way out."""
PROBE_EVERY = timedelta(seconds=60)

NO_WAY_OUT = frozenset({"dns", "connect"})
"""Kinds of FetchError that we also meet when we are offline."""

_KEPT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt to reach a host; `source` may be empty. `failed`: there was no way out."""

    at: datetime
    host: str
    source: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The recent attempts, and whether we are offline. Frozen: `record` and `probed` give the next one.

    `since` is when we noticed that we are offline, None where we are not. `probe_at` is when the next attempt may be
    made while we are.
    """

    attempts: tuple[Try, ...] = ()
    since: datetime | None = None
    probe_at: datetime | None = None

    @property
    def offline(self) -> bool:
        """Whether we are offline: then no failure is counted, and one attempt is made every `PROBE_EVERY`."""
        return self.since is not None

    def record(self, now: datetime, host: str, kind: str | None, source: str = "") -> Outage:
        """After an attempt to reach `host`: `kind` is the FetchError's, None where there was an answer of any status.

        An answer, or an error that shows that somebody was reached, ends an outage at once.
        """
        failed = kind in NO_WAY_OUT
        recent = [a for a in self.attempts if timedelta() <= now - a.at <= WINDOW][-_KEPT + 1 :]
        attempts = (*recent, Try(at=now, host=host, source=source, failed=failed))
        if self.offline:
            return replace(self, attempts=attempts) if failed else Outage()
        if not failed or not _looks_offline(attempts):
            return Outage(attempts=attempts)
        return Outage(attempts=attempts, since=now, probe_at=now + PROBE_EVERY)

    def may_try(self, now: datetime) -> bool:
        """Whether an attempt may be made: always online, every `PROBE_EVERY` offline (also after a clock ran back)."""
        if self.probe_at is None or not self.offline:
            return True
        return now >= self.probe_at or self.probe_at - now > PROBE_EVERY

    def probed(self, now: datetime) -> Outage:
        """After an attempt was begun: while we are offline, the next one waits for `PROBE_EVERY`."""
        return replace(self, probe_at=now + PROBE_EVERY) if self.offline else self

    def blames(self, kind: str | None) -> bool:
        """Whether a failure of this kind is ours: `outcome.outage` then, and not `outcome.failed`."""
        return self.offline and kind in NO_WAY_OUT

    def blamed(self) -> frozenset[str]:
        """Sources among the recent attempts that found no way out: what was counted against them before we noticed
        can be taken back with `outcome.forgiven`."""
        return frozenset(a.source for a in self.attempts if a.failed and a.source) if self.offline else frozenset()


def _looks_offline(attempts: tuple[Try, ...]) -> bool:
    if len(attempts) < ATTEMPTS or len({a.host for a in attempts}) < HOSTS:
        return False
    return sum(a.failed for a in attempts) >= SHARE * len(attempts)
