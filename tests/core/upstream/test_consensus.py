"""200 real feeds, read as other parsers read them (CONSENSUS.json), and as feedparser does where these say nothing.

Every difference is listed with its reason: one that is not listed fails, and one that is gone too.
"""

from __future__ import annotations

import calendar
import io
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import feedparser
import pytest

from syndicator.core import html
from syndicator.core.text import one_line
from syndicator.core.upstream import read
from syndicator.core.urls import is_web, safe_url
from syndicator.model import Article, Incoming, Parsed
from tests.conftest import shared

URL = "http://x.example/feed"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NETNEWSWIRE = "NetNewsWire__Modules_RSParser_Tests_RSParserTests_Resources_"

SHORTENED = {"node-feedparser__wapowellness-altns.xml": "the consensus holds the first 200 characters of an id"}
NO_ADDRESS = {
    f"{NETNEWSWIRE}pappacoda.atom": "an id that is no address is no link; the link that there is, is to a PDF"
}
HTML_TITLES = dict.fromkeys(
    (
        "feedjira__KungPowThinking.xml",
        "feedjira__google_alerts_atom.xml",
        "FeedReader__FeedReader.Tests_Feeds_AtomWiganwarriors.xml",
        "FeedReader__FeedReader.Tests_Feeds_Rss20LeFigaro.xml",
        "fastfeedparser__tests_integration_vintagehomeplans.xml",
        "rss-parser__craigslist.rss",
    ),
    "the title is HTML, and ours is what it reads as",
)
FILES = {
    "feedjira__HuffPostCanada.xml": "a film that only Media RSS names",
    "FeedReader__FeedReader.Tests_Feeds_AtomYoutubeInvestmentPunk.xml": "films that only Media RSS names",
    "rss-parser__atom-customfields.atom": "films that only Media RSS names",
    "rome__rome_src_test_data_rss_0.93.xml": "what is given as the type is none",
    "rome__rome_src_test_data_rss_0.94.xml": "what is given as the type is none",
}
SIGNED_BY_THE_FEED = dict.fromkeys(
    (
        "feedjira__SamRuby.xml",
        "FeedReader__FeedReader.Tests_Feeds_AtomBattleNet.xml",
        "NetNewsWire__Modules_Parser_Tests_ParserTests_Resources_redterminal.atom",
        f"{NETNEWSWIRE}neverworkintheory.atom",
        f"{NETNEWSWIRE}pappacoda.atom",
        "node-feedparser__intertwingly.atom",
        "node-feedparser__ongoing.atom",
        "rome__rome-modules_src_test_resources_base_events-atombase.xml",
        "rome__rome-modules_src_test_resources_base_jobs-atombase.xml",
        "rome__rome-modules_src_test_resources_base_research-atom.xml",
        "rome__rome-modules_src_test_resources_base_vehicles-atom.xml",
        "rome__rome-modules_src_test_resources_base_wanted-atom.xml",
        "rome__rome-modules_src_test_resources_org_rometools_feed_module_georss_usgs-gov-earthquakes-all-hour-atom.xml",
    ),
    "nobody signs the entries, so the feed's author does (RFC 4287 4.2.1)",
)
AUTHORS = SIGNED_BY_THE_FEED | {
    "rss-parser__itunes-keywords-astext.rss": "nobody signs the episodes, so the podcast's author does",
    "feed-rs__atom_example_7.xml": "nobody signs some entries, so the authors of their `atom:source` do",
    "feed-rs__rss2_rss_2.0_relurl_1.xml": "feedparser knows no top-level domain of more than four letters",
}
TAGS = {
    "feedjira__DarrenHermanMarketingAdvertisingMediaandTechnologyBlo.xml": "`&amp;` in a category was meant for HTML",
}


@cache
def consensus() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared("corpus", "real", "CONSENSUS.json").read_bytes())
    return found


@cache
def ours(name: str) -> Parsed:
    return read(Incoming(body=shared("corpus", "real", name).read_bytes(), url=URL))


@cache
def theirs(name: str) -> Any:
    body = io.BytesIO(shared("corpus", "real", name).read_bytes())
    return feedparser.parse(body, response_headers={"content-location": URL})


def articles(name: str) -> list[Article]:
    return [entry.article for entry in ours(name).entries]


def in_xml() -> list[str]:
    return [name for name in consensus() if not name.endswith(".json")]


def different(told: str, say: Callable[[Article], object], expect: Callable[[Any], object]) -> set[str]:
    """The feeds of which a list in the consensus is another than what the articles say."""
    lists = ((name, said[told]) for name, said in consensus().items())
    return {
        name
        for name, values in lists
        if values and list(map(say, articles(name)))[: len(values)] != list(map(expect, values))
    }


def different_from_feedparser(say: Callable[[Article], object], expect: Callable[[Any], object]) -> set[str]:
    return {name for name in in_xml() if list(map(say, articles(name))) != list(map(expect, theirs(name).entries))}


def test_there_are_as_many_articles_as_all_parsers_count() -> None:
    agreed = {name: said["items"] for name, said in consensus().items() if said["agree"] == said["parsed_by"]}
    counted = {name: (ours(name).total, len(ours(name).entries)) for name in agreed}
    assert counted == {name: (items, items) for name, items in agreed.items()}


def test_where_parsers_disagree_most_of_them_are_followed_or_feedparser() -> None:
    disputed = {name: said["items"] for name, said in consensus().items() if said["agree"] != said["parsed_by"]}
    more = {name for name, items in disputed.items() if ours(name).total != items}
    assert more == {f"rome__rome-modules_src_test_resources_xml_{name}.xml" for name in ("ep_ep1_v4a", "v_v6")}


def test_ids_are_those_that_stand_there() -> None:
    assert different("ids", lambda article: article.explicit_id, lambda id: id or None) == set(SHORTENED)


def test_links_are_theirs_made_absolute() -> None:
    found = different("links", lambda article: article.url, lambda link: safe_url(link, URL) if link else None)
    assert found == set(NO_ADDRESS)


def test_titles_are_theirs() -> None:
    found = different("titles", lambda article: article.title, lambda title: one_line(title or ""))
    assert found == set(HTML_TITLES)


def test_titles_in_html_are_theirs_as_text() -> None:
    differing = {
        name
        for name in HTML_TITLES
        for article, title in zip(articles(name), consensus()[name]["titles"], strict=True)
        if article.title != one_line(html.text(title) if "<" in title or "&" in title else title)
    }
    # Many names of its titles are HTML and some are not; feedparser tells which.
    assert differing <= {"rss-parser__craigslist.rss"}


def test_enclosures_are_those_that_feedparser_reads() -> None:
    def attached(entry: Any) -> list[tuple[str, str | None, int | None]]:
        links = [link for link in dict.get(entry, "links", []) if link.get("rel") == "enclosure"]
        files = {safe_url(link.get("href", ""), URL): (link.get("type"), link.get("length", "")) for link in links}
        return [
            (url, type, int(length) or None if length.isdecimal() else None)
            for url, (type, length) in files.items()
            if url and is_web(url)
        ]

    def said(article: Article) -> list[tuple[str, str | None, int | None]]:
        return [(file.url, file.type, file.length) for file in article.enclosures]

    assert different_from_feedparser(said, attached) == set(FILES)


def people(details: Iterable[Any]) -> list[tuple[str, str | None, str | None]]:
    named = [(one.get("name") or one.get("email"), one.get("email"), one.get("href")) for one in details]
    return list(dict.fromkeys(one for one in named if one[0]))


def test_authors_are_those_that_feedparser_reads() -> None:
    found = different_from_feedparser(
        lambda article: [(one.name, one.email, one.uri) for one in article.authors],
        lambda entry: people(dict.get(entry, "authors", [])),
    )
    assert found == set(AUTHORS)


@pytest.mark.parametrize("name", sorted(SIGNED_BY_THE_FEED))
def test_entries_that_nobody_signs_have_the_authors_of_the_feed(name: str) -> None:
    feed = theirs(name).feed
    by_feed = people(dict.get(feed, "authors", []))
    for article, entry in zip(articles(name), theirs(name).entries, strict=True):
        own = people(dict.get(entry, "authors", []))
        assert [(one.name, one.email, one.uri) for one in article.authors] == (own or by_feed)


def test_contributors_are_those_that_feedparser_reads() -> None:
    found = different_from_feedparser(
        lambda article: [(one.name, one.email, one.uri) for one in article.contributors],
        lambda entry: people(dict.get(entry, "contributors", [])),
    )
    assert found == set()


def test_dates_are_those_that_feedparser_reads() -> None:
    def moment(entry: Any, key: str) -> datetime | None:
        parsed = dict.get(entry, key)
        return EPOCH + timedelta(seconds=calendar.timegm(parsed)) if parsed else None

    found = different_from_feedparser(
        lambda article: (article.published, article.updated),
        lambda entry: (moment(entry, "published_parsed"), moment(entry, "updated_parsed")),
    )
    assert found == set()


def test_tags_are_those_that_feedparser_reads() -> None:
    def named(entry: Any) -> list[str]:
        names = (tag.get("label") or tag.get("term") for tag in dict.get(entry, "tags", []))
        return list(dict.fromkeys(one_line(name) for name in names if name))

    assert different_from_feedparser(lambda article: list(article.tags), named) == set(TAGS)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_the_same_bytes_give_the_same_articles_in_every_time_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    some = in_xml()[::12]
    before = {name: ours(name) for name in some}
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        again = {name: ours.__wrapped__(name) for name in some}
    finally:
        monkeypatch.undo()
        time.tzset()
    assert again == before


@pytest.mark.parametrize("part", [0, 1, 2])
def test_what_is_known_is_left_out_and_the_rest_is_the_same(part: int) -> None:
    for name in in_xml()[::6]:
        whole = ours(name)
        records = [whole.seen[start : start + 24] for start in range(0, len(whole.seen), 24)]
        known = b"".join(record for number, record in enumerate(records) if number % 3 != part)
        rest = read(Incoming(body=shared("corpus", "real", name).read_bytes(), url=URL, entries=known))
        expected = [entry for entry in whole.entries if entry.digest not in {r[:8] for r in records if r in known}]
        assert rest.entries == tuple(expected), name
        assert (rest.seen, rest.total) == (whole.seen, whole.total), name
        assert replace(rest, entries=()) == replace(whole, entries=()), name
