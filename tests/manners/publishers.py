"""Publishers as they should be: a feed that grows by a plan, and a server that answers conditional requests."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from random import Random
from urllib.parse import urlsplit

from syndicator.model import Request, Response

WINDOW = 15
"""Articles that a document holds."""
WORDS = (
    "river",
    "council",
    "harbour",
    "bread",
    "winter",
    "signal",
    "garden",
    "verdict",
    "bridge",
    "lantern",
    "orchard",
)


def plan(name: str, start: datetime, days: float, every: timedelta, *, before: int = 12) -> tuple[datetime, ...]:
    """When articles appear: about one in `every`, `before` of them before `start`, then for so many days; the same
    for a name every time.
    """
    chance = Random(name)
    at = start - every * before
    times = []
    while at < start + timedelta(days=days):
        times.append(at.replace(microsecond=0))
        at += every * chance.uniform(0.5, 1.5)
    return tuple(times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What appears: its id, when, and where."""

    id: str
    at: datetime
    url: str


def articles(url: str, times: Sequence[datetime]) -> tuple[Article, ...]:
    """The articles of a feed, oldest first."""
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}"
    name = parts.path.strip("/").replace("/", "-").removesuffix(".xml")
    return tuple(
        Article(id=f"tag:{parts.netloc},2026:{name}:{number}", at=at, url=f"{base}/{name}/{number}")
        for number, at in enumerate(times)
    )


def rss(url: str, shown: Sequence[Article], head: str = "") -> bytes:
    """RSS 2.0 of these articles, newest first."""
    items = "".join(map(_item, reversed(shown)))
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{url}</title><link>{url}</link><description>A feed</description>{head}{items}</channel></rss>"
    ).encode()


@lru_cache(maxsize=10_000)
def _item(one: Article) -> str:
    return (
        f'<item><guid isPermaLink="false">{one.id}</guid><link>{one.url}</link><title>{title_of(one)}</title>'
        f"<pubDate>{http_date(one.at)}</pubDate><description>{text_of(one)}</description></item>"
    )


def atom(url: str, shown: Sequence[Article], head: str = "") -> bytes:
    """Atom 1.0 of these articles, newest first."""
    entries = "".join(
        f'<entry><id>{one.id}</id><link href="{one.url}"/><title>{title_of(one)}</title>'
        f"<updated>{one.at:%Y-%m-%dT%H:%M:%SZ}</updated><content>{text_of(one)}</content></entry>"
        for one in reversed(shown)
    )
    newest = shown[-1].at if shown else datetime(2026, 1, 1)
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{url}</id><title>{url}</title><updated>{newest:%Y-%m-%dT%H:%M:%SZ}</updated>"
        f"<author><name>A person</name></author>{head}{entries}</feed>"
    ).encode()


def http_date(moment: datetime) -> str:
    """A date as HTTP and RSS write it."""
    return format_datetime(moment, usegmt=True)


def title_of(article: Article) -> str:
    chance = Random(article.id)
    return f"The {chance.choice(WORDS)} and the {chance.choice(WORDS)}, number {article.id.rpartition(':')[2]}"


def text_of(article: Article) -> str:
    chance = Random(article.url)
    return " ".join(f"{chance.choice(WORDS)}{chance.randrange(1000)}" for _ in range(30))


Header = Callable[["Publisher", datetime, bytes], str | None]


def strong(publisher: Publisher, now: datetime, body: bytes) -> str | None:
    """An ETag made of the body."""
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def weak(publisher: Publisher, now: datetime, body: bytes) -> str | None:
    """A weak one, with what a careless client would take for its end."""
    return f"W/\"{hashlib.sha256(body).hexdigest()[:12]}-gzip;q='1'\""


def newest(publisher: Publisher, now: datetime, body: bytes) -> str | None:
    """Last-Modified of the newest article."""
    return http_date(publisher.shown(now)[-1].at + publisher.ahead)


def none(publisher: Publisher, now: datetime, body: bytes) -> str | None:
    return None


@dataclass(kw_only=True)
class Publisher:
    """A feed at `url` that grows by `times`, and the server in front of it.

    `etag` and `last_modified` make the validators; `headers` are added to every 200 and 304, `head` to the document.
    `expires` is how long an answer is good by its Expires header; `ahead` how far the server's clock is ahead.
    """

    url: str
    times: Sequence[datetime]
    etag: Header = strong
    last_modified: Header = newest
    headers: dict[str, str] = field(default_factory=dict)
    head: str = ""
    write: Callable[[str, Sequence[Article], str], bytes] = rss
    expires: timedelta | None = None
    ahead: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.articles = articles(self.url, self.times)
        self._rendered: tuple[int, bytes] = (-1, b"")

    def shown(self, now: datetime) -> Sequence[Article]:
        """The articles that the document holds now, oldest first."""
        count = bisect_right(self.times, now)
        return self.articles[max(count - WINDOW, 0) : count]

    def document(self, now: datetime) -> bytes:
        """The document now."""
        count = bisect_right(self.times, now)
        if self._rendered[0] != count:
            self._rendered = (count, self.write(self.url, self.shown(now), self.head))
        return self._rendered[1]

    def answer(self, request: Request, now: datetime) -> Response:
        """As RFC 9110 section 13 has it: If-None-Match decides where it is sent, else If-Modified-Since."""
        body = self.document(now)
        etag, last_modified = self.etag(self, now, body), self.last_modified(self, now, body)
        headers = {"date": http_date(now + self.ahead), **self.headers}
        if self.expires is not None:
            headers["expires"] = http_date(now + self.ahead + self.expires)
        if etag is not None:
            headers["etag"] = etag
        if last_modified is not None:
            headers["last-modified"] = last_modified
        if _unchanged(request, etag, last_modified):
            return Response(url=request.url, status=304, headers=headers)
        headers["content-type"] = "application/xml"
        return Response(url=request.url, status=200, headers=headers, body=body, received=len(body))


def _unchanged(request: Request, etag: str | None, last_modified: str | None) -> bool:
    if request.etag is not None:
        return etag is not None and request.etag.removeprefix("W/") == etag.removeprefix("W/")
    return request.last_modified is not None and request.last_modified == last_modified


def refused(status: int, url: str, now: datetime, **headers: str) -> Response:
    """An answer without a document."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(url=url, status=status, headers={"date": http_date(now), **named})
