"""RSS 1.0: RDF that feed readers take, with Dublin Core and the modules for content, links and licences.

Every element is a property that RDF/XML allows: links are those of the link module, whose attributes have names of
their own, as Atom's links have none that RDF would take.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import unescape

from lxml import etree

from syndicator.core.render import extensions, markup
from syndicator.core.render.entry import Entry, Head, escape, rfc3339
from syndicator.core.render.markup import DC, add
from syndicator.model import Link

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
RSS = "{http://purl.org/rss/1.0/}"
CC = "{http://web.resource.org/cc/}"
DCTERMS = "{http://purl.org/dc/terms/}"
LINK = "{http://purl.org/rss/1.0/modules/link/}"
RELATIONS = "http://www.iana.org/assignments/relation/"
"""What a registered relation's name stands for where a URI is wanted (RFC 4287 4.2.7.2)."""

NAMESPACES: dict[Any, str] = {
    None: RSS[1:-1],
    "rdf": RDF[1:-1],
    "cc": CC[1:-1],
    "content": markup.CONTENT[1:-1],
    "dc": DC[1:-1],
    "dcterms": DCTERMS[1:-1],
    "georss": extensions.GEORSS[1:-1],
    "l": LINK[1:-1],
    "slash": extensions.SLASH[1:-1],
}
_ABOUT = b' rdf:about="'


def item(entry: Entry) -> bytes:
    """An `item` element, to stand in a document of ours: its namespaces are declared there.

    It is about the article's id, which never changes; `link` is where to read it.
    """
    made = etree.Element(f"{RSS}item", {f"{RDF}about": entry.id}, nsmap=NAMESPACES)
    add(made, f"{RSS}title", markup.text_construct(entry.title)[1])
    add(made, f"{RSS}link", entry.url)
    add(made, f"{RSS}description", escape(entry.summary))
    for author in entry.authors:
        add(made, f"{DC}creator", author.name)
    for contributor in entry.contributors:
        add(made, f"{DC}contributor", contributor.name)
    add(made, f"{DC}date", rfc3339(entry.published))
    if rfc3339(entry.updated) != rfc3339(entry.published):
        add(made, f"{DCTERMS}modified", rfc3339(entry.updated))
    if entry.language:
        add(made, f"{DC}language", entry.language)
    for tag in entry.tags:
        add(made, f"{DC}subject", tag)
    if entry.source:
        add(made, f"{DC}publisher", entry.source.title)
        add(made, f"{DC}source", entry.source.feed_url or entry.source.url or entry.source.id)
    _terms(made, entry.rights or entry.licence, entry.licence_url)
    _links(made, entry)
    extensions.place(made, entry)
    if entry.replies and entry.replies.count is not None:
        add(made, f"{extensions.SLASH}comments", str(entry.replies.count))
    extensions.extra(made, entry)
    if entry.content:
        # A bare replacement character is taken for damage; a section of character data cannot hold what ends it.
        content = entry.content.replace("\ufffd", "&#xfffd;")
        encoded = etree.SubElement(made, f"{markup.CONTENT}encoded")
        encoded.text = content if "]]>" in content else etree.CDATA(content)
    return markup.serialised(made, NAMESPACES)


def document(head: Head, items: Sequence[bytes]) -> bytes:
    """A whole RSS 1.0 feed: the channel with the sequence of what it holds, the items as they are."""
    root = etree.Element(f"{RDF}RDF", nsmap=NAMESPACES | markup.rhythm_namespace(head))
    markup.style(root, head)
    channel = etree.SubElement(root, f"{RSS}channel", {f"{RDF}about": head.self_url})
    add(channel, f"{RSS}title", markup.text_construct(head.title)[1])
    add(channel, f"{RSS}link", head.page)
    add(channel, f"{RSS}description", markup.text_construct(head.description or head.title)[1])
    add(channel, f"{DC}creator", head.author)
    add(channel, f"{DC}date", rfc3339(head.updated))
    if head.language:
        add(channel, f"{DC}language", head.language)
    markup.rhythm(channel, head)
    _terms(channel, head.licence, head.licence)
    for relation, href in (("self", head.self_url), ("current", head.current), ("prev-archive", head.previous)):
        if href:
            _link(channel, relation, Link(href=href, type="application/rdf+xml"))
    if head.image:
        etree.SubElement(channel, f"{RSS}image", {f"{RDF}resource": head.image})
        _image(root, head, head.image)
    sequence = etree.SubElement(etree.SubElement(channel, f"{RSS}items"), f"{RDF}Seq")
    for one in items:
        etree.SubElement(sequence, f"{RDF}li", {f"{RDF}resource": _about(one)})
    text = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return markup.joined(text, b"</rdf:RDF>", items)


def _image(root: etree._Element, head: Head, url: str) -> None:
    made = etree.SubElement(root, f"{RSS}image", {f"{RDF}about": url})
    add(made, f"{RSS}title", markup.text_construct(head.title)[1])
    add(made, f"{RSS}url", url)
    add(made, f"{RSS}link", head.page)


def _about(piece: bytes) -> str:
    """What an item is about: the first attribute of a piece, which is all that is looked at of it."""
    start = piece.index(_ABOUT) + len(_ABOUT)
    return unescape(piece[start : piece.index(b'"', start)].decode(), {"&quot;": '"'})


def _terms(parent: etree._Element, wording: str | None, licence: str | None) -> None:
    if wording:
        add(parent, f"{DC}rights", markup.text_construct(wording)[1])
    if licence and licence.startswith(("https://", "http://")):
        etree.SubElement(parent, f"{CC}license", {f"{RDF}resource": licence})


def _links(made: etree._Element, entry: Entry) -> None:
    for related in entry.related:
        _link(made, "related", related)
    for title in entry.mentioned:
        add(made, f"{DC}relation", title)
    if entry.via:
        _link(made, "via", entry.via)
    for other in entry.links:
        _link(made, other.rel or "related", other)
    if entry.comments:
        _link(made, "replies", Link(href=entry.comments, type="text/html"))
    if entry.replies and entry.replies.href:
        _link(made, "replies", Link(href=entry.replies.href, type=entry.replies.type))
    for file in entry.attachments:
        _link(made, "enclosure", Link(href=file.url, type=file.type, title=file.title))
    image = entry.image
    if image and image.url and all(file.url != image.url for file in entry.attachments):
        _link(made, "enclosure", Link(href=image.url, type=image.type))


def _link(parent: etree._Element, rel: str, to: Link) -> None:
    relation = rel if ":" in rel else RELATIONS + rel
    made = etree.SubElement(parent, f"{LINK}link", {f"{RDF}resource": to.href or "", f"{LINK}rel": relation})
    for name, value in (("type", to.type), ("lang", to.hreflang), ("title", to.title)):
        if value:
            made.set(f"{LINK}{name}", value)
