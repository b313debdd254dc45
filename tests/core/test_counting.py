"""Estimates of different readers, and what aggregators announce."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.counting import (
    REGISTERS,
    Announcement,
    announcement,
    by_aggregator,
    empty,
    estimate,
    hashing,
    merged,
    note,
    packed,
)


def sketch(readers: range, seed: int = 0) -> bytes:
    """The stored sketch of these readers."""
    registers = empty()
    for reader in readers:
        note(registers, random.Random(seed << 32 | reader).getrandbits(64))
    return packed(registers)


def said(aggregator: str, subscribers: int, feed: str = "") -> Announcement:
    return Announcement(aggregator=aggregator, subscribers=subscribers, feed=feed)


@pytest.mark.parametrize(
    ("agent", "announced"),
    [
        (
            "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like FeedFetcher-Google)",
            said("feedly", 16),
        ),
        ("Feedly/1.0 (+http://www.feedly.com/fetcher.html; 1 subscriber; )", said("feedly", 1)),
        ("Feedbin feed-id:1306543 - 3 subscribers", said("feedbin", 3, "1306543")),
        ("Feedbin feed-id:9428 - 1 subscriber", said("feedbin", 1, "9428")),
        ("Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 195 subscribers; )", said("inoreader", 195)),
        ("Mozilla/5.0 (compatible; inoreader.com; 7 subscribers)", said("inoreader.com", 7)),
        (
            "NewsBlur Feed Fetcher - 200 subscribers - https://www.newsblur.com/site/1/x "
            "(Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605)",
            said("newsblur", 200),
        ),
        (
            "Mozilla/5.0 (compatible; theoldreader.com; 12 subscribers; feed-id=54F0aa)",
            said("theoldreader.com", 12, "54f0aa"),
        ),
        (
            "Feedfetcher-Google; (+http://www.google.com/feedfetcher.html; 4 subscribers; feed-id=9048986372668769311)",
            said("feedfetcher-google", 4, "9048986372668769311"),
        ),
        (
            "Overcast/1.0 Podcast Sync (1190 subscribers; feed-id=554901; +http://overcast.fm/)",
            said("overcast", 1190, "554901"),
        ),
        ("BazQux/2.4 (+https://bazqux.com/fetcher; 1 subscribers)", said("bazqux", 1)),
        ("FeedHQ/1.1.1 (https://feedhq.org; 2 subscribers; like FeedFetcher-Google)", said("feedhq", 2)),
        (
            "Netvibes (crawler/bot; http://www.netvibes.com/; 12 subscribers; feedID: 1234)",
            said("netvibes", 12, "1234"),
        ),
        ("Digg Feed Fetcher 1.0 (https://www.digg.com; 20 subscribers)", said("digg", 20)),
        (
            "LiveJournal.com (webmaster@livejournal.com; for https://a.example/; 12 readers)",
            said("livejournal.com", 12),
        ),
        ("NewsGatorOnline/2.0 (http://www.newsgator.com; 20 Subscribers)", said("newsgatoronline", 20)),
        ("Rojo 1.0 (http://www.rojo.com/; Aggregating on behalf of 5 subscriber(s))", said("rojo", 5)),
        ("syndicator/1.0 (+https://news.example; 0 subscribers)", said("syndicator", 0)),
        ("A-1/2 (1000000000 subscribers)", said("a-1", 1_000_000_000)),
        ("Twice/1 (5 subscribers) (5 subscribers)", said("twice", 5)),
        ("Twice/1 (5 subscribers; 6 readers)", None),
        ("Big/1 (1000000001 subscribers)", None),
        ("Big/1 (99999999999999999999 subscribers)", None),
        ("Odd/1 (-5 subscribers)", None),
        ("Odd/1 (1.5 subscribers)", None),
        ("Odd/1 (1,500 subscribers)", None),
        ("Odd/1 (x5 subscribers)", None),
        ("Odd/1 (٥ subscribers)", None),
        ("Odd/1 (5subscribers)", None),
        ("Odd/1 (5 subscribersx)", None),
        ("Odd/1 (subscribers 5)", None),
        ("5 subscribers", None),
        ("(5 subscribers)", None),
        ("<script>/1 (5 subscribers)", None),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 5 subscribers", None),
        ("NetNewsWire (RSS Reader; https://netnewswire.com/)", None),
        ("FreshRSS/1.24.3 (Linux; https://freshrss.org)", None),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", None),
        ("ann@example.org/1 (5 subscribers)", None),
        ("a" * 60 + "/1 (5 subscribers)", None),
        ("Late/1 " + "x " * 300 + "5 subscribers", None),
        ("", None),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_an_aggregators_announcement_is_read_strictly(agent: str, announced: Announcement | None) -> None:
    assert announcement(agent) == announced


@given(st.text(max_size=2000))
@settings(max_examples=100, deadline=None)
def test_whatever_comes_as_a_user_agent_an_announcement_is_sound(agent: str) -> None:
    found = announcement(f"Reader/1 (5 subscribers; feed-id=7 {agent}")
    if found is not None:
        assert (found.aggregator, found.subscribers) == ("reader", 5)
    announcement(agent)


def test_feeds_of_one_aggregator_add_up_and_what_it_says_without_a_number_does_not() -> None:
    announced = {"feedbin 1306543": 3, "feedbin 2000935": 13, "feedbin 9428": 7, "feedbin": 16, "feedly": 5, "old 1": 0}
    assert by_aggregator(announced) == {"feedbin": 23, "feedly": 5, "old": 0}


def test_a_readers_hash_means_nothing_without_the_key() -> None:
    one, other = hashing(b"k" * 16), hashing(b"l" * 16)
    assert one("192.0.2.1", "a") == one("192.0.2.1", "a")
    assert len({one("192.0.2.1", "a"), one("192.0.2.2", "a"), one("192.0.2.1", "b"), other("192.0.2.1", "a")}) == 4
    assert one("192.0.2.1", "\ud800é") < 1 << 64


@given(st.integers(0, 20_000), st.integers(0, 1 << 20))
@settings(max_examples=60, deadline=None)
def test_an_estimate_is_near_the_number(count: int, seed: int) -> None:
    # Five standard errors of 3.3 %; of few, two can share a register.
    assert abs(estimate(sketch(range(count), seed)) - count) <= 2 + 5 * 0.033 * count


@pytest.mark.parametrize("count", [10, 300, 2500, 10_000])
def test_estimates_are_as_good_as_theory_says_and_lean_to_neither_side(count: int) -> None:
    errors = [estimate(sketch(range(count), seed)) / count - 1 for seed in range(1, 31)]
    assert abs(sum(errors) / len(errors)) < 0.025
    assert (sum(error * error for error in errors) / len(errors)) ** 0.5 < 0.045


@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_sketches_unite_in_any_order_and_number_of_times(a: int, b: int, c: int) -> None:
    one, other = sketch(range(a)), sketch(range(b, b + c))
    both = merged(one, other)
    registers = empty()
    for reader in {*range(a), *range(b, b + c)}:
        note(registers, random.Random(reader).getrandbits(64))
    assert both == packed(registers)
    assert merged(other, one) == merged(both, one) == merged(both, both) == both
    assert len(both) <= REGISTERS


@pytest.mark.parametrize("rubbish", [b"ab", b"x" * 1025, b"x" * 1026], ids=len)
def test_what_is_no_sketch_is_refused(rubbish: bytes) -> None:
    with pytest.raises(ValueError, match="bytes"):
        merged(rubbish, sketch(range(2)))


def test_a_sketch_of_nobody_says_so() -> None:
    assert (packed(empty()), estimate(b""), merged(b"", b"")) == (b"", 0, b"")
