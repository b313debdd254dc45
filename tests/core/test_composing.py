"""What becomes of an article's place in a composed feed, as rules and data."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.composing import Candidate, alike, day, place, recipe, settle, with_others
from syndicator.core.decide import sort_key
from syndicator.model import Article, Cap, Doubles, Feed, Link, Member, Order, Query, Site, Status, utc

NOW = utc(2026, 5, 1, 12)
FEED = Feed(name="f", title="F")
ARCHIVED = replace(FEED, archives=True)
SITE = Site(id="urn:uuid:9b1f1d7e-6a52-5f0e-9d5b-5b5f3f1a8c21", base_url="https://x.example", title="X", created=NOW)


def article(key: int = 1, source: str = "a", seen: datetime = NOW, **fields: Any) -> Article:
    id = f"urn:{source}:{key}"
    known: dict[str, Any] = {
        "id": id,
        "slug": f"s{key}",
        "first_seen": seen,
        "published": seen,
        "updated": seen,
        "changed": seen,
        "sort_key": sort_key(seen, id),
        "revision": 1,
    }
    return Article(source=source, title=f"T{key}", **(known | fields))


def candidate(key: int = 1, source: str = "a", *, fits: bool = True, changed: bool = True, **more: Any) -> Candidate:
    member = more.pop("member", None)
    waited = more.pop("waited", False)
    state = article(key, source, **more)
    return Candidate(key=key, article=state, fits=fits, changed=changed, member=member, waited=waited)


def member(key: int = 1, source: str = "a", **fields: Any) -> Member:
    where = sort_key(NOW, f"urn:{source}:{key}")
    return Member(**({"feed": "f", "key": key, "place": where, "entered": where} | fields))


def roomy(source: str, place: str) -> bool:
    return False


def crowded(source: str, place: str) -> bool:
    return True


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)


def test_a_new_article_enters_where_it_is_ordered() -> None:
    settled = settle(FEED, [candidate()], later(minutes=5), roomy)
    assert settled.members == (member(),)


def test_one_that_fits_only_since_it_was_edited_enters_as_news() -> None:
    settled = settle(FEED, [candidate(revision=2)], later(hours=5), roomy)
    assert settled.members == (member(entered=sort_key(later(hours=5), "urn:a:1")),)


@pytest.mark.parametrize(
    ("feed", "status", "anew", "shown", "removed"),
    [
        (FEED, Status.PUBLISHED, False, (), (1,)),
        (ARCHIVED, Status.PUBLISHED, False, (False,), ()),
        (ARCHIVED, Status.PUBLISHED, True, (), (1,)),
        (FEED, Status.WITHDRAWN, False, (False,), ()),
        (FEED, Status.KILLED, False, (False,), ()),
        (ARCHIVED, Status.EXPIRED, False, (False,), ()),
    ],
    ids=["edited", "edited, with archives", "another definition", "withdrawn", "killed", "expired, with archives"],
)
def test_one_that_does_not_fit_any_more_leaves(
    feed: Feed, status: Status, anew: bool, shown: tuple[bool, ...], removed: tuple[int, ...]
) -> None:
    there = candidate(fits=False, member=member(), status=status)
    settled = settle(feed, [there], later(hours=1), roomy, anew=anew)
    assert (tuple(one.shown for one in settled.members), settled.removed) == (shown, removed)
    assert all(one.entered == sort_key(later(hours=1), "urn:a:1") for one in settled.members)


def test_a_change_brings_what_is_archived_back_into_the_current_document() -> None:
    settled = settle(ARCHIVED, [candidate(member=member(archive=3), revision=2)], later(hours=1), roomy)
    assert settled.members == (member(archive=0, entered=sort_key(later(hours=1), "urn:a:1")),)


def test_another_definition_leaves_what_is_archived_where_it_is() -> None:
    archived = candidate(member=member(archive=3), changed=False)
    for fits in (True, False):
        settled = settle(ARCHIVED, [replace(archived, fits=fits)], later(hours=1), crowded, anew=True)
        assert (settled.members, settled.removed) == ((), ())


def test_what_is_gone_stays_gone_until_it_fits_again() -> None:
    gone = member(shown=False, archive=2)
    assert settle(ARCHIVED, [candidate(fits=False, member=gone)], NOW, roomy).members == ()
    back = settle(ARCHIVED, [candidate(member=gone, revision=3)], later(hours=1), crowded).members
    assert back == (member(entered=sort_key(later(hours=1), "urn:a:1")),)


def test_over_the_cap_nothing_enters_and_nothing_leaves() -> None:
    assert settle(FEED, [candidate()], NOW, crowded).members == ()
    assert settle(FEED, [candidate(member=member())], NOW, crowded).removed == ()
    assert settle(FEED, [candidate(member=member())], NOW, crowded, anew=True).removed == (1,)


@pytest.mark.parametrize(
    ("order", "moment"), [(Order.FOUND, 0), (Order.PUBLISHED, 1), (Order.UPDATED, 2)], ids=lambda one: str(one)
)
def test_place(order: Order, moment: int) -> None:
    state = article(published=later(days=-9), updated=later(days=-3))
    moments = (NOW, later(days=-9), later(days=-3))
    assert place(replace(FEED, order=order), state) == sort_key(moments[moment], state.id)


# --- delay

LATE = replace(FEED, delay=timedelta(hours=2))


def test_a_delay_is_waited_for_and_moves_the_place() -> None:
    assert settle(LATE, [candidate()], later(minutes=5), roomy).wait == (1, later(hours=2))
    settled = settle(LATE, [candidate(changed=False, waited=True)], later(hours=3), roomy)
    moved = sort_key(later(hours=2), "urn:a:1")
    assert settled.members == (member(place=moved, entered=moved),)


@pytest.mark.parametrize(
    ("key", "expected"),
    [(later(days=-40), later(days=-40, hours=2)), (NOW, later(hours=2)), (later(days=1), later(days=1))],
    ids=["backfill keeps its order", "news moves", "an embargo that ends later does not"],
)
def test_the_place_of_a_delayed_article(key: datetime, expected: datetime) -> None:
    assert place(LATE, article(sort_key=sort_key(key, "urn:a:1"))) == sort_key(expected, "urn:a:1")


# --- doubles


@pytest.mark.parametrize(
    ("doubles", "prefer", "there", "expected"),
    [
        (Doubles.FIRST, (), None, {1}),
        (Doubles.LIST, (), None, {1}),
        (Doubles.KEEP, (), None, {1, 2, 3}),
        (Doubles.PREFER, ("c", "b"), None, {3}),
        (Doubles.PREFER, ("z",), None, {1}),
        (Doubles.PREFER, ("c",), 2, {2}),
        (Doubles.FIRST, (), 2, {2}),
    ],
)
def test_who_of_a_work_is_shown(
    doubles: Doubles, prefer: tuple[str, ...], there: int | None, expected: set[int]
) -> None:
    feed = replace(FEED, doubles=doubles, prefer=prefer)
    work = [
        candidate(key, source, member=member(key, source) if key == there else None)
        for key, source in ((1, "a"), (2, "b"), (3, "c"))
    ]
    shown = {there} - {None}
    for group in alike(feed, work):
        settled = settle(feed, group, NOW, roomy)
        shown = shown - set(settled.removed) | {one.key for one in settled.members if one.shown}
    assert shown == expected


def test_where_two_that_are_shown_turn_out_to_be_one_the_first_stays() -> None:
    work = [candidate(key, source, member=member(key, source)) for key, source in ((1, "a"), (2, "b"))]
    assert settle(FEED, work, NOW, roomy).removed == (2,)
    assert [(one.key, one.shown) for one in settle(ARCHIVED, work, NOW, roomy).members if not one.shown] == [(2, False)]


def test_no_tombstone_tells_of_an_id_that_is_shown() -> None:
    gone = candidate(1, "a", fits=False, member=member(), status=Status.WITHDRAWN)
    other = candidate(2, "b", id="urn:a:1")
    settled = settle(ARCHIVED, [gone, other], NOW, roomy)
    assert (settled.removed, [one.key for one in settled.members]) == ((1,), [2])


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_of_a_work_no_more_than_one_is_ever_shown_and_settling_again_changes_nothing(data: st.DataObject) -> None:
    feed = Feed(
        name="f",
        title="F",
        archives=data.draw(st.booleans()),
        doubles=data.draw(st.sampled_from([Doubles.FIRST, Doubles.PREFER, Doubles.LIST])),
        prefer=("c",),
        delay=timedelta(minutes=data.draw(st.sampled_from([0, 30]))),
    )
    work = []
    for key, source in ((1, "a"), (2, "b"), (3, "c")):
        shown, archive = data.draw(st.booleans()), data.draw(st.integers(0, 2))
        there = data.draw(st.booleans())
        status = data.draw(st.sampled_from([Status.PUBLISHED, Status.RETRACTED, Status.WITHDRAWN, Status.KILLED]))
        fits = status.is_shown and data.draw(st.booleans())
        place = member(key, source, shown=shown, archive=archive) if there else None
        work.append(candidate(key, source, fits=fits, member=place, status=status, changed=data.draw(st.booleans())))
    now = later(minutes=data.draw(st.sampled_from([0, 20, 40])))
    for _ in range(2):
        settled = settle(feed, work, now, roomy)
        stored = {one.key: one for one in settled.members}
        work = [
            replace(one, member=None if one.key in settled.removed else stored.get(one.key, one.member), changed=False)
            for one in work
        ]
    shown_now = [one for one in work if one.is_there]
    assert (settled.members, settled.removed) == ((), ())
    assert len(shown_now) == (1 if any(one.fits for one in work) and settled.wait is None else 0)
    assert all(one.fits for one in shown_now)


# --- the rest


@pytest.mark.parametrize(
    ("zone", "since", "before"),
    [
        ("UTC", utc(2026, 5, 1), utc(2026, 5, 2)),
        ("Asia/Kathmandu", utc(2026, 4, 30, 18, 15), utc(2026, 5, 1, 18, 15)),
        ("America/New_York", utc(2026, 5, 1, 4), utc(2026, 5, 2, 4)),
    ],
)
def test_day(zone: str, since: datetime, before: datetime) -> None:
    found = day(sort_key(NOW, "x"), ZoneInfo(zone))
    assert found == (sort_key(since, "")[:16], sort_key(before, "")[:16])
    assert found[0] <= sort_key(since, "x") < found[1] <= sort_key(before, "x")


def test_a_day_on_which_the_clocks_change_has_23_hours() -> None:
    since, before = day(sort_key(utc(2026, 3, 29, 12), ""), ZoneInfo("Europe/Berlin"))
    assert int(before, 16) - int(since, 16) == 23 * 3600 * 10**6


def test_the_recipe_tells_what_membership_depends_on_and_nothing_else() -> None:
    same = [
        replace(FEED, title="Other", limit=3, archives=True, image="x", name="g", first_name="f"),
        replace(FEED, query=Query(tags=frozenset())),
    ]
    other = [
        replace(FEED, query=Query(expression="tag:x")),
        replace(FEED, query=Query(tags=frozenset({"a", "b"}))),
        replace(FEED, query=Query(since=NOW)),
        replace(FEED, order=Order.UPDATED),
        replace(FEED, delay=timedelta(seconds=1)),
        replace(FEED, caps=(Cap(most=1),)),
        replace(FEED, doubles=Doubles.KEEP),
    ]
    assert {recipe(feed) for feed in same} == {recipe(FEED)}
    assert len({recipe(feed) for feed in [FEED, *other]}) == len(other) + 1


def test_others_are_related_once_and_the_first_is_via() -> None:
    own = article(url="https://a.example/1", related=(Link(href="https://b.example/1", title="B"),))
    others = [
        article(2, "b", url="https://b.example/1"),
        article(3, "c", url=None),
        article(4, "d", url="https://a.example/1"),
    ]
    page = Link(href="https://x.example/articles/s3", title="T3")
    listed = with_others(own, others, SITE)
    assert (listed.related, listed.via) == ((*own.related, page), page)
    assert with_others(own, others[:1], SITE) == own
