"""Which article an entry of an upstream document is: by its id, else its link, else its text.

Publishers repeat ids, leave them out, change their case, and move them from http to https. So an article claims all
that it is known by, and an entry is recognised by the strongest of its signs that tells it apart in its document.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from syndicator.core.identity import url_key
from syndicator.core.upstream.memory import NOTHING, RECORD, Record, by_digest, pack, triples, unpack
from syndicator.model import Article, Entry, Parsed, Status

Sign = tuple[str, str]
"""A kind of claim and its value."""

BY_ID, BY_ID_AND_LINK, BY_LINK = "id", "id+link", "link"
DOUBTFUL = 0.05
"""Share of ids that are empty or stand for several links, from which ids alone are not trusted any more."""

_ROOT = uuid.UUID("0b8f4a52-1f0e-5c55-8a35-6c1f0d5d7f6e")
_IRI = re.compile(
    r"(?!(?i:javascript|vbscript|data|blob|file):)[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\x7f-\x9f<>\"{}|\\^`]+"
)
_LONGEST_ID = 1000
_OLDEST = datetime(1, 1, 1, tzinfo=UTC)


def short_hash(text: str | None) -> bytes:
    """The first 8 bytes of sha256, zeros for nothing: what a record of an entry keeps of its id and link."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8] if text else NOTHING


def record(digest: bytes, article: Article) -> bytes:
    """What is remembered of an entry: 24 bytes, of its digest, its id, and its link or else its title."""
    link = short_hash(article.url or article.title)
    return pack([Record(digest=digest, id=short_hash(article.explicit_id), link=link)])


def united(one: bytes, other: bytes) -> bytes:
    """The records of both, each digest once."""
    return pack((by_digest(one) | by_digest(other)).values())


def without(seen: bytes, digests: Collection[bytes]) -> bytes:
    """The records but those with these digests."""
    return pack(one for one in unpack(seen) if one.digest not in digests)


def without_last(parsed: Parsed) -> Parsed:
    """A document without its last entry, which may be half of one where the document was cut off."""
    last = parsed.seen[-RECORD:]
    kept = tuple(entry for entry in parsed.entries if entry.digest != last[:8])
    return replace(parsed, entries=kept, seen=parsed.seen[:-RECORD])


@dataclass(frozen=True, slots=True)
class Document:
    """What the records of a document tell of its entries as a whole.

    `pairs` are ids with links, `shared_ids` stand for several links, `shared_links` for several entries.
    `doubtful` and `empty` count entries with such an id, and with none.
    """

    total: int
    pairs: frozenset[tuple[bytes, bytes]]
    ids: frozenset[bytes]
    shared_ids: frozenset[bytes]
    shared_links: frozenset[bytes]
    doubtful: int
    empty: int


def document(seen: bytes) -> Document:
    """The document with these records."""
    pairs = Counter((id, link) for _, id, link in triples(seen))
    links_of = Counter(id for id, _ in pairs if id != NOTHING)
    shared = frozenset(id for id, links in links_of.items() if links > 1)
    empty = sum(count for (id, _), count in pairs.items() if id == NOTHING)
    return Document(
        total=pairs.total(),
        pairs=frozenset(pairs),
        ids=frozenset(links_of),
        shared_ids=shared,
        shared_links=frozenset(link for link, count in _links(pairs).items() if count > 1),
        doubtful=sum(count for (id, _), count in pairs.items() if id in shared),
        empty=empty,
    )


def _links(pairs: Counter[tuple[bytes, bytes]]) -> Counter[bytes]:
    links: Counter[bytes] = Counter()
    for (_, link), count in pairs.items():
        links[link] += count
    return links


def policy(before: str, seen: Document) -> str:
    """How entries are told apart from now on. Sticky: a source that was not to be trusted once stays so."""
    if before == BY_ID and seen.doubtful > DOUBTFUL * seen.total:
        return BY_ID_AND_LINK
    if before == BY_ID_AND_LINK and seen.empty > DOUBTFUL * seen.total:
        return BY_LINK
    return before


@dataclass(frozen=True, slots=True)
class Signs:
    """What an entry is known by. `url` is folded: http and https, and what `url_key` folds, are one."""

    id: str | None
    url: str | None
    title: str
    text: str
    raw_url: str | None = None

    def strong(self, policy: str, seen: Document, known: Container[Sign] = ()) -> list[Sign]:
        """The signs that say for certain which article it is, the most telling first.

        `known` are claims: an id or link that once stood for several entries is not trusted alone again.
        """
        if policy == BY_LINK and self.url:
            crowded = short_hash(self.raw_url) in seen.shared_links or ("shared link", self.url) in known
            return [("url+title", f"{self.url}\n{self.title}")] if crowded else [("link", self.url)]
        if self.id:
            shared = policy != BY_ID or short_hash(self.id) in seen.shared_ids or ("shared id", self.id) in known
            return [self._pair()] if shared else [self._pair(), ("id", self.id)]
        if not self.url:
            return [("text", self.text)]
        shared = short_hash(self.raw_url) in seen.shared_links or ("shared link", self.url) in known
        return [("url+title", f"{self.url}\n{self.title}")] if shared else [("url", self.url)]

    def weak(self) -> list[Sign]:
        """Signs that count only where the article that made them is not in the document under its own id."""
        found: list[Sign] = [("fold", _folded(self.id)), ("case", _folded(self.id).casefold())] if self.id else []
        if self.url:
            found += [("url+title", f"{self.url}\n{self.title}"), ("text", self.text)]
        return found

    def asked(self, policy: str, seen: Document) -> list[Sign]:
        """Every sign that may say which article it is, or how far the others can be trusted."""
        found = [*self.strong(policy, seen), *self.weak()]
        found += [("shared id", self.id), ("id", self.id), self._pair()] if self.id else []
        return [*found, ("shared link", self.url)] if self.url else found

    def claims(self, seen: Document) -> tuple[Sign, ...]:
        """All that the article claims."""
        pairs: list[Sign] = [("text", self.text)]
        if self.id:
            folded = _folded(self.id)
            pairs += [("id", self.id), ("fold", folded), ("case", folded.casefold()), self._pair()]
            if short_hash(self.id) in seen.shared_ids:
                pairs.append(("shared id", self.id))
        if self.url:
            pairs += [("link", self.url), ("url+title", f"{self.url}\n{self.title}")]
            if not self.id:
                pairs.append(("url", self.url))
            if short_hash(self.raw_url) in seen.shared_links:
                pairs.append(("shared link", self.url))
        return tuple(pairs)

    def _pair(self) -> Sign:
        return ("id+url", f"{self.id}\n{self.url}") if self.url else ("id+title", f"{self.id}\n{self.title}")


def signs_of(article: Article) -> Signs:
    """What an article from upstream is known by."""
    text = hashlib.sha256(f"{article.title}\n{article.body}".encode("utf-8", "surrogatepass")).hexdigest()
    url = _folded(url_key(article.url)) if article.url else None
    return Signs(id=article.explicit_id, url=url, title=article.title, text=text, raw_url=article.url)


def without_doubles(
    entries: Sequence[tuple[Entry, Signs]], policy: str, seen: Document, known: Container[Sign] = ()
) -> list[tuple[Entry, Signs]]:
    """The entries with each article once: of several states of one, the newest, or the first in the document."""
    best: dict[Sign, Entry] = {}
    for entry, signs in entries:
        sign = signs.strong(policy, seen, known)[0]
        other = best.get(sign)
        if other is None or _dated(entry.article) > _dated(other.article):
            best[sign] = entry
    kept = {id(entry) for entry in best.values()}
    return [one for one in entries if id(one[0]) in kept]


def is_moved(sign: Sign, seen: Article, holder: Article, document: Document) -> bool:
    """Whether a weak sign holds: the `holder` of it is `seen` under an id that its publisher rewrote, gave or took."""
    if holder.status is Status.KILLED and sign[0] in ("url+title", "text"):
        return True  # whoever it is now says what was said there
    if holder.explicit_id and short_hash(holder.explicit_id) in document.ids:
        return False
    match sign[0]:
        case "fold":
            return True
        case "case":
            return seen.title == holder.title
        case "url+title":
            return _same_date(seen, holder)
        case _:
            same_link = bool(holder.url and seen.url) and _folded(str(holder.url)) == _folded(str(seen.url))
            return seen.published is None and seen.updated is None and same_link


def find(
    signs: Signs,
    seen: Article,
    policy: str,
    document: Document,
    claimants: Mapping[Sign, str],
    articles: Mapping[str, Article],
) -> str | None:
    """The id of the article that an entry is, or None for a new one.

    `claimants` says which article made each sign first, `articles` are those by id.
    """
    for sign in signs.strong(policy, document, claimants):
        if sign in claimants:
            return claimants[sign]
    if signs.id and ("shared id", signs.id) not in claimants and short_hash(signs.id) not in document.shared_ids:
        holder = articles.get(claimants.get(("id", signs.id), ""))
        if holder is not None and holder.title == seen.title and _same_date(seen, holder):
            return holder.id
    for sign in signs.weak():
        holder = articles.get(claimants.get(sign, ""))
        if holder is not None and is_moved(sign, seen, holder, document):
            return holder.id
    return None


def _same_date(seen: Article, holder: Article) -> bool:
    return seen.published is not None and seen.published.replace(microsecond=0) == holder.published


def mint(signs: Signs, source: str, taken: Collection[str] = ()) -> str:
    """The id of a new article: upstream's own where it is an IRI, character by character (RFC 4287 4.2.6).

    Otherwise, and where it is among `taken`, a `urn:uuid:` made of the source and the id, of the link, or of the text.
    """
    if signs.id and len(signs.id) <= _LONGEST_ID and _IRI.fullmatch(signs.id) and signs.id not in taken:
        return signs.id
    if signs.id:
        seed = f"id\n{source}\n{signs.id}"
        choices: Sequence[str] = (seed, f"{seed}\n{signs.url or signs.title}")
    elif signs.url:
        choices = (f"url\n{signs.url}", f"url\n{signs.url}\n{signs.title}")
    else:
        choices = (f"text\n{source}\n{signs.text}",)
    number = 0
    while True:
        seed = choices[number] if number < len(choices) else f"{choices[-1]}\n{number}"
        minted = uuid.uuid5(_ROOT, seed).urn
        if minted not in taken:
            return minted
        number += 1


def _folded(id: str) -> str:
    folded = " ".join(id.split())
    if folded[:7].lower() in ("http://", "https:/"):
        folded = url_key(folded) if "#" not in folded else folded
        return "https:" + folded.removeprefix("http:") if folded.startswith("http:") else folded
    return folded


def _dated(article: Article) -> datetime:
    return article.updated or article.published or _OLDEST
