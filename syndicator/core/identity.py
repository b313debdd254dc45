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
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from syndicator.model import Article, SeenFile

SKETCH_SIZE = 64
"""Values kept of a body: the 64 smallest hashes of its word triples tell similarity to about ± 0.06."""
NEARLY_SAME = 0.7
"""Share of common word triples from which a vanished file's body counts as the same."""
UNRELATED = 0.1
"""Share of common word triples below which two bodies have nothing to do with each other."""

_ROOT = uuid.UUID("9b1f1d7e-6a52-5f0e-9d5b-5b5f3f1a8c21")
_IRI = re.compile(
    r"(?:https?://(?=[^/?#])|tag:[\w.+-]+(?:@[\w.-]+)?,\d{4}(?:-\d\d){0,2}:|urn:(?!(?i:uuid):)[A-Za-z0-9][A-Za-z0-9-]{1,31}:(?=.))"
    r"[^\s\x00-\x20\x7f-\x9f<>\"{}|\\^`\[\]]*"
    r"|urn:(?i:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
"""What may stand as an id as it is: a web address, a tag (RFC 4151), or a URN (RFC 8141; of a UUID, RFC 4122)."""
_WORD = re.compile(r"\w+")


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
        """As stored: (kind, value), strongest first."""
        pairs = (("id", self.id), ("url", self.url), ("hash", self.hash), ("path", self.path))
        return tuple((kind, value) for kind, value in pairs if value)


def claims_of(article: Article, path: str, content_hash: str) -> Claims:
    """The claims of an article read from the file at `path` with that sha256."""
    url = url_key(article.url) if article.url else None
    return Claims(path=path, hash=content_hash, id=article.explicit_id, url=url)


def url_key(url: str) -> str:
    """A URL with what does not tell resources apart folded: case of scheme and host, default port, fragment.

    RFC 3986 section 6.2.2 and 6.2.3.
    """
    parts = urlsplit(url.strip())
    try:
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


def possible_ids(claims: Claims, source: str, namespace: str, count: int) -> set[str]:
    """The first `count` ids that `mint` may give, to ask a store which of them are taken."""
    ids: set[str] = set()
    for _ in range(count):
        ids.add(mint(claims, source, namespace, ids))
    return ids


def site_id(seed: str) -> str:
    """The id from which a site's feeds get theirs: a `urn:uuid:` made of `seed`."""
    return uuid.uuid5(_ROOT, f"site\n{seed}").urn


def content_hash(data: bytes) -> str:
    """sha256 in hex."""
    return hashlib.sha256(data).hexdigest()


def sketch(text: str) -> bytes:
    """A body's fingerprint: the smallest hashes of three consecutive words, 4 bytes each; at most 256 bytes."""
    line = " ".join(_WORD.findall(text.lower())[:20_000]).encode("utf-8", "surrogatepass")
    words = line.split(b" ")
    triples = map(b" ".join, zip(words, words[1:], words[2:], strict=False)) if len(words) > 2 else filter(None, [line])
    smallest = sorted(set(map(zlib.crc32, triples)))[:SKETCH_SIZE]
    return struct.pack(f">{len(smallest)}I", *smallest)


def similarity(one: bytes, other: bytes) -> float:
    """The share of word triples two bodies have in common, estimated from their sketches: 0.0 to 1.0."""
    if not one or not other:
        return 0.0
    a, b = _values(one), _values(other)
    union = sorted(a | b)[:SKETCH_SIZE]
    return sum(value in a and value in b for value in union) / len(union)


def _values(packed: bytes) -> set[bytes]:
    return {packed[i : i + 4] for i in range(0, len(packed), 4)}


def recognise(
    claims: Claims,
    sketch: bytes,
    *,
    claimants: Mapping[tuple[str, str], str],
    holders: Mapping[str, SeenFile],
    still_holds: Collection[str],
    at_path: SeenFile | None,
    at_path_article: Article | None,
) -> Recognition:
    """Which article a file holds: by explicit id, canonical URL, content hash, then path.

    `claimants` say which article made a claim first; `holders` which file holds an article; `still_holds` are
    the articles whose file is still there with them in it; `at_path` is what was seen at this path before, and
    `at_path_article` the article it held. A claim on an article that another present file holds makes this file
    a copy (same id, same bytes) or, for a URL alone, an article of its own.
    """
    for kind, value in claims.pairs():
        if kind == "path":
            break
        article = claimants.get((kind, value))
        if article is None:
            continue
        holder = holders.get(article)
        if holder is None or holder.path == claims.path or article not in still_holds:
            return Recognition(article, by=kind)
        if kind == "id" or (kind == "hash" and holder.content_hash == claims.hash):
            return Recognition(copy_of=holder.path, by=kind)
    if at_path is None or at_path.article_id is None or at_path_article is None:
        return Recognition()
    return (
        Recognition()
        if _replaced(claims, sketch, at_path, at_path_article)
        else Recognition(at_path.article_id, by="path")
    )


def _replaced(claims: Claims, sketch: bytes, before: SeenFile, article: Article) -> bool:
    """Whether a path was given to another article: another explicit id, or another URL and an unrelated body."""
    if claims.id and article.explicit_id and claims.id != article.explicit_id:
        return True
    if claims.url and article.url and claims.url != url_key(article.url):
        return similarity(sketch, before.sketch) < UNRELATED
    return False


class Vanished:
    """Files that are gone, to be found again by their bodies. Each is given once."""

    def __init__(self, files: Iterable[SeenFile]) -> None:
        self._files = {f.path: f for f in files if f.sketch and f.article_id}
        self._index: dict[bytes, list[str]] = {}
        for path, file in self._files.items():
            for value in _values(file.sketch):
                self._index.setdefault(value, []).append(path)

    def take(self, sketch: bytes) -> SeenFile | None:
        """The vanished file whose body is nearly this one, the nearest; it is not given again."""
        votes: dict[str, int] = {}
        for value in _values(sketch):
            for path in self._index.get(value, ()):
                votes[path] = votes.get(path, 0) + 1
        best: tuple[float, str] | None = None
        for path in sorted(votes, key=lambda p: (-votes[p], p))[:8]:
            if path in self._files:
                score = similarity(sketch, self._files[path].sketch)
                if score >= NEARLY_SAME and (best is None or score > best[0]):
                    best = (score, path)
        return self._files.pop(best[1]) if best else None

    def forget(self, article_id: str) -> None:
        """This article was recognised by something stronger."""
        for path in [path for path, file in self._files.items() if file.article_id == article_id]:
            del self._files[path]
