"""Articles, observations and documents as the tests need them."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from syndicator.model import (
    Article,
    Claim,
    Condition,
    PollState,
    Rendered,
    RevisionKind,
    SeenFile,
    Source,
    Status,
    Term,
    utc,
)
from syndicator.ports import DirtyFeed, Polled, Saved, Store
from tests.conftest import ROOT

START = utc(2024, 5, 6, 7, 8, 9)


class Clock:
    """Tells `time`, which tests move."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> datetime:
        self.time += timedelta(seconds=seconds)
        return self.time


def article(number: int = 1, **fields: object) -> Article:
    """The article of that number as it is first stored; a higher number sorts as newer."""
    return replace(
        Article(
            source="seeds",
            title=f"Article {number}",
            body=f"<p>{number}</p>",
            id=f"urn:example:{number}",
            slug=f"article-{number}",
            first_seen=START,
            published=START,
            changed=START + timedelta(seconds=number),
            sort_key=f"{number:08x}",
            revision=1,
        ),
        **fields,  # type: ignore[arg-type]
    )


def terms(*places: str) -> tuple[Term, ...]:
    """Terms from `tags/war`: named like their slug in capitals."""
    split = [place.split("/") for place in places]
    return tuple(Term(kind=kind, slug=slug, name=slug.upper()) for kind, slug in split)


def saved(
    state: Article, *places: str, kind: RevisionKind | None = RevisionKind.NEW, due: datetime | None = None
) -> Saved:
    return Saved(article=state, kind=kind, terms=terms(*places), due=due, claims=(("id", state.id),))


def next_state(state: Article, **fields: object) -> Article:
    return replace(state, revision=state.revision + 1, **fields)  # type: ignore[arg-type]


def save(store: Store, *states: Saved, files: Iterable[SeenFile] = (), source: str = "seeds") -> None:
    with store.ingest(source) as ingest:
        ingest.save(states, files)


def correct(store: Store, state: Article, *places: str, **fields: object) -> Article:
    """Store the next state of an article."""
    new = next_state(state, **fields)
    save(store, saved(new, *places, kind=RevisionKind.CORRECTION), source=state.source)
    return new


def withdraw(store: Store, state: Article, *places: str) -> Article:
    return correct(store, state, *places, status=Status.WITHDRAWN)


def rendered(path: str, body: bytes = b"<feed/>", etag: str | None = None) -> Rendered:
    return Rendered(path=path, body=body, media_type="text/xml", etag=etag or body.hex(), changed=START)


def publish(store: Store, *documents: Rendered, gone: Iterable[str] = (), now: datetime = START) -> tuple[str, ...]:
    """Publish these documents for whatever is dirty."""
    return store.publish(store.dirty(), documents, list(gone), [], now)


def names(dirty: Iterable[DirtyFeed]) -> list[str]:
    return [feed.name for feed in dirty]


def clean(store: Store) -> None:
    store.publish(store.dirty(), [], [], [], START)


def start_python(code: str) -> subprocess.Popen[str]:
    """Another process that runs this."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run_python(code: str) -> str:
    """What another process that runs this prints."""
    process = start_python(code)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    return said


MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=180)


def host(number: int = 1) -> str:
    return f"https://host-{number}.example:443"


def upstream(number: int = 1, **fields: object) -> Source:
    """The source of that number, on a host of its own."""
    return replace(
        Source(id=f"source-{number}", url=f"https://host-{number}.example/feed", title=f"Source {number}"),
        **fields,  # type: ignore[arg-type]
    )


def poll_state(number: int = 1, **fields: object) -> PollState:
    """What is known of it at first: it is due at once."""
    return replace(
        PollState(source=f"source-{number}", host=host(number), next_check=START, why="it was never polled"),
        **fields,  # type: ignore[arg-type]
    )


def subscribe(store: Store, *numbers: int, **state: object) -> None:
    """Add the sources of these numbers."""
    store.save_sources([(upstream(number), poll_state(number, **state)) for number in numbers])


def polled(claim: Claim, next_check: datetime | None, **fields: object) -> Polled:
    """That poll as it ended, well; `fields` are those of its state."""
    state = replace(claim.state, next_check=next_check, attempts=0, condition=Condition.WELL)
    return Polled(claim=claim, state=replace(state, **fields), host=claim.host)  # type: ignore[arg-type]


def ids(claims: Iterable[Claim]) -> list[str]:
    return [claim.source.id for claim in claims]
