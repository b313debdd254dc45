"""Profiles: what others require of articles, and what an article lacks of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from syndicator.core import profiles
from syndicator.core.profiles.known import PROFILES
from syndicator.errors import FeedError
from syndicator.model import Article, Enclosure, Feed, Image, Person, Ruling, Site, Status, Verdict, utc
from tests.core.render.samples import SITE, article

PLAIN_HTTP = dataclasses.replace(SITE, base_url="http://news.example.org")
WHOLE = article(
    title="Bread is cheaper again in Lisbon",
    body="<p>Since Monday.</p>",
    summary="Since Monday.",
    authors=(Person(name="Ann"),),
    language="en",
    image=Image(url="/media/a.png", width=1200, height=800),
    enclosures=(Enclosure(url="/media/a.mp3", type="audio/mpeg", length=9, duration=9),),
    first_seen=utc(2024, 1, 23, 9),
)


def fields(profile: str, site: Site = SITE, **changes: Any) -> tuple[list[str], list[str]]:
    """The required fields that the whole article lacks with those changes, and those only wished for."""
    found = profiles.check(dataclasses.replace(WHOLE, **changes), Feed(name="f", title="F", profile=profile), site)
    return [one.field for one in found if one.required], [one.field for one in found if not one.required]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_whole_article_lacks_nothing(profile: str) -> None:
    assert fields(profile) == ([], [])


@pytest.mark.parametrize(
    ("profile", "changes", "required", "wished"),
    [
        ("google-news", {"title": ""}, ["title"], []),
        ("google-news", {"body": "", "image": None}, ["text"], ["picture"]),
        ("google-news", {"body": f"<p>{'é' * 500_000}</p>"}, ["text size"], []),
        (
            "google-news",
            {"authors": (), "image": Image(url="/media/a.png", width=799)},
            [],
            ["author", "picture width"],
        ),
        ("msn", {"title": "T" * 20}, ["title"], []),
        ("msn", {"title": "T" * 21}, [], []),
        ("msn", {"title": "T" * 150}, [], []),
        ("msn", {"title": "T" * 151}, ["title"], []),
        ("msn", {"published": utc(2023, 1, 23, 8)}, ["date"], []),
        ("msn", {"published": utc(2023, 1, 24, 9)}, [], []),
        ("msn", {"body": "<p> </p>", "image": None}, ["text"], ["picture"]),
        ("msn", {"image": Image(url="/media/a.png", width=700, height=719)}, [], ["picture size"]),
        ("msn", {"image": Image(url="https://x.example/a.png")}, [], []),
        ("msn", {"image": Image(caption="no picture")}, [], ["picture"]),
        ("smartnews", {"body": "", "image": None, "language": None}, ["text"], ["picture", "language"]),
        ("apple-podcasts", {"enclosures": ()}, ["audio"], []),
        ("apple-podcasts", {"enclosures": (Enclosure(url="/media/a.pdf", type="application/pdf"),)}, ["audio"], []),
        (
            "apple-podcasts",
            {"enclosures": (Enclosure(url="http://x.example/a.ogg", type="audio/ogg"),), "summary": ""},
            ["audio type", "audio length"],
            ["audio address", "audio duration", "summary"],
        ),
    ],
)
def test_what_is_lacking(profile: str, changes: dict[str, Any], required: list[str], wished: list[str]) -> None:
    assert fields(profile, **changes) == (required, wished)


def test_an_address_is_wanted_under_https() -> None:
    assert fields("msn", PLAIN_HTTP) == ([], ["address"])
    assert fields("msn", PLAIN_HTTP, url="https://elsewhere.example/1") == ([], [])


@pytest.mark.parametrize(
    ("site_full", "feed_full", "expected"),
    [(True, None, []), (False, None, ["text"]), (False, True, []), (True, False, ["text"])],
)
def test_the_text_is_that_which_the_feed_shows(site_full: bool, feed_full: bool | None, expected: list[str]) -> None:
    feed, site = (
        Feed(name="f", title="F", profile="msn", full=feed_full),
        dataclasses.replace(SITE, full_content=site_full),
    )
    assert [one.field for one in profiles.lacks(WHOLE, feed, site)] == expected


def test_a_reason_names_the_field_what_is_wanted_and_what_to_do() -> None:
    feed = Feed(name="f", title="F", profile="msn")
    short = dataclasses.replace(WHOLE, title="Bread", image=None)
    assert [one.reason for one in profiles.check(short, feed, SITE)] == [
        "title: 5, MSN takes 21 to 150 characters; make the title longer or shorter",
        "picture: there is none, MSN wishes for it; add `image`: only then is it published by itself",
    ]
    ogg = dataclasses.replace(
        WHOLE, enclosures=(Enclosure(url="/media/a.ogg", type="audio/ogg", length=1, duration=1),)
    )
    (told,) = profiles.lacks(ogg, dataclasses.replace(feed, profile="apple-podcasts"), SITE)
    assert told.reason.startswith("audio type: `audio/ogg`, Apple Podcasts takes one of audio/mp4, audio/mpeg, ")


def test_a_retraction_is_passed_on_whatever_it_lacks() -> None:
    ruling = Ruling(verdict=Verdict.RETRACTED, note="Not so.")
    assert fields("apple-podcasts", status=Status.RETRACTED, ruling=ruling) == ([], [])


def test_a_feed_without_a_profile_wants_nothing() -> None:
    assert profiles.check(Article(source="s", title=""), Feed(name="f", title="F"), SITE) == ()


@pytest.mark.parametrize(
    ("name", "told"),
    [("msm", "did you mean `msn`?"), ("Google", "did you mean `google-news`?"), ("x", "write one of google-news")],
)
def test_an_unknown_profile_is_refused_with_the_nearest(name: str, told: str) -> None:
    with pytest.raises(FeedError) as caught:
        profiles.profile(name)
    assert str(caught.value).startswith(f"profile `{name}`: there is none of that name")
    assert told in str(caught.value)


def test_every_rule_can_be_measured_and_names_its_public_page() -> None:
    for profile in PROFILES.values():
        assert profile.page.startswith("https://")
        for rule in profile.rules:
            assert rule.advice
            assert rule.among or rule.least is not None or rule.most is not None
    every = [Feed(name="f", title="F", profile=name) for name in PROFILES]
    bare = article(title="", body="")
    assert [bool(profiles.lacks(bare, feed, SITE)) for feed in every] == [True] * len(every)
