"""From the words of the configuration to feeds, and back."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syndicator import config
from syndicator.config.feeds import FeedSection
from syndicator.declared import feed_of, feeds, former_names, table_of
from syndicator.model import Cap, Digest, Doubles, Feed, Format, Order, Podcast, Query, utc

SITE = '[site]\ntitle = "Gazette"\ntimezone = "Europe/Kyiv"\n[feeds]\nitems = 30\n'


def settings(tmp_path: Path, toml: str = "") -> config.Settings:
    (tmp_path / "syndicator.toml").write_text(SITE + toml, "utf-8")
    return config.load(tmp_path, {})


def feed(tmp_path: Path, toml: str, before: Feed | None = None) -> Feed:
    section = FeedSection(**{"name": "a", **tomllib.loads(toml)})
    return feed_of(settings(tmp_path), section, before)


USUAL = Feed(name="a", title="Gazette: a", limit=30, archives=True)


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("", USUAL),
        ('name = "human-rights"', replace(USUAL, name="human-rights", title="Gazette: human rights")),
        ('title = "A"\ndescription = "B"\nlimit = 5', replace(USUAL, title="A", description="B", limit=5)),
        (
            'sources = ["x", "y"]\ntags = ["News"]\nlanguages = ["en"]\nwords_from = 200',
            replace(
                USUAL,
                query=Query(
                    sources=frozenset("xy"),
                    tags=frozenset({"News"}),
                    languages=frozenset({"en"}),
                    words_from=200,
                ),
            ),
        ),
        (
            "since = 2026-05-01\nbefore = 2026-06-01T00:00:00Z",
            replace(USUAL, query=Query(since=utc(2026, 4, 30, 21), before=utc(2026, 6, 1))),
        ),
        ("filter = ' words>200 '", replace(USUAL, query=Query(expression="words>200"))),
        (
            'order = "updated"\ndoubles = "prefer"\nprefer = ["x"]\ndelay = "2h"\nfull = false',
            replace(
                USUAL,
                order=Order.UPDATED,
                doubles=Doubles.PREFER,
                prefer=("x",),
                delay=timedelta(hours=2),
                full=False,
            ),
        ),
        ('formats = ["rss1", "ninjs", "rss1"]', replace(USUAL, formats=(Format.RDF, Format.NINJS))),
        (
            "per_day = 10\nper_day_of = { y = 2, x = 3 }",
            replace(USUAL, caps=(Cap(most=3, source="x"), Cap(most=2, source="y"), Cap(most=10))),
        ),
        ("archives = false", replace(USUAL, archives=False)),
        ("private = true", replace(USUAL, name="private/a", private=True, archives=False)),
        (
            'podcast = { kind = "serial", explicit = true }',
            replace(USUAL, podcast=Podcast(kind="serial", explicit=True)),
        ),
        (
            'digest = { of = "b", at = "18:30", weekday = "sunday" }',
            replace(USUAL, digest=Digest(of="b", hour=18, minute=30, weekday=6, zone="Europe/Kyiv")),
        ),
    ],
)
def test_a_table_is_a_feed(tmp_path: Path, toml: str, expected: Feed) -> None:
    assert feed(tmp_path, toml) == expected


WHOLE = """
title = "A"
tags = ["news"]
words_to = 900
per_day = 10
per_day_of = { x = 3 }
delay = "1h"
digest = { of = "b", at = "18:30", weekday = "sunday" }
podcast = { author = "Ann", kind = "serial" }
"""


@pytest.mark.parametrize(
    ("toml", "changes"),
    [
        ('title = "B"', {"title": "B"}),
        ('title = ""', {"title": "Gazette: a"}),
        ("tags = []\nwords_from = 5", {"query": Query(words_from=5, words_to=900)}),
        ("per_day_of = {}", {"caps": (Cap(most=10),)}),
        ("per_day = 4", {"caps": (Cap(most=3, source="x"), Cap(most=4))}),
        ('digest = { at = "06:00" }', {"digest": Digest(of="b", hour=6, weekday=6, zone="Europe/Kyiv")}),
        ("podcast = { locked = true }", {"podcast": Podcast(author="Ann", kind="serial", locked=True)}),
    ],
)
def test_what_is_not_given_stays(tmp_path: Path, toml: str, changes: dict[str, Any]) -> None:
    before = feed(tmp_path, WHOLE)
    assert feed(tmp_path, toml, before) == replace(before, **changes)


@pytest.mark.parametrize("toml", ["", WHOLE, "private = true", "since = 2026-05-01\narchives = false\nfull = true"])
def test_a_feed_is_shown_in_the_words_that_make_it_again(tmp_path: Path, toml: str) -> None:
    made = feed(tmp_path, toml)
    assert feed_of(settings(tmp_path), FeedSection(**table_of(made))) == made


def test_what_the_file_declares_is_the_same_in_a_worker(tmp_path: Path) -> None:
    found = settings(
        tmp_path, f'[[feed]]\nname = "a"\nformerly = ["old"]\n{WHOLE}[[feed]]\nname = "p"\nprivate = true\n'
    )
    worker = config.Settings.model_validate_json(found.model_dump_json())
    assert feeds(worker) == feeds(found)
    assert [one.declared for one in feeds(found)] == [True, True]
    assert former_names(found) == {"a": ("old",)}
