"""A judge of manners: publishers of all kinds behind one Fetcher, without sockets, on a clock that is handed in."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from syndicator.errors import FetchError
from syndicator.model import Hop, Request, Response
from tests.manners import rules
from tests.manners.publishers import Article, Publisher
from tests.manners.rules import Resource

PERMANENT = (301, 308)
REDIRECTS = (301, 302, 303, 307, 308)
APART = timedelta(seconds=1)
MANY = 200
"""Visits from which on it can be told whether they come at the top of the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A publisher, or several of one kind: how it answers, and what is expected of a poller in the end.

    `urls` are the feeds that are subscribed to; `others` addresses that a redirect may lead to, where a poller may go
    by itself once a permanent one has proved stable; `linked` those that a document names. `within` is the time in
    which an article must have been seen; `closed` are spans in which nobody can see it. `few` and `many` bound the
    visits of each feed in 30 days: too few are a fault as well, for silence is no manners.
    """

    name: str
    about: str
    publishers: tuple[Publisher, ...]
    answer: Callable[[Request, datetime], Response]
    urls: tuple[str, ...]
    others: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    within: timedelta = timedelta(hours=8)
    closed: tuple[tuple[datetime, datetime], ...] = ()
    few: int = 20
    many: int = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request that a publisher saw, and what it answered: 0 where it did not."""

    scenario: str
    request: Request
    at: datetime
    status: int
    hop: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that a publisher would mind."""

    rule: str
    scenario: str
    url: str
    at: datetime
    text: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.scenario} {self.url} {self.at:%Y-%m-%d %H:%M:%S}: {self.text}"


@dataclass(slots=True)
class _Host:
    last_start: datetime | None = None
    in_flight: int = 0
    rests_until: datetime | None = None
    failures: list[tuple[datetime, str, int]] = field(default_factory=list)
    trouble: bool = False


class Judge:
    """A Fetcher behind which the publishers of `scenarios` live; it follows redirects as the real one does."""

    def __init__(self, scenarios: Sequence[Scenario], now: Callable[[], datetime]) -> None:
        self.scenarios = tuple(scenarios)
        self.requests: list[Visit] = []
        self._now = now
        self._start = now()
        self._home = {url: one for one in self.scenarios for url in (*one.urls, *one.others, *one.linked)}
        self._resources: dict[str, Resource] = defaultdict(Resource)
        self._hosts: dict[str, _Host] = defaultdict(_Host)
        self._found: list[Fault] = []
        self._seen: dict[str, datetime] = {}
        self._ends: dict[str, str] = {}
        """Where the last 200 or 304 for an address came from."""
        self._turn = threading.RLock()

    def fetch(self, request: Request) -> Response:
        """As of a Fetcher. Whatever a publisher minds is remembered."""
        at, host = self._now(), self._hosts[_lane(request.url)]
        with self._turn:
            scenario = self._receive(request, host, at)
        try:
            return self._follow(scenario, request, at)
        finally:
            with self._turn:
                host.in_flight -= 1

    def close(self) -> None:
        """Nothing is held."""

    def faults(self) -> list[str]:
        """All that the publishers mind, by time; what can only be told in the end comes last."""
        return [str(fault) for fault in (*self._found, *self._in_the_end())]

    def rules_broken(self) -> set[str]:
        """The names of the rules that were broken."""
        return {fault.rule for fault in (*self._found, *self._in_the_end())}

    def delays(self, scenario: Scenario) -> list[timedelta]:
        """For each article that appeared meanwhile and was seen: how long after it could be seen."""
        return [self._seen[one.id] - open_at for one, open_at in self._news(scenario) if one.id in self._seen]

    def seen(self, scenario: Scenario) -> set[str]:
        """Ids of the articles that were in a document that was handed out."""
        return {one.id for publisher in scenario.publishers for one in publisher.articles if one.id in self._seen}

    def visits(self, scenario: Scenario) -> list[Visit]:
        """The requests that a scenario saw, without those that followed a redirect."""
        return [visit for visit in self.requests if visit.scenario == scenario.name and not visit.hop]

    def _receive(self, request: Request, host: _Host, at: datetime) -> Scenario | None:
        scenario = self._home.get(request.url)
        name = scenario.name if scenario else "nobody"
        for rule, text in rules.manners(request):
            self._mind(rule, name, request.url, at, text)
        if host.in_flight:
            self._mind("in-flight", name, request.url, at, "another request to the host is under way")
        if host.last_start is not None and at - host.last_start < APART:
            self._mind("burst", name, request.url, at, f"{at - host.last_start} after another request to the host")
        if host.rests_until is not None and at < host.rests_until:
            self._mind("early-retry-after", name, request.url, at, f"{host.rests_until - at} before the host asked")
        if scenario is None:
            self._mind("invented-url", name, request.url, at, "nobody ever named this address")
        elif request.url in scenario.others and not self._led_to(request.url, scenario, at):
            self._mind("moved-too-soon", name, request.url, at, "no redirect to it has proved stable")
        host.in_flight += 1
        host.last_start = at
        return scenario

    def _led_to(self, url: str, scenario: Scenario, at: datetime) -> bool:
        known = (self._resources[old] for old in (*scenario.urls, *scenario.others))
        return any(one.target == url and not one.temporary and rules.proven(one, at) for one in known)

    def _follow(self, scenario: Scenario | None, request: Request, at: datetime) -> Response:
        asked, hops = _at(request, request.url), []
        while True:
            response = self._ask(scenario, asked, at, len(hops), request.url)
            target = response.headers.get("location")
            if response.status not in REDIRECTS or target is None:
                break
            hops.append(Hop(url=asked.url, status=response.status, target=urljoin(asked.url, target)))
            if len(hops) > 5:
                raise FetchError("redirect", asked.url, "more than five redirects", tuple(hops))
            asked = _at(request, hops[-1].target)
        with self._turn:
            self._note_redirect(request.url, response, hops, at)
        return replace(response, url=asked.url, hops=tuple(hops))

    def _ask(self, scenario: Scenario | None, asked: Request, at: datetime, hop: int, start: str) -> Response:
        if scenario is None or self._home.get(asked.url) is not scenario:
            return Response(url=asked.url, status=404)
        with self._turn:
            for rule, text in _minded(self._resources[asked.url], asked, at):
                if rule == "unconditional" and hop and self._ends.get(start) != asked.url:
                    continue  # a redirect that led elsewhere meanwhile: nobody keeps the validators of all its ends
                self._mind(rule, scenario.name, asked.url, at, text)
        try:
            response = scenario.answer(asked, at)
        except FetchError:
            self._note(scenario, asked, Response(url=asked.url, status=504), at, hop, answered=False)
            raise
        self._note(scenario, asked, response, at, hop)
        return response

    def _note(
        self, scenario: Scenario, asked: Request, response: Response, at: datetime, hop: int, *, answered: bool = True
    ) -> None:
        with self._turn:
            self._remember(asked, response, at)
            visit = Visit(scenario=scenario.name, request=asked, at=at, status=response.status * answered, hop=hop)
            self.requests.append(visit)
            if response.status == 200:
                for publisher in scenario.publishers:
                    if response.body == publisher.document(at):
                        for article in publisher.shown(at):
                            self._seen.setdefault(article.id, at)

    def _remember(self, asked: Request, response: Response, at: datetime) -> None:
        known, host = self._resources[asked.url], self._hosts[_lane(asked.url)]
        rules.remember(known, asked, response, at)
        if (until := rules.rests_until(response, at)) is not None:
            host.rests_until = until
        if response.status >= 400:
            recent = [one for one in host.failures if at - one[0] <= rules.HOUR and one[1] != asked.url]
            host.failures = [*recent, (at, asked.url, response.status)]
            alike = sum(status == response.status for _, _, status in host.failures)
            host.trouble = host.trouble or alike >= rules.ALIKE
        elif response.status < 300 or response.status == 304:
            host.trouble = False
        known.eased = host.trouble

    def _note_redirect(self, url: str, response: Response, hops: Sequence[Hop], at: datetime) -> None:
        known = self._resources[url]
        if response.status not in (200, 304):
            return
        self._ends[url] = hops[-1].target if hops else url
        target = hops[-1].target if hops and _believable(hops) else None
        if target != known.target or target is None:
            known.target, known.target_since, known.target_count = target, at, 0
        known.target_count += 1
        known.temporary = target is None

    def _mind(self, rule: str, scenario: str, url: str, at: datetime, text: str) -> None:
        self._found.append(Fault(rule=rule, scenario=scenario, url=url, at=at, text=text))

    def _in_the_end(self) -> Iterator[Fault]:
        minutes = Counter(visit.at.minute for visit in self.requests if not visit.hop)
        if minutes.total() >= MANY and minutes[0] > minutes.total() / 10:
            text = f"{minutes[0]} of {minutes.total()} visits come in the first minute of an hour"
            yield Fault(rule="top-of-hour", scenario="all", url="", at=self._now(), text=text)
        for scenario in self.scenarios:
            yield from self._late(scenario)
            yield from self._counted(scenario)

    def _late(self, scenario: Scenario) -> Iterator[Fault]:
        for article, open_at in self._news(scenario):
            for begin, end in scenario.closed:
                if begin < open_at + scenario.within and open_at < end:
                    open_at = end
            seen, last = self._seen.get(article.id), open_at + scenario.within
            if (seen or self._now()) > last:
                text = f"{article.id} was seen {seen - article.at if seen else 'not at all'} after it appeared"
                yield Fault(rule="late", scenario=scenario.name, url=article.url, at=article.at, text=text)

    def _counted(self, scenario: Scenario) -> Iterator[Fault]:
        days = (self._now() - self._start) / rules.DAY
        counts = Counter(visit.request.url for visit in self.visits(scenario))
        most = max((counts[url] for url in scenario.urls), default=0)
        least = sum(counts.values()) / len(scenario.urls)
        if most > scenario.many * max(days, 1) / 30 + 1:
            text = f"{most} visits in {days:.0f} days, where {scenario.many} in 30 are enough"
            yield Fault(rule="too-many", scenario=scenario.name, url=scenario.urls[0], at=self._now(), text=text)
        if least < scenario.few * days / 30 - 1:
            text = f"{least:.0f} visits a feed in {days:.0f} days, where {scenario.few} in 30 are due"
            yield Fault(rule="silent", scenario=scenario.name, url=scenario.urls[0], at=self._now(), text=text)

    def _news(self, scenario: Scenario) -> Iterator[tuple[Article, datetime]]:
        """Articles that appeared meanwhile, and from when on each could be seen."""
        for publisher in scenario.publishers:
            for article in publisher.articles:
                if self._start < article.at <= self._now():
                    ends = [end for begin, end in scenario.closed if begin <= article.at < end]
                    if (open_at := max(ends, default=article.at)) <= self._now():
                        yield article, open_at


def _minded(known: Resource, asked: Request, at: datetime) -> Iterator[rules.Fault]:
    yield from rules.validators(known, asked, at)
    yield from rules.timing(known, at)
    yield from rules.going(known, at)


def _at(request: Request, url: str) -> Request:
    """The request as one address sees it: validators go to the one that gave them, credentials to the first."""
    ours = url == (request.validated_url or request.url)
    return replace(
        request,
        url=url,
        etag=request.etag if ours else None,
        last_modified=request.last_modified if ours else None,
        headers=request.headers if url == request.url else (),
    )


def _believable(hops: Sequence[Hop]) -> bool:
    """Whether redirects are permanent all the way, and none leads out of https."""
    secure = [urlsplit(url).scheme == "https" for hop in hops for url in (hop.url, hop.target)]
    return all(hop.status in PERMANENT for hop in hops) and secure == sorted(secure)


def _lane(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
