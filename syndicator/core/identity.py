"""Identity: how an article's id is minted, and how a file is recognised as the article it holds.

An id is minted once, stored, and never changes. Minting is deterministic, so that a store that was lost, or
a build that never had one, gives the same ids.
"""

from __future__ import annotations

import hashlib
import re
import struct
import uuid
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from syndicator.model import Article

SKETCH_SIZE = 64
"""Values kept of a body: the 64 smallest hashes of its word triples tell similarity to about ± 0.06."""
NEARLY_SAME = 0.7
"""Share of common word triples from which a vanished file's body counts as the same."""
UNRELATED = 0.1
"""Share of common word triples below which two bodies have nothing to do with each other."""
_PODCASTS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")

_ROOT = uuid.UUID("9b1f1d7e-6a52-5f0e-9d5b-5b5f3f1a8c21")
_IRI = re.compile(
    r"(?:https?://(?=[^/?#])|tag:[\w.+-]+(?:@[\w.-]+)?,\d{4}(?:-\d\d){0,2}:|urn:(?!(?i:uuid):)[A-Za-z0-9][A-Za-z0-9-]{1,31}:(?=.))"
    r"[^\s\x00-\x20\x7f-\x9f<>\"{}|\\^`\[\]]*"
    r"|urn:(?i:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
"""What may stand as an id as it is: a web address, a tag (RFC 4151), or a URN (RFC 8141; of a UUID, RFC 4122)."""
_ARCHIVE = re.compile(r"(?:\A|/)archives/[0-9]+\Z")
_WORD = re.compile(r"\w+")
_APART = str.maketrans({letter: " " for letter in map(chr, range(128)) if not _WORD.match(letter)})
"""The same for ASCII, where it is far quicker."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a file turned out to be: the article `id`, or a second copy of the file at `copy_of`, or neither: new."""

    id: str | None = None
    copy_of: str | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """By what a file can be recognised. `url` is folded by `url_key`."""

    path: str
    hash: str
    id: str | None = None
    url: str | None = None

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """As stored: (kind, value), strongest first. The path is not among them: it is known from the file."""
        pairs = (("id", self.id), ("url", self.url), ("hash", self.hash))
        return tuple((kind, value) for kind, value in pairs if value)


def claims_of(article: Article, path: str, content_hash: str) -> Claims:
    """The claims of an article read from the file at `path` with that sha256."""
    url = url_key(article.url) if article.url else None
    return Claims(path=path, hash=content_hash, id=article.explicit_id, url=url)


def url_key(url: str) -> str:
    """A URL with what does not tell resources apart folded: case of scheme and host, default port, fragment.

    RFC 3986 section 6.2.2 and 6.2.3.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    host = (parts.hostname or "").rstrip(".")
    if port and port != {"http": 80, "https": 443}.get(parts.scheme.lower()):
        host = f"{host}:{port}"
    return urlunsplit((parts.scheme.lower(), host, parts.path or "/", parts.query, ""))


def mint(claims: Claims, source: str, namespace: str, taken: Collection[str] = ()) -> str:
    """A new id: the explicit one where it is an IRI, else a `urn:uuid:` made of the strongest lasting claim.

    That is the explicit id, else the canonical URL, else source and path. `namespace` tells this site's ids
    from another's; `taken` are ids that must not be given again: a counter makes the new one differ.
    """
    if claims.id and _IRI.fullmatch(claims.id) and claims.id not in taken:
        return claims.id
    seed = f"id\n{claims.id}" if claims.id else f"url\n{claims.url}" if claims.url else f"path\n{source}\n{claims.path}"
    space = uuid.uuid5(_ROOT, namespace) if namespace else _ROOT
    count = 1
    while True:
        minted = uuid.uuid5(space, seed if count == 1 else f"{seed}\n{count}").urn
        if minted not in taken:
            return minted
        count += 1


def site_id(seed: str) -> str:
    """The id from which a site's feeds get theirs: a `urn:uuid:` made of `seed`."""
    return uuid.uuid5(_ROOT, f"site\n{seed}").urn


def site_feed_id(site: str, name: str) -> str:
    """The id of a site's feed: made of the site's id (a `urn:uuid:`) and the feed's name alone."""
    return uuid.uuid5(uuid.UUID(site), name).urn


def podcast_guid(address: str) -> str:
    """What directories know a podcast by for ever (`podcast:guid`): made of the address that its feed had at first.

    A UUIDv5 of the address without scheme and trailing slashes, as Podcasting 2.0 defines it.
    """
    return str(uuid.uuid5(_PODCASTS, address.partition("://")[2].rstrip("/")))


def is_site_feed(site: str, id: str, address: str | None, names: Iterable[str] = ()) -> bool:
    """Whether a feed with this id, at this address of its own, is one of a site's, whatever the site's host is now.

    Also an archive of one. `names` are what feeds were called at first that may be called otherwise now.
    """
    path = address.partition("://")[2].partition("/")[2] if address else ""
    folder = _ARCHIVE.sub("", path.rpartition("/")[0])
    return any(id == site_feed_id(site, name) for name in ("", folder, *names))


def content_hash(data: bytes) -> str:
    """sha256 in hex."""
    return hashlib.sha256(data).hexdigest()


def sketch(text: str) -> bytes:
    """A body's fingerprint: the smallest hashes of three consecutive words, 4 bytes each; at most 256 bytes."""
    found = text.lower().translate(_APART).split() if text.isascii() else _WORD.findall(text.lower())
    line = " ".join(found[:20_000]).encode("utf-8", "surrogatepass")
    words = line.split(b" ")
    triples = map(b" ".join, zip(words, words[1:], words[2:], strict=False)) if len(words) > 2 else filter(None, [line])
    smallest = sorted(set(map(zlib.crc32, triples)))[:SKETCH_SIZE]
    return struct.pack(f">{len(smallest)}I", *smallest)


def similarity(one: bytes, other: bytes) -> float:
    """The share of word triples two bodies have in common, estimated from their sketches: 0.0 to 1.0."""
    if not one or not other:
        return 0.0
    a, b = sketch_values(one), sketch_values(other)
    union = sorted(a | b)[:SKETCH_SIZE]
    return sum(value in a and value in b for value in union) / len(union)


def sketch_values(packed: bytes) -> set[bytes]:
    """The hashes of a sketch."""
    return {packed[i : i + 4] for i in range(0, len(packed), 4)}


def contradicts(claims: Claims, article: Article) -> bool:
    """Whether a file says by its explicit id that it is not this article."""
    return bool(claims.id and article.explicit_id and claims.id not in (article.explicit_id, article.id))
