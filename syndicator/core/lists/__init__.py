"""Lists of sources as other software keeps them, read; `opml` also writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from syndicator.core.articles.decode import decode
from syndicator.core.lists import newsboat, opml, osmosfeed, planet
from syndicator.errors import BadArticle, BadList
from syndicator.model import SubscriptionList

MAX_SIZE = 5 * 2**20
"""Bytes of a list."""

_ROOT = re.compile(r"<(?![?!])(?:[A-Za-z_][\w.-]{0,40}:)?([A-Za-z_][\w.-]{0,40})")
_NO_LISTS = {
    "html": "it is a web page, not a list of feeds: save the list itself, or `syndicator add` the page",
    "rss": "it is a feed, not a list of feeds: `syndicator add` its address",
    "feed": "it is a feed, not a list of feeds: `syndicator add` its address",
    "rdf": "it is RDF (FOAF or a feed), not OPML: export the list as OPML, or `syndicator add` a feed's address",
}
_SECTION = re.compile(r"^[ \t]{0,8}\[[^\]\n]+\]", re.M)
_SOURCES = re.compile(r"^sources[ \t]{0,8}:", re.M | re.IGNORECASE)
_KEYS = re.compile(r"^[A-Za-z_]\w{0,40}[ \t]{0,8}=", re.M)


def read_list(data: bytes, name: str) -> SubscriptionList:
    """The subscriptions in a list of sources: OPML, a planet's configuration, osmosfeed.yaml, newsboat's `urls`.

    Which of them it is, is told by what is in it; where that is nothing, by the file's `name`. Everything that is not
    taken over is among the notices. Raises BadList, with the line where one is to blame, for anything else and for
    more than 5 MiB.
    """
    if len(data) > MAX_SIZE:
        raise BadList(f"{name}: the list is larger than {MAX_SIZE // 2**20} MiB: split it")
    try:
        text, odd = decode(data)
    except BadArticle as error:
        raise BadList(f"{name}: {error.reason}", error.line) from None
    if not text.strip():
        raise BadList(f"{name}: the list is empty")
    try:
        found = _reader(text, name)(text)
    except BadList as error:
        raise BadList(f"{name}: {error.reason}", error.line) from None
    return replace(found, notices=(odd, *found.notices)) if odd else found


def _reader(text: str, name: str) -> Callable[[str], SubscriptionList]:
    if text.lstrip().startswith("<"):
        return _xml
    if _SOURCES.search(text):
        return osmosfeed.read
    if _SECTION.search(text) or _KEYS.search(text):
        return planet.read
    suffix = name.lower().rpartition(".")[2]
    return {"ini": planet.read, "yaml": osmosfeed.read, "yml": osmosfeed.read}.get(suffix, newsboat.read)


def _xml(text: str) -> SubscriptionList:
    root = _ROOT.search(text)
    kind = root[1].lower() if root else ""
    if kind in _NO_LISTS:
        raise BadList(_NO_LISTS[kind])
    return opml.read(text)
