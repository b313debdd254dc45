"""From the folder to the feeds: which, when, in what order, with which bytes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from syndicator.flows.ingest import ingest
from syndicator.flows.publish import publish
from syndicator.flows.refresh import advance
from syndicator.flows.removals import transition
from syndicator.flows.status import status
from syndicator.model import utc
from syndicator.ports import Policy
from tests.conftest import shared
from tests.flows.world import World, story


def test_an_empty_folder_gives_valid_empty_feeds_dated_by_the_store(world: World) -> None:
    world.build()
    assert (world.titles(), world.titles("rss.xml")) == ([], [])
    assert world.feed().feed.updated == "2026-05-01T12:00:00Z"
    assert json.loads(world.file("feed.json"))["items"] == []


def test_an_article_is_in_the_default_feed_and_those_of_its_tags_and_authors(world: World) -> None:
    world.write("politics/a.md", "---\ntitle: A\ntags: [Minsk]\nauthor: Ann Lee\ndate: 2024-01-01\n---\nText here.\n")
    world.build()
    paths = {"feed.xml", "tags/minsk/feed.xml", "tags/politics/feed.xml", "authors/ann-lee/feed.xml"}
    assert {path for path in world.snapshot() if path.endswith("feed.xml")} == paths
    assert [world.titles(path) for path in sorted(paths)] == [["A"]] * 4
    assert set(world.snapshot()) >= {"feed.xml.gz", "feed.xml.br", "rss.xml", "feed.json", "tags/minsk/rss.xml"}


def test_what_was_there_first_is_ordered_by_date_and_what_comes_later_is_on_top(world: World) -> None:
    for n in (3, 1, 2):
        world.write(f"{n}.md", story(n))
    world.build()
    assert world.titles() == ["Story 3", "Story 2", "Story 1"]
    world.wait(minutes=1)
    world.write("late.md", story(9, title="An old story found late", date="1999-01-01"))
    world.event("late.md")
    assert world.titles() == ["An old story found late", "Story 3", "Story 2", "Story 1"]


def test_a_feed_shows_fifty(world: World) -> None:
    for n in range(60):
        world.write(f"{n}.md", story(n, date=f"2023-{n // 28 + 1:02}-{n % 28 + 1:02}"))
    world.build()
    assert len(world.ids()) == 50
    assert world.titles()[0] == "Story 59"


def test_an_embargo_and_an_expiry_are_kept_to_the_second(world: World) -> None:
    world.write(
        "a.md", "---\ntitle: A\npublish_at: 2026-05-01T13:00:00Z\nexpire_at: 2026-05-01T14:00:00Z\n---\nText.\n"
    )
    world.write("b.md", story(1, title="B"))
    world.build()
    shown = {}
    for time in [(12, 59, 59), (13, 0, 0), (13, 59, 59), (14, 0, 0)]:
        world.time = utc(2026, 5, 1, *time)
        transition(world.ports)
        publish(world.ports)
        shown[time] = sorted(world.titles())
    assert shown == {(12, 59, 59): ["B"], (13, 0, 0): ["A", "B"], (13, 59, 59): ["A", "B"], (14, 0, 0): ["B"]}
    assert b'when="2026-05-01T14:00:00Z"' in world.file()


def test_a_draft_is_in_no_output(world: World) -> None:
    world.write("a.md", "---\ntitle: Secret\ndraft: true\ntags: [hush]\n---\nNot yet.\n")
    world.build()
    assert not any(b"Secret" in body or b"hush" in body for body in world.snapshot().values())


def test_a_bad_file_leaves_its_last_good_version_published(world: World) -> None:
    world.write("a.md", story(1, title="Good"))
    world.build()
    world.write("a.md", "---\ntitle: [unclosed\n---\nText.\n")
    report = world.build()
    assert [(p.path, p.line is not None) for p in report.problems] == [("a.md", True)]
    assert world.titles() == ["Good"]
    world.write("a.md", story(1, title="Good again"))
    assert world.build().problems == ()
    assert world.titles() == ["Good again"]


def test_a_file_that_only_a_scan_sees_must_rest_for_two_seconds(world: World) -> None:
    world.time = utc(2099, 1, 1)
    world.write("a.md", story(1))
    stat = (world.seeds / "a.md").stat()
    world.time = utc(1970, 1, 1).fromtimestamp(stat.st_mtime + 1, tz=utc(1970, 1, 1).tzinfo)
    report = ingest(world.ports, settled=False)
    assert (report.recheck, report.read) == (frozenset({"a.md"}), 0)
    world.wait(seconds=2)
    report = ingest(world.ports, report.recheck, settled=False)
    assert (report.recheck, report.published) == (frozenset(), 1)


def test_a_picture_beside_the_article_is_published_with_it(world: World) -> None:
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000003000000020802000000129516be"
        "0000000c49444154789c6360606000000004000127090d0d0000000049454e44ae426082"
    )
    world.write("pic.png", png)
    world.write("a.md", "---\ntitle: A\nimage: pic.png\ndate: 2024-01-01\n---\nText ![p](pic.png) here.\n")
    world.build()
    (media,) = [path for path in world.snapshot() if path.startswith("media/")]
    assert world.file(media) == png
    item = json.loads(world.file("feed.json"))["items"][0]
    assert item["image"] == f"https://news.example/{media}"
    assert f'src="https://news.example/{media}"' in item["content_html"]


def test_a_picture_that_comes_after_its_article_is_found(world: World) -> None:
    world.write("a.md", "---\ntitle: A\ndate: 2024-01-01\n---\nText ![p](pic.gif) here.\n")
    world.build()
    world.write("pic.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;")
    world.event("pic.gif")
    assert "https://news.example/media/" in json.loads(world.file("feed.json"))["items"][0]["content_html"]


def test_a_tag_that_nobody_uses_any_more_is_gone(world: World) -> None:
    world.write("a.md", "---\ntitle: A\ntags: [old]\ndate: 2024-01-01\n---\nText.\n")
    world.build()
    world.write("a.md", "---\ntitle: A\ntags: [new]\ndate: 2024-01-01\n---\nText.\n")
    world.build()
    assert {path for path in world.snapshot() if path.endswith("feed.xml")} == {"feed.xml", "tags/new/feed.xml"}
    document = world.ports.store.document("tags/old/feed.xml")
    assert document is not None
    assert document.gone


def test_the_clock_alone_changes_no_byte(world: World) -> None:
    for n in range(5):
        world.write(f"{n}.md", story(n, date=None))
    world.build()
    before = world.snapshot()
    world.wait(hours=1)
    world.reopen()
    assert world.build().documents == ()
    assert world.snapshot() == before


def test_files_that_somebody_broke_are_mended_at_start(world: World) -> None:
    world.write("a.md", story(1))
    world.build()
    before = world.snapshot()
    (world.root / "feeds" / "feed.xml").write_bytes(b"half")
    (world.root / "feeds" / "rss.xml").unlink()
    world.build()
    assert world.snapshot() == before


def test_the_shared_seed_comes_out_right_in_every_format(world: World) -> None:
    (source,) = shared("seeds").glob("*.txt")
    world.write("a.txt", source.read_bytes())
    world.build()
    url = "https://www.themoscowtimes.com/2024/01/23/belarus-detains-24-people-across-country-rights-group-a83828"
    title = "Belarus Detains 24 People Across Country – Rights Group"
    for path in ("feed.xml", "rss.xml"):
        (entry,) = world.feed(path).entries
        assert (entry.title, entry.link, entry.author) == (title, url, "AFP")
        assert entry.published_parsed[:3] == (2024, 1, 23)
    (item,) = json.loads(world.file("feed.json"))["items"]
    assert (item["title"], item["url"], item["authors"]) == (title, url, [{"name": "AFP"}])
    assert item["content_html"].startswith("<figure><figcaption>Belarusian President Alexander Lukashenko.")
    assert item["summary"].startswith("Belarus on Tuesday detained at least 24 people")
    for body in world.snapshot().values():
        for absent in (b"(#)", b'href="#"', b"Original url", b"Related article"):
            assert absent not in body


@pytest.mark.parametrize("items", [1, 5])
def test_a_withdrawn_article_beyond_the_window_leaves_no_tombstone(tmp_path, items: int) -> None:  # type: ignore[no-untyped-def]
    world = World(tmp_path, items=items)
    for n in range(4):
        world.write(f"{n}.md", story(n))
    world.build()
    world.remove("0.md")
    world.build()
    world.wait(minutes=2)
    world.build()
    assert (b"deleted-entry" in world.file()) == (items == 5)
    world.close()


def media(world: World) -> list[str]:
    return [path for path in world.snapshot() if path.startswith("media/")]


@pytest.mark.parametrize("held", ["draft: true", "publish_at: 2026-05-01T13:00:00Z"])
def test_the_picture_of_an_article_that_is_held_back_is_published_with_it(world: World, held: str) -> None:
    world.write("pic.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;")
    world.write("a.md", f"---\ntitle: A\nimage: pic.gif\n{held}\n---\nText.\n")
    world.build()
    assert media(world) == []
    if held.startswith("draft"):
        world.write("a.md", "---\ntitle: A\nimage: pic.gif\n---\nText.\n")
        world.event("a.md")
    else:
        world.wait(hours=1)
        advance(world.ports)
    assert len(media(world)) == 1


def test_the_picture_of_a_withdrawn_article_goes_with_it(world: World) -> None:
    for n in (1, 2):
        world.write(f"{n}.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00" + str(n).encode() + b";")
        world.write(f"{n}.md", f"---\ntitle: T{n}\nimage: {n}.gif\ndate: 2024-01-01\n---\n{story(n)}")
    world.build()
    assert len(media(world)) == 2
    world.remove("1.md")
    world.build()
    world.wait(minutes=2)
    world.build()
    assert len(media(world)) == 1


def test_published_pictures_that_were_lost_come_back(world: World) -> None:
    world.write("pic.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;")
    world.write("a.md", "---\ntitle: A\nimage: pic.gif\ndate: 2024-01-01\n---\nText.\n")
    world.build()
    before = world.snapshot()
    shutil.rmtree(world.root / "feeds")
    world.build()
    assert world.snapshot() == before


def test_a_bad_file_that_is_renamed_or_removed_is_no_lasting_problem(world: World) -> None:
    world.write("a.md", story(1, title="Good"))
    world.write("other.md", story(2))
    world.build()
    ids = sorted(world.ids())
    world.write("a.md", "---\ntitle: [open\n---\nText.\n")
    world.build()
    (world.seeds / "a.md").rename(world.seeds / "b.md")
    for _ in range(3):
        world.wait(minutes=2)
        assert [p.path for p in status(world.ports).problems] in ([], ["a.md"], ["b.md"])
        world.build()
    assert sorted(world.ids()) == ids
    world.write("b.md", story(1, title="Mended"))
    world.build()
    assert sorted(world.ids()) == ids
    world.write("bad.md", "---\ntitle: [open\n---\nText.\n")
    world.build()
    world.remove("bad.md")
    world.build()
    assert status(world.ports).problems == ()


def test_files_are_read_again_when_the_way_to_read_them_changes(world: World) -> None:
    world.write("folder/a.md", "---\ntitle: A\ndate: 2024-01-01\n---\nText here.\n")
    world.build()
    before = world.feed().entries[0]
    world.ports = replace(world.ports, policy=Policy(timezone="Europe/Kyiv", folder_tags=False))
    world.wait(days=1)
    world.build()
    after = world.feed().entries[0]
    assert (after.id, after.get("tags"), after.published) == (before.id, None, "2023-12-31T22:00:00Z")
