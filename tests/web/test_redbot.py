"""What REDbot, which knows HTTP better than most, has to say about our answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.conftest import needs
from tests.web.asking import published
from tests.web.servers import CONFIGURATION, served

ACCEPTED = {
    # It changes nothing for most requests, but a reader that sends a password to every address of a site would keep
    # shared caches from keeping what everybody may read (RFC 9111 3.5).
    "STORE_PUBLIC_UNNECESSARY",
}
"""Notes of level bad or warning that we live with."""

PROGRAM = os.environ.get("REDBOT") or shutil.which("redbot")
"""It lives in an environment of its own: it brings chardet along, with which feedparser reads other letters."""

COMPRESSED, TAGGED, DATED = "CONNEG_GZIP_GOOD", "INM_304", "IMS_304"
"""Notes that it gives where it found these to work, by requests of its own."""
DOCUMENT = {COMPRESSED, TAGGED, DATED}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    needs(PROGRAM, "redbot is not installed: name the program in REDBOT")
    root = tmp_path_factory.mktemp("site")
    root.joinpath("syndicator.toml").write_text(CONFIGURATION)
    published(root).close()
    with served("granian", root) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/feed.xml", DOCUMENT),
        ("/rss.xml", DOCUMENT),
        ("/feed.json", DOCUMENT),
        ("/archives/1/feed.xml", DOCUMENT),
        ("/sitemap.xml", DOCUMENT),
        ("/", {COMPRESSED, TAGGED}),
        ("/articles/urn-a-20", {COMPRESSED, TAGGED}),
        ("/site.css", {COMPRESSED, TAGGED}),
        ("/timemaps/feed.xml", {COMPRESSED, TAGGED}),
        ("/mementos/20260501120500/feed.xml", {COMPRESSED, TAGGED}),
        ("/feed", set()),
        ("/missing.xml", {"STATUS_NOT_FOUND"}),
        ("/removed/feed.xml", {"STATUS_GONE"}),
    ],
)
def test_redbot_finds_nothing_bad(address: str, path: str, found: set[str]) -> None:
    notes = said(address + path)
    bad = {name: summary for name, (level, summary) in notes.items() if level in ("BAD", "WARN")}
    assert {name: summary for name, summary in bad.items() if name not in ACCEPTED} == {}
    assert found <= set(notes), "it did not look at what it should have"


def said(url: str) -> dict[str, tuple[str, str]]:
    """Its notes about an address: by their names the level and a summary."""
    asked = [str(PROGRAM), "-o", "har", url]
    done = subprocess.run(asked, capture_output=True, check=True, timeout=60)
    [entry, *_] = json.loads(done.stdout)["log"]["entries"]
    return {note["note_id"]: (note["level"], note["summary"]) for note in entry["_red_messages"]}
