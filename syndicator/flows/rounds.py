"""Polling on demand: what is due, or what a person names, side by side but never two of one host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import timedelta

from syndicator.core.polling import outcome
from syndicator.core.polling.plain import of_error, of_status
from syndicator.core.polling.schedule import LEASE
from syndicator.errors import BadFeed, FetchError, LeaseLost
from syndicator.flows.poll import Done, incoming, poll, request_for, resting, settle
from syndicator.flows.publish import compress, publish
from syndicator.model import Claim, Parsed, Report, Source
from syndicator.ports import Ports

SOON = timedelta(seconds=2)
"""What is due in so long is waited for."""
LOOK_AGAIN = 0.1
"""Seconds after which a round looks again for what is due."""
GATHER = 0.02
"""Seconds that a poll which is over waits for others: claiming and storing many at once costs little more than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What a poll would bring now, without anything being stored: `parsed` None where nothing new is there."""

    source: Source
    said: str
    parsed: Parsed | None = None


def poll_due(ports: Ports, told: Callable[[Done], None], connections: int = 32) -> Report:
    """Poll all sources that are due, and publish what they bring."""

    def claims(room: int) -> list[Claim] | None:
        found = ports.store.claim_due(ports.now(), room, LEASE) if room else []
        if found or not room:
            return found
        ready = ports.store.ready_at()
        return [] if ready is not None and ready <= ports.now() + SOON else None

    return _round(ports, claims, told, connections, ports.store.overdue(ports.now()))


def poll_these(
    ports: Ports,
    sources: Sequence[Source],
    told: Callable[[Done], None],
    refused: Callable[[Source, str], None],
    connections: int = 32,
) -> Report:
    """Poll these sources, whether they are due or not, and publish what they bring.

    `refused` is told of those whose host asked us to rest.
    """
    waiting = list(sources)

    def claims(room: int) -> list[Claim] | None:
        found: list[Claim] = []
        for source in list(waiting):
            if len(found) >= room:
                break
            claim = ports.store.claim(source.id, ports.now(), LEASE)
            if claim is not None:
                found.append(claim)
                waiting.remove(source)
            elif rest := resting(ports, source):
                refused(source, rest)
                waiting.remove(source)
        return found if found or waiting else None

    return _round(ports, claims, told, connections, len(waiting))


def glance(ports: Ports, sources: Sequence[Source]) -> Iterator[Glance]:
    """What a poll of each would bring, one after the other; nothing is stored."""
    for source in sources:
        state = ports.store.poll_state(source.id)
        if rest := resting(ports, source):
            yield Glance(source=source, said=rest)
            continue
        try:
            response = ports.fetcher.fetch(request_for(ports, source, state))
            if response.status == 304:
                yield Glance(source=source, said="nothing new since the last poll (304)")
            elif response.status not in outcome.READABLE:
                yield Glance(source=source, said=of_status(response.status))
            else:
                parsed = ports.parser.read(incoming(response, state.entries if state else b""))
                said = f"{len(parsed.entries)} of {parsed.total} entries are new or changed"
                yield Glance(source=source, said=said, parsed=parsed)
        except (FetchError, BadFeed) as error:
            yield Glance(source=source, said=of_error(error))


def _round(
    ports: Ports,
    claims: Callable[[int], list[Claim] | None],
    told: Callable[[Done], None],
    connections: int,
    total: int,
) -> Report:
    """Poll what `claims` gives for so much room, until it gives None and all polls are over; then publish.

    A poll that could not be stored keeps no other from it. What it raised is raised at the end.
    """
    report = Report()
    flying: set[Future[Done]] = set()
    trouble: Exception | None = None
    with ThreadPoolExecutor(connections, thread_name_prefix="poll") as pool:
        while (found := claims(connections - len(flying))) is not None or flying:
            flying |= {pool.submit(poll, ports, claim) for claim in found or ()}
            over, flying = wait(flying, LOOK_AGAIN, FIRST_COMPLETED)
            if over and flying:
                more, flying = wait(flying, GATHER)
                over |= more
            if not over and not flying:
                ports.sleep(LOOK_AGAIN)
            done = []
            for future in over:
                try:
                    done.append(future.result())
                except LeaseLost:
                    report = replace(report, read=report.read + 1)
                except Exception as error:  # noqa: BLE001 - the others are brought to their end first
                    trouble = error
            settle(ports, done)
            for one in done:
                told(one)
                report = _and(report, one.report)
                ports.progress("polled", report.read, max(total, report.read))
    documents = publish(ports).documents
    compress(ports)
    if trouble is not None:
        raise trouble
    return replace(report, documents=documents)


def _and(one: Report, other: Report) -> Report:
    return replace(
        one,
        read=one.read + other.read,
        failed=one.failed + other.failed,
        published=one.published + other.published,
        corrected=one.corrected + other.corrected,
        withdrawn=one.withdrawn + other.withdrawn,
        problems=(*one.problems, *other.problems),
    )
