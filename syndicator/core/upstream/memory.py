"""What is remembered of a document's entries between two polls: 24 bytes for each."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DIGEST = 8
NOTHING = bytes(DIGEST)
_LAYOUT = struct.Struct("8s8s8s")
RECORD = _LAYOUT.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry as it is remembered: 8 bytes each of its digest, its id and its link, as `core.entries.record` makes
    them; zeros where it has none."""

    digest: bytes
    id: bytes = NOTHING
    link: bytes = NOTHING


def pack(records: Iterable[Record]) -> bytes:
    """The records as bytes, in their order."""
    return b"".join(_LAYOUT.pack(one.digest, one.id, one.link) for one in records)


def unpack(data: bytes) -> Iterator[Record]:
    """The records that `pack` wrote. Data that is not whole records is none of ours and gives nothing."""
    for digest, id, link in triples(data):
        yield Record(digest=digest, id=id, link=link)


def triples(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The same as bare digest, id and link, for who looks through all of them."""
    return iter(()) if len(data) % RECORD else _LAYOUT.iter_unpack(data)


def known_digests(data: bytes) -> frozenset[bytes]:
    """The digests of the records in `data`."""
    return frozenset(digest for digest, _, _ in triples(data))


def by_digest(data: bytes) -> dict[bytes, Record]:
    """The records in `data` by their digests."""
    return {one.digest: one for one in unpack(data)}
