"""A host as a lane, and its trouble."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syndicator.core.polling import hosts, outcome
from syndicator.model import Condition, HostState
from tests.core.polling.making import DAY, HOUR, LANE, MINUTE, NOW, answer, attempt, every, source, state

HOST = HostState(host=LANE)


@pytest.mark.parametrize(
    ("url", "lane"),
    [
        ("https://Example.ORG/feed", "https://example.org:443"),
        ("HTTP://example.org./feed", "http://example.org:80"),
        ("http://example.org:8080/feed", "http://example.org:8080"),
        ("https://user:secret@example.org:443/", "https://example.org:443"),
        ("http://[::1]:81/", "http://[::1]:81"),
        ("http://example.org:99999/", "http://example.org:80"),
        ("nonsense", "://:0"),
    ],
)
def test_a_lane_is_scheme_host_and_port(url: str, lane: str) -> None:
    assert hosts.lane(url) == lane


def after(*failures: tuple[str, str, timedelta], host: HostState = HOST) -> tuple[HostState, bool]:
    """The host after these failures: source, kind, how long after the beginning; and whether it has trouble then."""
    trouble = False
    for name, kind, later in failures:
        host, trouble = hosts.failed(host, name, kind, NOW + later)
    return host, trouble


@pytest.mark.parametrize(
    ("failures", "trouble"),
    [
        ([(f"s{n}", "404", n * MINUTE) for n in range(4)], False),
        ([(f"s{n}", "404", n * MINUTE) for n in range(5)], True),
        ([(f"s{n}", "404", timedelta()) for n in range(5)], True),
        ([(f"s{n}", "404", n * 15 * MINUTE) for n in range(5)], True),
        ([(f"s{n}", "404", n * 16 * MINUTE) for n in range(5)], False),
        ([("s1", "404", n * MINUTE) for n in range(9)], False),
        ([(f"s{n}", str(400 + n), n * MINUTE) for n in range(9)], False),
        ([(f"s{n}", "404" if n % 2 else "500", n * MINUTE) for n in range(9)], True),
    ],
    ids=[
        "four",
        "five",
        "five at once",
        "five within an hour",
        "five in more than an hour",
        "one again and again",
        "each in its own way",
        "five of nine alike",
    ],
)
def test_five_that_fail_alike_within_an_hour_are_the_hosts_trouble(
    failures: list[tuple[str, str, timedelta]], trouble: bool
) -> None:
    assert after(*failures)[1] == trouble


def test_trouble_goes_on_as_long_as_its_failures_do() -> None:
    host, _ = after(*((f"s{n}", "404", n * MINUTE) for n in range(5)))
    assert hosts.failed(host, "s1", "404", NOW + 2.5 * HOUR)[1]
    assert not hosts.failed(host, "s1", "500", NOW + 2.5 * HOUR)[1]
    assert not hosts.failed(host, "s1", "404", NOW + 4 * HOUR)[1]


def test_a_success_ends_it() -> None:
    host, _ = after(*((f"s{n}", "404", n * MINUTE) for n in range(5)))
    well = hosts.succeeded(host, "s1", NOW + 10 * MINUTE)
    assert (well.trouble, well.troubled_at) == ("", None)
    assert not hosts.failed(well, "s2", "404", NOW + 11 * MINUTE)[1]


def test_a_host_of_thousands_of_sources_stays_small() -> None:
    host, trouble = after(*((f"s{n}", str(n % 3), n * timedelta(seconds=1)) for n in range(2000)))
    assert trouble
    assert len(host.failures) == 15


def test_failures_of_a_clock_that_ran_ahead_do_not_count() -> None:
    host, _ = after(*((f"s{n}", "404", DAY) for n in range(4)))
    assert not hosts.failed(host, "s9", "404", NOW)[1]


def test_the_daily_404s_of_a_video_site_cost_nobody_more_than_two_hours() -> None:
    """Twelve sources answer 404 for six hours of each of ten days (faults.md T38)."""
    states = {f"s{n}": state(source=f"s{n}", times=every(DAY), next_check=NOW + n * 10 * MINUTE) for n in range(12)}
    host, late = HOST, []
    for _ in range(4000):
        name, known = min(states.items(), key=lambda pair: (pair[1].next_check, pair[0]))
        at = known.next_check
        assert at is not None
        if at > NOW + 10 * DAY:
            break
        window = (at - NOW) % DAY - 6 * HOUR
        made = attempt(known, source(id=name), now=at, host=host, random=0.5)
        if timedelta() <= window < 6 * HOUR:
            done = outcome.failed(made, response=answer(404))
        else:
            if known.condition is Condition.TROUBLED:
                late.append(window - 6 * HOUR)
            done = outcome.succeeded(made, answer(), body_hash="x", times=(at,))
        states[name], host = done.state, done.host
    assert len(late) >= 100
    assert max(late) <= 2 * HOUR * 1.3
    assert {known.condition for known in states.values()} <= {Condition.WELL, Condition.TROUBLED}
