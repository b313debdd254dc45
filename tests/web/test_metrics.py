"""What Prometheus is told, on the operator's listener alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from syndicator.core.counting import empty, note, packed
from syndicator.errors import StoreBusy
from syndicator.ports import Ports, Store, Tally
from syndicator.store import open_store
from syndicator.web import metrics
from syndicator.web.app import create_admin, create_app
from tests.web.fakes import NOW, World

DAY = NOW.date()
Samples = dict[tuple[str, str, str], float]


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    store = open_store(f"sqlite:///{tmp_path}/syndicator.db", lambda: NOW)
    yield replace(World().ports, store=store)
    store.close()


@pytest.fixture
def admin(ports: Ports) -> FlaskClient:
    return create_admin(ports).test_client()


def reading(admin: FlaskClient) -> Samples:
    """The samples about reading, by name, feed and format."""
    families = text_string_to_metric_families(admin.get("/metrics").text)
    return {
        (sample.name.removeprefix("syndicator_feed_"), sample.labels["feed"], sample.labels["format"]): sample.value
        for family in families
        if family.name.startswith("syndicator_feed_")
        for sample in family.samples
    }


def visit(store: Store, *paths: str, days_ago: int = 0, requests: int = 1) -> None:
    store.add_visits(DAY - timedelta(days=days_ago), dict.fromkeys(paths, Tally(requests=requests)))


def test_s43_metrics_are_on_the_operators_listener_alone(ports: Ports, admin: FlaskClient) -> None:
    response = admin.get("/metrics")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    assert create_app(ports).test_client().get("/metrics").status_code == 404
    assert admin.get("/metrics", headers={"Host": "evil.test"}).status_code == 421


def test_requests_of_today_are_told_by_feed_and_format(ports: Ports, admin: FlaskClient) -> None:
    registers = empty()
    for reader in range(2):
        note(registers, reader << 20 | reader)
    read = Tally(
        requests=9,
        not_modified=5,
        deltas=1,
        sent=7000,
        sketch=packed(registers),
        announced={"a": 3, "b 1": 4, "b 2": 5},
    )
    archive = Tally(requests=1, sent=10)
    told = {"feed.xml": read, "archives/1/rss.xml": archive, "archives/2/feed.xml": archive, "opml.xml": archive}
    ports.store.add_visits(DAY, {**told, "": archive, "tags/a/rss.xml": Tally(requests=2)})
    visit(ports.store, "feed.xml", "tags/old/feed.xml", days_ago=1)
    found = reading(admin)
    assert {key[1:]: value for key, value in found.items() if key[0] == "requests_total"} == {
        ("", ""): 2,
        ("/", "feed.xml"): 9,
        ("/", "archives"): 2,
        ("tags/a", "rss.xml"): 2,
    }
    assert {key[0]: value for key, value in found.items() if key[1:] == ("/", "feed.xml")} == {
        "requests_total": 9,
        "not_modified_total": 5,
        "deltas_total": 1,
        "response_bytes_total": 7000,
        "readers": 2,
        "subscribers": 12,
    }


def test_the_most_asked_of_the_last_days_have_labels_and_the_rest_are_one(
    ports: Ports, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MOST_LABELS", 3)
    visit(ports.store, "tags/y/feed.xml", "tags/z/feed.xml", days_ago=2)
    visit(ports.store, "tags/old/feed.xml", days_ago=8, requests=99)
    visit(ports.store, *(f"tags/{name}/feed.xml" for name in ("a", "b", "c", "y", "z")))

    def labels() -> dict[str, float]:
        return {key[1]: value for key, value in reading(admin).items() if key[0] == "requests_total"}

    assert labels() == {"tags/a": 1, "rest": 2, "tags/y": 1, "tags/z": 1}
    # Whoever has a label keeps it all day, however much others are asked.
    visit(ports.store, "tags/b/feed.xml", requests=50)
    assert labels() == {"tags/a": 1, "rest": 52, "tags/y": 1, "tags/z": 1}


def test_the_state_of_things_is_told(ports: Ports, admin: FlaskClient) -> None:
    ports.store.remember("scanned_at", NOW.isoformat())
    ports.store.remember("trouble", "no room under feeds/")
    ports.store.soil(["", "tags/a"])
    families = {family.name: family for family in text_string_to_metric_families(admin.get("/metrics").text)}
    single = {name: family.samples[0].value for name, family in families.items() if len(family.samples) == 1}
    assert single.pop("syndicator_store_free_bytes") > 0
    assert single == {
        "syndicator_documents": 0,
        "syndicator_sources_paused": 0,
        "syndicator_sources_due": 0,
        "syndicator_files": 0,
        "syndicator_file_problems": 0,
        "syndicator_files_missing": 0,
        "syndicator_removals_held": 0,
        "syndicator_dirty_feeds": 2,
        "syndicator_ok": 0,
        "syndicator_trouble": 1,
        "syndicator_last_scan_timestamp_seconds": NOW.timestamp(),
    }
    states = {sample.labels["state"] for sample in families["syndicator_sources"].samples}
    assert {"well", "failing", "quarantined"} <= states
    assert {"published", "withdrawn"} <= {s.labels["status"] for s in families["syndicator_articles"].samples}
    assert all(family.documentation for family in families.values())


def test_a_store_that_does_not_answer_is_no_success(
    ports: Ports, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise StoreBusy("another process holds it")

    monkeypatch.setattr(ports.store, "visits", busy)
    response = admin.get("/metrics")
    assert (response.status_code, response.text) == (503, "unavailable: the store does not answer\n")
