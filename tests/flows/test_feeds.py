"""Composed feeds as a person decides them: by command, and in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syndicator.core.feeds import RESERVED_NAMES
from syndicator.errors import ConfigError, FeedError
from syndicator.flows import feeds, sources
from syndicator.flows.describing import described, doubts, notices, tried
from syndicator.flows.publish import publish
from syndicator.flows.refresh import begin
from syndicator.flows.upkeep import prepare
from syndicator.model import Digest, Doubles, Feed, Query, Source, utc
from syndicator.web import addresses
from tests.flows.world import World, story


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    for number in range(1, 5):
        tag = "rights" if number % 2 else "sport"
        world.write(f"{tag}/{number}.md", story(number))
    begin(world.ports)
    yield world
    world.close()


def feed(name: str = "rights", expression: str = "tag:rights", **more: Any) -> Feed:
    return Feed(**{"name": name, "title": name.title(), "query": Query(expression=expression), **more})


def says(world: World, *declared: Feed, formerly: dict[str, tuple[str, ...]] | None = None) -> None:
    """What syndicator.toml says from now on, read as at a start."""
    policy = replace(
        world.ports.policy,
        feeds=tuple(replace(one, declared=True) for one in declared),
        former_names=formerly or {},
    )
    world.ports = replace(world.ports, policy=policy)
    prepare(world.ports)
    publish(world.ports)


def names(world: World) -> list[str]:
    return [one.name for one in world.ports.store.feeds()]


def test_a_feed_that_is_defined_is_there_with_the_next_publication(world: World) -> None:
    made = feeds.define(world.ports, feed())
    publish(world.ports)
    assert world.titles("rights/feed.xml") == ["Story 3", "Story 1"]
    assert described(world.ports, made).articles == 2
    assert described(world.ports, made).addresses[0] == "https://news.example/rights/feed.xml"


def test_tags_and_authors_are_kept_as_slugs(world: World) -> None:
    query = Query(tags=frozenset({"Human Rights"}), authors=frozenset({"Ann Lee"}))
    made = feeds.define(world.ports, feed(query=query))
    assert made.query == Query(tags=frozenset({"human-rights"}), authors=frozenset({"ann-lee"}))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (feed("Rights"), "feed Rights: a name has letters a to z, digits and hyphens"),
        (feed("archives"), "feed archives: that name means something else in addresses"),
        (feed("tags"), "feed tags: that name means something else"),
        (feed("private/sitemaps", private=True), "means something else"),
        (feed(expression="tag:a and and"), "feed rights: filter: column "),
        (feed(expression="title~/(/"), "feed rights: filter: column "),
        (feed(query=Query(words_from=9, words_to=8)), "words_from is above words_to"),
        (feed(query=Query(since=utc(2026, 1, 1), before=utc(2026, 1, 1))), "since is not earlier than before"),
        (feed(doubles=Doubles.PREFER), "go together: give both"),
        (feed(prefer=("wire",)), "go together: give both"),
        (feed(profile="gogle-news"), "feed rights: profile `gogle-news`: there is none of that name; did you mean"),
        (feed(digest=Digest(of="sport")), "a digest rolls up all of another feed"),
        (feed(expression="", digest=Digest(of="rights")), "of which feed?"),
        (feed(expression="", digest=Digest(of="")), "of which feed?"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_feed_that_cannot_be_is_refused_before_anything_is_opened(wrong: Feed, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        feeds.checked([feed(), wrong])
    assert said in str(refused.value)


def test_a_feed_that_is_refused_is_not_kept(world: World) -> None:
    with pytest.raises(FeedError, match="feed rights: filter: column "):
        feeds.define(world.ports, feed(expression="tag:rights and"))
    assert names(world) == []


def test_a_name_is_given_once_whether_private_or_not(world: World) -> None:
    feeds.define(world.ports, feed())
    for name, private in (("rights", False), ("private/rights", True)):
        with pytest.raises(FeedError, match="there is one already"):
            feeds.define(world.ports, feed(name, private=private))


def test_a_change_keeps_the_name_and_the_id(world: World) -> None:
    made = feeds.define(world.ports, feed())
    publish(world.ports)
    id = world.feed("rights/feed.xml").feed.id
    changed = feeds.change(world.ports, made, replace(made, name="x", title="R", query=Query(expression="tag:sport")))
    publish(world.ports)
    assert (changed.name, changed.title) == ("rights", "R")
    assert world.titles("rights/feed.xml") == ["Story 4", "Story 2"]
    assert world.feed("rights/feed.xml").feed.id == id


def test_a_renamed_feed_is_found_by_its_old_name_and_keeps_its_id(world: World) -> None:
    feeds.define(world.ports, feed("freedom"))
    publish(world.ports)
    id = world.feed("freedom/feed.xml").feed.id
    feeds.rename(world.ports, feeds.find(world.ports, "freedom"), "rights")
    publish(world.ports)
    assert feeds.find(world.ports, "freedom").name == "rights"
    assert world.feed("rights/feed.xml").feed.id == id
    assert not (world.root / "feeds/freedom/feed.xml").exists()
    with pytest.raises(FeedError, match="the name leads there"):
        feeds.define(world.ports, feed("freedom"))
    feeds.rename(world.ports, feeds.find(world.ports, "rights"), "freedom")
    assert names(world) == ["freedom"]


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("sport", "feed sport: there is one already; choose another name"),
        ("board", "feed private/board: there is one already; choose another name"),
        ("private/freedom", "feed freedom: it is public, and a private one is another feed: add that"),
    ],
)
def test_a_name_that_cannot_be_is_refused_by_what_is_wrong_with_it(world: World, to: str, said: str) -> None:
    for one in (feed("freedom"), feed("sport"), feed("private/board", private=True)):
        feeds.define(world.ports, one)
    with pytest.raises(FeedError) as refused:
        feeds.rename(world.ports, feeds.find(world.ports, "freedom"), to)
    assert str(refused.value) == said
    assert names(world) == ["freedom", "private/board", "sport"]


def test_a_digest_follows_the_feed_that_it_rolls_up(world: World) -> None:
    feeds.define(world.ports, feed("freedom"))
    week = feeds.define(world.ports, feed("week", expression="", digest=Digest(of="freedom")))
    assert week.query == Query(sources=frozenset({"digest:week"}))
    feeds.rename(world.ports, feeds.find(world.ports, "freedom"), "rights")
    feeds.rename(world.ports, week, "weekly")
    after = feeds.find(world.ports, "weekly")
    assert after.digest == Digest(of="rights")
    assert after.query == Query(sources=frozenset({"digest:week"}))
    assert doubts(world.ports, after) == []


def test_a_removed_feed_is_gone_and_its_name_is_free(world: World) -> None:
    feeds.define(world.ports, feed())
    publish(world.ports)
    feeds.remove(world.ports, feeds.find(world.ports, "rights"))
    publish(world.ports)
    head = world.ports.store.document_head("rights/feed.xml")
    assert head is not None
    assert head.gone
    with pytest.raises(FeedError, match="feed rights: there is none"):
        feeds.find(world.ports, "rights")
    feeds.define(world.ports, feed())
    assert names(world) == ["rights"]


@pytest.mark.parametrize(
    ("text", "found"), [("rights", "rights"), ("/rights/", "rights"), ("papers", "private/papers")]
)
def test_feeds_are_found_by_name(world: World, text: str, found: str) -> None:
    feeds.define(world.ports, feed())
    feeds.define(world.ports, feed("private/papers", private=True))
    assert feeds.find(world.ports, text).name == found


def test_a_name_nearly_right_is_answered_with_the_right_one(world: World) -> None:
    feeds.define(world.ports, feed())
    with pytest.raises(FeedError, match="did you mean “rights”"):
        feeds.find(world.ports, "right")


def test_trying_tells_the_rule_for_each_article_and_keeps_nothing(world: World) -> None:
    found = tried(world.ports, feed("tried", "tag:rights and words>20"), 3)
    assert [(one.slug, one.kept) for one in found] == [("story-4", False), ("story-3", True), ("story-2", False)]
    assert "tag:rights" in found[0].why
    assert names(world) == []
    with pytest.raises(FeedError, match="filter: column 6"):
        tried(world.ports, feed("tried", "tag: "), 3)


def test_what_a_feed_names_and_nobody_has_is_told_and_may_come(world: World) -> None:
    query = Query(sources=frozenset({"seeds", "blogs"}))
    made = feeds.define(world.ports, feed(query=query))
    assert doubts(world.ports, made) == ["feed rights: there is no source “blogs” yet"]
    sources.add(world.ports, [Source(id="blog", url="https://blog.example/feed")])
    assert doubts(world.ports, made) == ["feed rights: there is no source “blogs” yet; did you mean “blog”?"]
    sources.add(world.ports, [Source(id="blogs", url="https://blogs.example/feed")])
    assert notices(world.ports) == ()


def test_a_declared_feed_is_published_and_changed_in_the_file_only(world: World) -> None:
    says(world, feed())
    assert world.titles("rights/feed.xml") == ["Story 3", "Story 1"]
    there = feeds.find(world.ports, "rights")
    for refused in (
        lambda: feeds.change(world.ports, there, replace(there, title="R")),
        lambda: feeds.rename(world.ports, there, "freedom"),
        lambda: feeds.remove(world.ports, there),
    ):
        with pytest.raises(FeedError, match=r"it is declared in syndicator\.toml"):
            refused()
    says(world, feed(expression="tag:sport"))
    assert world.titles("rights/feed.xml") == ["Story 4", "Story 2"]


def test_declaring_the_same_again_makes_nothing_dirty(world: World) -> None:
    says(world, feed(query=Query(tags=frozenset({"Rights"}))), feed("week", expression="", digest=Digest(of="rights")))
    before = world.snapshot()
    prepare(world.ports)
    assert world.ports.store.dirty() == []
    assert publish(world.ports).documents == ()
    assert world.snapshot() == before


def test_a_feed_that_left_the_file_stays_and_that_is_told(world: World) -> None:
    says(world, feed(), feed("sport", "tag:sport"))
    before = world.file("rights/feed.xml")
    says(world, feed("sport", "tag:sport"))
    assert world.file("rights/feed.xml") == before
    [told] = notices(world.ports)
    assert "feed rights: it stands in syndicator.toml no more" in told
    assert "`syndicator feed remove rights` ends it" in told
    feeds.remove(world.ports, feeds.find(world.ports, "rights"))
    assert notices(world.ports) == ()


def test_a_feed_that_came_back_into_the_file_is_declared_again(world: World) -> None:
    says(world, feed())
    says(world)
    says(world, feed())
    assert feeds.find(world.ports, "rights").declared
    assert notices(world.ports) == ()


def test_a_feed_added_by_command_is_taken_over_by_the_file(world: World) -> None:
    feeds.define(world.ports, feed(expression="tag:sport"))
    says(world, feed())
    assert feeds.find(world.ports, "rights").declared
    assert world.titles("rights/feed.xml") == ["Story 3", "Story 1"]


def test_a_feed_is_renamed_in_the_file_by_what_it_was_called(world: World) -> None:
    says(world, feed("freedom"))
    id = world.feed("freedom/feed.xml").feed.id
    says(world, feed("rights"), formerly={"rights": ("freedom",)})
    assert names(world) == ["rights"]
    assert world.ports.store.former("freedom") == "rights"
    assert world.feed("rights/feed.xml").feed.id == id
    says(world, feed("rights"), formerly={"rights": ("freedom",)})
    assert notices(world.ports) == ()


def test_what_it_was_called_may_be_told_later(world: World) -> None:
    says(world, feed("freedom"))
    id = world.feed("freedom/feed.xml").feed.id
    says(world, feed("rights"))
    assert names(world) == ["freedom", "rights"]
    says(world, feed("rights"), formerly={"rights": ("freedom",)})
    assert names(world) == ["rights"]
    assert world.feed("rights/feed.xml").feed.id == id
    assert world.ports.store.former("freedom") == "rights"


def test_two_feeds_that_both_had_a_life_are_never_made_one(world: World) -> None:
    says(world, feed("freedom"), feed("rights"))
    with pytest.raises(ConfigError, match="there is a feed freedom beside it"):
        says(world, feed("rights"), formerly={"rights": ("freedom",)})
    assert names(world) == ["freedom", "rights"]


@pytest.mark.parametrize("first", [False, True], ids=["public", "private"])
def test_a_declared_feed_that_turns_private_or_public_is_another(world: World, first: bool) -> None:
    both = [feed("rights"), feed("private/rights", private=True)]
    says(world, both[first])
    says(world, both[not first])
    assert names(world) == [both[not first].name]
    assert world.ports.store.former(both[first].name) == ""


def test_a_private_feed_does_not_end_a_public_one_that_was_added_by_command(world: World) -> None:
    feeds.define(world.ports, feed("rights"))
    with pytest.raises(ConfigError, match="added by command: choose another name"):
        says(world, feed("private/rights", private=True))
    assert names(world) == ["rights"]


def test_one_wrong_declaration_stops_nothing_else_and_keeps_what_was(world: World) -> None:
    says(world, feed())
    with pytest.raises(ConfigError) as wrong:
        says(world, feed(expression="tag:rights and"), feed("sport", "tag:sport"))
    assert str(wrong.value).startswith("syndicator.toml: feed rights: filter: column ")
    publish(world.ports)
    assert world.titles("rights/feed.xml") == ["Story 3", "Story 1"]
    assert world.titles("sport/feed.xml") == ["Story 4", "Story 2"]
    assert [one.declared for one in world.ports.store.feeds()] == [True, True]


def test_a_digest_of_a_private_feed_is_private_itself(world: World) -> None:
    feeds.define(world.ports, feed("private/board", private=True))
    for of in ("board", "private/board"):
        open = Feed(name="week", title="Week", digest=Digest(of=of))
        with pytest.raises(FeedError, match="feed week: it would show everybody what is in private/board"):
            feeds.define(world.ports, open)
    feeds.define(world.ports, Feed(name="private/week", title="Week", private=True, digest=Digest(of="board")))
    assert names(world) == ["private/board", "private/week"]


def test_a_digest_is_refused_also_where_it_is_declared_before_the_private_feed(world: World) -> None:
    with pytest.raises(ConfigError, match="feed week: it would show everybody what is in private/board"):
        says(world, Feed(name="week", title="Week", digest=Digest(of="board")), feed("private/board", private=True))
    assert names(world) == ["private/board"]


def test_a_name_that_means_something_else_in_addresses_is_no_feed_s(world: World) -> None:
    assert {"tags", "private", "healthz", "rss"} < RESERVED_NAMES
    for name in RESERVED_NAMES:
        assert not addresses.is_feed_name(name)
        with pytest.raises(FeedError, match="means something else in addresses"):
            feeds.define(world.ports, feed(name))
