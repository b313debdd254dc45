"""The commands of the README, by what they are for: `python tests/readme.py run|test` prints one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
MARKS = {"run": "syndicator run", "test": "pytest"}


def blocks(language: str = "console") -> list[str]:
    """The fenced code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)


def command(name: str) -> str:
    """The one-line command that installs and then does `name`."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    (found,) = [line for line in lines if line.startswith("python3 -m venv") and MARKS[name] in line]
    return found


if __name__ == "__main__":
    print(command(sys.argv[1]))
