"""Why an article is where it is, told by the rules that put it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syndicator.errors import ArticleError, FeedError
from syndicator.flows import feeds, rounds, rulings, sources
from syndicator.flows.accounting import Account, account, find
from syndicator.flows.publish import publish
from syndicator.flows.refresh import advance, begin
from syndicator.flows.whereabouts import Standing
from syndicator.model import Cap, Doubles, Feed, Query, RevisionKind, Source
from tests.flows.test_polling import item, rss
from tests.flows.world import World, story

TEXT = " ".join(f"The council of town number {n} met and voted on rule {n * 7}." for n in range(40))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.write("rights/1.md", story(1))
    begin(world.ports)
    yield world
    world.close()


def compose(world: World, name: str, expression: str = "", **more: Any) -> Feed:
    made = feeds.define(
        world.ports, Feed(**{"name": name, "title": name, "query": Query(expression=expression), **more})
    )
    publish(world.ports)
    return made


def poll(world: World, source: str, *items: str) -> None:
    """The source has these entries, and is polled now."""
    url = f"https://{source}.example/feed.xml"
    world.upstreams.put(url, rss(*items))
    if world.ports.store.source(source) is None:
        sources.add(world.ports, [Source(id=source, url=url)])
    rounds.poll_these(world.ports, [sources.find(world.ports, source)], lambda _: None, lambda *_: None, 1)


def told(world: World, article: str, feed: str | None = None) -> Account:
    return account(world.ports, find(world.ports, article), feed)


def why(world: World, article: str, feed: str) -> tuple[bool, str]:
    [standing] = told(world, article, feed).feeds
    return standing.shown, standing.why


@pytest.mark.parametrize(
    "text",
    ["story-1", "rights/1.md", "seeds/rights/1.md", "./seeds/rights/1.md", "https://news.example/articles/story-1"],
)
def test_an_article_is_found_by_slug_file_or_page(world: World, text: str) -> None:
    assert find(world.ports, text).slug == "story-1"


def test_an_article_is_found_by_id_or_where_it_can_be_read(world: World) -> None:
    poll(world, "up", item(7))
    poll(world, "down", item(8))
    for text in ("urn:example:7", "https://up.example/7", "https://up.example/7?utm_source=x#top", "story-7"):
        assert find(world.ports, text).id == "urn:example:7"


@pytest.mark.parametrize("source", ["seeds", "up"])
def test_an_article_of_the_only_source_is_found_where_it_can_be_read(tmp_path: Path, source: str) -> None:
    world = World(tmp_path)
    if source == "seeds":
        world.write("2.md", "---\ntitle: Two\nurl: https://up.example/7\n---\n\nThe text.\n")
        begin(world.ports)
    else:
        poll(world, "up", item(7))
    assert find(world.ports, "https://UP.example/7").source == source
    world.close()


@pytest.mark.parametrize("text", ["nothing", "rights/2.md", "https://up.example/none", ""])
def test_an_article_that_is_not_there_is_an_error_that_says_how_to_find_one(world: World, text: str) -> None:
    with pytest.raises(ArticleError, match="no article has this id, slug, address or file"):
        find(world.ports, text)


def test_every_feed_that_it_is_in_and_every_composed_one_that_it_is_not_in_is_told(world: World) -> None:
    compose(world, "long", "words>1000")
    compose(world, "private/papers", "tag:rights", private=True)
    assert told(world, "story-1").feeds == (
        Standing(feed="default", title="News", shown=True, why="kept: every article"),
        Standing(feed="tags/rights", title="News: rights", shown=True, why="kept: tag:rights"),
        *told(world, "story-1", "long").feeds,
        *told(world, "story-1", "papers").feeds,
    )
    assert why(world, "story-1", "papers") == (True, "kept: tag:rights")
    shown, reason = why(world, "story-1", "long")
    assert (shown, reason.startswith("dropped by: words>1000")) == (False, True)


def test_a_feed_that_it_could_never_be_in_is_explained_when_asked_for(world: World) -> None:
    world.write("sport/2.md", story(2))
    begin(world.ports)
    shown, reason = why(world, "story-1", "tags/sport")
    assert (shown, reason.startswith("dropped by: tag:")) == (False, True)
    assert why(world, "story-1", "default") == (True, "kept: every article")
    with pytest.raises(FeedError, match="there is none"):
        told(world, "story-1", "nothing")


def test_what_is_older_than_a_feed_is_long_is_said(world: World) -> None:
    world.write("rights/2.md", story(2))
    begin(world.ports)
    compose(world, "newest", "tag:rights", limit=1)
    assert why(world, "story-2", "newest") == (True, "kept: tag:rights")
    shown, reason = why(world, "story-1", "newest")
    assert (shown, reason) == (False, "kept: tag:rights; older than the newest 1, which are all that it shows")
    world.ports = replace(world.ports, policy=replace(world.ports.policy, items=1))
    assert why(world, "story-1", "default")[1] == "older than the newest 1, which are all that it shows"


def test_an_archive_is_named(world: World) -> None:
    for number in range(2, 6):
        world.write(f"rights/{number}.md", story(number))
    begin(world.ports)
    compose(world, "archived", "tag:rights", limit=2, archives=True)
    assert why(world, "story-1", "archived") == (True, "kept: tag:rights; in archive 1")


def test_a_cap_that_left_no_room_is_named(world: World) -> None:
    poll(world, "up", *(item(number, date="Fri, 01 May 2026 08:00:00 GMT") for number in (7, 8, 9)))
    compose(world, "few", caps=(Cap(most=2, source="up"), Cap(most=5)))
    compose(world, "fewer", caps=(Cap(most=1),))
    left = [number for number in (7, 8, 9) if not why(world, f"story-{number}", "few")[0]]
    assert len(left) == 1
    assert why(world, f"story-{left[0]}", "few")[1] == "at most 2 a day from up: there were 2 already when it came"
    crowded = [why(world, f"story-{number}", "fewer") for number in (7, 8, 9)]
    assert [shown for shown, _ in crowded].count(True) == 1
    reason = "at most 1 a day from each source, and up has them: there were 1 already when it came"
    assert (False, reason) in crowded


def test_a_delay_says_until_when(world: World) -> None:
    compose(world, "slow", delay=timedelta(hours=2))
    poll(world, "up", item(7))
    assert why(world, "story-7", "slow") == (False, "delayed until 2026-05-01 14:00:00 UTC")
    world.wait(hours=2, seconds=1)
    advance(world.ports)
    assert why(world, "story-7", "slow") == (True, "kept: every article")


def test_a_double_is_named_with_why_it_was_merged(world: World) -> None:
    compose(world, "all")
    compose(world, "both", doubles=Doubles.KEEP)
    poll(world, "up", item(7, link="https://up.example/7", body=TEXT))
    poll(world, "down", item(8, guid="x", link="https://up.example/7", title="Story 7", body=TEXT))
    for feed in ("all", "default"):
        assert why(world, "story-7", feed)[0]
    assert why(world, "story-7-2", "all") == (False, "a double of story-7 (from up), which the feed shows")
    assert why(world, "story-7-2", "default") == (False, "a double of story-7 (from up), which came first")
    assert why(world, "story-7-2", "both") == (True, "kept: every article")
    found = told(world, "story-7")
    assert [(one.slug, one.source, one.status) for one in found.doubles] == [("story-7-2", "down", "published")]
    [merged] = found.merged
    assert merged.startswith("story-7-2 is the same as story-7: the same address")
    assert told(world, "story-7-2").merged == (merged,)


def test_revisions_tell_when_why_and_where_from(world: World) -> None:
    poll(world, "up", item(7))
    world.wait(hours=1)
    world.write("rights/1.md", story(1).replace("The story", "The true story"))
    world.event("rights/1.md")
    file = told(world, "story-1")
    assert [(one.number, one.kind, one.origin, one.changed) for one in file.revisions] == [
        (1, RevisionKind.NEW, "file rights/1.md", ()),
        (2, RevisionKind.CORRECTION, "file rights/1.md", ("body", "summary")),
    ]
    [first] = told(world, "story-7").revisions
    assert first.origin == "source up (https://up.example/feed.xml)"


def test_of_two_articles_with_one_id_each_is_explained_by_its_own_slug(world: World) -> None:
    poll(world, "up", item(7, link="https://up.example/7", title="Mine", body="One thing."))
    poll(world, "down", item(7, link="https://down.example/9", title="Yours", body="Another thing altogether."))
    assert [told(world, slug).source for slug in ("mine", "yours")] == ["up", "down"]
    assert [told(world, slug).revisions[0].origin.split()[1] for slug in ("mine", "yours")] == ["up", "down"]
    assert why(world, "yours", "default")[0] is False


def test_a_ruling_is_told_and_who_brought_it_about(world: World) -> None:
    compose(world, "all", archives=True)
    rulings.retract(world.ports, find(world.ports, "story-1"), "It was made up.")
    found = told(world, "story-1")
    assert found.status == "retracted"
    assert found.ruling.startswith("retracted by command at 2026-05-01 12:00: It was made up.")
    assert (found.revisions[-1].kind, found.revisions[-1].origin) == (RevisionKind.RETRACTION, "a command")
    assert why(world, "story-1", "all")[0]


def test_a_killed_article_is_explained_without_a_word_of_it(world: World) -> None:
    compose(world, "all", archives=True)
    world.write("rights/secret.md", story(9, title="Zanzibar"))
    world.event("rights/secret.md")
    rulings.kill(world.ports, find(world.ports, "zanzibar"))
    found = told(world, "zanzibar")
    assert found.status == "killed"
    assert why(world, "zanzibar", "all") == (False, "it is killed; the feed tells that it is gone")
    assert [line for line in found.lines() if "Zanzibar" in line or "w9x" in line] == []


def test_a_change_that_is_not_published_yet_is_said(world: World) -> None:
    compose(world, "all")
    feeds.define(world.ports, Feed(name="new", title="New"))
    assert why(world, "story-1", "new") == (False, "it was not looked at yet: it is when the feed is published next")
