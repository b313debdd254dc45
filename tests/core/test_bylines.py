"""Bylines, and sentences that begin like one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core.articles import bylines
from syndicator.model import Person


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By [AFP](#)", ["AFP"]),
        ("By X", ["X"]),
        ("By Jane Doe", ["Jane Doe"]),
        ("by Jane Doe", ["Jane Doe"]),
        ("BY JANE DOE", ["Jane Doe"]),
        ("BY JANE O'NEIL AND AFP", ["Jane O'Neil", "AFP"]),
        ("By: Jane Doe", ["Jane Doe"]),
        ("*By Jane Doe*", ["Jane Doe"]),
        ("**By [Jane Doe](#)**", ["Jane Doe"]),
        ("_By Jane Doe_", ["Jane Doe"]),
        ("By Jane Doe.", ["Jane Doe"]),
        ("By Jane Doe and John Roe", ["Jane Doe", "John Roe"]),
        ("By Jane Doe & John Roe", ["Jane Doe", "John Roe"]),
        ("By Jane Doe, Mary Major and John Roe", ["Jane Doe", "Mary Major", "John Roe"]),
        ("By Jane Doe, Mary Major, and John Roe", ["Jane Doe", "Mary Major", "John Roe"]),
        ("By [Jane Doe](#), [John Roe](#)", ["Jane Doe", "John Roe"]),
        ("By Jane Doe and Jane Doe", ["Jane Doe"]),
        ("By Jane Doe in Kyiv", ["Jane Doe"]),
        ("By Jane Doe in Washington, D.C.", ["Jane Doe"]),
        ("By Jane Doe in Kyiv and John Roe in Moscow", ["Jane Doe", "John Roe"]),
        ("By Jane Doe, Moscow", ["Jane Doe"]),
        ("By Jane Doe | Staff writer", ["Jane Doe"]),
        ("By Jane Doe | Politics", ["Jane Doe"]),
        ("By Jane Doe, Staff Writer", ["Jane Doe"]),
        ("By Jane Doe, Chief Political Correspondent", ["Jane Doe"]),
        ("By Jane Doe for The Daily", ["Jane Doe"]),
        ("By Jane Doe, Reuters", ["Jane Doe", "Reuters"]),
        ("By Jane Doe | Reuters", ["Jane Doe", "Reuters"]),
        ("By Jane Doe (AP)", ["Jane Doe", "AP"]),
        ("By Jane Doe, Jr.", ["Jane Doe, Jr."]),
        ("By Dr. Jane Doe, PhD", ["Dr. Jane Doe"]),
        ("By J. R. R. Tolkien", ["J. R. R. Tolkien"]),
        ("By Simon van der Berg", ["Simon van der Berg"]),
        ("By Jean-Luc d'Arc", ["Jean-Luc d'Arc"]),
        ("By The Associated Press", ["The Associated Press"]),
        ("By the Associated Press", ["the Associated Press"]),
        ("By the Editorial Board", ["the Editorial Board"]),
        ("By admin", ["admin"]),
        ("Written by Jane Doe", ["Jane Doe"]),
        ("Posted by Jane Doe", ["Jane Doe"]),
        ("Author: Jane Doe", ["Jane Doe"]),
        ("Authors: Jane Doe, John Roe", ["Jane Doe", "John Roe"]),
        ("Von Jan Böhm", ["Jan Böhm"]),
        ("von dpa", ["dpa"]),
        ("Von Jan Böhm und Eva Maier", ["Jan Böhm", "Eva Maier"]),
        ("Par Jean Dupont et Marie Curie", ["Jean Dupont", "Marie Curie"]),
        ("Par AFP", ["AFP"]),
        ("Por Juan Pérez y Ana López", ["Juan Pérez", "Ana López"]),
        ("Di Mario Rossi", ["Mario Rossi"]),
        ("Door Jan de Vries en Piet Smit", ["Jan de Vries", "Piet Smit"]),
        ("Автор: Иван Иванов", ["Иван Иванов"]),
        ("Авторы: Иван Иванов и Анна Петрова", ["Иван Иванов", "Анна Петрова"]),
        ("Автор: Редакция", ["Редакция"]),
        ("Autor: Jan Kowalski", ["Jan Kowalski"]),
        ("De: Ion Popescu", ["Ion Popescu"]),
        ("Text: Eva Maier", ["Eva Maier"]),
        ("作者：李明", ["李明"]),
    ],
)
def test_a_byline_names_its_authors(line: str, names: list[str]) -> None:
    people = bylines.parse(line)

    assert people is not None
    assert [person.name for person in people] == names


@pytest.mark.parametrize(
    ("line", "people"),
    [
        ("By [Jane](https://x.org/jane)", [Person(name="Jane", uri="https://x.org/jane")]),
        ("By [Jane](#)", [Person(name="Jane")]),
        ("By [Jane](/authors/jane)", [Person(name="Jane")]),
        ("By [Jane](javascript:alert(1))", None),
        ("By [Jane](javascript:alert)", [Person(name="Jane")]),
        ("By [Jane](mailto:jane@x.org)", [Person(name="Jane", email="jane@x.org")]),
        ("By Jane Doe (jane@x.org)", [Person(name="Jane Doe", email="jane@x.org")]),
        ("By Jane Doe <jane@x.org>, John Roe", [Person(name="Jane Doe", email="jane@x.org"), Person(name="John Roe")]),
        ("By Jane Doe @janedoe", [Person(name="Jane Doe")]),
    ],
)
def test_links_and_addresses_belong_to_their_author(line: str, people: list[Person] | None) -> None:
    assert bylines.parse(line) == (tuple(people) if people else None)


@pytest.mark.parametrize(
    "line",
    [
        "By the time the train came, all was lost",
        "By the sea",
        "By contrast, he said nothing",
        "By doing so, Kyiv lost the initiative",
        "By Friday",
        "By Friday the city had fallen.",
        "By Monday, Kyiv had fallen.",
        "By January 23, 2024",
        "By 2024",
        "By 24 votes to 3",
        "By law, Kyiv must pay",
        "By all means",
        "By",
        "By:",
        "Bypass Surgery",
        "Byron Smith",
        "Von Trapp",
        "Von der Leyen sagte am Dienstag",
        "Por favor",
        "Par exemple",
        "De Gaulle",
        "Di solito",
        "Автор книги рассказал, что было дальше",
        "Jane Doe",
        "By Jane Doe who was there.",
        "By Jane Doe - January 23, 2024",
        "By Jane\nDoe",
        "By " + "Jane Doe, " * 40,
        "",
    ],
)
def test_a_sentence_is_no_byline(line: str) -> None:
    assert bylines.parse(line) is None


@settings(max_examples=100, deadline=None)
@given(
    st.text(max_size=300).map(lambda text: f"By {text}") | st.text(alphabet="By ABaб.,&[]()#@|-*_:x\n", max_size=310)
)
def test_whatever_is_named_has_a_name_and_no_markup(line: str) -> None:
    for person in bylines.parse(line) or ():
        assert person.name.strip() == person.name != ""
        assert not set(person.name) & set("[]()<>*|\n")
        assert person.uri is None or person.uri.startswith(("http://", "https://"))
