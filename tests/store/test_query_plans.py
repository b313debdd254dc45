"""The questions asked most are answered from an index, in order, without sorting or scanning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, update

from syndicator.model import Feed, Format, Member, Query, utc
from syndicator.ports import Composing, State, Store
from syndicator.store import SqlStore, open_store
from syndicator.store.tables import articles
from tests.store.making import LEASE, START, Clock, article, host, polled, rendered, save, saved, subscribe, upstream

WAR = Query(tags=frozenset({"war"}))


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> SqlStore:
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('plans')}/syndicator.db", Clock())
    assert isinstance(opened, SqlStore)
    save(opened, *(saved(article(number), "tags/war") for number in range(1, 5)))
    opened.publish([], [rendered("feed.xml", etag="etag")], [], [], START, states=[State(feed="", holds=())])
    return opened


def plans(store: SqlStore, ask: Callable[[Store], Any]) -> list[str]:
    """How SQLite goes about everything that is asked."""
    asked: list[tuple[str, Any]] = []

    def listen(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(store.database.engine, "before_cursor_execute", listen)
    ask(store)
    event.remove(store.database.engine, "before_cursor_execute", listen)
    with store.database.read() as connection:
        return [
            row.detail
            for statement, parameters in asked
            if statement.startswith(("SELECT", "UPDATE"))
            for row in connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", parameters[0] if isinstance(parameters, list) else parameters
            )
        ]


BY_KEY = "SEARCH articles USING INTEGER PRIMARY KEY (rowid=?)"
TWIN = "SEARCH other USING INDEX sqlite_autoindex_articles_1 (id_key=?) LEFT-JOIN"
SAME_WORK = "SEARCH other USING INDEX articles_by_work (work=? AND rowid<?)"
STATE = "SEARCH revisions USING INDEX sqlite_autoindex_revisions_1 (article_pk=? AND number=?)"
VERSION = "SEARCH published USING INTEGER PRIMARY KEY (rowid=?)"
PAST_STATE = "SEARCH states USING PRIMARY KEY (feed=? AND number=?)"


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (
            lambda store: store.select(Query(), 50),
            ["SEARCH articles USING COVERING INDEX articles_by_place (standing=?)", BY_KEY, TWIN, BY_KEY, STATE],
        ),
        (
            lambda store: store.select(Query(), 50, before="f"),
            [
                "SEARCH articles USING COVERING INDEX articles_by_place (standing=? AND sort_key<?)",
                *(BY_KEY, TWIN, BY_KEY, STATE),
            ],
        ),
        (
            lambda store: store.select(WAR, 50),
            [
                "SEARCH article_terms USING PRIMARY KEY (kind=? AND slug=? AND standing=?)",
                *(BY_KEY, TWIN, BY_KEY, STATE),
            ],
        ),
        (
            lambda store: store.shown(WAR, 50),
            [
                "SEARCH article_terms USING PRIMARY KEY (kind=? AND slug=? AND standing=?)",
                *(BY_KEY, TWIN, BY_KEY),
            ],
        ),
        (
            lambda store: store.tombstones(Query(), 50, since="0"),
            ["SEARCH articles USING COVERING INDEX articles_by_place (standing=? AND sort_key>?)"],
        ),
        (
            lambda store: store.tombstones(WAR, 50, since="0"),
            ["SEARCH article_terms USING PRIMARY KEY (kind=? AND slug=? AND standing=? AND sort_key>?)"],
        ),
        (
            lambda store: store.select(Query(sources=frozenset({"seeds"})), 50),
            ["SEARCH articles USING COVERING INDEX articles_by_source (source=? AND standing=?)", BY_KEY, STATE],
        ),
        (
            lambda store: store.shown(Query(languages=frozenset({"en"})), 50),
            ["SEARCH articles USING COVERING INDEX articles_by_language (language=? AND standing=?)"],
        ),
        (
            lambda store: store.due(utc(2025, 1, 1)),
            ["SEARCH articles USING COVERING INDEX articles_by_due (due<?)"],
        ),
        (lambda store: store.next_due(), ["SEARCH articles USING COVERING INDEX articles_by_due (due>?)"]),
        (lambda store: store.uncompressed(), ["SEARCH documents USING COVERING INDEX documents_uncoded (coded=?)"]),
        (lambda store: list(store.documents()), ["SCAN documents USING COVERING INDEX documents_listed"]),
        (
            lambda store: store.document_head("feed.xml"),
            ["SEARCH documents USING INDEX sqlite_autoindex_documents_1 (path=?)"],
        ),
        (
            lambda store: store.published_since(0),
            [VERSION, "SEARCH documents USING COVERING INDEX documents_by_version (version>?)"],
        ),
        (lambda store: store.published_since(1), [VERSION]),
        (lambda store: store.past("feed.xml"), ["SEARCH past USING PRIMARY KEY (path=?)"]),
        (
            lambda store: store.state_at("feed.xml", START),
            ["SEARCH past USING PRIMARY KEY (path=? AND changed<?)", PAST_STATE],
        ),
        (
            lambda store: store.states_of("feed.xml", ["etag"]),
            [
                "SEARCH past USING PRIMARY KEY (path=? AND changed=?)",
                "SCALAR SUBQUERY 1",
                "SEARCH past_1 USING COVERING INDEX past_by_etag (path=? AND etag=?)",
                PAST_STATE,
            ],
        ),
    ],
    ids=[
        "default-feed",
        "default-feed-older",
        "tag",
        "tag-places",
        "tombstones",
        "tombstones-of-a-tag",
        "source",
        "language",
        "due",
        "next-due",
        "uncompressed",
        "documents",
        "document-head",
        "published-since",
        "nothing-published-since",
        "past",
        "state-at",
        "states-of",
    ],
)
def test_it_is_answered_from_an_index(store: SqlStore, ask: Callable[[Store], Any], expected: list[str]) -> None:
    assert plans(store, ask) == expected


def test_several_tags_are_each_walked_along_the_index(store: SqlStore) -> None:
    walked = plans(store, lambda store: store.shown(Query(tags=frozenset({"war", "peace"})), 50))
    walk = "SEARCH article_terms USING PRIMARY KEY (kind=? AND slug=? AND standing=?)"

    assert walked.count(walk) == 2
    assert not [step for step in walked if "SCAN article" in step]


def test_a_filter_that_demands_a_tag_is_walked_along_the_tag(store: SqlStore) -> None:
    walked = plans(store, lambda store: store.shown(Query(expression="tag:war|peace and words<900"), 50))
    walk = "SEARCH article_terms USING PRIMARY KEY (kind=? AND slug=? AND standing=?)"

    assert walked.count(walk) == 2
    assert not [step for step in walked if "SCAN article" in step]


def test_many_tags_and_a_long_filter_are_one_walk(store: SqlStore) -> None:
    values = [f"value-{number}" for number in range(200)]
    query = Query(tags=frozenset(values), expression=" or ".join(f"author:{value}" for value in values))

    walked = plans(store, lambda store: store.shown(query, 50))
    assert walked[0] == "SEARCH articles USING COVERING INDEX articles_by_place (standing=?)"


def test_articles_of_one_work_are_found_by_its_index(store: SqlStore) -> None:
    with store.database.write() as connection:
        connection.execute(update(articles).values(work=1))

    walked = plans(store, lambda store: store.shown(WAR, 50))
    assert walked[1:5] == [BY_KEY, TWIN, BY_KEY, SAME_WORK]
    assert not [step for step in walked if "SCAN article" in step]


def test_what_the_hot_path_asks_of_one_file_scans_nothing(store: SqlStore) -> None:
    def ask(store: Store) -> None:
        with store.ingest("seeds") as ingest:
            ingest.files(["a.md"])
            ingest.files_of(["urn:example:1"])
            ingest.claimants([("id", "urn:example:1"), ("hash", "x")])
            ingest.taken(["urn:example:1"], ["article-1"])
            ingest.articles(["urn:example:1"])
            ingest.save([saved(article(9), "tags/war")], [])
        store.pieces(store.shown(WAR, 50), Format.ATOM, "r")
        store.document("feed.xml")
        store.term("tags", "war")
        store.article("article-1")

    assert [step for step in plans(store, ask) if "SCAN" in step and step != "SCAN CONSTANT ROW"] == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.claim_due(START, 32, LEASE),
        lambda store: store.claim("source-1", START, LEASE),
        lambda store: store.finish([polled(claim, START, entries=b"x") for claim in store.claim_due(START, 9, LEASE)]),
        lambda store: store.release(store.claim_due(START, 9, LEASE)),
        lambda store: store.save_sources([(upstream(1, url="https://host-2.example/"), None)]),
        lambda store: (store.ready_at(), store.overdue(START), store.count()["paused"]),
        lambda store: (store.source("source-1"), store.source_at("https://host-1.example/feed")),
        lambda store: (store.poll_state("source-1"), store.poll_states(["source-1"]), store.host_state(host(1))),
    ],
    ids=["claim-due", "claim", "finish", "release", "save", "counts", "source", "state"],
)
def test_the_schedule_never_looks_at_every_source(store: SqlStore, ask: Callable[[Store], Any]) -> None:
    subscribe(store, *range(1, 9))
    subscribe(store, 9, attempts=3)
    whole = ("SCAN hosts", "SCAN polls", "SCAN upstreams", "SCAN addresses", "SCAN poll_", "SCAN sources")

    steps = plans(store, ask)
    assert steps
    assert [step for step in steps if step.startswith(whole)] == []


def test_who_looks_for_what_is_due_walks_along_the_hosts_that_are_ready(store: SqlStore) -> None:
    subscribe(store, 1)
    first = "SEARCH polls USING COVERING INDEX polls_by_host (host=? AND due>?)"

    steps = plans(store, lambda store: store.claim_due(START, 32, LEASE))
    assert steps[1] == "SEARCH hosts USING INDEX hosts_by_ready (ready_at<?)"
    assert steps.count(first) == 3
    assert not [step for step in steps if "TEMP B-TREE" in step]


AS_FEW = "USE TEMP B-TREE FOR ORDER BY"
"""Of what is given only."""
MEMBERS_OF = [
    "SEARCH members USING INDEX members_by_article (article_pk=?)",
    "SEARCH feeds USING INTEGER PRIMARY KEY (rowid=?)",
    AS_FEW,
]
NUMBERS = "SCAN feeds USING COVERING INDEX sqlite_autoindex_feeds_1"
CURRENT = "SEARCH members USING COVERING INDEX members_by_place (feed=? AND archive=? AND shown=?)"


def in_composing(ask: Callable[[Composing], Any]) -> Callable[[Store], Any]:
    def asking(store: Store) -> None:
        with store.composing() as composing:
            ask(composing)

    return asking


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda store: store.places("war", 50), [CURRENT, BY_KEY]),
        (
            lambda store: store.gone_from("war", 50, since="0"),
            ["SEARCH members USING COVERING INDEX members_by_place (feed=? AND archive=? AND shown=? AND place>?)"],
        ),
        (
            lambda store: store.oldest("war", 100),
            ["SEARCH members USING INDEX members_by_entry (feed=? AND archive=?)"],
        ),
        (
            lambda store: store.since(Feed(name="war", title=""), "0", 50),
            ["SEARCH members USING INDEX members_in_order (feed=? AND place>?)"],
        ),
        (lambda store: store.members_of(1), MEMBERS_OF),
        (lambda store: store.held("war", 1), ["SEARCH archived USING PRIMARY KEY (feed=? AND number=?)"]),
        (
            lambda store: store.archived_in(1),
            ["SEARCH archived USING COVERING INDEX archived_by_article (article_pk=?)", "USE TEMP B-TREE FOR DISTINCT"],
        ),
        (
            lambda store: store.number_of(article(1)),
            ["SEARCH articles USING COVERING INDEX sqlite_autoindex_articles_1 (id_key=? AND source=?)"],
        ),
        (
            lambda store: store.states_at([(1, 1), (2, 1)]),
            ["SEARCH revisions USING INDEX sqlite_autoindex_revisions_1 (article_pk=? AND number=?)"],
        ),
        (
            lambda store: store.document_paths("war"),
            ["SEARCH documents USING COVERING INDEX documents_listed (path>? AND path<?)", AS_FEW],
        ),
        (in_composing(lambda composing: composing.changed(50)), ["SCAN changes", BY_KEY, STATE]),
        (in_composing(lambda composing: composing.members([1, 2])), MEMBERS_OF),
        (
            in_composing(lambda composing: composing.due(START)),
            ["SEARCH waits USING COVERING INDEX waits_by_due (due<?)"],
        ),
        (
            in_composing(lambda composing: composing.counted("war", "seeds", "0", "f")),
            ["SEARCH members USING COVERING INDEX members_in_order (feed=? AND place>? AND place<?)", BY_KEY, NUMBERS],
        ),
        (
            in_composing(lambda composing: composing.after(1, 50)),
            ["SEARCH articles USING INTEGER PRIMARY KEY (rowid>?)"],
        ),
        (
            in_composing(lambda composing: composing.after(1, 50, ["seeds"])),
            ["SEARCH articles USING INTEGER PRIMARY KEY (rowid>?)"],
        ),
    ],
    ids=[
        "places",
        "gone",
        "oldest",
        "since",
        "members-of",
        "held",
        "archived-in",
        "number",
        "states-at",
        "document-paths",
        "changed",
        "members",
        "due",
        "counted",
        "after",
        "after-of-sources",
    ],
)
def test_what_composing_asks_is_answered_from_an_index(
    store: SqlStore, ask: Callable[[Store], Any], expected: list[str]
) -> None:
    store.save_feed(Feed(name="war", title="War"))
    with store.composing() as composing:
        composing.save([Member(feed="war", key=key, place="1", entered="1", shown=key > 2) for key in range(1, 5)])

    steps = plans(store, ask)
    assert [wanted for wanted in expected if wanted not in steps] == []
    assert [step for step in steps if step.startswith(("SCAN", "USE TEMP")) and step not in expected] == []
