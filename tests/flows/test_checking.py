"""A feed is looked at once: at most three requests, and all that a person needs to know."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime

import pytest

from syndicator.core import upstream
from syndicator.core.checkup import Severity
from syndicator.core.coding import gzipped
from syndicator.errors import BadFeed, FetchError
from syndicator.flows.checking import Checkup, check_file, check_url
from syndicator.model import Hop, Incoming, Parsed, Request, Response, utc
from tests.core.checkup.documents import JSON, RSS, URL, broken
from tests.flows.upstreams import InlineParser

NOW = utc(2024, 10, 10, 12)
AGENT = "syndicator/1 (+https://me.example; 1 subscriber)"
ROBOTS = "https://mill.example/robots.txt"
LONG = "<p>" + "The wheel turns, and the mill grinds. " * 20 + "</p>"
FEED = broken(RSS, ("<p>The wheel turns", LONG + "<p>The wheel turns")).encode()


def served(body: bytes = FEED, **headers: str | None) -> Response:
    """A feed as a good server sends it, but for some headers."""
    packed = gzipped(body)
    good: dict[str, str | None] = {
        "content-type": "application/rss+xml",
        "content-encoding": "gzip",
        "content-length": str(len(packed)),
        "cache-control": "max-age=900",
        "date": "Thu, 10 Oct 2024 12:00:00 GMT",
        "etag": '"abc"',
        "last-modified": "Wed, 09 Oct 2024 08:00:00 GMT",
    }
    all_of_them = good | {name.replace("_", "-"): value for name, value in headers.items()}
    said = {name: value for name, value in all_of_them.items() if value is not None}
    return Response(url=URL, status=200, headers=said, body=body, received=len(packed), seconds=0.1)


UNCHANGED = Response(
    url=URL, status=304, headers={"etag": '"abc"', "cache-control": "max-age=900"}, received=0, seconds=0.1
)
NO_ROBOTS = Response(url=ROBOTS, status=404)


class Script:
    """Gives the answers in their order, and remembers what was asked."""

    def __init__(self, *answers: Response | FetchError) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def fetch(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, FetchError):
            raise answer
        return answer

    def close(self) -> None:
        pass


class DyingParser(InlineParser):
    def read(self, incoming: Incoming) -> Parsed:
        raise BadFeed("killed", "reading the document took more than 20 s of CPU")


def check(script: Script, url: str = URL, now: datetime = NOW) -> Checkup:
    found = check_url(script, InlineParser(), url, AGENT, now=now)
    assert script.answers == [], "all answers were asked for"
    return found


def names(found: Checkup) -> list[str]:
    return [one.name for one in found.findings]


def test_a_good_feed_costs_three_requests_and_has_nothing_wrong_with_it() -> None:
    script = Script(served(), UNCHANGED, NO_ROBOTS)
    found = check(script)
    assert (names(found), found.ok) == ([], True)
    first, second, third = script.requests
    assert (first.url, first.etag, first.last_modified) == (URL, None, None)
    assert (second.url, second.validated_url) == (URL, URL)
    assert (second.etag, second.last_modified) == ('"abc"', "Wed, 09 Oct 2024 08:00:00 GMT")
    assert (third.url, third.etag) == (ROBOTS, None)
    assert {request.user_agent for request in script.requests} == {AGENT}


def test_without_validators_it_is_not_asked_twice() -> None:
    script = Script(served(etag=None, last_modified=None), NO_ROBOTS)
    assert names(check(script)) == ["validators-missing"]
    assert [request.url for request in script.requests] == [URL, ROBOTS]


def test_validators_go_where_they_came_from() -> None:
    script = Script(
        dataclasses.replace(served(), hops=(Hop(url="https://mill.example/feed", status=301, target=URL),)),
        UNCHANGED,
        NO_ROBOTS,
    )
    found = check(script, "https://mill.example/feed")
    assert (names(found), found.ok) == (["redirect-permanent"], True)
    assert (script.requests[1].url, script.requests[1].validated_url) == ("https://mill.example/feed", URL)
    assert found.lines()[0] == f"https://mill.example/feed answered 301 and points to {URL}"


def test_what_a_reader_sees_is_told() -> None:
    told = check(Script(served(), UNCHANGED, NO_ROBOTS)).lines()
    assert told[0].startswith(f"{URL} answered 200: {len(FEED):,} bytes ({len(gzipped(FEED)):,} as they came")
    assert told[1:] == [
        "  asked again with its validators, it answered 304",
        "RSS 2.0: The Mill",
        "  page https://mill.example/, language en-GB",
        "  2 entries, 1 with the full text, 1 with a summary or a few words, 1 with files",
        "    2024-10-09 08:00  Wheel & stone, by Ann Other, 1 file",
        "                      https://mill.example/2",
        "    2024-10-08 08:00  Water, by Ann Other",
        "                      https://mill.example/1",
        "  It publishes about 1 article a day.",
        "  A poller like ours: about 1 article a day, and the feed itself asks to be left for 12 hours: "
        "every 12 to 14.4 hours.",
        "",
        "Nothing is wrong with it.",
    ]


def test_push_and_archives_are_told() -> None:
    links = (
        '<atom:link rel="hub" href="https://hub.example/"/>'
        '<atom:link rel="prev-archive" href="https://mill.example/2023.xml"/>'
    )
    told = check_file(InlineParser(), broken(FEED.decode(), ("<item>", f"{links}<item>")).encode(), "f", now=NOW)
    assert f"  Push: the hub https://hub.example/ tells subscribers of {URL}." in told.lines()
    assert "  Older entries: https://mill.example/2023.xml (RFC 5005)." in told.lines()


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (Response(url=URL, status=404), "status-404"),
        (Response(url=URL, status=503), "status-503"),
        (FetchError("dns", URL, "there is no such host name"), "fetch-dns"),
        (FetchError("tls", URL, "its certificate has run out"), "fetch-tls"),
    ],
    ids=["not found", "overloaded", "no such name", "a bad certificate"],
)
def test_where_there_is_no_document_nothing_more_is_asked(answer: Response | FetchError, name: str) -> None:
    found = check(Script(answer))
    assert (names(found), found.ok, found.seen) == ([name], False, None)
    assert found.lines()[-1] == "1 error"


def test_a_circle_of_redirects_is_told_hop_by_hop() -> None:
    hops = (
        Hop(url=URL, status=302, target="https://mill.example/b"),
        Hop(url="https://mill.example/b", status=302, target=URL),
    )
    found = check(Script(FetchError("redirect", URL, "it redirects in a circle; tell its publisher", hops)))
    assert names(found) == ["fetch-redirect", "redirect-temporary"]
    assert [one.count for one in found.findings] == [1, 2]


def test_a_page_is_no_feed_and_what_it_offers_is_listed() -> None:
    page = b'<!doctype html><link rel="alternate" type="application/rss+xml" title="All" href="/feed.xml"><p>Hello'
    script = Script(Response(url="https://mill.example/", status=200, headers={"content-type": "text/html"}, body=page))
    found = check(script, "https://mill.example/")
    assert (names(found), found.ok) == (["not-a-feed"], False)
    assert [offer.url for offer in found.offers] == [URL]
    assert f"  {URL}  All" in found.lines()


def test_an_empty_answer_is_no_feed() -> None:
    found = check(Script(served(b"")))
    assert (names(found), found.ok) == (["document-empty"], False)


def test_a_feed_that_works_once_and_then_fails() -> None:
    found = check(Script(served(), FetchError("timeout", URL, "it was too slow"), NO_ROBOTS))
    assert (names(found), found.ok) == (["fetch-timeout"], False)
    assert found.seen is not None


def test_a_robots_txt_that_does_not_come_is_told() -> None:
    found = check(Script(served(), UNCHANGED, FetchError("timeout", ROBOTS, "it was too slow")))
    assert names(found) == ["robots-unreachable"]


def test_robots_that_keep_readers_out_are_told() -> None:
    robots = Response(url=ROBOTS, status=200, body=b"User-agent: *\nDisallow: /feed\n")
    found = check(Script(served(), UNCHANGED, robots))
    assert (names(found), found.ok) == (["robots-forbids-feed"], False)


OLD = broken(
    FEED.decode(),
    ("Wed, 09 Oct 2024 10:00:00 +0200", "Wed, 02 Oct 2024 10:00:00 +0200"),
    ("Tue, 08 Oct", "Tue, 01 Oct"),
    ("Wed, 09 Oct 2024 08:00:00 GMT", "Thu, 10 Oct 2024 12:00:00 GMT"),
).encode()


def test_a_date_that_is_the_clock_is_found_unless_the_document_proves_steady() -> None:
    unsteady = check(Script(served(OLD, etag=None, last_modified=None), NO_ROBOTS))
    assert names(unsteady) == ["validators-missing", "feed-date-is-now"]
    steady = check(Script(served(OLD), UNCHANGED, NO_ROBOTS))
    assert names(steady) == []


def test_a_document_that_kills_its_parser_is_judged_nevertheless() -> None:
    script = Script(served(broken(FEED.decode(), ("<language>en-GB</language>", "")).encode()), UNCHANGED, NO_ROBOTS)
    found = check_url(script, DyingParser(), URL, AGENT, now=NOW)
    assert names(found) == ["document-killed", "language-missing"]


def test_a_document_that_is_no_json_is_told_with_its_line() -> None:
    found = check_file(InlineParser(), broken(JSON, ('"items": [', '"items": [,')).encode(), "feed.json", now=NOW)
    assert not found.ok
    assert {one.line for one in found.findings} == {8}


def test_a_file_is_judged_without_its_address() -> None:
    found = check_file(InlineParser(), FEED, "rss.xml", now=NOW)
    assert (found.target, names(found), found.ok, found.fetched) == ("rss.xml", [], True, None)


def test_a_file_that_is_a_page_lists_what_it_offers() -> None:
    page = b'<html><link rel="alternate" type="application/atom+xml" href="https://mill.example/feed.xml"></html>'
    found = check_file(InlineParser(), page, "index.html", now=NOW)
    assert names(found) == ["not-a-feed"]
    assert [offer.url for offer in found.offers] == [URL]


def test_hints_alone_are_nothing_wrong_and_a_warning_is() -> None:
    hinted = check_file(
        InlineParser(), broken(FEED.decode(), ("<language>en-GB</language>", "")).encode(), "f", now=NOW
    )
    assert (names(hinted), hinted.ok) == (["language-missing"], True)
    warned = check_file(InlineParser(), broken(FEED.decode(), (">en-GB<", ">English please<")).encode(), "f", now=NOW)
    assert (names(warned), warned.ok) == (["language-unreadable"], False)
    assert [one.severity for one in warned.findings] == [Severity.WARNING]


def test_a_finding_is_told_with_its_place_and_its_source() -> None:
    found = check_file(InlineParser(), broken(FEED.decode(), (">en-GB<", ">English please<")).encode(), "f", now=NOW)
    assert found.lines()[-3:] == [
        "WARNING the channel (line 7): `English please` is no language tag. Readers that read aloud, hyphenate or "
        "translate go by it. Write one like `en`, `en-GB` or `pt-BR`. [BCP 47]",
        "",
        "1 warning",
    ]


def test_nothing_of_the_document_moves_a_terminal() -> None:
    nasty = broken(FEED.decode(), ("<title>The Mill", "<title>The\u202e\u009b31m Mill"), ("Water</t", "Wat\u200fer</t"))
    found = check_file(InlineParser(), nasty.encode(), "f", now=NOW)
    assert all(line.isprintable() for line in found.lines())


def test_credentials_in_an_address_are_not_shown() -> None:
    found = check(Script(served(), UNCHANGED, NO_ROBOTS), "https://ann:secret@mill.example/feed.xml")
    assert found.target == URL
    assert "secret" not in json.dumps(dataclasses.asdict(found), default=str) + "\n".join(found.lines())


def test_a_checkup_is_data() -> None:
    found = check(Script(served(content_type="text/html"), UNCHANGED, NO_ROBOTS))
    plain = json.loads(json.dumps(dataclasses.asdict(found), default=str))
    assert plain["ok"] is False
    assert plain["findings"][0]["name"] == "type-wrong"
    assert plain["findings"][0]["severity"] == "warning"
    assert plain["seen"]["newest"][0]["title"] == "Wheel & stone"


def test_every_entry_of_a_feed_is_seen_once() -> None:
    parsed = upstream.read(Incoming(body=FEED, url=URL))
    seen = check_file(InlineParser(), FEED, "f", now=NOW).seen
    assert seen is not None
    assert (seen.total, [one.title for one in seen.newest]) == (
        parsed.total,
        [entry.article.title for entry in parsed.entries],
    )
