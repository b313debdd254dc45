"""JSON Feed 1.1. What has no value is absent, never null; what the format has no place for is in `_syndicator`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from syndicator.core.render.entry import Attachment, Entry, Head, rfc3339
from syndicator.model import Episode, Link, Person, Replies, Ruling, Upstream

VERSION = "https://jsonfeed.org/version/1.1"

Json = dict[str, object]


def item(entry: Entry) -> bytes:
    """One item as a JSON object on one line."""
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
            _syndicator=_extension(entry),
        )
    )


def _extension(entry: Entry) -> Json:
    """What JSON Feed has no place for."""
    mentioned = [Link(title=title) for title in entry.mentioned]
    return _present(
        licence=entry.licence,
        via=_link(entry.via) if entry.via else None,
        related=[_link(link) for link in (*entry.related, *mentioned)],
        source=_source(entry.source) if entry.source else None,
        original_id=entry.original_id,
        contributors=[_author(person) for person in entry.contributors],
        categories=[
            _present(term=one.term, scheme=one.scheme, label=one.label)
            for one in entry.categories
            if one.scheme or one.label
        ],
        rights=entry.rights,
        links=[_link(link) for link in entry.links],
        comments=entry.comments,
        replies=_replies(entry.replies) if entry.replies else None,
        in_reply_to=[
            _present(ref=one.ref, url=one.href, type=one.type, source=one.source) for one in entry.in_reply_to
        ],
        ruling=_ruling(entry.ruling) if entry.ruling else None,
        place=_place(*entry.place) if entry.place else None,
        episode=_episode(entry.episode) if entry.episode else None,
        extra=[list(pair) for pair in entry.extra],
    )


def document(head: Head, items: Sequence[bytes]) -> bytes:
    """A whole feed: the head, then the items joined as they are."""
    start = _dump(
        _present(
            version=VERSION,
            title=head.title,
            home_page_url=head.page,
            feed_url=head.self_url,
            next_url=head.previous,
            icon=head.image,
            description=head.description,
            authors=[{"name": head.author}],
            language=head.language,
            _syndicator=_present(
                id=head.id,
                updated=rfc3339(head.updated),
                licence=head.licence,
                archive=True if head.current else None,
                current=head.current,
                deleted=[{"id": gone.id, "when": rfc3339(gone.when)} for gone in head.tombstones],
            ),
        )
    )
    # One join and no other copy: a feed may be megabytes.
    separated = [part for item in items for part in (b",\n", item)][1:]
    return b"".join((start[:-1], b', "items": [\n', *separated, b"\n]}\n"))


def _present(**values: object) -> Json:
    return {key: value for key, value in values.items() if value is not None and value not in ("", [], {})}


def _dump(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, check_circular=False).encode("utf-8")


def _author(person: Person) -> Json:
    uri = person.uri or (f"mailto:{person.email}" if person.email else None)
    return _present(
        name=person.name, url=uri, _syndicator=_present(email=person.email if person.uri and person.email else None)
    )


def _link(link: Link) -> Json:
    return _present(url=link.href, title=link.title, rel=link.rel, type=link.type, language=link.hreflang)


def _source(source: Upstream) -> Json:
    return _present(
        id=source.id,
        title=source.title,
        url=source.url,
        feed_url=source.feed_url,
        updated=rfc3339(source.updated) if source.updated else None,
        rights=source.rights,
        language=source.language,
    )


def _replies(replies: Replies) -> Json:
    updated = rfc3339(replies.updated) if replies.updated else None
    return _present(url=replies.href, type=replies.type, count=replies.count, updated=updated)


def _ruling(ruling: Ruling) -> Json:
    return _present(kind=ruling.verdict, note=ruling.note, at=rfc3339(ruling.at) if ruling.at else None)


def _place(latitude: str, longitude: str, name: str | None) -> Json:
    return _present(latitude=float(latitude), longitude=float(longitude), name=name)


def _episode(episode: Episode) -> Json:
    return _present(
        season=episode.season,
        number=episode.number,
        kind=episode.kind,
        explicit=episode.explicit,
        subtitle=episode.subtitle,
        image=episode.image,
        transcripts=[_link(link) for link in episode.transcripts],
        chapters=_link(episode.chapters) if episode.chapters else None,
    )


def _attachment(attachment: Attachment) -> Json:
    return _present(
        url=attachment.url,
        mime_type=attachment.type,
        title=attachment.title,
        size_in_bytes=attachment.length,
        duration_in_seconds=attachment.duration,
        _syndicator=_present(medium=attachment.medium, width=attachment.width, height=attachment.height),
    )
