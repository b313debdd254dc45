"""Atom 1.0 and RSS 2.0, built with feedgen and put right in its extension hooks. Nothing else imports feedgen.

feedgen hands the lxml elements that it made to `extend_atom` and `extend_rss`. What it loses there (link relations,
several enclosures, authors without e-mail), gets wrong (dates, the channel's link) or does not know (languages,
licences, tombstones, Media RSS beside a group, what `extensions` holds) is written by the classes below. The content
moves to the end of its entry, where a person who reads the source looks for it last. feedgen is never given a date
for RSS: it would change the locale of the whole process to write it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from syndicator.core.render import extensions, markup, podcast
from syndicator.core.render.entry import GENERATOR, Entry, Head, escape, rfc3339
from syndicator.core.rhythm import ttl
from syndicator.model import Category

# Declared once, at the root of every document, and relied on by the pieces.
ATOM_NAMESPACES = {"dc": markup.DC[1:-1], "media": markup.MEDIA[1:-1]} | extensions.NAMESPACES
RSS_NAMESPACES = ATOM_NAMESPACES | {
    "atom": markup.ATOM[1:-1],
    "content": markup.CONTENT[1:-1],
    "creativeCommons": markup.CC[1:-1],
    "wfw": markup.WFW[1:-1],
}


def atom_entry(entry: Entry) -> bytes:
    """An `entry` element (RFC 4287 4.1.2), to stand in a document of ours: its namespaces are declared there."""
    made = FeedEntry()
    made.register_extension("ours", _EntryExtension)
    made.ours.entry = entry
    made.id(entry.id)
    made.title(entry.title)
    made.published(entry.published)
    made.updated(entry.updated)
    made.author([_person(author.name, author.email, author.uri) for author in entry.authors])
    made.contributor([_person(person.name, person.email, person.uri) for person in entry.contributors])
    made.category([_category(category) for category in extensions.categories(entry)])
    made.link(href=entry.url)
    made.summary(entry.summary)
    if entry.content:
        made.content(_content(entry), type="html")
    return markup.serialised(made.atom_entry(), ATOM_NAMESPACES)


def rss_item(entry: Entry) -> bytes:
    """An `item` element (RSS 2.0.11), to stand in a document of ours: its namespaces are declared there."""
    made = FeedEntry()
    made.register_extension("ours", _EntryExtension)
    made.ours.entry = entry
    made.guid(entry.id, permalink=entry.id == entry.url)
    made.title(markup.text_construct(entry.title)[1])
    made.link(href=entry.url)
    made.description(escape(entry.summary))
    made.category([_category(category) for category in entry.categories])
    if entry.content:
        made.content(_content(entry), type=None if "]]>" in entry.content else "CDATA")
    return markup.serialised(made.rss_entry(), RSS_NAMESPACES)


def atom_document(head: Head, entries: Sequence[bytes]) -> bytes:
    """A whole Atom feed: the head with its tombstones, the entries as they are."""
    feed = FeedGenerator()
    feed.register_extension("ours", _FeedExtension)
    feed.ours.head = head
    feed.ours.namespaces = ATOM_NAMESPACES | ({"at": markup.AT[1:-1]} if head.tombstones else {}) | _history(head)
    feed.id(head.id)
    feed.title(head.title)
    feed.updated(head.updated)
    feed.author(_person(head.author))
    feed.generator(GENERATOR)
    if head.language:
        feed.language(head.language)
    feed.link(href=head.self_url, rel="self", type="application/atom+xml")
    feed.link(href=head.page, rel="alternate", type="text/html")
    if head.image:
        feed.logo(head.image)
    return markup.joined(feed.atom_str(pretty=True), b"</feed>", entries)


def rss_document(head: Head, items: Sequence[bytes]) -> bytes:
    """A whole RSS feed: the channel's head, the items as they are."""
    feed = FeedGenerator()
    feed.register_extension("ours", _FeedExtension)
    feed.ours.head = head
    feed.ours.namespaces = RSS_NAMESPACES | _history(head) | markup.rhythm_namespace(head)
    feed.title(markup.text_construct(head.title)[1])
    feed.link(href=head.page, rel="alternate")
    feed.description(markup.text_construct(head.description or head.title)[1])
    feed.generator(GENERATOR)
    if head.language:
        feed.language(head.language)
    if head.max_age is not None:
        feed.ttl(ttl(head.max_age))
    if head.image:
        title = markup.text_construct(head.title)[1]
        feed.image(url=head.image, title=title, link=head.page)
    # It would otherwise write the current time, and change the locale of the process for it.
    feed._FeedGenerator__rss_lastBuildDate = None
    return markup.joined(feed.rss_str(pretty=True), b"  </channel>\n</rss>", items)


class _EntryExtension(BaseEntryExtension):  # type: ignore[misc]
    """Puts right one entry."""

    entry: Entry

    def extend_atom(self, made: etree._Element) -> etree._Element:
        entry = self.entry
        if entry.language:
            made.set(f"{markup.XML}lang", entry.language)
        markup.retype(made, "title", entry.title)
        markup.retype(made, "summary", entry.summary)
        markup.put(made, "updated", rfc3339(entry.updated))
        markup.put(made, "published", rfc3339(entry.published))
        for alternate in made.findall("link"):
            alternate.attrib.update({"rel": "alternate", "type": "text/html"})
        if rights := entry.rights or entry.licence:
            markup.retype(made, "rights", rights)
        markup.links(made, "link", entry)
        for attachment in entry.attachments:
            markup.enclosure(made, attachment)
        markup.media(made, entry)
        extensions.conversation(made, entry)
        extensions.place(made, entry)
        extensions.episode(made, entry)
        extensions.extra(made, entry)
        extensions.source(made, entry)
        content = made.find("content")
        if content is not None:
            made.append(content)
        return made

    def extend_rss(self, made: etree._Element) -> etree._Element:
        entry = self.entry
        markup.add(made, "pubDate", _rfc822(entry.published))
        if rfc3339(entry.updated) != rfc3339(entry.published):
            markup.add(made, f"{markup.ATOM}updated", rfc3339(entry.updated))
        for author in entry.authors:
            markup.add(made, f"{markup.DC}creator", author.name)
        for contributor in entry.contributors:
            markup.add(made, f"{markup.DC}contributor", contributor.name)
        if entry.language:
            markup.add(made, f"{markup.DC}language", entry.language)
        if rights := entry.rights or entry.licence:
            markup.add(made, f"{markup.DC}rights", rights)
        if entry.licence_url:
            markup.add(made, f"{markup.CC}license", entry.licence_url)
        markup.links(made, f"{markup.ATOM}link", entry, licence=False)
        if file := podcast.enclosure(entry):
            etree.SubElement(made, "enclosure", url=file.url, length=str(file.length or 0), type=file.type)
        markup.media(made, entry)
        if entry.source:
            extensions.rss_source(made, entry.source)
        if entry.comments:
            markup.add(made, "comments", entry.comments)
        if entry.replies and entry.replies.href:
            markup.add(made, f"{markup.WFW}commentRss", entry.replies.href)
        extensions.conversation(made, entry, markup.ATOM)
        extensions.place(made, entry)
        extensions.episode(made, entry)
        extensions.extra(made, entry)
        content = made.find(f"{markup.CONTENT}encoded")
        if content is not None:
            made.append(content)
        return made


class _FeedExtension(BaseExtension):  # type: ignore[misc]
    """Puts right a feed's head."""

    head: Head
    namespaces: dict[str, str]

    def extend_ns(self) -> dict[str, str]:
        return self.namespaces

    def extend_atom(self, made: etree._Element) -> etree._Element:
        head = self.head
        markup.style(made, head)
        markup.retype(made, "title", head.title)
        markup.put(made, "updated", rfc3339(head.updated))
        markup.subtitle(made, head)
        if head.licence:
            markup.retype(made, "rights", head.licence)
        podcast.channel(made, head)
        markup.history(made, "link", head, "application/atom+xml")
        for gone in head.tombstones:
            etree.SubElement(made, f"{markup.AT}deleted-entry", ref=gone.id, when=rfc3339(gone.when))
        return made

    def extend_rss(self, made: etree._Element) -> etree._Element:
        head = self.head
        markup.style(made, head)
        channel = made[0]
        markup.add(channel, "lastBuildDate", _rfc822(head.updated))
        markup.add(channel, f"{markup.DC}creator", head.author)
        if head.licence:
            markup.add(channel, "copyright", head.licence)
        markup.rhythm(channel, head)
        podcast.channel(channel, head)
        etree.SubElement(channel, f"{markup.ATOM}link", href=head.self_url, rel="self", type="application/rss+xml")
        markup.history(channel, f"{markup.ATOM}link", head, "application/rss+xml")
        return made


def _history(head: Head) -> dict[str, str]:
    return {"fh": markup.FH[1:-1]} if head.current else {}


def _category(category: Category) -> dict[str, str]:
    known = (("term", category.term), ("scheme", category.scheme), ("label", category.label))
    return {key: value for key, value in known if value}


def _content(entry: Entry) -> str:
    """The content; a replacement character in it is spelled, as validators take a bare one for a damaged file."""
    return entry.content.replace("\ufffd", "&#xfffd;")


def _person(name: str, email: str | None = None, uri: str | None = None) -> dict[str, str]:
    return {key: value for key, value in (("name", name), ("email", email), ("uri", uri)) if value}


def _rfc822(value: datetime) -> str:
    """A date as RSS wants it: English names in every locale (RFC 822 with years of four digits)."""
    return format_datetime(value.astimezone(UTC), usegmt=True)
