"""Whether it is us who are offline."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syndicator.core.polling.outage import Outage
from tests.core.polling.making import DAY, HOUR, NOW

SECOND = timedelta(seconds=1)


def after(kinds: list[str | None], hosts: int = 5, apart: timedelta = SECOND) -> Outage:
    """After these attempts, in turn on so many hosts."""
    outage = Outage()
    for number, kind in enumerate(kinds):
        outage = outage.record(NOW + number * apart, f"h{number % hosts}", kind, f"s{number}")
    return outage


@pytest.mark.parametrize(
    ("kinds", "hosts", "apart", "offline"),
    [
        (["dns"] * 20, 5, SECOND, True),
        (["connect", "dns"] * 10, 5, SECOND, True),
        (["dns"] * 19, 5, SECOND, False),
        (["dns"] * 20, 4, SECOND, False),
        (["dns"] * 20, 5, 3 * SECOND, True),
        (["dns"] * 30, 5, 3.2 * SECOND, False),
        ([None] * 2 + ["dns"] * 18, 5, SECOND, True),
        ([None] * 3 + ["dns"] * 18, 5, SECOND, False),
        ([None] * 10 + ["dns"] * 55, 5, 2 * SECOND, True),
        (["timeout"] * 30, 5, SECOND, False),
        (["tls"] * 30, 5, SECOND, False),
        ([None] * 30, 5, SECOND, False),
    ],
    ids=[
        "twenty",
        "either way",
        "nineteen",
        "on four hosts",
        "within a minute",
        "more slowly",
        "nine of ten",
        "fewer",
        "those of an hour ago do not count",
        "too slow is not offline",
        "nor is a bad certificate",
        "all is well",
    ],
)
def test_offline_is_when_nearly_nothing_finds_a_way_out(
    kinds: list[str | None], hosts: int, apart: timedelta, offline: bool
) -> None:
    assert after(kinds, hosts, apart).offline == offline


OFFLINE = after(["dns"] * 20)
NOTICED = NOW + 19 * SECOND


def test_offline_one_attempt_is_made_a_minute() -> None:
    assert OFFLINE.since == NOTICED
    tries = []
    outage, at = OFFLINE, NOTICED
    while at < NOTICED + HOUR:
        if outage.may_try(at):
            tries.append(at - NOTICED)
            outage = outage.probed(at).record(at, "h1", "dns")
        at += SECOND
    assert tries == [minute * 60 * SECOND for minute in range(1, 60)]
    assert outage.offline


@pytest.mark.parametrize("kind", [None, "timeout", "tls", "protocol", "too_large"])
def test_any_answer_ends_it(kind: str | None) -> None:
    back = OFFLINE.record(NOTICED + 60 * SECOND, "h1", kind)
    assert not back.offline
    assert back.may_try(NOTICED + 60 * SECOND)


def test_only_what_finds_no_way_out_is_blamed_on_us() -> None:
    assert [OFFLINE.blames(kind) for kind in ("dns", "connect", "timeout", None)] == [True, True, False, False]
    assert not Outage().blames("dns")
    assert OFFLINE.blamed() == {f"s{number}" for number in range(20)}
    assert Outage().blamed() == frozenset()


def test_a_clock_that_runs_back_does_not_silence_us() -> None:
    assert OFFLINE.may_try(NOW - DAY)
    assert not after(["dns"] * 19).record(NOW - DAY, "h9", "dns").offline


def test_what_is_remembered_is_bounded() -> None:
    assert len(after([None] * 3000, 50, timedelta(milliseconds=10)).attempts) <= 1000
