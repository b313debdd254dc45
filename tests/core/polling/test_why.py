"""Why a source is polled when it is, told line by line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syndicator.core.polling import outcome, plain, standing
from syndicator.core.polling.why import told, why
from syndicator.errors import BadFeed
from syndicator.model import Condition, Hints, HostState, Poll, PollState, Redirection, Result, Source
from tests.core.polling.making import DAY, HOUR, LANE, MINUTE, NOW, answer, attempt, document, every, source, state

HOST = HostState(host=LANE)
WELL = state(times=every(8 * HOUR), condition=Condition.WELL)


def lines(known: PollState, ours: Source | None = None, host: HostState = HOST, later: int = 0) -> list[str]:
    """What is told so many minutes after the poll."""
    return why(ours or source(), known, host, NOW + later * MINUTE)


def test_a_source_that_is_well() -> None:
    polled = outcome.succeeded(
        attempt(WELL),
        replace(answer(cache_control="max-age=7200"), seconds=0.25, received=12345),
        document(notices=("it is not well-formed",)),
        body_hash="x",
        new=2,
    )
    assert lines(polled.state, later=15) == [
        "Polled next at 2026-11-18 14:00 UTC, in 1.8 hours.",
        "Why then: about 3 articles a day, and its server says that an answer is good for 2 hours:"
        " every 2 to 2.4 hours.",
        "It could be read, but: it is not well-formed.",
        "Its only poll so far:",
        "  2026-11-18 12:00 UTC  new (2 new, 0 changed), HTTP 200, 0.2 s, 12,345 bytes",
    ]


def test_a_source_that_was_never_polled() -> None:
    assert lines(state(next_check=NOW, why="it was never polled")) == [
        "Due now, since 2026-11-18 12:00 UTC: it is polled as soon as its host and a worker are free.",
        "Why then: it was never polled.",
    ]


def test_a_source_that_fails() -> None:
    known = WELL
    for hours in (0, 1, 3):
        known = outcome.failed(attempt(known, now=NOW + hours * HOUR), response=answer(404)).state
    assert lines(known, later=180)[:3] == [
        "Polled next at 2026-11-18 19:00 UTC, in 4 hours.",
        "Why then: it failed 3 times in a row: tried again after 4 to 5.2 hours.",
        f"It has failed 3 times in a row, for 3 hours. {plain.of_status(404)}",
    ]
    assert lines(known)[-4] == "Its last polls:"


def test_a_host_that_rests() -> None:
    done = outcome.paused(attempt(WELL), answer(429, retry_after="7200"))
    told_lines = lines(replace(done.state, next_check=NOW + HOUR), host=done.host)
    assert told_lines[:4] == [
        "Polled next at 2026-11-18 14:00 UTC, in 2 hours.",
        "Why then: its host asked us to rest until 2026-11-18 14:00 UTC.",
        f"Its host {LANE} asked us to rest: nothing is asked of it before 2026-11-18 14:00 UTC.",
        plain.of_status(429),
    ]


def test_a_host_that_has_trouble() -> None:
    troubled = HostState(host=LANE, trouble="404", troubled_at=NOW)
    done = outcome.failed(attempt(WELL, host=troubled), response=answer(404))
    assert "Why then: many sources of its host fail alike: tried again after 60 to 78 minutes." in lines(done.state)
    expected = f"Many sources of {LANE} fail alike: it is the host's trouble, and soon tried again."
    assert expected in lines(done.state, host=done.host)


@pytest.mark.parametrize(
    ("ours", "known", "first"),
    [
        (source(paused=True), WELL, "Not polled: it is paused. `syndicator resume feed` goes on with it."),
        (source(removed=True), WELL, "Not polled: it was removed."),
        (source(), state(condition=Condition.GONE), "Not polled: the site says that it is gone for good."),
        (source(), standing.quarantined(attempt(WELL)).state, "Not polled: it is in quarantine."),
        (source(), state(), "Not polled: it has no next time."),
    ],
    ids=["paused", "removed", "gone", "quarantined", "odd"],
)
def test_a_source_that_is_not_polled(ours: Source, known: PollState, first: str) -> None:
    assert lines(known, ours)[0] == first
    assert not any(line.startswith("Why then") for line in lines(known, ours))


def test_what_to_do_about_a_quarantine_is_told() -> None:
    known = WELL
    for _ in range(3):
        known = outcome.failed(attempt(known), BadFeed("killed", "20 s of CPU"), response=answer()).state
    assert any("`syndicator resume`" in line for line in lines(known))


def test_wishes_of_the_publisher() -> None:
    told_lines = lines(replace(WELL, hints=Hints(skip_hours=(0, 13), skip_days=(5, 6))))
    assert "It asks not to be polled at these hours (GMT): 00, 13." in told_lines
    assert "It asks not to be polled on Saturday, Sunday." in told_lines


@pytest.mark.parametrize(
    ("ours", "count", "end"),
    [
        (source(), 3, "The new address is taken over once it has stayed the same for a week."),
        (source(declared=True), 3, "The new address is taken over once it has stayed the same for a week."),
        (source(declared=True), 10, "change `url` of this source in syndicator.toml."),
        (source(), 10, "since 2026-11-10 12:00 UTC."),
    ],
    ids=["watched", "declared, watched", "declared, proved", "proved"],
)
def test_a_redirect_that_is_watched(ours: Source, count: int, end: str) -> None:
    seen = Redirection(target="https://new.test/feed", since=NOW - 8 * DAY, count=count)
    told_lines = lines(replace(WELL, redirection=seen), ours)
    assert next(line for line in told_lines if "https://new.test/feed" in line).endswith(end)


@pytest.mark.parametrize(
    ("poll", "line"),
    [
        (Poll(at=NOW, result=Result.NOT_MODIFIED, status=304), "2026-11-18 12:00 UTC  not modified, HTTP 304"),
        (Poll(at=NOW, result=Result.OUTAGE, reason="We seem to be offline."), "outage: We seem to be offline."),
        (Poll(at=NOW, result=Result.MOVED, status=200, new=1), "moved (1 new, 0 changed), HTTP 200"),
    ],
)
def test_a_poll_in_a_line(poll: Poll, line: str) -> None:
    assert told(poll).endswith(line)
