"""Whether two articles of different sources are one. Pure; the rules that keep two articles two.

An address or id that both have must be borne out: by the text, by the title, or by both coming from the site of that
address. For a link to an article, with words of somebody's own, is another article. Texts that are nearly the same
count only where nothing else speaks against it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import timedelta

from syndicator.core.duplicates.contents import LEAST_WORDS, PERMUTATIONS, agreement, compared, words_of
from syndicator.core.duplicates.portrait import Portrait

ABOUT_THE_SAME = 0.75
"""Share of common shingles, as estimated, from which it is worth comparing two texts word by word."""
NEARLY_SAME = 0.8
"""The true share from which they are the same."""
CERTAINLY_SAME = 0.95
"""The estimated share from which they are the same where one of them was erased."""
ONE_FORM = 0.6
"""Share from which two texts of one source may be one form that was filled in twice."""
REPLACED = 0.03
"""Share of a text in the place of which the other may have something else. Copies of which a word in a hundred was
edited have up to 0.02, form letters of which a word in fifty differs 0.03 and more."""
WORDS_A_CHANGE = 80
"""In a copy that was edited, so many words at least come on each place that was changed, and in a form letter fewer."""
SIMILAR_LENGTH = 0.75
"""The shorter of two texts that are the same has at least this part of the words of the longer."""
WINDOW = timedelta(days=3)
"""How far apart two articles with the same text may have been published."""
_PART = 0.6
"""The share of a shorter text that must be found in a longer one, to be taken for a part of it."""
_UNRELATED = 0.1
"""The share below which nothing of it is."""
_COMPARABLE = 0.5
"""Of two texts of which one is not half as long, one may be about the other in words of its own."""
_EXPECTED = 4
"""So many equal values of two MinHashes must be expected before their absence says anything."""
_FEW_WORDS = 10
"""Who says more about an address that is not its own has written something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Why two articles are one: `by` is `url`, `guid` or `content`; `why` is one line for a person.

    `agreement` is the share of common shingles, 0.0 where it is not known; `titled`: the titles are the same.
    """

    by: str
    why: str
    agreement: float = 0.0
    titled: bool = False


class _Texts(enum.Enum):
    SAME = "same"
    ALIKE = "alike"  # one is a part of the other, or they begin alike
    OTHER = "other"  # the shorter one is no part of the longer
    UNRELATED = "unrelated"
    UNKNOWN = "unknown"


_BEAR_OUT = frozenset({_Texts.SAME, _Texts.ALIKE})


def same(one: Portrait, other: Portrait, shared: frozenset[bytes] = frozenset()) -> Likeness | None:
    """Why two articles are the same, or None. Articles of one source never are.

    `shared` are hashes of addresses and ids that several articles of one source bear: these are no signs. Where it is
    `content`, the texts are about the same: whether they are the same, `borne_out_by_texts` says.
    """
    if one.source == other.source:
        return None
    texts = _texts(one, other)
    titled = _titled(one, other)
    if set(one.addresses) & set(other.addresses) - shared and _borne_out(one, other, texts, titled=titled):
        return _likeness("url", "the same address", one, other, titled=titled)
    borne_out = texts in _BEAR_OUT or (titled and texts is not _Texts.UNRELATED)
    if any(one.guid) and one.guid == other.guid and one.guid not in shared and borne_out:
        return _likeness("guid", "the same id", one, other, titled=titled)
    if texts is _Texts.SAME and not _speaks_against(one, other, titled=titled):
        return _likeness("content", "nearly the same text", one, other, titled=titled)
    return None


def brought_again(one: Portrait, killed: Portrait) -> Likeness | None:
    """Why an article, of whatever source, has the text of one that was killed, or None.

    What is told twice on purpose, as the words under every episode of a podcast, is not taken for it.
    """
    titled = _titled(one, killed)
    exact = any(one.text) and one.text == killed.text
    if _differs(one, killed) or not (exact or _is_nearly(one, killed)):
        return None
    long = exact and one.words >= LEAST_WORDS
    if not (titled or long) or (_apart(one, killed) and not (titled and long)):
        return None
    return _likeness("content", "the text of what was killed", one, killed, titled=titled)


def alike(one: Portrait, other: Portrait) -> bool:
    """Whether two texts may be one form that was filled in twice."""
    return bool(one.least and other.least) and agreement(one.least, other.least) >= ONE_FORM


def borne_out_by_texts(found: Likeness, one: str | None, other: str | None) -> Likeness | None:
    """What comes of two articles that are alike by `content` when their plain texts are compared word by word.

    None for a text that was erased: then the estimate alone must be beyond doubt.
    """
    if one is None or other is None:
        return found if found.agreement >= CERTAINLY_SAME else None
    words = words_of(one), words_of(other)
    seen = compared(*words)
    changes = min(map(len, words)) // WORDS_A_CHANGE
    if seen.share < NEARLY_SAME or seen.replaced > REPLACED:
        return None
    if seen.replacements > changes or seen.places > changes + 1:
        return None
    return replace(found, why=_why("nearly the same text", seen.share, titled=found.titled), agreement=seen.share)


def _titled(one: Portrait, other: Portrait) -> bool:
    """Whether the title of one is that of the other, or what it may be elsewhere."""
    return bool(one.titles and other.titles) and (one.titles[0] in other.titles or other.titles[0] in one.titles)


def _likeness(by: str, sign: str, one: Portrait, other: Portrait, *, titled: bool) -> Likeness:
    share = agreement(one.least, other.least) if one.least and other.least else 0.0
    return Likeness(by=by, why=_why(sign, share, titled=titled), agreement=share, titled=titled)


def _why(sign: str, share: float, *, titled: bool) -> str:
    words = f"{share:.0%} of the text in common" if share else ""
    return ", ".join(filter(None, (sign, words, "the same title" if titled else "")))


def _texts(one: Portrait, other: Portrait) -> _Texts:
    begins_alike = (any(one.text) and one.text == other.text) or (any(one.opening) and one.opening == other.opening)
    if not one.least or not other.least:
        return _Texts.ALIKE if begins_alike else _Texts.UNKNOWN
    share = agreement(one.least, other.least)
    ratio = min(one.words, other.words) / max(one.words, other.words)
    if share >= ABOUT_THE_SAME and ratio >= SIMILAR_LENGTH:
        return _Texts.SAME
    equal = share * PERMUTATIONS
    expected = min(one.shingles, other.shingles) / max(one.shingles, other.shingles) * PERMUTATIONS
    if expected < _EXPECTED:
        return _Texts.ALIKE if begins_alike else _Texts.UNKNOWN
    if equal >= expected * _PART:
        return _Texts.ALIKE
    if equal >= max(1, expected * _UNRELATED):
        return _Texts.UNKNOWN
    return _Texts.UNRELATED if ratio >= _COMPARABLE else _Texts.OTHER


def _borne_out(one: Portrait, other: Portrait, texts: _Texts, *, titled: bool) -> bool:
    """Whether two articles at one address are one."""
    if texts in _BEAR_OUT:
        return True
    if not titled or texts is _Texts.UNRELATED:
        return False
    return all(portrait.home or portrait.words < _FEW_WORDS for portrait in (one, other))


def _speaks_against(one: Portrait, other: Portrait, *, titled: bool) -> bool:
    """Whether two articles are two although their texts are nearly the same."""
    if _apart(one, other):
        return True
    neighbours = one.home and other.home and one.host == other.host and any(one.host)
    return (
        _differs(one, other)
        or (any(one.sound) and not titled)
        or (neighbours and not set(one.addresses) & set(other.addresses))
    )


def _apart(one: Portrait, other: Portrait) -> bool:
    """Whether two articles were published too far from each other, or nobody knows."""
    if one.published is None or other.published is None:
        return True
    return abs(one.published - other.published) > WINDOW.total_seconds()


def _differs(one: Portrait, other: Portrait) -> bool:
    """Whether two articles are in two languages, two numbers of a series, or two recordings."""
    return (
        bool(one.language and other.language and one.language != other.language)
        or (any(one.numbers) and any(other.numbers) and one.numbers != other.numbers)
        or one.sound != other.sound
    )


def _is_nearly(one: Portrait, other: Portrait) -> bool:
    """Whether two texts are beyond doubt the same, though none of them may be there any more."""
    return bool(one.least and other.least) and agreement(one.least, other.least) >= CERTAINLY_SAME
