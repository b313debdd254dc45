"""Requests by their parts, and what RFC 9110 says must come back: worked out from what each part means, not from its
text, so that nothing here reads header fields."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime

ALL = ("br", "zstd", "gzip", "identity")
"""Every coding, smallest first: what is chosen among equals."""
TAGS = {"identity": "", "gzip": "-gz", "br": "-br", "zstd": "-zst"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """Accept-Encoding: which codings may be sent, the best first (none: 406), and which ones a copy may be in."""

    text: str | None
    best: tuple[str, ...]
    readable: tuple[str, ...]


def _coding(text: str | None, best: tuple[str, ...], readable: tuple[str, ...] | None = None) -> Coding:
    return Coding(text=text, best=best, readable=best if readable is None else readable)


CODINGS: Mapping[str, Coding] = {
    # Anything may be sent to who says nothing, but only the plain bytes are read by everybody.
    "absent": _coding(None, ("identity",)),
    "empty": _coding("", ("identity",)),
    "identity": _coding("identity", ("identity",)),
    "gzip": _coding("gzip", ("gzip", "identity")),
    "x-gzip": _coding("x-gzip", ("gzip", "identity")),
    "br": _coding("br", ("br", "identity")),
    "zstd": _coding("zstd", ("zstd", "identity")),
    "any": _coding("*", ALL),
    "no-gzip": _coding("gzip;q=0", ("identity",)),
    "no-br": _coding("br;q=0, *", ("zstd", "gzip", "identity")),
    "no-zstd": _coding("zstd;q=0.000, gzip, br", ("br", "gzip", "identity")),
    "no-identity": _coding("identity;q=0", ("gzip", "br", "zstd"), ()),
    # Where there is none, what was not refused is better than nothing.
    "no-identity-but-br": _coding("identity;q=0, br;q=0.2", ("br", "gzip", "zstd"), ("br",)),
    "nothing": _coding("*;q=0", ()),
    "nothing-at-all": _coding("identity;q=0, gzip;q=0, br;q=0, zstd;q=0, *;q=0", ()),
    "browser": _coding("gzip, deflate, br, zstd", ALL),
    "weighted": _coding("GZIP;q=1.0 , br ; q=0.5, zstd;q=0.8", ("gzip", "zstd", "br", "identity")),
    "prefers-plain": _coding("identity, gzip;q=0.5", ("identity", "gzip"), ("gzip", "identity")),
    "garbage": _coding(',;;q=,gzip;q=2,,"br", zstd;q=-1', ("identity",)),
}

ANY = "*"
BASE = "https://news.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """A field of entity tags: the text, in which `{tag}` is the document's and `{old}` one that it had, and which ones
    that text names: pairs of whether it is weak and the suffix, or `*`. `old` is the suffix with which it names the
    old one."""

    text: str | None
    names: tuple[tuple[bool, str], ...] | str = ()
    old: str | None = None


NONE_MATCH: Mapping[str, Tags] = {
    "absent": Tags(text=None),
    "same": Tags(text='"{tag}"', names=((False, ""),)),
    "same-gzip": Tags(text='"{tag}-gz"', names=((False, "-gz"),)),
    "same-br": Tags(text='"{tag}-br"', names=((False, "-br"),)),
    "same-zstd": Tags(text='"{tag}-zst"', names=((False, "-zst"),)),
    "weak": Tags(text='W/"{tag}"', names=((True, ""),)),
    "weak-br": Tags(text='W/"{tag}-br"', names=((True, "-br"),)),
    "among-others": Tags(text='"x", W/"y",\t"{tag}-gz" , "z"', names=((False, "-gz"),)),
    "several-of-ours": Tags(
        text='"{tag}-gz", "{tag}", "{tag}-br"', names=((False, "-gz"), (False, ""), (False, "-br"))
    ),
    "any": Tags(text="*", names=ANY),
    "other": Tags(text='"nothing"'),
    "other-coding": Tags(text='"{tag}-xz"'),
    "quoted-star": Tags(text='"*"'),
    "unquoted": Tags(text="{tag}"),
    "open": Tags(text='"{tag}'),
    "empty": Tags(text=""),
    "old": Tags(text='"{old}"', old=""),
    "old-br-weak": Tags(text='"nothing", W/"{old}-br"', old="-br"),
    "old-and-same": Tags(text='"{old}", "{tag}"', names=((False, ""),), old=""),
}
MATCH: Mapping[str, Tags] = {
    "absent": Tags(text=None),
    "same": Tags(text='"{tag}"', names=((False, ""),)),
    "same-br": Tags(text='"{tag}-br"', names=((False, "-br"),)),
    "weak": Tags(text='W/"{tag}"', names=((True, ""),)),
    "any": Tags(text="*", names=ANY),
    "among-others": Tags(text='"x", "{tag}", "{tag}-br"', names=((False, ""), (False, "-br"))),
    "other": Tags(text='"nothing"'),
    "empty": Tags(text=""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A field with a date: so long after the document's change, or after `now`; neither: no date, with this text."""

    text: str | None = "%a, %d %b %Y %H:%M:%S GMT"
    after: timedelta | None = None
    from_now: timedelta | None = None

    def at(self, changed: datetime, now: datetime) -> datetime | None:
        """The moment meant, to the second."""
        if self.text is not None and self.after is not None:
            return changed + self.after
        return now.replace(microsecond=0) + self.from_now if self.text and self.from_now is not None else None

    def said(self, changed: datetime, now: datetime) -> str | None:
        """The field's value."""
        moment = self.at(changed, now)
        return self.text if moment is None or self.text is None else moment.strftime(self.text)


SECOND = timedelta(seconds=1)
DATES: Mapping[str, Moment] = {
    "absent": Moment(text=None),
    "equal": Moment(after=timedelta()),
    "older": Moment(after=-SECOND),
    "newer": Moment(after=SECOND),
    "now": Moment(from_now=timedelta()),
    "in-the-future": Moment(from_now=SECOND),
    "far-in-the-future": Moment(from_now=timedelta(days=3000)),
    "long-ago": Moment(after=timedelta(days=-9000)),
    "rfc850": Moment(text="%A, %d-%b-%y %H:%M:%S GMT", after=timedelta()),
    "asctime": Moment(text="%a %b %d %H:%M:%S %Y", after=timedelta()),
    "garbage": Moment(text="last week"),
    "empty": Moment(text=""),
}

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "BREW")
DELTAS: Mapping[str, tuple[str | None, bool]] = {
    "absent": (None, False),
    "feed": ("feed", True),
    "others": ("vcdiff, diffe", False),
    "among-others": ("vcdiff;q=1.0, FEED;q=0.5, gzip;q=0", True),
    "refused": ("feed;q=0", False),
    "garbage": (";;=feed", False),
}
"""A-IM: its text, and whether it asks for what is new in a feed."""
RANGES: Mapping[str, Mapping[str, str]] = {
    "absent": {},
    "single": {"Range": "bytes=0-9"},
    "last": {"Range": "bytes=-1"},
    "many": {"Range": "bytes=0-0,2-2,4-4,6-6,8-8"},
    "absurd": {"Range": "bytes=99999999999999999999999-,,-,x"},
    "if-range-same": {"Range": "bytes=0-9", "If-Range": '"{tag}"'},
    "if-range-other": {"Range": "bytes=0-9", "If-Range": '"nothing"'},
}
MOMENTS: Mapping[str, tuple[str | None, int]] = {
    "absent": (None, 200),
    "past": ("Fri, 01 May 2026 12:05:30 GMT", 302),
    "before-all": ("Thu, 01 Jan 1970 00:00:00 GMT", 302),
    "garbage": ("yesterday", 400),
}
"""Accept-Datetime: its text, and what it comes to where past states are kept (RFC 7089 4.5)."""
DESTINATIONS = (None, "document", "empty", "image", "")
QUERIES = ("", "utm_source=rss&b=%3C", "feed.xml?x=/../y", "Accept-Encoding=gzip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A request by the names of its parts; unnamed parts are absent."""

    path: str = "feed.xml"
    method: str = "GET"
    coding: str = "absent"
    none_match: str = "absent"
    modified_since: str = "absent"
    match: str = "absent"
    unmodified_since: str = "absent"
    delta: str = "absent"
    range: str = "absent"
    moment: str = "absent"
    destination: str | None = None
    query: str = ""

    def headers(self, document: Document, now: datetime) -> dict[str, str]:
        """The fields as a client sends them."""
        changed = document.changed or now.replace(microsecond=0)
        given = {
            "Accept-Encoding": CODINGS[self.coding].text,
            "If-None-Match": NONE_MATCH[self.none_match].text,
            "If-Match": MATCH[self.match].text,
            "If-Modified-Since": DATES[self.modified_since].said(changed, now),
            "If-Unmodified-Since": DATES[self.unmodified_since].said(changed, now),
            "A-IM": DELTAS[self.delta][0],
            "Sec-Fetch-Dest": self.destination,
            "Accept-Datetime": MOMENTS[self.moment][0],
            **RANGES[self.range],
        }
        return {
            name: text.replace("{tag}", document.etag).replace("{old}", document.old)
            for name, text in given.items()
            if text is not None
        }


PARTS: Mapping[str, Collection[str | None]] = {
    "method": METHODS,
    "coding": CODINGS,
    "none_match": NONE_MATCH,
    "modified_since": DATES,
    "match": MATCH,
    "unmodified_since": DATES,
    "delta": DELTAS,
    "range": RANGES,
    "moment": MOMENTS,
    "destination": DESTINATIONS,
    "query": QUERIES,
}
"""Every part of a request but its path, with all that it can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What lies at a path, as the store or a plain look at it tells. `status` is what anybody who asks gets.

    `bodies` has those of its codings that are kept. `old` is an entity tag that it had, from which there are deltas
    where `deltas`; `first` the moment of the first state that is kept.
    """

    status: int = 200
    etag: str = "none"
    old: str = "older"
    changed: datetime | None = None
    bodies: Mapping[str, bytes] = field(default_factory=dict)
    media_type: str = ""
    varies: str = "Accept-Encoding"
    cache: str = ""
    fresh: int | None = None
    deltas: bool = False
    first: str = ""
    shown_as_xml: bool = False

    @property
    def stored(self) -> dict[str, str]:
        """What a cache must be told with 200 and 304 alike (RFC 9110 15.4.5)."""
        return {"Cache-Control": self.cache, "Vary": self.varies}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must come back. `fields` are those with a rule, None: it must not be there. `body` None: any."""

    status: int
    fields: Mapping[str, str | None]
    body: bytes | None


def expected(asking: Asking, document: Document, now: datetime) -> Expected:
    """What RFC 9110 says to a request, in the order of 13.2.2."""
    if asking.method == "OPTIONS":
        return Expected(status=200, fields={"ETag": None, "Content-Length": "0"}, body=b"")
    if asking.method not in ("GET", "HEAD"):
        return _refused(405, asking)
    # 13.2.1: conditions count only where the answer without them would be 2xx.
    if document.status != 200:
        return _refused(document.status, asking)
    if document.deltas and MOMENTS[asking.moment][0] is not None:
        return _led(asking, document)
    coding = CODINGS[asking.coding]
    selected = next((name for name in coding.best if name in document.bodies), None)
    if selected is None:
        return _refused(406, asking)
    readable = {document.etag + TAGS[name] for name in (selected, *coding.readable)}
    if not _may_go_on(asking, document, readable, now):
        return _refused(412, asking)
    known = _copy(asking, document, readable, document.etag + TAGS[selected], now)
    if known:
        return Expected(
            status=304,
            fields={
                **_told(document, now),
                "Content-Type": None,
                "Content-Length": None,
                "Content-Encoding": None,
                **({"ETag": f'"{known.pop()}"'} if len(known) == 1 else {}),
            },
            body=b"",
        )
    return _full(asking, document, selected, now)


def _full(asking: Asking, document: Document, selected: str, now: datetime) -> Expected:
    body = document.bodies[selected]
    as_xml = document.shown_as_xml and asking.destination == "document"
    media_type = document.media_type
    fields = {
        **_told(document, now),
        "ETag": f'"{document.etag}{TAGS[selected]}"',
        "Content-Encoding": None if selected == "identity" else selected,
        "Content-Length": str(len(body)),
        "Content-Type": "application/xml; charset=utf-8" if as_xml else media_type,
        "Content-Range": None,
        "IM": None,
        "Delta-Base": None,
    }
    none_match = NONE_MATCH[asking.none_match]
    # Who also names the document as it is, but in a coding that it refuses, gets all of it.
    if DELTAS[asking.delta][1] and document.deltas and none_match.old is not None and not none_match.names:
        # RFC 3229 10.4.1, 10.5.3, and the fields that keep it out of caches that do not know it.
        delta = {
            "IM": "feed",
            "Delta-Base": f'"{document.old}{none_match.old}"',
            "Cache-Control": f"no-store, im, max-age={document.fresh}",
            "Vary": f"{document.varies}, A-IM, If-None-Match",
        }
        unknown = ("Content-Length", "Content-Encoding", "ETag")
        return Expected(
            status=226,
            fields={name: text for name, text in {**fields, **delta}.items() if name not in unknown},
            body=b"" if asking.method == "HEAD" else None,
        )
    # 14.2: whoever has no parts to give ignores Range.
    return Expected(status=200, fields=fields, body=b"" if asking.method == "HEAD" else body)


def _may_go_on(asking: Asking, document: Document, readable: Collection[str], now: datetime) -> bool:
    """13.1.1 and, only without that field, 13.1.4."""
    match = MATCH[asking.match]
    if match.text is not None:
        return match.names == ANY or any(
            not weak and document.etag + suffix in readable
            for weak, suffix in match.names  # type: ignore[misc]
        )
    if document.changed is None:
        return True
    since = DATES[asking.unmodified_since].at(document.changed, now)
    return since is None or document.changed <= since


def _copy(asking: Asking, document: Document, readable: Collection[str], own: str, now: datetime) -> set[str]:
    """The tags by which a copy that the client has may be called current; none: it has none (13.1.2, 13.1.3)."""
    none_match = NONE_MATCH[asking.none_match]
    if none_match.text is not None:
        if none_match.names == ANY:
            return {own}
        named = {(weak, document.etag + suffix) for weak, suffix in none_match.names}  # type: ignore[misc]
        found = {tag for _, tag in named if tag in readable}
        return found or ({own} if any(weak for weak, _ in named) else set())
    if document.changed is None:
        return set()
    since = DATES[asking.modified_since].at(document.changed, now)
    return {own} if since is not None and document.changed <= since <= now else set()


def _told(document: Document, now: datetime) -> dict[str, str | None]:
    fresh = None if document.fresh is None else now + timedelta(seconds=document.fresh)
    return {
        **document.stored,
        "Last-Modified": format_datetime(document.changed, usegmt=True) if document.changed else None,
        "Expires": format_datetime(fresh.replace(microsecond=0), usegmt=True) if fresh else None,
    }


def _led(asking: Asking, document: Document) -> Expected:
    """To the state of that moment, by an answer that nobody else must get."""
    status = MOMENTS[asking.moment][1]
    fields = dict.fromkeys(("ETag", "Last-Modified", "IM")) | {"Cache-Control": "no-store"}
    there = {"past": "20260501120500", "before-all": document.first}.get(asking.moment)
    if there:
        fields |= {"Vary": "Accept-Datetime", "Location": f"{BASE}/mementos/{there}/{asking.path}"}
    return Expected(status=status, fields=fields, body=b"" if asking.method == "HEAD" else None)


def _refused(status: int, asking: Asking) -> Expected:
    fields: dict[str, str | None] = dict.fromkeys(("ETag", "Last-Modified", "Content-Encoding", "IM", "Expires"))
    if status in (405, 406, 412):
        fields["Cache-Control"] = "no-store"
    return Expected(status=status, fields=fields, body=b"" if asking.method == "HEAD" else None)


def one_at_a_time(path: str) -> Iterator[Asking]:
    """The plain request for a path, then each that differs from it in one part, for each method that may read."""
    for name, choices in PARTS.items():
        for choice in choices:
            yield Asking(**{"path": path, name: choice})  # type: ignore[arg-type]
            if name not in ("method", "query"):
                yield Asking(**{"path": path, "method": "HEAD", name: choice})  # type: ignore[arg-type]
