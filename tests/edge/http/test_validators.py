"""What is sent with a request: validators as they came and where they came from, and nothing made up (T36)."""

from __future__ import annotations

import pytest

from syndicator.edge.http import Client
from syndicator.errors import ConfigError, FetchError
from syndicator.model import Request
from tests.edge.http.conftest import Make, refusal
from tests.upstream import HostileServer, Upstream

VALIDATORS = {"if-none-match", "if-modified-since"}


def sent(upstream: Upstream | HostileServer, path: str) -> dict[str, str]:
    (received,) = upstream.requests_to(path)
    return {name: value for name, value in received.headers.items() if name in VALIDATORS}


@pytest.mark.parametrize(
    "etag",
    ['"a"', 'W/"a"', "unquoted", '"with space, and comma"', '"\xe9\xff"', '"%22"', "a" * 8192, '"tab\there"', "'"],
    ids=lambda etag: ascii(etag)[:20],
)
@pytest.mark.parametrize("date", ["Sun, 06 Nov 1994 08:49:37 GMT", "rubbish", "2026-01-01", "0"])
def test_t36_validators_are_sent_as_they_came(client: Client, server: HostileServer, etag: str, date: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\nETag: {etag}\r\nLast-Modified: {date}\r\nContent-Length: 0\r\n\r\n"
    server.raw("/first", answer.encode("latin-1"))
    first = client.fetch(Request(url=server.url("/first"))).headers
    server.raw("/then", b"HTTP/1.1 304 Not Modified\r\n\r\n")
    then = Request(url=server.url("/then"), etag=first["etag"], last_modified=first["last-modified"])
    assert client.fetch(then).status == 304
    assert sent(server, "/then") == {"if-none-match": etag, "if-modified-since": date}


@pytest.mark.parametrize(
    "etag",
    ['"a\r\nX-Evil: 1"', '"a\nb"', '"a\rb"', "a" * 8193, '"\u20ac"', '"a\0b"', '"\ud800"', "", " ", '"a"\n', '"a\x7f"'],
    ids=lambda etag: ascii(etag)[:20],
)
def test_t36_what_cannot_be_sent_is_left_out(client: Client, upstream: Upstream, etag: str) -> None:
    request = Request(url=upstream.url("/feed.xml"), etag=etag, last_modified=etag)
    assert client.fetch(request).status == 200
    assert sent(upstream, "/feed.xml") == {}
    assert "x-evil" not in upstream.requests[0].headers


def test_the_first_request_is_one_and_asks_for_everything(client: Client, upstream: Upstream) -> None:
    client.fetch(Request(url=upstream.url("/feed.xml")))
    (received,) = upstream.requests
    assert (received.method, received.target, received.fields) == (
        "GET",
        "/feed.xml",
        [
            ("Host", f"127.0.0.1:{upstream.port}"),
            ("User-Agent", "syndicator/test"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip, br"),
        ],
    )


def moved(upstream: Upstream, **more: object) -> Request:
    upstream.redirect("/old", "/feed.xml", 302)
    return Request(url=upstream.url("/old"), etag='"1"', last_modified="x", **more)  # type: ignore[arg-type]


def test_validators_go_to_the_first_url_where_nobody_says_otherwise(client: Client, upstream: Upstream) -> None:
    assert client.fetch(moved(upstream)).status == 200
    assert [sent(upstream, path).keys() for path in ("/old", "/feed.xml")] == [VALIDATORS, set()]


def test_validators_go_to_the_url_that_gave_them(client: Client, upstream: Upstream) -> None:
    assert client.fetch(moved(upstream, validated_url=upstream.url("/feed.xml"))).status == 304
    assert [sent(upstream, path).keys() for path in ("/old", "/feed.xml")] == [set(), VALIDATORS]


def test_validators_go_nowhere_when_the_way_leads_elsewhere(client: Client, upstream: Upstream) -> None:
    assert client.fetch(moved(upstream, validated_url=upstream.url("/another.xml"))).status == 200
    assert [sent(upstream, path).keys() for path in ("/old", "/feed.xml")] == [set(), set()]


def test_where_an_answer_came_from_is_where_its_validators_go_back(client: Client, upstream: Upstream) -> None:
    first = client.fetch(Request(url=upstream.url("/feed.xml#x", credentials="user:pass")))
    then = Request(url=upstream.url("/feed.xml", credentials="user:pass"), etag='"1"', validated_url=first.url)
    assert client.fetch(then).status == 304


def test_t35_an_answer_to_what_was_not_asked_is_an_error(client: Client, server: HostileServer) -> None:
    assert refusal(client, server.url("/not-modified")).kind == "protocol"
    assert refusal(client, server.url("/not-modified"), etag="a\nb").kind == "protocol"
    assert client.fetch(Request(url=server.url("/not-modified"), etag='"s"')).headers["etag"] == '"s"'


def test_headers_of_an_answer(client: Client, server: HostileServer) -> None:
    server.raw("/h", b"HTTP/1.1 200 OK\r\nX-A: 1\r\nLINK: <a>\r\nlink:<b>\r\nX-\xc3\xbc: 1\r\n\r\n")
    assert refusal(client, server.url("/h")).kind == "protocol"
    server.raw("/h", b"HTTP/1.1 200 OK\r\nX-A: \xe9\r\nLINK: <a>\r\nlink:<b>\r\nContent-Length: 0\r\n\r\n")
    headers = client.fetch(Request(url=server.url("/h"))).headers
    assert headers == {"x-a": "é", "link": "<a>, <b>", "content-length": "0"}


@pytest.mark.parametrize(
    "header",
    [("Host", "x"), ("X", "a\r\nb"), ("a b", "c"), ("", "c"), ("Transfer-Encoding", "chunked"), ("X", "€"), ("X", "")],
)
def test_a_header_that_cannot_be_sent_is_an_error(client: Client, upstream: Upstream, header: tuple[str, str]) -> None:
    error = refusal(client, upstream.url("/feed.xml"), headers=(header,))
    assert (error.kind, upstream.connections) == ("bad_url", 0)
    assert repr(header[0]) in error.reason


def test_a_name_of_ours_that_cannot_be_sent_is_said_at_once(make: Make) -> None:
    with pytest.raises(ConfigError, match="User-Agent"):
        make(user_agent="a\nb")


@pytest.mark.parametrize("url", ["", "x", "ftp://e.example/", "http:///"])
def test_what_is_no_web_address_is_a_fetch_error(client: Client, url: str) -> None:
    with pytest.raises(FetchError) as caught:
        client.fetch(Request(url=url))
    assert caught.value.kind == "bad_url"
