"""What one client gets of what is costly, and that readers of feeds never meet a limit."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from syndicator.web import limits
from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.web.asking import CLIENT, ask, published
from tests.web.fakes import World, newspaper

ARTICLE = "/articles/the-ferry-that-came-back"


@dataclass
class Clock:
    """Seconds that the test lets pass."""

    seconds: float = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Site:
    """The newspaper with a limit of 60 a minute (one a second, 15 at once), and clients that ask it."""

    world: World = field(default_factory=newspaper)
    clock: Clock = field(default_factory=Clock)
    rate: int = 60
    proxies: tuple[str, ...] = ()
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(self.world.ports, WebOptions(proxies=self.proxies))
        limits.install(self.app, WebOptions(rate=self.rate, proxies=self.proxies), self.clock)

    def ask(
        self, path: str = "/", client: str = CLIENT, method: str = "GET", headers: dict[str, str] | None = None
    ) -> TestResponse:
        asking: FlaskClient = self.app.test_client()
        return asking.open(path, method=method, headers=headers, environ_base={"REMOTE_ADDR": client})

    def statuses(self, count: int, path: str = "/", client: str = CLIENT, **more: str) -> list[int]:
        return [self.ask(path, client, headers=dict(more)).status_code for _ in range(count)]

    def spend(self, client: str = CLIENT) -> None:
        """Let a client have all that it gets at once."""
        assert set(self.statuses(15, "/feeds", client)) == {200}


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/feeds", 200),
        (ARTICLE, 200),
        ("/tags/harbour", 200),
        ("/authors/afp", 200),
        ("/coast", 200),
        ("/?before=20240120T000000-x", 200),
        ("/articles/withdrawn-story", 410),
        ("/articles/no-such-story", 404),
        ("/tags/nowhere", 404),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_made_for_whoever_asks_has_a_limit(site: Site, path: str, status: int, method: str) -> None:
    found = [site.ask(path, method=method).status_code for _ in range(16)]
    assert found == [status] * 15 + [429]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/feed.xml", 200),
        ("/rss.xml", 200),
        ("/feed.json", 200),
        ("/coast/feed.xml", 200),
        ("/tags/harbour/feed.xml", 200),
        ("/feed", 308),
        ("/coast/rss", 308),
        ("/tags/removed/feed.xml", 410),
        ("/nothing.xml", 404),
        ("/site.css", 200),
        ("/favicon.ico", 200),
        ("/robots.txt", 200),
        ("/media/1f0a.svg", 200),
        ("/healthz", 200),
        ("/readyz", 200),
    ],
)
def test_what_is_finished_has_none_even_for_a_client_that_used_up_its_own(site: Site, path: str, status: int) -> None:
    site.spend()
    assert (site.statuses(1), site.statuses(40, path)) == ([429], [status] * 40)


@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_what_makes_no_page_costs_nothing(site: Site, method: str) -> None:
    for _ in range(40):
        site.ask("/", method=method)
    assert site.statuses(1) == [200]


@pytest.mark.parametrize("path", ["/", "/coast", "/articles/no-such-story"])
def test_the_refusal_says_what_to_do_and_when(site: Site, path: str) -> None:
    site.spend()
    response = site.ask(path)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
    assert (response.headers["Cache-Control"], response.mimetype) == ("no-store", "text/html")
    assert "Retry-After" in response.text
    assert "ETag" not in response.headers


def test_a_client_gets_its_rate_and_no_more(site: Site) -> None:
    served = 0
    for _ in range(400):
        site.clock.seconds += 0.5
        served += site.statuses(1) == [200]
    assert served == 200 + 15 - 1


@pytest.mark.parametrize(("rate", "burst"), [(1, 10), (40, 10), (60, 15), (120, 30)])
def test_a_quarter_of_a_minutes_answers_but_at_least_ten_are_given_at_once(rate: int, burst: int) -> None:
    assert Site(rate=rate).statuses(burst + 2) == [200] * burst + [429] * 2


def test_zero_is_no_limit() -> None:
    assert set(Site(rate=0).statuses(200)) == {200}


@pytest.mark.parametrize("rate", [1, 7, 60, 120])
def test_who_waits_as_long_as_was_said_is_answered_and_who_comes_sooner_is_not(rate: int) -> None:
    site = Site(rate=rate)
    site.statuses(40)
    refused = site.ask()
    wait = int(refused.headers["Retry-After"])
    assert wait == math.ceil(60 / rate)
    site.clock.seconds += 60 / rate - 0.05
    assert site.statuses(1) == [429]
    site.clock.seconds += wait - 60 / rate + 0.05
    assert site.statuses(1) == [200]


def test_a_refusal_costs_nothing(site: Site) -> None:
    site.spend()
    site.statuses(100)
    site.clock.seconds += 1
    assert site.statuses(2) == [200, 429]


def test_a_page_that_did_not_change_costs_nothing(site: Site) -> None:
    etag = site.ask().headers["ETag"]
    assert set(site.statuses(60, **{"If-None-Match": etag})) == {304}
    site.statuses(14)
    assert site.statuses(1) == [429]
    assert set(site.statuses(60, **{"If-None-Match": etag})) == {304}
    assert site.statuses(1) == [429]


@pytest.mark.parametrize(
    "condition",
    [{"If-None-Match": '"old"'}, {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}],
    ids=["tag", "date"],
)
def test_a_page_that_did_is_given_on_credit_but_not_for_ever(site: Site, condition: dict[str, str]) -> None:
    site.spend()
    assert site.statuses(17, **condition) == [200] * 15 + [429] * 2
    site.clock.seconds += 1
    assert site.statuses(2, **condition) == [200, 429]
    site.clock.seconds += 14
    assert site.statuses(1) == [429], "what was given on credit is owed"
    site.clock.seconds += 2
    assert site.statuses(2) == [200, 429]


def test_at_the_end_of_its_credit_a_client_is_refused_whatever_it_has(site: Site) -> None:
    etag = site.ask().headers["ETag"]
    site.statuses(29, **{"If-None-Match": '"old"'})
    response = site.ask(headers={"If-None-Match": etag})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize("more", [{}, {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}], ids=["alone", "dated"])
def test_a_condition_that_everything_meets_is_none(site: Site, more: dict[str, str]) -> None:
    assert site.statuses(16, **{"If-None-Match": "*", **more}) == [304] * 15 + [429]


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("198.51.100.7", "198.51.100.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
        ("::ffff:198.51.100.7", "::ffff:198.51.100.8", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_a_client_is_an_ipv4_address_or_an_ipv6_network(site: Site, first: str, second: str, one: bool) -> None:
    site.spend(first)
    assert (site.statuses(1, client=first), site.statuses(1, client=second)) == ([429], [429 if one else 200])


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "", "unix:", "/run/x.sock"])
def test_clients_that_cannot_be_told_apart_have_no_limit(site: Site, client: str) -> None:
    assert set(site.statuses(40, client=client)) == {200}


@pytest.mark.parametrize(
    ("client", "limited"),
    [("10.1.2.3", False), ("fd00::5", False), ("127.0.0.1", True), ("198.51.100.7", True), ("", False)],
)
def test_with_proxies_only_their_own_addresses_tell_nothing(client: str, limited: bool) -> None:
    site = Site(proxies=("10.0.0.0/8", "fd00::/8"))
    assert (429 in site.statuses(20, client=client)) == limited


def test_a_client_behind_a_proxy_is_who_the_proxy_says(site: Site) -> None:
    def named(client: str) -> int:
        environ = {"REMOTE_ADDR": "127.0.0.1", "syndicator.client": client}
        return site.app.test_client().get("/", environ_overrides=environ).status_code

    # What stands in front of the app puts the name there: here nothing does, so the test does.
    site.app.wsgi_app = site.app.wsgi_app._app  # type: ignore[attr-defined, method-assign]
    assert [named("203.0.113.5") for _ in range(16)] == [200] * 15 + [429]
    assert named("203.0.113.6") == 200


def test_the_clients_seen_least_recently_are_forgotten() -> None:
    buckets = limits.Buckets(60, Clock(), most=100)
    first, last = b"first", b"last"
    for _ in range(15):
        buckets.take(first)
        buckets.take(last)
    assert buckets.take(first) > 0
    for number in range(99):
        buckets.take(b"%d" % number)
        assert buckets.take(last) > 0, "who keeps asking is remembered"
    assert buckets.take(first) == 0
    assert len(buckets) == 100


def test_threads_together_get_no_more_than_one() -> None:
    buckets = limits.Buckets(1000, Clock())
    given: list[int] = []

    def ask() -> None:
        given.append(sum(buckets.take(b"one") == 0 for _ in range(200)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(given) == 250


QUARTERS = st.tuples(st.just("wait"), st.integers(1, 400))
ASKING = st.tuples(st.sampled_from(["ask", "unchanged", "changed"]), st.integers(1, 40))


@settings(max_examples=100, deadline=None)
@given(rate=st.integers(1, 300), events=st.lists(st.one_of(QUARTERS, ASKING), max_size=40))
def test_the_bucket_is_what_one_would_count_by_hand(rate: int, events: list[tuple[str, int]]) -> None:
    clock = Clock()
    buckets = limits.Buckets(rate, clock)
    burst = max(10, rate // 4)
    tokens = Fraction(burst)
    for what, amount in events:
        if what == "wait":
            clock.seconds += 60 / rate * amount / 4
            tokens = min(Fraction(burst), tokens + Fraction(amount, 4))
            continue
        least = 1 if what == "ask" else 1 - burst
        for _ in range(amount):
            served = buckets.take(b"one", 0 if what == "ask" else burst) == 0
            assert served == (tokens >= least)
            if served and what == "unchanged":
                buckets.give_back(b"one")
            elif served:
                tokens -= 1


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_no_text_upsets_the_naming_of_clients(text: str) -> None:
    assert limits.naming(())(text) is None or "." in text or ":" in text


def test_past_states_have_a_limit_and_the_way_to_them_has_none(tmp_path: Path) -> None:
    world = published(tmp_path)
    try:
        app = create_app(world.ports, WebOptions())
        limits.install(app, WebOptions(rate=60), Clock())

        def codes(path: str, **headers: str) -> list[int]:
            return [ask(app.wsgi_app, "GET", path, headers=headers).code for _ in range(16)]

        there = "/mementos/20260501120500/feed.xml"
        assert codes("/feed.xml", **{"Accept-Datetime": "Fri, 01 May 2026 12:05:30 GMT"}) == [302] * 16
        assert codes(there) == [200] * 15 + [429]
        assert set(codes("/timemaps/feed.xml")) == {429}
        assert ask(app.wsgi_app, "GET", there).headers["Content-Type"] == "text/plain; charset=utf-8"
    finally:
        world.close()
