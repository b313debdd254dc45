"""How many read a document: estimates of different readers, and what aggregators say of theirs.

The sketch is a HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007), read with the estimator of Ertl (2017), which
needs no tables and is right for small and for large numbers alike.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

REGISTERS = 1024
"""Of a sketch: the standard error of an estimate is 1.04 / sqrt(1024) = 3.3 %."""
_INDEX_BITS = 10
_RANKS = 64 - _INDEX_BITS + 1
"""The highest value of a register."""
_ENTRY = 3
_USED = re.compile(rb"[^\0]")
_ALPHA = 1 / (2 * math.log(2))

MOST_SUBSCRIBERS = 1_000_000_000
LONGEST_AGENT = 500
"""Characters of a User-Agent that are looked at."""
_COUNT = re.compile(r"(?<![\w.,+-])([0-9]{1,10})\s{1,2}(?:subscriber(?:s|\(s\))?|readers?)(?![\w-])", re.IGNORECASE)
_TOKEN = r"([a-z][a-z0-9._-]{0,48}[a-z0-9])(?=[\s/;,)]|\Z)"
_PRODUCT = re.compile(_TOKEN, re.IGNORECASE)
_COMPATIBLE = re.compile(rf"\(compatible;\s?{_TOKEN}", re.IGNORECASE)
_FEED_ID = re.compile(r"(?<!\w)feed[-_]?id\s?[=:]\s?([0-9a-z]{1,40})(?!\w)", re.IGNORECASE)


def hashing(key: bytes) -> Callable[[str, str], int]:
    """What makes 64 bits of a reader's address and User-Agent that mean nothing to whoever lacks the key."""
    started = hashlib.blake2b(key=key, digest_size=8)

    def hashed(address: str, agent: str) -> int:
        state = started.copy()
        state.update(f"{address}\n{agent}".encode("utf-8", "surrogatepass"))
        return int.from_bytes(state.digest(), "big")

    return hashed


def empty() -> bytearray:
    """A sketch without readers."""
    return bytearray(REGISTERS)


def note(registers: bytearray, hashed: int) -> None:
    """Put a reader, as 64 bits that are evenly spread, into a sketch of REGISTERS bytes."""
    index = hashed & (REGISTERS - 1)
    rank = _RANKS - (hashed >> _INDEX_BITS).bit_length()
    if rank > registers[index]:
        registers[index] = rank


def packed(registers: bytearray) -> bytes:
    """A sketch as it is stored: three bytes for each register in use, or where that is less all registers."""
    used = [found.start() for found in _USED.finditer(registers)]
    if len(used) * _ENTRY >= REGISTERS:
        return bytes(registers)
    return b"".join([bytes((index >> 8, index & 255, registers[index])) for index in used])


def merged(one: bytes, other: bytes) -> bytes:
    """The sketch of all readers that are in either of two stored ones. Raises ValueError for what is no sketch."""
    if len(one) < len(other):
        one, other = other, one
    if one == other or not other:
        return one
    registers = _unpacked(one)
    raised = False
    for index, rank in _entries(other):
        if rank > registers[index]:
            registers[index] = rank
            raised = True
    return packed(registers) if raised else one


def _unpacked(sketch: bytes) -> bytearray:
    if len(sketch) == REGISTERS:
        return bytearray(sketch)
    registers = bytearray(REGISTERS)
    for index, rank in _entries(sketch):
        registers[index] = rank
    return registers


def _entries(sketch: bytes) -> Iterable[tuple[int, int]]:
    """The registers in use, by number."""
    if len(sketch) == REGISTERS:
        return enumerate(sketch)
    if len(sketch) > REGISTERS or len(sketch) % _ENTRY:
        raise ValueError(f"a sketch cannot have {len(sketch)} bytes")
    high, low, ranks = sketch[0::_ENTRY], sketch[1::_ENTRY], sketch[2::_ENTRY]
    return [(above << 8 | below, rank) for above, below, rank in zip(high, low, ranks, strict=True)]


def estimate(sketch: bytes) -> int:
    """How many different readers are in a stored sketch, about."""
    if not sketch:
        return 0
    numbers = _numbers(sketch)
    total = REGISTERS * _tau(1 - numbers[_RANKS] / REGISTERS)
    for rank in range(_RANKS - 1, 0, -1):
        total = (total + numbers[rank]) / 2
    total += REGISTERS * _sigma(numbers[0] / REGISTERS)
    return round(_ALPHA * REGISTERS * REGISTERS / total)


def _numbers(sketch: bytes) -> Counter[int]:
    """How many registers have which value."""
    if len(sketch) == REGISTERS:
        return Counter(sketch)
    numbers = Counter(sketch[_ENTRY - 1 :: _ENTRY])
    numbers[0] = REGISTERS - len(sketch) // _ENTRY
    return numbers


def _sigma(x: float) -> float:
    """x plus the sum over k of x to the power of 2**k, times 2**(k-1); 0 <= x < 1."""
    total, weight, before = x, 1.0, -1.0
    while total != before:
        x *= x
        before, total = total, total + x * weight
        weight *= 2
    return total


def _tau(x: float) -> float:
    """(1 - x - the sum over k of (1 - x to the power of 2**-k) squared, times 2**-k) / 3; 0 <= x <= 1."""
    if x in (0.0, 1.0):
        return 0.0
    total, weight, before = 1 - x, 1.0, -1.0
    while total != before:
        x = math.sqrt(x)
        weight /= 2
        before, total = total, total - (1 - x) ** 2 * weight
    return total / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """For how many people an aggregator says that it asks. `feed` is its own number of what it asks for, or empty."""

    aggregator: str
    subscribers: int
    feed: str = ""

    @property
    def key(self) -> str:
        """What tells the announcement from others for the same document: `name` or `name number`."""
        return f"{self.aggregator} {self.feed}" if self.feed else self.aggregator


def announcement(agent: str) -> Announcement | None:
    """What a User-Agent says of subscribers, like "Feedly/1.0 (…; 16 subscribers; …)"; None where it says nothing.

    No standard has this. The name is the first product without its version (RFC 9110 section 10.1.5), in lower
    case; for `Mozilla/5.0 (compatible; name; …)` that name. What has no name, says two different numbers, or one above
    1,000,000,000, is taken for an ordinary reader's.
    """
    if "ubscriber" not in agent and "eader" not in agent:
        return None
    agent = agent[:LONGEST_AGENT]
    numbers = {int(found) for found in _COUNT.findall(agent)}
    product = _PRODUCT.match(agent)
    if product is not None and product[1].lower() == "mozilla":
        product = _COMPATIBLE.search(agent)
    if product is None or len(numbers) != 1 or max(numbers) > MOST_SUBSCRIBERS:
        return None
    feed = _FEED_ID.search(agent)
    return Announcement(
        aggregator=product[1].lower(), subscribers=numbers.pop(), feed=feed[1].lower() if feed is not None else ""
    )


def by_aggregator(announced: Mapping[str, int]) -> dict[str, int]:
    """Subscribers by the aggregator's name, from those by `Announcement.key`.

    An aggregator that knows a document as several feeds has other subscribers for each: they add up. What it said
    without a number is not added to what it said with one: they may be the same people.
    """
    plain: dict[str, int] = {}
    numbered: Counter[str] = Counter()
    for key, subscribers in announced.items():
        name, _, feed = key.partition(" ")
        if feed:
            numbered[name] += subscribers
        else:
            plain[name] = subscribers
    return {name: max(plain.get(name, 0), numbered[name]) for name in sorted({*plain, *numbered})}
