"""Article files read and parsed, with the media they show published beside them."""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import unquote, urlsplit

from syndicator.core import html
from syndicator.core.articles import read, settle, unresolved
from syndicator.core.articles.rules import Rules
from syndicator.core.identity import Claims, claims_of, content_hash, sketch
from syndicator.errors import BadArticle
from syndicator.model import FileStat, Media, Notice, Reading, SeenFile
from syndicator.ports import Ports, SeedFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One file as it was read.

    `reading` is None where the bytes are those that we know (`known` says what came of them) or where they
    could not be read (`error`). `unread` says that the file itself was in the way and not what is in it: it is
    tried again at the next scan. `absent` is what to tell of each address in it, should that name no file.
    """

    stat: FileStat
    hash: str = ""
    known: SeenFile | None = None
    reading: Reading | None = None
    sketch: bytes = b""
    media: tuple[Media, ...] = ()
    absent: tuple[tuple[str, Notice], ...] = ()
    error: BadArticle | None = None
    unread: bool = False

    @property
    def claims(self) -> Claims:
        """By what the file can be recognised. Only where it was parsed."""
        assert self.reading is not None
        return claims_of(self.reading.article, self.stat.path, self.hash)


def read_files(
    ports: Ports, batches: Iterable[Sequence[FileStat]], forced: Collection[str] = ()
) -> Iterator[list[Read]]:
    """Read the files of each batch, parse those whose bytes are not known, publish what they show.

    `forced` are paths to parse whatever their bytes. Files that went meanwhile are left out. The batch after the one
    that is given is begun, so that every core has work while the caller saves.
    """
    begun: deque[_Begun] = deque()
    for stats in batches:
        begun.append(_begin(ports, stats, forced))
        if len(begun) > 1:
            yield _finish(ports, begun.popleft())
    while begun:
        yield _finish(ports, begun.popleft())


def rules_of(ports: Ports) -> Rules:
    """How article files are to be read."""
    policy = ports.policy
    return Rules(source=policy.source, timezone=policy.timezone, folder_tags=policy.folder_tags)


_Begun = tuple[dict[str, SeenFile], Iterator[Read | None]]
"""What was known of the files of a batch, and what they hold, as it is read."""


def _begin(ports: Ports, stats: Sequence[FileStat], forced: Collection[str]) -> _Begun:
    known = {f.path: f for f in ports.store.files(ports.policy.source, [stat.path for stat in stats])}
    same = {path: f.content_hash for path, f in known.items() if not f.missing_since and path not in forced}
    rules = rules_of(ports)
    work = [(stat, same.get(stat.path)) for stat in stats]
    return known, ports.spread(partial(_read, ports.seeds, rules), work)


def _read(seeds: SeedFolder, rules: Rules, work: tuple[FileStat, str | None]) -> Read | None:
    """One file, parsed unless its bytes have the hash that is known; None where it is gone."""
    stat, same = work
    try:
        stat, data = seeds.read(stat.path)
    except FileNotFoundError:
        return None
    except BadArticle as error:
        return Read(stat=stat, error=error, unread=True)
    file = Read(stat=stat, hash=content_hash(data))
    if file.hash == same:
        return file
    try:
        reading = read(data, stat.path, rules)
    except BadArticle as error:
        return replace(file, error=error)
    fingerprint = sketch(html.words(reading.article.body))
    if not reading.references:
        reading = replace(reading, article=settle(reading.article, {}))
        return replace(file, reading=reading, sketch=fingerprint)
    articles = {ref for ref in reading.references if seeds.is_article(_origin(stat.path, ref))}
    absent = tuple(unresolved.notices(reading.article, reading.references, articles, data))
    return replace(file, reading=reading, sketch=fingerprint, absent=absent)


def _finish(ports: Ports, begun: _Begun) -> list[Read]:
    known, files = begun
    done = [_with_media(ports, replace(file, known=known.get(file.stat.path))) for file in files if file is not None]
    return sorted(done, key=lambda file: file.stat.path)


def _with_media(ports: Ports, file: Read) -> Read:
    """The file with what it shows published, and its addresses settled."""
    if file.reading is None or not file.reading.references:
        return file
    media = {ref: _media(ports, file.stat.path, ref) for ref in file.reading.references}
    found = {ref: medium for ref, medium in media.items() if medium.path}
    told = unresolved.some([notice for ref, notice in file.absent if ref not in found])
    article = settle(file.reading.article, found)
    reading = replace(file.reading, article=article, notices=(*file.reading.notices, *told))
    return replace(file, reading=reading, media=tuple(media.values()))


def _media(ports: Ports, path: str, reference: str) -> Media:
    """The file that a reference names; one without `path` where it is not there (yet)."""
    found = ports.seeds.media(path, reference)
    if found is not None:
        return found
    return Media(path="", origin=_origin(path, reference), type="", length=0)


def _origin(path: str, reference: str) -> str:
    name = unquote(urlsplit(reference).path)
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name)).lstrip("/")
