"""Load from wrk, and what it measured."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
_SCRIPT = Path(__file__).with_name("asking.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one run of wrk found. `p50` and `p99` are seconds, `errors` what was no answer, 4xx or 5xx, by kind."""

    requests: int
    seconds: float
    bytes: int
    p50: float
    p99: float
    errors: Mapping[str, int]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request: its path and the fields that wrk does not send by itself."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()

    def line(self) -> str:
        """As the script reads it."""
        return "\t".join([self.path, *(f"{name}: {value}" for name, value in self.headers)])


def load(
    port: int,
    questions: Sequence[Question],
    seconds: float,
    folder: Path,
    *,
    rate: float | None = None,
    connections: int = CONNECTIONS,
) -> Load:
    """Ask a server on loopback for `seconds`, with one thread, as often as it answers or about `rate` times a second.

    The questions are asked in a random order. wrk cannot hold a rate: where one is given, its connections pause between
    requests for so long that they come near it. Raises CalledProcessError where wrk fails.
    """
    asked = folder / "questions.txt"
    asked.write_text("\n".join(question.line() for question in questions) + "\n", "utf-8")
    pause = [str(round(1000 * connections / rate))] if rate else []
    length = max(1, round(seconds))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{length}s", "--timeout", "10s", "-s", str(_SCRIPT)]
    told = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/", "--", str(asked), *pause],
        check=True,
        capture_output=True,
        text=True,
        timeout=length + 60,
    )
    return read(told.stdout)


def read(output: str) -> Load:
    """What the script printed. Raises ValueError where it did not."""
    line = next((line for line in output.splitlines() if line.startswith("{")), "")
    found = json.loads(line)
    kinds = ("connect", "read", "write", "timeout", "status")
    errors = {kind: found.pop(kind) for kind in kinds}
    return Load(**found, errors={kind: number for kind, number in errors.items() if number})
