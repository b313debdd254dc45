"""Health for everybody, details for the operator."""

from __future__ import annotations

import json
import sys
import types
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from syndicator.model import Problem
from syndicator.ports import Ports
from syndicator.web.app import create_admin
from syndicator.web.options import WebOptions
from tests.web.fakes import NOW, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    problems: tuple[Problem, ...]
    scanned: object


@pytest.fixture
def admin(world: World, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    module = types.ModuleType("syndicator.flows.status")

    def status(ports: Ports) -> Told:
        ports.store.ping()
        return Told(problems=(Problem(path="bad.md", reason="no title", line=3),), scanned=NOW)

    module.status = status  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "syndicator.flows.status", module)
    return create_admin(world.ports, WebOptions(admin_hosts=frozenset({"ops.example"}))).test_client()


@pytest.mark.parametrize("query", ["", "?detail", "?detail=1&x=2"])
@pytest.mark.parametrize(
    ("failing", "trouble", "status", "text"),
    [
        (False, None, 200, "ok\n"),
        (False, "", 200, "ok\n"),
        (False, "no room under feeds/", 503, "degraded: documents cannot be published\n"),
        (True, None, 503, "unavailable: the store does not answer\n"),
    ],
)
def test_s43_the_public_health_says_ok_or_not_and_never_why(
    client: FlaskClient, world: World, query: str, failing: bool, trouble: str | None, status: int, text: str
) -> None:
    world.store.failing = failing
    if trouble is not None:
        world.store.facts["trouble"] = trouble
    response = client.get(f"/healthz{query}")
    assert (response.status_code, response.text, response.headers["Cache-Control"]) == (status, text, "no-store")


def test_a_full_disk_is_told_although_nobody_can_write_it_down(client: FlaskClient, world: World) -> None:
    world.store.free = 4096
    response = client.get("/healthz")
    assert (response.status_code, response.text) == (503, "degraded: the disk is full\n")
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize(("failing", "status"), [(False, 200), (True, 503)])
def test_it_is_ready_when_the_store_answers(client: FlaskClient, world: World, failing: bool, status: int) -> None:
    world.store.failing = failing
    assert client.get("/readyz").status_code == status


def test_the_operator_is_told_everything(admin: FlaskClient) -> None:
    response = admin.get("/healthz?detail")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert json.loads(response.data) == {
        "health": "ok",
        "problems": [{"path": "bad.md", "reason": "no title", "line": 3}],
        "scanned": "2024-01-24T12:00:00+00:00",
    }


def test_the_operator_is_told_in_json_also_when_the_store_does_not_answer(admin: FlaskClient, world: World) -> None:
    world.store.failing = True
    response = admin.get("/healthz?detail")
    assert (response.status_code, response.json) == (503, {"health": "unavailable: the store does not answer"})


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8081", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:8081", 200),
        ("[::1]:8081", 200),
        ("[::1]", 200),
        ("10.1.2.3", 200),
        ("ops.example:8081", 200),
        ("evil.test", 421),
        ("evil.test:8081", 421),
        ("localhost.evil.test", 421),
        ("127.0.0.1.evil.test", 421),
        ("a,b", 400),
    ],
)
def test_a_page_in_the_operators_browser_cannot_read_it_under_another_name(
    admin: FlaskClient, host: str, status: int
) -> None:
    assert admin.get("/healthz", headers={"Host": host}).status_code == status


def test_the_operators_listener_has_nothing_else(admin: FlaskClient) -> None:
    assert [admin.get(path).status_code for path in ("/", "/feed.xml", "/healthz")] == [404, 404, 200]
    assert admin.post("/healthz").status_code == 405
