"""Articles that carry all that upstream feeds say, for every test of what is passed on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from syndicator.core.text import one_line
from syndicator.model import (
    Article,
    Category,
    Enclosure,
    Episode,
    Image,
    InReplyTo,
    Link,
    Person,
    Place,
    Replies,
    Upstream,
    utc,
)
from tests.core.render.samples import NASTY_TEXTS, article

EXTRA = "{https://vocabulary.example/ns#}mood"
UPSTREAM = Upstream(
    id="tag:mill.example,2019:feed",
    title="The Mill & Sons",
    url="https://mill.example/",
    feed_url="https://mill.example/feed.xml",
    updated=utc(2024, 2, 3, 4, 5, 6),
    rights="© The Mill",
    language="fr",
)
CARRYING = article(
    1,
    source="mill",
    id="tag:mill.example,2019:post-1",
    explicit_id="tag:mill.example,2019:post-1",
    title="Flour & water",
    body='<p>The mill <a href="https://mill.example/x?a=1&amp;b=2">opened</a>.</p>',
    summary="The mill opened.",
    url="https://mill.example/posts/1?a=1&b=2",
    language="de",
    authors=(Person(name="Ann Other", email="ann@mill.example", uri="https://mill.example/ann"),),
    contributors=(Person(name="Böb"), Person(name="Carl", email="carl@mill.example", uri="https://carl.example/")),
    tags=("Bread", "plain", "Salt & pepper", "last"),
    categories=(
        Category(term="bread", scheme="https://mill.example/tags", label="Bread"),
        Category(term="Salt & pepper", scheme="tag:mill.example,2019:topics"),
        Category(term="brot", scheme="https://mill.example/de", label="Bread"),
    ),
    image=Image(url="https://mill.example/a.jpg?x=1&y=2", type="image/jpeg", length=12, width=640, height=480),
    enclosures=(
        Enclosure(url="https://mill.example/talk.mp3", type="audio/mpeg", length=4321, title="Talk", duration=61),
        Enclosure(url="https://mill.example/clip.mp4", type="video/mp4", medium="document", width=1920, height=1080),
    ),
    related=(
        Link(href="https://salt.example/", title="Salt", type="text/html", hreflang="en"),
        Link(title="Yeast, no address"),
    ),
    via=Link(href="https://via.example/1", title="Via", type="text/html"),
    links=(
        Link(href="https://mill.example/1.pdf", rel="alternate", type="application/pdf"),
        Link(href="https://mill.example/0", rel="up", title="Above"),
        Link(href="https://mill.example/x", rel="https://mill.example/rel#x"),
    ),
    licence="https://creativecommons.org/licenses/by-sa/4.0/",
    rights="© Ann Other",
    upstream=UPSTREAM,
    comments="https://mill.example/posts/1#comments",
    replies=Replies(
        href="https://mill.example/posts/1/feed", type="application/rss+xml", count=3, updated=utc(2024, 2, 3, 4)
    ),
    in_reply_to=(
        InReplyTo(
            ref="tag:salt.example,2020:9",
            href="https://salt.example/9",
            type="text/html",
            source="https://salt.example/feed",
        ),
        InReplyTo(ref="https://pepper.example/1"),
    ),
    place=Place(latitude=52.51627, longitude=-13.377722, name="Berlin & around"),
    episode=Episode(
        season=2,
        number="7",
        kind="bonus",
        explicit=False,
        subtitle="On flour",
        image="https://mill.example/cover.jpg",
        transcripts=(Link(href="https://mill.example/1.vtt", type="text/vtt", hreflang="de", rel="captions"),),
        chapters=Link(href="https://mill.example/1.json", type="application/json+chapters"),
    ),
    extra=((EXTRA, "cheerful & <calm>"), ("{http://purl.org/dc/elements/1.1/}coverage", "Berlin"), ("_feed.x", "1")),
    published=utc(2024, 1, 23, 8, 30, 1),
    updated=utc(2024, 1, 24, 5, 6, 7),
)

HOSTILE_ADDRESSES = (
    "javascript:alert(1)",
    " JaVaScript:alert(1)",
    "java\nscript:alert(1)",
    "javascript://mill.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "blob:https://mill.example/1",
    "file:///etc/passwd",
    "https://mill.example/\x00\r\nLink: <x>",
    'https://mill.example/"><script>alert(1)</script>',
    "https://",
    "//",
    "\ud800",
    "https://mill.example/" + "x" * 10_000,
)
HOSTILE_TEXTS = (*NASTY_TEXTS, "x" * 10_000, "\r\nX: y", "\x00", "   ", "")
HOSTILE = tuple(
    article(
        200 + index,
        title=text,
        upstream=Upstream(
            id=text or address,
            title=text,
            url=address,
            feed_url=address,
            updated=utc(1, 1, 1),
            rights=text,
            language=text,
        ),
        contributors=(Person(name=text, email=text, uri=address),),
        categories=(Category(term=text, scheme=text, label=text), Category(term=text, scheme=address)),
        tags=(text,),
        related=(Link(href=address, title=text, rel=text, type=text, hreflang=text),),
        via=Link(href=address, title=text, rel=text, type=text, hreflang=text),
        links=tuple(
            Link(href=href, title=text, rel=rel, type=text, hreflang=text)
            for href in (address, "https://mill.example/")
            for rel in ("self", "hub", "next", "edit", "alternate", "enclosure", "license", "replies", text, address)
        ),
        rights=text,
        licence=text,
        comments=address,
        replies=Replies(href=address, type=text, count=-1, updated=utc(9999, 12, 31)),
        in_reply_to=(InReplyTo(ref=text, href=address, type=text, source=address), InReplyTo(ref=address)),
        place=Place(latitude=float("nan"), longitude=1e308, name=text),
        episode=Episode(
            season=-1,
            number=text,
            kind=text,
            explicit=True,
            subtitle=text,
            image=address,
            transcripts=(Link(href=address, type=text, hreflang=text, rel=text),),
            chapters=Link(href=address, type=text),
        ),
        enclosures=(Enclosure(url=address, type=text, medium=text, width=-1, height=2**70, length=-5, duration=-1),),
        extra=(
            (text, text),
            (EXTRA, text),
            (f"{{{text}}}x", text),
            (f"{{{address}}}x", text),
            (f"{{https://v.example/}}{text}", text),
            ("{http://www.w3.org/1999/xhtml}script", "alert(1)"),
            ("{http://www.w3.org/2005/Atom}id", "urn:x:stolen"),
            ("{http://purl.org/atom/ns#}id", "urn:x:stolen"),
            ("{http://purl.org/dc/elements/1.1/}date", text),
        ),
        explicit_id=text or address,
    )
    for index, (text, address) in enumerate(zip(HOSTILE_TEXTS, HOSTILE_ADDRESSES * 3, strict=False))
)

_WORDS = st.text(st.sampled_from("abcXYZ é&<>\"'ß中 "), min_size=1, max_size=12).map(one_line).filter(bool)
_ADDRESS = st.builds("https://{}.example/{}".format, st.sampled_from(["mill", "salt"]), st.sampled_from("abcdefgh"))
_MOMENT = st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
_LANGUAGE = st.sampled_from(["de", "en-GB", "fr"])
_TYPE = st.sampled_from(["text/html", "application/pdf", "application/json"])
_PEOPLE = st.lists(
    st.builds(Person, name=_WORDS, email=st.none() | st.just("a@b.example"), uri=st.none() | _ADDRESS),
    max_size=3,
    unique_by=lambda person: person.name.casefold(),
).map(tuple)
_LINK = st.builds(Link, href=_ADDRESS, title=st.none() | _WORDS, type=st.none() | _TYPE, hreflang=st.none() | _LANGUAGE)
_NUMBER = st.none() | st.integers(1, 10**6)
_UPSTREAM = st.builds(
    Upstream,
    id=st.sampled_from(["tag:mill.example,2019:feed", "yt:channel:UCx", "https://mill.example/feed", ""]),
    title=_WORDS | st.just(""),
    url=st.none() | _ADDRESS,
    feed_url=st.none() | _ADDRESS,
    updated=st.none() | _MOMENT,
    rights=_WORDS | st.just(""),
    language=st.none() | _LANGUAGE,
)
_CATEGORY = st.builds(
    Category,
    term=_WORDS,
    scheme=st.none() | st.sampled_from(["https://mill.example/tags", "urn:x-tags:1", "no scheme"]),
    label=st.none() | _WORDS,
)
_ENCLOSURE = st.builds(
    Enclosure,
    url=_ADDRESS,
    type=st.sampled_from(["audio/mpeg", "video/mp4", "image/png", "application/zip"]),
    length=_NUMBER,
    title=st.none() | _WORDS,
    duration=_NUMBER,
    medium=st.none() | st.sampled_from(["image", "audio", "video", "document", "executable"]),
    width=_NUMBER,
    height=_NUMBER,
)
_EPISODE = st.builds(
    Episode,
    season=st.none() | st.integers(0, 20),
    number=st.none() | st.sampled_from(["1", "007", "1.5", "0", "Bonus"]),
    kind=st.none() | st.sampled_from(["full", "trailer", "bonus"]),
    explicit=st.none() | st.booleans(),
    subtitle=st.just("") | _WORDS,
    image=st.none() | _ADDRESS,
    transcripts=st.lists(st.builds(Link, href=_ADDRESS, type=st.just("text/vtt")), max_size=2, unique=True).map(tuple),
    chapters=st.none() | st.builds(Link, href=_ADDRESS, type=st.just("application/json+chapters")),
)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "title": _WORDS,
    "body": st.sampled_from(["", "<p>x</p>", '<p><img src="https://mill.example/a" alt=""></p>', "<p>a ]]&gt; b</p>"]),
    "summary": _WORDS,
    "url": st.none() | _ADDRESS,
    "language": st.none() | _LANGUAGE,
    "authors": _PEOPLE,
    "contributors": _PEOPLE,
    "tags": st.lists(_WORDS, max_size=3).map(tuple),
    "categories": st.lists(_CATEGORY, max_size=4).map(tuple),
    "image": st.none()
    | st.builds(Image, url=_ADDRESS, caption=st.just("") | st.just("A <em>mill</em>"), alt=_WORDS, width=_NUMBER),
    "enclosures": st.lists(_ENCLOSURE, max_size=3).map(tuple),
    "related": st.lists(_LINK | st.builds(Link, title=_WORDS), max_size=3, unique=True).map(tuple),
    "via": st.none() | _LINK,
    "links": st.lists(
        st.builds(
            Link,
            href=_ADDRESS,
            rel=st.sampled_from(
                ["up", "alternate", "via", "related", "license", "replies", "self", "shortlink", "urn:x-rel:1"]
            ),
            type=st.none() | _TYPE,
        ),
        max_size=6,
    ).map(tuple),
    "licence": st.none() | _ADDRESS | _WORDS,
    "rights": st.just("") | _WORDS,
    "upstream": st.none() | _UPSTREAM,
    "comments": st.none() | _ADDRESS,
    "replies": st.none()
    | st.builds(
        Replies,
        href=st.none() | _ADDRESS,
        type=st.none() | st.sampled_from(["text/html", "application/atom+xml", "application/rss+xml"]),
        count=st.none() | st.integers(0, 99),
        updated=st.none() | _MOMENT,
    ),
    "in_reply_to": st.lists(
        st.builds(
            InReplyTo,
            ref=st.sampled_from(["tag:salt.example,2020:9", "https://salt.example/9", "no id"]),
            href=st.none() | _ADDRESS,
            type=st.none() | _TYPE,
            source=st.none() | _ADDRESS,
        ),
        max_size=3,
    ).map(tuple),
    "place": st.none()
    | st.builds(Place, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180), name=st.none() | _WORDS),
    "episode": st.none() | _EPISODE,
    "extra": st.lists(
        st.tuples(
            st.sampled_from([EXTRA, "{urn:x-vocabulary:1}a", "{http://purl.org/dc/elements/1.1/}type", "plain"]), _WORDS
        ),
        max_size=3,
        unique=True,
    ).map(tuple),
    "published": _MOMENT,
    "updated": st.none() | _MOMENT,
}
ARTICLES: st.SearchStrategy[Article] = st.fixed_dictionaries(_FIELDS).map(lambda fields: article(1, **fields))
"""Any article that could have come from a feed, and some that could not."""
