"""Composed feeds over HTTP: their documents, their archives, their pages, their names; and documents about the site."""

from __future__ import annotations

import gzip
import itertools
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from syndicator.core.lists import read_list
from syndicator.flows.ingest import ingest
from syndicator.flows.publish import compress
from syndicator.flows.sources import add
from syndicator.model import Article, Feed, Format, Member, Query, Source
from tests.web.composed import Composed

BOATS = Feed(name="boats", title="Boats & <ships>", description="All that floats.", limit=2, archives=True)
PARTNERS = Feed(name="partners", title="For partners", formats=(Format.RSS, Format.NINJS, Format.RDF))
BOARD = Feed(name="private/board", title="The board's own", private=True)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    """A site that no test changes.

    Of its twelve stories every other one is in `boats`: two in each of two archives, two in the current document.
    """
    world = Composed(tmp_path_factory.mktemp("site"))
    world.fill(12)
    world.write("today.md", "---\ntitle: Today\ndate: 2026-05-01\n---\nText.\n")
    ingest(world.ports)
    add(world.ports, [Source(id="lake", url="https://lake.example/feed", title="The Lake")])
    chosen = boats(world)
    world.compose(BOATS, chosen)
    world.archive(BOATS, 1, chosen[4:])
    world.archive(BOATS, 2, chosen[2:4])
    world.compose(PARTNERS, chosen[:2])
    world.compose(BOARD, chosen[:1])
    world.list_all()
    compress(world.ports)
    yield world
    world.close()


@pytest.fixture(scope="module")
def client(still: Composed) -> FlaskClient:
    return still.client()


@pytest.fixture
def world(still: Composed, tmp_path: Path) -> Iterator[Composed]:
    """The same site, to be changed."""
    shutil.copytree(still.root / "var", tmp_path / "var")
    world = Composed(tmp_path)
    yield world
    world.close()


def boats(world: Composed) -> list[Article]:
    """What is in the feed of that name, newest first."""
    return world.articles[::2]


def test_only_the_formats_of_a_feed_are_offered(client: FlaskClient) -> None:
    page = lxml.html.document_fromstring(client.get("/partners").data)
    offered = [element.get("href") for element in page.cssselect('link[rel="alternate"]')]
    assert offered[:3] == ["/partners/rss.xml", "/partners/feed.rdf", "/partners/ninjs.json"]
    assert client.get("/partners/feed.xml").status_code == 404


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("boats/feed.xml", "public, max-age=300, stale-while-revalidate=300, stale-if-error=86400"),
        ("boats/archives/1/feed.xml", "public, max-age=86400, immutable"),
        ("boats/archives/2/feed.json", "public, max-age=86400, immutable"),
    ],
)
def test_archives_are_kept_for_a_day_and_never_asked_about(client: FlaskClient, path: str, expected: str) -> None:
    response = client.get(f"/{path}")
    assert response.headers["Cache-Control"] == expected
    again = client.get(f"/{path}", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, expected)


def test_programs_in_a_browser_may_read_feeds_and_follow_to_them(client: FlaskClient) -> None:
    paths = ["boats/feed.json", "boats/archives/1/rss.xml", ".well-known/feeds", "boats/rss"]
    assert [client.get(f"/{path}").headers["Access-Control-Allow-Origin"] for path in paths] == ["*"] * 4
    etag = client.get("/boats/feed.json").headers["ETag"]
    again = client.get("/boats/feed.json", headers={"If-None-Match": etag})
    assert (again.status_code, again.headers["Access-Control-Allow-Origin"]) == (304, "*")
    assert "Access-Control-Allow-Origin" not in client.get("/boats").headers


@pytest.mark.parametrize(
    ("guess", "expected"),
    [
        ("feed", "feed.xml"),
        ("feed/", "feed.xml"),
        ("rss", "rss.xml"),
        ("atom.xml", "feed.xml"),
        ("index.json", "feed.json"),
        ("feed.xml/", "feed.xml"),
        ("archives/2/rss.xml/", "archives/2/rss.xml"),
        ("", None),
    ],
)
def test_the_usual_guesses_lead_to_a_composed_feed(client: FlaskClient, guess: str, expected: str | None) -> None:
    response = client.get(f"/boats/{guess}?utm_source=x", headers={"Host": "evil.test"})
    target = f"/boats/{expected}" if expected else "/boats"
    assert (response.status_code, response.headers["Location"]) == (308, target)


def test_a_guess_at_a_format_that_a_feed_does_not_have_is_404(client: FlaskClient) -> None:
    assert client.get("/partners/atom.xml").status_code == 404


# Pages


def titles(response: TestResponse) -> list[str]:
    return [one.text_content() for one in lxml.html.document_fromstring(response.data).cssselect("article h3")]


def walked(client: FlaskClient, path: str) -> list[list[str]]:
    """What is on each page, from the newest on, by the links to older ones."""
    pages = []
    while path:
        response = client.get(path)
        assert response.status_code == 200
        pages.append(titles(response))
        older = lxml.html.document_fromstring(response.data).cssselect('a[rel="next"]')
        path = older[0].get("href") if older else ""
    return pages


def test_the_page_of_a_feed_shows_what_is_in_it_to_the_last_archive(still: Composed) -> None:
    names = [article.title for article in boats(still)]
    assert walked(still.client(), "/boats") == [names[:2], names[2:4], names[4:]]
    assert walked(still.client(page_size=1), "/boats") == [names[:1], names[1:2], names[2:4], names[4:]]


def test_a_feed_without_archives_is_paged_to_its_end(world: Composed) -> None:
    chosen = world.articles[1::2]
    world.compose(Feed(name="many", title="Many"), chosen)
    names = [article.title for article in chosen]
    assert walked(world.client(page_size=4), "/many") == [names[:4], names[4:]]


def test_a_page_asks_the_feed_and_not_its_query(world: Composed) -> None:
    world.compose(Feed(name="few", title="Few", query=Query()), world.articles[3:5])
    assert titles(world.client().get("/few")) == [article.title for article in world.articles[3:5]]


def test_what_came_back_into_the_current_document_stands_on_one_page_only(world: Composed) -> None:
    again = boats(world)[4]
    with world.store.composing() as tx:
        member = Member(
            feed="boats", key=world.store.number_of(again) or 0, place=again.sort_key, entered="f" * 24, archive=0
        )
        tx.save([member])
    names = [article.title for article in boats(world)]
    assert walked(world.client(), "/boats") == [[*names[:2], names[4]], names[2:4], names[5:]]


def test_the_page_tells_of_the_feed_and_of_its_addresses(client: FlaskClient) -> None:
    page = lxml.html.document_fromstring(client.get("/boats").data)
    assert [one.text_content() for one in page.cssselect("h1")] == ["Boats & <ships>"]
    assert page.cssselect("title")[0].text == "Boats & <ships>"
    assert [one.get("content") for one in page.cssselect('meta[name="description"]')] == ["All that floats."]
    assert page.cssselect('link[rel="canonical"]')[0].get("href") == "https://news.example/boats"
    shown = [one.text_content() for one in page.cssselect(".addresses a")]
    assert shown == [f"https://news.example/boats/{name}" for name in ("feed.xml", "rss.xml", "feed.json")]
    older = lxml.html.document_fromstring(client.get("/boats?archive=1").data)
    assert [one.get("content") for one in older.cssselect('meta[name="robots"]')] == ["noindex, follow"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("archive=2", 200),
        ("archive=3", 404),
        ("archive=0", 400),
        ("archive=-1", 400),
        ("archive=1e1", 400),
        ("archive=", 400),
        ("archive=%00", 400),
        ("archive=9999999999", 400),
        ("before=f", 200),
        ("before=", 400),
        ("before=%0a", 400),
        ("before=" + "f" * 301, 400),
    ],
)
def test_a_page_that_cannot_be_is_refused(client: FlaskClient, query: str, status: int) -> None:
    assert client.get(f"/boats?{query}").status_code == status


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_page_has_validators_like_any(client: FlaskClient, method: str) -> None:
    first = client.get("/boats")
    again = client.open("/boats", method=method, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "public, max-age=60")


def test_the_list_of_feeds_shows_composed_ones_and_no_private_one(client: FlaskClient) -> None:
    response = client.get("/feeds")
    page = lxml.html.document_fromstring(response.data)
    assert [one.text_content() for one in page.cssselect("#composed + ul h3")] == ["Boats & <ships>", "For partners"]
    ways = [" ".join(one.text_content().split()) for one in page.cssselect(".ways")]
    assert ways == ["Atom · RSS · JSON · with its whole archive", "RSS · RSS 1.0 · ninjs"]
    hrefs = {one.get("href") for one in page.cssselect("main a")}
    assert hrefs >= {"/boats", "/boats/feed.xml", "/partners/ninjs.json", "/.well-known/feeds"}
    assert b"board" not in response.data


# Names


def moved(world: Composed, path: str) -> tuple[int, str | None]:
    response = world.client().get(path, headers={"Host": "evil.test"})
    return response.status_code, response.headers.get("Location")


PATHS = ["/boats", "/boats/feed.xml", "/boats/rss.xml", "/boats/feed.json", "/boats/archives/1/feed.xml"]


@pytest.mark.parametrize("published", [False, True], ids=["at once", "when the old documents are gone"])
def test_every_address_under_an_old_name_leads_to_the_new_one_for_ever(world: Composed, published: bool) -> None:
    world.store.rename_feed("boats", "ships")
    world.store.rename_feed("ships", "vessels")
    if published:
        world.store.publish((), (), [path[1:] for path in PATHS[1:]], (), world.now())
    assert moved(world, "/boats") == (308, "/vessels")
    for name in ("boats", "ships") if published else ("ships",):
        for path in PATHS:
            assert moved(world, path.replace("boats", name)) == (308, path.replace("boats", "vessels"))
        assert moved(world, f"/{name}/rss") == (308, "/vessels/rss.xml")
        assert moved(world, f"/{name}/") == (308, "/vessels")
        assert moved(world, f"/{name}/nothing") == (404, None)
    assert world.client().get("/vessels").status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_everything_of_a_removed_feed_is_gone_its_page_too(world: Composed, method: str) -> None:
    world.store.rename_feed("boats", "ships")
    world.store.remove_feed("ships")
    world.store.publish((), (), [path[1:] for path in PATHS[1:]], (), world.now())
    for name, path in itertools.product(("boats", "ships"), [*PATHS, "/boats/", "/boats/rss"]):
        response = world.client().open(path.replace("boats", name), method=method)
        assert (response.status_code, response.headers.get("Location")) == (410, None), path
    assert world.client().get("/boats").mimetype == "text/html"
    assert world.client().get("/ships/feed.xml").mimetype == "text/plain"


def test_a_feed_that_became_private_leads_nowhere(world: Composed) -> None:
    world.store.rename_feed("boats", "private/boats")
    world.store.publish((), (), [path[1:] for path in PATHS[1:]], (), world.now())
    assert [moved(world, path) for path in PATHS] == [(410, None)] * len(PATHS)


def test_a_name_that_is_used_again_is_its_own(world: Composed) -> None:
    world.store.rename_feed("boats", "ships")
    world.compose(replace(BOATS, title="Other boats", archives=False), boats(world)[:1])
    assert moved(world, "/boats") == (200, None)
    assert moved(world, "/boats/feed.xml") == (200, None)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/private",
        "/private/board",
        "/private/board/feed.xml",
        "/%2fprivate/board/feed.xml",
        "/private%2fboard/feed.xml",
        "/./private/board/feed.xml",
        "/boats/../private/board/feed.xml",
        "/Private/board/feed.xml",
        "/boats/%0d%0aX-Evil:%201",
        "/boats/archives/0/feed.xml",
        "/boats/archives/01/feed.xml",
        f"/boats/archives/{'9' * 400}/feed.xml",
        "/boats/archives/-1/feed.xml",
        "/archives/1/feed.xml",
        "/sitemaps/1.xml",
        "/sitemaps/../feed.xml",
        "/.well-known/",
        "/.well-known/security.txt",
        "/.well-known/.hidden",
        "/feeds/feed.xml",
        "/" + "a" * 300,
    ],
)
def test_a_hostile_or_empty_address_gives_nothing_away(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code in (401, 404), response.headers.get("Location")) == (True, None), response.status
    assert b"board" not in response.data
    assert "X-Evil" not in response.headers


# Documents about the site


TYPES = {
    "opml.xml": "text/x-opml; charset=utf-8",
    ".well-known/feeds": "text/x-opml; charset=utf-8",
    "sitemap.xml": "application/xml; charset=utf-8",
    "sitemaps/0.xml": "application/xml; charset=utf-8",
    "sitemap-news.xml": "application/xml; charset=utf-8",
}


@pytest.mark.parametrize("path", TYPES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_a_document_about_the_site_is_the_file_with_validators_in_every_coding(
    still: Composed, client: FlaskClient, path: str, method: str, coding: str
) -> None:
    response = client.open(f"/{path}", method=method, headers={"Accept-Encoding": coding})
    assert (response.status_code, response.headers["Content-Type"]) == (200, TYPES[path])
    suffix = {"identity": "", "gzip": ".gz", "br": ".br"}[coding]
    on_disk = still.file(path + suffix)
    assert response.data == (on_disk if method == "GET" else b"")
    assert response.headers["Link"] == f'<https://news.example/{path}>; rel="self"'
    if coding == "gzip" and method == "GET":
        assert gzip.decompress(response.data) == still.file(path)
    for validator in (
        {"If-None-Match": response.headers["ETag"]},
        {"If-Modified-Since": response.headers["Last-Modified"]},
    ):
        again = client.open(f"/{path}", method=method, headers={"Accept-Encoding": coding, **validator})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", response.headers["ETag"])


@pytest.mark.parametrize("path", TYPES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_document_about_the_site_is_only_for_reading(client: FlaskClient, path: str, method: str) -> None:
    assert client.open(f"/{path}", method=method).status_code == 405


def test_the_lists_are_read_back_over_http(client: FlaskClient) -> None:
    sources = read_list(client.get("/opml.xml").data, "opml.xml").subscriptions
    assert [one.url for one in sources] == ["https://lake.example/feed"]
    ours = read_list(client.get("/.well-known/feeds").data, "feeds").subscriptions
    paths = [one.url.removeprefix("https://news.example") for one in ours]
    assert paths[:2] == ["/feed.xml", "/boats/feed.xml"]
    assert client.get(paths[1]).status_code == 200


def test_robots_are_told_of_the_sitemaps_that_there_are(world: Composed) -> None:
    client = world.client()
    response = client.get("/robots.txt", headers={"Host": "evil.test"})
    assert response.text == (
        "User-agent: *\nAllow: /\n\n"
        "Sitemap: https://news.example/sitemap.xml\nSitemap: https://news.example/sitemap-news.xml\n"
    )
    world.store.publish((), (), ["sitemap.xml", "sitemap-news.xml"], (), world.now())
    later = client.get("/robots.txt")
    assert later.text == "User-agent: *\nAllow: /\n"
    assert later.headers["ETag"] != response.headers["ETag"]


def test_the_list_of_feeds_leads_to_the_lists(client: FlaskClient) -> None:
    page = lxml.html.document_fromstring(client.get("/feeds").data)
    found = [one.get("href") for one in page.cssselect("#lists + p a")]
    assert [client.get(href).status_code for href in found] == [200, 200]
    assert found == ["/.well-known/feeds", "/opml.xml"]
