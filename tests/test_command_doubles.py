"""The commands about the same article of several sources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from syndicator.cli import main
from tests.flows.test_polling import URL, item, rss, run, subscribe
from tests.flows.world import World

COPY = "---\ntitle: Story 1\nurl: https://up.example/1?utm_source=x\ndate: 2026-04-02\n---\nThe story of number 1.\n"


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A site with an article of its own, and the same one and another from upstream."""
    world = World(tmp_path)
    world.write("a.md", COPY)
    world.build()
    world.upstreams.put(URL, rss(item(2), item(1)))
    subscribe(world)
    run(world)
    world.close()
    return tmp_path


def call(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--root", str(root), *arguments])


def titles(root: Path) -> list[str]:
    return [one["title"] for one in json.loads((root / "feeds/feed.json").read_bytes())["items"]]


def test_doubles_are_listed_with_their_reasons_taken_apart_and_joined(root: Path) -> None:
    assert sorted(titles(root)) == ["Story 1", "Story 2"]
    [work] = json.loads(call(root, "doubles", "--json").output)
    assert [one["source"] for one in work["articles"]] == ["seeds", "up"]
    slugs = [one["slug"] for one in work["articles"]]
    [reason] = work["reasons"]
    assert ({reason["article"], reason["same_as"]}, reason["by"]) == (set(slugs), "url")
    told = call(root, "doubles").output.splitlines()
    assert (told[0], [line.split()[0] for line in told[1:]]) == ("Story 1", ["seeds", "up", slugs[1]])

    assert call(root, "split", slugs[1]).output == f"{slugs[1]}: apart from {slugs[0]} (seeds)\n"
    assert (call(root, "doubles").output, sorted(titles(root))) == ("", ["Story 1", "Story 1", "Story 2"])

    united = call(root, "join", slugs[0], slugs[1])
    assert united.output == f"one article now: {slugs[0]} (seeds), {slugs[1]} (up)\n"
    assert sorted(titles(root)) == ["Story 1", "Story 2"]
    assert "a person said so (person" in call(root, "doubles").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("split", "story-2"), "article story-2: it is joined with none; `syndicator doubles` shows which are"),
        (("split", "nothing"), "nothing: no article has this id, slug, address or file"),
        (("join", "story-2", "story-2"), "article story-2: it is itself; name another one to join it with"),
        (("join", "story-1", "urn:example:1"), "is joined with"),
        (("join", "story-1", "story-2"), "one source would have two articles"),
    ],
    ids=lambda case: " ".join(case) if isinstance(case, tuple) else "",
)
def test_what_cannot_be_joined_or_split_is_told(root: Path, arguments: tuple[str, ...], said: str) -> None:
    done = call(root, *arguments)
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
