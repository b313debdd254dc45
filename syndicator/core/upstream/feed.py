"""What a feed says of itself: where it comes from, its links, when it wants to be asked, and what it took back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syndicator.core.articles import fields
from syndicator.core.text import clean_text
from syndicator.core.upstream import media, people, relations, texts
from syndicator.core.upstream.articles import MAX_ID, Inherited
from syndicator.core.upstream.elements import Own
from syndicator.core.upstream.moments import moment, text_moment
from syndicator.core.upstream.texts import MAX_NAME, Cuts
from syndicator.model import Hints, Link, Person, Tombstone, Upstream

MAX_LINKS = 50
MAX_DELETED = 5000

_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 7 * 86400, "monthly": 30 * 86400, "yearly": 365 * 86400}
_DAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_HOUR = re.compile(r"0?[0-9]|1[0-9]|2[0-4]")
_WHOLE = re.compile(r"\s*([0-9]{1,6})(?:\.[0-9]{1,6})?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The feed without its entries, as `Parsed` holds it, and what its entries inherit."""

    upstream: Upstream
    inherited: Inherited
    links: tuple[Link, ...] = ()
    deleted: tuple[Tombstone, ...] = ()
    hints: Hints = field(default_factory=Hints)
    archive: bool = False
    complete: bool = False


def facts(
    values: Mapping[str, Any], own: Own, *, atom: bool, base: str, url: str, language: str | None, cuts: Cuts
) -> Facts:
    """What feedparser and the elements of a head say of a feed.

    `base` is the address of the document, `url` where it was fetched, `language` what its header says. Never raises.
    """
    inner = own.base or base
    found = relations.all_links(values, own, inner)
    page = media.web(values.get("link"), inner)
    links = [link for _, link in found]
    if page and not any(link.href == page for link in links):
        links.append(Link(href=page, rel="alternate"))
    tag = fields.language(str(values.get("language") or "")) or fields.language(own.language or language or "")
    upstream = _upstream(values, own, page, links, url, tag, cuts)
    return Facts(
        upstream=upstream,
        inherited=Inherited(
            base=base,
            atom=atom,
            upstream=upstream,
            page=page,
            authors=_authors(values, own, inner, cuts, atom=atom),
            language=tag,
            licence=relations.terms(upstream.rights, relations.licence(found, own, inner))[1],
        ),
        links=tuple(dict.fromkeys(links))[:MAX_LINKS],
        deleted=_deleted(own),
        hints=hints(values, own),
        archive=bool(own.all("fh:archive")),
        complete=bool(own.all("fh:complete")),
    )


def _upstream(
    values: Mapping[str, Any],
    own: Own,
    page: str | None,
    links: list[Link],
    url: str,
    language: str | None,
    cuts: Cuts,
) -> Upstream:
    feed_url = next((link.href for link in links if link.rel == "self"), None) or media.web(url, None)
    id = own.first("atom:id") or str(values.get("id") or "")
    return Upstream(
        id=clean_text(id).strip()[:MAX_ID] or feed_url or "",
        title=cuts.line(texts.plain(values.get("title"), values.get("title_detail")), texts.MAX_TITLE, "titles"),
        url=page,
        feed_url=feed_url,
        updated=moment(values, "updated") or moment(values, "published"),
        rights=cuts.line(texts.plain(values.get("rights"), values.get("rights_detail")), texts.MAX_SUMMARY, "rights"),
        language=language,
    )


def _authors(values: Mapping[str, Any], own: Own, base: str, cuts: Cuts, *, atom: bool) -> tuple[Person, ...]:
    """Who wrote the entries that name nobody: in Atom the feed's authors (RFC 4287 4.2.1), in RSS a podcast's.

    The managing editor and the webmaster of RSS answer for the feed, and wrote nothing by that.
    """
    if atom:
        return people.authors(values, own, base, cuts)
    names = (cuts.line(element.text, MAX_NAME, "names") for element in own.all("itunes:author"))
    return tuple(Person(name=name) for name in dict.fromkeys(names) if name)


def _deleted(own: Own) -> tuple[Tombstone, ...]:
    found: dict[str, Tombstone] = {}
    for element in own.all("at:deleted-entry"):
        ref, when = clean_text(element.get("ref")), text_moment(element.get("when"))
        if ref and when and len(ref) <= MAX_ID and len(found) < MAX_DELETED:
            found[ref] = Tombstone(id=ref, when=when)
    return tuple(found.values())


def hints(values: Mapping[str, Any], own: Own) -> Hints:
    """How often a publisher wants to be asked, and when not (RSS 2.0 `ttl`, `skipHours`, `skipDays`; `sy:`)."""
    ttl = _whole(own.first("rss:ttl") or values.get("ttl"))
    period = _PERIODS.get((own.first("sy:updateperiod") or str(values.get("sy_updateperiod") or "")).strip().lower())
    times = _whole(own.first("sy:updatefrequency") or values.get("sy_updatefrequency")) or 1
    invited = max(ttl * 60, period // times if period else 0)
    hours = {int(text) % 24 for text in _texts(own, "rss:skiphours", "rss:hour") if _HOUR.fullmatch(text)}
    days = {_DAYS[name] for text in _texts(own, "rss:skipdays", "rss:day") if (name := text[:3].lower()) in _DAYS}
    return Hints(invited=invited or None, skip_hours=tuple(sorted(hours)), skip_days=tuple(sorted(days)))


def _whole(value: object) -> int:
    match = _WHOLE.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match else 0


def _texts(own: Own, holder: str, kind: str) -> list[str]:
    return [part.text for element in own.all(holder) for part in element.children if part.kind == kind]
