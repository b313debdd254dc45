"""Articles and filters at random, each filter with what it means in the plainest words there are.

The meaning is written down a second time here, on the article alone and without the parser: three ways to answer, the
two of the program and this one, must agree.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from syndicator.core.text import slug
from syndicator.model import Article, Enclosure, Image, Person, Place, Query, Ruling, Status, Verdict, utc

Holds = Callable[[Article], bool]

TAGS = ("War", "Peace", "Middle East", "C++", "Élan")
AUTHORS = ("AFP", "Reuters", "Ana Lindqvist")
SOURCES = ("seeds", "theirs", "digest:week")
LANGUAGES = (None, "", "en", "en-GB", "EN-us", "eng", "uk")
RANGES = ("en", "EN", "en-gb", "uk", "de", "*")
WORDS = ("war", "Peace", "RIGHTS", "detained", "Élan", "Страйк", "ёлка", "a/b", "漢字", "C++", "x&amp;y")
NEEDLES = ("war", "peace", "right", "elan", "ÉLAN", "страйк", "елка", "a/b", "字", "war peace", "x&y", "-")
PATTERNS = ("rights|detain", "^war", "w.r", "стра[йк]+", "a/b", "(e+)+d", "[[:upper:]]", "字$", r"C\+\+", "x&y")
URLS = (None, "https://wire.example/War/1", "https://blog.example/peace?a=b")
URL_PARTS = ("wire.example", "PEACE", "?a=b", "https", "/1")
DAY = utc(2026, 1, 1)
MOMENTS = (
    None,
    *(DAY + timedelta(seconds=seconds) for seconds in (-1, 0, 1, 43_200, 86_399, 86_400)),
    DAY - timedelta(microseconds=1),
    utc(1970, 1, 1),
)
TIMES = ("2026-01-01", "2025-12-31", "2026-01-01T00:00:00Z", "2026-01-01T12:00:00+00:00", "2026-01-01t01:00+01:00")
COMPARED: dict[str, Callable[[object, object], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}


@dataclass(frozen=True)
class Filter:
    """A filter as text, what it means, and how closely it binds: 0 `or`, 1 `and`, 2 everything else."""

    text: str
    holds: Holds
    level: int = 2


@dataclass(frozen=True)
class Stored:
    """An article that is stored as `first` and then as it is; `work` is a number that those of one work share."""

    article: Article
    first: Status
    work: int | None


def population(random: Random, number: int) -> list[Stored]:
    """So many articles or fewer, source by source; some have an id that another source uses, some are one work."""
    pairs = [(source, id) for source in SOURCES for id in range(number // 2 + 1)]
    chosen = sorted(random.sample(pairs, min(number, len(pairs))))
    places = random.sample(range(1000), len(chosen))
    return [
        Stored(
            article=_article(random, source=source, id=f"urn:example:{id}", slug=f"{source[:3]}-{id}", place=place),
            first=random.choice((Status.PUBLISHED, Status.DRAFT)),
            work=random.choice((None, None, None, 1, 2)),
        )
        for (source, id), place in zip(chosen, places, strict=True)
    ]


def _article(random: Random, *, source: str, id: str, slug: str, place: int) -> Article:
    enclosure = Enclosure(url="https://e.example/", type=random.choice(("audio/mpeg", "VIDEO/mp4", "text/plain")))
    other = replace(enclosure, type="application/octet-stream", medium=random.choice((None, "image", "audio")))
    return Article(
        source=source,
        id=id,
        slug=slug,
        title=_some(random, WORDS, 3).replace("&amp;", "&"),
        summary=_some(random, WORDS, 2).replace("&amp;", "&"),
        body=f"<p>{_some(random, WORDS, 8)}</p>",
        tags=tuple(random.sample(TAGS, random.choice((0, 1, 1, 2)))),
        authors=tuple(Person(name=name) for name in random.sample(AUTHORS, random.choice((0, 1, 1, 2)))),
        language=random.choice(LANGUAGES),
        url=random.choice(URLS),
        image=random.choice((None, None, Image(caption="only words"), Image(url="/media/a.png"))),
        enclosures=random.choice(((), (), (enclosure,), (other,))),
        place=random.choice((None, Place(latitude=1, longitude=2))),
        ruling=random.choice((None, None, Ruling(verdict=Verdict.CORRECTED), Ruling(verdict=Verdict.RETRACTED))),
        status=random.choice((Status.PUBLISHED, Status.PUBLISHED, Status.RETRACTED, Status.WITHDRAWN, Status.DRAFT)),
        published=random.choice(MOMENTS),
        first_seen=random.choice(MOMENTS),
        changed=DAY,
        sort_key=f"{place:06x}",
        revision=1,
    )


def query(random: Random) -> tuple[Query, Holds]:
    """Some restrictions, mostly few, often with a filter, and what they mean together."""
    asked, means = Query(), [_not_a_digest]
    for part, holds in random.sample(_restrictions(random), random.choice((0, 0, 1, 1, 2))):
        asked, means = replace(asked, **part), [*means, holds]
    if asked.sources:
        means.remove(_not_a_digest)
    if random.random() < 0.8:
        found = expression(random, random.choice((0, 1, 2, 2, 3)))
        asked, means = replace(asked, expression=found.text), [*means, found.holds]
    return asked, lambda article: all(holds(article) for holds in means)


def _restrictions(random: Random) -> list[tuple[dict[str, object], Holds]]:
    sources, tags = frozenset(_values(random, SOURCES)), frozenset(map(slug, _values(random, TAGS)))
    authors, languages = frozenset(map(slug, _values(random, AUTHORS))), frozenset(_values(random, LANGUAGES[2:]))
    since, before = random.choice(MOMENTS[1:]), random.choice(MOMENTS[1:])
    least, most = random.randrange(6), random.randrange(9)
    return [
        ({"sources": sources}, lambda article: article.source in sources),
        ({"tags": tags}, lambda article: any(slug(tag) in tags for tag in article.tags)),
        ({"authors": authors}, lambda article: any(slug(person.name) in authors for person in article.authors)),
        ({"languages": languages}, lambda article: article.language in languages),
        ({"since": since}, lambda article: article.published is not None and article.published >= since),
        ({"before": before}, lambda article: article.published is not None and article.published < before),
        ({"words_from": least}, lambda article: number_of_words(article) >= least),
        ({"words_to": most}, lambda article: number_of_words(article) <= most),
    ]


def expression(random: Random, depth: int) -> Filter:
    """A filter of at most so many levels, written in one of the ways there are."""
    kind = random.choice(("clause", "not", "and", "and", "or")) if depth else "clause"
    if kind == "clause":
        return clause(random)
    if kind == "not":
        part = _grouped(random, expression(random, depth - 1), 2)
        holds = part.holds
        return Filter(f"{_keyword(random, 'not')} {part.text}", lambda article: not holds(article))
    level = 0 if kind == "or" else 1
    parts = [_grouped(random, expression(random, depth - 1), level + 1) for _ in range(random.choice((2, 2, 3)))]
    each = [part.holds for part in parts]
    text = parts[0].text
    for part in parts[1:]:
        left_out = kind == "and" and random.random() < 0.5
        text += f"{' ' if left_out else f' {_keyword(random, kind)}  '}{part.text}"
    if kind == "or":
        return Filter(text, lambda article: any(holds(article) for holds in each), 0)
    return Filter(text, lambda article: all(holds(article) for holds in each), 1)


def _grouped(random: Random, part: Filter, level: int) -> Filter:
    """The part as it may stand where only what binds so closely may."""
    if part.level >= level and random.random() < 0.8:
        return part
    space = random.choice(("", " "))
    return Filter(f"({space}{part.text}{space})", part.holds)


def clause(random: Random) -> Filter:
    """One thing that a filter can ask."""
    return random.choice((_term, _term, _name, _compared, _within, _contains, _pattern, _flag))(random)


def _term(random: Random) -> Filter:
    field, names = random.choice((("tag", TAGS), ("author", AUTHORS)))
    values = _values(random, names)
    slugs = {slug(value) for value in values}

    def holds(article: Article) -> bool:
        has = article.tags if field == "tag" else [person.name for person in article.authors]
        return not slugs.isdisjoint(map(slug, has))

    return Filter(_said(random, f"{field}:", [random.choice((value, slug(value))) for value in values]), holds)


def _name(random: Random) -> Filter:
    if random.random() < 0.5:
        sources = _values(random, SOURCES)
        return Filter(_said(random, "source:", sources), lambda article: article.source in sources)
    ranges = _values(random, RANGES)
    text = _said(random, "language:", ranges)
    return Filter(text, lambda article: any(in_range(article.language, each) for each in ranges))


def _compared(random: Random) -> Filter:
    sign, number = random.choice(list(COMPARED)), random.randrange(9)
    space = random.choice(("", " "))
    compare = COMPARED[sign]
    return Filter(f"words{space}{sign}{space}{number}", lambda article: compare(number_of_words(article), number))


def _within(random: Random) -> Filter:
    field, attribute = random.choice((("published", "published"), ("seen", "first_seen")))
    sign, value = random.choice(list(COMPARED)), random.choice(TIMES)
    whole_day = len(value) == 10
    told = date.fromisoformat(value) if whole_day else datetime.fromisoformat(value.upper()).astimezone(UTC)
    compare = COMPARED[sign]

    def holds(article: Article) -> bool:
        moment = getattr(article, attribute)
        return moment is not None and compare(moment.date() if whole_day else moment, told)

    return Filter(f"{field}{sign}{value}", holds)


def _contains(random: Random) -> Filter:
    field = random.choice(("", "title", "text", "url"))
    values = _values(random, URL_PARTS if field == "url" else NEEDLES[:-1])

    def holds(article: Article) -> bool:
        return any(plain(value) in plain(text) for value in values for text in texts(article, field or "text"))

    return Filter(_said(random, f"{field}:" if field else "", values, quotes=not field or None), holds)


def _pattern(random: Random) -> Filter:
    field, pattern = random.choice(("title", "text", "url", "author", "tag")), random.choice(PATTERNS)
    same = re.compile(pattern.replace("[[:upper:]]", "[A-Z]"), re.IGNORECASE | re.ASCII * pattern.isascii())
    text = f"{field}~/{pattern.replace('/', chr(92) + '/')}/"
    return Filter(text, lambda article: any(same.search(each) for each in texts(article, field)))


def _flag(random: Random) -> Filter:
    flags: dict[str, Holds] = {
        "has:enclosure": lambda article: article.enclosures != (),
        "has:image": lambda article: bool(article.image and article.image.url) or _medium(article, "image"),
        "has:audio": lambda article: _medium(article, "audio"),
        "has:video": lambda article: _medium(article, "video"),
        "has:place": lambda article: article.place is not None,
        "is:corrected": lambda article: _verdict(article) == "corrected",
        "is:retracted": lambda article: _verdict(article) == "retracted" or article.status is Status.RETRACTED,
    }
    text = random.choice(list(flags))
    return Filter(text, flags[text])


def number_of_words(article: Article) -> int:
    """Words of a body that was made here."""
    return sum(2 if word == "漢字" else 1 for word in article.body[3:-4].split())


def in_range(language: str | None, wanted: str) -> bool:
    """Basic filtering (RFC 4647 section 3.3.1), subtag by subtag."""
    has, parts = (language or "").lower().split("-"), wanted.lower().split("-")
    return bool(language) and (wanted == "*" or has[: len(parts)] == parts)


def texts(article: Article, field: str) -> list[str]:
    """What is written in a field."""
    body = article.body[3:-4].replace("&amp;", "&")
    return {
        "title": [article.title],
        "text": [article.title, article.summary, body],
        "url": [article.url or ""] if article.url else [],
        "author": [person.name for person in article.authors],
        "tag": list(article.tags),
    }[field]


def plain(text: str) -> str:
    """Letters without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))


def _medium(article: Article, medium: str) -> bool:
    kinds = [(enclosure.medium, enclosure.type.lower().partition("/")[0]) for enclosure in article.enclosures]
    return any(medium in kind for kind in kinds)


def _verdict(article: Article) -> str | None:
    return str(article.ruling.verdict) if article.ruling else None


def _not_a_digest(article: Article) -> bool:
    return not article.source.startswith("digest:")


def _said(random: Random, head: str, values: list[str], *, quotes: bool | None = None) -> str:
    """`head` and the values as alternatives, with quotes where there must be some, and sometimes elsewhere."""

    def value(text: str) -> str:
        must = quotes or re.search(r'[\s()|"]', text)
        return f'"{text}"' if must or random.random() < 0.3 else text

    return head + random.choice(("|", " | ")).join(map(value, values))


def _values(random: Random, known: tuple[str, ...]) -> list[str]:
    return random.sample(known, random.choice((1, 1, 1, 2)))


def _some(random: Random, words: tuple[str, ...], most: int) -> str:
    return " ".join(random.choice(words) for _ in range(random.randrange(most + 1)))


def _keyword(random: Random, word: str) -> str:
    return random.choice((word, word, word.upper()))
