"""Recognition: which article each file holds. Pure; the rules that keep an identity through moves, edits and swaps.

Files are recognised together, the strongest sign of all of them first: explicit id, canonical URL, the very bytes,
then the path, then a body that is nearly the same as one that is gone. So a file that was moved keeps its article
although another one has taken its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syndicator.core.identity import (
    NEARLY_SAME,
    UNRELATED,
    Claims,
    Recognition,
    contradicts,
    similarity,
    sketch_values,
    url_key,
)
from syndicator.model import Article, SeenFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file to be recognised: what it claims, the sketch of its body, and what was seen at its path before."""

    claims: Claims
    sketch: bytes
    before: SeenFile | None = None


class Vanished:
    """Files that are gone, to be found again by their bytes or bodies. An article is found once."""

    def __init__(self, files: Iterable[SeenFile] = ()) -> None:
        self._files = {f.path: f for f in files if f.article_id}
        self._found: set[str] = set()
        self._index: dict[bytes, list[str]] | None = None

    def add(self, file: SeenFile) -> None:
        """One more that is gone, or was found by mistake."""
        self._files[file.path] = file
        self._found.discard(str(file.article_id))
        self._index = None

    def forget(self, article_id: str) -> None:
        """This article was found by something stronger."""
        self._found.add(article_id)

    def with_bytes(self, content_hash: str) -> SeenFile | None:
        """The one that had these bytes."""
        waiting = (f for f in self._files.values() if f.article_id not in self._found)
        return self._take(next((f for f in waiting if f.content_hash == content_hash), None))

    def like(self, sketch: bytes) -> SeenFile | None:
        """The one whose body was nearly this one, the nearest."""
        if not self._files:
            return None
        votes: dict[str, int] = {}
        for value in sketch_values(sketch):
            for path in self._by_value().get(value, ()):
                votes[path] = votes.get(path, 0) + 1
        nearest = [self._files[path] for path in sorted(votes, key=lambda p: (-votes[p], p))]
        waiting = [file for file in nearest if file.article_id not in self._found][:8]
        scored = [(similarity(sketch, file.sketch), file) for file in waiting]
        best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
        return self._take(best[1] if best[0] >= NEARLY_SAME else None)

    def _take(self, file: SeenFile | None) -> SeenFile | None:
        if file is not None:
            self._found.add(str(file.article_id))
        return file

    def _by_value(self) -> dict[bytes, list[str]]:
        if self._index is None:
            self._index = {}
            for path, file in self._files.items():
                for value in sketch_values(file.sketch):
                    self._index.setdefault(value, []).append(path)
        return self._index


@dataclass(slots=True, kw_only=True)
class Knowledge:
    """What the store knows of what files claim.

    `claimants`: which article made a claim first; `holders`: the file that holds an article; `article`: the state
    of one; `elsewhere`: articles whose very bytes now lie in another file, their own holding something else;
    `exists`: whether there is a file at a path.
    """

    claimants: Mapping[tuple[str, str], str]
    holders: Mapping[str, SeenFile]
    article: Callable[[str], Article | None]
    elsewhere: Collection[str]
    exists: Callable[[str], bool]


@dataclass(slots=True)
class _Matching:
    files: dict[str, Found]
    known: Knowledge
    results: dict[str, Recognition] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)

    def give(self, path: str, id: str, by: str) -> None:
        self.results[path] = Recognition(id, by=by)
        self.given[id] = path

    def open(self) -> list[tuple[str, Found]]:
        return [(path, found) for path, found in self.files.items() if path not in self.results]

    def claimed(self, found: Found, kind: str) -> str | None:
        """The article that a file claims by its id, URL or bytes, unless the claim says nothing."""
        value = dict(found.claims.pairs()).get(kind)
        id = self.known.claimants.get((kind, value)) if value else None
        article = self.known.article(id) if id else None
        if id is None or article is None or contradicts(found.claims, article):
            return None
        if kind == "hash" and (id not in self.known.holders or self.known.holders[id].content_hash != value):
            return None
        return None if kind == "url" and self._said_before(found) else id

    def _said_before(self, found: Found) -> bool:
        """Whether the article of this path has that URL already: then it is no sign of another one."""
        before = self.known.article(str(found.before.article_id)) if found.before else None
        if before is None or before.url is None or before.id in self.known.elsewhere:
            return False
        return url_key(before.url) == found.claims.url

    def held(self, id: str) -> bool:
        """Whether the file that held an article still does: it is there, and was not filled with another one."""
        holder = self.known.holders.get(id)
        if holder is None or holder.missing_since or not self.known.exists(holder.path):
            return False
        now = self.files.get(holder.path)
        if now is None:
            return id not in self.known.elsewhere
        if similarity(now.sketch, holder.sketch) >= NEARLY_SAME:
            return True
        if id in self.known.elsewhere:
            return False
        strong = {self.claimed(now, kind) for kind in ("id", "url", "hash")} - {None}
        return not strong or id in strong


def recognise(files: Sequence[Found], known: Knowledge, vanished: Vanished) -> dict[str, Recognition]:
    """Which article each file holds, by path.

    A claim on an article that another file still holds makes this one a copy (same id, same bytes) or, for a URL
    alone, an article of its own. `vanished` loses what is found.
    """
    matching = _Matching({found.claims.path: found for found in sorted(files, key=lambda f: f.claims.path)}, known)
    for kind in ("id", "url", "hash"):
        _by_claim(matching, kind)
    for id in matching.given:
        vanished.forget(id)
    doubtful = _by_path(matching)
    _by_body(matching, vanished)
    for path, id in doubtful.items():
        if path not in matching.results and id not in matching.given:
            matching.give(path, id, "path")
            vanished.forget(id)
    return {path: matching.results.get(path, Recognition()) for path in matching.files}


def _by_claim(matching: _Matching, kind: str) -> None:
    first: dict[str, str] = {}
    for path, found in matching.open():
        id = matching.claimed(found, kind)
        if id is None:
            value = dict(found.claims.pairs()).get(kind)
            if value and kind != "url" and first.setdefault(value, path) != path:
                matching.results[path] = Recognition(copy_of=first[value], by=kind)
            continue
        holder = matching.known.holders.get(id)
        if id in matching.given:
            if kind != "url":
                matching.results[path] = Recognition(copy_of=matching.given[id], by=kind)
        elif holder is None or holder.path == path or not matching.held(id):
            matching.give(path, id, kind)
        elif kind != "url":
            matching.results[path] = Recognition(copy_of=holder.path, by=kind)


def _by_path(matching: _Matching) -> dict[str, str]:
    """Give by path what the path surely still holds. Returned: what it holds unless the body is found elsewhere."""
    doubtful = {}
    for path, found in matching.open():
        before = found.before
        id = before.article_id if before else None
        article = matching.known.article(id) if id else None
        if before is None or id is None or article is None or id in matching.given:
            continue
        likeness = similarity(found.sketch, before.sketch)
        if id in matching.known.elsewhere and likeness < NEARLY_SAME:
            continue
        another = found.claims.url and article.url and found.claims.url != url_key(article.url)
        if contradicts(found.claims, article) or (another and likeness < UNRELATED):
            continue
        if likeness < UNRELATED and before.sketch:
            doubtful[path] = id
        else:
            matching.give(path, id, "path")
    return doubtful


def _by_body(matching: _Matching, vanished: Vanished) -> None:
    """Give what lost its path here, or is gone, to a file with nearly the same body."""
    replaced = Vanished(
        found.before
        for found in matching.files.values()
        if found.before and found.before.article_id not in matching.given
    )
    for path, found in matching.open():
        for gone in (replaced, vanished):
            file = gone.like(found.sketch)
            if file is None:
                continue
            id = str(file.article_id)
            article = matching.known.article(id)
            if id in matching.given or (article is not None and contradicts(found.claims, article)):
                gone.add(file)
                continue
            matching.give(path, id, "body")
            break
