"""Feeds that hide who their entries are, and decisions that cross: cases that were found by trying to break polls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syndicator.core.polling.schedule import LEASE
from syndicator.errors import SourceError, StoreFull
from syndicator.flows import sources
from syndicator.flows.exchange import read_list, take_over
from syndicator.flows.poll import poll, settle
from syndicator.flows.upkeep import declare
from syndicator.model import Condition, Query, RevisionKind, Source, Status
from tests.flows.test_polling import URL, item, kinds, later, rss, run, state, stored, subscribe
from tests.flows.upstreams import Page
from tests.flows.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.build()
    yield world
    world.close()


def titles(world: World, source: str = "up") -> list[str]:
    found = world.ports.store.select(Query(sources=frozenset({source})), 10_000)
    return sorted(article.title for article in found)


def atom(*parts: str) -> str:
    head = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">'
    return f"{head}<id>urn:f</id><title>F</title><updated>2026-04-01T00:00:00Z</updated>{''.join(parts)}</feed>"


def entry(id: str, title: str, updated: str = "2026-04-01T00:00:00Z", text: str = "Text.") -> str:
    link = f'<link href="https://up.example/{id[-1]}"/>'
    dates = f"<published>2026-04-01T00:00:00Z</published><updated>{updated}</updated>"
    return f"<entry><id>{id}</id><title>{title}</title>{link}{dates}<content>{text}</content></entry>"


def tombstone(id: str, when: str) -> str:
    return f'<at:deleted-entry ref="{id}" when="{when}"/>'


def test_an_entry_without_id_beside_one_with_id_and_the_same_link_is_not_overwritten(world: World) -> None:
    """Weekly posts that all link to the front page, one of them with a guid."""
    with_id = item(1, guid="urn:a", link="https://up.example/", title="With")
    bare = item(2, guid="", link="https://up.example/", title="Bare")
    world.upstreams.put(URL, rss(with_id, bare))
    subscribe(world)
    run(world)
    for number in range(3):
        text = item(2, guid="", link="https://up.example/", title="Bare", body=f"Corrected {number}.")
        world.upstreams.put(URL, rss(with_id, text))
        later(world)
    assert titles(world) == ["Bare", "With"]


def test_ids_that_differ_in_case_alone_are_different_articles(world: World) -> None:
    """Base 62 ids, as of link shorteners: the one slides out of the window as the other comes in."""
    one, other = (f"https://s.example/{id}" for id in ("aB", "Ab"))
    world.upstreams.put(URL, rss(item(1, guid=one, link=one)))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, rss(item(2, guid=other, link=other)))
    later(world)
    assert titles(world) == ["Story 1", "Story 2"]


def test_under_the_link_policy_entries_that_share_a_link_stay_apart(world: World) -> None:
    home = "https://up.example/"
    many = [item(n, link=home) for n in range(6)]
    shared = [item(20, guid="x", link="https://up.example/p"), item(21, guid="x", link="https://up.example/q")]
    bare = [item(30, guid=""), item(31, guid="")]
    world.upstreams.put(URL, rss(*many, *shared, *bare))
    subscribe(world)
    run(world)
    for number in range(40, 43):
        many = [item(number, link=home), *many]
        world.upstreams.put(URL, rss(*many, *shared, *bare))
        later(world)
    assert len(titles(world)) == 13


def test_a_feed_without_ids_that_moves_to_https_brings_nothing_new(world: World) -> None:
    world.upstreams.put(URL, rss(*(item(n, guid="", link=f"http://up.example/{n}") for n in range(3))))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, rss(*(item(n, guid="", link=f"https://up.example/{n}") for n in range(3))))
    later(world)
    assert titles(world) == ["Story 0", "Story 1", "Story 2"]


def test_an_entry_that_changed_and_has_a_newer_tombstone_is_withdrawn(world: World) -> None:
    world.upstreams.put(URL, atom(entry("urn:e:1", "One")))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, atom(entry("urn:e:1", "One, changed"), tombstone("urn:e:1", "2026-04-20T00:00:00Z")))
    later(world)
    assert world.ports.store.article("urn:e:1").status is Status.WITHDRAWN


def test_a_tombstone_that_stands_there_twice_withdraws_once(world: World) -> None:
    world.upstreams.put(URL, atom(entry("urn:e:1", "One")))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, atom(*2 * [tombstone("urn:e:1", "2026-04-20T00:00:00Z")]))
    later(world)
    assert world.ports.store.article("urn:e:1").status is Status.WITHDRAWN


def test_a_source_that_was_removed_with_its_articles_and_comes_back_brings_them_back(world: World) -> None:
    world.upstreams.put(URL, rss(item(1), item(2)))
    subscribe(world)
    run(world)
    sources.remove(world.ports, world.ports.store.source("up"), withdraw=True)
    assert titles(world) == []
    world.wait(hours=2)
    subscribe(world)
    run(world)
    assert titles(world) == ["Story 1", "Story 2"]


def test_an_old_copy_from_a_cache_is_no_correction(world: World) -> None:
    old = atom(entry("urn:e:1", "Draft", "2026-04-01T00:00:00Z"))
    new = atom(entry("urn:e:1", "Final", "2026-04-02T00:00:00Z"))
    world.upstreams.put(URL, old)
    subscribe(world)
    run(world)
    for body in (new, old, new, old, new, old, new):
        world.upstreams.put(URL, body)
        later(world)
    assert kinds(world, "urn:e:1") == [RevisionKind.NEW, RevisionKind.CORRECTION]


def test_one_source_whose_news_cannot_be_stored_leaves_the_polls_of_others_as_they_are(world: World) -> None:
    subscribe(world)
    sources.add(world.ports, [Source(id="other", url="https://other.example/feed.xml")])
    world.upstreams.put(URL, rss(item(1)))
    world.upstreams.put("https://other.example/feed.xml", rss(item(2)))

    def edit_meanwhile(request: object) -> object:
        if request.url == URL:
            sources.change(world.ports, world.ports.store.source("up"), title="Renamed")
        return fetch(request)

    fetch = world.upstreams.fetch
    world.upstreams.fetch = edit_meanwhile  # type: ignore[method-assign]
    assert len(run(world)) >= 1
    assert titles(world, "other") == ["Story 2"]


def test_a_full_disk_quarantines_nobody(world: World) -> None:
    """The disk has room for a claim, but not for the articles."""
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    ingest = type(world.ports.store).ingest

    def full(self: object, source: str) -> object:
        raise StoreFull("no room")

    try:
        type(world.ports.store).ingest = full
        for _ in range(6):
            for claim in world.ports.store.claim_due(world.now(), 1, LEASE):
                with pytest.raises(StoreFull):
                    poll(world.ports, claim)
            world.wait(hours=7)
    finally:
        type(world.ports.store).ingest = ingest
    world.ports.store.claim_due(world.now(), 1, LEASE)
    assert state(world).condition is not Condition.QUARANTINED


def test_a_move_that_proved_stable_keeps_what_a_person_decided_meanwhile(world: World) -> None:
    world.upstreams.put("https://new.example/feed.xml", rss(item(1)))
    world.upstreams.pages[URL] = Page(status=301, location="https://new.example/feed.xml")
    subscribe(world, interval=None)
    for _ in range(60):
        [claim] = world.ports.store.claim_due(world.now(), 1, LEASE)
        done = poll(world.ports, claim)
        if done.moved_to:
            current = world.ports.store.source("up")
            world.ports.store.save_sources([(replace(current, paused=True, title="Mine"), None)])
            settle(world.ports, [done])
            break
        settle(world.ports, [done])
        world.time = max(world.time, state(world).next_check)
    found = world.ports.store.source("up")
    assert (found.url, found.paused, found.title) == ("https://new.example/feed.xml", True, "Mine")


@pytest.mark.parametrize("slug", ["seeds", "../../x", "Ünï x"])
def test_a_name_that_cannot_be_a_sources_is_refused(world: World, slug: str) -> None:
    with pytest.raises(SourceError):
        sources.add(world.ports, [Source(id=slug, url=URL)])


def test_two_declared_sources_of_one_address_stay_one_over_restarts(world: World) -> None:
    declared = [Source(id="", url=URL, title=title, declared=True) for title in ("One", "Two")]
    seen = []
    for _ in range(3):
        declare(world.ports, declared)
        seen.append([source.id for source in world.ports.store.sources()])
    assert seen[0] == seen[1] == seen[2]


def test_a_declared_source_does_not_take_over_the_name_of_another_feed(world: World) -> None:
    subscribe(world)
    with pytest.raises(SourceError):
        declare(world.ports, [Source(id="up", url="https://elsewhere.example/feed", declared=True)])


def test_an_address_that_another_source_has_is_refused(world: World) -> None:
    subscribe(world)
    sources.add(world.ports, [Source(id="b", url="https://b.example/feed.xml")])
    with pytest.raises(SourceError):
        sources.change(world.ports, world.ports.store.source("b"), url=URL)


def test_removing_and_withdrawing_can_be_done_after_a_crash_between(world: World) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    run(world)
    sources.remove(world.ports, world.ports.store.source("up"))
    assert stored(world)
    sources.remove(world.ports, sources.find(world.ports, "up", removed=True), withdraw=True)
    assert stored(world) == []


def test_an_id_that_was_shared_once_does_not_unite_what_comes_later_alone(world: World) -> None:
    """Too few to distrust all ids of the source, and later one at a time in the window."""
    rest = [item(number) for number in range(100, 160)]
    one, two, three = (item(n, guid="x", title=title) for n, title in enumerate(("One", "Two", "Three")))
    subscribe(world)
    world.upstreams.put(URL, rss(one, *rest))
    run(world)
    for document in (rss(two, one, *rest), rss(three, *rest)):
        world.upstreams.put(URL, document)
        later(world)
    assert {"One", "Two", "Three"} <= set(titles(world))


def test_entries_without_ids_that_share_a_link_stay_apart_when_one_is_left(world: World) -> None:
    one, two = (item(n, guid="", link="https://up.example/", title=title) for n, title in enumerate(("One", "Two")))
    world.upstreams.put(URL, rss(one, two))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, rss(two.replace("The story", "The changed story")))
    later(world)
    assert titles(world) == ["One", "Two"]


def test_rewritten_ids_are_recognised_where_all_entries_share_a_link(world: World) -> None:
    home = "https://up.example/"
    world.upstreams.put(URL, rss(*(item(n, link=home) for n in range(3))))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, rss(*(item(n, link=home, guid=f"new-{n}") for n in range(3))))
    later(world)
    assert titles(world) == ["Story 0", "Story 1", "Story 2"]


def test_ids_that_are_new_in_every_document_bring_nothing_new_without_dates(world: World) -> None:
    subscribe(world)
    for number in range(3):
        world.upstreams.put(URL, rss(*(item(n, guid=f"{number}-{n}", date=None) for n in range(3))))
        world.wait(hours=12)
        run(world)
    assert titles(world) == ["Story 0", "Story 1", "Story 2"]


def test_a_withdrawal_goes_out_though_we_subscribe_to_our_own_feed(world: World) -> None:
    ours = "https://news.example/feed.xml"
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    run(world)
    sources.add(world.ports, [Source(id="self", url=ours)])
    world.upstreams.put(ours, world.file("feed.xml"))
    run(world)
    sources.remove(world.ports, world.ports.store.source("up"), withdraw=True)
    world.build()
    assert world.titles() == []


def test_what_upstream_withdrew_stays_withdrawn_when_its_source_is_removed_and_comes_back(world: World) -> None:
    world.upstreams.put(URL, atom(entry("urn:e:1", "One"), entry("urn:e:2", "Two")))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, atom(entry("urn:e:2", "Two"), tombstone("urn:e:1", "2026-04-20T00:00:00Z")))
    later(world)
    assert titles(world) == ["Two"]
    sources.remove(world.ports, world.ports.store.source("up"))
    world.upstreams.put(URL, atom(entry("urn:e:2", "Two")))  # a tombstone does not stand there for ever
    world.wait(hours=2)
    subscribe(world)
    run(world)
    assert titles(world) == ["Two"]


def test_an_id_that_looks_like_a_broken_address_is_an_id_like_any_other(world: World) -> None:
    world.upstreams.put(URL, rss(item(1, guid="http://[blog]/2026/one"), item(2)))
    subscribe(world)
    run(world)
    assert titles(world) == ["Story 1", "Story 2"]


def test_a_list_with_an_address_that_cannot_be_read_is_taken_over_but_for_it(world: World) -> None:
    outlines = "".join(f'<outline text="x" xmlUrl="{url}"/>' for url in ("https://good.example/feed", "http://[bad/f"))
    listed = read_list(f'<opml version="2.0"><body>{outlines}</body></opml>'.encode(), "list.opml")
    new, _ = take_over(world.ports, listed.subscriptions)
    assert [source.url for source in new] == ["https://good.example/feed"]


def test_a_link_that_several_entries_share_does_not_tell_which_one_has_no_id(world: World) -> None:
    home = "https://up.example/"
    with_id = item(1, link=home)
    subscribe(world)
    world.upstreams.put(URL, rss(item(2, guid="", link=home), with_id))
    run(world)
    world.upstreams.put(URL, rss(item(3, guid="", link=home), with_id))
    later(world)
    assert titles(world) == ["Story 1", "Story 2", "Story 3"]


def test_another_site_without_a_public_address_is_not_taken_for_ourselves(tmp_path: Path) -> None:
    """Both call themselves http://127.0.0.1:8080, as all do that were told nothing."""
    (tmp_path / "a").mkdir()
    world = World(tmp_path / "a")
    try:
        world.move_to("http://127.0.0.1:8080")
        link = '<link rel="self" href="http://127.0.0.1:8080/feed.xml"/>'
        world.upstreams.put(URL, atom(link, entry("urn:e:1", "One")))
        subscribe(world)
        run(world)
        assert titles(world) == ["One"]
    finally:
        world.close()
