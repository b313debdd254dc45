"""Media RSS: every file and picture is told of by the rules of its specification, the same in Atom and RSS."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from syndicator.model import Article, Enclosure, Format, Image
from tests.core.render.carrying import ARTICLES, HOSTILE
from tests.core.render.samples import ALL, article, document

MEDIA = "{http://search.yahoo.com/mrss/}"
MEDIUMS = {"image", "audio", "video", "document", "executable"}
NUMBERS = ("fileSize", "width", "height", "duration")


def elements(format: Format, *articles: Article) -> list[etree._Element]:
    root = etree.fromstring(document(format, articles))
    return [one for one in root.iter(etree.Element) if one.tag.startswith(MEDIA)]


def broken(element: etree._Element) -> list[str]:
    """The rules of Media RSS 1.5.1 that an element of ours breaks."""
    name = etree.QName(element).localname
    url, medium = element.get("url") or "", element.get("medium")
    numbers = [element.get(number) for number in NUMBERS if element.get(number) is not None]
    rules = {
        "content or thumbnail": name in ("content", "thumbnail"),
        "an address": url.startswith(("https://", "http://")),
        "a medium of the list": medium is None or medium in MEDIUMS,
        "whole numbers above zero": all(number.isdecimal() and int(number) > 0 for number in numbers),
        "not within another": not element.getparent().tag.startswith(MEDIA),
        "nothing inside": len(element) == 0 and not element.text,
    }
    return [f"{name}: {rule}" for rule, is_kept in rules.items() if not is_kept]


BOTH = pytest.mark.parametrize("format", [Format.ATOM, Format.RSS], ids=str)


@BOTH
@pytest.mark.parametrize("articles", [ALL, HOSTILE], ids=["all", "hostile"])
def test_every_element_keeps_the_rules(format: Format, articles: tuple[Article, ...]) -> None:
    found = elements(format, *articles)
    assert found
    assert [rule for one in found for rule in broken(one)] == []


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(one=ARTICLES)
def test_any_article_keeps_the_rules_and_is_told_alike_in_atom_and_rss(one: Article) -> None:
    atom, rss = elements(Format.ATOM, one), elements(Format.RSS, one)
    assert [rule for element in atom for rule in broken(element)] == []
    assert [(element.tag, dict(element.attrib)) for element in atom] == [(e.tag, dict(e.attrib)) for e in rss]


@BOTH
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"enclosures": (Enclosure(url="/media/a.mp3", type="audio/mpeg", duration=5),)}, [("content", "audio")]),
        ({"enclosures": (Enclosure(url="/media/a.pdf", type="application/pdf"),)}, [("content", None)]),
        (
            {"enclosures": (Enclosure(url="/media/a.pdf", type="application/pdf", medium="document"),)},
            [("content", "document")],
        ),
        ({"image": Image(url="/media/a.png", width=9)}, [("content", "image"), ("thumbnail", None)]),
        (
            {
                "image": Image(url="/media/a.png"),
                "enclosures": (Enclosure(url="/media/a.png", type="image/png"), Enclosure(url="/media/b.mp4")),
            },
            [("content", "image"), ("content", None)],
        ),
        ({"image": Image(caption="no picture")}, []),
    ],
    ids=["sound", "document", "document that says so", "picture", "picture among the files", "caption only"],
)
def test_a_file_is_told_of_once_and_a_picture_has_a_thumbnail(
    format: Format, fields: dict[str, object], expected: list[tuple[str, str | None]]
) -> None:
    found = elements(format, article(**fields))
    assert [(etree.QName(one).localname, one.get("medium")) for one in found] == expected
