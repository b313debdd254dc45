"""Rulings: corrections, retractions and kills, by files, entries and persons, and what they leave."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicator.core import decide, rulings
from syndicator.core.articles import Rules, read
from syndicator.core.render import piece
from syndicator.model import (
    Article,
    Enclosure,
    Episode,
    Format,
    Image,
    Link,
    RevisionKind,
    Ruling,
    Site,
    Status,
    Upstream,
    Verdict,
    utc,
)

NOW = utc(2026, 5, 1, 12)
LATER = NOW + timedelta(hours=1)
LAST = NOW + timedelta(hours=9)
SITE = Site(
    id="urn:uuid:9b1f1d7e-6a52-5f0e-9d5b-5b5f3f1a8c21", base_url="https://news.example", title="News", created=NOW
)
FULL = Article(
    source="seeds",
    title="Marker title",
    body="<p>Marker body.</p>",
    summary="Marker summary.",
    tags=("a",),
    url="https://example.org/marker",
    image=Image(url="/media/x.png", caption="Marker caption"),
    enclosures=(Enclosure(url="/media/marker.pdf", title="Marker file"),),
    related=(Link(href="https://example.org/marker-2", title="Marker related"),),
    episode=Episode(subtitle="Marker subtitle"),
    upstream=None,
    rights="Marker rights",
    extra=(("marker", "Marker extra"),),
    published=NOW,
)
CORRECTED = rulings.ruling(Verdict.CORRECTED, "It was two.")
RETRACTED = rulings.ruling(Verdict.RETRACTED, "It never was.")
KILLED = rulings.ruling(Verdict.KILLED, "By a court.")


def said(ruling: Ruling) -> Ruling:
    return replace(ruling, by_command=True)


def first(seen: Article = FULL) -> Article:
    return decide.first_state(seen, id="urn:x:1", slug="marker", now=NOW, backfill=False)


@pytest.mark.parametrize(
    ("lines", "status", "ruling"),
    [
        ("status: corrected\nnote: It was <b>two</b>.", Status.PUBLISHED, CORRECTED),
        ("correction: It was two.", Status.PUBLISHED, CORRECTED),
        ("status: Retracted\nnote: It never was.", Status.RETRACTED, RETRACTED),
        ("status: killed\nnote: By a court.", Status.KILLED, KILLED),
        ("status: killed", Status.KILLED, rulings.ruling(Verdict.KILLED)),
        ("draft: true\nstatus: retracted\nnote: It never was.", Status.DRAFT, RETRACTED),
        ("draft: true\nstatus: killed\nnote: By a court.", Status.KILLED, KILLED),
        ("status: retracted\nnote: It never was.\ncorrection: It was two.", Status.RETRACTED, RETRACTED),
        ("status: published", Status.PUBLISHED, None),
        ("status: withdrawn", Status.WITHDRAWN, None),
    ],
    ids=lambda value: value.replace("\n", ", ") if isinstance(value, str) else None,
)
def test_front_matter_says_what_was_decided(lines: str, status: Status, ruling: Ruling | None) -> None:
    article = read(f"---\ntitle: A\n{lines}\n---\nText.\n".encode(), "a.md", Rules(source="seeds")).article
    assert (article.status, article.ruling) == (status, ruling)


def test_a_note_without_a_ruling_is_kept_as_it_is_and_told_of() -> None:
    reading = read(b"---\ntitle: A\nnote: For myself.\n---\nText of it.\n", "a.md", Rules(source="seeds"))
    assert (reading.article.ruling, reading.article.extra) == (None, (("note", "For myself."),))
    assert [notice.line for notice in reading.notices if notice.text.startswith("note:")] == [3]


SAYINGS = {
    "corrected": (CORRECTED, Status.PUBLISHED, RevisionKind.CORRECTION),
    "retracted": (RETRACTED, Status.RETRACTED, RevisionKind.RETRACTION),
    "killed": (KILLED, Status.KILLED, RevisionKind.KILL),
}


@pytest.mark.parametrize(("ruling", "status", "kind"), SAYINGS.values(), ids=SAYINGS)
@pytest.mark.parametrize("by", ["file", "person"])
def test_a_ruling_is_a_revision_that_moves_the_dates(
    by: str, ruling: Ruling, status: Status, kind: RevisionKind
) -> None:
    before = first()
    if by == "file":
        after, why = decide.next_state(before, replace(FULL, ruling=ruling), LATER)
    else:
        after, why = decide.ruled(before, said(ruling), LATER)
    updated = NOW if status is Status.KILLED else LATER
    assert (after.status, why, after.updated, after.changed) == (status, kind, updated, LATER)
    assert after.ruling == replace(ruling, at=LATER, by_command=by == "person")
    assert (after.id, after.slug, after.sort_key, after.revision) == (before.id, "marker", before.sort_key, 2)
    again = replace(FULL, ruling=ruling) if by == "file" else FULL
    assert decide.next_state(after, again, LAST) == (after, None)


def test_the_moment_of_a_verdict_stays_when_its_note_changes() -> None:
    before, _ = decide.ruled(first(), said(CORRECTED), LATER)
    after, kind = decide.ruled(before, said(replace(CORRECTED, note="It was three.")), LAST)
    assert after.ruling is not None
    assert (kind, after.ruling.note, after.ruling.at) == (RevisionKind.CORRECTION, "It was three.", LATER)


def test_a_file_takes_its_own_ruling_back() -> None:
    for ruling in (CORRECTED, RETRACTED):
        before, _ = decide.next_state(first(), replace(FULL, ruling=ruling), LATER)
        after, kind = decide.next_state(before, FULL, LAST)
        assert (after.status, after.ruling, kind) == (Status.PUBLISHED, None, RevisionKind.RESTORATION)
        assert (after.title, after.body, after.updated) == (FULL.title, FULL.body, LAST)


def test_a_killed_article_comes_back_with_the_text_of_its_file() -> None:
    before, _ = decide.next_state(first(), replace(FULL, ruling=KILLED), LATER)
    after, kind = decide.next_state(before, FULL, LAST)
    assert (after.status, after.body, after.updated, kind) == (
        Status.PUBLISHED,
        FULL.body,
        LAST,
        RevisionKind.RETURN,
    )


def test_what_a_person_said_stands_whatever_file_and_upstream_say_since() -> None:
    edited = replace(FULL, body="<p>Other.</p>", updated=LAST - timedelta(minutes=1))
    for ruling, status, _ in SAYINGS.values():
        before, _ = decide.ruled(first(), said(ruling), LATER)
        by_file, _ = decide.next_state(before, edited, LAST)
        by_upstream, _, _ = decide.next_from_upstream(before, edited, LAST)
        assert [(state.status, state.ruling) for state in (by_file, by_upstream)] == [(status, before.ruling)] * 2


def test_of_a_killed_article_nothing_is_taken_in() -> None:
    killed, _ = decide.ruled(first(), said(KILLED), LATER)
    for seen in (FULL, replace(FULL, title="Other", body="<p>Other.</p>", updated=LAST, ruling=RETRACTED)):
        assert decide.next_state(killed, seen, LAST) == (killed, None)
        assert decide.next_from_upstream(killed, seen, LAST) == (killed, None, False)
    assert decide.withdrawn(killed, LAST) == (killed, None)
    assert decide.at(killed, LAST) == (killed, None)
    assert decide.restored(killed, LAST) == (killed, None)
    assert decide.due_at(killed, LATER) is None


def test_a_sterner_word_in_the_file_wins_over_a_command() -> None:
    corrected, _ = decide.ruled(first(), said(CORRECTED), LATER)
    after, kind = decide.next_state(corrected, replace(FULL, ruling=KILLED), LAST)
    assert (after.status, kind) == (Status.KILLED, RevisionKind.KILL)
    retracted, _ = decide.ruled(first(), said(RETRACTED), LATER)
    assert decide.next_state(retracted, replace(FULL, ruling=CORRECTED), LAST) == (retracted, None)


def test_a_person_takes_a_ruling_back() -> None:
    for ruling in (CORRECTED, RETRACTED):
        before, _ = decide.ruled(first(), said(ruling), LATER)
        after, kind = decide.lifted(before, LAST)
        as_it_was = replace(first(), updated=LAST, changed=LAST, revision=3)
        assert (after, kind) == (as_it_was, RevisionKind.RESTORATION)


@pytest.mark.parametrize("dated", [False, True], ids=["undated", "dated before the kill"])
def test_a_restored_article_is_gone_until_it_is_read_again(dated: bool) -> None:
    killed, _ = decide.ruled(first(), said(KILLED), LATER)
    gone, kind = decide.lifted(killed, LATER + timedelta(minutes=1))
    assert (gone.status, gone.ruling, kind) == (Status.WITHDRAWN, None, RevisionKind.RESTORATION)
    assert decide.restored(gone, LAST) == (gone, None)
    seen = replace(FULL, updated=NOW if dated else None)
    by_file, _ = decide.next_state(gone, seen, LAST)
    by_upstream, why, _ = decide.next_from_upstream(gone, seen, LAST)
    assert why is RevisionKind.RETURN
    for after in (by_file, by_upstream):
        assert (after.status, after.body, after.sort_key) == (Status.PUBLISHED, FULL.body, killed.sort_key)
        assert after.updated is not None
        assert after.updated > LATER


TIMES = {
    "retracted and expired": (RETRACTED, {"expire_at": LATER}, [Status.RETRACTED, Status.EXPIRED, Status.EXPIRED]),
    "corrected and expired": (CORRECTED, {"expire_at": LATER}, [Status.PUBLISHED, Status.EXPIRED, Status.EXPIRED]),
    "retracted under an embargo": (
        RETRACTED,
        {"publish_at": LATER},
        [Status.SCHEDULED, Status.RETRACTED, Status.RETRACTED],
    ),
    "killed under an embargo": (KILLED, {"publish_at": LATER}, [Status.KILLED] * 3),
    "killed and to expire": (KILLED, {"expire_at": LATER}, [Status.KILLED] * 3),
}


@pytest.mark.parametrize(("ruling", "times", "stands"), TIMES.values(), ids=TIMES)
def test_rulings_keep_to_embargo_and_expiry(ruling: Ruling, times: dict[str, object], stands: list[Status]) -> None:
    state = first(replace(FULL, ruling=ruling, **times))  # type: ignore[arg-type]
    found = [state.status]
    for moment in (LATER, LAST):
        state, _ = decide.at(state, moment)
        found.append(state.status)
    assert found == stands


def test_an_expired_article_stays_so_when_it_is_restored_and_is_retracted_when_it_is_shown_again() -> None:
    seen = replace(FULL, expire_at=LATER)
    retracted, _ = decide.ruled(first(seen), said(RETRACTED), NOW + timedelta(minutes=1))
    expired, kind = decide.at(retracted, LATER)
    assert (expired.status, kind) == (Status.EXPIRED, RevisionKind.WITHDRAWAL)
    assert decide.lifted(expired, LAST)[0].status is Status.EXPIRED
    shown_again, kind = decide.next_state(expired, replace(seen, expire_at=None), LAST)
    assert (shown_again.status, kind) == (Status.RETRACTED, RevisionKind.RETURN)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.WITHDRAWN], ids=str)
def test_what_is_held_back_is_held_back_retracted_or_not(status: Status) -> None:
    after, _ = decide.next_state(first(), replace(FULL, status=status, ruling=RETRACTED), LATER)
    assert after.status is status


def test_a_killed_state_holds_nothing_that_was_written() -> None:
    killed, _ = decide.ruled(first(), said(KILLED), LATER)
    assert "arker" not in re.sub(r"slug='marker'", "", repr(killed))
    assert rulings.is_forgotten(killed)
    assert first(replace(FULL, ruling=KILLED)).status is Status.KILLED
    assert "Marker" not in repr(first(replace(FULL, ruling=KILLED)))


def rendered(article: Article, site: Site = SITE) -> dict[Format, str]:
    return {f: piece(article, f, site).decode() for f in (Format.ATOM, Format.RSS, Format.JSON)}


@pytest.mark.parametrize("upstream", [None, Upstream(id="urn:y", title="There")], ids=["our own", "from upstream"])
def test_a_correction_stands_first_in_the_content_of_every_format(upstream: Upstream | None) -> None:
    article, _ = decide.ruled(first(replace(FULL, upstream=upstream)), said(CORRECTED), LATER)
    item = json.loads(rendered(article)[Format.JSON])
    assert item["content_html"].startswith("<p><strong>Correction:</strong> It was two.</p>\n<")
    assert (item["title"], item["summary"]) == ("Marker title", "Marker summary.")
    for text in rendered(article).values():
        assert text.index("Correction:") < text.index("Marker body")


def test_a_correction_stands_before_a_summary_that_stands_alone() -> None:
    article, _ = decide.ruled(first(), said(CORRECTED), LATER)
    item = json.loads(rendered(article, replace(SITE, full_content=False))[Format.JSON])
    assert (item["summary"], "content_html" in item) == ("Correction: It was two. Marker summary.", False)


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("It never was.", "It never was."),
        ('<script>x</script> & "so"', '<script>x</script> & "so"'),
        ("", "This article was retracted after it was published."),
    ],
    ids=["a note", "markup is text", "none"],
)
def test_of_a_retracted_article_the_marked_title_and_the_note_are_shown(note: str, told: str) -> None:
    article, _ = decide.ruled(first(), rulings.ruling(Verdict.RETRACTED, note, by_command=True), LATER)
    item = json.loads(rendered(article)[Format.JSON])
    content = told.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert (item["title"], item["summary"], item["content_html"]) == (
        "Retracted: Marker title",
        told,
        f"<p>{content}</p>",
    )
    assert not {"image", "attachments"} & item.keys()
    for text in rendered(article).values():
        assert re.findall(r"Marker (?!title|rights)\w+|/media/|marker-2", text) == []


def test_a_retraction_shown_again_is_not_marked_twice() -> None:
    article, _ = decide.ruled(first(), said(RETRACTED), LATER)
    assert rulings.as_shown(rulings.as_shown(article)) == rulings.as_shown(article)
    assert rulings.as_shown(first()) == first()
