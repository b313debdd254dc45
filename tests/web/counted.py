"""What a real server serves where it is tested how requests are counted: `create` is the factory of its workers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from syndicator.lifeline import die_with_parent
from syndicator.store import open_store
from syndicator.web.counting import Collector
from syndicator.web.server import serve


def now() -> datetime:
    return datetime.now(UTC)


def create() -> Callable[..., Iterable[bytes]]:
    """Answers everything with `ok` and notes it, by a reader that the query names; `/pid` it does not note.

    Nothing is written before an hour is over, or the process ends.
    """
    collector = Collector(open_store(os.environ["COUNTED_STORE"], now), now, every=3600)
    collector.start()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix("/")
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        if path != "pid":
            collector.note((path, 200, 2, "192.0.2.1", environ["QUERY_STRING"]))
        return [b"ok"]

    return answer


def __getattr__(name: str) -> Any:
    if name == "app":
        return create()
    raise AttributeError(name)


if __name__ == "__main__":
    die_with_parent(int(sys.argv[3]))
    serve("tests.web.counted:create", ("127.0.0.1", int(sys.argv[1])), int(sys.argv[2]), lambda: None)
