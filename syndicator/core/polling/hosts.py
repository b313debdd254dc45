"""A host as a lane: its name, and whether its sources fail alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from syndicator.core.polling.schedule import FAILURE_JITTER, TROUBLE_MAX
from syndicator.model import HostState

TROUBLED = 5
"""So many sources of a host that fail alike within `TROUBLE_WITHIN` are the host's fault."""
TROUBLE_WITHIN = timedelta(hours=1)

_PORTS = {"http": 80, "https": 443}


def lane(url: str) -> str:
    """Scheme, host and port of an address, folded (`https://example.org:443`): what is polled one at a time."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".")
    try:
        port = parts.port
    except ValueError:
        port = None
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port or _PORTS.get(scheme, 0)}"


def failed(host: HostState, source: str, kind: str, now: datetime) -> tuple[HostState, bool]:
    """The host after one more failure of a kind, and whether it is the host that has trouble.

    It has when `TROUBLED` sources failed alike within `TROUBLE_WITHIN`, and from then on as long as failures of that
    kind go on, with no success between them: each source comes back less often than once in that time.
    """
    recent = [f for f in host.failures if timedelta() <= now - f[0] <= TROUBLE_WITHIN and f[1] != source]
    recent.append((now, source, kind))
    alike = sum(f[2] == kind for f in recent)
    lasts = TROUBLE_MAX * (1 + FAILURE_JITTER)
    goes_on = host.trouble == kind and host.troubled_at is not None and timedelta() <= now - host.troubled_at <= lasts
    trouble = alike >= TROUBLED or goes_on
    after = replace(host, failures=_bounded(recent))
    return (replace(after, trouble=kind, troubled_at=now) if trouble else after), trouble


def succeeded(host: HostState, source: str, now: datetime) -> HostState:
    """The host after a success: it neither rests nor has trouble, and this source did not fail."""
    kept = tuple(f for f in host.failures if timedelta() <= now - f[0] <= TROUBLE_WITHIN and f[1] != source)
    return replace(host, paused_until=None, pauses=0, failures=kept, trouble="", troubled_at=None)


def _bounded(failures: list[tuple[datetime, str, str]]) -> tuple[tuple[datetime, str, str], ...]:
    """Of each kind as many as can matter: a host of thousands of sources is as small as one of five."""
    kept: list[tuple[datetime, str, str]] = []
    for failure in sorted(failures, reverse=True):
        if sum(f[2] == failure[2] for f in kept) < TROUBLED:
            kept.append(failure)
    return tuple(reversed(kept))
