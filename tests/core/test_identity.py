"""Identity: what is minted, and what is recognised."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.identity import (
    Claims,
    is_site_feed,
    mint,
    similarity,
    site_feed_id,
    site_id,
    sketch,
    url_key,
)

FOX = "The quick brown fox jumps over the lazy dog while the farmer sleeps in the barn near the river at noon"
SEA = "Ships sail every morning from the old harbour to islands that nobody has named since the war had ended"


def claims(path: str = "a.md", hash: str = "h", id: str | None = None, url: str | None = None) -> Claims:
    return Claims(path=path, hash=hash, id=id, url=url)


@pytest.mark.parametrize(
    "iri",
    [
        "tag:example.org,2024:post-1",
        "urn:uuid:9b1f1d7e-6a52-5f0e-9d5b-5b5f3f1a8c21",
        "https://example.org/1#x",
        "urn:isbn:0451450523",
    ],
)
def test_an_explicit_iri_is_kept_character_by_character(iri: str) -> None:
    assert mint(claims(id=iri), "seeds", "") == iri


@pytest.mark.parametrize("id", ["post-1", "tag:nothing", "urn:x", "javascript:alert(1)", "https://exa mple.org/", "42"])
def test_any_other_explicit_id_is_made_into_one(id: str) -> None:
    minted = mint(claims(id=id), "seeds", "")
    assert minted.startswith("urn:uuid:")
    assert minted == mint(claims(id=id, path="elsewhere.md", url="https://example.org/"), "other", "")


def test_without_an_explicit_id_the_address_makes_the_id_and_without_one_the_path() -> None:
    by_url = mint(claims(url="https://example.org/a"), "seeds", "")
    by_path = mint(claims(), "seeds", "")
    assert by_url == mint(claims(path="b.md", url="https://example.org/a"), "seeds", "")
    assert by_path == mint(claims(hash="another"), "seeds", "")
    assert len({by_url, by_path, mint(claims(), "other", ""), mint(claims(path="b.md"), "seeds", "")}) == 4


def test_a_namespace_tells_sites_apart() -> None:
    assert mint(claims(), "seeds", "one.example") != mint(claims(), "seeds", "two.example")
    assert site_id("https://one.example") != site_id("https://two.example")


def test_a_taken_id_is_not_given_again() -> None:
    first = mint(claims(), "seeds", "")
    second = mint(claims(), "seeds", "", {first})
    assert second not in ("", first)
    assert mint(claims(), "seeds", "", {first, second}) not in (first, second)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("HTTPS://Example.ORG:443/a?b=1#c", "https://example.org/a?b=1"),
        ("http://example.org", "http://example.org/"),
        ("http://example.org:8080/A", "http://example.org:8080/A"),
        ("http://example.org.:80/", "http://example.org/"),
        ("http://example.org:99999999/", "http://example.org:99999999/"),
    ],
)
def test_spellings_of_one_address_have_one_key(url: str, key: str) -> None:
    assert url_key(url) == key


def test_a_body_is_similar_to_itself_with_a_word_changed_and_not_to_another() -> None:
    long = " ".join(f"word{n} of the story" for n in range(200))
    assert similarity(sketch(long), sketch(long)) == 1.0
    assert similarity(sketch(long), sketch(long.replace("word7 ", "other "))) > 0.8
    assert similarity(sketch(FOX), sketch(SEA)) == 0.0
    assert similarity(sketch(""), sketch("")) == 0.0


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_similarity_is_symmetric_and_a_share(one: str, other: str) -> None:
    there, back = similarity(sketch(one), sketch(other)), similarity(sketch(other), sketch(one))
    assert there == back
    assert 0.0 <= there <= 1.0
    assert len(sketch(one)) <= 256


@pytest.mark.parametrize(
    ("name", "address", "first_names", "expected"),
    [
        ("", "https://a.example/feed.xml", (), True),
        ("", "https://elsewhere.example/feed.xml", (), True),
        ("rights", "https://a.example/rights/rss.xml", (), True),
        ("rights", "https://a.example/rights/archives/12/rss.xml", (), True),
        ("", "https://a.example/archives/3/feed.xml", (), True),
        ("rights", "https://a.example/freedom/feed.xml", (), False),
        ("rights", "https://a.example/freedom/feed.xml", ("rights",), True),
        ("rights", None, ("rights",), True),
        ("rights", None, (), False),
    ],
)
def test_a_feed_of_ours_is_known_by_its_id(
    name: str, address: str | None, first_names: tuple[str, ...], expected: bool
) -> None:
    site = site_id("gazette")
    assert is_site_feed(site, site_feed_id(site, name), address, first_names) is expected
    assert is_site_feed(site_id("other"), site_feed_id(site, name), address, first_names) is False
