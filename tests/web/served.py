"""What a real server serves in these tests: `create` is the factory that its workers call."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from syndicator.lifeline import die_with_parent
from syndicator.web.app import create_app
from syndicator.web.server import serve
from tests.web.fakes import newspaper


def create() -> Callable[..., Iterable[bytes]]:
    """The newspaper, `3c4d.mp4` where it lies beside the edition, and `/pid`, which tells the worker that answers."""
    world = newspaper()
    world.publication.large = Path(os.environ["EDITION_FILE"]).with_name("3c4d.mp4")
    app = create_app(world.ports)

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
    serve("tests.web.served:create", ("127.0.0.1", int(sys.argv[1])), int(sys.argv[2]), edition)
