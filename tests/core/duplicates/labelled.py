"""The labelled set: pairs of articles of which is known whether they are one, and what the finder makes of them.

`python -m tests.core.duplicates.labelled` prints it. Real pairs stand in `labelled.toml` as references into the shared
feeds, which are not part of this project; the others are made from the articles there by the rules of `forms`.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from syndicator.core import html, upstream
from syndicator.core.duplicates import doubles_of, plain, portray
from syndicator.core.duplicates.contents import LEAST_WORDS, shingles, words_of
from syndicator.errors import BadFeed
from syndicator.model import Article, Incoming
from tests.core.duplicates.forms import CONTENT, GUID, OTHERS, URL, beside, original

KINDS = ("url", "guid", "content")
_SET = Path(__file__).with_name("labelled.toml")
_SHORTEST, _LONGEST = LEAST_WORDS * 2, 1000
_ONCE = 0.95
BASES = 48
"""So many articles are given another form by every rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two articles, by what they are known to be one (None: they are two), and where the pair is from."""

    one: Article
    other: Article
    by: str | None
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the finder says of a pair: by what they are one, None where it takes them for two."""

    pair: Pair
    found: str | None


def feeds(folder: Path) -> dict[str, list[Article]]:
    """The articles of the real feeds by the name of the file, each with that as its source."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".csv" or path.name == "CONSENSUS.json":
            continue
        try:
            parsed = upstream.read(Incoming(body=path.read_bytes(), url=f"https://feeds.example/{path.name}"))
        except BadFeed:
            continue
        found[path.name] = [replace(entry.article, source=path.name) for entry in parsed.entries]
    return found


def reference(file: str, number: int, article: Article) -> str:
    """How an entry is named in the set: its file, its place, and a hash by which it is known to be still the same."""
    known = "\n".join((article.title, article.url or "", article.explicit_id or ""))
    return f"{file}#{number}#{hashlib.sha256(known.encode()).hexdigest()[:8]}"


def real_pairs(articles: dict[str, list[Article]]) -> list[Pair]:
    """The pairs that were labelled by hand."""
    by_name = {reference(file, n, one): one for file, listed in articles.items() for n, one in enumerate(listed)}
    labelled = tomllib.loads(_SET.read_text("utf-8"))["pair"]
    return [
        Pair(one=by_name[pair["one"]], other=by_name[pair["other"]], by=pair.get("by"), origin=pair["note"])
        for pair in labelled
    ]


def made_pairs(articles: dict[str, list[Article]], most: int = BASES) -> Iterator[Pair]:
    """The pairs that rules make of so many articles with a text, one of a feed."""
    long = (next(filter(_is_base, listed), None) for listed in articles.values())
    bases = [one for one in long if one is not None][:most]
    for number, base in enumerate(bases):
        stranger = bases[(number + len(bases) // 2) % len(bases)]
        first = original(base, number)
        for kind, rules in zip(KINDS, (URL, GUID, CONTENT), strict=True):
            for name, rule in rules.items():
                yield Pair(one=first, other=rule(first, stranger), by=kind, origin=f"{name} ({base.source})")
        for name, rule in OTHERS.items():
            other = rule(first, stranger)
            yield Pair(one=beside(name, base, number), other=other, by=None, origin=f"{name} ({base.source})")


def _is_base(article: Article) -> bool:
    """Whether it is neither short nor very long, and says nothing twice, so that no part is the whole."""
    words = words_of(html.words(article.body))
    return _SHORTEST <= len(words) <= _LONGEST and len(shingles(words)) >= _ONCE * len(words)


def judged(pair: Pair) -> Result:
    """What the finder says of two articles alone."""
    joins = joined({0: pair.one, 1: pair.other})
    return Result(pair=pair, found=joins.get((0, 1)))


def joined(articles: dict[int, Article]) -> dict[tuple[int, int], str]:
    """Everything that the finder joins among articles, and by what."""
    portraits = {key: portray(article) for key, article in articles.items()}
    bearers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for key, portrait in portraits.items():
        for sign in portrait.signs:
            bearers[sign].append(key)
    found = {}
    for key in portraits:
        for other, likeness in doubles_of(key, bearers, portraits, lambda one: plain(articles[one])):
            found[min(key, other), max(key, other)] = likeness.by
    return found


def joined_in(articles: dict[str, list[Article]]) -> set[frozenset[str]]:
    """Everything that is joined across the real feeds, as pairs of references."""
    named = [(reference(file, n, one), one) for file, listed in articles.items() for n, one in enumerate(listed)]
    found = joined({number: one for number, (_, one) in enumerate(named)})
    return {frozenset((named[a][0], named[b][0])) for a, b in found}


def labelled_as_one() -> set[frozenset[str]]:
    """The real pairs that are one."""
    return {
        frozenset((pair["one"], pair["other"]))
        for pair in tomllib.loads(_SET.read_text("utf-8"))["pair"]
        if "by" in pair
    }


def recall(results: list[Result]) -> dict[str, float]:
    """The share found of the pairs that are one, by what they are known to be one."""
    ones = Counter(result.pair.by for result in results if result.pair.by)
    found = Counter(result.pair.by for result in results if result.pair.by and result.found)
    return {kind: found[kind] / ones[kind] for kind in KINDS}


def precision(results: list[Result]) -> dict[str, float]:
    """The share that is right of the pairs that the finder joined, by what it joined them."""
    said = Counter(result.found for result in results if result.found)
    right = Counter(result.found for result in results if result.found and result.pair.by)
    return {kind: right[kind] / said[kind] if said[kind] else 1.0 for kind in KINDS}


def main(folder: Path) -> int:
    """Print the set and what came of it; 1 where anything was joined that is not one."""
    articles = feeds(folder)
    results = [judged(pair) for pair in (*real_pairs(articles), *made_pairs(articles))]
    ones = Counter(result.pair.by for result in results)
    right, found = precision(results), recall(results)
    print(f"{len(results)} pairs, {len(results) - ones[None]} the same and {ones[None]} not")
    print(f"{'kind':10}{'the same':>10}{'recall':>10}{'precision':>11}")
    for kind in KINDS:
        print(f"{kind:10}{ones[kind]:10}{found[kind]:10.3f}{right[kind]:11.3f}")
    for result in results:
        if result.found and not result.pair.by:
            print(f"false merge by {result.found}: {result.pair.origin}")
        elif result.pair.by and not result.found:
            print(f"missed ({result.pair.by}): {result.pair.origin}")
    unknown = joined_in(articles) - labelled_as_one()
    for pair in sorted(map(sorted, unknown)):
        print(f"joined and not labelled: {' and '.join(pair)}")
    entries = sum(map(len, articles.values()))
    print(
        f"across {len(articles)} real feeds with {entries} entries: {len(unknown)} joins that are not labelled as one"
    )
    return 1 if unknown or min(right.values()) < 1 else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).parents[4] / "shared" / "corpus" / "real"))
