"""For those who run it: is it alive, is it ready, and on the operator's listener everything in detail."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from enum import Enum

from flask import Blueprint, Response, request

from syndicator.errors import StoreError
from syndicator.ports import Ports
from syndicator.web.answers import ALWAYS, Answer
from syndicator.web.refusals import RETRY_AFTER

TROUBLE = "trouble"
"""The small fact in the store that says why documents cannot be published; empty or absent while all is well."""

ENOUGH_ROOM = 1024 * 1024
"""Bytes free on the store's disk below which nothing new can be published, and the daemon cannot even say so."""

_NEVER_STORED = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'", **ALWAYS}


def ops(ports: Ports, *, detailed: bool = False) -> Blueprint:
    """`/healthz` and `/readyz`, which say ok or not and nothing else (S43).

    `detailed`, for the operator: `/healthz?detail` is JSON that tells what `syndicator status` does, `/metrics` is
    for Prometheus.
    """
    blueprint = Blueprint("ops", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return _detail(ports) if detailed and "detail" in request.args else _healthz(ports)

    @blueprint.get("/readyz")
    def readyz() -> Response:
        return _readyz(ports)

    if detailed:

        @blueprint.get("/metrics")
        def metrics() -> Response:
            return _metrics(ports)

    return blueprint


def _healthz(ports: Ports) -> Response:
    try:
        trouble = ports.store.recall(TROUBLE)
        room = ports.store.room()
    except StoreError:
        return _line("unavailable: the store does not answer", 503)
    if room is not None and room < ENOUGH_ROOM:
        return _line("degraded: the disk is full", 503)
    return _line("degraded: documents cannot be published", 503) if trouble else _line("ok", 200)


def _readyz(ports: Ports) -> Response:
    try:
        ports.store.ping()
    except StoreError:
        return _line("unavailable: the store does not answer", 503)
    return _line("ok", 200)


def _detail(ports: Ports) -> Response:
    from syndicator.flows.status import status

    health = _healthz(ports)
    found = {"health": health.get_data(as_text=True).strip()}
    if health.status_code == 200 or health.get_data().startswith(b"degraded"):
        found |= asdict(status(ports))
    body = json.dumps(found, default=_plain, ensure_ascii=False, indent=1) + "\n"
    headers = {"Content-Type": "application/json; charset=utf-8", **_NEVER_STORED}
    return Answer(body, status=health.status_code, headers=headers)


def _metrics(ports: Ports) -> Response:
    from syndicator.web.metrics import metrics

    try:
        body, media_type = metrics(ports)
    except StoreError:
        return _line("unavailable: the store does not answer", 503)
    return Answer(body, status=200, headers={"Content-Type": media_type, **_NEVER_STORED})


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _line(text: str, status: int) -> Response:
    headers = {"Content-Type": "text/plain; charset=utf-8", **_NEVER_STORED}
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER)
    return Answer(f"{text}\n", status=status, headers=headers)
