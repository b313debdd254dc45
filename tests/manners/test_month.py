"""A month of the real journey over a real store: no publisher finds fault, and nothing that was served is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syndicator.model import Condition
from tests.manners.month import Month
from tests.manners.scenarios import scenarios


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    month = Month(tmp_path_factory.mktemp("month"), scenarios())
    month.run()
    yield month
    month.close()


def test_no_publisher_finds_fault_in_a_month(month: Month) -> None:
    assert month.judge.faults() == []


def test_every_article_that_was_handed_out_is_stored(month: Month) -> None:
    lost = {
        scenario.name: sorted(month.judge.seen(scenario) - month.stored(scenario))
        for scenario in month.judge.scenarios
        if month.judge.seen(scenario) != month.stored(scenario)
    }
    assert lost == {}


def test_what_became_of_each_source_in_the_end(month: Month) -> None:
    conditions = {id: state.condition for id, state in month.ports.store.poll_states().items()}
    assert conditions.pop("gone-0") is Condition.GONE
    assert {id for id, condition in conditions.items() if condition is not Condition.WELL} == set()


def test_only_the_source_that_moved_for_good_has_a_new_address(month: Month) -> None:
    known = {source.id: source for source in month.ports.store.sources()}
    moved = {id for url, id in month.source_of.items() if known[id].url != url}
    assert moved == {"moved-0"}
    assert known["moved-0"].aliases == ("https://moved.example/feed.xml",)
