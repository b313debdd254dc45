"""To look at a feed once, as a reader does, and say what is wrong with it. Nothing is stored.

At most three requests: the feed, the feed again with what it gave to ask whether it has changed, and robots.txt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from syndicator.core.checkup import Finding, Findings, Severity, failures, feed, http, robots, validators
from syndicator.core.checkup.findings import hint, shown
from syndicator.core.checkup.seen import Seen, lines, see
from syndicator.core.polling import headers
from syndicator.core.polling.headers import http_date
from syndicator.core.polling.outcome import READABLE
from syndicator.core.upstream.discovery import Offer, offers
from syndicator.core.urls import without_credentials
from syndicator.errors import BadFeed, FetchError
from syndicator.flows.poll import incoming
from syndicator.model import Hop, Incoming, Parsed, Request, Response
from syndicator.ports import Fetcher, Parser

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"

SUMMARIES = hint(
    "summaries-only",
    "all entries are summaries or short, as far as can be told. Readers show no more of them than is in the feed; give "
    "the full text if you can.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """How the document came: `url` after `hops`; `received` bytes on the wire of `size`, in `seconds`."""

    url: str
    status: int
    hops: tuple[Hop, ...]
    media_type: str
    size: int
    received: int
    seconds: float
    revalidated: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What was seen and found. `ok`: neither errors nor warnings. `offers` are feeds that a page names."""

    target: str
    ok: bool
    fetched: Fetched | None = None
    seen: Seen | None = None
    offers: tuple[Offer, ...] = ()
    findings: tuple[Finding, ...] = ()

    def lines(self) -> list[str]:
        """All of it for a person: how it came, what a reader sees, what is wrong, errors first."""
        told = _way(self.fetched) if self.fetched else []
        told += lines(self.seen) if self.seen else []
        told += _offered(self.offers)
        for finding in self.findings:
            told += ["", *_told(finding)]
        told += ["", _sum(self.findings)]
        return told[1:] if not told[0] else told


class _Spaced:
    """A Fetcher whose requests begin a second apart, as a host may expect of who asks several times."""

    def __init__(self, fetcher: Fetcher, sleep: Callable[[float], None]) -> None:
        self._fetcher, self._sleep, self._asked = fetcher, sleep, False

    def fetch(self, request: Request) -> Response:
        if self._asked:
            self._sleep(1.0)
        self._asked = True
        return self._fetcher.fetch(request)

    def close(self) -> None:
        self._fetcher.close()


def check_url(
    fetcher: Fetcher,
    parser: Parser,
    url: str,
    user_agent: str,
    *,
    now: datetime,
    sleep: Callable[[float], None] = lambda _: None,
) -> Checkup:
    """Fetch and judge what is at `url`. Never raises FetchError.

    `now` is what dates in it are compared with; `sleep` is asked to let a second pass between two requests.
    """
    fetcher = _Spaced(fetcher, sleep)
    found = Findings()
    request = Request(url=url, user_agent=user_agent, accept=ACCEPT)
    try:
        response = fetcher.fetch(request)
    except FetchError as error:
        _hops(error, found)
        failures.of_error(error, found)
        return _checkup(without_credentials(url), found)
    http.redirects(response, found)
    if response.status not in READABLE:
        failures.of_status(response, found)
        return _checkup(without_credentials(url), found, fetched=_fetched(response, None))
    parsed = _read(parser, incoming(response), found)
    if isinstance(parsed, BadFeed) and parsed.kind in ("not_a_feed", "empty"):
        offered = offers(response)
        return _checkup(without_credentials(url), found, fetched=_fetched(response, None), offers=offered)
    read = None if isinstance(parsed, BadFeed) else parsed
    validators.check(response, now, found)
    second = _again(fetcher, request, response, found)
    http.check(response, read.format if read else "", now, found)
    feed.check(response.body, _origin(response, second, url, now), now, found, read)
    seen = _seen(read, response, now, found)
    _robots(fetcher, response.url, user_agent, found)
    return _checkup(
        without_credentials(url),
        found,
        fetched=_fetched(response, second),
        seen=seen,
    )


def check_file(parser: Parser, data: bytes, name: str, *, now: datetime) -> Checkup:
    """Judge a document that was not fetched. `name` is what it is called."""
    found = Findings()
    parsed = _read(parser, Incoming(body=data, url=""), found)
    if isinstance(parsed, BadFeed) and parsed.kind in ("not_a_feed", "empty"):
        page = Response(url="", status=200, body=data)
        return _checkup(name, found, offers=offers(page))
    read = None if isinstance(parsed, BadFeed) else parsed
    feed.check(data, feed.Origin(), now, found, read)
    return _checkup(name, found, seen=_seen(read, None, now, found))


def _read(parser: Parser, incoming: Incoming, found: Findings) -> Parsed | BadFeed:
    try:
        return parser.read(incoming)
    except BadFeed as bad:
        failures.of_feed(bad, found)
        return bad


def _seen(parsed: Parsed | None, response: Response | None, now: datetime, found: Findings) -> Seen | None:
    if parsed is None:
        return None
    seen = see(parsed, response, now)
    if seen.summaries and not seen.full:
        found.add(SUMMARIES, "the feed")
    return seen


def _again(fetcher: Fetcher, request: Request, response: Response, found: Findings) -> Response | None:
    """Ask whether it has changed, once, where it gave something to ask by."""
    etag, modified = headers.validators(response)
    if etag is None and modified is None:
        return None
    asked = replace(request, etag=etag, last_modified=modified, validated_url=response.url)
    try:
        second = fetcher.fetch(asked)
    except FetchError as error:
        failures.of_error(error, found)
        return None
    validators.again(response, second, found)
    return second


def _origin(response: Response, second: Response | None, asked: str, now: datetime) -> feed.Origin:
    """Where it came from. A date in a document that did not change between two requests is not that of the request."""
    unchanged = second is not None and (second.status == 304 or second.body == response.body)
    return feed.Origin(
        url=response.url,
        asked=without_credentials(asked),
        link=response.headers.get("link", ""),
        content_type=response.headers.get("content-type"),
        served=None if unchanged else http_date(response.headers.get("date")) or now,
    )


def _robots(fetcher: Fetcher, url: str, user_agent: str, found: Findings) -> None:
    try:
        response = fetcher.fetch(Request(url=robots.address(url), user_agent=user_agent))
    except FetchError as error:
        found.add(robots.BROKEN, "robots.txt", what=error.reason)
        return
    robots.check(response, url, user_agent.partition("/")[0], found)


def _hops(error: FetchError, found: Findings) -> None:
    hops = tuple(hop for hop in error.hops if isinstance(hop, Hop))
    if hops:
        http.redirects(Response(url=hops[-1].target, status=hops[-1].status, hops=hops), found)


def _fetched(response: Response, second: Response | None) -> Fetched:
    return Fetched(
        url=response.url,
        status=response.status,
        hops=response.hops,
        media_type=response.headers.get("content-type", ""),
        size=len(response.body),
        received=response.received,
        seconds=round(response.seconds, 3),
        revalidated=second.status if second else None,
    )


def _checkup(
    target: str,
    found: Findings,
    *,
    fetched: Fetched | None = None,
    seen: Seen | None = None,
    offers: tuple[Offer, ...] = (),
) -> Checkup:
    findings = tuple(found)
    ok = all(finding.severity is Severity.HINT for finding in findings)
    return Checkup(target=target, ok=ok, fetched=fetched, seen=seen, offers=offers, findings=findings)


def _way(fetched: Fetched) -> list[str]:
    told = [f"{shown(hop.url)} answered {hop.status} and points to {shown(hop.target)}" for hop in fetched.hops]
    size = f"{fetched.size:,} bytes"
    if fetched.received != fetched.size:
        size += f" ({fetched.received:,} as they came, compressed)"
    told.append(f"{shown(fetched.url)} answered {fetched.status}: {size}, {shown(fetched.media_type) or 'no type'}")
    if fetched.revalidated is not None:
        told.append(f"  asked again with its validators, it answered {fetched.revalidated}")
    return told


def _offered(offered: tuple[Offer, ...]) -> list[str]:
    if not offered:
        return []
    return ["The page offers:", *(f"  {shown(one.url)}  {shown(one.title)}".rstrip() for one in offered)]


def _told(finding: Finding) -> list[str]:
    where = finding.subject if finding.line is None or str(finding.line) in finding.subject.split() else ""
    where = where or f"{finding.subject} (line {finding.line:,})"
    more = f", and {finding.count - 1:,} more like it" if finding.count > 1 else ""
    rule = f" [{finding.rule}]" if finding.rule else ""
    return [f"{finding.severity.upper()} {where}{more}: {finding.text}{rule}"]


def _sum(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "Nothing is wrong with it."
    counted = []
    for severity in Severity:
        number = sum(1 for finding in findings if finding.severity is severity)
        if number:
            counted.append(f"{number} {severity}{'' if number == 1 else 's'}")
    return ", ".join(counted)
