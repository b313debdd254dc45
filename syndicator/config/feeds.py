"""What a composed feed looks like in the file, and in the options of a command."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from syndicator.config.sections import Duration, Section

FormatName = Literal["atom", "rss", "json", "rss1", "ninjs"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _slug(value: str) -> str:
    if len(value) > 80 or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError(f'"{value}" is no name for addresses; give letters a to z, digits and hyphens: "human-rights"')
    return value


def _zone(value: str | None) -> str | None:
    if value:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f'"{value}" is no time zone; give one like "Europe/Kyiv"') from error
    return value or None


def _clock_time(value: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError(f'"{value}" is no time of day; give one like "07:00"')
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise ValueError(f'"{value}" is no language tag; give one like "en" or "pt-BR"')
    return value


def _moment(value: object) -> object:
    if value is None or isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError("give a date like 2026-05-01, or 2026-05-01T06:00:00+02:00") from error


def _web_address(value: str | None) -> str | None:
    if value and not re.fullmatch(r"https?://[^\s/?#]+\S*", value):
        raise ValueError(f'"{value}" is no address; give one like "https://news.example.org/logo.png"')
    return value or None


Slug = Annotated[str, AfterValidator(_slug)]
Texts = tuple[Annotated[str, Field(min_length=1)], ...]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
"""A date and time; what has no zone is meant in the site's. A date alone is its beginning."""
Words = Annotated[int, Field(ge=0)] | None
Most = Annotated[int, Field(ge=1, le=1000)] | None
WebAddress = Annotated[str | None, AfterValidator(_web_address)]
ClockTime = Annotated[str, AfterValidator(_clock_time)]


class DigestSection(Section):
    """The feed is a roll-up of another one."""

    of: str = ""
    at: ClockTime = "07:00"
    weekday: Weekday | None = None
    zone: Annotated[str | None, AfterValidator(_zone)] = None


class PodcastSection(Section):
    """What the directories of podcasts want to know."""

    author: str = ""
    owner: str = ""
    email: str | None = None
    kind: Literal["episodic", "serial"] = "episodic"
    explicit: bool = False
    categories: Texts = ()
    locked: bool = False
    funding: WebAddress = None
    guid: str | None = Field(default=None, pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class FeedSection(Section):
    """One composed feed. What is None is as the site, or as it is usual."""

    name: Slug
    title: str = Field(default="", max_length=200)
    description: str = ""
    formerly: tuple[Slug, ...] = ()

    sources: Texts = ()
    tags: Texts = ()
    authors: Texts = ()
    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = ()
    words_from: Words = None
    words_to: Words = None
    since: Moment = None
    before: Moment = None
    filter: str = ""

    order: Literal["found", "published", "updated"] = "found"
    limit: Most = None
    formats: Annotated[tuple[FormatName, ...], Field(min_length=1)] = ("atom", "rss", "json")
    full: bool | None = None
    per_day: Most = None
    """At most so many articles a day from each source."""
    per_day_of: dict[str, Annotated[int, Field(ge=1, le=1000)]] = Field(default_factory=dict)
    """At most so many a day from these."""
    delay: Duration = timedelta(0)
    doubles: Literal["first", "prefer", "list", "keep"] = "first"
    prefer: Texts = ()
    archives: bool | None = None
    private: bool = False

    image: WebAddress = None
    language: str | None = None
    licence: str | None = None
    profile: str | None = None
    podcast: PodcastSection | None = None
    digest: DigestSection | None = None

    @field_validator("language")
    @classmethod
    def _language_tag(cls, value: str | None) -> str | None:
        return _language(value) if value else None
