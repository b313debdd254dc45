"""What documents with archives behind them say of where they stand (RFC 5005 section 4)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from syndicator.core import render
from syndicator.core.render import Chain
from syndicator.model import Feed, Format
from tests.core.render.samples import FULL, SITE, TOMBSTONES, UPDATED

FEED = Feed(name="press", title="Press", first_name="wire", image="/media/logo.png")
NS = {"a": "http://www.w3.org/2005/Atom", "fh": "http://purl.org/syndication/history/1.0"}
BASE = "https://news.example.org/press"


def made(format: Format, chain: Chain | None = None, feed: Feed = FEED) -> bytes:
    return render.document(feed, format, SITE, [render.piece(FULL, format, SITE)], UPDATED, TOMBSTONES, chain)


def parent(format: Format, chain: Chain | None) -> etree._Element:
    root = etree.fromstring(made(format, chain))
    return root if format is Format.ATOM else root[0]


def history(format: Format, chain: Chain | None) -> dict[str, Any]:
    """What is told of the history: links by relation, and the marker."""
    if format is Format.JSON:
        feed = json.loads(made(format, chain))
        told = {"self": feed["feed_url"], "current": feed["_syndicator"].get("current")}
        told["prev-archive"] = feed.get("next_url")
        told["archive"] = feed["_syndicator"].get("archive", False)
        return {key: value for key, value in told.items() if value}
    found = parent(format, chain)
    told = {one.get("rel"): one.get("href") for one in found.iterfind("a:link", NS)}
    told.pop("alternate", None)
    if found.find("fh:archive", NS) is not None:
        told["archive"] = True
    return told


@pytest.mark.parametrize("format", [Format.ATOM, Format.RSS, Format.JSON])
@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        (None, {"self": "/{}"}),
        (Chain(previous=4), {"self": "/{}", "prev-archive": "/archives/4/{}"}),
        (Chain(number=1), {"self": "/archives/1/{}", "current": "/{}", "archive": True}),
        (
            Chain(number=3, previous=2),
            {"self": "/archives/3/{}", "current": "/{}", "prev-archive": "/archives/2/{}", "archive": True},
        ),
    ],
    ids=["no archives", "current", "oldest", "archive"],
)
def test_links(format: Format, chain: Chain | None, expected: dict[str, Any]) -> None:
    wanted = {rel: value if value is True else BASE + value.format(format) for rel, value in expected.items()}
    assert history(format, chain) == wanted


@pytest.mark.parametrize("format", list(Format))
def test_an_archive_has_the_id_of_its_feed_which_is_made_of_its_first_name(format: Format) -> None:
    names = {"first": replace(FEED, name="wire", first_name=""), "renamed": FEED}
    ids = {_id(made(format, chain, feed), format) for feed in names.values() for chain in (None, Chain(number=2))}
    if format in (Format.ATOM, Format.JSON, Format.NINJS):
        assert len(ids) == 1


def _id(body: bytes, format: Format) -> str:
    if format is Format.ATOM:
        return str(etree.fromstring(body).findtext("a:id", "", NS))
    if format in (Format.JSON, Format.NINJS):
        feed = json.loads(body)
        return str(feed.get("uri") or feed["_syndicator"]["id"])
    return ""


def test_the_image_of_a_feed() -> None:
    logo = "https://news.example.org/media/logo.png"
    image = parent(Format.RSS, None).find("image")
    assert parent(Format.ATOM, None).findtext("a:logo", None, NS) == logo
    assert [(one.tag, one.text) for one in image] == [("url", logo), ("title", "Press"), ("link", BASE)]
    assert json.loads(made(Format.JSON))["icon"] == logo


@pytest.mark.parametrize("format", list(Format))
def test_a_feed_without_archives_does_not_know_of_them(format: Format) -> None:
    body = made(format)
    assert not any(word in body for word in (b"archive", b"history", b"next_url"))
