"""What a person declared, from the words of the configuration to the nouns of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from syndicator.config import Settings
from syndicator.config.feeds import DigestSection, FeedSection, PodcastSection
from syndicator.config.sections import SourceSection
from syndicator.model import Cap, Digest, Doubles, Feed, Format, Order, Podcast, Query, Source

FORMATS = {
    "atom": Format.ATOM,
    "rss": Format.RSS,
    "json": Format.JSON,
    "rss1": Format.RDF,
    "ninjs": Format.NINJS,
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def sources(settings: Settings) -> tuple[Source, ...]:
    """The sources that the file declares; `id` is empty where it names no slug. Raises ConfigError."""
    return tuple(_source(settings.root, section) for section in settings.source)


def feeds(settings: Settings) -> tuple[Feed, ...]:
    """The composed feeds that the file declares."""
    return tuple(replace(feed_of(settings, section), declared=True) for section in settings.feed)


def former_names(settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """What declared feeds were called before, by their names."""
    return {
        _name(section.name, section.private): tuple(_name(name, section.private) for name in section.formerly)
        for section in settings.feed
        if section.formerly
    }


def feed_of(settings: Settings, section: FeedSection, before: Feed | None = None) -> Feed:
    """The composed feed that a table of the file or the options of a command describe.

    `before` is the feed as it was: what the section does not set stays.
    """
    given = section.model_fields_set
    private = before.private if before else section.private
    base = before or Feed(name=_name(section.name, private), title=section.name, private=private)
    changes: dict[str, Any] = {name: getattr(section, name) for name in _AS_THEY_ARE if name in given}
    changes["query"] = _query(settings, section, base)
    if before is None or "title" in given:
        changes["title"] = section.title or f"{settings.site.title}: {section.name.replace('-', ' ')}"
    if before is None or "limit" in given:
        changes["limit"] = section.limit or settings.feeds.items
    if before is None or "archives" in given:
        changes["archives"] = not private if section.archives is None else section.archives
    if "formats" in given:
        changes["formats"] = tuple(dict.fromkeys(FORMATS[name] for name in section.formats))
    if "order" in given:
        changes["order"] = Order(section.order)
    if "doubles" in given:
        changes["doubles"] = Doubles(section.doubles)
    if given & {"per_day", "per_day_of"}:
        changes["caps"] = _caps(section, base)
    if "podcast" in given:
        changes["podcast"] = _podcast(section.podcast, base.podcast)
    if "digest" in given:
        changes["digest"] = _digest(settings, section.digest, base.digest)
    return replace(base, **changes)


_AS_THEY_ARE = ("description", "full", "delay", "prefer", "image", "language", "licence", "profile")


def _name(slug: str, private: bool) -> str:
    return f"private/{slug}" if private else slug


def _query(settings: Settings, section: FeedSection, feed: Feed) -> Query:
    given = section.model_fields_set
    changes: dict[str, Any] = {
        name: frozenset(getattr(section, name)) for name in ("sources", "tags", "authors", "languages") if name in given
    }
    changes |= {name: getattr(section, name) for name in ("words_from", "words_to") if name in given}
    for name in ("since", "before"):
        if name in given:
            moment = getattr(section, name)
            if moment is not None and moment.tzinfo is None:
                moment = moment.replace(tzinfo=ZoneInfo(settings.site.timezone))
            changes[name] = moment and moment.astimezone(UTC)
    if "filter" in given:
        changes["expression"] = section.filter.strip()
    return replace(feed.query, **changes)


def _caps(section: FeedSection, feed: Feed) -> tuple[Cap, ...]:
    """The caps of sources by name, then that of each."""
    most: dict[str | None, int] = {cap.source: cap.most for cap in feed.caps}
    if "per_day_of" in section.model_fields_set:
        most = {None: most[None]} if None in most else {}
        most.update(section.per_day_of)
    if "per_day" in section.model_fields_set:
        most.pop(None, None)
        most |= {None: section.per_day} if section.per_day else {}
    return tuple(Cap(most=most[name], source=name) for name in sorted(most, key=lambda name: (name is None, name)))


def _podcast(section: PodcastSection | None, before: Podcast | None) -> Podcast | None:
    if section is None:
        return None
    return replace(before or Podcast(), **{name: getattr(section, name) for name in section.model_fields_set})


def _digest(settings: Settings, section: DigestSection | None, before: Digest | None) -> Digest | None:
    if section is None:
        return None
    base = before or Digest(of=section.of, zone=settings.site.timezone)
    changes: dict[str, Any] = {}
    if "at" in section.model_fields_set:
        changes = {"hour": int(section.at[:2]), "minute": int(section.at[3:])}
    if "weekday" in section.model_fields_set:
        changes["weekday"] = WEEKDAYS.index(section.weekday) if section.weekday else None
    if "zone" in section.model_fields_set:
        changes["zone"] = section.zone or settings.site.timezone
    if "of" in section.model_fields_set:
        changes["of"] = section.of
    return replace(base, **changes)


def _source(root: Path, section: SourceSection) -> Source:
    return Source(
        id=section.slug or "",
        url=section.url,
        title=section.title,
        tags=section.tags,
        interval=section.interval,
        paused=not section.enabled,
        username=section.username,
        password=section.secret(root),
        headers=tuple(section.headers.items()),
        user_agent=section.user_agent,
        language=section.language,
        licence=section.licence,
        trust=section.trust,
        declared=True,
    )


def table_of(feed: Feed) -> dict[str, Any]:
    """A feed in the words of the file: what a `[[feed]]` would say of it, without what nobody decided."""
    query = feed.query
    found: dict[str, Any] = {"name": feed.name.removeprefix("private/"), "title": feed.title}
    found |= {name: getattr(feed, name) for name in _AS_THEY_ARE}
    found |= {name: sorted(getattr(query, name)) for name in ("sources", "tags", "authors", "languages")}
    found |= {name: getattr(query, name) for name in ("words_from", "words_to", "since", "before")}
    found |= {"filter": query.expression, "order": str(feed.order), "limit": feed.limit}
    found["formats"] = [name for format in feed.formats for name, known in FORMATS.items() if known is format]
    found["per_day"] = next((cap.most for cap in feed.caps if cap.source is None), None)
    found["per_day_of"] = {cap.source: cap.most for cap in feed.caps if cap.source is not None}
    found["delay"] = f"{feed.delay.total_seconds():.10g}s" if feed.delay else None
    found |= {"doubles": str(feed.doubles), "archives": feed.archives, "private": feed.private}
    if feed.digest:
        del found["sources"]
        weekday = feed.digest.weekday
        found["digest"] = {
            "of": feed.digest.of,
            "at": f"{feed.digest.hour:02}:{feed.digest.minute:02}",
            **({} if weekday is None else {"weekday": WEEKDAYS[weekday]}),
            "zone": feed.digest.zone,
        }
    if feed.podcast:
        found["podcast"] = {name: value for name, value in asdict(feed.podcast).items() if value not in ("", None, ())}
    return {name: value for name, value in found.items() if value not in (None, "", [], (), {})}
