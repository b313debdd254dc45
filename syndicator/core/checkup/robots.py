"""robots.txt as those see it who obey it (RFC 9309)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from syndicator.core.checkup.findings import Findings, hint, warning
from syndicator.model import Response

MAX_READ = 512 * 1024
"""Bytes that are read; RFC 9309 2.5 asks for 500 KiB at least."""

READERS = (
    *("Feedly", "FeedFetcher-Google", "Feedbin", "Inoreader", "NewsBlur", "FreshRSS", "Miniflux", "NetNewsWire"),
    *("Tiny Tiny RSS", "CommaFeed", "The Old Reader", "rss2email"),
)
"""What fetchers of feeds call themselves."""
_ANYBODY = "some-reader-nobody-names"

ALL = warning(
    "robots-forbids-feed",
    "forbids everybody to fetch the feed ({url}). Feeds are meant to be fetched by programs; readers and aggregators "
    "that obey it never see it. Allow its path: `Allow: {path}` under `User-agent: *`.",
    "RFC 9309 2.2",
)
SOME = warning(
    "robots-forbids-readers",
    "forbids {names} to fetch the feed ({url}), who are readers of feeds: people who use them never see it. Allow its "
    "path in their groups.",
    "RFC 9309 2.2",
)
BROKEN = warning(
    "robots-unreachable",
    "could not be read ({what}). Whoever obeys it must take that for a ban on all. Answer 404 where there is none.",
    "RFC 9309 2.3.1.4",
)
PAGE = hint(
    "robots-is-page",
    "is a web page and no robots.txt; nobody obeys it. Answer 404 where there is none.",
    "RFC 9309 2.3",
)


def address(url: str) -> str:
    """Where the robots.txt lies that holds for `url`."""
    return f"{_root(url)}/robots.txt"


def _root(url: str) -> str:
    """Scheme and host with port: `https://example.org`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def check(response: Response, url: str, own: str, found: Findings) -> None:
    """Note what the robots.txt in `response` does to readers of the feed at `url`; `own` is what we call ourselves."""
    if response.status >= 500:
        found.add(BROKEN, "robots.txt", what=f"it answers {response.status}")
    if response.status != 200:
        return
    text = response.body[:MAX_READ].decode("utf-8-sig", "replace")
    if text.lstrip()[:1] == "<":
        found.add(PAGE, "robots.txt")
        return
    banned = forbidden(text, url, [_ANYBODY, *READERS, own])
    path = url[len(_root(url)) :] or "/"
    if _ANYBODY in banned:
        found.add(ALL, "robots.txt", url=url, path=path)
    elif banned:
        found.add(SOME, "robots.txt", url=url, names=", ".join(banned))


def forbidden(text: str, url: str, agents: Sequence[str]) -> list[str]:
    """Those of `agents` that this robots.txt forbids to fetch `url`."""
    from protego import Protego

    rules = Protego.parse(text)
    return [agent for agent in dict.fromkeys(agents) if not rules.can_fetch(url, agent)]
