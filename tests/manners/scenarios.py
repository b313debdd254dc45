"""Publishers of all kinds over a month: what each of them does, and how a polite poller is expected to take it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from syndicator.errors import FetchError
from syndicator.model import Request, Response, utc
from tests.manners.judge import Scenario
from tests.manners.publishers import Publisher, atom, http_date, newest, none, plan, refused, rss, strong, weak

START = utc(2026, 5, 1, 9, 17, 23)
DAYS = 30
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
USUAL = timedelta(hours=40)

Answer = Callable[[Request, datetime], Response]
Span = tuple[datetime, datetime]


def scenarios(start: datetime = START) -> list[Scenario]:
    """All of them, each with its own hosts. They remember what happened to them: use each list once."""
    return [
        *_validators(start),
        *_wishes(start),
        *_pauses(start),
        *_redirects(start),
        *_ends_and_failures(start),
        *_rhythms(start),
    ]


def feed(name: str, start: datetime, every: timedelta = USUAL, days: float = DAYS, **more: object) -> Publisher:
    """A feed on a host of its own, by default with an article about every forty hours."""
    url = f"https://{name}.example/feed.xml"
    return Publisher(url=url, times=plan(url, start, days, every), **more)  # type: ignore[arg-type]


def alone(name: str, about: str, publisher: Publisher, answer: Answer | None = None, **more: object) -> Scenario:
    """A scenario of one feed."""
    return Scenario(
        name=name,
        about=about,
        publishers=(publisher,),
        answer=answer or publisher.answer,
        urls=(publisher.url,),
        **more,  # type: ignore[arg-type]
    )


def _validators(start: datetime) -> Iterator[Scenario]:
    yield alone("steady", "ETag and Last-Modified, both kept to", feed("steady", start, write=atom))
    yield alone("etag-only", "an ETag alone", feed("etag-only", start, last_modified=none))
    yield alone("lm-only", "Last-Modified alone", feed("lm-only", start, etag=none))
    yield alone("no-validators", "neither of them", feed("no-validators", start, etag=none, last_modified=none))
    yield alone("weak", "a weak ETag with quotes in it", feed("weak", start, etag=weak, last_modified=none))
    numbers = count(1)
    never_the_same = feed("new-etag", start, etag=lambda *_: f'"{next(numbers)}"', last_modified=none)
    yield alone("new-etag", "another ETag with each 200, though the body is the same", never_the_same)
    same_date = http_date(start - DAY * 40)
    yield alone(
        "same-lm", "the ETag changes, Last-Modified never", feed("same-lm", start, last_modified=_only(same_date))
    )
    yield alone(
        "no-lm-later",
        "Last-Modified is not sent any more after ten days",
        feed(
            "no-lm-later", start, last_modified=lambda p, now, b: newest(p, now, b) if now < start + DAY * 10 else None
        ),
    )
    rotating = feed("rotating", start, last_modified=none)
    yield alone("rotating", "each 304 brings another ETag", rotating, _rotating(rotating))


def _only(value: str) -> Callable[..., str]:
    return lambda *_: value


def _rotating(publisher: Publisher) -> Answer:
    """Only the ETag of the last answer is known, and each answer has a new one."""
    numbers = count(1)
    last: dict[str, bytes] = {}

    def answer(request: Request, now: datetime) -> Response:
        body = publisher.document(now)
        same = request.etag is not None and last.get(request.etag) == body
        last.clear()
        last[f'"{next(numbers)}"'] = body
        headers = {"etag": next(iter(last)), "date": http_date(now)}
        if same:
            return Response(url=request.url, status=304, headers=headers)
        return Response(url=request.url, status=200, headers=headers, body=body, received=len(body))

    return answer


def _wishes(start: datetime) -> Iterator[Scenario]:
    a_day = {"cache-control": "public, max-age=86400"}
    yield alone(
        "max-age", "an answer is good for a day", feed("max-age", start, headers=a_day), within=HOUR * 29, many=31
    )
    yield alone(
        "expires", "an answer is good for five hours, by Expires", feed("expires", start, HOUR * 2, expires=HOUR * 5)
    )
    yield alone(
        "no-cache",
        "max-age together with no-cache, which takes it back",
        feed("no-cache", start, HOUR * 16, headers={"cache-control": "no-cache, max-age=86400"}),
        within=HOUR * 5,
        few=200,
    )
    yield alone(
        "ttl", "ttl of three hours", feed("ttl", start, HOUR, head="<ttl>180</ttl>"), within=HOUR * 4, few=190, many=240
    )
    yield alone(
        "invited",
        "ttl of forty minutes, and as many articles for ten days",
        feed("invited", start, HOUR * 2 / 3, days=10, head="<ttl>40</ttl>"),
        within=timedelta(minutes=55),
        few=400,
        many=1080,
    )
    night = "".join(f"<hour>{hour}</hour>" for hour in (22, 23, 0, 1, 2, 3, 4, 5))
    yield alone(
        "skip-hours",
        "not at night",
        feed("skip-hours", start, HOUR * 16, head=f"<skipHours>{night}</skipHours>"),
        within=HOUR * 11,
    )
    yield alone(
        "skip-days",
        "not at the weekend",
        feed("skip-days", start, HOUR * 20, head="<skipDays><day>Saturday</day><day>Sunday</day></skipDays>"),
        within=HOUR * 56,
    )
    yield alone(
        "clock-ahead", "the server's clock is a year ahead", feed("clock-ahead", start, expires=HOUR, ahead=DAY * 365)
    )


def _pauses(start: datetime) -> Iterator[Scenario]:
    spans = tuple((start + DAY * day, start + DAY * day + HOUR * 9) for day in (4, 9, 10, 20))
    several = [
        Publisher(url=url, times=plan(url, start, DAYS, HOUR * 36))
        for url in (f"https://too-many.example/{name}/feed.xml" for name in ("a", "b", "c"))
    ]
    yield together(
        "too-many-requests",
        "429 with Retry-After in seconds, for all three feeds of a host",
        several,
        lambda request, now: refused(429, request.url, now, retry_after="10800") if _within(spans, now) else None,
        closed=spans,
        within=HOUR * 24,
    )
    yield together(
        "maintenance",
        "503 with Retry-After as a date",
        [feed("maintenance", start)],
        lambda request, now: next(
            (refused(503, request.url, now, retry_after=http_date(end)) for begin, end in spans if begin <= now < end),
            None,
        ),
        closed=spans,
        within=HOUR * 12,
    )


def together(
    name: str,
    about: str,
    publishers: Sequence[Publisher],
    instead: Callable[[Request, datetime], Response | None] = lambda *_: None,
    **more: object,
) -> Scenario:
    """A scenario of several feeds; where `instead` gives an answer, that is sent and not theirs."""
    at = {publisher.url: publisher for publisher in publishers}
    return Scenario(
        name=name,
        about=about,
        publishers=tuple(publishers),
        answer=lambda request, now: instead(request, now) or at[request.url].answer(request, now),
        urls=tuple(at),
        **more,  # type: ignore[arg-type]
    )


def _within(spans: Sequence[Span], now: datetime) -> bool:
    return any(begin <= now < end for begin, end in spans)


def _redirects(start: datetime) -> Iterator[Scenario]:
    yield _moving(
        "moved", "301 to another host, from the third day on", start, lambda now: 301 if now > start + DAY * 2 else 0
    )
    yield _moving("found", "302, always", start, lambda now: 302)
    yield _moving(
        "insecure", "301 from https to http", start, lambda now: 301, target="http://new.insecure.example/feed.xml"
    )
    yield _moving("now-and-then", "301 on every other day", start, lambda now: 301 if (now - start).days % 2 else 0)
    yield _flapping("flapping", "301 to another address every day", start, lambda day: (301,))
    yield _flapping("chain", "302 to an address that sends 301", start, lambda day: (302, 301))


def _moving(
    name: str, about: str, start: datetime, status: Callable[[datetime], int], target: str | None = None
) -> Scenario:
    """A feed whose server sends on to another address while `status` gives a status for that."""
    publisher = feed(name, start)
    target = target or f"https://new.{name}.example/feed.xml"

    def answer(request: Request, now: datetime) -> Response:
        if request.url == publisher.url and (code := status(now)):
            return refused(code, request.url, now, location=target)
        return publisher.answer(request, now)

    return replace(alone(name, about, publisher, answer), others=(target,))


def _flapping(name: str, about: str, start: datetime, statuses: Callable[[int], Sequence[int]]) -> Scenario:
    """A feed that is behind a chain of redirects with these statuses on each day."""
    publisher = feed(name, start)
    steps = statuses(0)
    ends = [f"https://end{number}.{name}.example/feed.xml" for number in range(1 if len(steps) > 1 else 3)]
    between = [f"https://step{number}.{name}.example/feed.xml" for number in range(len(steps) - 1)]

    def answer(request: Request, now: datetime) -> Response:
        chain = [publisher.url, *between]
        if request.url not in chain:
            return publisher.answer(request, now)
        place = chain.index(request.url)
        target = [*between, ends[(now - start).days % len(ends)]][place]
        return refused(steps[place], request.url, now, location=target)

    return replace(alone(name, about, publisher, answer), others=(*between, *ends))


def _ends_and_failures(start: datetime) -> Iterator[Scenario]:
    end = start + DAY * 8
    gone = feed("gone", start)
    yield alone(
        "gone",
        "410 from the eighth day on",
        gone,
        lambda request, now: refused(410, request.url, now) if now >= end else gone.answer(request, now),
        closed=((end, start + DAY * 1000),),
        few=5,
        many=150,
    )
    once = ((end, end + HOUR * 8),)
    yield together(
        "gone-once",
        "410 for eight hours, by mistake",
        [feed("gone-once", start)],
        lambda request, now: refused(410, request.url, now) if _within(once, now) else None,
        closed=once,
        within=HOUR * 48,
    )
    broken = ((start + DAY * 10, start + DAY * 13),)
    yield together(
        "broken",
        "500 for three days",
        [feed("broken", start)],
        lambda request, now: refused(500, request.url, now) if _within(broken, now) else None,
        closed=broken,
        within=HOUR * 32,
    )
    yield together(
        "silent",
        "time-outs for three days",
        [feed("silent", start)],
        partial(_no_answer, broken),
        closed=broken,
        within=HOUR * 32,
    )
    windows = tuple((start + DAY * day + HOUR * 3, start + DAY * day + HOUR * 9) for day in range(1, 11))
    many = [
        Publisher(url=url, times=plan(url, start, 11, HOUR * 16))
        for url in (f"https://tube.example/channel/{number}.xml" for number in range(12))
    ]
    yield together(
        "windows-of-404",
        "404 for all twelve feeds of a host, six hours a day for ten days",
        many,
        lambda request, now: refused(404, request.url, now) if _within(windows, now) else None,
        closed=windows,
        within=HOUR * 8,
    )


def _no_answer(spans: Sequence[Span], request: Request, now: datetime) -> Response | None:
    if _within(spans, now):
        raise FetchError("timeout", request.url, "no answer within 60 s")
    return None


def _rhythms(start: datetime) -> Iterator[Scenario]:
    url = "https://dormant.example/feed.xml"
    times = (*(start - DAY * day for day in range(600, 365, -20)), start + DAY * 20)
    yield alone(
        "dormant",
        "nothing for a year, then one article",
        Publisher(url=url, times=times),
        within=HOUR * 29,
        many=80,
    )
    busy = feed("busy", start, HOUR, days=20)
    yield alone("busy", "24 articles a day, for twenty days", busy, within=timedelta(minutes=80), few=420)
    siblings = [
        Publisher(url=url, times=plan(url, start, DAYS, DAY * 3), headers={"cache-control": "max-age=86000"})
        for url in (f"https://siblings.example/{number}/feed.xml" for number in range(20))
    ]
    yield together("siblings", "twenty feeds on one host", siblings, within=HOUR * 29, many=31)
    yield alone("restarted", "nothing special: it is the poller that starts anew each day", feed("restarted", start))
    yield _archived(start)


def _archived(start: datetime) -> Scenario:
    """A feed whose older articles lie in archive documents (RFC 5005)."""
    publisher = feed("archived", start)
    old = Publisher(url=publisher.url, times=plan("old", start - DAY * 60, 40, DAY * 2))
    pages = [f"https://archived.example/archive/{number}.xml" for number in (3, 2, 1)]
    chain = dict(zip([publisher.url, *pages], [*pages, None], strict=True))

    def linked(url: str) -> str:
        before = chain[url]
        mark = '<fh:archive xmlns:fh="http://purl.org/syndication/history/1.0"/>' if url != publisher.url else ""
        link = f'<link rel="prev-archive" href="{before}"/>' if before else ""
        return mark + link

    publisher.write = lambda url, shown, head: atom(url, shown, linked(url))

    def answer(request: Request, now: datetime) -> Response:
        if request.url == publisher.url:
            return publisher.answer(request, now)
        number = pages.index(request.url)
        body = atom(request.url, old.articles[number * 5 : number * 5 + 5], linked(request.url))
        headers = {"etag": strong(publisher, now, body) or "", "cache-control": "max-age=31536000"}
        return Response(url=request.url, status=200, headers=headers, body=body, received=len(body))

    return replace(
        alone("archived", "older articles in three archive documents, read back once", publisher, answer),
        linked=tuple(pages),
    )


__all__ = ["DAYS", "START", "rss", "scenarios"]
