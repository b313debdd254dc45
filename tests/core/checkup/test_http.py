"""How a feed is served: one thing wrong in a good answer gives one finding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syndicator.core.checkup import Finding, Findings, failures, http, robots, validators
from syndicator.core.coding import gzipped
from syndicator.errors import BadFeed, FetchError
from syndicator.model import Hop, Response, utc
from tests.core.checkup.documents import ATOM, JSON, RSS, URL

NOW = utc(2024, 10, 10, 12)
BODY = RSS.encode()
PACKED = len(gzipped(BODY))
HEADERS = {
    "content-type": "application/rss+xml; charset=utf-8",
    "content-encoding": "gzip",
    "content-length": str(PACKED),
    "cache-control": "max-age=900",
    "vary": "Accept-Encoding",
    "date": "Thu, 10 Oct 2024 12:00:00 GMT",
    "etag": '"abc"',
    "last-modified": "Wed, 09 Oct 2024 08:00:00 GMT",
}
GOOD = Response(url=URL, status=200, headers=HEADERS, body=BODY, received=PACKED, seconds=0.2)
GOOD_304 = Response(
    url=URL, status=304, headers={name: HEADERS[name] for name in ("cache-control", "vary", "date", "etag")}
)


def served(body: bytes | None = None, **headers: str | None) -> Response:
    """The good answer with other headers (`None`: without), or another body that is not compressed."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        changed = {"content-encoding": None, "content-length": str(len(body)), **changed}
    all_of_them = {**HEADERS, **changed}
    return replace(
        GOOD,
        headers={name: value for name, value in all_of_them.items() if value is not None},
        body=GOOD.body if body is None else body,
        received=PACKED if body is None else len(body),
    )


def names(found: Findings) -> list[str]:
    return [one.name for one in found]


def check(response: Response, format: str = "rss20") -> list[Finding]:
    found = Findings()
    http.redirects(response, found)
    validators.check(response, NOW, found)
    http.check(response, format, NOW, found)
    return list(found)


def test_a_good_answer_has_nothing_wrong_in_it() -> None:
    assert check(GOOD) == []


NOISE = bytes(range(33, 127)) * 24_000

CASES = {
    "no type": (served(content_type=None), "rss20", "type-missing", "warning"),
    "text/html": (served(content_type="text/html; charset=utf-8"), "rss20", "type-wrong", "warning"),
    "text/plain": (served(content_type="text/plain"), "rss20", "type-wrong", "warning"),
    "bytes": (served(content_type="application/octet-stream"), "rss20", "type-wrong", "warning"),
    "text/xml": (served(content_type="text/xml"), "rss20", None, None),
    "application/xml": (served(content_type="application/xml"), "atom10", None, None),
    "RDF": (served(content_type="application/rdf+xml"), "rss10", None, None),
    "Atom as RSS": (
        served(ATOM.encode(), content_type="application/rss+xml"),
        "atom10",
        "type-other-format",
        "warning",
    ),
    "RSS as Atom": (served(content_type="application/atom+xml"), "rss20", "type-other-format", "warning"),
    "JSON as XML": (
        served(JSON.encode(), content_type="application/xml", access_control_allow_origin="*"),
        "json11",
        "type-other-format",
        "warning",
    ),
    "JSON as JSON": (
        served(JSON.encode(), content_type="application/json", access_control_allow_origin="*"),
        "json11",
        "type-json",
        "hint",
    ),
    "JSON for this site alone": (served(JSON.encode(), content_type="application/feed+json"), "json11", "cors", "hint"),
    "another charset": (
        served(
            "é".join((RSS[:300], RSS[300:])).encode(),
            content_encoding="gzip",
            content_type="application/rss+xml; charset=iso-8859-1",
        ),
        "rss20",
        "charset-contradicts",
        "warning",
    ),
    "another charset, all ASCII": (served(content_type="application/rss+xml; charset=iso-8859-1"), "rss20", None, None),
    "a wrong charset": (
        served(BODY.replace(b"Water", b"W\xe4sser"), content_encoding="gzip"),
        "rss20",
        "charset-wrong",
        "warning",
    ),
    "a download": (served(content_disposition='attachment; filename="f.xml"'), "rss20", "attachment", "hint"),
    "shown inline": (served(content_disposition="inline"), "rss20", None, None),
    "uncompressed": (served(RSS.encode() + b" " * 2000), "rss20", "uncompressed", "hint"),
    "large and uncompressed": (served(RSS.encode() + b" " * 200_000), "rss20", "uncompressed-large", "warning"),
    "small": (served(RSS[:1500].encode()), "rss20", None, None),
    "large": (served(NOISE, content_encoding="gzip"), "rss20", "large", "warning"),
    "slow": (replace(GOOD, seconds=9.0), "rss20", "slow", "warning"),
    "a wrong length": (served(content_length="10"), "rss20", "length-wrong", "warning"),
    "no length": (served(content_length=None), "rss20", "length-missing", "hint"),
    "chunks": (served(content_length=None, transfer_encoding="chunked"), "rss20", None, None),
    "no-store": (served(cache_control="no-store, max-age=0"), "rss20", "cache-no-store", "warning"),
    "no-cache": (served(cache_control="no-cache"), "rss20", "cache-no-cache", "hint"),
    "nothing about caching": (served(cache_control=None), "rss20", "cache-silent", "hint"),
    "good for a year": (served(cache_control="public, max-age=31536000"), "rss20", "cache-long", "warning"),
    "good for ever": (served(cache_control="max-age=99999999999999999999"), "rss20", "cache-long", "warning"),
    "good for a day": (served(cache_control="max-age=86400"), "rss20", None, None),
    "max-age in words": (served(cache_control="max-age=1h"), "rss20", "cache-unreadable", "warning"),
    "expired at once": (served(cache_control=None, expires="0"), "rss20", None, None),
    "expires in a month": (
        served(cache_control=None, expires="Sun, 10 Nov 2024 12:00:00 GMT"),
        "rss20",
        "cache-long",
        "warning",
    ),
    "expires without date": (
        served(date=None, expires="Thu, 10 Oct 2024 12:10:00 GMT"),
        "rss20",
        "expires-without-date",
        "hint",
    ),
    "vary by all": (served(vary="*"), "rss20", "vary-all", "warning"),
    "vary by who": (served(vary="Accept-Encoding, User-Agent"), "rss20", "vary-who", "hint"),
    "a cookie": (served(set_cookie="a=b"), "rss20", "cookie", "hint"),
    "a clock that is wrong": (served(date="Thu, 10 Oct 2024 14:00:00 GMT"), "rss20", "clock-wrong", "warning"),
    "an old copy of a cache": (served(date="Thu, 10 Oct 2024 11:00:00 GMT", age="3600"), "rss20", None, None),
    "no validators": (served(etag=None, last_modified=None), "rss20", "validators-missing", "warning"),
    "one validator": (served(etag=None), "rss20", None, None),
    "a weak ETag": (served(etag='W/"abc"'), "rss20", None, None),
    "an ETag without quotes": (served(etag="abc"), "rss20", "etag-unquoted", "warning"),
    "an ETag of control characters": (served(etag='"a\x01b"'), "rss20", "etag-unusable", "warning"),
    "an empty ETag": (served(etag=""), "rss20", "etag-unusable", "warning"),
    "Last-Modified in words": (served(last_modified="yesterday"), "rss20", "last-modified-unreadable", "warning"),
    "Last-Modified ahead": (
        served(last_modified="Thu, 10 Oct 2024 13:00:00 GMT"),
        "rss20",
        "last-modified-ahead",
        "warning",
    ),
    "plain http": (replace(GOOD, url="http://mill.example/feed.xml"), "rss20", "no-https", "hint"),
    "plain http at home": (replace(GOOD, url="http://127.0.0.1:8080/feed.xml"), "rss20", None, None),
    "moved": (
        replace(GOOD, hops=(Hop(url="https://mill.example/old", status=301, target=URL),)),
        "rss20",
        "redirect-permanent",
        "hint",
    ),
    "elsewhere for now": (
        replace(GOOD, hops=(Hop(url="https://mill.example/old", status=302, target=URL),)),
        "rss20",
        "redirect-temporary",
        "hint",
    ),
}


@pytest.mark.parametrize(("response", "format", "name", "severity"), CASES.values(), ids=CASES.keys())
def test_what_is_wrong_with_an_answer_is_found(
    response: Response, format: str, name: str | None, severity: str | None
) -> None:
    assert [(one.name, str(one.severity)) for one in check(response, format)] == ([(name, severity)] if name else [])


def test_redirects_that_are_many_and_open() -> None:
    hops = (
        Hop(url="https://mill.example/a", status=301, target="http://mill.example/b"),
        Hop(url="http://mill.example/b", status=302, target="http://mill.example/c"),
        Hop(url="http://mill.example/c", status=308, target=URL),
    )
    found = check(replace(GOOD, hops=hops))
    assert [(one.name, one.subject, one.count) for one in found] == [
        ("redirect-to-http", "https://mill.example/a", 1),
        ("redirect-chain", "https://mill.example/a", 1),
        ("redirect-permanent", "https://mill.example/a", 2),
        ("redirect-temporary", "http://mill.example/b", 1),
    ]


def test_what_compression_would_save_is_said() -> None:
    (found,) = check(served(RSS.encode() + b" " * 200_000))
    packed = len(gzipped(RSS.encode() + b" " * 200_000))
    assert f"it would be {packed:,}, 1%" in found.text


AGAIN = {
    "304": (GOOD, GOOD_304, None),
    "304 without Cache-Control and Vary": (GOOD, replace(GOOD_304, headers={"etag": '"abc"'}), "not-modified-lacks"),
    "304 without ETag": (GOOD, replace(GOOD_304, headers={"cache-control": "x", "vary": "x"}), "not-modified-lacks"),
    "304 with another ETag": (
        GOOD,
        replace(GOOD_304, headers={**GOOD_304.headers, "etag": '"x"'}),
        "not-modified-other-etag",
    ),
    "304 with the ETag made weak": (GOOD, replace(GOOD_304, headers={**GOOD_304.headers, "etag": 'W/"abc"'}), None),
    "all of it again": (GOOD, GOOD, "conditional-ignored"),
    "another ETag": (GOOD, served(etag='"x"'), "etag-unsteady"),
    "another date": (GOOD, served(last_modified="Thu, 10 Oct 2024 12:00:00 GMT"), "last-modified-unsteady"),
    "another body": (GOOD, replace(GOOD, body=BODY.replace(b"Water", b"Later")), "body-unsteady"),
    "refused": (GOOD, replace(GOOD, status=412, body=b""), "conditional-refused"),
    "too often": (GOOD, replace(GOOD, status=429, body=b""), "conditional-refused"),
}


@pytest.mark.parametrize(("first", "second", "name"), AGAIN.values(), ids=AGAIN.keys())
def test_what_is_wrong_with_a_conditional_answer_is_found(first: Response, second: Response, name: str | None) -> None:
    found = Findings()
    validators.again(first, second, found)
    assert [(one.name, one.severity) for one in found] == ([(name, "warning")] if name else [])


def test_the_headers_that_a_304_lacks_are_named() -> None:
    found = Findings()
    validators.again(GOOD, replace(GOOD_304, headers={}), found)
    (only,) = found
    assert "without ETag, Cache-Control, Vary, which" in only.text


def test_the_line_that_differs_is_shown() -> None:
    found = Findings()
    validators.again(GOOD, replace(GOOD, body=BODY.replace(b"Water", b"Later")), found)
    (only,) = found
    assert "line 28, `<title>Water</title>` became `<title>Later</title>`" in only.text


def test_what_apache_does_to_an_etag_is_known() -> None:
    found = Findings()
    first = served(etag='"abc-gzip"')
    validators.again(first, first, found)
    (only,) = found
    assert "DeflateAlterETag" in only.text


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {}, "name and a password"),
        (403, {}, "refuses us"),
        (403, {"cf-mitigated": "challenge"}, "only a browser can pass"),
        (404, {}, "nothing at this address"),
        (410, {}, "gone for good"),
        (429, {}, "first request"),
        (500, {}, "failed"),
        (503, {}, "overloaded"),
        (418, {}, "refuses the request"),
        (599, {}, "in trouble"),
        (999, {}, "no status that readers know"),
    ],
)
def test_a_status_is_explained(status: int, headers: dict[str, str], words: str) -> None:
    found = Findings()
    failures.of_status(Response(url=URL, status=status, headers=headers), found)
    (only,) = found
    assert (only.name, only.severity) == (f"status-{status}", "error")
    assert words in only.text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("blocked_address", "allow_networks"),
        ("blocked_port", "allow_ports"),
        ("bad_url", "none that can be asked"),
        ("dns", "cannot be found"),
        ("connect", "cannot be reached"),
        ("tls", "certificate"),
        ("timeout", "too slow"),
        ("too_large", "larger than readers accept"),
        ("redirect", "in a circle"),
        ("coding", "unpacked"),
        ("protocol", "not whole"),
        ("unheard_of", "could not be fetched"),
    ],
)
def test_a_request_without_an_answer_is_explained(kind: str, words: str) -> None:
    found = Findings()
    failures.of_error(FetchError(kind, URL, "what the client said"), found)
    (only,) = found
    assert (only.name, only.subject, only.severity) == (f"fetch-{kind.replace('_', '-')}", URL, "error")
    assert words in only.text
    assert only.text.endswith(" In particular: what the client said.")


def test_a_document_that_is_no_feed_is_explained() -> None:
    found = Findings()
    failures.of_feed(BadFeed("not_a_feed", "the document is a picture, not a feed", 3), found)
    (only,) = found
    assert (only.name, only.line, only.text) == ("not-a-feed", 3, "is a picture, not a feed.")


ROBOTS = {
    "nothing": ("", None),
    "everything allowed": ("User-agent: *\nDisallow:\n", None),
    "another path": ("User-agent: *\nDisallow: /admin/\n", None),
    "all of it": ("User-agent: *\nDisallow: /\n", "robots-forbids-feed"),
    "the feed": ("User-agent: *\nDisallow: /*.xml$\n", "robots-forbids-feed"),
    "the feed allowed again": ("User-agent: *\nDisallow: /\nAllow: /feed.xml\n", None),
    "a reader": ("User-agent: Feedly\nDisallow: /\n\nUser-agent: *\nDisallow:\n", "robots-forbids-readers"),
    "us": ("User-agent: syndicator\nDisallow: /\n", "robots-forbids-readers"),
    "a robot that is no reader": ("User-agent: GPTBot\nDisallow: /\n", None),
    "a web page": ("<!doctype html><title>Not found</title>", "robots-is-page"),
}


@pytest.mark.parametrize(("text", "name"), ROBOTS.values(), ids=ROBOTS.keys())
def test_what_robots_txt_forbids(text: str, name: str | None) -> None:
    found = Findings()
    response = Response(url="https://mill.example/robots.txt", status=200, body=text.encode())
    robots.check(response, URL, "syndicator", found)
    assert names(found) == ([name] if name else [])


@pytest.mark.parametrize(("status", "name"), [(404, None), (403, None), (500, "robots-unreachable")])
def test_a_robots_txt_that_is_not_there(status: int, name: str | None) -> None:
    found = Findings()
    robots.check(Response(url="https://mill.example/robots.txt", status=status), URL, "syndicator", found)
    assert names(found) == ([name] if name else [])


def test_the_readers_that_are_forbidden_are_named() -> None:
    found = Findings()
    text = b"User-agent: Feedly\nUser-agent: NewsBlur\nDisallow: /feed\n"
    robots.check(Response(url="https://mill.example/robots.txt", status=200, body=text), URL, "syndicator", found)
    (only,) = found
    assert "forbids Feedly, NewsBlur to fetch" in only.text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://mill.example/a/feed.xml?x=1", "https://mill.example/robots.txt"),
        ("http://user:secret@mill.example:8080/feed", "http://mill.example:8080/robots.txt"),
    ],
)
def test_where_robots_txt_lies(url: str, expected: str) -> None:
    assert robots.address(url) == expected
