"""Partial parsing equals the whole parse; `python -m tests.core.upstream.equality` runs as many cases as are wanted."""

from __future__ import annotations

import pytest

from tests.core.upstream import equality


def test_entries_read_alone_equal_those_of_the_whole_parse() -> None:
    outcome = equality.run(200, seed=3)
    assert (outcome.cases, outcome.differences) == (200, [])
    assert outcome.cut > 150


def test_real_feeds_are_cut_but_for_some_whose_oddity_is_known() -> None:
    odd = {}
    feeds = equality.real()
    for path in feeds:
        found = equality.read(path.read_bytes())
        if found.whole:
            odd[path.name] = found.odd
    assert len(odd) < 0.1 * len(feeds)
    assert None not in odd.values()


def test_a_difference_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    read = equality.read

    def forgetful(body: bytes, known: bytes = b"") -> equality.Dicts:
        found = read(body, known)
        for _, values in found.entries[1:]:
            values.pop("title", None)  # type: ignore[attr-defined]
        return found

    monkeypatch.setattr(equality, "read", forgetful)
    assert equality.run(20, seed=3).differences
