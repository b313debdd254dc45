"""Bodies are whole, decoded and within bounds, or an error (S11 to S15, T24 to T27)."""

from __future__ import annotations

import gzip
import random
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace

import brotli
import pytest

from syndicator.core.coding import brotlied, gzipped
from syndicator.edge.http import Client, Limits
from syndicator.edge.http.connections import Connection
from syndicator.model import Request
from tests.edge.http.conftest import QUICK, Make, refusal
from tests.upstream import HostileServer, Received, Upstream, Wire
from tests.upstream.hostile import FEED, brotli_bomb, chunk, gzip_bomb, ok, opened

MIB = 1024 * 1024
NOISE = random.Random(1).randbytes(3 * MIB)


@contextmanager
def memory_within(most: int) -> Iterator[None]:
    """Fail when more than so many bytes were held at a time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "br", "GZip", " gzip ", "identity", "", "identity, gzip"])
@pytest.mark.parametrize("body", [b"", FEED, NOISE, b"x" * 5 * MIB], ids=["empty", "feed", "noise", "large"])
def test_a_body_is_decoded(client: Client, server: HostileServer, coding: str, body: bytes) -> None:
    packed = {"gzip": gzipped, "br": brotlied}.get(coding.strip().lower()[-4:], bytes)(body)
    server.raw("/coded", ok(packed, f"Content-Encoding: {coding}".encode()))
    server.raw(
        "/chunked",
        opened(f"Content-Encoding: {coding}".encode(), b"Transfer-Encoding: chunked")
        + b"".join(chunk(packed[at : at + 10_000]) for at in range(0, len(packed), 10_000))
        + b"0\r\n\r\n",
    )
    server.raw("/until-closed", opened(f"Content-Encoding: {coding}".encode()) + packed)
    for path in ("/coded", "/chunked", "/until-closed"):
        response = client.fetch(Request(url=server.url(path)))
        assert (response.status, response.received) == (200, len(packed))
        assert response.body == body


@pytest.mark.parametrize("compress", [gzip.compress, brotli.compress], ids=["gzip", "br"])
def test_a_coded_body_may_be_empty(client: Client, server: HostileServer, compress) -> None:
    coding = b"gzip" if compress is gzip.compress else b"br"
    for body in (b"", compress(b"")):
        server.raw("/empty", ok(body, b"Content-Encoding: " + coding))
        assert client.fetch(Request(url=server.url("/empty"))).body == b""


def test_gzip_in_members_with_padding_is_read_whole(client: Client, server: HostileServer) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 512 + b"rubbish"
    server.raw("/members", ok(packed, b"Content-Encoding: gzip"))
    assert client.fetch(Request(url=server.url("/members"))).body == b"one two"
    server.raw("/crowd", ok(gzip.compress(b"x") * 101, b"Content-Encoding: gzip"))
    assert refusal(client, server.url("/crowd")).kind == "coding"


@pytest.mark.parametrize("path", ["/gzip-bomb", "/brotli-bomb", "/endless-gzip"])
def test_s11_a_bomb_is_stopped(client: Client, server: HostileServer, path: str) -> None:
    gzip_bomb()
    brotli_bomb()
    with memory_within(64 * MIB):
        error = refusal(client, server.url(path))
    assert (error.kind, error.reason) == ("too_large", "it is larger than 16 MiB, which is more than we read")


@pytest.mark.parametrize("path", ["/bomb-redirect", "/endless-redirect"])
def test_s11_the_body_of_a_redirect_is_not_read(client: Client, server: HostileServer, path: str) -> None:
    gzip_bomb()
    with memory_within(4 * MIB):
        assert client.fetch(Request(url=server.url(path))).body == FEED


@pytest.mark.parametrize("path", ["/bomb-error", "/endless-error"])
def test_s11_the_body_of_an_error_is_not_read_to_its_end(client: Client, server: HostileServer, path: str) -> None:
    gzip_bomb()
    with memory_within(4 * MIB):
        response = client.fetch(Request(url=server.url(path)))
    assert (response.status, response.body) == ({"/bomb-error": 503, "/endless-error": 500}[path], b"")


@pytest.mark.parametrize("fault", [
    ok(b"x", b"Content-Encoding: foo", b"Retry-After: 120", status=b"429 Too Many Requests"),
    ok(b"x", b"Retry-After: 120", status=b"429 Too Many Requests", length=9),
    ok(b"x", b"Content-Encoding: gzip", b"Retry-After: 120", status=b"429 Too Many Requests"),
], ids=["coding", "cut", "no gzip"])  # fmt: skip
def test_what_an_error_says_counts_whatever_its_body(client: Client, server: HostileServer, fault: bytes) -> None:
    server.raw("/busy", fault)
    response = client.fetch(Request(url=server.url("/busy")))
    assert (response.status, response.headers["retry-after"], response.body) == (429, "120", b"")


def test_the_small_body_of_an_error_is_read(client: Client, upstream: Upstream) -> None:
    upstream.set("/gone", "It is gone." * 20, status=410)
    assert client.fetch(Request(url=upstream.url("/gone"))).body == b"It is gone." * 20


@pytest.mark.parametrize("path", ["/two-codings", "/two-coding-lines", "/unknown-coding", "/deflate", "/zstd"])
def test_s12_another_coding_is_refused(client: Client, server: HostileServer, path: str) -> None:
    assert refusal(client, server.url(path)).kind == "coding"


@pytest.mark.parametrize("path", ["/broken-gzip", "/not-gzip"])
def test_what_is_not_in_its_coding_is_refused(client: Client, server: HostileServer, path: str) -> None:
    error = refusal(client, server.url(path))
    assert (error.kind, error.reason) == ("coding", "its content is said to be gzip, and is not; tell its publisher")


@pytest.mark.parametrize("path", ["/endless", "/ten-gigabytes", "/endless-chunks"])
def test_s13_what_does_not_end_is_ended_by_size(client: Client, server: HostileServer, path: str) -> None:
    with memory_within(32 * MIB):
        error = refusal(client, server.url(path))
    assert (error.kind, error.reason) == ("too_large", "it is larger than 8 MiB, which is more than we read")


def test_s13_crumbs_are_not_read(client: Client, server: HostileServer) -> None:
    error = refusal(client, server.url("/tiny-chunks"))
    assert (error.kind, error.reason.split(",")[0]) == ("protocol", "it sends its document in crumbs")


@pytest.mark.parametrize(("most", "refused"), [(MIB, False), (MIB - 1, True)])
@pytest.mark.parametrize("coded", [False, True], ids=["plain", "coded"])
def test_s13_the_bounds_are_exact(make: Make, server: HostileServer, most: int, refused: bool, coded: bool) -> None:
    body = NOISE[:MIB]
    if coded:
        client = make(limits=Limits(body=most))
        server.raw("/exact", ok(gzipped(body), b"Content-Encoding: gzip"))
    else:
        client = make(limits=Limits(wire=most))
        server.raw("/exact", ok(body))
    if refused:
        assert refusal(client, server.url("/exact")).kind == "too_large"
    else:
        assert client.fetch(Request(url=server.url("/exact"))).body == body


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/huge-headers", "too_large"),
        ("/many-headers", "too_large"),
        ("/endless-headers", "too_large"),
        ("/endless-status", "too_large"),
        ("/endless-continue", "too_large"),
        ("/not-http", "protocol"),
    ],
)
def test_s14_heads_have_bounds(client: Client, server: HostileServer, path: str, kind: str) -> None:
    with memory_within(4 * MIB):
        assert refusal(client, server.url(path)).kind == kind


def test_s14_the_bound_is_64_kib(client: Client, server: HostileServer) -> None:
    padding = 64 * 1024 - len(ok(FEED, b"X-Long: "))
    server.raw("/long", ok(FEED, b"X-Long: " + b"y" * padding))
    assert client.fetch(Request(url=server.url("/long"))).body == FEED


def test_s15_only_what_can_be_bounded_is_asked_for(client: Client, upstream: Upstream) -> None:
    client.fetch(Request(url=upstream.url("/feed.xml")))
    assert upstream.requests[0].headers["accept-encoding"] == "gzip, br"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/too-long", "its answer breaks off before it is whole; perhaps it is whole at the next try"),
        ("/too-short", "it sends more than it announces, so that half of it may be missing"),
        ("/cut-chunks", "its answer breaks off before it is whole; perhaps it is whole at the next try"),
        ("/cut-in-chunk", "its answer breaks off before it is whole; perhaps it is whole at the next try"),
        ("/bad-chunk", "its answer breaks off before it is whole; perhaps it is whole at the next try"),
        ("/cut-gzip", "its content ends before it is whole; perhaps it is whole at the next try"),
        ("/cut-brotli", "its content ends before it is whole; perhaps it is whole at the next try"),
        ("/reset", "the connection broke before the answer was whole"),
        ("/two-lengths", "what answers there does not keep to HTTP; is it a web server?"),
        ("/hang-up", "it hung up without an answer; perhaps it answers at the next try"),
    ],
)
def test_t27_what_is_not_whole_is_an_error(client: Client, server: HostileServer, path: str, said: str) -> None:
    error = refusal(client, server.url(path))
    assert (error.kind, error.reason, len(server.requests)) == ("protocol", said, 1)


def test_t27_more_than_was_announced_is_seen_wherever_it_is_cut(
    client: Client, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "READ_NUM_BYTES", 512)
    for surplus in (1, 100, 511, 512, 513, 2000):
        whole = ok(bytes(4000), length=0)
        body = len(whole) // 512 * 512 - (len(whole) - 4000) - 3
        sent = ok(bytes(body), length=body)
        assert len(sent) % 512 == 0
        server.raw("/more", sent + b"x" * surplus)
        assert refusal(client, server.url("/more")).kind == "protocol"


def test_a_line_end_after_a_body_is_nothing(client: Client, server: HostileServer) -> None:
    server.raw("/crlf", ok(FEED).replace(FEED, FEED + b"\r\n"))
    assert client.fetch(Request(url=server.url("/crlf"))).body == FEED


def test_a_part_is_no_document(client: Client, server: HostileServer) -> None:
    server.raw("/part", ok(FEED, b"Content-Range: bytes 0-9/99", status=b"206 Partial Content"))
    assert refusal(client, server.url("/part")).kind == "protocol"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/slow-headers", "it took too long to answer in full"),
        ("/trickle", "it took too long to answer in full"),
        ("/trickle-chunks", "it took too long to answer in full"),
        ("/stall", "nothing came from it for 0.25 s"),
        ("/silence", "nothing came from it for 0.25 s"),
    ],
)
def test_t24_t25_what_drips_or_stalls_is_ended(make: Make, server: HostileServer, path: str, said: str) -> None:
    error = refusal(make(limits=QUICK), server.url(path))
    assert (error.kind, error.reason) == ("timeout", said)


def test_t24_the_deadline_is_for_all_redirects_together(make: Make, server: HostileServer) -> None:
    def slowly(wire: Wire, received: Received) -> None:
        wire.pause(0.2)
        wire.send(ok(b"", b"Location: %b1" % received.target.encode(), status=b"302 Found"))

    for length in range(5):
        server.script("/slow" + "1" * length, slowly)
    error = refusal(make(limits=replace(QUICK, idle=5)), server.url("/slow"))
    assert (error.kind, len(error.hops)) == ("timeout", 2)


def test_t24_an_error_that_drips_is_told_by_its_status(make: Make, server: HostileServer) -> None:
    def dripping(wire: Wire, received: Received) -> None:
        wire.send(opened(status=b"503 Service Unavailable"))
        wire.drip(b"sorry" * 1000, 0.05)

    server.script("/sorry", dripping)
    response = make(limits=QUICK).fetch(Request(url=server.url("/sorry")))
    assert (response.status, response.body) == (503, b"")


def test_t24_others_do_not_wait_for_the_slow(client: Client, server: HostileServer, upstream: Upstream) -> None:
    paths = ["/slow-headers", "/trickle", "/trickle-chunks", "/silence"] * 8
    started = threading.Barrier(len(paths) + 1)

    def slow(path: str) -> str:
        started.wait(20)
        return refusal(client, server.url(path)).kind

    with ThreadPoolExecutor(len(paths)) as threads:
        running = [threads.submit(slow, path) for path in paths]
        started.wait(20)
        for _ in range(20):
            assert client.fetch(Request(url=upstream.url("/feed.xml"))).status == 200
        assert not any(future.done() for future in running)
        server.close()
        wait(running, 20)
    assert {future.result() for future in running} == {"protocol"}
