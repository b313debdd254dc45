"""What the tests of polling start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from syndicator.core.polling.attempts import Attempt
from syndicator.core.polling.schedule import Limits
from syndicator.model import Hop, HostState, Parsed, PollState, Response, Source, Upstream, utc

NOW = utc(2026, 11, 18, 12, 0, 0)
URL = "https://feed.test/feed.xml"
LANE = "https://feed.test:443"

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def chance(value: float = 0.0) -> Callable[[], float]:
    """A random that always gives this."""
    return lambda: value


def every(gap: timedelta, count: int = 9, newest: datetime = NOW) -> tuple[datetime, ...]:
    """So many moments this far apart, newest first."""
    return tuple(newest - gap * number for number in range(count))


def source(**fields: Any) -> Source:
    return replace(Source(id="feed", url=URL), **fields)


def state(**fields: Any) -> PollState:
    return replace(PollState(source="feed", host=LANE), **fields)


def attempt(
    state: PollState,
    source: Source | None = None,
    *,
    now: datetime = NOW,
    random: float = 0.0,
    host: HostState | None = None,
    limits: Limits | None = None,
    conditional: bool = False,
    pushed: bool = False,
) -> Attempt:
    return Attempt(
        source=source or Source(id="feed", url=URL),
        state=state,
        host=host or HostState(host=LANE),
        now=now,
        random=chance(random),
        limits=limits or Limits(),
        conditional=conditional,
        pushed=pushed,
    )


def answer(status: int = 200, *, url: str = URL, hops: tuple[Hop, ...] = (), **headers: str) -> Response:
    """A response; `last_modified="…"` is the header Last-Modified."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(url=url, status=status, headers=named, hops=hops)


def document(**fields: Any) -> Parsed:
    return replace(Parsed(format="atom10", upstream=Upstream()), **fields)
