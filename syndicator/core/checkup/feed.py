"""What is wrong with a document as a feed, whatever its format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urldefrag

from syndicator.core.checkup import addresses, atom, entries, identity, jsonrules, markup, moments, rss, syntax
from syndicator.core.checkup import outline as xml
from syndicator.core.checkup.entries import ATOMS, RSS, Address, Date, Item
from syndicator.core.checkup.findings import Findings, Words, error, hint, warning
from syndicator.core.checkup.outline import Node
from syndicator.core.upstream import is_json, jsontext
from syndicator.core.upstream.discovery import link_header
from syndicator.core.upstream.prolog import Prolog
from syndicator.core.urls import is_absolute
from syndicator.errors import BadFeed
from syndicator.model import Incoming, Parsed

MAX_ENTRIES = 5000

NO_ENTRIES = hint("entries-none", "there are no entries, so readers show an empty feed.")
TOO_MANY = warning(
    "entries-too-many",
    "it has {count} entries. Readers keep the newest ones and fetch all of them at every change. Keep the newest 20 to "
    "100, and put the others into archives.",
    "RFC 5005 4",
)
NO_SELF = hint(
    "self-missing",
    "does not say its own address. Readers that were handed the file, and push, go by it. Add {how}.",
    "RFC 4287 4.1.1; RSS Best Practices, atom:link",
)
SELF_RELATIVE = warning(
    "self-relative",
    "says its own address as a relative one: {url}. Write the whole address.",
    "RSS Best Practices, atom:link",
)
SELF_DIFFERS = warning(
    "self-differs",
    "says that its address is {said}, but it was fetched from {url}. Readers and hubs that go by it subscribe to "
    "another feed. Let both be the same.",
    "RFC 4287 4.2.7.2; WebSub 4",
)
SELVES = warning("self-several", "says {count} addresses of its own. There can be one only.", "WebSub 4")
HUB_WITHOUT_SELF = warning(
    "hub-without-self",
    "offers push by a hub, but does not say its own address, so that nobody can subscribe to it. Add rel=self.",
    "WebSub 4",
)
LINK_IS_FEED = warning(
    "link-is-feed",
    "says that its page is {url}, which is the feed itself. People who follow the link see the feed again. Name the "
    "page.",
    "RSS 2.0, link",
)
NO_PAGE = hint("page-missing", "does not say which page it belongs to (link rel=alternate).", "RFC 4287 4.1.1")
NO_LANGUAGE = hint(
    "language-missing",
    "does not say its language. Readers that read aloud, hyphenate or translate have to guess.",
    "RSS 2.0, language; RFC 4287 2",
)
NO_AUTHOR = hint(
    "author-missing", "does not name an author anywhere. Readers show nobody.", "RSS Best Practices, dc:creator"
)
FORMAT = error(
    "format-unknown", "it is XML, but neither RSS nor Atom (its first element is `<{name}>`).", "RFC 4287; RSS 2.0"
)
CDF = warning("format-cdf", "this is CDF, which hardly any reader knows. Write Atom or RSS 2.0.")
LEFT_OUT = hint("not-all-checked", "it is so large that not all of it was looked at.")

_TO_COME = frozenset(
    {NO_SELF, HUB_WITHOUT_SELF, NO_PAGE, NO_LANGUAGE, NO_AUTHOR, rss.HEAD_MISSING, rss.CHANNELS, atom.MISSING}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a document came from. `url` and `asked` are empty for a file; `link` is its `Link` header.

    `served` is when it was made, as far as its server says so; None where a date in it may well be as new.
    """

    url: str = ""
    asked: str = ""
    link: str = ""
    content_type: str | None = None
    served: datetime | None = None


def check(body: bytes, origin: Origin, now: datetime, found: Findings, parsed: Parsed | None = None) -> None:
    """Note what is wrong with the document. `parsed` is what readers make of it. Never raises, whatever the bytes."""
    if not body.strip():
        return
    if is_json(Incoming(body=body, url=origin.url, content_type=origin.content_type)):
        _json(body, origin, now, found)
    else:
        _xml(body, origin, now, found)
    total = parsed.total if parsed else None
    if total == 0:
        found.add(NO_ENTRIES, "the feed")
    if total is not None and total > MAX_ENTRIES:
        found.add(TOO_MANY, "the feed", count=total)


def _json(body: bytes, origin: Origin, now: datetime, found: Findings) -> None:
    try:
        document = jsontext.read(body, origin.content_type)
    except BadFeed as bad:
        found.add(jsonrules.NOT_JSON, "the document", bad.line, what=Words(bad.reason))
        return
    for notice in document.notices:
        found.add(jsonrules.NOTICE, "the document", what=Words(notice))
    if body.startswith(b"\xef\xbb\xbf"):
        found.add(jsonrules.MARK, "the document")
    feed = document.value
    if not isinstance(feed, dict):
        found.add(jsonrules.VERSION, "the feed", value="not there")
        return
    jsonrules.head(feed, origin.url, found)
    items = jsonrules.items(feed, found)[:MAX_ENTRIES]
    selves = [jsonrules.text(feed, "feed_url")] if jsonrules.text(feed, "feed_url") else []
    _itself(selves, bool(feed.get("hubs")), "`feed_url`", origin, found)
    if origin.url and jsonrules.text(feed, "home_page_url") == origin.url:
        found.add(LINK_IS_FEED, "the feed", url=origin.url)
    if not (feed.get("language") or any(item.language for item in items)):
        found.add(NO_LANGUAGE, "the feed")
    if items and not (feed.get("authors") or feed.get("author") or any(item.authors for item in items)):
        found.add(NO_AUTHOR, "the feed")
    _all(items, [], origin, now, found, rss=False, dated=True, named=False)


def _xml(body: bytes, origin: Origin, now: datetime, found: Findings) -> None:
    document = syntax.check(body, origin.content_type, found)
    root, broken = document.outline.root, document.outline.broken is not None
    if document.outline.cut:
        found.add(LEFT_OUT, "the document")
    if root is None:
        return
    # What a document that breaks off does not have may have been to come.
    judged = Findings() if broken else found
    if root.name in ("feed", "entry") and root.namespace in (*ATOMS, ""):
        _atom(root, origin, now, judged)
    elif root.name.lower() in ("rss", "rdf"):
        _rss(root, origin, now, judged)
    elif root.name.lower() == "channel":
        judged.add(CDF, "the feed", root.line)
    elif not broken and not _is_page(document.prolog):
        judged.add(FORMAT, "the document", root.line, name=root.name)
    if broken:
        found.take(judged, without=_TO_COME)


def _is_page(prolog: Prolog) -> bool:
    return "html" in prolog.root.lower() or b"html" in prolog.doctype[:40].lower()


def _rss(root: Node, origin: Origin, now: datetime, found: Findings) -> None:
    rss.check(root, origin.url, found)
    channel, nodes = rss.parts(root)
    items = list(entries.of_rss(nodes[:MAX_ENTRIES]))
    if channel is not None:
        _channel(root, channel, items, origin, found)
    feed = [
        Date(name, node.text, "rfc822", node.line)
        for name in ("lastBuildDate", "pubDate")
        for node in (channel.all(name, *RSS) if channel is not None else ())
    ]
    # RSS 0.9x knows no guid, and hardly any date.
    old = root.namespace != xml.RDF and root.get("version").startswith("0.9")
    named = root.namespace != xml.RDF and not old
    _all(items, feed, origin, now, found, rss=not old, dated=not old, named=named)


def _channel(root: Node, channel: Node, items: Sequence[Item], origin: Origin, found: Findings) -> None:
    _links(channel, '<atom:link rel="self" href="…"/>', origin, found)
    page = next((node.text.strip() for node in channel.all("link", *RSS) if node.text.strip()), "")
    if origin.url and page == origin.url:
        found.add(LINK_IS_FEED, "the channel", channel.line, url=page)
    said = any(item.language for item in items) or channel.all("language", *RSS, xml.DC)
    if not (said or _language(root)):
        found.add(NO_LANGUAGE, "the channel", channel.line)
    if items and not (_has_author(channel) or any(item.authors for item in items)):
        found.add(NO_AUTHOR, "the channel", channel.line)


def _has_author(channel: Node) -> bool:
    return bool(
        channel.all("managingEditor", *RSS) or channel.all("creator", xml.DC) or channel.all("author", xml.ITUNES)
    )


def _atom(root: Node, origin: Origin, now: datetime, found: Findings) -> None:
    atom.check(root, found)
    items = list(entries.of_atom(atom.entries(root)[:MAX_ENTRIES]))
    if root.name == "feed":
        _links(root, '<link rel="self" href="…"/>', origin, found)
        for link in root.all("link", *ATOMS):
            addresses.one(Address("link", link.get("href"), link.line, based=True), "the feed", origin.url, found)
        pages = [link for link in root.all("link", *ATOMS) if (link.get("rel") or "alternate") == "alternate"]
        if not pages:
            found.add(NO_PAGE, "the feed", root.line)
        elif origin.url and pages[0].get("href") == origin.url:
            found.add(LINK_IS_FEED, "the feed", pages[0].line, url=origin.url)
        if not _language(root):
            found.add(NO_LANGUAGE, "the feed", root.line)
    feed = [Date("updated", node.text, "rfc3339", node.line) for node in root.all("updated", *ATOMS)]
    feed = feed if root.name == "feed" else []
    _all(items, feed, origin, now, found, rss=False, dated=False, named=False)


def _language(root: Node) -> bool:
    return any(name == f"{{{xml.XML}}}lang" for node in [root, *root.children] for name in node.attributes)


def _links(holder: Node, how: str, origin: Origin, found: Findings) -> None:
    links = holder.all("link", *ATOMS)
    selves = [link.get("href") for link in links if link.get("rel") == "self" and link.get("href")]
    _itself(selves, any(link.get("rel") == "hub" for link in links), how, origin, found)


def _itself(selves: Sequence[str], hub: bool, how: str, origin: Origin, found: Findings) -> None:
    """What the feed says of its own address; what its header says counts first (WebSub 4)."""
    told = [(target, said.get("rel", "").lower().split()) for target, said in link_header(origin.link)]
    headed = [target for target, relations in told if "self" in relations]
    hub = hub or any("hub" in relations for _, relations in told)
    if len(set(headed or selves)) > 1:
        found.add(SELVES, "the feed", count=len(set(headed or selves)))
    known = [*headed, *selves]
    if not known:
        found.add(HUB_WITHOUT_SELF if hub else NO_SELF, "the feed", how=how)
        return
    for said in dict.fromkeys(known):
        if not is_absolute(said):
            found.add(SELF_RELATIVE, "the feed", url=said)
        elif origin.url and urldefrag(said).url not in (origin.url, origin.asked):
            found.add(SELF_DIFFERS, "the feed", said=said, url=origin.url)


def _all(
    items: Sequence[Item],
    feed: Sequence[Date],
    origin: Origin,
    now: datetime,
    found: Findings,
    *,
    rss: bool,
    dated: bool,
    named: bool,
) -> None:
    """What holds for the entries of every format."""
    identity.check(items, found, named=named)
    moments.check(items, feed, now, found, needed=dated)
    if origin.served is not None:
        moments.at_the_clock(feed, items, origin.served, found)
    addresses.check(items, origin.url, found, rss=rss)
    markup.check(items, found)
