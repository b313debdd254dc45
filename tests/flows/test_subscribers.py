"""Whoever reads deltas holds the same as whoever reads whole documents."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from syndicator.flows import past
from tests.flows.subscribers import Newsroom, simulate

NUMBERS = st.integers(min_value=1, max_value=40)


class Subscribing(RuleBasedStateMachine):
    """An author, an editor, a daemon and two pairs of subscribers, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.room = Newsroom(Path(self.folder.name))

    def teardown(self) -> None:
        try:
            self.room.publish()
            self.room.world.wait(minutes=1)
            for pair in self.room.pairs:
                self.room.poll(pair)
            self.room.remember()
        finally:
            self.room.close()
            self.folder.cleanup()

    def chosen(self, number: int) -> int:
        """One of the articles that there are, the newest ones first."""
        return self.room.written - (number - 1) % self.room.written

    @initialize(count=st.integers(min_value=1, max_value=9))
    def begin(self, count: int) -> None:
        for _ in range(count):
            self.room.write()
        self.room.publish()
        for pair in self.room.pairs:
            self.room.poll(pair)

    @rule()
    def write(self) -> None:
        self.room.write()

    @rule(number=NUMBERS, words=st.integers(min_value=1, max_value=9))
    def change(self, number: int, words: int) -> None:
        self.room.change(self.chosen(number), words)

    @rule(number=NUMBERS)
    def bring_back(self, number: int) -> None:
        self.room.bring_back(self.chosen(number))

    @rule(number=NUMBERS)
    def withdraw(self, number: int) -> None:
        self.room.withdraw(self.chosen(number))

    @rule(number=NUMBERS, note=st.sampled_from(("It was four.", "It was five.")))
    def correct(self, number: int, note: str) -> None:
        self.room.correct(self.chosen(number), note)

    @rule(number=NUMBERS)
    def retract(self, number: int) -> None:
        self.room.retract(self.chosen(number))

    @rule(number=NUMBERS)
    def restore(self, number: int) -> None:
        self.room.restore(self.chosen(number))

    @precondition(lambda self: len(self.room.killed) < 3)
    @rule(number=NUMBERS)
    def kill(self, number: int) -> None:
        self.room.kill(self.chosen(number))

    @rule(minutes=st.sampled_from((1, 30, 60 * 24)))
    def wait(self, minutes: int) -> None:
        self.room.world.wait(minutes=minutes)

    @rule(pair=st.integers(min_value=0, max_value=1), first=st.booleans())
    def poll(self, pair: int, first: bool) -> None:
        """Mostly what was just published."""
        if first:
            self.room.publish()
        self.room.poll(self.room.pairs[pair])

    @rule()
    def prune(self) -> None:
        past.forget(self.room.world.ports)


Subscribing.TestCase.settings = settings(
    max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestSubscribing = Subscribing.TestCase


def test_after_a_day_both_hold_the_same_and_deltas_were_sent(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    simulate(room, days=1, seed=4)
    answers = {pair[0].path: pair[0].answers[226] for pair in room.pairs[0].subscribers}
    assert min(answers.values()) > 5, answers
    assert all(mine.received < theirs.received for mine, theirs in room.pairs[0].subscribers)
    assert len(room.killed) > 0
    room.close()
