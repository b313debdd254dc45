"""What is kept of an article to recognise it elsewhere: hashes and numbers, and nothing of its text."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass, field

from syndicator.core import html
from syndicator.core.duplicates.addresses import canonical, host_of, is_root
from syndicator.core.duplicates.contents import LEAST_WORDS, bands, least_values, shingles, words_of
from syndicator.core.urls import is_web
from syndicator.model import Article

_VERSION = 1
_HEAD = struct.Struct(">BBq3sII8s8s8s8s8s8s8sBB")
_HASH = 8
_NONE = bytes(_HASH)
_MOST_ADDRESSES = 8
_GLOBAL = re.compile(
    r"tag:[^\s,]+,\d{4}[^\s:]*:\S+|urn:[a-z0-9][a-z0-9-]{1,31}:\S+|yt:video:\S+"
    r"|(?:urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.IGNORECASE,
)
"""Ids beside web addresses that are made to be nobody else's."""
_NUMBER = re.compile(r"\d+")
_PREFIX = re.compile(r"[^:]{1,60}: +(?=\S+ +\S)")
"""A planet puts the author before a title."""
_SUFFIX = re.compile(r"(?<=\S) +[|–—-] +[^|–—]{1,60}$")
"""A site puts its name after it."""
_WHOLE = 5
"""Words that a text has at least, for its being the same word by word to say anything."""
_OPENING = 12
_PLAYED = ("audio/", "video/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """An article as it is compared with others. Hashes are 8 bytes, all zero where there is nothing to hash.

    `addresses` are those under which it can be read, `guid` is its id where that is nobody else's; `host` is that of
    its first address, and `home` says that it comes from there itself, or that its author says so. `titles` are its
    title and what that may be elsewhere, without the name of an author or of a site; `numbers` are those in it. `text`
    and `opening` are all of its words and the first twelve, `sound` is the name of its recording. `published` is in
    seconds from 1970; `words` and `shingles` are counts; `least` is its MinHash, empty where the text is short.
    """

    source: bytes
    addresses: tuple[bytes, ...] = ()
    guid: bytes = _NONE
    host: bytes = _NONE
    home: bool = False
    titles: tuple[bytes, ...] = ()
    numbers: bytes = _NONE
    text: bytes = _NONE
    opening: bytes = _NONE
    sound: bytes = _NONE
    language: str = ""
    published: int | None = None
    words: int = 0
    shingles: int = 0
    least: bytes = field(default=b"", repr=False)

    @property
    def signs(self) -> tuple[tuple[str, str], ...]:
        """By what the article is found: pairs of kind (`url`, `guid`, `band`) and value."""
        urls = [("url", address.hex()) for address in self.addresses]
        guids = [("guid", self.guid.hex())] if self.guid != _NONE else []
        return (*urls, *guids, *(("band", band) for band in (bands(self.least) if self.least else ())))

    @property
    def every_sign(self) -> tuple[tuple[str, str], ...]:
        """With that by which the very same text is found (`text`): what was killed bears it too, and nothing else."""
        return (*self.signs, ("text", self.text.hex())) if self.text != _NONE else self.signs

    def pack(self) -> bytes:
        """As bytes, to be stored."""
        return (
            _HEAD.pack(
                _VERSION,
                self.home | (self.published is not None) << 1,
                self.published or 0,
                self.language.encode("ascii", "replace")[:3],
                self.words,
                self.shingles,
                self.source,
                self.guid,
                self.host,
                self.numbers,
                self.text,
                self.opening,
                self.sound,
                len(self.addresses),
                len(self.titles),
            )
            + b"".join(self.addresses + self.titles)
            + self.least
        )

    @classmethod
    def unpack(cls, packed: bytes) -> Portrait | None:
        """From bytes; None where another version of this program packed them."""
        if packed[:1] != bytes([_VERSION]):
            return None
        _, flags, published, language, words, count, *hashes, places, titles = _HEAD.unpack_from(packed)
        source, guid, host, numbers, text, opening, sound = hashes
        end = _HEAD.size + (places + titles) * _HASH
        listed = tuple(packed[at : at + _HASH] for at in range(_HEAD.size, end, _HASH))
        return cls(
            source=source,
            addresses=listed[:places],
            guid=guid,
            host=host,
            home=bool(flags & 1),
            titles=listed[places:],
            numbers=numbers,
            text=text,
            opening=opening,
            sound=sound,
            language=language.rstrip(b"\0").decode("ascii"),
            published=published if flags & 2 else None,
            words=words,
            shingles=count,
            least=packed[end:],
        )


def portray(article: Article) -> Portrait:
    """What is kept of an article."""
    found = words_of(plain(article))
    shingled = shingles(found) if len(found) >= LEAST_WORDS else []
    places = _addresses(article)
    host = host_of(places[0]) if places else ""
    return Portrait(
        source=_hash(article.source),
        addresses=tuple(map(_hash, places)),
        guid=_hash(_guid(article.explicit_id or "")),
        host=_hash(host),
        home=_at_home(article, host),
        titles=_titles(article.title),
        numbers=_hash(" ".join(sorted(set(_NUMBER.findall(article.title))))),
        text=_hash(" ".join(found) if len(found) >= _WHOLE else ""),
        opening=_hash(" ".join(found[:_OPENING]) if len(found) >= _OPENING else ""),
        sound=_hash(_sound(article)),
        language=(article.language or "").lower().partition("-")[0][:3],
        published=int(article.published.timestamp()) if article.published else None,
        words=len(found),
        shingles=len(shingled),
        least=least_values(shingled) if shingled else b"",
    )


def plain(article: Article) -> str:
    """The text by which an article is compared with others."""
    return html.words(article.body) if article.body else article.summary


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH).digest() if text else _NONE


def _addresses(article: Article) -> list[str]:
    """Canonical addresses that could be nothing else's: the one its author calls canonical first."""
    given = [link.href for link in article.links if link.rel == "canonical" and link.href]
    given += [url for url in (article.url, article.explicit_id) if url]
    folded = dict.fromkeys(canonical(url) for url in given if is_web(url.lower()))
    return [address for address in folded if not is_root(address)][:_MOST_ADDRESSES]


def _titles(title: str) -> tuple[bytes, ...]:
    forms = (title, _PREFIX.sub("", title, count=1), _SUFFIX.sub("", title))
    return tuple(dict.fromkeys(_hash(" ".join(words)) for form in forms if (words := words_of(form))))


def _guid(id: str) -> str:
    if is_web(id.lower()):
        address = canonical(id)
        # Where a page holds several articles, their ids differ in the fragment alone.
        return "" if is_root(address) else f"{address}#{id.partition('#')[2]}"
    return id.lower().removeprefix("urn:uuid:") if _GLOBAL.fullmatch(id) else ""


def _at_home(article: Article, host: str) -> bool:
    if article.upstream is None or any(link.rel == "canonical" for link in article.links):
        return True
    there = host_of(canonical(article.upstream.url or article.upstream.feed_url or ""))
    return bool(host and there) and (host == there or host.endswith(f".{there}") or there.endswith(f".{host}"))


def _sound(article: Article) -> str:
    """The name of the file of the recording."""
    played = (enclosure.url for enclosure in article.enclosures if enclosure.type.startswith(_PLAYED))
    return next(played, "").partition("?")[0].rpartition("/")[2].lower()
