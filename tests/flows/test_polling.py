"""Upstream feeds become articles: identity, revisions, absence, tombstones, archives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syndicator.core.polling.schedule import LEASE
from syndicator.errors import FetchError, LeaseLost
from syndicator.flows import rounds, sources
from syndicator.flows.exchange import take_over
from syndicator.flows.poll import Done, poll, settle
from syndicator.model import Condition, PollState, Query, Result, RevisionKind, Source, Status, Subscription
from tests.flows.upstreams import Page
from tests.flows.world import World

URL = "https://up.example/feed.xml"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.build()
    yield world
    world.close()


def item(
    number: int,
    *,
    guid: str | None = None,
    link: str | None = None,
    title: str | None = None,
    body: str | None = None,
    date: str | None = "Wed, {day:02} Apr 2026 10:00:00 GMT",
    more: str = "",
) -> str:
    """An RSS item; `guid` and `link` may be empty to be left out."""
    guid = f"urn:example:{number}" if guid is None else guid
    link = f"https://up.example/{number}" if link is None else link
    parts = [
        f"<title>{title or f'Story {number}'}</title>",
        f'<guid isPermaLink="false">{guid}</guid>' if guid else "",
        f"<link>{link}</link>" if link else "",
        f"<pubDate>{date.format(day=number % 28 + 1)}</pubDate>" if date else "",
        f"<description>{body or f'The story of number {number}.'}</description>",
    ]
    return f"<item>{''.join(parts)}{more}</item>"


def rss(*items: str, head: str = "") -> str:
    channel = "<title>Up</title><link>https://up.example/</link><description>All of it.</description>"
    spaces = 'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
    return f'<?xml version="1.0"?><rss version="2.0" {spaces}><channel>{channel}{head}{"".join(items)}</channel></rss>'


def subscribe(world: World, **decided: Any) -> None:
    sources.add(world.ports, [Source(**{"id": "up", "url": URL, **decided})])


def run(world: World) -> list[Done]:
    """Poll what is due now."""
    done: list[Done] = []
    rounds.poll_due(world.ports, done.append)
    return done


def later(world: World, source: str = "up") -> list[Done]:
    """Wait until the source is due, and poll it."""
    at = state(world, source).next_check
    assert at is not None
    world.time = max(world.time, at)
    return run(world)


def state(world: World, source: str = "up") -> PollState:
    found = world.ports.store.poll_state(source)
    assert found is not None
    return found


def kinds(world: World, id: str) -> list[RevisionKind]:
    return [kind for _, kind, _, _ in world.ports.store.revisions(id)]


def stored(world: World) -> list[str]:
    return [article.id for article in world.ports.store.select(Query(sources=frozenset({"up"})), 100_000)]


def test_what_an_upstream_feed_brings_is_published_with_its_ids_and_dates(world: World) -> None:
    world.upstreams.put(URL, rss(item(2), item(1)))
    subscribe(world)
    [done] = run(world)
    assert (done.poll.result, done.poll.new) == (Result.NEW, 2)
    assert world.ids() == ["urn:example:2", "urn:example:1"]
    assert [entry.published for entry in world.feed().entries] == ["2026-04-03T10:00:00Z", "2026-04-02T10:00:00Z"]
    assert world.ids("sources/up/feed.xml") == world.ids()


def test_what_did_not_change_is_not_stored_again(world: World) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    run(world)
    before = world.snapshot()
    assert [done.poll.result for done in later(world)] == [Result.NOT_MODIFIED]
    world.upstreams.put(URL, rss(item(1)), validators=False)
    assert [done.poll.result for done in later(world)] == [Result.SAME]
    world.upstreams.put(URL, rss(item(1), head="<lastBuildDate>Fri, 01 May 2026 10:00:00 GMT</lastBuildDate>"))
    assert [done.poll.result for done in later(world)] == [Result.SAME]
    assert kinds(world, "urn:example:1") == [RevisionKind.NEW]
    assert world.snapshot() == before


def test_a_new_entry_is_published_before_older_ones_whatever_its_date(world: World) -> None:
    world.upstreams.put(URL, rss(item(5), item(4)))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, rss(item(5), item(4), item(2)))
    later(world)
    assert world.ids() == ["urn:example:2", "urn:example:5", "urn:example:4"]


def test_entries_found_together_keep_the_order_of_their_dates(world: World) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, rss(item(1), item(6), item(9), item(7, date=None)))
    later(world)
    assert world.titles() == ["Story 7", "Story 9", "Story 6", "Story 1"]


def test_an_entry_without_a_date_keeps_the_time_it_was_first_seen(world: World) -> None:
    world.upstreams.put(URL, rss(item(1, date=None)))
    subscribe(world)
    run(world)
    first = world.feed().entries[0].published
    world.upstreams.put(URL, rss(item(1, date=None, body="Changed.")))
    later(world)
    assert (world.feed().entries[0].published, first) == ("2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z")


def test_a_date_in_the_future_pins_nothing_to_the_top(world: World) -> None:
    world.upstreams.put(URL, rss(item(1, date="Fri, 01 Jan 2100 00:00:00 GMT"), item(2)))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, rss(item(3), item(1, date="Fri, 01 Jan 2100 00:00:00 GMT"), item(2)))
    later(world)
    assert world.titles() == ["Story 3", "Story 1", "Story 2"]


def test_a_correction_is_a_revision_and_moves_updated_forward(world: World) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, rss(item(1, body="Corrected.")))
    [done] = later(world)
    assert (done.poll.new, done.poll.changed) == (0, 1)
    assert kinds(world, "urn:example:1") == [RevisionKind.NEW, RevisionKind.CORRECTION]
    assert world.feed().entries[0].updated > "2026-05-01T12:00:00Z"


def test_an_entry_that_shows_the_time_of_day_is_no_news_for_ever(world: World) -> None:
    subscribe(world, interval=timedelta(minutes=15))
    for number in range(60):
        world.upstreams.put(URL, rss(item(1, body=f"It is {number}.")))
        later(world) if number else run(world)
    assert len(kinds(world, "urn:example:1")) == 25


def test_a_change_that_comes_too_soon_is_stored_when_its_time_has_come(world: World) -> None:
    subscribe(world, interval=timedelta(minutes=2))
    world.upstreams.put(URL, rss(item(1, body="One.")))
    run(world)
    world.upstreams.put(URL, rss(item(1, body="Two.")))
    later(world)
    world.upstreams.put(URL, rss(item(1, body="Three.")))
    later(world)
    assert "Three" not in world.file().decode()
    for _ in range(8):
        later(world)
    assert "Three" in world.file().decode()


def test_counts_of_comments_are_no_correction(world: World) -> None:
    subscribe(world)
    for count in (1, 2, 3):
        world.upstreams.put(URL, rss(item(1, more=f"<slash:comments>{count}</slash:comments>")))
        later(world) if count > 1 else run(world)
    assert kinds(world, "urn:example:1") == [RevisionKind.NEW]


def test_what_is_absent_is_not_deleted_and_its_return_is_no_news(world: World) -> None:
    world.upstreams.put(URL, rss(item(3), item(2), item(1)))
    subscribe(world)
    run(world)
    before = world.snapshot()
    for body in (rss(item(3)), rss(), rss(item(3), item(2), item(1))):
        world.upstreams.put(URL, body)
        later(world)
    assert world.snapshot() == before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (item(1, guid="HTTP://Up.example/1"), item(1, guid="http://up.example/1 ")),
        (item(1, guid="http://up.example/1"), item(1, guid="https://up.example/1")),
        (item(1, guid="old-cms-17"), item(1, guid="urn:new-cms:abc")),
        (item(1), item(1, link="https://up.example/moved/1")),
        (item(1, guid=""), item(1, guid="", body="Edited.")),
    ],
    ids=["case and space of the id", "http to https", "new ids for all", "new link", "no id, edited"],
)
def test_an_entry_stays_the_same_article(world: World, first: str, second: str) -> None:
    subscribe(world)
    world.upstreams.put(URL, rss(first))
    run(world)
    before = stored(world)
    world.upstreams.put(URL, rss(second))
    later(world)
    assert stored(world) == before


@pytest.mark.parametrize(
    "make",
    [
        lambda n: item(n, guid="same for all"),
        lambda n: item(n, guid="same for all", link=""),
        lambda n: item(n, guid="", link="https://up.example/"),
        lambda n: item(n, guid="", link=""),
        lambda n: item(n, guid="", link="", date=None),
    ],
    ids=["one id for all", "one id and no link", "no id and one link", "neither", "nothing at all"],
)
def test_entries_that_hide_who_they_are_are_all_kept_and_never_doubled(
    world: World, make: Callable[[int], str]
) -> None:
    subscribe(world)
    for newest in range(5, 25):
        world.upstreams.put(URL, rss(*(make(number) for number in range(newest, newest - 5, -1))))
        later(world) if newest > 5 else run(world)
    assert sorted(world.titles()) == sorted(f"Story {number}" for number in range(1, 25))


def test_two_entries_of_one_id_do_not_overwrite_each_other_for_fifty_polls(world: World) -> None:
    subscribe(world)
    many = [item(number) for number in range(10, 60)]
    twice = [item(1, guid="twice", link="https://up.example/a"), item(2, guid="twice", link="https://up.example/b")]
    for round in range(50):
        world.upstreams.put(URL, rss(*many, *(twice if round % 2 else reversed(twice))))
        later(world) if round else run(world)
    assert len(stored(world)) == 52
    assert {len(kinds(world, id)) for id in stored(world)} == {1}


def test_of_two_states_of_an_entry_in_a_document_the_newer_counts(world: World) -> None:
    old = item(1, body="Old.", date="Wed, 01 Apr 2026 10:00:00 GMT")
    new = item(1, body="New.", date="Thu, 02 Apr 2026 10:00:00 GMT")
    world.upstreams.put(URL, rss(old, new))
    subscribe(world)
    run(world)
    assert [entry.summary for entry in world.feed().entries] == ["New."]
    world.upstreams.put(URL, rss(new, old))
    later(world)
    assert kinds(world, "urn:example:1") == [RevisionKind.NEW]


def atom(*entries: str, head: str = "", id: str = "urn:up:feed") -> str:
    return (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0"'
        ' xmlns:at="http://purl.org/atompub/tombstones/1.0">'
        f"<id>{id}</id><title>Up</title><updated>2026-04-30T00:00:00Z</updated><author><name>Ann</name></author>"
        f"{head}{''.join(entries)}</feed>"
    )


def entry(number: int, updated: str = "2026-04-{day:02}T00:00:00Z", text: str = "") -> str:
    moment = updated.format(day=number % 28 + 1)
    return (
        f"<entry><id>urn:up:{number}</id><title>Entry {number}</title><updated>{moment}</updated>"
        f'<link href="https://up.example/{number}"/><content>{text or f"Text {number}"}</content></entry>'
    )


def test_upstreams_own_tombstone_withdraws_and_a_newer_entry_brings_back(world: World) -> None:
    gone = '<at:deleted-entry ref="urn:up:1" when="2026-04-30T12:00:00Z"/>'
    world.upstreams.put(URL, atom(entry(2), entry(1)))
    subscribe(world)
    run(world)
    world.upstreams.put(URL, atom(gone, entry(2)))
    later(world)
    assert world.titles() == ["Entry 2"]
    assert "urn:up:1" in world.file().decode()
    world.upstreams.put(URL, atom(entry(2), entry(1, text="Old, again.")))
    later(world)
    assert world.titles() == ["Entry 2"]
    world.upstreams.put(URL, atom(entry(2), entry(1, updated="2026-05-03T00:00:00Z")))
    world.time += timedelta(days=3)
    later(world)
    assert sorted(world.titles()) == ["Entry 1", "Entry 2"]
    assert kinds(world, "urn:up:1") == [RevisionKind.NEW, RevisionKind.WITHDRAWAL, RevisionKind.RETURN]


def test_a_tombstone_older_than_its_entry_is_not_believed(world: World) -> None:
    gone = '<at:deleted-entry ref="urn:up:1" when="2026-01-01T00:00:00Z"/>'
    world.upstreams.put(URL, atom(gone, entry(1)))
    subscribe(world)
    run(world)
    assert world.titles() == ["Entry 1"]


def test_a_source_cannot_touch_anothers_articles(world: World) -> None:
    world.upstreams.put(URL, atom(entry(1)))
    other = "https://other.example/feed.xml"
    gone = '<at:deleted-entry ref="urn:up:1" when="2027-04-30T12:00:00Z"/>'
    world.upstreams.put(other, atom(entry(1, text="Forged."), gone, id="urn:other"))
    subscribe(world)
    run(world)
    sources.add(world.ports, [Source(id="other", url=other)])
    run(world)
    assert "Forged" not in world.file().decode()
    assert world.titles() == ["Entry 1"]
    assert world.titles("sources/up/feed.xml") == ["Entry 1"]


def archive(*entries: str, before: str | None = None) -> str:
    link = f'<link rel="prev-archive" href="{before}"/>' if before else ""
    return atom(*entries, head=f"<fh:archive/>{link}")


def test_archives_are_read_back_on_first_subscription_and_to_close_a_gap_later(world: World) -> None:
    one, two = "https://up.example/a1.xml", "https://up.example/a2.xml"
    world.upstreams.put(one, archive(entry(1), entry(2)))
    world.upstreams.put(two, archive(entry(3), entry(4), before=one))
    behind = f'<link rel="prev-archive" href="{two}"/>'
    world.upstreams.put(URL, atom(entry(6), entry(5), head=behind))
    subscribe(world)
    run(world)
    assert world.titles() == [f"Entry {number}" for number in (6, 5, 4, 3, 2, 1)]
    asked = len(world.upstreams.requests)
    assert asked == 3
    world.upstreams.put(URL, atom(entry(7), entry(6), head=behind))
    later(world)
    assert len(world.upstreams.requests) == asked + 1
    three = "https://up.example/a3.xml"
    world.upstreams.put(three, archive(entry(8), entry(7), before=two))
    world.upstreams.put(URL, atom(entry(10), entry(9), head=f'<link rel="prev-archive" href="{three}"/>'))
    later(world)
    assert [request.url for request in world.upstreams.requests[-2:]] == [URL, three]
    assert sorted(world.titles()) == sorted(f"Entry {number}" for number in range(1, 11))


def test_archives_are_read_back_no_further_than_wanted_and_a_loop_ends(tmp_path: Path) -> None:
    world = World(tmp_path, archives=2)
    for number in range(5):
        before = f"https://up.example/a{(number + 1) % 5}.xml"
        world.upstreams.put(f"https://up.example/a{number}.xml", archive(entry(number), before=before))
    world.upstreams.put(URL, atom(entry(9), head='<link rel="prev-archive" href="https://up.example/a0.xml"/>'))
    subscribe(world)
    run(world)
    assert sorted(world.titles()) == ["Entry 0", "Entry 1", "Entry 9"]
    world.close()


def test_an_archive_that_cannot_be_read_is_told_and_the_rest_published(world: World) -> None:
    world.upstreams.put(URL, atom(entry(9), head='<link rel="prev-archive" href="https://up.example/none.xml"/>'))
    subscribe(world)
    run(world)
    assert world.titles() == ["Entry 9"]
    assert "archive" in state(world).notice


def test_what_we_published_ourselves_comes_back_as_nothing(world: World) -> None:
    world.write("a.md", "---\ntitle: Ours\ndate: 2024-01-01\n---\n\nText of ours, long enough to be told apart.\n")
    world.build()
    before = {path: data for path, data in world.snapshot().items() if not path.startswith(".well-known/")}
    world.upstreams.put(URL, world.file())
    subscribe(world)
    run(world)
    assert {path: world.snapshot()[path] for path in before} == before
    assert stored(world) == []


def test_the_tags_that_a_person_gives_a_source_are_on_all_its_articles(world: World) -> None:
    world.upstreams.put(URL, rss(item(1, more="<category>Own</category>")))
    subscribe(world, tags=("Friends",))
    run(world)
    assert world.titles("tags/friends/feed.xml") == ["Story 1"]
    source = sources.find(world.ports, "up")
    sources.change(world.ports, source, tags=("Partners",))
    world.build()
    assert world.titles("tags/partners/feed.xml") == ["Story 1"]
    assert world.titles("tags/own/feed.xml") == ["Story 1"]
    assert not (world.root / "feeds/tags/friends/feed.xml").exists()


def test_a_removed_source_is_not_polled_its_feed_ends_and_its_articles_stay(world: World) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    run(world)
    sources.remove(world.ports, sources.find(world.ports, "up"))
    world.build()
    assert world.titles() == ["Story 1"]
    gone = world.ports.store.document("sources/up/feed.xml")
    assert gone is not None
    assert gone.gone
    world.time += timedelta(days=30)
    assert run(world) == []
    back, known = take_over(world.ports, [Subscription(url=URL)])
    assert ([source.id for source in back], known) == (["up"], 0)
    sources.add(world.ports, back)
    run(world)
    assert world.titles("sources/up/feed.xml") == ["Story 1"]


def test_withdrawing_with_the_source_takes_its_articles_out(world: World) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    run(world)
    sources.remove(world.ports, sources.find(world.ports, "up"), withdraw=True)
    world.build()
    assert world.titles() == []


@pytest.mark.parametrize(
    ("page", "condition"),
    [
        (Page(status=500), Condition.TROUBLED),
        (Page(status=404), Condition.TROUBLED),
        (Page(body=b"<html><body>Sign in</body></html>", headers={"content-type": "text/html"}), Condition.TROUBLED),
        (Page(body=b""), Condition.TROUBLED),
        (Page(error=FetchError("timeout", URL, "it took too long")), Condition.TROUBLED),
    ],
    ids=["500", "404", "captive portal", "empty", "timeout"],
)
def test_a_failure_changes_nothing_that_is_published_and_no_validator(
    world: World, page: Page, condition: Condition
) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    run(world)
    before, known = world.snapshot(), state(world)
    world.upstreams.pages[URL] = page
    [done] = later(world)
    after = state(world)
    assert world.snapshot() == before
    assert (after.etag, after.body_hash, after.entries) == (known.etag, known.body_hash, known.entries)
    if done.poll.result is Result.FAILED:
        assert after.condition is condition
        assert done.poll.reason


def test_a_document_that_is_cut_off_keeps_what_it_has_and_is_asked_for_again(world: World) -> None:
    whole = rss(item(4), item(3), item(2), item(1))
    world.upstreams.put(URL, rss(item(2), item(1)))
    subscribe(world)
    run(world)
    known = state(world)
    world.upstreams.put(URL, whole[: whole.index("<title>Story 2")])
    later(world)
    after = state(world)
    assert sorted(world.titles())[-2:] == ["Story 3", "Story 4"]
    assert (after.etag, after.body_hash) == (known.etag, known.body_hash)
    world.upstreams.put(URL, whole)
    later(world)
    assert {len(kinds(world, id)) for id in stored(world)} == {1}
    assert state(world).etag not in (None, known.etag)


def test_a_document_that_always_ends_before_its_end_is_asked_for_with_its_validators(world: World) -> None:
    world.upstreams.put(URL, rss(item(2), item(1)).removesuffix("</channel></rss>"))
    subscribe(world)
    run(world)
    later(world)
    assert [done.poll.result for done in later(world)] == [Result.NOT_MODIFIED]


def test_articles_and_validators_are_stored_together_or_not_at_all(world: World, monkeypatch: Any) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    [claim] = world.ports.store.claim_due(world.time, 1, LEASE)
    world.time += LEASE + timedelta(hours=7)
    [again] = world.ports.store.claim_due(world.time, 1, LEASE)
    assert again.source == claim.source
    with pytest.raises(LeaseLost):
        poll(world.ports, claim)
    assert stored(world) == []
    assert state(world).etag is None
    settle(world.ports, [poll(world.ports, again)])
    assert stored(world) == ["urn:example:1"]


def test_a_source_that_cannot_be_stored_is_asked_again_unconditionally(world: World) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    [claim] = world.ports.store.claim_due(world.time, 1, LEASE)
    del claim  # as after a kill: the poll was never stored
    world.time += timedelta(hours=8)
    run(world)
    assert world.upstreams.requests[-1].etag is None
    assert stored(world) == ["urn:example:1"]


def test_withdrawn_articles_are_not_shown(world: World) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world)
    run(world)
    article = world.ports.store.article("urn:example:1")
    assert article is not None
    assert article.status is Status.PUBLISHED
