"""Killing articles: what goes with their text, whoever said so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from syndicator.core import decide, rulings
from syndicator.flows.naming import saved
from syndicator.flows.recognising import killed_notices
from syndicator.flows.showing import tidy
from syndicator.model import Article, Ruling, Verdict
from syndicator.ports import Ingest, Ports


def kill_in(ports: Ports, tx: Ingest, articles: Iterable[Article], said: Ruling) -> list[Article]:
    """Kill these articles in an open transaction of their source; what is left of those of which anything changed.

    Whoever asks for the state of things is told of files that still hold them.
    """
    now = ports.now()
    texts = list(articles)
    decided = [decide.ruled(article, said, now) for article in texts]
    killed = {
        after.id: saved(after, kind, now, text=before)
        for before, (after, kind) in zip(texts, decided, strict=True)
        if kind is not None
    }
    held = [
        replace(file, notices=killed_notices(killed[id].article), media=())
        for id, file in tx.files_of(killed.keys()).items()
    ]
    tx.save(killed.values(), held)
    return [one.article for one in killed.values()]


def kill_same(ports: Ports, demanded: Mapping[int, int]) -> int:
    """Kill articles because each is the same as a killed one, both by the store's numbers; how many were.

    They get the note of that one. To be published then.
    """
    states = ports.store.states({*demanded, *demanded.values()})
    count = 0
    for key, other in demanded.items():
        if key not in states:
            continue
        note = ruling.note if other in states and (ruling := states[other].ruling) is not None else ""
        said = rulings.ruling(Verdict.KILLED, note, by_command=True)
        with ports.store.ingest(states[key].source) as tx:
            count += len(kill_in(ports, tx, tx.articles({states[key].id}).values(), said))
    if count:
        tidy(ports)
    return count
