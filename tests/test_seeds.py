"""The articles that come with us and the examples in docs/articles.md show how files are written: they are right."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from html import unescape
from pathlib import Path

import jsonschema
import pytest
from lxml import etree

from syndicator.core.articles import Rules, read
from syndicator.core.articles.frontmatter import looks_like_pelican
from syndicator.model import USUAL, Article, Enclosure, Image, Link, Notice, Person, Reading, utc
from tests.conftest import ROOT, shared
from tests.flows.world import World
from tests.running import Site

SEEDS = ROOT / "seeds"
LATER = utc(2027, 1, 1)
"""A moment after all dates in the articles, so that none lies in the future."""

DESK, OPERATIONS, STANDARDS = "Syndicator Desk", "Operations Desk", "Standards Desk"
SCRAPED, KEYS, PAGE = "scraped", "front matter", "page"
ARTICLES: dict[str, tuple[str, str, list[str], datetime, str]] = {
    "feeds-in-a-browser.txt": (
        SCRAPED,
        "What a Person Sees Who Clicks on a Feed",
        ["Lena Okafor", DESK],
        utc(2026, 11, 5),
        "en",
    ),
    "one-article-three-shapes.md": (
        KEYS,
        "One Article, Three Shapes",
        [DESK],
        utc(2026, 11, 18, 9, 15),
        "en",
    ),
    "operations/dates-without-a-zone.md": (
        SCRAPED,
        "Half Past Two Happens Twice",
        ["Tomas Lind"],
        utc(2025, 6, 3, 14, 30),
        "en",
    ),
    "operations/polite-polling.txt": (
        SCRAPED,
        "A Thousand Readers Knock on the Door",
        [OPERATIONS, "Maria Ellis"],
        utc(2024, 9, 12),
        "en",
    ),
    "operations/validators.md": (
        KEYS,
        "Two Headers That Save the Whole Document",
        [OPERATIONS],
        utc(2025, 9, 23, 8, 20, 15),
        "en",
    ),
    "operations/websub.html": (
        PAGE,
        "The Server That Calls You",
        ["Jonas Weidl", OPERATIONS],
        utc(2025, 1, 23, 12, 0, 5),
        "en",
    ),
    "planeten.txt": (
        SCRAPED,
        "Viele Stimmen, eine Seite: was ein Planet ist",
        ["Redaktion Syndicator"],
        utc(2025, 3, 14),
        "de",
    ),
    "standards/a-short-history-of-feeds.txt": (
        SCRAPED,
        "How Web Feeds Came to Be",
        [DESK],
        utc(2024, 2, 6),
        "en",
    ),
    "standards/complete-archives.md": (
        KEYS,
        "Nothing Missed: How a Feed Remembers",
        [STANDARDS],
        utc(2024, 10, 17, 5, 55, 10),
        "en",
    ),
    "standards/opml.html": (
        PAGE,
        "A List of Everything You Follow",
        [STANDARDS],
        utc(2025, 11, 4, 6, 45, 50),
        "en-GB",
    ),
    "standards/tombstones.md": (
        SCRAPED,
        "How to Say That an Article Is Gone",
        [STANDARDS],
        utc(2024, 5, 6),
        "en",
    ),
    "standards/what-must-never-change.md": (
        KEYS,
        "What Must Never Change, and What Must",
        [STANDARDS, "Lena Okafor"],
        utc(2026, 11, 12, 6, 40),
        "en-GB",
    ),
}


def shape(path: str, text: str) -> str:
    if path.endswith(".html"):
        return PAGE
    return KEYS if text.startswith(("---\n", "+++\n")) or looks_like_pelican(text) else SCRAPED


def seed_files() -> list[str]:
    kinds = (".md", ".txt", ".html")
    return sorted(path.relative_to(SEEDS).as_posix() for path in SEEDS.rglob("*") if path.suffix in kinds)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Our articles, published."""
    world = World(tmp_path_factory.mktemp("seeds"))
    world.time = LATER
    shutil.copytree(SEEDS, world.seeds, dirs_exist_ok=True)
    yield world
    world.close()


@pytest.fixture(scope="module")
def published(world: World) -> dict[str, bytes]:
    """Every published document that is not compressed."""
    report = world.build()
    assert (report.problems, report.notices, report.published) == ((), (), 12)
    return {path: body for path, body in world.snapshot().items() if path.rpartition("/")[2] in set(USUAL)}


def test_there_are_twelve_articles_in_three_shapes() -> None:
    assert seed_files() == sorted(ARTICLES)
    assert Counter(kind for kind, *_ in ARTICLES.values()) == {SCRAPED: 6, KEYS: 4, PAGE: 2}


@pytest.mark.parametrize("path", ARTICLES)
def test_every_article_is_read_as_it_is_meant(path: str) -> None:
    data = (SEEDS / path).read_bytes()
    reading = read(data, path, Rules(source="seeds"))
    article = reading.article
    found = (article.title, [person.name for person in article.authors], article.published, article.language)
    assert (shape(path, data.decode()), *found) == ARTICLES[path]
    assert reading.notices == ()
    assert all(((SEEDS / path).parent / name).is_file() for name in reading.references)


def test_every_article_has_an_id_of_its_own_and_is_in_all_three_feeds(
    world: World, published: dict[str, bytes]
) -> None:
    ids = world.ids()
    assert len(set(ids)) == 12
    assert ids == world.ids("rss.xml") == [item["id"] for item in json.loads(published["feed.json"])["items"]]
    assert [unescape(title) for title in world.titles()] == [
        title for _, title, *_ in sorted(ARTICLES.values(), key=lambda one: one[3], reverse=True)
    ]


def test_every_feed_holds_to_its_grammar(published: dict[str, bytes]) -> None:
    grammar = etree.RelaxNG(etree.parse(shared("schemas", "atom.rng")))
    schema = jsonschema.Draft7Validator(json.loads(shared("schemas", "schema-v1.1.json").read_text()))
    kinds = Counter(path.rpartition("/")[2] for path in published)
    assert len(set(kinds.values())) == 1
    assert set(kinds) == {"feed.xml", "rss.xml", "feed.json"}
    for path, body in published.items():
        if path.endswith("feed.xml"):
            grammar.assertValid(etree.fromstring(body))
        elif path.endswith("rss.xml"):
            assert all(item.findtext("guid") and item.findtext("title") for item in etree.fromstring(body).iter("item"))
        else:
            assert [error.message for error in schema.iter_errors(json.loads(body))] == []


@pytest.mark.parametrize(
    "leftover", ['href="#"', 'href=\\"#\\"', "href=&quot;#", "(#)", "Original url", "Related article:"]
)
def test_nothing_of_the_scraped_shape_is_left(published: dict[str, bytes], leftover: str) -> None:
    assert [path for path, body in published.items() if leftover.encode() in body] == []


def test_a_second_build_elsewhere_and_under_another_time_zone_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    for name, zone in (("one", "UTC"), ("another/place", "Asia/Kathmandu")):
        shutil.copytree(SEEDS, tmp_path / name / "seeds")
        (tmp_path / name / "syndicator.toml").write_text('[web]\nbase_url = "https://news.example.org"\n')
        monkeypatch.setenv("TZ", zone)
        monkeypatch.chdir(tmp_path / name)
        with closing(Site(tmp_path / name)) as site:
            done = site.call("build")
        assert done.returncode == 0, done.stderr
        feeds = tmp_path / name / "feeds"
        built.append({p.relative_to(feeds): p.read_bytes() for p in sorted(feeds.rglob("*")) if p.is_file()})
    assert built[0] == built[1]


GUIDE = (ROOT / "docs" / "articles.md").read_text("utf-8")
SUFFIXES = {"text": "txt", "markdown": "md", "html": "html"}


def example(number: int) -> Reading:
    """One of the fenced examples, as the article that it is."""
    language, text = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.M | re.S)[number]
    return read(text.encode(), f"example.{SUFFIXES[language]}", Rules(source="guide"))


def test_the_scraped_text_of_the_guide_is_read_as_the_guide_says() -> None:
    credit = 'The quay on Tuesday morning. Photo: <a href="https://example.org/port">Port Office</a>'
    assert example(0) == Reading(
        article=Article(
            source="guide",
            title="The Harbour Opens Again",
            body="<p>The first ships came in at six.</p>\n<p>By noon every berth was taken.</p>",
            summary="The first ships came in at six. By noon every berth was taken.",
            authors=(Person(name="Ana Lopes"),),
            language="en",
            url="https://example.org/harbour",
            image=Image(url="harbour.png", caption=credit, alt="Ships at the quay"),
            related=(Link(href="https://example.org/storm", title="What the Storm Left"),),
            published=utc(2026, 1, 23),
        ),
        references=("harbour.png",),
    )


def test_the_front_matter_of_the_guide_is_read_as_the_guide_says() -> None:
    reading = example(1)
    article = reading.article
    assert reading.notices == (Notice(text="desk: not a key we know, kept as it is", line=18),)
    assert reading.references == ("harbour.png", "interview.wav")
    assert {name: getattr(article, name) for name in Article.__slots__ if getattr(article, name)} == {
        "source": "guide",
        "title": "Wheat Is Cheaper Again",
        "body": article.body,
        "summary": "Prices fell for the third day.",
        "authors": (Person(name="Ana Lopes"), Person(name="Ben Ndiaye", email="ben@example.org")),
        "tags": ("wheat", "trade"),
        "language": "en",
        "image": Image(url="harbour.png", caption="The quay on Tuesday.", alt="Ships at the quay", type="image/png"),
        "enclosures": (Enclosure(url="interview.wav", type="audio/wav"),),
        "licence": "CC-BY-4.0",
        "status": "published",
        "published": utc(2026, 1, 24, 7, 30),
        "updated": utc(2026, 1, 24, 11),
        "extra": (("desk", "Economics"),),
    }
    assert '<td align="right">211</td>' in article.body
    assert "<p>In euros a tonne." in article.body


def test_the_page_of_the_guide_is_read_as_the_guide_says() -> None:
    assert example(2) == Reading(
        article=Article(
            source="guide",
            title="A balsa volta a navegar",
            body=(
                "<p>A balsa parte outra vez às seis horas da manhã, depois de três semanas de reparações no estaleiro "
                "da outra margem do rio.</p>\n<p>Os passageiros esperavam desde o início do mês e compraram os "
                "primeiros bilhetes ainda de noite.</p>"
            ),
            summary="A balsa volta a navegar.",
            authors=(Person(name="Rui Costa"),),
            language="pt",
            url="https://example.org/balsa",
            image=Image(url="https://example.org/balsa.jpg", type="image/jpeg"),
            published=utc(2026, 1, 25, 7),
        )
    )


def test_the_embargo_of_the_guide_is_read_as_the_guide_says() -> None:
    reading = example(3)
    article = reading.article
    assert (article.title, article.body) == ("After the Vote", "<p>Counting has begun.</p>")
    assert (article.publish_at, article.expire_at) == (utc(2027, 3, 1, 17), utc(2027, 3, 8, 17))
    assert reading.notices == ()


VALUES = {"draft": "false", "status": "published", "url": "https://example.org/", "language": "en"}
VALUES |= dict.fromkeys(("date", "updated", "publish_at", "expire_at"), "2026-01-24")


def known_keys() -> Iterator[tuple[str, str]]:
    """The keys in the guide's table, also as else they are written, each with a value it may have."""
    for first, others in re.findall(r"^\| (`.+?`) \| (.*?) \| ", GUIDE, re.M):
        keys = re.findall(r"`(\w+)`", first + others)
        yield from ((key, VALUES.get(keys[0], "a")) for key in keys)


def test_the_guide_lists_every_key_once() -> None:
    keys = [key for key, _ in known_keys()]
    assert len(keys) == len(set(keys)) > 40


@pytest.mark.parametrize(("key", "value"), [*known_keys()])
def test_every_key_of_the_guide_is_known(key: str, value: str) -> None:
    text = f"---\n{key}: {value}\n---\n\nSome text.\n"
    told = read(text.encode(), "a.md", Rules(source="guide")).notices
    assert [notice.text for notice in told if notice.line] == []


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-01-24T08:30:00+01:00", utc(2026, 1, 24, 7, 30)),
        ("January 23, 2026", utc(2026, 1, 23)),
        ("23 January 2026, 14:30 UTC", utc(2026, 1, 23, 14, 30)),
        ("23 janvier 2026", utc(2026, 1, 23)),
    ],
)
def test_every_date_of_the_guide_is_read(written: str, moment: datetime) -> None:
    assert f"`{written}`" in GUIDE
    text = f"---\ntitle: A\ndate: {written}\n---\n"
    assert read(text.encode(), "a.md", Rules(source="guide")).article.published == moment
