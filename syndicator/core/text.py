"""Plain text: what may stand in it, slugs, summaries, languages. Everything here takes linear time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Protocol

from syndicator.core.languages import by_common_words

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr((plane << 16) | 0xFFFE)}{chr((plane << 16) | 0xFFFF)}" for plane in range(17))
    + "]"
)
_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U0001fffe-\U0010ffff]"
)
"""All that `clean_text` may change and a little more, in few ranges: ten times as fast as looking for each."""
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """The text without what XML, JSON or a database refuses; lines end in `\\n`.

    Goes: C0 and C1 controls but tab and line feed, lone surrogates (a pair becomes its character),
    noncharacters (XML 1.0 section 2.2). Other line ends become `\\n`.
    """
    if not _SUSPECT.search(text):
        return text
    text = _LINE_ENDS.sub("\n", text)
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _FORBIDDEN.sub("", text)


def one_line(text: str) -> str:
    """`clean_text` as one line: every run of white space is one space, none at the ends."""
    line = " ".join(text.split())
    return line if line.isprintable() else " ".join(clean_text(text).split())


_INVISIBLE = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff]*"
)


def is_blank(text: str) -> bool:
    """Whether nothing in a text can be seen."""
    return _INVISIBLE.fullmatch(text) is not None


_APOSTROPHES = re.compile("['’ʼ`´]")
_NOT_SLUG = re.compile("[^a-z0-9]+")
_SLUG_LENGTH = 80


def slug(text: str) -> str:
    """A name for URLs: `[a-z0-9-]{1,80}`, transliterated to ASCII, cut between words.

    Never empty: text without a letter or digit gets the beginning of its SHA-256. `C++` and `C#` are told from `C`.
    """
    from anyascii import anyascii

    plain = _APOSTROPHES.sub("", one_line(text))
    plain = re.sub(r"(?<=\w)\+(?=[\W+]|$)|(?<=\+)\+", " plus", re.sub(r"(?<=\w)#(?=\W|$)", " sharp", plain))
    name = _NOT_SLUG.sub("-", anyascii(plain).lower()).strip("-")
    if len(name) > _SLUG_LENGTH:
        name = name[: _SLUG_LENGTH + 1]
        name = name.rpartition("-")[0] or name[:_SLUG_LENGTH]
        name = name.strip("-")
    return name or hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


_SHORT_FORMS = """
    mr mrs ms dr prof st sr jr rev hon gen col maj capt lt sgt adm cmdr gov sen rep pres supt det insp
    inc ltd co corp bros vs etc cf al approx dept est fig figs nos vol pp op ed eds
    jan feb mar apr jun jul aug sep sept oct nov dec e.g i.e a.m p.m u.s u.k u.n
    bzw ca nr usw z.b d.h u.a v.a o.ä str hr fr evtl ggf inkl
    mme mlle mm sté av bd m sra srta ud uds núm pág avda
    г гг ул им руб коп тыс млн млрд проф акад доц см ср т.е т.д т.п т.к т.н др стр обл р-н р рр вул тис м
    np itd itp tzn tj ul inż św r dz
"""
_ABBREVIATIONS = frozenset(_SHORT_FORMS.split())
_STOP = re.compile(r"[.!?…]+[\"'”’»)\]]*|[。！？｡]+[」』”’）】]*")
_COMFORTABLE = 200
_LEAST = 80


def summarise(text: str, limit: int = 300) -> str:
    """The first sentences of plain text, as one line of at most `limit` characters.

    Blocks are lines. Takes sentences until about two thirds of the limit are used; where the first sentences
    do not fit, cuts between words and ends in `…`. Only a single word longer than the limit is cut itself.
    """
    line = one_line(text[: limit * 4])
    chosen = 0
    for end in sentence_ends(line):
        if end > limit:
            break
        chosen = end
        if end >= min(_COMFORTABLE, limit):
            break
    else:
        if len(line) <= limit:
            return line
    if chosen >= min(_LEAST, limit // 2):
        return line[:chosen]
    return shorten(line, limit)


def shorten(line: str, limit: int) -> str:
    """One line of at most `limit` characters: cut between words where it is longer, and then ending in `…`."""
    if len(line) <= limit:
        return line
    head = line[:limit]
    cut = head.rfind(" ")
    if cut < limit // 3:
        cut = max(head.rfind(mark) + 1 for mark in "、，；：")
    if cut < limit // 3:
        cut = limit - 1
    return head[:cut].rstrip(" ,;:–—-") + "…"


def first_sentence(text: str) -> str:
    """The first sentence of plain text, as one line."""
    line = one_line(text)
    return line[: next(sentence_ends(line), len(line))]


def sentence_ends(line: str) -> Iterator[int]:
    """Where the sentences of one line of text end, as offsets; a stop after an abbreviation or initial ends none."""
    for stop in _STOP.finditer(line):
        end = stop.end()
        closed = end == len(line) or line[stop.start()] in "。！？｡"
        if closed or (line[end] == " " and not line[end + 1].islower() and not _abbreviated(line, stop.start())):
            yield end


def _abbreviated(line: str, stop: int) -> bool:
    if line[stop] != ".":
        return False
    word = line[max(0, stop - 20) : stop].rpartition(" ")[2].lstrip("([«„“\"'").lower()
    initials = word.split(".")
    return (
        word in _ABBREVIATIONS
        or all(len(part) == 1 and part.isalpha() for part in initials)
        or (word.isdecimal() and len(word) <= 2)
    )


_LANGUAGE_SAMPLES = (400, 2000)
_SURE = 0.9
_LIKELY = 0.5
_LEAST_LETTERS = 40


def detect_language(text: str) -> str | None:
    """The language of plain text as an ISO 639 code, or None where there is too little text or too much doubt.

    Looks at the first 400 characters, and at 2,000 only where these leave a doubt. Where the commonest words tell,
    the model, which takes a second to load and 70 MB, is not asked.
    """
    for size in _LANGUAGE_SAMPLES:
        if (told := by_common_words(text[:size])) is not None:
            return told
    language, probability = None, 0.0
    for size in _LANGUAGE_SAMPLES:
        sample = text[:size]
        if sum(map(str.isalpha, sample)) < _needed(sample):
            return None
        language, probability = _identifier().classify(sample)
        if probability >= _SURE or len(text) <= size:
            break
    return language if probability >= _LIKELY and language != "zxx" else None


def _needed(sample: str) -> int:
    """How many letters make a language recognisable: scripts that write a syllable or word a letter need fewer."""
    return _LEAST_LETTERS if sum(letter < "\u2e80" for letter in sample) * 2 > len(sample) else _LEAST_LETTERS // 4


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@cache
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier: _Identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier
