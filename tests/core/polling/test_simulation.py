"""The rules over two months: how often we ask, how late we are. The whole table: `python -m … .simulation`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.polling.simulation import KINDS, Tally, simulate, table

FEEDS, DAYS = 20, 60


@pytest.fixture(scope="module")
def tallies() -> dict[str, Tally]:
    return simulate(FEEDS, DAYS)


@pytest.mark.parametrize(
    ("kind", "requests", "median", "late"),
    [("daily", 22, 40, 75), ("slower", 6, 200, 400), ("dormant", 4, 300, 480)],
)
def test_requests_and_delays_are_near_what_the_rules_promise(
    tallies: dict[str, Tally], kind: str, requests: float, median: float, late: float
) -> None:
    tally = tallies[kind]
    assert 0 < tally.requests / tally.feeds / DAYS <= requests
    assert 0 < tally.percentile(0.5) <= median
    assert tally.percentile(0.5) < tally.percentile(0.95) <= late


def test_nobody_is_asked_twice_within_an_hour_or_left_for_more_than_a_day_and_a_fifth(
    tallies: dict[str, Tally],
) -> None:
    assert all(timedelta(hours=1) <= tally.shortest for tally in tallies.values())
    assert all(tally.longest <= timedelta(hours=28.8) for tally in tallies.values())


def test_whole_documents_are_asked_for_only_when_there_is_news_and_once_a_week(tallies: dict[str, Tally]) -> None:
    for tally in tallies.values():
        weekly = tally.feeds * (DAYS / 7 + 2)
        assert tally.full <= len(tally.delays) + weekly


def test_the_same_chance_gives_the_same_polls(tallies: dict[str, Tally]) -> None:
    assert simulate(FEEDS, DAYS) == tallies
    assert simulate(FEEDS, DAYS, seed=2) != tallies


def test_the_table_has_a_row_for_every_kind(tallies: dict[str, Tally]) -> None:
    rows = table(tallies, DAYS).splitlines()
    assert [row.split(" | ")[0] for row in rows[2:]] == [*(f"| {kind.name}" for kind in KINDS), "| all"]
