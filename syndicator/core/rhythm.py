"""How often a feed changes, and how pollers are told. Made of what a document shows, never of the clock."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

STEPS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 180, 360, 720, 1440))
"""What a rhythm is rounded down to, so that it seldom changes."""

_NEWEST = 50
_FEWEST = 3
_PATIENCE = 10
"""Of so many questions one should find something new."""
_MICROSECOND = timedelta(microseconds=1)
_NEAR = 0.02
_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800}


def max_age(moments: Sequence[datetime], least: timedelta, most: timedelta) -> int:
    """For how many seconds a document may be reused whose articles arrived at these moments, in any order.

    A tenth of the usual time between arrivals, as the newest fifty tell it, rounded down to one of STEPS. Articles that
    arrive within that tenth of each other are one arrival: who asks at that interval sees them together. The longest
    pause is left out: what happened once is no rhythm. Never below `least`, which is also the answer where there are
    fewer than three arrivals, nor above `most` where that is more.
    """
    newest = sorted(set(moments))[-_NEWEST:]
    usual = _tenth([(later - earlier) // _MICROSECOND for earlier, later in pairwise(newest)])
    step = max((step for step in STEPS if step // _MICROSECOND <= usual), default=least)
    return int(max(least, min(step, most)).total_seconds())


def update_rhythm(seconds: int) -> tuple[str, int]:
    """The same as period (`hourly`, `daily`, `weekly`) and updates in it (1 or more), as nearly as these can say it.

    The shortest period that comes within two percent is near enough.
    """
    wanted = max(seconds, 1)
    said = [(period, max(1, round(length / wanted))) for period, length in _PERIODS.items()]
    errors = {one: abs(_PERIODS[one[0]] / one[1] / wanted - 1) for one in said}
    return next((one for one in said if errors[one] <= _NEAR), min(said, key=lambda one: errors[one]))


def ttl(seconds: int) -> int:
    """The same in whole minutes, 1 or more (RSS 2.0 `ttl`)."""
    return max(1, seconds // 60)


def _tenth(gaps: Sequence[int]) -> int:
    """A tenth of the usual time between arrivals, given the gaps between articles in their order; 0 for too few."""
    if len(gaps) < _FEWEST - 1:
        return 0
    longest = gaps.index(max(gaps))
    places = [0]
    for gap in (*gaps[:longest], *gaps[longest + 1 :]):
        places.append(places[-1] + gap)
    # The fewer arrivals, the longer the tenth; as many as there are articles will do at last.
    for between in range(1, len(places)):
        tenth = places[-1] // (_PATIENCE * between)
        if _arrivals(places, tenth, between + 1) <= between + 1:
            return tenth
    return 0


def _arrivals(places: Sequence[int], width: int, enough: int) -> int:
    """Into how few spans of that width these places go; one more than `enough` stands for all that is above."""
    count, at = 0, 0
    while at < len(places) and count <= enough:
        at = bisect_right(places, places[at] + width)
        count += 1
    return count
