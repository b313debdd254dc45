"""The feeds that a page offers: in `Link` headers, in `<link>`, and at last in links that people see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit, urlunsplit

from syndicator.core.lists.gather import feed_url
from syndicator.core.text import one_line, shorten
from syndicator.core.upstream.charset import to_utf8
from syndicator.core.upstream.tags import Text, tokens
from syndicator.core.urls import is_web, safe_url
from syndicator.model import Response

MAX_READ = 2**20
"""Bytes of a page that are looked at."""
MAX_OFFERS = 50
_MAX_ANCHORS = 10
_MAX_TITLE = 200

_RANKS = {
    "application/atom+xml": 0,
    "application/rss+xml": 1,
    "application/feed+json": 2,
    "application/json": 3,
    "application/rdf+xml": 4,
    "application/x.atom+xml": 0,
    "application/x-atom+xml": 0,
    "application/x-rss+xml": 1,
    "application/x.rss+xml": 1,
    "application/rss": 1,
    "application/atom": 0,
    "text/rss": 1,
    "text/rss+xml": 1,
    "text/atom+xml": 0,
    "application/xml": 5,
    "text/xml": 5,
}
"""Media types under which feeds are offered, and in what order those of one feed are preferred."""
_LAST_RANK = 9

_COMMENTS = re.compile(
    r"\b(?:comments?|replies|kommentare?|commentaires?|comentarios?|comentários?|commenti|reacties|komentarze|yorumlar"
    r"|comment-page-\d{1,6})\b|комментари|коментар|コメント|评论|評論|댓글",
    re.IGNORECASE,
)
_FORMATS = re.compile(r"\b(?:rss|atom|rdf|xml|json|feeds?|[0-9](?:\.[0-9]{1,2})?)\b|[\W_]+", re.IGNORECASE)
_NO_FEED = re.compile(r"/wp-json(?:/|$)|[?&]rest_route=|/oembed(?:/|$)", re.IGNORECASE)
_FEED_PATH = re.compile(
    r"/(?:feeds?|rss|atom)(?:/(?:all|index|main|posts|default|posts/default|rss2?|atom|news))?/?$"
    r"|[./](?:rss2?|atom|rdf)(?:\.(?:xml|php|aspx?))?$|/(?:feed|index|rss|atom)\.(?:xml|rss|atom|json|rdf)$",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(r"(?:^|&)(?:feed=(?:rss2?|atom|rdf)|format=(?:feed|rss|atom)|type=rss)(?:&|$)", re.IGNORECASE)
_FEED_WORDS = re.compile(r"(?:[^\w]|^)(?:rss|atom|(?:web|news)?feeds?|subscribe)(?:[^\w]|$)", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?:^|\.)(?:feedly\.com|inoreader\.com|newsblur\.com|netvibes\.com|bloglovin\.com|facebook\.com|twitter\.com"
    r"|x\.com|instagram\.com|my\.yahoo\.com|google\.com)$",
    re.IGNORECASE,
)
"""Hosts where a link named `feed` leads to somebody's service and not to a feed."""

_LINK = re.compile(
    r"[\s,]*+<([^>]*+)>((?:\s*+;(?:\s*+[^\s=;,\"<>]++(?:\s*+=\s*+(?:\"(?:[^\"\\]|\\.)*+\"|[^\s;,\"]*+))?+)?+)*+)"
)
_PARAMETER = re.compile(r";\s*+([^\s=;,\"<>]++)(?:\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"|([^\s;,\"]*+)))?+")
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[^']{0,40}'(.*)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{1,300}?charset\s{0,8}=\s{0,8}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_MAX_HEADER = 65_536
_MAX_LINKS = 5000
_MAX_LABEL = 60

_USUAL = (
    *("feed", "rss", "atom.xml", "feed.xml", "rss.xml", "index.xml"),
    *("feed/", "index.atom", "index.rss", "feed.json", "feeds/posts/default"),
)
_BESIDE_A_PAGE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A feed that is offered: where, what it is called, its media type, and how it was found.

    `title` and `type` are empty where nothing says. `why` is `Link header`, `link` or `visible link`.
    """

    url: str
    title: str = ""
    type: str = ""
    why: str = ""


def offers(response: Response) -> tuple[Offer, ...]:
    """The feeds that a page offers, each once, the best first, at most fifty; its own address is not among them.

    A page names its own feed before those of its site, and so its order stands; but of the same feed in several
    formats Atom comes before RSS and JSON, and feeds of comments come last. Links that people see count only where
    nothing else is offered. Linear in what is read, at most 1 MiB. Never raises.
    """
    page = _page(response)
    linked = (offer for said in page.links for offer in _offered(said, page.base, "link"))
    found = _each_once([*_header(response), *linked], response.url)
    if not found:
        found = _each_once(_visible(page, response.url), response.url)[:_MAX_ANCHORS]
    places: dict[str, int] = {}
    for offer in found:
        places.setdefault(_subject(offer), len(places))
    order = sorted(
        found,
        key=lambda offer: (_is_of_comments(offer), places[_subject(offer)], _RANKS.get(offer.type, _LAST_RANK)),
    )
    return tuple(order[:MAX_OFFERS])


def guesses(url: str) -> tuple[str, ...]:
    """Where the feed of a site usually lies: below the page at `url`, where that may be a section, and at its root.

    For a person who waits, one request each; a poll never guesses.
    """
    parts = urlsplit(url)
    root = urlunsplit((parts.scheme, parts.netloc, "/", "", ""))
    section = parts.path.strip("/")
    is_section = section and not {"/", "."} & set(section)
    beside = [f"{section}/{name}" for name in _USUAL[:_BESIDE_A_PAGE]] if is_section else []
    found = (safe_url(root + name) for name in (*beside, *_USUAL))
    return tuple(dict.fromkeys(one for one in found if one and one != url))


def link_header(value: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The targets of a `Link` header (RFC 8288 section 3) with their parameters, names in lower case.

    Of a parameter that is given twice the first counts; `title*` (RFC 8187) stands in for `title`. Stops at what is
    no link.
    """
    position = 0
    while match := _LINK.match(value[:_MAX_HEADER], position):
        position = match.end()
        parameters: dict[str, str] = {}
        for name, quoted, bare in _PARAMETER.findall(match[2]):
            parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else bare)
        extended = _EXTENDED.fullmatch(parameters.get("title*", ""))
        if extended:
            parameters["title"] = unquote(extended[2], encoding=extended[1], errors="replace")
        yield match[1].strip(), parameters


def _header(response: Response) -> Iterator[Offer]:
    for target, said in link_header(response.headers.get("link", "")):
        context = said.get("anchor")
        if context is None or safe_url(context, response.url) == response.url:
            yield from _offered({**said, "href": target}, response.url, "Link header")


def _offered(said: Mapping[str, str], base: str, why: str) -> Iterator[Offer]:
    """The feed that a link is about: an alternate of a feed's media type, or what is called a feed outright."""
    relations = said.get("rel", "").lower().split()
    type = said.get("type", "").partition(";")[0].strip().lower()
    named = "feed" in relations
    if not named and not ("alternate" in relations and type in _RANKS and "stylesheet" not in relations):
        return
    url = _resolved(said.get("href", ""), base)
    if url is not None and not _NO_FEED.search(url):
        yield Offer(url=url, title=_title(said.get("title", "")), type=type, why=why)


@dataclass(slots=True)
class _Page:
    """What a page says that may lead to a feed: the base of its addresses, its `<link>`s and its anchors."""

    base: str
    links: list[Mapping[str, str]] = field(default_factory=list)
    anchors: list[tuple[Mapping[str, str], str]] = field(default_factory=list)


def _page(response: Response) -> _Page:
    page = _Page(response.url)
    content_type = response.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind and not ("html" in kind or "xml" in kind or kind == "text/plain"):
        return page
    text = to_utf8(_ending(response.body[:MAX_READ]), _charset(response.body, content_type)).data
    based = False
    anchor: Mapping[str, str] | None = None
    words: list[str] = []
    for token in tokens(text.decode("utf-8", "replace"), html=True):
        if isinstance(token, Text):
            words.append(token.shown[:_MAX_TITLE])
        elif token.name == "base" and not based and (href := token.attributes().get("href", "")):
            page.base, based = safe_url(href, response.url) or page.base, True
        elif token.name == "link" and len(page.links) < _MAX_LINKS:
            page.links.append(token.attributes())
        elif token.name == "a":
            if anchor is not None and len(page.anchors) < _MAX_LINKS:
                page.anchors.append((anchor, _title(" ".join(words))))
            anchor, words = (None if token.closes else token.attributes()), []
    return page


def _charset(body: bytes, content_type: str) -> str:
    """The media type with the charset that HTML declares within, where the header names none."""
    declared = None if "charset" in content_type.lower() else _META_CHARSET.search(body[:4096])
    return f"{content_type}; charset={declared[1].decode('ascii')}" if declared else content_type


def _ending(body: bytes) -> bytes:
    """The body without the bytes at its end that may be half a character."""
    return body[:-3] if len(body) == MAX_READ else body


def _visible(page: _Page, url: str) -> Iterator[Offer]:
    """Anchors that look like a feed by their address, or by their words where they stay on the site."""
    host = urlsplit(url).hostname
    for said, words in page.anchors:
        target = _resolved(said.get("href", ""), page.base)
        if target is None or _NO_FEED.search(target):
            continue
        parts = urlsplit(target)
        if _OTHERS.search(parts.hostname or ""):
            continue
        told = _FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query)
        label = " ".join((words, said.get("title", ""), said.get("aria-label", "")))[:_MAX_TITLE]
        if told or (parts.hostname == host and len(words) <= _MAX_LABEL and _FEED_WORDS.search(label)):
            yield Offer(url=target, title=_title(label), why="visible link")


def _resolved(written: str, base: str) -> str | None:
    if written.strip().startswith("#"):
        return None
    url = feed_url(written) or safe_url(written, base) if written.strip() else None
    return url.partition("#")[0] if is_web(url) and url else None


def _title(written: str) -> str:
    return shorten(one_line(written), _MAX_TITLE)


def _each_once(found: Iterable[Offer], url: str) -> list[Offer]:
    kept: dict[str, Offer] = {}
    for offer in found:
        if offer.url != url:
            other = kept.setdefault(offer.url, offer)
            kept[offer.url] = replace(other, title=other.title or offer.title, type=other.type or offer.type)
    return list(kept.values())


def _subject(offer: Offer) -> str:
    """What a feed is about, whatever its format: its title without names of formats."""
    return _FORMATS.sub(" ", offer.title).strip().casefold()


def _is_of_comments(offer: Offer) -> bool:
    return bool(_COMMENTS.search(offer.title) or _COMMENTS.search(urlsplit(offer.url).path))
