"""A well-formed document cut into its entries, each of which is digested with all that it inherits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from syndicator.core.upstream.limits import MAX_NODES, MAX_TEXT
from syndicator.core.upstream.memory import DIGEST
from syndicator.core.upstream.scan import Scan, Span, Unit, Watchful

_CHURNING = re.compile(rb"\slastmod\s*=\s*(?:\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_BASE = re.compile(rb"base\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where the entries of a document stand, and what else there is.

    `odd` says why the document must be read as a whole all the same. `error` says what is not well-formed, with the
    line (1-based); `entries` are then those that ended before, and `closing` would end what was open. `long_text`: a
    text beyond MAX_TEXT stands in an entry.
    """

    data: bytes
    entries: list[Span]
    units: list[Unit]
    tags: list[Span]
    odd: str | None = None
    error: str | None = None
    line: int | None = None
    closing: bytes = b""
    long_text: bool = False

    def digests(self, context: bytes) -> list[bytes]:
        """Of each entry: of its bytes, and of all that it inherits. `context` is what it inherits beside those."""
        inherited = sha256(context)
        for start, end in self.tags:
            inherited.update(_CHURNING.sub(b"", self.data[start:end]))
        for unit in self.units:
            if unit.inherited:
                inherited.update(self.data[slice(*unit.span)])
        seed, view = sha256(inherited.digest()), memoryview(self.data)
        digests = []
        for start, end in self.entries:
            digest = seed.copy()
            digest.update(view[start:end])
            digests.append(digest.digest()[:DIGEST])
        return digests

    def with_only(self, spans: list[Span], *, bare: bool = False) -> bytes:
        """The document with these entries alone; `bare` is without what else is in the feed but its picture."""
        first, last = (self.entries[0][0], self.entries[-1][1]) if self.entries else (len(self.data), len(self.data))
        after = self.closing or self.data[last:]
        if not bare:
            before = self.data[:first]
        else:
            units = [unit.span for unit in self.units if unit.name != "image"]
            before = b"".join(self._without(units, 0, first))
            after = self.closing or b"".join(self._without(units, last, len(self.data)))
        return b"".join([before, *(self.data[start:end] for start, end in spans), after])

    def _without(self, spans: list[Span], start: int, end: int) -> Iterator[bytes]:
        for first, last in spans:
            if start <= first and last <= end:
                yield self.data[start:first]
                start = last
        yield self.data[start:end]


def cut(data: bytes, *, has_base: bool = True) -> Cut:
    """Find the entries of a document in UTF-8 without declarations. Raises BadFeed for one beyond a bound.

    `has_base`: the document has an address, against which its relative ones are resolved.
    """
    large = len(data) > MAX_TEXT or data.count(b"<") > MAX_NODES
    scan = Watchful(data) if large else Scan(data)
    error, line = scan.run()
    odd = scan.odd or scan.naming.odd
    if not has_base and _BASE.search(data):
        odd = odd or "it has no address but what its elements say"
    return Cut(
        data=data,
        entries=scan.entries,
        units=scan.units,
        tags=scan.tags,
        odd=odd,
        error=error,
        line=line,
        closing=scan.closing() if error else b"",
        long_text=scan.long_text,
    )
