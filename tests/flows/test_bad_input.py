"""Bad input of every kind: the line that a person gets, the rest published, feeds valid, the last good version kept."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema
import lxml.html
import pytest
from lxml import etree

from syndicator.core import html
from syndicator.edge import scan
from syndicator.model import Notice, Problem, Report
from tests.conftest import shared
from tests.flows.world import World, story
from tests.running import Site

GOOD = story(1, title="Good")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file, the lines told of it as `path:line: text` without the path, and the title it is published under."""

    name: str
    data: bytes
    told: tuple[str, ...]
    title: str | None = None


def refused(name: str, data: str | bytes, *told: str) -> Case:
    return Case(name=name, data=data.encode() if isinstance(data, str) else data, told=told)


def published(name: str, data: str | bytes, title: str, *told: str) -> Case:
    return Case(name=name, data=data.encode() if isinstance(data, str) else data, told=told, title=title)


def markdown(head: str, body: str = "Some text.") -> str:
    return f"---\ndate: 2024-01-23\n{head}\n---\n{body}\n"


NO_TEXT = "save it as plain text in UTF-8"
EMPTY = ": the file is empty: write an article into it, or remove it"
YAML = "front matter is not valid YAML:"
A_DATE = "a date, as 2024-01-23 or 2024-01-23T10:30:00+01:00"
NO_DATE = ": there is no date that can be read, so the article is dated by when it was first seen: write one"
FUTURE = "correct it; `publish_at` is what holds an article back"
SCHEMES = "not published in links and pictures: write an address that begins with https://"
MADE = ": there is no title; it was made from the first sentence: write one if it should be another"
NO_BODY = ": there is only a title; the article is published without text: write some"
ABSENT = "put it there, or write its whole address"
BOMB = "\n".join(
    [
        "a: &a [x,x,x,x,x,x,x,x,x]",
        *(f"{c}: &{c} [{','.join([f'*{b}'] * 9)}]" for b, c in zip("abcdef", "bcdefg", strict=True)),
    ]
)

REFUSED = {
    "empty": refused("a.md", "", EMPTY),
    "only white space": refused("a.md", " \n\t\n", EMPTY),
    "only a byte order mark": refused("a.txt", b"\xef\xbb\xbf", EMPTY),
    "binary": refused("a.md", bytes(range(256)) * 16, f": the file is binary, not text: {NO_TEXT}"),
    "zeros": refused("a.txt", b"\0" * 1000, f": the file is binary, not text: {NO_TEXT}"),
    "a picture": refused(
        "a.md", b"\x89PNG\r\n\x1a\n" + b"x" * 100, f": the file is a PNG picture, not text: {NO_TEXT}"
    ),
    "a program": refused("a.md", b"\x7fELF" + b"\0" * 100, f": the file is a program, not text: {NO_TEXT}"),
    "a PDF": refused("a.txt", b"%PDF-1.7\n", f": the file is a PDF document, not text: {NO_TEXT}"),
    "a broken encoding": refused(
        "a.txt",
        b"\xff\xfe\0\0" + b"\xff" * 8,
        f": the file begins as UTF-32-LE but does not go on so: {NO_TEXT}",
    ),
    "20 MB": refused("a.md", b"word " * 4_000_000, ": it is larger than 4 MiB; make it smaller or split it"),
    "a million short lines": refused(
        "a.md", "a\n" * 1_000_000, ": the file has 1,000,001 lines, more than 200,000: split it, or remove it"
    ),
    "too many lines of Markdown": refused(
        "a.md", markdown("title: A", "a\n" * 150_000), ": text: more than 100,000 lines are no article; split the file"
    ),
    "nothing but brackets": refused(
        "a.md",
        "[" * 600_000,
        ": text: more than 100,000 links, tables' bars, paragraphs, list items and other marks are no article: "
        "split the file",
    ),
    "nothing but tags": refused(
        "a.html", "<html>" + "<p>" * 250_000, ": page: it has more than 200,000 tags: split it, or remove it"
    ),
    "a list never closed": refused(
        "a.md", markdown("title: [a"), f":3: {YAML} a list or map is opened and never closed, close it"
    ),
    "a colon in a value": refused(
        "a.md", markdown("title: a: b"), f":3: {YAML} a value holds `: `, put the value in quotes"
    ),
    "quotes never closed": refused(
        "a.md", markdown('title: "a'), f":3: {YAML} quotes are opened and never closed, close them"
    ),
    "a tab": refused(
        "a.md", markdown("title: a\n\tslug: b"), f":4: {YAML} a tab stands where only spaces may, replace it by spaces"
    ),
    "front matter without end": refused(
        "a.md", "---\ntitle: a\n", ":1: front matter never ends: put a line of --- behind its last key"
    ),
    "front matter without keys": refused(
        "a.md",
        "---\n[a]\n---\nText.\n",
        ":2: front matter holds no keys: write each as `key: value` on a line of its own",
    ),
    "invalid TOML": refused(
        "a.md",
        "+++\ntitle = a\n+++\nText.\n",
        ":2: front matter is not valid TOML: Invalid value; correct it; text values stand in quotes",
    ),
    "a YAML bomb": refused(
        "a.md", markdown(BOMB), ":7: front matter holds more than 10,000 values: shorten it or take aliases out"
    ),
    "YAML in itself": refused(
        "a.md", markdown("a: &a [*a]"), ":3: *a refers to itself or to nothing: write the value out"
    ),
    "deep YAML": refused(
        "a.md", markdown("a: " + "[" * 5000 + "]" * 5000), ":3: front matter is nested deeper than 32: flatten it"
    ),
    "long YAML": refused(
        "a.md",
        markdown("a: " + "x" * 300_000),
        ":1: front matter is longer than 262,144 characters: put text below the second ---",
    ),
    "a lone surrogate written in YAML": refused(
        "a.md",
        markdown('title: "a \\ud800"'),
        f":3: {YAML} an escape with `\\u` means no character, write the character itself",
    ),
    "neither title nor text": refused(
        "a.md",
        markdown("tags: a", ""),
        ": title: neither a title nor text is to be found; write `title: …` in the front matter",
    ),
    "a page of nothing": refused(
        "a.html",
        "<html><head><script>x</script></head></html>",
        ": page: neither a title nor text is to be found in it; write `<title>` and the text",
    ),
    "a status nobody knows": refused(
        "a.md",
        markdown("status: foo"),
        ":3: status: `foo` cannot be read, so the article is held back: "
        "write published, draft, withdrawn, corrected, retracted or killed",
    ),
    "a draft that may be none": refused(
        "a.md",
        markdown("draft: perhaps"),
        ":3: draft: `perhaps` cannot be read, so the article is held back: write true or false",
    ),
    "an embargo nobody can read": refused(
        "a.md",
        markdown("publish_at: soon"),
        ":3: publish_at: `soon` cannot be read, so the article is held back: "
        "write a date, as 2024-01-23T10:30:00+01:00",
    ),
    "an expiry nobody can read": refused(
        "a.md",
        markdown("expire_at: soon"),
        ":3: expire_at: `soon` cannot be read, so the article would never expire: "
        "write a date, as 2024-01-23T10:30:00+01:00",
    ),
    "an expiry in year 0": refused(
        "a.md",
        markdown("expire_at: 0000-01-01"),
        ":3: expire_at: `0000-01-01` cannot be read, so the article would never expire: "
        "write a date, as 2024-01-23T10:30:00+01:00",
    ),
}

PUBLISHED = {
    "a YAML tag": published(
        "a.md",
        markdown('title: A\nauthor: !!python/object/apply:os.system ["echo"]\nslug: !secret b'),
        "A",
        ":4: `!!python/object/apply:os.system` is a YAML tag and not followed, the value is read as it is written: "
        "take the tag out",
        ":5: `!secret` is a YAML tag and not followed, the value is read as it is written: take the tag out",
    ),
    "control characters in a title": published(
        "a.md",
        markdown("title: A\x00 t\x07itle\x1b"),
        "A title",
        ": encoding: 3 control characters removed, the first U+0000 in line 3",
    ),
    "control characters written in YAML": published(
        "a.md",
        markdown('title: "A\\0 t\\x07itle"'),
        "A title",
        ":3: title: control characters in it were removed; take them out",
    ),
    "the end of a CDATA section": published(
        "a.md",
        markdown(
            'title: "]]> & <b> --> <? </script>"\nsummary: "]]> &amp; x"\nauthor: "]]>"\ntags: ["]]>", "<b>"]',
            "Some ]]> text `]]>` <![CDATA[x]]> &bogus; &nbsp; &#x1; end.",
        ),
        "]]> & <b> --> <? </script>",
    ),
    "lone surrogates": published(
        "a.md",
        markdown("title: A title").encode() + b"Lone \xed\xa0\x80 and paired \xed\xa0\xbd\xed\xb8\x80.\n",
        "A title",
        ": encoding: not quite UTF-8: surrogates joined to characters or removed, the first in line 6",
    ),
    "lone surrogates in a page": published(
        "a.html",
        '<html><head><script type="application/ld+json">{"@type": "NewsArticle", "headline": "A \\ud800title\\u0007", '
        '"datePublished": "2024-01-23"}</script></head><body><article><p>Some text of a page.</p></article>',
        "A title",
    ),
    "an old encoding": published(
        "a.txt",
        "# Привет мир\n\n23 января 2024\n\nЭто текст статьи на русском языке, написанный в старой кодировке.\n".encode(
            "cp1251"
        ),
        "Привет мир",
        ": encoding: read as Windows-1251, which it looks like; save it as UTF-8",
    ),
    "a date in year 0": published(
        "a.md",
        "---\ntitle: A\ndate: 0000-01-01\n---\nSome text.\n",
        "A",
        f":3: date: `0000-01-01` is left out, it should be {A_DATE}",
        NO_DATE,
    ),
    "a date in year 1": published(
        "a.md",
        "---\ntitle: A\ndate: 0001-01-01\n---\nSome text.\n",
        "A",
        ": date: 0001-01-01T00:00:00+00:00 lies before 1970, so the article is dated by when it was first seen: "
        "correct it",
    ),
    "a date in year 9999": published(
        "a.md",
        "---\ntitle: A\ndate: 9999-12-31T23:59:59Z\nupdated: 9999-12-31\n---\nSome text.\n",
        "A",
        ": date: 9999-12-31T23:59:59+00:00 lies in the future, so the article is dated by when it was first seen: "
        + FUTURE,
        ": updated: 9999-12-31T00:00:00+00:00 lies in the future, so it is left out: correct it",
    ),
    "a date in year 9999 beyond time itself": published(
        "a.md",
        "---\ntitle: A\ndate: 9999-12-31T23:59:59-14:00\n---\nSome text.\n",
        "A",
        f":3: date: `9999-12-31T23:59:59-14:00` is left out, it should be {A_DATE}",
        NO_DATE,
    ),
    "a date in year 9999 in a scraped text": published(
        "a.txt",
        "# A\n\nJanuary 1, 9999\n\nSome text.\n",
        "A",
        ": date: 9999-01-01T00:00:00+00:00 lies in the future, so the article is dated by when it was first seen: "
        + FUTURE,
    ),
    "no date": published("a.md", "---\ntitle: A\n---\nSome text.\n", "A", NO_DATE),
    "no title": published("a.md", markdown("tags: a", "A first sentence. Then another."), "A first sentence.", MADE),
    "no title in a scraped text": published(
        "a.txt",
        "January 23, 2024\n\nA first sentence. Then another.\n",
        "A first sentence.",
        ":3: the text has no heading; its title was taken from the first line",
    ),
    "no title in a page": published(
        "a.html",
        '<html><body><p>A first sentence of a page. Then another.</p><time datetime="2024-01-23" pubdate></time>',
        "A first sentence of a page.",
        MADE,
    ),
    "two titles": published(
        "a.md",
        "---\ntitle: A\ntitle: B\ndate: 2024-01-23\n---\n\n# C\n\nSome text.\n",
        "B",
        ":3: title: given twice, the last one counts: take one out",
        ":7: there is a second title, `C`; it stays in the text: take one out, or begin it with ##",
    ),
    "two titles in a scraped text": published(
        "a.txt",
        "# A\n\nJanuary 23, 2024\n\nSome text.\n\n# B\n\nMore text.\n",
        "A",
        ":7: the text has a second title; it became part of the body",
    ),
    "only a title": published("a.md", markdown("title: A title", ""), "A title", NO_BODY),
    "only a heading": published("a.txt", "# A title\n", "A title", NO_BODY, NO_DATE),
    "only the title of a page": published(
        "a.html", "<html><head><title>A title</title></head></html>", "A title", NO_BODY, NO_DATE
    ),
    "javascript: in the keys": published(
        "a.md",
        markdown(
            'title: A\nurl: javascript:alert(1)\nimage: "javascript:alert(1)"\nenclosure: "data:text/html,alert(1)"\n'
            'related: "javascript:alert(1)"\nsource: "vbscript:alert(1)"\n'
            'author: {name: Eve, url: "javascript:alert(1)"}'
        ),
        "A",
        ":4: url: `javascript:alert(1)` is left out, it should be an absolute address that begins with https:// or "
        "http://",
        ":5: image: `javascript:alert(1)` is left out, it should be an address or a file's name, or a map with url, "
        "alt and caption",
        ":6: enclosure: `data:text/html,alert(1)` is left out, it should be an address or a file's name, or a list of "
        "maps with url, type and length",
        ":7: related: `javascript:alert(1)` is left out, it should be absolute addresses, titles, or maps of both",
        ":8: source: `vbscript:alert(1)` is left out, it should be an absolute address, a name, or a map of both",
    ),
    "javascript: in the text": published(
        "a.md",
        markdown(
            "title: A",
            'Some text.\n\n[x](javascript:alert(1)) <a href=" JaVa\tScript:alert(1)">y</a>\n'
            '<a href="&#106;avascript:alert(1)">z</a> ![i](vbscript:alert(1)) [j](javascript://e.org/%0aalert(1))\n'
            "![d](data:image/png;base64,AAAA)\n\n`a link of javascript`",
        ),
        "A",
        f":7: `javascript:`, `vbscript:`, `data:`: {SCHEMES}",
    ),
    "javascript: in a scraped text": published(
        "a.txt",
        "# A\n\nBy [Eve](javascript:alert(1))\n\nJanuary 23, 2024\n\nSome [text](javascript:alert(1)).\n\n"
        "**Related article: [B](javascript:alert(1))**\n\nOriginal url:\n\njavascript:alert(1)\n",
        "A",
        ":11: the original address is none that can be linked to; it was left out",
        f":3: `javascript:`: {SCHEMES}",
    ),
    "script in the text": published(
        "a.md",
        markdown(
            "title: A",
            "Some <script>alert(1)</script> text.\n\n<script>\nalert(1)\n\nalert(1)</script>\n\n"
            "<svg onload=alert(1)><style>alert(1)</style></svg>\n\n"
            '<img src="https://example.org/x.png"\nonerror=alert(1)><iframe srcdoc="alert(1)"></iframe>\n\n'
            "`<script>no_script()</script>`",
        ),
        "A",
        ":5: `<script>`, `<svg>`, `<style>`, `<iframe>`: not published, nor what stands in it: take it out",
        ":12: `onload=`, `onerror=`: an attribute that is not published: take it out",
    ),
    "script in a page": published(
        "a.html",
        "<html><head><title>A</title><script>alert(1)</script>"
        '<meta property="article:published_time" content="2024-01-23"></head><body onload="alert(1)"><article>'
        '<p onclick="alert(1)">Some text of a page, <a href="javascript:alert(1)">long enough</a> to be found in it.'
        "<script>alert(1)</script></p></article></body></html>",
        "A",
    ),
    "files that are not there": published(
        "a.md",
        markdown(
            "title: A\nimage: picture.png\nenclosure: sound%20file.mp3",
            "Some ![a](../a%20b.gif) text, [b](paper.pdf), [c](other.md),\n"
            "![d](drawing.svg) ![e](/photos/e.jpg) ![f](f.tga) [g](/about.html) [h](?page=2) [i](../up/) [j](up).",
        ),
        "A",
        f":4: picture.png is not beside the article: {ABSENT}",
        f":5: sound file.mp3 is not beside the article: {ABSENT}",
        f":7: ../a b.gif is not beside the article: {ABSENT}",
        f":7: paper.pdf is not beside the article: {ABSENT}",
        ":7: other.md is an article file, which has no address of its own: link to the address of its page",
        ":8: drawing.svg is of a kind that is never published (it may hold scripts): use PNG, or write its whole "
        "address",
        f":8: /photos/e.jpg is not in the folder of articles: {ABSENT}",
        f":8: f.tga names no file of a kind that is published: {ABSENT}",
    ),
    "files that may lie at the original": published(
        "a.md",
        markdown(
            "title: A\nurl: https://example.org/a/b\nimage: picture.png", "Some ![a](/a.gif) text, [b](paper.pdf)."
        ),
        "A",
        ":5: picture.png is not beside the article, so it is taken to lie at https://example.org/a/picture.png: "
        "put it there if it does not",
    ),
    "markup in every field": published(
        "a.md",
        markdown(
            'title: "<i>A</i> & B"\nauthor: ["<b>Eve</b>", "Bob <b@localhost>"]\ntags: ["<b>x</b>", "&amp;"]\n'
            'licence: "<b>CC</b> & ]]>"\nimage: {caption: "<script>alert(1)</script> <b>x"}\nlanguage: jp'
        ),
        "<i>A</i> & B",
        ":8: language: `jp` is left out, it should be a language tag, as en or pt-BR",
    ),
}

CASES = REFUSED | PUBLISHED


PATHS = {name: f"{number:02}/{case.name}" for number, (name, case) in enumerate(CASES.items())}


def good(path: str, title: str) -> str:
    """An article for that path about which there is nothing to tell."""
    number = int(path[:2])
    if not path.endswith(".html"):
        return story(number, title=title)
    body = f"<p>The story of number {number}: {' '.join(f'w{number}x{n}' for n in range(60))}.</p>"
    head = f'<title>{title}</title><meta property="article:published_time" content="2024-01-23">'
    return f"<html><head>{head}</head><body><article>{body}</article></body></html>"


def lines(report: Report) -> list[str]:
    """What is told, as the commands print it."""
    told: list[tuple[str, Problem | Notice]] = [(problem.path, problem) for problem in report.problems]
    told += report.notices
    return [
        f"{path}{f':{what.line}' if what.line else ''}: {what.reason if isinstance(what, Problem) else what.text}"
        for path, what in told
    ]


def told_of(report: Report, path: str) -> list[str]:
    return [line for line in lines(report) if line.startswith(f"{path}:")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a build told, and what readers see then: by file, id and title in each of the three feeds."""

    told: Report
    shown: dict[str, list[tuple[str, str]]]


def see(world: World) -> Seen:
    told = world.build()
    feeds = [{e.id: unescape(e.title) for e in world.feed(path).entries} for path in ("feed.xml", "rss.xml")]
    feeds.append({item["id"]: item["title"] for item in json.loads(world.file("feed.json"))["items"]})
    ids = {file.path: file.article_id for file in world.ports.store.files("seeds")}
    return Seen(told=told, shown={path: [(id, feed[id]) for feed in feeds if id in feed] for path, id in ids.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The same folder in five states: all good, all bad, unchanged, mended, and another one that was bad at once."""

    good: Seen
    bad: Seen
    still: Seen
    mended: Seen
    at_once: Seen


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, check_feeds: Callable[[Path], None]) -> Iterator[History]:
    def fill(world: World, content: Callable[[str, Case], str | bytes]) -> Seen:
        for name, case in CASES.items():
            world.write(PATHS[name], content(PATHS[name], case))
        seen = see(world)
        check_feeds(world.root)
        return seen

    worlds = [World(tmp_path_factory.mktemp("bad"), items=500, folder_tags=False) for _ in range(2)]
    yield History(
        good=fill(worlds[0], lambda path, case: good(path, f"Good {path}")),
        bad=fill(worlds[0], lambda path, case: case.data),
        still=see(worlds[0]),
        mended=fill(worlds[0], lambda path, case: good(path, f"Mended {path}")),
        at_once=fill(worlds[1], lambda path, case: case.data),
    )
    for world in worlds:
        world.close()


def documents(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every published feed."""
    for path in sorted((root / "feeds").rglob("*")):
        if path.name in ("feed.xml", "rss.xml", "feed.json"):
            yield path.relative_to(root / "feeds").as_posix(), path.read_bytes()


@pytest.fixture(scope="module")
def check_feeds() -> Callable[[Path], None]:
    """Fails unless every feed under feeds/ is valid and holds nothing that could run."""
    grammar = etree.RelaxNG(etree.parse(shared("schemas", "atom.rng")))
    schema = jsonschema.Draft7Validator(json.loads(shared("schemas", "schema-v1.1.json").read_text()))

    def check(root: Path) -> None:
        for path, body in documents(root):
            assert b"alert(1)" not in body, path
            if path.endswith("feed.xml"):
                grammar.assertValid(atom := etree.fromstring(body))
                contents = [content.text for content in atom.iter("{*}content") if content.get("type") == "html"]
            elif path.endswith("rss.xml"):
                check_rss(channel := etree.fromstring(body)[0])
                contents = [content.text for content in channel.iter("{*}encoded")]
            else:
                feed = json.loads(body)
                assert [error.message for error in schema.iter_errors(feed)] == []
                contents = [item["content_html"] for item in feed["items"] if "content_html" in item]
            for content in contents:
                check_html(content)

    return check


def check_rss(channel: Any) -> None:
    """What RSS 2.0 demands: of the channel and of every item."""
    assert all(channel.findtext(name) for name in ("title", "link", "description"))
    for item in channel.iterfind("item"):
        assert item.findtext("title")
        assert item.findtext("description")
        assert item.findtext("link").startswith("http")
        assert item.findtext("pubDate").endswith("GMT")
        assert (item.find("guid").get("isPermaLink"), bool(item.findtext("guid"))) == ("false", True)
        assert all(set(found.keys()) == {"url", "length", "type"} for found in item.iterfind("enclosure"))


def check_html(content: str) -> None:
    """Nothing in it runs, and every address is one that can be followed from anywhere."""
    for element in lxml.html.fromstring(f"<div>{content}</div>").iter():
        assert element.tag not in html.REMOVED
        for name, value in element.items():
            assert not name.startswith("on"), name
            assert name not in ("href", "src") or value.startswith(("https://", "http://", "mailto:")), value


EVERY_CASE = pytest.mark.parametrize("name", CASES)


@EVERY_CASE
def test_bad_input_gives_a_clear_line_and_what_can_be_published_is(history: History, name: str) -> None:
    path, case = PATHS[name], CASES[name]
    assert told_of(history.at_once.told, path) == [path + line for line in case.told]
    assert [title for _, title in history.at_once.shown[path]] == ([case.title] * 3 if case.title else [])


@EVERY_CASE
def test_what_cannot_be_published_leaves_the_last_good_version(history: History, name: str) -> None:
    path, case = PATHS[name], CASES[name]
    id, title = history.good.shown[path][0]
    assert title == f"Good {path}"
    assert told_of(history.bad.told, path) == [path + line for line in case.told]
    assert history.bad.shown[path] == [(id, case.title or title)] * 3
    assert history.mended.shown[path] == [(id, f"Mended {path}")] * 3


def test_what_was_told_is_not_told_again_and_nothing_is_told_of_good_files(history: History) -> None:
    assert [lines(seen.told) for seen in (history.good, history.still, history.mended)] == [[], [], []]
    assert history.still.shown == history.bad.shown


def test_the_command_prints_every_line(tmp_path: Path, check_feeds: Callable[[Path], None]) -> None:
    (tmp_path / "syndicator.toml").write_text("[seeds]\nfolder_tags = false\n")
    with closing(Site(tmp_path)) as site:
        for name, case in CASES.items():
            (site.seeds / PATHS[name]).parent.mkdir()
            (site.seeds / PATHS[name]).write_bytes(case.data)
        done = site.call("build")
    told = [PATHS[name] + line for table in (REFUSED, PUBLISHED) for name, case in table.items() for line in case.told]
    assert [line for line in done.stderr.splitlines() if line.startswith(tuple(PATHS.values()))] == told
    assert done.returncode == 1
    check_feeds(tmp_path)


LINK = "it is a symbolic link, which is never followed; put the file itself here"
SPECIAL: dict[str, tuple[str | bytes, Callable[[Path, Path], object], str]] = {
    "a pipe": ("x.md", lambda x, _: os.mkfifo(x), "x.md: it is a pipe, not a file; remove it"),
    "a link to a file": ("x.md", lambda x, out: x.symlink_to(out / "secret.md"), f"x.md: {LINK}"),
    "a relative link": ("x.md", lambda x, out: x.symlink_to("../outside/secret.md"), f"x.md: {LINK}"),
    "a link to a folder": ("x", lambda x, out: x.symlink_to(out), f"x: {LINK}"),
    "a link to nothing": ("x.md", lambda x, _: x.symlink_to("nowhere.md"), f"x.md: {LINK}"),
    "a link to itself": ("x.md", lambda x, _: x.symlink_to("x.md"), f"x.md: {LINK}"),
    "a hard link": (
        "x.md",
        lambda x, out: os.link(out / "secret.md", x),
        "x.md: it has another hard link, which may lie outside; put a copy here",
    ),
    "a socket": (
        "x.md",
        lambda x, _: os.mknod(x, stat.S_IFSOCK | 0o600),
        "x.md: it is a socket, not a file; remove it",
    ),
    "a line break in a name": (
        "x\ny.md",
        lambda x, _: x.write_text(story(2)),
        "x\\x0ay.md: the name holds a line break or control character; rename it",
    ),
    "a line break in a folder's name": (
        "x\ny",
        lambda x, _: (x.mkdir(), (x / "a.md").write_text(story(2))),
        "x\\x0ay: the name holds a line break or control character; rename it",
    ),
    "an escape in a name": (
        "x\x1b[31m.md",
        lambda x, _: x.write_text(story(2)),
        "x\\x1b[31m.md: the name holds a line break or control character; rename it",
    ),
    "a name that is not UTF-8": (
        b"x\xff.md",
        lambda x, _: x.write_text(story(2)),
        "x\\xff.md: the name is not UTF-8; rename it",
    ),
    "a folder far down": (
        "/".join("d" * 17),
        lambda x, _: (x.mkdir(parents=True), (x / "a.md").write_text(story(2))),
        f"{'/'.join('d' * 17)}: folders are read 16 levels deep; move it up",
    ),
}


@pytest.mark.parametrize(("name", "make", "told"), SPECIAL.values(), ids=SPECIAL.keys())
def test_what_is_no_article_file_is_refused_with_a_line_and_never_read(
    world: World,
    check_feeds: Callable[[Path], None],
    name: str | bytes,
    make: Callable[[Path, Path], object],
    told: str,
) -> None:
    outside = world.root / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("# The secret\n\nIt must stay outside.\n")
    world.write("good.md", GOOD)
    path = world.seeds / os.fsdecode(name)
    make(path, outside)
    assert lines(world.build()) == [told]
    assert world.titles() == ["Good"]
    assert not any(b"secret" in body for body in world.snapshot().values())
    check_feeds(world.root)
    assert lines(world.build()) == []
    top = world.seeds / os.fsdecode(name).split("/")[0]
    shutil.rmtree(top) if top.is_dir() and not top.is_symlink() else top.unlink()
    world.build()
    assert [file.path for file in world.ports.store.files("seeds")] == ["good.md"]


@pytest.mark.parametrize("name", ["a pipe", "a link to a file", "a hard link"])
@pytest.mark.parametrize("look", [World.build, lambda world: world.event("x.md")], ids=["scan", "event"])
def test_an_article_that_becomes_no_file_stays_as_it_was_and_comes_back(
    world: World, name: str, look: Callable[[World], Report]
) -> None:
    _, make, told = SPECIAL[name]
    (world.root / "secret.md").write_text(story(2))
    world.write("x.md", GOOD)
    world.build()
    before = world.snapshot()
    world.remove("x.md")
    make(world.seeds / "x.md", world.root)
    assert (lines(look(world)), world.snapshot()) == ([told], before)
    world.remove("x.md")
    world.write("x.md", GOOD)
    look(world)
    assert [(file.path, file.problem) for file in world.ports.store.files("seeds")] == [("x.md", None)]
    assert world.snapshot() == before


def grow(path: Path) -> None:
    with path.open("a") as file:
        file.write("More.\n")


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 10)


def replace(path: Path) -> None:
    path.with_suffix(".tmp").write_text(path.read_text())
    path.with_suffix(".tmp").replace(path)


@pytest.mark.parametrize("change", [grow, cut_off, replace])
def test_a_file_that_changes_while_it_is_read_is_told_and_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    world.write("a.md", GOOD)
    world.build()
    before = world.snapshot()
    world.write("a.md", story(2, title="Newer"))
    real, path = os.fstat, world.seeds / "a.md"

    def changing(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        if found.st_ino == path.stat().st_ino:
            change(path)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", changing)
        report = world.event("a.md")
    assert lines(report) == ["a.md: it changed while it was read; it will be read again"]
    assert world.snapshot() == before
    world.write("a.md", story(2, title="At rest"))
    assert (lines(world.build()), world.titles()) == ([], ["At rest"])


def test_too_many_files_at_once_are_told_and_so_many_are_published_as_may_be(
    world: World, check_feeds: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        world.write(f"{number}.md", story(number))
    monkeypatch.setattr(scan, "MOST_FILES", 12)
    assert lines(world.build()) == [
        ".: it holds more than 100,000 article files (or 1,000,000 files of any kind); "
        "the rest is not read: split it into several folders with a syndicator each"
    ]
    some = set(world.titles())
    assert len(some) == 12
    check_feeds(world.root)
    monkeypatch.setattr(scan, "MOST_FILES", 100)
    assert lines(world.build()) == []
    assert set(world.titles()) == {f"Story {number}" for number in range(20)} > some
    monkeypatch.setattr(scan, "MOST_FILES", 12)
    world.build()
    world.wait(hours=1)
    world.build()
    assert len(world.ids()) == 20


def test_a_picture_that_comes_ends_its_notice_and_one_that_goes_begins_it(world: World) -> None:
    world.write("a.md", markdown("title: A", "Some ![text](pic.gif) here."))
    told = f"a.md:5: pic.gif is not beside the article: {ABSENT}"
    assert lines(world.build()) == [told]
    world.write("pic.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;")
    world.event("pic.gif")
    assert [file.notices for file in world.ports.store.files("seeds")] == [()]
    world.remove("pic.gif")
    assert lines(world.event("pic.gif")) == [told]


def test_markup_in_fields_that_are_text_is_taken_out(world: World) -> None:
    fields = 'tags: ["<i>x</i>", "<video>"]\nlicence: "<b>CC</b> & ]]>"\nrelated: "<b>B</b>"'
    world.write("a.md", markdown(f'title: A\nauthor: ["<b>Eve</b>", "Bob <b@example.org>"]\n{fields}'))
    world.build()
    (item,) = json.loads(world.file("feed.json"))["items"]
    assert item["authors"] == [{"name": "Eve"}, {"name": "Bob", "url": "mailto:b@example.org"}]
    assert item["tags"] == ["x", "<video>"]
    assert item["_syndicator"] == {"licence": "CC & ]]>", "related": [{"title": "B"}]}
