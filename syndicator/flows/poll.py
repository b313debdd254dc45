"""One poll, from the claim to the store: fetch, read, decide, save.

What a poll without news observed is stored by `settle`, for many polls in one transaction; news is stored here, with
what was observed in the same transaction.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from syndicator.core import entries
from syndicator.core.feeds import FEEDS, OPML
from syndicator.core.identity import content_hash
from syndicator.core.polling import outcome, redirects
from syndicator.core.polling.attempts import Attempt, Outcome
from syndicator.core.polling.hosts import lane
from syndicator.core.polling.schedule import Limits
from syndicator.core.polling.standing import abandoned, quarantined
from syndicator.core.polling.words import moment
from syndicator.core.urls import without_credentials
from syndicator.errors import BadFeed, FetchError, StoreError
from syndicator.flows.backlog import Document, earlier
from syndicator.flows.merging import Merge, Merged
from syndicator.flows.sources import feed_name
from syndicator.model import (
    Claim,
    Condition,
    Incoming,
    Parsed,
    Poll,
    PollState,
    Problem,
    Report,
    Request,
    Response,
    Result,
    Source,
)
from syndicator.ports import Polled, Ports

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A poll that is over. `polled` is still to be stored by `settle`; None: it was stored with its articles.

    `error` is the kind of FetchError, None where there was an answer. `next_check` is when it is polled again.
    """

    source: Source
    poll: Poll
    report: Report
    polled: Polled | None = None
    moved_to: str | None = None
    error: str | None = None
    next_check: datetime | None = None


def request_for(ports: Ports, source: Source, state: PollState | None = None) -> Request:
    """What to send for a source: its validators, to the address that gave them, and its credentials to its origin."""
    etag, last_modified = outcome.validators(state, ports.now()) if state else (None, None)
    headers = list(source.headers)
    if source.username is not None or source.password is not None:
        pair = f"{source.username or ''}:{source.password or ''}"
        headers.append(("Authorization", f"Basic {b64encode(pair.encode()).decode('ascii')}"))
    return Request(
        url=source.url,
        etag=etag,
        last_modified=last_modified,
        validated_url=state.validated_url if state and (etag or last_modified) else None,
        headers=tuple(headers),
        user_agent=source.user_agent or ports.policy.user_agent,
        accept=ACCEPT,
    )


def resting(ports: Ports, source: Source) -> str | None:
    """Why nothing may be asked of a source's host now, where it asked us to rest."""
    state = ports.store.poll_states([source.id]).get(source.id) if source.id else None
    until = ports.store.host_state(state.host if state else lane(source.url)).paused_until
    if until is None or until <= ports.now():
        return None
    return f"its host asked us to rest until {moment(until)}"


def poll(
    ports: Ports, claim: Claim, *, offline: Callable[[str], bool] = lambda _: False, response: Response | None = None
) -> Done:
    """Poll a claimed source. Raises StoreError, and LeaseLost where it took longer than its lease.

    `offline` is told the kind of a FetchError and says whether we and not the source are to blame. `response` is what
    was fetched already (by `syndicator add`).
    """
    request = request_for(ports, claim.source, claim.state)
    conditional = bool(request.etag or request.last_modified) and response is None
    attempt = Attempt.of(claim, ports.now(), ports.random, limits(ports), conditional=conditional)
    if abandoned(claim.state):
        return _done(claim, quarantined(attempt))
    try:
        response = response or ports.fetcher.fetch(request)
    except FetchError as error:
        attempt = replace(attempt, now=ports.now())
        ended = outcome.outage(attempt, error) if offline(error.kind) else outcome.failed(attempt, error)
        return _done(claim, ended, error=error.kind)
    attempt = replace(attempt, now=ports.now())
    ended_by_status = outcome.by_status(attempt, response)
    if ended_by_status is not None:
        return _done(claim, ended_by_status)
    return _read(ports, claim, attempt, response)


def limits(ports: Ports) -> Limits:
    """What the operator wants for all sources."""
    return Limits(min_interval=ports.policy.min_interval, max_interval=ports.policy.max_interval)


def settle(ports: Ports, done: Iterable[Done]) -> list[Done]:
    """Store what polls without news observed, in one transaction; those whose lease was lost, which were not stored."""
    waiting = {d.polled.claim.token: d for d in done if d.polled is not None}
    lost = ports.store.finish(d.polled for d in waiting.values() if d.polled is not None)
    moved = [d for d in waiting.values() if d.moved_to]
    for one in moved:
        _move(ports, one.source, one.moved_to)
    ours = [d.polled for d in waiting.values() if d.polled is not None and d.polled.claim not in lost]
    _name(ports, *((polled.claim, polled.state) for polled in ours))
    return [waiting[claim.token] for claim in lost]


def given_up(claim: Claim) -> Polled:
    """A poll that was not brought to its end by us: asked again no sooner than usual, and nobody's fault."""
    return Polled(claim=claim, state=replace(claim.state, attempts=0), host=claim.host)


def _read(ports: Ports, claim: Claim, attempt: Attempt, response: Response) -> Done:
    hash = content_hash(response.body)
    if hash == claim.state.body_hash:
        return _done(claim, outcome.succeeded(attempt, response, body_hash=hash))
    try:
        parsed = ports.parser.read(incoming(response, claim.state.entries))
    except BadFeed as error:
        return _done(claim, outcome.failed(replace(attempt, now=ports.now()), error, response=response))
    attempt = replace(attempt, now=ports.now())
    if not _is_whole(claim, parsed, hash):
        parsed = entries.without_last(parsed)
    if not parsed.entries and not parsed.deleted:
        ended = outcome.succeeded(attempt, response, parsed, body_hash=hash, whole=_is_whole(claim, parsed, hash))
        return _done(claim, _remembering(ended, parsed, hash, claim.state.identity, set()))
    try:
        return _merge(ports, claim, attempt, response, parsed, hash)
    except StoreError:
        with suppress(StoreError):
            ports.store.finish([given_up(claim)])
        raise


def _merge(ports: Ports, claim: Claim, attempt: Attempt, response: Response, parsed: Parsed, hash: str) -> Done:
    """Store a document's articles and what was observed: one transaction, or none of it.

    Older documents behind it go first, each in a transaction of its own; if we are stopped between, they are read
    again.
    """
    source, first = claim.source, claim.state.fetched_at is None
    before = earlier(ports, claim, Document(url=response.url, parsed=parsed), first=first, ask=_asker(ports, source))
    new = changed = withdrawn = 0
    times: list[datetime] = []
    for document in before.documents:
        with ports.store.ingest(source.id) as tx:
            merged = Merge(ports, tx, source, claim.state.identity, backfill=tx.first_time()).merge(document.parsed)
        new, changed, withdrawn = new + merged.new, changed + merged.changed, withdrawn + merged.withdrawn
        times += _times(merged)
    with ports.store.ingest(source.id) as tx:
        merged = Merge(ports, tx, source, claim.state.identity, backfill=tx.first_time()).merge(parsed)
        new, changed, withdrawn = new + merged.new, changed + merged.changed, withdrawn + merged.withdrawn
        ended = outcome.succeeded(
            attempt,
            response,
            parsed,
            body_hash=hash,
            new=new,
            changed=changed,
            times=[*times, *_times(merged)],
            whole=_is_whole(claim, parsed, hash),
        )
        ended = _remembering(ended, parsed, hash, merged.policy, merged.again, before.notice)
        tx.finish_first_time(attempt.now)
        tx.finish(Polled(claim=claim, state=ended.state, host=ended.host))
    _name(ports, (claim, ended.state))
    if ended.moved_to:
        _move(ports, source, ended.moved_to)
    report = Report(read=1, published=new, corrected=changed, withdrawn=withdrawn)
    return Done(source=source, poll=ended.poll, report=report, next_check=ended.state.next_check)


def _is_whole(claim: Claim, parsed: Parsed, hash: str) -> bool:
    """Whether a document is all there is: one that ends before its end was cut off, unless it comes so again."""
    return not parsed.truncated or claim.state.partial_hash == hash


def _remembering(
    ended: Outcome, parsed: Parsed, hash: str, policy: str, again: set[bytes], notice: str = ""
) -> Outcome:
    """The outcome with what the next reading starts from. Entries to be looked at again are not remembered."""
    seen = entries.united(ended.state.entries, parsed.seen) if parsed.truncated else parsed.seen
    state = replace(
        ended.state,
        entries=entries.without(seen, again) if again else seen,
        identity=policy,
        partial_hash=hash if parsed.truncated else "",
    )
    if again:
        # The same body must be read again, and so must not be answered with 304.
        state = replace(state, body_hash="", etag=None, last_modified=None, validated_url=None)
    if notice:
        state = replace(state, notice="; ".join(filter(None, (state.notice, notice))))
    return replace(ended, state=state)


def _times(merged: Merged) -> list[datetime]:
    """When new articles appeared: the earlier of their date and when we saw them."""
    return [min(a.published or a.first_seen, a.first_seen) for a in merged.fresh if a.first_seen is not None]


def incoming(response: Response, known: bytes = b"") -> Incoming:
    """A response to be read as a feed; `known` is what an earlier reading left (`PollState.entries`)."""
    return Incoming(
        body=response.body,
        url=response.url,
        content_type=response.headers.get("content-type"),
        content_location=response.headers.get("content-location"),
        content_language=response.headers.get("content-language"),
        entries=known,
    )


def _asker(ports: Ports, source: Source) -> Callable[[str], Document]:
    """Fetches another document of a source. Raises FetchError and BadFeed."""

    def ask(url: str) -> Document:
        request = replace(request_for(ports, source), url=url)
        if lane(url) != lane(source.url):
            request = replace(request, headers=())
        response = ports.fetcher.fetch(request)
        if response.status not in outcome.READABLE:
            raise FetchError("protocol", url, f"it answered {response.status}")
        return Document(url=response.url, parsed=ports.parser.read(incoming(response)))

    return ask


def _name(ports: Ports, *polled: tuple[Claim, PollState]) -> None:
    """Mark the documents that say what a source calls itself, and where its page is, where it says something else."""
    stale = set()
    for claim, after in polled:
        before, source = claim.state.upstream, claim.source
        if after.upstream.title != before.title and not source.title:
            stale |= {OPML, FEEDS, feed_name(source)}
        elif (after.upstream.title, after.upstream.url) != (before.title, before.url):
            stale.add(OPML)
    if stale:
        ports.store.soil(stale)


def _move(ports: Ports, before: Source, target: str | None) -> None:
    """Give a source the address to which it has moved for good; where another one has it, only that is polled."""
    source = ports.store.source(before.id) or before
    if target is None or source.url != before.url:
        return
    there = ports.store.source_at(target)
    if there is None or there.id == source.id:
        ports.store.save_sources([(redirects.moved(source, target), None)])
        ports.store.soil([OPML])
        return
    state = ports.store.poll_state(source.id)
    if state is not None:
        why = f"it has moved to {without_credentials(target)}, the address of source {there.id}"
        double = replace(state, condition=Condition.DUPLICATE, next_check=None, why=why)
        ports.store.save_sources([(source, double)])


def _done(claim: Claim, ended: Outcome, error: str | None = None) -> Done:
    failed = ended.poll.result in (Result.FAILED, Result.PAUSED, Result.GONE, Result.OUTAGE)
    problems = (Problem(path=claim.source.id, reason=ended.poll.reason),) if failed else ()
    return Done(
        source=claim.source,
        poll=ended.poll,
        report=Report(read=1, failed=int(failed), problems=problems),
        polled=Polled(claim=claim, state=ended.state, host=ended.host),
        moved_to=ended.moved_to,
        error=error,
        next_check=ended.state.next_check,
    )
