"""Joining: the same article from several sources becomes one work, by rule or by a person, and can be taken apart.

A join stands until a person undoes it: an entry that came and went with every change upstream would be worse than one
too many. So two that were once the same stay so when one of them is edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syndicator.core import decide, digests
from syndicator.core.duplicates import Bearers, Likeness, Portrait, brought_again, doubles_of, plain, portray
from syndicator.core.rulings import is_forgotten
from syndicator.errors import ArticleError
from syndicator.model import Article, Status
from syndicator.ports import Changed, Composing, Join, Ports

CATCH_UP = 500
"""Articles that had no signs yet, as from the time when there was one source, looked at beside those that changed."""
_STRENGTH = ("url", "guid", "content")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What joining came to: articles, by the store's numbers.

    `touched` are all articles of the works that became another one: what feeds show of them may change. `killed` are
    articles that are to be killed, each with the killed one that it is the same as. `more`: not all could be looked at
    yet that had no signs; whoever composes should do so again.
    """

    touched: frozenset[int] = frozenset()
    killed: Mapping[int, int] = field(default_factory=dict)
    more: bool = False


def join(tx: Composing, changed: Sequence[Changed], now: datetime, *, several: bool = True) -> Joined:
    """Find what is the same as these changed articles in other sources, and join it; also killed ones of any source.

    `several` False: there is one source, so that only what was killed there can come again.
    """
    waiting = tx.unsigned(CATCH_UP) if several else []
    looked_at = {one.key: one.article for one in changed if _takes_part(one.article)}
    looked_at |= {key: article for key, article in waiting if _takes_part(article)}
    portraits = {key: sign(tx, key, article) for key, article in looked_at.items()}
    # What was hidden while it was killed may have copies that are shown.
    killed = tx.sketches([one.key for one in changed if one.article.status is Status.KILLED])
    portraits.update((key, portrait) for key, packed in killed.items() if (portrait := Portrait.unpack(packed)))
    bearers = tx.bearers({sign for portrait in portraits.values() for sign in portrait.every_sign})
    near = {key for keys in bearers.values() for key in keys} - portraits.keys()
    known = {key: portrait for key, packed in tx.sketches(near).items() if (portrait := Portrait.unpack(packed))}
    known.update(portraits)
    touched = _brought_again(tx, looked_at, bearers, known, now)
    edges = _found(tx, portraits, bearers, known, looked_at)
    touched |= _unite(tx, sorted(edges, key=lambda edge: edge.rank), now)
    affected = touched | {one.key for one in changed}
    return Joined(touched=frozenset(touched), killed=_to_kill(tx, affected), more=len(waiting) == CATCH_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Articles that are taken for one, the first stored first, and why: each reason with the two that it is about."""

    articles: tuple[Article, ...]
    reasons: tuple[tuple[Article, Article, Join], ...]


def doubles(ports: Ports, limit: int) -> list[Work]:
    """The works of more than one article, that of the article stored last first."""
    found = ports.store.doubles(limit)
    states = ports.store.states({key for work in found for key in work})
    return [
        Work(
            articles=tuple(states[key] for key in work),
            reasons=tuple((states[join.key], states[join.other], join) for join in ports.store.joins_of(work)),
        )
        for work in found
    ]


def split(ports: Ports, article: Article) -> tuple[Article, ...]:
    """Take an article out of its work for ever; those that it was in one work with. They are to be published then.

    Raises ArticleError where it was alone.
    """
    key = _number(ports, article)
    with ports.store.composing() as tx:
        mates = [mate for mate in tx.works([key])[key] if mate != key]
        if not mates:
            raise ArticleError(f"article {article.slug}: it is joined with none; `syndicator doubles` shows which are")
        tx.split(key, ports.now())
        states = tx.states([key, *mates])
        _anew(tx, states)
    return tuple(states[mate] for mate in mates)


def unite(ports: Ports, one: Article, other: Article) -> tuple[Article, ...]:
    """Let two articles of different sources be one because a person says so; all that are one now.

    They are to be published then. Raises ArticleError where that cannot be.
    """
    keys = _number(ports, one), _number(ports, other)
    if keys[0] == keys[1]:
        raise ArticleError(f"article {one.slug}: it is itself; name another one to join it with")
    with ports.store.composing() as tx:
        works = tx.works(keys)
        if works[keys[0]] == works[keys[1]]:
            raise ArticleError(f"article {one.slug}: it is joined with {other.slug} already")
        states = tx.states({*works[keys[0]], *works[keys[1]]})
        if not all(state.status.is_shown for state in states.values()):
            raise ArticleError(f"article {one.slug}: it or {other.slug} is not shown; only what is shown can be joined")
        if len({state.source for state in states.values()}) < len(states):
            raise ArticleError(f"article {one.slug}: one source would have two articles of {other.slug}'s work")
        for key, state in states.items():
            sign(tx, key, state)
        tx.join([Join(key=max(keys), other=min(keys), by="person", why="a person said so", at=ports.now())])
        _anew(tx, states)
    return tuple(states[key] for key in sorted(states))


def feeds_of(article: Article) -> set[str]:
    """The feeds beside composed ones that show an article: of everything, of its tags, authors and source."""
    return {"", f"sources/{article.source}", *(f"{term.kind}/{term.slug}" for term in decide.terms_of(article))}


def _anew(tx: Composing, states: Mapping[int, Article]) -> None:
    """What feeds show of these articles may be different now."""
    tx.again(states)
    tx.soil({name for article in states.values() for name in feeds_of(article)})


def _number(ports: Ports, article: Article) -> int:
    key = ports.store.number_of(article)
    if key is None:
        raise ArticleError(f"article {article.slug}: it is not stored; `syndicator list --articles` shows all")
    return key


def sign(tx: Composing, key: int, article: Article) -> Portrait:
    """Store by what an article can be recognised."""
    portrait = portray(article)
    tx.sign(key, portrait.signs, portrait.pack())
    return portrait


def _takes_part(article: Article) -> bool:
    # Editions are made of other articles and are the same as none.
    return article.status.is_shown and not article.source.startswith(digests.SOURCE) and not is_forgotten(article)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edge:
    one: int
    other: int
    likeness: Likeness

    @property
    def rank(self) -> tuple[int, float, int, int]:
        """The surest first."""
        return _STRENGTH.index(self.likeness.by), -self.likeness.agreement, self.one, self.other


def _found(
    tx: Composing, keys: Iterable[int], bearers: Bearers, known: Mapping[int, Portrait], articles: Mapping[int, Article]
) -> Iterator[_Edge]:
    """What these articles are the same as."""

    def text(key: int) -> str | None:
        article = articles.get(key) or tx.states([key])[key]
        return None if is_forgotten(article) else plain(article)

    for key in keys:
        for other, likeness in doubles_of(key, bearers, known, text):
            yield _Edge(one=max(key, other), other=min(key, other), likeness=likeness)


def _brought_again(
    tx: Composing, keys: Iterable[int], bearers: Bearers, known: Mapping[int, Portrait], now: datetime
) -> set[int]:
    """Join what has the text of something that was killed with that, in one source too; what is joined."""
    touched: set[int] = set()
    killed = tx.killed(known.keys())
    for key in keys if killed else ():
        own = known[key]
        beside = killed.intersection(other for sign in own.every_sign for other in bearers.get(sign, ()))
        for other in sorted(beside.difference(tx.apart(key), tx.works([key])[key]) if beside else ()):
            if why := brought_again(own, known[other]):
                tx.join([Join(key=key, other=other, by=why.by, why=why.why, at=now)])
                touched |= {key, other}
    return touched


def _unite(tx: Composing, edges: Sequence[_Edge], now: datetime) -> set[int]:
    """Join the works of these pairs, but none that a person took apart, and no two articles of one source."""
    touched: set[int] = set()
    for edge in edges:
        works = tx.works([edge.one, edge.other])
        if works[edge.one] == works[edge.other]:
            continue
        members = {*works[edge.one], *works[edge.other]}
        if not _may_be_one(tx, works[edge.one], works[edge.other], members):
            continue
        why = edge.likeness
        tx.join([Join(key=edge.one, other=edge.other, by=why.by, why=why.why, at=now)])
        touched |= members
    return touched


def _may_be_one(tx: Composing, one: Iterable[int], other: Iterable[int], members: set[int]) -> bool:
    packed = tx.sketches(members)
    sources = {key: portrait.source for key, found in packed.items() if (portrait := Portrait.unpack(found))}
    if not {sources.get(key) for key in one if key in sources}.isdisjoint(sources.get(key) for key in other):
        return False
    there = set(other)
    return not any(tx.apart(key) & there for key in one)


def _to_kill(tx: Composing, keys: Iterable[int]) -> dict[int, int]:
    """The shown articles in the works of these of which one is killed, each with that one."""
    works = {work for work in tx.works(set(keys)).values() if len(work) > 1}
    states = tx.states({key for work in works for key in work})
    found = {}
    for work in works:
        killed = next((key for key in work if states[key].status is Status.KILLED), None)
        if killed is not None:
            left = (key for key in work if states[key].status is not Status.KILLED and not is_forgotten(states[key]))
            found.update(dict.fromkeys(left, killed))
    return found
