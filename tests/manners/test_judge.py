"""The judge sees: a polite poller is found without fault, and one that lacks a single one of its manners is caught."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from syndicator.model import Request, Response
from tests.manners.judge import Judge
from tests.manners.pollers import AGENT, Clock, Known, Polite, tried
from tests.manners.rules import DAY, HOUR
from tests.manners.scenarios import DAYS, START, scenarios

NAMES = [scenario.name for scenario in scenarios()]


def judging(*names: str) -> tuple[Judge, Clock]:
    clock = Clock(START)
    return Judge([scenario for scenario in scenarios() if scenario.name in names], clock), clock


def test_there_are_scenarios_enough_each_with_a_name_and_hosts_of_its_own() -> None:
    hosts = [{url.split("/")[2] for url in (*one.urls, *one.others)} for one in scenarios()]
    assert len(NAMES) == len(set(NAMES)) >= 21
    assert len(set.union(*hosts)) == sum(map(len, hosts))


@pytest.mark.parametrize("name", NAMES)
def test_a_polite_poller_is_without_fault(name: str) -> None:
    judge = tried(Polite, *judging(name), days=DAYS)
    assert judge.faults() == []
    assert judge.requests


class Unconditional(Polite):
    def request(self, known: Known) -> Request:
        return replace(super().request(known), etag=None, last_modified=None)


class KeepsTheFirst(Polite):
    def keep_validators(self, known: Known, response: Response) -> None:
        if known.validated_url is None:
            super().keep_validators(known, response)


class KeepsUnlessTheDateMoves(Polite):
    def keep_validators(self, known: Known, response: Response) -> None:
        if response.headers.get("last-modified") != known.last_modified:
            super().keep_validators(known, response)


class ForgetsNoDate(Polite):
    def keep_validators(self, known: Known, response: Response) -> None:
        before = known.last_modified
        super().keep_validators(known, response)
        known.last_modified = known.last_modified or before


class IgnoresValidatorsOf304(Polite):
    def keep_validators(self, known: Known, response: Response) -> None:
        if response.status == 200:
            super().keep_validators(known, response)


class MakesUpADate(Polite):
    def request(self, known: Known) -> Request:
        return replace(super().request(known), last_modified=format_datetime(self.clock.at, usegmt=True))


class StripsTheWeakMark(Polite):
    def request(self, known: Known) -> Request:
        asked = super().request(known)
        return replace(asked, etag=asked.etag.removeprefix("W/") if asked.etag else None)


class SendsValidatorsEverywhere(Polite):
    def request(self, known: Known) -> Request:
        return replace(super().request(known), validated_url=None)


class Every44Minutes(Polite):
    def jittered(self, delay: timedelta) -> datetime:
        return self.clock.at + timedelta(minutes=44)


class ForgetsItsTimer(Polite):
    """Starts anew each day at the same time, and then polls everything."""

    def run(self, urls: tuple[str, ...], until: datetime) -> None:
        known = self.clock.at
        while known < until:
            known += DAY
            super().run(urls, known)


class Hourly(Polite):
    def after_success(self, known: Known) -> datetime:
        return self.clock.at + HOUR + timedelta(minutes=3)


class IgnoresSkips(Polite):
    def permitted(self, known: Known, at: datetime) -> datetime:
        return at


class IgnoresRetryAfter(Polite):
    def rest(self, host: str, until: datetime) -> None:
        return None


class NoBackOff(Polite):
    def back_off(self, failures: int) -> timedelta:
        return HOUR


class NeverGone(Polite):
    def after_gone(self, known: Known) -> datetime | None:
        return self.jittered(HOUR * 6)


class NeverMoves(Polite):
    def follow(self, known: Known, response: Response) -> None:
        return None


class MovesAtOnce(Polite):
    def follow(self, known: Known, response: Response) -> None:
        known.url = response.url


class Inventive(Polite):
    def poll(self, known: Known) -> datetime | None:
        if known.validated_url is None:
            self.fetch(replace(self.request(known), url=known.url.replace("feed.xml", "favicon.ico")))
            self.clock.at += timedelta(seconds=1)
        return super().poll(known)


class AddsAQuery(Polite):
    def request(self, known: Known) -> Request:
        return replace(super().request(known), url=f"{known.url}?null")


class Library(Polite):
    agent = "python-httpx/0.28.1"


class Browser(Polite):
    agent = "Mozilla/5.0 (X11; Linux x86_64; +https://poller.example)"


class Nameless(Polite):
    agent = "example-poller/1.0"


class Chatty(Polite):
    headers = (("Cookie", "a=b"), ("Referer", "https://poller.example/"))


class Greedy(Polite):
    headers = (("Cache-Control", "no-cache"),)


class Impatient(Polite):
    def wait_for_host(self, host: str) -> datetime:
        return self.clock.at


class OnTheHour(Polite):
    def jittered(self, delay: timedelta) -> datetime:
        return (self.clock.at + delay + HOUR).replace(minute=0, second=0)


class Lazy(Polite):
    def after_success(self, known: Known) -> datetime:
        return self.clock.at + DAY * 3


class GivesUp(Polite):
    def after_failure(self, known: Known, kind: str) -> datetime:
        return self.clock.at + DAY * 365


class TwiceAtFirst(Polite):
    def poll(self, known: Known) -> datetime | None:
        if known.validated_url is None:
            super().poll(known)
            self.clock.at += timedelta(seconds=2)
        return super().poll(known)


class TrustsTheServersClock(Polite):
    def after_success(self, known: Known) -> datetime:
        return super().after_success(known) + DAY * 20


@pytest.mark.parametrize(
    ("poller", "scenario", "broken"),
    [
        (Unconditional, "steady", {"unconditional"}),
        (Unconditional, "etag-only", {"unconditional"}),
        (Unconditional, "lm-only", {"unconditional"}),
        (Unconditional, "found", {"unconditional"}),
        (KeepsTheFirst, "etag-only", {"stale-etag"}),
        (KeepsTheFirst, "lm-only", {"stale-lm"}),
        (KeepsTheFirst, "new-etag", {"stale-etag"}),
        (KeepsUnlessTheDateMoves, "same-lm", {"same-lm", "stale-etag"}),
        (ForgetsNoDate, "no-lm-later", {"no-lm-later", "stale-lm"}),
        (IgnoresValidatorsOf304, "rotating", {"stale-etag"}),
        (MakesUpADate, "steady", {"made-up"}),
        (MakesUpADate, "no-validators", {"made-up"}),
        (StripsTheWeakMark, "weak", {"made-up"}),
        (SendsValidatorsEverywhere, "found", {"made-up", "unconditional"}),
        (Every44Minutes, "steady", {"too-often", "too-many"}),
        (ForgetsItsTimer, "restarted", {"too-often", "unconditional"}),
        (TwiceAtFirst, "steady", {"too-often"}),
        (Hourly, "max-age", {"early-cache", "too-many"}),
        (Hourly, "expires", {"early-cache"}),
        (Hourly, "ttl", {"early-ttl", "too-many"}),
        (Hourly, "dormant", {"too-many"}),
        (IgnoresSkips, "skip-hours", {"skip-hours"}),
        (IgnoresSkips, "skip-days", {"skip-days"}),
        (IgnoresRetryAfter, "too-many-requests", {"early-retry-after"}),
        (NoBackOff, "broken", {"no-back-off"}),
        (NoBackOff, "silent", {"no-back-off"}),
        (NeverGone, "gone", {"gone"}),
        (NeverMoves, "moved", {"old-url"}),
        (MovesAtOnce, "moved", {"moved-too-soon"}),
        (MovesAtOnce, "found", {"moved-too-soon"}),
        (MovesAtOnce, "insecure", {"moved-too-soon"}),
        (MovesAtOnce, "flapping", {"moved-too-soon"}),
        (MovesAtOnce, "chain", {"moved-too-soon"}),
        (MovesAtOnce, "now-and-then", {"moved-too-soon"}),
        (Inventive, "steady", {"invented-url"}),
        (AddsAQuery, "steady", {"invented-url"}),
        (Library, "steady", {"user-agent"}),
        (Browser, "steady", {"user-agent"}),
        (Nameless, "steady", {"user-agent"}),
        (Chatty, "steady", {"header"}),
        (Greedy, "steady", {"header"}),
        (Impatient, "siblings", {"burst"}),
        (Impatient, "too-many-requests", {"early-retry-after"}),
        (OnTheHour, "siblings", {"top-of-hour"}),
        (Lazy, "steady", {"late", "silent"}),
        (Lazy, "busy", {"late", "silent"}),
        (GivesUp, "windows-of-404", {"late"}),
        (GivesUp, "broken", {"late"}),
        (TrustsTheServersClock, "clock-ahead", {"late", "silent"}),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__ if isinstance(value, type) else "",
)
def test_a_poller_without_one_of_its_manners_is_caught(poller: type[Polite], scenario: str, broken: set[str]) -> None:
    judge = tried(poller, *judging(scenario), days=DAYS)
    assert broken <= judge.rules_broken()


def test_two_requests_to_a_host_at_once_are_seen() -> None:
    inside, go_on = threading.Event(), threading.Event()
    siblings = next(one for one in scenarios() if one.name == "siblings")

    def slow(request: Request, now: datetime) -> Response:
        if request.url == siblings.urls[0]:
            inside.set()
            assert go_on.wait(30)
        return siblings.answer(request, now)

    clock = Clock(START)
    judge = Judge([replace(siblings, answer=slow)], clock)
    first, second, third = (Request(url=url, user_agent=AGENT) for url in siblings.urls[:3])
    thread = threading.Thread(target=judge.fetch, args=(first,))
    thread.start()
    assert inside.wait(30)
    clock.at += HOUR
    judge.fetch(second)
    go_on.set()
    thread.join()
    clock.at += HOUR
    judge.fetch(third)
    assert [fault.split(":")[0] for fault in judge.faults() if siblings.urls[1] in fault] == ["in-flight"]
    assert [fault.split(":")[0] for fault in judge.faults() if siblings.urls[2] in fault] == []
