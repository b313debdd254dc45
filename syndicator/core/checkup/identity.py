"""Whether readers can know an entry again: its id is there, its own, and will stay as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from syndicator.core.checkup.entries import Item
from syndicator.core.checkup.findings import Findings, error, hint, warning

ID_MISSING = warning(
    "id-missing",
    "has no {name}. Readers know it again by its link, or by its words, and show it as new when these change. Give "
    "each entry an id of its own that never changes.",
    "RSS Best Practices, guid",
)
NOTHING_TO_KNOW = error(
    "entry-unknowable",
    "has neither {name} nor link, so readers cannot know it again: it comes back as new, or swallows another one. Give "
    "each entry an id of its own that never changes.",
    "RSS Best Practices, guid",
)
SHARED = error(
    "id-shared",
    "has the same {name} as {other}, which is another entry: {id}. Readers take them for one, so that one of the two "
    "is never seen. Give each entry an id of its own.",
    "RFC 4287 4.2.6; RSS Best Practices, guid",
)
TWICE = warning(
    "entry-twice",
    "is the same entry as {other}, by its {name}. Readers show one of the two, and not all the same one. List it once.",
    "RFC 4287 4.1.1; RSS Best Practices, guid",
)
UNSTEADY = warning(
    "id-unsteady",
    "has an id that looks as if it changes from request to request, or from campaign to campaign: {id}. Each time "
    "readers show the entry as new. Leave `{part}` out of it.",
    "RFC 4287 4.2.6",
)
OF_TITLE = warning(
    "id-is-title",
    "uses its title as its id: when the title is corrected, readers show it as a new entry. Give it an id that never "
    "changes.",
    "RFC 4287 4.2.6.1",
)
BLANKS = warning(
    "id-blanks",
    "has white space around its id. Ids are compared character by character, and readers that do not trim it see "
    "another one. Write the id without.",
    "RFC 4287 4.2.6",
)
SAME_LINK = hint(
    "link-shared",
    "has the same link as {other}, though it is another entry: {link}. Readers that go by the link show one of them.",
)

_UNSTEADY = re.compile(
    r"[?&;#](utm_[a-z]{1,20}|fbclid|gclid|mc_cid|phpsessid|jsessionid|aspsessionid\w{0,20}|sess(?:ion)?_?id"
    r"|timestamp|nocache|cachebuster|rand|nonce)=",
    re.IGNORECASE,
)
_SHOWN_LETTERS = re.compile(r"[\W_]+")


def check(items: Sequence[Item], found: Findings, *, named: bool = True) -> None:
    """Note what is wrong with ids. `named`: a missing one is this module's business, not the format's."""
    ids: dict[str, Item] = {}
    links: dict[str, Item] = {}
    for item in items:
        id = (item.id or "").strip()
        if not id:
            if named:
                found.add(ID_MISSING if item.link else NOTHING_TO_KNOW, item.subject, item.line, name=item.id_name)
            continue
        _steady(item, id, found)
        other = ids.setdefault(id, item)
        if other is not item:
            same = other.link == item.link and _title(other) == _title(item)
            found.add(TWICE if same else SHARED, item.subject, item.line, name=item.id_name, other=other.subject, id=id)
        elif item.link:
            known = links.setdefault(item.link, item)
            if known is not item:
                found.add(SAME_LINK, item.subject, item.line, other=known.subject, link=item.link)


def _steady(item: Item, id: str, found: Findings) -> None:
    if id != item.id:
        found.add(BLANKS, item.subject, item.line)
    if part := _UNSTEADY.search(id):
        found.add(UNSTEADY, item.subject, item.line, id=id, part=part[1])
    letters = _SHOWN_LETTERS.sub("", id).casefold()
    if letters and letters == _SHOWN_LETTERS.sub("", _title(item)).casefold() and not id.isdecimal():
        found.add(OF_TITLE, item.subject, item.line)


def _title(item: Item) -> str:
    return item.title.value.strip() if item.title else ""
