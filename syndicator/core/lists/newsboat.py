"""newsboat's `urls`, and plain lists of addresses: one to a line, `#` begins a comment."""

from __future__ import annotations

import re

from syndicator.core.lists.gather import Gathered, feed_url, shown
from syndicator.core.text import clean_text
from syndicator.errors import BadList
from syndicator.model import SubscriptionList

_WORD = re.compile(r'\s*+(?:"((?:[^"\\]++|\\.)*+)"?|([^\s"]++))')
_ESCAPED = re.compile(r"\\(.)")
_NOT_OURS = ("query:", "exec:", "filter:", "file:")


def read(text: str) -> SubscriptionList:
    """The subscriptions of newsboat's `urls`: an address, then tags, `"~Title"` among them.

    Saved queries, programs and filters are not taken over and said. Raises BadList, with the line, where the first
    line that says anything is none of these.
    """
    gathered = Gathered()
    plain, known = True, False
    for number, line in enumerate(clean_text(text).split("\n"), 1):
        words = _words(line)
        if not words or line.lstrip().startswith("#"):
            continue
        first, *others = words
        kind = first.partition(":")[0].lower()
        if first.lower().startswith(_NOT_OURS):
            gathered.note(f"a feed made by `{kind}:` is not taken over: {shown(first)}", number)
            plain = False
        elif feed_url(first) is None and not known and not first.lower().startswith(("http:", "https:")):
            raise BadList(f"{shown(line)} begins with no http or https address: is this a list of feeds?", number)
        else:
            hidden = [word for word in others if word.startswith("!")]
            if hidden:
                gathered.note(f"{shown(first)} is hidden by `!`, which is not taken over", number)
            titles = [word[1:] for word in others if word.startswith("~")]
            tags = [word for word in others if not word.startswith(("~", "!"))]
            gathered.add(first, title=titles[0] if titles else "", tags=tags, line=number)
            plain = plain and not others
        known = True
    if not known:
        raise BadList("the list names no feed: write one address to a line")
    return gathered.finish("urls" if plain else "newsboat")


def _words(line: str) -> list[str]:
    """The words of a line; within double quotes they may hold spaces, and `\\` takes the next character as it is."""
    found = (_unescaped(*match.groups()) for match in _WORD.finditer(line.strip()))
    return [word for word in found if word]


def _unescaped(quoted: str | None, bare: str | None) -> str:
    return (bare or "") if quoted is None else _ESCAPED.sub(r"\1", quoted).strip()
