"""Documents about the site, from the store to files: which there are, what they say, when they change."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicator.core.lists import read_list
from syndicator.core.render.listings import news_until
from syndicator.flows import feeds, listings, sources
from syndicator.flows.ingest import ingest
from syndicator.flows.publish import publish
from syndicator.flows.refresh import advance
from syndicator.flows.rounds import poll_due
from syndicator.flows.sources import add, change, remove, sound
from syndicator.model import Feed, Source
from tests.flows.world import World, story

ALL = ["@opml", "@feeds", "@news", "@sitemap/0", "@sitemap"]


def body(world: World, name: str) -> str:
    """The document of that name, or nothing where there is none."""
    found = listings.documents(world.ports, name)
    return "".join(document.body.decode() for document in found)


def pages(world: World, name: str) -> list[str]:
    """The articles that a sitemap names."""
    return re.findall(r"<loc>https://news\.example/articles/([^<]*)</loc>", body(world, name))


def settle(world: World, *names: str) -> None:
    """Store these documents as publication does."""
    store = world.ports.store
    store.soil(names)
    done = [one for one in store.dirty() if one.name in names]
    made = {name: listings.documents(world.ports, name) for name in names}
    paths = {str(listings.path(name)): name for name in names}
    gone = [path for path, name in paths.items() if not made[name]]
    written = store.publish(done, [one for found in made.values() for one in found], gone, (), world.now(), names=paths)
    world.ports.publication.write(written, store.document)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("@opml", "opml.xml"),
        ("@feeds", ".well-known/feeds"),
        ("@news", "sitemap-news.xml"),
        ("@sitemap", "sitemap.xml"),
        ("@sitemap/0", "sitemaps/0.xml"),
        ("@sitemap/417", "sitemaps/417.xml"),
        ("@sitemap/01", None),
        ("@sitemap/-1", None),
        ("@sitemap/../x", None),
        ("@sitemap/0\n", None),
        ("@other", None),
        ("", None),
        ("tags/x", None),
    ],
)
def test_a_dirty_name_means_one_path_or_none(world: World, name: str, expected: str | None) -> None:
    assert listings.path(name) == expected
    if expected is None:
        assert listings.documents(world.ports, name) == []


@pytest.mark.parametrize(("key", "name"), [(1, "@sitemap/0"), (199, "@sitemap/0"), (200, "@sitemap/1")])
def test_an_article_belongs_to_the_part_of_its_number(key: int, name: str) -> None:
    assert listings.part_of(key) == name


def test_of_an_empty_site_there_is_only_the_list_of_its_feeds(world: World) -> None:
    assert listings.every(world.ports) == ALL
    assert [name for name in ALL if listings.documents(world.ports, name)] == ["@feeds"]


def test_every_article_of_ours_is_in_the_part_of_its_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "PART", 4)
    for number in range(1, 10):
        world.write(f"{number}.md", story(number))
    world.write("other.md", "---\ntitle: Of others\nurl: https://elsewhere.example/a\n---\nText.\n")
    world.write("draft.md", "---\ntitle: Not yet\nstatus: draft\n---\nText.\n")
    ingest(world.ports)
    names = [name for name in listings.every(world.ports) if name.startswith("@sitemap/")]
    assert names == ["@sitemap/0", "@sitemap/1", "@sitemap/2"]
    found = [pages(world, name) for name in names]
    assert sorted(slug for part in found for slug in part) == [f"story-{number}" for number in range(1, 10)]
    assert [len(found[0]) <= 3, len(found[1]) <= 4, len(found[2]) <= 4] == [True] * 3


def test_the_index_names_the_parts_that_are_there_or_will_be(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "PART", 2)
    for number in range(1, 4):
        world.write(f"{number}.md", story(number))
    ingest(world.ports)
    parts = "https://news.example/sitemaps/0.xml", "https://news.example/sitemaps/1.xml"

    def named() -> tuple[str, ...]:
        return tuple(re.findall("<loc>([^<]*)</loc>", body(world, "@sitemap")))

    assert named() == ()
    world.ports.store.soil(["@sitemap/0", "@sitemap/1", "@sitemap/2"])
    assert named() == parts
    settle(world, "@sitemap/0", "@sitemap/1", "@sitemap/2", "@sitemap")
    assert (named(), world.ports.store.document("sitemaps/2.xml")) == (parts, None)
    number = pages(world, "@sitemap/0")[0].removeprefix("story-")
    world.write(f"{number}.md", story(int(number)).replace("---\n", "---\nstatus: draft\n", 1))
    world.wait(minutes=5)
    ingest(world.ports)
    world.ports.store.soil(["@sitemap/0"])
    assert (pages(world, "@sitemap/0"), named()) == ([], parts[1:])
    settle(world, "@sitemap/0", "@sitemap")
    head = world.ports.store.document_head("sitemaps/0.xml")
    assert head is not None
    assert head.gone
    assert named() == parts[1:]
    assert set(world.snapshot()) >= {"sitemap.xml", "sitemaps/1.xml"}
    assert "sitemaps/0.xml" not in world.snapshot()


def test_news_are_of_the_last_two_days(world: World) -> None:
    world.write("old.md", story(1))
    world.write("new.md", story(2, title="Today", date="2026-05-01"))
    ingest(world.ports)
    assert pages(world, "@news") == ["today"]
    article = world.ports.store.article("today")
    assert article is not None
    until = news_until(article)
    assert until is not None
    world.time = until - timedelta(seconds=1)
    assert pages(world, "@news") == ["today"]
    world.wait(seconds=1)
    assert listings.documents(world.ports, "@news") == []


def test_the_oldest_news_are_found_behind_many_newer_finds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "_AT_ONCE", 4)
    world.write("first.md", story(0, title="First", date="2026-05-01"))
    ingest(world.ports)
    world.wait(hours=1)
    for number in range(1, 14):
        world.write(f"{number}.md", story(number, date="2020-01-{day:02}"))
    ingest(world.ports)
    assert pages(world, "@news") == ["first"]


def test_the_lists_follow_sources_and_feeds_and_keep_secrets(world: World) -> None:
    source = Source(id="lake", url="https://ann:hidden@lake.example/feed?key=hidden", title="The Lake", tags=("Boats",))
    add(world.ports, [sound(source)])
    store = world.ports.store
    store.save_feed(Feed(name="boats", title="Boats"))
    store.save_feed(Feed(name="private/board", title="The Board", private=True))
    assert "hidden" not in body(world, "@opml") + body(world, "@feeds")
    read = read_list(body(world, "@opml").encode(), "opml.xml").subscriptions
    assert [(one.url, one.title, one.tags) for one in read] == [("https://lake.example/feed", "The Lake", ("Boats",))]
    feeds = read_list(body(world, "@feeds").encode(), "feeds").subscriptions
    assert [one.url.removeprefix("https://news.example/") for one in feeds] == [
        "feed.xml",
        "boats/feed.xml",
        "sources/lake/feed.xml",
    ]
    remove(world.ports, source)
    assert listings.documents(world.ports, "@opml") == []


def test_the_documents_are_files_at_their_addresses_and_repaired_like_any(world: World) -> None:
    world.write("new.md", story(2, title="Today", date="2026-05-01"))
    ingest(world.ports)
    settle(world, *ALL)
    paths = {".well-known/feeds", "sitemap-news.xml", "sitemaps/0.xml", "sitemap.xml"}
    feeds = world.root / "feeds"
    written = {path: (feeds / path).read_bytes() for path in paths}
    (feeds / ".well-known" / "feeds").write_bytes(b"<opml>")
    (feeds / "sitemap.xml").unlink()
    (feeds / ".well-known" / "security.txt").write_bytes(b"mine")
    mended = world.ports.publication.repair(world.ports.store.documents(), world.ports.store.document)
    assert set(mended) >= {".well-known/feeds", "sitemap.xml"}
    assert {path: (feeds / path).read_bytes() for path in paths} == written
    assert (feeds / ".well-known" / "security.txt").read_bytes() == b"mine"
    world.move_to("https://moved.example")
    settle(world, "@feeds")
    assert b"https://moved.example/feed.xml" in (feeds / ".well-known" / "feeds").read_bytes()


def test_the_same_store_gives_the_same_bytes_whatever_the_time(world: World) -> None:
    world.write("old.md", story(1))
    ingest(world.ports)
    world.ports.store.save_feed(Feed(name="boats", title="Boats"))
    before = [body(world, name) for name in ALL]
    world.wait(days=300)
    assert [body(world, name) for name in ALL] == before


def test_a_title_that_upstream_gave_stands_where_a_person_gave_none(world: World) -> None:
    add(world.ports, [Source(id="lake", url="https://lake.example/feed")])
    state = world.ports.store.poll_state("lake")
    assert state is not None
    known = replace(state, upstream=replace(state.upstream, title="The Lake", url="https://lake.example/"))
    source = world.ports.store.source("lake")
    assert source is not None
    world.ports.store.save_sources([(source, known)])
    (one,) = read_list(body(world, "@opml").encode(), "opml.xml").subscriptions
    assert (one.title, one.page) == ("The Lake", "https://lake.example/")
    assert "The Lake" in body(world, "@feeds")


def test_a_build_publishes_what_there_is_and_a_change_only_what_it_touches(world: World) -> None:
    for number in range(1, 4):
        world.write(f"{number}.md", story(number))
    world.build()
    there = {".well-known/feeds", "sitemap.xml", "sitemaps/0.xml"}
    paths = {str(listings.path(name)) for name in ALL}
    assert paths & {path.removesuffix(".gz") for path in world.snapshot()} == there
    world.wait(minutes=1)
    world.write("today.md", story(9, title="Today", date="2026-05-01"))
    report = world.event("today.md")
    assert set(report.documents) & paths == {"sitemaps/0.xml", "sitemap-news.xml"}
    assert b"/articles/today</loc>" in world.file("sitemaps/0.xml")
    world.wait(minutes=1)
    world.write("today.md", "---\nstatus: draft\n---\nNot yet.\n")
    report = world.event("today.md")
    assert set(report.documents) & paths == {"sitemaps/0.xml", "sitemap-news.xml"}
    assert "sitemap-news.xml" not in world.snapshot()


def test_an_article_leaves_the_news_by_itself_when_its_two_days_are_over(world: World) -> None:
    world.write("new.md", story(2, title="Today", date="2026-05-01"))
    world.build()
    assert b"Today" in world.file("sitemap-news.xml")
    world.wait(days=2)
    advance(world.ports)
    assert "sitemap-news.xml" not in world.snapshot()


RSS = (
    "<rss version='2.0'><channel><title>{title}</title><link>{page}</link><description>All.</description>"
    "<item><guid>https://lake.example/1</guid><title>One</title><description>Text.</description></item></channel></rss>"
)


def test_the_lists_are_published_anew_when_sources_or_feeds_change(world: World) -> None:
    address = "https://lake.example/feed"

    def lists() -> tuple[list[str], list[str]]:
        """Titles in the list of sources, and in that of feeds, as they are published."""
        publish(world.ports)
        files = [world.root / "feeds" / path for path in ("opml.xml", ".well-known/feeds")]
        read = [read_list(file.read_bytes(), file.name).subscriptions if file.exists() else () for file in files]
        return [one.title for one in read[0]], [one.title for one in read[1]][1:]

    def polled(title: str, page: str = "https://lake.example/") -> None:
        world.wait(days=2)
        world.upstreams.put(address, RSS.format(title=title, page=page))
        poll_due(world.ports, lambda _: None)

    world.build()
    add(world.ports, [Source(id="lake", url=address)])
    assert lists() == ([""], ["News: lake"])
    polled("The Lake")
    assert lists() == (["The Lake"], ["News: The Lake"])
    polled("The Sea")
    assert lists() == (["The Sea"], ["News: The Sea"])
    assert b"<title>News: The Sea</title>" in world.file("sources/lake/feed.xml")
    polled("The Sea", "https://sea.example/")
    assert lists() == (["The Sea"], ["News: The Sea"])
    assert b"https://sea.example/" in world.file("opml.xml")
    source = change(world.ports, sources.find(world.ports, "lake"), title="Mine")
    assert lists() == (["Mine"], ["News: Mine"])
    source = change(world.ports, source, paused=True)
    lists()
    assert b"isComment" in world.file("opml.xml")
    source = sources.resume(world.ports, source)
    lists()
    assert b"isComment" not in world.file("opml.xml")
    feed = feeds.define(world.ports, Feed(name="boats", title="Boats"))
    assert lists()[1] == ["Boats", "News: Mine"]
    feed = feeds.change(world.ports, feed, replace(feed, title="Ships"))
    assert lists()[1] == ["Ships", "News: Mine"]
    feed = feeds.rename(world.ports, feed, "ships")
    lists()
    assert b"/ships/feed.xml" in world.file(".well-known/feeds")
    feeds.remove(world.ports, feed)
    remove(world.ports, source)
    assert lists() == ([], [])
