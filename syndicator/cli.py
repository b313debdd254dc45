"""The command: parse, connect, run a flow, print."""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicator import __version__, config
from syndicator.config import Settings
from syndicator.errors import SyndicatorError

if TYPE_CHECKING:
    from syndicator.flows.status import Status
    from syndicator.model import Report

log = logging.getLogger("syndicator")


class Command(click.Group):
    """Turns our errors into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a sub-command. 0 done, 1 a problem was found, 2 wrong use or configuration."""
        try:
            return super().invoke(ctx)
        except SyndicatorError as error:
            click.echo(f"syndicator: {error}", err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--root", type=click.Path(path_type=Path), help="The folder to work in, instead of the current one.")
@click.pass_context
def main(ctx: click.Context, root: Path | None) -> None:
    """A folder of articles becomes feeds that every reader accepts.

    Works on the current folder: articles in seeds/, feeds in feeds/, its own data in var/.
    """
    ctx.obj = root or Path(os.environ.get("SYNDICATOR_ROOT", "."))


def _settings(root: Path, **overrides: Any) -> Settings:
    settings = config.load(root, **overrides)
    logging.basicConfig(
        level=settings.log.level.upper(), format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr, force=True
    )
    for library in ("alembic", "apscheduler", "watchdog"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # What they say of a page names neither the file nor what to do; our own notices do.
    for library in ("trafilatura", "htmldate"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    return settings


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
bind_option = click.option("--bind", metavar="HOST:PORT", help="Where to listen; 127.0.0.1:8080 unless configured.")
workers_option = click.option("--workers", type=click.IntRange(1, 64), help="Web processes; 1 unless configured.")


@main.command()
@bind_option
@workers_option
@click.pass_obj
def run(root: Path, bind: str | None, workers: int | None) -> None:
    """Serve the feeds and keep them up to date: the web server and the daemon in one process tree."""
    from syndicator.supervisor import Supervisor

    # Until a part listens for it, a HUP would end the part; ignoring it is inherited.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    settings = _settings(root, web={"bind": bind, "workers": workers})
    click.echo(f"syndicator {__version__}: {settings.base_url}/feed.xml from {settings.root / settings.seeds.path}")
    program = [sys.executable, "-m", "syndicator", "--root", str(settings.root)]
    serve_options = ["--bind", settings.web.bind, "--workers", str(settings.web.workers)]
    commands = {
        "serve": [*program, "serve", *serve_options],
        "daemon": [*program, "daemon", "--bind", settings.web.bind],
    }
    sys.exit(Supervisor(commands, os.environ).run())


@main.command()
@bind_option
@workers_option
@click.pass_obj
def serve(root: Path, bind: str | None, workers: int | None) -> None:
    """Serve the feeds over HTTP, without keeping them up to date."""
    from syndicator import serving

    _live_with_parent()
    web = {"bind": bind, "workers": workers}
    serving.serve(_settings(root, web=web), lambda: config.load(root, web=web))


@main.command()
@bind_option
@click.pass_obj
def daemon(root: Path, bind: str | None) -> None:
    """Keep the feeds up to date with seeds/, without serving them."""
    from syndicator import serving, wiring

    _live_with_parent()
    settings = _settings(root, web={"bind": bind})
    signals = _Signals()
    with wiring.only_daemon(settings), wiring.connect(settings, _progress()) as ports:
        wiring.note_address(settings, ports)
        wiring.make_folder(ports)
        keeper = wiring.make_daemon(settings, ports)
        stop_admin = serving.start_admin(settings, ports)
        keeper.start()
        while (number := signals.wait()) == signal.SIGHUP:
            try:
                settings = _settings(root, web={"bind": bind})
                renewed = wiring.ports_of(settings, ports.store, spread=ports.spread, progress=ports.progress)
                keeper.reload(renewed, settings.seeds.scan_interval)
                stop_admin()
                stop_admin = serving.start_admin(settings, renewed)
                log.info("configuration: read again")
            except SyndicatorError as error:
                log.error("%s; the configuration stays as it was", error)
        log.info("stopping (%s)", signal.Signals(number).name)
        stop_admin()
        keeper.stop()


class _Signals:
    """Signals, one after the other; a second request to stop ends the process at once.

    One that comes within a second is the same request: a terminal and a service manager tell every process of a
    tree, and so does our parent.
    """

    def __init__(self) -> None:
        self._number = 0
        self._asked = math.inf
        self._came = threading.Event()
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
        self._number = number
        self._came.set()

    def wait(self) -> int:
        """The next signal."""
        self._came.wait()
        self._came.clear()
        return self._number


def _live_with_parent() -> None:
    from syndicator.lifeline import die_with_parent

    parent = os.environ.pop("SYNDICATOR_PARENT", None)
    if parent:
        die_with_parent(int(parent))


@main.command()
@as_json
@click.pass_obj
def build(root: Path, as_json: bool) -> None:
    """Read seeds/ once, publish, and exit. 1 where a file could not be published."""
    from syndicator import wiring
    from syndicator.flows.publish import compress
    from syndicator.flows.refresh import begin
    from syndicator.flows.status import status as state

    with wiring.connect(_settings(root), _progress()) as ports:
        wiring.make_folder(ports)
        report = begin(ports)
        compress(ports)
        found = state(ports)
    _print_done(report, found, as_json)


@main.command()
@click.option("--confirm-removals", is_flag=True, help="Withdraw every article whose file is gone, now.")
@as_json
@click.pass_obj
def scan(root: Path, confirm_removals: bool, as_json: bool) -> None:
    """Look at all of seeds/ now, and publish what changed."""
    from syndicator import wiring
    from syndicator.flows.publish import compress
    from syndicator.flows.refresh import refresh
    from syndicator.flows.status import status as state

    with wiring.connect(_settings(root), _progress()) as ports:
        report = refresh(ports, confirmed=confirm_removals)
        compress(ports)
        found = state(ports)
    _print_done(report, found, as_json)


@main.command(name="list")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many.")
@as_json
@click.pass_obj
def list_(root: Path, limit: int, as_json: bool) -> None:
    """List published articles, newest first."""
    from syndicator import wiring
    from syndicator.model import Query

    with wiring.connect(_settings(root)) as ports:
        articles = ports.store.select(Query(), limit)
    if as_json:
        _print_json([{"id": a.id, "slug": a.slug, "title": a.title, "published": a.published} for a in articles])
        return
    for article in articles:
        date = article.published.date().isoformat() if article.published else ""
        click.echo(f"{date}  {article.slug}  {article.title}")


@main.command()
@click.argument("article")
@as_json
@click.pass_obj
def show(root: Path, article: str, as_json: bool) -> None:
    """Show one article: ARTICLE is its id, its slug, or its file under seeds/."""
    from syndicator import wiring

    with wiring.connect(_settings(root)) as ports:
        id = next((f.article_id for f in ports.store.files(ports.policy.source, {article})), None) or article
        found = ports.store.article(id)
        history = ports.store.revisions(found.id) if found else []
    if found is None:
        raise SyndicatorError(f"{article}: no article has this id, slug or file; `syndicator list` shows them")
    data = dataclasses.asdict(found)
    data["revisions"] = [{"number": n, "kind": k, "recorded_at": at} for n, k, at, _ in history]
    if as_json:
        _print_json(data)
        return
    for name, value in data.items():
        if value not in (None, "", (), []):
            click.echo(
                f"{name}: {value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)}"
            )


@main.command()
@as_json
@click.pass_obj
def status(root: Path, as_json: bool) -> None:
    """Say what is published, what is wrong and what to do. 1 where something is wrong."""
    from syndicator import wiring
    from syndicator.flows.status import status as state

    with wiring.connect(_settings(root)) as ports:
        found = state(ports)
    if as_json:
        _print_json(dataclasses.asdict(found))
    else:
        counts = ", ".join(f"{number} {name}" for name, number in found.counts.items() if number)
        click.echo(f"{'ok' if found.ok else 'not well'}: {counts or 'nothing published yet'}")
        click.echo(f"feeds begin with {found.base_url}; last scan {found.scanned_at or 'never'}")
        _print_problems(found.problems, found.notices)
        for line in found.advice:
            click.echo(f"- {line}")
    sys.exit(0 if found.ok else 1)


@main.group(name="config")
def config_() -> None:
    """The configuration."""


@config_.command()
@click.pass_obj
def check(root: Path) -> None:
    """Print the configuration in force as JSON, without secrets; 2 where it is wrong."""
    _print_json(_settings(root).public())


@main.command()
@click.pass_obj
def healthcheck(root: Path) -> None:
    """Ask the running server whether it is well. 0 yes, 1 no."""
    from syndicator import serving, wiring

    settings = _settings(root)
    with wiring.connect(settings) as ports:
        settings = settings.served_at(ports.store.recall(wiring.SERVED_AT))
    answer = serving.health(settings)
    click.echo(answer)
    sys.exit(0 if answer == "ok" else 1)


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(__version__)


def _print_json(data: Any) -> None:
    def plain(value: object) -> object:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return dataclasses.asdict(value)
        return value.isoformat() if isinstance(value, datetime) else str(value)

    click.echo(json.dumps(data, default=plain, ensure_ascii=False, indent=2))


def _print_done(report: Report, found: Status, as_json: bool) -> None:
    """What a run did, and every problem there is now. Ends the process: 1 where there is one."""
    numbers = {"new": report.published, "corrected": report.corrected, "withdrawn": report.withdrawn}
    if as_json:
        told = {"documents": report.documents, "problems": found.problems, "notices": found.notices}
        _print_json({**numbers, **told})
    else:
        _print_problems(found.problems, found.notices)
        counted = ", ".join(f"{number} {name}" for name, number in numbers.items())
        click.echo(f"{counted}, {len(report.documents)} documents written")
    sys.exit(1 if found.problems else 0)


def _print_problems(problems: Any, notices: Any) -> None:
    for problem in problems:
        where = f"{problem.path}:{problem.line}" if problem.line else problem.path
        click.echo(f"{where}: {problem.reason}", err=True)
    for path, notice in notices:
        click.echo(f"{path}:{notice.line}: {notice.text}" if notice.line else f"{path}: {notice.text}", err=True)


def _progress() -> Callable[[str, int, int], None]:
    """One moving line on a terminal; elsewhere a line every two seconds. Short work shows nothing."""
    started = last = time.monotonic()
    terminal = sys.stderr.isatty()

    def show(what: str, done: int, total: int) -> None:
        nonlocal last, started
        now = time.monotonic()
        if done < total and now - last < (0.1 if terminal else 2.0):
            return
        if not terminal and now - last < 2.0:
            return
        last = now
        line = f"{what} {done} of {total}"
        if terminal:
            click.echo(f"\r\x1b[K{line}" + ("\n" if done >= total else ""), nl=False, err=True)
        else:
            click.echo(line, err=True)

    return show
