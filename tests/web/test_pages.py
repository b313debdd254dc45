"""Pages: what they say, what they link, what they keep to themselves."""

from __future__ import annotations

import gzip
import json
import re
from datetime import timedelta
from itertools import pairwise

import lxml.html
import pytest
from flask.testing import FlaskClient
from lxml.html import HtmlElement

from syndicator.model import Enclosure, Image, Link, Person, utc
from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.web.fakes import NOW, World, article

PAGES = [
    "/",
    "/tags/harbour",
    "/authors/ana-lindqvist",
    "/feeds",
    "/articles/the-ferry-that-came-back",
    "/articles/belarus-detains-24-people-across-country-rights-group",
    "/nothing",
    "/articles/withdrawn-story",
]


def page(client: FlaskClient, path: str) -> HtmlElement:
    return lxml.html.document_fromstring(client.get(path).data.decode())


def texts(root: HtmlElement, path: str) -> list[str]:
    return [" ".join(element.text_content().split()) for element in root.cssselect(path)]


def hrefs(root: HtmlElement, path: str) -> list[str]:
    return [element.get("href") for element in root.cssselect(path)]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_one_h1_landmarks_a_skip_link_and_no_script(client: FlaskClient, path: str) -> None:
    root = page(client, path)
    assert len(root.cssselect("h1")) == 1
    assert [len(root.cssselect(name)) for name in ("body > header", "main", "body > footer")] == [1, 1, 1]
    assert hrefs(root, "body > a.skip") == ["#main"]
    assert root.cssselect("main")[0].get("id") == "main"
    assert root.get("lang") == "en"
    assert {script.get("type") for script in root.cssselect("script")} <= {"application/ld+json"}
    assert not root.cssselect("[style], [onclick], style, iframe, form")
    assert [image for image in root.cssselect("img") if image.get("alt") is None] == []
    levels = [int(heading.tag[1]) for heading in root.cssselect("h1, h2, h3, h4, h5, h6")]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels)), levels
    ids = [element.get("id") for element in root.cssselect("[id]")]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sent_with_a_strict_policy(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src * data:; media-src *; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize("path", [path for path in PAGES if path not in ("/nothing", "/articles/withdrawn-story")])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_page_that_did_not_change_is_304(client: FlaskClient, path: str, method: str) -> None:
    first = client.get(path)
    again = client.open(path, method=method, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert again.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("path", ["/", "/articles/the-ferry-that-came-back", "/site.css"])
def test_a_page_is_compressed_for_whoever_reads_that(client: FlaskClient, path: str) -> None:
    plain, packed = client.get(path), client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert (gzip.decompress(packed.data), len(packed.data) < len(plain.data) / 2) == (plain.data, True)
    assert packed.headers["ETag"] == plain.headers["ETag"][:-1] + '-gz"'
    assert packed.headers["Vary"].startswith("Accept-Encoding")
    head = client.head(path, headers={"Accept-Encoding": "gzip"})
    assert head.headers["Content-Length"] == str(len(packed.data))


def test_a_page_does_not_change_with_the_clock(client: FlaskClient, world: World) -> None:
    before = client.get("/").data
    world.now = NOW + timedelta(days=400)
    assert client.get("/").data == before


def test_the_front_page_is_a_river_by_day(client: FlaskClient) -> None:
    root = page(client, "/")
    assert texts(root, "section.day > h2")[:3] == [
        "Tuesday, 23 January 2024",
        "Monday, 22 January 2024",
        "Saturday, 20 January 2024",
    ]
    first = root.cssselect("section.day")[0]
    assert texts(first, "h3") == ["The ferry that came back", "Belarus Detains 24 People Across Country – Rights Group"]
    assert hrefs(first, "h3 a")[0] == "/articles/the-ferry-that-came-back"
    assert [time.get("datetime") for time in first.cssselect("time")] == ["2024-01-23T09:30:00+00:00"]
    assert texts(first, "time") == ["09:30 UTC"]
    assert texts(first, ".byline") == ["Ana Lindqvist, Ben Okafor 09:30 UTC", "AFP www.themoscowtimes.com"]
    assert hrefs(first, ".byline a") == ["/authors/ana-lindqvist", "/authors/ben-okafor", "/authors/afp"]
    assert hrefs(first, ".tags a") == ["/tags/harbour", "/tags/ferries", "/tags/history", "/tags/world"]
    assert texts(first, ".summary")[1].startswith("Belarus on Tuesday detained")


def test_days_are_those_of_the_configured_timezone(world: World) -> None:
    from dataclasses import replace

    world.add(article("Late news", utc(2024, 1, 23, 23, 30)))
    ports = replace(world.ports, policy=replace(world.ports.policy, timezone="Europe/Berlin"))
    root = page(create_app(ports).test_client(), "/")
    assert texts(root, "section.day > h2")[0] == "Wednesday, 24 January 2024"
    assert texts(root, "time")[0] == "00:30 CET"


def test_foreign_text_carries_its_language_and_finds_its_direction(client: FlaskClient) -> None:
    entries = page(client, "/").cssselect("article")
    assert [entry.get("lang") for entry in entries[:5]] == ["en", "en", "ja", "ar", "en"]
    assert {entry.cssselect("h3")[0].get("dir") for entry in entries} == {"auto"}


def test_only_what_is_published_is_listed(client: FlaskClient) -> None:
    everything = ""
    path: str | None = "/"
    while path:
        root = page(client, path)
        everything += root.text_content()
        path = next(iter(hrefs(root, 'a[rel="next"]')), None)
    hidden = [name for name in ("Withdrawn", "Expired", "Draft", "Embargoed") if name in everything]
    assert (hidden, "page 40" in everything) == ([], True)


def test_pages_are_turned_by_real_links_and_nothing_is_lost_between_them(world: World) -> None:
    client = create_app(world.ports, WebOptions(page_size=7)).test_client()
    titles: list[str] = []
    path = "/"
    for _ in range(20):
        root = page(client, path)
        titles += texts(root, "h3")
        following = hrefs(root, 'a[rel="next"]')
        if not following:
            break
        path = following[0]
        assert texts(page(client, path), ".paging a")[0] == "← Newest articles"
    published = [a for a in world.store.kept.values() if a.status == "published"]
    expected = [a.title for a in sorted(published, key=lambda a: a.sort_key, reverse=True)]
    assert titles == expected


@pytest.mark.parametrize("before", ["", "a b", "%0a", "x" * 301, "%00", "é"])
def test_a_page_that_cannot_be_is_a_bad_request(client: FlaskClient, before: str) -> None:
    assert client.get(f"/?before={before}").status_code == 400


def test_a_page_beyond_the_last_article_says_so(client: FlaskClient) -> None:
    assert texts(page(client, "/?before=0"), ".empty") == ["There are no older articles."]


def test_an_empty_site_says_what_will_be_here() -> None:
    root = page(create_app(World().ports).test_client(), "/")
    assert texts(root, ".empty") == [
        "There are no articles yet. The first one appears here, and in the feeds, as soon as it is published."
    ]
    assert texts(root, ".addresses dd")[0] == "https://news.example/feed.xml"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ["/feed.xml", "/rss.xml", "/feed.json"]),
        ("/articles/the-ferry-that-came-back", ["/feed.xml", "/rss.xml", "/feed.json"]),
        (
            "/tags/harbour",
            [f"{folder}/{name}" for folder in ("/tags/harbour", "") for name in ("feed.xml", "rss.xml", "feed.json")],
        ),
    ],
)
def test_feeds_are_discovered_on_the_page_and_in_its_header_its_own_first(
    client: FlaskClient, path: str, expected: list[str]
) -> None:
    assert hrefs(page(client, path), 'link[rel="alternate"]') == expected
    links = re.findall(r'<https://news\.example(.*?)>; rel="alternate"', client.get(path).headers["Link"])
    assert links == expected


def test_the_front_page_shows_every_feed_with_its_address(client: FlaskClient) -> None:
    root = page(client, "/")
    assert texts(root, ".addresses dd") == [
        "https://news.example/feed.xml",
        "https://news.example/rss.xml",
        "https://news.example/feed.json",
    ]
    feeds = hrefs(root, ".terms a.feed")
    assert {"/tags/harbour/feed.xml", "/authors/ana-lindqvist/feed.xml"} <= set(feeds)
    assert [client.get(feed).status_code for feed in feeds] == [200] * len(feeds)


def test_every_feed_is_on_one_page_with_an_address_to_copy(client: FlaskClient) -> None:
    root = page(client, "/feeds")
    inputs = root.cssselect("input[readonly]")
    assert next(field.get("value") for field in inputs) == "https://news.example/feed.xml"
    labelled = [label.get("for") for label in root.cssselect("label")]
    assert [field.get("id") for field in inputs] == labelled
    assert "/tags/log-book/rss.xml" in hrefs(root, ".feeds a")
    assert "/authors/afp/feed.json" in hrefs(root, ".feeds a")


def test_hundreds_of_feeds_are_paged_by_real_links(world: World) -> None:
    for number in range(250):
        world.add(article(f"Number {number}", tags=(f"tag {number:03}",)))
    client = create_app(world.ports).test_client()
    root = page(client, "/feeds")
    assert len(root.cssselect("#tags ~ .feeds tbody tr")) == 200
    (older,) = hrefs(root, 'a[rel="next"]')
    assert older == "/feeds?tags=2"
    second = page(client, older)
    listed = [texts(shown, "#tags ~ .feeds tbody th") for shown in (root, second)]
    tags = {term.name for term, count in world.store.terms("tags") if count}
    assert (len(listed[0]) + len(listed[1]), {*listed[0], *listed[1]}) == (len(tags), tags)
    assert (hrefs(second, 'a[rel="next"]'), hrefs(second, 'a[rel="prev"]')) == ([], ["/feeds?tags=1"])
    assert hrefs(second, 'link[rel="canonical"]') == []


@pytest.mark.parametrize(
    ("query", "status"),
    [("tags=1", 200), ("tags=2", 404), ("authors=99999", 404), ("tags=0", 400), ("tags=", 400), ("tags=1e3", 400)],
)
def test_a_page_of_feeds_that_is_not_there_is_refused(client: FlaskClient, query: str, status: int) -> None:
    assert client.get(f"/feeds?{query}").status_code == status


def test_a_page_asks_only_for_the_terms_that_it_shows(client: FlaskClient, world: World) -> None:
    asked = []
    answer = world.store.terms

    def terms(*given: object, **more: object) -> object:
        asked.append(more.get("limit"))
        return answer(*given, **more)  # type: ignore[arg-type]

    world.store.terms = terms  # type: ignore[method-assign, assignment]
    client.get("/")
    client.get("/feeds")
    assert asked == [25, 25, 201, 201]


def test_our_own_article_is_canonical_here(client: FlaskClient) -> None:
    root = page(client, "/articles/the-ferry-that-came-back")
    canonical = "https://news.example/articles/the-ferry-that-came-back"
    assert hrefs(root, 'link[rel="canonical"]') == [canonical]
    assert (root.cssselect('meta[name="robots"]'), root.cssselect(".origin")) == ([], [])
    assert texts(root, "header .byline time") == ["23 January 2024, 09:30 UTC", "23 January 2024, 15:05 UTC"]
    assert texts(root, "h1, article h2") == [
        "The ferry that came back",
        "What happens now",
        "Files",
        "Related articles",
    ]
    image = root.cssselect("figure.lead img")[0]
    assert (image.get("src"), image.get("alt"), image.get("width"), image.get("height")) == (
        "/media/1f0a.svg",
        "A small white ferry on a calm bay below hills",
        "1200",
        "640",
    )
    assert texts(root, "figure.lead figcaption") == ["The ferry off the east pier. Harbour Society"]
    assert texts(root, ".related li") == [
        "A ferry on a lake: the first eleven years",
        "What the harbour sounded like in 1974",
    ]
    assert hrefs(root, ".related a") == ["https://other.example/lake"]
    assert texts(root, ".whole > footer p") == ["Licence: CC BY 4.0"]
    assert [audio.get("src") for audio in root.cssselect("audio")] == ["/media/2b1c.mp3"]


def test_an_article_with_nothing_to_say_about_itself_has_no_empty_line(world: World) -> None:
    world.add(article("Bare", utc(2024, 1, 25)))
    root = page(create_app(world.ports).test_client(), "/")
    assert (texts(root.cssselect("article")[0], "h3"), texts(root.cssselect("article")[0], ".byline")) == (["Bare"], [])


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (Enclosure(url="/media/2b1c.mp3", type="audio/mpeg", title="The horn"), "The horn audio/mpeg"),
        (Enclosure(url="/media/2b1c.mp3", type="audio/mpeg", length=640), "Audio audio/mpeg, 640 B"),
        (Enclosure(url="/media/2b1c.mp4", type="video/mp4"), "Video video/mp4"),
        (Enclosure(url="/media/2b1c.pdf", type="application/pdf"), "File application/pdf"),
        (Enclosure(url="https://a.example/talk.mp3", type="audio/mpeg"), "talk.mp3 audio/mpeg"),
        (Enclosure(url="https://a.example/", type="audio/mpeg"), "a.example audio/mpeg"),
    ],
)
def test_a_file_is_called_by_its_title_and_never_by_a_hash(world: World, file: Enclosure, expected: str) -> None:
    world.add(article("With a file", enclosures=(file,)))
    root = page(create_app(world.ports).test_client(), "/articles/with-a-file")
    assert texts(root, ".enclosures li") == [expected]


def test_an_article_from_elsewhere_leads_there_first(client: FlaskClient) -> None:
    root = page(client, "/articles/belarus-detains-24-people-across-country-rights-group")
    original = "https://www.themoscowtimes.com/2024/01/23/belarus-detains-24-people"
    assert root.cssselect("main a")[0].get("href") == original
    assert hrefs(root, 'link[rel="canonical"]') == [original]
    assert [meta.get("content") for meta in root.cssselect('meta[name="robots"]')] == ["noindex"]
    assert texts(root, "figcaption") == ["A square in Minsk. photos.example"]
    assert root.cssselect("figure img") == []


def test_linked_data_tells_the_same_as_the_page(client: FlaskClient) -> None:
    (script,) = page(client, "/articles/the-ferry-that-came-back").cssselect("script")
    data = json.loads(script.text)
    assert (data["@type"], data["headline"]) == ("NewsArticle", "The ferry that came back")
    assert data["datePublished"] == "2024-01-23T09:30:00+00:00"
    assert data["dateModified"] == "2024-01-23T15:05:00+00:00"
    assert data["image"] == "https://news.example/media/1f0a.svg"
    assert [author["name"] for author in data["author"]] == ["Ana Lindqvist", "Ben Okafor"]
    assert data["keywords"] == ["Harbour", "Ferries", "History"]


def test_an_image_that_the_body_shows_is_not_shown_twice(world: World) -> None:
    body = '<p><img src="/media/1f0a.svg" alt=""></p>'
    world.add(article("Shown once", body=body, image=Image(url="/media/1f0a.svg", caption="Twice?")))
    root = page(create_app(world.ports).test_client(), "/articles/shown-once")
    assert (len(root.cssselect("img")), root.cssselect("figure")) == (1, [])


def test_a_heading_in_the_body_never_competes_with_the_title(world: World) -> None:
    world.add(article("Headings", body="<h1>Part one</h1><p>Text</p><h1 lang='fr'>Deux</h1>"))
    root = page(create_app(world.ports).test_client(), "/articles/headings")
    assert texts(root, "h1, h2") == ["Headings", "Part one", "Deux"]


@pytest.mark.parametrize(
    ("slug", "status"),
    [
        ("the-ferry-that-came-back", 200),
        ("withdrawn-story", 410),
        ("expired-offer", 410),
        ("draft-of-something", 404),
        ("embargoed-report", 404),
        ("urn:test:the-ferry-that-came-back", 404),
        ("nothing", 404),
        ("UPPER", 404),
        ("a" * 201, 404),
    ],
)
def test_only_a_published_article_has_a_page_and_a_withdrawn_one_says_so(
    client: FlaskClient, slug: str, status: int
) -> None:
    response = client.get(f"/articles/{slug}")
    assert response.status_code == status
    assert status == 200 or not re.search("Withdrawn story|Expired offer|Draft of|Embargoed", response.text)


@pytest.mark.parametrize("path", ["/tags/nothing", "/authors/nobody", "/tags/a%0ab", "/articles/", "/tags", "/admin"])
def test_a_page_that_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


EVIL = "</title></script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u2028&amp;"


def test_s30_nothing_an_author_writes_becomes_markup(world: World) -> None:
    world.add(
        article(
            "Harmless",
            title=EVIL,
            summary=EVIL,
            slug="evil",
            authors=(Person(name=EVIL),),
            tags=(EVIL,),
            licence=EVIL,
            language='en" onclick="alert(1)',
            url="https://evil.example/?a=%22&b='",
            image=Image(url="https://evil.example/a.png", alt=EVIL, type=EVIL),
            related=(Link(title=EVIL), Link(href="https://evil.example/", title=EVIL)),
            via=Link(title=EVIL),
        )
    )
    client = create_app(world.ports).test_client()
    for path in ("/", "/articles/evil", "/feeds"):
        response = client.get(path)
        root = page(client, path)
        assert root.xpath("//@onerror | //@onclick") == []
        assert [script.get("type") for script in root.cssselect("script")] == ["application/ld+json"] * (
            path == "/articles/evil"
        )
        assert "\n" not in "".join(response.headers.values())
    data = json.loads(page(client, "/articles/evil").cssselect("script")[0].text)
    assert (data["headline"], data["author"][0]["name"]) == (EVIL, EVIL)
    assert page(client, "/articles/evil").cssselect("h1")[0].text_content() == EVIL
