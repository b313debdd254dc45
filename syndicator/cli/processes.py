"""Commands that run: the server, the daemon, both."""

from __future__ import annotations

import logging
import math
import os
import signal
import sys
import time
from collections import deque
from pathlib import Path

import click

from syndicator import __version__, config
from syndicator.bell import Bell
from syndicator.cli.group import main, progress, settings_of
from syndicator.errors import SyndicatorError

log = logging.getLogger("syndicator")

bind_option = click.option(
    "--bind", metavar="HOST:PORT", help="Where to listen, or unix:PATH; 127.0.0.1:8080 unless configured."
)
workers_option = click.option("--workers", type=click.IntRange(1, 64), help="Web processes; 1 unless configured.")
proxy_option = click.option(
    "--proxy",
    "proxies",
    metavar="NETWORK",
    multiple=True,
    help="A network of reverse proxies, like 10.1.0.0/16, whose X-Forwarded-For is believed; as often as needed.",
)


@main.command()
@bind_option
@workers_option
@proxy_option
@click.pass_obj
def run(root: Path, bind: str | None, workers: int | None, proxies: tuple[str, ...]) -> None:
    """Serve the feeds and keep them up to date: the web server and the daemon in one process tree."""
    from syndicator.supervisor import Supervisor

    # What it asks for is done anyway while we start.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    settings = settings_of(root, web={"bind": bind, "workers": workers, "proxies": proxies or None})
    click.echo(f"syndicator {__version__}: {settings.base_url}/feed.xml from {settings.root / settings.seeds.path}")
    program = [sys.executable, "-m", "syndicator", "--root", str(settings.root)]
    # What the file says each part reads there, and reads again with a HUP.
    bound = ["--bind", bind] if bind else []
    many = ["--workers", str(workers)] if workers else []
    trusted = [part for network in proxies for part in ("--proxy", network)]
    commands = {
        "serve": [*program, "serve", *bound, *many, *trusted],
        "daemon": [*program, "daemon", *bound],
    }
    sys.exit(Supervisor(commands, os.environ).run())


@main.command()
@bind_option
@workers_option
@proxy_option
@click.pass_obj
def serve(root: Path, bind: str | None, workers: int | None, proxies: tuple[str, ...]) -> None:
    """Serve the feeds over HTTP, without keeping them up to date."""
    from syndicator import serving

    _live_with_parent()
    web = {"bind": bind, "workers": workers, "proxies": proxies or None}
    serving.serve(settings_of(root, web=web), lambda: config.load(root, web=web))


@main.command()
@bind_option
@click.pass_obj
def daemon(root: Path, bind: str | None) -> None:
    """Keep the feeds up to date with seeds/, without serving them."""
    from syndicator import serving, wiring

    _live_with_parent()
    settings = settings_of(root, web={"bind": bind})
    signals = _Signals()
    with wiring.only_daemon(settings), wiring.connect(settings, progress()) as ports:
        wiring.note_address(settings, ports)
        wiring.make_folder(ports)
        keeper = wiring.make_daemon(settings, ports)
        stop_admin = serving.start_admin(settings, ports)
        keeper.start()
        while (number := signals.wait()) == signal.SIGHUP:
            try:
                read = serving.renewed(settings, settings_of(root, web={"bind": bind}))
                renewed = wiring.ports_of(
                    read, ports.store, spread=ports.spread, progress=ports.progress, parser=ports.parser
                )
                stop_admin()
                try:
                    stop_admin = serving.start_admin(read, renewed)
                except SyndicatorError:
                    stop_admin = serving.start_admin(settings, ports)
                    raise
                keeper.reload(renewed, read.seeds.scan_interval)
                settings, ports = read, renewed
                log.info("configuration: read again")
            except SyndicatorError as error:
                log.error("%s; the configuration stays as it was", error)
        log.info("stopping (%s)", signal.Signals(number).name)
        stop_admin()
        keeper.stop()
    # Threads that still wait for a server that hangs must not keep us: what they asked was given back.
    logging.shutdown()
    os._exit(0)


class _Signals:
    """Signals, one after the other; a second request to stop ends the process at once.

    One that comes within a second is the same request: a terminal and a service manager tell every process of a
    tree, and so does our parent.
    """

    def __init__(self) -> None:
        self._asked = math.inf
        self._came: deque[int] = deque()
        self._bell = Bell()
        self._bell.ring_for_signals()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, _: object) -> None:
        now = time.monotonic()
        if number == signal.SIGHUP and self._asked < math.inf:
            return
        if number != signal.SIGHUP:
            if now - self._asked > 1.0:
                os._exit(1)
            self._asked = min(self._asked, now)
        self._came.append(number)
        self._bell.set()

    def wait(self) -> int:
        """The next signal."""
        while not self._came:
            self._bell.wait()
            self._bell.clear()
        return self._came.popleft()


def _live_with_parent() -> None:
    from syndicator.lifeline import die_with_parent

    parent = os.environ.pop("SYNDICATOR_PARENT", None)
    if parent:
        die_with_parent(int(parent))
