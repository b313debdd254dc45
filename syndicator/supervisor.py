"""`syndicator run`: one process tree. Starts its parts, passes signals on, and ends when one cannot go on.

A part that dies after it ran for a while is started again; one that cannot even start ends the rest, and its
exit code becomes ours.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from syndicator.bell import Bell

SETTLED = 10.0
"""Seconds after which a part that ends is taken for a crash and started again."""
GRACE = 12.0
"""Seconds that parts get to end; a little more than they give themselves."""


class Supervisor:
    """Runs `commands` (name -> argv) as children that die with us.

    A second request to stop, more than a second after the first, ends everything at once.
    """

    def __init__(self, commands: Mapping[str, Sequence[str]], environ: Mapping[str, str]) -> None:
        self._commands = commands
        self._environ = {**environ, "SYNDICATOR_PARENT": str(os.getpid())}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, float] = {}
        self._stopping = False
        self._asked = math.inf
        self._ended = Bell()

    def run(self) -> int:
        """Until told to stop, or a part cannot go on. The exit code: 0 after a SIGTERM or SIGINT."""
        self._ended.ring_for_signals()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for name in self._commands:
            self._start(name)
        code = self._watch()
        self._end()
        return code

    def _start(self, name: str) -> None:
        self._started[name] = time.monotonic()
        # Until a part listens for it, a HUP would end the part. Ignoring it is inherited, listening for it is not.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._children[name] = subprocess.Popen(self._commands[name], env=self._environ)
        signal.signal(signal.SIGHUP, lambda *_: self._pass_on(signal.SIGHUP))
        threading.Thread(target=self._wait, args=(self._children[name],), daemon=True).start()

    def _wait(self, child: subprocess.Popen[bytes]) -> None:
        child.wait()
        self._ended.set()

    def _watch(self) -> int:
        while True:
            self._ended.wait()
            self._ended.clear()
            for name, child in list(self._children.items()):
                code = child.poll()
                if code is None:
                    continue
                if self._stopping:
                    return 0
                if time.monotonic() - self._started[name] < SETTLED:
                    return code if code > 0 else 1
                print(f"syndicator: {name} ended with {code}; it is started again", file=sys.stderr)  # noqa: T201
                self._start(name)
            if self._stopping:
                return 0

    def _stop(self, *_: object) -> None:
        now = time.monotonic()
        if now - self._asked > 1.0:
            for child in self._children.values():
                child.kill()
            os._exit(1)
        self._asked = min(self._asked, now)
        self._stopping = True
        self._pass_on(signal.SIGTERM)
        self._ended.set()

    def _pass_on(self, number: int) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(number)

    def _end(self) -> None:
        self._stopping = True
        self._pass_on(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for child in self._children.values():
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
