"""When a redirect changes the address of a source."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syndicator.core.polling import redirects
from syndicator.model import Hop, Redirection, Response, Source
from tests.core.polling.making import DAY, HOUR, NOW, URL, source

A, B, C = URL, "https://b.test/feed", "https://c.test/feed"


def by(*hops: tuple[str, int, str], end: str | None = None) -> Response:
    """A response behind these hops."""
    found = tuple(Hop(url=url, status=status, target=target) for url, status, target in hops)
    return Response(url=end or (hops[-1][2] if hops else A), status=200, hops=found)


@pytest.mark.parametrize(
    ("response", "target"),
    [
        (by(), None),
        (by((A, 301, B)), B),
        (by((A, 308, B)), B),
        (by((A, 301, B), (B, 308, C)), C),
        (by((A, 302, B)), None),
        (by((A, 307, B)), None),
        (by((A, 303, B)), None),
        (by((A, 302, B), (B, 301, C)), None),
        (by((A, 301, B), (B, 302, C)), None),
        (by((A, 301, "http://b.test/feed")), None),
        (by((A, 301, "http://b.test/feed"), ("http://b.test/feed", 301, C)), None),
        (by((A, 301, A)), None),
        (by((A, 301, f"{B}#top")), B),
    ],
    ids=[
        "none",
        "301",
        "308",
        "a chain",
        "302",
        "307",
        "303",
        "302 then 301",
        "301 then 302",
        "from https to http",
        "through http",
        "to itself",
        "without its fragment",
    ],
)
def test_only_a_chain_that_is_permanent_from_its_first_hop_on_says_where_a_source_went(
    response: Response, target: str | None
) -> None:
    assert redirects.permanent_target(source(), response) == target


def test_from_http_to_https_is_a_way_to_go() -> None:
    plain = source(url="http://feed.test/feed.xml")
    assert redirects.permanent_target(plain, by((plain.url, 301, A))) == A
    assert redirects.permanent_target(plain, by((plain.url, 301, "http://b.test/"))) == "http://b.test/"


@pytest.mark.parametrize(
    "secret",
    [{"username": "me"}, {"password": "x"}, {"headers": (("X-Key", "1"),)}],
    ids=["name", "password", "header"],
)
def test_credentials_never_follow_to_another_origin(secret: dict[str, object]) -> None:
    ours = source(**secret)
    assert redirects.permanent_target(ours, by((A, 301, B))) is None
    assert redirects.permanent_target(ours, by((A, 301, f"{A}?new"))) == f"{A}?new"


def successes(
    answers: list[Response], apart: timedelta, ours: Source | None = None
) -> tuple[Redirection | None, list[int]]:
    """What is known after these successes in turn, and at which of them the source would have moved."""
    seen, moves = None, []
    for number, response in enumerate(answers):
        seen, target = redirects.watched(seen, ours or source(), response, NOW + number * apart)
        if target:
            moves.append(number)
    return seen, moves


MOVED = by((A, 301, B))


@pytest.mark.parametrize(
    ("answers", "apart", "moves"),
    [
        ([MOVED] * 9, DAY, []),
        ([MOVED] * 10, DAY, [9]),
        ([MOVED] * 200, HOUR, [168]),
        ([MOVED] * 160, HOUR, []),
        ([*[MOVED] * 9, by(), *[MOVED] * 9], DAY, []),
        ([*[MOVED] * 9, by((A, 301, C)), *[MOVED] * 9], DAY, []),
        ([*[MOVED] * 9, by((A, 302, B)), *[MOVED] * 9], DAY, []),
        ([MOVED, by((A, 301, C))] * 50, DAY, []),
        ([by((A, 302, B), (B, 301, C))] * 100, DAY, []),
        ([by((A, 301, "http://b.test/"))] * 100, DAY, []),
    ],
    ids=[
        "nine times",
        "ten times in nine days",
        "hourly: after a week",
        "hourly: not before",
        "a success without it begins anew",
        "another target too",
        "and a temporary one",
        "flapping",
        "302 then 301",
        "from https to http",
    ],
)
def test_a_source_moves_after_ten_successes_over_a_week(
    answers: list[Response], apart: timedelta, moves: list[int]
) -> None:
    assert successes(answers, apart)[1] == moves


def test_a_declared_source_is_changed_by_a_person_alone() -> None:
    seen, moves = successes([MOVED] * 20, DAY, source(declared=True))
    assert moves == []
    assert seen == Redirection(target=B, since=NOW, count=20)


def test_the_old_address_stays_as_an_alias() -> None:
    first = redirects.moved(source(), B)
    assert (first.url, first.aliases) == (B, (A,))
    assert redirects.moved(first, C).aliases == (A, B)
    back = redirects.moved(replace(first, url=C, aliases=(A, B)), A)
    assert (back.url, back.aliases) == (A, (B, C))
