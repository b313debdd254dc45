"""Signals may come at any moment, also while another one is being told of."""

from __future__ import annotations

import subprocess
import sys

STORM = """
import os, signal, sys

for _ in range(300_000):
    os.kill({pid}, signal.SIGUSR1)
os.kill({pid}, signal.SIGUSR2)
"""

WAITING = f"""
import os, signal, subprocess, sys
from syndicator.bell import Bell

bell, over = Bell(), []
bell.ring_for_signals()
signal.signal(signal.SIGUSR1, lambda *_: bell.set())
signal.signal(signal.SIGUSR2, lambda *_: (over.append(True), bell.set()))
storm = subprocess.Popen([sys.executable, "-c", {STORM!r}.format(pid=os.getpid())])
while not over:
    bell.wait()
    bell.clear()
storm.wait()
print("over")
"""


def test_a_storm_of_signals_does_not_stop_whoever_waits_for_them() -> None:
    result = subprocess.run([sys.executable, "-c", WAITING], capture_output=True, text=True, timeout=60)
    assert (result.stdout, result.stderr) == ("over\n", "")
