"""Why things are as they are, from the store alone."""

from __future__ import annotations

from syndicator.core.polling.why import why
from syndicator.model import PollState, Source
from syndicator.ports import Ports


def explained(ports: Ports, source: Source) -> tuple[list[str], PollState | None]:
    """When a source is polled next and why, in lines for a person, and what that was told from."""
    state = ports.store.poll_state(source.id)
    if state is None:
        return ["It was never polled, and nothing is known of it."], None
    return why(source, state, ports.store.host_state(state.host), ports.now()), state
