"""Making articles forget their text."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, bindparam, delete, select, update

from syndicator.core.feeds import archive_name
from syndicator.core.rulings import forgotten, is_killed
from syndicator.model import Article, Status
from syndicator.store import rows
from syndicator.store.engine import Database
from syndicator.store.marks import mark
from syndicator.store.tables import archived, articles, claims, feeds, files, pieces, revisions, sealed_key


class Erasing:
    """See `ports.Store.erase`."""

    database: Database

    def erase(self, key: int) -> None:
        """Make an article's every stored state forget its text, and everything that quotes it."""
        with self.database.write() as connection:
            mark(self.database, connection, erase(self.database, connection, key))
        self.database.checkpoint()

    def forget_before(self, key: int, revision: int) -> None:
        """Make an article's states before that revision forget their text."""
        with self.database.write() as connection:
            _states(connection, key, killed=False, before=revision)
        self.database.checkpoint()


def erase(database: Database, connection: Connection, pk: int) -> set[str]:
    """Forget an article's text in an open transaction; the names of the archives that told it, to be marked."""
    head = select(articles.c.source, articles.c.status).where(articles.c.pk == pk)
    source, status = connection.execute(head).one()
    if not _states(connection, pk, killed=status == Status.KILLED):
        return set()  # all of it was forgotten together
    connection.execute(delete(pieces).where(pieces.c.article_pk == pk))
    _claims(database, connection, source, pk)
    _observations(connection, pk)
    held = select(feeds.c.name, archived.c.number).join(archived, archived.c.feed == feeds.c.number)
    found = connection.execute(held.where(archived.c.article_pk == pk).distinct())
    return {archive_name(name, number) for name, number in found}


def _states(connection: Connection, pk: int, *, killed: bool, before: int | None = None) -> bool:
    """Empty the stored states, or those before a revision; whether there was anything in them."""
    stored = select(revisions.c.number, revisions.c.payload).where(revisions.c.article_pk == pk)
    if before is not None:
        stored = stored.where(revisions.c.number < before)
    emptied = []
    for number, payload in connection.execute(stored):
        left = rows.ARTICLE.dump(_emptied(rows.ARTICLE.load(payload), killed=killed))
        if left != payload:
            emptied.append({"of": pk, "which": number, "left": left})
    state = update(revisions).where(revisions.c.article_pk == bindparam("of"), revisions.c.number == bindparam("which"))
    if emptied:
        connection.execute(state.values(payload=bindparam("left")), emptied)
    return bool(emptied)


def _emptied(state: Article, *, killed: bool) -> Article:
    """A state without its text. A note of a former ruling may quote it; that of the kill is for readers."""
    left = forgotten(state)
    return replace(left, ruling=None) if killed and not is_killed(left.ruling) else left


def _claims(database: Database, connection: Connection, source: str, pk: int) -> None:
    """Some claims hold the headline. As hashes they still recognise the article."""
    ours = (claims.c.source == source) & (claims.c.article_pk == pk)
    held = connection.execute(select(claims.c.kind, claims.c.value).where(ours)).all()
    plain = [(kind, value) for kind, value in held if not _is_sealed(value)]
    if not plain:
        return
    columns = ("source", "kind", "value", "article_pk")
    kept = [(source, kind, sealed_key(value), pk) for kind, value in plain]
    database.fill(connection, claims, columns, kept, there="keep")
    read = delete(claims).where(ours, claims.c.kind == bindparam("which"), claims.c.value == bindparam("text"))
    connection.execute(read, [{"which": kind, "text": value} for kind, value in plain])


def _is_sealed(value: str) -> bool:
    return len(value) == 65 and value[0] == "#"


def _observations(connection: Connection, pk: int) -> None:
    """Notices quote what they are about, and the names of files that an article shows are its own."""
    held = select(files.c.source, files.c.path_key, files.c.payload).where(files.c.article_pk == pk)
    file = update(files).where(files.c.source == bindparam("of"), files.c.path_key == bindparam("at"))
    for source, path_key, payload in connection.execute(held).all():
        seen = rows.SEEN.load(payload, path="")
        left = rows.SEEN.dump(replace(seen, notices=(), media=()))
        connection.execute(file.values(payload=bindparam("left")), {"of": source, "at": path_key, "left": left})
