"""T1, T51: the daemon is killed at moments of chance while it polls; `python -m tests.kills 200` does so more often."""

from __future__ import annotations

from pathlib import Path

from tests.kills import A_ROUND, kill


def test_t1_t51_twenty_kills_lose_nothing_double_nothing_and_ask_nobody_twice(tmp_path: Path) -> None:
    requests, articles = kill(A_ROUND, tmp_path, seed=20260501)
    assert requests > A_ROUND
    assert articles > 2 * A_ROUND
