"""Which articles are the same one from several sources."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select, update

from syndicator.model import Article, Status
from syndicator.ports import Join
from syndicator.store import rows
from syndicator.store.engine import Database
from syndicator.store.tables import (
    Standing,
    articles,
    changes,
    joins,
    meta,
    signs,
    sketches,
)

_BEARERS = """
    WITH asked (kind, value) AS (VALUES {pairs})
    SELECT signs.kind, signs.value, signs.article_pk FROM asked CROSS JOIN signs
    WHERE signs.kind = asked.kind AND signs.value = asked.value AND signs.article_pk <= coalesce(
        (SELECT article_pk FROM signs AS first WHERE first.kind = asked.kind AND first.value = asked.value
        ORDER BY article_pk LIMIT 1 OFFSET 49), 4611686018427387904)
"""
"""Who bears signs. One that very many bear is read no further than the fiftieth."""
_SIGNED = "signed"
"""The number in `meta` up to which every shown article has its signs."""
_Sign = tuple[str, str]


class SameWorks:
    """See `ports.Works`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def signed(self) -> bool:
        """Whether any article bears signs: there were several sources once, or something was killed."""
        with self.database.read() as connection:
            return bool(connection.execute(select(select(sketches.c.article_pk).exists())).scalar())

    def work_of(self, key: int) -> tuple[int, ...]:
        """All articles of the work that this one belongs to, itself included, the first stored first."""
        with self.database.read() as connection:
            return _works(connection, [key])[key]

    def others_of(self, keys: Collection[int]) -> Mapping[int, tuple[int, ...]]:
        """The other articles of the works of these, by number; those that are alone are left out."""
        with self.database.read() as connection:
            found = _works(connection, keys)
        return {key: tuple(k for k in work if k != key) for key, work in found.items() if len(work) > 1}

    def joins_of(self, keys: Collection[int]) -> list[Join]:
        """Why these articles are in one work."""
        wanted = select(joins.c.article_pk, joins.c.other_pk, joins.c.by, joins.c.why, joins.c.at)
        found: set[Join] = set()
        with self.database.read() as connection:
            for some in rows.portions(sorted(set(keys))):
                ours = or_(joins.c.article_pk.in_(some), joins.c.other_pk.in_(some))
                for pk, other, by, why, at in connection.execute(wanted.where(ours, joins.c.undone.is_(False))):
                    found.add(Join(key=pk, other=other, by=by, why=why, at=at))
        return sorted(found, key=lambda join: (join.at, join.key, join.other))

    def doubles(self, limit: int) -> list[tuple[int, ...]]:
        """The works of more than one article, that of the article stored last first, so many of them."""
        newest = (
            select(articles.c.work)
            .where(articles.c.work.is_not(None))
            .group_by(articles.c.work)
            .order_by(func.max(articles.c.pk).desc())
            .limit(limit)
        )
        with self.database.read() as connection:
            firsts = list(connection.execute(newest).scalars())
            found = _works(connection, firsts)
        return [found[first] for first in firsts]


class JoiningPart:
    """See `ports.Joining`. Whoever mixes it in has the open transaction in `_connection`."""

    _connection: Connection
    _database: Database

    def bearers(self, signs: Collection[_Sign]) -> dict[_Sign, list[int]]:
        """The articles that bear each of these signs (kind, value), the first stored first; at most 50 of each."""
        found: dict[_Sign, list[int]] = {}
        for some in rows.portions(sorted(set(signs))):
            # In the driver's own words: the library takes longer to write such a statement than it takes to run.
            pairs = ", ".join(["(?, ?)" if self._database.embedded else "(%s, %s)"] * len(some))
            asked = tuple(part for sign in some for part in sign)
            for kind, value, pk in self._connection.exec_driver_sql(_BEARERS.format(pairs=pairs), asked):
                found.setdefault((kind, value), []).append(pk)
        return {sign: sorted(pks) for sign, pks in found.items()}

    def sketches(self, keys: Collection[int]) -> dict[int, bytes]:
        """The sketches of these articles' contents, by number."""
        found: dict[int, bytes] = {}
        for some in rows.portions(sorted(set(keys))):
            wanted = select(sketches.c.article_pk, sketches.c.sketch).where(sketches.c.article_pk.in_(some))
            found.update((pk, bytes(sketch)) for pk, sketch in self._connection.execute(wanted))
        return found

    def sign(self, key: int, signs: Collection[_Sign], sketch: bytes) -> None:
        """Let an article bear these signs, and no others, from now on."""
        sign(self._database, self._connection, key, signs, sketch)

    def killed(self, keys: Collection[int]) -> frozenset[int]:
        """Those of these articles that are killed."""
        found: set[int] = set()
        for some in rows.portions(sorted(set(keys))):
            dead = select(articles.c.pk).where(articles.c.pk.in_(some), articles.c.status == str(Status.KILLED))
            found.update(self._connection.execute(dead).scalars())
        return frozenset(found)

    def unsigned(self, limit: int) -> list[tuple[int, Article]]:
        """Shown articles that never had signs, by number; each is given once. Fewer than `limit`: these are all."""
        marker = self._connection.execute(select(meta.c.value).where(meta.c.key == _SIGNED)).scalar()
        newest = self._connection.execute(select(func.max(articles.c.pk))).scalar() or 0
        bare = (
            select(articles.c.pk)
            .outerjoin(sketches, sketches.c.article_pk == articles.c.pk)
            .where(articles.c.pk > int(marker or 0), articles.c.pk <= newest)
            .where(articles.c.standing == int(Standing.SHOWN), sketches.c.article_pk.is_(None))
            .order_by(articles.c.pk)
            .limit(limit)
        )
        pks = list(self._connection.execute(bare).scalars())
        reached = str(pks[-1] if len(pks) == limit else newest)
        if reached != marker:
            self._database.fill(self._connection, meta, ("key", "value"), [(_SIGNED, reached)], there="replace")
        return list(zip(pks, rows.current(self._connection, pks), strict=True))

    def works(self, keys: Collection[int]) -> dict[int, tuple[int, ...]]:
        """All articles of the work that each of these belongs to, itself included, the first stored first."""
        return _works(self._connection, keys)

    def namesakes(self, keys: Collection[int]) -> dict[int, tuple[int, ...]]:
        """All articles, of whatever source, that have the id of each of these, by number; those alone are left out."""
        other = articles.alias("other")
        same = select(articles.c.pk, other.c.pk).join(other, other.c.id_key == articles.c.id_key)
        found: dict[int, list[int]] = {}
        for some in rows.portions(sorted(set(keys))):
            for pk, namesake in self._connection.execute(same.where(articles.c.pk.in_(some)).order_by(other.c.pk)):
                found.setdefault(pk, []).append(namesake)
        return {pk: tuple(namesakes) for pk, namesakes in found.items() if len(namesakes) > 1}

    def join(self, joined: Iterable[Join]) -> None:
        """Make the works of the two one, and remember why."""
        stored = [
            (max(join.key, join.other), min(join.key, join.other), join.by, join.why, join.at, False)
            for join in joined
            if join.key != join.other
        ]
        self._write(stored)
        self._number({pk for row in stored for pk in row[:2]})

    def split(self, key: int, at: datetime) -> None:
        """Take an article out of its work, for ever: it is never joined with what it was joined with again."""
        mates = [mate for mate in self.works([key])[key] if mate != key]
        why = "a person said that they are not the same"
        self._write([(max(key, mate), min(key, mate), "person", why, at, True) for mate in mates])
        self._number({key, *mates})

    def apart(self, key: int) -> frozenset[int]:
        """The articles that a person said this one is not the same as."""
        ours = or_(joins.c.article_pk == key, joins.c.other_pk == key)
        found = self._connection.execute(
            select(joins.c.article_pk, joins.c.other_pk).where(ours, joins.c.undone.is_(True))
        )
        return frozenset(other if pk == key else pk for pk, other in found)

    def again(self, keys: Iterable[int]) -> None:
        """Let the composed feeds look at these articles as if they had changed."""
        insert = self._database.insert(changes)
        insert = insert.on_conflict_do_update(
            index_elements=[changes.c.article_pk], set_={"token": insert.excluded.token}
        )
        anew = [{"article_pk": key, "token": secrets.randbits(63)} for key in sorted(set(keys))]
        if anew:
            self._connection.execute(insert, anew)

    def _write(self, stored: list[tuple[int, int, str, str, datetime, bool]]) -> None:
        columns = ("article_pk", "other_pk", "by", "why", "at", "undone")
        for row in stored:
            # One at a time: the same two may come twice.
            self._database.fill(self._connection, joins, columns, [row], there="replace")

    def _number(self, keys: set[int]) -> None:
        """Give each work that one of these is in now, and only those, its number."""
        left = set(keys)
        while left:
            work = self._reach(left.pop())
            left -= work
            number = min(work) if len(work) > 1 else None
            for some in rows.portions(sorted(work)):
                self._connection.execute(update(articles).where(articles.c.pk.in_(some)).values(work=number))

    def _reach(self, key: int) -> set[int]:
        """All that joins lead to from an article, itself included."""
        reached, edge = {key}, {key}
        while edge:
            near: set[int] = set()
            for some in rows.portions(sorted(edge)):
                ours = or_(joins.c.article_pk.in_(some), joins.c.other_pk.in_(some))
                there = select(joins.c.article_pk, joins.c.other_pk).where(ours, joins.c.undone.is_(False))
                near.update(pk for row in self._connection.execute(there) for pk in row)
            edge = near - reached
            reached |= near
        return reached


def sign(database: Database, connection: Connection, key: int, borne: Collection[_Sign], sketch: bytes) -> None:
    """Let an article bear these signs, and no others, in an open transaction."""
    wanted = set(borne)
    there = select(signs.c.kind, signs.c.value).where(signs.c.article_pk == key)
    before = {(kind, value) for kind, value in connection.execute(there)}
    if before - wanted:
        connection.execute(delete(signs).where(signs.c.article_pk == key))
        before = set()
    new = [(kind, value, key) for kind, value in sorted(wanted - before)]
    # Two may sign the same article at once: one that it is composed, and one that it is killed.
    database.fill(connection, signs, ("kind", "value", "article_pk"), new, there="keep")
    database.fill(connection, sketches, ("article_pk", "sketch"), [(key, sketch)], there="replace")


def _works(connection: Connection, keys: Collection[int]) -> dict[int, tuple[int, ...]]:
    own: dict[int, int] = {}
    together: dict[int, list[int]] = {}
    for some in rows.portions(sorted(set(keys))):
        heads = select(articles.c.pk, articles.c.work)
        own.update(connection.execute(heads.where(articles.c.pk.in_(some), articles.c.work.is_not(None))).all())
    for some in rows.portions(sorted(set(own.values()))):
        members = select(articles.c.work, articles.c.pk).where(articles.c.work.in_(some)).order_by(articles.c.pk)
        for work, pk in connection.execute(members):
            together.setdefault(work, []).append(pk)
    return {key: tuple(together[own[key]]) if key in own else (key,) for key in keys}
