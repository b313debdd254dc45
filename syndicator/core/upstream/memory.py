"""What is remembered of a document's entries between two polls: 24 bytes for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DIGEST = 8
RECORD = 24
NOTHING = bytes(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry as it is remembered: 8 bytes each of its digest, its id and its link, as `core.entries.record` makes
    them; zeros where it has none."""

    digest: bytes
    id: bytes = NOTHING
    link: bytes = NOTHING


def pack(records: Iterable[Record]) -> bytes:
    """The records as bytes, in their order."""
    return b"".join(one.digest + one.id + one.link for one in records)


def unpack(data: bytes) -> Iterator[Record]:
    """The records that `pack` wrote. Data that is not whole records is none of ours and gives nothing."""
    if len(data) % RECORD:
        return
    for start in range(0, len(data), RECORD):
        yield Record(
            digest=data[start : start + 8], id=data[start + 8 : start + 16], link=data[start + 16 : start + 24]
        )


def known_digests(data: bytes) -> frozenset[bytes]:
    """The digests of the records in `data`."""
    if len(data) % RECORD:
        return frozenset()
    return frozenset(data[start : start + DIGEST] for start in range(0, len(data), RECORD))


def by_digest(data: bytes) -> dict[bytes, Record]:
    """The records in `data` by their digests."""
    return {one.digest: one for one in unpack(data)}
