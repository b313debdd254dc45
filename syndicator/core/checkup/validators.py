"""Validators, and what a conditional request makes of them: whether a reader is told that nothing has changed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import zip_longest

from syndicator.core.checkup.findings import Findings, warning
from syndicator.core.polling import headers
from syndicator.core.polling.headers import http_date
from syndicator.model import Response

NONE = warning(
    "validators-missing",
    "has neither ETag nor Last-Modified, so that each reader fetches all of it each time. Most servers set both for "
    "files; a program must do it itself.",
    "RFC 9110 8.8",
)
UNQUOTED = warning(
    "etag-unquoted",
    'has an ETag without quotes: {etag}. Caches and readers that are strict pass over it. Write it as "{etag}".',
    "RFC 9110 8.8.3",
)
ETAG_BAD = warning(
    "etag-unusable",
    "has an ETag that cannot be sent back (empty, too long, or with characters that may not be in it).",
    "RFC 9110 8.8.3",
)
DATE_BAD = warning(
    "last-modified-unreadable",
    "has a Last-Modified that is no date of HTTP: {written}. Write it as Wed, 02 Oct 2024 13:00:00 GMT.",
    "RFC 9110 8.8.2",
)
DATE_AHEAD = warning(
    "last-modified-ahead",
    "has a Last-Modified that lies ahead: {written}. It must not be later than Date.",
    "RFC 9110 8.8.2.1",
)
IGNORED = warning(
    "conditional-ignored",
    "sent all of it again, though the reader said what it has ({sent}) and nothing has changed. Each reader costs you "
    "all of it each time. Answer 304.{why}",
    "RFC 9110 13.1",
)
UNSTEADY_ETAG = warning(
    "etag-unsteady",
    "sent the same bytes with another ETag ({first}, then {second}), so that no reader is ever told that nothing has "
    "changed. Make it of the bytes, and the same on each of your servers.",
    "RFC 9110 8.8.3",
)
UNSTEADY_DATE = warning(
    "last-modified-unsteady",
    "sent the same bytes with another Last-Modified ({first}, then {second}): it is the time of the request. Let it be "
    "when the feed last changed.",
    "RFC 9110 8.8.2",
)
UNSTEADY_BODY = warning(
    "body-unsteady",
    "sent other bytes at the second request, a moment later: {where}. If that is a clock, a counter or an id of the "
    "request, no reader is ever told that nothing has changed. Take it out.",
    "RFC 9110 8.8.1",
)
LACKS = warning(
    "not-modified-lacks",
    "answered 304 without {names}, which the 200 had. Caches forget what they knew. Repeat them.",
    "RFC 9110 15.4.5",
)
OTHER_ETAG = warning(
    "not-modified-other-etag",
    "answered 304 with another ETag ({second}) than it had given ({first}). A reader that keeps the new one may miss a "
    "change.",
    "RFC 9110 15.4.5",
)
REFUSED = warning(
    "conditional-refused",
    "answered {status} to a reader that said what it has. The feed works the first time and fails from then on.",
    "RFC 9110 13.2",
)

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_REPEATED = ("etag", "cache-control", "expires", "vary", "content-location")
_AHEAD = timedelta(minutes=1)
_SHOWN = 40


def check(response: Response, now: datetime, found: Findings) -> None:
    """Note what is wrong with the validators of an answer; a date is judged by the server's own clock, if it tells."""
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    if etag is None and modified is None:
        found.add(NONE, response.url)
    if etag is not None and headers.validators(response)[0] is None:
        found.add(ETAG_BAD, response.url)
    elif etag is not None and not _ETAG.fullmatch(etag):
        found.add(UNQUOTED, response.url, etag=etag.strip('"'))
    date = http_date(modified)
    if modified is not None and date is None:
        found.add(DATE_BAD, response.url, written=modified or "(nothing)")
    elif date is not None and date > (http_date(response.headers.get("date")) or now) + _AHEAD:
        found.add(DATE_AHEAD, response.url, written=modified)


def again(first: Response, second: Response, found: Findings) -> None:
    """Note what is wrong with the answer to a conditional request that carried the validators of `first`."""
    if second.status == 304:
        _not_modified(first, second, found)
    elif second.status != 200:
        found.add(REFUSED, second.url, status=second.status)
    elif second.body != first.body:
        found.add(UNSTEADY_BODY, second.url, where=_difference(first.body, second.body))
    else:
        _same_again(first, second, found)


def _not_modified(first: Response, second: Response, found: Findings) -> None:
    lacking = [name for name in _REPEATED if name in first.headers and name not in second.headers]
    if lacking:
        names = ", ".join(_title(name) for name in lacking)
        found.add(LACKS, second.url, names=names)
    before, after = first.headers.get("etag"), second.headers.get("etag")
    if before is not None and after is not None and _opaque(before) != _opaque(after):
        found.add(OTHER_ETAG, second.url, first=before, second=after)


def _same_again(first: Response, second: Response, found: Findings) -> None:
    unsteady = False
    for name, rule in (("etag", UNSTEADY_ETAG), ("last-modified", UNSTEADY_DATE)):
        before, after = first.headers.get(name), second.headers.get(name)
        if before is not None and after is not None and before != after:
            found.add(rule, second.url, first=before, second=after)
            unsteady = True
    if not unsteady:
        etag, modified = headers.validators(first)
        sent = " and ".join(name for name, value in (("ETag", etag), ("Last-Modified", modified)) if value)
        found.add(IGNORED, second.url, sent=sent, why=_why(etag))


def _why(etag: str | None) -> str:
    """What is known of servers that never match the ETag that they gave."""
    if etag and re.search(r'-(?:gzip|br|df)"$', etag):
        return " The ETag ends in the name of a compression: Apache adds that and does not match it (DeflateAlterETag)."
    return ""


def _difference(first: bytes, second: bytes) -> str:
    pairs = zip_longest(first.split(b"\n"), second.split(b"\n"), fillvalue=b"")
    for number, (before, after) in enumerate(pairs, 1):
        if before != after:
            start = next((at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
            at = max(0, start - 15)
            shown = (line[at : at + _SHOWN].decode("utf-8", "replace").strip() for line in (before, after))
            return f"line {number}, " + " became ".join(f"`{text}`" for text in shown)
    return "at its end"


def _opaque(etag: str) -> str:
    return etag.removeprefix("W/")


def _title(name: str) -> str:
    return "ETag" if name == "etag" else "-".join(part.capitalize() for part in name.split("-"))
