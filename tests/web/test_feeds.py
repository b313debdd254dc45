"""Published documents over HTTP: bytes, validators, codings, types, redirects, refusals."""

from __future__ import annotations

import gzip
import itertools
from datetime import timedelta

import brotli
import pytest
from flask.testing import FlaskClient

from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.web.fakes import CHANGED, World

DOCUMENTS = ["feed.xml", "rss.xml", "feed.json", "tags/harbour/feed.xml", "authors/ana-lindqvist/rss.xml"]
CODINGS = {"identity": ("", None), "gzip": ("-gz", "gzip"), "br": ("-br", "br")}
DECODE = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
DATE = "Tue, 23 Jan 2024 09:30:00 GMT"


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_document_is_answered_with_the_very_bytes_in_each_coding(
    client: FlaskClient, world: World, path: str, coding: str, method: str
) -> None:
    document = world.store.rendered[path]
    response = client.open(f"/{path}", method=method, headers={"Accept-Encoding": coding})
    suffix, content_encoding = CODINGS[coding]
    sent = {"identity": document.body, "gzip": document.gzip, "br": document.brotli}[coding]
    assert sent is not None
    assert (response.status_code, response.headers["Content-Length"]) == (200, str(len(sent)))
    assert response.headers["ETag"] == f'"{document.etag}{suffix}"'
    assert response.headers.get("Content-Encoding") == content_encoding
    assert response.headers["Last-Modified"] == DATE
    assert response.headers["Cache-Control"] == RHYTHMS[None][0]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.data == (b"" if method == "HEAD" else sent)
    if method == "GET":
        assert DECODE[coding](response.data) == document.body


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("validators", "expected"),
    [
        ({"If-None-Match": '"{tag}"'}, 304),
        ({"If-None-Match": 'W/"{tag}"'}, 304),
        ({"If-None-Match": '"other", "{tag}"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": DATE}, 200),
        ({"If-None-Match": '"{tag}"', "If-Modified-Since": "Mon, 22 Jan 2024 00:00:00 GMT"}, 304),
        ({"If-Modified-Since": DATE}, 304),
        ({"If-Modified-Since": "Wed, 24 Jan 2024 11:59:59 GMT"}, 304),
        ({"If-Modified-Since": "Tue, 23 Jan 2024 09:29:59 GMT"}, 200),
        ({"If-Modified-Since": "Wed, 24 Jan 2024 12:00:01 GMT"}, 200),
        ({"If-Modified-Since": "last week"}, 200),
        ({"If-Modified-Since": ""}, 200),
    ],
)
def test_validators_decide_between_200_and_304(
    client: FlaskClient, world: World, coding: str, method: str, validators: dict[str, str], expected: int
) -> None:
    tag = world.store.rendered["feed.xml"].etag + CODINGS[coding][0]
    headers = {name: value.replace("{tag}", tag) for name, value in validators.items()}
    response = client.open("/feed.xml", method=method, headers={**headers, "Accept-Encoding": coding})
    assert (response.status_code, response.headers["ETag"]) == (expected, f'"{tag}"')


def test_304_repeats_what_a_cache_needs_and_nothing_of_the_body(client: FlaskClient) -> None:
    full = client.get("/feed.xml", headers={"Accept-Encoding": "gzip"})
    headers = {"Accept-Encoding": "gzip", "If-None-Match": full.headers["ETag"]}
    response = client.get("/feed.xml", headers=headers)
    repeated = {name: value for name, value in full.headers.items() if not name.startswith("Content-")}
    policy = {"Content-Security-Policy": full.headers["Content-Security-Policy"]}
    assert (response.status_code, response.data) == (304, b"")
    assert dict(response.headers) == {**repeated, **policy}
    assert {"ETag", "Vary", "Cache-Control", "Last-Modified"} <= set(repeated)


def test_a_change_that_lies_in_the_future_of_the_clock_is_not_told(world: World) -> None:
    world.now = CHANGED - timedelta(seconds=1)
    client = create_app(world.ports).test_client()
    response = client.get("/feed.xml", headers={"If-Modified-Since": "Tue, 23 Jan 2024 09:29:59 GMT"})
    assert (response.status_code, response.headers.get("Last-Modified")) == (200, None)


def test_a_document_that_was_not_compressed_yet_is_sent_as_it_is(world: World) -> None:
    world.put("feed.xml", b"<feed/>", "application/atom+xml; charset=utf-8", gzip=None, brotli=None)
    response = create_app(world.ports).test_client().get("/feed.xml", headers={"Accept-Encoding": "gzip, br"})
    assert (response.data, response.headers.get("Content-Encoding")) == (b"<feed/>", None)


def test_what_was_sent_before_it_was_compressed_needs_no_second_download(world: World) -> None:
    client = create_app(world.ports).test_client()
    whole = world.store.rendered["feed.xml"]
    world.put("feed.xml", whole.body, whole.media_type, gzip=None, brotli=None)
    first = client.get("/feed.xml", headers={"Accept-Encoding": "gzip"})
    world.put("feed.xml", whole.body, whole.media_type)
    poll = {"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}
    again = client.get("/feed.xml", headers=poll)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", {}, ["identity"]),
        ("GET", {"Accept-Encoding": "gzip, br"}, ["br"]),
        ("HEAD", {"Accept-Encoding": "gzip"}, []),
        ("GET", {"If-None-Match": "*"}, []),
        ("GET", {"If-Modified-Since": DATE}, []),
    ],
)
def test_only_the_bytes_that_are_sent_are_read(
    client: FlaskClient, world: World, method: str, headers: dict[str, str], expected: list[str]
) -> None:
    client.open("/feed.xml", method=method, headers=headers)
    assert world.store.read == expected


@pytest.mark.parametrize("gone", [False, True])
def test_a_document_that_changes_while_it_is_answered_is_sent_as_it_is_then(world: World, gone: bool) -> None:
    answer = world.store.document_head

    def late(path: str) -> object:
        world.store.document_head = answer  # type: ignore[method-assign]
        found = answer(path)
        world.put("feed.xml", b"<new/>", "application/atom+xml", gone=gone)
        return found

    world.store.document_head = late  # type: ignore[method-assign, assignment]
    response = create_app(world.ports).test_client().get("/feed.xml")
    assert (response.status_code, response.data == b"<new/>") == ((410, False) if gone else (200, True))


def test_a_client_that_refuses_every_coding_gets_406_as_text(client: FlaskClient) -> None:
    response = client.get("/feed.xml", headers={"Accept-Encoding": "*;q=0"})
    assert (response.status_code, response.mimetype) == (406, "text/plain")


ATOM, RSS, JSON = "application/atom+xml", "application/rss+xml", "application/feed+json"


@pytest.mark.parametrize(
    ("choice", "path", "destination", "expected", "vary"),
    [
        ("auto", "feed.xml", None, ATOM, "Accept-Encoding, Sec-Fetch-Dest"),
        ("auto", "feed.xml", "empty", ATOM, "Accept-Encoding, Sec-Fetch-Dest"),
        ("auto", "feed.xml", "document", "application/xml", "Accept-Encoding, Sec-Fetch-Dest"),
        ("auto", "rss.xml", None, RSS, "Accept-Encoding, Sec-Fetch-Dest"),
        ("auto", "rss.xml", "document", "application/xml", "Accept-Encoding, Sec-Fetch-Dest"),
        ("auto", "feed.json", None, JSON, "Accept-Encoding"),
        ("auto", "feed.json", "document", JSON, "Accept-Encoding"),
        ("registered", "feed.xml", "document", ATOM, "Accept-Encoding"),
        ("registered", "rss.xml", None, RSS, "Accept-Encoding"),
        ("xml", "feed.xml", None, "application/xml", "Accept-Encoding"),
        ("xml", "rss.xml", "document", "application/xml", "Accept-Encoding"),
        ("xml", "feed.json", "document", JSON, "Accept-Encoding"),
    ],
)
def test_only_the_media_type_follows_who_asks_and_only_in_auto(
    world: World, choice: str, path: str, destination: str | None, expected: str, vary: str
) -> None:
    client = create_app(world.ports, WebOptions(content_type=choice)).test_client()
    headers = {"Sec-Fetch-Dest": destination} if destination else {}
    response = client.get(f"/{path}", headers=headers)
    document = world.store.rendered[path]
    assert response.headers["Content-Type"] == f"{expected}; charset=utf-8"
    assert response.headers["Vary"] == vary
    assert (response.data, response.headers["ETag"]) == (document.body, f'"{document.etag}"')


def test_a_document_is_sent_with_its_own_links(client: FlaskClient, world: World) -> None:
    whole = world.store.rendered["feed.xml"]
    links = '<https://news.example/feed.xml>; rel="self", <https://news.example/rss.xml>; rel="alternate"'
    world.put("feed.xml", whole.body, whole.media_type, links=links)
    assert client.get("/feed.xml").headers.get_all("Link") == [links]


RHYTHMS = {
    None: ("public, max-age=300, stale-while-revalidate=300, stale-if-error=86400", "Wed, 24 Jan 2024 12:05:00 GMT"),
    600: ("public, max-age=600, stale-while-revalidate=600, stale-if-error=86400", "Wed, 24 Jan 2024 12:10:00 GMT"),
    7200: ("public, max-age=7200, stale-while-revalidate=3600, stale-if-error=86400", "Wed, 24 Jan 2024 14:00:00 GMT"),
}


@pytest.mark.parametrize("rhythm", RHYTHMS)
@pytest.mark.parametrize("status", [200, 304])
def test_a_document_may_be_reused_for_as_long_as_its_feed_rests(
    client: FlaskClient, world: World, rhythm: int | None, status: int
) -> None:
    whole = world.store.rendered["feed.xml"]
    etag = world.put("feed.xml", whole.body, whole.media_type, max_age=rhythm).etag
    response = client.get("/feed.xml", headers={"If-None-Match": f'"{etag}"'} if status == 304 else {})
    assert response.status_code == status
    assert (response.headers["Cache-Control"], response.headers["Expires"]) == RHYTHMS[rhythm]


GUESSES = {
    "feed": "feed.xml",
    "feed/": "feed.xml",
    "atom": "feed.xml",
    "atom.xml": "feed.xml",
    "index.xml": "feed.xml",
    "index.atom": "feed.xml",
    "rss": "rss.xml",
    "rss/": "rss.xml",
    "index.rss": "rss.xml",
    "feed.xml/": "feed.xml",
}


@pytest.mark.parametrize("folder", ["", "tags/harbour/", "authors/afp/"])
@pytest.mark.parametrize("guess", GUESSES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_usual_guesses_lead_to_the_feed_for_ever(client: FlaskClient, folder: str, guess: str, method: str) -> None:
    response = client.open(f"/{folder}{guess}?utm_source=x", method=method, headers={"Host": "evil.test"})
    assert (response.status_code, response.headers["Location"]) == (308, f"/{folder}{GUESSES[guess]}")
    assert response.headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/%2ffeed", "/feed.xml"),
        ("/%2f%2ftags/harbour/feed", "/tags/harbour/feed.xml"),
        ("/%2fevil.test/feed", None),
        ("/%5cevil.test/feed", None),
        ("/evil.test//feed", None),
    ],
)
def test_s37_a_redirect_never_leaves_the_site(client: FlaskClient, path: str, expected: str | None) -> None:
    assert client.get(path).headers.get("Location") == expected


def test_a_guess_at_a_feed_that_is_not_there_is_404_and_at_a_removed_one_410(client: FlaskClient) -> None:
    assert [client.get(f"/tags/{slug}/atom.xml").status_code for slug in ("nowhere", "removed")] == [404, 410]


def test_a_tag_called_feed_has_a_page_and_is_no_guess(world: World) -> None:
    from tests.web.fakes import article

    world.add(article("About feeds", tags=("feed",)))
    assert create_app(world.ports).test_client().get("/tags/feed").status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_removed_feed_is_gone_in_short_clear_text(client: FlaskClient, method: str) -> None:
    response = client.open("/tags/removed/feed.xml", method=method)
    assert (response.status_code, response.mimetype) == (410, "text/plain")
    assert response.data.startswith(b"410 Gone.") or method == "HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.xml",
        "/tags/nowhere/feed.xml",
        "/feed.xml//",
        "/./feed.xml",
        "/../feed.xml",
        "/tags/../feed.xml",
        "/.hidden.xml",
        "/feed.xml%00",
        "/feed.xml%0d%0aX-Evil:%201",
        "/%ff%fe.xml",
        "/" + "a/" * 300 + "feed.xml",
    ],
)
def test_an_address_that_no_document_has_is_404_and_never_a_redirect(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers.get("Location")) == (404, None)


@pytest.mark.parametrize("path", ["/feed.xml", "/", "/articles/the-ferry-that-came-back", "/nothing", "/healthz"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_nothing_can_be_changed_from_outside(client: FlaskClient, path: str, method: str) -> None:
    response = client.open(path, method=method, data=b"x")
    allowed = {part.strip() for part in response.headers["Allow"].split(",")}
    assert (response.status_code, allowed) == (405, {"GET", "HEAD", "OPTIONS"})


@pytest.mark.parametrize("path", ["/feed.xml", "/", "*"])
def test_options_tells_what_is_allowed(client: FlaskClient, path: str) -> None:
    response = client.options("/", environ_overrides={"PATH_INFO": path})
    allowed = {part.strip() for part in response.headers["Allow"].split(",")}
    assert (response.status_code in (200, 204), response.data, allowed) == (True, b"", {"GET", "HEAD", "OPTIONS"})
    assert (response.mimetype, response.headers["X-Content-Type-Options"]) == ("text/plain", "nosniff")


@pytest.mark.parametrize("path", ["/feed.xml", "/", "/site.css", "/media/2b1c.mp3"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("match", "status"),
    [("{etag}", 200), ('"x", {etag}', 200), ("*", 200), ('"x"', 412), ("W/{etag}", 412), ("", 412)],
    ids=["same", "among-others", "any", "other", "weak", "none"],
)
def test_if_match_that_fails_is_412(client: FlaskClient, path: str, method: str, match: str, status: int) -> None:
    etag = client.get(path).headers["ETag"]
    response = client.open(path, method=method, headers={"If-Match": match.replace("{etag}", etag)})
    assert response.status_code == status
    assert client.get(path, headers={"If-Match": '"x"', "If-None-Match": etag}).status_code == 412


def test_a_query_that_we_do_not_know_changes_nothing(client: FlaskClient) -> None:
    for path in ("/feed.xml", "/", "/articles/the-ferry-that-came-back", "/site.css"):
        plain, queried = client.get(path), client.get(f"{path}?utm_source=<b>&q=1&before2=x")
        assert (plain.data, list(plain.headers)) == (queried.data, list(queried.headers))


HOSTILE = [
    {"Host": "evil.test"},
    {"Host": "evil.test:99999"},
    {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "gopher", "X-Forwarded-Prefix": "/evil"},
    {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Port": "1", "X-Real-Ip": "evil.test"},
    {"Forwarded": "host=evil.test;proto=https"},
    {"X-Original-Url": "/evil", "X-Rewrite-Url": "/evil", "X-HTTP-Method-Override": "DELETE"},
    {"Origin": "https://evil.test", "Referer": "https://evil.test/", "Accept": "text/html", "Cookie": "a=evil"},
]
EVERYWHERE = [
    "/feed.xml",
    "/feed",
    "/feed.json",
    "/",
    "/tags/harbour",
    "/feeds",
    "/articles/the-ferry-that-came-back",
    "/articles/belarus-detains-24-people-across-country-rights-group",
    "/nothing",
    "/articles/withdrawn-story",
    "/media/1f0a.svg",
    "/healthz",
    "/robots.txt",
]


@pytest.mark.parametrize(("headers", "path"), list(itertools.product(HOSTILE, EVERYWHERE)))
def test_s32_host_and_forwarding_headers_never_change_a_byte(
    client: FlaskClient, headers: dict[str, str], path: str
) -> None:
    expected, actual = client.get(path), client.get(path, headers=headers)
    assert (expected.status, expected.data) == (actual.status, actual.data)
    # A partial response carries the time of its making; nothing else may differ.
    assert [h for h in expected.headers if h[0] != "Date"] == [h for h in actual.headers if h[0] != "Date"]


@pytest.mark.parametrize(
    "host", ["good.example:1@evil", "a,b", "a b", "a/b", "[::1", "a:b", "<script>", "a\tb", "", "é"]
)
def test_s32_a_host_that_is_none_is_refused(client: FlaskClient, host: str) -> None:
    response = client.get("/feed.xml", environ_overrides={"HTTP_HOST": host})
    assert (response.status_code, response.mimetype) == (400, "text/plain")
    assert host == "" or host.encode() not in response.data.replace(b"a", b"")


def test_http_1_0_needs_no_host(client: FlaskClient) -> None:
    overrides = {"HTTP_HOST": "", "SERVER_PROTOCOL": "HTTP/1.0"}
    assert client.get("/feed.xml", environ_overrides=overrides).status_code == 200


def test_a_target_of_more_than_8_kib_is_refused(client: FlaskClient) -> None:
    assert [client.get("/feed.xml?" + "a" * size).status_code for size in (8192 - 9, 8192 - 8)] == [200, 414]


def test_a_site_below_a_path_keeps_its_addresses_together(world: World) -> None:
    from dataclasses import replace

    world.site = replace(world.site, base_url="https://example.org/gazette")
    client = create_app(world.ports).test_client()
    assert client.get("/feed").headers["Location"] == "/gazette/feed.xml"
    page = client.get("/articles/the-ferry-that-came-back").text
    assert 'src="/gazette/media/1f0a.svg"' in page
    assert 'href="/gazette/tags/harbour"' in page
    assert '<link rel="canonical" href="https://example.org/gazette/articles/the-ferry-that-came-back">' in page
