"""Children end with their parent, whoever kills it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from tests.web.running import ROOT, alive, eventually

CHILD = """
import os, sys, time
{before}
from syndicator.lifeline import die_with_parent
die_with_parent(int(sys.argv[1]))
os.write(1, b"%d\\n" % os.getpid())
time.sleep(60)
"""
PARENT = """
import subprocess, sys, os, time
for _ in range(2):
    subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())])
time.sleep(60)
"""
POLLING = "del os.pidfd_open"


@pytest.mark.parametrize("before", ["", POLLING], ids=["pidfd", "polling"])
def test_children_end_when_their_parent_is_killed(before: str) -> None:
    command = [sys.executable, "-c", PARENT, CHILD.format(before=before)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        assert [alive(pid) for pid in pids] == [True, True]
        parent.send_signal(signal.SIGKILL)
        eventually(lambda: not any(alive(pid) for pid in pids), "the end of the children", deadline=5)


@pytest.mark.parametrize("before", ["", POLLING], ids=["pidfd", "polling"])
def test_a_child_whose_parent_is_somebody_else_by_now_ends_at_once(before: str) -> None:
    command = [sys.executable, "-c", CHILD.format(before=before), str(os.getppid())]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=20, check=False)
    assert (finished.returncode, finished.stdout) == (70, b"")


def test_the_end_of_the_thread_that_started_it_does_not_end_a_child() -> None:
    started: list[subprocess.Popen[bytes]] = []
    command = [sys.executable, "-c", CHILD.format(before=""), str(os.getpid())]

    def start() -> None:
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    with started[0] as child:
        assert child.stdout is not None
        pid = int(child.stdout.readline())
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.5)
        assert alive(pid)
        child.kill()
