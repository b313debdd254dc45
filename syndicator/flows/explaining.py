"""Why things are as they are, from the store alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from syndicator.core.polling.why import why
from syndicator.core.urls import without_credentials
from syndicator.model import PollState, Source
from syndicator.ports import Ports


def explained(ports: Ports, source: Source) -> tuple[list[str], PollState | None]:
    """When a source is polled next and why, in lines for a person, and what that was told from."""
    state = ports.store.poll_state(source.id)
    if state is None:
        return ["It was never polled, and nothing is known of it."], None
    return why(source, state, ports.store.host_state(state.host), ports.now()), state


def public(source: Source) -> dict[str, Any]:
    """A source as plain data, without its secrets."""
    return {
        **asdict(source),
        "url": without_credentials(source.url),
        "aliases": [without_credentials(url) for url in source.aliases],
        "password": "…" if source.password else None,
        "headers": {name: "…" for name, _ in source.headers},
        "interval": source.interval.total_seconds() if source.interval else None,
    }


def observed(state: PollState | None) -> dict[str, Any] | None:
    """What was observed of a source as plain data, without what only the next reading needs."""
    if state is None:
        return None
    data = asdict(state)
    del data["entries"]
    return {**data, "interval": state.interval.total_seconds()}
