"""Pure work on all cores: the same results in the same order as in one process."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from syndicator.core.articles import Rules, read
from syndicator.jobs.parallel import WORTH_IT, Processes
from syndicator.model import Reading
from tests.conftest import ROOT
from tests.running import alive, eventually


def parse(rules: Rules, text: str) -> tuple[int, Reading]:
    return os.getpid(), read(text.encode(), "a.md", rules)


@pytest.mark.parametrize("count", [0, 1, WORTH_IT - 1, WORTH_IT * 2])
def test_results_come_in_order_from_other_processes_where_it_pays(count: int) -> None:
    texts = [f"---\ntitle: T{n}\n---\n\nBody number {n}.\n" for n in range(count)]
    spread = Processes(2)
    try:
        results = list(spread(partial(parse, Rules(source="seeds")), texts))
    finally:
        spread.close()
    assert [reading.article.title for _, reading in results] == [f"T{n}" for n in range(count)]
    assert (os.getpid() in {pid for pid, _ in results}) == (0 < count < WORTH_IT)


def fail(thing: int) -> int:
    if thing == 150:
        raise ValueError("one hundred and fifty")
    return thing


def test_what_goes_wrong_there_is_raised_here() -> None:
    spread = Processes(2)
    try:
        with pytest.raises(ValueError, match="one hundred and fifty"):
            list(spread(fail, list(range(200))))
        assert list(spread(abs, [-1, -2])) == [1, 2]
    finally:
        spread.close()


def pid(_: int) -> int:
    return os.getpid()


def test_processes_that_have_nothing_to_do_end() -> None:
    spread = Processes(2, idle=0.0)
    workers = set(spread(pid, list(range(200))))
    eventually(lambda: not any(alive(worker) for worker in workers), "the workers have ended")
    assert os.getpid() not in set(spread(pid, list(range(200))))
    spread.close()


def test_processes_die_with_the_process_that_uses_them(tmp_path: Path) -> None:
    script = tmp_path / "user.py"
    script.write_text(
        "import time\n"
        "from syndicator.jobs.parallel import Processes\n"
        "from tests.jobs.test_parallel import pid\n"
        "if __name__ == '__main__':\n"
        "    print(*set(Processes(2)(pid, list(range(200)))), flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as user:
        assert user.stdout is not None
        workers = [int(word) for word in user.stdout.readline().split()]
        user.kill()
    assert workers
    eventually(lambda: not any(alive(worker) for worker in workers), "the workers have ended")
