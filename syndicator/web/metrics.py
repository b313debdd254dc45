"""What Prometheus asks for, on the operator's listener. The only importer of prometheus_client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from syndicator.flows.stats import part_of
from syndicator.flows.status import status
from syndicator.model import Condition, Status
from syndicator.ports import Ports, Visited

if TYPE_CHECKING:
    from prometheus_client.core import Metric

MOST_LABELS = 1000
"""Formats of feeds that have labels of their own; the rest are one."""
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)

Label = tuple[str, str]
_LABELS = ("feed", "format")
_REST: Label = ("rest", "")
_NONE: Label = ("", "")
_COUNTERS = {
    "requests": "Requests since midnight UTC; without labels of all that is no feed.",
    "response_bytes": "Bytes of bodies sent since midnight UTC.",
    "not_modified": "Requests answered with 304 since midnight UTC.",
    "deltas": "Requests answered with 226 since midnight UTC.",
}
_PEOPLE = {
    "readers": "Different readers today that announce no subscribers, about.",
    "subscribers": "Subscribers that aggregators announced today.",
}


def metrics(ports: Ports) -> tuple[bytes, str]:
    """The metrics as Prometheus reads them, and their media type. Raises StoreError.

    Counters of requests count the day (UTC): they begin again at midnight, which `rate` and `increase` know how to
    take. Nothing in them comes from what readers send.
    """
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    found = [*_reading(ports), *_state(ports)]

    class Found(Collector):
        def collect(self) -> list[Metric]:
            return found

    registry = CollectorRegistry()
    registry.register(Found())
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _reading(ports: Ports) -> Iterator[Metric]:
    """What was asked for today, by feed and format."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    today = ports.now().date()
    shown = {_label(path) for path in ports.store.most_visited(today - _WEEK, today - _DAY, MOST_LABELS)}
    found: dict[Label, Counter[str]] = {}
    # Those of the last days keep their labels all day long: a counter must not fall.
    for one in ports.store.visits(today, today):
        label = _label(one.path)
        if label not in shown:
            if len(shown) < MOST_LABELS:
                shown.add(label)
            else:
                label = _REST
        found.setdefault(label, Counter()).update(_numbers(one))
    for name, told in _COUNTERS.items():
        counter = CounterMetricFamily(f"syndicator_feed_{name}", told, labels=_LABELS)
        for label, numbers in sorted(found.items()):
            counter.add_metric(label, numbers[name])
        yield counter
    for name, told in _PEOPLE.items():
        gauge = GaugeMetricFamily(f"syndicator_feed_{name}", told, labels=_LABELS)
        for label, numbers in sorted(found.items()):
            if label != _NONE:
                gauge.add_metric(label, numbers[name])
        yield gauge


def _label(path: str) -> Label:
    feed, part = part_of(path)
    return _NONE if feed is None else (feed or "/", part)


def _numbers(one: Visited) -> dict[str, int]:
    return {
        "requests": one.requests,
        "response_bytes": one.sent,
        "not_modified": one.not_modified,
        "deltas": one.deltas,
        "readers": one.readers,
        "subscribers": sum(one.announced.values()),
    }


def _state(ports: Ports) -> Iterator[Metric]:
    """What `status` tells, and what of it wants a person."""
    from prometheus_client.core import GaugeMetricFamily

    found = status(ports)
    articles = GaugeMetricFamily("syndicator_articles", "Articles by status.", labels=["status"])
    for one in Status:
        articles.add_metric([one.value], found.counts.get(one.value, 0))
    yield articles
    states = Counter(state.condition for state in ports.store.poll_states().values())
    sources = GaugeMetricFamily(
        "syndicator_sources", "Upstream sources by how it stands with polling.", labels=["state"]
    )
    for condition in Condition:
        sources.add_metric([condition.value], states[condition])
    yield sources
    numbers = {
        "documents": (found.counts.get("documents", 0), "Published documents."),
        "sources_paused": (found.counts.get("paused", 0), "Upstream sources that a person paused."),
        "sources_due": (ports.store.overdue(ports.now()), "Upstream sources that are due to be polled."),
        "files": (found.counts.get("files", 0), "Article files in the folder."),
        "file_problems": (len(found.problems), "Article files that are not published as they are."),
        "files_missing": (found.missing, "Article files that are gone while their article is not withdrawn."),
        "removals_held": (found.removals_held, "1 while so many files are gone that nothing is withdrawn."),
        "dirty_feeds": (len(found.dirty_feeds), "Feeds whose documents wait to be rendered."),
        "ok": (found.ok, "1 while nothing keeps articles from being published."),
        "trouble": (bool(found.trouble), "1 while documents cannot be published, or the folder not be read."),
    }
    for name, (number, told) in numbers.items():
        yield GaugeMetricFamily(f"syndicator_{name}", told, value=number)
    if found.scanned_at is not None:
        scanned = datetime.fromisoformat(found.scanned_at).timestamp()
        told = "When the folder was last read, in seconds from 1970."
        yield GaugeMetricFamily("syndicator_last_scan_timestamp_seconds", told, value=scanned)
    room = ports.store.room()
    if room is not None:
        yield GaugeMetricFamily("syndicator_store_free_bytes", "Room on the disk of the store.", value=room)
