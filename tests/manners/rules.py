"""What a publisher may find fault with, point by point. Each rule looks at one visit and what went before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from syndicator.model import Request, Response

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FLOOR = HOUR
INVITED_FLOOR = timedelta(minutes=5)
HINT_MAX = DAY
RETRY_MAX = timedelta(days=7)
REFRESH = timedelta(days=7)
"""All may be asked for anew this seldom, in case a validator is stuck."""
BACK_OFF_MAX = DAY
ALIKE = 5
"""So many feeds of one host that fail alike within an hour are the host's trouble: they need not back off."""
STABLE = timedelta(days=7)
STABLE_COUNT = 10
PATIENCE = timedelta(days=14)
"""A permanent redirect that was the same for so long has to be believed."""
GONE_AFTER = timedelta(hours=72)
GONE_COUNT = 3
GONE_MOST = 6

LIBRARIES = re.compile(
    r"^(python|curl|wget|go-http|java|okhttp|feedparser|httpx|urllib|requests|aiohttp)|mozilla", re.I
)
CONTACT = re.compile(r"https?://\S+\.\S+|mailto:\S+@\S+|\S+@\S+\.\S+")
NOT_OURS_TO_SEND = ("cookie", "referer", "cache-control", "pragma", "if-none-match", "if-modified-since")

Fault = tuple[str, str]
"""The name of the rule, and what was seen."""


@dataclass(slots=True)
class Resource:
    """What a publisher remembers of the visits to one address."""

    etags: frozenset[str | None] = frozenset({None})
    """What may be sent now; None is nothing."""
    dates: frozenset[str | None] = frozenset({None})
    given: set[str] = field(default_factory=set)
    """All that was ever given."""
    same_date: bool = False
    """The last 200 had another ETag and the former Last-Modified."""
    date_stopped: bool = False
    last_visit: datetime | None = None
    last_status: int = 0
    unconditional_at: datetime | None = None
    fresh_until: datetime | None = None
    ttl_until: datetime | None = None
    invited: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    failures: int = 0
    eased: bool = False
    gone: list[datetime] = field(default_factory=list)
    target: str | None = None
    """Where it points for good, since when, and how many successes in a row."""
    target_since: datetime | None = None
    target_count: int = 0
    temporary: bool = False


def manners(request: Request) -> Iterator[Fault]:
    """What can be seen of a request by itself."""
    if not CONTACT.search(request.user_agent) or LIBRARIES.search(request.user_agent):
        yield "user-agent", f"{request.user_agent!r} does not name a program and how to reach its people"
    for name, value in request.headers:
        if name.lower() in NOT_OURS_TO_SEND:
            yield "header", f"{name}: {value}"
    if not request.accept:
        yield "header", "no Accept"


def validators(known: Resource, request: Request, at: datetime) -> Iterator[Fault]:
    """Points 1 to 4: the values of the last 200 or 304, both of them replaced, and never a made-up one."""
    etag, date = request.etag, request.last_modified
    for value in (etag, date):
        if value is not None and value not in known.given:
            yield "made-up", f"{value!r} was never given"
            return
    if etag is not None and etag not in known.etags:
        yield ("same-lm" if known.same_date else "stale-etag"), f"{etag!r} is not that of the last answer"
    if date is not None and date not in known.dates:
        yield ("no-lm-later" if known.date_stopped else "stale-lm"), f"{date!r} is not that of the last answer"
    offered = None not in known.etags or None not in known.dates
    seldom = known.unconditional_at is None or at - known.unconditional_at >= REFRESH
    if etag is None and date is None and offered and not seldom:
        yield "unconditional", "a validator was given, and none is sent"


def timing(known: Resource, at: datetime) -> Iterator[Fault]:
    """Points 5, 7 and 9: not before the publisher wants it."""
    if known.last_visit is None:
        return
    since = at - known.last_visit
    floor = min(FLOOR, max(INVITED_FLOOR, known.invited)) if known.invited else FLOOR
    if since < floor:
        yield "too-often", f"{since} after the visit before"
    if known.fresh_until and at < known.fresh_until:
        yield "early-cache", f"{known.fresh_until - at} before the answer goes stale"
    if known.ttl_until and at < known.ttl_until:
        yield "early-ttl", f"{known.ttl_until - at} before ttl is over"
    if at.hour in known.skip_hours:
        yield "skip-hours", f"at {at:%H:%M}"
    if at.weekday() in known.skip_days:
        yield "skip-days", f"on a {at:%A}"
    if known.failures and not known.eased and since < (wait := back_off(known.failures)):
        yield "no-back-off", f"{since} after failure {known.failures} in a row, not {wait}"


def back_off(failures: int) -> timedelta:
    """How long to wait at least after so many failures in a row."""
    return min(BACK_OFF_MAX, FLOOR * 2 ** min(failures - 1, 6))


def going(known: Resource, at: datetime) -> Iterator[Fault]:
    """Points 8 and 9: where it went, or that it went for good."""
    gone = known.gone
    if gone and ((len(gone) >= GONE_COUNT and gone[-1] - gone[0] >= GONE_AFTER) or len(gone) >= GONE_MOST):
        yield "gone", f"after {len(gone)} times 410 since {gone[0]:%d %H:%M}"
    if proven(known, at, PATIENCE):
        yield "old-url", f"though it has pointed to {known.target} since {known.target_since:%d %H:%M}"


def proven(known: Resource, at: datetime, long: timedelta = STABLE) -> bool:
    """Whether a permanent redirect has been the same for long enough, often enough."""
    since = known.target_since
    return known.target is not None and since is not None and known.target_count >= STABLE_COUNT and at - since >= long


def remember(known: Resource, request: Request, response: Response, at: datetime) -> None:
    """What an answer changes."""
    known.last_visit, known.last_status = at, response.status
    if request.etag is None and request.last_modified is None:
        known.unconditional_at = at
    if response.status in (200, 304):
        _remember_validators(known, response)
        _remember_wishes(known, response, at)
        known.failures, known.gone = 0, []
    elif response.status < 400:  # a redirect: this address has no document now
        known.etags, known.dates = known.etags | {None}, known.dates | {None}
    elif response.status == 410:
        known.gone.append(at)
    elif response.status >= 400 and response.status != 429 and "retry-after" not in response.headers:
        known.failures += 1


def _remember_validators(known: Resource, response: Response) -> None:
    etag, date = response.headers.get("etag"), response.headers.get("last-modified")
    known.given |= {value for value in (etag, date) if value is not None}
    if response.status == 200:
        known.same_date = date is not None and date in known.dates and etag not in known.etags
        known.date_stopped = date is None and known.dates != {None}
        known.etags, known.dates = frozenset({etag}), frozenset({date})
    else:
        known.etags = frozenset({etag}) if etag is not None else known.etags | {None}
        known.dates = frozenset({date}) if date is not None else known.dates | {None}


def _remember_wishes(known: Resource, response: Response, at: datetime) -> None:
    lifetime = fresh(response.headers)
    known.fresh_until = at + min(lifetime, HINT_MAX) if lifetime else None
    if response.status == 304:
        known.ttl_until = at + known.invited if known.invited else None
        return
    ttl = re.search(rb"<ttl>(\d+)</ttl>", response.body)
    known.invited = min(timedelta(minutes=int(ttl[1])), HINT_MAX) if ttl else None
    known.ttl_until = at + known.invited if known.invited else None
    known.skip_hours = frozenset(int(hour) for hour in re.findall(rb"<hour>(\d+)</hour>", response.body))
    days = (b"Monday", b"Tuesday", b"Wednesday", b"Thursday", b"Friday", b"Saturday", b"Sunday")
    known.skip_days = frozenset(days.index(day) for day in re.findall(rb"<day>(\w+)</day>", response.body))


def fresh(headers: Mapping[str, str]) -> timedelta | None:
    """How long an answer is fresh by its headers."""
    control = headers.get("cache-control", "")
    if "no-cache" in control or "no-store" in control:
        return None
    if found := re.search(r"max-age=(\d+)", control):
        return timedelta(seconds=int(found[1]))
    if "expires" in headers:
        return parsedate_to_datetime(headers["expires"]) - parsedate_to_datetime(headers["date"])
    return None


def rests_until(response: Response, at: datetime) -> datetime | None:
    """Until when a host asks to be left alone."""
    text = response.headers.get("retry-after")
    if response.status not in (429, 503) or text is None:
        return None
    until = at + timedelta(seconds=int(text)) if text.isdigit() else parsedate_to_datetime(text).astimezone(UTC)
    return min(until, at + RETRY_MAX)
