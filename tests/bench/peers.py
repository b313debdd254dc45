"""The programs to compare with, set up to make feeds and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

from tests.bench.watching import Watcher, ended
from tests.running import free_port

PATIENCE = 600.0

_PELICAN = """
PATH = "content"
OUTPUT_PATH = "output"
SITEURL = "http://127.0.0.1:8000"
SITENAME = "Bench"
TIMEZONE = "UTC"
FEED_ALL_ATOM = "feed.xml"
FEED_ALL_RSS = "rss.xml"
CATEGORY_FEED_ATOM = "categories/{slug}/feed.xml"
TAG_FEED_ATOM = "tags/{slug}/feed.xml"
AUTHOR_FEED_ATOM = "authors/{slug}/feed.xml"
TRANSLATION_FEED_ATOM = None
AUTHOR_FEED_RSS = None
RSS_FEED_SUMMARY_ONLY = False
FEED_MAX_ITEMS = 50
MARKDOWN = {
    "extension_configs": {"markdown.extensions.extra": {}, "markdown.extensions.meta": {}},
    "output_format": "html5",
}
DIRECT_TEMPLATES = []
PAGINATED_TEMPLATES = {}
ARTICLE_SAVE_AS = ARTICLE_LANG_SAVE_AS = DRAFT_SAVE_AS = DRAFT_LANG_SAVE_AS = ""
PAGE_SAVE_AS = PAGE_LANG_SAVE_AS = DRAFT_PAGE_SAVE_AS = DRAFT_PAGE_LANG_SAVE_AS = ""
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ARCHIVES_SAVE_AS = ""
AUTHORS_SAVE_AS = CATEGORIES_SAVE_AS = TAGS_SAVE_AS = ""
PAGE_PATHS = []
STATIC_PATHS = []
THEME_STATIC_PATHS = []
"""

_HUGO = """
baseURL = "http://127.0.0.1:1313/"
title = "Bench"
rssLimit = 50
disableKinds = ["sitemap", "robotsTXT", "404", "section", "taxonomy"]
ignoreErrors = ["error-disable-taxonomy"]
[taxonomies]
tag = "tags"
author = "author"
[outputs]
home = ["rss"]
term = ["rss"]
page = []
[[cascade]]
[cascade._build]
render = "link"
[cascade._target]
kind = "page"
"""


class Pelican:
    """Pelican's build of Atom feeds (all, category, tags, authors; RSS for all), 50 entries each, no HTML."""

    name = "pelican, feeds only"
    note = (
        "syndicator writes Atom, RSS and JSON for all, each tag and each author, with gzip and brotli beside them, "
        "and keeps every article in its store; Pelican writes Atom for all, category, tags and authors and one RSS"
    )

    def __init__(self, program: str, folder: Path, seeds: Path) -> None:
        self._program = program
        self._folder = folder
        folder.mkdir()
        (folder / "content").symlink_to(seeds)
        (folder / "pelicanconf.py").write_text(_PELICAN, "utf-8")

    def build(self) -> float:
        """Seconds of a build from nothing. Raises AssertionError where it made no feeds."""
        shutil.rmtree(self._folder / "output", ignore_errors=True)
        taken = timed([self._program, "content", "-s", "pelicanconf.py", "-q"], self._folder)
        made = sum(1 for path in self._folder.glob("output/**/*.xml") if path.stat().st_size > 1000)
        assert made >= 2, f"pelican made {made} feeds"
        return taken


class Hugo:
    """Hugo with feeds only: RSS of the newest 50 for all, each tag and each author; articles are not rendered."""

    note = "Hugo writes RSS with summaries; syndicator Atom, RSS and JSON with the whole text, and its store"

    def __init__(self, program: str, folder: Path, content: Path) -> None:
        self._program = program
        self._folder = folder
        self._content = content
        self._server: subprocess.Popen[bytes] | None = None
        self.port = 0
        folder.mkdir()
        (folder / "hugo.toml").write_text(_HUGO, "utf-8")

    def build(self) -> float:
        """Seconds of a whole build to the disk."""
        taken = timed([self._program, *self._source(), "--quiet"], self._folder)
        assert (self._folder / "public" / "index.xml").stat().st_size > 1000, "hugo made no feed"
        return taken

    def serve(self) -> float:
        """Start `hugo server`; seconds to its first feed."""
        self.port = free_port()
        server = [
            "server",
            "--bind",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--disableLiveReload",
            "--disableFastRender",
        ]
        started = time.perf_counter()
        self._server = subprocess.Popen(
            [self._program, *server, *self._source()], cwd=self._folder, stdout=subprocess.DEVNULL
        )
        watcher = Watcher(self.port, "/index.xml")
        watcher.until_answered(self._server, PATIENCE)
        taken = time.perf_counter() - started
        watcher.close()
        return taken

    def changed(self, file: Path, text: str, mark: bytes) -> float:
        """Seconds from the writing of a file to the server's answering the feed with `mark` in it."""
        watcher = Watcher(self.port, "/index.xml")
        since = time.perf_counter()
        file.write_text(text, "utf-8")
        taken = watcher.until(mark, since)
        watcher.close()
        return taken

    def stop(self) -> None:
        """End the server."""
        if self._server is not None:
            ended(self._server)
            self._server = None

    def _source(self) -> list[str]:
        return ["--contentDir", str(self._content), "--cacheDir", str(self._folder / "cache")]


def timed(command: list[str], folder: Path) -> float:
    """Seconds that a command takes. Raises CalledProcessError where it fails."""
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)
    return time.perf_counter() - started


def found(given: str | None, name: str) -> str | None:
    """The program to run, by its path or its name; None where it is not installed."""
    return shutil.which(given or name) or shutil.which(str(Path(sys.executable).with_name(name)))


def installed_pelican(folder: Path) -> str:
    """Pelican, installed with pip in an environment of its own in a folder."""
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "pelican[markdown]"], check=True)
    return str(folder / "bin" / "pelican")
