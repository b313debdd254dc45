"""A published site on a real store, and a way to ask an app for it that shows all that a server would be given."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syndicator.flows import feeds
from syndicator.flows.publish import compress, publish
from syndicator.model import Feed, Query
from tests.flows.world import World, story
from tests.flows.writers import put, subscribed, written

CLIENT = "198.51.100.7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """An answer: the status line, every field in the order of their names, the body."""

    status: str
    fields: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def code(self) -> int:
        return int(self.status.split()[0])

    @property
    def headers(self) -> dict[str, str]:
        """The fields by name; a field that came twice is an error."""
        assert len({name.lower() for name, _ in self.fields}) == len(self.fields), self.fields
        return dict(self.fields)


def ask(app: Any, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None) -> Got:
    """Ask a WSGI app as a server does. `headers` have the names of HTTP."""
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "news.example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": CLIENT,
        "HTTP_HOST": "news.example",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()},
    }
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, fields: list[tuple[str, str]], *_: object) -> Any:
        started.append((status, fields))

    chunks = app(environ, start)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    [(status, fields)] = started
    return Got(status=status, fields=tuple(sorted(fields)), body=body)


def published(root: Path) -> World:
    """A site with archives, with past states of its feeds, with a feed that was removed, and everything compressed.

    The default feed shows six articles or more; its newest was corrected an hour ago.
    """
    world = World(root, items=6, default_archives=True)
    world.write("own.md", story(1))
    world.build()
    subscribed(world, "a")
    removed = feeds.define(world.ports, Feed(name="removed", title="Removed", query=Query()))
    feeds.define(world.ports, Feed(name="harbour", title="Harbour", query=Query(), limit=5))
    for number in range(20):
        world.wait(minutes=1)
        put(world, written("a", number, tags=("harbour",)))
        publish(world.ports)
    feeds.remove(world.ports, removed)
    world.wait(hours=3)
    put(world, written("a", 20, tags=("harbour",)), written("a", 18, title="Story 18, corrected"))
    publish(world.ports)
    compress(world.ports)
    world.wait(hours=1, microseconds=250_000)
    return world
