"""From the store to documents and files: select, render, store, write."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from syndicator.core import render
from syndicator.core.coding import brotlied, etag, gzipped
from syndicator.core.feeds import KINDS, default_feed, document_paths, source_feed, term_feed
from syndicator.model import USUAL, Article, Feed, Format, Rendered, Report, Shown, Site, Tombstone
from syndicator.ports import DirtyFeed, Ports

BATCH = 50
"""Feeds in a transaction."""
_TOGETHER = 8
"""Documents compressed side by side; all of them are in memory."""

Piece = tuple[int, int, Format, str, bytes]
"""A rendered article: `Shown.key`, revision, format, recipe, bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a feed shows now."""

    feed: Feed
    shown: list[Shown]
    tombstones: list[Tombstone]
    updated: datetime


def publish(ports: Ports) -> Report:
    """Render the feeds that are dirty, store their documents, then make the files what the store says.

    Raises PublicationError after every file was tried; the store is right by then, and `repair` mends the files.
    """
    written: list[str] = []
    dirty = ports.store.dirty()
    if not dirty:
        return Report()
    for start in range(0, len(dirty), BATCH):
        batch = dirty[start : start + BATCH]
        written.extend(_publish(ports, batch))
        ports.progress("published", start + len(batch), len(dirty))
    ports.publication.write(written, ports.store.document)
    return Report(documents=tuple(written))


def renew(ports: Ports) -> None:
    """Mark every feed as dirty where the way to render has changed since the last time: new settings, new program."""
    recipe = f"{render.recipe(ports.site)} {ports.policy.items} {ports.site}"
    if ports.store.recall("recipe") != recipe:
        terms = (f"{term.kind}/{term.slug}" for term, _ in ports.store.terms())
        ports.store.soil(["", *terms, *(f"sources/{source.id}" for source in ports.store.sources())])
        ports.store.remember("recipe", recipe)


def repair(ports: Ports) -> Report:
    """Make every published file what the store says, as after a crash."""
    return Report(documents=ports.publication.repair(ports.store.documents(), ports.store.document))


def compress(ports: Ports, most: int | None = None) -> Report:
    """Make the gzip and brotli bytes of documents that have none yet, and their files.

    Of `most` documents where that is given, so that a caller with more urgent work need not wait for all of them;
    the report's `documents` are those that were done.
    """
    paths = ports.store.uncompressed()[:most]
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(paths), _TOGETHER):
            found = map(ports.store.document, paths[start : start + _TOGETHER])
            documents = [document for document in found if document is not None and not document.gone]
            for document, codings in zip(documents, pool.map(_codings, documents), strict=True):
                ports.store.save_codings(document.path, document.etag, *codings)
            ports.progress("compressed", min(start + _TOGETHER, len(paths)), len(paths))
    ports.publication.write(paths, ports.store.document)
    return Report(documents=tuple(paths))


def _codings(document: Rendered) -> tuple[bytes, bytes]:
    return gzipped(document.body), brotlied(document.body)


def feed_named(ports: Ports, name: str) -> Feed | None:
    """The feed of that name, or None where there is none now."""
    if not name:
        return default_feed(ports.site, ports.policy.items)
    kind, _, slug = name.partition("/")
    if kind == "sources":
        return _source_feed(ports, slug)
    term = ports.store.term(kind, slug) if kind in KINDS else None
    return term_feed(ports.site, term, ports.policy.items) if term else None


def _source_feed(ports: Ports, id: str) -> Feed | None:
    source = ports.store.source(id)
    if source is None or source.removed:
        return None
    if not source.title:
        states = ports.store.poll_states([id])
        source = replace(source, title=states[id].upstream.title if id in states else "")
    return source_feed(ports.site, source, ports.policy.items)


def _publish(ports: Ports, dirty: Sequence[DirtyFeed]) -> tuple[str, ...]:
    feeds = {one.name: feed_named(ports, one.name) for one in dirty}
    views = [_view(ports, feed) for feed in feeds.values() if feed]
    pieces, fresh = _pieces(ports, views)
    documents = [_document(ports.site, view, format, pieces) for view in views for format in view.feed.formats]
    gone = [path for name, feed in feeds.items() if feed is None for path in document_paths(name)]
    return ports.store.publish(dirty, documents, gone, fresh, ports.now())


def _view(ports: Ports, feed: Feed) -> View:
    shown = ports.store.shown(feed.query, feed.limit)
    since = shown[-1].sort_key if len(shown) == feed.limit else None
    tombstones = ports.store.tombstones(feed.query, feed.limit, since)
    updated = max([s.changed for s in shown] + [t.when for t in tombstones], default=ports.site.created)
    return View(feed=feed, shown=shown, tombstones=tombstones, updated=updated)


def _pieces(ports: Ports, views: Sequence[View]) -> tuple[dict[tuple[int, Format], bytes], list[Piece]]:
    """Every rendered article that the views show, and those of them that were not kept from an earlier time."""
    recipe = render.recipe(ports.site)
    pieces: dict[tuple[int, Format], bytes] = {}
    missing: dict[int, list[Format]] = {}
    for format in USUAL:
        shown = {s.key: s for view in views if format in view.feed.formats for s in view.shown}
        kept = ports.store.pieces(list(shown.values()), format, recipe)
        pieces.update(((key, format), body) for key, body in kept.items())
        for key in (key for key in shown if key not in kept):
            missing.setdefault(key, []).append(format)
    articles = ports.store.states(missing.keys())
    work = [(articles[key], formats) for key, formats in missing.items()]
    fresh: list[Piece] = []
    rendered = ports.spread(partial(_rendered, ports.site), work)
    for (key, formats), bodies in zip(missing.items(), rendered, strict=True):
        for format, body in zip(formats, bodies, strict=True):
            pieces[key, format] = body
            fresh.append((key, articles[key].revision, format, recipe, body))
    return pieces, fresh


def _rendered(site: Site, work: tuple[Article, Sequence[Format]]) -> list[bytes]:
    article, formats = work
    return [render.piece(article, format, site) for format in formats]


def _document(site: Site, view: View, format: Format, pieces: dict[tuple[int, Format], bytes]) -> Rendered:
    shown = [pieces[s.key, format] for s in view.shown]
    body = render.document(view.feed, format, site, shown, view.updated, view.tombstones)
    return Rendered(
        path=view.feed.path(format),
        body=body,
        media_type=format.media_type,
        etag=etag(body),
        changed=view.updated.replace(microsecond=0),
    )
