"""Composed feeds with their archives, works, and tokens."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

from syndicator.core.queries import words
from syndicator.store.rows import ARTICLE
from syndicator.store.tables import micros

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
BATCH = 500


def upgrade() -> None:
    _articles()
    _pieces()
    _feeds()
    _works()
    _tokens()
    _known_articles()


def _articles() -> None:
    op.add_column("articles", sa.Column("words", sa.Integer, nullable=False, server_default="0"))
    op.add_column("articles", sa.Column("published", sa.BigInteger))
    op.add_column("articles", sa.Column("work", sa.BigInteger))
    known = sa.text("work IS NOT NULL")
    op.create_index("articles_by_work", "articles", ["work"], sqlite_where=known, postgresql_where=known)


def _pieces() -> None:
    """They can be made again at any time."""
    op.drop_table("pieces")
    op.create_table(
        "pieces",
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.Column("format", WORDS, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("recipe", WORDS, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("article_pk", "format", "recipe"),
    )


def _feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("number", BIG, primary_key=True),
        sa.Column("name", WORDS, nullable=False, unique=True),
        sa.Column("recipe", WORDS, nullable=False),
        sa.Column("archives", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_table(
        "former_names", sa.Column("name", WORDS, primary_key=True), sa.Column("feed", WORDS, nullable=False)
    )
    op.create_table(
        "changes",
        sa.Column("number", BIG, primary_key=True),
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False, unique=True),
        sa.Column("token", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "members",
        sa.Column("feed", BIG, sa.ForeignKey("feeds.number"), nullable=False),
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.Column("place", WORDS, nullable=False),
        sa.Column("entered", WORDS, nullable=False),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("archive", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed", "article_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("members_by_place", "members", ["feed", "archive", "shown", "place"])
    op.create_index("members_in_order", "members", ["feed", "place"])
    op.create_index("members_by_entry", "members", ["feed", "archive", "entered"])
    op.create_index("members_by_article", "members", ["article_pk"])
    op.create_table(
        "archived",
        sa.Column("feed", BIG, sa.ForeignKey("feeds.number"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed", "number", "position"),
        sqlite_with_rowid=False,
    )
    op.create_index("archived_by_article", "archived", ["article_pk"])
    op.create_table(
        "waits",
        sa.Column("feed", WORDS, nullable=False),
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("feed", "article_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("waits_by_due", "waits", ["due"])


def _works() -> None:
    op.create_table(
        "signs",
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("value", WORDS, nullable=False),
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", "article_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("signs_by_article", "signs", ["article_pk"])
    op.create_table(
        "sketches",
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), primary_key=True),
        sa.Column("sketch", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "joins",
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.Column("other_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("why", WORDS, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("undone", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("article_pk", "other_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("joins_by_other", "joins", ["other_pk"])


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", WORDS, primary_key=True),
        sa.Column("feed", WORDS, nullable=False),
        sa.Column("hash", WORDS, nullable=False, unique=True),
        sa.Column("label", WORDS, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger),
        sa.Column("revoked", sa.BigInteger),
        sa.Column("used", sa.BigInteger),
    )
    op.create_index("tokens_by_feed", "tokens", ["feed"])


def _known_articles() -> None:
    """What the new columns hold of the articles that are there; whatever readers saw is to be looked at."""
    stored = sa.text(
        "SELECT articles.pk, articles.standing, revisions.payload FROM articles JOIN revisions"
        " ON revisions.article_pk = articles.pk AND revisions.number = articles.revision"
        " WHERE articles.pk > :last ORDER BY articles.pk LIMIT :batch"
    )
    filled = sa.text("UPDATE articles SET words = :words, published = :published WHERE pk = :pk")
    changed = sa.text("INSERT INTO changes (article_pk, token) VALUES (:pk, :token)")
    connection, last = op.get_bind(), 0
    while found := connection.execute(stored, {"last": last, "batch": BATCH}).all():
        last = found[-1].pk
        connection.execute(filled, [_counted(row) for row in found])
        seen = [{"pk": row.pk, "token": secrets.randbits(63)} for row in found if row.standing]
        if seen:
            connection.execute(changed, seen)


def _counted(row: Any) -> dict[str, Any]:
    article = ARTICLE.load(row.payload)
    published = None if article.published is None else micros(article.published)
    return {"pk": row.pk, "words": words(article), "published": published}
