"""Documents of others are read where they can do no harm: what takes its process along takes nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from syndicator.errors import BadFeed
from syndicator.jobs.parsers import ParserProcesses, _is_quiet
from syndicator.jobs.parsing import GROWN, Limits
from syndicator.model import Incoming
from tests.conftest import ROOT
from tests.jobs.reading import FULL
from tests.running import alive, eventually

GENEROUS = Limits(wall=120.0)
"""For what is not about time: a slow machine is no fault of a document."""


@contextmanager
def parser(
    processes: int = 1, *, does: str = "read", limits: Limits = GENEROUS, idle: float = 60.0
) -> Iterator[ParserProcesses]:
    """A parser whose documents say what is to happen."""
    ours = ParserProcesses(processes, read=f"tests.jobs.reading:{does}", limits=limits, idle=idle)
    try:
        yield ours
    finally:
        ours.close()


def document(says: str) -> Incoming:
    return Incoming(body=says.encode(), url="https://news.example/feed.xml")


def tell(ours: ParserProcesses, says: str = "pid") -> int:
    """The pid of the process that read the document."""
    return int(ours.read(document(says)).format)


def complaint(ours: ParserProcesses, says: str) -> BadFeed:
    with pytest.raises(BadFeed) as caught:
        ours.read(document(says))
    return caught.value


def test_a_reading_comes_back_whole_from_another_process() -> None:
    with parser(does="whole") as ours:
        assert ours.read(document("")) == FULL
    with parser() as ours:
        pids = [tell(ours) for _ in range(3)]
    assert len(set(pids)) == 1
    assert os.getpid() not in pids


@pytest.mark.parametrize(
    ("says", "kind", "reason", "line"),
    [
        ("complain too_complex", "too_complex", "the reason", 7),
        ("raise it", "parse", "ValueError: a value that is wrong", None),
        ("recurse", "parse", "RecursionError: maximum recursion depth", None),
        ("panic", "parse", "Panic: rust", None),
        ("quit", "parse", "SystemExit: 3", None),
    ],
)
def test_what_is_raised_there_is_a_bad_feed_here_and_the_process_goes_on(
    says: str, kind: str, reason: str, line: int | None
) -> None:
    with parser() as ours:
        before = tell(ours)
        bad = complaint(ours, says)
        assert (bad.kind, reason in bad.reason, bad.line) == (kind, True, line)
        assert tell(ours) == before


@pytest.mark.parametrize(
    ("says", "limits", "reason"),
    [
        pytest.param("burn", Limits(cpu=0.2, wall=120), "more than 0.2 s of CPU", id="CPU"),
        pytest.param("burn-in-c", Limits(cpu=0.2, wall=120), "more than 0.2 s of CPU", id="CPU inside one call in C"),
        pytest.param("hog 2147483648", GENEROUS, "more than 512 MiB of memory", id="memory"),
        pytest.param("hang", Limits(wall=0.5), "longer than 0.5 s", id="time without CPU"),
        pytest.param("segv", GENEROUS, "SIGSEGV", id="SIGSEGV"),
        pytest.param("abort", GENEROUS, "SIGABRT", id="SIGABRT"),
        pytest.param("exit 0", GENEROUS, "exit code 0", id="exit without a word"),
        pytest.param("exit 255", GENEROUS, "twice", id="exit as if the fork server had died"),
    ],
)
def test_a_document_that_takes_its_process_along_is_killed_and_the_process_replaced(
    says: str, limits: Limits, reason: str
) -> None:
    with parser(limits=limits) as ours:
        before = eventually(lambda: patient(ours), "a first document was read")
        bad = complaint(ours, says)
        assert (bad.kind, reason in bad.reason) == ("killed", True), bad.reason
        assert not alive(before)
        assert eventually(lambda: patient(ours), "a later document was read") != before


def patient(ours: ParserProcesses) -> int | None:
    """Like `tell`, where so short limits are set that a slow start may exceed them."""
    try:
        return tell(ours)
    except BadFeed:
        return None


def test_the_limits_of_the_project_are_those_of_the_requirements() -> None:
    assert Limits() == Limits(cpu=20.0, memory=512 * 1024 * 1024, wall=30.0)


@pytest.mark.parametrize("share", [0.9, 1.1])
def test_memory_is_limited_beyond_what_an_idle_process_has(share: float) -> None:
    limits = Limits(memory=200 * 1024 * 1024, wall=120)
    with parser(limits=limits) as ours:
        says = f"hog {int(limits.memory * share)}"
        if share < 1:
            assert tell(ours, says)
        else:
            assert complaint(ours, says).kind == "killed"


def test_time_is_counted_for_each_document_anew() -> None:
    with parser(limits=Limits(cpu=0.5, wall=120)) as ours:
        assert len({tell(ours, "burn-a-little 0.2") for _ in range(5)}) == 1


def test_a_process_that_does_not_let_go_of_memory_is_replaced_after_its_document() -> None:
    with parser() as ours:
        before = tell(ours)
        assert tell(ours, f"keep {GROWN // 2}") == before
        assert tell(ours, f"keep {GROWN}") == before
        assert tell(ours) != before
        assert not alive(before)


def test_a_process_killed_from_outside_takes_only_its_document_along() -> None:
    with parser(2) as ours, ThreadPoolExecutor(2) as threads:
        there = [threads.submit(tell, ours, "nap 0.3") for _ in range(2)]
        first, second = (found.result() for found in there)
        assert first != second
        hanging = threads.submit(complaint, ours, "hang")
        others = [tell(ours) for _ in range(20)]
        victim = ({first, second} - set(others)).pop()
        os.kill(victim, signal.SIGKILL)
        assert "SIGKILL" in hanging.result().reason
        assert set(others) == {first, second} - {victim}
        assert tell(ours)


def test_a_process_that_dies_idle_costs_no_document() -> None:
    with parser() as ours:
        before = tell(ours)
        os.kill(before, signal.SIGKILL)
        eventually(lambda: not alive(before), "the process has ended")
        assert tell(ours) != before


def test_a_document_is_read_again_when_the_process_was_told_to_stop() -> None:
    with parser() as ours, ThreadPoolExecutor(1) as threads:
        before = tell(ours)
        reading = threads.submit(tell, ours, "nap 1")
        os.kill(before, signal.SIGTERM)
        assert reading.result() != before


def test_an_answer_that_nobody_asked_for_is_not_taken_for_that_of_the_next_document() -> None:
    with parser() as ours:
        before = tell(ours)
        assert ours.read(document("unasked")) == FULL
        eventually(lambda: not _is_quiet(ours._workers[0]._channel), "the second answer is there")
        assert tell(ours) != before


@pytest.mark.parametrize("does", ["touch", "nothing"])
def test_an_answer_that_is_no_reading_is_never_carried_out(does: str, tmp_path: Path) -> None:
    made = tmp_path / "made"
    with parser(does=does) as ours, pytest.raises(BadFeed, match="nonsense") as caught:
        ours.read(Incoming(body=b"", url=str(made)))
    assert (caught.value.kind, made.exists()) == ("killed", False)


@pytest.mark.parametrize(
    ("says", "allowed"),
    [
        ("connect 9", False),
        ("run /bin/true", False),
        ("fork", False),
        ("open /etc/hostname", False),
        ("write /dev/null", False),
        (f"open {os.__file__}", True),
        ("import json.tool", True),
        ("zone Asia/Kathmandu", True),
        ("codec cp1251", True),
        ("codec iso2022_jp", True),
    ],
)
def test_a_document_can_open_neither_the_network_nor_files_nor_processes(says: str, allowed: bool) -> None:
    with parser() as ours:
        if allowed:
            assert tell(ours, says)
        else:
            bad = complaint(ours, says)
            assert (bad.kind, "PermissionError" in bad.reason) == ("parse", True)


def test_a_process_can_write_no_core_and_no_file_and_open_few() -> None:
    with parser() as ours:
        assert complaint(ours, "limits").reason == "[(0, 0), (0, 0), (64, 64)]"


def test_an_interrupt_from_the_keyboard_reaches_us_alone() -> None:
    with parser() as ours, ThreadPoolExecutor(1) as threads:
        before = tell(ours)
        reading = threads.submit(tell, ours, "nap 0.5")
        os.kill(before, signal.SIGINT)
        assert reading.result() == before


def test_many_threads_are_served_by_few_processes_each_with_its_own_answer() -> None:
    bad = {7, 20, 41, 58}

    def one(number: int) -> str:
        try:
            return f"read by {tell(ours, 'exit 3' if number in bad else 'pid')}"
        except BadFeed as error:
            return error.kind

    with parser(2) as ours, ThreadPoolExecutor(16) as threads:
        found = list(threads.map(one, range(64)))
    assert {number for number, said in enumerate(found) if said == "killed"} == bad
    assert all(said.startswith("read by") for number, said in enumerate(found) if number not in bad)


def test_who_came_first_is_served_first() -> None:
    served: list[int] = []

    def one(number: int) -> None:
        tell(ours)
        served.append(number)

    with parser() as ours:
        tell(ours)
        blocking = threading.Thread(target=tell, args=(ours, "nap 1"))
        blocking.start()
        eventually(lambda: not ours._free, "the process is busy")
        threads = []
        for number in range(8):
            threads.append(threading.Thread(target=one, args=(number,)))
            threads[-1].start()
            eventually(lambda: len(ours._waiting) == len(threads), "it waits in line")
        for thread in [blocking, *threads]:
            thread.join()
    assert served == list(range(8))


def test_processes_are_started_when_needed_and_end_when_idle() -> None:
    with parser(2, idle=0.1) as ours:
        first = tell(ours)
        eventually(lambda: not alive(first), "the process has ended")
        eventually(lambda: ours._timer is None, "nothing is left to look after")
        assert tell(ours) != first


def test_a_process_that_reads_is_not_idle() -> None:
    with parser(idle=0.1) as ours:
        before = tell(ours)
        assert tell(ours, "nap 0.5") == before


@pytest.mark.parametrize("threads", [1, 3])
def test_closing_ends_what_is_being_read_and_what_waits(threads: int) -> None:
    with parser(1) as ours, ThreadPoolExecutor(threads) as pool:
        pid = tell(ours)
        reading = [pool.submit(ours.read, document("hang")) for _ in range(threads)]
        eventually(lambda: len(ours._waiting) == threads - 1 and not ours._free, "all of them wait")
        ours.close()
        said = [future.exception() for future in reading]
        assert [type(error) for error in said] == [RuntimeError] * threads
        assert not alive(pid)
        with pytest.raises(RuntimeError, match="closed"):
            ours.read(document("pid"))


@pytest.mark.parametrize("says", ["pid", "hang", "burn-in-c"])
def test_processes_die_with_the_process_that_uses_them_whatever_they_do(says: str, tmp_path: Path) -> None:
    script = tmp_path / "user.py"
    script.write_text(
        "import threading, time\n"
        "from tests.jobs.test_parsers import parser, tell\n"
        "if __name__ == '__main__':\n"
        "    with parser() as ours:\n"
        "        print(tell(ours), flush=True)\n"
        f"        threading.Thread(target=tell, args=(ours, {says!r})).start()\n"
        "        time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as user:
        assert user.stdout is not None
        worker = int(user.stdout.readline())
        if says == "burn-in-c":
            eventually(lambda: cpu_ticks(worker) >= 30, "the process is inside the call")
        user.kill()
    eventually(lambda: not alive(worker), "the process has ended", seconds=10)


def cpu_ticks(pid: int) -> int:
    """CPU time that a process has used, in clock ticks (10 ms)."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])
