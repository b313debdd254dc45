"""Lists of sources of other kinds: each told by what is in it, and what is not taken over said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.lists import read_list
from syndicator.errors import BadList
from syndicator.model import Subscription, SubscriptionList

VENUS = """\
# Planet Example
[Planet]
name = Planet %(example)s
link = https://planet.example/
owner_name: Ann
filters =
    excerpt.py?omit=img
    html.py

[DEFAULT]
facewidth = 64
tags = news

[index.html.tmpl]
days_per_page = 3

[https://a.example/feed?x=1] ; the first
name = Ann: on %(bread)s ; and more
face = ann.png

[https://list.example/all.opml]
content_type = opml

[HTTPS://b.example/feed]
name: Bea
name = Bea B.
tags = bread, salt
"""
PLUTO = """\
title = Planet Bread

[mill]
  title = The Mill
  link  = https://mill.example
  feed  = https://mill.example/feed
  location = Vienna
[gem]
  rubygems = bread
"""
OSMOSFEED = """\
---
# what we read
cacheUrl: https://site.example/cache.json
siteTitle: "Bread: news"
sources:
  - href: https://a.example/feed # the first
  - href: 'https://b.example/feed'
    title: 2024-01-01
  - https://c.example/feed
  - name: nothing
"""
NEWSBOAT = r"""
# what we read
https://a.example/feed news "bread and salt" "~The \"A\"" !
"query:Unread:unread = \"yes\""
exec:~/bin/feed tag
"filter:~/bin/f:https://c.example/feed"
https://b.example/feed?a=1#x
ftp://d.example/x
"""


def read(text: str | bytes, name: str = "list") -> SubscriptionList:
    return read_list(text if isinstance(text, bytes) else text.encode(), name)


def outcome(text: str) -> tuple[str, tuple[Subscription, ...]]:
    """Why a text is no list, or what it holds."""
    try:
        return "", read(text).subscriptions
    except BadList as error:
        return str(error), ()


def test_a_planets_configuration_is_read() -> None:
    expected = SubscriptionList(
        format="planet",
        title="Planet %(example)s",
        subscriptions=(
            Subscription(url="https://a.example/feed?x=1", title="Ann: on %(bread)s", tags=("news",)),
            Subscription(url="https://b.example/feed", title="Bea B.", tags=("bread", "salt")),
        ),
        notices=(
            "line 2: [Planet]: not taken over: `owner_name`, `filters`",
            "line 10: [DEFAULT]: not taken over: `facewidth`",
            "line 14: the section [index.html.tmpl] names no feed and is not taken over",
            "line 17: `https://a.example/feed?x=1`: not taken over: `face`",
            "line 21: `https://list.example/all.opml` is a list of feeds (opml), which is not followed: "
            "import it by itself",
        ),
    )
    assert expected == read(VENUS, "config.ini")


def test_plutos_configuration_is_read() -> None:
    found = read(PLUTO, "planet.ini")
    mill = Subscription(url="https://mill.example/feed", title="The Mill", page="https://mill.example")
    assert found.format == "pluto"
    assert ("Planet Bread", (mill,)) == (found.title, found.subscriptions)
    assert [notice.partition(":")[0] for notice in found.notices] == ["line 3", "line 8"]


def test_osmosfeed_is_read() -> None:
    expected = SubscriptionList(
        format="osmosfeed",
        title="Bread: news",
        subscriptions=(
            Subscription(url="https://a.example/feed"),
            Subscription(url="https://b.example/feed", title="2024-01-01"),
            Subscription(url="https://c.example/feed"),
        ),
        notices=("source 4 has no `href` and was left out", "not taken over: `cacheUrl`"),
    )
    assert expected == read(OSMOSFEED, "osmosfeed.yaml")


def test_newsboats_urls_are_read() -> None:
    found = read(NEWSBOAT, "urls")
    first = Subscription(url="https://a.example/feed", title='The "A"', tags=("news", "bread and salt"))
    assert found.format == "newsboat"
    assert (first, Subscription(url="https://b.example/feed?a=1#x")) == found.subscriptions
    told = ["hidden", "query", "exec", "filter", "ftp"]
    assert len(told) == len(found.notices)
    assert all(word in notice for word, notice in zip(told, found.notices, strict=True))


def test_a_plain_list_of_addresses_is_read() -> None:
    found = read("\ufeff# ours\r\nhttps://a.example/1\r\n\r\nfeed:https://b.example/2\r\nHTTPS://A.example:443/1\r\n")
    assert found.format == "urls"
    assert [one.url for one in found.subscriptions] == ["https://a.example/1", "https://b.example/2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    ("text", "format"),
    [
        ('<?xml version="1.0"?>\n<opml><outline text="Café" xmlUrl="https://a.example/1"/></opml>', "opml"),
        ("[https://a.example/1]\nname = Café\n", "planet"),
        ("[x]\nfeed = https://a.example/1\ntitle = Café\n", "pluto"),
        ("sources:\n  - href: https://a.example/1\n    title: Café\n", "osmosfeed"),
        ('https://a.example/1 "~Café"\n', "newsboat"),
    ],
    ids=["opml", "planet", "pluto", "osmosfeed", "newsboat"],
)
def test_what_a_list_is_is_told_by_what_is_in_it(text: str, format: str, encoding: str) -> None:
    found = read(text.encode(encoding), "misleading.txt")
    assert (format, ["Café"]) == (found.format, [one.title for one in found.subscriptions])


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"", None, "empty"),
        (b" \n\n", None, "empty"),
        (b"# nothing\n", None, "names no feed"),
        (b"\n\nhello world\n", 3, "`hello world`"),
        (b"[Planet]\nname = x\n\nwhat is this\n", 4, "`what is this`"),
        (b"sources:\n  - href: 'a\n", 2, "YAML"),
        (b"sources:\n  - href: https://a.example/1\n - b\n", 3, "YAML"),
        (b"---\nx: 1\nsources: x\n", None, "must be a list"),
        (b"sources:\n" + b"  - [" + b"[" * 100 + b"\n", 2, "deeper"),
        (b"<!DOCTYPE html><html></html>", None, "web page"),
        (b"<rss version='2.0'/>", None, "is a feed"),
        (b"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'/>", None, "is a feed"),
        (b"<rdf:RDF xmlns:rdf='x'/>", None, "RDF"),
        (b"<other/>", None, "no OPML"),
        (b"PK\x03\x04" + bytes(100), None, "archive"),
        (bytes(range(1, 32)) * 20, None, "binary"),
        (b"x" * (5 * 2**20 + 1), None, "5 MiB"),
    ],
)
def test_what_is_no_list_says_so(data: bytes, line: int | None, says: str) -> None:
    with pytest.raises(BadList, match=says) as caught:
        read(data, "my.list")
    assert (line, True) == (caught.value.line, "my.list" in str(caught.value))


def test_aliases_of_yaml_are_bounded() -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
    )
    with pytest.raises(BadList, match="10,000 values"):
        read(text + "sources: *g\n")


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"https://a.example/{n}\n" for n in range(12_000)),
        "".join(f"[https://a.example/{n}]\nname = {n}\n" for n in range(12_000)),
    ],
    ids=["urls", "planet"],
)
def test_no_more_than_ten_thousand_are_taken(text: str) -> None:
    found = read(text)
    assert len(found.subscriptions) == 10_000
    assert "2,000 were left out" in found.notices[-1]


@pytest.mark.parametrize(
    "line", ["[" * 100_000, "a" + " " * 100_000, '"' + "\\" * 100_000, "a." * 50_000 + "=", " ;" * 50_000]
)
@pytest.mark.parametrize("before", ["[Planet]\n", "https://a.example/1\n", "sources:\n"])
def test_long_lines_take_no_more_than_linear_time(before: str, line: str) -> None:
    told, found = outcome(f"{before}{line}\n")
    assert len(told) < 400
    assert len(found) <= 1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "[",
                "]",
                "\n",
                "=",
                " ",
                "https://a.example/1",
                "name",
                "feed",
                "sources:",
                "  - href: ",
                '"',
                "\\",
                "<opml>",
                "<outline",
                ">",
                "xmlUrl=",
                "---",
                "#",
                "&a",
                "*a",
                "é",
                "\x00",
            ]
        ),
        max_size=25,
    ).map("".join)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    told, found = outcome(text)
    assert told or all(one.url.startswith(("https://", "http://")) for one in found)
