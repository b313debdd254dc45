"""Asking a server of our own, which listens where feeds may not lie."""

from __future__ import annotations

from contextlib import closing

import pytest

from syndicator.edge.http import Client
from syndicator.errors import FetchError
from syndicator.model import Request
from tests.edge.http.conftest import refusal
from tests.upstream import HostileServer, Upstream


def test_it_is_asked_and_no_neighbour(upstream: Upstream, server: HostileServer) -> None:
    upstream.redirect("/elsewhere", server.url("/feed"))
    upstream.redirect("/beside", f"http://127.0.0.2:{upstream.port}/")
    with closing(Client.of_one("127.0.0.1", upstream.port, user_agent="syndicator/test")) as client:
        assert client.fetch(Request(url=upstream.url("/feed.xml"))).body == b"<feed/>"
        assert refusal(client, upstream.url("/elsewhere")).kind == "blocked_port"
        assert refusal(client, upstream.url("/beside")).kind == "blocked_address"
    assert server.connections == 0


def test_it_may_have_a_name(upstream: Upstream) -> None:
    with closing(Client.of_one("localhost", upstream.port, user_agent="syndicator/test")) as client:
        assert client.fetch(Request(url=upstream.url("/feed.xml", host="localhost"))).status == 200


def test_no_such_host() -> None:
    with pytest.raises(FetchError) as caught:
        Client.of_one("a..b", 80, user_agent="syndicator/test")
    assert caught.value.kind == "dns"
