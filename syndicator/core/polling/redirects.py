"""Redirects that are permanent, and when that is believed enough to change the address of a source."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

from syndicator.core.polling.hosts import lane
from syndicator.model import Redirection, Response, Source

PERMANENT = frozenset({301, 308})
STABLE_FOR = timedelta(days=7)
STABLE_COUNT = 10
"""A permanent redirect is believed after so many successes in a row to the same address, over `STABLE_FOR`."""


def permanent_target(source: Source, response: Response) -> str | None:
    """Where a source has moved for good if this response is to be believed, or None.

    Every hop from the first must be permanent (a permanent one behind a temporary one says nothing of the source),
    none may lead from https to http, and a source whose credentials we send stays at the origin that may have them.
    """
    hops = response.hops
    if not hops or any(hop.status not in PERMANENT for hop in hops):
        return None
    target = urlsplit(response.url)._replace(fragment="").geturl()
    if target == source.url:
        return None
    schemes = [urlsplit(url).scheme.lower() for url in (source.url, *(hop.url for hop in hops), target)]
    if any(before == "https" and after != "https" for before, after in pairwise(schemes)):
        return None
    secret = source.username is not None or source.password is not None or bool(source.headers)
    return None if secret and lane(target) != lane(source.url) else target


def watched(
    redirection: Redirection | None, source: Source, response: Response, now: datetime
) -> tuple[Redirection | None, str | None]:
    """What is known of a source's redirect after one more success, and its new address once that has proved stable.

    Success means a feed that could be read, or a 304 for one. A success without a redirect, with another target or
    with a temporary hop begins anew. A source that is declared in syndicator.toml gets no new address: it is changed
    there, by a person.
    """
    target = permanent_target(source, response)
    if target is None:
        return None, None
    if redirection is None or redirection.target != target:
        return Redirection(target=target, since=now), None
    seen = replace(redirection, since=min(redirection.since, now), count=redirection.count + 1)
    return (None, target) if stable(seen, now) and not source.declared else (seen, None)


def stable(redirection: Redirection, now: datetime) -> bool:
    """Whether a permanent redirect has been the same for long enough, often enough."""
    return redirection.count >= STABLE_COUNT and now - redirection.since >= STABLE_FOR


def moved(source: Source, target: str) -> Source:
    """The source at its new address; the old one stays as an alias."""
    aliases = tuple(alias for alias in source.aliases if alias not in (source.url, target))
    return replace(source, url=target, aliases=(*aliases, source.url))
