"""Pairs made by rule from real articles: the same one in another form, or another one that looks like it.

Each rule takes an article of a site and one that has nothing to do with it, and gives the article as another source
would have it.
"""

from __future__ import annotations

import codecs
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from syndicator.core import html
from syndicator.model import Article, Enclosure, Link, Upstream, utc

PUBLISHED = utc(2026, 3, 2, 9, 30, 0)
Rule = Callable[[Article, Article], Article]

_PLANET = Upstream(id="urn:x", title="A planet", url="https://planet.example/")
_WIRE = Upstream(id="urn:y", title="Another paper", url="https://paper.example/")
_EXAMPLE_ID = "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"
"""It stands in RFC 4287, and in feeds whose makers copied it from there."""


def original(article: Article, number: int) -> Article:
    """The article at an address of its own on the site of its feed."""
    host = f"site-{number}.example"
    return replace(
        article,
        source="original",
        title=article.title or f"Untitled {number}",
        url=f"https://{host}/2026/03/story-{number}?id={number}",
        explicit_id=f"tag:{host},2026:{number}",
        upstream=Upstream(id=f"https://{host}/feed", title="A site", url=f"https://{host}/"),
        links=(),
        enclosures=(),
        published=PUBLISHED,
    )


def copied(article: Article, **fields: object) -> Article:
    """The article as another source has it."""
    return replace(article, source="copy", **fields)  # type: ignore[arg-type]


def at(change: Callable[[str, str, str], str], **fields: object) -> Rule:
    """At another address, made of the host, the path and the query; without an id in common."""

    def rule(article: Article, _other: Article) -> Article:
        parts = urlsplit(article.url or "")
        url = change(parts.netloc, parts.path, parts.query)
        return copied(article, **{"url": url, "explicit_id": None, "body": "", "summary": "", **fields})

    return rule


def words(article: Article) -> list[str]:
    return html.words(article.body).split()


def body(*parts: list[str]) -> str:
    return "".join(f"<p>{' '.join(part).replace('<', '&lt;')}</p>" for part in parts)


def at_another_paper(article: Article, hours: int = 5, **fields: object) -> Article:
    """As another paper would print it: address, id and date of its own."""
    number = (article.url or "").rpartition("=")[2]
    return copied(
        article,
        **{
            "url": f"https://paper.example/news/{number}-printed",
            "explicit_id": f"https://paper.example/?p={number}",
            "upstream": _WIRE,
            "published": PUBLISHED + timedelta(hours=hours),
            **fields,
        },
    )


def edited(article: Article, one_in: int) -> str:
    """The body with so many of its words changed, here and there."""
    text = words(article)
    drawn = random.Random(article.url)
    for place in drawn.sample(range(len(text)), max(1, len(text) // one_in)):
        text[place] = f"edited{place}"
    return body(text)


def _edited(article: Article, _other: Article) -> Article:
    return at_another_paper(article, body=edited(article, 100))


def _trimmed(article: Article, _other: Article) -> Article:
    text = words(article)
    return at_another_paper(article, title="Shortened by the desk", body=body(text[: len(text) * 9 // 10]))


def _wrapped(article: Article, other: Article) -> Article:
    text = words(article)
    around = words(other)[: len(text) // 12]
    return at_another_paper(article, title="From our agencies", body=body(around[:4], text, around[4:]))


def _guid_elsewhere(article: Article, _other: Article) -> Article:
    return copied(article, url=f"https://proxy.example/~r/{article.explicit_id}", upstream=_PLANET)


def _rewritten(article: Article, _other: Article) -> Article:
    return replace(_guid_elsewhere(article, _other), title="A better headline", body=edited(article, 100))


def _excerpt(article: Article, _other: Article) -> Article:
    opening = " ".join(words(article)[:30])
    return copied(article, title="Chosen for you", body="", summary=opening, explicit_id=None, upstream=_PLANET)


def _by_link(article: Article, _other: Article) -> Article:
    linked = Link(href=article.url, rel="canonical")
    return at_another_paper(article, body="", summary="", links=(linked,))


URL: dict[str, Rule] = {
    "trackers": at(
        lambda host, path, query: f"https://{host}{path}?utm_source=rss&{query}&fbclid=x&utm_medium=feed#top"
    ),
    "an AMP ending": at(lambda host, path, query: f"https://{host}{path}/amp/?{query}"),
    "an AMP parameter": at(lambda host, path, query: f"https://{host}{path}?{query}&amp=1"),
    "an AMP type": at(lambda host, path, query: f"https://{host}{path}?outputType=amp&{query}"),
    "an AMP host": at(lambda host, path, query: f"https://amp.{host}{path}?{query}"),
    "an AMP viewer": at(lambda host, path, query: f"https://www.google.com/amp/s/{host}{path}?{query}"),
    "an AMP cache": at(
        lambda host, path, query: f"https://{host.replace('.', '-')}.cdn.ampproject.org/c/s/{host}{path}?{query}"
    ),
    "a mobile host": at(lambda host, path, query: f"http://m.{host}{path}?{query}"),
    "another mobile host": at(lambda host, path, query: f"https://mobile.{host}{path}/?{query}"),
    "http, www and a slash": at(lambda host, path, query: f"HTTP://WWW.{host.upper()}:80{path}/?{query}"),
    "an index": at(lambda host, path, query: f"https://{host}{path}/index.html?{query}"),
    "escapes and dots": at(lambda host, path, query: f"https://{host}/x/..{path.replace('s', '%73', 1)}?{query}"),
    "a planet": lambda one, _: copied(one, title=f"Some One: {one.title}", explicit_id=None, upstream=_PLANET),
    "an excerpt": _excerpt,
    "a bare link": at(
        lambda host, path, query: f"https://{host}{path}?{query}", upstream=_PLANET, summary="Comments (12)"
    ),
    "rel=canonical": _by_link,
}
GUID: dict[str, Rule] = {"through a proxy": _guid_elsewhere, "rewritten, through a proxy": _rewritten}
CONTENT: dict[str, Rule] = {
    "the same text": lambda one, _: at_another_paper(one),
    "another headline": lambda one, _: at_another_paper(one, title="What the wire calls it"),
    "small edits": _edited,
    "a trimmed ending": _trimmed,
    "wrapped in boilerplate": _wrapped,
}


def _updated(article: Article, other: Article) -> Article:
    more = words(other)
    text = words(article)
    return at_another_paper(article, title=f"{article.title} (update)", body=body((more * 9)[: len(text) // 2], text))


def _handout(article: Article, other: Article) -> Article:
    """Its own news above the text about the company that all of them carry."""
    about = words(article)[-len(words(article)) // 2 :]
    return at_another_paper(article, title="Another announcement", body=body((words(other) * 9)[: len(about)], about))


def _lead(article: Article, other: Article) -> Article:
    """The same but for its first eighth."""
    text = words(article)
    size = len(text) // 8
    return at_another_paper(article, title="Something else", body=body((words(other) * 9)[:size], text[size:]))


def _episode(article: Article, number: int, file: str) -> Article:
    sound = Enclosure(url=f"https://audio.example/{number}/{file}", type="audio/mpeg")
    return replace(article, title=f"Episode {['one', 'two'][number - 1]}", enclosures=(sound,))


def _translated(article: Article, _other: Article) -> Article:
    said = [codecs.encode(word, "rot13") for word in words(article)]
    return at_another_paper(article, language="de", body=body(said))


def _daily(article: Article, _other: Article) -> Article:
    return at_another_paper(replace(article, title="Closing prices of 4 March"), hours=24)


def _link_post(article: Article, other: Article) -> Article:
    return copied(article, title="Worth reading", body=other.body, explicit_id="tag:b.example,2026:1", upstream=_PLANET)


def _titled_link_post(article: Article, other: Article) -> Article:
    return replace(_link_post(article, other), title=article.title)


def _short_link_post(article: Article, other: Article) -> Article:
    return replace(_titled_link_post(article, other), body="", summary=" ".join(words(other)[:20]))


def _quoting(article: Article, other: Article) -> Article:
    return replace(_titled_link_post(article, other), body=body(words(other), words(article)[:40]))


OTHERS: dict[str, Rule] = {
    "the same title": lambda one, two: at_another_paper(one, body=two.body),
    "the same title and no text": lambda one, _: at_another_paper(one, body="", summary=""),
    "a link with comment": _link_post,
    "a link with comment under its title": _titled_link_post,
    "a link with a line under its title": _short_link_post,
    "a link with comment and quotation": _quoting,
    "an update with half as much more": _updated,
    "a handout with the same ending": _handout,
    "a handout with another first eighth": _lead,
    "a translation": _translated,
    "a table of every day": _daily,
    "a form letter with few names": lambda one, _: at_another_paper(one, title="To Them", body=edited(one, 50)),
    "a form letter": lambda one, _: at_another_paper(one, title="To somebody else", body=edited(one, 25)),
    "the column of the next day": lambda one, _: at_another_paper(one, hours=24, body=edited(one, 25)),
    "a reprint weeks later": lambda one, _: at_another_paper(one, hours=24 * 20),
    "the same text in another language": lambda one, _: at_another_paper(one, language="xx"),
    "the front page as link": lambda one, two: copied(
        two, title=one.title, url=f"https://{urlsplit(one.url or '').netloc}/", explicit_id=None, upstream=_PLANET
    ),
    "another id in the query": at(lambda host, path, query: f"https://{host}{path}?{query}7"),
    "another page of the host": at(lambda host, path, query: f"https://{host}{path}/amplifiers?{query}"),
    "an id that is a number": lambda one, two: at_another_paper(two, explicit_id="1234", title=one.title),
    "an id from the specification": lambda one, two: at_another_paper(two, explicit_id=_EXAMPLE_ID, title="Another"),
    "the next episode": lambda one, _: at_another_paper(_episode(one, 2, "second.mp3")),
    "the next episode under one file name": lambda one, _: at_another_paper(_episode(one, 2, "default.mp3")),
}
"""The article beside these is made by `beside`."""


def beside(name: str, article: Article, number: int) -> Article:
    """What the article of that rule is compared with."""
    first = original(article, number)
    if name == "a table of every day":
        return replace(first, title="Closing prices of 3 March")
    if name == "an id that is a number":
        return replace(first, explicit_id="1234")
    if name == "an id from the specification":
        return replace(first, explicit_id=_EXAMPLE_ID)
    if name == "the front page as link":
        return replace(first, url=f"https://site-{number}.example/", explicit_id=None)
    if name == "the same text in another language":
        return replace(first, language="en")
    if name.startswith("the next episode"):
        return _episode(first, 1, "default.mp3" if "file name" in name else "first.mp3")
    return first


def first_seen(article: Article, now: datetime = PUBLISHED) -> Article:
    """As the store keeps it: what names no date was published when it was found."""
    return replace(article, published=article.published or now)
