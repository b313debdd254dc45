"""Redirects: how far they are followed, and what goes along (S5, S6, S44)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syndicator.edge.http import Client
from syndicator.model import Hop, Request
from tests.edge.http.conftest import Make, refusal
from tests.upstream import Authority, HostileServer, Upstream

SECRETS = (("Authorization", "Bearer secret"), ("Cookie", "session=secret"), ("X-Feed-Key", "secret"))


@pytest.fixture
def other() -> Iterator[Upstream]:
    with Upstream() as other:
        other.set("/feed.xml", "<feed/>")
        yield other


def secrets(received) -> set[str]:
    return {"authorization", "cookie", "x-feed-key"} & received.headers.keys()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_told(client: Client, upstream: Upstream, status: int) -> None:
    upstream.redirect("/old", "/feed.xml#top", status)
    response = client.fetch(Request(url=upstream.url("/old")))
    assert (response.status, response.url, response.body) == (200, upstream.url("/feed.xml"), b"<feed/>")
    assert response.hops == (Hop(url=upstream.url("/old"), status=status, target=upstream.url("/feed.xml")),)


def test_s5_five_are_followed_and_no_more(client: Client, upstream: Upstream) -> None:
    for hop in range(10):
        upstream.redirect(f"/{hop}", f"/{hop + 1}" if hop < 9 else "/feed.xml")
    assert len(client.fetch(Request(url=upstream.url("/5"))).hops) == 5
    upstream.forget()
    error = refusal(client, upstream.url("/4"))
    assert (error.kind, len(upstream.requests)) == ("redirect", 6)
    assert error.reason == "it redirects more than 5 times; use the last address"


@pytest.mark.parametrize("path", ["/loop", "/for-ever"])
def test_s5_a_loop_ends(client: Client, server: HostileServer, path: str) -> None:
    assert refusal(client, server.url(path)).kind == "redirect"
    assert len(server.requests) == {"/loop": 2, "/for-ever": 6}[path]


def test_a_redirect_to_nowhere_is_told(client: Client, server: HostileServer) -> None:
    assert refusal(client, server.url("/nowhere")).kind == "redirect"


def test_s6_what_is_secret_goes_to_its_origin_alone(client: Client, upstream: Upstream, other: Upstream) -> None:
    upstream.redirect("/old", "/away")
    upstream.redirect("/away", other.url("/back"))
    other.redirect("/back", upstream.url("/feed.xml"))
    request = Request(url=upstream.url("/old"), headers=SECRETS, user_agent="own/1", accept="application/atom+xml")
    assert client.fetch(request).status == 200
    assert [secrets(received) for received in upstream.requests] == [
        {"authorization", "cookie", "x-feed-key"},
        {"authorization", "cookie", "x-feed-key"},
        set(),
    ]
    assert secrets(other.requests[0]) == set()
    assert {received.headers["user-agent"] for received in upstream.requests + other.requests} == {"own/1"}


def test_s6_the_same_host_with_another_name_or_port_is_another_origin(make: Make, upstream: Upstream) -> None:
    upstream.redirect("/old", upstream.url("/feed.xml", host="localhost"))
    make().fetch(Request(url=upstream.url("/old"), headers=SECRETS))
    assert [len(secrets(received)) for received in upstream.requests] == [3, 0]


def test_s6_what_is_secret_is_not_led_from_https_to_http(make: Make, upstream: Upstream) -> None:
    authority = Authority()
    with Upstream(tls=authority.server()) as secure:
        secure.redirect("/old", upstream.url("/feed.xml"))
        client = make(tls=authority.client())
        for url, headers in ((secure.url("/old"), SECRETS), (secure.url("/old", credentials="user:secret"), ())):
            error = refusal(client, url, headers=headers)
            assert (error.kind, upstream.requests) == ("redirect", [])
        assert client.fetch(Request(url=secure.url("/old"))).status == 200


def test_s44_credentials_in_a_url_go_to_its_origin_as_basic(
    client: Client, upstream: Upstream, other: Upstream
) -> None:
    upstream.redirect("/old", "/older")
    upstream.redirect("/older", other.url("/feed.xml"))
    response = client.fetch(Request(url=upstream.url("/old", credentials="user:pass")))
    assert [received.headers.get("authorization") for received in upstream.requests] == ["Basic dXNlcjpwYXNz"] * 2
    assert "authorization" not in other.requests[0].headers
    assert "pass" not in f"{response.url} {response.hops}"


def test_s44_a_header_of_the_request_comes_before_them(client: Client, upstream: Upstream) -> None:
    client.fetch(Request(url=upstream.url("/feed.xml", credentials="user:pass"), headers=SECRETS))
    sent = [value for name, value in upstream.requests[0].fields if name.lower() == "authorization"]
    assert sent == ["Bearer secret"]


@pytest.mark.parametrize(
    "path", ["/silence-now", "/redirect?302&file:///x", "/redirect?302&http://user:secret@10.0.0.1/", "/hang-up"]
)
def test_s44_no_error_shows_credentials(client: Client, server: HostileServer, path: str) -> None:
    server.raw("/silence-now", b"")
    error = refusal(client, server.url(path, credentials="user:secret") + f"{'&' if '?' in path else '?'}token=secret")
    assert "secret" not in f"{error} {error.url} {error.reason} {[hop.target for hop in error.hops]}".replace(
        "token=secret", "" if error.hops else "token=secret"
    )


def test_no_referer_and_no_cookies(client: Client, upstream: Upstream) -> None:
    upstream.redirect("/old", "/feed.xml")
    upstream.resources["/old"].headers["Set-Cookie"] = "a=b; Path=/"
    for _ in range(2):
        client.fetch(Request(url=upstream.url("/old")))
    assert {name for received in upstream.requests for name in received.headers} == {
        "host", "user-agent", "accept", "accept-encoding",
    }  # fmt: skip


def test_a_location_may_be_written_in_utf_8(client: Client, upstream: Upstream, server: HostileServer) -> None:
    upstream.set("/%C3%BCber", "<feed/>")
    server.raw("/old", f"HTTP/1.1 302 Found\r\nLocation: {upstream.url('/über')}\r\n\r\n".encode())
    assert client.fetch(Request(url=server.url("/old"))).status == 200


def test_two_locations_are_none(client: Client, server: HostileServer) -> None:
    server.raw("/old", b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
    assert (refusal(client, server.url("/old")).kind, len(server.requests)) == ("redirect", 1)
