"""A podcast: what its feed says of the show and of an episode, and that players read it right."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import feedparser
import podcastparser
import pytest
from lxml import etree

from syndicator.core.identity import podcast_guid
from syndicator.core.render import podcast
from syndicator.errors import FeedError
from syndicator.model import Article, Enclosure, Episode, Feed, Format, Link, Person, Podcast
from tests.core.render.samples import SITE, article, document

SHOW = Podcast(
    author="The Millers & Co",
    owner="Ann Other",
    email="ann@example.org",
    kind="serial",
    explicit=True,
    categories=("Society & Culture > Places & Travel", "society &amp; culture > documentary", "history"),
    locked=True,
    funding="https://pay.example/?a=1&b=2",
)
FEED = Feed(
    name="talks", title="Mill Talks", description="On flour.", image="https://news.example.org/cover.jpg", podcast=SHOW
)
EPISODE = article(
    7,
    title="Flour & water",
    body="<p>Notes.</p>",
    summary="All about flour.",
    authors=(Person(name="Ann Other"),),
    enclosures=(
        Enclosure(url="/media/notes.pdf", type="application/pdf", length=9),
        Enclosure(url="/media/talk.mp3", type="audio/mpeg", length=4321, title="The talk", duration=3661),
        Enclosure(url="/media/talk.mp4", type="video/mp4", length=54321),
    ),
    episode=Episode(
        season=2,
        number="7",
        kind="bonus",
        explicit=False,
        subtitle="On flour",
        image="/media/flour.jpg",
        transcripts=(Link(href="/media/talk.vtt", type="text/vtt", hreflang="de", rel="captions"),),
        chapters=Link(href="https://mill.example/7.json", type="application/json+chapters"),
    ),
)
NS = {"itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd", "podcast": "https://podcastindex.org/namespace/1.0"}
SAME_NAMESPACE = b"https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"
"""What Podcasting 2.0 was called at first: whoever knows one of the two takes them for the same."""


def channel(show: Podcast | None = SHOW, *articles: Article, **fields: Any) -> etree._Element:
    return etree.fromstring(document(Format.RSS, articles, feed=dataclasses.replace(FEED, podcast=show, **fields)))[0]


def item(**fields: Any) -> etree._Element:
    return channel(SHOW, dataclasses.replace(EPISODE, **fields)).find("item")


def texts(element: etree._Element, *names: str) -> list[str | None]:
    return [element.findtext(name, None, NS) for name in names]


class TestShow:
    def test_what_apple_wants_to_know(self) -> None:
        found = channel()
        names = (
            "itunes:author",
            "itunes:owner/itunes:name",
            "itunes:owner/itunes:email",
            "itunes:explicit",
            "itunes:type",
        )
        expected = ["The Millers & Co", "Ann Other", "ann@example.org", "true", "serial"]
        assert texts(found, *names) == expected
        assert found.find("itunes:image", NS).get("href") == "https://news.example.org/cover.jpg"

    def test_categories_are_as_apple_spells_them_each_once_with_its_parts(self) -> None:
        found = channel().findall("itunes:category", NS)
        assert [(one.get("text"), [part.get("text") for part in one]) for one in found] == [
            ("Society & Culture", ["Places & Travel", "Documentary"]),
            ("History", []),
        ]

    def test_what_podcasting_2_wants_to_know(self) -> None:
        found = channel()
        locked, funding = found.find("podcast:locked", NS), found.find("podcast:funding", NS)
        assert (locked.text, locked.get("owner")) == ("yes", "ann@example.org")
        assert (funding.text, funding.get("url")) == ("Mill Talks", "https://pay.example/?a=1&b=2")

    def test_a_show_of_which_little_is_known_says_no_more_than_that(self) -> None:
        found = channel(Podcast(), image=None)
        said = [
            etree.QName(one).localname for one in found if one.tag.startswith(("{http://www.itunes", "{https://podc"))
        ]
        assert said == ["author", "explicit", "type", "guid", "locked"]
        assert texts(found, "itunes:author", "itunes:explicit", "podcast:locked") == ["The Desk", "false", "no"]

    def test_another_feed_says_nothing_of_the_kind(self) -> None:
        assert (
            b"itunes:"
            not in document(Format.RSS, feed=dataclasses.replace(FEED, podcast=None)).partition(b"<channel>")[2]
        )

    def test_atom_says_the_same(self) -> None:
        root = etree.fromstring(document(Format.ATOM, [EPISODE], feed=FEED))
        names = ("itunes:author", "itunes:explicit", "itunes:type", "podcast:guid", "podcast:locked")
        assert texts(root, *names) == texts(channel(), *names)


class TestGuid:
    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            ("https://podnews.net/rss", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
            ("http://podnews.net/rss///", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
            ("https://mp3s.nashownotes.com/pc20rss.xml", "917393e3-1b1e-5cef-ace4-edaa54e1f810"),
        ],
    )
    def test_it_is_the_published_one_of_known_podcasts(self, address: str, expected: str) -> None:
        assert podcast_guid(address) == expected

    def test_it_is_made_of_the_address_that_the_feed_had_at_first(self) -> None:
        first = channel().findtext("podcast:guid", None, NS)
        assert first == podcast_guid("https://news.example.org/talks/rss.xml")
        assert channel(name="mill-talks", first_name="talks").findtext("podcast:guid", None, NS) == first

    def test_it_is_the_one_that_the_podcast_brought_along(self) -> None:
        brought = "9b024349-ccf0-5f69-a609-6b82873eab3c"
        assert channel(dataclasses.replace(SHOW, guid=brought)).findtext("podcast:guid", None, NS) == brought


class TestEpisode:
    def test_its_enclosure_is_the_first_file_that_can_be_played(self) -> None:
        assert [dict(one.attrib) for one in item().iterfind("enclosure")] == [
            {"url": "https://news.example.org/media/talk.mp3", "length": "4321", "type": "audio/mpeg"}
        ]

    def test_the_enclosure_is_the_first_file_where_none_can_be_played(self) -> None:
        assert item(enclosures=EPISODE.enclosures[:1]).find("enclosure").get("type") == "application/pdf"

    def test_an_enclosure_of_unknown_length_says_zero(self) -> None:
        assert (
            item(enclosures=(Enclosure(url="/media/a.mp3", type="audio/mpeg"),)).find("enclosure").get("length") == "0"
        )

    def test_what_apple_wants_to_know(self) -> None:
        names = ("season", "episode", "episodeType", "explicit", "subtitle", "duration")
        found = texts(item(), *(f"itunes:{name}" for name in names))
        assert found == ["2", "7", "bonus", "false", "On flour", "3661"]
        assert item().find("itunes:image", NS).get("href") == "https://news.example.org/media/flour.jpg"

    def test_what_podcasting_2_wants_to_know(self) -> None:
        assert dict(item().find("podcast:transcript", NS).attrib) == {
            "url": "https://news.example.org/media/talk.vtt",
            "type": "text/vtt",
            "language": "de",
            "rel": "captions",
        }
        assert dict(item().find("podcast:chapters", NS).attrib) == {
            "url": "https://mill.example/7.json",
            "type": "application/json+chapters",
        }

    def test_numbers_that_apple_does_not_take_are_told_in_podcasting_2(self) -> None:
        found = item(episode=Episode(season=0, number="2.5"))
        assert texts(found, "itunes:season", "itunes:episode", "podcast:season", "podcast:episode") == [
            None,
            None,
            "0",
            "2.5",
        ]


class TestReaders:
    @pytest.mark.parametrize("known", [False, True], ids=["as it is", "namespace as the reader knows it"])
    def test_podcastparser_reads_the_show(self, known: bool) -> None:
        found = parsed(known=known)
        told = {"funding_url": "https://pay.example/?a=1&b=2", "import_prohibited": True} if known else {}
        assert {key: value for key, value in found.items() if key != "episodes"} == {
            "title": "Mill Talks",
            "link": "https://news.example.org/talks",
            "description": "On flour.",
            "cover_url": "https://news.example.org/cover.jpg",
            "language": "en",
            "generator": "syndicator",
            "type": "serial",
            "explicit": True,
            "itunes_author": "The Millers & Co",
            "itunes_owner": {"name": "Ann Other", "email": "ann@example.org"},
            "itunes_categories": [["Society & Culture", "Places & Travel", "Documentary"], ["History"]],
            **told,
        }

    @pytest.mark.parametrize("known", [False, True], ids=["as it is", "namespace as the reader knows it"])
    def test_podcastparser_reads_the_episode(self, known: bool) -> None:
        (found,) = parsed(known=known)["episodes"]
        links = {
            "transcript_url": "https://news.example.org/media/talk.vtt",
            "chapters_json_url": "https://mill.example/7.json",
        }
        assert found.pop("enclosures")[0] == {
            "url": "https://news.example.org/media/talk.mp3",
            "file_size": 4321,
            "mime_type": "audio/mpeg",
        }
        assert found == {
            "title": "Flour & water",
            "guid": EPISODE.id,
            "link": "https://news.example.org/articles/article-7",
            "description": "All about flour.",
            "description_html": (
                '<figure><img src="https://news.example.org/media/flour.jpg" alt=""></figure>\n<p>Notes.</p>'
            ),
            "subtitle": "On flour",
            "published": 1705998607,
            "total_time": 3661,
            "season": 2,
            "number": 7,
            "type": "bonus",
            "explicit": False,
            "episode_art_url": "https://news.example.org/media/flour.jpg",
            "payment_url": None,
            **(links if known else {}),
        }

    def test_feedparser_reads_both(self) -> None:
        found = feedparser.parse(io.BytesIO(document(Format.RSS, [EPISODE], feed=FEED)))
        entry = found.entries[0]
        assert not found.bozo
        assert (found.feed.image.href, found.feed.publisher_detail.email) == (
            "https://news.example.org/cover.jpg",
            "ann@example.org",
        )
        assert [tag.term for tag in found.feed.tags] == [
            "Society & Culture",
            "Places & Travel",
            "Documentary",
            "History",
        ]
        assert (entry.itunes_season, entry.itunes_episode, entry.itunes_duration) == ("2", "7", "3661")
        assert entry.enclosures[0].href == "https://news.example.org/media/talk.mp3"


def parsed(*, known: bool) -> dict[str, Any]:
    body = document(Format.RSS, [EPISODE], feed=FEED, site=SITE)
    if known:
        body = body.replace(NS["podcast"].encode(), SAME_NAMESPACE)
    return podcastparser.parse("https://news.example.org/talks/rss.xml", io.BytesIO(body))


class TestCategories:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("News", ("News",)),
            ("tv and film", ("TV & Film",)),
            ("TV &amp; Film>film reviews", ("TV & Film", "Film Reviews")),
            ("Health & Fitness > Mental Health", ("Health & Fitness", "Mental Health")),
            ("kids and family > stories for kids", ("Kids & Family", "Stories for Kids")),
        ],
    )
    def test_one_of_the_list_is_spelled_as_there(self, written: str, expected: tuple[str, ...]) -> None:
        assert podcast.category(written) == expected

    @pytest.mark.parametrize(
        ("written", "told"),
        [
            ("Sience", "`Sience` is not in Apple's list of podcast categories; did you mean `Science`?"),
            ("News > Politic", "`Politic` is not in Apple's list of podcast categories; did you mean `Politics`?"),
            ("History > Wars", "it has no parts in Apple's list of podcast categories, leave ` > ` out"),
            ("Xyzzy", "write one of Arts, Business"),
        ],
    )
    def test_another_is_refused_with_the_nearest(self, written: str, told: str) -> None:
        with pytest.raises(FeedError) as caught:
            podcast.category(written)
        assert str(caught.value).startswith(f"category `{written}`: ")
        assert told in str(caught.value)

    def test_every_one_of_the_list_is_found(self) -> None:
        wanted = [
            (name, *part) for name, parts in podcast.CATEGORIES.items() for part in [(), *((one,) for one in parts)]
        ]
        assert [podcast.category(" > ".join(one)) for one in wanted] == wanted
