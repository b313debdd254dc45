"""What feeds were: past states of their documents, rendered again, and what is new since one (RFC 7089, RFC 3229).

Nothing rendered is kept for it. Rendering is pure, so the articles that a document showed, each in the revision that it
showed, give the bytes it had.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from syndicator.core.render import Chain
from syndicator.flows.archiving import as_held
from syndicator.flows.named import feed_named
from syndicator.flows.rendering import View, documents, recipe, view
from syndicator.model import Feed, Format, Rendered
from syndicator.ports import Ports, State

MOST = 1000
"""Past states of a document that are kept at most, however young they are."""


def remembered(ports: Ports, feed: Feed, state: State, formats: tuple[Format, ...]) -> View:
    """The current document of a feed as it was in a past state, but without what was killed or forgotten since.

    Title and definition of the feed are those of today. So are the others of its works, where the feed lists them.
    """
    return _view(ports, feed, state, state.holds, formats)


def memento(ports: Ports, path: str, moment: datetime) -> Rendered | None:
    """The document at a path as it was from that very moment on (to the second), None where it did not change then."""
    feed, format = _of(ports, path)
    if feed is None or format is None or all(one.changed != moment for one in ports.store.past(path)):
        return None
    state = ports.store.state_at(path, moment)
    if state is None:
        return None
    [document], _ = documents(ports, [remembered(ports, feed, state, (format,))])
    return replace(document, path=path, changed=moment)


def delta(ports: Ports, path: str, etags: Collection[str]) -> Rendered | None:
    """What is new in a document for a reader who has a state of it that had one of these (opaque) etags.

    It holds the articles and tombstones of the published state that the reader's did not hold in that revision; its
    `etag` is that of the whole document. None where none of the etags is known, one is that of the published state, a
    delta would not be smaller, or the two states differ by more than their articles.
    """
    head = ports.store.document_head(path)
    if head is None or head.gone or head.etag in etags:
        return None
    had, has = ports.store.states_of(path, etags), ports.store.states_of(path, {head.etag})
    feed, format = _of(ports, path)
    if had is None or has is None or feed is None or format is None:
        return None
    if not had.recipe == has.recipe == recipe(ports.site, feed):
        return None  # every article looks different
    new = _newer(had, has)
    if len(new) == len(has.holds):
        return None
    shown = _view(ports, feed, has, new, (format,))
    if len(shown.shown) + len(shown.tombstones) < len(new):
        return None  # something of it may not be told any more: another document is due
    [document], _ = documents(ports, [replace(shown, updated=has.updated or shown.updated)])
    if len(document.body) >= head.lengths["identity"]:
        return None
    return replace(
        document,
        media_type=head.media_type,
        etag=head.etag,
        changed=head.changed,
        links=head.links,
        max_age=head.max_age,
    )


def forget(ports: Ports) -> None:
    """Forget the states that are older than `Policy.history`, and of each document all but the newest thousand.

    All of them where none are to be kept: what comes meanwhile would be missing between them.
    """
    history = ports.policy.history
    ports.store.forget_states(ports.now() - history, MOST if history else 0)


def _newer(had: State, has: State) -> list[tuple[int, int]]:
    """What a state holds that an earlier one did not; what looks different in each is always part of it."""
    known, listed = set(had.holds), {*had.listed, *has.listed}
    return [(key, revision) for key, revision in has.holds if key in listed or (key, revision) not in known]


def _view(
    ports: Ports, feed: Feed, state: State, holds: Iterable[tuple[int, int]], formats: tuple[Format, ...]
) -> View:
    """Some of what a state holds, in its order."""
    shown, gone, articles = as_held(ports, holds)
    chain = Chain(previous=state.previous)
    return view(ports, feed, shown, gone, formats=formats, chain=chain, articles=articles, max_age=state.max_age)


def _of(ports: Ports, path: str) -> tuple[Feed | None, Format | None]:
    """The feed whose current document lies at a path, and the format."""
    name, _, last = path.rpartition("/")
    feed = feed_named(ports, name) if last in set(Format) else None
    return (feed, Format(last)) if feed is not None and last in feed.formats else (None, None)
