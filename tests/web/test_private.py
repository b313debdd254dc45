"""Private feeds: who has a token reads them, and nobody else learns even that they are there."""

from __future__ import annotations

import base64
import gzip
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from syndicator.core.decide import withdrawn
from syndicator.errors import FeedError
from syndicator.flows import feeds, tokens
from syndicator.flows.naming import saved
from syndicator.flows.publish import publish
from syndicator.flows.refresh import advance
from syndicator.model import Digest, Feed, Format, Query
from syndicator.web.app import create_app
from tests.flows.world import World, story

DOCUMENTS = ("feed.xml", "rss.xml", "feed.json")


def opened(root: Path) -> World:
    world = World(root)
    world.write("a.md", story(1))
    world.write("b.md", story(2))
    for slug in ("partners", "press"):
        world.ports.store.save_feed(
            Feed(name=f"private/{slug}", title=f"For {slug}", private=True, query=Query(sources=frozenset({"seeds"})))
        )
    world.build()
    return world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = opened(tmp_path)
    yield world
    world.close()


@pytest.fixture
def client(world: World) -> FlaskClient:
    return create_app(world.ports).test_client()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One that tests only ask."""
    world = opened(tmp_path_factory.mktemp("private"))
    yield world
    world.close()


def basic(password: str, name: str = "ann") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("way", ["address", "basic", "bearer"])
def test_a_token_opens_its_feed_in_three_ways(lasting: World, way: str, document: str) -> None:
    client = create_app(lasting.ports).test_client()
    _, secret = tokens.grant(lasting.ports, "partners", "Ann")
    path = f"/private/{secret}/partners/{document}" if way == "address" else f"/private/partners/{document}"
    headers = {"address": {}, "basic": basic(secret), "bearer": bearer(secret)}[way]
    answer = client.get(path, headers=headers)
    assert (answer.status_code, b"Story 1" in answer.data, b"Story 2" in answer.data) == (200, True, True)
    assert answer.headers["Cache-Control"].startswith("private, ")
    assert "Authorization" in answer.headers["Vary"]
    assert secret.encode() not in answer.data
    assert secret not in str(answer.headers)
    again = client.get(path, headers={**headers, "If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, answer.headers["Cache-Control"])
    assert client.post(path, headers=headers).status_code == 405


def shown(world: World, client: FlaskClient) -> dict[str, bytes]:
    """All that anybody can see: every file, and every page and document with its headers."""
    files = world.snapshot()
    found = {path: gzip.decompress(data) if path.endswith(".gz") else data for path, data in files.items()}
    pages = ("/", "/feeds", "/robots.txt", "/sources/seeds", "/articles/story-1", "/articles/story-2")
    for path in (*pages, *(f"/{path}" for path in files if not path.endswith((".gz", ".br")))):
        answer = client.get(path)
        found[path] = answer.data + str(answer.headers).encode()
    return found


ASKED = [
    "/private",
    "/private/",
    "/private/partners",
    "/private/partners/",
    "/private/partners/feed.xml",
    "/private/partners/rss.xml",
    "/private/partners/feed",
    "/private/press/feed.xml",
    "/private/nothing/feed.xml",
    "/private/partners/archives/1/feed.xml",
    f"/private/{'A' * 43}/partners/feed.xml",
    f"/private/{'A' * 43}/nothing/feed.xml",
    "/private/../private/partners/feed.xml",
    "/private/%2e%2e/feed.xml",
    "/private/" + "x/" * 200,
    "/%70rivate/partners/feed.xml",
    "/private//partners/feed.xml",
    "/private/partners%0A/feed.xml",
    "/private/%FF%00/feed.xml",
    f"/private/{'A' * 43}/partners/archives/1/feed.xml",
]
GIVEN = {
    "none": {},
    "wrong": bearer("A" * 43),
    "short": bearer("x"),
    "empty": {"Authorization": ""},
    "wrong password": basic("A" * 43),
    "no password": {"Authorization": "Basic " + base64.b64encode(b"ann").decode()},
    "broken": {"Authorization": "Basic ***"},
    "other scheme": {"Authorization": 'Digest username="ann", response="x"'},
    "conditional": {"If-None-Match": "*"},
    "with a failing condition": {"If-Match": '"x"'},
}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "ODD"])
@pytest.mark.parametrize("headers", GIVEN.values(), ids=GIVEN)
def test_everything_there_answers_the_same_401_without_a_token(
    lasting: World, method: str, headers: dict[str, str]
) -> None:
    client = create_app(lasting.ports).test_client()
    answers = [client.open(path, method=method, headers=headers) for path in ASKED]
    seen = {(a.status, a.data, tuple(sorted((k, v) for k, v in a.headers if k != "Date"))) for a in answers}
    assert len(seen) == 1, seen
    ((status, body, sent),) = seen
    assert status.startswith("401 ")
    assert body == b"" if method == "HEAD" else b"needs a token" in body
    assert ("Cache-Control", "no-store") in sent


def test_a_token_opens_no_other_feed_and_nothing_once_it_ended(world: World, client: FlaskClient) -> None:
    token, secret = tokens.grant(world.ports, "partners", "Ann", world.now() + timedelta(days=1))
    refused = client.get("/private/nothing/feed.xml")
    assert client.get("/private/partners/feed.xml", headers=bearer(secret)).status_code == 200
    for path in ("/private/press/feed.xml", "/private/nothing/feed.xml"):
        answer = client.get(path, headers=bearer(secret))
        assert (answer.status, answer.data) == (refused.status, refused.data)
    world.wait(days=1)
    answer = client.get("/private/partners/feed.xml", headers=bearer(secret))
    assert (answer.status, answer.data) == (refused.status, refused.data)
    lasting, other = tokens.grant(world.ports, "private/partners", "Bob")
    assert client.get("/private/partners/feed.xml", headers=bearer(other)).status_code == 200
    tokens.revoke(world.ports, lasting.id)
    assert client.get("/private/partners/feed.xml", headers=bearer(other)).status_code == 401
    assert {one.id: bool(one.revoked) for one in world.ports.store.tokens("private/partners")} == {
        token.id: False,
        lasting.id: True,
    }


@pytest.mark.parametrize("way", ["address", "basic", "bearer"])
def test_a_former_name_leads_whoever_has_a_token_to_the_feed(world: World, client: FlaskClient, way: str) -> None:
    _, secret = tokens.grant(world.ports, "partners", "Ann")
    world.ports.store.rename_feed("private/partners", "private/friends")
    publish(world.ports)
    root = f"/private/{secret}" if way == "address" else "/private"
    headers = {"address": {}, "basic": basic(secret), "bearer": bearer(secret)}[way]
    moved = client.get(f"{root}/partners/feed.xml", headers=headers)
    assert (moved.status_code, moved.headers["Location"]) == (308, f"{root}/friends/feed.xml")
    assert moved.headers["Cache-Control"].startswith("private, ")
    assert client.get(moved.headers["Location"], headers=headers).status_code == 200
    assert client.get(f"{root}/partners/a%0D%0AX: y", headers=headers).status_code == 404
    assert client.get("/private/partners/feed.xml").status_code == 401
    assert client.get("/friends/feed.xml").status_code == client.get("/partners/feed.xml").status_code == 404
    world.ports.store.remove_feed("private/friends")
    for name in ("partners", "friends"):
        assert client.get(f"{root}/{name}/feed.xml", headers=headers).status_code == 401


def test_all_documents_of_a_feed_with_archives_are_opened(world: World, client: FlaskClient) -> None:
    for number in range(3, 12):
        world.write(f"{number}.md", story(number))
    query = Query(sources=frozenset({"seeds"}))
    slug = "a" * 43  # as long as a token
    feed = Feed(name=f"private/{slug}", title="All", private=True, archives=True, limit=3, query=query)
    world.ports.store.save_feed(feed)
    world.build()
    _, secret = tokens.grant(world.ports, slug, "Ann")
    newest = world.ports.store.archives(feed.name)
    assert newest > 1
    for path in (feed.path(Format.ATOM), f"{feed.archive(1)}/feed.xml", f"{feed.archive(newest)}/feed.json"):
        by_address = path.replace("private/", f"private/{secret}/", 1)
        answers = [client.get(f"/{path}", headers=basic(secret)), client.get(f"/{by_address}")]
        assert [answer.status_code for answer in answers] == [200, 200], path
        assert answers[0].data == answers[1].data
        assert client.get(f"/{path}").status_code == 401
    assert client.get(f"/{feed.archive(newest + 1)}/feed.xml", headers=basic(secret)).status_code == 404
    assert client.get(f"/{feed.name}", headers=basic(secret)).status_code == 404


def test_editions_of_a_private_digest_show_nowhere_else(world: World, client: FlaskClient) -> None:
    digest = Digest(of="partners", hour=14)
    week = feeds.define(world.ports, Feed(name="private/day", title="Hushed day", private=True, digest=digest))
    advance(world.ports)
    world.write("c.md", story(3, date=None))
    world.event("c.md")
    world.wait(days=1)
    advance(world.ports)
    _, secret = tokens.grant(world.ports, "day", "Ann")
    answer = client.get("/private/day/feed.xml", headers=bearer(secret))
    assert (answer.status_code, b"Hushed day, 2026-05-0" in answer.data) == (200, True)
    (edition,) = world.ports.store.select(week.query, 10)
    page, nothing = client.get(f"/articles/{edition.slug}"), client.get("/articles/nothing")
    assert (page.status, page.data) == (nothing.status, nothing.data)
    assert f"/articles/{edition.slug}".encode() not in answer.data
    with world.ports.store.ingest(edition.source) as tx:
        after, kind = withdrawn(edition, world.now())
        assert kind is not None
        tx.save([saved(after, kind, world.now())], [])
    publish(world.ports)
    assert client.get(f"/articles/{edition.slug}").status_code == 404
    assert [path for path, data in shown(world, client).items() if b"ushed" in data or b"private/day" in data] == []


def test_only_private_feeds_have_tokens(world: World) -> None:
    world.ports.store.save_feed(Feed(name="open", title="Open"))
    for name in ("open", "nothing", ""):
        with pytest.raises(FeedError, match="no private feed"):
            tokens.grant(world.ports, name, "Ann")


def test_the_secret_is_nowhere_in_the_store(world: World) -> None:
    _, secret = tokens.grant(world.ports, "partners", "Ann")
    world.ports.store.close()
    data = b"".join(path.read_bytes() for path in (world.root / "var").iterdir())
    assert (secret.encode() in data, b"Ann" in data) == (False, True)


def test_the_last_use_is_noted(world: World, client: FlaskClient) -> None:
    token, _ = tokens.grant(world.ports, "partners", "Ann")
    tokens.used(world.ports, token)
    found = world.ports.store.token(token.id)
    assert found is not None
    assert found.used == world.now()
    first = world.now()
    world.wait(minutes=59)
    tokens.used(world.ports, found)
    assert world.ports.store.token(token.id).used == first  # type: ignore[union-attr]
    world.wait(minutes=1)
    tokens.used(world.ports, found)
    assert world.ports.store.token(token.id).used == world.now()  # type: ignore[union-attr]


def test_nothing_of_a_private_feed_shows_where_it_was_not_asked_for(world: World, client: FlaskClient) -> None:
    found = shown(world, client)
    assert {"sitemap.xml", ".well-known/feeds", "/robots.txt", "/feeds", "/articles/story-1"} <= found.keys()
    assert [path for path in found if "private" in path] == []
    told = (b"For partners", b"/private", b"For press")
    assert [path for path, text in found.items() if any(words in text for words in told)] == []
    assert client.get("/partners").status_code == 404
    assert client.get("/partners/feed.xml").status_code == 404


def test_the_store_has_the_documents_and_repair_leaves_them_there(world: World) -> None:
    publish(world.ports)
    world.build()
    for format in (Format.ATOM, Format.RSS, Format.JSON):
        assert world.ports.store.document(f"private/partners/{format}") is not None
    assert not (world.root / "feeds" / "private").exists()


def test_no_log_tells_a_token(world: World, caplog: pytest.LogCaptureFixture) -> None:
    _, secret = tokens.grant(world.ports, "partners", "Ann")
    client = create_app(world.ports).test_client()
    world.ports.store.close()
    (world.root / "var" / "syndicator.db").write_bytes(b"no database")
    with caplog.at_level(logging.DEBUG):
        assert client.get(f"/private/{secret}/partners/feed.xml").status_code in (500, 503)
    assert caplog.text
    assert secret not in caplog.text
