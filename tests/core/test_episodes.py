"""Front matter that makes an article an episode of a podcast."""

from __future__ import annotations

import pytest

from syndicator.core.articles import episodes, frontmatter, settle
from syndicator.core.articles.rules import Rules
from syndicator.model import Enclosure, Episode, Link, Media, Reading

CHAPTERS = "application/json+chapters"


def read(*lines: str) -> Reading:
    return frontmatter.read("\n".join(["---", "title: T", *lines, "---", "Text."]), Rules(source="seeds"), "a.md")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["season: 2", "episode: 7"], Episode(season=2, number="7")),
        (["episode: 2.5"], Episode(number="2.5")),
        (["Episode-Type: Bonus"], Episode(kind="bonus")),
        (["explicit: yes"], Episode(explicit=True)),
        (["explicit: clean"], Episode(explicit=False)),
        (["transcript: a.vtt"], Episode(transcripts=(Link(href="a.vtt", type="text/vtt"),))),
        (
            [
                "transcripts:",
                "  - a.srt",
                "  - {url: 'https://x.example/t', type: text/html, language: de, rel: Captions}",
            ],
            Episode(
                transcripts=(
                    Link(href="a.srt", type="application/x-subrip"),
                    Link(href="https://x.example/t", type="text/html", hreflang="de", rel="captions"),
                )
            ),
        ),
        (["chapters: a.json"], Episode(chapters=Link(href="a.json", type=CHAPTERS))),
        (
            [
                "episode:",
                "  number: 3",
                "  season: 1",
                "  type: trailer",
                "  subtitle: On <b>flour</b>",
                "  image: a.png",
            ],
            Episode(season=1, number="3", kind="trailer", subtitle="On flour", image="a.png"),
        ),
        (
            ["podcast: {explicit: no, chapters: a.json}", "season: 4"],
            Episode(season=4, explicit=False, chapters=Link(href="a.json", type=CHAPTERS)),
        ),
        (["season: 1", "episode: {season: 2, number: 5}"], Episode(season=1, number="5")),
        ([], None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_the_keys_say(lines: list[str], expected: Episode | None) -> None:
    found = read(*lines)
    assert (found.article.episode, found.notices) == (expected, ())


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("season: two", "a whole number"),
        ("episode: [1]", "a number, or a map"),
        ("episode: {number: 1, length: 3}", "a number, or a map"),
        ("episode_type: long", "full, trailer or bonus"),
        ("explicit: maybe", "true or false"),
        ("transcript: {language: de}", "an address or a file's name"),
        ("chapters: [a.json, b.json]", "an address or a file's name"),
    ],
)
def test_a_value_that_cannot_be_read_is_left_out_with_a_notice(line: str, wanted: str) -> None:
    found = read(line)
    assert found.article.episode is None
    assert [(notice.line, f"it should be {wanted}" in notice.text) for notice in found.notices] == [(3, True)]


def test_files_beside_the_article_are_published_with_it() -> None:
    found = read(
        "enclosure: {file: a.mp3, duration: '1:02'}", "episode: {image: a.png, transcript: a.vtt, chapters: a.json}"
    )
    assert found.references == ("a.mp3", "a.png", "a.vtt", "a.json")
    media = {
        name: Media(path=f"/media/{number}.{name[2:]}", origin=name, type="x/y", length=number)
        for number, name in enumerate(found.references, 1)
    }
    settled = settle(found.article, media)
    assert settled.enclosures == (Enclosure(url="/media/1.mp3", type="x/y", length=1, title="a.mp3", duration=62),)
    assert list(episodes.addresses(settled.episode)) == ["/media/2.png", "/media/3.vtt", "/media/4.json"]


def test_what_is_not_there_is_taken_to_lie_at_the_articles_own_site() -> None:
    found = settle(read("canonical: https://x.example/ep/7", "transcript: a.vtt").article, {})
    assert list(episodes.addresses(found.episode)) == ["https://x.example/ep/a.vtt"]
