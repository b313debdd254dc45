"""Saved HTML pages: what they say of themselves, in which order it is believed, and the article in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core import articles, html
from syndicator.core.articles import page
from syndicator.core.articles.rules import Rules
from syndicator.errors import BadArticle
from syndicator.model import Article, Image, Notice, Person, Reading, utc

RULES = Rules(source="seeds")
TEXT = (
    "<p>It was a <b>cold</b> day when the dog decided to bite the <a href='man.html'>man</a> who had walked by the "
    "house a hundred times before, and nobody who saw it could say why.</p>"
    "<p>Witnesses said that the dog was barking loudly and that the man did not run, which is what people usually do "
    "in such a situation, as experts will tell you.</p>"
)


def read(head: str = "", body: str = TEXT) -> Reading:
    return page.read(f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>", RULES)


def article(*head: str, body: str = TEXT) -> Article:
    return read("<title>T</title>" + "".join(head), f"<article>{body}</article>").article


def meta(name: str, content: str) -> str:
    kind = "property" if name.startswith(("og:", "article:")) else "name"
    return f'<meta {kind}="{name}" content="{content}">'


def linked(data: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


NEWS = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "Organization", "@id": "#org", "name": "Daily"},
        {"@id": "#jane", "@type": "Person", "name": "Jane Doe", "url": "https://e.org/jane"},
        {
            "@type": ["NewsArticle", "Thing"],
            "headline": "A dog &amp; a man",
            "description": "What happened.",
            "author": [{"@id": "#jane"}, {"@type": "Person", "name": "Bob"}, "https://facebook.com/x"],
            "datePublished": "2024-01-03T10:00:00+02:00",
            "dateModified": "2024-01-04",
            "mainEntityOfPage": {"@id": "https://e.org/2024/dog"},
            "image": [{"@type": "ImageObject", "url": "/i.jpg", "width": 600, "height": "400", "caption": "A dog"}],
            "inLanguage": "en-US",
            "keywords": ["dogs", "men", "Dogs"],
            "license": "https://creativecommons.org/licenses/by/4.0/",
        },
    ],
}
EVERYTHING_ELSE = (
    "<title>Title | Daily</title><link rel=canonical href='https://e.org/2024/dog'>"
    + meta("og:title", "OG title")
    + meta("article:published_time", "2020-01-01")
    + meta("og:image", "https://e.org/og.jpg")
    + meta("author", "Somebody")
    + meta("keywords", "x, y")
    + meta("description", "Meta")
)


def test_json_ld_is_believed_first() -> None:
    found = read(EVERYTHING_ELSE + linked(NEWS), f"<article>{TEXT}</article>").article
    assert found == Article(
        source="seeds",
        title="A dog & a man",
        body=html.clean(TEXT, "https://e.org/2024/dog"),
        summary="What happened.",
        authors=(Person(name="Jane Doe", uri="https://e.org/jane"), Person(name="Bob")),
        tags=("dogs", "men"),
        language="en-US",
        url="https://e.org/2024/dog",
        image=Image(url="https://e.org/i.jpg", caption="A dog", type="image/jpeg", width=600, height=400),
        licence="https://creativecommons.org/licenses/by/4.0/",
        published=utc(2024, 1, 3, 8),
        updated=utc(2024, 1, 4),
    )


OPEN_GRAPH = (
    meta("og:title", "OG title - Daily")
    + meta("og:site_name", "Daily")
    + meta("og:url", "https://e.org/og")
    + meta("og:description", "OG text")
    + meta("og:image", "og.jpg")
    + meta("og:image:width", "600")
    + meta("og:image:alt", "Alt")
    + meta("og:locale", "de_DE")
    + meta("article:author", "https://facebook.com/jane")
    + meta("author", "By Jane Doe")
    + meta("article:tag", "dogs")
    + meta("article:tag", "men")
    + meta("article:published_time", "2024-01-03T10:00:00Z")
    + meta("article:modified_time", "2024-01-04T10:00:00Z")
    + meta("date", "2020-01-01")
)


def test_open_graph_is_believed_next() -> None:
    found = read(OPEN_GRAPH, f"<article>{TEXT}</article>").article
    assert found == Article(
        source="seeds",
        title="OG title",
        body=html.clean(TEXT, "https://e.org/og"),
        summary="OG text",
        authors=(Person(name="Jane Doe"),),
        tags=("dogs", "men"),
        language="de-DE",
        url="https://e.org/og",
        image=Image(url="https://e.org/og.jpg", alt="Alt", type="image/jpeg", width=600),
        published=utc(2024, 1, 3, 10),
        updated=utc(2024, 1, 4, 10),
    )


FIELDS = {
    "an author": ((meta("author", "Jane Doe"),), "authors", (Person(name="Jane Doe"),)),
    "several authors": ((meta("author", "A B; C D"),), "authors", (Person(name="A B"), Person(name="C D"))),
    "an author of Dublin Core": ((meta("dc.creator", "Jane Doe"),), "authors", (Person(name="Jane Doe"),)),
    "a date": ((meta("date", "2024-01-23"),), "published", utc(2024, 1, 23)),
    "a date of Dublin Core": ((meta("dcterms.created", "2024-01-23"),), "published", utc(2024, 1, 23)),
    "a change": ((meta("dcterms.modified", "2024-01-23"),), "updated", utc(2024, 1, 23)),
    "keywords": ((meta("keywords", "a, b; a"),), "tags", ("a", "b")),
    "a description": ((meta("description", "a &amp; b"),), "summary", "a & b"),
    "a licence by link": (("<link rel=license href='https://e.org/cc'>",), "licence", "https://e.org/cc"),
    "a licence by name": ((meta("dcterms.license", "CC0"),), "licence", "CC0"),
    "a canonical address": (("<link rel='canonical' href='https://e.org/a b'>",), "url", "https://e.org/a%20b"),
    "a canonical address below a base": (
        ("<base href='https://e.org/x/'><link rel=canonical href='a'>",),
        "url",
        "https://e.org/x/a",
    ),
    "a relative canonical address": (("<link rel=canonical href='/a'>",), "url", None),
    "an unsafe canonical address": (("<link rel=canonical href='javascript:x'>",), "url", None),
    "an unsafe image": ((meta("og:image", "javascript:x"),), "image", None),
    "a relative image": ((meta("og:image", "i.jpg"),), "image", Image(url="i.jpg", type="image/jpeg")),
    "no date": ((), "published", None),
    "JSON-LD that is none": (("<script type='application/ld+json'>{a</script>",), "published", None),
    "JSON-LD in CDATA": (
        ('<script type="application/ld+json">//<![CDATA[\n{"@type":"Article","name":"N"}\n//]]></script>',),
        "title",
        "N",
    ),
    "JSON-LD of another kind": ((linked({"@type": "WebSite", "name": "N"}),), "title", "T"),
    "JSON-LD with odd values": (
        (
            linked(
                {"@type": "Article", "headline": 7, "author": [7, None, {}], "image": {"url": {}}, "keywords": {"a": 1}}
            ),
        ),
        "title",
        "T",
    ),
    "JSON-LD in depth": (("<script type='application/ld+json'>" + "[" * 100_000 + "</script>",), "title", "T"),
    "JSON-LD of several articles": (
        (
            "<link rel=canonical href='https://e.org/2'>",
            linked([{"@type": "BlogPosting", "headline": str(n), "url": f"https://e.org/{n}"} for n in (1, 2, 3)]),
        ),
        "title",
        "2",
    ),
}


@pytest.mark.parametrize(("head", "name", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_what_the_head_says_is_read(head: tuple[str, ...], name: str, expected: object) -> None:
    assert getattr(article(*head), name) == expected


TITLES = {
    "the site's name behind": ("A dog – Daily", "Daily", "A dog"),
    "the site's name before": ("Daily: A dog", "Daily", "A dog"),
    "another name behind": ("A dog | Weekly", "Daily", "A dog | Weekly"),
    "no name of a site": ("A dog | Daily", None, "A dog | Daily"),
    "the name is the title": ("Daily", "Daily", "Daily"),
    "the name is a part of it": ("A daily", "Daily", "A daily"),
}


@pytest.mark.parametrize(("title", "site", "expected"), TITLES.values(), ids=TITLES.keys())
def test_the_sites_name_is_taken_from_the_title_where_it_is_known(title: str, site: str | None, expected: str) -> None:
    head = f"<title>{title}</title>" + (meta("og:site_name", site) if site else "")
    assert read(head).article.title == expected


MARKED = {
    "a time for publication": (
        "<time itemprop=datePublished datetime='2024-01-23'>x</time>",
        "published",
        utc(2024, 1, 23),
    ),
    "a time for a change": ("<time itemprop=dateModified datetime='2024-01-23'>x</time>", "updated", utc(2024, 1, 23)),
    "the first time": (
        "<time datetime='2024-01-23'>x</time><time datetime='2025-01-01'>y</time>",
        "published",
        utc(2024, 1, 23),
    ),
    "an author's link": ("<p>By <a rel=author href='/j'>Jane Doe</a></p>", "authors", (Person(name="Jane Doe"),)),
    "an author's mark": ("<span itemprop=author>By Jane Doe</span>", "authors", (Person(name="Jane Doe"),)),
}


@pytest.mark.parametrize(("body", "name", "expected"), MARKED.values(), ids=MARKED.keys())
def test_what_the_markup_says_is_read(body: str, name: str, expected: object) -> None:
    assert getattr(article(body=body + TEXT), name) == expected


def test_the_language_is_that_of_the_page() -> None:
    text = f"<html lang=uk><head><title>T</title>{meta('og:locale', 'en_US')}</head><body>{TEXT}</body></html>"
    assert page.read(text, RULES).article.language == "uk"


def test_a_date_that_cannot_be_read_is_noticed_and_the_next_one_counts() -> None:
    found = read(
        "<title>T</title>" + meta("article:published_time", "soon"),
        f"<article><time datetime='2024-01-23'></time>{TEXT}</article>",
    )
    assert found.article.published == utc(2024, 1, 23)
    assert found.notices == (Notice(text="date: `soon` cannot be read; write it as 2024-01-23T10:30:00+01:00"),)


RICH = (
    "<figure><img src='img/dog.jpg' alt='dog' width=600>"
    "<figcaption>A dog. <a href='https://p.org/'>Photo</a></figcaption></figure>"
    + TEXT
    + "<h2>Second part</h2><p>He said <code>x = 1</code> and <em>nothing</em> else of any use to anybody there.</p>"
    "<blockquote><p>I did nothing, and I would do it again if I were asked.</p></blockquote>"
    "<ol><li>The first thing to know about dogs</li><li>The second thing to know about dogs</li></ol>"
    "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"
    "<pre><code class='language-python'>x = 1\ny = 2\n</code></pre>"
)
PAGE = (
    "<header><nav><a href='/'>Home</a> <a href='/news'>News</a></nav></header>"
    f"<article><h1>A dog bites a man</h1>{RICH}"
    "<div class=share><a href='https://facebook.com/share'>Share</a> <a href='https://x.com/share'>Tweet</a></div></article>"
    "<aside><p><a href='/1'>Another story altogether</a></p></aside><footer>Copyright 2024 Daily</footer>"
)


def test_the_body_is_the_article_with_its_meaning_and_nothing_around_it() -> None:
    found = read("<title>A dog bites a man</title>", PAGE)
    assert found.article.body == html.clean(RICH)
    assert found.references == ("img/dog.jpg", "man.html")


def test_addresses_in_the_body_are_resolved_against_the_canonical_one() -> None:
    found = read("<title>T</title><link rel=canonical href='https://e.org/2024/dog'>", PAGE)
    assert '<img src="https://e.org/2024/img/dog.jpg"' in found.article.body
    assert '<a href="https://e.org/2024/man.html">' in found.article.body
    assert found.references == ()


def test_a_base_goes_before_the_canonical_address() -> None:
    head = "<title>T</title><base href='https://cdn.e.org/'><link rel=canonical href='https://e.org/2024/dog'>"
    assert '<a href="https://cdn.e.org/man.html">' in read(head, PAGE).article.body


def test_a_page_too_short_for_extraction_keeps_its_text() -> None:
    found = read("<title>T</title>", "<main><p>Short.</p><script>x</script></main>").article
    assert (found.title, html.text(found.body)) == ("T", "Short.")


def test_the_body_is_sanitised() -> None:
    body = read(
        "<title>T</title>", f"<article>{TEXT}<p onclick=x>More <a href='javascript:x'>text</a></p></article>"
    ).article.body
    assert "onclick" not in body
    assert "javascript" not in body
    assert html.clean(body) == body


def test_the_images_of_a_page_without_an_address_are_references() -> None:
    found = read("<title>T</title>" + meta("og:image", "a b.jpg"), f"<article><p><img src='c.jpg'></p>{TEXT}</article>")
    assert found.references[0] == "a%20b.jpg"


def test_a_page_without_a_title_has_its_text() -> None:
    found = read("", TEXT).article
    assert (found.title, found.body) == ("", html.clean(TEXT))


def test_only_a_title_is_an_article() -> None:
    assert read("<title>T</title>", "").article == Article(source="seeds", title="T")


GARBAGE = {
    "nothing": "",
    "white space": " \n ",
    "a comment": "<!-- x -->",
    "NUL": "\x00",
    "an empty page": "<html><head></head><body><p></p></body></html>",
    "only a script": "<script>x</script>",
    "depth": "<div>" * 20_000,
}


@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_page_with_neither_title_nor_text_is_refused(text: str) -> None:
    with pytest.raises(BadArticle, match=r"^page: .*write `<title>` and the text$"):
        page.read(text, RULES)


ODD = {
    "an encoding that is none": '<?xml version="1.0" encoding="x"?><title>T</title>',
    "a surrogate": "<title>T</title>\ud800",
    "depth": "<title>T</title>" + "<b><div>" * 5_000 + "x",
    "attributes": "<title>T</title><p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">x",
    "crowd": "<title>T</title>" + "<p>a" * 5_000,
    "entities": '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]><title>T</title>&a;&c;',
    "frames": "<title>T</title><frameset><frame src=x></frameset>",
    "no end": "<title>T</title><p class='x",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_pages_are_read(text: str) -> None:
    found = page.read(text, RULES).article
    assert found.title == "T"
    assert "root:" not in found.body


PIECES = st.sampled_from(
    [
        *("<title>T</title>", "<p>", "</p>", "<article>", "</article>", TEXT, "<base href=':'>", "<base href=/>"),
        *("<h1>T</h1>", "<img src=x>", "<link rel=canonical href='//e.org'>", "<time datetime=x>", "<svg>", "<form>"),
        *("<meta name=date content=1>", "<!--", "-->", "<figure>", "<table><td>", "</table>", "x", "&", "<", "<nav>"),
        linked({"@type": "Article", "author": [[]], "image": []}),
    ]
)


@settings(max_examples=80, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_soup_is_a_clean_article_or_refused(soup: str) -> None:
    try:
        found = page.read(soup, RULES).article
    except BadArticle:
        return
    assert found.title or html.text(found.body)
    assert html.clean(found.body) == found.body


def test_what_stands_loose_beside_the_title_is_no_body_and_may_name_the_author() -> None:
    first = "The police detained at least twenty people on Tuesday, a rights group in Minsk said on its site."
    second = "It was the largest sweep of the year so far, and relatives said that they had not been told a thing."
    written = (
        "<!doctype html><html lang=en><title>x</title><body><article><header><h1>x</h1> <span>By Jane Doe</span> "
        '<time datetime="2024-01-23">Jan 23</time> <a href="/share">Share</a></header>'
        f"<p>{first}</p><p>{second}</p><p>{first} {second}</p>"
        '<ul><li><a href="/t">Tweet</a></li></ul></article></body></html>'
    )

    found = articles.read(written.encode(), "a.html", RULES).article

    assert [person.name for person in found.authors] == ["Jane Doe"]
    assert found.body == f"<p>{first}</p><p>{second}</p><p>{first} {second}</p>"
    assert found.summary.startswith(first)
