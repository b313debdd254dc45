"""All HTML goes through here: one allow-list sanitiser and what else must be done to clean HTML.

`clean` parses as browsers do (nh3, html5ever), keeps what is on the list, then settles addresses, pixels and empty
blocks on the serialised form, whose shape is known; what it gives is a fixed point of itself (security.md S23-S27).
"""

from __future__ import annotations

import functools
import html as _html
import re
from collections.abc import Callable, Iterator

import nh3

from syndicator.core.bounds import bound, is_outsize
from syndicator.core.text import clean_text
from syndicator.core.urls import is_absolute, reference, safe_url

__all__ = ["REMOVED", "SANITIZER", "absolute", "clean", "references", "rewrite", "safe_url", "text"]

SANITIZER = 1
"""Goes up when `clean` begins to give something else for the same input (security.md S25)."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _words(
    """a abbr address aside audio b bdi blockquote br caption cite code col colgroup data dd del details dfn div dl
    dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p picture pre q rp rt ruby s samp section
    small source span strong sub summary sup table tbody td tfoot th thead time tr track u ul var video wbr"""
)
REMOVED = _words(
    """applet button canvas datalist embed frameset head iframe input link math meta meter noembed noframes noscript
    object optgroup option param plaintext progress script select style svg template textarea title xmp"""
)
"""Elements that are removed with what they hold."""
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"lang", "dir", "title"},
    "a": {"href", "hreflang", "id", "class"},
    "audio": {"src"},
    "blockquote": {"cite"},
    "code": {"class"},
    "col": {"span"},
    "colgroup": {"span"},
    "data": {"value"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"src", "srcset", "sizes", "alt", "width", "height", "style", "hidden"},
    "ins": {"cite", "datetime"},
    "li": {"value", "id"},
    "ol": {"start", "reversed", "type"},
    "pre": {"class"},
    "q": {"cite"},
    "section": {"class"},
    "source": {"src", "srcset", "sizes", "type", "media", "width", "height"},
    "sup": {"class"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope", "abbr"},
    "time": {"datetime"},
    "track": {"src", "kind", "srclang", "label"},
    "video": {"src", "poster", "width", "height"},
}
_BOUNDED = _ATTRIBUTES | {"td": {*_ATTRIBUTES["td"], "align"}, "th": {*_ATTRIBUTES["th"], "align"}}
_ALIGN = {"align": {"left", "right", "center"}}
_URLS = frozenset({"href", "src", "cite", "poster"})
_CLASSES = {
    "a": re.compile(r"footnote-backref"),
    "code": re.compile(r"language-[\w+#.-]{1,40}"),
    "pre": re.compile(r"language-[\w+#.-]{1,40}"),
    "section": re.compile(r"footnotes"),
    "sup": re.compile(r"footnote-ref"),
}
_NOTE = re.compile(r"fn(?:ref)?-[0-9a-f]{8,16}-[0-9]{1,5}(?:-[0-9]{1,5})?")
"""The ids of footnotes, the only ones that stay: made from the text, so they cannot meet another's."""

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [^<>]*)?)>")
_ANY_TAG = re.compile(r"<[^<>]*>")
_PRE = re.compile(r"<pre>(.*?)</pre>", re.S)
_CELL = re.compile(r"</?t[dh]>")
_MARKED = re.compile(
    r"<(a|img|source|track|(?:video|audio|blockquote|q|del|ins|code|pre|section|li|sup)(?= ))((?: [^<>]*)?)>"
    r"|</a>|(?<=<pre>)\n+"
)
_ATTRIBUTE = re.compile(r' ([^\s="<>/]+)="([^"]*)"')
_LINKS = re.compile(r' (?:href|cite)="[^"]*"(?=[^<>]*>)')
_MAYBE_RELATIVE = re.compile(r' (?:srcset="|(?:href|src|cite|poster)="(?!https?:|mailto:|#))')
_EMPTY = re.compile(r"<(a|p)(?: [^<>]*)?>(?:\s|&nbsp;|<br>)*+</\1>")
_SIZE = re.compile(r"[0-9]{1,5}")
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:^|[;\s])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)", re.IGNORECASE
)
_PIXEL = frozenset({"0", "1"})
_PASSES = 8
_MANY_REFERENCES = 1000
_MARKS = {"\ufdd0": "&amp;", "\ufdd1": "&lt;", "\ufdd2": "&gt;", "\ufdd3": "&quot;", "\xa0": "&nbsp;"}
_BARE_AMPERSAND = re.compile(r"&(?![A-Za-z0-9#])")


def clean(html: str, base: str | None = None) -> str:
    """HTML that may be published, from any text at all.

    `base` is the absolute address that relative ones are resolved against; without it they stay, links to a place
    in the page excepted. Links without a target are unwrapped, tracking pixels and empty paragraphs removed.
    Cleaning what came out again changes nothing. Never raises.
    """
    base = safe_url(base) if base else None
    result = _settle(_listed(_printable(html)), base)
    for _ in range(_PASSES):
        again = _listed(result)
        if again == result:
            return result
        result = _settle(again, base)
    return "".join(f"<p>{_html.escape(line, quote=False)}</p>" for line in text(result).splitlines() if line)


def _printable(text: str) -> str:
    # The same as cleaning always, and far cheaper for what holds nothing odd, as nearly everything does.
    return text if text.replace("\n", "").isprintable() else clean_text(text)


def _listed(html: str) -> str:
    """What the list lets pass, in nh3's serialised form."""
    if is_outsize(html):
        html = bound(html, _TAGS, REMOVED, _BOUNDED)
    return _sparing(_cleaner(), html)


def _sparing(cleaner: nh3.Cleaner, html: str) -> str:
    """`cleaner.clean`, without its cost of the square of the character references in one stretch of text.

    Noncharacters stand in for the references; none is in the text, because they were removed before.
    """
    if html.count("&") < _MANY_REFERENCES:
        return cleaner.clean(html)
    for mark, written in _MARKS.items():
        html = html.replace(written, mark)
    html = cleaner.clean(_BARE_AMPERSAND.sub(next(iter(_MARKS)), html))
    for mark, written in _MARKS.items():
        html = html.replace(mark, written)
    return html


@functools.cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(REMOVED),
        attributes=_ATTRIBUTES,
        tag_attribute_values={"td": _ALIGN, "th": _ALIGN},
        set_tag_attribute_values={"audio": {"controls": ""}, "video": {"controls": ""}},
        url_schemes={"http", "https", "mailto"},
        strip_comments=True,
        link_rel=None,
    )


def _settle(html: str, base: str | None) -> str:
    """What the list cannot say, done on nh3's serialised form, in which `<` and `>` only delimit tags."""
    html = _printable(html)
    open_links: list[bool] = []

    def settle(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return (match[0] if not open_links or open_links.pop() else "") if match[0] == "</a>" else ""
        attributes = _settled(name, match[2], base)
        if name == "a":
            open_links.append(attributes is not None and any(key in ("href", "id") for key, _ in attributes))
            if not open_links[-1]:
                return ""
        return "" if attributes is None else _tag(name, attributes)

    html = _MARKED.sub(settle, html)
    while (fewer := _EMPTY.sub("", html)) != html:
        html = fewer
    return html


def _settled(name: str, written: str, base: str | None) -> list[tuple[str, str]] | None:
    """The attributes of a tag that stay, values unescaped; None when the element itself goes."""
    kept: list[tuple[str, str]] = []
    found = {key: _html.unescape(value) if "&" in value else value for key, value in _ATTRIBUTE.findall(written)}
    if name == "img" and _is_tracker(found):
        return None
    for key, value in found.items():
        settled = _attribute(name, key, value, base)
        if settled is not None:
            kept.append((key, settled))
    if name in ("img", "source", "track") and not any(key in ("src", "srcset") for key, _ in kept):
        return None
    return kept


def _attribute(name: str, key: str, value: str, base: str | None) -> str | None:
    if key in _URLS:
        return _address(value, base, link=key == "href")
    if key == "srcset":
        return _srcset(value, lambda url: _address(url, base, link=False))
    if key == "id":
        return value if _NOTE.fullmatch(value) else None
    if key == "class":
        return next((part for part in value.split() if _CLASSES[name].fullmatch(part)), None)
    if key in ("width", "height"):
        return value if _SIZE.fullmatch(value) else None
    return None if key in ("style", "hidden") else value


def _is_tracker(attributes: dict[str, str]) -> bool:
    if "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")):
        return True
    width, height = attributes.get("width", "").strip(), attributes.get("height", "").strip()
    width, height = width.removesuffix("px"), height.removesuffix("px")
    return "0" in (width, height) or ((width or height) in _PIXEL and (height or width) in _PIXEL)


def _address(value: str, base: str | None, *, link: bool) -> str | None:
    if link and value.startswith("#") and _NOTE.fullmatch(value[1:]):
        return value
    url = safe_url(value, base) if value.strip() not in ("", "#") else None
    if url is None and base is None:
        url = reference(value)
        if not url or url.startswith("#"):
            return None
    return url if link or url is None or not url.startswith("mailto:") else None


def _srcset(value: str, replace: Callable[[str], str | None]) -> str | None:
    """A srcset with each address replaced; candidates whose replacement is None are left out."""
    kept = []
    for url, descriptor in _candidates(value):
        new = replace(url)
        if new is not None:
            kept.append(f"{new} {descriptor}".rstrip())
    return ", ".join(kept) or None


def _candidates(value: str) -> Iterator[tuple[str, str]]:
    for candidate in re.split(r",\s+|(?<=[0-9][wx]),", value.strip()):
        url, _, descriptor = candidate.strip(" \t\r\n\f,").partition(" ")
        descriptor = descriptor.strip()
        if url and (not descriptor or re.fullmatch(r"[0-9.]{1,12}[wx]", descriptor)):
            yield url, descriptor


def _tag(name: str, attributes: list[tuple[str, str]]) -> str:
    return "".join([f"<{name}", *(f' {key}="{_escape(value)}"' for key, value in attributes), ">"])


def _escape(value: str) -> str:
    """As html5ever writes attribute values, so that its second pass changes nothing."""
    value = value.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace('"', "&quot;")
    return value.replace("<", "&lt;").replace(">", "&gt;")


_OUTLINE = _words(
    """address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main nav ol p pre section summary table tbody td tfoot th
    thead tr ul"""
)
_NOTE_MARK = re.compile(
    r'\s?<a class="footnote-backref"[^<>]*>[^<>]*</a>|<sup class="footnote-ref"><a [^<>]*>[^<>]*</a></sup>'
)


@functools.cache
def _outliner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_OUTLINE),
        clean_content_tags=set(REMOVED | {"rp"}),
        attributes={},
        generic_attribute_prefixes=None,
        link_rel=None,
    )


def text(html: str) -> str:
    """The plain text of HTML: each block on a line of its own, no empty lines, white space as it is shown."""
    html = _NOTE_MARK.sub("", _printable(html))
    if is_outsize(html):
        html = bound(html, _OUTLINE, REMOVED | {"rp"}, {"*": ()})
    outline = _sparing(_outliner(), html)
    lines: list[str] = []
    for index, part in enumerate(_PRE.split(outline)):
        part = _CELL.sub(" ", part)
        if index % 2 == 0:
            part = part.replace("\n", " ")
        lines += _ANY_TAG.sub("\n", part).split("\n")
    shown = (" ".join(_printable(_html.unescape(line)).split()) for line in lines if line and not line.isspace())
    return "\n".join(line for line in shown if line)


def words(html: str) -> str:
    """The words of clean HTML, for comparing and not for showing: every tag is a space. 30 times faster than `text`."""
    return _html.unescape(_ANY_TAG.sub(" ", html))


def references(html: str, *, embedded: bool = False) -> tuple[str, ...]:
    """The relative addresses in the attributes of clean HTML, in order, each once, links within the page left out.

    `embedded`: only of what is shown in the text (pictures, sound, video), not of links.
    """
    found: dict[str, None] = {}

    def note(url: str) -> None:
        found[url] = None

    rewrite(_LINKS.sub(" ", html) if embedded else html, note)
    return tuple(found)


def rewrite(html: str, replace: Callable[[str], str | None]) -> str:
    """Clean HTML with every relative (also root-relative) address replaced; None keeps it.

    Only values of attributes that hold addresses are touched. What `replace` gives is escaped, not checked.
    """
    if not _MAYBE_RELATIVE.search(html):
        return html

    def settle(match: re.Match[str]) -> str:
        if not match[3] or match[1]:
            return match[0]
        return match[0][: match.start(3) - match.start()] + _ATTRIBUTE.sub(change, match[3]) + ">"

    def change(match: re.Match[str]) -> str:
        key, value = match[1], match[2]
        if key in _URLS:
            new = _relative(_html.unescape(value), replace)
        elif key == "srcset":
            new = _srcset(_html.unescape(value), lambda url: _relative(url, replace) or url)
        else:
            return match[0]
        return match[0] if new is None else f' {key}="{_escape(new)}"'

    return _TAG.sub(settle, html)


def _relative(url: str, replace: Callable[[str], str | None]) -> str | None:
    return None if is_absolute(url) or url.startswith(("#", "//")) else replace(url)


def absolute(html: str, base_url: str, page_url: str | None = None) -> str:
    """Clean HTML with root-relative addresses made absolute under `base_url` (`https://host`, no slash at the end).

    `page_url` is the absolute address of the page that shows the article: links to its footnotes then lead there;
    without it they are left as they are. Gives the same text back, untouched, when nothing is relative.
    """
    if page_url is not None and '="#fn' in html:
        html = re.sub(rf'(<a (?:[^<>]* )?href=")(#{_NOTE.pattern}")', rf"\1{_escape(page_url)}\2", html)
    if '="/' not in html and ", /" not in html:
        return html
    return rewrite(html, lambda url: base_url + url if url.startswith("/") else None)
