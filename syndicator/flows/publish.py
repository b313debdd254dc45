"""From the store to documents and files: compose, select, render, store, write."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from syndicator.core.coding import brotlied, gzipped, zstded
from syndicator.core.composing import COMPOSER
from syndicator.core.feeds import archive_of
from syndicator.core.render import Chain, recipe
from syndicator.flows import archiving, listings
from syndicator.flows.archiving import Archives
from syndicator.flows.composing import compose
from syndicator.flows.named import composed_feeds, feed_named, is_composed
from syndicator.flows.rendering import View, documents, recipes, state, view
from syndicator.model import Feed, Format, Rendered, Report
from syndicator.ports import DirtyFeed, Ports

BATCH = 50
"""Feeds in a transaction."""
_EVERYTHING = 10**9
"""More articles than a feed can have."""
_TOGETHER = 8
"""Documents compressed side by side; all of them are in memory."""


@dataclass(slots=True, kw_only=True)
class _Batch:
    """What becomes of some dirty names: `gone` are paths of which nothing is left, `names` tells whose they are."""

    views: list[View] = field(default_factory=list)
    rendered: list[Rendered] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def end(self, name: str, paths: Sequence[str]) -> None:
        """Nothing is left of these paths."""
        self.gone += paths
        self.names.update(dict.fromkeys(paths, name))


def publish(ports: Ports, *, site: bool = True) -> Report:
    """Compose, render the feeds that are dirty, store their documents, then make the files what the store says.

    Without `site`, documents about the site stay dirty: nobody waits for them, and many articles change them once.
    Raises PublicationError after every file was tried; the store is right by then, and `repair` mends the files.
    """
    dirty = compose(ports)
    feeds = [one for one in dirty if not one.name.startswith("@")]
    written = publish_feeds(ports, feeds)
    if not site:
        return Report(documents=tuple(written))
    # Documents about the site come after those that people wait for, and the list of sitemaps when these are known.
    others = publish_feeds(ports, [one for one in dirty if one.name.startswith("@") and one.name != listings.SITEMAP])
    if others or any(one.name == listings.SITEMAP for one in dirty):
        others += publish_feeds(ports, [one for one in ports.store.dirty() if one.name == listings.SITEMAP])
    return Report(documents=(*written, *others))


def publish_feeds(ports: Ports, dirty: Sequence[DirtyFeed]) -> list[str]:
    """Make the documents of these dirty names, which are composed, and their files; the paths that changed.

    Each batch is a transaction; what is stored is written also where a later one fails. Raises PublicationError after
    every file was tried.
    """
    written: list[str] = []
    try:
        for start in range(0, len(dirty), BATCH):
            batch = dirty[start : start + BATCH]
            _publish(ports, batch, written)
            ports.progress("published", start + len(batch), len(dirty))
    finally:
        ports.publication.write(written, ports.store.document)
    return written


def renew(ports: Ports) -> None:
    """Mark every feed as dirty where the way to render has changed since the last time: new settings, new program.

    Archives are what they were when they were cut.
    """
    policy = ports.policy
    rhythm = f"{policy.max_age} {policy.max_age_limit} {bool(policy.history)}"
    made_by = f"{recipe(ports.site)} {COMPOSER} {policy.items} {policy.default_archives} {rhythm} {ports.site}"
    if ports.store.recall("recipe") != made_by:
        terms = (f"{term.kind}/{term.slug}" for term, _ in ports.store.terms())
        sources = (f"sources/{source.id}" for source in ports.store.sources())
        composed = (feed.name for feed in composed_feeds(ports))
        ports.store.soil(["", *terms, *sources, *composed, *listings.every(ports)])
        ports.store.forget_pieces(recipes(ports.site))
        ports.store.remember("recipe", made_by)


def repair(ports: Ports) -> Report:
    """Make every published file what the store says, as after a crash."""
    return Report(documents=ports.publication.repair(ports.store.documents(), ports.store.document))


def compress(ports: Ports, most: int | None = None) -> Report:
    """Make the compressed bytes of documents that have none yet, and their files.

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


def _codings(document: Rendered) -> tuple[bytes, bytes, bytes]:
    return gzipped(document.body), brotlied(document.body), zstded(document.body)


def _publish(ports: Ports, dirty: Sequence[DirtyFeed], written: list[str]) -> None:
    """Store the documents of some dirty names in one transaction, archives in others before it."""
    batch, together = _Batch(), list[DirtyFeed]()
    for one in dirty:
        if archive := archive_of(one.name):
            written += _archive(ports, one, *archive)
            continue
        if one.name.startswith("@"):
            _about_the_site(ports, one.name, batch)
        elif (feed := feed_named(ports, one.name)) is None:
            batch.end(one.name, ports.store.document_paths(one.name))
        else:
            if feed.archives and not _archives(ports, one, feed, written):
                continue
            batch.views.append(_view(ports, feed))
            _drop_formats(ports, feed, batch)
        together.append(one)
    rendered, pieces = documents(ports, batch.views)
    states = [state(ports.site, one) for one in batch.views] if ports.policy.history else []
    rendered += batch.rendered
    now = ports.now()
    written += ports.store.publish(together, rendered, batch.gone, pieces, now, names=batch.names, states=states)


def _view(ports: Ports, feed: Feed) -> View:
    """The current document of a feed."""
    store = ports.store
    if feed.archives:
        newest = Chain(previous=store.archives(feed.name))
        return view(ports, feed, store.places(feed.name), store.gone_from(feed.name, _EVERYTHING), chain=newest)
    if is_composed(feed):
        shown = store.since(feed, "", feed.limit)
        since = shown[-1].sort_key if len(shown) == feed.limit else None
        return view(ports, feed, shown, store.gone_from(feed.name, feed.limit, since))
    shown = store.shown(feed.query, feed.limit)
    since = shown[-1].sort_key if len(shown) == feed.limit else None
    return view(ports, feed, shown, store.tombstones(feed.query, feed.limit, since))


def _archives(ports: Ports, one: DirtyFeed, feed: Feed, written: list[str]) -> bool:
    """Make the archives that a feed should have before its current document, in portions.

    False where somebody else has the feed meanwhile, to whom it is left.
    """
    for archives in archiving.complete(ports, feed):
        written += _store(ports, one, archives)
    archiving.relate(ports, feed)
    done, most = 0, 0
    while (archives := archiving.cut(ports, feed)).cuts:
        if not (stored := _store(ports, one, archives)):
            return False
        written += stored
        done += sum(len(cut.holds) for cut in archives.cuts)
        most = most or ports.store.highest()
        ports.progress("archived", done, max(done, most))
    return True


def _store(ports: Ports, one: DirtyFeed, archives: Archives) -> tuple[str, ...]:
    # What only an archive shows from now on need not be kept for other documents.
    rendered, _ = documents(ports, archives.views)
    names = {document.path: one.name for document in rendered}
    now = ports.now()
    return ports.store.publish([one], rendered, (), (), now, cuts=archives.cuts, names=names, unfinished=(one.name,))


def _archive(ports: Ports, one: DirtyFeed, name: str, number: int) -> tuple[str, ...]:
    """Make an archive again. One that is gone went with its feed."""
    feed = feed_named(ports, name)
    there = feed is not None and number <= ports.store.archives(name)
    rendered, _ = documents(ports, [archiving.again(ports, feed, number)] if feed and there else ())
    return ports.store.publish([one], rendered, (), (), ports.now())


def _drop_formats(ports: Ports, feed: Feed, batch: _Batch) -> None:
    """Documents in formats that the feed is not published in any more are gone, those of its archives too."""
    dropped = [format for format in Format if format not in feed.formats]
    if is_composed(feed) and any(_is_there(ports, feed.path(format)) for format in dropped):
        paths = [path for path in ports.store.document_paths(feed.name) if path.rpartition("/")[2] in dropped]
        batch.end(feed.name, paths)


def _about_the_site(ports: Ports, name: str, batch: _Batch) -> None:
    path, rendered = listings.path(name), listings.documents(ports, name)
    batch.rendered += rendered
    batch.names.update((document.path, name) for document in rendered)
    if path is None:
        return
    if not rendered:
        batch.end(name, [path])
    if name.startswith(f"{listings.SITEMAP}/") and bool(rendered) != _is_there(ports, path):
        ports.store.soil([listings.SITEMAP])


def _is_there(ports: Ports, path: str) -> bool:
    found = ports.store.document_head(path)
    return found is not None and not found.gone
