"""The same site behind each server that we say works, as a person starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.web.running import DEADLINE, ROOT, eventually, free_port

CONFIGURATION = """
[site]
title = "News"
[web]
base_url = "https://news.example"
[feeds]
archives = true
items = 6
"""
WSGI = "syndicator.wsgi:app"


def command(server: str, root: Path, port: int) -> list[str]:
    """What a person types."""
    address = f"127.0.0.1:{port}"
    return [sys.executable, "-m"] + {
        "granian": ["syndicator", "--root", str(root), "serve", "--bind", address],
        "gunicorn": ["gunicorn", "--bind", address, "--threads", "4", "--log-level", "warning", WSGI],
        "waitress": ["waitress", "--listen", address, WSGI],
    }[server]


@contextmanager
def served(server: str, root: Path) -> Iterator[int]:
    """A server of the site in a folder; gives its port. It is gone afterwards."""
    port = free_port()
    log = root / f"{server}.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(
            command(server, root, port),
            cwd=ROOT,
            env={**os.environ, "SYNDICATOR_ROOT": str(root), "PYTHONPATH": str(ROOT)},
            stdout=lines,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: process.poll() is not None or answers(port), f"the first answer of {server}")
        assert process.poll() is None, log.read_text()
        yield port
    finally:
        process.terminate()
        try:
            process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(DEADLINE)


def answers(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection, suppress(OSError, HTTPException):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    return False
