"""From Settings to Ports: the only place that names adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syndicator import __version__, declared
from syndicator.config import Settings
from syndicator.core.identity import site_id
from syndicator.edge.files import FeedFiles
from syndicator.edge.http import Client, Limits
from syndicator.edge.lock import hold
from syndicator.edge.seeds import Folder
from syndicator.errors import StoreError
from syndicator.jobs.parsers import ParserProcesses
from syndicator.model import Site
from syndicator.ports import Fetcher, Parser, Policy, Ports, Store
from syndicator.store import open_store

if TYPE_CHECKING:
    from syndicator.daemon import Daemon
    from syndicator.web.options import WebOptions


SERVED_AT = "served_at"
"""The fact where the daemon's server listens."""


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@contextmanager
def connect(settings: Settings, progress: Callable[[str, int, int], None] | None = None) -> Iterator[Ports]:
    """The ports of these settings, open. Raises StoreError where the store cannot be used."""
    from syndicator.jobs.parallel import Processes

    store = open_store(settings.database_url, now)
    spread = Processes()
    ports = None
    try:
        ports = ports_of(settings, store, spread=spread, progress=progress)
        yield ports
    finally:
        if ports is not None:
            ports.fetcher.close()
            ports.parser.close()
        spread.close()
        store.close()


def opened(settings: Settings) -> Ports:
    """The ports of these settings for as long as the process lives."""
    return ports_of(settings, open_store(settings.database_url, now))


def ports_of(settings: Settings, store: Store, **more: object) -> Ports:
    """Ports over an open store."""
    given = {name: value for name, value in more.items() if value is not None}
    given.setdefault("parser", ParserProcesses())
    settings = settings.served_at(store.recall(SERVED_AT))
    return Ports(
        store=store,
        seeds=Folder(settings.root / settings.seeds.path, settings.seeds.patterns, settings.seeds.recursive),
        publication=FeedFiles(settings.root / "feeds"),
        fetcher=fetcher(settings),
        site=_site(settings, store),
        policy=_policy(settings),
        now=now,
        **given,  # type: ignore[arg-type]
    )


def fetcher(settings: Settings) -> Fetcher:
    """The guarded HTTP client as the operator wants it. Nothing is opened before it is asked to fetch."""
    return Client(
        allow_networks=settings.polling.allow_networks,
        allow_ports=settings.polling.allow_ports,
        user_agent=user_agent(settings),
    )


def own_server(place: tuple[str, int] | Path) -> Fetcher:
    """What asks a server of our own, wherever it listens, and has little patience. Raises FetchError."""
    limits = Limits(total=5)
    if isinstance(place, Path):
        from syndicator.edge.http.local import LocalClient

        return LocalClient(place, limits)
    return Client.of_one(*place, user_agent=f"syndicator/{__version__}", limits=limits)


@contextmanager
def fetching(settings: Settings) -> Iterator[tuple[Fetcher, Parser]]:
    """What is needed to look at a feed without a store."""
    client, parser = fetcher(settings), ParserProcesses()
    try:
        yield client, parser
    finally:
        client.close()
        parser.close()


def user_agent(settings: Settings) -> str:
    """How we introduce ourselves: the program, where to learn more, and how many people read what we take."""
    readers = settings.polling.subscribers
    who = settings.polling.contact or settings.base_url
    return f"syndicator/{__version__} (+{who}; {readers} subscriber{'' if readers == 1 else 's'})"


@contextmanager
def only_daemon(settings: Settings) -> Iterator[None]:
    """Hold the data for one daemon. Raises AlreadyRunning where another one has it."""
    try:
        settings.var.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{settings.var} cannot be made: {error.strerror}; it holds our own data") from error
    with hold(settings.var / "daemon.lock"):
        yield


def note_address(settings: Settings, ports: Ports) -> None:
    """Remember where we are served, for commands that are not told: they must write the same addresses."""
    if ports.store.recall(SERVED_AT) != settings.web.bind:
        ports.store.remember(SERVED_AT, settings.web.bind)


def make_folder(ports: Ports) -> None:
    """Make the watched folder where it was never read: a person's first start. One that vanished later is not made."""
    if ports.store.recall("scanned_at") is None:
        ports.seeds.make()


def make_daemon(settings: Settings, ports: Ports) -> Daemon:
    """The daemon with its queue in this process."""
    from syndicator.daemon import Daemon
    from syndicator.jobs.inprocess import InProcessQueue

    return Daemon(ports, InProcessQueue, settings.seeds.scan_interval, settings.polling.connections)


def web_options(settings: Settings) -> WebOptions:
    """What the web app is told beside its ports."""
    from syndicator.web.options import WebOptions

    return WebOptions(
        content_type=settings.feeds.content_type,
        max_age=int(settings.feeds.max_age.total_seconds()),
        memory=settings.web.memory * 1024 * 1024,
        rate=settings.web.rate,
        proxies=settings.web.proxies,
    )


def _site(settings: Settings, store: Store) -> Site:
    return Site(
        id=_site_id(settings, store),
        base_url=settings.base_url,
        title=settings.site.title,
        description=settings.site.description,
        language=settings.site.language,
        author=settings.site.author,
        licence=settings.site.licence,
        full_content=settings.feeds.full_content,
        created=store.created(),
    )


def _site_id(settings: Settings, store: Store) -> str:
    """Made of what a person set, else of the first public address, which is remembered: a domain may change."""
    if settings.site.id:
        return site_id(settings.site.id)
    if not settings.web.base_url:
        return site_id(settings.base_url)
    known = store.recall("site_id")
    if known is None:
        known = site_id(settings.web.base_url)
        store.remember("site_id", known)
    return known


def _policy(settings: Settings) -> Policy:
    return Policy(
        namespace=settings.site.id or "",
        items=settings.feeds.items,
        timezone=settings.site.timezone,
        folder_tags=settings.seeds.folder_tags,
        removal_grace=settings.seeds.removal_grace,
        public_base=settings.web.base_url is not None,
        min_interval=settings.polling.min_interval,
        max_interval=settings.polling.max_interval,
        archives=settings.polling.archives,
        user_agent=user_agent(settings),
        declared=declared.sources(settings),
        feeds=declared.feeds(settings),
        former_names=declared.former_names(settings),
        default_archives=settings.feeds.archives,
        max_age=settings.feeds.max_age,
        max_age_limit=settings.feeds.max_age_limit,
        history=settings.feeds.history,
    )
