"""No false alarm on feeds that are good, and no crash on any that there is."""

from __future__ import annotations

from collections import Counter

import pytest

from syndicator.core import render, upstream
from syndicator.core.checkup import Findings, Severity, feed
from syndicator.core.checkup.feed import Origin
from syndicator.core.checkup.seen import lines, see
from syndicator.model import USUAL, Format, Incoming, utc
from tests.conftest import shared
from tests.core.render.carrying import CARRYING
from tests.core.render.samples import FEED, FULL, NASTY, PLAIN, SITE, TAG_FEED, TOMBSTONES, article, document

NOW = utc(2026, 1, 1)
PATHS = {Format.ATOM: "feed.xml", Format.RSS: "rss.xml", Format.JSON: "feed.json"}


def found_in(body: bytes, url: str) -> list[tuple[str, str]]:
    found = Findings()
    parsed = upstream.read(Incoming(body=body, url=url))
    feed.check(body, Origin(url=url, asked=url), NOW, found, parsed)
    return [(one.name, one.severity) for one in found]


@pytest.mark.parametrize("format", USUAL)
def test_our_own_feeds_have_nothing_wrong_in_them(format: Format) -> None:
    body = document(format, [FULL, CARRYING, *PLAIN[1:]], tombstones=TOMBSTONES)
    assert found_in(body, f"{SITE.base_url}/{PATHS[format]}") == []


@pytest.mark.parametrize("format", USUAL)
def test_nor_has_a_tag_feed_with_one_article(format: Format) -> None:
    body = document(format, [article(2, body="<p>One.</p>")], feed=TAG_FEED)
    assert found_in(body, f"{SITE.base_url}/tags/press/{PATHS[format]}") == []


@pytest.mark.parametrize("format", USUAL)
def test_nor_has_an_empty_one_but_that_it_is_empty(format: Format) -> None:
    body = render.document(FEED, format, SITE, [], utc(2024, 5, 1), ())
    assert found_in(body, f"{SITE.base_url}/{PATHS[format]}") == [("entries-none", "hint")]


@pytest.mark.parametrize("format", USUAL)
def test_texts_that_look_like_mistakes_are_no_errors(format: Format) -> None:
    found = found_in(document(format, NASTY), f"{SITE.base_url}/{PATHS[format]}")
    assert [name for name, severity in found if severity == Severity.ERROR] == []


def test_every_real_feed_can_be_judged_and_most_findings_are_rare() -> None:
    """The table is in the captured output: `pytest -rP` prints it."""
    counted: Counter[tuple[str, str]] = Counter()
    feeds = 0
    for path in sorted(shared("corpus", "real").iterdir()):
        if path.suffix in (".csv",) or path.name == "CONSENSUS.json":
            continue
        feeds += 1
        body = path.read_bytes()
        found = Findings()
        feed.check(body, Origin(), NOW, found)
        counted.update({(one.severity, one.name) for one in found})
        for one in found:
            assert one.text.isprintable(), path.name
            assert one.line is None or 1 <= one.line <= body.count(b"\n") + body.count(b"\r") + 1, path.name
    for (severity, name), number in counted.most_common():
        print(f"{number:4} {severity:8} {name}")
    assert feeds == 200
    errors = {name: number for (severity, name), number in counted.items() if severity == Severity.ERROR}
    assert max(errors.values()) <= feeds * 0.1
    warnings = {name: number for (severity, name), number in counted.items() if severity == Severity.WARNING}
    assert max(warnings.values()) <= feeds * 0.15


@pytest.mark.parametrize("kind", ["illformed", "encoding", "entities", "wellformed", "json"])
def test_every_odd_feed_can_be_judged(kind: str) -> None:
    folder = shared("corpus", "feedparser")
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and kind in path.parts]
    assert paths
    for path in paths:
        found = Findings()
        feed.check(path.read_bytes(), Origin(), NOW, found)
        assert all(one.text.isprintable() for one in found), path.name


@pytest.mark.parametrize("name", ["feedbin__test_support_www_feed.json", "feed-rs__atom_example_7.xml"])
def test_what_a_reader_sees_of_a_real_feed_is_told(name: str) -> None:
    body = shared("corpus", "real", name).read_bytes()
    parsed = upstream.read(Incoming(body=body, url="https://example.org/feed"))
    told = lines(see(parsed, None, NOW))
    assert parsed.upstream.title
    assert told[0].endswith(f": {parsed.upstream.title}")
    assert all(line.isprintable() for line in told)
