"""When editions are due, and what they say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from syndicator.core import digests
from syndicator.core.identity import site_id
from syndicator.model import Article, Digest, Feed, Person, Site, Upstream, utc

SITE = Site(id=site_id("gazette"), base_url="https://gazette.example", title="Gazette", created=utc(2024, 1, 1))


@pytest.mark.parametrize(
    ("digest", "since", "now", "expected"),
    [
        pytest.param(
            Digest(of="", hour=7),
            utc(2026, 3, 1, 7),
            utc(2026, 3, 3, 7),
            [utc(2026, 3, 2, 7), utc(2026, 3, 3, 7)],
            id="daily, the moment itself included once",
        ),
        pytest.param(Digest(of="", hour=7), utc(2026, 3, 1, 7), utc(2026, 3, 2, 6, 59), [], id="not before its time"),
        pytest.param(
            Digest(of="", hour=18, minute=30, weekday=4, zone="Europe/Kyiv"),
            utc(2026, 6, 1),
            utc(2026, 6, 15),
            [utc(2026, 6, 5, 15, 30), utc(2026, 6, 12, 15, 30)],
            id="weekly on Fridays, local time",
        ),
        pytest.param(
            Digest(of="", hour=2, minute=30, zone="Europe/Berlin"),
            utc(2026, 3, 28, 12),
            utc(2026, 3, 30, 12),
            [utc(2026, 3, 29, 1, 30), utc(2026, 3, 30, 0, 30)],
            id="a local time that a clock change skips",
        ),
        pytest.param(
            Digest(of="", hour=2, minute=30, zone="Europe/Berlin"),
            utc(2026, 10, 24, 12),
            utc(2026, 10, 26, 12),
            [utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)],
            id="a local time that comes twice",
        ),
        pytest.param(
            Digest(of="", hour=0, minute=0, zone="Pacific/Kiritimati"),
            utc(2026, 1, 1, 9),
            utc(2026, 1, 2, 10),
            [utc(2026, 1, 1, 10), utc(2026, 1, 2, 10)],
            id="fourteen hours ahead",
        ),
    ],
)
def test_editions_are_due_at_their_local_time(
    digest: Digest, since: datetime, now: datetime, expected: list[datetime]
) -> None:
    assert [edition.at for edition in digests.due(digest, since, now)] == expected


@pytest.mark.parametrize("weekday", [None, *range(7)])
def test_the_next_edition_is_within_its_period_and_an_hour(weekday: int | None) -> None:
    digest = Digest(of="", hour=2, minute=30, weekday=weekday, zone="Europe/Berlin")
    now = utc(2026, 3, 20)
    for _ in range(20):
        following = digests.next_after(digest, now)
        assert now < following <= now + digests.period(digest) + timedelta(hours=1)
        assert list(digests.due(digest, now, following - timedelta(seconds=1))) == []
        now = following


def test_an_edition_lists_its_articles_with_links_and_who_wrote_them() -> None:
    ours = Article(source="seeds", id="urn:a", slug="tides", title="Tides & <b>", summary="Low.", body="x")
    theirs = Article(
        source="blog",
        id="urn:b",
        slug="s",
        title="Ships",
        url="https://blog.example/?a=1&b=2",
        authors=(Person(name="Ann Lee"),),
        upstream=Upstream(id="urn:blog", title="The Blog"),
    )
    feed = Feed(name="weekly", title="The Week")
    made = digests.edition(feed, SITE, date(2026, 3, 6), utc(2026, 3, 6, 7), [ours, theirs])
    assert made.title == "The Week, 2026-03-06"
    assert made.parts == ("urn:a", "urn:b")
    assert made.source == "digest:weekly"
    assert made.published == datetime(2026, 3, 6, 7, tzinfo=UTC)
    assert made.body == (
        "<ul>\n"
        '<li><a href="https://gazette.example/articles/tides">Tides &amp; &lt;b&gt;</a><br>Low.</li>\n'
        '<li><a href="https://blog.example/?a=1&amp;b=2">Ships</a> (Ann Lee, The Blog)</li>\n'
        "</ul>"
    )


def test_an_editions_id_is_made_of_site_feed_and_day_alone() -> None:
    feed = Feed(name="weekly", title="The Week")
    renamed = Feed(name="sunday", first_name="weekly", title="Another")
    moved = Site(id=SITE.id, base_url="https://other.example", title="Other", created=SITE.created)
    day = date(2026, 3, 6)
    assert digests.edition_id(SITE, feed, day) == digests.edition_id(moved, renamed, day)
    assert digests.edition_id(SITE, feed, day) != digests.edition_id(SITE, feed, date(2026, 3, 7))
