"""The command that tells how much is read, alone and with the server that counts."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from syndicator.cli import main
from syndicator.core.counting import empty, note, packed
from syndicator.ports import Tally
from syndicator.store import open_store
from tests.running import DEADLINE, Site, eventually, listed

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like FeedFetcher-Google)"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    (site.seeds / "a.md").write_text("---\ntitle: One\ntags: [sea]\n---\n\nThe text.\n", "utf-8")
    (site.root / "syndicator.toml").write_text('[[feed]]\nname = "board"\n', "utf-8")
    yield site
    site.close()


@pytest.fixture
def visited(site: Site) -> Site:
    """A site that was asked for yesterday and the day before."""
    assert call(site, "build").exit_code == 0
    registers = empty()
    for reader in range(3):
        note(registers, reader << 20 | reader)
    store = open_store(f"sqlite:///{site.root}/var/syndicator.db", lambda: datetime.now(UTC))
    read = Tally(requests=40, not_modified=30, deltas=2, sent=1_234_567, sketch=packed(registers))
    announced = Tally(requests=10, sent=999, announced={"feedly": 16, "feedbin 1": 3, "feedbin 2": 4})
    store.add_visits(TODAY - DAY, {"feed.xml": read, "board/rss.xml": announced, "": Tally(requests=5, sent=50)})
    store.add_visits(TODAY - 2 * DAY, {"feed.xml": read})
    store.close()
    return site


def call(site: Site, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--root", str(site.root), *arguments])


def lines(text: str) -> list[list[str]]:
    """The words of each line."""
    return [line.split() for line in text.splitlines()]


def test_the_table_has_the_newest_day_first_and_then_the_feeds(visited: Site) -> None:
    done = call(visited, "stats")
    assert (done.exit_code, lines(done.stdout)) == (
        0,
        [
            ["day", "requests", "sent", "304", "deltas", "readers", "subscribers"],
            [str(TODAY - DAY), "55", "1.2", "MB", "55%", "2", "3", "23"],
            [str(TODAY - 2 * DAY), "40", "1.2", "MB", "75%", "2", "3", "0"],
            ["all", "days", "95", "2.5", "MB", "63%", "4", "3", "23"],
            [],
            ["feed", "requests", "sent", "304", "deltas", "readers", "subscribers"],
            ["feed.xml", "80", "2.5", "MB", "75%", "4", "3", "0"],
            ["board", "10", "999", "B", "0%", "0", "0", "23"],
            ["others", "5", "50", "B", "0%", "0", "0", "0"],
            [],
            ["announced", "by", "feedly", "16,", "feedbin", "7"],
        ],
    )
    assert len({len(line) for line in done.stdout.splitlines()[:4]}) == 1


def test_json_tells_the_same_of_one_feed(visited: Site) -> None:
    numbers = {"requests": 10, "sent": 999, "not_modified": 0, "deltas": 0, "readers": 0}
    told = {**numbers, "subscribers": {"feedbin": 7, "feedly": 16}, "share_not_modified": 0.0, "everybody": 23}
    done = call(visited, "stats", "board", "--days", "7", "--json")
    assert json.loads(done.stdout) == {
        "feed": "board",
        "since": str(TODAY - 6 * DAY),
        "until": str(TODAY),
        "total": told,
        "days": [{"day": str(TODAY - DAY), **told}],
        "formats": {"rss.xml": told},
    }


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["bord"], 1, "syndicator: feed bord: there is none; did you mean “board”?\n"),
        (["tags/none"], 1, "syndicator: feed tags/none: there is none; `syndicator feed list` shows all\n"),
        (["--days", "0"], 2, "0 is not in the range 1<=x<=400"),
        (["tags/sea"], 0, "nothing was counted from "),
        (["--days", "1"], 0, "nothing was counted from "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_told_is_said(visited: Site, arguments: list[str], code: int, said: str) -> None:
    done = call(visited, "stats", *arguments)
    assert (done.exit_code, said in done.output) == (code, True)


def test_what_a_running_site_answers_is_in_the_statistics_once_it_stops_at_the_latest(site: Site) -> None:
    process = site.running()
    eventually(lambda: site.titles() == ["One"], site.said)
    etag = site.get("/tags/sea/feed.xml", {"User-Agent": FEEDLY})[1]["etag"]
    for reader in range(5):
        asked = {"User-Agent": f"Reader/{reader}", "If-None-Match": etag}
        assert [site.get("/tags/sea/feed.xml", asked)[0] for _ in range(4)] == [304] * 4
    process.send_signal(signal.SIGTERM)
    process.wait(DEADLINE)
    told = listed(site.call("stats", "tags/sea", "--json"))["total"]
    assert (told["requests"], told["not_modified"], told["readers"], told["subscribers"]) == (21, 20, 5, {"feedly": 16})
    site.running()
    families = text_string_to_metric_families(site.get("/metrics", port=site.admin)[2].decode())
    asked_for = {
        tuple(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name == "syndicator_feed_requests_total"
    }
    assert asked_for["tags/sea", "feed.xml"] == 21
    assert site.get("/metrics")[0] == 404
