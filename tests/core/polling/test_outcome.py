"""What a poll's outcome makes of the state of a source and its host."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.polling import outcome
from syndicator.core.polling.attempts import Outcome
from syndicator.core.polling.schedule import Limits
from syndicator.errors import BadFeed, FetchError
from syndicator.model import (
    Claim,
    Condition,
    Hints,
    Hop,
    HostState,
    Link,
    Poll,
    PollState,
    Redirection,
    Response,
    Result,
    Upstream,
)
from tests.core.polling.making import (
    DAY,
    HOUR,
    LANE,
    MINUTE,
    NOW,
    URL,
    answer,
    attempt,
    chance,
    document,
    every,
    source,
    state,
)

KNOWN = state(
    condition=Condition.WELL,
    etag='"1"',
    last_modified="yesterday",
    validated_url=URL,
    unconditional_at=NOW - DAY,
    fetched_at=NOW - HOUR,
    body_hash="old",
    times=every(8 * HOUR),
)
"""A source that was polled before, all well."""


def read(known: PollState, response: Response, **fields: object) -> Outcome:
    """After a document with these fields was read; nothing in it is new unless they say so."""
    arguments = {"body_hash": "new", **fields}
    return outcome.succeeded(attempt(known, conditional=True), response, document(), **arguments)  # type: ignore[arg-type]


# Validators


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"etag": '"2"', "last_modified": "today"}, ('"2"', "today", URL)),
        ({"etag": '"2"', "last_modified": "yesterday"}, ('"2"', "yesterday", URL)),
        ({"etag": '"2"'}, ('"2"', None, URL)),
        ({"last_modified": "today"}, (None, "today", URL)),
        ({"etag": "W/unquoted"}, ("W/unquoted", None, URL)),
        ({"etag": '"a\r\nb"'}, (None, None, None)),
        ({}, (None, None, None)),
    ],
    ids=[
        "both new",
        "the same Last-Modified",
        "no Last-Modified later",
        "no ETag later",
        "verbatim",
        "illegal",
        "none",
    ],
)
@pytest.mark.parametrize("same", [False, True], ids=["another body", "the same body"])
def test_every_200_replaces_both_validators(said: dict[str, str], kept: tuple[str | None, ...], same: bool) -> None:
    done = outcome.succeeded(
        attempt(KNOWN, conditional=True), answer(**said), None if same else document(), body_hash="new"
    )
    assert (done.state.etag, done.state.last_modified, done.state.validated_url) == kept
    assert done.state.body_hash == "new"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"etag": '"2"', "last_modified": "today"}, ('"2"', "today")),
        ({"etag": '"2"'}, ('"2"', "yesterday")),
        ({"last_modified": "today"}, ('"1"', "today")),
        ({}, ('"1"', "yesterday")),
        ({"etag": "x" * 9000}, ('"1"', "yesterday")),
    ],
    ids=["both", "ETag", "Last-Modified", "neither", "one that cannot be sent"],
)
def test_a_304_replaces_the_validators_that_it_carries(said: dict[str, str], kept: tuple[str, str]) -> None:
    done = outcome.not_modified(attempt(KNOWN, conditional=True), answer(304, **said))
    assert (done.state.etag, done.state.last_modified, done.state.validated_url) == (*kept, URL)
    assert (done.poll.result, done.state.condition) == (Result.NOT_MODIFIED, Condition.WELL)
    assert done.state.body_hash == "old"


def test_validators_belong_to_the_address_that_gave_them() -> None:
    done = read(KNOWN, answer(url="https://cdn.test/feed", etag='"2"'))
    assert done.state.validated_url == "https://cdn.test/feed"
    assert done.state.unconditional_at == NOW


@pytest.mark.parametrize(
    ("conditional", "url"), [(False, URL), (True, "https://cdn.test/feed")], ids=["not asked", "from elsewhere"]
)
def test_a_304_that_nobody_asked_for_is_an_error_and_all_is_asked_for_next(conditional: bool, url: str) -> None:
    done = outcome.not_modified(attempt(KNOWN, conditional=conditional), answer(304, url=url))
    assert (done.poll.result, done.state.failures) == (Result.FAILED, 1)
    assert "304" in done.poll.reason
    assert outcome.validators(done.state, NOW) == (None, None)


@pytest.mark.parametrize(
    "error",
    [BadFeed("not_a_feed", "a web page"), BadFeed("parse", "broken", 3), FetchError("too_large", URL, "17 MiB")],
    ids=["a captive portal", "broken", "too large"],
)
def test_what_could_not_be_read_leaves_validators_and_hash_alone(error: BadFeed | FetchError) -> None:
    response = answer(etag='"portal"', last_modified="now") if isinstance(error, BadFeed) else None
    done = outcome.failed(attempt(KNOWN, conditional=True), error, response=response)
    was = (KNOWN.etag, KNOWN.last_modified, KNOWN.validated_url, KNOWN.body_hash)
    assert (done.state.etag, done.state.last_modified, done.state.validated_url, done.state.body_hash) == was


def test_what_was_read_in_part_is_read_again() -> None:
    done = read(KNOWN, answer(etag='"2"'), new=3, whole=False)
    assert (done.state.etag, done.state.body_hash, done.poll.new) == ('"1"', "old", 3)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (NOW, ('"1"', "yesterday")),
        (NOW - 7 * DAY + MINUTE, ('"1"', "yesterday")),
        (NOW - 7 * DAY, (None, None)),
        (NOW + DAY, ('"1"', "yesterday")),
        (NOW + 3650 * DAY, (None, None)),
        (None, (None, None)),
    ],
    ids=["just now", "nearly a week ago", "a week ago", "a clock a day ahead", "a wrong clock", "never"],
)
def test_the_whole_is_asked_for_once_a_week(asked: datetime | None, sent: tuple[str | None, str | None]) -> None:
    assert outcome.validators(replace(KNOWN, unconditional_at=asked), NOW) == sent


def test_when_the_whole_was_asked_for_is_remembered() -> None:
    done = outcome.succeeded(attempt(KNOWN), answer(etag='"2"'), body_hash="old")
    assert done.state.unconditional_at == NOW
    assert outcome.validators(done.state, NOW + 6 * DAY) == ('"2"', None)
    assert read(KNOWN, answer(etag='"2"')).state.unconditional_at == KNOWN.unconditional_at
    failed = outcome.failed(attempt(KNOWN), FetchError("timeout", URL, "slow"))
    assert outcome.validators(failed.state, NOW) == ('"1"', "yesterday")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([200, 304, 500]),
            st.one_of(st.none(), st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), min_size=1)),
            st.one_of(st.none(), st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1)),
        ),
        max_size=12,
    )
)
def test_what_is_sent_is_always_what_came_last(answers: list[tuple[int, str | None, str | None]]) -> None:
    known, at, etag, last_modified = state(), NOW, None, None
    for status, new_etag, new_last_modified in answers:
        said = {name: v for name, v in (("etag", new_etag), ("last_modified", new_last_modified)) if v and v.strip()}
        sent = outcome.validators(known, at)
        assert sent == (etag, last_modified)
        conditional = any(sent)
        made = attempt(known, now=at, conditional=conditional)
        if status == 200:
            known = outcome.succeeded(made, answer(**said), document(), body_hash="x").state
            etag, last_modified = said.get("etag"), said.get("last_modified")
        else:
            done = outcome.by_status(made, answer(status, **said))
            assert done is not None
            known = done.state
            if status == 304 and conditional:
                etag, last_modified = said.get("etag", etag), said.get("last_modified", last_modified)
            elif status == 304:
                etag = last_modified = None
        at += HOUR


# Success


def test_news_is_told_and_remembered() -> None:
    done = read(KNOWN, replace(answer(), seconds=0.4, received=99), new=2, changed=1, times=(NOW - HOUR, NOW + DAY))
    assert done.poll == Poll(at=NOW, result=Result.NEW, status=200, new=2, changed=1, seconds=0.4, received=99)
    assert done.state.polls == (done.poll,)
    assert (done.state.new_at, done.state.fetched_at) == (NOW, NOW)
    assert done.state.times == (NOW, NOW, NOW - HOUR, *every(8 * HOUR, 6, NOW - 8 * HOUR))


def test_a_document_with_nothing_new_is_the_same() -> None:
    done = read(replace(KNOWN, new_at=NOW - DAY), answer())
    assert (done.poll.result, done.state.new_at, done.state.times) == (Result.SAME, NOW - DAY, KNOWN.times)


def test_what_the_document_says_of_itself_is_kept() -> None:
    parsed = document(
        upstream=Upstream(title="A feed"),
        notices=("it is not well-formed", "dates are wrong"),
        hints=Hints(invited=900, skip_hours=(3,)),
        links=(Link(href="https://hub.test/", rel="hub"), Link(href="https://late.test/", rel="hub")),
    )
    done = outcome.succeeded(attempt(KNOWN), answer(cache_control="max-age=60"), parsed, body_hash="new")
    assert done.state.upstream.title == "A feed"
    assert done.state.notice == "it is not well-formed; dates are wrong"
    assert done.state.hints == Hints(invited=900, fresh=60, skip_hours=(3,))
    assert (done.state.hub, done.state.self_url) == ("https://hub.test/", None)


@pytest.mark.parametrize(
    ("said", "fresh"),
    [({}, 7200), ({"cache_control": "max-age=60"}, 60), ({"cache_control": "no-cache"}, None)],
    ids=["the former word stands", "a new word", "taken back"],
)
def test_hints_hold_after_a_304_too(said: dict[str, str], fresh: int | None) -> None:
    known = replace(KNOWN, hints=Hints(invited=900, fresh=7200))
    done = outcome.not_modified(attempt(known, conditional=True), answer(304, **said))
    assert done.state.hints == Hints(invited=900, fresh=fresh)


def test_success_clears_what_was_wrong() -> None:
    troubled = replace(
        KNOWN,
        condition=Condition.FAILING,
        failures=40,
        failing_since=NOW - 40 * DAY,
        gone=(NOW - DAY,),
        deaths=2,
        attempts=3,
    )
    host = HostState(
        host=LANE,
        paused_until=NOW - HOUR,
        pauses=3,
        failures=((NOW - MINUTE, "feed", "404"), (NOW - MINUTE, "other", "404")),
        trouble="404",
        troubled_at=NOW,
    )
    done = outcome.not_modified(attempt(troubled, host=host, conditional=True), answer(304))
    after = done.state
    assert (after.condition, after.failures, after.failing_since) == (Condition.WELL, 0, None)
    assert (after.gone, after.deaths, after.attempts) == ((), 0, 0)
    assert done.host == HostState(host=LANE, failures=((NOW - MINUTE, "other", "404"),))


def test_the_lane_follows_the_redirect() -> None:
    done = read(KNOWN, answer(url="http://CDN.test:8080/feed"))
    assert done.state.host == "http://cdn.test:8080"
    assert done.host.host == LANE


def test_ten_polls_are_remembered_newest_first() -> None:
    known = state()
    for minute in range(12):
        known = outcome.succeeded(attempt(known, now=NOW + minute * MINUTE), answer(), body_hash="x").state
    assert [poll.at - NOW for poll in known.polls] == [minute * MINUTE for minute in range(11, 1, -1)]


def test_an_interval_of_the_source_stands_before_all_else() -> None:
    made = attempt(replace(KNOWN, hints=Hints(invited=7200)), source(interval=2 * MINUTE))
    done = outcome.succeeded(made, answer(cache_control="max-age=7200"), body_hash="x")
    assert done.state.next_check == NOW + 2 * MINUTE
    assert done.state.interval == 2 * MINUTE


# Failure

FAILURES: list[tuple[FetchError | BadFeed | None, int | None]] = [
    *((None, status) for status in (400, 401, 403, 404, 406, 418, 451, 500, 502, 503, 504, 599, 204, 206, 302, 999)),
    *((FetchError(kind, URL, "…"), None) for kind in ("dns", "connect", "tls", "timeout", "too_large", "redirect")),
    *((BadFeed(kind, "…"), 200) for kind in ("empty", "not_a_feed", "parse", "too_complex", "killed")),
]


@pytest.mark.parametrize(("error", "status"), FAILURES, ids=[f"{getattr(e, 'kind', '')}{s or ''}" for e, s in FAILURES])
def test_all_failures_count_alike(error: FetchError | BadFeed | None, status: int | None) -> None:
    response = answer(status) if status else None
    done = outcome.failed(attempt(KNOWN, conditional=True), error, response=response)
    assert (done.state.failures, done.state.condition, done.state.failing_since) == (1, Condition.TROUBLED, NOW)
    assert done.state.next_check == NOW + HOUR
    assert (done.poll.result, done.poll.status) == (Result.FAILED, status)
    assert done.poll.reason.endswith(".")
    second = outcome.failed(attempt(done.state, now=NOW + HOUR), error, response=response)
    assert (second.state.failures, second.state.failing_since) == (2, NOW)
    assert second.state.next_check == NOW + 3 * HOUR


def test_a_failure_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="error or a response"):
        outcome.failed(attempt(KNOWN))


@pytest.mark.parametrize(
    ("status", "said", "result"),
    [
        (200, {}, None),
        (203, {}, None),
        (304, {}, Result.NOT_MODIFIED),
        (404, {}, Result.FAILED),
        (410, {}, Result.GONE),
        (429, {}, Result.PAUSED),
        (503, {}, Result.FAILED),
        (503, {"retry_after": "120"}, Result.PAUSED),
        (503, {"retry_after": "whenever"}, Result.FAILED),
        (500, {"retry_after": "120"}, Result.FAILED),
    ],
)
def test_a_status_decides_where_it_can(status: int, said: dict[str, str], result: Result | None) -> None:
    done = outcome.by_status(attempt(KNOWN, conditional=True), answer(status, **said))
    assert (done.poll.result if done else None) == result


def test_a_wait_that_is_asked_for_is_kept_whatever_the_status() -> None:
    done = outcome.failed(attempt(KNOWN), response=answer(500, retry_after="36000"))
    assert done.state.next_check == NOW + 10 * HOUR
    assert "its server asked for 10 hours" in done.state.why


@pytest.mark.parametrize(
    ("since", "condition", "delay"),
    [
        (NOW - 30 * DAY, Condition.TROUBLED, 24 * HOUR),
        (NOW - 30 * DAY - MINUTE, Condition.FAILING, 7 * DAY),
        (NOW + 3650 * DAY, Condition.TROUBLED, 24 * HOUR),
    ],
    ids=["a month", "more than a month", "since a wrong clock"],
)
def test_what_fails_for_more_than_a_month_is_failing(since: datetime, condition: Condition, delay: timedelta) -> None:
    known = replace(KNOWN, condition=Condition.TROUBLED, failures=30, failing_since=since)
    done = outcome.failed(attempt(known), response=answer(404))
    assert (done.state.condition, done.state.next_check) == (condition, NOW + delay)


def test_it_is_never_given_up_and_the_first_success_makes_it_well() -> None:
    known, at = KNOWN, NOW
    for _ in range(60):
        done = outcome.failed(attempt(known, now=at), FetchError("connect", URL, "refused"))
        assert done.state.next_check is not None
        known, at = done.state, done.state.next_check
    assert (known.condition, at - NOW > 200 * DAY) == (Condition.FAILING, True)
    assert read(known, answer()).state.condition is Condition.WELL


def test_a_document_that_kills_its_parser_three_times_in_a_row_is_quarantined() -> None:
    killed, known, conditions = BadFeed("killed", "20 s of CPU"), KNOWN, []
    for error in (killed, BadFeed("parse", "broken"), killed, killed, killed):
        done = outcome.failed(attempt(known), error, response=answer())
        known = done.state
        conditions.append((known.deaths, known.condition, known.next_check is None))
    troubled = Condition.TROUBLED
    assert conditions == [
        (1, troubled, False),
        (0, troubled, False),
        (1, troubled, False),
        (2, troubled, False),
        (3, Condition.QUARANTINED, True),
    ]
    assert done.host.failures == ()


@pytest.mark.parametrize("condition", [Condition.GONE, Condition.QUARANTINED])
def test_what_was_stopped_stays_so_until_it_is_well(condition: Condition) -> None:
    stopped = replace(KNOWN, condition=condition, next_check=None, why="stopped")
    for done in (
        outcome.failed(attempt(stopped), response=answer(500)),
        outcome.paused(attempt(stopped), answer(429)),
        outcome.outage(attempt(stopped)),
        outcome.gone(attempt(stopped), answer(410)),
    ):
        assert (done.state.condition, done.state.next_check, done.state.why) == (condition, None, "stopped")
        assert done.state.polls[0] == done.poll
    well = outcome.not_modified(attempt(stopped, conditional=True), answer(304)).state
    assert (well.condition, well.next_check) == (Condition.WELL, NOW + HOUR)


# 429 and 503


@pytest.mark.parametrize(
    ("status", "said", "pauses", "rest"),
    [
        (429, {}, 0, HOUR),
        (429, {}, 1, 2 * HOUR),
        (429, {}, 9, 24 * HOUR),
        (429, {"retry_after": "120"}, 0, HOUR),
        (429, {"retry_after": "-5"}, 0, HOUR),
        (429, {"retry_after": "garbage"}, 0, HOUR),
        (429, {"retry_after": "7200"}, 0, 2 * HOUR),
        (429, {"retry_after": "1000000000000"}, 0, 7 * DAY),
        (503, {"retry_after": "90000"}, 0, 25 * HOUR),
        (429, {"retry_after": "Wed, 18 Nov 2026 15:00:00 GMT"}, 0, 3 * HOUR),
        (
            429,
            {"retry_after": "Sat, 18 Nov 2006 15:00:00 GMT", "date": "Sat, 18 Nov 2006 12:00:00 GMT"},
            0,
            3 * HOUR,
        ),
    ],
)
def test_a_host_that_is_asked_too_often_rests(status: int, said: dict[str, str], pauses: int, rest: timedelta) -> None:
    known = replace(KNOWN, failures=2, condition=Condition.TROUBLED)
    done = outcome.by_status(attempt(known, host=HostState(host=LANE, pauses=pauses)), answer(status, **said))
    assert done is not None
    assert (done.host.paused_until, done.host.pauses) == (NOW + rest, pauses + 1)
    assert done.state.next_check == NOW + rest
    assert (done.state.failures, done.state.condition, done.poll.result) == (2, Condition.TROUBLED, Result.PAUSED)


def test_a_rest_is_never_cut_short() -> None:
    resting = HostState(host=LANE, paused_until=NOW + 5 * HOUR)
    assert outcome.paused(attempt(KNOWN, host=resting), answer(429)).host.paused_until == NOW + 5 * HOUR


def test_the_host_that_answered_rests_and_not_the_one_that_led_there() -> None:
    done = outcome.paused(attempt(KNOWN), answer(429, url="https://cdn.test/feed"))
    assert (done.host.host, done.state.host) == ("https://cdn.test:443", "https://cdn.test:443")


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([429, 503]),
    st.one_of(st.integers(-(10**13), 10**13).map(str), st.text()),
    st.integers(0, 40),
    st.floats(0, 1, exclude_max=True),
)
def test_nothing_is_asked_before_a_host_permits_it(status: int, asked: str, pauses: int, random: float) -> None:
    made = attempt(KNOWN, host=HostState(host=LANE, pauses=pauses), random=random)
    done = outcome.paused(made, answer(status, retry_after=asked))
    assert done.host.paused_until is not None
    assert done.state.next_check is not None
    assert NOW + HOUR <= done.host.paused_until <= done.state.next_check <= NOW + 7 * DAY
    if asked.isascii() and asked.isdigit():
        assert done.host.paused_until >= NOW + timedelta(seconds=min(int(asked), 7 * 86400))


# 410


def test_gone_is_believed_after_three_times_in_three_days() -> None:
    known, at, seen = KNOWN, NOW, []
    while known.condition is not Condition.GONE:
        known = outcome.gone(attempt(known, now=at), answer(410)).state
        seen.append(at - NOW)
        assert known.polls[0].result is Result.GONE
        at = known.next_check or at
    assert seen == [timedelta(), 36 * HOUR, 72 * HOUR]
    assert known.next_check is None


def test_gone_once_is_still_polled_and_forgotten_when_it_is_back() -> None:
    once = outcome.gone(attempt(KNOWN), answer(410)).state
    assert (once.condition, once.next_check) == (Condition.TROUBLED, NOW + 36 * HOUR)
    assert read(once, answer()).state.gone == ()


def test_asking_more_often_does_not_make_it_gone_sooner() -> None:
    known = KNOWN
    for hour in range(72):
        known = outcome.gone(attempt(known, now=NOW + hour * HOUR), answer(410)).state
    assert known.condition is Condition.TROUBLED
    assert len(known.gone) < 10
    assert outcome.gone(attempt(known, now=NOW + 72 * HOUR), answer(410)).state.condition is Condition.GONE


# Offline


def test_while_we_are_offline_nothing_is_counted() -> None:
    troubled = replace(KNOWN, failures=2, condition=Condition.TROUBLED, failing_since=NOW - DAY, attempts=1)
    made = attempt(troubled, now=NOW)
    done = outcome.outage(made, FetchError("dns", URL, "no answer"))
    after = replace(done.state, polls=(), next_check=None, why="")
    assert after == replace(troubled, attempts=0)
    assert done.host == made.host
    assert (done.poll.result, done.state.next_check) == (Result.OUTAGE, NOW + 5 * MINUTE)
    assert "offline" in done.poll.reason


# Redirects


def test_a_source_moves_when_a_redirect_has_proved_stable() -> None:
    target = "https://new.test/feed"
    known = replace(KNOWN, redirection=Redirection(target=target, since=NOW - 8 * DAY, count=9))
    permanent = Response(url=target, status=200, hops=(Hop(url=URL, status=301, target=target),))
    done = outcome.succeeded(attempt(known), permanent, document(), body_hash="x", new=1)
    assert (done.moved_to, done.poll.result, done.poll.new) == (target, Result.MOVED, 1)
    assert done.state.redirection is None
    failed = outcome.failed(attempt(known), BadFeed("not_a_feed", "a web page"), response=permanent)
    assert (failed.moved_to, failed.state.redirection) == (None, known.redirection)


# All


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 100 * 86400)), max_size=25),
    st.floats(0, 1, exclude_max=True),
)
def test_whatever_happens_a_source_is_polled_again_or_stopped_for_a_reason(
    events: list[tuple[int, int]], random: float
) -> None:
    known, host, at = state(next_check=NOW), HostState(host=LANE), NOW
    for event, later in events:
        at += timedelta(seconds=later)
        made = attempt(known, host=host, now=at, random=random, conditional=any(outcome.validators(known, at)))
        done = _happens(made, event)
        assert done == _happens(made, event)
        known, host = done.state, done.host
        assert known.why
        assert len(known.polls) <= 10
        assert known.attempts == 0
        if known.condition in (Condition.GONE, Condition.QUARANTINED):
            assert known.next_check is None
        else:
            assert known.next_check is not None
            assert at + 5 * MINUTE <= known.next_check <= at + 7 * DAY * 1.3
        if known.condition is Condition.WELL:
            assert known.next_check is not None
            assert known.next_check <= at + 7 * DAY


def _happens(made: outcome.Attempt, event: int) -> Outcome:
    statuses = {1: 304, 2: 404, 3: 410, 4: 429, 5: 503}
    if event in statuses:
        done = outcome.by_status(made, answer(statuses[event], retry_after="99999"))
        assert done is not None
        return done
    if event == 6:
        return outcome.failed(made, FetchError("dns", URL, "…"))
    if event == 7:
        return outcome.failed(made, BadFeed("killed", "…"), response=answer())
    if event == 8:
        return outcome.outage(made)
    return outcome.succeeded(made, answer(etag='"1"'), document(), body_hash=str(event), new=event, times=(made.now,))


def test_an_attempt_is_made_of_a_claim() -> None:
    claim = Claim(source=source(), state=KNOWN, host=HostState(host=LANE), token=1, until=NOW)
    made = outcome.Attempt.of(claim, NOW, chance(0.5), Limits(max_interval=3 * HOUR), conditional=True)
    assert (made.source, made.state, made.host, made.now) == (claim.source, claim.state, claim.host, NOW)
    assert (made.random(), made.limits.max_interval, made.conditional, made.pushed) == (0.5, 3 * HOUR, True, False)
