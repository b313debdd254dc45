"""Front matter as people write it for Jekyll, Hugo, Pelican and for us."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.articles import frontmatter
from syndicator.core.articles.rules import Rules
from syndicator.errors import BadArticle
from syndicator.model import Article, Enclosure, Image, Link, Notice, Person, Reading, Status, utc

RULES = Rules(source="seeds")


def read(text: str, name: str = "a.md", rules: Rules = RULES) -> Reading:
    return frontmatter.read(text, rules, name)


def article(*lines: str, body: str = "Text.", rules: Rules = RULES) -> Article:
    """The article of YAML lines, which has a title where they give none."""
    head = lines if any(line.lower().startswith("title") for line in lines) else ("title: T", *lines)
    return read("\n".join(["---", *head, "---", "", body, ""]), rules=rules).article


def notices(*lines: str) -> tuple[Notice, ...]:
    return read("\n".join(["---", "title: T", *lines, "---", "Text."])).notices


def outcome(text: str) -> Reading | BadArticle:
    try:
        return read(text)
    except BadArticle as error:
        return error


def problem(text: str) -> tuple[str, int | None]:
    with pytest.raises(BadArticle) as caught:
        read(text)
    return caught.value.reason, caught.value.line


WHOLE = """---
title: "Hello: World"
date: 2024-05-06 07:08:09 +0200
updated: 2024-05-07
draft: no
publish_at: 2024-05-08T10:00:00Z
expire_at: 2030-01-01T00:00:00Z
tags: [politics, Belarus]
authors:
  - Jane Doe <jane@example.org>
  - {name: John Roe, url: "https://john.example/"}
summary: First & <b>foremost</b>.
slug: hello
canonical: https://example.org/Hello World
image: {src: "my dog.jpg", alt: A dog, caption: "A [dog](https://dogs.example/)", credit: AFP, width: 640, height: 480}
enclosures:
  - {url: talk.mp3, length: 1234, duration: "1:02:03", title: Talk}
  - https://example.org/a.pdf
language: en_GB
licence: CC BY 4.0
id: urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a
source: {name: The Times, url: "https://times.example/"}
status: published
---
# Hello: World

Text with ![a picture](pictures/b.png) and [a link](other.html).
"""


def test_every_key_is_read() -> None:
    expected = Article(
        source="seeds",
        title="Hello: World",
        body='<p>Text with <img src="pictures/b.png" alt="a picture"> and <a href="other.html">a link</a>.</p>',
        summary="First & foremost.",
        authors=(
            Person(name="Jane Doe", email="jane@example.org"),
            Person(name="John Roe", uri="https://john.example/"),
        ),
        tags=("politics", "Belarus"),
        language="en-GB",
        url="https://example.org/Hello%20World",
        image=Image(
            url="my%20dog.jpg",
            caption='A <a href="https://dogs.example/">dog</a> AFP',
            alt="A dog",
            type="image/jpeg",
            width=640,
            height=480,
        ),
        enclosures=(
            Enclosure(url="talk.mp3", type="audio/mpeg", length=1234, title="Talk", duration=3723),
            Enclosure(url="https://example.org/a.pdf", type="application/pdf"),
        ),
        via=Link(href="https://times.example/", title="The Times"),
        licence="CC BY 4.0",
        published=utc(2024, 5, 6, 5, 8, 9),
        updated=utc(2024, 5, 7),
        publish_at=utc(2024, 5, 8, 10),
        expire_at=utc(2030, 1, 1),
        explicit_id="urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        explicit_slug="hello",
    )
    reading = read(WHOLE)
    assert reading.article == expected
    assert reading.notices == ()
    assert reading.references == ("my%20dog.jpg", "talk.mp3", "pictures/b.png", "other.html")


def test_toml_says_the_same() -> None:
    toml = """+++
title = "T"
date = 2024-05-06T07:08:09+02:00
lastmod = 2024-05-07
draft = true
publishDate = 2024-05-08 10:00:00
expiryDate = "2030-01-01"
tags = ["a", "b"]
aliases = ["/old/"]
weight = 3
[[resources]]
src = "x.jpg"
[params]
author = "Ann"
mood = 7
[cover]
image = "c.webp"
alt = "C"
+++
Text.
"""
    reading = read(toml, rules=Rules(source="seeds", timezone="Europe/Berlin"))
    assert reading.article == Article(
        source="seeds",
        title="T",
        body="<p>Text.</p>",
        authors=(Person(name="Ann"),),
        tags=("a", "b"),
        image=Image(url="c.webp", alt="C", type="image/webp"),
        status=Status.DRAFT,
        published=utc(2024, 5, 6, 5, 8, 9),
        updated=utc(2024, 5, 6, 22),
        publish_at=utc(2024, 5, 8, 8),
        expire_at=utc(2029, 12, 31, 23),
        extra=(("aliases", '["/old/"]'), ("weight", "3"), ("resources", '[{"src":"x.jpg"}]'), ("mood", "7")),
    )
    assert reading.notices == (Notice(text="mood: not a key we know, kept as it is", line=13),)


PELICAN = """Title: Hello: World
Date: 2010-12-03 10:20
Modified: 2010-12-05 19:30
Category: Python
Tags: climate change, b
Slug: my-post
Authors: Alexis M, Conan D
Summary: Short
    version
Status: hidden
Save_as: x.html
Lang: fr

# Part

Text.
"""


def test_pelicans_lines_are_read() -> None:
    assert frontmatter.looks_like_pelican(PELICAN)
    reading = read(PELICAN)
    assert reading.article == Article(
        source="seeds",
        title="Hello: World",
        body="<h1>Part</h1>\n<p>Text.</p>",
        summary="Short version",
        authors=(Person(name="Alexis M"), Person(name="Conan D")),
        tags=("climate change", "b", "Python"),
        language="fr",
        status=Status.DRAFT,
        published=utc(2010, 12, 3, 10, 20),
        updated=utc(2010, 12, 5, 19, 30),
        explicit_slug="my-post",
        extra=(("save_as", "x.html"),),
    )
    second = "there is a second title, `Part`; it stays in the text: take one out, or begin it with ##"
    assert reading.notices == (Notice(text=second, line=14),)


NOT_PELICAN = {
    "a title alone": "Title: A\n\nText",
    "a title and text": "Title: A\nText goes on.\n",
    "a key that is none": "Title: A\nWarning: this is text\n\n",
    "no title first": "Date: 2024-01-01\nTitle: A\n\n",
    "a heading": "# Title: A\nDate: 2024-01-01\n",
    "nothing": "",
}


@pytest.mark.parametrize("text", NOT_PELICAN.values(), ids=NOT_PELICAN.keys())
def test_text_is_not_taken_for_pelicans(text: str) -> None:
    assert not frontmatter.looks_like_pelican(text)


FIELDS = {
    "Jekyll: words between spaces": (("categories: news world", "tags: a b"), "tags", ("a", "b", "news", "world")),
    "words between commas": (("tags: climate change, b",), "tags", ("climate change", "b")),
    "one category": (("category: climate change",), "tags", ("climate change",)),
    "keywords": (("keywords: [a, b]",), "tags", ("a", "b")),
    "tags twice": (("tags: [a, B, A]",), "tags", ("a", "B")),
    "tags with #": (("tags: ['#a', b]",), "tags", ("a", "b")),
    "Jekyll: not published": (("published: false",), "status", Status.DRAFT),
    "Jekyll: published": (("published: true",), "status", Status.PUBLISHED),
    "a date under another name": (("published: 2024-01-23",), "published", utc(2024, 1, 23)),
    "a draft by status": (("status: draft",), "status", Status.DRAFT),
    "a draft in capitals": (("Draft: YES",), "status", Status.DRAFT),
    "withdrawn": (("status: withdrawn",), "status", Status.WITHDRAWN),
    "Jekyll: changed": (("last_modified_at: 2024-01-23",), "updated", utc(2024, 1, 23)),
    "Jekyll: excerpt": (("excerpt: Short",), "summary", "Short"),
    "summary before description": (("description: Long", "summary: Short"), "summary", "Short"),
    "an author": (("author: Jane Doe",), "authors", (Person(name="Jane Doe"),)),
    "an author with a comma": (("author: Doe, Jane",), "authors", (Person(name="Doe, Jane"),)),
    "authors in a line": (("authors: A B, C D",), "authors", (Person(name="A B"), Person(name="C D"))),
    "authors between semicolons": (("authors: B, A; D, C",), "authors", (Person(name="B, A"), Person(name="D, C"))),
    "an author as a map": (("author: {name: A, email: a@e.org}",), "authors", (Person(name="A", email="a@e.org"),)),
    "an author with a bad address": (
        ("author: {name: A, url: 'javascript:x', email: no}",),
        "authors",
        (Person(name="A"),),
    ),
    "an image": (("image: a.png",), "image", Image(url="a.png", type="image/png")),
    "Hugo: images": (("images: [a.png, b.png]",), "image", Image(url="a.png", type="image/png")),
    "a caption alone": (("image: {caption: A <b>B</b>}",), "image", Image(caption="A <b>B</b>")),
    "a caption with a script": (("image: {caption: A<script>x</script>}",), "image", Image(caption="A")),
    "an enclosure": (("enclosure: a.mp3",), "enclosures", (Enclosure(url="a.mp3", type="audio/mpeg"),)),
    "an enclosure that says its type": (
        ("enclosure: {url: 'https://e.org/x', type: video/mp4, length: '7', duration: 90}",),
        "enclosures",
        (Enclosure(url="https://e.org/x", type="video/mp4", length=7, duration=90),),
    ),
    "an enclosure of no known type": (("enclosure: a.xyz",), "enclosures", (Enclosure(url="a.xyz"),)),
    "a source by name": (("source: AFP",), "via", Link(title="AFP")),
    "a source by address": (("source: https://e.org/",), "via", Link(href="https://e.org/")),
    "American spelling": (("license: MIT",), "licence", "MIT"),
    "rights": (("rights: © 2024 A",), "licence", "© 2024 A"),
    "Hugo: lang": (("lang: zh-hant",), "language", "zh-Hant"),
    "a canonical address": (("canonical_url: https://e.org/a",), "url", "https://e.org/a"),
    "related": (("related: ['https://e.org/']",), "related", (Link(href="https://e.org/"),)),
    "a number as a title": (("title: 2024",), "title", "2024"),
    "no as a title": (("title: no",), "title", "no"),
    "a date as a title": (("title: 2024-01-23",), "title", "2024-01-23"),
    "a title over two lines": (("title: >", "  a", "  b"), "title", "a b"),
    "a control character in a title": (('title: "a\\u0007b"',), "title", "ab"),
    "nothing": (("author:", "tags: []", "image: ~", "date: null"), "authors", ()),
    "an alias": (("author: &a Jane", "source: *a"), "via", Link(title="Jane")),
}


@pytest.mark.parametrize(("lines", "name", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_keys_of_other_programs_are_understood(lines: tuple[str, ...], name: str, expected: object) -> None:
    assert getattr(article(*lines), name) == expected


@pytest.mark.parametrize("line", ["layout: post", "permalink: /a/", "aliases: [/b/]", "comments: true", "weight: 1"])
def test_keys_that_mean_nothing_here_are_kept_in_silence(line: str) -> None:
    assert notices(line) == ()
    assert [key for key, _ in article(line).extra] == [line.partition(":")[0]]


def test_an_unknown_key_is_kept_and_noticed() -> None:
    assert article("mood: {a: [1, é]}").extra == (("mood", '{"a":["1","é"]}'),)
    assert notices("tag: a", "mood: x", "autor: y") == (
        Notice(text="mood: not a key we know, kept as it is", line=4),
        Notice(text="autor: not a key we know, kept as it is; did you mean `author`?", line=5),
    )


LEFT_OUT = {
    "a date": (
        "date: soon",
        "date: `soon` is left out, it should be a date, as 2024-01-23 or 2024-01-23T10:30:00+01:00",
    ),
    "a path for an address": (
        "url: /a/",
        "url: `/a/` is left out, it should be an absolute address that begins with https:// or http://",
    ),
    "an unsafe address": (
        "canonical: javascript:alert(1)",
        "canonical: `javascript:alert(1)` is left out, it should be an absolute address that begins with https:// or "
        "http://",
    ),
    "an unsafe image": (
        "image: data:image/png;base64,x",
        "image: `data:image/png;base64,x` is left out, it should be an address or a file's name, or a map with url, "
        "alt and caption",
    ),
    "an unsafe enclosure": (
        "enclosure: file:///etc/passwd",
        "enclosure: `file:///etc/passwd` is left out, it should be an address or a file's name, or a list of maps "
        "with url, type and length",
    ),
    "a language": (
        "language: English!",
        "language: `English!` is left out, it should be a language tag, as en or pt-BR",
    ),
    "tags that are maps": ("tags: {a: b}", 'tags: `{"a":"b"}` is left out, it should be a list of words'),
    "a list for a summary": ("summary: [a]", 'summary: `["a"]` is left out, it should be text on one line'),
    "a key given twice": ("title: U", "title: given twice, the last one counts: take one out"),
    "a tag of YAML": (
        "layout: !!python/object:os.system x",
        "`!!python/object:os.system` is a YAML tag and not followed, the value is read as it is written: "
        "take the tag out",
    ),
}


@pytest.mark.parametrize(("line", "expected"), LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_what_cannot_be_read_is_left_out_and_noticed(line: str, expected: str) -> None:
    assert notices("author: A", line) == (Notice(text=expected, line=4),)


def test_the_last_of_two_keys_counts() -> None:
    assert article("title: A", "title: B").title == "B"


BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]
)
PROBLEMS = {
    "never ends": ("---\ntitle: x\n\ntext\n", "front matter never ends: put a line of --- behind its last key", 1),
    "never begins": ("---", "front matter never ends: put a line of --- behind its last key", 1),
    "TOML never ends": ("+++\ntitle = 1\n", "front matter never ends: put a line of +++ behind its last key", 1),
    "a colon in a value": (
        "---\ndate: 2024-01-23\ntitle: a: b\n---\n",
        "front matter is not valid YAML: a value holds `: `, put the value in quotes",
        3,
    ),
    "quotes never closed": (
        '---\nauthor: a\ntitle: "a\ntags: b\n---\n',
        "front matter is not valid YAML: quotes are opened and never closed, close them",
        3,
    ),
    "an odd first character": (
        "---\ntitle: @a\n---\n",
        "front matter is not valid YAML: a value begins with a character that means something, put it in quotes",
        2,
    ),
    "no keys": (
        "---\nsome text\n---\n",
        "front matter holds no keys: write each as `key: value` on a line of its own",
        2,
    ),
    "a bomb": (f"---\n{BOMB}\n---\n", "front matter holds more than 10,000 values: shorten it or take aliases out", 6),
    "an alias in itself": ("---\na: &a [*a]\n---\n", "*a refers to itself or to nothing: write the value out", 2),
    "depth": ("---\na: " + "[" * 5000 + "\n---\n", "front matter is nested deeper than 32: flatten it", 2),
    "TOML keys that never end": (
        '+++\ntitle = "a"\n' + "a." * 100_000 + "b=1\n+++\nx",
        "front matter holds a key with more than 32 dots: shorten it",
        3,
    ),
    "a TOML table in quotes that never ends": (
        "+++\n[" + '"a". ' * 33 + "b]\nc=1\n+++\nx",
        "front matter holds a key with more than 32 dots: shorten it",
        2,
    ),
    "TOML that is none": (
        '+++\ntitle = "a"\ndate = \n+++\n',
        "front matter is not valid TOML: Invalid value; correct it; text values stand in quotes",
        3,
    ),
    "an embargo that cannot be read": (
        "---\ntitle: a\npublish_at: soon\n---\n",
        "publish_at: `soon` cannot be read, so the article is held back: write a date, as 2024-01-23T10:30:00+01:00",
        3,
    ),
    "a draft that may be one": (
        "---\ntitle: a\ndraft: perhaps\n---\n",
        "draft: `perhaps` cannot be read, so the article is held back: write true or false",
        3,
    ),
    "a status that may mean anything": (
        "---\ntitle: a\nstatus: maybe\n---\n",
        "status: `maybe` cannot be read, so the article is held back: "
        "write published, draft, withdrawn, corrected, retracted or killed",
        3,
    ),
    "a flag misspelt": (
        "---\ntitle: a\npublished: flase\n---\n",
        "published: `flase` cannot be read, so the article is held back: write true or false, or a date",
        3,
    ),
    "an expiry that cannot be read": (
        "---\ntitle: a\nexpire_at: soon\n---\n",
        "expire_at: `soon` cannot be read, so the article would never expire: write a date, as "
        "2024-01-23T10:30:00+01:00",
        3,
    ),
    "neither title nor text": (
        "---\ntags: a\n---\n",
        "title: neither a title nor text is to be found; write `title: …` in the front matter",
        None,
    ),
    "a million short lines": (
        "---\ntitle: a\n---\n" + "x\n" * 1_000_000,
        "text: more than 100,000 lines are no article; split the file",
        None,
    ),
    "too much of it": (
        "---\ntitle: " + "a" * 300_000 + "\n---\n",
        "front matter is longer than 262,144 characters: put text below the second ---",
        1,
    ),
}


@pytest.mark.parametrize(("text", "reason", "line"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_what_cannot_be_published_says_where_and_what_to_do(text: str, reason: str, line: int | None) -> None:
    assert problem(text) == (reason, line)


TITLES = {
    "from the key": ("title: A", "# B\n\nText", ("A", "<h1>B</h1>\n<p>Text</p>")),
    "said again in the text": ("title: A *B*", "# a \\*b\\*\n\nText", ("A *B*", "<p>Text</p>")),
    "from the first heading": ("tags: a", "Text\n\n# A *B*\n\nMore", ("A B", "<p>Text</p>\n<p>More</p>")),
    "from a setext heading": ("tags: a", "A\n===\n\nText", ("A", "<p>Text</p>")),
    "not from a smaller heading": ("tags: a", "## A\n\nText", ("", "<h2>A</h2>\n<p>Text</p>")),
    "without text": ("title: A", "", ("A", "")),
    "nowhere": ("tags: a", "Text", ("", "<p>Text</p>")),
}


@pytest.mark.parametrize(("line", "body", "expected"), TITLES.values(), ids=TITLES.keys())
def test_the_title_is_found_and_not_said_twice(line: str, body: str, expected: tuple[str, str]) -> None:
    found = read(f"---\n{line}\n---\n\n{body}\n").article
    assert (found.title, found.body) == expected


def test_a_file_name_as_jekyll_wants_it_gives_date_and_title() -> None:
    found = read("---\n---\nText", "posts/2024-01-23-hello-big-world.md").article
    assert (found.title, found.published) == ("Hello big world", utc(2024, 1, 23))


def test_the_date_of_the_keys_goes_before_that_of_the_name() -> None:
    assert read("---\ntitle: a\ndate: 2020-01-01\n---\n", "2024-01-23-b.md").article.published == utc(2020, 1, 1)


def test_a_line_of_dashes_in_the_text_stays_there() -> None:
    assert read("---\ntitle: a\n---\n\nb\n\n---\n\nc").article.body == "<p>b</p>\n<hr>\n<p>c</p>"


def test_the_body_is_sanitised() -> None:
    assert article(body="a <script>x</script> [b](javascript:x) <i onclick=x>c</i>").body == ("<p>a  b <i>c</i></p>")


LINES = st.lists(
    st.sampled_from(
        [
            "title: a",
            "tags: [a, *b]",
            "date: x",
            "&a b: c",
            "- d",
            "  e: f",
            "draft: no",
            "x: !!y z",
            '"q: r',
            "",
            "# s",
        ]
    )
    | st.text("a:-[]{}&*!|>'\"%@ \t#\x07", max_size=12),
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(LINES, st.sampled_from(["---", "+++"]), st.text(max_size=40))
def test_any_front_matter_is_read_or_refused_with_a_line(lines: list[str], fence: str, body: str) -> None:
    text = "\n".join([fence, *lines, fence, body])
    found = outcome(text)
    if isinstance(found, BadArticle):
        assert found.reason
        assert found.line is None or 1 <= found.line <= text.count("\n") + 1
    else:
        assert found.article.title or found.article.body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\ntitle: x\n---\n", True),
        ("+++ \ntitle = 'x'\n+++\n", True),
        ("---\n---\nText", True),
        ("---\n# a comment\ntitle: x\n---\n", True),
        ("---\n\ntitle: x\n---\n", True),
        ("---\ntitle x\ndate: 2024-01-23\n---\n", True),
        ("---\nmy key: x\n---\n", True),
        ("+++\n[params]\na = 1\n+++\n", True),
        ("---\ntitle: x\n\nText", True),
        ("+++\ntitle = 1\n", True),
        ("---\ntitle: a: b\n---\n", True),
        ("---", False),
        ("+++ LIVE +++ Ticker\n\nText", False),
        ("--- Breaking ---\n\nText", False),
        ("-----\n\nText", False),
        ("---\n\n# T\n\nText", False),
        ("---\n\n# T\n\n---\n\nText", False),
        ("---\n\nUpdate: the train came.\n\n---\n\nText", False),
        ("---\nJust text\n---\n\n# T", False),
        ("---\nJust text\n\nMore: of it", False),
        ("+++\nTicker\n+++\n\n# T", False),
    ],
)
def test_front_matter_is_told_from_lines_of_dashes(text: str, expected: bool) -> None:
    assert frontmatter.begins(text) == expected


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("if a<b and c>d then", "if a<b and c>d then"),
        ("AT&T and R&D", "AT&T and R&D"),
        ("<p>One <b>two</b></p>", "One two"),
        ("One &amp; two", "One & two"),
        ('<a href="https://x.org/">One</a><br/>two', "One two"),
    ],
)
def test_a_summary_is_html_only_where_it_holds_html(summary: str, expected: str) -> None:
    assert article(f"summary: '{summary}'").summary == expected
