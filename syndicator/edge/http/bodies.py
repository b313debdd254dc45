"""Bodies, decoded within bounds while they come (S11, S12, S15). What is not whole is an error, never a body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from syndicator.core.coding import gunzipped, unbrotlied
from syndicator.edge.http.limits import Trouble

CRUMBS = 10_000
CRUMB = 16
"""More chunks than CRUMBS may come only while they have CRUMB bytes on average: each costs as much as a large one."""

_DECODERS = {"gzip": gunzipped, "x-gzip": gunzipped, "br": unbrotlied}


def coding(header: str) -> str:
    """The one coding of a Content-Encoding header, empty where there is none. Raises Trouble of the kind `coding`."""
    codings = [text for part in header.split(",") if (text := part.strip().lower()) not in ("", "identity")]
    if len(codings) > 1:
        raise Trouble("coding", "its content is coded more than once; its publisher must use one coding at most")
    if codings and codings[0] not in _DECODERS:
        raise Trouble("coding", "its content is coded in a way that nobody asked for; we read gzip and br")
    return codings[0] if codings else ""


def read(chunks: Iterable[bytes], coding: str, wire: int, most: int) -> tuple[bytes, int]:
    """The decoded body of at most `most` bytes, and how long it was before, `wire` bytes at most.

    Raises Trouble of the kinds `too_large`, `coding` and `protocol`.
    """
    received = 0

    def counted() -> Iterator[bytes]:
        nonlocal received
        for number, chunk in enumerate(chunks):
            received += len(chunk)
            if received > wire:
                raise _too_large(wire)
            if number > CRUMBS + received // CRUMB:
                raise Trouble("protocol", "it sends its document in crumbs, which costs more than it is worth")
            yield chunk

    pieces, size = [], 0
    try:
        for piece in _DECODERS[coding](counted()) if coding else counted():
            size += len(piece)
            if size > most:
                raise _too_large(most)
            pieces.append(piece)
    except EOFError as error:
        raise Trouble("protocol", "its content ends before it is whole; perhaps it is whole at the next try") from error
    except ValueError as error:
        raise Trouble("coding", f"its content is said to be {coding}, and is not; tell its publisher") from error
    return b"".join(pieces), received


def _too_large(most: int) -> Trouble:
    return Trouble("too_large", f"it is larger than {most / 1024 / 1024:.3g} MiB, which is more than we read")
