"""Every document holds to its format's grammar, whatever is in the articles."""

from __future__ import annotations

import dataclasses
import json

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from syndicator.model import Article, Feed, Format, Image, Person, Site
from tests.conftest import shared
from tests.core.render.samples import ALL, FEED, FULL, NASTY, PLAIN, SITE, TAG_FEED, TOMBSTONES, article, document

BARE = Site(id=SITE.id, base_url="http://127.0.0.1:8080", title="Bare", created=SITE.created)
SUMMARIES = dataclasses.replace(SITE, full_content=False)


@pytest.fixture(scope="module")
def atom_grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(shared("schemas", "atom.rng")))


@pytest.fixture(scope="module")
def json_schema() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(shared("schemas", "schema-v1.1.json").read_text()))


SETS = pytest.mark.parametrize(
    "articles", [(), (FULL,), PLAIN, NASTY, ALL], ids=["none", "one", "plain", "nasty", "all"]
)
SITES = pytest.mark.parametrize("site", [SITE, BARE, SUMMARIES], ids=["full", "bare", "summaries"])
FEEDS = pytest.mark.parametrize("feed", [FEED, TAG_FEED], ids=["default", "tag"])


@SETS
@SITES
@FEEDS
@pytest.mark.parametrize("tombstones", [(), TOMBSTONES], ids=["shown", "withdrawn"])
def test_atom_holds_to_the_grammar_of_rfc_4287(
    atom_grammar: etree.RelaxNG, articles: tuple[Article, ...], site: Site, feed: Feed, tombstones: tuple
) -> None:
    body = document(Format.ATOM, articles, site=site, feed=feed, tombstones=tombstones)
    atom_grammar.assertValid(etree.fromstring(body))


@SETS
@SITES
@FEEDS
def test_json_holds_to_the_schema_of_json_feed(
    json_schema: jsonschema.Draft7Validator, articles: tuple[Article, ...], site: Site, feed: Feed
) -> None:
    parsed = json.loads(document(Format.JSON, articles, site=site, feed=feed, tombstones=TOMBSTONES))
    assert [error.message for error in json_schema.iter_errors(parsed)] == []
    assert "null" not in json.dumps([parsed, *parsed["items"]]).split()


@SETS
@SITES
def test_rss_has_what_its_specification_demands(articles: tuple[Article, ...], site: Site) -> None:
    channel = etree.fromstring(document(Format.RSS, articles, site=site))[0]
    assert all(channel.findtext(name) for name in ("title", "link", "description", "lastBuildDate"))
    for item in channel.iterfind("item"):
        assert item.findtext("title")
        assert item.find("guid").get("isPermaLink") == "false"
        assert len(item.findall("enclosure")) <= 1
        assert all(set(found.keys()) == {"url", "length", "type"} for found in item.iterfind("enclosure"))


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=ANY_TEXT, summary=ANY_TEXT, name=ANY_TEXT, tag=ANY_TEXT, url=ANY_TEXT, language=ANY_TEXT, licence=ANY_TEXT)
def test_no_field_can_break_a_grammar(
    atom_grammar: etree.RelaxNG,
    json_schema: jsonschema.Draft7Validator,
    title: str,
    summary: str,
    name: str,
    tag: str,
    url: str,
    language: str,
    licence: str,
) -> None:
    one = article(
        title=title,
        summary=summary,
        authors=(Person(name=name, email=title, uri=url),),
        tags=(tag,),
        url=url,
        language=language,
        licence=licence,
        image=Image(url=url, caption="", alt=summary, type=tag),
    )
    atom_grammar.assertValid(etree.fromstring(document(Format.ATOM, [one])))
    assert list(json_schema.iter_errors(json.loads(document(Format.JSON, [one])))) == []
    assert etree.fromstring(document(Format.RSS, [one])).tag == "rss"
