"""Upstream sources, and when each is polled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _sources()
    _schedule()


def _sources() -> None:
    op.create_table(
        "upstreams",
        sa.Column("source", WORDS, sa.ForeignKey("sources.id"), primary_key=True),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_table(
        "addresses",
        sa.Column("address", WORDS, nullable=False),
        sa.Column("source", WORDS, sa.ForeignKey("upstreams.source"), nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("address", "source"),
        sqlite_with_rowid=False,
    )
    op.create_index("addresses_by_source", "addresses", ["source"])


def _schedule() -> None:
    op.create_table(
        "hosts",
        sa.Column("host", WORDS, primary_key=True),
        sa.Column("ready_at", sa.BigInteger),
        sa.Column("token", sa.BigInteger),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("paused_until", sa.BigInteger),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_table(
        "polls",
        sa.Column("source", WORDS, sa.ForeignKey("upstreams.source"), primary_key=True),
        sa.Column("host", WORDS, sa.ForeignKey("hosts.host"), nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("condition", WORDS, nullable=False),
        sa.Column("next_check", sa.BigInteger),
        sa.Column("due", sa.BigInteger),
        sa.Column("former", sa.BigInteger),
        sa.Column("token", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    op.create_table(
        "poll_states",
        sa.Column("source", WORDS, sa.ForeignKey("polls.source"), primary_key=True),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_table(
        "poll_entries",
        sa.Column("source", WORDS, sa.ForeignKey("polls.source"), primary_key=True),
        sa.Column("entries", sa.LargeBinary, nullable=False),
    )
    op.create_index("polls_by_condition", "polls", ["removed", "condition", "paused"])
    for name, table, columns in (
        ("hosts_by_ready", "hosts", ["ready_at", "host"]),
        ("polls_by_host", "polls", ["host", "due", "source"]),
        ("polls_by_due", "polls", ["due", "source"]),
    ):
        timed = sa.text(f"{'ready_at' if table == 'hosts' else 'due'} IS NOT NULL")
        op.create_index(name, table, columns, sqlite_where=timed, postgresql_where=timed)
