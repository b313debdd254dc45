"""Archive documents (RFC 5005 section 4): cut once from a feed's current document, and made again only for a kill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from syndicator.core.render import Chain, relations
from syndicator.core.rulings import is_forgotten
from syndicator.flows.rendering import View, view
from syndicator.model import Article, Feed, Format, Member, Shown, Status, Tombstone
from syndicator.ports import Cut, Ports

AT_ONCE = 1000
"""Articles in the archive documents of one transaction, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archives:
    """Archive documents that are stored together, and what is new of them."""

    views: Sequence[View]
    cuts: Sequence[Cut] = ()


def cut(ports: Ports, feed: Feed) -> Archives:
    """The next archives that are to be cut from a feed, not too many at once; none where there is nothing to cut.

    There is as long as its current document would show two archives full. What came or changed first goes first.
    """
    most = max(1, AT_ONCE // feed.limit)
    number = ports.store.archives(feed.name)  # first: what is cut meanwhile must not be cut again under the next one
    waiting = ports.store.oldest(feed.name, (most + 1) * feed.limit)
    views, cuts = [], []
    for part in range(len(waiting) // feed.limit - 1):
        number += 1
        members = waiting[part * feed.limit : (part + 1) * feed.limit]
        members.sort(key=lambda member: (member.place, member.key), reverse=True)
        archive = _first(ports, feed, number, members)
        views.append(archive)
        cuts.append(_cut(archive, members))
    return Archives(views=views, cuts=cuts)


def complete(ports: Ports, feed: Feed) -> Iterator[Archives]:
    """The archives of a feed in the formats that it got after they were cut, the oldest first."""
    newest = ports.store.archives(feed.name)
    if not newest:
        return
    lacking = tuple(format for format in feed.formats if not _is_there(ports, f"{feed.archive(newest)}/{format}"))
    most = max(1, AT_ONCE // feed.limit)
    for start in range(1, newest + 1 if lacking else 0, most):
        numbers = range(start, min(start + most, newest + 1))
        yield Archives(views=[again(ports, feed, number, lacking) for number in numbers])


def relate(ports: Ports, feed: Feed) -> None:
    """Let archives be told to be related to what is there now: formats come and go after they were cut."""
    newest = ports.store.archives(feed.name)
    if not newest or not _unrelated(ports, feed, newest):
        return
    most = max(1, AT_ONCE // feed.limit)
    for start in range(1, newest + 1, most):  # the newest last: it tells whether all were done
        numbers = range(start, min(start + most, newest + 1))
        ports.store.save_links([one for number in numbers for one in _unrelated(ports, feed, number)])


def _unrelated(ports: Ports, feed: Feed, number: int) -> list[tuple[str, str, str]]:
    """Documents of an archive with relations that are not those of now: path, etag and what these are."""
    chain, found = Chain(number=number, previous=number - 1), []
    for format in feed.formats:
        head = ports.store.document_head(chain.path(feed, format))
        links = relations.of_feed(feed, format, ports.site, chain)
        if head is not None and not head.gone and head.links != links:
            found.append((head.path, head.etag, links))
    return found


def again(ports: Ports, feed: Feed, number: int, formats: tuple[Format, ...] | None = None) -> View:
    """An archive as it was cut, but without what was killed since."""
    shown, gone, articles = as_held(ports, ports.store.held(feed.name, number))
    chain = Chain(number=number, previous=number - 1)
    return view(ports, feed, shown, gone, formats=formats, chain=chain, articles=articles)


def as_held(ports: Ports, holds: Iterable[tuple[int, int]]) -> tuple[list[Shown], list[Tombstone], dict[int, Article]]:
    """What a document held, see `Cut.holds`, that may be told today: places and states of articles, and tombstones.

    Neither what was killed since nor that of which the text is forgotten is among it.
    """
    held = list(holds)
    states = ports.store.states_at({(key, abs(revision)) for key, revision in held})
    now = ports.store.states({key for key, _ in held})
    shown, gone, articles = [], [], {}
    for key, revision in held:
        article = states[key, abs(revision)]
        if revision < 0:
            gone.append(_gone(key, article))
        elif now[key].status is not Status.KILLED and not is_forgotten(article):
            shown.append(_place(key, article))
            articles[key] = article
    return shown, gone, articles


def _first(ports: Ports, feed: Feed, number: int, members: Sequence[Member]) -> View:
    states = ports.store.states([member.key for member in members])
    shown, gone = [], []
    for member in members:
        article = states[member.key]
        if member.shown and article.status.is_shown:
            shown.append(_place(member.key, article))
        else:
            gone.append(_gone(member.key, article))
    return view(ports, feed, shown, gone, chain=Chain(number=number, previous=number - 1), articles=states)


def _cut(archive: View, members: Sequence[Member]) -> Cut:
    shown = {one.key for one in archive.shown}
    holds = (
        (member.key, archive.articles[member.key].revision * (1 if member.key in shown else -1)) for member in members
    )
    return Cut(feed=archive.feed.name, number=archive.chain.number, holds=tuple(holds))


def _place(key: int, article: Article) -> Shown:
    assert article.changed is not None
    return Shown(key=key, id=article.id, revision=article.revision, changed=article.changed, sort_key=article.sort_key)


def _gone(key: int, article: Article) -> Tombstone:
    assert article.changed is not None
    return Tombstone(id=article.id, when=article.changed, key=key, revision=article.revision)


def _is_there(ports: Ports, path: str) -> bool:
    found = ports.store.document_head(path)
    return found is not None and not found.gone
