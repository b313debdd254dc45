"""Sources whose articles the test writes itself: stored as a folder or a poll stores them, only quicker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from syndicator.core import decide
from syndicator.flows import sources
from syndicator.flows.naming import saved
from syndicator.model import Article, Member, RevisionKind, Source, Upstream
from tests.flows.world import World


def text(number: int) -> str:
    """A body of which no other number's is a near copy."""
    return f"<p>{' '.join(f'w{number}x{n}' for n in range(30))}</p>"


def written(source: str, number: int, **fields: Any) -> Article:
    """What an author in that source wrote, known by its number; `id` and the rest may be given."""
    seen: dict[str, Any] = {
        "title": f"Story {number}",
        "body": text(number),
        "url": f"https://{source}.example/{number}",
    }
    return Article(source=source, explicit_id=f"urn:{source}:{number}", **(seen | fields))


def subscribed(world: World, *names: str) -> None:
    """Let there be these upstream sources."""
    sources.add(world.ports, [Source(id=name, url=f"https://{name}.example/feed.xml") for name in names])


def put(world: World, *articles: Article, backfill: bool = False) -> None:
    """Store articles as they are now, each new or changed."""
    for source in dict.fromkeys(article.source for article in articles):
        _put(world, source, [article for article in articles if article.source == source], backfill)


def _put(world: World, source: str, articles: list[Article], backfill: bool) -> None:
    with world.ports.store.ingest(source) as tx:
        before = tx.articles({article.explicit_id or "" for article in articles})
        changes = []
        for article in articles:
            id = article.explicit_id or ""
            seen = replace(article, upstream=Upstream(id=f"urn:{source}", title=source, updated=world.time))
            if id not in before:
                slug = id.replace(":", "-")
                after = decide.first_state(seen, id=id, slug=slug, now=world.time, backfill=backfill)
                kind: RevisionKind | None = RevisionKind.NEW
            else:
                after, kind = decide.next_state(before[id], seen, world.time)
            changes.append(saved(after, kind, world.time, (("id", id),)))
        tx.save(changes, [])


def withdraw(world: World, source: str, *numbers: int) -> None:
    """As when the files of these articles were removed."""
    with world.ports.store.ingest(source) as tx:
        before = tx.articles({f"urn:{source}:{number}" for number in numbers})
        tx.save([saved(*decide.withdrawn(state, world.time), world.time) for state in before.values()], [])


def article(world: World, source: str, number: int) -> Article:
    """The present state of one."""
    return world.ports.store.articles(source, [f"urn:{source}:{number}"])[f"urn:{source}:{number}"]


def members(world: World, source: str, number: int) -> list[Member]:
    """Its places."""
    key = world.ports.store.number_of(article(world, source, number))
    assert key is not None
    return world.ports.store.members_of(key)


def ids(source: str, numbers: Iterable[int]) -> list[str]:
    return [f"urn:{source}:{number}" for number in numbers]
