"""Forgetting: what is killed leaves no row that tells of it, and is recognised all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from syndicator.core.rulings import forgotten
from syndicator.errors import StoreError
from syndicator.model import (
    Article,
    Feed,
    Format,
    Media,
    Member,
    Notice,
    RevisionKind,
    Ruling,
    SeenFile,
    Status,
    Verdict,
)
from syndicator.ports import Cut, Saved
from syndicator.store import SqlStore
from syndicator.store.tables import key as key_of
from syndicator.store.tables import metadata, sealed, sealed_key
from tests.store.making import START, article, clean, correct, names, next_state, save, terms

MARKER = "Quagga"
LONG = f"https://example.org/{MARKER}/{'x' * 500}"
CLAIMS = (("id", "urn:example:1"), ("url", LONG), ("id+title", f"urn:example:1\n{MARKER}"), ("hash", "0" * 64))
KILLED = Ruling(verdict=Verdict.KILLED, note="By a court", at=START, by_command=True)


def marked(**fields: object) -> Article:
    return article(1, title=MARKER, body=f"<p>{MARKER}</p>", summary=MARKER, url=LONG, **fields)


def told(store: SqlStore) -> set[str]:
    """Tables with a row that holds the marker."""
    with store.database.read() as connection:
        return {
            table.name
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            if any(
                MARKER in (value.decode(errors="replace") if isinstance(value, bytes) else str(value)) for value in row
            )
        }


def dead(before: Article) -> Saved:
    after = replace(before, status=Status.KILLED, ruling=KILLED, revision=before.revision + 1)
    return Saved(article=forgotten(after), kind=RevisionKind.KILL, terms=None)


@pytest.fixture
def published(store: SqlStore) -> Article:
    """An article in two states, with a rendered piece and a file, in an archive of a composed feed."""
    file = SeenFile(
        path="a.md",
        article_id="urn:example:1",
        sketch=b"abcd",
        notices=(Notice(text=MARKER),),
        media=(Media(path="/media/x.pdf", origin=f"{MARKER}.pdf", type="application/pdf", length=1),),
    )
    state = marked()
    save(store, Saved(article=state, kind=RevisionKind.NEW, claims=CLAIMS, terms=terms("tags/war")), files=[file])
    save(store, Saved(article=article(2), kind=RevisionKind.NEW, terms=terms("tags/war")))
    state = correct(store, state, "tags/war", ruling=Ruling(verdict=Verdict.CORRECTED, note=f"No {MARKER}", at=START))
    store.save_feed(Feed(name="all", title="All", archives=True))
    number = key(store, state)
    with store.composing() as tx:
        tx.save([Member(feed="all", key=number, place="1", entered="1", archive=1)])
    store.publish(
        store.dirty(),
        [],
        [],
        [(number, 2, Format.ATOM, "recipe", MARKER.encode())],
        START,
        cuts=[Cut(feed="all", number=1, holds=((number, 2),))],
    )
    clean(store)
    return state


def key(store: SqlStore, state: Article) -> int:
    found = store.number_of(state)
    assert found is not None
    return found


def test_a_killed_article_is_forgotten_with_the_state_that_says_so(store: SqlStore, published: Article) -> None:
    assert told(store) == {"revisions", "claims", "files", "pieces"}
    save(store, dead(published))
    assert told(store) == set()
    history = store.revisions(published.id)
    assert [(number, state.ruling) for number, _, _, state in history] == [(1, None), (2, None), (3, KILLED)]
    state = history[-1][3]
    assert (state.id, state.slug, state.published, state.sort_key, state.status) == (
        published.id,
        published.slug,
        published.published,
        published.sort_key,
        Status.KILLED,
    )
    [file] = store.files("seeds")
    assert (file.article_id, file.sketch, file.notices, file.media) == (published.id, b"abcd", (), ())


def test_its_feeds_and_archives_are_stale_and_its_terms_keep_it(store: SqlStore, published: Article) -> None:
    save(store, dead(published))
    assert names(store.dirty()) == ["", "all/archives/1", "tags/war"]
    assert [(term.slug, term.name, shown) for term, shown in store.terms()] == [("war", "WAR", 1)]


def test_it_is_recognised_by_everything_that_it_claimed(store: SqlStore, published: Article) -> None:
    save(store, dead(published))
    with store.ingest("seeds") as tx:
        assert tx.claimants(CLAIMS) == dict.fromkeys(CLAIMS, published.id)
        assert tx.claimants([("url", "https://example.org/other")]) == {}
    with store.ingest("elsewhere") as tx:
        assert tx.claimants(CLAIMS) == {}


def test_what_it_claims_since_is_not_told_either(store: SqlStore, published: Article) -> None:
    save(store, dead(published))
    killed = store.revisions(published.id)[-1][3]
    more = ("url+title", f"https://example.org\nAnother {MARKER}")
    save(store, Saved(article=killed, kind=None, claims=(more, *CLAIMS)))
    assert told(store) == set()
    with store.ingest("seeds") as tx:
        assert tx.claimants([more]) == {more: published.id}


def test_another_article_may_claim_what_looks_like_a_hash(store: SqlStore, published: Article) -> None:
    save(store, dead(published))
    odd = ("id", "#1")
    save(store, Saved(article=article(3), kind=RevisionKind.NEW, claims=(odd,)))
    with store.ingest("seeds") as tx:
        assert tx.claimants([odd, CLAIMS[0]]) == {odd: "urn:example:3", CLAIMS[0]: published.id}


@pytest.mark.parametrize("text", ["", "a", "#", "x" * 400, "x" * 401, "#" * 900, "\ud800\x00"], ids=ascii)
def test_a_shortened_claim_is_sealed_as_the_whole_one(text: str) -> None:
    assert sealed_key(key_of(text)) == sealed(text)


def test_what_was_not_killed_can_be_forgotten_too(store: SqlStore, published: Article) -> None:
    store.erase(key(store, published))
    assert told(store) == {"revisions"}  # the note of a ruling that stands, as readers see it
    assert names(store.dirty()) == ["all/archives/1"]
    assert store.revisions(published.id)[-1][3] == forgotten(published)


def test_forgetting_twice_is_forgetting_once(store: SqlStore, published: Article) -> None:
    save(store, dead(published))
    clean(store)
    before = store.revisions(published.id)
    store.erase(key(store, published))
    assert (store.revisions(published.id), store.dirty()) == (before, [])


def test_where_the_state_is_not_stored_nothing_is_forgotten(store: SqlStore, published: Article) -> None:
    unclaimable = Saved(article=article(9), kind=None)
    with pytest.raises(StoreError, match="not stored"), store.ingest("seeds") as tx:
        tx.save([dead(published), unclaimable], [])
    assert told(store) == {"revisions", "claims", "files", "pieces"}
    assert store.revisions(published.id)[-1][3] == published


def test_a_killed_file_that_is_gone_is_not_counted_as_missing(store: SqlStore, published: Article) -> None:
    gone = SeenFile(path="a.md", article_id=published.id, missing_since=START)
    save(store, dead(published), files=[gone])
    assert store.count()["missing"] == 0


def test_no_page_of_the_file_holds_it(url: str, store: SqlStore, published: Article) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("a server's files are its own")
    for number in range(40):
        save(store, Saved(article=article(10 + number, body=MARKER * 9), kind=RevisionKind.NEW))
        save(store, dead(article(10 + number)))
    save(store, dead(published))
    store.erase(key(store, published))
    folder = Path(url.removeprefix("sqlite:///")).parent
    assert [path.name for path in folder.iterdir() if MARKER.encode() in path.read_bytes()] == []


def test_a_restored_state_follows_the_killed_one(store: SqlStore, published: Article) -> None:
    save(store, dead(published))
    back = next_state(store.revisions(published.id)[-1][3], status=Status.WITHDRAWN, ruling=None)
    save(store, Saved(article=back, kind=RevisionKind.RESTORATION, terms=None))
    assert store.article(published.id) == back
