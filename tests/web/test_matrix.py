"""Every kind of request, answered with the layer in memory and without it: the same, and what RFC 9110 says."""

from __future__ import annotations

import gzip
import itertools
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from wsgiref.validate import validator

import brotli
import pytest
from backports import zstd

from syndicator.web.app import create_app
from syndicator.web.options import WebOptions
from tests.flows.world import World
from tests.web import oracle
from tests.web.asking import Got, ask, published
from tests.web.oracle import Asking, Document

FEEDS = ("feed.xml", "rss.xml", "feed.json", "harbour/feed.xml", "tags/harbour/rss.xml")
ARCHIVES = ("archives/1/feed.xml", "archives/2/feed.json")
ABOUT_THE_SITE = ("opml.xml", "sitemap.xml", ".well-known/feeds")
FIXED = ("site.css", "favicon.svg")
PAGES = ("", "articles/urn-a-20")
ABSENT = {"removed/feed.xml": 410, "missing/feed.xml": 404, "articles/missing": 404}
PATHS = (*FEEDS, *ARCHIVES, *ABOUT_THE_SITE, *FIXED, *PAGES, *ABSENT)
DECODE = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstd.decompress, None: bytes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The published site, both apps, and what lies at each path."""

    world: World
    layered: Any
    plain: Any
    documents: Mapping[str, Document]

    @property
    def now(self) -> datetime:
        return self.world.time

    def ask(self, app: Any, asking: Asking) -> Got:
        headers = asking.headers(self.documents[asking.path], self.now)
        return ask(app, asking.method, f"/{asking.path}", asking.query, headers)

    def check(self, asking: Asking) -> Got:
        """Ask for it on both roads, on the one in memory twice: all alike, and as expected."""
        plain, first, again = (self.ask(app, asking) for app in (self.plain, self.layered, self.layered))
        assert first == plain, asking
        assert again == plain, asking
        wanted = oracle.expected(asking, self.documents[asking.path], self.now)
        fields = {name: plain.headers.get(name) for name in wanted.fields}
        assert (plain.code, fields) == (wanted.status, wanted.fields), asking
        assert wanted.body is None or wanted.body == plain.body, asking
        return plain


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    world = published(tmp_path_factory.mktemp("site"))
    plain = create_app(world.ports, WebOptions(memory=0)).wsgi_app
    layered = create_app(world.ports, WebOptions(memory=64 << 20)).wsgi_app
    documents = {path: known(world, path) for path in (*FEEDS, *ARCHIVES, *ABOUT_THE_SITE)}
    documents |= {path: Document(status=status) for path, status in ABSENT.items()}
    documents |= {path: looked_at(plain, path) for path in (*FIXED, *PAGES)}
    yield Site(world=world, layered=layered, plain=plain, documents=documents)
    world.close()


def known(world: World, path: str) -> Document:
    """A document from its row in the store."""
    store = world.ports.store
    head = store.document_head(path)
    assert head is not None, path
    bodies = {coding: store.document_body(path, head.etag, coding) for coding in head.lengths}
    assert set(bodies) == set(oracle.TAGS)
    # The newest state of which a reader can have a copy that is not current.
    states = store.past(path)
    past = [one.etag for one in states if one.etag != head.etag]
    xml = head.media_type.partition(";")[0].endswith("+xml")
    varies = ["Accept-Encoding", "Sec-Fetch-Dest" if xml else "", "Accept-Datetime" if past else ""]
    archived = path.startswith("archives/")
    fresh = 86400 if archived else 300 if head.max_age is None else head.max_age
    stale = f"stale-while-revalidate={min(fresh, 3600)}, stale-if-error=86400"
    return Document(
        etag=head.etag,
        old=past[-1] if past else "older",
        changed=head.changed,
        bodies={coding: body for coding, body in bodies.items() if body is not None},
        media_type=head.media_type,
        varies=", ".join(filter(None, varies)),
        cache=f"public, max-age={fresh}, {'immutable' if archived else stale}",
        fresh=fresh,
        deltas=bool(past),
        first=f"{states[0].changed:%Y%m%d%H%M%S}" if states else "",
        shown_as_xml=xml,
    )


def looked_at(app: Any, path: str) -> Document:
    """A page or a file that comes with the program, from a plain look at it: only its being the same is known."""
    got, packed = (ask(app, "GET", f"/{path}", headers={"Accept-Encoding": coding}) for coding in ("", "gzip"))
    assert (got.code, packed.code) == (200, 200), path
    bodies = {"identity": got.body} | ({"gzip": packed.body} if "Content-Encoding" in packed.headers else {})
    return Document(
        etag=got.headers["ETag"].strip('"'),
        bodies=bodies,
        media_type=got.headers["Content-Type"],
        cache=got.headers["Cache-Control"],
        varies=got.headers["Vary"],
    )


@pytest.mark.parametrize("path", PATHS)
def test_each_part_of_a_request_alone(site: Site, path: str) -> None:
    for asking in oracle.one_at_a_time(path):
        site.check(asking)


@pytest.mark.parametrize("none_match", oracle.NONE_MATCH)
def test_each_copy_in_each_coding_with_and_without_deltas(site: Site, none_match: str) -> None:
    for coding, delta in itertools.product(oracle.CODINGS, ("absent", "feed", "refused")):
        got = site.check(Asking(none_match=none_match, coding=coding, delta=delta))
        if got.code == 226:
            check_delta(site, got, coding)


def check_delta(site: Site, got: Got, coding: str) -> None:
    """It has what the newest change brought, under the entity tag of the whole in the coding that it is in."""
    document = site.documents["feed.xml"]
    sent = got.headers.get("Content-Encoding")
    assert got.headers["ETag"] == f'"{document.etag}{oracle.TAGS[sent or "identity"]}"'
    assert sent in (None, *oracle.CODINGS[coding].best)
    body = DECODE[sent](got.body)
    assert got.headers["Content-Length"] == str(len(got.body))
    assert len(body) < len(document.bodies["identity"])
    assert (b"Story 20" in body, b"Story 18, corrected" in body, b"Story 19" in body) == (True, True, False)


SOME_DATES = ("absent", "equal", "older", "in-the-future", "garbage")


@pytest.mark.parametrize("match", oracle.MATCH)
@pytest.mark.parametrize("unmodified_since", SOME_DATES)
def test_what_comes_first_where_several_conditions_are_given(site: Site, match: str, unmodified_since: str) -> None:
    some = ("absent", "same", "any", "other", "old")
    for none_match, modified_since in itertools.product(some, SOME_DATES):
        site.check(
            Asking(match=match, unmodified_since=unmodified_since, none_match=none_match, modified_since=modified_since)
        )


@pytest.mark.parametrize("seed", range(6))
def test_all_parts_together(site: Site, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        parts = {name: chance.choice([*choices]) for name, choices in oracle.PARTS.items()}
        # Most draws of all parts would end at the method, and of the rest at a condition that fails.
        parts["method"] = chance.choice(["GET", "GET", "GET", "HEAD", parts["method"]])
        for name in ("match", "unmodified_since", "moment"):
            parts[name] = chance.choice(["absent", "absent", parts[name]])
        site.check(Asking(path=chance.choice(PATHS), **parts))  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [FEEDS[0], ARCHIVES[0], FIXED[0], PAGES[1], *ABSENT])
@pytest.mark.parametrize("road", ["layered", "plain"])
def test_every_answer_is_one_that_a_wsgi_server_may_send(site: Site, path: str, road: str) -> None:
    app = validator(getattr(site, road))
    document = site.documents[path]
    # The validator warns of methods that it does not know.
    for asking in (one for one in oracle.one_at_a_time(path) if one.method != "BREW"):
        got = ask(app, asking.method, f"/{path}", asking.query, asking.headers(document, site.now))
        assert got.status.split(" ", 1)[1]


@pytest.mark.parametrize("path", ["." * 8000 + "/x", "a." * 4000 + "/feed", "./" * 4000, "a/" * 4000, "-" * 8000])
def test_no_path_takes_long_to_refuse(site: Site, path: str) -> None:
    began = time.process_time()
    assert [ask(site.layered, "GET", f"/{path}").code for _ in range(10)] == [404] * 10
    assert time.process_time() - began < 2
