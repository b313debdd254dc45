"""No connection is opened to what is not public (S1 to S5, S8 to S10): the servers of these tests count them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syndicator.edge.http import Client
from syndicator.model import Request
from tests.edge.http.conftest import LOOPBACK, QUICK, Make, refusal
from tests.upstream import Authority, HostileServer, Names, Upstream


@pytest.fixture
def guarded(make: Make) -> Client:
    """As an operator has it who allowed nothing but the ports that our servers happen to listen on."""
    return make(allow_networks=())


LITERALS = [
    "127.0.0.1", "0x7f000001", "2130706433", "0177.1", "0177.0.0.1", "127.1", "[::ffff:7f00:1]", "[::ffff:127.0.0.1]",
    "①②⑦.0.0.1", "0", "0.0.0.0", "[::]",
]  # fmt: skip


@pytest.mark.parametrize("host", LITERALS)
def test_s2_every_way_to_write_loopback_is_blocked(guarded: Client, server: HostileServer, host: str) -> None:
    error = refusal(guarded, server.url("/feed", host=host))
    assert (error.kind, server.connections) == ("blocked_address", 0)


def test_s2_the_host_is_what_a_browser_would_take(guarded: Client, server: HostileServer) -> None:
    error = refusal(guarded, f"http://a@127.0.0.1:{server.port}#@ok.example/")
    assert (error.kind, server.connections) == ("blocked_address", 0)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "192.0.0.8",
        "192.168.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fc00::1", "fe80::1",
        "fec0::1", "ff02::1", "::127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1",
        "2002:7f00:1::", "2001::1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["blog.example", "localhost", "localhost."])
def test_s1_a_name_for_what_is_not_public_is_blocked(
    make: Make, server: HostileServer, address: str, name: str
) -> None:
    guarded = make(allow_networks=(), resolver=Names({name: [address]}), limits=QUICK)
    error = refusal(guarded, server.url("/feed", host=name))
    assert (error.kind, server.connections) == ("blocked_address", 0)


def test_s1_what_a_resolver_says_is_no_address_is_not_looked_up_again(make: Make, server: HostileServer) -> None:
    rows = [(2, 1, 6, "", ("localhost", 0)), (2, 1, 6, "", ("127.1", 0))]
    error = refusal(make(resolver=lambda *_, **__: rows), server.url("/feed", host="blog.example"))
    assert (error.kind, server.connections) == ("blocked_address", 0)


@pytest.fixture
def two() -> Iterator[tuple[Upstream, HostileServer]]:
    """Two servers on one port: one at 127.0.0.2, to be allowed, one at 127.0.0.1 that nobody may reach."""
    with Upstream(address="127.0.0.2") as allowed, HostileServer(port=allowed.port) as forbidden:
        allowed.set("/feed", "<feed/>")
        yield allowed, forbidden


def test_s3_a_name_is_looked_up_once_and_what_was_checked_is_asked(
    make: Make, two: tuple[Upstream, HostileServer]
) -> None:
    allowed, forbidden = two
    answers = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]])
    names = Names({"blog.example": lambda: next(answers)})
    client = make(allow_networks=["127.0.0.2/32"], resolver=names)
    assert client.fetch(Request(url=allowed.url("/feed", host="blog.example"))).body == b"<feed/>"
    assert (names.asked, forbidden.connections) == (["blog.example"], 0)
    assert allowed.requests[0].headers["host"] == f"blog.example:{allowed.port}"


def test_s3_the_name_is_what_tls_is_about(make: Make) -> None:
    authority = Authority()
    with Upstream(tls=authority.server("blog.example")) as upstream:
        upstream.set("/feed", "<feed/>")
        client = make(tls=authority.client(), resolver=Names({"blog.example": ["127.0.0.1"]}))
        assert client.fetch(Request(url=upstream.url("/feed", host="blog.example"))).status == 200


@pytest.mark.parametrize("answer", [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["::1", "127.0.0.2"]])
def test_s4_of_a_mixed_answer_only_the_public_is_used(
    make: Make, two: tuple[Upstream, HostileServer], answer: list[str]
) -> None:
    allowed, forbidden = two
    client = make(allow_networks=["127.0.0.2/32"], resolver=Names({"blog.example": answer}))
    for _ in range(3):
        assert client.fetch(Request(url=allowed.url("/feed", host="blog.example"))).status == 200
        allowed.hang_up()
    assert forbidden.connections == 0


@pytest.mark.parametrize("hops", [1, 2, 5])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433"])
def test_s5_a_redirect_to_what_is_not_public_is_not_followed(
    make: Make, two: tuple[Upstream, HostileServer], hops: int, host: str
) -> None:
    allowed, forbidden = two
    for hop in range(hops - 1):
        allowed.redirect(f"/{hop}", f"/{hop + 1}", 302)
    allowed.redirect(f"/{hops - 1}", f"http://{host}:{forbidden.port}/feed")
    error = refusal(make(allow_networks=["127.0.0.2/32"]), allowed.url("/0"))
    assert (error.kind, len(error.hops), forbidden.connections) == ("blocked_address", hops, 0)


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "ftp://e.example/",
        "data:,x",
        "javascript:1",
        "http://",
    ],
)
def test_s5_a_redirect_to_what_is_no_web_address_is_not_followed(
    client: Client, upstream: Upstream, location: str
) -> None:
    upstream.redirect("/moved", location)
    error = refusal(client, upstream.url("/moved"))
    assert (error.kind, len(upstream.requests)) == ("redirect", 1)


def test_s8_an_allowed_network_is_asked(make: Make, upstream: Upstream) -> None:
    assert make(allow_networks=LOOPBACK).fetch(Request(url=upstream.url("/feed.xml"))).status == 200


def test_s9_another_port_is_refused(make: Make, server: HostileServer) -> None:
    error = refusal(make(allow_ports=()), server.url("/feed"))
    assert (error.kind, server.connections) == ("blocked_port", 0)
    assert error.reason == (f"port {server.port} is not fetched from; an operator can add it to [polling] allow_ports")


def test_s9_a_redirect_to_another_port_is_refused(make: Make, upstream: Upstream, server: HostileServer) -> None:
    upstream.redirect("/moved", server.url("/feed"))
    error = refusal(make(allow_ports=[upstream.port]), upstream.url("/moved"))
    assert (error.kind, server.connections) == ("blocked_port", 0)


def test_s10_nothing_shows_what_is_there(make: Make, server: HostileServer) -> None:
    names = Names({"open.example": ["127.0.0.1"], "shut.example": ["127.0.0.3"]})
    guarded = make(allow_networks=(), resolver=names)
    opened, shut = (refusal(guarded, server.url("/feed", host=f"{name}.example")) for name in ("open", "shut"))
    assert str(opened).replace("open", "shut") == str(shut)
    assert str(opened) == (
        f"http://open.example:{server.port}/feed: it is not on the public internet; "
        "an operator can add its network to [polling] allow_networks"
    )
    assert (opened.__cause__, opened.__suppress_context__, server.connections) == (None, True, 0)


def test_the_environment_is_asked_for_nothing(
    make: Make, upstream: Upstream, server: HostileServer, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, server.url("/"))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert make().fetch(Request(url=upstream.url("/feed.xml"))).status == 200
    assert server.connections == 0
    assert "authorization" not in upstream.requests[0].headers
