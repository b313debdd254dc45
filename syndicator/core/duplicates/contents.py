"""What of a text is kept to compare it with others: a MinHash of its word shingles, and the bands it is found by.

Both must come out alike for ever, on every machine and with every version of the library, for they are stored. So the
hash of a shingle, the permutations and the scheme are ours and not the library's defaults.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from operator import eq
from typing import Any

PERMUTATIONS = 128
BANDS = 16
ROWS = PERMUTATIONS // BANDS
"""16 bands of 8 find 95 of 100 pairs that have 80 % of their shingles in common, and 1 of 1,000 that have 30 %."""
SHINGLE = 3
LEAST_WORDS = 60
"""Shorter texts have too little in them to be told from others."""
MOST_WORDS = 20_000
_PORTION = 2_000
_WORD = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|"
    "[^\\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
"""A word, or one letter of a script that puts no spaces between words."""


def words_of(text: str) -> list[str]:
    """The words of plain text in lower case, the first 20,000."""
    return _WORD.findall(text.casefold())[:MOST_WORDS]


def shingles(words: Sequence[str]) -> list[bytes]:
    """Each three consecutive words once, in no particular order."""
    line = " ".join(words).encode("utf-8", "surrogatepass").split(b" ")
    return list(set(map(b" ".join, zip(*(line[start:] for start in range(SHINGLE)), strict=False))))


def least_values(shingled: Sequence[bytes]) -> bytes:
    """The MinHash of shingles: 128 values of 4 bytes, the most significant first."""
    from datasketch import MinHash

    hashed = MinHash(
        num_perm=PERMUTATIONS, hashfunc=zlib.crc32, scheme="affine32", permutations=_permutations(), gpu_mode="disable"
    )
    for start in range(0, len(shingled), _PORTION):
        hashed.update_batch(shingled[start : start + _PORTION])
    packed: bytes = hashed.hashvalues.astype(">u4").tobytes()
    return packed


def bands(least: bytes) -> tuple[str, ...]:
    """What two texts have in common, in one of 16 places at least, where they are nearly the same."""
    size = ROWS * 4
    return tuple(
        f"{number:x}{hashlib.blake2b(least[number * size : (number + 1) * size], digest_size=8).hexdigest()}"
        for number in range(BANDS)
    )


def agreement(one: bytes, other: bytes) -> float:
    """The share of their shingles that two texts have in common, estimated from their MinHashes: 0.0 to 1.0."""
    equal = sum(map(eq, memoryview(one).cast("I"), memoryview(other).cast("I")))
    return float(equal / PERMUTATIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two texts, word by word: the share of their shingles that they have in common, in how many places at least one of
    them has something of its own, in how many each of them has, and what share of the shorter that is at least.

    What a text says twice counts twice.
    """

    share: float
    places: int
    replacements: int
    replaced: float


def compared(one: Sequence[str], other: Sequence[str]) -> Comparison:
    """Compare the words of two texts of three words at least."""
    ours, theirs = list(_in_order(one)), list(_in_order(other))
    missing = _missing(ours, theirs), _missing(theirs, ours)
    gaps = [sum(now > before for before, now in pairwise([False, *side])) for side in missing]
    total, own = len(ours) + len(theirs), sum(map(sum, missing))
    return Comparison(
        share=(total - own) / (total + own),
        places=max(gaps),
        replacements=min(gaps),
        replaced=min(map(sum, missing)) / min(len(ours), len(theirs)),
    )


def _missing(shingled: Sequence[tuple[str, ...]], other: Iterable[tuple[str, ...]]) -> list[bool]:
    known = set(other)
    return [shingle not in known for shingle in shingled]


def _in_order(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(SHINGLE)), strict=False)


@cache
def _permutations() -> Any:
    """The factors (odd) and summands of h -> factor * h + summand modulo 2**32."""
    import numpy

    digests = b"".join(hashlib.sha256(b"syndicator permutation %d" % number).digest()[:8] for number in range(128))
    drawn = numpy.frombuffer(digests, dtype=">u4").astype(numpy.uint32).reshape(PERMUTATIONS, 2).T.copy()
    drawn[0] |= numpy.uint32(1)
    return drawn
