"""What a reader sees of a feed: its face, its newest entries, how often it publishes and how often it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from syndicator.core import html
from syndicator.core.checkup.findings import Words, shown
from syndicator.core.polling import headers
from syndicator.core.polling.schedule import GAPS, Limits, after_success, began, gap
from syndicator.core.polling.words import rate
from syndicator.model import Article, Parsed, Response

NEWEST = 5
_SHORT = 400
"""Characters up to which the text of an article with a title is a summary."""
_LOOKED_AT = 20_000
_CUT_OFF = ("…", "...", "[…]", "[...]", "read more", "continue reading")
_SPEAKING = {
    "rss": "RSS",
    "rss090": "RSS 0.90",
    "rss10": "RSS 1.0",
    "rss20": "RSS 2.0",
    "atom": "Atom",
    "atom01": "Atom 0.1",
    "atom02": "Atom 0.2",
    "atom03": "Atom 0.3",
    "atom10": "Atom 1.0",
    "cdf": "CDF",
    "json10": "JSON Feed 1.0",
    "json11": "JSON Feed 1.1",
}
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One entry as a reader lists it. `text` is `full`, `summary` or `none`; `enclosures` counts its files."""

    title: str
    link: str | None
    date: datetime | None
    authors: tuple[str, ...]
    text: str
    enclosures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A feed as a reader shows it, and when a good poller comes back.

    `full` and `summaries` count the entries whose text is whole or is not, `files` those with enclosures. `next_visit`
    says when our poller would come and why. `hub` and `itself` are what push needs. `archive` is the address of older
    entries (RFC 5005), `archived` and `complete` what the document says of itself. `notices` are what reading it left
    to say.
    """

    format: str
    title: str
    page: str | None
    language: str | None
    total: int
    newest: tuple[Shown, ...]
    full: int
    summaries: int
    files: int
    rate: str
    next_visit: str
    hub: str | None
    itself: str | None
    archive: str | None
    archived: bool
    complete: bool
    notices: tuple[str, ...]


def see(parsed: Parsed, response: Response | None, now: datetime) -> Seen:
    """What a reader sees of a feed that was read; `response` brought it, None for a file."""
    articles = [entry.article for entry in parsed.entries]
    texts = [kind(article) for article in articles]
    links = {link.rel: link.href for link in reversed(parsed.links)}
    times = sorted((min(when, now) for one in articles if (when := date(one))), reverse=True)
    apart = gap(times, now)
    return Seen(
        format=_format(parsed.format),
        title=parsed.upstream.title,
        page=parsed.upstream.url,
        language=parsed.upstream.language,
        total=parsed.total,
        newest=_newest(articles),
        full=texts.count("full"),
        summaries=texts.count("summary"),
        files=sum(1 for article in articles if article.enclosures),
        rate=rate(apart) if apart else "",
        next_visit=_next_visit(parsed, times, response, now),
        hub=links.get("hub"),
        itself=links.get("self"),
        archive=links.get("prev-archive") or links.get("next"),
        archived=parsed.archive,
        complete=parsed.complete,
        notices=_notices(parsed),
    )


def _notices(parsed: Parsed) -> tuple[str, ...]:
    """What reading left to say that the rules about documents do not say better."""
    if parsed.format.startswith("json"):
        return ()
    return tuple(notice for notice in parsed.notices if not notice.startswith("not well-formed"))


def _format(name: str) -> str:
    if name.startswith("rss09"):
        return f"RSS 0.{name[4:6]}" if name != "rss090" else "RSS 0.90"
    return _SPEAKING.get(name, name)


def date(article: Article) -> datetime | None:
    """When an article is from, as a reader shows it."""
    return article.published or article.updated


def kind(article: Article) -> str:
    """How much of an article a reader shows: `full`, `summary` or `none`. A text without a title is meant as it is."""
    text = html.text((article.body or "")[:_LOOKED_AT]).strip()
    if not text:
        if article.image or article.enclosures or "<img" in article.body:
            return "full"
        return "summary" if article.summary else "none"
    if not article.title:
        return "full"
    return "summary" if len(text) < _SHORT or text.lower().endswith(_CUT_OFF) else "full"


def _newest(articles: Sequence[Article]) -> tuple[Shown, ...]:
    newest = sorted(articles, key=lambda article: date(article) or _NEVER, reverse=True)[:NEWEST]
    return tuple(
        Shown(
            title=one.title,
            link=one.url,
            date=date(one),
            authors=tuple(author.name for author in one.authors),
            text=kind(one),
            enclosures=len(one.enclosures),
        )
        for one in newest
    )


def _next_visit(parsed: Parsed, times: Sequence[datetime], response: Response | None, now: datetime) -> str:
    """Why our poller would come back when; without the chance in it."""
    fresh = headers.fresh(response.headers) if response is not None else None
    state = replace(began("checked", "", now), times=tuple(times[: GAPS + 1]), hints=replace(parsed.hints, fresh=fresh))
    return after_success(state, now, lambda: 0.0, Limits()).why


def lines(seen: Seen) -> list[str]:
    """The same for a person, line by line."""
    told = [f"{seen.format}: {shown(seen.title) or '(without a title)'}"]
    about = [f"page {shown(seen.page)}" if seen.page else "", f"language {seen.language}" if seen.language else ""]
    told += [f"  {', '.join(part for part in about if part)}"] if any(about) else []
    told.append(f"  {_counted(seen.total, 'entry', 'entries')}{_texts(seen)}")
    for one in seen.newest:
        when = f"{one.date:%Y-%m-%d %H:%M}" if one.date else "no date         "
        who = f", by {shown(', '.join(one.authors))}" if one.authors else ""
        files = f", {_counted(one.enclosures, 'file', 'files')}" if one.enclosures else ""
        told.append(f"    {when}  {shown(one.title) or '(without a title)'}{who}{files}")
        told.append(f"                      {shown(one.link) if one.link else '(no link)'}")
    if seen.rate:
        told.append(f"  It publishes {seen.rate}.")
    told.append(f"  A poller like ours: {seen.next_visit}.")
    told += _offers(seen)
    told += [f"  When it was read: {shown(Words(notice))}." for notice in seen.notices]
    return told


def _texts(seen: Seen) -> str:
    known = [
        f"{seen.full:,} with the full text" if seen.full else "",
        f"{seen.summaries:,} with a summary or a few words" if seen.summaries else "",
        f"{seen.files:,} with files" if seen.files else "",
    ]
    return "".join(f", {part}" for part in known if part)


def _offers(seen: Seen) -> list[str]:
    told = []
    if seen.hub and seen.itself:
        told.append(f"  Push: the hub {shown(seen.hub)} tells subscribers of {shown(seen.itself)}.")
    if seen.archive:
        told.append(f"  Older entries: {shown(seen.archive)} (RFC 5005).")
    if seen.archived:
        told.append("  It is an archive document, which never changes (RFC 5005).")
    if seen.complete:
        told.append("  It is complete: what is not in it is gone (RFC 5005).")
    return told


def _counted(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
