"""Certificates are verified, always, and one context serves all (T42)."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import httpcore2
import pytest

from syndicator.model import Request
from tests.edge.http.conftest import QUICK, Make, refusal
from tests.upstream import Authority, HostileServer, Names, Upstream, Wire, self_signed
from tests.upstream.hostile import FEED, opened

NAMES = Names({"blog.example": ["127.0.0.1"], "blog.example.": ["127.0.0.1"]})


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.mark.parametrize(
    ("server", "host", "said"),
    [
        (
            lambda authority: authority.server(expired=True),
            "127.0.0.1",
            "its certificate has expired; its publisher must renew it",
        ),
        (
            lambda authority: authority.server("other.example"),
            "blog.example",
            "its certificate is for another host name",
        ),
        (
            lambda authority: authority.server("blog.example"),
            "127.0.0.1",
            "its certificate is for another address",
        ),
        (
            lambda authority: Authority().server(),
            "127.0.0.1",
            "its certificate is signed by an authority that is not trusted here, or it leaves out the one between",
        ),
        (
            lambda authority: self_signed("blog.example"),
            "blog.example",
            "its certificate is signed by itself; its publisher must get one that is trusted",
        ),
    ],
    ids=["expired", "wrong host", "wrong address", "unknown authority", "self-signed"],
)
def test_t42_a_certificate_that_does_not_hold(
    make: Make, authority: Authority, server: Callable[[Authority], ssl.SSLContext], host: str, said: str
) -> None:
    with Upstream(tls=server(authority)) as upstream:
        error = refusal(make(tls=authority.client(), resolver=NAMES), upstream.url("/feed", host=host))
    assert (error.kind, error.reason, upstream.requests) == ("tls", f"{said}; nothing was fetched", [])


def test_t42_the_systems_authorities_are_what_counts_without_others(make: Make, authority: Authority) -> None:
    with Upstream(tls=authority.server()) as upstream:
        error = refusal(make(), upstream.url("/feed"))
    assert (error.kind, upstream.requests) == ("tls", [])


def test_t42_a_handshake_that_hangs_is_left(make: Make, authority: Authority) -> None:
    with HostileServer(tls=authority.server(), on_connect=Wire.hang) as server:
        error = refusal(make(tls=authority.client(), limits=QUICK), server.url("/feed"))
    assert (error.kind, error.reason) == ("tls", "no secure connection came about in time")


def test_t42_a_handshake_that_drips_is_left(make: Make, authority: Authority) -> None:
    def dripping(wire: Wire) -> None:
        wire.drip(b"\x16\x03\x03\x40\x00\x02" + bytes(1000), 0.02)

    with HostileServer(tls=authority.server(), on_connect=dripping) as server:
        error = refusal(make(tls=authority.client(), limits=QUICK), server.url("/feed"))
    assert (error.kind, error.reason) == ("tls", "no secure connection came about in time")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28"])
def test_t42_what_speaks_no_tls(make: Make, authority: Authority, said: bytes) -> None:
    with HostileServer(tls=authority.server(), on_connect=lambda wire: wire.send(said)) as server:
        error = refusal(make(tls=authority.client()), server.url("/feed"))
    assert error.kind == "tls"


def test_an_end_that_tls_did_not_announce_is_no_end(make: Make, authority: Authority) -> None:
    with HostileServer(tls=authority.server()) as server:
        server.raw("/cut", opened() + FEED)
        error = refusal(make(tls=authority.client()), server.url("/cut"))
    assert (error.kind, error.reason) == ("protocol", "the connection broke before the answer was whole")


@pytest.mark.parametrize("host", ["blog.example", "blog.example."])
def test_a_certificate_that_holds(make: Make, authority: Authority, host: str) -> None:
    with Upstream(tls=authority.server("blog.example")) as upstream:
        upstream.set("/feed", FEED)
        client = make(tls=authority.client(), resolver=NAMES)
        for _ in range(3):
            assert client.fetch(Request(url=upstream.url("/feed", host=host))).body == FEED
        assert upstream.connections == 1


def test_one_context_is_made_for_all(make: Make, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def make_context() -> ssl.SSLContext:
        made.append(authority.client())
        return made[-1]

    monkeypatch.setattr(httpcore2, "default_ssl_context", make_context)
    client = make(resolver=Names(default=["127.0.0.1"]))
    with Upstream(tls=authority.server("a.example", "b.example", "c.example")) as upstream:
        for host in ("a.example", "b.example", "c.example"):
            assert client.fetch(Request(url=upstream.url("/nothing", host=host))).status == 404
    assert len(made) == 1
