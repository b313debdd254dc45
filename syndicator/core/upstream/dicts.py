"""An XML document to feedparser's dicts, of the entries alone that are not known yet."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any
from urllib.parse import urljoin, urlsplit

from syndicator.core.upstream import charset, refusals
from syndicator.core.upstream.cut import Cut, cut
from syndicator.core.upstream.feedparsing import MOST_ELEMENTS, NotWellFormed, Reading, loose, strict
from syndicator.core.upstream.limits import MAX_TEXT, too_complex
from syndicator.core.upstream.memory import DIGEST, known_digests
from syndicator.core.upstream.mending import mended
from syndicator.core.upstream.prolog import Prolog, without_declarations
from syndicator.model import Incoming

MAX_ENTRY = MAX_TEXT
"""Bytes of an entry; one that is larger is left out."""
MAX_WHOLE = 4 * 1024 * 1024
"""Bytes of a document up to which it is read as a whole where it should be; a larger one is cut where it can be."""
MAX_LOOSE = 2 * 1024 * 1024
"""Bytes that are read of a document that is not well-formed."""

_PORTION = 500
_PORTION_BYTES = 2 * 1024 * 1024
_PORTION_TAGS = MOST_ELEMENTS // 2
_SCHEME = b"1"
_INHERITED_KEYS = (
    "author",
    "author_detail",
    "authors",
    "publisher",
    "publisher_detail",
    "rights",
    "rights_detail",
    "language",
    "link",
    "itunes_explicit",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dicts:
    """What feedparser's rules make of a document, before it becomes articles.

    `feed` and each entry are plain dicts of feedparser's names: `d["updated"]` is only there where it was given, and
    nothing stands in for it. `version` is `rss20`, `atom10` and so on, empty where it names none. `entries` are those
    that were not known, in the order of the document, with the digest that each is known by from now on. `order` has
    the digest of every entry that is remembered, and whether it was known: the records of `Parsed.seen`, in order.
    `bozo` says what is not well-formed and where, `encoding` how the bytes were read. `whole`: the document could not
    be cut; `odd` says why. `total` counts all its entries, `dropped` those left out beyond the bound. `notices` are
    for a person.

    `documents` are what was parsed, in UTF-8 without declarations: the head and the new entries, in portions; their
    entries taken together are `entries`. Where `whole`, it is the one document, and has all of `order`.
    """

    feed: Mapping[str, Any]
    version: str = ""
    entries: tuple[tuple[bytes, Mapping[str, Any]], ...] = ()
    order: tuple[tuple[bytes, bool], ...] = ()
    bozo: str | None = None
    encoding: str = "utf-8"
    whole: bool = False
    odd: str | None = None
    total: int = 0
    dropped: int = 0
    notices: tuple[str, ...] = ()
    documents: tuple[bytes, ...] = ()


def xml_entries(incoming: Incoming) -> Dicts:
    """The entries of `incoming.body` that `incoming.entries` does not know.

    Raises BadFeed: `empty`, `not_a_feed`, `too_complex`, or `parse` where nothing could be read. Of what is not
    well-formed it gives what could be read, and says so in `bozo`.
    """
    refusals.refuse_bytes(incoming.body)
    decoded = charset.to_utf8(incoming.body, incoming.content_type)
    prolog = without_declarations(decoded.data)
    refusals.refuse_document(prolog)
    base = _base(incoming)
    made = _well_formed(prolog, has_base=bool(base))
    found = _Reader(incoming, base, prolog).read(made)
    if not (found.order or found.version or found.feed.get("title") or made.cut.tags):
        raise refusals.nothing_found(prolog.root)
    bozo = found.bozo or ("line 1: white space before the XML declaration" if prolog.late else None)
    notices = (f"the text is damaged: {decoded.oddity}", *found.notices) if decoded.oddity else found.notices
    return replace(found, bozo=bozo, notices=notices, version=_version(found, prolog), encoding=decoded.encoding)


def _version(found: Dicts, prolog: Prolog) -> str:
    if b"netscape" in prolog.doctype.lower():
        return "rss091n"
    return found.version or ("cdf" if prolog.root.lower() == "channel" else "")


def _base(incoming: Incoming) -> str:
    """What relative addresses are resolved against: where it came from, or what that host says it is."""
    base = incoming.url if urlsplit(incoming.url).scheme in ("http", "https") else ""
    if base and incoming.content_location:
        try:
            located = urljoin(base, incoming.content_location)
            return located if urlsplit(located)[:2] == urlsplit(base)[:2] else base
        except ValueError:
            return base
    return base


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A document that was cut, maybe after it was mended; `bozo` says what was wrong with it."""

    cut: Cut
    bozo: str | None = None


def _well_formed(prolog: Prolog, *, has_base: bool) -> _Made:
    found = cut(prolog.data, has_base=has_base)
    if not found.error:
        return _Made(cut=found)
    bozo = f"line {found.line}: {found.error}"
    data = mended(prolog.data)
    if data != prolog.data:
        second = cut(data, has_base=has_base)
        if not second.error or len(second.entries) > len(found.entries):
            found = second
    return _Made(cut=found, bozo=bozo)


class _Reader:
    """Decides how a document is read, and reads it."""

    def __init__(self, incoming: Incoming, base: str, prolog: Prolog) -> None:
        self._incoming = incoming
        self._base = base
        self._prolog = prolog
        self._known = known_digests(incoming.entries)

    def read(self, made: _Made) -> Dicts:
        found = made.cut
        if found.error:
            return replace(self._not_well_formed(found), bozo=made.bozo)
        odd = found.odd or ("its document type declares entities" if self._prolog.subset else None)
        digests = found.digests(self._context())
        if not odd and len(set(digests)) < len(digests):
            odd = "two of its entries are the same"
        if odd is None or (found.entries and self._is_large(found)):
            try:
                return replace(self._parts(found, digests), bozo=made.bozo)
            except _NotAsCut:
                odd = "its entries are not what they seemed"
        return replace(self._whole(found, odd), bozo=made.bozo)

    def _is_large(self, found: Cut) -> bool:
        return len(found.data) > MAX_WHOLE or len(found.entries) > self._incoming.most

    def _context(self) -> bytes:
        """What entries inherit from beyond the document. The query of its address changes nothing that they say."""
        address = self._base.partition("#")[0].partition("?")[0]
        language = self._incoming.content_language or ""
        return b"\n".join([_SCHEME, self._prolog.doctype, address.encode(), language.encode("utf-8", "replace")])

    # --- cut

    def _parts(self, found: Cut, digests: list[bytes]) -> Dicts:
        spans = found.entries
        fit = [i for i, (start, end) in enumerate(spans) if end - start <= MAX_ENTRY]
        if spans and not fit:
            raise too_complex(f"no entry of less than {MAX_ENTRY >> 20} MiB")
        read = self._newest(found, fit)
        new = [i for i in read if digests[i] not in self._known]
        readings, documents = self._portions(found, new)
        entries = [entry for reading in readings for entry in reading.entries]
        notices = []
        if len(fit) < len(spans):
            notices.append(f"{_count(len(spans) - len(fit))} of more than {MAX_ENTRY >> 20} MiB left out")
        if incomplete := sum(not reading.complete for reading in readings):
            notices.append(f"{_count(incomplete)} with so many elements that not all were read")
        return Dicts(
            feed=readings[0].feed,
            version=readings[0].version,
            entries=tuple((digests[i], entry) for i, entry in zip(new, entries, strict=True)),
            order=tuple((digests[i], digests[i] in self._known) for i in read),
            total=len(spans),
            dropped=len(fit) - len(read),
            notices=tuple(notices),
            documents=documents,
        )

    def _newest(self, found: Cut, fit: list[int]) -> list[int]:
        """The entries within the bound: the first ones, unless the dates say that the newest stand last."""
        most = self._incoming.most
        if len(fit) <= most:
            return fit
        ends = self._parse(found.with_only([found.entries[fit[0]], found.entries[fit[-1]]], bare=True)).entries
        first, last = (_date(ends[0]), _date(ends[-1])) if len(ends) == 2 else (None, None)
        return fit[-most:] if first is not None and last is not None and last > first else fit[:most]

    def _portions(self, found: Cut, new: list[int]) -> tuple[list[Reading], tuple[bytes, ...]]:
        readings, documents = [], []
        for number, portion in enumerate(_in_portions(found, new)):
            document = found.with_only([found.entries[i] for i in portion], bare=number > 0)
            reading = self._parse(document, later=bool(portion) and portion[0] > 0)
            if len(reading.entries) != len(portion):
                raise _NotAsCut
            readings.append(reading)
            documents.append(document)
        return readings, tuple(documents)

    def _parse(self, document: bytes, *, later: bool = False) -> Reading:
        try:
            return strict(document, self._base, self._incoming.content_language, later=later)
        except NotWellFormed:
            raise _NotAsCut from None

    # --- whole

    def _whole(self, found: Cut, odd: str) -> Dicts:
        if found.long_text:
            raise too_complex(f"a text of more than {MAX_TEXT >> 20} MiB")
        try:
            reading = strict(found.data, self._base, self._incoming.content_language)
        except NotWellFormed:
            reading = loose(found.data[:MAX_LOOSE], self._base, self._incoming.content_language)
        return self._of_reading(reading, found.data, odd)

    def _not_well_formed(self, found: Cut) -> Dicts:
        """As far as it goes: a large one up to the fault, where there is something before it."""
        if len(found.data) > MAX_LOOSE and found.entries:
            try:
                read = self._parts(found, found.digests(self._context()))
            except _NotAsCut:
                pass
            else:
                return replace(read, notices=(*read.notices, "what stands behind the fault was not read"))
        reading = loose(self._prolog.data[:MAX_LOOSE], self._base, self._incoming.content_language)
        return self._of_reading(reading, self._prolog.data[:MAX_LOOSE], "it is not well-formed")

    def _of_reading(self, reading: Reading, data: bytes, odd: str) -> Dicts:
        inherited = blake2b(repr([reading.feed.get(key) for key in _INHERITED_KEYS]).encode("utf-8", "replace"))
        inherited.update(self._context())
        most = self._incoming.most
        digests = [_digest(inherited.digest(), entry) for entry in reading.entries[:most]]
        cut_off = not reading.complete or len(self._prolog.data) > len(data)
        return Dicts(
            feed=reading.feed,
            version=reading.version,
            entries=tuple(
                (digest, entry)
                for digest, entry in zip(digests, reading.entries, strict=False)
                if digest not in self._known
            ),
            order=tuple((digest, digest in self._known) for digest in digests),
            whole=True,
            odd=odd,
            total=len(reading.entries),
            dropped=len(reading.entries) - len(digests),
            notices=("the document is too large to be read to its end",) if cut_off else (),
            documents=(data,),
        )


class _NotAsCut(Exception):
    """The small document did not give the entries that were cut out."""


def _in_portions(found: Cut, new: list[int]) -> Iterator[list[int]]:
    """At least one portion, even of nothing: the head is read too."""
    portion: list[int] = []
    size = tags = 0
    for index in new:
        start, end = found.entries[index]
        own = found.data.count(b"<", start, end)
        if portion and (len(portion) >= _PORTION or size + end - start > _PORTION_BYTES or tags + own > _PORTION_TAGS):
            yield portion
            portion, size, tags = [], 0, 0
        portion.append(index)
        size, tags = size + end - start, tags + own
    yield portion


def _digest(inherited: bytes, entry: Mapping[str, Any]) -> bytes:
    text = repr(entry).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=DIGEST, key=inherited[:32]).digest()


def _date(entry: Mapping[str, Any]) -> int | None:
    for key in ("published_parsed", "updated_parsed"):
        moment = entry.get(key)
        if isinstance(moment, time.struct_time):
            try:
                return calendar.timegm(moment)
            except (ValueError, OverflowError):
                continue
    return None


def _count(number: int) -> str:
    return "1 entry" if number == 1 else f"{number:,} entries"
