"""Corrections, retractions and kills on their way out: every document, page, file and row (I9 of the faults)."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syndicator.errors import ArticleError, PublicationError, StoreFull
from syndicator.flows import digests, ingest, rulings
from syndicator.flows.accounting import find
from syndicator.flows.publish import publish
from syndicator.flows.status import status
from syndicator.model import Article, Digest, Feed, Query, RevisionKind, Status
from syndicator.web.app import create_app
from tests.coding import NOT_CODED, SIBLINGS
from tests.flows.test_polling import item, kinds, later, rss, run, subscribe
from tests.flows.world import World, story

MARKER = "Quagga"
"""A word that only the killed article has."""
WORDS = " ".join(f"{MARKER}{n} said and done in {n}" for n in range(40))
FILE = f"""---
title: The {MARKER} title
id: tag:news.example,2026:marked
date: 2020-01-01
author: Ann Lee
tags: [ports]
summary: {MARKER} summary
url: https://example.org/quagga
image:
  url: picture.png
  caption: The {MARKER} caption
enclosure: {MARKER}-file.pdf
related: [A {MARKER} relation]
desk: {MARKER}
---

{WORDS}
"""
ID = "tag:news.example,2026:marked"
PICTURE = bytes.fromhex("89504e470d0a1a0a") + b"a picture"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The marked article in feeds of every kind, and in an archive, corrected once since it was cut."""
    world = World(tmp_path_factory.mktemp("marked"))
    world.ports.store.save_feed(Feed(name="composed", title="Composed", query=Query(tags=frozenset({"ports"}))))
    world.ports.store.save_feed(Feed(name="whole", title="Whole", limit=2, archives=True))
    world.write("picture.png", PICTURE)
    world.write(f"{MARKER}-file.pdf", b"%PDF-1.4 a file")
    world.write("a.md", FILE)
    for n in range(6):
        world.write(f"{n}.md", story(n).replace("date:", "tags: [ports]\nauthor: Ann Lee\ndate:"))
    world.build()
    assert MARKER in gunzipped(world)["whole/archives/1/feed.xml.gz"]
    rulings.correct(world.ports, article(world), f"It was not a {MARKER}")
    world.close()
    return world.root


@pytest.fixture
def marked(site: Path, tmp_path: Path) -> Iterator[World]:
    """A site of one's own, as it is made above."""
    world = World(shutil.copytree(site, tmp_path / "site"))
    yield world
    world.close()


def article(world: World, name: str = ID) -> Article:
    return find(world.ports, name)


def gunzipped(world: World) -> dict[str, str]:
    """Every published file as text, the compressed ones too."""
    return {
        path: SIBLINGS.get(Path(path).suffix, bytes)(body).decode("utf-8", "replace")
        for path, body in world.snapshot().items()
    }


def rows(world: World) -> dict[str, list[str]]:
    """Every row of every table as text."""
    world.ports.store.close()
    found: dict[str, list[str]] = {}
    with sqlite3.connect(world.root / "var/syndicator.db") as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            found[table] = [" ".join(map(_text, row)) for row in connection.execute(f"SELECT * FROM {table}")]
    connection.close()
    return found


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    for unpack in (*SIBLINGS.values(), zlib.decompress):
        try:
            value = unpack(value)
        except NOT_CODED:
            continue
    return value.decode("utf-8", "replace")


def answers(world: World) -> dict[str, str]:
    """What the web answers for every document and page."""
    client = create_app(world.ports).test_client()
    documents = [path for path, _, _ in world.ports.store.documents()]
    pages = ["", "feeds", "tags/ports", "authors/ann-lee", "composed", "whole", "articles/the-quagga-title"]
    found = {}
    for path in [*documents, *pages]:
        response = client.get(f"/{path}")
        found[path] = f"{response.status_code} {response.headers} {response.get_data(as_text=True)}"
    return found


def assert_forgotten(world: World) -> None:
    """Neither files, nor answers, nor rows, nor the bytes of the store tell anything of the marked article."""
    telling = {path for path, text in gunzipped(world).items() if MARKER in path or MARKER in text}
    assert telling == set()
    telling = {path for path, text in answers(world).items() if MARKER in text}
    assert telling == set()
    assert {table for table, lines in rows(world).items() if any(MARKER in line for line in lines)} == set()
    raw = b"".join(path.read_bytes() for path in (world.root / "var").iterdir() if path.is_file())
    assert MARKER.encode() not in raw


def entombed(world: World, feed: str = "", id: str = ID) -> bool:
    """Whether a feed of that name, or an archive of it, tells that the article is gone."""
    names = {f"{feed}/feed.xml".lstrip("/")} | {
        path for path in world.snapshot() if path.startswith(f"{feed}/archives")
    }
    return any(
        f'<at:deleted-entry ref="{id}"' in gunzipped(world)[name]
        for name in names
        if name.endswith("/feed.xml") or name == "feed.xml"
    )


def test_a_killed_article_leaves_a_tombstone_and_no_trace_of_its_text(
    marked: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert MARKER in "".join(answers(marked).values())
    done = rulings.kill(marked.ports, article(marked), "By a court")
    assert done.article.status is Status.KILLED
    assert_forgotten(marked)
    feeds = ("", "tags/ports", "authors/ann-lee", "composed", "whole")
    assert [feed for feed in feeds if not entombed(marked, feed)] == []
    deleted = json.loads(marked.file("feed.json"))["_syndicator"]["deleted"]
    assert [gone["id"] for gone in deleted] == [ID]
    page = create_app(marked.ports).test_client().get("/articles/the-quagga-title")
    assert (page.status_code, "quagga" in page.get_data(as_text=True).lower()) == (410, False)
    assert [path for path in marked.snapshot() if path.startswith("media/")] == []
    assert MARKER not in caplog.text


def test_every_former_state_is_there_without_its_text(marked: World) -> None:
    rulings.kill(marked.ports, article(marked), "By a court")
    history = marked.ports.store.revisions(ID)
    assert [kind for _, kind, _, _ in history] == [RevisionKind.NEW, RevisionKind.CORRECTION, RevisionKind.KILL]
    assert [(state.title, state.body, state.tags) for *_, state in history] == [("", "", ())] * 3
    assert [state.ruling.note if state.ruling else "" for *_, state in history] == ["", "", "By a court"]


def test_its_file_does_not_revive_it_edited_moved_or_left_as_it_is(marked: World) -> None:
    rulings.kill(marked.ports, article(marked))
    assert [path for path, _ in status(marked.ports).notices if path == "a.md"] == ["a.md"]
    for path, text in (
        ("a.md", FILE.replace("summary:", "status: published\nsummary:")),
        ("a.md", FILE.replace(f"title: The {MARKER}", "title: Another").replace(f"{MARKER}1 ", f"{MARKER}1x ")),
        ("b/moved.md", FILE),
        ("b/moved.md", FILE.replace(f"id: {ID}\n", "")),
    ):
        marked.wait(minutes=5)
        (marked.seeds / "a.md").unlink(missing_ok=True)
        marked.write(path, text)
        marked.build()
        assert article(marked).status is Status.KILLED
        assert_forgotten(marked)
    assert len(kinds(marked, ID)) == 3


def test_a_killed_file_that_is_gone_holds_nothing_up(marked: World) -> None:
    rulings.kill(marked.ports, article(marked))
    marked.remove("a.md")
    marked.build()
    marked.wait(minutes=5)
    assert marked.build().withdrawn == 0
    assert (status(marked.ports).missing, article(marked).status) == (0, Status.KILLED)


@pytest.mark.parametrize("how", ["front matter", "first seen so"])
def test_a_file_that_says_killed_kills_as_a_command_does(world: World, how: str) -> None:
    killed = FILE.replace("summary:", "status: killed\nnote: By a court\nsummary:")
    world.write("picture.png", PICTURE)
    world.write("0.md", story(0))
    if how == "front matter":
        world.write("a.md", FILE)
        world.build()
        world.wait(minutes=1)
    world.write("a.md", killed)
    world.build()
    assert_forgotten(world)
    assert entombed(world) is (how == "front matter")
    page = create_app(world.ports).test_client().get("/articles/the-quagga-title")
    assert page.status_code == (410 if how == "front matter" else 404)
    with pytest.raises(ArticleError, match=r"its file a\.md says that it is killed; change that there"):
        rulings.restore(world.ports, article(world))
    world.wait(minutes=1)
    world.write("a.md", FILE)
    world.build()
    assert f"The {MARKER} title" in world.titles()


@pytest.mark.parametrize("where", ["publishing", "files", "storing"])
def test_a_kill_that_was_stopped_on_its_way_is_completed_by_the_next(
    marked: World, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = marked.ports
    with monkeypatch.context() as broken:
        if where == "publishing":
            broken.setattr(ports.store, "publish", _raise(StoreFull("store: no room")))
        elif where == "files":
            broken.setattr(ports.publication, "write", _raise(PublicationError("feeds: no room")))
        else:
            broken.setattr(ports.store, "ingest", _raise(StoreFull("store: no room")))
        with pytest.raises((StoreFull, PublicationError)):
            rulings.kill(ports, article(marked))
    rulings.kill(ports, article(marked))
    assert_forgotten(marked)
    assert entombed(marked)
    assert rulings.kill(ports, article(marked)).documents == ()


def _raise(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_picture_that_another_article_shows_stays(marked: World) -> None:
    marked.write("other.md", "---\ntitle: Other\ndate: 2024-01-01\nimage: picture.png\n---\nIts text.\n")
    marked.build()
    rulings.kill(marked.ports, article(marked))
    assert [Path(path).suffix for path in marked.snapshot() if path.startswith("media/")] == [".png"]


def entry(number: int = 1, **fields: str) -> str:
    fields = {"title": f"The {MARKER} title", "body": f"&lt;p&gt;{WORDS}&lt;/p&gt;"} | fields
    return item(number, **fields)


UP = "https://up.example/feed.xml"
BACK = {
    "as it was": entry(),
    "changed": entry(title=f"Another {MARKER} title", body=f"{MARKER} says something else"),
    "dated anew": entry(date="Fri, 01 May 2026 11:00:00 GMT"),
    "under another id": entry(guid="urn:example:other"),
    "under another id and date": entry(guid="urn:example:other", date="Fri, 01 May 2026 11:00:00 GMT"),
    "without an id": entry(guid=""),
    "twice": entry() + entry(guid="urn:example:other"),
}


@pytest.mark.parametrize("back", BACK.values(), ids=BACK)
def test_upstream_bringing_it_again_does_not_revive_it(world: World, back: str) -> None:
    world.build()
    world.upstreams.put(UP, rss(item(2), entry()))
    subscribe(world)
    run(world)
    killed = article(world, "urn:example:1")
    assert "urn:example:1" in world.ids("sources/up/feed.xml")
    rulings.kill(world.ports, killed)
    world.upstreams.put(UP, rss(item(3), item(2), back))
    later(world)
    later(world)
    assert sorted(world.ids()) == ["urn:example:2", "urn:example:3"]
    assert entombed(world, "sources/up", "urn:example:1")
    assert_forgotten(world)


@pytest.mark.parametrize("first", ["killed first", "copied first"])
def test_a_copy_in_another_source_goes_with_it_and_comes_back_with_it(world: World, first: str) -> None:
    there = "https://there.example/feed.xml"
    world.build()
    world.upstreams.put(UP, rss(item(2), entry()))
    world.upstreams.put(there, rss(entry(7, guid="urn:there:7", link="https://up.example/1?utm_source=x")))
    subscribe(world)
    if first == "copied first":
        subscribe(world, id="there", url=there)
    run(world)
    rulings.kill(world.ports, article(world, "urn:example:1"), "By a court")
    if first == "killed first":
        subscribe(world, id="there", url=there)
    later(world, "there")
    copy = article(world, "urn:there:7")
    assert (copy.status, copy.ruling.note if copy.ruling else "") == (Status.KILLED, "By a court")
    assert world.ids() == ["urn:example:2"]
    assert_forgotten(world)
    rulings.restore(world.ports, copy)
    later(world)
    later(world, "there")
    assert sorted(world.titles()) == ["Story 2", f"The {MARKER} title"]
    assert {article(world, id).status for id in ("urn:example:1", "urn:there:7")} == {Status.PUBLISHED}


def test_a_restored_file_comes_back_at_once_and_is_no_stranger(marked: World) -> None:
    before = marked.feed().entries
    place = [entry.id for entry in before].index(ID)
    rulings.kill(marked.ports, article(marked))
    marked.wait(minutes=1)
    done = rulings.restore(marked.ports, article(marked))
    assert (done.article.status, done.article.ruling) == (Status.PUBLISHED, None)
    assert marked.ids().index(ID) == place
    assert marked.titles()[place] == f"The {MARKER} title"
    assert sorted(Path(p).suffix for p in marked.snapshot() if p.startswith("media/")) == [".pdf", ".png"]
    assert not entombed(marked)


def test_a_retraction_is_shown_everywhere_until_it_is_taken_back(marked: World) -> None:
    rulings.restore(marked.ports, article(marked))
    whole = {path: body for path, body in marked.snapshot().items() if "archives" not in path}
    marked.wait(minutes=1)
    rulings.retract(marked.ports, article(marked), "It never was")
    for path in ("feed.xml", "rss.xml", "tags/ports/feed.xml", "composed/feed.xml", "whole/feed.xml"):
        [found] = [one for one in marked.feed(path).entries if one.id == ID]
        assert (found.title, found.summary) == (f"Retracted: The {MARKER} title", "It never was")
    response = create_app(marked.ports).test_client().get("/articles/the-quagga-title")
    page = response.get_data(as_text=True)
    assert (response.status_code, "noindex" in page, "It never was" in page) == (200, True, True)
    assert f"{MARKER}1 " not in page
    assert [path for path in marked.snapshot() if path.startswith("media/")] == []
    marked.wait(minutes=1)
    rulings.restore(marked.ports, article(marked))
    assert kinds(marked, ID)[-2:] == [RevisionKind.RETRACTION, RevisionKind.RESTORATION]
    media = {path for path in whole if path.startswith("media/")}
    assert {path for path in marked.snapshot() if path.startswith("media/")} == media
    [found] = [one for one in marked.feed().entries if one.id == ID]
    assert (found.title, MARKER in found.summary, found.updated) == (
        f"The {MARKER} title",
        True,
        "2026-05-01T12:02:00Z",
    )


def test_a_correction_is_shown_on_the_page_and_in_the_feeds(marked: World) -> None:
    [found] = [one for one in marked.feed().entries if one.id == ID]
    assert found.content[0].value.startswith(f"<p><strong>Correction:</strong> It was not a {MARKER}</p>")
    page = create_app(marked.ports).test_client().get("/articles/the-quagga-title").get_data(as_text=True)
    assert page.index("Correction:") < page.index(f"{MARKER}1 ")


def test_what_a_command_said_outlives_the_next_reading_and_a_restart(world: World) -> None:
    world.write("a.md", FILE)
    world.build()
    rulings.retract(world.ports, article(world), "It never was")
    world.wait(minutes=1)
    world.write("a.md", FILE.replace("said and done", "done and said"))
    world.reopen()
    world.build()
    assert world.titles() == [f"Retracted: The {MARKER} title"]
    assert "done and said" in article(world).body


def test_a_file_reads_its_own_ruling_when_that_of_a_command_is_taken_back(world: World) -> None:
    world.write("a.md", FILE.replace("summary:", "correction: It was two\nsummary:"))
    world.build()
    rulings.retract(world.ports, article(world), "It never was")
    after = rulings.restore(world.ports, article(world)).article
    assert (after.status, after.ruling.note if after.ruling else "") == (Status.PUBLISHED, "It was two")


WRONG = {
    "correct a retracted one": ("retract", "correct", "it is retracted; restore it before you correct it"),
    "correct a killed one": ("kill", "correct", "it is killed; only what readers see can be corrected"),
    "retract a killed one": ("kill", "retract", "it is killed; only what readers see can be retracted"),
    "restore what nothing was said of": ("", "restore", "nothing is decided about it that could be taken back"),
    "correct without a word": ("", "silent", "a correction says what was wrong; give a note"),
}


@pytest.mark.parametrize(("before", "then", "told"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_decided_is_told(world: World, before: str, then: str, told: str) -> None:
    decide = {
        "correct": lambda one: rulings.correct(world.ports, one, "x"),
        "silent": lambda one: rulings.correct(world.ports, one, " "),
        "retract": lambda one: rulings.retract(world.ports, one),
        "kill": lambda one: rulings.kill(world.ports, one),
        "restore": lambda one: rulings.restore(world.ports, one),
    }
    world.write("a.md", FILE)
    world.build()
    if before:
        decide[before](article(world))
    with pytest.raises(ArticleError, match=told):
        decide[then](article(world))


@pytest.mark.parametrize(
    "name",
    [
        ID,
        "the-quagga-title",
        "a.md",
        "seeds/a.md",
        "https://example.org/quagga",
        "https://news.example/articles/the-quagga-title",
    ],
)
def test_an_article_is_named_by_id_slug_file_or_address(world: World, name: str) -> None:
    world.upstreams.put(UP, rss(item(2)))
    subscribe(world)
    world.write("a.md", FILE)
    world.build()
    run(world)
    assert rulings.kill(world.ports, article(world, name)).article.id == ID
    assert article(world, name).status is Status.KILLED


def test_nothing_else_of_a_feed_moves_when_one_is_killed(world: World) -> None:
    world.write("a.md", FILE)
    for n in range(3):
        world.write(f"{n}.md", story(n))
    world.build()
    entries = {one.id: one for one in world.feed().entries}
    rulings.kill(world.ports, article(world))
    assert {one.id: one for one in world.feed().entries} == {id: one for id, one in entries.items() if id != ID}


def test_a_publication_that_began_before_the_kill_does_not_undo_it(
    marked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has rendered the documents and stores them when all is done."""
    store, held = marked.ports.store, []
    marked.write("late.md", story(9))
    ingest.ingest(marked.ports)
    with monkeypatch.context() as waiting:
        waiting.setattr(store, "publish", lambda *given, **named: held.append((given, named)) or ())
        publish(marked.ports)
    rulings.kill(marked.ports, article(marked))
    for given, named in held:
        store.publish(*given, **named)
    publish(marked.ports)
    assert_forgotten(marked)


COPIES = {
    "without its id": FILE.replace(f"id: {ID}\n", ""),
    "under another id": FILE.replace(f"id: {ID}", "id: urn:example:other"),
    "under another address too": FILE.replace(f"id: {ID}\n", "").replace("org/quagga", "org/other"),
    "with a word of it changed": FILE.replace(f"id: {ID}\n", "").replace("done in 5.", "gone in 5."),
    "years later": FILE.replace(f"id: {ID}\n", "").replace("2020-01-01", "2024-01-01"),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_beside_its_file_goes_with_it_and_comes_back_with_it(marked: World, copy: str) -> None:
    rulings.kill(marked.ports, article(marked), "By a court")
    marked.write("copy.md", copy)
    marked.build()
    assert_forgotten(marked)
    held = article(marked, "copy.md")
    assert (held.status, held.ruling.note if held.ruling else "") == (Status.KILLED, "By a court")
    marked.write("other.md", story(9, title=f"The {MARKER} title"))
    marked.build()
    assert article(marked, "other.md").status is Status.PUBLISHED
    rulings.restore(marked.ports, held)
    assert article(marked).status is article(marked, "copy.md").status is Status.PUBLISHED


HIDDEN = {
    "a draft": "status: draft",
    "held back": "publish_at: 2027-01-01",
    "expired": "expire_at: 2021-01-01",
    "killed where it was first seen": "status: killed",
}


@pytest.mark.parametrize("line", HIDDEN.values(), ids=HIDDEN)
def test_a_copy_that_is_shown_goes_with_one_that_never_was(world: World, line: str) -> None:
    world.upstreams.put(UP, rss(item(2), entry(link="https://example.org/quagga")))
    subscribe(world)
    run(world)
    world.write("a.md", FILE.replace("summary:", f"{line}\nsummary:"))
    world.build()
    rulings.kill(world.ports, article(world, "a.md"))
    assert article(world, "urn:example:1").status is Status.KILLED
    assert_forgotten(world)


def test_a_file_of_which_only_its_status_is_left_is_known_by_what_it_said(world: World) -> None:
    world.write("a.md", FILE)
    world.build()
    world.wait(minutes=1)
    world.write("a.md", f"---\ntitle: Gone\nid: {ID}\nstatus: killed\n---\n")
    world.build()
    world.upstreams.put(UP, rss(item(2), entry(date="Wed, 01 Jan 2020 10:00:00 GMT")))
    subscribe(world)
    run(world)
    assert article(world, "urn:example:1").status is Status.KILLED
    assert_forgotten(world)


def test_a_kill_by_its_file_that_was_stopped_is_completed_by_the_next_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ports.store.save_feed(Feed(name="daily", title="Daily", digest=Digest(of="whole", hour=15)))
    world.ports.store.save_feed(Feed(name="whole", title="Whole"))
    world.write("0.md", story(0))
    world.build()
    world.wait(minutes=1)
    world.write("a.md", FILE)
    world.build()
    world.wait(hours=4)
    world.build()
    assert MARKER in gunzipped(world)["daily/feed.xml"]
    world.write("a.md", FILE.replace("summary:", "status: killed\nsummary:"))
    with monkeypatch.context() as broken:
        broken.setattr(ingest, "tidy", _raise(PublicationError("feeds: no room")))
        with pytest.raises(PublicationError):
            ingest.ingest(world.ports)
    with monkeypatch.context() as broken:
        broken.setattr(digests, "without", _raise(StoreFull("store: no room")))
        with pytest.raises(StoreFull):
            publish(world.ports)
    world.reopen()
    world.build()
    assert_forgotten(world)
    world.upstreams.put(UP, rss(item(2), entry(date="Wed, 01 Jan 2020 10:00:00 GMT")))
    subscribe(world)
    run(world)
    assert_forgotten(world)
