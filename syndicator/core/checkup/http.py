"""What is wrong with how a feed is served: redirects, type, caching, size. Pure; the answers are handed in."""

from __future__ import annotations

import codecs
import re
from datetime import datetime, timedelta

from syndicator.core.checkup.addresses import is_local
from syndicator.core.checkup.findings import Findings, hint, warning
from syndicator.core.coding import gzipped
from syndicator.core.polling.headers import cache_control, http_date
from syndicator.core.polling.words import span
from syndicator.core.upstream.charset import to_utf8
from syndicator.model import Response

LARGE = 1024 * 1024
"""Bytes of a document from which on it is large."""
COMPRESSED_FROM = 2048
LARGE_UNCOMPRESSED = 100 * 1024
SLOW = 5.0
"""Seconds."""

TEMPORARY = hint(
    "redirect-temporary",
    "answers {status} and points to {target}. Readers keep asking here, two requests each time. If the feed has moved "
    "for good, answer 301 or 308.",
    "RFC 9110 15.4.3",
)
PERMANENT = hint(
    "redirect-permanent",
    "answers {status}: the feed has moved to {target}. Name that address wherever you link to it.",
    "RFC 9110 15.4.2",
)
CHAIN = warning(
    "redirect-chain",
    "it takes {count} redirects to get to the feed, each time for each reader. Point straight to the last address.",
    "RFC 9110 15.4",
)
DOWNGRADE = warning(
    "redirect-to-http",
    "sends readers from https to http ({target}), where anybody on the way can read and change it. Many do not follow.",
    "RFC 9110 4.2.2",
)
PLAIN_HTTP = hint(
    "no-https", "is served over http, where anybody on the way can read and change it. Offer https.", "RFC 7258"
)

TYPE_MISSING = warning("type-missing", "does not say its media type. Send `Content-Type: {right}`.", "RFC 9110 8.3")
TYPE_WRONG = warning(
    "type-wrong",
    "says that it is `{type}`. Readers that go by the type show it as text, offer a download, or refuse it. Send "
    "`Content-Type: {right}`.",
    "RFC 9110 8.3; RFC 7303",
)
TYPE_OTHER = warning(
    "type-other-format",
    "says that it is `{type}`, but it is {format}. Readers that go by it misread it. Send `Content-Type: {right}`.",
    "RFC 4287 7; RFC 7303",
)
TYPE_JSON = hint(
    "type-json", "says `application/json`. `application/feed+json` tells readers that it is a feed.", "JSON Feed 1.1"
)
CHARSET = warning(
    "charset-contradicts",
    "the header says charset={header}, the document says {document}. The header wins, so strict readers read it as "
    "{header}. Let both say the same, best UTF-8.",
    "RFC 7303 3",
)
CHARSET_WRONG = warning(
    "charset-wrong",
    "the header says charset={header}, but there are bytes in the document that are none of it. Strict readers stop "
    "there, others show wrong letters.",
    "RFC 7303 3",
)
ATTACHMENT = hint(
    "attachment",
    "is sent as a download (Content-Disposition: attachment): who opens it in a browser gets a file. Leave that out.",
    "RFC 6266 4.2",
)

UNCOMPRESSED = warning(
    "uncompressed-large",
    "came uncompressed: {size} bytes, though gzip was offered. With gzip it would be {packed}, {part} of it, for each "
    "reader each time. Switch compression on for its type.",
    "RFC 9110 8.4",
)
UNCOMPRESSED_SMALL = hint("uncompressed", UNCOMPRESSED.text, UNCOMPRESSED.source)
TOO_LARGE = warning(
    "large",
    "is {size} bytes large. Readers fetch all of it at every change, and some refuse it. Keep fewer entries, or "
    "shorter ones, and put the others into archives.",
    "RFC 5005 4",
)
SLOW_ANSWER = warning(
    "slow", "took {seconds} to come. Readers give up after 10 to 60 seconds. Serve it from a file or a cache."
)
LENGTH_WRONG = warning(
    "length-wrong", "announced {said} bytes and sent {sent}. Readers take it for truncated.", "RFC 9110 8.6"
)
LENGTH_MISSING = hint(
    "length-missing",
    "does not say how long it is (neither Content-Length nor chunks), so that nobody can tell whether it broke off.",
    "RFC 9112 6.3",
)

NO_STORE = warning(
    "cache-no-store",
    "says `Cache-Control: no-store`, so that nothing between you and your readers may keep it, nor they its "
    "validators. Each request costs you all of it. Say `max-age=` with some minutes instead.",
    "RFC 9111 5.2.2.5",
)
NO_CACHE = hint(
    "cache-no-cache",
    "says `Cache-Control: no-cache`: each cache on the way must ask you each time. `max-age=` with some minutes would "
    "spare you most of that.",
    "RFC 9111 5.2.2.4",
)
CACHE_LONG = warning(
    "cache-long",
    "says that it is good for {span}. Readers that keep to it see nothing new until then. Say some minutes to hours.",
    "RFC 9111 4.2",
)
CACHE_BAD = warning(
    "cache-unreadable",
    "says `Cache-Control: {value}`; max-age is a whole number of seconds. Readers pass over it, or take it for stale.",
    "RFC 9111 4.2.1",
)
CACHE_SILENT = hint(
    "cache-silent",
    "does not say for how long it is good. With `Cache-Control: max-age=` readers and caches know when to come back.",
    "RFC 9111 4.2",
)
EXPIRES = hint(
    "expires-without-date",
    "has `Expires` but no `Date` to compare it with, so that readers with a wrong clock come too often or too late.",
    "RFC 9110 6.6.1",
)
VARY_ALL = warning("vary-all", "says `Vary: *`, so that no cache can ever use it again.", "RFC 9110 12.5.5")
VARY_WHO = hint(
    "vary-who",
    "says `Vary: {value}`: caches keep one copy for each reader, which is none. A feed should be the same for all.",
    "RFC 9110 12.5.5",
)
COOKIE = hint(
    "cookie",
    "sets a cookie, which feed readers do not keep, and for which shared caches do not keep the feed.",
    "RFC 6265",
)
CLOCK = warning(
    "clock-wrong",
    "says that it is {said}, and here it is {now}. If your server's clock is wrong, what depends on it is too: dates, "
    "Last-Modified, Expires.",
    "RFC 9110 6.6.1",
)
CORS = hint(
    "cors",
    "does not let scripts of other sites read it, as a JSON Feed should: `Access-Control-Allow-Origin: *`.",
    "Fetch, CORS protocol",
)

_BARE_TYPES = frozenset({"text/html", "text/plain", "application/octet-stream", "application/xhtml+xml"})
_RIGHT = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}
_CHARSET = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"\s{0,999}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']\s{0,9}([\w.:-]{1,40})")
_LONG = timedelta(hours=24)
_SKEW = timedelta(minutes=10)
_CHAIN = 2


def redirects(response: Response, found: Findings) -> None:
    """Note what is wrong with the way to a document."""
    for hop in response.hops:
        if hop.url.startswith("https:") and hop.target.startswith("http:"):
            found.add(DOWNGRADE, hop.url, target=hop.target)
        rule = PERMANENT if hop.status in (301, 308) else TEMPORARY
        found.add(rule, hop.url, status=hop.status, target=hop.target)
    if len(response.hops) > _CHAIN:
        found.add(CHAIN, response.hops[0].url, count=len(response.hops))
    if response.url.startswith("http:") and not is_local(response.url):
        found.add(PLAIN_HTTP, response.url)


def check(response: Response, format: str, now: datetime, found: Findings) -> None:
    """Note what is wrong with an answer that brought a feed. `format` is `Parsed.format`, empty where not known."""
    family = "json" if "json" in format else "atom" if "atom" in format else "rss" if format else ""
    _media_type(response, family, found)
    _size(response, found)
    _caching(response, found)
    _time(response, now, found)
    headers = response.headers
    if "attachment" in headers.get("content-disposition", "").lower():
        found.add(ATTACHMENT, response.url)
    if family == "json" and "access-control-allow-origin" not in headers:
        found.add(CORS, response.url)


def _media_type(response: Response, family: str, found: Findings) -> None:
    written = response.headers.get("content-type", "").strip()
    type = written.partition(";")[0].strip().lower()
    right = _RIGHT.get(family, "application/xml")
    if not type:
        found.add(TYPE_MISSING, response.url, right=right)
    elif type in _BARE_TYPES or not ("xml" in type or "json" in type or "rss" in type):
        found.add(TYPE_WRONG, response.url, type=type, right=right)
    elif _is_other(type, family):
        format = {"json": "a JSON Feed", "atom": "Atom"}.get(family, "RSS")
        found.add(TYPE_OTHER, response.url, type=type, format=format, right=right)
    elif type == "application/json" and family == "json":
        found.add(TYPE_JSON, response.url)
    if family != "json":
        _charset(response, written, found)


def _is_other(type: str, family: str) -> bool:
    if family == "json":
        return "json" not in type
    return "json" in type or ("atom" in type and family == "rss") or ("rss" in type and family == "atom")


def _charset(response: Response, written: str, found: Findings) -> None:
    said = _CHARSET.search(written[:1000])
    if said is None:
        return
    header, body = _name(said[1]), response.body
    label = _DECLARED.match(body.removeprefix(codecs.BOM_UTF8))
    document = _name(label[1].decode("latin-1")) if label else "utf-8"
    if header is None or (header == "utf-8" and to_utf8(body, written).oddity):
        found.add(CHARSET_WRONG, response.url, header=said[1])
    elif document is not None and header != document and not (body.isascii() and "16" not in header + document):
        found.add(CHARSET, response.url, header=said[1], document=document)


def _name(label: str) -> str | None:
    try:
        return codecs.lookup(label).name
    except LookupError:
        return None


def _size(response: Response, found: Findings) -> None:
    size, headers = len(response.body), response.headers
    coded = headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")
    if size >= COMPRESSED_FROM and not coded:
        packed = len(gzipped(response.body))
        if packed < size * 0.8:
            rule = UNCOMPRESSED if size >= LARGE_UNCOMPRESSED else UNCOMPRESSED_SMALL
            found.add(rule, response.url, size=size, packed=packed, part=f"{packed / size:.0%}")
    if size > LARGE:
        found.add(TOO_LARGE, response.url, size=size)
    if response.seconds > SLOW:
        found.add(SLOW_ANSWER, response.url, seconds=span(timedelta(seconds=response.seconds)))
    length, chunks = headers.get("content-length", "").strip(), "transfer-encoding" in headers
    if not length and not chunks:
        found.add(LENGTH_MISSING, response.url)
    elif length and not chunks and length != str(response.received):
        found.add(LENGTH_WRONG, response.url, said=length, sent=response.received)


def _caching(response: Response, found: Findings) -> None:
    headers, directives = response.headers, cache_control(response.headers)
    if "no-store" in directives:
        found.add(NO_STORE, response.url)
    elif "no-cache" in directives:
        found.add(NO_CACHE, response.url)
    elif not directives and "expires" not in headers:
        found.add(CACHE_SILENT, response.url)
    age = directives.get("max-age")
    if age is not None and not age.isdecimal():
        found.add(CACHE_BAD, response.url, value=headers.get("cache-control", ""))
    elif age is not None and len(age) > 5 and min(int(age[:12]), 10**12) > _LONG.total_seconds():
        found.add(CACHE_LONG, response.url, span=_span(int(age[:12])))
    expires, date = http_date(headers.get("expires")), http_date(headers.get("date"))
    if expires is not None and "date" not in headers:
        found.add(EXPIRES, response.url)
    elif expires is not None and date is not None and age is None and expires - date > _LONG:
        found.add(CACHE_LONG, response.url, span=span(expires - date))
    vary = [name.strip().lower() for name in headers.get("vary", "").split(",")]
    if "*" in vary:
        found.add(VARY_ALL, response.url)
    elif {"user-agent", "cookie"} & set(vary):
        found.add(VARY_WHO, response.url, value=headers.get("vary", ""))
    if "set-cookie" in headers:
        found.add(COOKIE, response.url)


def _span(seconds: int) -> str:
    return span(timedelta(seconds=min(seconds, 100 * 365 * 86400)))


def _time(response: Response, now: datetime, found: Findings) -> None:
    date = http_date(response.headers.get("date"))
    if date is not None and abs(date - now) > _SKEW and not response.headers.get("age"):
        found.add(CLOCK, response.url, said=f"{date:%Y-%m-%d %H:%M} UTC", now=f"{now:%Y-%m-%d %H:%M} UTC")
