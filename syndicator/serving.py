"""The servers of one process tree: the public one, the operator's listener, and asking how the first one is."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import closing

from syndicator import wiring
from syndicator.config import Settings
from syndicator.errors import BindError, FetchError
from syndicator.model import Request
from syndicator.ports import Ports

log = logging.getLogger("syndicator.serving")

DEFAULT_ADMIN = ("127.0.0.1", 8081)


def serve(settings: Settings, reload: Callable[[], Settings]) -> None:
    """Serve until told to stop. A HUP reads the configuration again and renews the workers.

    Raises BindError where the address cannot be had.
    """
    from syndicator.web.server import serve as run_server

    def renew() -> None:
        _hand_down(renewed(settings, reload()))

    _hand_down(settings)
    place = settings.socket or split(settings.web.bind)
    run_server("syndicator.wsgi:create", place, settings.web.workers, renew)


def renewed(settings: Settings, read: Settings) -> Settings:
    """The settings to go on with, where these are in force and `read` was read again; says what has to wait."""
    kept, waiting = settings.renewed(read)
    if waiting:
        log.warning("%s: the change waits for a restart", ", ".join(waiting))
    return kept


def split(address: str) -> tuple[str, int]:
    """HOST:PORT as host and port; brackets around an IPv6 address are taken off."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def health(settings: Settings) -> str:
    """What `/healthz` of the running server answers, or why it does not."""
    host, port = ("localhost", 80) if settings.socket else split(settings.web.bind)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/healthz"
    shown = f"{settings.web.bind}: /healthz" if settings.socket else url
    try:
        with closing(wiring.own_server(settings.socket or (host, port))) as server:
            answer = server.fetch(Request(url=url))
    except FetchError as error:
        return f"{shown}: no answer ({error.reason}); is `syndicator run` running?"
    said = answer.body[:200].decode("utf-8", "replace").strip()
    return said if answer.status == 200 else f"{shown}: {answer.status} {said}"


def _hand_down(settings: Settings) -> None:
    """Workers take the settings from here, so that one that is started later never sees a broken file."""
    os.environ["SYNDICATOR_SETTINGS"] = settings.model_dump_json()


def start_admin(settings: Settings, ports: Ports) -> Callable[[], None]:
    """The operator's listener, in the daemon's process; gives what stops it.

    Where nobody configured its address and the usual one is taken, we live without it. Raises BindError.
    """
    from syndicator.web.app import create_admin
    from syndicator.web.listening import start_admin as listen

    host, port = split(settings.web.admin_bind) if settings.web.admin_bind else DEFAULT_ADMIN
    try:
        stop = listen(create_admin(ports, wiring.web_options(settings)), host, port)
    except BindError as error:
        if settings.web.admin_bind:
            raise
        log.warning("%s; going on without the operator's listener: set [web] admin_bind", error)
        return lambda: None
    log.info("operator's listener: http://%s:%d/healthz?detail", host, port)
    return stop
