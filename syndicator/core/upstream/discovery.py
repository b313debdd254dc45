"""The feeds that a page offers: in `Link` headers, in `<link>`, and at last in links that people see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from syndicator.core.lists.gather import feed_url
from syndicator.core.text import one_line, shorten
from syndicator.core.upstream.charset import to_utf8
from syndicator.core.upstream.tags import Tag, Text, tokens
from syndicator.core.urls import safe_url
from syndicator.model import Response

MAX_READ = 2 * 2**20
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

_LINK = re.compile(r"\s*+(?:,\s*+)*+<([^>]*+)>((?:\s*+;\s*+[^\s=;,\"<>]*+(?:\s*+=\s*+(?:\"(?:[^\"\\]|\\.)*+\"|[^\s;,\"]*+))?+)*+)")
_PARAMETER = re.compile(r";\s*+([^\s=;,\"<>]++)(?:\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"|([^\s;,\"]*+)))?+")
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[^']{0,40}'(.*)", re.IGNORECASE)
_MAX_HEADER = 65_536

_GUESSES = """
    feed rss atom.xml feed.xml rss.xml index.xml feed/ index.atom index.rss feed.json feeds/posts/default
""".split()


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
    nothing else is offered. Linear in what is read, at most 2 MiB. Never raises.
    """
    base, linked, anchors = _page(response)
    found = _each_once([*_header(response), *linked], response.url)
    if not found:
        found = _each_once(anchors, response.url)[:_MAX_ANCHORS]
    places: dict[str, int] = {}
    for offer in found:
        places.setdefault(_subject(offer), len(places))
    order = sorted(
        found,
        key=lambda offer: (_is_of_comments(offer), places[_subject(offer)], _RANKS.get(offer.type, _LAST_RANK)),
    )
    return tuple(order[:MAX_OFFERS])


def guesses(url: str) -> tuple[str, ...]:
    """Where the feed of a site usually lies: beside the page at `url` first, then at the root of its host.

    For a person who waits, one request each; a poll never guesses.
    """
    parts = urlsplit(url)
    folder = parts.path if parts.path.endswith("/") else f"{parts.path}/"
    bases = [urlunsplit((parts.scheme, parts.netloc, path, "", "")) for path in dict.fromkeys((folder, "/"))]
    candidates = (safe_url(base + name) for base in bases for name in _GUESSES)
    return tuple(dict.fromkeys(one for one in candidates if one and one != url))


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
        if context is None or urljoin(response.url, context) == response.url:
            yield from _offered(target, said, response.url, "Link header")


def _page(response: Response) -> tuple[str, list[Offer], list[Offer]]:
    """The base of a page's addresses, the feeds in its `<link>`, and those in what people see."""
    content_type = response.headers.get("content-type")
    kind = (content_type or "").partition(";")[0].strip().lower()
    base, linked, anchors = response.url, [], []
    if kind and not ("html" in kind or "xml" in kind or kind == "text/plain"):
        return base, [], []
    text = to_utf8(response.body[:MAX_READ], content_type).data.decode("utf-8", "replace")
    based = False
    open_anchor: dict[str, str] | None = None
    words: list[str] = []
    for token in tokens(text, html=True):
        if isinstance(token, Text):
            if open_anchor is not None:
                words.append(token.shown)
        elif token.name == "base" and not based and not token.closes:
            written = token.attributes().get("href", "")
            base, based = safe_url(written, response.url) or base, bool(written)
        elif token.name == "link" and not token.closes and len(linked) < 4 * MAX_OFFERS:
            linked.append(token.attributes())
        elif token.name == "a":
            if open_anchor is not None:
                anchors.append((open_anchor, " ".join(words)))
            open_anchor = None if token.closes else token.attributes()
            words = []
    return base, linked, anchors
