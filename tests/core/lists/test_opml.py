"""OPML: read as far as it can be, within bounds and without entities; and written so that it comes back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from syndicator.core.lists import opml, read_list
from syndicator.errors import BadList
from syndicator.model import Subscription, SubscriptionList
from tests.conftest import shared

CREATED = datetime(2024, 1, 23, 10, 30, tzinfo=timezone(timedelta(hours=1)))


def body(outlines: str, head: str = "") -> str:
    return f'<opml version="2.0"><head>{head}</head><body>{outlines}</body></opml>'


def one(outline: str) -> Subscription:
    (found,) = opml.read(body(outline)).subscriptions
    return found


@pytest.mark.parametrize(
    ("outline", "expected"),
    [
        ('<outline type="rss" text="A" xmlUrl="https://a.example/1"/>', {"title": "A", "url": "https://a.example/1"}),
        ('<outline xmlurl="https://a.example/1"/>', {"url": "https://a.example/1"}),
        ('<outline XMLURL=" https://a.example/1 "/>', {"url": "https://a.example/1"}),
        ('<outline type="RSS" url="https://a.example/1"/>', {"url": "https://a.example/1"}),
        ('<outline type="link" xmlUrl="https://a.example/1"/>', {"url": "https://a.example/1"}),
        ('<outline xmlUrl="feed://a.example/1"/>', {"url": "https://a.example/1"}),
        ('<outline text=" " title="B" xmlUrl="https://a.example/1"/>', {"title": "B"}),
        ('<outline text="A" title="B" xmlUrl="https://a.example/1"/>', {"title": "A"}),
        ('<outline text="https://a.example/1" xmlUrl="https://a.example/1"/>', {"title": ""}),
        ('<outline text="R &amp;amp; D &#228;&eacute;" xmlUrl="https://a.example/1"/>', {"title": "R &amp; D äé"}),
        (
            "<outline text='x' htmlUrl='https://a.example/' xmlUrl='https://a.example/1'/>",
            {"page": "https://a.example/"},
        ),
        ('<outline htmlUrl="javascript:x" xmlUrl="https://a.example/1"/>', {"page": None}),
        ('<outline language="de_AT" xmlUrl="https://a.example/1"/>', {"language": "de-AT"}),
        ('<outline isComment="true" xmlUrl="https://a.example/1"/>', {"paused": True}),
        ('<outline category="a,/b/c , a" xmlUrl="https://a.example/1"/>', {"tags": ("a", "b", "c")}),
        (
            '<outline text="F"><outline title="G"><outline category="a,f" xmlUrl="https://a.example/1"/></outline></outline>',
            {"tags": ("F", "G", "a")},
        ),
        ('<outline text="F"/><outline xmlUrl="https://a.example/1"/>', {"tags": ()}),
        ('<o:outline xmlns:o="http://opml.org/spec2" xmlUrl="https://a.example/1"/>', {"url": "https://a.example/1"}),
    ],
)
def test_an_outline_is_read(outline: str, expected: dict[str, object]) -> None:
    found = one(outline)
    assert expected == {name: getattr(found, name) for name in expected}


@pytest.mark.parametrize(
    ("outline", "notice"),
    [
        (
            '<outline type="include" text="More" url="https://a.example/l.opml"/>',
            "`More` points to `https://a.example/l.opml`",
        ),
        ('<outline type="link" text="More" url="https://a.example/l.opml"/>', "not followed"),
        ('<outline type="source" text="More" xmlUrl="https://a.example/l"/>', "list of feeds at `https://a.example/l`"),
        ('<outline text="Page" htmlUrl="https://a.example/"/>', "only the page"),
        ('<outline type="rss" text="Nothing" xmlUrl=""/>', "`Nothing` has no address"),
        ('<outline text="F" xmlUrl="file:///etc/passwd"/>', "`file:///etc/passwd` is no http"),
        ('<outline text="F" xmlUrl="javascript:alert(1)"/>', "is no http"),
        ('<outline text="F" xmlUrl="ftp://user:secret@a.example/x"/>', "`ftp://a.example/x` is no http"),
    ],
)
def test_what_is_not_taken_over_is_said(outline: str, notice: str) -> None:
    found = opml.read(body(outline))
    assert found.subscriptions == ()
    assert any(notice in told for told in found.notices)
    assert "secret" not in "".join(found.notices)


def test_doubles_are_merged_with_the_tags_of_all() -> None:
    outlines = """
        <outline text="A"><outline text="One" xmlUrl="https://a.example/1"/></outline>
        <outline text="B"><outline text="Uno" htmlUrl="https://a.example/" xmlUrl="https://A.example:443/1#x"/></outline>
    """
    assert Subscription(url="https://a.example/1", title="One", page="https://a.example/", tags=("A", "B")) == one(
        outlines
    )


@pytest.mark.parametrize(
    ("text", "urls", "line"),
    [
        (
            '<opml><body>\n<outline text="R & D" xmlUrl="https://a.example/1?a=1&b=2"/></body></opml>',
            ["https://a.example/1?a=1&b=2"],
            2,
        ),
        ('<opml><body><outline text="a < b" xmlUrl="https://a.example/1"/></body></opml>', ["https://a.example/1"], 1),
        ('<opml>\n<outline xmlUrl="https://a.example/1">\n<outline xmlUrl="https://a.exam', ["https://a.example/1"], 3),
        ("<opml><outline xmlUrl=https://a.example/1 /></body>", ["https://a.example/1"], 1),
        (
            '<opml><outline xmlUrl="https://a.example/1"/></opml>\n<opml><outline xmlUrl="https://a.example/2"/></opml>',
            ["https://a.example/1", "https://a.example/2"],
            2,
        ),
    ],
    ids=["ampersand", "less-than", "cut off", "no quotes", "two documents"],
)
def test_what_is_not_well_formed_is_read_and_told(text: str, urls: list[str], line: int) -> None:
    found = opml.read(text)
    assert urls == [one.url for one in found.subscriptions]
    assert [f"line {line}"] == [notice.partition(":")[0] for notice in found.notices]


def test_comments_are_no_outlines() -> None:
    assert opml.read(body('<!-- <outline xmlUrl="https://a.example/1"/> -->')).subscriptions == ()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ENTITIES = {
    "laughs": f'<!DOCTYPE opml [<!ENTITY l0 "ha">{LAUGHS}]>',
    "external": '<!DOCTYPE opml [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    "parameter": '<!DOCTYPE opml [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x; <!ENTITY l9 "ha">]>',
    "markup": """<!DOCTYPE opml [<!ENTITY l9 '<outline xmlUrl="https://evil.example/"/>'>]>""",
}


@pytest.mark.parametrize("declared", ENTITIES.values(), ids=ENTITIES)
def test_entities_are_inert(declared: str) -> None:
    found = opml.read(
        f'<?xml version="1.0"?>{declared}<opml><outline text="&l9;" xmlUrl="https://a.example/1"/>&l9;</opml>'
    )
    assert (Subscription(url="https://a.example/1", title="&l9;"),) == found.subscriptions
    assert any("entities" in notice for notice in found.notices)


def test_a_declaration_that_refers_to_another_file_opens_nothing() -> None:
    text = '<!DOCTYPE opml SYSTEM "file:///etc/passwd"><opml><outline xmlUrl="https://a.example/1"/></opml>'
    assert [one.url for one in opml.read(text).subscriptions] == ["https://a.example/1"]


def test_a_hundred_thousand_outlines_are_bounded_and_told() -> None:
    text = body("".join(f'<outline xmlUrl="https://a.example/{n}"/>' for n in range(100_000)))
    found = opml.read(text)
    assert len(found.subscriptions) == 10_000
    assert list(found.notices) == ["the first 10,000 outlines are read, 90,000 were left out"]


def test_outlines_deeper_than_32_are_left_out_and_told() -> None:
    def nested(depth: int) -> str:
        return (
            '<outline text="x">' * (depth - 1) + '<outline xmlUrl="https://a.example/1"/>' + "</outline>" * (depth - 1)
        )

    assert len(opml.read(body(nested(32))).subscriptions) == 1
    found = opml.read(body(nested(33)))
    assert (found.subscriptions, len(found.notices)) == ((), 1)
    assert opml.read(body(nested(9000))).subscriptions == ()


@pytest.mark.parametrize(
    "piece",
    [
        '<outline text="x">',
        "<",
        "<a ",
        "<a b='",
        "<!--",
        "<![CDATA[",
        "<?x ",
        "<!ENTITY",
        "<!DOCTYPE [",
        "&a;",
        "</outline",
        "<outline a=<",
        "</outline>",
    ],
)
def test_what_is_hostile_takes_no_more_than_linear_time(piece: str) -> None:
    text = f"<opml>{piece * (1_000_000 // len(piece))}"
    assert opml.read(text).subscriptions == ()


def test_many_notices_are_bounded_and_counted() -> None:
    found = opml.read(body("".join(f'<outline xmlUrl="ftp://a.example/{n}"/>' for n in range(1000))))
    assert (len(found.notices), found.notices[-1]) == (51, "and 950 more of such notices")


# What was written comes back

_LINE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=12)
_NAMES = _LINE.map(lambda text: " ".join(text.split())).filter(lambda text: text.isprintable() and text)
_SUBSCRIPTIONS = st.lists(
    st.builds(
        Subscription,
        url=st.sampled_from([f"https://{host}.example/feed?a=1&b={n}" for host in "abc" for n in range(4)]),
        title=_NAMES | st.just(""),
        page=st.none() | st.just("https://a.example/?x=1&y='2'"),
        tags=st.lists(_NAMES | st.sampled_from(["a,b", "c/d", "e", "f"]), max_size=5, unique_by=str.casefold).map(
            tuple
        ),
        paused=st.booleans(),
        language=st.none() | st.sampled_from(["de", "pt-BR"]),
    ),
    max_size=8,
    unique_by=lambda one: one.url,
)


@settings(max_examples=100, deadline=None)
@given(_SUBSCRIPTIONS, _NAMES)
def test_what_was_written_is_read(subscriptions: list[Subscription], title: str) -> None:
    written = opml.write(subscriptions, title=title, created=CREATED)
    expected = SubscriptionList(format="opml", title=title, subscriptions=tuple(subscriptions))
    assert expected == read_list(written, "list.opml")


def test_what_is_written_is_opml_2() -> None:
    subscriptions = [
        Subscription(
            url="https://a.example/1", title="One & only", page="https://a.example/", tags=("News", "x"), language="de"
        ),
        Subscription(url="https://a.example/2", tags=("News",)),
        Subscription(url="https://a.example/3", tags=("a/b",), paused=True),
    ]
    root = etree.fromstring(opml.write(subscriptions, title="All", created=CREATED, owner="Ann <Other>"))
    head = {child.tag: child.text for child in root.find("head")}
    assert head == {"title": "All", "dateCreated": "Tue, 23 Jan 2024 09:30:00 GMT", "ownerName": "Ann <Other>"}
    assert (root.get("version"), [folder.get("text") for folder in root.find("body")]) == ("2.0", ["News", "a/b"])
    assert all(outline.get("text") for outline in root.iter("outline"))
    feeds = [outline for outline in root.iter("outline") if outline.get("xmlUrl")]
    assert {"rss"} == {outline.get("type") for outline in feeds}
    assert dict(feeds[0].attrib) == {
        "type": "rss",
        "text": "One & only",
        "title": "One & only",
        "xmlUrl": "https://a.example/1",
        "htmlUrl": "https://a.example/",
        "language": "de",
        "category": "x",
    }


def test_no_sources_are_a_document_too() -> None:
    written = opml.write([], title="None", created=datetime(2024, 1, 1, tzinfo=UTC))
    assert SubscriptionList(format="opml", title="None") == read_list(written, "x")


# Lists of others

_EXPECTED = re.compile(r"Eval: (.+)")
_FEEDS = re.compile(r"len\(result\['feeds'\]\) == (\d+)")
_URL = re.compile(r"result\[['\"]feeds['\"]\]\[(\d)\]\[['\"]url['\"]\] == ['\"](.+)['\"]")
_TITLE = re.compile(r"result\[['\"]feeds['\"]\]\[(\d)\]\[['\"]title['\"]\] == ['\"](.+)['\"]")
_TAG = re.compile(r"'(.+)' in result\['feeds'\]\[(\d)\]\['tags'\]")
_HEAD = re.compile(r"result\[['\"]meta['\"]\]\[['\"]title['\"]\] == ['\"](.+)['\"]")


def _wrong(text: str, found: SubscriptionList) -> list[str]:
    """The expectations in a list's comment, of what both know, that do not hold."""
    feeds, wrong = found.subscriptions, []
    for line in _EXPECTED.findall(text):
        if match := _FEEDS.fullmatch(line):
            holds = len(feeds) == int(match[1])
        elif match := _URL.fullmatch(line):
            holds = feeds[int(match[1])].url == match[2]
        elif match := _TITLE.fullmatch(line):
            holds = feeds[int(match[1])].title == match[2]
        elif match := _TAG.fullmatch(line):
            holds = match[1] in feeds[int(match[2])].tags
        elif match := _HEAD.fullmatch(line):
            holds = found.title == match[1]
        else:
            continue
        wrong += [] if holds else [line]
    return wrong


def test_the_lists_of_a_corpus_hold_what_they_say() -> None:
    paths = sorted(shared("corpus", "opml", "files").rglob("*.xml"))
    read, filled, told = 0, 0, 0
    for path in paths:
        data = path.read_bytes()
        text = data.decode("utf-8", "replace")
        if b"<opml" not in data:
            with pytest.raises(BadList):
                read_list(data, path.name)
            continue
        found = read_list(data, path.name)
        assert _wrong(text, found) == [], path
        has_feed = (
            re.search(r"xmlurl\s*=\s*[\"']\s*http", text, re.IGNORECASE) is not None and "source" not in path.name
        )
        assert has_feed == bool(found.subscriptions), path
        read, filled, told = read + 1, filled + has_feed, told + bool(found.notices)
    assert (len(paths) >= 100, read >= 80, filled >= 38, told >= 20) == (True,) * 4, (len(paths), read, filled, told)
