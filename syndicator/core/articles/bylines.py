"""Bylines: the line of an article that says who wrote it, told from a sentence that begins with "By"."""

from __future__ import annotations

import re
import unicodedata

from syndicator.core.articles.datewords import MONTHS, WITHOUT_MEANING
from syndicator.core.text import one_line
from syndicator.core.urls import safe_url
from syndicator.model import Person

MAX_LENGTH = 300
"""Characters; a longer line is no byline."""


def _set(words: str, separator: str | None = None) -> frozenset[str]:
    return frozenset(word.strip() for word in words.split(separator) if word.strip())


AGENCIES = _set(
    """afp | agence france-presse | ap | the associated press | associated press | reuters | thomson reuters | dpa | upi
    | bloomberg | bloomberg news | bbc | bbc news | cnn | nbc news | abc news | cbs news | npr | rfe/rl | rferl | belga
    | radio free europe | radio svaboda | getty | getty images | tass | тасс | interfax | интерфакс | lusa | ria novosti
    | риа новости | unian | уніан | ukrinform | укрінформ | belta | белта | belapan | belsat | anadolu | anadolu agency
    | xinhua | efe | ansa | pap | apa | kyodo | kyodo news | yonhap | pti | ani | ians | aap | epa | epa-efe | anp
    | ntb | tt | ritzau | sda | keystone | keystone-sda | zuma press | imago | alamy | shutterstock | unsplash
    | pexels | pixabay | flickr | wikimedia commons | wikimedia | sputnik | al jazeera""",
    "|",
)
"""News and picture agencies, casefolded: names in any case that may also stand behind a name or a slash."""

_OPENER = re.compile(
    r"(?:(?:story|text|words|article|report|analysis|opinion|interview|review|written|posted|published|reported"
    r"|authored|contributed|submitted|compiled)\s)?by(?=[\s:])|(?:authors?|автор|авторы|автори|аўтар)(?=[\s:])",
    re.IGNORECASE,
)
_OPENER_ABROAD = re.compile(
    r"(?:(?:verfasst |geschrieben )?von|(?:écrit |publié |rédigé )?par|(?:escrito |publicado )?por|(?:scritto )?di"
    r"|(?:geschreven )?door|(?:skrevet |skriven )?a[vf]|napisała?|yazan|yazar)(?=[\s:])",
    re.IGNORECASE,
)
_OPENER_WITH_COLON = re.compile(
    r"(?:by\s?line|writers?|reporters?|redaktion|redakteure?(?:in)?|autor(?:innen|en|in|zy|ka|ky|es|as|i|y|a|e)?"
    r"|auteure?s?|texto(?: de)?|text|tekst|a cura di|autrice|kirjoittaja|autorstwa|de|авторка|автор (?:статьи|текста)"
    r"|аўтары|аўтарка|текст|szerző|συντάκτης|作者|文|記者|记者|著者|執筆|기자)\s?[:：]",
    re.IGNORECASE,
)
_LINK = re.compile(r"\[([^\[\]]*)\]\(\s?(?:<([^<>]*)>|([^()<>\s]*))[^()]*\)")
_MARKUP = re.compile(r"\\(?=[^\w\s])|[*`]|(?<![^\W_])_|_(?![^\W_])|~~")
_EMAIL = re.compile(r"(?:mailto:)?([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})")
_ASIDE = re.compile(r"\s[|·•—–]\s|\s-{1,2}\s|\s/{1,2}\s|[|·•\t]")
_JOINT = (
    r",\s(?:and|und|et|og|och|oraz|и|і|та)\s|[,;&+、，]"
    r"|\s(?:and|und|et|og|och|oraz|with|mit|avec|met|и|і|й|та|ды|ve|και|és)\s"
)
_JOIN = re.compile(_JOINT, re.IGNORECASE)
_JOIN_ABROAD = re.compile(_JOINT + r"|\s(?:y|e|i|con|com|en|ja|a)\s", re.IGNORECASE)
_PLACE = re.compile(
    r"\s(?:in|at|from|for|reporting|special to|aus|à|em|desde|vanuit|fra|в|у|з|із|из|ў)\s(?=\S)", re.IGNORECASE
)
_HANDLE = re.compile(r"\(?(?<!\w)@\w{1,40}\)?")
_PARENTHESIS = re.compile(r"\(([^()]{0,60})\)")
_NAME_WORD = re.compile(r"[^\W_][^\s\[\]()<>{}|*:;!?\"“”„«»=\\@]*")
_SUFFIXES = _set("jr sr ii iii iv")
_DEGREES = _set("phd ph.d md m.d esq cnn")
_PARTICLES = _set(
    """de da do dos das del della di du la le las los el al van von der den ten ter zu zum zur af av y e i bin ibn ben
    of the d l"""
)
_ALONE = _set("admin administrator staff editor editorial redaktion redakcja redaction редакция редакція рэдакцыя dpa")
_ROLES = _set(
    """writer writers reporter reporters editor editors correspondent correspondents journalist columnist contributor
    analyst staff bureau producer photographer freelance freelancer fellow chief commentator author blogger guest
    special professor redakteur redakteurin korrespondent korrespondentin reporterin journaliste correspondant envoyé
    redactor redactora corresponsal periodista giornalista dziennikarz dziennikarka redaktor корреспондент журналист
    журналистка редактор обозреватель кореспондент журналіст журналістка карэспандэнт"""
)
_DATE_WORDS = frozenset(MONTHS) | {word for word in WITHOUT_MEANING if len(word) > 2}
_MAX_WRITTEN = 4096
_MAX_WORDS = 8
_MAX_NAME = 100


def parse(line: str) -> tuple[Person, ...] | None:
    """The authors that a line of Markdown names, or None when it is no byline.

    A byline is an opener (`By`, `Von`, `Автор:` …) and names, nothing that reads like a sentence. Roles, places and
    sections beside a name are left out; an agency beside a name is an author too. A link gives its author the `uri`
    (`#` is no link) or, with mailto, the e-mail.
    """
    line = line.strip()
    if len(line) > _MAX_WRITTEN or "\n" in line:
        return None
    links: dict[str, str] = {}

    def unlink(link: re.Match[str]) -> str:
        text = plain(link[1])
        if text:
            links[text] = link[2] or link[3] or ""
        return link[1]

    text = plain(_LINK.sub(unlink, line))
    rest, abroad = _after_opener(text) if len(text) <= MAX_LENGTH else ("", False)
    head, *asides = _ASIDE.split(rest)
    if not rest or any(not _is_aside(aside) for aside in asides):
        return None
    names = _names(head, abroad)
    if not names or (abroad and not links and len(names[0][0].split()) < 2 and names[0][0].casefold() not in AGENCIES):
        return None
    names += [(aside.strip(), None) for aside in asides if aside.strip().casefold() in AGENCIES]
    return _people(names, links, shouted=rest.isupper())


def opens(text: str) -> bool:
    """Whether a line of Markdown begins with the opener of a byline."""
    return any(opener.match(text.lstrip(" *_[")) for opener in (_OPENER, _OPENER_WITH_COLON, _OPENER_ABROAD))


def plain(text: str) -> str:
    """A line of Markdown without its marks, links shown by their text."""
    return one_line(_MARKUP.sub("", _LINK.sub(r"\1", text)))


def _after_opener(text: str) -> tuple[str, bool]:
    """What follows the opener, and whether the opener is not English; nothing where there is no opener."""
    for opener, abroad in ((_OPENER, False), (_OPENER_WITH_COLON, True), (_OPENER_ABROAD, True)):
        if match := opener.match(text):
            colon = text[match.end() - 1 :].lstrip(" ")[:1] in (":", "：") or text[match.end() - 1] in ":："
            return text[match.end() :].lstrip(" :：–—-"), abroad and not colon
    return "", False


def _is_aside(text: str) -> bool:
    """Whether what stands behind a bar or dash may be a role, a place or a section."""
    text = text.strip()
    return len(text) <= _MAX_NAME and not any(map(str.isdigit, text)) and not text.endswith((".", "!", "?", ":"))


def _names(text: str, abroad: bool) -> list[tuple[str, str | None]]:
    """Names with their e-mail addresses; empty when anything is no name, role or place."""
    found: list[tuple[str, str | None]] = []
    pieces = (_JOIN_ABROAD if abroad else _JOIN).split(text)
    listed = len(_JOIN_ABROAD.findall(text)) != text.count(",")
    after_place = False
    for piece in pieces:
        name, email, agency = _stripped(piece)
        cut = _PLACE.search(name)
        if cut and not _name_words(name[cut.end() :]):
            return []
        name = name[: cut.start()].strip() if cut else name
        if not name:
            if email and found:
                found[-1] = (found[-1][0], email)
            elif not cut:
                return []
        elif found and name.casefold().rstrip(".") in _SUFFIXES:
            found[-1] = (f"{found[-1][0]}, {name}", found[-1][1])
        elif found and (_is_role(name) or (after_place and len(name) <= 5) or name.casefold().rstrip(".") in _DEGREES):
            continue
        elif not _is_name(name):
            return []
        elif not (found and not listed and _is_affiliation(name, found[-1][0])):
            found.append((name, email))
        if agency:
            found.append((agency, None))
        after_place = cut is not None
    return found


def _stripped(piece: str) -> tuple[str, str | None, str | None]:
    """A piece of a byline without its e-mail address, handle and parenthesis; with that address, and an agency."""
    match = _EMAIL.search(piece)
    if match:
        piece = piece.replace(match[0], " ")
    agency = next(
        (aside.strip() for aside in _PARENTHESIS.findall(piece) if aside.strip().casefold() in AGENCIES), None
    )
    piece = _HANDLE.sub(" ", _PARENTHESIS.sub(" ", piece))
    name = " ".join(piece.strip(" <>()\"'“”«»:/–—-").split())
    if name.endswith(".") and len(name.split()) > 1 and not _keeps_stop(name):
        name = name[:-1]
    return name, match[1] if match else None, agency


def _keeps_stop(name: str) -> bool:
    last = name.rpartition(" ")[2].rstrip(".").casefold()
    return last in _SUFFIXES or len(last) == 1 or last in ("inc", "ltd", "co") or "." in last


def _name_words(text: str) -> list[str]:
    """The words of a name, or nothing when the text cannot be one."""
    words = text.split()
    if not 1 <= len(words) <= _MAX_WORDS or len(text) > _MAX_NAME:
        return []
    for index, word in enumerate(words):
        if not _NAME_WORD.fullmatch(word) and word != "&":
            return []
        small = word[0].islower()
        if small and word.casefold() not in _PARTICLES and "'" not in word and "’" not in word:
            return []
        if not small and index == 0 and word[0].isdigit() and len(words) == 1:
            return []
    return words if any(not word[0].islower() and not word[0].isdigit() for word in words) else []


def _is_name(text: str) -> bool:
    folded = text.casefold()
    if folded in AGENCIES or folded in _ALONE:
        return True
    if folded.startswith("the "):
        text = text[4:]
    words = _name_words(text)
    if not words or (text.endswith((".", "…")) and not _keeps_stop(text)):
        return False
    dates = sum(word.strip(".,").casefold() in _DATE_WORDS or word[0].isdigit() for word in words)
    if dates and (dates == len(words) or words[0][0].isdigit()):
        return False
    return any(unicodedata.category(word[0]) != "Lo" for word in words) or len(text) <= _MAX_NAME // 5


def _is_role(text: str) -> bool:
    return any(word.strip(".,").casefold() in _ROLES for word in text.split())


def _is_affiliation(name: str, before: str) -> bool:
    """Whether a single word behind a comma is where the person before it sits, not a second person."""
    return " " not in name and " " in before and name.casefold() not in AGENCIES


def _people(names: list[tuple[str, str | None]], links: dict[str, str], *, shouted: bool) -> tuple[Person, ...]:
    people: dict[str, Person] = {}
    for name, email in names:
        href = safe_url(links[name]) if name in links else None
        if href and href.startswith("mailto:"):
            email, href = email or href[len("mailto:") :].partition("?")[0], None
        shown = _lowered(name) if shouted else name
        people.setdefault(shown.casefold(), Person(name=shown, email=email, uri=href))
    return tuple(people.values())


def _lowered(name: str) -> str:
    """`JANE DOE` as `Jane Doe`; single words and agencies keep their capitals."""
    if name.casefold() in AGENCIES or " " not in name:
        return name
    return " ".join(word if "." in word or word in ("II", "III", "IV") else word.title() for word in name.split())
