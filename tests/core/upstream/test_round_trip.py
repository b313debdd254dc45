"""What we render is read back as it was: feeding our own output to ourselves changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core import html, render
from syndicator.core.text import one_line
from syndicator.core.upstream import read
from syndicator.model import (
    Article,
    Category,
    Enclosure,
    Episode,
    Format,
    Image,
    Incoming,
    InReplyTo,
    Link,
    Person,
    Place,
    Replies,
    Upstream,
    utc,
)
from tests.core.render.samples import FULL, SITE, article, document

# feedparser takes UTF-8 that was read as Latin-1 for what it was meant to be: without the bytes that make it look so.
LETTERS = st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_categories=("C", "Z")).filter(
    lambda letter: not "\x80" <= letter <= "\xbf"
)
WORD = st.text(LETTERS, min_size=1, max_size=8)
LINE = st.lists(st.one_of(WORD, st.sampled_from(("AT&T", "<b>", "</p>", "a<b", "&amp;", "]]>", "R&D;"))), min_size=1, max_size=5).map(
    " ".join
).map(one_line).filter(bool)
NAME = st.lists(st.text(st.characters(categories=("Lu", "Ll"), max_codepoint=0x250), min_size=1, max_size=8), min_size=1, max_size=3).map(" ".join).filter(lambda name: not any("\x80" <= letter <= "\xbf" for letter in name))
SLUG = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
URL = SLUG.map("https://there.example/{}".format)
MAYBE_URL = st.none() | URL
MOMENT = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2037, 1, 1)).map(
    lambda moment: utc(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
)
LANGUAGE = st.none() | st.sampled_from(("en", "de-AT", "zh-Hant", "pt-BR"))
TYPES = st.sampled_from(("audio/mpeg", "video/mp4", "application/pdf", "image/png"))
PERSON = st.builds(
    Person,
    name=NAME,
    email=st.none() | SLUG.map(lambda slug: f"{slug.strip('-') or 'a'}@there.example"),
    uri=st.none() | SLUG.map("https://people.example/{}".format),
)
ENCLOSURE = st.builds(
    Enclosure,
    url=SLUG.map("https://files.example/{}".format),
    type=TYPES,
    length=st.none() | st.integers(1, 2**40),
    title=st.none() | LINE,
    duration=st.none() | st.integers(1, 100_000),
    width=st.none() | st.integers(1, 5000),
    height=st.none() | st.integers(1, 5000),
)
LINK = st.builds(Link, href=URL, title=st.none() | LINE)
UPSTREAM = st.builds(
    Upstream,
    id=SLUG.map("tag:there.example,2024:{}".format),
    title=LINE,
    url=MAYBE_URL,
    feed_url=MAYBE_URL,
    updated=MOMENT,
    rights=st.just("") | LINE,
    language=LANGUAGE,
)
EPISODE = st.builds(
    Episode,
    season=st.none() | st.integers(1, 99),
    number=st.none() | st.integers(1, 9999).map(str) | st.just("2.5"),
    kind=st.none() | st.sampled_from(("full", "trailer", "bonus")),
    explicit=st.none() | st.booleans(),
    subtitle=st.just("") | LINE,
    transcripts=st.lists(
        st.builds(Link, href=URL, type=st.sampled_from(("text/vtt", "application/srt")), hreflang=LANGUAGE),
        max_size=2,
        unique_by=lambda link: link.href,
    ).map(tuple),
    chapters=st.none() | st.builds(Link, href=URL, type=st.just("application/json+chapters")),
).filter(lambda episode: episode != Episode())
TEXT = st.lists(LINE, max_size=3).map(
    lambda lines: html.clean("".join(f"<p>{line}</p>" for line in lines) and "".join(f"<p>{escaped(line)}</p>" for line in lines))
)


def escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@st.composite
def articles(draw: st.DrawFn) -> Article:
    tags = tuple(draw(st.lists(NAME, max_size=3, unique=True)))
    published = draw(MOMENT)
    href = draw(MAYBE_URL)
    return article(
        id=draw(SLUG.map("tag:there.example,2024:entry-{}".format)),
        title=draw(LINE),
        summary=draw(LINE),
        body=draw(TEXT),
        url=draw(URL),
        authors=tuple(draw(st.lists(PERSON, min_size=1, max_size=3, unique_by=lambda person: person.name.casefold()))),
        contributors=tuple(draw(st.lists(PERSON, max_size=2, unique_by=lambda person: person.name.casefold()))),
        tags=tags,
        categories=tuple(Category(term=tag, scheme="https://there.example/tags") for tag in tags[:1]),
        language=draw(LANGUAGE),
        enclosures=tuple(draw(st.lists(ENCLOSURE, max_size=3, unique_by=lambda file: file.url))),
        image=draw(st.none() | st.builds(Image, url=SLUG.map("https://pictures.example/{}.png".format), type=st.just("image/png"), width=st.none() | st.integers(2, 999))),
        related=tuple(draw(st.lists(LINK, max_size=2, unique_by=lambda link: link.href))),
        via=draw(st.none() | LINK),
        links=tuple(draw(st.lists(st.builds(Link, href=URL, rel=st.sampled_from(("canonical", "help")), title=st.none() | LINE, type=st.none() | st.just("text/html")), max_size=2, unique=True))),
        licence=draw(st.none() | st.just("https://creativecommons.org/licenses/by/4.0/")),
        rights=draw(st.just("") | LINE),
        published=published,
        updated=max(published, draw(MOMENT)),
        comments=draw(MAYBE_URL),
        replies=draw(st.none() | st.builds(Replies, href=st.just(href), type=st.just("application/atom+xml" if href else None), count=st.integers(0, 999), updated=st.none() | MOMENT if href else st.none())),
        in_reply_to=tuple(draw(st.lists(st.builds(InReplyTo, ref=SLUG.map("tag:there.example,2024:{}".format), href=MAYBE_URL, type=st.none() | st.just("text/html")), max_size=2, unique_by=lambda one: one.ref))),
        place=draw(st.none() | st.builds(Place, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180), name=st.none() | LINE)),
        episode=draw(st.none() | EPISODE),
        upstream=draw(UPSTREAM),
        extra=tuple(draw(st.lists(st.tuples(st.sampled_from(("{https://own.example/ns#}part", "{https://own.example/ns#}Mood")), LINE), max_size=2, unique_by=lambda pair: pair[0]))),
    )


def read_back(one: Article, format: Format) -> Article:
    parsed = read(Incoming(body=document(format, [one]), url="https://news.example.org/feed.xml"))
    assert (1, ()) == (parsed.total, parsed.notices)
    return parsed.entries[0].article


def decided(back: Article, one: Article) -> Article:
    """What `core.decide` adds to an article."""
    known = {name: getattr(one, name) for name in ("source", "slug", "first_seen", "changed", "sort_key", "revision")}
    return replace(back, id=back.explicit_id or "", **known)


OURS = ("source", "id", "slug", "first_seen", "changed", "sort_key", "revision")


def said(one: Article) -> dict[str, object]:
    names = [name for name in Article.__slots__ if name not in (*OURS, "explicit_id", "body", "rights", "summary")]
    return {name: getattr(one, name) for name in names}


@settings(max_examples=100, deadline=None)
@given(one=articles())
def test_atom_gives_an_article_back(one: Article) -> None:
    back = read_back(one, Format.ATOM)
    assert said(one) == said(back)
    assert (one.id, one.summary) == (back.explicit_id, back.summary)


@settings(max_examples=100, deadline=None)
@given(one=articles(), format=st.sampled_from((Format.ATOM, Format.RSS)))
def test_an_article_that_was_read_back_is_rendered_as_it_was(one: Article, format: Format) -> None:
    once = decided(read_back(one, format), one)
    twice = decided(read_back(once, format), once)
    assert render.piece(once, format, SITE) == render.piece(twice, format, SITE)
