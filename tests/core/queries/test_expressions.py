"""The language of filters: what is read, how it binds, what is refused, and that nothing hostile takes long."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.queries import And, Clause, Expression, Not, Or, clauses, parse, written
from syndicator.errors import BadExpression
from tests.core.queries.making import expression


def clause(text: str) -> Clause:
    """The clause in a text that holds no more than one."""
    found = parse(text)
    assert isinstance(found, Clause)
    return found


A, B, C = (clause(f"tag:{name}") for name in "abc")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tag:a or tag:b and tag:c", Or(parts=(A, And(parts=(B, C))))),
        ("tag:a and tag:b or tag:c", Or(parts=(And(parts=(A, B)), C))),
        ("tag:a tag:b or tag:c", Or(parts=(And(parts=(A, B)), C))),
        ("(tag:a or tag:b) tag:c", And(parts=(Or(parts=(A, B)), C))),
        ("not tag:a tag:b", And(parts=(Not(part=A), B))),
        ("not (tag:a tag:b)", Not(part=And(parts=(A, B)))),
        ("not not tag:a", Not(part=Not(part=A))),
        ("tag:a or not tag:b", Or(parts=(A, Not(part=B)))),
        ("(tag:a and tag:b) and tag:c", And(parts=(A, B, C))),
        ("tag:a or (tag:b or tag:c)", Or(parts=(A, B, C))),
        ("((tag:a))", A),
        ("\t tag:a\nAND\n( tag:b )", And(parts=(A, B))),
        ("(tag:a)(tag:b)", And(parts=(A, B))),
        ("NOT tag:a Or tag:b", Or(parts=(Not(part=A), B))),
    ],
    ids=str,
)
def test_not_binds_before_and_before_or(text: str, expected: Expression) -> None:
    assert expected == parse(text)


@pytest.mark.parametrize(
    ("text", "field", "operator", "values"),
    [
        ("tag:belarus", "tag", ":", ("belarus",)),
        ("TAG:Belarus", "tag", ":", ("Belarus",)),
        ('author:"Ana Lindqvist"', "author", ":", ("Ana Lindqvist",)),
        ('author:"AFP"|Reuters', "author", ":", ("AFP", "Reuters")),
        ("tag:a | b", "tag", ":", ("a", "b")),
        ('tag:"a|b"', "tag", ":", ("a|b",)),
        ("tag: a", "tag", ":", ("a",)),
        ("tag:and", "tag", ":", ("and",)),
        ("tag:c++", "tag", ":", ("c++",)),
        ("source:digest:week", "source", ":", ("digest:week",)),
        ("language:en-GB|uk", "language", ":", ("en-GB", "uk")),
        ("url:https://a.example/?b=c", "url", ":", ("https://a.example/?b=c",)),
        ("words>200", "words", ">", ("200",)),
        ("words >= 200", "words", ">=", ("200",)),
        ("published<=2026-01-01", "published", "<=", ("2026-01-01",)),
        ("seen=2026-01-01T10:00:00+02:00", "seen", "=", ("2026-01-01T10:00:00+02:00",)),
        ("has:Image|place", "has", ":", ("image", "place")),
        ("is:retracted", "is", ":", ("retracted",)),
        ("title~/rights|detain/", "title", "~", ("rights|detain",)),
        ("title ~ /a b/", "title", "~", ("a b",)),
        (r"url~/a\/b/", "url", "~", ("a/b",)),
        (r"tag~/\\/", "tag", "~", (r"\\",)),
        (r"text~/\d+ \(x\)/", "text", "~", (r"\d+ \(x\)",)),
        ("belarus", "text", ":", ("belarus",)),
        ("O'Brien", "text", ":", ("O'Brien",)),
        ("war|peace", "text", ":", ("war", "peace")),
        ('"war and peace"', "text", ":", ("war and peace",)),
        (r'"say \"yes\" \\ \n"', "text", ":", ('say "yes" \\ \\n',)),
        ('"tag:a"', "text", ":", ("tag:a",)),
    ],
    ids=str,
)
def test_a_clause_is_read(text: str, field: str, operator: str, values: tuple[str, ...]) -> None:
    assert Clause(field=field, operator=operator, values=values) == parse(text)


def test_the_example_is_read() -> None:
    text = 'tag:belarus and not author:"AFP" and title~/rights|detain/ and words>200'

    assert [each.field for each in clauses(parse(text))] == ["tag", "author", "title", "words"]
    assert written(parse(text)) == text


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_written_of_a_tree_gives_the_tree(seed: int) -> None:
    tree = parse(expression(Random(seed), 4).text)

    assert parse(written(tree)) == tree


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_value_can_be_quoted(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    asked = Clause(field="source", operator=":", values=(value,))

    if value.strip():
        assert parse(f'source:"{escaped}"') == parse(written(asked)) == asked


@settings(max_examples=100, deadline=None)
@given(st.text('tag:wordsnt"()|~/<>=\\ .*[]{}+-é\n', max_size=60))
def test_anything_at_all_is_a_filter_or_told_to_be_none(text: str) -> None:
    found = attempt(text)

    if isinstance(found, BadExpression):
        assert found.column is not None
        assert 1 <= found.column <= len(text) + 1
        assert "\n" not in str(found)
    else:
        assert parse(written(found)) == found


def attempt(text: str) -> Expression | BadExpression:
    try:
        return parse(text)
    except BadExpression as error:
        return error


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", 1, "the filter is empty"),
        ("  ", 1, "the filter is empty"),
        ("tag:a and", 10, "something must follow"),
        ("tag:a or  ", 11, "something must follow"),
        ("not", 4, "something must follow"),
        ("or tag:a", 1, "something must stand before or"),
        ("tag:a and or tag:b", 11, "something must stand before or"),
        ("()", 2, "something must stand before )"),
        ("(tag:a", 1, "this ( is never closed"),
        ("tag:a)", 6, "nothing is open that this ) could close"),
        ("tag:", 5, "something must follow"),
        ("tag:a|", 7, "something must follow"),
        ("tag:|a", 5, "something must stand before |"),
        ('tag:"a', 5, 'this " is never closed'),
        ('tag:"a\\"', 5, 'this " is never closed'),
        ('tag:""', 1, "a value is empty"),
        ('tag:a"b"', 6, "put a space here"),
        ('tag:"a"b', 8, "put a space after the quote"),
        ("tag:rock(n)", 9, "put a space here"),
        ("titel:x", 1, "there is no field titel; did you mean title?"),
        ("tags:x", 1, "did you mean tag?"),
        ("wrods>200", 1, "did you mean words?"),
        ("https://a.example", 1, "there is no field https; there are tag, author,"),
        ("zzz=3", 1, "Words to be found go in quotes"),
        ("words:200", 6, "words takes >, >=, <, <= or =, such as words>200"),
        ("tag>3", 4, "tag takes tag:name or tag~/pattern/"),
        ("words~/2/", 6, "words takes >"),
        ("words>many", 1, "written in digits"),
        ("words>-1", 1, "written in digits"),
        ("words>1|2", 8, "something must stand before |"),
        ("published>yesterday", 1, "a time is written 2026-01-31"),
        ("published>2026-02-30", 1, "a time is written 2026-01-31"),
        ("published>2026-W01-1", 1, "a time is written 2026-01-31"),
        ("seen>9999-12-31", 1, "a time is written 2026-01-31"),
        ("seen<0001-01-01T00:00:00+14:00", 1, "a time is written 2026-01-31"),
        ("language:english!", 1, "a language is a tag such as en"),
        ("has:picture", 1, "picture is not known; there are image, enclosure, audio, video, place."),
        ("is:corected", 1, "corected is not known; did you mean corrected?"),
        ("title~rights", 7, "a pattern stands between slashes"),
        ("title~/rights", 7, "a pattern is never closed"),
        ("title~//", 1, "a pattern is empty"),
        ("title~/a/b/", 10, "put a space after the pattern"),
        ("title~/[a/", 1, "a pattern cannot be read: missing ]"),
        (r"title~/(a)\1/", 1, "a pattern cannot be read: invalid escape sequence"),
        ("title~/a(?=b)/", 1, "a pattern cannot be read: invalid perl operator"),
        ("-tag:a", 1, "write and, or, not as words"),
        ("!war", 1, "write and, or, not as words"),
        ("tag:a && tag:b", 7, "write and, or, not as words"),
        ("“war”", 1, "are quotes here"),
        ("tag:'a b'", 5, "are quotes here"),
        ("war>peace", 1, "there is no field war"),
        ("5>3", 1, "this is no field with a value"),
        ("...", 1, "this is no field with a value"),
        ('"\u0301"', 1, "a value is empty"),
        ("tag:\ud800", None, "only half of one"),
    ],
    ids=ascii,
)
def test_what_is_no_filter_is_told_with_its_column(text: str, column: int | None, reason: str) -> None:
    with pytest.raises(BadExpression) as told:
        parse(text)

    assert reason in told.value.reason
    assert told.value.column == column


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 1_000_000, "the filter has 1,000,000 characters; 4,096 are the most"),
        ("(" * 100_000, "100,000 characters"),
        ("(" * 4_000, "more than 32 levels"),
        ("not " * 1_000 + "tag:a", "more than 32 levels"),
        ("(" * 33 + "tag:a" + ")" * 33, "more than 32 levels"),
        ("not(" * 17 + "tag:a" + ")" * 17, "more than 32 levels"),
        ("a " * 201, "more than 200 values"),
        ("tag:" + "|".join("a" * 201), "more than 200 values"),
        ('"' + "\\" * 4_000, "is never closed"),
        ("a:" * 2_000, "there is no field a"),
        ("words" + " " * 4_000 + "x" * 90, None),
        (f"title~/{'a' * 501}/", "a pattern has 501 characters; 500 are the most"),
        ("title~/(x{1000}){1000}/", "a pattern cannot be read: invalid repetition size"),
        ("title~/((a{100}){100}){100}/", "a pattern cannot be read: invalid repetition size"),
        ("title~/[ab]*a[ab]{990}/", "a pattern is too large"),
        (r"title~/(\pL{1,50}){1,20}x/", "a pattern is too large"),
        (r"title~/\b(\pL{1,200})\b.{0,200}q/", "a pattern is too large"),
        ("title~/" + "(" * 400 + "/", "a pattern cannot be read"),
        (f'has:"{"x" * 4_000}"', "xxx"),
        (r"title~/\pL\pN\pL\pN/ title~/\pZ/", "a pattern is too large"),
        ("title~/(a+)+$/", None),
        ("title~/(a|aa)+$/", None),
        ("title~/(.*a){20}/", None),
    ],
    ids=lambda value: value if value is None or len(value) < 40 else f"{value[:20]}…",
)
def test_a_hostile_filter_is_refused_or_read(text: str, reason: str | None) -> None:
    if reason is None:
        parse(text)
        return
    with pytest.raises(BadExpression, match=f"(?s).*{reason[:20].replace('(', '.')}"):
        parse(text)


@pytest.mark.parametrize("text", ["(" * 32 + "tag:a" + ")" * 32, "not " * 32 + "tag:a", " ".join("a" * 200)])
def test_the_bounds_themselves_are_allowed(text: str) -> None:
    assert next(clauses(parse(text))).values == ("a",)
