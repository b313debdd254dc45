"""Subscriptions gathered from a list: each once, http(s) only, within bounds, and what was left out told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from syndicator.core.articles import fields
from syndicator.core.identity import url_key
from syndicator.core.text import one_line, shorten
from syndicator.core.urls import is_web, safe_url
from syndicator.model import Subscription, SubscriptionList

MAX_SUBSCRIPTIONS = 10_000
_MAX_TAGS = 50
_MAX_NOTICES = 50
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?:)|feed:(?=//)", re.IGNORECASE)
_CREDENTIALS = re.compile(r"//[^/@\s]{0,200}@")


def feed_url(written: str) -> str | None:
    """The http(s) address that a list names a feed by (`feed:` before it is taken off), or None."""
    written = written.strip()
    prefix = _FEED_SCHEME.match(written)
    url = safe_url(written[prefix.end() :] if prefix else written) if written else None
    return url if is_web(url) else None


def shown(text: str) -> str:
    """What a list says, fit to be quoted in a notice: short, on one line, without credentials."""
    return f"`{shorten(_CREDENTIALS.sub('//', one_line(text[:500])), 100)}`"


class Gathered:
    """What was found in a list so far."""

    def __init__(self) -> None:
        self._found: dict[str, Subscription] = {}
        self._notices: dict[str, None] = {}
        self._untold = 0
        self._beyond = 0

    def add(
        self,
        written: str,
        *,
        title: str = "",
        page: str | None = None,
        tags: Iterable[str] = (),
        paused: bool = False,
        language: str | None = None,
        line: int | None = None,
    ) -> None:
        """Take a subscription; one that is known gets its tags, and what it was without."""
        url = feed_url(written)
        if url is None:
            self.note(f"{shown(written)} is no http or https address and was left out", line)
            return
        one = Subscription(
            url=url,
            title=one_line(title),
            page=feed_url(page or ""),
            tags=fields.unique(filter(None, map(one_line, tags)))[:_MAX_TAGS],
            paused=paused,
            language=fields.language(language or ""),
        )
        key = url_key(url)
        if key in self._found:
            self._found[key] = _united(self._found[key], one)
        elif len(self._found) < MAX_SUBSCRIPTIONS:
            self._found[key] = one
        else:
            self._beyond += 1

    def note(self, text: str, line: int | None = None) -> None:
        """Say what was not taken over and why; the same is said once, and not more than fifty things."""
        notice = text if line is None else f"line {line}: {text}"
        if notice in self._notices:
            return
        if len(self._notices) < _MAX_NOTICES:
            self._notices[notice] = None
        else:
            self._untold += 1

    def finish(self, format: str, title: str = "") -> SubscriptionList:
        """The whole list."""
        notices = list(self._notices)
        if self._untold:
            notices.append(f"and {self._untold:,} more of such notices")
        if self._beyond:
            notices.append(f"the first {MAX_SUBSCRIPTIONS:,} subscriptions are taken, {self._beyond:,} were left out")
        return SubscriptionList(
            format=format,
            title=one_line(title),
            subscriptions=tuple(self._found.values()),
            notices=tuple(notices),
        )


def _united(one: Subscription, other: Subscription) -> Subscription:
    return replace(
        one,
        title=one.title or other.title,
        page=one.page or other.page,
        tags=fields.unique((*one.tags, *other.tags))[:_MAX_TAGS],
        paused=one.paused and other.paused,
        language=one.language or other.language,
    )
