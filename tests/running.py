"""Real processes of the command, on loopback, in a folder of their own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any, TypeVar

import feedparser

T = TypeVar("T")

DEADLINE = 30.0
"""Seconds that anything may take on a slow machine; ten times what is needed and more."""


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], T | None], what: str | Callable[[], str], seconds: float = DEADLINE) -> T:
    """What `look` gives once it gives something; else it fails and says `what` was awaited."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds:.0f} s: {what if isinstance(what, str) else what()}")


class Site:
    """A folder with seeds/ and the commands run on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self.admin = free_port()
        self.seeds = root / "seeds"
        self.seeds.mkdir(parents=True, exist_ok=True)
        self.processes: list[subprocess.Popen[Any]] = []
        self.environ = self._environ()
        self.log = (root / "log.txt").open("a+", encoding="utf-8")

    def _environ(self) -> dict[str, str]:
        ours = {
            "SYNDICATOR_WEB__BIND": f"127.0.0.1:{self.port}",
            "SYNDICATOR_WEB__ADMIN_BIND": f"127.0.0.1:{self.admin}",
        }
        return {name: value for name, value in os.environ.items() if not name.startswith("SYNDICATOR_")} | ours

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        process = subprocess.Popen(
            [sys.executable, "-m", "syndicator", "--root", str(self.root), *arguments],
            env=self.environ,
            stdout=self.log,
            stderr=self.log,
            text=True,
        )
        self.processes.append(process)
        return process

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "syndicator", "--root", str(self.root), *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=DEADLINE * 4,
        )

    def get(
        self, path: str, headers: dict[str, str] | None = None, port: int | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of a GET; status 0 where nobody answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.port}{path}", headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return answer.status, _lower(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _lower(error.headers), error.read()
        except OSError:
            return 0, {}, b""

    def feed(self, path: str = "/feed.xml") -> Any:
        """A feed as a reader sees it, or None while it is not answered."""
        status, _, body = self.get(path)
        return feedparser.parse(io.BytesIO(body)) if status == 200 else None

    def titles(self) -> list[str]:
        feed = self.feed()
        return [entry.title for entry in feed.entries] if feed else []

    def running(self) -> subprocess.Popen[str]:
        """`syndicator run`, once it answers."""
        process = self.start("run")
        eventually(self.feed, lambda: f"a feed is served\n{self.said()}")
        return process

    def said(self) -> str:
        """What the processes printed."""
        self.log.flush()
        return (self.root / "log.txt").read_text("utf-8")

    def tree(self, pid: int) -> list[int]:
        """The process and all that descend from it."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except (OSError, ValueError, IndexError):
                    continue
                children.setdefault(parent, []).append(int(entry.name))
        found = [pid]
        for one in found:
            found.extend(children.get(one, ()))
        return found

    def kill(self, pid: int, number: int = signal.SIGKILL) -> None:
        """Signal a process and all that descend from it, as far as they are still there: some end with their parent."""
        for one in self.tree(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, number)

    def close(self) -> None:
        """End everything that was started here."""
        for process in self.processes:
            if process.poll() is None:
                self.kill(process.pid)
            process.wait()
        self.log.close()


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def listed(result: subprocess.CompletedProcess[str]) -> Any:
    """What a command printed as JSON."""
    return json.loads(result.stdout)
