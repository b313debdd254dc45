"""Whether answers are right: each body fits its entity tag and its coding, and no document goes back in time.

Our entity tags are made of the bytes they stand for: 32 hex digits of their SHA-256, and a suffix for the coding. So
whoever is answered can tell a document that is mixed, torn or packed wrongly, without knowing what was published.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

import brotli

SUFFIXES = {"identity": "", "gzip": "-gz", "br": "-br", "zstd": "-zst"}
GRACE = 1.0
"""Seconds for which one process may still answer what another one has already replaced."""
_TAG = re.compile(r'"([0-9a-f]{32})(-gz|-br|-zst|)"')
_ENTRY = re.compile(rb"<(?:id|guid[^>]*)>([^<]+)</|\"id\": ?\"([^\"]+)\"")
_KEPT = 400
"""Bodies that are kept to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request: the path, the codings asked for (`Accept-Encoding`, empty: none), the tags that were sent."""

    path: str
    codings: str = ""
    tags: tuple[str, ...] = ()
    delta: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer, with the names of its fields in small letters, and when it was asked for and complete (seconds)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: float
    came: float


@dataclass(slots=True)
class _History:
    """The states of one path as they were seen: when each was first complete, and what it says of its last change."""

    newest: deque[tuple[float, datetime]] = field(default_factory=lambda: deque(maxlen=64))
    moments: OrderedDict[str, datetime] = field(default_factory=OrderedDict)


class Judge:
    """Looks at answers one after the other. Bodies that were found right are kept, so that the same costs little."""

    def __init__(self) -> None:
        self.judged = 0
        self._bodies: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._histories: dict[str, _History] = {}

    def faults(self, asked: Asked, answered: Answered) -> list[str]:
        """What is wrong with an answer, each as a sentence; nothing where it is right."""
        self.judged += 1
        found = self._of_status(asked, answered)
        return [f"{asked.path} ({answered.status}): {fault}" for fault in found]

    def _of_status(self, asked: Asked, answered: Answered) -> list[str]:
        if answered.status >= 500:
            return [f"an error of the server's: {answered.body[:100]!r}"]
        if answered.status in (429, 503):
            return [] if "retry-after" in answered.headers else ["nothing says when to come again"]
        if answered.status not in (200, 226, 304):
            return [f"not what was asked for: {answered.body[:100]!r}"]
        match = _TAG.fullmatch(answered.headers.get("etag", ""))
        if match is None:
            return [f"no entity tag of ours: {answered.headers.get('etag')!r}"]
        tag, suffix = match.groups()
        if answered.status == 304:
            faults = self._of_unchanged(asked, answered, tag + suffix)
        else:
            faults = self._of_body(asked, answered, tag, suffix)
        return faults + self._of_time(asked, answered, tag)

    def _of_unchanged(self, asked: Asked, answered: Answered, tag: str) -> list[str]:
        faults = [] if tag in asked.tags else [f"unchanged is {tag}, which was not asked about: {asked.tags}"]
        return faults + (["304 has a body"] if answered.body else [])

    def _of_body(self, asked: Asked, answered: Answered, tag: str, suffix: str) -> list[str]:
        coding = answered.headers.get("content-encoding", "identity")
        if suffix != SUFFIXES.get(coding):
            return [f"the tag is of {suffix or 'identity'}, the bytes are {coding}"]
        if coding != "identity" and coding not in asked.codings:
            return [f"{coding} was not asked for but {asked.codings!r}"]
        # A delta has the tag of the whole document: what it is made from decides which one it is.
        key = (asked.path, tag, coding, *(asked.tags if answered.status == 226 else ()))
        known = self._bodies.get(key)
        if known is not None:
            self._bodies.move_to_end(key)
            return [] if known == answered.body else [f"other bytes than before under the tag {tag}{suffix}"]
        try:
            body = decoded(answered.body, coding)
        except (ValueError, OSError, EOFError, zlib.error) as error:
            return [f"the bytes are not {coding}: {error}"]
        fault = self._of_delta(asked, answered, body, tag) if answered.status == 226 else _of_whole(body, tag)
        if fault:
            return [fault]
        self._keep(key, answered.body)
        if answered.status == 200:
            self._keep((asked.path, tag), body)
        return []

    def _of_delta(self, asked: Asked, answered: Answered, body: bytes, tag: str) -> str:
        """What is wrong with a delta: it may hold only what the whole has, and must have been asked for."""
        if not asked.delta or answered.headers.get("im") != "feed":
            return "a delta that was not asked for, or does not say that it is one"
        if "no-store" not in answered.headers.get("cache-control", ""):
            return "a delta that a cache may keep as the whole document"
        whole = self._bodies.get((asked.path, tag))
        more = ids(body) - ids(whole) if whole is not None else set()
        return f"a delta to {tag} with what the whole has not: {sorted(more)[:3]}" if more else ""

    def _of_time(self, asked: Asked, answered: Answered, tag: str) -> list[str]:
        """An older state, more than GRACE seconds after a newer one was complete, goes back in time."""
        history = self._histories.setdefault(asked.path, _History())
        told = answered.headers.get("last-modified")
        if told is not None:
            history.moments[tag] = parsedate_to_datetime(told)
            if len(history.moments) > _KEPT:
                history.moments.popitem(last=False)
        # A change within the second of the one before has none for a moment: what it says later counts.
        moment = history.moments.get(tag)
        if moment is None:
            return []
        known = [newer for came, newer in history.newest if came < answered.sent - GRACE]
        if not history.newest or moment > history.newest[-1][1]:
            history.newest.append((answered.came, moment))
        if known and moment < known[-1]:
            return [f"the state of {moment:%H:%M:%S} more than {GRACE:.0f} s after that of {known[-1]:%H:%M:%S}"]
        return []

    def _keep(self, key: tuple[str, ...], body: bytes) -> None:
        self._bodies[key] = body
        if len(self._bodies) > _KEPT:
            self._bodies.popitem(last=False)


def decoded(body: bytes, coding: str) -> bytes:
    """The bytes without their coding. Raises ValueError, OSError, EOFError or zlib.error where they are not."""
    match coding:
        case "gzip":
            return gzip.decompress(body)
        case "br":
            try:
                return bytes(brotli.decompress(body))
            except brotli.error as error:
                raise ValueError(str(error)) from error
        case "zstd":
            from backports import zstd

            try:
                return bytes(zstd.decompress(body))
            except zstd.ZstdError as error:
                raise ValueError(str(error)) from error
    return body


def ids(body: bytes) -> set[bytes]:
    """What a feed in any of our formats has between its ids."""
    return {atom or json for atom, json in _ENTRY.findall(body)}


def _of_whole(body: bytes, tag: str) -> str:
    made = hashlib.sha256(body).hexdigest()[:32]
    return f"the tag is {tag}, the bytes have {made}" if made != tag else ""
