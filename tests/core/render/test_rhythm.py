"""How often a feed changes, as its documents tell pollers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from syndicator.core import render
from syndicator.core.polling import schedule
from syndicator.core.render import Chain
from syndicator.core.rhythm import STEPS
from syndicator.core.upstream import read
from syndicator.model import Feed, Format, Incoming
from tests.core.render.samples import FEED, FULL, SITE, UPDATED, document

SY = "{http://purl.org/rss/1.0/modules/syndication/}"
TELLING = (Format.RSS, Format.RDF)
OTHERS = (Format.ATOM, Format.JSON, Format.NINJS)


@pytest.mark.parametrize("format", TELLING)
@pytest.mark.parametrize("step", STEPS, ids=str)
def test_our_own_poller_reads_what_we_tell(format: Format, step: timedelta) -> None:
    body = document(format, [FULL], max_age=int(step.total_seconds()))
    hints = read(Incoming(body=body, url=f"{SITE.base_url}/{format}")).hints
    assert timedelta(seconds=hints.invited or 0) == step
    assert schedule.hint(hints) == step


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        (Format.RSS, [("ttl", "180"), (f"{SY}updatePeriod", "daily"), (f"{SY}updateFrequency", "8")]),
        (Format.RDF, [(f"{SY}updatePeriod", "daily"), (f"{SY}updateFrequency", "8")]),
    ],
    ids=TELLING,
)
def test_the_channel_tells_it_once_and_no_item_does(format: Format, expected: list[tuple[str, str]]) -> None:
    root = etree.fromstring(document(format, max_age=10800))
    words = {"ttl", f"{SY}updatePeriod", f"{SY}updateFrequency", f"{SY}updateBase"}
    assert [(one.tag, one.text) for one in root.iter() if one.tag in words] == expected
    assert [(one.tag, one.text) for one in root[0] if one.tag in words] == expected


@pytest.mark.parametrize("format", OTHERS)
def test_formats_that_have_no_words_for_it_are_the_same_with_it(format: Format) -> None:
    assert document(format, max_age=300) == document(format, max_age=None)


@pytest.mark.parametrize("format", TELLING)
@pytest.mark.parametrize(
    ("chain", "max_age"), [(Chain(), None), (Chain(number=2, previous=1), 3600)], ids=["nobody knows", "archive"]
)
def test_an_archive_never_changes_and_tells_nothing(format: Format, chain: Chain, max_age: int | None) -> None:
    feed = Feed(name="wire", title="Wire", archives=True)
    body = render.document(feed, format, SITE, [render.piece(FULL, format, SITE)], UPDATED, (), chain, max_age)
    assert b"modules/syndication" not in body
    assert b"<ttl>" not in body


@pytest.mark.parametrize("format", TELLING)
def test_a_piece_is_the_same_in_documents_with_and_without_it(format: Format) -> None:
    piece = render.piece(FULL, format, SITE)
    bodies = [render.document(FEED, format, SITE, [piece], UPDATED, max_age=age) for age in (None, 300, 86400)]
    assert [body.count(piece) for body in bodies] == [1, 1, 1]
    assert len(set(bodies)) == 3
