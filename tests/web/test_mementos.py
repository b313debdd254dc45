"""What feeds were, over HTTP (RFC 7089): the way to a past state, the state, the list of all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
from flask.testing import FlaskClient

from syndicator.flows import rulings
from syndicator.flows.publish import publish
from syndicator.model import Feed, Format, Query, utc
from syndicator.store import tables
from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.flows.world import World
from tests.flows.writers import article, put, written

BASE = "https://news.example"
MOMENTS = (utc(2026, 5, 1, 12, 10), utc(2026, 5, 1, 12, 20), utc(2026, 5, 1, 12, 30), utc(2026, 5, 1, 12, 40))
DATES = tuple(f"Fri, 01 May 2026 12:{minute}:00 GMT" for minute in (10, 20, 30, 40))
STATES = tuple(f"{BASE}/mementos/202605011{minute}00/feed.xml" for minute in (210, 220, 230, 240))
_LINK = re.compile(r'<([^>]*)>((?:;\s*[a-z]+="[^"]*")*)')
_PARAMETER = re.compile(r'([a-z]+)="([^"]*)"')
_EVERYTHING = Query(expression="not tag:never")


def filled(root: Path) -> World:
    """Four articles, published one after the other: everywhere, in a feed with archives, and in a private one."""
    world = World(root)
    for name in ("kept", "private/board"):
        feed = Feed(name=name, title=name, query=_EVERYTHING, limit=1, archives=name == "kept")
        world.ports.store.save_feed(replace(feed, private=name.startswith("private/")))
    for number in range(1, 5):
        world.wait(minutes=10)
        put(world, written("wire", number))
        publish(world.ports)
    world.wait(minutes=10)
    return world


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A site that no test changes."""
    world = filled(tmp_path_factory.mktemp("site"))
    yield world
    world.close()


@pytest.fixture(scope="module", params=[0, 1 << 24], ids=["by Flask", "from memory"])
def client(still: World, request: pytest.FixtureRequest) -> FlaskClient:
    return create_app(still.ports, WebOptions(memory=request.param)).test_client()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The same, to be changed."""
    world = filled(tmp_path)
    yield world
    world.close()


def links(value: str) -> dict[str, tuple[str, dict[str, str]]]:
    """The address and the other parameters of each relation of a Link field or a TimeMap."""
    found = {}
    for address, parameters in _LINK.findall(value):
        known = dict(_PARAMETER.findall(parameters))
        for relation in known.pop("rel").split():
            found.setdefault(relation, (address, known))
    return found


def local(address: str) -> str:
    return address.removeprefix(BASE)


class TestTheWayToAState:
    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            pytest.param("Fri, 01 May 2026 12:10:00 GMT", 0, id="when it began"),
            pytest.param("Fri, 01 May 2026 12:19:59 GMT", 0, id="as long as it lasted"),
            pytest.param("Fri, 01 May 2026 12:20:00 GMT", 1, id="when the next one began"),
            pytest.param("Fri, 01 May 2026 14:25:00 +0200", 1, id="in another zone"),
            pytest.param("Sun, 06 Nov 1994 08:49:37 GMT", 0, id="before the first one"),
            pytest.param("Sat, 01 May 2027 12:00:00 GMT", 3, id="in the future"),
        ],
    )
    def test_leads_to_the_one_in_force(self, client: FlaskClient, asked: str, expected: int) -> None:
        answer = client.get("/feed.xml", headers={"Accept-Datetime": asked})

        assert (answer.status_code, answer.headers["Location"]) == (302, STATES[expected])
        assert "accept-datetime" in answer.headers["Vary"].lower()
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Memento-Datetime" not in answer.headers
        found = links(answer.headers["Link"])
        assert found["original"][0] == found["timegate"][0] == f"{BASE}/feed.xml"
        assert found["timemap"] == (f"{BASE}/timemaps/feed.xml", {"type": "application/link-format"})
        assert found["first"] == (STATES[0], {"datetime": DATES[0]})
        assert found["last"] == (STATES[3], {"datetime": DATES[3]})

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_is_shown_to_whoever_asks_for_the_head(self, client: FlaskClient, method: str) -> None:
        answer = client.open("/rss.xml", method=method, headers={"Accept-Datetime": DATES[1]})

        assert answer.status_code == 302
        assert answer.headers["Location"] == f"{BASE}/mementos/20260501122000/rss.xml"
        assert bool(answer.data) == (method == "GET")

    def test_is_none_of_conditions_on_what_is_now(self, client: FlaskClient) -> None:
        now = client.get("/feed.xml").headers["ETag"]

        answer = client.get("/feed.xml", headers={"Accept-Datetime": DATES[1], "If-None-Match": now})

        assert answer.status_code == 302

    @pytest.mark.parametrize("asked", ["", "yesterday", "2026-05-01T12:20:00Z", "Fri, 99 May 2026 12:20:00 GMT"])
    def test_starts_with_a_date(self, client: FlaskClient, asked: str) -> None:
        assert client.get("/feed.xml", headers={"Accept-Datetime": asked}).status_code == 400

    def test_is_told_of_by_the_document(self, client: FlaskClient) -> None:
        answer = client.get("/feed.xml")

        assert answer.status_code == 200
        assert "Accept-Datetime" in answer.headers["Vary"]
        found = links(answer.headers["Link"])
        assert found["timegate"][0] == f"{BASE}/feed.xml"
        assert found["timemap"][0] == f"{BASE}/timemaps/feed.xml"

    @pytest.mark.parametrize("path", ["kept/archives/1/feed.xml", ".well-known/feeds", "feed.css"])
    def test_is_not_there_where_nothing_changes(self, client: FlaskClient, path: str) -> None:
        answer = client.get(f"/{path}", headers={"Accept-Datetime": DATES[1]})

        assert answer.status_code == 200
        assert "accept-datetime" not in answer.headers.get("Vary", "").lower()

    def test_is_not_there_without_history(self, still: World) -> None:
        ports = replace(still.ports, policy=replace(still.policy, history=timedelta(0)))
        client = create_app(ports).test_client()

        answer = client.get("/feed.xml", headers={"Accept-Datetime": DATES[1]})

        assert answer.status_code == 200
        assert "Accept-Datetime" not in answer.headers["Vary"]
        assert client.get(local(STATES[1])).status_code == 404
        assert client.get("/timemaps/feed.xml").status_code == 404

    @pytest.mark.parametrize("memory", [0, 1 << 24])
    def test_is_not_there_before_a_state_is_kept(self, world: World, memory: int) -> None:
        client = create_app(world.ports, WebOptions(memory=memory)).test_client()
        with world.ports.store.database.write() as connection:  # type: ignore[attr-defined]
            connection.execute(tables.past.delete())

        answer = client.get("/feed.xml", headers={"Accept-Datetime": DATES[1]})

        assert answer.status_code == 200
        assert client.get("/timemaps/feed.xml").status_code == 404


class TestAState:
    @pytest.mark.parametrize("path", [*Format][:3], ids=str)
    def test_is_the_document_as_it_was(self, still: World, client: FlaskClient, path: str) -> None:
        type = client.get(f"/{path}").headers["Content-Type"]

        answer = client.get(f"/mementos/20260501122000/{path}")

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == type
        assert answer.headers["ETag"] == f'"{still.ports.store.past(path)[1].etag}"'
        assert b"Story 2" in answer.data
        assert b"Story 3" not in answer.data

    def test_says_what_it_is(self, client: FlaskClient) -> None:
        answer = client.get(local(STATES[1]))

        assert answer.headers["Memento-Datetime"] == DATES[1]
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "Last-Modified" not in answer.headers  # a kill would be missed
        assert "accept-datetime" not in answer.headers["Vary"].lower()
        found = links(answer.headers["Link"])
        assert found["original"][0] == found["timegate"][0] == f"{BASE}/feed.xml"
        assert found["timemap"][0] == f"{BASE}/timemaps/feed.xml"

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            (0, {"first": 0, "next": 1, "last": 3}),
            (1, {"first": 0, "prev": 0, "next": 2, "last": 3}),
            (2, {"first": 0, "prev": 1, "next": 3, "last": 3}),
            (3, {"first": 0, "prev": 2, "last": 3}),
        ],
        ids=["the first", "the second", "the third", "the last"],
    )
    def test_leads_to_the_others(self, client: FlaskClient, state: int, expected: dict[str, int]) -> None:
        found = links(client.get(local(STATES[state])).headers["Link"])

        relations = {name: found[name] for name in ("first", "prev", "next", "last") if name in found}
        assert relations == {name: (STATES[at], {"datetime": DATES[at]}) for name, at in expected.items()}

    def test_links_to_each_of_them_once(self, client: FlaskClient) -> None:
        for state in STATES:
            value = client.get(local(state)).headers["Link"]
            addresses = [address for address, _ in _LINK.findall(value)]
            assert len(addresses) == len(set(addresses)), value

    def test_is_not_sent_to_whoever_has_it(self, client: FlaskClient) -> None:
        first = client.get(local(STATES[1]), headers={"Accept-Encoding": "br"})
        tag = first.headers["ETag"]

        answer = client.get(local(STATES[1]), headers={"Accept-Encoding": "br", "If-None-Match": tag})

        assert answer.status_code == 304
        assert answer.headers["Memento-Datetime"] == DATES[1]
        assert answer.data == b""

    def test_is_sent_compressed(self, client: FlaskClient) -> None:
        plain = client.get(local(STATES[3])).data
        answer = client.get(local(STATES[3]), headers={"Accept-Encoding": "gzip, br"})

        assert answer.headers["Content-Encoding"] in ("gzip", "br")
        assert len(answer.data) < len(plain)
        if answer.headers["Content-Encoding"] == "br":
            assert brotli.decompress(answer.data) == plain

    def test_has_a_head(self, client: FlaskClient) -> None:
        answer = client.head(local(STATES[1]))

        assert (answer.status_code, answer.data) == (200, b"")
        assert int(answer.headers["Content-Length"]) == len(client.get(local(STATES[1])).data)

    def test_cannot_be_written_to(self, client: FlaskClient) -> None:
        assert client.post(local(STATES[1])).status_code == 405

    def test_leads_through_its_own_archives(self, client: FlaskClient) -> None:
        document = json.loads(client.get("/mementos/20260501122000/kept/feed.json").data)

        assert document["next_url"] == f"{BASE}/kept/archives/1/feed.json"

    @pytest.mark.parametrize("memory", [0, 1 << 24])
    def test_shows_nothing_that_was_killed_since(self, world: World, memory: int) -> None:
        client = create_app(world.ports, WebOptions(memory=memory)).test_client()
        before = client.get(local(STATES[2]))
        assert b"w2x0" in before.data

        rulings.kill(world.ports, article(world, "wire", 2))
        answer = client.get(local(STATES[2]), headers={"If-None-Match": before.headers["ETag"]})

        assert answer.status_code == 200
        assert b"w2x0" not in answer.data
        assert b"Story 2" not in answer.data
        assert b"Story 1" in answer.data

    @pytest.mark.parametrize(
        "path",
        [
            pytest.param("20260501122001/feed.xml", id="a moment at which nothing changed"),
            pytest.param("20260501122000/nothing/feed.xml", id="no feed"),
            pytest.param("20260501122000/kept/archives/1/feed.xml", id="an archive"),
            pytest.param("20260501122000/.well-known/feeds", id="no feed's document"),
            pytest.param("20260501122000/private/board/feed.xml", id="a private feed"),
            pytest.param("20260501122000/private/nothing/feed.xml", id="a private feed that is not there"),
            pytest.param("20261301122000/feed.xml", id="no month"),
            pytest.param("2026050112200/feed.xml", id="too few digits"),
            pytest.param("202605011220000/feed.xml", id="too many digits"),
            pytest.param("２０２６0501122000/feed.xml", id="other digits"),
            pytest.param("20260501122000/", id="no document"),
            pytest.param("20260501122000", id="no path"),
            pytest.param("20260501122000/../feed.xml", id="dots"),
            pytest.param("20260501122000/feed.xml%00", id="a zero"),
        ],
    )
    def test_is_not_found_at(self, client: FlaskClient, path: str) -> None:
        assert client.get(f"/mementos/{path}").status_code == 404

    @pytest.mark.parametrize("memory", [0, 1 << 24])
    def test_of_what_was_removed_is_gone_as_well(self, world: World, memory: int) -> None:
        client = create_app(world.ports, WebOptions(memory=memory)).test_client()
        state = "/mementos/20260501122000/kept/feed.xml"
        assert client.get(state).status_code == 200
        world.ports.store.remove_feed("kept")
        publish(world.ports)

        assert [client.get(path).status_code for path in (state, "/timemaps/kept/feed.xml")] == [410, 410]
        assert client.get("/kept/feed.xml", headers={"Accept-Datetime": DATES[1]}).status_code == 410


class TestTheListOfStates:
    def test_has_every_one(self, client: FlaskClient) -> None:
        answer = client.get("/timemaps/feed.xml")

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/link-format; charset=utf-8"
        lines = [_LINK.fullmatch(line) for line in answer.get_data(as_text=True).rstrip("\n").split(",\n")]
        found = [(line[1], dict(_PARAMETER.findall(line[2]))) for line in lines if line]
        assert found == [
            (f"{BASE}/feed.xml", {"rel": "original timegate"}),
            (
                f"{BASE}/timemaps/feed.xml",
                {"rel": "self", "type": "application/link-format", "from": DATES[0], "until": DATES[3]},
            ),
            (STATES[0], {"rel": "first memento", "datetime": DATES[0]}),
            (STATES[1], {"rel": "memento", "datetime": DATES[1]}),
            (STATES[2], {"rel": "memento", "datetime": DATES[2]}),
            (STATES[3], {"rel": "last memento", "datetime": DATES[3]}),
        ]

    def test_leads_to_states_that_are_there(self, client: FlaskClient) -> None:
        body = client.get("/timemaps/kept/rss.xml").get_data(as_text=True)
        addresses = [address for address, _ in _LINK.findall(body) if "/mementos/" in address]

        assert len(addresses) == 4
        assert [client.get(local(address)).status_code for address in addresses] == [200] * 4

    def test_has_one_that_is_first_and_last(self, tmp_path: Path) -> None:
        world = World(tmp_path)
        put(world, written("wire", 1))
        publish(world.ports)
        client = create_app(world.ports).test_client()

        found = links(client.get("/timemaps/feed.xml").get_data(as_text=True))

        assert found["first"] == found["last"] == found["memento"]
        world.close()

    def test_is_not_sent_to_whoever_has_it(self, client: FlaskClient) -> None:
        tag = client.get("/timemaps/feed.xml").headers["ETag"]

        assert client.get("/timemaps/feed.xml", headers={"If-None-Match": tag}).status_code == 304

    @pytest.mark.parametrize(
        "path",
        [
            "nothing/feed.xml",
            "private/board/feed.xml",
            "private/nothing/feed.xml",
            "kept/archives/1/feed.xml",
            "opml.xml",
        ],
    )
    def test_is_not_found_for(self, client: FlaskClient, path: str) -> None:
        assert client.get(f"/timemaps/{path}").status_code == 404


def test_nobody_learns_of_a_private_feed(client: FlaskClient) -> None:
    there = client.get("/private/board/feed.xml", headers={"Accept-Datetime": DATES[1]})
    not_there = client.get("/private/nothing/feed.xml", headers={"Accept-Datetime": DATES[1]})

    assert (there.status_code, there.data) == (not_there.status_code, not_there.data)
    assert there.status_code == 401
