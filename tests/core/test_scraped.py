"""Article files as they were scraped, plain Markdown, and what must be refused or told of them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core import html
from syndicator.core.articles import Rules, read, settle
from syndicator.errors import BadArticle
from syndicator.model import Article, Enclosure, Image, Link, Media, Notice, Person, Reading, Status
from tests.conftest import shared

DAY = datetime(2024, 1, 23, tzinfo=UTC)
LATER = datetime(2024, 1, 24, tzinfo=UTC)
RULES = Rules(source="seeds")
BODY = "Something happened."
HTML = "<p>Something happened.</p>"


def parse(text: str, path: str = "article.txt", rules: Rules = RULES) -> Reading:
    return read(text.encode("utf-8", "surrogatepass"), path, rules)


def article(text: str, **where: Any) -> Article:
    return parse(text, **where).article


@pytest.fixture(scope="module")
def reading() -> Reading:
    path = shared("seeds", "000_9d3481ed730752d3.txt")
    return read(path.read_bytes(), path.name, RULES)


class TestSharedSeed:
    """The file that the project was started from."""

    def test_title(self, reading: Reading) -> None:
        assert reading.article.title == "Belarus Detains 24 People Across Country – Rights Group"

    def test_author_without_a_link(self, reading: Reading) -> None:
        assert reading.article.authors == (Person(name="AFP", email=None, uri=None),)

    def test_dates(self, reading: Reading) -> None:
        assert (reading.article.published, reading.article.updated) == (DAY, None)

    def test_canonical_address(self, reading: Reading) -> None:
        address = (
            "https://www.themoscowtimes.com/2024/01/23/belarus-detains-24-people-across-country-rights-group-a83828"
        )
        assert reading.article.url == address

    def test_caption_is_the_images_and_not_in_the_text(self, reading: Reading) -> None:
        caption = 'Belarusian President Alexander Lukashenko. <a href="http://president.gov.by">president.gov.by</a>'
        assert reading.article.image == Image(url=None, caption=caption)
        assert "president.gov.by" not in reading.article.body
        assert "Belarusian President Alexander Lukashenko" not in reading.article.body

    def test_related_articles_apart(self, reading: Reading) -> None:
        assert reading.article.related == (
            Link(title="Sviatlana Tsikhanouskaya Says She Hasn't Given Up On a Democratic Belarus"),
            Link(title="A Free Belarus Is Possible. But We Can't Do It Alone"),
        )
        assert "Related article" not in reading.article.body

    def test_body_is_every_paragraph_and_nothing_else(self, reading: Reading) -> None:
        source = shared("seeds", "000_9d3481ed730752d3.txt").read_text()
        paragraphs = [block for block in re.split(r"\n{2,}", source.strip()) if block]
        body = [block for block in paragraphs[4:-2] if not block.startswith("**Related")]

        assert len(body) == 17
        assert html.text(reading.article.body).split("\n") == body
        assert re.sub(r"<p>[^<]+</p>\n?", "", reading.article.body) == ""

    @pytest.mark.parametrize("trace", ["(#)", 'href="#"', "Original url", "](", "**", "By AFP", "January 23, 2024"])
    def test_no_trace_of_the_scraping_is_left(self, reading: Reading, trace: str) -> None:
        assert trace not in repr(reading.article)

    def test_summary_language_and_the_rest(self, reading: Reading) -> None:
        found = reading.article
        assert html.text(found.body).replace("\n", " ").startswith(found.summary)
        assert found.summary.endswith("to be vigilant.")
        assert (found.language, found.tags, found.source, found.status) == ("en", (), "seeds", Status.PUBLISHED)
        assert (reading.notices, reading.references) == ((), ())

    @pytest.mark.parametrize(
        "written",
        [
            pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="windows line ends"),
            pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="byte order mark"),
            pytest.param(lambda data: data.decode().encode("utf-16"), id="utf-16"),
            pytest.param(lambda data: data.decode().encode("cp1252"), id="windows-1252"),
        ],
    )
    def test_however_it_was_saved(self, reading: Reading, written: Any) -> None:
        data = shared("seeds", "000_9d3481ed730752d3.txt").read_bytes()

        assert read(written(data), "article.txt", RULES).article == reading.article


AFP = (Person(name="AFP"),)
JANE = (Person(name="Jane Doe"),)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("By AFP\n\nJanuary 23, 2024", {"authors": AFP, "published": DAY}, id="byline, date"),
        pytest.param("January 23, 2024\n\nBy AFP", {"authors": AFP, "published": DAY}, id="date, byline"),
        pytest.param("By AFP\nJanuary 23, 2024", {"authors": AFP, "published": DAY}, id="lines of one block"),
        pytest.param("By AFP  \nJanuary 23, 2024", {"authors": AFP, "published": DAY}, id="hard break"),
        pytest.param("By AFP", {"authors": AFP}, id="byline only"),
        pytest.param("23.01.2024", {"published": DAY}, id="date only"),
        pytest.param("", {}, id="nothing"),
        pytest.param("By Jane Doe | January 23, 2024", {"authors": JANE, "published": DAY}, id="bar"),
        pytest.param("January 23, 2024 - By Jane Doe", {"authors": JANE, "published": DAY}, id="dash"),
        pytest.param("January 23, 2024 · By Jane Doe", {"authors": JANE, "published": DAY}, id="dot"),
        pytest.param("By Jane Doe, January 23, 2024", {"authors": JANE, "published": DAY}, id="comma"),
        pytest.param("By Jane Doe January 23, 2024", {"authors": JANE, "published": DAY}, id="space"),
        pytest.param("January 23, 2024 By Jane Doe", {"authors": JANE, "published": DAY}, id="space, date first"),
        pytest.param("January 23, 2024, by [Jane Doe](#)", {"authors": JANE, "published": DAY}, id="link"),
        pytest.param(
            "By Jane Doe | Staff writer | 2024-01-23 | 5 min read",
            {"authors": JANE, "published": DAY},
            id="role and reading time",
        ),
        pytest.param(
            "By Jane Doe Published January 23, 2024 Updated January 24, 2024",
            {"authors": JANE, "published": DAY, "updated": LATER},
            id="all in one line",
        ),
        pytest.param("*By Jane Doe*\n\n*January 23, 2024*", {"authors": JANE, "published": DAY}, id="emphasis"),
        pytest.param("### By Jane Doe\n\n#### 23 January 2024", {"authors": JANE, "published": DAY}, id="headings"),
        pytest.param(
            "By Jane Doe in Kyiv\n\nBy John Roe in Minsk",
            {"authors": (*JANE, Person(name="John Roe"))},
            id="two bylines",
        ),
        pytest.param("Updated: January 24, 2024", {"published": LATER, "updated": LATER}, id="a lone update"),
        pytest.param(
            "Updated: January 24, 2024\n\nPublished: January 23, 2024",
            {"published": DAY, "updated": LATER},
            id="update before date",
        ),
        pytest.param("January 23, 2024\n\nUpdated: 24.01.2024", {"published": DAY, "updated": LATER}, id="both"),
        pytest.param("Published:\n\nJanuary 23, 2024", {"published": DAY}, id="label in its own block"),
        pytest.param("Updated\nJanuary 24, 2024", {"published": LATER, "updated": LATER}, id="label in its own line"),
        pytest.param("January 23, 2024\n\n2024-01-23", {"published": DAY}, id="the same date twice"),
        pytest.param("---\n\nBy AFP\n\n---\n\n23 Jan 2024", {"authors": AFP, "published": DAY}, id="rules"),
        pytest.param(
            "Автор: Анна Петрова\n\n23 января 2024",
            {"authors": (Person(name="Анна Петрова"),), "published": DAY},
            id="ru",
        ),
        pytest.param(
            "Von Jan Böhm\n\n23. Januar 2024", {"authors": (Person(name="Jan Böhm"),), "published": DAY}, id="de"
        ),
        pytest.param("Par AFP\n\nPublié le 23 janvier 2024", {"authors": AFP, "published": DAY}, id="fr"),
        pytest.param("By Jane Doe · 5 min read", {"authors": JANE}, id="reading time"),
        pytest.param(
            "Politics | World\n\nBy Jane Doe\n\nJanuary 23, 2024",
            {"authors": JANE, "published": DAY, "body": f"<p>Politics | World</p>\n{HTML}"},
            id="section",
        ),
        pytest.param("OPINION\n\nBy Jane Doe", {"authors": JANE, "body": f"<p>OPINION</p>\n{HTML}"}, id="genre"),
        pytest.param("By Jane Doe<br>January 23, 2024", {"authors": JANE, "published": DAY}, id="line break"),
        pytest.param(
            "\u200eBy Jane Doe\u200f\n\n\u200bJanuary 23, 2024\u200b",
            {"authors": JANE, "published": DAY},
            id="marks that are not seen",
        ),
        pytest.param("2024年1月23日 10时30分", {"published": datetime(2024, 1, 23, 10, 30, tzinfo=UTC)}, id="zh"),
        pytest.param("By Jane Doe, January 23, 2024, Minsk", {"authors": JANE, "published": DAY}, id="a place behind"),
        pytest.param("Dateline: nowhere", {"body": "<p>Dateline: nowhere</p>\n" + HTML}, id="not a header"),
        pytest.param(
            "World | January 23, 2024",
            {"published": DAY, "body": "<p>World</p>\n" + HTML},
            id="what else stands beside the date stays",
        ),
    ],
)
def test_header(header: str, expected: dict[str, object]) -> None:
    found = article(f"# A title\n\n{header}\n\n{BODY}\n")

    assert found.title == "A title"
    defaults: dict[str, object] = {"authors": (), "published": None, "updated": None, "image": None, "body": HTML}
    assert {key: getattr(found, key) for key in defaults} == defaults | expected


@pytest.mark.parametrize(
    ("header", "image"),
    [
        pytest.param(
            "By AFP\n\nA street in Minsk. [AFP](#)", Image(caption="A street in Minsk. AFP"), id="link to nothing"
        ),
        pytest.param(
            "By AFP\n\nA street [Jane Roe](https://x.org/)",
            Image(caption='A street <a href="https://x.org/">Jane Roe</a>'),
            id="link",
        ),
        pytest.param("By AFP\n\nA street (Photo: Jane Roe)", Image(caption="A street (Photo: Jane Roe)"), id="photo"),
        pytest.param(
            "By AFP\n\nA street. Photo by Jane Roe", Image(caption="A street. Photo by Jane Roe"), id="photo by"
        ),
        pytest.param("By AFP\n\nA street © Jane Roe", Image(caption="A street © Jane Roe"), id="copyright"),
        pytest.param("By AFP\n\nA street. Jane Roe / AFP", Image(caption="A street. Jane Roe / AFP"), id="agency"),
        pytest.param("By AFP\n\nA street (AP)", Image(caption="A street (AP)"), id="agency in brackets"),
        pytest.param("By AFP\n\nA street. REUTERS", Image(caption="A street. REUTERS"), id="agency alone"),
        pytest.param(
            "By AFP\n\nA street. Jane Roe/Getty Images", Image(caption="A street. Jane Roe/Getty Images"), id="getty"
        ),
        pytest.param("By AFP\n\nA street. president.gov.by", Image(caption="A street. president.gov.by"), id="site"),
        pytest.param("By AFP\n\nУлица в Минске. Фото: БелТА", Image(caption="Улица в Минске. Фото: БелТА"), id="ru"),
        pytest.param(
            "A street. Photo: Jane Roe", Image(caption="A street. Photo: Jane Roe"), id="without byline and date"
        ),
        pytest.param("A street. [AFP](#)\n\nBy AFP", Image(caption="A street. AFP"), id="before the byline"),
        pytest.param("By AFP\n\nA street. [AFP](#)\n\nJanuary 23, 2024", Image(caption="A street. AFP"), id="between"),
        pytest.param(
            "By AFP\nA street. Photo: AP", Image(caption="A street. Photo: AP"), id="a line of the header's block"
        ),
        pytest.param(
            "![A view](street.jpg)\n\nA street [AP](#)",
            Image(url="street.jpg", caption="A street AP", alt="A view"),
            id="under a picture",
        ),
        pytest.param(
            "![A view](https://x.org/a.jpg)\nA street (AP)",
            Image(url="https://x.org/a.jpg", caption="A street (AP)", alt="A view"),
            id="in the picture's block",
        ),
        pytest.param(
            "[![A view](a.jpg)](full.jpg)\n\nBy AFP\n\nA street (AP)",
            Image(url="a.jpg", caption="A street (AP)", alt="A view"),
            id="a linked picture before the byline",
        ),
    ],
)
def test_caption(header: str, image: Image) -> None:
    found = article(f"# A title\n\n{header}\n\n{BODY}\n")

    assert (found.image, found.body) == (image, HTML)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("We wrote a tool, see [its site](https://x.org/)\n\nMore.", id="plain Markdown ending in a link"),
        pytest.param(
            "By AFP\n\nHe said it to [AFP](https://x.org/).\n\nMore.", id="a sentence with a stop behind the link"
        ),
        pytest.param("By AFP\n\n" + "A long paragraph. " * 20 + "[AFP](#)\n\nMore.", id="too long"),
        pytest.param("By AFP\n\nHe posted a photo by the lake.\n\nMore.", id="a sentence about a photo"),
        pytest.param("By AFP\n\nThe ministry told Reuters.\n\nMore.", id="a sentence about an agency"),
        pytest.param("By AFP\n\nText.\n\nA street. Photo: AP\n\nMore.", id="further down"),
        pytest.param("By AFP\n\nAll that there is, [AFP](#)", id="the only paragraph"),
        pytest.param("![A view](street.jpg)\n\nJust text.\n\nMore.", id="a picture without a caption"),
    ],
)
def test_what_is_no_caption_stays_in_the_body(text: str) -> None:
    found = article(f"# A title\n\n{text}\n")

    assert found.image is None
    words = re.sub(r"\W+", " ", re.sub(r"\]\([^)]*\)|^!\[[^]]*|By AFP", "", text, flags=re.M)).split()
    assert re.sub(r"\W+", " ", html.text(found.body)).split() == words


@pytest.mark.parametrize(
    "text",
    [
        "January 5, 2020",
        "By Jane Doe",
        "By the time the train came, all was lost.",
        "Published: January 5, 2020",
    ],
)
def test_a_date_or_byline_further_down_is_body(text: str) -> None:
    found = article(f"# A title\n\n{BODY}\n\n{text}\n\nEnd.")

    assert (found.authors, found.published, found.updated) == ((), None, None)
    assert found.body == f"{HTML}\n<p>{text}</p>\n<p>End.</p>"


def test_another_date_than_the_known_one_begins_the_body() -> None:
    found = article(f"# A title\n\nJanuary 23, 2024\n\nMarch 5, 2020\n\n{BODY}")

    assert (found.published, found.body) == (DAY, f"<p>March 5, 2020</p>\n{HTML}")


@pytest.mark.parametrize(
    ("text", "title", "body", "notice"),
    [
        pytest.param("# T\n\nBody.", "T", "<p>Body.</p>", None, id="first heading"),
        pytest.param("T\n===\n\nBody.", "T", "<p>Body.</p>", None, id="setext"),
        pytest.param("T\n---\n\nBody.", "T", "<p>Body.</p>", None, id="setext, second level"),
        pytest.param("\n\n  ## T ##\n\nBody.", "T", "<p>Body.</p>", None, id="second level"),
        pytest.param("# *T* & [more](#) `code` &amp;\n\nBody.", "T & more code &", "<p>Body.</p>", None, id="markup"),
        pytest.param("By AFP\n\n# T\n\nBody.", "T", "<p>Body.</p>", None, id="after the byline"),
        pytest.param("By AFP\n---\n\n# T\n\nBody.", "T", "<p>Body.</p>", None, id="a byline underlined"),
        pytest.param("T\nBy AFP\n===\n\nBody.", "T", "<p>Body.</p>", None, id="title and byline underlined"),
        pytest.param("Kicker\n\n# T\n\nBy AFP\n\nBody.", "T", "<p>Kicker</p>\n<p>Body.</p>", None, id="kicker"),
        pytest.param("# T\n\n# T\n\nBody.", "T", "<p>Body.</p>", None, id="said twice"),
        pytest.param("# T\n\n**T**\n\nBy AFP\n\nBody.", "T", "<p>Body.</p>", None, id="said again in bold"),
        pytest.param("# T\n\n## Deck\n\nBy AFP\n\nBody.", "T", "<h2>Deck</h2>\n<p>Body.</p>", None, id="subtitle"),
        pytest.param(
            "# T\n\nBody.\n\n# Two\n\nMore.",
            "T",
            "<p>Body.</p>\n<h1>Two</h1>\n<p>More.</p>",
            Notice(text="the text has a second title; it became part of the body", line=5),
            id="two titles",
        ),
        pytest.param("# \n\n# T\n\nBody.", "T", "<p>Body.</p>", None, id="an empty heading"),
        pytest.param(
            "A title\n\nBy AFP\n\nBody.",
            "A title",
            "<p>Body.</p>",
            Notice(text="the text has no heading; its title was taken from the first line", line=1),
            id="no heading",
        ),
        pytest.param(
            "A title\nBy AFP\nJanuary 23, 2024\n\nBody.",
            "A title",
            "<p>Body.</p>",
            Notice(text="the text has no heading; its title was taken from the first line", line=1),
            id="no heading, one block",
        ),
        pytest.param(
            "A first sentence. A second one.\n\n## Section\n\nMore.",
            "A first sentence.",
            "<p>A first sentence. A second one.</p>\n<h2>Section</h2>\n<p>More.</p>",
            Notice(text="the text has no heading; its title was taken from the first line", line=1),
            id="a section is no title",
        ),
        pytest.param(
            "word " * 40 + "\n\nMore.",
            "word " * 23 + "word…",
            f"<p>{'word ' * 39}word</p>\n<p>More.</p>",
            Notice(text="the text has no heading; its title was taken from the first line", line=1),
            id="a long first line",
        ),
        pytest.param(
            "- one thing\n- another",
            "one thing another",
            "<ul>\n<li>one thing</li>\n<li>another</li>\n</ul>",
            Notice(text="there is no title; it was made from the first sentence: write one if it should be another"),
            id="only a list",
        ),
        pytest.param(
            "![](picture.png)",
            "my article",
            '<p><img src="picture.png" alt=""></p>',
            Notice(text="there is neither a title nor text; the title was made from the file's name: write both"),
            id="only a picture",
        ),
        pytest.param(
            "# Only a title",
            "Only a title",
            "",
            Notice(text="there is only a title; the article is published without text: write some"),
            id="only a title",
        ),
    ],
)
def test_title(text: str, title: str, body: str, notice: Notice | None) -> None:
    reading = parse(text, path="my_article.md")

    assert (reading.article.title, reading.article.body) == (title, body)
    assert reading.notices == ((notice,) if notice else ())


@pytest.mark.parametrize(
    ("text", "url"),
    [
        pytest.param("Original url:\n\n<https://x.org/a>", "https://x.org/a", id="next block"),
        pytest.param("Original url:\n<https://x.org/a>", "https://x.org/a", id="next line"),
        pytest.param("Original url: https://x.org/a?b=1&c=2", "https://x.org/a?b=1&c=2", id="same line"),
        pytest.param("Original url: [x.org](https://x.org/a)", "https://x.org/a", id="link"),
        pytest.param("**Original URL:** https://x.org/a", "https://x.org/a", id="bold"),
        pytest.param("ORIGINAL URL\n\nhttps://x.org/a", "https://x.org/a", id="no colon"),
        pytest.param("Original url:\n\nx.org/a", "https://x.org/a", id="no scheme"),
        pytest.param("## Original url:\n\n<https://x.org/a>", "https://x.org/a", id="heading"),
        pytest.param("Original article: https://x.org/a", "https://x.org/a", id="original article"),
        pytest.param("- Original url: https://x.org/a", "https://x.org/a", id="item"),
        pytest.param("- Original url:\n- https://x.org/a", "https://x.org/a", id="items"),
        pytest.param("> Original url: <https://x.org/a>", "https://x.org/a", id="quoted"),
        pytest.param("> Original url:\n> https://x.org/a", "https://x.org/a", id="quoted lines"),
        pytest.param("(Original url: https://x.org/a)", "https://x.org/a", id="in brackets"),
        pytest.param("Original url: (https://x.org/a_(b))", "https://x.org/a_(b)", id="address in brackets"),
        pytest.param("Original url: https://x.org/a.", "https://x.org/a", id="full stop"),
        pytest.param("Original url:\n\n- https://x.org/a", "https://x.org/a", id="address in a list"),
        pytest.param("Original url:\n\n> <https://x.org/a>", "https://x.org/a", id="address quoted"),
        pytest.param("Original url:\n\n```\nhttps://x.org/a\n```", "https://x.org/a", id="address as code"),
        pytest.param("Original url:\n\n    https://x.org/a", "https://x.org/a", id="address indented"),
        pytest.param("Original url:\n\n‹https://x.org/a>", "https://x.org/a", id="odd brackets"),
        pytest.param("Original url:<br>https://x.org/a", "https://x.org/a", id="line break"),
        pytest.param("URL d'origine : https://x.org/a", "https://x.org/a", id="fr"),
        pytest.param("Original-URL: https://x.org/a", "https://x.org/a", id="de"),
        pytest.param("Oryginalny url:\n\nhttps://x.org/a", "https://x.org/a", id="pl"),
        pytest.param("Оригинальный url: https://x.org/a", "https://x.org/a", id="ru"),
        pytest.param("URL original:\nhttps://x.org/a", "https://x.org/a", id="es"),
        pytest.param("原文链接：https://x.org/a", "https://x.org/a", id="zh"),
        pytest.param("Permalink:\n\n<https://x.org/a>", "https://x.org/a", id="permalink"),
        pytest.param("Original url:\n\njavascript:alert(1)", None, id="no address of the web"),
        pytest.param("Original url: [here](#)", None, id="link to nothing"),
        pytest.param("Original url:", None, id="nothing"),
    ],
)
@pytest.mark.parametrize("at_head", [False, True], ids=["at the end", "at the head"])
def test_original_address(text: str, url: str | None, at_head: bool) -> None:
    reading = parse(f"{text}\n\n# A title\n\n{BODY}" if at_head else f"# A title\n\n{BODY}\n\n{text}")

    assert (reading.article.title, reading.article.url, reading.article.body) == ("A title", url, HTML)
    assert [notice.text for notice in reading.notices] == (
        [] if url else ["the original address is none that can be linked to; it was left out"]
    )


def test_a_sentence_about_an_original_is_body() -> None:
    text = (
        "Original articles are rare.\n\nThe original source said so.\n\nOriginal post by a friend\n\nOriginal story"
        "\n\nArticle URL:\n\nPermalink\n\n- Original post\n\nOriginal story by Jane at https://x.org/a"
    )

    found = article(f"# A title\n\n{text}\n\n## Original post")

    shown = f"{text}\n\nOriginal post".replace("- ", "").replace("\n\n", "\n")
    assert (found.url, html.text(found.body)) == (None, shown)


@pytest.mark.parametrize(
    ("text", "related"),
    [
        ("**Related article: [One](#)**", [Link(title="One")]),
        ("**Related article:** [One](https://x.org/1)", [Link(title="One", href="https://x.org/1")]),
        ("Related articles: [One](/1), [Two](#)", [Link(title="One", href="/1"), Link(title="Two")]),
        ("Related: [One](ftp://x.org/)", [Link(title="One")]),
        ("[Related article: One](#)", [Link(title="One")]),
        ("Related article: One without a link", [Link(title="One without a link")]),
        ("*Read also: [One](#)*", [Link(title="One")]),
        ("> **See also: [One](#)**", [Link(title="One")]),
        ("- Read more: [One](#)\n- Read more: [Two](#)", [Link(title="One"), Link(title="Two")]),
        ("## Related articles\n\n- [One](#)\n- [Two](#)", [Link(title="One"), Link(title="Two")]),
        ("**Related stories:**\n\n[One](#)\n\n[Two](#)", [Link(title="One"), Link(title="Two")]),
        ("Читайте также: [Один](#)", [Link(title="Один")]),
        ("Lesen Sie auch: [Eins](#)", [Link(title="Eins")]),
        ("À lire aussi : [Un](#)", [Link(title="Un")]),
    ],
)
def test_related_articles_are_no_body(text: str, related: list[Link]) -> None:
    found = article(f"# A title\n\n{BODY}\n\n{text}\n\nEnd.")

    assert (found.related, found.body) == (tuple(related), f"{HTML}\n<p>End.</p>")


@pytest.mark.parametrize(
    "text",
    [
        "Related: this is a sentence about something that is related.",
        "See also the second chapter.",
        "See also: the second chapter.",
        "Read more: [here](https://x.org) and then think about it.",
        "Related articles are often wrong.",
        "## Related work",
    ],
)
def test_sentences_about_related_things_are_body(text: str) -> None:
    found = article(f"# A title\n\n{BODY}\n\n{text}\n\nEnd.")

    assert found.related == ()
    shown = text.replace("## ", "").replace("[here](https://x.org)", "here")
    assert html.text(found.body).split("\n") == [BODY, shown, "End."]


def test_plain_markdown_loses_nothing() -> None:
    text = (
        "# A title\n\nA paragraph with *emphasis*, `code` and a [link](https://x.org/).\n\n## Section\n\n"
        "1. one\n2. two\n\n> quoted\n\n```python\nBy AFP\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n\n"
        "Last[^1] ~~not~~.\n\n[^1]: A note.\n"
    )

    body = article(text, path="article.md").body

    for part in (
        "<p>A paragraph with <em>emphasis</em>, <code>code</code> and a ",
        '<a href="https://x.org/">link</a>.</p>\n<h2>Section</h2>\n<ol>\n<li>one</li>\n<li>two</li>\n</ol>',
        "<blockquote>\n<p>quoted</p>\n</blockquote>",
        '<pre><code class="language-python">By AFP\n</code></pre>',
        "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>",
        "<hr>",
        "Last<sup",
        "A note.",
        "not",
    ):
        assert part in body


def test_nothing_of_the_body_is_dangerous_and_a_link_to_nothing_is_none() -> None:
    found = article(
        "# T<script>alert(1)</script>\n\nBy AFP\n\nText [here](#) <a href='javascript:alert(1)'>js</a> "
        '<a href="#" onclick="x()">raw</a> <b>bold</b>\n\n<script>alert(2)</script>\n\n'
        "<img src=x onerror=alert(3)>\n\nEnd."
    )

    assert "(#)" not in found.body
    assert found.body.startswith("<p>Text here js raw <b>bold</b></p>")
    assert not any(word in found.body for word in ("alert", "onerror", "onclick", "javascript", 'href="#"'))
    assert found.title == "T"


@pytest.mark.parametrize(
    ("path", "folder_tags", "tags"),
    [
        ("article.md", True, ()),
        ("World/article.md", True, ("World",)),
        ("world/East Europe/article.md", True, ("world", "East Europe")),
        ("news/News/article.md", True, ("news",)),
        ("world/article.md", False, ()),
        ("_posts/world/article.md", True, ("world",)),
    ],
)
def test_folders_are_tags(path: str, folder_tags: bool, tags: tuple[str, ...]) -> None:
    assert article("# T\n\nBody.", path=path, rules=Rules(source="s", folder_tags=folder_tags)).tags == tags


def test_folders_come_after_the_articles_own_tags_and_never_twice() -> None:
    found = article("---\ntitle: T\ntags: [Europe, world news]\n---\nBody.", path="europe/minsk/a.md")

    assert found.tags == ("Europe", "world news", "minsk")


@pytest.mark.parametrize(
    ("text", "path", "title"),
    [
        ("# Scraped\n\nBody.", "a.txt", "Scraped"),
        ("---\ntitle: Front\n---\nBody.", "a.md", "Front"),
        ('+++\ntitle = "Front"\n+++\nBody.', "a.md", "Front"),
        ("<!doctype html><title>Page</title><h1>Page</h1><article><p>Body text of it.</p></article>", "a.txt", "Page"),
        ("<html><head><title>Page</title></head><body><p>Body text of it.</p></body></html>", "a.html", "Page"),
    ],
)
def test_the_shape_is_told_by_the_text_and_the_suffix(text: str, path: str, title: str) -> None:
    assert article(text, path=path).title == title


@pytest.mark.parametrize(
    ("rules", "published"),
    [
        (Rules(source="s"), datetime(2024, 1, 23, 10, tzinfo=UTC)),
        (Rules(source="s", timezone="Europe/Kyiv"), datetime(2024, 1, 23, 8, tzinfo=UTC)),
    ],
)
def test_dates_without_a_zone_are_in_the_configured_one(rules: Rules, published: datetime) -> None:
    assert article("# T\n\nJanuary 23, 2024 10:00\n\nBody.", rules=rules).published == published


RUSSIAN = "Полиция задержала во вторник не менее двадцати человек, сообщила правозащитная группа в Минске."
ENGLISH = "The police detained at least twenty people on Tuesday, a rights group in Minsk said in a statement."


@pytest.mark.parametrize(
    ("text", "given", "language", "published"),
    [
        (RUSSIAN, None, "ru", datetime(2024, 4, 3, tzinfo=UTC)),
        (ENGLISH, None, "en", datetime(2024, 3, 4, tzinfo=UTC)),
        (ENGLISH, "de", "de", datetime(2024, 4, 3, tzinfo=UTC)),
        ("Short.", None, None, datetime(2024, 3, 4, tzinfo=UTC)),
    ],
)
def test_the_language_is_detected_and_decides_which_number_is_the_day(
    text: str, given: str | None, language: str | None, published: datetime
) -> None:
    found = article(f"# T\n\n03/04/2024\n\n{text}", rules=Rules(source="s", language=given))

    assert (found.language, found.published) == (language, published)


def test_the_summary_is_the_first_prose() -> None:
    text = f"# T\n\n## A section\n\n| a |\n|---|\n| b |\n\n```\ncode\n```\n\n{ENGLISH}\n\n{ENGLISH} {ENGLISH}\n"

    assert article(text).summary == f"{ENGLISH} {ENGLISH} {ENGLISH}"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty: write an article into it, or remove it"),
        (b" \n\xef\xbb\xbf\n\t\r\n", None),
        (b"\xef\xbb\xbf", "the file is empty: write an article into it, or remove it"),
        (b"\x00\x00", "the file is empty: write an article into it, or remove it"),
        (bytes(range(256)) * 99, "the file is binary, not text: save it as plain text in UTF-8"),
        (b"%PDF-1.4", "the file is a PDF document, not text: save it as plain text in UTF-8"),
        (b"x" * 4_194_305, "the file has 4,194,305 bytes, more than 4,194,304: split it, or link to it"),
        (b"x\n" * 1_000_000, "the file has 1,000,001 lines, more than 200,000: split it, or remove it"),
        (
            b"By AFP\n\nJanuary 23, 2024\n",
            "the file has neither a title nor text: write an article into it, or remove it",
        ),
    ],
    ids=lambda value: None if isinstance(value, bytes) else "-",
)
def test_what_cannot_be_published_says_what_to_do(data: bytes, reason: str | None) -> None:
    with pytest.raises(BadArticle) as refused:
        read(data, "article.txt", RULES)
    assert refused.value.reason == (reason or "the file is empty: write an article into it, or remove it")


@pytest.mark.parametrize(
    ("data", "title", "notice"),
    [
        (
            b"# A\x07 title\n\nBo\x00dy.",
            "A title",
            "encoding: 2 control characters removed, the first U+0007 in line 1",
        ),
        (
            b"# A \xed\xa0\x80title\n\nBody.",
            "A title",
            "encoding: not quite UTF-8: surrogates joined to characters or removed, the first in line 1",
        ),
        (
            "# Über\n\nBody für alle.".encode("cp1252"),
            "Über",
            "encoding: read as Windows-1252, which it looks like; save it as UTF-8",
        ),
        (
            b"# " + b"word " * 400 + b"\n\nBody.",
            "word " * 99 + "word…",
            "the title is longer than 500 characters; it was shortened: shorten it yourself",
        ),
        (b"# ]]> & <b>\n\nBody.", "]]> &", None),
    ],
)
def test_what_is_odd_is_published_and_told(data: bytes, title: str, notice: str | None) -> None:
    reading = read(data, "article.txt", RULES)

    assert reading.article.title == title
    assert [told.text for told in reading.notices] == ([notice] if notice else [])


PHOTO = Media(path="/media/0f.jpg", origin="photo.jpg", type="image/jpeg", length=7, width=4, height=3)
SOUND = Media(path="/media/1a.mp3", origin="a.mp3", type="audio/mpeg", length=9)
MEDIA = {"photo.jpg": PHOTO, "a.mp3": SOUND}
LOOSE = Article(
    source="s",
    title="T",
    body='<p><img src="photo.jpg"> <a href="other.html">b</a> <a href="https://y.org/">c</a> <a href="../up">d</a></p>',
    image=Image(url="photo.jpg", caption='<a href="credit.html">X</a>'),
    enclosures=(Enclosure(url="a.mp3"), Enclosure(url="b.mp3", type="audio/mpeg")),
    related=(Link(href="/r", title="R"), Link(title="S")),
)


@pytest.mark.parametrize(
    ("url", "base", "root"),
    [
        ("https://x.org/2024/a", None, "https://x.org/2024/"),
        (None, "https://x.org/2024/a", "https://x.org/2024/"),
        (None, None, "/"),
    ],
    ids=["against its own address", "against the base", "against the root"],
)
def test_settled_addresses(url: str | None, base: str | None, root: str) -> None:
    above = "https://x.org" if root != "/" else ""

    settled = settle(replace(LOOSE, url=url), MEDIA, base)

    assert settled.body == (
        f'<p><img src="/media/0f.jpg"> <a href="{root}other.html">b</a> '
        f'<a href="https://y.org/">c</a> <a href="{above}/up">d</a></p>'
    )
    assert settled.image == Image(
        url="/media/0f.jpg",
        caption=f'<a href="{root}credit.html">X</a>',
        type="image/jpeg",
        length=7,
        width=4,
        height=3,
    )
    assert settled.enclosures == (
        Enclosure(url="/media/1a.mp3", type="audio/mpeg", length=9, title="a.mp3"),
        Enclosure(url=f"{root}b.mp3", type="audio/mpeg"),
    )
    assert settled.related == (Link(href=f"{above}/r", title="R"), Link(title="S"))


def test_settling_twice_changes_nothing() -> None:
    once = settle(LOOSE, MEDIA)

    assert settle(once, {}) == once


def test_references_are_what_settle_can_replace() -> None:
    reading = parse("# T\n\n![a](photo.jpg)\n\nA street [AP](credit.html)\n\nText ![b](<b c.png>) [d](https://x.org/).")

    assert reading.references == ("b%20c.png", "photo.jpg", "credit.html")


WRITTEN = (
    "# Title|By AFP|January 23, 2024|word word|[a](#)|**Related: [x](#)**|Original url:|<https://x.org/>|![i](i.png)"
    "|---|===|> q|- l|```|Updated: 2024-01-02|(Photo: X)|<b>|    x|23. Januar 2024||"
)
LINES = st.sampled_from(WRITTEN.split("|"))


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=14).map("\n".join) | st.text(max_size=200))
def test_every_text_is_an_article_or_refused_and_reads_the_same_again(text: str) -> None:
    try:
        reading = parse(text)
    except BadArticle:
        return
    found = reading.article
    assert found.title
    assert found.body == html.clean(found.body)
    assert 'href="#"' not in found.body
    assert parse(text) == reading


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="abcdefg .,", min_size=1, max_size=60).filter(str.strip), min_size=1, max_size=8))
def test_no_word_of_plain_paragraphs_is_lost(paragraphs: list[str]) -> None:
    found = article("# Title\n\n" + "\n\n".join(part.strip() for part in paragraphs))

    assert html.text(found.body).split() == " ".join(paragraphs).split()


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("+++ LIVE +++ Ticker\n\nBody.", "+++ LIVE +++ Ticker", "<p>Body.</p>"),
        ("--- Breaking ---\n\nBody.", "--- Breaking ---", "<p>Body.</p>"),
        ("-----\n\n# T\n\nBody.", "T", "<hr>\n<p>Body.</p>"),
        ("---\n\n# T\n\nBody.", "T", "<hr>\n<p>Body.</p>"),
        ("---\nJust text\n---\n\nBody.", "Just text", "<hr>\n<p>Body.</p>"),
    ],
)
def test_dashes_that_fence_nothing_are_text(text: str, title: str, body: str) -> None:
    found = article(text)

    assert (found.title, found.body) == (title, body)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("![" * 60_000, "links", id="pictures never closed"),
        pytest.param("|x|y|\n" * 40_000, "links", id="bars"),
        pytest.param("- a\n" * 60_000, "links", id="items"),
        pytest.param("x[^1] " * 6_000 + "\n\n[^1]: y\n", "footnotes", id="references"),
        pytest.param("^[a] " * 6_000, "footnotes", id="notes"),
    ],
)
@pytest.mark.parametrize("head", ["# Evil\n\n", "---\ntitle: Evil\n---\n"], ids=["scraped", "front matter"])
def test_what_would_take_minutes_to_read_is_refused(head: str, text: str, reason: str) -> None:
    with pytest.raises(BadArticle, match=f"^text: .*{reason}.*split the file$"):
        parse(head + text)


def test_a_long_article_is_read() -> None:
    line = "Some *words* of [a link](https://x.org/), `code` and [^1] a note; a hundred characters and a bit more.\n\n"

    found = article("# Long\n\n" + line * 2_000 + "[^1]: Note.\n")

    assert found.body.count("<p>Some") == 2_000


@pytest.mark.parametrize(
    "title", ["By Grand Central Station I Sat Down and Wept", "By Hand", "January 3, 2024", "By Jane Doe"]
)
@pytest.mark.parametrize("written", ["# {}", "{}\n==="], ids=["atx", "setext"])
def test_a_heading_of_the_first_level_is_the_title_whatever_it_says(title: str, written: str) -> None:
    found = article(f"{written.format(title)}\n\nBy AFP\n\n{BODY}")

    assert (found.title, found.authors, found.published, found.body) == (title, AFP, None, HTML)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "![x](a.jpg)\n\nA short note from us all, with thanks to [Jane](https://ex.org/jane)",
            "A short note from us all, with thanks to Jane",
        ),
        ("![x](a.jpg)\n\nWe moved our site to example.com", "We moved our site to example.com"),
        ("By AFP\n\nWe moved our site to example.com\n\nMore.", "We moved our site to example.com\nMore."),
        ("A street in Minsk. Photo: AP\n\nJanuary 23, 2024", "A street in Minsk. Photo: AP\nJanuary 23, 2024"),
        (
            "By the lake we sat, and so did [Jane](https://ex.org/jane)\n\nMore.",
            "By the lake we sat, and so did Jane\nMore.",
        ),
        ("By <https://ex.org/jane>\n\nJanuary 23, 2024\n\nMore.", "By https://ex.org/jane\nJanuary 23, 2024\nMore."),
    ],
)
def test_a_caption_has_text_behind_it_and_is_no_byline(text: str, shown: str) -> None:
    found = article(f"# A title\n\n{text}")

    assert (found.image, html.text(found.body)) == (None, shown)


@pytest.mark.parametrize(
    ("byline", "uri"),
    [
        (
            "By [Jane Doe](https://en.wikipedia.org/wiki/Jane_Doe_(writer))",
            "https://en.wikipedia.org/wiki/Jane_Doe_(writer)",
        ),
        ('By [Jane Doe](https://x.org/jane "Jane\'s page (all)")', "https://x.org/jane"),
        ("By [Jane Doe][1]", "https://x.org/1"),
        ("By [**Jane Doe**](https://x.org/jane) | January 23, 2024", "https://x.org/jane"),
        ("By [Jane Doe](<https://x.org/a b>), January 23, 2024", "https://x.org/a%20b"),
        (f"By [Jane Doe](https://x.org/{'a' * 400})", f"https://x.org/{'a' * 400}"),
    ],
)
def test_a_linked_author_has_an_address(byline: str, uri: str) -> None:
    found = article(f"# A title\n\n{byline}\n\n{BODY}\n\n[1]: https://x.org/1\n")

    assert (found.authors, found.image, found.body) == ((Person(name="Jane Doe", uri=uri),), None, HTML)


def test_a_day_with_a_full_stop_is_a_date_also_where_the_body_begins_with_another() -> None:
    found = article("# A title\n\n23. Januar 2024\n\n24. Februar 2022 war ein Tag wie jeder andere.\n\nEnde.")

    assert found.published == DAY
    assert html.text(found.body) == "24. Februar 2022 war ein Tag wie jeder andere.\nEnde."


def test_the_days_of_a_diary_are_headings() -> None:
    found = article("# Diary\n\n## January 3, 2024\n\nOne.\n\n## January 4, 2024\n\nTwo.")

    assert found.published is None
    assert found.body == "<h2>January 3, 2024</h2>\n<p>One.</p>\n<h2>January 4, 2024</h2>\n<p>Two.</p>"


@pytest.mark.parametrize("head", ["", "---\ntags: [a]\n---\n"], ids=["scraped", "front matter"])
@pytest.mark.parametrize(
    ("heading", "body"),
    [
        ("<h1>A <em>raw</em> title</h1>\n\n", HTML),
        ('<h1 class="x">A raw title</h1>\n<div>Deck</div>\n\n', "<div>Deck</div>\n" + HTML),
    ],
)
def test_a_heading_written_as_html_is_the_title(head: str, heading: str, body: str) -> None:
    found = article(f"{head}{heading}{BODY}", path="a.md")

    assert (found.title, found.body) == ("A raw title", body)
