"""What every store promises of composed feeds, held against every backend."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from syndicator.errors import FeedError, StoreBusy
from syndicator.model import (
    Article,
    Cap,
    Digest,
    Doubles,
    Feed,
    Format,
    Member,
    Order,
    Podcast,
    Query,
    RevisionKind,
    Status,
    Tombstone,
    utc,
)
from syndicator.ports import Changed, Composing, Cut, Store, Token
from tests.store.making import (
    MINUTE,
    START,
    article,
    clean,
    correct,
    names,
    next_state,
    publish,
    rendered,
    save,
    saved,
    start_python,
    withdraw,
)

WAR = Feed(name="war", title="War")
EVERYTHING = Feed(
    name="everything",
    title="All of it",
    description="Whatever can be set.",
    query=Query(
        sources=frozenset({"b", "a"}),
        tags=frozenset({"war"}),
        authors=frozenset({"kim"}),
        languages=frozenset({"en-GB"}),
        words_from=1,
        words_to=9,
        since=START,
        before=utc(2030, 1, 1),
        expression='tag:war and title~/a|b\\\\/ and author:"Ł"',
    ),
    limit=7,
    formats=(Format.JSON, Format.NINJS),
    first_name="all",
    order=Order.UPDATED,
    full=False,
    caps=(Cap(most=3, source="a"), Cap(most=9)),
    delay=timedelta(minutes=5),
    doubles=Doubles.PREFER,
    prefer=("b", "a"),
    archives=True,
    image="https://site.example/i.png",
    language="en",
    licence="CC0",
    profile="msn",
    digest=Digest(of="war", hour=6, weekday=0, zone="Europe/Minsk"),
    podcast=Podcast(author="Kim", categories=("News > Politics",), explicit=True),
    private=True,
    declared=True,
)


def member(key: int, feed: str = "war", **fields: object) -> Member:
    """The place of an article where `article(key)` has it."""
    place = f"{key:08x}"
    return replace(Member(feed=feed, key=key, place=place, entered=place), **fields)  # type: ignore[arg-type]


def compose(store: Store, *members: Member, removed: Iterable[tuple[str, int]] = ()) -> None:
    """Store these places, and look at everything that was changed."""
    with store.composing() as composing:
        composing.save(members, removed)
        composing.done(composing.changed(1000))


def fill(store: Store, count: int, feed: Feed = WAR) -> list[int]:
    """Store that many articles, and a feed with all of them; their numbers."""
    save(store, *(saved(article(number)) for number in range(1, count + 1)))
    store.save_feed(feed)
    numbers = [store.number_of(article(number)) for number in range(1, count + 1)]
    keys = [number for number in numbers if number is not None]
    compose(store, *(member(key, feed.name, place=f"{n:08x}") for n, key in enumerate(keys, 1)))
    return keys


def changed(store: Store, limit: int = 1000) -> list[Changed]:
    with store.composing() as composing:
        return composing.changed(limit)


def cut(store: Store, number: int, *holds: tuple[int, int], feed: str = "war") -> tuple[str, ...]:
    """Cut an archive and publish it with whatever is dirty."""
    path = f"{feed}/archives/{number}/feed.xml"
    return store.publish(
        store.dirty(),
        [rendered(path)],
        [],
        [],
        START,
        cuts=[Cut(feed=feed, number=number, holds=holds)],
        names={path: feed},
    )


class TestDefinitions:
    def test_a_store_has_no_feeds_at_first(self, store: Store) -> None:
        assert store.feeds() == []
        assert store.feed("war") is None
        assert store.feed("") is None
        assert store.former("war") is None
        assert store.composed_by("war") == ""
        assert store.archives("war") == 0
        assert store.places("war") == []

    def test_a_feed_is_kept_whole(self, store: Store) -> None:
        store.save_feed(EVERYTHING)

        assert store.feed("everything") == EVERYTHING

    def test_feeds_come_by_name_and_begin_dirty(self, store: Store) -> None:
        for name in ("war", "art", "private/x"):
            store.save_feed(replace(WAR, name=name))

        assert [feed.name for feed in store.feeds()] == ["art", "private/x", "war"]
        assert names(store.dirty()) == ["@feeds", "art", "private/x", "war"]

    def test_a_changed_feed_is_dirty_again_and_keeps_its_first_name_and_places(self, store: Store) -> None:
        [key] = fill(store, 1)
        clean(store)
        store.save_feed(replace(WAR, title="Peace"))

        assert store.feeds() == [replace(WAR, title="Peace", first_name="war")]
        assert names(store.dirty()) == ["@feeds", "war"]
        assert store.members_of(key) == [member(key, place="00000001", entered=f"{key:08x}")]

    def test_a_feed_has_a_name(self, store: Store) -> None:
        with pytest.raises(FeedError, match=r"^feed: it has no name"):
            store.save_feed(replace(WAR, name=""))

    def test_a_feed_shows_something(self, store: Store) -> None:
        with pytest.raises(FeedError, match=r"^feed 'war': its limit is 0"):
            store.save_feed(replace(WAR, limit=0))


class TestNames:
    def test_a_renamed_feed_takes_everything_along(self, store: Store) -> None:
        keys = fill(store, 3)
        cut(store, 1, (keys[0], 1))
        with store.composing() as composing:
            composing.wait([("war", keys[2], START)])
            composing.composed("war", "r")
        clean(store)
        store.rename_feed("war", "peace")

        assert store.feeds() == [Feed(name="peace", title="War", first_name="war")]
        assert [place.key for place in store.places("peace")] == [keys[2], keys[1]]
        assert store.held("peace", 1) == [(keys[0], 1)]
        assert store.archived_in(keys[0]) == [("peace", 1)]
        assert store.archives("peace") == 1
        assert store.composed_by("peace") == "r"
        assert names(store.dirty()) == ["@feeds", "peace", "peace/archives/1", "war"]
        with store.composing() as composing:
            assert composing.due(START) == [("peace", keys[2])]

    def test_old_names_lead_to_the_present_one_through_later_renamings(self, store: Store) -> None:
        store.save_feed(WAR)
        store.rename_feed("war", "peace")
        store.rename_feed("peace", "news")

        assert [store.former(name) for name in ("war", "peace", "news", "other")] == ["news", "news", None, None]

    def test_a_feed_can_have_its_first_name_back(self, store: Store) -> None:
        store.save_feed(WAR)
        store.rename_feed("war", "peace")
        store.rename_feed("peace", "war")

        assert store.feeds() == [replace(WAR, first_name="war")]
        assert (store.former("war"), store.former("peace")) == (None, "war")

    def test_a_removed_feed_takes_all_its_names_along(self, store: Store) -> None:
        keys = fill(store, 2)
        cut(store, 1, (keys[0], 1))
        with store.composing() as composing:
            composing.wait([("war", keys[1], START)])
        store.rename_feed("war", "peace")
        clean(store)
        store.remove_feed("peace")

        assert store.feeds() == []
        assert (store.former("war"), store.former("peace")) == ("", "")
        assert names(store.dirty()) == ["@feeds", "peace"]
        assert store.members_of(keys[1]) == store.archived_in(keys[0]) == store.places("peace") == []
        with store.composing() as composing:
            assert composing.due(START) == []

    def test_tokens_go_with_a_feed_and_open_no_later_one_of_its_name(self, store: Store) -> None:
        private = replace(WAR, name="private/war", private=True)
        store.save_feed(private)
        token = Token(id="t", feed="private/war", hash="0" * 64, label="Kim", made=START)
        store.save_token(token)
        store.rename_feed("private/war", "private/peace")

        assert store.tokens("private/war") == []
        assert store.tokens() == [replace(token, feed="private/peace")]
        store.remove_feed("private/peace")
        assert store.tokens() == []

    def test_a_name_that_was_removed_or_renamed_can_be_given_again(self, store: Store) -> None:
        fill(store, 2)
        store.remove_feed("war")
        store.save_feed(replace(WAR, title="Another"))
        store.rename_feed("war", "peace")
        store.save_feed(replace(WAR, title="A third"))

        assert [(feed.name, feed.title) for feed in store.feeds()] == [("peace", "Another"), ("war", "A third")]
        assert (store.former("war"), store.former("peace")) == (None, None)
        assert store.places("war") == []

    def test_no_two_feeds_ever_have_the_same_first_name(self, store: Store) -> None:
        for present in ("peace", "news"):
            store.save_feed(WAR)
            store.rename_feed("war", present)
        store.save_feed(WAR)

        assert {feed.name: feed.first_name for feed in store.feeds()} == {
            "peace": "war",
            "news": "war-2",
            "war": "war-3",
        }

    def test_names_that_lead_to_a_feed_still_do_when_its_own_old_name_is_given_again(self, store: Store) -> None:
        store.save_feed(WAR)
        store.rename_feed("war", "peace")
        store.rename_feed("peace", "news")
        store.save_feed(replace(WAR, name="peace"))
        store.rename_feed("news", "today")

        assert [store.former(name) for name in ("war", "peace", "news")] == ["today", None, "today"]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda store: store.rename_feed("none", "new"), "feed 'none': there is no such feed"),
            (lambda store: store.rename_feed("", "new"), "feed '': there is no such feed"),
            (lambda store: store.rename_feed("war", "art"), "feed 'art': there is one of that name already"),
            (lambda store: store.rename_feed("war", ""), "feed '': there is one of that name already"),
            (lambda store: store.remove_feed("none"), "feed 'none': there is no such feed"),
            (lambda store: store.remove_feed(""), "feed '': there is no such feed"),
        ],
        ids=["rename-none", "rename-default", "rename-to-another", "rename-to-default", "remove-none", "default"],
    )
    def test_what_cannot_be_is_refused(self, store: Store, change: Callable[[Store], None], said: str) -> None:
        store.save_feed(WAR)
        store.save_feed(replace(WAR, name="art"))
        compose(store, *(() if store.number_of(article()) is None else (member(1, ""),)))
        clean(store)

        with pytest.raises(FeedError, match=f"^{said}"):
            change(store)
        assert [feed.name for feed in store.feeds()] == ["art", "war"]
        assert store.dirty() == []

    def test_a_feed_that_is_renamed_to_its_own_name_stays_as_it_is(self, store: Store) -> None:
        store.save_feed(WAR)
        clean(store)
        store.rename_feed("war", "war")

        assert (store.former("war"), store.dirty()) == (None, [])


class TestChanges:
    def test_every_stored_state_is_to_be_looked_at(self, store: Store) -> None:
        assert not store.waiting()
        save(store, saved(article(2)), saved(article(1, status=Status.DRAFT)))

        assert store.waiting()
        assert [one.article for one in changed(store)] == [article(2), article(1, status=Status.DRAFT)]
        assert [one.key for one in changed(store)] == [store.number_of(article(2)), store.number_of(article(1))]

    def test_what_only_adds_claims_is_no_change(self, store: Store) -> None:
        save(store, saved(article()))
        compose(store)
        save(store, saved(article(), kind=None))

        assert not store.waiting()

    def test_what_was_looked_at_is_not_given_again(self, store: Store) -> None:
        save(store, *(saved(article(number)) for number in range(1, 4)))
        with store.composing() as composing:
            first = composing.changed(2)
            composing.done(first)
            rest = composing.changed(2)

        assert [one.article.id for one in first] == ["urn:example:1", "urn:example:2"]
        assert [one.article.id for one in rest] == ["urn:example:3"]
        assert changed(store) == rest

    def test_a_change_waits_behind_those_before_it_and_is_told_once_in_the_state_it_has_then(
        self, store: Store
    ) -> None:
        save(store, saved(article(1)), saved(article(2)))
        new = correct(store, article(1), title="Newer")
        new = correct(store, new, title="Newest")

        assert [one.article for one in changed(store)] == [article(2), new]

    def test_what_was_changed_again_since_stays(self, store: Store) -> None:
        save(store, saved(article(1)), saved(article(2)))
        before = changed(store)
        new = correct(store, article(1))
        with store.composing() as composing:
            composing.done(before)

        [left] = changed(store)
        assert left.article == new
        assert left.token != before[0].token

    def test_an_article_saved_twice_in_one_transaction_is_one_change(self, store: Store) -> None:
        with store.ingest("seeds") as ingest:
            ingest.save([saved(article())], [])
            ingest.save([saved(next_state(article()), kind=RevisionKind.CORRECTION)], [])

        assert [one.article.revision for one in changed(store)] == [2]


class TestComposing:
    def test_a_block_that_fails_leaves_nothing(self, store: Store) -> None:
        [key] = fill(store, 1)
        correct(store, article())
        with store.composing() as composing:
            composing.wait([("war", key, START)])
        clean(store)
        before = changed(store)

        def fail() -> None:
            with store.composing() as composing:
                composing.done(composing.changed(9))
                composing.save([member(key, shown=False)])
                composing.wait([("war", key, START + MINUTE)])
                composing.due(START)
                composing.composed("war", "r")
                composing.soil(["@news"])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

        assert changed(store) == before
        assert store.members_of(key) == [member(key, place="00000001", entered=f"{key:08x}")]
        assert (store.composed_by("war"), store.dirty()) == ("", [])
        with store.composing() as composing:
            assert composing.due(START) == [("war", key)]

    def test_a_process_that_dies_leaves_nothing(self, store: Store, url: str) -> None:
        [key] = fill(store, 1)
        process = start_python(
            f"""
            import os
            from syndicator.model import Member
            from syndicator.store import open_store
            from tests.store.making import Clock
            with open_store({url!r}, Clock()).composing() as composing:
                composing.save([Member(feed="war", key={key}, place="1", entered="1", shown=False)])
                composing.soil(["@news"])
                print("half way", flush=True)
                os._exit(9)
            """
        )

        assert process.communicate(timeout=60)[0] == "half way\n"
        assert process.returncode == 9
        assert [one.shown for one in store.members_of(key)] == [True]
        compose(store, member(key, shown=False))
        assert "@news" not in names(store.dirty())

    def test_nobody_else_composes_meanwhile(self, store: Store, reopen: Callable[[], Store]) -> None:
        other = reopen()
        with store.composing(), pytest.raises(StoreBusy), other.composing():
            pass
        with other.composing() as composing:
            assert composing.changed(1) == []

    @pytest.mark.parametrize(
        "change",
        [
            lambda store: store.save_feed(replace(WAR, name="art")),
            lambda store: store.rename_feed("war", "art"),
            lambda store: store.remove_feed("war"),
        ],
        ids=["save", "rename", "remove"],
    )
    def test_no_feed_is_changed_meanwhile(
        self, store: Store, reopen: Callable[[], Store], change: Callable[[Store], None]
    ) -> None:
        store.save_feed(WAR)
        other = reopen()
        with store.composing(), pytest.raises(StoreBusy):
            change(other)

        assert store.feeds() == [replace(WAR, first_name="war")]

    def test_places_are_kept_replaced_and_taken_away(self, store: Store) -> None:
        one, two, three = fill(store, 3)
        store.save_feed(replace(WAR, name="art"))
        moved = member(two, place="f", entered="e", shown=False, archive=4)
        compose(store, moved, member(two, "art"), removed=[("war", three), ("art", one)])

        with store.composing() as composing:
            assert composing.members([two, three, 10**6]) == {two: [member(two, "art"), moved]}
        assert store.members_of(two) == [member(two, "art"), moved]
        assert store.members_of(three) == []

    def test_whose_places_are_stored_or_taken_away_is_dirty(self, store: Store) -> None:
        [key] = fill(store, 1)
        store.save_feed(replace(WAR, name="art"))
        store.save_feed(replace(WAR, name="sport"))
        clean(store)
        with store.composing() as composing:
            composing.save([member(key)], [("art", key)])
            composing.soil(["@news", "tags/war"])

        assert names(store.dirty()) == ["@news", "art", "tags/war", "war"]

    def test_a_place_in_a_feed_that_is_not_there_is_refused(self, store: Store) -> None:
        [key] = fill(store, 1)

        with pytest.raises(FeedError, match=r"^feed 'none': there is no such feed"):
            compose(store, member(key, "none"))

    def test_the_default_feed_can_have_places_without_being_one_of_the_feeds(self, store: Store) -> None:
        [key] = fill(store, 1)
        clean(store)
        with store.composing() as composing:
            composing.composed("", "r")
            composing.save([member(key, "")])

        assert [feed.name for feed in store.feeds()] == ["war"]
        assert store.feed("") is None
        assert [place.key for place in store.places("")] == [key]
        assert (store.composed_by(""), names(store.dirty())) == ("r", [""])

    def test_articles_are_counted_by_source_between_two_places(self, store: Store) -> None:
        one, two, three, four = fill(store, 4)
        save(store, saved(article(5, source="theirs")), source="theirs")
        theirs = store.number_of(article(5, source="theirs"))
        assert theirs is not None
        compose(store, member(two, place="00000002", shown=False, archive=3), member(theirs, place="00000002"))

        def counted(ask: Callable[[Composing], int]) -> int:
            with store.composing() as composing:
                return ask(composing)

        assert counted(lambda c: c.counted("war", "seeds", "00000001", "00000004")) == 3
        assert counted(lambda c: c.counted("war", "seeds", "00000002", "00000003")) == 1
        assert counted(lambda c: c.counted("war", "theirs", "0", "f")) == 1
        assert counted(lambda c: c.counted("war", "nobody", "0", "f")) == 0
        assert one < three < four

    def test_what_waits_is_given_when_its_moment_has_come_the_longest_first(self, store: Store) -> None:
        one, two, three = fill(store, 3)
        with store.composing() as composing:
            composing.wait([("war", one, START + 2 * MINUTE), ("war", two, START + MINUTE), ("art", one, START)])
            composing.wait([("war", three, START + 9 * MINUTE), ("art", one, START + 2 * MINUTE)])

        def due(minutes: int, limit: int = 500) -> list[tuple[str, int]]:
            with store.composing() as composing:
                return composing.due(START + minutes * MINUTE, limit)

        assert due(0) == []
        assert due(2, limit=1) == [("war", two)]
        assert due(2) == [("art", one), ("war", one)]
        assert due(2) == []
        assert due(10) == [("war", three)]

    def test_what_is_due_can_be_made_to_wait_again(self, store: Store) -> None:
        [key] = fill(store, 1)
        with store.composing() as composing:
            composing.wait([("war", key, START)])
        with store.composing() as composing:
            composing.wait([(*waited, START + MINUTE) for waited in composing.due(START)])

        with store.composing() as composing:
            assert composing.due(START) == []
            assert composing.due(START + MINUTE) == [("war", key)]

    def test_current_states_are_given_by_number(self, store: Store) -> None:
        one, two = fill(store, 2)
        new = correct(store, article(1))
        with store.composing() as composing:
            assert composing.states([one, two, 10**6]) == {one: new, two: article(2)}

    def test_shown_articles_are_walked_by_number(self, store: Store) -> None:
        save(store, *(saved(article(number)) for number in range(1, 5)))
        save(store, saved(article(5, source="theirs")), saved(article(6, source="theirs")), source="theirs")
        withdraw(store, article(2))

        def walked(limit: int, sources: Iterable[str]) -> list[int]:
            found, last = [], 0
            with store.composing() as composing:
                while page := composing.after(last, limit, list(sources)):
                    assert len(page) <= limit
                    found += [article.revision * int(article.id.rpartition(":")[2]) for _, article in page]
                    last = page[-1][0]
            return found

        assert walked(2, []) == [1, 3, 4, 5, 6]
        assert walked(1, ["theirs"]) == [5, 6]
        assert walked(9, ["theirs", "seeds"]) == [1, 3, 4, 5, 6]
        assert walked(9, ["nobody"]) == []

    def test_a_recipe_is_remembered_until_another_one(self, store: Store) -> None:
        store.save_feed(WAR)
        for recipe in ("one", "two"):
            with store.composing() as composing:
                composing.composed("war", recipe)
        store.save_feed(replace(WAR, title="Peace"))

        assert store.composed_by("war") == "two"


@pytest.mark.parametrize("backend", ["postgresql"])
class TestMeanwhile:
    """Where several may write at once."""

    def test_what_was_changed_while_it_was_looked_at_stays(
        self, backend: str, store: Store, reopen: Callable[[], Store]
    ) -> None:
        save(store, saved(article(1)), saved(article(2)))
        other = reopen()
        with store.composing() as composing:
            before = composing.changed(9)
            new = correct(other, article(1))
            composing.done(before)

        assert [one.article for one in changed(store)] == [new]

    def test_what_somebody_is_changing_stays_and_is_not_waited_for(
        self, backend: str, store: Store, reopen: Callable[[], Store]
    ) -> None:
        save(store, saved(article(1)), saved(article(2)))
        new = next_state(article(1))
        with reopen().ingest("seeds") as ingest:
            ingest.save([saved(new, kind=RevisionKind.CORRECTION)], [])
            compose(store)

        assert [one.article for one in changed(store)] == [new]

    def test_a_place_is_given_to_an_article_that_somebody_is_changing(
        self, backend: str, store: Store, reopen: Callable[[], Store]
    ) -> None:
        [key] = fill(store, 1)
        store.save_feed(replace(WAR, name="art"))
        with reopen().ingest("seeds") as ingest:
            ingest.save([saved(next_state(article(1)), kind=RevisionKind.CORRECTION)], [])
            compose(store, member(key, "art"))

        assert [(one.feed, one.key) for one in store.members_of(key)] == [("art", key), ("war", key)]


class TestPlaces:
    def test_the_current_document_shows_what_is_in_no_archive_newest_place_first(self, store: Store) -> None:
        keys = fill(store, 5)
        compose(store, member(keys[0], place="9"), member(keys[1], shown=False), member(keys[2], archive=1))

        shown = store.places("war")
        assert [place.key for place in shown] == [keys[0], keys[4], keys[3]]
        assert [place.sort_key for place in shown] == ["9", "00000005", "00000004"]
        assert (shown[0].id, shown[0].revision, shown[0].changed) == ("urn:example:1", 1, article(1).changed)
        assert store.places("war", 2) == shown[:2]
        assert store.places("war", 2, before="9") == shown[1:]
        assert store.places("war", before="00000005") == shown[2:]

    def test_places_have_the_present_revision(self, store: Store) -> None:
        fill(store, 1)
        correct(store, article(1), changed=utc(2025, 1, 1))

        assert [(place.revision, place.changed) for place in store.places("war")] == [(2, utc(2025, 1, 1))]

    @pytest.mark.parametrize("status", [Status.WITHDRAWN, Status.EXPIRED, Status.KILLED])
    def test_what_nobody_may_see_is_not_shown_even_before_it_was_looked_at(self, store: Store, status: Status) -> None:
        fill(store, 2)
        correct(store, article(1), status=status)

        assert [place.id for place in store.places("war")] == ["urn:example:2"]

    def test_what_was_retracted_is_still_shown(self, store: Store) -> None:
        fill(store, 1)
        correct(store, article(1), status=Status.RETRACTED)

        assert [place.revision for place in store.places("war")] == [2]

    def test_what_left_a_feed_is_gone_from_it(self, store: Store) -> None:
        keys = fill(store, 4)
        compose(store, *(member(key, shown=False) for key in keys[:3]), member(keys[0], shown=False, archive=1))

        stones = [Tombstone(id=f"urn:example:{n}", when=article(n).changed or START) for n in (3, 2)]
        assert store.gone_from("war", 9) == stones
        assert store.gone_from("war", 1) == stones[:1]
        assert store.gone_from("war", 9, since=f"{keys[2]:08x}") == stones[:1]
        assert store.gone_from("war", 0) == []

    def twins(self, store: Store, count: int) -> list[int]:
        """An article of one id from each of so many sources, and their numbers."""
        states = [article(n, id="urn:example:twin", source=f"source-{n}") for n in range(1, count + 1)]
        for state in states:
            save(store, saved(state), source=state.source)
        store.save_feed(WAR)
        return [key for key in map(store.number_of, states) if key is not None]

    @pytest.mark.parametrize("archive", [0, 1])
    def test_an_id_that_the_feed_shows_is_not_gone(self, store: Store, archive: int) -> None:
        one, two = self.twins(store, 2)
        compose(store, member(one, shown=False), member(two, archive=archive))

        assert store.gone_from("war", 9) == []

    def test_an_id_is_gone_once_as_the_newest(self, store: Store) -> None:
        keys = self.twins(store, 3)
        compose(store, *(member(key, shown=False) for key in keys))

        assert store.gone_from("war", 1) == [Tombstone(id="urn:example:twin", when=article(3).changed or START)]

    def test_what_another_feed_shows_can_be_gone_from_this_one(self, store: Store) -> None:
        one, two = self.twins(store, 2)
        store.save_feed(replace(WAR, name="art"))
        compose(store, member(one, shown=False), member(one, "art"), member(two, "art"))

        assert [stone.id for stone in store.gone_from("war", 9)] == ["urn:example:twin"]

    def test_the_oldest_entered_are_to_be_archived_first_shown_or_gone(self, store: Store) -> None:
        keys = fill(store, 4)
        back = member(keys[0], place="00000001", entered="f")
        gone = member(keys[1], place="00000002", entered="00000002", shown=False)
        compose(store, back, gone, member(keys[2], archive=1))

        assert store.oldest("war", 2) == [gone, member(keys[3], place="00000004", entered=f"{keys[3]:08x}")]
        assert store.oldest("war", 9)[-1] == back

    @pytest.mark.parametrize("archives", [False, True])
    def test_what_a_feed_shows_since_a_place_is_archived_or_not(self, store: Store, archives: bool) -> None:
        feed = replace(WAR, archives=archives)
        keys = fill(store, 5, feed)
        compose(store, member(keys[3], place="00000004", archive=1), member(keys[2], place="00000003", shown=False))

        assert [place.key for place in store.since(feed, "00000002", 9)] == [keys[4], keys[3], keys[1]]
        assert [place.key for place in store.since(feed, "00000002", 2)] == [keys[4], keys[3]]

    def test_of_a_feed_that_is_not_composed_it_is_what_its_query_means(self, store: Store) -> None:
        fill(store, 3)
        save(store, saved(article(4), "tags/art"))

        everything, art = Feed(name="", title=""), Feed(name="tags/art", title="", query=Query(tags=frozenset({"art"})))
        assert [place.id for place in store.since(everything, "00000003", 9)] == ["urn:example:4", "urn:example:3"]
        assert [place.id for place in store.since(art, "0", 9)] == ["urn:example:4"]
        assert [place.sort_key for place in store.since(art, "0", 9)] == ["00000004"]

    def test_the_default_feed_with_archives_shows_what_has_a_place_in_it(self, store: Store) -> None:
        keys = fill(store, 3)
        compose(store, member(keys[1], "", archive=1))

        assert [place.key for place in store.since(Feed(name="", title="", archives=True), "0", 9)] == [keys[1]]

    def test_articles_of_one_id_have_numbers_of_their_own(self, store: Store) -> None:
        keys = self.twins(store, 2)

        assert len(set(keys)) == 2
        assert store.highest() == max(keys)
        assert store.number_of(article(9)) is None
        assert store.number_of(article(1, id="urn:example:twin", source="source-1")) == keys[0]


class TestStates:
    def test_states_are_given_by_number_and_revision(self, store: Store) -> None:
        one, two = fill(store, 2)
        new = correct(store, article(1), title="Newer")

        wanted = [(one, 1), (one, 2), (two, 1), (two, 2), (10**6, 1)]
        assert store.states_at(wanted) == {(one, 1): article(1), (one, 2): new, (two, 1): article(2)}
        assert store.states_at([]) == {}

    def test_more_states_than_fit_into_one_question(self, store: Store) -> None:
        keys = fill(store, 600)

        assert len(store.states_at([(key, 1) for key in keys])) == 600


class TestCutting:
    def test_an_archive_is_cut_with_its_documents(self, store: Store) -> None:
        keys = fill(store, 4)

        assert cut(store, 1, (keys[1], 1), (keys[0], 1)) == ("war/archives/1/feed.xml",)
        assert store.archives("war") == 1
        assert store.held("war", 1) == [(keys[1], 1), (keys[0], 1)]
        assert store.archived_in(keys[0]) == [("war", 1)]
        assert store.archived_in(keys[2]) == []
        assert [place.key for place in store.places("war")] == [keys[3], keys[2]]
        assert [one.key for one in store.oldest("war", 9)] == keys[2:]
        assert [one.archive for key in keys[:3] for one in store.members_of(key)] == [1, 1, 0]
        assert store.dirty() == []

    def test_nothing_of_a_cut_is_stored_where_its_feed_was_changed_since(self, store: Store) -> None:
        keys = fill(store, 2)
        stale = store.dirty()
        store.soil(["war"])
        path = "war/archives/1/feed.xml"
        cuts = [Cut(feed="war", number=1, holds=((keys[0], 1),))]

        assert store.publish(stale, [rendered(path)], [], [], START, cuts=cuts, names={path: "war"}) == ()
        assert store.archives("war") == 0
        assert store.held("war", 1) == []
        assert store.document(path) is None
        assert len(store.places("war")) == 2
        assert names(store.dirty()) == ["war"]

    def test_nothing_is_cut_from_a_feed_that_nobody_rendered(self, store: Store) -> None:
        keys = fill(store, 2)
        store.publish([], [], [], [], START, cuts=[Cut(feed="war", number=1, holds=((keys[0], 1),))])

        assert (store.archives("war"), store.held("war", 1)) == (0, [])

    def test_nothing_is_cut_from_a_feed_that_was_renamed_or_removed_since(self, store: Store) -> None:
        keys = fill(store, 2)
        stale = store.dirty()
        store.rename_feed("war", "peace")
        store.publish(stale, [], [], [], START, cuts=[Cut(feed="war", number=1, holds=((keys[0], 1),))])

        assert (store.archives("war"), store.archives("peace")) == (0, 0)
        assert len(store.places("peace")) == 2

    def test_an_archive_that_somebody_else_has_cut_meanwhile_is_not_cut_again(self, store: Store) -> None:
        keys = fill(store, 3)
        stale = [one for one in store.dirty() if one.name == "war"]
        first, path = [Cut(feed="war", number=1, holds=((keys[0], 1),))], "war/archives/1/feed.xml"
        document = rendered(path)
        store.publish(stale, [document], [], [], START, cuts=first, names={path: "war"}, unfinished=["war"])
        late = [Cut(feed="war", number=1, holds=((keys[1], 1), (keys[0], 1)))]
        others = [rendered(path, b"other")]

        assert store.publish(stale, others, [], [], START, cuts=late, names={path: "war"}, unfinished=["war"]) == ()
        assert store.held("war", 1) == [(keys[0], 1)]
        assert store.document(path) == document
        assert [place.key for place in store.places("war")] == [keys[2], keys[1]]
        assert set(stale) <= set(store.dirty())

    def test_a_state_that_was_changed_since_is_archived_but_the_article_stays(self, store: Store) -> None:
        keys = fill(store, 3)
        correct(store, article(1))
        cut(store, 1, (keys[1], 1), (keys[0], 1))

        assert store.held("war", 1) == [(keys[1], 1), (keys[0], 1)]
        assert [place.key for place in store.places("war")] == [keys[2], keys[0]]
        assert store.archived_in(keys[0]) == [("war", 1)]

    def test_an_archive_can_tell_that_an_article_has_left(self, store: Store) -> None:
        keys = fill(store, 2)
        withdraw(store, article(1))
        compose(store, member(keys[0], shown=False))
        assert [stone.id for stone in store.gone_from("war", 9)] == ["urn:example:1"]
        cut(store, 1, (keys[0], -2))

        assert store.held("war", 1) == [(keys[0], -2)]
        assert [one.archive for one in store.members_of(keys[0])] == [1]
        assert store.gone_from("war", 9) == []

    def test_an_article_can_be_in_several_archives_in_several_states(self, store: Store) -> None:
        [key] = fill(store, 1)
        cut(store, 1, (key, 1))
        correct(store, article(1))
        compose(store, member(key, entered="f"))
        cut(store, 2, (key, 2))

        assert store.archived_in(key) == [("war", 1), ("war", 2)]
        assert (store.held("war", 1), store.held("war", 2)) == ([(key, 1)], [(key, 2)])
        assert store.archives("war") == 2
        assert [one.archive for one in store.members_of(key)] == [2]

    def test_one_feed_is_cut_while_another_lost_its_turn(self, store: Store) -> None:
        [key] = fill(store, 1)
        store.save_feed(replace(WAR, name="art"))
        compose(store, member(key, "art"))
        stale = store.dirty()
        store.soil(["art"])
        cuts = [Cut(feed=feed, number=1, holds=((key, 1),)) for feed in ("art", "war")]
        store.publish(stale, [], [], [], START, cuts=cuts)

        assert (store.archives("art"), store.archives("war")) == (0, 1)
        assert [(one.feed, one.archive) for one in store.members_of(key)] == [("art", 0), ("war", 1)]

    def test_nobody_composes_while_something_is_cut(self, store: Store, reopen: Callable[[], Store]) -> None:
        [key] = fill(store, 1)
        other = reopen()
        with store.composing(), pytest.raises(StoreBusy):
            other.publish(other.dirty(), [], [], [], START, cuts=[Cut(feed="war", number=1, holds=((key, 1),))])

        assert store.archives("war") == 0


class TestDocuments:
    def test_a_document_can_go_with_a_feed_whose_folder_it_is_not_in(self, store: Store) -> None:
        store.soil(["@opml", "war"])
        stale = store.dirty()
        store.soil(["@opml"])
        where = {"opml.xml": "@opml", "old.xml": "@opml", "feed.xml": "war"}
        publish(store, rendered("old.xml"))
        store.soil(["@opml", "war"])
        moved = store.publish(stale, [rendered("opml.xml"), rendered("feed.xml")], ["old.xml"], [], START, names=where)

        assert moved == ()
        assert store.publish(store.dirty(), [rendered("opml.xml")], ["old.xml"], [], START, names=where) == (
            "opml.xml",
            "old.xml",
        )

    def test_the_documents_of_a_feed_are_those_of_its_archives_too(self, store: Store) -> None:
        there = ["feed.xml", "archives/1/feed.xml", "war/feed.xml", "war/feed.json", "war/archives/12/feed.rdf"]
        elsewhere = ["opml.xml", "war-2/feed.xml", "private/war/feed.xml", "war/archives-of/feed.xml", "sitemaps/1.xml"]
        publish(store, *map(rendered, [*there, *elsewhere, "war/rss.xml"]))
        publish(store, gone=["war/rss.xml"])

        assert store.document_paths("war") == ["war/archives/12/feed.rdf", "war/feed.json", "war/feed.xml"]
        assert store.document_paths("") == ["archives/1/feed.xml", "feed.xml"]
        assert store.document_paths("private") == []
        assert store.document_paths("private/war") == ["private/war/feed.xml"]


class TestPieces:
    def test_pieces_of_several_recipes_lie_side_by_side(self, store: Store) -> None:
        fill(store, 1)
        [place] = store.places("war")
        pieces = [(place.key, 1, Format.ATOM, recipe, recipe.encode()) for recipe in ("whole", "summary")]
        store.publish([], [], [], pieces, START)
        store.publish([], [], [], [(place.key, 1, Format.ATOM, "whole", b"again")], START)

        assert store.pieces([place], Format.ATOM, "whole") == {place.key: b"again"}
        assert store.pieces([place], Format.ATOM, "summary") == {place.key: b"summary"}
        assert store.pieces([place], Format.ATOM, "other") == {}

    def test_a_new_state_makes_all_of_them_useless(self, store: Store) -> None:
        fill(store, 1)
        [place] = store.places("war")
        pieces = [(place.key, 1, Format.ATOM, recipe, b"old") for recipe in ("whole", "summary")]
        store.publish([], [], [], pieces, START)
        correct(store, article(1))
        store.publish([], [], [], pieces, START)

        for recipe in ("whole", "summary"):
            assert store.pieces([place], Format.ATOM, recipe) == {}

    def test_those_of_other_recipes_can_be_forgotten(self, store: Store) -> None:
        fill(store, 1)
        [place] = store.places("war")
        store.publish([], [], [], [(place.key, 1, Format.RSS, recipe, b"x") for recipe in "abc"], START)
        store.forget_pieces({"b", "d"})

        assert [bool(store.pieces([place], Format.RSS, recipe)) for recipe in "abc"] == [False, True, False]


def test_what_is_counted_of_an_article_is_what_it_has_now(store: Store) -> None:
    """Terms count what readers see, and what was retracted is seen."""

    def shown(*states: Article) -> dict[str, int]:
        save(store, *(saved(state, "tags/war", kind=RevisionKind.RETRACTION) for state in states))
        return {term.slug: count for term, count in store.terms()}

    save(store, saved(article(1), "tags/war"), saved(article(2), "tags/war"))
    one = next_state(article(1), status=Status.RETRACTED)
    assert shown(one) == {"war": 2}
    two = next_state(article(2), status=Status.KILLED)
    assert shown(two) == {"war": 1}
    assert [state.id for state in store.select(Query(), 9)] == ["urn:example:1"]
    assert [stone.id for stone in store.tombstones(Query(), 9)] == ["urn:example:2"]
    assert shown(next_state(two, status=Status.PUBLISHED)) == {"war": 2}
    assert dict(store.count()) | {"retracted": 1, "published": 1, "killed": 0} == dict(store.count())
