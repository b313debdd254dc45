"""What lies behind a feed's current document (RFC 5005): read back on first subscription, and to close a gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from syndicator.core import entries
from syndicator.core.polling.schedule import HOST_GAP
from syndicator.errors import BadFeed, FetchError
from syndicator.model import Claim, Parsed
from syndicator.ports import Ports

LONGEST_REQUEST = timedelta(seconds=75)
"""A request is only begun while our lease lasts for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that was read, and where it came from."""

    url: str
    parsed: Parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Documents older than the current one, the oldest first, and why there are not more, where that is a pity."""

    documents: tuple[Document, ...] = ()
    notice: str = ""


def earlier(ports: Ports, claim: Claim, current: Document, *, first: bool, ask: Callable[[str], Document]) -> Backlog:
    """The documents that are to be read beside the current one, at most `Policy.archives` of them.

    On first subscription: all. Later: none, unless nothing in the current document is known, so that there may be
    articles between; then back to the first document in which something is.
    """
    known = entries.document(claim.state.entries)
    if not first and (not claim.state.entries or _meets(current.parsed, known)):
        return Backlog()
    found: list[Document] = []
    seen = {claim.source.url, current.url}
    document = current
    notice = ""
    while len(found) < ports.policy.archives:
        url = _before(document.parsed)
        if url is None or url in seen:
            break
        if ports.now() + LONGEST_REQUEST > claim.until:
            notice = f"older documents than {len(found)} of its archive were left, since its server is slow"
            break
        seen.add(url)
        ports.sleep(HOST_GAP.total_seconds())
        try:
            document = ask(url)
        except (FetchError, BadFeed) as error:
            notice = f"its archive could not be read beyond {len(found)} documents: {error}"
            break
        found.append(document)
        if not first and _meets(document.parsed, known):
            break
    return Backlog(documents=tuple(reversed(found)), notice=notice)


def _before(parsed: Parsed) -> str | None:
    """The document before this one: of an archive (RFC 5005 section 4), else of a paged feed (section 3)."""
    links = {link.rel: link.href for link in reversed(parsed.links)}
    return links.get("prev-archive") or links.get("next")


def _meets(parsed: Parsed, known: entries.Document) -> bool:
    there = entries.document(parsed.seen)
    return there.total == 0 or bool(there.pairs & known.pairs)
