"""Folders of articles, really built: one whose feed has 60 KB, and one with as many feeds as wanted."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from tests.bench.making import AUTHORS, FIRST, TAGS, headline
from tests.bench.serving.servers import ROOT
from tests.running import Site

PATIENCE = 1800.0
_TAGS_EACH = 10


def paper(root: Path, number: int) -> Site:
    """A site of `number` articles whose feed of the newest 50 has about 60 KB."""
    site = Site(root)
    for index in range(number):
        (site.seeds / f"{index:06}.md").write_text(article(index, FIRST + timedelta(hours=7 * index)), "utf-8")
    build(site)
    return site


def library(root: Path, feeds: int, size: int) -> Site:
    """A site with a feed for each of so many tags, all with as many articles: each feed has about `size` KB."""
    site = Site(root)
    each = max(1, round(size / 1.6))
    for index in range(feeds * each // _TAGS_EACH):
        tags = [f"t{(index * _TAGS_EACH + n) % feeds:05}" for n in range(_TAGS_EACH)]
        (site.seeds / f"{index:06}.md").write_text(article(index, FIRST + timedelta(hours=index), tags), "utf-8")
    build(site)
    return site


def article(index: int, when: datetime, tags: list[str] | None = None, title: str = "", paragraphs: int = 2) -> str:
    """A file with so many paragraphs of some 200 letters; its number decides what is not given."""
    chance = random.Random(index)
    head = [
        "---",
        f"title: {title or headline(chance, index)}",
        f"date: {when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"tags: [{', '.join(tags or [TAGS[index % len(TAGS)]])}]",
        f"author: {AUTHORS[index // len(TAGS) % len(AUTHORS)]}",
        "---",
    ]
    return "\n".join(head) + "\n\n" + "\n\n".join(text(chance, 40) for _ in range(paragraphs)) + "\n"


def text(chance: random.Random, words: int) -> str:
    """Words that follow one another as in our own pages, so that they pack about as well as what people write."""
    follow = _following()
    word = chance.choice(list(follow))
    said = [word]
    while len(said) < words:
        word = chance.choice(follow.get(word) or list(follow))
        said.append(word)
    return " ".join(said).capitalize() + "."


@cache
def _following() -> dict[str, list[str]]:
    """Which words follow which in the pages of the project."""
    follow: dict[str, list[str]] = {}
    for page in sorted((ROOT / "docs").glob("*.md")):
        for word, after in pairwise(re.findall(r"[A-Za-z]+(?:'[a-z]+)?[,;]?(?= |$)", page.read_text("utf-8"), re.M)):
            follow.setdefault(word, []).append(after)
    return follow


def build(site: Site) -> None:
    """`syndicator build`. Raises CalledProcessError where it fails."""
    command = [sys.executable, "-m", "syndicator", "--root", str(site.root), "build"]
    subprocess.run(command, env=site.environ, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)
