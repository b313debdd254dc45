"""A folder of articles to measure with: Markdown with front matter, the same bytes for the same number everywhere.

The front matter is written so that syndicator, Pelican and Hugo read the same things out of the same file.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

TAGS = (
    "harbour",
    "orchard",
    "library",
    "railway",
    "market",
    "theatre",
    "glacier",
    "bakery",
    "lighthouse",
    "garden",
    "bridge",
    "museum",
    "school",
    "forest",
    "canal",
    "workshop",
    "festival",
    "meadow",
    "observatory",
    "kitchen",
)
AUTHORS = (
    *("Ada Brook", "Ben Castle", "Clara Dahl", "David Elm", "Eva Frost"),
    *("Felix Grove", "Greta Hill", "Hugo Irving", "Ines Jarvis", "Jonas Kerr"),
)
FIRST = datetime(2012, 1, 1, 8, tzinfo=UTC)
"""The oldest article's date; the others follow, seven hours apart, and none lies ahead of today."""

_WHO = [
    "the town council",
    "a retired teacher",
    "our neighbours",
    "the night train",
    "every visitor",
    "the youngest baker",
    "a quiet engineer",
    "the harbour master",
    "two students",
    "the old choir",
    "a travelling painter",
    "the weather office",
]
_DID = [
    "opened",
    "repaired",
    "measured",
    "forgot",
    "described",
    "carried",
    "painted",
    "counted",
    "promised",
    "remembered",
    "sold",
    "planted",
]
_WHAT = [
    "the stone bridge",
    "a box of letters",
    "the first strawberries",
    "an empty warehouse",
    "seven wooden boats",
    "the broken clock",
    "a map of the valley",
    "the summer timetable",
    "an unusual telescope",
    "the village archive",
    "a basket of apples",
    "the last lantern",
]
_WHEN = [
    "before the rain came",
    "on a Tuesday in spring",
    "while the market was closing",
    "after many careful years",
    "without telling anybody",
    "in front of a small crowd",
    "as the letters had asked",
    "between two long winters",
    "because the road was flooded",
    "with help from the library",
    "at the edge of the forest",
    "when the bells had stopped",
]


def make_folder(folder: Path, number: int) -> None:
    """Write `number` articles into a new folder; each has about 3 KB, one of 20 tags and one of 10 authors."""
    folder.mkdir(parents=True)
    for index in range(number):
        (folder / name(index)).write_text(article(index), "utf-8")


def name(index: int) -> str:
    """The file of an article."""
    return f"article-{index:06}.md"


def article(index: int, title: str = "", when: datetime | None = None) -> str:
    """An article's file; its number decides all that is not given."""
    chance = random.Random(index)
    when = when or FIRST + timedelta(hours=7 * (index % 17_000))
    head = [
        "---",
        f"title: {title or headline(chance, index)}",
        f"date: {when:%Y-%m-%dT%H:%M:%SZ}",
        f"tags: {TAGS[index % len(TAGS)]}",
        f"author: {AUTHORS[index // len(TAGS) % len(AUTHORS)]}",
        "---",
    ]
    paragraphs = [paragraph(chance) for _ in range(8)]
    paragraphs[1] += f" [The whole story](https://example.org/stories/{index}) is *longer*."
    paragraphs[2] = f"## What {chance.choice(_WHO)} found\n\n{paragraphs[2]}"
    paragraphs[4] = "\n".join(f"* {chance.choice(_WHAT)}" for _ in range(4))
    paragraphs[6] = f"> {paragraphs[6]}"
    return "\n".join(head) + "\n\n" + "\n\n".join(paragraphs) + "\n"


def headline(chance: random.Random, index: int) -> str:
    """A title that no other number has."""
    return f"{chance.choice(_WHO).capitalize()} and {chance.choice(_WHAT)}, part {index}"


def paragraph(chance: random.Random) -> str:
    """Six sentences, about 400 letters."""
    sentences = (
        f"{chance.choice(_WHO)} {chance.choice(_DID)} {chance.choice(_WHAT)} {chance.choice(_WHEN)}." for _ in range(6)
    )
    return " ".join(sentence.capitalize() for sentence in sentences)
