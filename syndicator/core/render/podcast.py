"""A podcast's channel: what Apple's directory and Podcasting 2.0 want to know of a show."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from lxml import etree

from syndicator.core.render import checked
from syndicator.core.render.entry import Attachment, Entry, Head, told
from syndicator.core.render.extensions import ITUNES, podcast_element
from syndicator.core.render.markup import add
from syndicator.core.text import one_line, shorten
from syndicator.errors import FeedError
from syndicator.model import Podcast

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "Arts": ("Books", "Design", "Fashion & Beauty", "Food", "Performing Arts", "Visual Arts"),
    "Business": ("Careers", "Entrepreneurship", "Investing", "Management", "Marketing", "Non-Profit"),
    "Comedy": ("Comedy Interviews", "Improv", "Stand-Up"),
    "Education": ("Courses", "How To", "Language Learning", "Self-Improvement"),
    "Fiction": ("Comedy Fiction", "Drama", "Science Fiction"),
    "Government": (),
    "Health & Fitness": ("Alternative Health", "Fitness", "Medicine", "Mental Health", "Nutrition", "Sexuality"),
    "History": (),
    "Kids & Family": ("Education for Kids", "Parenting", "Pets & Animals", "Stories for Kids"),
    "Leisure": (
        *("Animation & Manga", "Automotive", "Aviation", "Crafts", "Games", "Hobbies", "Home & Garden", "Video Games"),
    ),
    "Music": ("Music Commentary", "Music History", "Music Interviews"),
    "News": (
        *("Business News", "Daily News", "Entertainment News", "News Commentary", "Politics", "Sports News"),
        "Tech News",
    ),
    "Religion & Spirituality": ("Buddhism", "Christianity", "Hinduism", "Islam", "Judaism", "Religion", "Spirituality"),
    "Science": (
        *("Astronomy", "Chemistry", "Earth Sciences", "Life Sciences", "Mathematics", "Natural Sciences", "Nature"),
        *("Physics", "Social Sciences"),
    ),
    "Society & Culture": ("Documentary", "Personal Journals", "Philosophy", "Places & Travel", "Relationships"),
    "Sports": (
        *("Baseball", "Basketball", "Cricket", "Fantasy Sports", "Football", "Golf", "Hockey", "Rugby", "Running"),
        *("Soccer", "Swimming", "Tennis", "Volleyball", "Wilderness", "Wrestling"),
    ),
    "Technology": (),
    "True Crime": (),
    "TV & Film": ("After Shows", "Film History", "Film Interviews", "Film Reviews", "TV Reviews"),
}
"""Apple's list: a category and its parts."""

KINDS = frozenset({"episodic", "serial"})
"""What a show can be (itunes:type)."""

_LONGEST = 255
_LONGEST_FUNDING = 128


def category(written: str) -> tuple[str, ...]:
    """A category of Apple's list, with its part where `written` names one after ` > `; spelled as Apple does.

    Raises FeedError, naming the nearest, for one that is not in the list.
    """
    first, *rest = (part.strip() for part in one_line(written).replace("&amp;", "&").split(">"))
    found = _nearest(first, CATEGORIES, written)
    return (found, *(_nearest(part, CATEGORIES[found], written) for part in rest[:1]))


def _nearest(name: str, among: Mapping[str, tuple[str, ...]] | tuple[str, ...], written: str) -> str:
    folded = {_fold(one): one for one in among}
    if _fold(name) in folded:
        return folded[_fold(name)]
    if not among:
        raise FeedError(f"category `{written}`: it has no parts in Apple's list of podcast categories, leave ` > ` out")
    near = difflib.get_close_matches(_fold(name), folded, 1, 0.6)
    hint = f"did you mean `{folded[near[0]]}`?" if near else f"write one of {', '.join(among)}"
    raise FeedError(f"category `{written}`: `{name}` is not in Apple's list of podcast categories; {hint}")


def _fold(name: str) -> str:
    return re.sub(r"\W+", "", name.replace("&", "and")).casefold()


def channel(parent: etree._Element, head: Head) -> None:
    """Tell of the show in a feed's head, where it is one: `parent` is RSS's `channel` or Atom's `feed`."""
    show = head.podcast
    if show is None:
        return
    author = one_line(show.author) or head.author
    email = checked.email(show.email)
    add(parent, f"{ITUNES}author", shorten(author, _LONGEST))
    if email:
        owner = etree.SubElement(parent, f"{ITUNES}owner")
        add(owner, f"{ITUNES}name", shorten(one_line(show.owner) or author, _LONGEST))
        add(owner, f"{ITUNES}email", email)
    add(parent, f"{ITUNES}explicit", str(show.explicit).lower())
    add(parent, f"{ITUNES}type", show.kind if show.kind in KINDS else "episodic")
    if image := checked.web(head.image):
        etree.SubElement(parent, f"{ITUNES}image", href=image)
    _categories(parent, show)
    if show.guid:
        podcast_element(parent, "guid").text = show.guid
    locked = podcast_element(parent, "locked")
    locked.text = "yes" if show.locked else "no"
    if email:
        locked.set("owner", email)
    if funding := checked.web(show.funding):
        made = podcast_element(parent, "funding")
        made.set("url", funding)
        made.text = shorten(head.title, _LONGEST_FUNDING)


def _categories(parent: etree._Element, show: Podcast) -> None:
    """Each category once, with its parts; one that is not in the list was refused when the feed was made."""
    found: dict[str, etree._Element] = {}
    for written in show.categories:
        try:
            name, *parts = category(written)
        except FeedError:
            continue
        if name not in found:
            found[name] = etree.SubElement(parent, f"{ITUNES}category", text=name)
        for part in parts:
            if all(one.get("text") != part for one in found[name]):
                etree.SubElement(found[name], f"{ITUNES}category", text=part)


def enclosure(entry: Entry) -> Attachment | None:
    """The one file that an RSS item has room for: of an episode the first that can be played, else the first."""
    files = entry.attachments
    if entry.episode:
        files = tuple(file for file in files if {file.medium, told(file.type)} & {"audio", "video"}) or files
    return files[0] if files else None
