"""Plain text: what may stand in it, slugs, summaries, languages."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from syndicator.core.text import clean_text, detect_language, first_sentence, one_line, shorten, slug, summarise

ANY_TEXT = st.text(alphabet=st.characters(), max_size=200)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain", "plain", id="nothing to do"),
        pytest.param("a\tb\nc", "a\tb\nc", id="tab and line feed stay"),
        pytest.param("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh", id="every line end"),
        pytest.param("a\x00b\x07c\x1bd\x7fe\x9ff", "abcdef", id="controls"),
        pytest.param("a\ud800b\udfffc", "abc", id="lone surrogates"),
        pytest.param("\ud83d\ude00", "\U0001f600", id="a pair of surrogates"),
        pytest.param("a\ufffeb\uffffc\U0001ffffd\ufdd0e", "abcde", id="noncharacters"),
        pytest.param("\xa0\u200d\u0301é", "\xa0\u200d\u0301é", id="odd but allowed"),
    ],
)
def test_clean_text_removes_what_nobody_can_store(text: str, expected: str) -> None:
    assert expected == clean_text(text)


@settings(max_examples=100, deadline=None)
@given(ANY_TEXT)
def test_clean_text_can_be_stored_and_sent_anywhere(text: str) -> None:
    cleaned = clean_text(text)
    element = etree.Element("a")
    element.text = cleaned
    with sqlite3.connect(":memory:") as database:
        stored = database.execute("select ?", (cleaned,)).fetchone()[0]
    database.close()

    assert cleaned == etree.fromstring(etree.tostring(element)).text if cleaned else True
    assert cleaned == json.loads(json.dumps(cleaned)) == stored == clean_text(cleaned)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("  a \n\n b\tc\xa0d ", "a b c d", id="white space"),
        pytest.param("a\x00 \x07 b", "a b", id="controls between spaces"),
        pytest.param("", "", id="empty"),
    ],
)
def test_one_line_is_one_line(text: str, expected: str) -> None:
    assert expected == one_line(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", "hello-world"),
        ("It’s a test", "its-a-test"),
        ("Беларусь", "belarus"),
        ("Ünïcödé ß", "unicode-ss"),
        ("日本語", "ribenyu"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("C", "c"),
        ("a/../b\\c%2e", "a-b-c-2e"),
        ("x" * 200, "x" * 80),
        ("word " * 40, "-".join(["word"] * 16)),
        ("!!!", "e84c538e7fe2"),
        ("", "e3b0c44298fc"),
    ],
)
def test_slug_is_what_a_person_would_expect_in_an_address(text: str, expected: str) -> None:
    assert expected == slug(text)


@settings(max_examples=100, deadline=None)
@given(ANY_TEXT)
def test_slug_is_always_fit_for_an_address_and_always_the_same(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,78}[a-z0-9])?", slug(text))
    assert slug(text) == slug(text)
    assert slug(slug(text)) == slug(text)


SENTENCE = "The council met on Tuesday and decided nothing that anybody could remember afterwards."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("One. Two.", "One. Two.", id="a short text is its own summary"),
        pytest.param("", "", id="nothing"),
        pytest.param("First block\nSecond block.", "First block Second block.", id="blocks become one line"),
        pytest.param(" ".join([SENTENCE] * 9), " ".join([SENTENCE] * 3), id="ends at a sentence"),
    ],
)
def test_summary_is_the_first_sentences(text: str, expected: str) -> None:
    assert expected == summarise(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Smith went to Washington. He stayed.", "Mr. Smith went to Washington."),
        (
            "The U.S. Senate met on Jan. 30 at 10 a.m. in Iowa. It was late.",
            "The U.S. Senate met on Jan. 30 at 10 a.m. in Iowa.",
        ),
        ("J. R. R. Tolkien wrote. He did.", "J. R. R. Tolkien wrote."),
        ("Am 23. Januar kam er z. B. zu Fuß. Dann nicht.", "Am 23. Januar kam er z. B. zu Fuß."),
        ("В 2024 г. Минск и т.д. Потом всё.", "В 2024 г. Минск и т.д. Потом всё."),
        ("Was it? Yes.", "Was it?"),
        ("He said: “No.” Then he left.", "He said: “No.”"),
        ("And then... nothing. End.", "And then... nothing."),
        ("これは文です。次の文。", "これは文です。"),
        ("It cost 3.5 million. Really.", "It cost 3.5 million."),
        ("No stop at all", "No stop at all"),
    ],
)
def test_a_sentence_ends_where_it_ends(text: str, expected: str) -> None:
    assert expected == first_sentence(text)


def test_summary_without_a_sentence_end_is_cut_between_words() -> None:
    summary = summarise("word " * 200)

    assert (summary, len(summary)) == ("word " * 59 + "word…", 300)


def test_only_a_single_word_longer_than_the_limit_is_cut() -> None:
    assert summarise("x" * 1000) == "x" * 299 + "…"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab .,!。é\n", max_size=900))
def test_summary_is_the_beginning_of_the_text_and_never_too_long(text: str) -> None:
    summary = summarise(text)
    line = one_line(text)

    assert len(summary) <= 300
    assert line.startswith(summary.removesuffix("…"))
    assert not line or summary


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(alphabet="abc", min_size=1, max_size=40), max_size=60), st.integers(min_value=50, max_value=200)
)
def test_shorten_never_cuts_a_word_that_fits(words: list[str], limit: int) -> None:
    shortened = shorten(" ".join(words), limit)

    assert len(shortened) <= limit
    assert words[: len(shortened.split())] == shortened.removesuffix("…").split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The police detained at least twenty people on Tuesday, a rights group said in a statement.", "en"),
        ("Полиция задержала во вторник не менее двадцати человек, сообщила правозащитная группа.", "ru"),
        ("Поліція затримала у вівторок щонайменше двадцять людей, повідомила правозахисна група.", "uk"),
        ("Міліцыя затрымала ў аўторак не менш за дваццаць чалавек, паведаміла праваабарончая група.", "be"),
        ("Die Polizei nahm am Dienstag mindestens zwanzig Menschen fest, teilte eine Gruppe mit.", "de"),
        ("La police a arrêté mardi au moins vingt personnes, a indiqué un groupe de défense des droits.", "fr"),
        ("La policía detuvo el martes al menos a veinte personas, según un grupo de derechos humanos.", "es"),
        ("Policja zatrzymała we wtorek co najmniej dwadzieścia osób, podała grupa obrońców praw.", "pl"),
        ("警察は火曜日、少なくとも二十人を拘束したと人権団体が発表した。", "ja"),
        pytest.param("Hello world", None, id="too short"),
        pytest.param("", None, id="empty"),
        pytest.param("1234567890 " * 50, None, id="no letters"),
    ],
)
def test_language_is_told_where_it_can_be(text: str, expected: str | None) -> None:
    assert expected == detect_language(text)


def test_only_the_beginning_of_a_text_tells_its_language() -> None:
    english = "The police detained at least twenty people on Tuesday, a rights group said in a statement. " * 30
    german = "Die Polizei nahm am Dienstag mindestens zwanzig Menschen fest, teilte eine Gruppe mit. " * 3000

    assert detect_language(english + german) == "en"
