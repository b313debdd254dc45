"""Rulings: what was decided about an article after it was published, and what that leaves of it."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import datetime

from syndicator.core.text import one_line
from syndicator.model import Article, Ruling, Status, Verdict

_STERNER = (Verdict.CORRECTED, Verdict.RETRACTED, Verdict.KILLED)
_UNSAID = {
    Verdict.CORRECTED: "This article was corrected after it was published.",
    Verdict.RETRACTED: "This article was retracted after it was published.",
    Verdict.KILLED: "",
}
_MARK = "Retracted: "


def ruling(verdict: Verdict, note: str = "", *, by_command: bool = False) -> Ruling:
    """A ruling whose note is one line of plain text."""
    return Ruling(verdict=verdict, note=one_line(note), by_command=by_command)


def effective(before: Ruling | None, seen: Ruling | None, now: datetime) -> Ruling | None:
    """The ruling that holds after a file or an entry was read that says `seen`.

    What a person said by command stands, unless the file says something sterner. `at` is when a verdict was first
    known, whatever its note has become since.
    """
    if before is not None and before.by_command and (seen is None or not _sterner(seen, before)):
        return before
    return None if seen is None else stamped(before, seen, now)


def stamped(before: Ruling | None, now_said: Ruling, now: datetime) -> Ruling:
    """A new ruling with the moment at which its verdict was first known, to the second."""
    known = before.at if before is not None and before.verdict is now_said.verdict else None
    return replace(now_said, at=known or now.replace(microsecond=0))


def _sterner(one: Ruling, other: Ruling) -> bool:
    return _STERNER.index(one.verdict) > _STERNER.index(other.verdict)


def is_killed(ruling: Ruling | None) -> bool:
    """Whether nothing may be left of an article's text."""
    return ruling is not None and ruling.verdict is Verdict.KILLED


def status_of(ruling: Ruling | None) -> Status:
    """Where an article stands that nothing else keeps back."""
    if ruling is None or ruling.verdict is Verdict.CORRECTED:
        return Status.PUBLISHED
    return Status.KILLED if ruling.verdict is Verdict.KILLED else Status.RETRACTED


def forgotten(article: Article) -> Article:
    """What may be kept of an article whose text is to be forgotten: who it is, when it was, what was decided.

    Not its address: that may be made of the headline.
    """
    return Article(
        source=article.source,
        title="",
        language=article.language,
        status=article.status,
        published=article.published,
        updated=article.updated,
        explicit_id=article.explicit_id,
        ruling=article.ruling,
        parts=article.parts,
        id=article.id,
        slug=article.slug,
        first_seen=article.first_seen,
        changed=article.changed,
        sort_key=article.sort_key,
        revision=article.revision,
    )


def is_forgotten(article: Article) -> bool:
    """Whether nothing of an article's text is there: it was killed, and maybe restored and not read again since."""
    return not (article.title or article.body or article.summary or article.url or article.enclosures or article.image)


def note_of(article: Article) -> str:
    """What readers are told of the ruling about an article, in one line; empty where there is nothing to tell."""
    said = article.ruling
    return "" if said is None else said.note or _UNSAID[said.verdict]


def correction(article: Article) -> str:
    """The note that stands before the content of a corrected article; empty for any other."""
    said = article.ruling
    return note_of(article) if said is not None and said.verdict is Verdict.CORRECTED else ""


def as_shown(article: Article) -> Article:
    """An article as readers may see it: of a retracted one the title, marked, and the note in the place of the rest."""
    if article.status is not Status.RETRACTED:
        return article
    note = note_of(article)
    title = one_line(article.title) or article.slug
    return replace(
        article,
        title=title if title.startswith(_MARK) else _MARK + title,
        body=f"<p>{html.escape(note, quote=False)}</p>",
        summary=note,
        image=None,
        enclosures=(),
        related=(),
        links=(),
        episode=None,
        extra=(),
    )
