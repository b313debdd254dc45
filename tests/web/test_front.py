"""What stands before Flask: what it notes, what it may remember, and deltas, on both roads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syndicator.flows import tokens
from syndicator.flows.publish import publish
from syndicator.model import Feed, Query
from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.flows.world import World
from tests.flows.writers import put, written
from tests.web.asking import CLIENT, Got, ask

MEMORY = 1 << 24


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Four articles, published one after the other, for everybody and in a private feed."""
    made = World(tmp_path_factory.mktemp("site"))
    made.ports.store.save_feed(
        Feed(name="private/board", title="Board", query=Query(expression="not tag:never"), private=True)
    )
    for number in range(1, 5):
        made.wait(minutes=10)
        put(made, written("wire", number))
        publish(made.ports)
    made.wait(minutes=10)
    yield made
    made.close()


@pytest.fixture(params=[0, MEMORY], ids=["by Flask", "from memory"])
def app(world: World, request: pytest.FixtureRequest) -> Any:
    return create_app(world.ports, WebOptions(memory=request.param)).wsgi_app


@pytest.mark.parametrize("memory", [0, MEMORY], ids=["by Flask", "from memory"])
@pytest.mark.parametrize(
    ("path", "document", "status"),
    [
        ("feed.xml", "feed.xml", 200),
        (".well-known/feeds", ".well-known/feeds", 200),
        ("feed.css", "", 200),
        ("favicon.svg", "", 200),
        ("", "", 200),
        ("feed", "", 308),
        ("missing.xml", "", 404),
        ("private/board/feed.xml", "", 401),
    ],
)
def test_only_documents_are_noted_by_name(world: World, memory: int, path: str, document: str, status: int) -> None:
    notes: list[Any] = []
    app = create_app(world.ports, WebOptions(memory=memory), notes.append).wsgi_app
    for _ in range(2):
        got = ask(app, "GET", f"/{path}", headers={"User-Agent": "Reader/1.0"})
        assert notes.pop() == (document, status, len(got.body), CLIENT, "Reader/1.0")


def test_a_clock_that_is_put_back_gives_no_date_to_come(world: World) -> None:
    time = [world.time]
    ports = replace(world.ports, now=lambda: time[0])
    plain, layered = (create_app(ports, WebOptions(memory=memory)).wsgi_app for memory in (0, MEMORY))
    assert "Last-Modified" in ask(layered, "GET", "/feed.xml").headers
    time[0] -= timedelta(days=1)
    got = ask(layered, "GET", "/feed.xml")
    assert "Last-Modified" not in got.headers
    assert got == ask(plain, "GET", "/feed.xml")


def test_what_changes_more_often_than_once_a_second_is_ready_too(world: World) -> None:
    time = [world.time - timedelta(days=1)]
    ports = replace(world.ports, now=lambda: time[0])
    app: Any = create_app(ports, WebOptions(memory=MEMORY)).wsgi_app
    for dated in (False, True):
        first = ask(app, "GET", "/feed.xml")
        assert ("Last-Modified" in first.headers) is dated
        status, headers, body = app.at_once(environ("/feed.xml"))
        assert (status, dict(headers), body) == (first.code, dict(first.headers), first.body)
        time[0] += timedelta(days=1)


def test_names_of_hosts_are_remembered_only_within_bounds(world: World) -> None:
    app = create_app(world.ports, WebOptions(memory=MEMORY)).wsgi_app
    for number in range(2100):
        name = f"{number}.example" if number % 3 else f"{number}.{'a' * 60_000}"
        assert ask(app, "GET", "/feed.css", headers={"Host": name}).code == 200
    assert 0 < sum(len(name) for name in app._hosts) < 1000 * 400  # type: ignore[attr-defined]


def test_of_several_copies_the_oldest_is_the_base_of_a_delta(world: World, app: Any) -> None:
    first, second, third, _ = (past.etag for past in world.ports.store.past("feed.xml"))

    def delta(tags: str) -> Got:
        return ask(app, "GET", "/feed.xml", headers={"A-IM": "feed", "If-None-Match": tags})

    for tags in (f'"{third}", "{second}"', f'"nothing", "{second}", W/"{third}-gz"'):
        got = delta(tags)
        assert (got.code, got.headers["Delta-Base"]) == (226, f'"{second}"')
        assert got.body == delta(f'"{second}"').body
        assert [f"Story {number}".encode() in got.body for number in range(1, 5)] == [False, False, True, True]
    assert delta(f'"{third}", W/"{first}-br"').headers["Delta-Base"] == f'"{first}-br"'


def test_a_private_feed_has_deltas_for_its_readers_only(world: World, app: Any) -> None:
    _, secret = tokens.grant(world.ports, "board", "Ann")
    path = "private/board/feed.xml"
    asking = {"A-IM": "feed", "If-None-Match": f'"{world.ports.store.past(path)[1].etag}"'}

    got = ask(app, "GET", f"/private/{secret}/board/feed.xml", headers=asking)

    assert (got.code, got.headers["IM"]) == (226, "feed")
    assert got.headers["Cache-Control"].startswith("private, no-store, im, max-age=")
    assert "Authorization" in got.headers["Vary"]
    assert "Access-Control-Allow-Origin" not in got.headers
    assert ask(app, "GET", f"/{path}", headers=asking).code == 401


@pytest.mark.parametrize(
    ("agent", "status"),
    [("newsboat/2.30.1 (Linux)", 226), ("feedparser/6.0.12 +https://github.com/kurtmckee/feedparser/", 200)],
)
def test_who_takes_a_delta_for_an_error_gets_the_whole(world: World, app: Any, agent: str, status: int) -> None:
    first, *_ = world.ports.store.past("feed.xml")
    headers = {"A-IM": "feed", "If-None-Match": f'"{first.etag}"', "User-Agent": agent}
    for _ in range(2):
        assert ask(app, "GET", "/feed.xml", headers=headers).code == status


def test_only_what_is_ready_is_answered_at_once(world: World) -> None:
    app: Any = create_app(world.ports, WebOptions(memory=MEMORY)).wsgi_app
    paths = ("/feed.xml", "/feed.css", "/", "/missing.xml", "/private/board/feed.xml")

    def ready() -> list[str]:
        return [path for path in paths if app.at_once(environ(path))]

    assert ready() == []
    bodies = {path: ask(app, "GET", path).body for path in paths}
    assert ready() == ["/feed.xml", "/feed.css"]
    assert app.at_once(environ("/feed.xml"))[2] == bodies["/feed.xml"]
    assert app.at_once(environ("/feed.xml") | {"HTTP_ACCEPT_DATETIME": "Sun, 22 Nov 2026 10:00:00 GMT"}) is None
    assert app.at_once(environ("/feed.xml") | {"HTTP_HOST": "another.example"}) is None
    assert app.at_once(environ("/feed.xml") | {"PATH_INFO": "-feed.xml"}) is None


def test_what_may_have_changed_is_not_ready(world: World) -> None:
    app: Any = create_app(world.ports, WebOptions(memory=MEMORY)).wsgi_app
    ask(app, "GET", "/feed.xml")
    assert app.at_once(environ("/feed.xml")) is not None
    put(world, written("wire", 5))
    publish(world.ports)
    assert app.at_once(environ("/feed.xml")) is None
    newest = ask(app, "GET", "/feed.xml").body
    assert app.at_once(environ("/feed.xml"))[2] == newest


def environ(path: str) -> dict[str, Any]:
    """What a server makes of a GET that `ask` would send, too."""
    seen: list[dict[str, Any]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ)
        start_response("204 No Content", [])
        return []

    ask(app, "GET", path)
    return seen[0]
