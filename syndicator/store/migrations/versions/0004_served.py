"""What an answer needs lies with its document; versions and past states of documents; what was asked of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _documents()
    _past()
    _visits()


def _documents() -> None:
    """They are all to be compressed once more, for the coding that they have not yet."""
    # Before there are new columns: rows that keep their size are not moved with all their bytes.
    op.execute(sa.text("UPDATE documents SET coded = :no WHERE gone = :no").bindparams(no=False))
    op.add_column("documents", sa.Column("zstd", sa.LargeBinary))
    op.add_column("documents", sa.Column("links", WORDS, nullable=False, server_default=""))
    op.add_column("documents", sa.Column("max_age", sa.Integer))
    op.add_column("documents", sa.Column("version", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("documents_by_version", "documents", ["version", "path"])
    op.create_table(
        "published",
        sa.Column("only", sa.Integer, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _past() -> None:
    op.create_table(
        "states",
        sa.Column("feed", WORDS, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("feed", "number"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "past",
        sa.Column("path", WORDS, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("etag", WORDS, nullable=False),
        sa.Column("feed", WORDS, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("path", "changed"),
        sqlite_with_rowid=False,
    )
    op.create_index("past_by_etag", "past", ["path", "etag"])
    op.create_index("past_by_state", "past", ["feed", "number"])


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("path", WORDS, nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("not_modified", sa.BigInteger, nullable=False),
        sa.Column("deltas", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("readers", sa.BigInteger, nullable=False),
        sa.Column("sketch", sa.LargeBinary),
        sa.PrimaryKeyConstraint("day", "path"),
        sqlite_with_rowid=False,
    )
    there = sa.text("sketch IS NOT NULL")
    op.create_index("visits_open", "visits", ["day", "path"], sqlite_where=there, postgresql_where=there)
    op.create_table(
        "announced",
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("path", WORDS, nullable=False),
        sa.Column("aggregator", WORDS, nullable=False),
        sa.Column("subscribers", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", "path", "aggregator"),
        sqlite_with_rowid=False,
    )
