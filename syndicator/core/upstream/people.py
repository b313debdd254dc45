"""Authors and contributors of an entry or a feed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from syndicator.core.text import one_line
from syndicator.core.upstream.elements import Element, Own
from syndicator.core.upstream.texts import MAX_NAME, Cuts
from syndicator.core.urls import safe_url
from syndicator.model import Person

MAX_PEOPLE = 50

_AUTHORS = ("atom:author", "rss:author", "dc:creator", "dc:author", "itunes:author", "rss:managingeditor")
_PARTS = {"name": "name", "email": "email", "uri": "href", "url": "href", "homepage": "href"}
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_AROUND = " \t\"'<>()[],;:"
_MOST_READ = 512


def authors(values: Mapping[str, Any], own: Own, base: str, cuts: Cuts) -> tuple[Person, ...]:
    """The authors that feedparser found, each as its element says.

    feedparser cuts e-mails short, and gives an author without one that of the author before.
    """
    found = _list(values, "authors")
    written = own.all(*_AUTHORS)
    if len(written) == len(found) and own.paired:
        people = (_written(element, one, base, cuts) for element, one in zip(written, found, strict=True))
    else:
        people = (_person(one, base, cuts) for one in found)
    return cuts.few(_each_once(people), MAX_PEOPLE, "authors")


def contributors(values: Mapping[str, Any], own: Own, base: str, cuts: Cuts) -> tuple[Person, ...]:
    """The contributors, and those whom a podcast names beside its authors."""
    found = [_person(one, base, cuts) for one in _list(values, "contributors")]
    for element in own.all("podcast:person"):
        uri = safe_url(element.get("href"), element.base) if element.get("href") else None
        name = cuts.line(element.text, MAX_NAME, "names")
        found.append(Person(name=name, uri=uri) if name else None)
    return cuts.few(_each_once(found), MAX_PEOPLE, "contributors")


def not_called(title: str, people: tuple[Person, ...]) -> tuple[Person, ...]:
    """The people but for one who is only the feed by its title: where nobody signs, many name that."""
    return tuple(one for one in people if one.name != title or one.email or one.uri)


def _list(values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = values.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _written(element: Element, values: Mapping[str, Any], base: str, cuts: Cuts) -> Person | None:
    if not element.simple:
        parts = {
            _PARTS[name]: part.text for part in element.children if (name := part.kind.rpartition(":")[2]) in _PARTS
        }
        return _person(parts, element.base or base, cuts)
    email = _EMAIL.search(element.text) if len(element.text) <= _MOST_READ else None
    if email is None:
        return _person(values, base, cuts)
    name = one_line(element.text.replace(email[0], " ").replace("mailto:", " ")).strip(_AROUND)
    return _person({"name": name, "email": email[0]}, base, cuts)


def _person(values: Mapping[str, Any], base: str, cuts: Cuts) -> Person | None:
    name, email, href = (_text(values, key) for key in ("name", "email", "href"))
    email = email.removeprefix("mailto:")
    email = email if _EMAIL.fullmatch(email) else ""
    uri = safe_url(href, base) if href else None
    if uri and uri.startswith("mailto:"):
        address = uri.removeprefix("mailto:").partition("?")[0]
        email, uri = email or (address if _EMAIL.fullmatch(address) else ""), None
    name = cuts.line(name, MAX_NAME, "names") or email or (uri or "").partition("://")[2].rstrip("/")[:MAX_NAME]
    return Person(name=name, email=email or None, uri=uri) if name else None


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return one_line(value) if isinstance(value, str) else ""


def _each_once(people: Iterable[Person | None]) -> tuple[Person, ...]:
    """Each person once, with all that is known of them."""
    found: dict[str, Person] = {}
    for person in people:
        if person is None:
            continue
        key = person.name.casefold()
        other = found.get(key)
        if other is not None and not _contradict(person, other):
            person = Person(name=other.name, email=other.email or person.email, uri=other.uri or person.uri)
        elif other is not None:
            key = f"{key}\n{person.email}\n{person.uri}"
        found[key] = person
    return tuple(found.values())


def _contradict(one: Person, other: Person) -> bool:
    return any(a and b and a != b for a, b in ((one.email, other.email), (one.uri, other.uri)))
