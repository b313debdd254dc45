"""Views of feeds to bytes: every article rendered once for all the documents that show it alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from syndicator.core import render
from syndicator.core.coding import etag
from syndicator.core.composing import with_others
from syndicator.core.decide import moment_of
from syndicator.core.render import Chain, relations
from syndicator.core.rhythm import max_age as rhythm
from syndicator.model import Article, Doubles, Feed, Format, Rendered, Shown, Site, Status, Tombstone
from syndicator.ports import Ports, State

Piece = tuple[int, int, Format, str, bytes]
"""A rendered article: `Shown.key`, revision, format, recipe, bytes."""
_Form = tuple[bool, int, int, bool]
"""How an article is shown: whether whole, its `Shown.key`, its revision, and whether with the others of its work."""
_Made = dict[tuple[_Form, Format], bytes]
_Work = tuple[Site, Article, Sequence[Format]]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a document of a feed shows, in each of `formats`.

    `max_age` is for how many seconds the document may be reused, None for an archive. `articles` are states, by
    `Shown.key`, that need not be asked for; `instead` are those that only this document shows as they are.
    """

    feed: Feed
    formats: tuple[Format, ...]
    shown: Sequence[Shown]
    tombstones: Sequence[Tombstone]
    updated: datetime
    chain: Chain = field(default_factory=Chain)
    max_age: int | None = None
    articles: Mapping[int, Article] = field(default_factory=dict)
    instead: Mapping[int, Article] = field(default_factory=dict)


def view(
    ports: Ports,
    feed: Feed,
    shown: Sequence[Shown],
    tombstones: Iterable[Tombstone],
    *,
    formats: tuple[Format, ...] | None = None,
    chain: Chain | None = None,
    articles: Mapping[int, Article] | None = None,
    max_age: int | None = None,
) -> View:
    """A document of a feed: of several articles of one id that which was stored first, of one shown no tombstone.

    `max_age` is that of a current document which is not to be told from what it shows.
    """
    first: dict[str, Shown] = {}
    for one in sorted(shown, key=lambda one: one.key):
        first.setdefault(one.id, one)
    there = [one for one in shown if first[one.id] is one]
    gone = [one for one in tombstones if one.id not in first]
    moments = [one.changed for one in there] + [one.when for one in gone]
    articles, chain = articles or {}, chain or Chain()
    if max_age is None and not chain.number:
        max_age = _rhythm(ports, there)
    return View(
        feed=feed,
        formats=feed.formats if formats is None else formats,
        shown=there,
        tombstones=gone,
        updated=max(moments, default=ports.site.created),
        chain=chain,
        max_age=max_age,
        articles=articles,
        instead=_with_others(ports, there, articles) if feed.doubles is Doubles.LIST else {},
    )


def documents(ports: Ports, views: Sequence[View]) -> tuple[list[Rendered], list[Piece]]:
    """The documents of these views, and the pieces of them that were not kept from an earlier time."""
    made, fresh = _pieces(ports, views)
    return [_document(ports, one, format, made) for one in views for format in one.formats], fresh


def state(site: Site, view: View) -> State:
    """What the current document of a feed shows."""
    return State(
        feed=view.feed.name,
        holds=(
            *((one.key, one.revision) for one in view.shown),
            *((one.key, -one.revision) for one in view.tombstones),
        ),
        previous=view.chain.previous,
        max_age=view.max_age,
        updated=view.updated,
        recipe=recipe(site, view.feed),
        listed=tuple(one.key for one in view.shown if one.key in view.instead),
    )


def recipe(site: Site, feed: Feed) -> str:
    """What tells by what the articles of a feed are rendered, apart from themselves."""
    return render.recipe(replace(site, full_content=_full(site, feed)))


def recipes(site: Site) -> frozenset[str]:
    """By what pieces can be made: for feeds of whole articles, and of summaries."""
    return frozenset(render.recipe(replace(site, full_content=full)) for full in (True, False))


def _rhythm(ports: Ports, shown: Sequence[Shown]) -> int:
    moments = [moment_of(one.sort_key) for one in shown]
    return rhythm(moments, ports.policy.max_age, ports.policy.max_age_limit)


def _with_others(ports: Ports, shown: Sequence[Shown], articles: Mapping[int, Article]) -> dict[int, Article]:
    """The articles that others are the same as, with links to these."""
    others = ports.store.others_of([one.key for one in shown])
    states = ports.store.states({key for keys in (*others.values(), others.keys()) for key in keys})
    found = {}
    for key, same in others.items():
        own = articles.get(key) or states[key]
        listed = [states[other] for other in same if other in states and states[other].status.is_shown]
        listing = with_others(own, listed, ports.site)
        if listing != own:
            found[key] = listing
    return found


def _pieces(ports: Ports, views: Sequence[View]) -> tuple[_Made, list[Piece]]:
    """Every article as the views show it, and those of them that are to be kept."""
    made: _Made = {}
    missing: dict[_Form, list[Format]] = {}
    for (full, format), shown in _wanted(ports.site, views).items():
        places = [one for one, listing in shown.values() if not listing]
        kept = ports.store.pieces(places, format, render.recipe(replace(ports.site, full_content=full)))
        for one, listing in shown.values():
            form = (full, one.key, one.revision, listing)
            if not listing and one.key in kept:
                made[form, format] = kept[one.key]
            else:
                missing.setdefault(form, []).append(format)
    articles = _articles(ports, views, missing)
    sites = {full: replace(ports.site, full_content=full) for full in (True, False)}
    work = [(sites[form[0]], articles[form], formats) for form, formats in missing.items()]
    fresh: list[Piece] = []
    for (form, formats), bodies in zip(missing.items(), ports.spread(_rendered, work), strict=True):
        made.update(((form, format), body) for format, body in zip(formats, bodies, strict=True))
        if not form[3]:
            by = render.recipe(sites[form[0]])
            fresh += [
                (form[1], articles[form].revision, format, by, body)
                for format, body in zip(formats, bodies, strict=True)
            ]
    return made, fresh


def _wanted(
    site: Site, views: Sequence[View]
) -> dict[tuple[bool, Format], dict[tuple[int, int, bool], tuple[Shown, bool]]]:
    """What the views show, by fullness and format: each place, and whether it is shown with the others of its work."""
    wanted: dict[tuple[bool, Format], dict[tuple[int, int, bool], tuple[Shown, bool]]] = {}
    for view in views:
        for format in view.formats:
            there = wanted.setdefault((_full(site, view.feed), format), {})
            for one in view.shown:
                listing = one.key in view.instead
                there[one.key, one.revision, listing] = one, listing
    return wanted


def _articles(ports: Ports, views: Sequence[View], missing: Iterable[_Form]) -> dict[_Form, Article]:
    """The states that are to be rendered."""
    given = {(key, one.revision): one for view in views for key, one in view.articles.items()}
    listings = {(key, one.revision): one for view in views for key, one in view.instead.items()}
    plain = [form for form in missing if not form[3]]
    states = ports.store.states({key for _, key, revision, _ in plain if (key, revision) not in given})
    # A state may be newer than its place by now. What is recorded of the document is what stands in it.
    states_then = ports.store.states_at({form[1:3] for form in plain if _is_newer(states.get(form[1]), form)})
    found = {form: given.get(form[1:3]) or states_then.get(form[1:3]) or states[form[1]] for form in plain}
    # Of an article with others there is the newest listing only, and how that looks no revision tells.
    newest = {key: one for (key, _), one in listings.items()}
    found.update((form, listings.get(form[1:3]) or newest[form[1]]) for form in missing if form[3])
    return found


def _is_newer(article: Article | None, form: _Form) -> bool:
    """Whether what was to be shown is another state than the present one, and may be shown still."""
    return article is not None and article.revision != form[2] and article.status is not Status.KILLED


def _full(site: Site, feed: Feed) -> bool:
    return site.full_content if feed.full is None else feed.full


def _rendered(work: _Work) -> list[bytes]:
    site, article, formats = work
    return render.pieces(article, formats, site)


def _document(ports: Ports, view: View, format: Format, made: _Made) -> Rendered:
    site, remembered = ports.site, bool(ports.policy.history)
    full = _full(site, view.feed)
    shown = [made[(full, one.key, one.revision, one.key in view.instead), format] for one in view.shown]
    body = render.document(view.feed, format, site, shown, view.updated, view.tombstones, view.chain, view.max_age)
    return Rendered(
        path=view.chain.path(view.feed, format),
        body=body,
        media_type=format.media_type,
        etag=etag(body),
        changed=view.updated.replace(microsecond=0),
        links=relations.of_feed(view.feed, format, site, view.chain, remembered=remembered),
        max_age=view.max_age,
    )
