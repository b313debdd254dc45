"""The polite upstream answers as a good publisher does: what is measured with it must be true."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection

import brotli
import pytest

from tests.upstream import HostileServer, Resource, Upstream

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"
EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC)) as upstream:
        upstream.set("/feed", "x" * 1000, etag='"1"', last_modified=DATE, headers={"Cache-Control": "max-age=60"})
        yield upstream


def get(upstream: Upstream | HostileServer, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection(upstream.address, upstream.port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"If_None_Match": '"1"'}, 304),
        ({"If_None_Match": 'W/"1"'}, 304),
        ({"If_None_Match": '"0", "1"'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"2"'}, 200),
        ({"If_None_Match": '"2"', "If_Modified_Since": DATE}, 200),
        ({"If_Modified_Since": DATE}, 304),
        ({"If_Modified_Since": LATER}, 304),
        ({"If_Modified_Since": EARLIER}, 200),
        ({"If_Modified_Since": "rubbish"}, 200),
    ],
)
def test_conditional_requests(upstream: Upstream, headers: dict[str, str], status: int) -> None:
    answered, received, body = get(upstream, "/feed", **headers)
    assert (answered, len(body)) == (status, 1000 if status == 200 else 0)
    assert (received["etag"], received["last-modified"], received["cache-control"]) == ('"1"', DATE, "max-age=60")
    assert received["date"] == "Sun, 22 Nov 2026 12:00:00 GMT"
    assert [seen.status for seen in upstream.requests] == [status]


@pytest.mark.parametrize(("accepted", "coding"), [("gzip", "gzip"), ("gzip, br", "br"), ("identity", None)])
def test_codings(upstream: Upstream, accepted: str, coding: str | None) -> None:
    _, headers, body = get(upstream, "/feed", Accept_Encoding=accepted)
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}[coding]
    assert (headers.get("content-encoding"), unpack(body)) == (coding, b"x" * 1000)


def test_what_is_set_redirected_answered_and_removed(upstream: Upstream) -> None:
    upstream.redirect("/old", "/feed", 308)
    upstream.on("/live", lambda received: Resource(body=received.query.encode(), status=203))
    assert (get(upstream, "/old")[0], get(upstream, "/old")[1]["location"]) == (308, "/feed")
    assert (get(upstream, "/live?a=b")[0], get(upstream, "/live?a=b")[2]) == (203, b"a=b")
    upstream.remove("/feed")
    assert get(upstream, "/feed")[0] == 404
    assert [len(upstream.requests_to(path)) for path in ("/old", "/live", "/feed")] == [2, 2, 1]
    upstream.forget()
    assert (upstream.requests, upstream.connections) == ([], 0)


def test_a_hostile_server_says_what_its_script_does() -> None:
    with HostileServer({"/teapot": lambda wire, _: wire.send(b"HTTP/1.1 418 I am\r\n\r\n")}) as server:
        assert (get(server, "/teapot")[0], get(server, "/feed")[0], get(server, "/nothing")[0]) == (418, 200, 404)
        server.raw("/teapot", b"HTTP/1.1 410 Gone\r\n\r\n")
        assert get(server, "/teapot")[0] == 410
        assert [received.path for received in server.requests] == ["/teapot", "/feed", "/nothing", "/teapot"]
