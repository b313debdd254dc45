"""What people write: a feed from Flask, built by feedgen for every request, or its bytes kept in a variable.

Both run on granian, as ours does, with one thread, which is its quickest way with them: the server is not what differs.

    python -m tests.bench.serving.flasks {built,cached} DOCUMENT PORT PARENT
"""

from __future__ import annotations

import hashlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
from feedgen.feed import FeedGenerator
from flask import Flask, Response, request
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from syndicator.lifeline import die_with_parent

_TYPE = "application/atom+xml"


def built() -> Flask:
    """Every request builds the feed of the document's entries."""
    app = Flask(__name__)
    entries = [_entry(entry) for entry in feedparser.parse(_document()).entries]

    @app.get("/feed.xml")
    def feed() -> Response:
        return Response(atom(entries), content_type=_TYPE)

    return app


def cached() -> Flask:
    """Every request is answered with the document's bytes, or 304."""
    app = Flask(__name__)
    body = _document()
    etag, changed = hashlib.sha256(body).hexdigest(), datetime.now(UTC)

    @app.get("/feed.xml")
    def feed() -> Response:
        response = Response(body, content_type=_TYPE)
        response.set_etag(etag)
        response.last_modified = changed
        response.cache_control.public = True
        response.cache_control.max_age = 300
        return response.make_conditional(request)

    return app


def atom(entries: list[dict[str, Any]]) -> bytes:
    """Atom as feedgen makes it."""
    feed = FeedGenerator()
    feed.id("urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6")
    feed.title("News")
    feed.link(href="https://news.example/feed.xml", rel="self")
    feed.updated(entries[0]["updated"])
    for given in entries:
        entry = feed.add_entry(order="append")
        entry.id(given["id"])
        entry.title(given["title"])
        entry.link(href=given["link"])
        entry.author(name=given["author"])
        entry.published(given["published"])
        entry.updated(given["updated"])
        entry.content(given["content"], type="html")
    text: bytes = feed.atom_str()
    return text


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.id,
        "title": entry.title,
        "link": entry.link,
        "author": entry.get("author", "Nobody"),
        "published": entry.published,
        "updated": entry.updated,
        "content": entry.content[0].value,
    }


def _document() -> bytes:
    return Path(os.environ["BENCH_DOCUMENT"]).read_bytes()


def main() -> None:
    """Serve until told to stop."""
    kind, document, port, parent = sys.argv[1:]
    die_with_parent(int(parent))
    os.environ["BENCH_DOCUMENT"] = document
    Granian(
        f"tests.bench.serving.flasks:{kind}",
        port=int(port),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=1,
        backpressure=1000,
        log_level=LogLevels.error,
        factory=True,
    ).serve()


if __name__ == "__main__":
    main()
