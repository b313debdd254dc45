"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _articles()
    _terms()
    _files()
    _documents()


def _articles() -> None:
    op.create_table("meta", sa.Column("key", WORDS, primary_key=True), sa.Column("value", WORDS, nullable=False))
    op.create_table("sources", sa.Column("id", WORDS, primary_key=True), sa.Column("first_time_done", sa.BigInteger))
    op.create_table(
        "articles",
        sa.Column("pk", BIG, primary_key=True),
        sa.Column("source", WORDS, sa.ForeignKey("sources.id"), nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("id_key", WORDS, nullable=False),
        sa.Column("slug", WORDS, nullable=False, unique=True),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("standing", sa.SmallInteger, nullable=False),
        sa.Column("sort_key", WORDS, nullable=False),
        sa.Column("changed", sa.BigInteger),
        sa.Column("due", sa.BigInteger),
        sa.Column("language", WORDS),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("id_key", "source", name="articles_identity"),
    )
    op.create_index("articles_by_place", "articles", ["standing", "sort_key"])
    op.create_index("articles_by_source", "articles", ["source", "standing", "sort_key"])
    op.create_index("articles_by_language", "articles", ["language", "standing", "sort_key"])
    op.create_index("articles_by_status", "articles", ["status"])
    due = sa.text("due IS NOT NULL")
    op.create_index("articles_by_due", "articles", ["due"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "revisions",
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("article_pk", "number"),
    )
    op.create_table(
        "claims",
        sa.Column("source", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("value", WORDS, nullable=False),
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.PrimaryKeyConstraint("source", "kind", "value"),
        sqlite_with_rowid=False,
    )


def _terms() -> None:
    op.create_table(
        "terms",
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("slug", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("shown", sa.Integer, nullable=False),
        sa.Column("carried", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", "slug"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "article_terms",
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("slug", WORDS, nullable=False),
        sa.Column("standing", sa.SmallInteger, nullable=False),
        sa.Column("sort_key", WORDS, nullable=False),
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "slug", "standing", "sort_key", "article_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("article_terms_by_article", "article_terms", ["article_pk"])


def _files() -> None:
    op.create_table(
        "files",
        sa.Column("source", WORDS, sa.ForeignKey("sources.id"), nullable=False),
        sa.Column("path_key", WORDS, nullable=False),
        sa.Column("path", WORDS, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk")),
        sa.Column("missing_since", sa.BigInteger),
        sa.Column("troubled", sa.Boolean, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source", "path_key"),
    )
    op.create_index("files_by_article", "files", ["article_pk"])


def _documents() -> None:
    op.create_table(
        "pieces",
        sa.Column("article_pk", BIG, sa.ForeignKey("articles.pk"), nullable=False),
        sa.Column("format", WORDS, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("recipe", WORDS, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("article_pk", "format"),
    )
    op.create_table(
        "documents",
        sa.Column("path", WORDS, primary_key=True),
        sa.Column("etag", WORDS, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("coded", sa.Boolean, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("media_type", WORDS, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("gzip", sa.LargeBinary),
        sa.Column("brotli", sa.LargeBinary),
    )
    op.create_index("documents_listed", "documents", ["path", "etag", "gone"])
    op.create_index("documents_uncoded", "documents", ["coded", "path"])
    op.create_table(
        "dirty", sa.Column("name", WORDS, primary_key=True), sa.Column("token", sa.BigInteger, nullable=False)
    )
