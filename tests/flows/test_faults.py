"""What upstreams do to us: killers of parsers, hosts that ask for rest, captive portals, crowds, doubles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from syndicator.errors import StoreFull
from syndicator.flows import rounds, sources
from syndicator.flows.exchange import take_over
from syndicator.flows.poll import Done
from syndicator.jobs.parsers import ParserProcesses
from syndicator.model import Condition, Incoming, Parsed, Request, Response, Result, Source, Subscription
from syndicator.ports import Ingest, Polled
from tests.flows.test_polling import URL, item, later, rss, run, state, stored, subscribe
from tests.flows.upstreams import InlineParser, Page
from tests.flows.world import START, World
from tests.running import Site, listed

HOUR = timedelta(hours=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.build()
    yield world
    world.close()


def add(world: World, *urls: str, **decided: Any) -> list[str]:
    """Sources named by their place, due at once."""
    names = [f"s{number}" for number in range(len(urls))]
    sources.add(
        world.ports,
        [Source(id=name, url=url, **decided) for name, url in zip(names, urls, strict=True)],
        due=world.time,
    )
    return names


# --- T2: the transaction


class _Breaking:
    """An open transaction that fails where the validators are to be stored, with the articles stored already."""

    def __init__(self, ingest: Ingest, at: str) -> None:
        self._ingest = ingest
        self._at = at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ingest, name)

    def finish(self, polled: Polled) -> None:
        if self._at == "before":
            raise StoreFull("the disk is full")
        self._ingest.finish(polled)
        raise StoreFull("the disk is full")


@pytest.mark.parametrize("at", ["before", "after"])
def test_t2_what_breaks_between_articles_and_validators_leaves_neither(world: World, at: str, monkeypatch: Any) -> None:
    world.upstreams.put(URL, rss(item(1)))
    subscribe(world, interval=HOUR)
    real = world.ports.store.ingest

    @contextmanager
    def broken(source: str) -> Iterator[Any]:
        with real(source) as ingest:
            yield _Breaking(ingest, at)

    opened: Any = broken
    with monkeypatch.context() as patched:
        patched.setattr(world.ports.store, "ingest", opened)
        with pytest.raises(StoreFull):
            run(world)
    after = state(world)
    assert (stored(world), after.etag, after.body_hash, after.entries) == ([], None, "", b"")
    world.time += 2 * HOUR
    run(world)
    assert world.upstreams.requests[-1].etag is None
    assert stored(world) == ["urn:example:1"]


# --- T5, T6: documents that take their parser along


class Poisoned:
    """Real parser processes for documents that begin with a deed of `tests.jobs.reading`, our own for others."""

    def __init__(self) -> None:
        self._processes = ParserProcesses(2, read="tests.jobs.reading:read")
        self._inline = InlineParser()

    def read(self, incoming: Incoming) -> Parsed:
        return (self._inline if incoming.body.startswith(b"<") else self._processes).read(incoming)

    def close(self) -> None:
        self._processes.close()


def test_t6_what_kills_its_parser_three_times_is_quarantined_and_told_and_the_rest_runs(world: World) -> None:
    parser = Poisoned()
    world.ports = replace(world.ports, parser=parser)
    bad, well = "https://bad.example/feed.xml", "https://well.example/feed.xml"
    world.upstreams.put(bad, "segv", validators=False)
    add(world, bad, well, interval=HOUR)
    for number in range(4):
        world.upstreams.put(well, rss(*(item(n) for n in range(number + 1, 0, -1))))
        run(world)
        world.time += 9 * HOUR
    parser.close()
    assert [request.url for request in world.upstreams.requests].count(bad) == 3
    assert len(world.ids("sources/s1/feed.xml")) == 4
    assert (state(world, "s0").condition, state(world, "s0").next_check) == (Condition.QUARANTINED, None)

    with closing(Site(world.root)) as site:
        status, why = site.call("status"), site.call("why", "source", "s0").stdout
        assert (status.returncode, "s0: " in status.stdout) == (1, True)
        conditions = {source["id"]: source["state"]["condition"] for source in listed(site.call("list", "--json"))}
        assert conditions == {"s0": "quarantined", "s1": "well"}
        assert "quarantine" in why
        assert "`syndicator resume`" in why


# --- T30, T31, T34, T35


@pytest.mark.parametrize("shown_later", ["same", "another"])
def test_t30_a_source_whose_ids_were_shared_once_is_not_trusted_with_them_later(world: World, shown_later: str) -> None:
    """The first document tells; the ones after it show an entry each, all under one id: that one, or another."""
    world.upstreams.put(URL, rss(item(2, guid="same"), item(1, guid="same")))
    subscribe(world)
    run(world)
    for number in range(3, 6):
        world.upstreams.put(URL, rss(item(number, guid=shown_later)))
        later(world)
    assert sorted(world.titles()) == [f"Story {number}" for number in range(1, 6)]


@pytest.mark.parametrize("now", ["HTTP://UP.example/A", "https://up.example/A", " http://up.example/A "])
def test_t30_an_id_in_another_case_or_scheme_is_the_same_id(world: World, now: str) -> None:
    """There is no link to tell it by, and its text has changed."""
    world.upstreams.put(URL, rss(item(1, guid="http://up.example/A", link="")))
    subscribe(world)
    run(world)
    before = stored(world)
    world.upstreams.put(URL, rss(item(1, guid=now, link="", title="Another", body="Corrected.")))
    [done] = later(world)
    assert (done.poll.new, done.poll.changed, stored(world)) == (0, 1, before)


def test_t31_an_entry_of_two_feeds_is_a_row_of_each_and_shown_once_by_the_one_that_had_it_first(world: World) -> None:
    one, other = "https://one.example/feed.xml", "https://other.example/feed.xml"
    world.upstreams.put(one, rss(item(2), item(1)))
    add(world, one)
    run(world)
    world.upstreams.put(other, rss(item(2, body="In other words."), item(1), item(2, body="In other words.")))
    sources.add(world.ports, [Source(id="other", url=other)])
    run(world)
    shown = world.file()
    assert world.ids() == ["urn:example:2", "urn:example:1"]
    assert world.ids("sources/other/feed.xml") == ["urn:example:2", "urn:example:1"]
    assert b"In other words" not in shown
    world.reopen()
    world.build()
    for source in ("s0", "other"):
        later(world, source)
    assert world.file() == shown


def test_t31_an_entry_of_twelve_feeds_is_stored_for_each(world: World) -> None:
    urls = [f"https://feed-{number}.example/feed.xml" for number in range(12)]
    for url in urls:
        world.upstreams.put(url, rss(item(1)))
    names = add(world, *urls)
    assert [done.poll.result for done in run(world)] == [Result.NEW] * 12
    assert world.ids() == ["urn:example:1"]
    slugs = {world.ports.store.articles(name, ["urn:example:1"])["urn:example:1"].slug for name in names}
    assert len(slugs) == 12


def test_t34_odd_dates_keep_their_order_over_restarts_and_polls(world: World) -> None:
    odd = [
        "Fri, 01 Jan 2100 00:00:00 GMT",
        "Fri, 01 May 2026 13:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Wed, 01 Apr 2026 10:00:00 GMT",
        "Wed, 01 Apr 2026 10:00:00 GMT",
        None,
        None,
    ]
    items = [item(number, date=date) for number, date in enumerate(odd)]
    world.upstreams.put(URL, rss(*items))
    subscribe(world)
    run(world)
    before = world.snapshot()
    for number in range(3):
        world.reopen()
        world.upstreams.put(URL, rss(*items[number:], *items[:number]))
        later(world)
        world.build()
        assert world.snapshot() == before
    world.upstreams.put(URL, rss(item(99), *items))
    later(world)
    assert world.ids()[0] == "urn:example:99"


def test_t35_another_body_under_the_same_validator_is_read(world: World) -> None:
    class Careless:
        """Always answers with the whole document, and with one ETag for ever."""

        def __init__(self) -> None:
            self.body = rss(item(1)).encode()

        def fetch(self, request: Request) -> Response:
            return Response(url=request.url, status=200, headers={"etag": '"same"'}, body=self.body)

        def close(self) -> None:
            pass

    careless = Careless()
    world.ports = replace(world.ports, fetcher=careless)
    subscribe(world)
    run(world)
    careless.body = rss(item(2), item(1)).encode()
    assert [done.poll.result for done in later(world)] == [Result.NEW]
    assert sorted(stored(world)) == ["urn:example:1", "urn:example:2"]


# --- T37: two that become one


def test_t37_a_source_that_moves_onto_another_is_a_double_and_only_the_other_is_polled(world: World) -> None:
    old, new = "https://old.example/feed.xml", "https://new.example/feed.xml"
    world.upstreams.put(new, rss(item(1)))
    world.upstreams.pages[old] = Page(status=301, location=new)
    add(world, old, new, interval=timedelta(days=1))
    for _ in range(11):
        run(world)
        world.time += timedelta(days=1.3)
    run(world)
    assert (state(world, "s0").condition, state(world, "s0").next_check) == (Condition.DUPLICATE, None)
    assert "s1" in state(world, "s0").why
    assert state(world, "s1").condition is Condition.WELL
    asked = len(world.upstreams.requests)
    world.time += timedelta(days=2)
    assert [done.source.id for done in run(world)] == ["s1"]
    assert [request.url for request in world.upstreams.requests[asked:]] == [new]


# --- T39, T41: whole hosts


def _poll_until(world: World, end: Any) -> list[Done]:
    """Poll whenever something is due, until then."""
    done: list[Done] = []
    while (ready := world.ports.store.ready_at()) is not None and ready < end:
        world.time = max(world.time, ready)
        rounds.poll_due(world.ports, done.append)
    world.time = end
    return done


@pytest.mark.parametrize(("status", "count"), [(429, 50), (503, 5)])
def test_t39_one_of_fifty_that_is_asked_to_wait_silences_all_of_its_host(world: World, status: int, count: int) -> None:
    urls = [f"https://blogs.example/{number}/feed.xml" for number in range(count)]
    for url in urls:
        world.upstreams.put(url, rss(item(1)))
    world.upstreams.pages[urls[0]] = Page(status=status, headers={"retry-after": "10800"}, validators=False)
    names = add(world, *urls)
    add_one = Source(id="elsewhere", url="https://elsewhere.example/feed.xml")
    world.upstreams.put(add_one.url, rss(item(1)))
    sources.add(world.ports, [add_one])
    _poll_until(world, START + 2 * HOUR)
    asked = [request.url for request in world.upstreams.requests]
    assert sorted(asked) == sorted([urls[0], *[add_one.url] * asked.count(add_one.url)])
    refused: list[str] = []
    every = [sources.find(world.ports, name) for name in names]
    rounds.poll_these(world.ports, every, lambda done: None, lambda source, why: refused.append(source.id))
    assert refused == names
    assert [glance.parsed for glance in rounds.glance(world.ports, every)] == [None] * count
    assert len(world.upstreams.requests) == len(asked)
    world.upstreams.put(urls[0], rss(item(1)))
    _poll_until(world, START + 10 * HOUR)
    assert {request.url for request in world.upstreams.requests} == {*urls, add_one.url}
    assert {state(world, name).failures for name in names} == {0}


def test_t41_a_captive_portal_before_all_feeds_changes_nothing_and_no_validator(world: World) -> None:
    urls = [f"https://blog-{number}.example/feed.xml" for number in range(20)]
    for number, url in enumerate(urls):
        world.upstreams.put(url, rss(item(number)))
    names = add(world, *urls)
    run(world)
    before, known = world.snapshot(), {name: state(world, name) for name in names}
    for url in urls:
        headers = {"content-type": "text/html", "etag": '"portal"', "last-modified": "Fri, 01 May 2026 12:00:00 GMT"}
        world.upstreams.put(url, "<!DOCTYPE html><html><title>Sign in</title><p>Sign in</p></html>", headers=headers)
    world.time += timedelta(days=1)
    assert {done.poll.result for done in run(world)} == {Result.FAILED}
    assert world.snapshot() == before
    for name in names:
        after, was = state(world, name), known[name]
        kept = (after.etag, after.last_modified, after.validated_url, after.body_hash, after.entries)
        assert kept == (was.etag, was.last_modified, was.validated_url, was.body_hash, was.entries)
    for number, url in enumerate(urls):
        world.upstreams.put(url, rss(item(number)))
    world.time += timedelta(days=2)
    run(world)
    assert world.snapshot() == before
    assert {state(world, name).condition for name in names} == {Condition.WELL}


# --- T40: an import


def test_t40_s41_an_import_of_five_hundred_feeds_of_a_host_is_spread_over_an_hour(world: World) -> None:
    wanted = [Subscription(url=f"https://crowd.example/{number}.xml") for number in range(500)]
    new, _ = take_over(world.ports, wanted)
    sources.add(world.ports, new)
    dues = sorted(at for s in world.ports.store.poll_states().values() if (at := s.next_check) is not None)
    assert len(dues) == 500
    assert dues[-1] - START > timedelta(minutes=59)
    assert min(after - before for before, after in pairwise(dues)) > timedelta(seconds=7)
