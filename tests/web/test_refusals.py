"""Errors: short, clear, escaped, never a trace of what happened inside."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient

from syndicator.web.app import create_app
from tests.web.fakes import World

EVERYTHING = ["/", "/feed.xml", "/feed", "/tags/harbour", "/articles/the-ferry-that-came-back", "/feeds"]


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_store_that_does_not_answer_is_503_with_a_time_to_come_back(
    client: FlaskClient, world: World, path: str
) -> None:
    world.store.failing = True
    response = client.get(path)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.headers["Cache-Control"] == "no-store"
    assert "secret" not in response.text
    assert "cannot be answered just now" in response.text


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_mistake_of_ours_is_500_without_a_traceback(
    client: FlaskClient, world: World, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("<b>a secret</b>")

    for name in ("select", "document_head", "term", "article", "terms"):
        setattr(world.store, name, broken)
    with caplog.at_level(logging.ERROR, "syndicator.web"):
        response = client.get(path)
    assert (response.status_code, "secret" in response.text, "Traceback" in response.text) == (500, False, False)
    assert [record.getMessage() for record in caplog.records] == [f"GET '{path}' failed"]


def test_s34_a_path_cannot_write_lines_into_the_log(
    client: FlaskClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.store.failing = True
    with caplog.at_level(logging.ERROR, "syndicator.web"):
        client.get("/tags/a/feed.xml")
        client.get("/", environ_overrides={"REQUEST_METHOD": "GET", "PATH_INFO": "/\nERROR forged"})
    assert [line for line in caplog.text.splitlines() if line.startswith("ERROR forged")] == []


@pytest.mark.parametrize(
    ("path", "status", "media_type"),
    [
        ("/nothing", 404, "text/html"),
        ("/nothing.xml", 404, "text/plain"),
        ("/nothing.json", 404, "text/plain"),
        ("/tags/nowhere/feed", 404, "text/plain"),
        ("/tags/removed/feed.xml", 410, "text/plain"),
        ("/articles/withdrawn-story", 410, "text/html"),
        ("/?before=%00", 400, "text/html"),
    ],
)
def test_a_feeds_address_never_answers_html(client: FlaskClient, path: str, status: int, media_type: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (status, media_type)
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/<script>alert(1)</script>", "/%3Cscript%3E", "/a?<script>", "/&lt;script&gt;"])
def test_s28_an_error_page_repeats_nothing_of_the_request(client: FlaskClient, path: str) -> None:
    assert client.get(path).data == client.get("/nothing").data


@pytest.mark.parametrize("path", ["/feed%0d%0aX-Evil:%20yes", "/tags/a%0d%0aSet-Cookie:%20a=b/feed", "/feed%E2%80%A8"])
def test_s34_no_path_can_split_a_header(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert {"X-Evil", "Set-Cookie"}.isdisjoint(response.headers.keys())


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_head_of_an_error_has_no_body_and_the_same_length(client: FlaskClient, method: str) -> None:
    length = client.get("/nothing").headers["Content-Length"]
    response = client.open("/nothing", method=method)
    assert (response.headers["Content-Length"], len(response.data)) == (length, int(length) if method == "GET" else 0)


def test_both_apps_can_live_in_one_process_without_meeting(world: World) -> None:
    other = World()
    first, second = create_app(world.ports).test_client(), create_app(other.ports).test_client()
    assert (first.get("/feed.xml").status_code, second.get("/feed.xml").status_code) == (200, 404)
