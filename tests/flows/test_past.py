"""What feeds were, and what is new since then."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syndicator.core.coding import etag
from syndicator.flows import past, rulings
from syndicator.flows.publish import publish, renew
from syndicator.flows.sources import remove
from syndicator.model import Doubles, Feed, Format, Query, Rendered, Shown, Source
from tests.flows.walking import Page, read
from tests.flows.world import World
from tests.flows.writers import article, put, subscribed, text, withdraw, written

SOURCE = "wire"
EVERYTHING = Query(expression="not tag:never")
USUAL = ("feed.xml", "rss.xml", "feed.json")
ARTICLES = {
    "feed.xml": b"<entry",
    "rss.xml": b"<item>",
    "feed.json": b'"items"',
    "feed.rdf": b"<items>",
    "ninjs.json": b'"associations"',
}
"""Where the articles begin."""

T = TypeVar("T")
R = TypeVar("R")


def compose(world: World, name: str = "all", **fields: Any) -> None:
    """Let there be a composed feed of everything, in every format."""
    fields = {"title": name, "query": EVERYTHING, "formats": tuple(Format), "limit": 5} | fields
    world.ports.store.save_feed(Feed(name=name, **fields))


def write(world: World, *numbers: int, **fields: Any) -> None:
    """Write these articles, or write them anew, and publish."""
    world.wait(minutes=10)
    put(world, *(written(SOURCE, number, **fields) for number in numbers))
    publish(world.ports)


def forgetful(world: World) -> None:
    """Keep no past any more, and forget what was kept."""
    world.ports = replace(world.ports, policy=replace(world.policy, history=timedelta(0)))
    renew(world.ports)
    publish(world.ports)
    past.forget(world.ports)


def current(world: World, path: str = "feed.xml") -> str:
    head = world.ports.store.document_head(path)
    assert head is not None
    return head.etag


def page(document: Rendered | None) -> Page:
    assert document is not None
    return read(document.body, document.path)


def titles(document: Rendered | None) -> list[str]:
    return [title for _, _, title in page(document).entries]


def paths(world: World) -> list[str]:
    """Every document of a feed that has a past."""
    return [path for path, _, _ in world.ports.store.documents() if world.ports.store.past(path)]


@contextmanager
def rendering(world: World) -> Iterator[list[int]]:
    """How many articles are rendered, each time that some are."""
    counts: list[int] = []

    def counted(function: Callable[[T], R], things: Sequence[T]) -> Iterator[R]:
        counts.append(len(things))
        return map(function, things)

    before, world.ports = world.ports, replace(world.ports, spread=counted)
    yield counts
    world.ports = before


class TestWhatIsRemembered:
    def test_every_state_of_every_document_with_the_bytes_it_had(self, world: World) -> None:
        compose(world)
        then = {}
        for number in range(1, 5):
            write(world, number)
            then[number] = {path: world.file(path) for path in USUAL}
        withdraw(world, SOURCE, 2)
        write(world, 3, title="Another title")

        found = {
            path: [past.memento(world.ports, path, one.changed) for one in world.ports.store.past(path)]
            for path in USUAL
        }

        for path in USUAL:
            assert [one.body for one in found[path] if one][:4] == [then[number][path] for number in range(1, 5)]

    def test_only_the_current_documents_of_feeds_have_a_past(self, world: World) -> None:
        compose(world, limit=2, archives=True)
        for number in range(1, 9):
            write(world, number)

        archives = [path for path, _, _ in world.ports.store.documents() if "/archives/" in path]

        assert archives
        assert not set(archives) & set(paths(world))
        assert {path for path in paths(world) if path.startswith("all/")} == {f"all/{format}" for format in Format}
        assert not [path for path in paths(world) if path.rpartition("/")[2] not in set(Format)]

    def test_a_document_with_archives_leads_to_those_there_were(self, world: World) -> None:
        compose(world, limit=2, archives=True)
        for number in range(1, 9):
            write(world, number)

        first, *_, last = world.ports.store.past("all/feed.xml")

        assert page(past.memento(world.ports, "all/feed.xml", first.changed)).previous is None
        assert page(past.memento(world.ports, "all/feed.xml", last.changed)).previous == (
            "https://news.example/all/archives/3/feed.xml"
        )

    def test_a_moment_at_which_nothing_changed_is_none(self, world: World) -> None:
        write(world, 1)
        [one] = world.ports.store.past("feed.xml")

        assert past.memento(world.ports, "feed.xml", one.changed + timedelta(seconds=1)) is None

    def test_nothing_of_an_article_that_was_killed_since(self, world: World) -> None:
        compose(world)
        for number in (1, 2, 3):
            write(world, number)

        rulings.kill(world.ports, article(world, SOURCE, 2))

        for path in paths(world):
            for one in world.ports.store.past(path):
                found = past.memento(world.ports, path, one.changed)
                assert found is not None
                assert b"w2x0" not in found.body
                assert b"Story 2" not in found.body

    def test_not_even_before_what_was_killed_is_published_and_erased(self, world: World) -> None:
        write(world, 1, 2)
        killed = article(world, SOURCE, 2)
        with world.ports.store.ingest(SOURCE) as tx:
            rulings.kill_in(world.ports, tx, [killed], rulings.ruling(rulings.Verdict.KILLED))

        [one] = world.ports.store.past("feed.xml")

        assert titles(past.memento(world.ports, "feed.xml", one.changed)) == ["Story 1"]

    def test_the_title_is_that_of_today(self, world: World) -> None:
        compose(world)
        write(world, 1)
        [one] = world.ports.store.past("all/feed.xml")
        compose(world, limit=7, title="Everything")
        world.wait(minutes=1)
        publish(world.ports)

        found = past.memento(world.ports, "all/feed.xml", one.changed)

        assert found is not None
        assert b"<title>Everything</title>" in found.body

    def test_what_stood_in_the_document_where_an_article_changed_while_it_was_made(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compose(world)
        world.wait(minutes=1)
        put(world, written(SOURCE, 1))
        pieces, changed = world.ports.store.pieces, written(SOURCE, 1, title="Changed")

        def meanwhile(shown: Sequence[Shown], format: Format, recipe: str) -> dict[int, bytes]:
            if article(world, SOURCE, 1).title != "Changed":
                put(world, changed)
            return pieces(shown, format, recipe)

        monkeypatch.setattr(world.ports.store, "pieces", meanwhile)
        publish(world.ports)
        world.wait(minutes=1)
        publish(world.ports)

        found = [
            past.memento(world.ports, "all/feed.xml", one.changed) for one in world.ports.store.past("all/feed.xml")
        ]

        assert [titles(one) for one in found] == [["Story 1"], ["Changed"]]
        assert [one.etag for one in found if one] == [one.etag for one in world.ports.store.past("all/feed.xml")]

    def test_nothing_of_a_feed_that_was_removed(self, world: World) -> None:
        compose(world)
        write(world, 1)
        [one] = world.ports.store.past("all/feed.xml")
        world.ports.store.remove_feed("all")
        publish(world.ports)

        assert past.memento(world.ports, "all/feed.xml", one.changed) is None

    def test_nor_in_a_format_that_it_is_not_published_in_any_more(self, world: World) -> None:
        compose(world)
        write(world, 1)
        [one] = world.ports.store.past("all/feed.rdf")
        compose(world, formats=(Format.ATOM,))
        publish(world.ports)

        assert past.memento(world.ports, "all/feed.rdf", one.changed) is None

    def test_nothing_where_no_history_is_wanted(self, tmp_path: Path) -> None:
        world = World(tmp_path, history=timedelta(0))
        write(world, 1)

        assert world.ports.store.past("feed.xml") == []
        world.close()

    def test_what_ended_longer_ago_than_the_policy_says_is_forgotten(self, world: World) -> None:
        for number in (1, 2, 3):
            write(world, number)
            world.wait(days=11)
        before = world.ports.store.past("feed.xml")

        past.forget(world.ports)
        assert world.ports.store.past("feed.xml") == before
        world.wait(days=9)
        past.forget(world.ports)
        assert world.ports.store.past("feed.xml") == before[1:]

    def test_all_is_forgotten_where_no_history_is_wanted_any_more(self, world: World) -> None:
        for number in (1, 2, 3):
            write(world, number)

        forgetful(world)

        assert world.ports.store.past("feed.xml") == []

    def test_it_begins_with_what_is_there_where_history_is_wanted_again(self, world: World) -> None:
        write(world, 1)
        with_history = world.ports
        forgetful(world)
        write(world, 2)
        had, began = current(world), world.ports.store.document_head("feed.xml")
        world.ports = with_history
        world.wait(hours=1)

        renew(world.ports)
        assert publish(world.ports).documents == ()

        assert began is not None
        assert [(one.changed, one.etag) for one in world.ports.store.past("feed.xml")] == [(began.changed, had)]
        write(world, 3)
        assert titles(past.delta(world.ports, "feed.xml", {had})) == ["Story 3"]


class TestDeltas:
    @pytest.mark.parametrize("format", [Format.ATOM, Format.RSS, Format.JSON], ids=str)
    def test_hold_what_is_new(self, world: World, format: Format) -> None:
        for number in range(1, 6):
            write(world, number)
        had = current(world, format)
        write(world, 6, 7)

        found = past.delta(world.ports, format, {had})

        assert titles(found) == ["Story 7", "Story 6"]

    def test_are_like_the_document_in_everything_but_the_articles(self, world: World) -> None:
        compose(world, limit=9)
        write(world, *range(1, 7))
        had = {path: current(world, path) for path in paths(world)}
        write(world, 7)

        for path, tag in had.items():
            found, whole = past.delta(world.ports, path, {tag}), world.ports.store.document(path)
            assert found is not None
            assert whole is not None
            assert replace(found, body=b"") == replace(whole, body=b"", gzip=None, brotli=None, zstd=None)
            assert len(found.body) < len(whole.body)
            head, mark, _ = whole.body.partition(ARTICLES[path.rpartition("/")[2]])
            assert mark
            assert found.body.startswith(head)

    def test_hold_what_was_changed_and_what_went(self, world: World) -> None:
        write(world, *range(1, 7))
        had = current(world)
        withdraw(world, SOURCE, 2)
        write(world, 4, title="Another title")

        found = page(past.delta(world.ports, "feed.xml", {had}))

        assert [title for _, _, title in found.entries] == ["Another title"]
        assert [id for id, _ in found.gone] == ["urn:wire:2"]

    def test_hold_an_article_that_came_back(self, world: World) -> None:
        write(world, *range(1, 7))
        withdraw(world, SOURCE, 2)
        world.wait(minutes=1)
        publish(world.ports)
        had = current(world)
        write(world, 2)

        found = page(past.delta(world.ports, "feed.xml", {had}))

        assert ([title for _, _, title in found.entries], found.gone) == (["Story 2"], [])

    def test_hold_no_article_where_only_some_left(self, world: World) -> None:
        compose(world, limit=9)
        write(world, *range(1, 7))
        had = current(world, "all/feed.xml")
        compose(world, limit=4)
        world.wait(minutes=1)
        publish(world.ports)

        found = past.delta(world.ports, "all/feed.xml", {had})

        assert titles(found) == []
        assert found is not None
        assert found.etag == current(world, "all/feed.xml")

    def test_are_dated_as_the_document_is(self, world: World) -> None:
        compose(world, limit=9)
        write(world, *range(1, 7))
        had = current(world, "all/feed.xml")
        compose(world, limit=4)
        world.wait(minutes=1)
        publish(world.ports)

        found = past.delta(world.ports, "all/feed.xml", {had})

        assert found is not None
        assert _updated(found.body) == _updated(world.file("all/feed.xml"))

    def test_hold_nothing_that_is_not_published_yet(self, world: World) -> None:
        write(world, *range(1, 7))
        had = current(world)
        write(world, 7)
        put(world, written(SOURCE, 7, title="Not yet"), written(SOURCE, 8))

        assert titles(past.delta(world.ports, "feed.xml", {had})) == ["Story 7"]

    def test_begin_at_the_newest_of_the_states_that_a_reader_has(self, world: World) -> None:
        tags = []
        for number in range(1, 7):
            write(world, number)
            tags.append(current(world))
        write(world, 7)

        assert titles(past.delta(world.ports, "feed.xml", {"unknown", tags[2], tags[4]})) == ["Story 7", "Story 6"]

    def test_cost_what_the_change_costs(self, world: World) -> None:
        write(world, *range(1, 40))
        had = current(world)
        write(world, 40)

        with rendering(world) as counts:
            assert titles(past.delta(world.ports, "feed.xml", {had})) == ["Story 40"]

        assert sum(counts) == 0

    def test_there_is_none_while_something_of_it_was_killed(self, world: World) -> None:
        write(world, *range(1, 7))
        had = current(world)
        write(world, 7)
        with world.ports.store.ingest(SOURCE) as tx:
            rulings.kill_in(world.ports, tx, [article(world, SOURCE, 7)], rulings.ruling(rulings.Verdict.KILLED))

        assert past.delta(world.ports, "feed.xml", {had}) is None

    def test_tell_then_that_it_is_gone(self, world: World) -> None:
        write(world, *range(1, 7))
        had = current(world)
        write(world, 7)
        with_it = current(world)
        world.wait(minutes=1)
        rulings.kill(world.ports, article(world, SOURCE, 7))

        for tag in (had, with_it):
            found = past.delta(world.ports, "feed.xml", {tag})
            assert ([one[0] for one in page(found).entries], [id for id, _ in page(found).gone]) == ([], ["urn:wire:7"])

    @pytest.mark.parametrize(
        ("path", "tags"),
        [
            pytest.param("feed.xml", (), id="no etag"),
            pytest.param("feed.xml", ("unknown",), id="an unknown one"),
            pytest.param("feed.xml", ("rss",), id="that of another document"),
            pytest.param("feed.xml", ("then", "now"), id="the current one among them"),
            pytest.param("nothing/feed.xml", ("then",), id="no document"),
            pytest.param(".well-known/feeds", ("then",), id="no feed"),
            pytest.param("all/archives/1/feed.xml", ("then",), id="an archive"),
        ],
    )
    def test_there_is_none_for(self, world: World, path: str, tags: Collection[str]) -> None:
        compose(world, limit=2, archives=True)
        write(world, *range(1, 7))
        given = {"then": current(world), "rss": current(world, "rss.xml")}
        write(world, 7)
        given["now"] = current(world)

        assert past.delta(world.ports, "feed.xml", {given["then"]}) is not None
        assert past.delta(world.ports, path, {given.get(tag, tag) for tag in tags}) is None

    def test_there_is_none_that_would_not_be_smaller(self, world: World) -> None:
        write(world, 1, 2)
        had = current(world)
        write(world, 1, 2, title="Another")

        assert past.delta(world.ports, "feed.xml", {had}) is None

    def test_there_is_none_where_every_article_looks_different(self, world: World) -> None:
        write(world, *range(1, 7))
        had = current(world)
        world.ports = replace(world.ports, site=replace(world.ports.site, full_content=False))
        renew(world.ports)
        write(world, 7)

        assert past.delta(world.ports, "feed.xml", {had}) is None

    def test_there_is_none_of_what_was_removed(self, world: World) -> None:
        subscribed(world, "wire")
        write(world, *range(1, 7))
        had = current(world, "sources/wire/feed.xml")
        write(world, 7)
        assert past.delta(world.ports, "sources/wire/feed.xml", {had}) is not None
        remove(world.ports, world.ports.store.source("wire") or Source(id="", url=""))
        publish(world.ports)

        assert past.delta(world.ports, "sources/wire/feed.xml", {had}) is None

    def test_always_hold_articles_that_are_shown_with_others(self, world: World) -> None:
        subscribed(world, SOURCE, "other")
        compose(world, limit=9, doubles=Doubles.LIST)
        body = "".join(text(number) for number in range(500, 520))  # to be recognised
        write(world, 1, 2, 4, 5, 6)
        write(world, 3, body=body)
        put(world, written("other", 3, body=body, title="Story 3"))
        publish(world.ports)
        with_other = current(world, "all/feed.xml")
        write(world, 7)
        assert titles(past.delta(world.ports, "all/feed.xml", {with_other})) == ["Story 7", "Story 3"]

        withdraw(world, "other", 3)
        world.wait(minutes=1)
        publish(world.ports)
        found = past.delta(world.ports, "all/feed.xml", {with_other})
        assert titles(found) == ["Story 7", "Story 3"]
        assert found is not None
        assert b"https://other.example/3" not in found.body


def _updated(body: bytes) -> bytes:
    return body.partition(b"<updated>")[2].partition(b"<")[0]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("write", "write", "change", "correct", "retract", "withdraw", "kill", "wait")),
        st.integers(min_value=1, max_value=12),
    ),
    min_size=3,
    max_size=12,
)


class TestForAnyHistory:
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=STEPS)
    def test_a_past_state_is_what_it_was_but_for_what_was_killed(self, steps: list[tuple[str, int]]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder), items=4)
            try:
                compose(world, limit=3)
                compose(world, "kept", limit=2, archives=True, formats=(Format.ATOM,))
                killed = _live(world, steps)
                _compare(world, killed)
            finally:
                world.close()


def _live(world: World, steps: list[tuple[str, int]]) -> set[int]:
    """Do all that, publishing after each; the numbers of what was killed."""
    there, killed = set[int](), set[int]()
    for step, number in steps:
        world.wait(minutes=7)
        if step == "wait":
            world.wait(days=1)
        elif step == "write" or number not in there:
            if number not in killed:
                put(world, written(SOURCE, number))
                there.add(number)
        elif step == "change":
            put(world, written(SOURCE, number, title=f"Changed {world.time:%H:%M}"))
        elif step == "withdraw":
            withdraw(world, SOURCE, number)
        elif step == "kill":
            rulings.kill(world.ports, article(world, SOURCE, number))
            killed.add(number)
            there.discard(number)
        elif (found := article(world, SOURCE, number)).status.is_shown and found.ruling is None:
            rule = rulings.retract if step == "retract" else rulings.correct
            rule(world.ports, found, "It was not so.")
        publish(world.ports)
    return killed


def _compare(world: World, killed: set[int]) -> None:
    store = world.ports.store
    keys = {store.number_of(article(world, SOURCE, number)) for number in killed}
    for path in paths(world):
        for one in store.past(path):
            found, state = past.memento(world.ports, path, one.changed), store.state_at(path, one.changed)
            assert found is not None
            assert state is not None
            assert found.etag == etag(found.body)
            if keys.isdisjoint(key for key, revision in state.holds if revision > 0):
                assert found.etag == one.etag, (path, one)
            assert not any(f"w{number}x".encode() in found.body for number in killed)
