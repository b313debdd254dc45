"""A feed in XML: feedparser's dicts and lxml's elements together, to articles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from syndicator.core.entries import record
from syndicator.core.upstream import elements, memory
from syndicator.core.upstream.articles import Values, article, raw_id
from syndicator.core.upstream.dicts import Dicts, xml_entries
from syndicator.core.upstream.elements import Own, Tree
from syndicator.core.upstream.feed import Facts, facts
from syndicator.core.upstream.texts import Cuts
from syndicator.model import Entry, Incoming, Parsed

_ROOTS = {"rdf:rdf": "rss10", "rss:rss": "rss", "atom:feed": "atom", "rss:feed": "atom", "rss:channel": "cdf"}

_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
_TAIL = 2000
"""Bytes at the end of a document in which its root must be closed."""


def read_xml(incoming: Incoming) -> Parsed:
    """Read a feed in XML; entries that `incoming.entries` knows are left out of `entries`. Raises BadFeed."""
    dicts = xml_entries(incoming)
    base = _base(incoming)
    tree = elements.read(dicts.documents, base)
    cuts = Cuts()
    format = dicts.version or (_ROOTS.get(tree.root, "") if tree else "") or "unknown"
    feed = facts(
        dicts.feed,
        tree.head if tree else elements.of_values(dicts.feed),
        atom=format.startswith("atom"),
        base=base,
        url=incoming.url,
        language=incoming.content_language,
        cuts=cuts,
    )
    entries = _entries(dicts, tree, feed, cuts)
    return Parsed(
        format=format,
        upstream=feed.upstream,
        entries=entries,
        seen=_seen(dicts, entries, incoming.entries),
        total=dicts.total,
        dropped=dicts.dropped,
        links=feed.links,
        deleted=feed.deleted,
        hints=feed.hints,
        archive=feed.archive,
        complete=feed.complete,
        notices=(*_notices(dicts), *cuts.notices()),
        truncated=bool(dicts.bozo) and not _END.search(incoming.body[-_TAIL:].replace(b"\0", b"")),
    )


def _base(incoming: Incoming) -> str:
    """What the addresses in a document are relative to (RFC 3986 section 5.1); a host speaks for itself alone."""
    try:
        base = urljoin(incoming.url, incoming.content_location or "")
        return base if urlsplit(base)[:2] == urlsplit(incoming.url)[:2] else incoming.url
    except ValueError:
        return incoming.url


def _entries(dicts: Dicts, tree: Tree | None, feed: Facts, cuts: Cuts) -> tuple[Entry, ...]:
    owns = _paired(dicts, tree)
    return tuple(
        Entry(article=article(values, own, feed.inherited, cuts), digest=digest)
        for (digest, values), own in zip(dicts.entries, owns, strict=True)
    )


def _paired(dicts: Dicts, tree: Tree | None) -> list[Own]:
    """The elements of each entry. Where lxml does not see the same entries, what feedparser kept of them."""
    entries = [values for _, values in dicts.entries]
    owns = tree.entries if tree else ()
    if dicts.whole and len(owns) == dicts.total:
        owns = tuple(own for own, (_, was_known) in zip(owns, dicts.order, strict=False) if not was_known)
    if tree is None or len(owns) != len(entries):
        return [elements.of_values(values) for values in entries]
    if tree.well_formed:
        return list(owns)
    return [
        own if _agree(values, own) else elements.of_values(values) for values, own in zip(entries, owns, strict=True)
    ]


def _agree(values: Values, own: Own) -> bool:
    """Whether both speak of one entry: two readers may mend a broken document in different ways."""
    id = values.get("id")
    return not isinstance(id, str) or id.strip().endswith(raw_id(own))


def _seen(dicts: Dicts, entries: Sequence[Entry], known: bytes) -> bytes:
    """The records of all entries, in the order of the document."""
    before = memory.by_digest(known)
    now = {entry.digest: record(entry.digest, entry.article) for entry in entries}
    records = []
    for digest, was_known in dicts.order:
        if was_known and digest in before:
            records.append(memory.pack((before[digest],)))
        elif digest in now:
            records.append(now[digest])
    return b"".join(records)


def _notices(dicts: Dicts) -> tuple[str, ...]:
    notices = []
    if dicts.bozo:
        notices.append(f"not well-formed: {dicts.bozo}; read as far as it could be")
    if dicts.dropped:
        notices.append(f"the document holds {dicts.total:,} entries: {dicts.dropped:,} of them are left out")
    return (*notices, *dicts.notices)
