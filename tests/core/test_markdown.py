"""Markdown: CommonMark, tables, strikethrough and footnotes that survive the sanitiser."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core import html
from syndicator.core.articles import markdown

WRITTEN = {
    "a paragraph": ("a *b* **c** `d`", "<p>a <em>b</em> <strong>c</strong> <code>d</code></p>\n"),
    "a setext title": ("A\n=", "<h1>A</h1>\n"),
    "a link": ("[a](https://e.org/ 't')", '<p><a href="https://e.org/" title="t">a</a></p>\n'),
    "an address in brackets": ("<https://e.org/>", '<p><a href="https://e.org/">https://e.org/</a></p>\n'),
    "a bare address is text": ("https://e.org/", "<p>https://e.org/</p>\n"),
    "struck text": ("~~a~~", "<p><s>a</s></p>\n"),
    "code with a language": ("```c++\na<b\n```", '<pre><code class="language-c++">a&lt;b\n</code></pre>\n'),
    "raw HTML passes": ("<div onclick='x'>a</div>", "<div onclick='x'>a</div>"),
    "quotes stay as they are": ('"a" -- b...', "<p>&quot;a&quot; -- b...</p>\n"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "expected"), WRITTEN.values(), ids=WRITTEN.keys())
def test_markdown_becomes_html(text: str, expected: str) -> None:
    assert markdown.to_html(text) == expected


def test_cells_keep_their_alignment_through_the_sanitiser() -> None:
    cleaned = html.clean(markdown.to_html("| a | b | c |\n|---|--:|:-:|\n| 1 | 2 | 3 |"))
    assert re.findall(r"<t[hd](?: [^>]*)?>", cleaned) == [
        "<th>",
        '<th align="right">',
        '<th align="center">',
        "<td>",
        '<td align="right">',
        '<td align="center">',
    ]


FOOTNOTES = "a[^x] b^[inline *note*] c[^x]\n\n[^x]: one\n\n    two\n"


def test_footnotes_survive_the_sanitiser_and_lead_there_and_back() -> None:
    cleaned = html.clean(markdown.to_html(FOOTNOTES))
    ids = re.findall(r' id="([^"]+)"', cleaned)
    targets = re.findall(r'href="#([^"]+)"', cleaned)
    assert len(ids) == len(set(ids)) == 5
    assert sorted(targets) == sorted([*ids, next(i for i in ids if i.startswith("fn-") and i.endswith("-1"))])
    assert html.text(cleaned) == "a b c\none\ntwo\ninline note"
    assert cleaned.count("[1]") == 2


def test_footnotes_of_two_texts_never_share_an_id() -> None:
    first, second = (set(re.findall(r' id="([^"]+)"', markdown.to_html(FOOTNOTES + end))) for end in ("", "\nmore"))
    assert first
    assert first.isdisjoint(second)


def test_the_same_text_gives_the_same_ids() -> None:
    assert markdown.to_html(FOOTNOTES) == markdown.to_html(FOOTNOTES)


def test_tokens_may_be_changed_before_they_are_rendered() -> None:
    tokens = markdown.tokens("# a\n\nb")
    assert [token.map for token in tokens if token.map] == [[0, 1], [0, 1], [2, 3], [2, 3]]
    del tokens[:3]
    assert markdown.render(tokens) == "<p>b</p>\n"


def test_one_line_has_no_paragraph_around_it() -> None:
    assert markdown.inline("a [b](https://e.org/)") == 'a <a href="https://e.org/">b</a>'


@settings(max_examples=80, deadline=None)
@given(st.text("ab \n#*_`[]()<>!|-:^~\\&\t", max_size=120))
def test_any_text_is_markdown(text: str) -> None:
    once = html.clean(markdown.to_html(text))
    assert html.clean(once) == once


def test_threads_may_share_the_parser() -> None:
    texts = [f"# {n}\n\na[^{n}] [b]\n\n[^{n}]: note {n}\n\n[b]: https://e.org/{n}\n" for n in range(8)]
    expected = [markdown.to_html(text) for text in texts]
    found: list[set[str]] = [set() for _ in texts]

    def work(n: int) -> None:
        for _ in range(30):
            found[n].add(markdown.to_html(texts[n]))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{text} for text in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        ("1. a\n1. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        ("5. a\n6. b", '<ol start="5">\n<li>a</li>\n<li>b</li>\n</ol>\n'),
        ("1. a\n3. b", '<ol>\n<li value="1">a</li>\n<li value="3">b</li>\n</ol>\n'),
        ("1. March on\n2. Set it", "<ol>\n<li>March on</li>\n<li>Set it</li>\n</ol>\n"),
        ("1. a\n   - b\n2. c", "<ol>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n<li>c</li>\n</ol>\n"),
        ("7. seven\n2022. was *good*", "<p>7. seven</p>\n<p>2022. was <em>good</em></p>\n"),
        ("1984. A novel.", "<p>1984. A novel.</p>\n"),
        (
            "21. Januar 2024: a\n\n23. Januar 2024: b",
            "<p>21. Januar 2024: a</p>\n<p>23. Januar 2024: b</p>\n",
        ),
        ("21. Januar\n22. Januar", "<p>21. Januar</p>\n<p>22. Januar</p>\n"),
        ("- x\n  23. Mai 2024 war schön\n", "<ul>\n<li>x\n23. Mai 2024 war schön</li>\n</ul>\n"),
    ],
)
def test_numbers_stay_as_they_were_written(text: str, expected: str) -> None:
    assert markdown.to_html(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "How to use <title> and <script> tags.\n\nAnd *more*.",
            "<p>How to use &lt;title&gt; and &lt;script&gt; tags.</p>\n<p>And <em>more</em>.</p>",
        ),
        ("A <textarea> is wide.\n\nMore.", "<p>A &lt;textarea&gt; is wide.</p>\n<p>More.</p>"),
        ("<title> is a tag.\n\nMore.", "&lt;title&gt; is a tag.\n<p>More.</p>"),
        ("a <script>alert(1)</script> b\n\nMore.", "<p>a  b</p>\n<p>More.</p>"),
        ("<script>\nalert(1)\n\nMore.", ""),
    ],
)
def test_a_tag_that_is_only_mentioned_takes_nothing_with_it(text: str, expected: str) -> None:
    assert html.clean(markdown.to_html(text)).strip() == expected
