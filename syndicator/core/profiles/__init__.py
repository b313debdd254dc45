"""What others require of the articles that they take from a feed, and what an article lacks of it.

The requirements are data (`known`). An article that lacks a required field is not published in a feed with that
profile, and is named to a person with the field and what to do; what is only wished for is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from urllib.parse import urlsplit

from syndicator.core import html
from syndicator.core.profiles.known import PROFILES, Profile, Rule
from syndicator.core.render.entry import Attachment, Entry, entry, told
from syndicator.errors import FeedError
from syndicator.model import Article, Feed, Site, Status

__all__ = ["REQUIREMENTS", "Missing", "check", "lacks", "profile"]

REQUIREMENTS = 1
"""Raised by one whenever the same article is found to lack something else: what is in feeds is decided anew."""

_PLAYABLE = frozenset({"audio", "video"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A field that does not meet a rule: why, and what to do, in one line. `required`: the article is left out."""

    field: str
    reason: str
    required: bool


def profile(name: str) -> Profile:
    """The profile of that name. Raises FeedError, naming the nearest, where there is none."""
    found = PROFILES.get(name.strip().lower())
    if found is None:
        near = get_close_matches(name.strip().lower(), PROFILES, 1, 0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"write one of {', '.join(PROFILES)}"
        raise FeedError(f"profile `{name}`: there is none of that name; {hint}")
    return found


def check(article: Article, feed: Feed, site: Site) -> tuple[Missing, ...]:
    """All that an article lacks for the profile of a feed, what is required first; nothing where it has no profile.

    A retracted article lacks nothing: who took it has to hear of the retraction. Raises FeedError for an unknown
    profile, ValueError for an article that `core.decide` has not seen.
    """
    if feed.profile is None or article.status is Status.RETRACTED:
        return ()
    wanted = profile(feed.profile)
    full = site.full_content if feed.full is None else feed.full
    facts = _Facts(article, entry(article, replace(site, full_content=full)))
    found = [_missing(rule, _MEASURES[rule.field](facts), wanted) for rule in wanted.rules]
    return tuple(sorted(filter(None, found), key=lambda one: not one.required))


def lacks(article: Article, feed: Feed, site: Site) -> tuple[Missing, ...]:
    """What keeps an article out of a feed with a profile: the required fields that it lacks. See `check`."""
    return tuple(one for one in check(article, feed, site) if one.required)


def _missing(rule: Rule, value: int | str | None, wanted: Profile) -> Missing | None:
    """None where the rule is met, or where nobody knows (the size of a picture that lies elsewhere)."""
    if value is None or _is_met(rule, value):
        return None
    if value in (0, ""):
        reason = f"there is none, {wanted.title} {'requires' if rule.required else 'wishes for'} it"
    else:
        shown = f"`{value}`" if isinstance(value, str) else f"{value:,}"
        reason = f"{shown}, {wanted.title} {'takes' if rule.required else 'prefers'} {_wish(rule)}"
    return Missing(field=rule.field, reason=f"{rule.field}: {reason}; {rule.advice}", required=rule.required)


def _is_met(rule: Rule, value: int | str) -> bool:
    if isinstance(value, str):
        return value in rule.among
    return (rule.least is None or value >= rule.least) and (rule.most is None or value <= rule.most)


def _wish(rule: Rule) -> str:
    unit = f" {rule.unit}" if rule.unit else ""
    if rule.among:
        return f"one of {', '.join(sorted(rule.among))}"
    if rule.most is None:
        return f"at least {rule.least:,}{unit}"
    return f"at most {rule.most:,}{unit}" if rule.least is None else f"{rule.least:,} to {rule.most:,}{unit}"


@dataclass(frozen=True, slots=True)
class _Facts:
    """An article, and what a feed shows of it."""

    article: Article
    entry: Entry

    def picture(self) -> bool:
        return bool(self.entry.image and self.entry.image.url)

    def played(self) -> Attachment | None:
        """The first file that can be played."""
        return next((file for file in self.entry.attachments if {file.medium, told(file.type)} & _PLAYABLE), None)


def _text(facts: _Facts) -> int:
    return len(html.words(facts.entry.content).strip())


def _age(facts: _Facts) -> int:
    """How many whole days an article was old when it was first seen: the clock does not enter into it."""
    first = facts.article.first_seen
    return max((first - facts.entry.published).days, 0) if first else 0


def _width(facts: _Facts) -> int | None:
    return facts.entry.image.width if facts.entry.image and facts.picture() else None


def _longer_side(facts: _Facts) -> int | None:
    image = facts.entry.image if facts.picture() else None
    return max(image.width, image.height) if image and image.width and image.height else None


def _file(facts: _Facts, value: Callable[[Attachment], int | str | None]) -> int | str | None:
    """Something of the file that can be played; None where there is none, which a rule of its own says."""
    played = facts.played()
    return None if played is None else value(played) or 0


_MEASURES: Mapping[str, Callable[[_Facts], int | str | None]] = {
    "title": lambda facts: len(facts.entry.title) if facts.article.title else 0,
    "summary": lambda facts: len(facts.entry.summary) if facts.article.summary else 0,
    "text": _text,
    "text size": lambda facts: len(facts.entry.content.encode("utf-8", "replace")),
    "address": lambda facts: urlsplit(facts.entry.url).scheme,
    "date": _age,
    "author": lambda facts: len(facts.entry.authors),
    "tags": lambda facts: len(facts.entry.tags),
    "language": lambda facts: int(facts.entry.language not in (None, "und")),
    "picture": lambda facts: int(facts.picture()),
    "picture width": _width,
    "picture size": _longer_side,
    "audio": lambda facts: int(facts.played() is not None),
    "audio type": lambda facts: _file(facts, lambda file: file.type),
    "audio length": lambda facts: _file(facts, lambda file: file.length),
    "audio duration": lambda facts: _file(facts, lambda file: file.duration),
    "audio address": lambda facts: _file(facts, lambda file: urlsplit(file.url).scheme),
}
"""What a rule's field measures. None: it is not known, or another field says that it is not there."""
