"""Article files read and parsed, with the media they show published beside them."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import unquote, urlsplit

from syndicator.core import html
from syndicator.core.articles import read, settle
from syndicator.core.articles.rules import Rules
from syndicator.core.identity import Claims, claims_of, content_hash, sketch
from syndicator.errors import BadArticle
from syndicator.model import FileStat, Media, Reading, SeenFile
from syndicator.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One file as it was read.

    `reading` is None where the bytes are those that we know (`known` says what came of them) or where they
    could not be read (`error`). `unread` says that the file itself was in the way and not what is in it: it is
    tried again at the next scan.
    """

    stat: FileStat
    hash: str = ""
    known: SeenFile | None = None
    reading: Reading | None = None
    sketch: bytes = b""
    media: tuple[Media, ...] = ()
    error: BadArticle | None = None
    unread: bool = False

    @property
    def claims(self) -> Claims:
        """By what the file can be recognised. Only where it was parsed."""
        assert self.reading is not None
        return claims_of(self.reading.article, self.stat.path, self.hash)


def read_files(ports: Ports, stats: list[FileStat], forced: Collection[str] = ()) -> list[Read]:
    """Read the files, parse those whose bytes are not known, publish what they show.

    `forced` are paths to parse whatever their bytes. Files that went meanwhile are left out.
    """
    known = {f.path: f for f in ports.store.files(ports.policy.source, [stat.path for stat in stats])}
    done: list[Read] = []
    parse: list[tuple[Read, bytes]] = []
    for stat in stats:
        before = known.get(stat.path)
        try:
            stat, data = ports.seeds.read(stat.path)
        except FileNotFoundError:
            continue
        except BadArticle as error:
            done.append(Read(stat=stat, known=before, error=error, unread=True))
            continue
        file = Read(stat=stat, hash=content_hash(data), known=before)
        same = before is not None and before.content_hash == file.hash and not before.missing_since
        if same and stat.path not in forced:
            done.append(file)
        else:
            parse.append((file, data))
    rules = Rules(
        source=ports.policy.source,
        timezone=ports.policy.timezone,
        folder_tags=ports.policy.folder_tags,
        language=ports.policy.language,
    )
    results = ports.spread(partial(_parse, rules), [(data, file.stat.path) for file, data in parse])
    done.extend(_parsed(ports, file, result) for (file, _), result in zip(parse, results, strict=True))
    return sorted(done, key=lambda file: file.stat.path)


def _parse(rules: Rules, file: tuple[bytes, str]) -> tuple[Reading, bytes] | BadArticle:
    data, path = file
    try:
        reading = read(data, path, rules)
    except BadArticle as error:
        return error
    return reading, sketch(html.text(reading.article.body))


def _parsed(ports: Ports, file: Read, result: tuple[Reading, bytes] | BadArticle) -> Read:
    if isinstance(result, BadArticle):
        return replace(file, error=result)
    reading, fingerprint = result
    media = {ref: _media(ports, file.stat.path, ref) for ref in reading.references}
    found = {ref: medium for ref, medium in media.items() if medium.path}
    try:
        for medium in found.values():
            ports.publication.write_media(medium, ports.seeds.open_media)
    except BadArticle as error:
        return replace(file, error=error, unread=True)
    reading = replace(reading, article=settle(reading.article, found))
    return replace(file, reading=reading, sketch=fingerprint, media=tuple(media.values()))


def _media(ports: Ports, path: str, reference: str) -> Media:
    """The file that a reference names; one without `path` where it is not there (yet)."""
    found = ports.seeds.media(path, reference)
    if found is not None:
        return found
    name = unquote(urlsplit(reference).path)
    origin = posixpath.normpath(posixpath.join(posixpath.dirname(path), name)).lstrip("/")
    return Media(path="", origin=origin, type="", length=0)
