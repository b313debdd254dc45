"""2,000 cases of feedparser's own tests: what they expect of an entry is in its article, and nothing harms us."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest

from syndicator.core import html
from syndicator.core.text import one_line
from syndicator.core.upstream import read
from syndicator.core.urls import is_web, safe_url
from syndicator.errors import BadFeed
from syndicator.model import Article, Incoming, Person
from tests.conftest import shared

HOST = "http://127.0.0.1:8097/"
LITERAL = r"(u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\")"
EXPECTED = re.compile(rf"entries\[0\]((?:\['?\w+'?\])+) == {LITERAL}(?: |$)")
HEADER = re.compile(r"^Header:\s*([\w-]+):\s*(.*?)\s*$", re.MULTILINE)

TEXT_IN_BASE64 = "base64 of no known type: Atom 0.3 does not say what it is"
TWO_DESCRIPTIONS = "a second description is no content"
PARAGRAPH = "plain text becomes a paragraph"
PLAIN = "angle brackets in plain text are themselves"
OURS_CLEANS = "what is within a forbidden element goes with it, and broken HTML is read as browsers read it"
DIFFERENT = {
    "atom/entry_summary_base64.xml": TEXT_IN_BASE64,
    "atom/entry_summary_base64_2.xml": TEXT_IN_BASE64,
    "atom/entry_title_base64.xml": TEXT_IN_BASE64,
    "atom/entry_title_base64_2.xml": TEXT_IN_BASE64,
    "atom10/entry_content_base64.xml": TEXT_IN_BASE64,
    "atom10/entry_content_base64_2.xml": TEXT_IN_BASE64,
    "atom10/entry_summary_base64.xml": TEXT_IN_BASE64,
    "atom10/entry_summary_base64_2.xml": TEXT_IN_BASE64,
    "atom10/entry_title_base64.xml": TEXT_IN_BASE64,
    "atom10/entry_title_base64_2.xml": TEXT_IN_BASE64,
    "atom10/entry_source_title_base64.xml": TEXT_IN_BASE64,
    "atom10/entry_source_title_base64_2.xml": TEXT_IN_BASE64,
    "atom/entry_title_text_plain_brackets.xml": PLAIN,
    "atom10/entry_rights_text_plain_brackets.xml": PLAIN,
    "atom10/entry_title_text_plain_brackets.xml": PLAIN,
    "atom/entry_content_value.xml": PARAGRAPH,
    "atom10/entry_content_text_plain.xml": PARAGRAPH,
    "atom10/entry_content_text_plain_brackets.xml": PARAGRAPH,
    "atom10/entry_content_value.xml": PARAGRAPH,
    "base/http_entry_id_base_content_location.xml": "an id is kept as it is given",
    "base/http_entry_id_base_docuri.xml": "an id is kept as it is given",
    "rss/entity_in_doctype.xml": "what a document type declares is not expanded",
    "rss/item_description_and_summary.xml": TWO_DESCRIPTIONS,
    "rss/item_summary_and_description.xml": TWO_DESCRIPTIONS,
}
CLEANED_OTHERWISE = dict.fromkeys(
    (
        "entry_content_crazy.xml",
        "entry_content_iframe.xml",
        "entry_content_object.xml",
        "entry_title_crazy.xml",
        "entry_title_object.xml",
        "item_content_encoded_script_nested_cdata.xml",
    ),
    OURS_CLEANS,
)


@dataclass(frozen=True)
class Case:
    name: str
    incoming: Incoming
    expectations: tuple[tuple[tuple[str, ...], str], ...]


def cases(folder: str) -> Iterator[Case]:
    root = shared("corpus", "feedparser", folder)
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        yield case(name, path)


def case(name: str, path: Path) -> Case:
    body = path.read_bytes()
    text = body.decode("utf-8", "replace")
    headers = {key.lower(): value for key, value in HEADER.findall(text)}
    location = headers.get("content-location")
    url = urljoin(f"{HOST}{name}", location)
    expected = re.search(r"Expect:\s*(.*)", text)
    return Case(
        name,
        Incoming(
            body=body,
            url=url,
            content_type=headers.get("content-type"),
            content_location=location,
            content_language=headers.get("content-language"),
        ),
        tuple(
            (tuple(re.findall(r"\w+", path)), str(ast.literal_eval(value)))
            for path, value in (EXPECTED.findall(expected[1]) if expected else ())
        ),
    )


def person(field: str) -> Callable[[Person], str | None]:
    return lambda one: {"name": one.name, "email": one.email}.get(field, one.uri)


def in_article(article: Article, path: tuple[str, ...]) -> object:
    """What the article says where feedparser has `path`. KeyError: an article holds no such thing, or not as that."""
    match path:
        case ("title",):
            return article.title
        case ("link",):
            return article.url
        case ("id" | "guid",):
            return article.explicit_id
        case ("author_detail", field):
            return [person(field)(one) for one in article.authors[:1]]
        case ("authors" | "contributors" as kind, number, field):
            return [person(field)(one) for one in getattr(article, kind)[int(number) :][:1]]
        case ("category",):
            return article.tags[0]
        case ("tags", number, "term"):
            terms = {category.label or category.term: category.term for category in article.categories}
            return terms.get(article.tags[int(number)], article.tags[int(number)])
        case ("license",):
            return article.licence
        case ("comments",):
            return article.comments
        case ("rights",):
            return article.rights
        case ("content", "0", "value"):
            return article.body
        case ("summary" | "description",):
            return article.summary
        case ("enclosures", number, "href" | "url"):
            return article.enclosures[int(number)].url
        case ("source", "title"):
            return article.upstream and article.upstream.title
        case ("source", "id"):
            return article.upstream and article.upstream.id
        case ("source", "link"):
            return article.upstream and article.upstream.url
    raise KeyError(path)


def expected(path: tuple[str, ...], value: str) -> object:
    match path:
        case ("title",) | ("rights",) | ("summary" | "description",) | ("source", "title"):
            return one_line(html.text(value)) if "<" in value or "&" in value else one_line(value)
        case ("content", "0", "value"):
            return html.clean(value).strip()
        case ("author_detail", _) | ("authors" | "contributors", _, _):
            return [value]
        case ("link",) | ("comments",) | ("license",) | ("enclosures", _, "href" | "url") | ("source", "link"):
            url = safe_url(value)
            return url if is_web(url) else None
    return value


def test_what_feedparser_is_expected_to_find_is_in_the_article() -> None:
    compared, different = 0, set()
    for one in cases("wellformed"):
        if one.name.startswith("sanitize/"):
            continue
        article = None
        for path, value in one.expectations:
            if article is None:
                article = read(one.incoming).entries[0].article
            try:
                found = in_article(article, path)
            except KeyError:
                continue
            compared += 1
            if found != expected(path, value):
                different.add(one.name)
    assert different == set(DIFFERENT)
    assert compared > 200


def test_sanitized_texts_say_what_feedparser_leaves_of_them() -> None:
    different = set()
    for one in cases("wellformed/sanitize"):
        for path, value in one.expectations:
            if path in (("title",), ("content", "0", "value")):
                found = in_article(read(one.incoming).entries[0].article, path)
                if found != expected(path, value):
                    different.add(one.name)
    assert different == set(CLEANED_OTHERWISE)


@pytest.mark.parametrize("folder", ["illformed", "encoding", "entities", "json", "wellformed"])
def test_no_case_does_harm(folder: str) -> None:
    read_well = refused = 0
    for one in cases(folder):
        try:
            parsed = read(one.incoming)
        except BadFeed:
            refused += 1
            continue
        read_well += 1
        for entry in parsed.entries:
            article = entry.article
            assert article.body == html.clean(article.body).strip(), one.name
            for url in (article.url, article.comments, *(file.url for file in article.enclosures)):
                assert url is None or is_web(url), one.name
    assert refused <= read_well // 10


def test_the_same_bytes_twice_give_the_same() -> None:
    for one in cases("illformed"):
        try:
            first = read(one.incoming)
        except BadFeed:
            continue
        assert read(one.incoming) == first
