"""Media, style sheets, robots.txt."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.fakes import World

AUDIO = bytes(range(256)) * 40


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_media_file_is_kept_for_ever_and_can_do_nothing(client: FlaskClient, method: str) -> None:
    response = client.open("/media/2b1c.mp3", method=method)
    assert (response.status_code, response.mimetype) == (200, "audio/mpeg")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Length"] == str(len(AUDIO))
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.data == (AUDIO if method == "GET" else b"")


@pytest.mark.parametrize(
    ("headers", "status", "body", "content_range"),
    [
        ({"Range": "bytes=0-9"}, 206, AUDIO[:10], "bytes 0-9/10240"),
        ({"Range": "bytes=10000-"}, 206, AUDIO[10000:], "bytes 10000-10239/10240"),
        ({"Range": "bytes=-5"}, 206, AUDIO[-5:], "bytes 10235-10239/10240"),
        ({"Range": "bytes=0-9", "If-Range": '"2b1c.mp3"'}, 206, AUDIO[:10], "bytes 0-9/10240"),
        ({"Range": "bytes=0-9", "If-Range": '"other"'}, 200, AUDIO, None),
        ({"Range": "seconds=0-9"}, 200, AUDIO, None),
        ({"Range": "bytes=0-1,5-6"}, 200, AUDIO, None),
        ({"If-None-Match": '"2b1c.mp3"'}, 304, b"", None),
        ({"If-None-Match": '"2b1c.mp3"', "Range": "bytes=0-9"}, 304, b"", None),
    ],
)
def test_parts_of_it_can_be_asked_for(
    client: FlaskClient, headers: dict[str, str], status: int, body: bytes, content_range: str | None
) -> None:
    response = client.get("/media/2b1c.mp3", headers=headers)
    assert (response.status_code, response.data) == (status, body)
    assert response.headers.get("Content-Range") == content_range


def test_a_part_that_is_not_there_is_416(client: FlaskClient) -> None:
    response = client.get("/media/2b1c.mp3", headers={"Range": "bytes=20000-"})
    assert (response.status_code, response.headers["Content-Range"]) == (416, "bytes */10240")


LARGE = 512 << 20


@pytest.fixture
def film(world: World, tmp_path: Path) -> str:
    """The address of a file of half a gigabyte that takes no room."""
    world.publication.large = tmp_path / "3c4d.mp4"
    world.publication.large.touch()
    os.truncate(world.publication.large, LARGE)
    return "/media/3c4d.mp4"


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("HEAD", {}, (200, LARGE, 0)),
        ("GET", {"If-None-Match": '"3c4d.mp4"'}, (304, None, 0)),
        ("GET", {"Range": "bytes=0-0"}, (206, 1, 1)),
        ("GET", {"Range": "bytes=-1"}, (206, 1, 1)),
        ("GET", {"Range": f"bytes={LARGE // 2}-{LARGE // 2 + 99_999}"}, (206, 100_000, 100_000)),
        ("GET", {"Range": f"bytes={LARGE}-"}, (416, None, None)),
        ("GET", {}, (200, LARGE, LARGE)),
    ],
    ids=["head", "304", "first-byte", "last-byte", "middle", "416", "whole"],
)
def test_memory_does_not_follow_the_size_of_a_file(
    client: FlaskClient,
    world: World,
    film: str,
    method: str,
    headers: dict[str, str],
    expected: tuple[int, int | None, int | None],
) -> None:
    client.get("/robots.txt")
    tracemalloc.start()
    try:
        response = client.open(film, method=method, headers=headers, buffered=False)
        received = sum(len(chunk) for chunk in response.response)
        most = tracemalloc.get_traced_memory()[1]
        response.close()
    finally:
        tracemalloc.stop()
    status, length, body = expected
    assert (response.status_code, response.content_length) == (status, length or response.content_length)
    assert received == (body if body is not None else received)
    assert most < 4 << 20
    assert [file.closed for file in world.publication.opened] == [True]


@pytest.mark.parametrize("name", ["none.png", "..%2fsecret", "%2e%2e", ".hidden", "a%00b", "a%0ab", "x" * 300])
def test_a_name_that_is_none_is_404_and_not_looked_for(client: FlaskClient, world: World, name: str) -> None:
    asked = []
    world.publication.media_file = lambda name: asked.append(name)  # type: ignore[method-assign]
    assert client.get(f"/media/{name}").status_code == 404
    assert asked == (["none.png"] if name == "none.png" else [])


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/site.css", "text/css"),
        ("/favicon.svg", "image/svg+xml"),
        ("/favicon.ico", "image/x-icon"),
        ("/robots.txt", "text/plain"),
    ],
)
def test_static_files_have_a_type_and_a_validator(client: FlaskClient, path: str, media_type: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, media_type)
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_robots_may_read_everything(client: FlaskClient) -> None:
    assert client.get("/robots.txt").text == "User-agent: *\nAllow: /\n"
