"""Why an article is where it is: its feeds, its doubles, its history. From the store alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from syndicator.core import digests
from syndicator.core.decide import terms_of
from syndicator.core.duplicates import portray
from syndicator.core.identity import url_key
from syndicator.core.urls import without_credentials
from syndicator.errors import ArticleError
from syndicator.flows.feeds import find as find_feed
from syndicator.flows.named import feed_named
from syndicator.flows.whereabouts import Standing, standings
from syndicator.model import Article, Feed, RevisionKind
from syndicator.ports import Join, Ports

_TOLD = ("title", "body", "summary", "authors", "tags", "url", "image", "enclosures", "status", "published", "licence")
"""Fields whose change is told of a revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """One stored state: why it was stored, where it came from, and in which fields it is another."""

    number: int
    kind: RevisionKind
    at: datetime
    origin: str
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """Another article of the same work."""

    slug: str
    source: str
    title: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All there is to say of an article. `merged` tells in lines why it was joined with its doubles."""

    id: str
    slug: str
    title: str
    source: str
    origin: str
    status: str
    ruling: str
    feeds: tuple[Standing, ...]
    doubles: tuple[Double, ...]
    merged: tuple[str, ...]
    revisions: tuple[Revised, ...]

    def lines(self) -> Iterator[str]:
        """All of it for a person."""
        yield f"{self.slug}: {self.title}"
        yield f"id {self.id}, from {self.origin}, {self.status}"
        if self.ruling:
            yield f"Decided: {self.ruling}"
        for shown, heading in ((True, "It is in"), (False, "It is not in")):
            for one in self.feeds:
                if one.shown is shown:
                    yield f"{heading} {one.feed}: {one.why}"
        for double in self.doubles:
            yield f"The same article: {double.slug} from {double.source}, {double.status}: {double.title}"
        yield from self.merged
        for state in self.revisions:
            what = f"; other than before: {', '.join(state.changed)}" if state.changed else ""
            yield f"Revision {state.number}, {state.kind}, {state.at:%Y-%m-%d %H:%M:%S} UTC, by {state.origin}{what}"


def find(ports: Ports, text: str) -> Article:
    """The article of that id, slug, address (its own or our page of it), or file under seeds/. Raises ArticleError."""
    store = ports.store
    name = text.removeprefix(ports.site.base_url).removeprefix("/articles/").removesuffix("/")
    paths = {text, text.removeprefix("./").removeprefix(f"{ports.policy.source}/")}
    file = next((file for file in store.files(ports.policy.source, paths) if file.article_id), None)
    id = str(file.article_id) if file else name
    found = store.articles(ports.policy.source, [id]).get(id) if file else store.article(id)
    if found is None and "://" in text:
        found = _at(ports, text)
    if found is None:
        raise ArticleError(f"{text}: no article has this id, slug, address or file; `syndicator list --articles` lists")
    return found


def account(ports: Ports, article: Article, feed: str | None = None) -> Account:
    """Explain an article, in all feeds or in the one named. Raises FeedError where there is no such feed."""
    store = ports.store
    key = store.number_of(article)
    assert key is not None, f"article {article.id} is stored and has no number"
    work = store.work_of(key)
    states = store.states(work)
    others = {other: states[other] for other in work if other != key and other in states}
    feeds = [_feed(ports, feed)] if feed is not None else list(_feeds(ports, article))
    return Account(
        id=article.id,
        slug=article.slug,
        title=article.title,
        source=article.source,
        origin=_origin(ports, article),
        status=str(article.status),
        ruling=_ruling(article),
        feeds=tuple(standings(ports, feeds, key, {key: article, **others})),
        doubles=tuple(
            Double(slug=one.slug, source=one.source, title=one.title, status=str(one.status)) for one in others.values()
        ),
        merged=tuple(_merged(join, states) for join in store.joins_of(work) if len(work) > 1),
        revisions=tuple(_revisions(ports, article)),
    )


def _at(ports: Ports, url: str) -> Article | None:
    """The article that can be read at an address: a shown one before one that is not, the first stored before later."""
    signs = portray(Article(source="", title="", url=url)).signs
    with ports.store.composing() as tx:
        bearers = {key for keys in tx.bearers(signs).values() for key in keys}
    found = ports.store.states(bearers)
    if not found:
        return _claimed(ports, url)
    return min(found.items(), key=lambda one: (not one[1].status.is_shown, one[0]))[1]


def _claimed(ports: Ports, url: str) -> Article | None:
    """The first that claimed an address in its source: while there is one source, articles have no other signs."""
    claims = [(kind, url_key(url)) for kind in ("url", "link")]
    for source in (ports.policy.source, *(source.id for source in ports.store.sources(removed=True))):
        with ports.store.ingest(source) as tx:
            ids = set(tx.claimants(claims).values())
        if found := ports.store.articles(source, ids):
            return next(iter(found.values()))
    return None


def _feed(ports: Ports, text: str) -> Feed:
    """A feed of any kind by its name; the default one by the name `default`."""
    name = "" if text == "default" else text.strip("/")
    found = feed_named(ports, name)
    return found if found is not None else find_feed(ports, text)


def _feeds(ports: Ports, article: Article) -> Iterator[Feed]:
    """The feeds that an article would be in by what it is, and every composed one."""
    terms = [f"{term.kind}/{term.slug}" for term in terms_of(article)]
    for name in ("", f"sources/{article.source}", *terms):
        if (feed := feed_named(ports, name)) is not None:
            yield feed
    yield from ports.store.feeds()


def _merged(join: Join, states: Mapping[int, Article]) -> str:
    names = [states[key].slug if key in states else f"number {key}" for key in (join.key, join.other)]
    return f"{names[0]} is the same as {names[1]}: {join.why} (found by {join.by} at {join.at:%Y-%m-%d %H:%M})"


def _ruling(article: Article) -> str:
    ruling = article.ruling
    if ruling is None:
        return ""
    by = "by command" if ruling.by_command else "by its file or its source"
    at = f" at {ruling.at:%Y-%m-%d %H:%M}" if ruling.at else ""
    return f"{ruling.verdict} {by}{at}{': ' if ruling.note else ''}{ruling.note}"


def _revisions(ports: Ports, article: Article) -> Iterator[Revised]:
    before: Article | None = None
    for number, kind, at, state in ports.store.revisions(article.slug):
        changed = tuple(n for n in _TOLD if getattr(before, n) != getattr(state, n)) if before else ()
        yield Revised(number=number, kind=kind, at=at, origin=_brought_by(ports, before, state), changed=changed)
        before = state


def _brought_by(ports: Ports, before: Article | None, state: Article) -> str:
    """Who brought a state about: a person's command, the clock, or where the article comes from."""
    was = before.ruling if before else None
    decided = state.ruling or was
    if decided is not None and state.ruling != was and decided.by_command:
        return "a command"
    return _origin(ports, state)


def _origin(ports: Ports, article: Article) -> str:
    """Where an article comes from: its file, or the feed that brought it."""
    if article.source == ports.policy.source:
        files = [file for file in ports.store.files(article.source) if file.article_id == article.id]
        held = next((file for file in files if not file.missing_since), files[0] if files else None)
        gone = " (gone)" if held and held.missing_since else ""
        return f"file {held.path}{gone}" if held else "a file that is gone"
    if article.source.startswith(digests.SOURCE):
        return f"the digest {article.source.removeprefix(digests.SOURCE)}"
    source = ports.store.source(article.source)
    url = (article.upstream.feed_url if article.upstream else None) or (source.url if source else None)
    return f"source {article.source}" + (f" ({without_credentials(url)})" if url else "")
