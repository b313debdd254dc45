"""What we render is read back as it was: feeding our own output to ourselves changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core import render
from syndicator.core.render.entry import entry as shown
from syndicator.core.text import one_line
from syndicator.core.upstream import read
from syndicator.model import (
    USUAL,
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
from tests.core.render.samples import PLAIN, SITE, article, document

# feedparser takes UTF-8 that was read as Latin-1 for what it was meant to be: without the bytes that make it look so.
LETTERS = st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_categories=("C", "Z")).filter(
    lambda letter: not "\x80" <= letter <= "\xbf"
)
WORD = st.text(LETTERS, min_size=1, max_size=8)
ODD = st.sampled_from(("AT&T", "<b>", "</p>", "a<b", "&amp;", "]]>", "R&D;"))
LINE = st.lists(WORD | ODD, min_size=1, max_size=5).map(" ".join).map(one_line).filter(bool)
NAME = st.text("ABCDEFGHabcdefghÄÖßéøñŁž ", min_size=1, max_size=20).map(one_line).filter(bool)
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
BODY = st.lists(LINE, max_size=3).map(lambda lines: "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines))
OTHERS = st.builds(
    Link,
    href=URL,
    rel=st.sampled_from(("canonical", "help")),
    title=st.none() | LINE,
    type=st.none() | st.just("text/html"),
)
PICTURE = st.builds(
    Image,
    url=SLUG.map("https://pictures.example/{}.png".format),
    type=st.just("image/png"),
    width=st.none() | st.integers(2, 999),
)
ANSWERED = st.builds(
    InReplyTo,
    ref=SLUG.map("tag:there.example,2024:{}".format),
    href=MAYBE_URL,
    type=st.none() | st.just("text/html"),
)
PLACE = st.builds(Place, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180), name=st.none() | LINE)
EXTRA = st.tuples(st.sampled_from(("{https://own.example/ns#}part", "{https://own.example/ns#}Mood")), LINE)


def several(values: st.SearchStrategy[Any], least: int = 0, by: Callable[[Any], Any] = repr) -> Any:
    return st.lists(values, min_size=least, max_size=3, unique_by=by).map(tuple)


@st.composite
def replies(draw: st.DrawFn) -> Replies:
    href = draw(MAYBE_URL)
    type, updated = ("application/atom+xml", draw(st.none() | MOMENT)) if href else (None, None)
    return Replies(href=href, type=type, count=draw(st.integers(0, 999)), updated=updated)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    tags = draw(several(NAME))
    published = draw(MOMENT)
    people = several(PERSON, by=lambda person: person.name.casefold())
    return article(
        id=draw(SLUG.map("tag:there.example,2024:entry-{}".format)),
        title=draw(LINE),
        summary=draw(LINE),
        body=draw(BODY),
        url=draw(URL),
        authors=draw(people),
        contributors=draw(people),
        tags=tags,
        categories=tuple(Category(term=tag, scheme="https://there.example/tags") for tag in tags[:1]),
        language=draw(LANGUAGE),
        enclosures=draw(several(ENCLOSURE, by=lambda file: file.url)),
        image=draw(st.none() | PICTURE),
        related=draw(several(LINK, by=lambda link: link.href)),
        via=draw(st.none() | LINK),
        links=draw(several(OTHERS)),
        licence=draw(st.none() | st.just("https://creativecommons.org/licenses/by/4.0/")),
        rights=draw(st.just("") | LINE),
        published=published,
        updated=max(published, draw(MOMENT)),
        comments=draw(MAYBE_URL),
        replies=draw(st.none() | replies()),
        in_reply_to=draw(several(ANSWERED, by=lambda one: one.ref)),
        place=draw(st.none() | PLACE),
        episode=draw(st.none() | EPISODE),
        upstream=draw(UPSTREAM),
        extra=draw(several(EXTRA, by=lambda pair: pair[0])),
    )


def read_back(one: Article, format: Format) -> Article:
    parsed = read(Incoming(body=document(format, [one]), url="https://news.example.org/feed.xml"))
    assert (parsed.total, parsed.notices) == (1, ())
    return parsed.entries[0].article


OURS = ("source", "slug", "first_seen", "changed", "sort_key", "revision")
CONTENT = ("body", "image")
"""What comes back as one: the picture stands before the text."""


def decided(back: Article, one: Article) -> Article:
    """What `core.decide` adds to an article."""
    return replace(back, id=back.explicit_id or "", **{name: getattr(one, name) for name in OURS})


def said(one: Article, names: Sequence[str]) -> dict[str, object]:
    return {name: getattr(one, name) for name in names}


def content(one: Article) -> str:
    return shown(one, SITE).content


ALL = tuple(name for name in Article.__slots__ if name not in (*OURS, *CONTENT, "id", "explicit_id", "rights"))
IN_RSS = ("title", "summary", "tags", "language", "url", "published", "in_reply_to", "place", "episode", "extra")


@settings(max_examples=50, deadline=None)
@given(one=articles())
def test_atom_gives_an_article_back(one: Article) -> None:
    back = read_back(one, Format.ATOM)
    assert said(one, ALL) == said(back, ALL)
    assert one.id == back.explicit_id
    assert content(one) == content(decided(back, one))
    rights = one.rights or (one.upstream.rights if one.upstream else "")
    assert rights == back.rights


@settings(max_examples=30, deadline=None)
@given(one=articles())
def test_rss_gives_back_what_it_can_carry(one: Article) -> None:
    back = read_back(one, Format.RSS)
    assert said(one, IN_RSS) == said(back, IN_RSS)
    assert [person.name for person in one.authors] == [person.name for person in back.authors]
    played = [file for file in one.enclosures if one.episode and file.type in ("audio/mpeg", "video/mp4")]
    for expected in (*played, *one.enclosures)[:1]:
        assert expected == replace(back.enclosures[0], title=expected.title)
    assert one.id == back.explicit_id
    assert content(one) == content(decided(back, one))


@settings(max_examples=50, deadline=None)
@given(one=articles(), format=st.sampled_from(USUAL))
def test_what_was_read_back_is_rendered_as_it_was(one: Article, format: Format) -> None:
    once = decided(read_back(one, format), one)
    twice = decided(read_back(once, format), once)
    assert render.piece(once, format, SITE) == render.piece(twice, format, SITE)
    if format is not Format.RSS:
        assert render.piece(one, format, SITE) == render.piece(once, format, SITE)


@pytest.mark.parametrize("one", PLAIN, ids=lambda one: one.title or "no title")
def test_an_article_of_ours_names_the_feed_it_was_read_from(one: Article) -> None:
    back = read_back(one, Format.ATOM)
    assert back.upstream is not None
    assert (back.upstream.title, back.upstream.feed_url) == ("Example News", "https://news.example.org/feed.xml")
    assert one.id == back.explicit_id
    assert content(one) == content(decided(back, one))


def test_nobody_is_made_the_author_of_what_nobody_signed() -> None:
    unsigned = article(upstream=Upstream(id="tag:there.example,2024:feed", title="There", updated=utc(2024, 1, 1)))
    assert read_back(unsigned, Format.ATOM).authors == ()
