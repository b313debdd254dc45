"""RSS 0.9x, 1.0 and 2.0: elements that must be there, in their places, and written as readers know them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from syndicator.core.checkup import outline as xml
from syndicator.core.checkup.addresses import one
from syndicator.core.checkup.entries import RSS, Address
from syndicator.core.checkup.findings import Findings, Words, error, hint, warning
from syndicator.core.checkup.outline import Node

VERSION = warning("version-missing", '`<rss>` does not say its version. Write version="2.0".', "RSS 2.0")
OLD = hint("version-old", "this is RSS {version}. Write RSS 2.0 or Atom, which can say more.", "RSS 2.0")
CHANNELS = error(
    "channels",
    "`<rss>` must hold exactly one `<channel>`, and here are {count}. Readers see the first one alone, or nothing.",
    "RSS 2.0, Required channel elements",
)
OUTSIDE = error(
    "item-outside-channel",
    "stands beside `<channel>` and not in it, so that many readers do not see it. Move it into the channel.",
    "RSS 2.0, Elements of <item>",
)
HEAD_MISSING = warning(
    "channel-element-missing",
    "has no `{name}`, or an empty one. Every channel must have it; readers show an empty place there.",
    "RSS 2.0, Required channel elements",
)
ITEM_EMPTY = error(
    "item-without-title-and-description",
    "has neither title nor description, so there is nothing to show. Give it at least one of them.",
    "RSS 2.0, Elements of <item>",
)
RDF_MISSING = error("rdf-item-incomplete", "has no `{name}`, which every item of RSS 1.0 must have.", "RSS 1.0 5.5")
DOUBLE = warning(
    "item-element-double",
    "has `{name}` {count} times. Readers take the first or the last. Keep one.",
    "RSS Best Practices",
)
CASE = warning(
    "element-case",
    "`<{written}>` should be written `<{right}>`. Names in XML differ by capitals, and readers pass over this one.",
    "RSS 2.0; XML 1.0 2.3",
)
UNKNOWN = warning(
    "element-unknown",
    "`<{name}>` is no element of RSS, so readers pass over it. Leave it out, or use one that has a namespace{idea}.",
    "RSS 2.0, Extending RSS",
)
MISPLACED = warning(
    "element-misplaced", "`<{name}>` belongs into {right}; here readers pass over it. Move it.", "RSS 2.0"
)
BARE = error(
    "html-unescaped",
    "has HTML as elements in `{name}` (`<{tag}>`). It must be escaped or in CDATA; most readers lose the text.",
    "RSS 2.0, Elements of <item>",
)
GUID_NOT_URL = warning(
    "guid-not-url",
    'has a guid that is no address but does not say isPermaLink="false": {guid}. Readers open it as the link, in vain.',
    "RSS 2.0, guid",
)
PERMALINK = warning(
    "guid-ispermalink",
    'says {said}="{value}". It is isPermaLink="true" or "false", in just these letters; readers take others for true.',
    "RSS 2.0, guid",
)
AUTHOR = hint(
    "author-no-email",
    "has `<author>` without an e-mail address, which is all that it may hold: {author}. Name people with dc:creator.",
    "RSS Best Practices, author",
)
IMAGE = warning(
    "image-incomplete",
    "`<image>` has no `{name}`. It needs url, title and link, or readers show none.",
    "RSS 2.0, image",
)
TIMING = warning(
    "timing-unreadable",
    "`{name}` says `{value}`, which readers cannot use: {right}.",
    "RSS 2.0, ttl, skipHours, skipDays; RSS 1.0 Syndication",
)
LANGUAGE = warning(
    "language-unreadable",
    "`{value}` is no language tag. Readers that read aloud, hyphenate or translate go by it. Write one like `en`, "
    "`en-GB` or `pt-BR`.",
    "BCP 47",
)
EXPLICIT = warning(
    "itunes-explicit",
    "`itunes:explicit` says `{value}`; podcast directories take `true` and `false`.",
    "Apple Podcasts, explicit",
)
STRAY = warning("text-stray", "has text outside of any element: {text}. Readers do not show it.", "RSS 2.0")

_ITEM = ["title", "link", "description", "author", "category", "comments", "enclosure", "guid", "pubDate", "source"]
_CHANNEL = [
    "title",
    "link",
    "description",
    "language",
    "copyright",
    "managingEditor",
    "webMaster",
    "pubDate",
    "lastBuildDate",
    "category",
    "generator",
    "docs",
    "cloud",
    "ttl",
    "image",
    "rating",
    "textInput",
    "skipHours",
    "skipDays",
    "item",
    "items",
]
_KNOWN = {"channel": frozenset(_CHANNEL), "item": frozenset(_ITEM)}
_ONCE = ("title", "link", "description", "guid", "pubDate")
_BY_LETTERS = {name.lower(): name for name in (*_ITEM, *_CHANNEL)}
_SY = ("updatePeriod", "updateFrequency", "updateBase")
_IDEAS = {
    "content": " (content:encoded)",
    "updated": " (atom:updated)",
    "summary": " (description)",
    "date": " (pubDate)",
    "creator": " (dc:creator)",
    "encoded": " (content:encoded)",
    "thumbnail": " (media:thumbnail)",
    "image": " (media:content)",
    "tags": " (category)",
    "id": " (guid)",
}
_PERIODS = "hourly, daily, weekly, monthly or yearly"
_LANGUAGE = re.compile(r"(?:[a-z]{2,3}|[ix])(?:-[a-z0-9]{1,8}){0,5}", re.IGNORECASE)
_DAYS = frozenset(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])


def parts(root: Node) -> tuple[Node | None, list[Node]]:
    """The channel of RSS or RDF, and the items, wherever they stand."""
    channels = root.all("channel", *RSS)
    inside = [item for channel in channels for item in channel.all("item", *RSS)]
    return next(iter(channels), None), inside + root.all("item", *RSS)


def check(root: Node, url: str, found: Findings) -> None:
    """Note what is wrong with the structure of RSS. `url` is where it came from, empty for a file."""
    channel, items = parts(root)
    rdf = root.namespace == xml.RDF
    if rdf:
        if any(node.namespace == xml.RSS090 for node in root.children):
            found.add(OLD, "the feed", root.line, version="0.90")
    else:
        _version(root, found)
        channels = len(root.all("channel", *RSS))
        if channels != 1:
            found.add(CHANNELS, "the feed", root.line, count=channels)
        outside = root.all("item", *RSS)
        for number, item in enumerate(outside, len(items) - len(outside) + 1):
            found.add(OUTSIDE, f"item {number:,}", item.line)
    if channel is not None:
        _head(channel, url, found)
        _known(channel, "the channel", "channel", found, rdf=rdf)
    for number, item in enumerate(items, 1):
        subject = f"item {number:,}"
        _item(item, subject, found, rdf=rdf)
        _known(item, subject, "item", found, rdf=rdf)


def _version(root: Node, found: Findings) -> None:
    version = root.get("version")
    if not version:
        found.add(VERSION, "the feed", root.line)
    elif version.startswith("0."):
        found.add(OLD, "the feed", root.line, version=version)


def _head(channel: Node, url: str, found: Findings) -> None:
    for name in ("title", "link", "description"):
        if not any(node.text.strip() or node.children for node in channel.all(name, *RSS)):
            found.add(HEAD_MISSING, "the channel", channel.line, name=name)
    for node in channel.all("link", *RSS):
        one(Address("link", node.text, node.line, node.based), "the channel", url, found)
    for node in channel.all("image", *RSS):
        for name in ("url", "title", "link"):
            if not any(part.text.strip() for part in node.all(name, *RSS)) and node.children:
                found.add(IMAGE, "the channel's image", node.line, name=name)
    for node in (*channel.all("language", *RSS), *channel.all("language", xml.DC)):
        if node.text.strip() and not _LANGUAGE.fullmatch(node.text.strip()):
            found.add(LANGUAGE, "the channel", node.line, value=node.text)
    for name, value, right, line in _timing(channel):
        found.add(TIMING, "the channel", line, name=name, value=value or "(nothing)", right=right)
    for node in channel.all("explicit", xml.ITUNES):
        if node.text.strip().lower() not in ("true", "false", "yes", "no", "clean", "explicit"):
            found.add(EXPLICIT, "the channel", node.line, value=node.text or "(nothing)")


def _timing(channel: Node) -> Iterator[tuple[str, str, str, int]]:
    """Hints for pollers that cannot be read: name, value, what is right, line."""
    for node in channel.all("ttl", *RSS):
        if not node.text.strip().isdecimal():
            yield "ttl", node.text, "it is a whole number of minutes", node.line
    for holder in channel.all("skipHours", *RSS):
        for node in holder.all("hour", *RSS):
            if not (node.text.strip().isdecimal() and len(node.text.strip()) < 3 and int(node.text) <= 24):
                yield "skipHours", node.text, "an hour is a number from 0 to 23", node.line
    for holder in channel.all("skipDays", *RSS):
        for node in holder.all("day", *RSS):
            if node.text.strip().lower() not in _DAYS:
                yield "skipDays", node.text, "a day is an English one, Monday to Sunday", node.line
    for node in channel.all("updatePeriod", xml.SY):
        if node.text.strip() not in _PERIODS.replace(" or ", ", ").replace(",", "").split():
            yield "sy:updatePeriod", node.text, f"it is {_PERIODS}, in small letters", node.line
    for node in channel.all("updateFrequency", xml.SY):
        if not node.text.strip().isdecimal() or not node.text.strip().strip("0"):
            yield "sy:updateFrequency", node.text, "it is a whole number from 1 on", node.line


def _item(item: Node, subject: str, found: Findings, *, rdf: bool) -> None:
    texts = [*item.all("title", *RSS), *item.all("description", *RSS), *item.all("encoded", xml.CONTENT)]
    if rdf:
        for name in ("title", "link"):
            if not any(node.text.strip() for node in item.all(name, *RSS)):
                found.add(RDF_MISSING, subject, item.line, name=name)
    elif not any(node.text.strip() or node.children for node in texts):
        found.add(ITEM_EMPTY, subject, item.line)
    for node in texts:
        if node.children:
            found.add(BARE, subject, node.line, name=node.name, tag=node.children[0].name)
    for guid in item.all("guid", *RSS):
        _guid(guid, subject, found)
    for author in item.all("author", *RSS):
        if author.text.strip() and not author.children and "@" not in author.text:
            found.add(AUTHOR, subject, author.line, author=author.text)
    for explicit in item.all("explicit", xml.ITUNES):
        if explicit.text.strip().lower() not in ("true", "false", "yes", "no", "clean", "explicit"):
            found.add(EXPLICIT, subject, explicit.line, value=explicit.text or "(nothing)")
    counts = Counter(node.name for node in item.children if node.namespace in RSS and node.name in _ONCE)
    for name, count in counts.items():
        if count > 1:
            found.add(DOUBLE, subject, item.line, name=name, count=count)


def _guid(guid: Node, subject: str, found: Findings) -> None:
    name, said = next((one for one in guid.attributes.items() if one[0].lower() == "ispermalink"), ("", None))
    text = guid.text.strip()
    if said is not None and (name != "isPermaLink" or said.strip() not in ("true", "false")):
        found.add(PERMALINK, subject, guid.line, said=name, value=said)
    elif said != "false" and text and not re.match(r"https?://[^\s/]", text, re.IGNORECASE):
        found.add(GUID_NOT_URL, subject, guid.line, guid=text)


def _known(holder: Node, subject: str, place: str, found: Findings, *, rdf: bool) -> None:
    """Elements that readers pass over: wrong capitals, wrong place, none of RSS."""
    other = "channel" if place == "item" else "item"
    for node in holder.children:
        if node.namespace == xml.SY and node.name not in _SY:
            right = next((name for name in _SY if name.lower() == node.name.lower()), None)
            if right:
                found.add(CASE, subject, node.line, written=node.name, right=right)
        if node.namespace not in RSS or node.name in _KNOWN[place]:
            continue
        right = _BY_LETTERS.get(node.name.lower())
        if right in _KNOWN[place]:
            found.add(CASE, subject, node.line, written=node.name, right=right)
        elif node.name in _KNOWN[other] and node.name not in ("image",):
            found.add(MISPLACED, subject, node.line, name=node.name, right=f"`<{other}>`")
        elif not rdf:
            found.add(UNKNOWN, subject, node.line, name=node.name, idea=Words(_IDEAS.get(node.name.lower(), "")))
    stray = holder.text.strip()
    if stray:
        found.add(STRAY, subject, holder.line, text=stray)
