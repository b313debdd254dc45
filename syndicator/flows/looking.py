"""What the watched folder holds now, against what we remember of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from syndicator.core.articles import READER
from syndicator.core.identity import content_hash
from syndicator.errors import BadArticle
from syndicator.flows.reading import rules_of
from syndicator.model import FileStat, Problem, utc
from syndicator.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is there (`present`), which of it to read, what is gone, what was refused.

    `recheck` are files too fresh to be read, `forced` those to parse even where their bytes are known, `whole`
    says that the whole folder was looked at.
    """

    present: dict[str, FileStat]
    changed: list[str]
    vanished: list[str]
    refused: tuple[Problem, ...]
    recheck: frozenset[str]
    forced: frozenset[str]
    whole: bool = False

    def exists(self, ports: Ports, path: str) -> bool:
        """Whether a file is there; a refused one is, but cannot be read."""
        if self.whole or path in self.present:
            return path in self.present or _covered(path, self.refused)
        try:
            return ports.seeds.stat(path) is not None
        except BadArticle:
            return True


def look_at_all(ports: Ports, settled: bool, told: Collection[str] = ()) -> Look:
    """Scan the folder. With `settled` False, files changed less than two seconds ago are left for later.

    `told` are files whose writers are known to be done.
    """
    stats, refused = ports.seeds.scan()
    known = ports.store.stats(ports.policy.source)
    present = {stat.path: stat for stat in stats}
    changed = {stat.path for stat in stats if known.get(stat.path) != stat}
    fresh = _fresh(ports, {path: present[path] for path in changed.difference(told)}, settled)
    vanished = sorted(path for path in known.keys() - present.keys() if not _covered(path, refused))
    rules = reading_rules(ports)
    if ports.store.recall("rules") not in (None, rules):
        forced = frozenset(present)
    elif vanished or not changed.isdisjoint(known):
        forced = _held_back(ports) & present.keys()
    else:
        forced = frozenset()
    return Look(
        present=present,
        changed=sorted(changed - fresh | forced),
        vanished=vanished,
        refused=tuple(refused),
        recheck=fresh,
        forced=forced,
        whole=True,
    )


def reading_rules(ports: Ports) -> str:
    """All that decides how the same bytes are read: when it changes, every file is read again."""
    return f"{READER} {rules_of(ports)}"


def elsewhere(ports: Ports, look: Look) -> frozenset[str]:
    """Articles whose very bytes now lie in another file of the look, while their own holds something else."""
    if len(look.changed) < 2:
        return frozenset()
    known = [f for f in ports.store.files(ports.policy.source, look.changed) if f.article_id]
    if not known:
        return frozenset()
    hashes = {path: content_hash for path in look.changed if (content_hash := _hash(ports, path))}
    there = set(hashes.values())
    moved = (f for f in known if f.content_hash in there and hashes.get(f.path, f.content_hash) != f.content_hash)
    return frozenset(str(f.article_id) for f in moved)


def widened(ports: Ports, look: Look) -> Look:
    """A look at some paths, with the files beside it that held the same bytes and have changed since."""
    hashes = {content_hash for path in look.changed if (content_hash := _hash(ports, path))}
    with ports.store.ingest(ports.policy.source) as tx:
        claimants = tx.claimants({("hash", value) for value in hashes})
        holders = tx.files_of(set(claimants.values())).values() if claimants else ()
        others = [f for f in holders if f.path not in look.present and not f.missing_since]
    present, _ = _stats(ports, [f.path for f in others])
    changed = {
        f.path
        for f in others
        if f.path in present and (present[f.path].size, present[f.path].mtime_ns) != (f.size, f.mtime_ns)
    }
    more = {path: present[path] for path in changed}
    return replace(look, present=look.present | more, changed=sorted({*look.changed, *changed}))


def _hash(ports: Ports, path: str) -> str | None:
    try:
        return content_hash(ports.seeds.read(path)[1])
    except (BadArticle, FileNotFoundError):
        return None


def look_at(ports: Ports, paths: Collection[str], settled: bool) -> Look:
    """Look at some paths: article files, or files that articles show."""
    articles = {path for path in paths if ports.seeds.is_article(path)}
    users = _users_of(ports, set(paths) - articles)
    present, refused = _stats(ports, articles | users)
    known = list(ports.store.files(ports.policy.source, articles | users))
    vanished = sorted(f.path for f in known if f.path not in present and f.missing_since is None)
    vanished = [path for path in vanished if not _covered(path, refused)]
    fresh = _fresh(ports, present, settled)
    forced = users
    if known:
        again, _ = _stats(ports, _held_back(ports))
        present, forced = present | again, forced | again.keys()
    return Look(
        present=present,
        changed=sorted(present.keys() - fresh),
        vanished=vanished,
        refused=tuple(refused),
        recheck=fresh,
        forced=frozenset(forced),
    )


def _covered(path: str, refused: Sequence[Problem]) -> bool:
    """Whether a path was refused, or lies in a folder that was: it may be there, so it is not gone."""
    return any(p.path in (".", path) or path.startswith(f"{p.path}/") for p in refused)


def _stats(ports: Ports, paths: Collection[str]) -> tuple[dict[str, FileStat], list[Problem]]:
    present: dict[str, FileStat] = {}
    refused: list[Problem] = []
    for path in sorted(paths):
        try:
            stat = ports.seeds.stat(path)
        except BadArticle as error:
            refused.append(Problem(path=path, reason=error.reason, line=error.line))
        else:
            if stat is not None:
                present[path] = stat
    return present, refused


def _fresh(ports: Ports, stats: dict[str, FileStat], settled: bool) -> frozenset[str]:
    if settled:
        return frozenset()
    now = (ports.now() - utc(1970, 1, 1)) // timedelta(microseconds=1)
    settle = ports.policy.settle // timedelta(microseconds=1)
    return frozenset(path for path, stat in stats.items() if 0 <= now - stat.mtime_ns // 1000 < settle)


def _held_back(ports: Ports) -> frozenset[str]:
    """Files with a problem: one that was a copy may take the place of the file that vanished."""
    return frozenset(f.path for f in ports.store.files(ports.policy.source, troubled=True) if not f.missing_since)


def _users_of(ports: Ports, media: set[str]) -> set[str]:
    """Articles that show one of these files, or asked for it before it was there."""
    if not media:
        return set()
    return {f.path for f in ports.store.files(ports.policy.source) if any(m.origin in media for m in f.media)}
