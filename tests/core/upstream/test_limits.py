"""What a document may cost and what it may not do: S16, S17, S19, and T28, T29."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from syndicator.core.upstream import feedparsing
from syndicator.core.upstream.dicts import MAX_ENTRY, Dicts, xml_entries
from syndicator.core.upstream.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_NAMESPACES, MAX_NODES, MAX_TEXT
from syndicator.core.upstream.memory import Record, pack
from syndicator.core.upstream.prolog import without_declarations
from syndicator.errors import BadFeed
from syndicator.model import Incoming
from tests.conftest import ROOT
from tests.core.upstream.adversaries import ADVERSARIES, SIZES, broken, entry, item

URL = "https://feeds.example.org/feed.xml"


def read(body: bytes, known: bytes = b"", most: int = 5000) -> Dicts:
    return xml_entries(Incoming(body=body, url=URL, entries=known, most=most))


def titles(found: Dicts) -> list[object]:
    return [values.get("title") for _, values in found.entries]


def alone(script: str, *arguments: str, seconds: int = 20) -> str:
    """What a script prints in a process of its own that may use so many seconds of CPU (S18)."""
    limited = f"import resource\nresource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))\n{script}"
    command = [sys.executable, "-W", "error", "-c", limited, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, f"ended by {ended.returncode}: {ended.stderr[-2000:]}"
    return ended.stdout


# --- S16: declarations


def test_what_a_document_names_is_neither_opened_nor_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret", "utf-8")
    declarations = f"""<!DOCTYPE rss SYSTEM "{secret}" [
        <!ENTITY inner "expanded"> <!ENTITY outer SYSTEM "{secret.as_uri()}"> <!ENTITY web SYSTEM "http://127.0.0.1:9/">
        <!ENTITY % parameter SYSTEM "{secret}"> %parameter; ]>"""
    document = tmp_path / "document.xml"
    body = item(b"<description>&inner; &outer; &web;</description>")
    document.write_bytes(declarations.encode() + body)
    script = """
import sys, pathlib
from syndicator.core.upstream.dicts import xml_entries
from syndicator.model import Incoming
body = pathlib.Path(sys.argv[1]).read_bytes()
incoming = [Incoming(body=one, url="https://x.example/") for one in (body, body + b"<", sys.argv[2].encode())]
events, found = [], []
sys.addaudithook(lambda name, given: events.append((name, str(given))))
for one in incoming:
    try:
        found += [values.get("summary") for _, values in xml_entries(one).entries]
    except Exception as error:
        found.append(type(error).__name__)
print(found)
print([event for event in events if event[0].startswith(("socket", "urllib")) or sys.argv[2] in event[1]])
"""
    found, opened = alone(script, str(document), str(secret)).splitlines()
    assert (eval(found), opened) == (["&inner; &outer; &web;", "&inner; &outer; &web;", "BadFeed"], "[]")


def test_a_billion_laughs_are_not_told() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
    declarations = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]>'.encode()
    found = read(declarations + item(b"<description>&l29;</description>"))
    assert [values["summary"] for _, values in found.entries] == ["&l29;"]


@pytest.mark.parametrize(
    ("before", "version"),
    [
        pytest.param(
            b'<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"\n'
            b' "http://my.netscape.com/publish/formats/rss-0.91.dtd">',
            "rss091n",
            id="the document type of RSS 0.91",
        ),
        pytest.param(b"<!DOCTYPE rss>", "rss20", id="bare"),
        pytest.param(b"", "rss20", id="none"),
    ],
)
def test_names_of_html_work_with_any_document_type(before: bytes, version: str) -> None:
    found = read(b'<?xml version="1.0"?>\n' + before + item(b"<description>a&nbsp;&eacute;</description>"))
    assert (found.version, found.entries[0][1]["summary"], found.whole) == (version, "a\u00a0é", False)


@pytest.mark.parametrize(
    ("before", "doctype", "subset"),
    [
        (b'<?xml version="1.0"?> <!-- <!DOCTYPE no> -->', b"", False),
        (b'<!DOCTYPE a "]>" [<!-- ]> --> <!ENTITY b "]>"><?c ]> ?>]>', None, True),
        (b'<!DOCTYPE a PUBLIC ">" \'>"\'>', None, False),
        (b"<!doctype a>", None, False),
    ],
)
def test_declarations_become_white_space_of_the_same_length(before: bytes, doctype: bytes | None, subset: bool) -> None:
    found = without_declarations(before + b"\n<rss>&b;</rss>")
    expected = before if doctype is None else doctype
    assert (found.doctype, found.subset, found.root) == (expected, subset, "rss")
    assert len(found.data) == len(before) + 15
    assert b"<!DOCTYPE a" not in found.data
    assert b"<?xml" not in found.data


# --- S17: bounds in the stream


@pytest.mark.parametrize(
    ("body", "what"),
    [
        pytest.param(item(b"<a>" * 300_000), "within each other", id="300,000 deep, and not well-formed"),
        pytest.param(item(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH), "within each other", id="one too deep"),
        pytest.param(
            item(b"<a %s/>" % b" ".join(b'a%d=""' % n for n in range(MAX_ATTRIBUTES + 1))),
            "attributes",
            id="attributes",
        ),
        pytest.param(item(b"<a/>" * MAX_NODES), "elements", id="elements"),
        pytest.param(item(b"a" * (MAX_TEXT + 9)), "MiB", id="a text, and nothing else to read"),
        pytest.param(
            b"<rss><channel><title>" + b"a" * (MAX_TEXT + 9) + b"</title><item/></channel></rss>", "MiB", id="a text"
        ),
        pytest.param(
            item(b"".join(b'<n:a xmlns:n="%d"/>' % n for n in range(MAX_NAMESPACES + 1))), "namespaces", id="namespaces"
        ),
    ],
)
def test_a_document_beyond_a_bound_is_refused(body: bytes, what: str) -> None:
    with pytest.raises(BadFeed, match=what) as raised:
        read(body)
    assert raised.value.kind == "too_complex"


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param(b"<a>" * (MAX_DEPTH - 3) + b"</a>" * (MAX_DEPTH - 3), id="depth"),
        pytest.param(b"<a %s/>" % b" ".join(b'a%d=""' % n for n in range(MAX_ATTRIBUTES)), id="attributes"),
    ],
)
def test_a_document_at_a_bound_is_read(inside: bytes) -> None:
    assert titles(read(item(inside))) == ["a"]


# --- T28, T29: large documents


def test_an_entry_that_is_too_large_is_left_out_and_the_others_are_read() -> None:
    large = b"<item><description><![CDATA[" + b"<p>x</p>" * (MAX_ENTRY // 8) + b"]]></description></item>"
    found = read(item(b"</item>" + large + b"<item><title>b</title>"))
    assert (titles(found), found.total, found.dropped) == (["a", "b"], 3, 0)
    assert found.notices == ("1 entry of more than 8 MiB left out",)


def test_an_entry_of_too_many_elements_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedparsing._Guarded, "left", 1000)
    found = read(item(b"<b/>" * 2000))
    assert (titles(found), found.notices) == (["a"], ("1 entry with so many elements that not all were read",))


def many(number: int, *, oldest_first: bool = False) -> bytes:
    entries = [
        b"<item><title>%d</title><pubDate>Mon, 06 May 2024 07:%02d:%02d GMT</pubDate></item>" % (n, n // 60, n % 60)
        for n in range(number)
    ]
    return item(b"</item>" + b"\n".join(entries if oldest_first else entries[::-1]) + b"<item>")


@pytest.mark.parametrize(("oldest_first", "kept"), [(False, range(1999, 899, -1)), (True, range(900, 2000))])
def test_of_too_many_entries_the_newest_are_read_in_portions(oldest_first: bool, kept: range) -> None:
    body = (
        many(2000, oldest_first=oldest_first)
        .replace(b"<item><title>a</title></item>", b"")
        .replace(b"<item></item>", b"")
    )
    found = read(body, most=1100)
    assert titles(found) == [str(number) for number in kept]
    assert (found.total, found.dropped, len(found.documents), len(found.order)) == (2000, 900, 3, 1100)


def test_what_was_dropped_does_not_come_in_later() -> None:
    body = many(30)
    first = read(body, most=10)
    known = pack(Record(digest=digest) for digest, _ in first.order)
    again = read(body, known, most=10)
    assert (len(first.entries), again.entries, [was_known for _, was_known in again.order]) == (10, (), [True] * 10)


def test_a_large_document_is_read_up_to_its_fault() -> None:
    entries = b"".join(
        b"<item><title>%d</title><description>%s</description></item>" % (n, b"a" * 9000) for n in range(300)
    )
    found = read(b"<rss version='2.0'><channel><title>t</title>" + entries + b"<item><title>cut o")
    assert titles(found) == [str(number) for number in range(300)]
    assert found.notices == ("what stands behind the fault was not read",)
    assert (found.bozo or "").startswith("line 1: ")


# --- S19: time


def test_an_author_of_64_kb_costs_nothing_and_nothing_else_is_lost() -> None:
    script = """
import sys
from syndicator.core.upstream.dicts import xml_entries
from syndicator.model import Incoming
from tests.core.upstream.adversaries import broken, item
for line in (b"a" * 65536, b"a@" * 32768, b"-" * 65536 + b"@", b"a@" + b"a." * 32768):
    for body in (item, broken):
        found = xml_entries(Incoming(body=body(b"<author>" + line + b"</author>"), url="https://x.example/"))
        print(found.entries[0][1]["title"])
"""
    assert alone(script, seconds=4).split() == ["a"] * 8


COME_BACK = """
import sys
from syndicator.core.upstream.dicts import xml_entries
from syndicator.errors import BadFeed
from syndicator.model import Incoming
from tests.core.upstream.adversaries import ADVERSARIES, SIZES
for name in sys.argv[1:]:
    try:
        xml_entries(Incoming(body=ADVERSARIES[name](SIZES.get(name, 65536)), url="https://x.example/"))
    except BadFeed as error:
        assert error.kind in ("not_a_feed", "too_complex"), error
    print(name)
"""


@pytest.mark.parametrize(
    ("names", "seconds"), [(sorted(ADVERSARIES.keys() - SIZES.keys()), 20), *(([name], 6) for name in SIZES)]
)
def test_documents_made_to_take_long_come_back(names: list[str], seconds: int) -> None:
    assert alone(COME_BACK, *names, seconds=seconds).splitlines() == names


def test_bodies_of_both_kinds_are_what_they_claim() -> None:
    assert [read(body(b"")).whole for body in (item, entry, broken)] == [False, False, True]
