"""While documents change under it, the layer answers at every moment what Flask does without it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syndicator.errors import SyndicatorError
from syndicator.flows import feeds, rulings
from syndicator.flows.publish import compress, publish
from syndicator.flows.refresh import begin
from syndicator.model import Article, Feed, Query
from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.flows.world import World, story
from tests.web.asking import Got, ask

PATHS = ("feed.xml", "rss.xml", "archives/1/feed.xml", "archives/2/rss.xml", "tags/late/feed.json", "all/feed.xml")
STORIES = 14
POLICY = {"items": 3, "default_archives": True}


@pytest.fixture(scope="module")
def first_edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a site of ten stories, and a feed of all of them, to be copied."""
    root = tmp_path_factory.mktemp("first")
    world = World(root, **POLICY)
    for number in range(10):
        world.write(f"{number}.md", story(number))
    feeds.define(world.ports, Feed(name="all", title="All", query=Query()))
    world.build()
    world.close()
    return root


class Newsroom:
    """Somebody who writes, and two servers over the same folder, with a store of their own, that answer readers."""

    def __init__(self, root: Path, memory: int) -> None:
        self.writer = World(root, **POLICY)
        self.server = World(root, **POLICY)
        ports = replace(self.server.ports, now=self.writer.now)
        self.plain = create_app(ports, WebOptions(memory=0)).wsgi_app
        self.layered = create_app(ports, WebOptions(memory=memory)).wsgi_app
        self.had: dict[str, list[str]] = {path: [] for path in PATHS}
        self.kinds: set[int] = set()

    def close(self) -> None:
        self.server.close()
        self.writer.close()

    def write(self, number: int) -> None:
        """A story, new or another text of it."""
        self.writer.wait(seconds=90)
        text = f"{story(number)}\nWritten at {self.writer.time:%H:%M:%S}.\n"
        self.writer.write(f"{number}.md", text.replace("title:", "tags: [late]\ntitle:", 1) if number > 9 else text)
        self.writer.event(f"{number}.md")

    def remove(self, number: int) -> None:
        """Its file goes, and it is withdrawn."""
        if (self.writer.seeds / f"{number}.md").exists():
            self.writer.remove(f"{number}.md")
            begin(self.writer.ports)
            self.writer.wait(minutes=3)
            begin(self.writer.ports)

    def correct(self, number: int) -> None:
        self._rule(number, lambda found: rulings.correct(self.writer.ports, found, f"It was {self.writer.time}."))

    def kill(self, number: int) -> None:
        self._rule(number, lambda found: rulings.kill(self.writer.ports, found))

    def _rule(self, number: int, rule: Any) -> None:
        self.writer.wait(seconds=5)
        found: Article | None = self.writer.ports.store.article(f"story-{number}")
        with suppress(SyndicatorError):
            if found is not None:
                rule(found)

    def end(self, _: int) -> None:
        """The composed feed is removed."""
        with suppress(SyndicatorError):
            feeds.remove(self.writer.ports, feeds.find(self.writer.ports, "all"))
            publish(self.writer.ports)

    def compress(self, _: int) -> None:
        compress(self.writer.ports)

    def wait(self, number: int) -> None:
        self.writer.wait(minutes=number)

    def read(self) -> None:
        """Every reader asks: one for the first time, one with each copy, one who wants only what is new."""
        for path in PATHS:
            had = self.had[path]
            copies = [{"If-None-Match": tag} for tag in had[-2:]] + [{"If-None-Match": ", ".join(had[-4:])}]
            for headers in ({}, {"Accept-Encoding": "br, zstd"}, *copies):
                got = self.both(path, headers)
                self.both(path, {**headers, "A-IM": "feed", "Accept-Encoding": "gzip"})
                tag = got.headers.get("ETag")
                if tag and tag not in had:
                    had.append(tag)

    def both(self, path: str, headers: dict[str, str]) -> Got:
        """Two answers from memory and one from Flask: the same."""
        wanted = ask(self.plain, "GET", f"/{path}", headers=headers)
        assert ask(self.layered, "GET", f"/{path}", headers=headers) == wanted
        assert ask(self.layered, "GET", f"/{path}", headers=headers) == wanted
        self.kinds.add(wanted.code)
        return wanted


STEPS = st.tuples(
    st.sampled_from(["write", "write", "write", "remove", "correct", "kill", "compress", "wait", "end"]),
    st.integers(0, STORIES - 1),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("examples")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(steps=st.lists(STEPS, min_size=2, max_size=7), memory=st.sampled_from([64 << 20, 40_000]))
def test_the_layer_notices_every_change_at_once(
    first_edition: Path, folder: Path, steps: list[tuple[str, int]], memory: int
) -> None:
    newsroom = opened(first_edition, folder, memory)
    try:
        newsroom.read()
        for what, number in steps:
            getattr(newsroom, what)(number)
            newsroom.read()
    finally:
        newsroom.close()


def test_a_day_in_which_everything_happens(first_edition: Path, folder: Path) -> None:
    newsroom = opened(first_edition, folder, 64 << 20)
    try:
        newsroom.read()
        for what, number in [
            *[("write", 10), ("compress", 0), ("write", 3), ("correct", 10), ("wait", 9), ("write", 11), ("write", 12)],
            *[("compress", 0), ("kill", 11), ("remove", 12), ("end", 0), ("correct", 3), ("compress", 0)],
        ]:
            getattr(newsroom, what)(number)
            newsroom.read()
        assert newsroom.kinds == {200, 226, 304, 404, 410}
    finally:
        newsroom.close()


def opened(first_edition: Path, folder: Path, memory: int) -> Newsroom:
    """Everything as on the first day."""
    root = folder / "site"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(first_edition, root)
    return Newsroom(root, memory)
