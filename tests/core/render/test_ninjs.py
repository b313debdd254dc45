"""ninjs 3: what it says of feeds and articles, held to the standard's constraints on what we write of it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from syndicator.core import render
from syndicator.model import Article, Feed, Format, Ruling, Site, Status, Verdict
from tests.core.render.carrying import ARTICLES, CARRYING, HOSTILE
from tests.core.render.samples import FEED, FULL, NASTY, PLAIN, SITE, TOMBSTONES, UPDATED, article, document

TEXT = {"type": "string"}
URI = {"type": "string", "format": "uri", "pattern": r"^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
WHOLE = {"type": "integer", "minimum": 0}


def closed(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def several(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": of}


VALUE = several(closed(("value",), role=TEXT, contentType=TEXT, value=TEXT))
CONTACT = several(closed(("value",), type=TEXT, value=TEXT))
RENDITION = several(
    closed(
        ("name",),
        name=TEXT,
        href=URI,
        contentType=TEXT,
        title=TEXT,
        width=WHOLE,
        height=WHOLE,
        sizeInBytes=WHOLE,
        duration={"type": "number"},
    )
)
ITEM: dict[str, Any] = {
    "uri": URI,
    "type": {"enum": ["text", "audio", "video", "picture", "graphic", "composite", "component", "event", "planning"]},
    "representationType": {"enum": ["full", "partial"]},
    "version": TEXT,
    "firstCreated": MOMENT,
    "versionCreated": MOMENT,
    "contentCreated": MOMENT,
    "pubStatus": {"enum": ["usable", "withheld", "canceled"]},
    "copyrightNotice": TEXT,
    "usageTerms": TEXT,
    "rightsInfo": closed(("linkedRights",), linkedRights=URI),
    "edNote": TEXT,
    "language": TEXT,
    "title": TEXT,
    "by": TEXT,
    "headlines": VALUE,
    "descriptions": VALUE,
    "bodies": VALUE,
    "people": several(closed(name=TEXT, rel=TEXT, uri=URI, contactInfo=CONTACT)),
    "infoSources": several(closed(name=TEXT, role=TEXT, uri=URI, contactInfo=CONTACT)),
    "subjects": several(closed(name=TEXT, literal=TEXT, uri=URI)),
    "places": several(
        closed(
            name=TEXT,
            geoJSON=closed(
                ("type", "coordinates"),
                type={"const": "Point"},
                coordinates={"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            ),
        )
    ),
    "altIds": several(closed(role=TEXT, value=TEXT)),
    "renditions": RENDITION,
    "standard": closed(name={"const": "ninjs"}, version={"const": "3.1"}, schema=URI),
}
ASSOCIATIONS = {"type": "array", "items": {"$ref": "#/$defs/associated"}}
SCHEMA = {
    **closed(("uri",), **ITEM, associations=ASSOCIATIONS),
    "$defs": {"associated": closed(("name", "uri"), **ITEM, associations=ASSOCIATIONS, name=TEXT, rel=TEXT)},
}
"""What the standard's 3.1 schema demands of the properties that we write; any other is refused."""
RULES = jsonschema.Draft202012Validator(SCHEMA)


def parsed(*articles: Article, site: Site = SITE, feed: Feed = FEED, tombstones: tuple[Any, ...] = ()) -> Any:
    found = json.loads(document(Format.NINJS, articles, site=site, feed=feed, tombstones=tombstones))
    assert [(list(error.absolute_path), error.message) for error in RULES.iter_errors(found)] == []
    return found


def item(one: Article = FULL, site: Site = SITE) -> dict[str, Any]:
    return parsed(one, site=site)["associations"][0]


class TestItem:
    def test_it_carries_it_all(self) -> None:
        found = item()
        body = found["bodies"][0]
        assert {
            key: found[key] for key in ("name", "uri", "type", "representationType", "version", "pubStatus", "by")
        } == {
            "name": "Flour & water",
            "uri": FULL.id,
            "type": "text",
            "representationType": "full",
            "version": "1",
            "pubStatus": "usable",
            "by": "Ann Other, Böb",
        }
        assert (found["firstCreated"], found["versionCreated"], found["language"]) == (
            "2024-01-23T08:30:01Z",
            "2024-01-24T05:06:07Z",
            "de",
        )
        assert found["headlines"] == [{"role": "main", "value": "Flour & water"}]
        assert (body["contentType"], body["value"][-30:]) == ("text/html", 'example.org/media/b.png" alt=""></p>'[-30:])
        assert found["descriptions"] == [{"role": "summary", "contentType": "text/plain", "value": "The mill opened."}]
        assert found["people"][0] == {
            "name": "Ann Other",
            "rel": "author",
            "uri": "https://example.org/ann",
            "contactInfo": [{"type": "email", "value": "ann@example.org"}],
        }
        assert [subject["name"] for subject in found["subjects"]] == ["press", "AT&T", "brot & salz"]
        assert found["renditions"] == [{"name": "web", "href": FULL.url, "contentType": "text/html"}]

    def test_picture_files_and_related_articles_are_associated(self) -> None:
        found = item()["associations"]
        assert [(one["rel"], one.get("type"), one["uri"]) for one in found] == [
            ("picture", "picture", "https://news.example.org/media/mill.jpg"),
            ("enclosure", "audio", "https://news.example.org/media/talk.mp3"),
            ("enclosure", "video", "https://elsewhere.example/clip.mp4"),
            ("related", None, "https://elsewhere.example/salt"),
        ]
        assert [one["renditions"][0] for one in found[:2]] == [
            {
                "name": "original",
                "href": "https://news.example.org/media/mill.jpg",
                "contentType": "image/jpeg",
                "width": 640,
                "height": 480,
                "sizeInBytes": 1234,
            },
            {
                "name": "original",
                "href": "https://news.example.org/media/talk.mp3",
                "contentType": "audio/mpeg",
                "title": "The talk",
                "sizeInBytes": 4321,
                "duration": 61,
            },
        ]
        assert found[0]["descriptions"][0]["value"] == 'The mill. <a href="https://photo.example/">P. Hoto</a>'

    def test_what_came_from_elsewhere_names_its_feed_its_id_there_and_its_place(self) -> None:
        found = item(CARRYING)
        assert [(source["name"], source["role"]) for source in found["infoSources"]] == [
            (CARRYING.upstream.title, "originator")
        ]
        point = {"type": "Point", "coordinates": [-13.377722, 52.51627]}
        assert found["places"] == [{"name": "Berlin & around", "geoJSON": point}]
        assert item(dataclasses.replace(CARRYING, explicit_id="17"))["altIds"] == [{"role": "original", "value": "17"}]

    def test_an_article_of_which_only_the_summary_is_shown_is_partial(self) -> None:
        found = item(site=dataclasses.replace(SITE, full_content=False))
        assert (found["representationType"], "bodies" in found) == ("partial", False)

    @pytest.mark.parametrize(
        ("verdict", "status", "expected"),
        [
            (Verdict.CORRECTED, Status.PUBLISHED, ("usable", "The mill is old.")),
            (Verdict.RETRACTED, Status.RETRACTED, ("canceled", "The mill is old.")),
        ],
        ids=str,
    )
    def test_a_ruling_is_told(self, verdict: Verdict, status: Status, expected: tuple[str, str]) -> None:
        found = item(
            dataclasses.replace(
                FULL, status=status, ruling=Ruling(verdict=verdict, note="The mill is old."), revision=3
            )
        )
        assert (found["pubStatus"], found["edNote"], found["version"]) == (*expected, "3")

    @pytest.mark.parametrize(
        ("id", "expected"),
        [
            ("tag:mill.example,2024:1", "tag:mill.example,2024:1"),
            ("https://mill.example/é", "https://mill.example/%C3%A9"),
            ("urn:uuid:00000000-0000-4000-8000-000000000001", "urn:uuid:00000000-0000-4000-8000-000000000001"),
        ],
    )
    def test_an_id_is_a_uri(self, id: str, expected: str) -> None:
        assert item(article(id=id))["uri"] == expected


class TestDocument:
    def test_the_feed_is_a_composite_item(self) -> None:
        found = parsed()
        assert {key: found[key] for key in ("type", "title", "by", "language", "usageTerms", "versionCreated")} == {
            "type": "composite",
            "title": "Example News",
            "by": "The Desk",
            "language": "en",
            "usageTerms": SITE.licence,
            "versionCreated": "2024-05-01T12:00:00Z",
        }
        assert found["rightsInfo"] == {"linkedRights": SITE.licence}
        assert [(one["name"], one["href"]) for one in found["renditions"]] == [
            ("web", "https://news.example.org/"),
            ("self", "https://news.example.org/ninjs.json"),
        ]
        assert found["associations"] == []

    def test_what_is_gone_is_canceled_and_says_nothing_else(self) -> None:
        assert parsed(FULL, tombstones=TOMBSTONES)["associations"][1:] == [
            {
                "name": TOMBSTONES[0].id,
                "uri": TOMBSTONES[0].id,
                "type": "text",
                "versionCreated": "2024-04-30T23:59:59Z",
                "pubStatus": "canceled",
            }
        ]

    def test_an_archive_leads_to_the_one_before_it_and_to_the_current_document(self) -> None:
        feed = Feed(name="bread", title="Bread", archives=True)
        body = render.document(feed, Format.NINJS, SITE, [], UPDATED, chain=render.Chain(number=2, previous=1))
        assert [(one["name"], one["href"]) for one in json.loads(body)["renditions"][1:]] == [
            ("self", "https://news.example.org/bread/archives/2/ninjs.json"),
            ("current", "https://news.example.org/bread/ninjs.json"),
            ("prev-archive", "https://news.example.org/bread/archives/1/ninjs.json"),
        ]


@pytest.mark.parametrize(
    "articles", [PLAIN, NASTY, HOSTILE, (CARRYING,)], ids=["plain", "nasty", "hostile", "carrying"]
)
def test_it_holds_to_the_constraints(articles: tuple[Article, ...]) -> None:
    assert len(parsed(*articles, tombstones=TOMBSTONES)["associations"]) == len(articles) + 1


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(one=ARTICLES)
def test_any_article_holds_to_the_constraints(one: Article) -> None:
    assert item(one)["name"]


@pytest.mark.parametrize(
    "broken",
    [{"pubStatus": "gone"}, {"uri": "no uri"}, {"guid": "1"}, {"firstCreated": "2024-01-01"}, {"rightsInfo": {}}],
    ids=lambda broken: next(iter(broken)),
)
def test_the_constraints_refuse_what_the_standard_refuses(broken: dict[str, Any]) -> None:
    assert not RULES.is_valid(parsed(FULL) | broken)
