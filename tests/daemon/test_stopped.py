"""T9: a real daemon that is stopped and goes on, as when a laptop sleeps."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

from tests.running import Site, eventually, listed
from tests.upstream import Resource, Upstream
from tests.upstream.listening import Received


def feed(*titles: str) -> Resource:
    items = "".join(f"<item><guid>urn:up:{title}</guid><title>{title}</title></item>" for title in titles)
    body = f'<rss version="2.0"><channel><title>Up</title>{items}</channel></rss>'.encode()
    return Resource(body=body, etag=f'"{len(titles)}"')


def test_t9_a_daemon_that_was_stopped_goes_on_and_blames_nobody(tmp_path: Path) -> None:
    """It is stopped when its request has come in and the answer has not gone out yet."""
    with Upstream() as upstream, closing(Site(tmp_path)) as site:
        (site.root / "syndicator.toml").write_text(
            f'[polling]\nallow_networks = ["127.0.0.0/8"]\nallow_ports = [{upstream.port}]\n'
            f'[[source]]\nurl = "{upstream.url("/feed.xml")}"\nslug = "up"\ninterval = "1s"\n',
            "utf-8",
        )
        upstream.resources["/feed.xml"] = feed("One")
        process = site.start("daemon")
        eventually(lambda: len(upstream.requests) >= 2, site.said)

        def stop(_: Received) -> Resource:
            os.kill(process.pid, signal.SIGSTOP)
            upstream.resources["/feed.xml"] = feed("Two", "One")
            return feed("Two", "One")

        upstream.on("/feed.xml", stop)
        eventually(lambda: upstream.resources["/feed.xml"] != stop and _is_stopped(process.pid), site.said)
        asked = len(upstream.requests)
        os.kill(process.pid, signal.SIGCONT)
        eventually(lambda: len(upstream.requests) >= asked + 1, site.said)
        process.terminate()
        assert process.wait(60) == 0
        shown = listed(site.call("show", "up", "--json"))["state"]
        assert (shown["condition"], shown["failures"]) == ("well", 0)
        assert b"Two" in (site.root / "feeds/feed.xml").read_bytes()


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
