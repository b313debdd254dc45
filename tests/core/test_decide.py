"""Deciding: dates, status, what is a correction, what comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from syndicator.core import decide
from syndicator.model import Article, Person, RevisionKind, Status, Term, utc

NOW = utc(2026, 5, 1, 12, 0, 0)
OLD = utc(2024, 1, 23)
LATER = NOW + timedelta(days=1)


def article(**fields: object) -> Article:
    return replace(Article(source="seeds", title="Title", body="<p>Text.</p>"), **fields)  # type: ignore[arg-type]


def first(seen: Article, now: datetime = NOW, backfill: bool = False) -> Article:
    return decide.first_state(seen, id="urn:x:1", slug="title", now=now, backfill=backfill)


@pytest.mark.parametrize(
    ("date", "published"),
    [
        (OLD, OLD),
        (None, NOW),
        (utc(1969, 12, 31), NOW),
        (utc(9999, 1, 1), NOW),
        (NOW + timedelta(minutes=59), NOW + timedelta(minutes=59)),
        (NOW + timedelta(hours=2), NOW),
    ],
    ids=["given", "missing", "before 1970", "year 9999", "an hour ahead is a clock", "the future"],
)
def test_an_article_is_dated_by_its_author_or_when_it_was_first_seen(
    date: datetime | None, published: datetime
) -> None:
    state = first(article(published=date), backfill=True)
    assert (state.published, state.updated, state.changed) == (published, published, published)


def test_what_is_found_later_is_a_change_of_now_whatever_its_date() -> None:
    state = first(article(published=OLD))
    assert (state.published, state.updated, state.changed) == (OLD, OLD, NOW)


def test_what_was_there_before_us_is_ordered_by_its_date_and_what_comes_later_by_its_discovery() -> None:
    seen = article(published=OLD)
    assert first(seen, backfill=True).sort_key == decide.sort_key(OLD, "urn:x:1")
    assert first(seen).sort_key == decide.sort_key(NOW, "urn:x:1")


def test_a_future_date_never_pins_an_article_to_the_top() -> None:
    ahead = article(published=NOW + timedelta(minutes=30))
    assert first(ahead, backfill=True).sort_key == decide.sort_key(NOW, "urn:x:1")


def test_sort_keys_sort_as_time_does() -> None:
    moments = [utc(1, 1, 1), utc(1970, 1, 1), OLD, NOW, utc(9999, 12, 31)]
    keys = [decide.sort_key(moment, "x") for moment in moments]
    assert keys == sorted(keys)
    assert {len(key) for key in keys} == {24}


def test_the_same_again_is_no_revision() -> None:
    before = first(article(published=OLD))
    assert decide.next_state(before, article(published=OLD), LATER) == (before, None)


def test_an_undated_article_keeps_the_date_it_got() -> None:
    before = first(article())
    assert decide.next_state(before, article(), LATER) == (before, None)


def test_a_changed_text_is_a_correction_dated_by_its_discovery() -> None:
    before = first(article(published=OLD))
    after, kind = decide.next_state(before, article(published=OLD, body="<p>Better.</p>"), LATER)
    assert (kind, after.updated, after.changed, after.published, after.revision) == (
        RevisionKind.CORRECTION,
        LATER,
        LATER,
        OLD,
        2,
    )
    assert (after.id, after.slug, after.sort_key, after.first_seen) == (
        before.id,
        before.slug,
        before.sort_key,
        before.first_seen,
    )


def test_the_authors_own_update_wins_where_it_moves_forward() -> None:
    before = first(article(published=OLD))
    told = utc(2026, 4, 1)
    after, _ = decide.next_state(before, article(published=OLD, body="x", updated=told), LATER)
    assert after.updated == told


def test_another_folder_is_stored_but_no_correction_to_read_again() -> None:
    before = first(article(published=OLD, tags=("news",)))
    after, kind = decide.next_state(before, article(published=OLD, tags=("archive",)), LATER)
    assert (kind, after.updated, after.changed) == (RevisionKind.CORRECTION, OLD, LATER)


def test_an_embargo_ends_to_the_second() -> None:
    ends = NOW + timedelta(hours=3)
    before = first(article(publish_at=ends))
    assert (before.status, before.sort_key, decide.due_at(before, NOW)) == (Status.SCHEDULED, "", ends)
    assert decide.at(before, ends - timedelta(seconds=1)) == (before, None)
    after, kind = decide.at(before, ends)
    assert (after.status, kind, after.published, after.changed) == (Status.PUBLISHED, RevisionKind.NEW, ends, ends)
    assert after.sort_key == decide.sort_key(ends, "urn:x:1")


def test_an_article_expires_and_leaves_a_tombstone() -> None:
    ends = NOW + timedelta(hours=3)
    before = first(article(published=OLD, expire_at=ends))
    assert decide.due_at(before, NOW) == ends
    after, kind = decide.at(before, ends)
    assert (after.status, kind, after.changed, decide.due_at(after, ends)) == (
        Status.EXPIRED,
        RevisionKind.WITHDRAWAL,
        ends,
        None,
    )


def test_what_expired_before_we_saw_it_was_never_shown() -> None:
    assert (first(article(expire_at=OLD)).status, first(article(expire_at=OLD)).sort_key) == (Status.EXPIRED, "")


def test_a_draft_is_not_shown_until_it_is_none() -> None:
    draft = first(article(status=Status.DRAFT))
    after, kind = decide.next_state(draft, article(), LATER)
    assert (draft.status, draft.sort_key) == (Status.DRAFT, "")
    assert (after.status, kind, after.published, after.sort_key) == (
        Status.PUBLISHED,
        RevisionKind.NEW,
        LATER,
        decide.sort_key(LATER, "urn:x:1"),
    )


def test_a_published_article_that_becomes_a_draft_is_withdrawn() -> None:
    before = first(article(published=OLD))
    after, kind = decide.next_state(before, article(published=OLD, status=Status.DRAFT), LATER)
    assert (after.status, kind, after.changed) == (Status.DRAFT, RevisionKind.WITHDRAWAL, LATER)
    assert decide.next_state(after, article(published=OLD, status=Status.DRAFT), LATER) == (after, None)


def test_a_published_article_that_is_put_under_embargo_comes_back_when_that_ends() -> None:
    ends = LATER + timedelta(days=1)
    before = first(article(published=OLD))
    held, kind = decide.next_state(before, article(published=OLD, publish_at=ends), LATER)
    assert (held.status, kind, decide.due_at(held, LATER)) == (Status.SCHEDULED, RevisionKind.WITHDRAWAL, ends)
    back, kind = decide.at(held, ends)
    assert (back.status, kind, back.sort_key, back.published) == (
        Status.PUBLISHED,
        RevisionKind.RETURN,
        before.sort_key,
        OLD,
    )


def test_the_same_bytes_read_in_another_way_are_no_correction() -> None:
    before = first(article(published=OLD))
    after, kind = decide.next_state(before, article(published=OLD, body="<p>Text!</p>"), LATER, by_author=False)
    assert (kind, after.updated, after.changed) == (RevisionKind.CORRECTION, OLD, LATER)


def test_an_undated_draft_read_again_is_no_revision_and_is_dated_when_it_is_shown() -> None:
    draft = first(article(status=Status.DRAFT))
    assert decide.next_state(draft, article(status=Status.DRAFT), LATER) == (draft, None)
    assert decide.next_state(draft, article(), LATER)[0].published == LATER


def test_the_return_of_a_removed_article_is_not_news() -> None:
    before = first(article(published=OLD))
    gone, kind = decide.withdrawn(before, LATER)
    assert (gone.status, kind, gone.changed) == (Status.WITHDRAWN, RevisionKind.WITHDRAWAL, LATER)
    assert decide.withdrawn(gone, LATER) == (gone, None)
    back, kind = decide.next_state(gone, article(published=OLD), LATER + timedelta(days=1))
    assert (back.status, kind, back.updated, back.sort_key) == (
        Status.PUBLISHED,
        RevisionKind.RETURN,
        OLD,
        before.sort_key,
    )


SEEN = "so the article is dated by when it was first seen"
AHEAD = "`publish_at` is what holds an article back"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"published": OLD, "updated": NOW}, []),
        ({}, [f"there is no date that can be read, {SEEN}: write one"]),
        ({"publish_at": LATER}, []),
        ({"status": Status.DRAFT}, []),
        (
            {"published": utc(9999, 1, 1)},
            [f"date: 9999-01-01T00:00:00+00:00 lies in the future, {SEEN}: correct it; {AHEAD}"],
        ),
        (
            {"published": utc(1, 1, 1)},
            [f"date: 0001-01-01T00:00:00+00:00 lies before 1970, {SEEN}: correct it"],
        ),
        (
            {"published": OLD, "updated": utc(9999, 1, 1)},
            ["updated: 9999-01-01T00:00:00+00:00 lies in the future, so it is left out: correct it"],
        ),
        (
            {"publish_at": utc(9999, 1, 1)},
            ["publish_at: 9999-01-01T00:00:00+00:00 lies more than ten years ahead: correct it if that is not meant"],
        ),
    ],
    ids=["both", "none", "embargo", "draft", "year 9999", "year 1", "updated in 9999", "embargo until 9999"],
)
def test_dates_that_are_missing_or_cannot_be_are_told(fields: dict[str, object], told: list[str]) -> None:
    assert [notice.text for notice in decide.date_notices(article(**fields), NOW)] == told


def test_what_its_author_withdraws_leaves_a_tombstone_and_is_never_shown_anew() -> None:
    never = first(article(published=OLD, status=Status.WITHDRAWN))
    assert (never.status, never.sort_key) == (Status.WITHDRAWN, "")
    shown = first(article(published=OLD))
    after, kind = decide.next_state(shown, article(published=OLD, status=Status.WITHDRAWN), LATER)
    assert (after.status, kind, after.changed) == (Status.WITHDRAWN, RevisionKind.WITHDRAWAL, LATER)
    back, kind = decide.next_state(after, article(published=OLD), LATER)
    assert (back.status, kind, back.sort_key) == (Status.PUBLISHED, RevisionKind.RETURN, shown.sort_key)


def test_a_slug_is_never_a_reserved_word_and_never_runs_out() -> None:
    assert decide.slugs_for(article(title="Feeds"), "x")[0] == "feeds-2"
    slugs = decide.slugs_for(article(title="Weekly report"), "x")
    assert (slugs[0], slugs[1], len(set(slugs))) == ("weekly-report", "weekly-report-2", 6)
    assert slugs[-1] != decide.slugs_for(article(title="Weekly report"), "y")[-1]


def test_terms_are_tags_and_authors_by_slug_once() -> None:
    found = decide.terms_of(article(tags=("World News", "world-news"), authors=(Person(name="Ann Lee"),)))
    assert found == (
        Term(kind="authors", slug="ann-lee", name="Ann Lee"),
        Term(kind="tags", slug="world-news", name="World News"),
    )
