"""JSON Feed 1.1. What has no value is absent, never null; what the format has no place for is in `_syndicator`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from syndicator.core.render.entry import Attachment, Entry, Head, rfc3339
from syndicator.model import Link, Person

VERSION = "https://jsonfeed.org/version/1.1"

Json = dict[str, object]


def item(entry: Entry) -> bytes:
    """One item as a JSON object on one line."""
    extension = _present(
        licence=entry.licence,
        via=_link(entry.via) if entry.via else None,
        related=[_link(link) for link in (*entry.related, *(Link(title=title) for title in entry.mentioned))],
    )
    return _dump(
        _present(
            id=entry.id,
            url=entry.url,
            title=entry.title,
            content_html=entry.content,
            content_text=None if entry.content else entry.summary,
            summary=entry.summary,
            image=entry.image.url if entry.image else None,
            date_published=rfc3339(entry.published),
            date_modified=rfc3339(entry.updated),
            authors=[_author(person) for person in entry.authors],
            tags=list(entry.tags),
            language=entry.language,
            attachments=[_attachment(attachment) for attachment in entry.attachments],
            _syndicator=extension,
        )
    )


def document(head: Head, items: Sequence[bytes]) -> bytes:
    """A whole feed: the head, then the items joined as they are."""
    start = _dump(
        _present(
            version=VERSION,
            title=head.title,
            home_page_url=head.page,
            feed_url=head.self_url,
            description=head.description,
            authors=[{"name": head.author}],
            language=head.language,
            _syndicator=_present(
                id=head.id,
                updated=rfc3339(head.updated),
                licence=head.licence,
                deleted=[{"id": gone.id, "when": rfc3339(gone.when)} for gone in head.tombstones],
            ),
        )
    )
    # One join and no other copy: a feed may be megabytes.
    separated = [part for item in items for part in (b",\n", item)][1:]
    return b"".join((start[:-1], b', "items": [\n', *separated, b"\n]}\n"))


def _present(**values: object) -> Json:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def _dump(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, check_circular=False).encode("utf-8")


def _author(person: Person) -> Json:
    return _present(name=person.name, url=person.uri or (f"mailto:{person.email}" if person.email else None))


def _link(link: Link) -> Json:
    return _present(url=link.href, title=link.title)


def _attachment(attachment: Attachment) -> Json:
    return _present(
        url=attachment.url,
        mime_type=attachment.type,
        title=attachment.title,
        size_in_bytes=attachment.length,
        duration_in_seconds=attachment.duration,
    )
