"""Which feeds a page offers, the best first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.upstream.discovery import Offer, guesses, link_header, offers
from syndicator.model import Response

PAGE = "https://site.example/blog/post"
ATOM = 'rel="alternate" type="application/atom+xml"'
RSS = 'rel="alternate" type="application/rss+xml"'


def found(body: str | bytes, url: str = PAGE, **headers: str) -> tuple[Offer, ...]:
    data = body if isinstance(body, bytes) else body.encode()
    known = {"content-type": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return offers(Response(url=url, status=200, headers=known, body=data))


def urls(body: str | bytes, url: str = PAGE, **headers: str) -> list[str]:
    return [offer.url for offer in found(body, url, **headers)]


def test_an_offer_says_where_what_and_why() -> None:
    body = f"<title>x</title><link {ATOM} title='News &amp; more\n' href=/atom.xml>"
    expected = Offer(url="https://site.example/atom.xml", title="News & more", type="application/atom+xml", why="link")
    assert [expected] == list(found(body))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<link {RSS} href=feed>", ["https://site.example/blog/feed"]),
        (f"<link {RSS} href=//other.example/feed>", ["https://other.example/feed"]),
        (f"<link {RSS} href=feed:https://other.example/feed>", ["https://other.example/feed"]),
        (f"<base href='/x/'><link {RSS} href=feed>", ["https://site.example/x/feed"]),
        (f"<link {RSS} href=feed><base href='/x/'><base href='/y/'>", ["https://site.example/x/feed"]),
        (f"<base target=_top><link {RSS} href=feed>", ["https://site.example/blog/feed"]),
        (f"<LINK {RSS.upper()} HREF='/feed'/>", ["https://site.example/feed"]),
        (
            "<link type=application/feed+json rel='nofollow alternate' href=/feed.json>",
            ["https://site.example/feed.json"],
        ),
        ("<link rel=alternate type='application/rdf+xml; charset=x' href=/rdf>", ["https://site.example/rdf"]),
        ("<link rel=feed href=/feed>", ["https://site.example/feed"]),
        (f"<link {RSS} href='/feed?a=1&amp;b=2#x'>", ["https://site.example/feed?a=1&b=2"]),
        (f"<link {RSS} href='/feed?a=1&copy=2'>", ["https://site.example/feed?a=1&copy=2"]),
        (f"<link {RSS} href=/f><link {ATOM} href=/f>", ["https://site.example/f"]),
        (f"<link {RSS} href=>", []),
        (f"<link {RSS}>", []),
        (f"<link {RSS} href='{PAGE}'>", []),
        (f"<link {RSS} href='javascript:alert(1)'>", []),
        (f"<link {RSS} href='file:///etc/passwd'>", []),
        ("<link rel=alternate type=application/json href=/wp-json/wp/v2/posts/1>", []),
        ("<link rel=alternate type=application/json+oembed href=/x>", []),
        ("<link rel=alternate hreflang=de href=/de>", []),
        ("<link rel='alternate stylesheet' type=text/xml href=/x.css>", []),
        (
            f"<!-- <link {RSS} href=/a> --><script>'<link {RSS} href=/b>'</script><title><link {RSS} href=/c></title>",
            [],
        ),
        (f"<link {RSS} href='/feed", []),
    ],
)
def test_links_of_a_page(body: str, expected: list[str]) -> None:
    assert expected == urls(body)


def test_the_order_of_the_page_stands_and_formats_of_one_feed_are_ordered() -> None:
    body = f"""
        <link {RSS} title="Site &raquo; Comments Feed" href="/comments/feed/">
        <link {RSS} title="Site &raquo; RSS" href="/rss.xml">
        <link {ATOM} title="Category: Bread" href="/bread.atom">
        <link rel=alternate type=application/feed+json title="Site &raquo; JSON Feed" href="/feed.json">
        <link {ATOM} title="Site &raquo; Atom 1.0" href="/atom.xml">
        <link {ATOM} title="Kommentare" href="/k.atom">
    """
    expected = ["atom.xml", "rss.xml", "feed.json", "bread.atom", "comments/feed/", "k.atom"]
    assert [f"https://site.example/{path}" for path in expected] == urls(body)


def test_headers_come_before_the_page() -> None:
    header = '</h.atom>; rel="alternate"; type="application/atom+xml"; title="Site"'
    expected = [("https://site.example/h.atom", "Link header"), ("https://site.example/p.atom", "link")]
    offered = found(f"<link {ATOM} title=Site href=/p.atom>", link=header)
    assert expected == [(offer.url, offer.why) for offer in offered]


def test_headers_are_read_whatever_the_body_is() -> None:
    header = '<feed.xml>; rel=alternate; type="application/rss+xml"'
    assert urls(b"%PDF-1.7 <a href=/rss>", link=header, content_type="application/pdf") == [
        "https://site.example/blog/feed.xml"
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        ("<a>", [("a", {})]),
        (
            '<a,b;c>; rel="x, y; z"; Type=t , <d>;rel=e',
            [("a,b;c", {"rel": "x, y; z", "type": "t"}), ("d", {"rel": "e"})],
        ),
        (r'<a>; title="say \"a, b\""', [("a", {"title": 'say "a, b"'})]),
        ("<a>; rel=first; rel=second; flag", [("a", {"rel": "first", "flag": ""})]),
        ("<a>; title*=UTF-8'en'%e2%82%ac; title=no", [("a", {"title*": "UTF-8'en'%e2%82%ac", "title": "€"})]),
        (",, <a> ,,<b>;;rel=x;", [("a", {}), ("b", {"rel": "x"})]),
        ("nonsense, <a>", []),
        ("<a>; rel=x nonsense <b>", [("a", {"rel": "x"})]),
    ],
)
def test_a_link_header_is_taken_apart(value: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert expected == list(link_header(value))


@pytest.mark.parametrize(
    ("anchor", "count"),
    [(PAGE, 1), ("", 0), ("/blog/post", 1), ("/elsewhere", 0), ("https://other.example/", 0)],
)
def test_a_link_about_another_page_is_no_offer(anchor: str, count: int) -> None:
    header = f'</f>; rel=alternate; type="application/rss+xml"; anchor="{anchor}"'
    assert count == len(urls("", link=header))


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("<a href=/feed>x</a>", ["https://site.example/feed"]),
        ("<a href=/blog/index.xml>x</a>", ["https://site.example/blog/index.xml"]),
        ("<a href=https://feeds.other.example/x/rss.xml>x</a>", ["https://feeds.other.example/x/rss.xml"]),
        ("<a href='/?feed=rss2'>x</a>", ["https://site.example/?feed=rss2"]),
        ("<a href=feed://site.example/a>RSS</a>", ["https://site.example/a"]),
        ("<a href=/x><img alt=''> RSS</a>", ["https://site.example/x"]),
        ("<a href=/x title='Atom feed'><svg/></a>", ["https://site.example/x"]),
        ("<a href=/x>Subscribe</a>", ["https://site.example/x"]),
        ("<a href=https://other.example/x>Subscribe</a>", []),
        ("<a href=https://feedly.com/i/subscription/feed/x>Feed</a>", []),
        ("<a href=/x>Atomic news</a>", []),
        ("<a href='#feed'>Feed</a>", []),
        ("<a href='javascript:feed()'>Feed</a>", []),
        ("<a name=feed>Feed</a>", []),
        (f"<a href=/x>{'A long story of how feeds came into being: '}RSS and what came after it</a>", []),
        (f"<a href=/feed>RSS</a><link {RSS} href=/main>", ["https://site.example/main"]),
    ],
)
def test_what_people_see_counts_where_nothing_else_is_offered(anchor: str, expected: list[str]) -> None:
    assert expected == urls(f"<p>{anchor}<p>more")


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        ("Žluťoučký".encode(), "text/html", "Žluťoučký"),
        ("Žluťoučký".encode("cp1250"), "text/html; charset=windows-1250", "Žluťoučký"),
        ("Žluťoučký".encode("utf-16"), "text/html", "Žluťoučký"),
    ],
    ids=["utf-8", "header", "mark"],
)
def test_the_charset_of_a_page_is_heeded(body: bytes, content_type: str, title: str) -> None:
    encoding = "utf-16" if body[:2] == b"\xff\xfe" else "ascii"
    before, after = (
        f"<link {RSS} href=/f title='".encode(encoding),
        "'>".encode("utf-16-le" if encoding == "utf-16" else encoding),
    )
    whole = before + body.removeprefix(b"\xff\xfe") + after
    assert [title] == [offer.title for offer in found(whole, content_type=content_type)]


def test_the_charset_that_a_page_declares_is_heeded() -> None:
    body = f"<meta charset='windows-1250'><link {RSS} href=/f title='Žluť'>".encode("cp1250")
    assert [offer.title for offer in found(body)] == ["Žluť"]


def test_offers_are_bounded() -> None:
    assert len(found("".join(f"<link {RSS} href=/{number}>" for number in range(1000)))) == 50
    assert len(found("".join(f"<a href=/{number}/feed>x</a>" for number in range(1000)))) == 10


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        "<a href='",
        '<a href="x',
        "<a href=/rss>",
        "<!--",
        "<![CDATA[",
        "<script>",
        "<link rel=feed href=/f ",
        "</",
        "<a b=<",
        "&",
        "<base href=/>",
    ],
)
def test_what_is_hostile_takes_no_more_than_linear_time(piece: str) -> None:
    size = 2 * 2**20 // len(piece)
    assert len(found(piece * size)) <= 50
    assert len(list(link_header(piece * size))) <= 65_536


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<", ">", "a", " ", "href", "=", "link", "rel=feed", "'", '"', "/", "!--", "-->", "x", "base", "\x00", "é"]
        ),
        max_size=30,
    )
)
def test_any_page_is_read(parts: list[str]) -> None:
    for offer in found("".join(parts), link="".join(parts)):
        assert offer.url.startswith(("http://", "https://"))


def test_guesses_begin_where_a_section_may_have_its_own_feed() -> None:
    assert guesses("https://site.example")[0] == "https://site.example/feed"
    assert guesses("https://site.example/blog/")[0] == "https://site.example/blog/feed"
    assert guesses("https://site.example/2024/05/some-article")[0] == "https://site.example/feed"
    assert guesses("https://site.example/about.html")[0] == "https://site.example/feed"


def test_guesses_are_the_usual_ones() -> None:
    usual = {
        "feed",
        "rss",
        "atom.xml",
        "feed.xml",
        "rss.xml",
        "index.xml",
        "feed/",
        "index.atom",
        "index.rss",
        "feed.json",
    }
    assert {f"https://site.example/{name}" for name in usual} <= set(guesses("https://site.example/?x=1"))
    assert "https://site.example/feed" not in guesses("https://site.example/feed")
    assert len(guesses("https://site.example/blog")) <= 20
