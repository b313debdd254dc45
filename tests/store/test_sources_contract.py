"""What every store promises about upstream sources and their schedule, held against every backend."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from syndicator.errors import LeaseLost, SourceError
from syndicator.model import (
    Claim,
    Condition,
    Hints,
    HostState,
    Poll,
    PollState,
    Query,
    Redirection,
    Result,
    Source,
    Tombstone,
    Upstream,
    utc,
)
from syndicator.ports import Polled, Store
from syndicator.store import open_store
from tests.store.making import (
    HOUR,
    LEASE,
    MINUTE,
    START,
    Clock,
    article,
    clean,
    correct,
    host,
    ids,
    names,
    poll_state,
    polled,
    save,
    saved,
    subscribe,
    upstream,
    withdraw,
)

ALL = Query()
SECOND = timedelta(seconds=1)
FULL_SOURCE = Source(
    id="weltspiegel",
    url="https://käse.example/feed?a=1#x",
    title="Weltspiegel 🦊",
    tags=("welt", "news"),
    interval=timedelta(minutes=15, microseconds=1),
    paused=True,
    username="me",
    password="p:w",
    headers=(("X-Key", "1"), ("X-Other", "2")),
    user_agent="ours/1",
    language="de",
    licence="CC0",
    trust=True,
    declared=True,
    aliases=("https://old.example/feed",),
    added=utc(2024, 1, 2, 3, 4, 5, 6),
)
FULL_STATE = PollState(
    source="weltspiegel",
    host="https://käse.example:443",
    condition=Condition.TROUBLED,
    next_check=utc(2024, 5, 6, 8),
    etag='W/"x\\"',
    last_modified="yesterday",
    validated_url="https://käse.example/feed",
    unconditional_at=utc(2024, 5, 1),
    body_hash="ab" * 32,
    entries=bytes(range(256)) * 3,
    times=(utc(2024, 5, 5), utc(2024, 5, 4)),
    interval=timedelta(hours=2, microseconds=3),
    why="it failed once",
    hints=Hints(invited=60, fresh=5, skip_hours=(1, 2), skip_days=(6,)),
    failures=3,
    failing_since=utc(2024, 5, 3),
    gone=(utc(2024, 5, 2),),
    polls=(
        Poll(at=START, result=Result.FAILED, status=500, reason="no", seconds=1.5),
        Poll(at=START, result=Result.SAME),
    ),
    fetched_at=utc(2024, 5, 2),
    new_at=utc(2024, 5, 1),
    upstream=Upstream(id="urn:x", title="W \0 \ud800", updated=utc(2024, 5, 1)),
    identity="link",
    notice="not well-formed",
    deaths=1,
    attempts=2,
    redirection=Redirection(target="https://new.example/", since=utc(2024, 5, 1), count=4),
    hub="https://hub.example/",
    self_url="https://käse.example/feed",
)


def due(store: Store, now: datetime = START, limit: int = 10) -> list[Claim]:
    return store.claim_due(now, limit, LEASE)


def claimed(store: Store, id: str = "source-1", now: datetime = START) -> Claim:
    claim = store.claim(id, now, LEASE)
    assert claim is not None
    return claim


def next_check(store: Store, number: int = 1) -> datetime | None:
    state = store.poll_state(f"source-{number}")
    assert state is not None
    return state.next_check


class TestSources:
    def test_a_store_without_sources_has_none(self, store: Store) -> None:
        assert store.sources(removed=True) == []
        assert store.source("source-1") is None
        assert store.source_at("https://host-1.example/feed") is None
        assert store.poll_states() == {}
        assert store.poll_state("source-1") is None
        assert store.host_state("https://host-1.example:443") == HostState(host="https://host-1.example:443")
        assert store.ready_at() is None
        assert store.overdue(START) == 0
        assert due(store) == []
        assert store.finish([]) == []
        assert store.spread(START, HOUR) == 0
        store.release([])
        store.save_sources([])

    def test_everything_about_a_source_comes_back(self, store: Store, reopen: Callable[[], Store]) -> None:
        store.save_sources([(FULL_SOURCE, FULL_STATE)])
        again = reopen()

        assert again.source("weltspiegel") == FULL_SOURCE
        assert again.sources() == [FULL_SOURCE]
        assert again.poll_state("weltspiegel") == FULL_STATE
        assert again.poll_states() == {"weltspiegel": replace(FULL_STATE, entries=b"")}
        assert again.poll_states(["weltspiegel", "none"]) == again.poll_states()

    def test_a_change_without_a_state_keeps_the_stored_one(self, store: Store) -> None:
        store.save_sources([(FULL_SOURCE, FULL_STATE)])
        changed = replace(FULL_SOURCE, title="Other", tags=())
        store.save_sources([(changed, None)])

        assert store.source("weltspiegel") == changed
        assert store.poll_state("weltspiegel") == FULL_STATE

    def test_a_new_source_needs_a_state(self, store: Store) -> None:
        with pytest.raises(SourceError, match="source source-2: it is new, so give the state that it begins with"):
            store.save_sources([(upstream(1), poll_state(1)), (upstream(2), None)])

        assert store.sources() == []

    @pytest.mark.parametrize("odd", ["\0", "\ud800", "x" * 5000, "http://[", "’; --", ""])
    def test_asking_for_odd_text_finds_nothing(self, store: Store, odd: str) -> None:
        subscribe(store, 1)

        assert store.source(odd) is None
        assert store.source_at(odd) is None
        assert store.poll_state(odd) is None
        assert store.poll_states([odd]) == {}
        assert store.host_state(odd) == HostState(host=odd)
        with pytest.raises(SourceError, match="there is none of that name"):
            store.claim(odd, START, LEASE)

    def test_a_source_is_found_by_the_addresses_it_has_and_had(self, store: Store) -> None:
        moved = upstream(1, aliases=("http://old.example/a", "https://old.example/b"))
        store.save_sources([(moved, poll_state(1))])

        for address in ("HTTPS://HOST-1.example:443/feed#top", "http://old.example:80/a", "https://old.example/b"):
            assert store.source_at(address) == moved
        assert store.source_at("https://old.example/a") is None

    def test_an_address_belongs_to_who_has_it_before_who_had_it(self, store: Store) -> None:
        had = upstream(1, aliases=("https://host-2.example/feed",))
        store.save_sources([(had, poll_state(1)), (upstream(2), poll_state(2))])
        assert store.source_at("https://host-2.example/feed") == upstream(2)

        store.save_sources([(upstream(2, removed=True), None)])
        assert store.source_at("https://host-2.example/feed") == had

        store.save_sources([(upstream(1), None)])
        assert store.source_at("https://host-2.example/feed") is None

    def test_a_removed_source_is_only_shown_to_who_asks_for_it(self, store: Store) -> None:
        subscribe(store, 1, 2)
        gone = upstream(1, removed=True)
        store.save_sources([(gone, None)])

        assert store.sources() == [upstream(2)]
        assert store.sources(removed=True) == [gone, upstream(2)]
        assert store.source("source-1") == gone
        assert store.source_at(gone.url) is None
        assert list(store.poll_states()) == ["source-2"]
        assert store.poll_state("source-1") == poll_state(1)
        assert ids(due(store)) == ["source-2"]

    def test_sources_are_counted_by_how_it_stands_with_them(self, store: Store) -> None:
        conditions = [Condition.NEW, Condition.WELL, Condition.TROUBLED, Condition.FAILING, Condition.GONE]
        for number, condition in enumerate([*conditions, Condition.QUARANTINED, Condition.TROUBLED], start=1):
            subscribe(store, number, condition=condition)
        store.save_sources([(upstream(7, paused=True), None)])
        subscribe(store, 8)
        store.save_sources([(upstream(8, removed=True), None)])

        counts = {name: store.count()[name] for name in ("sources", "troubled", "gone", "quarantined", "paused")}
        assert counts == {"sources": 7, "troubled": 2, "gone": 1, "quarantined": 1, "paused": 1}

    def test_many_sources_are_saved_at_once(self, store: Store) -> None:
        numbers = range(1, 1203)
        subscribe(store, *numbers)

        assert len(store.sources()) == len(store.poll_states()) == store.overdue(START) == 1202
        assert set(store.poll_states([f"source-{n}" for n in numbers])) == {f"source-{n}" for n in numbers}


class TestClaimingWhatIsDue:
    def test_a_claim_has_everything_and_moves_the_next_check_first(self, store: Store) -> None:
        known = HostState(host=FULL_STATE.host, pauses=2, failures=((START, "weltspiegel", "tls"),), trouble="tls")
        store.save_sources([(replace(FULL_SOURCE, paused=False), replace(FULL_STATE, next_check=START))])
        first = claimed(store, "weltspiegel")
        store.finish([Polled(claim=first, state=replace(first.state, next_check=START, entries=b"new"), host=known)])

        now = START + MINUTE
        [claim] = due(store, now)

        assert claim == Claim(
            source=replace(FULL_SOURCE, paused=False),
            state=replace(FULL_STATE, next_check=now + FULL_STATE.interval, attempts=1, entries=b"new"),
            host=known,
            token=claim.token,
            until=now + LEASE,
        )
        assert store.poll_state("weltspiegel") == claim.state

    def test_the_longest_due_come_first_up_to_a_limit(self, store: Store) -> None:
        for number, late in ((1, 5), (2, 9), (3, 0), (4, 7), (5, -1)):
            subscribe(store, number, next_check=START - late * SECOND)

        assert store.overdue(START) == 4
        assert ids(due(store, limit=2)) == ["source-2", "source-4"]
        assert ids(due(store)) == ["source-1", "source-3"]
        assert due(store) == []
        assert store.ready_at() == START + SECOND

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_limit_of_nothing_claims_nothing(self, store: Store, limit: int) -> None:
        subscribe(store, 1)

        assert due(store, limit=limit) == []
        assert store.ready_at() == START

    def test_of_a_host_one_source_is_claimed_the_longest_due(self, store: Store) -> None:
        for number, late in ((1, 1), (2, 3), (3, 2)):
            subscribe(store, number, host=host(1), next_check=START - late * SECOND)
        subscribe(store, 4)

        first = due(store)
        assert ids(first) == ["source-2", "source-4"]
        assert due(store, START + MINUTE) == []

        store.finish([polled(first[0], START + HOUR)])
        assert ids(due(store, START + MINUTE)) == ["source-3"]

    def test_polls_of_a_host_begin_a_second_apart(self, store: Store) -> None:
        subscribe(store, 1, 2, host=host(1))
        store.finish([polled(claim, START + HOUR) for claim in due(store)])

        assert store.ready_at() == START + SECOND
        assert due(store, START + SECOND - timedelta(microseconds=1)) == []
        assert ids(due(store, START + SECOND)) == ["source-2"]

    def test_a_host_that_rests_rests_with_all_its_sources(self, store: Store) -> None:
        subscribe(store, 1, 2, host=host(1))
        [claim] = due(store)
        resting = replace(claim.host, paused_until=START + HOUR, pauses=1)
        store.finish([Polled(claim=claim, state=replace(claim.state, next_check=START + MINUTE), host=resting)])

        assert store.host_state(host(1)) == resting
        assert store.ready_at() == START + HOUR
        assert due(store, START + HOUR - SECOND) == []
        assert store.claim("source-2", START + MINUTE, LEASE) is None
        assert ids(due(store, START + HOUR)) == ["source-2"]

    @pytest.mark.parametrize(
        ("source", "state"),
        [
            (upstream(1, paused=True), poll_state(1)),
            (upstream(1, removed=True), poll_state(1)),
            (upstream(1), poll_state(1, next_check=None)),
            (upstream(1), poll_state(1, condition=Condition.GONE)),
            (upstream(1), poll_state(1, condition=Condition.QUARANTINED)),
        ],
        ids=["paused", "removed", "never", "gone", "quarantined"],
    )
    def test_what_is_not_polled_is_not_due_but_can_be_claimed(
        self, store: Store, source: Source, state: PollState
    ) -> None:
        store.save_sources([(source, state)])

        assert store.overdue(START) == 0
        assert store.ready_at() is None
        assert due(store) == []
        claim = claimed(store)
        forward = state.next_check and START + HOUR
        assert (claim.source, claim.state) == (source, replace(state, attempts=1, next_check=forward))
        assert store.ready_at() is None
        assert store.finish([Polled(claim=claim, state=replace(state, why="asked"), host=claim.host)]) == []
        assert store.poll_state("source-1") == replace(state, why="asked")
        assert store.ready_at() is None

    def test_a_source_that_goes_on_is_due_when_it_would_have_been(self, store: Store) -> None:
        subscribe(store, 1)
        store.save_sources([(upstream(1, paused=True), None)])
        assert due(store) == []
        store.save_sources([(upstream(1), None)])

        assert ids(due(store)) == ["source-1"]


class TestClaimingOne:
    def test_it_need_not_be_due(self, store: Store) -> None:
        subscribe(store, 1, next_check=START + 9 * HOUR)
        claim = claimed(store)

        assert claim.state == poll_state(1, next_check=START + 9 * HOUR, attempts=1)
        assert next_check(store) == START + 9 * HOUR

    def test_who_is_due_soon_moves_forward_too(self, store: Store) -> None:
        subscribe(store, 1, next_check=START + MINUTE)
        claimed(store)

        assert next_check(store) == START + HOUR

    def test_not_while_its_host_is_busy_or_began_a_poll_just_now(self, store: Store) -> None:
        subscribe(store, 1, 2, host=host(1))
        claim = claimed(store)

        assert store.claim("source-1", START + MINUTE, LEASE) is None
        assert store.claim("source-2", START + MINUTE, LEASE) is None
        store.finish([polled(claim, START + HOUR)])
        assert store.claim("source-2", START + SECOND / 2, LEASE) is None
        assert claimed(store, "source-2", START + SECOND).source.id == "source-2"

    def test_after_a_lease_ran_out(self, store: Store) -> None:
        subscribe(store, 1)
        claimed(store)

        assert store.claim("source-1", START + LEASE - SECOND, LEASE) is None
        assert claimed(store, now=START + LEASE).state.attempts == 2


class TestFinishing:
    def test_what_was_observed_is_stored_and_the_host_is_free(self, store: Store) -> None:
        subscribe(store, 1)
        [claim] = due(store)
        seen = HostState(host=host(1), failures=((START, "source-1", "dns"),))
        state = replace(FULL_STATE, source="source-1", host=host(1), next_check=START + MINUTE)

        assert store.finish([Polled(claim=claim, state=state, host=seen)]) == []
        assert store.poll_state("source-1") == replace(state, attempts=0)
        assert store.host_state(host(1)) == seen
        assert store.ready_at() == START + MINUTE

    def test_entries_are_replaced_and_forgotten(self, store: Store) -> None:
        subscribe(store, 1, entries=b"one")
        for entries in (b"two", b"", b"three"):
            now = START + HOUR if entries == b"" else START if entries == b"two" else START + 2 * HOUR
            claim = claimed(store, now=now)
            store.finish([polled(claim, START, entries=entries)])
            state = store.poll_state("source-1")
            assert state is not None
            assert state.entries == entries

    def test_a_claim_is_finished_once(self, store: Store) -> None:
        subscribe(store, 1, 2)
        one, two = due(store)

        assert store.finish([polled(one, START + HOUR), polled(one, None), polled(two, START)]) == [one]
        assert store.finish([polled(one, None)]) == [one]
        assert next_check(store) == START + HOUR

    def test_who_lost_the_lease_to_another_stores_nothing(self, store: Store) -> None:
        subscribe(store, 1, interval=MINUTE)
        [lost] = due(store)
        [won] = due(store, START + LEASE)
        resting = replace(lost.host, pauses=7)

        late = Polled(claim=lost, state=replace(lost.state, etag="late", next_check=START), host=resting)
        assert store.finish([late]) == [lost]
        assert store.host_state(host(1)) == won.host
        assert due(store, START + LEASE + SECOND) == []
        assert store.finish([polled(won, START + 9 * HOUR)]) == []
        assert store.poll_state("source-1") == polled(won, START + 9 * HOUR).state

    def test_of_two_claims_of_a_source_the_standing_one_counts_in_whatever_order(self, store: Store) -> None:
        for number in (1, 2):
            subscribe(store, number, interval=MINUTE)
        lost = due(store)
        won = due(store, START + LEASE)
        mixed = [lost[0], won[0], won[1], lost[1]]

        assert store.finish([polled(claim, START + HOUR) for claim in mixed]) == lost

    def test_a_lease_that_ran_out_is_still_ours_while_nobody_else_wants_the_source(self, store: Store) -> None:
        subscribe(store, 1)
        [claim] = due(store)
        store.ready_at()

        assert store.finish([polled(claim, START + 2 * HOUR)]) == []
        assert next_check(store) == START + 2 * HOUR

    @pytest.mark.parametrize(
        "give_back",
        [lambda store, poll: store.finish([poll]), lambda store, poll: store.release([poll.claim])],
        ids=["finish", "release"],
    )
    def test_who_comes_late_does_not_free_a_host_that_another_source_has(
        self, store: Store, give_back: Callable[[Store, Polled], object]
    ) -> None:
        subscribe(store, 1, 2, host=host(1))
        [late] = due(store)
        [other] = due(store, START + LEASE)
        give_back(store, polled(late, START))

        assert other.source.id == "source-2"
        assert due(store, START + LEASE + MINUTE) == []
        assert store.claim("source-1", START + LEASE + MINUTE, LEASE) is None
        store.finish([polled(other, START + 9 * HOUR)])
        assert ids(due(store, START + LEASE + MINUTE)) == ["source-1"]

    def test_who_comes_late_may_still_say_that_the_host_is_to_rest(self, store: Store) -> None:
        subscribe(store, 1, 2, host=host(1))
        [late] = due(store)
        [other] = due(store, START + LEASE)
        seen = replace(late.host, pauses=3, paused_until=START + HOUR)

        assert store.finish([replace(polled(late, START), host=seen)]) == []
        assert store.host_state(host(1)) == replace(other.host, paused_until=START + HOUR)
        assert store.claim("source-1", START + LEASE + SECOND, LEASE) is None
        assert store.finish([polled(other, START + 9 * HOUR)]) == []
        assert ids(due(store, START + HOUR)) == ["source-1"]

    def test_a_source_that_answered_from_another_host_is_of_that_one(self, store: Store) -> None:
        subscribe(store, 1, 2)
        one, two = due(store)
        there = HostState(host=host(2), paused_until=START + HOUR)
        store.finish([Polled(claim=one, state=replace(one.state, host=host(2), next_check=START), host=there)])

        assert store.poll_state("source-1") == replace(one.state, host=host(2), next_check=START, attempts=0)
        assert store.claim("source-1", START + MINUTE, LEASE) is None
        store.finish([replace(polled(two, START + 9 * HOUR), host=there)])
        assert due(store, START + HOUR - SECOND) == []
        assert ids(due(store, START + HOUR)) == ["source-1"]

    def test_a_source_that_was_paused_meanwhile_is_not_due_again(self, store: Store) -> None:
        subscribe(store, 1)
        [claim] = due(store)
        store.save_sources([(upstream(1, paused=True), None)])

        assert store.finish([polled(claim, START)]) == []
        assert store.overdue(START) == 0
        assert due(store, START + HOUR) == []

    @pytest.mark.parametrize(
        ("source", "state"),
        [
            (upstream(1), poll_state(1, next_check=START + MINUTE)),
            (upstream(1, removed=True), None),
            (upstream(1, url="https://host-2.example/feed"), None),
        ],
        ids=["state", "removed", "moved"],
    )
    def test_a_poll_of_what_a_person_has_changed_is_lost(
        self, store: Store, source: Source, state: PollState | None
    ) -> None:
        subscribe(store, 1)
        [claim] = due(store)
        store.save_sources([(source, state)])
        before = store.poll_state("source-1")

        assert store.finish([polled(claim, START, etag="late")]) == [claim]
        assert store.poll_state("source-1") == before

    def test_a_removed_source_that_somebody_asks_for_is_polled_to_the_end(self, store: Store) -> None:
        store.save_sources([(upstream(1, removed=True), poll_state(1))])
        claim = claimed(store)
        store.save_sources([(upstream(1, removed=True, title="Other"), None)])

        assert store.finish([polled(claim, START)]) == []

    def test_three_leases_that_ran_out_in_a_row_end_in_quarantine(self, store: Store) -> None:
        subscribe(store, 1, 2, host=host(1), interval=MINUTE)
        store.save_sources([(upstream(2), poll_state(2, host=host(1), next_check=START + HOUR))])
        for attempt in range(3):
            [claim] = due(store, START + attempt * LEASE)
            assert (claim.source.id, claim.state.attempts) == ("source-1", attempt + 1)
        now = START + 3 * LEASE
        assert due(store, now) == []

        state = store.poll_state("source-1")
        assert state is not None
        assert (state.condition, state.next_check, state.attempts) == (Condition.QUARANTINED, None, 0)
        assert "three times in a row" in state.why
        assert state.polls == (Poll(at=now, result=Result.FAILED, reason=state.why),)
        assert store.finish([polled(claim, START)]) == [claim]
        assert store.ready_at() == START + HOUR
        assert ids(due(store, START + HOUR)) == ["source-2"]

    def test_the_host_of_what_is_quarantined_goes_on_at_once(self, store: Store) -> None:
        subscribe(store, 1, 3, host=host(1), attempts=3, next_check=START - MINUTE)
        subscribe(store, 2, host=host(1), next_check=START)
        subscribe(store, 4, 5, attempts=3, next_check=START - HOUR)
        subscribe(store, 6)

        assert ids(due(store, limit=2)) == ["source-2", "source-6"]
        assert store.count()["quarantined"] == 4

    def test_a_poll_that_ends_forgives_the_leases_that_ran_out(self, store: Store) -> None:
        subscribe(store, 1, attempts=2)
        [claim] = due(store)
        assert claim.state.attempts == 3
        store.finish([polled(claim, START + HOUR)])

        assert [c.state.attempts for c in due(store, START + HOUR)] == [1]


class TestReleasing:
    def test_sources_are_due_again_as_they_were(self, store: Store) -> None:
        subscribe(store, 1, 2, attempts=2, next_check=START - HOUR)
        store.save_sources([(upstream(3, paused=True), poll_state(3))])
        before = [store.poll_state(f"source-{number}") for number in (1, 2, 3)]
        claims = [*due(store), claimed(store, "source-3")]
        assert store.overdue(START) == 0
        store.release(claims)

        assert [store.poll_state(f"source-{number}") for number in (1, 2, 3)] == before
        assert store.ready_at() == START - HOUR
        assert ids(due(store)) == ["source-1", "source-2"]

    def test_a_claim_that_was_released_is_lost(self, store: Store) -> None:
        subscribe(store, 1)
        [claim] = due(store)
        store.release([claim])

        assert store.finish([polled(claim, None)]) == [claim]

    def test_a_lease_that_somebody_else_has_is_left_to_him(self, store: Store) -> None:
        subscribe(store, 1, interval=MINUTE)
        [lost] = due(store)
        [won] = due(store, START + LEASE)
        store.release([lost])

        assert due(store, START + LEASE + SECOND) == []
        assert store.finish([polled(won, START + HOUR)]) == []

    def test_a_source_paused_meanwhile_stays_so(self, store: Store) -> None:
        subscribe(store, 1)
        claims = due(store)
        store.save_sources([(upstream(1, paused=True), None)])
        store.release(claims)

        assert next_check(store) == START
        assert due(store) == []


class TestChangingSources:
    def test_a_source_moves_to_the_host_of_its_new_address(self, store: Store) -> None:
        subscribe(store, 1, 2)
        two = claimed(store, "source-2")
        moved = upstream(1, url="https://HOST-2.example/other", aliases=(upstream(1).url,))
        store.save_sources([(moved, None)])

        assert store.poll_state("source-1") == poll_state(1, host=host(2))
        assert due(store, START + MINUTE) == []
        store.finish([polled(two, START + HOUR)])
        assert ids(due(store, START + MINUTE)) == ["source-1"]

    def test_another_path_on_the_same_host_changes_nothing_else(self, store: Store) -> None:
        subscribe(store, 1, host="https://cdn.example:443")
        store.save_sources([(upstream(1, url="https://host-1.example/other"), None)])

        assert store.poll_state("source-1") == poll_state(1, host="https://cdn.example:443")

    @pytest.mark.parametrize(
        ("interval", "fetched", "expected"),
        [
            (MINUTE, START - HOUR, START - HOUR + MINUTE),
            (12 * HOUR, START - HOUR, START + 5 * HOUR),
            (None, START - HOUR, START + 5 * HOUR),
            (MINUTE, None, START + 5 * HOUR),
        ],
        ids=["shorter", "longer", "none", "never-fetched"],
    )
    def test_a_shorter_interval_holds_from_the_last_fetch_on(
        self, store: Store, interval: timedelta | None, fetched: datetime | None, expected: datetime
    ) -> None:
        subscribe(store, 1, next_check=START + 5 * HOUR, fetched_at=fetched)
        store.save_sources([(upstream(1, interval=interval), None)])

        assert next_check(store) == store.ready_at() == expected

    def test_a_state_that_is_given_replaces_the_stored_one_whole(self, store: Store) -> None:
        store.save_sources([(FULL_SOURCE, FULL_STATE)])
        bare = PollState(source="weltspiegel", host=host(3), next_check=START)
        store.save_sources([(FULL_SOURCE, bare)])

        assert store.poll_state("weltspiegel") == bare

    def test_entries_stay_with_their_document(self, store: Store) -> None:
        """Who changes the schedule of many sources has read their states without entries."""
        store.save_sources([(FULL_SOURCE, FULL_STATE)])
        [state] = store.poll_states().values()
        store.save_sources([(FULL_SOURCE, replace(state, next_check=START))])
        assert store.poll_state("weltspiegel") == replace(FULL_STATE, next_check=START)

        store.save_sources([(FULL_SOURCE, replace(state, body_hash="other"))])
        assert store.poll_state("weltspiegel") == replace(state, body_hash="other")

    def test_a_host_is_free_again_when_what_a_wrong_clock_left_of_its_source_is_put_right(self, store: Store) -> None:
        ahead = START + timedelta(days=3650)
        subscribe(store, 1, 2, host=host(1))
        [one] = due(store, ahead)
        resting = replace(one.host, paused_until=ahead + HOUR)
        store.finish([Polled(claim=one, state=replace(one.state, next_check=ahead), host=resting)])
        claimed(store, "source-2", ahead + 2 * HOUR)
        assert store.ready_at() == ahead + 2 * HOUR + LEASE

        store.save_sources([(upstream(1), poll_state(1, host=host(1)))])
        assert ids(due(store)) == ["source-1"]

    def test_saving_what_is_stored_already_disturbs_no_poll(self, store: Store) -> None:
        subscribe(store, 1)
        [claim] = due(store)
        store.save_sources([(upstream(1), None)])

        assert store.finish([polled(claim, START + HOUR)]) == []


class TestSpreading:
    def test_what_is_due_is_spread_evenly_the_longest_due_first(self, store: Store) -> None:
        for number, late in ((1, 0), (2, 50), (3, 20), (4, 30), (5, -1)):
            subscribe(store, number, next_check=START - late * MINUTE)
        store.save_sources([(upstream(6, paused=True), poll_state(6))])

        assert store.spread(START, HOUR) == 4
        assert [next_check(store, number) for number in range(1, 7)] == [
            START + 45 * MINUTE,
            START,
            START + 30 * MINUTE,
            START + 15 * MINUTE,
            START + MINUTE,
            START,
        ]
        assert ids(due(store)) == ["source-2"]
        assert ids(due(store, START + 15 * MINUTE)) == ["source-5", "source-4"]

    def test_what_is_polled_is_left_alone(self, store: Store) -> None:
        subscribe(store, 1, 2)
        one = claimed(store)

        assert store.spread(START, HOUR) == 1
        assert store.finish([polled(one, START + 9 * HOUR)]) == []

    def test_what_a_wrong_clock_left_is_set_right(self, store: Store) -> None:
        """The clock was ten years ahead when the second source was polled, and when the first was claimed."""
        ahead = START + timedelta(days=3650)
        subscribe(store, 1, 2)
        one, two = due(store, ahead)
        resting = replace(two.host, paused_until=ahead + timedelta(days=7))
        store.finish([Polled(claim=two, state=replace(two.state, next_check=ahead + HOUR), host=resting)])
        subscribe(store, 3, next_check=START - SECOND)
        subscribe(store, 4, next_check=START + timedelta(days=30))

        assert ids(due(store)) == ["source-3"]
        assert store.spread(START, HOUR) == 2
        assert [next_check(store, n) for n in (1, 2, 4)] == [START, START + HOUR / 2, START + timedelta(days=30)]
        assert ids(due(store, START + SECOND)) == ["source-1"]
        assert ids(due(store, START + HOUR / 2)) == ["source-2"]
        assert store.finish([polled(one, START)]) == [one]


class TestPollsWithArticles:
    def test_articles_and_what_was_observed_are_one_transaction(self, store: Store) -> None:
        subscribe(store, 1)
        [claim] = due(store)
        with store.ingest("source-1") as ingest:
            ingest.save([saved(article(source="source-1"), "tags/war")], [])
            ingest.finish(polled(claim, START + HOUR, etag='"1"', entries=b"seen"))

        assert store.select(ALL, 5) == [article(source="source-1")]
        assert store.poll_state("source-1") == polled(claim, START + HOUR, etag='"1"', entries=b"seen").state
        assert names(store.dirty()) == ["", "sources/source-1", "tags/war"]
        assert store.ready_at() == START + HOUR

    def test_a_lease_that_was_lost_takes_the_articles_back(self, store: Store) -> None:
        subscribe(store, 1, interval=MINUTE)
        [lost] = due(store)
        [won] = due(store, START + LEASE)

        def come_late() -> None:
            with store.ingest("source-1") as ingest:
                ingest.save([saved(article(source="source-1"))], [])
                ingest.finish(polled(lost, None, etag="late"))

        with pytest.raises(LeaseLost, match="source source-1: somebody else polls it, or changed it"):
            come_late()
        assert store.select(ALL, 5) == []
        assert store.dirty() == []
        state = store.poll_state("source-1")
        assert state is not None
        assert state.etag is None
        assert store.finish([polled(won, START)]) == []

    def test_what_was_lost_cannot_be_committed_by_who_looks_away(self, store: Store) -> None:
        subscribe(store, 1)
        [claim] = due(store)
        store.release([claim])

        def look_away() -> None:
            with store.ingest("source-1") as ingest:
                ingest.save([saved(article(source="source-1"))], [])
                with pytest.raises(LeaseLost):
                    ingest.finish(polled(claim, None))
                ingest.save([], [])

        with pytest.raises(Exception, match="source source-1: what it gave was not stored"):
            look_away()
        assert store.select(ALL, 5) == []

    def test_a_failure_after_it_takes_everything_back(self, store: Store) -> None:
        subscribe(store, 1)
        [claim] = due(store)

        def fail() -> None:
            with store.ingest("source-1") as ingest:
                ingest.finish(polled(claim, START + 9 * HOUR, etag="1"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert store.finish([polled(claim, START + 2 * HOUR)]) == []

    def test_only_an_upstream_source_has_a_feed_of_its_own(self, store: Store) -> None:
        subscribe(store, 1)
        save(store, saved(article(1)))
        assert names(store.dirty()) == [""]
        clean(store)
        first = article(2, source="source-1")
        save(store, saved(first), source="source-1")
        assert names(store.dirty()) == ["", "sources/source-1"]
        clean(store)
        withdraw(store, first)
        assert names(store.dirty()) == ["", "sources/source-1"]


class TestOneIdInSeveralSources:
    """An article that two sources bring is shown once: as the source has it that brought it first."""

    OURS, THEIRS = article(1), article(1, source="theirs", slug="theirs", sort_key="f", title="Theirs")

    @pytest.fixture
    def both(self, store: Store) -> Store:
        save(store, saved(self.OURS, "tags/war"))
        save(store, saved(self.THEIRS, "tags/war", "tags/peace"), source="theirs")
        return store

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (ALL, OURS),
            (Query(tags=frozenset({"war"})), OURS),
            (Query(tags=frozenset({"war", "peace"})), OURS),
            (Query(tags=frozenset({"peace"})), THEIRS),
            (Query(sources=frozenset({"theirs"})), THEIRS),
            (Query(sources=frozenset({"theirs", "seeds"})), OURS),
        ],
        ids=["all", "tag", "two-tags", "other-tag", "source", "two-sources"],
    )
    def test_the_first_that_a_query_means_is_shown(self, both: Store, query: Query, expected: object) -> None:
        assert both.select(query, 5) == [expected]
        [place] = both.shown(query, 5)
        assert both.states([place.key]) == {place.key: expected}

    def test_the_other_uses_up_no_place(self, store: Store) -> None:
        """Of twenty ids the newest fifteen have a twin that is newer than everything."""
        ours = [article(number) for number in range(1, 21)]
        twins = [article(n, source="theirs", slug=f"twin-{n}", sort_key=f"f{n:07x}") for n in range(6, 21)]
        save(store, *map(saved, ours))
        save(store, *map(saved, twins), source="theirs")

        assert store.select(ALL, 18) == ours[:1:-1]
        assert [place.id for place in store.shown(ALL, 20)] == [state.id for state in ours[::-1]]
        assert store.select(ALL, 5, before=ours[3].sort_key) == ours[2::-1]

    def test_it_takes_the_place_of_the_first_that_goes(self, both: Store) -> None:
        state = withdraw(both, self.OURS, "tags/war")

        assert both.select(ALL, 5) == [self.THEIRS]
        assert both.tombstones(ALL, 5) == both.tombstones(Query(tags=frozenset({"war"})), 5) == []
        stone = Tombstone(id=state.id, when=state.changed or START)
        assert both.tombstones(Query(sources=frozenset({"seeds"})), 5) == [stone]

    def test_it_leaves_no_tombstone_while_the_first_is_shown(self, both: Store) -> None:
        withdraw(both, self.THEIRS, "tags/war", "tags/peace")

        assert both.tombstones(ALL, 5) == []
        assert [stone.id for stone in both.tombstones(Query(tags=frozenset({"peace"})), 5)] == [self.OURS.id]

    def test_when_all_are_gone_the_newest_leaves_the_tombstone(self, both: Store) -> None:
        withdraw(both, self.OURS, "tags/war")
        later = correct(both, withdraw(both, self.THEIRS, "tags/war", "tags/peace"), changed=utc(2025, 1, 1))

        assert both.select(ALL, 5) == []
        assert both.tombstones(ALL, 5) == [Tombstone(id=later.id, when=utc(2025, 1, 1))]
        assert both.tombstones(ALL, 5, since="2") == [Tombstone(id=later.id, when=utc(2025, 1, 1))]

    def test_a_state_is_asked_for_by_source_and_id(self, both: Store) -> None:
        assert both.articles("seeds", [self.OURS.id]) == {self.OURS.id: self.OURS}
        assert both.articles("theirs", [self.OURS.id]) == {self.OURS.id: self.THEIRS}
        assert both.articles("nobody", [self.OURS.id]) == {}


class TestSeveralAtOnce:
    def test_dispatchers_never_have_the_same_source_or_host(self, store: Store, url: str, clock: Clock) -> None:
        """Four dispatchers poll ninety sources of thirty hosts, each source once."""
        for number in range(90):
            subscribe(store, number, host=host(number % 30), next_check=START - number * SECOND)
        stores = [open_store(url, clock, busy=60) for _ in range(4)]
        polls: list[str] = []
        busy: set[str] = set()

        def work(each: Store) -> None:
            now = START
            while len(polls) < 90:
                claims = each.claim_due(now, 4, LEASE)
                for claim in claims:
                    assert claim.host.host not in busy
                    busy.add(claim.host.host)
                    polls.append(claim.source.id)
                for claim in claims:
                    busy.discard(claim.host.host)
                assert each.finish([polled(claim, START + 999 * HOUR) for claim in claims]) == []
                now += SECOND

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(work, each) for each in stores]:
                done.result(timeout=60)
        for each in stores:
            each.close()

        assert len(polls) == len(set(polls)) == 90
