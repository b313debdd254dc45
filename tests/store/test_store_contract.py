"""What every store promises, held against every backend."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from syndicator.errors import StoreError
from syndicator.model import (
    FileStat,
    Format,
    Media,
    Notice,
    Person,
    Query,
    Rendered,
    RevisionKind,
    SeenFile,
    Shown,
    Status,
    Term,
    Tombstone,
    utc,
)
from syndicator.ports import DirtyFeed, DocumentHead, Saved, Store
from tests.store.making import (
    START,
    Clock,
    article,
    clean,
    correct,
    names,
    next_state,
    publish,
    rendered,
    save,
    saved,
    withdraw,
)

ALL = Query()


def tagged(*slugs: str) -> Query:
    return Query(tags=frozenset(slugs))


class TestBeginning:
    def test_a_store_remembers_when_it_was_made(self, store: Store, reopen: Callable[[], Store], clock: Clock) -> None:
        clock.move(3600)

        assert reopen().created() == store.created() == START

    def test_an_empty_store_has_nothing(self, store: Store) -> None:
        assert store.select(ALL, 50) == []
        assert store.shown(ALL, 50) == []
        assert store.tombstones(ALL, 50) == []
        assert store.terms() == []
        assert store.dirty() == []
        assert list(store.documents()) == []
        assert list(store.files("seeds")) == []
        assert store.stats("seeds") == {}
        assert store.next_due() is None
        assert store.article("urn:example:1") is None
        assert store.document("feed.xml") is None
        assert store.recall("scan") is None

    def test_an_empty_store_counts_nothing_of_everything(self, store: Store) -> None:
        assert dict(store.count()) == {
            **dict.fromkeys(map(str, Status), 0),
            **dict.fromkeys(("files", "problems", "missing", "revisions", "documents"), 0),
            **dict.fromkeys(("sources", "troubled", "gone", "quarantined", "paused"), 0),
        }

    def test_a_store_answers(self, store: Store) -> None:
        store.ping()

    def test_a_small_fact_is_kept_and_replaced(self, store: Store, reopen: Callable[[], Store]) -> None:
        store.remember("scan", "yesterday")
        store.remember("scan", "today")

        assert reopen().recall("scan") == "today"

    def test_a_small_fact_cannot_touch_what_the_store_keeps_for_itself(
        self, store: Store, reopen: Callable[[], Store]
    ) -> None:
        for key in ("created", "store:created"):
            store.remember(key, "never")

        assert reopen().created() == START


class TestStoringArticles:
    def test_what_was_stored_is_there_after_reopening(self, store: Store, reopen: Callable[[], Store]) -> None:
        state = article(authors=(Person(name="AFP"),), extra=(("mood", "calm"),))
        save(store, saved(state))

        assert reopen().article(state.id) == state

    def test_an_article_is_found_by_id_and_by_slug(self, store: Store) -> None:
        save(store, saved(article(1)), saved(article(2)))

        assert store.article("urn:example:2") == store.article("article-2") == article(2)

    def test_an_id_is_preferred_to_a_slug(self, store: Store) -> None:
        save(store, saved(article(1, slug="two")), saved(article(2, id="two")))

        assert store.article("two") == article(2, id="two")

    @pytest.mark.parametrize(
        "odd",
        ["\0", "a\0b", "\ud800", "x" * 100_000, "back\\slash", "\\0000", "’; --", "", "🦊"],
        ids=["nul", "nul-inside", "surrogate", "long", "backslash", "escape", "quote", "empty", "fox"],
    )
    def test_asking_for_odd_text_finds_nothing(self, store: Store, odd: str) -> None:
        save(store, saved(article(), "tags/war"))

        assert store.article(odd) is None
        assert store.articles("seeds", [odd]) == {}
        assert store.document(odd) is None
        assert store.term("tags", odd) is None
        assert store.select(tagged(odd), 5) == []
        assert store.recall(odd) is None

    @pytest.mark.parametrize(
        "odd",
        ["urn:\0", "urn:\ud800", "http://example.org/" + "long/" * 3000, "a\\b", "\\0000", "🦊" * 399, "ü" * 401],
        ids=["nul", "surrogate", "long", "backslash", "escape", "foxes", "just-too-long"],
    )
    def test_an_odd_id_is_kept_character_by_character(self, store: Store, odd: str) -> None:
        state = article(id=odd)
        save(
            store,
            Saved(article=state, kind=RevisionKind.NEW, claims=(("url", odd),)),
            files=[SeenFile(path=odd, article_id=odd)],
        )

        assert store.article(odd) == state
        assert store.articles("seeds", [odd]) == {odd: state}
        assert [place.id for place in store.shown(ALL, 5)] == [odd]
        assert list(store.files("seeds")) == [SeenFile(path=odd, article_id=odd)]
        with store.ingest("seeds") as ingest:
            assert ingest.claimants([("url", odd)]) == {("url", odd): odd}
            assert ingest.taken([odd], []) == ({odd}, set())
            assert ingest.files_of([odd]) == {odd: SeenFile(path=odd, article_id=odd)}

    def test_long_ids_that_differ_at_their_end_are_different(self, store: Store) -> None:
        one, two = "http://example.org/" + "x" * 5000 + "1", "http://example.org/" + "x" * 5000 + "2"
        save(store, saved(article(1, id=one)))

        assert store.article(two) is None

    def test_every_state_is_kept(self, store: Store, clock: Clock) -> None:
        first = article()
        save(store, saved(first))
        second = next_state(first, title="Corrected")
        later = clock.move(60)
        save(store, saved(second, kind=RevisionKind.CORRECTION))

        assert store.revisions(first.id) == [
            (1, RevisionKind.NEW, START, first),
            (2, RevisionKind.CORRECTION, later, second),
        ]
        assert store.article(first.id) == second

    def test_an_unknown_article_has_no_states(self, store: Store) -> None:
        assert store.revisions("urn:example:none") == []

    def test_two_states_of_one_article_in_one_portion_are_both_kept(self, store: Store) -> None:
        first = article()
        second = next_state(first, title="At once")
        save(store, saved(first, "tags/war"), saved(second, "tags/peace", kind=RevisionKind.CORRECTION))

        assert [state for *_, state in store.revisions(first.id)] == [first, second]
        assert store.terms() == [(Term(kind="tags", slug="peace", name="PEACE"), 1)]

    @pytest.mark.parametrize("revision", [0, 1, 3], ids=["zero", "again", "skipping"])
    def test_a_state_that_does_not_follow_is_refused(self, store: Store, revision: int) -> None:
        save(store, saved(article()))

        with pytest.raises(StoreError, match=f"article urn:example:1: revision {revision} does not follow 1"):
            save(store, saved(article(revision=revision), kind=RevisionKind.CORRECTION))

        assert store.article("urn:example:1") == article()

    def test_a_slug_belongs_to_one_article(self, store: Store) -> None:
        save(store, saved(article(1)))

        with pytest.raises(StoreError):
            save(store, saved(article(2, slug="article-1")))

        assert store.count()["published"] == 1

    def test_the_same_id_in_two_sources_is_two_articles(self, store: Store) -> None:
        ours, theirs = article(1), article(1, source="theirs", slug="theirs", title="Theirs")
        save(store, saved(ours))
        save(store, saved(theirs), source="theirs")
        correct(store, theirs, title="Corrected")

        with store.ingest("seeds") as ingest:
            assert ingest.articles([ours.id]) == {ours.id: ours}
        assert store.article(ours.id) == ours

    def test_nothing_is_left_of_a_transaction_that_failed(self, store: Store) -> None:
        def fail() -> None:
            with store.ingest("seeds") as ingest:
                ingest.save([saved(article(), "tags/war")], [SeenFile(path="a.md", article_id="urn:example:1")])
                ingest.finish_first_time(START)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

        assert store.article("urn:example:1") is None
        assert store.dirty() == []
        assert store.terms() == []
        assert store.stats("seeds") == {}
        with store.ingest("seeds") as ingest:
            assert ingest.first_time()

    def test_a_save_that_failed_cannot_be_committed_in_part(self, store: Store) -> None:
        save(store, saved(article(1)))

        def swallow() -> None:
            with store.ingest("seeds") as ingest:
                ingest.save([saved(article(2))], [])
                with pytest.raises(StoreError):
                    ingest.save([saved(article(3)), saved(article(1))], [])

        with pytest.raises(StoreError, match="source seeds: what it gave was not stored"):
            swallow()

        assert store.select(ALL, 5) == [article(1)]

    def test_an_open_transaction_sees_what_it_saved_and_nobody_else_does(self, store: Store) -> None:
        with store.ingest("seeds") as ingest:
            ingest.save([saved(article())], [SeenFile(path="a.md", article_id="urn:example:1")])

            assert ingest.articles(["urn:example:1"]) == {"urn:example:1": article()}
            assert ingest.files(["a.md"]) == {"a.md": SeenFile(path="a.md", article_id="urn:example:1")}
            assert store.article("urn:example:1") is None
            assert store.stats("seeds") == {}

    def test_many_articles_are_found_among_more_than_one_query_can_name(self, store: Store) -> None:
        states = [article(number) for number in range(1, 1203)]
        save(store, *map(saved, states))

        assert store.articles("seeds", [state.id for state in states]) == {state.id: state for state in states}
        assert store.select(ALL, 1100) == states[:101:-1]


class TestClaims:
    def test_the_first_claim_wins(self, store: Store) -> None:
        address = ("url", "https://example.org/a")
        save(store, Saved(article=article(1), kind=RevisionKind.NEW, claims=(address,)))
        save(store, Saved(article=article(2), kind=RevisionKind.NEW, claims=(address, ("path", "b.md"))))

        with store.ingest("seeds") as ingest:
            assert ingest.claimants(
                [address, ("path", "b.md"), ("path", "c.md"), ("hash", "https://example.org/a")]
            ) == {
                address: "urn:example:1",
                ("path", "b.md"): "urn:example:2",
            }

    def test_claims_are_added_without_a_new_state(self, store: Store) -> None:
        save(store, saved(article(), "tags/war"))
        clean(store)
        save(store, Saved(article=article(title="Ignored"), kind=None, claims=(("path", "new.md"),)))

        with store.ingest("seeds") as ingest:
            assert ingest.claimants([("path", "new.md")]) == {("path", "new.md"): "urn:example:1"}
        assert store.article("urn:example:1") == article()
        assert len(store.revisions("urn:example:1")) == 1
        assert store.dirty() == []

    def test_nothing_can_be_claimed_for_an_article_that_is_not_there(self, store: Store) -> None:
        with pytest.raises(StoreError, match="article urn:example:1: it is not stored"):
            save(store, saved(article(), kind=None))

    def test_claims_are_scoped_by_source(self, store: Store) -> None:
        save(store, saved(article()))

        with store.ingest("theirs") as ingest:
            assert ingest.claimants([("id", "urn:example:1")]) == {}

    def test_ids_are_taken_in_their_source_and_slugs_everywhere(self, store: Store) -> None:
        save(store, saved(article()))

        with store.ingest("seeds") as ingest:
            assert ingest.taken(["urn:example:1", "x"], ["article-1", "y"]) == ({"urn:example:1"}, {"article-1"})
        with store.ingest("theirs") as ingest:
            assert ingest.taken(["urn:example:1", "x"], ["article-1", "y"]) == (set(), {"article-1"})


class TestFirstTime:
    def test_a_source_is_read_for_the_first_time_once(self, store: Store) -> None:
        with store.ingest("seeds") as ingest:
            assert ingest.first_time()
            ingest.finish_first_time(START)
        with store.ingest("seeds") as ingest:
            assert not ingest.first_time()
        with store.ingest("theirs") as ingest:
            assert ingest.first_time()


class TestSelecting:
    def test_the_newest_sort_key_comes_first(self, store: Store) -> None:
        save(store, saved(article(2)), saved(article(3)), saved(article(1)))

        assert store.select(ALL, 2) == [article(3), article(2)]

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_limit_of_nothing_gives_nothing(self, store: Store, limit: int) -> None:
        save(store, saved(article()))

        assert store.select(ALL, limit) == []

    def test_pages_go_on_below_a_sort_key(self, store: Store) -> None:
        save(store, *(saved(article(number), "tags/war") for number in range(1, 6)))

        for query in (ALL, tagged("war"), tagged("war", "peace")):
            assert store.select(query, 2, before=article(4).sort_key) == [article(3), article(2)]

    @pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED, Status.EXPIRED, Status.WITHDRAWN])
    def test_only_published_articles_are_shown(self, store: Store, status: Status) -> None:
        save(store, saved(article(1, status=status), "tags/war"), saved(article(2), "tags/war"))

        assert store.select(ALL, 5) == store.select(tagged("war"), 5) == [article(2)]
        assert store.article("urn:example:1") == article(1, status=status)

    def test_places_say_enough_to_find_the_pieces(self, store: Store) -> None:
        state = article(1)
        save(store, saved(state, "tags/war"))
        state = correct(store, state, "tags/war", changed=utc(2025, 1, 1))

        [place] = store.shown(ALL, 5)
        assert place == Shown(key=place.key, id=state.id, revision=2, changed=utc(2025, 1, 1), sort_key=state.sort_key)
        assert store.shown(tagged("war"), 5) == [place]
        assert store.states([place.key, place.key + 1]) == {place.key: state}

    def test_an_article_of_two_wanted_tags_comes_once(self, store: Store) -> None:
        save(store, saved(article(1), "tags/war", "tags/peace"), saved(article(2), "tags/peace"))

        assert store.select(tagged("war", "peace"), 5) == [article(2), article(1)]

    def test_more_tags_than_can_be_walked_one_by_one_are_searched_together(self, store: Store) -> None:
        save(store, saved(article(1), "tags/t7"), saved(article(2), "tags/other"), saved(article(3), "tags/t299"))

        assert store.select(tagged(*(f"t{number}" for number in range(300))), 5) == [article(3), article(1)]

    def test_restrictions_of_several_kinds_hold_together(self, store: Store) -> None:
        save(
            store,
            saved(article(1, language="en"), "tags/war", "authors/afp"),
            saved(article(2, language="uk"), "tags/war", "authors/afp"),
            saved(article(3, language="en"), "tags/war", "authors/ap"),
            saved(article(4, language="en"), "tags/peace", "authors/afp"),
        )
        query = Query(
            sources=frozenset({"seeds"}),
            tags=frozenset({"war"}),
            authors=frozenset({"afp", "dpa"}),
            languages=frozenset({"en", "de"}),
        )

        assert [state.id for state in store.select(query, 5)] == ["urn:example:1"]
        assert store.select(replace(query, sources=frozenset({"theirs"})), 5) == []


class TestTombstones:
    def test_a_withdrawn_article_leaves_a_tombstone_where_it_was_shown(self, store: Store) -> None:
        state = article(1)
        save(store, saved(state, "tags/war"), saved(article(2), "tags/war"))
        withdraw(store, state, "tags/war")
        stone = Tombstone(id=state.id, when=state.changed or START)

        assert store.tombstones(ALL, 5) == store.tombstones(tagged("war"), 5) == [stone]
        assert store.tombstones(tagged("peace"), 5) == []
        assert store.select(tagged("war"), 5) == [article(2)]

    @pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED, Status.EXPIRED, Status.WITHDRAWN])
    def test_what_was_never_shown_leaves_none(self, store: Store, status: Status) -> None:
        save(store, saved(article(status=status), "tags/war"))

        assert store.tombstones(ALL, 5) == store.tombstones(tagged("war"), 5) == []

    @pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED, Status.EXPIRED, Status.WITHDRAWN])
    def test_whatever_it_becomes_after_it_was_shown_it_leaves_one(self, store: Store, status: Status) -> None:
        state = article()
        save(store, saved(state))
        correct(store, state, status=status)

        assert [stone.id for stone in store.tombstones(ALL, 5)] == [state.id]

    def test_its_return_takes_the_tombstone_away(self, store: Store) -> None:
        state = article()
        save(store, saved(state, "tags/war"))
        state = withdraw(store, state, "tags/war")
        state = correct(store, state, "tags/war", status=Status.PUBLISHED)

        assert store.tombstones(ALL, 5) == store.tombstones(tagged("war"), 5) == []
        assert store.select(tagged("war"), 5) == [state]

    def test_they_come_newest_first_and_none_below_a_sort_key(self, store: Store) -> None:
        for number in range(1, 5):
            save(store, saved(article(number), "tags/war"))
            withdraw(store, article(number), "tags/war")

        for query in (ALL, tagged("war")):
            found = store.tombstones(query, 2, since=article(2).sort_key)
            assert [stone.id for stone in found] == ["urn:example:4", "urn:example:3"]
            assert len(store.tombstones(query, 9, since=article(2).sort_key)) == 3


class TestTerms:
    def test_a_term_counts_what_is_shown_and_stays_while_something_withdrawn_has_it(self, store: Store) -> None:
        war, afp = Term(kind="tags", slug="war", name="WAR"), Term(kind="authors", slug="afp", name="AFP")
        first, second = article(1), article(2)
        save(store, saved(first, "tags/war", "authors/afp"), saved(second, "tags/war"))
        assert store.terms() == [(afp, 1), (war, 2)]

        first = withdraw(store, first, "tags/war", "authors/afp")
        assert store.terms() == [(afp, 0), (war, 1)]

        correct(store, first, "tags/war", status=Status.PUBLISHED)
        assert store.terms() == [(war, 2)]
        assert store.term("authors", "afp") is None
        assert store.term("tags", "war") == war

    def test_the_most_used_terms_are_asked_for_by_the_page(self, store: Store) -> None:
        for number, tags in enumerate((("war", "b", "a-a"), ("war", "b", "aa"), ("war",), ("gone",)), start=1):
            save(store, saved(article(number), *(f"tags/{tag}" for tag in tags), "authors/afp"))
        withdraw(store, article(4), "tags/gone", "authors/afp")

        def slugs(*asked: object, **more: object) -> list[tuple[str, int]]:
            return [(term.slug, shown) for term, shown in store.terms(*asked, **more)]  # type: ignore[arg-type]

        assert slugs(limit=4) == [("afp", 3), ("war", 3), ("b", 2), ("a-a", 1)]
        assert slugs("tags", limit=9) == [("war", 3), ("b", 2), ("a-a", 1), ("aa", 1)]
        assert slugs("tags", limit=2, offset=1) == [("b", 2), ("a-a", 1)]
        assert slugs("tags", limit=2, offset=4) == []
        assert slugs("authors") == [("afp", 3)]
        assert slugs("tags") == [("a-a", 1), ("aa", 1), ("b", 2), ("gone", 0), ("war", 3)]

    def test_a_draft_makes_no_term(self, store: Store) -> None:
        save(store, saved(article(status=Status.DRAFT), "tags/war"))

        assert store.terms() == []
        assert store.term("tags", "war") is None

    def test_a_term_keeps_the_name_it_was_first_written_with(self, store: Store) -> None:
        for number, name in enumerate(("War & Peace", "WAR AND PEACE"), start=1):
            term = Term(kind="tags", slug="war-peace", name=name)
            save(store, Saved(article=article(number), kind=RevisionKind.NEW, terms=(term,)))

        assert store.term("tags", "war-peace") == Term(kind="tags", slug="war-peace", name="War & Peace")

    def test_a_tag_and_an_author_may_share_a_slug(self, store: Store) -> None:
        save(store, saved(article(1), "tags/afp"), saved(article(2), "authors/afp"))

        assert store.select(tagged("afp"), 5) == [article(1)]
        assert store.select(Query(authors=frozenset({"afp"})), 5) == [article(2)]


class TestDue:
    def test_articles_fall_due_in_order(self, store: Store) -> None:
        early, late = utc(2025, 1, 1), utc(2025, 1, 2)
        save(store, saved(article(1), due=late), saved(article(2), due=early), saved(article(3)))

        assert store.next_due() == early
        assert store.due(utc(2024, 12, 31)) == []
        assert store.due(early) == [article(2)]
        assert store.due(late) == [article(2), article(1)]
        assert store.due(late, limit=1) == [article(2)]

    def test_a_new_state_says_anew_when_it_falls_due(self, store: Store) -> None:
        state = article(status=Status.SCHEDULED)
        save(store, saved(state, due=utc(2025, 1, 1)))
        correct(store, state, status=Status.PUBLISHED)

        assert store.next_due() is None


class TestFiles:
    SEEN = SeenFile(
        path="news/käse 🦊.md",
        size=12,
        mtime_ns=1_700_000_000_123_456_789,
        content_hash="ab" * 32,
        sketch=bytes(range(256)),
        article_id="urn:example:1",
        problem="a title is missing; give one",
        problem_line=3,
        problem_since=utc(2024, 1, 2, 3, 4, 5),
        notices=(Notice(text="unknown key mood", line=2), Notice(text="odd")),
        media=(Media(path="/media/ab.png", origin="news/a.png", type="image/png", length=5, width=1, height=2),),
    )

    def test_an_observation_comes_back_whole(self, store: Store) -> None:
        save(store, saved(article()), files=[self.SEEN])

        assert list(store.files("seeds")) == [self.SEEN]
        assert list(store.files("seeds", ["news/käse 🦊.md", "none.md"])) == [self.SEEN]
        with store.ingest("seeds") as ingest:
            assert ingest.files() == ingest.files([self.SEEN.path, "none.md"]) == {self.SEEN.path: self.SEEN}
            assert ingest.files([]) == {}

    def test_a_newer_observation_replaces_an_older_one(self, store: Store) -> None:
        save(store, saved(article()), files=[self.SEEN])
        newer = SeenFile(path=self.SEEN.path, size=13)
        save(store, files=[newer])

        assert list(store.files("seeds")) == [newer]

    def test_observations_come_by_path_however_many(self, store: Store) -> None:
        paths = [f"{number:04}.md" for number in range(1, 2201)]
        save(store, files=[SeenFile(path=path) for path in reversed(paths)])

        assert [seen.path for seen in store.files("seeds")] == paths
        assert [seen.path for seen in store.files("seeds", paths[::-2])] == paths[1::2]

    def test_stats_leave_out_what_is_missing(self, store: Store) -> None:
        gone = SeenFile(path="gone.md", missing_since=START)
        save(store, saved(article()), files=[self.SEEN, gone])

        assert store.stats("seeds") == {
            self.SEEN.path: FileStat(path=self.SEEN.path, size=12, mtime_ns=1_700_000_000_123_456_789)
        }
        assert store.stats("theirs") == {}

    def test_a_path_is_forgotten(self, store: Store) -> None:
        save(store, files=[SeenFile(path="old.md"), SeenFile(path="other.md")])
        with store.ingest("seeds") as ingest:
            ingest.save([], [SeenFile(path="new.md")], forget=["old.md"])

        assert [seen.path for seen in store.files("seeds")] == ["new.md", "other.md"]

    def test_missing_files_are_those_that_hold_an_article_not_withdrawn(self, store: Store) -> None:
        save(store, saved(article(1)), saved(article(2)), saved(article(3, status=Status.DRAFT)))
        withdraw(store, article(2))
        held = [SeenFile(path=f"{n}.md", article_id=f"urn:example:{n}", missing_since=START) for n in (1, 2, 3)]
        save(
            store,
            files=[
                *held,
                SeenFile(path="none.md", missing_since=START),
                replace(held[0], path="4.md", missing_since=None),
            ],
        )

        with store.ingest("seeds") as ingest:
            assert ingest.missing() == [held[0], held[2]]

    def test_of_two_files_that_hold_an_article_the_present_one_counts(self, store: Store) -> None:
        gone = SeenFile(path="a.md", article_id="urn:example:1", missing_since=START)
        here = SeenFile(path="b.md", article_id="urn:example:1")
        alone = SeenFile(path="c.md", article_id="urn:example:2", missing_since=START)
        save(store, saved(article(1)), saved(article(2)), files=[gone, here, alone])

        with store.ingest("seeds") as ingest:
            assert ingest.files_of(["urn:example:1", "urn:example:2", "urn:example:3"]) == {
                "urn:example:1": here,
                "urn:example:2": alone,
            }

    def test_a_file_cannot_hold_an_article_that_is_not_stored(self, store: Store) -> None:
        with pytest.raises(StoreError, match="article urn:example:9: it is not stored in source seeds"):
            save(store, files=[SeenFile(path="a.md", article_id="urn:example:9")])

    def test_everything_is_counted(self, store: Store) -> None:
        save(
            store,
            saved(article(1)),
            saved(article(2)),
            saved(article(3, status=Status.DRAFT)),
            files=[
                SeenFile(path="a.md"),
                SeenFile(path="b.md", problem="bad"),
                SeenFile(path="c.md", problem="bad", missing_since=START),
                SeenFile(path="d.md", article_id="urn:example:1", missing_since=START),
                SeenFile(path="e.md", article_id="urn:example:2", missing_since=START),
            ],
        )
        withdraw(store, article(2))
        publish(store, rendered("feed.xml"), rendered("rss.xml"))
        publish(store, gone=["rss.xml"])

        assert dict(store.count()) == {
            "published": 1,
            "draft": 1,
            "scheduled": 0,
            "expired": 0,
            "withdrawn": 1,
            "retracted": 0,
            "killed": 0,
            "files": 2,
            "problems": 1,
            "missing": 1,
            "revisions": 4,
            "documents": 1,
            "sources": 0,
            "troubled": 0,
            "gone": 0,
            "quarantined": 0,
            "paused": 0,
        }


def test_the_room_left_is_known_for_a_file_and_not_for_a_server(store: Store, request: pytest.FixtureRequest) -> None:
    room = store.room()
    assert (room is None) if "postgresql" in request.node.name else (room is not None and room > 0)


class TestDirtyFeeds:
    def test_a_published_article_soils_the_default_feed_and_those_of_its_terms(self, store: Store) -> None:
        save(store, saved(article(), "tags/war", "authors/afp"))

        assert names(store.dirty()) == ["", "authors/afp", "tags/war"]

    def test_a_correction_soils_the_feeds_of_the_terms_it_had_and_has(self, store: Store) -> None:
        state = article()
        save(store, saved(state, "tags/war", "authors/afp"))
        clean(store)
        correct(store, state, "tags/peace", "authors/afp")

        assert names(store.dirty()) == ["", "authors/afp", "tags/peace", "tags/war"]

    @pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED, Status.EXPIRED, Status.WITHDRAWN])
    def test_what_was_never_shown_soils_nothing(self, store: Store, status: Status) -> None:
        state = article(status=status)
        save(store, saved(state, "tags/war"))
        correct(store, state, "tags/war", title="Still hidden")

        assert store.dirty() == []

    def test_a_withdrawal_soils_where_it_was(self, store: Store) -> None:
        save(store, saved(article(), "tags/war"))
        clean(store)
        withdraw(store, article(), "tags/war")

        assert names(store.dirty()) == ["", "tags/war"]

    def test_every_marking_has_a_token_of_its_own(self, store: Store) -> None:
        store.soil(["", "tags/war"])
        before = store.dirty()
        store.soil(name for name in ["tags/war"])
        after = store.dirty()

        assert after[0] == before[0]
        assert after[1].name == before[1].name == "tags/war"
        assert after[1].token != before[1].token


class TestPublishing:
    def test_a_document_comes_back_whole(self, store: Store, reopen: Callable[[], Store]) -> None:
        store.soil(["tags/war"])
        document = replace(rendered("tags/war/feed.xml"), gzip=b"gz", brotli=b"br", zstd=b"zstd")
        document = replace(document, links='</hub>; rel="hub"', max_age=900)

        assert publish(store, document, now=utc(2024, 1, 1)) == ("tags/war/feed.xml",)
        assert reopen().document("tags/war/feed.xml") == replace(document, changed=utc(2024, 1, 1))
        assert list(store.documents()) == [("tags/war/feed.xml", document.etag, False)]
        assert store.dirty() == []

    def test_a_document_is_known_without_its_bytes_and_read_in_one_coding(self, store: Store) -> None:
        assert store.document_head("feed.xml") is None
        store.soil([""])
        beside = {"links": '</feed.xml>; rel="self"', "max_age": 300}
        publish(store, replace(rendered("feed.xml", b"one"), **beside), now=utc(2024, 1, 1))
        etag = b"one".hex()
        known = DocumentHead(
            path="feed.xml",
            media_type="text/xml",
            etag=etag,
            changed=utc(2024, 1, 1),
            lengths={"identity": 3},
            **beside,
        )
        assert store.document_head("feed.xml") == known
        assert store.document_body("feed.xml", etag, "gzip") is None

        store.save_codings("feed.xml", etag, b"gz\0ip", b"\0", b"zs")
        lengths = {"identity": 3, "gzip": 5, "br": 1, "zstd": 2}
        assert store.document_head("feed.xml") == replace(known, lengths=lengths)
        bodies = [store.document_body("feed.xml", etag, coding) for coding in lengths]
        assert bodies == [b"one", b"gz\0ip", b"\0", b"zs"]
        assert store.document_body("feed.xml", "other", "identity") is None

        store.soil([""])
        publish(store, gone=["feed.xml"], now=utc(2024, 1, 2))
        gone = replace(known, etag="", changed=utc(2024, 1, 2), lengths={}, gone=True, links="", max_age=None)
        assert store.document_head("feed.xml") == gone
        assert store.document_body("feed.xml", "", "identity") is None

    def test_the_same_bytes_keep_their_change(self, store: Store) -> None:
        publish(store, rendered("feed.xml", b"one"), now=utc(2024, 1, 1))
        store.save_codings("feed.xml", b"one".hex(), b"gz", b"br", b"zs")

        assert publish(store, rendered("feed.xml", b"one"), now=utc(2024, 1, 2)) == ()
        codings = {"gzip": b"gz", "brotli": b"br", "zstd": b"zs"}
        kept = replace(rendered("feed.xml", b"one"), changed=utc(2024, 1, 1), **codings)
        assert store.document("feed.xml") == kept

    @pytest.mark.parametrize(
        "beside",
        [{"media_type": "application/xml"}, {"links": '</hub>; rel="hub"'}, {"max_age": 900}],
        ids=["media-type", "links", "max-age"],
    )
    def test_what_goes_with_the_same_bytes_is_brought_up_to_date(self, store: Store, beside: dict[str, Any]) -> None:
        publish(store, rendered("feed.xml", b"one"), now=utc(2024, 1, 1))
        store.save_codings("feed.xml", b"one".hex(), b"gz", b"br", b"zs")
        before = store.document("feed.xml")
        assert before is not None

        assert publish(store, replace(rendered("feed.xml", b"one"), **beside), now=utc(2024, 1, 2)) == ()
        assert store.document("feed.xml") == replace(before, **beside)

    def test_codings_that_come_with_the_same_bytes_are_kept(self, store: Store) -> None:
        bare = rendered("feed.xml", b"one")
        publish(store, bare)
        publish(store, replace(bare, gzip=b"gz", zstd=b"zs"))
        assert store.uncompressed() == ["feed.xml"]
        publish(store, replace(bare, gzip=b"gz", brotli=b"br", zstd=b"zs"))

        assert store.uncompressed() == []
        assert store.document("feed.xml") == replace(bare, gzip=b"gz", brotli=b"br", zstd=b"zs")

    @pytest.mark.parametrize(
        ("later", "changed"),
        [
            (utc(2024, 1, 1, 0, 0, 9, 999_999), utc(2024, 1, 1, 0, 0, 9)),
            (utc(2024, 1, 1, 0, 0, 0, 500_000), utc(2024, 1, 1, 0, 0, 1)),
            (utc(2023, 1, 1), utc(2024, 1, 1, 0, 0, 1)),
        ],
        ids=["later", "within-the-second", "clock-went-back"],
    )
    def test_other_bytes_change_to_the_second_and_always_forward(
        self, store: Store, later: object, changed: object
    ) -> None:
        publish(store, rendered("feed.xml", b"one"), now=utc(2024, 1, 1, 0, 0, 0, 400_000))

        assert publish(store, rendered("feed.xml", b"two"), now=later) == ("feed.xml",)  # type: ignore[arg-type]
        document = store.document("feed.xml")
        assert document is not None
        assert (document.body, document.changed) == (b"two", changed)

    def test_other_bytes_have_lost_their_codings(self, store: Store) -> None:
        publish(store, rendered("feed.xml", b"one"))
        store.save_codings("feed.xml", b"one".hex(), b"gz", b"br", b"zs")
        publish(store, rendered("feed.xml", b"two"))

        document = store.document("feed.xml")
        assert document is not None
        assert (document.gzip, document.brotli, document.zstd) == (None, None, None)
        assert store.uncompressed() == ["feed.xml"]

    def test_codings_of_older_bytes_are_not_kept(self, store: Store) -> None:
        publish(store, rendered("feed.xml", b"two"), rendered("rss.xml", b"rss"))
        assert store.uncompressed() == ["feed.xml", "rss.xml"]
        store.save_codings("feed.xml", b"one".hex(), b"gz", b"br", b"zs")
        store.save_codings("rss.xml", b"rss".hex(), b"gz", b"br", b"zs")

        assert store.uncompressed() == ["feed.xml"]

    def test_a_removed_document_leaves_only_that_it_was(self, store: Store) -> None:
        store.soil(["tags/war"])
        publish(store, rendered("tags/war/feed.xml"), now=utc(2024, 1, 1))
        store.soil(["tags/war"])

        assert publish(store, gone=["tags/war/feed.xml", "never.xml"], now=utc(2024, 1, 1)) == ("tags/war/feed.xml",)
        assert store.document("tags/war/feed.xml") == Rendered(
            path="tags/war/feed.xml",
            body=b"",
            media_type="text/xml",
            etag="",
            changed=utc(2024, 1, 1, 0, 0, 1),
            gone=True,
        )
        assert store.dirty() == []
        assert store.uncompressed() == []
        assert publish(store, gone=["tags/war/feed.xml"]) == ()

    def test_a_removed_document_may_return(self, store: Store) -> None:
        publish(store, rendered("feed.xml"), now=utc(2024, 1, 1))
        publish(store, gone=["feed.xml"], now=utc(2024, 1, 2))

        assert publish(store, rendered("feed.xml"), now=utc(2024, 1, 3)) == ("feed.xml",)
        assert store.document("feed.xml") == replace(rendered("feed.xml"), changed=utc(2024, 1, 3))

    def test_who_rendered_an_older_state_stores_nothing_for_that_feed(self, store: Store) -> None:
        store.soil(["", "tags/war"])
        publish(store, rendered("tags/war/old.xml"))
        store.soil(["", "tags/war"])
        seen = store.dirty()
        store.soil(["tags/war"])

        moved = store.publish(
            seen, [rendered("feed.xml"), rendered("tags/war/feed.xml")], ["tags/war/old.xml"], [], START
        )

        assert moved == ("feed.xml",)
        assert store.document("tags/war/feed.xml") is None
        old = store.document("tags/war/old.xml")
        assert old is not None
        assert not old.gone
        assert names(store.dirty()) == ["tags/war"]

    def test_who_comes_after_another_publisher_stores_nothing(self, store: Store) -> None:
        store.soil([""])
        seen = store.dirty()
        store.publish(seen, [rendered("feed.xml", b"first")], [], [], START)

        assert store.publish(seen, [rendered("feed.xml", b"second")], [], [], START) == ()
        document = store.document("feed.xml")
        assert document is not None
        assert document.body == b"first"

    def test_a_feed_that_nobody_claims_to_have_done_stays_dirty(self, store: Store) -> None:
        store.soil(["", "tags/war"])
        done = [feed for feed in store.dirty() if feed.name == ""]

        store.publish(done, [], [], [], START)

        assert names(store.dirty()) == ["tags/war"]

    def test_an_unknown_token_clears_nothing(self, store: Store) -> None:
        store.soil([""])

        assert store.publish([DirtyFeed(name="", token=-1)], [rendered("feed.xml")], [], [], START) == ()
        assert names(store.dirty()) == [""]

    def test_many_documents_come_by_path(self, store: Store) -> None:
        paths = [f"tags/{number:04}/feed.xml" for number in range(120)]

        assert publish(store, *(rendered(path) for path in paths)) == tuple(paths)
        assert [path for path, _, _ in store.documents()] == paths


class TestPieces:
    def place(self, store: Store) -> Shown:
        return store.shown(ALL, 1)[0]

    def keep(self, store: Store, key: int, revision: int = 1, recipe: str = "r1", body: bytes = b"<entry/>") -> None:
        store.publish([], [], [], [(key, revision, Format.ATOM, recipe, body)], START)

    def test_a_piece_is_found_by_revision_format_and_recipe(self, store: Store) -> None:
        save(store, saved(article()))
        place = self.place(store)
        self.keep(store, place.key)

        assert store.pieces([place], Format.ATOM, "r1") == {place.key: b"<entry/>"}
        assert store.pieces([place], Format.RSS, "r1") == {}
        assert store.pieces([place], Format.ATOM, "r2") == {}
        assert store.pieces([replace(place, revision=2)], Format.ATOM, "r1") == {}
        assert store.pieces([replace(place, key=place.key + 1)], Format.ATOM, "r1") == {}
        assert store.pieces([], Format.ATOM, "r1") == {}

    def test_another_recipe_replaces_the_piece(self, store: Store) -> None:
        save(store, saved(article()))
        place = self.place(store)
        self.keep(store, place.key)
        self.keep(store, place.key, recipe="r2", body=b"<entry>2</entry>")

        assert store.pieces([place], Format.ATOM, "r2") == {place.key: b"<entry>2</entry>"}

    def test_nothing_of_an_older_state_is_kept(self, store: Store) -> None:
        save(store, saved(article()))
        place = self.place(store)
        self.keep(store, place.key)
        correct(store, article(), title="Withdrawn by law")
        self.keep(store, place.key, revision=1)

        assert store.pieces([place, self.place(store)], Format.ATOM, "r1") == {}

    def test_a_piece_of_an_unknown_article_is_not_kept(self, store: Store) -> None:
        save(store, saved(article()))
        place = self.place(store)
        self.keep(store, place.key + 1)

        assert store.pieces([replace(place, key=place.key + 1)], Format.ATOM, "r1") == {}

    def test_articles_of_one_id_have_a_piece_each(self, store: Store) -> None:
        save(store, saved(article()))
        save(store, saved(article(source="theirs", slug="theirs")), source="theirs")
        ours, theirs = (store.shown(Query(sources=frozenset({name})), 5)[0] for name in ("seeds", "theirs"))
        self.keep(store, ours.key, body=b"ours")
        self.keep(store, theirs.key, body=b"theirs")

        assert store.pieces([ours, theirs], Format.ATOM, "r1") == {ours.key: b"ours", theirs.key: b"theirs"}


class TestSeveralAtOnce:
    def test_threads_ingesting_different_sources_lose_nothing(self, store: Store) -> None:
        def work(worker: int) -> None:
            for number in range(5):
                each = worker * 100 + number
                save(
                    store,
                    saved(article(each, source=f"s{worker}"), "tags/war", f"tags/t{number % 2}"),
                    source=f"s{worker}",
                )
                store.soil(["tags/war", ""])
                store.shown(tagged("war"), 10)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))

        assert store.count()["published"] == 20
        assert dict(store.terms())[Term(kind="tags", slug="war", name="WAR")] == 20

    def test_publishers_and_writers_at_once_leave_nothing_stale_unmarked(self, store: Store) -> None:
        """Whatever is not marked in the end shows what is stored in the end."""
        save(store, saved(article(1), "tags/war"))

        def write() -> None:
            state = article(1)
            for _ in range(15):
                state = correct(store, state, "tags/war")

        def publish_some() -> None:
            for _ in range(15):
                done = store.dirty()
                body = str(store.shown(ALL, 1)[0].revision).encode()
                store.publish(done, [rendered("feed.xml", body), rendered("tags/war/feed.xml", body)], [], [], START)

        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(write), pool.submit(publish_some), pool.submit(publish_some)]:
                done.result()

        for name, path in (("", "feed.xml"), ("tags/war", "tags/war/feed.xml")):
            document = store.document(path)
            assert name in names(store.dirty()) or (document is not None and document.body == b"16")

    def test_two_who_open_a_source_take_turns(self, store: Store, reopen: Callable[[], Store]) -> None:
        other = reopen()
        with store.ingest("seeds") as ingest:
            ingest.save([saved(article())], [])
            with pytest.raises(StoreError, match="another process holds it"), other.ingest("seeds"):
                pass  # pragma: no cover

        with other.ingest("seeds") as ingest:
            assert ingest.taken(["urn:example:1"], []) == ({"urn:example:1"}, set())
