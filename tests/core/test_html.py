"""One sanitiser for all HTML: what it lets pass, what it never does, and that it is done when it is done."""

from __future__ import annotations

import re
import threading

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.core import html


def _words(text: str) -> list[str]:
    return text.split()


ALLOWED_TAGS = _words(
    """a abbr address aside audio b bdi blockquote br caption cite code col colgroup data dd del details dfn
    div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p picture pre q rp rt ruby s
    samp section small source span strong sub summary sup table tbody td tfoot th thead time tr track u ul var
    video wbr"""
)
ALLOWED_ATTRIBUTES = _words(
    """abbr align alt cite class colspan controls datetime dir height href hreflang id kind label lang media open
    poster reversed rowspan scope sizes span src srcset srclang start title type value width"""
)
URL_ATTRIBUTES = {"href", "src", "cite", "poster"}


def assert_harmless(cleaned: str) -> None:
    """Whatever a second parser makes of it, nothing in it is forbidden."""
    root = lxml.html.fragment_fromstring(f"<div>{cleaned}</div>", create_parent="div")
    for element in root.iter():
        assert isinstance(element.tag, str)
        assert element.tag in ALLOWED_TAGS
        for name, value in element.attrib.items():
            assert name in ALLOWED_ATTRIBUTES
            urls = [value] if name in URL_ATTRIBUTES else []
            if name == "srcset":
                urls = [part.split()[0] for part in value.split(", ")]
            for url in urls:
                scheme = re.match(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*)\s*:", url)
                assert scheme is None or scheme[1].lower() in {"http", "https", "mailto"}
                assert url.isascii()
                assert not re.search(r"[\x00-\x20\x7f]", url)
            if name == "id":
                assert re.fullmatch(r"fn(ref)?-[0-9a-f]+-[0-9-]+", value)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", cleaned)


KEPT = {
    "headings and paragraphs": "<h1>A</h1><h2>B</h2><p>C</p>",
    "inline meaning": "<p><strong>a</strong> <em>b</em> <code>c</code> <sup>2</sup> <sub>2</sub> <mark>m</mark></p>",
    "lists": '<ol start="3"><li>a</li></ol><ul><li>b</li></ul><dl><dt>c</dt><dd>d</dd></dl>',
    "a table": (
        '<table><thead><tr><th align="right" scope="col">a</th></tr></thead>'
        '<tbody><tr><td colspan="2">b</td></tr></tbody></table>'
    ),
    "a figure": (
        '<figure><img src="https://e.org/i.jpg" alt="x" width="600" height="400"><figcaption>c</figcaption></figure>'
    ),
    "a picture": (
        '<picture><source srcset="https://e.org/i.webp 2x" type="image/webp"><img src="https://e.org/i.jpg"></picture>'
    ),
    "sound and video": (
        '<audio src="https://e.org/a.mp3" controls=""></audio><video src="https://e.org/v.mp4" controls=""></video>'
    ),
    "quotations": '<blockquote cite="https://e.org/"><p>a</p></blockquote><p><q>b</q></p>',
    "code with its language": '<pre><code class="language-c++">x &lt; 1\n</code></pre>',
    "a link": '<p><a href="https://e.org/?a=1&amp;b=2" title="t" hreflang="de">x</a></p>',
    "a mail link": '<p><a href="mailto:a@example.org">x</a></p>',
    "time and abbreviation": '<p><time datetime="2024-01-23">Tuesday</time> <abbr title="t">x</abbr></p>',
    "details": '<details open=""><summary>a</summary><p>b</p></details>',
    "ruby": '<p lang="ja"><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby></p>',
    "direction": '<p dir="rtl">x <bdi>y</bdi></p>',
    "footnotes": (
        '<p>a<sup class="footnote-ref"><a id="fnref-0123456789-1" href="#fn-0123456789-1">[1]</a></sup></p>'
        '<section class="footnotes"><ol><li id="fn-0123456789-1"><p>b '
        '<a class="footnote-backref" href="#fnref-0123456789-1">↩︎</a></p></li></ol></section>'
    ),
    "relative addresses": '<p><a href="../x.html?a=b#c">x</a><img src="/i.jpg" srcset="a.jpg 1x, b.jpg 2x"></p>',
}


@pytest.mark.parametrize("written", KEPT.values(), ids=KEPT.keys())
def test_what_means_something_is_kept_to_the_byte(written: str) -> None:
    assert html.clean(written) == written


SETTLED = {
    "a link to # is no link": ('<p>By <a href="#">AFP</a></p>', "<p>By AFP</p>"),
    "a link to nothing": ('<p><a href="">x</a> <a name="y">z</a></p>', "<p>x z</p>"),
    "a link within the page": ('<p><a href="#part">x</a></p>', "<p>x</p>"),
    "relations are not added": (
        '<a href="https://e.org/" rel="nofollow" target="_blank">x</a>',
        '<a href="https://e.org/">x</a>',
    ),
    "comments": ("<p>a<!-- b -->c</p>", "<p>ac</p>"),
    "empty paragraphs": ("<p>a</p><p></p><p> &nbsp;<br></p><p><a href='#'></a></p>", "<p>a</p>"),
    "style, class, id, name": ('<p style="color:red" class="x" id="y" name="z" data-a="b">c</p>', "<p>c</p>"),
    "a pixel": ('<p>a<img src="https://t.org/p.gif" width="1" height="1"></p>', "<p>a</p>"),
    "a pixel in style": ('<p>a<img src="https://t.org/p.gif" style="width:1px;height:1px"></p>', "<p>a</p>"),
    "a pixel of one side": ('<p>a<img src="https://t.org/p.gif" height=1></p>', "<p>a</p>"),
    "a hidden image": ('<p>a<img src="https://t.org/p.gif" style="display: none"></p>', "<p>a</p>"),
    "a flat image stays": ('<img src="https://e.org/line.gif" width="600" height="1">',) * 2,
    "an image without an address": ('<p>a<img alt="x"></p>', "<p>a</p>"),
    "an image that is data": ('<p>a<img src="data:image/gif;base64,R0lGOD"></p>', "<p>a</p>"),
    "scripts and their like": ("<script>a</script><style>b</style><template>c</template><noscript>d</noscript>e", "e"),
    "forms keep their text": (
        '<form action="/x"><p>a</p><input value="b"><select><option>c</select></form>',
        "<p>a</p>",
    ),
    "unknown elements keep their text": ("<center><font color=red>a</font></center>", "a"),
    "control characters": ("<p>a\x00b\x0bc&#1;d\ufffe\ud800\x85</p>", "<p>ab\ncd\n</p>"),
    "an address without a scheme": ('<a href="//e.org/x">x</a>', '<a href="https://e.org/x">x</a>'),
    "an address with white space": ('<a href=" https://e.org/a b\n">x</a>', '<a href="https://e.org/a%20b">x</a>'),
    "an address in another script": (
        '<a href="https://bücher.example/ä">x</a>',
        '<a href="https://xn--bcher-kva.example/%C3%A4">x</a>',
    ),
    "sizes that are none": ('<img src="https://e.org/i" width="100%" height="auto">', '<img src="https://e.org/i">'),
    "a srcset with a bad part": (
        '<img srcset="javascript:x 1x, https://e.org/i 2x">',
        '<img srcset="https://e.org/i 2x">',
    ),
    "nothing": ("", ""),
    "text": ("a < b & c", "a &lt; b &amp; c"),
}


@pytest.mark.parametrize(("written", "expected"), SETTLED.values(), ids=SETTLED.keys())
def test_the_rest_is_settled(written: str, expected: str) -> None:
    assert html.clean(written) == expected


RESOLVED = {
    "a relative link": ('<a href="b.html">x</a>', '<a href="https://e.org/a/b.html">x</a>'),
    "a root-relative image": ('<img src="/i.jpg">', '<img src="https://e.org/i.jpg">'),
    "a place in the page": ('<a href="#part">x</a>', '<a href="https://e.org/a/page.html#part">x</a>'),
    "a srcset": (
        '<img srcset="i.jpg 1x, /j.jpg 2x">',
        '<img srcset="https://e.org/a/i.jpg 1x, https://e.org/j.jpg 2x">',
    ),
    "a link to #": ('<a href="#">x</a>', "x"),
    "an absolute link": ('<a href="http://other.org/">x</a>', '<a href="http://other.org/">x</a>'),
    "a footnote": ('<a href="#fn-0123456789-1">x</a>', '<a href="#fn-0123456789-1">x</a>'),
    "a scheme that is none of ours": ('<a href="ftp://e.org/">x</a>', "x"),
}


@pytest.mark.parametrize(("written", "expected"), RESOLVED.values(), ids=RESOLVED.keys())
def test_relative_addresses_are_resolved_against_a_base(written: str, expected: str) -> None:
    assert html.clean(written, "https://e.org/a/page.html") == expected


ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://x.test/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img src="x" ONERROR\n=\n"alert(1)">',
    "<img/src/onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<math><annotation-xml encoding=text/html><style><img src=x onerror=alert(1)></style></annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<textarea><p title="</textarea><img src=x onerror=alert(1)>">',
    '<title><p title="</title><img src=x onerror=alert(1)>">',
    '<xmp><p title="</xmp><img src=x onerror=alert(1)>">',
    '<noembed><p title="</noembed><img src=x onerror=alert(1)>">',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<iframe src=javascript:alert(1)></iframe>",
    "<template><script>alert(1)</script></template>",
    "<plaintext><script>alert(1)</script>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href=" javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="java&#9;script:alert(1)">x</a>',
    '<a href="java&Tab;script&colon;alert(1)">x</a>',
    '<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>',
    '<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)">x</a>',
    '<a href="\x01javascript:alert(1)">x</a>',
    '<a href="\u00a0javascript:alert(1)">x</a>',
    '<a href="javascript://e.org/%0aalert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="blob:https://e.org/1">x</a>',
    '<a href="view-source:javascript:1">x</a>',
    '<a href="feed:javascript:alert(1)">x</a>',
    '<img srcset="javascript:alert(1) 1x, data:image/svg+xml,x 2x">',
    '<video poster="javascript:alert(1)" src="data:x" onloadstart="x"><source src="javascript:x"></video>',
    '<blockquote cite="javascript:alert(1)">x</blockquote>',
    '<a ping="https://t.test/" href="https://e.org/">x</a>',
    '<base href="https://evil.test/"><a href="x">x</a>',
    '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
    '<link rel="stylesheet" href="https://x.test/x.css">',
    '<object data="javascript:alert(1)"></object><embed src="javascript:alert(1)"><applet code=x></applet>',
    '<div style="background:url(javascript:alert(1))">x</div>',
    "<style>@import 'https://x.test/x.css';</style>",
    '<form action="javascript:alert(1)"><button formaction="javascript:alert(1)">x</button></form>',
    "<input autofocus onfocus=alert(1)><keygen autofocus onfocus=alert(1)>",
    '<a id="document" name="cookie" class="x">x</a><img name="getElementById">',
    '<li id="fn-evil-1">x</li>',
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo '<script>alert(1)</script>' ?>",
    "<!--><script>alert(1)</script>-->",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    '<p title="--><script>alert(1)</script>">x',
    '<p title="]]><script>alert(1)</script>">x',
    "<table><td><svg><desc><table><td><style><img src=x onerror=alert(1)>",
    '<details ontoggle="alert(1)" open>x</details>',
    '<marquee onstart="alert(1)">x</marquee>',
    '<a xlink:href="javascript:alert(1)" xmlns:xlink="http://www.w3.org/1999/xlink">x</a>',
    "<select><noscript></select><script>alert(1)</script>",
    "<b><p><a href=x><b><a href=javascript:alert(1)>",
    "\ufeff<script>alert(1)</script>",
    "<script\x0c>alert(1)</script\x0c>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("crowd", ["", "<p>a</p>" * 300], ids=["alone", "in a crowd"])
def test_attacks_leave_nothing_for_a_second_parser(attack: str, crowd: str) -> None:
    cleaned = html.clean(crowd + attack)
    assert_harmless(cleaned)
    assert "<script" not in cleaned.lower()
    assert html.clean(cleaned) == cleaned


PIECES = st.sampled_from(
    [
        *_words("""<p> </p> <b> </b> <i> </i> <a href="https://e.org/"> <a href="#"> <a href=x> </a> <div> </div>
    <table> <tr> <td> <th> </td> </table> <ul> <li> </ul> <svg> </svg> <math> <mtext> <style> </style>
    <script> </script> <!-- --> <pre> </pre> <img src=x> <img/src=y width=1 height=1> <br> <form>
    </form> <select> <option> <h1> </h1> <noscript> </noscript> <textarea> </textarea> <title>
    <template> </template> <button> </button> <figure> <section> <dl> <dt> <dd> <ruby> <rt> <video>
    <audio src=z> <source> <details> <summary> <span dir=rtl> </span> &amp; &lt; &nbsp; < > " ' = / &
    &#1; &#13; javascript: srcset= onerror=1 ]]> \x01 \ud800"""),
        "\n",
        "\n\n",
        " ",
        "text ",
        "ä\u2028",
    ]
)
SOUPS = st.lists(PIECES, max_size=60).map("".join)


@settings(max_examples=100, deadline=None)
@given(SOUPS | st.text(max_size=200))
def test_cleaning_twice_is_cleaning_once(soup: str) -> None:
    once = html.clean(soup)
    assert html.clean(once) == once
    assert_harmless(once)


@settings(max_examples=50, deadline=None)
@given(SOUPS)
def test_cleaning_twice_is_cleaning_once_in_a_crowd(soup: str) -> None:
    once = html.clean("<p>x</p>" * 260 + soup)
    assert html.clean(once) == once
    assert_harmless(once)


@pytest.mark.parametrize(
    "moved",
    [
        "<dt></b><form><dt>x",
        "<dd><form><dt>x",
        "<section><dt><table>x<dd>",
        '<li><table>"<li>',
        "<h1>a<form><h1><tr></a>",
        "\n\n<pre></p>\n\nx",
    ],
)
def test_what_a_second_parser_would_move_is_where_it_belongs(moved: str) -> None:
    """What stands in a forbidden element may come to stand where HTML does not let it be."""
    once = html.clean(moved)
    assert html.clean(once) == once


@settings(max_examples=50, deadline=None)
@given(SOUPS)
def test_cleaning_with_a_base_leaves_nothing_relative(soup: str) -> None:
    assert html.references(html.clean(soup, "https://e.org/a/")) == ()


HUGE = {
    "nested": "<div>" * 50_000 + "x" + "</div>" * 50_000,
    "nested behind comments": "<div><!--</div>-->" * 20_000 + "x",
    "never closed": "<b><i><u>" * 10_000 + "x",
    "formatting reopened": "<p>" + "".join(f"<i title={n}>" for n in range(1000)) + "x</p>" + "<p>x</p>" * 1000,
    "links": '<a href="https://e.org/y">x</a> ' * 20_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(50_000)) + ">x",
    "references": "x" + "&amp;" * 200_000,
    "less-than": "x" + "<" * 100_000,
    "open tags": "x" + '<a b="' * 100_000,
    "open comments": "x" + "<!--" * 100_000,
    "empty paragraphs": "x" + "<p></p>" * 50_000,
    "lists": "<ul><li>" * 10_000 + "x",
    "tables": "<table><td>" * 3_000 + "x",
}


@pytest.mark.parametrize("written", HUGE.values(), ids=HUGE.keys())
def test_outsize_input_comes_out_bounded(written: str) -> None:
    cleaned = html.clean(written)
    assert "x" in html.text(cleaned)
    assert html.clean(cleaned) == cleaned
    assert len(cleaned) <= 6 * len(written)


def test_a_crowd_of_ordinary_markup_is_the_same_as_a_little_of_it() -> None:
    little = "\n".join(KEPT.values())
    assert html.clean("\n".join([little] * 20)) == "\n".join([little] * 20)


def test_threads_may_clean_at_once() -> None:
    expected = {n: html.clean(f"<p>{n} <a href='/{n}'>x</a></p>") for n in range(8)}
    found: dict[int, set[str]] = {n: set() for n in range(8)}

    def work(n: int) -> None:
        for _ in range(200):
            found[n].add(html.clean(f"<p>{n} <a href='/{n}'>x</a></p>"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: {text} for n, text in expected.items()}


TEXTS = {
    "blocks are lines": ("<h1>A</h1><p>b <b>c</b>\nd</p><ul><li>e</li><li>f</li></ul>", "A\nb c d\ne\nf"),
    "breaks are lines": ("a<br>b", "a\nb"),
    "cells share a line": ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
    "references are characters": ("<p>a &lt; b &amp;amp; c&nbsp;d</p>", "a < b &amp; c d"),
    "code keeps its lines": ("<pre>a\n  b</pre>", "a\nb"),
    "scripts say nothing": ("a<script>b</script><style>c</style><svg><text>d</text></svg>", "a"),
    "footnote marks say nothing": (KEPT["footnotes"], "a\nb"),
    "images say nothing": ('a<img src="x" alt="y">', "a"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("written", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_text_is_what_is_read(written: str, expected: str) -> None:
    assert html.text(written) == expected


@settings(max_examples=60, deadline=None)
@given(SOUPS)
def test_text_is_plain_and_has_no_empty_lines(soup: str) -> None:
    lines = html.text(soup).split("\n")
    assert lines == [""] or all(line == " ".join(line.split()) != "" for line in lines)


SHOWN = (
    '<p>a.jpg <a href="b%20c.html">/d.jpg</a> <img src="/d.jpg" srcset="/d.jpg 1x, e.jpg 2x" alt="f.jpg" title="g.jpg">'
    '<a href="https://e.org/h">h</a> <a href="mailto:a@e.org">i</a> <a href="b%20c.html">j</a>'
    '<a href="#fn-0123456789-1">k</a></p>'
)


def test_references_are_the_relative_addresses_in_order() -> None:
    assert html.references(SHOWN) == ("b%20c.html", "/d.jpg", "e.jpg")


def test_rewriting_touches_addresses_and_nothing_else() -> None:
    new = {"/d.jpg": "/media/1.jpg", "e.jpg": "/media/2.jpg?a&b"}
    expected = SHOWN.replace('src="/d.jpg"', 'src="/media/1.jpg"').replace(
        'srcset="/d.jpg 1x, e.jpg 2x"', 'srcset="/media/1.jpg 1x, /media/2.jpg?a&amp;b 2x"'
    )
    assert html.rewrite(SHOWN, new.get) == expected


def test_rewriting_cannot_break_out_of_an_attribute() -> None:
    assert html.rewrite('<img src="a">', lambda _: '"><script>') == '<img src="&quot;&gt;&lt;script&gt;">'


@settings(max_examples=60, deadline=None)
@given(SOUPS)
def test_rewriting_nothing_changes_nothing(soup: str) -> None:
    cleaned = html.clean(soup)
    assert html.rewrite(cleaned, lambda _: None) == cleaned


def test_absolute_makes_our_own_files_and_footnotes_absolute() -> None:
    found = html.absolute(SHOWN, "https://s.org", "https://s.org/articles/x")
    assert '<img src="https://s.org/d.jpg" srcset="https://s.org/d.jpg 1x, e.jpg 2x"' in found
    assert '<a href="https://s.org/articles/x#fn-0123456789-1">k</a>' in found
    assert '<a href="b%20c.html">/d.jpg</a>' in found


def test_absolute_gives_the_same_text_back_when_nothing_is_relative() -> None:
    text = '<p><a href="https://e.org/">x</a></p>'
    assert html.absolute(text, "https://s.org", "https://s.org/articles/x") is text


URLS = {
    "plain": ("https://e.org/a?b=c#d", "https://e.org/a?b=c#d"),
    "upper case": ("HTTPS://E.ORG/A", "https://e.org/A"),
    "white space around": ("  https://e.org/ \n", "https://e.org/"),
    "white space in it": ("https://e.org/a b", "https://e.org/a%20b"),
    "a line end in it": ("https://e.org/a\nb", "https://e.org/ab"),
    "another script": ("https://e.org/é?ü#ß", "https://e.org/%C3%A9?%C3%BC#%C3%9F"),
    "another script in the host": ("http://例え.テスト/", "http://xn--r8jz45g.xn--zckzah/"),
    "sharp s in the host": ("https://faß.de/", "https://xn--fa-hia.de/"),
    "what is not legal": ('https://e.org/[a]|"<>`{}^\\%', "https://e.org/%5Ba%5D%7C%22%3C%3E%60%7B%7D%5E%5C%25"),
    "a second number sign": ("https://e.org/#a#b", "https://e.org/#a%23b"),
    "encoded already": ("https://e.org/%E4%20", "https://e.org/%E4%20"),
    "a port": ("http://localhost:8080/", "http://localhost:8080/"),
    "an IPv6 host": ("http://[::1]/", "http://[::1]/"),
    "no scheme": ("//e.org/a", "https://e.org/a"),
    "mail": ("mailto:a@e.org?subject=x y", "mailto:a@e.org?subject=x%20y"),
    "a line end in a query": ("https://e.org/?t=a%0Ab", "https://e.org/?t=a%0Ab"),
    "javascript": ("javascript:alert(1)", None),
    "javascript with a host": ("javascript://e.org/%0aalert(1)", None),
    "javascript in pieces": ("java\tscript:alert(1)", None),
    "data": ("data:text/html,x", None),
    "file": ("file:///etc/passwd", None),
    "ftp": ("ftp://e.org/", None),
    "no host": ("https:///a", None),
    "no slashes": ("https:e.org", None),
    "backslashes": ("https:\\\\e.org\\", None),
    "a backslash in the host": ("https://e.org\\@f.org/", None),
    "white space in the host": ("https://e .org/", None),
    "an encoded host": ("https://e%2eorg/", None),
    "a control character": ("https://e.org/\x01a", None),
    "an encoded line end": ("https://e.org/%0d%0aX: y", None),
    "an encoded line end without a scheme": ("//e.org/%0a", None),
    "an encoded NUL": ("https://e.org/%00", None),
    "a surrogate": ("https://e.org/\ud800", None),
    "a bad port": ("https://e.org:99999/", None),
    "a broken IPv6 host": ("https://[::1/", None),
    "relative": ("a/b", None),
    "empty": ("", None),
    "2,048 characters": ("https://e.org/" + "a" * 2034, "https://e.org/" + "a" * 2034),
    "2,049 characters": ("https://e.org/" + "a" * 2035, None),
    "too long once encoded": ("https://e.org/" + "é" * 400, None),
}


@pytest.mark.parametrize(("written", "expected"), URLS.values(), ids=URLS.keys())
def test_an_address_is_made_safe_or_refused(written: str, expected: str | None) -> None:
    assert html.safe_url(written) == expected


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text("htps:/\\@.#?%0aé[]\t ", max_size=40).map(lambda t: "https://e.org" + t))
def test_safe_addresses_are_legal_and_safe_again(written: str) -> None:
    found = html.safe_url(written, "https://base.org/a/")
    if found is not None:
        assert re.fullmatch(r"(https?://[a-z0-9._\[\]:@%-][!-~]*|mailto:[!-~]+)", found, re.IGNORECASE)
        assert html.safe_url(found) == found
