"""Folders of articles, really built: one whose feed has 60 KB, and one with as many feeds as wanted."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.making import AUTHORS, FIRST, TAGS, headline
from tests.running import Site

PATIENCE = 1800.0
_TAGS_EACH = 10
_SYLLABLES = [first + last for first in "bdfghklmnprstvw" for last in ("a", "en", "i", "or", "u", "es")]


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


def article(index: int, when: datetime, tags: list[str] | None = None, title: str = "") -> str:
    """A file of about 1 KB; its number decides what is not given."""
    chance = random.Random(index)
    head = [
        "---",
        f"title: {title or headline(chance, index)}",
        f"date: {when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"tags: [{', '.join(tags or [TAGS[index % len(TAGS)]])}]",
        f"author: {AUTHORS[index // len(TAGS) % len(AUTHORS)]}",
        "---",
    ]
    return "\n".join(head) + "\n\n" + "\n\n".join(text(chance, 35) for _ in range(2)) + "\n"


def text(chance: random.Random, words: int) -> str:
    """Text that packs about as well as people's does: to a third."""
    made = ("".join(chance.choice(_SYLLABLES) for _ in range(chance.choice((1, 2, 2, 3)))) for _ in range(words))
    return " ".join(made).capitalize() + "."


def build(site: Site) -> None:
    """`syndicator build`. Raises CalledProcessError where it fails."""
    command = [sys.executable, "-m", "syndicator", "--root", str(site.root), "build"]
    subprocess.run(command, env=site.environ, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)
