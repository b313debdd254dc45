"""What a real server serves in these tests: `create` is the factory that its workers call.

Run as a program: `PLACE WORKERS PARENT`, where PLACE is a port of loopback or the path of a Unix socket. The edition
is what a reload reads again; `MEMORY` in the environment is the size of the layer in front (bytes), and `LIMITS` are
limits of the server, as JSON, so that nobody has to wait for the real ones.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from syndicator.lifeline import die_with_parent
from syndicator.web import server
from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.web.fakes import newspaper


def create() -> Callable[..., Iterable[bytes]]:
    """The newspaper, `3c4d.mp4` where it lies beside the edition, and `/pid`, which tells the worker that answers."""
    if os.environ.get("EDITION") == "never":
        raise RuntimeError("this edition cannot be served")
    world = newspaper()
    world.publication.large = Path(os.environ["EDITION_FILE"]).with_name("3c4d.mp4")
    app = create_app(world.ports, WebOptions(memory=int(os.environ.get("MEMORY", "0"))))

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/pid":
            start_response("200 OK", [("Content-Type", "text/plain"), ("X-Edition", os.environ.get("EDITION", ""))])
            return [str(os.getpid()).encode()]
        return app.wsgi_app(environ, start_response)

    return answer


def edition() -> None:
    """On reload: the next edition, unless the file says that the configuration is broken."""
    from syndicator.errors import ConfigError

    text = Path(os.environ["EDITION_FILE"]).read_text()
    if text == "broken":
        raise ConfigError("EDITION_FILE says broken: write something else")
    os.environ["EDITION"] = text


if __name__ == "__main__":
    die_with_parent(int(sys.argv[3]))
    for name, value in json.loads(os.environ.get("LIMITS", "{}")).items():
        setattr(server, name, value)
    place = Path(sys.argv[1]) if "/" in sys.argv[1] else ("127.0.0.1", int(sys.argv[1]))
    server.serve("tests.web.served:create", place, int(sys.argv[2]), edition)
