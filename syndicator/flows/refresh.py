"""The whole journey from the folder to the feeds: what the daemon does for every event, and a command once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from syndicator.errors import FolderError
from syndicator.flows.digests import editions
from syndicator.flows.ingest import ingest
from syndicator.flows.publish import publish, renew, repair
from syndicator.flows.removals import sweep, transition
from syndicator.flows.showing import tidy
from syndicator.model import Report
from syndicator.ports import Ports


def refresh(
    ports: Ports,
    paths: Collection[str] | None = None,
    *,
    settled: bool = True,
    confirmed: bool = False,
    site: bool = True,
) -> Report:
    """Read what changed in the folder, or only `paths`; store what time changed; publish what came of it.

    See `ingest` for `settled`, `sweep` for `confirmed`, `publish` for `site`. Raises FolderError where there is no
    folder, after it published what was stored; PublicationError where files under `feeds/` cannot be written.
    """
    try:
        report = ingest(ports, paths, settled=settled)
        swept = sweep(ports, confirmed=confirmed) if paths is None else Report()
    except FolderError:
        advance(ports)
        raise
    passed = advance(ports, site=site)
    if swept.withdrawn or passed.withdrawn:
        tidy(ports)
    return replace(
        report,
        published=report.published + passed.published,
        withdrawn=swept.withdrawn + passed.withdrawn,
        documents=passed.documents,
    )


def advance(ports: Ports, *, site: bool = True) -> Report:
    """Store what time alone has changed, and publish whatever is not published yet; see `publish` for `site`."""
    passed = transition(ports)
    new = passed.published + editions(ports).published
    return replace(passed, published=new, documents=publish(ports, site=site).documents)


def begin(ports: Ports) -> Report:
    """All that a start needs: what is published is renewed, refreshed, and mended."""
    renew(ports)
    try:
        return refresh(ports)
    finally:
        repair(ports)
        tidy(ports)
