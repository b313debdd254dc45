"""A feed with a profile: an article that lacks something required is not in it, and is named with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicator.errors import FeedError
from syndicator.flows import describing, feeds, profiling
from syndicator.flows.publish import publish
from syndicator.model import Enclosure, Feed, Podcast, Query
from tests.flows.world import World
from tests.flows.writers import put, subscribed, written

TALK = (Enclosure(url="https://a.example/1.mp3", type="audio/mpeg", length=9),)
TALKS = Feed(name="talks", title="Talks", profile="apple-podcasts", query=Query(expression="tag:talk"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.build()
    subscribed(world, "a")
    yield world
    world.close()


def shown(world: World) -> list[str]:
    publish(world.ports)
    return world.ids("talks/feed.xml")


def test_what_lacks_something_required_is_left_out_named_and_comes_in_when_it_is_there(world: World) -> None:
    feeds.define(world.ports, TALKS)
    put(
        world,
        written("a", 1, tags=("talk",), enclosures=TALK),
        written("a", 2, tags=("talk",)),
        written("a", 3, enclosures=TALK),
    )
    assert shown(world) == ["urn:a:1"]
    reason = "audio: there is none, Apple Podcasts requires it; add the recording as `enclosure`"
    assert describing.notices(world.ports) == (f"feed talks: urn-a-2 (from a) is left out: {reason}",)
    world.wait(hours=1)
    put(world, written("a", 2, tags=("talk",), enclosures=TALK))
    assert sorted(shown(world)) == ["urn:a:1", "urn:a:2"]
    assert describing.notices(world.ports) == ()


def test_what_is_only_wished_for_keeps_nothing_out(world: World) -> None:
    feeds.define(world.ports, TALKS)
    put(world, written("a", 1, tags=("talk",), enclosures=TALK))
    assert shown(world) == ["urn:a:1"]
    (one,) = profiling.unfit(world.ports, TALKS)
    assert (one.slug, [missing.field for missing in one.missing]) == ("urn-a-1", ["audio duration", "summary"])


def test_another_profile_decides_anew(world: World) -> None:
    feed = feeds.define(world.ports, TALKS)
    put(world, written("a", 1, tags=("talk",), title="A title of more than twenty signs"))
    assert shown(world) == []
    feeds.change(world.ports, feed, Feed(name="talks", title="Talks", profile="msn", query=TALKS.query))
    assert shown(world) == ["urn:a:1"]


def test_many_are_told_of_in_few_lines(world: World) -> None:
    feeds.define(world.ports, TALKS)
    put(world, *(written("a", number, tags=("talk",)) for number in range(13)))
    told = profiling.told(world.ports, TALKS)
    assert (len(told), told[-1]) == (11, "feed talks: its profile leaves 3 more articles out")


@pytest.mark.parametrize(
    ("decided", "told"),
    [
        ({"profile": "msm"}, "feed talks: profile `msm`: there is none of that name; did you mean `msn`?"),
        (
            {"podcast": Podcast(categories=("Sience",))},
            "feed talks: category `Sience`: `Sience` is not in Apple's list of podcast categories; "
            "did you mean `Science`?",
        ),
    ],
    ids=["profile", "category"],
)
def test_what_nobody_knows_is_refused_with_the_nearest(world: World, decided: dict[str, object], told: str) -> None:
    with pytest.raises(FeedError) as caught:
        feeds.define(world.ports, Feed(name="talks", title="Talks", **decided))  # type: ignore[arg-type]
    assert str(caught.value) == told
