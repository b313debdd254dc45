"""The requirements of those who take articles from feeds, as their public pages state them. Data, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one field of an article has to be: a number between `least` and `most` of `unit`, or one word of `among`.

    Fields that are there or not are 1 or 0. `advice` says what to do. Not `required`: it is only wished for.
    """

    field: str
    advice: str
    required: bool = True
    least: int | None = None
    most: int | None = None
    unit: str = ""
    among: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who takes articles: `title` is their name, `page` where they publish what they require."""

    title: str
    page: str
    rules: tuple[Rule, ...]


_HTTPS = frozenset({"https"})
_TITLE = "give the article a title"
_TEXT = "write the text out, and leave `full` on for the feed"
_ADDRESS = "let the site, or the article's `url`, begin with https://"
_PICTURE = "add `image`"
_AUDIO = "add the recording as `enclosure`"

PROFILES: Mapping[str, Profile] = {
    "google-news": Profile(
        title="Google News",
        page="https://support.google.com/news/publisher-center/answer/9545420",
        rules=(
            Rule(field="title", least=1, unit="characters", advice=_TITLE),
            Rule(field="text", least=1, unit="characters", advice=_TEXT),
            Rule(field="text size", most=1_000_000, unit="bytes", advice="split the article"),
            Rule(field="address", among=frozenset({"https", "http"}), advice=_ADDRESS),
            Rule(field="author", least=1, required=False, advice="add `author`"),
            Rule(field="picture", least=1, required=False, advice=_PICTURE),
            Rule(field="picture width", least=800, unit="pixels", required=False, advice="use a larger picture"),
        ),
    ),
    "msn": Profile(
        title="MSN",
        page="https://support.microsoft.com/topic/msn-feed-item-metadata-requirements-0114c19c-36bb-4fef-8322-4a1ed6888329",
        rules=(
            Rule(field="title", least=21, most=150, unit="characters", advice="make the title longer or shorter"),
            Rule(field="text", least=1, unit="characters", advice=_TEXT),
            Rule(field="date", most=364, unit="days of age", advice="publish it in another feed, or correct `date`"),
            Rule(field="address", among=_HTTPS, required=False, advice=_ADDRESS),
            Rule(field="picture", least=1, required=False, advice=f"{_PICTURE}: only then is it published by itself"),
            Rule(field="picture size", least=720, unit="pixels", required=False, advice="use a larger picture"),
        ),
    ),
    "smartnews": Profile(
        title="SmartNews",
        page="https://publishers.smartnews.com/hc/en-us/articles/360036526213-SmartFormat-Specification-Version-2-1",
        rules=(
            Rule(field="title", least=1, unit="characters", advice=_TITLE),
            Rule(field="text", least=1, unit="characters", advice=_TEXT),
            Rule(field="address", among=frozenset({"https", "http"}), advice=_ADDRESS),
            Rule(field="picture", least=1, required=False, advice=_PICTURE),
            Rule(field="author", least=1, required=False, advice="add `author`"),
            Rule(field="language", least=1, required=False, advice="add `language`"),
        ),
    ),
    "apple-podcasts": Profile(
        title="Apple Podcasts",
        page="https://podcasters.apple.com/support/823-podcast-requirements",
        rules=(
            Rule(field="title", least=1, most=255, unit="characters", advice="make the title shorter"),
            Rule(field="audio", least=1, advice=_AUDIO),
            Rule(
                field="audio type",
                among=frozenset(
                    {"audio/mpeg", "audio/mp4", "audio/x-m4a", "video/mp4", "video/quicktime", "video/x-m4v"}
                ),
                advice="use MP3, M4A, MP4, M4V or MOV",
            ),
            Rule(field="audio length", least=1, unit="bytes", advice="add `length` to the enclosure"),
            Rule(field="audio address", among=_HTTPS, required=False, advice="let it lie under https://"),
            Rule(field="audio duration", least=1, unit="seconds", required=False, advice="add `duration` to it"),
            Rule(field="summary", least=1, unit="characters", required=False, advice="add `summary`"),
        ),
    ),
}
