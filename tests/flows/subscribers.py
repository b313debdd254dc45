"""Subscribers who ask for deltas (RFC 3229) beside others who never do: `python -m tests.flows.subscribers 30`.

An author writes, changes, withdraws and brings back articles, corrects, retracts and kills them, through so many days;
a pair of subscribers polls every feed in every format through the real web app, one with `A-IM: feed` and one without,
and both must hold the same.
"""

from __future__ import annotations

import io
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import feedparser
from flask.testing import FlaskClient
from lxml import etree

from syndicator.flows import past, rulings
from syndicator.flows.publish import compress, publish
from syndicator.model import Feed, Format, Query, Status
from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.flows.walking import NS
from tests.flows.world import World
from tests.flows.writers import article, put, withdraw, written

FORMATS = (Format.ATOM, Format.RSS, Format.JSON)
FEEDS = ("", "plain", "kept")
SOURCE = "wire"
_LIMIT = 4
_OTHERS = re.compile(r'<([^>]*)>; rel="prev-archive"')


@dataclass(frozen=True, slots=True)
class Held:
    """An article as a subscriber has it."""

    title: str
    content: str
    updated: str


@dataclass(slots=True, kw_only=True)
class Subscriber:
    """Someone who reads one document of a feed again and again, its archives too, and keeps what it learns.

    With `deltas` it is content with what is new. `answers` counts its answers by status.
    """

    path: str
    deltas: bool
    etag: str | None = None
    holds: dict[str, Held] = field(default_factory=dict)
    archives: set[str] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    received: int = 0

    def poll(self, client: FlaskClient) -> list[bytes]:
        """Ask for the document; the bodies that came."""
        headers = {"Accept-Encoding": "identity"}
        headers |= {"If-None-Match": self.etag} if self.etag else {}
        headers |= {"A-IM": "feed"} if self.deltas else {}
        answer = client.get(f"/{self.path}", headers=headers)
        self.answers[answer.status_code] += 1
        self.received += len(answer.data)
        if answer.status_code == 304:
            return []
        assert answer.status_code in ((200, 226) if self.deltas else (200,)), answer.status
        assert (answer.headers.get("IM") == "feed") == (answer.status_code == 226)
        self.etag = answer.headers["ETag"]
        older = list(self._older(client, answer.headers.get("Link", "")))
        for body in reversed(older):
            self._read(body, archived=True)
        self._read(answer.data)
        return [answer.data, *older]

    def _older(self, client: FlaskClient, links: str) -> Iterator[bytes]:
        """The archives that are not known yet, newest first (RFC 5005 section 4)."""
        while (found := _OTHERS.search(links)) and found[1] not in self.archives:
            self.archives.add(found[1])
            answer = client.get(found[1].removeprefix("https://news.example"))
            assert answer.status_code == 200
            links = answer.headers["Link"]
            yield answer.data

    def _read(self, body: bytes, *, archived: bool = False) -> None:
        entries, gone = _parsed(body, self.path)
        for id, entry in entries.items():
            held = self.holds.get(id)
            if not (archived and held and held.updated > entry.updated):
                self.holds[id] = entry
        for id, when in gone.items():
            held = self.holds.get(id)
            if held is not None and held.updated <= when:  # RFC 6721 section 3
                del self.holds[id]


@lru_cache(maxsize=64)
def _parsed(body: bytes, path: str) -> tuple[dict[str, Held], dict[str, str]]:
    """The articles of a document by id, and the moments at which others went."""
    if path.endswith(".json"):
        document = json.loads(body)
        deleted = document["_syndicator"].get("deleted", ())
        return {one["id"]: _of_json(one) for one in document["items"]}, {one["id"]: one["when"] for one in deleted}
    parsed = feedparser.parse(io.BytesIO(body))
    assert not parsed.bozo, parsed.get("bozo_exception")
    deleted = etree.fromstring(body).iterfind("at:deleted-entry", NS)
    gone = {one.get("ref", ""): one.get("when", "") for one in deleted}
    return {one.id: _of_entry(one) for one in parsed.entries}, gone


def _of_json(item: dict[str, Any]) -> Held:
    return Held(item["title"], item.get("content_html", item.get("content_text", "")), item["date_modified"])


def _of_entry(entry: Any) -> Held:
    moment = entry.updated_parsed if "updated_parsed" in entry.keys() else entry.published_parsed  # noqa: SIM118
    updated = f"{datetime(*moment[:6], tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Held(entry.title, entry.content[0].value if "content" in entry else entry.summary, updated)


@dataclass(slots=True, kw_only=True)
class Pair:
    """Two subscribers of each document, who poll at the same moments: with deltas and without."""

    client: FlaskClient
    subscribers: list[tuple[Subscriber, Subscriber]] = field(
        default_factory=lambda: [
            (Subscriber(path=path, deltas=True), Subscriber(path=path, deltas=False)) for path in _paths()
        ]
    )


def _paths() -> Iterator[str]:
    for name in FEEDS:
        yield from (f"{name}/{format}" if name else str(format) for format in FORMATS)


class Newsroom:
    """A site with a default feed, one composed feed without archives and one with, and what becomes of its articles.

    The first pair of subscribers is answered from memory, the second one by Flask.
    """

    def __init__(self, root: Path) -> None:
        self.world = World(root, items=_LIMIT)
        query = Query(expression="not tag:never")
        for name in FEEDS[1:]:
            archives = name == "kept"
            self.world.ports.store.save_feed(
                Feed(name=name, title=name.title(), query=query, limit=_LIMIT, archives=archives)
            )
        self.world.ports.store.soil([""])
        publish(self.world.ports)
        apps = (create_app(self.world.ports, WebOptions(memory=memory)) for memory in (1 << 24, 0))
        self.pairs = [Pair(client=app.test_client()) for app in apps]
        self.killed: set[int] = set()
        self.written = 0

    def close(self) -> None:
        self.world.close()

    def write(self) -> None:
        """A new article."""
        self.written += 1
        put(self.world, written(SOURCE, self.written))

    def change(self, number: int, words: int) -> None:
        """Another title, and another text; an article that was withdrawn comes back."""
        if number not in self.killed:
            text = f"<p>{' '.join(f'w{number}x{n}' for n in range(words, words + 30))}</p>"
            put(self.world, written(SOURCE, number, title=f"Story {number}, of {words}", body=text))

    def bring_back(self, number: int) -> None:
        """The article as it was written first."""
        if number not in self.killed:
            put(self.world, written(SOURCE, number))

    def withdraw(self, number: int) -> None:
        withdraw(self.world, SOURCE, number)

    def correct(self, number: int, note: str) -> None:
        """Say what was wrong, at once."""
        found = article(self.world, SOURCE, number)
        if found.status is Status.PUBLISHED:
            rulings.correct(self.world.ports, found, note)

    def retract(self, number: int) -> None:
        found = article(self.world, SOURCE, number)
        if found.status.is_shown:
            rulings.retract(self.world.ports, found, "It was not so.")

    def restore(self, number: int) -> None:
        found = article(self.world, SOURCE, number)
        if found.status.is_shown and found.ruling is not None:
            rulings.restore(self.world.ports, found)

    def kill(self, number: int) -> None:
        self.killed.add(number)
        rulings.kill(self.world.ports, article(self.world, SOURCE, number))

    def publish(self) -> None:
        """What the daemon does, compressing included."""
        publish(self.world.ports)
        compress(self.world.ports)

    def poll(self, pair: Pair) -> None:
        """Both subscribers of each document poll, and must hold the same afterwards; nothing killed is sent."""
        for with_deltas, without in pair.subscribers:
            bodies = with_deltas.poll(pair.client) + without.poll(pair.client)
            assert with_deltas.holds == without.holds, with_deltas.path
            assert with_deltas.etag == without.etag, with_deltas.path
            for number in self.killed:
                assert not any(f"w{number}x".encode() in body for body in bodies), (with_deltas.path, number)

    def remember(self) -> None:
        """Nothing killed is in what documents were."""
        for path in _paths():
            for one in self.world.ports.store.past(path):
                found = past.memento(self.world.ports, path, one.changed)
                assert found is not None
                assert not any(f"w{number}x".encode() in found.body for number in self.killed), path
                assert self.killed or found.etag == one.etag, path


def simulate(room: Newsroom, days: int, seed: int = 1) -> None:
    """So many days: something happens every two hours or so, the pairs poll every hour and now and then."""
    chance = random.Random(seed)
    for hour in range(days * 24):
        room.world.wait(minutes=chance.randint(50, 70))
        for _ in range(chance.choice((0, 0, 1, 1, 2))):
            happen(room, chance)
        if chance.random() < 0.9:
            room.publish()
        room.poll(room.pairs[0])
        if chance.random() < 0.15:
            room.poll(room.pairs[1])
        if hour % 24 == 0:
            past.forget(room.world.ports)
    room.publish()
    for pair in room.pairs:
        room.poll(pair)
    room.remember()


def happen(room: Newsroom, chance: random.Random) -> None:
    """One thing that an author or an editor does."""
    # Mostly to what readers see still.
    number = chance.randint(max(1, room.written - 3 * _LIMIT), max(1, room.written))
    kind = chance.choices(
        ("write", "change", "withdraw", "bring back", "correct", "retract", "restore", "kill"), (8, 6, 3, 2, 2, 1, 1, 1)
    )[0]
    if kind == "write" or not room.written:
        room.write()
    elif kind == "change":
        room.change(number, chance.randint(1, 9))
    elif kind == "withdraw":
        room.withdraw(number)
    elif kind == "bring back":
        room.bring_back(number)
    elif kind == "correct":
        room.correct(number, f"It was {chance.randint(1, 9)}.")
    elif kind == "retract":
        room.retract(number)
    elif kind == "restore":
        room.restore(number)
    else:
        room.kill(number)


def main(days: int, seed: int = 1) -> int:
    """Simulate so many days, and print what was sent."""
    with tempfile.TemporaryDirectory() as folder:
        room = Newsroom(Path(folder))
        simulate(room, days, seed)
        for with_deltas, without in room.pairs[0].subscribers:
            print(
                f"{with_deltas.path:18} {len(with_deltas.holds):4} articles   "
                f"with deltas {with_deltas.received:9} bytes {dict(with_deltas.answers)}   "
                f"without {without.received:9} bytes {dict(without.answers)}"
            )
        print(f"{room.written} articles, {len(room.killed)} of them killed: everybody holds the same")
        room.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3] or ("30",))))
