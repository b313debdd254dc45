"""Whatever happens in whatever order: no host is polled twice at a time, and no source is ever lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from syndicator.model import Claim, Condition, PollState
from syndicator.ports import Polled
from syndicator.store import SqlStore
from syndicator.store.tables import hosts, polls
from tests.store.conftest import empty
from tests.store.making import LEASE, START, host, poll_state, upstream

SECOND = timedelta(seconds=1)
SOURCES = st.integers(1, 6)
HOSTS = st.integers(1, 3)
CLAIMS = st.integers(0, 9)
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.4, 1, 30, 180, 3600, 9000])),
    st.tuples(st.just("claim_due"), st.integers(1, 4)),
    st.tuples(st.just("claim_due"), st.integers(1, 4)),
    st.tuples(st.just("claim"), SOURCES),
    st.tuples(st.just("finish"), CLAIMS, st.sampled_from([0, 60, 3600, 30_000])),
    st.tuples(st.just("finish"), CLAIMS, st.sampled_from([0, 60, 3600, 30_000])),
    st.tuples(st.just("rest"), CLAIMS, st.sampled_from([60, 7200])),
    st.tuples(st.just("end"), CLAIMS),
    st.tuples(st.just("release"), CLAIMS),
    st.tuples(st.just("pause"), SOURCES, st.booleans()),
    st.tuples(st.just("remove"), SOURCES, st.booleans()),
    st.tuples(st.just("move"), SOURCES, HOSTS),
    st.tuples(st.just("resume"), SOURCES),
    st.tuples(st.just("spread"), st.sampled_from([60, 3600])),
)


@dataclass
class World:
    """A store with six sources on three hosts, and what must be so whatever is done with it."""

    store: SqlStore
    now: datetime = START
    given: list[Claim] = field(default_factory=list)
    """Every claim, in order."""
    standing: dict[str, int] = field(default_factory=dict)
    """The token by which a source is leased, by id."""
    lost: Counter[str] = field(default_factory=Counter)
    """Leases in a row that came to no end, by id; the standing one counts."""
    busy: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """Token and end of the lease of each host."""
    began: dict[str, datetime] = field(default_factory=dict)
    rests: dict[str, datetime] = field(default_factory=dict)

    def do(self, step: tuple[Any, ...]) -> None:
        getattr(self, f"do_{step[0]}")(*step[1:])

    def do_wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def do_claim_due(self, limit: int) -> None:
        before = self.store.poll_states()
        paused = {source.id for source in self.store.sources() if source.paused}
        due = {id for id, state in before.items() if id not in paused and self.is_due(state)}
        free = {before[id].host for id in due if self.free(before[id].host)}
        claims = self.store.claim_due(self.now, limit, LEASE)
        for claim in claims:
            beside = [id for id in due if before[id].host == claim.host.host and self.lost[id] < 3]
            first = min((before[id].next_check or self.now, id) for id in beside)
            assert (before[claim.source.id].next_check, claim.source.id) == first
            assert claim.state.next_check == self.now + claim.state.interval
            self.take(claim)
        after = self.store.poll_states()
        stopped = {i for i, s in after.items() if s.condition is Condition.QUARANTINED} - {
            i for i, s in before.items() if s.condition is Condition.QUARANTINED
        }
        for id in stopped:
            assert self.lost.pop(id) >= 3
            self.standing.pop(id, None)
        assert len(claims) == min(limit, len(free)) or stopped

    def do_claim(self, number: int) -> None:
        state = self.store.poll_state(f"source-{number}")
        assert state is not None
        claim = self.store.claim(state.source, self.now, LEASE)
        assert (claim is not None) == self.free(state.host)
        if claim:
            self.take(claim)

    def take(self, claim: Claim) -> None:
        """Whatever is given is free, and leased from now on."""
        id, name = claim.source.id, claim.host.host
        assert self.free(name)
        self.lost[id] += 1
        assert claim.state.attempts == self.lost[id]
        self.given.append(claim)
        self.standing[id] = claim.token
        self.busy[name] = (claim.token, claim.until)
        self.began[name] = self.now

    def do_finish(self, index: int, seconds: int) -> None:
        self.finish(index, {"next_check": self.now + timedelta(seconds=seconds), "condition": Condition.WELL})

    def do_end(self, index: int) -> None:
        self.finish(index, {"next_check": None, "condition": Condition.GONE})

    def do_rest(self, index: int, seconds: int) -> None:
        self.finish(index, {"next_check": self.now}, self.now + timedelta(seconds=seconds))

    def finish(self, index: int, state: dict[str, Any], rest: datetime | None = None) -> None:
        if not self.given:
            return
        claim = self.given[index % len(self.given)]
        id, name = claim.source.id, claim.host.host
        seen = Polled(claim=claim, state=replace(claim.state, **state), host=replace(claim.host, paused_until=rest))
        lost = self.store.finish([seen])
        assert lost == ([] if self.standing.get(id) == claim.token else [claim])
        if lost:
            return
        del self.standing[id]
        self.lost[id] = 0
        if name not in self.busy or self.busy[name][0] == claim.token:
            self.busy.pop(name, None)
            self.rests.pop(name, None)
        if rest:
            self.rests[name] = max(rest, self.rests.get(name, rest))

    def do_release(self, index: int) -> None:
        if not self.given:
            return
        claim = self.given[index % len(self.given)]
        self.store.release([claim])
        if self.standing.get(claim.source.id) != claim.token:
            return
        del self.standing[claim.source.id]
        self.lost[claim.source.id] -= 1
        if self.busy.get(claim.host.host, (0,))[0] == claim.token:
            del self.busy[claim.host.host], self.began[claim.host.host]

    def do_pause(self, number: int, paused: bool) -> None:
        self.change(number, paused=paused)

    def do_remove(self, number: int, removed: bool) -> None:
        before = self.change(number, removed=removed)
        if removed and not before.removed:
            self.fence(before.id)

    def do_move(self, number: int, to: int) -> None:
        before = self.change(number, url=f"https://host-{to}.example/feed/{number}")
        if not before.url.startswith(f"https://host-{to}."):
            state = self.store.poll_state(before.id)
            assert state is not None
            assert state.host == host(to)
            self.fence(before.id)

    def do_resume(self, number: int) -> None:
        source, state = (ask(f"source-{number}") for ask in (self.store.source, self.store.poll_state))
        self.store.save_sources([(source, replace(state, condition=Condition.WELL, next_check=self.now, attempts=0))])
        self.standing.pop(f"source-{number}", None)
        self.lost[f"source-{number}"] = 0

    def do_spread(self, seconds: int) -> None:
        late = self.store.overdue(self.now)
        assert self.store.spread(self.now, timedelta(seconds=seconds)) == late

    def change(self, number: int, **fields: Any) -> Any:
        source = self.store.source(f"source-{number}")
        assert source is not None
        self.store.save_sources([(replace(source, **fields), None)])
        return source

    def fence(self, id: str) -> None:
        """A poll under way is lost, and that is no fault of its source."""
        if self.standing.pop(id, None) is not None:
            self.lost[id] -= 1

    def free(self, name: str) -> bool:
        leased = name in self.busy and self.busy[name][1] > self.now
        rests = name in self.rests and self.rests[name] > self.now
        return not (leased or rests or (name in self.began and self.began[name] + SECOND > self.now))

    def is_due(self, state: PollState) -> bool:
        stopped = state.condition in (Condition.GONE, Condition.QUARANTINED)
        return not stopped and state.next_check is not None and state.next_check <= self.now

    def check(self) -> None:
        with self.store.database.read() as connection:
            lanes = {row.host: row for row in connection.execute(select(hosts))}
            rows = connection.execute(select(polls)).all()
        sources = {source.id: source for source in self.store.sources(removed=True)}
        assert {row.source for row in rows} == set(sources)
        for row in rows:
            source = sources[row.source]
            polled = not (source.paused or source.removed or row.condition in ("gone", "quarantined"))
            assert row.due == (row.next_check if polled else None)
            assert row.due is not None or not polled, "a source that is polled is never lost"
            assert row.attempts == self.lost[row.source]
        for name, lane in lanes.items():
            earliest = min((row.due for row in rows if row.host == name and row.due), default=None)
            bounds = [lane.started_at and lane.started_at + SECOND, lane.lease_until, lane.paused_until]
            assert lane.ready_at == (earliest and max([earliest, *filter(None, bounds)]))


@given(st.lists(STEPS, min_size=15, max_size=40))
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_nothing_is_polled_twice_at_a_time_and_nothing_is_lost(store: SqlStore, steps: list[tuple[Any, ...]]) -> None:
    empty(store.database.engine)
    places = [(n, (n - 1) % 3 + 1) for n in range(1, 7)]
    store.save_sources(
        (
            upstream(n, url=f"https://host-{at}.example/feed/{n}"),
            poll_state(n, host=host(at), next_check=START + n * SECOND / 10),
        )
        for n, at in places
    )
    world = World(store)
    for step in steps:
        world.do(step)
        world.check()
