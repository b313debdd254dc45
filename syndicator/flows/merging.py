"""From what a document brought to what is saved: recognise each entry, decide, name what is new."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from syndicator.core import decide, entries
from syndicator.core.entries import Document, Sign, Signs
from syndicator.core.identity import is_site_feed
from syndicator.flows.naming import Ids, Slugs, saved
from syndicator.model import Article, Entry, Parsed, RevisionKind, Source, Status, Tombstone, Upstream
from syndicator.ports import Ingest, Ports, Saved

Found = tuple[Entry, Signs, Article | None]
"""An entry, what it is known by, and the article it is, where it is none that is new."""
_TICK = timedelta(microseconds=1)


@dataclass(slots=True)
class Merged:
    """What came of a document. `again` are digests of entries that must be looked at next time too."""

    policy: str = entries.BY_ID
    saved: list[Saved] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    again: set[bytes] = field(default_factory=set)
    fresh: list[Article] = field(default_factory=list)


class Merge:
    """One document's entries, in an open transaction of their source."""

    def __init__(self, ports: Ports, tx: Ingest, source: Source, policy: str, *, backfill: bool) -> None:
        self._ports, self._tx, self._source = ports, tx, source
        self._now = ports.now()
        self._backfill = backfill
        self._merged = Merged(policy=policy)
        self._ids, self._slugs = Ids(tx), Slugs(tx)
        self._given: set[str] = set()
        self._own_feeds = [feed.first_name for feed in ports.store.feeds()]

    def merge(self, parsed: Parsed) -> Merged:
        """Decide about every entry and tombstone of a document, and save what came of it."""
        document = entries.document(parsed.seen)
        merged = self._merged
        merged.policy = entries.policy(merged.policy, document)
        ours = self._is_ours(parsed.upstream)
        brought = [entry for entry in parsed.entries if not (ours or self._is_ours(entry.article.upstream))]
        brought = self._withdraw(parsed.deleted, brought)
        for number, (entry, signs, before) in enumerate(self._oldest_first(self._find(brought, document))):
            self._decide(entry, before, self._now + number * _TICK, signs, signs.claims(document))
        self._tx.save(merged.saved, [])
        return merged

    def _is_ours(self, origin: Upstream | None) -> bool:
        """Whether something went out from us: what comes back is no other article."""
        return origin is not None and is_site_feed(self._ports.site.id, origin.id, origin.feed_url, self._own_feeds)

    def _find(self, brought: list[Entry], document: Document) -> list[Found]:
        policy = self._merged.policy
        known_by = [(entry, entries.signs_of(entry.article)) for entry in brought]
        claimants = self._tx.claimants({sign for _, signs in known_by for sign in signs.asked(policy, document)})
        articles = self._tx.articles(set(claimants.values()))
        found: list[Found] = []
        for entry, signs in entries.without_doubles(known_by, policy, document, claimants):
            id = entries.find(signs, entry.article, policy, document, claimants, articles)
            before = articles.get(id) if id is not None and id not in self._given else None
            if before is not None and before.status is not Status.KILLED:  # whatever else is it is killed too
                self._given.add(before.id)
            found.append((entry, signs, before))
        self._expect(found)
        return found

    def _expect(self, found: list[Found]) -> None:
        """Ask once for the names that most of the new articles will get."""
        new = [(entries.mint(signs, self._source.id), entry.article) for entry, signs, before in found if not before]
        self._ids.expect({id for id, _ in new})
        self._slugs.expect({decide.slugs_for(article, id)[0] for id, article in new})

    def _oldest_first(self, found: list[Found]) -> list[Found]:
        """Articles that are found together are ordered by their dates, and those without by their places."""
        backwards = list(reversed(found))
        return sorted(backwards, key=lambda one: min(one[0].article.published or self._now, self._now))

    def _decide(
        self, entry: Entry, before: Article | None, found_at: datetime, signs: Signs, claims: tuple[Sign, ...]
    ) -> None:
        seen = self._as_of_source(entry.article)
        kind: RevisionKind | None
        if before is None:
            article, kind, again = self._first(seen, signs, found_at), RevisionKind.NEW, False
            self._merged.new += 1
            self._merged.fresh.append(article)
        else:
            article, kind, again = decide.next_from_upstream(before, seen, self._now)
            self._merged.changed += kind is not None
        if again:
            self._merged.again.add(entry.digest)
        self._save(article, kind, claims)

    def _first(self, seen: Article, signs: Signs, found_at: datetime) -> Article:
        id = self._ids.id(lambda taken: entries.mint(signs, self._source.id, taken))
        slug = self._slugs.slug(seen, id)
        seen = replace(seen, announced=decide.believable(seen.updated, self._now))
        return decide.first_state(seen, id=id, slug=slug, now=found_at, backfill=self._backfill)

    def _as_of_source(self, article: Article) -> Article:
        """The article with what a person decided about its source."""
        tags = dict.fromkeys((*article.tags, *self._source.tags))
        return replace(
            article,
            source=self._source.id,
            tags=tuple(tags),
            language=article.language or self._source.language,
            licence=article.licence or self._source.licence,
        )

    def _withdraw(self, deleted: tuple[Tombstone, ...], brought: list[Entry]) -> list[Entry]:
        """Believe upstream's own tombstones (RFC 6721), but for those that are older than their entry.

        The entries that are left.
        """
        claimants = self._tx.claimants({("id", tombstone.id) for tombstone in deleted})
        articles = self._tx.articles(set(claimants.values()))
        present = {entry.article.explicit_id: entry.article for entry in brought}
        gone: set[str] = set()
        for tombstone in deleted:
            there, before = present.get(tombstone.id), articles.get(claimants.get(("id", tombstone.id), ""))
            updated = (there.updated or there.published) if there else before.announced if before else None
            if tombstone.id in gone or (updated is not None and updated > tombstone.when):
                continue
            gone.add(tombstone.id)
            if before is not None and before.status not in (Status.WITHDRAWN, Status.KILLED):
                article, kind = decide.withdrawn(before, self._now)
                self._merged.withdrawn += 1
                self._save(article, kind, ())
        return [entry for entry in brought if entry.article.explicit_id not in gone]

    def _save(self, article: Article, kind: RevisionKind | None, claims: tuple[Sign, ...]) -> None:
        self._merged.saved.append(saved(article, kind, self._now, claims))
