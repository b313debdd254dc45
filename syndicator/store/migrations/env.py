"""Run by Alembic, for us by `syndicator.store.schema` with an open connection whose transaction we own."""

from __future__ import annotations

from alembic import context

from syndicator.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
