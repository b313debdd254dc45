"""Identity for ever: rename, move, edit, retitle, re-date, lose and find; no entry is ever announced twice."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.flows.world import World, story


def test_moving_renaming_and_retitling_every_file_keeps_every_id(world: World) -> None:
    for n in range(100):
        world.write(f"old/{n}.md", story(n))
    world.ports = world.ports.__class__(**{**_fields(world.ports), "policy": world.policy.__class__(items=200)})
    world.build()
    before = world.feed()
    for n in range(100):
        world.write(f"new/deep/renamed-{n}.md", story(n, title=f"Quite another title {n}"))
        world.remove(f"old/{n}.md")
    world.wait(hours=1)
    report = world.build()
    world.wait(hours=1)
    world.build()
    after = world.feed()
    assert sorted(e.id for e in after.entries) == sorted(e.id for e in before.entries)
    assert {e.title for e in after.entries} == {f"Quite another title {n}" for n in range(100)}
    assert (report.published, report.corrected, report.withdrawn) == (0, 100, 0)
    assert b"deleted-entry" not in world.file()


def _fields(ports: object) -> dict[str, object]:
    return {name: getattr(ports, name) for name in ports.__slots__}  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", ["one scan", "event by event", "new name first"])
def test_a_renamed_file_is_the_same_article(world: World, how: str) -> None:
    world.write("a.md", story(1))
    world.build()
    ids = world.ids()
    if how == "new name first":
        shutil.copy(world.seeds / "a.md", world.seeds / "b.md")
        world.event("b.md")
        assert world.ids() == ids
        world.remove("a.md")
        world.event("a.md")
    else:
        (world.seeds / "a.md").rename(world.seeds / "b.md")
        if how == "one scan":
            world.build()
        else:
            world.event("b.md")
            world.event("a.md")
    world.wait(minutes=5)
    world.build()
    assert world.ids() == ids
    assert b"deleted-entry" not in world.file()


def test_two_files_that_change_places_keep_their_ids(world: World) -> None:
    world.write("a.md", story(1))
    world.write("b.md", story(2))
    world.build()
    before = {e.title: e.id for e in world.feed().entries}
    (world.seeds / "a.md").rename(world.seeds / "c")
    (world.seeds / "b.md").rename(world.seeds / "a.md")
    (world.seeds / "c").rename(world.seeds / "b.md")
    _touch_all(world)
    world.build()
    assert {e.title: e.id for e in world.feed().entries} == before


def _touch_all(world: World) -> None:
    for n, path in enumerate(sorted(world.seeds.rglob("*.md"))):
        os.utime(path, (1_700_000_000 + n, 1_700_000_000 + n))


def test_an_edited_file_keeps_its_id_and_says_when_it_was_corrected(world: World) -> None:
    world.write("a.md", story(1))
    world.build()
    before = world.feed().entries[0]
    world.wait(days=1)
    world.write("a.md", story(1).replace("w1x5", "mended"))
    report = world.build()
    after = world.feed().entries[0]
    assert (after.id, after.published, report.corrected) == (before.id, before.published, 1)
    assert (before.updated, after.updated) == ("2024-01-02T00:00:00Z", "2026-05-02T12:00:00Z")


def test_a_checkout_that_touches_every_file_changes_nothing(world: World) -> None:
    for n in range(10):
        world.write(f"{n}.md", story(n))
    world.build()
    before = world.snapshot()
    world.wait(days=3)
    _touch_all(world)
    report = world.build()
    assert (report.documents, report.corrected) == ((), 0)
    assert world.snapshot() == before


def test_a_lost_store_gives_the_same_ids_and_bytes(world: World, tmp_path: Path) -> None:
    for n in range(12):
        world.write(f"folder/{n}.md", story(n))
    world.build()
    before = world.snapshot()
    world.close()
    shutil.rmtree(tmp_path / "var")
    shutil.rmtree(tmp_path / "feeds")
    world.time += timedelta(days=400)
    world.reopen()
    world.build()
    assert world.snapshot() == before


def test_another_domain_changes_no_id(world: World) -> None:
    world.write("a.md", story(1))
    world.build()
    before = world.ids(), world.feed().feed.id
    world.move_to("https://elsewhere.example")
    world.build()
    assert (world.ids(), world.feed().feed.id) == before
    assert world.feed().entries[0].link.startswith("https://elsewhere.example/articles/")


def test_the_second_file_with_an_id_is_reported_and_the_first_untouched(world: World) -> None:
    world.write("a.md", "---\ntitle: First\nid: tag:example.org,2024:1\ndate: 2024-01-01\n---\nOne body here.\n")
    world.write("b.md", "---\ntitle: Second\nid: tag:example.org,2024:1\ndate: 2024-01-02\n---\nAnother body.\n")
    report = world.build()
    assert [(e.title, e.id) for e in world.feed().entries] == [("First", "tag:example.org,2024:1")]
    assert [(p.path, p.reason) for p in report.problems] == [
        ("b.md", "has the id of a.md, which stays; give it an id of its own")
    ]


def test_a_copy_takes_over_when_the_first_file_goes(world: World) -> None:
    world.write("a.md", story(1))
    world.write("b.md", story(1))
    report = world.build()
    ids = world.ids()
    assert [p.path for p in report.problems] == ["b.md"]
    assert len(ids) == 1
    world.remove("a.md")
    world.event("a.md")
    world.wait(hours=1)
    assert world.build().problems == ()
    assert world.ids() == ids


def test_two_articles_with_one_address_are_two_articles(world: World) -> None:
    for name, body in (("a.md", "The first text."), ("b.md", "Another text altogether.")):
        world.write(name, f"---\ntitle: {name}\nurl: https://example.org/\ndate: 2024-01-01\n---\n{body}\n")
    world.build()
    assert len(set(world.ids())) == 2


def test_a_removed_file_is_withdrawn_after_the_grace_period_and_its_return_is_not_news(world: World) -> None:
    for n in range(3):
        world.write(f"{n}.md", story(n))
    world.build()
    before = world.ids()
    gone = before[0]
    text = (world.seeds / "2.md").read_bytes()
    world.remove("2.md")
    world.build()
    assert world.ids() == before
    world.wait(seconds=61)
    world.build()
    assert gone not in world.ids()
    assert f'ref="{gone}" when="2026-05-01T12:01:01Z"'.encode() in world.file()
    world.wait(days=1)
    world.write("elsewhere/2.md", text)
    world.build()
    assert world.ids() == before
    assert b"deleted-entry" not in world.file()


def test_when_most_files_go_at_once_nothing_is_withdrawn_until_a_person_confirms(world: World) -> None:
    from syndicator.flows.publish import publish
    from syndicator.flows.removals import sweep
    from syndicator.flows.status import status

    for n in range(6):
        world.write(f"{n}.md", story(n))
    world.build()
    for n in range(4):
        world.remove(f"{n}.md")
    for _ in range(3):
        world.build()
        world.wait(hours=2)
    assert len(world.ids()) == 6
    state = status(world.ports)
    assert (state.removals_held, state.missing, state.ok) == (True, 4, False)
    assert sweep(world.ports, confirmed=True).withdrawn == 4
    publish(world.ports)
    assert len(world.ids()) == 2
    assert status(world.ports).ok


def test_an_article_whose_place_was_taken_is_missing_and_can_come_back(world: World) -> None:
    for n in (1, 2, 3):
        world.write(f"{n}.md", f"---\ntitle: T{n}\nid: tag:example.org,2024:{n}\ndate: 2024-01-0{n}\n---\n{story(n)}")
    world.build()
    first = (world.seeds / "1.md").read_bytes()
    (world.seeds / "2.md").rename(world.seeds / "1.md")
    world.build()
    assert len(world.ids()) == 3
    world.write("back.md", first)
    world.build()
    world.wait(hours=1)
    world.build()
    assert sorted(world.ids()) == [f"tag:example.org,2024:{n}" for n in (1, 2, 3)]


def test_equal_titles_get_slugs_of_their_own(world: World) -> None:
    for n in range(8):
        world.write(f"{n}.md", story(n, title="Weekly report"))
    world.build()
    links = {entry.link for entry in world.feed().entries}
    assert len(links) == 8
    assert "https://news.example/articles/weekly-report" in links
