"""What documents are related to, as values of the `Link` field (RFC 8288): what they say themselves, and a little more.

Only the field tells of a feed's other formats and of its past: documents in a folder of files have no past.
"""

from __future__ import annotations

from collections.abc import Sequence

from syndicator.core.render.entry import Chain, page
from syndicator.model import USUAL, Feed, Format, Site


def of_document(site: Site, path: str) -> str:
    """The whole value for a document about the site, or one of a private feed: where it is."""
    return f'<{site.base_url}/{path}>; rel="self"'


def of_feed(feed: Feed, format: Format, site: Site, chain: Chain | None = None, *, remembered: bool = False) -> str:
    """The whole value for a document of a feed: itself, the page, other formats, the way through the archives.

    `remembered`: past states of the current document are kept (RFC 7089). It is its own TimeGate (4.1).
    """
    chain = chain or Chain()
    path = chain.path(feed, format)
    if feed.private:
        return of_document(site, path)
    type = bare_type(format)
    name = feed.archive(chain.number) if chain.number else feed.name
    links = [
        link(site, path, "self", type),
        f'<{page(feed, site)}>; rel="alternate"; type="text/html"',
        *alternates(site, name, [other for other in feed.formats if other is not format]),
    ]
    if chain.previous:
        links.append(link(site, f"{feed.archive(chain.previous)}/{format}", "prev-archive", type))
    if chain.number:
        links.append(link(site, feed.path(format), "current", type))
    elif remembered:
        links.append(f'<{site.base_url}/{path}>; rel="timegate"')
        links.append(link(site, f"timemaps/{path}", "timemap", "application/link-format"))
    return ", ".join(links)


def link(site: Site, path: str, rel: str, type: str) -> str:
    """One value that leads to a path of ours."""
    return f'<{site.base_url}/{path}>; rel="{rel}"; type="{type}"'


def alternates(site: Site, name: str, formats: Sequence[Format] = USUAL) -> list[str]:
    """Values that lead to what lies under a name (of a feed, or of an archive of one), in each of its formats."""
    return [link(site, f"{name}/{format}" if name else format, "alternate", bare_type(format)) for format in formats]


def bare_type(format: Format) -> str:
    """A format's media type without parameters, as links carry it."""
    return format.media_type.partition(";")[0]
