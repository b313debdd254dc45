"""The part of the store that knows the upstream sources, and when and by whom each is polled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from syndicator.model import Claim, HostState, PollState, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How a poll ended: the claim it was made under, and what is to be stored of the source and its host."""

    claim: Claim
    state: PollState
    host: HostState


class Sources(Protocol):
    """The part of the store that knows the upstream sources, and when and by whom each is polled.

    A host is a lane: one source of it is polled at a time, and its next no sooner than a second after that began.
    """

    def sources(self, *, removed: bool = False) -> list[Source]:
        """Every source by id; with `removed` also those that were removed."""

    def source(self, id: str) -> Source | None:
        """One source, also a removed one."""

    def source_at(self, url: str) -> Source | None:
        """The source that has, or had, this address (`core.identity.url_key` folds it); not a removed one."""

    def poll_states(self, ids: Collection[str] | None = None) -> dict[str, PollState]:
        """What was observed of these sources, or of all that are not removed, without `entries`."""

    def poll_state(self, id: str) -> PollState | None:
        """What was observed of one source, whole."""

    def host_state(self, host: str) -> HostState:
        """What was observed of a host; an empty one where nothing was."""

    def save_sources(self, sources: Iterable[tuple[Source, PollState | None]]) -> None:
        """Add or change sources in one transaction. A state of None keeps the stored one; a new source needs one.

        A source that is paused or removed, and one whose `next_check` is None, is not polled. A poll that is under
        way has lost its lease where the source is removed, gets a state, or moves to another host. A state without
        `entries` leaves the stored ones while its `body_hash` is the stored one. The default feed is not made dirty:
        that is for whoever changes articles. Raises SourceError for a new source without a state.
        """

    def claim_due(self, now: datetime, limit: int, lease: timedelta) -> list[Claim]:
        """Claim up to `limit` sources that are due, one of each host that is free, the longest due first.

        Each one's `next_check` moves forward by its `interval` and `attempts` goes up by one, before anything is
        fetched; the claim has the state after that. A source that lost its lease three times in a row is quarantined
        instead. The cost follows `limit`, not the number of sources.
        """

    def claim(self, id: str, now: datetime, lease: timedelta) -> Claim | None:
        """Claim one source whether it is due or not; None while its host is busy, rests, or began a poll just now.

        A source that is paused, removed, gone or quarantined can be claimed like this, but not one that is polled.
        Raises SourceError where there is no such source.
        """

    def finish(self, polls: Iterable[Polled]) -> list[Claim]:
        """`Ingest.finish` for polls that brought no articles, in one transaction; the claims whose lease was lost."""

    def release(self, claims: Iterable[Claim]) -> None:
        """Give leases back untouched: the sources are due again as they were. For a stop before the request."""

    def ready_at(self) -> datetime | None:
        """When the next source can be claimed."""

    def overdue(self, now: datetime) -> int:
        """How many sources are due."""

    def spread(self, now: datetime, over: timedelta) -> int:
        """Spread all sources that are due evenly from `now` over so long, the longest due first; how many.

        Also those whose next check only a wrong clock can have set: more than 31 days ahead.
        """
