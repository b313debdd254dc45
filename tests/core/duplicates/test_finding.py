"""What is kept of an article, and when two are one."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.duplicates import Portrait, brought_again, canonical, portray, same
from syndicator.core.duplicates.contents import agreement, bands, compared, least_values, shingles, words_of
from syndicator.core.duplicates.likeness import borne_out_by_texts
from syndicator.model import Article, Enclosure, Link, Upstream
from tests.core.duplicates.forms import PUBLISHED
from tests.core.duplicates.labelled import joined

WORDS = [f"word{number}" for number in range(400)]
PLAYED = Enclosure(url="https://one.example/2.mp3", type="audio/mpeg")


def body(*words: str) -> str:
    return f"<p>{' '.join(words)}</p>"


def article(**fields: object) -> Article:
    """An article of a site of its own."""
    return replace(
        Article(
            source="one",
            title="A story",
            body=body(*WORDS),
            url="https://one.example/story",
            explicit_id="tag:one.example,2026:story",
            upstream=Upstream(id="one", url="https://one.example/"),
            published=PUBLISHED,
        ),
        **fields,  # type: ignore[arg-type]
    )


def elsewhere(**fields: object) -> Article:
    """The same text in another source, with nothing else in common."""
    return article(
        **{
            "source": "two",
            "title": "Another headline",
            "url": "https://two.example/printed",
            "explicit_id": "tag:two.example,2026:9",
            "upstream": Upstream(id="two", url="https://two.example/"),
            **fields,
        }
    )


def kind(one: Article, other: Article) -> str | None:
    return joined({1: one, 2: other}).get((1, 2))


GOLDEN = "23e4e728e05aeeb6b4eb5ee51b40a3766bc6bda56a0b88a7ff1ae54d099ccba5"
GOLDEN_BAND = "092741ed77fd09077"


def test_the_minhash_is_the_same_on_every_machine_and_with_every_version() -> None:
    least = least_values(shingles(words_of("The quick brown fox jumps over the lazy dog. " * 3)))
    assert hashlib.sha256(least).hexdigest() == GOLDEN
    assert bands(least)[0] == GOLDEN_BAND


def test_a_minhash_tells_how_much_two_texts_have_in_common() -> None:
    whole, half = shingles(WORDS), shingles(WORDS[:200])
    assert agreement(least_values(whole), least_values(half)) == pytest.approx(0.5, abs=0.13)
    assert agreement(least_values(whole), least_values(whole[::-1])) == 1.0


def test_words_of_a_script_without_spaces_are_its_letters() -> None:
    assert words_of("Ein Wort, 新しい記事 2026") == ["ein", "wort", *"新しい記事", "2026"]


def test_texts_are_compared_place_by_place() -> None:
    edited = [*WORDS[:100], "new", *WORDS[101:300], "more", *WORDS[301:]]
    found = compared(WORDS, edited)
    assert (found.places, found.replacements) == (2, 2)
    assert found.share == pytest.approx(392 / 404)
    assert compared(WORDS, WORDS[:360]).replacements == 0


def test_a_portrait_comes_back_from_the_store() -> None:
    portrait = portray(article(language="en-GB", links=(Link(href="https://x.example/y", rel="canonical"),)))
    assert Portrait.unpack(portrait.pack()) == portrait
    assert Portrait.unpack(b"\xff" + portrait.pack()[1:]) is None
    bare = portray(Article(source="one", title=""))
    assert Portrait.unpack(bare.pack()) == bare


def test_a_portrait_holds_nothing_of_the_text() -> None:
    packed = portray(article(title="Marker headline", body=body("Marker", *WORDS))).pack()
    assert b"arker" not in packed
    assert b"word" not in packed
    assert b"example" not in packed


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({}, {"url", "guid", "band"}),
        ({"body": body(*WORDS[:59])}, {"url", "guid"}),
        ({"explicit_id": "1234"}, {"url", "band"}),
        ({"explicit_id": "post-17"}, {"url", "band"}),
        ({"explicit_id": "https://one.example/"}, {"url", "band"}),
        ({"url": "https://one.example/?utm_source=rss", "explicit_id": None}, {"band"}),
        ({"url": None, "explicit_id": "123e4567-e89b-12d3-a456-426614174000"}, {"guid", "band"}),
        ({"url": None, "explicit_id": "https://one.example/?p=7"}, {"url", "guid", "band"}),
        ({"url": "mailto:a@one.example", "explicit_id": None, "body": ""}, set()),
    ],
)
def test_the_signs_of_an_article(fields: dict[str, object], kinds: set[str]) -> None:
    assert {sign for sign, _ in portray(article(**fields)).signs} == kinds


SAME_PAGE = {"url": "https://m.one.example/story/?utm_source=rss", "explicit_id": None}
PLANET = Upstream(id="planet", url="https://planet.example/")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({**SAME_PAGE}, "url"),
        ({**SAME_PAGE, "body": "", "title": "A story", "upstream": article().upstream}, "url"),
        ({**SAME_PAGE, "body": "", "title": "Some One: A story"}, "url"),
        ({**SAME_PAGE, "body": "", "title": "A story | One"}, "url"),
        ({**SAME_PAGE, "body": "", "title": "Another headline"}, None),
        ({**SAME_PAGE, "body": body(*(f"mine{n}" for n in range(300))), "title": "A story"}, None),
        ({**SAME_PAGE, "body": "", "summary": " ".join(f"mine{n}" for n in range(12)), "title": "A story"}, None),
        ({**SAME_PAGE, "body": body(*WORDS[:90])}, "url"),
        ({"explicit_id": "tag:one.example,2026:story"}, "guid"),
        ({"explicit_id": "tag:one.example,2026:story", "body": "", "title": "Another headline"}, None),
        ({}, "content"),
        ({"title": "A story", "body": ""}, None),
        ({"published": PUBLISHED + timedelta(days=3, seconds=1)}, None),
        ({"published": None}, None),
        ({"language": "de"}, "content"),
        ({"source": "one"}, None),
        ({"url": "https://one.example/other", "upstream": article().upstream}, None),
    ],
)
def test_whether_two_articles_are_one(fields: dict[str, object], expected: str | None) -> None:
    assert kind(article(), elsewhere(**fields)) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"language": "en"}, {"language": "de"}, None),
        ({"language": "en"}, {"language": "en-GB"}, "content"),
        ({"title": "Prices of 3 March"}, {"title": "Prices of 4 March"}, None),
        ({"title": "Five dead"}, {"title": "5 dead"}, "content"),
    ],
)
def test_what_speaks_against_the_same_text(
    one: dict[str, object], other: dict[str, object], expected: str | None
) -> None:
    assert kind(article(**one), elsewhere(**other)) == expected


def test_an_address_that_a_source_gives_to_several_articles_is_no_sign() -> None:
    front = {"url": "https://one.example/news/", "explicit_id": None, "body": "", "title": "News"}
    found = joined({1: article(**front), 2: article(**front), 3: elsewhere(**front)})
    assert found == {}


def test_a_text_that_a_source_has_twice_counts_only_under_its_title() -> None:
    blurb = {"url": None, "explicit_id": None}
    one, two = article(title="Part one", **blurb), article(title="Part two", **blurb)
    assert joined({1: one, 2: two, 3: elsewhere(title="Whatever", **blurb)}) == {}
    assert joined({1: one, 2: two, 3: elsewhere(title="Part two", **blurb)}) == {(2, 3): "content"}


def test_where_a_text_was_erased_the_other_must_be_it_beyond_doubt() -> None:
    known = portray(article())
    likeness = same(known, portray(elsewhere()))
    assert likeness is not None
    assert borne_out_by_texts(likeness, None, "anything") == likeness
    edited = same(known, portray(elsewhere(body=body(*WORDS[:370]))))
    assert edited is not None
    assert borne_out_by_texts(edited, None, "anything") is None


@given(st.lists(st.sampled_from(WORDS[:40]), max_size=120), st.lists(st.sampled_from(WORDS[:40]), max_size=120))
@settings(max_examples=50, deadline=None)
def test_it_does_not_matter_which_of_two_comes_first(one: list[str], other: list[str]) -> None:
    first, second = article(body=body(*one)), elsewhere(body=body(*other), url=article().url)
    assert joined({1: first, 2: second}) == joined({1: second, 2: first})


def test_an_article_without_text_needs_no_heavy_library() -> None:
    code = (
        "import sys; from syndicator.core.duplicates import portray; from syndicator.model import Article;"
        "portray(Article(source='x', title='t', url='https://x.example/a'));"
        "print({'datasketch', 'numpy', 'scipy'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_canonical_link_is_an_address() -> None:
    linked = elsewhere(links=(Link(href="https://one.example/story?utm_source=x", rel="canonical"),), body="")
    assert canonical("https://one.example/story?utm_source=x") == article().url
    assert kind(article(title="Another headline"), linked) == "url"


YEARS = PUBLISHED + timedelta(days=800)
SHORT = body(*WORDS[:30])
EDITED = body(*WORDS[:200], "changed", *WORDS[201:])
AGAIN = {
    "under another title": ({"title": "Another"}, {}, True),
    "years later under its title": ({"published": YEARS}, {}, True),
    "years later under another title": ({"published": YEARS, "title": "Another"}, {}, False),
    "with a word changed": ({"body": EDITED}, {}, True),
    "with a word changed, under another title": ({"body": EDITED, "title": "Another"}, {}, False),
    "with a word changed, years later": ({"body": EDITED, "published": YEARS}, {}, False),
    "short, under its title": ({"body": SHORT}, {"body": SHORT}, True),
    "short, under another title": ({"body": SHORT, "title": "Another"}, {"body": SHORT}, False),
    "short, years later": ({"body": SHORT, "published": YEARS}, {"body": SHORT}, False),
    "nothing": ({"body": ""}, {"body": ""}, False),
    "another part of a series": ({"title": "Part 2"}, {"title": "Part 1"}, False),
    "another episode with the words of all": ({"enclosures": (PLAYED,)}, {}, False),
    "another text": ({"body": body(*reversed(WORDS))}, {}, False),
    "in another language": ({"language": "de"}, {"language": "en"}, False),
}


@pytest.mark.parametrize(("new", "was", "expected"), AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("source", ["one", "two"])
def test_whether_an_article_has_the_text_of_a_killed_one(
    source: str, new: dict[str, object], was: dict[str, object], expected: bool
) -> None:
    fresh = portray(article(**{"source": source, "url": None, "explicit_id": None, **new}))
    assert (brought_again(fresh, portray(article(**was))) is not None) is expected
