"""The commands of the README, by what they are for.

`python tests/readme.py run|test` prints one; `python tests/readme.py served URL` asks for a feed, and ends with 0 when
it is answered with articles.
"""

from __future__ import annotations

import io
import re
import sys
import urllib.request
from pathlib import Path

import feedparser

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


def served(url: str) -> bool:
    """Whether a feed with articles is answered at this address."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return len(feedparser.parse(io.BytesIO(answer.read())).entries) > 0


if __name__ == "__main__":
    if sys.argv[1] == "served":
        sys.exit(0 if served(sys.argv[2]) else 1)
    print(command(sys.argv[1]))
