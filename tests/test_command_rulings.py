"""Correcting, retracting, killing and restoring by command, while the daemon runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.world import story
from tests.running import Site, eventually

FILE = "---\ntitle: The quagga\ndate: 2024-01-02\n---\nIt was seen again, says nobody but us.\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def test_what_a_command_decides_is_served_at_once_and_the_daemon_does_not_undo_it(site: Site) -> None:
    (site.seeds / "a.md").write_text(FILE)
    (site.seeds / "b.md").write_text(story(1, title="Another"))
    site.running()
    eventually(lambda: "The quagga" in site.titles(), "it is served")
    said = site.call("correct", "the-quagga", "--note", "It was a zebra")
    assert (said.returncode, said.stdout.partition(";")[0]) == (0, "the-quagga: corrected"), said.stderr
    assert b"It was a zebra" in site.get("/articles/the-quagga")[2]
    said = site.call("retract", "seeds/a.md", "--note", "It was a zebra", "--json")
    told = json.loads(said.stdout)
    assert (told["slug"], told["status"], told["verdict"], told["note"]) == (
        "the-quagga",
        "retracted",
        "retracted",
        "It was a zebra",
    )
    assert "Retracted: The quagga" in site.titles()
    assert site.call("kill", "the-quagga", "--note", "By a court").returncode == 0
    status, _, page = site.get("/articles/the-quagga")
    assert (status, b"quagga" in page) == (410, False)
    (site.seeds / "a.md").write_text(FILE.replace("nobody", "everybody"))
    (site.seeds / "c.md").write_text(story(2, title="A third"))
    eventually(lambda: "A third" in site.titles(), lambda: f"the daemon publishes\n{site.said()}")
    assert sorted(site.titles()) == ["A third", "Another"]
    assert b"deleted-entry" in site.get("/feed.xml")[2]
    assert "says" not in site.said()
    assert "a.md: it holds an article that was killed" in site.call("status").stderr
    assert site.call("restore", "the-quagga").returncode == 0
    assert sorted(site.titles()) == ["A third", "Another", "The quagga"]
    assert b"says everybody but us" in site.get("/articles/the-quagga")[2]


def test_what_cannot_be_is_told_in_one_line(site: Site) -> None:
    (site.seeds / "a.md").write_text(FILE)
    assert site.call("build").returncode == 0
    said = {
        arguments: site.call(*arguments)
        for arguments in [("restore", "the-quagga"), ("kill", "nothing"), ("correct", "the-quagga")]
    }
    assert [(one.returncode, one.stderr.splitlines()[-1]) for one in said.values()] == [
        (1, "syndicator: article the-quagga: nothing is decided about it that could be taken back"),
        (1, "syndicator: nothing: no article has this id, slug, address or file; `syndicator list --articles` lists"),
        (2, "Error: Missing option '--note'."),
    ]
