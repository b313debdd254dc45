"""What queries mean, and what is said of why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syndicator.core.queries import explain, facts, matches, words
from syndicator.core.queries.patterns import compiled
from syndicator.errors import BadExpression
from syndicator.model import Article, Enclosure, Image, Person, Place, Query, Ruling, Status, Verdict, utc

DETAINED = Article(
    source="wire",
    id="urn:example:1",
    title="Belarus Detains 24 People – Rights Group",
    summary="Viasna, a rights group, gave names.",
    body="<p>Minsk’s leading <em>rights</em> group said on\n Tuesday…</p><p>Élysée &amp; Straße, Ёлка, 東京</p>",
    authors=(Person(name="Ana Lindqvist"), Person(name="AFP")),
    tags=("Belarus", "Middle East", "C++"),
    language="en-GB",
    url="https://wire.example/2026/01/Belarus-Detains",
    published=utc(2026, 1, 1, 12),
    first_seen=utc(2026, 1, 2, 8, 30),
)


def holds(text: str, article: Article = DETAINED) -> bool:
    return matches(Query(expression=text), facts(article))


@pytest.mark.parametrize(
    "text",
    [
        "tag:belarus",
        "tag:BELARUS",
        'tag:"middle east"',
        "tag:middle-east",
        "tag:c++",
        "tag:peace|belarus",
        "not tag:c",
        'author:"ana lindqvist"',
        "author:afp",
        "not author:ana",
        "source:wire",
        "not source:Wire",
        "language:en",
        "language:EN-gb",
        "language:*",
        "not language:e",
        "not language:en-US",
        "title:belarus",
        'title:"24 people"',
        "not title:minsk",
        "minsk",
        "viasna",
        '"rights group said on tuesday"',
        '"elysee & strasse"',
        "елка",
        "ÉLYSÉE",
        "東京",
        "not text:lindqvist",
        '"tuesday… élysée" or not "tuesday… élysée"',
        "url:wire.example",
        "url:belarus-detains",
        "title~/rights|detain/",
        "title~/^belarus/",
        "title~/GROUP$/",
        "not title~/(?-i:group)/",
        "text~/^viasna/",
        r"text~/\bminsk/",
        "author~/^ana /",
        r"tag~/c\+\+/",
        r"url~/\/2026\//",
        "words>10",
        "words=13",
        "words<=13",
        "not words<13",
        "published=2026-01-01",
        "published>2025-12-31",
        "not published>2026-01-01",
        "published>=2026-01-01",
        "published<=2026-01-01",
        "not published<2026-01-01",
        "published=2026-01-01T12:00:00Z",
        "published=2026-01-01T13:00:00+01:00",
        "not published>2026-01-01T12:00:00Z",
        "published>2026-01-01T11:59:59.999999Z",
        "published>2026-01-01t11:59z",
        "seen=2026-01-02",
        "not has:image",
        "not is:corrected",
    ],
)
def test_it_holds_of_the_article(text: str) -> None:
    assert holds(text)
    assert not holds(f"not ({text})")


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("has:image", {"image": Image(url="/media/a.png")}),
        ("has:image", {"enclosures": (Enclosure(url="x", type="image/png"),)}),
        ("has:audio", {"enclosures": (Enclosure(url="x", type="Audio/MPEG"),)}),
        ("has:video", {"enclosures": (Enclosure(url="x", medium="video"),)}),
        ("has:enclosure and not has:audio", {"enclosures": (Enclosure(url="x"),)}),
        ("has:place", {"place": Place(latitude=0, longitude=0)}),
        ("is:corrected", {"ruling": Ruling(verdict=Verdict.CORRECTED)}),
        ("is:retracted", {"ruling": Ruling(verdict=Verdict.RETRACTED)}),
        ("is:retracted", {"status": Status.RETRACTED}),
        ("not language:*", {"language": None}),
        ("not published>2000-01-01 and not published<2000-01-01", {"published": None}),
        ("not url:a", {"url": None}),
        ("not has:image", {"image": Image(caption="words alone")}),
        ("words=0", {"body": ""}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_it_holds_of_another_article(text: str, changes: dict[str, object]) -> None:
    assert holds(text, replace(DETAINED, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), True),
        (Query(sources=frozenset({"wire", "blog"})), True),
        (Query(sources=frozenset({"blog"})), False),
        (Query(tags=frozenset({"middle-east"})), True),
        (Query(tags=frozenset({"Belarus"})), False),
        (Query(authors=frozenset({"afp"})), True),
        (Query(languages=frozenset({"en-GB"})), True),
        (Query(languages=frozenset({"en"})), False),
        (Query(words_from=13, words_to=13), True),
        (Query(words_from=14), False),
        (Query(words_to=12), False),
        (Query(since=utc(2026, 1, 1, 12), before=utc(2026, 1, 1, 12, 0, 1)), True),
        (Query(since=utc(2026, 1, 1, 12, 0, 1)), False),
        (Query(before=utc(2026, 1, 1, 12)), False),
        (Query(tags=frozenset({"belarus"}), expression="words>200"), False),
    ],
    ids=str,
)
def test_what_a_query_means(query: Query, expected: bool) -> None:
    assert expected == matches(query, facts(DETAINED))


def test_an_edition_of_a_digest_is_meant_only_by_who_names_its_source() -> None:
    edition = facts(replace(DETAINED, source="digest:week"))

    assert not matches(Query(), edition)
    assert not matches(Query(expression="source:digest:week"), edition)
    assert matches(Query(sources=frozenset({"digest:week"})), edition)
    assert explain(Query(), edition).rule == "dropped by: it is an edition of a digest, and no source is asked for"


def test_a_filter_that_cannot_be_read_is_told_when_it_is_asked() -> None:
    with pytest.raises(BadExpression):
        matches(Query(expression="tag:"), facts(DETAINED))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", 0),
        ("<p></p>", 0),
        ("<p>one</p><p>two</p>", 2),
        ("<p>one two\n three&nbsp;four</p>", 4),
        ("<p>AT&amp;T&#39;s</p>", 1),
        ("<ul><li>one</li><li>two</li></ul>", 2),
        ("<p>東京 and かな</p>", 5),
        ("<p>\U00020000x</p>", 2),
        ('<p><img src="/media/a.png" alt="not counted"> one</p>', 1),
    ],
)
def test_words_are_counted(body: str, expected: int) -> None:
    assert expected == words(replace(DETAINED, body=body))


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        (Query(), "kept: every article"),
        (Query(expression="tag:belarus"), "kept: tag:belarus"),
        (Query(expression="tag:peace|belarus"), "kept: tag:belarus"),
        (Query(expression="tag:peace or minsk and words>3"), 'kept: text:"minsk" and words>3'),
        (Query(expression="not tag:peace"), "kept: not tag:peace"),
        (Query(tags=frozenset({"belarus", "peace"}), words_from=3), "kept: tag:belarus and words>=3"),
        (Query(expression="tag:belarus and not author:AFP"), 'dropped by: not author:"AFP"'),
        (Query(expression="tag:belarus (tag:peace or tag:war)"), "dropped by: tag:peace or tag:war"),
        (Query(expression="tag:belarus and words>200"), "dropped by: words>200 (it has 13)"),
        (Query(expression="not (tag:belarus and title:minsk or words>3)"), None),
        (Query(expression="language:uk"), "dropped by: language:uk (it has en-GB)"),
        (Query(sources=frozenset({"b", "a"})), "dropped by: source:a|b (it has wire)"),
        (Query(since=utc(2026, 2, 1)), "dropped by: published>=2026-02-01T00:00:00Z (it has 2026-01-01T12:00:00Z)"),
        (Query(expression="seen<2026-01-01"), "dropped by: seen<2026-01-01 (it has 2026-01-02T08:30:00Z)"),
        (Query(expression="title~/x/"), "dropped by: title~/x/"),
        (Query(expression='tag:"Near East"'), 'dropped by: tag:"Near East" (it has belarus, c-plus-plus, middle-east)'),
    ],
    ids=str,
)
def test_the_rule_that_decided_is_named(query: Query, rule: str | None) -> None:
    decision = explain(query, facts(DETAINED))

    if rule is None:
        rule = 'dropped by: not (tag:belarus and title:"minsk" or words>3)'
    assert (decision.rule, decision.kept) == (rule, rule.startswith("kept"))


def test_an_explanation_stays_one_line() -> None:
    rule = explain(Query(expression=" or ".join(f"tag:tag-number-{n}" for n in range(150))), facts(DETAINED)).rule

    assert len(rule) <= 300
    assert rule.endswith("…")


def test_a_pattern_looks_at_less_of_a_text_the_larger_it_is() -> None:
    small, large = compiled("right.?s"), compiled("a.{60}b")

    assert small.reach > 100_000
    assert 6_000 <= large.reach < 100_000
    assert large.fits(b"x" * 1_000 + b"a" + b"x" * 60 + b"b")
    assert not large.fits(b"x" * large.reach + b"a" + b"x" * 60 + b"b")


@pytest.mark.parametrize(
    "pattern", ["rights|detain", "|".join("затрыманне" for _ in range(40)), r"\b(?:court|trial)\b", r"(a b|C\+\+)"]
)
def test_a_list_of_words_looks_at_the_first_million_bytes(pattern: str) -> None:
    words = compiled(pattern)
    one = pattern.replace("\\b", "").replace("\\", "").strip("(?:)").split("|")[-1].encode()

    assert words.fits(b"." * 900_000 + b" " + one)
    assert not words.fits(b"." * 1_000_000 + b" " + one)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("(a+)+$", False),
        ("(a+)+!$", False),
        ("^(a+)+", True),
        ("(a|a)*b", False),
        ("a*a*a*a*b", False),
        ("(.*a){20}b", False),
        ("(?:a?){90}b", False),
        ("[ab]*a[ab]{90}c", False),
        ("[ab]*a[ab]{90}", True),
    ],
)
def test_a_catastrophic_pattern_over_a_long_text_is_answered(pattern: str, expected: bool) -> None:
    """`$` is the end of the text, and not where a pattern stops looking."""
    long = replace(DETAINED, title="", summary="", body=f"<p>{'a' * 1_000_000}!</p>")

    assert expected == holds(f"text~/{pattern}/", long)
