"""The property of partial parsing: what is read of a document without the entries that are known equals what the whole
parse of feedparser itself says of them, entry by entry.

    python -m tests.core.upstream.equality [N] [--seed S]

A case is a document and a random subset of its entries that are known. The documents are the real feeds, feedparser's
well-formed cases, and these spliced: entries of several in one, so that what one of them leaves behind meets others.
"""

from __future__ import annotations

import argparse
import io
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import feedparser

from syndicator.core.upstream import charset, feedparsing
from syndicator.core.upstream.cut import cut
from syndicator.core.upstream.dicts import Dicts, xml_entries
from syndicator.core.upstream.memory import Record, pack
from syndicator.core.upstream.mending import mended
from syndicator.core.upstream.prolog import without_declarations
from syndicator.errors import BadFeed
from syndicator.model import Incoming
from tests.conftest import shared

URL = "https://feeds.example.org/all/feed.xml?page=1"
HEADERS = {"content-type": "application/xml", "content-location": URL}
_MOST_SPLICED = 12


@dataclass(slots=True)
class Outcome:
    """What a run of cases gave."""

    cases: int = 0
    cut: int = 0
    whole: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    differences: list[str] = field(default_factory=list)


def real() -> list[Path]:
    """The real feeds in XML."""
    return sorted(path for path in shared("corpus", "real").iterdir() if path.suffix not in (".json", ".csv"))


def well_formed() -> list[Path]:
    """feedparser's well-formed cases."""
    return sorted(path for path in shared("corpus", "feedparser", "wellformed").rglob("*.xml"))


def whole(body: bytes) -> list[Any]:
    """The entries of the whole parse: feedparser's own. Of what it is not given as it stands, that of what it is given:
    a document that must be mended first, or one that declares entities, which are not expanded."""
    result = feedparser.parse(
        io.BytesIO(body), response_headers=HEADERS, sanitize_html=False, resolve_relative_uris=False
    )
    prolog = without_declarations(charset.to_utf8(body).data)
    is_strict = not result.bozo or isinstance(result.bozo_exception, feedparser.CharacterEncodingOverride)
    if is_strict and not prolog.subset:
        return list(result.entries)
    try:
        return list(feedparsing.strict(mended(prolog.data), URL, None).entries)
    except feedparsing.NotWellFormed:
        return list(result.entries)


def read(body: bytes, known: bytes = b"") -> Dicts:
    """The document as it is read with some of its entries known."""
    return xml_entries(Incoming(body=body, url=URL, content_type="application/xml", entries=known))


def records(digests: list[bytes]) -> bytes:
    """What is remembered of these entries."""
    return pack(Record(digest=digest) for digest in digests)


def differences(name: str, body: bytes, expected: list[Any], rng: random.Random, outcome: Outcome) -> None:
    """One case: the document read with a random subset known."""
    outcome.cases += 1
    try:
        first = read(body)
    except BadFeed:
        outcome.refused += 1
        return
    if first.whole:
        outcome.whole[str(first.odd)] += 1
    else:
        outcome.cut += 1
    known = {digest for digest, _ in first.order if rng.random() < rng.choice((0.0, 0.2, 0.5, 0.9, 1.0))}
    second = read(body, records(sorted(known)))
    digests = [digest for digest, _ in second.order]
    told = dict(zip(digests, expected, strict=False))
    faults = []
    if len(digests) != len(expected):
        faults.append(f"{len(digests)} entries, not {len(expected)}")
    if [digest for digest, is_known in second.order if not is_known] != [digest for digest, _ in second.entries]:
        faults.append("not the entries that are unknown")
    if {digest for digest, is_known in second.order if is_known} != known:
        faults.append("what is known differs")
    if not second.whole or first.odd == second.odd:
        faults += [f"entry {digests.index(d)}: {_first(e, told[d])}" for d, e in second.entries if e != told.get(d)]
    outcome.differences += [f"{name}: {fault}" for fault in faults]


def _first(one: Any, other: Any) -> str:
    keys = [key for key in {**one, **dict(other or {})} if dict.get(one, key) != dict.get(other or {}, key)]
    return ", ".join(f"{key}: {dict.get(one, key)!r} != {dict.get(other or {}, key)!r}" for key in keys[:2])[:500]


@cache
def _parts() -> dict[tuple[bytes, bytes], list[bytes]]:
    """The entries of the well-formed cases, by what their documents have before and after them but for the head."""
    groups: dict[tuple[bytes, bytes], list[bytes]] = {}
    for path in well_formed():
        data = without_declarations(charset.to_utf8(path.read_bytes()).data).data
        found = cut(data)
        if found.error or not found.entries or len(data) > 20_000:
            continue
        head = b"".join(data[start:end] for start, end in found.tags)
        ends = b"".join(data[found.entries[-1][1] :].split())
        groups.setdefault((head, ends), []).extend(data[start:end] for start, end in found.entries)
    return {key: entries for key, entries in groups.items() if len(entries) > 1}


def spliced(rng: random.Random) -> bytes:
    """A document of entries from several of the well-formed cases that begin alike, and some of their heads."""
    groups = _parts()
    keys = list(groups)
    head, ends = rng.choices(keys, weights=[len(groups[key]) for key in keys])[0]
    group = groups[(head, ends)]
    entries = rng.sample(group, k=min(rng.randint(2, _MOST_SPLICED), len(group)))
    extra = rng.choice((b"", b"", b"<title>A</title>", b"<summary>a</summary><description>b</description>"))
    return head + extra + b"\n".join(entries) + ends


def documents(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Documents without end."""
    feeds, cases = real(), well_formed()
    while True:
        kind = rng.random()
        if kind < 0.25:
            path = rng.choice(feeds)
            yield f"{path.parent.name}/{path.name}", path.read_bytes()
        elif kind < 0.5:
            path = rng.choice(cases)
            yield f"{path.parent.name}/{path.name}", path.read_bytes()
        else:
            body = spliced(rng)
            yield body.decode("utf-8", "replace"), body


def run(number: int, seed: int) -> Outcome:
    """So many cases."""
    rng = random.Random(seed)
    outcome = Outcome()
    known: dict[str, list[Any]] = {}
    for name, body in documents(rng):
        if outcome.cases >= number:
            break
        if name not in known:
            known[name] = whole(body)
        differences(name, body, known[name], rng, outcome)
        if name.startswith("<") or len(name) > 200:
            del known[name]
    return outcome


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.core.upstream.equality")
    parser.add_argument("number", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    outcome = run(options.number, options.seed)
    for difference in outcome.differences[:20]:
        print(difference)
    print(f"seed {options.seed}: {outcome.cases:,} cases, {outcome.cut:,} of them cut, ", end="")
    print(f"{sum(outcome.whole.values()):,} whole, {outcome.refused:,} refused")
    for reason, count in outcome.whole.most_common():
        print(f"  whole, as {reason}: {count:,}")
    print(f"{len(outcome.differences):,} differences")


if __name__ == "__main__":
    main()
