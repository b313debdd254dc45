"""What the header of a feed says is what its document says, from the current one to the first archive."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from syndicator.flows.publish import publish
from syndicator.model import Feed, Format
from syndicator.web.app import create_app
from tests.flows.world import World, story

ATOM = "{http://www.w3.org/2005/Atom}"
CHAIN = ("self", "prev-archive", "current")
FEEDS = [
    Feed(name="plain", title="Plain", limit=3),
    Feed(name="whole", title="Whole", limit=3, archives=True),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    world = World(Path(tmp_path_factory.mktemp("chain")), default_archives=True, items=5)
    for number in range(1, 14):
        world.write(f"{number}.md", story(number))
    for feed in FEEDS:
        world.ports.store.save_feed(feed)
    world.build()
    publish(world.ports)
    yield create_app(world.ports).test_client()
    world.close()


def said(response: TestResponse) -> dict[str, str]:
    """Relation and address of those links in the header that place the document among others."""
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"', response.headers["Link"])
    return {rel: address for address, rel in found if rel in CHAIN}


def written(response: TestResponse, format: Format) -> dict[str, str]:
    """The same of the document."""
    if format is Format.JSON:
        feed = json.loads(response.data)
        ours = next((value for key, value in feed.items() if key.startswith("_") and "current" in value), {})
        found = {"self": feed["feed_url"], "prev-archive": feed.get("next_url"), "current": ours.get("current")}
        return {rel: address for rel, address in found.items() if address}
    root = etree.fromstring(response.data)
    links = root.findall(f"{ATOM}link") if format is Format.ATOM else root.findall(f"channel/{ATOM}link")
    return {link.get("rel", ""): link.get("href", "") for link in links if link.get("rel") in CHAIN}


@pytest.mark.parametrize("format", [Format.ATOM, Format.RSS, Format.JSON])
@pytest.mark.parametrize(("name", "archives"), [("", 1), ("plain", 0), ("whole", 3)], ids=["all", "plain", "whole"])
def test_header_and_document_tell_the_same_way_through_the_archives(
    client: FlaskClient, name: str, archives: int, format: Format
) -> None:
    path: str | None = f"/{name}/{format}" if name else f"/{format}"
    walked = []
    while path:
        response = client.get(path)
        assert response.status_code == 200
        links = said(response)
        assert links == written(response, format)
        assert links["self"] == f"https://news.example{path}"
        walked.append(path)
        path = links.get("prev-archive", "").removeprefix("https://news.example") or None
    folder = f"/{name}" if name else ""
    behind = [f"{folder}/archives/{number}/{format}" for number in range(archives, 0, -1)]
    assert walked == [f"{folder}/{format}", *behind]


def test_the_pages_of_the_default_feed_go_on_behind_its_current_document(client: FlaskClient) -> None:
    titles: list[str] = re.findall(r'<h3[^>]*><a href="/articles/([^"]*)"', client.get("/").text)
    assert titles == [f"story-{number}" for number in range(13, 0, -1)]
