"""What an article is the same as, of those that have a sign in common with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from syndicator.core.duplicates.likeness import Likeness, alike, borne_out_by_texts, same
from syndicator.core.duplicates.portrait import Portrait

Bearers = Mapping[tuple[str, str], Collection[int]]
"""The articles, by number, that bear a sign."""


def doubles_of(
    key: int, bearers: Bearers, known: Mapping[int, Portrait], text: Callable[[int], str | None]
) -> Iterator[tuple[int, Likeness]]:
    """The articles of other sources that the one of this number is the same as, and why, by number.

    `known` are the portraits of all that bear one of its signs, its own among them; `text` gives the plain text of one
    of these (`plain`), None where it was erased, and is seldom asked. An address or id that several
    articles of one source bear is no sign. A text counts only where each of the two sources has it once, or has it
    once under their common title.
    """
    own = known[key]
    near = {other for sign in own.signs for other in bearers.get(sign, ()) if other in known}
    if all(known[other].source == own.source for other in near):
        return
    beside = {other: known[other] for other in sorted(near) if other != key}
    shared = _shared(own, bearers, known)
    for other, there in beside.items():
        likeness = same(own, there, shared)
        if likeness is not None and likeness.by == "content":
            alone = _alone(own, other, beside, titled=likeness.titled)
            likeness = borne_out_by_texts(likeness, text(key), text(other)) if alone else None
        if likeness is not None:
            yield other, likeness


def _shared(own: Portrait, bearers: Bearers, known: Mapping[int, Portrait]) -> frozenset[bytes]:
    """The addresses and ids of an article that several of one source bear."""
    found = set()
    for kind, value in own.signs:
        sources = [known[key].source for key in bearers.get((kind, value), ()) if key in known]
        if kind != "band" and len(set(sources)) < len(sources):
            found.add(bytes.fromhex(value))
    return frozenset(found)


def _alone(own: Portrait, other: int, beside: Mapping[int, Portrait], *, titled: bool) -> bool:
    there = beside[other]
    repeated = [
        like
        for number, like in beside.items()
        if number != other and like.source in (own.source, there.source) and alike(own, like)
    ]
    return not repeated or (titled and not any(like.titles[:1] == there.titles[:1] for like in repeated))
