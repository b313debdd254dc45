"""Pollers to try the judge on: a polite one in memory, and what is left of it when one of its manners is taken away."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random

from syndicator.errors import FetchError
from syndicator.model import Request, Response
from tests.manners import rules
from tests.manners.judge import PERMANENT, Judge
from tests.manners.rules import DAY, HOUR

AGENT = "example-poller/1.0 (+https://poller.example/about)"
SECOND = timedelta(seconds=1)


class Clock:
    """A time that is moved by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Known:
    """What a poller knows of a feed."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    validated_url: str | None = None
    hints: dict[str, timedelta] = field(default_factory=dict)
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    times: list[datetime] = field(default_factory=list)
    failures: int = 0
    gone: list[datetime] = field(default_factory=list)
    target: str | None = None
    since: datetime | None = None
    count: int = 0


class Polite:
    """Polls feeds by the rules. Each method is one of its manners, so that a test can take it away."""

    agent = AGENT
    headers: tuple[tuple[str, str], ...] = ()
    accept = "application/atom+xml, application/rss+xml, */*;q=0.5"

    def __init__(self, fetch: Callable[[Request], Response], clock: Clock) -> None:
        self.fetch = fetch
        self.clock = clock
        self.chance = Random(1)
        self.hosts: dict[str, datetime] = {}
        self.failed: dict[str, list[tuple[datetime, str]]] = {}
        self.trouble: set[str] = set()

    def run(self, urls: tuple[str, ...], until: datetime) -> None:
        """Poll all of them until then."""
        turn = count()
        due = [(self.clock.at, next(turn), Known(url=url)) for url in urls]
        heapq.heapify(due)
        while due and due[0][0] < until:
            at, _, known = heapq.heappop(due)
            self.clock.at = max(self.clock.at, at)
            host = _host(known.url)
            if (free := self.wait_for_host(host)) > self.clock.at:
                heapq.heappush(due, (free, next(turn), known))
                continue
            self.hosts[host] = self.clock.at + SECOND
            after = self.poll(known)
            if after is not None:
                heapq.heappush(due, (after, next(turn), known))
        self.clock.at = until

    def wait_for_host(self, host: str) -> datetime:
        return self.hosts.get(host, self.clock.at)

    def request(self, known: Known) -> Request:
        return Request(
            url=known.url,
            etag=known.etag,
            last_modified=known.last_modified,
            validated_url=known.validated_url,
            user_agent=self.agent,
            accept=self.accept,
            headers=self.headers,
        )

    def poll(self, known: Known) -> datetime | None:
        """Ask once; when to ask again."""
        now, host = self.clock.at, _host(known.url)
        try:
            response = self.fetch(self.request(known))
        except FetchError:
            return self.after_failure(known, "error")
        if (until := rules.rests_until(response, now)) is not None:
            self.rest(host, until)
            return self.jittered(max(until - now, HOUR))
        if response.status == 410:
            return self.after_gone(known)
        if response.status not in (200, 304):
            return self.after_failure(known, str(response.status))
        known.failures, known.gone = 0, []
        self.trouble.discard(host)
        self.keep_validators(known, response)
        self.read(known, response)
        self.follow(known, response)
        return self.permitted(known, self.after_success(known))

    def keep_validators(self, known: Known, response: Response) -> None:
        etag, last_modified = response.headers.get("etag"), response.headers.get("last-modified")
        if response.status == 304:
            etag, last_modified = etag or known.etag, last_modified or known.last_modified
        known.etag, known.last_modified = etag, last_modified
        known.validated_url = response.url

    def read(self, known: Known, response: Response) -> None:
        lifetime = rules.fresh(response.headers)
        known.hints["fresh"] = min(lifetime or timedelta(), DAY)
        if response.status == 304:
            return
        ttl = re.search(rb"<ttl>(\d+)</ttl>", response.body)
        known.hints["ttl"] = timedelta(minutes=int(ttl[1])) if ttl else timedelta()
        known.skip_hours = frozenset(int(hour) for hour in re.findall(rb"<hour>(\d+)</hour>", response.body))
        days = (b"Monday", b"Tuesday", b"Wednesday", b"Thursday", b"Friday", b"Saturday", b"Sunday")
        known.skip_days = frozenset(days.index(day) for day in re.findall(rb"<day>(\w+)</day>", response.body))
        known.times = sorted(_dates(response.body), reverse=True)[:9]

    def follow(self, known: Known, response: Response) -> None:
        hops = response.hops
        secure = all(hop.target.startswith("https:") for hop in hops)
        target = response.url if hops and secure and all(hop.status in PERMANENT for hop in hops) else None
        if target is None or target != known.target:
            known.target, known.since, known.count = target, self.clock.at, 0
        known.count += 1
        if target and known.since and known.count >= 10 and self.clock.at - known.since >= DAY * 7:
            known.url, known.target = target, None

    def after_success(self, known: Known) -> datetime:
        now, times = self.clock.at, known.times
        gap = max((times[0] - times[-1]) / max(len(times) - 1, 1), (now - times[0]) / 2) if times else DAY
        longest = DAY if times and now - times[0] > DAY * 90 else HOUR * 6
        ttl = known.hints.get("ttl") or HOUR
        base = max(min(gap / 8, longest), min(HOUR, ttl))
        return self.jittered(max(base, *known.hints.values()))

    def jittered(self, delay: timedelta) -> datetime:
        return self.clock.at + delay * self.chance.uniform(1.0, 1.2)

    def permitted(self, known: Known, at: datetime) -> datetime:
        while at.hour in known.skip_hours or at.weekday() in known.skip_days:
            at += HOUR
        return at

    def after_failure(self, known: Known, kind: str) -> datetime:
        now, host = self.clock.at, _host(known.url)
        recent = [one for one in self.failed.get(host, []) if now - one[0] <= HOUR and one[1] != known.url]
        self.failed[host] = [*recent, (now, known.url)]
        if len(self.failed[host]) >= 5:
            self.trouble.add(host)
        known.failures += 1
        if host in self.trouble:
            return self.jittered(HOUR * 2)
        return self.jittered(self.back_off(known.failures))

    def back_off(self, failures: int) -> timedelta:
        return rules.back_off(failures)

    def after_gone(self, known: Known) -> datetime | None:
        known.gone.append(self.clock.at)
        if len(known.gone) >= 3 and known.gone[-1] - known.gone[0] >= HOUR * 72:
            return None
        return self.jittered(HOUR * 36)

    def rest(self, host: str, until: datetime) -> None:
        self.hosts[host] = until


def _host(url: str) -> str:
    return url.split("/")[2]


def _dates(body: bytes) -> list[datetime]:
    from email.utils import parsedate_to_datetime

    dates = [parsedate_to_datetime(text.decode()) for text in re.findall(rb"<pubDate>([^<]+)</pubDate>", body)]
    stamps = re.findall(rb"<entry>.*?<updated>([^<]+)</updated>", body)
    return dates + [datetime.fromisoformat(text.decode()) for text in stamps]


def tried(poller: type[Polite], judge: Judge, clock: Clock, days: float) -> Judge:
    """The judge after so many days of a poller."""
    urls = tuple(url for scenario in judge.scenarios for url in scenario.urls)
    poller(judge.fetch, clock).run(urls, clock.at + DAY * days)
    return judge
