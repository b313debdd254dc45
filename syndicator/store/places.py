"""What is in composed feeds and their archives. See `ports.Feeds`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, or_, select, tuple_

from syndicator.core.digests import SOURCE
from syndicator.model import Article, Feed, Member, Tombstone
from syndicator.model import Shown as Place
from syndicator.store import rows
from syndicator.store.engine import Database
from syndicator.store.queries import places
from syndicator.store.tables import Standing, archived, articles, claims, feeds, key, members, sources


class FeedPlaces:
    """Answered along the indexes of places: the cost follows what is asked, not the feed."""

    database: Database

    def places(self, feed: str, limit: int | None = None, before: str | None = None) -> list[Place]:
        """What the current document of a composed feed shows, by place, newest first: all that is in no archive.

        `before`: only what is placed below it. Not what nobody may see any more, also where its change was not looked
        at yet.
        """
        walk = _walk(feed, shown=True).limit(limit)
        if before is not None:
            walk = walk.where(members.c.place < before)
        with self.database.read() as connection:
            return _places(connection, dict(connection.execute(walk).all()))

    def since(self, feed: Feed, place: str, limit: int) -> list[Place]:
        """What a feed of any kind shows whose place is not below that, archived or not, newest place first."""
        with self.database.read() as connection:
            if not (feed.archives or _is_composed(connection, feed.name)):
                pks = places(connection, feed.query, Standing.SHOWN, limit, since=place)
                return _places(connection, dict.fromkeys(pks))
            walk = select(members.c.article_pk, members.c.place).where(members.c.feed == _number(feed.name))
            walk = walk.where(members.c.place >= place, members.c.shown.is_(True))
            walk = walk.order_by(members.c.place.desc(), members.c.article_pk.desc()).limit(limit)
            return _places(connection, dict(connection.execute(walk).all()))

    def gone_from(self, feed: str, limit: int, since: str | None = None) -> list[Tombstone]:
        """What was in a composed feed and is not any more, as far as no archive tells of it, newest place first.

        `since`: only those whose place is not below it. None of an id under which the feed shows an article.
        """
        walk = _walk(feed, shown=False)
        if since is not None:
            walk = walk.where(members.c.place >= since)
        wanted = select(*(articles.c[name] for name in ("pk", "id", "changed", "revision")))
        found = {}
        with self.database.read() as connection:
            pks = _one_of_each(connection, feed, walk, limit)
            for portion in rows.portions(pks):
                for pk, id_, changed, revision in connection.execute(wanted.where(articles.c.pk.in_(portion))):
                    found[pk] = Tombstone(id=id_, when=changed, key=pk, revision=revision)
        return [found[pk] for pk in pks]

    def oldest(self, feed: str, limit: int) -> list[Member]:
        """What is in the current document of a feed, shown or gone, by `entered`, the first to be archived first."""
        columns = (members.c[name] for name in ("article_pk", "place", "entered", "shown", "archive"))
        current = select(*columns).where(members.c.feed == _number(feed), members.c.archive == 0)
        current = current.order_by(members.c.entered, members.c.article_pk).limit(limit)
        with self.database.read() as connection:
            return [rows.member((feed, *row)) for row in connection.execute(current)]

    def held(self, feed: str, number: int) -> list[tuple[int, int]]:
        """What an archive holds, as (article's number, revision), in the order of the document."""
        holds = select(archived.c.article_pk, archived.c.revision).order_by(archived.c.position)
        holds = holds.where(archived.c.feed == _number(feed), archived.c.number == number)
        with self.database.read() as connection:
            return [(pk, revision) for pk, revision in connection.execute(holds)]

    def archived_in(self, key: int) -> list[tuple[str, int]]:
        """The archives that hold an article in any of its states, as (feed, number), by both."""
        holding = select(feeds.c.name, archived.c.number).join(feeds, feeds.c.number == archived.c.feed)
        holding = holding.where(archived.c.article_pk == key).order_by(feeds.c.name, archived.c.number).distinct()
        with self.database.read() as connection:
            return [(feed, number) for feed, number in connection.execute(holding)]

    def editions_of(self, ids: Collection[str]) -> dict[int, Article]:
        """Editions of digests, whatever their status, that were put together from one of these articles, by number."""
        digests = select(sources.c.id).where(sources.c.id >= SOURCE, sources.c.id < SOURCE + "\uffff")
        of = select(claims.c.article_pk).where(claims.c.source.in_(digests), claims.c.kind == "part")
        with self.database.read() as connection:
            found: set[int] = set()
            for portion in rows.portions({key(id) for id in ids}):
                found.update(connection.execute(of.where(claims.c.value.in_(portion))).scalars())
            return rows.by_key(connection, sorted(found))

    def members_of(self, key: int) -> list[Member]:
        """The places of an article in composed feeds, by the feed's name."""
        with self.database.read() as connection:
            return list(map(rows.member, connection.execute(rows.MEMBERS.where(members.c.article_pk == key))))


def _is_composed(connection: Connection, name: str) -> bool:
    return bool(name) and connection.execute(select(feeds.c.number).where(feeds.c.name == name)).scalar() is not None


def _places(connection: Connection, walked: Mapping[int, str | None]) -> list[Place]:
    """The places of these articles, in their order; their own sort keys stand in for those that are None."""
    wanted = select(*(articles.c[name] for name in ("pk", "standing", "id", "revision", "changed", "sort_key")))
    found = {}
    for portion in rows.portions(walked):
        for pk, standing, id_, revision, changed, own in connection.execute(wanted.where(articles.c.pk.in_(portion))):
            if standing == Standing.SHOWN:  # asked in SQL, it would be the index that is walked
                found[pk] = Place(key=pk, id=id_, revision=revision, changed=changed, sort_key=walked[pk] or own)
    return [found[pk] for pk in walked if pk in found]


def _number(feed: str) -> ScalarSelect[int]:
    return select(feeds.c.number).where(feeds.c.name == feed).scalar_subquery()


def _walk(feed: str, *, shown: bool) -> Select[int, str]:
    """Numbers and places of what is in the current document, newest place first."""
    current: list[ColumnElement[bool]] = [
        members.c.feed == _number(feed),
        members.c.archive == 0,
        members.c.shown.is_(shown),
    ]
    walk = select(members.c.article_pk, members.c.place).where(*current)
    return walk.order_by(members.c.place.desc(), members.c.article_pk.desc())


def _one_of_each(connection: Connection, feed: str, walk: Select[int, str], limit: int) -> list[int]:
    """The first `limit` of the walk, but of no id under which the feed shows an article, and one of each id."""
    walked = max(limit, 0)
    while walked:
        found = list(connection.execute(walk.limit(walked)).scalars())
        hidden = _behind_another(connection, feed, found)
        kept = [pk for pk in found if pk not in hidden]
        if len(kept) >= limit or len(found) < walked:
            return kept[:limit]
        walked += max(limit - len(kept), walked // 2)
    return []


def _behind_another(connection: Connection, feed: str, pks: list[int]) -> set[int]:
    """Those of these articles of whose id the feed shows another one, or tells of a newer one that is gone."""
    other, place = articles.alias("other"), members.alias("place")
    newer = tuple_(place.c.place, place.c.article_pk) > tuple_(members.c.place, members.c.article_pk)
    hidden = (
        select(articles.c.pk)
        .select_from(articles)
        .join(members, (members.c.article_pk == articles.c.pk) & (members.c.feed == _number(feed)))
        .join(other, (other.c.id_key == articles.c.id_key) & (other.c.pk != articles.c.pk))
        .join(place, (place.c.article_pk == other.c.pk) & (place.c.feed == members.c.feed))
        .where(or_(place.c.shown, (place.c.archive == 0) & newer))
    )
    found: set[int] = set()
    for portion in rows.portions(pks):
        found.update(connection.execute(hidden.where(articles.c.pk.in_(portion))).scalars())
    return found
