"""ninjs 3 (IPTC), for newsrooms: one composite item, whose associations are the articles.

What has no value is absent. Names are those of the standard's 3.1 schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from syndicator.core.render import checked
from syndicator.core.render.entry import UNKNOWN_LANGUAGE, Attachment, Entry, Head, rfc3339, told
from syndicator.model import Category, Image, Person, Tombstone, Upstream, Verdict

STANDARD = {"name": "ninjs", "version": "3.1", "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"}

Json = dict[str, object]

_TYPES = {"image": "picture", "audio": "audio", "video": "video"}


def item(entry: Entry) -> bytes:
    """One article as an associated item, a JSON object on one line.

    Its `uri` is the article's id. One that was retracted is `canceled`; what readers are told of it is its `edNote`.
    """
    return _dump(
        _present(
            name=entry.title,
            uri=_uri(entry.id),
            type="text",
            representationType="full" if entry.content else "partial",
            version=str(entry.revision),
            firstCreated=rfc3339(entry.published),
            versionCreated=rfc3339(entry.updated),
            contentCreated=rfc3339(entry.published),
            pubStatus="canceled" if entry.ruling and entry.ruling.verdict is Verdict.RETRACTED else "usable",
            edNote=entry.ruling.note if entry.ruling else None,
            language=None if entry.language == UNKNOWN_LANGUAGE else entry.language,
            headlines=[{"role": "main", "value": entry.title}],
            descriptions=[{"role": "summary", "contentType": "text/plain", "value": entry.summary}],
            bodies=[{"role": "main", "contentType": "text/html", "value": entry.content}] if entry.content else [],
            by=", ".join(person.name for person in entry.authors),
            people=[
                *(_person(person, "author") for person in entry.authors),
                *(_person(person, "contributor") for person in entry.contributors),
            ],
            copyrightNotice=entry.rights,
            **_terms(entry.licence, entry.licence_url),
            infoSources=[_source(entry.source)] if entry.source else [],
            subjects=[_subject(category) for category in entry.categories],
            places=[_place(*entry.place)] if entry.place else [],
            altIds=[{"role": "original", "value": entry.original_id}] if entry.original_id else [],
            renditions=[{"name": "web", "href": entry.url, "contentType": "text/html"}],
            associations=list(_associations(entry)),
        )
    )


def document(head: Head, items: Sequence[bytes]) -> bytes:
    """A whole feed: the composite item, then the articles as they are; what is gone is `canceled`."""
    start = _dump(
        _present(
            uri=head.id,
            standard=STANDARD,
            type="composite",
            versionCreated=rfc3339(head.updated),
            pubStatus="usable",
            title=head.title,
            headlines=[{"role": "main", "value": head.title}],
            descriptions=[{"role": "summary", "contentType": "text/plain", "value": head.description}]
            if head.description
            else [],
            language=head.language,
            by=head.author,
            **_terms(head.licence, checked.web(head.licence)),
            infoSources=[{"name": head.author, "role": "publisher"}],
            renditions=[
                {"name": "web", "href": head.page, "contentType": "text/html"},
                *(
                    {"name": name, "href": href, "contentType": "application/json"}
                    for name, href in (
                        ("self", head.self_url),
                        ("current", head.current),
                        ("prev-archive", head.previous),
                    )
                    if href
                ),
            ],
        )
    )
    parts = (*items, *map(_gone, head.tombstones))
    # One join and no other copy: a feed may be megabytes.
    separated = [part for item in parts for part in (b",\n", item)][1:]
    return b"".join((start[:-1], b', "associations": [\n', *separated, b"\n]}\n"))


def _gone(tombstone: Tombstone) -> bytes:
    """An article that was withdrawn or killed: nothing but its id."""
    when = rfc3339(tombstone.when)
    return _dump(
        _present(name=tombstone.id, uri=_uri(tombstone.id), type="text", versionCreated=when, pubStatus="canceled")
    )


def _terms(licence: str | None, address: str | None) -> Json:
    """The licence as it was written, and where its text is."""
    return _present(usageTerms=licence, rightsInfo={"linkedRights": address} if address else None)


def _person(person: Person, rel: str) -> Json:
    contact = [{"type": "email", "value": person.email}] if person.email else []
    uri = checked.uri(person.uri)
    return _present(name=person.name, rel=rel, uri=uri, contactInfo=contact)


def _source(source: Upstream) -> Json:
    """Who brought it out first, where it was taken from elsewhere."""
    page = [{"type": "web", "value": source.url}] if source.url else []
    return _present(name=source.title, role="originator", uri=_uri(source.id), contactInfo=page)


def _subject(category: Category) -> Json:
    """A tag; what its scheme calls it where it says more than its name."""
    uri = checked.uri(category.scheme)
    named = uri is not None and uri.endswith(("/", "#"))
    return _present(
        name=category.label or category.term,
        literal=category.term if category.label or category.scheme else None,
        uri=checked.uri(f"{uri}{quote(category.term, safe='')}") if named else None,
    )


def _place(latitude: str, longitude: str, name: str | None) -> Json:
    point = {"type": "Point", "coordinates": [float(longitude), float(latitude)]}
    return _present(name=name, geoJSON=point)


def _associations(entry: Entry) -> Iterator[Json]:
    """The picture, the files, and the related articles of which the address is known."""
    image = entry.image
    if image and image.url and all(file.url != image.url for file in entry.attachments):
        yield _present(
            name=image.alt or entry.title,
            uri=_uri(image.url),
            rel="picture",
            type="picture",
            descriptions=[{"role": "caption", "contentType": "text/html", "value": image.caption}]
            if image.caption
            else [],
            renditions=[_rendition(image.url, image)],
        )
    for file in entry.attachments:
        yield _present(
            name=file.title or file.url.rpartition("/")[2] or file.url,
            uri=_uri(file.url),
            rel="enclosure",
            type=_TYPES.get(file.medium or told(file.type) or "", "component"),
            renditions=[_rendition(file.url, file)],
        )
    for link in entry.related:
        if link.href:
            yield _present(name=link.title or link.href, uri=_uri(link.href), rel="related", language=link.hreflang)


def _rendition(url: str, file: Attachment | Image) -> Json:
    return _present(
        name="original",
        href=url,
        contentType=file.type,
        title=file.title if isinstance(file, Attachment) else None,
        width=file.width,
        height=file.height,
        sizeInBytes=file.length,
        duration=file.duration if isinstance(file, Attachment) else None,
    )


def _uri(written: str) -> str:
    """An id as a URI: one that is an IRI keeps its meaning (RFC 3987 3.1), anything else has one made of it."""
    found = checked.uri(written) or checked.uri(quote(written, safe="%:/?#[]@!$&'()*+,;=-._~"))
    return found or uuid5(NAMESPACE_URL, written).urn


def _present(**values: object) -> Json:
    return {key: value for key, value in values.items() if value is not None and value not in ("", [], {})}


def _dump(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, check_circular=False).encode("utf-8")
