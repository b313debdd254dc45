"""The command's trunk, and what its parts share: settings, printing, progress."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicator import config
from syndicator.config import Settings
from syndicator.errors import SyndicatorError

if TYPE_CHECKING:
    from syndicator.flows.status import Status
    from syndicator.model import Report


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


def settings_of(root: Path, **overrides: Any) -> Settings:
    """The settings of a folder, and the log as they want it. Raises ConfigError."""
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


def print_json(data: Any) -> None:
    def plain(value: object) -> object:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return dataclasses.asdict(value)
        return value.isoformat() if isinstance(value, datetime) else str(value)

    click.echo(json.dumps(data, default=plain, ensure_ascii=False, indent=2))


def print_done(report: Report, found: Status, as_json: bool) -> None:
    """What a run did, and every problem there is now. Ends the process: 1 where there is one."""
    numbers = {"new": report.published, "corrected": report.corrected, "withdrawn": report.withdrawn}
    if as_json:
        told = {"documents": report.documents, "problems": found.problems, "notices": found.notices}
        print_json({**numbers, **told})
    else:
        print_problems(found.problems, found.notices)
        counted = ", ".join(f"{number} {name}" for name, number in numbers.items())
        click.echo(f"{counted}, {len(report.documents)} documents written")
    sys.exit(1 if found.problems else 0)


def print_problems(problems: Any, notices: Any) -> None:
    for problem in problems:
        where = f"{problem.path}:{problem.line}" if problem.line else problem.path
        click.echo(f"{where}: {problem.reason}", err=True)
    for path, notice in notices:
        click.echo(f"{path}:{notice.line}: {notice.text}" if notice.line else f"{path}: {notice.text}", err=True)


def progress() -> Callable[[str, int, int], None]:
    """One moving line on a terminal; elsewhere a line every two seconds. Short work shows nothing."""
    last = time.monotonic()
    before = ("", 0)
    terminal = sys.stderr.isatty()

    def show(what: str, done: int, total: int) -> None:
        nonlocal last, before
        now = time.monotonic()
        if what != before[0] or done <= before[1]:
            last = now  # other work has begun
        before = (what, done)
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
