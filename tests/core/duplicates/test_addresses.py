"""Addresses in one form: what is folded, and what must stay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.duplicates import canonical
from syndicator.core.duplicates.addresses import is_root

STORY = "https://news.example/2026/03/story"


@pytest.mark.parametrize(
    "url",
    [
        STORY,
        "http://news.example/2026/03/story",
        "HTTPS://WWW.News.Example:443/2026/03/story",
        "http://news.example:80/2026/03/story/",
        f"{STORY}/?utm_source=rss&UTM_Medium=feed",
        f"{STORY}?fbclid=abc&gclid=d&mc_cid=e",
        f"{STORY}?amp;utm_source=rss",
        f"{STORY}?ref=rss",
        f"{STORY}#comments",
        f"{STORY}/amp",
        f"{STORY}/amp/",
        f"{STORY}?amp=1",
        f"{STORY}?amp",
        f"{STORY}?outputType=amp",
        f"{STORY}.amp",
        f"{STORY}/index.html",
        f"{STORY}/index.php/amp/",
        f"{STORY};jsessionid=0A1B",
        "https://amp.news.example/2026/03/story",
        "https://m.news.example/2026/03/story",
        "https://mobile.news.example/2026/03/story",
        "https://www.m.news.example/2026/03/story",
        "https://news.example/2025/../2026/./03/story",
        "https://news.example/2026/03/%73tory",
        "https://user:secret@news.example/2026/03/story",
        "https://www.google.com/amp/s/news.example/2026/03/story",
        "https://www.google.co.uk/amp/s/amp.news.example/2026/03/story/amp/",
        "https://google.com/amp/news.example/2026/03/story",
        "https://news-example.cdn.ampproject.org/c/s/news.example/2026/03/story?usqp=mq331AQ",
        "https://cdn.ampproject.org/v/s/www.news.example/2026/03/story?amp_js_v=0.1",
        f"  {STORY} ",
    ],
)
def test_all_forms_of_an_address_are_one(url: str) -> None:
    assert canonical(url) == STORY


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{STORY}?id=1", f"{STORY}?id=2"),
        (f"{STORY}?p=1", STORY),
        (f"{STORY}?ref=12", STORY),
        (f"{STORY}?m=1", STORY),
        (f"{STORY}?page=2", STORY),
        (f"{STORY}lines", STORY),
        (f"{STORY}/amplifier", f"{STORY}/"),
        ("https://news.example/Story", "https://news.example/story"),
        ("https://news.example/a%2Fb", "https://news.example/a/b"),
        ("https://news.example:8443/story", "https://news.example/story"),
        ("https://m.example/story", "https://example/story"),
        ("https://mum.news.example/story", "https://news.example/story"),
        ("https://blog.news.example/story", "https://news.example/story"),
        ("https://news.example/#!/story/1", "https://news.example/#!/story/2"),
        ("https://amp.example/amp/s/news.example/story", "https://news.example/story"),
    ],
)
def test_what_tells_two_articles_apart_stays(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{STORY}?b=2&a=1&a=0&utm_id=3", f"{STORY}?a=0&a=1&b=2"),
        ("https://en.m.wikipedia.org/wiki/RSS", "https://en.wikipedia.org/wiki/RSS"),
        ("https://a.blogspot.com/2026/story.html?m=1", "https://a.blogspot.com/2026/story.html"),
        ("https://news.example/caf%c3%a9", "https://news.example/caf%C3%A9"),
        ("https://news.example/café", "https://news.example/caf%C3%A9"),
        ("https://news.example/story.amp.html", "https://news.example/story.html"),
        ("https://news.example", "https://news.example/"),
        ("mailto:a@news.example", "mailto:a@news.example"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_an_address_in_its_form(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.news.example", True),
        ("https://news.example/index.html?utm_source=rss", True),
        ("https://news.example/amp/", True),
        ("https://news.example/?p=3", False),
        ("https://news.example/story", False),
        ("https://news.example/#!/story", False),
    ],
)
def test_a_bare_host_is_no_address_of_an_article(url: str, expected: bool) -> None:
    assert is_root(canonical(url)) is expected


PIECES = """
    / // amp .amp .html index.html .. . %2e %25 % é a ? & = # ! utm_source=x amp; amp=1 m. www. google.com /amp/s/
    cdn.ampproject.org /c/s/ :80 ;jsessionid=1
"""
PARTS = st.sampled_from(PIECES.split())


@given(st.sampled_from(["http://", "https://", "HTTP://www."]), st.lists(PARTS, max_size=12).map("".join))
@settings(max_examples=100, deadline=None)
def test_a_canonical_address_is_its_own_canonical_form(scheme: str, rest: str) -> None:
    once = canonical(f"{scheme}news.example{rest}")
    assert canonical(once) == once
    other = canonical(f"{scheme}{rest}")
    assert canonical(other) == other


@given(st.permutations(["a=1", "b=2", "c", "utm_source=x", "id=3"]))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_query_does_not_matter(pairs: list[str]) -> None:
    assert canonical(f"{STORY}?{'&'.join(pairs)}") == f"{STORY}?a=1&b=2&c&id=3"
