"""URLs taken apart, and shown without what is secret (S2, S44)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.edge.http.limits import Trouble
from syndicator.edge.http.targets import joined, redacted, target

URLS = [
    ("http://example.org", ("example.org", 80, "/"), "http://example.org/"),
    ("HTTPS://Example.ORG:443/A?b#c", ("example.org", 443, "/A?b"), "https://example.org/A?b"),
    (" http://example.org:8080?x\n", ("example.org", 8080, "/?x"), "http://example.org:8080/?x"),
    ("http://bücher.example/ä?ö=ü", ("xn--bcher-kva.example", 80, "/%C3%A4?%C3%B6=%C3%BC"), None),
    ("http://e.example/a b%20c%zz", ("e.example", 80, "/a%20b%20c%zz"), None),
    ("http://[2606:2800::1]:8080/", ("2606:2800::1", 8080, "/"), "http://[2606:2800::1]:8080/"),
    ("http://a_b.example/", ("a_b.example", 80, "/"), None),
    ("http://example.org./", ("example.org.", 80, "/"), None),
    ("http://a@127.0.0.1#@ok.example/", ("127.0.0.1", 80, "/"), "http://127.0.0.1/"),
    ("http://①②⑦.0.0.1/", ("127.0.0.1", 80, "/"), "http://127.0.0.1/"),
    ("http://ok.example@evil.example/", ("evil.example", 80, "/"), "http://evil.example/"),
]


@pytest.mark.parametrize(("url", "parts", "plain"), URLS, ids=[url for url, _, _ in URLS])
def test_a_url_is_taken_apart(url: str, parts: tuple[str, int, str], plain: str | None) -> None:
    found = target(url)
    assert (found.host, found.port, found.path) == parts
    assert plain is None or found.url == plain
    assert target(found.url) == target(found.url)


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "/feed.xml", "example.org/feed", "feed://example.org/", "file:///etc/passwd", "data:,x",
        "gopher://example.org/", "http:", "http:///x", "http:x", "http://", "http://a@/", "http://e.example:0/",
        "http://e.example:65536/", "http://e.example:x/", "http://e.example:٣/", "http://%31%32%37.0.0.1/",
        "http://a..b/", "http://.a/", f"http://{'a' * 64}.example/", f"http://{'a.' * 130}b/", "http://a b/",
        "http://[::1", "http://[::1%25lo]/", "http://[x]/", "http://[::1]x/", "http://e.example\\@evil.example/",
        "http:\\\\e.example/", "http://e.example/" + "x" * 9000, "http://e.ex\0ample/", "http://☃..example/",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(Trouble) as caught:
        target(url)
    assert caught.value.kind == "bad_url"


@given(st.text() | st.text().map("http://{}".format) | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    try:
        found = target(text)
    except Trouble as trouble:
        found = None
        kind = trouble.kind
    if found is None:
        assert kind == "bad_url"
    else:
        assert found.host.isascii()
        assert found.path.isascii()
        assert not set(found.path) & set(" \t\r\n\\\0")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/b", "https://e.example/b"),
        ("b?c", "https://e.example/a/b?c"),
        ("//other.example/x", "https://other.example/x"),
        ("http://other.example", "http://other.example/"),
        ("?q#f", "https://e.example/a/feed?q"),
        ("/ü", "https://e.example/%C3%BC"),
        (" /b ", "https://e.example/b"),
    ],
)
def test_a_location_is_joined(location: str, expected: str) -> None:
    assert joined(target("https://u:p@e.example/a/feed"), location).url == expected


def test_credentials_are_apart_from_the_url_and_sent_as_they_were_meant() -> None:
    found = target("https://J%C3%BCrgen:p%40ss%3A@e.example/feed")
    assert found.url == "https://e.example/feed"
    assert found.basic == "Basic SsO8cmdlbjpwQHNzOg=="
    assert target("https://token@e.example/").basic == "Basic dG9rZW46"
    assert (target("https://e.example/").basic, target("https://@e.example/").basic) == (None, None)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@e.example/feed", "https://e.example/feed"),
        ("https://secret@e.example:8080/feed@home", "https://e.example:8080/feed@home"),
        ("https://user:s@cret@e.example/", "https://e.example/"),
        ("https://user:secret@[::1]:80/", "https://[::1]:80/"),
        ("https://user:se/cret@e.example/", "https://e.example/"),
        ("https://user:secret@e exam ple/", "https://e exam ple/"),
        ("https://e.example/?access_token=secret&page=2", "https://e.example/?access_token=***&page=2"),
        ("https://e.example/?a=1;apiKey=secret", "https://e.example/?a=1;apiKey=***"),
        ("https://e.example/?X-Amz-Signature=secret", "https://e.example/?X-Amz-Signature=***"),
        ("https://e.example/?page=2", "https://e.example/?page=2"),
        ("nonsense", "nonsense"),
    ],
)
def test_s44_what_is_secret_is_not_shown(url: str, shown: str) -> None:
    assert redacted(url) == shown
